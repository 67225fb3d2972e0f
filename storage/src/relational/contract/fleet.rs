//! Pulses of partitions, silent groups, priors.

use super::T0;
use crate::relational::entity::{fleet_prior, server};
use crate::relational::fleet::{self, Group, Pulse};
use crate::relational::{Db, inventory, partitions, servers};
use noc_pipeline::id::{Epoch, NodeId, PartitionId, ServerId};
use noc_pipeline::payload::Inventory;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use std::time::Duration;
use uuid::Uuid;

fn pulse(partition: u32, epoch: u64, silent: &[(u32, u32)]) -> Pulse {
    Pulse {
        partition: PartitionId(partition),
        epoch: Epoch(epoch),
        in_grace: false,
        active: 7,
        silent: silent.iter().map(|(id, s)| (ServerId(*id), *s)).collect(),
    }
}

/// The newest word of a partition's owner counts, until it is too old or somebody else owns the partition.
pub async fn the_pulse_of_a_partition_is_its_owners(db: &Db) {
    partitions::prepare(db.write(), 3).await.unwrap();
    let all = [0, 1].map(PartitionId);
    let node = NodeId(Uuid::from_u128(1));
    let lease = Duration::from_secs(60);
    let claimed = partitions::claim(db, node, &all, lease).await.unwrap();
    assert_eq!(claimed.len(), 2);
    let first = [pulse(0, 1, &[]), pulse(1, 1, &[(5, 130), (6, 4_000_000)])];
    fleet::tell(db.write(), &first, T0).await.unwrap();
    assert_eq!(fleet::pulses(db.read(), T0).await.unwrap(), first);

    let later = T0.plus(Duration::from_secs(5));
    let mut second = pulse(0, 1, &[(9, 121)]);
    second.in_grace = true;
    // One of a claim that is over: whoever lost the partition does not know yet.
    let late = pulse(1, 0, &[(5, 500)]);
    let told = [second.clone(), late];
    fleet::tell(db.write(), &told, later).await.unwrap();
    assert_eq!(fleet::pulses(db.read(), T0).await.unwrap(), [second]);
    let after = later.plus(Duration::from_millis(1));
    assert_eq!(fleet::pulses(db.read(), after).await.unwrap(), []);
}

/// The fleet is whoever is watched and was heard of, with tags and the network it sends from.
pub async fn the_fleet_is_who_is_watched_and_was_heard_of(db: &Db) {
    let mut ids = Vec::new();
    for name in ["web-1", "web-2", "never-seen", "off"] {
        let tags = ["dc:fra1".to_owned(), name.to_owned()];
        let row = servers::create(db.write(), name, &tags, T0).await.unwrap();
        ids.push(row.server_id());
    }
    server::Entity::update_many()
        .col_expr(server::Column::LastSeenAt, Expr::value(T0.to_datetime()))
        .filter(server::Column::Name.ne("never-seen"))
        .exec(db.write())
        .await
        .unwrap();
    server::Entity::update_many()
        .col_expr(server::Column::IsActive, Expr::value(false))
        .filter(server::Column::Name.eq("off"))
        .exec(db.write())
        .await
        .unwrap();
    let told = Inventory {
        hostname: "web-1".to_owned(),
        timezone: "UTC".to_owned(),
        addresses: ["127.0.0.1", "192.0.2.7"]
            .map(|ip| ip.parse().unwrap())
            .into(),
        outbound_addresses: ["2001:db8::7", "198.51.100.7"]
            .map(|ip| ip.parse().unwrap())
            .into(),
        ..Inventory::default()
    };
    let id = ids[0];
    let put = db.transaction("put an inventory", move |tx| {
        let told = told.clone();
        Box::pin(async move { inventory::put(tx, id, &told, T0, T0, T0).await })
    });
    put.await.unwrap();
    let fleet = fleet::members(db.read()).await.unwrap();
    let names: Vec<_> = fleet.iter().map(|m| (m.server, m.name.as_str())).collect();
    assert_eq!(names, [(ids[0], "web-1"), (ids[1], "web-2")]);
    assert_eq!(
        fleet[0].address.map(|ip| ip.to_string()).as_deref(),
        Some("198.51.100.7")
    );
    assert_eq!(fleet[1].address, None);
    assert_eq!(fleet[1].tags, ["dc:fra1", "web-2"]);
}

/// A silent group is one row, whose members are those of now; priors likewise.
pub async fn silent_groups_and_priors_are_absolute(db: &Db) {
    let group = |members: &[u32], s| Group {
        name: "dc:fra1".to_owned(),
        incident_id: 7,
        members: members.iter().copied().map(ServerId).collect(),
        opened_at: T0,
        changed_at: T0.plus(Duration::from_secs(s)),
    };
    for one in [group(&[1, 2, 3], 0), group(&[2, 3, 900], 15)] {
        fleet::put_group(db.write(), &one).await.unwrap();
        assert_eq!(fleet::groups(db.read()).await.unwrap(), [one]);
    }
    for _ in 0..2 {
        fleet::remove_group(db.write(), "dc:fra1").await.unwrap();
    }
    assert_eq!(fleet::groups(db.read()).await.unwrap(), []);
    for value in [4.0, 4.5] {
        let row = fleet_prior::Model {
            metric: "email-stats.recipients".to_owned(),
            value,
            told_at: T0.to_datetime(),
            checked_at: T0.to_datetime(),
        };
        fleet::put_prior(db.write(), &row).await.unwrap();
        assert_eq!(fleet::priors(db.read()).await.unwrap(), [row]);
    }
}
