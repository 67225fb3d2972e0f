//! The next step, because somebody asks for it now.

use super::record::Record;
use crate::incident::actions::ActionError;
use noc_pipeline::clock::UnixMs;
use noc_storage::relational::entity::incident;
use noc_storage::relational::executions;
use sea_orm::ConnectionTrait;
use std::fmt;

/// Why no step fires now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotEscalated {
    /// A step fired since, or is firing: look again first.
    Already,
    /// No step follows: the policy is through, or has none.
    NothingFollows,
    /// It stands still: its server is down, it is snoozed, or there is maintenance.
    Held,
}

impl fmt::Display for NotEscalated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Already => "a step fired since you looked",
            Self::NothingFollows => "no step follows",
            Self::Held => "it is held back",
        })
    }
}

/// Makes the next step due now.
///
/// # Errors
/// [`ActionError::NotEscalated`], [`ActionError::Store`]; the caller's transaction must then not be committed.
pub(crate) async fn escalate(
    tx: &impl ConnectionTrait,
    incident: &incident::Model,
    as_of: UnixMs,
    now: UnixMs,
) -> Result<(), ActionError> {
    let refused = |why| {
        Err(ActionError::NotEscalated {
            id: incident.id,
            why,
        })
    };
    let Some(row) = executions::lock_of_incident(tx, incident.id).await? else {
        return refused(NotEscalated::NothingFollows);
    };
    let record = Record::read(&row, incident)?;
    if record.held_at.is_some() {
        return refused(NotEscalated::Held);
    }
    if record.last_step_at.is_some_and(|last| last > as_of) {
        return refused(NotEscalated::Already);
    }
    match record.upcoming(now) {
        None => refused(NotEscalated::NothingFollows),
        Some((_, due)) if due <= now => refused(NotEscalated::Already),
        Some((position, _)) => {
            let place = record.place(Some((position, now)))?;
            executions::move_on(tx, &row, place, now).await?;
            Ok(())
        }
    }
}
