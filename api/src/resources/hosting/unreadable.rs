//! Lists that are made of rows out of reports, such as cron jobs or senders: a host whose report cannot be read has no
//! rows in them, and must not look as if it had nothing to show.

use super::{FleetQuery, ServerRef, fleet};
use crate::error::ApiError;
use crate::http::{List, Meta};
use crate::resources::probe::Probe;
use crate::state::AppState;
use noc_pipeline::payload::Kind;
use serde::Serialize;
use utoipa::ToSchema;

/// Of so many servers it is said why they are not in a list.
const MOST_NAMED: u64 = 20;

/// A server that a list can say nothing about.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct UnreadableServer {
    /// Which server.
    pub server: ServerRef,
    /// Where its report stands, with what would help.
    pub probe: Probe,
}

/// Servers that a list can say nothing about: the agent may not read what its rows are made of, or has not reported it
/// for too long. A host on which there is no such thing is none of them.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Unreadable {
    /// How many.
    pub total: u64,
    /// The first 20 by name.
    pub servers: Vec<UnreadableServer>,
}

/// A list, and whom it can say nothing about.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PartialList<T> {
    /// The rows of this page.
    pub data: Vec<T>,
    /// Where the page stands.
    pub meta: Meta,
    /// Servers without rows because nothing is known of them, among those that the list was asked for.
    pub unreadable: Unreadable,
}

impl<T> PartialList<T> {
    /// The list, with the servers whose newest report of a kind cannot be relied on.
    ///
    /// # Errors
    /// 422 for a server that cannot be; what the database says.
    pub(super) async fn of(
        state: &AppState,
        list: List<T>,
        kind: Kind,
        server: Option<i64>,
        tag: Option<&str>,
    ) -> Result<Self, ApiError> {
        let unreadable = Unreadable::of(state, kind, server, tag).await?;
        Ok(Self {
            data: list.data,
            meta: list.meta,
            unreadable,
        })
    }
}

impl Unreadable {
    /// Those of a server, of all with a tag, or of all.
    async fn of(
        state: &AppState,
        kind: Kind,
        server: Option<i64>,
        tag: Option<&str>,
    ) -> Result<Self, ApiError> {
        let query = FleetQuery {
            server,
            tag: tag.map(str::to_owned).filter(|tag| !tag.is_empty()),
            state: Some("no_permission,collector_error,timeout,stale".to_owned()),
            limit: Some(MOST_NAMED),
            ..FleetQuery::default()
        };
        let page = fleet(state, kind, &query, "name").await?;
        let (now, total) = (state.now_ms(), page.total);
        let servers = page.data.into_iter().map(|row| UnreadableServer {
            probe: Probe::of_probed(kind, &row, now),
            server: row.server.into(),
        });
        Ok(Self {
            total,
            servers: servers.collect(),
        })
    }
}
