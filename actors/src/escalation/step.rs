//! Which step is next, and when: a plain function of the policy, the execution and the time.
//!
//! * A delay counts from the moment the step before fired, so a step that an outage made late moves the rest along
//!   with it: nothing fires in a burst.
//! * While the incident is acknowledged, steps that need it unacknowledged are passed over at the time they would
//!   have fired; the others keep their times.
//! * A step that reached nobody is followed at once by the next of its pass.
//! * After the last pass an open, unacknowledged critical calls every admin, again and again.

use super::policy::{PolicySnapshot, REPEAT_DELAY, Step};
use noc_pipeline::clock::UnixMs;
use noc_pipeline::control::Severity;
use std::borrow::Cow;
use std::time::Duration;

/// A place in a policy. `step == steps.len()` is the call to every admin after the last pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// Counted from 0.
    pub step: u32,
    /// Counted from 0; goes on counting through the calls to the admins.
    pub pass: u32,
}

impl Position {
    /// Where every execution starts.
    pub const START: Self = Self { step: 0, pass: 0 };
}

/// What is known of an execution and its incident.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExecutionState {
    /// The next step in order, and when it is due.
    pub next: Option<(Position, UnixMs)>,
    /// Whether somebody has taken the incident on.
    pub acknowledged: bool,
    /// Whether it is over.
    pub resolved: bool,
    /// As it is now.
    pub severity: Severity,
}

/// What to do now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StepDecision {
    /// This step is due.
    Fire(Position),
    /// This step is next, later.
    Wait {
        /// Which.
        position: Position,
        /// When.
        until: UnixMs,
    },
    /// Nothing as long as the incident stays as it is.
    Rest,
    /// Nothing ever.
    Finish,
}

/// What is to be done at `now`.
#[must_use]
pub fn next_step(policy: &PolicySnapshot, state: &ExecutionState, now: UnixMs) -> StepDecision {
    if state.resolved {
        return StepDecision::Finish;
    }
    let Some((position, due)) = state.next else {
        return StepDecision::Finish;
    };
    match reachable(policy, state, position, due) {
        Some((position, due)) if due <= now => StepDecision::Fire(position),
        Some((position, until)) => StepDecision::Wait { position, until },
        None if state.acknowledged => StepDecision::Rest,
        None => StepDecision::Finish,
    }
}

/// What follows a step that fired at `now`; `told` is false when it reached nobody.
#[must_use]
pub fn following(
    policy: &PolicySnapshot,
    state: &ExecutionState,
    fired: Position,
    told: bool,
    now: UnixMs,
) -> Option<(Position, UnixMs)> {
    let (next, delay) = successor(policy, fired);
    let within_pass = next.pass == fired.pass;
    let due = if within_pass && !told {
        now
    } else {
        now.plus(delay)
    };
    reachable(policy, state, next, due)
}

/// The step that stands at a position.
#[must_use]
pub fn step_at(policy: &PolicySnapshot, position: Position) -> Cow<'_, Step> {
    policy
        .steps
        .get(position.step as usize)
        .map_or_else(|| Cow::Owned(PolicySnapshot::last_resort()), Cow::Borrowed)
}

/// The first position from `position` on that the incident's state lets fire, with its time.
fn reachable(
    policy: &PolicySnapshot,
    state: &ExecutionState,
    position: Position,
    due: UnixMs,
) -> Option<(Position, UnixMs)> {
    let steps = u32::try_from(policy.steps.len()).unwrap_or(u32::MAX);
    let (mut position, mut due) = (position, due);
    loop {
        if steps == 0 {
            return None;
        }
        if position.step >= steps {
            let calls = state.severity == Severity::Critical && !state.acknowledged;
            return calls.then_some((position, due));
        }
        let blocked = state.acknowledged && step_at(policy, position).only_if_unacknowledged;
        if !blocked {
            return Some((position, due));
        }
        let (next, delay) = successor(policy, position);
        position = next;
        due = due.plus(delay);
    }
}

/// The position after this one in plain order, and how long after it.
fn successor(policy: &PolicySnapshot, at: Position) -> (Position, Duration) {
    let steps = u32::try_from(policy.steps.len()).unwrap_or(u32::MAX);
    let delay_of = |step: u32| {
        let seconds = policy
            .steps
            .get(step as usize)
            .map_or(0, |s| s.delay_seconds);
        Duration::from_secs(u64::from(seconds))
    };
    let step = at.step.saturating_add(1);
    if step < steps {
        let next = Position {
            step,
            pass: at.pass,
        };
        return (next, delay_of(step));
    }
    let pass = at.pass.saturating_add(1);
    if at.step < steps && at.pass < policy.repeat {
        let pause = Duration::from_secs(u64::from(policy.repeat_delay_seconds));
        return (Position { step: 0, pass }, pause + delay_of(0));
    }
    (Position { step: steps, pass }, REPEAT_DELAY)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::escalation::policy::Targets;
    use proptest::prelude::*;

    fn policy(repeat: u32, steps: &[(u32, bool)]) -> PolicySnapshot {
        PolicySnapshot {
            name: "p".into(),
            policy_id: Some(1),
            rule_id: Some(1),
            repeat,
            repeat_delay_seconds: 900,
            steps: steps
                .iter()
                .map(|&(delay_seconds, only_if_unacknowledged)| Step {
                    delay_seconds,
                    channels: vec![],
                    targets: Targets::default(),
                    only_if_unacknowledged,
                })
                .collect(),
        }
    }

    /// Seconds, steps and passes at which a policy fires until `until_s`.
    fn run(
        policy: &PolicySnapshot,
        severity: Severity,
        acknowledged: bool,
        told: bool,
        until_s: i64,
    ) -> Vec<(i64, u32, u32)> {
        let mut state = ExecutionState {
            next: Some((Position::START, UnixMs(0))),
            acknowledged,
            resolved: false,
            severity,
        };
        let (mut now, mut fired) = (UnixMs(0), Vec::new());
        loop {
            match next_step(policy, &state, now) {
                StepDecision::Fire(at) => {
                    fired.push((now.0 / 1000, at.step, at.pass));
                    state.next = following(policy, &state, at, told, now);
                }
                StepDecision::Wait { until, .. } if until.0 <= until_s * 1000 => now = until,
                _ => return fired,
            }
        }
    }

    #[test]
    fn a_delay_counts_from_the_step_before() {
        let p = policy(0, &[(0, true), (300, true), (900, true)]);
        assert_eq!(
            run(&p, Severity::High, false, true, 9_999),
            [(0, 0, 0), (300, 1, 0), (1200, 2, 0)]
        );
    }

    #[test]
    fn repeat_is_the_number_of_further_passes() {
        for (repeat, fired) in [(0, 2), (1, 4), (3, 8)] {
            let p = policy(repeat, &[(0, true), (300, true)]);
            assert_eq!(
                run(&p, Severity::High, false, true, 99_999).len(),
                fired,
                "repeat {repeat}"
            );
        }
        let p = policy(1, &[(0, true), (300, true)]);
        assert_eq!(
            run(&p, Severity::High, false, true, 99_999),
            [(0, 0, 0), (300, 1, 0), (1200, 0, 1), (1500, 1, 1)]
        );
    }

    #[test]
    fn a_critical_calls_the_admins_every_15_min_after_the_last_pass() {
        let p = policy(0, &[(0, true)]);
        assert_eq!(
            run(&p, Severity::Critical, false, true, 2_700),
            [(0, 0, 0), (900, 1, 1), (1800, 1, 2), (2700, 1, 3)]
        );
        assert_eq!(run(&p, Severity::High, false, true, 9_999), [(0, 0, 0)]);
    }

    #[test]
    fn while_acknowledged_only_the_unconditional_steps_fire_at_their_planned_times() {
        let p = policy(1, &[(0, true), (300, true), (600, false)]);
        assert_eq!(
            run(&p, Severity::Critical, true, true, 99_999),
            [(900, 2, 0), (2700, 2, 1)]
        );
    }

    #[test]
    fn an_acknowledged_execution_without_unconditional_steps_rests() {
        let p = policy(3, &[(0, true), (300, true)]);
        let state = ExecutionState {
            next: Some((Position::START, UnixMs(0))),
            acknowledged: true,
            resolved: false,
            severity: Severity::Critical,
        };
        assert_eq!(next_step(&p, &state, UnixMs(1)), StepDecision::Rest);
    }

    #[test]
    fn a_step_that_reached_nobody_is_followed_at_once_within_its_pass() {
        let p = policy(1, &[(0, true), (300, true), (900, true)]);
        assert_eq!(
            run(&p, Severity::High, false, false, 99_999),
            [
                (0, 0, 0),
                (0, 1, 0),
                (0, 2, 0),
                (900, 0, 1),
                (900, 1, 1),
                (900, 2, 1)
            ]
        );
    }

    #[test]
    fn an_overdue_step_fires_once_and_moves_the_rest_along() {
        let p = policy(0, &[(0, true), (300, true), (300, true)]);
        let mut state = ExecutionState {
            next: Some((Position { step: 1, pass: 0 }, UnixMs(300_000))),
            acknowledged: false,
            resolved: false,
            severity: Severity::High,
        };
        let after_outage = UnixMs(7_200_000);
        let StepDecision::Fire(at) = next_step(&p, &state, after_outage) else {
            panic!("due");
        };
        state.next = following(&p, &state, at, true, after_outage);
        assert_eq!(
            next_step(&p, &state, after_outage),
            StepDecision::Wait {
                position: Position { step: 2, pass: 0 },
                until: UnixMs(7_500_000)
            }
        );
    }

    #[test]
    fn nothing_fires_after_resolve_nor_without_steps() {
        let p = policy(0, &[(0, false)]);
        let state = ExecutionState {
            next: Some((Position::START, UnixMs(0))),
            acknowledged: false,
            resolved: true,
            severity: Severity::Critical,
        };
        assert_eq!(next_step(&p, &state, UnixMs(5)), StepDecision::Finish);
        let open = ExecutionState {
            resolved: false,
            ..state
        };
        let silent = PolicySnapshot::silent(None);
        assert_eq!(next_step(&silent, &open, UnixMs(5)), StepDecision::Finish);
    }

    proptest! {
        #[test]
        fn no_position_fires_twice_and_time_never_runs_back(
            repeat in 0_u32..4,
            steps in prop::collection::vec((0_u32..2_000, any::<bool>()), 1..5),
            acknowledged: bool,
            told: bool,
        ) {
            let p = policy(repeat, &steps);
            let fired = run(&p, Severity::Critical, acknowledged, told, 50_000);
            let mut seen = std::collections::HashSet::new();
            for pair in fired.windows(2) {
                prop_assert!(pair[0].0 <= pair[1].0);
            }
            for (_, step, pass) in &fired {
                prop_assert!(seen.insert((*step, *pass)));
            }
            let within_passes = fired.iter().filter(|(_, s, _)| (*s as usize) < steps.len()).count();
            prop_assert!(within_passes <= steps.len() * (repeat as usize + 1));
        }
    }
}
