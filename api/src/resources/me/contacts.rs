//! `/api/me/contacts`: addresses at which one is told personally. Each counts once its owner has entered the code that
//! was sent there.

use crate::auth::caller::Caller;
use crate::error::{ApiError, ErrorBody};
use crate::http::{Id, Json, JsonOrNothing, List};
use crate::resources::me::contact_test::ContactTest;
use crate::resources::notification_deliveries::{Delivery, DeliveryStatus};
use crate::state::AppState;
use crate::transaction::in_transaction;
use actix_web::{HttpResponse, delete, get, post, web};
use chrono::{DateTime, Utc};
use noc_actors::notify::channel::Channel;
use noc_actors::notify::personal::verify::{self, Entered, MOST_TRIES};
use noc_actors::notify::personal::{CHANNELS, EMAIL, address, trial};
use noc_pipeline::clock::UnixMs;
use noc_pipeline::live::LiveEvent;
use noc_storage::relational::entity::contact::Model;
use noc_storage::relational::entity::notification_delivery;
use noc_storage::relational::{
    SecurityLevel, contacts, deliveries, notification_channels, notification_preferences,
    rate_limits,
};
use sea_orm::{ConnectionTrait, DatabaseTransaction};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;
use utoipa::ToSchema;

/// Contacts of one person.
const MOST: u64 = 20;
/// Between two codes, or two tests, to one contact.
pub(super) const PAUSE: Duration = Duration::from_secs(60);
/// Codes that a person may ask for within an hour, and tests; then an hour's rest.
const MOST_ASKED: u32 = 5;
const HOUR: Duration = Duration::from_secs(3_600);

/// A channel that reaches people at addresses of their own.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PersonalChannel {
    /// Key: `email`, `whatsapp`, `telegram` or `discord`.
    pub channel: String,
    /// Shown name.
    pub label: String,
    /// False: an administrator has not switched it on, so nothing is sent over it.
    pub available: bool,
}

/// An address at which one is told personally.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Contact {
    /// Id.
    pub id: i64,
    /// Key of the channel.
    pub channel: String,
    /// As it is shown; of a webhook only its id, because who has its address can post there.
    pub address: String,
    /// Whether its code was entered. Nothing but codes is sent to one that is not verified.
    pub verified: bool,
    /// When.
    pub verified_at: Option<DateTime<Utc>>,
    /// The code that is awaited; null once it is verified.
    pub code: Option<ContactCode>,
    /// The test that was sent there last, within the last hour.
    pub test: Option<ContactTest>,
    /// When it was added.
    pub created_at: DateTime<Utc>,
}

/// The last code that was asked for.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ContactCode {
    /// When.
    pub asked_at: DateTime<Utc>,
    /// How its message stands.
    pub status: DeliveryStatus,
    /// Why it has not arrived, where that is known.
    pub reason: Option<String>,
    /// Until when it counts; null until it has left.
    pub expires_at: Option<DateTime<Utc>>,
    /// How often it may still be entered.
    pub tries_left: i32,
    /// From when on another one may be asked for.
    pub again_at: DateTime<Utc>,
}

/// An address to add.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewContact {
    /// Key of the channel: `email`, `whatsapp`, `telegram` or `discord`.
    pub channel: String,
    /// An e-mail address, a telephone number (Bangladesh's without country code), a chat id, the URL of a webhook.
    pub address: String,
}

/// What was entered.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EnteredCode {
    /// Six digits; blanks between them do not matter.
    pub code: String,
}

/// Nothing to say.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AnotherCode {}

/// The channels that reach people at addresses of their own.
#[utoipa::path(tag = "me", responses((status = 200, body = List<PersonalChannel>)))]
#[get("/api/me/notification-channels")]
pub async fn list_my_channels(
    state: web::Data<AppState>,
) -> Result<web::Json<List<PersonalChannel>>, ApiError> {
    let rows = notification_channels::all(state.db().read()).await?;
    let is_on = |key: &str| rows.iter().any(|row| row.channel == key && row.enabled);
    let channels = CHANNELS.iter().filter_map(|key| {
        let channel = state.channels.get(key)?;
        Some(PersonalChannel {
            channel: (*key).to_owned(),
            label: channel.label().to_owned(),
            available: is_on(key),
        })
    });
    Ok(web::Json(List::whole(channels.collect())))
}

/// One's own contacts, oldest first. The account's own e-mail address is none of them: it always counts.
#[utoipa::path(tag = "me", responses((status = 200, body = List<Contact>)))]
#[get("/api/me/contacts")]
pub async fn list_my_contacts(
    state: web::Data<AppState>,
    caller: Caller,
) -> Result<web::Json<List<Contact>>, ApiError> {
    let db = state.db().read();
    let tests = trial::recent(db, caller.user.id, state.now_ms()).await?;
    let mut views = Vec::new();
    for row in contacts::of_user(db, caller.user.id).await? {
        views.push(view(db, row, &tests).await?);
    }
    Ok(web::Json(List::whole(views)))
}

/// Adds an address and sends its code there.
#[utoipa::path(tag = "me", request_body = NewContact,
    responses((status = 201, body = Contact),
        (status = 409, description = "`already_exists`, `already_verified` (the account's own address), `channel_off`, `too_many`", body = ErrorBody),
        (status = 429, description = "`too_many_requests`: `Retry-After` says when", body = ErrorBody)))]
#[post("/api/me/contacts")]
pub async fn add_my_contact(
    state: web::Data<AppState>,
    caller: Caller,
    body: Json<NewContact>,
) -> Result<HttpResponse, ApiError> {
    let Json(new) = body;
    let channel = personal(&state, &new.channel)?;
    let address = address::read(channel.as_ref(), &new.address)
        .map_err(|wrong| ApiError::field("address", wrong))?;
    if channel.key() == EMAIL
        && channel.normalise(&caller.user.email).as_ref() == Some(&address.key)
    {
        return Err(ApiError::Conflict {
            code: "already_verified",
            message: "this is your account's own address: it counts without a code".to_owned(),
        });
    }
    let now = state.now_ms();
    let key = channel.key();
    let view = in_transaction!(state, "add a contact", [caller, address], |tx| {
        is_on(tx, key).await?;
        let user = caller.user.id;
        if contacts::find(tx, user, key, &address.key).await?.is_some() {
            return Err(ApiError::Conflict {
                code: "already_exists",
                message: "you have added this address before".to_owned(),
            });
        }
        if contacts::count(tx, user).await? >= MOST {
            return Err(ApiError::Conflict {
                code: "too_many",
                message: format!("you have {MOST} contacts: delete one first"),
            });
        }
        charge(tx, "contact_code", user, now).await?;
        let new = contacts::NewContact {
            user_id: user,
            channel: key.to_owned(),
            address: address.shown,
            address_key: address.key,
            secret: address.secret,
        };
        let row = contacts::create(tx, &state.field_key, new, now).await?;
        let row = verify::ask(tx, &row, now).await?;
        let view = view(tx, row, &[]).await?;
        let event = caller.event(
            now,
            "add_contact",
            subject(view.id),
            json!({ "channel": key }),
        );
        state.db().security().append(tx, event).await?;
        Ok(view)
    })?;
    state.parts.bus.publish(LiveEvent::DeliveriesQueued).await;
    Ok(HttpResponse::Created().json(view))
}

/// Sends another code; the last one no longer counts.
#[utoipa::path(tag = "me", params(("id" = i64, Path, description = "Contact")), request_body = AnotherCode,
    responses((status = 200, body = Contact), (status = 404, body = ErrorBody),
        (status = 409, description = "`already_verified`, `channel_off`", body = ErrorBody),
        (status = 429, description = "`too_many_requests`: one a minute, five an hour", body = ErrorBody)))]
#[post("/api/me/contacts/{id}/resend")]
pub async fn resend_my_contact_code(
    state: web::Data<AppState>,
    caller: Caller,
    id: Id,
    _body: JsonOrNothing<AnotherCode>,
) -> Result<web::Json<Contact>, ApiError> {
    let now = state.now_ms();
    let view = in_transaction!(state, "send another code", [caller], |tx| {
        let row = find(tx, &caller, id).await?;
        awaits_code(&row)?;
        is_on(tx, &row.channel).await?;
        let asked_at = row.code_asked_at.map(UnixMs::from);
        let wait = asked_at.map(|at| at.plus(PAUSE).since(now));
        if let Some(retry_after) = wait.filter(|wait| !wait.is_zero()) {
            return Err(ApiError::TooManyRequests { retry_after });
        }
        charge(tx, "contact_code", caller.user.id, now).await?;
        let row = verify::ask(tx, &row, now).await?;
        let view = view(tx, row, &[]).await?;
        let payload = json!({ "channel": view.channel });
        let event = caller.event(now, "send_contact_code", subject(view.id), payload);
        state.db().security().append(tx, event).await?;
        Ok(view)
    })?;
    state.parts.bus.publish(LiveEvent::DeliveriesQueued).await;
    Ok(web::Json(view))
}

/// Enters the code that was sent to a contact: it counts from now on.
#[utoipa::path(tag = "me", params(("id" = i64, Path, description = "Contact")), request_body = EnteredCode,
    responses((status = 200, body = Contact), (status = 404, body = ErrorBody),
        (status = 409, description = "`already_verified`, `code_not_sent`, `code_expired`, `code_spent`: ask for another one", body = ErrorBody)))]
#[post("/api/me/contacts/{id}/verify")]
pub async fn verify_my_contact(
    state: web::Data<AppState>,
    caller: Caller,
    id: Id,
    body: Json<EnteredCode>,
) -> Result<web::Json<Contact>, ApiError> {
    let code: String = body.0.code.split_whitespace().collect();
    if code.len() != verify::DIGITS || !code.chars().all(|c| c.is_ascii_digit()) {
        return Err(ApiError::field("code", "is six digits"));
    }
    let now = state.now_ms();
    // A wrong try is stored, so it is no error within the transaction.
    let (entered, view) = in_transaction!(state, "verify a contact", [caller, code], |tx| {
        let row = find(tx, &caller, id).await?;
        awaits_code(&row)?;
        let entered = verify::check(&row, &code, now);
        let (row, event) = match entered {
            Entered::Right => {
                let payload = json!({ "channel": row.channel });
                let event = caller.event(now, "verify_contact", subject(row.id), payload);
                (contacts::prove(tx, &row, now).await?, event)
            }
            Entered::Wrong(left) => {
                let payload = json!({ "channel": row.channel, "tries_left": left });
                let mut event = caller.event(now, "wrong_contact_code", subject(row.id), payload);
                event.level = SecurityLevel::Warning;
                (contacts::code_tried(tx, &row).await?, event)
            }
            Entered::Spent | Entered::Late | Entered::None => return Ok((entered, None)),
        };
        let view = view(tx, row, &[]).await?;
        state.db().security().append(tx, event).await?;
        Ok((entered, Some(view)))
    })?;
    let conflict = |code, message: &str| {
        Err(ApiError::Conflict {
            code,
            message: message.to_owned(),
        })
    };
    match entered {
        Entered::Right => Ok(web::Json(view.ok_or(ApiError::NotFound("contact"))?)),
        Entered::Wrong(0) => Err(ApiError::field(
            "code",
            "is not the code that was sent, and that was the last try: ask for another one",
        )),
        Entered::Wrong(left) => {
            let tries = if left == 1 { "try" } else { "tries" };
            let text = format!("is not the code that was sent last; {left} {tries} left");
            Err(ApiError::field("code", text))
        }
        Entered::Spent => conflict(
            "code_spent",
            "the code was entered wrongly too often: ask for another one",
        ),
        Entered::Late => conflict("code_expired", "the code is too old: ask for another one"),
        Entered::None => conflict("code_not_sent", "no code has been sent yet: wait a moment"),
    }
}

/// Deletes a contact. A channel that used it is off then; e-mail goes to the account's own address again.
#[utoipa::path(tag = "me", params(("id" = i64, Path, description = "Contact")),
    responses((status = 204, description = "Deleted"), (status = 404, body = ErrorBody)))]
#[delete("/api/me/contacts/{id}")]
pub async fn delete_my_contact(
    state: web::Data<AppState>,
    caller: Caller,
    id: Id,
) -> Result<HttpResponse, ApiError> {
    let now = state.now_ms();
    in_transaction!(state, "delete a contact", [caller], |tx| {
        let row = find(tx, &caller, id).await?;
        let user = caller.user.id;
        let used = notification_preferences::forget_contact(tx, user, row.id, EMAIL).await?;
        contacts::delete(tx, user, row.id).await?;
        let payload = json!({ "channel": row.channel, "was_in_use": used });
        let event = caller.event(now, "delete_contact", subject(row.id), payload);
        state.db().security().append(tx, event).await?;
        Ok(())
    })?;
    Ok(HttpResponse::NoContent().finish())
}

pub(super) fn subject(id: i64) -> String {
    format!("contact:{id}")
}

/// A channel that reaches people.
pub(super) fn personal(state: &AppState, key: &str) -> Result<Arc<dyn Channel>, ApiError> {
    let known = CHANNELS.contains(&key).then(|| state.channels.get(key));
    known.flatten().cloned().ok_or_else(|| {
        let all = CHANNELS.join(", ");
        ApiError::field("channel", format!("must be one of {all}"))
    })
}

/// Refuses while nothing would be sent over the channel.
pub(super) async fn is_on(tx: &impl ConnectionTrait, channel: &str) -> Result<(), ApiError> {
    let row = notification_channels::by_key(tx, channel).await?;
    if row.is_some_and(|row| row.enabled) {
        return Ok(());
    }
    Err(ApiError::Conflict {
        code: "channel_off",
        message: "this channel is not switched on: an administrator must set it up first"
            .to_owned(),
    })
}

/// A person's contact, locked; somebody else's is not there.
pub(super) async fn find(
    tx: &DatabaseTransaction,
    caller: &Caller,
    id: Id,
) -> Result<Model, ApiError> {
    contacts::lock(tx, caller.user.id, id.0)
        .await?
        .ok_or(ApiError::NotFound("contact"))
}

fn awaits_code(row: &Model) -> Result<(), ApiError> {
    if row.verified_at.is_none() {
        return Ok(());
    }
    Err(ApiError::Conflict {
        code: "already_verified",
        message: "this contact is verified already".to_owned(),
    })
}

/// Counts a message that is asked for, of its kind: nobody may have us write to strangers all day.
pub(super) async fn charge(
    tx: &DatabaseTransaction,
    kind: &str,
    user: i64,
    now: UnixMs,
) -> Result<(), ApiError> {
    let bucket = format!("{kind}:user:{user}");
    let state = rate_limits::state(tx, &bucket, HOUR, now).await?;
    if let Some(until) = state.locked_until {
        return Err(ApiError::TooManyRequests {
            retry_after: until.since(now),
        });
    }
    let counted = rate_limits::register_failure(tx, &bucket, HOUR, now).await?;
    if counted.failures >= MOST_ASKED {
        rate_limits::lock(tx, &bucket, now.plus(HOUR)).await?;
    }
    Ok(())
}

/// `tests`: those of its owner, newest first.
pub(super) async fn view(
    conn: &impl ConnectionTrait,
    row: Model,
    tests: &[notification_delivery::Model],
) -> Result<Contact, ApiError> {
    let message = match row.code_delivery_id.filter(|_| row.verified_at.is_none()) {
        Some(id) => deliveries::get(conn, id).await?,
        None => None,
    };
    Ok(Contact {
        id: row.id,
        verified: row.verified_at.is_some(),
        verified_at: row.verified_at,
        code: code(&row, message),
        test: ContactTest::of(&row, tests),
        created_at: row.created_at,
        channel: row.channel,
        address: row.address,
    })
}

fn code(row: &Model, message: Option<notification_delivery::Model>) -> Option<ContactCode> {
    let (asked_at, message) = (row.code_asked_at?, Delivery::from(message?));
    Some(ContactCode {
        asked_at,
        status: message.status,
        reason: message.reason,
        expires_at: row.code_expires_at,
        tries_left: MOST_TRIES.saturating_sub(row.code_tries),
        again_at: UnixMs::from(asked_at).plus(PAUSE).to_datetime(),
    })
}
