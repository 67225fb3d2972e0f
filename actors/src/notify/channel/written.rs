//! A message as a channel would send it, shown to whoever words messages.

use super::chat;
use crate::notify::message::Message;

/// What would leave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// With the channel's mark-up.
    pub text: String,
    /// What of it the provider limits; empty: nothing.
    pub measures: Vec<Measure>,
}

/// A length against its limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Measure {
    /// Of what.
    pub of: &'static str,
    /// Uncut, in the provider's units.
    pub length: usize,
    /// Longer ones are cut.
    pub limit: usize,
}

impl Written {
    /// Text without a limit.
    #[must_use]
    pub fn plain(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            measures: Vec::new(),
        }
    }

    /// A message in a chat's mark-up.
    pub(super) fn chat(message: &Message, markup: &chat::Markup, limit: usize) -> Self {
        let (_, length) = chat::fitted(message, markup, usize::MAX);
        Self {
            text: chat::render(message, markup, limit),
            measures: vec![Measure {
                of: "message",
                length,
                limit,
            }],
        }
    }

    /// One line, for a template's variable.
    pub(super) fn line(message: &Message, markup: &chat::Markup, limit: usize) -> Self {
        let length = chat::units(&chat::one_line(message, markup, usize::MAX));
        Self {
            text: chat::one_line(message, markup, limit),
            measures: vec![Measure {
                of: "the template\u{2019}s variable",
                length,
                limit,
            }],
        }
    }
}
