//! What it costs to judge one value by each kind of baseline, and to learn it: states of weeks, values one after the other.

use crate::report::quantile;
use noc_actors::baseline::counts::{CountLog, Entry};
use noc_actors::baseline::daily::DailyCounts;
use noc_actors::baseline::generic::Baseline;
use noc_actors::baseline::hour_of_day::{Counted, HourOfDay};
use noc_actors::baseline::id::SubjectId;
use noc_actors::baseline::pattern::Peaks;
use noc_actors::baseline::ring::{BUCKET_MS, Ring};
use noc_actors::baseline::{hour_number, hour_start};
use noc_pipeline::clock::{Stopwatch, UnixMs};
use std::hint::black_box;

/// Updates that are timed together: a clock is read for each batch, and not for each value.
const BATCH: usize = 50;
const BATCHES: usize = 4_000;
/// Batches before those, until the state is that of weeks.
const WARM: usize = 1_000;
/// Subjects of one server: mail domains.
const SUBJECTS: usize = BATCH;
const GOAL_NS: f64 = 1_000.0;
/// 2026-05-07T12:00:00Z.
const BEGIN: UnixMs = UnixMs(1_778_155_200_000);

/// Prints nanoseconds of an update, by kind of baseline.
pub fn run() {
    println!(
        "{:<58} {:>10} {:>10}  {} updates each, {WARM} batches of {BATCH} before",
        "baseline: one value judged and learned",
        "median ns",
        "p99 ns",
        BATCH * BATCHES
    );
    ring();
    hour_of_day();
    pattern();
    daily();
    counts();
    generic();
}

/// Times `batch(n)`, which does [`BATCH`] updates.
fn timed(name: &str, mut batch: impl FnMut(usize)) {
    let mut ns = Vec::with_capacity(BATCHES);
    for n in 0..WARM + BATCHES {
        let watch = Stopwatch::start();
        batch(n);
        let one = watch.elapsed().as_secs_f64() * 1e9 / BATCH as f64;
        if n >= WARM {
            ns.push(one);
        }
    }
    let (median, p99) = (quantile(&mut ns, 0.5), quantile(&mut ns, 0.99));
    println!("{name:<58} {median:>10.0} {p99:>10.0}  goal median <= {GOAL_NS:.0}");
}

/// A number that looks drawn, below `most`.
fn drawn(seed: usize, most: u64) -> u64 {
    let a = (seed as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let b = (a ^ (a >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    (b ^ (b >> 27)) % most
}

fn later(ms: i64) -> UnixMs {
    UnixMs(BEGIN.0.saturating_add(ms))
}

fn place(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

fn subjects() -> Vec<SubjectId> {
    let of = |n| SubjectId::of(&format!("domain{n}.example"));
    (0..SUBJECTS).map(of).collect()
}

fn ring() {
    let mut ring = Ring::default();
    timed("ring: 24 h of a queue in buckets of 5 min", |batch| {
        for n in batch * BATCH..(batch + 1) * BATCH {
            let at = later(place(n) * BUCKET_MS);
            black_box(ring.mean(at));
            ring.push(at, drawn(n, 60), at);
        }
    });
}

fn first_hour() -> u32 {
    hour_number(BEGIN).unwrap_or_default()
}

fn hour(batch: usize) -> u32 {
    first_hour().saturating_add(u32::try_from(batch).unwrap_or(u32::MAX))
}

fn hour_of_day() {
    let (ids, mut known) = (subjects(), HourOfDay::default());
    timed("hour of the day: 50 domains of a server", |batch| {
        let hour = hour(batch);
        for id in &ids {
            black_box(known.expected(*id, hour, Some(4.0)));
        }
        let counted = ids.iter().enumerate().map(|(n, id)| Counted {
            id: *id,
            count: drawn(batch * BATCH + n, 90),
            set_aside: false,
        });
        known.take(hour, hour_start(hour + 1), counted.collect());
    });
}

fn pattern() {
    let (ids, mut peaks) = (subjects(), Peaks::default());
    timed("pattern: peaks of 50 domains, each once a day", |batch| {
        // Each has its peak at an hour of its own.
        let hour = hour(batch * 24);
        for (n, id) in ids.iter().enumerate() {
            let at = hour.saturating_add(u32::try_from(n % 24).unwrap_or_default());
            black_box(peaks.recurring(*id, at));
            peaks.note(*id, at, 400 + drawn(batch * BATCH + n, 900));
        }
        peaks.forget(hour);
    });
}

fn daily() {
    let (ids, mut days) = (subjects(), DailyCounts::default());
    timed(
        "daily: an hour of 50 domains added to their days",
        |batch| {
            let hour = hour(batch);
            let counted = ids.iter().enumerate();
            let counted = counted.map(|(n, id)| (*id, 1 + drawn(batch * BATCH + n, 90)));
            days.take(hour, hour_start(hour + 1), counted);
        },
    );
}

fn counts() {
    let mut log = CountLog::default();
    timed("counts: a log of a week's hours", |batch| {
        for n in batch * BATCH..(batch + 1) * BATCH {
            let at = hour(n);
            black_box(log.get(at.saturating_sub(24)));
            let count = u32::try_from(1 + drawn(n, 90)).unwrap_or(1);
            log.set(at, Entry::Count(count));
            log.drop_before(at.saturating_sub(168));
        }
    });
}

fn generic() {
    let mut baseline = Baseline::default();
    timed(
        "generic: a metric of a user's rule, once a minute",
        |batch| {
            for n in batch * BATCH..(batch + 1) * BATCH {
                let at = later(place(n) * 60_000);
                black_box(baseline.expect(at, 30));
                #[expect(clippy::cast_precision_loss, reason = "below 1,000")]
                baseline.learn(at, 30, 20.0 + drawn(n, 400) as f64 / 10.0, false);
            }
        },
    );
}
