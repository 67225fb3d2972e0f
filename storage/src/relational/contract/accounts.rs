//! Users, sessions, rate limits.

use super::{T0, count};
use crate::relational::entity::{rate_limit, session, user};
use crate::relational::rate_limits::{self, BucketState};
use crate::relational::sessions::{self, NewSession};
use crate::relational::users::{self, NewUser, UserPatch};
use crate::relational::{Db, StoreError};
use futures::future::join_all;
use noc_pipeline::clock::UnixMs;
use std::collections::HashSet;
use std::time::Duration;

const MINUTE: Duration = Duration::from_secs(60);

async fn add_user(db: &Db, email: &str, role: &str) -> user::Model {
    let new = NewUser {
        email: email.to_owned(),
        name: "N".to_owned(),
        password_hash: "$argon2id$x".to_owned(),
        role: role.to_owned(),
        must_change_password: false,
    };
    users::create(db.write(), new, T0).await.unwrap()
}

/// An address is one account however it is typed.
pub async fn an_address_is_one_account_in_any_case(db: &Db) {
    let user = add_user(db, "  Someone@Example.COM ", "viewer").await;
    assert_eq!(user.email, "someone@example.com");
    let found = users::by_email(db.read(), "SOMEONE@example.com")
        .await
        .unwrap();
    assert_eq!(found.map(|u| u.id), Some(user.id));
    let other = add_user(db, "other@example.com", "viewer").await;
    let patch = UserPatch {
        email: Some("someone@EXAMPLE.com".to_owned()),
        ..UserPatch::default()
    };
    let taken = users::update(db.write(), other.id, patch, T0).await;
    assert!(matches!(taken, Err(StoreError::Conflict { id, .. }) if id == "someone@example.com"));
}

/// However many nodes start at once, an empty database gets one first admin, and one with users none.
pub async fn the_first_admin_is_seeded_once(db: &Db) {
    let seed = || users::seed_admin(db.write(), "admin@hostseba.com", "h", true, T0);
    let seeded = join_all((0..6).map(|_| seed())).await;
    assert_eq!(seeded.into_iter().filter_map(Result::unwrap).count(), 1);
    assert!(seed().await.unwrap().is_none());
    let admin = users::by_email(db.read(), "admin@hostseba.com").await;
    let admin = admin.unwrap().unwrap();
    assert!(admin.must_change_password && admin.is_active && admin.role == users::ADMIN);
}

/// A role means its active accounts; a password, a login and a deletion are kept.
pub async fn accounts_change_as_told(db: &Db) {
    let [a, b] = [
        add_user(db, "a@example.com", "admin").await,
        add_user(db, "b@example.com", "admin").await,
    ];
    let off = UserPatch {
        is_active: Some(false),
        ..UserPatch::default()
    };
    users::update(db.write(), b.id, off, T0).await.unwrap();
    let admins = users::with_role(db.read(), "admin").await.unwrap();
    assert_eq!(admins.iter().map(|u| u.id).collect::<Vec<_>>(), [a.id]);

    let later = T0.plus(MINUTE);
    users::set_password(db.write(), a.id, "new", true, later)
        .await
        .unwrap();
    users::logged_in(db.write(), a.id, later).await.unwrap();
    let read = users::by_id(db.read(), a.id).await.unwrap().unwrap();
    assert_eq!(
        (read.password_hash.as_str(), read.must_change_password),
        ("new", true)
    );
    assert_eq!(read.last_login_at, Some(later.to_datetime()));

    add_session(db, "s1", a.id, T0).await;
    users::delete(db.write(), a.id).await.unwrap();
    assert_eq!(
        count::<session::Entity>(db).await,
        0,
        "sessions go with their user"
    );
    let twice = users::delete(db.write(), a.id).await;
    assert!(matches!(twice, Err(StoreError::NotFound { .. })));
}

async fn add_session(db: &Db, id: &str, user_id: i64, now: UnixMs) -> session::Model {
    let new = NewSession {
        id_hash: id.to_owned(),
        user_id,
        csrf_hash: "c".to_owned(),
        expires_at: now.plus(60 * MINUTE),
        ip: "192.0.2.1".to_owned(),
        user_agent: "é".repeat(300),
    };
    sessions::create(db.write(), new, now).await.unwrap()
}

/// A session ends at its absolute end, when unused, with its user's rights, and by hand.
pub async fn a_session_ends_in_every_way_it_may(db: &Db) {
    let idle = 10 * MINUTE;
    let user = add_user(db, "a@example.com", "viewer").await;
    let session = add_session(db, "s1", user.id, T0).await;
    assert_eq!(session.user_agent.chars().count(), 255);
    let works = async |id: &str, now| {
        sessions::find(db.read(), id, idle, now)
            .await
            .unwrap()
            .is_some()
    };
    assert!(works("s1", T0).await && !works("S1", T0).await);
    assert!(!works("s1", T0.plus(idle)).await, "unused");

    // In use it goes on, until the absolute end.
    let mut now = T0;
    while works("s1", now).await {
        let (found, _) = sessions::find(db.read(), "s1", idle, now)
            .await
            .unwrap()
            .unwrap();
        sessions::touch(db.write(), &found, now).await.unwrap();
        now = now.plus(5 * MINUTE);
    }
    assert_eq!(now, T0.plus(60 * MINUTE));

    for id in ["s2", "s3", "s4"] {
        add_session(db, id, user.id, now).await;
    }
    let all = ["s1", "s2", "s3", "s4", "s5"].map(str::to_owned);
    let living = async |now| sessions::living(db.read(), &all, idle, now).await.unwrap();
    assert_eq!(
        living(now).await,
        HashSet::from(["s2", "s3", "s4"].map(str::to_owned))
    );
    assert!(living(now.plus(idle)).await.is_empty(), "unused");
    assert_eq!(
        sessions::of_user(db.read(), user.id, now)
            .await
            .unwrap()
            .len(),
        3
    );
    assert!(
        !sessions::delete(db.write(), user.id + 1, "s2")
            .await
            .unwrap(),
        "another's"
    );
    assert!(sessions::delete(db.write(), user.id, "s2").await.unwrap());
    // The expired one goes as well.
    assert_eq!(
        sessions::delete_others(db.write(), user.id, Some("s3"))
            .await
            .unwrap(),
        2
    );
    assert!(works("s3", now).await && !works("s4", now).await);
    let off = UserPatch {
        is_active: Some(false),
        ..UserPatch::default()
    };
    users::update(db.write(), user.id, off, now).await.unwrap();
    assert!(!works("s3", now).await);
    assert!(living(now).await.is_empty(), "the account is off");
    assert_eq!(sessions::expire(db.write(), idle, now).await.unwrap(), 0);
    assert_eq!(
        sessions::expire(db.write(), idle, now.plus(idle))
            .await
            .unwrap(),
        1
    );
}

/// Requests that come within a minute write nothing.
pub async fn a_session_is_touched_once_a_minute(db: &Db) {
    let user = add_user(db, "a@example.com", "viewer").await;
    let mut session = add_session(db, "s1", user.id, T0).await;
    for (after, expected) in [(59, 0), (60, 60), (119, 60), (121, 121)] {
        let now = T0.plus(Duration::from_secs(after));
        sessions::touch(db.write(), &session, now).await.unwrap();
        let found = sessions::find(db.read(), "s1", 60 * MINUTE, now)
            .await
            .unwrap();
        session = found.unwrap().0;
        let seen = T0.plus(Duration::from_secs(expected)).to_datetime();
        assert_eq!(session.last_seen_at, seen, "after {after} s");
    }
}

async fn fail(db: &Db, bucket: &'static str, now: UnixMs) -> BucketState {
    db.transaction("fail", move |tx| {
        Box::pin(async move { rate_limits::register_failure(tx, bucket, 15 * MINUTE, now).await })
    })
    .await
    .unwrap()
}

/// Failures of all nodes count, none is lost; a window that is over starts anew.
pub async fn failures_of_all_nodes_count(db: &Db) {
    let counted = join_all((0..20).map(|_| fail(db, "login:pair:x", T0))).await;
    let highest = counted.iter().map(|state| state.failures).max();
    assert_eq!(highest, Some(20));
    assert_eq!(fail(db, "login:pair:y", T0).await.failures, 1);
    assert_eq!(
        fail(db, "login:pair:x", T0.plus(14 * MINUTE))
            .await
            .failures,
        21
    );
    let over = T0.plus(15 * MINUTE);
    let state = rate_limits::state(db.read(), "login:pair:x", 15 * MINUTE, over).await;
    assert_eq!(state.unwrap(), BucketState::default());
    assert_eq!(fail(db, "login:pair:x", over).await.failures, 1);
    assert_eq!(
        fail(db, "login:pair:x", over.plus(MINUTE)).await.failures,
        2
    );
}

/// A lock holds until its end, survives further failures, and goes with a success.
pub async fn a_locked_bucket_stays_locked_until_its_end(db: &Db) {
    let until = T0.plus(30 * MINUTE);
    fail(db, "b", T0).await;
    rate_limits::lock(db.write(), "b", until).await.unwrap();
    assert_eq!(
        fail(db, "b", T0.plus(20 * MINUTE)).await.locked_until,
        Some(until)
    );
    let state = async |now| {
        rate_limits::state(db.read(), "b", 15 * MINUTE, now)
            .await
            .unwrap()
    };
    assert_eq!(state(until).await.locked_until, None);
    assert_eq!(
        rate_limits::expire(db.write(), MINUTE, T0.plus(29 * MINUTE))
            .await
            .unwrap(),
        0,
        "locked"
    );
    rate_limits::clear(db.write(), &["a", "b"]).await.unwrap();
    assert_eq!(state(T0).await, BucketState::default());
    fail(db, "b", T0).await;
    assert_eq!(
        rate_limits::expire(db.write(), MINUTE, T0.plus(MINUTE))
            .await
            .unwrap(),
        1
    );
    assert_eq!(count::<rate_limit::Entity>(db).await, 0);
}
