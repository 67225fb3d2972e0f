//! `/api/hosting/crons`, `/api/servers/{id}/crons`.

use super::*;
use crate::auth::permission::Role;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use noc_pipeline::payload::Crons;
use noc_storage::relational::cron_checks::{self, Job, JobState};
use serde_json::json;

fn job(command: &str, state: JobState, expected_at: Option<UnixMs>, last_exit: Option<u8>) -> Job {
    Job {
        key: cron_checks::key("root", "0 3 * * *", command),
        user: "root".to_owned(),
        schedule: "0 3 * * *".to_owned(),
        command: command.to_owned(),
        state,
        last_run_at: last_exit.map(|_| ago(90_000)),
        last_exit,
        expected_at,
        first_seen_at: ago(1_000_000),
    }
}

/// What the actors store, and the report it came from.
async fn jobs(house: &House, server: ServerId, jobs: Vec<Job>) {
    let crons = Crons {
        timezone: "Asia/Dhaka".to_owned(),
        entries: Vec::new(),
    };
    data(house, server, T0, crons).await;
    house
        .state
        .db()
        .transaction("jobs", |tx| {
            let jobs = jobs.clone();
            Box::pin(async move { cron_checks::replace(tx, server, "Asia/Dhaka", &jobs, T0).await })
        })
        .await
        .unwrap();
}

fn commands(list: &Value, field: &str) -> Vec<String> {
    let rows = list[field].as_array().unwrap().iter();
    rows.map(|row| row["command"].as_str().unwrap().to_owned())
        .collect()
}

#[actix_web::test]
async fn overdue_jobs_come_first_on_their_server_and_in_the_fleet() {
    let house = House::open().await;
    let mut browser = house.browser(Role::Viewer).await;
    let (one, two) = (house.server("web-01").await, house.server("web-02").await);
    let here = vec![
        job("fine", JobState::OnTime, Some(T0), Some(0)),
        job("late", JobState::Overdue, Some(ago(3_600)), Some(0)),
        job("unknown", JobState::Unknown, None, None),
        job("failed", JobState::OnTime, Some(T0), Some(2)),
    ];
    jobs(&house, one, here).await;
    let there = vec![job("very late", JobState::Overdue, Some(ago(90_000)), None)];
    jobs(&house, two, there).await;

    let body = browser.get(&format!("/api/servers/{one}/crons")).await.ok();
    assert_eq!(
        commands(&body, "jobs"),
        ["late", "failed", "fine", "unknown"]
    );
    insta::assert_json_snapshot!("crons", body);
    let mut get = async |query: &str| {
        let path = format!("/api/hosting/crons{query}");
        browser.get(&path).await
    };
    let list = get("").await.ok();
    assert_eq!(
        commands(&list, "data"),
        ["very late", "late", "failed", "fine", "unknown"]
    );
    assert_eq!(servers(&list)[..2], ["web-02", "web-01"]);
    insta::assert_json_snapshot!("hosting_crons", list["data"][0]);

    assert_eq!(
        commands(&get("?state=failed").await.ok(), "data"),
        ["failed"]
    );
    assert_eq!(
        commands(&get("?state=unknown,failed").await.ok(), "data"),
        ["failed", "unknown"]
    );
    assert_eq!(commands(&get("?q=VERY").await.ok(), "data"), ["very late"]);
    assert_eq!(
        commands(&get(&format!("?server={two}")).await.ok(), "data"),
        ["very late"]
    );
    let first = get("?limit=1").await.ok();
    assert_eq!(first["meta"]["total"], 5);
    let cursor = first["meta"]["next_cursor"].as_str().unwrap();
    let second = get(&format!("?limit=1&cursor={cursor}")).await.ok();
    assert_eq!(commands(&second, "data"), ["late"]);
    for (query, field) in [
        ("?state=fine", "state"),
        ("?sort=command", "sort"),
        ("?limit=0", "limit"),
        ("?server=-5", "server"),
        ("?colour=red", "query"),
    ] {
        get(query).await.wrong(&[field]);
    }
}

#[actix_web::test]
async fn nobody_is_overdue_where_crontabs_may_not_be_read() {
    let house = House::open().await;
    let mut browser = house.browser(Role::Viewer).await;
    let id = house.server("web-01").await;
    let path = format!("/api/servers/{id}/crons");
    let body = browser.get(&path).await.ok();
    assert_eq!(
        (&body["probe"]["state"], &body["overdue"]),
        (&"no_data".into(), &Value::Null)
    );
    told(
        &house,
        id,
        T0,
        unreadable(Kind::Crons, KindError::NoPermission),
    )
    .await;
    let body = browser.get(&path).await.ok();
    assert_eq!(body["probe"]["state"], "no_permission");
    assert_eq!(body["overdue"], Value::Null, "not 0: nobody looked");
    browser
        .get("/api/servers/77/crons")
        .await
        .refused(404, "not_found");
}

#[actix_web::test]
async fn whose_job_it_is_is_for_those_who_may_see_log_ins() {
    let house = House::open().await;
    let server = house.server("web-01").await;
    let command = "php /home/shop/cron.php --to info@shop.example";
    let of_shop = Job {
        user: "shop".to_owned(),
        ..job(command, JobState::OnTime, Some(T0), Some(0))
    };
    jobs(&house, server, vec![of_shop]).await;
    let mut viewer = house.browser(Role::Viewer).await;
    let mut operator = house.browser(Role::Operator).await;
    let masked = "php /home/s***/cron.php --to i***@s***.example";
    for (path, field) in [
        (format!("/api/servers/{server}/crons"), "jobs"),
        ("/api/hosting/crons".to_owned(), "data"),
    ] {
        let seen = viewer.get(&path).await.ok();
        let row = &seen[field][0];
        assert_eq!(
            (&row["user"], &row["command"]),
            (&json!("s***"), &json!(masked))
        );
        let seen = operator.get(&path).await.ok();
        let row = &seen[field][0];
        assert_eq!(
            (&row["user"], &row["command"]),
            (&json!("shop"), &json!(command))
        );
    }
}

#[actix_web::test]
async fn what_is_masked_is_found_by_no_part_of_it() {
    let house = House::open().await;
    let server = house.server("web-01").await;
    let of_shop = |command: &str| Job {
        key: cron_checks::key("shop", "0 3 * * *", command),
        user: "shop".to_owned(),
        ..job(command, JobState::OnTime, Some(T0), Some(0))
    };
    let all = vec![
        of_shop("php /home/shop/cron.php"),
        of_shop("mail info@example.test"),
        job("/root/shop-backup", JobState::OnTime, Some(T0), Some(0)),
    ];
    jobs(&house, server, all).await;
    let mut viewer = house.browser(Role::Viewer).await;
    let mut operator = house.browser(Role::Operator).await;
    for (q, to_viewer, to_operator) in [
        ("shop", 1, 3),
        ("home/sho", 0, 1),
        ("cron.php", 1, 1),
        ("info", 0, 1),
        ("ROOT", 1, 1),
    ] {
        let path = format!("/api/hosting/crons?q={q}");
        let found = |list: Value| list["meta"]["total"].as_u64();
        assert_eq!(found(viewer.get(&path).await.ok()), Some(to_viewer), "{q}");
        assert_eq!(
            found(operator.get(&path).await.ok()),
            Some(to_operator),
            "{q}"
        );
    }
    // Nor does a cursor spell it out: it holds the value that the page ends with.
    let path = "/api/hosting/crons?sort=-user&limit=1";
    let mut seen = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = viewer.get(&format!("{path}{cursor}")).await.ok();
        seen.extend(commands(&page, "data"));
        let Some(next) = page["meta"]["next_cursor"].as_str() else {
            break;
        };
        let spelt = URL_SAFE_NO_PAD.decode(next).unwrap();
        let spelt = String::from_utf8(spelt).unwrap();
        assert!(!spelt.contains("shop"), "{spelt}");
        cursor = format!("&cursor={next}");
    }
    assert_eq!(seen.len(), 3, "{seen:?}");
}
