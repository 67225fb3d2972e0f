//! `metrics`: the host itself, every 60 s. Every number may be absent: a host that hides one still reports the rest.

use serde::{Deserialize, Serialize};

/// CPU, memory, load and traffic of a host.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Metrics {
    /// Busy share of all cores since the last report, 0 to 100.
    pub cpu_pct: Option<f64>,
    /// Share of time waiting for disks, 0 to 100.
    pub iowait_pct: Option<f64>,
    /// Share of time the hypervisor gave to others, 0 to 100.
    pub steal_pct: Option<f64>,
    /// Run queue, mean of 1 min.
    pub load1: Option<f64>,
    /// Run queue, mean of 5 min.
    pub load5: Option<f64>,
    /// Run queue, mean of 15 min.
    pub load15: Option<f64>,
    /// Logical cores.
    pub cores: Option<u64>,
    /// Memory there is, bytes.
    pub ram_total_bytes: Option<u64>,
    /// Memory not available for new programs, bytes.
    pub ram_used_bytes: Option<u64>,
    /// Swap there is, bytes.
    pub swap_total_bytes: Option<u64>,
    /// Swap in use, bytes.
    pub swap_used_bytes: Option<u64>,
    /// Received on all interfaces but loopback, bytes per second.
    pub net_rx_bytes_per_s: Option<f64>,
    /// Sent, bytes per second.
    pub net_tx_bytes_per_s: Option<f64>,
    /// Read from disks, bytes per second.
    pub disk_read_bytes_per_s: Option<f64>,
    /// Written to disks, bytes per second.
    pub disk_write_bytes_per_s: Option<f64>,
    /// Processes there are.
    pub processes: Option<u64>,
    /// TCP connections in state established.
    pub tcp_established: Option<u64>,
    /// Seconds since boot.
    pub uptime_s: Option<u64>,
}
