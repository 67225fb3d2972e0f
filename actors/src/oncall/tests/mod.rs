//! The rules of rotations and rosters; `zones` compares them with a clock that is watched minute by minute.

mod roster;
mod rotation;
mod zones;

use super::*;
use chrono::{DateTime, NaiveDate, NaiveTime};
use chrono_tz::Tz;
use noc_pipeline::clock::UnixMs;

fn at(text: &str) -> UnixMs {
    let parsed = DateTime::parse_from_rfc3339(text);
    parsed.unwrap_or_else(|_| panic!("{text}")).to_utc().into()
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn rotation(zone: Tz, every: Every, handoff: &str, starts_on: &str, members: &[i64]) -> Rotation {
    Rotation {
        zone,
        every,
        handoff: NaiveTime::parse_from_str(handoff, "%H:%M").unwrap(),
        starts_on: day(starts_on),
        members: members.to_vec(),
    }
}
