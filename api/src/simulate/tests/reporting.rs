//! Agents over time: what is due when, spools, restarts, wrong clocks.

use super::*;
use noc_pipeline::payload::{LifecycleEvent, MAX_BATCH};
use std::collections::{BTreeMap, BTreeSet};

fn fleet_with(server: u32, from: i64, lasts: i64, kind: FaultKind) -> Arc<Fleet> {
    Arc::new(Fleet::steady(6, 3).with_faults([fault(server, from, lasts, kind)]))
}

fn of_kind(sent: &[(UnixMs, Numbered)], kind: Kind) -> Vec<&(UnixMs, Numbered)> {
    sent.iter()
        .filter(|(_, payload)| payload.said.kind() == kind)
        .collect()
}

#[test]
fn each_kind_comes_as_often_as_it_should_and_all_that_is_due_in_one_request() {
    let fleet = Arc::new(Fleet::steady(6, 3));
    let requests: Vec<_> = Playback::new(&fleet, 0, later(0), later(2 * HOUR))
        .filter(|(n, _)| *n == 1)
        .collect();
    assert_eq!(requests.len(), 120, "one a minute");
    let sent = sent_by(&fleet, 1, 0, 2 * HOUR);
    for (kind, expected) in [
        (Kind::Metrics, 120..=120),
        (Kind::Processes, 120..=120),
        (Kind::Mysql, 120..=120),
        (Kind::Firewall, 60..=60),
        (Kind::Disks, 24..=24),
        (Kind::MailQueue, 24..=24),
        // The running hour each five minutes, and each finished one.
        (Kind::EmailStats, 26..=26),
        (Kind::Crons, 8..=8),
        (Kind::Inventory, 2..=3),
        (Kind::Lifecycle, 1..=1),
    ] {
        let count = of_kind(&sent, kind).len();
        assert!(expected.contains(&count), "{kind:?}: {count}");
    }
    let seqs: Vec<u64> = sent.iter().map(|(_, payload)| payload.id.seq).collect();
    assert_eq!(seqs, (1..=seqs.len() as u64).collect::<Vec<_>>());
    assert_eq!(
        data(&sent[0].1),
        Some(&Fleet::lifecycle(
            LifecycleEvent::Start,
            noc_pipeline::payload::LifecycleReason::Restart
        ))
    );
}

#[test]
fn each_finished_hour_is_told_once() {
    let fleet = Arc::new(Fleet::steady(6, 3));
    let mut hours: BTreeMap<UnixMs, u32> = BTreeMap::new();
    for (_, payload) in sent_by(&fleet, 2, 0, DAY) {
        if let Some(Payload::EmailStats(stats)) = data(&payload)
            && stats.complete
        {
            *hours.entry(stats.hour).or_default() += 1;
        }
    }
    assert_eq!(hours.len(), 24);
    assert!(hours.values().all(|count| *count == 1), "{hours:?}");
}

#[test]
fn a_cut_network_loses_and_doubles_nothing() {
    let whole = sent_by(&Arc::new(Fleet::steady(6, 3)), 1, 0, 6 * HOUR);
    let cut = sent_by(
        &fleet_with(1, HOUR, 3 * HOUR, FaultKind::NetworkCut),
        1,
        0,
        6 * HOUR,
    );
    let ids: BTreeSet<_> = cut.iter().map(|(_, payload)| payload.id).collect();
    assert_eq!(ids.len(), cut.len(), "none twice");
    let said = |sent: &[(UnixMs, Numbered)]| -> BTreeMap<u64, Numbered> {
        let payloads = sent
            .iter()
            .filter(|(_, payload)| payload.said.kind() != Kind::Inventory);
        payloads
            .map(|(_, payload)| (payload.id.seq, payload.clone()))
            .collect()
    };
    assert_eq!(
        said(&whole),
        said(&cut),
        "all of it comes in the end, as it was"
    );
    let silent = cut
        .iter()
        .filter(|(at, _)| (later(HOUR)..later(4 * HOUR)).contains(at))
        .count();
    assert_eq!(silent, 0);
    // Live reports go first, and no request is too large.
    let fleet = fleet_with(1, HOUR, 3 * HOUR, FaultKind::NetworkCut);
    let back: Vec<_> = Playback::new(&fleet, 0, later(0), later(6 * HOUR))
        .filter(|(n, request)| *n == 1 && request.at >= later(4 * HOUR))
        .map(|(_, request)| request)
        .take(4)
        .collect();
    assert!(!back[0].drained && back[1].drained && back[2].drained);
    assert!(
        back.iter()
            .all(|request| request.payloads.len() <= MAX_BATCH)
    );
    let spooled = of_kind(&cut, Kind::Inventory);
    let reports = spooled
        .iter()
        .filter_map(|(_, payload)| match data(payload) {
            Some(Payload::Inventory(inventory)) => inventory.spool_files,
            _ => None,
        });
    assert!(reports.max() > Some(10), "the agent tells of its spool");
}

#[test]
fn silence_is_silence() {
    let sent = sent_by(
        &fleet_with(1, HOUR, HOUR, FaultKind::Silence),
        1,
        0,
        3 * HOUR,
    );
    assert!(
        sent.iter()
            .all(|(at, _)| !(later(HOUR)..later(2 * HOUR)).contains(at))
    );
    let metrics = of_kind(&sent, Kind::Metrics).len();
    assert_eq!(metrics, 120, "and what was not measured never comes");
}

#[test]
fn a_restart_is_a_new_run_with_or_without_a_goodbye() {
    for goodbye in [true, false] {
        let sent = sent_by(
            &fleet_with(1, HOUR + 10_000, 5 * MINUTE, FaultKind::Reboot { goodbye }),
            1,
            0,
            2 * HOUR,
        );
        let runs: Vec<_> = sent.iter().map(|(_, payload)| payload.id.boot_id).collect();
        let distinct: BTreeSet<_> = runs.iter().collect();
        assert_eq!(distinct.len(), 2);
        let events: Vec<LifecycleEvent> = of_kind(&sent, Kind::Lifecycle)
            .into_iter()
            .filter_map(|(_, payload)| match data(payload) {
                Some(Payload::Lifecycle(lifecycle)) => Some(lifecycle.event),
                _ => None,
            })
            .collect();
        let expected: &[LifecycleEvent] = if goodbye {
            &[
                LifecycleEvent::Start,
                LifecycleEvent::Stop,
                LifecycleEvent::Start,
            ]
        } else {
            &[LifecycleEvent::Start, LifecycleEvent::Start]
        };
        assert_eq!(events, expected);
        let gap = sent.iter().filter(|(at, payload)| {
            payload.said.kind() != Kind::Lifecycle
                && (later(HOUR + 10_000)..later(HOUR + 310_000)).contains(at)
        });
        assert_eq!(gap.count(), 0);
        let last = sent
            .iter()
            .rev()
            .find_map(|(_, payload)| match data(payload) {
                Some(Payload::Metrics(metrics)) => metrics.uptime_s,
                _ => None,
            });
        assert!(last < Some(3_600));
    }
}

#[test]
fn nights_restart_hosts_with_a_goodbye_and_no_host_is_away_for_long() {
    let fleet = Arc::new(Fleet::new(6, 30));
    let mut stops = 0;
    let mut last: BTreeMap<u32, UnixMs> = BTreeMap::new();
    for (server, request) in Playback::new(&fleet, 0, later(5 * DAY), later(7 * DAY)) {
        let before = last.insert(server, request.at).unwrap_or(request.at);
        assert!(request.at.since(before).as_secs() < 8 * 60);
        stops += request
            .payloads
            .iter()
            .filter(|payload| matches!(data(payload), Some(Payload::Lifecycle(l)) if l.event == LifecycleEvent::Stop))
            .count();
    }
    assert!((1..10).contains(&stops), "{stops}");
}

#[test]
fn a_wrong_clock_shows_in_every_time_of_a_payload() {
    let ahead = 20 * MINUTE;
    let fleet = fleet_with(1, HOUR, 5 * HOUR, FaultKind::ClockSkew { by_ms: ahead });
    let mut seen = 0;
    for (server, request) in Playback::new(&fleet, 0, later(2 * HOUR), later(4 * HOUR)) {
        let off = request.sent_at.0 - request.at.0;
        assert_eq!(off, if server == 1 { ahead } else { 0 });
        for payload in request.payloads.iter().filter(|_| server == 1) {
            assert_eq!(payload.observed_at, request.sent_at);
            if let Some(Payload::EmailStats(stats)) = data(payload)
                && !stats.complete
            {
                assert_eq!(stats.hour, payload.observed_at.hour());
                seen += 1;
            }
        }
    }
    assert!(seen > 10);
}

#[test]
fn a_second_agent_speaks_in_a_run_of_its_own() {
    let fleet = fleet_with(1, HOUR, HOUR, FaultKind::DuplicateAgent);
    let runs = |from: i64| -> BTreeSet<_> {
        let all = sent_by(&fleet, 1, 0, 3 * HOUR);
        let within = all
            .into_iter()
            .filter(|(at, _)| (later(from)..later(from + 5 * MINUTE)).contains(at));
        within.map(|(_, payload)| payload.id.boot_id).collect()
    };
    assert_eq!(
        [0, HOUR + 10 * MINUTE, 2 * HOUR + MINUTE].map(|from| runs(from).len()),
        [1, 2, 1]
    );
}

#[test]
fn bad_numbers_are_written_as_broken_programs_write_them() {
    let sent = sent_by(
        &fleet_with(1, HOUR, HOUR, FaultKind::BadNumbers),
        1,
        0,
        3 * HOUR,
    );
    let broken = sent
        .iter()
        .filter(|(_, payload)| matches!(payload.said, Said::Broken(Kind::Metrics, _)));
    assert_eq!(broken.count(), 60);
}
