//! Lists: pages, orders, filters.

use super::T0;
use crate::relational::entity::server;
use crate::relational::page::PageRequest;
use crate::relational::servers::{
    self, Latest, LatestMetrics, SORTS, ServerFilter, ServerPatch, Status,
};
use crate::relational::{Db, StoreError};
use std::collections::HashSet;
use std::time::Duration;

async fn names(db: &Db, filter: ServerFilter) -> Vec<String> {
    let request = PageRequest {
        sort: Some("name".to_owned()),
        ..PageRequest::default()
    };
    let page = servers::list(db.read(), &filter, &request).await.unwrap();
    assert_eq!(page.total, page.data.len() as u64);
    page.data.into_iter().map(|row| row.name).collect()
}

async fn walk(db: &Db, sort: &str, limit: u64) -> Vec<server::Model> {
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
        }
    }
    for sort in SORTS {
        let up = walk(db, sort.name, 4).await;
        let ids: HashSet<i64> = up.iter().map(|row| row.id).collect();
        assert_eq!((up.len(), ids.len()), (23, 23), "{}", sort.name);
        let mut down = walk(db, &format!("-{}", sort.name), 5).await;
        down.reverse();
        assert_eq!(up, down, "{}", sort.name);
    }
    let worst = walk(db, "status", 200).await;
    assert_eq!(worst[0].status, "down");
    let cpu = walk(db, "cpu_pct", 200).await;
    assert!(cpu[0].cpu.is_none() && cpu.is_sorted_by(|a, b| a.cpu <= b.cpu));
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
    assert_eq!((last.data[0].name.as_str(), last.next_cursor), ("b", None));
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
