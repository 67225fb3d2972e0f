//! How fast a file system fills, by bytes and by inodes. Pure.

use super::{Recent, trend};
use noc_pipeline::payload::Partition;
use std::time::Duration;

/// What is read of the last reports, in this order.
pub const FIELDS: [&str; 2] = ["bytes_used", "inodes_used"];

/// How far back.
pub const SPAN: Duration = Duration::from_secs(6 * 3_600);

/// Where a file system is going.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Fill {
    /// By how many bytes it grows in an hour; negative while it is emptied, `None` before there is a trend.
    pub bytes_per_h: Option<f64>,
    /// Hours until it is full at that pace, by bytes or by inodes, whichever comes first; `None` while it does not fill.
    pub hours_to_full: Option<f64>,
}

impl Fill {
    /// Of a file system as last reported, and the rows of [`FIELDS`] over the last [`SPAN`], of every subject.
    #[must_use]
    pub fn of(partition: &Partition, recent: &[Recent]) -> Self {
        let own = recent
            .iter()
            .find(|r| r.subject.as_deref() == Some(&partition.mount));
        let pace = |field| {
            let points: Vec<_> = own?.points(field).collect();
            trend::per_hour(&points)
        };
        let full = |used: Option<u64>, total: Option<u64>, pace: Option<f64>| {
            trend::hours_to_full(float(used?), float(total?), pace?)
        };
        let (bytes_per_h, inodes_per_h) = (pace(0), pace(1));
        let by_bytes = full(partition.bytes_used, partition.bytes_total, bytes_per_h);
        let by_inodes = full(partition.inodes_used, partition.inodes_total, inodes_per_h);
        Self {
            bytes_per_h,
            hours_to_full: soonest([by_bytes, by_inodes]),
        }
    }
}

/// Hours until the first of them is full.
#[must_use]
pub fn soonest(hours: impl IntoIterator<Item = Option<f64>>) -> Option<f64> {
    hours.into_iter().flatten().min_by(f64::total_cmp)
}

#[expect(clippy::cast_precision_loss, reason = "a pace needs no 53 bits")]
fn float(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use noc_pipeline::clock::UnixMs;

    const GIB: u64 = 1 << 30;

    fn partition(mount: &str) -> Partition {
        Partition {
            mount: mount.to_owned(),
            bytes_total: Some(100 * GIB),
            bytes_used: Some(76 * GIB),
            inodes_total: Some(1_000),
            inodes_used: Some(990),
            ..Partition::default()
        }
    }

    /// Two hours of reports, every 10 min: a GiB and so many inodes more in each.
    fn rows(mount: &str, inodes: f64) -> Recent {
        let steps = (0..=12_i32).map(f64::from);
        Recent {
            subject: Some(mount.to_owned()),
            at: (0..=12).map(|n| UnixMs(n * 600_000)).collect(),
            fields: vec![
                steps
                    .clone()
                    .map(|n| Some((64.0 + n) * float(GIB)))
                    .collect(),
                steps.map(|n| Some(n * inodes)).collect(),
            ],
        }
    }

    #[test]
    fn whichever_is_full_first_counts() {
        let recent = [rows("/home", 0.0), rows("/var", 5.0)];
        let home = Fill::of(&partition("/home"), &recent);
        assert_eq!(home.bytes_per_h, Some(float(6 * GIB)));
        assert_eq!(home.hours_to_full, Some(4.0), "24 GiB at 6 an hour");
        let var = Fill::of(&partition("/var"), &recent);
        assert_eq!(
            var.hours_to_full,
            Some(10.0 / 30.0),
            "10 inodes at 30 an hour"
        );
        assert_eq!(Fill::of(&partition("/"), &recent), Fill::default());
        assert_eq!(soonest([None, Some(4.0), Some(0.5), None]), Some(0.5));
        assert_eq!(soonest([None]), None);
    }
}
