//! What is remembered of one server's mail.

use super::OutgoingMailAbuse;
use crate::baseline::hour_of_day::HourOfDay;
use crate::baseline::id::SubjectId;
use crate::baseline::pattern::Peaks;
use crate::detect::Detector;
use noc_pipeline::clock::UnixMs;
use noc_pipeline::control::Word;
use noc_pipeline::payload::Inventory;
use serde::{Deserialize, Serialize};

/// Domains of a server that are remembered. On one that has more no domain counts as foreign.
pub const MAX_DOMAINS: usize = 2_000;
/// Allowances that are remembered; beyond, those that end first go.
pub const MAX_ALLOWANCES: usize = 256;
/// Senders in breach that are remembered at a time.
const MAX_HOT: usize = 64;
/// What was seen in an hour matters for so many hours: the complete count may come late.
const HOT_HOURS: u32 = 3;

/// What is remembered of one server's mail.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Mail {
    pub(super) hours: HourOfDay,
    pub(super) peaks: Peaks,
    /// The server's own domains; empty while they are not known.
    domains: Vec<SubjectId>,
    allowances: Vec<Allowance>,
    /// Senders in breach, with what was seen of them last.
    hot: Vec<Hot>,
    /// What was seen of senders when their case was closed: only what came since counts.
    settled: Vec<Hot>,
    /// Senders whose trouble was called the new normal, until their incident is over.
    normal: Vec<SubjectId>,
}

/// What people allowed a sender.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(super) struct Allowance {
    id: SubjectId,
    pub limit: f64,
    until: UnixMs,
}

/// What was seen of a sender in an hour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct Sent {
    pub hour: u32,
    pub recipients: u64,
    pub failures: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Hot {
    id: SubjectId,
    /// Whose case it is part of.
    case: SubjectId,
    sent: Sent,
}

impl Mail {
    /// What was settled of a sender in this hour.
    pub(super) fn settled(&self, id: SubjectId, hour: u32) -> Sent {
        let mut all = self.settled.iter();
        let found = all.find(|hot| hot.id == id && hot.sent.hour == hour);
        found.map(|hot| hot.sent).unwrap_or_default()
    }

    /// What a sender may mail in an hour, where people said so.
    pub(super) fn allowance(&self, id: SubjectId, now: UnixMs) -> Option<Allowance> {
        let mut all = self.allowances.iter();
        all.find(|a| a.id == id && now < a.until).copied()
    }

    pub(super) fn is_normal(&self, id: SubjectId) -> bool {
        self.normal.contains(&id)
    }

    /// Whether a domain, or one above it, is the server's own; `None` while its domains are not known.
    pub(super) fn is_own(&self, domain: &str) -> Option<bool> {
        if self.domains.is_empty() {
            return None;
        }
        let mut part = Some(domain);
        while let Some(name) = part {
            if self.domains.binary_search(&SubjectId::of(name)).is_ok() {
                return Some(true);
            }
            part = name.split_once('.').map(|(_, above)| above);
        }
        // Mail of the host's own users may carry no domain at all.
        Some(domain == "localhost")
    }

    /// Notes who is in breach, and as part of whose case.
    pub(super) fn note_hot(&mut self, id: SubjectId, case: SubjectId, sent: Sent) {
        self.hot.retain(|hot| hot.id != id);
        if self.hot.len() >= MAX_HOT {
            self.hot.remove(0);
        }
        self.hot.push(Hot { id, case, sent });
    }

    /// Forgets what can no longer matter in an hour, told at `now`.
    pub(super) fn forget(&mut self, hour: u32, now: UnixMs, is_open: impl Fn(SubjectId) -> bool) {
        let young = |hot: &Hot| hot.sent.hour.saturating_add(HOT_HOURS) >= hour;
        self.hot.retain(young);
        self.settled.retain(young);
        self.allowances.retain(|a| now < a.until);
        self.normal.retain(|id| is_open(*id));
    }

    /// The domains a host says it sends for; `None` when that is known already.
    pub(super) fn domains_of(&self, inventory: &Inventory) -> Option<Self> {
        let named = inventory.mail_domains.iter().map(|d| d.domain.as_str());
        let mut domains: Vec<SubjectId> = named.map(SubjectId::of).collect();
        if !domains.is_empty() {
            domains.push(SubjectId::of(&inventory.hostname.to_lowercase()));
        }
        domains.sort_unstable();
        domains.dedup();
        if domains.len() > MAX_DOMAINS {
            domains.clear();
        }
        (domains != self.domains).then(|| Self {
            domains,
            ..self.clone()
        })
    }

    /// Takes a word; `None` when it changes nothing.
    pub(super) fn told(&self, subject: &str, word: &Word, now: UnixMs) -> Option<Self> {
        let id = SubjectId::of(subject);
        let mut next = self.clone();
        match word {
            Word::CaseClosed => {
                let (closed, hot) = self.hot.iter().partition(|h| h.id == id || h.case == id);
                next.hot = hot;
                let closed: Vec<Hot> = closed;
                let again = |old: &Hot| closed.iter().any(|new| new.id == old.id);
                next.settled.retain(|old| !again(old));
                next.settled.extend(closed.iter().copied());
                next.normal.retain(|normal| *normal != id);
            }
            Word::Allowance { limit, until } if limit.is_finite() && *limit > 0.0 => {
                next.allowances.retain(|a| a.id != id && now < a.until);
                next.allowances.push(Allowance {
                    id,
                    limit: *limit,
                    until: *until,
                });
                if next.allowances.len() > MAX_ALLOWANCES {
                    next.allowances.sort_by_key(|a| a.until);
                    next.allowances.remove(0);
                }
            }
            Word::AllowanceRevoked => next.allowances.retain(|a| a.id != id),
            Word::NewNormal if !self.is_normal(id) => next.normal.push(id),
            Word::Allowance { .. }
            | Word::NewNormal
            | Word::Blocklists { .. }
            | Word::MailAuth { .. } => {
                tracing::debug!(
                    detector = OutgoingMailAbuse::INFO.key,
                    "a word says nothing new"
                );
            }
        }
        (next != *self).then_some(next)
    }
}
