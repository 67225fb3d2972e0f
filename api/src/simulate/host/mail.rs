//! Who sends mail from a host: few send most of it.

use super::super::noise::Noise;
use super::{Role, What, names};

/// Domains of a host and who sends for them.
#[derive(Debug, Clone, Default)]
pub(in crate::simulate) struct Mail {
    pub(in crate::simulate) domains: Vec<Domain>,
    pub(in crate::simulate) senders: Vec<Sender>,
}

/// A customer's domain.
#[derive(Debug, Clone)]
pub(in crate::simulate) struct Domain {
    pub(in crate::simulate) name: String,
    pub(in crate::simulate) account: String,
    /// How much more it sends on the last days of a month.
    pub(in crate::simulate) month_end: f64,
}

/// A mailbox or a script that sends.
#[derive(Debug, Clone)]
pub(in crate::simulate) struct Sender {
    /// The login, or the folder that the script runs in.
    pub(in crate::simulate) name: String,
    pub(in crate::simulate) is_script: bool,
    /// Its domain's place.
    pub(in crate::simulate) domain: usize,
    /// Recipients in an hour, mean of a week.
    pub(in crate::simulate) per_hour: f64,
    /// Recipients of a message.
    pub(in crate::simulate) per_message: f64,
    /// Share of its recipients that are deferred, and that bounce.
    pub(in crate::simulate) deferred: f64,
    pub(in crate::simulate) bounced: f64,
    /// Addresses it logs in from.
    pub(in crate::simulate) addresses: usize,
}

/// Share of the busiest domain that the k-th one has: a heavy tail.
fn share_of_rank(rank: usize) -> f64 {
    (rank as f64 + 1.0).powf(-1.15)
}

impl Mail {
    pub(super) fn draw(noise: Noise, server: u32, role: Role) -> Self {
        let (fewest, more, busiest) = match role {
            Role::Web => (12, 40, 55.0),
            Role::Mail => (30, 60, 110.0),
            _ => return Self::default(),
        };
        let count = fewest + noise.choose(What::Mail.id(), 1, more);
        let busiest = busiest * noise.between(What::Mail.id(), 2, 0.35, 1.0);
        let mut mail = Self::default();
        for rank in 0..count {
            let name = names::domain(noise, server, rank as u64);
            let month_end = if noise.fraction(What::Mail.nth(rank), 3) < 0.06 {
                2.6
            } else {
                1.4
            };
            mail.domains.push(Domain {
                account: names::account(&name, rank as u64),
                name,
                month_end,
            });
            mail.draw_senders(noise, rank, busiest * share_of_rank(rank));
        }
        mail
    }

    /// One to four mailboxes, and for each third domain a site that sends too.
    fn draw_senders(&mut self, noise: Noise, rank: usize, per_hour: f64) {
        let Some(domain) = self.domains.get(rank) else {
            return;
        };
        let what = What::Mail.nth(rank);
        let mailboxes = 1 + noise.choose(what, 4, 4);
        let script = noise.fraction(what, 5) < 0.35;
        let parts: Vec<f64> = (0..mailboxes + usize::from(script))
            .map(share_of_rank)
            .collect();
        let whole: f64 = parts.iter().sum();
        for (n, part) in parts.iter().enumerate() {
            let is_script = n == mailboxes;
            let step = 10 + n as u64;
            let name = if is_script {
                format!("/home/{}/public_html", domain.account)
            } else {
                names::mailbox(n, &domain.name)
            };
            self.senders.push(Sender {
                name,
                is_script,
                domain: rank,
                per_hour: per_hour * part / whole,
                per_message: if is_script {
                    1.0
                } else {
                    noise.between(what, step, 1.0, 1.8)
                },
                deferred: noise.between(what, step + 100, 0.005, 0.03),
                bounced: noise.between(what, step + 200, 0.002, 0.02),
                addresses: 1 + noise.choose(what, step + 300, 3),
            });
        }
    }

    /// A mailbox by number, wrapping around; `None` where there is none.
    pub(in crate::simulate) fn login(&self, n: u64) -> Option<(usize, &Sender)> {
        let logins: Vec<_> = self
            .senders
            .iter()
            .enumerate()
            .filter(|(_, s)| !s.is_script)
            .collect();
        let place = usize::try_from(n % (logins.len() as u64).max(1)).ok()?;
        logins.get(place).copied()
    }

    pub(in crate::simulate) fn domain_of(&self, sender: &Sender) -> Option<&Domain> {
        self.domains.get(sender.domain)
    }
}
