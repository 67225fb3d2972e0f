//! The message of every day that shows that a channel works: how the last one went.

use crate::resources::notification_deliveries::{Delivery, DeliveryStatus};
use chrono::{DateTime, Utc};
use noc_actors::notify::canary;
use noc_actors::notify::channel::Channel;
use noc_storage::relational::entity::{notification_channel, notification_delivery};
use noc_storage::relational::{Db, StoreError};
use serde::Serialize;
use utoipa::ToSchema;

/// What came of the message of a day, to all of a channel's own recipients.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ChannelCheck {
    /// When it was queued.
    pub at: DateTime<Utc>,
    /// How the worst of its messages stands.
    pub status: DeliveryStatus,
    /// Messages, one to each recipient.
    pub messages: u64,
    /// Of those, its provider took.
    pub accepted: u64,
    /// Why the worst one did not arrive.
    pub reason: Option<String>,
    /// What the provider calls it.
    pub provider_id: Option<String>,
}

/// The last one of a channel; `None` while it is off, and before the first.
pub(super) async fn last(
    db: &Db,
    channel: &dyn Channel,
    row: &notification_channel::Model,
) -> Result<Option<ChannelCheck>, StoreError> {
    let messages = canary::last(db.read(), channel, row).await?;
    Ok(sum_up(messages))
}

fn sum_up(messages: Vec<notification_delivery::Model>) -> Option<ChannelCheck> {
    let messages: Vec<Delivery> = messages.into_iter().map(Delivery::from).collect();
    let took = |message: &&Delivery| {
        matches!(
            message.status,
            DeliveryStatus::Sent | DeliveryStatus::Delivered
        )
    };
    let count = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
    let (all, accepted) = (messages.len(), messages.iter().filter(took).count());
    let worst = messages.into_iter().min_by_key(|one| trouble(one.status))?;
    Some(ChannelCheck {
        at: worst.created_at,
        status: worst.status,
        messages: count(all),
        accepted: count(accepted),
        reason: worst.reason,
        provider_id: worst.provider_id,
    })
}

/// What went wrong first, then what may still arrive, then what did.
fn trouble(status: DeliveryStatus) -> u8 {
    use DeliveryStatus as S;
    match status {
        S::Failed => 0,
        S::Expired | S::Cancelled | S::Suppressed => 1,
        S::Retrying => 2,
        S::Queued | S::Sending => 3,
        S::Sent => 4,
        S::Delivered => 5,
    }
}
