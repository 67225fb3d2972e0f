//! Accounts. E-mail addresses are kept in lower case, so that a person has one account however it is typed.

use super::entity::user;
use super::page::{Page, PageRequest, SortBy, page};
use super::{StoreError, key_text};
use noc_pipeline::clock::UnixMs;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel,
    PaginatorTrait, QueryFilter, QueryOrder, sea_query::Expr,
};

/// The role that may do everything.
pub const ADMIN: &str = "admin";

/// An account to add.
#[derive(Debug, Clone)]
pub struct NewUser {
    /// Kept in lower case, without space around it.
    pub email: String,
    /// Shown.
    pub name: String,
    /// Argon2id, PHC string.
    pub password_hash: String,
    /// `admin`, `operator`, `oncall` or `viewer`.
    pub role: String,
    /// Nothing but changing the password works before that is done.
    pub must_change_password: bool,
}

/// What may be changed; `None` leaves it.
#[derive(Debug, Clone, Default)]
pub struct UserPatch {
    /// E-mail address.
    pub email: Option<String>,
    /// Shown.
    pub name: Option<String>,
    /// Role.
    pub role: Option<String>,
    /// False: may not sign in, is never told anything.
    pub is_active: Option<bool>,
}

/// The one spelling of an address under which an account is kept.
#[must_use]
pub fn normalise_email(email: &str) -> String {
    email.trim().to_lowercase()
}

/// Adds an account.
///
/// # Errors
/// [`StoreError::Refused`] for an address or name of no or over 190 characters; [`StoreError::Conflict`] if the address
/// has an account; [`StoreError::Query`].
pub async fn create(
    conn: &impl ConnectionTrait,
    new: NewUser,
    now: UnixMs,
) -> Result<user::Model, StoreError> {
    let email = normalise_email(&new.email);
    key_text("email", &email)?;
    key_text("name", &new.name)?;
    let row = user::ActiveModel {
        email: Set(email.clone()),
        name: Set(new.name),
        password_hash: Set(new.password_hash),
        role: Set(new.role),
        must_change_password: Set(new.must_change_password),
        is_active: Set(true),
        created_at: Set(now.to_datetime()),
        updated_at: Set(now.to_datetime()),
        ..Default::default()
    };
    row.insert(conn)
        .await
        .map_err(StoreError::inserting("create a user", "user", email))
}

/// Adds the first account, an admin, unless there is any. `None` if there is, or another node was quicker.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn seed_admin(
    conn: &impl ConnectionTrait,
    email: &str,
    password_hash: &str,
    must_change_password: bool,
    now: UnixMs,
) -> Result<Option<user::Model>, StoreError> {
    let present = user::Entity::find()
        .count(conn)
        .await
        .map_err(StoreError::during("count the users"))?;
    if present > 0 {
        return Ok(None);
    }
    let new = NewUser {
        email: email.to_owned(),
        name: "Administrator".to_owned(),
        password_hash: password_hash.to_owned(),
        role: ADMIN.to_owned(),
        must_change_password,
    };
    match create(conn, new, now).await {
        Ok(user) => Ok(Some(user)),
        Err(StoreError::Conflict { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The account with this id.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn by_id(
    conn: &impl ConnectionTrait,
    id: i64,
) -> Result<Option<user::Model>, StoreError> {
    user::Entity::find_by_id(id)
        .one(conn)
        .await
        .map_err(StoreError::during("read a user"))
}

/// The account of this address, in any spelling.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn by_email(
    conn: &impl ConnectionTrait,
    email: &str,
) -> Result<Option<user::Model>, StoreError> {
    user::Entity::find()
        .filter(user::Column::Email.eq(normalise_email(email)))
        .one(conn)
        .await
        .map_err(StoreError::during("read a user by e-mail"))
}

/// Active accounts of this role, by id: whom a role means when somebody is told.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn with_role(
    conn: &impl ConnectionTrait,
    role: &str,
) -> Result<Vec<user::Model>, StoreError> {
    user::Entity::find()
        .filter(user::Column::Role.eq(role))
        .filter(user::Column::IsActive.eq(true))
        .order_by_asc(user::Column::Id)
        .all(conn)
        .await
        .map_err(StoreError::during("read the users of a role"))
}

/// The orders of [`list`]; the default is `name`.
pub const SORTS: &[SortBy<user::Model>] = &[
    SortBy {
        name: "name",
        by: || Expr::col((user::Entity, user::Column::Name)),
        value: |row| row.name.as_str().into(),
    },
    SortBy {
        name: "email",
        by: || Expr::col((user::Entity, user::Column::Email)),
        value: |row| row.email.as_str().into(),
    },
    SortBy {
        name: "last_login_at",
        by: || Expr::col((user::Entity, user::Column::LastLoginAt)),
        value: |row| row.last_login_at.into(),
    },
];

/// A page of all accounts.
///
/// # Errors
/// [`StoreError::Refused`] for a page that cannot be; [`StoreError::Query`].
pub async fn list(
    conn: &impl ConnectionTrait,
    request: &PageRequest,
) -> Result<Page<user::Model>, StoreError> {
    let id = user::Column::Id;
    page(conn, user::Entity::find(), request, SORTS, "name", id).await
}

/// Changes an account.
///
/// # Errors
/// [`StoreError::NotFound`]; [`StoreError::Refused`] or [`StoreError::Conflict`] as in [`create`];
/// [`StoreError::Query`].
pub async fn update(
    conn: &impl ConnectionTrait,
    id: i64,
    patch: UserPatch,
    now: UnixMs,
) -> Result<user::Model, StoreError> {
    let mut row = required(conn, id).await?.into_active_model();
    let email = patch.email.as_deref().map(normalise_email);
    if let Some(email) = email.clone() {
        key_text("email", &email)?;
        row.email = Set(email);
    }
    if let Some(name) = patch.name {
        key_text("name", &name)?;
        row.name = Set(name);
    }
    if let Some(role) = patch.role {
        row.role = Set(role);
    }
    if let Some(is_active) = patch.is_active {
        row.is_active = Set(is_active);
    }
    row.updated_at = Set(now.to_datetime());
    row.update(conn).await.map_err(StoreError::inserting(
        "change a user",
        "user",
        email.unwrap_or_default(),
    ))
}

/// Sets a password's hash, and whether it must be changed before anything else.
///
/// # Errors
/// [`StoreError::NotFound`]; [`StoreError::Query`].
pub async fn set_password(
    conn: &impl ConnectionTrait,
    id: i64,
    password_hash: &str,
    must_change_password: bool,
    now: UnixMs,
) -> Result<user::Model, StoreError> {
    let mut row = required(conn, id).await?.into_active_model();
    row.password_hash = Set(password_hash.to_owned());
    row.must_change_password = Set(must_change_password);
    row.updated_at = Set(now.to_datetime());
    row.update(conn)
        .await
        .map_err(StoreError::during("set a password"))
}

/// Notes a successful login.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn logged_in(
    conn: &impl ConnectionTrait,
    id: i64,
    now: UnixMs,
) -> Result<(), StoreError> {
    user::Entity::update_many()
        .col_expr(user::Column::LastLoginAt, Expr::value(now.to_datetime()))
        .filter(user::Column::Id.eq(id))
        .exec(conn)
        .await
        .map_err(StoreError::during("note a login"))?;
    Ok(())
}

/// Deletes an account and its sessions.
///
/// # Errors
/// [`StoreError::NotFound`]; [`StoreError::Query`].
pub async fn delete(conn: &impl ConnectionTrait, id: i64) -> Result<(), StoreError> {
    let deleted = user::Entity::delete_by_id(id)
        .exec(conn)
        .await
        .map_err(StoreError::deleting("delete a user", "user", id))?;
    if deleted.rows_affected == 0 {
        return Err(StoreError::not_found("user", id));
    }
    Ok(())
}

async fn required(conn: &impl ConnectionTrait, id: i64) -> Result<user::Model, StoreError> {
    by_id(conn, id)
        .await?
        .ok_or_else(|| StoreError::not_found("user", id))
}
