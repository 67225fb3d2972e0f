//! Cron jobs and inventories, and that all of a host goes with its server.

use super::backup_runs::{run, store};
use super::{T0, count};
use crate::relational::backup_runs;
use crate::relational::cron_checks::{self, Job, JobFilter, JobState};
use crate::relational::entity::{backup_run, cron_check, inventory as inventory_row};
use crate::relational::page::PageRequest;
use crate::relational::servers::{self, ServerFilter, ServerPatch};
use crate::relational::{Db, StoreError, inventory};
use noc_pipeline::clock::UnixMs;
use noc_pipeline::id::ServerId;
use noc_pipeline::payload::{BackupStatus, Inventory, MailDomain};
use std::sync::Arc;
use std::time::Duration;

const HOUR: Duration = Duration::from_secs(3600);

async fn server(db: &Db, name: &str) -> ServerId {
    let row = servers::create(db.write(), name, &[], T0).await.unwrap();
    row.server_id()
}

async fn replace(db: &Db, server: ServerId, timezone: &str, jobs: &[Job], now: UnixMs) {
    let given = Arc::new((timezone.to_owned(), jobs.to_vec()));
    let stored: Result<(), StoreError> = db
        .transaction("store jobs", |tx| {
            let given = Arc::clone(&given);
            Box::pin(async move { cron_checks::replace(tx, server, &given.0, &given.1, now).await })
        })
        .await;
    stored.unwrap();
}

async fn put(db: &Db, server: ServerId, told: &Inventory, at: UnixMs) {
    let told = Arc::new(told.clone());
    let stored: Result<(), StoreError> = db
        .transaction("store an inventory", |tx| {
            let told = Arc::clone(&told);
            Box::pin(async move { inventory::put(tx, server, &told, told.boot_at, at, at).await })
        })
        .await;
    stored.unwrap();
}

fn job(command: &str, state: JobState) -> Job {
    Job {
        key: cron_checks::key("root", "*/5 * * * *", command),
        user: "root".to_owned(),
        schedule: "*/5 * * * *".to_owned(),
        command: command.to_owned(),
        state,
        last_run_at: Some(T0),
        last_exit: Some(0),
        expected_at: Some(T0.plus(HOUR)),
        first_seen_at: T0,
    }
}

/// Jobs of a server become what was told last: new ones come, gone ones go, the others change in place.
pub async fn cron_jobs_are_replaced_as_a_whole(db: &Db) {
    let [one, two] = [server(db, "one").await, server(db, "two").await];
    let read = async |server| {
        let filter = JobFilter {
            server: Some(server),
            ..JobFilter::default()
        };
        let request = PageRequest {
            limit: Some(200),
            ..PageRequest::default()
        };
        let page = cron_checks::list(db.read(), &filter, &request).await;
        let mut rows: Vec<_> = page.unwrap().data.into_iter().map(|l| l.job).collect();
        rows.sort_by(|a, b| a.command.cmp(&b.command));
        rows
    };
    let many: Vec<Job> = (0..450)
        .map(|n| job(&format!("{n:03} 🚀"), JobState::OnTime))
        .collect();
    replace(db, two, "Etc/UTC", &many, T0).await;
    replace(db, two, "Etc/UTC", &many[..120], T0).await;
    assert_eq!(count::<cron_check::Entity>(db).await, 120);

    let first = [
        job("a", JobState::OnTime),
        job("b", JobState::OnTime),
        job("c", JobState::OnTime),
    ];
    replace(db, one, "Asia/Dhaka", &first, T0).await;
    let before = read(one).await;
    assert_eq!(before.len(), 3);
    let later = T0.plus(HOUR);
    let mut late = job("b", JobState::Overdue);
    late.last_exit = None;
    late.first_seen_at = later;
    let second = [first[0].clone(), late, job("d", JobState::Unknown)];
    replace(db, one, "Asia/Dhaka", &second, later).await;
    let after = read(one).await;
    let commands: Vec<_> = after.iter().map(|r| r.command.as_str()).collect();
    assert_eq!(commands, ["a", "b", "d"]);
    assert_eq!(after[0], before[0], "what is the same is not touched");
    let b = &after[1];
    assert_eq!(
        (b.id, b.first_seen_at),
        (before[1].id, before[1].first_seen_at)
    );
    assert_eq!((b.state.as_str(), b.is_overdue), ("overdue", true));
    assert_eq!((b.last_exit, UnixMs::from(b.changed_at)), (None, later));
    assert_eq!(read(two).await.len(), 120, "the other server's stay");

    replace(db, one, "Europe/Berlin", &second, later).await;
    assert!(
        read(one)
            .await
            .iter()
            .all(|r| r.timezone == "Europe/Berlin")
    );
    replace(db, one, "Europe/Berlin", &[], later).await;
    assert_eq!(read(one).await, []);
}

/// The longest overdue comes first, then what failed, what is on time, the rest; page by page each once.
pub async fn overdue_cron_jobs_come_first(db: &Db) {
    let [one, two, off] = [
        server(db, "one").await,
        server(db, "two").await,
        server(db, "off").await,
    ];
    let overdue = |command: &str, hours: u32| Job {
        expected_at: Some(T0.minus(HOUR * hours)),
        ..job(command, JobState::Overdue)
    };
    let failed = Job {
        last_exit: Some(3),
        ..job("100%_failed!", JobState::OnTime)
    };
    replace(
        db,
        one,
        "Etc/UTC",
        &[
            job("on time", JobState::OnTime),
            overdue("short", 1),
            job("reboot", JobState::AtBoot),
        ],
        T0,
    )
    .await;
    replace(db, two, "Etc/UTC", &[failed, overdue("Long", 50)], T0).await;
    replace(db, off, "Etc/UTC", &[overdue("off", 99)], T0).await;
    let switch = ServerPatch {
        is_active: Some(false),
        ..ServerPatch::default()
    };
    servers::update(db.write(), off, switch, T0).await.unwrap();

    let active = || JobFilter {
        servers: ServerFilter {
            is_active: Some(true),
            ..ServerFilter::default()
        },
        ..JobFilter::default()
    };
    let walk = async |filter: JobFilter, sort: Option<&str>, limit: u64| {
        let mut request = PageRequest {
            limit: Some(limit),
            cursor: None,
            sort: sort.map(str::to_owned),
        };
        let mut found = Vec::new();
        loop {
            let page = cron_checks::list(db.read(), &filter, &request)
                .await
                .unwrap();
            let rows = page.data.into_iter();
            found.extend(rows.map(|l| (l.server_name, l.job.command)));
            request.cursor = page.next_cursor;
            if request.cursor.is_none() {
                return found;
            }
        }
    };
    let of = |server: &str, command: &str| (server.to_owned(), command.to_owned());
    let all = [
        of("two", "Long"),
        of("one", "short"),
        of("two", "100%_failed!"),
        of("one", "on time"),
        of("one", "reboot"),
    ];
    for limit in [1, 2, 200] {
        assert_eq!(walk(active(), None, limit).await, all);
    }
    assert_eq!(
        walk(JobFilter::default(), None, 200).await[0],
        of("off", "off")
    );
    let mut turned = walk(active(), Some("-server"), 2).await;
    turned.reverse();
    assert_eq!(walk(active(), Some("server"), 2).await, turned);
    assert_eq!(turned[0].0, "one");

    let some = |filter: JobFilter| walk(filter, None, 200);
    let urgent = JobFilter {
        states: vec![JobState::Overdue],
        failed: true,
        ..active()
    };
    assert_eq!(some(urgent).await, all[..3]);
    let searched = |text: &str| JobFilter {
        search: Some(text.to_owned()),
        ..active()
    };
    assert_eq!(some(searched("LONG")).await, all[..1]);
    assert_eq!(some(searched("0%_F")).await, all[2..3], "no wildcards");
    assert_eq!(some(searched("roo")).await.len(), 5, "the user's name");
    let hidden = |text: &str| JobFilter {
        hides_logins: true,
        ..searched(text)
    };
    assert_eq!(some(hidden("LONG")).await, all[..1]);
    assert_eq!(some(hidden("roo")).await.len(), 5, "root is nobody's name");
    let unknown = JobFilter {
        states: vec![JobState::Unknown],
        ..active()
    };
    assert_eq!(some(unknown).await, []);
    assert_eq!(
        cron_checks::count_overdue(db.read(), None).await.unwrap(),
        2
    );
    let of_one = cron_checks::count_overdue(db.read(), Some(one)).await;
    assert_eq!(of_one.unwrap(), 1);
}

/// What a server is made of is replaced as a whole and read as it was told; its row shows the agent's version.
pub async fn an_inventory_is_read_as_told(db: &Db) {
    let [one, two] = [server(db, "one").await, server(db, "two").await];
    let told = Inventory {
        hostname: "wëb-1.example".to_owned(),
        timezone: "Asia/Dhaka".to_owned(),
        boot_at: T0,
        kernel_running: "6.1".to_owned(),
        panel: Some("cPanel".to_owned()),
        addresses: vec!["192.0.2.1".parse().unwrap(), "2001:db8::1".parse().unwrap()],
        outbound_addresses: vec!["192.0.2.1".parse().unwrap()],
        mail_domains: vec![MailDomain {
            domain: "xn--bcher-kva.example".to_owned(),
            dkim_selector: Some("default".to_owned()),
        }],
        machine_id_hash: "ab".repeat(32),
        agent_version: Some("1.2.3".to_owned()),
        spool_lost_total: Some(1 << 53),
        ..Inventory::default()
    };
    put(db, one, &told, T0).await;
    put(
        db,
        two,
        &Inventory {
            boot_at: T0,
            ..Inventory::default()
        },
        T0,
    )
    .await;
    let row = inventory::of(db.read(), one).await.unwrap().unwrap();
    assert_eq!(row.address_list(), told.addresses);
    assert_eq!(row.outbound_address_list(), told.outbound_addresses);
    assert_eq!(row.mail_domain_list(), told.mail_domains);
    assert_eq!(
        (row.hostname.as_str(), row.panel.as_deref()),
        ("wëb-1.example", Some("cPanel"))
    );
    assert_eq!(
        (row.kernel_installed, row.spool_lost_total),
        (None, Some(1 << 53))
    );
    assert_eq!(UnixMs::from(row.boot_at), T0);
    let shown = servers::by_id(db.read(), one).await.unwrap().unwrap();
    assert_eq!(shown.agent_version.as_deref(), Some("1.2.3"));
    assert_eq!(
        UnixMs::from(shown.changed_at),
        T0,
        "no setting of its changed"
    );

    let later = T0.plus(HOUR);
    let mut less = told.clone();
    less.panel = None;
    less.mail_domains.clear();
    less.agent_version = None;
    put(db, one, &less, later).await;
    let all = inventory::of_many(db.read(), &[one, two, ServerId(9_999)]).await;
    let all = all.unwrap();
    assert_eq!(all.len(), 2);
    let row = &all[&one];
    assert_eq!((&row.panel, row.mail_domain_list()), (&None, Vec::new()));
    assert_eq!(UnixMs::from(row.changed_at), later);
    assert!(all[&two].address_list().is_empty());
    let shown = servers::by_id(db.read(), one).await.unwrap().unwrap();
    assert_eq!(shown.agent_version.as_deref(), Some("1.2.3"), "told once");
}

/// All that a server told goes with it, and nothing can be told of a server that is gone.
pub async fn host_facts_go_with_their_server(db: &Db) {
    let [gone, kept] = [server(db, "gone").await, server(db, "kept").await];
    for id in [gone, kept] {
        store(db, &run(id, "a", 1, BackupStatus::Success)).await;
        replace(db, id, "Etc/UTC", &[job("a", JobState::OnTime)], T0).await;
        put(
            db,
            id,
            &Inventory {
                boot_at: T0,
                ..Inventory::default()
            },
            T0,
        )
        .await;
    }
    servers::delete(db.write(), gone).await.unwrap();
    assert_eq!(count::<backup_run::Entity>(db).await, 1);
    assert_eq!(count::<cron_check::Entity>(db).await, 1);
    assert_eq!(count::<inventory_row::Entity>(db).await, 1);
    let late = Arc::new(run(gone, "a", 0, BackupStatus::Success));
    let stored: Result<(), StoreError> = db
        .transaction("store a run", |tx| {
            let late = Arc::clone(&late);
            Box::pin(async move { backup_runs::record(tx, &late).await })
        })
        .await;
    assert!(stored.is_err());
}
