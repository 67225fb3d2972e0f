//! What every provider that tells of arrivals keeps: what it says is read, and what others say in its name is not
//! believed.

use crate::notify::channel::http::Http;
use crate::notify::channel::receipt::{Callback, CallbackError, Fate, Receipt};
use crate::notify::channel::{Channel, Settings, WhatsApp};
use crate::notify::outbound::Outbound;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha1::Sha1;
use sha2::{Sha256, Sha512};
use std::sync::Arc;
use std::time::Duration;

const URL: &str = "https://noc.test/hooks/x/SecretOfTheAddress";

/// A provider under test.
struct Provider {
    hook: &'static str,
    settings: fn() -> Value,
    /// What it posts about the message `id-7`, in its own word for what became of it.
    body: fn(&str) -> String,
    /// Its words for: still at it, arrived, read, failed.
    words: [&'static str; 4],
    /// The header with its signature over address and body.
    signature: fn(&str, &str) -> (&'static str, String),
    /// Whether it can be told not to sign.
    may_be_unsigned: Option<&'static str>,
}

macro_rules! sum {
    ($digest:ty, $key:expr, $text:expr) => {{
        let mut mac = Hmac::<$digest>::new_from_slice($key.as_bytes()).unwrap();
        mac.update($text.as_bytes());
        mac.finalize().into_bytes()
    }};
}

fn cloud_api() -> Provider {
    Provider {
        hook: "whatsapp",
        settings: || json!({"provider": "cloud_api", "access_token": "t", "app_secret": "AppSecret"}),
        body: |word| {
            let errors = if word == "failed" {
                json!([{"code": 131026, "title": "Message undeliverable", "error_data": {"details": "no\u{7} WhatsApp"}}])
            } else {
                json!([])
            };
            let status = json!({"id": "id-7", "status": word, "timestamp": "1795303740", "recipient_id": "88017",
                "errors": errors});
            let value = json!({"messaging_product": "whatsapp", "statuses": [status]});
            json!({"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": [
                {"field": "messages", "value": value}]}]})
            .to_string()
        },
        words: ["sent", "delivered", "read", "failed"],
        signature: |_, body| {
            let sum = hex::encode(sum!(Sha256, "AppSecret", body));
            ("x-hub-signature-256", format!("sha256={sum}"))
        },
        may_be_unsigned: Some("app_secret"),
    }
}

fn twilio() -> Provider {
    Provider {
        hook: "twilio",
        settings: || json!({"provider": "twilio", "account_sid": "AC1", "auth_token": "AuthToken"}),
        body: |word| {
            let error = if word == "undelivered" {
                "&ErrorCode=63003&ErrorMessage=no+WhatsApp"
            } else {
                ""
            };
            format!(
                "SmsSid=id-7&To=whatsapp%3A%2B88017&MessageSid=id-7&MessageStatus={word}&AccountSid=AC1{error}"
            )
        },
        words: ["sent", "delivered", "read", "undelivered"],
        signature: |url, body| {
            let form = reqwest::Url::parse(&format!("http://f/?{body}")).unwrap();
            let mut pairs: Vec<_> = form.query_pairs().into_owned().collect();
            pairs.sort();
            let text: String = pairs.iter().map(|(k, v)| format!("{k}{v}")).collect();
            let sum = sum!(Sha1, "AuthToken", format!("{url}{text}"));
            ("x-twilio-signature", STANDARD.encode(sum))
        },
        may_be_unsigned: None,
    }
}

fn waha() -> Provider {
    Provider {
        hook: "waha",
        settings: || json!({"provider": "waha", "webhook_hmac_key": "HmacKey"}),
        body: |ack| {
            let ack: i64 = ack.parse().unwrap();
            json!({"event": "message.ack", "session": "default",
                "payload": {"id": "id-7", "ack": ack, "from": "88017@c.us"}})
            .to_string()
        },
        words: ["1", "2", "3", "-1"],
        signature: |_, body| ("x-webhook-hmac", hex::encode(sum!(Sha512, "HmacKey", body))),
        may_be_unsigned: Some("webhook_hmac_key"),
    }
}

fn settings_of(provider: &Provider) -> Settings {
    Settings::new((provider.settings)().as_object().unwrap().clone())
}

fn read(
    settings: &Settings,
    headers: &[(String, String)],
    body: &[u8],
) -> Result<Vec<Receipt>, CallbackError> {
    let channel = WhatsApp::new(Arc::new(Http::new(Outbound::default())));
    let callback = Callback {
        url: URL,
        headers,
        body,
    };
    channel.read_callback(settings, &callback)
}

fn signed(provider: &Provider, body: &str) -> Vec<(String, String)> {
    let (name, value) = (provider.signature)(URL, body);
    vec![(name.to_owned(), value)]
}

fn each_word_has_its_meaning(provider: &Provider) {
    let settings = settings_of(provider);
    let channel = WhatsApp::new(Arc::new(Http::new(Outbound::default())));
    assert_eq!(channel.hook(&settings), Some(provider.hook));
    let fates = [Fate::OnItsWay, Fate::Delivered, Fate::Read, Fate::Failed];
    for (word, fate) in provider.words.into_iter().zip(fates) {
        let body = (provider.body)(word);
        let told = read(&settings, &signed(provider, &body), body.as_bytes()).unwrap();
        assert_eq!(told.len(), 1, "{body}");
        assert_eq!(told[0].fate, fate, "{body}");
        assert_eq!(told[0].ids[0], "id-7");
        assert!(!told[0].words.contains(char::is_control));
        assert!(told[0].words.len() > 10, "{:?}", told[0].words);
    }
}

fn what_is_not_signed_by_it_is_not_believed(provider: &Provider) {
    let settings = settings_of(provider);
    let body = (provider.body)(provider.words[1]);
    let good = signed(provider, &body);
    let forged = |headers: &[(String, String)], body: &[u8]| {
        assert_eq!(read(&settings, headers, body), Err(CallbackError::Forged));
    };
    forged(&[], body.as_bytes());
    let other = (provider.body)(provider.words[3]);
    forged(&good, other.as_bytes());
    let name = good[0].0.clone();
    for value in ["", "sha256=", "00", "é", &good[0].1[..good[0].1.len() - 2]] {
        forged(&[(name.clone(), value.to_owned())], body.as_bytes());
    }
    let (_, elsewhere) = (provider.signature)("https://noc.test/hooks/x/Other", &body);
    if elsewhere != good[0].1 {
        forged(&[(name, elsewhere)], body.as_bytes());
    }
}

fn without_its_secret_the_address_alone_counts(provider: &Provider) {
    let mut settings = settings_of(provider);
    let body = (provider.body)(provider.words[1]);
    match provider.may_be_unsigned {
        Some(field) => {
            settings.remove(field);
            assert_eq!(read(&settings, &[], body.as_bytes()).unwrap().len(), 1);
        }
        None => {
            settings.remove("auth_token");
            let told = read(&settings, &signed(provider, &body), body.as_bytes());
            assert_eq!(told, Err(CallbackError::Forged));
        }
    }
}

fn nonsense_tells_nothing(provider: &Provider) {
    let settings = settings_of(provider);
    for body in [
        "",
        "{",
        "null",
        "[]",
        "{}",
        "[[[[",
        r#"{"entry":7}"#,
        r#"{"entry":[{"changes":[{"value":{"statuses":[{"id":7}]}}]}]}"#,
        r#"{"entry":[{"changes":[{"value":{"statuses":[{"id":"","status":"delivered"}]}}]}]}"#,
        r#"{"entry":[{"changes":[{"value":{"statuses":[{"id":"a","status":"lost"}]}}]}]}"#,
        r#"{"event":"message","payload":{"id":"x","ack":3}}"#,
        r#"{"event":"message.ack","payload":{"ack":3}}"#,
        r#"{"event":"message.ack","payload":"x"}"#,
        "MessageStatus=delivered",
        "MessageSid=a&MessageStatus=lost",
    ] {
        match read(&settings, &signed(provider, body), body.as_bytes()) {
            Ok(told) => assert_eq!(told, [], "{body}"),
            Err(error) => assert!(matches!(error, CallbackError::Malformed(_)), "{body}"),
        }
    }
    assert!(read(&settings, &[], &[0xff, 0xfe]).is_err());
}

macro_rules! holds_for {
    ($($provider:ident),* $(,)?) => { $(
        mod $provider {
            #[test]
            fn each_word_has_its_meaning() {
                super::each_word_has_its_meaning(&super::$provider());
            }
            #[test]
            fn what_is_not_signed_by_it_is_not_believed() {
                super::what_is_not_signed_by_it_is_not_believed(&super::$provider());
            }
            #[test]
            fn without_its_secret_the_address_alone_counts() {
                super::without_its_secret_the_address_alone_counts(&super::$provider());
            }
            #[test]
            fn nonsense_tells_nothing() {
                super::nonsense_tells_nothing(&super::$provider());
            }
        }
    )* };
}

holds_for!(cloud_api, twilio, waha);

#[test]
fn one_call_may_tell_of_many_messages_but_not_of_any_number() {
    let provider = cloud_api();
    let status = |n: usize| json!({"id": format!("id-{n}"), "status": "delivered"});
    let statuses: Vec<_> = (0..1_500).map(status).collect();
    let body = json!({"entry": [{"changes": [{"value": {"statuses": statuses}}]}]}).to_string();
    let settings = settings_of(&provider);
    let told = read(&settings, &signed(&provider, &body), body.as_bytes()).unwrap();
    assert_eq!(told.len(), 1_000);
}

/// Worked out with `openssl dgst -sha1 -hmac`.
#[test]
fn twilios_signature_is_the_one_that_other_tools_make() {
    let settings = json!({"provider": "twilio", "auth_token": "12345"});
    let settings = Settings::new(settings.as_object().unwrap().clone());
    let body = b"MessageSid=SM1&MessageStatus=delivered";
    let channel = WhatsApp::new(Arc::new(Http::new(Outbound::default())));
    let headers = [(
        "x-twilio-signature".to_owned(),
        "a6ZRlKuVYGs0xtEaI6tae3sMtgQ=".to_owned(),
    )];
    let callback = Callback {
        url: "https://noc.test/hooks/twilio/s",
        headers: &headers,
        body,
    };
    let told = channel.read_callback(&settings, &callback).unwrap();
    assert_eq!(told[0].fate, Fate::Delivered);
}

#[test]
fn a_message_of_waha_is_known_by_its_long_and_its_short_name() {
    let provider = waha();
    let body = json!({"event": "message.ack", "payload": {"id": "true_88017@c.us_3EB0", "ack": 2}});
    let body = body.to_string();
    let settings = settings_of(&provider);
    let told = read(&settings, &signed(&provider, &body), body.as_bytes()).unwrap();
    assert_eq!(told[0].ids, ["true_88017@c.us_3EB0", "3EB0"]);
}

/// The lines of a provider in the table of answers that are about calls.
fn table(kind: &str) -> Vec<&'static str> {
    let lines = include_str!("../fixtures/provider_answers.txt").lines();
    let bodies = lines.filter_map(|line| line.strip_prefix(kind)?.strip_prefix(" 200 - "));
    bodies.collect()
}

#[test]
fn what_providers_tell_in_the_table_has_its_meaning() {
    let told = |provider: &Provider, body: &str| {
        let settings = settings_of(provider);
        let told = read(&settings, &signed(provider, body), body.as_bytes());
        told.unwrap().remove(0)
    };
    let meta = table("whatsapp-webhook");
    let [window_closed] = meta[..] else {
        panic!("{meta:?}")
    };
    let receipt = told(&cloud_api(), window_closed);
    assert_eq!(receipt.fate, Fate::Barred);
    assert!(receipt.words.contains("error 131047"), "{}", receipt.words);
    assert!(
        receipt.words.contains("name an approved one"),
        "{}",
        receipt.words
    );
    let calls = table("twilio-callback");
    let [window_closed, too_much] = calls[..] else {
        panic!("{calls:?}")
    };
    let receipt = told(&twilio(), window_closed);
    assert_eq!(receipt.fate, Fate::Barred);
    assert!(
        receipt.words.contains("name an approved one"),
        "{}",
        receipt.words
    );
    assert_eq!(
        told(&twilio(), too_much).fate,
        Fate::Limited(Duration::from_secs(30))
    );
}

/// The same code is the same trouble, in an answer and afterwards.
#[test]
fn each_code_decides_what_becomes_of_a_message_that_was_taken() {
    let fate = |provider: &Provider, body: &str| {
        let settings = settings_of(provider);
        read(&settings, &signed(provider, body), body.as_bytes()).unwrap()[0].fate
    };
    let seconds = Duration::from_secs;
    let groups: [(Fate, &[u32], &[u32]); 9] = [
        (Fate::Later, &[131_000, 131_016, 131_048], &[20_503, 30_001]),
        (Fate::Limited(seconds(60)), &[4, 80_007], &[]),
        (Fate::Limited(seconds(30)), &[], &[20_429, 63_018]),
        (Fate::Limited(seconds(1)), &[130_429], &[]),
        (Fate::Crowded(seconds(6)), &[131_056], &[]),
        (Fate::Crowded(seconds(30)), &[], &[14_107]),
        (Fate::Tomorrow, &[], &[63_038]),
        (
            Fate::Failed,
            &[
                131_026, 131_030, 131_049, 131_050, 130_472, 132_005, 999_999,
            ],
            &[
                21_211, 21_408, 21_610, 21_612, 63_003, 63_014, 63_021, 63_024, 63_032, 99_999,
            ],
        ),
        (
            Fate::Barred,
            &[
                190, 368, 131_031, 131_042, 131_047, 131_051, 132_001, 132_015, 133_010,
            ],
            &[20_003, 63_007, 63_016, 63_051],
        ),
    ];
    for (expected, meta, of_twilio) in groups {
        for code in meta {
            let status = json!({"id": "m", "status": "failed", "errors": [{"code": code}]});
            let body = json!({"entry": [{"changes": [{"value": {"statuses": [status]}}]}]});
            assert_eq!(fate(&cloud_api(), &body.to_string()), expected, "{code}");
        }
        for code in of_twilio {
            let body = format!("MessageSid=m&MessageStatus=failed&ErrorCode={code}");
            assert_eq!(fate(&twilio(), &body), expected, "{code}");
        }
    }
    // A refusal without a code is about its message.
    let status = json!({"id": "m", "status": "failed", "errors": [{"title": "lost"}]});
    let body = json!({"entry": [{"changes": [{"value": {"statuses": [status]}}]}]});
    assert_eq!(fate(&cloud_api(), &body.to_string()), Fate::Failed);
    let body = "MessageSid=m&MessageStatus=undelivered";
    assert_eq!(fate(&twilio(), body), Fate::Failed);
}
