//! One record, one server: what it changes in the state and what is to be stored. Pure.
//!
//! A detector that panics leaves the state as it was before it looked; the record is set aside under its name and
//! the others go on.

use crate::detect::{
    Context, Detector, Fleet, Measured, Numbers, Observation, Outcome, Registered, Rules, Verdict,
    Waking, backup_partial, wants,
};
use crate::facts::{Fact, Place, Shrink};
use crate::incident::lifecycle::{Change, Effect, Memory, Moment, Reason, Tracks, step};
use crate::state::{ClockMs, Presence, ServerState};
use noc_pipeline::clock::UnixMs;
use noc_pipeline::control::{ServerSettings, Word};
use noc_pipeline::id::{Offset, ServerId};
use noc_pipeline::payload::{Kind, LifecycleEvent, Payload};
use noc_pipeline::record::{PayloadRecord, Record};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

mod decide;
mod two_agents;

pub use decide::Decided;
use decide::decide;
use two_agents::{alone_again, held, is_held};

/// One thing that happens to a server, with its place and time.
#[derive(Debug, Clone)]
pub struct Item {
    /// The record that says so.
    pub offset: Offset,
    /// The partition clock at the record.
    pub clock: ClockMs,
    /// When the record was taken, by the clock of whoever wrote it.
    pub at: UnixMs,
    /// What happens.
    pub what: What,
}

/// What happens.
#[derive(Debug, Clone)]
pub enum What {
    /// A payload; the record is one.
    Payload(Arc<Record>),
    /// The partition clock reached the moment the server wanted to be woken at.
    Wake,
    /// Rules or the server's settings changed.
    Changed,
    /// An operator resolved one of its incidents.
    ResolvedByHand {
        /// Number of the detector.
        detector: u8,
        /// Its subject.
        subject: Box<str>,
    },
    /// A detector is told something.
    Told {
        /// Number of the detector.
        detector: u8,
        /// Its subject.
        subject: Box<str>,
        /// What.
        word: Arc<Word>,
    },
    /// Values of one metric, as they were recorded: a backtest.
    Measured(Box<Measured>),
    /// The server was deleted.
    Removed,
}

/// What stays the same for all items of one message.
#[derive(Debug, Clone, Copy)]
pub struct Surroundings<'a> {
    /// Whose.
    pub server: ServerId,
    /// Its settings; `None` before any were told: active, no tags.
    pub settings: Option<&'a ServerSettings>,
    /// Users' rules.
    pub rules: &'a Rules,
    /// What is known of the whole fleet.
    pub fleet: &'a Fleet,
    /// Who judges.
    pub detectors: &'a [&'static dyn Registered],
}

/// What one item comes to.
#[derive(Debug, Default)]
pub struct Evaluated {
    /// To be stored, in one transaction.
    pub effects: Vec<Effect>,
    /// Told by the host, to be stored in the same transaction.
    pub fact: Option<Fact>,
    /// Why the server is no longer watched: whatever is open of it is withdrawn, known here or not.
    pub unwatched: Option<&'static str>,
    /// Detectors that failed at it.
    pub failures: Vec<Failure>,
    /// What was decided, and why.
    pub decisions: Vec<Decided>,
    /// Whether the state changed at all.
    pub changed: bool,
}

/// A detector that panicked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Key of the detector.
    pub detector: &'static str,
    /// What it said.
    pub reason: String,
}

/// Counts verdicts: (place in the detectors' list, [`crate::detect::Outcome::index`]).
pub type CountVerdict<'c> = &'c mut dyn FnMut(usize, usize);

/// Takes one item.
pub fn evaluate(
    state: &mut ServerState,
    item: &Item,
    around: Surroundings<'_>,
    count: CountVerdict<'_>,
) -> Evaluated {
    let mut out = Evaluated::default();
    let active = around.settings.is_none_or(|s| s.active);
    let two_agents = state.tracks.is_open(DUPLICATE_AGENT);
    match &item.what {
        What::Payload(record) => {
            if let Record::Payload(payload) = &**record
                && active
            {
                out.changed = true;
                payload_taken(state, item, payload, around, count, &mut out);
            }
        }
        What::Wake if active => {
            judge(
                state,
                item,
                (Observation::Silence, None),
                around,
                count,
                &mut out,
            );
        }
        What::Wake => {}
        What::Changed if active => {
            judge(
                state,
                item,
                (Observation::Rules, None),
                around,
                count,
                &mut out,
            );
        }
        What::Changed => {
            // Disabled: nothing of it is watched, and when it is enabled again everything starts anew.
            out.unwatched = Some("server was disabled");
            state.tracks = Tracks::default();
            state.clear_parts();
            state.presence = Presence::default();
            out.changed = true;
        }
        What::ResolvedByHand { detector, subject } => {
            state
                .tracks
                .resolved_by_hand(*detector, subject, item.clock);
            out.changed = true;
        }
        What::Told {
            detector,
            subject,
            word,
        } => told(
            state,
            item,
            (*detector, subject, word),
            around,
            count,
            &mut out,
        ),
        What::Measured(measured) => {
            if active {
                state.presence.last_seen = Some(item.clock);
                let seen = Observation::Measured(measured);
                judge(state, item, (seen, None), around, count, &mut out);
                state.tracks.prune(item.clock);
            }
        }
        What::Removed => {
            out.unwatched = Some("server was deleted");
            *state = ServerState::default();
            out.changed = true;
        }
    }
    if two_agents && !state.tracks.is_open(DUPLICATE_AGENT) {
        alone_again(state, around.detectors, &mut out);
    }
    out
}

fn payload_taken(
    state: &mut ServerState,
    item: &Item,
    payload: &PayloadRecord,
    around: Surroundings<'_>,
    count: CountVerdict<'_>,
    out: &mut Evaluated,
) {
    if !state.seen.insert(payload.boot_id, payload.seq) {
        let repeat = Observation::Repeat(payload);
        return judge(state, item, (repeat, None), around, count, out);
    }
    let kind = payload.report.kind();
    let occasion = payload.report.data().and_then(Payload::occasion);
    let late = payload.received_at.since(payload.event_at) > kind.late_after();
    if late && occasion.is_none() {
        return; // Fills charts only.
    }
    if !late {
        heard_of(state, item, payload, out);
    }
    let newest = match &occasion {
        Some(occasion) => state.take_newest_of(kind, &occasion.subject, occasion.at),
        None => state.take_newest(kind, payload.event_at),
    };
    let place = if newest {
        Place::Newest(occasion.as_ref().map(|occasion| &*occasion.subject))
    } else {
        Place::Overtaken
    };
    let tags = around.settings.map_or(&[][..], |s| s.tags.as_slice());
    let shrink = match kind {
        Kind::Backups => backup_partial::shrink(Numbers {
            server: around.server,
            tags,
            rules: around.rules,
        }),
        _ => Shrink::default(),
    };
    let taken = state.facts.take(payload, place, shrink);
    let fact = taken.as_ref().map(|taken| &taken.fact);
    if newest {
        let seen = if late {
            Observation::Late(payload)
        } else {
            Observation::Report(payload)
        };
        judge(state, item, (seen, fact), around, count, out);
        state.tracks.prune(item.clock);
    } // Overtaken on its way otherwise: the newer one was judged already.
    out.fact = taken.filter(|taken| taken.is_news).map(|taken| taken.fact);
}

/// A fresh payload: the server is there.
fn heard_of(state: &mut ServerState, item: &Item, payload: &PayloadRecord, out: &mut Evaluated) {
    let goodbye = matches!(
        payload.report.data(),
        Some(Payload::Lifecycle(l)) if l.event == LifecycleEvent::Stop
    );
    if state.presence.last_seen.is_none() {
        // Nothing is remembered of it, be it new or our memory lost: what may still be open of its silence is over.
        out.effects.push(Effect {
            detector: SERVER_DOWN,
            subject: "".into(),
            change: Change::Resolve {
                reason: "it reports",
            },
        });
    }
    state.presence = Presence {
        last_seen: Some(item.clock),
        goodbye_at: goodbye.then_some(item.clock),
    };
}

/// A word for one detector, whether or not the server is watched: an allowance must not be lost meanwhile.
fn told(
    state: &mut ServerState,
    item: &Item,
    (code, subject, word): (u8, &str, &Word),
    around: Surroundings<'_>,
    count: CountVerdict<'_>,
    out: &mut Evaluated,
) {
    if matches!(word, Word::CaseClosed) {
        // Whoever closed the case resolved the incident in the same transaction.
        state.tracks.take(code, subject, Memory::Forget);
        out.changed = true;
    }
    let mut all = around.detectors.iter().enumerate();
    let Some((place, detector)) = all.find(|(_, detector)| detector.info().code == code) else {
        return;
    };
    let seen = Observation::Told {
        subject,
        word,
        at: item.at,
    };
    let info = detector.info();
    if word.is_a_check() {
        // People's words are kept for later; a check of ours says something of a server that is watched only.
        let tags = around.settings.map_or(&[][..], |s| s.tags.as_slice());
        let watched = around.settings.is_none_or(|s| s.active);
        if !watched || around.rules.is_off(info.key, around.server, tags) {
            return;
        }
    }
    if wants(info, &seen) {
        let of = (place, *detector);
        judge_one(state, item, (seen, None), around, of, count, out);
    }
}

fn judge(
    state: &mut ServerState,
    item: &Item,
    (seen, fact): (Observation<'_>, Option<&Fact>),
    around: Surroundings<'_>,
    count: CountVerdict<'_>,
    out: &mut Evaluated,
) {
    let tags = around.settings.map_or(&[][..], |s| s.tags.as_slice());
    for (place, detector) in around.detectors.iter().enumerate() {
        let info = detector.info();
        if around.rules.is_off(info.key, around.server, tags) {
            switched_off(state, info.code, out);
        } else if wants(info, &seen) {
            judge_one(
                state,
                item,
                (seen, fact),
                around,
                (place, *detector),
                count,
                out,
            );
        }
    }
}

/// A rule switched the detector off for this server: what it opened is over, and it starts anew when it is on again.
fn switched_off(state: &mut ServerState, code: u8, out: &mut Evaluated) {
    if state.part(code).is_some() {
        state.set_part(code, Box::default());
        out.changed = true;
    }
    for subject in state.tracks.drop_all(code) {
        out.changed = true;
        out.effects.push(Effect {
            detector: code,
            subject,
            change: Change::Resolve {
                reason: "a rule switched the detector off",
            },
        });
    }
}

fn judge_one(
    state: &mut ServerState,
    item: &Item,
    (seen, fact): (Observation<'_>, Option<&Fact>),
    around: Surroundings<'_>,
    (place, detector): (usize, &dyn Registered),
    count: CountVerdict<'_>,
    out: &mut Evaluated,
) {
    let context = Context {
        server: around.server,
        seen,
        clock: item.clock,
        presence: state.presence,
        tags: around.settings.map_or(&[], |s| s.tags.as_slice()),
        rules: around.rules,
        tracks: &state.tracks,
        fleet: around.fleet,
        fact,
    };
    let judged = catch_unwind(AssertUnwindSafe(|| look(state, detector, &context)));
    match judged {
        Ok(looked) => {
            if let Some(part) = looked.part {
                state.set_part(detector.info().code, part);
                out.changed = true;
            }
            for said in looked.said {
                count(place, said.outcome.index());
                let code = detector.info().code;
                if said.memory != Memory::Same {
                    out.changed = true;
                    state.tracks.take(code, &said.subject, said.memory);
                }
                out.effects.extend(said.effect);
                if let Some(reason) = said.reason {
                    let decided = Decided {
                        detector: code,
                        subject: said.subject,
                        reason,
                        outcome: said.outcome,
                    };
                    decide(state, decided, item.clock, out);
                }
            }
        }
        Err(panic) => out.failures.push(Failure {
            detector: detector.info().key,
            reason: reason_of(&*panic),
        }),
    }
}

/// Everything one detector's look comes to, before any of it is applied.
struct Looked {
    part: Option<Box<[u8]>>,
    said: Vec<Said>,
}

struct Said {
    subject: Box<str>,
    outcome: Outcome,
    effect: Option<Effect>,
    reason: Option<Reason>,
    memory: Memory,
}

fn look(state: &ServerState, detector: &dyn Registered, context: &Context<'_>) -> Looked {
    let code = detector.info().code;
    let judged = detector.judge_packed(state.part(code), context);
    if is_held(state, detector.info(), &context.seen) {
        return held(state, code, judged.verdicts);
    }
    let at = Moment {
        clock: context.clock,
        server_down: code != SERVER_DOWN && state.tracks.is_open(SERVER_DOWN),
        fleet_silent: code == SERVER_DOWN && context.fleet.silent_group(context.server).is_some(),
    };
    let said = judged
        .verdicts
        .into_iter()
        .map(|verdict| say(state, code, verdict, at))
        .collect();
    Looked {
        part: judged.patch,
        said,
    }
}

const SERVER_DOWN: u8 = crate::detect::server_down::ServerDown::INFO.code;
const DUPLICATE_AGENT: u8 = crate::detect::duplicate_agent::DuplicateAgent::INFO.code;

fn say(state: &ServerState, code: u8, verdict: Verdict<'_>, at: Moment) -> Said {
    let known = state.tracks.get(code, &verdict.subject);
    let step = step(code, &verdict.subject, known, &verdict.outcome, at);
    let subject: Box<str> = verdict.subject.into();
    Said {
        effect: step.change.map(|change| Effect {
            detector: code,
            subject: subject.clone(),
            change,
        }),
        reason: step.reason,
        memory: step.memory,
        outcome: verdict.outcome,
        subject,
    }
}

/// When the server wants to be woken if nothing more is heard of it. A detector that a rule switched off wants nothing.
#[must_use]
pub fn wake_at(state: &ServerState, around: Surroundings<'_>) -> Option<ClockMs> {
    let numbers = Numbers {
        server: around.server,
        tags: around.settings.map_or(&[], |s| s.tags.as_slice()),
        rules: around.rules,
    };
    let on = around.detectors.iter().filter(|detector| {
        let key = detector.info().key;
        !around.rules.is_off(key, numbers.server, numbers.tags)
    });
    let wakes = on.filter_map(|detector| {
        detector.wake_at(&Waking {
            presence: state.presence,
            incident: state.tracks.get(detector.info().code, ""),
            numbers,
        })
    });
    wakes.min()
}

fn reason_of(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|s| (*s).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "it panicked".to_owned())
}

#[cfg(test)]
mod tests;
