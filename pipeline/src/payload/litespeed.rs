//! `litespeed`: the LiteSpeed web server, its workers added up, every 60 s. Counters stand as the server tells them;
//! see [`super::rates`].

use super::catalogue::{Body, columns, float, share_pct};
use super::validate::Fields;
use serde::{Deserialize, Serialize};

/// A LiteSpeed or OpenLiteSpeed server.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Litespeed {
    /// Edition and version as the server tells them.
    pub version: String,
    /// Clients connected, plain and TLS.
    #[serde(default)]
    pub connections: Option<u64>,
    /// Clients it takes at once, plain and TLS.
    #[serde(default)]
    pub max_connections: Option<u64>,
    /// Requests per second.
    #[serde(default)]
    pub requests_per_s: Option<f64>,
    /// Received, plain and TLS, bytes per second.
    #[serde(default)]
    pub bytes_in_per_s: Option<f64>,
    /// Sent, plain and TLS, bytes per second.
    #[serde(default)]
    pub bytes_out_per_s: Option<f64>,
    /// Requests since its start.
    #[serde(default)]
    pub requests_total: Option<u64>,
    /// Static files served since its start.
    #[serde(default)]
    pub static_hits_total: Option<u64>,
    /// Answers from the public cache since its start.
    #[serde(default)]
    pub public_hits_total: Option<u64>,
    /// Answers from private caches since its start.
    #[serde(default)]
    pub private_hits_total: Option<u64>,
    /// Virtual hosts, its own administration left out.
    #[serde(default)]
    pub vhosts: Option<u64>,
    /// Age of the report that all of this was read from.
    #[serde(default)]
    pub report_age_s: Option<u64>,
}

/// A server writes its report every few seconds; one older than this is left over from a server that stopped.
const STOPPED_AFTER_S: u64 = 60;

/// More requests per second than this is nonsense.
const MAX_REQUESTS_PER_S: f64 = 1e9;

/// More bytes per second than this is nonsense: 1 PB/s.
const MAX_RATE: f64 = 1e15;

/// 300 years, seconds.
const MAX_SECONDS: u64 = 10_000_000_000;

impl Litespeed {
    /// Whether the server runs; `None` when the age of its report is not known.
    #[must_use]
    pub fn is_running(&self) -> Option<bool> {
        self.report_age_s.map(|age| age <= STOPPED_AFTER_S)
    }

    /// Connections in use, 0 to 100.
    #[must_use]
    pub fn connections_pct(&self) -> Option<f64> {
        share_pct(self.connections, self.max_connections).map(|pct| pct.min(100.0))
    }

    /// What a stopped server once wrote is no measurement: unknown, neither 0 nor the last value for ever.
    fn live<T>(&self, value: Option<T>) -> Option<T> {
        value.filter(|_| self.is_running() != Some(false))
    }
}

impl Body for Litespeed {
    type Row = Self;

    columns! { Litespeed, "litespeed", None;
        running: YesNo, "Web server writes its reports", |l| l.is_running().map(|yes| f64::from(u8::from(yes)));
        connections: Count, "Clients connected", |l| l.live(float(l.connections));
        max_connections: Count, "Clients the server takes at once", |l| l.live(float(l.max_connections));
        connections_pct: Percent, "Connections in use", |l| l.live(l.connections_pct());
        requests_per_s: PerSecond, "Requests", |l| l.live(l.requests_per_s);
        bytes_in_per_s: BytesPerSecond, "Received from clients", |l| l.live(l.bytes_in_per_s);
        bytes_out_per_s: BytesPerSecond, "Sent to clients", |l| l.live(l.bytes_out_per_s);
        requests_total: Count, "Requests since the server's start", |l| l.live(float(l.requests_total));
        static_hits_total: Count, "Static files served since the server's start",
            |l| l.live(float(l.static_hits_total));
        public_hits_total: Count, "Answers from the public cache since the server's start",
            |l| l.live(float(l.public_hits_total));
        private_hits_total: Count, "Answers from private caches since the server's start",
            |l| l.live(float(l.private_hits_total));
        vhosts: Count, "Virtual hosts", |l| l.live(float(l.vhosts));
        report_age_s: Seconds, "Age of the web server's own report", |l| float(l.report_age_s);
    }

    fn read(fields: &mut Fields<'_, '_>) -> Option<Self> {
        let version = fields.required_text("version", 1..=190);
        let body = Self {
            version: String::new(),
            connections: fields.count("connections"),
            max_connections: fields.count("max_connections"),
            requests_per_s: fields.number("requests_per_s", 0.0..=MAX_REQUESTS_PER_S),
            bytes_in_per_s: fields.number("bytes_in_per_s", 0.0..=MAX_RATE),
            bytes_out_per_s: fields.number("bytes_out_per_s", 0.0..=MAX_RATE),
            requests_total: fields.count("requests_total"),
            static_hits_total: fields.count("static_hits_total"),
            public_hits_total: fields.count("public_hits_total"),
            private_hits_total: fields.count("private_hits_total"),
            vhosts: fields.count("vhosts"),
            report_age_s: fields.whole("report_age_s", 0..=MAX_SECONDS),
        };
        Some(Self {
            version: version?,
            ..body
        })
    }

    fn rows(&self) -> &[Self] {
        std::slice::from_ref(self)
    }

    fn subject(_: &Self) -> Option<&str> {
        None
    }
}
