//! Counters grow until their program is started again, and tell the same as rates do.

use super::*;

#[test]
fn counters_go_back_at_restarts_and_at_nothing_else() {
    let fleet = Fleet::new(5, 40);
    let mut restarts = 0;
    for server in 0..fleet.len() {
        let Some(Report::Data(Payload::Mysql(mut last))) =
            fleet.report(server, Kind::Mysql, MONDAY)
        else {
            continue;
        };
        let mut last_web = fleet.report(server, Kind::Litespeed, MONDAY);
        for minute in 1..8 * 1_440 {
            let at = later(minute * MINUTE);
            let now = mysql(&fleet, server, at);
            // The host is being restarted: its agent does not run.
            if now.uptime_s == Some(0) {
                continue;
            }
            if now.uptime_s < last.uptime_s {
                restarts += 1;
                assert!(now.questions_total < last.questions_total);
            } else {
                assert!(
                    now.questions_total > last.questions_total,
                    "server {server}, minute {minute}"
                );
                assert!(now.slow_queries_total >= last.slow_queries_total);
                assert!(now.deadlocks_total >= last.deadlocks_total);
            }
            last = now;
            if let Some(Report::Data(Payload::Litespeed(before))) = last_web {
                let now = litespeed(&fleet, server, at);
                if now.requests_total > before.requests_total {
                    assert!(now.static_hits_total >= before.static_hits_total);
                    assert!(now.public_hits_total >= before.public_hits_total);
                    assert!(now.private_hits_total >= before.private_hits_total);
                } else {
                    let started = now.requests_total.unwrap() < before.requests_total.unwrap() / 10;
                    assert!(started, "server {server}, minute {minute}");
                }
                last_web = Some(Report::Data(now.into()));
            }
        }
    }
    assert!(
        restarts > 3,
        "in eight days of 30 databases some are started again: {restarts}"
    );
}

#[test]
fn a_steady_fleet_is_never_restarted() {
    let fleet = Fleet::steady(5, 12);
    for server in 0..12 {
        let first = processes(&fleet, server, MONDAY);
        let last = processes(&fleet, server, later(200 * DAY));
        for (before, after) in first.services.iter().zip(&last.services) {
            assert!(after.running && before.main_pid == after.main_pid);
        }
        let uptimes = [MONDAY, later(DAY)].map(|at| metrics(&fleet, server, at).uptime_s.unwrap());
        assert_eq!(uptimes[1] - uptimes[0], 86_400);
    }
}

#[test]
fn what_a_counter_grew_by_is_what_the_rate_was() {
    let fleet = Fleet::steady(2, 30);
    let server = first_with(&fleet, Kind::Litespeed);
    for hour in 0..72 {
        let (from, to) = (later(hour * HOUR), later(hour * HOUR + 10 * MINUTE));
        let grown = litespeed(&fleet, server, to).requests_total.unwrap()
            - litespeed(&fleet, server, from).requests_total.unwrap();
        let rate = litespeed(&fleet, server, later(hour * HOUR + 5 * MINUTE))
            .requests_per_s
            .unwrap();
        let error = grown as f64 / 600.0 / rate - 1.0;
        assert!(
            error.abs() < 0.15,
            "hour {hour}: {grown} in 10 min, {rate}/s"
        );
    }
    let ratio = |at: UnixMs| {
        litespeed(&fleet, server, at)
            .cache_hit_pct_since(&litespeed(&fleet, server, UnixMs(at.0 - HOUR)))
            .unwrap()
    };
    assert!(
        (84.0..99.0).contains(&ratio(later(DAY))),
        "{}",
        ratio(later(DAY))
    );
}

#[test]
fn a_crash_begins_counters_and_processes_anew() {
    let fleet = Fleet::steady(1, 4);
    let server = first_with(&fleet, Kind::Mysql);
    let service = fleet
        .services(server)
        .into_iter()
        .find(|name| name.ends_with("sqld") || name.ends_with("dbd"))
        .unwrap();
    let down = fault(
        server,
        HOUR,
        10 * MINUTE,
        FaultKind::ServiceDown {
            service: service.to_owned(),
        },
    );
    let fleet = fleet.with_faults([down]);
    let pid = |at: UnixMs| {
        let services = processes(&fleet, server, at).services;
        services
            .into_iter()
            .find(|s| s.name == service)
            .unwrap()
            .main_pid
    };
    assert_eq!(pid(later(HOUR + MINUTE)), None);
    assert!(pid(later(2 * HOUR)).is_some() && pid(later(2 * HOUR)) != pid(later(0)));
    assert!(matches!(
        fleet.report(server, Kind::Mysql, later(HOUR + MINUTE)),
        Some(Report::Unreadable { .. })
    ));
    assert_eq!(
        mysql(&fleet, server, later(2 * HOUR)).uptime_s,
        Some(50 * 60)
    );
    assert!(
        mysql(&fleet, server, later(2 * HOUR)).questions_total
            < mysql(&fleet, server, later(0)).questions_total
    );
}
