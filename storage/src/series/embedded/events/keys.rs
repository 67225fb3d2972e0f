//! Keys of events, big-endian, so that their order is the order of what they stand for.

use super::super::keys::{time_bytes, time_from_bytes};
use crate::series::EventCursor;
use noc_pipeline::clock::UnixMs;
use noc_pipeline::id::ServerId;
use noc_pipeline::payload::EventTable;

const ROWS: u8 = 0;
const LOOKUPS: u8 = 1;

/// The lookup by server.
pub const BY_SERVER: u8 = 0;

/// Time, server and key of a row.
pub type Place = [u8; 20];

/// Where a row stands.
pub fn place(cursor: EventCursor) -> Place {
    let mut place = [0; 20];
    let (at, rest) = place.split_at_mut(8);
    let (server, key) = rest.split_at_mut(4);
    at.copy_from_slice(&time_bytes(cursor.at));
    server.copy_from_slice(&cursor.server.0.to_be_bytes());
    key.copy_from_slice(&(cursor.key.cast_unsigned() ^ 1 << 63).to_be_bytes());
    place
}

/// Reads [`place`].
pub fn cursor(place: Place) -> EventCursor {
    let [a, b, c, d, e, f, g, h, i, j, k, l, key @ ..] = place;
    EventCursor {
        at: time_from_bytes([a, b, c, d, e, f, g, h]),
        server: ServerId(u32::from_be_bytes([i, j, k, l])),
        key: (u64::from_be_bytes(key) ^ 1 << 63).cast_signed(),
    }
}

/// Before every row of a time.
pub fn floor(at: UnixMs) -> Place {
    place(EventCursor {
        at,
        server: ServerId(0),
        key: i64::MIN,
    })
}

/// The place at the end of any key of ours.
pub fn place_of(key: &[u8]) -> Option<Place> {
    key.last_chunk().copied()
}

/// What keys of rows begin with.
pub fn rows(table: EventTable) -> Vec<u8> {
    vec![ROWS, table.code()]
}

/// What keys of a lookup begin with, before the hash.
pub fn lookups(table: EventTable, lookup: u8) -> Vec<u8> {
    vec![LOOKUPS, table.code(), lookup]
}

/// What keys of a lookup of one value begin with.
pub fn lookup(table: EventTable, lookup: u8, hash: u64) -> Vec<u8> {
    let mut prefix = lookups(table, lookup);
    prefix.extend_from_slice(&hash.to_be_bytes());
    prefix
}

/// The hash in a key of a lookup.
pub fn hash_of(key: &[u8]) -> Option<u64> {
    let hash = key.get(3..11)?.try_into().ok()?;
    Some(u64::from_be_bytes(hash))
}

/// A prefix with a place behind it.
pub fn key(prefix: &[u8], place: Place) -> Vec<u8> {
    [prefix, &place].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn places_sort_as_cursors_do(a in (any::<i64>(), any::<u32>(), any::<i64>()), b in (any::<i64>(), any::<u32>(), any::<i64>())) {
            let of = |(at, server, key)| EventCursor { at: UnixMs(at), server: ServerId(server), key };
            let (a, b) = (of(a), of(b));
            prop_assert_eq!(place(a).cmp(&place(b)), a.cmp(&b));
            prop_assert_eq!(cursor(place(a)), a);
            prop_assert!(floor(a.at) <= place(a));
            let stored = key(&lookup(EventTable::FirewallEvents, 1, 77), place(a));
            prop_assert_eq!((place_of(&stored), hash_of(&stored)), (Some(place(a)), Some(77)));
        }
    }
}
