//! Maintenance: times in which nobody is told of what people are working on.
//!
//! * [`window`] says when a window is under way; it is a plain function of what people wrote and the time.
//! * [`covering`] is asked in the transaction that opens an incident or settles its escalation, so nothing that begins
//!   during maintenance pages before its end.
//! * [`turn`] settles the escalations of what is open whenever a window begins, ends, or is changed. It is called every
//!   few seconds on every node that notifies; the window's row is locked, so one of them does it. A node that dies
//!   before its commit leaves the row as it was, and another settles.

pub mod window;

use crate::crash_point;
use crate::escalation::{self, Settled};
use crate::incident::routing::tags_of;
use noc_pipeline::clock::UnixMs;
use noc_pipeline::id::ServerId;
use noc_storage::relational::entity::{incident, maintenance_window};
use noc_storage::relational::{Db, StoreError, maintenance_windows};
use sea_orm::ConnectionTrait;
use window::Window;

/// The windows that are under way; those that cannot be read are left out.
///
/// # Errors
/// [`StoreError`].
pub async fn under_way(
    conn: &impl ConnectionTrait,
    now: UnixMs,
) -> Result<Vec<Window>, StoreError> {
    let rows = maintenance_windows::around(conn, now).await?;
    let mut windows = readable(&rows);
    windows.retain(|window| window.under_way(now).is_some());
    Ok(windows)
}

/// The windows of these rows, in their order, without those that cannot be read; that is said in the log.
#[must_use]
pub fn readable(rows: &[maintenance_window::Model]) -> Vec<Window> {
    let windows = rows.iter().filter_map(|row| {
        let window = Window::read(row);
        window.inspect_err(|error| unreadable(row.id, error)).ok()
    });
    windows.collect()
}

/// A newer version may have written it, or its zone is gone: it costs nobody else a page.
fn unreadable(id: i64, error: &StoreError) {
    tracing::error!(maintenance_window.id = id, %error, "maintenance window cannot be read, it holds nothing back");
}

/// The name of a window that is under way and about this incident.
///
/// # Errors
/// [`StoreError`].
pub async fn covering(
    conn: &impl ConnectionTrait,
    incident: &incident::Model,
    now: UnixMs,
) -> Result<Option<String>, StoreError> {
    let windows = under_way(conn, now).await?;
    if windows.is_empty() {
        return Ok(None);
    }
    let tags = tags_of(conn, incident.server_id).await?;
    Ok(choose(&windows, incident, &tags))
}

/// The first window about this incident.
pub(crate) fn choose(
    windows: &[Window],
    incident: &incident::Model,
    tags: &[String],
) -> Option<String> {
    let server = server_of(incident);
    let mut windows = windows.iter();
    windows
        .find(|window| window.is_about(&incident.detector, server, tags))
        .map(|window| window.name.clone())
}

fn server_of(incident: &incident::Model) -> Option<ServerId> {
    let id = incident.server_id.and_then(|id| u32::try_from(id).ok());
    id.map(ServerId)
}

/// Settles escalations for every window that began or ended since it was last looked at.
///
/// # Errors
/// [`StoreError`]; nothing of the window at hand was done then.
pub async fn turn(db: &Db, now: UnixMs) -> Result<Settled, StoreError> {
    let mut settled = Settled::default();
    for row in maintenance_windows::all(db.read()).await? {
        let active = is_active(&row, now);
        if active != row.active {
            let one = db.transaction("settle a maintenance window", |tx| {
                Box::pin(async move { turn_one(tx, row.id, now).await })
            });
            settled.add(one.await?);
            crash_point::reached("window_turned");
        }
    }
    Ok(settled)
}

/// Whether a window holds anything back; one that cannot be read does not, and lets go of what it held.
fn is_active(row: &maintenance_window::Model, now: UnixMs) -> bool {
    match Window::read(row) {
        Ok(window) => window.under_way(now).is_some(),
        Err(error) => {
            if row.active {
                unreadable(row.id, &error);
            }
            false
        }
    }
}

async fn turn_one(tx: &impl ConnectionTrait, id: i64, now: UnixMs) -> Result<Settled, StoreError> {
    let Some(row) = maintenance_windows::lock(tx, id).await? else {
        return Ok(Settled::default());
    };
    let active = is_active(&row, now);
    if active == row.active {
        return Ok(Settled::default());
    }
    maintenance_windows::note_active(tx, id, active).await?;
    let settled = escalation::settle_all(tx, now).await?;
    crash_point::reached("turning_window");
    Ok(settled)
}
