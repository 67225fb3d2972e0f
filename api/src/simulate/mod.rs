//! A fleet that does not exist: realistic payloads from a seed, and a client that posts them.
//!
//! * [`Fleet`]: pure; what each server would measure at any instant, injected [`Fault`]s included.
//! * [`Agent`]: one simulated agent's run: numbers its payloads and writes request bodies.
//! * [`client`]: enrols and posts over kept connections, and keeps a list of what was acknowledged.
//!
//! The same seed gives the same fleet and the same values, whoever asks and in whatever order.

pub mod client;
mod fault;
mod fleet;
mod host;
mod noise;
mod wire;

pub use fault::{Fault, FaultKind};
pub use fleet::Fleet;
pub use wire::{Agent, PayloadId};
