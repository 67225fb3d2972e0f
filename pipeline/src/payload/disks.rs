//! `disks`: real file systems, bytes and inodes, every 300 s.

use super::catalogue::{Body, columns, float, share_pct};
use super::validate::Fields;
use serde::{Deserialize, Serialize};

/// The file systems of a host; pseudo file systems and bind duplicates are left out by the agent.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Disks {
    /// One entry a mount.
    pub partitions: Vec<Partition>,
}

/// One file system.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Partition {
    /// Where it is mounted; may hold spaces.
    pub mount: String,
    /// What is mounted.
    pub device: String,
    /// `ext4`, `xfs` ...
    pub fstype: String,
    /// Size, bytes.
    #[serde(default)]
    pub bytes_total: Option<u64>,
    /// In use, bytes, the share reserved for root not counted as used.
    #[serde(default)]
    pub bytes_used: Option<u64>,
    /// Inodes there are; `None` where the file system has none.
    #[serde(default)]
    pub inodes_total: Option<u64>,
    /// Inodes in use.
    #[serde(default)]
    pub inodes_used: Option<u64>,
}

impl Partition {
    /// Share of bytes in use, 0 to 100; `None` when unknown or of size 0.
    #[must_use]
    pub fn used_pct(&self) -> Option<f64> {
        share_pct(self.bytes_used, self.bytes_total)
    }

    /// Share of inodes in use, 0 to 100; `None` where there are none.
    #[must_use]
    pub fn inodes_used_pct(&self) -> Option<f64> {
        share_pct(self.inodes_used, self.inodes_total)
    }
}

/// More file systems than this on one host is nonsense.
const MAX_PARTITIONS: usize = 1_000;

/// Longest path Linux takes.
const MAX_PATH_CHARS: usize = 4_096;

impl Body for Disks {
    type Row = Partition;

    columns! { Disks, "disks", Some("mount");
        used_pct: Percent, "Disk space in use", Partition::used_pct;
        inodes_used_pct: Percent, "Inodes in use", Partition::inodes_used_pct;
        bytes_total: Bytes, "Size", |p| float(p.bytes_total);
        bytes_used: Bytes, "Disk space in use", |p| float(p.bytes_used);
        inodes_total: Count, "Inodes there are", |p| float(p.inodes_total);
        inodes_used: Count, "Inodes in use", |p| float(p.inodes_used);
    }

    fn read(fields: &mut Fields<'_, '_>) -> Option<Self> {
        let partitions = fields.required_list("partitions", MAX_PARTITIONS, read_partition)?;
        fields.require_unique("partitions", "mount", &partitions, |p| &p.mount);
        Some(Self { partitions })
    }

    fn rows(&self) -> &[Partition] {
        &self.partitions
    }

    fn subject(row: &Partition) -> Option<&str> {
        Some(&row.mount)
    }
}

fn read_partition(fields: &mut Fields<'_, '_>) -> Option<Partition> {
    let mount = fields.required_text("mount", 1..=MAX_PATH_CHARS);
    let device = fields.required_text("device", 0..=MAX_PATH_CHARS);
    let fstype = fields.required_text("fstype", 0..=64);
    let (bytes_total, bytes_used) = fields.share("bytes_total", "bytes_used");
    // btrfs and some others report 0 inodes: they have none to run out of.
    let (inodes_total, inodes_used) = match fields.share("inodes_total", "inodes_used") {
        (Some(0), _) => (None, None),
        inodes => inodes,
    };
    Some(Partition {
        mount: mount?,
        device: device?,
        fstype: fstype?,
        bytes_total,
        bytes_used,
        inodes_total,
        inodes_used,
    })
}
