//! Reading incidents: pages of them, and one with its story.

use crate::error::ApiError;
use crate::http::List;
use crate::resources::incidents::view::{
    EscalationState, Incident, IncidentDetail, IncidentStatus, NextStep, NextTargets, Person,
    Severity, TimelineEntry, Told,
};
use crate::resources::incidents::{chart, group};
use crate::resources::notification_deliveries::Delivery;
use noc_actors::escalation::{PolicySnapshot, Step};
use noc_pipeline::control;
use noc_storage::relational::entity::incident::{Column, Entity, Model};
use noc_storage::relational::entity::{alert_rule, execution, user};
use noc_storage::relational::page::{PageRequest, SortBy, page};
use noc_storage::relational::{Db, StoreError, deliveries, executions, timeline, told};
use sea_orm::sea_query::{CaseStatement, Expr, ExprTrait as _};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect, Select};
use std::collections::{BTreeSet, HashMap};

/// Deliveries shown with an incident; the delivery log has all of them.
const SHOWN_DELIVERIES: u64 = 200;

/// The orders of a list of incidents.
const SORTS: &[SortBy<Model>] = &[
    SortBy {
        name: "opened_at",
        by: || Expr::col((Entity, Column::OpenedAt)),
        value: |row| row.opened_at.into(),
    },
    SortBy {
        name: "last_seen_at",
        by: || Expr::col((Entity, Column::LastSeenAt)),
        value: |row| row.last_seen_at.into(),
    },
    SortBy {
        name: "severity",
        by: || ranked(Column::Severity, &SEVERITIES),
        value: |row| rank(&row.severity, &SEVERITIES).into(),
    },
    SortBy {
        name: "urgency",
        by: || {
            ranked(Column::Status, &STATUSES)
                .mul(10)
                .add(ranked(Column::Severity, &SEVERITIES))
        },
        value: |row| (rank(&row.status, &STATUSES) * 10 + rank(&row.severity, &SEVERITIES)).into(),
    },
];

const SEVERITIES: [&str; 5] = ["critical", "high", "medium", "low", "info"];
const STATUSES: [&str; 3] = ["open", "acknowledged", "resolved"];

fn ranked(column: Column, names: &[&'static str]) -> Expr {
    names
        .iter()
        .fold(CaseStatement::new(), |case, name| {
            case.case(Expr::col((Entity, column)).eq(*name), rank(name, names))
        })
        .finally(rank("", names))
        .into()
}

fn rank(name: &str, names: &[&str]) -> i64 {
    let place = names.iter().position(|known| *known == name);
    i64::try_from(place.unwrap_or(names.len())).unwrap_or(i64::MAX)
}

/// A page of the incidents that `matching` selects.
///
/// # Errors
/// 422 for a page that cannot be; what the database says.
pub async fn list(
    db: &Db,
    matching: Select<Entity>,
    request: PageRequest,
) -> Result<List<Incident>, ApiError> {
    // Who turns to a later page did not come to see what they just did.
    let read = match &request.cursor {
        Some(_) => db.reports().await,
        None => db.read(),
    };
    let page = page(read, matching, &request, SORTS, "-opened_at", Column::Id).await?;
    let running = page.data.iter().filter(|row| row.status != "resolved");
    let ids: Vec<i64> = running.map(|row| row.id).collect();
    let mut following = HashMap::with_capacity(ids.len());
    for (id, execution) in executions::of_incidents(db.read(), &ids).await? {
        let snapshot = policy_of(&execution);
        following.extend(Following::of(execution, snapshot).map(|next| (id, next)));
    }
    let next = following.values().flat_map(Following::people);
    let people = people(db, page.data.iter(), next).await?;
    let ids: Vec<i64> = page.data.iter().map(|row| row.id).collect();
    let told = told::of_incidents(db.read(), &ids).await?;
    let sizes = group::sizes(db, &ids).await?;
    let page = page.map(|row| {
        let next = following.remove(&row.id).map(|next| next.body(&people));
        let told = told.get(&row.id).copied().unwrap_or_default();
        let group_size = sizes.get(&row.id).copied().unwrap_or(1);
        incident(row, &people, next, told, group_size)
    });
    Ok(page.into())
}

/// The body of one incident, for its GET and for live events.
///
/// # Errors
/// When the database cannot be reached.
pub async fn load(db: &Db, id: i64) -> Result<Option<IncidentDetail>, StoreError> {
    let found = Entity::find_by_id(id)
        .one(db.read())
        .await
        .map_err(StoreError::during("read an incident"))?;
    let Some(row) = found else { return Ok(None) };
    let entries = timeline::of_incident(db.read(), id).await?;
    let actors = entries.iter().filter_map(|entry| person_of(&entry.actor));
    let execution = executions::of_incident(db.read(), id).await?;
    let snapshot = execution.as_ref().and_then(policy_of);
    let runbook_url = runbook(db, &row, snapshot.as_ref()).await?;
    let next = execution.and_then(|execution| Following::of(execution, snapshot));
    let known = [row.acknowledged_by, row.resolved_by];
    let known = known.into_iter().flatten();
    let followed = next.iter().flat_map(Following::people);
    let people = names_of(db, actors.chain(known).chain(followed)).await?;
    let filter = deliveries::Filter {
        incident_id: Some(id),
        ..deliveries::Filter::default()
    };
    let (log, _) = deliveries::list(db.read(), &filter, None, SHOWN_DELIVERIES).await?;
    let mut told = told::of_incidents(db.read(), &[id]).await?;
    let group = group::of(db, &row).await?;
    let group_size = group.as_ref().map_or(1, |group| group.size);
    Ok(Some(IncidentDetail {
        group,
        runbook_url,
        chart: chart::of(db, &row).await?,
        timeline: entries
            .into_iter()
            .map(|entry| TimelineEntry {
                id: entry.id,
                at: entry.at,
                kind: entry.kind,
                actor_name: person_of(&entry.actor).and_then(|id| people.get(&id).cloned()),
                actor: entry.actor,
                detail: entry.detail,
            })
            .collect(),
        deliveries: log.into_iter().map(Delivery::from).collect(),
        incident: incident(
            row,
            &people,
            next.map(|next| next.body(&people)),
            told.remove(&id).unwrap_or_default(),
            group_size,
        ),
    }))
}

/// The runbook of the rule that opened or routed the incident.
async fn runbook(
    db: &Db,
    row: &Model,
    snapshot: Option<&PolicySnapshot>,
) -> Result<Option<String>, StoreError> {
    let rule = row
        .rule_id
        .or_else(|| snapshot.and_then(|policy| policy.rule_id));
    let Some(rule) = rule else { return Ok(None) };
    alert_rule::Entity::find_by_id(rule)
        .select_only()
        .column(alert_rule::Column::RunbookUrl)
        .into_tuple::<Option<String>>()
        .one(db.read())
        .await
        .map(Option::flatten)
        .map_err(StoreError::during("read a runbook"))
}

/// The policy as it was when the incident opened.
fn policy_of(execution: &execution::Model) -> Option<PolicySnapshot> {
    serde_json::from_value(execution.policy.clone()).ok()
}

/// The step that an execution goes on with.
struct Following {
    state: EscalationState,
    execution: execution::Model,
    snapshot: PolicySnapshot,
    step: Step,
}

impl Following {
    /// `None` where nothing follows.
    fn of(execution: execution::Model, snapshot: Option<PolicySnapshot>) -> Option<Self> {
        let snapshot = snapshot?;
        let state = match execution.state.as_str() {
            "armed" if execution.due_at.is_none() => return None,
            "armed" if execution.held_at.is_none() => EscalationState::Armed,
            "armed" | "paused" => EscalationState::Paused,
            _ => return None,
        };
        let next = usize::try_from(execution.next_step).unwrap_or_default();
        let step = snapshot.steps.get(next).cloned();
        Some(Self {
            state,
            step: step.unwrap_or_else(PolicySnapshot::last_resort),
            execution,
            snapshot,
        })
    }

    /// Accounts that it tells.
    fn people(&self) -> impl Iterator<Item = i64> + '_ {
        self.step.targets.users.iter().copied()
    }

    fn body(self, people: &HashMap<i64, String>) -> NextStep {
        let Self {
            state,
            execution,
            snapshot,
            step,
        } = self;
        let targets = NextTargets {
            people: step
                .targets
                .users
                .into_iter()
                .map(|id| person(id, people))
                .collect(),
            roles: step.targets.roles,
            external: u64::try_from(step.targets.external.len()).unwrap_or(u64::MAX),
        };
        NextStep {
            state,
            policy_name: snapshot.policy_id.map(|_| snapshot.name),
            step: i64::from(execution.next_step) + 1,
            steps: i64::try_from(snapshot.steps.len()).unwrap_or_default(),
            pass: i64::from(execution.pass) + 1,
            due_at: execution.due_at.filter(|_| execution.held_at.is_none()),
            held_for: execution.held_for,
            channels: step.channels,
            targets,
        }
    }
}

fn person(id: i64, people: &HashMap<i64, String>) -> Person {
    let name = people.get(&id).cloned();
    Person {
        id,
        name: name.unwrap_or_else(|| "(deleted)".to_owned()),
    }
}

fn incident(
    row: Model,
    people: &HashMap<i64, String>,
    escalation: Option<NextStep>,
    told: told::Told,
    group_size: u64,
) -> Incident {
    let person = |id: Option<i64>| id.map(|id| person(id, people));
    Incident {
        id: row.id,
        detector: row.detector,
        server_id: row.server_id,
        server_name: row.server_name,
        subject: row.subject,
        severity: control::Severity::from_name(&row.severity)
            .map_or(Severity::High, Severity::from),
        status: IncidentStatus::from_name(&row.status).unwrap_or(IncidentStatus::Open),
        title: row.title,
        observed: row.observed,
        expected: row.expected,
        command: row.command,
        opened_at: row.opened_at,
        last_seen_at: row.last_seen_at,
        occurrences: row.occurrences,
        acknowledged_at: row.acknowledged_at,
        acknowledged_by: person(row.acknowledged_by),
        resolved_at: row.resolved_at,
        resolved_by: person(row.resolved_by),
        escalation,
        group_size,
        snoozed_until: row.snoozed_until,
        asked_at: row.reminded_at,
        rule_id: row.rule_id,
        told: Told {
            messages: told.messages,
            accepted: told.accepted,
        },
    }
}

fn person_of(actor: &str) -> Option<i64> {
    actor.strip_prefix("user:")?.parse().ok()
}

async fn people<'r>(
    db: &Db,
    rows: impl Iterator<Item = &'r Model>,
    others: impl Iterator<Item = i64>,
) -> Result<HashMap<i64, String>, StoreError> {
    let ids = rows
        .flat_map(|row| [row.acknowledged_by, row.resolved_by])
        .flatten();
    names_of(db, ids.chain(others)).await
}

/// Names of accounts, by id.
pub(crate) async fn names_of(
    db: &Db,
    ids: impl Iterator<Item = i64>,
) -> Result<HashMap<i64, String>, StoreError> {
    let ids: BTreeSet<i64> = ids.collect();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Vec<(i64, String)> = user::Entity::find()
        .select_only()
        .column(user::Column::Id)
        .column(user::Column::Name)
        .filter(user::Column::Id.is_in(ids))
        .into_tuple()
        .all(db.read())
        .await
        .map_err(StoreError::during("read names of people"))?;
    Ok(rows.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_unacknowledged_is_the_most_urgent() {
        let urgency = |status, severity| rank(status, &STATUSES) * 10 + rank(severity, &SEVERITIES);
        let mut all = [
            urgency("resolved", "critical"),
            urgency("open", "info"),
            urgency("acknowledged", "critical"),
            urgency("open", "critical"),
        ];
        all.sort_unstable();
        assert_eq!(
            all,
            [
                urgency("open", "critical"),
                urgency("open", "info"),
                urgency("acknowledged", "critical"),
                urgency("resolved", "critical"),
            ]
        );
    }

    #[test]
    fn people_are_told_from_detectors() {
        assert_eq!(person_of("user:7"), Some(7));
        assert_eq!(person_of("detector:disk_bytes"), None);
        assert_eq!(person_of("user:x"), None);
    }
}
