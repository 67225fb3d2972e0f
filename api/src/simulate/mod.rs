//! A fleet that does not exist: realistic payloads of every kind from a seed, trouble to order, and clients that post
//! them.
//!
//! * [`Fleet`]: pure; what each server would measure at any instant. The same seed gives the same fleet and the same
//!   values, whoever asks, when and in whatever order; nothing here reads a clock.
//! * [`Fault`]: what goes wrong on one server for some time; [`Script`] makes them of a file, with the [`Truth`] of
//!   what happened to hold verdicts against.
//! * [`Reporter`]: an agent over time: ticks, spool, goodbye. [`Playback`]: all of a fleet's requests in order.
//! * [`Agent`]: numbers payloads and writes request bodies.
//! * [`client`]: enrols and posts over kept connections. [`run`]: live, filling in the past, load, drain, files.
//!
//! Counters have a closed form (see `rhythm`), everything else is noise that depends on its coordinates: so a month of
//! a large fleet is made as fast as it is written, in parts and in parallel, and is the same bytes each time.

mod calendar;
pub mod client;
mod fault;
mod fleet;
mod host;
mod kinds;
mod noise;
mod playback;
mod reporter;
mod rhythm;
pub mod run;
mod script;
#[cfg(test)]
mod tests;
mod wire;

pub use fault::{Fault, FaultKind, MailBurst, Newsletter, NewsletterDay};
pub use fleet::{Fleet, Since};
pub use host::Role;
pub use playback::Playback;
pub use reporter::{Outgoing, Reporter};
pub use script::{Expect, Plan, Script, ScriptError, Stage, Truth};
pub use wire::{Agent, Numbered, PayloadId, Said, write_batch};

/// The name of a server by its number: `<prefix>-001` is the first.
#[must_use]
pub fn host_name(prefix: &str, server: u32) -> String {
    format!("{prefix}-{:03}", server + 1)
}
