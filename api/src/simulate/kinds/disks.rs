//! `disks`: grow over the day by what the night's rotation gives back, and slowly over months.

use super::View;
use crate::simulate::calendar::DAY_MS;
use crate::simulate::fault::{Fault, FaultKind};
use crate::simulate::host::{Disk, What};
use crate::simulate::noise::{real, whole};
use noc_pipeline::payload::{Disks, Partition};

/// A nightly rise: over three hours from 1:00 by the host's clock, emptied at 6:00.
const RISE_FROM_MIN: f64 = 60.0;
const RISE_MIN: f64 = 180.0;
const EMPTIED_AT_MIN: f64 = 360.0;

pub(super) fn measure(view: &View<'_>) -> Disks {
    let disks = view.host.disks.iter().enumerate();
    Disks {
        partitions: disks.map(|(n, disk)| partition(view, n, disk)).collect(),
    }
}

fn partition(view: &View<'_>, n: usize, disk: &Disk) -> Partition {
    let (used, inodes_used) = shares(view, n, disk);
    // This file system counts no inodes.
    let inodes = (disk.fstype != "btrfs").then_some(disk.bytes / 16_384);
    Partition {
        mount: disk.mount.to_owned(),
        device: disk.device.to_owned(),
        fstype: disk.fstype.to_owned(),
        bytes_total: Some(disk.bytes),
        bytes_used: Some(whole(real(disk.bytes) * used)),
        inodes_total: inodes,
        inodes_used: inodes.map(|total| whole(real(total) * inodes_used)),
    }
}

/// Shares in use of bytes and of inodes.
fn shares(view: &View<'_>, n: usize, disk: &Disk) -> (f64, f64) {
    let noise = view.host.noise;
    let minute = view.host.zone.local(view.at).minute_of_day() as f64;
    let months = 0.04 * (noise.drift(What::DiskDrift.nth(n), view.at.0, 60 * DAY_MS) - 0.5);
    let rustle = noise.between(What::DiskUsed.nth(n), view.minute() + 100, 0.0, 0.001);
    let mut used = disk.used + months + 0.01 * minute / 1_440.0 + rustle;
    let mut inodes_used = disk.inodes_used + 0.2 * months;
    for fault in view.faults.iter().filter(|fault| fault.lasts(view.at)) {
        match &fault.kind {
            FaultKind::DiskFilling {
                mount,
                full_after_s,
            } if mount == disk.mount => {
                used += (1.0 - used) * passed(view, fault, *full_after_s);
            }
            FaultKind::InodesFilling {
                mount,
                full_after_s,
            } if mount == disk.mount => {
                inodes_used += (1.0 - inodes_used) * passed(view, fault, *full_after_s);
            }
            FaultKind::NightlySawtooth { mount, rise } if mount == disk.mount => {
                let part = ((minute - RISE_FROM_MIN) / RISE_MIN).clamp(0.0, 1.0);
                used += if minute < EMPTIED_AT_MIN {
                    rise * part
                } else {
                    0.0
                };
            }
            _ => {}
        }
    }
    (used.clamp(0.0, 1.0), inodes_used.clamp(0.0, 1.0))
}

fn passed(view: &View<'_>, fault: &Fault, full_after_s: u32) -> f64 {
    let share = view.at.since(fault.from).as_secs_f64() / f64::from(full_after_s.max(1));
    share.min(1.0)
}

/// The share of a file system that is in use when nothing is wrong, and of its inodes.
pub(in crate::simulate) fn usual(view: &View<'_>, mount: &str) -> Option<(f64, f64)> {
    let quiet = View {
        faults: &[],
        ..*view
    };
    let mut disks = view.host.disks.iter().enumerate();
    let (n, disk) = disks.find(|(_, disk)| disk.mount == mount)?;
    Some(shares(&quiet, n, disk))
}
