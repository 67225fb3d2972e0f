//! The organisation as a simulation sees it: read once, asked for any time within its span.

use super::{HORIZON, Imagined};
use crate::escalation::recipients::{Directory, Recipient};
use crate::maintenance::{self, window::Window};
use crate::notify::channel::Registry;
use crate::notify::directory;
use crate::oncall::{self, OnDuty, Schedules};
use noc_pipeline::clock::UnixMs;
use noc_storage::relational::{StoreError, maintenance_windows, notification_channels};
use sea_orm::ConnectionTrait;
use std::collections::{BTreeMap, BTreeSet};

/// What a simulation rests on.
#[derive(Clone, Default)]
pub struct World {
    /// Accounts and open channels, as they are now.
    pub directory: Directory,
    /// Schedules, with the overrides of the span.
    pub schedules: Schedules,
    /// Maintenance windows, the oldest first, as they are asked in life.
    pub windows: Vec<Window>,
    /// Channels that do not work, by key, and why.
    pub failing: BTreeMap<String, String>,
}

/// Reads what a simulation of an incident at `at` rests on.
///
/// # Errors
/// [`StoreError`]. A window that cannot be read counts for nothing, and by such a schedule nobody is on
/// duty, as in life.
pub async fn load(
    conn: &impl ConnectionTrait,
    registry: &Registry,
    at: UnixMs,
) -> Result<World, StoreError> {
    let until = UnixMs(at.plus(HORIZON).0.saturating_add(1));
    let mut windows = maintenance::readable(&maintenance_windows::all(conn).await?);
    windows.reverse();
    let channels = notification_channels::all(conn).await?.into_iter();
    let failing = channels.filter(|row| row.enabled && !row.healthy);
    Ok(World {
        directory: directory::load(conn, registry, at).await?,
        schedules: oncall::load(conn, at, until).await?,
        windows,
        failing: failing
            .map(|row| (row.channel, row.last_error.unwrap_or_default()))
            .collect(),
    })
}

impl World {
    pub(super) fn on_duty(&self, at: UnixMs) -> Vec<OnDuty> {
        self.schedules.on_duty(at)
    }

    /// The window that holds the incident back at `at`.
    pub(super) fn covering(&self, imagined: &Imagined, at: UnixMs) -> Option<&Window> {
        let mut windows = self.about(imagined);
        windows.find(|window| window.under_way(at).is_some())
    }

    /// When a window about the incident next begins or ends.
    pub(super) fn next_turn(&self, imagined: &Imagined, after: UnixMs) -> Option<UnixMs> {
        let turns = self.about(imagined).flat_map(|window| {
            let ends = window.under_way(after).and_then(|span| span.until);
            let begins = window.next(after).map(|span| span.from);
            [ends, begins]
        });
        turns.flatten().filter(|turn| *turn > after).min()
    }

    fn about(&self, imagined: &Imagined) -> impl Iterator<Item = &Window> {
        let detector = imagined.detector.as_deref().unwrap_or_default();
        let windows = self.windows.iter();
        windows.filter(move |window| window.is_about(detector, imagined.server, &imagined.tags))
    }

    pub(super) fn name_of(&self, user: Option<i64>) -> Option<String> {
        let accounts = &self.directory.accounts;
        let account = accounts.iter().find(|account| Some(account.id) == user)?;
        Some(account.name.clone())
    }

    /// Of each channel that these go over and that does not work, that it does not.
    pub(super) fn failing(&self, recipients: &[Recipient]) -> Vec<String> {
        let used: BTreeSet<&str> = recipients.iter().map(|r| r.channel.as_str()).collect();
        let failing = used.into_iter().filter_map(|key| {
            let error = self.failing.get(key)?;
            Some(format!("channel {key} does not work now: {error}"))
        });
        failing.collect()
    }

    /// Windows that would count if it were known which detector finds the incident.
    pub(super) fn warnings(&self, imagined: &Imagined) -> Vec<String> {
        if imagined.detector.is_some() {
            return Vec::new();
        }
        let until = imagined.at.plus(HORIZON);
        let might = self.windows.iter().filter(|window| {
            let begins = window.next(imagined.at).map(|span| span.from);
            let soon = begins.is_some_and(|from| from <= until);
            let named = window.detectors.first();
            let about = named
                .is_some_and(|detector| window.is_about(detector, imagined.server, &imagined.tags));
            about && (soon || window.under_way(imagined.at).is_some())
        });
        might
            .map(|window| {
                format!(
                    "maintenance ({}) is about some detectors only and not counted",
                    window.name
                )
            })
            .collect()
    }
}
