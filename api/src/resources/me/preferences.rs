//! `/api/me/notification-preferences`: what one wants to be told of, where and when.

use super::contacts::personal;
use crate::auth::caller::Caller;
use crate::error::{ApiError, Problems};
use crate::http::Json;
use crate::resources::incidents::Severity;
use crate::state::AppState;
use crate::transaction::in_transaction;
use actix_web::{get, put, web};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use noc_actors::notify::personal::preferences::Preferences;
use noc_actors::notify::personal::quiet::{clock_time, read_clock_time};
use noc_actors::notify::personal::{CHANNELS, EMAIL, address};
use noc_storage::relational::contacts;
use noc_storage::relational::entity::{contact, user_notification_preference};
use noc_storage::relational::notification_preferences::{self, ChannelChoice, PreferencesDraft};
use sea_orm::ConnectionTrait;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use utoipa::ToSchema;

/// Whether and where one channel reaches its person.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ChannelPreference {
    /// False: never there.
    pub enabled: bool,
    /// A verified address, as it is shown; null: none was chosen.
    pub address: Option<String>,
}

/// What each channel does.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ChannelPreferences {
    /// E-mail; the account's own address unless another was chosen.
    pub email: ChannelPreference,
    /// WhatsApp.
    pub whatsapp: ChannelPreference,
    /// Telegram.
    pub telegram: ChannelPreference,
    /// Discord.
    pub discord: ChannelPreference,
}

/// When one wants to be left alone.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct QuietHours {
    /// `HH:MM`, from then on.
    pub start: String,
    /// `HH:MM`, until before then; not after `start`: on the next day; equal: no quiet hours.
    pub end: String,
    /// IANA name of the zone of all times of day here.
    pub timezone: String,
    /// Holds back what is critical too.
    pub block_critical: bool,
}

/// One message a day.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DailyDigest {
    /// Takes the place of e-mail about each event that is not critical.
    pub enabled: bool,
    /// `HH:MM`, in the zone of the quiet hours.
    pub at: String,
}

/// One's own preferences.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct NotificationPreferences {
    /// Where.
    pub channels: ChannelPreferences,
    /// What flat lists of channels tell one of. Steps of escalation policies name people whatever it is.
    pub severities: Vec<Severity>,
    /// When not.
    pub quiet_hours: QuietHours,
    /// Once a day instead.
    pub digest: DailyDigest,
    /// When they were saved; null: never. Until then flat lists of channels tell one nothing personally.
    pub updated_at: Option<DateTime<Utc>>,
}

/// A choice for one channel.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ChannelPreferenceInput {
    /// Whether it is used.
    pub enabled: bool,
    /// One of one's verified addresses; null with `email`: the account's own.
    pub address: Option<String>,
}

/// Choices; a channel that is left out is off.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ChannelPreferencesInput {
    /// E-mail.
    pub email: ChannelPreferenceInput,
    /// WhatsApp.
    pub whatsapp: ChannelPreferenceInput,
    /// Telegram.
    pub telegram: ChannelPreferenceInput,
    /// Discord.
    pub discord: ChannelPreferenceInput,
}

/// Preferences to save, all of them.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NotificationPreferencesInput {
    /// Where.
    pub channels: ChannelPreferencesInput,
    /// What flat lists of channels tell one of; may be empty.
    pub severities: Vec<Severity>,
    /// When not.
    pub quiet_hours: QuietHours,
    /// Once a day instead.
    pub digest: DailyDigest,
    /// As it was read; means nothing here.
    #[serde(default)]
    #[schema(value_type = Option<DateTime<Utc>>)]
    pub updated_at: Option<serde_json::Value>,
}

/// One's own preferences; the defaults for whoever never saved any: e-mail at the account's own address, critical and
/// high, no quiet hours, no digest.
#[utoipa::path(tag = "me", responses((status = 200, body = NotificationPreferences)))]
#[get("/api/me/notification-preferences")]
pub async fn my_notification_preferences(
    state: web::Data<AppState>,
    caller: Caller,
) -> Result<web::Json<NotificationPreferences>, ApiError> {
    Ok(web::Json(read(&state, state.db().read(), &caller).await?))
}

/// Saves one's own preferences. What was held back until now is told at once if the new hours are not quiet.
#[utoipa::path(tag = "me", request_body = NotificationPreferencesInput,
    responses((status = 200, body = NotificationPreferences)))]
#[put("/api/me/notification-preferences")]
pub async fn put_my_notification_preferences(
    state: web::Data<AppState>,
    caller: Caller,
    body: Json<NotificationPreferencesInput>,
) -> Result<web::Json<NotificationPreferences>, ApiError> {
    let Json(input) = body;
    let now = state.now_ms();
    let saved = in_transaction!(state, "save preferences", [caller, input], |tx| {
        let own = contacts::of_user(tx, caller.user.id).await?;
        let draft = draft(&state, &caller, &own, &input)?;
        let payload = payload(&draft);
        notification_preferences::put(tx, caller.user.id, draft, now).await?;
        let subject = format!("user:{}", caller.user.id);
        let event = caller.event(now, "set_notification_preferences", subject, payload);
        let saved = read(&state, tx, &caller).await?;
        state.db().security().append(tx, event).await?;
        Ok(saved)
    })?;
    Ok(web::Json(saved))
}

async fn read(
    state: &AppState,
    conn: &impl ConnectionTrait,
    caller: &Caller,
) -> Result<NotificationPreferences, ApiError> {
    let row = notification_preferences::get(conn, caller.user.id).await?;
    let own = contacts::of_user(conn, caller.user.id).await?;
    let preferences = match &row {
        Some(row) => Preferences::read(row)?,
        None => unsaved(state.config.accounts.timezone, &own),
    };
    Ok(view(&caller.user.email, &own, &preferences, row.as_ref()))
}

/// Where whoever never saved anything is told: the last address they verified on each channel, as an escalation sees it.
fn unsaved(zone: Tz, own: &[contact::Model]) -> Preferences {
    let mut preferences = Preferences::unsaved(zone);
    let verified = own.iter().filter(|contact| contact.verified_at.is_some());
    for contact in verified.filter(|contact| contact.channel != EMAIL) {
        let choice = ChannelChoice {
            enabled: true,
            contact_id: Some(contact.id),
        };
        preferences.channels.insert(contact.channel.clone(), choice);
    }
    preferences
}

fn view(
    account: &str,
    own: &[contact::Model],
    preferences: &Preferences,
    row: Option<&user_notification_preference::Model>,
) -> NotificationPreferences {
    let channel = |key: &str| {
        let choice = preferences.choice(key);
        let mut contacts = own.iter();
        let chosen = contacts.find(|contact| Some(contact.id) == choice.contact_id);
        let address = chosen.map(|contact| contact.address.clone());
        ChannelPreference {
            enabled: choice.enabled,
            address: address.or_else(|| (key == EMAIL).then(|| account.to_owned())),
        }
    };
    let quiet = preferences.quiet;
    NotificationPreferences {
        channels: ChannelPreferences {
            email: channel(EMAIL),
            whatsapp: channel("whatsapp"),
            telegram: channel("telegram"),
            discord: channel("discord"),
        },
        // The worst first, as people say it.
        severities: preferences
            .severities
            .iter()
            .rev()
            .map(|severity| (*severity).into())
            .collect(),
        quiet_hours: QuietHours {
            start: clock_time(quiet.start),
            end: clock_time(quiet.end),
            timezone: quiet.zone.name().to_owned(),
            block_critical: quiet.block_critical,
        },
        digest: DailyDigest {
            enabled: preferences.digest,
            at: clock_time(preferences.digest_minute),
        },
        updated_at: row.map(|row| row.updated_at),
    }
}

/// The row, or everything that is wrong with the body.
fn draft(
    state: &AppState,
    caller: &Caller,
    own: &[contact::Model],
    input: &NotificationPreferencesInput,
) -> Result<PreferencesDraft, ApiError> {
    let mut problems = Problems::new();
    let mut channels = BTreeMap::new();
    for key in CHANNELS {
        let given = match key {
            "whatsapp" => &input.channels.whatsapp,
            "telegram" => &input.channels.telegram,
            "discord" => &input.channels.discord,
            _ => &input.channels.email,
        };
        match choice(state, caller, own, key, given) {
            Ok(choice) => {
                channels.insert(key.to_owned(), choice);
            }
            Err(wrong) => problems.add(format!("channels.{key}.address"), wrong),
        }
    }
    let mut minute = |field: &str, text: &str| {
        let minute = read_clock_time(text);
        problems.require(minute.is_some(), field, "must be HH:MM, 00:00 to 23:59");
        minute
            .and_then(|minute| i32::try_from(minute).ok())
            .unwrap_or(0)
    };
    let quiet_start = minute("quiet_hours.start", &input.quiet_hours.start);
    let quiet_end = minute("quiet_hours.end", &input.quiet_hours.end);
    let digest_minute = minute("digest.at", &input.digest.at);
    let zone = input.quiet_hours.timezone.parse::<Tz>();
    problems.require(
        zone.is_ok(),
        "quiet_hours.timezone",
        "must be the IANA name of a time zone, such as Asia/Dhaka",
    );
    problems.require(
        !input.digest.enabled || input.channels.email.enabled,
        "digest.enabled",
        "goes by e-mail: switch e-mail on",
    );
    problems.into_result()?;
    let severities: BTreeSet<Severity> = input.severities.iter().copied().collect();
    let name = |severity: Severity| noc_pipeline::control::Severity::from(severity).name();
    Ok(PreferencesDraft {
        channels,
        severities: severities.into_iter().map(|s| name(s).to_owned()).collect(),
        quiet_start,
        quiet_end,
        timezone: zone.unwrap_or(Tz::UTC).name().to_owned(),
        block_critical: input.quiet_hours.block_critical,
        digest_enabled: input.digest.enabled,
        digest_minute,
    })
}

fn choice(
    state: &AppState,
    caller: &Caller,
    own: &[contact::Model],
    key: &str,
    given: &ChannelPreferenceInput,
) -> Result<ChannelChoice, &'static str> {
    let enabled = given.enabled;
    let text = given.address.as_deref().map(str::trim);
    let Some(text) = text.filter(|text| !text.is_empty()) else {
        if enabled && key != EMAIL {
            return Err("choose a verified address, or switch the channel off");
        }
        return Ok(ChannelChoice {
            enabled,
            contact_id: None,
        });
    };
    let channel = personal(state, key).map_err(|_| "is on no channel that reaches people")?;
    // As shown or in any other spelling; of a webhook the URL or what is shown of it.
    let read = address::read(channel.as_ref(), text).ok();
    let same = |shown: &str, known: &str| {
        shown == text || read.as_ref().is_some_and(|read| read.key == known)
    };
    let account = caller.user.email.as_str();
    let account_key = channel.normalise(account).unwrap_or_default();
    if key == EMAIL && same(account, &account_key) {
        return Ok(ChannelChoice {
            enabled,
            contact_id: None,
        });
    }
    let mut contacts = own.iter().filter(|contact| contact.channel == key);
    let found = contacts.find(|contact| same(&contact.address, &contact.address_key));
    match found {
        Some(contact) if contact.verified_at.is_some() => Ok(ChannelChoice {
            enabled,
            contact_id: Some(contact.id),
        }),
        Some(_) => Err("is not verified yet: enter its code first"),
        None => Err("is none of your contacts: add it first"),
    }
}

/// For the security log: what was chosen, no addresses.
fn payload(draft: &PreferencesDraft) -> serde_json::Value {
    let on = draft.channels.iter().filter(|(_, choice)| choice.enabled);
    json!({
        "channels": on.map(|(key, _)| key.as_str()).collect::<Vec<_>>(),
        "severities": draft.severities,
        "quiet_hours": draft.quiet_start != draft.quiet_end,
        "block_critical": draft.block_critical,
        "digest": draft.digest_enabled,
    })
}
