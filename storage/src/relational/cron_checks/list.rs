//! Lists of cron jobs, of a server or of the fleet.

use super::{Column, Entity, JobState, Model};
use crate::relational::StoreError;
use crate::relational::entity::server;
use crate::relational::page::{Page, PageRequest, SortBy, page_as};
use crate::relational::servers::{ServerFilter, matching};
use noc_pipeline::id::ServerId;
use sea_orm::sea_query::{CaseStatement, Expr, ExprTrait, Func, IntoCondition, JoinType, LikeExpr};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, FromQueryResult, PaginatorTrait,
    QueryFilter, QueryResult, QuerySelect, QueryTrait, Select,
};

/// Which jobs; every field left at its default means all of them.
#[derive(Debug, Clone, Default)]
pub struct JobFilter {
    /// Of servers by their own columns.
    pub servers: ServerFilter,
    /// Of this one alone.
    pub server: Option<ServerId>,
    /// In one of these states.
    pub states: Vec<JobState>,
    /// Those that last ended with something else than 0; beside `states`, those as well.
    pub failed: bool,
    /// Part of the command or of the user's name, upper or lower case (beyond ASCII: as written).
    pub search: Option<String>,
    /// Only what is shown to those who may not see log-ins is looked through: of a job that is not [`SUPERUSER`]'s
    /// neither its user nor that name within its command, and of no job a command that names an address.
    pub hides_logins: bool,
}

/// A job and the name of its server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedJob {
    /// The job.
    pub job: Model,
    /// Its server's name.
    pub server_name: String,
}

const SERVER_NAME: &str = "listed_server_name";

impl FromQueryResult for ListedJob {
    fn from_query_result(row: &QueryResult, prefix: &str) -> Result<Self, DbErr> {
        Ok(Self {
            job: Model::from_query_result(row, prefix)?,
            server_name: row.try_get(prefix, SERVER_NAME)?,
        })
    }
}

/// The orders of [`list`].
const ORDERS: &[SortBy<ListedJob>] = &[
    SortBy {
        name: "overdue",
        by: || column(Column::Urgency),
        value: |row| row.job.urgency.into(),
    },
    SortBy {
        name: "server",
        by: server_name,
        value: |row| row.server_name.as_str().into(),
    },
    SortBy {
        name: "last_run_at",
        by: || column(Column::LastRunAt),
        value: |row| row.job.last_run_at.into(),
    },
    SortBy {
        name: "user",
        by: || column(Column::User),
        value: |row| row.job.user.as_str().into(),
    },
    SortBy {
        name: SHOWN_USER,
        by: || {
            let first = Func::cust("substr").arg(column(Column::User)).arg(1).arg(1);
            CaseStatement::new()
                .case(column(Column::User).eq(SUPERUSER), SUPERUSER)
                .finally(Expr::from(first))
                .into()
        },
        value: |row| match row.job.user.as_str() {
            SUPERUSER => SUPERUSER.into(),
            user => user.chars().take(1).collect::<String>().as_str().into(),
        },
    },
];

/// The order by as much of the user as those see who may not see log-ins: a cursor holds the value it stands at.
pub const SHOWN_USER: &str = "shown_user";

/// No customer's name.
pub const SUPERUSER: &str = "root";

/// A page of jobs. The orders are `overdue` (the default: the longest overdue first, then what failed, what is on time,
/// the rest), `server`, `last_run_at`, `user` and [`SHOWN_USER`].
///
/// # Errors
/// [`StoreError::Refused`] for a page that cannot be; [`StoreError::Query`].
pub async fn list(
    conn: &impl ConnectionTrait,
    filter: &JobFilter,
    request: &PageRequest,
) -> Result<Page<ListedJob>, StoreError> {
    let servers = matching(&filter.servers)
        .select_only()
        .column(server::Column::Id)
        .into_query();
    let mut select = with_server(Entity::find())
        .filter(column(Column::ServerId).in_subquery(servers))
        .apply_if(filter.server, |select, server| {
            select.filter(Column::ServerId.eq(i64::from(server.0)))
        })
        .apply_if(filter.search.as_deref(), |select, text| {
            select.filter(contains(text, filter.hides_logins))
        });
    if filter.failed || !filter.states.is_empty() {
        let names = filter.states.iter().map(|state| state.name());
        let failed = filter.failed.then(|| Column::LastExit.gt(0));
        let any = Condition::any()
            .add(Column::State.is_in(names))
            .add_option(failed);
        select = select.filter(any);
    }
    let id = (Column::Id, |row: &ListedJob| row.job.id);
    page_as(conn, select, request, ORDERS, "overdue", id).await
}

fn with_server(mut select: Select<Entity>) -> Select<Entity> {
    let same = Expr::col((server::Entity, server::Column::Id)).equals((Entity, Column::ServerId));
    QueryTrait::query(&mut select).join(JoinType::InnerJoin, server::Entity, same.into_condition());
    select.expr_as(server_name(), SERVER_NAME)
}

/// How many jobs of monitored servers, or of this one, are overdue.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn count_overdue(
    conn: &impl ConnectionTrait,
    server: Option<ServerId>,
) -> Result<u64, StoreError> {
    let monitored = ServerFilter {
        is_active: Some(true),
        ..ServerFilter::default()
    };
    let monitored = matching(&monitored)
        .select_only()
        .column(server::Column::Id)
        .into_query();
    Entity::find()
        .filter(Column::IsOverdue.eq(true))
        .filter(column(Column::ServerId).in_subquery(monitored))
        .apply_if(server, |select, server| {
            select.filter(Column::ServerId.eq(i64::from(server.0)))
        })
        .count(conn)
        .await
        .map_err(StoreError::during("count overdue cron jobs"))
}

fn contains(text: &str, hides_logins: bool) -> Condition {
    let mut pattern = String::from("%");
    for c in text.to_lowercase().chars() {
        if matches!(c, '%' | '_' | '!') {
            pattern.push('!');
        }
        pattern.push(c);
    }
    pattern.push('%');
    let holds = |text: Expr| {
        let lower = Expr::from(Func::lower(text));
        lower.like(LikeExpr::new(pattern.clone()).escape('!'))
    };
    if !hides_logins {
        return Condition::any()
            .add(holds(column(Column::Command)))
            .add(holds(column(Column::User)));
    }
    let nobodys = || column(Column::User).eq(SUPERUSER);
    let without_user = Func::cust("replace")
        .arg(column(Column::Command))
        .arg(column(Column::User))
        .arg("***");
    let shown = CaseStatement::new()
        .case(nobodys(), column(Column::Command))
        .finally(Expr::from(without_user));
    let command = Condition::all()
        .add(Column::Command.not_like("%@%"))
        .add(holds(shown.into()));
    let user = Condition::all()
        .add(nobodys())
        .add(holds(column(Column::User)));
    Condition::any().add(command).add(user)
}

fn column(column: Column) -> Expr {
    Expr::col((Entity, column))
}

fn server_name() -> Expr {
    Expr::col((server::Entity, server::Column::Name))
}
