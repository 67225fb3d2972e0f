//! What a send comes to for its row.

use super::record::{Attempt, Conclusion, News};
use crate::notify::channel::{Outcome, moved_on};
use crate::notify::retry::{LEAST, Retry, after_failure};
use noc_pipeline::clock::UnixMs;
use noc_storage::relational::deliveries::{Ending, Status};
use noc_storage::relational::entity::notification_delivery::Model;
use std::time::Duration;

/// How the claim of a row ends that was sent at `at`, and answered `took` later.
pub(super) fn conclude(
    row: &Model,
    outcome: Outcome,
    at: UnixMs,
    ended: UnixMs,
    took: Duration,
) -> Conclusion {
    let before = u32::try_from(row.attempts).unwrap_or(0);
    let counted = |n: u32| i32::try_from(n).unwrap_or(i32::MAX);
    let attempt = |outcome, detail: &str| {
        Some(Attempt {
            at,
            took,
            outcome,
            detail: detail.to_owned(),
        })
    };
    let tried_on = |attempts: u32, outcome, reason: String, again: Option<UnixMs>| Conclusion {
        attempt: attempt(outcome, &reason),
        ending: Ending {
            status: again.map_or(Status::Failed, |_| Status::Retrying),
            attempts: counted(attempts),
            next_attempt_at: again,
            provider_id: None,
            reason: Some(reason),
        },
        news: News::Nothing,
    };
    let (reason, after) = match outcome {
        Outcome::Accepted { provider_id } => {
            return Conclusion {
                attempt: attempt("sent", provider_id.as_deref().unwrap_or_default()),
                ending: Ending {
                    status: Status::Sent,
                    attempts: counted(before.saturating_add(1)),
                    next_attempt_at: None,
                    provider_id,
                    reason: None,
                },
                news: News::Nothing,
            };
        }
        Outcome::Permanent { reason } | Outcome::Refused { reason } => {
            return tried_on(before.saturating_add(1), "permanent", reason, None);
        }
        Outcome::Retry { reason, after } => (reason, after),
        Outcome::Crowded { reason, after } => {
            // Others may leave before it, but not because it waits for longer than was asked.
            let Retry::Again { attempts, .. } = after_failure(before, Some(after)) else {
                return tried_on(before, "retry", reason, None);
            };
            let again = ended.plus(after.max(LEAST));
            return tried_on(attempts, "retry", reason, Some(again));
        }
        Outcome::Unavailable { reason } => (reason, None),
        Outcome::Migrated { to, .. } => (moved_on(&to), None),
    };
    match after_failure(before, after) {
        Retry::Again { pause, attempts } => {
            tried_on(attempts, "retry", reason, Some(ended.plus(pause)))
        }
        Retry::GiveUp { attempts } => tried_on(attempts, "retry", reason, None),
    }
}
