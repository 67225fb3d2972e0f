//! What the clock does to an incident that somebody has: they are asked, it is taken from them, maintenance begins and
//! ends. Each once, wherever whoever is at it dies.

use super::world::World;
use super::{exim, paged, told};
use noc_api::serve::FIRST_ADMIN;
use noc_pipeline::clock::{Clock, SystemClock};
use noc_storage::relational::entity::{incident, maintenance_window};
use noc_tests::eventually;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;
use std::time::Duration;

const MINDED: [&str; 2] = ["minding_acknowledgement", "acknowledgement_minded"];
const TURNED: [&str; 2] = ["turning_window", "window_turned"];

impl World {
    /// So much time went by since this happened to what somebody has.
    async fn is_long_ago(&self, what: incident::Column) {
        let then = SystemClock.now().minus(Duration::from_secs(3 * 3_600));
        incident::Entity::update_many()
            .col_expr(what, Expr::value(then.to_datetime()))
            .filter(incident::Column::Status.eq("acknowledged"))
            .exec(&self.db)
            .await
            .unwrap();
    }

    async fn told(&self, expected: &[&str]) {
        eventually("these messages", async || {
            (told(&self.deliveries().await) == expected).then_some(())
        })
        .await;
    }
}

#[actix_rt::test]
async fn what_falls_due_survives_a_death_between_every_two_steps() {
    let (mut world, incident) = paged(36_000).await;
    let acknowledge = format!("/api/incidents/{incident}/acknowledge");
    assert_eq!(world.call(&acknowledge, json!({})).await, Some(200));

    world
        .dying_at(&MINDED, async |world| {
            world.is_long_ago(incident::Column::AcknowledgedAt).await;
        })
        .await;
    let asked = format!("still_on_it to {FIRST_ADMIN}: sent");
    let page = "problem to one@noc.test: sent";
    world.told(&[page, &asked]).await;
    world
        .dying_at(&MINDED, async |world| {
            world.is_long_ago(incident::Column::RemindedAt).await;
        })
        .await;
    world.told(&[page, &asked, page]).await;
    assert_eq!(world.incident().await.status, "open");

    let now = SystemClock.now();
    let at = |seconds| now.plus(Duration::from_secs(seconds)).to_datetime();
    let window = json!({"name": "Kernel night", "scope": {"all": true}, "timezone": "UTC",
        "starts_at": at(4), "ends_at": at(36_000)});
    world
        .dying_at(&TURNED, async |world| {
            let made = world.call("/api/maintenance-windows", window.clone()).await;
            assert_eq!(made, Some(201));
        })
        .await;
    let ended = SystemClock.now().to_datetime();
    world
        .dying_at(&TURNED, async |world| {
            maintenance_window::Entity::update_many()
                .col_expr(maintenance_window::Column::EndsAt, Expr::value(ended))
                .exec(&world.db)
                .await
                .unwrap();
        })
        .await;
    let timeline = world.timeline().await;
    assert_eq!(
        timeline,
        [
            "opened",
            "step_fired",
            "acknowledged",
            "still_on_it",
            "unacknowledged",
            "step_fired",
            "escalation_held",
            "escalation_resumed"
        ]
    );
    world.post(exim(true)).await;
    world.post(exim(true)).await;
    world.resolved().await;
    world.all_sent().await;
    // Whoever was asked is told as well that it is over.
    let over = format!("recovery to {FIRST_ADMIN}: sent");
    let expected = [page, &asked, page, &over, "recovery to one@noc.test: sent"];
    world.told(&expected).await;
    for delivery in &world.deliveries().await {
        assert_eq!(world.copies(delivery), 1, "{delivery:?}");
    }
    world.ends().await;
}
