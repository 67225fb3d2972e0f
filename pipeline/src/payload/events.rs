//! The registry of event tables: rows of text with a time, stored beside the numbers of the metric catalogue.
//!
//! A kind's body derives them from a report (`Body::events`); the platform writes others itself, such as its
//! decisions. A table names its columns, what makes two rows the same, and by which columns rows are looked up.
//!
//! Invariant: a column that rows are looked up by is part of the key. So a row that is written again replaces the one
//! before it and whatever was made to find that.

use crate::clock::UnixMs;
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::time::Duration;

/// How long rows are kept, those of every table. A report's events older than this at arrival are left out.
pub const EVENTS_KEPT: Duration = Duration::from_secs(30 * 86_400);

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ColumnType {
    /// Text, control characters stripped.
    Text,
    /// A number.
    Number,
    /// Yes or no.
    YesNo,
}

/// One column of an event table. Time and server are columns of every table and not listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct EventColumn {
    /// Its name.
    pub name: &'static str,
    /// What it holds.
    pub column_type: ColumnType,
    /// One line for a person.
    pub description: &'static str,
}

/// A column that rows are found by without reading the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lookup {
    /// Its number in stored keys, from 1; never used again for another column of its table.
    pub code: u8,
    /// Its name.
    pub column: &'static str,
    /// Columns kept beside it, so that counting need not read rows.
    pub carries: &'static [&'static str],
}

macro_rules! event_tables {
    ($($(#[$doc:meta])* $variant:ident = $code:literal, $name:literal,
        key [$($key:ident),+],
        lookups [$($lookup_code:literal $lookup:ident [$($carried:ident),*]),+]
        { $($column:ident: $of:ident, $description:literal;)+ })+) => {
        /// A table of events.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum EventTable {
            $($(#[$doc])* $variant,)+
        }

        impl EventTable {
            /// Every table there is.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// Its name.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// Its number in stored keys; never used again for another table.
            #[must_use]
            pub const fn code(self) -> u8 {
                match self { $(Self::$variant => $code,)+ }
            }

            /// Its columns, in the order in which rows hold them. New ones are added at the end, and none goes.
            #[must_use]
            pub const fn columns(self) -> &'static [EventColumn] {
                match self { $(Self::$variant => &[$(EventColumn {
                    name: stringify!($column),
                    column_type: ColumnType::$of,
                    description: $description,
                }),+],)+ }
            }

            /// The columns which, with server and time, make two rows the same one.
            #[must_use]
            pub const fn key(self) -> &'static [&'static str] {
                match self { $(Self::$variant => &[$(stringify!($key)),+],)+ }
            }

            /// The columns that rows are found by.
            #[must_use]
            pub const fn lookups(self) -> &'static [Lookup] {
                match self { $(Self::$variant => &[$(Lookup {
                    code: $lookup_code,
                    column: stringify!($lookup),
                    carries: &[$(stringify!($carried)),*],
                }),+],)+ }
            }
        }
    };
}

event_tables! {
    /// What firewalls did and saw. Its time is the log line's.
    FirewallEvents = 1, "firewall_events",
        key [ip, action, reason],
        lookups [1 ip [action, country]]
    {
        source: Text, "Who says so: lfd, csf, modsecurity, fail2ban";
        action: Text, "What was done: block, temp_block, unblock ...";
        ip: Text, "Address or range, in its shortest form";
        ports: Text, "Ports it is about, with blanks between; none means all";
        country: Text, "Country of the address, two capital letters";
        user: Text, "Account or login it is about";
        reason: Text, "The firewall's words";
    }
    /// Mail sent by logins. Its time is the hour counted.
    EmailLogins = 2, "email_logins",
        key [login],
        lookups [1 login [account, messages, recipients, failures]]
    {
        login: Text, "Who logged in to send";
        account: Text, "The hosting account it belongs to";
        messages: Number, "Messages taken";
        recipients: Number, "Recipients of those";
        failures: Number, "Recipients that failed or were deferred";
        ips: Number, "Addresses it came from";
        ip_list: Text, "Those addresses, as far as known, with blanks between";
        countries: Number, "Countries it came from";
        country_list: Text, "Those countries, as far as known, with blanks between";
        domains: Number, "Sender domains it used";
        domain_list: Text, "Those domains, as far as known, with blanks between";
        complete: YesNo, "Whether the hour was over when it was counted";
        auth_failures: Number, "Wrong passwords that were tried for it";
    }
    /// Mail sent by scripts. Its time is the hour counted.
    EmailScripts = 3, "email_scripts",
        key [path],
        lookups [1 path [account, messages, recipients]]
    {
        path: Text, "The script, or the folder it ran in";
        account: Text, "The hosting account it belongs to";
        messages: Number, "Messages taken";
        recipients: Number, "Recipients of those";
        complete: YesNo, "Whether the hour was over when it was counted";
    }
    /// What the platform decided about a server, and why: "why did it not page?". Written by the platform.
    Decisions = 4, "decisions",
        key [detector, subject, reason],
        lookups [1 detector [subject, reason]]
    {
        detector: Text, "Key of the detector";
        subject: Text, "Mount, service ...; empty where it is about the server itself";
        verdict: Text, "What the detector said: breach, clear, learning, unknown";
        reason: Text, "What came of it: opened, reopened, held_by_server_down ...";
        severity: Text, "How bad it is";
        observed: Text, "What was seen, with unit";
        expected: Text, "What would be fine, with unit";
        record_offset: Number, "Place in the log of the record that led to it";
        samples: Number, "Samples the judgement rests on";
        threshold: Number, "The limit that applied, in the metric's unit";
        rule_id: Number, "The user's rule that judged";
        rule_version: Number, "Its version then";
    }
    /// Addresses that failed to log in to send mail. Its time is the hour counted.
    EmailAddresses = 5, "email_addresses",
        key [ip],
        lookups [1 ip [failures, accepted_after]]
    {
        ip: Text, "Address, in its shortest form";
        failures: Number, "Wrong passwords in the hour";
        accepted: Number, "Messages taken from it with a login, once it had failed";
        accepted_after: Number, "After how many failures of this hour and the one before it was let in";
        login: Text, "As whom it was let in then";
        accepted_at: Text, "When that was";
        complete: YesNo, "Whether the hour was over when it was counted";
    }
}

impl EventTable {
    /// Reads [`EventTable::name`].
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|t| t.name() == name)
    }

    /// Reads [`EventTable::code`].
    #[must_use]
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.iter().copied().find(|t| t.code() == code)
    }

    /// The place of a column in [`EventTable::columns`].
    #[must_use]
    pub fn place(self, column: &str) -> Option<usize> {
        self.columns().iter().position(|c| c.name == column)
    }

    /// How rows are found by a column, if they can be.
    #[must_use]
    pub fn lookup(self, column: &str) -> Option<&'static Lookup> {
        self.lookups().iter().find(|l| l.column == column)
    }

    /// Stands for a value of a column in stored keys.
    #[must_use]
    pub fn hash(self, place: usize, value: &EventValue) -> u64 {
        let mut hash = Sha256::new();
        hash.update([self.code(), b'v', u8::try_from(place).unwrap_or(u8::MAX)]);
        value.feed(&mut hash);
        first_8(hash)
    }
}

/// What stands in a cell.
#[derive(Debug, Clone, PartialEq, PartialOrd, Serialize)]
#[serde(untagged)]
pub enum EventValue {
    /// Text.
    Text(String),
    /// A number; finite.
    Number(f64),
    /// Yes or no.
    YesNo(bool),
}

impl EventValue {
    /// What it is.
    #[must_use]
    pub const fn column_type(&self) -> ColumnType {
        match self {
            Self::Text(_) => ColumnType::Text,
            Self::Number(_) => ColumnType::Number,
            Self::YesNo(_) => ColumnType::YesNo,
        }
    }

    /// The text, if it is one.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The number, if it is one.
    #[must_use]
    pub const fn as_number(&self) -> Option<f64> {
        match self {
            Self::Number(number) => Some(*number),
            _ => None,
        }
    }

    /// Yes or no, if it is that.
    #[must_use]
    pub const fn as_yes_no(&self) -> Option<bool> {
        match self {
            Self::YesNo(yes) => Some(*yes),
            _ => None,
        }
    }

    /// Each part with its length, so that no two values feed the same bytes.
    fn feed(&self, hash: &mut Sha256) {
        match self {
            Self::Text(text) => {
                hash.update([1]);
                hash.update((text.len() as u64).to_be_bytes());
                hash.update(text.as_bytes());
            }
            Self::Number(number) => {
                hash.update([2]);
                hash.update((number + 0.0).to_bits().to_be_bytes());
            }
            Self::YesNo(yes) => hash.update([3, u8::from(*yes)]),
        }
    }
}

impl From<&str> for EventValue {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for EventValue {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<f64> for EventValue {
    fn from(number: f64) -> Self {
        Self::Number(number)
    }
}

impl From<bool> for EventValue {
    fn from(yes: bool) -> Self {
        Self::YesNo(yes)
    }
}

/// One row of an event table, of some server.
#[derive(Debug, Clone, PartialEq)]
pub struct EventRow {
    /// Its table.
    pub table: EventTable,
    /// When it happened.
    pub at: UnixMs,
    /// One a column, in the order of [`EventTable::columns`]; what is missing at the end is not known.
    pub values: Vec<Option<EventValue>>,
}

impl EventRow {
    /// The cell of a column; `None` when it is not known, or there is no such column.
    #[must_use]
    pub fn get(&self, column: &str) -> Option<&EventValue> {
        self.values.get(self.table.place(column)?)?.as_ref()
    }

    /// The text in a column.
    #[must_use]
    pub fn text(&self, column: &str) -> Option<&str> {
        self.get(column)?.as_text()
    }

    /// The number in a column.
    #[must_use]
    pub fn number(&self, column: &str) -> Option<f64> {
        self.get(column)?.as_number()
    }

    /// Yes or no, in a column.
    #[must_use]
    pub fn yes_no(&self, column: &str) -> Option<bool> {
        self.get(column)?.as_yes_no()
    }

    /// Tells rows of one server and time apart: the first 8 bytes of a SHA-256 of the key's columns. Attackers write
    /// some of them, and must not be able to make two that count as one.
    #[must_use]
    pub fn key(&self) -> i64 {
        let mut hash = Sha256::new();
        hash.update([self.table.code(), b'k']);
        for column in self.table.key() {
            match self.get(column) {
                Some(value) => value.feed(&mut hash),
                None => hash.update([0]),
            }
        }
        first_8(hash).cast_signed()
    }
}

fn first_8(hash: Sha256) -> u64 {
    let digest: [u8; 32] = hash.finalize().into();
    let [a, b, c, d, e, f, g, h, ..] = digest;
    u64::from_be_bytes([a, b, c, d, e, f, g, h])
}

/// Takes rows one by one.
pub type EventVisitor<'v> = dyn FnMut(EventRow) + 'v;

/// Most names of a list that one cell holds.
const LISTED: usize = 50;

/// Names as one cell: with blanks between, the first [`LISTED`] of them.
pub(crate) fn listed<'n>(names: impl IntoIterator<Item = &'n str>) -> Option<EventValue> {
    let names: Vec<&str> = names.into_iter().take(LISTED).collect();
    (!names.is_empty()).then(|| names.join(" ").into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn row(ip: &str, action: &str, reason: &str) -> EventRow {
        EventRow {
            table: EventTable::FirewallEvents,
            at: UnixMs(5),
            values: vec![
                None,
                Some(action.into()),
                Some(ip.into()),
                None,
                Some("BD".into()),
                None,
                Some(reason.into()),
            ],
        }
    }

    #[test]
    fn tables_are_consistent() {
        let codes: BTreeSet<u8> = EventTable::ALL.iter().map(|t| t.code()).collect();
        assert_eq!(codes.len(), EventTable::ALL.len());
        for table in EventTable::ALL {
            assert_eq!(EventTable::from_name(table.name()), Some(*table));
            assert_eq!(EventTable::from_code(table.code()), Some(*table));
            let names: BTreeSet<_> = table.columns().iter().map(|c| c.name).collect();
            assert_eq!(names.len(), table.columns().len(), "{}", table.name());
            for reserved in ["ts", "server", "event", "at"] {
                assert!(!names.contains(reserved), "{}.{reserved}", table.name());
            }
            for column in table.key() {
                assert!(names.contains(column), "{}.{column}", table.name());
            }
            let codes: BTreeSet<u8> = table.lookups().iter().map(|l| l.code).collect();
            assert_eq!(codes.len(), table.lookups().len());
            assert!(!codes.contains(&0), "0 stands for the server");
            for lookup in table.lookups() {
                assert!(
                    table.key().contains(&lookup.column),
                    "{}.{}: a row that is replaced would be found twice",
                    table.name(),
                    lookup.column
                );
                assert!(lookup.carries.iter().all(|c| names.contains(c)));
            }
        }
    }

    #[test]
    fn rows_are_the_same_when_their_key_is() {
        let one = row("192.0.2.1", "block", "why");
        let mut same = one.clone();
        same.values[4] = None;
        same.at = UnixMs(9);
        assert_eq!(one.key(), same.key(), "country and time are not part of it");
        for other in [
            row("192.0.2.2", "block", "why"),
            row("192.0.2.1", "unblock", "why"),
            row("192.0.2.1", "block", "why not"),
            row("192.0.2.1b", "lock", "why"),
        ] {
            assert_ne!(one.key(), other.key());
        }
    }

    #[test]
    fn cells_are_found_by_name() {
        let row = row("192.0.2.1", "block", "why");
        assert_eq!(row.text("ip"), Some("192.0.2.1"));
        assert_eq!((row.text("source"), row.number("ip")), (None, None));
        assert_eq!(row.text("nonsense"), None);
        assert_eq!(listed(["a", "b"]), Some("a b".into()));
        assert_eq!(listed([]), None);
        let many = vec!["x"; 60];
        assert_eq!(
            listed(many).unwrap().as_text().map(str::len),
            Some(LISTED * 2 - 1)
        );
    }
}
