//! `/api/notification-channels`: the ways out, configured and tested. Each channel describes its own fields, so the
//! form is drawn from the answer.

mod check;

pub use check::ChannelCheck;

use crate::auth::caller::Caller;
use crate::auth::permission::Permission;
use crate::error::{ApiError, ErrorBody};
use crate::http::{Json, List};
use crate::resources::hooks;
use crate::state::AppState;
use crate::transaction::in_transaction;
use actix_web::{get, post, put, web};
use chrono::{DateTime, Utc};
use noc_actors::notify::channel::{self, Channel, Field, FieldType, Settings, store};
use noc_actors::notify::template::Templates;
use noc_pipeline::live::LiveEvent;
use noc_storage::relational::entity::notification_channel::Model;
use noc_storage::relational::{StoreError, notification_channels};
use noc_storage::secrets::random_base62;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::HashMap;
use std::sync::Arc;
use utoipa::ToSchema;

/// Of the secret part of a callback's address: 238 bits.
const SECRET_CHARACTERS: usize = 40;

/// What a field of a channel holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FieldKind {
    /// Text.
    Text,
    /// A whole number.
    Number,
    /// On or off.
    Bool,
    /// Text over several lines.
    Multiline,
    /// Text that is not shown.
    Password,
    /// One of `options`.
    Select,
    /// Several texts.
    List,
}

/// One field of a channel's form.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ChannelField {
    /// Name in `settings`.
    pub name: String,
    /// Label.
    pub label: String,
    /// What it holds.
    pub kind: FieldKind,
    /// Whether it must be filled in.
    pub required: bool,
    /// Written, never read back: `<name>_set` in the settings tells whether there is one.
    pub secret: bool,
    /// For a select: what there is.
    pub options: Vec<String>,
    /// What unset means, as text.
    pub default: Option<String>,
    /// One line of help.
    pub help: Option<String>,
    /// Only asked for, and only required, while another field says so; absent: always.
    pub shown_if: Option<FieldCondition>,
}

/// What another field has to say.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct FieldCondition {
    /// The other field, a select; its default counts where it is unset.
    pub field: String,
    /// One of these.
    pub values: Vec<String>,
}

/// A channel: what it is, how it is set, whether it works.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct NotificationChannel {
    /// Key: `email` ...
    pub channel: String,
    /// Shown name.
    pub label: String,
    /// Off: nothing is sent over it.
    pub enabled: bool,
    /// Whether it was ever set up.
    pub configured: bool,
    /// False after a failure that will not go away by itself, and while its provider is away; until a success.
    pub healthy: bool,
    /// Since when it is not healthy.
    pub unhealthy_since: Option<DateTime<Utc>>,
    /// That failure.
    pub last_error: Option<String>,
    /// When it was last tested.
    pub last_test_at: Option<DateTime<Utc>>,
    /// What came of it: `sent`, or why not.
    pub last_test_result: Option<String>,
    /// What the provider called that message.
    pub last_test_provider_id: Option<String>,
    /// Its form.
    pub fields: Vec<ChannelField>,
    /// Until when its provider asked to be left alone; nothing is sent before.
    pub paused_until: Option<DateTime<Utc>>,
    /// Whether a message a day to its own recipients shows that it works.
    pub canary: bool,
    /// What came of the last one; null while that is off, and before the first.
    pub last_check: Option<ChannelCheck>,
    /// Where its provider tells what became of messages; absent where it never does.
    pub callback: Option<ChannelCallback>,
    /// What is set; secrets are null, beside `<name>_set`.
    #[schema(value_type = Object)]
    pub settings: serde_json::Value,
    /// When it was last set.
    pub updated_at: Option<DateTime<Utc>>,
}

/// Where a provider tells what became of messages.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ChannelCallback {
    /// Whether an address was made.
    pub is_set: bool,
    /// The address to enter at the provider. A secret: only for whoever may configure channels.
    pub url: Option<String>,
    /// To enter where the provider asks for a verify token.
    pub verify_token: Option<String>,
    /// When the provider last called there; null: never, so nobody waits for what it would tell.
    pub last_receipt_at: Option<DateTime<Utc>>,
}

/// Settings of a channel, all of them; a secret that is absent or null stays, unless the host it belongs to changes.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChannelSettings {
    /// Whether it is used.
    pub enabled: bool,
    /// Whether a message a day to its own recipients shows that it works; as it was when absent.
    #[serde(default)]
    pub canary: Option<bool>,
    /// By the names of `fields`.
    #[schema(value_type = Object)]
    pub settings: serde_json::Map<String, serde_json::Value>,
}

/// Whom to send a test.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ChannelTest {
    /// An address of the channel's kind; its own recipients when absent.
    pub recipient: Option<String>,
}

/// What came of a test.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ChannelTestResult {
    /// Whether the provider took it.
    pub ok: bool,
    /// What it said, or why it could not be reached.
    pub result: String,
    /// What the provider calls the message.
    pub provider_id: Option<String>,
    /// When.
    pub at: DateTime<Utc>,
}

/// All channels there are, set up or not.
#[utoipa::path(tag = "notifications", responses((status = 200, body = List<NotificationChannel>)))]
#[get("/api/notification-channels")]
pub async fn list_notification_channels(
    state: web::Data<AppState>,
    caller: Caller,
) -> Result<web::Json<List<NotificationChannel>>, ApiError> {
    let rows = notification_channels::all(state.db().read()).await?;
    let mut by_key: HashMap<String, Model> = rows
        .into_iter()
        .map(|row| (row.channel.clone(), row))
        .collect();
    let mut channels = Vec::new();
    for channel in state.channels.iter() {
        let row = by_key.remove(channel.key());
        channels.push(view(&state, &caller, channel.as_ref(), row).await?);
    }
    Ok(web::Json(List::whole(channels)))
}

/// Sets a channel up.
#[utoipa::path(tag = "notifications", params(("key" = String, Path, description = "Channel")), request_body = ChannelSettings,
    responses((status = 200, body = NotificationChannel), (status = 404, body = ErrorBody)))]
#[put("/api/notification-channels/{key}")]
pub async fn put_notification_channel(
    state: web::Data<AppState>,
    caller: Caller,
    key: web::Path<String>,
    body: Json<ChannelSettings>,
) -> Result<web::Json<NotificationChannel>, ApiError> {
    let Json(new) = body;
    let channel = known(&state, &key)?;
    let now = state.now_ms();
    let row = in_transaction!(state, "set a channel up", [caller, channel, new], |tx| {
        let row = store::configure(
            tx,
            channel.as_ref(),
            &state.field_key,
            new.enabled,
            new.settings,
            now,
        )
        .await?;
        let row = match new.canary {
            Some(on) => {
                notification_channels::set_canary(tx, channel.key(), on).await?;
                let again = notification_channels::by_key(tx, channel.key()).await?;
                again.unwrap_or(row)
            }
            None => row,
        };
        let settings = store::open(&row, &state.field_key)?;
        let payload = json!({
            "enabled": row.enabled,
            "canary": row.canary,
            "fields": settings.names().collect::<Vec<_>>(),
        });
        let subject = format!("channel:{}", channel.key());
        let event = caller.event(now, "set_notification_channel", subject, payload);
        state.db().security().append(tx, event).await?;
        Ok(row)
    })?;
    state.parts.bus.publish(LiveEvent::CredentialsChanged).await;
    let view = view(&state, &caller, channel.as_ref(), Some(row)).await?;
    Ok(web::Json(view))
}

/// Makes the address at which the channel's provider tells what became of messages, or another one: the one before is not
/// heard any more.
#[utoipa::path(tag = "notifications", params(("key" = String, Path, description = "Channel")),
    responses((status = 200, body = NotificationChannel), (status = 404, body = ErrorBody),
        (status = 409, description = "`not_configured`: set it up first; `no_callbacks`: its provider tells nothing",
            body = ErrorBody)))]
#[post("/api/notification-channels/{key}/callback")]
pub async fn make_channel_callback(
    state: web::Data<AppState>,
    caller: Caller,
    key: web::Path<String>,
) -> Result<web::Json<NotificationChannel>, ApiError> {
    let channel = known(&state, &key)?;
    let now = state.now_ms();
    let row = in_transaction!(
        state,
        "make a channel's callback",
        [caller, channel],
        |tx| {
            let row = notification_channels::by_key(tx, channel.key()).await?;
            let row = row.ok_or_else(|| ApiError::Conflict {
                code: "not_configured",
                message: "set this channel up first".to_owned(),
            })?;
            if channel.hook(&plain(&row)).is_none() {
                return Err(ApiError::Conflict {
                    code: "no_callbacks",
                    message: "the provider of this channel tells nothing of messages".to_owned(),
                });
            }
            let secret = random_base62(SECRET_CHARACTERS);
            let row = notification_channels::set_hook(tx, &state.field_key, channel.key(), &secret)
                .await?;
            let subject = format!("channel:{}", channel.key());
            let event = caller.event(now, "make_channel_callback", subject, json!({}));
            state.db().security().append(tx, event).await?;
            Ok(row)
        }
    )?;
    let view = view(&state, &caller, channel.as_ref(), Some(row)).await?;
    Ok(web::Json(view))
}

/// Sends a test message now and says what came of it. A refusal by the provider is a 200 with `ok: false`.
#[utoipa::path(tag = "notifications", params(("key" = String, Path, description = "Channel")), request_body = ChannelTest,
    responses((status = 200, body = ChannelTestResult), (status = 404, body = ErrorBody),
        (status = 409, description = "`not_configured`: set it up first", body = ErrorBody)))]
#[post("/api/notification-channels/{key}/test")]
pub async fn test_notification_channel(
    state: web::Data<AppState>,
    caller: Caller,
    key: web::Path<String>,
    body: Json<ChannelTest>,
) -> Result<web::Json<ChannelTestResult>, ApiError> {
    let channel = known(&state, &key)?;
    let recipient = body.0.recipient.filter(|text| !text.trim().is_empty());
    let zone = state.config.accounts.timezone;
    let templates = Templates::new(&state.config.public_url(), zone).map_err(ApiError::internal)?;
    let sent = channel::send_test(
        &state.parts,
        &state.channels,
        &state.field_key,
        &templates,
        channel.key(),
        recipient.as_deref(),
    );
    let sent = sent.await?;
    let (ok, now) = (sent.ok, state.now_ms());
    let subject = format!("channel:{}", channel.key());
    let event = caller.event(
        now,
        "test_notification_channel",
        subject,
        json!({ "ok": ok }),
    );
    state
        .db()
        .security()
        .append_alone(state.db(), event)
        .await?;
    Ok(web::Json(ChannelTestResult {
        ok,
        result: sent.result,
        provider_id: sent.provider_id,
        at: sent.at.to_datetime(),
    }))
}

fn known(state: &AppState, key: &str) -> Result<Arc<dyn Channel>, ApiError> {
    state
        .channels
        .get(key)
        .cloned()
        .ok_or(ApiError::NotFound("channel"))
}

/// The settings of a row that are no secrets.
fn plain(row: &Model) -> Settings {
    Settings::new(row.settings.as_object().cloned().unwrap_or_default())
}

fn callback(
    state: &AppState,
    caller: &Caller,
    channel: &dyn Channel,
    row: Option<&Model>,
) -> Option<ChannelCallback> {
    let provider = channel.hook(&row.map(plain).unwrap_or_default())?;
    // One that cannot be opened is replaced by a new one, as other secrets are.
    let secret = row.and_then(|row| {
        notification_channels::hook_secret(&state.field_key, row)
            .ok()
            .flatten()
    });
    let is_set = secret.is_some();
    let secret = secret.filter(|_| caller.may(Permission::ChannelsManage));
    Some(ChannelCallback {
        is_set,
        url: secret
            .as_deref()
            .map(|secret| hooks::url(state, provider, secret)),
        verify_token: secret.filter(|_| provider == "whatsapp"),
        last_receipt_at: row
            .filter(|row| row.hook_provider.as_deref() == Some(provider))
            .and_then(|row| row.hook_receipt_at),
    })
}

async fn view(
    state: &AppState,
    caller: &Caller,
    channel: &dyn Channel,
    row: Option<Model>,
) -> Result<NotificationChannel, StoreError> {
    let last_check = match &row {
        Some(row) => check::last(state.db(), channel, row).await?,
        None => None,
    };
    Ok(NotificationChannel {
        last_check,
        paused_until: row
            .as_ref()
            .and_then(|row| notification_channels::paused(row, state.now_ms()))
            .map(|(until, _)| until.to_datetime()),
        canary: row.as_ref().is_some_and(|row| row.canary),
        callback: callback(state, caller, channel, row.as_ref()),
        channel: channel.key().to_owned(),
        label: channel.label().to_owned(),
        enabled: row.as_ref().is_some_and(|row| row.enabled),
        configured: row.is_some(),
        healthy: row.as_ref().is_none_or(|row| row.healthy),
        unhealthy_since: row.as_ref().and_then(|row| row.unhealthy_since),
        last_error: row
            .as_ref()
            .filter(|row| !row.healthy)
            .and_then(|row| row.last_error.clone()),
        last_test_at: row.as_ref().and_then(|row| row.last_test_at),
        last_test_result: row.as_ref().and_then(|row| row.last_test_result.clone()),
        last_test_provider_id: row
            .as_ref()
            .and_then(|row| row.last_test_provider_id.clone()),
        fields: channel.fields().iter().map(ChannelField::from).collect(),
        settings: store::shown(channel, row.as_ref(), &state.field_key),
        updated_at: row.map(|row| row.updated_at),
    })
}

impl From<&Field> for ChannelField {
    fn from(field: &Field) -> Self {
        Self {
            name: field.name.to_owned(),
            label: field.label.to_owned(),
            kind: field.kind.into(),
            required: field.required,
            secret: field.secret,
            options: field
                .options
                .iter()
                .map(|&option| option.to_owned())
                .collect(),
            default: field.default.map(str::to_owned),
            help: Some(field.help.to_owned()).filter(|help| !help.is_empty()),
            shown_if: field.shown_if.map(|rule| FieldCondition {
                field: rule.field.to_owned(),
                values: rule.values.iter().map(|&v| v.to_owned()).collect(),
            }),
        }
    }
}

impl From<FieldType> for FieldKind {
    fn from(kind: FieldType) -> Self {
        match kind {
            FieldType::Text => Self::Text,
            FieldType::Multiline => Self::Multiline,
            FieldType::Password => Self::Password,
            FieldType::Number => Self::Number,
            FieldType::Select => Self::Select,
            FieldType::List => Self::List,
            FieldType::Bool => Self::Bool,
        }
    }
}
