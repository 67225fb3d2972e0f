//! Counters of a program: what came together since its start, by the crowd's rhythm, and never back.

use super::View;
use crate::simulate::calendar::MINUTE_MS;
use crate::simulate::noise::whole;
use noc_pipeline::clock::UnixMs;

/// Least rate of any crowd, of which a part may be moved from minute to minute without going back.
const LEAST_RATE: f64 = 0.04;

/// Of something that happens `per_hour` times in an hour of rate 1, since `start`.
pub(super) fn count(view: &View<'_>, what: u64, per_hour: f64, start: UnixMs) -> u64 {
    let hours = view.host.crowd.hours(start, view.at);
    // No two minutes are alike. What is added before is not added after.
    let most = per_hour / 60.0 * LEAST_RATE * 0.9;
    let early = view.host.noise.drift(what, view.at.0, MINUTE_MS) * most;
    whole((hours * per_hour + early).floor())
}
