//! Stands in for the product where a test decides what agents are answered, and sees what they sent.

use actix_web::dev::ServerHandle;
use actix_web::http::StatusCode;
use actix_web::web::{self, Bytes, Data};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer};
use parking_lot::Mutex;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::sync::Arc;

/// One request of an agent, or of the product to somebody else's.
#[derive(Debug, Clone)]
pub struct Sent {
    /// Path of the request.
    pub path: String,
    /// The delivery that it is of, where it is a message of the product.
    pub delivery: Option<String>,
    /// Its body as text, unpacked.
    pub body: String,
    /// The payloads of a batch; empty when the body is no batch.
    pub payloads: Vec<Value>,
}

/// What it is answered.
#[derive(Debug, Clone)]
pub struct Reply {
    /// Status.
    pub status: u16,
    /// Seconds of `Retry-After`.
    pub retry_after: Option<u64>,
    /// Body.
    pub body: String,
}

impl Reply {
    /// All of it is taken.
    #[must_use]
    pub fn taken(sent: &Sent) -> Self {
        let body = json!({"accepted": sent.payloads.len(), "duplicates": 0});
        Self::with(202, &body)
    }

    /// A status of ours that is no 202.
    #[must_use]
    pub fn refused(status: u16) -> Self {
        Self::with(status, &json!({"error": "refused_by_the_test"}))
    }

    /// Any status and body.
    #[must_use]
    pub fn with(status: u16, body: &Value) -> Self {
        Self {
            status,
            retry_after: None,
            body: body.to_string(),
        }
    }
}

type Decide = Box<dyn FnMut(&Sent) -> Reply + Send>;

struct State {
    decide: Mutex<Decide>,
    sent: Mutex<Vec<Sent>>,
}

/// The server; ends with this value.
pub struct StandIn {
    addr: SocketAddr,
    state: Arc<State>,
    handle: ServerHandle,
}

impl StandIn {
    /// Listens on a free port of 127.0.0.1 and answers what `decide` says.
    ///
    /// # Panics
    /// When no port can be had.
    #[must_use]
    pub fn start(decide: impl FnMut(&Sent) -> Reply + Send + 'static) -> Self {
        let state = Arc::new(State {
            decide: Mutex::new(Box::new(decide)),
            sent: Mutex::default(),
        });
        let shared = Data::from(Arc::clone(&state));
        let server = HttpServer::new(move || {
            App::new()
                .app_data(shared.clone())
                .app_data(web::PayloadConfig::new(16 << 20))
                .default_service(web::to(answer))
        });
        let server = server
            .workers(1)
            .shutdown_timeout(0)
            .bind(("127.0.0.1", 0))
            .expect("a port");
        let addr = server.addrs()[0];
        let server = server.run();
        let handle = server.handle();
        actix_rt::spawn(server);
        Self {
            addr,
            state,
            handle,
        }
    }

    /// Where it listens.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// Answers so from now on.
    pub fn decide(&self, decide: impl FnMut(&Sent) -> Reply + Send + 'static) {
        *self.state.decide.lock() = Box::new(decide);
    }

    /// Everything that came so far.
    #[must_use]
    pub fn sent(&self) -> Vec<Sent> {
        self.state.sent.lock().clone()
    }

    /// Every payload of a kind that came so far.
    #[must_use]
    pub fn payloads(&self, kind: &str) -> Vec<Value> {
        let all = self.sent().into_iter().flat_map(|sent| sent.payloads);
        all.filter(|payload| payload["kind"] == kind).collect()
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        actix_rt::spawn(self.handle.stop(false));
    }
}

async fn answer(request: HttpRequest, body: Bytes, state: Data<State>) -> HttpResponse {
    // Unpacked on the way here.
    let text = String::from_utf8(body.to_vec()).expect("text");
    let parsed: Value = serde_json::from_str(&text).unwrap_or(Value::Null);
    let sent = Sent {
        path: request.path().to_owned(),
        delivery: request
            .headers()
            .get("x-noc-delivery")
            .and_then(|id| id.to_str().ok())
            .map(str::to_owned),
        payloads: parsed["payloads"].as_array().cloned().unwrap_or_default(),
        body: text,
    };
    state.sent.lock().push(sent.clone());
    let reply = (state.decide.lock())(&sent);
    let status = StatusCode::from_u16(reply.status).expect("a status");
    let mut answer = HttpResponse::build(status);
    answer.content_type("application/json");
    if let Some(seconds) = reply.retry_after {
        answer.insert_header(("retry-after", seconds));
    }
    answer.body(reply.body)
}
