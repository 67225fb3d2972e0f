//! `/api/hosting/backups`, `/api/servers/{id}/backups`.

use super::*;
use crate::auth::permission::Role;
use noc_pipeline::payload::BackupStatus::{self, Failed, Partial, Success};
use noc_storage::relational::backup_runs::{self, Run};

const HOUR: u64 = 3_600;

async fn run(house: &House, server: ServerId, job: &str, status: BackupStatus, hours_ago: u64) {
    let finished_at = ago(hours_ago * HOUR);
    let run = Run {
        server,
        tool: "jetbackup".to_owned(),
        job: job.to_owned(),
        status,
        reported: Success,
        doubt: (status == Partial).then(|| "success was told with 0 bytes".to_owned()),
        started_at: Some(finished_at.minus(Duration::from_secs(1_800))),
        finished_at,
        bytes: Some(5_000_000),
        accounts_total: Some(210),
        accounts_failed: (status == Failed).then_some(210),
        message: Some("done".to_owned()),
        received_at: finished_at,
    };
    house
        .state
        .db()
        .transaction("run", |tx| {
            let run = run.clone();
            Box::pin(async move { backup_runs::record(tx, &run).await })
        })
        .await
        .unwrap();
}

#[actix_web::test]
async fn a_server_shows_its_week_its_jobs_and_its_runs() {
    let house = House::open().await;
    let mut browser = house.browser(Role::Viewer).await;
    let id = house.server("web-01").await;
    for (job, status, hours_ago) in [
        ("accounts", Success, 57),
        ("accounts", Partial, 33),
        ("accounts", Failed, 9),
        ("databases", Success, 10),
    ] {
        run(&house, id, job, status, hours_ago).await;
    }
    let path = format!("/api/servers/{id}/backups");
    let body = browser.get(&path).await.ok();
    insta::assert_json_snapshot!("backups", body);

    let first = browser.get(&format!("{path}?limit=1")).await.ok();
    assert_eq!(first["runs"]["meta"]["total"], 4);
    let cursor = first["runs"]["meta"]["next_cursor"].as_str().unwrap();
    let second = browser
        .get(&format!("{path}?limit=1&cursor={cursor}"))
        .await
        .ok();
    assert_eq!(second["runs"]["data"][0]["job"], "databases");
    browser
        .get(&format!("{path}?sort=nope"))
        .await
        .wrong(&["sort"]);
    browser
        .get("/api/servers/77/backups")
        .await
        .refused(404, "not_found");
}

#[actix_web::test]
async fn who_had_no_good_backup_for_longest_comes_first() {
    let house = House::open().await;
    let mut browser = house.browser(Role::Viewer).await;
    for (name, status, hours_ago) in [
        ("fresh", Some(Success), 5),
        ("stale", Some(Success), 31),
        ("never", Some(Failed), 5),
        ("nothing", None, 0),
    ] {
        let id = house.server(name).await;
        if let Some(status) = status {
            run(&house, id, "accounts", status, hours_ago).await;
        }
    }
    let hinted = house.server("hinted").await;
    told(
        &house,
        hinted,
        T0,
        unreadable(Kind::Backups, KindError::NotInstalled),
    )
    .await;
    let mut get = async |query: &str| {
        let path = format!("/api/hosting/backups{query}");
        browser.get(&path).await
    };
    let list = get("").await.ok();
    assert_eq!(servers(&list)[3..], ["stale", "fresh"]);
    let states = |list: &Value| -> Vec<(String, String)> {
        let rows = list["data"].as_array().unwrap().iter();
        rows.map(|row| {
            let name = row["server"]["name"].as_str().unwrap().to_owned();
            (name, row["state"].as_str().unwrap().to_owned())
        })
        .collect()
    };
    for (name, state) in [
        ("fresh", "ok"),
        ("stale", "stale"),
        ("never", "never_good"),
        ("nothing", "not_configured"),
        ("hinted", "not_configured"),
    ] {
        let pair = (name.to_owned(), state.to_owned());
        assert!(states(&list).contains(&pair), "{name}");
        let filtered = get(&format!("?state={state}")).await.ok();
        assert!(states(&filtered).contains(&pair), "{name}");
    }
    let unconfigured = get("?state=not_configured&sort=name").await.ok();
    assert_eq!(servers(&unconfigured), ["hinted", "nothing"]);
    assert_eq!(unconfigured["data"][0]["hint"], "run doctor");
    assert_eq!(unconfigured["data"][1]["last_good_age_s"], Value::Null);
    let fresh = get("?state=ok").await.ok();
    let one = house.server("one of two").await;
    run(&house, one, "accounts", Success, 50).await;
    run(&house, one, "databases", Success, 5).await;
    run(&house, one, "mail", Failed, 5).await;
    let list = get("?q=one").await.ok();
    let row = &list["data"][0];
    assert_eq!(
        (&row["state"], &row["jobs"], &row["jobs_behind"]),
        (&"ok".into(), &3.into(), &2.into())
    );
    insta::assert_json_snapshot!("hosting_backups", fresh["data"][0]);
    for (query, field) in [
        ("?state=fine", "state"),
        ("?sort=days", "sort"),
        ("?limit=0", "limit"),
        ("?server=-5", "server"),
        ("?colour=red", "query"),
    ] {
        get(query).await.wrong(&[field]);
    }
}
