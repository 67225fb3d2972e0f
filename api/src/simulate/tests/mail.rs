//! Hours of mail: running counts grow into the complete one, and the three lists tell of the same mail.

use super::*;
use crate::simulate::{MailBurst, Newsletter, NewsletterDay};
use noc_pipeline::payload::EmailStats;
use std::collections::BTreeMap;
use std::time::Duration;

fn by_login(stats: &EmailStats) -> BTreeMap<String, u64> {
    stats
        .logins
        .iter()
        .map(|login| (login.login.clone(), login.recipients.unwrap()))
        .collect()
}

fn by_domain(stats: &EmailStats) -> BTreeMap<String, u64> {
    stats
        .domains
        .iter()
        .map(|domain| (domain.domain.clone(), domain.recipients.unwrap()))
        .collect()
}

fn all_recipients(stats: &EmailStats) -> [u64; 2] {
    let logins = stats.logins.iter().map(|login| login.recipients.unwrap());
    let scripts = stats
        .scripts
        .iter()
        .map(|script| script.recipients.unwrap());
    let domains = stats
        .domains
        .iter()
        .map(|domain| domain.recipients.unwrap())
        .sum();
    [domains, logins.chain(scripts).sum()]
}

fn burst() -> MailBurst {
    MailBurst {
        login: 3,
        by_script: false,
        per_hour: 900.0,
        ramp: Duration::ZERO,
        domains: 0,
        addresses: 8,
        countries: 4,
        failures: 0.25,
        by_day: false,
    }
}

#[test]
fn a_running_hour_grows_into_the_complete_one() {
    let fleet = Fleet::new(4, 6).with_faults([fault(
        0,
        9 * HOUR + 20 * MINUTE,
        2 * HOUR,
        FaultKind::MailBurst(burst()),
    )]);
    for server in [0, 2] {
        for hour in 0..30 {
            let complete = finished_hour(&fleet, server, later((hour + 1) * HOUR));
            assert!(complete.complete);
            assert_eq!(complete.hour, later(hour * HOUR));
            let (logins, domains) = (by_login(&complete), by_domain(&complete));
            let mut last = BTreeMap::new();
            for minute in [5, 10, 25, 40, 55, 59] {
                let running = email_stats(&fleet, server, later(hour * HOUR + minute * MINUTE));
                assert!(!running.complete && running.hour == complete.hour);
                for (domain, count) in by_domain(&running) {
                    assert!((50..=domains[&domain]).contains(&count));
                    assert!(
                        last.get(&domain).is_none_or(|before| *before <= count),
                        "only grows"
                    );
                    last.insert(domain, count);
                }
                for (login, count) in by_login(&running) {
                    assert!((50..=logins[&login]).contains(&count));
                }
            }
        }
    }
}

#[test]
fn the_lists_of_a_complete_hour_tell_of_the_same_mail() {
    let script = MailBurst {
        by_script: true,
        ..burst()
    };
    let rotated = MailBurst {
        domains: 40,
        ..burst()
    };
    let fleet = Fleet::new(4, 12).with_faults([
        fault(0, 0, DAY, FaultKind::MailBurst(rotated)),
        fault(1, 0, DAY, FaultKind::MailBurst(script)),
    ]);
    for server in [0, 1, 2, 3, 11] {
        for hour in 1..48 {
            let stats = finished_hour(&fleet, server, later(hour * HOUR));
            let [domains, senders] = all_recipients(&stats);
            assert_eq!(domains, senders, "server {server}, hour {hour}");
            for domain in &stats.domains {
                assert!(domain.messages <= domain.recipients && domain.messages > Some(0));
                assert!(
                    domain.deferred.unwrap() + domain.bounced.unwrap()
                        <= domain.recipients.unwrap()
                );
            }
        }
    }
}

#[test]
fn few_send_most() {
    let fleet = Fleet::new(9, 40);
    for server in [0, 2, 11, 20] {
        let mut sums: BTreeMap<String, u64> = BTreeMap::new();
        for hour in 1..=168 {
            for (domain, count) in by_domain(&finished_hour(&fleet, server, later(hour * HOUR))) {
                *sums.entry(domain).or_default() += count;
            }
        }
        let mut sums: Vec<u64> = sums.into_values().collect();
        sums.sort_unstable();
        let all: u64 = sums.iter().sum();
        let top: u64 = sums.iter().rev().take(sums.len().div_ceil(10)).sum();
        assert!(
            top * 3 > all,
            "a tenth of {} domains sends {top} of {all}",
            sums.len()
        );
        assert!(sums[0] * 20 < sums[sums.len() - 1], "and most send little");
    }
}

#[test]
fn a_hacked_mailbox_stands_out_by_itself_and_with_evidence() {
    let quiet = Fleet::new(4, 3);
    let from = 33 * HOUR + 20 * MINUTE;
    let rotated = MailBurst {
        domains: 40,
        ..burst()
    };
    let fleet =
        quiet
            .clone()
            .with_faults([fault(2, from, 3 * HOUR, FaultKind::MailBurst(rotated))]);
    let usual = finished_hour(&quiet, 2, later(35 * HOUR));
    let hacked = finished_hour(&fleet, 2, later(35 * HOUR));
    let login = hacked
        .logins
        .iter()
        .max_by_key(|login| login.recipients)
        .unwrap();
    let before = by_login(&usual).get(&login.login).copied().unwrap_or(0);
    assert!(
        (780..=1_000).contains(&(login.recipients.unwrap() - before)),
        "{login:?}"
    );
    assert!(login.ips.as_ref().unwrap().count() >= 8);
    assert!(login.countries.as_ref().unwrap().count() >= 4);
    assert!(login.domains.as_ref().unwrap().count() >= 40);
    assert!(login.failures.unwrap() * 100 >= login.recipients.unwrap() * 15);
    // No domain of its own sends more; each made-up one sends little.
    assert!(
        hacked
            .domains
            .iter()
            .filter(|domain| domain.domain.starts_with("offer-"))
            .count()
            == 40
    );
    let last = finished_hour(&fleet, 2, later(38 * HOUR));
    assert_eq!(
        last,
        finished_hour(&quiet, 2, later(38 * HOUR)),
        "nothing is left of it afterwards"
    );
    let earlier = email_stats(&fleet, 2, later(33 * HOUR + 15 * MINUTE));
    assert_eq!(
        earlier,
        email_stats(&quiet, 2, later(33 * HOUR + 15 * MINUTE))
    );
}

#[test]
fn a_slow_ramp_grows_for_days() {
    let ramp = MailBurst {
        ramp: Duration::from_secs(8 * 86_400),
        by_day: true,
        ..burst()
    };
    let fleet = Fleet::new(4, 3).with_faults([fault(2, 0, 20 * DAY, FaultKind::MailBurst(ramp))]);
    let quiet = Fleet::new(4, 3);
    let more = |day: i64| {
        let sum = |fleet: &Fleet| -> u64 {
            (1..=24)
                .map(|hour| {
                    all_recipients(&finished_hour(fleet, 2, later(day * DAY + hour * HOUR)))[0]
                })
                .sum()
        };
        sum(&fleet) - sum(&quiet)
    };
    // The same weekday, a week between them.
    assert!(
        more(1) > 0 && more(8) > 3 * more(1),
        "{} {}",
        more(1),
        more(8)
    );
}

#[test]
fn a_newsletter_goes_out_once_a_week_at_its_hour() {
    let letter = Newsletter {
        login: 1,
        on: NewsletterDay::Weekly(1),
        minute_of_day: 600,
        minutes: 90,
        recipients: 5_000,
    };
    let quiet = Fleet::new(4, 1);
    let fleet = quiet
        .clone()
        .with_faults([fault(0, 0, 28 * DAY, FaultKind::Newsletter(letter))]);
    let mut hours = Vec::new();
    let mut all = 0;
    for hour in 1..=28 * 24 {
        let sum = |fleet: &Fleet| all_recipients(&finished_hour(fleet, 0, later(hour * HOUR)))[0];
        let more = sum(&fleet) - sum(&quiet);
        if more > 0 {
            hours.push(hour - 1);
            all += more;
        }
    }
    assert_eq!(all, 20_000);
    assert!(hours.len() >= 8, "{hours:?}");
    assert_eq!(hours[2] - hours[0], 168, "{hours:?}");
}
