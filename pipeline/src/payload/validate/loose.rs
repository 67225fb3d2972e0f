//! Fields whose text strangers write, by way of logs: what makes no sense in them costs an entry, never the payload,
//! or anybody could have a whole report refused. A field that is missing or of the wrong type is still an error.

use super::{Fields, MAX_WHOLE, strip, whole_number};
use crate::payload::json::Node;
use serde::{Serialize, Serializer};
use std::collections::HashSet;

/// How many different ones there were, and which, where they were named: at most [`Distinct::MAX_NAMES`].
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Distinct {
    count: u64,
    names: Vec<String>,
}

impl Distinct {
    /// More than so many are counted and not named.
    pub const MAX_NAMES: usize = 1_000;

    /// A number of them, not named.
    #[must_use]
    pub const fn count_of(count: u64) -> Self {
        Self {
            count,
            names: Vec::new(),
        }
    }

    /// Those named, each once.
    #[must_use]
    pub fn named(names: impl IntoIterator<Item = String>) -> Self {
        let mut seen = HashSet::new();
        let names = names.into_iter().filter(|name| seen.insert(name.clone()));
        let mut names: Vec<String> = names.collect();
        let count = names.len() as u64;
        if names.len() > Self::MAX_NAMES {
            names.clear();
        }
        Self { count, names }
    }

    /// How many.
    #[must_use]
    pub const fn count(&self) -> u64 {
        self.count
    }

    /// Which; empty when only their number is known.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Both together. Where only numbers are known, at least the larger one was seen.
    #[must_use]
    pub fn merged(self, other: Self) -> Self {
        if self.names.is_empty() || other.names.is_empty() {
            return if self.count >= other.count {
                self
            } else {
                other
            };
        }
        Self::named(self.names.into_iter().chain(other.names))
    }
}

/// The list where there is one, else the number.
impl Serialize for Distinct {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        if self.names.is_empty() {
            self.count.serialize(to)
        } else {
            self.names.serialize(to)
        }
    }
}

impl Fields<'_, '_> {
    /// Required text of which `parse` can make something. Otherwise the field is refused: the entry is to be left out.
    pub(crate) fn required_usable<T>(
        &mut self,
        name: &'static str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        let Node::Text(text) = self.required(name)? else {
            return self.error(name, "must be text");
        };
        let value = parse(&strip(&text));
        if value.is_none() {
            self.refuse(name);
        }
        value
    }

    /// Optional text; `parse` says what it stands for, perhaps nothing, or that it makes no sense.
    pub(crate) fn optional_usable<T>(
        &mut self,
        name: &'static str,
        parse: impl Fn(&str) -> Result<Option<T>, ()>,
    ) -> Option<T> {
        let parsed = match self.take(name)? {
            Node::Text(text) => parse(&strip(&text)),
            _ => Err(()),
        };
        parsed.unwrap_or_else(|()| {
            self.refuse(name);
            None
        })
    }

    /// An optional list of texts or whole numbers, or one of them, or a text with commas or blanks between; nothing
    /// said is an empty list. Entries of which `parse` makes nothing are refused, and so is a list of more than `most`.
    pub(crate) fn loose_list<T>(
        &mut self,
        name: &'static str,
        most: usize,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Vec<T> {
        let Some(node) = self.take(name) else {
            return Vec::new();
        };
        let mut words: Vec<String> = Vec::new();
        let understood = match &node {
            Node::Array(items) if items.len() <= most => items.iter().all(|item| {
                let word = match item {
                    Node::Text(text) => Some(strip(text)),
                    Node::Number(number) => Some((*number).to_owned()),
                    _ => None,
                };
                let is_word = word.is_some();
                words.extend(word);
                is_word
            }),
            Node::Text(text) => {
                let text = strip(text);
                let parts = text.split([',', ' ']).filter(|part| !part.is_empty());
                words.extend(parts.take(most).map(str::to_owned));
                true
            }
            Node::Number(number) => {
                words.push((*number).to_owned());
                true
            }
            _ => false,
        };
        let asked = words.len();
        let list: Vec<T> = words.iter().filter_map(|word| parse(word)).collect();
        if !understood || list.len() < asked {
            self.refuse(name);
        }
        list
    }

    /// How many different ones: a whole number, or the list of them. Entries of which `parse` makes nothing are refused
    /// and not counted.
    pub(crate) fn distinct(
        &mut self,
        name: &'static str,
        parse: impl Fn(&str) -> Option<String>,
    ) -> Option<Distinct> {
        let node = self.take(name)?;
        if let Some(count) = whole_number(&node).filter(|count| *count <= MAX_WHOLE) {
            return Some(Distinct::count_of(count));
        }
        let Node::Array(items) = &node else {
            self.refuse(name);
            return None;
        };
        let names = items.iter().filter_map(|item| match item {
            Node::Text(text) => parse(&strip(text)),
            _ => None,
        });
        let names: Vec<String> = names.collect();
        if names.len() < items.len() {
            self.refuse(name);
        }
        Some(Distinct::named(names))
    }
}
