//! Bodies about maintenance windows.

use crate::http::{Nullable, present};
use crate::resources::alert_rules::RuleScope;
use crate::resources::incidents::Person;
use chrono::{DateTime, NaiveTime, Utc};
use noc_actors::maintenance::window::{self, Recurrence, Window};
use noc_pipeline::clock::UnixMs;
use noc_pipeline::control::Scope;
use noc_storage::relational::StoreError;
use noc_storage::relational::entity::maintenance_window::Model;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A day of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Weekday {
    /// Monday.
    Mon,
    /// Tuesday.
    Tue,
    /// Wednesday.
    Wed,
    /// Thursday.
    Thu,
    /// Friday.
    Fri,
    /// Saturday.
    Sat,
    /// Sunday.
    Sun,
}

impl From<Weekday> for chrono::Weekday {
    fn from(day: Weekday) -> Self {
        match day {
            Weekday::Mon => Self::Mon,
            Weekday::Tue => Self::Tue,
            Weekday::Wed => Self::Wed,
            Weekday::Thu => Self::Thu,
            Weekday::Fri => Self::Fri,
            Weekday::Sat => Self::Sat,
            Weekday::Sun => Self::Sun,
        }
    }
}

impl From<chrono::Weekday> for Weekday {
    fn from(day: chrono::Weekday) -> Self {
        match day {
            chrono::Weekday::Mon => Self::Mon,
            chrono::Weekday::Tue => Self::Tue,
            chrono::Weekday::Wed => Self::Wed,
            chrono::Weekday::Thu => Self::Thu,
            chrono::Weekday::Fri => Self::Fri,
            chrono::Weekday::Sat => Self::Sat,
            chrono::Weekday::Sun => Self::Sun,
        }
    }
}

/// When a window returns, in wall-clock time of its zone. An end that is not after the start lies on the next day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "every", rename_all = "snake_case", deny_unknown_fields)]
pub enum MaintenanceRecurrence {
    /// On these days of the week.
    Week {
        /// The days on which it starts, at least one.
        days: Vec<Weekday>,
        /// `HH:MM`.
        start: String,
        /// `HH:MM`, not the same as the start.
        end: String,
    },
    /// Once a month.
    Month {
        /// 1 to 31; the last day where the month is shorter.
        day: u32,
        /// `HH:MM`.
        start: String,
        /// `HH:MM`, not the same as the start.
        end: String,
    },
}

impl MaintenanceRecurrence {
    /// What is meant; `Err` names the field that is wrong, and why.
    pub(super) fn read(&self) -> Result<Recurrence, (&'static str, &'static str)> {
        let time = |field, text: &str| {
            NaiveTime::parse_from_str(text, "%H:%M").map_err(|_| (field, "must be a time as 22:30"))
        };
        let (Self::Week { start, end, .. } | Self::Month { start, end, .. }) = self;
        let start = time("recurrence.start", start)?;
        let end = time("recurrence.end", end)?;
        if start == end {
            return Err(("recurrence.end", "must not be the start"));
        }
        match self {
            Self::Week { days, .. } if days.is_empty() => {
                Err(("recurrence.days", "must name a day"))
            }
            Self::Week { days, .. } => Ok(Recurrence::Week {
                days: days.iter().copied().map(Into::into).collect(),
                start,
                end,
            }),
            Self::Month { day, .. } if !(1..=31).contains(day) => {
                Err(("recurrence.day", "must be 1 to 31"))
            }
            Self::Month { day, .. } => Ok(Recurrence::Month {
                day: *day,
                start,
                end,
            }),
        }
    }
}

impl From<Recurrence> for MaintenanceRecurrence {
    fn from(recurrence: Recurrence) -> Self {
        let text = |time: NaiveTime| time.format("%H:%M").to_string();
        match recurrence {
            Recurrence::Week { days, start, end } => Self::Week {
                days: days.into_iter().map(Into::into).collect(),
                start: text(start),
                end: text(end),
            },
            Recurrence::Month { day, start, end } => Self::Month {
                day,
                start: text(start),
                end: text(end),
            },
        }
    }
}

/// From when until when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct MaintenanceSpan {
    /// Its first instant.
    pub from: DateTime<Utc>,
    /// The first instant after it; null: not before somebody ends it.
    pub until: Option<DateTime<Utc>>,
}

impl From<window::Span> for MaintenanceSpan {
    fn from(span: window::Span) -> Self {
        Self {
            from: span.from.to_datetime(),
            until: span.until.map(UnixMs::to_datetime),
        }
    }
}

/// A time in which nobody is told of what people are working on.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct MaintenanceWindow {
    /// Id.
    pub id: i64,
    /// Shown where something is held back for it.
    pub name: String,
    /// What is done.
    pub reason: String,
    /// Which servers.
    pub scope: RuleScope,
    /// Keys of detectors; none: all.
    pub detectors: Vec<String>,
    /// IANA name of its zone.
    pub timezone: String,
    /// From when on.
    pub starts_at: DateTime<Utc>,
    /// Until when; null where it returns without an end.
    pub ends_at: Option<DateTime<Utc>>,
    /// When it returns; null: it is one span.
    pub recurrence: Option<MaintenanceRecurrence>,
    /// The span that is under way; null: none is.
    pub under_way: Option<MaintenanceSpan>,
    /// The next span; null: there is none.
    pub next: Option<MaintenanceSpan>,
    /// Who made it.
    pub created_by: Option<Person>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it was last changed.
    pub updated_at: DateTime<Utc>,
}

impl MaintenanceWindow {
    /// Of a stored row.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] if a column does not hold what was written there.
    pub fn new(row: Model, created_by: Option<Person>, now: UnixMs) -> Result<Self, StoreError> {
        let window = Window::read(&row)?;
        Ok(Self {
            id: row.id,
            under_way: window.under_way(now).map(Into::into),
            next: window.next(now).map(Into::into),
            scope: window.scope.into(),
            detectors: window.detectors,
            recurrence: window.recurrence.map(Into::into),
            name: row.name,
            reason: row.reason,
            timezone: row.timezone,
            starts_at: row.starts_at,
            ends_at: row.ends_at,
            created_by,
            created_at: row.created_at,
            updated_at: row.updated_at,
        })
    }
}

impl MaintenanceWindow {
    /// [`MaintenanceWindow::new`] for a list: a row that cannot be read keeps its name and times, says in its reason what
    /// is wrong with it, and is never under way, as it holds nothing back.
    pub fn listed(row: Model, created_by: Option<Person>, now: UnixMs) -> Self {
        let error = match Self::new(row.clone(), created_by.clone(), now) {
            Ok(window) => return window,
            Err(error) => error,
        };
        tracing::error!(maintenance_window.id = row.id, %error, "maintenance window cannot be read, it is listed by its name");
        let scope = Scope::deserialize(&row.scope).unwrap_or(Scope::ServerIds(Vec::new()));
        let known_zone = row.timezone.parse::<chrono_tz::Tz>().is_ok();
        let wrong = match error {
            StoreError::Damaged { reason, .. } => reason,
            other => other.to_string(),
        };
        Self {
            id: row.id,
            under_way: None,
            next: None,
            scope: scope.into(),
            detectors: row.detector_list(),
            recurrence: None,
            name: row.name,
            reason: format!("This version cannot read it, it holds nothing back: {wrong}"),
            timezone: if known_zone {
                row.timezone
            } else {
                "UTC".to_owned()
            },
            starts_at: row.starts_at,
            ends_at: row.ends_at,
            created_by,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

/// A new window.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewMaintenanceWindow {
    /// 1 to 120 characters.
    pub name: String,
    /// At most 2000 characters; empty when absent.
    #[serde(default)]
    pub reason: String,
    /// Which servers.
    pub scope: RuleScope,
    /// Keys of detectors; all when absent or empty.
    #[serde(default)]
    pub detectors: Vec<String>,
    /// IANA name of its zone; `NOC_TIMEZONE` when absent.
    #[serde(default)]
    pub timezone: Option<String>,
    /// From when on.
    pub starts_at: DateTime<Utc>,
    /// Until when: 31 days after the start at most for one that does not return, which must have an end.
    #[serde(default)]
    pub ends_at: Option<DateTime<Utc>>,
    /// When it returns.
    #[serde(default)]
    pub recurrence: Option<MaintenanceRecurrence>,
}

/// Changes of a window; what is absent stays.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct MaintenanceWindowPatch {
    /// 1 to 120 characters.
    pub name: Option<String>,
    /// At most 2000 characters.
    pub reason: Option<String>,
    /// Which servers.
    pub scope: Option<RuleScope>,
    /// Keys of detectors; empty: all.
    pub detectors: Option<Vec<String>>,
    /// IANA name of its zone.
    pub timezone: Option<String>,
    /// From when on.
    pub starts_at: Option<DateTime<Utc>>,
    /// Until when; null: without an end.
    #[serde(deserialize_with = "present")]
    #[schema(value_type = Option<DateTime<Utc>>)]
    pub ends_at: Nullable<DateTime<Utc>>,
    /// When it returns; null: it does not.
    #[serde(deserialize_with = "present")]
    #[schema(value_type = Option<MaintenanceRecurrence>)]
    pub recurrence: Nullable<MaintenanceRecurrence>,
}
