//! The organisation's own words in the place of the product's: a subject and a text, written as templates.
//!
//! The language is small on purpose ([`super::scan`] says what is left of it) and makes plain text alone. Limits: a subject's
//! template 500 bytes, a text's 8 KiB; 20,000 steps; a text of 16 KiB, a subject of one line of 250 characters. Whatever
//! fails is said with its line, and [`Templates::reword`] then leaves the product's words in place: a message is never
//! lost to a typing error.

use super::scan::scan;
use super::{TemplateError, Templates, is_bidi};
use crate::notify::message::{Detail, Message};
use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, ErrorKind, UndefinedBehavior, Value, filters};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io::{self, Write};

/// Steps that a template may take.
const FUEL: u64 = 20_000;

/// What a template may make, in bytes.
const LONGEST_OUTPUT: usize = 16 * 1_024;

/// Of a subject, in characters; mail servers fold longer ones, chats cut them.
const LONGEST_SUBJECT: usize = 250;

/// Which of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// One line.
    Subject,
    /// Everything below it.
    Text,
}

impl Part {
    /// Its name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Subject => "subject",
            Self::Text => "text",
        }
    }

    /// How long its template may be, in bytes.
    #[must_use]
    pub const fn longest(self) -> usize {
        match self {
            Self::Subject => 500,
            Self::Text => 8 * 1_024,
        }
    }
}

/// Templates; what is `None` is said in the product's words.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OwnWords {
    /// Of the subject.
    pub subject: Option<String>,
    /// Of the text.
    pub text: Option<String>,
}

/// Why a template makes no message.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fault {
    /// Which.
    pub part: Part,
    /// Counted from 1; `None`: it is about the whole of it.
    pub line: Option<usize>,
    /// For people.
    pub reason: String,
}

impl Fault {
    /// With its line, without its part.
    #[must_use]
    pub fn told(&self) -> String {
        match self.line {
            Some(line) => format!("line {line}: {}", self.reason),
            None => self.reason.clone(),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {}", self.part.name(), self.told())
    }
}

/// The engine as own words know it: no more than is named here.
pub(super) fn language(syntax: SyntaxConfig) -> Environment<'static> {
    let mut language = Environment::empty();
    language.set_syntax(syntax);
    language.set_undefined_behavior(UndefinedBehavior::Strict);
    language.set_fuel(Some(FUEL));
    // Names what is undefined.
    language.set_debug(true);
    language.add_filter("upper", filters::upper);
    language.add_filter("lower", filters::lower);
    language.add_filter("title", filters::title);
    language.add_filter("capitalize", filters::capitalize);
    language.add_filter("trim", filters::trim);
    language.add_filter("default", filters::default);
    language.add_filter("length", filters::length);
    language.add_filter("first", filters::first);
    language.add_filter("last", filters::last);
    language.add_filter("truncate", truncate);
    language.add_test("defined", minijinja::tests::is_defined);
    language
}

/// At most so many characters, the last of which then says that something is missing.
fn truncate(text: String, length: usize) -> String {
    if text.chars().count() <= length {
        return text;
    }
    let kept = text.chars().take(length.saturating_sub(1));
    kept.chain(['…']).collect()
}

impl Templates {
    /// Says a message in the organisation's words; what of them fails stays as it was.
    #[must_use]
    pub fn reword(&self, message: Message, words: &OwnWords) -> (Message, Vec<Fault>) {
        let mut faults = Vec::new();
        let mut next = message.clone();
        let values = values(&message);
        let mut fill = |part, source: &Option<String>| {
            let filled = self.fill(part, source.as_deref()?, &values);
            filled.map_err(|fault| faults.push(fault)).ok()
        };
        let subject = fill(Part::Subject, &words.subject);
        let body = fill(Part::Text, &words.text);
        if subject.is_none() && body.is_none() {
            return (message, faults);
        }
        next.subject = subject.unwrap_or(next.subject);
        next.body = body.or(next.body);
        match self.lay_out(&mut next) {
            Ok(()) => (next, faults),
            Err(TemplateError(error)) => {
                faults.push(fault(Part::Text, &error));
                (message, faults)
            }
        }
    }

    /// Everything that is wrong with words for messages like these samples, each thing once.
    #[must_use]
    pub fn faults(&self, words: &OwnWords, samples: &[Message]) -> Vec<Fault> {
        let samples = samples.iter();
        let found = samples.flat_map(|sample| self.reword(sample.clone(), words).1);
        found.collect::<BTreeSet<_>>().into_iter().collect()
    }

    fn fill(&self, part: Part, source: &str, values: &Value) -> Result<String, Fault> {
        let whole = |reason: String| Fault {
            part,
            line: None,
            reason,
        };
        if source.len() > part.longest() {
            return Err(whole(format!("may have {} bytes at most", part.longest())));
        }
        scan(source).map_err(|no| Fault {
            part,
            line: Some(no.line),
            reason: no.reason,
        })?;
        let template = self.language.template_from_named_str(part.name(), source);
        let template = template.map_err(|error| fault(part, &error))?;
        let mut out = Bounded::default();
        template
            .render_captured_to(values, &mut out)
            .map_err(|error| fault(part, &error))?;
        let text = String::from_utf8_lossy(&out.0);
        let tidy = match part {
            Part::Subject => one_line(&text),
            Part::Text => lines(&text),
        };
        if tidy.is_empty() {
            return Err(whole("nothing is left of it for some messages".to_owned()));
        }
        Ok(tidy)
    }
}

fn values(message: &Message) -> Value {
    let facts = message.fields.iter().map(|fact| {
        let pair = [("name", &fact.name), ("value", &fact.value)];
        map(pair.into_iter().map(|(k, v)| (k, Value::from(v.as_str()))))
    });
    let text = |text: &str| Value::from(text);
    let common = [
        ("kind", text(message.kind.name())),
        ("subject", text(&message.subject)),
        ("title", text(&message.title)),
        ("lead", text(&message.lead)),
        ("facts", facts.collect()),
        (
            "command",
            text(message.command.as_deref().unwrap_or_default()),
        ),
        (
            "runbook",
            text(message.runbook.as_deref().unwrap_or_default()),
        ),
        ("link", text(&message.link)),
        ("sent_at", text(&message.sent_at)),
    ];
    let details = message.details.iter().map(|(name, detail)| {
        let value = match detail {
            Detail::Text(said) => text(said),
            Detail::Flag(flag) => Value::from(*flag),
        };
        (*name, value)
    });
    map(common.into_iter().chain(details))
}

fn map(pairs: impl Iterator<Item = (&'static str, Value)>) -> Value {
    let pairs = pairs.map(|(name, value)| (Value::from(name), value));
    Value::from_object(pairs.collect::<BTreeMap<Value, Value>>())
}

fn fault(part: Part, error: &minijinja::Error) -> Fault {
    let reason = match (error.kind(), error.detail()) {
        (ErrorKind::OutOfFuel, _) => "takes too many steps".to_owned(),
        (ErrorKind::WriteFailure, _) => {
            format!("makes more than {} KiB", LONGEST_OUTPUT / 1_024)
        }
        (ErrorKind::UndefinedError, Some(detail)) => detail.to_owned(),
        (kind, Some(detail)) => format!("{kind}: {detail}"),
        (kind, None) => kind.to_string(),
    };
    Fault {
        part,
        line: error.line(),
        reason,
    }
}

/// What was made so far.
#[derive(Default)]
struct Bounded(Vec<u8>);

impl Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len().saturating_add(bytes.len()) > LONGEST_OUTPUT {
            return Err(io::Error::other("too long"));
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn one_line(text: &str) -> String {
    let plain: String = text
        .chars()
        .map(|c| if c.is_control() || is_bidi(c) { ' ' } else { c })
        .collect();
    let words = plain.split_whitespace().collect::<Vec<_>>().join(" ");
    truncate(words, LONGEST_SUBJECT)
}

/// Lines without blanks at their ends, at most one empty one after another, none first or last.
fn lines(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut empty = 0;
    for line in text.lines() {
        let plain: String = line
            .chars()
            .map(|c| if c.is_control() || is_bidi(c) { ' ' } else { c })
            .collect();
        let plain = plain.trim_end();
        if plain.is_empty() {
            empty += 1;
            continue;
        }
        if !out.is_empty() {
            out.push_str(if empty > 0 { "\n\n" } else { "\n" });
        }
        empty = 0;
        out.push_str(plain);
    }
    out
}

#[cfg(test)]
mod tests;
