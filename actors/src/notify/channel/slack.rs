//! Slack, by an incoming webhook. Its address holds a token, so it is kept as a secret.
//!
//! What hosts say stands in plain-text objects, which know neither mentions nor formatting; what Slack shows in
//! notifications has its three signs escaped.

use super::chat::{self, Markup, PLAIN};
use super::http::{Answer, Call, Http, Secrets, check_base, check_url, over, parse};
use super::{Channel, Field, FieldErrors, FieldType, Measure, Outcome, Reach, Settings, Written};
use crate::notify::message::Message;
use async_trait::async_trait;
use serde_json::json;
use std::sync::Arc;

const WHO: &str = "Slack";

/// What the message goes to: which room that is, only Slack knows.
const ROOM: &str = "webhook";

/// Of a header, of a text object, and of what notifications show, in UTF-16 units.
const HEADER_LIMIT: usize = 150;
const OBJECT_LIMIT: usize = 3_000;
const TEXT_LIMIT: usize = 3_000;

const FIELDS: &[Field] = &[
    Field {
        name: "webhook_url",
        label: "Webhook URL",
        kind: FieldType::Password,
        required: true,
        help: "api.slack.com/apps, your app, Incoming Webhooks, Add to channel, copy the URL.",
        secret: true,
        ..Field::TEXT
    },
    Field {
        name: "api_base",
        label: "API address",
        help: "Only for a proxy: takes the place of https://hooks.slack.com in the URL.",
        ..Field::TEXT
    },
];

/// The three signs that start anything in Slack's mark-up; what they are written as counts.
const ESCAPED: Markup = Markup {
    bold: ("", ""),
    escape: |c, out| {
        let before = out.len();
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            c => out.push(c),
        }
        chat::units(out.get(before..).unwrap_or_default())
    },
    copied: None,
    weigh: chat::units,
    link: str::to_owned,
};

/// The Slack channel.
#[derive(Debug)]
pub struct Slack {
    http: Arc<Http>,
}

impl Slack {
    /// Calls Slack over `http`.
    #[must_use]
    pub const fn new(http: Arc<Http>) -> Self {
        Self { http }
    }

    fn call(settings: &Settings, message: &Message) -> Result<Call, String> {
        let text = settings
            .text("webhook_url")
            .ok_or("the webhook URL is not set")?;
        let url = parse(text).map_err(|wrong| format!("the webhook URL {wrong}"))?;
        let secrets = Secrets::of(&[Some(text)]).and_address(&url);
        let url = over(url, settings.text("api_base"))
            .map_err(|wrong| format!("the API address {wrong}"))?;
        Ok(Call::json(url, &payload(message), message, secrets))
    }
}

fn payload(message: &Message) -> serde_json::Value {
    let object = |text: &str| json!({"type": "plain_text", "text": text, "emoji": false});
    let plain = |text: &str, limit| object(&chat::written(text, &PLAIN, limit).0);
    // The command is in it as it is, or not at all.
    let (body, _) = chat::written_body(message, &PLAIN, OBJECT_LIMIT);
    let (shown, _) = chat::written(&message.subject, &ESCAPED, TEXT_LIMIT);
    let mut blocks = vec![
        json!({"type": "header", "text": plain(&message.subject, HEADER_LIMIT)}),
        json!({"type": "section", "text": object(&body)}),
    ];
    let acknowledge = message.acknowledge_url.as_deref();
    let whole = Some(message.link.as_str()).filter(|link| !link.is_empty());
    for (label, link) in [
        ("Acknowledge", acknowledge),
        ("Open in the dashboard", whole),
    ] {
        let Some(link) = link else { continue };
        let (link, _) = chat::written(link, &ESCAPED, OBJECT_LIMIT - 30);
        let link = link.replace('|', "%7C");
        blocks.push(json!({
            "type": "section", "text": {"type": "mrkdwn", "text": format!("<{link}|{label}>")},
        }));
    }
    let footer = plain(&chat::footer(message), OBJECT_LIMIT);
    blocks.push(json!({"type": "context", "elements": [footer]}));
    json!({"text": shown, "blocks": blocks, "unfurl_links": false, "unfurl_media": false})
}

#[async_trait]
impl Channel for Slack {
    fn key(&self) -> &'static str {
        "slack"
    }

    fn label(&self) -> &'static str {
        "Slack"
    }

    fn fields(&self) -> &'static [Field] {
        FIELDS
    }

    fn reach(&self) -> Reach {
        Reach::Group
    }

    fn validate(&self, settings: &Settings) -> FieldErrors {
        let mut errors = FieldErrors::default();
        let outbound = self.http.outbound();
        if let Some(url) = check_url(&mut errors, "webhook_url", settings, outbound, true)
            && url.path().len() < 2
        {
            errors.add(
                "webhook_url",
                "is not the URL of a webhook: it ends in /services/...",
            );
        }
        check_base(&mut errors, "api_base", settings, outbound);
        errors
    }

    fn destination_fields(&self) -> &'static [&'static str] {
        &["webhook_url", "api_base"]
    }

    fn own_recipients(&self, _settings: &Settings) -> Vec<String> {
        vec![ROOM.to_owned()]
    }

    fn normalise(&self, address: &str) -> Option<String> {
        address
            .trim()
            .eq_ignore_ascii_case(ROOM)
            .then(|| ROOM.to_owned())
    }

    fn written(&self, _settings: &Settings, message: &Message) -> Written {
        let measure = |of, text: &str, limit| Measure {
            of,
            length: chat::units(text),
            limit,
        };
        Written {
            text: format!("{:#}", payload(message)),
            measures: vec![
                measure("headline", &message.subject, HEADER_LIMIT),
                measure("text", &chat::body(message), OBJECT_LIMIT),
            ],
        }
    }

    async fn send(&self, settings: &Settings, message: &Message) -> Outcome {
        match Self::call(settings, message) {
            Ok(call) => match self.http.post(call).await {
                Ok(answer) => classify(&answer),
                Err(outcome) => outcome,
            },
            Err(reason) => Outcome::Permanent { reason },
        }
    }
}

/// Slack answers in one word, and its statuses mean what they say.
fn classify(answer: &Answer) -> Outcome {
    if !answer.is_success() {
        return answer.by_status(WHO, None);
    }
    if answer.body.trim() == "ok" {
        return Outcome::Accepted { provider_id: None };
    }
    answer.garbled(WHO)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_host_says_is_plain_text_and_notifications_are_escaped() {
        let mut message = chat::tests::message("<!channel> & *bold*");
        message.subject = "down <!here> & <@U1>".into();
        let body = payload(&message);
        assert_eq!(body["text"], "down &lt;!here&gt; &amp; &lt;@U1&gt;");
        for block in body["blocks"].as_array().unwrap() {
            let text = block.get("text").unwrap_or(&block["elements"][0]);
            let links = [
                "<https://noc.test/ack/AbC-09_x|Acknowledge>",
                "<https://noc.test/incidents/17|Open in the dashboard>",
            ];
            let link = links.iter().any(|link| text["text"] == *link);
            assert!(link || text["type"] == "plain_text", "{block}");
        }
        assert_eq!(body["blocks"].as_array().unwrap().len(), 5);
        let section = body["blocks"][1]["text"]["text"].as_str().unwrap();
        assert!(
            section.contains("Observed: <!channel> & *bold*"),
            "{section}"
        );
    }

    #[test]
    fn half_a_command_is_not_shown() {
        let command = format!("rm -rf /home/shop/{}", "y".repeat(300));
        for filled in (2_200..2_900).step_by(10) {
            let mut message = chat::tests::message(&"x".repeat(filled));
            message.command = Some(command.clone());
            let body = payload(&message);
            let section = body["blocks"][1]["text"]["text"].as_str().unwrap();
            let whole = section.contains(&command);
            assert!(whole || !section.contains("rm -rf"), "{filled}: {section}");
        }
    }

    #[test]
    fn every_text_keeps_its_limit() {
        let mut message = chat::tests::message(&"😀&".repeat(5_000));
        message.subject = "&".repeat(4_000);
        let body = payload(&message);
        let length = |text: &serde_json::Value| chat::units(text.as_str().unwrap());
        assert!(length(&body["text"]) <= TEXT_LIMIT);
        assert_eq!(length(&body["blocks"][0]["text"]["text"]), HEADER_LIMIT);
        let section = length(&body["blocks"][1]["text"]["text"]);
        assert!((OBJECT_LIMIT - 1..=OBJECT_LIMIT).contains(&section));
    }
}
