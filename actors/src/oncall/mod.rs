//! Who is on duty.
//!
//! * [`wall_clock`] turns a local time into an instant, also where clocks change.
//! * [`rotation`] is whose turn it is; [`roster`] adds who stands in for whom, and answers who is on duty at a time, who
//!   will be, and when nobody is. All of it is a plain function of what is written down and the time: nothing of a
//!   roster is stored, so an edit, a missed minute or a node that was away can leave nothing behind that is wrong.
//! * [`load`] reads it; [`on_duty`] is what the role `oncall` means at a moment.
//! * [`handoff`] tells whoever comes on duty, once, whatever the number of nodes.

pub mod handoff;
mod load;
pub mod roster;
pub mod rotation;
#[cfg(test)]
mod tests;
pub mod wall_clock;

pub use load::{OnDuty, Schedules, assemble, load, on_duty};
pub use roster::{Duty, Gap, Schedule, Shift, StandIn};
pub use rotation::{Every, Rotation, Turn};

use std::time::Duration;

/// How far ahead gaps are looked for, and the next hand-off: 8 weeks.
pub const AHEAD: Duration = Duration::from_secs(8 * 7 * 24 * 3_600);
