//! The organisation's own words for messages.

use super::T0;
use crate::relational::message_templates::{self, EVERY_CHANNEL, WordsDraft};
use crate::relational::{Db, StoreError};
use noc_pipeline::clock::UnixMs;
use std::time::Duration;

fn words(subject: Option<&str>, body: Option<&str>) -> WordsDraft {
    WordsDraft {
        subject: subject.map(str::to_owned),
        body: body.map(str::to_owned),
    }
}

fn later(seconds: u64) -> UnixMs {
    T0.plus(Duration::from_secs(seconds))
}

/// Words are kept once a kind and channel; a channel's own come before those for every channel.
pub async fn own_words_are_kept_by_kind_and_channel(db: &Db) {
    let tx = db.write();
    let put = async |kind: &str, channel: &str, draft| {
        message_templates::put(tx, kind, channel, draft, Some(7), T0).await
    };
    let subject = "🔴 {{ title }}";
    put("problem", EVERY_CHANNEL, words(Some(subject), None))
        .await
        .unwrap();
    put("problem", "slack", words(None, Some("a\n\nb")))
        .await
        .unwrap();
    put("problem", "email", words(None, Some("mail")))
        .await
        .unwrap();
    put("recovery", "slack", words(Some("over"), None))
        .await
        .unwrap();

    let found = message_templates::of(tx, "problem", "slack").await.unwrap();
    let channels: Vec<&str> = found.iter().map(|row| row.channel.as_str()).collect();
    assert_eq!(channels, ["slack", EVERY_CHANNEL]);
    assert_eq!(found[0].body.as_deref(), Some("a\n\nb"));
    assert_eq!(found[1].subject.as_deref(), Some(subject));
    let found = message_templates::of(tx, "problem", "webhook").await;
    assert_eq!(found.unwrap().len(), 1);
    let none = message_templates::of(tx, "reminder", "slack").await;
    assert!(none.unwrap().is_empty());
    assert_eq!(message_templates::all(tx).await.unwrap().len(), 4);

    let second = words(Some("second"), None);
    let again = message_templates::put(tx, "problem", "slack", second, None, later(5)).await;
    let again = again.unwrap();
    let stored = message_templates::of(tx, "problem", "slack").await.unwrap();
    assert_eq!(stored[0], again);
    assert_eq!((stored[0].body.clone(), stored[0].updated_by), (None, None));
    assert_eq!(UnixMs::from(stored[0].updated_at), later(5));

    message_templates::delete(tx, "problem", "slack")
        .await
        .unwrap();
    let twice = message_templates::delete(tx, "problem", "slack").await;
    assert!(matches!(twice, Err(StoreError::NotFound { .. })));
    let left = message_templates::of(tx, "problem", "slack").await;
    assert_eq!(left.unwrap().len(), 1);

    for (kind, draft) in [
        ("", words(Some("x"), None)),
        ("problem", words(None, None)),
        (
            "a name that is longer than its column",
            words(Some("x"), None),
        ),
    ] {
        let refused = put(kind, EVERY_CHANNEL, draft).await;
        assert!(matches!(refused, Err(StoreError::Refused { .. })), "{kind}");
    }
}

/// That words failed is noted of those that failed, and forgotten when they are written anew.
pub async fn words_that_failed_say_so_until_they_are_written_anew(db: &Db) {
    let tx = db.write();
    let first = words(Some("first"), None);
    let first = message_templates::put(tx, "problem", "email", first, None, T0).await;
    let first = first.unwrap();
    let long = "line 1: ".to_owned() + &"x".repeat(2_000);
    message_templates::note_failure(tx, &first, &long, later(9))
        .await
        .unwrap();
    let stored = message_templates::all(tx).await.unwrap();
    assert_eq!(stored[0].failed_at.map(UnixMs::from), Some(later(9)));
    let failure = stored[0].failure.clone().unwrap();
    assert!(failure.starts_with("line 1: x") && failure.len() == 500);

    let second = words(Some("second"), None);
    message_templates::put(tx, "problem", "email", second, None, later(10))
        .await
        .unwrap();
    // A message that was put together with the first ones is late to say so.
    message_templates::note_failure(tx, &first, "line 1", later(11))
        .await
        .unwrap();
    let stored = message_templates::all(tx).await.unwrap();
    assert_eq!(
        (stored[0].failed_at, stored[0].failure.clone()),
        (None, None)
    );
}
