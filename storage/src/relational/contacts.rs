//! `contacts`: addresses at which people are told personally, and the codes that prove whose they are.
//!
//! Of a code only the hash is kept: it is made when its message leaves, and the next one voids it. A contact counts
//! once its owner has entered the code; an address that is a secret itself is sealed with the field key.

use super::StoreError;
use super::entity::contact::{ActiveModel, Column, Entity, Model};
use crate::secrets::FieldKey;
use noc_pipeline::clock::UnixMs;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ActiveValue::Unchanged, ColumnTrait, ConnectionTrait,
    EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
};

const TABLE: &str = "contacts";
const SECRET: &str = "secret";

/// An address to add; nobody has proved yet that it is theirs.
#[derive(Debug, Clone)]
pub struct NewContact {
    /// Whose.
    pub user_id: i64,
    /// Channel key.
    pub channel: String,
    /// As shown, at most 255 characters.
    pub address: String,
    /// Normalised, at most 190 characters.
    pub address_key: String,
    /// The address itself, where it is a secret.
    pub secret: Option<String>,
}

/// Adds an address.
///
/// # Errors
/// [`StoreError::Conflict`] if the person has it already; [`StoreError::Secret`]; [`StoreError::Query`].
pub async fn create(
    conn: &impl ConnectionTrait,
    key: &FieldKey,
    new: NewContact,
    now: UnixMs,
) -> Result<Model, StoreError> {
    let place = place(new.user_id, &new.address_key);
    let secret = new
        .secret
        .map(|secret| key.encrypt(TABLE, &place, SECRET, secret.as_bytes()))
        .transpose()
        .map_err(|source| StoreError::Secret {
            what: "contact",
            id: place.clone(),
            source,
        })?;
    let row = ActiveModel {
        user_id: Set(new.user_id),
        channel: Set(new.channel),
        address: Set(new.address),
        address_key: Set(new.address_key),
        secret: Set(secret),
        code_tries: Set(0),
        created_at: Set(now.to_datetime()),
        ..Default::default()
    };
    row.insert(conn)
        .await
        .map_err(StoreError::inserting("add a contact", "contact", place))
}

/// Where a sealed address belongs: an account and the address itself, since the row has no id before it is stored.
fn place(user_id: i64, address_key: &str) -> String {
    format!("{user_id}:{address_key}")
}

/// The address of a contact whose address is a secret; `None` where it is none.
///
/// # Errors
/// [`StoreError::Secret`] if it cannot be opened.
pub fn open_secret(key: &FieldKey, row: &Model) -> Result<Option<String>, StoreError> {
    let Some(sealed) = &row.secret else {
        return Ok(None);
    };
    let place = place(row.user_id, &row.address_key);
    let plain = key
        .decrypt(TABLE, &place, SECRET, sealed)
        .map_err(|source| StoreError::Secret {
            what: "contact",
            id: row.id.to_string(),
            source,
        })?;
    String::from_utf8(plain)
        .map(Some)
        .map_err(|_| StoreError::damaged("contact", row.id, "its secret is no text"))
}

/// A person's contacts, oldest first.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn of_user(conn: &impl ConnectionTrait, user_id: i64) -> Result<Vec<Model>, StoreError> {
    Entity::find()
        .filter(Column::UserId.eq(user_id))
        .order_by_asc(Column::Id)
        .all(conn)
        .await
        .map_err(StoreError::during("read a person's contacts"))
}

/// How many contacts a person has.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn count(conn: &impl ConnectionTrait, user_id: i64) -> Result<u64, StoreError> {
    Entity::find()
        .filter(Column::UserId.eq(user_id))
        .count(conn)
        .await
        .map_err(StoreError::during("count a person's contacts"))
}

/// Every contact whose owner has proved that it is theirs, oldest first.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn verified(conn: &impl ConnectionTrait) -> Result<Vec<Model>, StoreError> {
    Entity::find()
        .filter(Column::VerifiedAt.is_not_null())
        .order_by_asc(Column::Id)
        .all(conn)
        .await
        .map_err(StoreError::during("read verified contacts"))
}

/// A person's contact at this address.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn find(
    conn: &impl ConnectionTrait,
    user_id: i64,
    channel: &str,
    address_key: &str,
) -> Result<Option<Model>, StoreError> {
    Entity::find()
        .filter(Column::UserId.eq(user_id))
        .filter(Column::Channel.eq(channel))
        .filter(Column::AddressKey.eq(address_key))
        .one(conn)
        .await
        .map_err(StoreError::during("read a contact"))
}

/// The contact whose last code is in this message.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn of_code(
    conn: &impl ConnectionTrait,
    delivery_id: i64,
) -> Result<Option<Model>, StoreError> {
    Entity::find()
        .filter(Column::CodeDeliveryId.eq(delivery_id))
        .one(conn)
        .await
        .map_err(StoreError::during("read the contact of a code"))
}

/// Locks a person's contact until the transaction ends; `None` where it is not theirs, or gone.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn lock(
    tx: &impl ConnectionTrait,
    user_id: i64,
    id: i64,
) -> Result<Option<Model>, StoreError> {
    Entity::find_by_id(id)
        .filter(Column::UserId.eq(user_id))
        .lock_exclusive()
        .one(tx)
        .await
        .map_err(StoreError::during("lock a contact"))
}

/// Notes that a code was asked for; the last one no longer counts.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn code_asked(
    tx: &impl ConnectionTrait,
    id: i64,
    delivery_id: i64,
    now: UnixMs,
) -> Result<Model, StoreError> {
    let row = ActiveModel {
        id: Unchanged(id),
        code_hash: Set(None),
        code_expires_at: Set(None),
        code_tries: Set(0),
        code_asked_at: Set(Some(now.to_datetime())),
        code_delivery_id: Set(Some(delivery_id)),
        ..Default::default()
    };
    row.update(tx)
        .await
        .map_err(StoreError::during("ask for a contact's code"))
}

/// Notes a code that leaves in this message; false where the contact is gone, verified, or waits for another message.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn code_issued(
    conn: &impl ConnectionTrait,
    id: i64,
    delivery_id: i64,
    code_hash: &str,
    expires_at: UnixMs,
) -> Result<bool, StoreError> {
    let done = Entity::update_many()
        .set(ActiveModel {
            code_hash: Set(Some(code_hash.to_owned())),
            code_expires_at: Set(Some(expires_at.to_datetime())),
            code_tries: Set(0),
            ..Default::default()
        })
        .filter(Column::Id.eq(id))
        .filter(Column::CodeDeliveryId.eq(delivery_id))
        .filter(Column::VerifiedAt.is_null())
        .exec(conn)
        .await
        .map_err(StoreError::during("note a contact's code"))?;
    Ok(done.rows_affected == 1)
}

/// Notes a wrong try of a code.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn code_tried(tx: &impl ConnectionTrait, row: &Model) -> Result<Model, StoreError> {
    let row = ActiveModel {
        id: Unchanged(row.id),
        code_tries: Set(row.code_tries.saturating_add(1)),
        ..Default::default()
    };
    row.update(tx)
        .await
        .map_err(StoreError::during("note a try of a contact's code"))
}

/// Notes that a contact is its owner's.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn prove(
    tx: &impl ConnectionTrait,
    row: &Model,
    now: UnixMs,
) -> Result<Model, StoreError> {
    let row = ActiveModel {
        id: Unchanged(row.id),
        verified_at: Set(Some(now.to_datetime())),
        code_hash: Set(None),
        code_expires_at: Set(None),
        ..Default::default()
    };
    row.update(tx)
        .await
        .map_err(StoreError::during("verify a contact"))
}

/// Deletes a person's contact.
///
/// # Errors
/// [`StoreError::NotFound`], also for somebody else's; [`StoreError::Query`].
pub async fn delete(tx: &impl ConnectionTrait, user_id: i64, id: i64) -> Result<(), StoreError> {
    let deleted = Entity::delete_many()
        .filter(Column::Id.eq(id))
        .filter(Column::UserId.eq(user_id))
        .exec(tx)
        .await
        .map_err(StoreError::during("delete a contact"))?;
    if deleted.rows_affected == 0 {
        return Err(StoreError::not_found("contact", id));
    }
    Ok(())
}
