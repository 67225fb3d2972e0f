//! `/api/message-templates`: what messages say, and the organisation's own words in its place.
//!
//! What is written is checked against samples of every sort before it is kept, so that a typing error is found by whoever
//! made it; the message itself falls back to the product's words all the same.

mod view;

pub use view::*;

use crate::auth::caller::Caller;
use crate::error::{ApiError, ErrorBody, Problems};
use crate::http::{Json, List, Query};
use crate::resources::incidents::names_of;
use crate::state::AppState;
use crate::transaction::in_transaction;
use actix_web::{HttpResponse, delete, get, post, put, web};
use noc_actors::notify::channel::{Channel, Settings};
use noc_actors::notify::message::Kind;
use noc_actors::notify::template::wordings::{WORDINGS, Wording};
use noc_actors::notify::template::{OwnWords, Templates};
use noc_storage::relational::entity::message_template::Model;
use noc_storage::relational::message_templates::{self, EVERY_CHANNEL, WordsDraft};
use noc_storage::relational::notification_channels;
use serde_json::json;
use std::collections::HashMap;
use std::sync::Arc;

/// Every kind of message, what it says and which words of one's own there are.
#[utoipa::path(tag = "notifications", responses((status = 200, body = List<MessageKind>)))]
#[get("/api/message-templates")]
pub async fn list_message_templates(
    state: web::Data<AppState>,
) -> Result<web::Json<List<MessageKind>>, ApiError> {
    let rows = message_templates::all(state.db().read()).await?;
    let people = names_of(state.db(), rows.iter().filter_map(|row| row.updated_by)).await?;
    let templates = templates(&state)?;
    let mut kinds = Vec::with_capacity(WORDINGS.len());
    for wording in WORDINGS {
        let own = rows.iter().filter(|row| row.kind == wording.kind.name());
        kinds.push(shown(&templates, wording, own.cloned().collect(), &people)?);
    }
    Ok(web::Json(List::whole(kinds)))
}

/// Says a kind of message in words of one's own, on every channel or on one. In force with the next message.
#[utoipa::path(tag = "notifications", params(("kind" = String, Path, description = "Kind of message")),
    request_body = NewMessageTemplate,
    responses((status = 200, body = MessageKind), (status = 404, body = ErrorBody),
        (status = 422, description = "`errors` names subject or text, with line and reason", body = ErrorBody)))]
#[put("/api/message-templates/{kind}")]
pub async fn put_message_template(
    state: web::Data<AppState>,
    caller: Caller,
    kind: web::Path<String>,
    body: Json<NewMessageTemplate>,
) -> Result<web::Json<MessageKind>, ApiError> {
    let wording = known(&kind)?;
    let Json(new) = body;
    let channel = channel_of(&state, new.channel.as_deref())?;
    let words = words(new.subject, new.text);
    if words == OwnWords::default() {
        let problem = "write a subject or a text; to go back to the built-in words, reset it";
        return Err(ApiError::field("subject", problem));
    }
    check(&templates(&state)?, wording, &words)?;
    let key = channel.map_or(EVERY_CHANNEL, |channel| channel.key());
    let draft = WordsDraft {
        subject: words.subject,
        body: words.text,
    };
    let now = state.now_ms();
    in_transaction!(state, "write a message template", [caller, draft], |tx| {
        let payload = json!({
            "channel": key, "subject": draft.subject.is_some(), "text": draft.body.is_some(),
        });
        let by = Some(caller.user.id);
        message_templates::put(tx, wording.kind.name(), key, draft, by, now).await?;
        let subject = format!("message_template:{}", wording.kind.name());
        let event = caller.event(now, "set_message_template", subject, payload);
        state.db().security().append(tx, event).await?;
        Ok(())
    })?;
    Ok(web::Json(stored(&state, wording).await?))
}

/// Goes back to the words without these: of a channel to those for every channel, of those to the product's.
#[utoipa::path(tag = "notifications",
    params(("kind" = String, Path, description = "Kind of message"), ChannelQuery),
    responses((status = 204, description = "Reset"), (status = 404, body = ErrorBody)))]
#[delete("/api/message-templates/{kind}")]
pub async fn delete_message_template(
    state: web::Data<AppState>,
    caller: Caller,
    kind: web::Path<String>,
    query: Query<ChannelQuery>,
) -> Result<HttpResponse, ApiError> {
    let wording = known(&kind)?;
    let channel = channel_of(&state, query.0.channel.as_deref())?;
    let key = channel.map_or(EVERY_CHANNEL, |channel| channel.key());
    let now = state.now_ms();
    in_transaction!(state, "reset a message template", [caller], |tx| {
        message_templates::delete(tx, wording.kind.name(), key).await?;
        let subject = format!("message_template:{}", wording.kind.name());
        let payload = json!({ "channel": key });
        let event = caller.event(now, "reset_message_template", subject, payload);
        state.db().security().append(tx, event).await?;
        Ok(())
    })?;
    Ok(HttpResponse::NoContent().finish())
}

/// Shows a sample message in these words, on each channel as it would send it. Keeps nothing, sends nothing.
#[utoipa::path(tag = "notifications", request_body = MessagePreviewAsk,
    responses((status = 200, body = MessagePreview), (status = 404, body = ErrorBody),
        (status = 422, description = "`errors` names subject or text, with line and reason", body = ErrorBody)))]
#[post("/api/message-templates/preview")]
pub async fn preview_message_template(
    state: web::Data<AppState>,
    body: Json<MessagePreviewAsk>,
) -> Result<web::Json<MessagePreview>, ApiError> {
    let Json(ask) = body;
    let wording = known(&ask.kind)?;
    let only = channel_of(&state, ask.channel.as_deref())?;
    let mut words = words(ask.subject, ask.text);
    let templates = templates(&state)?;
    check(&templates, wording, &words)?;
    if only.is_some() {
        // What is not said on this channel alone is said as on every channel.
        let general = message_templates::of(state.db().read(), &ask.kind, EVERY_CHANNEL).await?;
        if let Some(general) = general.into_iter().next() {
            words.subject = words.subject.or(general.subject);
            words.text = words.text.or(general.body);
        }
    }
    let rows = notification_channels::all(state.db().read()).await?;
    let mut channels = Vec::new();
    for channel in state.channels.iter() {
        if only.is_some_and(|only| only.key() != channel.key()) {
            continue;
        }
        let row = rows.iter().find(|row| row.channel == channel.key());
        let settings = row.and_then(|row| row.settings.as_object().cloned());
        let settings = Settings::new(settings.unwrap_or_default());
        let preview = templates.preview(wording, &words, channel.as_ref(), &settings);
        let preview = preview.map_err(ApiError::internal)?;
        channels.extend(preview.map(|preview| ChannelPreview::new(channel.as_ref(), preview)));
    }
    Ok(web::Json(MessagePreview {
        kind: ask.kind,
        channels,
    }))
}

fn templates(state: &AppState) -> Result<Templates, ApiError> {
    let zone = state.config.accounts.timezone;
    Templates::new(&state.config.public_url(), zone).map_err(ApiError::internal)
}

fn known(kind: &str) -> Result<&'static Wording, ApiError> {
    Kind::from_name(kind)
        .and_then(Wording::of)
        .ok_or(ApiError::NotFound("kind of message"))
}

fn channel_of<'s>(
    state: &'s AppState,
    key: Option<&str>,
) -> Result<Option<&'s Arc<dyn Channel>>, ApiError> {
    let Some(key) = key else { return Ok(None) };
    match state.channels.get(key) {
        Some(channel) => Ok(Some(channel)),
        None => Err(ApiError::field(
            "channel",
            format!("{key:?} is no channel: see GET /api/notification-channels"),
        )),
    }
}

fn words(subject: Option<String>, text: Option<String>) -> OwnWords {
    let said = |text: Option<String>| text.filter(|text| !text.trim().is_empty());
    OwnWords {
        subject: said(subject),
        text: said(text),
    }
}

fn check(templates: &Templates, wording: &Wording, words: &OwnWords) -> Result<(), ApiError> {
    let mut problems = Problems::new();
    let faults = templates.check(wording, words);
    for fault in faults.map_err(ApiError::internal)? {
        problems.add(fault.part.name(), fault.told());
    }
    problems.into_result()
}

async fn stored(state: &AppState, wording: &Wording) -> Result<MessageKind, ApiError> {
    let mut rows = message_templates::all(state.db().write()).await?;
    rows.retain(|row| row.kind == wording.kind.name());
    let people = names_of(state.db(), rows.iter().filter_map(|row| row.updated_by)).await?;
    shown(&templates(state)?, wording, rows, &people)
}

fn shown(
    templates: &Templates,
    wording: &Wording,
    rows: Vec<Model>,
    people: &HashMap<i64, String>,
) -> Result<MessageKind, ApiError> {
    let samples = wording.samples(templates).map_err(ApiError::internal)?;
    Ok(MessageKind::new(wording, samples.first(), rows, people))
}
