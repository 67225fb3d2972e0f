//! `mail-queue`: some messages always wait, some are frozen; trouble adds to both.

use super::View;
use super::email_stats::burst_height;
use crate::simulate::fault::{Fault, FaultKind};
use crate::simulate::host::What;
use crate::simulate::noise::{real, whole};
use noc_pipeline::payload::{MailQueue, QueueSender};

const FREEZING_S: f64 = 1_800.0;
/// Domains that a report names.
const SENDERS: usize = 5;

pub(super) fn measure(view: &View<'_>) -> Option<MailQueue> {
    let host = view.host;
    let (mta, _) = host.stack.mail_server?;
    let noise = host.noise;
    let drift = |what: u64, hours: i64| noise.drift(what, view.at.0, hours * 3_600_000);
    let volume: f64 = host.mail.senders.iter().map(|sender| sender.per_hour).sum();
    let busy = host.offices.rate(view.at);
    let on_their_way = noise.events(What::Queue.nth(0), view.minute(), volume * busy * 0.004);
    let mut deferred = volume * 0.05 * (0.5 + drift(What::Queue.nth(1), 2)) * (0.4 + 0.6 * busy);
    let usual_frozen = noise.between(What::Queue.id(), 0, 3.0, 22.0);
    let mut frozen = usual_frozen * (0.5 + drift(What::Queue.nth(2), 14));
    let mut bounces =
        real(noise.events(What::Queue.nth(3), view.minute() / 5, volume * busy * 0.012));
    for fault in view.faults.iter().filter(|fault| fault.from <= view.at) {
        let more = of(view, fault);
        frozen += more.frozen;
        deferred += more.deferred;
        bounces += more.bounces;
    }
    let (frozen, deferred) = (whole(frozen), whole(deferred));
    let total = frozen + deferred + on_their_way;
    Some(MailQueue {
        mta: mta.to_owned(),
        total: Some(total),
        // What has no such state tells none.
        frozen: Some(if mta == "exim" { frozen } else { 0 }),
        deferred: Some(deferred),
        oldest_age_s: Some(whole(3_600.0 + 300_000.0 * drift(What::Queue.nth(4), 90))),
        bounces_1h: Some(whole(bounces)),
        top_senders: top_senders(view, total),
    })
}

#[derive(Default)]
struct More {
    frozen: f64,
    deferred: f64,
    bounces: f64,
}

fn of(view: &View<'_>, fault: &Fault) -> More {
    let lasts = fault.lasts(view.at);
    let passed_s = view.at.since(fault.from).as_secs_f64();
    let mut more = More::default();
    match &fault.kind {
        FaultKind::QueueFreeze { frozen } if lasts => {
            more.frozen = f64::from(*frozen) * (passed_s / FREEZING_S).min(1.0);
        }
        FaultKind::DeadSmarthost { per_hour } => {
            let away = fault.overlap(fault.from, view.at).as_secs_f64();
            let since = fault
                .until
                .map_or(0.0, |until| view.at.since(until).as_secs_f64());
            more.deferred = (f64::from(*per_hour) * (away - 2.0 * since) / 3_600.0).max(0.0);
        }
        FaultKind::MailBurst(burst) if lasts => {
            let failing =
                burst.per_hour * burst_height(fault, burst, view.at) * burst.failures / 2.0;
            // Each tries for about an hour.
            more.deferred = failing * (passed_s / 3_600.0).min(1.0);
            more.bounces = failing * (passed_s / 3_600.0).min(1.0);
        }
        _ => {}
    }
    more
}

/// Half of the queue is of the busiest domain, a quarter of the next.
fn top_senders(view: &View<'_>, total: u64) -> Vec<QueueSender> {
    let burst = view.lasting().find_map(|kind| match kind {
        FaultKind::MailBurst(burst) => view.host.mail.login(burst.login),
        _ => None,
    });
    let first = burst.and_then(|(_, sender)| view.host.mail.domain_of(sender));
    let domains = first.into_iter().chain(&view.host.mail.domains);
    let mut left = total;
    let mut senders: Vec<QueueSender> = Vec::new();
    for domain in domains {
        let count = left.div_ceil(2);
        if count == 0 || senders.len() == SENDERS {
            break;
        }
        if senders.iter().any(|known| known.domain == domain.name) {
            continue;
        }
        left -= count;
        senders.push(QueueSender {
            domain: domain.name.clone(),
            count: Some(count),
        });
    }
    senders
}
