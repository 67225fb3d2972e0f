//! Hours of the day.

use super::super::hour_of_day::{
    Counted, DAYS, Expected, HourOfDay, KNOWN_HOURS, MAX_SUBJECTS, SAMPLES,
};
use super::super::{hour_number, hour_start};
use super::{START, id, packed_and_back, start_hour};
use crate::detect::evidence::Learned;
use noc_pipeline::clock::UnixMs;
use proptest::prelude::*;
use std::collections::BTreeMap;

/// What every hour said, and when each subject was seen.
#[derive(Default)]
struct Naive {
    hours: BTreeMap<u32, BTreeMap<u32, (u64, bool)>>,
    seen: BTreeMap<u32, (u32, u32)>,
}

impl Naive {
    fn newest(&self) -> Option<u32> {
        self.hours.keys().last().copied()
    }

    fn take(&mut self, hour: u32, now: UnixMs, counted: &[(u32, u64, bool)]) -> bool {
        let over = (i64::from(hour) + 1) * 3_600_000 <= now.0 + 300_000;
        if !over
            || self
                .newest()
                .is_some_and(|newest| hour + DAYS * 24 < newest)
        {
            return false;
        }
        let mut said: BTreeMap<u32, (u64, bool)> = BTreeMap::new();
        for (subject, count, set_aside) in counted.iter().filter(|c| c.1 > 0) {
            let entry = said.entry(*subject).or_default();
            *entry = (entry.0 + count, entry.1 | set_aside);
            let seen = self.seen.entry(*subject).or_insert((hour, hour));
            *seen = (seen.0.min(hour), seen.1.max(hour));
        }
        self.hours.insert(hour, said);
        let newest = self.newest().unwrap();
        self.seen
            .retain(|_, (_, last)| *last + KNOWN_HOURS >= newest);
        true
    }

    fn median(values: &mut [u64]) -> f64 {
        values.sort();
        let half = values.len() / 2;
        if values.len() % 2 == 1 {
            values[half] as f64
        } else {
            (values[half - 1] as f64 + values[half] as f64) / 2.0
        }
    }

    fn expected(&self, subject: u32, hour: u32, prior: Option<f64>) -> Expected {
        let (mut same, mut any, mut told) = (Vec::new(), Vec::new(), 0);
        let first = self.seen.get(&subject).map(|(first, _)| *first);
        for (at, said) in &self.hours {
            if *at == hour || at + DAYS * 24 < self.newest().unwrap() {
                continue;
            }
            let alike = at % 24 == hour % 24;
            told += usize::from(alike);
            if first.is_none_or(|first| *at < first) {
                continue;
            }
            match said.get(&subject) {
                Some((_, true)) => {}
                Some((count, false)) => {
                    any.push(*count);
                    same.extend(alike.then_some(*count));
                }
                None => same.extend(alike.then_some(0)),
            }
        }
        let (value, learned, samples) = if same.len() >= SAMPLES {
            (Self::median(&mut same), Learned::HourOfDay, same.len())
        } else if any.len() >= SAMPLES {
            (Self::median(&mut any), Learned::Subject, any.len())
        } else if let Some(prior) = prior.filter(|_| told >= SAMPLES) {
            (prior, Learned::Fleet, 0)
        } else {
            (0.0, Learned::Nothing, 0)
        };
        Expected {
            value,
            learned,
            samples: samples as u32,
        }
    }
}

fn counted(of: &[(u32, u64, bool)]) -> Vec<Counted> {
    let each = of.iter().map(|(subject, count, set_aside)| Counted {
        id: id(*subject),
        count: *count,
        set_aside: *set_aside,
    });
    each.collect()
}

type Said = Vec<(u32, u64, bool)>;

fn said() -> impl Strategy<Value = Said> {
    let count = prop_oneof![3 => 1_u64..9, 1 => 0_u64..100_000];
    proptest::collection::vec((0_u32..5, count, proptest::bool::weighted(0.1)), 0..6)
}

/// Hours on from the one before, hours late, what it says, and whether the state is packed then.
fn step() -> impl Strategy<Value = (i64, i64, Said, bool)> {
    let on = prop_oneof![30 => 1_i64..2, 3 => 0_i64..1, 3 => 2_i64..30, 1 => 100_i64..900];
    let late = prop_oneof![20 => 1_i64..2, 2 => 2_i64..200, 1 => -3_i64..1];
    (on, late, said(), proptest::bool::weighted(0.1))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn it_tells_what_looking_through_every_hour_would_tell(
        steps in proptest::collection::vec(step(), 0..300),
    ) {
        let (mut hours, mut naive) = (HourOfDay::default(), Naive::default());
        let mut undisturbed = HourOfDay::default();
        let mut now = START.0;
        for (on, late, said, pack) in steps {
            now += on * 3_600_000;
            let hour = (now / 3_600_000 - late) as u32;
            let taken = hours.take(hour, UnixMs(now), counted(&said));
            prop_assert_eq!(undisturbed.take(hour, UnixMs(now), counted(&said)), taken);
            prop_assert_eq!(naive.take(hour, UnixMs(now), &said), taken);
            if pack {
                hours = packed_and_back(&hours);
            }
            for subject in 0..6 {
                for like in [hour, (now / 3_600_000) as u32, hour + 5] {
                    for prior in [None, Some(4.0)] {
                        prop_assert_eq!(
                            hours.expected(id(subject), like, prior),
                            naive.expected(subject, like, prior)
                        );
                    }
                }
                let first = naive.seen.get(&subject).map(|(first, _)| *first);
                prop_assert_eq!(hours.first_seen(id(subject)), first);
            }
            prop_assert_eq!(&hours, &undisturbed);
        }
    }
}

fn take(hours: &mut HourOfDay, hour: u32, said: &[(u32, u64, bool)]) {
    assert!(hours.take(hour, hour_start(hour + 1), counted(said)));
}

#[test]
fn one_odd_day_does_not_move_it_and_silence_is_zero() {
    let mut hours = HourOfDay::default();
    for day in 0..7 {
        for hour in 0..24 {
            let count = if day == 3 { 4_000 } else { 40 };
            let said = [(1, count, false)];
            let busy = (9..17).contains(&hour);
            take(
                &mut hours,
                start_hour() + day * 24 + hour,
                if busy { &said } else { &[] },
            );
        }
    }
    let of = |hour| hours.expected(id(1), start_hour() + 7 * 24 + hour, None);
    let known = |value, samples| Expected {
        value,
        learned: Learned::HourOfDay,
        samples,
    };
    assert_eq!(of(10), known(40.0, 7));
    assert_eq!(of(3), known(0.0, 6), "the first night it was not yet seen");
}

#[test]
fn hours_nobody_told_and_hours_of_a_trouble_are_no_samples() {
    let mut hours = HourOfDay::default();
    let ten = start_hour() + 10;
    for day in 0..7 {
        if day != 2 {
            take(
                &mut hours,
                ten + day * 24,
                &[(1, 50 + u64::from(day), day == 5)],
            );
        }
    }
    let expected = hours.expected(id(1), ten + 7 * 24, None);
    assert_eq!((expected.value, expected.samples), (53.0, 5));
}

#[test]
fn the_same_hour_again_replaces() {
    let mut hours = HourOfDay::default();
    let ten = start_hour() + 10;
    for day in 0..5 {
        take(
            &mut hours,
            ten + day * 24,
            &[(1, 900, false), (2, 900, false)],
        );
        take(&mut hours, ten + day * 24, &[(1, 30, false)]);
    }
    assert_eq!(hours.expected(id(1), ten + 120, None).value, 30.0);
    let other = hours.expected(id(2), ten + 120, None);
    assert_eq!((other.value, other.learned), (0.0, Learned::HourOfDay));
}

#[test]
fn a_new_subject_is_compared_with_the_fleet_once_the_server_is_known() {
    let mut hours = HourOfDay::default();
    let of = |hours: &HourOfDay| hours.expected(id(9), start_hour() + 106, Some(4.0));
    assert_eq!(of(&hours).learned, Learned::Nothing);
    for hour in 0..96 {
        take(&mut hours, start_hour() + hour, &[(1, 30, false)]);
    }
    assert_eq!(
        (of(&hours).learned, of(&hours).value),
        (Learned::Fleet, 4.0)
    );
    let without = hours.expected(id(9), start_hour() + 106, None);
    assert_eq!(without.learned, Learned::Nothing);
    assert_eq!(hour_number(START), Some(start_hour()));
}

#[test]
fn names_that_are_made_up_push_out_each_other_only() {
    let mut hours = HourOfDay::default();
    for hour in 0..3 {
        let known: Said = (0..100).map(|n| (n, 5, false)).collect();
        take(&mut hours, start_hour() + hour, &known);
    }
    for hour in 3..6 {
        let forged: Said = (0..1_000).map(|n| (hour * 10_000 + n, 20, false)).collect();
        take(&mut hours, start_hour() + hour, &forged);
    }
    assert_eq!(hours.len(), MAX_SUBJECTS);
    assert!((0..100).all(|n| hours.first_seen(id(n)).is_some()));
}

#[test]
fn who_is_silent_for_a_month_costs_nothing() {
    let mut hours = HourOfDay::default();
    take(
        &mut hours,
        start_hour(),
        &(0..500).map(|n| (n, 5, false)).collect::<Said>(),
    );
    for hour in 1..=KNOWN_HOURS {
        take(&mut hours, start_hour() + hour, &[]);
    }
    assert_eq!(hours.len(), 500);
    take(&mut hours, start_hour() + KNOWN_HOURS + 1, &[]);
    assert!(hours.is_empty());
    assert!(postcard::to_stdvec(&hours).unwrap().len() < 50);
}
