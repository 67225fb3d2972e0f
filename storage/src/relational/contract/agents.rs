//! The agents page.

use super::T0;
use crate::relational::Db;
use crate::relational::agent_health::{self, Refused, Skew};
use crate::relational::agents::{
    self, AgentCounts, AgentFilter, AgentRow, AgentState, SKEW_LIMIT_MS, SORTS, SPOOL_LIMIT_BYTES,
    VersionFilter,
};
use crate::relational::page::PageRequest;
use crate::relational::server_probes::{self, ProbeRow};
use crate::relational::servers::{self, AgentFacts, Latest, ServerFilter, ServerPatch, Status};
use noc_pipeline::id::ServerId;
use noc_pipeline::payload::{Kind, KindError};
use std::collections::HashSet;

async fn enrolled(db: &Db, name: &str, version: Option<&str>) -> ServerId {
    let row = servers::create(db.write(), name, &["dc:one".to_owned()], T0).await;
    let id = row.unwrap().server_id();
    let facts = AgentFacts {
        agent_version: version.map(str::to_owned),
        ..AgentFacts::default()
    };
    servers::enrol(db.write(), id, facts, "h", T0)
        .await
        .unwrap();
    id
}

async fn seen(db: &Db, server: ServerId, status: Status) {
    let latest = Latest {
        server,
        status,
        last_seen_at: Some(T0),
        metrics: None,
    };
    servers::bulk_update(db.write(), &[latest]).await.unwrap();
}

async fn probe(db: &Db, server: ServerId, kind: Kind, error: Option<KindError>, value: f64) {
    let row = ProbeRow {
        server,
        kind,
        error,
        hint: None,
        observed_at: T0,
        received_at: T0,
        values: [Some(value), None, None, None],
    };
    server_probes::upsert(db.write(), &[row]).await.unwrap();
}

async fn walk(db: &Db, filter: &AgentFilter, sort: &str, limit: u64) -> Vec<AgentRow> {
    let mut request = PageRequest {
        limit: Some(limit),
        sort: Some(sort.to_owned()),
        cursor: None,
    };
    let mut rows = Vec::new();
    loop {
        let page = agents::list(db.read(), filter, &request).await.unwrap();
        rows.extend(page.data);
        request.cursor = page.next_cursor;
        if request.cursor.is_none() {
            assert_eq!(rows.len() as u64, page.total);
            return rows;
        }
    }
}

fn names(rows: &[AgentRow]) -> Vec<&str> {
    rows.iter().map(|row| row.server.name.as_str()).collect()
}

/// Who is silent, blind, slow or off comes before who is well; the same is counted. What is not on the host, or not
/// quite enough, is no trouble.
pub async fn agents_stand_as_they_are(db: &Db) {
    use AgentState::{Degraded, Disabled, Healthy, NeverReported, NotEnrolled, Silent};
    servers::create(db.write(), "not enrolled", &[], T0)
        .await
        .unwrap();
    enrolled(db, "never reported", Some("0.1.0")).await;
    let mut expected = vec![
        ("not enrolled", NotEnrolled),
        ("never reported", NeverReported),
    ];
    for (name, status) in [("stale", Status::Stale), ("down", Status::Down)] {
        let id = enrolled(db, name, Some("0.1.0")).await;
        seen(db, id, status).await;
        expected.push((name, Silent));
    }
    #[expect(clippy::cast_precision_loss, reason = "a power of two")]
    let limit = SPOOL_LIMIT_BYTES as f64;
    let cases = [
        ("blind", Some(KindError::NoPermission), 0.0, 0, Degraded),
        (
            "nonsense",
            Some(KindError::CollectorError),
            0.0,
            0,
            Degraded,
        ),
        (
            "without mysql",
            Some(KindError::NotInstalled),
            0.0,
            0,
            Healthy,
        ),
        ("full spool", None, limit, 0, Degraded),
        ("some spool", None, limit - 1.0, 0, Healthy),
        ("early clock", None, 0.0, -SKEW_LIMIT_MS, Degraded),
        ("fine clock", None, 0.0, SKEW_LIMIT_MS - 1, Healthy),
    ];
    for (name, error, spool, skew_ms, state) in cases {
        let id = enrolled(db, name, Some("0.2.0")).await;
        seen(db, id, Status::Up).await;
        probe(db, id, Kind::Mysql, error, 1e12).await;
        probe(db, id, Kind::Inventory, None, spool).await;
        let skew = Skew {
            server: id,
            skew_ms,
            at: T0,
        };
        agent_health::note_skews(db.write(), &[skew]).await.unwrap();
        expected.push((name, state));
    }
    let plain = enrolled(db, "plain", None).await;
    seen(db, plain, Status::Up).await;
    expected.push(("plain", Healthy));
    let off = enrolled(db, "off", Some("0.1.0")).await;
    seen(db, off, Status::Up).await;
    let patch = ServerPatch {
        is_active: Some(false),
        ..ServerPatch::default()
    };
    servers::update(db.write(), off, patch, T0).await.unwrap();
    expected.push(("off", Disabled));

    let all = walk(db, &AgentFilter::default(), "state", 4).await;
    assert!(all.is_sorted_by_key(|row| AgentState::ALL.iter().position(|s| *s == row.state)));
    for (name, state) in &expected {
        let row = all.iter().find(|row| row.server.name == *name).unwrap();
        assert_eq!(row.state, *state, "{name}");
        let one = AgentFilter {
            states: vec![*state],
            ..AgentFilter::default()
        };
        assert!(names(&walk(db, &one, "name", 200).await).contains(name));
    }
    let AgentCounts { states, versions } = agents::counts(db.read()).await.unwrap();
    for state in AgentState::ALL {
        let counted = states
            .iter()
            .find(|(of, _)| *of == state)
            .map_or(0, |(_, n)| *n);
        let wanted = expected.iter().filter(|(_, of)| *of == state).count();
        assert_eq!(counted, wanted as u64, "{state:?}");
    }
    assert_eq!(
        versions,
        [
            (Some("0.2.0".to_owned()), 7),
            (Some("0.1.0".to_owned()), 3),
            (None, 2),
        ],
        "of those that are expected"
    );
}

/// Walked page by page, each order gives each agent once; by version and by their servers they are found.
pub async fn agents_are_found_and_sorted(db: &Db) {
    for n in 0_u32..11 {
        let name = format!("s{n:02}");
        let version = (n % 3 > 0).then(|| format!("0.{}.0", n % 2));
        let id = enrolled(db, &name, version.as_deref()).await;
        if n % 2 == 0 {
            seen(db, id, Status::Up).await;
            let skew = Skew {
                server: id,
                skew_ms: i64::from(n % 4) * -1_000,
                at: T0,
            };
            agent_health::note_skews(db.write(), &[skew]).await.unwrap();
            probe(db, id, Kind::Inventory, None, f64::from(n % 3)).await;
        }
        if n % 4 == 0 {
            let refused = Refused {
                server: id,
                more: u64::from(n),
                fields: vec!["metrics.load1".to_owned()],
                at: T0,
            };
            agent_health::add_refused(db.write(), &[refused])
                .await
                .unwrap();
        }
    }
    let all = AgentFilter::default();
    for sort in SORTS {
        let up = walk(db, &all, sort.name, 3).await;
        let ids: HashSet<i64> = up.iter().map(|row| row.server.id).collect();
        assert_eq!((up.len(), ids.len()), (11, 11), "{}", sort.name);
        let mut down = walk(db, &all, &format!("-{}", sort.name), 4).await;
        down.reverse();
        assert_eq!(up, down, "{}", sort.name);
    }
    let furthest = walk(db, &all, "-skew", 200).await;
    assert_eq!(furthest[0].health.as_ref().unwrap().skew_ms, Some(-2_000));
    let refused = walk(db, &all, "-refused", 200).await;
    let health = refused[0].health.as_ref().unwrap();
    assert_eq!(
        (health.refused_total, health.refused_names()),
        (8, vec!["metrics.load1".to_owned()])
    );
    let version = |version| AgentFilter {
        version: Some(version),
        ..AgentFilter::default()
    };
    let found = walk(
        db,
        &version(VersionFilter::Is("0.1.0".to_owned())),
        "name",
        200,
    )
    .await;
    assert_eq!(names(&found), ["s01", "s05", "s07"]);
    let found = walk(db, &version(VersionFilter::Unknown), "name", 200).await;
    assert_eq!(names(&found), ["s00", "s03", "s06", "s09"]);
    let searched = AgentFilter {
        servers: ServerFilter {
            search: Some("S1".to_owned()),
            tag: Some("dc:one".to_owned()),
            ..ServerFilter::default()
        },
        ..AgentFilter::default()
    };
    assert_eq!(names(&walk(db, &searched, "name", 200).await), ["s10"]);
}
