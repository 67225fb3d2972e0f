//! Live events for open pages, in Pusher protocol 7 as Laravel Reverb speaks it, so that `pusher-js` works unchanged.
//!
//! `GET /app/{key}` opens a connection ([`socket`]); `POST /broadcasting/auth` signs which channels a signed-in page
//! may hear ([`authorize`]); the [`hub`] knows who hears what; the [`feed`] turns events of the bus into bodies, each
//! rendered once and only while somebody hears it.
//!
//! A signature names the session it was given for, so a subscription ends with that session on whichever node the
//! connection lives. A reader that is too slow loses its connection, never the others their events. Losing an event
//! costs a moment's staleness: a page that reconnects reads everything anew.

pub mod authorize;
mod channel;
pub mod feed;
pub mod hub;
mod protocol;
pub mod runtime_config;
pub mod socket;

pub use channel::Channel;
