//! Says over another channel that one does not work: whoever relies on it would otherwise learn of that by hearing
//! nothing. Once for each time that it stops working, over the first channel that works and names somebody; e-mail
//! without recipients of its own goes to the admins.

use crate::notify::channel::{Reach, Registry, Settings};
use crate::notify::message::Kind;
use crate::notify::template::FailingChannel;
use noc_pipeline::clock::UnixMs;
use noc_storage::relational::deliveries::{self, NewDelivery};
use noc_storage::relational::entity::{notification_channel, user};
use noc_storage::relational::{StoreError, notification_channels};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};
use sha2::{Digest, Sha256};

/// The account role that is told where a channel names nobody.
const ADMIN: &str = "admin";

const DAY_MS: i64 = 24 * 3_600 * 1_000;

/// Queues the messages, if the channel `failed` stopped working in this transaction: it did work before it.
pub(crate) async fn tell(
    tx: &impl ConnectionTrait,
    registry: &Registry,
    failed: &str,
    now: UnixMs,
) -> Result<(), StoreError> {
    let rows = notification_channels::all(tx).await?;
    let row = rows
        .iter()
        .find(|row| row.channel == failed && !row.healthy);
    let Some((row, since)) = row.and_then(|row| Some((row, row.unhealthy_since?))) else {
        return Ok(());
    };
    let since = told_for(row.doubted, since.timestamp_millis(), now);
    let works =
        |row: &&notification_channel::Model| row.enabled && row.healthy && row.channel != failed;
    for row in rows.iter().filter(works) {
        let Some(channel) = registry.get(&row.channel) else {
            continue;
        };
        let settings = Settings::new(row.settings.as_object().cloned().unwrap_or_default());
        let mut addresses = channel.own_recipients(&settings);
        if addresses.is_empty() && channel.reach() == Reach::Email {
            addresses = admins(tx).await?;
        }
        let mut told = false;
        for address in addresses {
            let Some(key) = channel.normalise(&address) else {
                continue;
            };
            let what = format!("notice\n{failed}\n{since}\n{}\n{key}", row.channel);
            let new = NewDelivery {
                incident_id: None,
                execution_id: None,
                position: None,
                kind: Kind::Notice.name(),
                channel: row.channel.clone(),
                recipient: address,
                recipient_key: key,
                user_id: None,
                idempotency_key: hex::encode(Sha256::digest(what.as_bytes())),
            };
            // One that was taken back, because the channel worked for a moment, is true again.
            deliveries::queue_again(tx, new, now).await?;
            told = true;
        }
        if told {
            return Ok(());
        }
    }
    Ok(())
}

/// The time that a notice counts for. Where the provider delivers some messages and refuses others afterwards, that is a
/// day: a notice for each of them would say the same.
fn told_for(doubted: bool, since: i64, now: UnixMs) -> i64 {
    if doubted {
        now.0 - now.0.rem_euclid(DAY_MS)
    } else {
        since
    }
}

/// A channel that does not work, as its notice names it.
pub(super) fn failing(registry: &Registry, row: &notification_channel::Model) -> FailingChannel {
    let known = registry.get(&row.channel);
    FailingChannel {
        label: known
            .map_or(row.channel.as_str(), |known| known.label())
            .to_owned(),
        since: row.unhealthy_since.map(UnixMs::from),
        error: row.last_error.clone().unwrap_or_default(),
    }
}

async fn admins(tx: &impl ConnectionTrait) -> Result<Vec<String>, StoreError> {
    let rows = user::Entity::find()
        .filter(user::Column::Role.eq(ADMIN))
        .filter(user::Column::IsActive.eq(true))
        .order_by_asc(user::Column::Id)
        .all(tx)
        .await
        .map_err(StoreError::during("read the admins"))?;
    Ok(rows.into_iter().map(|row| row.email).collect())
}
