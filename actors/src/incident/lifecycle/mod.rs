//! The life of an incident, as a pure function of what is remembered and one verdict.
//!
//! | remembered | breach | clear |
//! |---|---|---|
//! | nothing | open | - |
//! | open | touch at most once a minute; rise when worse | resolve; while flapping only after 60 quiet min |
//! | resolved by itself | within 10 min reopen, later open | - |
//! | resolved by hand | nothing for 30 min, then open | forget |
//!
//! While `server_down` is open nothing else of that server opens. While a group of servers is silent as a whole no
//! `server_down` of its members opens, and one that is open gets no worse. While two agents report as the server nothing
//! that compares their reports moves ([`held_by_duplicate_agent`]). More than [`CYCLES`] resolves within 30 min are
//! flapping: the incident reopens once more, says so in what was observed, and stays open.

use crate::detect::{Finding, Outcome};
use crate::state::ClockMs;
use noc_pipeline::control::Severity;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Breaching again within this reopens what resolved by itself.
pub const REOPEN: Duration = Duration::from_secs(600);
/// Quiet after an operator resolved what is still in breach.
pub const QUIET_BY_HAND: Duration = Duration::from_secs(1800);
/// An open incident's row moves at most this often.
pub const TOUCH: Duration = Duration::from_secs(60);
/// More automatic resolves than this within [`CYCLE_WINDOW`] are flapping.
pub const CYCLES: usize = 3;
/// See [`CYCLES`].
pub const CYCLE_WINDOW: Duration = Duration::from_secs(1800);
/// Flapping ends after so long without a breach.
pub const FLAPPING_QUIET: Duration = Duration::from_secs(3600);
/// What is said of an incident that flaps, so that its page and its message tell why it stays open while all is well.
const FLAPS: &str = "; it comes and goes, and stays open until it was quiet for 60 min";

/// What is remembered of a server's incidents.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Tracks(Vec<Track>);

/// One incident, open or lately over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Track {
    /// Number of its detector.
    pub detector: u8,
    /// Its subject.
    pub subject: Box<str>,
    /// Where it is in its life.
    pub phase: Phase,
    /// The worst since it opened, or opened again, by its detector's own measure: what rules make of it stands in its row.
    pub severity: Severity,
    /// Breaches so far.
    pub occurrences: u32,
    /// The last breach.
    pub breached_at: ClockMs,
    /// When its row was last moved.
    pub touched_at: ClockMs,
    /// The latest automatic resolves, oldest first.
    pub resolves: Vec<ClockMs>,
    /// It stays open although it clears.
    pub flapping: bool,
}

/// Where an incident is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Phase {
    /// Open, acknowledged or not: people's doings are not our concern.
    Open,
    /// Cleared.
    Resolved(ClockMs),
    /// Resolved by hand; quiet until then.
    Quiet(ClockMs),
}

/// What is to be stored. Absolute values throughout: storing twice is storing once.
#[derive(Debug, Clone, PartialEq)]
pub struct Effect {
    /// Number of the detector.
    pub detector: u8,
    /// The subject.
    pub subject: Box<str>,
    /// What happens to the incident.
    pub change: Change,
}

/// What happens to an incident.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// A new row, an execution.
    Open {
        /// What is wrong.
        finding: Box<Finding>,
        /// It flaps: it will stay open.
        flapping: bool,
    },
    /// The row of the incident that resolved lately opens again; who acknowledged it still has.
    Reopen {
        /// What is wrong.
        finding: Box<Finding>,
        /// Breaches so far.
        occurrences: u32,
        /// It flaps: it will stay open.
        flapping: bool,
    },
    /// `last_seen_at`, `occurrences` and what was observed.
    Touch {
        /// What is wrong.
        finding: Box<Finding>,
        /// Breaches so far.
        occurrences: u32,
    },
    /// It got worse since it opened, or opened again: the row, the execution.
    Rise {
        /// What is wrong.
        finding: Box<Finding>,
        /// Breaches so far.
        occurrences: u32,
    },
    /// It is over.
    Resolve {
        /// Why, for the timeline.
        reason: &'static str,
    },
}

/// Why a breach did nothing, or what it did: "why did it not page?".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// A new incident.
    Opened,
    /// The incident resolved less than 10 min ago opened again.
    Reopened,
    /// It got worse.
    Rose,
    /// It cleared.
    Cleared,
    /// The server is down: its other troubles wait for a fresh result.
    HeldByServerDown,
    /// An operator resolved it less than 30 min ago.
    QuietAfterManualResolve,
    /// It clears and breaches in turns: it stays open.
    HeldOpenFlapping,
    /// So many of its group are silent that it is one trouble, which has an incident of its own.
    HeldByFleetSilent,
    /// Two agents report as this server: what compares their reports says nothing of either.
    HeldByDuplicateAgent,
    /// The detector has too few samples to judge.
    Learning,
    /// Nothing can be said: no data, no permission ...
    Unknown,
}

impl Reason {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::Opened,
        Self::Reopened,
        Self::Rose,
        Self::Cleared,
        Self::HeldByServerDown,
        Self::QuietAfterManualResolve,
        Self::HeldOpenFlapping,
        Self::HeldByFleetSilent,
        Self::HeldByDuplicateAgent,
        Self::Learning,
        Self::Unknown,
    ];

    /// The name in records of decisions and on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::Reopened => "reopened",
            Self::Rose => "rose",
            Self::Cleared => "cleared",
            Self::HeldByServerDown => "held_by_server_down",
            Self::QuietAfterManualResolve => "quiet_after_manual_resolve",
            Self::HeldOpenFlapping => "held_open_flapping",
            Self::HeldByFleetSilent => "held_by_fleet_silent",
            Self::HeldByDuplicateAgent => "held_by_duplicate_agent",
            Self::Learning => "learning",
            Self::Unknown => "unknown",
        }
    }

    /// Reads [`Reason::name`].
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.name() == name)
    }

    /// Whether it moved an incident; the others say why nothing happened.
    #[must_use]
    pub const fn moved(self) -> bool {
        matches!(
            self,
            Self::Opened | Self::Reopened | Self::Rose | Self::Cleared
        )
    }
}

/// What comes of one verdict.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Step {
    /// What is to be stored.
    pub change: Option<Change>,
    /// What is to be explained.
    pub reason: Option<Reason>,
    /// The new memory; see [`Memory`].
    pub memory: Memory,
}

/// What becomes of the track.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Memory {
    /// It stays as it is.
    #[default]
    Same,
    /// It is replaced, or made.
    Set(Box<Track>),
    /// It is dropped.
    Forget,
}

/// What the lifecycle needs to know beside the verdict.
#[derive(Debug, Clone, Copy)]
pub struct Moment {
    /// The partition clock.
    pub clock: ClockMs,
    /// Whether the server itself is down, and this is about something else.
    pub server_down: bool,
    /// Whether this is the server's silence, and the silence of its whole group has an incident.
    pub fleet_silent: bool,
}

/// What one verdict means while two agents report as the server and the detector compares reports: nothing moves. Why is
/// said where something else would have.
#[must_use]
pub fn held_by_duplicate_agent(known: Option<&Track>, outcome: &Outcome) -> Step {
    let open = known.is_some_and(|track| track.phase == Phase::Open);
    let reason = match outcome {
        Outcome::Breach(_) | Outcome::Learning { .. } => Some(Reason::HeldByDuplicateAgent),
        Outcome::Clear => open.then_some(Reason::HeldByDuplicateAgent),
        Outcome::Unknown { .. } => Some(Reason::Unknown),
    };
    Step {
        reason,
        ..Step::default()
    }
}

/// Decides what one verdict means.
#[must_use]
pub fn step(
    detector: u8,
    subject: &str,
    known: Option<&Track>,
    outcome: &Outcome,
    at: Moment,
) -> Step {
    match outcome {
        Outcome::Breach(finding) => match known {
            Some(track) if track.phase == Phase::Open => worse_or_again(track, finding, at),
            _ => opened(detector, subject, known, finding, at),
        },
        Outcome::Clear => known.map_or_else(Step::default, |track| cleared(track, at)),
        Outcome::Learning { .. } => Step {
            reason: Some(Reason::Learning),
            ..Step::default()
        },
        Outcome::Unknown { .. } => Step {
            reason: Some(Reason::Unknown),
            ..Step::default()
        },
    }
}

fn worse_or_again(track: &Track, finding: &Finding, at: Moment) -> Step {
    let worse = finding.severity > track.severity;
    let held = worse && at.fleet_silent;
    let rose = worse && !held;
    let due = rose || at.clock.since(track.touched_at) >= TOUCH;
    let mut next = track.clone();
    next.occurrences = track.occurrences.saturating_add(1);
    next.breached_at = at.clock;
    if rose {
        next.severity = finding.severity;
    }
    if due {
        next.touched_at = at.clock;
    }
    let (mut finding, occurrences) = (said(finding, track.flapping), next.occurrences);
    if held {
        finding.severity = track.severity;
    }
    Step {
        change: match (rose, due) {
            (true, _) => Some(Change::Rise {
                finding,
                occurrences,
            }),
            (false, true) => Some(Change::Touch {
                finding,
                occurrences,
            }),
            (false, false) => None,
        },
        reason: match (rose, held) {
            (true, _) => Some(Reason::Rose),
            (false, true) => Some(Reason::HeldByFleetSilent),
            (false, false) => None,
        },
        memory: Memory::Set(Box::new(next)),
    }
}

fn opened(
    detector: u8,
    subject: &str,
    known: Option<&Track>,
    finding: &Finding,
    at: Moment,
) -> Step {
    let held = |reason| Step {
        reason: Some(reason),
        ..Step::default()
    };
    if at.server_down {
        return held(Reason::HeldByServerDown);
    }
    if at.fleet_silent {
        return held(Reason::HeldByFleetSilent);
    }
    let (resolved_at, resolves) = match known.map(|t| (t.phase, t)) {
        Some((Phase::Quiet(until), _)) if at.clock < until => {
            return held(Reason::QuietAfterManualResolve);
        }
        Some((Phase::Resolved(resolved), track)) => (Some(resolved), recent(&track.resolves, at)),
        _ => (None, Vec::new()),
    };
    let flapping = resolves.len() > CYCLES;
    let again = known.filter(|_| resolved_at.is_some_and(|r| at.clock.since(r) < REOPEN));
    let track = Track {
        detector,
        subject: subject.into(),
        phase: Phase::Open,
        severity: finding.severity,
        occurrences: again.map_or(1, |t| t.occurrences.saturating_add(1)),
        breached_at: at.clock,
        touched_at: at.clock,
        resolves,
        flapping,
    };
    let finding = said(finding, flapping);
    Step {
        change: Some(match again {
            Some(_) => Change::Reopen {
                finding,
                occurrences: track.occurrences,
                flapping,
            },
            None => Change::Open { finding, flapping },
        }),
        reason: Some(if again.is_some() {
            Reason::Reopened
        } else {
            Reason::Opened
        }),
        memory: Memory::Set(Box::new(track)),
    }
}

fn cleared(track: &Track, at: Moment) -> Step {
    match track.phase {
        Phase::Open if track.flapping && at.clock.since(track.breached_at) < FLAPPING_QUIET => {
            Step {
                reason: Some(Reason::HeldOpenFlapping),
                ..Step::default()
            }
        }
        Phase::Open => {
            let mut next = track.clone();
            next.phase = Phase::Resolved(at.clock);
            // An hour without a breach ends the count as well.
            next.resolves = if track.flapping {
                Vec::new()
            } else {
                recent(&track.resolves, at)
            };
            next.resolves.push(at.clock);
            next.flapping = false;
            Step {
                change: Some(Change::Resolve {
                    reason: "condition is over",
                }),
                reason: Some(Reason::Cleared),
                memory: Memory::Set(Box::new(next)),
            }
        }
        Phase::Quiet(_) => Step {
            memory: Memory::Forget,
            ..Step::default()
        },
        Phase::Resolved(_) => Step::default(),
    }
}

/// What is shown of a finding.
fn said(finding: &Finding, flapping: bool) -> Box<Finding> {
    let mut said = finding.clone();
    if flapping {
        said.observed.push_str(FLAPS);
    }
    Box::new(said)
}

fn recent(resolves: &[ClockMs], at: Moment) -> Vec<ClockMs> {
    let young = resolves.iter().copied();
    young
        .filter(|r| at.clock.since(*r) < CYCLE_WINDOW)
        .collect()
}

impl Tracks {
    /// What is remembered of one incident.
    #[must_use]
    pub fn get(&self, detector: u8, subject: &str) -> Option<&Track> {
        let mut all = self.0.iter();
        all.find(|t| t.detector == detector && *t.subject == *subject)
    }

    /// What is remembered of all incidents of a detector, open or lately over.
    pub fn of(&self, detector: u8) -> impl Iterator<Item = &Track> {
        self.0.iter().filter(move |t| t.detector == detector)
    }

    /// Takes what a step remembers.
    pub fn take(&mut self, detector: u8, subject: &str, memory: Memory) {
        let mut all = self.0.iter();
        let at = all.position(|t| t.detector == detector && *t.subject == *subject);
        match (memory, at) {
            (Memory::Same, _) | (Memory::Forget, None) => {}
            (Memory::Forget, Some(i)) => drop(self.0.remove(i)),
            (Memory::Set(track), Some(i)) => {
                if let Some(slot) = self.0.get_mut(i) {
                    *slot = *track;
                }
            }
            (Memory::Set(track), None) => self.0.push(*track),
        }
    }

    /// An operator resolved it: quiet until it clears once, or 30 min. Not open here: nothing happens.
    pub fn resolved_by_hand(&mut self, detector: u8, subject: &str, clock: ClockMs) {
        let mut all = self.0.iter_mut();
        let track = all.find(|t| t.detector == detector && *t.subject == *subject);
        if let Some(track) = track.filter(|t| t.phase == Phase::Open) {
            track.phase = Phase::Quiet(clock.plus(QUIET_BY_HAND));
            track.resolves.clear();
            track.flapping = false;
        }
    }

    /// Forgets everything of one detector; the subjects of what was open.
    pub fn drop_all(&mut self, detector: u8) -> Vec<Box<str>> {
        let mut open = Vec::new();
        self.0.retain(|track| {
            if track.detector == detector && track.phase == Phase::Open {
                open.push(track.subject.clone());
            }
            track.detector != detector
        });
        open
    }

    /// Whether an incident of this detector is open.
    #[must_use]
    pub fn is_open(&self, detector: u8) -> bool {
        let mut open = self.open();
        open.any(|t| t.detector == detector)
    }

    /// What is open.
    pub fn open(&self) -> impl Iterator<Item = &Track> {
        self.0.iter().filter(|t| t.phase == Phase::Open)
    }

    /// Forgets what can no longer matter.
    pub fn prune(&mut self, clock: ClockMs) {
        self.0.retain(|t| match t.phase {
            Phase::Open => true,
            Phase::Resolved(at) => clock.since(at) < CYCLE_WINDOW,
            Phase::Quiet(until) => clock < until,
        });
    }
}

#[cfg(test)]
mod tests;
