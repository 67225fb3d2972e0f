//! Pages of a list, by key: a row that appears or vanishes meanwhile moves nothing else.
//!
//! A cursor holds the order it belongs to, the last row's value in it, and that row's id, which decides between equal
//! values. It is opaque, not secret: whoever makes one up gets another page of what they may read anyway.

use super::StoreError;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeZone, Utc};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    Condition, ConnectionTrait, EntityTrait, FromQueryResult, ModelTrait, Order, PaginatorTrait,
    QueryFilter, QueryOrder, QuerySelect, Select, Value,
};
use serde::{Deserialize, Serialize};

/// What a caller asks for.
#[derive(Debug, Clone, Default)]
pub struct PageRequest {
    /// Rows on the page, 1 to [`PageRequest::MAX`]; unset means [`PageRequest::DEFAULT`].
    pub limit: Option<u64>,
    /// [`Page::next_cursor`] of the page before; unset means from the start.
    pub cursor: Option<String>,
    /// Name of one of the list's orders, `-` in front turns it around; unset means the list's own.
    pub sort: Option<String>,
}

impl PageRequest {
    /// Most rows on one page.
    pub const MAX: u64 = 200;
    /// Rows on a page where nobody says.
    pub const DEFAULT: u64 = 50;
}

/// A page.
#[derive(Debug, Clone, PartialEq)]
pub struct Page<T> {
    /// Its rows.
    pub data: Vec<T>,
    /// For the next page; `None` on the last one.
    pub next_cursor: Option<String>,
    /// Rows on all pages.
    pub total: u64,
}

impl<T> Page<T> {
    /// The same page of something else.
    pub fn map<U>(self, each: impl FnMut(T) -> U) -> Page<U> {
        Page {
            data: self.data.into_iter().map(each).collect(),
            next_cursor: self.next_cursor,
            total: self.total,
        }
    }
}

/// An order that a list can be read in.
#[derive(Debug)]
pub struct SortBy<M> {
    /// As in [`PageRequest::sort`].
    pub name: &'static str,
    /// What the database sorts by.
    pub by: fn() -> Expr,
    /// The same of a row.
    pub value: fn(&M) -> SortValue,
}

/// A row's value in an order. Nothing sorts before everything, as on both databases.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum SortValue {
    /// Nothing.
    #[serde(rename = "n")]
    Null,
    /// A whole number.
    #[serde(rename = "i")]
    Int(i64),
    /// The bits of another number: its decimal spelling might not come back as the same number.
    #[serde(rename = "f")]
    Float(u64),
    /// Text.
    #[serde(rename = "s")]
    Text(String),
    /// A time, in milliseconds.
    #[serde(rename = "t")]
    Time(i64),
}

impl From<i64> for SortValue {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl From<f64> for SortValue {
    fn from(value: f64) -> Self {
        Self::Float(value.to_bits())
    }
}

impl From<&str> for SortValue {
    fn from(value: &str) -> Self {
        Self::Text(value.to_owned())
    }
}

impl From<DateTime<Utc>> for SortValue {
    fn from(value: DateTime<Utc>) -> Self {
        Self::Time(value.timestamp_millis())
    }
}

impl<T: Into<Self>> From<Option<T>> for SortValue {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

impl SortValue {
    /// As a bound value; `None` for [`SortValue::Null`].
    fn bound(&self) -> Option<Value> {
        Some(match self {
            Self::Null => return None,
            Self::Int(n) => (*n).into(),
            Self::Float(bits) => f64::from_bits(*bits).into(),
            Self::Text(text) => text.as_str().into(),
            Self::Time(ms) => Utc.timestamp_millis_opt(*ms).single().into(),
        })
    }
}

#[derive(Serialize, Deserialize)]
struct Cursor {
    sort: String,
    value: SortValue,
    id: i64,
}

/// Reads one page of `select`.
///
/// `orders` are those the caller may name, `default` the name used otherwise (`-` turns it around); `id` is the row id.
///
/// # Errors
/// [`StoreError::Refused`] for a size, order or cursor that cannot be; [`StoreError::Query`].
pub async fn page<E>(
    conn: &impl ConnectionTrait,
    select: Select<E>,
    request: &PageRequest,
    orders: &[SortBy<E::Model>],
    default: &str,
    id: E::Column,
) -> Result<Page<E::Model>, StoreError>
where
    E: EntityTrait,
    E::Model: Send + Sync,
{
    page_as(
        conn,
        select,
        request,
        orders,
        default,
        (id, |row| row_id(row, id)),
    )
    .await
}

/// As [`page`], of rows that hold more than their entity's columns, such as what was joined; `id` says which column
/// the row id is and where it stands in the row.
///
/// # Errors
/// As [`page`].
pub async fn page_as<E, M>(
    conn: &impl ConnectionTrait,
    select: Select<E>,
    request: &PageRequest,
    orders: &[SortBy<M>],
    default: &str,
    (id, id_of): (E::Column, impl Fn(&M) -> i64),
) -> Result<Page<M>, StoreError>
where
    E: EntityTrait,
    E::Model: Send + Sync,
    M: FromQueryResult + Send + Sync,
{
    let limit = request.limit.unwrap_or(PageRequest::DEFAULT);
    if !(1..=PageRequest::MAX).contains(&limit) {
        let reason = format!("must be 1 to {}", PageRequest::MAX);
        return Err(StoreError::refused("limit", reason));
    }
    let sort = request.sort.as_deref().unwrap_or(default);
    let (name, order) = match sort.strip_prefix('-') {
        Some(name) => (name, Order::Desc),
        None => (sort, Order::Asc),
    };
    let Some(by) = orders.iter().find(|order| order.name == name) else {
        let names: Vec<&str> = orders.iter().map(|order| order.name).collect();
        let reason = format!(
            "must be one of {}, - in front turns it around",
            names.join(", ")
        );
        return Err(StoreError::refused("sort", reason));
    };
    let total = select
        .clone()
        .count(conn)
        .await
        .map_err(StoreError::during("count the rows of a list"))?;
    let id_expr = || Expr::col((E::default(), id));
    let mut rows = select;
    if let Some(cursor) = request.cursor.as_deref().filter(|c| !c.is_empty()) {
        let cursor = open(cursor, sort)
            .ok_or_else(|| StoreError::refused("cursor", "is not of this list in this order"))?;
        rows = rows.filter(after(&cursor, &order, &(by.by)(), &id_expr()));
    }
    let mut data = rows
        .order_by((by.by)(), order.clone())
        .order_by(id_expr(), order)
        .limit(limit + 1)
        .into_model::<M>()
        .all(conn)
        .await
        .map_err(StoreError::during("read a page of a list"))?;
    let more = data.len() as u64 > limit;
    data.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    let next_cursor = data.last().filter(|_| more).map(|row| {
        seal(&Cursor {
            sort: sort.to_owned(),
            value: (by.value)(row),
            id: id_of(row),
        })
    });
    Ok(Page {
        data,
        next_cursor,
        total,
    })
}

fn row_id<M: ModelTrait>(row: &M, id: <M::Entity as EntityTrait>::Column) -> i64 {
    match row.get(id) {
        Value::BigInt(Some(id)) => id,
        // Row ids are BIGINT in every table.
        _ => 0,
    }
}

/// The rows behind a cursor. Nothing sorts first, so that it comes last where the order is turned around.
fn after(cursor: &Cursor, order: &Order, by: &Expr, id: &Expr) -> Condition {
    let ascending = *order == Order::Asc;
    let next_id = if ascending {
        id.clone().gt(cursor.id)
    } else {
        id.clone().lt(cursor.id)
    };
    let Some(value) = cursor.value.bound() else {
        let same = Condition::all().add(by.clone().is_null()).add(next_id);
        return if ascending {
            Condition::any().add(same).add(by.clone().is_not_null())
        } else {
            same
        };
    };
    let same = Condition::all()
        .add(by.clone().eq(value.clone()))
        .add(next_id);
    let beyond = Condition::any().add(same);
    if ascending {
        beyond.add(by.clone().gt(value))
    } else {
        beyond.add(by.clone().lt(value)).add(by.clone().is_null())
    }
}

fn seal(cursor: &Cursor) -> String {
    // Strings and integers alone: this cannot fail, and an empty cursor would only be refused.
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(cursor).unwrap_or_default())
}

fn open(text: &str, sort: &str) -> Option<Cursor> {
    let json = URL_SAFE_NO_PAD.decode(text).ok()?;
    let cursor: Cursor = serde_json::from_slice(&json).ok()?;
    (cursor.sort == sort).then_some(cursor)
}
