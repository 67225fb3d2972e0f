//! `/api/servers/{id}/{metrics,disks,services}`: what a server measures.

use crate::error::{ApiError, ErrorBody};
use crate::http::{Id, Query};
use crate::resources::probe::Probe;
use crate::resources::servers::view::{
    DiskPartition, MetricColumn, MetricSeries, MetricsQuery, ServerDisks, ServerServices,
    ServiceRow, ServiceStatus,
};
use crate::resources::servers::{find, server_id};
use crate::state::AppState;
use actix_web::{get, web};
use noc_pipeline::clock::UnixMs;
use noc_pipeline::id::ServerId;
use noc_pipeline::payload::{Disks, Kind, Payload, Processes, Service};
use noc_storage::series::{Latest, RangeQuery, SeriesError, SeriesStore};
use std::time::Duration;

const DEFAULT_FIELDS: &str = "cpu_pct,load1";
const DEFAULT_RANGE: Duration = Duration::from_secs(3_600);
const DEFAULT_POINTS: usize = 500;
const MOST_POINTS: usize = 2_000;
const MOST_FIELDS: usize = 40;

/// Measurements over time.
#[utoipa::path(tag = "servers", params(("id" = i64, Path, description = "Server"), MetricsQuery),
    responses((status = 200, body = MetricSeries), (status = 404, body = ErrorBody)))]
#[get("/api/servers/{id}/metrics")]
pub async fn server_metrics(
    state: web::Data<AppState>,
    id: Id,
    query: Query<MetricsQuery>,
) -> Result<web::Json<MetricSeries>, ApiError> {
    let Query(query) = query;
    let server = server_id(id)?;
    find(state.db().read(), server).await?;
    let (kind, fields) = read_fields(query.fields.as_deref().unwrap_or(DEFAULT_FIELDS))?;
    let to = query.to.map_or_else(|| state.now_ms(), UnixMs::from);
    let from = query
        .from
        .map_or_else(|| to.minus(DEFAULT_RANGE), UnixMs::from);
    if from >= to {
        return Err(ApiError::field("from", "must lie before `to`"));
    }
    let points = query.points.unwrap_or(DEFAULT_POINTS);
    if !(1..=MOST_POINTS).contains(&points) {
        return Err(ApiError::field(
            "points",
            format!("must be 1 to {MOST_POINTS}"),
        ));
    }
    let range = RangeQuery {
        server,
        kind,
        fields,
        from,
        to,
        points,
    };
    let series = state.parts.series.range(&range).await?;
    Ok(web::Json(MetricSeries {
        kind: kind.name().to_owned(),
        at_ms: series.at.iter().map(|at| at.0).collect(),
        bucket_ms: series.bucket_ms,
        hourly: series.hourly,
        columns: series
            .columns
            .into_iter()
            .map(|column| MetricColumn {
                field: column.field,
                subject: column.subject,
                avg: column.avg,
                min: column.min,
                max: column.max,
            })
            .collect(),
    }))
}

/// The file systems as last reported.
#[utoipa::path(tag = "servers", params(("id" = i64, Path, description = "Server")),
    responses((status = 200, body = ServerDisks), (status = 404, body = ErrorBody)))]
#[get("/api/servers/{id}/disks")]
pub async fn server_disks(
    state: web::Data<AppState>,
    id: Id,
) -> Result<web::Json<ServerDisks>, ApiError> {
    let server = server_id(id)?;
    find(state.db().read(), server).await?;
    let latest = latest(state.parts.series.as_ref(), Kind::Disks, server).await?;
    Ok(web::Json(disks(latest.as_ref(), state.now_ms())))
}

/// The services as last reported.
#[utoipa::path(tag = "servers", params(("id" = i64, Path, description = "Server")),
    responses((status = 200, body = ServerServices), (status = 404, body = ErrorBody)))]
#[get("/api/servers/{id}/services")]
pub async fn server_services(
    state: web::Data<AppState>,
    id: Id,
) -> Result<web::Json<ServerServices>, ApiError> {
    let server = server_id(id)?;
    find(state.db().read(), server).await?;
    let latest = latest(state.parts.series.as_ref(), Kind::Processes, server).await?;
    Ok(web::Json(services(latest.as_ref(), state.now_ms())))
}

/// The newest report of one kind of one server.
///
/// # Errors
/// When the series store cannot be reached.
pub async fn latest(
    series: &dyn SeriesStore,
    kind: Kind,
    server: ServerId,
) -> Result<Option<Latest>, SeriesError> {
    let mut found = series.latest(kind, &[server]).await?;
    Ok(found.remove(&server))
}

/// `cpu_pct,load1` or `disks.used_pct,disks.inodes_used_pct`: all of one kind, `metrics` where none is named.
pub(super) fn read_fields(text: &str) -> Result<(Kind, Vec<String>), ApiError> {
    let refuse = |problem: String| Err(ApiError::field("fields", problem));
    let mut kind = None;
    let mut fields = Vec::new();
    for name in text
        .split(',')
        .map(str::trim)
        .filter(|name| !name.is_empty())
    {
        let (of, field) = name.split_once('.').unwrap_or((Kind::Metrics.name(), name));
        let Some(of) = Kind::from_name(of) else {
            return refuse(format!("{of:?} is no kind"));
        };
        if kind.is_some_and(|kind| kind != of) {
            return refuse("must all be of one kind".to_owned());
        }
        kind = Some(of);
        if !fields.iter().any(|known| known == field) {
            fields.push(field.to_owned());
        }
    }
    match kind {
        Some(kind) if fields.len() <= MOST_FIELDS => Ok((kind, fields)),
        Some(_) => refuse(format!("may be {MOST_FIELDS} at most")),
        None => refuse("names none".to_owned()),
    }
}

/// The body of `GET /api/servers/{id}/disks`, fullest first.
#[must_use]
pub fn disks(latest: Option<&Latest>, now: UnixMs) -> ServerDisks {
    let mut partitions = match latest.and_then(|latest| latest.report.data()) {
        Some(Payload::Disks(Disks { partitions })) => partitions
            .iter()
            .map(|p| DiskPartition {
                mount: p.mount.clone(),
                device: p.device.clone(),
                fstype: p.fstype.clone(),
                bytes_total: p.bytes_total,
                bytes_used: p.bytes_used,
                used_pct: p.used_pct(),
                inodes_total: p.inodes_total,
                inodes_used: p.inodes_used,
                inodes_used_pct: p.inodes_used_pct(),
            })
            .collect(),
        _ => Vec::new(),
    };
    let fullness = |p: &DiskPartition| {
        p.used_pct
            .unwrap_or(-1.0)
            .max(p.inodes_used_pct.unwrap_or(-1.0))
    };
    partitions.sort_by(|a, b| {
        fullness(b)
            .total_cmp(&fullness(a))
            .then_with(|| a.mount.cmp(&b.mount))
    });
    ServerDisks {
        probe: Probe::of(Kind::Disks, latest, now),
        partitions,
    }
}

/// The body of `GET /api/servers/{id}/services`, stopped ones first.
#[must_use]
pub fn services(latest: Option<&Latest>, now: UnixMs) -> ServerServices {
    let mut services: Vec<ServiceRow> = match latest.and_then(|latest| latest.report.data()) {
        Some(Payload::Processes(Processes { services })) => services.iter().map(service).collect(),
        _ => Vec::new(),
    };
    services.sort_by(|a, b| a.status.cmp(&b.status).then_with(|| a.name.cmp(&b.name)));
    ServerServices {
        probe: Probe::of(Kind::Processes, latest, now),
        services,
    }
}

fn service(service: &Service) -> ServiceRow {
    let status = match (service.installed, service.running, service.enabled) {
        (_, true, _) => ServiceStatus::Running,
        (false, ..) => ServiceStatus::NotInstalled,
        (true, false, true) => ServiceStatus::Stopped,
        (true, false, false) => ServiceStatus::Idle,
    };
    let unit = service.unit.as_deref().unwrap_or(&service.name);
    ServiceRow {
        name: service.name.clone(),
        status,
        unit: service.unit.clone(),
        enabled: service.enabled,
        pids: service.pids,
        main_pid: service.main_pid,
        restart_command: (service.installed && is_pastable(unit))
            .then(|| format!("sudo systemctl restart {unit}")),
    }
}

/// Whether a word means the same to every shell.
fn is_pastable(word: &str) -> bool {
    !word.is_empty()
        && !word.starts_with('-')
        && word
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '@' | '/' | '-'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resources::probe::ProbeState;
    use noc_pipeline::payload::{Partition, Report};
    use std::sync::Arc;

    fn report(payload: impl Into<Payload>) -> Latest {
        Latest {
            event_at: UnixMs(1_000_000),
            received_at: UnixMs(1_000_500),
            report: Arc::new(Report::Data(payload.into())),
        }
    }

    fn named(name: &str, installed: bool, enabled: bool, running: bool) -> Service {
        Service {
            name: name.to_owned(),
            installed,
            enabled,
            running,
            ..Service::default()
        }
    }

    #[test]
    fn fields_are_of_one_kind() {
        assert_eq!(read_fields("cpu_pct, load1").unwrap().0, Kind::Metrics);
        let (kind, fields) = read_fields("disks.used_pct,disks.used_pct").unwrap();
        assert_eq!((kind, fields.len()), (Kind::Disks, 1));
        for bad in ["", ",", "cpu_pct,disks.used_pct", "nope.x"] {
            assert!(read_fields(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_fullest_disk_is_first_whether_by_bytes_or_by_inodes() {
        let disk = |mount: &str, used, inodes| Partition {
            mount: mount.to_owned(),
            bytes_total: Some(100),
            bytes_used: Some(used),
            inodes_total: Some(100),
            inodes_used: inodes,
            ..Partition::default()
        };
        let latest = report(Disks {
            partitions: vec![
                disk("/", 50, None),
                disk("/home", 20, Some(99)),
                disk("/var", 70, None),
            ],
        });
        let body = disks(Some(&latest), UnixMs(1_060_000));
        let mounts: Vec<&str> = body.partitions.iter().map(|p| p.mount.as_str()).collect();
        assert_eq!(mounts, ["/home", "/var", "/"]);
        assert_eq!(body.probe.state, ProbeState::Ok);
    }

    #[test]
    fn stopped_services_are_first_and_idle_ones_are_not_stopped() {
        let latest = report(Processes {
            services: vec![
                named("named", false, false, false),
                named("exim", true, true, true),
                named("postfix", true, false, false),
                named("nginx", true, true, false),
            ],
        });
        let body = services(Some(&latest), UnixMs(1_060_000));
        let shown: Vec<_> = body
            .services
            .iter()
            .map(|s| (s.name.as_str(), s.status))
            .collect();
        assert_eq!(
            shown,
            [
                ("nginx", ServiceStatus::Stopped),
                ("exim", ServiceStatus::Running),
                ("postfix", ServiceStatus::Idle),
                ("named", ServiceStatus::NotInstalled),
            ]
        );
        assert_eq!(
            body.services[0].restart_command.as_deref(),
            Some("sudo systemctl restart nginx")
        );
        assert_eq!(body.services[3].restart_command, None);
    }

    #[test]
    fn a_unit_that_a_shell_would_read_gives_no_command() {
        let mut odd = named("nginx", true, true, false);
        for unit in ["x; rm -rf /", "$(id)", "--now", "a b"] {
            odd.unit = Some(unit.to_owned());
            assert_eq!(service(&odd).restart_command, None, "{unit}");
        }
    }
}
