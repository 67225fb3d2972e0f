//! `/api/on-call/schedules/{id}/overrides`: who stands in, for a while.

use super::Book;
use super::check::check_override;
use super::schedules::show_override;
use super::view::{NewOnCallOverride, OnCallOverride};
use crate::auth::caller::Caller;
use crate::auth::permission::Permission;
use crate::error::{ApiError, ErrorBody};
use crate::http::{Id, InnerId, Json};
use crate::state::AppState;
use crate::transaction::in_transaction;
use actix_web::{HttpResponse, delete, post, web};
use noc_storage::relational::entity::on_call_override;
use noc_storage::relational::on_call_overrides::{self, NewOverride};
use noc_storage::relational::on_call_schedules;
use serde_json::json;

/// Overrides of a schedule that are not over.
const MOST_AHEAD: u64 = 200;

/// Puts somebody on duty for a while.
#[utoipa::path(tag = "on-call", params(("id" = i64, Path, description = "Schedule")), request_body = NewOnCallOverride,
    responses((status = 201, body = OnCallOverride), (status = 404, body = ErrorBody),
        (status = 409, description = "`too_many`: 200 are ahead", body = ErrorBody)))]
#[post("/api/on-call/schedules/{id}/overrides")]
pub async fn create_on_call_override(
    state: web::Data<AppState>,
    caller: Caller,
    id: Id,
    body: Json<NewOnCallOverride>,
) -> Result<HttpResponse, ApiError> {
    let Json(new) = body;
    let now = state.now_ms();
    let book = Book::read(state.db().read(), now, now).await?;
    book.find(id)?;
    if new.user_id != caller.user.id && !caller.may(Permission::OnCallManage) {
        return Err(ApiError::Forbidden);
    }
    check_override(&new, &book, now)?;
    let draft = NewOverride {
        schedule_id: id.0,
        user_id: new.user_id,
        replaces_user_id: new.replaces_user_id,
        starts_at: new.starts_at.into(),
        ends_at: new.ends_at.into(),
        created_by: Some(caller.user.id),
    };
    let row = in_transaction!(state, "make an override", [caller, draft], |tx| {
        // Holds the schedule's row, so that those who add at once are counted one after the other.
        on_call_schedules::touch(tx, id.0, now).await?;
        if on_call_overrides::count_ahead(tx, id.0, now).await? >= MOST_AHEAD {
            return Err(ApiError::Conflict {
                code: "too_many",
                message: format!("{MOST_AHEAD} overrides are ahead already"),
            });
        }
        let row = on_call_overrides::create(tx, draft, now).await?;
        let event = event(&caller, now, "create_on_call_override", &row);
        state.db().security().append(tx, event).await?;
        Ok(row)
    })?;
    Ok(HttpResponse::Created().json(show_override(&book, &row)))
}

/// Deletes an override: whose turn it is, is on duty again.
///
/// Who may not change schedules may delete what puts themselves on duty, or what they made.
#[utoipa::path(tag = "on-call", params(("id" = i64, Path, description = "Schedule"), ("inner_id" = i64, Path, description = "Override")),
    responses((status = 204, description = "Deleted"), (status = 404, body = ErrorBody)))]
#[delete("/api/on-call/schedules/{id}/overrides/{inner_id}")]
pub async fn delete_on_call_override(
    state: web::Data<AppState>,
    caller: Caller,
    id: Id,
    inner_id: InnerId,
) -> Result<HttpResponse, ApiError> {
    let now = state.now_ms();
    in_transaction!(state, "delete an override", [caller], |tx| {
        let row = on_call_overrides::by_id(tx, id.0, inner_id.0)
            .await?
            .ok_or(ApiError::NotFound("on_call_override"))?;
        let own = row.user_id == caller.user.id || row.created_by == Some(caller.user.id);
        if !own && !caller.may(Permission::OnCallManage) {
            return Err(ApiError::Forbidden);
        }
        on_call_schedules::touch(tx, id.0, now).await?;
        on_call_overrides::delete(tx, row.id).await?;
        let event = event(&caller, now, "delete_on_call_override", &row);
        state.db().security().append(tx, event).await?;
        Ok(())
    })?;
    Ok(HttpResponse::NoContent().finish())
}

fn event(
    caller: &Caller,
    now: noc_pipeline::clock::UnixMs,
    action: &'static str,
    row: &on_call_override::Model,
) -> noc_storage::relational::NewSecurityEvent {
    let subject = format!("on_call_schedule:{}", row.schedule_id);
    let payload = json!({
        "override": row.id, "user": row.user_id, "replaces": row.replaces_user_id,
        "starts_at": row.starts_at, "ends_at": row.ends_at,
    });
    caller.event(now, action, subject, payload)
}
