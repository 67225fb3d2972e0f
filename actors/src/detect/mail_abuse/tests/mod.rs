//! Hacked accounts, and mailings that only look so.

mod firing;
mod hours;
mod quiet;
mod words;

use super::{Mail, OutgoingMailAbuse};
use crate::detect::bench::{Bench, record};
use crate::detect::evidence::MailEvidence;
use crate::detect::{Finding, Observation, Outcome};
use crate::incident::lifecycle::{Memory, Moment, step};
use crate::state::ClockMs;
use noc_pipeline::clock::UnixMs;
use noc_pipeline::control::{Severity, Word};
use noc_pipeline::payload::email_stats::{DomainStats, LoginStats, ScriptStats};
use noc_pipeline::payload::{Distinct, EmailStats, Inventory, MailDomain};

const HOUR: i64 = 3_600_000;
/// Monday, 2 March 2026, 00:00 UTC.
const START: i64 = 1_772_409_600_000;
const INFO: &str = "login:info@customer.example";

/// A server whose incidents open and resolve as in life.
struct Story {
    bench: Bench<OutgoingMailAbuse>,
}

/// An hour, counted from the start, as a report tells it.
#[derive(Clone)]
struct Hour(EmailStats);

fn hour(number: i64) -> Hour {
    Hour(EmailStats {
        hour: UnixMs(START + number * HOUR),
        complete: true,
        domains: Vec::new(),
        logins: Vec::new(),
        scripts: Vec::new(),
        addresses: Vec::new(),
    })
}

impl Hour {
    /// A login that sends for its own domain only, and that domain.
    fn mailbox(self, recipients: u64) -> Self {
        self.login("info@customer.example", recipients, |_| {})
            .domain("customer.example", recipients, 0)
    }

    fn login(mut self, name: &str, recipients: u64, set: impl FnOnce(&mut LoginStats)) -> Self {
        let domain = name.rsplit('@').next().unwrap_or_default().to_owned();
        let mut login = LoginStats {
            login: name.to_owned(),
            account: Some("customer".to_owned()),
            messages: Some(recipients / 10),
            recipients: Some(recipients),
            failures: Some(0),
            ips: Some(Distinct::named(["198.18.0.7".to_owned()])),
            countries: None,
            domains: Some(Distinct::named([domain])),
            auth_failures: None,
        };
        set(&mut login);
        self.0.logins.push(login);
        self
    }

    fn script(mut self, path: &str, recipients: u64) -> Self {
        self.0.scripts.push(ScriptStats {
            path: path.to_owned(),
            account: Some("customer".to_owned()),
            messages: Some(recipients),
            recipients: Some(recipients),
        });
        self
    }

    fn domain(mut self, name: &str, recipients: u64, failed: u64) -> Self {
        self.0.domains.push(DomainStats {
            domain: name.to_owned(),
            messages: Some(recipients / 10),
            recipients: Some(recipients),
            deferred: Some(failed / 2),
            bounced: Some(failed - failed / 2),
        });
        self
    }

    fn running(mut self) -> Self {
        self.0.complete = false;
        self
    }
}

impl Story {
    fn new() -> Self {
        Self {
            bench: Bench::new(OutgoingMailAbuse),
        }
    }

    /// A server that is known for so many days, on which the mailbox mails so many in each hour of 8 to 17.
    fn known(days: i64, recipients: u64) -> Self {
        let mut story = Self::new();
        for number in 0..days * 24 {
            let busy = (8..18).contains(&(number % 24));
            let mail = if busy { recipients } else { 0 };
            assert_eq!(
                story.breaches(hour(number).mailbox(mail)),
                [""; 0],
                "hour {number}"
            );
        }
        story
    }

    /// Shows a report five minutes after what it tells of, or in the middle of the hour.
    fn see(&mut self, hour: Hour) -> Vec<(String, Outcome)> {
        let minutes = if hour.0.complete { 65 } else { 30 };
        self.see_at(hour.0.hour.0 + minutes * 60_000, hour)
    }

    fn see_at(&mut self, now: i64, hour: Hour) -> Vec<(String, Outcome)> {
        self.bench.clock = ClockMs(u64::try_from(now - START).unwrap());
        let record = record(now, hour.0);
        let said = self.bench.look(Observation::Report(&record));
        for (subject, outcome) in &said {
            let at = Moment {
                clock: self.bench.clock,
                server_down: false,
                fleet_silent: false,
            };
            let known = self.bench.tracks.get(9, subject).cloned();
            let step = step(9, subject, known.as_ref(), outcome, at);
            self.bench.tracks.take(9, subject, step.memory);
        }
        said
    }

    /// The subjects in breach.
    fn breaches(&mut self, hour: Hour) -> Vec<String> {
        let said = self.see(hour).into_iter();
        said.filter(|(_, outcome)| matches!(outcome, Outcome::Breach(_)))
            .map(|(subject, _)| subject)
            .collect()
    }

    /// The one case that a report makes.
    fn case(&mut self, hour: Hour) -> (String, Finding) {
        let said = self.see(hour);
        let mut found: Vec<_> = said
            .into_iter()
            .filter_map(|(subject, outcome)| match outcome {
                Outcome::Breach(finding) => Some((subject, *finding)),
                _ => None,
            })
            .collect();
        assert_eq!(found.len(), 1, "one case: {found:?}");
        found.remove(0)
    }

    fn open(&self) -> Vec<&str> {
        let open = self.bench.tracks.open();
        open.map(|track| &*track.subject).collect()
    }

    fn tell(&mut self, subject: &str, word: Word, at: i64) {
        if word == Word::CaseClosed {
            self.bench.tracks.take(9, subject, Memory::Forget);
        }
        let told = Observation::Told {
            subject,
            word: &word,
            at: UnixMs(at),
        };
        assert!(self.bench.look(told).is_empty());
    }

    fn inventory(&mut self, domains: &[&str]) {
        let domains = domains.iter().map(|domain| MailDomain {
            domain: (*domain).to_owned(),
            dkim_selector: None,
        });
        let inventory = Inventory {
            hostname: "web-01.host.example".to_owned(),
            mail_domains: domains.collect(),
            ..Inventory::default()
        };
        let record = record(START, inventory);
        assert!(self.bench.look(Observation::Report(&record)).is_empty());
    }

    fn state(&self) -> &Mail {
        &self.bench.state
    }
}

fn evidence(finding: &Finding) -> &MailEvidence {
    finding.evidence.as_deref().expect("a case has evidence")
}

fn severity(case: &(String, Finding)) -> Severity {
    case.1.severity
}
