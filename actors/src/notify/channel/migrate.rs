//! Sends what the channel may carry, and follows a recipient that has moved: its new address is stored, and the message
//! sent there once.

use super::{Channel, Outcome, Settings};
use crate::notify::message::Message;
use crate::notify::within::within;
use noc_pipeline::clock::UnixMs;
use noc_storage::relational::{Db, notification_channels};
use std::time::Duration;

/// How long a message may take with all that its channel does for it; a call alone has 10 s, and its own words for it.
pub(crate) const LONGEST_SEND: Duration = Duration::from_secs(11);

/// [`Channel::send`], with customers' addresses masked where the channel asks for it, and with moves followed. Within
/// [`LONGEST_SEND`], however many calls that takes: somebody else may send what takes longer than its claim.
pub(crate) async fn send_following(
    db: &Db,
    channel: &dyn Channel,
    settings: &Settings,
    message: &Message,
    now: UnixMs,
) -> Outcome {
    within_reason(follow(db, channel, settings, message, now), LONGEST_SEND).await
}

async fn within_reason(send: impl Future<Output = Outcome>, limit: Duration) -> Outcome {
    let late = || Outcome::Unavailable {
        reason: format!("the provider's answers took more than {limit:?} in all"),
    };
    within(limit, send).await.unwrap_or_else(late)
}

async fn follow(
    db: &Db,
    channel: &dyn Channel,
    settings: &Settings,
    message: &Message,
    now: UnixMs,
) -> Outcome {
    let masked = channel.masks_addresses().then(|| message.masked());
    let message = masked.as_ref().unwrap_or(message);
    let (setting, to) = match channel.send(settings, message).await {
        Outcome::Migrated { setting, to } => (setting, to),
        other => return other,
    };
    let from = message.recipient.as_str();
    let key = channel.key();
    let adopted = db
        .transaction("adopt a channel's new address", |tx| {
            let (from, to) = (from.to_owned(), to.clone());
            Box::pin(async move {
                notification_channels::adopt(tx, key, setting, &from, &to, now).await
            })
        })
        .await;
    match adopted {
        Ok(adopted) => tracing::info!(channel = key, setting, adopted, "recipient has moved"),
        // The message must not wait for that: whoever meets the old address next stores the new one.
        Err(error) => tracing::warn!(
            channel = key,
            setting,
            error = &error as &dyn std::error::Error,
            "new address of a recipient not stored"
        ),
    }
    let moved = Message {
        recipient: to,
        ..message.clone()
    };
    match channel.send(settings, &moved).await {
        Outcome::Migrated { to, .. } => Outcome::Retry {
            reason: moved_on(&to),
            after: None,
        },
        other => other,
    }
}

/// Why a message was not taken whose recipient moved once more on the way.
pub(crate) fn moved_on(to: &str) -> String {
    format!("the recipient moved twice in a row, now to {to}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::{pending, ready};

    #[tokio::test]
    async fn all_calls_of_a_message_together_have_a_limit() {
        let taken = Outcome::Accepted { provider_id: None };
        let limit = Duration::from_millis(20);
        let send = within_reason(ready(taken.clone()), LONGEST_SEND);
        assert_eq!(send.await, taken);
        let late = within_reason(pending(), limit).await;
        assert!(matches!(late, Outcome::Unavailable { .. }), "{late:?}");
    }
}
