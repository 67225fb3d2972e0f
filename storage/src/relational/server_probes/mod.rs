//! The newest report of each kind of each server: its state, and the values that fleet-wide lists sort by.
//!
//! A copy for sorting and filtering, written in bulk beside the latest values of `servers`; what a page shows comes
//! from the series store. A row goes with its server, and never back in time.

mod list;
mod values;

pub use list::{FleetFilter, Probed, list};
pub use values::{HOURS_TO_FULL, Values, needs_before, sort_names, values_of};

use super::StoreError;
use super::bulk::{OfServers, ROWS};
use super::entity::server_probe;
use noc_pipeline::clock::UnixMs;
use noc_pipeline::id::ServerId;
use noc_pipeline::payload::{Kind, KindError};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, Statement, Value,
};
use std::time::Duration;

/// How far `observed_at` may lag the newest report that says the same as the row.
pub const REFRESH_EVERY: Duration = Duration::from_secs(120);

/// A row that is newer than what is given stays.
const TABLE: OfServers = OfServers {
    table: "server_probes",
    key: "server_id, kind",
    columns: &[
        ("server_id", "SIGNED"),
        ("kind", "CHAR(32)"),
        ("state", "CHAR(32)"),
        ("hint", "CHAR(500)"),
        ("observed_at", "DATETIME(3)"),
        ("received_at", "DATETIME(3)"),
        ("value1", "DOUBLE"),
        ("value2", "DOUBLE"),
        ("value3", "DOUBLE"),
        ("value4", "DOUBLE"),
    ],
    set: &[
        (
            "state",
            "CASE WHEN new.observed_at >= old.observed_at THEN new.state ELSE old.state END",
        ),
        (
            "hint",
            "CASE WHEN new.observed_at >= old.observed_at THEN new.hint ELSE old.hint END",
        ),
        (
            "received_at",
            "CASE WHEN new.observed_at >= old.observed_at THEN new.received_at ELSE old.received_at END",
        ),
        (
            "value1",
            "CASE WHEN new.observed_at >= old.observed_at THEN new.value1 ELSE old.value1 END",
        ),
        (
            "value2",
            "CASE WHEN new.observed_at >= old.observed_at THEN new.value2 ELSE old.value2 END",
        ),
        (
            "value3",
            "CASE WHEN new.observed_at >= old.observed_at THEN new.value3 ELSE old.value3 END",
        ),
        (
            "value4",
            "CASE WHEN new.observed_at >= old.observed_at THEN new.value4 ELSE old.value4 END",
        ),
        (
            "observed_at",
            "CASE WHEN new.observed_at >= old.observed_at THEN new.observed_at ELSE old.observed_at END",
        ),
    ],
};

/// Where the newest report of a kind stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProbeState {
    /// It can be relied on.
    Ok,
    /// It is older than two of its intervals.
    Stale,
    /// Nothing was ever received.
    NoData,
    /// It says why there is nothing.
    Unreadable(KindError),
}

impl ProbeState {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Ok,
        Self::Stale,
        Self::NoData,
        Self::Unreadable(KindError::NoPermission),
        Self::Unreadable(KindError::NotInstalled),
        Self::Unreadable(KindError::CollectorError),
        Self::Unreadable(KindError::Timeout),
    ];

    /// The name on the wire and, for what a report can say itself, in the database.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Stale => "stale",
            Self::NoData => "no_data",
            Self::Unreadable(KindError::NoPermission) => "no_permission",
            Self::Unreadable(KindError::NotInstalled) => "not_installed",
            Self::Unreadable(KindError::CollectorError) => "collector_error",
            Self::Unreadable(KindError::Timeout) => "timeout",
        }
    }

    /// Reads [`ProbeState::name`].
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }

    /// Of a report that says this, measured so long ago.
    #[must_use]
    pub fn of(kind: Kind, error: Option<KindError>, age: Duration) -> Self {
        match error {
            _ if fresh_for(kind).is_some_and(|fresh| age > fresh) => Self::Stale,
            Some(error) => Self::Unreadable(error),
            None => Self::Ok,
        }
    }
}

/// How long a report of a kind can be relied on: two of its intervals and a little. `None`: kinds sent on an event
/// stand until the next one.
#[must_use]
pub fn fresh_for(kind: Kind) -> Option<Duration> {
    let interval = kind.interval()?;
    Some(interval.saturating_mul(2) + Duration::from_secs(30))
}

/// One row.
#[derive(Debug, Clone, PartialEq)]
pub struct ProbeRow {
    /// Whose.
    pub server: ServerId,
    /// Of which kind.
    pub kind: Kind,
    /// Why there are no measurements.
    pub error: Option<KindError>,
    /// What would help, in the agent's words.
    pub hint: Option<String>,
    /// `event_at` of the report.
    pub observed_at: UnixMs,
    /// `received_at` of the report.
    pub received_at: UnixMs,
    /// By the names of [`sort_names`]; nothing where the report holds no such value.
    pub values: Values,
}

impl ProbeRow {
    /// Where it stands.
    #[must_use]
    pub fn state(&self, now: UnixMs) -> ProbeState {
        ProbeState::of(self.kind, self.error, now.since(self.observed_at))
    }

    /// A row as it is stored; `None` for kinds and states that a later version wrote.
    fn read(row: server_probe::Model) -> Option<Self> {
        let error = match ProbeState::from_name(&row.state)? {
            ProbeState::Unreadable(error) => Some(error),
            _ => None,
        };
        Some(Self {
            server: ServerId(u32::try_from(row.server_id).ok()?),
            kind: Kind::from_name(&row.kind)?,
            error,
            hint: row.hint,
            observed_at: row.observed_at.into(),
            received_at: row.received_at.into(),
            values: [row.value1, row.value2, row.value3, row.value4],
        })
    }
}

/// Stores rows, 500 a statement. A row that is newer than what is given stays; nothing is stored of servers that are
/// gone. A pair of server and kind may stand in `rows` once.
///
/// # Errors
/// [`StoreError::Query`]; the statements before the failed one stay.
pub async fn upsert(conn: &impl ConnectionTrait, rows: &[ProbeRow]) -> Result<(), StoreError> {
    let backend = conn.get_database_backend();
    for chunk in rows.chunks(ROWS) {
        let sql = TABLE.upsert(backend, chunk.len());
        let values = chunk.iter().flat_map(bound);
        conn.execute_raw(Statement::from_sql_and_values(backend, sql, values))
            .await
            .map_err(StoreError::during("store the newest reports of servers"))?;
    }
    Ok(())
}

/// Every row of some servers, by server and kind.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn of_servers(
    conn: &impl ConnectionTrait,
    servers: &[ServerId],
) -> Result<Vec<ProbeRow>, StoreError> {
    let ids = servers.iter().map(|server| i64::from(server.0));
    let rows = server_probe::Entity::find()
        .filter(server_probe::Column::ServerId.is_in(ids))
        .order_by_asc(server_probe::Column::ServerId)
        .order_by_asc(server_probe::Column::Kind)
        .all(conn)
        .await
        .map_err(StoreError::during("read the newest reports of servers"))?;
    Ok(rows.into_iter().filter_map(ProbeRow::read).collect())
}

fn bound(row: &ProbeRow) -> [Value; 10] {
    let state = row.error.map_or(ProbeState::Ok, ProbeState::Unreadable);
    let [value1, value2, value3, value4] = row.values;
    [
        i64::from(row.server.0).into(),
        row.kind.name().into(),
        state.name().into(),
        row.hint.clone().into(),
        row.observed_at.to_datetime().into(),
        row.received_at.to_datetime().into(),
        value1.into(),
        value2.into(),
        value3.into(),
        value4.into(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_are_read_as_they_are_written() {
        for state in ProbeState::ALL {
            assert_eq!(ProbeState::from_name(state.name()), Some(state));
        }
        assert_eq!(ProbeState::from_name("fine"), None);
    }

    #[test]
    fn a_report_is_stale_after_two_intervals_and_an_event_never() {
        let age = |seconds| Duration::from_secs(seconds);
        assert_eq!(
            ProbeState::of(Kind::Metrics, None, age(150)),
            ProbeState::Ok
        );
        assert_eq!(
            ProbeState::of(Kind::Metrics, None, age(151)),
            ProbeState::Stale
        );
        let refused = Some(KindError::NoPermission);
        assert_eq!(
            ProbeState::of(Kind::Disks, refused, age(600)),
            ProbeState::Unreadable(KindError::NoPermission)
        );
        assert_eq!(
            ProbeState::of(Kind::Disks, refused, age(6_000)),
            ProbeState::Stale
        );
        assert_eq!(
            ProbeState::of(Kind::Lifecycle, None, age(1_000_000)),
            ProbeState::Ok
        );
    }
}
