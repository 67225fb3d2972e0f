//! The detectors: pure functions from what is remembered and what is seen to verdicts and a patch of the memory.
//!
//! * A detector never does I/O, never reads a clock, and sees its own part of the state only. That makes replay,
//!   restart and explanation possible: the same log gives the same verdicts.
//! * It runs under `catch_unwind`; its patch is applied only when it returned. A detector that panics sets the
//!   record aside and leaves everything else as it was.
//! * It says what it sees. Whether an incident opens, stays quiet or resolves is decided in
//!   [`crate::incident::lifecycle`].
//!
//! To add one: a file here with a unit struct that implements [`Detector`], one line in [`registry`], and its
//! firing and quiet cases beside it.

mod amount;
mod backup;
pub mod backup_failed;
pub mod backup_partial;
pub mod backup_stale;
pub mod baseline_rule;
pub mod blacklisted;
#[cfg(test)]
mod budget;
pub mod clock_skew;
pub mod cpanel_license;
pub mod cron_overdue;
mod disk;
pub mod disk_bytes;
pub mod disk_full_soon;
pub mod disk_inodes;
pub mod duplicate_agent;
pub mod evidence;
pub mod firewall_attack;
mod fleet;
pub mod litespeed_cache;
pub mod mail_abuse;
pub mod mail_auth;
pub mod mail_queue_spike;
pub mod mail_ramp;
pub mod mysql_replication;
pub mod mysql_saturation;
pub mod overload;
pub mod probe_silent;
pub mod rules;
mod samples;
pub mod series;
pub mod server_down;
pub mod service_down;
pub mod service_flapping;
mod shell;
mod span;
pub mod threshold;
pub mod unexpected_reboot;
mod verdict;
mod wording;

#[cfg(test)]
pub(crate) mod bench;

pub use fleet::Fleet;
pub use rules::Rules;
pub use samples::{Measured, Samples};
pub use verdict::{Finding, Outcome, Title, Verdict, page_hold};

use crate::facts::Fact;
use crate::incident::lifecycle::{Phase, Track, Tracks};
use crate::state::{ClockMs, Presence, decode_versioned, encode_versioned};
use noc_pipeline::clock::UnixMs;
use noc_pipeline::control::{Severity, Word};
use noc_pipeline::id::ServerId;
use noc_pipeline::payload::{Kind, Unit};
use noc_pipeline::record::PayloadRecord;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::time::Duration;

/// What a detector is, for the registry, the settings page and the metrics.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Info {
    /// Its name in incidents, rules and metrics.
    pub key: &'static str,
    /// Its number in snapshots; never used again for another one.
    #[serde(skip)]
    pub code: u8,
    /// Version of its part of the state; a part of another version is forgotten.
    #[serde(skip)]
    pub version: u8,
    /// Which payloads it judges; empty when it judges the server's presence.
    pub kinds: &'static [Kind],
    /// What else it wants to be shown.
    #[serde(skip)]
    pub also: &'static [Also],
    /// Whether it compares a report with those before it. While two agents report as this server those are of two hosts:
    /// it learns nothing then, and what it says moves no incident. What one report proves is true of one of the two,
    /// and is heard.
    #[serde(skip)]
    pub compares_reports: bool,
    /// The series it judges; `None` where it judges something else than one.
    #[serde(skip)]
    pub judges: Option<series::Judged>,
    /// For people.
    pub name: &'static str,
    /// What it looks for, in one or two sentences.
    pub about: &'static str,
    /// The severities it may give, mildest first.
    pub severities: &'static [Severity],
    /// Its numbers that a rule may set for tags or servers.
    pub numbers: &'static [Number],
    /// A page about it in Markdown, for operators: what, why, how it decides, how to tune.
    #[serde(skip)]
    pub docs: &'static str,
}

/// A number of a detector that operators may set.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Number {
    /// Its name in rules.
    pub key: &'static str,
    /// What it counts in.
    pub unit: Unit,
    /// Where no rule sets it.
    pub default: f64,
    /// The smallest that makes sense.
    pub min: f64,
    /// The largest that makes sense.
    pub max: f64,
    /// What it does, in one line.
    pub about: &'static str,
}

/// Observations beyond first-time, fresh payloads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Also {
    /// A payload that was taken before.
    Repeats,
    /// Time passed without a payload.
    Silence,
    /// Rules or the server's tags changed.
    Rules,
    /// A payload of its kinds that came late and tells of an occasion.
    Late,
    /// Words for it, see [`Word`].
    Words,
    /// Single numbers of its kinds, as they were recorded.
    Measured,
}

/// What is seen.
#[derive(Debug, Clone, Copy)]
pub enum Observation<'a> {
    /// A payload, taken for the first time, fresh, the newest of its kind.
    Report(&'a PayloadRecord),
    /// A payload that came late, taken for the first time, which tells of the newest occasion of its subject: what it
    /// says happened a while ago, and the agent need not be well now.
    Late(&'a PayloadRecord),
    /// A payload that was taken before.
    Repeat(&'a PayloadRecord),
    /// Time passed without a payload: the partition clock reached what [`Detector::wake`] asked for.
    Silence,
    /// Rules or the server's tags changed.
    Rules,
    /// People, or the platform's own checks, tell it something. Shown to the detector it is meant for only.
    Told {
        /// About which subject; empty where it is about the server.
        subject: &'a str,
        /// What.
        word: &'a Word,
        /// When it was said.
        at: UnixMs,
    },
    /// Values of one metric, as the series store has them: a replay for rules of one metric. Never seen in life.
    Measured(&'a Measured),
}

/// Everything a detector may look at besides its own part of the state.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// Whose.
    pub server: ServerId,
    /// What is seen.
    pub seen: Observation<'a>,
    /// The partition clock at the record.
    pub clock: ClockMs,
    /// When the server was heard of, this payload included.
    pub presence: Presence,
    /// The server's tags.
    pub tags: &'a [String],
    /// Users' rules.
    pub rules: &'a Rules,
    /// The server's incidents, open and lately over.
    pub tracks: &'a Tracks,
    /// What is known of the whole fleet.
    pub fleet: &'a Fleet,
    /// What the report tells that is kept as a row, already judged: a backup run, cron jobs.
    pub fact: Option<&'a Fact>,
}

/// Detectors' numbers as the rules set them for one server.
#[derive(Debug, Clone, Copy)]
pub struct Numbers<'a> {
    /// Whose.
    pub server: ServerId,
    /// The server's tags.
    pub tags: &'a [String],
    /// Users' rules.
    pub rules: &'a Rules,
}

impl Numbers<'_> {
    /// One of the detector's numbers, as the most specific rule for this server sets it.
    #[must_use]
    pub fn get(&self, of: &Info, key: &str) -> f64 {
        let set = self.rules.number(of.key, key, self.server, self.tags);
        set.unwrap_or_else(|| {
            let declared = of.numbers.iter().find(|number| number.key == key);
            debug_assert!(declared.is_some(), "{key} is no number of {}", of.key);
            declared.map_or(f64::NAN, |number| number.default)
        })
    }

    /// A number that counts seconds.
    #[must_use]
    pub fn seconds(&self, of: &Info, key: &str) -> Duration {
        Duration::try_from_secs_f64(self.get(of, key)).unwrap_or_default()
    }

    /// A number that counts things, fractions cut.
    #[must_use]
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped to what fits"
    )]
    pub fn count(&self, of: &Info, key: &str) -> u32 {
        self.get(of, key).clamp(0.0, f64::from(u32::MAX)) as u32
    }
}

/// What decides when a detector wants to be woken.
#[derive(Debug, Clone, Copy)]
pub struct Waking<'a> {
    /// When the server was heard of.
    pub presence: Presence,
    /// What is remembered of the detector's incident about the server itself.
    pub incident: Option<&'a Track>,
    /// The detectors' numbers for this server.
    pub numbers: Numbers<'a>,
}

impl Context<'_> {
    /// The detectors' numbers for this server.
    #[must_use]
    pub const fn numbers(&self) -> Numbers<'_> {
        Numbers {
            server: self.server,
            tags: self.tags,
            rules: self.rules,
        }
    }

    /// One of the detector's numbers, as the most specific rule for this server sets it.
    #[must_use]
    pub fn number(&self, of: &Info, key: &str) -> f64 {
        self.numbers().get(of, key)
    }

    /// [`Numbers::seconds`].
    #[must_use]
    pub fn seconds(&self, of: &Info, key: &str) -> Duration {
        self.numbers().seconds(of, key)
    }

    /// [`Numbers::count`].
    #[must_use]
    pub fn count(&self, of: &Info, key: &str) -> u32 {
        self.numbers().count(of, key)
    }

    /// The detector's open incident about a subject: while there is one, what is seen is not learned as normal.
    #[must_use]
    pub fn open(&self, of: &Info, subject: &str) -> Option<&Track> {
        let track = self.tracks.get(of.code, subject)?;
        (track.phase == Phase::Open).then_some(track)
    }
}

/// What comes of looking.
#[derive(Debug, Clone, PartialEq)]
pub struct Judgement<'a, S> {
    /// The new state; `None` leaves it as it is.
    pub patch: Option<S>,
    /// One a subject.
    pub verdicts: Vec<Verdict<'a>>,
}

/// Judges one thing about a server.
pub trait Detector: Send + Sync + 'static {
    /// What it remembers of one server. Kept packed by postcard; a default state takes no room.
    type State: Serialize + DeserializeOwned + Default + PartialEq;

    /// What it is.
    const INFO: Info;

    /// Looks at one observation.
    fn judge<'a>(&self, state: &Self::State, at: &Context<'a>) -> Judgement<'a, Self::State>;

    /// When it wants to be woken if nothing more is heard. A moment that has passed means as soon as possible: it
    /// stays wanted through our own outages.
    fn wake(&self, _at: &Waking<'_>) -> Option<ClockMs> {
        None
    }

    /// What is left of the state once a second agent, which had reported as this server, is gone; `None`: all of it. What
    /// was learned within the last minutes before it was noticed may be of the other host.
    fn alone_again(&self, _state: &Self::State) -> Option<Self::State> {
        None
    }
}

/// A detector with its state's type put away.
pub trait Registered: Send + Sync + 'static {
    /// What it is.
    fn info(&self) -> &'static Info;

    /// [`Detector::judge`] on the packed state; a patch of no bytes means the default state.
    fn judge_packed<'a>(&self, part: Option<&[u8]>, at: &Context<'a>) -> Judgement<'a, Box<[u8]>>;

    /// [`Detector::wake`].
    fn wake_at(&self, at: &Waking<'_>) -> Option<ClockMs>;

    /// [`Detector::alone_again`] on the packed state; no bytes mean the default state.
    fn alone_again_packed(&self, part: &[u8]) -> Option<Box<[u8]>>;
}

impl std::fmt::Debug for dyn Registered {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.info().key)
    }
}

impl<D: Detector> Registered for D {
    fn info(&self) -> &'static Info {
        &D::INFO
    }

    fn judge_packed<'a>(&self, part: Option<&[u8]>, at: &Context<'a>) -> Judgement<'a, Box<[u8]>> {
        let state = match part.map(|bytes| decode_versioned(D::INFO.version, bytes)) {
            Some(Ok(state)) => state,
            Some(Err(error)) => {
                tracing::warn!(%error, server.id = at.server.0, detector = D::INFO.key, "detector starts anew");
                D::State::default()
            }
            None => D::State::default(),
        };
        let judged = self.judge(&state, at);
        let patch = judged.patch.filter(|next| *next != state);
        let patch = patch.map(|next| packed::<D>(&next));
        Judgement {
            patch,
            verdicts: judged.verdicts,
        }
    }

    fn wake_at(&self, at: &Waking<'_>) -> Option<ClockMs> {
        self.wake(at)
    }

    fn alone_again_packed(&self, part: &[u8]) -> Option<Box<[u8]>> {
        // What cannot be read is forgotten at the next look.
        let state = decode_versioned(D::INFO.version, part).ok()?;
        self.alone_again(&state).map(|next| packed::<D>(&next))
    }
}

/// No bytes for the default state.
fn packed<D: Detector>(state: &D::State) -> Box<[u8]> {
    if *state == D::State::default() {
        Box::default()
    } else {
        encode_versioned(D::INFO.version, state).into_boxed_slice()
    }
}

/// A set of detectors, in the order they judge.
pub type Detectors = &'static [&'static dyn Registered];

/// Every detector there is. `server_down` stands first: a fresh payload ends it before the others judge.
#[must_use]
pub const fn registry() -> Detectors {
    &[
        &server_down::ServerDown,
        &service_down::ServiceDown,
        &disk_bytes::DiskBytes,
        &disk_inodes::DiskInodes,
        &threshold::Threshold,
        &clock_skew::ClockSkew,
        &duplicate_agent::DuplicateAgent,
        &mail_queue_spike::MailQueueSpike,
        &mail_abuse::OutgoingMailAbuse,
        &mail_ramp::MailRamp,
        &unexpected_reboot::UnexpectedReboot,
        &probe_silent::ProbeSilent,
        &service_flapping::ServiceFlapping,
        &disk_full_soon::DiskFullSoon,
        &mysql_saturation::MysqlSaturation,
        &mysql_replication::MysqlReplication,
        &litespeed_cache::LitespeedCache,
        &cpanel_license::CpanelLicense,
        &overload::Overload,
        &backup_failed::BackupFailed,
        &backup_partial::BackupPartial,
        &backup_stale::BackupStale,
        &cron_overdue::CronOverdue,
        &firewall_attack::FirewallAttack,
        &blacklisted::Blacklisted,
        &mail_auth::MailAuthBroken,
        &baseline_rule::BaselineRule,
    ]
}

/// What every detector is: those of [`registry`], then those of the fleet.
pub fn infos() -> impl Iterator<Item = &'static Info> {
    let servers = registry().iter().map(|detector| detector.info());
    servers.chain(crate::fleet::fleet_detectors())
}

/// The name of a detector by its number in snapshots.
#[must_use]
pub fn key_of(code: u8) -> Option<&'static str> {
    let mut all = registry().iter().map(|d| d.info());
    all.find(|info| info.code == code).map(|info| info.key)
}

/// The number of a detector by its name.
#[must_use]
pub fn code_of(key: &str) -> Option<u8> {
    let mut all = registry().iter().map(|d| d.info());
    all.find(|info| info.key == key).map(|info| info.code)
}

/// Whether a detector wants to see this.
#[must_use]
pub fn wants(info: &Info, seen: &Observation<'_>) -> bool {
    match seen {
        Observation::Report(record) => info.kinds.contains(&record.report.kind()),
        Observation::Late(record) => {
            info.also.contains(&Also::Late) && info.kinds.contains(&record.report.kind())
        }
        Observation::Repeat(_) => info.also.contains(&Also::Repeats),
        Observation::Silence => info.also.contains(&Also::Silence),
        Observation::Rules => info.also.contains(&Also::Rules),
        Observation::Told { .. } => info.also.contains(&Also::Words),
        Observation::Measured(measured) => {
            info.also.contains(&Also::Measured) && info.kinds.contains(&measured.kind)
        }
    }
}

/// The time a report tells of, and whose clock it was judged on: for detectors that count on event time.
#[must_use]
pub const fn event_at(seen: &Observation<'_>) -> Option<UnixMs> {
    match seen {
        Observation::Report(record) | Observation::Late(record) | Observation::Repeat(record) => {
            Some(record.event_at)
        }
        Observation::Measured(measured) => Some(measured.event_at),
        Observation::Silence | Observation::Rules | Observation::Told { .. } => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn keys_and_codes_are_unique_and_found() {
        let infos: Vec<_> = infos().collect();
        assert_eq!(
            infos.iter().map(|i| i.key).collect::<HashSet<_>>().len(),
            infos.len()
        );
        assert_eq!(
            infos.iter().map(|i| i.code).collect::<HashSet<_>>().len(),
            infos.len()
        );
        for info in infos {
            let judged = registry().iter().any(|d| d.info().code == info.code);
            assert_eq!(code_of(info.key), judged.then_some(info.code));
            assert_eq!(key_of(info.code), judged.then_some(info.key));
            assert!(!info.about.is_empty() && !info.severities.is_empty());
            assert!(info.docs.starts_with("# "), "{} has a page", info.key);
            for number in info.numbers {
                let range = number.min..=number.max;
                assert!(range.contains(&number.default), "{number:?}");
            }
        }
    }
}
