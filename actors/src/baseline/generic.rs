//! A rolling baseline for any number of a host, by the hour of the day.
//!
//! Each complete UTC hour of measurements becomes three figures: its median, its 5th and its 95th percentile. What is
//! expected at a time is made of hours before it:
//!
//! 1. of the same hour of the day in the last 7 days, once there are [`SAME_HOURS`] of them;
//! 2. else of all hours of the last 24 h, once there are [`ANY_HOURS`]; else of all of the last 7 days;
//! 3. else nothing: learning.
//!
//! Medians throughout: one odd value moves no hour, one odd day moves no hour of the day. What is usual above and below
//! the middle is measured apart, so a job that loads a host for ten minutes of each night widens the band of that hour
//! upwards, and of no other.
//!
//! Hours seen while frozen are kept apart and count for nothing, until they recur: [`RECURRING`] of the same hour of the
//! day within 7 days, one of the last two among them, are a pattern, and then they alone count. So what happens every
//! night, or goes on for 72 h, becomes usual by itself.
//!
//! Running hours count for nothing. An hour with less than half of its measurements is dropped, and so are values older
//! than the running hour.

use noc_pipeline::clock::UnixMs;
use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::time::Duration;

/// Hours of the same hour of the day that make it known.
pub const SAME_HOURS: usize = 4;
/// Hours that make a number known while its day is not.
pub const ANY_HOURS: usize = 12;
/// Frozen hours of the same hour of the day that make a pattern.
pub const RECURRING: usize = 3;
/// Days of which hours are kept for the same hour of the day.
pub const DAYS: u32 = 7;
/// Hours kept at most; what is seen rarely keeps them longer than [`DAYS`], which changes nothing.
const MOST_HOURS: usize = DAYS as usize * 24;
/// Values of the running hour kept at most; of more than that every second, every fourth ... is kept.
const MOST_VALUES: usize = 64;
/// From the median to the 95th percentile of a normal distribution, in standard deviations.
pub(super) const P95_IN_SIGMA: f64 = 1.645;
/// From the median absolute deviation to the standard deviation of a normal distribution.
const MAD_TO_SIGMA: f64 = 1.4826;
/// No number is known better than this share of itself: figures are kept in single precision.
const PRECISION: f64 = 1e-6;

const HOUR_MS: i64 = 3_600_000;

/// What is learned of one number. 16 bytes an hour, 2.7 KB after a week.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Baseline {
    hours: Hours,
    running: Option<Running>,
}

/// What is expected now.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub enum Expected {
    /// Nothing yet.
    Learning {
        /// Complete hours.
        have: u32,
        /// Complete hours that are needed.
        need: u32,
    },
    /// This.
    Known(Band),
}

/// What is usual.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Band {
    /// The middle.
    pub mid: f64,
    /// One standard deviation upwards, as far as hours show it.
    pub up: f64,
    /// One standard deviation downwards.
    pub down: f64,
    /// How many hours it rests on.
    pub hours: u32,
    /// Whether those were of the same hour of the day.
    pub same_hour: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Running {
    hour: u32,
    frozen: bool,
    /// Values so far; every `stride`th is kept.
    seen: u32,
    stride: u32,
    values: Vec<f32>,
    /// What is expected throughout the hour: hours before it do not change any more.
    expected: Expected,
}

/// A complete hour.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Hour {
    /// Since 1970.
    hour: u32,
    frozen: bool,
    low: f32,
    mid: f32,
    high: f32,
}

impl Baseline {
    /// What is expected at a time, by what was learned before its hour. Closes the running hour when the time lies behind
    /// it; `least` is how many values make an hour complete.
    pub fn expect(&mut self, at: UnixMs, least: u32) -> Expected {
        let hour = hour_of(at);
        match &self.running {
            Some(running) if running.hour == hour => return running.expected,
            Some(running) if running.hour > hour => return expected(&self.hours.all(), hour),
            _ => {}
        }
        if let Some(running) = self.running.take() {
            self.close(running, least);
        }
        let expected = expected(&self.hours.all(), hour);
        self.running = Some(Running {
            hour,
            frozen: false,
            seen: 0,
            stride: 1,
            values: Vec::new(),
            expected,
        });
        expected
    }

    /// Learns a value. `frozen`: what is seen now is held to be out of the usual.
    pub fn learn(&mut self, at: UnixMs, least: u32, value: f64, frozen: bool) {
        self.expect(at, least);
        let Some(running) = self.running.as_mut().filter(|r| r.hour == hour_of(at)) else {
            return; // Of an hour that is closed already.
        };
        running.frozen |= frozen;
        if running.seen.is_multiple_of(running.stride) {
            if running.values.len() >= MOST_VALUES {
                let mut keep = false;
                running.values.retain(|_| {
                    keep = !keep;
                    keep
                });
                running.stride = running.stride.saturating_mul(2);
            }
            if running.seen.is_multiple_of(running.stride) {
                running.values.push(single(value));
            }
        }
        running.seen = running.seen.saturating_add(1);
    }

    /// How it is now is how it should be: what was learned before is forgotten, what was seen while frozen counts.
    pub fn new_normal(&mut self) {
        let mut hours: Vec<Hour> = self.hours.all();
        hours.retain(|hour| hour.frozen);
        for hour in &mut hours {
            hour.frozen = false;
        }
        self.hours = Hours::of(&hours);
        if let Some(running) = &mut self.running {
            running.frozen = false;
            running.expected = expected(&hours, running.hour);
        }
    }

    fn close(&mut self, mut running: Running, least: u32) {
        if running.seen < least || running.values.is_empty() {
            return;
        }
        running.values.sort_by(f32::total_cmp);
        self.hours.push(Hour {
            hour: running.hour,
            frozen: running.frozen,
            low: quantile(&running.values, 0.05),
            mid: quantile(&running.values, 0.5),
            high: quantile(&running.values, 0.95),
        });
    }
}

impl Band {
    /// Above this a value is out of the usual: `factor` times the middle, and `deviations` standard deviations over it,
    /// whichever is more.
    #[must_use]
    pub fn upper(&self, factor: f64, deviations: f64) -> f64 {
        let by_factor = self.mid + (factor - 1.0) * self.mid.abs();
        by_factor.max(self.mid + deviations * self.up)
    }

    /// Below this a value is out of the usual: a `factor`th of the middle, and `deviations` standard deviations under it,
    /// whichever is less.
    #[must_use]
    pub fn lower(&self, factor: f64, deviations: f64) -> f64 {
        let by_factor = self.mid - (1.0 - 1.0 / factor) * self.mid.abs();
        by_factor.min(self.mid - deviations * self.down)
    }
}

/// How many values of a kind that is sent so often make an hour complete: half of them, one at least.
#[must_use]
pub fn least(interval: Option<Duration>) -> u32 {
    let seconds = interval.map_or(3_600, |interval| interval.as_secs().max(1));
    u32::try_from(1_800 / seconds).unwrap_or(1).max(1)
}

/// What hours before this one make of it; they are in order.
fn expected(hours: &[Hour], now: u32) -> Expected {
    let within = |days: u32| {
        let before = hours.iter().filter(move |h| h.hour < now);
        before.filter(move |h| now - h.hour <= days * 24)
    };
    let same: Vec<&Hour> = within(DAYS)
        .filter(|h| (now - h.hour).is_multiple_of(24))
        .collect();
    let odd = same.iter().filter(|h| h.frozen).count();
    let lately = same.iter().rev().take(2).any(|h| h.frozen);
    let recurs = odd >= RECURRING && lately;
    let of_day: Vec<&Hour> = same.into_iter().filter(|h| h.frozen == recurs).collect();
    if recurs || of_day.len() >= SAME_HOURS {
        return Expected::Known(band_of_day(&of_day));
    }
    let day: Vec<&Hour> = within(1).filter(|h| !h.frozen).collect();
    let week: Vec<&Hour> = within(DAYS).filter(|h| !h.frozen).collect();
    let any = if day.len() >= ANY_HOURS { day } else { week };
    if any.len() >= ANY_HOURS {
        return Expected::Known(band_of_all(&any));
    }
    Expected::Learning {
        have: count(any.len()),
        need: count(ANY_HOURS),
    }
}

/// The same hour of some days: within the hour, and from day to day.
fn band_of_day(hours: &[&Hour]) -> Band {
    let of = |get: fn(&Hour) -> f32| -> Vec<f32> { hours.iter().map(|h| get(h)).collect() };
    let mids = of(|h| h.mid);
    let mid = median(mids.clone());
    let apart = mids.iter().map(|m| (f64::from(*m) - mid).abs()).map(single);
    let days = MAD_TO_SIGMA * median(apart.collect());
    let sigma = |edge: f64| {
        let within = (edge - mid).abs() / P95_IN_SIGMA;
        within.hypot(days).max(mid.abs() * PRECISION)
    };
    let (low, high) = (median(of(|h| h.low)), median(of(|h| h.high)));
    Band {
        mid,
        up: sigma(high.max(mid)),
        down: sigma(low.min(mid)),
        hours: count(hours.len()),
        same_hour: true,
    }
}

/// Hours of any time of the day: the band covers what the day does, but for its oddest tenth.
fn band_of_all(hours: &[&Hour]) -> Band {
    let of = |get: fn(&Hour) -> f32| -> Vec<f32> {
        let mut all: Vec<f32> = hours.iter().map(|h| get(h)).collect();
        all.sort_by(f32::total_cmp);
        all
    };
    let mid = median(of(|h| h.mid));
    let high = f64::from(quantile(&of(|h| h.high), 0.9));
    let low = f64::from(quantile(&of(|h| h.low), 0.1));
    let sigma = |edge: f64| ((edge - mid).abs() / P95_IN_SIGMA).max(mid.abs() * PRECISION);
    Band {
        mid,
        up: sigma(high.max(mid)),
        down: sigma(low.min(mid)),
        hours: count(hours.len()),
        same_hour: false,
    }
}

fn median(mut values: Vec<f32>) -> f64 {
    values.sort_by(f32::total_cmp);
    let half = values.len() / 2;
    let at = |i: usize| values.get(i).copied().map_or(0.0, f64::from);
    if values.len() % 2 == 1 {
        at(half)
    } else {
        f64::midpoint(at(half.saturating_sub(1)), at(half))
    }
}

/// The value at a share of the way through sorted ones, the nearest there is; 0 for none.
fn quantile(sorted: &[f32], share: f64) -> f32 {
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a place among a few values"
    )]
    let place = (sorted.len().saturating_sub(1) as f64 * share).round() as usize;
    sorted.get(place).copied().unwrap_or_default()
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "single precision is enough for what is usual, and is never infinite"
)]
fn single(value: f64) -> f32 {
    (value as f32).clamp(f32::MIN, f32::MAX)
}

fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

fn hour_of(at: UnixMs) -> u32 {
    u32::try_from(at.0.div_euclid(HOUR_MS)).unwrap_or(0)
}

/// Complete hours, oldest first, packed: they are read once an hour, and copied with each look.
#[derive(Debug, Clone, PartialEq, Default)]
struct Hours(Vec<u8>);

const PACKED: usize = 16;
const FROZEN: u32 = 1 << 31;

impl Hours {
    fn of(hours: &[Hour]) -> Self {
        let mut packed = Self::default();
        hours.iter().for_each(|hour| packed.push(*hour));
        packed
    }

    fn push(&mut self, hour: Hour) {
        if self.0.len() >= MOST_HOURS * PACKED {
            self.0.drain(..PACKED);
        }
        let flag = if hour.frozen { FROZEN } else { 0 };
        self.0.extend((hour.hour | flag).to_le_bytes());
        for figure in [hour.low, hour.mid, hour.high] {
            self.0.extend(figure.to_le_bytes());
        }
    }

    fn all(&self) -> Vec<Hour> {
        let (words, _) = self.0.as_chunks::<4>();
        let hours = words.chunks_exact(4).filter_map(|words| match words {
            [hour, low, mid, high] => {
                let word = u32::from_le_bytes(*hour);
                Some(Hour {
                    hour: word & !FROZEN,
                    frozen: word & FROZEN != 0,
                    low: f32::from_le_bytes(*low),
                    mid: f32::from_le_bytes(*mid),
                    high: f32::from_le_bytes(*high),
                })
            }
            _ => None,
        });
        hours.collect()
    }
}

impl Serialize for Hours {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for Hours {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Bytes;

        impl Visitor<'_> for Bytes {
            type Value = Hours;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{PACKED} bytes an hour, {MOST_HOURS} hours at most")
            }

            fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Hours, E> {
                let whole = bytes.len().is_multiple_of(PACKED);
                if !whole || bytes.len() > MOST_HOURS * PACKED {
                    return Err(E::invalid_length(bytes.len(), &self));
                }
                Ok(Hours(bytes.to_vec()))
            }
        }

        deserializer.deserialize_bytes(Bytes)
    }
}

#[cfg(test)]
mod tests;
