//! `user_notification_preferences`: what people want to be told of, where and when. Whoever never saved any has no row.

use super::StoreError;
use super::entity::user_notification_preference::{ActiveModel, Column, Entity, Model};
use noc_pipeline::clock::UnixMs;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, EntityTrait,
    IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// Whether a channel reaches its person, and where.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChannelChoice {
    /// False: never there.
    pub enabled: bool,
    /// Row of `contacts`; `None`: the account's own address, which there is for e-mail alone.
    pub contact_id: Option<i64>,
}

/// All of a person's preferences, to be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreferencesDraft {
    /// By channel key.
    pub channels: BTreeMap<String, ChannelChoice>,
    /// Names of severities.
    pub severities: Vec<String>,
    /// Minute of the day.
    pub quiet_start: i32,
    /// Minute of the day; equal to the start: no quiet hours.
    pub quiet_end: i32,
    /// IANA name.
    pub timezone: String,
    /// Quiet hours hold back what is critical too.
    pub block_critical: bool,
    /// A daily message instead of one for each event.
    pub digest_enabled: bool,
    /// Minute of the day.
    pub digest_minute: i32,
}

impl Model {
    /// What was chosen for each channel; a channel that is not named was left off.
    #[must_use]
    pub fn choices(&self) -> BTreeMap<String, ChannelChoice> {
        BTreeMap::deserialize(&self.channels).unwrap_or_default()
    }

    /// Names of severities.
    #[must_use]
    pub fn severity_names(&self) -> Vec<String> {
        super::strings(&self.severities)
    }
}

/// A person's preferences.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn get(conn: &impl ConnectionTrait, user_id: i64) -> Result<Option<Model>, StoreError> {
    Entity::find_by_id(user_id)
        .one(conn)
        .await
        .map_err(StoreError::during("read preferences"))
}

/// As [`get`], locked until the transaction ends.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn lock(tx: &impl ConnectionTrait, user_id: i64) -> Result<Option<Model>, StoreError> {
    Entity::find_by_id(user_id)
        .lock_exclusive()
        .one(tx)
        .await
        .map_err(StoreError::during("lock preferences"))
}

/// Everybody's.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn all(conn: &impl ConnectionTrait) -> Result<Vec<Model>, StoreError> {
    Entity::find()
        .order_by_asc(Column::UserId)
        .all(conn)
        .await
        .map_err(StoreError::during("read all preferences"))
}

/// Those of people who want a daily message, or switched it off while one was owed to them.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn with_digest(conn: &impl ConnectionTrait) -> Result<Vec<Model>, StoreError> {
    Entity::find()
        .filter(
            Condition::any()
                .add(Column::DigestEnabled.eq(true))
                .add(Column::DigestOwedAt.is_not_null()),
        )
        .order_by_asc(Column::UserId)
        .all(conn)
        .await
        .map_err(StoreError::during("read who wants a digest"))
}

/// Stores a person's preferences. A digest that was off covers what happens from now on, unless one is still owed.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn put(
    tx: &impl ConnectionTrait,
    user_id: i64,
    draft: PreferencesDraft,
    now: UnixMs,
) -> Result<Model, StoreError> {
    let found = lock(tx, user_id).await?;
    let is_new = found.is_none();
    let covers = |row: &Model| row.digest_enabled || row.digest_owed_at.is_some();
    let covered = found.as_ref().is_some_and(covers);
    let mut row = found.map_or_else(
        || ActiveModel {
            user_id: Set(user_id),
            digest_since: Set(None),
            digest_last_at: Set(None),
            digest_owed_at: Set(None),
            ..Default::default()
        },
        IntoActiveModel::into_active_model,
    );
    if draft.digest_enabled && !covered {
        row.digest_since = Set(Some(now.to_datetime()));
    }
    row.channels = Set(encode(user_id, &draft.channels)?);
    row.severities = Set(Value::from(draft.severities));
    row.quiet_start = Set(draft.quiet_start);
    row.quiet_end = Set(draft.quiet_end);
    row.timezone = Set(draft.timezone);
    row.block_critical = Set(draft.block_critical);
    row.digest_enabled = Set(draft.digest_enabled);
    row.digest_minute = Set(draft.digest_minute);
    row.updated_at = Set(now.to_datetime());
    let stored = if is_new {
        row.insert(tx).await
    } else {
        row.update(tx).await
    };
    stored.map_err(StoreError::inserting(
        "store preferences",
        "notification_preferences",
        user_id,
    ))
}

/// Takes a contact that goes out of its owner's preferences: its channel is off then, and e-mail is the account's own
/// address again. Answers whether it was in use.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn forget_contact(
    tx: &impl ConnectionTrait,
    user_id: i64,
    contact_id: i64,
    own: &str,
) -> Result<bool, StoreError> {
    let Some(row) = lock(tx, user_id).await? else {
        return Ok(false);
    };
    let mut choices = row.choices();
    let mut used = false;
    for (channel, choice) in &mut choices {
        if choice.contact_id == Some(contact_id) {
            used = true;
            choice.contact_id = None;
            choice.enabled = choice.enabled && channel == own;
        }
    }
    if used {
        let channels = encode(user_id, &choices)?;
        Entity::update_many()
            .col_expr(Column::Channels, Expr::value(channels))
            .filter(Column::UserId.eq(user_id))
            .exec(tx)
            .await
            .map_err(StoreError::during("take a contact out of preferences"))?;
    }
    Ok(used)
}

/// Notes that the digest of a time of day was made.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn digest_made(
    tx: &impl ConnectionTrait,
    user_id: i64,
    until: UnixMs,
) -> Result<(), StoreError> {
    Entity::update_many()
        .set(ActiveModel {
            digest_since: Set(Some(until.to_datetime())),
            digest_last_at: Set(Some(until.to_datetime())),
            digest_owed_at: Set(None),
            ..Default::default()
        })
        .filter(Column::UserId.eq(user_id))
        .exec(tx)
        .await
        .map_err(StoreError::during("note a digest"))?;
    Ok(())
}

/// Notes that a message was put off to a person's next digest: it is made even if they switch it off before its hour.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn owe_digest(
    conn: &impl ConnectionTrait,
    user_id: i64,
    now: UnixMs,
) -> Result<(), StoreError> {
    Entity::update_many()
        .set(ActiveModel {
            digest_owed_at: Set(Some(now.to_datetime())),
            ..Default::default()
        })
        .filter(Column::UserId.eq(user_id))
        .filter(Column::DigestOwedAt.is_null())
        .exec(conn)
        .await
        .map_err(StoreError::during("owe a digest"))?;
    Ok(())
}

fn encode(user_id: i64, choices: &BTreeMap<String, ChannelChoice>) -> Result<Value, StoreError> {
    serde_json::to_value(choices)
        .map_err(|error| StoreError::damaged("user_notification_preferences", user_id, error))
}
