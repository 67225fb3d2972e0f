//! "Send test": one message now, whatever the outbox is doing; its result stands beside the channel's settings and
//! in the delivery log.

use super::{Outcome, Registry, moved_on, send_following, store};
use crate::notify::idempotency::MessageIdentity;
use crate::notify::message::Kind;
use crate::notify::template::{TemplateError, Templates, in_own_words};
use crate::parts::Parts;
use noc_pipeline::clock::{Stopwatch, UnixMs};
use noc_pipeline::live::LiveEvent;
use noc_storage::relational::deliveries::{self, Ending, NewDelivery, Status};
use noc_storage::relational::entity::notification_delivery::Model;
use noc_storage::relational::{StoreError, notification_channels};
use noc_storage::secrets::FieldKey;
use uuid::Uuid;

/// What came of a test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestResult {
    /// Whether the provider took it.
    pub ok: bool,
    /// `sent`, or why not.
    pub result: String,
    /// What the provider calls the message.
    pub provider_id: Option<String>,
    /// To whom it went.
    pub recipient: String,
    /// When.
    pub at: UnixMs,
    /// Row of the delivery log.
    pub delivery: i64,
}

/// Why no test could be sent at all.
#[derive(Debug, thiserror::Error)]
pub enum TestError {
    /// There is no such channel.
    #[error("no channel {0}")]
    UnknownChannel(String),
    /// It was never set up.
    #[error("the channel is not set up yet")]
    NotConfigured,
    /// No recipient was given, and the channel names none of its own.
    #[error("give a recipient: the channel names none of its own")]
    NoRecipient,
    /// The recipient is not an address of this channel.
    #[error("{0} is not an address for this channel")]
    BadRecipient(String),
    /// The store could not be asked.
    #[error("the test could not be recorded")]
    Store(#[from] StoreError),
    /// The message could not be put together.
    #[error("the test message could not be written")]
    Template(#[from] TemplateError),
}

/// Sends a test over a channel, also one that is switched off, to `recipient` or to the first of its own.
///
/// # Errors
/// [`TestError`]. A refusal by the provider is not an error but a result.
pub async fn send_test(
    parts: &Parts,
    registry: &Registry,
    field_key: &FieldKey,
    templates: &Templates,
    key: &str,
    recipient: Option<&str>,
) -> Result<TestResult, TestError> {
    let channel = registry
        .get(key)
        .ok_or_else(|| TestError::UnknownChannel(key.to_owned()))?;
    let row = notification_channels::by_key(parts.db.read(), key)
        .await?
        .ok_or(TestError::NotConfigured)?;
    let settings = store::open(&row, field_key)?;
    let own = channel.own_recipients(&settings);
    let recipient = recipient
        .or_else(|| own.first().map(String::as_str))
        .ok_or(TestError::NoRecipient)?;
    let recipient_key = channel
        .normalise(recipient)
        .ok_or_else(|| TestError::BadRecipient(recipient.to_owned()))?;

    let at = parts.clock.now();
    let claimed = enter(parts, key, recipient, recipient_key, at).await?;
    let delivery = Uuid::parse_str(&claimed.delivery_uuid).unwrap_or_default();
    let message = templates.test(delivery, channel.label(), recipient, at)?;
    let (message, worded) = in_own_words(&parts.db, templates, key, message, at).await;
    let watch = Stopwatch::start();
    let outcome = send_following(&parts.db, channel.as_ref(), &settings, &message, at).await;
    let took_ms = i64::try_from(watch.elapsed().as_millis()).unwrap_or(i64::MAX);

    let (ok, result, provider_id) = match outcome {
        Outcome::Accepted { provider_id } => (true, "sent".to_owned(), provider_id),
        Outcome::Retry { reason, .. }
        | Outcome::Crowded { reason, .. }
        | Outcome::Unavailable { reason }
        | Outcome::Refused { reason }
        | Outcome::Permanent { reason } => (false, reason, None),
        Outcome::Migrated { to, .. } => (false, moved_on(&to), None),
    };
    let now = parts.clock.now();
    let db = parts.db.write();
    let ending = Ending {
        status: if ok { Status::Sent } else { Status::Failed },
        attempts: 1,
        next_attempt_at: None,
        provider_id: provider_id.clone(),
        reason: if ok { worded } else { Some(result.clone()) },
    };
    deliveries::finish(db, &claimed, ending, now).await?;
    let name = if ok { "sent" } else { "failed" };
    deliveries::record_attempt(db, claimed.id, at, name, &result, took_ms).await?;
    notification_channels::record_test(db, key, &result, provider_id.as_deref(), now).await?;
    note_health(parts, channel.key(), ok, &result, now).await?;
    let delivery = claimed.id;
    parts
        .bus
        .publish(LiveEvent::DeliveryUpdated { delivery })
        .await;
    Ok(TestResult {
        ok,
        result,
        provider_id,
        recipient: recipient.to_owned(),
        at: now,
        delivery,
    })
}

/// What gets through opens the way for what waits; what does not proves nothing about other recipients' messages, so it
/// leaves a provider that is away away.
async fn note_health(
    parts: &Parts,
    key: &'static str,
    ok: bool,
    result: &str,
    now: UnixMs,
) -> Result<(), StoreError> {
    let error = (!ok).then(|| result.to_owned());
    parts
        .db
        .transaction("note what a test came to", |tx| {
            let error = error.clone();
            Box::pin(async move {
                let away = notification_channels::by_key(tx, key)
                    .await?
                    .is_some_and(|row| row.probe_at.is_some());
                if ok || !away {
                    notification_channels::set_health(tx, key, error.as_deref(), now).await?;
                }
                Ok::<_, StoreError>(())
            })
        })
        .await?;
    if ok {
        parts.bus.publish(LiveEvent::DeliveriesQueued).await;
    }
    Ok(())
}

/// Writes the row of the log, in our hands from the start: the outbox does not see it before its lease ends, and
/// then gives it up.
async fn enter(
    parts: &Parts,
    channel: &str,
    recipient: &str,
    recipient_key: String,
    at: UnixMs,
) -> Result<Model, TestError> {
    let identity = MessageIdentity {
        incident: 0,
        generation: Uuid::now_v7(),
        position: None,
        channel,
        recipient_key: &recipient_key,
        kind: Kind::Test.name(),
    };
    let new = NewDelivery {
        incident_id: None,
        execution_id: None,
        position: None,
        kind: Kind::Test.name(),
        channel: channel.to_owned(),
        recipient: recipient.to_owned(),
        idempotency_key: identity.key(),
        recipient_key,
        user_id: None,
    };
    Ok(deliveries::enter_sending(parts.db.write(), new, at, crate::notify::outbox::LEASE).await?)
}
