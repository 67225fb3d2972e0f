//! Who sent in an hour, as far as that can be abuse.
//!
//! Agents leave out bounces (`<>`), forwards, mailing lists and what stays on the host. What gets through shows in names,
//! and is passed over here as well, and so is `*`, the sum of those that are not named: it is no sender.

use super::super::evidence::Sender;
use crate::baseline::id::SubjectId;
use noc_pipeline::payload::email_stats::{DomainStats, LoginStats, ScriptStats};
use noc_pipeline::payload::{Distinct, EmailStats};

/// Names are cut after so many characters, in subjects.
const MAX_NAME: usize = 500;

/// One sender in one hour.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Entry<'a> {
    pub sender: Sender,
    pub name: &'a str,
    pub account: Option<&'a str>,
    pub recipients: u64,
    pub messages: Option<u64>,
    /// Failed or deferred recipients.
    pub failures: Option<u64>,
    pub addresses: Option<&'a Distinct>,
    pub countries: Option<&'a Distinct>,
    /// Sender domains of a login.
    pub domains: Option<&'a Distinct>,
}

impl<'a> Entry<'a> {
    /// Its subject without its kind.
    fn short(&self) -> &'a str {
        let end = self.name.char_indices().nth(MAX_NAME);
        end.and_then(|(end, _)| self.name.get(..end))
            .unwrap_or(self.name)
    }

    pub fn subject(&self) -> String {
        format!("{}:{}", self.sender.name(), self.short())
    }

    /// The id of its subject.
    pub fn id(&self) -> SubjectId {
        SubjectId::of_parts(&[self.sender.name(), ":", self.short()])
    }

    /// The domain of a login that is an address.
    pub fn own_domain(&self) -> Option<&'a str> {
        self.name.rsplit_once('@').map(|(_, domain)| domain)
    }

    /// Whether it may have sent for a domain, as far as is told. Of scripts nothing is told.
    pub fn may_send_for(&self, domain: &str) -> bool {
        match (self.sender, self.domains) {
            (Sender::Domain, _) => false,
            (Sender::Script, _) => true,
            (Sender::Login, Some(domains)) if !domains.names().is_empty() => {
                domains.names().iter().any(|name| name == domain)
            }
            // Too many to be named: any.
            (Sender::Login, Some(domains)) if domains.count() > 0 => true,
            (Sender::Login, _) => self.own_domain().is_none_or(|own| own == domain),
        }
    }
}

/// Everybody named in a report who sent anything.
pub(crate) fn entries(stats: &EmailStats) -> Vec<Entry<'_>> {
    let logins = stats.logins.iter().map(login);
    let scripts = stats.scripts.iter().map(script);
    let domains = stats.domains.iter().map(domain);
    let all = logins.chain(scripts).chain(domains);
    all.filter(|entry| entry.recipients > 0 && !is_passed_over(entry))
        .collect()
}

fn login(of: &LoginStats) -> Entry<'_> {
    Entry {
        sender: Sender::Login,
        name: &of.login,
        account: of.account.as_deref(),
        recipients: of.recipients.unwrap_or_default(),
        messages: of.messages,
        failures: of.failures,
        addresses: of.ips.as_ref(),
        countries: of.countries.as_ref(),
        domains: of.domains.as_ref(),
    }
}

fn script(of: &ScriptStats) -> Entry<'_> {
    Entry {
        sender: Sender::Script,
        name: &of.path,
        account: of.account.as_deref(),
        recipients: of.recipients.unwrap_or_default(),
        messages: of.messages,
        failures: None,
        addresses: None,
        countries: None,
        domains: None,
    }
}

fn domain(of: &DomainStats) -> Entry<'_> {
    let failures = match (of.deferred, of.bounced) {
        (Some(deferred), Some(bounced)) => Some(deferred.saturating_add(bounced)),
        (one, other) => one.or(other),
    };
    Entry {
        sender: Sender::Domain,
        name: &of.domain,
        account: None,
        recipients: of.recipients.unwrap_or_default(),
        messages: of.messages,
        failures,
        addresses: None,
        countries: None,
        domains: None,
    }
}

fn is_passed_over(entry: &Entry<'_>) -> bool {
    let name = entry.name;
    if matches!(name, "" | "*" | "<>") {
        return true;
    }
    match entry.sender {
        Sender::Login => is_relay(name.split('@').next().unwrap_or(name)),
        Sender::Script => {
            let user = name.strip_prefix("user:");
            user.is_some_and(is_relay) || name.contains("/mailman/")
        }
        Sender::Domain => false,
    }
}

/// Programs and addresses that pass on the mail of others.
fn is_relay(user: &str) -> bool {
    let user = user.to_ascii_lowercase();
    let srs = ["srs0=", "srs0+", "srs0-", "srs1=", "srs1+", "srs1-"];
    let lists = ["-bounces", "-owner", "-request"];
    matches!(user.as_str(), "mailman" | "mailnull" | "list")
        || srs.iter().any(|prefix| user.starts_with(prefix))
        || lists.iter().any(|suffix| user.ends_with(suffix))
        || user.starts_with("owner-")
        || user.contains("-bounces+")
}
