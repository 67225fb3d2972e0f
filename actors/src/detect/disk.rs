//! What `disk_bytes` and `disk_inodes` share: levels of use per mount, and slow clearing.

use super::{Context, Finding, Judgement, Observation, Title, Verdict, page_hold};
use noc_pipeline::control::Severity;
use noc_pipeline::payload::{Partition, Payload, Report};
use serde::{Deserialize, Serialize};

/// Cleared this far under the level, percentage points.
pub const CLEAR_UNDER: f64 = 2.0;
/// Cleared after so many reports in a row.
pub const CLEAR_REPORTS: u8 = 3;
/// A tag `backup-mount:/mnt/backup` says that this mount is meant to be full: only the last level counts.
pub const BACKUP_TAG: &str = "backup-mount:";

/// What is remembered: the mounts in breach.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Mounts(Vec<Mount>);

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Mount {
    mount: Box<str>,
    /// Reports in a row under the clearing line.
    under: u8,
}

/// How full a mount is.
#[derive(Debug, Clone, Copy)]
pub struct Fill {
    /// Share in use, percent.
    pub pct: f64,
    /// What is left, in the resource's own unit.
    pub free: u64,
}

/// One level: at or above `pct`, and with less than `free_under` left where that matters.
#[derive(Debug, Clone, Copy)]
pub struct Level {
    /// Percent in use.
    pub pct: f64,
    /// Only with less than this left.
    pub free_under: Option<u64>,
    /// What it means.
    pub severity: Severity,
}

/// Which resource, and how to speak of it.
pub struct Resource {
    /// Reads it; `None` where a file system does not have it.
    pub fill: fn(&Partition) -> Option<Fill>,
    /// Mildest first.
    pub levels: [Level; 3],
    /// Completes "Disk / is 96 % full" or "Disk / has 96 % of its inodes in use".
    pub title: fn(mount: &str, pct: &str) -> String,
    /// Completes "96.0 % used, 1.2 GB free".
    pub free: fn(u64) -> String,
}

impl Resource {
    fn level(&self, fill: Fill, last_only: bool) -> Option<&Level> {
        let levels = self.levels.iter().rev();
        levels
            .take(if last_only { 1 } else { self.levels.len() })
            .find(|l| fill.pct >= l.pct && l.free_under.is_none_or(|limit| fill.free < limit))
    }

    /// Judges every mount of a report.
    pub fn judge<'a>(&self, state: &Mounts, at: &Context<'a>) -> Judgement<'a, Mounts> {
        let Observation::Report(record) = at.seen else {
            return Judgement {
                patch: None,
                verdicts: Vec::new(),
            };
        };
        let Report::Data(Payload::Disks(disks)) = &*record.report else {
            let unknown = state.0.iter();
            return Judgement {
                patch: None,
                verdicts: unknown
                    .map(|m| Verdict::unknown(m.mount.to_string(), "disks are unreadable"))
                    .collect(),
            };
        };
        let mut next = state.clone();
        let mut verdicts = Vec::with_capacity(disks.partitions.len());
        for partition in &disks.partitions {
            let Some(fill) = (self.fill)(partition) else {
                if state.0.iter().any(|m| *m.mount == *partition.mount) {
                    verdicts.push(Verdict::unknown(&*partition.mount, "use is not reported"));
                }
                continue;
            };
            let tag = at.tags.iter().filter_map(|t| t.strip_prefix(BACKUP_TAG));
            let backup = tag.into_iter().any(|mount| mount == partition.mount);
            verdicts.push(self.judge_mount(&mut next, &partition.mount, fill, backup));
        }
        Judgement {
            patch: Some(next),
            verdicts,
        }
    }

    fn judge_mount<'a>(
        &self,
        state: &mut Mounts,
        mount: &'a str,
        fill: Fill,
        backup: bool,
    ) -> Verdict<'a> {
        let known = state.0.iter().position(|m| *m.mount == *mount);
        if let Some(level) = self.level(fill, backup) {
            match known.and_then(|i| state.0.get_mut(i)) {
                Some(track) => track.under = 0,
                None => state.0.push(Mount {
                    mount: mount.into(),
                    under: 0,
                }),
            }
            return Verdict::breach(mount, self.finding(mount, fill, level));
        }
        let Some(i) = known else {
            return Verdict::clear(mount);
        };
        let [lowest, .., highest] = &self.levels;
        let line = if backup { highest.pct } else { lowest.pct } - CLEAR_UNDER;
        let Some(track) = state.0.get_mut(i) else {
            return Verdict::clear(mount);
        };
        track.under = if fill.pct < line { track.under + 1 } else { 0 };
        if track.under < CLEAR_REPORTS {
            return Verdict::learning(mount, u32::from(track.under), u32::from(CLEAR_REPORTS));
        }
        state.0.remove(i);
        Verdict::clear(mount)
    }

    fn finding(&self, mount: &str, fill: Fill, level: &Level) -> Finding {
        Finding {
            severity: level.severity,
            hold: page_hold(level.severity),
            title: Title {
                // Cut, not rounded: 99.6 % used is not full.
                before: format!(
                    "{} on ",
                    (self.title)(mount, &format!("{:.0}", fill.pct.floor()))
                ),
                after: String::new(),
            },
            observed: format!("{:.1} % used, {}", fill.pct, (self.free)(fill.free)),
            expected: match level.free_under {
                Some(free) => format!("under {:.0} % used, or {}", level.pct, (self.free)(free)),
                None => format!("under {:.0} % used", level.pct),
            },
            samples: 1,
            threshold: Some(level.pct),
            command: None,
            rule: None,
        }
    }
}
