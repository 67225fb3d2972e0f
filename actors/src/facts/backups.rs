//! Backup runs: each is a row. What a tool calls a success is compared with the run of the same job before it.

use super::{EARLIEST, Fact, storable};
use noc_pipeline::payload::{BackupStatus, Backups};
use noc_pipeline::record::PayloadRecord;
use noc_storage::relational::backup_runs::Run;
use serde::{Deserialize, Serialize};

/// So many jobs of a server are remembered, those that reported last.
const MAX_JOBS: usize = 64;

/// How many accounts a job was there for when it last ran.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct JobMark {
    /// As [`noc_pipeline::payload::Occasion::subject`] names it.
    job: Box<str>,
    accounts: u64,
}

/// The row of a run. `newest` is the job's name when no run of it that was told before ended later.
pub(super) fn take(
    marks: &mut Vec<JobMark>,
    record: &PayloadRecord,
    told: &Backups,
    newest: Option<&str>,
) -> Option<Fact> {
    let (mut status, doubt) = told.outcome();
    let mut doubt = doubt.map(str::to_owned);
    if let Some(job) = newest {
        let before = remember(marks, job, told);
        if let (BackupStatus::Success, Some(had), Some(has)) = (status, before, told.accounts_total)
            && is_fewer(had, has)
        {
            status = BackupStatus::Partial;
            doubt = Some(format!(
                "success was told of {has} accounts, the run before had {had}"
            ));
        }
    }
    Some(Fact::Backup(Box::new(Run {
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
    })))
}

/// Accounts are closed now and then; more than one, and more than a twentieth of them, from one run to the next are
/// missing.
const fn is_fewer(had: u64, has: u64) -> bool {
    let gone = had.saturating_sub(has);
    gone > 1 && gone > had / 20
}

/// Notes how many accounts the job has now; answers how many it had.
fn remember(marks: &mut Vec<JobMark>, job: &str, told: &Backups) -> Option<u64> {
    let place = marks.iter().position(|mark| *mark.job == *job);
    let before = place.map(|place| marks.remove(place));
    let had = before.as_ref().map(|mark| mark.accounts);
    // A run that failed says nothing of how many there are.
    let counts = told.status != BackupStatus::Failed;
    match (told.accounts_total.filter(|_| counts), before) {
        (Some(accounts), _) => marks.push(JobMark {
            job: job.into(),
            accounts,
        }),
        (None, Some(mark)) => marks.push(mark),
        (None, None) => {}
    }
    if marks.len() > MAX_JOBS {
        marks.remove(0);
    }
    had
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
        match take(marks, &record, told, newest) {
            Some(Fact::Backup(run)) => *run,
            other => panic!("{other:?}"),
        }
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
    fn times_that_cannot_be_meant_fit_the_database() {
        let mut odd = told(None);
        odd.finished_at = UnixMs(5);
        odd.started_at = Some(UnixMs(0));
        let run = look(&mut Vec::new(), &odd, None);
        assert_eq!((run.started_at, run.finished_at), (None, EARLIEST));
    }
}
