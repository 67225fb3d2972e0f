//! The real program, killed at random points under load: what it answered 202 is kept, and nothing happens twice.
//!
//! Agents repeat the same bytes until they are answered 202, so the end is known to the last value. `NOC_ROUNDS` sets
//! how often the program dies, `NOC_SEED` repeats a run.

use crate::fleet::{
    Host, THINGS, catch_up, check_deliveries, check_ends, check_incidents, check_rows, kept,
    mail_goes_to, name_of,
};
use futures::future::join_all;
use noc_api::config::Config;
use noc_api::simulate::client::Client;
use noc_pipeline::clock::sleep;
use noc_tests::Harness;
use noc_tests::parts::RealParts;
use noc_tests::program::{Launch, Program};
use noc_tests::smtp::{SmtpServer, Tls};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use std::path::Path;
use std::time::Duration;
use tempfile::TempDir;

const SERVERS: u32 = 16;
const PATIENCE: Duration = Duration::from_secs(30);

#[actix_rt::test]
async fn what_was_acknowledged_outlives_kill_and_nothing_happens_twice() {
    let number = |name: &str| Some(std::env::var_os(name)?.to_str()?.parse().unwrap());
    let seed: u64 = number("NOC_SEED").unwrap_or_else(rand::random);
    let rounds = u32::try_from(number("NOC_ROUNDS").unwrap_or(10)).unwrap();
    println!("NOC_SEED={seed} NOC_ROUNDS={rounds}");
    let mut random = StdRng::seed_from_u64(seed);
    let smtp = SmtpServer::start(Tls::None, None).await;
    let dir = TempDir::new().unwrap();
    let parts = RealParts::chosen().await;
    let launch = Launch::on(dir.path()).with_all(environment(parts.as_ref()));
    let (mut hosts, parts) = prepare(dir.path(), parts, smtp.port, seed).await;

    let groups = rounds.div_ceil(THINGS);
    for round in 0..rounds {
        for host in hosts.iter_mut().filter(|h| h.n % groups == round / THINGS) {
            host.break_thing((round + host.n) % THINGS, random.random_range(0..4));
        }
        if random.random_bool(0.25) {
            let starting = Program::spawn(&launch);
            sleep(Duration::from_millis(random.random_range(0..500))).await;
            starting.kill().await;
        }
        let program = Program::start(&launch).await;
        let client = Client::new(&program.url, true).unwrap();
        let before = kept(&hosts);
        let life = Duration::from_millis(random.random_range(100..2_500));
        let load = join_all(hosts.iter_mut().map(|h| h.report(&client, usize::MAX)));
        let orderly = random.random_bool(0.2);
        let end = async {
            sleep(life).await;
            if orderly {
                let (status, _) = program.terminate().await;
                assert!(status.success(), "{status}");
            } else {
                program.kill().await;
            }
        };
        futures::join!(load, end);
        let how = if orderly { "stopped" } else { "killed" };
        println!(
            "round {round}: {how} after {life:?}, {} kept",
            kept(&hosts) - before
        );
    }
    let program = Program::start(&launch).await;
    let client = Client::new(&program.url, true).unwrap();
    let rest = hosts.iter_mut().map(|host| {
        let missing = host.until_well();
        host.report(&client, missing)
    });
    join_all(rest).await;
    assert!(hosts.iter().all(|h| h.pending.is_none()), "all is posted");
    let (status, _) = program.terminate().await;
    assert!(status.success(), "{status}");

    let harness = start(dir.path(), parts).await;
    catch_up(&harness).await;
    let aside = harness.parts().dead_letters.list(1).await.unwrap();
    assert!(aside.is_empty(), "{aside:?}");
    for host in &hosts {
        check_rows(&harness, host).await;
    }
    check_incidents(&harness, &hosts).await;
    check_ends(&harness, &smtp).await;
    check_deliveries(&harness, &smtp, true).await;
}

#[actix_rt::test]
async fn a_second_process_on_one_data_directory_is_refused() {
    let dir = TempDir::new().unwrap();
    let first = Program::start(&Launch::on(dir.path())).await;
    let second = Launch::on(dir.path()).command(&["serve"]).output();
    let second = tokio::time::timeout(PATIENCE, second)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(second.status.code(), Some(1));
    let said = String::from_utf8(second.stderr).unwrap();
    let holder = first.id().to_string();
    assert!(said.contains("in use") && said.contains(&holder), "{said}");
    assert_eq!(first.ready().await, Some(200));
    assert!(first.terminate().await.0.success());
}

/// The product in this process, on the directory of the real one.
pub async fn start(dir: &Path, parts: Option<RealParts>) -> Harness {
    let here = |config: &mut Config| config.storage.data_dir = dir.to_owned();
    match parts {
        Some(parts) => Harness::on(parts, here).await,
        None => Harness::start_embedded(here).await,
    }
}

/// What the real program must be told of its parts.
pub fn environment(parts: Option<&RealParts>) -> Vec<(&'static str, String)> {
    parts.map(RealParts::environment).unwrap_or_default()
}

/// Enrols the servers and sets e-mail up.
async fn prepare(
    dir: &Path,
    parts: Option<RealParts>,
    smtp_port: u16,
    seed: u64,
) -> (Vec<Host>, Option<RealParts>) {
    let is_real = parts.is_some();
    let mut harness = start(dir, parts).await;
    mail_goes_to(&harness, smtp_port).await;
    let mut hosts = Vec::new();
    for n in 0..SERVERS {
        let agent = harness.enrol(&name_of(n)).await;
        hosts.push(Host::new(n, SERVERS, seed, agent.identity));
    }
    harness.stop().await;
    (hosts, is_real.then(|| harness.into_parts()))
}
