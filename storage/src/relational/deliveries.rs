//! `notification_deliveries` and `delivery_attempts`: messages to send, being sent, sent and not sent.
//!
//! `queued -> sending -> sent | retrying -> sending ... | failed`, and `suppressed`, `cancelled`, `expired` for what
//! is no longer to be sent. A row in `sending` is held under a lease; when that ends, somebody else takes it, and the log of
//! its attempts says that it may have left before.

mod attempts;
pub mod bundles;
mod claim;
mod distance;
mod lapsed;
mod list;

pub use attempts::{NewAttempt, attempts_of, record_attempt, record_attempts};
pub use claim::{GiveBack, explain_waiting, give_back, has_due};
pub use distance::{
    HELD_AND_KEPT_APART, HELD_BACK, KEPT_APART, change_gate, hold_recipient, keep_distance,
    pass_turn_on,
};
pub use lapsed::{UNKNOWN, may_have_arrived, tried};
pub use list::{Filter, list};

use super::entity::notification_delivery::{ActiveModel, Column, Entity, Model};
use super::{StoreError, quiet_holds};
use noc_pipeline::clock::UnixMs;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter,
    QueryOrder, QuerySelect,
};
use std::collections::{HashMap, HashSet};
use std::time::Duration;
use uuid::Uuid;

/// Where a delivery stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Status {
    /// Waits for its first send.
    Queued,
    /// A worker has it.
    Sending,
    /// The provider took it.
    Sent,
    /// The provider says it arrived.
    Delivered,
    /// Waits for another send.
    Retrying,
    /// Never, unless somebody asks by hand.
    Failed,
    /// Held back by a rule or a switch.
    Suppressed,
    /// Somebody's decision made it pointless.
    Cancelled,
    /// Time made it untrue.
    Expired,
}

/// States that a row leaves only by hand.
const GIVEN_UP: [Status; 4] = [
    Status::Failed,
    Status::Suppressed,
    Status::Cancelled,
    Status::Expired,
];

impl Status {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Queued,
        Self::Sending,
        Self::Sent,
        Self::Delivered,
        Self::Retrying,
        Self::Failed,
        Self::Suppressed,
        Self::Cancelled,
        Self::Expired,
    ];

    /// The name in the database and on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Sending => "sending",
            Self::Sent => "sent",
            Self::Delivered => "delivered",
            Self::Retrying => "retrying",
            Self::Failed => "failed",
            Self::Suppressed => "suppressed",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
        }
    }

    /// Reads [`Status::name`].
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.name() == name)
    }
}

/// A message to be queued.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewDelivery {
    /// About which incident.
    pub incident_id: Option<i64>,
    /// Of which execution.
    pub execution_id: Option<i64>,
    /// Of which step and pass.
    pub position: Option<(i32, i32)>,
    /// Why.
    pub kind: &'static str,
    /// Channel key.
    pub channel: String,
    /// As shown.
    pub recipient: String,
    /// Normalised.
    pub recipient_key: String,
    /// Whose address it is.
    pub user_id: Option<i64>,
    /// What makes the message one and the same.
    pub idempotency_key: String,
}

/// Queues a message, to be sent at once; `None` when the same one is there already.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn queue(
    conn: &impl ConnectionTrait,
    new: NewDelivery,
    now: UnixMs,
) -> Result<Option<i64>, StoreError> {
    let row = new_row(new, Status::Queued, now);
    let inserted = Entity::insert(row)
        .exec(conn)
        .await
        .map_err(StoreError::during("queue a delivery"));
    match inserted {
        Ok(done) => Ok(Some(done.last_insert_id)),
        Err(error) if error.is_unique_violation() => Ok(None),
        Err(error) => Err(error),
    }
}

/// As [`queue`], where the same message may have been taken back before it left: then that row waits again, its
/// schedule begun anew; one that may have left stays a message of its own. One that left, is on its way or failed stays as
/// it is. In a transaction.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn queue_again(
    conn: &impl ConnectionTrait,
    new: NewDelivery,
    now: UnixMs,
) -> Result<(), StoreError> {
    let key = new.idempotency_key.clone();
    if queue(conn, new, now).await?.is_some() {
        return Ok(());
    }
    let revived = Entity::update_many()
        .set(ActiveModel {
            attempts: Set(0),
            next_attempt_at: Set(Some(now.to_datetime())),
            wanted_at: Set(Some(now.to_datetime())),
            reason: Set(None),
            updated_at: Set(now.to_datetime()),
            ..Default::default()
        })
        .col_expr(Column::Status, lapsed::waiting_anew())
        .filter(Column::IdempotencyKey.eq(&key))
        .filter(Column::Status.is_in([Status::Cancelled.name(), Status::Expired.name()]))
        .exec(conn)
        .await
        .map_err(StoreError::during("queue a delivery again"))?;
    if revived.rows_affected == 0 {
        return Ok(());
    }
    let ids: Vec<i64> = Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::IdempotencyKey.eq(key))
        .into_tuple()
        .all(conn)
        .await
        .map_err(StoreError::during("queue a delivery again"))?;
    bundles::part(conn, &ids).await
}

/// Writes a message that the caller sends itself, as if it had claimed it. Its `next_attempt_at` is empty: no worker
/// was ever to send it.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn enter_sending(
    conn: &impl ConnectionTrait,
    new: NewDelivery,
    now: UnixMs,
    lease: Duration,
) -> Result<Model, StoreError> {
    let row = ActiveModel {
        lease_until: Set(Some(now.plus(lease).to_datetime())),
        next_attempt_at: Set(None),
        ..new_row(new, Status::Sending, now)
    };
    Entity::insert(row)
        .exec_with_returning(conn)
        .await
        .map_err(StoreError::during("enter a delivery"))
}

/// How a claimed row ends, for now or for good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ending {
    /// Where it stands then.
    pub status: Status,
    /// Sends that count.
    pub attempts: i32,
    /// When it is tried again.
    pub next_attempt_at: Option<UnixMs>,
    /// The provider's id.
    pub provider_id: Option<String>,
    /// Why it was not sent.
    pub reason: Option<String>,
}

/// Ends a claim. What was sent is noted whoever holds the row by now, unless it arrived, or this send was noted before and
/// the row has moved on; anything else only by the holder: false when the lease had passed on.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn finish(
    conn: &impl ConnectionTrait,
    claimed: &Model,
    ending: Ending,
    now: UnixMs,
) -> Result<bool, StoreError> {
    let sent = ending.status == Status::Sent;
    let provider_id: Option<String> = ending.provider_id.map(|id| id.chars().take(255).collect());
    let mut update = Entity::update_many()
        .set(ActiveModel {
            status: Set(ending.status.name().to_owned()),
            attempts: Set(ending.attempts),
            next_attempt_at: Set(ending.next_attempt_at.map(UnixMs::to_datetime)),
            lease_until: Set(None),
            provider_id: Set(provider_id.clone()),
            reason: Set(ending.reason),
            sent_at: Set(sent.then(|| now.to_datetime())),
            updated_at: Set(now.to_datetime()),
            ..Default::default()
        })
        .filter(Column::Id.eq(claimed.id));
    update = if sent {
        // A repeat may have arrived before the first send is written down.
        update = update.filter(Column::Status.ne(Status::Delivered.name()));
        match provider_id {
            Some(id) => update.filter(
                Condition::any()
                    .add(Column::Status.eq(Status::Sending.name()))
                    .add(Column::ProviderId.is_null())
                    .add(Column::ProviderId.ne(id)),
            ),
            None => update,
        }
    } else {
        update
            .filter(Column::Status.eq(Status::Sending.name()))
            .filter(Column::LeaseUntil.eq(claimed.lease_until))
    };
    let done = update
        .exec(conn)
        .await
        .map_err(StoreError::during("end a delivery's claim"))?;
    Ok(done.rows_affected == 1)
}

/// Says that a rule of ours let a message wait until `from`: from then on its provider may be late with it.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn want_from(
    conn: &impl ConnectionTrait,
    id: i64,
    from: UnixMs,
) -> Result<(), StoreError> {
    Entity::update_many()
        .set(ActiveModel {
            wanted_at: Set(Some(from.to_datetime())),
            ..Default::default()
        })
        .filter(Column::Id.eq(id))
        .exec(conn)
        .await
        .map_err(StoreError::during("say from when a delivery is wanted"))?;
    Ok(())
}

/// Takes back what an incident has queued of the given kinds and not begun to send, but for the steps in
/// `keep_steps`. Returns the ids.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn cancel_unsent(
    tx: &impl ConnectionTrait,
    incident_id: i64,
    kinds: &[&str],
    keep_steps: &[i32],
    reason: &str,
    now: UnixMs,
) -> Result<Vec<i64>, StoreError> {
    let mut unsent = Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::IncidentId.eq(incident_id))
        .filter(Column::Kind.is_in(kinds.iter().copied()))
        .filter(Column::Status.is_in([Status::Queued.name(), Status::Retrying.name()]));
    if !keep_steps.is_empty() {
        unsent = unsent.filter(Column::Step.is_not_in(keep_steps.iter().copied()));
    }
    let ids: Vec<i64> = unsent
        .lock_exclusive()
        .into_tuple()
        .all(tx)
        .await
        .map_err(StoreError::during("find unsent deliveries"))?;
    if ids.is_empty() {
        return Ok(ids);
    }
    Entity::update_many()
        .set(ActiveModel {
            status: Set(Status::Cancelled.name().to_owned()),
            next_attempt_at: Set(None),
            reason: Set(Some(reason.to_owned())),
            updated_at: Set(now.to_datetime()),
            ..Default::default()
        })
        .filter(Column::Id.is_in(ids.iter().copied()))
        .exec(tx)
        .await
        .map_err(StoreError::during("cancel unsent deliveries"))?;
    Ok(ids)
}

/// Who was told of an incident's problem and not yet of its end: the last message of each recipient on each channel
/// that was sent (or, as a recovery, is to be) is a problem or a reminder. One that may have been sent without anybody's
/// knowing counts: better to hear twice that all is well than never. But nobody to whom an alarm is just being sent, for the
/// recovery might come first: whoever ends that looks again.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn told(
    conn: &impl ConnectionTrait,
    incident_id: i64,
    now: UnixMs,
) -> Result<Vec<Model>, StoreError> {
    let reached = Column::Status.is_in([Status::Sent.name(), Status::Delivered.name()]);
    let under_way = Column::Status.is_in([
        Status::Queued.name(),
        Status::Sending.name(),
        Status::Retrying.name(),
    ]);
    let id = Expr::col((Entity, Column::Id));
    let ending = Condition::all()
        .add(Column::Kind.eq("recovery"))
        .add(under_way);
    let leaving = Condition::all()
        .add(Column::Status.eq(Status::Sending.name()))
        .add(Column::LeaseUntil.gt(now.to_datetime()));
    let alarm = Condition::all()
        .add(Column::Kind.ne("recovery"))
        .add(Condition::any().add(lapsed::exists(id)).add(leaving));
    let rows = Entity::find()
        .filter(Column::IncidentId.eq(incident_id))
        .filter(Condition::any().add(reached).add(ending).add(alarm))
        .order_by_asc(Column::Id)
        .all(conn)
        .await
        .map_err(StoreError::during("read who was told"))?;
    let mut last: HashMap<(String, String), Model> = HashMap::new();
    let mut being_told = HashSet::new();
    for row in rows {
        let to = (row.channel.clone(), row.recipient_key.clone());
        let held = row
            .lease_until
            .is_some_and(|until| UnixMs::from(until) > now);
        if row.kind != "recovery" && row.status == Status::Sending.name() && held {
            being_told.insert(to.clone());
        }
        last.insert(to, row);
    }
    let mut told: Vec<Model> = last
        .into_iter()
        .filter(|(to, row)| row.kind != "recovery" && !being_told.contains(to))
        .map(|(_, row)| row)
        .collect();
    told.sort_by_key(|row| row.id);
    Ok(told)
}

/// Lets a row that was given up be sent once more, at once; false when it is under way or has arrived. In a transaction.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn requeue(
    conn: &impl ConnectionTrait,
    id: i64,
    now: UnixMs,
) -> Result<bool, StoreError> {
    let done = Entity::update_many()
        .set(ActiveModel {
            next_attempt_at: Set(Some(now.to_datetime())),
            wanted_at: Set(Some(now.to_datetime())),
            updated_at: Set(now.to_datetime()),
            ..Default::default()
        })
        .col_expr(Column::Status, lapsed::waiting_anew())
        .filter(Column::Id.eq(id))
        .filter(Column::Status.is_in(GIVEN_UP.map(Status::name)))
        .exec(conn)
        .await
        .map_err(StoreError::during("retry a delivery"))?;
    let requeued = done.rows_affected == 1;
    if requeued {
        quiet_holds::forget_released(conn, id).await?;
        bundles::part(conn, &[id]).await?;
    }
    Ok(requeued)
}

/// One row.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn get(conn: &impl ConnectionTrait, id: i64) -> Result<Option<Model>, StoreError> {
    Entity::find_by_id(id)
        .one(conn)
        .await
        .map_err(StoreError::during("read a delivery"))
}

fn new_row(new: NewDelivery, status: Status, now: UnixMs) -> ActiveModel {
    ActiveModel {
        incident_id: Set(new.incident_id),
        execution_id: Set(new.execution_id),
        step: Set(new.position.map(|(step, _)| step)),
        pass: Set(new.position.map(|(_, pass)| pass)),
        kind: Set(new.kind.to_owned()),
        channel: Set(new.channel),
        recipient: Set(new.recipient),
        recipient_key: Set(new.recipient_key),
        user_id: Set(new.user_id),
        idempotency_key: Set(new.idempotency_key),
        status: Set(status.name().to_owned()),
        attempts: Set(0),
        next_attempt_at: Set(Some(now.to_datetime())),
        wanted_at: Set(Some(now.to_datetime())),
        delivery_uuid: Set(Uuid::now_v7().to_string()),
        created_at: Set(now.to_datetime()),
        updated_at: Set(now.to_datetime()),
        ..Default::default()
    }
}

#[cfg(test)]
mod tests;
