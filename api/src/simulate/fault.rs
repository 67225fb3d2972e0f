//! Trouble to order: what happens on one server for some time. Scripts are made of these.

use chrono_tz::Tz;
use noc_pipeline::clock::UnixMs;
use std::time::Duration;

/// Something that happens on one server for some time.
#[derive(Debug, Clone, PartialEq)]
pub struct Fault {
    /// Which server of the fleet, counted from 0.
    pub server: u32,
    /// Its first instant.
    pub from: UnixMs,
    /// The first instant after it; `None`: it stays.
    pub until: Option<UnixMs>,
    /// What happens.
    pub kind: FaultKind,
}

/// What can happen.
#[derive(Debug, Clone, PartialEq)]
pub enum FaultKind {
    /// The server sends nothing, and what it would have sent is lost.
    Silence,
    /// The agent cannot reach us: it spools, and drains afterwards.
    NetworkCut,
    /// The host is restarted: down from the first instant to the end, 150 s without an end.
    Reboot {
        /// The agent says that it stops, and why.
        goodbye: bool,
    },
    /// The agent's clock is wrong by this much; ahead when positive.
    ClockSkew {
        /// Milliseconds.
        by_ms: i64,
    },
    /// A second host speaks with the same secret.
    DuplicateAgent,
    /// Optional numbers of `metrics` are NaN, negative or beyond all bounds.
    BadNumbers,
    /// The host lives in this zone, before and after as well.
    Zone(Tz),
    /// All cores are busy.
    CpuBusy,
    /// More work than the disks can take: load over four for each core, and waiting.
    Overload,
    /// A service has no process.
    ServiceDown {
        /// Its name on the fixed list.
        service: String,
    },
    /// A service ends and is started again.
    CrashLoop {
        /// Its name on the fixed list.
        service: String,
        /// Seconds between two starts.
        every_s: u32,
    },
    /// A file system fills evenly until it is full.
    DiskFilling {
        /// Where it is mounted.
        mount: String,
        /// Seconds from the start of the fault until it is full.
        full_after_s: u32,
    },
    /// The same with its inodes.
    InodesFilling {
        /// Where it is mounted.
        mount: String,
        /// Seconds from the start of the fault until none is left.
        full_after_s: u32,
    },
    /// Each night a file system fills by a share of its size, and empties again in the morning.
    NightlySawtooth {
        /// Where it is mounted.
        mount: String,
        /// Share of the file system, 0 to 1.
        rise: f64,
    },
    /// Somebody sends far more mail than ever.
    MailBurst(MailBurst),
    /// A newsletter of a customer: wanted mail, and much of it at once.
    Newsletter(Newsletter),
    /// Messages freeze in the queue, more from minute to minute for the first half hour.
    QueueFreeze {
        /// How many in the end.
        frozen: u32,
    },
    /// The next hop takes nothing: messages wait, and go out at twice the rate once it is back.
    DeadSmarthost {
        /// How many more wait after an hour.
        per_hour: u32,
    },
    /// Nearly all connections of the database are taken.
    MysqlSaturated,
    /// The replica's applying thread stopped.
    ReplicationBroken,
    /// The replica falls behind by a second each second.
    ReplicationLag,
    /// The web server's cache answers a fifth of what it answered.
    CacheCold,
    /// No backup runs.
    BackupsStop,
    /// Each backup fails.
    BackupsFail,
    /// Each backup leaves accounts out.
    BackupsPartial,
    /// Each backup succeeds, as its tool says, and holds nothing.
    BackupsEmpty,
    /// Passwords are tried.
    BruteForce {
        /// Tries in a minute.
        per_minute: u32,
        /// The attacker's address, as drawn.
        attacker: u64,
    },
    /// Cron runs nothing.
    CronStops,
    /// The panel's licence is over.
    LicenseEnds,
}

/// Far more mail than ever, and unwanted.
#[derive(Debug, Clone, PartialEq)]
pub struct MailBurst {
    /// Which of the host's mailboxes; wraps around. Its account's site for a script.
    pub login: u64,
    /// A planted script sends, not the mailbox.
    pub by_script: bool,
    /// Recipients in an hour once it is at its height.
    pub per_hour: f64,
    /// From nothing to its height, evenly.
    pub ramp: Duration,
    /// How many made-up sender domains are rotated; 0: its own.
    pub domains: u32,
    /// From how many addresses it is sent.
    pub addresses: u32,
    /// From how many countries.
    pub countries: u32,
    /// Share of the recipients that fail or wait, 0 to 1.
    pub failures: f64,
    /// It follows the office's hours.
    pub by_day: bool,
}

/// Wanted mail to many at once.
#[derive(Debug, Clone, PartialEq)]
pub struct Newsletter {
    /// Which of the host's mailboxes sends it; wraps around.
    pub login: u64,
    /// On which day.
    pub on: NewsletterDay,
    /// At which minute of the day, by the host's clock.
    pub minute_of_day: u32,
    /// How long it takes, minutes.
    pub minutes: u32,
    /// To how many.
    pub recipients: u32,
}

/// When a newsletter is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NewsletterDay {
    /// Each week; 0 is Monday.
    Weekly(u8),
    /// Each month, 1 to 28.
    Monthly(u8),
}

impl Fault {
    /// Whether it lasts at `at`.
    #[must_use]
    pub fn lasts(&self, at: UnixMs) -> bool {
        self.from <= at && self.until.is_none_or(|until| at < until)
    }

    /// How much of the time from `from` to `to` it lasted.
    #[must_use]
    pub fn overlap(&self, from: UnixMs, to: UnixMs) -> Duration {
        let end = self.until.map_or(to, |until| until.min(to));
        end.since(self.from.max(from))
    }
}
