//! What to draw beside an incident: the series that its detector judged.

use noc_actors::detect::series::{Side, of_incident};
use noc_storage::relational::entity::alert_rule;
use noc_storage::relational::entity::incident::Model;
use noc_storage::relational::{Db, StoreError};
use sea_orm::EntityTrait;
use serde::Serialize;
use utoipa::ToSchema;

/// The series that an incident's detector judged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct IncidentChart {
    /// Metrics `<kind>.<field>` of one kind and unit, as `GET /api/servers/{id}/metrics` takes them.
    pub metrics: Vec<String>,
    /// Subjects of its columns that the incident is about; null: the host itself.
    pub subjects: Option<Vec<String>>,
    /// On which side of the thresholds of its decisions all is well; null where those are no values of the metrics, or it
    /// may be either.
    pub fine: Option<ChartSide>,
}

/// A side of a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ChartSide {
    /// Below it.
    Below,
    /// Above it.
    Above,
}

/// The series of an incident; `None` where its detector judges none, its server is gone, or its rule is.
///
/// # Errors
/// When the database cannot be reached.
pub async fn of(db: &Db, row: &Model) -> Result<Option<IncidentChart>, StoreError> {
    if row.server_id.is_none() {
        return Ok(None);
    }
    let rule = match row.rule_id {
        Some(id) => alert_rule::Entity::find_by_id(id)
            .one(db.read())
            .await
            .map_err(StoreError::during("read an incident's rule"))?,
        None => None,
    };
    // A rule that cannot be read is told of where the rules are.
    let condition = rule
        .and_then(|rule| rule.as_control().ok())
        .map(|rule| rule.condition);
    let drawn = of_incident(&row.detector, &row.subject, condition.as_ref());
    Ok(drawn.map(|drawn| IncidentChart {
        metrics: drawn.metrics,
        subjects: drawn.subjects,
        fine: drawn.fine.map(|side| match side {
            Side::Below => ChartSide::Below,
            Side::Above => ChartSide::Above,
        }),
    }))
}
