//! Bodies made of the newest report of a kind: the same for one server and for a row of the fleet.

use super::{FleetQuery, ServerRef, fleet};
use crate::error::ApiError;
use crate::http::{Id, List};
use crate::resources::servers::{find, server_id};
use crate::state::AppState;
use actix_web::web;
use noc_pipeline::clock::UnixMs;
use noc_pipeline::id::ServerId;
use noc_pipeline::payload::Kind;
use noc_storage::series::{Latest, Recent, RecentQuery, SeriesError, SeriesStore};
use std::collections::HashMap;
use std::time::Duration;

/// What is known of a server.
#[derive(Debug, Clone, Copy)]
pub struct Seen<'s> {
    /// Its newest report.
    pub latest: Option<&'s Latest>,
    /// The rows of the last time, by subject; the newest report's own may be among them.
    pub recent: &'s [Recent],
    /// Now.
    pub now: UnixMs,
}

/// A body made of the newest report of a kind.
pub trait View: Sized {
    /// Of which kind.
    const KIND: Kind;
    /// Fields whose last rows it derives something from.
    const FIELDS: &'static [&'static str] = &[];
    /// How far back those are read.
    const SPAN: Duration = Duration::ZERO;

    /// Of what is known of a server.
    fn of(seen: Seen<'_>) -> Self;
}

/// The bodies of some servers: a page of a list at most.
///
/// # Errors
/// When the series store cannot be reached.
pub async fn views<V: View>(
    series: &dyn SeriesStore,
    servers: &[ServerId],
    now: UnixMs,
) -> Result<HashMap<ServerId, V>, SeriesError> {
    let latest = series.latest(V::KIND, servers).await?;
    let reporting: Vec<ServerId> = servers
        .iter()
        .filter(|server| latest.contains_key(server))
        .copied()
        .collect();
    let recent = if V::FIELDS.is_empty() || reporting.is_empty() {
        HashMap::new()
    } else {
        let query = RecentQuery {
            kind: V::KIND,
            servers: reporting,
            fields: V::FIELDS.iter().map(ToString::to_string).collect(),
            from: now.minus(V::SPAN),
            // A report may lie a little ahead of this node's clock.
            to: now.plus(Duration::from_secs(300)),
        };
        series.recent(&query).await?
    };
    let view = |server: &ServerId| {
        let seen = Seen {
            latest: latest.get(server),
            recent: recent.get(server).map_or(&[], Vec::as_slice),
            now,
        };
        (*server, V::of(seen))
    };
    Ok(servers.iter().map(view).collect())
}

/// The body of one server.
pub(super) async fn of_server<V: View>(state: &AppState, id: Id) -> Result<web::Json<V>, ApiError> {
    let server = server_id(id)?;
    find(state.db().read(), server).await?;
    let series = state.parts.series.as_ref();
    let mut views = views::<V>(series, &[server], state.now_ms()).await?;
    let view = views.remove(&server);
    view.map(web::Json).ok_or(ApiError::NotFound("server"))
}

/// A page of the fleet by the newest reports of a kind, made of the bodies of its servers.
pub(super) async fn of_fleet<V: View, R>(
    state: &AppState,
    query: &FleetQuery,
    default: &str,
    row: impl Fn(ServerRef, V) -> R,
) -> Result<web::Json<List<R>>, ApiError> {
    let page = fleet(state, V::KIND, query, default).await?;
    let servers: Vec<ServerId> = page.data.iter().map(|row| row.server.server_id()).collect();
    let now = state.now_ms();
    let mut views = views::<V>(state.parts.series.as_ref(), &servers, now).await?;
    let page = page.map(|probed| {
        let view = views.remove(&probed.server.server_id());
        let unheard = Seen {
            latest: None,
            recent: &[],
            now,
        };
        row(probed.server.into(), view.unwrap_or_else(|| V::of(unheard)))
    });
    Ok(web::Json(List::from(page)))
}
