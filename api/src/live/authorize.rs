//! `/broadcasting/auth`: may this page listen to that channel?

use crate::auth::caller::Caller;
use crate::auth::permission::Permission;
use crate::error::ApiError;
use crate::http::JsonOrForm;
use crate::live::channel::Channel;
use crate::live::hub::Listener;
use crate::live::protocol;
use crate::state::AppState;
use actix_web::{post, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A connection wants a channel. As a form or as JSON.
#[derive(Debug, Deserialize, ToSchema)]
pub struct ChannelRequest {
    /// The connection, as `pusher:connection_established` named it.
    pub socket_id: String,
    /// `private-fleet`, `private-incidents` or `private-server.{id}`.
    pub channel_name: String,
}

/// The signature that the connection shows.
#[derive(Debug, Serialize, ToSchema)]
pub struct ChannelGrant {
    /// `<key>:<HMAC-SHA256>`.
    pub auth: String,
    /// Signed along; names the session, so that the subscription ends with it.
    pub channel_data: String,
}

#[derive(Serialize, Deserialize)]
struct ChannelData {
    user_id: String,
    /// The session's name, which is the hash of its secret.
    session: String,
    /// Whether it may read customers' addresses.
    #[serde(default)]
    sees_addresses: bool,
}

/// In whose name a subscription was signed.
pub(super) fn listener_of(channel_data: &str) -> Option<Listener> {
    let data = serde_json::from_str::<ChannelData>(channel_data).ok()?;
    Some(Listener {
        session: data.session,
        sees_addresses: data.sees_addresses,
    })
}

/// Signs a subscription.
#[utoipa::path(tag = "live",
    request_body(content((ChannelRequest = "application/x-www-form-urlencoded"), (ChannelRequest = "application/json"))),
    responses((status = 200, body = ChannelGrant)))]
#[post("/broadcasting/auth")]
pub async fn authorize_channel(
    state: web::Data<AppState>,
    caller: Caller,
    body: JsonOrForm<ChannelRequest>,
) -> Result<web::Json<ChannelGrant>, ApiError> {
    let JsonOrForm(wanted) = body;
    // The id is signed between colons: it must not hold one.
    if !is_socket_id(&wanted.socket_id) {
        return Err(ApiError::field(
            "socket_id",
            "is not the id of a connection",
        ));
    }
    let channel = Channel::from_name(&wanted.channel_name)
        .filter(|channel| caller.may(channel.permission()))
        .ok_or(ApiError::Forbidden)?;
    let data = ChannelData {
        user_id: caller.user.id.to_string(),
        sees_addresses: caller.may(Permission::MailPii),
        session: caller.session.id_hash,
    };
    let channel_data = serde_json::to_string(&data).map_err(ApiError::internal)?;
    let auth = protocol::sign(
        &state.live.key,
        state.live.secret.expose(),
        &wanted.socket_id,
        &channel.to_string(),
        Some(&channel_data),
    );
    Ok(web::Json(ChannelGrant { auth, channel_data }))
}

fn is_socket_id(text: &str) -> bool {
    let digits =
        |part: &str| (1..=20).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
    text.split_once('.')
        .is_some_and(|(a, b)| digits(a) && digits(b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_with_anything_but_two_numbers_are_refused() {
        assert!(is_socket_id("123.456"));
        for bad in [
            "",
            "1",
            ".",
            "1.",
            "1.2.3",
            "1.2:private-fleet",
            "1.2 ",
            "a.b",
        ] {
            assert!(!is_socket_id(bad), "{bad}");
        }
    }
}
