//! `litespeed_cache`: the web server's cache answers far less than it used to.
//!
//! The hit ratio of the last hour lies 30 points under the median of the host's own last 14 days, while at least one
//! request a second could be answered by the cache. Over within 15 points. Static files are none of the cache's
//! business. Counters that went back, a gap, a web server that stands still: no measurement. Nothing is learned while
//! the incident is open, until somebody says that this is how it is now.

use super::{
    Also, Context, Detector, Finding, Info, Judgement, Number, Observation, Title, Verdict,
    page_hold,
};
use noc_pipeline::clock::UnixMs;
use noc_pipeline::control::{Severity, Word};
use noc_pipeline::payload::{Kind, Litespeed, Payload, Unit};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Counters of reports further apart are not compared.
const GAP: Duration = Duration::from_secs(600);
/// The last hour is kept in pieces of this length.
const SLOT_MS: i64 = 300_000;
const HOUR_MS: i64 = 3_600_000;
/// So much of the window must be covered by reports.
const COVERED: f64 = 0.75;
/// A day with fewer hours says nothing.
const HOURS_OF_A_DAY: usize = 4;

/// The detector.
#[derive(Debug, Clone, Copy)]
pub struct LitespeedCache;

/// What is remembered of a host's cache.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Cache {
    last: Option<Last>,
    /// Pieces of the last hour, oldest first.
    slots: Vec<Slot>,
    /// Hours since 1970 of the last ratio that was learned.
    hour: u32,
    /// Whole percent, of each hour of that hour's day.
    hours: Vec<u8>,
    /// Whole percent, the median of each day before, oldest first.
    days: Vec<u8>,
    firing: bool,
}

/// Counters as they were told last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Last {
    at: UnixMs,
    requests: u64,
    static_hits: u64,
    cache_hits: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Slot {
    /// Pieces since 1970.
    no: u32,
    /// Seconds of it that were measured.
    seconds: u16,
    /// Requests that the cache could answer.
    asked: u32,
    /// Those it did.
    hits: u32,
}

/// The last hour.
#[derive(Debug, Clone, Copy, Default)]
struct Hour {
    seconds: f64,
    asked: f64,
    hits: f64,
}

impl Detector for LitespeedCache {
    type State = Cache;

    const INFO: Info = Info {
        key: "litespeed_cache",
        code: 17,
        version: 1,
        kinds: &[Kind::Litespeed],
        also: &[Also::Words],
        compares_reports: true,
        judges: None,
        name: "Cold web cache",
        about: "The web server's cache answers 30 points less of an hour's requests than the median of 14 days.",
        severities: &[Severity::Low],
        numbers: &[
            Number {
                key: "drop_points",
                unit: Unit::Percent,
                default: 30.0,
                min: 1.0,
                max: 100.0,
                about: "So far under its own median, in percentage points",
            },
            Number {
                key: "clear_points",
                unit: Unit::Percent,
                default: 15.0,
                min: 0.0,
                max: 100.0,
                about: "Over when it is this near again",
            },
            Number {
                key: "window_s",
                unit: Unit::Seconds,
                default: 3_600.0,
                min: 900.0,
                max: 3_600.0,
                about: "Over how long the ratio is taken",
            },
            Number {
                key: "min_requests_per_s",
                unit: Unit::PerSecond,
                default: 1.0,
                min: 0.01,
                max: 10_000.0,
                about: "With fewer requests that the cache could answer nothing is said",
            },
            Number {
                key: "baseline_days",
                unit: Unit::Count,
                default: 14.0,
                min: 4.0,
                max: 28.0,
                about: "Days whose median is what is expected",
            },
            Number {
                key: "min_days",
                unit: Unit::Count,
                default: 4.0,
                min: 1.0,
                max: 28.0,
                about: "With fewer days it is learning",
            },
        ],
        docs: include_str!("docs/litespeed_cache.md"),
    };

    fn judge<'a>(&self, state: &Cache, at: &Context<'a>) -> Judgement<'a, Cache> {
        let say = |patch, verdict: Option<Verdict<'a>>| Judgement {
            patch,
            verdicts: verdict.into_iter().collect(),
        };
        let record = match at.seen {
            Observation::Report(record) => record,
            Observation::Told {
                word: Word::NewNormal,
                ..
            } => {
                let mut next = state.clone();
                next.hours.clear();
                next.days.clear();
                next.firing = false;
                return say(Some(next), Some(Verdict::clear("")));
            }
            _ => return say(None, None),
        };
        let unknown = |why| state.firing.then(|| Verdict::unknown("", why));
        let Some(Payload::Litespeed(told)) = record.report.data() else {
            return say(None, unknown("the web server cannot be read"));
        };
        let mut next = state.clone();
        if !next.count(told, record.event_at) {
            return say(Some(next), unknown("its counters are not reported"));
        }
        let verdict = next.judge(record.event_at, at);
        say(Some(next), Some(verdict))
    }
}

impl Cache {
    /// Takes the counters; false where there are none.
    fn count(&mut self, told: &Litespeed, now: UnixMs) -> bool {
        let read = || {
            let (public, private) = (told.public_hits_total?, told.private_hits_total?);
            Some(Last {
                at: now,
                requests: told.requests_total?,
                static_hits: told.static_hits_total?,
                cache_hits: public.saturating_add(private),
            })
        };
        let running = told.is_running() != Some(false);
        let Some(read) = running.then(read).flatten() else {
            self.last = None;
            return false;
        };
        if let Some(last) = self.last.replace(read)
            && let Some(slot) = read.since(&last)
        {
            match self.slots.last_mut().filter(|known| known.no == slot.no) {
                Some(known) => known.add(slot),
                None => self.slots.push(slot),
            }
        }
        let oldest = now.minus(Duration::from_millis(HOUR_MS.unsigned_abs()));
        self.slots
            .retain(|slot| i64::from(slot.no) * SLOT_MS > oldest.0 - SLOT_MS);
        true
    }

    fn judge<'a>(&mut self, now: UnixMs, at: &Context<'a>) -> Verdict<'a> {
        let number = |key| at.number(&LitespeedCache::INFO, key);
        let count = |key| at.count(&LitespeedCache::INFO, key);
        let window = at.seconds(&LitespeedCache::INFO, "window_s");
        let seen = self.within(now, window);
        let need = window.as_secs_f64() * COVERED;
        let full = seen.seconds >= need;
        let busy = seen.asked >= number("min_requests_per_s") * seen.seconds;
        let ratio = (full && busy && seen.asked > 0.0).then(|| seen.hits * 100.0 / seen.asked);
        let frozen = at.open(&LitespeedCache::INFO, "").is_some();
        let keep = usize::try_from(count("baseline_days")).unwrap_or(usize::MAX);
        self.learn(now, ratio.filter(|_| !frozen), keep);
        let days = u32::try_from(self.days.len()).unwrap_or(u32::MAX);
        let Some(expected) = median(&self.days).filter(|_| days >= count("min_days")) else {
            return Verdict::learning("", days, count("min_days"));
        };
        let Some(ratio) = ratio else {
            let why = if full {
                "too few requests"
            } else {
                "less than an hour was measured"
            };
            return Verdict::unknown("", why);
        };
        let under = expected - ratio;
        if under >= number("drop_points") {
            self.firing = true;
            let finding = finding(ratio, expected, number("drop_points"), days, seen);
            return Verdict::breach("", finding);
        }
        if self.firing && under > number("clear_points") {
            return Verdict::unknown("", "not yet near its median");
        }
        self.firing = false;
        Verdict::clear("")
    }

    fn within(&self, now: UnixMs, window: Duration) -> Hour {
        let oldest = now.minus(window);
        let of = self
            .slots
            .iter()
            .filter(|slot| i64::from(slot.no) * SLOT_MS > oldest.0 - SLOT_MS);
        of.fold(Hour::default(), |sum, slot| Hour {
            seconds: sum.seconds + f64::from(slot.seconds),
            asked: sum.asked + f64::from(slot.asked),
            hits: sum.hits + f64::from(slot.hits),
        })
    }

    /// Learns the ratio once an hour, and the median of the hours once a day.
    fn learn(&mut self, now: UnixMs, ratio: Option<f64>, keep: usize) {
        let hour = u32::try_from(now.0 / HOUR_MS).unwrap_or_default();
        if hour == self.hour {
            return;
        }
        if hour / 24 != self.hour / 24 {
            if self.hours.len() >= HOURS_OF_A_DAY
                && let Some(day) = median(&self.hours)
            {
                self.days.push(percent(day));
            }
            self.hours.clear();
        }
        self.hour = hour;
        self.hours.extend(ratio.map(percent));
        let extra = self.days.len().saturating_sub(keep);
        self.days.drain(..extra);
    }
}

impl Last {
    /// What happened since an earlier report; `None` where that cannot be told.
    fn since(&self, earlier: &Self) -> Option<Slot> {
        let seconds = self.at.since(earlier.at);
        if seconds > GAP {
            return None;
        }
        let requests = self.requests.checked_sub(earlier.requests)?;
        let static_hits = self.static_hits.checked_sub(earlier.static_hits)?;
        let hits = self.cache_hits.checked_sub(earlier.cache_hits)?;
        let asked = requests.saturating_sub(static_hits);
        let whole = |n: u64| u32::try_from(n).unwrap_or(u32::MAX);
        Some(Slot {
            no: u32::try_from(self.at.0 / SLOT_MS).ok()?,
            seconds: u16::try_from(seconds.as_secs()).unwrap_or(u16::MAX),
            asked: whole(asked),
            // Workers are read one after the other.
            hits: whole(hits.min(asked)),
        })
    }
}

impl Slot {
    const fn add(&mut self, more: Self) {
        self.seconds = self.seconds.saturating_add(more.seconds);
        self.asked = self.asked.saturating_add(more.asked);
        self.hits = self.hits.saturating_add(more.hits);
    }
}

/// The median of percentages.
fn median(of: &[u8]) -> Option<f64> {
    let mut sorted = of.to_vec();
    sorted.sort_unstable();
    let middle = sorted.len() / 2;
    let upper = f64::from(*sorted.get(middle)?);
    let lower = match sorted.len() % 2 {
        0 => f64::from(*sorted.get(middle.checked_sub(1)?)?),
        _ => upper,
    };
    Some(f64::midpoint(lower, upper))
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped to percent"
)]
fn percent(of: f64) -> u8 {
    of.round().clamp(0.0, 100.0) as u8
}

fn finding(ratio: f64, expected: f64, drop: f64, days: u32, seen: Hour) -> Finding {
    Finding {
        severity: Severity::Low,
        hold: page_hold(Severity::Low),
        title: Title {
            before: "The web cache is cold on ".to_owned(),
            after: String::new(),
        },
        observed: format!(
            "{ratio:.0} % of {:.0} requests answered from the cache in {:.0} min",
            seen.asked,
            seen.seconds / 60.0
        ),
        expected: format!("about {expected:.0} %, the median of {days} days"),
        samples: days,
        threshold: Some((expected - drop).max(0.0)),
        command: Some(
            "grep -h REQ_RATE /tmp/lshttpd/.rtreport* | head; ls -ltr /usr/local/lsws/conf | tail -n 5"
                .to_owned(),
        ),
        rule: None,
        evidence: None,
    }
}

#[cfg(test)]
mod tests;
