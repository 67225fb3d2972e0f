//! Which verdicts are recorded: "why did it not page?".

use super::Evaluated;
use crate::detect::Outcome;
use crate::incident::lifecycle::Reason;
use crate::state::{ClockMs, ServerState};

/// What was decided about a subject, and why.
#[derive(Debug, Clone, PartialEq)]
pub struct Decided {
    /// Number of the detector.
    pub detector: u8,
    /// Its subject.
    pub subject: Box<str>,
    /// What came of the verdict.
    pub reason: Reason,
    /// The verdict.
    pub outcome: Outcome,
}

/// What moved an incident is always recorded; why nothing happened, when that changes.
pub(super) fn decide(
    state: &mut ServerState,
    decided: Decided,
    clock: ClockMs,
    out: &mut Evaluated,
) {
    let (detector, subject) = (decided.detector, &decided.subject);
    if decided.reason.moved() {
        state.told.forget(detector, subject);
    } else {
        let why = match &decided.outcome {
            Outcome::Unknown { reason } => reason,
            _ => "",
        };
        let said = [decided.reason.name(), why].concat();
        if !state.told.is_news(detector, subject, &said, clock) {
            return;
        }
        out.changed = true;
    }
    out.decisions.push(decided);
}
