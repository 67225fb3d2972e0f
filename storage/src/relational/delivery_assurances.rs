//! What was done because a message about something critical did not arrive, each once: the unique key of
//! `delivery_assurances` says so, whoever looks.

use super::StoreError;
use super::deliveries::Status;
use super::entity::{delivery_assurance, incident, notification_delivery};
use super::incidents::OPEN;
use noc_pipeline::clock::UnixMs;
use noc_pipeline::control::Severity;
use sea_orm::sea_query::{Query, SelectStatement};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter,
    QueryOrder, QuerySelect, Select,
};
use std::time::Duration;

/// A delivery that failed is looked at so long: afterwards it is history.
const FAILED_LATELY: Duration = Duration::from_secs(600);
/// A delivery that waits for a receipt is looked at so long.
const SENT_LATELY: Duration = Duration::from_secs(3_600);
/// Deliveries older than this are history, whatever became of them.
const OLDEST: Duration = Duration::from_secs(24 * 3_600);

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Assurance {
    /// The message went over another channel.
    Channel,
    /// The next step was brought forward.
    Step,
}

impl Assurance {
    /// The name in the database.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Channel => "channel",
            Self::Step => "step",
        }
    }
}

/// Notes what was done for a delivery; false when it was done before, and then nothing is to be done again.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn note(
    tx: &impl ConnectionTrait,
    delivery_id: i64,
    what: Assurance,
    to_delivery_id: Option<i64>,
    reason: &str,
    now: UnixMs,
) -> Result<bool, StoreError> {
    use delivery_assurance::{ActiveModel, Entity};
    let row = ActiveModel {
        delivery_id: Set(delivery_id),
        what: Set(what.name().to_owned()),
        to_delivery_id: Set(to_delivery_id),
        reason: Set(reason.to_owned()),
        at: Set(now.to_datetime()),
        ..Default::default()
    };
    let noted = Entity::insert(row)
        .exec_without_returning(tx)
        .await
        .map_err(StoreError::during("note what was done for a delivery"));
    match noted {
        Ok(_) => Ok(true),
        Err(error) if error.is_unique_violation() => Ok(false),
        Err(error) => Err(error),
    }
}

/// Whether it was done for a delivery already.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn is_noted(
    tx: &impl ConnectionTrait,
    delivery_id: i64,
    what: Assurance,
) -> Result<bool, StoreError> {
    use delivery_assurance::{Column, Entity};
    let row = Entity::find()
        .filter(Column::DeliveryId.eq(delivery_id))
        .filter(Column::What.eq(what.name()))
        .one(tx)
        .await
        .map_err(StoreError::during("read what was done for a delivery"))?;
    Ok(row.is_some())
}

/// Messages about open criticals that no provider took within `patience` (`None`: nothing is too late), or that failed for
/// good, for which no other channel was tried; the oldest first. The patience with what a rule put off begins when it is
/// due: that is not its provider's doing.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn unaccepted(
    conn: &impl ConnectionTrait,
    kinds: &[&str],
    patience: Option<Duration>,
    now: UnixMs,
    limit: u64,
) -> Result<Vec<i64>, StoreError> {
    use notification_delivery::Column;
    let mut missed = Condition::any();
    if let Some(patience) = patience {
        missed = missed.add(late(now.minus(patience)));
    }
    let failed = Condition::all()
        .add(Column::Status.eq(Status::Failed.name()))
        .add(Column::UpdatedAt.gt(now.minus(FAILED_LATELY).to_datetime()));
    let found = critical(kinds, Assurance::Channel, now)
        .filter(missed.add(failed))
        .limit(limit);
    ids(conn, found, "read deliveries that nobody took").await
}

/// Made before this time, and either tried and not taken, or due before it as well: what waits for its own time (a
/// group, a limit, quiet hours) is late once that has gone by as long.
fn late(before: UnixMs) -> Condition {
    use notification_delivery::Column;
    let before = before.to_datetime();
    let tried = Condition::any()
        .add(Column::Status.eq(Status::Retrying.name()))
        .add(
            Condition::all()
                .add(Column::Status.eq(Status::Sending.name()))
                .add(Column::Attempts.gt(0)),
        );
    let untried = Condition::all()
        .add(Column::Status.is_in([Status::Queued.name(), Status::Sending.name()]))
        .add(Column::NextAttemptAt.lte(before));
    Condition::all()
        .add(Column::CreatedAt.lte(before))
        .add(Condition::any().add(tried).add(untried))
}

/// Messages about open criticals that left over one of `channels` over `patience` ago and of which nobody told that they
/// arrived, and for which no step was brought forward; the oldest first.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn unconfirmed(
    conn: &impl ConnectionTrait,
    channels: &[String],
    kinds: &[&str],
    patience: Duration,
    now: UnixMs,
    limit: u64,
) -> Result<Vec<i64>, StoreError> {
    use notification_delivery::Column;
    if channels.is_empty() {
        return Ok(Vec::new());
    }
    let found = critical(kinds, Assurance::Step, now)
        .filter(Column::Status.eq(Status::Sent.name()))
        .filter(Column::Channel.is_in(channels.iter().map(String::as_str)))
        .filter(Column::SentAt.lte(now.minus(patience).to_datetime()))
        .filter(Column::SentAt.gt(now.minus(SENT_LATELY).to_datetime()))
        .limit(limit);
    ids(conn, found, "read deliveries without a receipt").await
}

/// A delivery by what makes it one and the same.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn delivery_by_key(
    tx: &impl ConnectionTrait,
    idempotency_key: &str,
) -> Result<Option<notification_delivery::Model>, StoreError> {
    notification_delivery::Entity::find()
        .filter(notification_delivery::Column::IdempotencyKey.eq(idempotency_key))
        .one(tx)
        .await
        .map_err(StoreError::during("read a delivery"))
}

/// Messages of the last day about criticals that nobody has taken on, without those for which it was done.
fn critical(kinds: &[&str], what: Assurance, now: UnixMs) -> Select<notification_delivery::Entity> {
    use notification_delivery::Column;
    let open: SelectStatement = Query::select()
        .column(incident::Column::Id)
        .from(incident::Entity)
        .and_where(incident::Column::Status.eq(OPEN))
        .and_where(incident::Column::Severity.eq(Severity::Critical.name()))
        .to_owned();
    let done: SelectStatement = Query::select()
        .column(delivery_assurance::Column::DeliveryId)
        .from(delivery_assurance::Entity)
        .and_where(delivery_assurance::Column::What.eq(what.name()))
        .to_owned();
    notification_delivery::Entity::find()
        .filter(Column::CreatedAt.gt(now.minus(OLDEST).to_datetime()))
        .filter(Column::Kind.is_in(kinds.iter().copied()))
        .filter(Column::IncidentId.in_subquery(open))
        .filter(Column::Id.not_in_subquery(done))
        .order_by_asc(Column::Id)
}

async fn ids(
    conn: &impl ConnectionTrait,
    found: Select<notification_delivery::Entity>,
    operation: &'static str,
) -> Result<Vec<i64>, StoreError> {
    found
        .select_only()
        .column(notification_delivery::Column::Id)
        .into_tuple()
        .all(conn)
        .await
        .map_err(StoreError::during(operation))
}
