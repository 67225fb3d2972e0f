//! What is decided: one actor per server with its detectors, incidents, escalation, notification.

pub mod backtest;
pub mod baseline;
mod causes;
mod consumer;
pub mod control;
mod crash_point;
pub mod detect;
pub mod escalation;
pub mod facts;
pub mod fleet;
pub mod incident;
pub mod log_identity;
pub mod maintenance;
pub mod notify;
pub mod oncall;
mod ownership;
mod partition_actor;
mod parts;
pub mod runtime;
pub mod server_actor;
pub mod state;

pub use parts::Parts;
