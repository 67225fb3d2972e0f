//! The channel of stories.

use super::BEGIN;
use crate::notify::channel::{Channel, Field, Outcome, Reach, Settings};
use crate::notify::message::Message;
use async_trait::async_trait;
use noc_pipeline::clock::{Clock, ManualClock};
use parking_lot::Mutex;
use std::collections::VecDeque;
use std::sync::Arc;
use tokio::sync::Semaphore;

const FIELDS: &[Field] = &[];

/// A channel that notes what it is given, and answers as it is told.
#[derive(Clone)]
pub(crate) struct Recorder {
    key: &'static str,
    reach: Reach,
    clock: ManualClock,
    /// Under which name its provider calls us.
    pub hook: Option<&'static str>,
    /// `+seconds channel recipient kind`.
    pub heard: Arc<Mutex<Vec<String>>>,
    pub answers: Arc<Mutex<VecDeque<Outcome>>>,
    pub messages: Arc<Mutex<Vec<Message>>>,
    /// Set: each answer waits for a permit.
    pub slow: Arc<Mutex<Option<Arc<Semaphore>>>>,
    /// Whether it is a room: stories go by whole addresses, unless they say so.
    pub masks: Arc<Mutex<bool>>,
}

impl Recorder {
    pub fn new(key: &'static str, reach: Reach, clock: &ManualClock) -> Self {
        Self {
            key,
            reach,
            clock: clock.clone(),
            hook: None,
            heard: Arc::default(),
            answers: Arc::default(),
            messages: Arc::default(),
            slow: Arc::default(),
            masks: Arc::default(),
        }
    }
}

#[async_trait]
impl Channel for Recorder {
    fn key(&self) -> &'static str {
        self.key
    }

    fn label(&self) -> &'static str {
        self.key
    }

    fn fields(&self) -> &'static [Field] {
        FIELDS
    }

    fn reach(&self) -> Reach {
        self.reach
    }

    fn destination_fields(&self) -> &'static [&'static str] {
        &[]
    }

    fn own_recipients(&self, settings: &Settings) -> Vec<String> {
        settings.list("recipients")
    }

    fn normalise(&self, address: &str) -> Option<String> {
        Some(address.to_lowercase())
    }

    fn masks_addresses(&self) -> bool {
        *self.masks.lock()
    }

    fn hook(&self, _: &Settings) -> Option<&'static str> {
        self.hook
    }

    async fn send(&self, _: &Settings, message: &Message) -> Outcome {
        let at = self.clock.now().since(BEGIN).as_secs();
        let (to, kind) = (&message.recipient, message.kind.name());
        self.heard
            .lock()
            .push(format!("+{at} {} {to} {kind}", self.key));
        self.messages.lock().push(message.clone());
        let slow = self.slow.lock().clone();
        if let Some(slow) = slow {
            slow.acquire().await.unwrap().forget();
        }
        let accepted = Outcome::Accepted { provider_id: None };
        self.answers.lock().pop_front().unwrap_or(accepted)
    }
}
