//! How busy people make a host: by hour and weekday of their own clocks, as a rate and as a sum.
//!
//! A rate of 1 is the mean of a week. Sums have a closed form, so a counter is known at any instant without the way
//! that led there, and never goes back.

use super::calendar::{DAY_MS, HOUR_MS, Zone};
use super::noise::Noise;
use noc_pipeline::clock::UnixMs;
use std::sync::Arc;

const WEEK_HOURS: usize = 168;

/// Who makes a host busy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Crowd {
    /// Visitors of sites: all day, most in the evening.
    Visitors,
    /// Offices: working hours of working days.
    Offices,
    /// Programs: nearly always the same.
    Programs,
    /// Backups and the like: at night.
    Nights,
}

/// Hours 0 to 23 of a working day, and what a day of the weekend has of it.
const fn day_of(crowd: Crowd) -> ([f64; 24], f64) {
    match crowd {
        Crowd::Visitors => (
            [
                0.52, 0.38, 0.28, 0.23, 0.21, 0.24, 0.34, 0.48, 0.66, 0.84, 0.97, 1.05, 1.06, 1.04,
                1.04, 1.06, 1.10, 1.14, 1.20, 1.28, 1.36, 1.38, 1.18, 0.80,
            ],
            0.82,
        ),
        Crowd::Offices => (
            [
                0.07, 0.06, 0.05, 0.05, 0.05, 0.06, 0.12, 0.35, 0.80, 1.35, 1.55, 1.50, 1.20, 1.10,
                1.45, 1.50, 1.35, 1.00, 0.60, 0.38, 0.28, 0.20, 0.14, 0.10,
            ],
            0.28,
        ),
        Crowd::Programs => (
            [
                0.85, 0.84, 0.83, 0.83, 0.83, 0.85, 0.90, 0.95, 1.00, 1.05, 1.08, 1.10, 1.10, 1.10,
                1.10, 1.10, 1.10, 1.10, 1.10, 1.08, 1.05, 1.00, 0.95, 0.90,
            ],
            0.95,
        ),
        Crowd::Nights => (
            [
                1.6, 2.4, 2.8, 2.8, 2.4, 1.6, 0.9, 0.5, 0.4, 0.4, 0.4, 0.4, 0.4, 0.4, 0.4, 0.4,
                0.4, 0.4, 0.4, 0.4, 0.5, 0.6, 0.8, 1.1,
            ],
            1.1,
        ),
    }
}

/// Makes a fleet's days pass faster than the clock that stamps what it reports.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Warp {
    pub(super) begin: UnixMs,
    pub(super) speed: f64,
}

impl Warp {
    pub(super) const NONE: Self = Self {
        begin: UnixMs(0),
        speed: 1.0,
    };

    fn of(self, at: UnixMs) -> UnixMs {
        if self.speed == 1.0 {
            return at;
        }
        let passed = (at.0 - self.begin.0) as f64 * self.speed;
        UnixMs(self.begin.0.saturating_add(passed as i64))
    }
}

/// The rhythm of one crowd at one host.
#[derive(Debug, Clone)]
pub(super) struct Rhythm {
    zone: Arc<Zone>,
    warp: Warp,
    /// Rate at the start of each hour of the week, Monday 0:00 first, and of the next Monday.
    marks: Vec<f64>,
    /// What has come together by then since Monday, in hours of rate 1.
    sums: Vec<f64>,
    peak: f64,
}

impl Rhythm {
    /// Its hours differ a little from host to host, and so does its hour of most traffic.
    pub(super) fn draw(crowd: Crowd, zone: &Arc<Zone>, noise: Noise, what: u64) -> Self {
        let (day, weekend) = day_of(crowd);
        let later = noise.choose(what, 1_000, 3);
        let weekends: [usize; 2] = match zone.tz {
            chrono_tz::Tz::Asia__Dhaka => [4, 5],
            _ => [5, 6],
        };
        let mut marks: Vec<f64> = (0..WEEK_HOURS)
            .map(|hour| {
                let of_day = day.get((hour + 25 - later) % 24).copied().unwrap_or(1.0);
                let share = if weekends.contains(&(hour / 24)) {
                    weekend
                } else {
                    1.0
                };
                of_day * share * noise.between(what, hour as u64, 0.94, 1.06)
            })
            .collect();
        let mean = marks.iter().sum::<f64>() / WEEK_HOURS as f64;
        for mark in &mut marks {
            *mark /= mean;
        }
        marks.extend(marks.first().copied());
        let mut sums = vec![0.0];
        let mut sum = 0.0;
        for hour in marks.windows(2) {
            sum += hour.iter().sum::<f64>() / 2.0;
            sums.push(sum);
        }
        Self {
            zone: Arc::clone(zone),
            warp: Warp::NONE,
            peak: marks.iter().copied().fold(0.0, f64::max),
            marks,
            sums,
        }
    }

    pub(super) fn set_warp(&mut self, warp: Warp) {
        self.warp = warp;
    }

    pub(super) const fn warp(&self) -> Warp {
        self.warp
    }

    /// The rate: 1 is the mean of a week.
    pub(super) fn rate(&self, at: UnixMs) -> f64 {
        let (hour, part) = week_hour(self.zone.local(self.warp.of(at)).0);
        let from = self.marks.get(hour).copied().unwrap_or(1.0);
        let to = self.marks.get(hour + 1).copied().unwrap_or(1.0);
        from + (to - from) * part
    }

    /// The rate as a share of the busiest hour's, 0 to 1.
    pub(super) fn share(&self, at: UnixMs) -> f64 {
        self.rate(at) / self.peak
    }

    /// What comes together between two instants, in hours of rate 1.
    pub(super) fn hours(&self, from: UnixMs, to: UnixMs) -> f64 {
        let (from, to) = (self.warp.of(from), self.warp.of(to));
        let mut sum = 0.0;
        let mut start = from;
        // Clocks that are put back or forth add nothing and take nothing away.
        for end in self.zone.changes(from, to).chain([to]) {
            let offset = self.zone.offset_ms(start);
            sum += self.until(end.0 + offset) - self.until(start.0 + offset);
            start = end;
        }
        sum / self.warp.speed
    }

    fn until(&self, local_ms: i64) -> f64 {
        let (hour, part) = week_hour(local_ms);
        let get = |list: &[f64], place: usize| list.get(place).copied().unwrap_or(0.0);
        let (from, to) = (get(&self.marks, hour), get(&self.marks, hour + 1));
        let weeks = monday_based(local_ms).div_euclid(7 * DAY_MS);
        weeks as f64 * get(&self.sums, WEEK_HOURS)
            + get(&self.sums, hour)
            + part * (from + (to - from) * part / 2.0)
    }
}

/// 1970 began on a Thursday.
const fn monday_based(local_ms: i64) -> i64 {
    local_ms + 3 * DAY_MS
}

/// The hour of the week, and how much of it has passed.
fn week_hour(local_ms: i64) -> (usize, f64) {
    let of_week = monday_based(local_ms).rem_euclid(7 * DAY_MS);
    let hour = usize::try_from(of_week / HOUR_MS).unwrap_or(0);
    (hour, (of_week % HOUR_MS) as f64 / HOUR_MS as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono_tz::Tz;

    /// A Monday, 0:00 UTC.
    const MONDAY: UnixMs = UnixMs(1_772_409_600_000);

    fn rhythm(crowd: Crowd, tz: Tz) -> Rhythm {
        Rhythm::draw(crowd, &Zone::of(tz), Noise::of(1, 1), 9)
    }

    #[test]
    fn a_sum_is_what_the_rate_adds_up_to() {
        for tz in [Tz::UTC, Tz::Europe__Berlin] {
            let mut rhythm = rhythm(Crowd::Offices, tz);
            for warp in [
                Warp::NONE,
                Warp {
                    begin: MONDAY,
                    speed: 3.0,
                },
            ] {
                rhythm.set_warp(warp);
                // Over a change to summer time.
                let (mut added, step) = (0.0, 300_000);
                let mut last = 0.0;
                for n in 0..35 * 288 {
                    let at = UnixMs(MONDAY.0 + n * step);
                    added += rhythm.rate(at.plus(std::time::Duration::from_secs(150))) / 12.0;
                    let sum = rhythm.hours(MONDAY, UnixMs(at.0 + step));
                    assert!(sum > last, "never back");
                    last = sum;
                }
                assert!((last / added - 1.0).abs() < 0.002, "{last} {added}");
            }
        }
    }

    #[test]
    fn a_week_has_a_mean_of_one() {
        let rhythm = rhythm(Crowd::Visitors, Tz::Asia__Dhaka);
        let week = rhythm.hours(MONDAY, UnixMs(MONDAY.0 + 7 * DAY_MS));
        assert!((week - 168.0).abs() < 1e-6, "{week}");
    }

    #[test]
    fn offices_rest_at_night_and_on_their_own_weekend() {
        let (dhaka, berlin) = (
            rhythm(Crowd::Offices, Tz::Asia__Dhaka),
            rhythm(Crowd::Offices, Tz::Europe__Berlin),
        );
        let day = |rhythm: &Rhythm, day: i64| {
            let from = UnixMs(MONDAY.0 + day * DAY_MS);
            rhythm.hours(from, UnixMs(from.0 + DAY_MS))
        };
        // Friday and Saturday in Dhaka, Saturday and Sunday in Berlin.
        assert!(day(&dhaka, 4) < 0.5 * day(&dhaka, 6));
        assert!(day(&berlin, 6) < 0.5 * day(&berlin, 4));
        let at =
            |rhythm: &Rhythm, hour: i64| rhythm.rate(UnixMs(MONDAY.0 + DAY_MS + hour * HOUR_MS));
        assert!(
            at(&berlin, 9) > 8.0 * at(&berlin, 2),
            "10 and 3 o'clock in Berlin"
        );
        assert!(
            at(&dhaka, 4) > 8.0 * at(&dhaka, 21),
            "10 and 3 o'clock in Dhaka"
        );
    }
}
