//! What a script may order, with its settings.

use super::span::Span;
use chrono_tz::Tz;
use serde::Deserialize;

/// One `[[anomaly]]` of a script.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Entry {
    /// From the start of the simulation.
    pub(super) at: Span,
    /// How long; `None`: to the end.
    pub(super) lasts: Option<Span>,
    pub(super) on: Targets,
    pub(super) what: Anomaly,
}

/// Which servers.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Targets {
    /// These, by number from 0.
    Servers(Vec<u32>),
    /// So many, drawn among those that can have it.
    Count(u32),
    /// So many of each hundred of the fleet, one at least.
    PerHundred(f64),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Common {
    at: Span,
    lasts: Option<Span>,
    servers: Option<Vec<u32>>,
    count: Option<u32>,
    per_100: Option<f64>,
}

const COMMON: [&str; 5] = ["at", "lasts", "servers", "count", "per_100"];

/// Something to happen. Names and defaults are those of the file.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Anomaly {
    ServerSilent {},
    OurOutage {},
    RackOutage {},
    Reboot {
        #[serde(default)]
        goodbye: bool,
    },
    NetworkGap {},
    ClockSkew {
        ahead: Option<Span>,
        behind: Option<Span>,
    },
    DuplicateAgent {},
    BadNumbers {},
    DstChange {
        zone: Tz,
    },
    Overload {},
    CpuBusy {},
    ServiceDown {
        service: Option<String>,
    },
    CrashLoop {
        service: Option<String>,
        #[serde(default = "crash_every")]
        every: Span,
    },
    DiskFill {
        mount: Option<String>,
        full_after: Span,
    },
    InodeFill {
        mount: Option<String>,
        full_after: Span,
    },
    NightlySawtooth {
        mount: Option<String>,
        #[serde(default = "rise")]
        rise: f64,
    },
    HackedMailbox {
        recipients_per_hour: u32,
        #[serde(default = "at_once")]
        ramp: Span,
        #[serde(default)]
        domains: u32,
        #[serde(default = "one")]
        addresses: u32,
        #[serde(default = "one")]
        countries: u32,
        #[serde(default = "failures")]
        failures: f64,
        #[serde(default)]
        by_day: bool,
    },
    ScriptSpam {
        recipients_per_hour: u32,
        #[serde(default = "failures")]
        failures: f64,
    },
    Newsletter {
        recipients: u32,
        weekday: Option<Weekday>,
        day_of_month: Option<u8>,
        #[serde(default = "ten")]
        hour: u32,
        #[serde(default = "forty")]
        minutes: u32,
    },
    QueueFreeze {
        frozen: u32,
    },
    DeadSmarthost {
        per_hour: u32,
    },
    MysqlSaturated {},
    ReplicationBroken {},
    ReplicationLag {},
    CacheCold {},
    BackupStops {},
    BackupFails {},
    BackupPartial {},
    BackupEmpty {},
    BruteForce {
        per_minute: u32,
    },
    Campaign {
        per_minute: u32,
    },
    CronStops {},
    LicenseEnds {},
}

/// A day of the week by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Weekday {
    Mon,
    Tue,
    Wed,
    Thu,
    Fri,
    Sat,
    Sun,
}

const fn crash_every() -> Span {
    Span(std::time::Duration::from_secs(150))
}
const fn rise() -> f64 {
    0.2
}
const fn at_once() -> Span {
    Span::minutes(0)
}
const fn one() -> u32 {
    1
}
const fn failures() -> f64 {
    0.2
}
const fn ten() -> u32 {
    10
}
const fn forty() -> u32 {
    40
}

impl Anomaly {
    /// Its name in a file.
    pub(super) const fn name(&self) -> &'static str {
        match self {
            Self::ServerSilent {} => "server_silent",
            Self::OurOutage {} => "our_outage",
            Self::RackOutage {} => "rack_outage",
            Self::Reboot { .. } => "reboot",
            Self::NetworkGap {} => "network_gap",
            Self::ClockSkew { .. } => "clock_skew",
            Self::DuplicateAgent {} => "duplicate_agent",
            Self::BadNumbers {} => "bad_numbers",
            Self::DstChange { .. } => "dst_change",
            Self::Overload {} => "overload",
            Self::CpuBusy {} => "cpu_busy",
            Self::ServiceDown { .. } => "service_down",
            Self::CrashLoop { .. } => "crash_loop",
            Self::DiskFill { .. } => "disk_fill",
            Self::InodeFill { .. } => "inode_fill",
            Self::NightlySawtooth { .. } => "nightly_sawtooth",
            Self::HackedMailbox { .. } => "hacked_mailbox",
            Self::ScriptSpam { .. } => "script_spam",
            Self::Newsletter { .. } => "newsletter",
            Self::QueueFreeze { .. } => "queue_freeze",
            Self::DeadSmarthost { .. } => "dead_smarthost",
            Self::MysqlSaturated {} => "mysql_saturated",
            Self::ReplicationBroken {} => "replication_broken",
            Self::ReplicationLag {} => "replication_lag",
            Self::CacheCold {} => "cache_cold",
            Self::BackupStops {} => "backup_stops",
            Self::BackupFails {} => "backup_fails",
            Self::BackupPartial {} => "backup_partial",
            Self::BackupEmpty {} => "backup_empty",
            Self::BruteForce { .. } => "brute_force",
            Self::Campaign { .. } => "campaign",
            Self::CronStops {} => "cron_stops",
            Self::LicenseEnds {} => "license_ends",
        }
    }
}

impl Entry {
    /// Reads one table of a script.
    ///
    /// # Errors
    /// What is wrong, in words.
    pub(super) fn read(table: toml::Table) -> Result<Self, String> {
        let (common, own): (toml::Table, toml::Table) = table
            .into_iter()
            .partition(|(key, _)| COMMON.contains(&key.as_str()));
        let common: Common = common
            .try_into()
            .map_err(|error: toml::de::Error| error.message().to_owned())?;
        let what: Anomaly = own
            .try_into()
            .map_err(|error: toml::de::Error| error.message().to_owned())?;
        let on = match (common.servers, common.count, common.per_100) {
            (Some(servers), None, None) => Targets::Servers(servers),
            (None, count, None) => Targets::Count(count.unwrap_or(1)),
            (None, None, Some(share)) => Targets::PerHundred(share),
            _ => return Err("servers, count and per_100: only one of them".to_owned()),
        };
        Ok(Self {
            at: common.at,
            lasts: common.lasts,
            on,
            what,
        })
    }
}
