//! `/hooks/{provider}/{secret}`: where providers tell what became of messages.
//!
//! The secret part of the address is ours, one for each channel; where a provider signs its calls, that is checked as
//! well. A wrong secret, another provider's name and a wrong signature look alike. What is told of messages that are not
//! ours is answered as if it were, or the provider would tell it again and again.

use crate::error::{ApiError, ErrorBody};
use crate::http::{ClientAddress, Query, RawBody};
use crate::state::AppState;
use actix_web::{HttpRequest, HttpResponse, get, post, web};
use noc_actors::notify::channel::receipt::{Callback, CallbackError};
use noc_actors::notify::channel::{Channel, Settings, store};
use noc_actors::notify::receipts;
use noc_storage::relational::entity::notification_channel::Model;
use noc_storage::relational::notification_channels;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::sync::Arc;
use subtle::ConstantTimeEq as _;
use utoipa::IntoParams;

/// Longer texts are not given back to whoever asks.
const LONGEST_CHALLENGE: usize = 256;

/// How Meta asks whether an address is ours.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct Verification {
    /// `subscribe`.
    #[serde(rename = "hub.mode")]
    pub mode: String,
    /// As it was entered there: the secret part of the address.
    #[serde(rename = "hub.verify_token")]
    pub verify_token: String,
    /// To be given back.
    #[serde(rename = "hub.challenge")]
    pub challenge: String,
}

/// Shows Meta that an address is ours: gives its challenge back.
#[utoipa::path(tag = "hooks", params(("provider" = String, Path, description = "`whatsapp`"),
        ("secret" = String, Path, description = "As made for the channel"), Verification),
    responses((status = 200, description = "The challenge", body = String, content_type = "text/plain"),
        (status = 404, body = ErrorBody)))]
#[get("/hooks/{provider}/{secret}")]
pub async fn verify_hook(
    state: web::Data<AppState>,
    address: ClientAddress,
    path: web::Path<(String, String)>,
    query: Query<Verification>,
) -> Result<HttpResponse, ApiError> {
    let (provider, secret) = path.into_inner();
    let Query(asked) = query;
    find(&state, address, &provider, &secret).await?;
    let fits = provider == "whatsapp"
        && asked.mode == "subscribe"
        && is_same(&asked.verify_token, &secret)
        && asked.challenge.len() <= LONGEST_CHALLENGE
        && asked.challenge.chars().all(|c| c.is_ascii_graphic());
    if !fits {
        return Err(unknown(&state, address));
    }
    Ok(HttpResponse::Ok()
        .content_type("text/plain; charset=utf-8")
        .body(asked.challenge))
}

/// Takes in what a provider tells of messages that it took. Telling it again changes nothing.
#[utoipa::path(tag = "hooks", params(("provider" = String, Path, description = "`whatsapp` (Meta), `twilio`, `waha`"),
        ("secret" = String, Path, description = "As made for the channel")),
    responses((status = 200, description = "Taken in, also where it is about nothing of ours"),
        (status = 400, description = "`malformed`: not what this provider says", body = ErrorBody),
        (status = 404, description = "No such address, or not signed by its provider", body = ErrorBody),
        (status = 413, description = "`too_large`", body = ErrorBody)))]
#[post("/hooks/{provider}/{secret}")]
pub async fn take_callback(
    state: web::Data<AppState>,
    request: HttpRequest,
    address: ClientAddress,
    path: web::Path<(String, String)>,
    body: RawBody,
) -> Result<HttpResponse, ApiError> {
    let (provider, secret) = path.into_inner();
    let (channel, row, settings) = find(&state, address, &provider, &secret).await?;
    let headers: Vec<(String, String)> = request
        .headers()
        .iter()
        .filter_map(|(name, value)| {
            Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()))
        })
        .collect();
    let url = url(&state, &provider, &secret);
    let callback = Callback {
        url: &url,
        headers: &headers,
        body: &body.0,
    };
    let told = match channel.read_callback(&settings, &callback) {
        Ok(told) => told,
        Err(CallbackError::Forged) => return Err(unknown(&state, address)),
        Err(error @ CallbackError::Malformed(_)) => {
            return Err(ApiError::Malformed(error.to_string()));
        }
    };
    receipts::take(&state.parts, &state.channels, &row, &provider, &told).await?;
    Ok(HttpResponse::Ok().finish())
}

/// The address that a provider is told to call.
pub(crate) fn url(state: &AppState, provider: &str, secret: &str) -> String {
    format!("{}/hooks/{provider}/{secret}", state.config.public_url())
}

/// The channel whose address this is, with its settings in the clear.
async fn find(
    state: &AppState,
    address: ClientAddress,
    provider: &str,
    secret: &str,
) -> Result<(Arc<dyn Channel>, Model, Settings), ApiError> {
    state
        .links
        .ask(address.0)
        .map_err(|retry_after| ApiError::TooManyRequests { retry_after })?;
    for row in notification_channels::all(state.db().read()).await? {
        let Some(channel) = state.channels.get(&row.channel) else {
            continue;
        };
        let Some(known) = notification_channels::hook_secret(&state.field_key, &row)? else {
            continue;
        };
        if !is_same(&known, secret) {
            continue;
        }
        let settings = store::open(&row, &state.field_key)?;
        if channel.hook(&settings) == Some(provider) {
            return Ok((Arc::clone(channel), row, settings));
        }
    }
    Err(unknown(state, address))
}

fn unknown(state: &AppState, address: ClientAddress) -> ApiError {
    match state.links.count(address.0) {
        Ok(()) => ApiError::NotFound("address"),
        Err(retry_after) => ApiError::TooManyRequests { retry_after },
    }
}

/// Compares sums, so that it takes as long for every wrong one.
fn is_same(known: &str, shown: &str) -> bool {
    let sum = |text: &str| <[u8; 32]>::from(Sha256::digest(text.as_bytes()));
    sum(known).as_slice().ct_eq(sum(shown).as_slice()).into()
}
