#![expect(missing_docs, reason = "the names say it")]

use super::*;

pub async fn hostile_text_is_only_text(store: &dyn SeriesStore) {
    let hostile = [
        "it's",
        "''; DROP TABLE firewall_events; --",
        "\"quoted\" \\ back\\slash\\",
        "%_[]*?",
        "$1 @x {} \\u0041 \\n \\'",
        "p\u{430}ypal \u{1f4be} \u{202e}",
        "nul\u{0}bell\u{7}\r\n\t",
        "a=b,c d",
        "' OR '1'='1",
    ];
    let event = |n: i64, reason: &str| EventRow {
        table: FIREWALL,
        at: UnixMs(T0 + n),
        values: vec![
            None,
            Some("block".into()),
            Some(reason.into()),
            None,
            None,
            None,
            Some(reason.into()),
        ],
    };
    let rows = hostile.iter().zip(0..).map(|(reason, n)| Event {
        server: ONE,
        row: event(n, reason),
    });
    store.write_events(rows.collect()).await.expect("write");
    for (reason, n) in hostile.iter().zip(0..) {
        for condition in [
            EventCondition::is("ip", *reason),
            EventCondition::is("reason", *reason),
            EventCondition::contains("reason", *reason),
            EventCondition::starts_with("reason", *reason),
        ] {
            let query = EventQuery {
                conditions: vec![condition],
                ..all(FIREWALL)
            };
            let page = read(store, &query).await;
            let found: Vec<_> = page.events.iter().map(|e| e.row.at.0 - T0).collect();
            assert_eq!(found, [n], "{reason:?}");
            assert_eq!(page.events[0].row, event(n, reason));
        }
    }
    let count = EventCount {
        order: CountOrder::Last,
        ..by(counted(FIREWALL), &["ip"])
    };
    let found: Vec<String> = groups(store, &count)
        .await
        .into_iter()
        .map(|(cells, _)| cells[0].clone())
        .collect();
    let expected: Vec<&str> = hostile.iter().rev().copied().collect();
    assert_eq!(found, expected);
}

pub async fn decisions_are_events_of_the_platform(store: &dyn SeriesStore) {
    let decision = |server, at: i64, subject: &str, reason: &str| Event {
        server,
        row: EventRow {
            table: EventTable::Decisions,
            at: UnixMs(T0 + at),
            values: vec![
                Some("disk_bytes".into()),
                Some(subject.into()),
                Some("breach".into()),
                Some(reason.into()),
                None,
                Some("97 %".into()),
                None,
                Some(1e15.into()),
                Some(3.0.into()),
                Some(95.5.into()),
                None,
                None,
            ],
        },
    };
    let all_of_them = vec![
        decision(ONE, 1, "/", "opened"),
        decision(ONE, 2, "", "held_by_server_down"),
        decision(TWO, 3, "/", "opened"),
    ];
    store
        .write_events(all_of_them.clone())
        .await
        .expect("write");
    // A replay of the log decides the same again.
    store
        .write_events(all_of_them.clone())
        .await
        .expect("write");
    let of_one = EventQuery {
        servers: Some(vec![ONE]),
        conditions: vec![EventCondition::is("detector", "disk_bytes")],
        ..all(EventTable::Decisions)
    };
    let page = read(store, &of_one).await;
    assert_eq!(
        page.events,
        [all_of_them[1].clone(), all_of_them[0].clone()]
    );
    assert_eq!(page.events[0].row.text("subject"), Some(""));
    assert_eq!(page.events[0].row.number("record_offset"), Some(1e15));
}

pub async fn questions_about_events_that_cannot_be_are_refused(store: &dyn SeriesStore) {
    let query = |conditions: Vec<EventCondition>| EventQuery {
        conditions,
        ..all(FIREWALL)
    };
    let condition = EventCondition::contains("reason", "x");
    let many = |n| vec![condition.clone(); n];
    let refused = [
        query(vec![EventCondition::is("luck", "x")]),
        query(vec![EventCondition::is("ip", 5.0)]),
        query(vec![EventCondition::contains("reason", "x".repeat(9_000))]),
        query(many(9)),
        EventQuery {
            limit: 0,
            ..query(Vec::new())
        },
        EventQuery {
            limit: 1_001,
            ..query(Vec::new())
        },
        EventQuery {
            to: UnixMs(T0 - 2 * DAY),
            ..query(Vec::new())
        },
        EventQuery {
            servers: Some((0..1_001).map(ServerId).collect()),
            ..query(Vec::new())
        },
    ];
    for query in refused {
        let error = store.events(&query).await.expect_err("refused");
        assert!(error.is_invalid_query() && !error.is_retryable(), "{error}");
    }
    let sum = |column: &str| EventCount {
        sums: vec![column.to_owned()],
        ..counted(EventTable::EmailLogins)
    };
    let refused = [
        by(counted(FIREWALL), &["luck"]),
        by(
            counted(FIREWALL),
            &["ip", "action", "reason", "user", "source"],
        ),
        sum("login"),
        EventCount {
            order: CountOrder::Sum(1),
            ..sum("messages")
        },
        EventCount {
            limit: 0,
            ..counted(FIREWALL)
        },
        EventCount {
            from: UnixMs(T0 - 40 * DAY),
            ..counted(FIREWALL)
        },
    ];
    for count in refused {
        let error = store.count_events(&count).await.expect_err("refused");
        assert!(error.is_invalid_query() && !error.is_retryable(), "{error}");
    }
    let error = store
        .events(&query(vec![EventCondition::is("luck", "x")]))
        .await;
    assert!(matches!(
        error,
        Err(SeriesError::NoSuchColumn {
            table: "firewall_events",
            ..
        })
    ));
}

/// The largest question that is allowed: its statement must still reach the server.
pub async fn the_largest_question_is_answered(store: &dyn SeriesStore) {
    write(
        store,
        vec![firewall(ONE, T0, vec![blocked(T0, "192.0.2.1")])],
    )
    .await;
    let servers = [ONE]
        .into_iter()
        .chain((0..999).map(|n| ServerId(2_000_000_000 + n)));
    let servers: Vec<ServerId> = servers.collect();
    let wide = address::covering("2001:db8:1234:5678:9abc:def1:2345:6789");
    for more in [
        vec!["\u{20ac}".repeat(1_800)],
        vec!["'".repeat(2_700)],
        wide,
    ] {
        let values = ["192.0.2.1".to_owned()].into_iter().chain(more);
        let query = EventQuery {
            servers: Some(servers.clone()),
            conditions: vec![EventCondition::one_of("ip", values)],
            ..all(FIREWALL)
        };
        assert_eq!(read(store, &query).await.events.len(), 1);
    }
}

pub async fn old_events_go_with_raw_rows(store: &dyn SeriesStore) {
    let old = blocked(T0 - DAY / 2, "192.0.2.1");
    let young = blocked(T0 + DAY / 2, "192.0.2.2");
    write(
        store,
        vec![firewall(ONE, T0 + DAY, vec![old.clone(), young])],
    )
    .await;
    let retention = Retention {
        raw: Duration::from_secs(30 * 86_400),
        hourly: Duration::from_secs(400 * 86_400),
    };
    let now = UnixMs(T0 + 30 * DAY + HOUR);
    store.retain(now, retention).await.expect("retain");
    let kept = [(1, DAY / 2, "192.0.2.2")];
    assert_eq!(told(&read(store, &all(FIREWALL)).await), kept);
    write(
        store,
        vec![firewall(ONE, T0 + DAY + MINUTE, vec![old.clone()])],
    )
    .await;
    let event = Event {
        server: ONE,
        row: EventRow {
            table: FIREWALL,
            at: old.at,
            values: vec![None, None, Some("192.0.2.1".into())],
        },
    };
    store.write_events(vec![event]).await.expect("write");
    assert_eq!(told(&read(store, &all(FIREWALL)).await), kept, "too late");
    assert_eq!(groups(store, &counted(FIREWALL)).await, [group(&[], 1)]);
}

pub async fn a_forgotten_servers_events_are_gone(store: &dyn SeriesStore) {
    for server in [ONE, TWO] {
        let events = (0..3).map(|n| blocked(T0 + n * HOUR, "192.0.2.1"));
        write(store, vec![firewall(server, T0, events.collect())]).await;
    }
    store.forget(ONE).await.expect("forget");
    let found = read(store, &all(FIREWALL)).await;
    assert!(found.events.iter().all(|e| e.server == TWO) && found.events.len() == 3);
    let count = by(counted(FIREWALL), &["ip"]);
    assert_eq!(groups(store, &count).await, [group(&["192.0.2.1"], 3)]);
    let by_ip = EventQuery {
        conditions: vec![EventCondition::is("ip", "192.0.2.1")],
        servers: Some(vec![ONE]),
        ..all(FIREWALL)
    };
    assert_eq!(read(store, &by_ip).await.events, []);
    write(
        store,
        vec![firewall(ONE, T0, vec![blocked(T0 + 5, "192.0.2.9")])],
    )
    .await;
    let back = read(store, &all(FIREWALL)).await;
    assert!(
        told(&back).contains(&(1, 5, "192.0.2.9")),
        "it may come back"
    );
    assert_eq!(back.events.len(), 4);
    store.forget(ONE).await.expect("forget");
    assert_eq!(
        read(store, &all(FIREWALL)).await.events.len(),
        3,
        "and go again"
    );
}
