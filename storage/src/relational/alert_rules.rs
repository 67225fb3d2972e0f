//! Alert rules: what to look for, and where to send what is found.

use super::entity::alert_rule;
use super::{StoreError, key_text};
use noc_pipeline::clock::UnixMs;
use noc_pipeline::control::{Condition, Rule, Scope, Severity};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::Set,
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, Order, QueryFilter, QueryOrder, SqlErr,
    sea_query::{Expr, ExprTrait},
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// The detector that the default rule names: each one.
pub const ANY_DETECTOR: &str = "*";

/// Where a rule sends: one of the two, never both, never neither.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Route {
    /// Straight to these channels.
    Channels(Vec<String>),
    /// Through this escalation policy.
    Policy(i64),
}

/// The whole of a rule, as people write it.
#[derive(Debug, Clone, PartialEq)]
pub struct RuleDraft {
    /// Shown in the incident's title.
    pub name: String,
    /// Judged at all.
    pub enabled: bool,
    /// `None` keeps the detector's.
    pub severity: Option<Severity>,
    /// Which servers.
    pub scope: Scope,
    /// What to look for.
    pub condition: Condition,
    /// Where to send it.
    pub route: Route,
    /// Shown with its incidents.
    pub runbook_url: Option<String>,
}

impl alert_rule::Model {
    /// The part that judges, as it travels in the log.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] if a column does not hold what was written there.
    pub fn as_control(&self) -> Result<Rule, StoreError> {
        let severity = match self.severity.as_deref() {
            None => None,
            Some(name) => Some(Severity::from_name(name).ok_or_else(|| {
                StoreError::damaged("alert_rule", self.id, "its severity is none")
            })?),
        };
        Ok(Rule {
            id: self.id,
            version: self.version,
            name: self.name.clone(),
            enabled: self.enabled,
            severity,
            scope: self.parse(&self.scope)?,
            condition: self.parse(&self.condition)?,
        })
    }

    /// The part that routes.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] if it has both channels and a policy, or neither.
    pub fn route(&self) -> Result<Route, StoreError> {
        match (&self.channels, self.escalation_policy_id) {
            (Some(channels), None) => Ok(Route::Channels(super::strings(channels))),
            (None, Some(policy)) => Ok(Route::Policy(policy)),
            _ => {
                let reason = "it must have channels or a policy, and not both";
                Err(StoreError::damaged("alert_rule", self.id, reason))
            }
        }
    }

    fn parse<T: DeserializeOwned>(&self, column: &Value) -> Result<T, StoreError> {
        serde_json::from_value(column.clone())
            .map_err(|error| StoreError::damaged("alert_rule", self.id, error))
    }
}

/// Adds a rule, version 1.
///
/// # Errors
/// [`StoreError::Refused`] for a name of no or over 190 characters, or a policy that does not exist;
/// [`StoreError::Query`].
pub async fn create(
    conn: &impl ConnectionTrait,
    draft: RuleDraft,
    now: UnixMs,
) -> Result<alert_rule::Model, StoreError> {
    insert(conn, draft, false, now).await
}

pub(super) async fn insert(
    conn: &impl ConnectionTrait,
    draft: RuleDraft,
    is_default: bool,
    now: UnixMs,
) -> Result<alert_rule::Model, StoreError> {
    key_text("name", &draft.name)?;
    let mut row = alert_rule::ActiveModel {
        is_default: Set(is_default),
        version: Set(1),
        created_at: Set(now.to_datetime()),
        ..Default::default()
    };
    write(&mut row, draft, now);
    row.insert(conn)
        .await
        .map_err(routing("create an alert rule"))
}

/// Replaces the whole of a rule and moves its version on.
///
/// # Errors
/// [`StoreError::NotFound`]; [`StoreError::Refused`] as in [`create`]; [`StoreError::Query`].
pub async fn update(
    conn: &impl ConnectionTrait,
    id: i64,
    draft: RuleDraft,
    now: UnixMs,
) -> Result<alert_rule::Model, StoreError> {
    key_text("name", &draft.name)?;
    let mut row = <alert_rule::ActiveModel as Default>::default();
    write(&mut row, draft, now);
    let changed = alert_rule::Entity::update_many()
        .set(row)
        .col_expr(
            alert_rule::Column::Version,
            Expr::col(alert_rule::Column::Version).add(1),
        )
        .filter(alert_rule::Column::Id.eq(id))
        .exec(conn)
        .await
        .map_err(routing("change an alert rule"))?;
    if changed.rows_affected == 0 {
        return Err(StoreError::not_found("alert_rule", id));
    }
    by_id(conn, id)
        .await?
        .ok_or_else(|| StoreError::not_found("alert_rule", id))
}

/// The one foreign key of a rule is its policy.
fn routing(operation: &'static str) -> impl FnOnce(DbErr) -> StoreError {
    move |source| match source.sql_err() {
        Some(SqlErr::ForeignKeyConstraintViolation(_)) => {
            StoreError::refused("escalation_policy_id", "is no policy")
        }
        _ => StoreError::Query { operation, source },
    }
}

fn write(row: &mut alert_rule::ActiveModel, draft: RuleDraft, now: UnixMs) {
    let (channels, policy) = match draft.route {
        Route::Channels(channels) => (Some(json!(channels)), None),
        Route::Policy(policy) => (None, Some(policy)),
    };
    row.name = Set(draft.name);
    row.enabled = Set(draft.enabled);
    row.severity = Set(draft.severity.map(|severity| severity.name().to_owned()));
    row.scope = Set(json!(draft.scope));
    row.condition = Set(json!(draft.condition));
    row.channels = Set(channels);
    row.escalation_policy_id = Set(policy);
    row.runbook_url = Set(draft.runbook_url);
    row.updated_at = Set(now.to_datetime());
}

/// The rule with this id.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn by_id(
    conn: &impl ConnectionTrait,
    id: i64,
) -> Result<Option<alert_rule::Model>, StoreError> {
    alert_rule::Entity::find_by_id(id)
        .one(conn)
        .await
        .map_err(StoreError::during("read an alert rule"))
}

/// All rules, the default one last, else by id: the order in which equals win.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn all(conn: &impl ConnectionTrait) -> Result<Vec<alert_rule::Model>, StoreError> {
    alert_rule::Entity::find()
        .order_by(alert_rule::Column::IsDefault, Order::Asc)
        .order_by(alert_rule::Column::Id, Order::Asc)
        .all(conn)
        .await
        .map_err(StoreError::during("read the alert rules"))
}

/// Deletes a rule.
///
/// # Errors
/// [`StoreError::NotFound`]; [`StoreError::Refused`] for the default rule; [`StoreError::Query`].
pub async fn delete(conn: &impl ConnectionTrait, id: i64) -> Result<(), StoreError> {
    let deleted = alert_rule::Entity::delete_many()
        .filter(alert_rule::Column::Id.eq(id))
        .filter(alert_rule::Column::IsDefault.eq(false))
        .exec(conn)
        .await
        .map_err(StoreError::during("delete an alert rule"))?;
    if deleted.rows_affected > 0 {
        return Ok(());
    }
    match by_id(conn, id).await? {
        Some(_) => Err(StoreError::refused(
            "id",
            "is the default rule, which stays",
        )),
        None => Err(StoreError::not_found("alert_rule", id)),
    }
}
