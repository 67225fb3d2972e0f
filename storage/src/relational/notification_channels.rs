//! Settings of the notification channels, secrets sealed from the first row on.

mod canary;
mod hook;
mod pause;

pub use canary::{claim_canary, set_canary};
pub use hook::{hook_secret, note_receipt, set_hook};
pub use pause::{pause, paused};

use super::StoreError;
use super::entity::notification_channel;
use crate::secrets::FieldKey;
use noc_pipeline::clock::UnixMs;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, EntityTrait,
    IntoActiveModel, QueryFilter, QueryOrder, QuerySelect, sea_query::Expr,
};
use serde_json::{Map, Value};

const TABLE: &str = "notification_channels";
const SECRETS: &str = "secrets";

/// The whole of a channel's settings.
#[derive(Debug, Clone)]
pub struct ChannelDraft {
    /// Used at all.
    pub enabled: bool,
    /// Without secrets.
    pub settings: Map<String, Value>,
    /// All secrets by name; `None` keeps those stored, an empty map removes them.
    pub secrets: Option<Map<String, Value>>,
}

/// The settings of one channel, if it was ever set up.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn by_key(
    conn: &impl ConnectionTrait,
    channel: &str,
) -> Result<Option<notification_channel::Model>, StoreError> {
    notification_channel::Entity::find_by_id(channel)
        .one(conn)
        .await
        .map_err(StoreError::during("read a channel"))
}

/// All channels that were set up, by key.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn all(
    conn: &impl ConnectionTrait,
) -> Result<Vec<notification_channel::Model>, StoreError> {
    notification_channel::Entity::find()
        .order_by_asc(notification_channel::Column::Channel)
        .all(conn)
        .await
        .map_err(StoreError::during("read the channels"))
}

/// Opens a channel's secrets; an empty map if it has none.
///
/// # Errors
/// [`StoreError::Secret`] if they cannot be opened; [`StoreError::Damaged`] if they are no JSON object.
pub fn open_secrets(
    key: &FieldKey,
    row: &notification_channel::Model,
) -> Result<Map<String, Value>, StoreError> {
    let Some(sealed) = &row.secrets else {
        return Ok(Map::new());
    };
    let plain = key
        .decrypt(TABLE, &row.channel, SECRETS, sealed)
        .map_err(|source| StoreError::Secret {
            what: "notification_channel",
            id: row.channel.clone(),
            source,
        })?;
    // The parser's message would quote a secret.
    serde_json::from_slice(&plain).map_err(|_| {
        StoreError::damaged(
            "notification_channel",
            &row.channel,
            "its secrets are no object",
        )
    })
}

/// Stores a channel's settings. What is known of its health and its last test stays until somebody tries again; where
/// its provider was away, that is at once.
///
/// # Errors
/// [`StoreError::Secret`] if the secrets cannot be sealed; [`StoreError::Query`].
pub async fn put(
    conn: &impl ConnectionTrait,
    key: &FieldKey,
    channel: &str,
    draft: ChannelDraft,
    now: UnixMs,
) -> Result<notification_channel::Model, StoreError> {
    let sealed = draft
        .secrets
        .map(|secrets| seal(key, channel, secrets))
        .transpose()?;
    let found = by_key(conn, channel).await?;
    let is_new = found.is_none();
    let was_away = found.as_ref().is_some_and(|row| row.probe_at.is_some());
    let mut row = found.map_or_else(
        || notification_channel::ActiveModel {
            channel: Set(channel.to_owned()),
            healthy: Set(true),
            failures: Set(0),
            canary: Set(false),
            ..Default::default()
        },
        IntoActiveModel::into_active_model,
    );
    if was_away {
        row.probe_at = Set(Some(now.to_datetime()));
    }
    // What was refused after it was taken may not be refused as things are set now.
    row.doubted = Set(false);
    // Whoever asked to be left alone may not be whom they are sent to now.
    row.paused_until = Set(None);
    row.paused_reason = Set(None);
    row.enabled = Set(draft.enabled);
    row.settings = Set(Value::Object(draft.settings));
    if let Some(sealed) = sealed {
        row.secrets = Set(sealed);
    }
    row.updated_at = Set(now.to_datetime());
    let stored = if is_new {
        row.insert(conn).await
    } else {
        row.update(conn).await
    };
    stored.map_err(StoreError::inserting(
        "store a channel",
        "notification_channel",
        channel,
    ))
}

fn seal(
    key: &FieldKey,
    channel: &str,
    secrets: Map<String, Value>,
) -> Result<Option<String>, StoreError> {
    if secrets.is_empty() {
        return Ok(None);
    }
    let plain = Value::Object(secrets).to_string();
    key.encrypt(TABLE, channel, SECRETS, plain.as_bytes())
        .map(Some)
        .map_err(|source| StoreError::Secret {
            what: "notification_channel",
            id: channel.to_owned(),
            source,
        })
}

/// Notes whether a channel works: `error` of a permanent failure, or `None` after a message was taken, which shows nothing
/// where the channel is doubted. Either is an answer of its provider, which is in use again.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn set_health(
    tx: &impl ConnectionTrait,
    channel: &str,
    error: Option<&str>,
    now: UnixMs,
) -> Result<(), StoreError> {
    update(tx, channel, |known| {
        let since = known.unhealthy_since.unwrap_or_else(|| now.to_datetime());
        let healthy = error.is_none() && !known.doubted;
        notification_channel::ActiveModel {
            healthy: Set(healthy),
            unhealthy_since: Set((!healthy).then_some(since)),
            last_error: Set(error.map(str::to_owned).or(known.last_error)),
            failures: Set(0),
            probe_at: Set(None),
            ..Default::default()
        }
    })
    .await
}

/// Notes that a message of a doubted channel arrived: it works.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn set_arrived(tx: &impl ConnectionTrait, channel: &str) -> Result<(), StoreError> {
    update(tx, channel, |_| notification_channel::ActiveModel {
        healthy: Set(true),
        unhealthy_since: Set(None),
        failures: Set(0),
        probe_at: Set(None),
        doubted: Set(false),
        ..Default::default()
    })
    .await
}

/// Notes that a channel's provider took a message and refused it afterwards: from now on, until its settings change, only
/// an arrival shows that it works.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn set_doubted(
    tx: &impl ConnectionTrait,
    channel: &str,
    error: &str,
    now: UnixMs,
) -> Result<(), StoreError> {
    update(tx, channel, |known| {
        let since = known.unhealthy_since.unwrap_or_else(|| now.to_datetime());
        notification_channel::ActiveModel {
            healthy: Set(false),
            unhealthy_since: Set(Some(since)),
            last_error: Set(Some(error.to_owned())),
            doubted: Set(true),
            ..Default::default()
        }
    })
    .await
}

/// Notes that a channel's provider was away: how often in a row and, once it is given up, when it is tried again.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn set_away(
    tx: &impl ConnectionTrait,
    channel: &str,
    error: &str,
    next: impl FnOnce(&notification_channel::Model) -> (u32, Option<UnixMs>),
    now: UnixMs,
) -> Result<(), StoreError> {
    update(tx, channel, |known| {
        let (failures, probe_at) = next(&known);
        let mut row = notification_channel::ActiveModel {
            failures: Set(i32::try_from(failures).unwrap_or(i32::MAX)),
            probe_at: Set(probe_at.map(UnixMs::to_datetime)),
            last_error: Set(Some(error.to_owned())),
            ..Default::default()
        };
        if probe_at.is_some() {
            let since = known.unhealthy_since.unwrap_or_else(|| now.to_datetime());
            row.healthy = Set(false);
            row.unhealthy_since = Set(Some(since));
        }
        row
    })
    .await
}

/// Notes that a provider that was away answered, be it only to refuse for now: it is in use again. Of one that was not away
/// nothing is written.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn set_answered(tx: &impl ConnectionTrait, channel: &str) -> Result<(), StoreError> {
    use notification_channel::Column;
    let was_away = Condition::any()
        .add(Column::Failures.ne(0))
        .add(Column::ProbeAt.is_not_null());
    notification_channel::Entity::update_many()
        .set(notification_channel::ActiveModel {
            failures: Set(0),
            probe_at: Set(None),
            ..Default::default()
        })
        .filter(Column::Channel.eq(channel))
        .filter(was_away)
        .exec(tx)
        .await
        .map_err(StoreError::during("note a channel's health"))?;
    Ok(())
}

/// Moves the next try of a provider that is away, if the row is as it was read; false when somebody else tries it.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn set_probe(
    conn: &impl ConnectionTrait,
    as_read: &notification_channel::Model,
    failures: u32,
    probe_at: UnixMs,
) -> Result<bool, StoreError> {
    use notification_channel::Column;
    let moved = notification_channel::Entity::update_many()
        .set(notification_channel::ActiveModel {
            failures: Set(i32::try_from(failures).unwrap_or(i32::MAX)),
            probe_at: Set(Some(probe_at.to_datetime())),
            ..Default::default()
        })
        .filter(Column::Channel.eq(as_read.channel.as_str()))
        .filter(Column::ProbeAt.eq(as_read.probe_at))
        .exec(conn)
        .await
        .map_err(StoreError::during("try a channel's provider"))?;
    Ok(moved.rows_affected == 1)
}

/// Puts `to` in the place of `from` where a channel's setting still holds that, as its provider said: the recipient
/// has another address now. Answers whether it did.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn adopt(
    tx: &impl ConnectionTrait,
    channel: &str,
    setting: &str,
    from: &str,
    to: &str,
    now: UnixMs,
) -> Result<bool, StoreError> {
    let operation = "adopt a channel's new address";
    let known = notification_channel::Entity::find_by_id(channel)
        .lock_exclusive()
        .one(tx)
        .await
        .map_err(StoreError::during(operation))?;
    let Some(mut known) = known else {
        return Ok(false);
    };
    let holds = |value: &Value| {
        value
            .as_str()
            .is_some_and(|text| text.trim() == from.trim())
    };
    match known.settings.get_mut(setting) {
        Some(value) if holds(value) => *value = Value::from(to),
        _ => return Ok(false),
    }
    notification_channel::Entity::update_many()
        .set(notification_channel::ActiveModel {
            settings: Set(known.settings),
            updated_at: Set(now.to_datetime()),
            ..Default::default()
        })
        .filter(notification_channel::Column::Channel.eq(channel))
        .exec(tx)
        .await
        .map_err(StoreError::during(operation))?;
    Ok(true)
}

/// Changes a channel's row, if there is one, as nobody else does meanwhile.
async fn update(
    tx: &impl ConnectionTrait,
    channel: &str,
    change: impl FnOnce(notification_channel::Model) -> notification_channel::ActiveModel,
) -> Result<(), StoreError> {
    let operation = "note a channel's health";
    let known = notification_channel::Entity::find_by_id(channel)
        .lock_exclusive()
        .one(tx)
        .await
        .map_err(StoreError::during(operation))?;
    let Some(known) = known else { return Ok(()) };
    notification_channel::Entity::update_many()
        .set(change(known))
        .filter(notification_channel::Column::Channel.eq(channel))
        .exec(tx)
        .await
        .map_err(StoreError::during(operation))?;
    Ok(())
}

/// Notes a test message: `sent` or the error, and the provider's id.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn record_test(
    conn: &impl ConnectionTrait,
    channel: &str,
    result: &str,
    provider_id: Option<&str>,
    now: UnixMs,
) -> Result<(), StoreError> {
    use notification_channel::Column;
    notification_channel::Entity::update_many()
        .col_expr(Column::LastTestAt, Expr::value(now.to_datetime()))
        .col_expr(Column::LastTestResult, Expr::value(result))
        .col_expr(
            Column::LastTestProviderId,
            Expr::value(provider_id.map(str::to_owned)),
        )
        .filter(Column::Channel.eq(channel))
        .exec(conn)
        .await
        .map_err(StoreError::during("note a channel's test"))?;
    Ok(())
}
