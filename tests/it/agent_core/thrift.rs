//! What the agent costs its host: processor and memory, its children's too.

use super::somebody;
use noc_pipeline::clock::{Stopwatch, sleep};
use noc_tests::eventually;
use noc_tests::linux_agent::LinuxAgent;
use noc_tests::stand_in::{Reply, StandIn};
use std::fs;
use std::time::Duration;

/// Of a minute's 60,000 ms, one percent.
const MOST_MS_A_TICK: f64 = 600.0;
const MOST_MIB: f64 = 20.0;
/// So many ticks, a second apart: a third of an hour at the pace of a real host.
const TICKS: usize = 20;

/// Milliseconds of processor that a process and its ended children had.
fn cpu_ms(id: u32) -> f64 {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).expect("it runs");
    let fields: Vec<&str> = stat
        .rsplit_once(") ")
        .expect("fields")
        .1
        .split(' ')
        .collect();
    // utime, stime, cutime, cstime, in ticks of 10 ms.
    let ticks = fields[11..15]
        .iter()
        .map(|n| n.parse::<f64>().expect("a number"));
    ticks.sum::<f64>() * 10.0
}

/// MiB that a process has to itself, and its share of what it has in common with others.
fn pss_mib(id: u32) -> f64 {
    let rollup = fs::read_to_string(format!("/proc/{id}/smaps_rollup")).unwrap_or_default();
    let line = rollup.lines().find_map(|line| line.strip_prefix("Pss:"));
    let kib = line.and_then(|rest| rest.trim().strip_suffix(" kB")?.trim().parse::<f64>().ok());
    kib.unwrap_or(0.0) / 1024.0
}

#[actix_web::test]
async fn it_costs_a_hundredth_of_a_core_and_twenty_mebibytes_at_most() {
    let stand_in = StandIn::start(Reply::taken);
    // With every probe there is: each kind in proportion as often as on a real host.
    let mut agent = LinuxAgent::new(&stand_in.url(), &somebody());
    agent.start();
    eventually("the first tick, in which everything is due", async || {
        (!stand_in.payloads("inventory").is_empty()).then_some(())
    })
    .await;
    let id = agent.id().unwrap();
    let (before, ticks) = (cpu_ms(id), stand_in.payloads("metrics").len());
    let (mut samples, mut sum, mut peak) = (0_u32, 0.0, 0.0_f64);
    let watch = Stopwatch::start();
    while stand_in.payloads("metrics").len() < ticks + TICKS {
        assert!(
            watch.elapsed() < Duration::from_secs(120),
            "it reports in time"
        );
        let now: f64 = agent.processes().into_iter().map(pss_mib).sum();
        samples += 1;
        sum += now;
        peak = peak.max(now);
        sleep(Duration::from_millis(20)).await;
    }
    let a_tick = (cpu_ms(id) - before) / TICKS as f64;
    let mean = sum / f64::from(samples);
    println!(
        "{a_tick:.0} ms of processor a tick: {:.2} % of a core at one a minute; memory {mean:.1} MiB on average, \
         {peak:.1} MiB at most, of {samples} looks",
        a_tick / 600.0
    );
    agent.stop().await;
    assert!(samples > 50, "{samples} looks are no average");
    assert!(a_tick > 1.0 && a_tick <= MOST_MS_A_TICK, "{a_tick} ms");
    assert!(mean > 1.0 && mean <= MOST_MIB, "{mean} MiB");
}
