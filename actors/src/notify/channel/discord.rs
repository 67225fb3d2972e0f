//! Discord, by an incoming webhook. Its address holds a token, so it is kept as a secret.
//!
//! Nobody is ever mentioned by what a host says: mentions are off in the request, and their signs are broken as well.

use super::chat::{self, Markup};
use super::http::{Answer, Call, Http, Secrets, check_base, check_url, limited, over, parse};
use super::{Channel, Field, FieldErrors, FieldType, Outcome, Reach, Settings, Written};
use crate::notify::message::Message;
use async_trait::async_trait;
use serde_json::json;
use std::sync::Arc;

const WHO: &str = "Discord";

/// What the message goes to: which room that is, only Discord knows.
const ROOM: &str = "webhook";

/// UTF-16 units, which never are fewer than characters; mark-up counts.
const LIMIT: usize = 2_000;

/// No previews of links.
const SUPPRESS_EMBEDS: u32 = 1 << 2;

/// Discord's code for a webhook that was deleted.
const UNKNOWN_WEBHOOK: u64 = 10_015;

const FIELDS: &[Field] = &[
    Field {
        name: "webhook_url",
        label: "Webhook URL",
        kind: FieldType::Password,
        required: true,
        help: "Server settings, Integrations, Webhooks, New webhook, Copy URL.",
        secret: true,
        ..Field::TEXT
    },
    Field {
        name: "api_base",
        label: "API address",
        help: "Only for a proxy: takes the place of https://discord.com in the URL.",
        ..Field::TEXT
    },
];

const MARKDOWN: Markup = Markup {
    bold: ("**", "**"),
    escape: |c, out| {
        let before = out.len();
        if matches!(
            c,
            '\\' | '*' | '_' | '~' | '`' | '|' | '<' | '>' | '[' | ']' | '(' | ')' | '#'
        ) {
            out.push('\\');
        }
        out.push(c);
        if c == '@' {
            out.push('\u{200b}');
        }
        chat::units(out.get(before..).unwrap_or_default())
    },
    copied: None,
    weigh: chat::units,
    link: str::to_owned,
};

/// The Discord channel.
#[derive(Debug)]
pub struct Discord {
    http: Arc<Http>,
}

impl Discord {
    /// Calls Discord over `http`.
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
        let mut url = over(url, settings.text("api_base"))
            .map_err(|wrong| format!("the API address {wrong}"))?;
        // Asks for the message's id.
        url.query_pairs_mut().append_pair("wait", "true");
        let body = json!({
            "content": chat::render(message, &MARKDOWN, LIMIT),
            "allowed_mentions": {"parse": []},
            "flags": SUPPRESS_EMBEDS,
        });
        Ok(Call::json(url, &body, message, secrets))
    }
}

#[async_trait]
impl Channel for Discord {
    fn key(&self) -> &'static str {
        "discord"
    }

    fn label(&self) -> &'static str {
        "Discord"
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
            && !url.path().contains("/webhooks/")
        {
            errors.add(
                "webhook_url",
                "is not the URL of a webhook: it holds /api/webhooks/",
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
        Written::chat(message, &MARKDOWN, LIMIT)
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

fn classify(answer: &Answer) -> Outcome {
    let said = answer.said();
    let id = said.text("/id");
    if answer.status == 204 || (answer.is_success() && id.is_some()) {
        return Outcome::Accepted {
            provider_id: id.map(str::to_owned),
        };
    }
    if answer.is_success() {
        return answer.garbled(WHO);
    }
    let words = said.text("/message");
    if answer.status == 429 {
        let asked = said.seconds("/retry_after");
        return limited(answer.reason(WHO, words), asked.or(answer.retry_after));
    }
    match said.number("/code") {
        Some(UNKNOWN_WEBHOOK) => Outcome::Permanent {
            reason: format!(
                "{}: the webhook was deleted, make a new one and enter its URL",
                answer.reason(WHO, words)
            ),
        },
        _ => answer.by_status(WHO, words),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_a_host_says_mentions_anybody_or_formats_anything() {
        let said = "@everyone <@&1> <#2> **x** [a](http://b) ||c|| `d` # e";
        let text = chat::render(&chat::tests::message(said), &MARKDOWN, LIMIT);
        let expected = "@\u{200b}everyone \\<@\u{200b}&1\\> \\<\\#2\\> \\*\\*x\\*\\* \\[a\\]\\(http://b\\) \\|\\|c\\|\\| \\`d\\` \\# e";
        assert!(text.contains(expected), "{text}");
        assert!(!text.contains("@everyone"));
    }

    #[test]
    fn what_escaping_adds_counts() {
        let text = chat::render(
            &chat::tests::message(&"*@😀".repeat(2_000)),
            &MARKDOWN,
            LIMIT,
        );
        let units = chat::units(&text);
        assert!((LIMIT - 4..=LIMIT).contains(&units), "{units}");
        assert!(text.contains(
            "…\n\nAcknowledge: https://noc.test/ack/AbC-09_x\nhttps://noc.test/incidents/17\n"
        ));
    }
}
