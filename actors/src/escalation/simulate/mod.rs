//! What a policy would do: whom it would tell, where and when, of an incident that nobody acknowledges and that lasts.
//!
//! A dry run of the functions that fire steps ([`super::step`], [`super::recipients`], [`super::policy::page_hold`], the
//! holds of [`super::hold`]) over the organisation as it is now and the clock of the question: schedules with their
//! overrides and gaps at each step's own time, maintenance windows as they come and go. [`load`] reads, [`simulate`] is a
//! plain function; nothing is stored or sent. A test lets the same policies run in life and compares every message.
//!
//! Whom a message does not reach at once is named with the reason: their quiet hours or their digest at that time.
//!
//! Not foreseen: what people, the server or its providers do meanwhile (acknowledging, snoozing, `server_down`, retries),
//! and edits made before the time asked about.

mod world;

pub use world::{World, load};

use super::fire::kind_at;
use super::hold::{Cause, due_after_hold};
use super::policy::{PolicySnapshot, page_hold};
use super::recipients::{Directory, Recipient, resolve};
use super::step::{ExecutionState, Position, StepDecision, following, next_step, step_at};
use crate::notify::message::Kind;
use crate::notify::personal::decide::{self, Verdict};
use noc_pipeline::clock::UnixMs;
use noc_pipeline::control::Severity;
use noc_pipeline::id::ServerId;
use noc_storage::relational::quiet_holds::Held;
use std::time::Duration;

/// How far is looked ahead: 24 h.
pub const HORIZON: Duration = Duration::from_secs(24 * 3_600);

/// Steps that are foreseen; a policy that fires more often is cut.
pub const MOST_STEPS: usize = 300;

/// The incident that is imagined.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imagined {
    /// When it opens.
    pub at: UnixMs,
    /// How bad it is.
    pub severity: Severity,
    /// Whose it is; `None`: the fleet's.
    pub server: Option<ServerId>,
    /// The server's tags.
    pub tags: Vec<String>,
    /// Which detector finds it; `None`: one that no maintenance window names.
    pub detector: Option<String>,
}

/// What would happen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Simulation {
    /// How long the incident must last before its first message; `None`: this severity pages nobody.
    pub hold: Option<Duration>,
    /// In the order of time.
    pub events: Vec<Event>,
    /// How it ends.
    pub ending: Ending,
    /// What an operator must see that is about no single step.
    pub warnings: Vec<String>,
}

/// One thing that would happen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// When.
    pub at: UnixMs,
    /// What.
    pub what: What,
}

/// What would happen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// A step fires.
    Fires(Fires),
    /// Maintenance begins to hold the escalation back.
    Held {
        /// The window's name.
        window: String,
    },
    /// It no longer does.
    GoesOn {
        /// When the next step is due now.
        next_at: UnixMs,
    },
}

/// A step that fires.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fires {
    /// Which.
    pub position: Position,
    /// Whether it is the call to every admin after the last pass.
    pub last_resort: bool,
    /// What is said.
    pub kind: Kind,
    /// To whom; empty: nobody is reached, and the next step of the pass follows at once.
    pub told: Vec<Told>,
    /// What leads nowhere, or may not arrive.
    pub warnings: Vec<String>,
}

/// Somebody who would be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// Where.
    pub recipient: Recipient,
    /// Whose address it is, where it is an account's.
    pub name: Option<String>,
    /// Why it does not arrive at once: their quiet hours, or their digest.
    pub kept_back: Option<String>,
}

/// How a simulation ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// The severity pages nobody.
    PagesNobody,
    /// All passes are done.
    Done,
    /// It goes on beyond what is foreseen.
    GoesOn,
}

/// Runs a policy dry.
#[must_use]
pub fn simulate(policy: &PolicySnapshot, imagined: &Imagined, world: &World) -> Simulation {
    let Some(hold) = page_hold(imagined.severity) else {
        return Simulation {
            hold: None,
            events: Vec::new(),
            ending: Ending::PagesNobody,
            warnings: Vec::new(),
        };
    };
    let mut run = Run::new(policy, imagined, world, hold);
    let ending = run.run_out();
    Simulation {
        hold: Some(hold),
        events: run.events,
        ending,
        warnings: world.warnings(imagined),
    }
}

struct Run<'a> {
    policy: &'a PolicySnapshot,
    imagined: &'a Imagined,
    world: &'a World,
    directory: Directory,
    state: ExecutionState,
    held_at: Option<UnixMs>,
    now: UnixMs,
    fired: usize,
    events: Vec<Event>,
}

impl<'a> Run<'a> {
    fn new(
        policy: &'a PolicySnapshot,
        imagined: &'a Imagined,
        world: &'a World,
        hold: Duration,
    ) -> Self {
        let first = imagined.at.plus(hold).plus(super::first_delay(policy));
        Self {
            policy,
            imagined,
            world,
            directory: world.directory.clone(),
            state: ExecutionState {
                next: Some((Position::START, first)),
                acknowledged: false,
                resolved: false,
                severity: imagined.severity,
            },
            held_at: None,
            now: imagined.at,
            fired: 0,
            events: Vec::new(),
        }
    }

    fn run_out(&mut self) -> Ending {
        let horizon = self.imagined.at.plus(HORIZON);
        loop {
            self.settle();
            let due = match self.held_at {
                Some(_) => None,
                None => match next_step(self.policy, &self.state, self.now) {
                    StepDecision::Fire(_) if self.fired >= MOST_STEPS => return Ending::GoesOn,
                    StepDecision::Fire(position) => {
                        self.fire(position);
                        continue;
                    }
                    StepDecision::Wait { until, .. } => Some(until),
                    StepDecision::Rest | StepDecision::Finish => return Ending::Done,
                },
            };
            let turn = self.world.next_turn(self.imagined, self.now);
            let next = [due, turn].into_iter().flatten().min();
            match next.filter(|next| *next <= horizon) {
                Some(next) => self.now = next,
                None => return Ending::GoesOn,
            }
        }
    }

    /// Holds the escalation back, or lets it go on, as maintenance is at this moment.
    fn settle(&mut self) {
        let window = self.world.covering(self.imagined, self.now);
        let what = match (window, self.held_at) {
            (Some(window), None) => {
                self.held_at = Some(self.now);
                let window = window.name.clone();
                What::Held { window }
            }
            (None, Some(held_at)) => {
                self.held_at = None;
                let Some((position, due)) = self.state.next else {
                    return;
                };
                let cause = Cause::Maintenance(String::new());
                let next_at = due_after_hold(due, held_at, Some(cause.name()), self.now);
                self.state.next = Some((position, next_at));
                What::GoesOn { next_at }
            }
            _ => return,
        };
        self.events.push(Event { at: self.now, what });
    }

    fn fire(&mut self, position: Position) {
        self.directory.on_duty = self.world.on_duty(self.now);
        let step = step_at(self.policy, position);
        let resolution = resolve(&step, &self.directory);
        let told = !resolution.recipients.is_empty();
        self.state.next = following(self.policy, &self.state, position, told, self.now);
        self.fired += 1;
        let mut warnings = resolution.warnings;
        warnings.extend(self.world.failing(&resolution.recipients));
        let fires = Fires {
            position,
            last_resort: position.step as usize >= self.policy.steps.len(),
            kind: kind_at(position),
            told: resolution
                .recipients
                .into_iter()
                .map(|recipient| Told {
                    name: self.world.name_of(recipient.user),
                    kept_back: self.kept_back(&recipient, kind_at(position)),
                    recipient,
                })
                .collect(),
            warnings,
        };
        let what = What::Fires(fires);
        self.events.push(Event { at: self.now, what });
    }

    /// What keeps a message back right before it would leave, as it is asked in life.
    fn kept_back(&self, recipient: &Recipient, kind: Kind) -> Option<String> {
        let user = recipient.user?;
        let person = self.directory.people.get(user)?;
        let mut on_duty = self.directory.on_duty.iter();
        let facts = decide::Facts {
            kind,
            channel: &recipient.channel,
            severity: self.imagined.severity,
            active: true,
            address: Ok(()),
            preferences: person.preferences.as_ref(),
            on_duty: on_duty.any(|duty| duty.user == Some(user)),
            held: Held::No,
        };
        match decide::decide(&facts, self.now) {
            Verdict::Send => None,
            Verdict::Never(why) => Some(why.to_owned()),
            Verdict::Digest(why) | Verdict::Hold(why) | Verdict::Later(_, why) => Some(why),
        }
    }
}

#[cfg(test)]
mod tests;
