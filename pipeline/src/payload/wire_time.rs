//! Times inside payloads: RFC 3339 on the wire and in the log, [`UnixMs`] in the structs.
//!
//! For `#[serde(with = "wire_time")]`, and `wire_time::option` for times that may be absent.

use crate::clock::UnixMs;
use chrono::DateTime;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serializer};

/// What a time must be, for the list of errors.
pub(super) const TIME: &str = "a time such as 2026-05-07T12:34:56Z";

/// 0001-01-01 and the last millisecond of 9999: what is read must be written with four digits of a year.
const YEARS: std::ops::RangeInclusive<i64> = -62_135_596_800_000..=253_402_300_799_999;

/// Reads a time of whole milliseconds; more digits are cut off.
pub(super) fn parse(text: &str) -> Option<UnixMs> {
    let at = DateTime::parse_from_rfc3339(text).ok()?;
    Some(UnixMs(at.timestamp_millis())).filter(|at| YEARS.contains(&at.0))
}

pub(super) fn serialize<S: Serializer>(at: &UnixMs, out: S) -> Result<S::Ok, S::Error> {
    out.collect_str(at)
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<UnixMs, D::Error> {
    let text = String::deserialize(from)?;
    parse(&text).ok_or_else(|| D::Error::custom(format!("must be {TIME}")))
}

pub(super) mod option {
    use super::{Deserialize, Deserializer, Error, Serializer, TIME, UnixMs, parse};

    pub fn serialize<S: Serializer>(at: &Option<UnixMs>, out: S) -> Result<S::Ok, S::Error> {
        match at {
            Some(at) => out.collect_str(at),
            None => out.serialize_none(),
        }
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<UnixMs>, D::Error> {
        let Some(text) = Option::<String>::deserialize(from)? else {
            return Ok(None);
        };
        let at = parse(&text).ok_or_else(|| D::Error::custom(format!("must be {TIME}")))?;
        Ok(Some(at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn times_with_an_offset_or_a_fraction_are_read() {
        assert_eq!(parse("1970-01-01T06:00:01.5+06:00"), Some(UnixMs(1_500)));
        assert_eq!(parse("2026-05-07 12:34:56"), None);
        assert_eq!(parse("1778155200"), None);
    }

    #[test]
    fn a_year_that_could_not_be_written_again_is_refused() {
        assert_eq!(parse("0000-06-01T00:00:00Z"), None);
        assert_eq!(parse("0001-01-01T00:00:00+00:01"), None);
        assert_eq!(parse("9999-12-31T23:59:59-00:01"), None);
        assert_eq!(
            parse("9999-12-31T23:59:59.9999Z"),
            Some(UnixMs(*YEARS.end()))
        );
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(at in YEARS) {
            prop_assert_eq!(parse(&UnixMs(at).to_string()), Some(UnixMs(at)));
        }
    }
}
