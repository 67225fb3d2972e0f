//! Backup runs, cron jobs and inventories on their way into rows.

use super::house::{House, T0, metrics};
use super::stories::{decide, settings};
use noc_pipeline::clock::{Clock, UnixMs};
use noc_pipeline::control::{Condition, Control, Rule, Scope};
use noc_pipeline::id::ServerId;
use noc_pipeline::payload::{
    BackupStatus, Backups, Comparator, CronEntry, Crons, Inventory, Kind, KindError, Report,
};
use noc_storage::relational::entity::{backup_run, cron_check, inventory, server_cursor};
use noc_storage::relational::servers;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use std::sync::Arc;
use std::time::Duration;

const HOUR: Duration = Duration::from_secs(3600);

/// A good run of some size.
pub(super) fn run(job: &str, finished_at: UnixMs, bytes: u64) -> Backups {
    Backups {
        tool: "jetbackup".to_owned(),
        job: job.to_owned(),
        status: BackupStatus::Success,
        started_at: None,
        finished_at,
        bytes: Some(bytes),
        accounts_total: None,
        accounts_failed: None,
        message: None,
    }
}

/// So many jobs of every five minutes that ran just now, and one that was never seen to run.
pub(super) fn crons(now: UnixMs, jobs: usize) -> Crons {
    let entry = |command: String, last_run_at| CronEntry {
        user: "root".to_owned(),
        schedule: "*/5 * * * *".to_owned(),
        command,
        last_run_at,
        last_exit: None,
    };
    let mut entries: Vec<_> = (0..jobs).map(|n| entry(n.to_string(), Some(now))).collect();
    entries.push(entry("never seen".to_owned(), None));
    Crons {
        timezone: "Asia/Dhaka".to_owned(),
        entries,
    }
}

pub(super) fn host(kernel: &str) -> Inventory {
    Inventory {
        hostname: "web-1".to_owned(),
        timezone: "Asia/Dhaka".to_owned(),
        boot_at: T0,
        kernel_running: kernel.to_owned(),
        machine_id_hash: "0123456789abcdef".to_owned(),
        agent_version: Some(format!("agent of {kernel}")),
        ..Inventory::default()
    }
}

async fn runs(house: &House) -> Vec<backup_run::Model> {
    let all = backup_run::Entity::find()
        .order_by_asc(backup_run::Column::ServerId)
        .order_by_asc(backup_run::Column::FinishedAt);
    all.all(house.parts.db.read()).await.unwrap()
}

async fn jobs(house: &House) -> Vec<cron_check::Model> {
    let all = cron_check::Entity::find()
        .order_by_asc(cron_check::Column::ServerId)
        .order_by_asc(cron_check::Column::Command);
    all.all(house.parts.db.read()).await.unwrap()
}

/// Every row but for its id, which a transaction that was repeated may have moved.
pub(super) async fn rows(house: &House) -> Vec<String> {
    let mut rows = Vec::new();
    for mut row in runs(house).await {
        row.id = 0;
        rows.push(format!("{row:?}"));
    }
    for mut row in jobs(house).await {
        row.id = 0;
        rows.push(format!("{row:?}"));
    }
    let all = inventory::Entity::find().order_by_asc(inventory::Column::ServerId);
    for row in all.all(house.parts.db.read()).await.unwrap() {
        rows.push(format!("{row:?}"));
    }
    rows
}

/// Up to where the server's effects are stored: it moves when anything relational is written.
async fn cursor(house: &House, server: ServerId) -> Option<i64> {
    let row = server_cursor::Entity::find()
        .filter(server_cursor::Column::ServerId.eq(i64::from(server.0)))
        .one(house.parts.db.read())
        .await
        .unwrap();
    row.map(|row| row.off)
}

#[actix::test]
async fn a_run_is_a_row_however_often_and_however_late_it_is_told() {
    let mut house = House::open().await;
    let web = house.server("web-1").await;
    house.clock.advance(HOUR * 48);
    house.beat().await;
    let now = house.clock.now();
    house.send(web, run("daily", now.minus(HOUR), 5_000)).await;
    house.send(web, run("daily", now.minus(HOUR), 5_000)).await;
    // From the spool, a day late: measured when the run ended.
    let mut late = house.payload(web, run("daily", now.minus(HOUR * 25), 4_000));
    late.event_at = now.minus(HOUR * 25);
    house.write(late.clone()).await;
    house.write(late).await;
    house.send(web, run("empty", now, 0)).await;
    house.settle().await;
    let found: Vec<_> = runs(&house)
        .await
        .into_iter()
        .map(|r| (r.job, r.bytes, r.status, r.is_newest))
        .collect();
    let of = |job: &str, bytes, status: &str, newest| {
        (job.to_owned(), Some(bytes), status.to_owned(), newest)
    };
    assert_eq!(
        found,
        [
            of("daily", 4_000, "success", false),
            of("daily", 5_000, "success", true),
            of("empty", 0, "partial", true),
        ]
    );
}

fn rule(id: i64, metric: &str, comparator: Comparator, threshold: f64) -> Control {
    Control::RuleSet(Rule {
        id,
        version: 1,
        name: format!("{metric} is wrong"),
        enabled: true,
        severity: None,
        scope: Scope::All,
        condition: Condition::Threshold {
            metric: metric.to_owned(),
            comparator,
            threshold,
            for_seconds: 0,
            clear_threshold: None,
        },
    })
}

/// A late run is judged when it is the newest of its job; what it says of the agent's health is nothing.
#[actix::test]
async fn a_late_run_is_judged_as_the_newest_of_its_job() {
    let mut house = House::open().await;
    let web = house.server("web-1").await;
    house.beat().await;
    decide(&house, rule(1, "backups.success", Comparator::Below, 1.0)).await;
    house.send(web, metrics(10.0)).await;
    house.pass(200).await;
    let silent = ["Server down: web-1: high, open"];
    assert_eq!(house.story().await, silent);
    let now = house.clock.now();
    let mut failed = run("daily", now.minus(HOUR * 5), 0);
    failed.status = BackupStatus::Failed;
    let mut late = house.payload(web, failed);
    late.event_at = now.minus(HOUR * 5);
    house.write(late).await;
    assert_eq!(
        house.story().await,
        silent,
        "it is down as before, and holds the rest"
    );

    house.send(web, metrics(10.0)).await;
    let mut failed = run("daily", now.minus(HOUR * 4), 0);
    failed.status = BackupStatus::Failed;
    let mut late = house.payload(web, failed);
    late.event_at = now.minus(HOUR * 4);
    house.write(late).await;
    let both = house.story().await;
    assert_eq!(both[0], "Server down: web-1: high, resolved");
    // The rule's, and that of the detector of failed backups.
    let open = both.iter().filter(|one| one.ends_with("open"));
    assert!(open.count() == 2 && both.len() == 3, "{both:?}");
    // A good run of before does not end it; one of another job neither; the next of its own does.
    let mut before = house.payload(web, run("daily", now.minus(HOUR * 9), 5));
    before.event_at = now.minus(HOUR * 9);
    house.write(before).await;
    house.send(web, run("weekly", now, 5)).await;
    assert_eq!(house.story().await, both);
    let mut good = house.payload(web, run("daily", now.minus(HOUR * 3), 5));
    good.event_at = now.minus(HOUR * 3);
    house.write(good).await;
    let over = house.story().await;
    assert!(over.iter().all(|one| one.ends_with("resolved")), "{over:?}");
    assert_eq!(runs(&house).await.len(), 5);
}

#[actix::test]
async fn nothing_relational_is_written_for_reports_that_say_the_same() {
    let mut house = House::open().await;
    let web = house.server("web-1").await;
    house.beat().await;
    house.send(web, host("6.1")).await;
    house.settle().await;
    assert_eq!(
        servers::by_id(house.parts.db.read(), web)
            .await
            .unwrap()
            .unwrap()
            .agent_version
            .as_deref(),
        Some("agent of 6.1")
    );
    let told = crons(house.clock.now(), 3);
    house.send(web, told.clone()).await;
    house.settle().await;
    assert_eq!(jobs(&house).await.len(), 4);
    let (before, written) = (rows(&house).await, cursor(&house, web).await);
    assert!(written.is_some());
    for _ in 0..3 {
        house.pass(120).await;
        house.send(web, told.clone()).await;
        house.send(web, host("6.1")).await;
        let mut unreadable = house.payload(web, metrics(1.0));
        unreadable.report = Arc::new(Report::Unreadable {
            kind: Kind::Crons,
            error: KindError::NoPermission,
            hint: None,
        });
        house.write(unreadable).await;
    }
    house.settle().await;
    assert_eq!(cursor(&house, web).await, written, "no transaction at all");
    house.kill();
    house.start().await;
    house.send(web, host("6.1")).await;
    house.settle().await;
    assert_eq!(
        cursor(&house, web).await,
        written,
        "a restart changes nothing"
    );
    assert_eq!(rows(&house).await, before);

    house.send(web, host("6.2")).await;
    house.send(web, crons(house.clock.now(), 1)).await;
    house.settle().await;
    assert_ne!(cursor(&house, web).await, written);
    assert_eq!(jobs(&house).await.len(), 2);
    assert!(
        rows(&house)
            .await
            .iter()
            .any(|row| row.contains("agent of 6.2"))
    );
}

/// An old report does not bring back what a newer one replaced.
#[actix::test]
async fn what_comes_late_or_out_of_order_replaces_nothing() {
    let mut house = House::open().await;
    let web = house.server("web-1").await;
    house.clock.advance(HOUR);
    house.beat().await;
    house.send(web, host("6.2")).await;
    for seconds in [5, 9_000] {
        let mut old = house.payload(web, host("6.1"));
        old.event_at = house.clock.now().minus(Duration::from_secs(seconds));
        house.write(old).await;
        let mut old = house.payload(web, crons(T0, 2));
        old.event_at = house.clock.now().minus(Duration::from_secs(9_000));
        house.write(old).await;
    }
    house.settle().await;
    let rows = rows(&house).await;
    assert!(
        rows.len() == 1 && rows[0].contains("agent of 6.2"),
        "{rows:?}"
    );
}

/// A job that stops running is overdue once its time and its grace are over, and on time again once it ran.
#[actix::test]
async fn a_job_that_does_not_run_becomes_overdue() {
    let mut house = House::open().await;
    let web = house.server("web-1").await;
    house.beat().await;
    let told = crons(house.clock.now(), 1);
    let mut states = Vec::new();
    for quarter in 0..4 {
        house.send(web, told.clone()).await;
        house.settle().await;
        let row = jobs(&house).await.swap_remove(0);
        states.push((row.command, row.state, row.is_overdue));
        if quarter == 2 {
            let expected = row.expected_at.map(UnixMs::from);
            assert_eq!(expected, Some(T0.plus(Duration::from_secs(300))));
            assert_eq!(UnixMs::from(row.first_seen_at), T0);
        }
        house.pass(900).await;
    }
    let of = |state: &str, overdue| ("0".to_owned(), state.to_owned(), overdue);
    let overdue = of("overdue", true);
    assert_eq!(
        states,
        [
            of("on_time", false),
            overdue.clone(),
            overdue.clone(),
            overdue
        ]
    );
    house.send(web, crons(house.clock.now(), 1)).await;
    house.settle().await;
    assert_eq!(jobs(&house).await[0].state, "on_time");
}

#[actix::test]
async fn a_disabled_server_tells_nothing_and_a_deleted_one_leaves_nothing() {
    let mut house = House::open().await;
    let [off, gone] = [house.server("off").await, house.server("gone").await];
    house.beat().await;
    decide(&house, settings(off, &[], false)).await;
    house.send(off, host("6.1")).await;
    house.send(off, run("daily", T0, 1)).await;
    house.send(off, crons(T0, 1)).await;
    house.settle().await;
    assert_eq!(rows(&house).await, Vec::<String>::new());

    house.send(gone, host("6.1")).await;
    house.send(gone, run("daily", T0, 1)).await;
    house.settle().await;
    assert_eq!(rows(&house).await.len(), 2);
    servers::delete(house.parts.db.write(), gone).await.unwrap();
    assert_eq!(rows(&house).await, Vec::<String>::new());
    // On their way while the server was deleted.
    house.send(gone, host("6.2")).await;
    house.send(gone, run("daily", T0.plus(HOUR), 1)).await;
    house.settle().await;
    assert_eq!(rows(&house).await, Vec::<String>::new());
}
