//! The registry of payload kinds. To add one: a file here with its struct, one line in [`kinds!`], a fixture.

pub mod disks;
pub mod lifecycle;
pub mod metrics;
pub mod processes;

pub use disks::{Disks, Partition};
pub use lifecycle::{Lifecycle, LifecycleEvent, LifecycleReason};
pub use metrics::Metrics;
pub use processes::{Processes, Service};

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

            fn write_json(&self, out: &mut Vec<u8>) -> Result<(), serde_json::Error> {
                match self { $(Self::$variant(body) => serde_json::to_writer(out, body),)+ }
            }

            fn from_json(kind: Kind, json: &[u8]) -> Result<Self, serde_json::Error> {
                match kind { $(Kind::$variant => serde_json::from_slice(json).map(Self::$variant),)+ }
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
}

impl Kind {
    /// Reads [`Kind::name`].
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.name() == name)
    }

    /// A payload older than this at arrival fills charts and is never judged: max(10 min, 2 intervals).
    #[must_use]
    pub fn late_after(self) -> Duration {
        let two = self.interval().unwrap_or_default().saturating_mul(2);
        two.max(Duration::from_secs(600))
    }
}

/// What one payload says: measurements, or why there are none.
#[derive(Debug, Clone, PartialEq)]
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

#[derive(Serialize, Deserialize)]
struct UnreadableBody {
    kind_error: KindError,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
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

    /// Appends the normalised JSON: known fields only, refused ones as null.
    pub fn write_json(&self, out: &mut Vec<u8>) {
        let written = match self {
            Self::Data(payload) => payload.write_json(out),
            Self::Unreadable { error, hint, .. } => serde_json::to_writer(
                out,
                &UnreadableBody {
                    kind_error: *error,
                    hint: hint.clone(),
                },
            ),
        };
        if let Err(error) = written {
            tracing::error!(%error, kind = self.kind().name(), "payload cannot be written as json");
        }
    }

    /// Reads what [`Report::write_json`] wrote.
    ///
    /// # Errors
    /// When it is not a body of that kind.
    pub fn from_json(kind: Kind, json: &[u8]) -> Result<Self, serde_json::Error> {
        if json.starts_with(b"{\"kind_error\"") {
            let body: UnreadableBody = serde_json::from_slice(json)?;
            return Ok(Self::Unreadable {
                kind,
                error: body.kind_error,
                hint: body.hint,
            });
        }
        Payload::from_json(kind, json).map(Self::Data)
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
