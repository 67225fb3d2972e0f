//! The registry of payload kinds, and the way from a request body to a validated payload.
//!
//! A kind is one file: its struct, its limits, its metrics; and one line in [`kinds!`]. The rest is shared:
//! `json` reads the body, [`validate`] reads fields, `errors` lists what is wrong, [`envelope`] tells when a payload was
//! true, [`batch`] puts it together, [`catalogue`] lists every metric, [`events`] every table of rows beside them.

pub mod address;
pub mod backups;
pub mod batch;
pub mod catalogue;
pub mod cpanel;
pub mod crons;
pub mod disks;
pub mod domain;
pub mod email_stats;
pub mod envelope;
mod errors;
pub mod events;
pub mod firewall;
pub mod inventory;
mod json;
pub mod lifecycle;
pub mod litespeed;
pub mod mail_queue;
pub mod metrics;
pub mod mysql;
pub mod processes;
pub mod rates;
pub mod validate;
mod wire_time;

pub use backups::{BackupStatus, Backups};
pub use batch::{MAX_BATCH, MAX_PAYLOAD_BYTES, PostError, Posted, parse_batch, parse_post};
pub use catalogue::{
    MetricSpec, MetricValues, Occasion, RowVisitor, Unit, find_metric, metrics_catalogue,
};
pub use cpanel::{Cpanel, LicenseStatus};
pub use crons::{CronEntry, Crons};
pub use disks::{Disks, Partition};
pub use email_stats::EmailStats;
pub use envelope::Envelope;
pub use errors::{FieldErrors, MAX_NAMED_FIELDS};
pub use events::{EventRow, EventTable, EventValue};
pub use firewall::Firewall;
pub use inventory::{Inventory, MailDomain};
pub use json::JsonError;
pub use lifecycle::{Lifecycle, LifecycleEvent, LifecycleReason};
pub use litespeed::Litespeed;
pub use mail_queue::{MailQueue, QueueSender};
pub use metrics::Metrics;
pub use mysql::{Mysql, Replication, ReplicationRole};
pub use processes::{Processes, Service};
pub use validate::Distinct;

use crate::clock::UnixMs;
use catalogue::Body;
use serde::{Deserialize, Serialize};
use std::time::Duration;

macro_rules! kinds {
    ($($(#[$doc:meta])* $variant:ident = $code:literal, $name:literal, every $interval:expr;)+) => {
        /// A kind of payload.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum Kind {
            $($(#[$doc])* #[serde(rename = $name)] $variant,)+
        }

        impl Kind {
            /// Every kind there is.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The endpoint's spelling.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// Its number in record headers; never used again for another kind.
            #[must_use]
            pub const fn code(self) -> u8 {
                match self { $(Self::$variant => $code,)+ }
            }

            /// Reads [`Kind::code`].
            #[must_use]
            pub const fn from_code(code: u8) -> Option<Self> {
                match code { $($code => Some(Self::$variant),)+ _ => None }
            }

            /// Its part of the metric catalogue.
            #[must_use]
            pub const fn metrics(self) -> &'static [MetricSpec] {
                match self { $(Self::$variant => <$variant as Body>::METRICS,)+ }
            }

            /// How often an agent sends it; `None` for kinds sent on an event.
            #[must_use]
            pub const fn interval(self) -> Option<Duration> {
                match self { $(Self::$variant => $interval,)+ }
            }
        }

        /// What was measured, by kind.
        #[derive(Debug, Clone, PartialEq)]
        pub enum Payload {
            $($(#[$doc])* $variant($variant),)+
        }

        impl Payload {
            /// Its kind.
            #[must_use]
            pub const fn kind(&self) -> Kind {
                match self { $(Self::$variant(_) => Kind::$variant,)+ }
            }

            pub(crate) fn read(kind: Kind, fields: &mut validate::Fields<'_, '_>) -> Option<Self> {
                match kind { $(Kind::$variant => <$variant as Body>::read(fields).map(Self::$variant),)+ }
            }

            pub(crate) fn values(&self, field: &str) -> MetricValues<'_> {
                match self { $(Self::$variant(body) => catalogue::values_of(body, field),)+ }
            }

            pub(crate) fn visit_rows(&self, each: &mut catalogue::RowVisitor<'_>) {
                match self { $(Self::$variant(body) => catalogue::rows_of(body, each),)+ }
            }

            pub(crate) fn row_time(&self, event_at: UnixMs, received_at: UnixMs) -> Option<UnixMs> {
                match self { $(Self::$variant(body) => body.row_at(event_at, received_at),)+ }
            }

            pub(crate) fn visit_events(&self, row_at: UnixMs, each: &mut events::EventVisitor<'_>) {
                match self { $(Self::$variant(body) => body.events(row_at, each),)+ }
            }

            fn correct_times(&mut self, correct: &dyn Fn(UnixMs) -> UnixMs) {
                match self { $(Self::$variant(body) => body.correct_times(correct),)+ }
            }

            /// What it reports the end of, for kinds that are judged however late they come.
            #[must_use]
            pub fn occasion(&self) -> Option<Occasion> {
                match self { $(Self::$variant(body) => body.occasion(),)+ }
            }

            /// What would let the agent see what is missing in it, in the agent's words.
            #[must_use]
            pub fn hint(&self) -> Option<&str> {
                match self { $(Self::$variant(body) => body.hint(),)+ }
            }

            fn write_json(&self, out: &mut Vec<u8>) -> Result<(), serde_json::Error> {
                match self { $(Self::$variant(body) => serde_json::to_writer(out, body),)+ }
            }
        }

        $(impl From<$variant> for Payload {
            fn from(body: $variant) -> Self {
                Self::$variant(body)
            }
        })+
    };
}

const fn seconds(n: u64) -> Option<Duration> {
    Some(Duration::from_secs(n))
}

kinds! {
    /// CPU, memory, load, network and disk traffic of the host.
    Metrics = 1, "metrics", every seconds(60);
    /// The services the host is there for.
    Processes = 2, "processes", every seconds(60);
    /// File systems, bytes and inodes.
    Disks = 3, "disks", every seconds(300);
    /// The agent starts or says goodbye.
    Lifecycle = 4, "lifecycle", every None;
    /// A MariaDB or MySQL server.
    Mysql = 5, "mysql", every seconds(60);
    /// A LiteSpeed web server.
    Litespeed = 6, "litespeed", every seconds(60);
    /// What firewalls did and saw.
    Firewall = 7, "firewall", every seconds(120);
    /// What waits in the mail server's queue.
    MailQueue = 8, "mail-queue", every seconds(300);
    /// Jobs of crontabs, and when they last ran.
    Crons = 9, "crons", every seconds(900);
    /// Mail sent in an hour, by sender domain, login and script.
    EmailStats = 10, "email-stats", every seconds(300);
    /// Accounts of a cPanel host and its licence.
    Cpanel = 11, "cpanel", every seconds(3600);
    /// A backup run that ended.
    Backups = 12, "backups", every None;
    /// What the host is made of.
    Inventory = 13, "inventory", every seconds(3600);
}

impl Kind {
    /// Reads [`Kind::name`].
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.name() == name)
    }

    /// A payload older than this at arrival fills charts and is never judged, unless it tells of an [`Occasion`]:
    /// max(10 min, 2 intervals).
    #[must_use]
    pub fn late_after(self) -> Duration {
        let two = self.interval().unwrap_or_default().saturating_mul(2);
        two.max(Duration::from_secs(600))
    }
}

/// What one payload says: measurements, or why there are none.
#[derive(Debug, Clone, PartialEq)]
#[expect(
    clippy::large_enum_variant,
    reason = "lives in an Arc, one allocation each"
)]
pub enum Report {
    /// Measurements.
    Data(Payload),
    /// The probe could not read its source. Never shown as healthy, opens and resolves nothing.
    Unreadable {
        /// Of which kind.
        kind: Kind,
        /// Why.
        error: KindError,
        /// What would help, in the agent's words.
        hint: Option<String>,
    },
}

/// Why a probe has nothing to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KindError {
    /// The agent's user may not read the source.
    NoPermission,
    /// The source is not on this host.
    NotInstalled,
    /// The source answered nonsense.
    CollectorError,
    /// The source did not answer in time.
    Timeout,
}

impl KindError {
    pub(crate) const NAMES: &'static [(&'static str, Self)] = &[
        ("no_permission", Self::NoPermission),
        ("not_installed", Self::NotInstalled),
        ("collector_error", Self::CollectorError),
        ("timeout", Self::Timeout),
    ];
}

#[derive(Serialize)]
struct UnreadableBody<'a> {
    kind_error: KindError,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<&'a str>,
}

impl Report {
    /// Its kind.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Data(payload) => payload.kind(),
            Self::Unreadable { kind, .. } => *kind,
        }
    }

    /// The measurements, where there are any.
    #[must_use]
    pub const fn data(&self) -> Option<&Payload> {
        match self {
            Self::Data(payload) => Some(payload),
            Self::Unreadable { .. } => None,
        }
    }

    /// Why there are no measurements.
    #[must_use]
    pub const fn error(&self) -> Option<KindError> {
        match self {
            Self::Data(_) => None,
            Self::Unreadable { error, .. } => Some(*error),
        }
    }

    /// What would let the agent see what it could not, in the agent's words; measurements may lack something too.
    #[must_use]
    pub fn hint(&self) -> Option<&str> {
        match self {
            Self::Data(payload) => payload.hint(),
            Self::Unreadable { hint, .. } => hint.as_deref(),
        }
    }

    /// The time at which what it says is stored; `None` when it is not: something better stands there, or will.
    #[must_use]
    pub fn row_at(&self, event_at: UnixMs, received_at: UnixMs) -> Option<UnixMs> {
        match self {
            Self::Data(payload) => payload.row_time(event_at, received_at),
            Self::Unreadable { .. } => Some(event_at),
        }
    }

    /// Calls `each` with every event row of a report that is stored at `row_at`, but for events that were older than
    /// [`events::EVENTS_KEPT`] when it came.
    pub fn for_each_event(
        &self,
        row_at: UnixMs,
        received_at: UnixMs,
        each: &mut events::EventVisitor<'_>,
    ) {
        let Self::Data(payload) = self else { return };
        let oldest = received_at.minus(events::EVENTS_KEPT);
        payload.visit_events(row_at, &mut |event| {
            if event.at >= oldest {
                each(event);
            }
        });
    }

    /// Puts the times inside, by the agent's clock, through `correct`; whether that changed any.
    pub(crate) fn correct_times(&mut self, correct: &dyn Fn(UnixMs) -> UnixMs) -> bool {
        let Self::Data(payload) = self else {
            return false;
        };
        let changed = std::cell::Cell::new(false);
        payload.correct_times(&|agents| {
            let ours = correct(agents);
            changed.set(changed.get() || ours != agents);
            ours
        });
        changed.get()
    }

    /// Appends the normalised JSON: known fields only, refused ones as null.
    pub fn write_json(&self, out: &mut Vec<u8>) {
        let written = match self {
            Self::Data(payload) => payload.write_json(out),
            Self::Unreadable { error, hint, .. } => serde_json::to_writer(
                out,
                &UnreadableBody {
                    kind_error: *error,
                    hint: hint.as_deref(),
                },
            ),
        };
        if let Err(error) = written {
            tracing::error!(%error, kind = self.kind().name(), "payload cannot be written as json");
        }
    }

    /// Reads what [`Report::write_json`] wrote, number for number: a replay must see what the live reader saw, and
    /// `serde_json` without its `float_roundtrip` is off by one in the last place for some.
    ///
    /// # Errors
    /// When it is not a body of that kind.
    pub fn from_json(kind: Kind, json: &[u8]) -> Result<Self, PostError> {
        batch::parse_body(kind, json)
    }
}

/// How a metric compares with a threshold while in breach.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Comparator {
    /// Above.
    #[serde(rename = ">")]
    Above,
    /// At or above.
    #[serde(rename = ">=")]
    AtLeast,
    /// Below.
    #[serde(rename = "<")]
    Below,
    /// At or below.
    #[serde(rename = "<=")]
    AtMost,
}

impl Comparator {
    /// Whether `value` compares so with `threshold`. NaN never does.
    #[must_use]
    pub fn holds(self, value: f64, threshold: f64) -> bool {
        match self {
            Self::Above => value > threshold,
            Self::AtLeast => value >= threshold,
            Self::Below => value < threshold,
            Self::AtMost => value <= threshold,
        }
    }
}

#[cfg(test)]
mod tests;
