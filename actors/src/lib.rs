//! What is decided: one actor per server with its detectors, incidents, escalation, notification.

mod consumer;
pub mod control;
pub mod detect;
pub mod escalation;
pub mod facts;
pub mod incident;
pub mod log_identity;
pub mod notify;
mod ownership;
mod partition_actor;
mod parts;
pub mod runtime;
pub mod server_actor;
pub mod state;

pub use parts::Parts;
