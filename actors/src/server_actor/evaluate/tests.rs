//! Two agents that report as one server: what compares their reports is held, what one report proves is not.

use super::*;
use crate::detect::bench::{disks, metrics, processes};
use crate::detect::disk_bytes::DiskBytes;
use crate::detect::duplicate_agent::DuplicateAgent;
use crate::detect::registry;
use crate::detect::service_down::ServiceDown;
use noc_pipeline::payload::{Partition, Service};
use uuid::Uuid;

/// 2026-05-07T12:00:00Z.
const T: i64 = 1_778_155_200_000;
const HOST: u128 = 1;
const CLONE: u128 = 2;

/// A server, and all that was stored and decided of it.
#[derive(Default)]
struct Story {
    state: ServerState,
    minute: u32,
    seq: u64,
    stored: Vec<(u8, String, &'static str)>,
    reasons: Vec<(u8, String, Reason)>,
}

fn service(name: &str, enabled: bool, running: bool) -> Service {
    Service {
        name: name.to_owned(),
        installed: true,
        enabled,
        running,
        ..Service::default()
    }
}

/// What runs on the host, and on its clone.
fn services(run: u128, exim: bool) -> Vec<Service> {
    let clone = run == CLONE;
    vec![
        service("exim", true, if clone { !exim } else { exim }),
        service("named", false, clone),
    ]
}

impl Story {
    fn takes(&mut self, run: u128, mut record: PayloadRecord) {
        self.seq += 1;
        let clock = u64::from(self.minute) * 60_000;
        record.boot_id = Uuid::from_u128(run);
        record.seq = self.seq;
        record.body_hash = self.seq;
        let item = Item {
            offset: Offset(self.seq),
            clock: ClockMs(clock),
            at: record.received_at,
            what: What::Payload(Arc::new(Record::Payload(record))),
        };
        let around = Surroundings {
            server: ServerId(1),
            settings: None,
            rules: &Rules::default(),
            fleet: &Fleet::default(),
            detectors: registry(),
        };
        let out = evaluate(&mut self.state, &item, around, &mut |_, _| {});
        assert_eq!(out.failures, []);
        for effect in out.effects {
            let change = match effect.change {
                Change::Open { .. } => "open",
                Change::Reopen { .. } => "reopen",
                Change::Rise { .. } => "rise",
                Change::Resolve { .. } => "resolve",
                Change::Touch { .. } => continue,
            };
            let subject = effect.subject.into();
            self.stored.push((effect.detector, subject, change));
        }
        for decided in out.decisions {
            let subject = decided.subject.into();
            self.reasons
                .push((decided.detector, subject, decided.reason));
        }
    }

    /// The tick of one agent: metrics, then services.
    fn tick(&mut self, run: u128, exim: bool) {
        let at = T + i64::from(self.minute) * 60_000;
        self.takes(run, metrics(at, |_| {}));
        self.takes(run, processes(at, services(run, exim)));
    }

    fn minutes(&mut self, count: u32, runs: &[u128], exim: bool) {
        for _ in 0..count {
            self.minute += 1;
            for run in runs {
                self.tick(*run, exim);
            }
        }
    }

    /// Opened and resolved since the last question, but for the silence that every first report ends.
    fn stored(&mut self) -> Vec<(u8, String, &'static str)> {
        let mut stored = std::mem::take(&mut self.stored);
        stored.retain(|(detector, ..)| *detector != SERVER_DOWN);
        stored
    }
}

fn of(detector: u8, subject: &str, change: &'static str) -> (u8, String, &'static str) {
    (detector, subject.to_owned(), change)
}

const SERVICE: u8 = ServiceDown::INFO.code;
const TWO: u8 = DuplicateAgent::INFO.code;

#[test]
fn services_of_two_hosts_are_not_judged_as_those_of_one() {
    let mut story = Story::default();
    story.minutes(5, &[HOST], true);
    story.minutes(20, &[HOST, CLONE], true);
    assert_eq!(story.stored(), [of(TWO, "", "open")]);
    // The clone speaks twice in a row: what does not run there is nobody's trouble, and it is said why.
    story.minutes(3, &[CLONE], true);
    let held = (SERVICE, "exim".to_owned(), Reason::HeldByDuplicateAgent);
    assert!(story.reasons.contains(&held), "{:?}", story.reasons);
    story.minutes(1, &[HOST], true);
    // It is gone. What ran on it alone is not missed on the host that is left.
    story.minutes(30, &[HOST], true);
    assert_eq!(story.stored(), [of(TWO, "", "resolve")]);
    // From then on it is judged as ever.
    story.minutes(2, &[HOST], false);
    assert_eq!(story.stored(), [of(SERVICE, "exim", "open")]);
    story.minutes(2, &[HOST], true);
    assert_eq!(story.stored(), [of(SERVICE, "exim", "resolve")]);
}

#[test]
fn what_is_down_on_one_host_is_not_over_because_it_runs_on_the_other() {
    let mut story = Story::default();
    story.minutes(5, &[HOST], true);
    story.minutes(3, &[HOST], false);
    assert_eq!(story.stored(), [of(SERVICE, "exim", "open")]);
    story.minutes(5, &[HOST, CLONE], false);
    story.minutes(5, &[CLONE], false);
    assert_eq!(story.stored(), [of(TWO, "", "open")]);
    story.minutes(30, &[HOST], false);
    assert_eq!(story.stored(), [of(TWO, "", "resolve")], "still down");
    story.minutes(2, &[HOST], true);
    assert_eq!(story.stored(), [of(SERVICE, "exim", "resolve")]);
}

/// A disk that is full is full, on whichever of the two.
#[test]
fn what_one_report_proves_is_told_while_two_hosts_report() {
    let mut story = Story::default();
    story.minutes(5, &[HOST, CLONE], true);
    assert_eq!(story.stored(), [of(TWO, "", "open")]);
    let full = Partition {
        mount: "/home".to_owned(),
        bytes_total: Some(1_000_000_000),
        bytes_used: Some(995_000_000),
        ..Partition::default()
    };
    let at = T + i64::from(story.minute) * 60_000;
    story.takes(CLONE, disks(at, vec![full]));
    let disk = DiskBytes::INFO.code;
    assert_eq!(story.stored(), [of(disk, "/home", "open")]);
}

/// Who resolves it by hand says that one of them is gone.
#[test]
fn resolved_by_hand_it_is_judged_again() {
    let mut story = Story::default();
    story.minutes(5, &[HOST, CLONE], true);
    let item = Item {
        offset: Offset(1_000),
        clock: ClockMs(u64::from(story.minute) * 60_000),
        at: UnixMs(T),
        what: What::ResolvedByHand {
            detector: TWO,
            subject: "".into(),
        },
    };
    let around = Surroundings {
        server: ServerId(1),
        settings: None,
        rules: &Rules::default(),
        fleet: &Fleet::default(),
        detectors: registry(),
    };
    evaluate(&mut story.state, &item, around, &mut |_, _| {});
    story.stored();
    story.minutes(2, &[HOST], true);
    assert_eq!(story.stored(), [], "the clone's named is not missed");
    story.minutes(2, &[HOST], false);
    assert_eq!(story.stored(), [of(SERVICE, "exim", "open")]);
}
