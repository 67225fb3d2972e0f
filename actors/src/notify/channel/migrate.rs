//! Sends what the channel may carry, and follows a recipient that has moved: its new address is stored, and the message
//! sent there once.

use super::{Channel, Outcome, Settings};
use crate::notify::message::Message;
use noc_pipeline::clock::UnixMs;
use noc_storage::relational::{Db, notification_channels};

/// [`Channel::send`], with customers' addresses masked where the channel asks for it, and with moves followed.
pub(crate) async fn send_following(
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
