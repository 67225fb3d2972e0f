//! `disks`: real file systems, bytes and inodes, every 300 s.

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
        share(self.bytes_used, self.bytes_total)
    }

    /// Share of inodes in use, 0 to 100; `None` where there are none.
    #[must_use]
    pub fn inodes_used_pct(&self) -> Option<f64> {
        share(self.inodes_used, self.inodes_total)
    }
}

#[expect(clippy::cast_precision_loss, reason = "a percentage needs no 53 bits")]
fn share(used: Option<u64>, total: Option<u64>) -> Option<f64> {
    let (used, total) = (used?, total?);
    (total > 0).then(|| used as f64 * 100.0 / total as f64)
}
