//! Backup runs: each is a row. What a tool calls a success is compared with the runs of the same job before it: how
//! many accounts the last one had, and how large the last ten were.
//!
//! This is the only judgement of a run: the row, the page and the detectors tell the same.

use super::{EARLIEST, storable};
use noc_pipeline::payload::{BackupStatus, Backups};
use noc_pipeline::record::PayloadRecord;
use noc_storage::relational::backup_runs::Run;
use serde::{Deserialize, Serialize};

/// So many jobs of a server are remembered, those that reported last.
const MAX_JOBS: usize = 64;

/// So many sizes of a job are remembered.
const SIZES: usize = 10;

/// Sizes that make a median worth comparing with.
const ENOUGH: usize = 3;

/// When a success counts as too small.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shrink {
    /// More than this much smaller than the median of its job's last runs, per cent.
    pub pct: f64,
}

impl Default for Shrink {
    fn default() -> Self {
        Self { pct: 80.0 }
    }
}

/// What is remembered of a job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct JobMark {
    /// As [`noc_pipeline::payload::Occasion::subject`] names it.
    job: Box<str>,
    /// How many accounts it was there for when it last ran.
    accounts: Option<u64>,
    /// Bytes of its last runs that were told as a success and wrote something, oldest first. Small ones are among them:
    /// a job that lost accounts for good is measured by its new size once most of its last runs had it.
    sizes: Vec<u64>,
}

impl JobMark {
    pub(super) const fn of_accounts(job: Box<str>, accounts: u64) -> Self {
        Self {
            job,
            accounts: Some(accounts),
            sizes: Vec::new(),
        }
    }

    fn median(&self) -> Option<u64> {
        let mut sizes = self.sizes.clone();
        sizes.sort_unstable();
        let middle = sizes.len() / 2;
        if sizes.len() < ENOUGH {
            None
        } else if sizes.len() % 2 == 1 {
            sizes.get(middle).copied()
        } else {
            let pair = sizes.get(middle - 1).zip(sizes.get(middle));
            pair.map(|(a, b)| a.midpoint(*b))
        }
    }
}

/// The row of a run. `newest` is the job's name when no run of it that was told before ended later.
pub(super) fn take(
    marks: &mut Vec<JobMark>,
    record: &PayloadRecord,
    told: &Backups,
    newest: Option<&str>,
    shrink: Shrink,
) -> Run {
    let (mut status, doubt) = told.outcome();
    let mut doubt = doubt.map(str::to_owned);
    if let Some(job) = newest {
        let before = remember(marks, job, told);
        if status == BackupStatus::Success
            && let Some(why) = before.and_then(|before| smaller(&before, told, shrink))
        {
            status = BackupStatus::Partial;
            doubt = Some(why);
        }
    }
    Run {
        server: record.server,
        tool: told.tool.clone(),
        job: told.job.clone(),
        status,
        reported: told.status,
        doubt,
        started_at: told.started_at.and_then(storable),
        finished_at: storable(told.finished_at).unwrap_or(EARLIEST),
        bytes: told.bytes,
        accounts_total: told.accounts_total,
        accounts_failed: told.accounts_failed,
        message: told.message.clone(),
        received_at: record.received_at,
    }
}

/// Why a success is less than its job's runs before it were.
fn smaller(before: &JobMark, told: &Backups, shrink: Shrink) -> Option<String> {
    if let (Some(had), Some(has)) = (before.accounts, told.accounts_total)
        && is_fewer(had, has)
    {
        let why = format!("success was told of {has} accounts, the run before had {had}");
        return Some(why);
    }
    let (median, bytes) = before.median().zip(told.bytes)?;
    let least = median as f64 * (1.0 - shrink.pct / 100.0);
    ((bytes as f64) < least).then(|| {
        format!(
            "success was told with {}, the median of its last runs is {}",
            in_bytes(bytes),
            in_bytes(median)
        )
    })
}

/// For people: at most four digits before the unit.
pub(crate) fn in_bytes(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["KiB", "MiB", "GiB", "TiB", "PiB"];
    let mut value = bytes as f64;
    let mut unit = "bytes";
    for next in UNITS {
        if value < 1_024.0 {
            break;
        }
        (value, unit) = (value / 1_024.0, next);
    }
    let digits = usize::from(unit != "bytes" && value < 100.0);
    format!("{value:.digits$} {unit}")
}

/// Accounts are closed now and then; more than one, and more than a twentieth of them, from one run to the next are
/// missing.
const fn is_fewer(had: u64, has: u64) -> bool {
    let gone = had.saturating_sub(has);
    gone > 1 && gone > had / 20
}

/// Notes how many accounts the job has now, and how large it is; answers what was known before.
fn remember(marks: &mut Vec<JobMark>, job: &str, told: &Backups) -> Option<JobMark> {
    let place = marks.iter().position(|mark| *mark.job == *job);
    let before = place.map(|place| marks.remove(place));
    let mut mark = before.clone().unwrap_or(JobMark {
        job: job.into(),
        accounts: None,
        sizes: Vec::new(),
    });
    // A run that failed says nothing of how many there are.
    if told.status != BackupStatus::Failed && told.accounts_total.is_some() {
        mark.accounts = told.accounts_total;
    }
    if told.status == BackupStatus::Success
        && let Some(bytes) = told.bytes.filter(|bytes| *bytes > 0)
    {
        if mark.sizes.len() >= SIZES {
            mark.sizes.remove(0);
        }
        mark.sizes.push(bytes);
    }
    if mark.accounts.is_some() || !mark.sizes.is_empty() {
        marks.push(mark);
    }
    if marks.len() > MAX_JOBS {
        marks.remove(0);
    }
    before
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::bench::record as any_record;
    use noc_pipeline::clock::UnixMs;

    const NOON: UnixMs = UnixMs(1_778_155_200_000);

    fn told(accounts: Option<u64>) -> Backups {
        Backups {
            tool: "jetbackup".to_owned(),
            job: "daily".to_owned(),
            status: BackupStatus::Success,
            started_at: None,
            finished_at: NOON,
            bytes: Some(1),
            accounts_total: accounts,
            accounts_failed: None,
            message: None,
        }
    }

    fn look(marks: &mut Vec<JobMark>, told: &Backups, newest: Option<&str>) -> Run {
        let record = any_record(NOON.0, told.clone());
        take(marks, &record, told, newest, Shrink::default())
    }

    #[test]
    fn a_success_of_fewer_accounts_than_before_is_partial() {
        let mut marks = Vec::new();
        let mut status = |accounts: u64| look(&mut marks, &told(Some(accounts)), Some("j")).status;
        assert_eq!(
            status(300),
            BackupStatus::Success,
            "nothing to compare with"
        );
        assert_eq!(status(285), BackupStatus::Success, "a twentieth was closed");
        assert_eq!(status(270), BackupStatus::Partial);
        assert_eq!(status(270), BackupStatus::Success, "so many there are now");
        assert_eq!(status(500), BackupStatus::Success);
        assert_eq!(status(3), BackupStatus::Partial);
        assert_eq!(status(2), BackupStatus::Success, "one was closed");
        assert_eq!(status(0), BackupStatus::Partial);
    }

    #[test]
    fn each_job_is_compared_with_itself_and_a_failed_run_with_nothing() {
        let mut marks = Vec::new();
        look(&mut marks, &told(Some(300)), Some("a"));
        let other = look(&mut marks, &told(Some(3)), Some("b"));
        assert_eq!((other.status, other.doubt), (BackupStatus::Success, None));
        let failed = Backups {
            status: BackupStatus::Failed,
            ..told(Some(1))
        };
        assert_eq!(
            look(&mut marks, &failed, Some("a")).status,
            BackupStatus::Failed
        );
        look(&mut marks, &told(None), Some("a"));
        let fewer = look(&mut marks, &told(Some(200)), Some("a"));
        assert_eq!(
            (fewer.status, fewer.reported),
            (BackupStatus::Partial, BackupStatus::Success)
        );
        let doubt = "success was told of 200 accounts, the run before had 300";
        assert_eq!(fewer.doubt.as_deref(), Some(doubt));
    }

    #[test]
    fn a_run_from_before_is_compared_with_nothing_and_changes_nothing() {
        let mut marks = Vec::new();
        look(&mut marks, &told(Some(300)), Some("a"));
        let late = look(&mut marks, &told(Some(100)), None);
        assert_eq!(late.status, BackupStatus::Success);
        assert_eq!(
            look(&mut marks, &told(Some(300)), Some("a")).status,
            BackupStatus::Success
        );
        let empty = Backups {
            bytes: Some(0),
            ..told(None)
        };
        assert_eq!(look(&mut marks, &empty, None).status, BackupStatus::Partial);
    }

    #[test]
    fn jobs_are_remembered_up_to_a_number() {
        let mut marks = Vec::new();
        for n in 0..100 {
            look(&mut marks, &told(Some(300)), Some(&n.to_string()));
        }
        assert_eq!(marks.len(), MAX_JOBS);
        assert_eq!(
            look(&mut marks, &told(Some(3)), Some("0")).status,
            BackupStatus::Success
        );
        assert_eq!(
            look(&mut marks, &told(Some(3)), Some("99")).status,
            BackupStatus::Partial
        );
    }

    #[test]
    fn a_success_far_smaller_than_its_last_runs_is_partial() {
        const GIB: u64 = 1 << 30;
        let mut marks = Vec::new();
        let mut of = |bytes: Option<u64>| {
            let told = Backups {
                bytes,
                ..told(None)
            };
            look(&mut marks, &told, Some("j"))
        };
        assert_eq!(of(Some(50 * GIB)).status, BackupStatus::Success);
        assert_eq!(
            of(Some(GIB)).status,
            BackupStatus::Success,
            "one is no median"
        );
        for n in 0..9 {
            assert_eq!(of(Some((50 + n) * GIB)).status, BackupStatus::Success);
        }
        assert_eq!(
            of(Some(12 * GIB)).status,
            BackupStatus::Success,
            "78 % less"
        );
        let small = of(Some(10 * GIB));
        assert_eq!(
            (small.status, small.doubt.as_deref()),
            (
                BackupStatus::Partial,
                Some("success was told with 10.0 GiB, the median of its last runs is 53.5 GiB")
            )
        );
        assert_eq!(
            of(None).status,
            BackupStatus::Success,
            "no size is no doubt"
        );
        let statuses: Vec<_> = (0..8).map(|_| of(Some(10 * GIB)).status).collect();
        let last = statuses.last();
        assert_eq!(statuses.first(), Some(&BackupStatus::Partial));
        assert_eq!(last, Some(&BackupStatus::Success), "it is so small now");
    }

    #[test]
    fn an_empty_or_failed_run_is_no_size_to_compare_with() {
        let mut marks = Vec::new();
        for (status, bytes) in [
            (BackupStatus::Success, Some(0)),
            (BackupStatus::Failed, Some(9)),
            (BackupStatus::Partial, Some(9)),
        ] {
            let told = Backups {
                status,
                bytes,
                ..told(None)
            };
            look(&mut marks, &told, Some("j"));
        }
        assert_eq!(marks, []);
        assert_eq!(in_bytes(0), "0 bytes");
        assert_eq!(in_bytes(u64::MAX), "16384 PiB");
    }

    #[test]
    fn times_that_cannot_be_meant_fit_the_database() {
        let mut odd = told(None);
        odd.finished_at = UnixMs(5);
        odd.started_at = Some(UnixMs(0));
        let run = look(&mut Vec::new(), &odd, None);
        assert_eq!((run.started_at, run.finished_at), (None, EARLIEST));
    }
}
