//! Agents' secrets, as the ingest nodes keep them in memory.

use crate::relational::StoreError;
use crate::relational::entity::server;
use noc_pipeline::clock::UnixMs;
use noc_pipeline::id::ServerId;
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, PaginatorTrait, QueryFilter,
    QueryOrder, QuerySelect, sea_query::Expr,
};
use std::time::Duration;

/// A change may be stamped this long before it is committed and seen: the limit of a transaction, the skew that ingest
/// nodes may have, and some.
const STAMP_TO_COMMIT: Duration = Duration::from_secs(30);

/// What an ingest node must know to let an agent in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentSecret {
    /// The server it speaks for.
    pub server: ServerId,
    /// SHA-256 hex of the secret; `None`: nobody may speak for it.
    pub secret_hash: Option<String>,
    /// False: what it sends is acknowledged and thrown away.
    pub is_active: bool,
}

/// What became of the servers since some time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changes {
    /// Those created or changed, as they are now.
    pub changed: Vec<AgentSecret>,
    /// How many there are. A cache that holds another number after taking over `changed` has missed a deletion, which
    /// leaves no row to tell of it, and reads [`agent_secrets`] anew.
    pub servers: u64,
}

#[derive(FromQueryResult)]
struct Row {
    id: i64,
    agent_secret_hash: Option<String>,
    is_active: bool,
}

impl From<Row> for AgentSecret {
    fn from(row: Row) -> Self {
        Self {
            server: ServerId(u32::try_from(row.id).unwrap_or(u32::MAX)),
            secret_hash: row.agent_secret_hash,
            is_active: row.is_active,
        }
    }
}

/// Every server's.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn agent_secrets(conn: &impl ConnectionTrait) -> Result<Vec<AgentSecret>, StoreError> {
    read(conn, None).await
}

/// What changed since the last look at `since`. Answers some changes twice rather than missing one that was stamped
/// before `since` and committed after.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn changed_since(
    conn: &impl ConnectionTrait,
    since: UnixMs,
) -> Result<Changes, StoreError> {
    // MariaDB takes a bound time before 1970 for NULL, and nothing is changed since NULL.
    let since = Ord::max(since.minus(STAMP_TO_COMMIT), UnixMs(1_000));
    let changed = read(conn, Some(since)).await?;
    let servers = server::Entity::find()
        .count(conn)
        .await
        .map_err(StoreError::during("count the servers"))?;
    Ok(Changes { changed, servers })
}

/// Sets the hash of a server's secret, or takes its agent's access away.
///
/// # Errors
/// [`StoreError::NotFound`]; [`StoreError::Query`].
pub async fn set_secret(
    conn: &impl ConnectionTrait,
    server: ServerId,
    secret_hash: Option<&str>,
    now: UnixMs,
) -> Result<(), StoreError> {
    let at = now.to_datetime();
    let changed = server::Entity::update_many()
        .col_expr(
            server::Column::AgentSecretHash,
            Expr::value(secret_hash.map(str::to_owned)),
        )
        .col_expr(server::Column::SecretChangedAt, Expr::value(at))
        .col_expr(server::Column::ChangedAt, Expr::value(at))
        .filter(server::Column::Id.eq(i64::from(server.0)))
        .exec(conn)
        .await
        .map_err(StoreError::during("set a server's secret"))?;
    if changed.rows_affected == 0 {
        return Err(StoreError::not_found("server", server));
    }
    Ok(())
}

async fn read(
    conn: &impl ConnectionTrait,
    since: Option<UnixMs>,
) -> Result<Vec<AgentSecret>, StoreError> {
    let mut select = server::Entity::find().select_only().columns([
        server::Column::Id,
        server::Column::AgentSecretHash,
        server::Column::IsActive,
    ]);
    if let Some(since) = since {
        select = select.filter(server::Column::ChangedAt.gte(since.to_datetime()));
    }
    let rows = select
        .order_by_asc(server::Column::Id)
        .into_model::<Row>()
        .all(conn)
        .await
        .map_err(StoreError::during("read the agents' secrets"))?;
    Ok(rows.into_iter().map(AgentSecret::from).collect())
}
