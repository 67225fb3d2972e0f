//! What was dropped, and what was forgotten.
//!
//! QuestDB deletes no rows. A server that is forgotten gets another number in the tables: nobody asks for the rows
//! under the old one any more, and they go with their partitions. The new number is used should the server ever come
//! back. It is negative, so it is never another server's.

use noc_pipeline::clock::UnixMs;
use noc_pipeline::id::ServerId;
use std::collections::HashMap;

const RAW_FLOOR: &str = "raw_floor";
const HOURLY_FLOOR: &str = "hourly_floor";
const SERVER: &str = "server/";

/// What every node must know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    /// No raw row before this is kept, taken or read.
    pub raw_floor: UnixMs,
    /// No hourly row before this is read.
    pub hourly_floor: UnixMs,
    numbers: HashMap<ServerId, i32>,
    servers: HashMap<i32, ServerId>,
}

impl State {
    /// From names and values.
    pub fn of(values: impl Iterator<Item = (String, String)>) -> Self {
        let mut state = Self {
            raw_floor: UnixMs(0),
            hourly_floor: UnixMs(0),
            numbers: HashMap::new(),
            servers: HashMap::new(),
        };
        for (name, value) in values {
            let time = || value.parse().map_or(UnixMs(0), UnixMs);
            match name.as_str() {
                RAW_FLOOR => state.raw_floor = time(),
                HOURLY_FLOOR => state.hourly_floor = time(),
                name => {
                    let server = name.strip_prefix(SERVER).and_then(|id| id.parse().ok());
                    if let (Some(server), Ok(number)) = (server, value.parse()) {
                        state.numbers.insert(ServerId(server), number);
                        state.servers.insert(number, ServerId(server));
                    }
                }
            }
        }
        state
    }

    /// The number that a server has in the tables, given the one it was born with.
    pub fn number(&self, server: ServerId, born: i32) -> i32 {
        self.numbers.get(&server).copied().unwrap_or(born)
    }

    /// The number that a server has in the tables; `None` when it cannot have any rows.
    pub fn number_of(&self, server: ServerId) -> Option<i32> {
        let born = i32::try_from(server.0).ok()?;
        Some(self.number(server, born))
    }

    /// Whose rows are under a number; `None` when that server was forgotten.
    pub fn server(&self, number: i32) -> Option<ServerId> {
        if let Ok(born) = u32::try_from(number) {
            let born = ServerId(born);
            return (!self.numbers.contains_key(&born)).then_some(born);
        }
        self.servers.get(&number).copied()
    }

    /// The numbers that forgotten servers were born with.
    pub fn forgotten(&self) -> Vec<u32> {
        self.numbers.keys().map(|server| server.0).collect()
    }

    /// Whether any server was forgotten, so that there may be rows that are nobody's.
    pub fn forgot(&self) -> bool {
        !self.numbers.is_empty()
    }

    /// Whether a number is in use.
    pub fn is_taken(&self, number: i32) -> bool {
        self.servers.contains_key(&number)
    }
}

/// Where raw rows begin now.
pub fn raw_floor(at: UnixMs) -> (String, String) {
    (RAW_FLOOR.to_owned(), at.0.to_string())
}

/// Where hourly rows begin now.
pub fn hourly_floor(at: UnixMs) -> (String, String) {
    (HOURLY_FLOOR.to_owned(), at.0.to_string())
}

/// A server's new number.
pub fn number(server: ServerId, number: i32) -> (String, String) {
    (format!("{SERVER}{server}"), number.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_forgotten_server_has_another_number() {
        let (one, two) = (ServerId(1), ServerId(2));
        let values = [
            number(one, -77),
            raw_floor(UnixMs(5)),
            hourly_floor(UnixMs(3)),
        ];
        let state = State::of(values.into_iter());
        assert_eq!(
            (state.number_of(one), state.number_of(two)),
            (Some(-77), Some(2))
        );
        assert_eq!(state.number_of(ServerId(u32::MAX)), None);
        assert_eq!(state.server(1), None, "its old rows are nobody's");
        assert_eq!(state.server(-77), Some(one));
        assert_eq!(state.server(2), Some(two));
        assert_eq!(state.server(-5), None);
        assert!(state.is_taken(-77) && !state.is_taken(-5));
        assert_eq!(
            (state.raw_floor, state.hourly_floor),
            (UnixMs(5), UnixMs(3))
        );
    }
}
