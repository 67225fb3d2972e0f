//! Bodies about the words of messages.

use crate::resources::incidents::Person;
use chrono::{DateTime, Utc};
use noc_actors::notify::channel::{Channel, Reach};
use noc_actors::notify::message::{Detail, Message};
use noc_actors::notify::template::preview::Preview;
use noc_actors::notify::template::wordings::{TEXT, Wording};
use noc_storage::relational::entity::message_template::Model;
use noc_storage::relational::message_templates::EVERY_CHANNEL;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use utoipa::{IntoParams, ToSchema};

/// A kind of message: what it says, and what may stand in the place of that.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct MessageKind {
    /// Key, as in deliveries: `problem` ...
    pub kind: String,
    /// Shown name.
    pub label: String,
    /// When it is sent.
    pub sent: String,
    /// What templates may name.
    pub variables: Vec<TemplateVariable>,
    /// The product's subject, as a template.
    pub subject: String,
    /// The product's text, as a template.
    pub text: String,
    /// The organisation's own words: those for every channel first.
    pub own: Vec<MessageTemplate>,
}

/// Something that templates may name.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct TemplateVariable {
    /// As templates name it.
    pub name: String,
    /// What it holds.
    pub holds: String,
    /// What it holds in the sample; empty where that has nothing.
    pub example: String,
}

/// The organisation's own words for a kind, on one channel or on all.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct MessageTemplate {
    /// The channel they are for; null: every channel that has none of its own.
    pub channel: Option<String>,
    /// Of the subject; null: not changed.
    pub subject: Option<String>,
    /// Of the text; null: not changed.
    pub text: Option<String>,
    /// Who wrote it last.
    pub updated_by: Option<Person>,
    /// When that was.
    pub updated_at: DateTime<Utc>,
    /// When it last failed, so that a message went out in the product's words; null: not since it was written.
    pub failed_at: Option<DateTime<Utc>>,
    /// Why.
    pub failure: Option<String>,
}

/// Words of a kind. A part that is absent, null or blank is not changed.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct NewMessageTemplate {
    /// For which channel; null: every channel that has none of its own.
    pub channel: Option<String>,
    /// Template of one line, 500 bytes at most.
    pub subject: Option<String>,
    /// Template of the text, 8192 bytes at most. The link and the delivery's number are added to it.
    pub text: Option<String>,
}

/// Words to be looked at.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MessagePreviewAsk {
    /// Of which kind.
    pub kind: String,
    /// For which channel; null: all of them.
    #[serde(default)]
    pub channel: Option<String>,
    /// As in a template.
    #[serde(default)]
    pub subject: Option<String>,
    /// As in a template.
    #[serde(default)]
    pub text: Option<String>,
}

/// Which words to go back from.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct ChannelQuery {
    /// A channel; absent: the words for every channel.
    pub channel: Option<String>,
}

/// How words look.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct MessagePreview {
    /// Of which kind.
    pub kind: String,
    /// A sample message, on each channel asked for.
    pub channels: Vec<ChannelPreview>,
}

/// A sample message as one channel would send it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ChannelPreview {
    /// Key.
    pub channel: String,
    /// Shown name.
    pub label: String,
    /// Its subject or headline.
    pub subject: String,
    /// What would leave, mark-up included.
    pub text: String,
    /// The HTML part of an e-mail; null elsewhere. To be shown where no script runs.
    pub html: Option<String>,
    /// What the provider limits.
    pub measures: Vec<MessageMeasure>,
    /// Whether something is cut to fit.
    pub is_cut: bool,
}

/// A length against its limit, in the provider's units.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct MessageMeasure {
    /// Of what.
    pub of: String,
    /// Before it is cut.
    pub length: u64,
    /// What fits.
    pub limit: u64,
}

impl MessageKind {
    /// Of a kind with its sample and what is stored for it.
    #[must_use]
    pub fn new(
        wording: &Wording,
        sample: Option<&Message>,
        rows: Vec<Model>,
        people: &HashMap<i64, String>,
    ) -> Self {
        let variables = wording.variables().map(|variable| TemplateVariable {
            name: variable.name.to_owned(),
            holds: variable.holds.to_owned(),
            example: sample
                .map(|sample| example(sample, variable.name))
                .unwrap_or_default(),
        });
        Self {
            kind: wording.kind.name().to_owned(),
            label: wording.label.to_owned(),
            sent: wording.sent.to_owned(),
            variables: variables.collect(),
            subject: wording.subject.to_owned(),
            text: TEXT.to_owned(),
            own: rows
                .into_iter()
                .map(|row| MessageTemplate::new(row, people))
                .collect(),
        }
    }
}

/// What a variable holds in a message.
fn example(message: &Message, name: &str) -> String {
    let detail = message.details.iter().find(|(known, _)| *known == name);
    match (name, detail) {
        (_, Some((_, Detail::Text(text)))) => text.clone(),
        (_, Some((_, Detail::Flag(flag)))) => flag.to_string(),
        ("kind", _) => message.kind.name().to_owned(),
        ("subject", _) => message.subject.clone(),
        ("title", _) => message.title.clone(),
        ("lead", _) => message.lead.clone(),
        ("command", _) => message.command.clone().unwrap_or_default(),
        ("runbook", _) => message.runbook.clone().unwrap_or_default(),
        ("link", _) => message.link.clone(),
        ("sent_at", _) => message.sent_at.clone(),
        ("facts", _) => {
            let facts = message.fields.iter();
            let facts = facts.map(|fact| format!("{}: {}", fact.name, fact.value));
            facts.collect::<Vec<_>>().join("; ")
        }
        _ => String::new(),
    }
}

impl MessageTemplate {
    fn new(row: Model, people: &HashMap<i64, String>) -> Self {
        let name = |id: i64| people.get(&id).cloned();
        Self {
            channel: Some(row.channel).filter(|channel| channel != EVERY_CHANNEL),
            subject: row.subject,
            text: row.body,
            updated_by: row.updated_by.map(|id| Person {
                id,
                name: name(id).unwrap_or_else(|| "(deleted)".to_owned()),
            }),
            updated_at: row.updated_at,
            failed_at: row.failed_at,
            failure: row.failure,
        }
    }
}

impl ChannelPreview {
    /// Of a channel.
    #[must_use]
    pub fn new(channel: &dyn Channel, preview: Preview) -> Self {
        let Preview { message, written } = preview;
        let is_mail = channel.reach() == Reach::Email;
        let measures = written.measures.iter();
        Self {
            channel: channel.key().to_owned(),
            label: channel.label().to_owned(),
            subject: message.subject,
            html: is_mail.then_some(message.html),
            is_cut: measures
                .clone()
                .any(|measure| measure.length > measure.limit),
            measures: measures
                .map(|measure| MessageMeasure {
                    of: measure.of.to_owned(),
                    length: measure.length as u64,
                    limit: measure.limit as u64,
                })
                .collect(),
            text: written.text,
        }
    }
}
