//! What fleet-wide lists sort by, and what is noticed about agents.

use super::T0;
use crate::relational::agent_health::{self, Refused, Skew};
use crate::relational::entity::{agent_health as health, server_probe};
use crate::relational::page::PageRequest;
use crate::relational::server_probes::{
    self, FleetFilter, HOURS_TO_FULL, ProbeRow, ProbeState, Probed, REFRESH_EVERY, sort_names,
};
use crate::relational::servers::{self, ServerFilter};
use crate::relational::{Db, StoreError};
use noc_pipeline::clock::UnixMs;
use noc_pipeline::id::ServerId;
use noc_pipeline::payload::{Kind, KindError};
use std::collections::HashSet;
use std::time::Duration;

const MINUTE: Duration = Duration::from_secs(60);

async fn server(db: &Db, name: &str, tags: &[&str]) -> ServerId {
    let tags: Vec<String> = tags.iter().map(ToString::to_string).collect();
    let row = servers::create(db.write(), name, &tags, T0).await;
    row.unwrap().server_id()
}

fn row(server: ServerId, kind: Kind, at: UnixMs, value: Option<f64>) -> ProbeRow {
    ProbeRow {
        server,
        kind,
        error: None,
        hint: None,
        observed_at: at,
        received_at: at.plus(Duration::from_millis(250)),
        values: [value, Some(0.1 + 0.2), None, value],
    }
}

async fn stored(db: &Db, servers: &[ServerId]) -> Vec<ProbeRow> {
    server_probes::of_servers(db.read(), servers).await.unwrap()
}

/// 1,203 rows in three statements, to the millisecond and the last bit; the same again changes nothing.
pub async fn the_newest_reports_of_many_servers_are_stored(db: &Db) {
    let rows: Vec<ProbeRow> = db
        .transaction("create servers", |tx| {
            Box::pin(async move {
                let mut rows = Vec::new();
                for n in 0..401_u32 {
                    let server = servers::create(tx, &format!("s{n}"), &[], T0).await?;
                    let server = server.server_id();
                    let at = T0.plus(Duration::from_millis(u64::from(n)));
                    rows.push(row(server, Kind::Disks, at, Some(f64::from(n) / 3.0)));
                    rows.push(row(server, Kind::Metrics, at, None));
                    rows.push(ProbeRow {
                        error: Some(KindError::NoPermission),
                        hint: Some("add it to the group ‘adm’".to_owned()),
                        values: [None; 4],
                        ..row(server, Kind::Processes, at, None)
                    });
                }
                Ok::<_, StoreError>(rows)
            })
        })
        .await
        .unwrap();
    for _ in 0..2 {
        server_probes::upsert(db.write(), &rows).await.unwrap();
        let all: Vec<ServerId> = rows.iter().map(|row| row.server).collect();
        let ids: HashSet<ServerId> = all.into_iter().collect();
        let mut ids: Vec<ServerId> = ids.into_iter().collect();
        ids.sort();
        assert_eq!(stored(db, &ids).await, rows);
    }
    server_probes::upsert(db.write(), &[]).await.unwrap();
    assert!(stored(db, &[]).await.is_empty());
}

/// A log that is read again takes nothing back, and what is newer replaces all of it.
pub async fn an_older_report_replaces_nothing(db: &Db) {
    let id = server(db, "s", &[]).await;
    let newest = row(id, Kind::Disks, T0.plus(MINUTE), Some(5.0));
    server_probes::upsert(db.write(), std::slice::from_ref(&newest))
        .await
        .unwrap();
    let older = ProbeRow {
        error: Some(KindError::Timeout),
        hint: Some("old".to_owned()),
        ..row(id, Kind::Disks, T0, Some(9.0))
    };
    server_probes::upsert(db.write(), std::slice::from_ref(&older))
        .await
        .unwrap();
    assert_eq!(stored(db, &[id]).await, [newest]);
    let newer = ProbeRow {
        observed_at: T0.plus(2 * MINUTE),
        received_at: T0,
        ..older
    };
    server_probes::upsert(db.write(), std::slice::from_ref(&newer))
        .await
        .unwrap();
    assert_eq!(stored(db, &[id]).await, [newer]);
}

/// Rows go with their server, and a late one does not bring anything back or fail the others.
pub async fn what_is_known_of_a_server_goes_with_it(db: &Db) {
    let [kept, gone] = [server(db, "kept", &[]).await, server(db, "gone", &[]).await];
    let rows = [kept, gone].map(|id| row(id, Kind::Metrics, T0, Some(1.0)));
    let skews = [kept, gone].map(|server| Skew {
        server,
        skew_ms: -7,
        at: T0,
    });
    for _ in 0..2 {
        server_probes::upsert(db.write(), &rows).await.unwrap();
        agent_health::note_skews(db.write(), &skews).await.unwrap();
        match servers::delete(db.write(), gone).await {
            Ok(()) | Err(StoreError::NotFound { .. }) => {}
            Err(error) => panic!("{error}"),
        }
        assert_eq!(super::count::<server_probe::Entity>(db).await, 1);
        assert_eq!(super::count::<health::Entity>(db).await, 1);
    }
}

async fn names(db: &Db, kind: Kind, filter: FleetFilter, sort: &str) -> Vec<String> {
    let request = PageRequest {
        sort: Some(sort.to_owned()),
        ..PageRequest::default()
    };
    let page = server_probes::list(db.read(), kind, &filter, &request, "name", T0).await;
    let page = page.unwrap();
    assert_eq!(page.total, page.data.len() as u64);
    page.data.into_iter().map(|row| row.server.name).collect()
}

/// A list holds every server, with its own report of that kind or none; the worst first, the unknown last.
pub async fn a_fleet_is_listed_by_one_kind_of_report(db: &Db) {
    let [a, b, c, d] = [
        server(db, "a", &["dc:one"]).await,
        server(db, "b", &["dc:two"]).await,
        server(db, "c", &["dc:one"]).await,
        server(db, "d", &[]).await,
    ];
    let stale = T0.minus(Duration::from_secs(630) + REFRESH_EVERY + MINUTE);
    let refused = ProbeRow {
        error: Some(KindError::NoPermission),
        hint: Some("why".to_owned()),
        values: [None; 4],
        ..row(c, Kind::Disks, T0, None)
    };
    let rows = [
        row(a, Kind::Disks, T0, Some(40.0)),
        row(b, Kind::Disks, stale, Some(90.0)),
        refused,
        row(d, Kind::Metrics, T0, Some(99.0)),
    ];
    server_probes::upsert(db.write(), &rows).await.unwrap();
    let all = FleetFilter::default;
    assert_eq!(
        names(db, Kind::Disks, all(), "-worst_pct").await,
        ["b", "a", "d", "c"]
    );
    assert_eq!(
        names(db, Kind::Disks, all(), "worst_pct").await,
        ["c", "d", "a", "b"]
    );
    assert_eq!(
        names(db, Kind::Metrics, all(), "-load_per_core").await[0],
        "d"
    );

    let page = server_probes::list(
        db.read(),
        Kind::Disks,
        &all(),
        &PageRequest::default(),
        "name",
        T0,
    )
    .await;
    let page = page.unwrap();
    let shown: Vec<_> = page
        .data
        .iter()
        .map(|row| (row.observed_at, row.values[0]))
        .collect();
    assert_eq!(
        shown,
        [
            (Some(T0), Some(40.0)),
            (Some(stale), Some(90.0)),
            (Some(T0), None),
            (None, None)
        ]
    );
    let c = &page.data[2];
    assert_eq!(
        (c.error, c.hint.as_deref()),
        (Some(KindError::NoPermission), Some("why"))
    );

    let state = |state| FleetFilter {
        states: vec![state],
        ..FleetFilter::default()
    };
    for (wanted, expected) in [
        (ProbeState::Ok, "a"),
        (ProbeState::Stale, "b"),
        (ProbeState::Unreadable(KindError::NoPermission), "c"),
        (ProbeState::NoData, "d"),
    ] {
        assert_eq!(
            names(db, Kind::Disks, state(wanted), "name").await,
            [expected]
        );
    }
    let several = FleetFilter {
        states: vec![ProbeState::NoData, ProbeState::Stale],
        ..FleetFilter::default()
    };
    assert_eq!(names(db, Kind::Disks, several, "name").await, ["b", "d"]);
    assert!(
        names(db, Kind::Lifecycle, state(ProbeState::Stale), "name")
            .await
            .is_empty()
    );

    let one = FleetFilter {
        server: Some(b),
        ..FleetFilter::default()
    };
    assert_eq!(names(db, Kind::Disks, one, "name").await, ["b"]);
    let tagged = FleetFilter {
        servers: ServerFilter {
            tag: Some("dc:one".to_owned()),
            ..ServerFilter::default()
        },
        ..FleetFilter::default()
    };
    assert_eq!(
        names(db, Kind::Disks, tagged, "-worst_pct").await,
        ["a", "c"]
    );
}

async fn walk(db: &Db, kind: Kind, sort: &str, limit: u64) -> Vec<Probed> {
    let mut request = PageRequest {
        limit: Some(limit),
        sort: Some(sort.to_owned()),
        cursor: None,
    };
    let mut rows = Vec::new();
    loop {
        let filter = FleetFilter::default();
        let page = server_probes::list(db.read(), kind, &filter, &request, "name", T0).await;
        let page = page.unwrap();
        rows.extend(page.data);
        request.cursor = page.next_cursor;
        if request.cursor.is_none() {
            assert_eq!(rows.len() as u64, page.total);
            return rows;
        }
    }
}

/// Walked page by page, each order of each kind gives each server once, with ties and absent values.
pub async fn every_order_of_a_fleet_walks_each_server_once(db: &Db) {
    let mut rows = Vec::new();
    for n in 0_u32..17 {
        let id = server(db, &format!("s{n:02}"), &[]).await;
        if n % 3 > 0 {
            let value = |by: u32| (n % by > 0).then(|| f64::from(n % 4) / 3.0);
            rows.extend(Kind::ALL.iter().map(|kind| ProbeRow {
                values: [value(2), value(5), value(7), value(11)],
                ..row(
                    id,
                    *kind,
                    T0.plus(Duration::from_millis(u64::from(n % 2))),
                    None,
                )
            }));
        }
    }
    server_probes::upsert(db.write(), &rows).await.unwrap();
    for kind in Kind::ALL {
        for sort in sort_names(*kind).iter().chain(&["name", "observed_at"]) {
            let up = walk(db, *kind, sort, 4).await;
            let ids: HashSet<i64> = up.iter().map(|row| row.server.id).collect();
            assert_eq!((up.len(), ids.len()), (17, 17), "{kind:?} {sort}");
            if *sort == "hours_to_full" {
                // What does not fill takes longest.
                let hours: Vec<f64> = up
                    .iter()
                    .map(|row| row.values[HOURS_TO_FULL].unwrap_or(f64::INFINITY))
                    .collect();
                assert!(hours.is_sorted() && hours[0].is_finite(), "{hours:?}");
                assert_eq!(hours.last(), Some(&f64::INFINITY));
            }
            let mut down = walk(db, *kind, &format!("-{sort}"), 5).await;
            down.reverse();
            assert_eq!(up, down, "{kind:?} {sort}");
        }
    }
    let request = PageRequest {
        sort: Some("value1".to_owned()),
        ..PageRequest::default()
    };
    let refused = server_probes::list(
        db.read(),
        Kind::Disks,
        &FleetFilter::default(),
        &request,
        "name",
        T0,
    )
    .await;
    assert!(matches!(
        refused,
        Err(StoreError::Refused { field: "sort", .. })
    ));
}

/// The newest measurement of a clock stays; refused fields of all nodes add up, beside it.
pub async fn clocks_and_refused_fields_of_agents_are_remembered(db: &Db) {
    let [id, other] = [server(db, "s", &[]).await, server(db, "other", &[]).await];
    let skew = |skew_ms, at| Skew {
        server: id,
        skew_ms,
        at,
    };
    let refused = |more, field: &str, at| Refused {
        server: id,
        more,
        fields: vec![field.to_owned(); 30],
        at,
    };
    let known = async || {
        let mut all = agent_health::of_servers(db.read(), &[id, other])
            .await
            .unwrap();
        assert!(all.len() <= 1);
        all.remove(&id).unwrap()
    };
    agent_health::add_refused(db.write(), &[refused(3, "cpu_pct", T0)])
        .await
        .unwrap();
    assert_eq!((known().await.skew_ms, known().await.skew_at), (None, None));
    for (skew, expected) in [
        (skew(-1_500, T0.plus(MINUTE)), -1_500),
        (skew(9, T0), -1_500),
        (skew(20, T0.plus(2 * MINUTE)), 20),
    ] {
        agent_health::note_skews(db.write(), &[skew]).await.unwrap();
        assert_eq!(known().await.skew_ms, Some(expected));
    }
    agent_health::add_refused(db.write(), &[refused(4, "load1", T0.plus(MINUTE))])
        .await
        .unwrap();
    let row = known().await;
    assert_eq!((row.refused_total, row.skew_ms), (7, Some(20)));
    assert_eq!(row.refused_at, Some(T0.plus(MINUTE).to_datetime()));
    assert_eq!(
        row.refused_names(),
        vec!["load1"; agent_health::MAX_REFUSED_NAMES]
    );
}
