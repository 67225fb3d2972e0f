//! Reads fields out of a parsed object and keeps a list of what is wrong with them.
//!
//! The rule, for every kind: what is **required** and missing or wrong is an error, and the payload is refused with
//! every bad field named; what is **optional** and wrong is stored as null and named in `refused_fields`.
//! Text is stripped of control and bidirectional characters here and nowhere else.

mod loose;
mod nested;
mod text;

use super::errors::{Findings, MAX_NAMED_FIELDS};
use super::json::{Entry, Node};
use super::wire_time::{self, TIME};
use crate::clock::UnixMs;
use std::ops::RangeInclusive;
use text::clip;

pub use loose::Distinct;
pub use text::strip;

/// Whole numbers above this are no longer exact as f64, which charts and thresholds use.
pub(crate) const MAX_WHOLE: u64 = 1 << 53;

/// Where in a payload a field stands; written out only when something is wrong.
#[derive(Debug, Clone, Copy)]
struct Path<'p> {
    parent: Option<&'p Path<'p>>,
    name: &'static str,
    index: Option<usize>,
}

impl Path<'_> {
    fn write(&self, out: &mut String) {
        if let Some(parent) = self.parent {
            parent.write(out);
        }
        if !self.name.is_empty() {
            out.push_str(self.name);
            if let Some(index) = self.index {
                out.push('[');
                out.push_str(&index.to_string());
                out.push(']');
            }
            out.push('.');
        }
    }
}

/// The members of one object, read by name; the names may come in any order, and unknown ones are ignored.
pub(crate) struct Fields<'a, 'f> {
    entries: Vec<Entry<'a>>,
    /// Where the next name is looked for first: agents write fields in the order we read them.
    cursor: usize,
    path: Path<'f>,
    findings: &'f mut Findings,
}

impl<'a, 'f> Fields<'a, 'f> {
    pub(crate) fn new(entries: Vec<Entry<'a>>, findings: &'f mut Findings) -> Self {
        let path = Path {
            parent: None,
            name: "",
            index: None,
        };
        Self {
            entries,
            cursor: 0,
            path,
            findings,
        }
    }

    /// After the last field was read: no field that was read may appear again.
    pub(crate) fn finish(self) {
        let Self {
            entries,
            path,
            findings,
            ..
        } = self;
        let is_taken = |e: &&Entry<'_>| e.value == Node::Taken;
        for extra in entries.iter().filter(|e| !is_taken(e)) {
            if entries
                .iter()
                .filter(is_taken)
                .any(|e| e.name == extra.name)
            {
                let mut name = String::new();
                path.write(&mut name);
                name.push_str(&extra.name);
                findings
                    .errors
                    .push(name, "appears more than once".to_owned());
            }
        }
    }

    /// Whether a field is there and not null.
    pub(crate) fn has(&self, name: &str) -> bool {
        let mut entries = self.entries.iter();
        entries.any(|e| e.name == name && e.value != Node::Null)
    }

    /// Percent of a whole, 0 to 100.
    pub(crate) fn percent(&mut self, name: &'static str) -> Option<f64> {
        self.number(name, 0.0..=100.0)
    }

    /// An optional number.
    pub(crate) fn number(&mut self, name: &'static str, range: RangeInclusive<f64>) -> Option<f64> {
        let node = self.take(name)?;
        let value = match node {
            Node::Number(text) => text.parse().ok().filter(|v| range.contains(v)),
            _ => None,
        };
        if value.is_none() {
            self.refuse(name);
        }
        // -0 is in range and would be stored as it is.
        value.map(|v| v + 0.0)
    }

    /// An optional whole number; `12.0` and `1.2e3` are whole.
    pub(crate) fn whole(&mut self, name: &'static str, range: RangeInclusive<u64>) -> Option<u64> {
        let node = self.take(name)?;
        let value = whole_number(&node).filter(|v| range.contains(v));
        if value.is_none() {
            self.refuse(name);
        }
        value
    }

    /// An optional count of anything, bytes included.
    pub(crate) fn count(&mut self, name: &'static str) -> Option<u64> {
        self.whole(name, 0..=MAX_WHOLE)
    }

    /// A used amount and the total it is part of; more used than there is is refused.
    pub(crate) fn share(
        &mut self,
        total: &'static str,
        used: &'static str,
    ) -> (Option<u64>, Option<u64>) {
        let total_value = self.count(total);
        let used_value = self.count(used);
        if let (Some(t), Some(u)) = (total_value, used_value)
            && u > t
        {
            self.refuse(used);
            return (total_value, None);
        }
        (total_value, used_value)
    }

    /// A required whole number.
    pub(crate) fn required_whole(
        &mut self,
        name: &'static str,
        range: RangeInclusive<u64>,
    ) -> Option<u64> {
        let node = self.required(name)?;
        let value = whole_number(&node).filter(|v| range.contains(v));
        if value.is_none() {
            let (from, to) = range.into_inner();
            self.error::<()>(name, format!("must be a whole number from {from} to {to}"));
        }
        value
    }

    /// A required truth value.
    pub(crate) fn required_bool(&mut self, name: &'static str) -> Option<bool> {
        match self.required(name)? {
            Node::Bool(value) => Some(value),
            _ => self.error(name, "must be true or false"),
        }
    }

    /// An optional truth value.
    pub(crate) fn flag(&mut self, name: &'static str) -> Option<bool> {
        match self.take(name)? {
            Node::Bool(value) => Some(value),
            _ => {
                self.refuse(name);
                None
            }
        }
    }

    /// Required text, of so many characters after stripping.
    pub(crate) fn required_text(
        &mut self,
        name: &'static str,
        chars: RangeInclusive<usize>,
    ) -> Option<String> {
        let Node::Text(text) = self.required(name)? else {
            return self.error(name, "must be text");
        };
        let text = strip(&text);
        if chars.contains(&text.chars().count()) {
            return Some(text);
        }
        if text.is_empty() {
            return self.error(name, "must not be empty");
        }
        let most = chars.end();
        self.error(name, format!("must have at most {most} characters"))
    }

    /// Optional text of 1 to `most` characters after stripping.
    pub(crate) fn text(&mut self, name: &'static str, most: usize) -> Option<String> {
        let node = self.take(name)?;
        let value = match node {
            Node::Text(text) => {
                Some(strip(&text)).filter(|t| (1..=most).contains(&t.chars().count()))
            }
            _ => None,
        };
        if value.is_none() {
            self.refuse(name);
        }
        value
    }

    /// Optional text, cut off after `most` characters.
    pub(crate) fn clipped_text(&mut self, name: &'static str, most: usize) -> Option<String> {
        let Some(Node::Text(text)) = self.take(name) else {
            return None;
        };
        Some(clip(strip(&text), most)).filter(|t| !t.is_empty())
    }

    /// Required text that others write, such as a job's name: cut off after `most` characters, because what it is
    /// about must not be lost with it. It may be empty.
    pub(crate) fn required_clipped_text(
        &mut self,
        name: &'static str,
        most: usize,
    ) -> Option<String> {
        match self.required(name)? {
            Node::Text(text) => Some(clip(strip(&text), most)),
            _ => self.error(name, "must be text"),
        }
    }

    /// A required word out of a list.
    pub(crate) fn required_choice<T: Copy>(
        &mut self,
        name: &'static str,
        choices: &[(&str, T)],
    ) -> Option<T> {
        let node = self.required(name)?;
        self.choice(name, &node, choices)
    }

    fn choice<T: Copy>(
        &mut self,
        name: &'static str,
        node: &Node<'_>,
        choices: &[(&str, T)],
    ) -> Option<T> {
        if let Node::Text(text) = node
            && let Some((_, value)) = choices.iter().find(|(word, _)| word == text)
        {
            return Some(*value);
        }
        let words: Vec<&str> = choices.iter().map(|(word, _)| *word).collect();
        self.error(name, format!("must be one of {}", words.join(", ")))
    }

    /// A required value of some other form, such as a time; `what` says which.
    pub(crate) fn required_parsed<T>(
        &mut self,
        name: &'static str,
        what: &'static str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        let node = self.required(name)?;
        let value = match &node {
            Node::Text(text) => parse(text),
            _ => None,
        };
        if value.is_none() {
            self.error::<()>(name, format!("must be {what}"));
        }
        value
    }

    /// An optional value of some other form.
    pub(crate) fn parsed<T>(
        &mut self,
        name: &'static str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        let node = self.take(name)?;
        let value = match &node {
            Node::Text(text) => parse(text),
            _ => None,
        };
        if value.is_none() {
            self.refuse(name);
        }
        value
    }

    /// A required time.
    pub(crate) fn required_time(&mut self, name: &'static str) -> Option<UnixMs> {
        self.required_parsed(name, TIME, wire_time::parse)
    }

    /// An optional time.
    pub(crate) fn time(&mut self, name: &'static str) -> Option<UnixMs> {
        self.parsed(name, wire_time::parse)
    }

    /// Notes that an optional value cannot be used.
    pub(crate) fn refuse(&mut self, name: &str) {
        if self.findings.refused.len() < MAX_NAMED_FIELDS {
            let name = self.name_of(name);
            self.findings.refused.push(name);
        }
    }

    fn error<T>(&mut self, name: &'static str, message: impl Into<String>) -> Option<T> {
        let name = self.name_of(name);
        self.findings.errors.push(name, message.into());
        None
    }

    fn name_of(&self, name: &str) -> String {
        let mut full = String::new();
        self.path.write(&mut full);
        full.push_str(name);
        full
    }

    fn required(&mut self, name: &'static str) -> Option<Node<'a>> {
        match self.take(name) {
            None => self.error(name, "is required"),
            found => found,
        }
    }

    /// Takes a field out; null counts as absent.
    fn take(&mut self, name: &str) -> Option<Node<'a>> {
        let (before, from_cursor) = self.entries.split_at_mut_checked(self.cursor)?;
        let passed = before.len();
        let found = from_cursor
            .iter_mut()
            .enumerate()
            .map(|(i, e)| (i + passed, e))
            .chain(before.iter_mut().enumerate())
            .find(|(_, e)| e.name == name);
        let (index, entry) = found?;
        self.cursor = index + 1;
        match std::mem::replace(&mut entry.value, Node::Taken) {
            Node::Null => None,
            node => Some(node),
        }
    }
}

fn whole_number(node: &Node<'_>) -> Option<u64> {
    let Node::Number(text) = node else {
        return None;
    };
    if let Ok(value) = text.parse::<u64>() {
        return Some(value);
    }
    let value: f64 = text.parse().ok()?;
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "whole and below 2^53 was checked"
    )]
    let whole =
        (value.fract() == 0.0 && (0.0..=MAX_WHOLE as f64).contains(&value)).then_some(value as u64);
    whole
}
