//! The servers page.

use super::Status;
use crate::relational::StoreError;
use crate::relational::entity::server;
use crate::relational::page::{Page, PageRequest, SortBy, page};
use sea_orm::sea_query::{CaseStatement, Expr, ExprTrait, Func, LikeExpr};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryTrait};

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

/// The orders of [`list`]; the default is `status`, worst first.
pub const SORTS: &[SortBy<server::Model>] = &[
    SortBy {
        name: "status",
        by: rank_expr,
        value: |row| rank(&row.status).into(),
    },
    SortBy {
        name: "name",
        by: || column(server::Column::Name),
        value: |row| row.name.as_str().into(),
    },
    SortBy {
        name: "cpu_pct",
        by: || column(server::Column::Cpu),
        value: |row| row.cpu.into(),
    },
    SortBy {
        name: "ram_pct",
        by: || column(server::Column::Ram),
        value: |row| row.ram.into(),
    },
    SortBy {
        name: "load1",
        by: || column(server::Column::Load1),
        value: |row| row.load1.into(),
    },
    SortBy {
        name: "last_seen_at",
        by: || column(server::Column::LastSeenAt),
        value: |row| row.last_seen_at.into(),
    },
    SortBy {
        name: "created_at",
        by: || column(server::Column::CreatedAt),
        value: |row| row.created_at.into(),
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
) -> Result<Page<server::Model>, StoreError> {
    let select = server::Entity::find()
        .apply_if(filter.search.as_deref(), |select, text| {
            select.filter(contains(text))
        })
        .apply_if(filter.tag.as_deref(), |select, tag| {
            // The array is stored as its JSON text, in which a whole tag stands between its quotes.
            let quoted = serde_json::Value::from(tag).to_string();
            select.filter(Expr::cust_with_values("INSTR(tags, ?) > 0", [quoted]))
        })
        .apply_if(filter.is_active, |select, active| {
            select.filter(server::Column::IsActive.eq(active))
        });
    let select = if filter.status.is_empty() {
        select
    } else {
        let names = filter.status.iter().map(|status| status.name());
        select.filter(server::Column::Status.is_in(names))
    };
    let id = server::Column::Id;
    page(conn, select, request, SORTS, "status", id).await
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
