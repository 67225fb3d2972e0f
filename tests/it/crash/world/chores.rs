//! What falls due by the clock.

use super::World;
use noc_api::serve::FIRST_ADMIN;
use noc_pipeline::clock::{Clock, SystemClock};
use noc_storage::relational::entity::user_notification_preference as preference;
use noc_storage::relational::entity::{incident, job, user};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter,
};
use serde_json::json;
use std::time::Duration;

impl World {
    /// The account of the first administrator.
    pub async fn admin(&self) -> user::Model {
        user::Entity::find()
            .filter(user::Column::Email.eq(FIRST_ADMIN))
            .one(&self.db)
            .await
            .unwrap()
            .expect("the first administrator")
    }

    /// The next digest covers the last day, is due if its hour was, and what happened was an hour earlier.
    pub async fn a_day_passes_for_digests(&self) {
        let yesterday = SystemClock.now().minus(Duration::from_secs(86_400));
        preference::Entity::update_many()
            .col_expr(
                preference::Column::DigestSince,
                Expr::value(yesterday.to_datetime()),
            )
            .exec(&self.db)
            .await
            .unwrap();
        for one in incident::Entity::find().all(&self.db).await.unwrap() {
            let earlier = |at: chrono::DateTime<chrono::Utc>| at - chrono::Duration::hours(1);
            let (opened, resolved) = (earlier(one.opened_at), one.resolved_at.map(earlier));
            let mut one = one.into_active_model();
            one.opened_at = Set(opened);
            one.resolved_at = Set(resolved);
            one.update(&self.db).await.unwrap();
        }
    }

    /// Whoever looks for this at times looks now.
    pub async fn is_due(&self, chore: &str) {
        let never: Option<chrono::DateTime<chrono::Utc>> = None;
        job::Entity::update_many()
            .col_expr(job::Column::LastSuccess, Expr::value(never))
            .filter(job::Column::Name.eq(chore))
            .exec(&self.db)
            .await
            .unwrap();
    }

    /// From now on, and the chore that looks for it is due.
    pub async fn put_the_admin_on_duty(&self) {
        let admin = self.admin().await;
        let yesterday = SystemClock.now().minus(Duration::from_secs(86_400));
        let schedule = json!({"name": "All of it", "timezone": "UTC", "rotation": "daily", "handoff_time": "00:00",
            "starts_on": yesterday.to_datetime().format("%Y-%m-%d").to_string(), "members": [admin.id]});
        let made = self.call("/api/on-call/schedules", schedule).await;
        // It may be noticed before this is answered.
        assert!(matches!(made, Some(201) | None), "{made:?}");
        self.is_due("on_call_handoffs").await;
    }
}
