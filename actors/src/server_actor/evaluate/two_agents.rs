//! While two agents report as one server: reports of two hosts, which nothing that compares them can judge.

use super::{DUPLICATE_AGENT, Evaluated, Looked, Said};
use crate::detect::{Info, Observation, Registered, Verdict};
use crate::incident::lifecycle::{Memory, held_by_duplicate_agent};
use crate::state::ServerState;

/// Whether what a detector says now is of two hosts.
pub(super) fn is_held(state: &ServerState, info: &Info, seen: &Observation<'_>) -> bool {
    let of_a_report = matches!(
        seen,
        Observation::Report(_) | Observation::Late(_) | Observation::Repeat(_)
    );
    of_a_report && info.compares_reports && state.tracks.is_open(DUPLICATE_AGENT)
}

/// Two hosts are no host that could be judged: what is learned and what is said of them is dropped.
pub(super) fn held(state: &ServerState, code: u8, verdicts: Vec<Verdict<'_>>) -> Looked {
    let said = verdicts.into_iter().map(|verdict| {
        let known = state.tracks.get(code, &verdict.subject);
        Said {
            effect: None,
            reason: held_by_duplicate_agent(known, &verdict.outcome).reason,
            memory: Memory::Same,
            outcome: verdict.outcome,
            subject: verdict.subject.into(),
        }
    });
    Looked {
        part: None,
        said: said.collect(),
    }
}

/// The second agent is gone: detectors forget what they may have learned of its host before it was noticed.
pub(super) fn alone_again(
    state: &mut ServerState,
    detectors: &[&'static dyn Registered],
    out: &mut Evaluated,
) {
    for detector in detectors {
        let code = detector.info().code;
        let left = state
            .part(code)
            .and_then(|part| detector.alone_again_packed(part));
        if let Some(left) = left {
            state.set_part(code, left);
            out.changed = true;
        }
    }
}
