//! The message of every day that shows whether a channel works.

use super::{StoreError, notification_channel, update};
use noc_pipeline::clock::UnixMs;
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};

/// Switches it on or off; one that was on stays where it is in its day.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn set_canary(
    tx: &impl ConnectionTrait,
    channel: &str,
    on: bool,
) -> Result<(), StoreError> {
    update(tx, channel, |known| notification_channel::ActiveModel {
        canary: Set(on),
        canary_at: Set(known.canary_at.filter(|_| known.canary && on)),
        ..Default::default()
    })
    .await
}

/// Notes that today's is queued, if the row is as it was read; false when somebody else did.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn claim_canary(
    tx: &impl ConnectionTrait,
    as_read: &notification_channel::Model,
    at: UnixMs,
) -> Result<bool, StoreError> {
    use notification_channel::Column;
    let unchanged = match as_read.canary_at {
        Some(before) => Column::CanaryAt.eq(before),
        None => Column::CanaryAt.is_null(),
    };
    let claimed = notification_channel::Entity::update_many()
        .set(notification_channel::ActiveModel {
            canary_at: Set(Some(at.to_datetime())),
            ..Default::default()
        })
        .filter(Column::Channel.eq(as_read.channel.as_str()))
        .filter(Column::Canary.eq(true))
        .filter(unchanged)
        .exec(tx)
        .await
        .map_err(StoreError::during("claim the message of the day"))?;
    Ok(claimed.rows_affected == 1)
}
