//! The ring window.

use super::super::ring::{BUCKET_MS, BUCKETS, LEARNED, Mean, Ring};
use super::{HOUR, MINUTE, START, at, packed_and_back};
use noc_pipeline::clock::UnixMs;
use proptest::prelude::*;
use std::collections::BTreeMap;

/// Every point there ever was, and every word, looked through anew each time.
#[derive(Default)]
struct Naive {
    points: BTreeMap<i64, u64>,
    frozen: Option<i64>,
    held: Option<Mean>,
}

impl Naive {
    fn push(&mut self, at: UnixMs, value: u64, now: UnixMs) -> bool {
        let bucket = at.0.div_euclid(BUCKET_MS);
        let fine = at.0 >= 0 && at.0 <= now.0 + 300_000 && bucket >= self.oldest();
        if fine {
            self.points.insert(bucket, value);
            let oldest = self.oldest();
            self.points.retain(|bucket, _| *bucket >= oldest);
            if self.frozen.is_none() && self.own(bucket).is_some() {
                self.held = None;
            }
        }
        fine
    }

    fn oldest(&self) -> i64 {
        let newest = self.points.keys().last().copied().unwrap_or_default();
        newest - i64::from(BUCKETS)
    }

    fn own(&self, bucket: i64) -> Option<Mean> {
        let from = self.oldest().max(bucket - i64::from(BUCKETS));
        let within = self
            .points
            .iter()
            .filter(|(b, _)| **b >= from && **b < bucket);
        let values: Vec<u64> = within.map(|(_, value)| *value).collect();
        (values.len() >= LEARNED as usize).then(|| Mean {
            value: values.iter().sum::<u64>() as f64 / values.len() as f64,
            samples: values.len() as u32,
        })
    }

    fn mean(&self, at: UnixMs) -> Option<Mean> {
        let bucket = at.0.div_euclid(BUCKET_MS);
        if bucket < 0 {
            return None;
        }
        match self.frozen {
            Some(_) => self.held,
            None => self.own(bucket).or(self.held),
        }
    }

    fn freeze(&mut self, at: UnixMs) {
        if self.frozen.is_none() {
            self.held = self.mean(at);
            self.frozen = Some(at.0.div_euclid(BUCKET_MS));
        }
    }

    fn thaw(&mut self) {
        if let Some(since) = self.frozen.take() {
            self.points.retain(|bucket, _| *bucket < since);
        }
    }

    fn new_normal(&mut self) {
        if let Some(since) = self.frozen.take() {
            self.points.retain(|bucket, _| *bucket >= since);
            self.held = None;
        }
    }
}

#[derive(Debug, Clone)]
enum Step {
    /// Minutes pass, then a point of so many minutes before comes.
    Point {
        after: i64,
        late: i64,
        value: u64,
    },
    /// A point of so many minutes ahead.
    Ahead {
        by: i64,
        value: u64,
    },
    Before1970,
    Freeze,
    Thaw,
    NewNormal,
    Pack,
}

fn step() -> impl Strategy<Value = Step> {
    let point = |after: std::ops::Range<i64>, late: std::ops::Range<i64>| {
        (after, late, 0_u64..200).prop_map(|(after, late, value)| Step::Point {
            after,
            late,
            value,
        })
    };
    prop_oneof![
        40 => point(4..7, 0..1),
        6 => point(0..3, 0..1),
        4 => point(0..10, 0..2_000),
        2 => point(30..400, 0..1),
        1 => point(1_400..3_000, 0..1),
        2 => (0_i64..30, 0_u64..100_000).prop_map(|(by, value)| Step::Ahead { by, value }),
        1 => Just(Step::Before1970),
        1 => Just(Step::Freeze),
        1 => Just(Step::Thaw),
        1 => Just(Step::NewNormal),
        3 => Just(Step::Pack),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn it_tells_what_looking_through_everything_would_tell(
        steps in proptest::collection::vec(step(), 0..500),
    ) {
        let (mut ring, mut naive, mut now) = (Ring::default(), Naive::default(), START);
        let mut undisturbed = Ring::default();
        for step in steps {
            let mut push = |ring: &mut Ring, at, value, now| {
                let taken = ring.push(at, value, now);
                prop_assert_eq!(undisturbed.push(at, value, now), taken);
                prop_assert_eq!(naive.push(at, value, now), taken);
                Ok(())
            };
            match step {
                Step::Point { after, late, value } => {
                    now = UnixMs(now.0 + after * MINUTE);
                    push(&mut ring, UnixMs(now.0 - late * MINUTE), value, now)?;
                }
                Step::Ahead { by, value } => push(&mut ring, UnixMs(now.0 + by * MINUTE), value, now)?,
                Step::Before1970 => push(&mut ring, UnixMs(-1), 7, now)?,
                Step::Freeze => {
                    ring.freeze(now);
                    undisturbed.freeze(now);
                    naive.freeze(now);
                }
                Step::Thaw => {
                    ring.thaw();
                    undisturbed.thaw();
                    naive.thaw();
                }
                Step::NewNormal => {
                    ring.new_normal();
                    undisturbed.new_normal();
                    naive.new_normal();
                }
                Step::Pack => ring = packed_and_back(&ring),
            }
            prop_assert_eq!(ring.mean(now), naive.mean(now));
            prop_assert_eq!(ring.mean(UnixMs(now.0 + HOUR)), naive.mean(UnixMs(now.0 + HOUR)));
            prop_assert_eq!(&ring, &undisturbed);
        }
    }
}

fn day_of(value: u64) -> (Ring, i64) {
    let mut ring = Ring::default();
    for n in 0..288 {
        assert!(ring.push(at(n * BUCKET_MS), value, at(n * BUCKET_MS)));
    }
    (ring, 288 * BUCKET_MS)
}

#[test]
fn an_incident_does_not_become_normal_by_lasting() {
    let (mut ring, now) = day_of(20);
    ring.freeze(at(now));
    for n in 0..2_000 {
        ring.push(at(now + n * BUCKET_MS), 900, at(now + n * BUCKET_MS));
    }
    let later = now + 2_000 * BUCKET_MS;
    assert_eq!(ring.mean(at(later)).unwrap().value, 20.0);
    ring.thaw();
    assert_eq!(
        ring.mean(at(later)).unwrap().value,
        20.0,
        "until it has learned anew"
    );
    for n in 0..13 {
        ring.push(at(later + n * BUCKET_MS), 30, at(later + n * BUCKET_MS));
    }
    let mean = ring.mean(at(later + 13 * BUCKET_MS)).unwrap();
    assert_eq!((mean.value, mean.samples), (30.0, 13));
}

#[test]
fn the_new_normal_is_what_was_seen_since_it_froze() {
    let (mut ring, now) = day_of(20);
    ring.freeze(at(now));
    for n in 0..40 {
        ring.push(at(now + n * BUCKET_MS), 900, at(now + n * BUCKET_MS));
    }
    ring.new_normal();
    assert_eq!(ring.mean(at(now + 40 * BUCKET_MS)).unwrap().value, 900.0);
}

#[test]
fn a_point_has_no_part_in_what_it_is_compared_with() {
    let (mut ring, now) = day_of(10);
    ring.push(at(now), 5_000, at(now));
    assert_eq!(ring.mean(at(now + MINUTE)).unwrap().value, 10.0);
    assert!(
        !ring.push(at(now + 6 * MINUTE), 1, at(now)),
        "of the future"
    );
    assert!(!ring.push(at(now - 25 * HOUR), 1, at(now)), "too old");
}

#[test]
fn an_idle_queue_takes_a_byte_each_five_minutes() {
    let (ring, _) = day_of(0);
    assert!(postcard::to_stdvec(&ring).unwrap().len() <= 300);
}
