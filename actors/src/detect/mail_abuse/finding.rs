//! A case in words, with its evidence.

use super::Numbers;
use super::census::Entry;
use super::float;
use super::report::Judged;
use crate::detect::evidence::{Counted, Learned, MailEvidence, Sender};
use crate::detect::wording::{about, grouped, plural, shell_word};
use crate::detect::{Finding, Title, page_hold};
use noc_pipeline::clock::UnixMs;
use noc_pipeline::control::Severity;
use noc_pipeline::payload::Distinct;
use std::cmp::Reverse;

/// So many of a kind are named.
const NAMED: usize = 20;
/// Longer names are cut in titles.
const MAX_TITLE: usize = 100;

/// What surrounds a case.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scene<'s, 'a> {
    /// Everybody in the report.
    pub entries: &'s [Entry<'a>],
    pub hour: UnixMs,
    pub complete: bool,
    pub numbers: &'s Numbers,
}

impl Scene<'_, '_> {
    pub fn finding(&self, one: &Judged<'_>, parts: &[&Judged<'_>], signs: Vec<String>) -> Finding {
        let severity = match signs.is_empty() {
            true => Severity::Medium,
            false if float(one.since) >= self.numbers.critical => Severity::Critical,
            false => Severity::High,
        };
        let mut observed = self.observed(one, parts);
        for sign in &signs {
            observed.push_str("; ");
            observed.push_str(sign);
        }
        Finding {
            severity,
            hold: page_hold(severity),
            title: title(one),
            observed,
            expected: expected(one),
            samples: one.limit.expected.samples,
            threshold: Some(one.limit.recipients),
            command: command(&one.entry),
            rule: None,
            evidence: Some(Box::new(self.evidence(one, parts, signs))),
        }
    }

    fn observed(&self, one: &Judged<'_>, parts: &[&Judged<'_>]) -> String {
        let entry = &one.entry;
        let mut said = format!("{} recipients", grouped(entry.recipients));
        if let Some(messages) = entry.messages {
            let s = if messages == 1 { "" } else { "s" };
            said.push_str(&format!(" in {} message{s}", grouped(messages)));
        }
        let hour = self.hour.to_datetime().format("%H:%M");
        let so_far = if self.complete { "" } else { " so far" };
        said.push_str(&format!(" in the hour from {hour} UTC{so_far}"));
        if one.since < entry.recipients {
            let since = grouped(one.since);
            said.push_str(&format!(", {since} of them since its last case was closed"));
        }
        if let Some(addresses) = entry.addresses.map(Distinct::count).filter(|n| *n > 0) {
            let es = if addresses == 1 { "" } else { "es" };
            said.push_str(&format!(", from {addresses} address{es}"));
        }
        let domains = parts.iter().filter(|p| p.entry.sender == Sender::Domain);
        let domains: Vec<&str> = domains.map(|p| p.entry.name).take(3).collect();
        if !domains.is_empty() {
            said.push_str(&format!(", in the name of {}", domains.join(", ")));
        }
        said
    }

    fn evidence(
        &self,
        one: &Judged<'_>,
        parts: &[&Judged<'_>],
        signs: Vec<String>,
    ) -> MailEvidence {
        let entry = &one.entry;
        let (logins, scripts) = self.senders(one);
        let first = self.entries.iter().find(|other| {
            let name = logins.first().or(scripts.first()).map(|c| c.name.as_str());
            other.sender != Sender::Domain && Some(other.name) == name
        });
        let account = entry.account.or(first.and_then(|other| other.account));
        let named = |of: Option<&Distinct>| {
            let names = of.map_or(&[][..], Distinct::names);
            names.iter().take(NAMED).cloned().collect()
        };
        MailEvidence {
            sender: entry.sender,
            name: entry.name.to_owned(),
            account: account.map(str::to_owned),
            hour: self.hour,
            recipients: entry.recipients,
            messages: entry.messages,
            failures: entry.failures.or_else(|| {
                let failures = parts.iter().filter_map(|part| part.entry.failures);
                failures.reduce(u64::saturating_add)
            }),
            expected: one.limit.expected.value,
            learned: one.limit.expected.learned,
            samples: one.limit.expected.samples,
            addresses: named(entry.addresses),
            address_count: entry.addresses.map(Distinct::count),
            countries: named(entry.countries),
            domains: self.domains(one, parts),
            logins,
            scripts,
            signs,
        }
    }

    /// Sender domains of a login or script.
    fn domains(&self, one: &Judged<'_>, parts: &[&Judged<'_>]) -> Vec<Counted> {
        let entry = &one.entry;
        let names = entry.domains.map_or(&[][..], Distinct::names);
        let recipients = |name: &str| {
            if let [only] = names
                && only == name
            {
                return entry.recipients;
            }
            let mut all = self.entries.iter();
            let listed = all.find(|d| d.sender == Sender::Domain && d.name == name);
            listed.map_or(0, |d| d.recipients.min(entry.recipients))
        };
        let of_parts = parts.iter().filter(|p| p.entry.sender == Sender::Domain);
        let mut all: Vec<&str> = names.iter().map(String::as_str).collect();
        all.extend(of_parts.map(|part| part.entry.name));
        all.sort_unstable();
        all.dedup();
        largest(all.into_iter().map(|name| (name, recipients(name))))
    }

    /// Logins and scripts that sent for a domain, as far as that is told.
    fn senders(&self, one: &Judged<'_>) -> (Vec<Counted>, Vec<Counted>) {
        let entry = &one.entry;
        if entry.sender != Sender::Domain {
            return (Vec::new(), Vec::new());
        }
        let sends = |s: &&Entry<'_>| s.may_send_for(entry.name);
        let logins = self.entries.iter().filter(|s| s.sender == Sender::Login);
        let logins: Vec<&Entry<'_>> = logins.filter(sends).collect();
        let accounts: Vec<&str> = logins.iter().filter_map(|s| s.account).collect();
        let scripts = self.entries.iter().filter(|s| {
            // Of scripts only the account is told.
            let of_account = s.account.is_some_and(|account| accounts.contains(&account));
            s.sender == Sender::Script
                && (of_account || s.recipients.saturating_mul(2) >= entry.recipients)
        });
        (
            largest(logins.iter().map(|s| (s.name, s.recipients))),
            largest(scripts.map(|s| (s.name, s.recipients))),
        )
    }
}

fn largest<'n>(all: impl Iterator<Item = (&'n str, u64)>) -> Vec<Counted> {
    let mut all: Vec<_> = all.collect();
    all.sort_by_key(|(name, recipients)| (Reverse(*recipients), *name));
    let named = all.into_iter().take(NAMED);
    named
        .map(|(name, recipients)| Counted {
            name: name.to_owned(),
            recipients,
        })
        .collect()
}

fn title(one: &Judged<'_>) -> Title {
    let kind = match one.entry.sender {
        Sender::Login => "Mailbox",
        Sender::Script => "Script",
        Sender::Domain => "Domain",
    };
    let letters = one.entry.name.chars().count();
    let name: String = if letters > MAX_TITLE {
        // The end of a path says more than its beginning.
        let end = one
            .entry
            .name
            .chars()
            .skip(letters.saturating_sub(MAX_TITLE));
        format!("...{}", end.collect::<String>())
    } else {
        one.entry.name.to_owned()
    };
    Title {
        before: format!("{kind} {name} on "),
        after: format!(
            " mailed {} recipients in an hour",
            grouped(one.entry.recipients)
        ),
    }
}

fn expected(one: &Judged<'_>) -> String {
    let expected = &one.limit.expected;
    let (value, samples) = (about(expected.value), u64::from(expected.samples));
    let mut said = match expected.learned {
        Learned::HourOfDay => format!(
            "about {value} recipients, the median of this hour on {} before",
            plural(samples, "day")
        ),
        Learned::Subject => format!(
            "about {value} recipients, the median of its {} with mail",
            plural(samples, "hour")
        ),
        Learned::Pattern => format!(
            "about {value} recipients, as many as at this time before ({})",
            plural(samples, "time")
        ),
        Learned::Fleet => {
            format!("about {value} recipients, the median of the fleet: it is new on this server")
        }
        Learned::Nothing => "nothing is known of it yet".to_owned(),
    };
    if let Some(allowed) = one.limit.allowed {
        said.push_str(&format!("; {} are allowed", about(allowed)));
    }
    said
}

/// Shows the mail in exim's log.
pub(crate) fn command(entry: &Entry<'_>) -> Option<String> {
    const LOG: &str = "/var/log/exim_mainlog | tail -n 200";
    let show = |text: &str| Some(format!("sudo exigrep -l {} {LOG}", shell_word(text)?));
    match entry.sender {
        Sender::Login => show(entry.name),
        Sender::Domain => show(&format!("@{}", entry.name)),
        Sender::Script => match entry.name.strip_prefix("user:") {
            Some(user) => show(&format!("U={user} ")),
            None => {
                // The log names the folder in which a script was started.
                let (folder, file) = entry.name.rsplit_once('/')?;
                let folder = if file.contains('.') {
                    folder
                } else {
                    entry.name
                };
                let word = shell_word(&format!("cwd={folder}"))?;
                Some(format!("sudo grep -F -- {word} {LOG}"))
            }
        },
    }
}
