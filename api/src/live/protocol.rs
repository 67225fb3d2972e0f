//! Frames of the Pusher protocol, version 7. The data of every frame we send is JSON inside a JSON string.

use bytestring::ByteString;
use hmac::{Hmac, KeyInit, Mac};
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::Sha256;

/// Seconds of silence after which either side asks whether the other is there.
pub const ACTIVITY_TIMEOUT_S: u64 = 30;
/// Bytes that a client's message may have.
pub const MAX_MESSAGE_BYTES: usize = 10_000;

/// An error, which in this protocol is a message. Codes below 4100: do not come back; below 4200: wait before; above:
/// come back at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refusal {
    /// The protocol's number.
    pub code: u16,
    /// In words.
    pub message: &'static str,
}

macro_rules! refusals {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $message:literal;)+) => {
        $($(#[$doc])* pub const $name: Refusal = Refusal { code: $code, message: $message };)+
    };
}

refusals! {
    /// The key in the address is not ours.
    NO_APPLICATION = 4001, "Application does not exist";
    /// This node has as many connections as it may.
    OVER_QUOTA = 4004, "Application is over connection quota";
    /// A wrong signature, or a page of somebody else's.
    UNAUTHORIZED = 4009, "Connection is unauthorized";
    /// The reader is too slow.
    OVER_CAPACITY = 4100, "Connection is over capacity";
    /// Not a frame of this protocol.
    INVALID_MESSAGE = 4200, "Invalid message format";
    /// The session that a subscription was signed for is over.
    SESSION_ENDED = 4200, "Session ended";
    /// No answer to a ping.
    NO_PONG = 4201, "Pong reply not received in time";
    /// Too many messages, or too many subscriptions.
    RATE_LIMIT = 4301, "Rate limit exceeded";
}

/// What a client says.
#[derive(Debug, PartialEq, Eq)]
pub enum ClientFrame {
    /// It wants a channel.
    Subscribe(Subscription),
    /// It no longer wants one.
    Unsubscribe {
        /// By name.
        channel: String,
    },
    /// It asks whether we are there.
    Ping,
    /// It is there.
    Pong,
}

/// The data of `pusher:subscribe`.
#[derive(Debug, PartialEq, Eq, Deserialize)]
pub struct Subscription {
    /// By name.
    pub channel: String,
    /// `<key>:<signature>`.
    #[serde(default)]
    pub auth: String,
    /// Signed along.
    #[serde(default)]
    pub channel_data: Option<String>,
}

#[derive(Deserialize)]
struct Frame {
    event: String,
    #[serde(default)]
    data: Value,
}

#[derive(Deserialize)]
struct Unsubscription {
    channel: String,
}

/// Reads a client's message.
///
/// # Errors
/// [`INVALID_MESSAGE`]; events of clients to clients are not part of this service.
pub fn parse(text: &str) -> Result<ClientFrame, Refusal> {
    let frame: Frame = serde_json::from_str(text).map_err(|_| INVALID_MESSAGE)?;
    match frame.event.as_str() {
        "pusher:ping" => Ok(ClientFrame::Ping),
        "pusher:pong" => Ok(ClientFrame::Pong),
        "pusher:subscribe" => data(frame.data).map(ClientFrame::Subscribe),
        "pusher:unsubscribe" => {
            data(frame.data).map(|Unsubscription { channel }| ClientFrame::Unsubscribe { channel })
        }
        _ => Err(INVALID_MESSAGE),
    }
}

/// Data come as an object, or as one inside a string.
fn data<T: serde::de::DeserializeOwned>(data: Value) -> Result<T, Refusal> {
    let read = match data {
        Value::String(text) => serde_json::from_str(&text),
        data => serde_json::from_value(data),
    };
    read.map_err(|_| INVALID_MESSAGE)
}

/// The first frame of a connection.
#[must_use]
pub fn established(socket_id: &str) -> ByteString {
    let data = json!({ "socket_id": socket_id, "activity_timeout": ACTIVITY_TIMEOUT_S });
    json!({ "event": "pusher:connection_established", "data": data.to_string() })
        .to_string()
        .into()
}

/// A subscription is in force.
#[must_use]
pub fn subscribed(channel: &str) -> ByteString {
    json!({ "event": "pusher_internal:subscription_succeeded", "data": "{}", "channel": channel })
        .to_string()
        .into()
}

/// Something went wrong.
#[must_use]
pub fn error(refusal: Refusal) -> ByteString {
    let data = json!({ "code": refusal.code, "message": refusal.message });
    json!({ "event": "pusher:error", "data": data.to_string() })
        .to_string()
        .into()
}

/// Asks whether the client is there.
#[must_use]
pub fn ping() -> ByteString {
    ByteString::from_static(r#"{"event":"pusher:ping"}"#)
}

/// Says that we are.
#[must_use]
pub fn pong() -> ByteString {
    ByteString::from_static(r#"{"event":"pusher:pong"}"#)
}

/// An event for those who hear a channel; `body` is JSON.
#[must_use]
pub fn event(channel: &str, name: &str, body: &str) -> ByteString {
    json!({ "event": name, "channel": channel, "data": body })
        .to_string()
        .into()
}

/// What a page shows to hear a channel: `<key>:<HMAC-SHA256 of socket_id:channel[:channel_data]>`.
#[must_use]
pub fn sign(
    key: &str,
    secret: &str,
    socket_id: &str,
    channel: &str,
    channel_data: Option<&str>,
) -> String {
    let mac = mac(secret, socket_id, channel, channel_data);
    let signature = mac.map(|mac| hex::encode(mac.finalize().into_bytes()));
    format!("{key}:{}", signature.unwrap_or_default())
}

/// Whether `shown` is our signature; what stands before the colon is not looked at, as Reverb does.
#[must_use]
pub fn is_signed(
    secret: &str,
    shown: &str,
    socket_id: &str,
    channel: &str,
    channel_data: Option<&str>,
) -> bool {
    let signature = shown
        .split_once(':')
        .map(|(_, signature)| hex::decode(signature));
    match (signature, mac(secret, socket_id, channel, channel_data)) {
        (Some(Ok(signature)), Some(mac)) => mac.verify_slice(&signature).is_ok(),
        _ => false,
    }
}

fn mac(
    secret: &str,
    socket_id: &str,
    channel: &str,
    channel_data: Option<&str>,
) -> Option<Hmac<Sha256>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).ok()?;
    mac.update(socket_id.as_bytes());
    mac.update(b":");
    mac.update(channel.as_bytes());
    if let Some(data) = channel_data {
        mac.update(b":");
        mac.update(data.as_bytes());
    }
    Some(mac)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "278d425bdf160c739803";
    const SECRET: &str = "7ad3773142a6692b25b8";

    #[test]
    fn signatures_are_those_of_the_protocols_documentation() {
        assert_eq!(
            sign(KEY, SECRET, "1234.1234", "private-foobar", None),
            format!("{KEY}:58df8b0c36d6982b82c3ecf6b4662e34fe8c25bba48f5369f135bf843651c3a4")
        );
        let data = r#"{"user_id":10,"user_info":{"name":"Mr. Channels"}}"#;
        assert_eq!(
            sign(KEY, SECRET, "1234.1234", "presence-foobar", Some(data)),
            format!("{KEY}:31935e7d86dba64c2a90aed31fdc61869f9b22ba9d8863bba239c03ca481bc80")
        );
    }

    #[test]
    fn a_signature_is_good_for_one_socket_channel_and_session() {
        let signed = sign(KEY, SECRET, "1.2", "private-fleet", Some("a"));
        assert!(is_signed(
            SECRET,
            &signed,
            "1.2",
            "private-fleet",
            Some("a")
        ));
        assert!(!is_signed(
            SECRET,
            &signed,
            "1.3",
            "private-fleet",
            Some("a")
        ));
        assert!(!is_signed(
            SECRET,
            &signed,
            "1.2",
            "private-incidents",
            Some("a")
        ));
        assert!(!is_signed(
            SECRET,
            &signed,
            "1.2",
            "private-fleet",
            Some("b")
        ));
        assert!(!is_signed(SECRET, &signed, "1.2", "private-fleet", None));
        for shown in ["", ":", "key:", "key:zz", "key:00"] {
            assert!(
                !is_signed(SECRET, shown, "1.2", "private-fleet", Some("a")),
                "{shown}"
            );
        }
    }

    #[test]
    fn data_come_as_an_object_or_as_a_string() {
        let wanted = ClientFrame::Subscribe(Subscription {
            channel: "private-fleet".to_owned(),
            auth: "k:s".to_owned(),
            channel_data: None,
        });
        let object =
            r#"{"event":"pusher:subscribe","data":{"channel":"private-fleet","auth":"k:s"}}"#;
        let string = r#"{"event":"pusher:subscribe","data":"{\"channel\":\"private-fleet\",\"auth\":\"k:s\"}"}"#;
        assert_eq!(parse(object), Ok(wanted));
        assert!(matches!(parse(string), Ok(ClientFrame::Subscribe(_))));
        assert_eq!(parse(r#"{"event":"pusher:ping"}"#), Ok(ClientFrame::Ping));
    }

    #[test]
    fn everything_else_is_refused() {
        for text in [
            "",
            "null",
            "[]",
            "{}",
            r#"{"event":5}"#,
            r#"{"event":"pusher:subscribe"}"#,
            r#"{"event":"pusher:subscribe","data":"{"}"#,
            r#"{"event":"client-typing","channel":"private-fleet","data":"{}"}"#,
            r#"{"event":"pusher:unknown"}"#,
        ] {
            assert_eq!(parse(text), Err(INVALID_MESSAGE), "{text}");
        }
    }

    #[test]
    fn frames_are_as_reverb_sends_them() {
        let same = |frame: ByteString, expected: &str| {
            let (frame, expected): (Value, Value) = (
                serde_json::from_str(&frame).unwrap(),
                serde_json::from_str(expected).unwrap(),
            );
            assert_eq!(frame["event"], expected["event"]);
            assert_eq!(frame["channel"], expected["channel"]);
            let inner = |frame: &Value| {
                frame["data"]
                    .as_str()
                    .map(|s| serde_json::from_str::<Value>(s).unwrap())
            };
            assert_eq!(inner(&frame), inner(&expected));
        };
        same(
            established("123.456"),
            r#"{"event":"pusher:connection_established","data":"{\"socket_id\":\"123.456\",\"activity_timeout\":30}"}"#,
        );
        same(
            subscribed("private-noc.1"),
            r#"{"event":"pusher_internal:subscription_succeeded","data":"{}","channel":"private-noc.1"}"#,
        );
        same(
            error(UNAUTHORIZED),
            r#"{"event":"pusher:error","data":"{\"code\":4009,\"message\":\"Connection is unauthorized\"}"}"#,
        );
        same(ping(), r#"{"event":"pusher:ping"}"#);
        same(pong(), r#"{"event":"pusher:pong"}"#);
    }
}
