//! Servers, their secrets and latest values, and the tokens that enrol them.

use super::T0;
use crate::relational::page::PageRequest;
use crate::relational::registration_tokens::{self as tokens, NewToken};
use crate::relational::servers::{self, AgentFacts, Latest, LatestMetrics, ServerPatch, Status};
use crate::relational::{Db, StoreError};
use futures::future::join_all;
use noc_pipeline::clock::UnixMs;
use noc_pipeline::id::ServerId;
use std::time::Duration;

const MINUTE: Duration = Duration::from_secs(60);

async fn server(db: &Db, name: &str) -> ServerId {
    let row = servers::create(db.write(), name, &[], T0).await;
    row.unwrap().server_id()
}

/// Of many servers of one name one is created; renaming to a name that is taken is refused, and nothing changes.
pub async fn a_server_name_is_taken_once(db: &Db) {
    let outcomes = join_all((0..8).map(|_| servers::create(db.write(), "web", &[], T0))).await;
    assert_eq!(outcomes.iter().filter(|o| o.is_ok()).count(), 1);
    assert!(
        outcomes.iter().flat_map(|o| o.as_ref().err()).all(
            |error| matches!(error, StoreError::Conflict { what: "server", id } if id == "web")
        )
    );
    let other = server(db, "db").await;
    let rename = ServerPatch {
        name: Some("web".to_owned()),
        tags: Some(vec!["x".to_owned()]),
        ..ServerPatch::default()
    };
    let refused = servers::update(db.write(), other, rename, T0).await;
    assert!(refused.is_err_and(|error| error.is_unique_violation()));
    let row = servers::by_id(db.read(), other).await.unwrap().unwrap();
    assert_eq!((row.name.as_str(), row.tag_list()), ("db", vec![]));
}

/// 1,203 servers in three statements, to the millisecond and the last bit.
pub async fn latest_values_reach_every_server(db: &Db) {
    let mut latest = Vec::new();
    for n in 0..1_203_u32 {
        let at = T0.plus(Duration::from_millis(u64::from(n)));
        latest.push(Latest {
            server: ServerId(0),
            status: if n % 2 == 0 {
                Status::Up
            } else {
                Status::Stale
            },
            last_seen_at: Some(at.plus(MINUTE)),
            metrics: Some(LatestMetrics {
                at,
                cpu: (n % 5 > 0).then(|| f64::from(n) / 3.0),
                ram: Some(f64::from(n) * 0.1),
                load1: None,
            }),
        });
    }
    let latest: Vec<Latest> = db
        .transaction("create servers", |tx| {
            let mut latest = latest.clone();
            Box::pin(async move {
                for (n, latest) in latest.iter_mut().enumerate() {
                    let row = servers::create(tx, &format!("s{n}"), &[], T0).await?;
                    latest.server = row.server_id();
                }
                Ok::<_, StoreError>(latest)
            })
        })
        .await
        .unwrap();
    servers::bulk_update(db.write(), &latest).await.unwrap();
    for expected in &latest {
        let row = servers::by_id(db.read(), expected.server)
            .await
            .unwrap()
            .unwrap();
        let metrics = expected.metrics.unwrap();
        assert_eq!(row.status, expected.status.name());
        assert_eq!(row.last_seen_at.map(UnixMs::from), expected.last_seen_at);
        assert_eq!(row.last_metric_at.map(UnixMs::from), Some(metrics.at));
        assert_eq!(
            (row.cpu, row.ram, row.load1),
            (metrics.cpu, metrics.ram, None)
        );
    }
}

/// A status alone leaves the values; a deleted server is not brought back, a disabled one not touched.
pub async fn latest_values_touch_only_what_they_know(db: &Db) {
    let [kept, disabled, deleted] = [
        server(db, "kept").await,
        server(db, "disabled").await,
        server(db, "deleted").await,
    ];
    let latest = |server, status, metrics: bool| Latest {
        server,
        status,
        last_seen_at: metrics.then_some(T0),
        metrics: metrics.then_some(LatestMetrics {
            at: T0,
            cpu: Some(1.5),
            ram: Some(2.5),
            load1: Some(3.5),
        }),
    };
    let all = [kept, disabled, deleted];
    let first = all.map(|server| latest(server, Status::Up, true));
    servers::bulk_update(db.write(), &first).await.unwrap();
    servers::delete(db.write(), deleted).await.unwrap();
    let off = ServerPatch {
        is_active: Some(false),
        ..ServerPatch::default()
    };
    servers::update(db.write(), disabled, off, T0)
        .await
        .unwrap();
    // Nothing known first: the statement must not take its column types from the absent values.
    let second = all.map(|server| latest(server, Status::Down, false));
    servers::bulk_update(db.write(), &second).await.unwrap();

    let row = servers::by_id(db.read(), kept).await.unwrap().unwrap();
    assert_eq!(
        (row.status.as_str(), row.cpu, row.ram, row.load1),
        ("down", Some(1.5), Some(2.5), Some(3.5))
    );
    assert_eq!(
        (row.last_seen_at, row.last_metric_at),
        (Some(T0.to_datetime()), Some(T0.to_datetime()))
    );
    let row = servers::by_id(db.read(), disabled).await.unwrap().unwrap();
    assert_eq!(row.status, "disabled");
    assert!(servers::by_id(db.read(), deleted).await.unwrap().is_none());
    servers::bulk_update(db.write(), &[]).await.unwrap();
}

/// Who is off until some time is found once that is over; on again, or off for good, nobody finds it any more.
pub async fn a_time_off_ends(db: &Db) {
    let off = |until| ServerPatch {
        is_active: Some(false),
        off_until: until,
        ..ServerPatch::default()
    };
    let (first, second) = (server(db, "first").await, server(db, "second").await);
    let good = server(db, "for good").await;
    let at = |minutes: u64| T0.plus(Duration::from_secs(60 * minutes));
    let update = async |server, patch| servers::update(db.write(), server, patch, T0).await;
    let row = update(first, off(Some(at(10)))).await.unwrap();
    assert_eq!(row.disabled_until, Some(at(10).to_datetime()));
    update(second, off(Some(at(20)))).await.unwrap();
    update(good, off(None)).await.unwrap();

    let over = async |now| servers::time_off_is_over(db.read(), now, 10).await.unwrap();
    assert_eq!(over(at(9)).await, []);
    assert_eq!(over(at(10)).await, [first]);
    assert_eq!(over(at(30)).await, [first, second]);
    let one = servers::time_off_is_over(db.read(), at(30), 1).await;
    assert_eq!(one.unwrap(), [first]);

    update(first, off(None)).await.unwrap();
    let on = ServerPatch {
        is_active: Some(true),
        off_until: Some(at(50)),
        ..ServerPatch::default()
    };
    let row = update(second, on).await.unwrap();
    assert_eq!(row.disabled_until, None);
    assert_eq!(over(at(60)).await, []);
}

/// Off is `disabled`; on again is `unknown`, or `registering` if nothing was ever received; the same again changes
/// nothing.
pub async fn switching_a_server_off_and_on_moves_its_status(db: &Db) {
    let id = server(db, "s").await;
    let switch = async |on| {
        let patch = ServerPatch {
            is_active: Some(on),
            ..ServerPatch::default()
        };
        servers::update(db.write(), id, patch, T0)
            .await
            .unwrap()
            .status
    };
    assert_eq!(switch(false).await, "disabled");
    assert_eq!(switch(true).await, "registering");
    let seen = Latest {
        server: id,
        status: Status::Up,
        last_seen_at: Some(T0),
        metrics: None,
    };
    servers::bulk_update(db.write(), &[seen]).await.unwrap();
    assert_eq!(switch(true).await, "up");
    assert_eq!(switch(false).await, "disabled");
    assert_eq!(switch(true).await, "unknown");
}

/// An ingest node that follows the changes knows each new, rotated, taken and deleted secret.
pub async fn secret_changes_are_followed(db: &Db) {
    let later = T0.plus(10 * MINUTE);
    let [a, b] = [server(db, "a").await, server(db, "b").await];
    let facts = AgentFacts {
        hostname: Some("a.example".to_owned()),
        ..AgentFacts::default()
    };
    let allowed = servers::allow_re_enrolment(db.write(), a, Some(later), T0).await;
    assert_eq!(allowed.unwrap().re_enrol_until, Some(later.to_datetime()));
    let row = servers::enrol(db.write(), a, facts, "h1", later)
        .await
        .unwrap();
    assert_eq!(
        (row.hostname.as_deref(), row.re_enrol_until),
        (Some("a.example"), None)
    );
    assert_eq!(row.enrolled_at, Some(later.to_datetime()));

    let all = servers::agent_secrets(db.read()).await.unwrap();
    assert_eq!(all.len(), 2);
    let ever = servers::changed_since(db.read(), UnixMs(0)).await.unwrap();
    assert_eq!(ever.changed, all);
    let changes = servers::changed_since(db.read(), later).await.unwrap();
    assert_eq!((changes.changed.len(), changes.servers), (1, 2));
    assert_eq!(changes.changed[0].secret_hash.as_deref(), Some("h1"));

    servers::set_secret(db.write(), b, Some("h2"), later)
        .await
        .unwrap();
    servers::set_secret(db.write(), a, None, later.plus(MINUTE))
        .await
        .unwrap();
    let changes = servers::changed_since(db.read(), later.plus(MINUTE))
        .await
        .unwrap();
    assert_eq!(
        changes.changed.len(),
        1,
        "half a minute is looked at twice, not more"
    );
    assert_eq!(
        (changes.changed[0].server, &changes.changed[0].secret_hash),
        (a, &None)
    );

    servers::delete(db.write(), b).await.unwrap();
    let changes = servers::changed_since(db.read(), later.plus(10 * MINUTE))
        .await
        .unwrap();
    assert_eq!((changes.changed.len(), changes.servers), (0, 1));
    let gone = servers::set_secret(db.write(), b, None, later).await;
    assert!(matches!(gone, Err(StoreError::NotFound { .. })));
}

/// The id of a deleted server is never given to another.
pub async fn server_ids_are_never_used_again(db: &Db) {
    let first = server(db, "a").await;
    servers::delete(db.write(), first).await.unwrap();
    assert!(server(db, "a").await > first);
    let twice = servers::delete(db.write(), first).await;
    assert!(matches!(twice, Err(StoreError::NotFound { .. })));
}

fn token(max_uses: i32) -> NewToken {
    NewToken {
        name: "web-1".to_owned(),
        tags: vec!["dc:dhaka".to_owned()],
        expires_at: T0.plus(60 * MINUTE),
        max_uses,
        allowed_cidrs: vec!["192.0.2.0/24".to_owned()],
        created_by: None,
    }
}

async fn consume(db: &Db, text: &str, now: UnixMs) -> bool {
    let text = text.to_owned();
    db.transaction("consume", move |tx| {
        let text = text.clone();
        Box::pin(async move { tokens::consume(tx, &text, now).await })
    })
    .await
    .unwrap()
    .is_some()
}

/// n parallel uses of a token for k enrol exactly k; the token is nowhere in the database.
pub async fn a_token_enrols_no_more_than_it_may(db: &Db) {
    for max_uses in [1, 3] {
        let (text, row) = tokens::mint(db.write(), token(max_uses), T0).await.unwrap();
        assert!(text.starts_with("noc_") && text.len() == 36);
        assert_ne!(row.token_hash, text);
        let used = join_all((0..20).map(|_| consume(db, &text, T0))).await;
        let enrolled = used.into_iter().filter(|used| *used).count();
        assert_eq!(i32::try_from(enrolled).unwrap(), max_uses);
        let page = tokens::list(db.read(), &PageRequest::default())
            .await
            .unwrap();
        let stored = page.data.into_iter().find(|r| r.id == row.id).unwrap();
        assert_eq!(stored.uses, max_uses);
    }
}

/// An enrolment that fails after the token was used gives it back.
pub async fn a_failed_enrolment_leaves_the_token(db: &Db) {
    let (text, _) = tokens::mint(db.write(), token(1), T0).await.unwrap();
    let outcome: Result<(), StoreError> = db
        .transaction("fail to enrol", |tx| {
            let text = text.clone();
            Box::pin(async move {
                assert!(tokens::consume(tx, &text, T0).await?.is_some());
                Err(StoreError::not_found("luck", 13))
            })
        })
        .await;
    assert!(outcome.is_err());
    assert!(consume(db, &text, T0).await);
    assert!(!consume(db, &text, T0).await);
}

/// Unknown, expired and revoked tokens are refused alike.
pub async fn tokens_that_are_over_are_refused(db: &Db) {
    let (text, row) = tokens::mint(db.write(), token(5), T0).await.unwrap();
    assert!(!consume(db, "noc_unknown", T0).await);
    assert!(!consume(db, &text.to_uppercase(), T0).await);
    assert!(
        !consume(db, &text, T0.plus(60 * MINUTE)).await,
        "at its end it is over"
    );
    assert!(consume(db, &text, T0.plus(59 * MINUTE)).await);
    let revoked = tokens::revoke(db.write(), row.id, T0).await.unwrap();
    assert_eq!(revoked.revoked_at, Some(T0.to_datetime()));
    let again = tokens::revoke(db.write(), row.id, T0.plus(MINUTE))
        .await
        .unwrap();
    assert_eq!(again.revoked_at, revoked.revoked_at, "the first end stands");
    assert!(!consume(db, &text, T0).await);
    let unknown = tokens::revoke(db.write(), row.id + 1, T0).await;
    assert!(matches!(unknown, Err(StoreError::NotFound { .. })));
}

/// Names are refused at the same length on both databases, counted in characters; what an agent tells of itself is cut.
pub async fn names_fit_their_columns(db: &Db) {
    let longest = "é".repeat(190);
    let row = servers::create(db.write(), &longest, &[], T0)
        .await
        .unwrap();
    assert_eq!(row.name, longest);
    for name in ["", &format!("{longest}x")] {
        let refused = servers::create(db.write(), name, &[], T0).await;
        assert!(matches!(
            refused,
            Err(StoreError::Refused { field: "name", .. })
        ));
        let patch = ServerPatch {
            name: Some(name.to_owned()),
            ..ServerPatch::default()
        };
        let refused = servers::update(db.write(), row.server_id(), patch, T0).await;
        assert!(matches!(
            refused,
            Err(StoreError::Refused { field: "name", .. })
        ));
    }
    let long = || Some("é".repeat(1_000));
    let facts = AgentFacts {
        hostname: long(),
        os: long(),
        arch: long(),
        agent_version: long(),
    };
    let row = servers::enrol(db.write(), row.server_id(), facts, "h", T0)
        .await
        .unwrap();
    let lengths = [row.hostname, row.os, row.arch, row.agent_version]
        .map(|text| text.unwrap_or_default().chars().count());
    assert_eq!(lengths, [255, 190, 32, 64]);
}
