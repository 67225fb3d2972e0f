//! What was done because a message about something critical did not arrive, each once: the unique key of
//! `delivery_assurances` says so, whoever looks.

use super::StoreError;
use super::deliveries::Status;
use super::entity::{delivery_assurance, delivery_attempt, incident, notification_delivery};
use super::incidents::OPEN;
use noc_pipeline::clock::UnixMs;
use noc_pipeline::control::Severity;
use sea_orm::sea_query::{Alias, Expr, ExprTrait, JoinType, Query, SelectStatement};
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

/// Where a delivery that left stands until it arrives: it may have been sent again since, or come to nothing.
pub const UNCONFIRMED: [Status; 5] = [
    Status::Queued,
    Status::Sent,
    Status::Retrying,
    Status::Sending,
    Status::Failed,
];

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
/// good, for which no other channel was tried; the oldest first. The patience with what a rule put off begins when that lets
/// go of it: what comes after that is its provider's doing, also where that wants messages further apart.
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
    let operation = "read deliveries that nobody took";
    let found = critical(kinds, Assurance::Channel, now)
        .filter(missed.add(failed))
        .limit(limit);
    let mut found = ids(conn, found, operation).await?;
    if let Some(patience) = patience {
        // Old, and wanted anew: it was held for long, or somebody asked for it.
        let oldest = now.minus(OLDEST).to_datetime();
        let anew = of_critical(kinds, Assurance::Channel)
            .filter(Column::CreatedAt.lte(oldest))
            .filter(Column::WantedAt.gt(oldest))
            .filter(late(now.minus(patience)))
            .limit(limit.saturating_sub(found.len() as u64));
        found.extend(ids(conn, anew, operation).await?);
    }
    Ok(found)
}

/// Wanted since before this time, and not taken.
fn late(before: UnixMs) -> Condition {
    use notification_delivery::Column;
    let before = before.to_datetime();
    let never_noted = Condition::all()
        .add(Column::WantedAt.is_null())
        .add(Column::CreatedAt.lte(before));
    let not_taken = [Status::Queued, Status::Sending, Status::Retrying];
    Condition::all()
        .add(Column::Status.is_in(not_taken.map(Status::name)))
        .add(
            Condition::any()
                .add(Column::WantedAt.lte(before))
                .add(never_noted),
        )
}

/// Messages about open criticals that left over one of `channels` over `patience` ago and of which nobody told that they
/// arrived, and for which no step was brought forward; the oldest first. Its first send counts, also where its provider
/// told since that nothing came of it. What arrived over another channel instead arrived.
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
    let taken: SelectStatement = Query::select()
        .expr(Expr::val(1))
        .from(delivery_attempt::Entity)
        .and_where(
            Expr::col((
                delivery_attempt::Entity,
                delivery_attempt::Column::DeliveryId,
            ))
            .equals((notification_delivery::Entity, Column::Id)),
        )
        .and_where(delivery_attempt::Column::Outcome.eq("sent"))
        .and_where(delivery_attempt::Column::At.lte(now.minus(patience).to_datetime()))
        .and_where(delivery_attempt::Column::At.gt(now.minus(SENT_LATELY).to_datetime()))
        .to_owned();
    let elsewhere = Alias::new("elsewhere");
    let arrived: SelectStatement = Query::select()
        .expr(Expr::val(1))
        .from(delivery_assurance::Entity)
        .join_as(
            JoinType::InnerJoin,
            notification_delivery::Entity,
            elsewhere.clone(),
            Expr::col((elsewhere.clone(), Column::Id)).equals((
                delivery_assurance::Entity,
                delivery_assurance::Column::ToDeliveryId,
            )),
        )
        .and_where(
            Expr::col((
                delivery_assurance::Entity,
                delivery_assurance::Column::DeliveryId,
            ))
            .equals((notification_delivery::Entity, Column::Id)),
        )
        .and_where(Expr::col((elsewhere, Column::Status)).eq(Status::Delivered.name()))
        .to_owned();
    let found = critical(kinds, Assurance::Step, now)
        .filter(Column::Status.is_in(UNCONFIRMED.map(Status::name)))
        .filter(Column::Channel.is_in(channels.iter().map(String::as_str)))
        .filter(Expr::exists(taken))
        .filter(Expr::exists(arrived).not())
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
    of_critical(kinds, what)
        .filter(notification_delivery::Column::CreatedAt.gt(now.minus(OLDEST).to_datetime()))
}

fn of_critical(kinds: &[&str], what: Assurance) -> Select<notification_delivery::Entity> {
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
