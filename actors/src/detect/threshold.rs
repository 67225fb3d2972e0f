//! `threshold`: users' rules of the form "metric beyond a value for some time".
//!
//! Time is event time: how long the measurements themselves say it lasted. No data never clears, and a gap of more
//! than three intervals starts the waiting anew. A rule that is disabled, deleted or no longer covers the server
//! clears what it opened. Subject: `<rule id>`, or `<rule id>:<mount>` for metrics with several subjects.

use super::amount::{amount, metric_name};
use super::{Also, Context, Detector, Finding, Info, Judgement, Rules, Samples, Title};
use super::{Verdict, page_hold};
use noc_pipeline::clock::UnixMs;
use noc_pipeline::control::{Condition, Rule, Severity};
use noc_pipeline::payload::{Comparator, Kind, Unit, find_metric};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// For rules that leave the severity to the detector.
pub const SEVERITY: Severity = Severity::High;

/// The detector.
#[derive(Debug, Clone, Copy)]
pub struct Threshold;

/// What is remembered: subjects in breach, or waiting to be.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Watches(Vec<Watch>);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Watch {
    rule: i64,
    /// Mount ...; empty for metrics of the host.
    of: Box<str>,
    /// Event time of the first sample in breach.
    since: UnixMs,
    /// Event time of the last sample.
    last: UnixMs,
    samples: u32,
    firing: bool,
}

struct Limits {
    comparator: Comparator,
    threshold: f64,
    lasting: Duration,
    clear: f64,
}

impl Limits {
    fn of(rule: &Rule) -> Option<Self> {
        match rule.condition {
            Condition::Threshold {
                comparator,
                threshold,
                for_seconds,
                clear_threshold,
                ..
            } => Some(Self {
                comparator,
                threshold,
                lasting: Duration::from_secs(u64::from(for_seconds)),
                clear: clear_threshold.unwrap_or(threshold),
            }),
            Condition::Baseline { .. } | Condition::Detector { .. } => None,
        }
    }
}

/// The subject of a rule's incident.
#[must_use]
pub fn subject(rule: i64, of: &str) -> String {
    if of.is_empty() {
        rule.to_string()
    } else {
        format!("{rule}:{of}")
    }
}

impl Detector for Threshold {
    type State = Watches;

    const INFO: Info = Info {
        key: "threshold",
        code: 5,
        version: 1,
        kinds: Kind::ALL,
        also: &[Also::Rules, Also::Late, Also::Measured],
        compares_reports: true,
        judges: None,
        name: "Threshold rule",
        about: "A metric beyond a fixed value for some time, as set in an alert rule.",
        severities: &Severity::ALL,
        numbers: &[],
        docs: include_str!("docs/threshold.md"),
    };

    fn judge<'a>(&self, state: &Watches, at: &Context<'a>) -> Judgement<'a, Watches> {
        let mut next = state.clone();
        let mut verdicts = next.drop_gone(at);
        if let Some(samples) = Samples::of(&at.seen) {
            next.judge(&samples, at, &mut verdicts);
        }
        Judgement {
            patch: Some(next),
            verdicts,
        }
    }
}

impl Watches {
    /// Forgets what rules watched that no longer apply; what they opened is clear.
    fn drop_gone<'a>(&mut self, at: &Context<'a>) -> Vec<Verdict<'a>> {
        let mut verdicts = Vec::new();
        self.0.retain(|watch| {
            let stays = applies(at.rules, watch.rule, at);
            if !stays && watch.firing {
                verdicts.push(Verdict::clear(subject(watch.rule, &watch.of)));
            }
            stays
        });
        verdicts
    }

    fn judge<'a>(
        &mut self,
        samples: &Samples<'_>,
        at: &Context<'a>,
        verdicts: &mut Vec<Verdict<'a>>,
    ) {
        for (rule, field) in at.rules.of_kind(samples.kind()) {
            let Some(limits) = Limits::of(rule) else {
                continue;
            };
            if !rule.scope.covers(at.server, at.tags) {
                continue;
            }
            for (of, value) in samples.values(field) {
                let (event_at, gap) = (samples.event_at(), samples.gap());
                let verdict = self.sample(rule, &limits, of, value, event_at, gap);
                verdicts.extend(verdict);
            }
        }
    }

    fn sample<'a>(
        &mut self,
        rule: &Rule,
        limits: &Limits,
        of: &str,
        value: f64,
        event_at: UnixMs,
        gap: Duration,
    ) -> Option<Verdict<'a>> {
        let known = self
            .0
            .iter()
            .position(|w| w.rule == rule.id && *w.of == *of);
        let breach = limits.comparator.holds(value, limits.threshold);
        if !breach {
            let i = known?;
            let firing = self.0.get(i).is_some_and(|w| w.firing);
            if firing && limits.comparator.holds(value, limits.clear) {
                // Between the two thresholds: not worse, not over.
                return Some(Verdict::unknown(
                    subject(rule.id, of),
                    "not yet under the clear threshold",
                ));
            }
            self.0.remove(i);
            return firing.then(|| Verdict::clear(subject(rule.id, of)));
        }
        let fresh = Watch {
            rule: rule.id,
            of: of.into(),
            since: event_at,
            last: event_at,
            samples: 0,
            firing: false,
        };
        let watch = match known.and_then(|i| self.0.get_mut(i)) {
            Some(watch) => {
                if !watch.firing && event_at.since(watch.last) > gap {
                    *watch = fresh;
                }
                watch
            }
            None => {
                self.0.push(fresh);
                self.0.last_mut()?
            }
        };
        watch.last = event_at;
        watch.samples = watch.samples.saturating_add(1);
        watch.firing |= event_at.since(watch.since) >= limits.lasting;
        Some(if watch.firing {
            Verdict::breach(
                subject(rule.id, of),
                finding(rule, limits, of, value, watch),
            )
        } else {
            Verdict::learning(
                subject(rule.id, of),
                u32::try_from(event_at.since(watch.since).as_secs()).unwrap_or(u32::MAX),
                u32::try_from(limits.lasting.as_secs()).unwrap_or(u32::MAX),
            )
        })
    }
}

fn applies(rules: &Rules, id: i64, at: &Context<'_>) -> bool {
    rules.get(id).is_some_and(|rule| {
        rule.enabled
            && matches!(rule.condition, Condition::Threshold { .. })
            && rule.scope.covers(at.server, at.tags)
    })
}

/// Where the value must not be.
fn beyond(comparator: Comparator, limit: &str) -> String {
    match comparator {
        Comparator::Above => format!("above {limit}"),
        Comparator::AtLeast => format!("{limit} or more"),
        Comparator::Below => format!("under {limit}"),
        Comparator::AtMost => format!("{limit} or less"),
    }
}

/// What was seen and what would be right. A metric that left the catalogue goes by its key.
fn words(metric: &str, limits: &Limits, value: f64) -> (String, String) {
    let lasting = match limits.lasting.as_secs() {
        0 => String::new(),
        seconds => format!(" for {seconds} s"),
    };
    let (observed, limit) = match find_metric(metric) {
        Some(spec) => (
            format!("{} {}", metric_name(spec), amount(value, spec)),
            match spec.unit {
                Unit::YesNo => format!("{} ({})", limits.threshold, amount(limits.threshold, spec)),
                _ => amount(limits.threshold, spec),
            },
        ),
        None => (format!("{metric} {value:.2}"), limits.threshold.to_string()),
    };
    let beyond = beyond(limits.comparator, &limit);
    (observed, format!("not {beyond}{lasting}"))
}

fn finding(rule: &Rule, limits: &Limits, of: &str, value: f64, watch: &Watch) -> Finding {
    let severity = rule.severity.unwrap_or(SEVERITY);
    let metric = match &rule.condition {
        Condition::Threshold { metric, .. } => metric.as_str(),
        _ => "",
    };
    let (observed, expected) = words(metric, limits, value);
    let on = if of.is_empty() {
        " on ".to_owned()
    } else {
        format!(" ({of}) on ")
    };
    Finding {
        severity,
        hold: page_hold(severity),
        title: Title {
            before: format!("{}{on}", rule.name),
            after: String::new(),
        },
        observed,
        expected,
        samples: watch.samples,
        threshold: Some(limits.threshold),
        command: None,
        rule: Some((rule.id, rule.version)),
        evidence: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::bench::{Bench, disks, metrics, rule};
    use crate::detect::{Observation, Outcome};
    use noc_pipeline::control::Scope;
    use noc_pipeline::id::ServerId;
    use noc_pipeline::payload::Partition;

    fn bench(rules: Vec<Rule>) -> Bench<Threshold> {
        let mut bench = Bench::new(Threshold);
        rules.into_iter().for_each(|r| bench.rules.set(r));
        bench
    }

    fn cpu(
        bench: &mut Bench<Threshold>,
        at_s: i64,
        cpu_pct: Option<f64>,
    ) -> Vec<(String, Outcome)> {
        bench.look(Observation::Report(&metrics(at_s * 1000, |m| {
            m.cpu_pct = cpu_pct;
        })))
    }

    fn lasting(seconds: u32, clear: Option<f64>) -> Rule {
        let mut rule = rule(1, "metrics.cpu_pct", 90.0);
        if let Condition::Threshold {
            for_seconds,
            clear_threshold,
            ..
        } = &mut rule.condition
        {
            (*for_seconds, *clear_threshold) = (seconds, clear);
        }
        rule
    }

    fn is_breach(got: &[(String, Outcome)]) -> bool {
        got.iter().any(|(_, o)| matches!(o, Outcome::Breach(_)))
    }

    fn is_clear(got: &[(String, Outcome)]) -> bool {
        got.iter().any(|(_, o)| *o == Outcome::Clear)
    }

    #[test]
    fn fires_once_it_lasted_by_event_time_and_clears_under_the_clear_threshold() {
        let mut b = bench(vec![lasting(120, Some(80.0))]);
        assert!(!is_breach(&cpu(&mut b, 0, Some(91.0))));
        assert!(!is_breach(&cpu(&mut b, 60, Some(99.0))));
        let got = cpu(&mut b, 120, Some(95.0));
        let [(subject, Outcome::Breach(finding))] = got.as_slice() else {
            panic!("120 s in breach: {got:?}");
        };
        assert_eq!(subject, "1");
        assert_eq!(finding.title.of("web-01"), "Rule 1 on web-01");
        assert_eq!(finding.observed, "CPU busy, all cores 95 %");
        assert_eq!(finding.expected, "not above 90 % for 120 s");
        assert_eq!((finding.samples, finding.rule), (3, Some((1, 1))));
        assert!(!is_clear(&cpu(&mut b, 180, Some(85.0))), "between the two");
        assert!(is_clear(&cpu(&mut b, 240, Some(80.0))));
    }

    #[test]
    fn a_limit_is_said_in_words() {
        let said = |metric, comparator, threshold, lasting| {
            let limits = Limits {
                comparator,
                threshold,
                lasting: Duration::from_secs(lasting),
                clear: threshold,
            };
            words(metric, &limits, 66.0)
        };
        let told = |observed: &str, expected: &str| (observed.to_owned(), expected.to_owned());
        assert_eq!(
            said("metrics.load1", Comparator::AtLeast, 64.5, 0),
            told("Load (1 min) 66", "not 64.5 or more")
        );
        assert_eq!(
            said("processes.running", Comparator::Below, 1.0, 60).1,
            "not under 1 (yes) for 60 s"
        );
        assert_eq!(
            said("gone.metric", Comparator::AtMost, 70.0, 5),
            told("gone.metric 66.00", "not 70 or less for 5 s")
        );
    }

    #[test]
    fn quiet_when_interrupted_or_when_data_is_missing_for_long() {
        let mut b = bench(vec![lasting(120, None)]);
        for (at, value) in [(0, 91.0), (60, 89.0), (120, 91.0), (180, 91.0), (420, 91.0)] {
            assert!(!is_breach(&cpu(&mut b, at, Some(value))), "at {at} s");
        }
        assert!(!is_breach(&cpu(&mut b, 480, Some(91.0))));
        assert!(is_breach(&cpu(&mut b, 540, Some(91.0))));
    }

    #[test]
    fn no_data_never_clears() {
        let mut b = bench(vec![lasting(0, None)]);
        assert!(is_breach(&cpu(&mut b, 0, Some(91.0))));
        assert!(cpu(&mut b, 60, None).is_empty());
        assert!(cpu(&mut b, 6_000, None).is_empty());
        assert!(is_clear(&cpu(&mut b, 6_060, Some(10.0))));
    }

    #[test]
    fn a_rule_disabled_deleted_or_moved_away_clears_what_it_opened() {
        let away = Scope::ServerIds(vec![ServerId(99)]);
        let original = lasting(0, None);
        for change in [
            None,
            Some(Rule {
                enabled: false,
                ..original.clone()
            }),
            Some(Rule {
                scope: away,
                ..original.clone()
            }),
        ] {
            let mut b = bench(vec![original.clone()]);
            assert!(is_breach(&cpu(&mut b, 0, Some(91.0))));
            match change {
                Some(rule) => b.rules.set(rule),
                None => b.rules.remove(1),
            }
            assert!(is_clear(&b.look(Observation::Rules)));
            assert_eq!(b.state, Watches::default());
        }
    }

    #[test]
    fn each_mount_is_a_subject_of_its_own() {
        let mut b = bench(vec![rule(7, "disks.used_pct", 50.0)]);
        let mount = |mount: &str, used| Partition {
            mount: mount.into(),
            bytes_total: Some(100),
            bytes_used: Some(used),
            ..Partition::default()
        };
        let record = disks(0, vec![mount("/", 60), mount("/home", 40)]);
        let got = b.look(Observation::Report(&record));
        let [(subject, Outcome::Breach(finding))] = got.as_slice() else {
            panic!("only / is over: {got:?}");
        };
        assert_eq!(subject, "7:/");
        assert_eq!(finding.title.of("web-01"), "Rule 7 (/) on web-01");
    }

    #[test]
    fn quiet_on_servers_out_of_scope() {
        let tagged = Rule {
            scope: Scope::Tags(vec!["web".into()]),
            ..lasting(0, None)
        };
        let mut b = bench(vec![tagged]);
        assert!(!is_breach(&cpu(&mut b, 0, Some(91.0))));
        b.tags = vec!["web".into()];
        assert!(is_breach(&cpu(&mut b, 60, Some(91.0))));
    }
}
