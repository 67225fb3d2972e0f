//! `/api/on-call/current` and `.../shifts`: who is on duty, and who will be.

use super::check::span;
use super::schedules::person;
use super::view::{OnCallNow, OnCallShift};
use super::{Book, LONGEST_OVERRIDE, time, unreadable};
use crate::error::{ApiError, ErrorBody};
use crate::http::{Id, List, Query};
use crate::state::AppState;
use actix_web::{get, web};
use chrono::{DateTime, Utc};
use noc_actors::oncall::{AHEAD, Duty};
use serde::Deserialize;
use utoipa::IntoParams;

/// Who is on call now, by each schedule, and when they hand over to whom.
#[utoipa::path(tag = "on-call", responses((status = 200, body = List<OnCallNow>)))]
#[get("/api/on-call/current")]
pub async fn current_on_call(
    state: web::Data<AppState>,
) -> Result<web::Json<List<OnCallNow>>, ApiError> {
    let now = state.now_ms();
    let from = now.minus(LONGEST_OVERRIDE);
    let book = Book::read(state.db().read(), from, now.plus(AHEAD)).await?;
    let nobody = Duty {
        user: None,
        stand_in: None,
        since: now,
        until: None,
        next: None,
    };
    let mut all = Vec::with_capacity(book.stored.len());
    for stored in &book.stored {
        let schedule = book.readable(stored);
        let duty = schedule.map_or(nobody, |schedule| schedule.duty(now, AHEAD));
        all.push(OnCallNow {
            schedule_id: stored.schedule.id,
            schedule_name: stored.schedule.name.clone(),
            timezone: stored.schedule.timezone.clone(),
            unreadable: unreadable::sentence(&stored.schedule),
            user: person(&book, duty.user),
            override_id: duty.stand_in,
            since: time(duty.since),
            until: duty.until.map(time),
            next_user: person(&book, duty.next),
        });
    }
    Ok(web::Json(List::whole(all)))
}

/// Which part of the final schedule.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct ShiftQuery {
    /// From then on; now when absent.
    pub from: Option<DateTime<Utc>>,
    /// Until just before, a year later at most; 4 weeks later when absent.
    pub until: Option<DateTime<Utc>>,
}

/// The final schedule: shifts that follow each other without a gap, times that are nobody's included.
#[utoipa::path(tag = "on-call", params(("id" = i64, Path, description = "Schedule"), ShiftQuery),
    responses((status = 200, body = List<OnCallShift>), (status = 404, body = ErrorBody)))]
#[get("/api/on-call/schedules/{id}/shifts")]
pub async fn on_call_shifts(
    state: web::Data<AppState>,
    id: Id,
    query: Query<ShiftQuery>,
) -> Result<web::Json<List<OnCallShift>>, ApiError> {
    let Query(query) = query;
    let now = state.now_ms();
    let (from, until) = span(query.from.map(Into::into), query.until.map(Into::into), now)?;
    let book = Book::read(state.db().read(), from, until).await?;
    let schedule = book.assemble(book.find(id)?)?;
    let shifts = schedule.shifts(from, until).into_iter();
    let shown = shifts.map(|shift| OnCallShift {
        starts_at: time(shift.from),
        ends_at: time(shift.until),
        user: person(&book, shift.user),
        override_id: shift.stand_in,
    });
    Ok(web::Json(List::whole(shown.collect())))
}
