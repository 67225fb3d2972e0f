//! `disk_bytes`: a file system fills up. Subject: the mount.
//!
//! 90 % is medium; 95 % with less than 20 GB free is high; 98 % with less than 2 GB free is critical. Cleared by
//! three reports in a row more than 2 points under the lowest level. A mount tagged as backup target
//! (`backup-mount:<mount>` on its server) only counts at the last level.

use super::disk::{CLEAR_POINTS, CLEAR_REPORTS, Fill, Level, Mounts, Resource, share};
use super::series::{Judged, Of, Side};
use super::{Context, Detector, Info, Judgement, Number};
use noc_pipeline::control::Severity;
use noc_pipeline::payload::{Kind, Partition, Unit};

const GB: u64 = 1_000_000_000;

/// A number that is an amount of disk space.
const fn space(key: &'static str, default: f64, about: &'static str) -> Number {
    Number {
        key,
        unit: Unit::Bytes,
        default,
        min: 0.0,
        max: 1e15,
        about,
    }
}

const BYTES: Resource = Resource {
    info: &DiskBytes::INFO,
    fill: |p: &Partition| {
        Some(Fill {
            pct: p.used_pct()?,
            free: p.bytes_total?.saturating_sub(p.bytes_used?),
        })
    },
    levels: [
        Level {
            pct: "medium_pct",
            free_under: None,
            severity: Severity::Medium,
        },
        Level {
            pct: "high_pct",
            free_under: Some("high_free_bytes"),
            severity: Severity::High,
        },
        Level {
            pct: "critical_pct",
            free_under: Some("critical_free_bytes"),
            severity: Severity::Critical,
        },
    ],
    title: |mount, pct| format!("Disk {mount} is {pct} % full"),
    free: gigabytes,
    command: ("sudo du -xh --max-depth=2", "| sort -h | tail -n 30"),
};

#[expect(clippy::cast_precision_loss, reason = "shown with one digit")]
pub(super) fn gigabytes(bytes: u64) -> String {
    format!("{:.1} GB free", bytes as f64 / GB as f64)
}

/// The detector.
#[derive(Debug, Clone, Copy)]
pub struct DiskBytes;

impl Detector for DiskBytes {
    type State = Mounts;

    const INFO: Info = Info {
        key: "disk_bytes",
        code: 3,
        version: 2,
        kinds: &[Kind::Disks],
        also: &[],
        compares_reports: false,
        judges: Some(Judged {
            metrics: &["disks.used_pct"],
            of: Of::Subject,
            fine: Some(Side::Below),
        }),
        name: "Disk space",
        about: "A file system is 90 % full (medium), 95 % with less than 20 GB free (high), or 98 % with less than \
                2 GB free (critical).",
        severities: &[Severity::Medium, Severity::High, Severity::Critical],
        numbers: &[
            share("medium_pct", 90.0, "Used: medium"),
            share(
                "high_pct",
                95.0,
                "Used: high, with less left than high_free_bytes",
            ),
            space("high_free_bytes", 20e9, "Left: high only under this"),
            share(
                "critical_pct",
                98.0,
                "Used: critical, with less left than critical_free_bytes",
            ),
            space("critical_free_bytes", 2e9, "Left: critical only under this"),
            CLEAR_POINTS,
            CLEAR_REPORTS,
        ],
        docs: include_str!("docs/disk_bytes.md"),
    };

    fn judge<'a>(&self, state: &Mounts, at: &Context<'a>) -> Judgement<'a, Mounts> {
        BYTES.judge(state, at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::bench::{Bench, disks, outcome, tuned, unreadable};
    use crate::detect::{Observation, Outcome};

    fn mount(total_gb: u64, used_pct: u64) -> Partition {
        Partition {
            mount: "/".into(),
            bytes_total: Some(total_gb * GB),
            bytes_used: Some(total_gb * GB / 1000 * used_pct * 10),
            ..Partition::default()
        }
    }

    fn look(bench: &mut Bench<DiskBytes>, partition: Partition) -> Outcome {
        outcome(
            bench.look(Observation::Report(&disks(0, vec![partition]))),
            "/",
        )
    }

    fn severity(total_gb: u64, used_pct: u64) -> Option<Severity> {
        match look(&mut Bench::new(DiskBytes), mount(total_gb, used_pct)) {
            Outcome::Breach(finding) => Some(finding.severity),
            _ => None,
        }
    }

    #[test]
    fn fires_by_share_and_by_what_is_left() {
        assert_eq!(severity(100, 89), None);
        assert_eq!(severity(100, 90), Some(Severity::Medium));
        assert_eq!(severity(100, 95), Some(Severity::High));
        assert_eq!(
            severity(1_000, 96),
            Some(Severity::Medium),
            "40 GB are left"
        );
        assert_eq!(severity(90, 98), Some(Severity::Critical));
        assert_eq!(severity(200, 98), Some(Severity::High), "4 GB are left");
    }

    #[test]
    fn its_words() {
        let got = look(&mut Bench::new(DiskBytes), mount(100, 96));
        let Outcome::Breach(finding) = got else {
            panic!("96 % is a breach");
        };
        assert_eq!(finding.title.of("web-01"), "Disk / is 96 % full on web-01");
        assert_eq!(finding.observed, "96.0 % used, 4.0 GB free");
        assert_eq!(finding.expected, "under 95 % used, or 20.0 GB free");
        let command = "sudo du -xh --max-depth=2 / | sort -h | tail -n 30";
        assert_eq!(finding.command.as_deref(), Some(command));
    }

    #[test]
    fn quiet_until_three_reports_in_a_row_are_well_under() {
        let mut bench = Bench::new(DiskBytes);
        assert!(matches!(
            look(&mut bench, mount(100, 91)),
            Outcome::Breach(_)
        ));
        let steps = [(89, 0), (87, 1), (88, 0), (87, 1), (87, 2)];
        for (pct, have) in steps {
            assert_eq!(
                look(&mut bench, mount(100, pct)),
                Outcome::Learning { have, need: 3 },
                "at {pct} %"
            );
        }
        assert_eq!(look(&mut bench, mount(100, 87)), Outcome::Clear);
        assert_eq!(bench.state, Mounts::default());
    }

    #[test]
    fn a_rule_sets_levels_and_when_it_is_over() {
        let mut bench = Bench::new(DiskBytes);
        let numbers = [
            ("medium_pct", 50.0),
            ("high_pct", 60.0),
            ("high_free_bytes", 1e15),
            ("clear_points", 10.0),
            ("clear_reports", 1.0),
        ];
        bench.rules = tuned("disk_bytes", &numbers);
        let severity = |outcome| match outcome {
            Outcome::Breach(finding) => Some(finding.severity),
            _ => None,
        };
        assert_eq!(severity(look(&mut bench, mount(100, 49))), None);
        let medium = look(&mut bench, mount(100, 50));
        assert_eq!(severity(medium), Some(Severity::Medium));
        let high = look(&mut bench, mount(1_000, 60));
        assert_eq!(severity(high), Some(Severity::High));
        let held = Outcome::Learning { have: 0, need: 1 };
        assert_eq!(look(&mut bench, mount(100, 40)), held);
        assert_eq!(look(&mut bench, mount(100, 39)), Outcome::Clear);
    }

    #[test]
    fn a_backup_mount_only_counts_at_the_last_level() {
        let mut bench = Bench::new(DiskBytes);
        bench.tags = vec!["backup-mount:/".into()];
        assert_eq!(look(&mut bench, mount(100, 97)), Outcome::Clear);
        assert!(matches!(
            look(&mut bench, mount(90, 98)),
            Outcome::Breach(_)
        ));
    }

    #[test]
    fn unknown_sizes_and_unreadable_reports_neither_open_nor_clear() {
        let mut bench = Bench::new(DiskBytes);
        look(&mut bench, mount(100, 95));
        let hidden = Partition {
            mount: "/".into(),
            ..Partition::default()
        };
        assert!(matches!(look(&mut bench, hidden), Outcome::Unknown { .. }));
        let got = bench.look(Observation::Report(&unreadable(0, Kind::Disks)));
        assert!(matches!(outcome(got, "/"), Outcome::Unknown { .. }));
        assert_ne!(bench.state, Mounts::default());
    }
}
