//! What one server costs with every detector at work, after days of ordinary traffic. Tests only.

use super::{Fleet, Rules, registry};
use crate::server_actor::evaluate::{Item, Surroundings, What, evaluate};
use crate::state::{ClockMs, ServerState};
use noc_pipeline::clock::{Stopwatch, UnixMs};
use noc_pipeline::id::{Offset, ServerId};
use noc_pipeline::payload::email_stats::{DomainStats, EmailStats, LoginStats};
use noc_pipeline::payload::{
    BackupStatus, Backups, Cpanel, CronEntry, Crons, Disks, Firewall, Inventory, Kind,
    LicenseStatus, Lifecycle, LifecycleEvent, LifecycleReason, Litespeed, MailQueue, Metrics,
    Mysql, Partition, Payload, Processes, Replication, ReplicationRole, Report, Service,
};
use noc_pipeline::record::{PayloadRecord, Record};
use std::sync::Arc;
use uuid::Uuid;

/// 2026-05-01 UTC.
const START: i64 = 1_777_593_600_000;
const DAYS: u64 = 9;
const GB: u64 = 1_000_000_000;
const SERVICES: [&str; 7] = [
    "httpd", "nginx", "mariadbd", "lsws", "exim", "dovecot", "named",
];

/// What an idle host of all roles says of a kind at a minute.
fn told(kind: Kind, minute: u64, now: UnixMs) -> Option<Payload> {
    let (hour, day) = (minute / 60, minute / 1_440);
    Some(match kind {
        Kind::Metrics => Metrics {
            cpu_pct: Some(5.0),
            iowait_pct: Some(1.0),
            steal_pct: Some(0.0),
            load1: Some(0.3),
            cores: Some(8),
            uptime_s: Some(1_000_000 + minute * 60),
            ..Metrics::default()
        }
        .into(),
        Kind::Processes => Processes {
            services: SERVICES
                .iter()
                .enumerate()
                .map(|(n, name)| Service {
                    name: (*name).to_owned(),
                    unit: Some(format!("{name}.service")),
                    installed: true,
                    enabled: true,
                    running: true,
                    pids: Some(4),
                    main_pid: Some(100_000 + n as u64),
                })
                .collect(),
        }
        .into(),
        Kind::Disks => Disks {
            partitions: [
                ("/", 50),
                ("/boot", 1),
                ("/home", 2_000),
                ("/var/lib/mysql", 200),
            ]
            .into_iter()
            .map(|(mount, gb)| Partition {
                mount: mount.to_owned(),
                bytes_total: Some(gb * GB),
                bytes_used: Some(gb * GB / 3 + minute * 10_000),
                inodes_total: Some(gb * 60_000),
                inodes_used: Some(gb * 9_000 + minute),
                ..Partition::default()
            })
            .collect(),
        }
        .into(),
        Kind::Lifecycle => Lifecycle {
            event: LifecycleEvent::Start,
            reason: LifecycleReason::Restart,
        }
        .into(),
        Kind::Mysql => Mysql {
            flavour: "mariadb".to_owned(),
            threads_connected: Some(12),
            max_connections: Some(200),
            questions_total: Some(minute * 6_000),
            uptime_s: Some(500_000 + minute * 60),
            replication: Replication {
                role: ReplicationRole::Replica,
                io_running: Some(true),
                sql_running: Some(true),
                lag_s: Some(0),
            },
            ..Mysql::default()
        }
        .into(),
        Kind::Litespeed => Litespeed {
            requests_total: Some(1_000_000 + minute * 300),
            static_hits_total: Some(400_000 + minute * 100),
            public_hits_total: Some(300_000 + minute * 170),
            private_hits_total: Some(10_000 + minute * 10),
            report_age_s: Some(3),
            ..Litespeed::default()
        }
        .into(),
        Kind::Firewall => Firewall::default().into(),
        Kind::MailQueue => MailQueue {
            mta: "exim".to_owned(),
            total: Some(5 + minute % 7),
            frozen: Some(minute % 3),
            deferred: Some(2),
            ..MailQueue::default()
        }
        .into(),
        Kind::Crons => Crons {
            timezone: "Asia/Dhaka".to_owned(),
            entries: (0..6)
                .map(|n| CronEntry {
                    user: "root".to_owned(),
                    schedule: "*/5 * * * *".to_owned(),
                    command: format!("/usr/local/bin/job{n}"),
                    last_run_at: Some(UnixMs(now.0 / 300_000 * 300_000)),
                    last_exit: Some(0),
                })
                .collect(),
        }
        .into(),
        // The running hour, and once an hour the one before, complete.
        Kind::EmailStats => {
            let complete = minute % 60 == 5;
            EmailStats {
                hour: UnixMs(now.hour().0 - if complete { 3_600_000 } else { 0 }),
                complete,
                domains: ["example.com", "example.org"]
                    .map(|domain| DomainStats {
                        domain: domain.to_owned(),
                        messages: Some(2 + hour % 4),
                        recipients: Some(3 + hour % 5),
                        ..DomainStats::default()
                    })
                    .to_vec(),
                logins: vec![LoginStats {
                    login: "info@example.com".to_owned(),
                    messages: Some(2 + hour % 4),
                    recipients: Some(3 + hour % 5),
                    ..LoginStats::default()
                }],
                scripts: Vec::new(),
                addresses: Vec::new(),
            }
            .into()
        }
        Kind::Cpanel => Cpanel {
            license_status: LicenseStatus::Active,
            ..Cpanel::default()
        }
        .into(),
        Kind::Backups => Backups {
            tool: "jetbackup".to_owned(),
            job: "nightly".to_owned(),
            status: BackupStatus::Success,
            started_at: Some(UnixMs(now.0 - 3_600_000)),
            finished_at: now,
            bytes: Some(80 * GB + day * GB / 10),
            accounts_total: Some(40),
            accounts_failed: Some(0),
            message: None,
        }
        .into(),
        Kind::Inventory => Inventory {
            hostname: "web-1.example".to_owned(),
            timezone: "Asia/Dhaka".to_owned(),
            boot_at: UnixMs(START - 1_000_000_000),
            kernel_running: "6.1".to_owned(),
            machine_id_hash: "0123456789abcdef".to_owned(),
            ..Inventory::default()
        }
        .into(),
    })
}

/// How often a kind comes, minutes. The kinds of every minute come every fifth until the last hours, for speed.
fn every(kind: Kind, minute: u64) -> u64 {
    let at_least = if minute < (DAYS * 24 - 3) * 60 { 5 } else { 1 };
    match (kind, kind.interval()) {
        (Kind::Backups, _) => 1_440,
        (_, None) => u64::MAX,
        (_, Some(interval)) => match interval.as_secs() / 60 {
            few @ ..5 => few.max(at_least),
            minutes => minutes,
        },
    }
}

#[test]
fn an_idle_server_takes_at_most_4_kib_with_every_detector_at_work() {
    let (rules, fleet) = (Rules::default(), Fleet::default());
    let around = Surroundings {
        server: ServerId(1),
        settings: None,
        rules: &rules,
        fleet: &fleet,
        detectors: registry(),
    };
    let mut state = ServerState::default();
    let mut payloads = 0_u32;
    let mut items = Vec::new();
    for minute in 0..DAYS * 1_440 {
        let now = UnixMs(START + i64::try_from(minute).unwrap() * 60_000);
        for kind in Kind::ALL {
            if minute % every(*kind, minute) != 0 {
                continue;
            }
            let Some(payload) = told(*kind, minute, now) else {
                continue;
            };
            payloads += 1;
            items.push(Item {
                offset: Offset(payloads.into()),
                clock: ClockMs(minute * 60_000),
                at: now,
                what: What::Payload(Arc::new(Record::Payload(PayloadRecord {
                    server: ServerId(1),
                    received_at: now,
                    event_at: now,
                    skew_ms: 0,
                    boot_id: Uuid::from_u128(1 << 100),
                    seq: payloads.into(),
                    body_hash: u64::MAX / u64::from(payloads),
                    report: Arc::new(Report::Data(payload)),
                }))),
            });
        }
    }
    let watch = Stopwatch::start();
    let mut most = 0;
    for item in &items {
        let out = evaluate(&mut state, item, around, &mut |_, _| {});
        assert_eq!(out.failures, []);
        assert!(
            out.effects.iter().all(|e| e.detector == 1),
            "{:?}",
            out.effects
        );
        most = most.max(if item.offset.0 % 50 == 0 {
            state.resident_bytes()
        } else {
            0
        });
    }
    let took = watch.elapsed();
    for detector in registry() {
        let info = detector.info();
        let part = state.part(info.code).map_or(0, <[u8]>::len);
        println!("{:>6} bytes {}", part, info.key);
    }
    let bytes = state.resident_bytes();
    println!("{bytes} bytes in all, {most} at most");
    println!(
        "{payloads} payloads in {took:?}, {:?} each",
        took / payloads
    );
    assert!(most <= 4_096, "{most} bytes");
}
