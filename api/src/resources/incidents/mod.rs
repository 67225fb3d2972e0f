//! `/api/incidents`: what is wrong, who is on it, who was told.

mod act;
mod chart;
mod filter;
mod group;
mod load;
mod view;

pub(crate) use act::actor as actor_of;
pub use act::*;
pub use chart::{ChartSide, IncidentChart};
pub use group::{GroupMember, IncidentGroup};
pub(crate) use load::names_of;
pub use load::{list, load};
pub use view::*;

use crate::auth::caller::Caller;
use crate::auth::permission::Permission;
use crate::error::{ApiError, ErrorBody};
use crate::http::{Id, List, Query, Shown, names};
use crate::state::AppState;
use actix_web::{get, web};
use noc_pipeline::control;
use noc_storage::relational::entity::incident::{Column, Entity};
use noc_storage::relational::page::PageRequest;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryTrait as _};

/// Incidents, newest first.
#[utoipa::path(tag = "incidents", params(IncidentQuery),
    responses((status = 200, body = List<Incident>)))]
#[get("/api/incidents")]
pub async fn list_incidents(
    state: web::Data<AppState>,
    caller: Caller,
    query: Query<IncidentQuery>,
) -> Result<Shown<List<Incident>>, ApiError> {
    let Query(query) = query;
    let statuses = names("status", query.status.as_deref(), IncidentStatus::from_name)?;
    let severities = names(
        "severity",
        query.severity.as_deref(),
        control::Severity::from_name,
    )?;
    let mut matching = Entity::find()
        .apply_if(query.server_id, |select, server| {
            select.filter(Column::ServerId.eq(server))
        })
        .apply_if(query.detector, |select, detector| {
            select.filter(Column::Detector.eq(detector))
        })
        .apply_if(
            query.q.filter(|text| !text.trim().is_empty()),
            |select, text| select.filter(filter::contains(&text, caller.may(Permission::MailPii))),
        );
    if let Some(owner) = query.owner.filter(|text| !text.trim().is_empty()) {
        matching = matching.filter(filter::owned_by(&owner, caller.user.id)?);
    }
    let causes = names("held", query.held.as_deref(), filter::cause_of_hold)?;
    if !causes.is_empty() {
        matching = matching.filter(filter::held_for(&causes));
    }
    if !statuses.is_empty() {
        matching = matching.filter(Column::Status.is_in(statuses.iter().map(|s| s.name())));
    }
    if !severities.is_empty() {
        matching = matching.filter(Column::Severity.is_in(severities.iter().map(|s| s.name())));
    }
    let request = PageRequest {
        limit: query.limit,
        cursor: query.cursor,
        sort: query.sort,
    };
    let list = list(state.db(), matching, request).await?;
    Ok(Shown::to(&caller, list))
}

/// One incident with its story.
#[utoipa::path(tag = "incidents", params(("id" = i64, Path, description = "Incident")),
    responses((status = 200, body = IncidentDetail), (status = 404, body = ErrorBody)))]
#[get("/api/incidents/{id}")]
pub async fn show_incident(
    state: web::Data<AppState>,
    caller: Caller,
    id: Id,
) -> Result<Shown<IncidentDetail>, ApiError> {
    load(state.db(), id.0)
        .await?
        .map(|detail| Shown::to(&caller, detail))
        .ok_or(ApiError::NotFound("incident"))
}
