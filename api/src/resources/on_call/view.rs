//! Bodies about who is on call.

use chrono::{DateTime, NaiveDate, Utc};
use noc_storage::relational::entity::{on_call_calendar_token, user};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Somebody who may be on duty.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct OnCallPerson {
    /// Account.
    pub id: i64,
    /// Name.
    pub name: String,
    /// False: the account is switched off, and is told nothing.
    pub is_active: bool,
}

impl From<user::Model> for OnCallPerson {
    fn from(row: user::Model) -> Self {
        Self {
            id: row.id,
            name: row.name,
            is_active: row.is_active,
        }
    }
}

/// How long a turn is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RotationKind {
    /// From one hand-off weekday to the next.
    Weekly,
    /// A day.
    Daily,
}

/// The day on which a weekly rotation hands over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum HandoffWeekday {
    /// Monday.
    Monday,
    /// Tuesday.
    Tuesday,
    /// Wednesday.
    Wednesday,
    /// Thursday.
    Thursday,
    /// Friday.
    Friday,
    /// Saturday.
    Saturday,
    /// Sunday.
    Sunday,
}

impl HandoffWeekday {
    const ALL: [Self; 7] = [
        Self::Monday,
        Self::Tuesday,
        Self::Wednesday,
        Self::Thursday,
        Self::Friday,
        Self::Saturday,
        Self::Sunday,
    ];

    /// 1 (Monday) to 7.
    #[must_use]
    pub fn number(self) -> i32 {
        let numbered = (1..).zip(Self::ALL);
        numbered
            .into_iter()
            .find(|(_, day)| *day == self)
            .map_or(1, |(number, _)| number)
    }

    /// Reads [`HandoffWeekday::number`].
    #[must_use]
    pub fn from_number(number: i32) -> Option<Self> {
        (1..)
            .zip(Self::ALL)
            .find(|(of, _)| *of == number)
            .map(|(_, day)| day)
    }
}

/// A field that decides who is on duty when.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnCallField {
    /// Also the weekday of a weekly one.
    Rotation,
    /// Of the day.
    HandoffTime,
    /// Whose wall clock counts.
    Timezone,
}

/// Whose turn it is, by the wall clock of a zone.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct OnCallSchedule {
    /// Id.
    pub id: i64,
    /// Unique name.
    pub name: String,
    /// IANA name of the zone whose wall clock counts; as it is stored, also where this version does not know it.
    pub timezone: String,
    /// How long a turn is; null where this version cannot read it.
    pub rotation: Option<RotationKind>,
    /// Null for a daily rotation, and for one that this version cannot read.
    pub handoff_weekday: Option<HandoffWeekday>,
    /// `HH:MM` by the wall clock. Where clocks skip it, the first moment after; where they show it twice, the first time.
    pub handoff_time: String,
    /// Local day on which the first member's first turn begins; it lasts until the first hand-off after it.
    pub starts_on: NaiveDate,
    /// Who has turns, in their order.
    pub members: Vec<OnCallPerson>,
    /// Who stands in, now or later, the earliest first.
    pub overrides: Vec<OnCallOverride>,
    /// When nobody can be told within the next 8 weeks.
    pub gaps: Vec<OnCallGap>,
    /// A sentence: what of it this version cannot read, so that nobody is on duty by it; null: nothing.
    pub unreadable: Option<String>,
    /// The fields that it is about, which stay as they are stored until others are given.
    pub unreadable_fields: Vec<OnCallField>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it, or who stands in, was last changed.
    pub updated_at: DateTime<Utc>,
}

/// A time at which a schedule puts nobody on duty who can be told: the role `oncall` is nobody then.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct OnCallGap {
    /// From then on.
    pub starts_at: DateTime<Utc>,
    /// Until just before; at the end of the 8 weeks it may go on.
    pub ends_at: DateTime<Utc>,
    /// Whose duty it would be, but their account is switched off; null: nobody's.
    pub user: Option<OnCallPerson>,
}

/// A new schedule.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewOnCallSchedule {
    /// Unique, 1 to 120 characters.
    pub name: String,
    /// IANA name, such as `Asia/Dhaka`.
    pub timezone: String,
    /// How long a turn is.
    pub rotation: RotationKind,
    /// Of a weekly rotation, and only of one.
    #[serde(default)]
    pub handoff_weekday: Option<HandoffWeekday>,
    /// `HH:MM` by the wall clock.
    pub handoff_time: String,
    /// Local day on which the first turn begins, 2000 to 2099; today in that zone when absent.
    #[serde(default)]
    pub starts_on: Option<NaiveDate>,
    /// 1 to 50 accounts in the order of their turns, each once.
    pub members: Vec<i64>,
}

/// Changes of a schedule; what is absent stays. `members` replaces all of them. Turns are counted anew from `starts_on`.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct OnCallSchedulePatch {
    /// Unique, 1 to 120 characters.
    pub name: Option<String>,
    /// IANA name, such as `Asia/Dhaka`.
    pub timezone: Option<String>,
    /// How long a turn is.
    pub rotation: Option<RotationKind>,
    /// Of a weekly rotation, and only of one.
    pub handoff_weekday: Option<HandoffWeekday>,
    /// `HH:MM` by the wall clock.
    pub handoff_time: Option<String>,
    /// Local day on which the first turn begins, 2000 to 2099.
    pub starts_on: Option<NaiveDate>,
    /// 1 to 50 accounts in the order of their turns, each once.
    pub members: Option<Vec<i64>>,
}

/// Somebody stands in for a while. It is applied once, to whose turn it is; of two that apply, the one made last counts.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct OnCallOverride {
    /// Id.
    pub id: i64,
    /// Who is on duty.
    pub user: OnCallPerson,
    /// Whose turns it takes; null: whoever's, and times that are nobody's.
    pub replaces: Option<OnCallPerson>,
    /// From then on.
    pub starts_at: DateTime<Utc>,
    /// Until just before.
    pub ends_at: DateTime<Utc>,
    /// Account that made it.
    pub created_by: Option<i64>,
    /// When.
    pub created_at: DateTime<Utc>,
}

/// A new override. Whoever may not change schedules may only put themselves on duty.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewOnCallOverride {
    /// Who is on duty.
    pub user_id: i64,
    /// Whose turns it takes; whoever's when absent, and times that are nobody's.
    #[serde(default)]
    pub replaces_user_id: Option<i64>,
    /// From then on; within a year from now.
    pub starts_at: DateTime<Utc>,
    /// Until just before; later than now, and a year after `starts_at` at most.
    pub ends_at: DateTime<Utc>,
}

/// A piece of the final schedule: one turn or what is left of it, one stand-in, or a time that is nobody's.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct OnCallShift {
    /// From then on.
    pub starts_at: DateTime<Utc>,
    /// Until just before.
    pub ends_at: DateTime<Utc>,
    /// Who is on duty; null: nobody.
    pub user: Option<OnCallPerson>,
    /// The override that put them there.
    pub override_id: Option<i64>,
}

/// Who is on call by one schedule.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct OnCallNow {
    /// Schedule.
    pub schedule_id: i64,
    /// Its name.
    pub schedule_name: String,
    /// Its zone, as it is stored.
    pub timezone: String,
    /// A sentence: what of it this version cannot read, so that nobody is on duty; null: nothing.
    pub unreadable: Option<String>,
    /// Who is on duty; null: nobody.
    pub user: Option<OnCallPerson>,
    /// The override that put them there.
    pub override_id: Option<i64>,
    /// Since when; 60 days ago at the earliest.
    pub since: DateTime<Utc>,
    /// The next hand-off; null where there is none within 8 weeks.
    pub until: Option<DateTime<Utc>>,
    /// Who is on duty after it; null: nobody.
    pub next_user: Option<OnCallPerson>,
}

/// A link that a calendar program reads a schedule by, without its token: that is shown once, when it is made.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CalendarToken {
    /// Id.
    pub id: i64,
    /// Only one's own shifts.
    pub only_mine: bool,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When a calendar last asked for it.
    pub last_used_at: Option<DateTime<Utc>>,
}

impl From<on_call_calendar_token::Model> for CalendarToken {
    fn from(row: on_call_calendar_token::Model) -> Self {
        Self {
            id: row.id,
            only_mine: row.only_mine,
            created_at: row.created_at,
            last_used_at: row.last_used_at,
        }
    }
}

/// What a link shows.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct NewCalendarToken {
    /// Only one's own shifts; everybody's when absent.
    pub only_mine: bool,
}

/// A link just made.
#[derive(Debug, Serialize, ToSchema)]
pub struct MintedCalendarToken {
    /// Its row.
    #[serde(flatten)]
    pub row: CalendarToken,
    /// What to subscribe to; shown this once.
    pub url: String,
}
