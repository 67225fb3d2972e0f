//! What an agent says, and the log it is kept in.
//!
//! * [`payload`]: the registry of payload kinds; one file a kind.
//! * [`record`]: what stands in the log: payloads, heartbeats, control records.
//! * [`log`], [`snapshot`], [`live`], [`dead_letter`]: the four contracts, each with an embedded back end in
//!   [`embedded`] and, from the contract's point of view, any number of others.
//! * [`clock`]: the only place that reads a clock or sleeps.

pub mod clock;
pub mod control;
pub mod dead_letter;
pub mod embedded;
pub mod id;
pub mod live;
pub mod log;
pub mod payload;
pub mod record;
pub mod snapshot;

#[cfg(feature = "contract")]
pub mod contract;
