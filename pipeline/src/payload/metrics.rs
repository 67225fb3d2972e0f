//! `metrics`: the host itself, every 60 s. Every number may be absent: a host that hides one still reports the rest.

use super::catalogue::{Body, columns, float, share_pct};
use super::validate::Fields;
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

/// More runnable tasks than this is nonsense.
const MAX_LOAD: f64 = 1e6;

/// More bytes per second than this is nonsense: 1 PB/s.
const MAX_RATE: f64 = 1e15;

/// 300 years, seconds.
const MAX_UPTIME_S: u64 = 10_000_000_000;

impl Metrics {
    /// Runnable tasks for each core, mean of 1 min; `None` without a core count.
    #[must_use]
    pub fn load1_per_core(&self) -> Option<f64> {
        let cores = float(self.cores).filter(|cores| *cores > 0.0)?;
        Some(self.load1? / cores)
    }
}

impl Body for Metrics {
    type Row = Self;

    columns! { Metrics, "metrics", None;
        cpu_pct: Percent, "CPU busy, all cores", |m| m.cpu_pct;
        iowait_pct: Percent, "CPU waiting for disks", |m| m.iowait_pct;
        steal_pct: Percent, "CPU given to other guests by the hypervisor", |m| m.steal_pct;
        load1: Load, "Load (1 min)", |m| m.load1;
        load5: Load, "Load (5 min)", |m| m.load5;
        load15: Load, "Load (15 min)", |m| m.load15;
        load1_per_core: Load, "Load (1 min) for each core", Metrics::load1_per_core;
        cores: Count, "Logical cores", |m| float(m.cores);
        ram_total_bytes: Bytes, "Memory there is", |m| float(m.ram_total_bytes);
        ram_used_bytes: Bytes, "Memory in use", |m| float(m.ram_used_bytes);
        ram_used_pct: Percent, "Memory in use", |m| share_pct(m.ram_used_bytes, m.ram_total_bytes);
        swap_total_bytes: Bytes, "Swap there is", |m| float(m.swap_total_bytes);
        swap_used_bytes: Bytes, "Swap in use", |m| float(m.swap_used_bytes);
        swap_used_pct: Percent, "Swap in use", |m| share_pct(m.swap_used_bytes, m.swap_total_bytes);
        net_rx_bytes_per_s: BytesPerSecond, "Network, received", |m| m.net_rx_bytes_per_s;
        net_tx_bytes_per_s: BytesPerSecond, "Network, sent", |m| m.net_tx_bytes_per_s;
        disk_read_bytes_per_s: BytesPerSecond, "Disks, read", |m| m.disk_read_bytes_per_s;
        disk_write_bytes_per_s: BytesPerSecond, "Disks, written", |m| m.disk_write_bytes_per_s;
        processes: Count, "Processes", |m| float(m.processes);
        tcp_established: Count, "TCP connections established", |m| float(m.tcp_established);
        uptime_s: Seconds, "Time since boot", |m| float(m.uptime_s);
    }

    fn read(fields: &mut Fields<'_, '_>) -> Option<Self> {
        let cpu_pct = fields.percent("cpu_pct");
        let iowait_pct = fields.percent("iowait_pct");
        let steal_pct = fields.percent("steal_pct");
        let load1 = fields.number("load1", 0.0..=MAX_LOAD);
        let load5 = fields.number("load5", 0.0..=MAX_LOAD);
        let load15 = fields.number("load15", 0.0..=MAX_LOAD);
        let cores = fields.whole("cores", 1..=65_536);
        let (ram_total_bytes, ram_used_bytes) = fields.share("ram_total_bytes", "ram_used_bytes");
        let (swap_total_bytes, swap_used_bytes) =
            fields.share("swap_total_bytes", "swap_used_bytes");
        Some(Self {
            cpu_pct,
            iowait_pct,
            steal_pct,
            load1,
            load5,
            load15,
            cores,
            ram_total_bytes,
            ram_used_bytes,
            swap_total_bytes,
            swap_used_bytes,
            net_rx_bytes_per_s: fields.number("net_rx_bytes_per_s", 0.0..=MAX_RATE),
            net_tx_bytes_per_s: fields.number("net_tx_bytes_per_s", 0.0..=MAX_RATE),
            disk_read_bytes_per_s: fields.number("disk_read_bytes_per_s", 0.0..=MAX_RATE),
            disk_write_bytes_per_s: fields.number("disk_write_bytes_per_s", 0.0..=MAX_RATE),
            processes: fields.count("processes"),
            tcp_established: fields.count("tcp_established"),
            uptime_s: fields.whole("uptime_s", 0..=MAX_UPTIME_S),
        })
    }

    fn rows(&self) -> &[Self] {
        std::slice::from_ref(self)
    }

    fn subject(_: &Self) -> Option<&str> {
        None
    }
}
