//! Objects and lists inside a payload.

use super::{Fields, Path};
use crate::payload::json::{Entry, Node};
use std::collections::HashSet;

impl<'a> Fields<'a, '_> {
    /// A required object, read by `read`.
    pub(crate) fn required_object<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(&mut Fields<'a, '_>) -> Option<T>,
    ) -> Option<T> {
        let Node::Object(entries) = self.required(name)? else {
            return self.error(name, "must be an object");
        };
        let mut fields = Fields {
            entries,
            cursor: 0,
            path: Path {
                parent: Some(&self.path),
                name,
                index: None,
            },
            findings: self.findings,
        };
        let value = read(&mut fields);
        fields.finish();
        value
    }

    /// A required list of at most `most` objects, each read by `read`. Entries with errors are left out: the
    /// payload is refused anyway.
    pub(crate) fn required_list<T>(
        &mut self,
        name: &'static str,
        most: usize,
        read: impl Fn(&mut Fields<'a, '_>) -> Option<T>,
    ) -> Option<Vec<T>> {
        let items = self.required_items(name, most)?;
        let mut out = Vec::with_capacity(items.len());
        for (index, item) in items.into_iter().enumerate() {
            let path = Path {
                parent: Some(&self.path),
                name,
                index: Some(index),
            };
            let Node::Object(entries) = item else {
                let mut full = String::new();
                path.write(&mut full);
                full.pop();
                self.findings
                    .errors
                    .push(full, "must be an object".to_owned());
                continue;
            };
            let mut fields = Fields {
                entries,
                cursor: 0,
                path,
                findings: self.findings,
            };
            out.extend(read(&mut fields));
            fields.finish();
        }
        Some(out)
    }

    /// A list as [`Fields::required_list`] reads it, where there is one; of the wrong type or too long it is refused.
    pub(crate) fn optional_list<T>(
        &mut self,
        name: &'static str,
        most: usize,
        read: impl Fn(&mut Fields<'a, '_>) -> Option<T>,
    ) -> Vec<T> {
        let fits = |entry: &Entry<'_>| match &entry.value {
            Node::Array(items) => items.len() <= most,
            _ => false,
        };
        if !self.has(name) {
            return Vec::new();
        }
        let mut entries = self.entries.iter();
        if !entries.any(|entry| entry.name == name && fits(entry)) {
            drop(self.take(name));
            self.refuse(name);
            return Vec::new();
        }
        self.required_list(name, most, read).unwrap_or_default()
    }

    /// A required list of at most `most` plain texts. One that cannot be read is left out and named as refused.
    pub(crate) fn required_values<T>(
        &mut self,
        name: &'static str,
        most: usize,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Option<Vec<T>> {
        let items = self.required_items(name, most)?;
        let mut out = Vec::with_capacity(items.len());
        for (index, item) in items.into_iter().enumerate() {
            let value = match &item {
                Node::Text(text) => parse(text),
                _ => None,
            };
            match value {
                Some(value) => out.push(value),
                None => self.refuse(&format!("{name}[{index}]")),
            }
        }
        Some(out)
    }

    /// No two entries of a list may carry the same key.
    pub(crate) fn require_unique<T>(
        &mut self,
        list: &'static str,
        field: &'static str,
        items: &[T],
        key: impl Fn(&T) -> &str,
    ) {
        let mut seen = HashSet::with_capacity(items.len());
        for item in items {
            let key = key(item);
            if !seen.insert(key) {
                let name = self.name_of(list);
                self.findings
                    .errors
                    .push(name, format!("{field} {key:?} appears more than once"));
            }
        }
    }

    fn required_items(&mut self, name: &'static str, most: usize) -> Option<Vec<Node<'a>>> {
        let Node::Array(items) = self.required(name)? else {
            return self.error(name, "must be a list");
        };
        let count = items.len();
        if count > most {
            return self.error(name, format!("holds {count} entries, at most {most}"));
        }
        Some(items)
    }
}
