//! Trouble to order.

use noc_pipeline::clock::UnixMs;

/// Something that goes wrong on one server for some time.
#[derive(Debug, Clone, PartialEq)]
pub struct Fault {
    /// Which server of the fleet, counted from 0.
    pub server: u32,
    /// Its first instant.
    pub from: UnixMs,
    /// The first instant after it; `None`: it stays.
    pub until: Option<UnixMs>,
    /// What goes wrong.
    pub kind: FaultKind,
}

/// What can go wrong.
#[derive(Debug, Clone, PartialEq)]
pub enum FaultKind {
    /// A service has no process.
    ServiceDown {
        /// Its name on the fixed list.
        service: String,
    },
    /// A file system fills evenly until it is full.
    DiskFilling {
        /// Where it is mounted.
        mount: String,
        /// Seconds from the start of the fault until it is full.
        full_after_s: u32,
    },
    /// The server sends nothing.
    Silence,
    /// All cores are busy.
    CpuBusy,
}

impl Fault {
    /// Whether it lasts at `at`.
    #[must_use]
    pub fn lasts(&self, at: UnixMs) -> bool {
        self.from <= at && self.until.is_none_or(|until| at < until)
    }
}
