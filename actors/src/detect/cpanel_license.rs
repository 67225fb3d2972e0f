//! `cpanel_license`: the licence of cPanel ends soon, or is not valid.
//!
//! 14 days before its last day low, 7 high, one critical; not valid is critical at once. Renewed, it is over. Days are
//! those of UTC. A licence that the agent knows nothing of is unknown, and a host without cPanel has none.

use super::{
    Context, Detector, Finding, Info, Judgement, Number, Observation, Title, Verdict, page_hold,
};
use noc_pipeline::control::Severity;
use noc_pipeline::payload::{Cpanel, Kind, KindError, LicenseStatus, Payload, Report, Unit};

/// The detector.
#[derive(Debug, Clone, Copy)]
pub struct CpanelLicense;

const fn days(key: &'static str, default: f64, about: &'static str) -> Number {
    Number {
        key,
        unit: Unit::Count,
        default,
        min: 0.0,
        max: 366.0,
        about,
    }
}

impl Detector for CpanelLicense {
    type State = ();

    const INFO: Info = Info {
        key: "cpanel_license",
        code: 18,
        version: 1,
        kinds: &[Kind::Cpanel],
        also: &[],
        compares_reports: false,
        judges: None,
        name: "cPanel licence",
        about: "The licence of cPanel ends within 14 (low), 7 (high) or 1 days (critical), or is not valid (critical).",
        severities: &[Severity::Low, Severity::High, Severity::Critical],
        numbers: &[
            days("low_days", 14.0, "Days to its last day: low"),
            days("high_days", 7.0, "Days to its last day: high"),
            days("critical_days", 1.0, "Days to its last day: critical"),
        ],
        docs: include_str!("docs/cpanel_license.md"),
    };

    fn judge<'a>(&self, (): &(), at: &Context<'a>) -> Judgement<'a, ()> {
        Judgement {
            patch: None,
            verdicts: verdict(at).into_iter().collect(),
        }
    }
}

fn verdict<'a>(at: &Context<'a>) -> Option<Verdict<'a>> {
    let Observation::Report(record) = at.seen else {
        return None;
    };
    let told = match &*record.report {
        Report::Data(Payload::Cpanel(told)) => told,
        Report::Unreadable {
            error: KindError::NotInstalled,
            ..
        } => return None,
        _ => return Some(Verdict::unknown("", "cPanel cannot be read")),
    };
    let Some(valid) = told.license_status.is_valid() else {
        return Some(Verdict::unknown("", "how its licence stands is not known"));
    };
    if !valid {
        return Some(Verdict::breach("", invalid(told)));
    }
    let Some(last_day) = told.license_expires_on else {
        return Some(Verdict::clear(""));
    };
    let today = record.event_at.to_datetime().date_naive();
    let left = i32::try_from((last_day - today).num_days()).unwrap_or(i32::MAX);
    let within = |key| f64::from(left) <= at.number(&CpanelLicense::INFO, key);
    let levels = [
        (Severity::Critical, "critical_days"),
        (Severity::High, "high_days"),
        (Severity::Low, "low_days"),
    ];
    let worst = levels.into_iter().find(|(_, key)| within(key));
    Some(match worst {
        None => Verdict::clear(""),
        Some((severity, key)) => {
            let limit = at.number(&CpanelLicense::INFO, key);
            let (title, observed) = match left {
                ..0 => ("is over", format!("its last day was {last_day}")),
                0 => ("ends today", format!("its last day is today, {last_day}")),
                1 => ("ends tomorrow", format!("its last day is {last_day}")),
                _ => (
                    "ends soon",
                    format!("its last day is {last_day}, in {left} days"),
                ),
            };
            Verdict::breach("", finding(severity, title, observed, Some(limit)))
        }
    })
}

fn invalid(told: &Cpanel) -> Finding {
    let observed = match told.license_status {
        LicenseStatus::Expired => "the licence is over",
        LicenseStatus::Missing => "there is no licence",
        _ => "the licence was switched off by who gave it",
    };
    finding(
        Severity::Critical,
        "is not valid",
        observed.to_owned(),
        None,
    )
}

fn finding(severity: Severity, what: &str, observed: String, limit: Option<f64>) -> Finding {
    Finding {
        severity,
        hold: page_hold(severity),
        title: Title {
            before: format!("The cPanel licence {what} on "),
            after: String::new(),
        },
        observed,
        expected: match limit {
            Some(days) => format!("a valid licence for more than {days:.0} days"),
            None => "a valid licence".to_owned(),
        },
        samples: 1,
        threshold: limit,
        command: Some("sudo /usr/local/cpanel/cpkeyclt".to_owned()),
        rule: None,
        evidence: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::Outcome;
    use crate::detect::bench::{Bench, outcome, record, tuned, unreadable};
    use std::sync::Arc;

    /// 2026-05-07, half an hour before midnight UTC.
    const NOW: i64 = 1_778_196_600_000;

    fn look(
        bench: &mut Bench<CpanelLicense>,
        status: LicenseStatus,
        last: Option<&str>,
    ) -> Outcome {
        let told = Cpanel {
            license_status: status,
            license_expires_on: last.map(|day| day.parse().unwrap()),
            ..Cpanel::default()
        };
        outcome(bench.look(Observation::Report(&record(NOW, told))), "")
    }

    fn severity(outcome: &Outcome) -> Option<Severity> {
        match outcome {
            Outcome::Breach(finding) => Some(finding.severity),
            _ => None,
        }
    }

    fn active(last: &str) -> Outcome {
        look(
            &mut Bench::new(CpanelLicense),
            LicenseStatus::Active,
            Some(last),
        )
    }

    #[test]
    fn fires_at_14_7_and_1_days_and_a_renewed_one_is_over() {
        assert_eq!(active("2026-05-22"), Outcome::Clear);
        assert_eq!(severity(&active("2026-05-21")), Some(Severity::Low));
        assert_eq!(severity(&active("2026-05-15")), Some(Severity::Low));
        assert_eq!(severity(&active("2026-05-14")), Some(Severity::High));
        assert_eq!(severity(&active("2026-05-09")), Some(Severity::High));
        for last in ["2026-05-08", "2026-05-07", "2026-05-01"] {
            assert_eq!(severity(&active(last)), Some(Severity::Critical), "{last}");
        }
        assert_eq!(active("2027-05-08"), Outcome::Clear);
    }

    #[test]
    fn its_words() {
        let Outcome::Breach(finding) = active("2026-05-14") else {
            panic!("in seven days");
        };
        assert_eq!(
            finding.title.of("cp-1"),
            "The cPanel licence ends soon on cp-1"
        );
        assert_eq!(finding.observed, "its last day is 2026-05-14, in 7 days");
        assert_eq!(finding.expected, "a valid licence for more than 7 days");
    }

    #[test]
    fn a_licence_that_is_not_valid_is_critical_whatever_its_date() {
        let mut bench = Bench::new(CpanelLicense);
        for status in [
            LicenseStatus::Inactive,
            LicenseStatus::Expired,
            LicenseStatus::Missing,
        ] {
            for last in [None, Some("2030-01-01")] {
                let got = look(&mut bench, status, last);
                assert_eq!(severity(&got), Some(Severity::Critical));
            }
        }
        let got = look(&mut bench, LicenseStatus::Trial, Some("2026-05-08"));
        assert_eq!(
            severity(&got),
            Some(Severity::Critical),
            "a trial ends, too"
        );
    }

    #[test]
    fn quiet_for_licences_without_an_end_and_hosts_without_cpanel() {
        let mut bench = Bench::new(CpanelLicense);
        let got = look(&mut bench, LicenseStatus::Active, None);
        assert_eq!(got, Outcome::Clear);
        let mut absent = unreadable(NOW, Kind::Cpanel);
        absent.report = Arc::new(Report::Unreadable {
            kind: Kind::Cpanel,
            error: KindError::NotInstalled,
            hint: None,
        });
        assert!(bench.look(Observation::Report(&absent)).is_empty());
    }

    #[test]
    fn what_the_agent_cannot_tell_is_unknown_even_near_the_end() {
        let mut bench = Bench::new(CpanelLicense);
        let got = look(&mut bench, LicenseStatus::Unknown, Some("2026-05-08"));
        assert!(matches!(got, Outcome::Unknown { .. }));
        let got = bench.look(Observation::Report(&unreadable(NOW, Kind::Cpanel)));
        assert!(matches!(outcome(got, ""), Outcome::Unknown { .. }));
    }

    #[test]
    fn a_rule_sets_the_days() {
        let mut bench = Bench::new(CpanelLicense);
        let numbers = [
            ("low_days", 30.0),
            ("high_days", 0.0),
            ("critical_days", 0.0),
        ];
        bench.rules = tuned("cpanel_license", &numbers);
        let got = look(&mut bench, LicenseStatus::Active, Some("2026-06-06"));
        assert_eq!(severity(&got), Some(Severity::Low));
        let got = look(&mut bench, LicenseStatus::Active, Some("2026-05-08"));
        assert_eq!(severity(&got), Some(Severity::Low));
        let got = look(&mut bench, LicenseStatus::Active, Some("2026-05-07"));
        assert_eq!(severity(&got), Some(Severity::Critical));
    }
}
