//! One actor per monitored server: keeps its state, takes its records in order, answers with what is to be stored.
//!
//! It does no I/O. Its partition feeds it, stores its effects and writes its snapshots; a message is answered once
//! everything in it was taken. Nothing in a handler may panic (actix would drop the actor for good), which is why
//! detectors run inside [`evaluate`].

pub mod evaluate;

use crate::detect::{Detectors, Fleet, Outcome, Rules};
use crate::incident::lifecycle::Reason;
use crate::incident::open::RecordEffects;
use crate::runtime::metrics::Metrics;
use crate::state::{ClockMs, ServerState};
use actix::{Actor, Context, Handler, Message, MessageResult};
use evaluate::{Failure, Item, Surroundings, What, evaluate, wake_at};
use noc_pipeline::clock::UnixMs;
use noc_pipeline::control::ServerSettings;
use noc_pipeline::id::{Offset, ServerId};
use noc_pipeline::record::Record;
use std::sync::Arc;

/// Records of this server, in order.
#[derive(Debug, Message)]
#[rtype(result = "Taken")]
pub(crate) struct Take {
    pub settings: Option<Arc<ServerSettings>>,
    pub rules: Arc<Rules>,
    pub fleet: Arc<Fleet>,
    pub items: Vec<Item>,
    /// Wall time now, for the time a payload took to its verdict.
    pub now: UnixMs,
}

/// What they came to.
#[derive(Debug, Default)]
pub(crate) struct Taken {
    pub effects: Vec<Arc<RecordEffects>>,
    pub failures: Vec<(Offset, Failure)>,
    pub decisions: Vec<Decision>,
    pub last_seen: Option<ClockMs>,
    pub wake_at: Option<ClockMs>,
    /// An incident other than `server_down` is open: the actor stays resident.
    pub held_open: bool,
    pub changed: bool,
}

/// One decision, for "why did it not page?".
#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    /// The record that led to it.
    pub offset: Offset,
    /// When it was taken.
    pub at: UnixMs,
    /// Whose.
    pub server: ServerId,
    /// Key of the detector.
    pub detector: &'static str,
    /// Its subject.
    pub subject: Box<str>,
    /// What was decided.
    pub reason: Reason,
    /// What the detector said.
    pub outcome: Outcome,
}

/// Asks for the state, packed.
#[derive(Debug, Message)]
#[rtype(result = "Vec<u8>")]
pub(crate) struct Pack;

/// The actor.
pub(crate) struct ServerActor {
    server: ServerId,
    state: ServerState,
    /// The state includes everything up to here.
    included: Option<Offset>,
    detectors: Detectors,
    metrics: Arc<Metrics>,
}

impl ServerActor {
    pub fn new(
        server: ServerId,
        state: ServerState,
        included: Option<Offset>,
        detectors: Detectors,
        metrics: Arc<Metrics>,
    ) -> Self {
        Self {
            server,
            state,
            included,
            detectors,
            metrics,
        }
    }

    fn take(&mut self, message: Take) -> Taken {
        let mut out = Taken::default();
        let around = Surroundings {
            server: self.server,
            settings: message.settings.as_deref(),
            rules: &message.rules,
            fleet: &message.fleet,
            detectors: self.detectors,
        };
        for item in message.items {
            if self
                .included
                .is_some_and(|included| item.offset <= included)
            {
                continue; // A replay of what the snapshot has.
            }
            let metrics = &self.metrics;
            let mut count = |place, outcome| metrics.verdict(place, outcome);
            let one = evaluate(&mut self.state, &item, around, &mut count);
            out.changed |= one.changed;
            let offset = item.offset;
            out.failures
                .extend(one.failures.into_iter().map(|failure| (offset, failure)));
            let known = one.decisions.into_iter();
            out.decisions.extend(known.filter_map(|decided| {
                Some(Decision {
                    offset,
                    at: item.at,
                    server: self.server,
                    detector: crate::detect::key_of(decided.detector)?,
                    subject: decided.subject,
                    reason: decided.reason,
                    outcome: decided.outcome,
                })
            }));
            let event_at = event_at(&item);
            if matches!(item.what, What::Payload(_)) {
                metrics
                    .payload_to_verdict
                    .observe(message.now.since(item.at).as_secs_f64());
            }
            if !one.effects.is_empty() || one.fact.is_some() || one.unwatched.is_some() {
                out.effects.push(Arc::new(RecordEffects {
                    offset,
                    server: self.server,
                    at: item.at,
                    event_at,
                    effects: one.effects,
                    fact: one.fact,
                    unwatched: one.unwatched,
                }));
            }
        }
        out.last_seen = self.state.presence.last_seen;
        out.wake_at = wake_at(&self.state, around);
        out.held_open = self.held_open();
        out
    }

    fn held_open(&self) -> bool {
        held_open(&self.state)
    }
}

/// Whether an incident other than `server_down` is open: a silent server's actor may leave, that one's may not,
/// because a change of rules must reach it.
pub(crate) fn held_open(state: &ServerState) -> bool {
    use crate::detect::{Detector, server_down::ServerDown};
    let mut open = state.tracks.open();
    open.any(|track| track.detector != ServerDown::INFO.code)
}

fn event_at(item: &Item) -> UnixMs {
    match &item.what {
        What::Payload(record) => match &**record {
            Record::Payload(payload) => payload.event_at,
            Record::Heartbeat { .. } | Record::Control { .. } => item.at,
        },
        _ => item.at,
    }
}

impl Actor for ServerActor {
    type Context = Context<Self>;
}

impl Handler<Take> for ServerActor {
    type Result = MessageResult<Take>;

    fn handle(&mut self, message: Take, _: &mut Self::Context) -> Self::Result {
        MessageResult(self.take(message))
    }
}

impl Handler<Pack> for ServerActor {
    type Result = MessageResult<Pack>;

    fn handle(&mut self, _: Pack, _: &mut Self::Context) -> Self::Result {
        MessageResult(self.state.encode())
    }
}
