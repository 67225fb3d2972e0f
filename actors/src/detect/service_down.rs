//! `service_down`: a service that was running, or that is installed and enabled, has no process.
//!
//! Two reports in a row decide, either way. A service that never ran and is not both installed and enabled is not
//! down. `mysqld` and `mariadbd` are one service, with subject `mysqld`. While two agents report as this server nothing is
//! judged: each of the two hosts has services of its own.

use super::series::{Judged, Of};
use super::{Context, Detector, Finding, Info, Judgement, Number, Observation, Title, Verdict};
use noc_pipeline::control::Severity;
use noc_pipeline::payload::{Kind, Payload, Processes, Report, Service, Unit};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The detector.
#[derive(Debug, Clone, Copy)]
pub struct ServiceDown;

/// What is remembered of a server's services.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Services(Vec<Track>);

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Track {
    subject: Box<str>,
    /// It was seen running.
    ran: bool,
    /// Reports in a row that contradict `firing`.
    against: u32,
    firing: bool,
}

/// The one name of a service under all its names.
pub(super) fn subject(name: &str) -> &str {
    match name {
        "mariadbd" | "mariadb" | "mysql" => "mysqld",
        other => other,
    }
}

/// All names of a service under its one name.
pub(super) fn names(subject: &str) -> Vec<String> {
    match subject {
        "mysqld" => ["mysqld", "mariadbd", "mariadb", "mysql"]
            .map(str::to_owned)
            .to_vec(),
        other => vec![other.to_owned()],
    }
}

/// What the numbers say.
#[derive(Debug, Clone, Copy)]
struct Limits {
    reports: u32,
    hold: Duration,
    hold_critical: Duration,
}

impl Limits {
    fn of(at: &Context<'_>) -> Self {
        Self {
            reports: at.count(&ServiceDown::INFO, "reports"),
            hold: at.seconds(&ServiceDown::INFO, "hold_s"),
            hold_critical: at.seconds(&ServiceDown::INFO, "hold_critical_s"),
        }
    }

    /// Severity and page hold by service: without its database, web server of choice or mail a hosting server is out.
    fn weight(self, subject: &str) -> (Severity, Duration) {
        match subject {
            "mysqld" | "lsws" | "exim" => (Severity::Critical, self.hold_critical),
            _ => (Severity::High, self.hold),
        }
    }
}

/// `sudo systemctl restart <unit>`, if the unit's name is plain enough to be pasted into a shell.
#[must_use]
pub fn restart_command(unit: &str) -> Option<String> {
    is_plain(unit).then(|| format!("sudo systemctl restart {unit}"))
}

/// Whether a unit's name needs no quoting and is no option.
pub(super) fn is_plain(unit: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._@/-".contains(c);
    !unit.is_empty() && !unit.starts_with('-') && unit.chars().all(plain)
}

/// Entries of one service become one: it runs if any of its names runs.
pub(super) fn merged(processes: &Processes) -> Vec<(&str, Service)> {
    let mut out: Vec<(&str, Service)> = Vec::with_capacity(processes.services.len());
    for service in &processes.services {
        let key = subject(&service.name);
        match out.iter_mut().find(|(known, _)| *known == key) {
            None => out.push((key, service.clone())),
            Some((_, known)) => {
                if (service.running, service.installed) > (known.running, known.installed) {
                    known.name.clone_from(&service.name);
                    known.unit.clone_from(&service.unit);
                    known.main_pid = service.main_pid;
                }
                known.running |= service.running;
                known.installed |= service.installed;
                known.enabled |= service.enabled;
            }
        }
    }
    out
}

impl Detector for ServiceDown {
    type State = Services;

    const INFO: Info = Info {
        key: "service_down",
        code: 2,
        version: 2,
        kinds: &[Kind::Processes],
        also: &[],
        compares_reports: true,
        judges: Some(Judged {
            metrics: &["processes.running"],
            of: Of::Service,
            fine: None,
        }),
        name: "Service down",
        about: "A service that was running, or is installed and enabled, has no process in two reports in a row. \
                Critical and paged at once for mysqld, mariadbd, lsws and exim, else high.",
        severities: &[Severity::High, Severity::Critical],
        numbers: &[
            Number {
                key: "reports",
                unit: Unit::Count,
                default: 2.0,
                min: 1.0,
                max: 60.0,
                about: "Reports in a row that decide, either way",
            },
            Number {
                key: "hold_s",
                unit: Unit::Seconds,
                default: 120.0,
                min: 0.0,
                max: 86_400.0,
                about: "How long it is shown before anybody is paged, for services that are high",
            },
            Number {
                key: "hold_critical_s",
                unit: Unit::Seconds,
                default: 0.0,
                min: 0.0,
                max: 86_400.0,
                about: "The same for mysqld, lsws and exim",
            },
        ],
        docs: include_str!("docs/service_down.md"),
    };

    fn judge<'a>(&self, state: &Services, at: &Context<'a>) -> Judgement<'a, Services> {
        let Observation::Report(record) = at.seen else {
            return Judgement {
                patch: None,
                verdicts: Vec::new(),
            };
        };
        let Report::Data(Payload::Processes(processes)) = &*record.report else {
            let verdicts = state.0.iter();
            return Judgement {
                patch: None,
                verdicts: verdicts
                    .map(|t| Verdict::unknown(t.subject.to_string(), "services are unreadable"))
                    .collect(),
            };
        };
        let mut next = state.clone();
        let limits = Limits::of(at);
        let verdicts = merged(processes)
            .into_iter()
            .map(|(subject, service)| next.judge(subject, &service, limits))
            .collect();
        Judgement {
            patch: Some(next),
            verdicts,
        }
    }

    /// Which services ran may have been seen on the other host: what is not down starts anew.
    fn alone_again(&self, state: &Services) -> Option<Services> {
        let down = state.0.iter().filter(|track| track.firing);
        Some(Services(down.cloned().collect()))
    }
}

impl Services {
    fn judge<'a>(&mut self, subject: &'a str, service: &Service, limits: Limits) -> Verdict<'a> {
        let at = self.0.iter().position(|t| &*t.subject == subject);
        let known = at.and_then(|i| self.0.get(i));
        let (ran, firing, against) =
            known.map_or((false, false, 0), |t| (t.ran, t.firing, t.against));
        let down = !service.running && (ran || (service.installed && service.enabled));
        let ran = ran || service.running;
        let against = if down == firing { 0 } else { against + 1 };
        let turned = against >= limits.reports;
        let now_firing = firing != turned;
        let track = Track {
            subject: subject.into(),
            ran,
            against: if turned { 0 } else { against },
            firing: now_firing,
        };
        match at.and_then(|i| self.0.get_mut(i)) {
            Some(slot) => *slot = track,
            // A service that never ran and is not expected to is nothing to remember.
            None if ran || down => self.0.push(track),
            None => {}
        }
        match (now_firing, down) {
            (true, true) => Verdict::breach(subject, finding(subject, service, limits)),
            (false, false) => Verdict::clear(subject),
            (true, false) | (false, true) => Verdict::learning(subject, against, limits.reports),
        }
    }
}

fn finding(subject: &str, service: &Service, limits: Limits) -> Finding {
    let (severity, hold) = limits.weight(subject);
    let enabled = if service.enabled {
        "enabled"
    } else {
        "not enabled"
    };
    Finding {
        severity,
        hold,
        title: Title {
            before: format!("{} is down on ", service.name),
            after: String::new(),
        },
        observed: format!(
            "no process of {} in {} reports in a row ({enabled})",
            service.name, limits.reports
        ),
        expected: "at least one process".to_owned(),
        samples: limits.reports,
        threshold: None,
        command: service.unit.as_deref().and_then(restart_command),
        rule: None,
        evidence: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::Outcome;
    use crate::detect::bench::{Bench, outcome, processes, record, tuned, unreadable};

    fn service(name: &str, running: bool) -> Service {
        Service {
            name: name.to_owned(),
            unit: Some(format!("{name}.service")),
            installed: true,
            enabled: true,
            running,
            ..Service::default()
        }
    }

    fn look(bench: &mut Bench<ServiceDown>, services: Vec<Service>, subject: &str) -> Outcome {
        outcome(
            bench.look(Observation::Report(&processes(0, services))),
            subject,
        )
    }

    #[test]
    fn fires_at_the_second_report_and_clears_at_the_second_running_one() {
        let mut bench = Bench::new(ServiceDown);
        let mut one = |running| look(&mut bench, vec![service("exim", running)], "exim");
        assert_eq!(one(true), Outcome::Clear);
        assert_eq!(one(false), Outcome::Learning { have: 1, need: 2 });
        let Outcome::Breach(finding) = one(false) else {
            panic!("two reports in a row are a breach");
        };
        assert_eq!(finding.severity, Severity::Critical);
        assert_eq!(finding.hold, Duration::ZERO);
        assert_eq!(finding.title.of("mail-02"), "exim is down on mail-02");
        assert_eq!(
            finding.command.as_deref(),
            Some("sudo systemctl restart exim.service")
        );
        assert_eq!(one(true), Outcome::Learning { have: 1, need: 2 });
        assert!(matches!(one(false), Outcome::Breach(_)), "not two in a row");
        assert_eq!(one(true), Outcome::Learning { have: 1, need: 2 });
        assert_eq!(one(true), Outcome::Clear);
    }

    #[test]
    fn a_rule_sets_how_many_reports_decide_and_how_long_it_is_held() {
        let mut bench = Bench::new(ServiceDown);
        let numbers = [("reports", 3.0), ("hold_s", 30.0), ("hold_critical_s", 5.0)];
        bench.rules = tuned("service_down", &numbers);
        for (name, hold) in [("exim", 5), ("nginx", 30)] {
            let mut one = |running| look(&mut bench, vec![service(name, running)], name);
            one(false);
            assert_eq!(one(false), Outcome::Learning { have: 2, need: 3 });
            let Outcome::Breach(finding) = one(false) else {
                panic!("three reports in a row are a breach");
            };
            assert_eq!(finding.hold, Duration::from_secs(hold));
            assert!(finding.observed.contains("in 3 reports in a row"));
            one(true);
            one(true);
            assert_eq!(one(true), Outcome::Clear);
        }
    }

    #[test]
    fn quiet_for_a_single_bad_report() {
        let mut bench = Bench::new(ServiceDown);
        for running in [true, false, true, false, true, false] {
            let got = look(&mut bench, vec![service("nginx", running)], "nginx");
            assert!(!matches!(got, Outcome::Breach(_)));
        }
    }

    #[test]
    fn quiet_for_a_service_never_installed_or_never_started() {
        let mut bench = Bench::new(ServiceDown);
        let absent = Service {
            name: "lsws".into(),
            ..Service::default()
        };
        let disabled = Service {
            enabled: false,
            ..service("dovecot", false)
        };
        for _ in 0..3 {
            let services = vec![absent.clone(), disabled.clone()];
            assert_eq!(look(&mut bench, services.clone(), "lsws"), Outcome::Clear);
            assert_eq!(look(&mut bench, services, "dovecot"), Outcome::Clear);
        }
        assert_eq!(bench.state, Services::default(), "nothing to remember");
    }

    #[test]
    fn fires_for_a_service_stopped_and_disabled_while_it_was_watched() {
        let mut bench = Bench::new(ServiceDown);
        let stopped = Service {
            enabled: false,
            ..service("nginx", false)
        };
        look(&mut bench, vec![service("nginx", true)], "nginx");
        look(&mut bench, vec![stopped.clone()], "nginx");
        let got = look(&mut bench, vec![stopped], "nginx");
        let Outcome::Breach(finding) = got else {
            panic!("it ran before");
        };
        let hold = Duration::from_secs(120);
        assert_eq!((finding.severity, finding.hold), (Severity::High, hold));
    }

    #[test]
    fn mysqld_and_mariadbd_are_one_service() {
        let mut bench = Bench::new(ServiceDown);
        let absent = Service {
            name: "mysqld".into(),
            ..Service::default()
        };
        let maria = |running| vec![absent.clone(), service("mariadbd", running)];
        assert_eq!(look(&mut bench, maria(true), "mysqld"), Outcome::Clear);
        look(&mut bench, maria(false), "mysqld");
        let Outcome::Breach(finding) = look(&mut bench, maria(false), "mysqld") else {
            panic!("down");
        };
        assert_eq!(finding.title.of("db-1"), "mariadbd is down on db-1");
        assert_eq!(finding.severity, Severity::Critical);
    }

    #[test]
    fn an_unreadable_report_is_unknown_and_changes_nothing() {
        let mut bench = Bench::new(ServiceDown);
        look(&mut bench, vec![service("exim", true)], "exim");
        look(&mut bench, vec![service("exim", false)], "exim");
        let got = bench.look(Observation::Report(&unreadable(0, Kind::Processes)));
        assert!(matches!(outcome(got, "exim"), Outcome::Unknown { .. }));
        let got = look(&mut bench, vec![service("exim", false)], "exim");
        assert!(matches!(got, Outcome::Breach(_)));
    }

    #[test]
    fn the_command_is_only_given_for_plain_unit_names() {
        for good in ["exim4", "php8.2-fpm@www/x", "mariadb.service"] {
            assert!(restart_command(good).is_some(), "{good}");
        }
        for bad in [
            "",
            "a b",
            "x;reboot",
            "$(id)",
            "a\nb",
            "\u{fc}nit",
            "-x",
            "a'b",
        ] {
            assert_eq!(restart_command(bad), None, "{bad:?}");
        }
        let mut bench = Bench::new(ServiceDown);
        let evil = Service {
            unit: Some("x; rm -rf /".into()),
            ..service("exim", false)
        };
        look(&mut bench, vec![evil.clone()], "exim");
        let got = bench.look(Observation::Report(&record(
            0,
            Processes {
                services: vec![evil],
            },
        )));
        let Outcome::Breach(finding) = outcome(got, "exim") else {
            panic!("down");
        };
        assert_eq!(finding.command, None);
    }
}
