//! `cron_overdue`: a job of root, of the system, or one that was listed, did not run when it was due.
//!
//! Whether a job is overdue is judged where cron jobs are taken, in [`crate::facts`]: by its schedule in the host's
//! zone and by its last run, with some grace. Without evidence of runs nothing is said. When several jobs miss their
//! time at once it is cron itself, and one incident.

use super::shell::{clipped, word};
use super::{
    Context, Detector, Finding, Info, Judgement, Number, Observation, Title, Verdict, page_hold,
};
use crate::facts::Fact;
use noc_pipeline::clock::UnixMs;
use noc_pipeline::control::Severity;
use noc_pipeline::payload::{Kind, Unit};
use noc_storage::relational::cron_checks::{Job, JobState};
use std::collections::BTreeMap;
use std::time::Duration;

/// A tag such as `cron:alice` or `cron:invoices.php` lists the jobs of a user, or those whose command names it.
pub const TAG: &str = "cron:";

const HOLD: &str = "hold_s";
const TOGETHER: &str = "together";

/// Users of the system itself, beside those that begin with `_`, `systemd-` or `cpanel`.
const SYSTEM: &[&str] = &[
    "root",
    "daemon",
    "bin",
    "sys",
    "adm",
    "mail",
    "mailnull",
    "mailman",
    "exim",
    "Debian-exim",
    "postfix",
    "dovecot",
    "www-data",
    "apache",
    "nginx",
    "nobody",
    "lsadm",
    "mysql",
    "mariadb",
    "postgres",
    "redis",
    "memcached",
    "named",
    "bind",
    "ftp",
    "backup",
    "man",
    "list",
    "munin",
    "nagios",
    "zabbix",
    "logcheck",
    "smmsp",
    "clamav",
    "clamscan",
    "imunify360-webshield",
];

/// Characters of a command in a subject.
const COMMAND_CHARS: usize = 160;
/// Jobs named in the one incident about all of them.
const NAMED: usize = 5;

/// The detector.
#[derive(Debug, Clone, Copy)]
pub struct CronOverdue;

impl Detector for CronOverdue {
    type State = ();

    const INFO: Info = Info {
        key: "cron_overdue",
        code: 23,
        version: 1,
        kinds: &[Kind::Crons],
        also: &[],
        compares_reports: true,
        judges: None,
        name: "Cron job overdue",
        about: "A cron job of root or of the system, or one listed by a tag `cron:`, was due and did not run.",
        severities: &[Severity::Medium],
        numbers: &[
            Number {
                key: HOLD,
                unit: Unit::Seconds,
                default: 0.0,
                min: 0.0,
                max: 604_800.0,
                about: "A job may be so late, beyond the sixth of its interval it always may",
            },
            Number {
                key: TOGETHER,
                unit: Unit::Count,
                default: 5.0,
                min: 2.0,
                max: 1_000.0,
                about: "So many jobs overdue at once are one incident: cron itself",
            },
        ],
        docs: include_str!("docs/cron_overdue.md"),
    };

    fn judge<'a>(&self, (): &(), at: &Context<'a>) -> Judgement<'a, ()> {
        let verdicts = match (at.seen, at.fact) {
            (Observation::Report(record), Some(Fact::Crons { timezone, jobs })) => {
                look(at, record.event_at, timezone, jobs)
            }
            (Observation::Report(_), _) => open_ones(at)
                .map(|subject| Verdict::unknown(subject, "cron jobs are unreadable"))
                .collect(),
            _ => Vec::new(),
        };
        Judgement {
            patch: None,
            verdicts,
        }
    }
}

/// How the jobs of one subject stand: the same command may stand there at several times.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Stand {
    Unknown,
    Fine,
    Overdue,
}

fn look<'a>(at: &Context<'a>, now: UnixMs, timezone: &str, jobs: &[Job]) -> Vec<Verdict<'a>> {
    let hold = Duration::from_secs_f64(at.number(&CronOverdue::INFO, HOLD).max(0.0));
    let mut all: BTreeMap<String, (Stand, &Job)> = BTreeMap::new();
    for job in jobs.iter().filter(|job| counts(job, at.tags)) {
        let stand = stand(job, now, hold);
        let slot = all.entry(subject(job)).or_insert((stand, job));
        if stand > slot.0 {
            *slot = (stand, job);
        }
    }
    let overdue: Vec<_> = all.values().filter(|(s, _)| *s == Stand::Overdue).collect();
    let open: Vec<String> = open_ones(at).collect();
    let all_open = open.iter().any(String::is_empty);
    let together = overdue.len() as f64 >= at.number(&CronOverdue::INFO, TOGETHER);
    // Jobs come back one by one, each at its time: until the last did it is one trouble.
    let is_cron = together || (all_open && !overdue.is_empty());
    let mut out = Vec::new();
    if is_cron {
        let jobs: Vec<&Job> = overdue.iter().map(|(_, job)| *job).collect();
        out.push(Verdict::breach("", all_of_them(&jobs)));
    } else if all_open {
        out.push(Verdict::clear(""));
    }
    for (subject, (stand, job)) in &all {
        let known = open.contains(subject);
        match stand {
            Stand::Overdue if known || !is_cron => {
                out.push(Verdict::breach(subject.clone(), one(job, now, timezone)));
            }
            Stand::Fine if known => out.push(Verdict::clear(subject.clone())),
            Stand::Unknown if known => {
                let reason = "there is no evidence of the job's runs any more";
                out.push(Verdict::unknown(subject.clone(), reason));
            }
            _ => {}
        }
    }
    let gone = open
        .into_iter()
        .filter(|subject| !subject.is_empty() && !all.contains_key(subject));
    out.extend(gone.map(Verdict::clear));
    out
}

fn open_ones<'a>(at: &Context<'a>) -> impl Iterator<Item = String> + 'a {
    let open = at
        .tracks
        .open()
        .filter(|t| t.detector == CronOverdue::INFO.code);
    open.map(|track| track.subject.to_string())
}

/// Customers' jobs are their own affair, unless somebody listed them.
fn counts(job: &Job, tags: &[String]) -> bool {
    let user = job.user.as_str();
    let of_system = SYSTEM.contains(&user)
        || user.starts_with('_')
        || user.starts_with("systemd-")
        || user.starts_with("cpanel");
    let mut listed = tags.iter().filter_map(|tag| tag.strip_prefix(TAG));
    of_system || listed.any(|of| !of.is_empty() && (of == user || job.command.contains(of)))
}

fn stand(job: &Job, now: UnixMs, hold: Duration) -> Stand {
    match (job.state, job.expected_at) {
        (JobState::Overdue, Some(expected)) if now.since(expected) >= hold => Stand::Overdue,
        (JobState::Overdue | JobState::OnTime, _) => Stand::Fine,
        (JobState::AtBoot | JobState::Unknown, _) => Stand::Unknown,
    }
}

fn subject(job: &Job) -> String {
    let mut out = format!("{}: {}", job.user, clipped(&job.command, COMMAND_CHARS));
    if out.ends_with("...") {
        // Long commands often differ at their ends.
        out.push_str(job.key.get(..8).unwrap_or_default());
    }
    out
}

fn one(job: &Job, now: UnixMs, timezone: &str) -> Finding {
    let late = job.expected_at.map(|expected| now.since(expected));
    let ran = match job.last_run_at {
        Some(at) => format!("last run {}", at.to_datetime().format("%Y-%m-%d %H:%M UTC")),
        None => "no run known".to_owned(),
    };
    let late = late.map_or_else(String::new, |late| {
        format!(", overdue for {}", super::backup::hours(late))
    });
    Finding {
        title: Title {
            before: format!("Cron job {} is overdue on ", clipped(&job.command, 60)),
            after: String::new(),
        },
        observed: format!("{ran}{late}"),
        expected: format!("a run by `{}` ({timezone}) as {}", job.schedule, job.user),
        samples: 1,
        command: word(first_word(&job.command)).map(|of| log_of(&of)),
        ..blank()
    }
}

fn all_of_them(jobs: &[&Job]) -> Finding {
    let names = jobs.iter().take(NAMED).map(|job| clipped(&job.command, 60));
    let mut named = names.collect::<Vec<_>>().join("; ");
    if jobs.len() > NAMED {
        named.push_str(" ...");
    }
    Finding {
        title: Title {
            before: "Cron jobs do not run on ".to_owned(),
            after: String::new(),
        },
        observed: format!("{} jobs are overdue: {named}", jobs.len()),
        expected: "jobs of root and the system run when they are due".to_owned(),
        samples: u32::try_from(jobs.len()).unwrap_or(u32::MAX),
        command: Some("systemctl status cron crond --no-pager".to_owned()),
        ..blank()
    }
}

fn first_word(command: &str) -> &str {
    command.split_whitespace().next().unwrap_or_default()
}

fn log_of(word: &str) -> String {
    format!(
        "sudo journalctl -u cron -u crond --since '2 days ago' --no-pager | grep -F -- {word} | tail -n 20"
    )
}

fn blank() -> Finding {
    Finding {
        severity: Severity::Medium,
        hold: page_hold(Severity::Medium),
        title: Title::default(),
        observed: String::new(),
        expected: String::new(),
        samples: 0,
        threshold: None,
        command: None,
        rule: None,
        evidence: None,
    }
}

#[cfg(test)]
mod tests;
