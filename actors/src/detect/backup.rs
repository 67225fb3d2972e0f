//! What the detectors of backup runs share: the run as it was judged when it was taken, and where its log stands.

use super::Context;
use crate::facts::Fact;
use noc_storage::relational::backup_runs::Run;

/// The run that the report tells of, and the subject of its job, such as `jetbackup/daily`.
pub(super) fn run_of<'a>(at: &Context<'a>) -> Option<(&'a Run, String)> {
    match at.fact? {
        Fact::Backup(run) => Some((run, subject(run))),
        _ => None,
    }
}

/// As [`noc_pipeline::payload::Occasion::subject`] names a job.
pub(super) fn subject(run: &Run) -> String {
    format!("{}/{}", run.tool, run.job)
}

/// The job in titles: without the tool where it says enough.
pub(super) fn name(run: &Run) -> &str {
    if run.job.is_empty() {
        &run.tool
    } else {
        &run.job
    }
}

/// Where the tool's own words about the run are.
pub(super) fn command(tool: &str) -> Option<String> {
    let logs = match tool {
        "jetbackup" | "jetbackup5" => "/usr/local/jetapps/var/log/jetbackup5",
        "cpanel" => "/usr/local/cpanel/logs/cpbackup",
        _ => return None,
    };
    Some(format!("sudo ls -lt {logs} | head -n 5"))
}

/// Hours and minutes, for people.
pub(super) fn hours(span: std::time::Duration) -> String {
    let minutes = span.as_secs() / 60;
    match (minutes / 60, minutes % 60) {
        (0, minutes) => format!("{minutes} min"),
        (hours @ 1..=71, 0) => format!("{hours} h"),
        (hours @ 1..=71, minutes) => format!("{hours} h {minutes} min"),
        (hours, _) => format!("{} days {} h", hours / 24, hours % 24),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use noc_pipeline::clock::UnixMs;
    use noc_pipeline::id::ServerId;
    use noc_pipeline::payload::{BackupStatus, Backups};
    use std::time::Duration;

    /// A report that tells of a run, and the run as it is judged.
    pub(in crate::detect) fn ran(
        job: &str,
        status: BackupStatus,
        started_at: UnixMs,
        finished_at: UnixMs,
    ) -> (Backups, Run) {
        let told = Backups {
            tool: "jetbackup".to_owned(),
            job: job.to_owned(),
            status,
            started_at: Some(started_at),
            finished_at,
            bytes: Some(1 << 30),
            accounts_total: Some(3),
            accounts_failed: Some(0),
            message: Some("as told".to_owned()),
        };
        let run = Run {
            server: ServerId(1),
            tool: told.tool.clone(),
            job: told.job.clone(),
            status,
            reported: status,
            doubt: None,
            started_at: told.started_at,
            finished_at,
            bytes: told.bytes,
            accounts_total: told.accounts_total,
            accounts_failed: told.accounts_failed,
            message: told.message.clone(),
            received_at: finished_at,
        };
        (told, run)
    }

    #[test]
    fn spans_are_told_in_words() {
        let of = |minutes: u64| hours(Duration::from_secs(minutes * 60));
        assert_eq!(of(59), "59 min");
        assert_eq!(of(120), "2 h");
        assert_eq!(of(1_801), "30 h 1 min");
        assert_eq!(of(24 * 60 * 5 + 60), "5 days 1 h");
    }
}
