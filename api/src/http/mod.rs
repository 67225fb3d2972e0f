//! How a request is read: bodies, queries, ids, pages of a list, the client's address.
//!
//! Everything here refuses with the one error envelope, and names the field that is wrong.

mod client;
pub mod headers;
mod id;
mod json;
mod page;
mod query;
mod shown;

pub use client::{ClientAddress, has_forwarding_headers};
pub use id::{Id, InnerId};
pub use json::{
    JSON_LIMIT_BYTES, Json, JsonOrForm, JsonOrNothing, Nullable, RawBody, SLOWEST_BODY, present,
};
pub use page::{List, Meta, PageQuery};
pub use query::{Query, names};
pub use shown::{Shown, masked};
