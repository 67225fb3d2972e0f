#![expect(missing_docs, reason = "the names say it")]

use super::*;

pub async fn a_store_without_events_answers_with_nothing(store: &dyn SeriesStore) {
    for table in EventTable::ALL.iter().copied() {
        let page = read(store, &all(table)).await;
        assert_eq!((page.events.len(), page.next), (0, None));
        assert_eq!(groups(store, &counted(table)).await, []);
    }
    store.write_events(Vec::new()).await.expect("write");
}

pub async fn events_of_a_report_are_read_newest_first(store: &dyn SeriesStore) {
    let full = FirewallEvent {
        ports: vec![143, 993],
        country: Some("BD".to_owned()),
        user: Some("cust1".to_owned()),
        ..blocked(T0 + 5, "2001:db8::bad")
    };
    let of_one = vec![blocked(T0, "192.0.2.1"), full];
    write(
        store,
        vec![
            firewall(ONE, T0 + MINUTE, of_one),
            firewall(TWO, T0 + MINUTE, vec![blocked(T0 + 3, "192.0.2.2")]),
            cpu(ONE, T0, 1.0),
        ],
    )
    .await;
    let page = read(store, &all(FIREWALL)).await;
    let expected = [
        (1, 5, "2001:db8::bad"),
        (70_000, 3, "192.0.2.2"),
        (1, 0, "192.0.2.1"),
    ];
    assert_eq!(told(&page), expected);
    assert_eq!(page.next, None);
    let row = &page.events[0].row;
    let texts = ["source", "action", "ports", "country", "user", "reason"].map(|c| row.text(c));
    let expected = [
        "lfd",
        "block",
        "143 993",
        "BD",
        "cust1",
        "(sshd) Failed SSH login",
    ];
    assert_eq!(texts, expected.map(Some));
    let bare = &page.events[2].row;
    assert_eq!((bare.text("country"), bare.text("ports")), (None, None));
    let latest = store.latest(Kind::Firewall, &[ONE]).await.expect("latest");
    assert_eq!(latest[&ONE].event_at, UnixMs(T0 + MINUTE));
}

pub async fn the_same_event_again_is_one(store: &dyn SeriesStore) {
    let report = firewall(ONE, T0 + MINUTE, vec![blocked(T0, "192.0.2.1")]);
    write(store, vec![report.clone(), report.clone()]).await;
    write(store, vec![report]).await;
    // Read again from the log after a crash, with what was not known before.
    let again = seen(T0, "192.0.2.1", FirewallAction::Block, Some("BD"));
    let report = firewall(ONE, T0 + 3 * MINUTE, vec![again]);
    write(store, vec![report]).await;
    let page = read(store, &all(FIREWALL)).await;
    assert_eq!(told(&page), [(1, 0, "192.0.2.1")]);
    assert_eq!(page.events[0].row.text("country"), Some("BD"));
    let count = by(counted(FIREWALL), &["ip"]);
    assert_eq!(groups(store, &count).await, [group(&["192.0.2.1"], 1)]);
    let other = seen(T0, "192.0.2.1", FirewallAction::Unblock, None);
    let more = vec![other, blocked(T0 + 1, "192.0.2.1")];
    write(store, vec![firewall(ONE, T0 + 4 * MINUTE, more)]).await;
    assert_eq!(groups(store, &count).await, [group(&["192.0.2.1"], 3)]);
}

pub async fn an_address_is_found_across_the_fleet(store: &dyn SeriesStore) {
    let rows = (1..=40).map(|n| {
        let at = T0 - i64::from(n) * HOUR / 2;
        let noise = blocked(at, &format!("198.51.100.{n}"));
        firewall(ServerId(n), at, vec![noise])
    });
    write(store, rows.collect()).await;
    let range = seen(
        T0 - 20 * HOUR,
        "203.0.113.0/24",
        FirewallAction::TempBlock,
        None,
    );
    write(
        store,
        vec![
            firewall(ONE, T0, vec![blocked(T0, "203.0.113.7")]),
            firewall(TWO, T0, vec![range]),
        ],
    )
    .await;
    let asked = |ip: &str| EventQuery {
        conditions: vec![EventCondition::one_of("ip", address::covering(ip))],
        ..all(FIREWALL)
    };
    let page = read(store, &asked("203.0.113.7")).await;
    let expected = [
        (1, 0, "203.0.113.7"),
        (70_000, -20 * HOUR, "203.0.113.0/24"),
    ];
    assert_eq!(told(&page), expected);
    assert_eq!(read(store, &asked("203.0.114.7")).await.events, []);
    let mut of_two = asked("203.0.113.7");
    of_two.servers = Some(vec![TWO]);
    assert_eq!(told(&read(store, &of_two).await).len(), 1);
    let nothing = EventQuery {
        conditions: vec![EventCondition::one_of("ip", [""; 0])],
        ..all(FIREWALL)
    };
    assert_eq!(read(store, &nothing).await.events, []);
}

pub async fn conditions_hold_together(store: &dyn SeriesStore) {
    let of = |n: i64, action, user: Option<&str>, reason: &str| FirewallEvent {
        action,
        user: user.map(str::to_owned),
        reason: reason.to_owned(),
        ..blocked(T0 + n, &format!("192.0.2.{n}"))
    };
    use FirewallAction::{Block, LoginFailure, ModSecurity};
    let events = vec![
        of(1, Block, Some("cust1"), "Failed SSH login"),
        of(
            2,
            LoginFailure,
            Some("Sales@Customer1.example"),
            "wrong password",
        ),
        of(3, ModSecurity, None, "100% of _rules"),
        of(4, Block, None, "ÜBER the limit"),
        of(5, Block, Some("SSH"), ""),
    ];
    write(store, vec![firewall(ONE, T0, events)]).await;
    let found = async |conditions: Vec<EventCondition>| {
        let query = EventQuery {
            conditions,
            ..all(FIREWALL)
        };
        let page = read(store, &query).await;
        let found = told(&page).into_iter().map(|(_, at, _)| at);
        found.collect::<Vec<_>>()
    };
    let contains = |part: &str| vec![EventCondition::contains("reason", part)];
    assert_eq!(found(contains("ssh")).await, [1]);
    assert_eq!(found(contains("über")).await, [4]);
    assert_eq!(found(contains("%")).await, [3], "no wildcard");
    assert_eq!(found(contains("_r")).await, [3]);
    assert_eq!(found(contains("nothing")).await, [0_i64; 0]);
    let either = EventCondition::contains("reason", "ssh").or_in("user");
    assert_eq!(found(vec![either.clone()]).await, [5, 1]);
    let blocks = EventCondition::is("action", "block");
    assert_eq!(found(vec![blocks.clone()]).await, [5, 4, 1]);
    let starts = EventCondition::starts_with("user", "cust");
    assert_eq!(found(vec![either, blocks, starts]).await, [1]);
    assert_eq!(
        found(vec![EventCondition::contains("user", "")]).await,
        [5, 2, 1]
    );
    assert_eq!(
        found(vec![EventCondition::is("reason", "")]).await,
        [5],
        "empty is known"
    );
    let two = EventCondition::one_of("action", ["login_failure", "mod_security"]);
    assert_eq!(found(vec![two]).await, [3, 2]);
}

pub async fn pages_follow_each_other(store: &dyn SeriesStore) {
    let servers = [ONE, ServerId(2), TWO];
    let mut expected = Vec::new();
    for server in servers {
        let at = |n: i64| T0 - (n / 3) * 7 * HOUR;
        let ip = |n: i64| format!("192.0.2.{n}");
        let events: Vec<_> = (0..12).map(|n| blocked(at(n), &ip(n))).collect();
        expected.extend(events.iter().map(|e| (e.at, server, e.ip.clone())));
        write(store, vec![firewall(server, T0, events)]).await;
    }
    let mut query = EventQuery {
        limit: 5,
        ..all(FIREWALL)
    };
    let mut found = Vec::new();
    let mut pages = 0;
    loop {
        let page = read(store, &query).await;
        let cursors: Vec<_> = page.events.iter().map(Event::cursor).collect();
        assert!(cursors.is_sorted_by(|a, b| a > b), "newest first");
        assert_eq!(page.next.is_some(), page.events.len() == 5 && pages < 7);
        let of = |e: &Event| (e.row.at, e.server, e.row.text("ip").map(str::to_owned));
        found.extend(page.events.iter().map(of));
        pages += 1;
        query.after = page.next;
        if page.next.is_none() {
            break;
        }
    }
    assert_eq!(found.len(), 36);
    let sort = |list: &mut Vec<(UnixMs, ServerId, String)>| list.sort();
    let mut found = found
        .into_iter()
        .map(|(at, s, ip)| (at, s, ip.expect("ip")));
    let mut found: Vec<_> = found.by_ref().collect();
    sort(&mut found);
    sort(&mut expected);
    assert_eq!(found, expected, "each once");
}

pub async fn only_named_servers_are_read(store: &dyn SeriesStore) {
    let rows = (1..=100).map(|n| {
        let event = blocked(T0 + i64::from(n), "192.0.2.1");
        firewall(ServerId(n), T0, vec![event])
    });
    write(store, rows.collect()).await;
    let of = |servers: Vec<u32>| EventQuery {
        servers: Some(servers.into_iter().map(ServerId).collect()),
        limit: 1_000,
        ..all(FIREWALL)
    };
    for servers in [vec![7], vec![30, 3], (5..=90).collect()] {
        let expected: Vec<u32> = {
            let mut servers = servers.clone();
            servers.sort_unstable_by(|a, b| b.cmp(a));
            servers
        };
        let page = read(store, &of(servers)).await;
        let found: Vec<u32> = page.events.iter().map(|e| e.server.0).collect();
        assert_eq!(found, expected);
    }
    assert_eq!(read(store, &of(Vec::new())).await.events, []);
    assert_eq!(read(store, &of(vec![u32::MAX])).await.events, []);
    let mut cut = of(vec![1, 2, 3]);
    (cut.from, cut.to) = (UnixMs(T0 + 1), UnixMs(T0 + 3));
    let found = told(&read(store, &cut).await).len();
    assert_eq!(found, 2, "the first instant is in, the last is not");
}
