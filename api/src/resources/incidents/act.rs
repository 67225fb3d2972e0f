//! `/api/incidents/{id}/{acknowledge,unacknowledge,resolve,notes}`: what people do about incidents.
//!
//! The rules live in `noc_actors::incident::actions`, which changes the row, its timeline, its escalation and the
//! security log together; here they are only called.

use crate::auth::caller::Caller;
use crate::error::{ApiError, ErrorBody};
use crate::http::{Id, Json};
use crate::resources::incidents::load::load;
use crate::resources::incidents::view::{IncidentDetail, NewNote};
use crate::state::AppState;
use actix_web::{HttpResponse, post, web};
use noc_actors::incident::actions::{self, Actor};

const LONGEST_NOTE: usize = 4_000;

pub(crate) fn actor(caller: &Caller) -> Actor {
    Actor {
        user_id: caller.user.id,
        name: caller.user.name.clone(),
        ip: Some(caller.address.to_string()),
    }
}

async fn detail(state: &AppState, id: Id) -> Result<IncidentDetail, ApiError> {
    load(state.db(), id.0)
        .await?
        .ok_or(ApiError::NotFound("incident"))
}

/// Takes an open incident; steps for unacknowledged incidents stop.
#[utoipa::path(tag = "incidents", params(("id" = i64, Path, description = "Incident")),
    responses((status = 200, body = IncidentDetail), (status = 404, body = ErrorBody),
        (status = 409, description = "`invalid_transition`: it is not open", body = ErrorBody)))]
#[post("/api/incidents/{id}/acknowledge")]
pub async fn acknowledge_incident(
    state: web::Data<AppState>,
    caller: Caller,
    id: Id,
) -> Result<web::Json<IncidentDetail>, ApiError> {
    actions::acknowledge(&state.parts, id.0, &actor(&caller)).await?;
    detail(&state, id).await.map(web::Json)
}

/// Gives an acknowledged incident back; the policy begins anew.
#[utoipa::path(tag = "incidents", params(("id" = i64, Path, description = "Incident")),
    responses((status = 200, body = IncidentDetail), (status = 404, body = ErrorBody),
        (status = 409, description = "`invalid_transition`: it is not acknowledged", body = ErrorBody)))]
#[post("/api/incidents/{id}/unacknowledge")]
pub async fn unacknowledge_incident(
    state: web::Data<AppState>,
    caller: Caller,
    id: Id,
) -> Result<web::Json<IncidentDetail>, ApiError> {
    actions::unacknowledge(&state.parts, id.0, &actor(&caller)).await?;
    detail(&state, id).await.map(web::Json)
}

/// Ends an incident by hand; its cause stays quiet until it was fine once, or for 30 min.
#[utoipa::path(tag = "incidents", params(("id" = i64, Path, description = "Incident")),
    responses((status = 200, body = IncidentDetail), (status = 404, body = ErrorBody),
        (status = 409, description = "`invalid_transition`: it is over already", body = ErrorBody)))]
#[post("/api/incidents/{id}/resolve")]
pub async fn resolve_incident(
    state: web::Data<AppState>,
    caller: Caller,
    id: Id,
) -> Result<web::Json<IncidentDetail>, ApiError> {
    actions::resolve(&state.parts, id.0, &actor(&caller)).await?;
    detail(&state, id).await.map(web::Json)
}

/// Adds a note to the timeline.
#[utoipa::path(tag = "incidents", params(("id" = i64, Path, description = "Incident")), request_body = NewNote,
    responses((status = 201, body = IncidentDetail), (status = 404, body = ErrorBody)))]
#[post("/api/incidents/{id}/notes")]
pub async fn add_incident_note(
    state: web::Data<AppState>,
    caller: Caller,
    id: Id,
    body: Json<NewNote>,
) -> Result<HttpResponse, ApiError> {
    let text = body.0.text.trim();
    if !(1..=LONGEST_NOTE).contains(&text.chars().count()) {
        return Err(ApiError::field("text", "must have 1 to 4000 characters"));
    }
    actions::add_note(&state.parts, id.0, &actor(&caller), text).await?;
    Ok(HttpResponse::Created().json(detail(&state, id).await?))
}
