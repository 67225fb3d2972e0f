//! `/api/on-call/schedules/{id}.ics`: a schedule as a calendar (RFC 5545) to subscribe to, and the links that open it.
//!
//! Calendar programs cannot sign in, so a link carries a token, made by a person for themselves. It shows one schedule,
//! stands in the database as a hash, and ends when its owner revokes it or their account is switched off.

use super::check::clock_time;
use super::lines::Lines;
use super::view::{CalendarToken, MintedCalendarToken, NewCalendarToken};
use super::{Book, LONGEST_OVERRIDE, unreadable};
use crate::auth::caller::Caller;
use crate::error::{ApiError, ErrorBody};
use crate::http::{ClientAddress, Id, InnerId, JsonOrNothing, List, Query};
use crate::state::AppState;
use crate::transaction::in_transaction;
use actix_web::http::header::CONTENT_DISPOSITION;
use actix_web::{HttpResponse, delete, get, post, web};
use noc_actors::oncall::{Schedule, Shift};
use noc_pipeline::clock::UnixMs;
use noc_storage::relational::on_call_schedules::Schedule as Stored;
use noc_storage::relational::{
    NewSecurityEvent, SecurityLevel, on_call_calendar_tokens, on_call_schedules,
};
use serde::Deserialize;
use serde_json::json;
use std::time::Duration;
use utoipa::IntoParams;

/// Links of one person.
const MOST_TOKENS: u64 = 50;
/// How far back a calendar shows shifts.
const SHOWN_BACK: Duration = Duration::from_secs(28 * 24 * 3_600);
/// How far ahead.
const SHOWN_AHEAD: Duration = Duration::from_secs(365 * 24 * 3_600);

/// The key to a calendar.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct CalendarQuery {
    /// As it stands in the link.
    pub token: String,
}

/// A schedule as a calendar: the last 4 weeks and a year ahead.
///
/// Opens with a link's token; a wrong one, a revoked one and another schedule's look alike.
#[utoipa::path(tag = "on-call", params(("id" = i64, Path, description = "Schedule"), CalendarQuery),
    responses((status = 200, description = "iCalendar", content_type = "text/calendar"), (status = 404, body = ErrorBody)))]
#[get("/api/on-call/schedules/{id}.ics")]
pub async fn on_call_calendar(
    state: web::Data<AppState>,
    address: ClientAddress,
    id: Id,
    query: Query<CalendarQuery>,
) -> Result<HttpResponse, ApiError> {
    let now = state.now_ms();
    let found = on_call_calendar_tokens::find(state.db().read(), id.0, &query.0.token).await?;
    let link = found.ok_or(ApiError::NotFound("calendar"))?;
    let book = Book::read(
        state.db().read(),
        now.minus(LONGEST_OVERRIDE),
        now.plus(SHOWN_AHEAD + LONGEST_OVERRIDE),
    )
    .await?;
    let stored = book.find(id)?;
    let whose = link.only_mine.then_some(link.user_id);
    let text = match (
        unreadable::sentence(&stored.schedule),
        book.readable(stored),
    ) {
        (None, Some(schedule)) => {
            calendar(&schedule, stored, whose, now, |id| book.person(id).name)
        }
        // Programs that are refused go on showing the shifts that they know.
        (why, _) => calendar_of_nobody(stored, &why.unwrap_or_default(), now),
    };
    let ip = address.0.to_string();
    in_transaction!(state, "note a download", [link, ip], |tx| {
        // Programs ask often: one entry a minute for each link is enough to see who reads what from where.
        if on_call_calendar_tokens::touch(tx, &link, now).await? {
            let event = NewSecurityEvent {
                at: now,
                level: SecurityLevel::Info,
                event_type: "private_file_download",
                action: "on_call_calendar",
                actor_id: Some(link.user_id),
                actor_ip: Some(ip),
                subject: Some(format!("on_call_schedule:{}", link.schedule_id)),
                payload: json!({ "token": link.id }),
            };
            state.db().security().append(tx, event).await?;
        }
        Ok(())
    })?;
    Ok(HttpResponse::Ok()
        .content_type("text/calendar; charset=utf-8")
        .insert_header((CONTENT_DISPOSITION, "inline; filename=\"on-call.ics\""))
        .body(text))
}

/// One's own links to a schedule's calendar, newest first.
#[utoipa::path(tag = "on-call", params(("id" = i64, Path, description = "Schedule")),
    responses((status = 200, body = List<CalendarToken>), (status = 404, body = ErrorBody)))]
#[get("/api/on-call/schedules/{id}/calendar-tokens")]
pub async fn list_calendar_tokens(
    state: web::Data<AppState>,
    caller: Caller,
    id: Id,
) -> Result<web::Json<List<CalendarToken>>, ApiError> {
    let db = state.db().read();
    if on_call_schedules::by_id(db, id.0).await?.is_none() {
        return Err(ApiError::NotFound("on_call_schedule"));
    }
    let rows = on_call_calendar_tokens::of_user(db, id.0, caller.user.id).await?;
    let rows = rows.into_iter().map(Into::into).collect();
    Ok(web::Json(List::whole(rows)))
}

/// Makes a link for one's own calendar.
#[utoipa::path(tag = "on-call", params(("id" = i64, Path, description = "Schedule")), request_body = NewCalendarToken,
    responses((status = 201, body = MintedCalendarToken), (status = 404, body = ErrorBody),
        (status = 409, description = "`too_many`: revoke one first", body = ErrorBody)))]
#[post("/api/on-call/schedules/{id}/calendar-tokens")]
pub async fn create_calendar_token(
    state: web::Data<AppState>,
    caller: Caller,
    id: Id,
    body: JsonOrNothing<NewCalendarToken>,
) -> Result<HttpResponse, ApiError> {
    let JsonOrNothing(new) = body;
    let now = state.now_ms();
    let (token, row) = in_transaction!(state, "make a calendar link", [caller, new], |tx| {
        if on_call_schedules::by_id(tx, id.0).await?.is_none() {
            return Err(ApiError::NotFound("on_call_schedule"));
        }
        if on_call_calendar_tokens::count(tx, caller.user.id).await? >= MOST_TOKENS {
            return Err(ApiError::Conflict {
                code: "too_many",
                message: format!("you have {MOST_TOKENS} calendar links: revoke one first"),
            });
        }
        let user = caller.user.id;
        let (token, row) =
            on_call_calendar_tokens::mint(tx, id.0, user, new.only_mine, now).await?;
        let event = event(&caller, now, "create_calendar_token", id.0, row.id);
        state.db().security().append(tx, event).await?;
        Ok((token, row))
    })?;
    let base = state.config.public_url();
    Ok(HttpResponse::Created().json(MintedCalendarToken {
        row: row.into(),
        url: format!("{base}/api/on-call/schedules/{}.ics?token={token}", id.0),
    }))
}

/// Revokes one of one's own links: calendars that use it get nothing any more.
#[utoipa::path(tag = "on-call", params(("id" = i64, Path, description = "Schedule"), ("inner_id" = i64, Path, description = "Link")),
    responses((status = 204, description = "Revoked"), (status = 404, body = ErrorBody)))]
#[delete("/api/on-call/schedules/{id}/calendar-tokens/{inner_id}")]
pub async fn revoke_calendar_token(
    state: web::Data<AppState>,
    caller: Caller,
    id: Id,
    inner_id: InnerId,
) -> Result<HttpResponse, ApiError> {
    let now = state.now_ms();
    in_transaction!(state, "revoke a calendar link", [caller], |tx| {
        on_call_calendar_tokens::revoke(tx, id.0, caller.user.id, inner_id.0).await?;
        let event = event(&caller, now, "revoke_calendar_token", id.0, inner_id.0);
        state.db().security().append(tx, event).await?;
        Ok(())
    })?;
    Ok(HttpResponse::NoContent().finish())
}

fn event(
    caller: &Caller,
    now: UnixMs,
    action: &'static str,
    schedule: i64,
    token: i64,
) -> NewSecurityEvent {
    let subject = format!("on_call_schedule:{schedule}");
    caller.event(now, action, subject, json!({ "token": token }))
}

/// The calendar of a schedule, or of one person's shifts in it.
fn calendar(
    schedule: &Schedule,
    stored: &Stored,
    whose: Option<i64>,
    now: UnixMs,
    name_of: impl Fn(i64) -> String,
) -> String {
    let mut calendar = opened(&schedule.name);
    // So wide that no shift which is shown is cut off: its beginning is part of what identifies it.
    let from = now.minus(LONGEST_OVERRIDE + SHOWN_BACK);
    for shift in schedule.shifts(from, now.plus(SHOWN_AHEAD + LONGEST_OVERRIDE)) {
        let Some(user) = shift
            .user
            .filter(|user| whose.is_none_or(|own| own == *user))
        else {
            continue;
        };
        if shift.until > now.minus(SHOWN_BACK) && shift.from < now.plus(SHOWN_AHEAD) {
            event_of(&mut calendar, stored, &shift, user, &name_of(user));
        }
    }
    calendar.line("END", "VCALENDAR");
    calendar.finish()
}

/// The calendar of a schedule that this version cannot read, whosever shifts were asked for: today, which says so.
fn calendar_of_nobody(stored: &Stored, why: &str, now: UnixMs) -> String {
    let row = &stored.schedule;
    let day = |at: UnixMs| at.to_datetime().format("%Y%m%d").to_string();
    let tomorrow = now.plus(Duration::from_secs(24 * 3_600));
    let mut calendar = opened(&row.name);
    calendar.line("BEGIN", "VEVENT");
    calendar.line(
        "UID",
        &format!("on-call-{}-unreadable@hostseba-noc", row.id),
    );
    calendar.line("DTSTAMP", &stamp(now));
    calendar.line("LAST-MODIFIED", &stamp(now));
    calendar.line("DTSTART;VALUE=DATE", &day(now));
    calendar.line("DTEND;VALUE=DATE", &day(tomorrow));
    let summary = format!("On call: nobody ({} cannot be read)", row.name);
    calendar.text("SUMMARY", &summary);
    calendar.text("DESCRIPTION", why);
    calendar.line("TRANSP", "TRANSPARENT");
    calendar.line("END", "VEVENT");
    calendar.line("END", "VCALENDAR");
    calendar.finish()
}

fn opened(name: &str) -> Lines {
    let mut calendar = Lines::default();
    calendar.line("BEGIN", "VCALENDAR");
    calendar.line("VERSION", "2.0");
    calendar.line("PRODID", "-//HostSeba//NOC on-call//EN");
    calendar.line("CALSCALE", "GREGORIAN");
    calendar.line("METHOD", "PUBLISH");
    calendar.text("X-WR-CALNAME", &format!("On call: {name}"));
    calendar.line("REFRESH-INTERVAL;VALUE=DURATION", "PT1H");
    calendar.line("X-PUBLISHED-TTL", "PT1H");
    calendar
}

fn event_of(calendar: &mut Lines, stored: &Stored, shift: &Shift, user: i64, name: &str) {
    let row = &stored.schedule;
    let changed = stamp(row.updated_at.into());
    let uid = format!(
        "on-call-{}-{}-{user}@hostseba-noc",
        row.id,
        shift.from.0.div_euclid(1_000)
    );
    let why = if shift.stand_in.is_some() {
        "Standing in."
    } else {
        "By rotation."
    };
    let handoff = clock_time(row.handoff_minute);
    let detail = format!("{why}\nHand-off at {handoff} {}.", row.timezone);
    calendar.line("BEGIN", "VEVENT");
    calendar.line("UID", &uid);
    calendar.line("DTSTAMP", &changed);
    calendar.line("LAST-MODIFIED", &changed);
    calendar.line("DTSTART", &stamp(shift.from));
    calendar.line("DTEND", &stamp(shift.until));
    calendar.text("SUMMARY", &format!("On call: {name} ({})", row.name));
    calendar.text("DESCRIPTION", &detail);
    // Being on call is not being busy.
    calendar.line("TRANSP", "TRANSPARENT");
    calendar.line("END", "VEVENT");
}

/// A time in UTC (RFC 5545, 3.3.5, form 2).
fn stamp(at: UnixMs) -> String {
    at.to_datetime().format("%Y%m%dT%H%M%SZ").to_string()
}
