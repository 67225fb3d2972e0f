//! `/broadcasting/auth`, `/app/{key}`, and the events between bus and page.

use super::House;
use super::incidents::incident;
use super::notifications::delivery;
use crate::auth::permission::Role;
use crate::live::hub::Listener;
use crate::live::{Channel, feed};
use crate::router;
use actix_web::http::Method;
use actix_web::{App, HttpServer, web};
use bytestring::ByteString;
use noc_pipeline::control::Severity;
use noc_pipeline::id::ServerId;
use noc_pipeline::live::LiveEvent;
use noc_pipeline::payload::{Kind, Metrics, Report};
use noc_storage::series::SeriesRow;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc::Receiver;
use tokio::time::timeout;

const PATIENCE: Duration = Duration::from_secs(10);

#[actix_web::test]
async fn a_page_may_hear_what_its_role_sees() {
    let house = House::open().await;
    let mut browser = house.browser(Role::Viewer).await;
    let path = "/broadcasting/auth";
    for channel in ["private-fleet", "private-incidents", "private-server.7"] {
        let body = json!({ "socket_id": "1.2", "channel_name": channel });
        let grant = browser.post(path, body).await.ok();
        assert!(grant["auth"].as_str().unwrap().starts_with("live-key:"));
        assert!(grant["channel_data"].as_str().unwrap().contains("session"));
    }
    let form = b"socket_id=1.2&channel_name=private-fleet".to_vec();
    let kind = "application/x-www-form-urlencoded; charset=UTF-8";
    browser
        .send(Method::POST, path, Some((kind, form)))
        .await
        .ok();

    browser
        .post(
            path,
            json!({ "socket_id": "1.2", "channel_name": "private-users" }),
        )
        .await
        .refused(403, "forbidden");
    browser
        .post(
            path,
            json!({ "socket_id": "1.2:x", "channel_name": "private-fleet" }),
        )
        .await
        .wrong(&["socket_id"]);
    browser
        .post(path, json!({ "channel_name": "private-fleet" }))
        .await
        .wrong(&["socket_id"]);
    house
        .stranger()
        .post(
            path,
            json!({ "socket_id": "1.2", "channel_name": "private-fleet" }),
        )
        .await
        .refused(401, "unauthenticated");
}

fn listen(house: &House, channel: Channel, session: &str) -> Receiver<ByteString> {
    let (id, frames) = house.state.hub.join().unwrap();
    house
        .state
        .hub
        .subscribe(
            &id,
            channel,
            Listener {
                session: session.to_owned(),
                sees_addresses: true,
            },
        )
        .unwrap();
    frames
}

async fn next(frames: &mut Receiver<ByteString>) -> (String, Value) {
    let frame = timeout(PATIENCE, frames.recv()).await.unwrap().unwrap();
    let frame: Value = serde_json::from_str(&frame).unwrap();
    let body = serde_json::from_str(frame["data"].as_str().unwrap()).unwrap();
    (frame["event"].as_str().unwrap().to_owned(), body)
}

#[actix_web::test]
async fn an_event_carries_the_body_that_get_gives() {
    let house = House::open().await;
    let mut browser = house.browser(Role::Viewer).await;
    let server = house.server("web-01").await;
    let mut frames = listen(&house, Channel::Server(server), "s");
    let parts = house.state.parts.clone();
    let running = actix_web::rt::spawn(feed::run(parts.clone(), Arc::clone(&house.state.hub)));
    tokio::task::yield_now().await;

    parts.bus.publish(LiveEvent::ServerUpdated { server }).await;
    let (name, body) = next(&mut frames).await;
    assert_eq!(name, "server.updated");
    assert_eq!(
        body,
        browser.get(&format!("/api/servers/{server}")).await.ok()
    );

    let row = SeriesRow {
        server,
        event_at: super::T0,
        received_at: super::T0,
        report: Arc::new(Report::Data(
            Metrics {
                cpu_pct: Some(42.0),
                ..Metrics::default()
            }
            .into(),
        )),
    };
    parts.series.write(vec![row]).await.unwrap();
    let event = LiveEvent::MetricsReceived {
        server,
        kind: Kind::Metrics,
        event_at: super::T0,
    };
    parts.bus.publish(event).await;
    let (name, body) = next(&mut frames).await;
    assert_eq!(
        (name.as_str(), &body["metrics"]["cpu_pct"]),
        ("metrics.received", &json!(42.0))
    );
    // Nobody hears another server: nothing is read or sent, and the feed goes on.
    parts
        .bus
        .publish(LiveEvent::ServerUpdated {
            server: ServerId(999),
        })
        .await;
    parts.bus.publish(LiveEvent::ServerUpdated { server }).await;
    assert_eq!(next(&mut frames).await.0, "server.updated");
    running.abort();
}

#[actix_web::test]
async fn messages_about_no_incident_are_not_shown_to_who_sees_incidents() {
    let house = House::open().await;
    let server = house.server("web-01").await;
    let incident = incident(&house, server, "nginx", Severity::High).await.id;
    let test = delivery(&house, "test", None).await;
    let alert = delivery(&house, "alert", Some(incident)).await;
    let mut frames = listen(&house, Channel::Incidents, "s");
    let parts = house.state.parts.clone();
    let running = actix_web::rt::spawn(feed::run(parts.clone(), Arc::clone(&house.state.hub)));
    tokio::task::yield_now().await;
    for delivery in [test, alert] {
        let event = LiveEvent::DeliveryUpdated { delivery };
        parts.bus.publish(event).await;
    }
    let (name, body) = next(&mut frames).await;
    assert_eq!(name, "delivery.updated");
    assert_eq!(body["id"], alert, "the test before it was left out");
    running.abort();
}

#[actix_web::test]
async fn live_bodies_are_masked_for_those_who_may_not_see_addresses() {
    let house = House::open().await;
    let server = house.server("mail-01").await;
    let subject = "info@shop.example";
    let incident = incident(&house, server, subject, Severity::High).await.id;
    let (id, mut viewer) = house.state.hub.join().unwrap();
    let listener = Listener {
        session: "viewer".to_owned(),
        sees_addresses: false,
    };
    let hub = &house.state.hub;
    hub.subscribe(&id, Channel::Incidents, listener).unwrap();
    let mut operator = listen(&house, Channel::Incidents, "operator");
    let parts = house.state.parts.clone();
    let running = actix_web::rt::spawn(feed::run(parts.clone(), Arc::clone(hub)));
    tokio::task::yield_now().await;
    let event = LiveEvent::IncidentUpdated { incident };
    parts.bus.publish(event).await;
    let (_, whole) = next(&mut operator).await;
    assert_eq!(whole["subject"], subject);
    let (_, masked) = next(&mut viewer).await;
    assert_eq!(masked["subject"], "i***@shop.example");
    assert!(!masked.to_string().contains(subject), "{masked}");
    running.abort();
}

#[actix_web::test]
async fn a_connection_ends_when_its_session_does() {
    let house = House::open().await;
    let mut browser = house.browser(Role::Viewer).await;
    let session = browser.get("/api/auth/sessions").await.ok()["data"][0]["id"].clone();
    let mut frames = listen(&house, Channel::Fleet, session.as_str().unwrap());
    let watching = actix_web::rt::spawn(feed::watch_sessions(
        house.state.parts.clone(),
        Arc::clone(&house.state.config),
        Arc::clone(&house.state.hub),
    ));
    house.state.hub.recheck_sessions();
    assert!(
        timeout(Duration::from_millis(200), frames.recv())
            .await
            .is_err(),
        "it lives"
    );
    browser.post("/api/auth/logout", json!({})).await;
    let (event, body) = next(&mut frames).await;
    assert_eq!(
        (event.as_str(), body["code"].as_u64()),
        ("pusher:error", Some(4200))
    );
    assert!(timeout(PATIENCE, frames.recv()).await.unwrap().is_none());
    watching.abort();
}

/// A WebSocket client small enough to send what a browser would not.
struct Client(TcpStream);

impl Client {
    async fn open(addr: SocketAddr, path: &str, origin: Option<&str>) -> Self {
        let mut stream = TcpStream::connect(addr).await.unwrap();
        let origin = origin
            .map(|origin| format!("Origin: {origin}\r\n"))
            .unwrap_or_default();
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: {addr}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n{origin}\r\n"
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.unwrap());
        }
        let head = String::from_utf8(head).unwrap();
        assert!(head.starts_with("HTTP/1.1 101"), "{head}");
        Self(stream)
    }

    async fn send(&mut self, opcode: u8, payload: &[u8]) {
        let mut frame = vec![0x80 | opcode];
        match u16::try_from(payload.len()) {
            Ok(length) if length < 126 => frame.push(0x80 | u8::try_from(length).unwrap()),
            Ok(length) => {
                frame.push(0x80 | 126);
                frame.extend(length.to_be_bytes());
            }
            Err(_) => panic!("not in these tests"),
        }
        frame.extend([0; 4]); // A mask of zeros leaves the payload as it is.
        frame.extend(payload);
        self.0.write_all(&frame).await.unwrap();
    }

    async fn say(&mut self, message: Value) {
        self.send(1, message.to_string().as_bytes()).await;
    }

    /// Opcode and payload of the next frame; `None` at the end.
    async fn frame(&mut self) -> Option<(u8, Vec<u8>)> {
        timeout(PATIENCE, async {
            let head = self.0.read_u8().await.ok()?;
            let length = match self.0.read_u8().await.ok()? {
                126 => usize::from(self.0.read_u16().await.ok()?),
                127 => usize::try_from(self.0.read_u64().await.ok()?).ok()?,
                length => usize::from(length),
            };
            let mut payload = vec![0; length];
            self.0.read_exact(&mut payload).await.ok()?;
            Some((head & 0x0f, payload))
        })
        .await
        .expect("a frame in time")
    }

    async fn hear(&mut self) -> Value {
        let (opcode, payload) = self.frame().await.unwrap();
        assert_eq!(opcode, 1);
        serde_json::from_slice(&payload).unwrap()
    }

    /// The code of a `pusher:error`, after which the connection is closed.
    async fn refused(&mut self) -> u64 {
        let error = self.hear().await;
        assert_eq!(error["event"], "pusher:error", "{error}");
        while self.frame().await.is_some_and(|(opcode, _)| opcode != 8) {}
        code(&error)
    }
}

fn code(error: &Value) -> u64 {
    let data: Value = serde_json::from_str(error["data"].as_str().unwrap()).unwrap();
    data["code"].as_u64().unwrap()
}

fn serve(house: &House) -> SocketAddr {
    let state = house.state.clone();
    let server = HttpServer::new(move || {
        App::new()
            .app_data(web::Data::clone(&state))
            .configure(router::configure)
    })
    .workers(1)
    .disable_signals()
    .bind(("127.0.0.1", 0))
    .unwrap();
    let addr = server.addrs()[0];
    actix_web::rt::spawn(server.run());
    addr
}

#[actix_web::test]
async fn a_whole_conversation() {
    let house = House::open().await;
    let mut browser = house.browser(Role::Viewer).await;
    let server = house.server("web-01").await;
    let running = actix_web::rt::spawn(feed::run(
        house.state.parts.clone(),
        Arc::clone(&house.state.hub),
    ));
    let addr = serve(&house);
    let mut client = Client::open(
        addr,
        "/app/live-key?protocol=7&client=js&version=8",
        Some(&format!("http://{addr}")),
    )
    .await;
    let hello = client.hear().await;
    assert_eq!(hello["event"], "pusher:connection_established");
    let data: Value = serde_json::from_str(hello["data"].as_str().unwrap()).unwrap();
    assert_eq!(data["activity_timeout"], 30);
    let socket_id = data["socket_id"].as_str().unwrap();

    client.say(json!({ "event": "pusher:subscribe", "data": { "channel": "private-fleet", "auth": "live-key:00" } })).await;
    assert_eq!(code(&client.hear().await), 4009);

    let wanted = json!({ "socket_id": socket_id, "channel_name": "private-fleet" });
    let grant = browser.post("/broadcasting/auth", wanted).await.ok();
    client
        .say(
            json!({ "event": "pusher:subscribe", "data": { "channel": "private-fleet",
        "auth": grant["auth"], "channel_data": grant["channel_data"] } }),
        )
        .await;
    let subscribed = client.hear().await;
    assert_eq!(
        (subscribed["event"].as_str(), subscribed["channel"].as_str()),
        (
            Some("pusher_internal:subscription_succeeded"),
            Some("private-fleet")
        )
    );

    browser.get(&format!("/api/servers/{server}")).await.ok();
    house
        .state
        .parts
        .bus
        .publish(LiveEvent::ServerUpdated { server })
        .await;
    let event = client.hear().await;
    assert_eq!(
        (event["event"].as_str(), event["channel"].as_str()),
        (Some("server.updated"), Some("private-fleet"))
    );

    client
        .say(json!({ "event": "pusher:ping", "data": {} }))
        .await;
    assert_eq!(client.hear().await["event"], "pusher:pong");
    client
        .say(json!({ "event": "client-typing", "data": "{}" }))
        .await;
    assert_eq!(code(&client.hear().await), 4200);
    client.send(9, b"hello").await;
    assert_eq!(client.frame().await.unwrap(), (10, b"hello".to_vec()));
    running.abort();
}

#[actix_web::test]
async fn what_is_no_conversation_is_ended_with_a_reason() {
    let house = House::open().await;
    let addr = serve(&house);
    assert_eq!(
        Client::open(addr, "/app/wrong-key", None)
            .await
            .refused()
            .await,
        4001
    );
    let foreign = Some("https://evil.example.com");
    assert_eq!(
        Client::open(addr, "/app/live-key", foreign)
            .await
            .refused()
            .await,
        4009
    );

    let mut binary = Client::open(addr, "/app/live-key", None).await;
    binary.hear().await;
    binary.send(2, b"\x00\x01").await;
    assert_eq!(binary.refused().await, 4200);

    let mut long = Client::open(addr, "/app/live-key", None).await;
    long.hear().await;
    long.send(1, &vec![b'x'; 10_001]).await;
    assert_eq!(long.refused().await, 4200);

    let mut flood = Client::open(addr, "/app/live-key", None).await;
    flood.hear().await;
    for _ in 0..300 {
        flood.send(1, br#"{"event":"pusher:ping"}"#).await;
    }
    let mut last = flood.hear().await;
    while last["event"] == "pusher:pong" {
        last = flood.hear().await;
    }
    assert_eq!(code(&last), 4301);
    assert_eq!(house.state.hub.counts().connections, 0);
}
