//! `mysql`: a database server, every 60 s. Counters stand as the server tells them; see [`super::rates`].

use super::batch::MAX_HINT_CHARS;
use super::catalogue::{Body, columns, float, share_pct};
use super::validate::Fields;
use serde::{Deserialize, Serialize};

/// MariaDB or MySQL.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Mysql {
    /// `mariadb`, `mysql` ...
    pub flavour: String,
    /// As the server tells it.
    pub version: String,
    /// Clients connected.
    #[serde(default)]
    pub threads_connected: Option<u64>,
    /// Clients it takes at once.
    #[serde(default)]
    pub max_connections: Option<u64>,
    /// Statements since its start.
    #[serde(default)]
    pub questions_total: Option<u64>,
    /// Slow statements since its start.
    #[serde(default)]
    pub slow_queries_total: Option<u64>,
    /// Deadlocks since its start; `None` where the server does not count them.
    #[serde(default)]
    pub deadlocks_total: Option<u64>,
    /// Seconds since its start.
    #[serde(default)]
    pub uptime_s: Option<u64>,
    /// What it replicates.
    pub replication: Replication,
    /// What would let the agent see the rest, in its words: a report may be whole but for what one grant shows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

/// How a database server stands in its replication.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Replication {
    /// Which end of it.
    pub role: ReplicationRole,
    /// Whether the thread that fetches from the primary runs; connecting is not running.
    #[serde(default)]
    pub io_running: Option<bool>,
    /// Whether the thread that applies what was fetched runs.
    #[serde(default)]
    pub sql_running: Option<bool>,
    /// How far behind, a wanted delay taken off; on a replica `None` means broken, not 0.
    #[serde(default)]
    pub lag_s: Option<u64>,
}

/// Which end of a replication a server is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReplicationRole {
    /// It replicates from nobody and nobody was seen to replicate from it.
    None,
    /// Others replicate from it.
    Primary,
    /// It replicates from another.
    Replica,
    /// The agent may not ask.
    #[default]
    Unknown,
}

const ROLES: &[(&str, ReplicationRole)] = &[
    ("none", ReplicationRole::None),
    ("primary", ReplicationRole::Primary),
    ("replica", ReplicationRole::Replica),
    ("unknown", ReplicationRole::Unknown),
];

/// 300 years, seconds.
const MAX_SECONDS: u64 = 10_000_000_000;

impl Mysql {
    /// Connections in use, 0 to 100; one beyond the limit is kept for an administrator and counts as 100.
    #[must_use]
    pub fn connections_pct(&self) -> Option<f64> {
        share_pct(self.threads_connected, self.max_connections).map(|pct| pct.min(100.0))
    }

    /// Only a replica has threads that may stand still.
    fn on_replica<T>(&self, of: fn(&Replication) -> Option<T>) -> Option<T> {
        (self.replication.role == ReplicationRole::Replica)
            .then(|| of(&self.replication))
            .flatten()
    }
}

fn yes_no(value: bool) -> f64 {
    f64::from(u8::from(value))
}

impl Body for Mysql {
    type Row = Self;

    columns! { Mysql, "mysql", None;
        threads_connected: Count, "Clients connected", |m| float(m.threads_connected);
        max_connections: Count, "Clients the server takes at once", |m| float(m.max_connections);
        connections_pct: Percent, "Connections in use", Mysql::connections_pct;
        questions_total: Count, "Statements since the server's start", |m| float(m.questions_total);
        slow_queries_total: Count, "Slow statements since the server's start", |m| float(m.slow_queries_total);
        deadlocks_total: Count, "Deadlocks since the server's start", |m| float(m.deadlocks_total);
        uptime_s: Seconds, "Time since the server's start", |m| float(m.uptime_s);
        replication_lag_s: Seconds, "Replica behind its primary", |m| m.on_replica(|r| float(r.lag_s));
        replication_io_running: YesNo, "Replica fetches from its primary",
            |m| m.on_replica(|r| r.io_running.map(yes_no));
        replication_sql_running: YesNo, "Replica applies what it fetched",
            |m| m.on_replica(|r| r.sql_running.map(yes_no));
    }

    fn read(fields: &mut Fields<'_, '_>) -> Option<Self> {
        let flavour = fields.required_text("flavour", 1..=64);
        let version = fields.required_text("version", 1..=190);
        let threads_connected = fields.count("threads_connected");
        let max_connections = fields.count("max_connections");
        let questions_total = fields.count("questions_total");
        let slow_queries_total = fields.count("slow_queries_total");
        let deadlocks_total = fields.count("deadlocks_total");
        let uptime_s = fields.whole("uptime_s", 0..=MAX_SECONDS);
        let replication = fields.required_object("replication", read_replication);
        let hint = fields.clipped_text("hint", MAX_HINT_CHARS);
        Some(Self {
            flavour: flavour?,
            version: version?,
            threads_connected,
            max_connections,
            questions_total,
            slow_queries_total,
            deadlocks_total,
            uptime_s,
            replication: replication?,
            hint,
        })
    }

    fn hint(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    fn rows(&self) -> &[Self] {
        std::slice::from_ref(self)
    }

    fn subject(_: &Self) -> Option<&str> {
        None
    }
}

fn read_replication(fields: &mut Fields<'_, '_>) -> Option<Replication> {
    let role = fields.required_choice("role", ROLES);
    let (io_running, sql_running) = if role == Some(ReplicationRole::Replica) {
        let io = fields.required_bool("io_running");
        let sql = fields.required_bool("sql_running");
        (Some(io?), Some(sql?))
    } else {
        (fields.flag("io_running"), fields.flag("sql_running"))
    };
    let lag_s = fields.whole("lag_s", 0..=MAX_SECONDS);
    Some(Replication {
        role: role?,
        io_running,
        sql_running,
        lag_s,
    })
}
