//! The messages that show that a channel works: one when an administrator asks, one every day.

use super::{Draft, TemplateError, Templates, fact};
use crate::notify::message::{Kind, Message};
use noc_pipeline::clock::UnixMs;
use uuid::Uuid;

impl Templates {
    /// The message that an administrator sends to try a channel.
    ///
    /// # Errors
    /// When a template fails.
    pub fn test(
        &self,
        delivery: Uuid,
        channel_label: &str,
        recipient: &str,
        now: UnixMs,
    ) -> Result<Message, TemplateError> {
        let title = format!("Test message: {channel_label} works");
        let draft = Draft {
            kind: Kind::Test,
            subject: format!("🔔 [test] {title}"),
            title: &title,
            lead: "Sent by an administrator to try this channel. Nothing is wrong.",
            ..self.that_it_works(delivery, recipient, now)
        };
        self.render(draft)
    }

    /// The message that shows once a day that a channel works.
    ///
    /// # Errors
    /// When a template fails.
    pub fn canary(
        &self,
        delivery: Uuid,
        channel_label: &str,
        recipient: &str,
        now: UnixMs,
    ) -> Result<Message, TemplateError> {
        let title = format!("Daily check: {channel_label} works");
        let draft = Draft {
            kind: Kind::Canary,
            subject: format!("🔔 [daily check] {title}"),
            title: &title,
            lead: "Sent once a day to see that messages still arrive here. Nothing is wrong.",
            ..self.that_it_works(delivery, recipient, now)
        };
        self.render(draft)
    }

    /// What both have.
    fn that_it_works<'a>(&self, delivery: Uuid, recipient: &'a str, now: UnixMs) -> Draft<'a> {
        Draft {
            delivery,
            kind: Kind::Test,
            recipient,
            now,
            subject: String::new(),
            title: "",
            lead: "",
            facts: vec![fact("Sent", self.time(now))],
            command: None,
            runbook: None,
            link: format!("{}/settings/channels", self.public_url),
            link_label: "Open settings",
            acknowledge_url: None,
            colour: "#1864ab",
        }
    }
}
