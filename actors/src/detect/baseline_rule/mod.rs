//! `baseline`: users' rules of the form "metric away from what is usual for it".
//!
//! What is usual is learned for each (rule, subject) by [`crate::baseline::generic`]: the value is judged first and
//! learned after, and while the rule is in breach what is seen is not learned as normal. Counters are judged by their
//! steps a second; one that went back has been reset and says nothing. Time is event time, as with `threshold`: no data
//! never clears, and a gap of more than three intervals starts the waiting anew. A rule that is disabled, deleted, looks
//! at another metric or no longer covers the server clears what it opened and forgets what it learned.
//!
//! Subject: as [`super::threshold::subject`]. At most [`MOST`] of them are kept for a server; one that is silent for
//! [`SILENT`] gives its place up.

mod words;

use super::threshold::subject;
use super::{Also, Context, Detector, Info, Judgement, Observation, Rules, Samples, Verdict};
use crate::baseline::generic::{Band, Baseline, Expected, least};
use noc_pipeline::clock::UnixMs;
use noc_pipeline::control::{Condition, Direction, Rule, Severity, Word};
use noc_pipeline::payload::rates::{Reading, per_second};
use noc_pipeline::payload::{Kind, MetricSpec, find_metric};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// For rules that leave the severity to the detector.
pub const SEVERITY: Severity = Severity::High;
/// Subjects of all such rules that are kept for a server at most, up to 2.8 KB each.
pub const MOST: usize = 64;
/// A subject that was not heard of for so long and is not in breach is forgotten.
pub const SILENT: Duration = Duration::from_secs(8 * 86_400);
/// When there is no place left, one that was not heard of for so long makes room.
const IDLE: Duration = Duration::from_secs(86_400);

/// The detector.
#[derive(Debug, Clone, Copy)]
pub struct BaselineRule;

/// What is remembered: what is usual for each subject, and whether it is in breach.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Watches(Vec<Watch>);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Watch {
    rule: i64,
    /// A rule that is changed to another metric learns anew.
    metric: Box<str>,
    /// Mount ...; empty for metrics of the host.
    of: Box<str>,
    /// Event time of the last value.
    last: UnixMs,
    /// Where a counter stood then.
    counter: Option<f64>,
    /// When it was first known what is usual.
    known_from: Option<UnixMs>,
    baseline: Baseline,
    breach: Option<Breach>,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Breach {
    /// Event time of the first sample.
    since: UnixMs,
    samples: u32,
    firing: bool,
}

/// What a rule asks for.
#[derive(Debug, Clone, Copy)]
struct Limits {
    metric: &'static MetricSpec,
    factor: f64,
    deviations: f64,
    min_value: f64,
    direction: Direction,
    lasting: Duration,
}

/// How far from usual a value is, and on which side.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Place {
    Above,
    Below,
    /// Not beyond a limit, not back in the half next to the middle.
    Near,
    Usual,
}

/// What a rule expects of one subject, as far as it knows yet; for charts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Outlook {
    /// The middle of what is usual.
    pub expected: f64,
    /// In breach above this; `None` where the rule does not look upwards.
    pub upper: Option<f64>,
    /// In breach below this; `None` where the rule does not look downwards.
    pub lower: Option<f64>,
}

/// A subject that was learned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Learned<'a> {
    /// Whose rule.
    pub rule: i64,
    /// Mount ...; empty for metrics of the host.
    pub of: &'a str,
    /// When it was first known what is usual; `None`: it is not yet.
    pub known_from: Option<UnixMs>,
}

impl Limits {
    fn of(rule: &Rule) -> Option<Self> {
        match &rule.condition {
            Condition::Baseline {
                metric,
                factor,
                min_value,
                for_seconds,
                direction,
                deviations,
            } => Some(Self {
                metric: find_metric(metric)?,
                factor: factor.max(1.0),
                deviations: *deviations,
                min_value: *min_value,
                direction: *direction,
                lasting: Duration::from_secs(u64::from(*for_seconds)),
            }),
            Condition::Threshold { .. } | Condition::Detector { .. } => None,
        }
    }

    fn outlook(&self, band: &Band) -> Outlook {
        let upwards = self.direction != Direction::Below;
        let downwards = self.direction != Direction::Above && band.mid >= self.min_value;
        let upper = band.upper(self.factor, self.deviations);
        Outlook {
            expected: band.mid,
            upper: upwards.then_some(upper.max(self.min_value)),
            lower: downwards.then(|| band.lower(self.factor, self.deviations)),
        }
    }

    fn place(&self, band: &Band, value: f64) -> Place {
        let outlook = self.outlook(band);
        if outlook.upper.is_some_and(|upper| value > upper) {
            return Place::Above;
        }
        if outlook.lower.is_some_and(|lower| value < lower) {
            return Place::Below;
        }
        // It is over half way back, or where it is too small to matter.
        let high = outlook.upper.is_some()
            && value >= self.min_value
            && value > f64::midpoint(band.mid, band.upper(self.factor, self.deviations));
        let low = outlook
            .lower
            .is_some_and(|lower| value < f64::midpoint(band.mid, lower));
        if high || low {
            Place::Near
        } else {
            Place::Usual
        }
    }
}

impl Detector for BaselineRule {
    type State = Watches;

    const INFO: Info = Info {
        key: "baseline",
        code: 29,
        version: 1,
        kinds: Kind::ALL,
        also: &[Also::Rules, Also::Late, Also::Words, Also::Measured],
        compares_reports: true,
        judges: None,
        name: "Baseline rule",
        about: "A metric away from what is usual for it at that hour of the day, as set in an alert rule.",
        severities: &Severity::ALL,
        numbers: &[],
        docs: include_str!("../docs/baseline.md"),
    };

    fn judge<'a>(&self, state: &Watches, at: &Context<'a>) -> Judgement<'a, Watches> {
        let samples = Samples::of(&at.seen);
        let mut limits = samples.iter().flat_map(|s| at.rules.of_kind(s.kind()));
        if state.0.is_empty() && !limits.any(|(rule, _)| Limits::of(rule).is_some()) {
            return Judgement {
                patch: None,
                verdicts: Vec::new(),
            };
        }
        let mut next = state.clone();
        let mut verdicts = next.drop_gone(at);
        if let Some(samples) = samples {
            next.judge(&samples, at, &mut verdicts);
        }
        if let Observation::Told { subject, word, .. } = at.seen
            && *word == Word::NewNormal
        {
            next.new_normal(subject);
        }
        Judgement {
            patch: Some(next),
            verdicts,
        }
    }
}

impl Watches {
    /// What a rule expects of a subject at a time; `None` while it learns.
    #[must_use]
    pub fn outlook(&self, rule: &Rule, of: &str, at: UnixMs) -> Option<Outlook> {
        let limits = Limits::of(rule)?;
        let mut all = self.0.iter();
        let watch = all.find(|w| w.rule == rule.id && *w.of == *of)?;
        let mut baseline = watch.baseline.clone();
        match baseline.expect(at, least(limits.metric.kind.interval())) {
            Expected::Known(band) => Some(limits.outlook(&band)),
            Expected::Learning { .. } => None,
        }
    }

    /// Every subject that is learned, and since when it is known.
    pub fn learned(&self) -> impl Iterator<Item = Learned<'_>> {
        self.0.iter().map(|watch| Learned {
            rule: watch.rule,
            of: &watch.of,
            known_from: watch.known_from,
        })
    }

    /// Forgets what rules watched that no longer apply; what they opened is clear.
    fn drop_gone<'a>(&mut self, at: &Context<'a>) -> Vec<Verdict<'a>> {
        let mut verdicts = Vec::new();
        self.0.retain(|watch| {
            let stays = applies(at.rules, watch, at);
            if !stays && watch.is_firing() {
                verdicts.push(Verdict::clear(subject(watch.rule, &watch.of)));
            }
            stays
        });
        verdicts
    }

    fn new_normal(&mut self, told: &str) {
        let of = |watch: &&mut Watch| subject(watch.rule, &watch.of) == told;
        for watch in self.0.iter_mut().filter(of) {
            watch.baseline.new_normal();
        }
    }

    fn judge<'a>(
        &mut self,
        samples: &Samples<'_>,
        at: &Context<'a>,
        verdicts: &mut Vec<Verdict<'a>>,
    ) {
        let now = samples.event_at();
        self.0
            .retain(|watch| watch.is_firing() || now.since(watch.last) < SILENT);
        for (rule, field) in at.rules.of_kind(samples.kind()) {
            let Some(limits) = Limits::of(rule) else {
                continue;
            };
            if !rule.scope.covers(at.server, at.tags) {
                continue;
            }
            for (of, value) in samples.values(field) {
                let Some(watch) = self.watch(rule.id, &limits, of, now) else {
                    continue; // No place left: those that were there first stay.
                };
                let Some(value) = watch.reading(&limits, value, now) else {
                    continue;
                };
                let subject = subject(rule.id, of);
                let open = at.open(&BaselineRule::INFO, &subject).is_some();
                let (expected, outcome) = watch.sample(&limits, value, now, samples.gap(), open);
                verdicts.extend(outcome.map(|outcome| match outcome {
                    Said::Breach => {
                        let finding = words::finding(rule, &limits, watch, &expected, value);
                        Verdict::breach(subject, finding)
                    }
                    Said::Clear => Verdict::clear(subject),
                    Said::Learning { have, need } => Verdict::learning(subject, have, need),
                    Said::Unknown(why) => Verdict::unknown(subject, why),
                }));
            }
        }
    }

    /// The place of a subject, made where there is room.
    fn watch(&mut self, rule: i64, limits: &Limits, of: &str, now: UnixMs) -> Option<&mut Watch> {
        let known = self.0.iter().position(|w| w.rule == rule && *w.of == *of);
        let place = match known {
            Some(place) => place,
            None => {
                if self.0.len() >= MOST {
                    let idle = |w: &Watch| !w.is_firing() && now.since(w.last) >= IDLE;
                    let idlest = (0..self.0.len())
                        .filter(|place| self.0.get(*place).is_some_and(idle))
                        .min_by_key(|place| self.0.get(*place).map(|w| w.last))?;
                    self.0.remove(idlest);
                }
                self.0.push(Watch {
                    rule,
                    metric: limits.metric.name.into(),
                    of: of.into(),
                    last: now,
                    counter: None,
                    known_from: None,
                    baseline: Baseline::default(),
                    breach: None,
                });
                self.0.len().saturating_sub(1)
            }
        };
        self.0.get_mut(place)
    }
}

/// What comes of one value.
enum Said {
    Breach,
    Clear,
    Learning { have: u32, need: u32 },
    Unknown(&'static str),
}

impl Watch {
    fn is_firing(&self) -> bool {
        self.breach.is_some_and(|breach| breach.firing)
    }

    /// The number to judge: the value itself, or what a counter grew by a second; `None` for its first reading, and when
    /// it was reset.
    fn reading(&mut self, limits: &Limits, value: f64, now: UnixMs) -> Option<f64> {
        if !limits.metric.is_counter() {
            return Some(value);
        }
        let earlier = self.counter.replace(value).map(|value| Reading {
            at: self.last,
            value,
        });
        let rate = earlier.and_then(|earlier| per_second(earlier, Reading { at: now, value }));
        if rate.is_none() {
            self.last = self.last.max(now);
        }
        rate
    }

    fn sample(
        &mut self,
        limits: &Limits,
        value: f64,
        now: UnixMs,
        gap: Duration,
        open: bool,
    ) -> (Expected, Option<Said>) {
        let enough = least(limits.metric.kind.interval());
        let expected = self.baseline.expect(now, enough);
        let said = match &expected {
            Expected::Learning { have, need } => Some(Said::Learning {
                have: *have,
                need: *need,
            }),
            Expected::Known(band) => {
                self.known_from.get_or_insert(now);
                self.judge(limits, limits.place(band, value), now, gap)
            }
        };
        let frozen = open || self.is_firing();
        self.baseline.learn(now, enough, value, frozen);
        self.last = self.last.max(now);
        (expected, said)
    }

    fn judge(&mut self, limits: &Limits, place: Place, now: UnixMs, gap: Duration) -> Option<Said> {
        let firing = self.is_firing();
        match place {
            Place::Usual => {
                self.breach = None;
                firing.then_some(Said::Clear)
            }
            Place::Near if firing => Some(Said::Unknown("not yet back where it usually is")),
            Place::Near => {
                self.breach = None;
                None
            }
            Place::Above | Place::Below => {
                let fresh = Breach {
                    since: now,
                    samples: 0,
                    firing: false,
                };
                let stale = !firing && now.since(self.last) > gap;
                let mut breach = self.breach.filter(|_| !stale).unwrap_or(fresh);
                breach.samples = breach.samples.saturating_add(1);
                breach.firing |= now.since(breach.since) >= limits.lasting;
                self.breach = Some(breach);
                Some(if breach.firing {
                    Said::Breach
                } else {
                    let seconds = |d: Duration| u32::try_from(d.as_secs()).unwrap_or(u32::MAX);
                    Said::Learning {
                        have: seconds(now.since(breach.since)),
                        need: seconds(limits.lasting),
                    }
                })
            }
        }
    }
}

fn applies(rules: &Rules, watch: &Watch, at: &Context<'_>) -> bool {
    rules.get(watch.rule).is_some_and(|rule| {
        let same = matches!(&rule.condition, Condition::Baseline { metric, .. } if **metric == *watch.metric);
        rule.enabled && same && rule.scope.covers(at.server, at.tags)
    })
}

#[cfg(test)]
mod tests;
