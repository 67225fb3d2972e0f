//! `/api/hosting/*`: one kind of report of the whole fleet, worst first; and the same of one server, under
//! `/api/servers/{id}/*`.
//!
//! A list is sorted, filtered and paged by `server_probes`, which holds the sort values of every server's newest
//! report. What a row shows comes from the series store, for the servers of the page alone.

pub mod backups;
pub mod cpanel;
pub mod crons;
pub mod disks;
pub(crate) mod events;
pub mod firewall;
pub mod litespeed;
pub mod mail_abuse;
pub mod mail_queue;
pub mod mysql;
pub mod top_senders;
mod unreadable;
mod view;

pub use unreadable::{PartialList, Unreadable, UnreadableServer};
pub use view::{View, views};

use crate::error::ApiError;
use crate::http::names;
use crate::resources::servers::ServerStatus;
use crate::state::AppState;
use noc_pipeline::id::ServerId;
use noc_pipeline::payload::Kind;
use noc_storage::relational::StoreError;
use noc_storage::relational::entity::server;
use noc_storage::relational::page::{Page, PageRequest};
use noc_storage::relational::server_probes::{self, FleetFilter, ProbeState, Probed};
use noc_storage::relational::servers::ServerFilter;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeSet, HashMap};
use utoipa::{IntoParams, ToSchema};

/// Which rows of a fleet-wide list. Servers whose monitoring is off are left out.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct FleetQuery {
    /// Part of the server's name, host name or a tag.
    pub q: Option<String>,
    /// Id of one server.
    pub server: Option<i64>,
    /// A tag the server must carry.
    pub tag: Option<String>,
    /// Where the newest report stands: `ok`, `stale`, `no_data`, `no_permission`, `not_installed`, `collector_error`, `timeout`, separated by commas.
    pub state: Option<String>,
    /// An order, `-` before it turns it around; the description names those there are, worst first when absent.
    pub sort: Option<String>,
    /// Rows on the page, 1 to 200; 50 when absent.
    pub limit: Option<u64>,
    /// Where the page begins.
    pub cursor: Option<String>,
}

/// The server that a row is about.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ServerRef {
    /// Id.
    pub id: i64,
    /// Unique name.
    pub name: String,
    /// Tags, plain or `key:value`.
    pub tags: Vec<String>,
    /// How it stands.
    pub status: ServerStatus,
}

impl From<server::Model> for ServerRef {
    fn from(row: server::Model) -> Self {
        Self {
            id: row.id,
            tags: row.tag_list(),
            status: ServerStatus::read(&row.status),
            name: row.name,
        }
    }
}

impl FleetQuery {
    fn filter(&self) -> Result<FleetFilter, ApiError> {
        let states = names("state", self.state.as_deref(), ProbeState::from_name)?;
        Ok(FleetFilter {
            servers: self.servers(),
            server: self.server_id()?,
            states,
        })
    }

    /// Which servers, by their own columns.
    fn servers(&self) -> ServerFilter {
        let given = |text: &Option<String>| text.clone().filter(|text| !text.trim().is_empty());
        ServerFilter {
            search: given(&self.q),
            tag: given(&self.tag),
            is_active: Some(true),
            ..ServerFilter::default()
        }
    }

    fn server_id(&self) -> Result<Option<ServerId>, ApiError> {
        self.server.map(|id| id_of("server", id)).transpose()
    }

    fn page(&self) -> PageRequest {
        PageRequest {
            limit: self.limit,
            cursor: self.cursor.clone(),
            sort: self.sort.clone(),
        }
    }
}

/// An id given in a query.
fn id_of(field: &'static str, id: i64) -> Result<ServerId, ApiError> {
    let id = u32::try_from(id).map_err(|_| ApiError::field(field, "is no id of a server"))?;
    Ok(ServerId(id))
}

/// The servers of some rows, by id; those that are gone are not in it.
pub(super) async fn server_refs(
    conn: &impl ConnectionTrait,
    ids: impl Iterator<Item = i64>,
) -> Result<HashMap<i64, ServerRef>, StoreError> {
    let ids: BTreeSet<i64> = ids.collect();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = server::Entity::find()
        .filter(server::Column::Id.is_in(ids))
        .all(conn)
        .await
        .map_err(StoreError::during("read the servers of a list"))?;
    let refs = rows.into_iter().map(|row| (row.id, ServerRef::from(row)));
    Ok(refs.collect())
}

/// A page of the fleet by the newest reports of a kind.
///
/// # Errors
/// 422 for a query that cannot be; what the database says.
pub(super) async fn fleet(
    state: &AppState,
    kind: Kind,
    query: &FleetQuery,
    default: &str,
) -> Result<Page<Probed>, ApiError> {
    let (filter, request) = (query.filter()?, query.page());
    let now = state.now_ms();
    let page =
        server_probes::list(state.db().read(), kind, &filter, &request, default, now).await?;
    Ok(page)
}
