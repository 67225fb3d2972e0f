//! What an agent may send, and what it is told.

mod batches;
mod catalogue;
mod email_stats;
mod firewall;
mod fixtures;
mod kinds;
mod particulars;
mod posts;
mod properties;

use super::*;
use crate::clock::UnixMs;
use serde_json::{Value, json};

const NOW: UnixMs = UnixMs(1_778_157_300_000);

fn with_envelope(fields: Value) -> Value {
    let mut payload = json!({
        "v": 1, "boot_id": "6f0e9c1c-32c8-4d0e-9a52-2f1f7b1f5a11", "seq": 1042,
        "observed_at": "2026-05-07T12:34:56Z", "sent_at": "2026-05-07T12:34:57Z",
    });
    let target = payload.as_object_mut().unwrap();
    target.extend(fields.as_object().unwrap().clone());
    payload
}

fn service(name: &str) -> Value {
    json!({"name": name, "unit": format!("{name}.service"), "installed": true, "enabled": true,
           "running": true, "pids": 3, "main_pid": 811})
}

fn post(kind: Kind, fields: Value) -> Result<Posted, PostError> {
    parse_post(kind, with_envelope(fields).to_string().as_bytes(), NOW)
}

/// The errors of a refused payload, as they are answered.
fn errors(kind: Kind, fields: Value) -> Value {
    match post(kind, fields) {
        Err(PostError::Invalid(errors)) => serde_json::to_value(errors).unwrap(),
        other => panic!("expected field errors, got {other:?}"),
    }
}

fn metrics(posted: &Posted) -> &Metrics {
    match posted.report.data() {
        Some(Payload::Metrics(metrics)) => metrics,
        other => panic!("expected metrics, got {other:?}"),
    }
}
