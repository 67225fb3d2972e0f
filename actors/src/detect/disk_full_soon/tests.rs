//! Days of a disk.

use super::*;
use crate::detect::Outcome;
use crate::detect::bench::{Bench, disks, open_track_of, tuned, unreadable};
use crate::state::ClockMs;
use proptest::prelude::*;

const GB: f64 = 1e9;
const STEP_MIN: i64 = 5;
const DAY: i64 = 1_440;
/// 2026-05-01 UTC.
const START_MIN: i64 = 29_626_560;

struct Story {
    bench: Bench<DiskFullSoon>,
    minute: i64,
    total_gb: f64,
}

impl Story {
    fn new() -> Self {
        Self {
            bench: Bench::new(DiskFullSoon),
            minute: 0,
            total_gb: 1_000.0,
        }
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "small and positive"
    )]
    fn partition(&self, free_gb: f64) -> Partition {
        Partition {
            mount: "/home".to_owned(),
            bytes_total: Some((self.total_gb * GB) as u64),
            bytes_used: Some(((self.total_gb - free_gb.max(0.0)) * GB) as u64),
            ..Partition::default()
        }
    }

    fn see(&mut self, partition: Partition) -> Option<Outcome> {
        self.minute += STEP_MIN;
        let told = disks((START_MIN + self.minute) * 60_000, vec![partition]);
        let mut got = self.bench.look(Observation::Report(&told));
        got.pop().map(|(_, outcome)| outcome)
    }

    fn free(&mut self, gb: f64) -> Outcome {
        self.see(self.partition(gb)).expect("a verdict")
    }

    /// Reports of so many minutes; free GB by the minute since now. The severities that fired.
    fn run(&mut self, minutes: i64, free: impl Fn(f64) -> f64) -> Vec<Severity> {
        let start = self.minute;
        let mut fired = Vec::new();
        while self.minute < start + minutes {
            let since = self.minute + STEP_MIN - start;
            #[expect(clippy::cast_precision_loss, reason = "small")]
            let got = self.free(free(since as f64));
            if let Outcome::Breach(finding) = got {
                fired.push(finding.severity);
            }
        }
        fired
    }
}

/// What a nightly backup leaves: from 02:00 on it takes `takes` GB within 40 min, and gives them back at 04:00.
fn night(minute: f64, takes: f64) -> f64 {
    match minute.rem_euclid(1_440.0) {
        m if !(120.0..240.0).contains(&m) => 0.0,
        m if m < 160.0 => takes * (m - 120.0) / 40.0,
        _ => takes,
    }
}

#[test]
fn fires_medium_when_days_of_growth_reach_full_within_two_days() {
    let mut story = Story::new();
    // 40 GB a day of 300: full after 7.5 days, so 48 h before that is day 5.5.
    let fired = story.run(5 * DAY, |m| 300.0 - m * 40.0 / 1_440.0);
    assert_eq!(fired, []);
    let fired = story.run(DAY, |m| 100.0 - m * 40.0 / 1_440.0);
    assert!(!fired.is_empty() && fired.iter().all(|s| *s == Severity::Medium));
    let first = DAY / STEP_MIN - i64::try_from(fired.len()).unwrap();
    assert!((120..170).contains(&first), "at report {first} of the day");
    let Outcome::Breach(finding) = story.free(60.0) else {
        panic!("36 h are left");
    };
    let title = finding.title.of("web-1");
    assert!(
        title.starts_with("Disk /home is full in about 1 d 1"),
        "{title}"
    );
    assert!(
        finding
            .observed
            .starts_with("60.0 GB left, 40.0 GB less each day")
    );
    assert_eq!(finding.expected, "enough for more than 2 d");
    let command = "sudo du -xh --max-depth=2 /home | sort -h | tail -n 30";
    assert_eq!(finding.command.as_deref(), Some(command));
}

#[test]
fn fires_critical_when_a_fall_of_15_min_reaches_full_within_the_hour() {
    let mut story = Story::new();
    assert_eq!(story.run(6 * DAY, |_| 200.0), []);
    // 4 GB a minute: full after 50 min.
    let mut reports = 0;
    let finding = loop {
        reports += 1;
        if let Outcome::Breach(finding) = story.free(200.0 - f64::from(reports) * 20.0) {
            break finding;
        }
    };
    // Under 0.7 of what every day had, and three reports of falling.
    assert_eq!(reports, 4, "15 min after it began");
    assert_eq!(finding.severity, Severity::Critical);
    assert_eq!(
        finding.title.of("w"),
        "Disk /home is full in about 30 min on w"
    );
    assert!(
        finding
            .observed
            .starts_with("120.0 GB left, 4.0 GB less each minute")
    );
}

#[test]
fn quiet_for_a_backup_every_night() {
    for takes in [30.0, 120.0, 240.0, 285.0] {
        let mut story = Story::new();
        // The first night is nobody's habit yet: one that leaves nearly nothing may be told.
        let first = story.run(DAY, |m| 300.0 - night(m, takes));
        assert!(first.is_empty() || takes > 200.0, "{takes} GB");
        let fired = story.run(14 * DAY, |m| 300.0 - night(m, takes));
        assert_eq!(fired, [], "{takes} GB a night");
    }
    // As large ones once a week as well.
    let weekly = |m: f64| {
        if (m / 1_440.0) as i64 % 7 == 3 {
            285.0
        } else {
            100.0
        }
    };
    let mut story = Story::new();
    story.run(DAY, |m| 300.0 - night(m, 200.0));
    assert_eq!(story.run(6 * DAY, |m| 300.0 - night(m, 200.0)), []);
    let fired = story.run(28 * DAY, |m| 300.0 - night(m, weekly(m)));
    assert!(!fired.contains(&Severity::Medium));
    assert!(
        fired.len() < 6,
        "the first large one may be: {}",
        fired.len()
    );
}

#[test]
fn a_sawtooth_that_grows_is_seen_by_its_lowest_points() {
    let mut story = Story::new();
    let free = |m: f64| 400.0 - m * 20.0 / 1_440.0 - night(m, 200.0);
    // Its nights leave 200 GB less 20 a day: none is left after ten days.
    let fired = story.run(7 * DAY, free);
    assert_eq!(fired, []);
    let fired = story.run(2 * DAY, |m| free(m + 7.0 * 1_440.0));
    assert!(fired.contains(&Severity::Medium), "at most 48 h ahead");
}

#[test]
fn space_that_is_freed_ends_it_at_once_and_starts_the_fit_anew() {
    let mut story = Story::new();
    story.run(6 * DAY, |m| 300.0 - m * 40.0 / 1_440.0);
    assert!(matches!(story.free(59.0), Outcome::Breach(_)));
    assert_eq!(story.free(250.0), Outcome::Learning { have: 1, need: 3 });
    assert_eq!(story.free(250.0), Outcome::Learning { have: 2, need: 3 });
    assert_eq!(story.free(250.0), Outcome::Clear);
    assert!(matches!(
        story.free(250.0),
        Outcome::Learning { need: 4, .. }
    ));
    assert_eq!(story.run(10 * DAY, |_| 250.0), []);
}

#[test]
fn a_fall_that_stops_is_over_within_two_days() {
    let mut story = Story::new();
    let fired = story.run(6 * DAY, |m| 300.0 - m * 40.0 / 1_440.0);
    assert!(!fired.is_empty());
    let fired = story.run(2 * DAY, |_| 60.0);
    assert!(fired.len() < 400, "{} of 576", fired.len());
    assert_eq!(story.run(5 * DAY, |_| 60.0), []);
    assert_eq!(story.free(60.0), Outcome::Clear);
}

#[test]
fn a_resize_starts_the_fit_anew() {
    let mut story = Story::new();
    story.run(6 * DAY, |m| 300.0 - m * 40.0 / 1_440.0);
    assert!(matches!(story.free(59.0), Outcome::Breach(_)));
    story.total_gb = 1_500.0;
    for have in 1..3 {
        assert_eq!(story.free(560.0), Outcome::Learning { have, need: 3 });
    }
    assert_eq!(story.free(560.0), Outcome::Clear);
    let fired = story.run(3 * DAY - 60, |m| 560.0 - m * 150.0 / 1_440.0);
    assert_eq!(fired, [], "learning");
}

#[test]
fn a_new_mount_learns_for_days_and_is_critical_only_when_nearly_full() {
    let mut story = Story::new();
    for reports in 1..12 {
        let got = story.free(780.0 - f64::from(reports) * 60.0);
        let learning = Outcome::Learning { have: 1, need: 4 };
        assert_eq!(got, learning, "a restore onto a new disk");
    }
    let mut story = Story::new();
    story.free(160.0);
    story.free(120.0);
    assert!(!matches!(story.free(105.0), Outcome::Breach(_)));
    assert!(matches!(story.free(60.0), Outcome::Breach(_)));
}

#[test]
fn quiet_for_noise_odd_days_and_days_without_reports() {
    let mut story = Story::new();
    let noise = |m: f64| ((m * 12.9898).sin() * 43_758.547).fract().abs() * 8.0;
    assert_eq!(story.run(30 * DAY, |m| 20.0 + noise(m)), []);
    // One day nearly all was taken.
    let odd = |m: f64| {
        if (4_320.0..4_500.0).contains(&m) {
            18.0
        } else {
            0.0
        }
    };
    assert_eq!(story.run(9 * DAY, |m| 40.0 - odd(m)), []);
    // An agent that is away every other day.
    let mut story = Story::new();
    story.run(DAY, |m| 300.0 - night(m, 250.0));
    for _ in 0..6 {
        assert_eq!(story.run(DAY, |m| 300.0 - night(m, 250.0)), []);
        story.minute += DAY;
    }
}

#[test]
fn reports_far_apart_make_no_fall() {
    let mut story = Story::new();
    story.run(6 * DAY, |_| 200.0);
    for n in 1..7 {
        story.minute += 20;
        let got = story.free(200.0 - f64::from(n) * 28.0);
        assert!(!matches!(got, Outcome::Breach(_)));
    }
}

#[test]
fn inodes_run_out_like_bytes() {
    let mut story = Story::new();
    story.run(6 * DAY, |_| 500.0);
    let mut fired = None;
    for n in 0..8 {
        let partition = Partition {
            inodes_total: Some(10_000_000),
            inodes_used: Some(8_000_000 + n * 250_000),
            ..story.partition(500.0)
        };
        if let Some(Outcome::Breach(finding)) = story.see(partition) {
            fired = Some(finding);
            break;
        }
    }
    let finding = fired.expect("a million in 20 min");
    let title = finding.title.of("w");
    assert!(
        title.starts_with("Disk /home is out of inodes in about "),
        "{title}"
    );
    assert!(finding.observed.contains("50000 inodes less each minute"));
    assert!(finding.command.is_some_and(|c| c.contains("--inodes")));
}

#[test]
fn backup_mounts_and_unknown_sizes_are_left_alone() {
    let mut story = Story::new();
    story.bench.tags = vec!["backup-mount:/home".to_owned()];
    for n in 0..8 {
        assert_eq!(
            story.see(story.partition(100.0 - f64::from(n) * 14.0)),
            None
        );
    }
    let hidden = Partition {
        mount: "/home".to_owned(),
        ..Partition::default()
    };
    story.bench.tags.clear();
    assert_eq!(story.see(hidden.clone()), None);
    assert_eq!(story.bench.state, Mounts::default());
    for n in 0..5 {
        story.free(190.0 - f64::from(n) * 38.0);
    }
    let got = story.see(hidden);
    assert!(matches!(got, Some(Outcome::Unknown { .. })));
    let broken = unreadable((START_MIN + story.minute) * 60_000, Kind::Disks);
    let got = story.bench.look(Observation::Report(&broken));
    assert!(matches!(got[0].1, Outcome::Unknown { .. }));
    // Tagged while it is open: what was said is taken back.
    story.bench.tags = vec!["backup-mount:/home".to_owned()];
    assert_eq!(story.see(story.partition(1.0)), Some(Outcome::Clear));
}

#[test]
fn a_critical_night_is_not_taken_for_a_habit() {
    let mut story = Story::new();
    story.run(5 * DAY, |_| 300.0);
    let code = DiskFullSoon::INFO.code;
    let fill = |m: f64| 300.0 - m * 5.0;
    assert!(story.run(50, fill).contains(&Severity::Critical));
    story.bench.tracks = open_track_of(code, "/home", ClockMs(0), Severity::Critical);
    story.free(20.0);
    story.run(30, |_| 300.0);
    story.bench.tracks = crate::incident::lifecycle::Tracks::default();
    story.run(DAY, |_| 300.0);
    assert!(story.run(50, fill).contains(&Severity::Critical), "again");
}

#[test]
fn a_rule_sets_its_numbers() {
    let mut story = Story::new();
    let numbers = [
        ("days_horizon_s", 864_000.0),
        ("min_days", 2.0),
        ("short_horizon_s", 300.0),
    ];
    story.bench.rules = tuned("disk_full_soon", &numbers);
    let fired = story.run(3 * DAY, |m| 300.0 - m * 40.0 / 1_440.0);
    assert!(
        fired.contains(&Severity::Medium),
        "within ten days, on the third"
    );
    let fired = story.run(35, |m| 180.0 - m * 4.0);
    assert!(
        !fired.contains(&Severity::Critical),
        "more than five minutes"
    );
}

#[test]
fn mounts_are_bounded_forgotten_and_small() {
    let mut story = Story::new();
    let many: Vec<_> = (0..200)
        .map(|n| Partition {
            mount: format!("/mnt/{n}"),
            ..story.partition(100.0)
        })
        .collect();
    let told = disks(START_MIN * 60_000, many);
    let got = story.bench.look(Observation::Report(&told));
    assert_eq!((got.len(), story.bench.state.0.len()), (MOST, MOST));
    for _ in 0..9 * DAY / STEP_MIN {
        story.see(story.partition(100.0));
    }
    assert_eq!(story.bench.state.0.len(), 1, "the others are gone");
    let inodes = |story: &Story| Partition {
        inodes_total: Some(60_000_000),
        inodes_used: Some(20_000_000),
        ..story.partition(100.0)
    };
    for _ in 0..8 * DAY / STEP_MIN {
        story.see(inodes(&story));
    }
    let packed = postcard::to_stdvec(&story.bench.state).unwrap();
    assert!(packed.len() < 220, "{} bytes", packed.len());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Free space that does not fall for good is never a breach, whatever its rhythm.
    #[test]
    fn a_rhythm_of_days_never_fires(
        free in 20.0_f64..900.0,
        dip in 0.0_f64..0.95,
        start in 0_i64..1_440,
        wobble in 0.0_f64..0.02,
    ) {
        let mut story = Story::new();
        story.minute = start;
        let free_at = |m: f64| {
            let jitter = 1.0 + wobble * (m * 0.7).sin();
            (free - night(m, free * dip)) * jitter
        };
        // The first night is nobody's habit yet.
        let first = story.run(DAY, free_at);
        prop_assert!(first.iter().all(|s| *s == Severity::Critical) && (first.is_empty() || dip > 0.3));
        let fired = story.run(9 * DAY, |m| free_at(m + 1_440.0));
        prop_assert!(fired.is_empty(), "{fired:?}");
    }

    /// Whatever is reported, nothing panics and memory stays bounded.
    #[test]
    fn any_numbers_are_taken(reports in prop::collection::vec((0_i64..4_000, any::<u64>(), any::<u64>()), 0..60)) {
        let mut story = Story::new();
        for (after, total, used) in reports {
            story.minute += after;
            let partition = Partition {
                bytes_total: Some(total),
                bytes_used: Some(used),
                inodes_total: Some(used),
                inodes_used: Some(total),
                ..story.partition(1.0)
            };
            story.see(partition);
        }
        prop_assert!(postcard::to_stdvec(&story.bench.state).unwrap().len() < 1_500);
    }
}
