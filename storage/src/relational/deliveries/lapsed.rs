//! Claims that ended without a word: whoever took a message died, or was stopped, and may have handed it over before.
//!
//! Whoever takes it next notes that in the log of its attempts. From then on nobody takes it for one that was never tried; and
//! if there is nothing left to say by then, its recipient still hears how it ended.

use super::attempts::{NewAttempt, record_attempts};
use super::bundles::Due;
use super::{Status, UnixMs};
use crate::relational::StoreError;
use crate::relational::entity::delivery_attempt::{Column, Entity};
use crate::relational::entity::notification_delivery::{
    Column as DeliveryColumn, Entity as DeliveryTable,
};
use crate::relational::lists::padded;
use sea_orm::sea_query::{CaseStatement, Expr, ExprTrait, Query, SelectStatement, SimpleExpr};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect, Select};
use std::collections::BTreeSet;

/// The outcome of a send that nobody wrote down.
pub const UNKNOWN: &str = "unknown";

/// What the log of attempts tells beside sends: what was done for a message, or that it takes another one's place.
const NO_SENDS: [&str; 2] = ["failed_over", "instead"];

/// What the log of attempts says of it.
const WORDS: &str =
    "whoever took it to send it did not say what came of that, so it may have arrived";

/// Whether it is taken from somebody who did not say what came of it.
pub(super) fn is_lapsed(due: &Due) -> bool {
    due.row.status == Status::Sending.name()
}

/// Notes of these rows that they may have left, at the time at which they were taken. In a transaction.
pub(super) async fn note(
    tx: &impl ConnectionTrait,
    lapsed: impl IntoIterator<Item = &Due>,
) -> Result<(), StoreError> {
    let attempts = lapsed.into_iter().map(|due| NewAttempt {
        delivery_id: due.row.id,
        at: UnixMs::from(due.row.updated_at),
        outcome: UNKNOWN.to_owned(),
        detail: WORDS.to_owned(),
        duration_ms: 0,
    });
    record_attempts(tx, attempts.collect()).await
}

/// Those of `ids` that may have arrived without anybody's knowing.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn may_have_arrived(
    conn: &impl ConnectionTrait,
    ids: &[i64],
) -> Result<BTreeSet<i64>, StoreError> {
    among(conn, ids, attempts().filter(Column::Outcome.eq(UNKNOWN))).await
}

/// Those of `ids` that somebody tried to send, or may have: each is a message of its own for ever.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn tried(conn: &impl ConnectionTrait, ids: &[i64]) -> Result<BTreeSet<i64>, StoreError> {
    let sends = attempts().filter(Column::Outcome.is_not_in(NO_SENDS));
    among(conn, ids, sends).await
}

/// Whether a delivery may have arrived without anybody's knowing, as a condition: `delivery` is the column of its id.
pub(super) fn exists(delivery: impl Into<Expr>) -> Expr {
    let mut any = attempt_of(delivery);
    Expr::exists(any.and_where(Column::Outcome.eq(UNKNOWN)).to_owned())
}

/// The status of a row that is to be sent although it was given up: one that somebody tried to send, or may have, is never
/// taken for an untried one.
pub(super) fn waiting_anew() -> SimpleExpr {
    let delivery = (DeliveryTable, DeliveryColumn::Id);
    let mut tried = attempt_of(Expr::col(delivery));
    tried.and_where(Column::Outcome.is_not_in(NO_SENDS));
    CaseStatement::new()
        .case(Expr::exists(tried), Status::Retrying.name())
        .finally(Status::Queued.name())
        .into()
}

fn attempts() -> Select<Entity> {
    Entity::find().select_only().column(Column::DeliveryId)
}

fn attempt_of(delivery: impl Into<Expr>) -> SelectStatement {
    Query::select()
        .expr(Expr::val(1))
        .from(Entity)
        .and_where(Expr::col((Entity, Column::DeliveryId)).eq(delivery))
        .to_owned()
}

async fn among(
    conn: &impl ConnectionTrait,
    ids: &[i64],
    attempts: Select<Entity>,
) -> Result<BTreeSet<i64>, StoreError> {
    if ids.is_empty() {
        return Ok(BTreeSet::new());
    }
    let found: Vec<i64> = attempts
        .filter(Column::DeliveryId.is_in(padded(ids.iter().copied())))
        .into_tuple()
        .all(conn)
        .await
        .map_err(StoreError::during("read which deliveries were tried"))?;
    Ok(found.into_iter().collect())
}
