//! `firewall_attack`: far more passwords are tried than usual, and: mail is sent by somebody who tried many of them.
//!
//! The first is a success of the firewall and worth a line in the digest. The second is not: an address that failed 20
//! times and then sends mail as a login has found its password. An address from which mail was sent before the failures
//! began is its owner's, with an old password in some other device.
//!
//! Two logs tell of the second. The firewall's names who failed, and the mail of an hour from where logins sent; or the
//! mail server's own names who was let in after how many failures (`addresses` of `email-stats`), also of a login that
//! has sent too little to be named. The incident is of login and address, whoever tells of it, so it is one.

mod logins;
mod rate;

use self::logins::{LetIn, Logins, Suspect, Told};
use self::rate::Rate;
use super::shell::word;
use super::{
    Context, Detector, Finding, Info, Judgement, Number, Observation, Outcome, Title, Verdict,
    page_hold,
};
use crate::incident::lifecycle::Phase;
use noc_pipeline::clock::UnixMs;
use noc_pipeline::control::Severity;
use noc_pipeline::payload::email_stats::{AddressStats, LoginStats};
use noc_pipeline::payload::firewall::{FirewallAction, FirewallEvent};
use noc_pipeline::payload::{EmailStats, Firewall, Kind, Payload, Report, Unit};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

const FACTOR: &str = "factor";
const FLOOR: &str = "floor";
const FAILURES: &str = "failures";
const QUIET: &str = "quiet_s";

/// Hours with data that make a mean.
const HOURS: u32 = 6;

/// The detector.
#[derive(Debug, Clone, Copy)]
pub struct FirewallAttack;

/// What is remembered of a server.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Attacks {
    rate: Rate,
    logins: Logins,
}

impl Detector for FirewallAttack {
    type State = Attacks;

    const INFO: Info = Info {
        key: "firewall_attack",
        code: 24,
        version: 1,
        kinds: &[Kind::Firewall, Kind::EmailStats],
        also: &[],
        compares_reports: false,
        judges: None,
        name: "Attack on passwords",
        about: "More than 50 passwords were tried in 10 min, and more than 3 times as many as in the last 24 h. \
                Critical: an address with 20 failures is let in, and sends mail as a login.",
        severities: &[Severity::Medium, Severity::Critical],
        numbers: &[
            Number {
                key: FACTOR,
                unit: Unit::Count,
                default: 3.0,
                min: 1.0,
                max: 100.0,
                about: "So many times the mean of the last 24 h are an attack",
            },
            Number {
                key: FLOOR,
                unit: Unit::Count,
                default: 50.0,
                min: 5.0,
                max: 100_000.0,
                about: "No more events than this in 10 min are never an attack",
            },
            Number {
                key: FAILURES,
                unit: Unit::Count,
                default: 20.0,
                min: 3.0,
                max: 10_000.0,
                about: "An address that failed so often and is then let in has found a password",
            },
            Number {
                key: QUIET,
                unit: Unit::Seconds,
                default: 1_800.0,
                min: 300.0,
                max: 86_400.0,
                about: "It is over after so long without a sign of it",
            },
        ],
        docs: include_str!("../docs/firewall_attack.md"),
    };

    fn judge<'a>(&self, state: &Attacks, at: &Context<'a>) -> Judgement<'a, Attacks> {
        let nothing = |verdicts| Judgement {
            patch: None,
            verdicts,
        };
        let Observation::Report(record) = at.seen else {
            return nothing(Vec::new());
        };
        let mut next = state.clone();
        let now = record.event_at;
        let mut verdicts = match &*record.report {
            Report::Data(Payload::Firewall(told)) => vec![next.attacked(now, told, at)],
            Report::Data(Payload::EmailStats(told)) => next.sent(now, told, at),
            _ if record.report.kind() == Kind::Firewall => {
                return nothing(vec![Verdict::unknown(
                    "",
                    "the firewall's logs are unreadable",
                )]);
            }
            _ => return nothing(Vec::new()),
        };
        next.calmed(now, at, &mut verdicts);
        Judgement {
            patch: Some(next),
            verdicts,
        }
    }
}

/// Whether somebody tried a password, or several: what is then done about it is another event.
const fn is_attempt(event: &FirewallEvent) -> bool {
    matches!(
        event.action,
        FirewallAction::BruteForce | FirewallAction::LoginFailure
    )
}

/// How many failures an event stands for: one, or as many as the firewall counted.
fn failures(event: &FirewallEvent) -> u32 {
    let told = event.reason.find(" in the last ").and_then(|place| {
        let before = event.reason.get(..place)?;
        let number = before.rsplit(|c: char| !c.is_ascii_digit()).next()?;
        number.parse().ok()
    });
    told.unwrap_or(1).clamp(1, 1_000)
}

impl Attacks {
    /// Events of the firewall's logs.
    fn attacked<'a>(&mut self, now: UnixMs, told: &Firewall, at: &Context<'a>) -> Verdict<'a> {
        let open = at.open(&FirewallAttack::INFO, "").is_some();
        self.rate.pass(now, open);
        for event in told.events.iter().filter(|event| is_attempt(event)) {
            // A line dated ahead of its report is of now.
            let when = event.at.min(now);
            self.rate.count(when, now, open);
            self.logins.failed(&event.ip, failures(event), when, now);
        }
        let (recent, mean) = (self.rate.recent(), self.rate.mean(HOURS));
        let floor = at.number(&FirewallAttack::INFO, FLOOR);
        let factor = at.number(&FirewallAttack::INFO, FACTOR);
        let Some(mean) = mean else {
            return Verdict::learning("", self.rate.hours(), HOURS);
        };
        let limit = (mean * factor).max(floor);
        if f64::from(recent) > limit {
            self.rate.loud(now);
            let worst = self.logins.worst();
            return Verdict::breach("", attack(recent, mean, limit, worst.as_deref(), told));
        }
        let reason = "fewer than an attack, and not quiet for long enough";
        Verdict::unknown("", reason)
    }

    /// Who sent mail and from where, and who was let in after failures.
    fn sent<'a>(&mut self, now: UnixMs, told: &EmailStats, at: &Context<'a>) -> Vec<Verdict<'a>> {
        let limit = at.number(&FirewallAttack::INFO, FAILURES);
        let let_in: HashMap<&str, LetIn> = told
            .addresses
            .iter()
            .filter_map(|known| Some((&*known.ip, let_in_of(known)?)))
            .collect();
        let mut found: Vec<(String, Verdict<'a>)> = Vec::new();
        let mut seen = |login: Option<&str>, ip: &str| {
            let told_of = let_in.get(ip).copied();
            let Some(suspect) = self.logins.sent(ip, told.hour, now, limit, told_of) else {
                return;
            };
            let subject = subject_of(login, ip, at);
            if found.len() < logins::MAX_LOUD && found.iter().all(|(known, _)| *known != subject) {
                self.logins.loud(&subject, now);
                let finding = accepted(login, ip, suspect, limit);
                found.push((subject.clone(), Verdict::breach(subject, finding)));
            }
        };
        for login in told.logins.iter().filter(|login| login.login != "*") {
            let addresses = login.ips.as_ref().map_or(&[][..], |ips| ips.names());
            for ip in addresses {
                seen(Some(&login.login), ip);
            }
        }
        // Logins that have sent too little to be named, or from more addresses than are.
        let names = |ip: &str| {
            let of = |login: &LoginStats| {
                let ips = login.ips.as_ref();
                login.login != "*" && ips.is_some_and(|ips| ips.names().iter().any(|n| n == ip))
            };
            told.logins.iter().any(of)
        };
        for address in told
            .addresses
            .iter()
            .filter(|a| let_in.contains_key(&*a.ip))
        {
            match address.login.as_deref() {
                None if names(&address.ip) => {}
                login => seen(login, &address.ip),
            }
        }
        found.into_iter().map(|(_, verdict)| verdict).collect()
    }

    /// What no sign was seen of for long enough is over.
    fn calmed<'a>(&mut self, now: UnixMs, at: &Context<'a>, verdicts: &mut Vec<Verdict<'a>>) {
        let seconds = at.number(&FirewallAttack::INFO, QUIET).max(0.0);
        let quiet = std::time::Duration::from_secs_f64(seconds);
        let breaches = |subject: &str, verdicts: &[Verdict<'a>]| {
            let mut all = verdicts.iter();
            all.any(|v| v.subject == subject && matches!(v.outcome, Outcome::Breach(_)))
        };
        if self.rate.is_quiet(now, quiet)
            && let Some(verdict) = verdicts.iter_mut().find(|v| v.subject.is_empty())
            && matches!(verdict.outcome, Outcome::Unknown { .. })
        {
            *verdict = Verdict::clear("");
        }
        for subject in self.logins.calm(now, quiet) {
            if !breaches(&subject, verdicts) {
                verdicts.push(Verdict::clear(subject));
            }
        }
    }
}

/// What the mail server's log tells of an address that it let in.
fn let_in_of(address: &AddressStats) -> Option<LetIn> {
    Some(LetIn {
        after: address.accepted_after?,
        at: address.at,
        messages: address.accepted,
    })
}

/// Login and address. Where an incident is open of the address without a login, or now of a login without its name, it
/// is that one: the two logs do not always name the same.
fn subject_of(login: Option<&str>, ip: &str, at: &Context<'_>) -> String {
    let nobody = format!("a login from {ip}");
    let Some(login) = login else {
        let ending = format!(" from {ip}");
        let mut open = at.tracks.of(FirewallAttack::INFO.code);
        let known = open.find(|t| t.phase == Phase::Open && t.subject.ends_with(&ending));
        return known.map_or(nobody, |track| track.subject.to_string());
    };
    if at.open(&FirewallAttack::INFO, &nobody).is_some() {
        return nobody;
    }
    format!("{} from {ip}", super::shell::clipped(login, 190))
}

fn attack(recent: u32, mean: f64, limit: f64, worst: Option<&str>, told: &Firewall) -> Finding {
    let more = if told.omitted.is_some() {
        "at least "
    } else {
        ""
    };
    let most = worst.map_or_else(String::new, |ip| format!("; most by {ip}"));
    let ip = worst.and_then(word);
    Finding {
        severity: Severity::Medium,
        hold: page_hold(Severity::Medium),
        title: Title {
            before: "Passwords are tried on ".to_owned(),
            after: String::new(),
        },
        observed: format!("{more}{recent} attempts in 10 min{most}"),
        expected: format!("at most {limit:.0} in 10 min; the mean of the last 24 h is {mean:.1}"),
        samples: recent,
        threshold: Some(limit),
        command: ip.map(|ip| format!("sudo csf -g {ip} || sudo fail2ban-client banned {ip}")),
        rule: None,
        evidence: None,
    }
}

fn accepted(login: Option<&str>, ip: &str, suspect: Suspect, limit: f64) -> Finding {
    let failures = suspect.failures;
    let time = |at: UnixMs| at.to_datetime().format("%Y-%m-%d %H:%M UTC");
    let who = login.map_or_else(|| "a login that is not named".to_owned(), str::to_owned);
    let observed = match suspect.told {
        Told::Firewall { since } => format!(
            "{ip} failed {failures} times since {}, then sent mail as {who}",
            time(since)
        ),
        Told::Mail(told) => {
            let at = told
                .at
                .map_or_else(String::new, |at| format!(" at {}", time(at)));
            let sent = match told.messages {
                None | Some(0) => String::new(),
                Some(1) => "; 1 message came from it since".to_owned(),
                Some(n) => format!("; {n} messages came from it since"),
            };
            format!(
                "{ip} failed {failures} times within two hours, then was let in as {who}{at}{sent}"
            )
        }
    };
    let name = login.map_or("a mailbox".into(), |login| super::shell::clipped(login, 80));
    Finding {
        severity: Severity::Critical,
        hold: page_hold(Severity::Critical),
        title: Title {
            before: format!("A password of {name} was found on "),
            after: String::new(),
        },
        observed,
        expected: format!(
            "no mail from an address with {limit:.0} failures that never sent mail before them"
        ),
        samples: u32::try_from(failures).unwrap_or(u32::MAX),
        threshold: Some(limit),
        command: login.or(Some(ip)).and_then(word).map(|sought| {
            format!("sudo grep -F -- {sought} /var/log/exim_mainlog /var/log/mail.log | tail -n 20")
        }),
        rule: None,
        evidence: None,
    }
}

#[cfg(test)]
mod tests;
