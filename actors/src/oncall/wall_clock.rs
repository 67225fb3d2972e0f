//! When a clock on the wall shows a time.

use chrono::{LocalResult, NaiveDateTime, TimeZone};
use chrono_tz::{GapInfo, Tz};
use noc_pipeline::clock::UnixMs;

/// The first instant at which the zone's wall clock shows `local` or more.
///
/// So a time that clocks skip is the first instant after, and one that they show twice is the first occurrence. A later
/// local time is never an earlier instant, which is what keeps shifts free of gaps and overlaps.
#[must_use]
pub fn instant(zone: Tz, local: NaiveDateTime) -> UnixMs {
    match zone.from_local_datetime(&local) {
        LocalResult::Single(at) => at.to_utc().into(),
        LocalResult::Ambiguous(one, other) => one.min(other).to_utc().into(),
        LocalResult::None => after_gap(zone, local),
    }
}

fn after_gap(zone: Tz, local: NaiveDateTime) -> UnixMs {
    GapInfo::new(&local, &zone)
        .and_then(|gap| gap.end)
        // Only at the ends of the calendar is there a gap without an end.
        .map_or_else(|| local.and_utc().into(), |end| end.to_utc().into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono_tz::Tz::{
        America__New_York as NEW_YORK, Asia__Dhaka as DHAKA, Australia__Lord_Howe as LORD_HOWE,
        Europe__Berlin as BERLIN, Pacific__Apia as APIA,
    };

    fn utc(zone: Tz, local: &str) -> String {
        let local = NaiveDateTime::parse_from_str(local, "%Y-%m-%d %H:%M").unwrap();
        instant(zone, local)
            .to_datetime()
            .format("%Y-%m-%d %H:%M")
            .to_string()
    }

    #[test]
    fn an_ordinary_time_is_itself() {
        assert_eq!(utc(DHAKA, "2026-05-07 09:00"), "2026-05-07 03:00");
        assert_eq!(utc(BERLIN, "2026-07-01 00:00"), "2026-06-30 22:00");
    }

    #[test]
    fn a_skipped_time_is_the_first_instant_after() {
        for local in ["2026-03-29 02:00", "2026-03-29 02:30", "2026-03-29 03:00"] {
            assert_eq!(utc(BERLIN, local), "2026-03-29 01:00", "{local}");
        }
        assert_eq!(utc(NEW_YORK, "2026-03-08 02:59"), "2026-03-08 07:00");
        // Half an hour is skipped.
        assert_eq!(utc(LORD_HOWE, "2026-10-04 02:15"), "2026-10-03 15:30");
        assert_eq!(utc(LORD_HOWE, "2026-10-04 02:30"), "2026-10-03 15:30");
        // A whole day.
        assert_eq!(utc(APIA, "2011-12-30 09:00"), "2011-12-30 10:00");
        assert_eq!(utc(APIA, "2011-12-31 00:00"), "2011-12-30 10:00");
    }

    #[test]
    fn a_repeated_time_is_its_first_occurrence() {
        assert_eq!(utc(BERLIN, "2026-10-25 02:30"), "2026-10-25 00:30");
        assert_eq!(utc(BERLIN, "2026-10-25 03:00"), "2026-10-25 02:00");
        assert_eq!(utc(LORD_HOWE, "2026-04-05 01:45"), "2026-04-04 14:45");
    }
}
