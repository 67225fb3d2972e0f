//! Several payloads in one request.

use super::*;

fn batch(payloads: &[Value]) -> Result<Vec<Result<Posted, FieldErrors>>, PostError> {
    parse_batch(
        json!({"x": [{}], "payloads": payloads})
            .to_string()
            .as_bytes(),
        NOW,
    )
}

#[test]
fn a_batch_takes_the_good_and_names_the_bad() {
    let metrics = with_envelope(json!({"kind": "metrics", "cpu_pct": 101}));
    let results = batch(&[
        metrics.clone(),
        json!(7),
        with_envelope(json!({"kind": "batch", "payloads": [metrics]})),
        with_envelope(json!({"kind": "weather"})),
        json!({"v": 1}),
        with_envelope(json!({"kind": "metrics", "x": "y".repeat(MAX_PAYLOAD_BYTES)})),
        with_envelope(json!({"kind": "processes", "services": [service("exim")]})),
    ])
    .unwrap();
    assert_eq!(results[0].as_ref().unwrap().refused_fields, ["cpu_pct"]);
    assert_eq!(results[6].as_ref().unwrap().kind(), Kind::Processes);
    let error = |index: usize| serde_json::to_value(results[index].as_ref().unwrap_err()).unwrap();
    assert_eq!(error(1), json!({"payload": ["must be an object"]}));
    assert_eq!(
        error(2),
        json!({"kind": ["must be a known kind other than batch"]})
    );
    assert_eq!(error(3), error(2));
    assert_eq!(error(4)["kind"], json!(["is required"]));
    assert_eq!(error(4)["seq"], json!(["is required"]));
    assert!(
        error(5)["payload"][0]
            .as_str()
            .unwrap()
            .contains("at most 524288 are taken")
    );
}

#[test]
fn a_batch_holds_1_to_500() {
    let invalid = |result: Result<_, PostError>| match result {
        Err(PostError::Invalid(errors)) => serde_json::to_value(errors).unwrap(),
        other => panic!("{:?}", other.map(|list: Vec<_>| list.len())),
    };
    let one = with_envelope(json!({"kind": "metrics"}));
    assert_eq!(batch(&vec![one.clone(); 500]).unwrap().len(), 500);
    assert_eq!(
        invalid(batch(&vec![one; 501])),
        json!({"payloads": ["must hold at most 500 entries"]})
    );
    assert_eq!(
        invalid(batch(&[])),
        json!({"payloads": ["must not be empty"]})
    );
    assert_eq!(
        invalid(parse_batch(b"{}", NOW)),
        json!({"payloads": ["is required"]})
    );
    assert_eq!(
        invalid(parse_batch(b"{\"payloads\":{}}", NOW)),
        json!({"payloads": ["must be a list"]})
    );
}
