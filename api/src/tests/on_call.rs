//! `/api/on-call`: T0 is 2026-05-07T12:00:00Z, a Thursday.

use super::{Browser, House};
use crate::auth::permission::Role;
use serde_json::{Value, json};

mod unreadable;

const PATH: &str = "/api/on-call/schedules";

fn schedule(members: &[i64]) -> Value {
    json!({ "name": "Night, web", "timezone": "Asia/Dhaka", "rotation": "weekly", "handoff_weekday": "monday",
        "handoff_time": "09:00", "starts_on": "2026-05-04", "members": members })
}

/// An operator, the other members' ids, and a schedule of two weekly turns: `ann`'s until Monday, then `bob`'s.
async fn with_schedule(house: &House) -> (Browser<'_>, [i64; 2], String) {
    let ann = house.user_named("ann", Role::Oncall, false).await.id;
    let bob = house.user_named("bob", Role::Viewer, false).await.id;
    let mut operator = house.browser(Role::Operator).await;
    let made = operator.post(PATH, schedule(&[ann, bob])).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let path = format!("{PATH}/{}", made.json()["id"]);
    (operator, [ann, bob], path)
}

fn stands_in(user: i64, from: &str, until: &str) -> Value {
    json!({ "user_id": user, "starts_at": from, "ends_at": until })
}

#[actix_web::test]
async fn a_schedule_is_made_changed_and_deleted() {
    let house = House::open().await;
    let (mut browser, [ann, bob], path) = with_schedule(&house).await;
    let list = browser.get(PATH).await.ok();
    let made = &list["data"][0];
    assert_eq!(list["meta"]["total"], 1);
    assert_eq!(
        (&made["handoff_weekday"], &made["handoff_time"]),
        (&json!("monday"), &json!("09:00"))
    );
    assert_eq!(
        made["members"][0],
        json!({ "id": ann, "name": "ann", "is_active": true })
    );
    assert_eq!(
        (&made["gaps"], &made["overrides"]),
        (&json!([]), &json!([]))
    );

    let daily = json!({ "rotation": "daily", "members": [bob], "starts_on": "2026-05-10" });
    let changed = browser.patch(&path, daily).await.ok();
    assert_eq!(changed["handoff_weekday"], Value::Null);
    assert_eq!(changed["name"], "Night, web");
    // Nobody until the 10th at 09:00 in Dhaka.
    assert_eq!(
        changed["gaps"],
        json!([{ "starts_at": "2026-05-07T12:00:00Z", "ends_at": "2026-05-10T03:00:00Z", "user": null }])
    );
    browser
        .patch(&path, json!({ "rotation": "weekly" }))
        .await
        .wrong(&["handoff_weekday"]);

    let off = json!({ "is_active": false });
    house
        .browser(Role::Admin)
        .await
        .patch(&format!("/api/users/{bob}"), off)
        .await
        .ok();
    let gaps = browser.get(PATH).await.ok()["data"][0]["gaps"].clone();
    assert_eq!(gaps[1]["user"]["name"], "bob", "{gaps}");

    assert_eq!(browser.delete(&path).await.status, 204);
    browser.delete(&path).await.refused(404, "not_found");
    let log = house.security_log().await;
    for verb in ["create", "update", "delete"] {
        let action = format!("{verb}_on_call_schedule");
        assert!(log.contains(&action), "{action}");
    }
}

#[actix_web::test]
async fn bad_schedules_are_named_by_field() {
    let house = House::open().await;
    let (mut browser, [ann, _], path) = with_schedule(&house).await;
    let cases = [
        ("name", json!(" ")),
        ("name", json!("a\u{7}")),
        ("timezone", json!("Asia/Atlantis")),
        ("timezone", json!("asia/dhaka")),
        ("timezone", json!("+06:00")),
        ("handoff_time", json!("9:00")),
        ("handoff_time", json!("24:00")),
        ("starts_on", json!("1999-12-31")),
        ("members", json!([])),
        ("members[0]", json!([77])),
        ("members[1]", json!([ann, ann])),
    ];
    for (field, value) in cases {
        let name = field.split('[').next().unwrap();
        let mut body = schedule(&[ann]);
        body["name"] = json!("Other");
        body[name] = value.clone();
        browser.post(PATH, body).await.wrong(&[field]);
        browser
            .patch(&path, json!({ name: value }))
            .await
            .wrong(&[field]);
    }
    let mut weekday = schedule(&[ann]);
    weekday["rotation"] = json!("daily");
    browser
        .post(PATH, weekday)
        .await
        .wrong(&["handoff_weekday"]);
    browser
        .post(PATH, schedule(&[ann]))
        .await
        .refused(409, "already_exists");
    browser
        .patch(&format!("{PATH}/77"), json!({}))
        .await
        .refused(404, "not_found");
}

#[actix_web::test]
async fn who_is_on_call_is_told_to_everybody_who_is_signed_in() {
    let house = House::open().await;
    let (mut operator, [ann, bob], path) = with_schedule(&house).await;
    let mut viewer = house.browser(Role::Viewer).await;
    let now = viewer.get("/api/on-call/current").await.ok();
    let duty = &now["data"][0];
    assert_eq!(
        (&duty["user"]["name"], &duty["next_user"]["name"]),
        (&json!("ann"), &json!("bob"))
    );
    assert_eq!(
        (&duty["since"], &duty["until"]),
        (
            &json!("2026-05-04T03:00:00Z"),
            &json!("2026-05-11T03:00:00Z")
        )
    );

    let body = json!({ "user_id": bob, "replaces_user_id": ann,
        "starts_at": "2026-05-07T10:00:00Z", "ends_at": "2026-05-08T10:00:00+06:00" });
    let made = operator.post(&format!("{path}/overrides"), body).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let stand_in = made.json();
    assert_eq!(stand_in["ends_at"], "2026-05-08T04:00:00Z");
    let duty = viewer.get("/api/on-call/current").await.ok()["data"][0].clone();
    assert_eq!(
        (&duty["user"]["name"], &duty["override_id"]),
        (&json!("bob"), &stand_in["id"])
    );

    let query = "from=2026-05-07T00:00:00Z&until=2026-05-12T00:00:00Z";
    let shifts = viewer.get(&format!("{path}/shifts?{query}")).await.ok();
    let told: Vec<String> = shifts["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|shift| format!("{} {}", shift["user"]["name"], shift["starts_at"]))
        .collect();
    assert_eq!(
        told,
        [
            r#""ann" "2026-05-07T00:00:00Z""#,
            r#""bob" "2026-05-07T10:00:00Z""#,
            r#""ann" "2026-05-08T04:00:00Z""#,
            r#""bob" "2026-05-11T03:00:00Z""#,
        ]
    );
    for (query, field) in [
        ("from=2020-01-01T00:00:00Z", "from"),
        ("until=2026-05-07T12:00:00Z", "until"),
        ("until=2028-05-07T12:00:00Z", "until"),
    ] {
        viewer
            .get(&format!("{path}/shifts?{query}"))
            .await
            .wrong(&[field]);
    }

    let override_path = format!("{path}/overrides/{}", stand_in["id"]);
    assert_eq!(operator.delete(&override_path).await.status, 204);
    operator
        .delete(&override_path)
        .await
        .refused(404, "not_found");
    let duty = viewer.get("/api/on-call/current").await.ok()["data"][0].clone();
    assert_eq!(duty["user"]["name"], "ann");
    let log = house.security_log().await;
    for action in ["create_on_call_override", "delete_on_call_override"] {
        assert!(log.iter().any(|logged| logged == action), "{action}");
    }
}

#[actix_web::test]
async fn without_the_right_to_change_schedules_one_puts_only_oneself_on_duty() {
    let house = House::open().await;
    let (mut operator, [ann, bob], path) = with_schedule(&house).await;
    let path = format!("{path}/overrides");
    let (from, until) = ("2026-05-08T00:00:00Z", "2026-05-09T00:00:00Z");
    let mut oncall = house.browser(Role::Oncall).await;
    let me = oncall.get("/api/auth/me").await.ok()["id"]
        .as_i64()
        .unwrap();
    oncall
        .post(&path, stands_in(bob, from, until))
        .await
        .refused(403, "forbidden");
    let own = oncall.post(&path, stands_in(me, from, until)).await.ok();
    let foreign = operator.post(&path, stands_in(ann, from, until)).await.ok();
    oncall
        .delete(&format!("{path}/{}", foreign["id"]))
        .await
        .refused(403, "forbidden");
    assert_eq!(
        oncall.delete(&format!("{path}/{}", own["id"])).await.status,
        204
    );
}

#[actix_web::test]
async fn bad_overrides_are_named_by_field() {
    let house = House::open().await;
    let (mut browser, [ann, bob], path) = with_schedule(&house).await;
    let path = format!("{path}/overrides");
    let with = |change: &dyn Fn(&mut Value)| {
        let mut body = stands_in(bob, "2026-05-08T00:00:00Z", "2026-05-09T00:00:00Z");
        change(&mut body);
        body
    };
    let cases: [(&str, &str, Value); 8] = [
        ("user_id", "user_id", json!(77)),
        ("replaces_user_id", "replaces_user_id", json!(77)),
        ("replaces_user_id", "replaces_user_id", json!(bob)),
        ("ends_at", "ends_at", json!("2026-05-08T00:00:00Z")),
        ("ends_at", "ends_at", json!("2027-05-10T00:00:00Z")),
        ("starts_at", "starts_at", json!("2025-01-01T00:00:00Z")),
        ("starts_at", "starts_at", json!("2028-01-01T00:00:00Z")),
        ("ends_at", "ends_at", json!("2026-05-07T11:00:00Z")),
    ];
    for (name, field, value) in cases {
        let body = with(&|body| body[name] = value.clone());
        let answer = browser
            .post(&path, body)
            .await
            .refused(422, "validation_failed");
        assert!(
            answer["errors"][field].is_array(),
            "{name} {value}: {answer}"
        );
    }
    let off = json!({ "is_active": false });
    let mut admin = house.browser(Role::Admin).await;
    admin.patch(&format!("/api/users/{bob}"), off).await.ok();
    browser.post(&path, with(&|_| {})).await.wrong(&["user_id"]);
    browser
        .post(&path, with(&|body| body["user_id"] = json!(ann)))
        .await
        .ok();
    browser
        .post(&format!("{PATH}/77/overrides"), with(&|_| {}))
        .await
        .refused(404, "not_found");
}

#[actix_web::test]
async fn whoever_is_in_a_schedule_is_not_deleted() {
    let house = House::open().await;
    let (mut operator, [ann, bob], path) = with_schedule(&house).await;
    let mut admin = house.browser(Role::Admin).await;
    let user = |id| format!("/api/users/{id}");
    admin.delete(&user(bob)).await.refused(409, "in_use");
    operator
        .patch(&path, json!({ "members": [ann] }))
        .await
        .ok();
    let ahead = stands_in(bob, "2026-05-07T11:00:00Z", "2026-05-07T12:20:00Z");
    operator
        .post(&format!("{path}/overrides"), ahead)
        .await
        .ok();
    admin.delete(&user(bob)).await.refused(409, "in_use");
    house.clock.advance(std::time::Duration::from_secs(1_800));
    assert_eq!(admin.delete(&user(bob)).await.status, 204);
}

#[actix_web::test]
async fn a_calendar_is_read_by_its_link_until_that_is_revoked() {
    let house = House::open().await;
    let (mut operator, [ann, bob], path) = with_schedule(&house).await;
    let mut viewer = house.browser(Role::Viewer).await;
    let tokens = format!("{path}/calendar-tokens");
    let made = viewer.post(&tokens, json!({})).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let made = made.json();
    let url = made["url"].as_str().unwrap();
    let link = url
        .split_once("/api/")
        .map(|(_, rest)| format!("/api/{rest}"))
        .unwrap();
    assert!(link.starts_with(&format!("{path}.ics?token=")), "{url}");

    let mut program = house.stranger();
    let answer = program.get(&link).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let header = |name: &str| {
        answer
            .headers
            .get(name)
            .unwrap()
            .to_str()
            .unwrap()
            .to_owned()
    };
    assert_eq!(header("content-type"), "text/calendar; charset=utf-8");
    assert_eq!(header("cache-control"), "no-store");
    let lines: Vec<&str> = answer.text.split("\r\n").collect();
    assert_eq!((lines[0], lines.last()), ("BEGIN:VCALENDAR", Some(&"")));
    assert!(
        lines
            .iter()
            .all(|line| line.len() <= 75 && !line.contains('\n'))
    );
    assert!(lines.contains(&"X-WR-CALNAME:On call: Night\\, web"));
    let first = lines
        .iter()
        .position(|line| *line == "BEGIN:VEVENT")
        .unwrap();
    let id = path.rsplit('/').next().unwrap();
    let event: Vec<String> = lines[first..first + 6]
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(
        event,
        [
            "BEGIN:VEVENT".to_owned(),
            format!("UID:on-call-{id}-1777863600-{ann}@hostseba-noc"),
            "DTSTAMP:20260507T120000Z".to_owned(),
            "LAST-MODIFIED:20260507T120000Z".to_owned(),
            "DTSTART:20260504T030000Z".to_owned(),
            "DTEND:20260511T030000Z".to_owned(),
        ]
    );
    assert!(lines.contains(&"SUMMARY:On call: bob (Night\\, web)"));
    let uids: std::collections::HashSet<_> =
        lines.iter().filter(|l| l.starts_with("UID")).collect();
    let events = lines.iter().filter(|line| **line == "END:VEVENT").count();
    assert_eq!((uids.len(), events), (events, 53), "a year of weeks");
    let log = house.security_log().await;
    assert!(log.iter().any(|action| action == "on_call_calendar"));

    // Only one's own shifts.
    let mut own = house.stranger();
    own.sign_in("bob@example.com", super::PASSWORD).await.ok();
    let mine = own.post(&tokens, json!({ "only_mine": true })).await.ok();
    let mine = mine["url"]
        .as_str()
        .unwrap()
        .split_once("/api/")
        .unwrap()
        .1
        .to_owned();
    let text = program.get(&format!("/api/{mine}")).await.text;
    assert!(text.contains("On call: bob") && !text.contains("On call: ann"));

    // Nothing else opens it, and every refusal looks the same.
    operator.post(PATH, json!({ "name": "Day", "timezone": "UTC", "rotation": "daily", "handoff_time": "00:00", "members": [bob] })).await.ok();
    let other = link.replace(
        &format!("/{id}.ics"),
        &format!("/{}.ics", id.parse::<i64>().unwrap() + 1),
    );
    for wrong in [
        &other,
        &format!("{path}.ics"),
        &format!("{path}.ics?token="),
        &format!("{path}.ics?token=x"),
    ] {
        let refused = program.get(wrong).await.refused(404, "not_found");
        assert_eq!(refused["message"], "no such calendar", "{wrong}");
    }
    let token = format!("{tokens}/{}", made["id"]);
    own.delete(&token).await.refused(404, "not_found");
    let listed = viewer.get(&tokens).await.ok();
    assert_eq!(listed["data"][0]["last_used_at"], "2026-05-07T12:00:00Z");
    assert!(listed["data"][0].get("url").is_none(), "shown once");
    assert_eq!(viewer.delete(&token).await.status, 204);
    program.get(&link).await.refused(404, "not_found");
}
