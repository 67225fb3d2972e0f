//! Counts of days.

use super::super::daily::{COVERED_HOURS, DAYS, DailyCounts, MAX_SUBJECTS};
use super::super::hour_start;
use super::{START, id, packed_and_back, start_hour};
use noc_pipeline::clock::UnixMs;
use proptest::prelude::*;
use std::collections::BTreeMap;

/// What every hour said first.
#[derive(Default)]
struct Naive(BTreeMap<u32, BTreeMap<u32, u64>>);

impl Naive {
    fn take(&mut self, hour: u32, now: UnixMs, said: &[(u32, u64)]) -> bool {
        let over = (i64::from(hour) + 1) * 3_600_000 <= now.0 + 300_000;
        let kept = self.newest().is_none_or(|newest| hour / 24 + DAYS > newest);
        if !over || !kept || self.0.contains_key(&hour) {
            return false;
        }
        let mut counts: BTreeMap<u32, u64> = BTreeMap::new();
        for (subject, count) in said.iter().filter(|(_, count)| *count > 0) {
            *counts.entry(*subject).or_default() += count;
        }
        self.0.insert(hour, counts);
        true
    }

    fn newest(&self) -> Option<u32> {
        self.0.keys().last().map(|hour| hour / 24)
    }

    fn days_of(&self, subject: u32) -> Option<Vec<(u32, u32)>> {
        let newest = self.newest()?;
        let kept = self.0.iter().filter(|(hour, _)| *hour / 24 + DAYS > newest);
        let mut days: BTreeMap<u32, (u32, u64)> = BTreeMap::new();
        for (hour, counts) in kept {
            let day = days.entry(hour / 24).or_default();
            day.0 += 1;
            day.1 += counts.get(&subject).copied().unwrap_or_default();
        }
        let first = days
            .iter()
            .find(|(_, (_, sum))| *sum > 0)
            .map(|(day, _)| *day)?;
        let over = |day: u32| day < newest || self.0.contains_key(&(day * 24 + 23));
        let known = days
            .into_iter()
            .filter(|(day, (hours, _))| *day >= first && *hours >= COVERED_HOURS && over(*day));
        Some(known.map(|(day, (_, sum))| (day, sum as u32)).collect())
    }
}

/// Hours on, hours late, what it says, whether the state is packed then.
fn step() -> impl Strategy<Value = (i64, i64, Vec<(u32, u64)>, bool)> {
    let on = prop_oneof![60 => 1_i64..2, 3 => 0_i64..1, 2 => 2_i64..9];
    let late = prop_oneof![20 => 1_i64..2, 1 => 2_i64..60, 1 => -2_i64..1];
    let said = proptest::collection::vec((0_u32..4, 0_u64..90), 0..4);
    (on, late, said, proptest::bool::weighted(0.05))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    // The first day of a subject is the first that is kept here: histories shorter than that.
    #[test]
    fn it_tells_what_adding_up_every_hour_would_tell(
        steps in proptest::collection::vec(step(), 0..400),
    ) {
        let (mut days, mut naive) = (DailyCounts::default(), Naive::default());
        let mut undisturbed = DailyCounts::default();
        let mut now = START.0;
        for (on, late, said, pack) in steps {
            now += on * 3_600_000;
            let hour = (now / 3_600_000 - late) as u32;
            let each = || said.iter().map(|(subject, count)| (id(*subject), *count));
            let taken = days.take(hour, UnixMs(now), each());
            prop_assert_eq!(undisturbed.take(hour, UnixMs(now), each()), taken);
            prop_assert_eq!(naive.take(hour, UnixMs(now), &said), taken);
            if pack {
                days = packed_and_back(&days);
            }
            for subject in 0..5 {
                prop_assert_eq!(days.days_of(id(subject)), naive.days_of(subject));
            }
            prop_assert_eq!(&days, &undisturbed);
        }
    }
}

fn day(days: &mut DailyCounts, day: u32, per_hour: u64) {
    for hour in 0..24 {
        let hour = start_hour() + day * 24 + hour;
        assert!(days.take(hour, hour_start(hour + 1), [(id(1), per_hour)]));
    }
}

#[test]
fn days_of_a_trouble_are_set_aside_and_a_new_normal_begins_anew() {
    let mut days = DailyCounts::default();
    for n in 0..6 {
        day(&mut days, n, if n < 4 { 10 } else { 100 });
    }
    let first = start_hour() / 24;
    let mut anew = days.clone();
    days.set_aside(id(1), first + 2, 720.0);
    let left: Vec<u32> = days
        .days_of(id(1))
        .unwrap()
        .iter()
        .map(|(_, n)| *n)
        .collect();
    assert_eq!(left, [240; 4]);
    anew.begin_anew(id(1), first + 4);
    assert_eq!(
        anew.days_of(id(1)).unwrap(),
        [(first + 4, 2_400), (first + 5, 2_400)]
    );
}

#[test]
fn the_silent_are_forgotten_and_made_up_names_push_out_each_other_only() {
    let mut days = DailyCounts::default();
    day(&mut days, 0, 10);
    day(&mut days, 1, 10);
    for n in 0..3 {
        let hour = start_hour() + 48 + n;
        let forged = (0..600).map(|m| (id(n * 10_000 + m + 100), 20));
        days.take(hour, hour_start(hour + 1), forged);
    }
    assert_eq!(days.len(), MAX_SUBJECTS);
    assert!(days.days_of(id(1)).is_some());
    let hour = start_hour() + 40 * 24;
    days.take(hour, hour_start(hour + 1), []);
    assert!(days.is_empty());
}
