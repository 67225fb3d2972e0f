//! Telegram, by a bot. The chat is the organisation's group; when it becomes a supergroup its id changes, Telegram names
//! the new one, and that is adopted. A message whose mark-up Telegram cannot read is sent once more as plain text.

use super::chat::{self, Markup};
use super::http::{Answer, Call, Http, Secrets, check_base, join, limited, parse};
use super::{Channel, Field, FieldErrors, FieldType, Outcome, Reach, Settings, Written};
use crate::notify::message::Message;
use async_trait::async_trait;
use reqwest::Url;
use serde_json::{Value, json};
use std::sync::Arc;

const BASE: &str = "https://api.telegram.org";

const WHO: &str = "Telegram";

/// UTF-16 units, counted after the mark-up is read.
const LIMIT: usize = 4_096;

const FIELDS: &[Field] = &[
    Field {
        name: "bot_token",
        label: "Bot token",
        kind: FieldType::Password,
        required: true,
        help: "From @BotFather, for example 123456789:AA...",
        secret: true,
        ..Field::TEXT
    },
    Field {
        name: "chat_id",
        label: "Chat id",
        required: true,
        help: "Of the group that the bot is in, for example -1001234567890; or @name of a public channel.",
        ..Field::TEXT
    },
    Field {
        name: "api_base",
        label: "API address",
        default: Some(BASE),
        help: "Only for a proxy or a Bot API server of your own.",
        ..Field::TEXT
    },
];

/// HTML, of which only five characters mean something; and names of accounts, which call nobody.
const HTML: Markup = Markup {
    bold: ("<b>", "</b>"),
    escape: |c, out| {
        let border = chat::at_a_border(out);
        escaped(c, out) + calls_nobody(c, border, out)
    },
    copied: Some(escaped),
    weigh: |text| {
        if text.starts_with('<') {
            0
        } else {
            chat::units(text)
        }
    },
    link: |url| {
        url.replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('>', "&gt;")
    },
};

/// Without HTML, where Telegram cannot read ours.
const PLAIN: Markup = Markup {
    escape: |c, out| {
        let border = chat::at_a_border(out);
        chat::as_it_is(c, out) + calls_nobody(c, border, out)
    },
    copied: Some(chat::as_it_is),
    ..chat::PLAIN
};

fn escaped(c: char, out: &mut String) -> usize {
    match c {
        '&' => out.push_str("&amp;"),
        '<' => out.push_str("&lt;"),
        '>' => out.push_str("&gt;"),
        '"' => out.push_str("&quot;"),
        c => out.push(c),
    }
    c.len_utf16()
}

/// Parts the sign of a name at the border of a word from what follows: `@name` would call that account. How many units
/// that takes.
fn calls_nobody(c: char, border: bool, out: &mut String) -> usize {
    if c != '@' || !border {
        return 0;
    }
    out.push(chat::JOINER);
    chat::JOINER.len_utf16()
}

/// The Telegram channel.
#[derive(Debug)]
pub struct Telegram {
    http: Arc<Http>,
}

/// What an answer means.
enum Reading {
    Outcome(Outcome),
    /// The mark-up was not understood.
    CannotParse,
}

impl Telegram {
    /// Calls Telegram over `http`.
    #[must_use]
    pub const fn new(http: Arc<Http>) -> Self {
        Self { http }
    }

    async fn post(&self, url: Url, body: Value, message: &Message, token: &str) -> Reading {
        let call = Call::json(url, &body, message, Secrets::of(&[Some(token)]));
        match self.http.post(call).await {
            Ok(answer) => classify(&answer),
            Err(outcome) => Reading::Outcome(outcome),
        }
    }
}

#[async_trait]
impl Channel for Telegram {
    fn key(&self) -> &'static str {
        "telegram"
    }

    fn label(&self) -> &'static str {
        "Telegram"
    }

    fn fields(&self) -> &'static [Field] {
        FIELDS
    }

    fn reach(&self) -> Reach {
        Reach::Group
    }

    fn validate(&self, settings: &Settings) -> FieldErrors {
        let mut errors = FieldErrors::default();
        let token = settings.text("bot_token").unwrap_or_default();
        let is_token = token.split_once(':').is_some_and(|(id, secret)| {
            !id.is_empty()
                && id.chars().all(|c| c.is_ascii_digit())
                && secret.len() >= 20
                && secret
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))
        });
        if !is_token {
            errors.add(
                "bot_token",
                "is not a bot token: digits, a colon, then letters and digits",
            );
        }
        let chat = settings.text("chat_id").unwrap_or_default();
        if self.normalise(chat).is_none() {
            errors.add("chat_id", "must be a number, negative for groups, or @name");
        }
        check_base(&mut errors, "api_base", settings, self.http.outbound());
        errors
    }

    fn destination_fields(&self) -> &'static [&'static str] {
        &["api_base"]
    }

    fn own_recipients(&self, settings: &Settings) -> Vec<String> {
        settings
            .text("chat_id")
            .map(str::to_owned)
            .into_iter()
            .collect()
    }

    fn normalise(&self, address: &str) -> Option<String> {
        let address = address.trim();
        if let Some(name) = address.strip_prefix('@') {
            let fits = (4..=32).contains(&name.len())
                && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
            return fits.then(|| address.to_lowercase());
        }
        let id: i64 = address.parse().ok()?;
        (id != 0).then(|| id.to_string())
    }

    fn written(&self, _settings: &Settings, message: &Message) -> Written {
        Written::chat(message, &HTML, LIMIT)
    }

    async fn send(&self, settings: &Settings, message: &Message) -> Outcome {
        let Some(token) = settings.text("bot_token") else {
            return Outcome::Permanent {
                reason: "the bot token is not set".to_owned(),
            };
        };
        let base = settings.text("api_base").unwrap_or(BASE);
        let url = match parse(base) {
            Ok(base) => join(base, &[&format!("bot{token}"), "sendMessage"]),
            Err(wrong) => {
                return Outcome::Permanent {
                    reason: format!("the API address {wrong}"),
                };
            }
        };
        let body = |text: String, mode: Option<&str>| {
            let mut body = json!({
                "chat_id": message.recipient.trim(),
                "text": text,
                "link_preview_options": {"is_disabled": true},
            });
            if let (Some(mode), Some(body)) = (mode, body.as_object_mut()) {
                body.insert("parse_mode".to_owned(), mode.into());
            }
            body
        };
        let marked = body(chat::render(message, &HTML, LIMIT), Some("HTML"));
        match self.post(url.clone(), marked, message, token).await {
            Reading::Outcome(outcome) => outcome,
            Reading::CannotParse => {
                let plain = body(chat::render(message, &PLAIN, LIMIT), None);
                match self.post(url, plain, message, token).await {
                    Reading::Outcome(outcome) => outcome,
                    Reading::CannotParse => Outcome::Permanent {
                        reason: format!("{WHO} cannot read the message, nor as plain text"),
                    },
                }
            }
        }
    }
}

fn classify(answer: &Answer) -> Reading {
    let said = answer.said();
    let outcome = match said.flag("/ok") {
        Some(true) => Outcome::Accepted {
            provider_id: said.integer("/result/message_id").map(|id| id.to_string()),
        },
        Some(false) => {
            let words = said.text("/description");
            if let Some(to) = said.integer("/parameters/migrate_to_chat_id") {
                Outcome::Migrated {
                    setting: "chat_id",
                    to: to.to_string(),
                }
            } else if let Some(asked) = said.seconds("/parameters/retry_after") {
                limited(answer.reason(WHO, words), Some(asked))
            } else if words.is_some_and(|words| words.contains("can't parse")) {
                return Reading::CannotParse;
            } else {
                // The status of a box on the way may differ from Telegram's own.
                let code = said.number("/error_code");
                let code = code.and_then(|code| u16::try_from(code).ok());
                let answer = Answer {
                    status: code.unwrap_or(answer.status),
                    ..answer.clone()
                };
                match answer.by_status(WHO, words) {
                    Outcome::Permanent { reason } if is_about_the_chat(answer.status, words) => {
                        Outcome::Refused { reason }
                    }
                    other => other,
                }
            }
        }
        None if answer.is_success() => answer.garbled(WHO),
        None if answer.status >= 500 || matches!(answer.status, 300..=399 | 429) => {
            answer.by_status(WHO, None)
        }
        // Not Telegram's own words: a box on the way may be in trouble.
        None => Outcome::Retry {
            reason: answer.reason(WHO, None),
            after: None,
        },
    };
    Reading::Outcome(outcome)
}

/// Whether Telegram refuses this chat alone: its owner blocked the bot, never wrote to it, or there is no such chat.
fn is_about_the_chat(status: u16, words: Option<&str>) -> bool {
    const GONE: [&str; 3] = ["chat not found", "user not found", "PEER_ID_INVALID"];
    let gone = |words: &str| GONE.iter().any(|gone| words.contains(gone));
    status == 403 || (status == 400 && words.is_some_and(gone))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stray_sign_of_markup_is_text() {
        let text = chat::render(&chat::tests::message("a < b && \"_c_\" </b>"), &HTML, LIMIT);
        assert!(
            text.contains("a &lt; b &amp;&amp; &quot;_c_&quot; &lt;/b&gt;"),
            "{text}"
        );
        assert!(
            text.starts_with("<b>🔴 [critical] Server down: web-09.hostseba</b>\n"),
            "{text}"
        );
    }

    #[test]
    fn a_name_calls_nobody_and_an_address_stays_whole() {
        let mut told = chat::tests::message("@ops: (@dev) wrote to a@b.test");
        told.command = Some("exiqgrep -f @b.test".into());
        for markup in [&HTML, &PLAIN] {
            let text = chat::render(&told, markup, LIMIT);
            assert!(
                text.contains("@\u{2060}ops: (@\u{2060}dev) wrote to a@b.test"),
                "{text}"
            );
            assert!(text.contains("\nexiqgrep -f @b.test\n"), "{text}");
        }
    }

    #[test]
    fn the_limit_counts_what_is_shown_and_not_how_it_is_written() {
        let text = chat::render(&chat::tests::message(&"<&😀".repeat(3_000)), &HTML, LIMIT);
        let shown = text
            .replace("<b>", "")
            .replace("</b>", "")
            .replace("&lt;", "<")
            .replace("&gt;", ">")
            .replace("&quot;", "\"")
            .replace("&amp;", "&");
        let units = chat::units(&shown);
        assert!((LIMIT - 3..=LIMIT).contains(&units), "{units}");
        assert!(shown.contains(
            "…\n\nAcknowledge: https://noc.test/ack/AbC-09_x\nhttps://noc.test/incidents/17\n"
        ));
    }

    #[test]
    fn who_blocks_the_bot_says_nothing_of_the_bot() {
        for (status, words, about) in [
            (403, "Forbidden: bot was blocked by the user", true),
            (400, "Bad Request: chat not found", true),
            (400, "Bad Request: message is too long", false),
            (401, "Unauthorized", false),
            (404, "Not Found", false),
        ] {
            assert_eq!(is_about_the_chat(status, Some(words)), about, "{words}");
        }
        assert!(is_about_the_chat(403, None) && !is_about_the_chat(400, None));
    }

    #[test]
    fn chats_have_numbers_or_names() {
        let telegram = Telegram::new(Arc::new(Http::new(Default::default())));
        assert_eq!(
            telegram.normalise(" -1001234567890 ").as_deref(),
            Some("-1001234567890")
        );
        assert_eq!(
            telegram.normalise("@HostSeba_NOC").as_deref(),
            Some("@hostseba_noc")
        );
        for text in ["", "0", "ops", "@a", "@a b", "12.5", "99999999999999999999"] {
            assert_eq!(telegram.normalise(text), None, "{text}");
        }
    }
}
