//! A disk that fills up under the embedded parts, and is made larger.

use super::{EVERY, prepare};
use crate::fleet::{catch_up, check_deliveries, check_incidents, check_rows, kept};
use futures::future::join_all;
use noc_api::simulate::client::Client;
use noc_pipeline::clock::sleep;
use noc_tests::Harness;
use noc_tests::program::{Launch, Program};
use noc_tests::smtp::{SmtpServer, Tls};
use std::io::Write;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tempfile::TempDir;

/// A file system of its own size in memory; needs root.
struct Tmpfs(TempDir);

impl Tmpfs {
    fn of(mib: u32) -> Self {
        let dir = TempDir::new().unwrap();
        let size = format!("size={mib}m");
        mount(&["-t", "tmpfs", "-o", &size, "noc-test"], dir.path());
        Self(dir)
    }

    fn resize(&self, mib: u32) {
        mount(&["-o", &format!("remount,size={mib}m")], self.0.path());
    }
}

impl Drop for Tmpfs {
    fn drop(&mut self) {
        let done = Command::new("umount").arg("-l").arg(self.0.path()).status();
        if !done.is_ok_and(|status| status.success()) {
            eprintln!("{} is still mounted", self.0.path().display());
        }
    }
}

fn mount(arguments: &[&str], at: &Path) {
    let done = Command::new("mount")
        .args(arguments)
        .arg(at)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "mount (needs root): {said}");
}

/// Writes until there is no room, to the last byte.
fn fill(dir: &Path) {
    let mut file = std::fs::File::create(dir.join("filler")).unwrap();
    let block = vec![1; 1 << 20];
    let mut size = block.len();
    while size > 0 {
        if file.write_all(&block[..size]).is_err() {
            size /= 2;
        }
    }
}

async fn harness_on(dir: &Path) -> Harness {
    Harness::start_embedded(|config| config.storage.data_dir = dir.to_owned()).await
}

#[actix_rt::test]
async fn a_full_disk_refuses_payloads_and_recovers_by_itself_when_it_is_made_larger() {
    let disk = Tmpfs::of(400);
    let dir = disk.0.path().join("data");
    let smtp = SmtpServer::start(Tls::None, None).await;
    let mut harness = harness_on(&dir).await;
    let mut hosts = prepare(&harness, smtp.port).await;
    harness.stop().await;
    drop(harness);

    let program = Program::start(&Launch::on(&dir)).await;
    let client = [Client::new(&program.url, true).unwrap()];
    for host in &mut hosts {
        host.break_thing(host.n, 60);
    }
    // One that begins when the disk is full, to see that nothing is taken.
    let mut probe = hosts.pop().unwrap();
    let stop = AtomicBool::new(false);
    let story = async {
        sleep(Duration::from_secs(1)).await;
        fill(disk.0.path());
        sleep(Duration::from_secs(1)).await;
        for _ in 0..20 {
            assert!(!probe.report_to(&client[0]).await, "taken by a full disk");
            sleep(Duration::from_millis(100)).await;
        }
        // Reads go on: what needs no room is answered.
        let page = reqwest::get(format!("{}/api/auth/csrf-cookie", program.url)).await;
        let status = page.map(|answer| answer.status().as_u16());
        assert!(matches!(status, Ok(200 | 204)), "{status:?}");
        disk.resize(1_000);
        sleep(Duration::from_secs(4)).await;
        stop.store(true, Ordering::Relaxed);
    };
    let load = join_all(
        hosts
            .iter_mut()
            .map(|host| host.report_until(&client, EVERY, &stop)),
    );
    futures::join!(load, story);
    hosts.push(probe);
    let rest = hosts.iter_mut().map(|host| {
        let missing = host.until_well();
        host.report_count(&client, missing, EVERY)
    });
    join_all(rest).await;
    let (status, _) = program.terminate().await;
    assert!(status.success(), "{status}");

    let harness = harness_on(&dir).await;
    catch_up(&harness).await;
    for host in &hosts {
        check_rows(&harness, host).await;
    }
    check_incidents(&harness, &hosts).await;
    check_deliveries(&harness, &smtp, false).await;
    println!("{} reports", kept(&hosts));
}
