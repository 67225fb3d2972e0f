//! The channels that the contract holds for: how each is set up towards a server of the test, and what its provider
//! answers when all is well.

use super::server::{Behaviour, Heard, answers};
use crate::notify::channel::{
    Channel, Discord, Http, Settings, Slack, Telegram, Webhook, WhatsApp,
};
use serde_json::{Value, json};
use std::sync::Arc;

/// A channel under test.
pub(super) struct Subject {
    /// As in the table of providers' answers.
    pub provider: &'static str,
    /// Makes it over a client.
    pub channel: fn(Arc<Http>) -> Arc<dyn Channel>,
    /// Settings that lead to an address.
    pub settings: fn(&str) -> Settings,
    /// What must never be said.
    pub secrets: &'static [&'static str],
    pub recipient: &'static str,
    /// What it answers when all is well.
    pub success: fn() -> Behaviour,
    /// Whether the body of a success is looked at.
    pub reads_success: bool,
    /// Whether a refusal is believed that is not in the provider's own words.
    pub believes_bare_refusals: bool,
    /// What people will read, of a request.
    pub text: fn(&Heard) -> String,
    /// Of that, in UTF-16 units.
    pub limit: usize,
}

fn settings(values: Value) -> Settings {
    Settings::new(values.as_object().unwrap().clone())
}

/// The text at a JSON pointer of a request.
pub(super) fn json_text(heard: &Heard, path: &str) -> String {
    let body: Value = serde_json::from_str(&heard.body).unwrap();
    body.pointer(path)
        .and_then(Value::as_str)
        .unwrap()
        .to_owned()
}

/// A value of a request that is a form.
pub(super) fn form_text(heard: &Heard, sought: &str) -> String {
    let url = reqwest::Url::parse(&format!("http://form/?{}", heard.body)).unwrap();
    let found = url.query_pairs().find(|(name, _)| name == sought);
    found.unwrap().1.into_owned()
}

const TOKEN: &str = "123456789:AAE-telegram_token_of_the_test";

pub(super) fn telegram() -> Subject {
    Subject {
        provider: "telegram",
        channel: |http| Arc::new(Telegram::new(http)),
        settings: |base| {
            settings(json!({"bot_token": TOKEN, "chat_id": "-100123", "api_base": base}))
        },
        secrets: &[TOKEN, "AAE-telegram_token_of_the_test"],
        recipient: "-100123",
        success: || answers(200, r#"{"ok":true,"result":{"message_id":7}}"#),
        reads_success: true,
        believes_bare_refusals: false,
        text: |heard| {
            let text = json_text(heard, "/text");
            let shown = text.replace("<b>", "").replace("</b>", "");
            let shown = shown.replace("&lt;", "<").replace("&gt;", ">");
            shown.replace("&quot;", "\"").replace("&amp;", "&")
        },
        limit: 4_096,
    }
}

pub(super) fn discord() -> Subject {
    Subject {
        provider: "discord",
        channel: |http| Arc::new(Discord::new(http)),
        settings: |base| {
            settings(json!({
                "webhook_url": "https://discord.com/api/webhooks/990011/DiscordTokenOfTheTest?thread_id=5566778",
                "api_base": base,
            }))
        },
        secrets: &["990011", "DiscordTokenOfTheTest", "5566778"],
        recipient: "webhook",
        success: || answers(200, r#"{"id":"7","content":"x"}"#),
        reads_success: true,
        believes_bare_refusals: true,
        text: |heard| json_text(heard, "/content"),
        limit: 2_000,
    }
}

pub(super) fn slack() -> Subject {
    Subject {
        provider: "slack",
        channel: |http| Arc::new(Slack::new(http)),
        settings: |base| {
            settings(json!({
                "webhook_url": "https://hooks.slack.com/services/T0000001/B0000002/SlackTokenOfTheTest",
                "api_base": base,
            }))
        },
        secrets: &["T0000001", "B0000002", "SlackTokenOfTheTest"],
        recipient: "webhook",
        success: || answers(200, "ok"),
        reads_success: true,
        believes_bare_refusals: true,
        text: |heard| {
            let blocks: Value = serde_json::from_str(&heard.body).unwrap();
            let text = |block: &Value| block["text"]["text"].as_str().unwrap().to_owned();
            let shown = [1, 2, 3].map(|n| text(&blocks["blocks"][n]));
            shown.join("\n")
        },
        limit: 3_000 + 150,
    }
}

pub(super) fn webhook() -> Subject {
    Subject {
        provider: "webhook",
        channel: |http| Arc::new(Webhook::new(http)),
        settings: |base| {
            settings(json!({
                "url": format!("{base}/hooks/WebhookPath?apikey=WebhookKey"),
                "secret": "WebhookSigningSecret",
            }))
        },
        secrets: &["WebhookPath", "WebhookKey", "WebhookSigningSecret"],
        recipient: "webhook",
        success: || answers(202, "thank you"),
        reads_success: false,
        believes_bare_refusals: true,
        text: |heard| json_text(heard, "/subject") + &json_text(heard, "/text"),
        limit: usize::MAX,
    }
}

pub(super) fn cloud_api() -> Subject {
    Subject {
        provider: "whatsapp",
        channel: |http| Arc::new(WhatsApp::new(http)),
        settings: |base| {
            settings(json!({
                "provider": "cloud_api", "access_token": "CloudAccessToken", "phone_number_id": "109876543210",
                "api_base": base, "recipients": ["01712345678"],
            }))
        },
        secrets: &["CloudAccessToken"],
        recipient: "01712-345678",
        success: || answers(200, r#"{"messages":[{"id":"wamid.7"}]}"#),
        reads_success: true,
        believes_bare_refusals: true,
        text: |heard| json_text(heard, "/text/body"),
        limit: 4_096,
    }
}

pub(super) fn twilio() -> Subject {
    Subject {
        provider: "twilio",
        channel: |http| Arc::new(WhatsApp::new(http)),
        settings: |base| {
            settings(json!({
                "provider": "twilio", "account_sid": "AC0123456789", "auth_token": "TwilioAuthToken",
                "from_number": "+1 415 523 8886", "api_base": base,
            }))
        },
        secrets: &["TwilioAuthToken", "QUMwMTIzNDU2Nzg5OlR3aWxpb0F1dGhUb2tlbg"],
        recipient: "8801712345678",
        success: || answers(201, r#"{"sid":"SM7","status":"queued"}"#),
        reads_success: true,
        believes_bare_refusals: true,
        text: |heard| form_text(heard, "Body"),
        limit: 1_600,
    }
}

pub(super) fn waha() -> Subject {
    Subject {
        provider: "waha",
        channel: |http| Arc::new(WhatsApp::new(http)),
        settings: |base| {
            settings(json!({"provider": "waha", "base_url": base, "api_key": "WahaApiKeyOfTest"}))
        },
        secrets: &["WahaApiKeyOfTest"],
        recipient: "+8801712345678",
        success: || answers(201, r#"{"id":"true_8801712345678@c.us_7"}"#),
        reads_success: true,
        believes_bare_refusals: true,
        text: |heard| json_text(heard, "/text"),
        limit: 4_096,
    }
}
