//! What a hacked account shows and a large mailing does not.

use super::census::Entry;
use super::memory::{Mail, Sent};
use super::{Numbers, float};
use crate::baseline::DAY_HOURS;
use crate::detect::evidence::Sender;
use crate::detect::wording::{grouped, plural};
use noc_pipeline::payload::Distinct;

/// A server must be known for so long before a script can be new on it, hours.
const WATCHED: u32 = 7 * DAY_HOURS;
/// A script stays new for so long, hours: a hack that goes on is not better for it.
const NEW: u32 = DAY_HOURS;
/// More sender domains than reports name: no account has so many.
const MANY_DOMAINS: u64 = 20;
/// Foreign domains that are named.
const NAMED: usize = 3;

/// The signs of one sender in an hour; `settled` was judged before.
pub(super) fn of(
    mail: &Mail,
    entry: &Entry<'_>,
    hour: u32,
    settled: Sent,
    numbers: &Numbers,
) -> Vec<String> {
    let recipients = entry.recipients.saturating_sub(settled.recipients);
    let failures = entry.failures.map(|f| f.saturating_sub(settled.failures));
    let found = [
        failures.and_then(|failures| failing(failures, recipients, numbers)),
        many(entry.addresses, numbers.addresses, "addresses"),
        many(entry.countries, numbers.countries, "countries"),
        (entry.sender == Sender::Script)
            .then(|| new_script(mail, entry, hour))
            .flatten(),
        foreign(mail, entry),
    ];
    found.into_iter().flatten().collect()
}

/// Too many failed or deferred.
pub(super) fn failing(failures: u64, recipients: u64, numbers: &Numbers) -> Option<String> {
    let pct = 100.0 * float(failures) / float(recipients.max(1));
    let much = pct >= numbers.failure_pct && float(failures) >= numbers.failure_floor;
    much.then(|| {
        format!(
            "{} of {} recipients failed or were deferred",
            grouped(failures),
            grouped(recipients)
        )
    })
}

fn many(distinct: Option<&Distinct>, from: f64, what: &str) -> Option<String> {
    let count = distinct?.count();
    (float(count) >= from).then(|| format!("logged in from {count} {what} in the hour"))
}

fn new_script(mail: &Mail, entry: &Entry<'_>, hour: u32) -> Option<String> {
    let (since, _) = mail.hours.told()?;
    let watched = hour.saturating_sub(since);
    let first = mail.hours.first_seen(entry.id());
    let is_new = first.is_none_or(|first| first.saturating_add(NEW) > hour);
    (watched >= WATCHED && is_new).then(|| {
        let days = u64::from((watched / DAY_HOURS).min(30));
        format!("the script sent nothing in {} before", plural(days, "day"))
    })
}

/// In the name of somebody else.
pub(super) fn foreign(mail: &Mail, entry: &Entry<'_>) -> Option<String> {
    let is_foreign = |domain: &str| mail.is_own(domain) == Some(false);
    match (entry.sender, entry.domains) {
        (Sender::Domain, _) => {
            is_foreign(entry.name).then(|| format!("{} is no domain of this server", entry.name))
        }
        (Sender::Login, Some(domains)) if domains.names().is_empty() => {
            let count = domains.count();
            (count > MANY_DOMAINS).then(|| format!("it sent in the name of {count} domains"))
        }
        (Sender::Login, Some(domains)) => {
            let named = domains.names().iter().map(String::as_str);
            let of_account = |domain: &str| Some(domain) == entry.own_domain();
            let foreign: Vec<&str> = named
                .filter(|domain| is_foreign(domain) && !of_account(domain))
                .collect();
            let first = foreign.get(..NAMED).unwrap_or(&foreign).join(", ");
            let rest = foreign.len().saturating_sub(NAMED);
            let rest = if rest > 0 {
                format!(" and {rest} more")
            } else {
                String::new()
            };
            (!foreign.is_empty())
                .then(|| format!("it sent in the name of {first}{rest}: no domain of this server"))
        }
        _ => None,
    }
}
