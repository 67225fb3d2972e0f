//! How many recipients a sender may mail in an hour.

use super::memory::Mail;
use super::{Numbers, float};
use crate::baseline::hour_of_day::Expected;
use crate::baseline::id::SubjectId;
use crate::detect::evidence::Learned;
use noc_pipeline::clock::UnixMs;

/// An allowance is what was seen and a fifth more.
const ALLOWED_ABOVE: f64 = 1.2;
/// So many times an allowance is a case whatever else is known.
const FAR_ABOVE: f64 = 2.0;

/// What a sender may do in an hour.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Limit {
    /// More than this is too much.
    pub recipients: f64,
    /// So many, and more, are too much whatever else is known.
    pub always: Option<f64>,
    /// What is expected, and where that comes from.
    pub expected: Expected,
    /// What was learned allows less: people, or the same time of weeks before, allow more.
    pub without_leave: f64,
    /// What people allowed.
    pub allowed: Option<f64>,
}

impl Limit {
    pub fn is_broken_by(&self, recipients: u64) -> bool {
        let recipients = float(recipients);
        recipients > self.recipients || self.always.is_some_and(|always| recipients >= always)
    }

    /// Whether it rests on hours like this one, so that more than it is a trouble and not just news.
    pub fn is_certain(&self) -> bool {
        let learned = self.expected.learned;
        self.allowed.is_some() || matches!(learned, Learned::HourOfDay | Learned::Pattern)
    }

    /// Whether so many are fine only because people allowed them or because they recur.
    pub fn is_leave_for(&self, recipients: u64) -> bool {
        float(recipients) > self.without_leave && !self.is_broken_by(recipients)
    }
}

pub(super) fn of(
    mail: &Mail,
    id: SubjectId,
    hour: u32,
    now: UnixMs,
    prior: Option<f64>,
    numbers: &Numbers,
) -> Limit {
    let learned = usual(mail, id, hour, prior);
    let mut expected = learned;
    let least = |value: f64| numbers.floor.max(numbers.factor * value);
    // Of nights alone nobody can tell what the day will be like: the first days of a server are judged as the unknown.
    let is_known = learned.learned != Learned::Nothing && mail.hours.knows(hour);
    let without_leave = if is_known {
        least(learned.value)
    } else {
        numbers.unknown_floor.max(least(learned.value))
    };
    let mut recipients = without_leave;
    let allowed = mail.allowance(id, now).map(|allowance| allowance.limit);
    if let Some(allowed) = allowed {
        let value = learned.value.max(allowed / ALLOWED_ABOVE);
        recipients = allowed.max(least(value));
    }
    if let Some(again) = mail.peaks.recurring(id, hour) {
        let pattern = numbers.pattern_factor * f64::from(again.count);
        if pattern > recipients {
            recipients = pattern;
            expected = Expected {
                value: f64::from(again.count),
                learned: Learned::Pattern,
                samples: again.times,
            };
        }
    }
    Limit {
        recipients,
        always: allowed.map(|allowed| FAR_ABOVE * allowed),
        expected,
        without_leave,
        allowed,
    }
}

/// What is expected at an hour: what its own samples say, or those of the hour before or after it where they say more.
/// People start a little early, and hours of their day move when clocks change.
fn usual(mail: &Mail, id: SubjectId, hour: u32, prior: Option<f64>) -> Expected {
    let mut expected = mail.hours.expected(id, hour, prior);
    if expected.learned == Learned::HourOfDay {
        for beside in [hour.saturating_sub(1), hour.saturating_add(1)] {
            let other = mail.hours.expected(id, beside, None);
            if other.learned == Learned::HourOfDay && other.value > expected.value {
                expected = other;
            }
        }
    }
    expected
}
