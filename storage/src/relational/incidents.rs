//! Incidents. At most one is open a key, held by the unique column `open_key`.

use super::StoreError;
use super::entity::incident;
use noc_pipeline::clock::UnixMs;
use noc_pipeline::control::Severity;
use noc_pipeline::id::ServerId;
use sea_orm::sea_query::{Expr, ExprTrait as _};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect, Select, UpdateMany,
};
use sha2::{Digest, Sha256};
use std::collections::HashMap;

/// `incidents.status` of an incident nobody has taken.
pub const OPEN: &str = "open";
/// `incidents.status` of an incident somebody has taken.
pub const ACKNOWLEDGED: &str = "acknowledged";
/// `incidents.status` of an incident that is over.
pub const RESOLVED: &str = "resolved";

/// The identity of an incident: SHA-256, lower-case hex, of the length-prefixed detector, server and subject.
#[must_use]
pub fn key(detector: &str, server: Option<ServerId>, subject: &str) -> String {
    let server = server.map_or_else(String::new, |id| id.to_string());
    let mut hash = Sha256::new();
    for part in [detector, &server, subject] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    hex::encode(hash.finalize())
}

/// A new incident.
#[derive(Debug, Clone)]
pub struct NewIncident {
    /// Key of the detector.
    pub detector: String,
    /// The server; `None`: about the platform itself.
    pub server: Option<ServerId>,
    /// Its name now.
    pub server_name: String,
    /// What of it.
    pub subject: String,
    /// How bad.
    pub severity: Severity,
    /// One line.
    pub title: String,
    /// What was seen.
    pub observed: Option<String>,
    /// What would be fine.
    pub expected: Option<String>,
    /// What an operator may want to paste.
    pub command: Option<String>,
    /// The user's rule that judged.
    pub rule_id: Option<i64>,
    /// When it was true.
    pub opened_at: UnixMs,
}

/// What a further breach changes. Absolute values: storing it twice is storing it once.
#[derive(Debug, Clone)]
pub struct Breach {
    /// The worst so far.
    pub severity: Severity,
    /// A new title; `None` keeps the old one.
    pub title: Option<String>,
    /// What was seen.
    pub observed: Option<String>,
    /// What would be fine.
    pub expected: Option<String>,
    /// Breaches so far.
    pub occurrences: u32,
    /// When it was true.
    pub at: UnixMs,
}

/// Stores a new, open incident.
///
/// # Errors
/// [`StoreError::Conflict`] when one of this key is open.
pub async fn insert(
    tx: &impl ConnectionTrait,
    new: NewIncident,
) -> Result<incident::Model, StoreError> {
    let hash = key(&new.detector, new.server, &new.subject);
    let at = new.opened_at.to_datetime();
    let row = incident::ActiveModel {
        detector: Set(new.detector),
        server_id: Set(new.server.map(|id| i64::from(id.0))),
        server_name: Set(new.server_name),
        subject: Set(new.subject),
        dedup_hash: Set(hash.clone()),
        open_key: Set(Some(hash.clone())),
        severity: Set(new.severity.name().to_owned()),
        status: Set(OPEN.to_owned()),
        title: Set(new.title),
        observed: Set(new.observed),
        expected: Set(new.expected),
        command: Set(new.command),
        rule_id: Set(new.rule_id),
        opened_at: Set(at),
        last_seen_at: Set(at),
        occurrences: Set(1),
        changed_at: Set(at),
        ..Default::default()
    };
    incident::Entity::insert(row)
        .exec_with_returning(tx)
        .await
        .map_err(StoreError::inserting("open an incident", "incident", hash))
}

/// One incident.
///
/// # Errors
/// When the database does not answer.
pub async fn get(
    conn: &impl ConnectionTrait,
    id: i64,
) -> Result<Option<incident::Model>, StoreError> {
    incident::Entity::find_by_id(id)
        .one(conn)
        .await
        .map_err(StoreError::during("read an incident"))
}

/// One incident, locked until the commit.
///
/// # Errors
/// [`StoreError::NotFound`]; or the database does not answer.
pub async fn lock(tx: &impl ConnectionTrait, id: i64) -> Result<incident::Model, StoreError> {
    incident::Entity::find_by_id(id)
        .lock_exclusive()
        .one(tx)
        .await
        .map_err(StoreError::during("lock an incident"))?
        .ok_or_else(|| StoreError::not_found("incident", id))
}

/// The open incident of a key; inside a transaction it is locked until the commit.
///
/// # Errors
/// When the database does not answer.
pub async fn find_open(
    tx: &impl ConnectionTrait,
    key: &str,
) -> Result<Option<incident::Model>, StoreError> {
    incident::Entity::find()
        .filter(incident::Column::OpenKey.eq(key))
        .lock_exclusive()
        .one(tx)
        .await
        .map_err(StoreError::during("find an open incident"))
}

/// The newest incident of a key, open or not.
///
/// # Errors
/// When the database does not answer.
pub async fn find_newest(
    tx: &impl ConnectionTrait,
    key: &str,
) -> Result<Option<incident::Model>, StoreError> {
    incident::Entity::find()
        .filter(incident::Column::DedupHash.eq(key))
        .order_by_desc(incident::Column::Id)
        .lock_exclusive()
        .one(tx)
        .await
        .map_err(StoreError::during("find the newest incident of a key"))
}

/// The open incidents of one server, oldest first.
///
/// # Errors
/// When the database does not answer.
pub async fn open_of(
    conn: &impl ConnectionTrait,
    server: ServerId,
) -> Result<Vec<incident::Model>, StoreError> {
    find_open_of(server)
        .all(conn)
        .await
        .map_err(StoreError::during("list a server's open incidents"))
}

/// [`open_of`], locked until the transaction ends.
///
/// # Errors
/// When the database does not answer.
pub async fn lock_open_of(
    tx: &impl ConnectionTrait,
    server: ServerId,
) -> Result<Vec<incident::Model>, StoreError> {
    find_open_of(server)
        .lock_exclusive()
        .all(tx)
        .await
        .map_err(StoreError::during("lock a server's open incidents"))
}

fn find_open_of(server: ServerId) -> Select<incident::Entity> {
    incident::Entity::find()
        .filter(incident::Column::ServerId.eq(i64::from(server.0)))
        .filter(incident::Column::OpenKey.is_not_null())
        .order_by_asc(incident::Column::Id)
}

/// The open incidents of every server, oldest first.
///
/// # Errors
/// When the database does not answer.
pub async fn all_open(conn: &impl ConnectionTrait) -> Result<Vec<incident::Model>, StoreError> {
    incident::Entity::find()
        .filter(incident::Column::OpenKey.is_not_null())
        .order_by_asc(incident::Column::Id)
        .all(conn)
        .await
        .map_err(StoreError::during("list all open incidents"))
}

/// Ids of open incidents whose snooze is over at `now`, at most `most`.
///
/// # Errors
/// When the database does not answer.
pub async fn snoozes_over(
    conn: &impl ConnectionTrait,
    now: UnixMs,
    most: u64,
) -> Result<Vec<i64>, StoreError> {
    incident::Entity::find()
        .select_only()
        .column(incident::Column::Id)
        .filter(incident::Column::SnoozedUntil.lte(now.to_datetime()))
        .filter(incident::Column::OpenKey.is_not_null())
        .order_by_asc(incident::Column::SnoozedUntil)
        .limit(most)
        .into_tuple()
        .all(conn)
        .await
        .map_err(StoreError::during("find snoozes that are over"))
}

/// Acknowledged incidents of a severity that were taken on before `before`, and their owners not asked since, or asked
/// before `asked_before`; at most `most`. Snoozed ones are left alone.
///
/// # Errors
/// When the database does not answer.
pub async fn long_acknowledged(
    conn: &impl ConnectionTrait,
    severity: Severity,
    before: UnixMs,
    asked_before: UnixMs,
    most: u64,
) -> Result<Vec<i64>, StoreError> {
    use incident::Column;
    incident::Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::Status.eq(ACKNOWLEDGED))
        .filter(Column::Severity.eq(severity.name()))
        .filter(Column::AcknowledgedAt.lte(before.to_datetime()))
        .filter(Column::SnoozedUntil.is_null())
        .filter(
            Column::RemindedAt
                .is_null()
                .or(Column::RemindedAt.lte(asked_before.to_datetime())),
        )
        .order_by_asc(Column::AcknowledgedAt)
        .limit(most)
        .into_tuple()
        .all(conn)
        .await
        .map_err(StoreError::during("find incidents acknowledged long ago"))
}

/// Snoozes an incident, or wakes it (`None`).
///
/// # Errors
/// When the database does not answer.
pub async fn snooze(
    tx: &impl ConnectionTrait,
    id: i64,
    until: Option<UnixMs>,
    now: UnixMs,
) -> Result<incident::Model, StoreError> {
    update(tx, "snooze an incident", id, |row| {
        let until = until.map(UnixMs::to_datetime);
        row.col_expr(incident::Column::SnoozedUntil, Expr::value(until))
            .col_expr(incident::Column::ChangedAt, Expr::value(now.to_datetime()))
    })
    .await
}

/// Notes that the owner was asked whether they are still on it.
///
/// # Errors
/// When the database does not answer.
pub async fn reminded(
    tx: &impl ConnectionTrait,
    id: i64,
    now: UnixMs,
) -> Result<incident::Model, StoreError> {
    update(tx, "note a reminder", id, |row| {
        row.col_expr(incident::Column::RemindedAt, Expr::value(now.to_datetime()))
            .col_expr(incident::Column::ChangedAt, Expr::value(now.to_datetime()))
    })
    .await
}

/// Ids of the incidents that somebody has taken on, oldest first.
///
/// # Errors
/// When the database does not answer.
pub async fn owned_by(conn: &impl ConnectionTrait, user_id: i64) -> Result<Vec<i64>, StoreError> {
    incident::Entity::find()
        .select_only()
        .column(incident::Column::Id)
        .filter(incident::Column::Status.eq(ACKNOWLEDGED))
        .filter(incident::Column::AcknowledgedBy.eq(user_id))
        .order_by_asc(incident::Column::Id)
        .into_tuple()
        .all(conn)
        .await
        .map_err(StoreError::during("find what somebody has taken on"))
}

/// Gives an acknowledged incident to somebody else, who has it from now on and was not asked about it yet.
///
/// # Errors
/// When the database does not answer.
pub async fn give(
    tx: &impl ConnectionTrait,
    id: i64,
    to: i64,
    now: UnixMs,
) -> Result<incident::Model, StoreError> {
    let never: Option<chrono::DateTime<chrono::Utc>> = None;
    update(tx, "give an incident to somebody else", id, |row| {
        row.col_expr(incident::Column::AcknowledgedBy, Expr::value(to))
            .col_expr(
                incident::Column::AcknowledgedAt,
                Expr::value(now.to_datetime()),
            )
            .col_expr(incident::Column::RemindedAt, Expr::value(never))
            .col_expr(incident::Column::ChangedAt, Expr::value(now.to_datetime()))
    })
    .await
}

/// How many are open, by severity; every severity is answered.
///
/// # Errors
/// When the database does not answer.
pub async fn open_by_severity(
    conn: &impl ConnectionTrait,
) -> Result<HashMap<Severity, u64>, StoreError> {
    let operation = "count open incidents";
    let rows: Vec<(String, i64)> = incident::Entity::find()
        .select_only()
        .column(incident::Column::Severity)
        .column_as(incident::Column::Id.count(), "n")
        .filter(incident::Column::OpenKey.is_not_null())
        .group_by(incident::Column::Severity)
        .into_tuple()
        .all(conn)
        .await
        .map_err(StoreError::during(operation))?;
    let mut out: HashMap<_, _> = Severity::ALL.into_iter().map(|s| (s, 0)).collect();
    for (name, n) in rows {
        if let Some(severity) = Severity::from_name(&name) {
            out.insert(severity, u64::try_from(n).unwrap_or_default());
        }
    }
    Ok(out)
}

/// Stores a further breach of an open incident.
///
/// # Errors
/// When the database does not answer.
pub async fn breached(
    tx: &impl ConnectionTrait,
    id: i64,
    breach: &Breach,
) -> Result<incident::Model, StoreError> {
    update(tx, "update an incident", id, |row| with_breach(row, breach)).await
}

/// Opens an incident again that had resolved by itself; who acknowledged it still has.
///
/// # Errors
/// When the database does not answer, or one of its key is open.
pub async fn reopen(
    tx: &impl ConnectionTrait,
    row: &incident::Model,
    breach: &Breach,
) -> Result<incident::Model, StoreError> {
    let status = if row.acknowledged_at.is_some() {
        ACKNOWLEDGED
    } else {
        OPEN
    };
    let key = row.dedup_hash.clone();
    let nobody: Option<i64> = None;
    let never: Option<chrono::DateTime<chrono::Utc>> = None;
    update(tx, "reopen an incident", row.id, |update| {
        with_breach(update, breach)
            .col_expr(incident::Column::OpenKey, Expr::value(key))
            .col_expr(incident::Column::Status, Expr::value(status))
            .col_expr(incident::Column::ResolvedAt, Expr::value(never))
            .col_expr(incident::Column::ResolvedBy, Expr::value(nobody))
    })
    .await
}

/// Ends an incident; `by` is the user, `None` when it ended by itself.
///
/// # Errors
/// When the database does not answer.
pub async fn resolve(
    tx: &impl ConnectionTrait,
    id: i64,
    by: Option<i64>,
    at: UnixMs,
) -> Result<incident::Model, StoreError> {
    let no_key: Option<String> = None;
    let never: Option<chrono::DateTime<chrono::Utc>> = None;
    update(tx, "resolve an incident", id, |row| {
        row.col_expr(incident::Column::OpenKey, Expr::value(no_key))
            .col_expr(incident::Column::Status, Expr::value(RESOLVED))
            .col_expr(incident::Column::ResolvedAt, Expr::value(at.to_datetime()))
            .col_expr(incident::Column::ResolvedBy, Expr::value(by))
            .col_expr(incident::Column::SnoozedUntil, Expr::value(never))
            .col_expr(incident::Column::ChangedAt, Expr::value(at.to_datetime()))
    })
    .await
}

fn with_breach(row: UpdateMany<incident::Entity>, breach: &Breach) -> UpdateMany<incident::Entity> {
    let at = breach.at.to_datetime();
    let occurrences = i32::try_from(breach.occurrences).unwrap_or(i32::MAX);
    let row = match breach.title.clone() {
        Some(title) => row.col_expr(incident::Column::Title, Expr::value(title)),
        None => row,
    };
    row.col_expr(
        incident::Column::Severity,
        Expr::value(breach.severity.name()),
    )
    .col_expr(
        incident::Column::Observed,
        Expr::value(breach.observed.clone()),
    )
    .col_expr(
        incident::Column::Expected,
        Expr::value(breach.expected.clone()),
    )
    .col_expr(incident::Column::Occurrences, Expr::value(occurrences))
    .col_expr(incident::Column::LastSeenAt, Expr::value(at))
    .col_expr(incident::Column::ChangedAt, Expr::value(at))
}

async fn update(
    tx: &impl ConnectionTrait,
    operation: &'static str,
    id: i64,
    set: impl FnOnce(UpdateMany<incident::Entity>) -> UpdateMany<incident::Entity>,
) -> Result<incident::Model, StoreError> {
    set(incident::Entity::update_many())
        .filter(incident::Column::Id.eq(id))
        .exec(tx)
        .await
        .map_err(StoreError::during(operation))?;
    get(tx, id)
        .await?
        .ok_or_else(|| StoreError::not_found("incident", id))
}

#[cfg(test)]
mod tests;
