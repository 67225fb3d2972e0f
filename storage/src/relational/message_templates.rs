//! The organisation's own words for messages: one row for a kind on all channels, one for a kind on one channel.

use super::StoreError;
use super::entity::message_template::{ActiveModel, Column, Entity, Model};
use noc_pipeline::clock::UnixMs;
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder,
};

/// In the place of a channel: every channel that has no words of its own.
pub const EVERY_CHANNEL: &str = "";

/// Longest name of a kind or of a channel, in characters: the width of the columns.
const LONGEST_NAME: usize = 32;

/// Longest note of why words failed, in characters.
const LONGEST_FAILURE: usize = 500;

/// What is written for a kind on a channel; of two `None` one would be no row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WordsDraft {
    /// Template of the subject; `None`: not changed by this row.
    pub subject: Option<String>,
    /// Template of the text; `None`: not changed by this row.
    pub body: Option<String>,
}

/// All of them, by kind and channel.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn all(conn: &impl ConnectionTrait) -> Result<Vec<Model>, StoreError> {
    Entity::find()
        .order_by_asc(Column::Kind)
        .order_by_asc(Column::Channel)
        .all(conn)
        .await
        .map_err(StoreError::during("list message templates"))
}

/// Those that matter for a kind on a channel: the channel's own first, then those for every channel.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn of(
    conn: &impl ConnectionTrait,
    kind: &str,
    channel: &str,
) -> Result<Vec<Model>, StoreError> {
    Entity::find()
        .filter(Column::Kind.eq(kind))
        .filter(Column::Channel.is_in([channel, EVERY_CHANNEL]))
        .order_by_desc(Column::Channel)
        .all(conn)
        .await
        .map_err(StoreError::during("read message templates"))
}

/// Writes the words of a kind on a channel, whatever was there; that they once failed is forgotten.
///
/// # Errors
/// [`StoreError::Refused`] for a name that does not fit its column, or words that say nothing; [`StoreError::Query`].
pub async fn put(
    tx: &impl ConnectionTrait,
    kind: &str,
    channel: &str,
    words: WordsDraft,
    by: Option<i64>,
    now: UnixMs,
) -> Result<Model, StoreError> {
    let fits = |name: &str| name.chars().count() <= LONGEST_NAME;
    if kind.is_empty() || !fits(kind) || !fits(channel) {
        let reason = format!("must have 1 to {LONGEST_NAME} characters");
        return Err(StoreError::refused("kind", reason));
    }
    if words.subject.is_none() && words.body.is_none() {
        let reason = "one of subject and body must be there".to_owned();
        return Err(StoreError::refused("subject", reason));
    }
    let row = Model {
        kind: kind.to_owned(),
        channel: channel.to_owned(),
        subject: words.subject,
        body: words.body,
        updated_by: by,
        updated_at: now.to_datetime(),
        failed_at: None,
        failure: None,
    };
    let replaced = OnConflict::columns([Column::Kind, Column::Channel])
        .update_columns([
            Column::Subject,
            Column::Body,
            Column::UpdatedBy,
            Column::UpdatedAt,
            Column::FailedAt,
            Column::Failure,
        ])
        .to_owned();
    Entity::insert(active(row.clone()))
        .on_conflict(replaced)
        .exec_without_returning(tx)
        .await
        .map_err(StoreError::during("write a message template"))?;
    Ok(row)
}

/// Goes back to the words without this row.
///
/// # Errors
/// [`StoreError::NotFound`] if there is none; [`StoreError::Query`].
pub async fn delete(
    tx: &impl ConnectionTrait,
    kind: &str,
    channel: &str,
) -> Result<(), StoreError> {
    let gone = Entity::delete_by_id((kind.to_owned(), channel.to_owned()))
        .exec(tx)
        .await
        .map_err(StoreError::during("delete a message template"))?;
    if gone.rows_affected == 0 {
        return Err(StoreError::not_found("message template", kind));
    }
    Ok(())
}

/// Notes that stored words failed. Nothing is noted of words that were written anew meanwhile.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn note_failure(
    conn: &impl ConnectionTrait,
    row: &Model,
    failure: &str,
    now: UnixMs,
) -> Result<(), StoreError> {
    let failure: String = failure.chars().take(LONGEST_FAILURE).collect();
    Entity::update_many()
        .col_expr(Column::FailedAt, Expr::value(now.to_datetime()))
        .col_expr(Column::Failure, Expr::value(failure))
        .filter(Column::Kind.eq(row.kind.as_str()))
        .filter(Column::Channel.eq(row.channel.as_str()))
        .filter(Column::UpdatedAt.eq(row.updated_at))
        .exec(conn)
        .await
        .map_err(StoreError::during("note that a message template failed"))?;
    Ok(())
}

fn active(row: Model) -> ActiveModel {
    ActiveModel {
        kind: Set(row.kind),
        channel: Set(row.channel),
        subject: Set(row.subject),
        body: Set(row.body),
        updated_by: Set(row.updated_by),
        updated_at: Set(row.updated_at),
        failed_at: Set(row.failed_at),
        failure: Set(row.failure),
    }
}
