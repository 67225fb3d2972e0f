//! On-call schedules, overrides, hand-offs, calendar links.

use super::{T0, count};
use crate::relational::entity::{
    on_call_calendar_token, on_call_handoff, on_call_member, on_call_override,
};
use crate::relational::on_call_handoffs::{self, NewHandoff};
use crate::relational::on_call_overrides::{self, NewOverride};
use crate::relational::on_call_schedules::{self, Rotation, Schedule, ScheduleDraft};
use crate::relational::users::{self, NewUser, UserPatch};
use crate::relational::{Db, StoreError, on_call_calendar_tokens};
use chrono::NaiveDate;
use futures::future::join_all;
use noc_pipeline::clock::UnixMs;
use std::time::Duration;

const HOUR: Duration = Duration::from_secs(3_600);

async fn person(db: &Db, name: &str) -> i64 {
    let new = NewUser {
        email: format!("{name}@example.com"),
        name: name.to_owned(),
        password_hash: "-".to_owned(),
        role: "oncall".to_owned(),
        must_change_password: false,
    };
    users::create(db.write(), new, T0).await.unwrap().id
}

fn draft(name: &str, members: &[i64]) -> ScheduleDraft {
    ScheduleDraft {
        name: name.to_owned(),
        timezone: "Asia/Dhaka".to_owned(),
        rotation: Rotation::Weekly(7),
        handoff_minute: 9 * 60 + 30,
        starts_on: NaiveDate::from_ymd_opt(2026, 2, 28).unwrap(),
        members: members.to_vec(),
    }
}

async fn store(db: &Db, id: Option<i64>, draft: ScheduleDraft) -> Result<Schedule, StoreError> {
    db.transaction("store a schedule", move |tx| {
        let draft = draft.clone();
        Box::pin(async move {
            match id {
                Some(id) => on_call_schedules::update(tx, id, draft.into(), T0.plus(HOUR)).await,
                None => on_call_schedules::create(tx, draft, T0).await,
            }
        })
    })
    .await
}

/// A schedule comes back as it was written, its members in order; a change replaces the whole of it; it goes with all
/// that is its own.
pub async fn a_schedule_is_read_as_written(db: &Db) {
    let (ann, bob, cyn) = (
        person(db, "ann").await,
        person(db, "bob").await,
        person(db, "cyn").await,
    );
    let first = store(db, None, draft("Night", &[cyn, ann, bob]))
        .await
        .unwrap();
    let id = first.schedule.id;
    let read = on_call_schedules::by_id(db.read(), id).await.unwrap();
    assert_eq!(read.as_ref(), Some(&first));
    assert_eq!(first.members, [cyn, ann, bob]);
    assert_eq!(first.schedule.turns().unwrap(), Rotation::Weekly(7));
    assert_eq!(
        (
            first.schedule.starts_on.to_string().as_str(),
            first.schedule.handoff_minute
        ),
        ("2026-02-28", 570)
    );

    let taken = store(db, None, draft("Night", &[])).await;
    assert!(matches!(taken, Err(StoreError::Conflict { .. })));
    let nameless = store(db, None, draft("", &[])).await;
    assert!(matches!(nameless, Err(StoreError::Refused { .. })));
    let absent = store(db, Some(id + 9), draft("X", &[])).await;
    assert!(matches!(absent, Err(StoreError::NotFound { .. })));

    let daily = ScheduleDraft {
        rotation: Rotation::Daily,
        ..draft("All day", &[bob, cyn])
    };
    let changed = store(db, Some(id), daily).await.unwrap();
    assert_eq!(changed.schedule.turns().unwrap(), Rotation::Daily);
    assert_eq!(changed.schedule.created_at, T0.to_datetime());
    assert_eq!(changed.schedule.updated_at, T0.plus(HOUR).to_datetime());
    let other = store(db, None, draft("Backup", &[])).await.unwrap();
    let all = on_call_schedules::all(db.read()).await.unwrap();
    assert_eq!(all, [changed, other]);

    // Whatever is the schedule's goes with it.
    let new = NewOverride {
        schedule_id: id,
        user_id: ann,
        replaces_user_id: None,
        starts_at: T0,
        ends_at: T0.plus(HOUR),
        created_by: None,
    };
    on_call_overrides::create(db.write(), new, T0)
        .await
        .unwrap();
    on_call_calendar_tokens::mint(db.write(), id, ann, false, T0)
        .await
        .unwrap();
    on_call_handoffs::note(db.write(), handoff(id, 1, Some(ann)), T0)
        .await
        .unwrap();
    on_call_schedules::delete(db.write(), id).await.unwrap();
    assert_eq!(count::<on_call_member::Entity>(db).await, 0);
    assert_eq!(count::<on_call_override::Entity>(db).await, 0);
    assert_eq!(count::<on_call_calendar_token::Entity>(db).await, 0);
    assert_eq!(count::<on_call_handoff::Entity>(db).await, 0);
    let gone = on_call_schedules::delete(db.write(), id).await;
    assert!(matches!(gone, Err(StoreError::NotFound { .. })));
}

/// An account that has turns stays; one that had stood in goes, and takes that with it.
pub async fn a_member_of_a_schedule_is_not_deleted(db: &Db) {
    let (ann, bob) = (person(db, "ann").await, person(db, "bob").await);
    let schedule = store(db, None, draft("Night", &[ann])).await.unwrap();
    let refused = users::delete(db.write(), ann).await;
    assert!(
        matches!(refused, Err(StoreError::InUse { .. })),
        "{refused:?}"
    );
    let name = on_call_schedules::of_member(db.read(), ann).await.unwrap();
    assert_eq!(name.as_deref(), Some("Night"));
    let name = on_call_schedules::of_member(db.read(), bob).await.unwrap();
    assert_eq!(name, None);

    let new = NewOverride {
        schedule_id: schedule.schedule.id,
        user_id: bob,
        replaces_user_id: Some(ann),
        starts_at: T0,
        ends_at: T0.plus(HOUR),
        created_by: Some(bob),
    };
    on_call_overrides::create(db.write(), new, T0)
        .await
        .unwrap();
    let names = |at| on_call_overrides::names_user(db.read(), bob, at);
    assert!(names(T0).await.unwrap());
    assert!(!names(T0.plus(HOUR)).await.unwrap(), "over then");
    users::delete(db.write(), bob).await.unwrap();
    assert_eq!(count::<on_call_override::Entity>(db).await, 0);
    store(db, Some(schedule.schedule.id), draft("Night", &[]))
        .await
        .unwrap();
    users::delete(db.write(), ann).await.unwrap();
}

/// Overrides are half-open, and found by the times at which they apply.
pub async fn overrides_are_found_by_when_they_apply(db: &Db) {
    let ann = person(db, "ann").await;
    let schedule = store(db, None, draft("Night", &[ann])).await.unwrap();
    let id = schedule.schedule.id;
    let at = |hours: u32| T0.plus(HOUR * hours);
    let mut made = Vec::new();
    for (from, until) in [(2, 4), (4, 6), (8, 9)] {
        let new = NewOverride {
            schedule_id: id,
            user_id: ann,
            replaces_user_id: None,
            starts_at: at(from),
            ends_at: at(until),
            created_by: Some(ann),
        };
        let row = on_call_overrides::create(db.write(), new, T0)
            .await
            .unwrap();
        assert_eq!(UnixMs::from(row.starts_at), at(from));
        made.push(row.id);
    }
    let found = |from, until| async move {
        let rows = on_call_overrides::between(db.read(), at(from), at(until)).await;
        rows.unwrap().iter().map(|row| row.id).collect::<Vec<_>>()
    };
    assert_eq!(found(0, 2).await, Vec::<i64>::new());
    assert_eq!(found(3, 4).await, made[..1]);
    assert_eq!(found(3, 5).await, made[..2]);
    assert_eq!(found(4, 9).await, made[1..]);
    let ahead = |hours| on_call_overrides::count_ahead(db.read(), id, at(hours));
    assert_eq!(ahead(0).await.unwrap(), 3);
    assert_eq!(ahead(4).await.unwrap(), 2);
    let foreign = on_call_overrides::by_id(db.read(), id + 1, made[0]).await;
    assert!(foreign.unwrap().is_none(), "another schedule's");
    on_call_overrides::delete(db.write(), made[1])
        .await
        .unwrap();
    let again = on_call_overrides::delete(db.write(), made[1]).await;
    assert!(matches!(again, Err(StoreError::NotFound { .. })));
    let old = on_call_overrides::retain(db.write(), at(5)).await.unwrap();
    assert_eq!((old, found(0, 99).await), (1, made[2..].to_vec()));
}

fn handoff(schedule_id: i64, number: i32, user_id: Option<i64>) -> NewHandoff {
    NewHandoff {
        schedule_id,
        number,
        user_id,
        since: T0,
        delivery_id: user_id.map(|user| user + 100),
    }
}

/// Of nodes that notice the same hand-off one notes it, and only its transaction commits.
pub async fn a_hand_off_is_told_once(db: &Db) {
    let id = store(db, None, draft("Night", &[]))
        .await
        .unwrap()
        .schedule
        .id;
    let last = || on_call_handoffs::last(db.read(), id);
    assert_eq!(last().await.unwrap(), None);
    let noted = join_all((1..=5).map(|user| async move {
        db.transaction("note", move |tx| {
            Box::pin(
                async move { on_call_handoffs::note(tx, handoff(id, 1, Some(user)), T0).await },
            )
        })
        .await
    }))
    .await;
    let (won, lost): (Vec<_>, Vec<_>) = noted.into_iter().partition(Result::is_ok);
    assert_eq!((won.len(), lost.len()), (1, 4));
    for lost in lost {
        assert!(matches!(lost, Err(StoreError::Conflict { .. })), "{lost:?}");
    }
    let winner = won.into_iter().next().unwrap().unwrap();
    assert_eq!(last().await.unwrap().as_ref(), Some(&winner));
    let of = |delivery| on_call_handoffs::of_delivery(db.read(), delivery);
    let told = of(winner.delivery_id.unwrap()).await.unwrap();
    assert_eq!(told, Some(winner));
    assert_eq!(of(9_999).await.unwrap(), None);

    let later = T0.plus(HOUR);
    let nobody = on_call_handoffs::note(db.write(), handoff(id, 2, None), later)
        .await
        .unwrap();
    assert_eq!(last().await.unwrap().as_ref(), Some(&nobody));
    let removed = on_call_handoffs::retain(db.write(), &nobody, later.plus(HOUR)).await;
    assert_eq!(removed.unwrap(), 1);
    assert_eq!(last().await.unwrap(), Some(nobody), "the last one stays");
}

/// A link is its owner's, shows one schedule, and ends with its row or its owner's account.
pub async fn a_calendar_link_works_until_it_is_revoked(db: &Db) {
    let (ann, bob) = (person(db, "ann").await, person(db, "bob").await);
    let night = store(db, None, draft("Night", &[])).await.unwrap();
    let day = store(db, None, draft("Day", &[])).await.unwrap();
    let (night, day) = (night.schedule.id, day.schedule.id);
    let (token, row) = on_call_calendar_tokens::mint(db.write(), night, ann, true, T0)
        .await
        .unwrap();
    assert!(!row.token_hash.contains(&token) && row.only_mine);
    let works = |schedule, token: String| async move {
        let found = on_call_calendar_tokens::find(db.read(), schedule, &token).await;
        found.unwrap().is_some()
    };
    assert!(works(night, token.clone()).await);
    assert!(!works(day, token.clone()).await, "another schedule");
    assert!(!works(night, row.token_hash.clone()).await, "the hash");

    let touch = |row, at| async move {
        let touched = on_call_calendar_tokens::touch(db.write(), &row, at).await;
        touched.unwrap()
    };
    assert!(touch(row.clone(), T0.plus(HOUR)).await);
    let own = on_call_calendar_tokens::of_user(db.read(), night, ann)
        .await
        .unwrap();
    assert_eq!(own[0].last_used_at, Some(T0.plus(HOUR).to_datetime()));
    assert!(!touch(own[0].clone(), T0.plus(HOUR)).await, "noted already");
    let links = on_call_calendar_tokens::count(db.read(), ann).await;
    assert_eq!(links.unwrap(), 1);

    let off = |is_active| UserPatch {
        is_active: Some(is_active),
        ..UserPatch::default()
    };
    users::update(db.write(), ann, off(false), T0)
        .await
        .unwrap();
    assert!(!works(night, token.clone()).await, "its owner is off");
    users::update(db.write(), ann, off(true), T0).await.unwrap();

    for (schedule, user) in [(night, bob), (day, ann)] {
        let refused = on_call_calendar_tokens::revoke(db.write(), schedule, user, row.id).await;
        assert!(matches!(refused, Err(StoreError::NotFound { .. })));
    }
    on_call_calendar_tokens::revoke(db.write(), night, ann, row.id)
        .await
        .unwrap();
    assert!(!works(night, token).await);
}
