//! Payloads in, exactly these incidents out.

use super::house::{House, disk, goodbye, metrics, service};
use crate::control;
use crate::detect::bench::rule;
use crate::incident::actions::{self, Action, Actor};
use crate::incident::lifecycle::Reason;
use noc_pipeline::control::{Condition, Control, Rule, ServerSettings, Severity};
use noc_pipeline::id::ServerId;
use noc_storage::relational::entity::execution;
use noc_storage::relational::servers::{self, ServerPatch};
use noc_storage::relational::{incidents, timeline};
use sea_orm::EntityTrait;
use std::time::Duration;

pub(super) async fn decide(house: &House, control: Control) {
    let partitions = house.parts.log.partitions();
    let at = noc_pipeline::clock::UnixMs(0);
    if let Control::ServerSettings(settings) = &control {
        // As the API does, in one transaction.
        let patch = ServerPatch {
            tags: Some(settings.tags.clone()),
            is_active: Some(settings.active),
            ..ServerPatch::default()
        };
        let row = servers::update(house.parts.db.write(), settings.server, patch, at).await;
        row.unwrap();
    }
    let staged = control::stage(house.parts.db.write(), &control, partitions, at).await;
    staged.unwrap();
    // A node that looks around at this moment publishes it in our place.
    assert!(control::publish(&house.parts).await.unwrap() <= 1);
}

pub(super) fn settings(server: ServerId, tags: &[&str], active: bool) -> Control {
    Control::ServerSettings(ServerSettings {
        server,
        tags: tags.iter().map(|t| (*t).to_owned()).collect(),
        active,
    })
}

#[actix::test]
async fn a_silent_server_is_shown_after_180_s_paged_after_300_s_and_over_when_it_reports() {
    let mut house = House::open().await;
    let web = house.server("web-09").await;
    house.server("never-seen").await;
    house.beat().await;
    house.send(web, metrics(10.0)).await;
    house.pass(195).await;
    assert_eq!(house.story().await, Vec::<String>::new());
    house.pass(5).await;
    assert_eq!(house.story().await, ["Server down: web-09: high, open"]);
    assert_eq!(house.status(web).await, "down");
    house.pass(120).await;
    assert_eq!(house.story().await, ["Server down: web-09: critical, open"]);
    house.pass(600).await;
    house.send(web, metrics(10.0)).await;
    assert_eq!(
        house.story().await,
        ["Server down: web-09: critical, resolved"]
    );
    assert_eq!(house.status(web).await, "up");
    let [one] = &*house.incidents().await else {
        panic!("one incident");
    };
    let kinds: Vec<_> = timeline::of_incident(house.parts.db.read(), one.id)
        .await
        .unwrap()
        .into_iter()
        .map(|entry| (entry.kind, entry.actor))
        .collect();
    let by = |kind: &str| (kind.to_owned(), "detector:server_down".to_owned());
    assert_eq!(kinds, [by("opened"), by("severity_rose"), by("resolved")]);
    let executions = execution::Entity::find()
        .all(house.parts.db.read())
        .await
        .unwrap();
    assert_eq!(executions.len(), 1, "an execution an incident");
}

#[actix::test]
async fn a_goodbye_gives_15_min() {
    let mut house = House::open().await;
    let web = house.server("web-09").await;
    house.beat().await;
    house.send(web, metrics(10.0)).await;
    house.send(web, goodbye()).await;
    house.pass(895).await;
    assert_eq!(house.story().await, Vec::<String>::new());
    house.pass(5).await;
    assert_eq!(house.story().await, ["Server down: web-09: high, open"]);
}

#[actix::test]
async fn a_service_down_twice_in_a_row_opens_with_its_command_and_two_good_reports_end_it() {
    let mut house = House::open().await;
    let mail = house.server("mail-02").await;
    house.beat().await;
    for running in [true, false, true, false] {
        house.send(mail, service("exim", running)).await;
        house.pass(60).await;
    }
    assert_eq!(house.story().await, Vec::<String>::new());
    house.send(mail, service("exim", false)).await;
    assert_eq!(
        house.story().await,
        ["exim is down on mail-02: critical, open"]
    );
    let [one] = &*house.incidents().await else {
        panic!("one incident");
    };
    let command = one.command.as_deref();
    assert_eq!(command, Some("sudo systemctl restart exim4"));
    assert_eq!((&*one.detector, &*one.subject), ("service_down", "exim"));
    house.pass(60).await;
    house.send(mail, service("exim", true)).await;
    house.pass(60).await;
    assert_eq!(house.story().await.len(), 1);
    house.send(mail, service("exim", true)).await;
    assert_eq!(
        house.story().await,
        ["exim is down on mail-02: critical, resolved"]
    );
}

#[actix::test]
async fn repeated_late_and_overtaken_payloads_change_nothing() {
    let mut house = House::open().await;
    let mail = house.server("mail-02").await;
    house.beat().await;
    house.send(mail, service("exim", true)).await;
    house.pass(60).await;
    let down = house.payload(mail, service("exim", false));
    for _ in 0..5 {
        house.write(down.clone()).await;
    }
    let mut late = house.payload(mail, service("exim", false));
    late.event_at = late.received_at.minus(Duration::from_secs(601));
    house.write(late).await;
    let mut overtaken = house.payload(mail, service("exim", false));
    overtaken.event_at = overtaken.received_at.minus(Duration::from_secs(30));
    house.write(overtaken).await;
    assert_eq!(house.story().await, Vec::<String>::new());
}

#[actix::test]
async fn a_full_disk_opens_rises_and_reopens_with_its_acknowledgement() {
    let mut house = House::open().await;
    let web = house.server("web-01").await;
    house.beat().await;
    house.send(web, disk("/", 91)).await;
    assert_eq!(
        house.story().await,
        ["Disk / is 91 % full on web-01: medium, open"]
    );
    house.pass_with(300, &[web]).await;
    house.send(web, disk("/", 96)).await;
    assert_eq!(
        house.story().await,
        ["Disk / is 96 % full on web-01: high, open"]
    );
    let one = house.incidents().await.remove(0);
    let ada = Actor {
        user_id: Some(1),
        name: "Ada".into(),
        ip: None,
        link: None,
    };
    let now = noc_pipeline::clock::UnixMs::from(one.last_seen_at);
    let taken_on = actions::store(&house.parts.db, one.id, &ada, &Action::Acknowledge, now).await;
    taken_on.unwrap();
    for _ in 0..3 {
        house.send(web, disk("/", 50)).await;
        house.pass_with(60, &[web]).await;
    }
    house.settle().await;
    assert_eq!(
        house.story().await,
        ["Disk / is 96 % full on web-01: high, resolved"]
    );
    house.send(web, disk("/", 92)).await;
    assert_eq!(
        house.story().await,
        ["Disk / is 92 % full on web-01: high, acknowledged"],
        "the same one, reopened, as severe as it was"
    );
}

#[actix::test]
async fn a_users_rule_fires_by_event_time_and_its_removal_resolves() {
    let mut house = House::open().await;
    let (web, other) = (house.server("web-01").await, house.server("web-02").await);
    let mut cpu = rule(7, "metrics.cpu_pct", 90.0);
    cpu.name = "CPU over 90 %".to_owned();
    cpu.severity = Some(Severity::Medium);
    if let Condition::Threshold { for_seconds, .. } = &mut cpu.condition {
        *for_seconds = 120;
    }
    decide(&house, Control::RuleSet(cpu)).await;
    house.beat().await;
    for _ in 0..3 {
        house.send(web, metrics(95.0)).await;
        house.send(other, metrics(20.0)).await;
        house.pass(60).await;
    }
    assert_eq!(
        house.story().await,
        ["CPU over 90 % on web-01: medium, open"]
    );
    assert_eq!(house.incidents().await[0].rule_id, Some(7));
    decide(&house, Control::RuleRemoved { rule_id: 7 }).await;
    assert_eq!(
        house.story().await,
        ["CPU over 90 % on web-01: medium, resolved"]
    );
}

#[actix::test]
async fn a_rule_for_a_tag_follows_the_tags() {
    let mut house = House::open().await;
    let web = house.server("web-01").await;
    let tagged = Rule {
        scope: noc_pipeline::control::Scope::Tags(vec!["web".into()]),
        ..rule(1, "metrics.cpu_pct", 90.0)
    };
    decide(&house, Control::RuleSet(tagged)).await;
    house.send(web, metrics(95.0)).await;
    assert_eq!(house.story().await, Vec::<String>::new());
    decide(&house, settings(web, &["web"], true)).await;
    house.send(web, metrics(95.0)).await;
    assert_eq!(house.story().await, ["Rule 1 on web-01: high, open"]);
    decide(&house, settings(web, &[], true)).await;
    assert_eq!(house.story().await, ["Rule 1 on web-01: high, resolved"]);
}

#[actix::test]
async fn after_a_manual_resolve_it_stays_quiet_until_it_clears() {
    let mut house = House::open().await;
    let mail = house.server("mail-02").await;
    house.beat().await;
    for _ in 0..2 {
        house.send(mail, service("exim", false)).await;
    }
    house.settle().await;
    let one = house.incidents().await.remove(0);
    let now = noc_pipeline::clock::UnixMs::from(one.opened_at);
    let resolved = incidents::resolve(house.parts.db.write(), one.id, Some(1), now).await;
    resolved.unwrap();
    let by_hand = Control::IncidentResolved {
        server: mail,
        detector: "service_down".to_owned(),
        subject: "exim".to_owned(),
    };
    decide(&house, by_hand).await;
    for _ in 0..3 {
        house.pass(60).await;
        house.send(mail, service("exim", false)).await;
    }
    assert_eq!(house.story().await.len(), 1, "quiet");
    let runtime = house.runtime.as_ref().unwrap();
    let reasons = runtime.decisions().into_iter().map(|d| d.reason);
    assert!(
        reasons
            .collect::<Vec<_>>()
            .contains(&Reason::QuietAfterManualResolve)
    );
    for running in [true, true, false, false] {
        house.pass(60).await;
        house.send(mail, service("exim", running)).await;
    }
    assert_eq!(
        house.story().await,
        [
            "exim is down on mail-02: critical, resolved",
            "exim is down on mail-02: critical, open"
        ]
    );
}

#[actix::test]
async fn a_disabled_server_is_left_alone_and_a_deleted_one_forgotten() {
    let mut house = House::open().await;
    let web = house.server("web-01").await;
    house.beat().await;
    house.send(web, disk("/", 91)).await;
    decide(&house, settings(web, &[], false)).await;
    assert_eq!(
        house.story().await,
        ["Disk / is 91 % full on web-01: medium, resolved"]
    );
    house.send(web, disk("/", 99)).await;
    house.pass(400).await;
    assert_eq!(house.story().await.len(), 1, "nothing of it is judged");
    decide(&house, Control::ServerRemoved { server: web }).await;
    house.settle().await;
    let seen = house.runtime.as_ref().unwrap().observe();
    let (known, resident) = seen
        .partitions
        .iter()
        .fold((0, 0), |(k, r), p| (k + p.known, r + p.resident));
    assert_eq!((known, resident), (0, 0));
}

#[actix::test]
async fn an_outage_of_ours_is_nobodys_silence() {
    let mut house = House::open().await;
    let (web, dead) = (house.server("web-01").await, house.server("web-02").await);
    house.beat().await;
    for server in [web, dead] {
        house.send(server, metrics(10.0)).await;
    }
    house.settle().await;
    house.kill();
    house.clock.advance(Duration::from_secs(3600));
    house.start().await;
    house.beat().await;
    house.pass_with(540, &[web]).await;
    assert_eq!(house.story().await, Vec::<String>::new(), "10 min of grace");
    house.pass_with(60, &[web]).await;
    assert_eq!(
        house.story().await,
        ["Server down: web-02: critical, open"],
        "really silent"
    );
}

/// A change of settings during the grace once made a dead server be forgotten.
#[actix::test]
async fn a_silent_server_is_missed_although_its_settings_changed_during_the_grace() {
    let mut house = House::open().await;
    let dead = house.server("web-02").await;
    house.beat().await;
    house.send(dead, metrics(10.0)).await;
    house.clock.advance(Duration::from_secs(3600));
    house.pass(400).await;
    decide(&house, settings(dead, &["web"], true)).await;
    house.pass(300).await;
    assert_eq!(house.story().await, ["Server down: web-02: critical, open"]);
}

#[actix::test]
async fn a_dead_server_resolved_by_hand_comes_back_after_30_min() {
    let mut house = House::open().await;
    let dead = house.server("web-02").await;
    house.beat().await;
    house.send(dead, metrics(10.0)).await;
    house.pass(320).await;
    house.settle().await;
    let one = house.incidents().await.remove(0);
    let now = noc_pipeline::clock::UnixMs::from(one.opened_at);
    let resolved = incidents::resolve(house.parts.db.write(), one.id, Some(1), now).await;
    resolved.unwrap();
    let by_hand = Control::IncidentResolved {
        server: dead,
        detector: "server_down".to_owned(),
        subject: String::new(),
    };
    decide(&house, by_hand).await;
    house.pass(1795).await;
    assert_eq!(house.story().await.len(), 1);
    house.pass(10).await;
    assert_eq!(
        house.story().await,
        [
            "Server down: web-02: critical, resolved",
            "Server down: web-02: critical, open"
        ]
    );
}

#[actix::test]
async fn idle_servers_leave_memory_and_are_still_missed() {
    let mut house = House::open().await;
    let (web, dead) = (house.server("web-01").await, house.server("web-02").await);
    let ill = house.server("web-03").await;
    house.beat().await;
    for server in [web, dead] {
        house.send(server, metrics(10.0)).await;
    }
    house.send(ill, disk("/", 91)).await;
    house.pass_with(1200, &[web]).await;
    house.settle().await;
    // Who leaves is looked at with the snapshots, 60 s apart by the clock, which may have run ahead of the records.
    house.pass_with(60, &[web]).await;
    house.settle().await;
    let seen = house.runtime.as_ref().unwrap().observe();
    let resident: usize = seen.partitions.iter().map(|p| p.resident).sum();
    let known: usize = seen.partitions.iter().map(|p| p.known).sum();
    assert_eq!(
        (resident, known),
        (2, 3),
        "the dead one left, the ill one not"
    );
    assert_eq!(house.story().await.len(), 3);
    house.send(dead, metrics(10.0)).await;
    let story = house.story().await;
    assert!(story.contains(&"Server down: web-02: critical, resolved".to_owned()));
}
