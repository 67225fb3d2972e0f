//! Mail of an hour: names that strangers choose, and hours that come again.

use super::*;
use crate::payload::email_stats::DomainStats;

const FULL: &str = include_str!("../../../../tests/fixtures/payload/email-stats.json");
const MINIMAL: &str = include_str!("../../../../tests/fixtures/payload/email-stats.minimal.json");

fn of(posted: &Posted) -> &EmailStats {
    match posted.report.data() {
        Some(Payload::EmailStats(stats)) => stats,
        other => panic!("expected email-stats, got {other:?}"),
    }
}

fn at(text: &str) -> UnixMs {
    let at = chrono::DateTime::parse_from_rfc3339(text).unwrap();
    UnixMs(at.timestamp_millis())
}

fn hour(hour: &str, complete: bool, domains: Value) -> Value {
    json!({"hour": hour, "complete": complete, "domains": domains, "logins": [], "scripts": []})
}

fn domains(names: &[&str]) -> Value {
    let names = names.iter();
    names
        .map(|name| json!({"domain": name, "messages": 1, "recipients": 10, "deferred": 0}))
        .collect()
}

fn rows(posted: &Posted) -> Vec<EventRow> {
    let mut rows = Vec::new();
    let at = posted.report.row_at(posted.event_at, posted.received_at);
    posted
        .report
        .for_each_event(at.unwrap(), posted.received_at, &mut |row| rows.push(row));
    rows
}

#[test]
fn a_finished_hour_stands_at_its_start() {
    let posted = parse_post(Kind::EmailStats, FULL.as_bytes(), NOW).unwrap();
    assert!(
        posted.refused_fields.is_empty(),
        "{:?}",
        posted.refused_fields
    );
    let eleven = at("2026-05-07T11:00:00Z");
    assert_eq!(posted.report.row_at(posted.event_at, NOW), Some(eleven));
    let payload = posted.report.data().unwrap();
    let recipients: Vec<_> = payload.metric_values("recipients").collect();
    assert_eq!(
        recipients,
        [
            (Some("customer1.example"), Some(410.0)),
            (Some("xn--bcher-kva.example"), Some(3.0)),
            (Some("*"), Some(44.0)),
        ]
    );
    assert_eq!(
        payload.metric_values("bounced").last(),
        Some((Some("*"), None))
    );
    let rows = rows(&posted);
    assert_eq!(rows.len(), 5);
    assert!(rows.iter().all(|row| row.at == eleven));
    assert_eq!(rows[0].table, EventTable::EmailLogins);
    assert_eq!(rows[0].text("login"), Some("sales@customer1.example"));
    assert_eq!(rows[0].number("ips"), Some(2.0));
    assert_eq!(rows[0].text("ip_list"), Some("198.51.100.20 2001:db8::20"));
    assert_eq!(rows[0].text("country_list"), Some("BD KR"));
    assert_eq!(
        rows[0].text("domain_list"),
        Some("customer1.example xn--bcher-kva.example")
    );
    assert_eq!(rows[0].yes_no("complete"), Some(true));
    assert_eq!(
        (rows[1].number("ips"), rows[1].text("ip_list")),
        (Some(1.0), None)
    );
    assert_eq!(rows[1].get("countries"), None, "unknown is not none");
    assert_eq!(rows[2].table, EventTable::EmailScripts);
    assert_eq!(rows[2].number("recipients"), Some(13.0));
    assert_eq!(rows[0].number("auth_failures"), Some(31.0));
    assert_eq!(rows[1].get("auth_failures"), None);
    assert_eq!(rows[3].table, EventTable::EmailAddresses);
    assert_eq!(rows[3].text("ip"), Some("203.0.113.66"));
    assert_eq!(rows[3].number("accepted_after"), Some(24.0));
    assert_eq!(rows[3].text("login"), Some("sales@customer1.example"));
    assert_eq!(
        rows[3].text("accepted_at"),
        Some("2026-05-07T11:42:07.000Z")
    );
    assert_eq!(rows[4].number("failures"), Some(7.0));
    assert_eq!(rows[4].get("accepted_after"), None, "it was never let in");
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
fn an_hour_without_mail_is_a_report_too() {
    let posted = parse_post(Kind::EmailStats, MINIMAL.as_bytes(), NOW).unwrap();
    let stats = of(&posted);
    assert!(!stats.complete && stats.domains.is_empty());
    assert!(rows(&posted).is_empty());
}

#[test]
fn a_list_has_1000_entries_and_the_sum_of_the_rest() {
    let many = vec![json!({"domain": "a.example"}); 1_002];
    assert_eq!(
        errors(
            Kind::EmailStats,
            hour("2026-05-07T12:00:00Z", true, json!(many))
        ),
        json!({"domains": ["holds 1002 entries, at most 1001"]})
    );
}

#[test]
fn a_running_count_that_comes_after_its_hour_is_passed_over() {
    let running = hour("2026-05-07T12:00:00Z", false, domains(&["a.example"]));
    let finished = hour("2026-05-07T12:00:00Z", true, domains(&["a.example"]));
    let row_at = |fields: &Value, received: &str| {
        let mut body = with_envelope(fields.clone());
        body["sent_at"] = json!(received);
        let received = at(received);
        let posted = parse_post(Kind::EmailStats, body.to_string().as_bytes(), received).unwrap();
        posted.report.row_at(posted.event_at, received)
    };
    let occasion = |fields: &Value| {
        let posted = post(Kind::EmailStats, fields.clone()).unwrap();
        posted.report.data().unwrap().occasion()
    };
    assert_eq!(occasion(&running), None, "a running hour is told of again");
    assert_eq!(
        occasion(&finished).map(|o| o.at),
        Some(at("2026-05-07T12:00:00Z"))
    );
    let noon = Some(at("2026-05-07T12:00:00Z"));
    assert_eq!(row_at(&running, "2026-05-07T12:35:00Z"), noon);
    assert_eq!(row_at(&running, "2026-05-07T12:59:59.999Z"), noon);
    assert_eq!(row_at(&running, "2026-05-07T13:00:00Z"), None);
    assert_eq!(row_at(&finished, "2026-05-07T13:00:20Z"), noon);
    assert_eq!(
        row_at(&finished, "2026-05-09T13:00:20Z"),
        noon,
        "from the spool"
    );
}

#[test]
fn domains_are_names_whatever_was_claimed() {
    let long = format!("{}.example", "a".repeat(300));
    let names = [
        "Customer1.example",
        "customer1.example.",
        "'; DROP TABLE email_send_stats; --",
        "<script>",
        &long,
        "p\u{430}ypal.example",
    ];
    let posted = post(
        Kind::EmailStats,
        hour("2026-05-07T12:00:00Z", true, domains(&names)),
    )
    .unwrap();
    let found = &of(&posted).domains;
    let names: Vec<_> = found.iter().map(|d| d.domain.as_str()).collect();
    assert_eq!(
        names,
        ["customer1.example", "invalid", "xn--pypal-4ve.example"]
    );
    assert_eq!(found[0].recipients, Some(20), "the same domain is one");
    assert_eq!(
        found[1],
        DomainStats {
            domain: "invalid".to_owned(),
            messages: Some(3),
            recipients: Some(30),
            deferred: Some(0),
            bounced: None,
        },
        "its mail counts all the same"
    );
    assert!(posted.refused_fields.is_empty());
}

#[test]
fn addresses_and_countries_of_a_login_come_as_lists_or_numbers() {
    let login = |ips: Value, countries: Value| {
        let mut stats = hour("2026-05-07T12:00:00Z", true, json!([]));
        stats["logins"] = json!([{"login": "a@b.example", "ips": ips, "countries": countries}]);
        let posted = post(Kind::EmailStats, stats).unwrap();
        let login = of(&posted).logins[0].clone();
        let count = |d: &Option<Distinct>| d.as_ref().map(Distinct::count);
        let counts = (count(&login.ips), count(&login.countries));
        (counts, posted.refused_fields)
    };
    let fine: Vec<String> = Vec::new();
    assert_eq!(
        login(json!(7), json!(null)),
        ((Some(7), None), fine.clone())
    );
    let same = json!(["192.0.2.1", "::ffff:192.0.2.1", "192.0.2.2"]);
    assert_eq!(login(same, json!(["bd", "BD"])), ((Some(2), Some(1)), fine));
    let refused = |field: &str| vec![format!("logins[0].{field}")];
    assert_eq!(
        login(json!(["192.0.2.1", "nowhere", 5]), json!(1)),
        ((Some(1), Some(1)), refused("ips"))
    );
    assert_eq!(
        login(json!(-1), json!(1)),
        ((None, Some(1)), refused("ips"))
    );
    assert_eq!(
        login(json!(1), json!("BD")),
        ((Some(1), None), refused("countries"))
    );
}

#[test]
fn the_same_login_or_script_twice_is_one() {
    let posted = post(
        Kind::EmailStats,
        json!({"hour": "2026-05-07T12:00:00Z", "complete": true, "domains": [], "logins": [
            {"login": "a@b.example", "messages": 1, "recipients": 5, "ips": ["192.0.2.1"], "account": null},
            {"login": "a@b.example", "messages": 2, "recipients": null, "ips": ["192.0.2.1", "192.0.2.2"], "account": "b"},
        ], "scripts": [{"path": "/home/b/x.php", "messages": 1}, {"path": "/home/b/x.php", "messages": 2}]}),
    )
    .unwrap();
    let stats = of(&posted);
    let login = &stats.logins[0];
    assert_eq!((stats.logins.len(), stats.scripts.len()), (1, 1));
    assert_eq!((login.messages, login.recipients), (Some(3), Some(5)));
    assert_eq!(login.ips.as_ref().map(Distinct::count), Some(2));
    assert_eq!(login.account.as_deref(), Some("b"));
    assert_eq!(stats.scripts[0].messages, Some(3));
}

fn let_in(addresses: Value) -> Result<Posted, PostError> {
    let mut stats = hour("2026-05-07T12:00:00Z", true, json!([]));
    stats["addresses"] = addresses;
    post(Kind::EmailStats, stats)
}

/// Older agents tell of no addresses, and attackers choose what they log in as: neither costs the hour.
#[test]
fn addresses_that_failed_are_optional_and_each_named_once() {
    let posted = let_in(json!(null)).unwrap();
    assert!(of(&posted).addresses.is_empty() && posted.refused_fields.is_empty());
    for wrong in [
        json!("none"),
        json!({}),
        json!(vec![json!({"ip": "192.0.2.1"}); 1_002]),
    ] {
        let posted = let_in(wrong).unwrap();
        assert!(of(&posted).addresses.is_empty());
        assert_eq!(posted.refused_fields, ["addresses"]);
    }
    let posted = let_in(json!([
        {"ip": "::ffff:192.0.2.1", "failures": 20, "accepted": 0},
        {"ip": "nowhere", "failures": 9},
        {"ip": "192.0.2.1", "failures": 5, "accepted": 1, "accepted_after": 22, "login": "x".repeat(300), "at": "2026-05-07T12:01:00Z"},
        {"ip": "192.0.2.1", "failures": -1, "accepted_after": 21, "login": "b@c.example", "at": "noon"},
    ]))
    .unwrap();
    assert_eq!(
        posted.refused_fields,
        [
            "addresses[1].ip",
            "addresses[3].failures",
            "addresses[3].at"
        ]
    );
    let [one] = &of(&posted).addresses[..] else {
        panic!("{:?}", of(&posted).addresses)
    };
    assert_eq!(
        (one.ip.as_str(), one.failures, one.accepted),
        ("192.0.2.1", Some(25), Some(1))
    );
    assert_eq!(one.accepted_after, Some(22), "the most there were");
    assert_eq!(one.login.as_ref().map(String::len), Some(255));
    assert_eq!(one.at, Some(at("2026-05-07T12:01:00Z")));
    let Err(PostError::Invalid(errors)) = let_in(json!([{"failures": 5}])) else {
        panic!("an address without one is taken")
    };
    assert_eq!(errors.to_string(), "addresses[0].ip is required");
}

#[test]
fn an_hour_by_a_wrong_clock_becomes_one_of_ours() {
    // (how far ahead the agent's clock is, ms; the hour by it; that hour by ours)
    for (ahead, agents, ours) in [
        (0, "2026-05-07T11:00:00Z", "2026-05-07T11:00:00Z"),
        (240_000, "2026-05-07T11:00:00Z", "2026-05-07T11:00:00Z"),
        (3_600_000, "2026-05-07T12:00:00Z", "2026-05-07T11:00:00Z"),
        (3_600_700, "2026-05-07T12:00:00Z", "2026-05-07T11:00:00Z"),
        (3_599_300, "2026-05-07T12:00:00Z", "2026-05-07T11:00:00Z"),
        (-7_200_000, "2026-05-07T09:00:00Z", "2026-05-07T11:00:00Z"),
        (0, "2026-06-07T11:00:00Z", "2026-05-07T12:00:00Z"),
    ] {
        let mut body = hour(agents, true, json!([]));
        let first = UnixMs(at(agents).0 + 60_000);
        body["addresses"] =
            json!([{"ip": "192.0.2.1", "accepted_after": 20, "at": first.to_string()}]);
        let mut body = with_envelope(body);
        let sent = UnixMs(NOW.0 + ahead).to_string();
        body["observed_at"] = json!(sent);
        body["sent_at"] = json!(sent);
        let posted = parse_post(Kind::EmailStats, body.to_string().as_bytes(), NOW).unwrap();
        assert_eq!(of(&posted).hour, at(ours), "{ahead} {agents}");
        let corrected = posted.envelope.correct(first, NOW);
        assert_eq!(of(&posted).addresses[0].at, Some(corrected), "{ahead}");
    }
}
