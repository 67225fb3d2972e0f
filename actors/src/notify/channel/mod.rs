//! Where messages leave. A channel describes its own settings, so its form is drawn and its values are checked
//! without anybody else knowing them; adding one is a file here and a line in [`Registry::standard`].

mod chat;
#[cfg(test)]
mod contract;
mod discord;
mod email;
mod field;
mod http;
mod migrate;
pub mod phone;
pub mod receipt;
mod settings;
mod slack;
pub mod store;
mod telegram;
mod test_send;
mod webhook;
mod whatsapp;
mod written;

#[cfg(test)]
pub(crate) use chat::body as body_for_tests;
pub use discord::Discord;
pub use email::Email;
pub use field::{Field, FieldErrors, FieldType, ShownIf};
pub use http::{Http, Limits};
pub(crate) use migrate::{LONGEST_SEND, moved_on, send_following};
pub use settings::Settings;
pub use slack::Slack;
pub use telegram::Telegram;
pub use test_send::{TestError, TestResult, send_test};
pub use webhook::{Webhook, signature, signature_v2};
pub use whatsapp::WhatsApp;
pub use written::{Measure, Written};

use self::receipt::{Callback, CallbackError, Receipt};
use super::message::Message;
use super::outbound::Outbound;
use async_trait::async_trait;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// What kind of address a channel can deliver to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// A person's e-mail address.
    Email,
    /// A person's telephone number.
    Phone,
    /// A room that the channel's own settings name; people have no address of their own there.
    Group,
}

/// How a send ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The provider took it on.
    Accepted {
        /// What the provider calls it, where it says so.
        provider_id: Option<String>,
    },
    /// Not now; the same message may be taken later. Whether it arrived may be unknown (a time-out): then the
    /// repeated message carries the same delivery id.
    Retry {
        /// For people; never holds a secret.
        reason: String,
        /// How long the provider asked to be left alone; such a send costs no attempt.
        after: Option<Duration>,
    },
    /// As [`Outcome::Retry`], for this recipient alone: others are sent to meanwhile.
    Crowded {
        /// For people; never holds a secret.
        reason: String,
        /// How long the provider asked to leave them alone; such a send costs no attempt.
        after: Duration,
    },
    /// As [`Outcome::Retry`], and it says nothing about the message: the provider could not be reached or used at all.
    /// Several in a row, and it is left alone for a while.
    Unavailable {
        /// For people; never holds a secret.
        reason: String,
    },
    /// Never, as things are configured: wrong credentials, a refused address.
    Permanent {
        /// For people; never holds a secret.
        reason: String,
    },
    /// Never this message to this recipient, who blocked us or is not there, or whose message is not taken as it is; others
    /// are reached as before.
    Refused {
        /// For people; never holds a secret.
        reason: String,
    },
    /// The recipient has another address from now on: it is stored, and the message sent there once.
    Migrated {
        /// The setting that named the old address.
        setting: &'static str,
        /// The new address.
        to: String,
    },
}

/// One way to reach people. Implementations are stateless but for connections they keep open.
#[async_trait]
pub trait Channel: Send + Sync {
    /// Key in rules, policies, deliveries and the API: lower case, stable for ever.
    fn key(&self) -> &'static str;

    /// Shown to people.
    fn label(&self) -> &'static str;

    /// The settings, in the order of the form.
    fn fields(&self) -> &'static [Field];

    /// Whom it can reach.
    fn reach(&self) -> Reach;

    /// Checks beyond what [`Field`] says by itself, which [`check`] does first.
    fn validate(&self, _settings: &Settings) -> FieldErrors {
        FieldErrors::default()
    }

    /// Settings that say where a secret is sent: changing one of them clears the stored secrets.
    fn destination_fields(&self) -> &'static [&'static str];

    /// The recipients that the settings themselves name, as given.
    fn own_recipients(&self, settings: &Settings) -> Vec<String>;

    /// The address in the one form that counts as the same recipient; `None` when it is not an address.
    fn normalise(&self, address: &str) -> Option<String>;

    /// The name under which the provider that the settings choose calls us, to tell what became of messages; `None`: it
    /// never does. A delivery over such a channel is not known to have arrived before it did.
    fn hook(&self, _settings: &Settings) -> Option<&'static str> {
        None
    }

    /// Reads a provider's call; the settings hold its secrets.
    ///
    /// # Errors
    /// [`CallbackError`]: nothing of it is to be believed.
    fn read_callback(
        &self,
        _settings: &Settings,
        _callback: &Callback<'_>,
    ) -> Result<Vec<Receipt>, CallbackError> {
        Err(CallbackError::Forged)
    }

    /// A message as it would leave, for whoever words messages. Needs no secrets.
    fn written(&self, _settings: &Settings, message: &Message) -> Written {
        Written::plain(&message.text)
    }

    /// Whether customers' mail addresses are masked in what it carries: yes, but where a message goes to people's own
    /// mailboxes, or to a program of the organisation's.
    fn masks_addresses(&self) -> bool {
        true
    }

    /// Sends one message to one recipient. A call ends within 10 s, whatever the other side does; only who answered one
    /// is called again.
    async fn send(&self, settings: &Settings, message: &Message) -> Outcome;
}

/// A message as a chat without mark-up shows it, in at most `limit` UTF-16 units.
#[cfg(test)]
pub(crate) fn as_plain_chat(message: &Message, limit: usize) -> String {
    chat::render(message, &chat::PLAIN, limit)
}

/// Every channel there is.
#[derive(Clone)]
pub struct Registry {
    channels: BTreeMap<&'static str, Arc<dyn Channel>>,
}

impl Registry {
    /// The product's channels, which connect to what `outbound` allows.
    #[must_use]
    pub fn standard(outbound: Outbound) -> Self {
        let http = Arc::new(Http::new(outbound.clone()));
        Self::empty()
            .with(Arc::new(Email::new(outbound)))
            .with(Arc::new(WhatsApp::new(Arc::clone(&http))))
            .with(Arc::new(Telegram::new(Arc::clone(&http))))
            .with(Arc::new(Discord::new(Arc::clone(&http))))
            .with(Arc::new(Slack::new(Arc::clone(&http))))
            .with(Arc::new(Webhook::new(http)))
    }

    /// None, for tests to fill.
    #[must_use]
    pub const fn empty() -> Self {
        Self {
            channels: BTreeMap::new(),
        }
    }

    /// This registry with one channel more; one of the same key is replaced.
    #[must_use]
    pub fn with(mut self, channel: Arc<dyn Channel>) -> Self {
        self.channels.insert(channel.key(), channel);
        self
    }

    /// The channel of this key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Arc<dyn Channel>> {
        self.channels.get(key)
    }

    /// All of them, by key.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<dyn Channel>> {
        self.channels.values()
    }
}

/// A fresh [`Registry::standard`]: describes and checks settings, sends tests. It shares no connections with the
/// one that [`crate::notify::start`] runs.
#[must_use]
pub fn registry(outbound: Outbound) -> Registry {
    Registry::standard(outbound)
}

/// Everything that is wrong with the settings of a channel, by field; empty when it can be switched on.
#[must_use]
pub fn check(channel: &dyn Channel, settings: &Settings) -> FieldErrors {
    let mut errors = check_draft(channel, settings);
    for field in channel.fields() {
        field.check_presence(channel.fields(), settings, &mut errors);
    }
    if errors.is_empty() {
        errors = channel.validate(settings);
    }
    errors
}

/// What is wrong with settings that may be incomplete: names that there are not, values of another type.
#[must_use]
pub fn check_draft(channel: &dyn Channel, settings: &Settings) -> FieldErrors {
    let mut errors = FieldErrors::default();
    for name in settings.names() {
        if !channel.fields().iter().any(|field| field.name == name) {
            errors.add(name, "is not a setting of this channel");
        }
    }
    for field in channel.fields() {
        field.check_type(settings.get(field.name), &mut errors);
    }
    errors
}
