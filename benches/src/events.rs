//! A day of a million firewall events, on both back ends: storing them, and what the pages about them ask.

use crate::report::{figure, heading};
use noc_pipeline::clock::{Stopwatch, UnixMs};
use noc_pipeline::id::ServerId;
use noc_pipeline::payload::firewall::{FirewallAction, FirewallEvent, FirewallSource};
use noc_pipeline::payload::{EventTable, Firewall, Payload, Report, address};
use noc_storage::series::{
    EmbeddedSeries, EventCondition, EventCount, EventQuery, SeriesRow, SeriesStore,
};
use noc_tests::parts::Servers;
use noc_tests::questdb::{Tables, exec};
use std::error::Error;
use std::sync::Arc;

const DAY: i64 = 86_400_000;
/// 2026-05-07T00:00:00Z.
const T0: i64 = 1_778_112_000_000;
const SERVERS: u32 = 1_000;
/// Events of the last day; each of the 29 before has a hundredth.
const EVENTS: u32 = 1_000_000;
/// Events of one payload.
const PAYLOAD: u32 = 20;
/// Payloads of one write.
const WRITE: usize = 50;

pub async fn run(rounds: usize) -> Result<(), Box<dyn Error>> {
    heading("1,000,000 firewall events a day, embedded");
    let dir = tempfile::tempdir()?;
    let store = EmbeddedSeries::open(dir.path())?;
    measure(&store, rounds).await?;
    drop(store);
    if let Err(error) = exec(&Servers::known().questdb, "SELECT 1").await {
        println!("QuestDB left out, `make stack` starts one: {error}");
        return Ok(());
    }
    heading("1,000,000 firewall events a day, QuestDB");
    let tables = Tables::new();
    let store = tables.open().await;
    measure(&store, rounds).await
}

async fn measure(store: &dyn SeriesStore, rounds: usize) -> Result<(), Box<dyn Error>> {
    let mut random = 1_u32;
    for day in 1..30 {
        fill(store, T0 - day * DAY, EVENTS / 100, &mut random).await?;
    }
    let watch = Stopwatch::start();
    fill(store, T0, EVENTS, &mut random).await?;
    let stored = f64::from(EVENTS) / watch.elapsed().as_secs_f64();
    figure("events stored", "events/s", &[stored], "");

    let mut batch = Vec::new();
    for round in 0..rounds {
        let row = payload(T0 + DAY - 1, 500, &mut random, round);
        batch.push(timed(store.write(vec![row])).await?);
    }
    figure(
        "one payload of 500 events, readable",
        "ms",
        &batch,
        "goal <= 200",
    );

    let last_day = (UnixMs(T0), UnixMs(T0 + DAY));
    let attackers = EventCount {
        by: vec!["ip".to_owned()],
        newest: vec!["country".to_owned()],
        limit: 20,
        ..EventCount::all(EventTable::FirewallEvents, last_day.0, last_day.1)
    };
    let without_unblocks = EventCount {
        conditions: vec![EventCondition::one_of("action", ["block", "login_failure"])],
        ..attackers.clone()
    };
    let by_server = EventCount {
        by: vec!["action".to_owned()],
        servers: Some(vec![ServerId(7)]),
        ..attackers.clone()
    };
    for (name, count, goal) in [
        (
            "top 20 addresses of 24 h with country",
            attackers,
            "goal <= 500",
        ),
        ("the same, attacks only", without_unblocks, "goal <= 500"),
        ("actions of one server, 24 h", by_server, ""),
    ] {
        let mut all = Vec::new();
        for _ in 0..rounds {
            all.push(timed(store.count_events(&count)).await?);
        }
        figure(name, "ms", &all, goal);
    }

    let month = EventQuery {
        limit: 50,
        ..EventQuery::newest(
            EventTable::FirewallEvents,
            UnixMs(T0 - 29 * DAY),
            UnixMs(T0 + DAY),
        )
    };
    let one_address = EventQuery {
        conditions: vec![EventCondition::one_of(
            "ip",
            address::covering("10.0.177.7"),
        )],
        ..month.clone()
    };
    let one_server = EventQuery {
        servers: Some(vec![ServerId(7)]),
        ..month.clone()
    };
    let rare = EventQuery {
        conditions: vec![EventCondition::contains("reason", "nowhere to be found")],
        ..month.clone()
    };
    for (name, query) in [
        ("newest 50 of the fleet", month),
        ("one address and its ranges, 30 days", one_address),
        ("newest 50 of one server, 30 days", one_server),
        ("a text that is nowhere, first page", rare),
    ] {
        let mut all = Vec::new();
        for _ in 0..rounds {
            all.push(timed(store.events(&query)).await?);
        }
        figure(name, "ms", &all, "");
    }
    Ok(())
}

async fn timed<T, E>(call: impl Future<Output = Result<T, E>>) -> Result<f64, E> {
    let watch = Stopwatch::start();
    call.await?;
    Ok(watch.elapsed().as_secs_f64() * 1e3)
}

async fn fill(
    store: &dyn SeriesStore,
    from: i64,
    events: u32,
    random: &mut u32,
) -> Result<(), Box<dyn Error>> {
    let payloads = events / PAYLOAD;
    let mut rows = Vec::with_capacity(WRITE);
    for n in 0..payloads {
        let at = from + i64::from(n) * DAY / i64::from(payloads);
        rows.push(payload(at, PAYLOAD, random, 0));
        if rows.len() == WRITE {
            store.write(std::mem::take(&mut rows)).await?;
        }
    }
    store.write(rows).await?;
    Ok(())
}

/// The events of some seconds on one server. Few addresses attack often, and many once or twice.
fn payload(at: i64, events: u32, random: &mut u32, salt: usize) -> SeriesRow {
    let mut next = || {
        *random ^= *random << 13;
        *random ^= *random >> 17;
        *random ^= *random << 5;
        *random
    };
    let server = ServerId(next() % SERVERS + 1);
    let events = (0..events).map(|n| {
        let share = f64::from(next() % 1_000) / 1_000.0;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "below 50,000"
        )]
        let attacker = (share.powi(4) * 50_000.0) as u32 + next() % 50;
        let [_, _, c, d] = attacker.to_be_bytes();
        let blocked = next() % 3 == 0;
        FirewallEvent {
            at: UnixMs(at - i64::from(n) * 100),
            source: FirewallSource::Lfd,
            action: match blocked {
                true => FirewallAction::Block,
                false => FirewallAction::LoginFailure,
            },
            ip: format!("10.0.{c}.{d}"),
            ports: Vec::new(),
            country: blocked.then(|| "BD".to_owned()),
            user: None,
            reason: format!("(sshd) Failed SSH login: {n} in the last 3600 secs [LF_SSHD] {salt}"),
        }
    });
    let body = Firewall {
        events: events.collect(),
        omitted: None,
    };
    SeriesRow {
        server,
        event_at: UnixMs(at),
        received_at: UnixMs(at),
        report: Arc::new(Report::Data(Payload::from(body))),
    }
}
