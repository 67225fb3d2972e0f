//! How words look before they are kept: on each channel, as it would send them, with the first sample of the kind.

use super::wordings::Wording;
use super::{Fault, OwnWords, TemplateError, Templates};
use crate::notify::channel::{Channel, Settings, Written};
use crate::notify::message::Message;

/// A message as one channel would send it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preview {
    /// The message; its HTML part is what an e-mail shows.
    pub message: Message,
    /// What leaves.
    pub written: Written,
}

impl Templates {
    /// What is wrong with words, for every sample of the kind; empty when they may be kept.
    ///
    /// # Errors
    /// When a template of ours fails.
    pub fn check(&self, wording: &Wording, words: &OwnWords) -> Result<Vec<Fault>, TemplateError> {
        Ok(self.faults(words, &wording.samples(self)?))
    }

    /// Words on a channel. What of them fails is shown in the product's words: ask [`Templates::check`] first.
    ///
    /// # Errors
    /// When a template of ours fails.
    pub fn preview(
        &self,
        wording: &Wording,
        words: &OwnWords,
        channel: &dyn Channel,
        settings: &Settings,
    ) -> Result<Option<Preview>, TemplateError> {
        let samples = wording.samples(self)?;
        Ok(samples.into_iter().next().map(|sample| {
            let (mut message, _) = self.reword(sample, words);
            if channel.masks_addresses() {
                message = message.masked();
            }
            Preview {
                written: channel.written(settings, &message),
                message,
            }
        }))
    }
}
