//! `mail-queue`: what waits in the mail server's queue, every 300 s.

use super::catalogue::{Body, columns, float};
use super::validate::Fields;
use serde::{Deserialize, Serialize};

/// The queue of a mail server.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct MailQueue {
    /// `exim`, `postfix` ...
    pub mta: String,
    /// Messages in the queue.
    #[serde(default)]
    pub total: Option<u64>,
    /// Messages that are not tried any more.
    #[serde(default)]
    pub frozen: Option<u64>,
    /// Messages put off at least once.
    #[serde(default)]
    pub deferred: Option<u64>,
    /// Age of the oldest message.
    #[serde(default)]
    pub oldest_age_s: Option<u64>,
    /// Bounces in the last hour.
    #[serde(default)]
    pub bounces_1h: Option<u64>,
    /// Who has most messages in the queue, the largest first.
    pub top_senders: Vec<QueueSender>,
}

/// One sender's part of a queue.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct QueueSender {
    /// Domain of the sender's address, cut after 255 characters; empty for bounces.
    pub domain: String,
    /// Messages.
    #[serde(default)]
    pub count: Option<u64>,
}

/// Enough to see who fills a queue.
const MAX_SENDERS: usize = 100;

/// Longest name of a host.
const MAX_DOMAIN_CHARS: usize = 255;

/// 300 years, seconds.
const MAX_SECONDS: u64 = 10_000_000_000;

impl Body for MailQueue {
    type Row = Self;

    columns! { MailQueue, "mail-queue", None;
        total: Count, "Messages in the mail queue", |q| float(q.total);
        frozen: Count, "Frozen messages", |q| float(q.frozen);
        deferred: Count, "Deferred messages", |q| float(q.deferred);
        oldest_age_s: Seconds, "Age of the oldest message", |q| float(q.oldest_age_s);
        bounces_1h: Count, "Bounces in the last hour", |q| float(q.bounces_1h);
    }

    fn read(fields: &mut Fields<'_, '_>) -> Option<Self> {
        let mta = fields.required_text("mta", 1..=64);
        // The queue moves while it is read: parts may add up to more than the total.
        let total = fields.count("total");
        let frozen = fields.count("frozen");
        let deferred = fields.count("deferred");
        let oldest_age_s = fields.whole("oldest_age_s", 0..=MAX_SECONDS);
        let bounces_1h = fields.count("bounces_1h");
        let top_senders = fields.required_list("top_senders", MAX_SENDERS, |fields| {
            // Whoever sends mail writes these names.
            let domain = fields.required_clipped_text("domain", MAX_DOMAIN_CHARS);
            let count = fields.count("count");
            Some(QueueSender {
                domain: domain?,
                count,
            })
        });
        Some(Self {
            mta: mta?,
            total,
            frozen,
            deferred,
            oldest_age_s,
            bounces_1h,
            top_senders: top_senders?,
        })
    }

    fn rows(&self) -> &[Self] {
        std::slice::from_ref(self)
    }

    fn subject(_: &Self) -> Option<&str> {
        None
    }
}
