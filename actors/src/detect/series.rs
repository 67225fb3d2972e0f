//! Which series of the catalogue a detector judges: what a chart beside its incident shows.
//!
//! Many judge something that is no number of the catalogue, such as the time since a report or a login's mail; they have
//! none, and a number that is nearly the one they judge would only mislead.

use super::{Detector as _, baseline_rule, evidence, infos, service_down, threshold};
use noc_pipeline::control::{Condition, Direction};
use noc_pipeline::payload::{Comparator, find_metric};

/// The series of a detector.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Judged {
    /// Metrics of one kind and unit, as the catalogue names them.
    pub metrics: &'static [&'static str],
    /// Of which subject.
    pub of: Of,
    /// Which side of [`super::Finding::threshold`] is fine; `None`: that limit is no value of the metrics.
    pub fine: Option<Side>,
}

/// How a series is found by the subject of an incident.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Of {
    /// The host has one.
    Host,
    /// It has the incident's subject.
    Subject,
    /// It has the domain that the incident's subject names. Logins and scripts have no series.
    Domain,
    /// It has one of the service's names.
    Service,
}

/// A side of a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Less than it.
    Below,
    /// More than it.
    Above,
}

/// The series beside one incident.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drawn {
    /// Metrics of one kind and unit, as the catalogue names them.
    pub metrics: Vec<String>,
    /// Their subjects; `None`: the host itself.
    pub subjects: Option<Vec<String>>,
    /// Which side of the limits in its decisions is fine; `None`: those are no values of the metrics, or it may be either.
    pub fine: Option<Side>,
}

/// What to draw beside an incident; `rule` is the condition of the user's rule that opened it. `None`: it has no series.
#[must_use]
pub fn of_incident(detector: &str, subject: &str, rule: Option<&Condition>) -> Option<Drawn> {
    let of_rule = [
        threshold::Threshold::INFO.key,
        baseline_rule::BaselineRule::INFO.key,
    ];
    if of_rule.contains(&detector) {
        return of_rule_on_a_metric(subject, rule?);
    }
    let judged = infos().find(|info| info.key == detector)?.judges?;
    let subjects = match judged.of {
        Of::Host => None,
        Of::Subject => Some(vec![subject.to_owned()]),
        Of::Domain => match evidence::Sender::of_subject(subject)? {
            (evidence::Sender::Domain, name) => Some(vec![name.to_owned()]),
            (evidence::Sender::Login | evidence::Sender::Script, _) => return None,
        },
        Of::Service => Some(service_down::names(subject)),
    };
    Some(Drawn {
        metrics: judged.metrics.iter().map(|m| (*m).to_owned()).collect(),
        subjects,
        fine: judged.fine,
    })
}

/// The detectors that judge a metric of the host itself.
pub fn judges_of(metric: &str) -> impl Iterator<Item = &'static super::Info> {
    infos().filter(move |info| {
        let judged = info.judges.filter(|judged| judged.of == Of::Host);
        judged.is_some_and(|judged| judged.metrics.contains(&metric))
    })
}

fn of_rule_on_a_metric(subject: &str, rule: &Condition) -> Option<Drawn> {
    let (metric, fine) = match rule {
        Condition::Threshold {
            metric, comparator, ..
        } => {
            let fine = match comparator {
                Comparator::Above | Comparator::AtLeast => Side::Below,
                Comparator::Below | Comparator::AtMost => Side::Above,
            };
            (metric, Some(fine))
        }
        Condition::Baseline {
            metric, direction, ..
        } => {
            // It judges the steps of a counter, and no series has those.
            if find_metric(metric)?.is_counter() {
                return None;
            }
            let fine = match direction {
                Direction::Above => Some(Side::Below),
                Direction::Below => Some(Side::Above),
                Direction::Both => None,
            };
            (metric, fine)
        }
        Condition::Detector { .. } => return None,
    };
    let spec = find_metric(metric)?;
    let named = subject.split_once(':').map(|(_, name)| name.to_owned());
    Some(Drawn {
        metrics: vec![metric.clone()],
        subjects: spec.subject.and(named).map(|name| vec![name]),
        fine,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use noc_pipeline::payload::Kind;

    #[test]
    fn every_series_is_of_the_catalogue_and_those_of_one_detector_of_one_kind_and_unit() {
        let mut drawn = 0;
        for info in infos() {
            let Some(judged) = info.judges else { continue };
            drawn += 1;
            let specs: Vec<_> = judged
                .metrics
                .iter()
                .map(|name| find_metric(name).unwrap_or_else(|| panic!("{name} is no metric")))
                .collect();
            assert!(!specs.is_empty(), "{}", info.key);
            let kinds: Vec<Kind> = specs.iter().map(|spec| spec.kind).collect();
            for spec in &specs {
                assert!(info.kinds.contains(&spec.kind), "{} judges it", info.key);
                assert_eq!((spec.kind, spec.unit), (kinds[0], specs[0].unit));
                assert_eq!(
                    spec.subject.is_none(),
                    judged.of == Of::Host,
                    "{}",
                    info.key
                );
            }
        }
        assert!(drawn >= 8, "{drawn}");
    }

    #[test]
    fn an_incident_has_the_series_of_its_subject() {
        let of = |detector, subject| of_incident(detector, subject, None);
        let disk = of("disk_bytes", "/home").unwrap();
        assert_eq!(disk.metrics, ["disks.used_pct"]);
        assert_eq!(disk.subjects, Some(vec!["/home".to_owned()]));
        assert_eq!(disk.fine, Some(Side::Below));
        assert_eq!(of("overload", "").unwrap().subjects, None);
        let domain = of("outgoing_mail_abuse", "domain:example.com").unwrap();
        assert_eq!(domain.subjects, Some(vec!["example.com".to_owned()]));
        assert_eq!(of("outgoing_mail_abuse", "login:info@example.com"), None);
        let database = of("service_down", "mysqld").unwrap().subjects.unwrap();
        assert!(database.contains(&"mariadbd".to_owned()), "{database:?}");
        for none in ["server_down", "backup_stale", "fleet_silent", "nobody"] {
            assert_eq!(of(none, ""), None, "{none}");
        }
    }

    #[test]
    fn a_metric_of_the_host_has_its_judges() {
        let of = |metric| judges_of(metric).map(|info| info.key).collect::<Vec<_>>();
        assert_eq!(of("metrics.load1_per_core"), ["overload"]);
        assert!(of("disks.used_pct").is_empty(), "each mount has its own");
        assert!(of("metrics.load15").is_empty());
    }

    #[test]
    fn a_rule_on_a_metric_has_that_metric() {
        let threshold = Condition::Threshold {
            metric: "disks.used_pct".to_owned(),
            comparator: Comparator::Above,
            threshold: 80.0,
            for_seconds: 60,
            clear_threshold: None,
        };
        let drawn = of_incident("threshold", "7:/", Some(&threshold)).unwrap();
        assert_eq!(drawn.subjects, Some(vec!["/".to_owned()]));
        assert_eq!(drawn.fine, Some(Side::Below));
        assert_eq!(
            of_incident("threshold", "7:/", None),
            None,
            "it was deleted"
        );
        let baseline = |metric: &str, direction| Condition::Baseline {
            metric: metric.to_owned(),
            factor: 3.0,
            min_value: 0.0,
            for_seconds: 60,
            direction,
            deviations: 3.0,
        };
        let load = baseline("metrics.load1", Direction::Both);
        let drawn = of_incident("baseline", "8", Some(&load)).unwrap();
        assert_eq!((drawn.subjects, drawn.fine), (None, None));
        let steps = baseline("mysql.questions_total", Direction::Above);
        assert_eq!(of_incident("baseline", "8", Some(&steps)), None);
    }
}
