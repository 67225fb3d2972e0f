//! One rule that is tried: its state of each server, and what it opened.

use super::{MOST_INCIDENTS, Source};
use crate::detect::baseline_rule::{BaselineRule, Outlook, Watches};
use crate::detect::{Detector, Finding, Fleet, Registered, Rules, Title};
use crate::incident::lifecycle::{Change, Effect};
use crate::server_actor::evaluate::{Item, Surroundings, evaluate, wake_at};
use crate::state::{ClockMs, ServerState, decode_versioned};
use noc_pipeline::clock::UnixMs;
use noc_pipeline::control::{Condition, Rule, ServerSettings, Severity};
use noc_pipeline::id::ServerId;
use std::collections::HashMap;
use std::time::Duration;

/// An incident that would have opened.
#[derive(Debug, Clone, PartialEq)]
pub struct Incident {
    /// Whose.
    pub server: ServerId,
    /// Number of its detector.
    pub detector: u8,
    /// The rule that judged it, where a rule did.
    pub rule: Option<i64>,
    /// Its subject: mount, service ...; empty for the host itself. Without the rule's id.
    pub subject: String,
    /// When it opened.
    pub opened_at: UnixMs,
    /// When it was over; `None`: not within the span.
    pub resolved_at: Option<UnixMs>,
    /// The worst.
    pub severity: Severity,
    /// Its title, around the server's name.
    pub title: Title,
    /// What was seen when it opened.
    pub observed: String,
    /// What would have been fine.
    pub expected: String,
    /// How long it is shown before anybody is told.
    pub hold: Duration,
}

/// A subject that a baseline rule did not know yet when the span began.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StillLearning {
    /// Whose.
    pub server: ServerId,
    /// Mount ...; empty for the host itself.
    pub subject: String,
    /// Since when it is judged; `None`: it was not known at the end either.
    pub known_from: Option<UnixMs>,
}

/// One rule, tried.
pub(super) struct Lane {
    pub rule: Rule,
    pub source: Source,
    rules: Rules,
    fleet: Fleet,
    detectors: Vec<&'static dyn Registered>,
    about: Option<u8>,
    states: HashMap<ServerId, ServerState>,
    /// Place in `incidents` of what is open, or was last, by server, detector and subject.
    newest: HashMap<(ServerId, u8, Box<str>), usize>,
    incidents: Vec<Incident>,
}

impl Lane {
    pub fn new(
        rule: Rule,
        source: Source,
        rules: Rules,
        detectors: Vec<&'static dyn Registered>,
        about: Option<u8>,
    ) -> Self {
        Self {
            rule,
            source,
            rules,
            fleet: Fleet::default(),
            detectors,
            about,
            states: HashMap::new(),
            newest: HashMap::new(),
            incidents: Vec::new(),
        }
    }

    pub fn covers(&self, server: &ServerSettings) -> bool {
        self.rule.scope.covers(server.server, &server.tags)
    }

    pub const fn fleet(&mut self) -> &mut Fleet {
        &mut self.fleet
    }

    pub fn is_full(&self) -> bool {
        self.incidents.len() >= MOST_INCIDENTS
    }

    /// Takes what happens to a server, and answers when it wants to be woken.
    pub fn take(
        &mut self,
        server: &ServerSettings,
        item: &Item,
        event_at: UnixMs,
    ) -> Option<ClockMs> {
        let state = self.states.entry(server.server).or_default();
        let around = Surroundings {
            server: server.server,
            settings: Some(server),
            rules: &self.rules,
            fleet: &self.fleet,
            detectors: &self.detectors,
        };
        let came = evaluate(state, item, around, &mut |_, _| {});
        let wake = wake_at(state, around);
        for effect in came.effects {
            self.note(server.server, effect, event_at);
        }
        wake
    }

    fn note(&mut self, server: ServerId, effect: Effect, at: UnixMs) {
        if self.about.is_some_and(|about| about != effect.detector) {
            return;
        }
        let key = (server, effect.detector, effect.subject.clone());
        let known = self.newest.get(&key).copied();
        let known = known.and_then(|place| self.incidents.get_mut(place));
        match (effect.change, known) {
            (Change::Reopen { finding, .. }, Some(incident)) => {
                incident.resolved_at = None;
                incident.severity = incident.severity.max(finding.severity);
            }
            (Change::Open { finding, .. } | Change::Reopen { finding, .. }, _) => {
                self.newest.insert(key, self.incidents.len());
                let subject = self.plain(&effect.subject).to_owned();
                self.incidents
                    .push(incident(server, effect.detector, subject, *finding, at));
            }
            (Change::Rise { finding, .. } | Change::Touch { finding, .. }, Some(incident)) => {
                incident.severity = incident.severity.max(finding.severity);
                incident.hold = incident.hold.min(finding.hold);
            }
            (Change::Resolve { .. }, Some(incident)) => {
                incident.resolved_at.get_or_insert(at);
            }
            (Change::Rise { .. } | Change::Touch { .. } | Change::Resolve { .. }, None) => {}
        }
    }

    /// The subject without the rule's own id.
    fn plain<'s>(&self, subject: &'s str) -> &'s str {
        if matches!(self.rule.condition, Condition::Detector { .. }) {
            return subject;
        }
        subject.split_once(':').map_or("", |(_, of)| of)
    }

    /// What the rule expects of a subject now; `None` where it is no rule on a baseline, or still learns.
    pub fn outlook(&self, server: ServerId, of: &str, at: UnixMs) -> Option<Outlook> {
        self.watches(server)?.outlook(&self.rule, of, at)
    }

    fn watches(&self, server: ServerId) -> Option<Watches> {
        let part = self.states.get(&server)?.part(BaselineRule::INFO.code)?;
        decode_versioned(BaselineRule::INFO.version, part).ok()
    }

    /// A server was replayed to its end: its state is given up. What was not known at `from` is answered.
    pub fn leave(&mut self, server: ServerId, from: UnixMs) -> Vec<StillLearning> {
        let watches = self.watches(server);
        self.states.remove(&server);
        self.newest.retain(|(of, ..), _| *of != server);
        let learned = watches.iter().flat_map(Watches::learned);
        let late = learned.filter(|learned| learned.known_from.is_none_or(|at| at > from));
        late.map(|learned| StillLearning {
            server,
            subject: learned.of.to_owned(),
            known_from: learned.known_from,
        })
        .collect()
    }

    /// What was open at any time within the span, by time.
    pub fn finish(self, from: UnixMs) -> Vec<Incident> {
        let mut found = self.incidents;
        found.retain(|incident| incident.resolved_at.is_none_or(|end| end >= from));
        found.sort_by(|a, b| {
            (a.opened_at, a.server, &a.subject).cmp(&(b.opened_at, b.server, &b.subject))
        });
        found
    }

    /// Incidents of a server so far, for what is drawn.
    pub fn of(&self, server: ServerId) -> impl Iterator<Item = &Incident> {
        self.incidents.iter().filter(move |i| i.server == server)
    }

    /// Servers with incidents, in the order they opened.
    pub fn troubled(&self) -> impl Iterator<Item = (ServerId, &str)> {
        self.incidents
            .iter()
            .map(|i| (i.server, i.subject.as_str()))
    }
}

fn incident(
    server: ServerId,
    detector: u8,
    subject: String,
    finding: Finding,
    at: UnixMs,
) -> Incident {
    Incident {
        server,
        detector,
        rule: finding.rule.map(|(id, _)| id),
        subject,
        opened_at: at,
        resolved_at: None,
        severity: finding.severity,
        title: finding.title,
        observed: finding.observed,
        expected: finding.expected,
        hold: finding.hold,
    }
}
