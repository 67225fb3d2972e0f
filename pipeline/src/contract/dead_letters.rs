//! What every store of dead letters does.

#![expect(
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "a case that does not hold must stop its test"
)]

use super::soon;
use crate::clock::UnixMs;
use crate::dead_letter::{DeadLetter, DeadLetters};
use crate::id::{Offset, PartitionId, ServerId};
use bytes::Bytes;
use std::sync::Arc;

/// One test of each case; takes an expression that gives a fresh `(Arc<store of dead letters>, guard)`.
#[macro_export]
macro_rules! dead_letters_contract {
    ($factory:expr) => {
        $crate::contract_cases! { dead_letters, $factory;
            what_is_put_comes_back,
            the_newest_come_first,
            the_same_place_and_stage_is_one_letter,
            another_stage_is_another_letter,
            a_removed_letter_is_gone,
            old_letters_are_dropped,
        }
    };
}

fn letter(offset: u64, stage: &str, at: i64) -> DeadLetter {
    DeadLetter {
        partition: PartitionId(1),
        offset: Offset(offset),
        stage: stage.to_owned(),
        at: UnixMs(at),
        server: Some(ServerId(4)),
        reason: format!("reason {offset}"),
        bytes: Bytes::from_static(b"\x00\xff bytes"),
    }
}

async fn put(store: &dyn DeadLetters, letters: &[DeadLetter]) {
    for letter in letters {
        soon("put", store.put(letter.clone())).await.expect("puts");
    }
}

async fn list(store: &dyn DeadLetters, limit: usize) -> Vec<DeadLetter> {
    soon("list", store.list(limit)).await.expect("lists")
}

/// Every part of it.
pub async fn what_is_put_comes_back(store: Arc<dyn DeadLetters>) {
    assert!(list(&*store, 10).await.is_empty());
    let nobodys = DeadLetter {
        server: None,
        bytes: Bytes::new(),
        ..letter(u64::MAX, "decode", 5)
    };
    put(&*store, std::slice::from_ref(&nobodys)).await;
    assert_eq!(list(&*store, 10).await, [nobodys]);
}

/// By the time they were set aside, at most so many.
pub async fn the_newest_come_first(store: Arc<dyn DeadLetters>) {
    put(
        &*store,
        &[
            letter(1, "series", 20),
            letter(2, "series", 300),
            letter(3, "series", 1),
        ],
    )
    .await;
    let offsets = |letters: Vec<DeadLetter>| letters.iter().map(|l| l.offset.0).collect::<Vec<_>>();
    assert_eq!(offsets(list(&*store, 10).await), [2, 1, 3]);
    assert_eq!(offsets(list(&*store, 2).await), [2, 1]);
}

/// A replay that fails again adds nothing.
pub async fn the_same_place_and_stage_is_one_letter(store: Arc<dyn DeadLetters>) {
    let first = letter(1, "series", 10);
    put(
        &*store,
        &[
            first.clone(),
            DeadLetter {
                reason: "again".to_owned(),
                ..letter(1, "series", 99)
            },
        ],
    )
    .await;
    assert_eq!(list(&*store, 10).await, [first]);
}

/// Two readers may fail on one record.
pub async fn another_stage_is_another_letter(store: Arc<dyn DeadLetters>) {
    put(
        &*store,
        &[
            letter(1, "series", 10),
            letter(1, "disk_bytes", 11),
            letter(1, "", 12),
        ],
    )
    .await;
    assert_eq!(list(&*store, 10).await.len(), 3);
    assert!(
        store
            .remove(PartitionId(1), Offset(1), "series")
            .await
            .expect("removes")
    );
    let stages: Vec<_> = list(&*store, 10)
        .await
        .into_iter()
        .map(|l| l.stage)
        .collect();
    assert_eq!(stages, ["", "disk_bytes"]);
}

/// Once; and may be put again.
pub async fn a_removed_letter_is_gone(store: Arc<dyn DeadLetters>) {
    put(&*store, &[letter(1, "series", 10)]).await;
    let remove = || store.remove(PartitionId(1), Offset(1), "series");
    assert!(remove().await.expect("removes"));
    assert!(!remove().await.expect("answers"));
    assert!(list(&*store, 10).await.is_empty());
    put(&*store, &[letter(1, "series", 12)]).await;
    assert_eq!(list(&*store, 10).await.len(), 1);
}

/// Those from before the time, and no other.
pub async fn old_letters_are_dropped(store: Arc<dyn DeadLetters>) {
    put(
        &*store,
        &[
            letter(1, "a", -5),
            letter(2, "a", 99),
            letter(3, "a", 100),
            letter(4, "a", 101),
        ],
    )
    .await;
    let dropped = soon("retain", store.retain(UnixMs(100)))
        .await
        .expect("drops");
    assert_eq!(dropped, 2);
    let offsets: Vec<_> = list(&*store, 10).await.iter().map(|l| l.offset.0).collect();
    assert_eq!(offsets, [4, 3]);
    assert!(
        !store
            .remove(PartitionId(1), Offset(1), "a")
            .await
            .expect("answers")
    );
    assert_eq!(store.retain(UnixMs(100)).await.expect("answers"), 0);
}
