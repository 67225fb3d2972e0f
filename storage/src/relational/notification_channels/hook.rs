//! Where a provider tells what became of messages: the secret part of the address, sealed, and whether it ever called.

use super::{StoreError, TABLE, by_key, notification_channel, update};
use crate::secrets::FieldKey;
use noc_pipeline::clock::UnixMs;
use sea_orm::{ActiveValue::Set, ConnectionTrait};
use std::time::Duration;

const COLUMN: &str = "hook_secret";

/// Between two notes that a provider called: more would write a row a message.
const NOTED_EVERY: Duration = Duration::from_secs(60);

/// The secret part of the address; `None` where there is none.
///
/// # Errors
/// [`StoreError::Secret`] when it cannot be opened.
pub fn hook_secret(
    key: &FieldKey,
    row: &notification_channel::Model,
) -> Result<Option<String>, StoreError> {
    let Some(sealed) = &row.hook_secret else {
        return Ok(None);
    };
    let plain = key
        .decrypt(TABLE, &row.channel, COLUMN, sealed)
        .map_err(|source| StoreError::Secret {
            what: "notification_channel",
            id: row.channel.clone(),
            source,
        })?;
    let text = String::from_utf8(plain).map_err(|_| {
        StoreError::damaged(
            "notification_channel",
            &row.channel,
            "the secret of its address is no text",
        )
    })?;
    Ok(Some(text))
}

/// Gives a channel that is set up an address with this secret. Whoever knew the one before is not heard any more, and
/// that somebody called there is forgotten.
///
/// # Errors
/// [`StoreError::Secret`] when it cannot be sealed; [`StoreError::NotFound`]; [`StoreError::Query`].
pub async fn set_hook(
    tx: &impl ConnectionTrait,
    key: &FieldKey,
    channel: &str,
    secret: &str,
) -> Result<notification_channel::Model, StoreError> {
    let sealed = key
        .encrypt(TABLE, channel, COLUMN, secret.as_bytes())
        .map_err(|source| StoreError::Secret {
            what: "notification_channel",
            id: channel.to_owned(),
            source,
        })?;
    update(tx, channel, |_| notification_channel::ActiveModel {
        hook_secret: Set(Some(sealed)),
        hook_provider: Set(None),
        hook_receipt_at: Set(None),
        ..Default::default()
    })
    .await?;
    by_key(tx, channel)
        .await?
        .ok_or_else(|| StoreError::not_found("notification_channel", channel))
}

/// Notes that `provider` told what became of messages, once a minute at most.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn note_receipt(
    tx: &impl ConnectionTrait,
    row: &notification_channel::Model,
    provider: &str,
    now: UnixMs,
) -> Result<(), StoreError> {
    let known = row.hook_receipt_at.map(UnixMs::from);
    let fresh = known.is_some_and(|at| now.since(at) < NOTED_EVERY);
    if fresh && row.hook_provider.as_deref() == Some(provider) {
        return Ok(());
    }
    update(tx, &row.channel, |_| notification_channel::ActiveModel {
        hook_provider: Set(Some(provider.to_owned())),
        hook_receipt_at: Set(Some(now.to_datetime())),
        ..Default::default()
    })
    .await
}
