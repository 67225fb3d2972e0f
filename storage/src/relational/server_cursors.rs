//! Up to where the effects of a server's log records are stored: what makes a repeated record change nothing.

use super::StoreError;
use super::entity::server_cursor;
use noc_pipeline::id::{LogId, Offset, ServerId};
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};

/// Moves a server's cursor to `offset`, inside the transaction that stores the record's effects. False: it stood
/// there or beyond already, the effects are stored, and nothing may be stored again.
///
/// # Errors
/// When the database does not answer.
pub async fn advance(
    tx: &impl ConnectionTrait,
    server: ServerId,
    log: LogId,
    offset: Offset,
) -> Result<bool, StoreError> {
    let operation = "move a server's cursor";
    let (server, log) = (i64::from(server.0), log.0.to_string());
    let to = i64::try_from(offset.0).unwrap_or(i64::MAX);
    let moved = move_to(tx, server, &log, to).await?;
    if moved {
        return Ok(true);
    }
    let row = server_cursor::ActiveModel {
        server_id: Set(server),
        log_id: Set(log.clone()),
        off: Set(-1),
    };
    server_cursor::Entity::insert(row)
        .on_conflict_do_nothing_on([
            server_cursor::Column::ServerId,
            server_cursor::Column::LogId,
        ])
        .exec_without_returning(tx)
        .await
        .map_err(StoreError::during(operation))?;
    move_to(tx, server, &log, to).await
}

async fn move_to(
    tx: &impl ConnectionTrait,
    server: i64,
    log: &str,
    to: i64,
) -> Result<bool, StoreError> {
    let moved = server_cursor::Entity::update_many()
        .col_expr(server_cursor::Column::Off, Expr::value(to))
        .filter(server_cursor::Column::ServerId.eq(server))
        .filter(server_cursor::Column::LogId.eq(log))
        .filter(server_cursor::Column::Off.lt(to))
        .exec(tx)
        .await
        .map_err(StoreError::during("move a server's cursor"))?;
    Ok(moved.rows_affected > 0)
}

/// Forgets a deleted server's cursors.
///
/// # Errors
/// When the database does not answer.
pub async fn forget(conn: &impl ConnectionTrait, server: ServerId) -> Result<(), StoreError> {
    server_cursor::Entity::delete_many()
        .filter(server_cursor::Column::ServerId.eq(i64::from(server.0)))
        .exec(conn)
        .await
        .map_err(StoreError::during("forget a server's cursors"))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::relational::Db;
    use uuid::Uuid;

    #[tokio::test]
    async fn it_only_moves_ahead_and_each_log_has_its_own() {
        let db = Db::open_temporary().await.unwrap();
        let log = |n| LogId(Uuid::from_u128(n));
        let to = async |n, offset| {
            advance(db.write(), ServerId(7), log(n), Offset(offset))
                .await
                .unwrap()
        };
        assert!(to(1, 0).await, "the very first record counts");
        assert!(!to(1, 0).await);
        assert!(to(1, 5).await);
        assert!(!to(1, 4).await);
        assert!(to(2, 3).await, "another log starts anew");
        forget(db.write(), ServerId(7)).await.unwrap();
        assert!(to(1, 1).await);
    }
}
