//! Incidents: from verdicts to rows.
//!
//! * [`lifecycle`] decides, from what is remembered and one verdict: open, touch, rise, resolve, reopen, or nothing
//!   and why. Pure.
//! * [`open`] stores the decisions of one log record in one transaction, once, together with the timeline and the
//!   execution that will page: a crash before the commit leaves nothing, a crash after it leaves everything, and
//!   the repeat of the record finds the server's cursor beyond it and changes nothing.
//! * [`fleet`] does the same for what concerns no single server.
//! * [`group`] puts together what is one trouble to people.
//! * [`actions`] is what people do to incidents, [`cases`] what they decide about mail abuse, [`routing`] whom a rule tells,
//!   [`grade`] how bad it finds it, [`tell`] whom it would tell. [`link`] is acknowledging by the link in a message.
//!
//! The state decides without reading the database; the database refuses what would break the rules anyway: a
//! unique `open_key` holds at most one open incident a key.

pub mod actions;
pub mod cases;
pub mod fleet;
pub mod grade;
pub mod group;
pub mod lifecycle;
pub mod link;
pub mod open;
pub mod routing;
pub mod tell;
