//! What hosts of the spike report, before it and in it.

use super::{HOSTS, LOGIN};
use noc_api::simulate::Agent;
use noc_api::simulate::client::Identity;
use noc_pipeline::clock::UnixMs;
use noc_pipeline::payload::email_stats::{DomainStats, EmailStats, LoginStats};
use noc_pipeline::payload::{Metrics, Payload, Report};
use noc_pipeline::record::{Encoded, PayloadRecord, Record};
use std::sync::Arc;
use uuid::Uuid;

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;

/// A report: its minute, counted from now; load; and the recipients of an hour so many hours ago.
pub type Step = (i64, f64, Option<(i64, u64)>);
pub const STEPS: [Step; 11] = [
    (-8, 2.2, None),
    (-7, 2.1, None),
    (-6, 40.0, Some((2, 900))),
    (-5, 41.0, None),
    (-4, 42.0, None),
    (-3, 41.0, None),
    (-2, 40.0, Some((1, 2_000))),
    (-1, 39.0, None),
    (0, 2.0, None),
    (1, 2.2, None),
    (2, 2.1, None),
];
/// Some hosts have reported so much when the node dies: their troubles have begun.
pub const BEGUN: usize = 4;
/// And the others so much: somebody was told of theirs.
pub const TOLD: usize = 7;
/// Here the load is as always again. What is over before anybody was told of it need not be told.
pub const WELL: usize = 8;

/// What each host reports, packed once.
pub fn reports(now: UnixMs) -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    for n in 0..HOSTS {
        let mut agent = Agent::started(Uuid::new_v4());
        for (minute, load, mail) in STEPS {
            let at = UnixMs(now.0 + minute * MINUTE);
            let mail = mail.map(|(ago, recipients)| hour(now, ago, recipients, recipients / 3));
            let payloads = [Some(metrics(load + f64::from(n) / 10.0)), mail];
            let payloads = payloads.into_iter().flatten().map(|payload| (at, payload));
            all.push(agent.batch(payloads, now).0);
        }
    }
    all
}

/// Fifteen hours of load and six days of mail, as ingest would have written them.
pub fn past(host: &Identity, now: UnixMs) -> Vec<Encoded> {
    let mut seq = 0;
    let boot_id = Uuid::from_u128(u128::from(host.server.0));
    let mut record = |event_at: UnixMs, received_at, payload: Payload| {
        seq += 1;
        Record::Payload(PayloadRecord {
            server: host.server,
            received_at,
            event_at,
            skew_ms: 0,
            boot_id,
            seq,
            body_hash: 0,
            report: Arc::new(Report::Data(payload)),
        })
        .encode()
    };
    let mut all = Vec::new();
    for ago in (3..6 * 24).rev() {
        let at = UnixMs(now.0 - (ago - 1) * HOUR);
        // An hour is judged however late it is told.
        let payload = hour(now, ago, 20 + ago.unsigned_abs() % 5, 0);
        all.push(record(at, now, payload));
    }
    for minute in (-15 * 60..-10).filter(|minute| minute % 2 == 0) {
        let at = UnixMs(now.0 + minute * MINUTE);
        let swing = f64::from(u8::try_from(minute.rem_euclid(14)).unwrap()) / 20.0;
        all.push(record(at, at, metrics(2.0 + swing)));
    }
    all
}

fn metrics(load: f64) -> Payload {
    Payload::from(Metrics {
        load1: Some(load),
        cores: Some(64),
        cpu_pct: Some(20.0),
        ..Metrics::default()
    })
}

/// The mail of a whole hour: of one mailbox, for its own domain.
fn hour(now: UnixMs, ago: i64, recipients: u64, failures: u64) -> Payload {
    Payload::from(EmailStats {
        hour: UnixMs(now.0.div_euclid(HOUR) * HOUR - ago * HOUR),
        complete: true,
        domains: vec![DomainStats {
            domain: "customer.example".to_owned(),
            messages: Some(recipients),
            recipients: Some(recipients),
            deferred: Some(failures),
            bounced: Some(0),
        }],
        logins: vec![LoginStats {
            login: LOGIN.to_owned(),
            messages: Some(recipients),
            recipients: Some(recipients),
            failures: Some(failures),
            ..LoginStats::default()
        }],
        scripts: Vec::new(),
        addresses: Vec::new(),
    })
}
