use super::*;
use crate::detect::backup::tests::ran;
use crate::detect::bench::{Bench, metrics, record};
use crate::facts::Fact;
use crate::incident::lifecycle::{Memory, Track};
use crate::state::ClockMs;
use noc_storage::relational::backup_runs::Run;

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
/// 2026-05-07T12:00:00Z.
const T: i64 = 1_778_155_200_000;

struct Story {
    bench: Bench<BackupStale>,
    now: i64,
    said: Vec<(i64, String, Outcome)>,
}

impl Story {
    fn new(tags: &[&str]) -> Self {
        let mut bench = Bench::new(BackupStale);
        bench.tags = tags.iter().map(|tag| (*tag).to_owned()).collect();
        Self {
            bench,
            now: T,
            said: Vec::new(),
        }
    }

    fn note(&mut self, verdicts: Vec<(String, Outcome)>) {
        let now = self.now;
        self.said.extend(
            verdicts
                .into_iter()
                .map(|(subject, outcome)| (now, subject, outcome)),
        );
    }

    /// Metrics every 5 min until then.
    fn until(&mut self, to: i64) {
        while self.now < to {
            self.now += 5 * MINUTE;
            let record = metrics(self.now, |_| {});
            let said = self.bench.look(Observation::Report(&record));
            self.note(said);
        }
    }

    /// A run that took 20 min and ended just now, or a while ago.
    fn run(&mut self, job: &str, status: BackupStatus, ended: i64) {
        let (told, run) = ran(job, status, UnixMs(ended - 20 * MINUTE), UnixMs(ended));
        self.run_as(told, run);
    }

    fn run_as(&mut self, told: noc_pipeline::payload::Backups, run: Run) {
        let ended = run.finished_at;
        self.bench.fact = Some(Fact::Backup(Box::new(run)));
        let mut record = record(ended.0, told);
        record.received_at = UnixMs(self.now);
        let said = if self.now - ended.0 > 10 * MINUTE {
            self.bench.look(Observation::Late(&record))
        } else {
            self.bench.look(Observation::Report(&record))
        };
        self.bench.fact = None;
        self.note(said);
    }

    fn nights(&mut self, job: &str, days: i64) {
        for _ in 0..days {
            let ended = self.now + DAY - 5 * MINUTE;
            self.until(ended);
            self.run(job, BackupStatus::Success, ended);
            self.until(ended + 5 * MINUTE);
        }
    }

    fn breaches(&self, subject: &str) -> Vec<&Finding> {
        let of = self.said.iter().filter(|(_, s, _)| s == subject);
        of.filter_map(|(_, _, outcome)| match outcome {
            Outcome::Breach(finding) => Some(&**finding),
            _ => None,
        })
        .collect()
    }

    fn first_breach(&self, subject: &str) -> Option<i64> {
        let mut all = self.said.iter();
        all.find(|(_, s, o)| s == subject && matches!(o, Outcome::Breach(_)))
            .map(|(at, ..)| *at)
    }

    fn track(&mut self, subject: &str, phase: Phase) {
        let track = Track {
            detector: BackupStale::INFO.code,
            subject: subject.into(),
            phase,
            severity: Severity::High,
            occurrences: 1,
            breached_at: ClockMs(0),
            touched_at: ClockMs(0),
            resolves: Vec::new(),
            flapping: false,
        };
        let code = BackupStale::INFO.code;
        self.bench
            .tracks
            .take(code, subject, Memory::Set(Box::new(track)));
    }
}

#[test]
fn fires_30_h_after_the_last_success_and_a_fresh_one_ends_it() {
    let mut story = Story::new(&[]);
    story.until(T + 2 * HOUR);
    let good = story.now;
    story.run("daily", BackupStatus::Success, good);
    story.until(good + 29 * HOUR);
    assert_eq!(story.breaches(""), Vec::<&Finding>::new());
    story.until(good + 32 * HOUR);
    let at = story.first_breach("").expect("stale");
    assert!((good + 30 * HOUR..=good + 31 * HOUR).contains(&at));
    let finding = *story.breaches("").first().expect("stale");
    assert_eq!(finding.severity, Severity::High);
    assert_eq!(finding.expected, "a success of any job within 30 h");
    assert!(
        finding
            .observed
            .starts_with("no backup job succeeded for 3")
    );
    story.said.clear();
    story.run("daily", BackupStatus::Failed, story.now);
    assert_eq!(story.said, [], "a failure ends nothing");
    story.run("weekly", BackupStatus::Success, story.now);
    let subjects: Vec<_> = story.said.iter().map(|(_, s, o)| (s.as_str(), o)).collect();
    let clear = &Outcome::Clear;
    assert_eq!(subjects, [("jetbackup/weekly", clear), ("", clear)]);
}

#[test]
fn quiet_while_a_nightly_job_does_its_work_for_a_month() {
    let mut story = Story::new(&["backup"]);
    story.nights("daily", 30);
    assert!(!story.said.is_empty());
    assert!(
        !story
            .said
            .iter()
            .any(|(_, _, o)| matches!(o, Outcome::Breach(_)))
    );
}

#[test]
fn a_server_that_never_reported_a_backup_is_not_configured_unless_it_is_tagged() {
    let mut story = Story::new(&["mail"]);
    story.until(T + 5 * DAY);
    let unknown = |o: &Outcome| matches!(o, Outcome::Unknown { .. });
    assert!(
        story
            .said
            .iter()
            .all(|(_, s, o)| s.is_empty() && unknown(o))
    );
    let mut tagged = Story::new(&["backup"]);
    tagged.until(T + 29 * HOUR);
    assert_eq!(
        tagged.breaches(""),
        Vec::<&Finding>::new(),
        "a new server has its time"
    );
    tagged.until(T + 32 * HOUR);
    let finding = *tagged.breaches("").first().expect("stale");
    assert!(
        finding
            .observed
            .starts_with("no backup was ever reported in 30 h")
    );
}

#[test]
fn jobs_that_only_ever_fail_are_no_backups() {
    let mut story = Story::new(&[]);
    story.until(T + HOUR);
    for _ in 0..3 {
        story.run("daily", BackupStatus::Failed, story.now);
        story.until(story.now + 12 * HOUR);
    }
    let finding = *story.breaches("").first().expect("stale");
    assert!(
        finding
            .observed
            .starts_with("backup jobs report, and none succeeded for")
    );
}

#[test]
fn a_job_is_late_by_its_own_interval_while_others_succeed() {
    let mut story = Story::new(&[]);
    for _ in 0..12 {
        story.nights("daily", 1);
        story.run("files", BackupStatus::Success, story.now);
    }
    let last = story.now;
    story.said.clear();
    story.nights("files", 2);
    let at = story.first_breach("jetbackup/daily").expect("late");
    // 24 h and a quarter, the 20 min it takes, and up to an hour until the next look.
    assert!((last + 30 * HOUR..=last + 31 * HOUR + 20 * MINUTE).contains(&at));
    assert_eq!(story.breaches(""), Vec::<&Finding>::new());
    assert_eq!(story.breaches("jetbackup/files"), Vec::<&Finding>::new());
    story.track("jetbackup/daily", Phase::Open);
    story.said.clear();
    story.run("daily", BackupStatus::Success, story.now);
    assert!(
        story
            .said
            .iter()
            .any(|(_, s, o)| s == "jetbackup/daily" && *o == Outcome::Clear)
    );
}

/// When nothing succeeds at all one incident says so, and not one more a job.
#[test]
fn one_incident_is_enough_when_all_jobs_are_late() {
    let mut story = Story::new(&[]);
    for _ in 0..12 {
        story.nights("daily", 1);
        story.run("files", BackupStatus::Success, story.now);
    }
    story.said.clear();
    story.until(story.now + 40 * HOUR);
    assert!(!story.breaches("").is_empty());
    let after = story.first_breach("").expect("stale");
    let later = story.said.iter().filter(|(at, ..)| *at >= after);
    let jobs = later.filter(|(_, s, o)| !s.is_empty() && matches!(o, Outcome::Breach(_)));
    assert_eq!(jobs.count(), 0);
}

#[test]
fn a_job_that_rests_at_weekends_is_not_late_on_sunday() {
    let mut story = Story::new(&[]);
    for day in 0..28 {
        if day % 7 < 5 {
            story.nights("daily", 1);
        } else {
            story.until(story.now + DAY);
            story.run("files", BackupStatus::Success, story.now);
        }
    }
    // The second weekend is known once its gap is over.
    let weeks = T + 15 * DAY;
    let late = story.said.iter().filter(|(at, s, o)| {
        *at > weeks && s == "jetbackup/daily" && matches!(o, Outcome::Breach(_))
    });
    assert_eq!(late.count(), 0);
}

/// Reports that were held back, by us or by the line, are on their way: nothing is said before they can be there.
#[test]
fn quiet_after_an_outage_until_the_spool_is_empty() {
    let mut story = Story::new(&["backup"]);
    story.nights("daily", 12);
    story.said.clear();
    let good = story.now;
    // Nothing comes for 36 h; the job goes on.
    story.now += 36 * HOUR;
    story.until(story.now + 30 * MINUTE);
    assert_eq!(story.said, [], "it came back a moment ago");
    story.run("daily", BackupStatus::Success, good + DAY);
    story.until(story.now + 5 * HOUR);
    assert_eq!(story.breaches(""), Vec::<&Finding>::new());
    assert_eq!(story.breaches("jetbackup/daily"), Vec::<&Finding>::new());
    // Another outage, and this time no backup was made.
    story.now += 36 * HOUR;
    let back = story.now;
    story.until(back + 2 * HOUR);
    let at = story.first_breach("").expect("stale");
    assert!((back + HOUR..=back + 2 * HOUR).contains(&at));
}

/// A report of a success of two days ago is news, and no fresh backup.
#[test]
fn an_old_success_ends_nothing() {
    let mut story = Story::new(&[]);
    story.until(T + 60 * HOUR);
    story.said.clear();
    story.run("daily", BackupStatus::Success, story.now - 48 * HOUR);
    assert_eq!(story.said, []);
    story.until(story.now + 2 * HOUR);
    assert!(!story.breaches("").is_empty());
}

#[test]
fn a_job_resolved_by_hand_is_forgotten_until_it_runs_again() {
    let mut story = Story::new(&[]);
    for _ in 0..12 {
        story.nights("daily", 1);
        story.run("files", BackupStatus::Success, story.now);
    }
    story.nights("files", 2);
    assert!(!story.breaches("jetbackup/daily").is_empty());
    story.track("jetbackup/daily", Phase::Quiet(ClockMs(u64::MAX)));
    story.until(story.now + 10 * MINUTE);
    story.said.clear();
    story.nights("files", 2);
    assert_eq!(story.breaches("jetbackup/daily"), Vec::<&Finding>::new());
}

#[test]
fn it_stays_small() {
    let mut story = Story::new(&[]);
    story.until(T + HOUR);
    let idle = postcard::to_stdvec(&story.bench.state)
        .expect("packs")
        .len();
    assert!(idle < 40, "{idle} bytes");
    for n in 0..200 {
        story.run(&format!("job-{n}"), BackupStatus::Success, story.now);
        story.now += MINUTE;
    }
    assert_eq!(story.bench.state.jobs.len(), 64);
    let names: Vec<&str> = story.bench.state.jobs.iter().map(|job| &*job.job).collect();
    assert!(names.contains(&"jetbackup/job-199") && !names.contains(&"jetbackup/job-0"));
}
