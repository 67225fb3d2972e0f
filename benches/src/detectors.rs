//! What a verdict costs: one core, no log, no database. Records are prepared beforehand; what is timed is `evaluate`,
//! with every detector there is, on the states of servers that have reported for a while.

use crate::detect::replay::{Lane, Order, Stageplay};
use crate::report::{figure, heading, quantile};
use noc_actors::detect::registry;
use noc_actors::server_actor::evaluate::{Item, Surroundings, What, evaluate};
use noc_actors::state::{ClockMs, ServerState};
use noc_api::simulate::Script;
use noc_pipeline::clock::{Stopwatch, UnixMs};
use noc_pipeline::id::{Offset, ServerId};
use noc_pipeline::payload::email_stats::{DomainStats, LoginStats, ScriptStats};
use noc_pipeline::payload::{Distinct, EmailStats, Report};
use noc_pipeline::record::{PayloadRecord, Record};
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

/// Servers of the mix, and minutes they have reported before.
const SERVERS: u32 = 100;
const WARM_MINUTES: i64 = 30 * 60;
/// Minutes of records that are timed.
const TIMED_MINUTES: i64 = 60;
const RESTORED: usize = 100_000;
const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 3_600_000;

/// Times everything.
///
/// # Errors
/// Never, as long as an empty script can be played.
pub fn run(rounds: usize) -> Result<(), Box<dyn Error>> {
    heading("detectors, one core");
    let order = Order {
        servers: SERVERS,
        days: 2,
        seed: 1,
        script: Script::default(),
        threads: 1,
        block: 60,
        restarts: None,
        detectors: registry(),
    };
    let (stage, lanes) = warm(&order)?;
    judged(&stage, lanes, rounds);
    crate::baselines::run();
    Ok(())
}

fn warm(order: &Order) -> Result<(Stageplay, Vec<Lane>), Box<dyn Error>> {
    let mut stage = order.stage()?;
    let mut lanes: Vec<Lane> = (0..order.servers)
        .map(|n| stage.lane(n, order.seed))
        .collect();
    for _ in 0..WARM_MINUTES / order.block {
        let Some(block) = stage.block(order.block) else {
            break;
        };
        for lane in &mut lanes {
            block.play(lane, stage.around());
        }
    }
    Ok((stage, lanes))
}

fn judged(stage: &Stageplay, mut lanes: Vec<Lane>, rounds: usize) {
    // By the minute, as they come: not all of a server one after the other.
    let mut items: Vec<(usize, Item)> = Vec::new();
    for minute in stage.minute()..stage.minute() + TIMED_MINUTES {
        let clock = ClockMs((minute * MINUTE_MS - crate::detect::replay::BEGIN.0).unsigned_abs());
        for (n, lane) in lanes.iter_mut().enumerate() {
            for record in lane.records(minute) {
                items.push((n, item(items.len(), clock, record)));
            }
        }
    }
    let mut per_second = Vec::new();
    for _ in 0..rounds.max(1) {
        let mut states: Vec<ServerState> = lanes.iter().map(|lane| lane.state().clone()).collect();
        let watch = Spent::start();
        for (n, item) in &items {
            if let (Some(state), Some(lane)) = (states.get_mut(*n), lanes.get(*n)) {
                let around = Surroundings {
                    server: lane.settings().server,
                    settings: Some(lane.settings()),
                    rules: &stage.around().rules,
                    fleet: &stage.around().words,
                    detectors: stage.around().detectors,
                };
                evaluate(state, item, around, &mut |_, _| {});
            }
        }
        per_second.push(count(items.len()) / watch.seconds());
    }
    figure("payloads judged", "a second", &per_second, "goal >= 100000");
    memory(&lanes, stage);
    restore(&lanes, rounds);
}

fn item(offset: usize, clock: ClockMs, record: PayloadRecord) -> Item {
    Item {
        offset: Offset(offset as u64 + 1_000_000),
        clock,
        at: record.received_at,
        what: What::Payload(Arc::new(Record::Payload(record))),
    }
}

fn memory(lanes: &[Lane], stage: &Stageplay) {
    let bytes = |with_mail: bool| -> Vec<f64> {
        let lanes = lanes.iter().enumerate().filter(|(n, _)| {
            let server = u32::try_from(*n).unwrap_or(u32::MAX);
            let services = stage.fleet.services(server);
            with_mail == services.iter().any(|s| matches!(*s, "exim" | "postfix"))
        });
        lanes
            .map(|(_, lane)| count(lane.state().resident_bytes()))
            .collect()
    };
    for (name, with_mail) in [
        ("state of a server without mail, after 30 h", false),
        ("state of a server with mail, after 30 h", true),
    ] {
        let mut all = bytes(with_mail);
        let middle = quantile(&mut all, 0.5);
        let most = quantile(&mut all, 1.0);
        figure(name, "bytes", &[middle, middle, most], "middle and most");
    }
    let idle = silent();
    figure(
        "state of an idle server",
        "bytes",
        &[count(idle.resident_bytes())],
        "goal <= 4096",
    );
    let busy = count(busy_mail().resident_bytes());
    figure(
        "state with 50 active mail domains, 50 logins, 16 scripts",
        "bytes",
        &[busy],
        "after 28 days; goal <= 32768",
    );
}

/// A server that reports its metrics and services once and is silent since.
fn silent() -> ServerState {
    let mut state = ServerState::default();
    state.presence.last_seen = Some(ClockMs(0));
    state.seen.insert(Uuid::from_u128(1), 1_000);
    state
}

/// Four weeks of hours of a mail server, each sender in each of them.
fn busy_mail() -> ServerState {
    let mut state = ServerState::default();
    let server = ServerId(1);
    let begin = crate::detect::replay::BEGIN;
    for hour in 0..28 * 24 {
        let starts = UnixMs(begin.0 + hour * HOUR_MS);
        let recipients = |n: u64| Some(20 + (n * 7 + hour.unsigned_abs() * 3) % 40);
        let mail = EmailStats {
            hour: starts,
            complete: true,
            domains: (0..50)
                .map(|n| DomainStats {
                    domain: format!("domain{n}.example"),
                    messages: recipients(n),
                    recipients: recipients(n),
                    deferred: Some(0),
                    bounced: Some(0),
                })
                .collect(),
            logins: (0..50)
                .map(|n| LoginStats {
                    login: format!("info@domain{n}.example"),
                    account: Some(format!("account{n}")),
                    messages: recipients(n),
                    recipients: recipients(n),
                    failures: Some(0),
                    ips: Some(Distinct::count_of(2)),
                    countries: Some(Distinct::count_of(1)),
                    domains: Some(Distinct::count_of(1)),
                    auth_failures: Some(0),
                })
                .collect(),
            addresses: Vec::new(),
            scripts: (0..16)
                .map(|n| ScriptStats {
                    path: format!("/home/account{n}/public_html"),
                    account: Some(format!("account{n}")),
                    messages: recipients(n),
                    recipients: recipients(n),
                })
                .collect(),
        };
        let at = UnixMs(starts.0 + HOUR_MS + 2 * MINUTE_MS);
        let record = PayloadRecord {
            server,
            received_at: at,
            event_at: at,
            skew_ms: 0,
            boot_id: Uuid::from_u128(1),
            seq: hour.unsigned_abs(),
            body_hash: 0,
            report: Arc::new(Report::Data(mail.into())),
        };
        let clock = ClockMs((hour * HOUR_MS).unsigned_abs());
        let around = Surroundings {
            server,
            settings: None,
            rules: &Default::default(),
            fleet: &Default::default(),
            detectors: registry(),
        };
        evaluate(
            &mut state,
            &item(usize::try_from(hour).unwrap_or(0), clock, record),
            around,
            &mut |_, _| {},
        );
    }
    state
}

fn restore(lanes: &[Lane], rounds: usize) {
    let packed: Vec<Vec<u8>> = lanes.iter().map(|lane| lane.state().encode()).collect();
    let mut seconds = Vec::new();
    for _ in 0..rounds.max(1) {
        let watch = Spent::start();
        let states: Vec<Box<ServerState>> = packed
            .iter()
            .cycle()
            .take(RESTORED)
            .filter_map(|bytes| ServerState::decode(bytes).ok().map(Box::new))
            .collect();
        seconds.push(watch.seconds());
        assert_eq!(states.len(), RESTORED, "every state is read");
    }
    figure("100,000 states of this mix read", "s", &seconds, "goal < 5");
}

/// Time that this thread was given a core, where the kernel tells; else time that passed.
struct Spent {
    cpu_ns: Option<u64>,
    watch: Stopwatch,
}

impl Spent {
    fn start() -> Self {
        Self {
            cpu_ns: cpu_ns(),
            watch: Stopwatch::start(),
        }
    }

    fn seconds(&self) -> f64 {
        match (self.cpu_ns, cpu_ns()) {
            (Some(from), Some(to)) => Duration::from_nanos(to.saturating_sub(from)).as_secs_f64(),
            _ => self.watch.elapsed().as_secs_f64(),
        }
    }
}

/// On a core so far, nanoseconds.
fn cpu_ns() -> Option<u64> {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    told.split_whitespace().next()?.parse().ok()
}

#[expect(clippy::cast_precision_loss, reason = "counts far below 2^53")]
const fn count(of: usize) -> f64 {
    of as f64
}
