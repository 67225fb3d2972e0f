//! `GET /app/{key}`: one page's connection.

use crate::error::ApiError;
use crate::live::channel::Channel;
use crate::live::hub::Hub;
use crate::live::protocol::{
    self, ACTIVITY_TIMEOUT_S, ClientFrame, MAX_MESSAGE_BYTES, Refusal, Subscription,
};
use crate::state::{AppState, LiveKeys};
use actix_web::http::header::{HOST, ORIGIN};
use actix_web::{HttpRequest, HttpResponse, get, web};
use actix_ws::{AggregatedMessage, AggregatedMessageStream, CloseCode, CloseReason, Session};
use bytestring::ByteString;
use noc_pipeline::clock::Stopwatch;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep_until, timeout};

const ACTIVITY_TIMEOUT: Duration = Duration::from_secs(ACTIVITY_TIMEOUT_S);
/// A frame that the network does not take for so long ends the connection.
const SEND_TIMEOUT: Duration = Duration::from_secs(10);
/// Messages a client may send per second.
const MESSAGES_PER_SECOND: u32 = 200;

/// Opens a live connection: a WebSocket in Pusher protocol 7. Errors come as `pusher:error` frames.
#[utoipa::path(tag = "live", params(("key" = String, Path, description = "`window.__NOC_REVERB_KEY__`")),
    responses((status = 101, description = "The connection is open"),
        (status = 400, description = "Not a WebSocket handshake", body = crate::error::ErrorBody)))]
#[get("/app/{key}")]
pub async fn open_socket(
    state: web::Data<AppState>,
    request: HttpRequest,
    key: web::Path<String>,
    payload: web::Payload,
) -> Result<HttpResponse, ApiError> {
    let (response, session, messages) = actix_ws::handle(&request, payload)
        .map_err(|error| ApiError::Malformed(format!("not a WebSocket handshake: {error}")))?;
    let messages = messages
        .max_frame_size(MAX_MESSAGE_BYTES)
        .aggregate_continuations()
        .max_continuation_size(MAX_MESSAGE_BYTES);
    let admitted = if *key != state.live.key {
        Err(protocol::NO_APPLICATION)
    } else if !is_own_origin(&request, &state) {
        Err(protocol::UNAUTHORIZED)
    } else {
        Ok(())
    };
    let (hub, keys) = (Arc::clone(&state.hub), state.live.clone());
    actix_web::rt::spawn(async move {
        match admitted {
            Ok(()) => serve(session, messages, &hub, &keys).await,
            Err(refusal) => refuse(session, refusal).await,
        }
    });
    Ok(response)
}

/// Browsers name the page that connects; it must be one of ours. Other programs name none.
fn is_own_origin(request: &HttpRequest, state: &AppState) -> bool {
    let Some(origin) = request.headers().get(ORIGIN) else {
        return true;
    };
    let Ok(origin) = origin.to_str() else {
        return false;
    };
    let host = request
        .headers()
        .get(HOST)
        .and_then(|host| host.to_str().ok());
    let same_host = origin.split_once("://").is_some_and(|(_, authority)| {
        host.is_some_and(|host| authority.eq_ignore_ascii_case(host))
    });
    same_host || origin.eq_ignore_ascii_case(&state.config.public_url())
}

async fn refuse(mut session: Session, refusal: Refusal) {
    if say(&mut session, protocol::error(refusal)).await.is_ok() {
        close(session, CloseCode::Other(refusal.code)).await;
    }
}

struct Gone;

async fn say(session: &mut Session, frame: ByteString) -> Result<(), Gone> {
    match timeout(SEND_TIMEOUT, session.text(frame)).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) | Err(_) => Err(Gone),
    }
}

async fn close(session: Session, code: CloseCode) {
    let reason = CloseReason {
        code,
        description: None,
    };
    // Whether the other side still hears it does not matter.
    drop(timeout(SEND_TIMEOUT, session.close(Some(reason))).await);
}

/// Speaks with one client until either side ends it.
async fn serve(
    mut session: Session,
    mut messages: AggregatedMessageStream,
    hub: &Hub,
    keys: &LiveKeys,
) {
    let (id, mut frames) = match hub.join() {
        Ok(joined) => joined,
        Err(refusal) => return refuse(session, refusal).await,
    };
    let _leaves = Leaves { hub, id: &id };
    if say(&mut session, protocol::established(&id)).await.is_err() {
        return;
    }
    let mut talk = Talk {
        hub,
        keys,
        id: &id,
        window: Stopwatch::start(),
        messages: 0,
    };
    let mut deadline = Instant::now() + ACTIVITY_TIMEOUT;
    let mut asked = false;
    loop {
        tokio::select! {
            frame = frames.recv() => match frame {
                Some(frame) => if say(&mut session, frame).await.is_err() { return },
                // The hub let it go: too slow, or its session is over.
                None => return close(session, CloseCode::Other(protocol::OVER_CAPACITY.code)).await,
            },
            message = messages.recv() => {
                deadline = Instant::now() + ACTIVITY_TIMEOUT;
                asked = false;
                let answer = match message {
                    Some(Ok(AggregatedMessage::Text(text))) => talk.hear(&text),
                    Some(Ok(AggregatedMessage::Ping(bytes))) => {
                        if session.pong(&bytes).await.is_err() { return }
                        Ok(None)
                    }
                    Some(Ok(AggregatedMessage::Pong(_))) => Ok(None),
                    Some(Ok(AggregatedMessage::Binary(_))) => Err((protocol::INVALID_MESSAGE, CloseCode::Unsupported)),
                    Some(Ok(AggregatedMessage::Close(_))) | None => return close(session, CloseCode::Normal).await,
                    Some(Err(_)) => Err((protocol::INVALID_MESSAGE, CloseCode::Size)),
                };
                match answer {
                    Ok(None) => {}
                    Ok(Some(frame)) => if say(&mut session, frame).await.is_err() { return },
                    Err((refusal, code)) => {
                        if say(&mut session, protocol::error(refusal)).await.is_ok() {
                            close(session, code).await;
                        }
                        return;
                    }
                }
            }
            () = sleep_until(deadline) => {
                if asked {
                    return refuse(session, protocol::NO_PONG).await;
                }
                asked = true;
                deadline = Instant::now() + ACTIVITY_TIMEOUT;
                if say(&mut session, protocol::ping()).await.is_err() { return }
            }
        }
    }
}

/// However a connection ends, the hub forgets it.
struct Leaves<'h> {
    hub: &'h Hub,
    id: &'h str,
}

impl Drop for Leaves<'_> {
    fn drop(&mut self) {
        self.hub.leave(self.id);
    }
}

/// What a client says, and what is answered.
struct Talk<'h> {
    hub: &'h Hub,
    keys: &'h LiveKeys,
    id: &'h str,
    window: Stopwatch,
    messages: u32,
}

impl Talk<'_> {
    /// The frame to answer; an error with a close code ends the connection.
    fn hear(&mut self, text: &str) -> Result<Option<ByteString>, (Refusal, CloseCode)> {
        if self.window.elapsed() >= Duration::from_secs(1) {
            self.window = Stopwatch::start();
            self.messages = 0;
        }
        self.messages += 1;
        if self.messages > MESSAGES_PER_SECOND {
            return Err((protocol::RATE_LIMIT, CloseCode::Policy));
        }
        Ok(match protocol::parse(text) {
            Ok(ClientFrame::Ping) => Some(protocol::pong()),
            Ok(ClientFrame::Pong) => None,
            Ok(ClientFrame::Unsubscribe { channel }) => {
                if let Some(channel) = Channel::from_name(&channel) {
                    self.hub.unsubscribe(self.id, channel);
                }
                None
            }
            Ok(ClientFrame::Subscribe(wanted)) => Some(match self.subscribe(&wanted) {
                Ok(channel) => protocol::subscribed(&channel.to_string()),
                Err(refusal) => protocol::error(refusal),
            }),
            Err(refusal) => Some(protocol::error(refusal)),
        })
    }

    fn subscribe(&self, wanted: &Subscription) -> Result<Channel, Refusal> {
        let channel = Channel::from_name(&wanted.channel).ok_or(protocol::UNAUTHORIZED)?;
        let data = wanted.channel_data.as_deref();
        let secret = self.keys.secret.expose();
        let signed = protocol::is_signed(secret, &wanted.auth, self.id, &wanted.channel, data);
        let listener = data.and_then(super::authorize::listener_of);
        let (true, Some(listener)) = (signed, listener) else {
            return Err(protocol::UNAUTHORIZED);
        };
        self.hub.subscribe(self.id, channel, listener)?;
        Ok(channel)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Secret;
    use serde_json::{Value, json};

    fn keys() -> LiveKeys {
        LiveKeys {
            key: "key".to_owned(),
            secret: Secret::new("secret".to_owned()),
        }
    }

    fn answer(talk: &mut Talk<'_>, frame: &Value) -> Value {
        let frame = talk.hear(&frame.to_string()).unwrap().unwrap();
        serde_json::from_str(&frame).unwrap()
    }

    fn talk<'h>(hub: &'h Hub, keys: &'h LiveKeys, id: &'h str) -> Talk<'h> {
        Talk {
            hub,
            keys,
            id,
            window: Stopwatch::start(),
            messages: 0,
        }
    }

    #[test]
    fn a_signed_subscription_hears_its_channel() {
        let (hub, keys) = (Hub::new(), keys());
        let (id, mut frames) = hub.join().unwrap();
        let data = r#"{"user_id":"1","session":"abc"}"#;
        let auth = protocol::sign("key", "secret", &id, "private-fleet", Some(data));
        let mut talk = talk(&hub, &keys, &id);
        let wanted = json!({"event": "pusher:subscribe",
            "data": {"channel": "private-fleet", "auth": auth, "channel_data": data}});
        let answered = answer(&mut talk, &wanted);
        assert_eq!(answered["event"], "pusher_internal:subscription_succeeded");
        hub.send(&[Channel::Fleet], "server.updated", "{}");
        assert!(frames.try_recv().is_ok());

        let gone = json!({"event": "pusher:unsubscribe", "data": {"channel": "private-fleet"}});
        assert!(talk.hear(&gone.to_string()).unwrap().is_none());
        assert!(!hub.is_heard(&[Channel::Fleet]));
    }

    #[test]
    fn without_a_good_signature_nothing_is_heard() {
        let (hub, keys) = (Hub::new(), keys());
        let (id, _frames) = hub.join().unwrap();
        let mut talk = talk(&hub, &keys, &id);
        let unsigned = protocol::sign("key", "secret", &id, "private-fleet", None);
        for auth in ["", "key:00", unsigned.as_str()] {
            let wanted = json!({"event": "pusher:subscribe", "data": {"channel": "private-fleet", "auth": auth}});
            let answered = answer(&mut talk, &wanted);
            assert_eq!(answered["event"], "pusher:error");
            assert!(answered["data"].as_str().unwrap().contains("4009"));
        }
        assert!(!hub.is_heard(&[Channel::Fleet]));
    }

    #[test]
    fn a_flood_ends_the_connection() {
        let (hub, keys) = (Hub::new(), keys());
        let (id, _frames) = hub.join().unwrap();
        let mut talk = talk(&hub, &keys, &id);
        let ping = r#"{"event":"pusher:ping"}"#;
        let refused = (0..=MESSAGES_PER_SECOND).find_map(|_| talk.hear(ping).err());
        assert_eq!(refused.map(|(refusal, _)| refusal.code), Some(4301));
    }
}
