//! The way in and out: what agents post, what people read and decide, what the page shows live; and the binary `noc`.
//!
//! * [`ingest`], [`agent_files`]: agents.
//! * [`router`]: every route of the API with who may call it; [`auth`] finds out who calls, [`resources`] answers.
//! * [`live`]: events for open pages. [`dashboard`]: the page itself. [`openapi`]: what all of it looks like.
//! * [`error`], [`http`], [`state`]: what the handlers share.
//! * [`serve`] starts all of it, as [`config`] says; [`cli`] are the commands; [`health`] and [`metrics`] tell how it
//!   goes.
//! * [`simulate`]: a fleet that does not exist, for benches, tests and the demo.

pub mod agent_files;
pub mod auth;
pub mod cli;
pub mod config;
mod control;
pub mod dashboard;
pub mod error;
pub mod health;
pub mod http;
pub mod ingest;
pub mod live;
pub mod metrics;
pub mod openapi;
pub mod resources;
pub mod router;
pub mod serve;
pub mod simulate;
pub mod state;
mod transaction;

#[cfg(test)]
mod tests;
