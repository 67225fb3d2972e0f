#![expect(missing_docs, reason = "the names say it")]

use super::*;

/// Attackers, as the page of the firewall shows them.
pub async fn attackers_are_ranked_with_their_country(store: &dyn SeriesStore) {
    use FirewallAction::{Block, LoginFailure, Unblock};
    let mut rows = Vec::new();
    for n in 1..=6_i64 {
        let server = ServerId(u32::try_from(n).expect("small"));
        let at = T0 + n * HOUR;
        let mut events = vec![seen(at, "192.0.2.1", LoginFailure, None)];
        if n <= 4 {
            events.push(seen(at + 1, "192.0.2.1", Block, Some("CN")));
            events.push(seen(at + 2, "198.51.100.9", Block, Some("BD")));
        }
        events.push(seen(at + 3, "203.0.113.0/24", Unblock, None));
        rows.push(firewall(server, at, events));
    }
    let loud = (0..7).map(|n| seen(T0 + n, "192.0.2.99", LoginFailure, None));
    rows.push(firewall(ONE, T0, loud.collect()));
    write(store, rows).await;
    let attacks = EventCount {
        conditions: vec![EventCondition::one_of("action", ["block", "login_failure"])],
        newest: vec!["country".to_owned()],
        ..by(counted(FIREWALL), &["ip"])
    };
    let found = store.count_events(&attacks).await.expect("count");
    let seen: Vec<_> = found
        .iter()
        .map(|group| {
            let text = |cell: &Option<EventValue>| {
                let text = cell.as_ref().and_then(EventValue::as_text);
                text.map(str::to_owned)
            };
            let (ip, country) = (text(&group.by[0]), text(&group.newest[0]));
            (ip.expect("ip"), group.count, group.servers, country)
        })
        .collect();
    let one = |ip: &str, count, servers, country: Option<&str>| {
        (ip.to_owned(), count, servers, country.map(str::to_owned))
    };
    let expected = [
        one("192.0.2.1", 10, 6, Some("CN")),
        one("192.0.2.99", 7, 1, None),
        one("198.51.100.9", 4, 4, Some("BD")),
    ];
    assert_eq!(seen, expected);
    assert_eq!(found[0].last_at, UnixMs(T0 + 6 * HOUR));
    assert_eq!((found[0].server, found[0].sums.len()), (None, 0));
    let first = async |order, ascending| {
        let count = EventCount {
            order,
            ascending,
            limit: 1,
            ..attacks.clone()
        };
        let groups = groups(store, &count).await;
        assert_eq!(groups.len(), 1);
        groups[0].0[0].clone()
    };
    assert_eq!(first(CountOrder::Count, false).await, "192.0.2.1");
    assert_eq!(first(CountOrder::Count, true).await, "198.51.100.9");
    assert_eq!(first(CountOrder::Servers, true).await, "192.0.2.99");
    assert_eq!(first(CountOrder::Last, false).await, "192.0.2.1");
    assert_eq!(first(CountOrder::Last, true).await, "192.0.2.99");
    let actions = EventCount {
        conditions: vec![EventCondition::is("ip", "192.0.2.1")],
        ..by(counted(FIREWALL), &["ip", "action"])
    };
    let expected = [
        group(&["192.0.2.1", "login_failure"], 6),
        group(&["192.0.2.1", "block"], 4),
    ];
    assert_eq!(groups(store, &actions).await, expected);
    // The same without a condition on the address: read from another place.
    let actions = EventCount {
        limit: 2,
        ..by(counted(FIREWALL), &["ip", "action"])
    };
    let expected = [
        group(&["192.0.2.99", "login_failure"], 7),
        group(&["203.0.113.0/24", "unblock"], 6),
    ];
    assert_eq!(groups(store, &actions).await, expected);
    let everything = groups(store, &counted(FIREWALL)).await;
    assert_eq!(everything, [group(&[], 27)]);
}

pub async fn groups_may_be_of_one_server_each(store: &dyn SeriesStore) {
    let events = |n: i64| (0..n).map(|i| blocked(T0 + i, "192.0.2.1")).collect();
    write(
        store,
        vec![firewall(ONE, T0, events(2)), firewall(TWO, T0, events(5))],
    )
    .await;
    let count = EventCount {
        by_server: true,
        ..counted(FIREWALL)
    };
    for count in [count.clone(), by(count, &["ip"])] {
        let found = store.count_events(&count).await.expect("count");
        let seen: Vec<_> = found
            .iter()
            .map(|g| (g.server, g.count, g.servers))
            .collect();
        assert_eq!(seen, [(Some(TWO), 5, 1), (Some(ONE), 2, 1)]);
    }
    let of_one = EventCount {
        servers: Some(vec![ONE]),
        ..by(counted(FIREWALL), &["ip"])
    };
    assert_eq!(groups(store, &of_one).await, [group(&["192.0.2.1"], 2)]);
    let reasons = by(counted(FIREWALL), &["reason", "source"]);
    let expected = [group(&["(sshd) Failed SSH login", "lfd"], 7)];
    assert_eq!(groups(store, &reasons).await, expected);
    let users = by(counted(FIREWALL), &["user"]);
    assert_eq!(groups(store, &users).await, [group(&["None"], 7)]);
}

fn stats(server: ServerId, hour: i64, complete: bool, logins: &[(&str, u64)]) -> SeriesRow {
    let login = |(login, recipients): &(&str, u64)| LoginStats {
        login: (*login).to_owned(),
        account: Some("cust1".to_owned()),
        messages: Some(1),
        recipients: Some(*recipients),
        failures: None,
        ips: Some(Distinct::named(["192.0.2.7".to_owned()])),
        ..LoginStats::default()
    };
    let body = EmailStats {
        hour: UnixMs(hour),
        complete,
        domains: Vec::new(),
        logins: logins.iter().map(login).collect(),
        scripts: vec![ScriptStats {
            path: "/home/cust1/public_html/x.php".to_owned(),
            account: None,
            messages: Some(2),
            recipients: Some(3),
        }],
        addresses: vec![AddressStats {
            ip: "192.0.2.66".to_owned(),
            failures: Some(40),
            accepted: Some(1),
            accepted_after: Some(31),
            login: Some("a@cust.example".to_owned()),
            at: Some(UnixMs(hour)),
        }],
    };
    let minute = if complete { 61 } else { 30 };
    row(
        server,
        hour + minute * MINUTE,
        Report::Data(Payload::from(body)),
    )
}

pub async fn an_hours_logins_are_replaced_and_summed_up(store: &dyn SeriesStore) {
    let (a, b) = ("a@cust.example", "b@cust.example");
    write(store, vec![stats(ONE, T0, false, &[(a, 60)])]).await;
    write(store, vec![stats(ONE, T0, true, &[(a, 90), (b, 400)])]).await;
    let mut late = stats(ONE, T0, false, &[(a, 70)]);
    late.received_at = UnixMs(T0 + 2 * HOUR);
    write(store, vec![late]).await;
    write(store, vec![stats(TWO, T0 + HOUR, true, &[(a, 500)])]).await;
    let senders = EventCount {
        sums: vec!["recipients".to_owned(), "failures".to_owned()],
        newest: vec!["account".to_owned()],
        order: CountOrder::Sum(0),
        by_server: true,
        ..by(counted(EventTable::EmailLogins), &["login"])
    };
    let found = store.count_events(&senders).await.expect("count");
    let seen: Vec<_> = found
        .iter()
        .map(|group| {
            let login = group.by[0].as_ref().and_then(EventValue::as_text);
            (
                group.server,
                login.expect("login").to_owned(),
                group.sums.clone(),
            )
        })
        .collect();
    let expected = [
        (Some(TWO), a.to_owned(), vec![500.0, 0.0]),
        (Some(ONE), b.to_owned(), vec![400.0, 0.0]),
        (Some(ONE), a.to_owned(), vec![90.0, 0.0]),
    ];
    assert_eq!(seen, expected, "the same hour again replaces");
    assert_eq!(found[0].newest, [Some("cust1".into())]);
    let together = EventCount {
        by_server: false,
        ..senders
    };
    let found = store.count_events(&together).await.expect("count");
    assert_eq!((found[0].sums[0], found[0].servers), (590.0, 2));
    let page = read(store, &all(EventTable::EmailLogins)).await;
    let row = &page.events[0].row;
    assert_eq!(row.at, UnixMs(T0 + HOUR));
    assert_eq!(
        (row.number("ips"), row.text("ip_list")),
        (Some(1.0), Some("192.0.2.7"))
    );
    assert_eq!(
        (row.yes_no("complete"), row.number("failures")),
        (Some(true), None)
    );
    let complete = EventQuery {
        conditions: vec![
            EventCondition::is("complete", true),
            EventCondition::is("recipients", 90.0),
        ],
        ..all(EventTable::EmailLogins)
    };
    assert_eq!(read(store, &complete).await.events.len(), 1);
    let scripts = read(store, &all(EventTable::EmailScripts)).await;
    let recipients: Vec<_> = scripts
        .events
        .iter()
        .map(|e| e.row.number("recipients"))
        .collect();
    assert_eq!(recipients, [Some(3.0), Some(3.0)], "one an hour and server");
    let of_address = EventQuery {
        conditions: vec![EventCondition::is("ip", "192.0.2.66")],
        ..all(EventTable::EmailAddresses)
    };
    let rows = read(store, &of_address).await.events;
    let let_in: Vec<_> = rows
        .iter()
        .map(|e| e.row.number("accepted_after"))
        .collect();
    assert_eq!(let_in, [Some(31.0), Some(31.0)], "one an hour and server");
    assert_eq!(
        rows[0].row.text("accepted_at"),
        Some(UnixMs(T0 + HOUR).to_string().as_str())
    );
}
