//! `email-stats`: mail sent in one hour, by sender domain, login and script. Every 300 s for the running hour, cumulative
//! and of busy domains only; once for each finished hour, complete.
//!
//! Numbers and events stand at the start of the hour, so the same hour again replaces what was there and never adds.
//! A count of a running hour that comes when the hour is over is passed over: the complete one says more, and may have
//! come first.

use super::address::{address, country};
use super::catalogue::{Body, Occasion, columns, float};
use super::domain::mail_domain;
use super::events::{EventRow, EventTable, EventValue, EventVisitor, listed};
use super::validate::{Distinct, Fields};
use super::wire_time;
use crate::clock::UnixMs;
use serde::Serialize;
use std::collections::HashMap;
use std::hash::Hash;

const HOUR_MS: i64 = 3_600_000;

/// Mail sent in one hour.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EmailStats {
    /// Start of the hour, UTC, by our clock.
    #[serde(serialize_with = "wire_time::serialize")]
    pub hour: UnixMs,
    /// Whether the hour was over when it was counted, and all that had traffic is named.
    pub complete: bool,
    /// By sender domain, each once.
    pub domains: Vec<DomainStats>,
    /// By login, each once.
    pub logins: Vec<LoginStats>,
    /// By script, each once.
    pub scripts: Vec<ScriptStats>,
    /// Addresses that failed to log in, each once: those with most failures, and those that got in after some.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub addresses: Vec<AddressStats>,
}

/// Mail of one sender domain.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct DomainStats {
    /// Lower case, other scripts as A-labels; `*` stands for all that are not named, `invalid` for what is no domain.
    pub domain: String,
    /// Messages taken.
    pub messages: Option<u64>,
    /// Recipients of those.
    pub recipients: Option<u64>,
    /// Recipients that were deferred.
    pub deferred: Option<u64>,
    /// Recipients that bounced.
    pub bounced: Option<u64>,
}

/// Mail of one login.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct LoginStats {
    /// Who logged in to send; `*` stands for all that are not named.
    pub login: String,
    /// The hosting account it belongs to.
    pub account: Option<String>,
    /// Messages taken.
    pub messages: Option<u64>,
    /// Recipients of those.
    pub recipients: Option<u64>,
    /// Recipients that failed or were deferred.
    pub failures: Option<u64>,
    /// Addresses it came from.
    pub ips: Option<Distinct>,
    /// Countries it came from.
    pub countries: Option<Distinct>,
    /// Sender domains it used.
    pub domains: Option<Distinct>,
    /// Wrong passwords that were tried for it.
    pub auth_failures: Option<u64>,
}

/// Mail of one script.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct ScriptStats {
    /// The script, or the folder it ran in; `*` stands for all that are not named.
    pub path: String,
    /// The hosting account it belongs to.
    pub account: Option<String>,
    /// Messages taken.
    pub messages: Option<u64>,
    /// Recipients of those.
    pub recipients: Option<u64>,
}

/// Logging in to send mail from one address.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct AddressStats {
    /// The address, in its shortest form.
    pub ip: String,
    /// Wrong passwords in this hour.
    pub failures: Option<u64>,
    /// Messages taken from it with a login in this hour, once it had failed.
    pub accepted: Option<u64>,
    /// After how many failures of this hour and the one before it was let in: the most there were. `None`: it was not.
    pub accepted_after: Option<u64>,
    /// As whom it was let in then.
    pub login: Option<String>,
    /// When that was, by our clock.
    #[serde(serialize_with = "wire_time::option::serialize")]
    pub at: Option<UnixMs>,
}

/// Entries a list may have: 1,000, and the sum of the rest.
const MAX_ENTRIES: usize = 1_001;

const MAX_LOGIN_CHARS: usize = 255;
const MAX_PATH_CHARS: usize = 1_024;
const MAX_ACCOUNT_CHARS: usize = 64;

const HOUR: &str = "the start of an hour such as 2026-05-07T12:00:00Z";

impl Body for EmailStats {
    type Row = DomainStats;

    columns! { EmailStats, "email-stats", Some("domain");
        messages: Count, "Messages sent in an hour", |d| float(d.messages);
        recipients: Count, "Recipients mailed in an hour", |d| float(d.recipients);
        deferred: Count, "Recipients deferred in an hour", |d| float(d.deferred);
        bounced: Count, "Recipients bounced in an hour", |d| float(d.bounced);
    }

    fn read(fields: &mut Fields<'_, '_>) -> Option<Self> {
        let whole = |text: &str| wire_time::parse(text).filter(|at| at.hour() == *at);
        let hour = fields.required_parsed("hour", HOUR, whole);
        let complete = fields.required_bool("complete");
        let domains = fields.required_list("domains", MAX_ENTRIES, read_domain);
        let logins = fields.required_list("logins", MAX_ENTRIES, read_login);
        let scripts = fields.required_list("scripts", MAX_ENTRIES, read_script);
        // What agents before 0.3 do not tell.
        let addresses = fields.optional_list("addresses", MAX_ENTRIES, read_address);
        Some(Self {
            hour: hour?,
            complete: complete?,
            domains: merged(domains?, |d| d.domain.clone(), DomainStats::merge),
            logins: merged(logins?, |l| l.login.clone(), LoginStats::merge),
            scripts: merged(scripts?, |s| s.path.clone(), ScriptStats::merge),
            addresses: merged(addresses, |a| a.ip.clone(), AddressStats::merge),
        })
    }

    fn rows(&self) -> &[DomainStats] {
        &self.domains
    }

    fn subject(row: &DomainStats) -> Option<&str> {
        Some(&row.domain)
    }

    fn row_at(&self, _: UnixMs, received_at: UnixMs) -> Option<UnixMs> {
        let ends = UnixMs(self.hour.0.saturating_add(HOUR_MS));
        (self.complete || received_at < ends).then_some(self.hour)
    }

    /// A finished hour is judged however late its count comes, as long as it is the newest.
    fn occasion(&self) -> Option<Occasion> {
        self.complete.then(|| Occasion {
            subject: String::new(),
            at: self.hour,
        })
    }

    /// A wrong clock's hours are not ours: the one is that they begin in, or at most 5 min before, because a skew that
    /// is whole hours is measured as a little less or more.
    fn correct_times(&mut self, correct: &dyn Fn(UnixMs) -> UnixMs) {
        self.hour = UnixMs(correct(self.hour).0.saturating_add(5 * 60_000)).hour();
        for address in &mut self.addresses {
            address.at = address.at.map(correct);
        }
    }

    fn events(&self, row_at: UnixMs, each: &mut EventVisitor<'_>) {
        let complete = Some(self.complete.into());
        for login in &self.logins {
            let mut values = vec![
                Some(login.login.as_str().into()),
                login.account.as_deref().map(Into::into),
                number(login.messages),
                number(login.recipients),
                number(login.failures),
            ];
            for distinct in [&login.ips, &login.countries, &login.domains] {
                values.push(number(distinct.as_ref().map(Distinct::count)));
                let names = distinct.as_ref().map_or(&[][..], Distinct::names);
                values.push(listed(names.iter().map(String::as_str)));
            }
            values.push(complete.clone());
            values.push(number(login.auth_failures));
            each(EventRow {
                table: EventTable::EmailLogins,
                at: row_at,
                values,
            });
        }
        for script in &self.scripts {
            each(EventRow {
                table: EventTable::EmailScripts,
                at: row_at,
                values: vec![
                    Some(script.path.as_str().into()),
                    script.account.as_deref().map(Into::into),
                    number(script.messages),
                    number(script.recipients),
                    complete.clone(),
                ],
            });
        }
        for address in &self.addresses {
            each(EventRow {
                table: EventTable::EmailAddresses,
                at: row_at,
                values: vec![
                    Some(address.ip.as_str().into()),
                    number(address.failures),
                    number(address.accepted),
                    number(address.accepted_after),
                    address.login.as_deref().map(Into::into),
                    address.at.map(|at| at.to_string().as_str().into()),
                    complete.clone(),
                ],
            });
        }
    }
}

fn number(value: Option<u64>) -> Option<EventValue> {
    float(value).map(EventValue::Number)
}

fn read_domain(fields: &mut Fields<'_, '_>) -> Option<DomainStats> {
    let domain = fields.required_usable("domain", |text| Some(mail_domain(text)));
    Some(DomainStats {
        domain: domain?,
        messages: fields.count("messages"),
        recipients: fields.count("recipients"),
        deferred: fields.count("deferred"),
        bounced: fields.count("bounced"),
    })
}

fn read_login(fields: &mut Fields<'_, '_>) -> Option<LoginStats> {
    let login = fields.required_clipped_text("login", MAX_LOGIN_CHARS);
    Some(LoginStats {
        login: login?,
        account: fields.clipped_text("account", MAX_ACCOUNT_CHARS),
        messages: fields.count("messages"),
        recipients: fields.count("recipients"),
        failures: fields.count("failures"),
        ips: fields.distinct("ips", address),
        countries: fields.distinct("countries", |text| country(text).ok().flatten()),
        domains: fields.distinct("domains", |text| Some(mail_domain(text))),
        auth_failures: fields.count("auth_failures"),
    })
}

fn read_script(fields: &mut Fields<'_, '_>) -> Option<ScriptStats> {
    let path = fields.required_clipped_text("path", MAX_PATH_CHARS);
    Some(ScriptStats {
        path: path?,
        account: fields.clipped_text("account", MAX_ACCOUNT_CHARS),
        messages: fields.count("messages"),
        recipients: fields.count("recipients"),
    })
}

fn read_address(fields: &mut Fields<'_, '_>) -> Option<AddressStats> {
    let ip = fields.required_usable("ip", address);
    Some(AddressStats {
        ip: ip?,
        failures: fields.count("failures"),
        accepted: fields.count("accepted"),
        accepted_after: fields.count("accepted_after"),
        login: fields.clipped_text("login", MAX_LOGIN_CHARS),
        at: fields.time("at"),
    })
}

/// Entries whose name is the same, once it has its form, as one: their mail is all of it.
fn merged<T, K: Hash + Eq>(
    entries: Vec<T>,
    key: impl Fn(&T) -> K,
    merge: impl Fn(&mut T, T),
) -> Vec<T> {
    let mut places: HashMap<K, usize> = HashMap::with_capacity(entries.len());
    let mut out: Vec<T> = Vec::with_capacity(entries.len());
    for entry in entries {
        let place = *places.entry(key(&entry)).or_insert(out.len());
        match out.get_mut(place) {
            Some(known) => merge(known, entry),
            None => out.push(entry),
        }
    }
    out
}

fn add(to: &mut Option<u64>, more: Option<u64>) {
    *to = match (*to, more) {
        (Some(a), Some(b)) => Some(a.saturating_add(b).min(super::validate::MAX_WHOLE)),
        (a, b) => a.or(b),
    };
}

fn join(to: &mut Option<Distinct>, more: Option<Distinct>) {
    *to = match (to.take(), more) {
        (Some(a), Some(b)) => Some(a.merged(b)),
        (a, b) => a.or(b),
    };
}

impl DomainStats {
    fn merge(&mut self, more: Self) {
        add(&mut self.messages, more.messages);
        add(&mut self.recipients, more.recipients);
        add(&mut self.deferred, more.deferred);
        add(&mut self.bounced, more.bounced);
    }
}

impl LoginStats {
    fn merge(&mut self, more: Self) {
        self.account = self.account.take().or(more.account);
        add(&mut self.messages, more.messages);
        add(&mut self.recipients, more.recipients);
        add(&mut self.failures, more.failures);
        join(&mut self.ips, more.ips);
        join(&mut self.countries, more.countries);
        join(&mut self.domains, more.domains);
        add(&mut self.auth_failures, more.auth_failures);
    }
}

impl AddressStats {
    fn merge(&mut self, more: Self) {
        add(&mut self.failures, more.failures);
        add(&mut self.accepted, more.accepted);
        if more.accepted_after > self.accepted_after {
            self.accepted_after = more.accepted_after;
            self.login = more.login;
            self.at = more.at;
        }
    }
}

impl ScriptStats {
    fn merge(&mut self, more: Self) {
        self.account = self.account.take().or(more.account);
        add(&mut self.messages, more.messages);
        add(&mut self.recipients, more.recipients);
    }
}
