//! Lists of rows out of reports name the hosts that they can say nothing about.

use super::*;
use crate::auth::permission::Role;
use noc_storage::relational::servers::{self, ServerPatch};
use serde_json::json;

/// The lists, and the kind whose reports their rows come from.
const LISTS: [(&str, Kind); 4] = [
    ("crons", Kind::Crons),
    ("top-senders", Kind::EmailStats),
    ("firewall-events", Kind::Firewall),
    ("top-attackers", Kind::Firewall),
];

#[actix_web::test]
async fn hosts_whose_reports_cannot_be_read_are_named_with_what_would_help() {
    let house = House::open().await;
    let mut browser = house.browser(Role::Viewer).await;
    let db = house.state.db().write();
    for (list, kind) in LISTS {
        let mut ids = Vec::new();
        for (n, error) in [
            KindError::NoPermission,
            KindError::Timeout,
            KindError::CollectorError,
            KindError::NotInstalled,
        ]
        .into_iter()
        .enumerate()
        {
            let tags = [format!("n:{n}")];
            let row = servers::create(db, &format!("{list}-{n}"), &tags, T0).await;
            let id = row.unwrap().server_id();
            told(&house, id, T0, unreadable(kind, error)).await;
            ids.push(id);
        }
        let old = house.server(&format!("{list}-old")).await;
        let long_ago = T0.minus(kind.interval().unwrap() * 4);
        told(
            &house,
            old,
            long_ago,
            unreadable(kind, KindError::NotInstalled),
        )
        .await;
        // Nothing is expected of a host whose monitoring is off, and one without any such report may have none.
        let off = house.server(&format!("{list}-off")).await;
        told(&house, off, T0, unreadable(kind, KindError::Timeout)).await;
        let patch = ServerPatch {
            is_active: Some(false),
            ..ServerPatch::default()
        };
        servers::update(db, off, patch, T0).await.unwrap();
        house.server(&format!("{list}-new")).await;

        let mut get = async |query: &str| {
            let path = format!("/api/hosting/{list}?{query}");
            browser.get(&path).await.ok()["unreadable"].take()
        };
        let names = |unreadable: &Value| -> Vec<String> {
            let servers = unreadable["servers"].as_array().unwrap().iter();
            servers
                .map(|one| one["server"]["name"].as_str().unwrap().to_owned())
                .filter(|name| name.starts_with(list))
                .collect()
        };
        let all = get("").await;
        let expected = ["0", "1", "2", "old"].map(|name| format!("{list}-{name}"));
        assert_eq!(names(&all), expected, "what is not installed is read");
        let states = all["servers"].as_array().unwrap().iter();
        let states = states.filter(|one| one["server"]["name"].as_str().unwrap().starts_with(list));
        let states: Vec<&Value> = states.map(|one| &one["probe"]["state"]).collect();
        assert_eq!(
            states,
            ["no_permission", "timeout", "collector_error", "stale"]
        );
        assert_eq!(all["servers"][0]["probe"]["hint"], "run doctor");
        let one = get(&format!("server={}", ids[1])).await;
        assert_eq!(
            (names(&one), &one["total"]),
            (vec![format!("{list}-1")], &json!(1))
        );
        assert_eq!(names(&get("tag=n:2").await), [format!("{list}-2")]);
        assert_eq!(
            get(&format!("server={}", ids[3])).await,
            json!({"total": 0, "servers": []})
        );
    }
}

#[actix_web::test]
async fn very_many_are_counted_and_the_first_named() {
    let house = House::open().await;
    let mut browser = house.browser(Role::Viewer).await;
    for n in 0..23 {
        let id = house.server(&format!("s{n:02}")).await;
        told(
            &house,
            id,
            T0,
            unreadable(Kind::Crons, KindError::NoPermission),
        )
        .await;
    }
    let list = browser.get("/api/hosting/crons").await.ok();
    assert_eq!(list["unreadable"]["total"], 23);
    let named = list["unreadable"]["servers"].as_array().unwrap();
    assert_eq!(named.len(), 20);
    assert_eq!(named[0]["server"]["name"], "s00");
}
