//! `overload`: the host has far more to do than it can, and waits for something.
//!
//! The load of one minute is above four for each core for 10 min, and in at least half of these reports the host waits
//! for its disks (iowait), for its hypervisor (steal), or its swap is full. Over at half of that load. In the nights of
//! the host's own zone a rule may raise the load's limit and that of waiting for disks, and nothing else. A load that is not
//! told is unknown.

use super::series::{Judged, Of, Side};
use super::{
    Context, Detector, Finding, Info, Judgement, Number, Observation, Title, Verdict, page_hold,
    span,
};
use chrono::Timelike;
use chrono_tz::Tz;
use noc_pipeline::clock::UnixMs;
use noc_pipeline::control::Severity;
use noc_pipeline::payload::{Kind, Metrics, Payload, Unit};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Reports further apart do not belong together.
const GAP: Duration = Duration::from_secs(180);
/// So many reports are looked at for what the host waits for.
const BITS: u32 = 32;

/// The detector.
#[derive(Debug, Clone, Copy)]
pub struct Overload;

/// What is remembered of a host's load.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Load {
    /// The host's zone, as its inventory tells it.
    zone: Box<str>,
    /// The load above its limit.
    high: Option<High>,
    firing: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct High {
    since: UnixMs,
    last: UnixMs,
    samples: u32,
    /// The last samples, the latest in the lowest bit: 1 is one in which the host waited.
    waits: u32,
}

impl Detector for Overload {
    type State = Load;

    const INFO: Info = Info {
        key: "overload",
        code: 19,
        version: 1,
        kinds: &[Kind::Metrics, Kind::Inventory],
        also: &[],
        compares_reports: true,
        judges: Some(Judged {
            metrics: &["metrics.load1_per_core"],
            of: Of::Host,
            fine: Some(Side::Below),
        }),
        name: "Overload",
        about: "The load is above four for each core for 10 min while the host waits for disks or hypervisor, or its swap \
                is full.",
        severities: &[Severity::Medium],
        numbers: &[
            Number {
                key: "load_per_core",
                unit: Unit::Load,
                default: 4.0,
                min: 0.5,
                max: 100.0,
                about: "Load of one minute for each core",
            },
            Number {
                key: "lasting_s",
                unit: Unit::Seconds,
                default: 600.0,
                min: 60.0,
                max: 86_400.0,
                about: "For how long",
            },
            Number {
                key: "wait_pct",
                unit: Unit::Percent,
                default: 30.0,
                min: 0.0,
                max: 100.0,
                about: "Share of time waiting for disks, or given to other guests, above which the host waits",
            },
            Number {
                key: "swap_pct",
                unit: Unit::Percent,
                default: 95.0,
                min: 1.0,
                max: 100.0,
                about: "Share of the swap in use from which it is full",
            },
            Number {
                key: "night_from_h",
                unit: Unit::Count,
                default: 1.0,
                min: 0.0,
                max: 24.0,
                about: "Hour of the host's day at which its night begins",
            },
            Number {
                key: "night_to_h",
                unit: Unit::Count,
                default: 6.0,
                min: 0.0,
                max: 24.0,
                about: "Hour at which it ends; the same as night_from_h: no night",
            },
            Number {
                key: "night_factor",
                unit: Unit::Count,
                default: 1.0,
                min: 1.0,
                max: 100.0,
                about: "What load_per_core is multiplied with in the night: backups make load",
            },
            Number {
                key: "night_wait_pct",
                unit: Unit::Percent,
                default: 30.0,
                min: 1.0,
                max: 100.0,
                about: "wait_pct for disks in the night, where it is more: backups read them",
            },
        ],
        docs: include_str!("docs/overload.md"),
    };

    fn judge<'a>(&self, state: &Load, at: &Context<'a>) -> Judgement<'a, Load> {
        let say = |patch, verdict: Option<Verdict<'a>>| Judgement {
            patch,
            verdicts: verdict.into_iter().collect(),
        };
        let Observation::Report(record) = at.seen else {
            return say(None, None);
        };
        match record.report.data() {
            Some(Payload::Metrics(metrics)) => {
                let Some(told) = Told::of(metrics) else {
                    let why = "load or cores are not reported";
                    return say(None, state.firing.then(|| Verdict::unknown("", why)));
                };
                let mut next = state.clone();
                let verdict = next.judge(&told, record.event_at, at);
                say(Some(next), Some(verdict))
            }
            Some(Payload::Inventory(told)) if *told.timezone != *state.zone => {
                let zone = told.timezone.as_str().into();
                say(
                    Some(Load {
                        zone,
                        ..state.clone()
                    }),
                    None,
                )
            }
            _ => say(None, None),
        }
    }
}

/// What is too much.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Limits {
    /// Load for each core.
    per_core: f64,
    /// Share of the time waiting for disks.
    disks_pct: f64,
}

/// The load of a report.
struct Told<'m> {
    load: f64,
    cores: f64,
    metrics: &'m Metrics,
}

impl<'m> Told<'m> {
    fn of(metrics: &'m Metrics) -> Option<Self> {
        let load = metrics.load1.filter(|load| load.is_finite())?;
        let cores = f64::from(u32::try_from(metrics.cores?).ok()?);
        (cores > 0.0).then_some(Self {
            load,
            cores,
            metrics,
        })
    }

    /// What the host waits for, in words.
    fn waits_for(&self, limits: Limits, at: &Context<'_>) -> Option<String> {
        let wait_pct = at.number(&Overload::INFO, "wait_pct");
        let over = |share: Option<f64>, limit| share.filter(|pct| *pct > limit);
        if let Some(pct) = over(self.metrics.iowait_pct, limits.disks_pct) {
            return Some(format!("{pct:.0} % of the time waiting for disks"));
        }
        if let Some(pct) = over(self.metrics.steal_pct, wait_pct) {
            return Some(format!("{pct:.0} % of the time given to other guests"));
        }
        let swap = swap_used_pct(self.metrics)?;
        let full = swap >= at.number(&Overload::INFO, "swap_pct");
        full.then(|| format!("swap {swap:.0} % full"))
    }
}

#[expect(clippy::cast_precision_loss, reason = "a share, shown without digits")]
fn swap_used_pct(metrics: &Metrics) -> Option<f64> {
    let total = metrics.swap_total_bytes.filter(|total| *total > 0)?;
    Some(metrics.swap_used_bytes? as f64 * 100.0 / total as f64)
}

impl Load {
    fn judge<'a>(&mut self, told: &Told<'_>, now: UnixMs, at: &Context<'a>) -> Verdict<'a> {
        let limits = self.limits(now, at);
        let per_core = limits.per_core;
        let limit = per_core * told.cores;
        if told.load <= limit {
            self.high = None;
            if !self.firing {
                return Verdict::clear("");
            }
            if told.load > limit / 2.0 {
                return Verdict::unknown("", "not yet at half of the limit");
            }
            self.firing = false;
            return Verdict::clear("");
        }
        let cause = told.waits_for(limits, at);
        let high = self.rises(now, cause.is_some());
        let lasting = at.seconds(&Overload::INFO, "lasting_s");
        let has = now.since(high.since);
        self.firing |= has >= lasting && high.waited(lasting);
        if self.firing {
            let finding = finding(told, cause.as_deref(), per_core, (has, high.samples));
            return Verdict::breach("", finding);
        }
        if has >= lasting {
            return Verdict::unknown("", "much to do, but it waits for nothing");
        }
        let whole = |span: Duration| u32::try_from(span.as_secs()).unwrap_or(u32::MAX);
        Verdict::learning("", whole(has), whole(lasting))
    }

    /// Another sample above the limit.
    fn rises(&mut self, now: UnixMs, waits: bool) -> High {
        let fresh = High {
            since: now,
            last: now,
            samples: 0,
            waits: 0,
        };
        let mut high = self.high.unwrap_or(fresh);
        if now.since(high.last) > GAP && !self.firing {
            high = fresh;
        }
        high.last = now;
        high.samples = high.samples.saturating_add(1);
        high.waits = (high.waits << 1) | u32::from(waits);
        self.high = Some(high);
        high
    }

    /// What counts now: nights of the host raise the load's limit, and what waiting for disks is, where a rule says so.
    fn limits(&self, now: UnixMs, at: &Context<'_>) -> Limits {
        let number = |key| at.number(&Overload::INFO, key);
        let by_day = Limits {
            per_core: number("load_per_core"),
            disks_pct: number("wait_pct"),
        };
        let by_night = Limits {
            per_core: by_day.per_core * number("night_factor").max(1.0),
            disks_pct: by_day.disks_pct.max(number("night_wait_pct")),
        };
        // The zone is looked up only where it matters.
        if by_night != by_day && self.is_night(now, at) {
            by_night
        } else {
            by_day
        }
    }

    /// Whether it is night where the host lives; no where its zone is not known.
    fn is_night(&self, now: UnixMs, at: &Context<'_>) -> bool {
        let Ok(zone) = self.zone.parse::<Tz>() else {
            return false;
        };
        let number = |key| at.number(&Overload::INFO, key);
        let local = now.to_datetime().with_timezone(&zone);
        let hour = f64::from(local.num_seconds_from_midnight()) / 3_600.0;
        let (from, to) = (number("night_from_h"), number("night_to_h"));
        if from <= to {
            (from..to).contains(&hour)
        } else {
            hour >= from || hour < to
        }
    }
}

impl High {
    /// Whether the host waited in half of the samples that make up so much time, at most [`BITS`] of them.
    fn waited(&self, lasting: Duration) -> bool {
        let minutes = u32::try_from(lasting.as_secs() / 60).unwrap_or(u32::MAX);
        let of = self.samples.min(minutes.saturating_add(1)).clamp(1, BITS);
        let waits = self.waits & (u32::MAX >> (BITS - of));
        waits.count_ones() * 2 >= of
    }
}

fn finding(
    told: &Told<'_>,
    cause: Option<&str>,
    per_core: f64,
    (has, samples): (Duration, u32),
) -> Finding {
    let cause = cause.unwrap_or("for the moment it waits for nothing");
    Finding {
        severity: Severity::Medium,
        hold: page_hold(Severity::Medium),
        title: Title {
            before: String::new(),
            after: " is overloaded".to_owned(),
        },
        observed: format!(
            "load {:.1} on {} cores for {}, {cause}",
            told.load,
            told.cores,
            span::in_words(has)
        ),
        expected: format!("load up to {:.0}", per_core * told.cores),
        samples,
        threshold: Some(per_core),
        command: Some(
            "uptime; ps -eo stat,pid,user,pcpu,etime,comm --sort=-pcpu | awk 'NR == 1 || /^[RD]/' | head -n 30"
                .to_owned(),
        ),
        rule: None,
        evidence: None,
    }
}

#[cfg(test)]
mod tests;
