//! What a detector says of one server, stored as its actor would, and told: incidents that come and go, as stories.

use super::{Fence, RecordEffects, store};
use crate::detect::service_down::ServiceDown;
use crate::detect::{Detector, Finding, Outcome, Title};
use crate::incident::actions::Action;
use crate::incident::lifecycle::{Effect, Moment, Tracks, step};
use crate::notify::story::{BEGIN, Story, step as told_to};
use crate::state::ClockMs;
use noc_pipeline::clock::Clock;
use noc_pipeline::control::Severity::{self, Critical, High, Medium};
use noc_pipeline::id::{LogId, NodeId, Offset, PartitionId, ServerId};
use noc_storage::relational::entity::incident;
use noc_storage::relational::{partitions, servers, timeline};
use sea_orm::{EntityTrait, QueryOrder};
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

mod graded;
mod reopening;
mod silence;

/// One server of a story, with what its actor remembers of one service.
struct Watched<'s> {
    story: &'s Story,
    server: ServerId,
    tracks: Tracks,
    fence: Fence,
    offset: u64,
}

impl<'s> Watched<'s> {
    async fn by(story: &'s Story) -> Self {
        let db = story.db().write();
        let row = servers::create(db, "web-09", &["web".to_owned()], BEGIN)
            .await
            .unwrap();
        partitions::prepare(db, 1).await.unwrap();
        let (node, lease) = (NodeId(Uuid::from_u128(1)), Duration::from_secs(60));
        let claimed = partitions::claim(story.db(), node, &[PartitionId(0)], lease).await;
        let (partition, epoch) = claimed.unwrap()[0];
        Self {
            story,
            server: row.server_id(),
            tracks: Tracks::default(),
            fence: Fence {
                partition,
                epoch,
                log: LogId(Uuid::from_u128(2)),
            },
            offset: 0,
        }
    }

    async fn sees(&mut self, outcome: Outcome) {
        let (code, subject) = (ServiceDown::INFO.code, "nginx");
        let now = self.story.clock.now();
        let clock = ClockMs(u64::try_from(now.0).unwrap());
        let at = Moment {
            clock,
            server_down: false,
            fleet_silent: false,
        };
        let known = self.tracks.get(code, subject).cloned();
        let step = step(code, subject, known.as_ref(), &outcome, at);
        self.tracks.take(code, subject, step.memory);
        let effect = step.change.map(|change| Effect {
            detector: code,
            subject: subject.into(),
            change,
        });
        self.stores(effect.into_iter().collect()).await;
    }

    async fn stores(&mut self, effects: Vec<Effect>) {
        if effects.is_empty() {
            return;
        }
        let now = self.story.clock.now();
        let record = RecordEffects {
            offset: Offset(self.offset),
            server: self.server,
            at: now,
            event_at: now,
            effects,
            fact: None,
            unwatched: None,
        };
        self.offset += 1;
        let stored = store(self.story.db(), self.fence, &Arc::new(record)).await;
        assert!(stored.unwrap().fresh);
    }

    async fn is_down(&mut self, severity: Severity) {
        let hold = crate::escalation::page_hold(severity);
        self.is_down_for(severity, hold.unwrap_or_default()).await;
    }

    /// Down, and to be paged of once it has been for `hold`.
    async fn is_down_for(&mut self, severity: Severity, hold: Duration) {
        self.sees(Outcome::Breach(Box::new(Finding {
            severity,
            hold,
            title: Title {
                before: "nginx is down on ".into(),
                after: String::new(),
            },
            observed: "no process in 2 reports".into(),
            expected: "running".into(),
            samples: 2,
            threshold: None,
            command: None,
            rule: None,
            evidence: None,
        })))
        .await;
    }

    async fn is_up(&mut self) {
        self.sees(Outcome::Clear).await;
    }

    async fn incidents(&self) -> Vec<incident::Model> {
        let all = incident::Entity::find().order_by_asc(incident::Column::Id);
        all.all(self.story.db().read()).await.unwrap()
    }
}

async fn story() -> Story {
    let story = Story::with(0, vec![told_to(0, &["operator"])]).await;
    story.channel("email", true, &[]).await;
    story
}

const DOWN: &str = "email bob@noc.test problem";
const OVER: &str = "email bob@noc.test recovery";
const TO_ADA: &str = "email ada@noc.test problem";
const OVER_TO_ADA: &str = "email ada@noc.test recovery";

/// Each line with its second before it.
fn at(lines: &[(u64, &str)]) -> Vec<String> {
    lines
        .iter()
        .map(|(at, line)| format!("+{at} {line}"))
        .collect()
}

fn heard(story: &Story) -> Vec<String> {
    std::mem::take(&mut *story.email.heard.lock())
}

#[tokio::test]
async fn what_comes_and_goes_is_said_to_flap_once_and_then_stays_open_until_an_hour_was_quiet() {
    let story = story().await;
    let mut web = Watched::by(&story).await;
    // Four times down for 2 min and up for 2 min.
    for _ in 0..4 {
        web.is_down(Critical).await;
        story.after(120).await;
        web.is_up().await;
        story.after(120).await;
    }
    let expected: Vec<_> = (0..4)
        .flat_map(|n| [(n * 240, DOWN), (n * 240 + 120, OVER)])
        .collect();
    assert_eq!(heard(&story), at(&expected));
    story.email.messages.lock().clear();

    web.is_down(Critical).await;
    story.after(60).await;
    assert_eq!(heard(&story), at(&[(960, DOWN)]));
    let said = story.email.messages.lock()[0].text.clone();
    assert!(said.contains("it comes and goes"), "{said}");
    // On it goes for 20 min: not a word, but for the calls that a critical gets that nobody takes.
    for _ in 0..5 {
        web.is_up().await;
        story.after(120).await;
        web.is_down(Critical).await;
        story.after(120).await;
    }
    web.is_up().await;
    let calls = heard(&story);
    assert!(
        calls.iter().all(|line| line.ends_with("reminder")),
        "{calls:?}"
    );
    let all = web.incidents().await;
    assert_eq!(all.len(), 1, "one incident all the time");
    assert_eq!(all[0].status, "open");
    let observed = all[0].observed.clone().unwrap();
    assert!(observed.contains("it comes and goes"), "{observed}");

    // An hour of reports that all is well.
    let quiet_for = |story: &Story| story.clock.now().since(BEGIN).as_secs() - 2_100;
    while quiet_for(&story) < 3_600 {
        web.is_up().await;
        assert_eq!(web.incidents().await[0].status, "open");
        story.after(60).await;
    }
    let calls = heard(&story);
    assert!(
        calls.iter().all(|line| line.ends_with("reminder")),
        "{calls:?}"
    );
    web.is_up().await;
    story.after(10).await;
    assert_eq!(web.incidents().await[0].status, "resolved");
    let over = heard(&story);
    assert_eq!(
        over.len(),
        2,
        "to her who was called and to him who was told: {over:?}"
    );
    assert!(over.iter().all(|line| line.ends_with("recovery")));
}

#[tokio::test]
async fn what_somebody_has_taken_on_may_flap_and_only_they_hear_of_it() {
    let story = story().await;
    let mut web = Watched::by(&story).await;
    web.is_down(High).await;
    story.after(130).await;
    assert_eq!(heard(&story), at(&[(120, DOWN)]));
    let id = web.incidents().await[0].id;
    story.acts(id, Action::Acknowledge).await.unwrap();
    for _ in 0..5 {
        web.is_up().await;
        story.after(60).await;
        web.is_down(High).await;
        story.after(130).await;
    }
    let (row, heard) = (web.incidents().await.remove(0), heard(&story));
    assert_eq!((row.id, row.status.as_str()), (id, "acknowledged"));
    // Who was told hears of the first end, and nobody is paged again; who has it hears of each end and return until it
    // stays open.
    let mut expected = vec![(130, OVER), (190, TO_ADA)];
    for began in [190, 380, 570] {
        expected.extend([(began + 130, OVER_TO_ADA), (began + 190, TO_ADA)]);
    }
    assert_eq!(heard, at(&expected));
    let entries = timeline::of_incident(story.db().read(), id).await.unwrap();
    let flaps = |entry: &&noc_storage::relational::entity::incident_timeline::Model| {
        entry.detail["flapping"] == true
    };
    assert_eq!(entries.iter().filter(flaps).count(), 1, "{entries:?}");
}

#[tokio::test]
async fn a_second_breach_is_counted_and_told_to_nobody_and_takes_nothing_from_who_has_it() {
    let story = story().await;
    let mut web = Watched::by(&story).await;
    web.is_down(High).await;
    story.after(130).await;
    assert_eq!(heard(&story), at(&[(120, DOWN)]));
    let id = web.incidents().await[0].id;
    story.acts(id, Action::Acknowledge).await.unwrap();
    for _ in 0..5 {
        web.is_down(High).await;
        story.after(60).await;
    }
    assert_eq!(heard(&story), Vec::<String>::new());
    let row = web.incidents().await.remove(0);
    assert_eq!((row.status.as_str(), row.occurrences), ("acknowledged", 6));
    let seen = row.last_seen_at.timestamp_millis() - BEGIN.0;
    assert_eq!(seen, 370_000, "the last of them");
    // Worse is another matter.
    web.is_down(Critical).await;
    story.after(5).await;
    assert_eq!(heard(&story), at(&[(430, DOWN)]));
    assert_eq!(web.incidents().await[0].status, "open");
}

#[tokio::test]
async fn each_severity_has_its_hold_and_what_ends_within_it_is_told_to_nobody() {
    for (severity, hold) in [(Critical, 0), (High, 120), (Medium, 300)] {
        let story = story().await;
        let mut web = Watched::by(&story).await;
        if hold > 0 {
            web.is_down(severity).await;
            story.after(hold - 1).await;
            web.is_up().await;
            story.after(1_200).await;
            assert_eq!(heard(&story), Vec::<String>::new(), "{severity:?}");
        }
        let began = story.clock.now().since(BEGIN).as_secs();
        web.is_down(severity).await;
        story.after(hold + 10).await;
        web.is_up().await;
        story.after(600).await;
        assert_eq!(
            heard(&story),
            at(&[(began + hold, DOWN), (began + hold + 10, OVER)]),
            "{severity:?}"
        );
    }
}
