//! The servers page: rows of `servers` with what their newest reports and open incidents add, sorted in the database.

use super::Status;
use crate::relational::StoreError;
use crate::relational::entity::{incident, server, server_probe};
use crate::relational::page::{Page, PageRequest, SortBy, page_as};
use noc_pipeline::id::ServerId;
use noc_pipeline::payload::Kind;
use sea_orm::sea_query::{
    CaseStatement, Expr, ExprTrait, Func, IntoCondition, JoinType, LikeExpr, Query, SelectStatement,
};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, FromQueryResult, QueryFilter,
    QueryResult, QuerySelect, QueryTrait, Select,
};

/// Which servers; every field left at its default means all of them.
#[derive(Debug, Clone, Default)]
pub struct ServerFilter {
    /// Part of the name, the host name or a tag, upper or lower case (beyond ASCII: as written).
    pub search: Option<String>,
    /// One of these.
    pub status: Vec<Status>,
    /// Carries this very tag.
    pub tag: Option<String>,
    /// Monitoring on or off.
    pub is_active: Option<bool>,
}

/// A server as lists show it.
#[derive(Debug, Clone, PartialEq)]
pub struct Listed {
    /// Its row.
    pub server: server::Model,
    /// How badly it stands: 0 is the worst, see [`SORTS`].
    pub trouble: i64,
    /// Load of 1 min on each core.
    pub load_per_core: Option<f64>,
    /// Share of time waiting for disks, percent.
    pub iowait_pct: Option<f64>,
    /// Logical cores.
    pub cores: Option<f64>,
    /// Share in use of its fullest file system, by bytes or by inodes, percent.
    pub worst_disk_pct: Option<f64>,
    /// Share of inodes in use of the file system that has fewest left, percent.
    pub worst_inodes_pct: Option<f64>,
    /// Messages put off in its mail queue.
    pub deferred_mail: Option<f64>,
    /// Connections in use of its database server, percent.
    pub mysql_connections_pct: Option<f64>,
}

impl FromQueryResult for Listed {
    fn from_query_result(row: &QueryResult, prefix: &str) -> Result<Self, DbErr> {
        Ok(Self {
            server: server::Model::from_query_result(row, prefix)?,
            trouble: row.try_get(prefix, "trouble")?,
            load_per_core: row.try_get(prefix, "load_per_core")?,
            iowait_pct: row.try_get(prefix, "iowait_pct")?,
            cores: row.try_get(prefix, "cores")?,
            worst_disk_pct: row.try_get(prefix, "worst_disk_pct")?,
            worst_inodes_pct: row.try_get(prefix, "worst_inodes_pct")?,
            deferred_mail: row.try_get(prefix, "deferred_mail")?,
            mysql_connections_pct: row.try_get(prefix, "mysql_connections_pct")?,
        })
    }
}

/// What is shown of newest reports: the name it goes by, of which kind, in which column of `server_probes`.
const REPORTED: [(&str, Kind, server_probe::Column); 7] = [
    ("load_per_core", Kind::Metrics, server_probe::Column::Value1),
    ("iowait_pct", Kind::Metrics, server_probe::Column::Value2),
    ("cores", Kind::Metrics, server_probe::Column::Value3),
    ("worst_disk_pct", Kind::Disks, server_probe::Column::Value1),
    (
        "worst_inodes_pct",
        Kind::Disks,
        server_probe::Column::Value3,
    ),
    (
        "deferred_mail",
        Kind::MailQueue,
        server_probe::Column::Value2,
    ),
    (
        "mysql_connections_pct",
        Kind::Mysql,
        server_probe::Column::Value1,
    ),
];

/// Severities of open incidents, and the worst that a server without any can be, by [`trouble`].
const SEVERITIES: [(&str, i64); 4] = [("critical", 1), ("high", 4), ("medium", 5), ("low", 7)];

/// The orders of [`list`]; the default is `trouble`, worst first: down, an open critical incident, unknown, stale, other
/// open incidents by severity, registering, up, disabled.
pub const SORTS: &[SortBy<Listed>] = &[
    SortBy {
        name: "trouble",
        by: trouble,
        value: |row| row.trouble.into(),
    },
    SortBy {
        name: "status",
        by: rank_expr,
        value: |row| rank(&row.server.status).into(),
    },
    SortBy {
        name: "name",
        by: || column(server::Column::Name),
        value: |row| row.server.name.as_str().into(),
    },
    SortBy {
        name: "cpu_pct",
        by: || column(server::Column::Cpu),
        value: |row| row.server.cpu.into(),
    },
    SortBy {
        name: "ram_pct",
        by: || column(server::Column::Ram),
        value: |row| row.server.ram.into(),
    },
    SortBy {
        name: "load1",
        by: || column(server::Column::Load1),
        value: |row| row.server.load1.into(),
    },
    SortBy {
        name: "load_per_core",
        by: || reported("load_per_core"),
        value: |row| row.load_per_core.into(),
    },
    SortBy {
        name: "iowait_pct",
        by: || reported("iowait_pct"),
        value: |row| row.iowait_pct.into(),
    },
    SortBy {
        name: "worst_disk_pct",
        by: || reported("worst_disk_pct"),
        value: |row| row.worst_disk_pct.into(),
    },
    SortBy {
        name: "worst_inodes_pct",
        by: || reported("worst_inodes_pct"),
        value: |row| row.worst_inodes_pct.into(),
    },
    SortBy {
        name: "deferred_mail",
        by: || reported("deferred_mail"),
        value: |row| row.deferred_mail.into(),
    },
    SortBy {
        name: "mysql_connections_pct",
        by: || reported("mysql_connections_pct"),
        value: |row| row.mysql_connections_pct.into(),
    },
    SortBy {
        name: "agent_version",
        by: || column(server::Column::AgentVersion),
        value: |row| row.server.agent_version.as_deref().into(),
    },
    SortBy {
        name: "last_seen_at",
        by: || column(server::Column::LastSeenAt),
        value: |row| row.server.last_seen_at.into(),
    },
    SortBy {
        name: "created_at",
        by: || column(server::Column::CreatedAt),
        value: |row| row.server.created_at.into(),
    },
];

/// A page of the servers that `filter` lets through.
///
/// # Errors
/// [`StoreError::Refused`] for a page that cannot be; [`StoreError::Query`].
pub async fn list(
    conn: &impl ConnectionTrait,
    filter: &ServerFilter,
    request: &PageRequest,
) -> Result<Page<Listed>, StoreError> {
    let select = joined(matching(filter));
    let id = (server::Column::Id, |row: &Listed| row.server.id);
    page_as(conn, select, request, SORTS, "trouble", id).await
}

/// One server as lists show it.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn listed(
    conn: &impl ConnectionTrait,
    server: ServerId,
) -> Result<Option<Listed>, StoreError> {
    let one = server::Entity::find_by_id(i64::from(server.0));
    joined(one)
        .into_model::<Listed>()
        .one(conn)
        .await
        .map_err(StoreError::during("read a server with its reports"))
}

/// The servers that `filter` lets through.
pub(in crate::relational) fn matching(filter: &ServerFilter) -> Select<server::Entity> {
    let select = server::Entity::find()
        .apply_if(filter.search.as_deref(), |select, text| {
            select.filter(contains(text))
        })
        .apply_if(filter.tag.as_deref(), |select, tag| {
            // The array is stored as its JSON text, in which a whole tag stands between its quotes.
            let quoted = serde_json::Value::from(tag).to_string();
            select.filter(Expr::cust_with_values(
                "INSTR(servers.tags, ?) > 0",
                [quoted],
            ))
        })
        .apply_if(filter.is_active, |select, active| {
            select.filter(server::Column::IsActive.eq(active))
        });
    if filter.status.is_empty() {
        return select;
    }
    let names = filter.status.iter().map(|status| status.name());
    select.filter(server::Column::Status.is_in(names))
}

/// Adds what newest reports and open incidents say.
fn joined(mut select: Select<server::Entity>) -> Select<server::Entity> {
    let query = QueryTrait::query(&mut select);
    for kind in [Kind::Metrics, Kind::Disks, Kind::MailQueue, Kind::Mysql] {
        let of = Expr::col((kind.name(), server_probe::Column::ServerId))
            .equals((server::Entity, server::Column::Id))
            .and(Expr::col((kind.name(), server_probe::Column::Kind)).eq(kind.name()));
        query.join_as(
            JoinType::LeftJoin,
            server_probe::Entity,
            kind.name(),
            of.into_condition(),
        );
    }
    let of =
        Expr::col((OPEN, incident::Column::ServerId)).equals((server::Entity, server::Column::Id));
    query.join_subquery(JoinType::LeftJoin, worst_open(), OPEN, of.into_condition());
    let select = select.expr_as(trouble(), "trouble");
    let reported = REPORTED.iter().map(|(name, ..)| *name);
    reported.fold(select, |select, name| {
        select.expr_as(self::reported(name), name)
    })
}

const OPEN: &str = "open_incidents";
const WORST: &str = "worst";

/// The worst incident of each server that is not resolved.
fn worst_open() -> SelectStatement {
    let status = Expr::col((incident::Entity, incident::Column::Status));
    Query::select()
        .column((incident::Entity, incident::Column::ServerId))
        .expr_as(Func::min(severity_rank()), WORST)
        .from(incident::Entity)
        .and_where(status.is_in(["open", "acknowledged"]))
        .group_by_col((incident::Entity, incident::Column::ServerId))
        .take()
}

fn severity_rank() -> Expr {
    SEVERITIES
        .iter()
        .fold(CaseStatement::new(), |case, (name, rank)| {
            let is = Expr::col((incident::Entity, incident::Column::Severity)).eq(*name);
            case.case(is, *rank)
        })
        .finally(7_i64)
        .into()
}

/// The worse of how a server stands and what is open of it. Whoever is disabled has nothing open.
fn trouble() -> Expr {
    let by_status = |status| match status {
        Status::Down => 0_i64,
        Status::Unknown => 2,
        Status::Stale => 3,
        Status::Registering => 6,
        Status::Up => 8,
        Status::Disabled => 9,
    };
    let status = || -> Expr {
        Status::ALL
            .into_iter()
            .fold(CaseStatement::new(), |case, status| {
                let is = column(server::Column::Status).eq(status.name());
                case.case(is, by_status(status))
            })
            .finally(2_i64)
            .into()
    };
    let worst = || Expr::col((OPEN, WORST));
    CaseStatement::new()
        .case(worst().lt(status()), worst())
        .finally(status())
        .into()
}

fn reported(name: &str) -> Expr {
    let of = REPORTED.iter().find(|(known, ..)| *known == name);
    of.map_or_else(
        || Expr::value(Option::<f64>::None),
        |(_, kind, column)| Expr::col((kind.name(), *column)),
    )
}

fn contains(text: &str) -> Condition {
    let mut pattern = String::from("%");
    for c in text.to_lowercase().chars() {
        if matches!(c, '%' | '_' | '!') {
            pattern.push('!');
        }
        pattern.push(c);
    }
    pattern.push('%');
    [
        server::Column::Name,
        server::Column::Hostname,
        server::Column::Tags,
    ]
    .into_iter()
    .fold(Condition::any(), |any, place| {
        let lower = Func::lower(column(place));
        any.add(Expr::from(lower).like(LikeExpr::new(pattern.clone()).escape('!')))
    })
}

fn column(column: server::Column) -> Expr {
    Expr::col((server::Entity, column))
}

fn rank_expr() -> Expr {
    Status::ALL
        .iter()
        .fold(CaseStatement::new(), |case, status| {
            let is = column(server::Column::Status).eq(status.name());
            case.case(is, rank(status.name()))
        })
        .finally(rank(""))
        .into()
}

/// Place in [`Status::ALL`]; behind all of them for what is none.
fn rank(status: &str) -> i64 {
    let place = Status::ALL.iter().position(|s| s.name() == status);
    i64::try_from(place.unwrap_or(Status::ALL.len())).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::relational::Db;
    use crate::relational::server_probes::{self, ProbeRow};
    use noc_pipeline::clock::{Stopwatch, UnixMs};
    use sea_orm::{ActiveValue::Set, EntityTrait};
    use std::time::Duration;

    /// Servers of the fleet that is measured.
    const FLEET: u32 = 10_000;
    const AT: UnixMs = UnixMs(1_778_155_200_000);

    /// A fleet with a report of every kind, and an open incident on every tenth server.
    async fn fleet(db: &Db) {
        let ids: Vec<u32> = (1..=FLEET).collect();
        for some in ids.chunks(500) {
            let rows = some.iter().map(|n| server::ActiveModel {
                id: Set(i64::from(*n)),
                name: Set(format!("web-{n:05}.dhaka.example.com")),
                hostname: Set(Some(format!("web-{n:05}"))),
                tags: Set(serde_json::json!([format!("dc:{}", n % 5), "plan:shared"])),
                status: Set(Status::ALL[*n as usize % 6].name().to_owned()),
                is_active: Set(true),
                cpu: Set(Some(f64::from(n % 100))),
                changed_at: Set(AT.to_datetime()),
                created_at: Set(AT.to_datetime()),
                ..Default::default()
            });
            server::Entity::insert_many(rows)
                .exec(db.write())
                .await
                .unwrap();
            let value = |n: u32, by: u32| (!n.is_multiple_of(by)).then(|| f64::from(n * by % 997));
            let reports = some.iter().flat_map(|n| {
                Kind::ALL.iter().map(|kind| ProbeRow {
                    server: ServerId(*n),
                    kind: *kind,
                    error: None,
                    hint: None,
                    observed_at: AT,
                    received_at: AT,
                    values: [value(*n, 7), value(*n, 11), value(*n, 13), None],
                })
            });
            let reports: Vec<ProbeRow> = reports.collect();
            server_probes::upsert(db.write(), &reports).await.unwrap();
            let open = some.iter().filter(|n| *n % 10 == 0);
            let open = open.map(|n| incident::ActiveModel {
                detector: Set("disk_bytes".to_owned()),
                server_id: Set(Some(i64::from(*n))),
                server_name: Set("s".to_owned()),
                subject: Set(String::new()),
                dedup_hash: Set(format!("{n:064}")),
                severity: Set(["critical", "high", "low"][*n as usize / 10 % 3].to_owned()),
                status: Set(["open", "resolved"][*n as usize / 100 % 2].to_owned()),
                title: Set("t".to_owned()),
                opened_at: Set(AT.to_datetime()),
                last_seen_at: Set(AT.to_datetime()),
                occurrences: Set(1),
                changed_at: Set(AT.to_datetime()),
                ..Default::default()
            });
            incident::Entity::insert_many(open)
                .exec(db.write())
                .await
                .unwrap();
        }
    }

    /// `cargo test -p noc-storage -- --ignored --nocapture ten_thousand`
    #[tokio::test]
    #[ignore = "a measurement"]
    async fn a_page_of_ten_thousand_servers_takes_fifty_milliseconds_at_most() {
        let db = Db::open_temporary().await.unwrap();
        fleet(&db).await;
        let search = ServerFilter {
            search: Some("07".to_owned()),
            ..ServerFilter::default()
        };
        let tag = ServerFilter {
            tag: Some("dc:3".to_owned()),
            status: vec![Status::Up, Status::Down],
            ..ServerFilter::default()
        };
        let mut worst = Duration::ZERO;
        for filter in [ServerFilter::default(), search, tag] {
            for sort in [
                "trouble",
                "-trouble",
                "name",
                "cpu_pct",
                "-load_per_core",
                "-worst_disk_pct",
                "-mysql_connections_pct",
            ] {
                let request = |cursor| PageRequest {
                    sort: Some(sort.to_owned()),
                    limit: Some(200),
                    cursor,
                };
                let mut taken = Vec::new();
                let first = list(db.read(), &filter, &request(None)).await.unwrap();
                for cursor in [None, first.next_cursor.clone(), None, first.next_cursor] {
                    let watch = Stopwatch::start();
                    let page = list(db.read(), &filter, &request(cursor)).await.unwrap();
                    taken.push(watch.elapsed());
                    assert!(page.total >= 300, "{}", page.total);
                }
                let most = taken.iter().max().copied().unwrap_or_default();
                println!("{sort:>22}, {} servers: {taken:?}", first.total);
                worst = worst.max(most);
            }
        }
        assert!(worst < Duration::from_millis(50), "{worst:?}");
    }
}
