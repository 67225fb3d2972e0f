//! Cron jobs: each is judged at each report; rows are written when the verdict on any of them changes, and once an hour
//! where only their last runs moved on.

use super::due::judge;
use super::{AGAIN, Fact, Taken, digest, storable};
use noc_pipeline::clock::UnixMs;
use noc_pipeline::payload::{CronEntry, Crons};
use noc_pipeline::record::PayloadRecord;
use noc_storage::relational::cron_checks::{Job, JobState, key};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::time::Duration;

/// Last runs are brought up to date so often: a job of every minute must not write a row every quarter of an hour.
const REFRESH: Duration = Duration::from_secs(3600);

/// What is remembered of a server's jobs.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct CronMarks {
    /// What was stored last.
    stored: Option<Stored>,
    /// Each job by the head of its key, and when it was first reported, in seconds since 1970; in order.
    known: Vec<(u32, u32)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Stored {
    /// Digest of the verdicts.
    verdicts: u64,
    /// Digest of the last runs.
    runs: u64,
    /// When.
    at: UnixMs,
}

/// Judges the jobs of a report; they are news where they are to be stored.
pub(super) fn take(marks: &mut CronMarks, record: &PayloadRecord, told: &Crons) -> Taken {
    let jobs = judged(marks, record, told);
    let now = record.event_at;
    let verdicts = digest(&(
        &told.timezone,
        jobs.iter()
            .map(|job| {
                let missed = job.expected_at.filter(|_| job.state == JobState::Overdue);
                (job.key.as_str(), job.state.name(), job.last_exit, missed)
            })
            .collect::<Vec<_>>(),
    ));
    let runs = jobs.iter().map(|job| (job.last_run_at, job.expected_at));
    let runs = digest(&runs.collect::<Vec<_>>());
    let fresh = marks.stored.is_some_and(|stored| {
        let age = now.since(stored.at);
        stored.verdicts == verdicts && (stored.runs == runs || age < REFRESH) && age < AGAIN
    });
    if !fresh {
        marks.stored = Some(Stored {
            verdicts,
            runs,
            at: now,
        });
    }
    Taken {
        fact: Fact::Crons {
            timezone: told.timezone.clone(),
            jobs,
        },
        is_news: !fresh,
    }
}

/// The jobs with their verdicts, in the order of their keys; what is known of them is brought up to date.
fn judged(marks: &mut CronMarks, record: &PayloadRecord, told: &Crons) -> Vec<Job> {
    let zone = told.timezone.parse().ok();
    let now = record.event_at;
    // A schedule follows the host's clock, be it right or wrong.
    let lag = record.clock_lag_ms();
    let by_the_hosts = |ours: UnixMs| UnixMs(ours.0.saturating_sub(lag));
    let by_ours = |hosts: UnixMs| UnixMs(hosts.0.saturating_add(lag));
    let known: HashMap<u32, u32> = marks.known.iter().copied().collect();
    let mut next = Vec::with_capacity(told.entries.len());
    let mut jobs = Vec::with_capacity(told.entries.len());
    for (key, entry) in each_once(told) {
        let head = head(&key);
        let first_seen = match known.get(&head) {
            Some(seconds) => UnixMs(i64::from(*seconds) * 1_000),
            None => UnixMs(now.0 - now.0.rem_euclid(1_000)),
        };
        let seconds = u32::try_from(first_seen.0 / 1_000).unwrap_or(u32::MAX);
        next.push((head, seconds));
        let last_run = entry.last_run_at.and_then(storable);
        let verdict = judge(
            &entry.schedule,
            zone,
            last_run.map(by_the_hosts),
            by_the_hosts(first_seen),
            by_the_hosts(now),
        );
        jobs.push(Job {
            key,
            user: entry.user.clone(),
            schedule: entry.schedule.clone(),
            command: entry.command.clone(),
            state: verdict.state,
            last_run_at: last_run,
            last_exit: entry.last_exit.and_then(|exit| u8::try_from(exit).ok()),
            expected_at: verdict.expected_at.map(by_ours).and_then(storable),
            first_seen_at: first_seen,
        });
    }
    next.sort_unstable();
    next.dedup_by_key(|(head, _)| *head);
    marks.known = next;
    jobs.sort_unstable_by(|a, b| a.key.cmp(&b.key));
    jobs
}

/// The entries; of a line that stands there twice, the one that ran last.
fn each_once(told: &Crons) -> HashMap<String, &CronEntry> {
    let mut out: HashMap<String, &CronEntry> = HashMap::with_capacity(told.entries.len());
    for entry in &told.entries {
        let known = out
            .entry(key(&entry.user, &entry.schedule, &entry.command))
            .or_insert(entry);
        if known.last_run_at < entry.last_run_at {
            *known = entry;
        }
    }
    out
}

/// Two jobs of a server with the same head share when they were first seen, which does no harm.
fn head(key: &str) -> u32 {
    let digits = key.get(..8).unwrap_or_default();
    u32::from_str_radix(digits, 16).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::bench::record as any_record;

    const MINUTE: i64 = 60_000;
    /// 2026-05-07T12:00:00Z.
    const NOON: i64 = 1_778_155_200_000;

    fn entry(command: &str, schedule: &str, last_run: Option<i64>) -> CronEntry {
        CronEntry {
            user: "root".to_owned(),
            schedule: schedule.to_owned(),
            command: command.to_owned(),
            last_run_at: last_run.map(UnixMs),
            last_exit: last_run.map(|_| 0),
        }
    }

    fn crons(entries: &[CronEntry]) -> Crons {
        Crons {
            timezone: "Asia/Dhaka".to_owned(),
            entries: entries.to_vec(),
        }
    }

    fn look(marks: &mut CronMarks, at: i64, entries: &[CronEntry]) -> Option<Vec<Job>> {
        let told = crons(entries);
        let record = any_record(at, told.clone());
        let taken = take(marks, &record, &told);
        taken.is_news.then_some(match taken.fact {
            Fact::Crons { jobs, .. } => jobs,
            other => panic!("{other:?}"),
        })
    }

    fn states(jobs: Option<Vec<Job>>) -> Vec<(String, JobState)> {
        let mut states: Vec<_> = jobs
            .expect("to be stored")
            .into_iter()
            .map(|job| (job.command, job.state))
            .collect();
        states.sort_by(|a, b| a.0.cmp(&b.0));
        states
    }

    #[test]
    fn nothing_is_stored_while_nothing_changes() {
        let mut marks = CronMarks::default();
        let daily = entry("daily", "@daily", Some(NOON - 60 * MINUTE));
        let jobs = [daily, entry("never seen", "@daily", None)];
        let first = states(look(&mut marks, NOON, &jobs));
        assert_eq!(
            first,
            [
                ("daily".to_owned(), JobState::OnTime),
                ("never seen".to_owned(), JobState::Unknown)
            ]
        );
        for quarter in 1..20 {
            assert_eq!(look(&mut marks, NOON + quarter * 15 * MINUTE, &jobs), None);
        }
        let reordered = [jobs[1].clone(), jobs[0].clone(), jobs[0].clone()];
        assert_eq!(look(&mut marks, NOON + 300 * MINUTE, &reordered), None);
    }

    #[test]
    fn last_runs_are_stored_once_an_hour() {
        let mut marks = CronMarks::default();
        let mut stored = 0;
        for quarter in 0..=16 {
            let now = NOON + quarter * 15 * MINUTE;
            let job = entry("often", "*/5 * * * *", Some(now - MINUTE));
            stored += usize::from(look(&mut marks, now, &[job]).is_some());
        }
        assert_eq!(stored, 5, "at first, and after each of four hours");
    }

    #[test]
    fn a_change_that_matters_is_stored_at_once() {
        let mut marks = CronMarks::default();
        let ran = NOON - MINUTE;
        let hourly = entry("hourly", "0 * * * *", Some(ran));
        assert!(look(&mut marks, NOON, std::slice::from_ref(&hourly)).is_some());
        let mut failed = hourly.clone();
        failed.last_exit = Some(2);
        assert!(
            look(&mut marks, NOON + MINUTE, &[failed.clone()]).is_some(),
            "failed"
        );
        let more = [failed.clone(), entry("new", "@reboot", None)];
        assert!(
            look(&mut marks, NOON + 2 * MINUTE, &more).is_some(),
            "a job came"
        );
        assert!(
            look(&mut marks, NOON + 3 * MINUTE, &[failed.clone()]).is_some(),
            "a job went"
        );
        assert_eq!(look(&mut marks, NOON + 9 * MINUTE, &[failed.clone()]), None);
        let overdue = states(look(&mut marks, NOON + 70 * MINUTE, &[failed.clone()]));
        assert_eq!(overdue, [("hourly".to_owned(), JobState::Overdue)]);
        assert_eq!(
            look(&mut marks, NOON + 125 * MINUTE, &[failed]),
            None,
            "still"
        );
        let ran_again = entry("hourly", "0 * * * *", Some(NOON + 120 * MINUTE));
        let back = states(look(&mut marks, NOON + 126 * MINUTE, &[ran_again]));
        assert_eq!(back, [("hourly".to_owned(), JobState::OnTime)]);
    }

    #[test]
    fn all_is_stored_once_a_day_so_that_lost_rows_come_back() {
        let mut marks = CronMarks::default();
        let jobs = [entry("boot", "@reboot", None)];
        assert!(look(&mut marks, NOON, &jobs).is_some());
        assert_eq!(look(&mut marks, NOON + 1_439 * MINUTE, &jobs), None);
        assert!(look(&mut marks, NOON + 1_440 * MINUTE, &jobs).is_some());
    }

    #[test]
    fn a_changed_line_is_a_new_job_that_has_missed_nothing() {
        let mut marks = CronMarks::default();
        let ran = NOON - 600 * MINUTE;
        look(&mut marks, NOON, &[entry("job", "0 2 * * *", Some(ran))]);
        let now = NOON + 30 * MINUTE;
        let hourly = entry("job", "0 * * * *", Some(ran));
        let state =
            |marks: &mut CronMarks, at| states(look(marks, at, std::slice::from_ref(&hourly)))[0].1;
        assert_eq!(state(&mut marks, now), JobState::OnTime);
        assert_eq!(state(&mut marks, NOON + 75 * MINUTE), JobState::Overdue);
    }

    /// A host whose clock is an hour behind runs its jobs an hour late, and is not to blame cron for it.
    #[test]
    fn a_schedule_follows_the_hosts_clock() {
        let told = crons(&[entry("hourly", "30 * * * *", Some(NOON + 31 * MINUTE))]);
        let mut record = any_record(NOON + 60 * MINUTE, told.clone());
        record.skew_ms = 60 * MINUTE;
        let Fact::Crons { jobs, .. } = take(&mut CronMarks::default(), &record, &told).fact else {
            panic!("to be stored")
        };
        assert_eq!(jobs[0].state, JobState::OnTime);
        assert_eq!(
            jobs[0].last_run_at,
            Some(UnixMs(NOON + 31 * MINUTE)),
            "by our clock"
        );
        assert_eq!(jobs[0].expected_at, Some(UnixMs(NOON + 90 * MINUTE)));
    }

    #[test]
    fn an_unknown_zone_says_nothing_of_any_job() {
        let mut told = crons(&[entry("daily", "@daily", Some(NOON - 9_999 * MINUTE))]);
        told.timezone = "Local/Nowhere".to_owned();
        let record = any_record(NOON, told.clone());
        let Fact::Crons { jobs, timezone } = take(&mut CronMarks::default(), &record, &told).fact
        else {
            panic!("to be stored")
        };
        assert_eq!(
            (jobs[0].state, timezone.as_str()),
            (JobState::Unknown, "Local/Nowhere")
        );
    }

    #[test]
    fn five_thousand_jobs_of_the_worst_kind_are_judged_soon() {
        let jobs: Vec<_> = (0..5_000)
            .map(|n| entry(&n.to_string(), "0 0 31 2,4,6,9,11 *", Some(NOON - MINUTE)))
            .collect();
        let took = noc_pipeline::clock::Stopwatch::start();
        assert!(look(&mut CronMarks::default(), NOON, &jobs).is_some());
        assert!(
            took.elapsed() < Duration::from_secs(10),
            "{:?}",
            took.elapsed()
        );
    }
}
