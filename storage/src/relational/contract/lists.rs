//! Lists: pages, orders, filters.

use super::T0;
use crate::relational::entity::incident;
use crate::relational::page::PageRequest;
use crate::relational::server_probes::{self, ProbeRow};
use crate::relational::servers::{
    self, Latest, LatestMetrics, Listed, SORTS, ServerFilter, ServerPatch, Status,
};
use crate::relational::{Db, StoreError};
use noc_pipeline::payload::Kind;
use sea_orm::{ActiveModelTrait, ActiveValue::Set};
use std::collections::HashSet;
use std::time::Duration;

async fn names(db: &Db, filter: ServerFilter) -> Vec<String> {
    let request = PageRequest {
        sort: Some("name".to_owned()),
        ..PageRequest::default()
    };
    let page = servers::list(db.read(), &filter, &request).await.unwrap();
    assert_eq!(page.total, page.data.len() as u64);
    page.data.into_iter().map(|row| row.server.name).collect()
}

async fn walk(db: &Db, sort: &str, limit: u64) -> Vec<Listed> {
    let mut request = PageRequest {
        limit: Some(limit),
        sort: Some(sort.to_owned()),
        cursor: None,
    };
    let mut rows = Vec::new();
    loop {
        let filter = ServerFilter::default();
        let page = servers::list(db.read(), &filter, &request).await.unwrap();
        assert!(page.data.len() as u64 <= limit);
        rows.extend(page.data);
        assert!(page.next_cursor.is_none() || (rows.len() as u64) < page.total);
        request.cursor = page.next_cursor;
        if request.cursor.is_none() {
            assert_eq!(rows.len() as u64, page.total);
            return rows;
        }
    }
}

/// Walked page by page, each order gives each row once, with ties, absent values and fractions; turned around it is
/// the exact reverse.
pub async fn every_order_walks_each_row_once(db: &Db) {
    for n in 0_u32..23 {
        let name = format!("s{n:02}");
        let at = T0.plus(Duration::from_millis(u64::from(n % 5)));
        let row = servers::create(db.write(), &name, &[], at).await.unwrap();
        // A third has no values, the others meet in few.
        if n % 3 > 0 {
            let latest = Latest {
                server: row.server_id(),
                status: Status::ALL[n as usize % 5],
                last_seen_at: Some(at),
                metrics: Some(LatestMetrics {
                    at,
                    cpu: Some(f64::from(n % 4) / 3.0),
                    ram: (n % 4 > 0).then(|| f64::from(n) / 7.0),
                    load1: Some(0.1 + 0.2),
                }),
            };
            servers::bulk_update(db.write(), &[latest]).await.unwrap();
            let value = |by: u32| (n % by > 0).then(|| f64::from(n % 4) / 3.0);
            let report = |kind| ProbeRow {
                server: row.server_id(),
                kind,
                error: None,
                hint: None,
                observed_at: at,
                received_at: at,
                values: [value(2), value(5), value(7), None],
            };
            let kinds = [Kind::Metrics, Kind::Disks, Kind::MailQueue, Kind::Mysql];
            server_probes::upsert(db.write(), &kinds.map(report))
                .await
                .unwrap();
        }
    }
    for sort in SORTS {
        let up = walk(db, sort.name, 4).await;
        let ids: HashSet<i64> = up.iter().map(|row| row.server.id).collect();
        assert_eq!((up.len(), ids.len()), (23, 23), "{}", sort.name);
        let mut down = walk(db, &format!("-{}", sort.name), 5).await;
        down.reverse();
        assert_eq!(up, down, "{}", sort.name);
    }
    let worst = walk(db, "status", 200).await;
    assert_eq!(worst[0].server.status, "down");
    let cpu = walk(db, "cpu_pct", 200).await;
    assert!(cpu[0].server.cpu.is_none());
    assert!(cpu.is_sorted_by(|a, b| a.server.cpu <= b.server.cpu));
    let disk = walk(db, "-worst_disk_pct", 200).await;
    assert!(disk[0].worst_disk_pct.is_some());
    assert!(disk.is_sorted_by(|a, b| a.worst_disk_pct >= b.worst_disk_pct));
}

/// Who is in trouble comes first: by status, or by the worst that is open of it.
pub async fn the_servers_page_shows_the_worst_first(db: &Db) {
    let open = async |server, severity: &str, status: &str| {
        let row = incident::ActiveModel {
            detector: Set("disk_bytes".to_owned()),
            server_id: Set(Some(server)),
            server_name: Set("s".to_owned()),
            subject: Set(String::new()),
            dedup_hash: Set("0".repeat(64)),
            severity: Set(severity.to_owned()),
            status: Set(status.to_owned()),
            title: Set("t".to_owned()),
            opened_at: Set(T0.to_datetime()),
            last_seen_at: Set(T0.to_datetime()),
            occurrences: Set(1),
            changed_at: Set(T0.to_datetime()),
            ..Default::default()
        };
        row.insert(db.write()).await.unwrap();
    };
    for (name, status, incidents) in [
        ("8 fine", Status::Up, &[("critical", "resolved")][..]),
        ("7 low", Status::Up, &[("info", "open")]),
        (
            "4 high",
            Status::Up,
            &[("low", "open"), ("high", "acknowledged")],
        ),
        ("0 down", Status::Down, &[("critical", "open")]),
        ("3 stale", Status::Stale, &[("medium", "open")]),
        ("1 critical", Status::Stale, &[("critical", "open")]),
        ("2 unknown", Status::Unknown, &[]),
    ] {
        let row = servers::create(db.write(), name, &[], T0).await.unwrap();
        let latest = Latest {
            server: row.server_id(),
            status,
            last_seen_at: Some(T0),
            metrics: None,
        };
        servers::bulk_update(db.write(), &[latest]).await.unwrap();
        for (severity, status) in incidents {
            open(row.id, severity, status).await;
        }
    }
    let worst = walk(db, "trouble", 2).await;
    let names: Vec<_> = worst.iter().map(|row| row.server.name.as_str()).collect();
    assert!(names.is_sorted(), "{names:?}");
    let first = &worst[0];
    let alone = servers::listed(db.read(), first.server.server_id()).await;
    assert_eq!(alone.unwrap().as_ref(), Some(first));
}

/// A size, order or cursor that cannot be is the caller's mistake and says so.
pub async fn impossible_pages_are_refused(db: &Db) {
    for name in ["a", "b"] {
        servers::create(db.write(), name, &[], T0).await.unwrap();
    }
    let ask = async |limit, cursor: Option<&str>, sort: &str| {
        let request = PageRequest {
            limit: Some(limit),
            cursor: cursor.map(str::to_owned),
            sort: Some(sort.to_owned()),
        };
        servers::list(db.read(), &ServerFilter::default(), &request).await
    };
    let refused = |outcome: Result<_, StoreError>, wrong| matches!(outcome, Err(StoreError::Refused { field, .. }) if field == wrong);
    assert!(refused(ask(0, None, "name").await, "limit"));
    assert!(refused(ask(201, None, "name").await, "limit"));
    assert!(refused(ask(1, None, "agent_secret_hash").await, "sort"));
    assert!(refused(ask(1, Some("AAAA"), "name").await, "cursor"));
    let cursor = ask(1, None, "name").await.unwrap().next_cursor.unwrap();
    assert!(refused(ask(1, Some(&cursor), "-name").await, "cursor"));
    let last = ask(1, Some(&cursor), "name").await.unwrap();
    assert_eq!(
        (last.data[0].server.name.as_str(), last.next_cursor),
        ("b", None)
    );
}

/// Search finds parts of names, host names and tags and takes its own wildcards for letters; a tag is found whole.
pub async fn servers_are_found_by_text_status_and_tag(db: &Db) {
    let tags = |tags: &[&str]| tags.iter().map(ToString::to_string).collect::<Vec<_>>();
    for (name, own) in [
        ("Web-1", tags(&["dc:dhaka", "role:web"])),
        ("web_2", tags(&["dc:dhaka-2"])),
        ("mail%3", tags(&["quote\"d", "ঢাকা"])),
    ] {
        servers::create(db.write(), name, &own, T0).await.unwrap();
    }
    let search = |text: &str| ServerFilter {
        search: Some(text.to_owned()),
        ..ServerFilter::default()
    };
    assert_eq!(names(db, search("WEB")).await, ["Web-1", "web_2"]);
    assert_eq!(names(db, search("_")).await, ["web_2"]);
    assert_eq!(names(db, search("%")).await, ["mail%3"]);
    assert_eq!(names(db, search("role:")).await, ["Web-1"]);
    assert!(names(db, search("!")).await.is_empty());
    let tag = |tag: &str| ServerFilter {
        tag: Some(tag.to_owned()),
        ..ServerFilter::default()
    };
    assert_eq!(names(db, tag("dc:dhaka")).await, ["Web-1"]);
    assert_eq!(names(db, tag("quote\"d")).await, ["mail%3"]);
    assert_eq!(names(db, tag("ঢাকা")).await, ["mail%3"]);
    assert!(names(db, tag("DC:dhaka")).await.is_empty());

    let web = servers::by_name(db.read(), "Web-1").await.unwrap().unwrap();
    let off = ServerPatch {
        is_active: Some(false),
        ..ServerPatch::default()
    };
    servers::update(db.write(), web.server_id(), off, T0)
        .await
        .unwrap();
    let disabled = ServerFilter {
        status: vec![Status::Disabled, Status::Down],
        ..ServerFilter::default()
    };
    assert_eq!(names(db, disabled).await, ["Web-1"]);
    let active = ServerFilter {
        is_active: Some(true),
        ..ServerFilter::default()
    };
    assert_eq!(names(db, active).await, ["mail%3", "web_2"]);
}
