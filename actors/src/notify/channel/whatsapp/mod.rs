//! WhatsApp, by one of three providers, each a file of its own.
//!
//! An alert is begun by us, and outside the 24 hours after a person last wrote WhatsApp takes nothing but approved
//! templates. So where a template is named (Cloud API, Twilio) every message goes as that template, its one variable
//! holding the message on one line; without one the message goes as free text, and what WhatsApp refuses because the
//! 24 hours are over says that a template is needed.

mod cloud_api;
mod codes;
mod markup;
mod receipts;
mod twilio;
mod waha;

use super::http::{Answer, Call, Http, check_base, parse};
use super::receipt::{Callback, CallbackError, Receipt};
use super::{
    Channel, Field, FieldErrors, FieldType, Outcome, Reach, Settings, ShownIf, Written, phone,
};
use crate::notify::message::Message;
use async_trait::async_trait;
use markup::MARKUP;
use reqwest::Url;
use std::sync::Arc;

const CLOUD_API: &str = "cloud_api";
const TWILIO: &str = "twilio";
const WAHA: &str = "waha";

/// What Meta lets a template's text have once its variable is filled in, in characters.
const TEMPLATE_LIMIT: usize = 1_024;
/// How much of that a template's own text may take; the form says so.
const TEMPLATE_OWN: usize = 200;
/// What is left for ours.
const VARIABLE_LIMIT: usize = TEMPLATE_LIMIT - TEMPLATE_OWN;

/// What is shown only for some providers.
const fn only(values: &'static [&'static str]) -> Option<ShownIf> {
    Some(ShownIf {
        field: "provider",
        values,
    })
}

const FIELDS: &[Field] = &[
    Field {
        name: "provider",
        label: "Provider",
        kind: FieldType::Select,
        options: &[CLOUD_API, TWILIO, WAHA],
        required: true,
        default: Some(CLOUD_API),
        help: "cloud_api: Meta, recommended. twilio: Twilio. waha: your own WAHA server.",
        ..Field::TEXT
    },
    Field {
        name: "access_token",
        label: "Access token",
        kind: FieldType::Password,
        required: true,
        help: "Permanent token of a system user with whatsapp_business_messaging.",
        secret: true,
        shown_if: only(&[CLOUD_API]),
        ..Field::TEXT
    },
    Field {
        name: "phone_number_id",
        label: "Phone number ID",
        required: true,
        help: "Digits, from the WhatsApp panel; not the phone number itself.",
        shown_if: only(&[CLOUD_API]),
        ..Field::TEXT
    },
    Field {
        name: "api_version",
        label: "API version",
        default: Some(cloud_api::VERSION),
        shown_if: only(&[CLOUD_API]),
        ..Field::TEXT
    },
    Field {
        name: "account_sid",
        label: "Account SID",
        required: true,
        help: "Starts with AC.",
        shown_if: only(&[TWILIO]),
        ..Field::TEXT
    },
    Field {
        name: "auth_token",
        label: "Auth token",
        kind: FieldType::Password,
        required: true,
        help: "From the Twilio console.",
        secret: true,
        shown_if: only(&[TWILIO]),
        ..Field::TEXT
    },
    Field {
        name: "from_number",
        label: "From number",
        required: true,
        help: "+14155238886 is the sandbox; recipients of a sandbox must join it first.",
        shown_if: only(&[TWILIO]),
        ..Field::TEXT
    },
    Field {
        name: "template_name",
        label: "Template",
        help: "Approved template with one variable in its body: a name (Cloud API) or a content SID, HX... (Twilio). \
               Its own text may have 200 characters: WhatsApp takes 1,024 with the variable filled in. \
               Without one only people who wrote within the last 24 hours are reached.",
        shown_if: only(&[CLOUD_API, TWILIO]),
        ..Field::TEXT
    },
    Field {
        name: "template_language",
        label: "Template language",
        default: Some(cloud_api::LANGUAGE),
        help: "As the template was approved: en_US, en, bn ...",
        shown_if: only(&[CLOUD_API]),
        ..Field::TEXT
    },
    Field {
        name: "app_secret",
        label: "App secret",
        kind: FieldType::Password,
        help: "Of the Meta app (App settings, Basic). With it only callbacks that Meta signed are believed.",
        secret: true,
        shown_if: only(&[CLOUD_API]),
        ..Field::TEXT
    },
    Field {
        name: "base_url",
        label: "WAHA address",
        required: true,
        default: Some(waha::BASE),
        help: "Of your WAHA server. One on this machine or in your network must be listed in NOC_OUTBOUND_ALLOW.",
        shown_if: only(&[WAHA]),
        ..Field::TEXT
    },
    Field {
        name: "api_key",
        label: "API key",
        kind: FieldType::Password,
        help: "The WHATSAPP_API_KEY that the server was started with.",
        secret: true,
        shown_if: only(&[WAHA]),
        ..Field::TEXT
    },
    Field {
        name: "webhook_hmac_key",
        label: "Webhook HMAC key",
        kind: FieldType::Password,
        help: "The key that WAHA signs its webhooks with. With it only callbacks that WAHA signed are believed.",
        secret: true,
        shown_if: only(&[WAHA]),
        ..Field::TEXT
    },
    Field {
        name: "session",
        label: "Session",
        default: Some(waha::SESSION),
        shown_if: only(&[WAHA]),
        ..Field::TEXT
    },
    Field {
        name: "recipients",
        label: "Org recipients",
        kind: FieldType::List,
        help: "Telephone numbers, always in copy whenever WhatsApp is used; without a country code those of Bangladesh.",
        ..Field::TEXT
    },
    Field {
        name: "api_base",
        label: "API address",
        help: "Only for a proxy: takes the place of the provider's own.",
        shown_if: only(&[CLOUD_API, TWILIO]),
        ..Field::TEXT
    },
];

/// The WhatsApp channel.
#[derive(Debug)]
pub struct WhatsApp {
    http: Arc<Http>,
}

/// How one provider is spoken to.
struct Provider {
    hook: &'static str,
    read: fn(&Settings, &Callback<'_>) -> Result<Vec<Receipt>, CallbackError>,
    call: fn(&Settings, &Message, &str) -> Result<Call, String>,
    classify: fn(&Answer) -> Outcome,
}

fn provider(settings: &Settings) -> Provider {
    match settings.text("provider") {
        Some(TWILIO) => Provider {
            hook: "twilio",
            read: receipts::twilio,
            call: twilio::call,
            classify: twilio::classify,
        },
        Some(WAHA) => Provider {
            hook: "waha",
            read: receipts::waha,
            call: waha::call,
            classify: waha::classify,
        },
        _ => Provider {
            hook: "whatsapp",
            read: receipts::cloud_api,
            call: cloud_api::call,
            classify: cloud_api::classify,
        },
    }
}

/// The address that a setting names, else `default`.
fn base(settings: &Settings, field: &str, default: &str) -> Result<Url, String> {
    let text = settings.text(field).unwrap_or(default);
    parse(text).map_err(|wrong| format!("the address of the API {wrong}"))
}

/// A setting that must be there.
fn needed<'s>(settings: &'s Settings, field: &str, label: &str) -> Result<&'s str, String> {
    settings
        .text(field)
        .ok_or_else(|| format!("{label} is not set"))
}

/// Said where WhatsApp takes free text no more.
const WINDOW_CLOSED: &str = "the recipient has not written within 24 hours, so WhatsApp takes templates only: name an \
                             approved one in the channel's settings";

impl WhatsApp {
    /// Calls providers over `http`.
    #[must_use]
    pub const fn new(http: Arc<Http>) -> Self {
        Self { http }
    }
}

#[async_trait]
impl Channel for WhatsApp {
    fn key(&self) -> &'static str {
        "whatsapp"
    }

    fn label(&self) -> &'static str {
        "WhatsApp"
    }

    fn fields(&self) -> &'static [Field] {
        FIELDS
    }

    fn reach(&self) -> Reach {
        Reach::Phone
    }

    fn validate(&self, settings: &Settings) -> FieldErrors {
        let mut errors = FieldErrors::default();
        match settings.text("provider") {
            Some(TWILIO) => twilio::validate(settings, &mut errors),
            Some(WAHA) => {
                // The default is refused as well where nothing is listed, so it is written out to be judged.
                let mut written = settings.clone();
                if settings.text("base_url").is_none() {
                    written.set("base_url", waha::BASE.into());
                }
                check_base(&mut errors, "base_url", &written, self.http.outbound());
            }
            _ => cloud_api::validate(settings, &mut errors),
        }
        if settings.text("provider") != Some(WAHA) {
            check_base(&mut errors, "api_base", settings, self.http.outbound());
        }
        for recipient in settings.list("recipients") {
            if phone::e164(&recipient).is_none() {
                errors.add(
                    "recipients",
                    format!("{recipient} is not a telephone number"),
                );
            }
        }
        errors
    }

    fn destination_fields(&self) -> &'static [&'static str] {
        &["api_base", "base_url"]
    }

    fn own_recipients(&self, settings: &Settings) -> Vec<String> {
        settings.list("recipients")
    }

    fn normalise(&self, address: &str) -> Option<String> {
        phone::e164(address)
    }

    fn hook(&self, settings: &Settings) -> Option<&'static str> {
        Some(provider(settings).hook)
    }

    fn read_callback(
        &self,
        settings: &Settings,
        callback: &Callback<'_>,
    ) -> Result<Vec<Receipt>, CallbackError> {
        (provider(settings).read)(settings, callback)
    }

    fn written(&self, settings: &Settings, message: &Message) -> Written {
        let (limit, variable) = match settings.text("provider") {
            Some(TWILIO) => (twilio::LIMIT, Some(VARIABLE_LIMIT)),
            Some(WAHA) => (waha::LIMIT, None),
            _ => (cloud_api::LIMIT, Some(VARIABLE_LIMIT)),
        };
        match variable.filter(|_| settings.text("template_name").is_some()) {
            Some(variable) => Written::line(message, &MARKUP, variable),
            None => Written::chat(message, &MARKUP, limit),
        }
    }

    async fn send(&self, settings: &Settings, message: &Message) -> Outcome {
        let Some(number) = phone::e164(&message.recipient) else {
            return Outcome::Permanent {
                reason: format!("{} is not a telephone number", message.recipient),
            };
        };
        let provider = provider(settings);
        match (provider.call)(settings, message, &number) {
            Ok(call) => match self.http.post(call).await {
                Ok(answer) => (provider.classify)(&answer),
                Err(outcome) => outcome,
            },
            Err(reason) => Outcome::Permanent { reason },
        }
    }
}
