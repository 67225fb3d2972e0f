//! What providers tell of messages, and what is done where one does not arrive.

use super::T0;
use crate::relational::deliveries::{self, Ending, NewDelivery, Status, bundles};
use crate::relational::delivery_assurances::{self, Assurance};
use crate::relational::delivery_receipts::{self, Fate, Onward};
use crate::relational::entity::{
    early_receipt, incident, notification_channel, notification_delivery,
};
use crate::relational::notification_channels::{self, ChannelDraft};
use crate::relational::{Db, StoreError};
use crate::secrets::{FieldKey, SecretKey};
use noc_pipeline::clock::UnixMs;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ActiveValue::Unchanged};
use std::time::Duration;

const LEASE: Duration = Duration::from_secs(60);
pub(super) const KINDS: [&str; 2] = ["problem", "reminder"];

pub(super) fn at(seconds: u64) -> UnixMs {
    T0.plus(Duration::from_secs(seconds))
}

pub(super) async fn incident(db: &Db, n: u32, severity: &str) -> i64 {
    let now = T0.to_datetime();
    let row = incident::ActiveModel {
        detector: Set("service_down".into()),
        server_name: Set("web".into()),
        subject: Set(n.to_string()),
        dedup_hash: Set(format!("{n:064}")),
        open_key: Set(Some(format!("{n:064}"))),
        severity: Set(severity.into()),
        status: Set("open".into()),
        title: Set("down".into()),
        opened_at: Set(now),
        last_seen_at: Set(now),
        occurrences: Set(1),
        changed_at: Set(now),
        ..Default::default()
    };
    row.insert(db.write()).await.unwrap().id
}

pub(super) async fn queued(
    db: &Db,
    n: u32,
    channel: &str,
    kind: &'static str,
    incident: i64,
) -> i64 {
    let row = deliveries::queue(db.write(), new(n, channel, kind, incident), T0).await;
    row.unwrap().unwrap()
}

pub(super) fn new(n: u32, channel: &str, kind: &'static str, incident: i64) -> NewDelivery {
    NewDelivery {
        incident_id: Some(incident),
        execution_id: None,
        position: Some((0, 0)),
        kind,
        channel: channel.into(),
        recipient: format!("r{n}"),
        recipient_key: format!("r{n}"),
        user_id: None,
        idempotency_key: format!("{n:064}"),
    }
}

/// Claims one delivery of a channel.
pub(super) async fn claims(
    db: &Db,
    channel: &'static str,
    now: UnixMs,
) -> notification_delivery::Model {
    let lately = bundles::Lately {
        kinds: &KINDS,
        within: Duration::from_secs(30),
    };
    let claimed = db.transaction("test", |tx| {
        Box::pin(async move {
            let times = (now, now.plus(LEASE));
            bundles::claim(tx, channel, times, 1, lately, &bundles::each_alone).await
        })
    });
    let claimed = claimed.await.map_err(|e: StoreError| e).unwrap();
    claimed.bundles[0].rows[0].clone()
}

/// Claims one delivery of a channel and ends its claim.
async fn ends(db: &Db, channel: &'static str, ending: Ending, now: UnixMs) -> i64 {
    let row = &claims(db, channel, now).await;
    deliveries::finish(db.write(), row, ending, now)
        .await
        .unwrap();
    row.id
}

pub(super) fn ending(status: Status, provider_id: Option<&str>) -> Ending {
    Ending {
        status,
        attempts: 1,
        next_attempt_at: (status == Status::Retrying).then(|| at(500)),
        provider_id: provider_id.map(str::to_owned),
        reason: None,
    }
}

async fn status(db: &Db, id: i64) -> (String, Option<String>) {
    let row = deliveries::get(db.read(), id).await.unwrap().unwrap();
    (row.status, row.reason)
}

/// A receipt moves what was sent on, by the provider's id and the channel, once and never back; a repeat that is written
/// down afterwards does not take it back either.
pub async fn a_receipt_moves_a_delivery_on_and_never_back(db: &Db) {
    let about = incident(db, 1, "critical").await;
    let ids: Vec<String> = ["wamid.A", "A"].map(str::to_owned).to_vec();
    queued(db, 1, "whatsapp", "problem", about).await;
    let find = async |channel: &str| {
        let found = delivery_receipts::find(db.write(), channel, &ids).await;
        found
            .unwrap()
            .into_iter()
            .map(|row| row.id)
            .collect::<Vec<_>>()
    };
    assert_eq!(find("whatsapp").await, [0_i64; 0]);
    let id = ends(db, "whatsapp", ending(Status::Sent, Some("wamid.A")), T0).await;
    assert_eq!(find("whatsapp").await, [id]);
    assert_eq!(find("telegram").await, [0_i64; 0], "another channel's id");

    let moves = async |id, to| {
        let moved = delivery_receipts::move_on(db.write(), id, to, "131026", at(5)).await;
        moved.unwrap()
    };
    let once_more = Onward::Again {
        at: at(35),
        attempts: 1,
    };
    assert!(moves(id, Onward::Delivered).await);
    for late in [Onward::Delivered, Onward::Failed, once_more] {
        assert!(!moves(id, late).await, "{late:?} after it arrived");
    }
    assert_eq!(status(db, id).await, ("delivered".into(), None));
    let row = deliveries::get(db.read(), id).await.unwrap().unwrap();
    let again = ending(Status::Sent, Some("wamid.B"));
    let noted = deliveries::finish(db.write(), &row, again, at(9)).await;
    assert!(!noted.unwrap());
    assert_eq!(status(db, id).await.0, "delivered");

    queued(db, 2, "whatsapp", "problem", about).await;
    let id = ends(db, "whatsapp", ending(Status::Sent, Some("wamid.C")), T0).await;
    assert!(moves(id, Onward::Failed).await);
    assert_eq!(
        status(db, id).await,
        ("failed".into(), Some("131026".into()))
    );
    assert!(!moves(id, Onward::Delivered).await);
    assert!(!moves(id, once_more).await);

    // Sent once more: nothing that is told or written down of the send before undoes it.
    queued(db, 3, "whatsapp", "problem", about).await;
    let id = ends(db, "whatsapp", ending(Status::Sent, Some("A")), T0).await;
    assert!(moves(id, once_more).await);
    let row = deliveries::get(db.read(), id).await.unwrap().unwrap();
    assert_eq!(row.status, "retrying");
    assert_eq!(row.reason.as_deref(), Some("131026"));
    assert_eq!(row.sent_at, None);
    assert!(!moves(id, Onward::Failed).await, "told twice of one send");
    let repeated = deliveries::finish(db.write(), &row, ending(Status::Sent, Some("A")), at(6));
    assert!(!repeated.await.unwrap(), "noted twice");
    assert_eq!(status(db, id).await.0, "retrying");
    let due = async |now| deliveries::has_due(db.read(), "whatsapp", now).await;
    assert!(!due(at(34)).await.unwrap());
    assert!(due(at(35)).await.unwrap());
    let claimed = claims(db, "whatsapp", at(35)).await;
    assert_eq!((claimed.id, claimed.attempts), (id, 1));
    assert_eq!(claimed.delivery_uuid, row.delivery_uuid);
}

/// What is told of a message before its id is written down waits for it, once; what cannot be ours does not.
pub async fn an_early_receipt_waits_for_its_delivery(db: &Db) {
    let about = incident(db, 1, "critical").await;
    let ids: Vec<String> = ["true_1_A", "A"].map(str::to_owned).to_vec();
    let keep = async |fate, now| {
        let kept = delivery_receipts::keep_early(db.write(), "whatsapp", &ids, fate, "w", now);
        kept.await.unwrap()
    };
    assert!(!keep(Fate::Delivered, T0).await, "nothing is on its way");
    queued(db, 1, "whatsapp", "problem", about).await;
    let claimed = claims(db, "whatsapp", T0).await;
    assert!(!keep(Fate::OnItsWay, T0).await, "it says nothing");
    assert!(keep(Fate::Delivered, T0).await);
    for fate in [Fate::Limited, Fate::Crowded] {
        let fate = fate(Duration::from_secs(60));
        assert_eq!(Fate::from_stored(&fate.stored()), Some(fate));
    }
    assert_eq!(Fate::from_stored("limited"), None);

    let take = async |channel: &str, id: &str| {
        let taken = delivery_receipts::take_early(db.write(), channel, id).await;
        let taken = taken.unwrap().into_iter();
        taken.map(|row| row.fate).collect::<Vec<_>>()
    };
    assert!(take("telegram", "A").await.is_empty());
    assert_eq!(take("whatsapp", "A").await, ["delivered"]);
    assert!(take("whatsapp", "A").await.is_empty(), "once");
    // The other spelling is dropped with the next word, an hour later.
    assert!(keep(Fate::Failed, at(3_601)).await);
    assert_eq!(super::count::<early_receipt::Entity>(db).await, 2);

    // A word that nobody applied is found once its message is known.
    let behind = async || {
        let found = delivery_receipts::left_behind(db.read(), 9).await;
        found.unwrap().into_iter().collect::<Vec<_>>()
    };
    assert!(behind().await.is_empty());
    let sent = ending(Status::Sent, Some("true_1_A"));
    deliveries::finish(db.write(), &claimed, sent, at(3_602))
        .await
        .unwrap();
    assert_eq!(behind().await, [("whatsapp".into(), "true_1_A".into())]);
    assert_eq!(take("whatsapp", "true_1_A").await, ["failed"]);
    assert!(behind().await.is_empty());
}

/// Found are messages about open criticals that nobody took in time or that failed for good, until something was done.
pub async fn what_nobody_took_is_found_until_something_was_done(db: &Db) {
    let (bad, mild) = (
        incident(db, 1, "critical").await,
        incident(db, 2, "high").await,
    );
    let patience = Some(Duration::from_secs(30));
    let found = async |now| {
        let found = delivery_assurances::unaccepted(db.read(), &KINDS, patience, now, 9).await;
        found.unwrap()
    };
    queued(db, 1, "a", "problem", bad).await;
    queued(db, 2, "b", "problem", bad).await;
    queued(db, 3, "c", "recovery", bad).await;
    queued(db, 4, "d", "problem", mild).await;
    queued(db, 5, "e", "problem", bad).await;
    assert!(found(at(29)).await.is_empty(), "in good time");
    let retrying = ends(db, "a", ending(Status::Retrying, None), at(1)).await;
    let failed = ends(db, "b", ending(Status::Failed, None), at(2)).await;
    ends(db, "e", ending(Status::Sent, None), at(3)).await;
    assert_eq!(found(at(29)).await, [failed], "that will never be taken");
    assert_eq!(found(at(30)).await, [retrying, failed]);
    assert_eq!(found(at(603)).await, [retrying], "history");
    let day = 24 * 3_600;
    assert!(found(at(day + 1)).await.is_empty(), "history as well");
    let wanted = at(day + 10);
    deliveries::want_from(db.write(), retrying, wanted)
        .await
        .unwrap();
    assert!(
        found(at(day + 39)).await.is_empty(),
        "held until a moment ago"
    );
    assert_eq!(found(at(day + 40)).await, [retrying], "wanted anew");
    deliveries::want_from(db.write(), retrying, T0)
        .await
        .unwrap();
    let whatever = delivery_assurances::unaccepted(db.read(), &KINDS, None, at(30), 9).await;
    assert_eq!(whatever.unwrap(), [failed], "nothing is too late");

    let note = async |what| {
        let noted = delivery_assurances::note(db.write(), retrying, what, None, "why", T0).await;
        noted.unwrap()
    };
    let noted = async |what| {
        let noted = delivery_assurances::is_noted(db.read(), retrying, what).await;
        noted.unwrap()
    };
    assert!(!noted(Assurance::Channel).await);
    assert!(note(Assurance::Channel).await && noted(Assurance::Channel).await);
    assert!(!note(Assurance::Channel).await, "once");
    assert!(note(Assurance::Step).await, "which is another thing");
    assert_eq!(found(at(30)).await, [failed]);

    // Put off by a rule until its time, and just taken to be sent then: that is not late yet.
    let put_off = queued(db, 6, "f", "problem", bad).await;
    let until = notification_delivery::ActiveModel {
        id: Unchanged(put_off),
        next_attempt_at: Set(Some(at(100).to_datetime())),
        wanted_at: Set(Some(at(100).to_datetime())),
        ..Default::default()
    };
    until.update(db.write()).await.unwrap();
    assert!(!found(at(129)).await.contains(&put_off));
    assert!(found(at(130)).await.contains(&put_off));
    claims(db, "f", at(100)).await;
    assert!(!found(at(129)).await.contains(&put_off));
    assert!(found(at(130)).await.contains(&put_off));
    let claimed = deliveries::get(db.read(), put_off).await.unwrap().unwrap();
    let refused = Ending {
        attempts: 1,
        next_attempt_at: Some(at(141)),
        ..ending(Status::Retrying, None)
    };
    deliveries::finish(db.write(), &claimed, refused, at(111))
        .await
        .unwrap();
    assert!(
        !found(at(129)).await.contains(&put_off),
        "also where it was tried"
    );
    assert!(found(at(130)).await.contains(&put_off));

    let taken_on = incident::ActiveModel {
        id: Unchanged(bad),
        status: Set("acknowledged".into()),
        ..Default::default()
    };
    taken_on.update(db.write()).await.unwrap();
    assert!(found(at(30)).await.is_empty());
}

/// Found are messages about open criticals over channels that tell of arrivals, of which nothing was told in time.
pub async fn what_nobody_told_to_have_arrived_is_found(db: &Db) {
    let about = incident(db, 1, "critical").await;
    let patience = Duration::from_secs(180);
    let channels = ["whatsapp".to_owned()];
    let found = async |channels: &[String], now| {
        let read = db.read();
        let found = delivery_assurances::unconfirmed(read, channels, &KINDS, patience, now, 9);
        found.await.unwrap()
    };
    let leaves = async |channel, provider_id, now| {
        let id = ends(db, channel, ending(Status::Sent, Some(provider_id)), now).await;
        let noted = deliveries::record_attempt(db.write(), id, now, "sent", provider_id, 0).await;
        noted.unwrap();
        id
    };
    queued(db, 1, "whatsapp", "problem", about).await;
    let id = leaves("whatsapp", "1", at(10)).await;
    queued(db, 2, "email", "problem", about).await;
    leaves("email", "2", at(10)).await;
    assert!(found(&channels, at(189)).await.is_empty());
    assert_eq!(found(&channels, at(190)).await, [id]);
    assert!(found(&[], at(190)).await.is_empty());
    assert!(found(&channels, at(10 + 3_600)).await.is_empty(), "history");

    // It came to nothing, waits to be sent again, is sent again: the time since the first send counts.
    let again = Onward::Again {
        at: at(50),
        attempts: 1,
    };
    let moves = async |to, now| {
        let moved = delivery_receipts::move_on(db.write(), id, to, "", now).await;
        assert!(moved.unwrap());
    };
    moves(again, at(20)).await;
    assert_eq!(found(&channels, at(190)).await, [id]);
    leaves("whatsapp", "3", at(50)).await;
    assert!(found(&channels, at(189)).await.is_empty());
    assert_eq!(found(&channels, at(190)).await, [id]);
    queued(db, 60, "whatsapp", "problem", about).await;
    let arrives = leaves("whatsapp", "6", at(10)).await;
    assert_eq!(found(&channels, at(190)).await, [id, arrives]);
    let arrived = delivery_receipts::move_on(db.write(), arrives, Onward::Delivered, "", at(60));
    assert!(arrived.await.unwrap());
    assert_eq!(found(&channels, at(190)).await, [id]);
    // What arrived over another channel instead arrived.
    queued(db, 50, "signal", "problem", about).await;
    let other = leaves("signal", "5", at(40)).await;
    let noted = delivery_assurances::note(db.write(), id, Assurance::Channel, Some(other), "", T0);
    assert!(noted.await.unwrap());
    assert_eq!(found(&channels, at(190)).await, [id], "it left, no more");
    let arrived = delivery_receipts::move_on(db.write(), other, Onward::Delivered, "", at(50));
    assert!(arrived.await.unwrap());
    assert!(found(&channels, at(190)).await.is_empty());

    queued(db, 4, "whatsapp", "problem", about).await;
    let id = leaves("whatsapp", "4", at(10)).await;
    let failed = delivery_receipts::move_on(db.write(), id, Onward::Failed, "", at(20)).await;
    assert!(failed.unwrap());
    assert_eq!(found(&channels, at(190)).await, [id]);
    // Nobody took it, so nothing is waited for.
    queued(db, 5, "whatsapp", "problem", about).await;
    ends(db, "whatsapp", ending(Status::Failed, None), at(10)).await;
    assert_eq!(found(&channels, at(190)).await, [id]);
}

async fn channel(db: &Db, key: &FieldKey) -> notification_channel::Model {
    let draft = ChannelDraft {
        enabled: true,
        settings: serde_json::Map::new(),
        secrets: None,
    };
    let put = notification_channels::put(db.write(), key, "whatsapp", draft, T0);
    put.await.unwrap()
}

async fn read(db: &Db) -> notification_channel::Model {
    let row = notification_channels::by_key(db.read(), "whatsapp").await;
    row.unwrap().unwrap()
}

/// The longest pause that was asked for holds, in its words, until new settings or its end.
pub async fn a_channel_is_left_alone_as_long_as_was_asked(db: &Db) {
    let key = FieldKey::new(SecretKey::from_bytes([9; 32]));
    channel(db, &key).await;
    let pause = async |until, reason: &str| {
        let paused = notification_channels::pause(db.write(), "whatsapp", until, reason).await;
        paused.unwrap();
    };
    pause(at(60), "429 long").await;
    pause(at(5), "429 short").await;
    let row = read(db).await;
    let paused = |now| notification_channels::paused(&row, now);
    assert_eq!(paused(at(59)), Some((at(60), "429 long")));
    assert_eq!(paused(at(60)), None);
    pause(at(90), "429 longer").await;
    let row = read(db).await;
    let paused = notification_channels::paused(&row, at(60));
    assert_eq!(paused, Some((at(90), "429 longer")));
    let row = channel(db, &key).await;
    assert_eq!(notification_channels::paused(&row, at(60)), None);
    notification_channels::pause(db.write(), "nothing", at(5), "-")
        .await
        .unwrap();
}

/// The address that a provider calls is sealed, replaced as a whole, and noted to be used once a minute.
pub async fn the_address_that_a_provider_calls_is_sealed(db: &Db) {
    let key = FieldKey::new(SecretKey::from_bytes([9; 32]));
    let none = notification_channels::set_hook(db.write(), &key, "whatsapp", "s").await;
    assert!(matches!(none, Err(StoreError::NotFound { .. })));
    let row = channel(db, &key).await;
    let secret = |row: &_| notification_channels::hook_secret(&key, row).unwrap();
    assert_eq!(secret(&row), None);
    let set = async |secret: &str| {
        let set = notification_channels::set_hook(db.write(), &key, "whatsapp", secret).await;
        set.unwrap()
    };
    let row = set("first-secret").await;
    assert!(!format!("{row:?}").contains("first-secret"));
    assert_eq!(secret(&row).as_deref(), Some("first-secret"));
    assert_eq!(
        secret(&channel(db, &key).await).as_deref(),
        Some("first-secret")
    );

    let note = async |provider: &str, now| {
        let row = read(db).await;
        let noted = notification_channels::note_receipt(db.write(), &row, provider, now).await;
        noted.unwrap();
        let row = read(db).await;
        (
            row.hook_provider.unwrap(),
            row.hook_receipt_at.map(UnixMs::from),
        )
    };
    assert_eq!(note("twilio", at(1)).await, ("twilio".into(), Some(at(1))));
    assert_eq!(note("twilio", at(60)).await, ("twilio".into(), Some(at(1))));
    assert_eq!(note("waha", at(60)).await, ("waha".into(), Some(at(60))));
    let row = set("second-secret").await;
    assert_eq!(secret(&row).as_deref(), Some("second-secret"));
    assert_eq!((row.hook_provider, row.hook_receipt_at), (None, None));
}

/// The message of the day is claimed by one, only where it is switched on, and begins its day anew after it was off.
pub async fn the_message_of_the_day_is_claimed_by_one(db: &Db) {
    let key = FieldKey::new(SecretKey::from_bytes([9; 32]));
    let off = channel(db, &key).await;
    let claim = async |as_read: &notification_channel::Model, now| {
        let claimed = notification_channels::claim_canary(db.write(), as_read, now).await;
        claimed.unwrap()
    };
    assert!(!claim(&off, at(1)).await, "it is off");
    let switch = async |on| {
        let switched = notification_channels::set_canary(db.write(), "whatsapp", on).await;
        switched.unwrap();
        read(db).await
    };
    let on = switch(true).await;
    assert!(claim(&on, at(1)).await);
    assert!(!claim(&on, at(2)).await, "somebody else did");
    let row = switch(true).await;
    assert_eq!(row.canary_at.map(UnixMs::from), Some(at(1)));
    assert!(claim(&row, at(3)).await);
    assert_eq!(switch(false).await.canary_at, None);
}
