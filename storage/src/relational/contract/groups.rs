//! Groups of incidents.

use super::T0;
use crate::relational::entity::{incident, incident_group};
use crate::relational::incident_groups::{self, Cover, NewGroup};
use crate::relational::incidents::{self, NewIncident};
use crate::relational::{Db, StoreError};
use futures::future::join_all;
use noc_pipeline::clock::UnixMs;
use noc_pipeline::control::Severity;
use noc_pipeline::id::ServerId;
use sea_orm::{DatabaseTransaction, EntityTrait};
use std::time::Duration;

const KEY: &str = "service_down@rack:r1";

fn later(seconds: u64) -> UnixMs {
    T0.plus(Duration::from_secs(seconds))
}

fn of_rack() -> NewGroup {
    NewGroup {
        key: KEY.to_owned(),
        kind: "rack",
        detector: Some("service_down".to_owned()),
        label: "rack:r1".to_owned(),
    }
}

/// An open incident of a server.
pub(super) async fn opened(db: &Db, server: u32) -> incident::Model {
    let new = NewIncident {
        detector: "service_down".to_owned(),
        server: Some(ServerId(server)),
        server_name: format!("web-{server}"),
        subject: "exim".to_owned(),
        severity: Severity::High,
        title: format!("exim is down on web-{server}"),
        observed: None,
        expected: None,
        command: None,
        rule_id: None,
        opened_at: T0,
    };
    incidents::insert(db.write(), new).await.unwrap()
}

/// Makes a group of incidents.
pub(super) async fn grouped(db: &Db, incidents: &[i64], at: UnixMs) -> incident_group::Model {
    let made = db.transaction("test", |tx| {
        let incidents = incidents.to_vec();
        Box::pin(async move {
            let group = incident_groups::create(tx, of_rack(), at).await?;
            for incident in incidents {
                incident_groups::join(tx, incident, group.id, at).await?;
            }
            incident_groups::lock(tx, group.id).await
        })
    });
    made.await.map_err(|e: StoreError| e).unwrap()
}

/// A group takes who joins soon after the last one, or while somebody stands for it, until all of it is over.
pub async fn a_group_is_joined_while_it_runs(db: &Db) {
    let (one, two) = (opened(db, 1).await, opened(db, 2).await);
    let group = grouped(db, &[one.id, two.id], T0).await;
    assert_eq!((group.joined, group.kind.as_str()), (2, "rack"));
    let keys = [KEY.to_owned(), "service_down@fleet".to_owned()];
    let joinable = async |since, now| {
        let found = incident_groups::joinable(db.read(), &keys, since, now).await;
        let ids = found.unwrap().into_iter().map(|group| group.id);
        ids.collect::<Vec<_>>()
    };
    assert_eq!(joinable(T0, T0).await, [group.id]);
    assert_eq!(joinable(later(1), later(601)).await, [0_i64; 0]);
    let cover = Cover {
        at: later(60),
        until: later(700),
        by: 1,
        severity: Severity::High,
        size: 2,
        joined: 2,
    };
    let covered = db.transaction("test", |tx| {
        Box::pin(async move { incident_groups::cover(tx, group.id, cover).await })
    });
    covered.await.map_err(|e: StoreError| e).unwrap();
    assert_eq!(joinable(later(1), later(601)).await, [group.id]);
    assert_eq!(joinable(later(1), later(700)).await, [0_i64; 0], "over");
    let covered = async |now| {
        let groups = [group.id, 999].into_iter();
        let covered = incident_groups::covered(db.read(), groups, now).await;
        covered.unwrap().into_iter().collect::<Vec<_>>()
    };
    assert_eq!(covered(later(699)).await, [group.id]);
    assert_eq!(covered(later(700)).await, [0_i64; 0]);
    for id in [one.id, two.id] {
        assert_eq!(joinable(T0, T0).await, [group.id]);
        incidents::resolve(db.write(), id, None, later(5))
            .await
            .unwrap();
    }
    assert_eq!(joinable(T0, T0).await, [0_i64; 0], "nothing of it is open");
}

/// Whoever is put into a group leaves the one it was in; what is over is still counted, and goes with its incident.
pub async fn an_incident_is_in_one_group(db: &Db) {
    let mut ids = Vec::new();
    for server in 1..=4 {
        ids.push(opened(db, server).await.id);
    }
    let narrow = grouped(db, &ids[..2], T0).await;
    let placed = incident_groups::recent(db.read(), "service_down", T0, 10);
    let placed = placed.await.unwrap();
    assert_eq!(placed.len(), 2, "who is in no group is not seen");
    assert!(placed.iter().all(|one| one.group == narrow.id));
    let wide = grouped(db, &ids[2..], later(9)).await;
    let (moved, to) = (ids[..2].to_vec(), wide.id);
    let done = db.transaction("test", |tx: &DatabaseTransaction| {
        let moved = moved.clone();
        Box::pin(async move { incident_groups::move_to(tx, &moved, to, later(10)).await })
    });
    done.await.map_err(|e: StoreError| e).unwrap();
    let groups = incident_groups::of_incidents(db.read(), &ids)
        .await
        .unwrap();
    assert!(groups.len() == 4 && groups.values().all(|group| *group == wide.id));
    let wide = incident_groups::get(db.read(), wide.id).await.unwrap();
    let wide = wide.unwrap();
    assert_eq!(
        (wide.joined, wide.last_joined_at),
        (4, later(10).to_datetime())
    );
    incidents::resolve(db.write(), ids[0], None, later(11))
        .await
        .unwrap();
    let running = db.transaction("test", |tx| {
        Box::pin(async move { incident_groups::lock_running(tx, wide.id).await })
    });
    let running = running.await.map_err(|e: StoreError| e).unwrap();
    let running: Vec<_> = running.iter().map(|row| row.id).collect();
    assert_eq!(running, ids[1..]);
    let standing = incident_groups::standing(db.read(), wide.id).await.unwrap();
    assert_eq!((standing["open"], standing["resolved"]), (3, 1));
    let members = incident_groups::members(db.read(), wide.id, 3).await;
    assert_eq!(members.unwrap().len(), 3);
    let both = [wide.id, narrow.id];
    let sizes = incident_groups::sizes(db.read(), &both);
    let sizes = sizes.await.unwrap();
    assert_eq!(
        (sizes.get(&wide.id), sizes.get(&narrow.id)),
        (Some(&4), None)
    );
    let gone = incident::Entity::delete_by_id(ids[3]);
    gone.exec(db.write()).await.unwrap();
    assert_eq!(
        incident_groups::of_incident(db.read(), ids[3])
            .await
            .unwrap(),
        None
    );
}

/// Who acknowledged a group, and what it was like then, comes back as it was written; a later one replaces it.
pub async fn the_cover_of_a_group_is_read_as_written(db: &Db) {
    let one = opened(db, 1).await;
    let group = grouped(db, &[one.id], T0).await;
    assert_eq!(group.cover(), None);
    for (by, severity) in [(1, Severity::High), (2, Severity::Critical)] {
        let cover = Cover {
            at: later(1),
            until: later(1_801),
            by,
            severity,
            size: 12,
            joined: 14,
        };
        let done = db.transaction("test", |tx| {
            Box::pin(async move { incident_groups::cover(tx, group.id, cover).await })
        });
        done.await.map_err(|e: StoreError| e).unwrap();
        let row = incident_groups::get(db.read(), group.id).await.unwrap();
        assert_eq!(row.unwrap().cover(), Some(cover));
    }
}

/// Of many servers that show the same at the same moment, each opened in a transaction of its own, all see who was
/// first.
pub async fn who_opens_at_once_finds_one_group(db: &Db) {
    let mut ids = Vec::new();
    for server in 0..8 {
        ids.push(opened(db, server).await.id);
    }
    let joins = ids.iter().map(|&id| {
        db.transaction("test", move |tx: &DatabaseTransaction| {
            Box::pin(async move {
                incident_groups::take_turn(tx, "service_down").await?;
                let keys = [KEY.to_owned()];
                let found = incident_groups::joinable(tx, &keys, T0, T0).await?.pop();
                let group = match found {
                    Some(group) => group,
                    None => incident_groups::create(tx, of_rack(), T0).await?,
                };
                incident_groups::join(tx, id, group.id, T0).await
            })
        })
    });
    for joined in join_all(joins).await {
        joined.map_err(|e: StoreError| e).unwrap();
    }
    assert_eq!(super::count::<incident_group::Entity>(db).await, 1);
    let groups = incident_groups::of_incidents(db.read(), &ids)
        .await
        .unwrap();
    assert_eq!(groups.len(), 8);
}
