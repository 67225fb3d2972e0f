//! Signed-in browsers. The cookie's value and the CSRF token are stored only as hashes.

use super::StoreError;
use super::entity::{session, user};
use noc_pipeline::clock::UnixMs;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, ConnectionTrait, EntityTrait, IntoActiveModel,
    QueryFilter, QueryOrder, QuerySelect, QueryTrait, sea_query::Expr,
};
use std::collections::HashSet;
use std::time::Duration;

/// `last_seen_at` moves at most this often.
const TOUCH_EVERY: Duration = Duration::from_secs(60);
/// Sessions asked for in a statement.
const HASHES: usize = 500;
/// Longest `user_agent` kept.
const USER_AGENT_CHARACTERS: usize = 255;

/// A session to add.
#[derive(Debug, Clone)]
pub struct NewSession {
    /// SHA-256 hex of the cookie's value.
    pub id_hash: String,
    /// Whose.
    pub user_id: i64,
    /// SHA-256 hex of the CSRF token.
    pub csrf_hash: String,
    /// Absolute end.
    pub expires_at: UnixMs,
    /// Client address.
    pub ip: String,
    /// As the browser names itself; cut at 255 characters.
    pub user_agent: String,
}

/// Adds a session.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn create(
    conn: &impl ConnectionTrait,
    new: NewSession,
    now: UnixMs,
) -> Result<session::Model, StoreError> {
    let row = session::Model {
        id_hash: new.id_hash,
        user_id: new.user_id,
        csrf_hash: new.csrf_hash,
        created_at: now.to_datetime(),
        last_seen_at: now.to_datetime(),
        expires_at: new.expires_at.to_datetime(),
        ip: new.ip,
        user_agent: new.user_agent.chars().take(USER_AGENT_CHARACTERS).collect(),
    };
    row.into_active_model()
        .reset_all()
        .insert(conn)
        .await
        .map_err(StoreError::during("create a session"))
}

/// The session with this hash and its user, while it is neither expired nor unused for `idle_limit`, and the user is
/// active.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn find(
    conn: &impl ConnectionTrait,
    id_hash: &str,
    idle_limit: Duration,
    now: UnixMs,
) -> Result<Option<(session::Model, user::Model)>, StoreError> {
    let Some(session) = session::Entity::find_by_id(id_hash)
        .filter(session::Column::ExpiresAt.gt(now.to_datetime()))
        .filter(session::Column::LastSeenAt.gt(now.minus(idle_limit).to_datetime()))
        .one(conn)
        .await
        .map_err(StoreError::during("read a session"))?
    else {
        return Ok(None);
    };
    let user = super::users::by_id(conn, session.user_id).await?;
    Ok(user
        .filter(|user| user.is_active)
        .map(|user| (session, user)))
}

/// Those of `hashes` whose sessions [`find`] would find; in few statements, however many there are.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn living(
    conn: &impl ConnectionTrait,
    hashes: &[String],
    idle_limit: Duration,
    now: UnixMs,
) -> Result<HashSet<String>, StoreError> {
    let mut living = HashSet::with_capacity(hashes.len());
    for chunk in hashes.chunks(HASHES) {
        let active = user::Entity::find()
            .select_only()
            .column(user::Column::Id)
            .filter(user::Column::IsActive.eq(true))
            .into_query();
        let found: Vec<String> = session::Entity::find()
            .select_only()
            .column(session::Column::IdHash)
            .filter(session::Column::IdHash.is_in(chunk))
            .filter(session::Column::ExpiresAt.gt(now.to_datetime()))
            .filter(session::Column::LastSeenAt.gt(now.minus(idle_limit).to_datetime()))
            .filter(session::Column::UserId.in_subquery(active))
            .into_tuple()
            .all(conn)
            .await
            .map_err(StoreError::during("read sessions"))?;
        living.extend(found);
    }
    Ok(living)
}

/// Notes that a session is in use; writes at most once a minute.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn touch(
    conn: &impl ConnectionTrait,
    session: &session::Model,
    now: UnixMs,
) -> Result<(), StoreError> {
    let stale = now.minus(TOUCH_EVERY).to_datetime();
    if session.last_seen_at > stale {
        return Ok(());
    }
    // Once more in the statement: requests that come together read the same row.
    session::Entity::update_many()
        .col_expr(session::Column::LastSeenAt, Expr::value(now.to_datetime()))
        .filter(session::Column::IdHash.eq(&session.id_hash))
        .filter(session::Column::LastSeenAt.lte(stale))
        .exec(conn)
        .await
        .map_err(StoreError::during("touch a session"))?;
    Ok(())
}

/// A user's sessions, last used first.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn of_user(
    conn: &impl ConnectionTrait,
    user_id: i64,
    now: UnixMs,
) -> Result<Vec<session::Model>, StoreError> {
    session::Entity::find()
        .filter(session::Column::UserId.eq(user_id))
        .filter(session::Column::ExpiresAt.gt(now.to_datetime()))
        .order_by_desc(session::Column::LastSeenAt)
        .order_by_asc(session::Column::IdHash)
        .all(conn)
        .await
        .map_err(StoreError::during("read a user's sessions"))
}

/// Ends one session of a user; whether there was one.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn delete(
    conn: &impl ConnectionTrait,
    user_id: i64,
    id_hash: &str,
) -> Result<bool, StoreError> {
    let deleted = session::Entity::delete_many()
        .filter(session::Column::IdHash.eq(id_hash))
        .filter(session::Column::UserId.eq(user_id))
        .exec(conn)
        .await
        .map_err(StoreError::during("end a session"))?;
    Ok(deleted.rows_affected > 0)
}

/// Ends all sessions of a user but `keep`; how many.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn delete_others(
    conn: &impl ConnectionTrait,
    user_id: i64,
    keep: Option<&str>,
) -> Result<u64, StoreError> {
    let mut delete = session::Entity::delete_many().filter(session::Column::UserId.eq(user_id));
    if let Some(keep) = keep {
        delete = delete.filter(session::Column::IdHash.ne(keep));
    }
    let deleted = delete
        .exec(conn)
        .await
        .map_err(StoreError::during("end a user's other sessions"))?;
    Ok(deleted.rows_affected)
}

/// Removes sessions that are over; how many. They stopped working by themselves.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn expire(
    conn: &impl ConnectionTrait,
    idle_limit: Duration,
    now: UnixMs,
) -> Result<u64, StoreError> {
    let over = Condition::any()
        .add(session::Column::ExpiresAt.lte(now.to_datetime()))
        .add(session::Column::LastSeenAt.lte(now.minus(idle_limit).to_datetime()));
    let deleted = session::Entity::delete_many()
        .filter(over)
        .exec(conn)
        .await
        .map_err(StoreError::during("remove old sessions"))?;
    Ok(deleted.rows_affected)
}
