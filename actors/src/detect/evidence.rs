//! What a case of mail abuse shows whoever has to decide about it.

use noc_pipeline::clock::UnixMs;
use serde::{Deserialize, Serialize};

/// What sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sender {
    /// A mailbox: whoever has its password.
    Login,
    /// A script of a site.
    Script,
    /// A sender domain, where neither is known.
    Domain,
}

impl Sender {
    /// The name in subjects and on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Login => "login",
            Self::Script => "script",
            Self::Domain => "domain",
        }
    }

    /// Splits a subject such as `login:info@example.com`.
    #[must_use]
    pub fn of_subject(subject: &str) -> Option<(Self, &str)> {
        let (sender, name) = subject.split_once(':')?;
        let all = [Self::Login, Self::Script, Self::Domain];
        let sender = all.into_iter().find(|s| s.name() == sender)?;
        Some((sender, name))
    }

    /// The log-in without a domain that a subject names: in sentences it looks like any word.
    #[must_use]
    pub fn bare_login(subject: &str) -> Option<&str> {
        match Self::of_subject(subject)? {
            (Self::Login, name) if !name.contains('@') => Some(name),
            _ => None,
        }
    }
}

/// Where an expectation comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Learned {
    /// From this hour of the day on the last 7 days.
    HourOfDay,
    /// From all hours of the subject, this one having too few samples.
    Subject,
    /// From the peak that recurs at this time of the week or month.
    Pattern,
    /// From the rest of the fleet, the subject having too few samples.
    Fleet,
    /// From nothing: there is no history at all.
    Nothing,
}

/// One thing counted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counted {
    /// What.
    pub name: String,
    /// How many recipients; 0 where the report names it and does not count it.
    pub recipients: u64,
}

/// What was seen in the hour that opened a case, or in the worst one since.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MailEvidence {
    /// What sends.
    pub sender: Sender,
    /// Its name: login, path or domain.
    pub name: String,
    /// The hosting account, where it is known.
    pub account: Option<String>,
    /// The hour counted, UTC.
    pub hour: UnixMs,
    /// Recipients mailed in it so far.
    pub recipients: u64,
    /// Messages those were in, where it is known.
    pub messages: Option<u64>,
    /// Recipients that failed or were deferred, where it is known.
    pub failures: Option<u64>,
    /// Recipients expected in such an hour.
    pub expected: f64,
    /// Where that comes from.
    pub learned: Learned,
    /// Samples that rests on.
    pub samples: u32,
    /// Addresses it came from, as far as they are named.
    pub addresses: Vec<String>,
    /// How many addresses there were, where it is known.
    pub address_count: Option<u64>,
    /// Countries it came from, as far as they are named.
    pub countries: Vec<String>,
    /// Sender domains it used, by recipients.
    pub domains: Vec<Counted>,
    /// Logins that sent for it, by recipients.
    pub logins: Vec<Counted>,
    /// Scripts that sent for it, by recipients.
    pub scripts: Vec<Counted>,
    /// What makes it worse than a large mailing, in words for people.
    pub signs: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_says_what_sends() {
        let login = Some((Sender::Login, "a:b@example.com"));
        assert_eq!(Sender::of_subject("login:a:b@example.com"), login);
        assert_eq!(Sender::of_subject("pigeon:x"), None);
        assert_eq!(Sender::bare_login("login:webmaster"), Some("webmaster"));
        for other in ["login:a:b@example.com", "script:webmaster", "webmaster"] {
            assert_eq!(Sender::bare_login(other), None, "{other}");
        }
    }
}
