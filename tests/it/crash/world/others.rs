//! What others do to the world: providers that call, disks that fill up.

use super::World;
use noc_pipeline::clock::{Clock, SystemClock};
use noc_storage::relational::entity::delivery_attempt;
use noc_storage::relational::entity::notification_delivery::{Column, Entity, Model};
use noc_tests::eventually;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde_json::{Value, json};
use std::time::Duration;

impl World {
    /// Makes the address that a channel's provider calls; its path.
    pub async fn callback_of(&self, channel: &str) -> String {
        let made = reqwest::Client::new()
            .post(format!(
                "{}/api/notification-channels/{channel}/callback",
                self.url()
            ))
            .header("cookie", self.admin.cookies())
            .header("x-xsrf-token", self.admin.csrf())
            .json(&json!({}))
            .send()
            .await
            .unwrap();
        assert_eq!(made.status(), 200);
        let made: Value = made.json().await.unwrap();
        let url = made["callback"]["url"].as_str().expect("an address");
        url[url.find("/hooks/").expect("its path")..].to_owned()
    }

    /// Disks that fill up go to the policy as well.
    pub async fn minds_disks(&self) {
        let rule = json!({"name": "Disks", "scope": {"all": true}, "escalation_policy_id": self.policy,
            "condition": {"type": "detector", "detector": "disk_bytes"}});
        assert_eq!(self.call("/api/alert-rules", rule).await, Some(201));
    }

    /// The first agent posts how full its only disk is, %.
    pub async fn post_disk(&mut self, used: u64) {
        let disk = json!({"mount": "/", "device": "/dev/sda1", "fstype": "ext4",
            "bytes_total": 100_000_000_000_u64, "bytes_used": used * 1_000_000_000});
        self.post_of(0, "disks", json!({"partitions": [disk]}))
            .await;
    }

    /// Posts as a provider does; `None` where nobody answered.
    pub async fn provider_calls(&self, path: &str, body: Value) -> Option<u16> {
        let url = &self.nodes[0].program.as_ref()?.url;
        let sent = reqwest::Client::new()
            .post(format!("{url}{path}"))
            .json(&body)
            .timeout(Duration::from_secs(15))
            .send();
        Some(sent.await.ok()?.status().as_u16())
    }

    /// A message left so long ago that word of its arrival is missed.
    pub async fn no_word_for_3_min(&self, delivery: i64) {
        let long_ago = SystemClock.now().minus(Duration::from_secs(181));
        Entity::update_many()
            .col_expr(Column::SentAt, Expr::value(long_ago.to_datetime()))
            .filter(Column::Id.eq(delivery))
            .exec(&self.db)
            .await
            .unwrap();
        delivery_attempt::Entity::update_many()
            .col_expr(
                delivery_attempt::Column::At,
                Expr::value(long_ago.to_datetime()),
            )
            .filter(delivery_attempt::Column::DeliveryId.eq(delivery))
            .exec(&self.db)
            .await
            .unwrap();
    }

    /// What a delivery's log says, in order.
    pub async fn attempts(&self, delivery: i64) -> Vec<String> {
        let all = delivery_attempt::Entity::find()
            .filter(delivery_attempt::Column::DeliveryId.eq(delivery))
            .order_by_asc(delivery_attempt::Column::Id);
        let all = all.all(&self.db).await.unwrap();
        all.into_iter().map(|row| row.outcome).collect()
    }

    /// Waits for one more delivery than there were.
    pub async fn more_than(&self, count: usize) {
        eventually("one more message", async || {
            (self.deliveries().await.len() > count).then_some(())
        })
        .await;
    }

    /// Waits until nothing is on its way or waits.
    pub async fn at_rest(&self) {
        let on_its_way = ["queued", "sending", "retrying"];
        eventually("an outbox at rest", async || {
            let all = self.deliveries().await;
            let rest = |row: &Model| !on_its_way.contains(&row.status.as_str());
            all.iter().all(rest).then_some(())
        })
        .await;
    }
}
