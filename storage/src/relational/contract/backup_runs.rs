//! Backup runs, and how servers stand with them.

use super::{T0, count};
use crate::relational::backup_runs::{self, BackupState, FleetBackups, Run, RunFilter};
use crate::relational::entity::backup_run;
use crate::relational::page::PageRequest;
use crate::relational::servers::{self, ServerFilter, ServerPatch};
use crate::relational::{Db, StoreError};
use noc_pipeline::clock::UnixMs;
use noc_pipeline::id::ServerId;
use noc_pipeline::payload::BackupStatus;
use std::sync::Arc;
use std::time::Duration;

const HOUR: Duration = Duration::from_secs(3600);

async fn server(db: &Db, name: &str) -> ServerId {
    let row = servers::create(db.write(), name, &[], T0).await.unwrap();
    row.server_id()
}

pub(super) fn run(server: ServerId, job: &str, hours_ago: u32, status: BackupStatus) -> Run {
    Run {
        server,
        tool: "jetbackup".to_owned(),
        job: job.to_owned(),
        status,
        reported: status,
        doubt: None,
        started_at: None,
        finished_at: T0.minus(HOUR * hours_ago),
        bytes: Some(u64::from(hours_ago) * 1_000),
        accounts_total: None,
        accounts_failed: None,
        message: None,
        received_at: T0,
    }
}

pub(super) async fn store(db: &Db, run: &Run) {
    let run = Arc::new(run.clone());
    let stored: Result<(), StoreError> = db
        .transaction("store a run", |tx| {
            let run = Arc::clone(&run);
            Box::pin(async move { backup_runs::record(tx, &run).await })
        })
        .await;
    stored.unwrap();
}

/// A run that is reported again is one row: the last report holds, and when it first came is kept.
pub async fn a_backup_run_told_twice_is_one(db: &Db) {
    let id = server(db, "web-1").await;
    let mut told = run(id, "Tägliche 🚀 0 2 * * *", 2, BackupStatus::Success);
    told.message = Some("ok".to_owned());
    store(db, &told).await;
    let later = T0.plus(HOUR);
    told.status = BackupStatus::Partial;
    told.doubt = Some("success was told with 0 bytes".to_owned());
    told.bytes = Some(0);
    told.message = None;
    told.started_at = Some(told.finished_at.minus(HOUR));
    told.received_at = later;
    store(db, &told).await;
    // An old report that comes again moves no time back.
    told.received_at = T0;
    store(db, &told).await;

    let page = backup_runs::list(db.read(), &RunFilter::default(), &PageRequest::default()).await;
    let rows = page.unwrap().data;
    let [row] = rows.as_slice() else {
        panic!("{rows:?}");
    };
    assert_eq!((row.server(), row.job.as_str()), (id, told.job.as_str()));
    assert_eq!(
        (row.status.as_str(), row.reported_status.as_str()),
        ("partial", "success")
    );
    assert_eq!(row.doubt, told.doubt);
    assert_eq!((row.bytes, row.message.as_deref()), (Some(0), None));
    assert_eq!(UnixMs::from(row.finished_at), told.finished_at);
    assert_eq!(row.started_at.map(UnixMs::from), told.started_at);
    assert_eq!(UnixMs::from(row.first_received_at), T0);
    assert_eq!(UnixMs::from(row.last_received_at), later);
    assert!(row.is_newest);
    assert_eq!(row.last_good_at, None, "its success was taken back");

    let mut other = run(id, &"é".repeat(190), 2, BackupStatus::Failed);
    other.tool = "é".repeat(64);
    store(db, &other).await;
    let long = Run {
        job: "é".repeat(191),
        ..other
    };
    let long = Arc::new(long);
    let refused: Result<(), StoreError> = db
        .transaction("store a run", |tx| {
            let long = Arc::clone(&long);
            Box::pin(async move { backup_runs::record(tx, &long).await })
        })
        .await;
    assert!(matches!(
        refused,
        Err(StoreError::Refused { field: "job", .. })
    ));
}

/// The run of a job that ended last says when the job last succeeded, in whatever order runs are told.
pub async fn the_newest_run_speaks_for_its_job(db: &Db) {
    let id = server(db, "web-1").await;
    let newest = async || {
        let rows = backup_runs::of_server(db.read(), id).await.unwrap();
        let hours = |at: Option<_>| at.map(|at| T0.since(UnixMs::from(at)).as_secs() / 3600);
        let facts = rows.into_iter().map(|r| {
            let ended = hours(Some(r.finished_at)).unwrap();
            (r.job, ended, hours(r.last_good_at), r.last_good_bytes)
        });
        facts.collect::<Vec<_>>()
    };
    store(db, &run(id, "daily", 24, BackupStatus::Success)).await;
    store(db, &run(id, "daily", 1, BackupStatus::Failed)).await;
    let daily = ("daily".to_owned(), 1, Some(24), Some(24_000));
    assert_eq!(newest().await, std::slice::from_ref(&daily));
    // Late: not the newest run, but the newest success.
    store(db, &run(id, "daily", 48, BackupStatus::Failed)).await;
    store(db, &run(id, "daily", 12, BackupStatus::Success)).await;
    let daily = ("daily".to_owned(), 1, Some(12), Some(12_000));
    assert_eq!(newest().await, std::slice::from_ref(&daily));
    // Another job, and another tool's job of the same name.
    store(db, &run(id, "weekly", 3, BackupStatus::Partial)).await;
    let mut dump = run(id, "daily", 2, BackupStatus::Success);
    dump.tool = "mysqldump".to_owned();
    store(db, &dump).await;
    let weekly = ("weekly".to_owned(), 3, None, None);
    let dump = ("daily".to_owned(), 2, Some(2), Some(2_000));
    assert_eq!(newest().await, [weekly, daily, dump], "never good first");

    let filter = RunFilter {
        server: Some(id),
        tool: Some("jetbackup".to_owned()),
        job: Some("daily".to_owned()),
        since: Some(T0.minus(HOUR * 24)),
        status: vec![BackupStatus::Success],
    };
    let page = backup_runs::list(db.read(), &filter, &PageRequest::default()).await;
    let page = page.unwrap();
    let ended: Vec<_> = page.data.iter().map(|r| r.bytes).collect();
    assert_eq!(ended, [Some(12_000), Some(24_000)], "newest first");
    let all = backup_runs::list(db.read(), &RunFilter::default(), &PageRequest::default()).await;
    let all = all.unwrap().data;
    assert_eq!(all.len(), 6);
    assert!(all.iter().all(|r| r.is_newest || r.last_good_at.is_none()));
}

/// The fleet by its last good backup: never good first; servers without runs are in the list, disabled ones only when
/// asked for.
pub async fn the_fleet_is_listed_by_its_last_good_backup(db: &Db) {
    let names = ["fresh", "stale", "never", "none", "off"];
    let mut ids = Vec::new();
    for name in names {
        ids.push(server(db, name).await);
    }
    store(db, &run(ids[0], "a", 1, BackupStatus::Success)).await;
    store(db, &run(ids[0], "b", 40, BackupStatus::Success)).await;
    store(db, &run(ids[1], "a", 31, BackupStatus::Success)).await;
    store(db, &run(ids[1], "a", 7, BackupStatus::Partial)).await;
    store(db, &run(ids[2], "a", 2, BackupStatus::Failed)).await;
    store(db, &run(ids[4], "a", 1, BackupStatus::Failed)).await;
    let off = ServerPatch {
        is_active: Some(false),
        ..ServerPatch::default()
    };
    servers::update(db.write(), ids[4], off, T0).await.unwrap();

    let ask = async |states: &[BackupState], sort: Option<&str>, limit: u64| {
        let filter = FleetBackups {
            servers: ServerFilter {
                is_active: Some(true),
                ..ServerFilter::default()
            },
            server: None,
            states: states.to_vec(),
        };
        let mut request = PageRequest {
            limit: Some(limit),
            cursor: None,
            sort: sort.map(str::to_owned),
        };
        let mut found = Vec::new();
        loop {
            let page = backup_runs::fleet(db.read(), &filter, &request, T0).await;
            let page = page.unwrap();
            for row in page.data {
                let state = BackupState::of(row.last_run_at, row.last_good_at, T0);
                found.push((row.server.name, state));
            }
            request.cursor = page.next_cursor;
            if request.cursor.is_none() {
                assert_eq!(page.total, found.len() as u64);
                return found;
            }
        }
    };
    let of = |name: &str, state| (name.to_owned(), state);
    let [fresh, stale, never, none] = [
        of("fresh", BackupState::Ok),
        of("stale", BackupState::Stale),
        of("never", BackupState::NeverGood),
        of("none", BackupState::NotConfigured),
    ];
    for limit in [1, 2, 50] {
        assert_eq!(
            ask(&[], None, limit).await,
            [never.clone(), none.clone(), stale.clone(), fresh.clone()]
        );
        assert_eq!(
            ask(&[], Some("-last_run_at"), limit).await,
            [fresh.clone(), never.clone(), stale.clone(), none.clone()]
        );
    }
    for one in [&fresh, &stale, &never, &none] {
        let only = ask(&[one.1], Some("name"), 50).await;
        assert_eq!(&only, std::slice::from_ref(one));
    }
    let both = ask(
        &[BackupState::Stale, BackupState::NeverGood],
        Some("name"),
        50,
    );
    assert_eq!(both.await, [never, stale]);

    let days = async |limit| {
        let (from, to) = (T0.minus(HOUR * 31), T0.minus(HOUR));
        let runs = backup_runs::days(db.read(), &ids[..2], from, to, limit).await;
        let runs = runs.unwrap().into_iter();
        runs.map(|r| (r.server, T0.since(r.finished_at).as_secs() / 3600, r.status))
            .collect::<Vec<_>>()
    };
    let seven = (ids[1], 7, BackupStatus::Partial);
    let day_before = (ids[1], 31, BackupStatus::Success);
    assert_eq!(days(50).await, [day_before, seven]);
    assert_eq!(days(1).await, [seven], "the latest");
    let nobody = backup_runs::days(db.read(), &[], UnixMs(1_000), T0, 9).await;
    assert_eq!(nobody.unwrap(), []);
}

/// Runs that nobody has reported for long are removed, the others stay.
pub async fn old_backup_runs_are_removed(db: &Db) {
    let id = server(db, "web-1").await;
    let mut old = run(id, "a", 1, BackupStatus::Success);
    old.received_at = T0.minus(HOUR * 2);
    store(db, &old).await;
    // Its end is long ago, its report is not: a host that was away for a year.
    store(db, &run(id, "a", 9_000, BackupStatus::Success)).await;
    let removed = backup_runs::retain(db.write(), T0.minus(HOUR)).await;
    assert_eq!(removed.unwrap(), 1);
    assert_eq!(count::<backup_run::Entity>(db).await, 1);
}
