//! Days and weeks show, and the same seed is the same fleet.

use super::*;
use crate::simulate::host_name;

#[test]
fn one_seed_is_one_fleet_in_whatever_order_it_is_asked() {
    let (a, b) = (Fleet::new(7, 20), Fleet::new(7, 20));
    let at = later(3 * DAY + 7 * HOUR + 1_234);
    let kinds: Vec<Kind> = Kind::ALL.iter().rev().copied().collect();
    for server in (0..20).rev() {
        for kind in &kinds {
            assert_eq!(b.report(server, *kind, at), a.report(server, *kind, at));
        }
    }
    assert_ne!(
        Fleet::new(8, 20).report(3, Kind::Metrics, at),
        a.report(3, Kind::Metrics, at)
    );
    assert_ne!(
        a.report(3, Kind::Metrics, at),
        a.report(0, Kind::Metrics, at)
    );
    // A larger fleet begins with the smaller one.
    assert_eq!(
        Fleet::new(7, 90).report(11, Kind::Inventory, at),
        a.report(11, Kind::Inventory, at)
    );
}

#[test]
fn roles_and_racks_are_there_and_named() {
    let fleet = Fleet::new(1, 60);
    for role in [Role::Web, Role::Mail, Role::Db, Role::Dns, Role::Backup] {
        let count = (0..60)
            .filter(|server| fleet.role(*server) == Some(role))
            .count();
        assert!(count >= 3, "{role:?}: {count}");
    }
    assert_eq!(fleet.tags(13)[0], fleet.role(13).unwrap().name());
    assert_eq!(fleet.tags(13)[2], "rack:dc1-r02");
    assert_eq!(host_name("sim", 13), "sim-014");
    let zones: std::collections::BTreeSet<String> = (0..60)
        .map(|server| inventory(&fleet, server, MONDAY).timezone)
        .collect();
    assert!(zones.len() >= 4, "{zones:?}");
    let names: std::collections::BTreeSet<_> = (0..60)
        .flat_map(|server| inventory(&fleet, server, MONDAY).mail_domains)
        .map(|domain| domain.domain)
        .collect();
    let all: usize = (0..60)
        .map(|server| inventory(&fleet, server, MONDAY).mail_domains.len())
        .sum();
    assert_eq!(names.len(), all, "no domain is on two servers");
}

/// Mean of a value by hour of the day and kind of day, of all servers of one zone.
fn mean(
    fleet: &Fleet,
    zone: &str,
    days: &[i64],
    hours: &[i64],
    of: impl Fn(u32, UnixMs) -> Option<f64>,
) -> f64 {
    let servers: Vec<u32> = (0..fleet.len())
        .filter(|n| inventory(fleet, *n, MONDAY).timezone == zone)
        .collect();
    let mut values = Vec::new();
    for server in servers {
        for (day, hour) in days
            .iter()
            .flat_map(|day| hours.iter().map(move |hour| (*day, *hour)))
        {
            values.extend(of(server, later(day * DAY + hour * HOUR + 17 * MINUTE)));
        }
    }
    assert!(values.len() > 10);
    values.iter().sum::<f64>() / values.len() as f64
}

#[test]
fn mail_follows_offices_and_their_weekends() {
    let fleet = Fleet::new(2, 60);
    let recipients = |server: u32, at: UnixMs| match fleet.finished_hour(server, at)? {
        Report::Data(Payload::EmailStats(stats)) => Some(
            stats
                .domains
                .iter()
                .map(|domain| domain.recipients.unwrap_or(0) as f64)
                .sum(),
        ),
        _ => None,
    };
    // Dhaka is 6 h ahead: working hours are 4 to 11 UTC, the night 18 to 23; the weekend is Friday and Saturday.
    let work = mean(&fleet, "Asia/Dhaka", &[0, 1, 2], &[5, 6, 9, 10], recipients);
    let night = mean(&fleet, "Asia/Dhaka", &[0, 1, 2], &[19, 21, 22], recipients);
    let rest = mean(&fleet, "Asia/Dhaka", &[4, 5], &[5, 6, 9, 10], recipients);
    let sunday = mean(&fleet, "Asia/Dhaka", &[6], &[5, 6, 9, 10], recipients);
    assert!(work > 8.0 * night, "{work} by day, {night} by night");
    assert!(
        (2.5..6.0).contains(&(work / rest)),
        "{work} on working days, {rest} on weekends"
    );
    assert!(
        (0.7..1.4).contains(&(work / sunday)),
        "Sunday is a working day: {sunday}"
    );
    let berlin = mean(&fleet, "Europe/Berlin", &[6], &[9, 10, 13], recipients);
    let berlin_work = mean(&fleet, "Europe/Berlin", &[0, 1], &[9, 10, 13], recipients);
    assert!(berlin_work > 2.0 * berlin, "and elsewhere it is not");
}

#[test]
fn hosts_are_busier_by_day_and_every_value_is_possible() {
    let fleet = Fleet::new(1, 40);
    for server in 0..40 {
        let mut cpu = Vec::new();
        for minute in 0..1_440 {
            let m = metrics(&fleet, server, later(2 * DAY + minute * MINUTE));
            assert!((0.0..=100.0).contains(&m.cpu_pct.unwrap()));
            assert!((0.0..=100.0).contains(&m.iowait_pct.unwrap()));
            assert!(
                m.ram_used_bytes <= m.ram_total_bytes && m.swap_used_bytes <= m.swap_total_bytes
            );
            assert!(m.load1.unwrap() > 0.0);
            cpu.push(m.cpu_pct.unwrap());
        }
        let (low, high) = cpu.iter().fold((100.0_f64, 0.0_f64), |(low, high), v| {
            (low.min(*v), high.max(*v))
        });
        assert!(high - low > 8.0, "server {server}: {low} to {high}");
    }
    let of = |server: u32, at: UnixMs| {
        (fleet.role(server) == Some(Role::Web))
            .then(|| metrics(&fleet, server, at).net_tx_bytes_per_s.unwrap())
    };
    let evening = mean(&fleet, "Asia/Dhaka", &[0, 1, 2], &[13, 14, 15], of);
    let night = mean(&fleet, "Asia/Dhaka", &[0, 1, 2], &[21, 22], of);
    assert!(evening > 2.0 * night, "{evening} {night}");
}

#[test]
fn clocks_that_are_put_forward_move_people_and_nights() {
    let zone = FaultKind::Zone(chrono_tz::Tz::Europe__Berlin);
    let fleet = Fleet::new(2, 3).with_faults([fault(2, 0, 60 * DAY, zone)]);
    assert_eq!(inventory(&fleet, 2, MONDAY).timezone, "Europe/Berlin");
    // The change is in the night to day 27, a Sunday. Backups begin at the same hour of the clock, one UTC hour sooner.
    let start = |day: i64| {
        let runs = fleet.backups(2, later(day * DAY - DAY), later(day * DAY));
        runs.last().unwrap().started_at.unwrap()
    };
    assert_eq!(start(31).0 - start(24).0, 7 * DAY - HOUR);
    let sum = |days: std::ops::Range<i64>, hour: i64| -> u64 {
        days.map(|day| finished_hour(&fleet, 2, later(day * DAY + (hour + 1) * HOUR)))
            .flat_map(|stats| stats.domains)
            .map(|domain| domain.recipients.unwrap())
            .sum()
    };
    // Offices open between these two hours; in summer the first of them is an hour further into the morning.
    let early = |days: std::ops::Range<i64>| sum(days.clone(), 5) as f64 / sum(days, 8) as f64;
    let (before, after) = (early(21..25), early(28..32));
    assert!(after > 1.4 * before, "{before} {after}");
}

#[test]
fn people_may_live_faster_than_the_clock() {
    let fast = Fleet::new(1, 8).with_speed(MONDAY, 60.0);
    let server = first_with(&fast, Kind::Litespeed);
    let slow = Fleet::new(1, 8);
    // 24 minutes are a day.
    let range = |fleet: &Fleet| {
        let rates: Vec<f64> = (0..24)
            .map(|m| {
                litespeed(fleet, server, later(m * MINUTE))
                    .requests_per_s
                    .unwrap()
            })
            .collect();
        rates.iter().copied().fold(0.0, f64::max) / rates.iter().copied().fold(f64::MAX, f64::min)
    };
    assert!(range(&fast) > 2.5 && range(&slow) < 1.5);
    let grown = |fleet: &Fleet| {
        let total = |at| litespeed(fleet, server, at).requests_total.unwrap() as f64;
        total(later(48 * MINUTE)) - total(MONDAY)
    };
    // Two days' worth of shape, and no more requests than two such stretches hold.
    assert!((0.2..5.0).contains(&(grown(&fast) / grown(&slow))));
    assert_eq!(
        fast.finished_hour(0, later(9 * HOUR)).is_some(),
        slow.finished_hour(0, later(9 * HOUR)).is_some()
    );
}
