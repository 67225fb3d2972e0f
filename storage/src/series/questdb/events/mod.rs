//! Events: a table each, rows told apart by time, server and a hash of their key.
//!
//! No column but `ts` is indexed. Rows of one value are found by a scan of that column over the days asked for, which
//! QuestDB does at hundreds of millions of cells a second.

mod conditions;
mod count;
mod read;
pub mod write;
