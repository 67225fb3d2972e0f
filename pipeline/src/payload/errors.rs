//! What was found wrong with a payload.

use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;

/// How many bad fields of one payload are named; the rest are counted.
pub const MAX_NAMED_FIELDS: usize = 100;

/// What is wrong, by field: `{"services[2].name": ["is required"]}`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(transparent)]
pub struct FieldErrors(BTreeMap<String, Vec<String>>);

impl FieldErrors {
    /// One error about one field.
    #[must_use]
    pub fn one(field: impl Into<String>, message: impl Into<String>) -> Self {
        let mut errors = Self::default();
        errors.push(field.into(), message.into());
        errors
    }

    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The errors by field name, in the order of the names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[String])> {
        self.0
            .iter()
            .map(|(field, messages)| (field.as_str(), messages.as_slice()))
    }

    /// The same errors as a map.
    #[must_use]
    pub fn into_map(self) -> BTreeMap<String, Vec<String>> {
        self.0
    }

    pub(super) fn push(&mut self, field: String, message: String) {
        if self.0.len() < MAX_NAMED_FIELDS || self.0.contains_key(&field) {
            self.0.entry(field).or_default().push(message);
        }
    }
}

impl fmt::Display for FieldErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (field, messages)) in self.iter().enumerate() {
            let separator = if index == 0 { "" } else { "; " };
            write!(f, "{separator}{field} {}", messages.join(", "))?;
        }
        Ok(())
    }
}

/// What was found while one payload was read.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    pub(crate) errors: FieldErrors,
    pub(crate) refused: Vec<String>,
}
