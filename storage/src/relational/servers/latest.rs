//! Latest values, 500 servers a statement.

use super::Status;
use crate::relational::StoreError;
use noc_pipeline::clock::UnixMs;
use noc_pipeline::id::ServerId;
use sea_orm::{ConnectionTrait, DbBackend, Statement, Value};

/// Servers in one statement.
const ROWS: usize = 500;

/// What a server's row shows from now on.
#[derive(Debug, Clone, PartialEq)]
pub struct Latest {
    /// Which.
    pub server: ServerId,
    /// How it stands.
    pub status: Status,
    /// `received_at` of its latest payload; `None` leaves what is there.
    pub last_seen_at: Option<UnixMs>,
    /// Its latest measurements; `None` leaves what is there.
    pub metrics: Option<LatestMetrics>,
}

/// The measurements that lists show.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LatestMetrics {
    /// `event_at` of the payload.
    pub at: UnixMs,
    /// CPU use, percent.
    pub cpu: Option<f64>,
    /// RAM use, percent.
    pub ram: Option<f64>,
    /// 1-minute load.
    pub load1: Option<f64>,
}

/// Stores the latest values of many servers. Servers that are gone or disabled are passed over: nothing brings a
/// deleted row back, and nothing but an operator enables one.
///
/// The one statement that is written twice. An upsert would insert a nameless server where one was just deleted, and
/// a portable `CASE id WHEN ..` compares each row with each; both databases join an update with a list of rows, in
/// their own words.
///
/// # Errors
/// [`StoreError::Query`]; the statements before the failed one stay.
pub async fn bulk_update(conn: &impl ConnectionTrait, latest: &[Latest]) -> Result<(), StoreError> {
    let backend = conn.get_database_backend();
    for chunk in latest.chunks(ROWS) {
        let sql = match backend {
            DbBackend::MySql => mariadb(chunk.len()),
            _ => sqlite(chunk.len()),
        };
        let values = chunk.iter().flat_map(values);
        conn.execute_raw(Statement::from_sql_and_values(backend, sql, values))
            .await
            .map_err(StoreError::during("store the latest values of servers"))?;
    }
    Ok(())
}

fn values(latest: &Latest) -> [Value; 7] {
    let metrics = latest.metrics;
    [
        i64::from(latest.server.0).into(),
        latest.status.name().into(),
        latest.last_seen_at.map(UnixMs::to_datetime).into(),
        metrics.map(|m| m.at.to_datetime()).into(),
        metrics.and_then(|m| m.cpu).into(),
        metrics.and_then(|m| m.ram).into(),
        metrics.and_then(|m| m.load1).into(),
    ]
}

fn sqlite(rows: usize) -> String {
    let row = "(?, ?, ?, ?, ?, ?, ?)";
    let rows = vec![row; rows].join(", ");
    format!(
        "UPDATE servers SET status = v.column2, \
         last_seen_at = COALESCE(v.column3, servers.last_seen_at), \
         last_metric_at = COALESCE(v.column4, servers.last_metric_at), \
         cpu = CASE WHEN v.column4 IS NULL THEN servers.cpu ELSE v.column5 END, \
         ram = CASE WHEN v.column4 IS NULL THEN servers.ram ELSE v.column6 END, \
         load1 = CASE WHEN v.column4 IS NULL THEN servers.load1 ELSE v.column7 END \
         FROM (VALUES {rows}) AS v WHERE servers.id = v.column1 AND servers.is_active"
    )
}

fn mariadb(rows: usize) -> String {
    // The first row names and types the columns: a placeholder alone has no type.
    let first = "SELECT CAST(? AS SIGNED) AS id, CAST(? AS CHAR(32)) AS status, \
         CAST(? AS DATETIME(3)) AS seen, CAST(? AS DATETIME(3)) AS at, \
         CAST(? AS DOUBLE) AS cpu, CAST(? AS DOUBLE) AS ram, CAST(? AS DOUBLE) AS load1";
    let rest = " UNION ALL SELECT ?, ?, ?, ?, ?, ?, ?".repeat(rows.saturating_sub(1));
    format!(
        "UPDATE servers s JOIN ({first}{rest}) v ON s.id = v.id SET s.status = v.status, \
         s.last_seen_at = COALESCE(v.seen, s.last_seen_at), \
         s.last_metric_at = COALESCE(v.at, s.last_metric_at), \
         s.cpu = CASE WHEN v.at IS NULL THEN s.cpu ELSE v.cpu END, \
         s.ram = CASE WHEN v.at IS NULL THEN s.ram ELSE v.ram END, \
         s.load1 = CASE WHEN v.at IS NULL THEN s.load1 ELSE v.load1 END \
         WHERE s.is_active"
    )
}
