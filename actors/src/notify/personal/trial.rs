//! A test that somebody sends to an address of their own: by the outbox like every message, so that it takes the way that a
//! page would. Nobody waits for one that could not leave within 10 minutes: it is given up.

use crate::notify::judge::Judgement;
use crate::notify::message::Kind;
use noc_pipeline::clock::UnixMs;
use noc_storage::relational::StoreError;
use noc_storage::relational::deliveries::{self, NewDelivery};
use noc_storage::relational::entity::notification_delivery::{Column, Entity, Model};
use noc_storage::relational::entity::{contact, user};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use sha2::{Digest, Sha256};
use std::time::Duration;
use uuid::Uuid;

/// How long its message may wait.
const WAITS: Duration = Duration::from_secs(10 * 60);
/// How long it is shown beside its contact; the delivery log has it for longer.
pub const SHOWN: Duration = Duration::from_secs(3_600);
/// Nobody can ask for more of them in that time.
const MOST_SHOWN: u64 = 100;

/// Queues a test to a contact; its row.
///
/// # Errors
/// [`StoreError`]; the caller's transaction must then not be committed.
pub async fn ask(
    tx: &impl ConnectionTrait,
    contact: &contact::Model,
    now: UnixMs,
) -> Result<Model, StoreError> {
    let unique = format!("contact test\n{}\n{}", contact.id, Uuid::now_v7());
    let new = NewDelivery {
        incident_id: None,
        execution_id: None,
        position: None,
        kind: Kind::Test.name(),
        channel: contact.channel.clone(),
        recipient: contact.address.clone(),
        recipient_key: contact.address_key.clone(),
        user_id: Some(contact.user_id),
        idempotency_key: hex::encode(Sha256::digest(unique.as_bytes())),
    };
    let lost = || StoreError::damaged("contact", contact.id, "its test");
    let id = deliveries::queue(tx, new, now).await?.ok_or_else(lost)?;
    deliveries::get(tx, id).await?.ok_or_else(lost)
}

/// Tests that somebody asked for within [`SHOWN`], newest first.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn recent(
    conn: &impl ConnectionTrait,
    user_id: i64,
    now: UnixMs,
) -> Result<Vec<Model>, StoreError> {
    Entity::find()
        .filter(Column::CreatedAt.gt(now.minus(SHOWN).to_datetime()))
        .filter(Column::Kind.eq(Kind::Test.name()))
        .filter(Column::UserId.eq(user_id))
        .order_by_desc(Column::Id)
        .limit(MOST_SHOWN)
        .all(conn)
        .await
        .map_err(StoreError::during("read tests of contacts"))
}

/// Whether a message is a test to this contact, and not to one that had its address before.
#[must_use]
pub fn is_to(test: &Model, contact: &contact::Model) -> bool {
    test.channel == contact.channel
        && test.recipient_key == contact.address_key
        && test.created_at >= contact.created_at
}

/// Whether it is still wanted: its contact is there and verified, its account is in use, and it is not late.
pub(super) fn judge(
    row: &Model,
    contact: Option<&contact::Model>,
    account: Option<&user::Model>,
    now: UnixMs,
) -> Judgement {
    let verified = contact.is_some_and(|contact| contact.verified_at.is_some());
    if !verified {
        return Judgement::Cancel("the address is no verified contact any more");
    }
    if !account.is_some_and(|user| user.is_active) {
        return Judgement::Suppress("the account is switched off or gone");
    }
    if now.since(row.created_at.into()) >= WAITS {
        return Judgement::Expire("not sent within 10 minutes: ask for another test");
    }
    Judgement::Send
}
