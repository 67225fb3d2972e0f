//! Notification: from a step that fired to a provider that took the message.
//!
//! * [`channel`]: the ways out, each describing its own settings.
//! * [`outbox`]: the queue of messages and its workers.
//! * [`breaker`]: when a channel is left alone. [`storm`]: how much one recipient is told.
//! * [`receipts`]: what providers tell of messages afterwards. [`link`]: the link in a message that takes its incident on.
//! * [`outbound`]: which addresses may be connected to.
//! * [`personal`]: what each person wants to be told of, where and when.
//! * [`template`], [`message`]: what is said. [`judge`]: whether it is still true. [`retry`]: when again.
//! * [`start`] runs all of it, escalation included, on the caller's arbiter.
//!
//! Nothing is kept in memory that a restart would miss: escalations wait in `executions`, messages in
//! `notification_deliveries`; events on the live bus and timers only make it quick.

pub mod breaker;
pub mod canary;
pub mod channel;
pub(crate) mod directory;
pub mod idempotency;
pub mod judge;
pub mod link;
pub mod message;
mod metrics;
pub mod outbound;
pub mod outbox;
pub mod personal;
pub mod receipts;
pub mod retry;
mod runtime;
pub mod storm;
pub mod template;
pub(crate) mod within;

pub use metrics::NotifyCounters;
pub use outbox::Bundling;
pub(crate) use runtime::NotifyContext;
#[cfg(test)]
pub(crate) mod story;
pub use runtime::{
    NotifyError, NotifyObservation, NotifyRuntime, NotifySettings, start, start_with,
};
