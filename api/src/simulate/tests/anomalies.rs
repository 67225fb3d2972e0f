//! Whatever is ordered shows in what is measured, from its first instant to its last.

use super::*;

/// Before, in the middle of and long after six hours of trouble that begin on Tuesday at six.
const FROM: i64 = 30 * HOUR;
const LASTS: i64 = 6 * HOUR;
const BEFORE: i64 = FROM - 2 * HOUR;
const WITHIN: i64 = FROM + 4 * HOUR;
const AFTER: i64 = FROM + LASTS + 3 * DAY;

fn with(server: u32, kind: FaultKind) -> Fleet {
    Fleet::new(6, 60).with_faults([fault(server, FROM, LASTS, kind)])
}

/// A server of the fleet that can have it.
fn able(wanted: impl Fn(&Fleet, u32) -> bool) -> u32 {
    let fleet = Fleet::new(6, 60);
    (0..60).find(|server| wanted(&fleet, *server)).unwrap()
}

fn has(kind: Kind) -> u32 {
    first_with(&Fleet::new(6, 60), kind)
}

fn thrice<T>(of: impl Fn(UnixMs) -> T) -> [T; 3] {
    [BEFORE, WITHIN, AFTER].map(|at| of(later(at)))
}

#[test]
fn a_service_is_down_or_comes_back_all_the_time() {
    let down = with(
        0,
        FaultKind::ServiceDown {
            service: "exim".to_owned(),
        },
    );
    let fleet = if down.services(0).contains(&"exim") {
        down
    } else {
        with(
            1,
            FaultKind::ServiceDown {
                service: "exim".to_owned(),
            },
        )
    };
    let server = if fleet.services(0).contains(&"exim") {
        0
    } else {
        1
    };
    let running = thrice(|at| {
        let services = processes(&fleet, server, at).services;
        services
            .into_iter()
            .find(|s| s.name == "exim")
            .unwrap()
            .running
    });
    assert_eq!(running, [true, false, true]);

    let service = Fleet::new(6, 60).services(0)[0].to_owned();
    let fleet = with(
        0,
        FaultKind::CrashLoop {
            service: service.clone(),
            every_s: 150,
        },
    );
    let pids = |from: i64| -> std::collections::BTreeSet<u64> {
        (0..15)
            .filter_map(|minute| {
                let services = processes(&fleet, 0, later(from + minute * MINUTE)).services;
                services
                    .into_iter()
                    .find(|s| s.name == service)
                    .unwrap()
                    .main_pid
            })
            .collect()
    };
    assert_eq!(pids(BEFORE).len(), 1);
    assert!(pids(WITHIN).len() >= 4, "{:?}", pids(WITHIN));
    assert_eq!(pids(AFTER).len(), 1);
}

#[test]
fn file_systems_fill_and_empty() {
    let server = able(|fleet, n| fleet.mounts(n).contains(&"/home"));
    let fleet = with(
        server,
        FaultKind::DiskFilling {
            mount: "/home".to_owned(),
            full_after_s: 3_600,
        },
    );
    let used = |fleet: &Fleet, at: UnixMs| {
        let partitions = disks(fleet, server, at).partitions;
        let home = partitions.into_iter().find(|p| p.mount == "/home").unwrap();
        let inodes = home.inodes_used.unwrap() as f64 / home.inodes_total.unwrap() as f64;
        (home.used_pct().unwrap() / 100.0, inodes)
    };
    let [before, within, after] = thrice(|at| used(&fleet, at).0);
    assert!(
        before < 0.8 && within > 0.999 && after < 0.8,
        "{before} {within} {after}"
    );
    let half = used(&fleet, later(FROM + 30 * MINUTE)).0;
    assert!(before < half && half < 1.0 && (half - (1.0 + before) / 2.0).abs() < 0.02);

    let fleet = with(
        server,
        FaultKind::InodesFilling {
            mount: "/home".to_owned(),
            full_after_s: 3_600,
        },
    );
    let [before, within, after] = thrice(|at| used(&fleet, at));
    assert!(before.1 < 0.8 && within.1 > 0.999 && after.1 < 0.8);
    assert!(within.0 < 0.8, "bytes are none of it");

    let rise = FaultKind::NightlySawtooth {
        mount: "/home".to_owned(),
        rise: 0.2,
    };
    let fleet = Fleet::new(6, 60).with_faults([fault(server, 0, 28 * DAY, rise)]);
    for day in 1..20 {
        let day: Vec<f64> = (0..96)
            .map(|n| used(&fleet, later(day * DAY + n * 15 * MINUTE)).0)
            .collect();
        let (low, high) = day.iter().fold((1.0_f64, 0.0_f64), |(low, high), v| {
            (low.min(*v), high.max(*v))
        });
        assert!((0.18..0.23).contains(&(high - low)), "{low} to {high}");
    }
}

#[test]
fn hosts_are_busy_overloaded_or_restarted() {
    let fleet = with(0, FaultKind::CpuBusy);
    assert!(thrice(|at| metrics(&fleet, 0, at).cpu_pct.unwrap())[1] > 96.0);
    let fleet = with(0, FaultKind::Overload);
    let [before, within, after] = thrice(|at| {
        let m = metrics(&fleet, 0, at);
        (m.load1_per_core().unwrap(), m.iowait_pct.unwrap())
    });
    assert!(
        before.0 < 2.0 && after.0 < 2.0 && within.0 > 4.0 && within.1 > 30.0,
        "{within:?}"
    );
    let fleet = with(0, FaultKind::Reboot { goodbye: false });
    let up = metrics(&fleet, 0, later(FROM + LASTS + HOUR))
        .uptime_s
        .unwrap();
    assert_eq!(up, 3_600);
}

#[test]
fn queues_freeze_and_wait() {
    let server = able(|fleet, n| {
        fleet.services(n).contains(&"exim")
            && fleet
                .report(n, Kind::MailQueue, MONDAY)
                .is_some_and(|r| r.data().is_some())
    });
    let fleet = with(server, FaultKind::QueueFreeze { frozen: 700 });
    let [before, within, after] = thrice(|at| mail_queue(&fleet, server, at).frozen.unwrap());
    assert!(
        before < 50 && within > 650 && after < 50,
        "{before} {within} {after}"
    );
    let fleet = with(server, FaultKind::DeadSmarthost { per_hour: 900 });
    let [before, within, after] = thrice(|at| mail_queue(&fleet, server, at).deferred.unwrap());
    assert!(
        before < 300 && (3_500..4_200).contains(&within) && after < 300,
        "{before} {within} {after}"
    );
}

#[test]
fn databases_are_full_broken_or_behind() {
    let server = has(Kind::Mysql);
    let fleet = with(server, FaultKind::MysqlSaturated);
    let [before, within, after] = thrice(|at| mysql(&fleet, server, at).connections_pct().unwrap());
    assert!(before < 80.0 && within >= 90.0 && after < 80.0);
    let replica = able(
        |fleet, n| matches!(fleet.report(n, Kind::Mysql, MONDAY), Some(Report::Data(Payload::Mysql(m))) if m.replication.lag_s.is_some()),
    );
    let fleet = with(replica, FaultKind::ReplicationBroken);
    let state = thrice(|at| {
        let replication = mysql(&fleet, replica, at).replication;
        (replication.sql_running, replication.lag_s.is_some())
    });
    assert_eq!(
        state,
        [(Some(true), true), (Some(false), false), (Some(true), true)]
    );
    let fleet = with(replica, FaultKind::ReplicationLag);
    let [before, within, after] =
        thrice(|at| mysql(&fleet, replica, at).replication.lag_s.unwrap());
    assert!(
        before < 30 && within > 14_000 && after < 30,
        "{before} {within} {after}"
    );
}

#[test]
fn caches_go_cold_and_licences_end() {
    let server = has(Kind::Litespeed);
    let fleet = with(server, FaultKind::CacheCold);
    let [before, within, after] = thrice(|at| {
        let earlier = litespeed(&fleet, server, UnixMs(at.0 - HOUR));
        litespeed(&fleet, server, at)
            .cache_hit_pct_since(&earlier)
            .unwrap()
    });
    assert!(
        before > 80.0 && after > 80.0 && within < before - 40.0,
        "{before} {within} {after}"
    );
    let server = has(Kind::Cpanel);
    let fleet = with(server, FaultKind::LicenseEnds);
    let valid = thrice(|at| cpanel(&fleet, server, at).license_status.is_valid());
    assert_eq!(valid, [Some(true), Some(false), Some(true)]);
}

#[test]
fn backups_stop_fail_leave_out_or_hold_nothing() {
    use noc_pipeline::payload::BackupStatus::{Failed, Partial, Success};
    let server = able(|fleet, n| fleet.services(n).contains(&"lsws"));
    let of = |kind: FaultKind| {
        let fleet = Fleet::new(6, 60).with_faults([fault(server, 2 * DAY, 2 * DAY, kind)]);
        let runs = fleet.backups(server, later(0), later(6 * DAY));
        let bad: Vec<_> = runs
            .iter()
            .filter(|run| (later(2 * DAY)..later(4 * DAY)).contains(&run.started_at.unwrap()))
            .map(|run| run.outcome().0)
            .collect();
        let good = runs.len() - bad.len();
        assert!(runs.iter().filter(|run| run.outcome().0 == Success).count() >= good);
        (bad, good)
    };
    assert_eq!(of(FaultKind::BackupsStop), (vec![], 8));
    assert_eq!(of(FaultKind::BackupsFail), (vec![Failed; 4], 8));
    assert_eq!(of(FaultKind::BackupsPartial), (vec![Partial; 4], 8));
    assert_eq!(of(FaultKind::BackupsEmpty), (vec![Partial; 4], 8));
    let quiet = Fleet::new(6, 60);
    let runs = quiet.backups(server, later(0), later(6 * DAY));
    assert!(
        runs.iter()
            .all(|run| run.outcome().0 == Success && run.duration_s().unwrap() > 60.0)
    );
}

#[test]
fn attackers_are_seen_and_each_event_is_told_once() {
    let fleet = with(
        0,
        FaultKind::BruteForce {
            per_minute: 20,
            attacker: 12_345,
        },
    );
    let counted = |from: i64| {
        let events = firewall(&fleet, 0, later(from), later(from + 10 * MINUTE)).events;
        events
            .into_iter()
            .filter(|event| {
                event.action == noc_pipeline::payload::firewall::FirewallAction::BruteForce
            })
            .count()
    };
    assert!(counted(BEFORE) < 10 && counted(AFTER) < 10);
    assert!((200..215).contains(&counted(WITHIN)), "{}", counted(WITHIN));
    let whole = firewall(&fleet, 0, later(WITHIN), later(WITHIN + 20 * MINUTE)).events;
    let mut parts = Vec::new();
    for n in 0..40 {
        let from = WITHIN + n * 30_000;
        parts.extend(firewall(&fleet, 0, later(from), later(from + 30_000)).events);
    }
    assert_eq!(whole, parts);
}

#[test]
fn cron_stops_running_and_goes_on() {
    let server = able(crons_read);
    let fleet = with(server, FaultKind::CronStops);
    let oldest = thrice(|at| {
        let entries = crons(&fleet, server, at).entries;
        let often = entries
            .into_iter()
            .find(|entry| entry.schedule.ends_with("* * * *"))
            .unwrap();
        at.since(often.last_run_at.unwrap()).as_secs()
    });
    assert!(oldest[0] <= 3_700 && oldest[2] <= 3_700, "{oldest:?}");
    assert!(oldest[1] >= 4 * 3_600, "{oldest:?}");
}

fn crons_read(fleet: &Fleet, server: u32) -> bool {
    fleet
        .report(server, Kind::Crons, MONDAY)
        .is_some_and(|report| report.data().is_some())
}
