//! `/api/servers/{id}/usual`: what is usual for the measurements that something judges, to stand behind their charts.
//!
//! Learned anew for each answer, by the very code that rules on a baseline learn with, from the rows of 8 days before:
//! what a partition's actor has learned lives on whichever node owns it, and only for metrics with such a rule.

use crate::error::{ApiError, ErrorBody};
use crate::http::{Id, Query};
use crate::resources::servers::measurements::read_fields;
use crate::resources::servers::{find, server_id};
use crate::state::AppState;
use actix_web::{get, web};
use chrono::{DateTime, Utc};
use noc_actors::baseline::usual::{LEARNED_FROM, UsualHour, usual};
use noc_actors::detect::series::judges_of;
use noc_pipeline::clock::UnixMs;
use noc_pipeline::control::Condition;
use noc_pipeline::id::ServerId;
use noc_pipeline::payload::{MetricSpec, find_metric};
use noc_storage::relational::entity::{alert_rule, incident, server};
use noc_storage::relational::{Db, StoreError, alert_rules};
use noc_storage::series::{Recent, RecentQuery};
use sea_orm::{ColumnTrait, Condition as Where, EntityTrait, QueryFilter, QuerySelect};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use utoipa::{IntoParams, ToSchema};

const DEFAULT_RANGE: Duration = Duration::from_secs(3_600);
/// Raw rows of so long a span are read, and of [`LEARNED_FROM`] before it.
const LONGEST: Duration = Duration::from_secs(8 * 86_400);
/// How much is read at once.
const PAGE: Duration = Duration::from_secs(86_400);
/// Incidents that are remembered as out of the usual, the newest.
const MOST_INCIDENTS: u64 = 500;

/// For which measurements of a server.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct UsualQuery {
    /// Fields separated by commas, as `GET /api/servers/{id}/metrics` takes them. All of one kind.
    pub fields: String,
    /// First instant, inclusive, 8 days before `to` at most; an hour before `to` when absent.
    #[serde(default)]
    pub from: Option<DateTime<Utc>>,
    /// Last instant, exclusive; now when absent.
    #[serde(default)]
    pub to: Option<DateTime<Utc>>,
}

/// What is usual for measurements.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct UsualRanges {
    /// One a field that something judges; the others are left out.
    pub columns: Vec<UsualColumn>,
}

/// What is usual for one measurement, hour by hour; all vectors are as long as `at_ms`, null while that was learned.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct UsualColumn {
    /// Name of the field.
    pub field: String,
    /// What judges it.
    pub judged_by: Vec<UsualJudge>,
    /// Beginnings of the hours, milliseconds since 1970 UTC.
    pub at_ms: Vec<i64>,
    /// One of twenty values of the hour lies below.
    pub low: Vec<Option<f64>>,
    /// The middle.
    pub mid: Vec<Option<f64>>,
    /// One of twenty values of the hour lies above.
    pub high: Vec<Option<f64>>,
}

/// What judges a measurement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct UsualJudge {
    /// Key of the detector; `baseline` for a rule.
    pub detector: String,
    /// The rule, if it is one.
    pub rule_id: Option<i64>,
    /// Name of the rule or the detector.
    pub name: String,
}

/// What is usual for measurements of the host itself that a detector or an enabled rule on a baseline judges.
#[utoipa::path(tag = "servers", params(("id" = i64, Path, description = "Server"), UsualQuery),
    responses((status = 200, body = UsualRanges), (status = 404, body = ErrorBody)))]
#[get("/api/servers/{id}/usual")]
pub async fn server_usual(
    state: web::Data<AppState>,
    id: Id,
    query: Query<UsualQuery>,
) -> Result<web::Json<UsualRanges>, ApiError> {
    let Query(query) = query;
    let server = server_id(id)?;
    let row = find(state.db().read(), server).await?;
    let (kind, fields) = read_fields(&query.fields)?;
    let to = query.to.map_or_else(|| state.now_ms(), UnixMs::from);
    let from = query
        .from
        .map_or_else(|| to.minus(DEFAULT_RANGE), UnixMs::from);
    if from >= to {
        return Err(ApiError::field("from", "must lie before `to`"));
    }
    if to.since(from) > LONGEST {
        return Err(ApiError::field("from", "must lie within 8 days of `to`"));
    }
    let rules = alert_rules::all(state.db().read()).await?;
    let mut judged = Vec::new();
    for field in &fields {
        let found = find_metric(&format!("{}.{field}", kind.name()));
        let spec = found.filter(|spec| spec.subject.is_none() && !spec.is_counter());
        if let Some(spec) = spec {
            let judges = judges(&rules, &row, spec);
            if !judges.is_empty() {
                judged.push((spec, judges));
            }
        }
    }
    let rows = history(&state, server, &judged, from.minus(LEARNED_FROM), to).await?;
    let mut columns = Vec::with_capacity(judged.len());
    for (place, (spec, judged_by)) in judged.into_iter().enumerate() {
        let odd = out_of_the_usual(state.db(), server, &judged_by, from, to).await?;
        let is_odd = |at: UnixMs| {
            odd.iter()
                .any(|(since, until)| (*since..*until).contains(&at))
        };
        let points = rows.iter().flat_map(|recent| recent.points(place));
        let hours = usual(points, spec.kind.interval(), (from, to), is_odd);
        columns.push(column(spec, judged_by, &hours));
    }
    Ok(web::Json(UsualRanges { columns }))
}

fn column(spec: &MetricSpec, judged_by: Vec<UsualJudge>, hours: &[UsualHour]) -> UsualColumn {
    UsualColumn {
        field: spec.field.to_owned(),
        judged_by,
        at_ms: hours.iter().map(|hour| hour.from.0).collect(),
        low: hours.iter().map(|hour| Some(hour.range?.low)).collect(),
        mid: hours.iter().map(|hour| Some(hour.range?.mid)).collect(),
        high: hours.iter().map(|hour| Some(hour.range?.high)).collect(),
    }
}

/// Detectors that judge the metric, and rules in force that compare it with what is usual.
fn judges(
    rules: &[alert_rule::Model],
    server: &server::Model,
    spec: &MetricSpec,
) -> Vec<UsualJudge> {
    let settings = server.settings();
    let mut all: Vec<UsualJudge> = judges_of(spec.name)
        .map(|info| UsualJudge {
            detector: info.key.to_owned(),
            rule_id: None,
            name: info.name.to_owned(),
        })
        .collect();
    for row in rules {
        // A rule that cannot be read is told of where the rules are.
        let Ok(rule) = row.as_control() else { continue };
        let compares =
            matches!(&rule.condition, Condition::Baseline { metric, .. } if metric == spec.name);
        if compares && rule.enabled && rule.scope.covers(settings.server, &settings.tags) {
            all.push(UsualJudge {
                detector: "baseline".to_owned(),
                rule_id: Some(rule.id),
                name: rule.name,
            });
        }
    }
    all
}

/// Raw rows of the judged fields, oldest first.
async fn history(
    state: &AppState,
    server: ServerId,
    judged: &[(&'static MetricSpec, Vec<UsualJudge>)],
    from: UnixMs,
    to: UnixMs,
) -> Result<Vec<Recent>, ApiError> {
    let Some((first, _)) = judged.first() else {
        return Ok(Vec::new());
    };
    let mut out = Vec::new();
    let mut begin = from;
    while begin < to {
        let end = begin.plus(PAGE).min(to);
        let query = RecentQuery {
            kind: first.kind,
            servers: vec![server],
            fields: judged.iter().map(|(s, _)| s.field.to_owned()).collect(),
            from: begin,
            to: end,
        };
        let mut found = state.parts.series.recent(&query).await?;
        let rows = found.remove(&server).unwrap_or_default();
        out.extend(rows.into_iter().filter(|recent| recent.subject.is_none()));
        begin = end;
    }
    Ok(out)
}

/// Spans in which one of the judges held the metric to be out of the usual: nothing of them is learned.
async fn out_of_the_usual(
    db: &Db,
    server: ServerId,
    judges: &[UsualJudge],
    from: UnixMs,
    to: UnixMs,
) -> Result<Vec<(UnixMs, UnixMs)>, StoreError> {
    use incident::Column;
    let by_judge = judges.iter().fold(Where::any(), |any, judge| {
        let of = Where::all().add(Column::Detector.eq(judge.detector.as_str()));
        any.add(match judge.rule_id {
            Some(rule) => of.add(Column::RuleId.eq(rule)),
            None => of,
        })
    });
    let lately = Where::any()
        .add(Column::ResolvedAt.is_null())
        .add(Column::ResolvedAt.gte(from.minus(LEARNED_FROM).to_datetime()));
    let rows = incident::Entity::find()
        .filter(Column::ServerId.eq(i64::from(server.0)))
        .filter(by_judge)
        .filter(Column::OpenedAt.lt(to.to_datetime()))
        .filter(lately)
        .limit(MOST_INCIDENTS)
        .all(db.read())
        .await
        .map_err(StoreError::during(
            "read when a metric was out of the usual",
        ))?;
    let spans = rows.into_iter().map(|row| {
        let until = row.resolved_at.map_or(to, UnixMs::from);
        (UnixMs::from(row.opened_at), until)
    });
    Ok(spans.collect())
}
