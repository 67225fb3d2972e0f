//! `disk_full_soon`: a file system will be full, or out of inodes, before anybody looks. Subject: the mount.
//!
//! | fit | through | breach | severity |
//! |---|---|---|---|
//! | days | the lowest free space of each of the last 7 days | full within 48 h | medium |
//! | short | the last 15 min, falling in every report | full within 60 min | critical |
//!
//! Over beyond twice that, three reports in a row. The lowest of a day is what a nightly backup leaves free, so a
//! sawtooth that comes back every night is a flat line; and a fall that stays above what the days before had is no
//! emergency. Fits are medians of slopes: a few odd days do not bend them. A size that changes, or space that somebody
//! freed, starts the days' fit anew. Mounts tagged as backup targets are left alone.

mod fit;
mod history;
#[cfg(test)]
mod tests;

use super::disk::{is_backup, shell_quoted};
use super::series::{Judged, Of};
use super::{
    Context, Detector, Finding, Info, Judgement, Number, Observation, Title, Verdict, page_hold,
    span,
};
use history::{History, Limits, Outlook, Pace, Sample, real};
use noc_pipeline::control::Severity;
use noc_pipeline::payload::{Kind, Partition, Payload, Report, Unit};
use noc_pipeline::record::PayloadRecord;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// So many mounts are watched, those reported first.
const MOST: usize = 64;
/// A mount that was not seen for so many minutes is forgotten.
const FORGET_MIN: u32 = 8 * 1_440;
/// Bytes are remembered in pieces of 1 MiB.
const MIB: u64 = 1 << 20;
/// The shortest forecast that is told.
const A_MINUTE: Duration = Duration::from_secs(60);

/// The detector.
#[derive(Debug, Clone, Copy)]
pub struct DiskFullSoon;

/// What is remembered of a host's mounts.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Mounts(Vec<Mount>);

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
struct Mount {
    mount: Box<str>,
    bytes: History,
    inodes: History,
    firing: bool,
    /// Reports in a row in which it was over.
    over: u32,
}

/// What runs out.
#[derive(Debug, Clone, Copy)]
enum Resource {
    Bytes,
    Inodes,
}

const fn seconds(
    key: &'static str,
    default: f64,
    min: f64,
    max: f64,
    about: &'static str,
) -> Number {
    Number {
        key,
        unit: Unit::Seconds,
        default,
        min,
        max,
        about,
    }
}

const fn count(key: &'static str, default: f64, max: f64, about: &'static str) -> Number {
    Number {
        key,
        unit: Unit::Count,
        default,
        min: 1.0,
        max,
        about,
    }
}

impl Detector for DiskFullSoon {
    type State = Mounts;

    const INFO: Info = Info {
        key: "disk_full_soon",
        code: 14,
        version: 1,
        kinds: &[Kind::Disks],
        also: &[],
        compares_reports: true,
        judges: Some(Judged {
            metrics: &["disks.used_pct"],
            of: Of::Subject,
            fine: None,
        }),
        name: "Disk full soon",
        about: "At its pace a file system is full within 48 h, by the lowest of each day (medium), or within 60 min, by \
                the last 15 (critical).",
        severities: &[Severity::Medium, Severity::Critical],
        numbers: &[
            seconds(
                "days_horizon_s",
                172_800.0,
                3_600.0,
                2_592_000.0,
                "Medium when it is full within this, by the lowest of each day",
            ),
            count("min_days", 4.0, 8.0, "With fewer days it is learning"),
            seconds(
                "window_s",
                900.0,
                600.0,
                3_600.0,
                "How long a fall must last for the short forecast",
            ),
            seconds(
                "short_horizon_s",
                3_600.0,
                300.0,
                86_400.0,
                "Critical when it is full within this, by that fall",
            ),
            count(
                "clear_factor",
                2.0,
                10.0,
                "Over beyond so many times the horizon",
            ),
            count("clear_reports", 3.0, 100.0, "For how many reports in a row"),
        ],
        docs: include_str!("../docs/disk_full_soon.md"),
    };

    fn judge<'a>(&self, state: &Mounts, at: &Context<'a>) -> Judgement<'a, Mounts> {
        let Observation::Report(record) = at.seen else {
            return Judgement {
                patch: None,
                verdicts: Vec::new(),
            };
        };
        let Report::Data(Payload::Disks(disks)) = &*record.report else {
            let firing = state.0.iter().filter(|known| known.firing);
            let unknown =
                firing.map(|k| Verdict::unknown(k.mount.to_string(), "disks are unreadable"));
            return Judgement {
                patch: None,
                verdicts: unknown.collect(),
            };
        };
        let limits = limits(at);
        let mut next = state.clone();
        let mut verdicts = Vec::with_capacity(disks.partitions.len());
        for partition in &disks.partitions {
            let mount = &*partition.mount;
            if is_backup(at.tags, mount) {
                let known = next.0.len();
                next.0.retain(|m| *m.mount != *mount);
                if next.0.len() < known {
                    verdicts.push(Verdict::clear(mount)); // Tagged by now: it is meant to be full.
                }
                continue;
            }
            let Some(known) = next.known(mount) else {
                continue;
            };
            let verdict = known.judge(partition, record, at, &limits);
            verdicts.extend(verdict);
        }
        let now_min = u32::try_from(record.event_at.0 / 60_000).unwrap_or_default();
        next.0.retain(|mount| mount.is_fresh(now_min));
        Judgement {
            patch: Some(next),
            verdicts,
        }
    }
}

fn limits(at: &Context<'_>) -> Limits {
    let seconds = |key| at.seconds(&DiskFullSoon::INFO, key);
    Limits {
        days_horizon: seconds("days_horizon_s"),
        min_days: at.count(&DiskFullSoon::INFO, "min_days"),
        window: seconds("window_s"),
        short_horizon: seconds("short_horizon_s"),
        clear_factor: at.number(&DiskFullSoon::INFO, "clear_factor"),
    }
}

impl Mounts {
    fn known(&mut self, mount: &str) -> Option<&mut Mount> {
        let place = self.0.iter().position(|known| *known.mount == *mount);
        if place.is_none() && self.0.len() < MOST {
            self.0.push(Mount {
                mount: mount.into(),
                ..Mount::default()
            });
        }
        match place {
            Some(place) => self.0.get_mut(place),
            None => self.0.last_mut().filter(|last| *last.mount == *mount),
        }
    }
}

impl Mount {
    /// Whether it was heard of lately; a mount whose sizes were never told is not remembered.
    fn is_fresh(&self, now_min: u32) -> bool {
        let heard = self.bytes.heard_min().max(self.inodes.heard_min());
        heard.is_some_and(|heard| now_min.saturating_sub(heard) < FORGET_MIN)
    }

    fn judge<'a>(
        &mut self,
        partition: &'a Partition,
        record: &PayloadRecord,
        at: &Context<'a>,
        limits: &Limits,
    ) -> Option<Verdict<'a>> {
        let mount = &*partition.mount;
        let open = at.open(&DiskFullSoon::INFO, mount);
        let sample = |total: Option<u64>, used: Option<u64>, unit: u64| {
            let (total, used) = (total?, used?);
            Some(Sample {
                at: record.event_at,
                total: total / unit,
                free: total.saturating_sub(used) / unit,
                odd: open.is_some_and(|track| track.severity == Severity::Critical),
            })
        };
        let bytes = sample(partition.bytes_total, partition.bytes_used, MIB);
        let inodes = sample(partition.inodes_total, partition.inodes_used, 1);
        let outlook = |history: &mut History, sample: Option<Sample>| {
            history.take(sample?, limits);
            Some(history.outlook(limits))
        };
        let both = [
            outlook(&mut self.bytes, bytes).map(|outlook| (Resource::Bytes, outlook)),
            outlook(&mut self.inodes, inodes).map(|outlook| (Resource::Inodes, outlook)),
        ];
        let known = || both.iter().flatten();
        if known().next().is_none() {
            return self
                .firing
                .then(|| Verdict::unknown(mount, "its use is not reported"));
        }
        let breach = known().filter_map(|(resource, outlook)| match outlook {
            Outlook::Soon(pace) => Some((Severity::Critical, *resource, *pace)),
            Outlook::InDays(pace) => Some((Severity::Medium, *resource, *pace)),
            Outlook::Near | Outlook::Fine => None,
        });
        // The worse one, and of two the sooner one.
        let worst = breach.reduce(|a, b| {
            let b_is_worse = (b.0, a.2.full_in) > (a.0, b.2.full_in);
            if b_is_worse { b } else { a }
        });
        if let Some((severity, resource, pace)) = worst {
            (self.firing, self.over) = (true, 0);
            return Some(Verdict::breach(
                mount,
                self.finding(severity, resource, pace, limits),
            ));
        }
        if self.firing {
            let near = known().any(|(_, outlook)| *outlook == Outlook::Near);
            self.over = if near { 0 } else { self.over.saturating_add(1) };
            let need = at.count(&DiskFullSoon::INFO, "clear_reports");
            if self.over < need {
                return Some(Verdict::learning(mount, self.over, need));
            }
            (self.firing, self.over) = (false, 0);
            return Some(Verdict::clear(mount));
        }
        let learning = [&self.bytes, &self.inodes].into_iter();
        let learning = learning
            .filter_map(|history| history.learning(limits))
            .min();
        Some(match learning {
            Some(days) => Verdict::learning(mount, days, limits.min_days),
            None => Verdict::clear(mount),
        })
    }

    fn finding(&self, severity: Severity, what: Resource, pace: Pace, limits: &Limits) -> Finding {
        let mount = &*self.mount;
        let full_in = span::in_words(rounded(pace.full_in));
        let (history, title) = match what {
            Resource::Bytes => (&self.bytes, "is full"),
            Resource::Inodes => (&self.inodes, "is out of inodes"),
        };
        let (horizon, each, each_s) = match severity {
            Severity::Critical => (limits.short_horizon, "minute", 60.0),
            _ => (limits.days_horizon, "day", 86_400.0),
        };
        let quoted = shell_quoted(mount);
        let command = match (what, severity) {
            (Resource::Inodes, _) => {
                format!("sudo du -x --inodes --max-depth=3 {quoted} | sort -n | tail -n 30")
            }
            (Resource::Bytes, Severity::Critical) => {
                format!("sudo find {quoted} -xdev -type f -mmin -30 -size +50M -exec ls -lh {{}} +")
            }
            (Resource::Bytes, _) => {
                format!("sudo du -xh --max-depth=2 {quoted} | sort -h | tail -n 30")
            }
        };
        Finding {
            severity,
            hold: page_hold(severity),
            title: Title {
                before: format!("Disk {mount} {title} in about {full_in} on "),
                after: String::new(),
            },
            observed: format!(
                "{} left, {} less each {each} over the last {}",
                what.amount(real(history.free())),
                what.amount(pace.per_s * each_s),
                span::in_words(rounded(pace.over))
            ),
            expected: format!("enough for more than {}", span::in_words(horizon)),
            samples: pace.samples,
            threshold: Some(horizon.as_secs_f64()),
            command: Some(command),
            rule: None,
            evidence: None,
        }
    }
}

impl Resource {
    /// How much of it, in words.
    fn amount(self, of: f64) -> String {
        match self {
            Self::Inodes => format!("{of:.0} inodes"),
            Self::Bytes => {
                let megabytes = of * real(MIB) / 1e6;
                if megabytes < 1_000.0 {
                    format!("{megabytes:.0} MB")
                } else {
                    format!("{:.1} GB", megabytes / 1e3)
                }
            }
        }
    }
}

/// To the minute, and from two days on to the hour.
fn rounded(span: Duration) -> Duration {
    let unit = if span.as_secs() >= 172_800 { 3_600 } else { 60 };
    Duration::from_secs((span.as_secs() + unit / 2) / unit * unit).max(A_MINUTE)
}
