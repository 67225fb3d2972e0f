//! The message of every day.

use super::{Draft, TemplateError, Templates, fact};
use crate::notify::message::{Kind, Message};
use noc_pipeline::clock::UnixMs;
use uuid::Uuid;

impl Templates {
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
        self.render(Draft {
            delivery,
            kind: Kind::Canary,
            recipient,
            now,
            subject: format!("🔔 [daily check] {title}"),
            title: &title,
            lead: "Sent once a day to see that messages still arrive here. Nothing is wrong.",
            facts: vec![fact("Sent", self.time(now))],
            command: None,
            runbook: None,
            link: format!("{}/settings/channels", self.public_url),
            link_label: "Open settings",
            acknowledge_url: None,
            colour: "#1864ab",
        })
    }
}
