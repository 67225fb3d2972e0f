//! Schedules that this version cannot read: a newer one wrote them, or their zone left the database of zones.

use super::*;
use noc_storage::relational::on_call_schedules;
use sea_orm::ConnectionTrait;

const CANNOT_READ_MARS: &str = "This version cannot read the time zone Mars/Base. Nobody is on call by this schedule until \
    that is chosen anew.";

/// Stores what a newer version might.
async fn tear(house: &House, path: &str, set: &str) {
    let id = path.rsplit('/').next().unwrap();
    let tear = format!("update on_call_schedules set {set} where id = {id}");
    let db = house.state.db().write();
    db.execute_unprepared(&tear).await.unwrap();
}

#[actix_web::test]
async fn a_schedule_that_cannot_be_read_has_nobody_on_duty_and_costs_the_others_nothing() {
    let house = House::open().await;
    let (mut operator, [ann, bob], path) = with_schedule(&house).await;
    let mut other = schedule(&[ann, bob]);
    other["name"] = json!("Other");
    let other = operator.post(PATH, other).await.json();
    tear(&house, &path, "timezone = 'Mars/Base'").await;

    let listed = operator.get(PATH).await.ok();
    assert_eq!(listed["data"][1], other);
    let torn = &listed["data"][0];
    assert_eq!(
        (&torn["name"], &torn["timezone"], &torn["rotation"]),
        (&json!("Night, web"), &json!("Mars/Base"), &json!("weekly"))
    );
    assert_eq!(torn["unreadable_fields"], json!(["timezone"]));
    assert_eq!(torn["unreadable"], CANNOT_READ_MARS);
    assert_eq!(other["unreadable"], Value::Null);
    assert_eq!(other["unreadable_fields"], json!([]));
    assert_eq!(torn["gaps"].as_array().unwrap().len(), 1);
    assert_eq!(torn["gaps"][0]["user"], Value::Null);
    let current = operator.get("/api/on-call/current").await.ok();
    let (torn, whole) = (&current["data"][0], &current["data"][1]);
    assert_eq!(torn["user"], Value::Null);
    assert_eq!(torn["timezone"], "Mars/Base");
    assert_eq!(torn["unreadable"], CANNOT_READ_MARS);
    assert_eq!(whole["user"]["id"], ann);
    assert_eq!(whole["unreadable"], Value::Null);
    let shifts = operator.get(&format!("{path}/shifts")).await;
    shifts.refused(409, "unreadable");
}

#[actix_web::test]
async fn what_cannot_be_read_of_a_schedule_stays_until_another_is_chosen() {
    let house = House::open().await;
    let (mut operator, [ann, bob], path) = with_schedule(&house).await;
    let torn =
        "timezone = 'Mars/Base', rotation = 'monthly', handoff_weekday = 9, handoff_minute = 1500";
    tear(&house, &path, torn).await;
    let body = json!({ "name": "Orbit", "members": [bob, ann] });
    let named = operator.patch(&path, body).await.ok();
    assert_eq!(
        (&named["name"], &named["timezone"], &named["rotation"]),
        (&json!("Orbit"), &json!("Mars/Base"), &Value::Null)
    );
    assert_eq!(
        named["unreadable"],
        "This version cannot read the rotation monthly on day 9, the hand-off time, 1500 minutes and the time zone \
         Mars/Base. Nobody is on call by this schedule until that is chosen anew."
    );
    let id = named["id"].as_i64().unwrap();
    let stored = on_call_schedules::by_id(house.state.db().read(), id).await;
    let row = stored.unwrap().unwrap().schedule;
    assert_eq!(
        (row.timezone.as_str(), row.rotation.as_str()),
        ("Mars/Base", "monthly")
    );
    assert_eq!((row.handoff_weekday, row.handoff_minute), (Some(9), 1_500));

    // What is given is checked as ever, and a day is of no use without the rotation that it is of.
    for (body, field) in [
        (json!({ "timezone": "Mars/Base" }), "timezone"),
        (json!({ "rotation": "weekly" }), "handoff_weekday"),
        (json!({ "handoff_weekday": "friday" }), "rotation"),
    ] {
        operator.patch(&path, body).await.wrong(&[field]);
    }
    let one = operator.patch(&path, json!({ "rotation": "daily" })).await;
    let fields = one.ok()["unreadable_fields"].clone();
    assert_eq!(fields, json!(["handoff_time", "timezone"]));
    let rest = json!({ "timezone": "Asia/Dhaka", "handoff_time": "09:00" });
    let whole = operator.patch(&path, rest).await.ok();
    assert_eq!(
        (&whole["rotation"], &whole["unreadable"], &whole["gaps"]),
        (&json!("daily"), &Value::Null, &json!([]))
    );
    let current = operator.get("/api/on-call/current").await.ok();
    assert_eq!(current["data"][0]["user"]["id"], ann);
}

#[actix_web::test]
async fn the_calendar_of_a_schedule_that_cannot_be_read_says_that_nobody_is_on_call() {
    let house = House::open().await;
    let (mut operator, _, path) = with_schedule(&house).await;
    let tokens = format!("{path}/calendar-tokens");
    for body in [json!({}), json!({ "only_mine": true })] {
        tear(&house, &path, "timezone = 'Asia/Dhaka'").await;
        let made = operator.post(&tokens, body).await.ok();
        let url = made["url"].as_str().unwrap();
        let link = format!("/api/{}", url.split_once("/api/").unwrap().1);
        tear(&house, &path, "timezone = 'Mars/Base'").await;
        let answer = house.stranger().get(&link).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        let text = answer.text.replace("\r\n ", "");
        let lines: Vec<&str> = text.split("\r\n").collect();
        for line in [
            "X-WR-CALNAME:On call: Night\\, web",
            "SUMMARY:On call: nobody (Night\\, web cannot be read)",
            &format!("DESCRIPTION:{CANNOT_READ_MARS}"),
            "DTSTART;VALUE=DATE:20260507",
            "DTEND;VALUE=DATE:20260508",
        ] {
            assert!(lines.contains(&line), "{line} in {text}");
        }
        let events = lines.iter().filter(|line| **line == "END:VEVENT").count();
        assert_eq!(events, 1, "no shift that nobody has");
    }
}
