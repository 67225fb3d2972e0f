use super::*;
use crate::detect::Outcome;
use crate::detect::bench::{Bench, outcome, record, unreadable};
use crate::facts::{Marks, Place, Shrink};
use crate::incident::lifecycle::{Memory, Phase, Track};
use crate::state::ClockMs;
use noc_pipeline::payload::{CronEntry, Crons};

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
/// 2026-05-07T12:00:00Z, 18:00 in Dhaka.
const NOON: i64 = 1_778_155_200_000;

fn entry(user: &str, command: &str, schedule: &str, last_run: Option<i64>) -> CronEntry {
    CronEntry {
        user: user.to_owned(),
        schedule: schedule.to_owned(),
        command: command.to_owned(),
        last_run_at: last_run.map(UnixMs),
        last_exit: Some(0),
    }
}

/// The detector behind the part that judges schedules, as in life.
struct Host {
    bench: Bench<CronOverdue>,
    marks: Marks,
}

impl Host {
    fn new() -> Self {
        Self {
            bench: Bench::new(CronOverdue),
            marks: Marks::default(),
        }
    }

    fn report(&mut self, at: i64, entries: &[CronEntry]) -> Vec<(String, Outcome)> {
        let told = Crons {
            timezone: "Asia/Dhaka".to_owned(),
            entries: entries.to_vec(),
        };
        let record = record(at, told);
        let taken = self
            .marks
            .take(&record, Place::Newest(None), Shrink::default());
        self.bench.fact = taken.map(|taken| taken.fact);
        self.bench.look(Observation::Report(&record))
    }

    fn open(&mut self, subject: &str) {
        let track = Track {
            detector: CronOverdue::INFO.code,
            subject: subject.into(),
            phase: Phase::Open,
            severity: Severity::Medium,
            occurrences: 1,
            breached_at: ClockMs(0),
            touched_at: ClockMs(0),
            resolves: Vec::new(),
            flapping: false,
        };
        let code = CronOverdue::INFO.code;
        self.bench
            .tracks
            .take(code, subject, Memory::Set(Box::new(track)));
    }
}

#[test]
fn fires_when_a_job_of_root_misses_its_time_in_the_hosts_zone() {
    let mut host = Host::new();
    // Due at 19:00 in Dhaka, which is 13:00 UTC; it may begin an hour late.
    let job = [entry(
        "root",
        "/usr/local/bin/rotate --all",
        "0 19 * * *",
        Some(NOON - 23 * HOUR),
    )];
    assert_eq!(host.report(NOON, &job), vec![]);
    assert_eq!(
        host.report(NOON + 119 * MINUTE, &job),
        vec![],
        "within its grace"
    );
    let said = host.report(NOON + 125 * MINUTE, &job);
    let Outcome::Breach(finding) = outcome(said, "root: /usr/local/bin/rotate --all") else {
        panic!("overdue");
    };
    assert_eq!(finding.severity, Severity::Medium);
    assert_eq!(
        finding.observed,
        "last run 2026-05-06 13:00 UTC, overdue for 1 h 5 min"
    );
    assert_eq!(
        finding.expected,
        "a run by `0 19 * * *` (Asia/Dhaka) as root"
    );
    let command = finding.command.expect("a command");
    assert!(
        command.contains("grep -F -- /usr/local/bin/rotate |"),
        "{command}"
    );
}

#[test]
fn a_run_ends_it_and_so_does_a_line_that_is_taken_out() {
    let mut host = Host::new();
    let subject = "root: rotate";
    host.open(subject);
    let ran = [entry("root", "rotate", "@hourly", Some(NOON - 5 * MINUTE))];
    assert_eq!(
        host.report(NOON, &ran),
        vec![(subject.to_owned(), Outcome::Clear)]
    );
    assert_eq!(
        host.report(NOON, &[]),
        vec![(subject.to_owned(), Outcome::Clear)]
    );
}

#[test]
fn quiet_without_evidence_of_runs() {
    let mut host = Host::new();
    host.open("root: rotate");
    let blind = [entry("root", "rotate", "@hourly", None)];
    for hour in 0..50 {
        let said = host.report(NOON + hour * HOUR, &blind);
        assert!(matches!(
            outcome(said, "root: rotate"),
            Outcome::Unknown { .. }
        ));
    }
    host.bench.fact = None;
    let said = host
        .bench
        .look(Observation::Report(&unreadable(NOON, Kind::Crons)));
    assert!(matches!(
        outcome(said, "root: rotate"),
        Outcome::Unknown { .. }
    ));
}

#[test]
fn customers_jobs_count_only_where_they_are_listed() {
    let old = Some(NOON - 50 * HOUR);
    let jobs = [
        entry(
            "alice",
            "/usr/bin/php /home/alice/invoices.php",
            "@hourly",
            old,
        ),
        entry("bob", "backup.sh", "@hourly", old),
        entry("www-data", "sessions", "@hourly", old),
    ];
    let subjects = |tags: &[&str]| {
        let mut host = Host::new();
        host.bench.tags = tags.iter().map(|tag| (*tag).to_owned()).collect();
        host.report(NOON, &jobs);
        let said = host.report(NOON + 3 * HOUR, &jobs);
        let mut subjects: Vec<_> = said.into_iter().map(|(subject, _)| subject).collect();
        subjects.sort();
        subjects
    };
    let php = "alice: /usr/bin/php /home/alice/invoices.php";
    assert_eq!(subjects(&["cron:", "web"]), ["www-data: sessions"]);
    assert_eq!(
        subjects(&["cron:bob"]),
        ["bob: backup.sh", "www-data: sessions"]
    );
    assert_eq!(
        subjects(&["cron:invoices.php"]),
        [php, "www-data: sessions"]
    );
}

/// A cron daemon that died leaves every job overdue: one incident, until all of them ran.
#[test]
fn many_at_once_are_one_incident_about_cron() {
    let mut host = Host::new();
    let jobs = |ran: i64, late: usize| -> Vec<CronEntry> {
        let of = |n: usize| if n < late { NOON } else { ran };
        (0..8)
            .map(|n| entry("root", &format!("job-{n}"), "@hourly", Some(of(n))))
            .collect()
    };
    host.report(NOON, &jobs(NOON, 8));
    let now = NOON + 4 * HOUR;
    let said = host.report(now, &jobs(NOON, 8));
    assert_eq!(said.len(), 1, "{said:?}");
    let Outcome::Breach(finding) = outcome(said, "") else {
        panic!("cron is dead");
    };
    assert!(
        finding
            .observed
            .starts_with("8 jobs are overdue: job-0; job-1")
    );
    host.open("");
    let said = host.report(now, &jobs(now, 2));
    assert_eq!(said.len(), 1, "two are left: {said:?}");
    assert!(matches!(outcome(said, ""), Outcome::Breach(_)));
    let said = host.report(now, &jobs(now, 0));
    assert_eq!(said, vec![(String::new(), Outcome::Clear)]);
}

#[test]
fn a_rule_may_give_more_time() {
    let mut host = Host::new();
    let mut rule = crate::detect::bench::rule(1, "metrics.cpu_pct", 1.0);
    rule.condition = noc_pipeline::control::Condition::Detector {
        detector: "cron_overdue".to_owned(),
        numbers: [(HOLD.to_owned(), 7_200.0)].into(),
        off: false,
    };
    host.bench.rules.set(rule);
    let job = [entry("root", "rotate", "@hourly", Some(NOON))];
    host.report(NOON, &job);
    assert_eq!(host.report(NOON + 2 * HOUR, &job), vec![]);
    assert_eq!(host.report(NOON + 3 * HOUR, &job).len(), 1);
}

#[test]
fn whatever_stands_in_a_crontab_makes_a_harmless_command() {
    let mut host = Host::new();
    let evil = [entry("root", "$(reboot);x 'y'", "@hourly", Some(NOON))];
    host.report(NOON, &evil);
    let said = host.report(NOON + 3 * HOUR, &evil);
    let Outcome::Breach(finding) = outcome(said, "root: $(reboot);x 'y'") else {
        panic!("overdue");
    };
    let command = finding.command.expect("a command");
    assert!(command.contains("grep -F -- '$(reboot);x' |"), "{command}");
}
