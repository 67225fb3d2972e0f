use super::*;
use proptest::prelude::*;

fn parse(text: &str) -> Result<Node<'_>, JsonError> {
    Parser::new(text.as_bytes())?.document()
}

/// The same value as `serde_json` would build.
fn to_serde(node: &Node<'_>) -> serde_json::Value {
    match node {
        Node::Null | Node::NotANumber | Node::Skipped | Node::Taken => serde_json::Value::Null,
        Node::Bool(b) => (*b).into(),
        Node::Number(text) => serde_json::from_str(text).unwrap(),
        Node::Text(text) => text.as_ref().into(),
        Node::Array(items) => items.iter().map(to_serde).collect(),
        Node::Object(entries) => entries
            .iter()
            .map(|e| (e.name.to_string(), to_serde(&e.value)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
    }
}

#[test]
fn shells_write_nan_and_the_rest_of_the_document_survives() {
    for word in ["NaN", "nan", "-nan", "inf", "-inf", "Infinity", "-Infinity"] {
        let document = format!("{{\"a\":{word},\"b\":1}}");
        let Node::Object(entries) = parse(&document).unwrap() else {
            panic!("not an object")
        };
        assert_eq!(entries[0].value, Node::NotANumber, "{word}");
        assert_eq!(entries[1].value, Node::Number("1"));
    }
    assert!(parse("-null").is_err());
    assert!(parse("Nano").is_err());
}

#[test]
fn lone_surrogates_become_the_replacement_character() {
    let text = |json: &str| match parse(json).unwrap() {
        Node::Text(text) => text.into_owned(),
        other => panic!("{other:?}"),
    };
    assert_eq!(text(r#""a\ud83d\ude00b""#), "a😀b");
    assert_eq!(text(r#""\ud83dx""#), "\u{fffd}x");
    assert_eq!(text(r#""\ud83d\n""#), "\u{fffd}\n");
    assert_eq!(text(r#""\ud83d\u0041""#), "\u{fffd}A");
    assert_eq!(text(r#""\udc00""#), "\u{fffd}");
}

#[test]
fn a_hundred_thousand_levels_are_skipped_not_recursed() {
    let deep = format!(
        "{{\"x\":{}{},\"y\":1}}",
        "[".repeat(100_000),
        "]".repeat(100_000)
    );
    let Node::Object(entries) = parse(&deep).unwrap() else {
        panic!("not an object")
    };
    assert_eq!(entries[1].value, Node::Number("1"));
    assert!(parse(&"[".repeat(100_000)).is_err());
    assert!(parse(&"{\"a\":".repeat(100_000)).is_err());
}

#[test]
fn values_beyond_the_limit_are_measured_but_not_kept() {
    let text = format!("[{}]", vec!["123"; 1_000].join(","));
    let mut parser = Parser::new(text.as_bytes()).unwrap();
    let (node, span) = parser.value_within(100).unwrap();
    let Node::Array(items) = node else {
        panic!("not an array")
    };
    assert_eq!(span, text.len());
    assert_eq!(items.len(), 1_000);
    assert_eq!(items[0], Node::Number("123"));
    assert_eq!(items[999], Node::Skipped);
}

#[test]
fn what_is_no_json_says_where() {
    for (text, at) in [
        ("", 0),
        ("{", 1),
        ("{\"a\" 1}", 5),
        ("[1,]", 3),
        ("[1 2]", 3),
        ("01", 1),
        ("1.", 2),
        ("\"a\nb\"", 2),
        ("\"\\x\"", 2),
        ("\"\\u12g4\"", 3),
        ("{} x", 3),
        ("\u{feff}{}", 0),
    ] {
        assert_eq!(parse(text).unwrap_err().at, at, "{text:?}");
    }
    assert_eq!(Parser::new(b"\"\xff\"").err().unwrap().at, 1);
}

fn any_json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        any::<f64>().prop_map(Into::into),
        ".{0,8}".prop_map(Into::into),
    ];
    leaf.prop_recursive(4, 32, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Into::into),
            prop::collection::hash_map("[a-z\"\\\\é]{0,4}", inner, 0..5)
                .prop_map(|m| m.into_iter().collect::<serde_json::Map<_, _>>().into()),
        ]
    })
}

proptest! {
    #[test]
    fn reads_what_serde_json_reads(value in any_json()) {
        let text = serde_json::to_string(&value).unwrap();
        let pretty = serde_json::to_string_pretty(&value).unwrap();
        prop_assert_eq!(to_serde(&parse(&text).unwrap()), serde_json::from_str::<serde_json::Value>(&text).unwrap());
        prop_assert_eq!(to_serde(&parse(&pretty).unwrap()), serde_json::from_str::<serde_json::Value>(&pretty).unwrap());
        let mut skipper = Parser::new(text.as_bytes()).unwrap();
        skipper.skip().unwrap();
        prop_assert!(skipper.end().is_ok());
    }

    #[test]
    fn refuses_what_serde_json_refuses(text in "[\\[\\]{},:\"\\\\0-9.eE+ atrufn-]{0,12}") {
        let theirs = serde_json::from_str::<serde_json::Value>(&text);
        // A number that overflows f64 is the one document of this alphabet we read and serde_json does not.
        let overflow = theirs.as_ref().is_err_and(|e| e.to_string().starts_with("number out of range"));
        let nan = text.contains("nan");
        prop_assert!(overflow || nan || theirs.is_ok() == parse(&text).is_ok(), "{:?}", theirs);
        let mut skipper = Parser::new(text.as_bytes()).unwrap();
        let skipped = skipper.skip().is_ok() && skipper.end().is_ok();
        prop_assert_eq!(skipped, parse(&text).is_ok());
    }

    #[test]
    fn never_panics(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        if let Ok(parser) = Parser::new(&bytes) {
            drop(parser.document());
        }
    }
}
