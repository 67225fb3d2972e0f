//! Each baseline beside a version that keeps everything and looks through all of it.

mod daily;
mod hour_of_day;
mod pattern;
mod ring;
mod server;

use super::id::SubjectId;
use noc_pipeline::clock::UnixMs;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A Monday in March, 00:00 UTC.
const START: UnixMs = UnixMs(1_772_409_600_000);
const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;

fn start_hour() -> u32 {
    super::hour_number(START).unwrap()
}

fn at(ms: i64) -> UnixMs {
    UnixMs(START.0 + ms)
}

fn id(n: u32) -> SubjectId {
    SubjectId::of(&format!("login:user{n}@customer.example"))
}

fn packed_and_back<T: Serialize + DeserializeOwned>(value: &T) -> T {
    postcard::from_bytes(&postcard::to_stdvec(value).unwrap()).unwrap()
}
