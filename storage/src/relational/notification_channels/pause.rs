//! A provider that asked to be left alone: until when stands in the channel's row, so all nodes keep to it, restarted or
//! not.

use super::{StoreError, notification_channel, update};
use noc_pipeline::clock::UnixMs;
use sea_orm::{ActiveValue::Set, ConnectionTrait};

/// Nothing is sent over the channel until `until`, nor before a later time that was asked for already.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn pause(
    tx: &impl ConnectionTrait,
    channel: &str,
    until: UnixMs,
    reason: &str,
) -> Result<(), StoreError> {
    update(tx, channel, |known| {
        let before = known.paused_until.map(UnixMs::from);
        let longer = before.is_none_or(|before| before < until);
        notification_channel::ActiveModel {
            paused_until: Set(before.max(Some(until)).map(UnixMs::to_datetime)),
            paused_reason: Set(if longer {
                Some(reason.to_owned())
            } else {
                known.paused_reason
            }),
            ..Default::default()
        }
    })
    .await
}

/// Until when the channel is left alone and in which words that was asked for, if that still holds.
#[must_use]
pub fn paused(row: &notification_channel::Model, now: UnixMs) -> Option<(UnixMs, &str)> {
    let until = row.paused_until.map(UnixMs::from)?;
    let reason = row.paused_reason.as_deref().unwrap_or("too many messages");
    (until > now).then_some((until, reason))
}
