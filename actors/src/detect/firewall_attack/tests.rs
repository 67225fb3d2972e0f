use super::*;
use crate::detect::bench::{Bench, outcome, record, unreadable};
use crate::incident::lifecycle::{Memory, Phase, Track};
use crate::state::ClockMs;
use noc_pipeline::payload::Distinct;
use noc_pipeline::payload::email_stats::{AddressStats, LoginStats};
use noc_pipeline::payload::firewall::FirewallSource;

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
/// 2026-05-07T12:00:00Z.
const T: i64 = 1_778_155_200_000;

fn event(at: i64, action: FirewallAction, ip: &str, reason: &str) -> FirewallEvent {
    FirewallEvent {
        at: UnixMs(at),
        source: FirewallSource::Lfd,
        action,
        ip: ip.to_owned(),
        ports: Vec::new(),
        country: None,
        user: None,
        reason: reason.to_owned(),
    }
}

fn attempts(at: i64, count: usize) -> Vec<FirewallEvent> {
    let of = |n: usize| {
        let ip = format!("198.51.100.{}", n % 200);
        event(at, FirewallAction::BruteForce, &ip, &format!("attempt {n}"))
    };
    (0..count).map(of).collect()
}

fn told(
    bench: &mut Bench<FirewallAttack>,
    at: i64,
    events: Vec<FirewallEvent>,
) -> Vec<(String, Outcome)> {
    let told = Firewall {
        events,
        omitted: None,
    };
    bench.look(Observation::Report(&record(at, told)))
}

/// A day with some attempts each 2 min.
fn after_a_day(each: usize) -> Bench<FirewallAttack> {
    let mut bench = Bench::new(FirewallAttack);
    for n in 0..720 {
        let at = T - 24 * HOUR + n * 2 * MINUTE;
        told(&mut bench, at, attempts(at, each));
    }
    bench
}

fn open(bench: &mut Bench<FirewallAttack>, subject: &str) {
    let track = Track {
        detector: FirewallAttack::INFO.code,
        subject: subject.into(),
        phase: Phase::Open,
        severity: Severity::Medium,
        occurrences: 1,
        breached_at: ClockMs(0),
        touched_at: ClockMs(0),
        resolves: Vec::new(),
        flapping: false,
    };
    let code = FirewallAttack::INFO.code;
    bench
        .tracks
        .take(code, subject, Memory::Set(Box::new(track)));
}

#[test]
fn fires_over_the_floor_and_three_times_the_mean_and_ends_after_30_quiet_minutes() {
    let mut bench = after_a_day(1);
    let before = told(&mut bench, T, attempts(T, 45));
    assert!(
        !matches!(outcome(before, ""), Outcome::Breach(_)),
        "49 in 10 min"
    );
    let said = told(&mut bench, T + 2 * MINUTE, attempts(T + 2 * MINUTE, 10));
    let Outcome::Breach(finding) = outcome(said, "") else {
        panic!("an attack");
    };
    assert_eq!(finding.severity, Severity::Medium);
    assert!(
        finding
            .observed
            .starts_with("58 attempts in 10 min; most by 198.51.100.")
    );
    assert_eq!(finding.threshold, Some(50.0));
    open(&mut bench, "");
    for n in 2..16 {
        let at = T + n * 2 * MINUTE;
        let said = outcome(told(&mut bench, at, Vec::new()), "");
        assert!(
            !matches!(said, Outcome::Clear),
            "{n}: not quiet for long enough"
        );
    }
    let end = T + 45 * MINUTE;
    assert_eq!(
        outcome(told(&mut bench, end, Vec::new()), ""),
        Outcome::Clear
    );
}

/// The noise of the internet is no attack, however much of it a server always gets.
#[test]
fn quiet_for_a_server_that_is_always_tried() {
    let mut bench = after_a_day(20);
    for n in 0..60 {
        let at = T + n * 2 * MINUTE;
        let count = 20 + usize::try_from(n % 7).unwrap() * 5;
        let said = told(&mut bench, at, attempts(at, count));
        assert!(!matches!(outcome(said, ""), Outcome::Breach(_)));
    }
    let at = T + 130 * MINUTE;
    let said = told(&mut bench, at, attempts(at, 700));
    assert!(matches!(outcome(said, ""), Outcome::Breach(_)));
}

#[test]
fn blocks_and_scans_are_no_attempts() {
    let mut bench = after_a_day(0);
    let of = |action| (0..300).map(move |n| event(T, action, "192.0.2.1", &n.to_string()));
    let events = of(FirewallAction::TempBlock).chain(of(FirewallAction::PortScan));
    let said = told(&mut bench, T, events.collect());
    assert_eq!(outcome(said, ""), Outcome::Clear);
}

#[test]
fn a_new_server_learns_and_an_unreadable_log_says_nothing() {
    let mut bench = Bench::new(FirewallAttack);
    let said = told(&mut bench, T, attempts(T, 300));
    assert_eq!(outcome(said, ""), Outcome::Learning { have: 1, need: 6 });
    let before = bench.state.clone();
    let said = bench.look(Observation::Report(&unreadable(T, Kind::Firewall)));
    assert!(matches!(outcome(said, ""), Outcome::Unknown { .. }));
    assert_eq!(bench.state, before);
}

/// The first look at a log brings a whole day at once: none of it happened in the last ten minutes.
#[test]
fn events_that_are_read_late_are_no_attack_of_now() {
    let mut bench = after_a_day(0);
    let events = (0..1_000).map(|n| {
        event(
            T - HOUR - n * MINUTE / 4,
            FirewallAction::BruteForce,
            "192.0.2.1",
            &n.to_string(),
        )
    });
    let said = told(&mut bench, T, events.collect());
    assert!(!matches!(outcome(said, ""), Outcome::Breach(_)));
    // A line dated ahead is of now, and does not wait there to count later.
    let ahead = (0..60).map(|n| {
        event(
            T + HOUR,
            FirewallAction::BruteForce,
            "192.0.2.1",
            &n.to_string(),
        )
    });
    told(&mut bench, T, ahead.collect());
    assert_eq!(
        outcome(told(&mut bench, T + HOUR, Vec::new()), ""),
        Outcome::Clear
    );
}

fn mail(bench: &mut Bench<FirewallAttack>, hour: i64, ips: &[&str]) -> Vec<(String, Outcome)> {
    mail_and_failures(bench, hour, ips, Vec::new())
}

fn mail_and_failures(
    bench: &mut Bench<FirewallAttack>,
    hour: i64,
    ips: &[&str],
    addresses: Vec<AddressStats>,
) -> Vec<(String, Outcome)> {
    let logins = LoginStats {
        login: "info@example.com".to_owned(),
        ips: Some(Distinct::named(ips.iter().map(|ip| (*ip).to_owned()))),
        ..LoginStats::default()
    };
    let told = EmailStats {
        hour: UnixMs(hour),
        complete: false,
        domains: Vec::new(),
        logins: if ips.is_empty() {
            Vec::new()
        } else {
            vec![logins]
        },
        scripts: Vec::new(),
        addresses,
    };
    bench.look(Observation::Report(&record(hour + 30 * MINUTE, told)))
}

fn fails(bench: &mut Bench<FirewallAttack>, at: i64, ip: &str, events: usize) {
    let reason =
        format!("(smtpauth) Failed SMTP AUTH login from {ip} (BD/-/-): 5 in the last 3600 secs");
    let of = |n: usize| {
        let at = at + i64::try_from(n).unwrap() * 1_000;
        event(at, FirewallAction::BruteForce, ip, &reason)
    };
    let events = (0..events).map(of).collect();
    told(bench, at + MINUTE, events);
}

#[test]
fn critical_when_an_address_with_many_failures_sends_mail() {
    let mut bench = after_a_day(0);
    mail(&mut bench, T - 30 * HOUR, &["203.0.113.5"]);
    fails(&mut bench, T + 5 * MINUTE, "192.0.2.66", 4);
    let said = mail(&mut bench, T, &["203.0.113.5", "192.0.2.66"]);
    let subject = "info@example.com from 192.0.2.66";
    let Outcome::Breach(finding) = outcome(said, subject) else {
        panic!("a password was found");
    };
    assert_eq!(finding.severity, Severity::Critical);
    assert_eq!(
        finding.observed,
        "192.0.2.66 failed 20 times since 2026-05-07 12:05 UTC, then sent mail as info@example.com"
    );
    open(&mut bench, subject);
    let said = told(&mut bench, T + 40 * MINUTE, Vec::new());
    assert!(said.iter().all(|(s, _)| s != subject), "seen 10 min ago");
    let said = told(&mut bench, T + 61 * MINUTE, Vec::new());
    assert_eq!(outcome(said, subject), Outcome::Clear);
}

/// An office whose old phone keeps trying last year's password, while its other devices send.
#[test]
fn quiet_for_an_address_that_sent_mail_before_it_failed() {
    let mut bench = after_a_day(0);
    mail(&mut bench, T - 30 * HOUR, &["203.0.113.5"]);
    mail(&mut bench, T - 3 * HOUR, &["203.0.113.9"]);
    fails(&mut bench, T + 5 * MINUTE, "203.0.113.9", 30);
    assert_eq!(mail(&mut bench, T, &["203.0.113.9"]), vec![]);
    // Nor for mail of an hour before the failures, or for a few of them.
    fails(&mut bench, T + 65 * MINUTE, "203.0.113.77", 9);
    assert_eq!(mail(&mut bench, T, &["203.0.113.77"]), vec![]);
    fails(&mut bench, T + 66 * MINUTE, "203.0.113.78", 3);
    assert_eq!(mail(&mut bench, T + HOUR, &["203.0.113.78"]), vec![]);
}

#[test]
fn who_is_new_is_known_after_a_day_of_mail_only() {
    let mut bench = after_a_day(0);
    fails(&mut bench, T + 5 * MINUTE, "192.0.2.66", 10);
    assert_eq!(mail(&mut bench, T, &["192.0.2.66"]), vec![]);
}

/// What the mail server's log says of an address; `login`: it was let in, 20 min into the hour.
fn address(ip: &str, failures: u64, hour: i64, login: Option<&str>) -> AddressStats {
    AddressStats {
        ip: ip.to_owned(),
        failures: Some(failures),
        accepted: Some(login.map_or(0, |_| 3)),
        accepted_after: login.map(|_| failures),
        login: login.map(str::to_owned),
        at: login.map(|_| UnixMs(hour + 20 * MINUTE)),
    }
}

/// A host without lfd: the mail server's log alone tells of it, also while too little is sent to name the login.
#[test]
fn critical_when_the_mail_log_names_an_address_that_failed_and_was_let_in() {
    let mut bench = Bench::new(FirewallAttack);
    mail(&mut bench, T - 30 * HOUR, &["203.0.113.5"]);
    let told = vec![
        address("192.0.2.66", 24, T, Some("info@example.com")),
        address("192.0.2.67", 19, T, Some("sales@example.com")),
        address("192.0.2.68", 900, T, None),
    ];
    let said = mail_and_failures(&mut bench, T, &[], told);
    assert_eq!(
        said.len(),
        1,
        "19 are too few, and 900 found nothing: {said:?}"
    );
    let subject = "info@example.com from 192.0.2.66";
    let Outcome::Breach(finding) = outcome(said, subject) else {
        panic!("a password was found");
    };
    assert_eq!(finding.severity, Severity::Critical);
    assert_eq!(
        finding.observed,
        "192.0.2.66 failed 24 times within two hours, then was let in as info@example.com at 2026-05-07 12:20 UTC; \
         3 messages came from it since"
    );
    assert_eq!((finding.samples, finding.threshold), (24, Some(20.0)));
    open(&mut bench, subject);
    let said = told_of_nothing(&mut bench, T + 61 * MINUTE);
    assert_eq!(outcome(said, subject), Outcome::Clear);
}

fn told_of_nothing(bench: &mut Bench<FirewallAttack>, at: i64) -> Vec<(String, Outcome)> {
    told(bench, at, Vec::new())
}

/// An office whose telephone keeps an old password, and which sends mail every day.
#[test]
fn quiet_for_an_owner_whom_the_mail_log_names() {
    let mut bench = Bench::new(FirewallAttack);
    mail(&mut bench, T - 30 * HOUR, &["203.0.113.5"]);
    mail(&mut bench, T - 3 * HOUR, &["203.0.113.9"]);
    let owner = |hour| vec![address("203.0.113.9", 30, hour, Some("boss@example.com"))];
    assert_eq!(mail_and_failures(&mut bench, T, &[], owner(T)), vec![]);
    // The mail log counts failures of the hour before, too: mail of that hour tells of no owner.
    mail(&mut bench, T, &["203.0.113.10"]);
    let other = |hour| vec![address("203.0.113.10", 30, hour, Some("boss@example.com"))];
    let said = mail_and_failures(&mut bench, T + HOUR, &[], other(T + HOUR));
    assert!(matches!(
        outcome(said, "boss@example.com from 203.0.113.10"),
        Outcome::Breach(_)
    ));
    // Nor before senders were watched for a day.
    let mut new = Bench::new(FirewallAttack);
    assert_eq!(mail_and_failures(&mut new, T, &[], owner(T)), vec![]);
}

/// lfd counted the same failures: one incident, in whichever order the logs come.
#[test]
fn two_logs_that_tell_of_one_address_make_one_incident() {
    let subject = "info@example.com from 192.0.2.66";
    let named = || vec![address("192.0.2.66", 24, T, Some("info@example.com"))];
    let unnamed = || {
        vec![AddressStats {
            login: None,
            ..address("192.0.2.66", 24, T, Some(""))
        }]
    };
    for firewall in [false, true] {
        let mut bench = after_a_day(0);
        mail(&mut bench, T - 30 * HOUR, &["203.0.113.5"]);
        if firewall {
            fails(&mut bench, T + 5 * MINUTE, "192.0.2.66", 5);
        }
        let said = mail_and_failures(&mut bench, T, &[], named());
        assert!(matches!(outcome(said, subject), Outcome::Breach(_)));
        open(&mut bench, subject);
        for addresses in [named(), unnamed(), Vec::new()] {
            let mail_log = !addresses.is_empty();
            let said = mail_and_failures(&mut bench, T, &["192.0.2.66"], addresses);
            assert_eq!(said.len(), usize::from(mail_log || firewall), "{said:?}");
            assert!(said.iter().all(|(about, _)| about == subject), "{said:?}");
        }
        let said = mail_and_failures(&mut bench, T, &[], unnamed());
        assert!(matches!(outcome(said, subject), Outcome::Breach(_)));
    }
    // Nobody says at first which login it was.
    let mut bench = after_a_day(0);
    mail(&mut bench, T - 30 * HOUR, &["203.0.113.5"]);
    let nobody = "a login from 192.0.2.66";
    let said = mail_and_failures(&mut bench, T, &[], unnamed());
    assert!(matches!(outcome(said, nobody), Outcome::Breach(_)));
    open(&mut bench, nobody);
    let said = mail_and_failures(&mut bench, T, &["192.0.2.66"], named());
    assert_eq!(said.len(), 1);
    assert!(matches!(outcome(said, nobody), Outcome::Breach(_)));
}

#[test]
fn it_stays_small_under_attack() {
    let mut bench = after_a_day(5);
    mail(&mut bench, T - 30 * HOUR, &[]);
    for n in 0..3_000u32 {
        let ip = std::net::Ipv4Addr::from(0x0b00_0000 + n).to_string();
        fails(&mut bench, T, &ip, 1);
        let sender = std::net::Ipv4Addr::from(0x0c00_0000 + n).to_string();
        mail(&mut bench, T, &[&sender]);
    }
    let packed = postcard::to_stdvec(&bench.state).unwrap().len();
    assert!(packed < 13_000, "{packed} bytes");
    let idle = postcard::to_stdvec(&after_a_day(0).state).unwrap().len();
    assert!(idle < 150, "{idle} bytes");
}

#[test]
fn failures_are_as_many_as_the_firewall_counted() {
    let of = |reason: &str| failures(&event(T, FirewallAction::BruteForce, "192.0.2.1", reason));
    assert_eq!(
        of("(sshd) Failed SSH login from 192.0.2.1 (-): 5 in the last 3600 secs"),
        5
    );
    assert_eq!(of("[sshd] Found"), 1);
    assert_eq!(of("999999999999999 in the last 5 secs"), 1);
    assert_eq!(of("60000 in the last 5 secs"), 1_000);
    assert_eq!(of(" in the last "), 1);
}
