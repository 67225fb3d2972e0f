//! `/api/wall` and `/api/wall-tokens`: a screen on a wall, and what lets it in.
//!
//! A screen shows how the fleet is to whoever walks by, so its answer holds nothing of persons: no account, log-in,
//! mailbox, or address of somebody. Titles of incidents may hold such, and are not told; what is wrong is said by the
//! detector's name and, where that is a mount or a service, by its subject.

pub mod board;
pub mod tokens;
