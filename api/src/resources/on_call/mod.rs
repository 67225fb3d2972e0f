//! `/api/on-call`: who is on duty, who will be, and who decides that.
//!
//! What is stored is what people wrote (`schedules`, `overrides`); who is on duty at a time is worked out by
//! `noc_actors::oncall` for every answer. What of it this version cannot read (`unreadable`) is shown as it is stored and
//! kept until somebody chooses another. `calendar` is the same for calendar programs, which sign in with a link.

pub mod calendar;
mod check;
pub mod duty;
mod lines;
pub mod overrides;
pub mod schedules;
mod unreadable;
mod view;

pub use view::*;

use crate::error::ApiError;
use crate::http::Id;
use chrono::{DateTime, Utc};
use noc_actors::oncall::Schedule;
use noc_pipeline::clock::UnixMs;
use noc_storage::relational::entity::{on_call_override, user};
use noc_storage::relational::{StoreError, on_call_overrides, on_call_schedules};
use sea_orm::{ConnectionTrait, EntityTrait};
use std::collections::HashMap;
use std::time::Duration;

/// How far back a stand-in that counts now may have begun; none is longer.
const LONGEST_OVERRIDE: Duration = Duration::from_secs(366 * 24 * 3_600);

/// Everything an answer about schedules is made of, for a span of time.
struct Book {
    stored: Vec<on_call_schedules::Schedule>,
    overrides: Vec<on_call_override::Model>,
    people: HashMap<i64, OnCallPerson>,
}

impl Book {
    /// Reads all schedules, with the overrides that apply at some time of `from..until`.
    async fn read(
        conn: &impl ConnectionTrait,
        from: UnixMs,
        until: UnixMs,
    ) -> Result<Self, StoreError> {
        let people = user::Entity::find()
            .all(conn)
            .await
            .map_err(StoreError::during("read the people of schedules"))?;
        Ok(Self {
            stored: on_call_schedules::all(conn).await?,
            overrides: on_call_overrides::between(conn, from, until).await?,
            people: people.into_iter().map(|row| (row.id, row.into())).collect(),
        })
    }

    /// The stored schedule of this id.
    fn find(&self, id: Id) -> Result<&on_call_schedules::Schedule, ApiError> {
        let mut stored = self.stored.iter();
        stored
            .find(|stored| stored.schedule.id == id.0)
            .ok_or(ApiError::NotFound("on_call_schedule"))
    }

    /// As rotas and stand-ins.
    ///
    /// # Errors
    /// [`ApiError::Conflict`] for one that a newer version wrote, or whose zone is gone.
    fn assemble(&self, stored: &on_call_schedules::Schedule) -> Result<Schedule, ApiError> {
        let read = noc_actors::oncall::assemble(stored, &self.overrides);
        read.map_err(|error| match error {
            StoreError::Damaged { reason, .. } => ApiError::Conflict {
                code: "unreadable",
                message: format!("this version cannot read the schedule: {reason}"),
            },
            other => other.into(),
        })
    }

    /// [`Book::assemble`] for lists, where one that cannot be read has nobody on duty and costs the others nothing.
    fn readable(&self, stored: &on_call_schedules::Schedule) -> Option<Schedule> {
        let read = self.assemble(stored);
        read.inspect_err(|error| {
            let id = stored.schedule.id;
            tracing::error!(on_call_schedule.id = id, %error, "on-call schedule cannot be read: it has nobody on duty");
        })
        .ok()
    }

    /// Somebody who was deleted meanwhile has no name.
    fn person(&self, id: i64) -> OnCallPerson {
        self.people.get(&id).cloned().unwrap_or(OnCallPerson {
            id,
            name: "deleted account".to_owned(),
            is_active: false,
        })
    }

    fn is_reachable(&self, id: i64) -> bool {
        self.people.get(&id).is_some_and(|person| person.is_active)
    }
}

fn time(at: UnixMs) -> DateTime<Utc> {
    at.to_datetime()
}
