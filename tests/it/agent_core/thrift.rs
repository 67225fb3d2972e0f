//! What the agent costs its host: processor and memory, its children's too.

use super::somebody;
use chrono::DateTime;
use noc_pipeline::clock::{Clock, Stopwatch, SystemClock, sleep};
use noc_tests::linux_agent::LinuxAgent;
use noc_tests::stand_in::{Reply, StandIn};
use noc_tests::{awks, eventually};
use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::PermissionsExt;
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

/// The same, and what the process runs.
fn named(id: u32) -> (f64, String) {
    let name = fs::read_to_string(format!("/proc/{id}/comm")).unwrap_or_default();
    (pss_mib(id), name.trim().to_owned())
}

/// Lines of exim's log as a busy host writes them, of the hour and a half before now: logins and scripts of 300 domains,
/// refused and deferred recipients, strangers' mail, and dictionaries of passwords. Nothing says that a message is done
/// with, and recipients are not listed: whatever is remembered of messages, all of it is.
fn endless_log(lines: usize) -> String {
    let mut log = String::with_capacity(lines * 200);
    let now = SystemClock.now().0 / 1_000;
    for n in 0..lines / 4 {
        let ago = 5_400 - i64::try_from(n * 5_400 / (lines / 4)).unwrap();
        let at = DateTime::from_timestamp(now - ago, 0).unwrap();
        let at = at.format("%Y-%m-%d %H:%M:%S");
        let (id, user, domain) = (format!("1t{n:04x}-{n:011}-Ab3d"), n % 8, n * 7 % 300);
        let (to, far) = (n * 13, n % 2_000);
        let login = format!("u{user}@customer{domain:03}.example");
        match n % 3 {
            0 => writeln!(log, "{at} {id} <= {login} H=(laptop) [198.51.{}.{}]:4711 P=esmtpsa X=TLS1.3:TLS_AES_256_GCM_SHA384:256 CV=no A=dovecot_login:{login} S=4711 id=x{n}@laptop T=\"Offer {n}\"", n % 20, n % 250),
            1 => writeln!(log, "{at} cwd=/home/cust{domain}/public_html/wp 4 args: /usr/sbin/sendmail -t -i\n{at} {id} <= cust{domain}@host.example U=cust{domain} P=local S=1234 T=\"wp\""),
            _ => writeln!(log, "{at} {id} <= somebody@far.example H=mx.far.example [192.0.2.9]:2525 P=esmtps S=3000"),
        }
        .unwrap();
        writeln!(log, "{at} {id} => r{to}@far{far}.example R=dkim_lookuphost T=dkim_remote_smtp H=mx.far.example [192.0.2.9] X=TLS1.3:TLS_AES_256_GCM_SHA384:256 CV=yes C=\"250 2.0.0 Ok: queued\"").unwrap();
        writeln!(log, "{at} {id} == d{to}@far{far}.example R=dkim_lookuphost T=dkim_remote_smtp defer (-44): SMTP error from remote mail server after RCPT TO:<d{to}@far{far}.example>: 451 4.7.1 Greylisted").unwrap();
        if n % 2 == 0 {
            writeln!(log, "{at} dovecot_login authenticator failed for (abc) [203.0.{}.{}]:1: 535 Incorrect authentication data (set_id=u{}@customer{domain:03}.example)", n % 256, n / 256 % 256, n * 3 % 20_000).unwrap();
        }
    }
    log
}

/// lfd's lines of two minutes in which the whole host is attacked.
fn attack_log(lines: usize) -> String {
    let at = DateTime::from_timestamp(SystemClock.now().0 / 1_000 - 60, 0).unwrap();
    let at = at.format("%b %e %H:%M:%S");
    let mut log = String::new();
    for n in 0..lines {
        writeln!(log, "{at} host lfd[{n}]: (sshd) Failed SSH login from 203.{}.{}.{} (CN/China/host{n}.example): 5 in the last 3600 secs - *Blocked in csf* for 3600 secs [LF_SSHD]", n / 65_536, n / 256 % 256, n % 256).unwrap();
    }
    log
}

/// The whole agent, under the awks that fleets have, reading a busy mail log in pieces beside everything else.
#[actix_web::test]
async fn a_mail_log_in_which_no_message_ends_takes_twenty_mebibytes_at_most() {
    let mail = endless_log(60_000);
    let marks: Vec<usize> = mail.match_indices('\n').map(|(at, _)| at + 1).collect();
    for awk in awks()
        .into_iter()
        .filter(|awk| ["gawk", "mawk"].contains(&awk.name))
    {
        let stand_in = StandIn::start(Reply::taken);
        let mut agent = LinuxAgent::new(&stand_in.url(), &somebody());
        agent.environment("PATH", &awk.path());
        let logs = tempfile::tempdir().unwrap();
        fs::set_permissions(logs.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let at = logs.path().display();
        fs::write(logs.path().join("mta"), "#!/bin/sh\nexit 1\n").unwrap();
        fs::set_permissions(logs.path().join("mta"), fs::Permissions::from_mode(0o755)).unwrap();
        // The 16 MiB before its end are read first, then what comes.
        let pieces =
            [0, 30_000, 40_000, 50_000].map(|line| if line == 0 { 0 } else { marks[line] });
        fs::write(logs.path().join("mainlog"), &mail[..pieces[1]]).unwrap();
        fs::write(logs.path().join("lfd.log"), "").unwrap();
        agent.with_hosting_settings(&format!(
            "EXIM_PROGRAMS={at}/mta EXIM_LOGS={at}/mainlog CSF_SIGNS={at}/mta LFD_LOG={at}/lfd.log"
        ));
        agent.start();
        let (mut peak, mut sum, mut samples) = (0.0_f64, 0.0, 0_u32);
        let mut largest = Vec::new();
        let watch = Stopwatch::start();
        for round in 1..=4 {
            let wanted = stand_in.payloads("email-stats").len() + usize::from(round > 1);
            while stand_in.payloads("email-stats").len() < wanted.max(1) {
                assert!(
                    watch.elapsed() < Duration::from_secs(240),
                    "{}: {}",
                    awk.name,
                    agent.log()
                );
                let all: Vec<(f64, String)> = agent.processes().into_iter().map(named).collect();
                let now: f64 = all.iter().map(|(mib, _)| mib).sum();
                (sum, samples) = (sum + now, samples + 1);
                if now > peak {
                    (peak, largest) = (now, all);
                }
                sleep(Duration::from_millis(20)).await;
            }
            let end = pieces.get(round + 1).copied().unwrap_or(mail.len());
            let append = |name: &str, text: &str| {
                use std::io::Write as _;
                let path = logs.path().join(name);
                let mut file = fs::OpenOptions::new().append(true).open(path).unwrap();
                file.write_all(text.as_bytes()).unwrap();
            };
            if round < 4 {
                append("mainlog", &mail[pieces[round]..end]);
                append("lfd.log", &attack_log(3_000));
            }
        }
        let mean = sum / f64::from(samples);
        println!(
            "{}: {mean:.1} MiB on average, {peak:.1} MiB at most, of {samples} looks",
            awk.name
        );
        let told = stand_in.payloads("email-stats");
        agent.stop().await;
        let domains =
            |payload: &serde_json::Value| payload["domains"].as_array().map_or(0, Vec::len);
        assert!(told.iter().any(|payload| domains(payload) > 0), "{told:?}");
        assert!(!stand_in.payloads("firewall").is_empty());
        assert!(samples > 50, "{samples} looks are no average");
        assert!(
            peak > 1.0 && peak <= MOST_MIB,
            "{}: {peak} MiB: {largest:?}",
            awk.name
        );
    }
}
