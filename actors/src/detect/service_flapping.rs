//! `service_flapping`: a service is restarted again and again. Subject: the service.
//!
//! Another main process than in the report before is a restart; three within 15 min are a breach. A reload keeps the
//! main process, and workers that come and go are none. Over after 30 min without one. Times are those of the reports.
//!
//! A main process that comes back was never gone: what was taken for a restart meanwhile was a process of the same name
//! that stood in front for a moment, and is forgotten. Restarts across a new run of the agent are not counted: the host
//! may have been restarted, which is `unexpected_reboot`.

use super::service_down::{is_plain, merged};
use super::{
    Context, Detector, Finding, Info, Judgement, Number, Observation, Title, Verdict, page_hold,
    span,
};
use noc_pipeline::clock::UnixMs;
use noc_pipeline::control::Severity;
use noc_pipeline::payload::{Kind, Payload, Report, Service, Unit};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// So many restarts are remembered a service.
const MOST: usize = 64;

/// The detector.
#[derive(Debug, Clone, Copy)]
pub struct ServiceFlapping;

/// What is remembered of a server's services.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Services {
    /// The run of the agent that told it.
    run: u32,
    all: Vec<Known>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Known {
    subject: Box<str>,
    main_pid: u64,
    /// When, and the main process before; oldest first.
    restarts: Vec<(UnixMs, u64)>,
    firing: bool,
}

/// What the numbers say.
#[derive(Debug, Clone, Copy)]
struct Limits {
    restarts: u32,
    window: Duration,
    quiet: Duration,
}

impl Detector for ServiceFlapping {
    type State = Services;

    const INFO: Info = Info {
        key: "service_flapping",
        code: 13,
        version: 1,
        kinds: &[Kind::Processes],
        also: &[],
        compares_reports: true,
        judges: None,
        name: "Service flapping",
        about: "A service was restarted three times or more within 15 min.",
        severities: &[Severity::High],
        numbers: &[
            Number {
                key: "restarts",
                unit: Unit::Count,
                default: 3.0,
                min: 2.0,
                max: 60.0,
                about: "So many restarts within window_s",
            },
            Number {
                key: "window_s",
                unit: Unit::Seconds,
                default: 900.0,
                min: 120.0,
                max: 86_400.0,
                about: "See restarts",
            },
            Number {
                key: "quiet_s",
                unit: Unit::Seconds,
                default: 1_800.0,
                min: 60.0,
                max: 86_400.0,
                about: "How long without a restart ends it",
            },
        ],
        docs: include_str!("docs/service_flapping.md"),
    };

    fn judge<'a>(&self, state: &Services, at: &Context<'a>) -> Judgement<'a, Services> {
        let nothing = |verdicts| Judgement {
            patch: None,
            verdicts,
        };
        let Observation::Report(record) = at.seen else {
            return nothing(Vec::new());
        };
        let Report::Data(Payload::Processes(processes)) = &*record.report else {
            let firing = state.all.iter().filter(|known| known.firing);
            let unknown =
                firing.map(|k| Verdict::unknown(k.subject.to_string(), "services are unreadable"));
            return nothing(unknown.collect());
        };
        let limits = Limits {
            restarts: at.count(&Self::INFO, "restarts"),
            window: at.seconds(&Self::INFO, "window_s"),
            quiet: at.seconds(&Self::INFO, "quiet_s"),
        };
        let now = record.event_at;
        let run = record.boot_id.as_fields().0;
        let mut next = state.clone();
        let same_run = next.run == run;
        next.run = run;
        let services = merged(processes);
        let mut verdicts = Vec::with_capacity(services.len());
        for (subject, service) in &services {
            let known = next.known(subject, service);
            let Some(known) = known else { continue };
            if service.running && service.main_pid.is_none() {
                verdicts.push(Verdict::unknown(*subject, "its main process is not known"));
                continue;
            }
            if let Some(pid) = service.main_pid.filter(|_| service.running) {
                known.runs(pid, now, same_run);
            }
            verdicts.push(known.judge(subject, service, limits, now));
        }
        // Those that left the list: nothing restarts them any more.
        next.all.retain_mut(|known| {
            if services
                .iter()
                .any(|(subject, _)| **subject == *known.subject)
            {
                return true;
            }
            let over = known.quiet_for(now).is_none_or(|q| q >= limits.quiet);
            if over && known.firing {
                verdicts.push(Verdict::clear(known.subject.to_string()));
            }
            !over
        });
        Judgement {
            patch: Some(next),
            verdicts,
        }
    }
}

impl Services {
    /// What is known of a service; made when it is first seen running.
    fn known(&mut self, subject: &str, service: &Service) -> Option<&mut Known> {
        let place = self.all.iter().position(|k| *k.subject == *subject);
        if place.is_none() {
            self.all.push(Known {
                subject: subject.into(),
                main_pid: service.main_pid.filter(|_| service.running)?,
                restarts: Vec::new(),
                firing: false,
            });
        }
        match place {
            Some(place) => self.all.get_mut(place),
            None => self.all.last_mut(),
        }
    }
}

impl Known {
    fn runs(&mut self, pid: u64, now: UnixMs, same_run: bool) {
        if pid == self.main_pid {
            return;
        }
        let before = std::mem::replace(&mut self.main_pid, pid);
        if !same_run {
            return;
        }
        if let Some(came_back) = self.restarts.iter().position(|(_, from)| *from == pid) {
            self.restarts.truncate(came_back);
            return;
        }
        if self.restarts.len() >= MOST {
            self.restarts.remove(0);
        }
        self.restarts.push((now, before));
    }

    /// How long there was no restart; `None` where none is remembered.
    fn quiet_for(&self, now: UnixMs) -> Option<Duration> {
        self.restarts.last().map(|(at, _)| now.since(*at))
    }

    fn judge<'a>(
        &mut self,
        subject: &'a str,
        service: &Service,
        limits: Limits,
        now: UnixMs,
    ) -> Verdict<'a> {
        let lately = self.restarts.iter().rev();
        let lately = lately.take_while(|(at, _)| now.since(*at) < limits.window);
        let count = u32::try_from(lately.count()).unwrap_or(u32::MAX);
        if count >= limits.restarts {
            self.firing = true;
            return Verdict::breach(subject, finding(service, limits, count));
        }
        let keep = limits.window.max(limits.quiet);
        let quiet = self.quiet_for(now).unwrap_or(Duration::MAX);
        self.restarts.retain(|(at, _)| now.since(*at) < keep);
        if self.firing && quiet < limits.quiet {
            let minutes = |span: Duration| u32::try_from(span.as_secs() / 60).unwrap_or(u32::MAX);
            return Verdict::learning(subject, minutes(quiet), minutes(limits.quiet));
        }
        self.firing = false;
        Verdict::clear(subject)
    }
}

fn finding(service: &Service, limits: Limits, count: u32) -> Finding {
    let window = span::in_words(limits.window);
    let unit = service.unit.as_deref().filter(|unit| is_plain(unit));
    Finding {
        severity: Severity::High,
        hold: page_hold(Severity::High),
        title: Title {
            before: format!("{} is restarted again and again on ", service.name),
            after: String::new(),
        },
        observed: format!("{count} restarts within {window}"),
        expected: format!("fewer than {} within {window}", limits.restarts),
        samples: count,
        threshold: Some(f64::from(limits.restarts)),
        command: unit.map(|unit| format!("sudo journalctl -u {unit} -n 100 --no-pager")),
        rule: None,
        evidence: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::Outcome;
    use crate::detect::bench::{Bench, outcome, processes, tuned, unreadable};
    use uuid::Uuid;

    struct Story {
        bench: Bench<ServiceFlapping>,
        run: u32,
    }

    fn exim(main_pid: impl Into<Option<u64>>, running: bool) -> Service {
        Service {
            name: "exim".to_owned(),
            unit: Some("exim4.service".to_owned()),
            installed: true,
            enabled: true,
            running,
            pids: Some(3),
            main_pid: main_pid.into(),
        }
    }

    impl Story {
        fn new() -> Self {
            Self {
                bench: Bench::new(ServiceFlapping),
                run: 1,
            }
        }

        fn look(&mut self, minute: i64, services: Vec<Service>) -> Vec<(String, Outcome)> {
            let mut told = processes(minute * 60_000, services);
            told.boot_id = Uuid::from_fields(self.run, 0, 0, &[0; 8]);
            self.bench.look(Observation::Report(&told))
        }

        fn main(&mut self, minute: i64, pid: u64) -> Outcome {
            outcome(self.look(minute, vec![exim(pid, true)]), "exim")
        }
    }

    fn is_breach(outcome: &Outcome) -> bool {
        matches!(outcome, Outcome::Breach(_))
    }

    #[test]
    fn fires_at_the_third_restart_in_15_min_and_is_over_after_30_quiet_ones() {
        let mut story = Story::new();
        assert_eq!(story.main(0, 100), Outcome::Clear);
        assert_eq!(story.main(1, 200), Outcome::Clear);
        assert_eq!(story.main(5, 300), Outcome::Clear);
        let Outcome::Breach(finding) = story.main(15, 400) else {
            panic!("three restarts");
        };
        assert_eq!(finding.severity, Severity::High);
        let title = finding.title.of("mail-1");
        assert_eq!(title, "exim is restarted again and again on mail-1");
        assert_eq!(finding.observed, "3 restarts within 15 min");
        let command = "sudo journalctl -u exim4.service -n 100 --no-pager";
        assert_eq!(finding.command.as_deref(), Some(command));
        assert_eq!(story.main(16, 400), Outcome::Learning { have: 1, need: 30 });
        assert_eq!(
            story.main(44, 400),
            Outcome::Learning { have: 29, need: 30 }
        );
        assert_eq!(story.main(45, 400), Outcome::Clear);
        assert_eq!(story.bench.state.all[0].restarts, []);
    }

    #[test]
    fn quiet_for_restarts_far_apart() {
        let mut story = Story::new();
        for n in 0..50_u64 {
            let got = story.main(i64::try_from(n).unwrap() * 8, 100 + n);
            assert_eq!(got, Outcome::Clear, "restart {n}");
        }
    }

    #[test]
    fn a_crash_loop_seen_half_the_time_is_one() {
        let mut story = Story::new();
        story.main(0, 100);
        for n in 1..4_u64 {
            let minute = i64::try_from(n).unwrap() * 3;
            let down = story.look(minute - 1, vec![exim(None, false)]);
            assert_eq!(outcome(down, "exim"), Outcome::Clear);
            assert_eq!(is_breach(&story.main(minute, 100 + n)), n == 3);
        }
    }

    #[test]
    fn quiet_for_reloads_and_workers_that_come_and_go() {
        let mut story = Story::new();
        for n in 0..30 {
            let service = Service {
                pids: Some(2 + n % 7),
                ..exim(100, true)
            };
            let minute = i64::try_from(n).unwrap();
            let got = outcome(story.look(minute, vec![service]), "exim");
            assert_eq!(got, Outcome::Clear);
        }
    }

    #[test]
    fn quiet_when_another_process_stands_in_front_for_a_moment() {
        let mut story = Story::new();
        for n in 0..60_u64 {
            let pid = if n % 3 == 1 { 20 + n } else { 100 };
            let got = story.main(i64::try_from(n).unwrap(), pid);
            assert_eq!(got, Outcome::Clear, "minute {n}");
        }
    }

    #[test]
    fn a_missing_main_process_and_an_unreadable_report_are_unknown() {
        let mut story = Story::new();
        for minute in 0..4 {
            story.main(minute, 100 + minute.unsigned_abs());
        }
        let got = outcome(story.look(4, vec![exim(None, true)]), "exim");
        assert!(matches!(got, Outcome::Unknown { .. }));
        let broken = unreadable(5 * 60_000, Kind::Processes);
        let got = outcome(story.bench.look(Observation::Report(&broken)), "exim");
        assert!(matches!(got, Outcome::Unknown { .. }));
        assert!(is_breach(&story.main(6, 103)), "still");
        let mut story = Story::new();
        let got = story.look(0, vec![exim(None, true)]);
        assert!(got.is_empty(), "nothing to compare with");
    }

    #[test]
    fn restarts_of_the_host_are_not_the_services() {
        let mut story = Story::new();
        for n in 0..10 {
            story.run = n;
            let got = story.main(n.into(), 100 + u64::from(n));
            assert_eq!(got, Outcome::Clear);
        }
    }

    #[test]
    fn several_services_are_told_apart_and_one_that_leaves_the_list_is_over_in_time() {
        let mut story = Story::new();
        let mut look = |minute: i64, named: bool, exims: bool| {
            let pid = minute.unsigned_abs();
            let nginx = Service {
                name: "nginx".to_owned(),
                ..exim(7, true)
            };
            let mut services = vec![nginx; usize::from(named)];
            services.extend(exims.then(|| exim(1_000 + pid, true)));
            story.look(minute, services)
        };
        for minute in 0..4 {
            let got = look(minute, true, true);
            assert_eq!(outcome(got.clone(), "nginx"), Outcome::Clear);
            assert_eq!(is_breach(&outcome(got, "exim")), minute == 3);
        }
        for minute in 4..33 {
            assert_eq!(look(minute, true, false).len(), 1, "minute {minute}");
        }
        assert_eq!(outcome(look(33, true, false), "exim"), Outcome::Clear);
        assert_eq!(story.bench.state.all.len(), 1);
    }

    #[test]
    fn mysqld_and_mariadbd_are_one_service_with_the_one_that_runs() {
        let mut story = Story::new();
        for minute in 0..4_i64 {
            let absent = Service {
                name: "mysqld".to_owned(),
                ..Service::default()
            };
            let runs = Service {
                name: "mariadbd".to_owned(),
                ..exim(50 + minute.unsigned_abs(), true)
            };
            let got = outcome(story.look(minute, vec![absent, runs]), "mysqld");
            assert_eq!(is_breach(&got), minute == 3);
        }
    }

    #[test]
    fn a_rule_sets_its_numbers_and_memory_is_bounded() {
        let mut story = Story::new();
        let numbers = [("restarts", 2.0), ("window_s", 86_400.0), ("quiet_s", 60.0)];
        story.bench.rules = tuned("service_flapping", &numbers);
        story.main(0, 1);
        assert_eq!(story.main(60, 2), Outcome::Clear);
        assert!(is_breach(&story.main(1_000, 3)));
        for n in 0..200_u32 {
            story.main(1_001 + i64::from(n), 10 + u64::from(n));
        }
        assert_eq!(story.bench.state.all[0].restarts.len(), MOST);
    }
}
