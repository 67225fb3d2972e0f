//! `/api/servers/{id}/marks`: what happened to a server in a span, to be marked behind its charts.

use crate::auth::caller::Caller;
use crate::error::{ApiError, ErrorBody};
use crate::http::{Id, Query, Shown};
use crate::resources::incidents::Severity;
use crate::resources::servers::{find, server_id};
use crate::state::AppState;
use actix_web::{get, web};
use chrono::{DateTime, Utc};
use noc_pipeline::clock::UnixMs;
use noc_pipeline::control;
use noc_pipeline::id::ServerId;
use noc_pipeline::payload::Kind;
use noc_storage::relational::entity::{backup_run, incident};
use noc_storage::relational::{Db, StoreError};
use noc_storage::series::{RangeQuery, RecentQuery, SeriesError};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use utoipa::{IntoParams, ToSchema};

const DEFAULT_RANGE: Duration = Duration::from_secs(3_600);
/// Of each, the newest.
const MOST: u64 = 200;
/// What tells when a host booted.
const UPTIME: &str = "uptime_s";
/// Up to so long a span every report is read for it.
const EVERY_REPORT: Duration = Duration::from_secs(8 * 86_400);
/// How much of them is read at once.
const PAGE: Duration = Duration::from_secs(86_400);
/// Points in which reboots are looked for in longer spans.
const POINTS: usize = 2_000;
/// Before the span, so that a reboot at its beginning is seen as one.
const BEFORE: Duration = Duration::from_secs(900);
/// What clocks and rounding may take from an uptime.
const SLACK_S: f64 = 30.0;

/// Which span.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct MarksQuery {
    /// First instant, inclusive; an hour before `to` when absent.
    #[serde(default)]
    pub from: Option<DateTime<Utc>>,
    /// Last instant, exclusive; now when absent.
    #[serde(default)]
    pub to: Option<DateTime<Utc>>,
}

/// What happened to a server in a span: of each the newest 200, oldest first.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ServerMarks {
    /// When it booted, as its uptime tells; in long spans to a bucket of its measurements.
    pub reboots: Vec<DateTime<Utc>>,
    /// Backups that ran in it.
    pub backups: Vec<BackupMark>,
    /// Incidents that were open in it.
    pub incidents: Vec<IncidentMark>,
}

/// A backup that ran.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct BackupMark {
    /// With what.
    pub tool: String,
    /// Of which job; may be empty.
    pub job: String,
    /// `success`, `partial` or `failed`.
    pub status: String,
    /// When it began; null where the tool does not say.
    pub started_at: Option<DateTime<Utc>>,
    /// When it ended.
    pub finished_at: DateTime<Utc>,
}

/// An incident that was open.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct IncidentMark {
    /// Id.
    pub id: i64,
    /// One line.
    pub title: String,
    /// How bad.
    pub severity: Severity,
    /// Since when.
    pub opened_at: DateTime<Utc>,
    /// Until when; null while it is not over.
    pub resolved_at: Option<DateTime<Utc>>,
}

/// Reboots, backups and incidents of a span, each oldest first.
#[utoipa::path(tag = "servers", params(("id" = i64, Path, description = "Server"), MarksQuery),
    responses((status = 200, body = ServerMarks), (status = 404, body = ErrorBody)))]
#[get("/api/servers/{id}/marks")]
pub async fn server_marks(
    state: web::Data<AppState>,
    caller: Caller,
    id: Id,
    query: Query<MarksQuery>,
) -> Result<Shown<ServerMarks>, ApiError> {
    let Query(query) = query;
    let server = server_id(id)?;
    find(state.db().read(), server).await?;
    let to = query.to.map_or_else(|| state.now_ms(), UnixMs::from);
    let from = query
        .from
        .map_or_else(|| to.minus(DEFAULT_RANGE), UnixMs::from);
    if from >= to {
        return Err(ApiError::field("from", "must lie before `to`"));
    }
    let uptime = Uptime::read(&state, server, from.minus(BEFORE), to).await?;
    let mut reboots = uptime.reboots();
    reboots.retain(|at| (from..to).contains(at));
    let marks = ServerMarks {
        reboots: reboots.into_iter().map(UnixMs::to_datetime).collect(),
        backups: backups(state.db(), server, from, to).await?,
        incidents: incidents(state.db(), server, from, to).await?,
    };
    Ok(Shown::to(&caller, marks))
}

/// How long a host had been up, over time.
#[derive(Debug, Default)]
struct Uptime {
    /// Seconds, oldest first; of a bucket the fewest, at its beginning.
    points: Vec<(UnixMs, f64)>,
    /// Whether they are of buckets.
    bucketed: bool,
}

impl Uptime {
    /// Every report of a span that is not long, buckets of a long one.
    async fn read(
        state: &AppState,
        server: ServerId,
        from: UnixMs,
        to: UnixMs,
    ) -> Result<Self, SeriesError> {
        let fields = vec![UPTIME.to_owned()];
        let series = state.parts.series.as_ref();
        if to.since(from) > EVERY_REPORT {
            let range = RangeQuery {
                server,
                kind: Kind::Metrics,
                fields,
                from,
                to,
                points: POINTS,
            };
            let series = series.range(&range).await?;
            let fewest = series.columns.first().map(|column| column.min.as_slice());
            let points = series.at.iter().zip(fewest.unwrap_or_default());
            return Ok(Self {
                points: points.filter_map(|(at, s)| Some((*at, (*s)?))).collect(),
                bucketed: series.bucket_ms > 0,
            });
        }
        let mut found = Self::default();
        let mut begin = from;
        while begin < to {
            let end = begin.plus(PAGE).min(to);
            let query = RecentQuery {
                kind: Kind::Metrics,
                servers: vec![server],
                fields: fields.clone(),
                from: begin,
                to: end,
            };
            let mut rows = series.recent(&query).await?;
            let rows = rows.remove(&server).unwrap_or_default();
            found
                .points
                .extend(rows.iter().flat_map(|row| row.points(0)));
            begin = end;
        }
        Ok(found)
    }

    /// When it booted: where the uptime fell.
    fn reboots(&self) -> Vec<UnixMs> {
        let booted = |(at, seconds): (UnixMs, f64)| {
            at.minus(Duration::try_from_secs_f64(seconds).unwrap_or_default())
        };
        let pairs = self.points.iter().zip(self.points.iter().skip(1));
        let fell = pairs
            .enumerate()
            .filter(|(_, (before, after))| after.1 + SLACK_S < before.1);
        let when = fell.map(|(place, (before, after))| {
            let at = if self.bucketed {
                // Known from the next bucket, all of which lies behind it.
                let next = self.points.get(place + 2).filter(|next| next.1 > after.1);
                next.map_or(after.0, |next| booted(*next).max(after.0))
            } else {
                booted(*after)
            };
            at.max(before.0)
        });
        when.collect()
    }
}

async fn backups(
    db: &Db,
    server: ServerId,
    from: UnixMs,
    to: UnixMs,
) -> Result<Vec<BackupMark>, StoreError> {
    use backup_run::Column;
    let begun = Condition::any()
        .add(Column::StartedAt.lt(to.to_datetime()))
        .add(Column::FinishedAt.lt(to.to_datetime()));
    let mut rows = backup_run::Entity::find()
        .filter(Column::ServerId.eq(i64::from(server.0)))
        .filter(Column::FinishedAt.gte(from.to_datetime()))
        .filter(begun)
        .order_by_desc(Column::FinishedAt)
        .limit(MOST)
        .all(db.read())
        .await
        .map_err(StoreError::during("read backups of a span"))?;
    rows.reverse();
    let marks = rows.into_iter().map(|row| BackupMark {
        tool: row.tool,
        job: row.job,
        status: row.status,
        started_at: row.started_at,
        finished_at: row.finished_at,
    });
    Ok(marks.collect())
}

async fn incidents(
    db: &Db,
    server: ServerId,
    from: UnixMs,
    to: UnixMs,
) -> Result<Vec<IncidentMark>, StoreError> {
    use incident::Column;
    let lasted = Condition::any()
        .add(Column::ResolvedAt.is_null())
        .add(Column::ResolvedAt.gte(from.to_datetime()));
    let mut rows = incident::Entity::find()
        .filter(Column::ServerId.eq(i64::from(server.0)))
        .filter(Column::OpenedAt.lt(to.to_datetime()))
        .filter(lasted)
        .order_by_desc(Column::OpenedAt)
        .limit(MOST)
        .all(db.read())
        .await
        .map_err(StoreError::during("read incidents of a span"))?;
    rows.reverse();
    let marks = rows.into_iter().map(|row| IncidentMark {
        id: row.id,
        title: row.title,
        severity: control::Severity::from_name(&row.severity)
            .map_or(Severity::High, Severity::from),
        opened_at: row.opened_at,
        resolved_at: row.resolved_at,
    });
    Ok(marks.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uptime(bucketed: bool, points: &[(i64, f64)]) -> Uptime {
        let points = points.iter().map(|(s, value)| (UnixMs(s * 1_000), *value));
        Uptime {
            points: points.collect(),
            bucketed,
        }
    }

    #[test]
    fn a_reboot_is_where_the_uptime_falls() {
        let rows = uptime(
            false,
            &[
                (60_000, 50_000.0),
                (60_060, 50_060.0),
                (60_300, 100.0),
                (60_360, 160.0),
            ],
        );
        assert_eq!(rows.reboots(), [UnixMs(60_200_000)]);
        // A clock that is put back by a second, and a host that only runs.
        let fine = uptime(false, &[(0, 9_000.0), (60, 8_999.0)]);
        assert!(fine.reboots().is_empty());
        assert!(uptime(false, &[]).reboots().is_empty());
    }

    #[test]
    fn in_buckets_the_next_one_tells_when() {
        let buckets = uptime(
            true,
            &[
                (0, 500_000.0),
                (3_600, 20.0),
                (7_200, 1_800.0),
                (10_800, 5_400.0),
            ],
        );
        assert_eq!(buckets.reboots(), [UnixMs(5_400_000)]);
        let last = uptime(true, &[(0, 500_000.0), (3_600, 20.0)]);
        assert_eq!(last.reboots(), [UnixMs(3_600_000)]);
    }
}
