//! The agent on a host in trouble: no room, a disk that cannot be written, a clock that jumps.

use super::{agent_of, assert_no_gap, numbers};
use chrono::DateTime;
use noc_tests::eventually;
use noc_tests::linux_agent::{LinuxAgent, NOBODY};
use noc_tests::stand_in::{Reply, StandIn};
use std::fs;
use std::path::Path;
use std::process::Command;

/// A tmpfs of a size, gone with this value.
struct SmallDisk<'p>(&'p Path);

impl<'p> SmallDisk<'p> {
    fn mount(at: &'p Path, options: &str) -> Self {
        let options = format!("{options},uid={NOBODY},gid={NOBODY},mode=0750");
        sh(
            "mount",
            &["-t", "tmpfs", "-o", &options, "tmpfs", at.to_str().unwrap()],
        );
        Self(at)
    }

    fn remount(&self, options: &str) {
        let options = format!("remount,{options}");
        sh("mount", &["-o", &options, self.0.to_str().unwrap()]);
    }
}

impl Drop for SmallDisk<'_> {
    fn drop(&mut self) {
        let gone = Command::new("umount").arg("-l").arg(self.0).status();
        drop(gone);
    }
}

fn sh(program: &str, arguments: &[&str]) {
    let done = Command::new(program).args(arguments).output().unwrap();
    assert!(done.status.success(), "{program} {arguments:?}: {done:?}");
}

async fn heartbeats(stand_in: &StandIn, more: usize) {
    let before = stand_in.payloads("metrics").len();
    eventually("heartbeats", async || {
        (stand_in.payloads("metrics").len() >= before + more).then_some(())
    })
    .await;
}

/// Reports of every kind still come when nothing can be written, and ticks are spooled again once there is room.
async fn reports_without_a_disk(
    agent: &mut LinuxAgent,
    stand_in: &StandIn,
    fill: impl Fn(),
    free: impl Fn(),
) {
    agent.start();
    heartbeats(stand_in, 2).await;
    fill();
    let (processes, disks) = (
        stand_in.payloads("processes").len(),
        stand_in.payloads("disks").len(),
    );
    heartbeats(stand_in, 4).await;
    eventually("disks and processes", async || {
        let more = stand_in.payloads("processes").len() > processes
            && stand_in.payloads("disks").len() > disks;
        more.then_some(())
    })
    .await;
    free();
    stand_in.decide(|_| Reply::refused(503));
    eventually("a tick in the spool", async || {
        (!agent.spool().is_empty()).then_some(())
    })
    .await;
    agent.stop().await;
    assert_no_gap(&numbers(
        &stand_in
            .sent()
            .into_iter()
            .flat_map(|sent| sent.payloads)
            .chain(agent.spool().iter().flat_map(|(_, lines)| {
                lines.iter().map(|line| serde_json::from_str(line).unwrap())
            }))
            .collect::<Vec<_>>(),
    ));
}

/// Both ways of being full: no room for bytes, and no room for names.
#[actix_web::test]
async fn a_full_disk_keeps_nothing_from_being_reported() {
    for options in ["size=256k", "size=4m,nr_inodes=40"] {
        let stand_in = StandIn::start(Reply::taken);
        let mut agent = agent_of(&stand_in);
        let state = agent.state();
        let _disk = SmallDisk::mount(&state, options);
        let filler = state.join("filler");
        fs::create_dir(&filler).unwrap();
        reports_without_a_disk(
            &mut agent,
            &stand_in,
            || {
                drop(fs::write(filler.join("bytes"), vec![0; 512 * 1024]));
                let names = (0..100).map(|n| fs::write(filler.join(n.to_string()), [0; 4096]));
                assert!(names.filter(Result::is_err).count() > 0, "it is not full");
            },
            || fs::remove_dir_all(&filler).unwrap(),
        )
        .await;
    }
}

#[actix_web::test]
async fn a_read_only_state_folder_keeps_nothing_from_being_reported() {
    let stand_in = StandIn::start(Reply::taken);
    let mut agent = agent_of(&stand_in);
    let state = agent.state();
    let disk = SmallDisk::mount(&state, "size=4m");
    reports_without_a_disk(
        &mut agent,
        &stand_in,
        || disk.remount("ro"),
        || disk.remount("rw"),
    )
    .await;
}

#[actix_web::test]
async fn started_on_a_read_only_folder_it_reports_too() {
    let stand_in = StandIn::start(Reply::taken);
    let mut agent = agent_of(&stand_in);
    let state = agent.state();
    let disk = SmallDisk::mount(&state, "size=4m");
    disk.remount("ro");
    agent.start();
    heartbeats(&stand_in, 3).await;
    let (ok, text) = agent.run("agent.sh", &["doctor"]).await;
    assert!(!ok && text.contains("MISS  state"), "{text}");
    let (ok, text) = agent.run("agent.sh", &["once"]).await;
    assert!(!ok && text.contains("it runs"), "a second one: {text}");
    agent.stop().await;
}

/// What libfaketime leaves of a process.
struct Leftovers(u32);

impl Drop for Leftovers {
    fn drop(&mut self) {
        for name in ["faketime_shm", "sem.faketime_sem"] {
            drop(fs::remove_file(format!("/dev/shm/{name}_{}", self.0)));
        }
    }
}

/// What is timed is timed by uptime: a clock that is set moves no report, and no wait.
#[actix_web::test]
async fn a_clock_that_jumps_stops_no_report() {
    let folders = fs::read_dir("/usr/lib")
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let library = folders
        .map(|folder| folder.join("faketime/libfaketime.so.1"))
        .find(|library| library.exists())
        .expect("apt-get install faketime");
    let stand_in = StandIn::start(Reply::taken);
    let mut agent = agent_of(&stand_in);
    let clock = agent.conf().with_file_name("clock");
    fs::write(&clock, "+0\n").unwrap();
    agent.environment("LD_PRELOAD", library.to_str().unwrap());
    agent.environment("FAKETIME_TIMESTAMP_FILE", clock.to_str().unwrap());
    agent.environment("FAKETIME_NO_CACHE", "1");
    agent.environment("FAKETIME_DONT_FAKE_MONOTONIC", "1");
    agent.start();
    let _leftovers = Leftovers(agent.id().unwrap());
    heartbeats(&stand_in, 2).await;
    for jump in ["-2h", "+1y", "-10y", "+0"] {
        fs::write(&clock, format!("{jump}\n")).unwrap();
        heartbeats(&stand_in, 3).await;
        let last = stand_in.payloads("metrics").pop().unwrap();
        // Its own clock in both: the server takes the difference for its skew.
        let at = |field: &str| DateTime::parse_from_rfc3339(last[field].as_str().unwrap()).unwrap();
        let between = (at("sent_at") - at("observed_at")).num_seconds();
        assert!((0..10).contains(&between), "{last}");
    }
    // In an outage too: waits end although the clock went back a day in the middle of one.
    stand_in.decide(|_| Reply::refused(503));
    eventually("a tick in the spool", async || {
        (agent.spool().len() >= 2).then_some(())
    })
    .await;
    fs::write(&clock, "-1d\n").unwrap();
    stand_in.decide(Reply::taken);
    super::patiently("an empty spool", || agent.spool().is_empty()).await;
    agent.stop().await;
    let sent = stand_in.sent();
    assert_no_gap(&numbers(sent.iter().flat_map(|sent| &sent.payloads)));
}
