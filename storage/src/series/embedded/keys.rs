//! Keys: big-endian, so that their order is the order of what they stand for.

use noc_pipeline::clock::UnixMs;
use noc_pipeline::id::ServerId;
use noc_pipeline::payload::Kind;

pub const HOUR_MS: i64 = 3_600_000;
pub const DAY_MS: i64 = 86_400_000;

/// Kind and server: the key of the newest payload, and the head of row keys.
pub fn subject_key(kind: Kind, server: ServerId) -> [u8; 5] {
    let [a, b, c, d] = server.0.to_be_bytes();
    [kind.code(), a, b, c, d]
}

/// Reads the kind's code and the server from the first 5 bytes of a key.
pub fn split_subject_key(key: &[u8]) -> Option<(u8, ServerId)> {
    let (code, rest) = key.split_first()?;
    let server = rest.first_chunk()?;
    Some((*code, ServerId(u32::from_be_bytes(*server))))
}

/// Kind, server, time: the key of raw and hourly rows.
pub fn row_key(kind: Kind, server: ServerId, at: UnixMs) -> [u8; 13] {
    let mut key = [0; 13];
    let (head, tail) = key.split_at_mut(5);
    head.copy_from_slice(&subject_key(kind, server));
    tail.copy_from_slice(&time_bytes(at));
    key
}

/// The time in a row key.
pub fn row_time(key: &[u8]) -> Option<UnixMs> {
    key.get(5..)?.try_into().ok().map(time_from_bytes)
}

/// Hour, kind, server: the key of a mark that an hour is to be rolled up again.
pub fn late_key(hour: UnixMs, kind: Kind, server: ServerId) -> [u8; 13] {
    let mut key = [0; 13];
    let (head, tail) = key.split_at_mut(8);
    head.copy_from_slice(&time_bytes(hour));
    tail.copy_from_slice(&subject_key(kind, server));
    key
}

/// Reads [`late_key`]; `None` for a kind this version does not know.
pub fn split_late_key(key: &[u8]) -> Option<(UnixMs, Kind, ServerId)> {
    let (hour, rest) = key.split_first_chunk()?;
    let (code, server) = split_subject_key(rest)?;
    Some((time_from_bytes(*hour), Kind::from_code(code)?, server))
}

/// The time as unsigned number, so that times before 1970 sort before the others.
pub fn time_bytes(at: UnixMs) -> [u8; 8] {
    (at.0.cast_unsigned() ^ 1 << 63).to_be_bytes()
}

pub fn time_from_bytes(bytes: [u8; 8]) -> UnixMs {
    UnixMs((u64::from_be_bytes(bytes) ^ 1 << 63).cast_signed())
}

/// The UTC day that holds a time, counted from 1970-01-01.
pub fn day_of(at: UnixMs) -> i64 {
    at.0.div_euclid(DAY_MS)
}

/// Start of a day.
pub fn day_start(day: i64) -> UnixMs {
    UnixMs(day.saturating_mul(DAY_MS))
}

/// Start of the first hour that begins at or after a time.
pub fn next_hour(at: UnixMs) -> UnixMs {
    UnixMs(at.0.saturating_add(HOUR_MS - 1)).hour()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn keys_sort_as_what_they_stand_for(
            a in (any::<u32>(), any::<i64>()), b in (any::<u32>(), any::<i64>()),
        ) {
            let key = |(server, at)| row_key(Kind::Disks, ServerId(server), UnixMs(at));
            prop_assert_eq!(key(a).cmp(&key(b)), a.cmp(&b));
            prop_assert_eq!(row_time(&key(a)), Some(UnixMs(a.1)));
            prop_assert_eq!(split_subject_key(&key(a)), Some((Kind::Disks.code(), ServerId(a.0))));
            let late = late_key(UnixMs(a.1), Kind::Metrics, ServerId(a.0));
            prop_assert_eq!(split_late_key(&late), Some((UnixMs(a.1), Kind::Metrics, ServerId(a.0))));
        }
    }
}
