//! Screens on a wall, and what was accepted of what was told.

use super::T0;
use crate::relational::entity::{notification_delivery, wall_token};
use crate::relational::{Db, StoreError, told, wall_tokens};
use sea_orm::{ActiveModelTrait, ActiveValue::Set};
use std::time::Duration;

/// A token opens until it is revoked, is not what stands in the database, and each screen has a name of its own.
pub async fn a_wall_token_works_until_it_is_revoked(db: &Db) {
    let (token, row) = wall_tokens::mint(db.write(), "Lobby", 1, T0).await.unwrap();
    assert!(!row.token_hash.contains(&token));
    let works = |token: String| async move {
        let found = wall_tokens::find(db.read(), &token).await.unwrap();
        found.map(|row: wall_token::Model| row.id)
    };
    assert_eq!(works(token.clone()).await, Some(row.id));
    assert_eq!(works(row.token_hash.clone()).await, None, "the hash");
    assert_eq!(works(String::new()).await, None);

    let again = wall_tokens::mint(db.write(), "Lobby", 1, T0).await;
    assert!(
        matches!(again, Err(StoreError::Conflict { .. })),
        "{again:?}"
    );
    let nameless = wall_tokens::mint(db.write(), "", 1, T0).await;
    assert!(matches!(nameless, Err(StoreError::Refused { .. })));

    let later = T0.plus(Duration::from_secs(3_600));
    assert!(wall_tokens::touch(db.write(), &row, later).await.unwrap());
    let all = wall_tokens::all(db.read()).await.unwrap();
    assert_eq!(all[0].last_used_at, Some(later.to_datetime()));
    assert!(
        !wall_tokens::touch(db.write(), &all[0], later)
            .await
            .unwrap()
    );
    assert_eq!(wall_tokens::count(db.read()).await.unwrap(), 1);

    wall_tokens::revoke(db.write(), row.id).await.unwrap();
    assert_eq!(works(token).await, None);
    let gone = wall_tokens::revoke(db.write(), row.id).await;
    assert!(matches!(gone, Err(StoreError::NotFound { .. })));
}

/// Messages of an incident that were meant to arrive, and those that a channel took; recoveries and what was called off
/// are neither.
pub async fn what_channels_accepted_is_counted_by_incident(db: &Db) {
    let rows = [
        (1, "problem", "sent"),
        (1, "problem", "delivered"),
        (1, "reminder", "retrying"),
        (1, "problem", "failed"),
        (1, "problem", "cancelled"),
        (1, "problem", "suppressed"),
        (1, "recovery", "sent"),
        (2, "problem", "queued"),
        (3, "recovery", "sent"),
        (4, "problem", "sent"),
    ];
    for (n, (incident, kind, status)) in rows.into_iter().enumerate() {
        let at = T0.to_datetime();
        let row = notification_delivery::ActiveModel {
            incident_id: Set(Some(incident)),
            kind: Set(kind.to_owned()),
            channel: Set("email".to_owned()),
            recipient: Set("duty@example.com".to_owned()),
            recipient_key: Set("duty@example.com".to_owned()),
            idempotency_key: Set(format!("{n:064}")),
            status: Set(status.to_owned()),
            attempts: Set(0),
            delivery_uuid: Set(format!("{n:036}")),
            created_at: Set(at),
            updated_at: Set(at),
            ..Default::default()
        };
        row.insert(db.write()).await.unwrap();
    }
    let told = told::of_incidents(db.read(), &[1, 2, 3]).await.unwrap();
    let of = |id: i64| told.get(&id).map(|told| (told.accepted, told.messages));
    assert_eq!(
        (of(1), of(2), of(3), of(4)),
        (Some((2, 4)), Some((0, 1)), None, None)
    );
    assert!(told::of_incidents(db.read(), &[]).await.unwrap().is_empty());
}
