//! Ways to play a fleet: against a running service, or into a file.
//!
//! | way | simulated time | what is stamped |
//! |---|---|---|
//! | [`live`] | the real one | now |
//! | [`live`] with a start in the past | from there, as fast as asked, until it has caught up; then the real one | the simulated time: late data, which fill charts and baselines and are not judged |
//! | [`live`] of a fleet [`with_speed`](super::Fleet::with_speed) | the real one; people and scripts run faster | now |
//! | [`load`] | minutes as fast as the service takes them | now |
//! | [`drain`] | the real one, with a spool of the time before | the simulated time |
//! | [`offline`] | any, without waiting | the simulated time |
//!
//! `sent_at` is always the time of sending by the agent's clock, so only a script's skew is seen as one.

pub mod drain;
mod histogram;
pub mod live;
pub mod load;
pub mod offline;
mod tally;

pub use histogram::Histogram;
pub use tally::Tally;
