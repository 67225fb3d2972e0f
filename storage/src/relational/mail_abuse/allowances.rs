//! Allowances: senders that may mail more than they used to, because a person said that it was no abuse.

use crate::relational::StoreError;
use crate::relational::entity::{mail_abuse_case, mail_allowance};
use crate::relational::page::{Page, PageRequest, SortBy, page};
use noc_pipeline::clock::UnixMs;
use noc_pipeline::id::ServerId;
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter,
    QueryOrder, QuerySelect,
};
use sha2::{Digest, Sha256};
use std::time::Duration;

impl mail_allowance::Model {
    /// On which server.
    #[must_use]
    pub fn server(&self) -> ServerId {
        ServerId(u32::try_from(self.server_id).unwrap_or(u32::MAX))
    }
}

/// How long an allowance holds without use.
pub const ALLOWANCE: Duration = Duration::from_secs(45 * 86_400);

/// What a sender may do from now on.
#[derive(Debug, Clone, PartialEq)]
pub struct Grant {
    /// On which server.
    pub server: ServerId,
    /// As in its case.
    pub subject: String,
    /// Recipients an hour.
    pub ceiling: f64,
    /// Who says so.
    pub by: Option<i64>,
    /// When.
    pub at: UnixMs,
}

fn subject_key(subject: &str) -> String {
    hex::encode(Sha256::digest(subject.as_bytes()))
}

/// Grants an allowance, in place of the one the sender had.
///
/// # Errors
/// When the database does not answer.
pub async fn grant(
    tx: &impl ConnectionTrait,
    new: &Grant,
) -> Result<mail_allowance::Model, StoreError> {
    let row = mail_allowance::ActiveModel {
        server_id: Set(i64::from(new.server.0)),
        subject: Set(new.subject.clone()),
        subject_key: Set(subject_key(&new.subject)),
        ceiling: Set(new.ceiling),
        granted_at: Set(new.at.to_datetime()),
        granted_by: Set(new.by),
        until: Set(new.at.plus(ALLOWANCE).to_datetime()),
        ..Default::default()
    };
    let key = [
        mail_allowance::Column::ServerId,
        mail_allowance::Column::SubjectKey,
    ];
    let replace = OnConflict::columns(key)
        .update_columns([
            mail_allowance::Column::Ceiling,
            mail_allowance::Column::GrantedAt,
            mail_allowance::Column::GrantedBy,
            mail_allowance::Column::Until,
        ])
        .to_owned();
    let operation = "grant a mail allowance";
    mail_allowance::Entity::insert(row)
        .on_conflict(replace)
        .exec_without_returning(tx)
        .await
        .map_err(StoreError::during(operation))?;
    mail_allowance::Entity::find()
        .filter(mail_allowance::Column::ServerId.eq(i64::from(new.server.0)))
        .filter(mail_allowance::Column::SubjectKey.eq(subject_key(&new.subject)))
        .one(tx)
        .await
        .map_err(StoreError::during(operation))?
        .ok_or_else(|| StoreError::not_found("mail allowance", &new.subject))
}

/// Allowances in force, the newest first.
///
/// # Errors
/// As [`page`].
pub async fn list(
    conn: &impl ConnectionTrait,
    server: Option<i64>,
    now: UnixMs,
    request: &PageRequest,
) -> Result<Page<mail_allowance::Model>, StoreError> {
    let mut select =
        mail_allowance::Entity::find().filter(mail_allowance::Column::Until.gt(now.to_datetime()));
    if let Some(server) = server {
        select = select.filter(mail_allowance::Column::ServerId.eq(server));
    }
    let orders = [SortBy {
        name: "granted_at",
        by: || Expr::col(mail_allowance::Column::GrantedAt),
        value: |row: &mail_allowance::Model| row.granted_at.into(),
    }];
    let id = mail_allowance::Column::Id;
    page(conn, select, request, &orders, "-granted_at", id).await
}

/// Takes an allowance back; answers what it was.
///
/// # Errors
/// [`StoreError::NotFound`]; or the database does not answer.
pub async fn revoke(
    tx: &impl ConnectionTrait,
    id: i64,
) -> Result<mail_allowance::Model, StoreError> {
    let row = mail_allowance::Entity::find_by_id(id)
        .lock_exclusive()
        .one(tx)
        .await
        .map_err(StoreError::during("lock a mail allowance"))?
        .ok_or_else(|| StoreError::not_found("mail allowance", id))?;
    mail_allowance::Entity::delete_by_id(id)
        .exec(tx)
        .await
        .map_err(StoreError::during("revoke a mail allowance"))?;
    Ok(row)
}

/// Allowances that end before `before`, for renewing those that were used, at most `most`.
///
/// # Errors
/// When the database does not answer.
pub async fn ending(
    conn: &impl ConnectionTrait,
    before: UnixMs,
    most: u64,
) -> Result<Vec<mail_allowance::Model>, StoreError> {
    mail_allowance::Entity::find()
        .filter(mail_allowance::Column::Until.lt(before.to_datetime()))
        .order_by_asc(mail_allowance::Column::Until)
        .limit(most)
        .all(conn)
        .await
        .map_err(StoreError::during("read mail allowances that end"))
}

/// Whether the sender opened no case since the allowance was granted.
///
/// # Errors
/// When the database does not answer.
pub async fn is_clean(
    conn: &impl ConnectionTrait,
    row: &mail_allowance::Model,
) -> Result<bool, StoreError> {
    let cases = mail_abuse_case::Entity::find()
        .filter(mail_abuse_case::Column::ServerId.eq(row.server_id))
        .filter(mail_abuse_case::Column::Subject.eq(&row.subject))
        .filter(mail_abuse_case::Column::DetectedAt.gt(row.granted_at))
        .count(conn)
        .await
        .map_err(StoreError::during("count cases under an allowance"))?;
    Ok(cases == 0)
}

/// Prolongs an allowance that was used.
///
/// # Errors
/// When the database does not answer.
pub async fn renew(tx: &impl ConnectionTrait, id: i64, until: UnixMs) -> Result<(), StoreError> {
    mail_allowance::Entity::update_many()
        .col_expr(
            mail_allowance::Column::Until,
            Expr::value(until.to_datetime()),
        )
        .filter(mail_allowance::Column::Id.eq(id))
        .exec(tx)
        .await
        .map(|_| ())
        .map_err(StoreError::during("renew a mail allowance"))
}

/// Drops allowances that ended; answers how many.
///
/// # Errors
/// When the database does not answer.
pub async fn drop_ended(conn: &impl ConnectionTrait, now: UnixMs) -> Result<u64, StoreError> {
    mail_allowance::Entity::delete_many()
        .filter(mail_allowance::Column::Until.lte(now.to_datetime()))
        .exec(conn)
        .await
        .map(|done| done.rows_affected)
        .map_err(StoreError::during("drop mail allowances that ended"))
}
