//! What a worker had in hand that died.

use super::assurance::{at, claims, ending, incident, queued};
use crate::relational::Db;
use crate::relational::deliveries::{self, GiveBack, Status, UNKNOWN};
use crate::relational::delivery_receipts::{self, Onward};

async fn outcomes(db: &Db, id: i64) -> Vec<(String, i64)> {
    let all = deliveries::attempts_of(db.read(), id).await.unwrap();
    let all = all.into_iter();
    all.map(|one| (one.outcome, one.at.timestamp_millis()))
        .collect()
}

/// Taken from somebody who did not say what came of it, it may have arrived: that is noted, its recipient counts as told until
/// they hear of the end, and it never counts as a message that was not tried.
pub async fn what_nobody_wrote_down_may_have_arrived(db: &Db) {
    let about = incident(db, 1, "critical").await;
    let id = queued(db, 1, "email", "problem", about).await;
    let told = async |seconds| {
        let told = deliveries::told(db.read(), about, at(seconds))
            .await
            .unwrap();
        told.into_iter().map(|row| row.id).collect::<Vec<_>>()
    };
    let first = claims(db, "email", at(5)).await;
    assert!(outcomes(db, id).await.is_empty() && told(5).await.is_empty());
    let second = claims(db, "email", at(65)).await;
    assert_eq!(second.delivery_uuid, first.delivery_uuid);
    assert_eq!(outcomes(db, id).await, [(UNKNOWN.to_owned(), at(5).0)]);
    assert!(
        told(65).await.is_empty(),
        "it is being sent again, and word of the end must not come first"
    );
    assert_eq!(told(125).await, [id], "its claim lapsed once more");
    let doubtful = deliveries::may_have_arrived(db.read(), &[id, 99]).await;
    assert_eq!(doubtful.unwrap().into_iter().collect::<Vec<_>>(), [id]);

    deliveries::give_back(db.write(), &[second], GiveBack::AsTheyWere, at(66))
        .await
        .unwrap();
    let row = deliveries::get(db.read(), id).await.unwrap().unwrap();
    assert_eq!((row.status.as_str(), row.attempts), ("retrying", 0));
    let third = claims(db, "email", at(67)).await;
    let over = ending(Status::Expired, None);
    deliveries::finish(db.write(), &third, over, at(68))
        .await
        .unwrap();
    assert_eq!(told(68).await, [id], "however it ended");
    queued(db, 1 + 100, "email", "recovery", about).await;
    assert_eq!(told(68).await, [id], "another recipient");
    let recovery = claims(db, "email", at(69)).await;
    let mut row: crate::relational::entity::notification_delivery::ActiveModel = recovery.into();
    row.recipient_key = sea_orm::ActiveValue::Set("r1".into());
    sea_orm::ActiveModelTrait::update(row, db.write())
        .await
        .unwrap();
    assert!(told(69).await.is_empty(), "they hear of it");

    // Given up and asked for again, by hand or by a rule, it is still a message of its own.
    let status = async || {
        let row = deliveries::get(db.read(), id).await.unwrap().unwrap();
        (row.status, row.attempts)
    };
    assert!(deliveries::requeue(db.write(), id, at(70)).await.unwrap());
    assert_eq!(status().await, ("retrying".to_owned(), 1));
    let fourth = claims(db, "email", at(71)).await;
    deliveries::finish(db.write(), &fourth, ending(Status::Cancelled, None), at(72))
        .await
        .unwrap();
    let same = super::assurance::new(1, "email", "problem", about);
    deliveries::queue_again(db.write(), same, at(73))
        .await
        .unwrap();
    assert_eq!(status().await, ("retrying".to_owned(), 0));
}

/// Also where the same recipient was told before: the last that they hear is how it ended.
pub async fn whoever_is_being_told_again_is_not_told_of_the_end_before(db: &Db) {
    let about = incident(db, 1, "critical").await;
    queued(db, 1, "email", "problem", about).await;
    let first = claims(db, "email", at(0)).await;
    deliveries::finish(db.write(), &first, ending(Status::Sent, None), at(1))
        .await
        .unwrap();
    let told = async |seconds| {
        let told = deliveries::told(db.read(), about, at(seconds))
            .await
            .unwrap();
        told.into_iter().map(|row| row.id).collect::<Vec<_>>()
    };
    assert_eq!(told(2).await, [first.id]);
    let reminder = deliveries::NewDelivery {
        recipient_key: first.recipient_key.clone(),
        ..super::assurance::new(2, "email", "reminder", about)
    };
    deliveries::queue(db.write(), reminder, at(5))
        .await
        .unwrap();
    claims(db, "email", at(5)).await;
    let again = claims(db, "email", at(65)).await;
    assert!(told(66).await.is_empty());
    deliveries::finish(db.write(), &again, ending(Status::Failed, None), at(70))
        .await
        .unwrap();
    assert_eq!(told(70).await, [again.id]);
}

/// That it takes the place of another message, or that another takes its place, makes no message one that was tried.
pub async fn only_what_was_sent_was_tried(db: &Db) {
    let about = incident(db, 1, "critical").await;
    let id = queued(db, 1, "email", "problem", about).await;
    for outcome in ["instead", "failed_over"] {
        deliveries::record_attempt(db.write(), id, at(0), outcome, "", 0)
            .await
            .unwrap();
    }
    let tried = deliveries::tried(db.read(), &[id]).await.unwrap();
    assert!(tried.is_empty());
    let claimed = claims(db, "email", at(0)).await;
    let over = ending(Status::Failed, None);
    deliveries::finish(db.write(), &claimed, over, at(1))
        .await
        .unwrap();
    assert!(deliveries::requeue(db.write(), id, at(2)).await.unwrap());
    let row = deliveries::get(db.read(), id).await.unwrap().unwrap();
    assert_eq!(row.status, "queued");
}

/// A limit that is told afterwards costs no attempt: given back it is still a message of its own, under its own id.
pub async fn what_was_taken_and_then_refused_was_tried(db: &Db) {
    let about = incident(db, 1, "critical").await;
    let id = queued(db, 1, "whatsapp", "problem", about).await;
    let claimed = claims(db, "whatsapp", at(0)).await;
    let sent = ending(Status::Sent, Some("A"));
    deliveries::finish(db.write(), &claimed, sent, at(1))
        .await
        .unwrap();
    deliveries::record_attempt(db.write(), id, at(0), "sent", "A", 0)
        .await
        .unwrap();
    let again = Onward::Again {
        at: at(10),
        attempts: 0,
    };
    assert!(
        delivery_receipts::move_on(db.write(), id, again, "", at(2))
            .await
            .unwrap()
    );
    let claimed = claims(db, "whatsapp", at(10)).await;
    assert_eq!(claimed.attempts, 0);
    deliveries::give_back(db.write(), &[claimed], GiveBack::AsTheyWere, at(11))
        .await
        .unwrap();
    let row = deliveries::get(db.read(), id).await.unwrap().unwrap();
    assert_eq!(row.status, "retrying");
    let doubtful = deliveries::may_have_arrived(db.read(), &[id]).await;
    assert!(doubtful.unwrap().is_empty(), "what came of it is known");
}
