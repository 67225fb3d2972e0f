//! A bench for one detector: shows it observations and keeps its state. Tests only.

use super::{Context, Detector, Fleet, Observation, Outcome, Rules};
use crate::facts::Fact;
use crate::incident::lifecycle::{Memory, Phase, Track, Tracks};
use crate::state::{ClockMs, Presence};
use noc_pipeline::clock::UnixMs;
use noc_pipeline::control::{Condition, Rule, Scope, Severity};
use noc_pipeline::id::ServerId;
use noc_pipeline::payload::{
    Comparator, Disks, Kind, KindError, Metrics, Partition, Payload, Processes, Report, Service,
};
use noc_pipeline::record::PayloadRecord;
use std::sync::Arc;
use uuid::Uuid;

/// One detector, one server.
pub(crate) struct Bench<D: Detector> {
    detector: D,
    pub state: D::State,
    pub clock: ClockMs,
    pub presence: Presence,
    pub tags: Vec<String>,
    pub rules: Rules,
    pub tracks: Tracks,
    pub fleet: Fleet,
    pub fact: Option<Fact>,
}

impl<D: Detector> Bench<D> {
    pub fn new(detector: D) -> Self {
        Self {
            detector,
            state: D::State::default(),
            clock: ClockMs(0),
            presence: Presence::default(),
            tags: Vec::new(),
            rules: Rules::default(),
            tracks: Tracks::default(),
            fleet: Fleet::default(),
            fact: None,
        }
    }

    /// Judges, and takes the patch. The state goes through its packed form, as in life.
    pub fn look(&mut self, seen: Observation<'_>) -> Vec<(String, Outcome)> {
        let at = Context {
            server: ServerId(1),
            seen,
            clock: self.clock,
            presence: self.presence,
            tags: &self.tags,
            rules: &self.rules,
            tracks: &self.tracks,
            fleet: &self.fleet,
            fact: self.fact.as_ref(),
        };
        let judged = self.detector.judge(&self.state, &at);
        let verdicts = judged.verdicts.into_iter();
        let out = verdicts
            .map(|v| (v.subject.into_owned(), v.outcome))
            .collect();
        if let Some(next) = judged.patch {
            let packed = postcard::to_stdvec(&next).unwrap();
            self.state = postcard::from_bytes(&packed).unwrap();
            assert!(self.state == next, "the packed form says the same");
        }
        out
    }
}

/// What was said about one subject.
pub(crate) fn outcome(verdicts: Vec<(String, Outcome)>, subject: &str) -> Outcome {
    let mut of = verdicts.into_iter().filter(|(s, _)| s == subject);
    let (_, outcome) = of.next().expect("a verdict on the subject");
    assert!(of.next().is_none(), "one verdict a subject");
    outcome
}

pub(crate) fn record(at: i64, body: impl Into<Payload>) -> PayloadRecord {
    PayloadRecord {
        server: ServerId(1),
        received_at: UnixMs(at),
        event_at: UnixMs(at),
        skew_ms: 0,
        boot_id: Uuid::from_u128(1),
        seq: 1,
        body_hash: 0,
        report: Arc::new(Report::Data(body.into())),
    }
}

pub(crate) fn metrics(at: i64, set: impl FnOnce(&mut Metrics)) -> PayloadRecord {
    let mut metrics = Metrics::default();
    set(&mut metrics);
    record(at, metrics)
}

pub(crate) fn processes(at: i64, services: Vec<Service>) -> PayloadRecord {
    record(at, Processes { services })
}

pub(crate) fn disks(at: i64, partitions: Vec<Partition>) -> PayloadRecord {
    record(at, Disks { partitions })
}

pub(crate) fn unreadable(at: i64, kind: Kind) -> PayloadRecord {
    let mut out = metrics(at, |_| {});
    out.report = Arc::new(Report::Unreadable {
        kind,
        error: KindError::NoPermission,
        hint: None,
    });
    out
}

/// "metric > threshold" on all servers, at once.
pub(crate) fn rule(id: i64, metric: &str, threshold: f64) -> Rule {
    Rule {
        id,
        version: 1,
        name: format!("Rule {id}"),
        enabled: true,
        severity: None,
        scope: Scope::All,
        condition: Condition::Threshold {
            metric: metric.to_owned(),
            comparator: Comparator::Above,
            threshold,
            for_seconds: 0,
            clear_threshold: None,
        },
    }
}

/// Rules that set numbers of one detector on all servers.
pub(crate) fn tuned(detector: &str, numbers: &[(&str, f64)]) -> Rules {
    let mut rules = Rules::default();
    rules.set(Rule {
        condition: Condition::Detector {
            detector: detector.to_owned(),
            numbers: numbers
                .iter()
                .map(|(key, value)| ((*key).to_owned(), *value))
                .collect(),
            off: false,
        },
        ..rule(1, "metrics.cpu_pct", 1.0)
    });
    rules
}

/// One incident that is open since `clock`, of severity medium.
pub(crate) fn open_track(detector: u8, subject: &str, clock: ClockMs) -> Tracks {
    open_track_of(detector, subject, clock, Severity::Medium)
}

/// One incident that is open since `clock`.
pub(crate) fn open_track_of(
    detector: u8,
    subject: &str,
    clock: ClockMs,
    severity: Severity,
) -> Tracks {
    let mut tracks = Tracks::default();
    let track = Track {
        detector,
        subject: subject.into(),
        phase: Phase::Open,
        severity,
        occurrences: 1,
        breached_at: clock,
        touched_at: clock,
        resolves: Vec::new(),
        flapping: false,
    };
    tracks.take(detector, subject, Memory::Set(Box::new(track)));
    tracks
}
