//! What is remembered of the free part of one resource of a mount, and what it says about its future. Pure.

use super::fit::Line;
use noc_pipeline::clock::UnixMs;
use serde::{Deserialize, Serialize};
use std::time::Duration;

const DAY_MIN: u32 = 1_440;
/// Days of which the lowest is kept, today included.
const DAYS: u32 = 8;
/// Samples of a fall that are kept.
const FALLING: usize = 16;
/// A size that changes by more than one part in so many was changed on purpose.
const RESIZE: u64 = 100;
/// Free space that rises above yesterday's highest by one part in so many of the size was made on purpose.
const CLEANED: u64 = 50;
/// A report belongs to a fall when one part in so many of what was free is gone since the one before.
const STEP: u64 = 100;
/// Reports further apart do not belong to one fall.
const GAP_S: u32 = 900;
/// With less than one part in so many in use, days are not remembered: that is far from full.
const EMPTY: u64 = 5;
/// A rhythm of days comes again within so many minutes.
const RHYTHM_MIN: u32 = 26 * 60;

/// Free bytes (in MiB) or inodes of one mount.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct History {
    /// The size.
    total: u64,
    /// Lowest of each day, oldest first.
    lows: Vec<Low>,
    /// Lows before this minute say nothing about the future: somebody cleaned up.
    fit_from_min: u32,
    /// Days since 1970 of the last sample.
    today: u32,
    /// The highest of the day before that one, and of that one.
    highs: (u64, u64),
    /// The lowest that is no news, as known when free space last rose.
    habit: Option<u64>,
    /// Seconds since 1970 and what was free, as long as it falls.
    falling: Vec<(u32, u64)>,
}

/// The lowest of a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Low {
    /// Minutes since 1970.
    at_min: u32,
    free: u64,
    /// A critical incident was open: such a day is no habit.
    odd: bool,
}

/// One sample.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sample {
    pub at: UnixMs,
    pub total: u64,
    pub free: u64,
    /// A critical incident is open.
    pub odd: bool,
}

/// The detector's numbers.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// Breach when full within this by the daily lows.
    pub days_horizon: Duration,
    /// So many days make a fit.
    pub min_days: u32,
    /// Over how long the short fit looks.
    pub window: Duration,
    /// Breach when full within this by the short fit.
    pub short_horizon: Duration,
    /// Over beyond so many times the horizon.
    pub clear_factor: f64,
}

/// How soon it is full.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Pace {
    /// From now.
    pub full_in: Duration,
    /// How much goes each second.
    pub per_s: f64,
    /// Samples it rests on.
    pub samples: u32,
    /// Time between the first and the last of them.
    pub over: Duration,
}

/// What is to be thought of a resource.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Outlook {
    /// Full within the short horizon.
    Soon(Pace),
    /// Full within the days' horizon.
    InDays(Pace),
    /// Between a horizon and where it is over.
    Near,
    /// Far away.
    Fine,
}

impl History {
    /// Takes a sample.
    pub fn take(&mut self, sample: Sample, limits: &Limits) {
        let Sample {
            at,
            total,
            free,
            odd,
        } = sample;
        let at_s = u32::try_from(at.0 / 1_000).unwrap_or_default();
        let at_min = at_s / 60;
        if self.total.abs_diff(total) > (self.total / RESIZE).max(1) {
            *self = Self::default(); // Another disk, as far as the future goes.
        }
        self.total = total;
        let today = at_min / DAY_MIN;
        if self.falling.is_empty() {
            self.highs = (free, free);
        } else if today > self.today {
            self.highs = (self.highs.1, free);
        } else {
            self.highs.1 = self.highs.1.max(free);
        }
        self.today = today;
        if free > self.highs.0.saturating_add(total / CLEANED) {
            self.fit_from_min = at_min;
        }
        self.lowest(Low { at_min, free, odd });
        self.fall(at_s, free, limits);
    }

    /// Whether so much is in use that its days matter.
    fn is_in_use(&self, free: u64) -> bool {
        let used = self.total.saturating_sub(free);
        used > 0 && used.saturating_mul(EMPTY) >= self.total
    }

    fn lowest(&mut self, seen: Low) {
        let oldest = self.today.saturating_sub(DAYS - 1);
        self.lows.retain(|low| low.at_min / DAY_MIN >= oldest);
        if !self.is_in_use(seen.free) {
            return;
        }
        match self.lows.last_mut() {
            Some(low) if low.at_min / DAY_MIN == self.today => {
                low.odd |= seen.odd;
                if seen.free < low.free {
                    (low.at_min, low.free) = (seen.at_min, seen.free);
                }
            }
            _ => self.lows.push(seen),
        }
    }

    /// Keeps a fall that goes on; anything else ends it.
    fn fall(&mut self, at_s: u32, free: u64, limits: &Limits) {
        let goes_on = self.falling.last().is_some_and(|(before_s, before)| {
            let gone = before.saturating_sub(free);
            at_s > *before_s
                && at_s - before_s <= GAP_S
                && gone > 0
                && gone.saturating_mul(STEP) >= *before
        });
        if !goes_on {
            let before = self.falling.last();
            if before.is_none_or(|(at, before)| free > *before || at_s.saturating_sub(*at) > GAP_S)
            {
                let habits = self.lows.iter().filter(|low| !low.odd);
                self.habit = habits.map(|low| low.free).min();
            }
            self.falling.clear();
        }
        self.falling.push((at_s, free));
        // A minute more: reports are not sent to the second.
        let window = u32::try_from(limits.window.as_secs()).unwrap_or(u32::MAX);
        let oldest = at_s.saturating_sub(window.saturating_add(60));
        self.falling.retain(|(at, _)| *at >= oldest);
        let extra = self.falling.len().saturating_sub(FALLING);
        self.falling.drain(..extra);
    }

    /// What was free at the last sample.
    pub fn free(&self) -> u64 {
        self.falling.last().map_or(0, |(_, free)| *free)
    }

    /// When it was last heard of, minutes since 1970.
    pub fn heard_min(&self) -> Option<u32> {
        self.falling.last().map(|(at, _)| at / 60)
    }

    /// What is to be thought of it now.
    pub fn outlook(&self, limits: &Limits) -> Outlook {
        let short = self.short(limits);
        if let Some(pace) = short.filter(|pace| pace.full_in <= limits.short_horizon)
            && self.is_unheard_of()
        {
            return Outlook::Soon(pace);
        }
        let near = short
            .is_some_and(|pace| pace.full_in <= limits.short_horizon.mul_f64(limits.clear_factor));
        let days = self.days();
        if let Some(pace) = days.filter(|pace| pace.samples >= limits.min_days) {
            if pace.full_in <= limits.days_horizon {
                return Outlook::InDays(pace);
            }
            if pace.full_in <= limits.days_horizon.mul_f64(limits.clear_factor) {
                return Outlook::Near;
            }
        }
        if near { Outlook::Near } else { Outlook::Fine }
    }

    /// The days that are known, where they are too few and the resource is not nearly unused.
    pub fn learning(&self, limits: &Limits) -> Option<u32> {
        let known = u32::try_from(self.points().len()).unwrap_or(u32::MAX);
        (known < limits.min_days && self.is_in_use(self.free())).then_some(known)
    }

    /// The fall that goes on now; `None` where there is none that lasts.
    fn short(&self, limits: &Limits) -> Option<Pace> {
        let (first_s, _) = *self.falling.first()?;
        let (last_s, free) = *self.falling.last()?;
        let over = Duration::from_secs(u64::from(last_s - first_s));
        if self.falling.len() < 3 || over < limits.window.mul_f64(2.0 / 3.0) {
            return None;
        }
        let points: Vec<_> = self
            .falling
            .iter()
            .map(|(at, free)| (f64::from(at - first_s), real(*free)))
            .collect();
        let line = Line::through(&points)?;
        pace(real(free), -line.slope, over, points.len())
    }

    /// Whether less is free than there ever was by far: what comes every night is a habit. On the first day, which has
    /// none, nearly all must be in use as well.
    fn is_unheard_of(&self) -> bool {
        let free = self.free();
        let nearly_full = free.saturating_mul(10) < self.total;
        match self.habit {
            Some(habit) => {
                free.saturating_mul(10) < habit.saturating_mul(7)
                    && (nearly_full || self.lows.len() > 1)
            }
            None => nearly_full,
        }
    }

    /// Minutes and what was free at the lowest of each day that tells something about the future.
    fn points(&self) -> Vec<(f64, f64)> {
        let Some(now_min) = self.heard_min() else {
            return Vec::new();
        };
        let today = now_min / DAY_MIN;
        let mut before: Option<Low> = None;
        let mut out = Vec::with_capacity(self.lows.len());
        for low in self
            .lows
            .iter()
            .filter(|low| low.at_min >= self.fit_from_min)
        {
            // Today's lowest may be yet to come, unless it lies under yesterday's or the time of that has passed.
            let counts = low.at_min / DAY_MIN < today
                || before.is_none_or(|yesterday| {
                    low.free < yesterday.free || now_min - yesterday.at_min > RHYTHM_MIN
                });
            if counts {
                out.push((f64::from(low.at_min), real(low.free)));
            }
            before = Some(*low);
        }
        out
    }

    /// The fall over days: no steeper than the last three of them, and not to be had from scatter alone.
    fn days(&self) -> Option<Pace> {
        let points = self.points();
        let line = Line::through(&points)?;
        let lately = Line::through(points.get(points.len().saturating_sub(3)..)?)?;
        let (first, _) = *points.first()?;
        let (last, free) = *points.last()?;
        let slope = line.slope.max(lately.slope);
        if -slope * (last - first) < 3.0 * line.scatter(&points) {
            return None;
        }
        let minutes = Duration::from_secs(60);
        let mut pace = pace(
            free,
            -slope / 60.0,
            minutes.mul_f64(last - first),
            points.len(),
        )?;
        let since = minutes.mul_f64(f64::from(self.heard_min()?) - last);
        pace.full_in = pace.full_in.saturating_sub(since);
        Some(pace)
    }
}

/// `None` where it does not fall, or would take longer than anybody plans for.
fn pace(free: f64, per_s: f64, over: Duration, samples: usize) -> Option<Pace> {
    let full_in = Duration::try_from_secs_f64(free / per_s).ok()?;
    Some(Pace {
        full_in,
        per_s,
        samples: u32::try_from(samples).unwrap_or(u32::MAX),
        over,
    })
    .filter(|_| per_s > 0.0)
}

#[expect(clippy::cast_precision_loss, reason = "a forecast needs no last digit")]
pub(super) fn real(n: u64) -> f64 {
    n as f64
}
