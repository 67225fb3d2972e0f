//! What agents say, for tests.

use noc_api::simulate::client::Identity;
use noc_pipeline::clock::{Clock, SystemClock, UnixMs};
use noc_pipeline::id::ServerId;
use serde_json::{Value, json};
use uuid::Uuid;

/// An enrolled agent that numbers its payloads.
#[derive(Debug, Clone)]
pub struct TestAgent {
    /// Who it is.
    pub identity: Identity,
    /// Its run.
    pub boot_id: Uuid,
    /// The number of its next payload.
    pub seq: u64,
}

impl TestAgent {
    /// Its server.
    #[must_use]
    pub const fn server(&self) -> ServerId {
        self.identity.server
    }

    /// `Authorization` of its requests.
    #[must_use]
    pub fn bearer(&self) -> String {
        format!("Bearer {}.{}", self.identity.server, self.identity.secret)
    }

    /// An envelope with the next number and the fields of `body`, observed and sent now.
    pub fn payload(&mut self, body: Value) -> Value {
        let mut payload = json!({
            "v": 1, "boot_id": self.boot_id, "seq": self.seq,
            "observed_at": now(), "sent_at": now(),
        });
        self.seq += 1;
        let fields = body.as_object().expect("fields of a payload").clone();
        payload.as_object_mut().expect("an object").extend(fields);
        payload
    }
}

/// Now, as agents write it.
#[must_use]
pub fn now() -> String {
    SystemClock.now().to_string()
}

/// Fields of a good `metrics` payload.
#[must_use]
pub fn metrics() -> Value {
    json!({"cpu_pct": 37.5, "load1": 2.41, "cores": 8, "ram_total_bytes": 33_554_432_000_u64,
        "ram_used_bytes": 20_132_659_200_u64, "uptime_s": 1_814_400})
}

/// Fields of a good `processes` payload: one service, running or not.
#[must_use]
pub fn processes(service: &str, running: bool) -> Value {
    json!({"services": [{"name": service, "unit": format!("{service}.service"), "installed": true, "enabled": true,
        "running": running, "pids": u64::from(running) * 4, "main_pid": if running { json!(811) } else { Value::Null }}]})
}

/// A batch of payloads with their kinds.
#[must_use]
pub fn batch(payloads: Vec<(&str, Value)>) -> Value {
    let payloads: Vec<Value> = payloads
        .into_iter()
        .map(|(kind, mut payload)| {
            payload["kind"] = json!(kind);
            payload
        })
        .collect();
    json!({ "payloads": payloads })
}

/// Milliseconds since 1970 as agents write times.
#[must_use]
pub fn at(ms: i64) -> String {
    UnixMs(ms).to_string()
}
