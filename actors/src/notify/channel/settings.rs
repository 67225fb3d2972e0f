//! The values of a channel's settings, secrets included: they exist in the clear only here and on the wire to the
//! provider, and never print.

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use std::fmt;

/// Values by name.
#[derive(Clone, Default, PartialEq)]
pub struct Settings(Map<String, Value>);

impl Settings {
    /// Wraps the values of a request or a row.
    #[must_use]
    pub const fn new(values: Map<String, Value>) -> Self {
        Self(values)
    }

    /// The names that have a value.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// A value as it is.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// Sets a value.
    pub fn set(&mut self, name: &str, value: Value) {
        self.0.insert(name.to_owned(), value);
    }

    /// Takes a value out.
    pub fn remove(&mut self, name: &str) -> Option<Value> {
        self.0.remove(name)
    }

    /// A string that says something.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.get(name)
            .and_then(Value::as_str)
            .map(str::trim)
            .filter(|text| !text.is_empty())
    }

    /// A whole number.
    #[must_use]
    pub fn number(&self, name: &str) -> Option<u64> {
        self.get(name).and_then(Value::as_u64)
    }

    /// The strings of a list.
    #[must_use]
    pub fn list(&self, name: &str) -> Vec<String> {
        self.get(name)
            .and_then(Value::as_array)
            .map(|items| {
                items
                    .iter()
                    .filter_map(Value::as_str)
                    .map(|item| item.trim().to_owned())
                    .filter(|item| !item.is_empty())
                    .collect()
            })
            .unwrap_or_default()
    }

    /// The values, to be stored; whoever calls this takes the secrets out first.
    #[must_use]
    pub fn into_values(self) -> Map<String, Value> {
        self.0
    }

    /// A digest that changes with any value: the key under which connections are kept.
    #[must_use]
    pub fn version(&self) -> [u8; 32] {
        // Keys of a serde_json map are in order, so equal values give equal bytes.
        let bytes = Value::Object(self.0.clone()).to_string();
        Sha256::digest(bytes.as_bytes()).into()
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.names()).finish()
    }
}
