//! `/api/on-call/schedules`.

use super::check::{change, clock_time, draft};
use super::view::{
    HandoffWeekday, NewOnCallSchedule, OnCallGap, OnCallOverride, OnCallPerson, OnCallSchedule,
    OnCallSchedulePatch, RotationKind,
};
use super::{Book, LONGEST_OVERRIDE, time, unreadable};
use crate::auth::caller::Caller;
use crate::error::{ApiError, ErrorBody};
use crate::http::{Id, Json, List};
use crate::state::AppState;
use crate::transaction::in_transaction;
use actix_web::{HttpResponse, delete, get, patch, post, web};
use noc_actors::oncall::{AHEAD, Gap};
use noc_pipeline::clock::UnixMs;
use noc_storage::relational::entity::on_call_override;
use noc_storage::relational::on_call_schedules::{self, Rotation, Schedule};
use sea_orm::ConnectionTrait;
use serde_json::json;

/// Schedules of an organisation.
const MOST_SCHEDULES: usize = 50;

/// All schedules by name, with who stands in and where gaps are.
#[utoipa::path(tag = "on-call", responses((status = 200, body = List<OnCallSchedule>)))]
#[get("/api/on-call/schedules")]
pub async fn list_on_call_schedules(
    state: web::Data<AppState>,
) -> Result<web::Json<List<OnCallSchedule>>, ApiError> {
    let now = state.now_ms();
    let book = read(state.db().read(), now).await?;
    let all = book.stored.iter().map(|stored| show(&book, stored, now));
    Ok(web::Json(List::whole(all.collect::<Result<_, _>>()?)))
}

/// Makes a schedule.
#[utoipa::path(tag = "on-call", request_body = NewOnCallSchedule,
    responses((status = 201, body = OnCallSchedule),
        (status = 409, description = "`already_exists`: the name is taken; `too_many`: there are 50", body = ErrorBody)))]
#[post("/api/on-call/schedules")]
pub async fn create_on_call_schedule(
    state: web::Data<AppState>,
    caller: Caller,
    body: Json<NewOnCallSchedule>,
) -> Result<HttpResponse, ApiError> {
    let Json(new) = body;
    let now = state.now_ms();
    let book = read(state.db().read(), now).await?;
    let draft = draft(new, &book, now)?;
    if book.stored.len() >= MOST_SCHEDULES {
        return Err(ApiError::Conflict {
            code: "too_many",
            message: format!("there may be {MOST_SCHEDULES} schedules at most"),
        });
    }
    let stored = in_transaction!(state, "make a schedule", [caller, draft], |tx| {
        let stored = on_call_schedules::create(tx, draft, now).await?;
        let event = event(&caller, now, "create_on_call_schedule", &stored);
        state.db().security().append(tx, event).await?;
        Ok(stored)
    })?;
    Ok(HttpResponse::Created().json(show(&book, &stored, now)?))
}

/// Changes a schedule; given members replace all of them. What this version cannot read stays until another is given.
#[utoipa::path(tag = "on-call", params(("id" = i64, Path, description = "Schedule")), request_body = OnCallSchedulePatch,
    responses((status = 200, body = OnCallSchedule), (status = 404, body = ErrorBody),
        (status = 409, description = "`already_exists`: the name is taken", body = ErrorBody)))]
#[patch("/api/on-call/schedules/{id}")]
pub async fn update_on_call_schedule(
    state: web::Data<AppState>,
    caller: Caller,
    id: Id,
    body: Json<OnCallSchedulePatch>,
) -> Result<web::Json<OnCallSchedule>, ApiError> {
    let Json(patch) = body;
    let now = state.now_ms();
    let book = read(state.db().read(), now).await?;
    let change = change(book.find(id)?, patch, &book, now)?;
    let stored = in_transaction!(state, "change a schedule", [caller, change], |tx| {
        let stored = on_call_schedules::update(tx, id.0, change, now).await?;
        let event = event(&caller, now, "update_on_call_schedule", &stored);
        state.db().security().append(tx, event).await?;
        Ok(stored)
    })?;
    Ok(web::Json(show(&book, &stored, now)?))
}

/// Deletes a schedule, who stands in by it, and the calendar links to it.
#[utoipa::path(tag = "on-call", params(("id" = i64, Path, description = "Schedule")),
    responses((status = 204, description = "Deleted"), (status = 404, body = ErrorBody)))]
#[delete("/api/on-call/schedules/{id}")]
pub async fn delete_on_call_schedule(
    state: web::Data<AppState>,
    caller: Caller,
    id: Id,
) -> Result<HttpResponse, ApiError> {
    let now = state.now_ms();
    in_transaction!(state, "delete a schedule", [caller], |tx| {
        let stored = on_call_schedules::by_id(tx, id.0)
            .await?
            .ok_or(ApiError::NotFound("on_call_schedule"))?;
        on_call_schedules::delete(tx, id.0).await?;
        let event = event(&caller, now, "delete_on_call_schedule", &stored);
        state.db().security().append(tx, event).await?;
        Ok(())
    })?;
    Ok(HttpResponse::NoContent().finish())
}

async fn read(conn: &impl ConnectionTrait, now: UnixMs) -> Result<Book, ApiError> {
    Ok(Book::read(conn, now, now.plus(LONGEST_OVERRIDE * 2)).await?)
}

fn event(
    caller: &Caller,
    now: UnixMs,
    action: &'static str,
    stored: &Schedule,
) -> noc_storage::relational::NewSecurityEvent {
    let subject = format!("on_call_schedule:{}", stored.schedule.id);
    let payload = json!({ "name": stored.schedule.name, "members": stored.members });
    caller.event(now, action, subject, payload)
}

fn show(book: &Book, stored: &Schedule, now: UnixMs) -> Result<OnCallSchedule, ApiError> {
    let row = &stored.schedule;
    let (rotation, handoff_weekday) = match row.turns() {
        Ok(Rotation::Weekly(day)) => (Some(RotationKind::Weekly), HandoffWeekday::from_number(day)),
        Ok(Rotation::Daily) => (Some(RotationKind::Daily), None),
        Err(_) => (None, None),
    };
    let until = now.plus(AHEAD);
    let gaps = match book.readable(stored) {
        Some(schedule) => schedule.gaps(now, until, |id| book.is_reachable(id)),
        // What cannot be read has nobody on duty, and shows it.
        None => vec![Gap {
            from: now,
            until,
            user: None,
        }],
    };
    let mut overrides: Vec<_> = book
        .overrides
        .iter()
        .filter(|one| one.schedule_id == row.id)
        .map(|one| show_override(book, one))
        .collect();
    overrides.sort_by_key(|one| (one.starts_at, one.id));
    Ok(OnCallSchedule {
        id: row.id,
        name: row.name.clone(),
        unreadable: unreadable::sentence(row),
        unreadable_fields: unreadable::fields(row),
        timezone: row.timezone.clone(),
        rotation,
        handoff_weekday,
        handoff_time: clock_time(row.handoff_minute),
        starts_on: row.starts_on,
        members: stored.members.iter().map(|id| book.person(*id)).collect(),
        overrides,
        gaps: gaps
            .into_iter()
            .map(|gap| OnCallGap {
                starts_at: time(gap.from),
                ends_at: time(gap.until),
                user: person(book, gap.user),
            })
            .collect(),
        created_at: row.created_at,
        updated_at: row.updated_at,
    })
}

pub(super) fn show_override(book: &Book, row: &on_call_override::Model) -> OnCallOverride {
    OnCallOverride {
        id: row.id,
        user: book.person(row.user_id),
        replaces: person(book, row.replaces_user_id),
        starts_at: row.starts_at,
        ends_at: row.ends_at,
        created_by: row.created_by,
        created_at: row.created_at,
    }
}

pub(super) fn person(book: &Book, id: Option<i64>) -> Option<OnCallPerson> {
    id.map(|id| book.person(id))
}
