//! The fixtures of every kind: one with all it can say, one with the least it may say, one that is refused.

use super::*;
use std::path::Path;

fn fixture(kind: Kind, what: &str) -> Value {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/payload");
    let path = folder.join(format!("{}{what}.json", kind.name()));
    let text = std::fs::read_to_string(&path)
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap()
}

fn parse(kind: Kind, payload: &Value) -> Result<Posted, PostError> {
    parse_post(kind, payload.to_string().as_bytes(), NOW)
}

/// What a payload says without its envelope.
fn fields(payload: &Value) -> serde_json::Map<String, Value> {
    let mut fields = payload.as_object().unwrap().clone();
    for name in ["v", "boot_id", "seq", "observed_at", "sent_at"] {
        assert!(fields.remove(name).is_some(), "no {name}");
    }
    fields
}

#[test]
fn all_that_a_full_payload_says_is_kept_and_comes_back_from_the_log() {
    for kind in Kind::ALL.iter().copied() {
        let payload = fixture(kind, "");
        let posted = parse(kind, &payload).unwrap_or_else(|e| panic!("{}: {e}", kind.name()));
        assert_eq!(posted.refused_fields, [""; 0], "{}", kind.name());
        let mut kept = Vec::new();
        posted.report.write_json(&mut kept);
        let kept_value: Value = serde_json::from_slice(&kept).unwrap();
        let said = Value::Object(fields(&payload));
        assert_eq!(numbers_as_floats(kept_value), numbers_as_floats(said));
        let again = Report::from_json(kind, &kept).unwrap();
        assert_eq!(again, *posted.report, "{}", kind.name());
    }
}

#[test]
fn a_minimal_payload_is_taken_and_has_nothing_to_spare() {
    for kind in Kind::ALL.iter().copied() {
        let payload = fixture(kind, ".minimal");
        let posted = parse(kind, &payload).unwrap_or_else(|e| panic!("{}: {e}", kind.name()));
        assert_eq!(posted.refused_fields, [""; 0], "{}", kind.name());
        for name in fields(&payload).keys() {
            let mut without = payload.clone();
            without.as_object_mut().unwrap().remove(name);
            let Err(PostError::Invalid(errors)) = parse(kind, &without) else {
                panic!("{}: {name} is not required", kind.name());
            };
            let named: Vec<_> = errors.iter().map(|(field, _)| field.to_owned()).collect();
            assert_eq!(named, [name.as_str()], "{}", kind.name());
        }
    }
}

#[test]
fn a_bad_payload_is_refused_with_every_bad_field_named() {
    for kind in Kind::ALL.iter().copied() {
        let bad = fixture(kind, ".bad");
        let Err(PostError::Invalid(errors)) = parse(kind, &bad["payload"]) else {
            panic!("{}: taken", kind.name());
        };
        assert_eq!(serde_json::to_value(errors).unwrap(), bad["errors"]);
    }
}

/// 5 and 5.0 are one number.
fn numbers_as_floats(value: Value) -> Value {
    match value {
        Value::Number(number) => json!(number.as_f64()),
        Value::Array(items) => items.into_iter().map(numbers_as_floats).collect(),
        Value::Object(members) => members
            .into_iter()
            .map(|(name, value)| (name, numbers_as_floats(value)))
            .collect(),
        other => other,
    }
}
