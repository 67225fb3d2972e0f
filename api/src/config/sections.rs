//! The settings themselves: one struct a concern.

use super::source::{Problem, Reader, SectionDoc, SettingDoc, render};
use super::{Cidr, PublicUrl, Secret};
use chrono_tz::Tz;
use noc_actors::notify::Bundling;
use noc_actors::notify::outbound::Outbound;
use noc_actors::notify::storm::StormLimit;
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

macro_rules! is_secret {
    () => {
        false
    };
    (secret) => {
        true
    };
}

macro_rules! example {
    () => {
        None
    };
    ($text:literal) => {
        Some($text)
    };
}

/// Declares sections: a struct each with its defaults, how it is read, and what the example file says of it.
macro_rules! sections {
    ($(
        $(#[doc = $about:literal])+
        $name:ident as $section:ident {$(
            $(#[doc = $doc:literal])+
            $field:ident: $ty:ty = $default:expr, $env:literal $([$secret:ident])? $(like $example:literal)?;
        )+}
    )+) => {
        $(
            $(#[doc = $about])+
            #[derive(Debug, Clone)]
            pub struct $name {
                $(
                    $(#[doc = $doc])+
                    #[doc = concat!("\n\nVariable `", $env, "`.")]
                    pub $field: $ty,
                )+
            }

            impl Default for $name {
                fn default() -> Self {
                    Self { $($field: $default,)+ }
                }
            }
        )+

        /// All settings, one field a concern.
        #[derive(Debug, Clone, Default)]
        pub struct Config {
            $(
                $(#[doc = $about])+
                pub $section: $name,
            )+
        }

        impl Config {
            pub(super) fn read(reader: &mut Reader<'_>) -> Self {
                Self {
                    $($section: $name {
                        $($field: reader.get(
                            stringify!($section),
                            stringify!($field),
                            $env,
                            is_secret!($($secret)?),
                            $default,
                        ),)+
                    },)+
                }
            }
        }

        /// Every setting there is, in the order of the example file.
        pub(super) fn docs() -> Vec<SectionDoc> {
            vec![$(SectionDoc {
                name: stringify!($section),
                doc: &[$($about),+],
                settings: vec![$(SettingDoc {
                    key: stringify!($field),
                    env: $env,
                    doc: &[$($doc),+],
                    secret: is_secret!($($secret)?),
                    default: render::<$ty>(&$default),
                    example: example!($($example)?),
                },)+],
            },)+]
        }
    };
}

sections! {
    /// Where the service listens and how it is reached.
    Http as http {
        /// Address and port for agents, dashboard and API. Loopback by default: TLS is the work of a proxy in front.
        bind: SocketAddr = SocketAddr::from(([127, 0, 0, 1], 8080)), "NOC_BIND";
        /// Address and port of our own metrics, in Prometheus' text format.
        metrics_bind: SocketAddr = SocketAddr::from(([127, 0, 0, 1], 9464)), "NOC_METRICS_BIND";
        /// What people and agents call this service: stands in install commands, mails and cookies (`Secure` for
        /// https). Unset: `http://` and the address of `bind`.
        public_url: Option<PublicUrl> = None, "NOC_PUBLIC_URL" like "https://noc.example.com";
        /// Proxies whose `X-Forwarded-For` is believed, as addresses or prefixes. Empty: nobody's is.
        trusted_proxies: Vec<Cidr> = Vec::new(), "NOC_TRUSTED_PROXIES";
        /// Threads that serve requests. 0: one a core.
        workers: usize = 0, "NOC_WORKERS";
        /// Seconds between turning not ready and refusing connections, so that a load balancer sees it coming.
        drain_s: u64 = 1, "NOC_DRAIN_S";
        /// Seconds that requests in flight get to finish at shutdown.
        shutdown_s: u64 = 15, "NOC_SHUTDOWN_S";
    }

    /// Where data lives. Every address that is unset means the embedded part, which needs nothing but the directory.
    Storage as storage {
        /// Directory of everything embedded, of generated keys and of this node's identity.
        data_dir: PathBuf = PathBuf::from("data"), "NOC_DATA_DIR";
        /// Below so many MiB free, agents are told to wait (503) so that there is room to recover.
        min_free_mib: u64 = 512, "NOC_MIN_FREE_MIB";
        /// Partitions of the embedded log. Fixed by the first start.
        log_partitions: u32 = 4, "NOC_LOG_PARTITIONS";
    }

    /// Kafka, for the log, snapshots, live events and records set aside. Needed by a second node.
    Kafka as kafka {
        /// Kafka's addresses, separated by commas. Unset: the embedded log.
        brokers: Option<String> = None, "NOC_KAFKA_BROKERS" like "kafka-1:9092,kafka-2:9092";
        /// Partitions of the log: how many ways it can be shared among nodes. Fixed by the first start.
        partitions: u32 = 64, "NOC_KAFKA_PARTITIONS";
        /// Put before the names of topics, so that several installations may share a cluster.
        topic_prefix: String = "noc.".to_owned(), "NOC_KAFKA_TOPIC_PREFIX";
        /// Whether brokers are spoken to over TLS. Needs a build with the feature `kafka-tls`.
        tls: bool = false, "NOC_KAFKA_TLS";
        /// PEM file of the authorities that the brokers' certificates must come from. Unset: the system's.
        tls_ca_file: Option<PathBuf> = None, "NOC_KAFKA_TLS_CA_FILE" like "/etc/noc/kafka-ca.pem";
        /// How the password is shown to brokers: `plain` (with TLS only), `scram-sha-256`, `scram-sha-512`.
        sasl_mechanism: KafkaMechanism = KafkaMechanism::ScramSha512, "NOC_KAFKA_SASL_MECHANISM";
        /// User that brokers know us as. Unset: no authentication.
        sasl_username: Option<String> = None, "NOC_KAFKA_SASL_USERNAME" like "noc";
        /// Its password.
        sasl_password: Option<Secret> = None, "NOC_KAFKA_SASL_PASSWORD" [secret] like "any long random text";
    }

    /// QuestDB, for measurements. Needed by a second node.
    Questdb as questdb {
        /// QuestDB's HTTP address, with `user:password@` before the host where it wants that. Unset: the embedded
        /// series store.
        url: Option<Secret> = None, "NOC_QUESTDB_URL" [secret] like "http://questdb:9000";
        /// Bearer token in place of a user and password.
        token: Option<Secret> = None, "NOC_QUESTDB_TOKEN" [secret] like "a token of QuestDB";
        /// Put before the names of tables, so that several installations may share a server: letters, digits and `_`.
        table_prefix: String = String::new(), "NOC_QUESTDB_TABLE_PREFIX";
    }

    /// MariaDB 10.6 or newer, for everything that has an id. Needed by a second node.
    Database as database {
        /// The relational database. Unset: SQLite in the data directory. Once it is set the keys (`COREPANEL_FIELD_KEY`,
        /// `COREPANEL_LOG_CHAIN_KEY`, `NOC_LIVE_KEY`, `NOC_LIVE_SECRET`) must be set too: nodes share them.
        url: Option<Secret> = None, "NOC_DATABASE_URL" [secret] like "mysql://noc:secret@db/noc";
        /// A replica of it, for reports that may be some seconds late. It is left alone while it is away or over 30 s
        /// behind.
        read_url: Option<Secret> = None, "NOC_DATABASE_READ_URL" [secret] like "mysql://noc:secret@db-replica/noc";
        /// Connections of a node for writing.
        connections: u32 = 16, "NOC_DATABASE_CONNECTIONS";
        /// Connections of a node for reading, and as many to the replica.
        read_connections: u32 = 8, "NOC_DATABASE_READ_CONNECTIONS";
    }

    /// What an agent may send, and how fast.
    Ingest as ingest {
        /// Requests per second and server, in the long run.
        server_rate: u32 = 10, "NOC_INGEST_SERVER_RATE";
        /// Requests a server may make at once, such as when it drains its spool.
        server_burst: u32 = 120, "NOC_INGEST_SERVER_BURST";
        /// Failed authentications per minute and address, in the long run. Good ones are not counted per address:
        /// hosts share them.
        failed_auth_rate: u32 = 30, "NOC_INGEST_FAILED_AUTH_RATE";
        /// Failed authentications an address may make at once.
        failed_auth_burst: u32 = 60, "NOC_INGEST_FAILED_AUTH_BURST";
        /// Bytes of a request's body as sent.
        max_wire_bytes: usize = 1024 * 1024, "NOC_INGEST_MAX_WIRE_BYTES";
        /// Bytes of a request's body once decompressed.
        max_decoded_bytes: usize = 8 * 1024 * 1024, "NOC_INGEST_MAX_DECODED_BYTES";
        /// Milliseconds the log may take to make a request durable; then the agent is told to try again.
        append_timeout_ms: u64 = 8_000, "NOC_INGEST_APPEND_TIMEOUT_MS";
    }

    /// Who may use the dashboard, at the first start and after.
    Accounts as accounts {
        /// Password of the first administrator, used at the first start only. Unset: see the security page.
        admin_password: Option<Secret> = None, "NOC_ADMIN_PASSWORD" [secret] like "at least 12 characters";
        /// Zone for anything that goes by the time of day and has no zone of its own.
        timezone: Tz = Tz::Asia__Dhaka, "NOC_TIMEZONE";
        /// Minutes without a request that end a session.
        session_idle_min: u64 = 12 * 60, "NOC_SESSION_IDLE_MIN";
        /// Hours after which a session ends in any case.
        session_max_h: u64 = 7 * 24, "NOC_SESSION_MAX_H";
    }

    /// Keys. Those that are unset are made at the first start and kept in `keys/` of the data directory.
    Keys as keys {
        /// Key that encrypts secrets in the database: 32 bytes in base64.
        field_key: Option<Secret> = None, "COREPANEL_FIELD_KEY" [secret] like "base64 of 32 bytes";
        /// Earlier field keys, separated by commas: read with, never written with.
        field_keys: Option<Secret> = None, "COREPANEL_FIELD_KEYS" [secret] like "base64,base64";
        /// Key of the security log's chain: 32 bytes in base64.
        log_chain_key: Option<Secret> = None, "COREPANEL_LOG_CHAIN_KEY" [secret] like "base64 of 32 bytes";
    }

    /// The live connection of open pages.
    Live as live {
        /// Name of the application in the socket's address; public.
        key: Option<Secret> = None, "NOC_LIVE_KEY" [secret] like "any word";
        /// Signs a page's subscription to a channel.
        secret: Option<Secret> = None, "NOC_LIVE_SECRET" [secret] like "any long random text";
        /// Host that pages connect to. Unset: the one they came from.
        host: Option<String> = None, "NOC_LIVE_HOST" like "live.example.com";
        /// Port that pages connect to. Unset: the one they came from.
        port: Option<u16> = None, "NOC_LIVE_PORT" like "443";
        /// `http` or `https`. Unset: as the page came.
        scheme: Option<String> = None, "NOC_LIVE_SCHEME" like "https";
    }

    /// What outgoing channels may reach, and how much one recipient is told.
    Alerting as alerting {
        /// Private addresses or prefixes that channels may connect to; all others of that sort are refused. Mail goes to
        /// listed addresses on any port, to others on 25, 465, 587 and 2525; web services are called on 80, 443, 8080 and
        /// 8443. WAHA on this machine needs 127.0.0.0/8.
        outbound_allow: Vec<Cidr> = Vec::new(), "NOC_OUTBOUND_ALLOW";
        /// Seconds between two messages about one group of incidents to one recipient over one channel; what joins
        /// meanwhile leaves as one message. 0: every incident is a message of its own.
        group_wait_s: u64 = 30, "NOC_GROUP_WAIT_S";
        /// Messages about trouble that one recipient gets over one channel at once, before a storm is held back and told
        /// together. Never held back are recoveries and the first critical. 0: no limit.
        storm_messages: u32 = 10, "NOC_STORM_MESSAGES";
        /// Seconds in which so many messages are worked off: in a storm one leaves each time that this, divided by their
        /// number, has passed.
        storm_window_s: u64 = 600, "NOC_STORM_WINDOW_S";
    }

    /// The health page for outside checks.
    Health as health {
        /// Token that opens `/health` and `/health/db`. Unset: administrators only.
        token: Option<Secret> = None, "COREPANEL_HEALTH_TOKEN" [secret] like "any long random text";
        /// Directory whose file system must have room. Unset: the data directory.
        disk_path: Option<PathBuf> = None, "COREPANEL_HEALTH_DISK_PATH" like "/var/lib/noc";
        /// MiB that must be free there.
        min_disk_free_mb: u64 = 1024, "COREPANEL_HEALTH_MIN_DISK_FREE_MB";
        /// How the queue is checked: `db` (age of the oldest due delivery), `filesystem` (age of the heartbeat file),
        /// `none`.
        queue_mode: QueueMode = QueueMode::Db, "COREPANEL_HEALTH_QUEUE_MODE";
        /// File that the notify role touches every 10 s. Unset: `notify.heartbeat` in the data directory.
        queue_heartbeat_file: Option<PathBuf> = None, "COREPANEL_HEALTH_QUEUE_HEARTBEAT_FILE" like "/run/noc/notify.heartbeat";
        /// Seconds that the oldest due delivery, or the heartbeat file, may be old.
        queue_max_age_s: u64 = 300, "COREPANEL_HEALTH_QUEUE_HEARTBEAT_MAX_AGE_SECONDS";
    }

    /// How long data is kept.
    Retention as retention {
        /// Hours in the log: how long a consumer may be stopped without loss.
        log_h: u64 = 72, "NOC_RETENTION_LOG_H";
        /// Days of raw measurements.
        raw_days: u64 = 30, "NOC_RETENTION_RAW_DAYS";
        /// Days of hourly measurements.
        hourly_days: u64 = 396, "NOC_RETENTION_HOURLY_DAYS";
        /// Days of backup runs.
        backup_run_days: u64 = 396, "NOC_RETENTION_BACKUP_RUN_DAYS";
        /// Days of records set aside.
        dead_letter_days: u64 = 7, "NOC_RETENTION_DEAD_LETTER_DAYS";
    }

    /// What the process says of itself on standard error.
    Logging as logging {
        /// `text` for people, `json` for collectors.
        format: LogFormat = LogFormat::Text, "NOC_LOG_FORMAT";
        /// Levels, as `tracing` writes them, such as `info,noc_actors=debug`.
        filter: String = "info,fjall=warn,lsm_tree=warn,actix_server=warn,sea_orm_migration=warn".to_owned(), "NOC_LOG_FILTER";
        /// Whether each request is logged. Agents' posts are counted in the metrics and never logged one by one.
        access: bool = true, "NOC_LOG_ACCESS";
    }
}

/// How a password is shown to Kafka's brokers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum KafkaMechanism {
    /// As it is.
    Plain,
    /// As an answer to a challenge, with SHA-256.
    #[serde(rename = "scram-sha-256")]
    ScramSha256,
    /// As an answer to a challenge, with SHA-512.
    #[serde(rename = "scram-sha-512")]
    ScramSha512,
}

/// How `/health` looks at the notification queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QueueMode {
    /// It does not.
    None,
    /// By the oldest due delivery.
    Db,
    /// By the age of the heartbeat file.
    Filesystem,
}

/// How log lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

impl Config {
    /// What people and agents call this service, without a trailing slash.
    #[must_use]
    pub fn public_url(&self) -> String {
        match &self.http.public_url {
            Some(url) => url.as_str().to_owned(),
            None => format!("http://{}", self.http.bind),
        }
    }

    /// Which addresses outgoing channels may connect to.
    #[must_use]
    pub fn outbound(&self) -> Outbound {
        let allowed = self.alerting.outbound_allow.clone();
        if allowed.is_empty() {
            return Outbound::default();
        }
        Outbound::allowing(move |address| allowed.iter().any(|range| range.contains(address)))
    }

    /// What leaves in one message, and how many may.
    #[must_use]
    pub fn bundling(&self) -> Bundling {
        let alerting = &self.alerting;
        Bundling {
            group_wait: Duration::from_secs(alerting.group_wait_s),
            storm: (alerting.storm_messages > 0).then(|| StormLimit {
                messages: alerting.storm_messages,
                window: Duration::from_secs(alerting.storm_window_s),
            }),
        }
    }

    /// What no single value shows.
    pub(super) fn check(&self, problems: &mut Vec<Problem>) {
        let mut refuse = |at: &str, what: &str| {
            problems.push(Problem {
                at: at.to_owned(),
                what: what.to_owned(),
            });
        };
        let storage = &self.storage;
        if storage.log_partitions == 0 || storage.log_partitions > 1024 {
            refuse("storage.log_partitions", "must be 1 to 1024");
        }
        let ingest = &self.ingest;
        for (at, value) in [
            ("ingest.server_rate", ingest.server_rate),
            ("ingest.server_burst", ingest.server_burst),
            ("ingest.failed_auth_rate", ingest.failed_auth_rate),
            ("ingest.failed_auth_burst", ingest.failed_auth_burst),
        ] {
            if value == 0 {
                refuse(at, "must be at least 1");
            }
        }
        if !(100..=9_000).contains(&ingest.append_timeout_ms) {
            refuse(
                "ingest.append_timeout_ms",
                "must be 100 to 9000: an agent gets its answer within 10 s",
            );
        }
        if ingest.max_decoded_bytes < ingest.max_wire_bytes {
            refuse(
                "ingest.max_decoded_bytes",
                "must not be below ingest.max_wire_bytes",
            );
        }
        if self.alerting.group_wait_s > 300 {
            refuse(
                "alerting.group_wait_s",
                "must be at most 300: a page must not wait for long",
            );
        }
        if !(10..=86_400).contains(&self.alerting.storm_window_s) {
            refuse("alerting.storm_window_s", "must be 10 to 86400");
        }
        if let Some(password) = &self.accounts.admin_password
            && password.expose().chars().count() < 12
        {
            refuse("NOC_ADMIN_PASSWORD", "must have at least 12 characters");
        }
        if let Some(scheme) = &self.live.scheme
            && !matches!(scheme.as_str(), "http" | "https")
        {
            refuse("live.scheme", "must be http or https");
        }
        if self.http.bind == self.http.metrics_bind && self.http.bind.port() != 0 {
            refuse("http.metrics_bind", "must differ from http.bind");
        }
        self.check_parts(&mut refuse);
    }
}
