//! `/api/servers`: the fleet.

pub mod agent;
pub mod marks;
pub mod measurements;
pub mod usual;
mod view;

pub use view::*;

use crate::auth::caller::Caller;
use crate::control;
use crate::error::{ApiError, ErrorBody, Problems};
use crate::http::{Id, Json, List, PageQuery, Query, Shown, names};
use crate::resources::incidents::{self, Incident};
use crate::state::AppState;
use crate::transaction::in_transaction;
use actix_web::{HttpResponse, delete, get, patch, web};
use noc_actors::escalation::{self, Settled};
use noc_pipeline::control::Control;
use noc_pipeline::id::ServerId;
use noc_pipeline::live::LiveEvent;
use noc_storage::relational::entity::{incident, server};
use noc_storage::relational::page::PageRequest;
use noc_storage::relational::servers::{self, ServerFilter, Status};
use noc_storage::relational::{Db, StoreError};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect};
use serde_json::json;
use std::collections::HashMap;

/// The fleet, worst first.
#[utoipa::path(tag = "servers", params(ServerQuery),
    responses((status = 200, body = List<Server>)))]
#[get("/api/servers")]
pub async fn list_servers(
    state: web::Data<AppState>,
    query: Query<ServerQuery>,
) -> Result<web::Json<List<Server>>, ApiError> {
    let Query(query) = query;
    let filter = ServerFilter {
        search: query.q.filter(|text| !text.trim().is_empty()),
        status: names("status", query.status.as_deref(), Status::from_name)?,
        tag: query.tag.filter(|tag| !tag.is_empty()),
        is_active: query.is_active,
    };
    let request = PageRequest {
        limit: query.limit,
        cursor: query.cursor,
        sort: query.sort,
    };
    let page = servers::list(state.db().read(), &filter, &request).await?;
    let ids: Vec<i64> = page.data.iter().map(|row| row.server.id).collect();
    let open = open_incidents(state.db().read(), &ids).await?;
    Ok(web::Json(List::from(page.map(|row| {
        let open = open.get(&row.server.id).copied().unwrap_or_default();
        Server::new(row, open)
    }))))
}

/// One server.
#[utoipa::path(tag = "servers", params(("id" = i64, Path, description = "Server")),
    responses((status = 200, body = Server), (status = 404, body = ErrorBody)))]
#[get("/api/servers/{id}")]
pub async fn show_server(
    state: web::Data<AppState>,
    id: Id,
) -> Result<web::Json<Server>, ApiError> {
    load(state.db(), server_id(id)?)
        .await?
        .map(web::Json)
        .ok_or(ApiError::NotFound("server"))
}

/// Renames or tags a server.
#[utoipa::path(tag = "servers", params(("id" = i64, Path, description = "Server")), request_body = ServerPatch,
    responses((status = 200, body = Server), (status = 404, body = ErrorBody),
        (status = 409, description = "`already_exists`: the name is taken", body = ErrorBody)))]
#[patch("/api/servers/{id}")]
pub async fn update_server(
    state: web::Data<AppState>,
    caller: Caller,
    id: Id,
    body: Json<ServerPatch>,
) -> Result<web::Json<Server>, ApiError> {
    let Json(patch) = body;
    let mut problems = Problems::new();
    if let Some(name) = &patch.name {
        check_server_name(&mut problems, "name", name);
    }
    if let Some(tags) = &patch.tags {
        check_tags(&mut problems, "tags", tags);
    }
    problems.into_result()?;

    let server = server_id(id)?;
    let now = state.now_ms();
    let (row, settled) = in_transaction!(state, "change a server", [caller, patch], |tx| {
        let change = servers::ServerPatch {
            name: patch.name.clone(),
            tags: patch.tags.clone(),
            is_active: None,
            off_until: None,
        };
        let row = servers::update(tx, server, change, now).await?;
        // Maintenance may be about tags.
        let settled = match &patch.tags {
            Some(_) => escalation::settle_server(tx, server, now).await?,
            None => Settled::default(),
        };
        control::stage(&state, tx, &Control::ServerSettings(row.settings())).await?;
        let payload = json!({ "name": patch.name, "tags": patch.tags });
        let event = caller.event(now, "update_server", format!("server:{server}"), payload);
        state.db().security().append(tx, event).await?;
        Ok((row, settled))
    })?;
    control::deliver(&state).await;
    tell(&state, &settled).await;
    Ok(web::Json(changed(&state, row).await?))
}

/// Deletes a server and its measurements; its agent's secret stops working. Its incidents stay readable.
#[utoipa::path(tag = "servers", params(("id" = i64, Path, description = "Server")),
    responses((status = 204, description = "Deleted"), (status = 404, body = ErrorBody)))]
#[delete("/api/servers/{id}")]
pub async fn delete_server(
    state: web::Data<AppState>,
    caller: Caller,
    id: Id,
) -> Result<HttpResponse, ApiError> {
    let server = server_id(id)?;
    let now = state.now_ms();
    in_transaction!(state, "delete a server", [caller], |tx| {
        let row = find(tx, server).await?;
        servers::delete(tx, server).await?;
        control::stage(&state, tx, &Control::ServerRemoved { server }).await?;
        let payload = json!({ "name": row.name });
        let event = caller.event(now, "delete_server", format!("server:{server}"), payload);
        state.db().security().append(tx, event).await?;
        Ok(())
    })?;
    control::deliver(&state).await;
    state.credentials_changed().await;
    if let Err(error) = state.parts.series.forget(server).await {
        // Nobody can ask for them any more, and retention removes them in time.
        tracing::warn!(%server, %error, "measurements of a deleted server stay for now");
    }
    Ok(HttpResponse::NoContent().finish())
}

/// The incidents of a server, newest first.
#[utoipa::path(tag = "servers", params(("id" = i64, Path, description = "Server"), PageQuery),
    responses((status = 200, body = List<Incident>), (status = 404, body = ErrorBody)))]
#[get("/api/servers/{id}/incidents")]
pub async fn server_incidents(
    state: web::Data<AppState>,
    caller: Caller,
    id: Id,
    query: Query<PageQuery>,
) -> Result<Shown<List<Incident>>, ApiError> {
    find(state.db().read(), server_id(id)?).await?;
    let of = incident::Entity::find().filter(incident::Column::ServerId.eq(id.0));
    let list = incidents::list(state.db(), of, query.0.into()).await?;
    Ok(Shown::to(&caller, list))
}

/// A server's id; beyond what a server can have there is none.
pub(in crate::resources) fn server_id(id: Id) -> Result<ServerId, ApiError> {
    u32::try_from(id.0)
        .map(ServerId)
        .map_err(|_| ApiError::NotFound("server"))
}

pub(in crate::resources) async fn find(
    conn: &impl ConnectionTrait,
    server: ServerId,
) -> Result<server::Model, ApiError> {
    servers::by_id(conn, server)
        .await?
        .ok_or(ApiError::NotFound("server"))
}

/// The body of one server, for its GET and for live events.
///
/// # Errors
/// When the database cannot be reached.
pub async fn load(db: &Db, server: ServerId) -> Result<Option<Server>, StoreError> {
    let Some(row) = servers::listed(db.read(), server).await? else {
        return Ok(None);
    };
    let open = open_incidents(db.read(), &[row.server.id]).await?;
    let open = open.get(&row.server.id).copied().unwrap_or_default();
    Ok(Some(Server::new(row, open)))
}

/// Wakes whoever fires steps, and the pages, where escalations were held or let go on.
async fn tell(state: &AppState, settled: &Settled) {
    let bus = &state.parts.bus;
    let mut changed = settled.ids().peekable();
    if changed.peek().is_some() {
        bus.publish(LiveEvent::ExecutionChanged { execution: 0 })
            .await;
    }
    for incident in changed {
        bus.publish(LiveEvent::IncidentUpdated { incident }).await;
    }
}

/// Tells the pages and the ingest caches of a changed row, and gives its body.
pub(super) async fn changed(state: &AppState, row: server::Model) -> Result<Server, ApiError> {
    let server = row.server_id();
    state
        .parts
        .bus
        .publish(LiveEvent::ServerUpdated { server })
        .await;
    state.parts.bus.publish(LiveEvent::CredentialsChanged).await;
    load(state.db(), server)
        .await?
        .ok_or(ApiError::NotFound("server"))
}

/// How many incidents of each server are not resolved.
async fn open_incidents(
    conn: &impl ConnectionTrait,
    servers: &[i64],
) -> Result<HashMap<i64, u64>, StoreError> {
    let counts: Vec<(i64, i64)> = incident::Entity::find()
        .select_only()
        .column(incident::Column::ServerId)
        .column_as(incident::Column::Id.count(), "open")
        .filter(incident::Column::ServerId.is_in(servers.iter().copied()))
        .filter(incident::Column::Status.ne("resolved"))
        .group_by(incident::Column::ServerId)
        .into_tuple()
        .all(conn)
        .await
        .map_err(StoreError::during("count open incidents"))?;
    Ok(counts
        .into_iter()
        .map(|(server, open)| (server, u64::try_from(open).unwrap_or_default()))
        .collect())
}

/// Names stand in commands to paste, so they hold nothing that a shell would read.
pub(super) fn check_server_name(problems: &mut Problems, field: &str, name: &str) {
    let fine = (1..=120).contains(&name.len())
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'))
        && name.starts_with(|c: char| c.is_ascii_alphanumeric());
    problems.require(
        fine,
        field,
        "must be 1 to 120 letters, digits, dots, underscores and hyphens, and begin with a letter or digit",
    );
}

/// Notes what is wrong with tags.
pub(super) fn check_tags(problems: &mut Problems, field: &str, tags: &[String]) {
    problems.require(tags.len() <= 50, field, "may be 50 at most");
    for (place, tag) in tags.iter().enumerate() {
        let fine = (1..=64).contains(&tag.chars().count())
            && tag
                .chars()
                .all(|c| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | ':' | '/'));
        if !fine {
            problems.add(
                format!("{field}[{place}]"),
                "must be 1 to 64 letters, digits and . _ - : /",
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_a_shell_would_read_are_refused() {
        let fine = |name: &str| {
            let mut problems = Problems::new();
            check_server_name(&mut problems, "name", name);
            problems.into_result().is_ok()
        };
        assert!(fine("web-01.dhaka.example.com"));
        for bad in [
            "",
            "-rf",
            "a b",
            "a;b",
            "$(id)",
            "a/../b",
            "ö",
            &"x".repeat(121),
        ] {
            assert!(!fine(bad), "{bad}");
        }
    }
}
