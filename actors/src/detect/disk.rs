//! What `disk_bytes` and `disk_inodes` share: levels of use per mount, and slow clearing.

use super::{Context, Finding, Info, Judgement, Number, Observation, Title, Verdict, page_hold};
use noc_pipeline::control::Severity;
use noc_pipeline::payload::{Partition, Payload, Report, Unit};
use serde::{Deserialize, Serialize};

/// A tag `backup-mount:/mnt/backup` says that this mount is meant to be full: only the last level counts.
pub const BACKUP_TAG: &str = "backup-mount:";

/// What is remembered: the mounts in breach.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Mounts(Vec<Mount>);

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Mount {
    mount: Box<str>,
    /// Reports in a row under the clearing line.
    under: u32,
}

/// How full a mount is.
#[derive(Debug, Clone, Copy)]
pub struct Fill {
    /// Share in use, percent.
    pub pct: f64,
    /// What is left, in the resource's own unit.
    pub free: u64,
}

/// One level: at or above a share, and with less than so much left where that matters. Both are the detector's numbers.
#[derive(Debug, Clone, Copy)]
pub struct Level {
    /// Key of the number: percent in use.
    pub pct: &'static str,
    /// Key of the number: only with less than this left.
    pub free_under: Option<&'static str>,
    /// What it means.
    pub severity: Severity,
}

/// A level as it is for one server.
#[derive(Debug, Clone, Copy)]
struct Line {
    pct: f64,
    free_under: Option<f64>,
    severity: Severity,
}

/// Limits of one server: three levels, the mildest first, and when it is over.
#[derive(Debug, Clone, Copy)]
struct Limits {
    lines: [Line; 3],
    clear_points: f64,
    clear_reports: u32,
}

/// A number that is a share of a disk.
pub(super) const fn share(key: &'static str, default: f64, about: &'static str) -> Number {
    Number {
        key,
        unit: Unit::Percent,
        default,
        min: 1.0,
        max: 100.0,
        about,
    }
}

/// Number `clear_points` of both detectors.
pub(super) const CLEAR_POINTS: Number = Number {
    key: "clear_points",
    unit: Unit::Percent,
    default: 2.0,
    min: 0.0,
    max: 50.0,
    about: "How far under the lowest level it must come, in percentage points",
};

/// Number `clear_reports` of both detectors.
pub(super) const CLEAR_REPORTS: Number = Number {
    key: "clear_reports",
    unit: Unit::Count,
    default: 3.0,
    min: 1.0,
    max: 100.0,
    about: "For how many reports in a row",
};

/// Whether the mount is tagged as one that is meant to be full.
pub(super) fn is_backup(tags: &[String], mount: &str) -> bool {
    let mut of = tags.iter().filter_map(|tag| tag.strip_prefix(BACKUP_TAG));
    of.any(|tagged| tagged == mount)
}

/// Which resource, and how to speak of it.
pub struct Resource {
    /// Whose numbers.
    pub info: &'static Info,
    /// Reads it; `None` where a file system does not have it.
    pub fill: fn(&Partition) -> Option<Fill>,
    /// Mildest first.
    pub levels: [Level; 3],
    /// Completes "Disk / is 96 % full" or "Disk / has 96 % of its inodes in use".
    pub title: fn(mount: &str, pct: &str) -> String,
    /// Completes "96.0 % used, 1.2 GB free".
    pub free: fn(u64) -> String,
    /// A command that shows where it went, but for the mount's name.
    pub command: (&'static str, &'static str),
}

impl Resource {
    fn limits(&self, at: &Context<'_>) -> Limits {
        let line = |level: Level| Line {
            pct: at.number(self.info, level.pct),
            free_under: level.free_under.map(|key| at.number(self.info, key)),
            severity: level.severity,
        };
        Limits {
            lines: self.levels.map(line),
            clear_points: at.number(self.info, CLEAR_POINTS.key),
            clear_reports: at.count(self.info, CLEAR_REPORTS.key),
        }
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
        let limits = self.limits(at);
        for partition in &disks.partitions {
            let Some(fill) = (self.fill)(partition) else {
                if state.0.iter().any(|m| *m.mount == *partition.mount) {
                    verdicts.push(Verdict::unknown(&*partition.mount, "use is not reported"));
                }
                continue;
            };
            let limits = if is_backup(at.tags, &partition.mount) {
                limits.last_only()
            } else {
                limits
            };
            verdicts.push(self.judge_mount(&mut next, &partition.mount, fill, &limits));
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
        limits: &Limits,
    ) -> Verdict<'a> {
        let known = state.0.iter().position(|m| *m.mount == *mount);
        if let Some(line) = limits.crossed(fill) {
            match known.and_then(|i| state.0.get_mut(i)) {
                Some(track) => track.under = 0,
                None => state.0.push(Mount {
                    mount: mount.into(),
                    under: 0,
                }),
            }
            return Verdict::breach(mount, self.finding(mount, fill, line));
        }
        let Some(i) = known else {
            return Verdict::clear(mount);
        };
        let Some(track) = state.0.get_mut(i) else {
            return Verdict::clear(mount);
        };
        let under = fill.pct < limits.lowest() - limits.clear_points;
        track.under = if under { track.under + 1 } else { 0 };
        if track.under < limits.clear_reports {
            return Verdict::learning(mount, track.under, limits.clear_reports);
        }
        state.0.remove(i);
        Verdict::clear(mount)
    }

    fn finding(&self, mount: &str, fill: Fill, line: &Line) -> Finding {
        let free_under = line.free_under.map(|free| (self.free)(whole(free)));
        let (show, then) = self.command;
        Finding {
            severity: line.severity,
            hold: page_hold(line.severity),
            title: Title {
                // Cut, not rounded: 99.6 % used is not full.
                before: format!(
                    "{} on ",
                    (self.title)(mount, &format!("{:.0}", fill.pct.floor()))
                ),
                after: String::new(),
            },
            observed: format!("{:.1} % used, {}", fill.pct, (self.free)(fill.free)),
            expected: match free_under {
                Some(free) => format!("under {:.0} % used, or {free}", line.pct),
                None => format!("under {:.0} % used", line.pct),
            },
            samples: 1,
            threshold: Some(line.pct),
            command: Some(format!("{show} {} {then}", shell_quoted(mount))),
            rule: None,
            evidence: None,
        }
    }
}

impl Limits {
    /// The worst level that is reached.
    fn crossed(&self, fill: Fill) -> Option<&Line> {
        let mut worst = self.lines.iter().rev();
        worst.find(|line| {
            #[expect(clippy::cast_precision_loss, reason = "compared with a round limit")]
            let free = fill.free as f64;
            fill.pct >= line.pct && line.free_under.is_none_or(|limit| free < limit)
        })
    }

    fn lowest(&self) -> f64 {
        let all = self.lines.iter().map(|line| line.pct);
        all.fold(f64::INFINITY, f64::min)
    }

    /// For mounts that are meant to be full.
    fn last_only(self) -> Self {
        let [.., last] = self.lines;
        Self {
            lines: [last; 3],
            ..self
        }
    }
}

/// Limits are set in whole bytes.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped to what fits"
)]
fn whole(value: f64) -> u64 {
    value.clamp(0.0, 9e18) as u64
}

/// A word that a shell takes as it is: what a host calls its mounts is not to be trusted.
pub(super) fn shell_quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._@/+=-".contains(c);
    if word.starts_with('/') && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::shell_quoted;

    #[test]
    fn mounts_with_anything_but_plain_letters_are_quoted() {
        assert_eq!(shell_quoted("/home"), "/home");
        assert_eq!(shell_quoted("/mnt/a b"), "'/mnt/a b'");
        assert_eq!(shell_quoted("/x';reboot"), r"'/x'\'';reboot'");
        assert_eq!(shell_quoted("-rf"), "'-rf'");
        assert_eq!(shell_quoted("/$(id)"), "'/$(id)'");
    }
}
