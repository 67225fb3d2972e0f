//! Between rows and the pure half.

use super::policy::PolicySnapshot;
use super::step::{ExecutionState, Position, StepDecision, next_step};
use noc_pipeline::clock::UnixMs;
use noc_pipeline::control::Severity;
use noc_storage::relational::StoreError;
use noc_storage::relational::entity::{execution, incident};
use noc_storage::relational::executions::{Place, State};
use serde::Deserialize;
use uuid::Uuid;

/// An execution as the pure half sees it.
pub(super) struct Record {
    pub policy: PolicySnapshot,
    pub state: ExecutionState,
    pub generation: Uuid,
    pub last_step_at: Option<UnixMs>,
    /// Since when its time stands still.
    pub held_at: Option<UnixMs>,
}

impl Record {
    /// Reads a row together with its incident.
    pub fn read(row: &execution::Model, incident: &incident::Model) -> Result<Self, StoreError> {
        let damaged = |reason: String| StoreError::Damaged {
            what: "executions",
            id: row.id.to_string(),
            reason,
        };
        let policy =
            PolicySnapshot::deserialize(&row.policy).map_err(|error| damaged(error.to_string()))?;
        let generation =
            Uuid::parse_str(&row.generation).map_err(|error| damaged(error.to_string()))?;
        let position = Position {
            step: u32::try_from(row.next_step).unwrap_or(0),
            pass: u32::try_from(row.pass).unwrap_or(0),
        };
        Ok(Self {
            policy,
            generation,
            state: ExecutionState {
                next: row.due_at.map(|due| (position, due.into())),
                acknowledged: is_acknowledged(incident),
                resolved: is_resolved(incident),
                severity: severity_of(incident),
            },
            last_step_at: row.last_step_at.map(UnixMs::from),
            held_at: row.held_at.map(UnixMs::from),
        })
    }

    /// The row for `next`, as the incident's state has it.
    pub fn place(&self, next: Option<(Position, UnixMs)>) -> Result<Place, StoreError> {
        let state = match next {
            _ if self.state.resolved => State::Finished,
            _ if self.state.acknowledged => State::Paused,
            Some(_) => State::Armed,
            None => State::Finished,
        };
        let (position, due_at) = match next {
            Some((position, due)) => (position, Some(due)),
            None => (self.state.next.map_or(Position::START, |(at, _)| at), None),
        };
        Ok(Place {
            generation: self.generation,
            policy: encode(&self.policy)?,
            next_step: i32::try_from(position.step).unwrap_or(i32::MAX),
            pass: i32::try_from(position.pass).unwrap_or(i32::MAX),
            due_at,
            state,
            last_step_at: self.last_step_at,
            held_at: self.held_at.filter(|_| !self.state.resolved),
        })
    }

    /// The next step that the state lets fire, in time order, whether due or not.
    pub fn upcoming(&self, now: UnixMs) -> Option<(Position, UnixMs)> {
        match next_step(&self.policy, &self.state, now) {
            StepDecision::Fire(position) => Some((position, now)),
            StepDecision::Wait { position, until } => Some((position, until)),
            StepDecision::Rest | StepDecision::Finish => None,
        }
    }
}

pub(super) fn encode(policy: &PolicySnapshot) -> Result<serde_json::Value, StoreError> {
    serde_json::to_value(policy).map_err(|error| StoreError::Damaged {
        what: "policy",
        id: policy.name.clone(),
        reason: error.to_string(),
    })
}

/// Whether somebody has taken it on.
pub(crate) fn is_acknowledged(incident: &incident::Model) -> bool {
    incident.status == "acknowledged"
}

/// Whether it is over.
pub(crate) fn is_resolved(incident: &incident::Model) -> bool {
    incident.status == "resolved"
}

/// A severity we do not know is taken seriously.
pub(crate) fn severity_of(incident: &incident::Model) -> Severity {
    Severity::from_name(&incident.severity).unwrap_or(Severity::Critical)
}
