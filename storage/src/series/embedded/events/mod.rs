//! Events: rows of text by day, and what finds them.
//!
//! The keyspace of a day holds, for each row,
//!
//! ```text
//! row    = 0, table, place                          -> cells of all columns
//! lookup = 1, table, lookup, hash of value, place   -> cells of the columns it carries
//! place  = time, server, key of the row
//! ```
//!
//! Lookup 0 is the server itself. All keys of a row are put in one batch, and a lookup's column is part of the row's
//! key, so writing a row again replaces all of them: a lookup never leads to a row that does not answer it. Places sort
//! by time, so any prefix read backwards is newest first, and several of them merge into one list.

mod cells;
mod count;
mod keys;
mod read;
mod write;

pub use write::EventBatch;
