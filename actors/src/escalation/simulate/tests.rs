//! What is foreseen, and that life goes the same way.

use super::*;
use crate::notify::story::{BEGIN, Story, step};
use noc_pipeline::control::Scope;
use noc_pipeline::control::Severity::{Critical, High, Low, Medium};
use noc_storage::relational::escalation_policies::{self, PolicyDraft, StepDraft};
use noc_storage::relational::maintenance_windows::{self, WindowDraft};
use noc_storage::relational::notification_preferences::{self, ChannelChoice, PreferencesDraft};
use noc_storage::relational::on_call_overrides::{self, NewOverride};
use noc_storage::relational::on_call_schedules::{self, Rotation, ScheduleDraft};
use noc_storage::relational::users::{self, UserPatch};
use noc_storage::relational::{StoreError, notification_channels};
use sea_orm::ConnectionTrait;

const WEB: ServerId = ServerId(7);
const HOUR: u64 = 3_600;
const ADA: i64 = 1;
const BOB: i64 = 2;
const CYN: i64 = 3;

fn after(seconds: u64) -> UnixMs {
    BEGIN.plus(Duration::from_secs(seconds))
}

fn imagined(severity: Severity) -> Imagined {
    Imagined {
        at: BEGIN,
        severity,
        server: Some(WEB),
        tags: Vec::new(),
        detector: Some("service_down".into()),
    }
}

/// The story's own policy, as its execution would take it.
async fn policy(story: &Story) -> PolicySnapshot {
    let stored = escalation_policies::by_id(story.db().read(), story.policy_id()).await;
    let stored = stored.unwrap().unwrap();
    let steps = stored.steps.iter().map(|step| StepDraft {
        delay_seconds: step.delay_seconds,
        channels: step.channel_list(),
        targets: step.target_list().unwrap(),
        only_if_unacknowledged: step.only_if_unacknowledged,
    });
    PolicySnapshot::draft(&PolicyDraft {
        name: stored.policy.name.clone(),
        repeat: stored.policy.repeat,
        repeat_delay_seconds: stored.policy.repeat_delay_seconds,
        steps: steps.collect(),
    })
}

async fn foreseen(story: &Story, imagined: &Imagined) -> Simulation {
    let registry = &story.context.registry;
    let world = load(story.db().read(), registry, imagined.at)
        .await
        .unwrap();
    simulate(&policy(story).await, imagined, &world)
}

/// `+seconds channel recipient kind` of every message, as a story's recorder writes it.
fn messages(simulation: &Simulation) -> Vec<String> {
    let mut all = Vec::new();
    for event in &simulation.events {
        let What::Fires(fires) = &event.what else {
            continue;
        };
        let at = event.at.since(BEGIN).as_secs();
        all.extend(fires.told.iter().map(|told| {
            let Recipient {
                channel, address, ..
            } = &told.recipient;
            format!("+{at} {channel} {address} {}", fires.kind.name())
        }));
    }
    all.sort();
    all
}

fn warnings(simulation: &Simulation) -> Vec<String> {
    let fires = simulation.events.iter().filter_map(|e| match &e.what {
        What::Fires(fires) => Some(fires.warnings.clone()),
        _ => None,
    });
    fires.flatten().collect()
}

/// Foresees a day, lets it pass, and compares message by message.
async fn life_goes_as_foreseen(story: &Story, severity: Severity) -> Simulation {
    let before = story.deliveries().await.len();
    let foreseen = foreseen(story, &imagined(severity)).await;
    assert_eq!(before, story.deliveries().await.len(), "nothing is sent");
    story.opens_on(Some(WEB), severity).await;
    story.after(HORIZON.as_secs()).await;
    let mut heard = std::mem::take(&mut *story.email.heard.lock());
    heard.sort();
    assert_eq!(messages(&foreseen), heard);
    foreseen
}

async fn window(story: &Story, name: &str, from: u64, until: u64, detectors: &[&str]) {
    let draft = WindowDraft {
        name: name.into(),
        reason: String::new(),
        scope: Scope::ServerIds(vec![WEB]),
        detectors: detectors.iter().map(ToString::to_string).collect(),
        timezone: "Asia/Dhaka".into(),
        starts_at: after(from),
        ends_at: Some(after(until)),
        recurrence: None,
    };
    let made = maintenance_windows::create(story.db().write(), draft, None, BEGIN);
    made.await.unwrap();
}

/// Turns of a day each from the midnight before the story on.
async fn schedule(story: &Story, members: &[i64]) -> i64 {
    let draft = ScheduleDraft {
        name: "Night".into(),
        timezone: "UTC".into(),
        rotation: Rotation::Daily,
        handoff_minute: 0,
        starts_on: BEGIN.to_datetime().date_naive(),
        members: members.to_vec(),
    };
    let made = story.db().transaction("test", |tx| {
        let draft = draft.clone();
        Box::pin(async move { on_call_schedules::create(tx, draft, BEGIN).await })
    });
    made.await.map_err(|e: StoreError| e).unwrap().schedule.id
}

#[tokio::test]
async fn passes_and_the_call_to_the_admins_go_as_foreseen() {
    let steps = vec![step(0, &["operator"]), step(300, &["admin"])];
    let story = Story::with(2, steps).await;
    let seen = life_goes_as_foreseen(&story, Critical).await;
    assert_eq!(
        (seen.hold, seen.ending),
        (Some(Duration::ZERO), Ending::GoesOn)
    );
    let What::Fires(first) = &seen.events[0].what else {
        panic!("{seen:?}");
    };
    assert_eq!((first.kind, first.last_resort), (Kind::Problem, false));
    assert_eq!(first.told[0].name.as_deref(), Some("bob@noc.test"));
    assert_eq!(first.told[1].name, None);
    // 3 passes of 2 steps, then every 15 min until the day is over.
    let calls = seen.events.iter().filter(|event| match &event.what {
        What::Fires(fires) => fires.last_resort,
        _ => false,
    });
    let rest = HORIZON.as_secs() - (300 + 1_200 + 1_200);
    assert_eq!(u64::try_from(calls.count()).unwrap(), rest / 900);
}

#[tokio::test]
async fn page_holds_and_steps_that_reach_nobody_go_as_foreseen() {
    let steps = vec![
        step(0, &["viewer"]),
        step(600, &["operator"]),
        step(60, &["nobody has this"]),
    ];
    let story = Story::with(1, steps).await;
    let seen = life_goes_as_foreseen(&story, Medium).await;
    assert_eq!(seen.ending, Ending::Done);
    assert_eq!(seen.hold, Some(Duration::from_secs(300)));
    assert!(warnings(&seen).contains(&"nobody has the role viewer".to_owned()));
    assert_eq!(messages(&seen).len(), 4, "bob and the team, twice");
    let none = foreseen(&story, &imagined(Low)).await;
    assert_eq!((none.hold, none.ending), (None, Ending::PagesNobody));
    assert!(none.events.is_empty());
}

#[tokio::test]
async fn hand_offs_overrides_and_gaps_go_as_foreseen() {
    let story = Story::with(100, vec![step(0, &["oncall"]), step(3_600, &["admin"])]).await;
    story.channel("email", true, &[]).await;
    let schedule = schedule(&story, &[BOB, CYN]).await;
    let cover = NewOverride {
        schedule_id: schedule,
        user_id: ADA,
        replaces_user_id: Some(BOB),
        starts_at: after(600),
        ends_at: after(3 * HOUR),
        created_by: None,
    };
    let made = on_call_overrides::create(story.db().write(), cover, BEGIN);
    made.await.unwrap();
    let seen = life_goes_as_foreseen(&story, High).await;
    let told: std::collections::BTreeSet<_> = messages(&seen)
        .into_iter()
        .filter_map(|line| line.split(' ').nth(2).map(str::to_owned))
        .collect();
    assert_eq!(
        told.len(),
        3,
        "who has the turn, who stands in, who is next: {told:?}"
    );
}

#[tokio::test]
async fn an_account_that_is_off_is_a_gap_that_is_named() {
    let story = Story::with(0, vec![step(0, &["oncall"]), step(900, &["operator"])]).await;
    schedule(&story, &[CYN]).await;
    let off = UserPatch {
        is_active: Some(false),
        ..UserPatch::default()
    };
    let off = users::update(story.db().write(), CYN, off, BEGIN).await;
    off.unwrap();
    let seen = life_goes_as_foreseen(&story, High).await;
    assert!(
        warnings(&seen)
            .contains(&"account cyn@noc.test, on call in Night, is switched off".to_owned()),
        "{seen:?}"
    );
    // Nobody was reached, so the next step does not wait.
    assert_eq!(seen.events[0].at, seen.events[1].at);
}

#[tokio::test]
async fn maintenance_that_comes_and_goes_holds_back_as_foreseen() {
    let story = Story::with(1, vec![step(0, &["operator"]), step(900, &["admin"])]).await;
    window(&story, "early", 0, 600, &[]).await;
    window(&story, "late", 1_000, 2_000, &["service_down"]).await;
    window(&story, "of others", 0, 50_000, &["disk_bytes"]).await;
    let seen = life_goes_as_foreseen(&story, Critical).await;
    let holds: Vec<_> = seen
        .events
        .iter()
        .filter(|event| !matches!(event.what, What::Fires(_)))
        .map(|event| (event.at.since(BEGIN).as_secs(), event.what.clone()))
        .collect();
    let held = |window: &str| What::Held {
        window: window.into(),
    };
    let next_at = |seconds| What::GoesOn {
        next_at: after(seconds),
    };
    assert_eq!(
        holds,
        [
            (0, held("early")),
            (600, next_at(720)),
            (1_000, held("late")),
            // 620 s of 900 remained.
            (2_000, next_at(2_620)),
        ]
    );
    let unknown = Imagined {
        detector: None,
        ..imagined(Critical)
    };
    let seen = foreseen(&story, &unknown).await;
    assert_eq!(seen.warnings.len(), 2, "{:?}", seen.warnings);
    assert!(seen.warnings[0].contains("late"), "{:?}", seen.warnings);
}

#[tokio::test]
async fn a_window_and_a_schedule_that_cannot_be_read_count_for_nothing() {
    let steps = vec![step(0, &["oncall"]), step(300, &["operator"])];
    let story = Story::with(0, steps).await;
    window(&story, "Torn", 0, 600, &[]).await;
    let id = schedule(&story, &[ADA]).await;
    let db = story.db().write();
    for torn in [
        "update maintenance_windows set recurrence = '{\"every\":\"year\"}'".to_owned(),
        format!("update on_call_schedules set timezone = 'Mars/Base' where id = {id}"),
    ] {
        db.execute_unprepared(&torn).await.unwrap();
    }
    let world = load(story.db().read(), &story.context.registry, BEGIN).await;
    let world = world.unwrap();
    assert_eq!(world.windows.len(), 0);
    let schedules = (world.schedules.readable, world.schedules.unreadable);
    assert_eq!(schedules, (Vec::new(), vec!["Night".to_owned()]));
    let seen = life_goes_as_foreseen(&story, Critical).await;
    let What::Fires(first) = &seen.events[0].what else {
        panic!("{seen:?}");
    };
    assert_eq!(
        first.warnings,
        [
            "nobody is on call in Night, which cannot be read",
            "nobody is on call",
            "nobody was reached",
        ]
    );
    // The step reached nobody, so the next did not wait.
    assert_eq!(seen.events[0].at, seen.events[1].at);
}

#[tokio::test]
async fn channels_that_are_off_or_fail_are_named() {
    let mut first = step(0, &["operator"]);
    first.channels.push("room".into());
    let story = Story::with(0, vec![first]).await;
    let db = story.db().write();
    notification_channels::set_health(db, "email", Some("535 refused"), BEGIN)
        .await
        .unwrap();
    let seen = foreseen(&story, &imagined(High)).await;
    assert_eq!(
        warnings(&seen),
        [
            "channel room is not switched on",
            "channel email does not work now: 535 refused",
        ]
    );
}

/// At each step's own time: quiet from 22:00 to 23:00, a story begins at 22:26:40.
#[tokio::test]
async fn who_wants_to_be_left_alone_is_told_later_as_foreseen() {
    let steps = vec![step(0, &["operator"]), step(3_000, &["operator"])];
    let story = Story::with(0, steps).await;
    story.channel("email", true, &[]).await;
    let own = ChannelChoice {
        enabled: true,
        contact_id: None,
    };
    let quiet = PreferencesDraft {
        channels: [("email".to_owned(), own)].into(),
        severities: vec!["high".into()],
        quiet_start: 22 * 60,
        quiet_end: 23 * 60,
        timezone: "UTC".into(),
        block_critical: false,
        digest_enabled: false,
        digest_minute: 9 * 60,
    };
    let stored = notification_preferences::put(story.db().write(), BOB, quiet.clone(), BEGIN);
    stored.await.unwrap();
    let reasons = |seen: &Simulation| -> Vec<Option<String>> {
        let fires = seen.events.iter().filter_map(|event| match &event.what {
            What::Fires(fires) => Some(fires.told[0].kept_back.clone()),
            _ => None,
        });
        fires.collect()
    };
    let why = "quiet hours, 22:00 to 23:00 UTC".to_owned();
    let high = foreseen(&story, &imagined(High)).await;
    assert_eq!(
        reasons(&high),
        [Some(why.clone()), None],
        "the second is after them"
    );
    let critical = foreseen(&story, &imagined(Critical)).await;
    assert!(
        reasons(&critical).iter().all(Option::is_none),
        "{critical:?}"
    );

    // Life goes that way.
    story.opens_on(Some(WEB), High).await;
    story.after(600).await;
    story.expect(&[]);
    let held = story.states().await.remove(0);
    assert!(held.starts_with(&format!("suppressed: {why}")), "{held}");
    story.after(HOUR).await;
    let heard = std::mem::take(&mut *story.email.heard.lock());
    assert_eq!(
        heard,
        [
            "+2000 email bob@noc.test summary",
            "+3120 email bob@noc.test problem"
        ]
    );

    // On duty they have none; with a digest it is that.
    let schedule = schedule(&story, &[BOB]).await;
    let on_duty = foreseen(&story, &imagined(High)).await;
    assert!(reasons(&on_duty).iter().all(Option::is_none), "{on_duty:?}");
    on_call_schedules::delete(story.db().write(), schedule)
        .await
        .unwrap();
    let daily = PreferencesDraft {
        digest_enabled: true,
        ..quiet
    };
    let stored = notification_preferences::put(story.db().write(), BOB, daily, BEGIN);
    stored.await.unwrap();
    let daily = foreseen(&story, &imagined(High)).await;
    let why = "in the daily digest at 09:00 UTC".to_owned();
    assert_eq!(reasons(&daily), [Some(why.clone()), Some(why)]);
}

#[test]
fn what_never_ends_is_cut() {
    let busy = PolicySnapshot {
        repeat: 100,
        repeat_delay_seconds: 60,
        ..PolicySnapshot::draft(&PolicyDraft {
            name: "busy".into(),
            repeat: 0,
            repeat_delay_seconds: 60,
            steps: vec![step(0, &["operator"]); 20],
        })
    };
    let seen = simulate(&busy, &imagined(Critical), &World::default());
    assert_eq!(
        (seen.events.len(), seen.ending),
        (MOST_STEPS, Ending::GoesOn)
    );
}
