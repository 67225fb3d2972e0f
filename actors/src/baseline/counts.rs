//! Counts at whole numbers (of hours, days or buckets), packed: mostly a byte each.
//!
//! A count of 0 means set aside: there was one, and it does not count. The distance is that to the place right after the
//! entry before.
//!
//! ```text
//! 0ccccccc                    distance 0, count 0 to 127
//! 1dddcccc                    distance ddd + 1 (1 to 7), count 0 to 15
//! 11110000 LEB128 LEB128      any distance, any count
//! 11110ddd LEB128             distance ddd (1 to 7), any count
//! 11111hhh llllllll           distance 0, count 128 + hhhllllllll (up to 2,175)
//! ```

use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// Counts in the order of their places.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct CountLog {
    /// The place of the first entry, and how far behind it the last one is; 0 while there is none.
    first: u32,
    span: u32,
    #[serde(with = "bytes")]
    packed: Vec<u8>,
}

/// What stands at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entry {
    /// So many, never 0.
    Count(u32),
    /// There was one, and it does not count.
    SetAside,
}

impl Entry {
    const fn code(self) -> u32 {
        match self {
            Self::Count(count) => count,
            Self::SetAside => 0,
        }
    }

    const fn of(code: u32) -> Self {
        match code {
            0 => Self::SetAside,
            count => Self::Count(count),
        }
    }
}

impl fmt::Debug for CountLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

impl CountLog {
    /// Whether it holds nothing.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.packed.is_empty()
    }

    /// The place of the first entry.
    #[must_use]
    pub const fn first(&self) -> Option<u32> {
        if self.is_empty() {
            None
        } else {
            Some(self.first)
        }
    }

    /// The place of the last entry.
    #[must_use]
    pub const fn last(&self) -> Option<u32> {
        if self.is_empty() {
            None
        } else {
            Some(self.first.saturating_add(self.span))
        }
    }

    /// The entries by ascending places.
    pub fn iter(&self) -> impl Iterator<Item = (u32, Entry)> {
        let (mut place, mut rest) = (self.first, self.packed.as_slice());
        std::iter::from_fn(move || {
            let (distance, code) = take_entry(&mut rest)?;
            let here = place.saturating_add(distance);
            place = here.saturating_add(1);
            Some((here, Entry::of(code)))
        })
    }

    /// What stands at a place.
    #[must_use]
    pub fn get(&self, place: u32) -> Option<Entry> {
        if self.last() < Some(place) {
            return None;
        }
        let mut from = self.iter().skip_while(|(at, _)| *at < place);
        from.next()
            .and_then(|(at, entry)| (at == place).then_some(entry))
    }

    /// Puts an entry at a place, in the stead of the one that is there. A count of 0 takes that one away.
    pub fn set(&mut self, place: u32, entry: Entry) {
        if entry == Entry::Count(0) {
            if self.get(place).is_some() {
                self.keep(|at| at != place);
            }
            return;
        }
        if self.last() < Some(place) {
            return self.append(place, entry);
        }
        let old = std::mem::take(self);
        let mut new = Some(entry);
        for (at, entry) in old.iter() {
            if at >= place
                && let Some(new) = new.take()
            {
                self.append(place, new);
            }
            if at != place {
                self.append(at, entry);
            }
        }
    }

    /// Takes away all entries before a place.
    pub fn drop_before(&mut self, place: u32) {
        let Some(last) = self.last().filter(|_| self.first < place) else {
            return;
        };
        let (mut next, mut rest) = (self.first, self.packed.as_slice());
        while let Some((distance, code)) = take_entry(&mut rest) {
            let here = next.saturating_add(distance);
            if here >= place {
                // The rest stays as it is: its distances are from here.
                let mut packed = Vec::with_capacity(rest.len().saturating_add(3));
                put_entry(&mut packed, 0, code);
                packed.extend_from_slice(rest);
                self.packed = packed;
                (self.first, self.span) = (here, last.saturating_sub(here));
                return;
            }
            next = here.saturating_add(1);
        }
        *self = Self::default();
    }

    /// Takes away all entries at a place or after it.
    pub fn drop_from(&mut self, place: u32) {
        if self.last().is_some_and(|last| last >= place) {
            self.keep(|at| at < place);
        }
    }

    fn keep(&mut self, wanted: impl Fn(u32) -> bool) {
        let old = std::mem::take(self);
        for (at, entry) in old.iter().filter(|(at, _)| wanted(*at)) {
            self.append(at, entry);
        }
    }

    /// `place` lies behind the last one.
    fn append(&mut self, place: u32, entry: Entry) {
        let distance = match self.last() {
            None => {
                self.first = place;
                0
            }
            Some(last) => place.saturating_sub(last).saturating_sub(1),
        };
        put_entry(&mut self.packed, distance, entry.code());
        self.span = place.saturating_sub(self.first);
    }
}

/// The first count that takes two bytes, and the first that takes more, right behind another.
const TWO_BYTES: u32 = 128;
const MORE: u32 = TWO_BYTES + 0x800;

fn put_entry(out: &mut Vec<u8>, distance: u32, code: u32) {
    match (distance, code) {
        (0, 0..TWO_BYTES) => out.push(low(code)),
        (0, TWO_BYTES..MORE) => {
            let more = code.saturating_sub(TWO_BYTES);
            out.extend([0xf8 | low(more >> 8), low(more)]);
        }
        (1..=7, 0..=15) => out.push(0x80 | low(distance.saturating_sub(1) << 4) | low(code)),
        (1..=7, _) => {
            out.push(0xf0 | low(distance));
            put_number(out, code);
        }
        _ => {
            out.push(0xf0);
            put_number(out, distance);
            put_number(out, code);
        }
    }
}

/// Distance and count; `None` at the end, or of what [`put_entry`] did not write.
fn take_entry(from: &mut &[u8]) -> Option<(u32, u32)> {
    let (byte, rest) = from.split_first()?;
    *from = rest;
    let byte = u32::from(*byte);
    match byte {
        0..0x80 => Some((0, byte)),
        0x80..0xf0 => Some(((byte >> 4 & 7).saturating_add(1), byte & 15)),
        0xf0 => Some((take_number(from)?, take_number(from)?)),
        0xf1..0xf8 => Some((byte & 7, take_number(from)?)),
        _ => {
            let (more, rest) = from.split_first()?;
            *from = rest;
            let code = (byte & 7) << 8 | u32::from(*more);
            Some((0, code.saturating_add(TWO_BYTES)))
        }
    }
}

/// The lowest eight bits.
const fn low(number: u32) -> u8 {
    let [low, ..] = number.to_le_bytes();
    low
}

/// LEB128: seven bits a byte, the lowest first.
fn put_number(out: &mut Vec<u8>, mut number: u32) {
    while number > 0x7f {
        out.push(low(number) | 0x80);
        number >>= 7;
    }
    out.push(low(number));
}

/// Reads what [`put_number`] wrote; `None` at the end, or of what it did not write.
fn take_number(from: &mut &[u8]) -> Option<u32> {
    let (mut number, mut shift) = (0_u32, 0_u32);
    loop {
        let (byte, rest) = from.split_first()?;
        *from = rest;
        number |= u32::from(byte & 0x7f).checked_shl(shift)?;
        if byte & 0x80 == 0 {
            return Some(number);
        }
        shift = shift.saturating_add(7);
    }
}

/// As one run of bytes, which postcard copies whole.
mod bytes {
    use super::*;

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
        to.serialize_bytes(bytes)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
        struct Bytes;

        impl Visitor<'_> for Bytes {
            type Value = Vec<u8>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("packed counts")
            }

            fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Vec<u8>, E> {
                Ok(bytes.to_vec())
            }
        }

        from.deserialize_bytes(Bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    #[test]
    fn small_counts_one_after_another_take_a_byte_each() {
        let mut log = CountLog::default();
        for hour in 500_000..500_168 {
            log.set(hour, Entry::Count(hour % 127 + 1));
        }
        assert_eq!(log.packed.len(), 168);
        assert!(postcard::to_stdvec(&log).unwrap().len() < 168 + 10);
    }

    #[test]
    fn damaged_bytes_end_it() {
        let log = CountLog {
            first: 7,
            span: 2,
            packed: vec![1, 0xf1, 0x80],
        };
        assert_eq!(log.iter().collect::<Vec<_>>(), [(7, Entry::Count(1))]);
        let mut packed = vec![0xff; 40];
        packed[0] = 0xf0;
        let endless = CountLog { packed, ..log };
        assert_eq!(endless.iter().count(), 0);
    }

    proptest! {
        #[test]
        fn it_tells_what_a_map_would_tell(
            steps in proptest::collection::vec((0_u8..8, 0_u32..60, prop_oneof![0_u32..20, 0_u32..300, 0_u32..5_000, Just(u32::MAX)]), 0..200),
        ) {
            let (mut log, mut naive) = (CountLog::default(), BTreeMap::new());
            for (what, place, count) in steps {
                match what {
                    0 => {
                        log.drop_before(place);
                        naive.retain(|at, _| *at >= place);
                    }
                    1 => {
                        log.drop_from(place);
                        naive.retain(|at, _| *at < place);
                    }
                    2 => {
                        log.set(place, Entry::SetAside);
                        naive.insert(place, Entry::SetAside);
                    }
                    _ => {
                        log.set(place, Entry::Count(count));
                        naive.insert(place, Entry::Count(count));
                        naive.retain(|_, entry| *entry != Entry::Count(0));
                    }
                }
                prop_assert!(log.iter().eq(naive.iter().map(|(at, entry)| (*at, *entry))));
                prop_assert_eq!(log.first(), naive.keys().next().copied());
                prop_assert_eq!(log.last(), naive.keys().last().copied());
                prop_assert_eq!(log.get(place), naive.get(&place).copied());
                let packed = postcard::to_stdvec(&log).unwrap();
                prop_assert_eq!(&postcard::from_bytes::<CountLog>(&packed).unwrap(), &log);
            }
        }
    }
}
