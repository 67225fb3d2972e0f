//! `backups`: a backup run that ended, sent when it does.
//!
//! Its times are by our clock once ingest took it. A run is judged however late its report comes, as the newest of its job. What a tool calls a success is looked at
//! again ([`Backups::outcome`]): nothing written, or accounts that failed, is a part of a backup.

use super::catalogue::{Body, Occasion, columns, float};
use super::validate::Fields;
use super::wire_time;
use crate::clock::UnixMs;
use serde::{Deserialize, Serialize};

/// One run of one job.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Backups {
    /// `jetbackup` ...; cut after 64 characters.
    pub tool: String,
    /// The tool's name of the job, cut after 190 characters.
    pub job: String,
    /// As the tool tells it.
    pub status: BackupStatus,
    /// When it began; never after its end.
    #[serde(default, with = "wire_time::option")]
    pub started_at: Option<UnixMs>,
    /// When it ended.
    #[serde(with = "wire_time")]
    pub finished_at: UnixMs,
    /// What was written.
    #[serde(default)]
    pub bytes: Option<u64>,
    /// Accounts it is there for.
    #[serde(default)]
    pub accounts_total: Option<u64>,
    /// Accounts it did not back up; never more than there are.
    #[serde(default)]
    pub accounts_failed: Option<u64>,
    /// The tool's own words.
    #[serde(default)]
    pub message: Option<String>,
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BackupStatus {
    /// All of it is there.
    Success,
    /// Some of it is there.
    Partial,
    /// Nothing of it can be relied on.
    Failed,
}

const STATUSES: &[(&str, BackupStatus)] = &[
    ("success", BackupStatus::Success),
    ("partial", BackupStatus::Partial),
    ("failed", BackupStatus::Failed),
];

impl BackupStatus {
    /// All of them, best first.
    pub const ALL: [Self; 3] = [Self::Success, Self::Partial, Self::Failed];

    /// The name on the wire and in the database.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Partial => "partial",
            Self::Failed => "failed",
        }
    }

    /// Reads [`BackupStatus::name`].
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.name() == name)
    }
}

const MAX_TOOL_CHARS: usize = 64;

/// Names are keys of tables.
const MAX_JOB_CHARS: usize = 190;

const MAX_MESSAGE_CHARS: usize = 2_000;

impl Backups {
    /// How the run counts, and why when that is not what the tool says.
    #[must_use]
    pub fn outcome(&self) -> (BackupStatus, Option<&'static str>) {
        if self.status != BackupStatus::Success {
            return (self.status, None);
        }
        let doubt = if self.bytes == Some(0) {
            Some("success was told with 0 bytes")
        } else if self.accounts_failed.is_some_and(|failed| failed > 0) {
            Some("success was told with accounts that failed")
        } else if self.accounts_total == Some(0) {
            Some("success was told of no account")
        } else {
            None
        };
        match doubt {
            Some(_) => (BackupStatus::Partial, doubt),
            None => (BackupStatus::Success, None),
        }
    }

    /// How long it took, seconds.
    #[must_use]
    pub fn duration_s(&self) -> Option<f64> {
        let started = self.started_at?;
        Some(self.finished_at.since(started).as_secs_f64())
    }
}

impl Body for Backups {
    type Row = Self;

    columns! { Backups, "backups", Some("job");
        success: YesNo, "All of the backup is there",
            |b| Some(f64::from(u8::from(b.outcome().0 == BackupStatus::Success)));
        bytes: Bytes, "Size of the backup", |b| float(b.bytes);
        duration_s: Seconds, "How long the backup took", Backups::duration_s;
        accounts_total: Count, "Accounts of the backup", |b| float(b.accounts_total);
        accounts_failed: Count, "Accounts missing in the backup", |b| float(b.accounts_failed);
    }

    fn read(fields: &mut Fields<'_, '_>) -> Option<Self> {
        let tool = fields.required_clipped_text("tool", MAX_TOOL_CHARS);
        let job = fields.required_clipped_text("job", MAX_JOB_CHARS);
        let status = fields.required_choice("status", STATUSES);
        let started_at = fields.time("started_at");
        let finished_at = fields.required_time("finished_at");
        let bytes = fields.count("bytes");
        let (accounts_total, accounts_failed) = fields.share("accounts_total", "accounts_failed");
        let message = fields.clipped_text("message", MAX_MESSAGE_CHARS);
        let started_at = match (started_at, finished_at) {
            (Some(started), Some(finished)) if started > finished => {
                fields.refuse("started_at");
                None
            }
            _ => started_at,
        };
        Some(Self {
            tool: tool?,
            job: job?,
            status: status?,
            started_at,
            finished_at: finished_at?,
            bytes,
            accounts_total,
            accounts_failed,
            message,
        })
    }

    fn rows(&self) -> &[Self] {
        std::slice::from_ref(self)
    }

    fn subject(row: &Self) -> Option<&str> {
        Some(&row.job)
    }

    fn correct_times(&mut self, correct: &dyn Fn(UnixMs) -> UnixMs) {
        self.finished_at = correct(self.finished_at);
        let started_at = self.started_at.map(correct);
        // An end that lay ahead was put at arrival, and may stand before its beginning now.
        self.started_at = started_at.filter(|started| *started <= self.finished_at);
    }

    fn occasion(&self) -> Option<Occasion> {
        Some(Occasion {
            subject: format!("{}/{}", self.tool, self.job),
            at: self.finished_at,
        })
    }
}
