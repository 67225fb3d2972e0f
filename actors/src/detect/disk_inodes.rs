//! `disk_inodes`: a file system runs out of inodes, however much space is left. Subject: the mount.
//!
//! 90 % is medium, 95 % high, 98 % critical; clearing and backup mounts as for bytes. File systems without inodes
//! of their own report none and are not judged.

use super::disk::{CLEAR_POINTS, CLEAR_REPORTS, Fill, Level, Mounts, Resource, share};
use super::series::{Judged, Of, Side};
use super::{Context, Detector, Info, Judgement};
use noc_pipeline::control::Severity;
use noc_pipeline::payload::{Kind, Partition};

const INODES: Resource = Resource {
    info: &DiskInodes::INFO,
    fill: |p: &Partition| {
        Some(Fill {
            pct: p.inodes_used_pct()?,
            free: p.inodes_total?.saturating_sub(p.inodes_used?),
        })
    },
    levels: [
        level("medium_pct", Severity::Medium),
        level("high_pct", Severity::High),
        level("critical_pct", Severity::Critical),
    ],
    title: |mount, pct| format!("Disk {mount} has {pct} % of its inodes in use"),
    free: |inodes| format!("{inodes} inodes free"),
    command: (
        "sudo du -x --inodes --max-depth=3",
        "| sort -n | tail -n 30",
    ),
};

const fn level(pct: &'static str, severity: Severity) -> Level {
    Level {
        pct,
        free_under: None,
        severity,
    }
}

/// The detector.
#[derive(Debug, Clone, Copy)]
pub struct DiskInodes;

impl Detector for DiskInodes {
    type State = Mounts;

    const INFO: Info = Info {
        key: "disk_inodes",
        code: 4,
        version: 2,
        kinds: &[Kind::Disks],
        also: &[],
        compares_reports: false,
        judges: Some(Judged {
            metrics: &["disks.inodes_used_pct"],
            of: Of::Subject,
            fine: Some(Side::Below),
        }),
        name: "Disk inodes",
        about: "A file system has 90 % (medium), 95 % (high) or 98 % (critical) of its inodes in use.",
        severities: &[Severity::Medium, Severity::High, Severity::Critical],
        numbers: &[
            share("medium_pct", 90.0, "In use: medium"),
            share("high_pct", 95.0, "In use: high"),
            share("critical_pct", 98.0, "In use: critical"),
            CLEAR_POINTS,
            CLEAR_REPORTS,
        ],
        docs: include_str!("docs/disk_inodes.md"),
    };

    fn judge<'a>(&self, state: &Mounts, at: &Context<'a>) -> Judgement<'a, Mounts> {
        INODES.judge(state, at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::bench::{Bench, disks, outcome};
    use crate::detect::{Observation, Outcome};

    fn look(total: Option<u64>, used: Option<u64>) -> Option<Outcome> {
        let mut bench = Bench::new(DiskInodes);
        let record = disks(
            0,
            vec![Partition {
                mount: "/home".into(),
                inodes_total: total,
                inodes_used: used,
                ..Partition::default()
            }],
        );
        let mut verdicts = bench.look(Observation::Report(&record));
        verdicts.pop().map(|(_, outcome)| outcome)
    }

    #[test]
    fn fires_at_its_three_levels_and_is_quiet_under_them() {
        let severity = |used| match look(Some(1000), Some(used)) {
            Some(Outcome::Breach(finding)) => Some(finding.severity),
            _ => None,
        };
        assert_eq!(severity(899), None);
        assert_eq!(severity(900), Some(Severity::Medium));
        assert_eq!(severity(950), Some(Severity::High));
        assert_eq!(severity(980), Some(Severity::Critical));
    }

    #[test]
    fn quiet_where_there_are_none() {
        assert_eq!(look(None, None), None);
        assert_eq!(look(Some(0), Some(0)), None);
        let one = Bench::new(DiskInodes).look(Observation::Report(&disks(0, vec![])));
        assert!(one.is_empty());
        let _: fn(_, &str) -> Outcome = outcome;
    }
}
