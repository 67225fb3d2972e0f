//! From rows to schedules.

use super::roster::{Schedule, StandIn};
use super::rotation::{Every, Rotation};
use chrono::{NaiveTime, Weekday};
use chrono_tz::Tz;
use noc_pipeline::clock::UnixMs;
use noc_storage::relational::entity::on_call_override;
use noc_storage::relational::on_call_schedules::{self, Rotation as StoredRotation};
use noc_storage::relational::{StoreError, on_call_overrides};
use sea_orm::ConnectionTrait;

/// Who is on duty by one schedule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OnDuty {
    /// The schedule's name.
    pub schedule: String,
    /// Account; `None`: nobody.
    pub user: Option<i64>,
    /// This version cannot read the schedule, so it has nobody on duty.
    pub unreadable: bool,
}

/// All schedules, as far as this version can read them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Schedules {
    /// By name.
    pub readable: Vec<Schedule>,
    /// Names of those that a newer version wrote, or whose zone is gone. They have nobody on duty.
    pub unreadable: Vec<String>,
}

impl Schedules {
    /// Who is on duty at `at`: by each schedule that can be read, then nobody by each of the others.
    #[must_use]
    pub fn on_duty(&self, at: UnixMs) -> Vec<OnDuty> {
        let read = self.readable.iter().map(|schedule| OnDuty {
            schedule: schedule.name.clone(),
            user: schedule.user_at(at),
            unreadable: false,
        });
        let unread = self.unreadable.iter().map(|name| OnDuty {
            schedule: name.clone(),
            user: None,
            unreadable: true,
        });
        read.chain(unread).collect()
    }
}

/// All schedules by name, with the overrides that apply at some time of `from..until`. One that cannot be read (a newer
/// version wrote it, or its zone is gone) is named apart, and said in the log: it costs the duty of no other.
///
/// # Errors
/// [`StoreError`].
pub async fn load(
    conn: &impl ConnectionTrait,
    from: UnixMs,
    until: UnixMs,
) -> Result<Schedules, StoreError> {
    let stored = on_call_schedules::all(conn).await?;
    let mut all = Schedules::default();
    if stored.is_empty() {
        return Ok(all);
    }
    let overrides = on_call_overrides::between(conn, from, until).await?;
    for stored in &stored {
        match assemble(stored, &overrides) {
            Ok(schedule) => all.readable.push(schedule),
            Err(error) => {
                let id = stored.schedule.id;
                tracing::error!(on_call_schedule.id = id, %error, "on-call schedule cannot be read: it has nobody on duty");
                all.unreadable.push(stored.schedule.name.clone());
            }
        }
    }
    Ok(all)
}

/// Who is on duty at `at`, by each schedule.
///
/// # Errors
/// [`StoreError`].
pub async fn on_duty(conn: &impl ConnectionTrait, at: UnixMs) -> Result<Vec<OnDuty>, StoreError> {
    let schedules = load(conn, at, UnixMs(at.0.saturating_add(1))).await?;
    Ok(schedules.on_duty(at))
}

/// A schedule of its row, and of those overrides that are its own.
///
/// # Errors
/// [`StoreError::Damaged`] where a column does not hold what was written there.
pub fn assemble(
    stored: &on_call_schedules::Schedule,
    overrides: &[on_call_override::Model],
) -> Result<Schedule, StoreError> {
    let row = &stored.schedule;
    let damaged = |reason: String| StoreError::damaged("on_call_schedule", row.id, reason);
    let zone: Tz = row
        .timezone
        .parse()
        .map_err(|_| damaged(format!("{} is no time zone", row.timezone)))?;
    let handoff = u32::try_from(row.handoff_minute)
        .ok()
        .and_then(|minute| minute.checked_mul(60))
        .and_then(|second| NaiveTime::from_num_seconds_from_midnight_opt(second, 0))
        .ok_or_else(|| damaged(format!("{} is no minute of a day", row.handoff_minute)))?;
    let every = match row.turns()? {
        StoredRotation::Daily => Every::Day,
        StoredRotation::Weekly(day) => {
            Every::Week(weekday(day).ok_or_else(|| damaged(format!("{day} is no weekday")))?)
        }
    };
    let own = overrides.iter().filter(|one| one.schedule_id == row.id);
    Ok(Schedule {
        id: row.id,
        name: row.name.clone(),
        rotation: Rotation {
            zone,
            every,
            handoff,
            starts_on: row.starts_on,
            members: stored.members.clone(),
        },
        stand_ins: own
            .map(|one| StandIn {
                id: one.id,
                user: one.user_id,
                replaces: one.replaces_user_id,
                from: one.starts_at.into(),
                until: one.ends_at.into(),
            })
            .collect(),
    })
}

/// 1 (Monday) to 7.
fn weekday(number: i32) -> Option<Weekday> {
    let from_monday = u8::try_from(number).ok()?.checked_sub(1)?;
    Weekday::try_from(from_monday).ok()
}
