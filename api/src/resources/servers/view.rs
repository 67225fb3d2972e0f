//! Bodies about servers.

use crate::resources::hosting::cpanel::ServerCpanel;
use crate::resources::hosting::litespeed::ServerLitespeed;
use crate::resources::hosting::mail_queue::ServerMailQueue;
use crate::resources::hosting::mysql::ServerMysql;
use crate::resources::probe::Probe;
use chrono::{DateTime, Utc};
use noc_pipeline::payload::Metrics;
use noc_storage::relational::servers::{Listed, Status};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// How a server stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ServerStatus {
    /// Its token was used; nothing was received yet.
    Registering,
    /// It reports.
    Up,
    /// Silent for two intervals.
    Stale,
    /// Silent long enough for an incident.
    Down,
    /// We cannot tell: much of the fleet is silent, or it was never seen.
    Unknown,
    /// Somebody switched its monitoring off.
    Disabled,
}

/// A monitored server: its row of the fleet, and the body of `server.updated`.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Server {
    /// Id.
    pub id: i64,
    /// Unique name.
    pub name: String,
    /// Tags, plain or `key:value`.
    pub tags: Vec<String>,
    /// How it stands.
    pub status: ServerStatus,
    /// False while monitoring is switched off.
    pub is_active: bool,
    /// Then monitoring is switched on again by itself; null while on, or when only a person does that.
    pub disabled_until: Option<DateTime<Utc>>,
    /// What the host calls itself.
    pub hostname: Option<String>,
    /// Operating system.
    pub os: Option<String>,
    /// Processor architecture.
    pub arch: Option<String>,
    /// Version of its agent.
    pub agent_version: Option<String>,
    /// Last payload of any kind.
    pub last_seen_at: Option<DateTime<Utc>>,
    /// Last `metrics` payload.
    pub last_metric_at: Option<DateTime<Utc>>,
    /// Busy share of all cores, percent.
    pub cpu_pct: Option<f64>,
    /// Memory in use, percent.
    pub ram_pct: Option<f64>,
    /// Load, mean of 1 min.
    pub load1: Option<f64>,
    /// Logical cores, by the newest `metrics` report: what load is compared with.
    pub cores: Option<u64>,
    /// What it is for: the value of its tag `role:<value>`.
    pub role: Option<String>,
    /// Load of 1 min on each core.
    pub load_per_core: Option<f64>,
    /// Share of time waiting for disks, percent.
    pub iowait_pct: Option<f64>,
    /// Share in use of its fullest file system, by bytes or by inodes, percent.
    pub worst_disk_pct: Option<f64>,
    /// Share of inodes in use of the file system that has fewest left, percent.
    pub worst_inodes_pct: Option<f64>,
    /// Messages put off in its mail queue.
    pub deferred_mail: Option<u64>,
    /// Connections in use of its database server, percent.
    pub mysql_connections_pct: Option<f64>,
    /// Incidents not resolved.
    pub open_incidents: u64,
    /// When its agent got its secret.
    pub enrolled_at: Option<DateTime<Utc>>,
    /// Until when its name may be enrolled once more.
    pub re_enrol_until: Option<DateTime<Utc>>,
    /// When it was first known.
    pub created_at: DateTime<Utc>,
}

/// How long monitoring stays off.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DisableAgent {
    /// Then it is switched on again by itself, within a minute; a year ahead at most. Absent: until a person does it.
    #[serde(default)]
    pub until: Option<DateTime<Utc>>,
}

impl Server {
    /// Of a row, with the number of its incidents that are not resolved.
    #[must_use]
    pub fn new(listed: Listed, open_incidents: u64) -> Self {
        let row = listed.server;
        let tags = row.tag_list();
        Self {
            id: row.id,
            role: role_of(&tags),
            tags,
            status: ServerStatus::read(&row.status),
            is_active: row.is_active,
            disabled_until: row.disabled_until,
            name: row.name,
            hostname: row.hostname,
            os: row.os,
            arch: row.arch,
            agent_version: row.agent_version,
            last_seen_at: row.last_seen_at,
            last_metric_at: row.last_metric_at,
            cpu_pct: row.cpu,
            ram_pct: row.ram,
            load1: row.load1,
            cores: listed.cores.and_then(whole),
            load_per_core: listed.load_per_core,
            iowait_pct: listed.iowait_pct,
            worst_disk_pct: listed.worst_disk_pct,
            worst_inodes_pct: listed.worst_inodes_pct,
            deferred_mail: listed.deferred_mail.and_then(whole),
            mysql_connections_pct: listed.mysql_connections_pct,
            open_incidents,
            enrolled_at: row.enrolled_at,
            re_enrol_until: row.re_enrol_until,
            created_at: row.created_at,
        }
    }
}

/// A count that is stored as the number lists sort by.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "it was a whole number below 2^53"
)]
fn whole(count: f64) -> Option<u64> {
    (count >= 0.0).then_some(count as u64)
}

fn role_of(tags: &[String]) -> Option<String> {
    let mut roles = tags.iter().filter_map(|tag| tag.strip_prefix("role:"));
    roles.next().map(str::to_owned)
}

impl ServerStatus {
    /// As the database spells it; what it cannot be is unknown.
    #[must_use]
    pub fn read(name: &str) -> Self {
        match Status::from_name(name) {
            Some(Status::Registering) => Self::Registering,
            Some(Status::Up) => Self::Up,
            Some(Status::Stale) => Self::Stale,
            Some(Status::Down) => Self::Down,
            Some(Status::Disabled) => Self::Disabled,
            Some(Status::Unknown) | None => Self::Unknown,
        }
    }
}

/// Which servers, in which order.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct ServerQuery {
    /// Part of the name, host name or a tag.
    pub q: Option<String>,
    /// Statuses, separated by commas.
    pub status: Option<String>,
    /// A tag they must carry.
    pub tag: Option<String>,
    /// Only servers whose monitoring is on (true) or off (false).
    pub is_active: Option<bool>,
    /// `trouble` (the default, worst first: down, an open critical incident, unknown, stale, other open incidents by severity, registering, up, disabled), `status`, `name`, `cpu_pct`, `ram_pct`, `load1`, `load_per_core`, `iowait_pct`, `worst_disk_pct`, `worst_inodes_pct`, `deferred_mail`, `mysql_connections_pct`, `agent_version`, `last_seen_at`, `created_at`; `-` before it turns around.
    pub sort: Option<String>,
    /// Rows on the page, 1 to 200; 50 when absent.
    pub limit: Option<u64>,
    /// Where the page begins.
    pub cursor: Option<String>,
}

/// Changes of a server; what is absent stays.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ServerPatch {
    /// Unique name: letters, digits, `.`, `_`, `-`.
    pub name: Option<String>,
    /// All its tags.
    pub tags: Option<Vec<String>>,
}

/// Which measurements of a server.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct MetricsQuery {
    /// Fields separated by commas: `cpu_pct,load1`, or `disks.used_pct` for another kind. All of one kind.
    #[serde(default)]
    pub fields: Option<String>,
    /// First instant, inclusive; an hour before `to` when absent.
    #[serde(default)]
    pub from: Option<DateTime<Utc>>,
    /// Last instant, exclusive; now when absent.
    #[serde(default)]
    pub to: Option<DateTime<Utc>>,
    /// At most so many points a column, 1 to 2000; 500 when absent.
    #[serde(default)]
    pub points: Option<usize>,
}

/// Measurements over time: one axis, any number of columns on it, drawn as they are.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct MetricSeries {
    /// Kind of payload the fields belong to.
    pub kind: String,
    /// Start of each bucket, milliseconds since 1970 UTC, ascending. Numbers, for charts take them as they are.
    pub at_ms: Vec<i64>,
    /// Milliseconds a bucket spans; 0 when `at_ms` are the times of single measurements.
    pub bucket_ms: i64,
    /// Whether hourly values were read (long ranges); the running and the previous hour are always exact.
    pub hourly: bool,
    /// One column a field and subject.
    pub columns: Vec<MetricColumn>,
}

/// One field of one subject; all vectors are as long as the axis, null where nothing was measured.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct MetricColumn {
    /// Name of the field.
    pub field: String,
    /// Mount; null for the host itself.
    pub subject: Option<String>,
    /// Mean.
    pub avg: Vec<Option<f64>>,
    /// Smallest.
    pub min: Vec<Option<f64>>,
    /// Largest.
    pub max: Vec<Option<f64>>,
}

/// The file systems of a server as last reported.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ServerDisks {
    /// Where the report stands.
    pub probe: Probe,
    /// Fullest first.
    pub partitions: Vec<DiskPartition>,
}

/// One file system.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct DiskPartition {
    /// Where it is mounted.
    pub mount: String,
    /// What is mounted.
    pub device: String,
    /// `ext4`, `xfs` ...
    pub fstype: String,
    /// Size, bytes.
    pub bytes_total: Option<u64>,
    /// In use, bytes.
    pub bytes_used: Option<u64>,
    /// In use, percent.
    pub used_pct: Option<f64>,
    /// Inodes there are; null where the file system has none.
    pub inodes_total: Option<u64>,
    /// Inodes in use.
    pub inodes_used: Option<u64>,
    /// Inodes in use, percent.
    pub inodes_used_pct: Option<f64>,
}

/// The services of a server as last reported.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ServerServices {
    /// Where the report stands.
    pub probe: Probe,
    /// Stopped ones first, then running ones, then those not installed.
    pub services: Vec<ServiceRow>,
}

/// Whether a service runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ServiceStatus {
    /// Installed and meant to run, but it does not.
    Stopped,
    /// It runs.
    Running,
    /// Installed, does not run and is not started at boot.
    Idle,
    /// Not on this host.
    NotInstalled,
}

/// One service.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ServiceRow {
    /// Name on the fixed list.
    pub name: String,
    /// Whether it runs.
    pub status: ServiceStatus,
    /// Unit name.
    pub unit: Option<String>,
    /// Started at boot.
    pub enabled: bool,
    /// How many processes.
    pub pids: Option<u64>,
    /// The main process.
    pub main_pid: Option<u64>,
    /// What a person may paste on the host to start it; the platform never runs it.
    pub restart_command: Option<String>,
}

/// The host itself as last reported.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = HostMetrics)]
pub struct HostMetrics {
    /// Busy share of all cores since the last report, percent.
    pub cpu_pct: Option<f64>,
    /// Share of time waiting for disks, percent.
    pub iowait_pct: Option<f64>,
    /// Share of time the hypervisor gave to others, percent.
    pub steal_pct: Option<f64>,
    /// Load, mean of 1 min.
    pub load1: Option<f64>,
    /// Load, mean of 5 min.
    pub load5: Option<f64>,
    /// Load, mean of 15 min.
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
    /// Received, bytes per second.
    pub net_rx_bytes_per_s: Option<f64>,
    /// Sent, bytes per second.
    pub net_tx_bytes_per_s: Option<f64>,
    /// Read from disks, bytes per second.
    pub disk_read_bytes_per_s: Option<f64>,
    /// Written to disks, bytes per second.
    pub disk_write_bytes_per_s: Option<f64>,
    /// Processes there are.
    pub processes: Option<u64>,
    /// Established TCP connections.
    pub tcp_established: Option<u64>,
    /// Seconds since boot.
    pub uptime_s: Option<u64>,
}

impl From<&Metrics> for HostMetrics {
    fn from(m: &Metrics) -> Self {
        Self {
            cpu_pct: m.cpu_pct,
            iowait_pct: m.iowait_pct,
            steal_pct: m.steal_pct,
            load1: m.load1,
            load5: m.load5,
            load15: m.load15,
            cores: m.cores,
            ram_total_bytes: m.ram_total_bytes,
            ram_used_bytes: m.ram_used_bytes,
            swap_total_bytes: m.swap_total_bytes,
            swap_used_bytes: m.swap_used_bytes,
            net_rx_bytes_per_s: m.net_rx_bytes_per_s,
            net_tx_bytes_per_s: m.net_tx_bytes_per_s,
            disk_read_bytes_per_s: m.disk_read_bytes_per_s,
            disk_write_bytes_per_s: m.disk_write_bytes_per_s,
            processes: m.processes,
            tcp_established: m.tcp_established,
            uptime_s: m.uptime_s,
        }
    }
}

/// The body of the live event `metrics.received`: the report that just became readable, as its GET gives it. Other kinds
/// of report only tell that there is a new one.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct MetricsReceived {
    /// Whose.
    pub server_id: i64,
    /// Which kind; the field of the same meaning is set.
    pub kind: String,
    /// When it was true.
    pub event_at: DateTime<Utc>,
    /// For `metrics`: the host itself.
    pub metrics: Option<HostMetrics>,
    /// For `disks`: as `GET /api/servers/{id}/disks`.
    pub disks: Option<ServerDisks>,
    /// For `processes`: as `GET /api/servers/{id}/services`.
    pub services: Option<ServerServices>,
    /// For `mysql`: as `GET /api/servers/{id}/mysql`.
    pub mysql: Option<ServerMysql>,
    /// For `litespeed`: as `GET /api/servers/{id}/litespeed`.
    pub litespeed: Option<ServerLitespeed>,
    /// For `cpanel`: as `GET /api/servers/{id}/cpanel`.
    pub cpanel: Option<ServerCpanel>,
    /// For `mail-queue`: as `GET /api/servers/{id}/mail-queue`.
    pub mail_queue: Option<ServerMailQueue>,
}
