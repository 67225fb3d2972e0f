//! A simulated fleet against the running product: the past is filled in, spools are drained, load stops by itself, and
//! the command does all of it alone.

use futures::future::join_all;
use noc_api::simulate::client::{Client, Identity};
use noc_api::simulate::run::live::{self, Shared, Timing};
use noc_api::simulate::run::{Tally, drain, load};
use noc_api::simulate::{Fleet, Reporter};
use noc_pipeline::clock::{Clock, SystemClock, UnixMs};
use noc_pipeline::payload::Kind;
use noc_storage::relational::entity::{incident, server};
use noc_storage::series::{MAX_POINTS, RangeQuery};
use noc_tests::program::{Launch, Program};
use noc_tests::{Harness, eventually};
use parking_lot::Mutex;
use sea_orm::EntityTrait;
use serde_json::Value;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tokio::sync::Semaphore;

async fn enrolled(harness: &Harness, count: u32) -> Vec<Identity> {
    let mut identities = Vec::new();
    for n in 0..count {
        identities.push(harness.enrol(&format!("sim-{n}")).await.identity);
    }
    identities
}

#[actix_rt::test]
async fn the_past_is_filled_in_and_nothing_of_it_is_judged() {
    const MINUTES: i64 = 90;
    let harness = Harness::start().await;
    let fleet = Arc::new(Fleet::steady(3, 3));
    let identities = enrolled(&harness, 3).await;
    let now = SystemClock.now();
    let begin = UnixMs((now.0 / 60_000 - MINUTES) * 60_000);
    let tally = Arc::new(Mutex::new(Tally::default()));
    let shared = Shared {
        client: Client::new(&harness.url(""), true).unwrap(),
        fleet: Arc::clone(&fleet),
        timing: Timing {
            begin,
            started: now,
            speed: 0.0,
        },
        salt: 5,
        tally: Arc::clone(&tally),
        connections: Arc::new(Semaphore::new(8)),
    };
    let mut expected = 0;
    for server in 0..3 {
        let mut reporter = Reporter::new(Arc::clone(&fleet), server, 5);
        for minute in 0..MINUTES - 1 {
            let requests = reporter.minute(begin.0 / 60_000 + minute);
            expected += requests
                .iter()
                .map(|request| request.payloads.len() as u64)
                .sum::<u64>();
        }
    }
    let tasks: Vec<_> = (0..)
        .zip(identities.clone())
        .map(|(server, identity)| tokio::spawn(live::run(shared.clone(), server, identity)))
        .collect();
    eventually("all of the past", async || {
        (tally.lock().accepted >= expected).then_some(())
    })
    .await;
    for (server, identity) in (0..).zip(&identities) {
        let query = RangeQuery {
            server: identity.server,
            kind: Kind::Metrics,
            fields: Vec::new(),
            from: begin,
            to: now,
            points: MAX_POINTS,
        };
        let minutes =
            (0..MINUTES - 1).map(|minute| fleet.tick_at(server, begin.0 / 60_000 + minute));
        let expected: Vec<UnixMs> = minutes.collect();
        let series = eventually("a row a minute", async || {
            let series = harness.parts().series.range(&query).await.unwrap();
            (series.at.len() >= expected.len()).then_some(series)
        });
        assert_eq!(series.await.at[..expected.len()], expected);
    }
    // Not before: one server may be at the present while another's past is still under way.
    for task in tasks {
        task.abort();
    }
    let tally = tally.lock().clone();
    assert!(
        tally.refused.is_empty() && tally.no_answer == 0 && tally.duplicates == 0,
        "{tally}"
    );
    // Many minutes to a request: three servers, some four hundred payloads each.
    assert!(tally.requests < 40, "{tally}");
    let incidents = incident::Entity::find()
        .all(harness.parts().db.read())
        .await
        .unwrap();
    assert_eq!(incidents, []);
}

#[actix_rt::test]
async fn a_spool_is_drained_beside_live_reports() {
    let harness = Harness::start().await;
    let fleet = Arc::new(Fleet::new(3, 5));
    let identities = enrolled(&harness, 5).await;
    let client = Client::new(&harness.url(""), true).unwrap();
    let drained = drain::run(&client, &fleet, identities.clone(), 30, 4, 9).await;
    assert_eq!(drained.lost, 0);
    assert!(drained.spools.refused.is_empty(), "{}", drained.spools);
    assert!(drained.spools.accepted > 5 * 30 * 3, "{}", drained.spools);
    let logged = join_all(
        identities
            .iter()
            .map(|identity| harness.logged(identity.server)),
    )
    .await;
    let logged: usize = logged.iter().map(Vec::len).sum();
    assert_eq!(
        logged as u64,
        drained.spools.accepted + drained.live.accepted
    );
}

#[actix_rt::test]
async fn load_stops_by_itself_and_tells_how_long_answers_took() {
    let harness = Harness::start().await;
    let fleet = Arc::new(Fleet::new(3, 20));
    let identities = enrolled(&harness, 20).await;
    let client = Client::new(&harness.url(""), true).unwrap();
    let load = load::Load {
        connections: 4,
        lasts: Duration::from_millis(700),
    };
    let (tally, elapsed) = load::run(&client, &fleet, identities, load).await;
    assert!(
        elapsed >= load.lasts && elapsed < Duration::from_secs(20),
        "{elapsed:?}"
    );
    assert!(
        tally.accepted > 20 && tally.latency.count() == tally.requests,
        "{tally}"
    );
    assert!(tally.latency.quantile(0.5) <= tally.latency.quantile(0.99));
    assert!(tally.refused.keys().all(|status| *status == 429), "{tally}");
}

/// Runs `noc simulate` to its end: whether it was happy, and what it said.
async fn simulate(launch: &Launch, arguments: &[&str]) -> (bool, String) {
    let arguments = [&["simulate"], arguments].concat();
    let ended = launch.command(&arguments).output().await.unwrap();
    (
        ended.status.success(),
        String::from_utf8_lossy(&ended.stderr).into_owned(),
    )
}

fn path<'a>(dir: &'a TempDir, name: &str, place: &'a mut String) -> &'a str {
    *place = dir.path().join(name).to_str().unwrap().to_owned();
    place
}

#[actix_rt::test]
async fn the_command_enrols_a_fleet_with_its_tags_and_knows_it_again() {
    let dir = TempDir::new().unwrap();
    let launch = Launch::on(&dir.path().join("data"));
    let program = Program::start(&launch).await;
    let (mut kept, mut truth) = (String::new(), String::new());
    let (kept, truth) = (
        path(&dir, "who", &mut kept),
        path(&dir, "truth.jsonl", &mut truth),
    );
    let arguments = [
        "--url",
        &program.url,
        "--servers",
        "14",
        "--seconds",
        "2",
        "--identities",
        kept,
        "--truth",
        truth,
        "--script",
        "demo",
    ];
    let (ended, said) = simulate(&launch, &arguments).await;
    assert!(ended && said.contains("14 servers enrolled"), "{said}");
    let mode = std::fs::metadata(kept).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "secrets are its owner's alone");
    let first = std::fs::read(kept).unwrap();
    let known: Value = serde_json::from_slice(&first).unwrap();
    assert_eq!(known.as_object().unwrap().len(), 14);
    let lines = std::fs::read_to_string(truth).unwrap();
    for line in lines.lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        if let Some(host) = line["host"].as_str() {
            assert_eq!(line["server_id"], known[host]["server"], "{line}");
        }
    }
    assert!(lines.lines().count() > 8, "{lines}");

    let (ended, said) = simulate(&launch, &arguments).await;
    assert!(ended, "{said}");
    assert!(
        first == std::fs::read(kept).unwrap(),
        "the same hosts again"
    );
    let (ended, said) = simulate(
        &launch,
        &["--url", &program.url, "--servers", "2", "--seconds", "1"],
    )
    .await;
    assert!(
        !ended && said.contains("--identities"),
        "names are taken: {said}"
    );
    program.terminate().await;

    let harness =
        Harness::start_embedded(|config| config.storage.data_dir = dir.path().join("data")).await;
    let servers = server::Entity::find()
        .all(harness.parts().db.read())
        .await
        .unwrap();
    assert_eq!(servers.len(), 14);
    for (n, server) in (0..).zip(1..=14) {
        let name = format!("sim-{server:03}");
        let found = servers.iter().find(|server| server.name == name).unwrap();
        assert_eq!(found.tag_list(), Fleet::new(1, 14).tags(n), "{name}");
    }
}

#[actix_rt::test]
async fn the_command_writes_the_same_file_each_time() {
    let dir = TempDir::new().unwrap();
    let launch = Launch::on(&dir.path().join("data"));
    let mut files = Vec::new();
    for name in ["one", "two"] {
        let mut out = String::new();
        let out = path(&dir, name, &mut out).to_owned();
        let arguments = [
            "--out",
            &out,
            "--days",
            "0.05",
            "--servers",
            "4",
            "--script",
            "default",
        ];
        let (ended, said) = simulate(&launch, &arguments).await;
        assert!(ended && said.contains("payloads/s"), "{said}");
        files.push(std::fs::read(Path::new(&out)).unwrap());
    }
    assert!(
        files[0] == files[1] && files[0].len() > 100_000,
        "{}",
        files[0].len()
    );
    let (ended, said) = simulate(&launch, &["--out", "x", "--load"]).await;
    assert!(!ended && said.contains("cannot be used with"), "{said}");
    let (ended, said) = simulate(&launch, &["--from", "2999-01-01T00:00:00Z"]).await;
    assert!(!ended && said.contains("lies ahead"), "{said}");
}
