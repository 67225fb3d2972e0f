//! Firewall events: text that attackers write.

use super::*;
use crate::payload::firewall::{
    FirewallAction, FirewallEvent, FirewallSource, MAX_FIREWALL_EVENTS,
};

const FULL: &str = include_str!("../../../../tests/fixtures/payload/firewall.json");
const MINIMAL: &str = include_str!("../../../../tests/fixtures/payload/firewall.minimal.json");

fn of(posted: &Posted) -> &Firewall {
    match posted.report.data() {
        Some(Payload::Firewall(firewall)) => firewall,
        other => panic!("expected firewall, got {other:?}"),
    }
}

fn event(ip: &str, reason: &str) -> Value {
    json!({"at": "2026-05-07T12:33:05Z", "source": "lfd", "action": "block", "ip": ip, "ports": [],
           "country": null, "user": null, "reason": reason})
}

fn with(field: &str, value: Value) -> Value {
    let mut event = event("192.0.2.1", "why");
    event[field] = value;
    json!({"events": [event]})
}

fn one(field: &str, value: Value) -> (FirewallEvent, Vec<String>) {
    let posted = post(Kind::Firewall, with(field, value)).unwrap();
    (of(&posted).events[0].clone(), posted.refused_fields)
}

/// What the series store is given.
fn rows(posted: &Posted) -> Vec<EventRow> {
    let mut rows = Vec::new();
    let at = posted.report.row_at(posted.event_at, posted.received_at);
    posted
        .report
        .for_each_event(at.unwrap(), posted.received_at, &mut |row| rows.push(row));
    rows
}

#[test]
fn a_full_report_becomes_event_rows() {
    let posted = parse_post(Kind::Firewall, FULL.as_bytes(), NOW).unwrap();
    assert!(posted.refused_fields.is_empty());
    let events = &of(&posted).events;
    assert_eq!(events.len(), 6);
    assert_eq!(
        (events[0].source, events[5].action),
        (FirewallSource::Lfd, FirewallAction::LoginFailure)
    );
    let rows = rows(&posted);
    assert_eq!(rows.len(), 6);
    assert_eq!(rows[0].at.to_string(), "2026-05-07T12:33:05.000Z");
    let text = |row: &EventRow, column| row.text(column).map(str::to_owned);
    assert_eq!(text(&rows[0], "action").as_deref(), Some("block"));
    assert_eq!(text(&rows[0], "country").as_deref(), Some("CN"));
    assert_eq!(text(&rows[0], "ports"), None);
    assert_eq!(text(&rows[1], "ports").as_deref(), Some("143 993"));
    assert_eq!(text(&rows[2], "ip").as_deref(), Some("203.0.113.0/24"));
    assert_eq!(text(&rows[4], "source").as_deref(), Some("modsecurity"));
    assert_eq!(text(&rows[4], "user").as_deref(), Some("cust1"));
    for row in rows {
        assert_eq!(row.values.len(), row.table.columns().len());
        for (value, column) in row.values.iter().zip(row.table.columns()) {
            let of = value
                .as_ref()
                .map_or(column.column_type, EventValue::column_type);
            assert_eq!(of, column.column_type, "{}", column.name);
        }
    }
}

#[test]
fn nothing_happened_is_a_report_too() {
    let posted = parse_post(Kind::Firewall, MINIMAL.as_bytes(), NOW).unwrap();
    assert_eq!(*of(&posted), Firewall::default());
    assert!(rows(&posted).is_empty());
}

#[test]
fn an_address_that_is_none_costs_its_entry() {
    let events = [
        event("192.0.2.1", "first"),
        event("1.2.3.4'; DROP TABLE firewall_events; --", "hostile"),
        event("999.0.0.1", "worse"),
        event("::FFFF:192.0.2.9", "last"),
    ];
    let posted = post(Kind::Firewall, json!({ "events": events })).unwrap();
    let kept: Vec<_> = of(&posted).events.iter().map(|e| e.ip.as_str()).collect();
    assert_eq!(kept, ["192.0.2.1", "192.0.2.9"]);
    assert_eq!(posted.refused_fields, ["events[1].ip", "events[2].ip"]);
}

#[test]
fn addresses_are_stored_in_one_form() {
    for (given, form) in [
        ("2001:DB8:0:0::BAD", "2001:db8::bad"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("203.0.113.77/24", "203.0.113.0/24"),
        ("2001:db8:1:2:3::/64", "2001:db8:1:2::/64"),
    ] {
        assert_eq!(one("ip", json!(given)).0.ip, form);
    }
}

#[test]
fn countries_are_codes_or_unknown() {
    for (given, code, refused) in [
        (json!("cn"), Some("CN"), false),
        (json!("XX"), None, false),
        (json!("-"), None, false),
        (json!(null), None, false),
        (json!("China"), None, true),
        (json!("<b>"), None, true),
        (json!(5), None, true),
    ] {
        let (event, fields) = one("country", given.clone());
        assert_eq!(event.country.as_deref(), code, "{given}");
        assert_eq!(!fields.is_empty(), refused, "{given}");
    }
}

#[test]
fn ports_come_in_any_list() {
    for (given, ports, refused) in [
        (json!([993, 143, 143]), vec![143, 993], false),
        (json!(["22", 2222]), vec![22, 2222], false),
        (json!("80,443 8080"), vec![80, 443, 8080], false),
        (json!(25), vec![25], false),
        (json!(""), vec![], false),
        (json!(null), vec![], false),
        (
            json!([0, 65_536, -1, 1.5, "ssh", 65_535]),
            vec![65_535],
            true,
        ),
        (json!([[22]]), vec![], true),
        (json!({"22": true}), vec![], true),
        (json!(vec![1; 101]), vec![], true),
    ] {
        let (event, fields) = one("ports", given.clone());
        assert_eq!(event.ports, ports, "{given}");
        assert_eq!(!fields.is_empty(), refused, "{given}");
    }
}

#[test]
fn lines_about_the_same_are_one_event() {
    let at_port = |port: Value, country: Value| {
        let mut event = event("192.0.2.1", "why");
        event["ports"] = port;
        event["country"] = country;
        event
    };
    let other = event("192.0.2.2", "why");
    let sent = [
        at_port(json!([993]), json!(null)),
        other.clone(),
        at_port(json!([143]), json!("BD")),
    ];
    let posted = post(Kind::Firewall, json!({ "events": sent })).unwrap();
    let events = &of(&posted).events;
    assert_eq!(events.len(), 2);
    assert_eq!(events[0].ports, [143, 993], "one line a port");
    assert_eq!(events[0].country.as_deref(), Some("BD"));
    let sent = [
        at_port(json!([993]), json!(null)),
        at_port(json!([]), json!(null)),
    ];
    let posted = post(Kind::Firewall, json!({ "events": sent })).unwrap();
    assert!(of(&posted).events[0].ports.is_empty(), "all of them");
}

#[test]
fn text_is_stripped_and_cut() {
    let hostile = "<script>alert(1)</script>\u{202e}\r\n[0m' OR 1=1; --";
    let (event, fields) = one("reason", json!(hostile));
    assert_eq!(event.reason, "<script>alert(1)</script>[0m' OR 1=1; --");
    assert!(fields.is_empty());
    let (event, fields) = one("reason", json!("é".repeat(60_000)));
    assert_eq!(event.reason.chars().count(), 500);
    assert!(
        fields.is_empty(),
        "a long line is no mistake of the agent's"
    );
    assert_eq!(one("reason", json!("")).0.reason, "");
    let (event, _) = one("user", json!("u".repeat(300)));
    assert_eq!(event.user.map(|u| u.len()), Some(255));
}

#[test]
fn the_excess_of_a_flood_is_cut_and_counted() {
    let flood = |count: usize, pad: usize| {
        let events: Vec<Value> = (0..count)
            .map(|i| {
                let mut event = event("192.0.2.1", &format!("line {i}{}", "x".repeat(pad)));
                // The log is not in order: the newest ones are found by their times.
                let second = (i * 7) % 60;
                event["at"] = json!(format!("2026-05-07T12:{:02}:{second:02}Z", i * 30 / count));
                event
            })
            .collect();
        json!({"events": events, "omitted": 5})
    };
    let sent = flood(MAX_FIREWALL_EVENTS + 300, 0);
    let posted = post(Kind::Firewall, sent).unwrap();
    let kept = of(&posted);
    assert_eq!(kept.events.len(), MAX_FIREWALL_EVENTS);
    assert_eq!(kept.omitted, Some(305), "the agent's and ours");
    assert_eq!(posted.refused_fields, ["events"]);
    let oldest_kept = kept.events.iter().map(|e| e.at).min().unwrap();
    assert!(oldest_kept.to_string().as_str() > "2026-05-07T12:03:00.000Z");
    // Each of 50,000 lines has some 130 bytes.
    let body = with_envelope(flood(50_000, 30)).to_string();
    assert!(matches!(
        parse_post(Kind::Firewall, body.as_bytes(), NOW),
        Err(PostError::TooLarge { .. })
    ));
    let most = json!({"events": vec![json!({}); 10_001]});
    assert_eq!(
        errors(Kind::Firewall, most),
        json!({"events": ["holds 10001 entries, at most 10000"]})
    );
}

#[test]
fn times_are_corrected_as_the_payloads_own_is() {
    // An agent an hour ahead of us, and one that claims a line from next year.
    let mut ahead = with_envelope(with("at", json!("2026-05-07T13:33:05Z")));
    ahead["observed_at"] = json!("2026-05-07T13:34:56Z");
    ahead["sent_at"] = json!("2026-05-07T13:35:00Z");
    let at = |posted: &Posted| of(posted).events[0].at.to_string();
    let posted = parse_post(Kind::Firewall, ahead.to_string().as_bytes(), NOW).unwrap();
    assert_eq!(at(&posted), "2026-05-07T12:33:05.000Z");
    let again = UnixMs(NOW.0 + 2_500);
    let repeat = parse_post(Kind::Firewall, ahead.to_string().as_bytes(), again).unwrap();
    assert_eq!(repeat.body_hash, posted.body_hash, "it is the same payload");
    let next_year = with("at", json!("2027-05-07T12:33:05Z"));
    let posted = post(Kind::Firewall, next_year).unwrap();
    assert_eq!(at(&posted), NOW.to_string(), "put at its arrival");
    let encoded = posted.encode(crate::id::ServerId(1));
    let decoded = crate::record::Record::decode(&encoded.bytes).unwrap();
    assert_eq!(decoded, *encoded.record, "readers see the corrected time");
}

#[test]
fn what_is_older_than_kept_makes_no_rows() {
    let old = with("at", json!("2025-05-07T12:33:05Z"));
    let posted = post(Kind::Firewall, old).unwrap();
    assert_eq!(of(&posted).events.len(), 1);
    assert!(rows(&posted).is_empty());
}
