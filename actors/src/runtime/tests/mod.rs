//! The actors' side as a whole, on the embedded parts: records in, exactly these incidents out.
//!
//! Records are appended by hand and time is a manual clock; heartbeats are what lets it pass. Everything runs on the
//! test's own thread.

mod ends;
mod facts;
mod faults;
pub(crate) mod house;
mod identity;
mod nodes;
mod restart;
mod stories;
mod test_send;
