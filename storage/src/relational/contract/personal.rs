//! Contacts, preferences, what quiet hours hold back, digests.

use super::{T0, count};
use crate::relational::contacts::{self, NewContact};
use crate::relational::deliveries::{self, NewDelivery};
use crate::relational::entity::{
    contact, digest, notification_delivery, quiet_hold, user_notification_preference,
};
use crate::relational::notification_preferences::{self, ChannelChoice, PreferencesDraft};
use crate::relational::quiet_holds::{self, Held, NewHold};
use crate::relational::users::{self, NewUser};
use crate::relational::{Db, StoreError, digests};
use crate::secrets::{FieldKey, SecretKey};
use futures::future::join_all;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ActiveValue::Unchanged, EntityTrait};
use serde_json::json;
use std::collections::BTreeMap;
use std::time::Duration;

const MINUTE: Duration = Duration::from_secs(60);

async fn account(db: &Db, name: &str) -> i64 {
    let new = NewUser {
        email: format!("{name}@example.com"),
        name: name.to_owned(),
        password_hash: "-".to_owned(),
        role: "oncall".to_owned(),
        must_change_password: false,
    };
    users::create(db.write(), new, T0).await.unwrap().id
}

fn phone(user_id: i64, number: &str) -> NewContact {
    NewContact {
        user_id,
        channel: "whatsapp".to_owned(),
        address: number.to_owned(),
        address_key: number.to_owned(),
        secret: None,
    }
}

async fn message(db: &Db, name: &str, user_id: i64) -> i64 {
    let new = NewDelivery {
        incident_id: Some(1),
        execution_id: None,
        position: None,
        kind: "problem",
        channel: "email".to_owned(),
        recipient: "a@example.com".to_owned(),
        recipient_key: "a@example.com".to_owned(),
        user_id: Some(user_id),
        idempotency_key: format!("{name:0>64}"),
    };
    deliveries::queue(db.write(), new, T0)
        .await
        .unwrap()
        .unwrap()
}

/// A code is for its contact, its message and its time; an address is one contact of a person, but may be another's too.
pub async fn a_contact_counts_once_its_code_was_entered(db: &Db) {
    let key = FieldKey::new(SecretKey::generate());
    let (ann, bob) = (account(db, "ann").await, account(db, "bob").await);
    let add = |user, number: &'static str| {
        let key = key.clone();
        async move { contacts::create(db.write(), &key, phone(user, number), T0).await }
    };
    let row = add(ann, "+8801712345678").await.unwrap();
    assert!(row.verified_at.is_none() && row.secret.is_none());
    let twice = add(ann, "+8801712345678").await;
    assert!(matches!(twice, Err(StoreError::Conflict { .. })));
    add(bob, "+8801712345678").await.unwrap();
    assert_eq!(contacts::verified(db.read()).await.unwrap(), []);
    assert_eq!(contacts::count(db.read(), ann).await.unwrap(), 1);

    let asked = contacts::code_asked(db.write(), row.id, 70, T0)
        .await
        .unwrap();
    assert_eq!(asked.code_asked_at, Some(T0.to_datetime()));
    assert_eq!(
        contacts::of_code(db.read(), 70).await.unwrap(),
        Some(asked.clone())
    );
    let until = T0.plus(10 * MINUTE);
    let hash = "a".repeat(64);
    let issue = |delivery| contacts::code_issued(db.write(), row.id, delivery, &hash, until);
    assert!(!issue(69).await.unwrap(), "another message's");
    assert!(issue(70).await.unwrap());
    let read = || async move {
        let found = contacts::find(db.read(), ann, "whatsapp", "+8801712345678").await;
        found.unwrap().unwrap()
    };
    contacts::code_tried(db.write(), &read().await)
        .await
        .unwrap();
    let tried = read().await;
    assert_eq!(
        (tried.code_tries, tried.code_hash.as_deref()),
        (1, Some(hash.as_str()))
    );
    assert_eq!(tried.code_expires_at, Some(until.to_datetime()));
    let asked = contacts::code_asked(db.write(), row.id, 71, until)
        .await
        .unwrap();
    assert_eq!((asked.code_tries, asked.code_hash), (0, None));

    let proved = contacts::prove(db.write(), &tried, until).await.unwrap();
    assert_eq!(proved.verified_at, Some(until.to_datetime()));
    assert_eq!(proved.code_hash, None);
    assert!(!issue(71).await.unwrap(), "it is verified");
    let verified = contacts::verified(db.read()).await.unwrap();
    assert_eq!(verified.iter().map(|c| c.id).collect::<Vec<_>>(), [row.id]);

    let foreign = contacts::delete(db.write(), bob, row.id).await;
    assert!(matches!(foreign, Err(StoreError::NotFound { .. })));
    let lock = |user| contacts::lock(db.write(), user, row.id);
    assert!(lock(bob).await.unwrap().is_none());
    assert!(lock(ann).await.unwrap().is_some());
    contacts::delete(db.write(), ann, row.id).await.unwrap();
    assert_eq!(contacts::of_user(db.read(), ann).await.unwrap(), []);
    assert_eq!(contacts::of_user(db.read(), bob).await.unwrap().len(), 1);
}

/// What is stored of a secret address does not show it, opens for its own row alone, and nothing of a person outlives
/// their account.
pub async fn a_contact_that_is_a_secret_is_sealed_and_goes_with_its_account(db: &Db) {
    let key = FieldKey::new(SecretKey::generate());
    let ann = account(db, "ann").await;
    let url = "https://discord.com/api/webhooks/1/hunter2";
    let new = NewContact {
        user_id: ann,
        channel: "discord".to_owned(),
        address: "Discord webhook 1".to_owned(),
        address_key: "webhook:abc".to_owned(),
        secret: Some(url.to_owned()),
    };
    let row = contacts::create(db.write(), &key, new, T0).await.unwrap();
    assert!(!format!("{row:?}").contains("hunter2"));
    let opened = contacts::open_secret(&key, &row).unwrap();
    assert_eq!(opened.as_deref(), Some(url));
    let moved = contact::Model {
        address_key: "webhook:def".to_owned(),
        ..row.clone()
    };
    assert!(matches!(
        contacts::open_secret(&key, &moved),
        Err(StoreError::Secret { .. })
    ));

    store(db, ann, draft(Some(row.id))).await;
    let held = message(db, "m", ann).await;
    quiet_holds::hold(db.write(), hold(held, ann), T0)
        .await
        .unwrap();
    digests::note(db.write(), ann, T0, T0.plus(MINUTE), None, json!([]), T0)
        .await
        .unwrap();
    users::delete(db.write(), ann).await.unwrap();
    assert_eq!(count::<contact::Entity>(db).await, 0);
    assert_eq!(count::<user_notification_preference::Entity>(db).await, 0);
    assert_eq!(count::<quiet_hold::Entity>(db).await, 0);
    assert_eq!(count::<digest::Entity>(db).await, 0);
    assert_eq!(count::<notification_delivery::Entity>(db).await, 1, "log");
}

fn draft(discord: Option<i64>) -> PreferencesDraft {
    let choice = |enabled, contact_id| ChannelChoice {
        enabled,
        contact_id,
    };
    PreferencesDraft {
        channels: BTreeMap::from([
            ("email".to_owned(), choice(true, None)),
            ("discord".to_owned(), choice(discord.is_some(), discord)),
        ]),
        severities: vec!["critical".to_owned()],
        quiet_start: 22 * 60,
        quiet_end: 7 * 60,
        timezone: "Asia/Dhaka".to_owned(),
        block_critical: false,
        digest_enabled: false,
        digest_minute: 9 * 60,
    }
}

async fn store(db: &Db, user: i64, draft: PreferencesDraft) -> user_notification_preference::Model {
    notification_preferences::put(db.write(), user, draft, T0)
        .await
        .unwrap()
}

/// The last word counts, whole; a contact that goes leaves its channel off, but e-mail at the account's own address.
pub async fn preferences_are_replaced_as_a_whole_and_lose_a_contact_that_goes(db: &Db) {
    let ann = account(db, "ann").await;
    let get = || async move {
        let found = notification_preferences::get(db.read(), ann).await;
        found.unwrap()
    };
    assert_eq!(get().await, None);
    let stored = store(db, ann, draft(Some(5))).await;
    assert_eq!(get().await.as_ref(), Some(&stored));
    assert_eq!(stored.severity_names(), ["critical"]);
    assert_eq!(stored.choices(), draft(Some(5)).channels);
    assert_eq!((stored.digest_since, stored.digest_last_at), (None, None));

    let digest = PreferencesDraft {
        digest_enabled: true,
        ..draft(Some(5))
    };
    let put = |draft, at| notification_preferences::put(db.write(), ann, draft, at);
    put(digest.clone(), T0.plus(MINUTE)).await.unwrap();
    let since = Some(T0.plus(MINUTE).to_datetime());
    assert_eq!(get().await.unwrap().digest_since, since);
    put(digest.clone(), T0.plus(2 * MINUTE)).await.unwrap();
    assert_eq!(get().await.unwrap().digest_since, since, "it was on");
    let wanted = notification_preferences::with_digest(db.read()).await;
    assert_eq!(wanted.unwrap().len(), 1);
    let until = T0.plus(3 * MINUTE);
    notification_preferences::digest_made(db.write(), ann, until)
        .await
        .unwrap();
    assert_eq!(get().await.unwrap().digest_owed_at, None);
    let made = get().await.unwrap();
    let at = Some(until.to_datetime());
    assert_eq!((made.digest_since, made.digest_last_at), (at, at));
    put(draft(Some(5)), until).await.unwrap();
    let wanted = notification_preferences::with_digest(db.read()).await;
    assert_eq!(wanted.unwrap(), []);
    put(digest.clone(), until.plus(MINUTE)).await.unwrap();
    let again = get().await.unwrap();
    let since = Some(until.plus(MINUTE).to_datetime());
    assert_eq!((again.digest_since, again.digest_last_at), (since, at));

    // What is owed is still to be made once it is off, and goes on from where it was when it is on again.
    for late in [2, 3] {
        let owed = notification_preferences::owe_digest(db.write(), ann, until.plus(late * MINUTE));
        owed.await.unwrap();
    }
    let owed = Some(until.plus(2 * MINUTE).to_datetime());
    assert_eq!(get().await.unwrap().digest_owed_at, owed);
    for draft in [draft(Some(5)), digest] {
        put(draft, until.plus(4 * MINUTE)).await.unwrap();
        let wanted = notification_preferences::with_digest(db.read()).await;
        assert_eq!(wanted.unwrap().len(), 1);
        assert_eq!(get().await.unwrap().digest_since, since);
    }
    notification_preferences::digest_made(db.write(), ann, until.plus(5 * MINUTE))
        .await
        .unwrap();
    put(draft(Some(5)), until.plus(6 * MINUTE)).await.unwrap();
    let wanted = notification_preferences::with_digest(db.read()).await;
    assert_eq!(wanted.unwrap(), []);

    let forget =
        |contact| notification_preferences::forget_contact(db.write(), ann, contact, "email");
    assert!(!forget(6).await.unwrap());
    assert!(forget(5).await.unwrap());
    assert_eq!(get().await.unwrap().choices(), draft(None).channels);
    let elsewhere = PreferencesDraft {
        channels: BTreeMap::from([(
            "email".to_owned(),
            ChannelChoice {
                enabled: true,
                contact_id: Some(8),
            },
        )]),
        ..draft(None)
    };
    store(db, ann, elsewhere).await;
    assert!(forget(8).await.unwrap());
    let own = ChannelChoice {
        enabled: true,
        contact_id: None,
    };
    assert_eq!(get().await.unwrap().choices()["email"], own);
    assert_eq!(
        notification_preferences::all(db.read())
            .await
            .unwrap()
            .len(),
        1
    );
}

fn hold(delivery_id: i64, user_id: i64) -> NewHold {
    NewHold {
        delivery_id,
        incident_id: 1,
        user_id,
        channel: "email".to_owned(),
        recipient: "a@example.com".to_owned(),
        recipient_key: "a@example.com".to_owned(),
    }
}

/// A message is held once, and however many want to end a person's quiet hours, one of them gets what was held.
pub async fn what_is_held_back_is_released_to_one_summary(db: &Db) {
    let (ann, bob) = (account(db, "ann").await, account(db, "bob").await);
    let [one, two] = [message(db, "1", ann).await, message(db, "2", ann).await];
    for delivery in [one, two, one] {
        quiet_holds::hold(db.write(), hold(delivery, ann), T0)
            .await
            .unwrap();
    }
    quiet_holds::hold(db.write(), hold(99, bob), T0)
        .await
        .unwrap();
    assert_eq!(quiet_holds::people(db.read()).await.unwrap(), [ann, bob]);
    let state = async |id| quiet_holds::state_of(db.read(), id).await.unwrap();
    assert_eq!((state(two).await, state(77).await), (Held::Waits, Held::No));

    let later = T0.plus(MINUTE);
    let ended = join_all((1..=4_i64).map(|summary| async move {
        db.transaction("end quiet hours", move |tx| {
            Box::pin(async move {
                let held = quiet_holds::lock_of(tx, ann).await?;
                let ids: Vec<i64> = held.iter().map(|row| row.id).collect();
                if !ids.is_empty() {
                    quiet_holds::release(tx, ids, Some(summary), later).await?;
                }
                Ok::<_, StoreError>(held.len())
            })
        })
        .await
        .unwrap()
    }))
    .await;
    assert_eq!(ended.iter().filter(|n| **n == 2).count(), 1, "{ended:?}");
    assert_eq!(ended.iter().sum::<usize>(), 2);
    assert_eq!(state(one).await, Held::Released);
    assert_eq!(quiet_holds::people(db.read()).await.unwrap(), [bob]);
    let summary = ended.iter().position(|n| *n == 2).unwrap() + 1;
    let told = quiet_holds::of_summary(db.read(), i64::try_from(summary).unwrap()).await;
    let told: Vec<i64> = told.unwrap().iter().map(|row| row.delivery_id).collect();
    assert_eq!(told, [one, two]);
    let summary = i64::try_from(summary).unwrap();
    let named = async || {
        let all = quiet_holds::of_summary(db.read(), summary).await.unwrap();
        all.iter().filter(|row| row.named_at.is_some()).count()
    };
    assert_eq!(named().await, 0);
    for (incidents, expected) in [(vec![1, 5], 2), (vec![5], 0), (vec![], 0), (vec![1], 2)] {
        let named_now = quiet_holds::name(db.write(), summary, &incidents, later);
        named_now.await.unwrap();
        assert_eq!(named().await, expected, "{incidents:?}");
    }

    // Only what is still held back turns into what was told.
    let suppressed = notification_delivery::ActiveModel {
        id: Unchanged(one),
        status: Set("suppressed".to_owned()),
        ..Default::default()
    };
    suppressed.update(db.write()).await.unwrap();
    let carrier = message(db, "3", bob).await;
    let mut carrier = deliveries::get(db.read(), carrier).await.unwrap().unwrap();
    "elsewhere".clone_into(&mut carrier.recipient_key);
    quiet_holds::told(db.write(), vec![one, two], &carrier, "in a summary", later)
        .await
        .unwrap();
    let rows = notification_delivery::Entity::find().all(db.read()).await;
    let rows: Vec<_> = rows
        .unwrap()
        .into_iter()
        .map(|row| (row.status, row.sent_at.is_some(), row.recipient_key))
        .take(2)
        .collect();
    let [first, second] = &rows[..] else {
        panic!("{rows:?}");
    };
    assert_eq!(
        (first.0.as_str(), first.1, first.2.as_str()),
        ("sent", true, "elsewhere")
    );
    assert_eq!((second.0.as_str(), second.1), ("queued", false));

    // Who asks for one by hand has it judged as if it had never been held, and the next quiet hours may hold it.
    let asked = notification_delivery::ActiveModel {
        id: Unchanged(two),
        status: Set("suppressed".to_owned()),
        ..Default::default()
    };
    asked.update(db.write()).await.unwrap();
    assert!(deliveries::requeue(db.write(), two, later).await.unwrap());
    assert_eq!(state(two).await, Held::No);
    quiet_holds::hold(db.write(), hold(two, ann), later)
        .await
        .unwrap();
    assert_eq!(state(two).await, Held::Waits);
    let kept = quiet_holds::retain(db.write(), later).await.unwrap();
    let gone = quiet_holds::retain(db.write(), later.plus(MINUTE)).await;
    assert_eq!((kept, gone.unwrap()), (0, 1), "what is held stays");
}

/// Two nodes that come to the same time of day make one digest.
pub async fn a_digest_of_a_time_is_made_once(db: &Db) {
    let ann = account(db, "ann").await;
    let until = T0.plus(MINUTE);
    let made = join_all((1..=4).map(|delivery| async move {
        db.transaction("make a digest", move |tx| {
            Box::pin(async move {
                digests::note(tx, ann, T0, until, Some(delivery), json!([1]), until).await
            })
        })
        .await
    }))
    .await;
    let (won, lost): (Vec<_>, Vec<_>) = made.into_iter().partition(Result::is_ok);
    assert_eq!((won.len(), lost.len()), (1, 3));
    for lost in lost {
        assert!(matches!(lost, Err(StoreError::Conflict { .. })), "{lost:?}");
    }
    let winner = won.into_iter().next().unwrap().unwrap();
    let found = digests::of_delivery(db.read(), winner.delivery_id.unwrap()).await;
    assert_eq!(found.unwrap().as_ref(), Some(&winner));
    assert_eq!(winner.lines, Some(json!([1])));
    let before = digests::that_ends(db.read(), ann, until).await.unwrap();
    assert_eq!(before, Some(winner));
    assert_eq!(digests::that_ends(db.read(), ann, T0).await.unwrap(), None);
    assert_eq!(digests::of_delivery(db.read(), 77).await.unwrap(), None);
    digests::note(
        db.write(),
        ann,
        until,
        until.plus(MINUTE),
        None,
        json!([]),
        until,
    )
    .await
    .unwrap();
    let removed = digests::retain(db.write(), until.plus(MINUTE)).await;
    assert_eq!(removed.unwrap(), 2);
}
