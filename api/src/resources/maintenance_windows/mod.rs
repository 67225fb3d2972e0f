//! `/api/maintenance-windows`: times in which nobody is told of what people are working on.
//!
//! A change settles the escalations it concerns in its own transaction: what a window held back goes on when the window
//! is deleted, and is held from the moment at which one is made that is under way.

mod view;

pub use view::*;

use crate::auth::caller::Caller;
use crate::error::{ApiError, ErrorBody, Problems};
use crate::http::{Id, Json, List};
use crate::resources::alert_rules::check_scope;
use crate::resources::detectors;
use crate::resources::incidents::{Person, names_of};
use crate::state::AppState;
use crate::transaction::in_transaction;
use actix_web::{HttpResponse, delete, get, patch, post, web};
use chrono_tz::Tz;
use noc_actors::escalation;
use noc_actors::maintenance::window::{LONGEST, Window};
use noc_pipeline::clock::UnixMs;
use noc_pipeline::live::LiveEvent;
use noc_storage::relational::StoreError;
use noc_storage::relational::entity::maintenance_window::Model;
use noc_storage::relational::maintenance_windows::{self, WindowDraft};
use sea_orm::ConnectionTrait;
use serde_json::json;
use std::collections::HashMap;

const LONGEST_NAME: usize = 120;
const LONGEST_REASON: usize = 2_000;
const MOST_DETECTORS: usize = 100;

/// All windows: those under way first, then what comes next, then what is over, the newest first.
#[utoipa::path(tag = "maintenance", responses((status = 200, body = List<MaintenanceWindow>)))]
#[get("/api/maintenance-windows")]
pub async fn list_maintenance_windows(
    state: web::Data<AppState>,
) -> Result<web::Json<List<MaintenanceWindow>>, ApiError> {
    let rows = maintenance_windows::all(state.db().read()).await?;
    let people = names_of(state.db(), rows.iter().filter_map(|row| row.created_by)).await?;
    let now = state.now_ms();
    let listed = rows.into_iter().map(|row| {
        let maker = maker(&row, &people);
        MaintenanceWindow::listed(row, maker, now)
    });
    let mut windows: Vec<_> = listed.collect();
    windows.sort_by_key(|window| match (&window.under_way, &window.next) {
        (Some(span), _) => (0, span.from.timestamp_millis()),
        (None, Some(span)) => (1, span.from.timestamp_millis()),
        (None, None) => (2, -window.id),
    });
    Ok(web::Json(List::whole(windows)))
}

/// Makes a window.
#[utoipa::path(tag = "maintenance", request_body = NewMaintenanceWindow,
    responses((status = 201, body = MaintenanceWindow), (status = 422, body = ErrorBody)))]
#[post("/api/maintenance-windows")]
pub async fn create_maintenance_window(
    state: web::Data<AppState>,
    caller: Caller,
    body: Json<NewMaintenanceWindow>,
) -> Result<HttpResponse, ApiError> {
    let draft = draft(&state, body.0)?;
    let now = state.now_ms();
    let (row, settled) =
        in_transaction!(state, "make a maintenance window", [caller, draft], |tx| {
            let by = Some(caller.user.id);
            let row = maintenance_windows::create(tx, draft, by, now).await?;
            let settled = settle(tx, &row, now).await?;
            let subject = format!("maintenance_window:{}", row.id);
            let payload = json!({ "name": row.name });
            let event = caller.event(now, "create_maintenance_window", subject, payload);
            state.db().security().append(tx, event).await?;
            Ok((row, settled))
        })?;
    tell(&state, settled).await;
    Ok(HttpResponse::Created().json(with_name(&state, row, now).await?))
}

/// Changes a window.
#[utoipa::path(tag = "maintenance", params(("id" = i64, Path, description = "Window")),
    request_body = MaintenanceWindowPatch,
    responses((status = 200, body = MaintenanceWindow), (status = 404, body = ErrorBody),
        (status = 422, body = ErrorBody)))]
#[patch("/api/maintenance-windows/{id}")]
pub async fn update_maintenance_window(
    state: web::Data<AppState>,
    caller: Caller,
    id: Id,
    body: Json<MaintenanceWindowPatch>,
) -> Result<web::Json<MaintenanceWindow>, ApiError> {
    let now = state.now_ms();
    let before = MaintenanceWindow::new(find(state.db().read(), id).await?, None, now);
    let before = before.map_err(unreadable)?;
    let draft = draft(&state, merge(before, body.0))?;
    let (row, settled) = in_transaction!(
        state,
        "change a maintenance window",
        [caller, draft],
        |tx| {
            let row = maintenance_windows::update(tx, id.0, draft, now).await?;
            let settled = settle(tx, &row, now).await?;
            let subject = format!("maintenance_window:{}", row.id);
            let payload = json!({ "name": row.name });
            let event = caller.event(now, "update_maintenance_window", subject, payload);
            state.db().security().append(tx, event).await?;
            Ok((row, settled))
        }
    )?;
    tell(&state, settled).await;
    Ok(web::Json(with_name(&state, row, now).await?))
}

/// Deletes a window; what it held back goes on.
#[utoipa::path(tag = "maintenance", params(("id" = i64, Path, description = "Window")),
    responses((status = 204, description = "Deleted"), (status = 404, body = ErrorBody)))]
#[delete("/api/maintenance-windows/{id}")]
pub async fn delete_maintenance_window(
    state: web::Data<AppState>,
    caller: Caller,
    id: Id,
) -> Result<HttpResponse, ApiError> {
    let now = state.now_ms();
    let settled = in_transaction!(state, "delete a maintenance window", [caller], |tx| {
        let row = maintenance_windows::delete(tx, id.0).await?;
        let settled = escalation::settle_all(tx, now).await?;
        let subject = format!("maintenance_window:{}", row.id);
        let payload = json!({ "name": row.name });
        let event = caller.event(now, "delete_maintenance_window", subject, payload);
        state.db().security().append(tx, event).await?;
        Ok(settled)
    })?;
    tell(&state, settled).await;
    Ok(HttpResponse::NoContent().finish())
}

/// Settles everything that is open, and notes that this was done.
async fn settle(
    tx: &impl ConnectionTrait,
    row: &Model,
    now: UnixMs,
) -> Result<escalation::Settled, StoreError> {
    let active = Window::read(row)?.under_way(now).is_some();
    maintenance_windows::note_active(tx, row.id, active).await?;
    escalation::settle_all(tx, now).await
}

async fn tell(state: &AppState, settled: escalation::Settled) {
    let bus = &state.parts.bus;
    bus.publish(LiveEvent::ExecutionChanged { execution: 0 })
        .await;
    for incident in settled.ids() {
        bus.publish(LiveEvent::IncidentUpdated { incident }).await;
    }
}

async fn find(conn: &impl ConnectionTrait, id: Id) -> Result<Model, ApiError> {
    maintenance_windows::by_id(conn, id.0)
        .await?
        .ok_or(ApiError::NotFound("maintenance window"))
}

async fn with_name(
    state: &AppState,
    row: Model,
    now: UnixMs,
) -> Result<MaintenanceWindow, StoreError> {
    let people = names_of(state.db(), row.created_by.into_iter()).await?;
    shown(row, &people, now)
}

/// What is not understood is not changed: it would lose what a newer version wrote.
fn unreadable(error: StoreError) -> ApiError {
    match error {
        StoreError::Damaged { reason, .. } => ApiError::Conflict {
            code: "unreadable",
            message: format!(
                "this version cannot read the window: {reason}; delete it, or change it with the version that wrote it"
            ),
        },
        other => other.into(),
    }
}

fn shown(
    row: Model,
    people: &HashMap<i64, String>,
    now: UnixMs,
) -> Result<MaintenanceWindow, StoreError> {
    let maker = maker(&row, people);
    MaintenanceWindow::new(row, maker, now)
}

fn maker(row: &Model, people: &HashMap<i64, String>) -> Option<Person> {
    row.created_by.map(|id| Person {
        id,
        name: people
            .get(&id)
            .cloned()
            .unwrap_or_else(|| "(deleted)".to_owned()),
    })
}

fn merge(window: MaintenanceWindow, patch: MaintenanceWindowPatch) -> NewMaintenanceWindow {
    NewMaintenanceWindow {
        name: patch.name.unwrap_or(window.name),
        reason: patch.reason.unwrap_or(window.reason),
        scope: patch.scope.unwrap_or(window.scope),
        detectors: patch.detectors.unwrap_or(window.detectors),
        timezone: Some(patch.timezone.unwrap_or(window.timezone)),
        starts_at: patch.starts_at.unwrap_or(window.starts_at),
        ends_at: patch.ends_at.unwrap_or(window.ends_at),
        recurrence: patch.recurrence.unwrap_or(window.recurrence),
    }
}

/// What is stored, if nothing is wrong with it.
fn draft(state: &AppState, new: NewMaintenanceWindow) -> Result<WindowDraft, ApiError> {
    let mut problems = Problems::new();
    let name = new.name.trim();
    problems.require(
        (1..=LONGEST_NAME).contains(&name.chars().count()) && !name.chars().any(char::is_control),
        "name",
        "must have 1 to 120 characters, none of them control characters",
    );
    problems.require(
        new.reason.chars().count() <= LONGEST_REASON,
        "reason",
        "may have 2000 characters at most",
    );
    check_scope(&mut problems, &new.scope);
    problems.require(
        new.detectors.len() <= MOST_DETECTORS,
        "detectors",
        "may be 100 at most",
    );
    for key in &new.detectors {
        problems.require(
            detectors::is_detector(key),
            "detectors",
            &format!("{key:?} is no detector: see GET /api/detectors"),
        );
    }
    let timezone = new
        .timezone
        .unwrap_or_else(|| state.config.accounts.timezone.name().to_owned());
    problems.require(
        timezone.parse::<Tz>().is_ok(),
        "timezone",
        "must be the name of a time zone, as Asia/Dhaka",
    );
    let recurrence = match new.recurrence.as_ref().map(MaintenanceRecurrence::read) {
        None => None,
        Some(Ok(recurrence)) => Some(json!(recurrence)),
        Some(Err((field, problem))) => {
            problems.add(field, problem);
            None
        }
    };
    let starts_at = UnixMs(new.starts_at.timestamp_millis());
    let ends_at = new.ends_at.map(|at| UnixMs(at.timestamp_millis()));
    match (ends_at, &new.recurrence) {
        (None, None) => problems.add("ends_at", "is required for a window that does not return"),
        (Some(end), _) if end <= starts_at => problems.add("ends_at", "must be after the start"),
        (Some(end), None) if end.since(starts_at) > LONGEST => {
            problems.add("ends_at", "must be within 31 days of the start");
        }
        _ => {}
    }
    problems.into_result()?;
    Ok(WindowDraft {
        name: name.to_owned(),
        reason: new.reason.trim().to_owned(),
        scope: new.scope.into(),
        detectors: new.detectors,
        timezone,
        starts_at,
        ends_at,
        recurrence,
    })
}
