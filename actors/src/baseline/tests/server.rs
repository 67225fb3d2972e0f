//! What a whole server costs.

use super::super::daily::DailyCounts;
use super::super::hour_of_day::{Counted, HourOfDay};
use super::super::hour_start;
use super::super::id::SubjectId;
use super::super::ring::{BUCKET_MS, Ring};
use super::{at, start_hour};

/// Numbers that are the same each time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn around(&mut self, mean: f64) -> u64 {
        (mean * (0.4 + 1.2 * self.roll()) + self.roll()).floor() as u64
    }
}

/// Mail follows working hours, and a little goes out all the time.
fn busy(hour: u32) -> f64 {
    let (day, of_day) = (hour / 24 % 7, hour % 24);
    let weekend = if day >= 5 { 0.25 } else { 1.0 };
    weekend
        * match of_day {
            8..18 => 1.0,
            6..8 | 18..22 => 0.3,
            _ => 0.05,
        }
}

/// 50 domains, the k-th with a share of k^-1.15; each has two mailboxes and every other one a site that sends.
fn busy_server() -> (HourOfDay, DailyCounts, usize) {
    let (mut hours, mut days, mut dice) = (HourOfDay::default(), DailyCounts::default(), Dice(42));
    for hour in start_hour()..start_hour() + 28 * 24 {
        let mut counts = Vec::new();
        for domain in 1..=50_u32 {
            let mean = 240.0 * f64::from(domain).powf(-1.15) * busy(hour - start_hour());
            let (info, sales) = (dice.around(mean * 0.5), dice.around(mean * 0.3));
            let site = if domain % 2 == 0 {
                dice.around(mean * 0.2)
            } else {
                0
            };
            counts.extend([
                (
                    format!("domain:customer{domain}.example"),
                    info + sales + site,
                ),
                (format!("login:info@customer{domain}.example"), info),
                (format!("login:sales@customer{domain}.example"), sales),
                (
                    format!("script:/home/customer{domain}/public_html/mail.php"),
                    site,
                ),
            ]);
        }
        counts.retain(|(_, count)| *count > 0);
        let counts = counts.iter().map(|(name, n)| (SubjectId::of(name), *n));
        let now = hour_start(hour + 1);
        assert!(days.take(hour, now, counts.clone()));
        let counted = counts.map(|(id, count)| Counted {
            id,
            count,
            set_aside: false,
        });
        assert!(hours.take(hour, now, counted.collect()));
    }
    let subjects = hours.len();
    (hours, days, subjects)
}

fn queue(mut frozen: impl FnMut() -> u64) -> Ring {
    let mut ring = Ring::default();
    for n in 0..28 * 288 {
        ring.push(at(n * BUCKET_MS), frozen(), at(n * BUCKET_MS));
    }
    ring
}

fn bytes<T: serde::Serialize>(value: &T) -> usize {
    postcard::to_stdvec(value).unwrap().len()
}

#[test]
fn a_server_with_50_active_domains_stays_under_32_kib_and_an_idle_one_under_4() {
    let (hours, days, subjects) = busy_server();
    assert!(subjects >= 170, "{subjects} subjects");
    let mut dice = Dice(7);
    let queues = [queue(|| dice.around(20.0)), queue(|| 4)];
    let (hours, days, queues) = (bytes(&hours), bytes(&days), bytes(&queues));
    println!("{subjects} subjects: hours {hours}, days {days}, queues {queues} bytes");
    assert!(
        hours + days + queues <= 32 * 1024,
        "{hours} + {days} + {queues}"
    );

    let (mut hours, mut days) = (HourOfDay::default(), DailyCounts::default());
    for hour in start_hour()..start_hour() + 28 * 24 {
        hours.take(hour, hour_start(hour + 1), Vec::new());
        days.take(hour, hour_start(hour + 1), []);
    }
    let idle = bytes(&hours) + bytes(&days) + bytes(&[queue(|| 0), queue(|| 0)]);
    println!("idle: {idle} bytes");
    assert!(idle <= 4 * 1024, "{idle}");
}
