//! Scripts: everything ordered is written down with its span, and shows in the data within it.

use super::*;
use crate::simulate::{Expect, Plan, Script, Stage, Truth};
use std::collections::BTreeSet;
use std::time::Duration;

fn plan(script: &str, servers: u32, seed: u64) -> (Fleet, Plan) {
    let fleet = Fleet::new(seed, servers);
    let plan = Script::parse(script)
        .unwrap()
        .plan(stage(&fleet, seed))
        .unwrap();
    (fleet, plan)
}

fn stage(fleet: &Fleet, seed: u64) -> Stage<'_> {
    Stage {
        fleet,
        seed,
        prefix: "sim",
        begin: MONDAY,
        end: Some(later(28 * DAY)),
        speed: 1.0,
    }
}

fn default_plan(servers: u32, seed: u64) -> Plan {
    let fleet = Fleet::new(seed, servers);
    Script::shipped("default")
        .unwrap()
        .plan(stage(&fleet, seed))
        .unwrap()
}

#[test]
fn the_default_script_has_something_of_everything() {
    let plan = default_plan(200, 1);
    assert_eq!(plan.left_out, Vec::<String>::new());
    let kinds: BTreeSet<&str> = plan.truth.iter().map(|truth| truth.kind).collect();
    for kind in [
        "server_silent",
        "our_outage",
        "rack_outage",
        "reboot",
        "network_gap",
        "clock_skew",
        "duplicate_agent",
        "bad_numbers",
        "dst_change",
        "overload",
        "service_down",
        "crash_loop",
        "disk_fill",
        "inode_fill",
        "nightly_sawtooth",
        "hacked_mailbox",
        "script_spam",
        "newsletter",
        "queue_freeze",
        "dead_smarthost",
        "mysql_saturated",
        "replication_broken",
        "replication_lag",
        "cache_cold",
        "backup_stops",
        "backup_fails",
        "backup_partial",
        "backup_empty",
        "brute_force",
        "campaign",
        "cron_stops",
        "license_ends",
    ] {
        assert!(kinds.contains(kind), "{kind}");
    }
    let incidents = ordered(&plan)
        .filter(|truth| truth.expect == Expect::Incident)
        .count();
    assert!((50..120).contains(&incidents), "{incidents}");
    for truth in &plan.truth {
        assert!(
            truth.from >= MONDAY && truth.from < later(28 * DAY),
            "{truth:?}"
        );
        assert!(
            truth.until.is_none_or(|until| until > truth.from),
            "{truth:?}"
        );
        assert!(
            truth.onset >= truth.from && truth.deadline >= truth.onset,
            "{truth:?}"
        );
        // It can be seen before it is over; a restart only afterwards.
        let in_time = truth.until.is_none_or(|until| truth.onset <= until);
        assert!(in_time || truth.expect != Expect::Incident, "{truth:?}");
        assert_eq!(
            truth.page,
            truth.expect == Expect::Incident && matches!(truth.severity, Some("high" | "critical"))
        );
    }
    let ids: BTreeSet<&str> = plan.truth.iter().map(|truth| truth.id.as_str()).collect();
    assert_eq!(ids.len(), plan.truth.len());
}

/// What a script ordered, without what comes of restarts.
fn ordered(plan: &Plan) -> impl Iterator<Item = &Truth> {
    let all = plan.truth.iter();
    all.filter(|truth| truth.kind != "backup_interrupted")
}

#[test]
fn one_seed_is_one_plan() {
    assert_eq!(default_plan(120, 5), default_plan(120, 5));
    assert_ne!(default_plan(120, 5), default_plan(120, 6));
}

#[test]
fn trouble_is_spread_so_that_causes_can_be_told_apart() {
    let plan = default_plan(200, 3);
    let mut most = vec![0; 200];
    for truth in ordered(&plan).filter(|truth| truth.kind != "newsletter") {
        let servers = truth
            .server
            .into_iter()
            .chain(truth.members.iter().copied());
        servers.for_each(|server| most[server as usize] += 1);
    }
    assert!(most.iter().all(|count| *count <= 3), "{most:?}");
}

#[test]
fn the_demo_fits_its_fleet() {
    let fleet = Fleet::new(1, 25);
    let plan = Script::shipped("demo")
        .unwrap()
        .plan(Stage {
            end: None,
            ..stage(&fleet, 1)
        })
        .unwrap();
    assert_eq!(plan.left_out, Vec::<String>::new());
    assert!(plan.truth.len() >= 12);
}

/// The one truth of a script.
fn only(plan: &Plan) -> &Truth {
    let ordered: Vec<&Truth> = ordered(plan).collect();
    assert_eq!(ordered.len(), 1, "{ordered:?}");
    ordered[0]
}

#[test]
fn a_truth_names_what_the_data_show() {
    let script = r#"
        [[anomaly]]
        kind = "hacked_mailbox"
        at = "9d 4h 20m"
        lasts = "3h"
        recipients_per_hour = 2400
        addresses = 12
        countries = 5
    "#;
    let (fleet, plan) = plan(script, 60, 8);
    let truth = only(&plan).clone();
    let server = truth.server.unwrap();
    assert_eq!(
        (truth.detector, truth.severity, truth.page),
        ("outgoing_mail_abuse", Some("critical"), true)
    );
    assert_eq!(
        (truth.from, truth.until),
        (
            later(9 * DAY + 260 * MINUTE),
            Some(later(9 * DAY + 440 * MINUTE))
        )
    );
    let fleet = fleet.with_faults(plan.faults);
    let recipients = |at: UnixMs| {
        let stats = email_stats(&fleet, server, at);
        let login = stats
            .logins
            .into_iter()
            .find(|login| login.login == truth.subjects[0]);
        login.and_then(|login| login.recipients).unwrap_or(0)
    };
    let wanted = 100;
    assert!(recipients(truth.from) < wanted);
    // Login and domain are both its subjects: the sooner of the two.
    assert!(
        recipients(truth.onset) >= wanted / 2,
        "{} at the onset",
        recipients(truth.onset)
    );
    assert!(truth.onset < truth.from.plus(Duration::from_secs(1_800)));
    assert_eq!(truth.to_line().lines().count(), 1);
    let read: serde_json::Value = serde_json::from_str(&truth.to_line()).unwrap();
    assert_eq!(read["expect"], "incident");
    assert_eq!(read["from"], "2026-03-11T04:20:00.000Z");
}

#[test]
fn a_filling_disk_is_known_to_cross_its_line() {
    let script = "[[anomaly]]\nkind = \"disk_fill\"\nat = \"2d\"\nfull_after = \"6h\"\nlasts = \"8h\"\ncount = 5";
    let (fleet, plan) = plan(script, 60, 8);
    assert_eq!(ordered(&plan).count(), 5);
    let fleet = fleet.with_faults(plan.faults.clone());
    for truth in ordered(&plan) {
        let used = |at: UnixMs| {
            let partitions = disks(&fleet, truth.server.unwrap(), at).partitions;
            partitions
                .into_iter()
                .find(|p| p.mount == truth.subjects[0])
                .unwrap()
                .used_pct()
                .unwrap()
        };
        assert!(
            used(UnixMs(truth.onset.0 - 20 * MINUTE)) < 90.0,
            "{truth:?}"
        );
        assert!(
            used(UnixMs(truth.onset.0 + 10 * MINUTE)) >= 90.0,
            "{truth:?}: {}",
            used(truth.onset)
        );
    }
}

#[test]
fn backups_are_known_to_be_stale_thirty_hours_after_the_last_one() {
    let script = "[[anomaly]]\nkind = \"backup_stops\"\nat = \"5d\"\nlasts = \"4d\"\ncount = 8";
    let (fleet, plan) = plan(script, 60, 8);
    let fleet = fleet.with_faults(plan.faults.clone());
    for truth in ordered(&plan) {
        let runs = fleet.backups(truth.server.unwrap(), later(3 * DAY), truth.onset);
        let last = runs.iter().map(|run| run.finished_at).max().unwrap();
        assert_eq!(truth.onset, UnixMs(last.0 + 30 * HOUR), "{truth:?}");
    }
}

#[test]
fn newsletters_are_learned_from_the_third_on() {
    let script =
        "[[anomaly]]\nkind = \"newsletter\"\nat = \"0d\"\nrecipients = 900\nweekday = \"wed\"";
    let (_, plan) = plan(script, 20, 8);
    let expect: Vec<Expect> = ordered(&plan).map(|truth| truth.expect).collect();
    assert_eq!(
        expect,
        [Expect::Either, Expect::Either, Expect::Quiet, Expect::Quiet]
    );
    assert!(ordered(&plan).all(|truth| !truth.page));
}

#[test]
fn a_rack_goes_as_one_and_an_outage_of_ours_takes_all() {
    let script = "[[anomaly]]\nkind = \"rack_outage\"\nat = \"1d\"\nlasts = \"30m\"\n[[anomaly]]\nkind = \"our_outage\"\nat = \"2d\"\nlasts = \"20m\"";
    let (fleet, plan) = plan(script, 40, 8);
    let ordered: Vec<&Truth> = ordered(&plan).collect();
    let [rack, ours] = ordered.as_slice() else {
        panic!("{ordered:?}")
    };
    assert_eq!(
        (rack.detector, rack.members.len(), rack.server),
        ("fleet_silent", 12, None)
    );
    let racks: BTreeSet<_> = rack
        .members
        .iter()
        .map(|server| fleet.tags(*server)[2].clone())
        .collect();
    assert_eq!(racks.len(), 1);
    assert_eq!((ours.expect, ours.kind), (Expect::Quiet, "our_outage"));
    assert_eq!(
        plan.faults
            .iter()
            .filter(|fault| fault.kind == FaultKind::NetworkCut)
            .count(),
        40
    );
}

#[test]
fn scripts_that_make_no_sense_are_refused_with_the_place() {
    let problem = |text: &str| {
        let fleet = Fleet::new(1, 5);
        match Script::parse(text) {
            Ok(script) => script.plan(stage(&fleet, 1)).unwrap_err().to_string(),
            Err(error) => error.to_string(),
        }
    };
    let good = "[[anomaly]]\nkind = \"cpu_busy\"\nat = \"1m\"\n";
    assert!(Script::parse(good).is_ok());
    assert!(Script::parse("").is_ok());
    assert!(problem("anomaly = 3").contains("[[anomaly]]"));
    assert!(problem("x = 3").contains("[[anomaly]]"));
    assert!(problem("[[anomaly]").contains("TOML"));
    assert!(
        problem(&format!("{good}[[anomaly]]\nkind = \"fire\"\nat = \"1m\"")).contains("anomaly 2")
    );
    assert!(problem("[[anomaly]]\nkind = \"cpu_busy\"").contains("at"));
    assert!(problem(&format!("{good}lats = \"5m\"")).contains("lats"));
    assert!(problem(&format!("{good}lasts = \"5\"")).contains("length of time"));
    assert!(problem(&format!("{good}count = 2\nper_100 = 1.0")).contains("only one"));
    assert!(problem(&format!("{good}servers = [7]")).contains("no server 7"));
    assert!(
        problem("[[anomaly]]\nkind = \"dst_change\"\nat = \"1m\"\nzone = \"Mars/Base\"")
            .contains("anomaly 1")
    );
}

#[test]
fn a_faster_life_makes_a_shorter_script() {
    let fleet = Fleet::new(1, 30);
    let script =
        Script::parse("[[anomaly]]\nkind = \"cpu_busy\"\nat = \"2h\"\nlasts = \"1h\"").unwrap();
    let plan = script
        .plan(Stage {
            speed: 60.0,
            ..stage(&fleet, 1)
        })
        .unwrap();
    let truth = only(&plan);
    assert_eq!(
        (truth.from, truth.until),
        (later(2 * MINUTE), Some(later(3 * MINUTE)))
    );
}

#[test]
fn a_ramp_is_there_once_its_hour_or_its_days_are() {
    let script = r#"
        [[anomaly]]
        kind = "hacked_mailbox"
        at = "14d"
        lasts = "13d"
        recipients_per_hour = 600
        ramp = "8d"
        by_day = true
    "#;
    let (_, plan) = plan(script, 60, 8);
    let truth = only(&plan);
    let waited = truth.onset.since(truth.from);
    assert!(waited > Duration::from_secs(3_600), "{truth:?}");
    assert!(waited < Duration::from_secs(8 * 86_400), "{truth:?}");
    assert_eq!(truth.deadline, UnixMs(truth.onset.0 + 3 * DAY));
}

#[test]
fn a_queue_is_too_long_when_its_hosts_own_day_says_so() {
    let script = "[[anomaly]]\nkind = \"queue_freeze\"\nfrozen = 700\nat = \"3d\"\nlasts = \"4h\"\ncount = 6\n[[anomaly]]\nkind = \"dead_smarthost\"\nper_hour = 900\nat = \"5d\"\nlasts = \"4h\"\ncount = 6";
    let (fleet, plan) = plan(script, 60, 8);
    let fleet = fleet.with_faults(plan.faults.clone());
    for truth in ordered(&plan) {
        let queue = |at: UnixMs| {
            let report = fleet.report(truth.server.unwrap(), Kind::MailQueue, at);
            let Some(Report::Data(Payload::MailQueue(queue))) = report else {
                panic!("no queue")
            };
            queue
        };
        let day: Vec<_> = (1..=288)
            .map(|n| queue(UnixMs(truth.from.0 - n * 5 * MINUTE)))
            .collect();
        let mean = |of: &dyn Fn(&noc_pipeline::payload::MailQueue) -> Option<u64>| {
            day.iter().filter_map(of).sum::<u64>() as f64 / 288.0
        };
        let seen = queue(truth.onset);
        let before = queue(UnixMs(truth.onset.0 - MINUTE));
        if truth.subjects == ["frozen"] {
            let line = (mean(&|q| q.frozen) * 3.0).max(50.0);
            assert!(seen.frozen.unwrap() as f64 > line, "{truth:?}");
            assert!(before.frozen.unwrap() as f64 <= line, "{truth:?}");
        } else {
            let line = (mean(&|q| q.deferred) * 5.0).max(300.0);
            let first = queue(UnixMs(truth.onset.0 - 10 * MINUTE));
            assert!(first.deferred.unwrap() as f64 >= line, "{truth:?}");
        }
    }
}

#[test]
fn a_restart_in_the_middle_of_a_backup_is_known_to_end_it() {
    let plan = default_plan(200, 1);
    let ended: Vec<_> = plan
        .truth
        .iter()
        .filter(|truth| truth.kind == "backup_interrupted")
        .collect();
    assert!(!ended.is_empty());
    for truth in ended {
        assert_eq!(truth.detector, "backup_failed");
        assert_eq!(truth.subjects.len(), 1, "{truth:?}");
        // As detectors name it: the tool, then the job.
        let (tool, job) = truth.subjects[0].split_once('/').unwrap();
        assert!(!tool.is_empty() && !job.is_empty(), "{truth:?}");
        assert!(truth.onset > truth.from, "{truth:?}");
    }
}

/// A host's own night: it is down, and up again some minutes later. The service's trouble can be seen from then on.
#[test]
fn a_service_that_goes_down_in_its_hosts_restart_is_down_once_the_host_is_up() {
    let fleet = Fleet::new(5, 40);
    let boot = (0..40).find_map(|server| {
        let host = fleet.host(server)?;
        let boot = host.boot(&[], later(27 * DAY));
        (host.has_service("named") && boot.down_from > later(DAY)).then_some((server, boot))
    });
    let (server, boot) = boot.expect("a host is restarted in four weeks");
    let at = boot.down_from.since(MONDAY).as_secs() + 60;
    let order = |lasts: &str| {
        let script = format!(
            "[[anomaly]]\nkind = \"service_down\"\nservice = \"named\"\nat = \"{at}s\"\nlasts = \"{lasts}\"\nservers = [{server}]"
        );
        only(&plan(&script, 40, 5).1).clone()
    };
    let seen = order("30m");
    assert_eq!((seen.from, seen.onset), (boot.up_at, boot.up_at));
    assert_eq!(seen.deadline, boot.up_at.plus(Duration::from_secs(180)));
    assert_eq!(
        seen.until,
        Some(UnixMs(MONDAY.0 + at as i64 * 1_000 + 30 * MINUTE))
    );
    assert_eq!((seen.expect, seen.page), (Expect::Incident, true));
    // Over before the host is up: nobody can see it.
    let unseen = order("30s");
    assert_eq!((unseen.expect, unseen.page), (Expect::Either, false));
}
