//! Reads JSON into a borrowed tree, in one pass, so that validation can name every bad field at once.
//!
//! Differs from `serde_json` on purpose, and in nothing else (a property test compares the two):
//! * numbers stay text until somebody asks for one, so `1e400` is a number out of range and not a broken document;
//! * `NaN`, `nan`, `Infinity`, `inf` (with or without a minus) are read as [`Node::NotANumber`]: shells and awk
//!   write them, and one such field must not cost the whole payload;
//! * a lone surrogate escape becomes U+FFFD;
//! * duplicate keys are kept, for the validator to refuse;
//! * what is nested deeper than [`MAX_DEPTH`], or lies beyond [`Parser::keep_until`], is checked but not built.

use std::borrow::Cow;

/// Deeper values are skipped: no field of ours lies deeper than 4.
const MAX_DEPTH: usize = 16;

/// A JSON value that borrows from its document where it can.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Node<'a> {
    Null,
    Bool(bool),
    /// As written.
    Number(&'a str),
    /// `NaN` or an infinity.
    NotANumber,
    Text(Cow<'a, str>),
    Array(Vec<Node<'a>>),
    /// In the order written, duplicates included.
    Object(Vec<Entry<'a>>),
    /// Too deep or too far in the document: valid JSON, not kept.
    Skipped,
    /// Was read by the validator.
    Taken,
}

/// One member of an object.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Entry<'a> {
    pub(crate) name: Cow<'a, str>,
    pub(crate) value: Node<'a>,
}

/// Where a document stops being JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not JSON at byte {at}: {expected}")]
pub struct JsonError {
    /// Position, in bytes from the start.
    pub at: usize,
    /// What should have stood there.
    pub expected: &'static str,
}

/// Walks over one document.
pub(crate) struct Parser<'a> {
    text: &'a str,
    at: usize,
    /// Values that begin at or after this byte are skipped.
    keep_until: usize,
}

impl<'a> Parser<'a> {
    /// Reads UTF-8.
    pub(crate) fn new(body: &'a [u8]) -> Result<Self, JsonError> {
        let text = std::str::from_utf8(body).map_err(|error| JsonError {
            at: error.valid_up_to(),
            expected: "expected UTF-8",
        })?;
        Ok(Self {
            text,
            at: 0,
            keep_until: usize::MAX,
        })
    }

    /// A whole document.
    pub(crate) fn document(mut self) -> Result<Node<'a>, JsonError> {
        let node = self.value(0)?;
        self.end()?;
        Ok(node)
    }

    /// Nothing but white space follows.
    pub(crate) fn end(&mut self) -> Result<(), JsonError> {
        match self.peek() {
            None => Ok(()),
            Some(_) => Err(self.expected("expected the end")),
        }
    }

    /// The next value; of its bytes at most the first `limit` are kept. Returns how many bytes it spans.
    pub(crate) fn value_within(&mut self, limit: usize) -> Result<(Node<'a>, usize), JsonError> {
        self.peek();
        let start = self.at;
        self.keep_until = start.saturating_add(limit);
        let node = self.value(0);
        self.keep_until = usize::MAX;
        Ok((node?, self.at.saturating_sub(start)))
    }

    /// Whether the next value is an object; an array.
    pub(crate) fn at_object(&mut self) -> bool {
        self.peek() == Some(b'{')
    }

    pub(crate) fn at_array(&mut self) -> bool {
        self.peek() == Some(b'[')
    }

    /// Goes over an object; `each` must read the member's value.
    pub(crate) fn object<E: From<JsonError>>(
        &mut self,
        mut each: impl FnMut(&mut Self, Cow<'a, str>) -> Result<(), E>,
    ) -> Result<(), E> {
        self.want(b'{', "expected an object")?;
        if self.accept(b'}') {
            return Ok(());
        }
        loop {
            let name = self.key()?;
            each(self, name)?;
            if self.accept(b'}') {
                return Ok(());
            }
            self.want(b',', "expected , or }")?;
        }
    }

    /// Goes over an array; `each` must read the entry.
    pub(crate) fn array<E: From<JsonError>>(
        &mut self,
        mut each: impl FnMut(&mut Self) -> Result<(), E>,
    ) -> Result<(), E> {
        self.want(b'[', "expected an array")?;
        if self.accept(b']') {
            return Ok(());
        }
        loop {
            each(self)?;
            if self.accept(b']') {
                return Ok(());
            }
            self.want(b',', "expected , or ]")?;
        }
    }

    fn value(&mut self, depth: usize) -> Result<Node<'a>, JsonError> {
        let first = self.peek();
        if depth > MAX_DEPTH || self.at >= self.keep_until {
            self.skip()?;
            return Ok(Node::Skipped);
        }
        match first {
            Some(b'{') => {
                let mut entries = Vec::with_capacity(8);
                self.object(|parser, name| -> Result<(), JsonError> {
                    let value = parser.value(depth + 1)?;
                    entries.push(Entry { name, value });
                    Ok(())
                })?;
                Ok(Node::Object(entries))
            }
            Some(b'[') => {
                let mut items = Vec::new();
                self.array(|parser| -> Result<(), JsonError> {
                    items.push(parser.value(depth + 1)?);
                    Ok(())
                })?;
                Ok(Node::Array(items))
            }
            _ => self.scalar(),
        }
    }

    /// Checks a value of any depth without recursion and without keeping it.
    pub(crate) fn skip(&mut self) -> Result<(), JsonError> {
        let mut open = Vec::new();
        loop {
            match self.peek() {
                Some(bracket @ (b'{' | b'[')) => {
                    self.at += 1;
                    let close = if bracket == b'{' { b'}' } else { b']' };
                    if !self.accept(close) {
                        open.push(close);
                        if close == b'}' {
                            self.key()?;
                        }
                        continue;
                    }
                }
                _ => {
                    self.scalar()?;
                }
            }
            loop {
                let Some(&close) = open.last() else {
                    return Ok(());
                };
                if self.accept(close) {
                    open.pop();
                    continue;
                }
                self.want(b',', "expected , or a closing bracket")?;
                if close == b'}' {
                    self.key()?;
                }
                break;
            }
        }
    }

    fn key(&mut self) -> Result<Cow<'a, str>, JsonError> {
        if self.peek() != Some(b'"') {
            return Err(self.expected("expected a name in quotes"));
        }
        let name = self.string()?;
        self.want(b':', "expected :")?;
        Ok(name)
    }

    fn scalar(&mut self) -> Result<Node<'a>, JsonError> {
        match self.peek() {
            Some(b'"') => self.string().map(Node::Text),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(_) => self.word(),
            None => Err(self.expected("expected a value")),
        }
    }

    fn word(&mut self) -> Result<Node<'a>, JsonError> {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let end = rest
            .bytes()
            .position(|b| !b.is_ascii_alphabetic())
            .unwrap_or(rest.len());
        let node = match rest.get(..end).unwrap_or_default() {
            "true" => Node::Bool(true),
            "false" => Node::Bool(false),
            "null" => Node::Null,
            "NaN" | "nan" | "Infinity" | "inf" => Node::NotANumber,
            _ => return Err(self.expected("expected a value")),
        };
        self.at += end;
        Ok(node)
    }

    fn number(&mut self) -> Result<Node<'a>, JsonError> {
        let start = self.at;
        if self.byte() == Some(b'-') {
            self.at += 1;
            if matches!(self.byte(), Some(b'N' | b'n' | b'I' | b'i')) {
                return match self.word()? {
                    Node::NotANumber => Ok(Node::NotANumber),
                    _ => Err(self.expected("expected a number")),
                };
            }
        }
        match self.byte() {
            Some(b'0') => self.at += 1,
            Some(b'1'..=b'9') => self.digits()?,
            _ => return Err(self.expected("expected a digit")),
        }
        if self.byte() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.byte(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.byte(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits()?;
        }
        Ok(Node::Number(
            self.text.get(start..self.at).unwrap_or_default(),
        ))
    }

    fn digits(&mut self) -> Result<(), JsonError> {
        let start = self.at;
        while matches!(self.byte(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        if self.at == start {
            return Err(self.expected("expected a digit"));
        }
        Ok(())
    }

    fn string(&mut self) -> Result<Cow<'a, str>, JsonError> {
        self.at += 1;
        let plain = self.plain_run()?;
        if self.byte() == Some(b'"') {
            self.at += 1;
            return Ok(Cow::Borrowed(plain));
        }
        let mut out = String::from(plain);
        loop {
            // At a backslash or a closing quote: `plain_run` stops at nothing else.
            if self.byte() == Some(b'"') {
                self.at += 1;
                return Ok(Cow::Owned(out));
            }
            self.at += 1;
            out.push(self.escape()?);
            out.push_str(self.plain_run()?);
        }
    }

    /// Up to the next quote or backslash.
    fn plain_run(&mut self) -> Result<&'a str, JsonError> {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let stop = rest
            .bytes()
            .position(|b| b == b'"' || b == b'\\' || b < 0x20);
        let start = self.at;
        self.at += stop.unwrap_or(rest.len());
        match self.byte() {
            Some(b'"' | b'\\') => Ok(self.text.get(start..self.at).unwrap_or_default()),
            Some(_) => Err(self.expected("expected no raw control character in text")),
            None => Err(self.expected("expected a closing quote")),
        }
    }

    fn escape(&mut self) -> Result<char, JsonError> {
        let escaped = self.byte();
        self.at += 1;
        Ok(match escaped {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.unicode_escape(),
            _ => {
                self.at -= 1;
                return Err(self.expected("expected an escape"));
            }
        })
    }

    fn unicode_escape(&mut self) -> Result<char, JsonError> {
        let high = self.hex4()?;
        if !(0xD800..0xDC00).contains(&high) {
            return Ok(char::from_u32(high).unwrap_or(char::REPLACEMENT_CHARACTER));
        }
        let after = self.at;
        if self.byte() == Some(b'\\') {
            self.at += 1;
            if self.byte() == Some(b'u') {
                self.at += 1;
                let low = self.hex4()?;
                if (0xDC00..0xE000).contains(&low) {
                    let code = 0x1_0000 + ((high - 0xD800) << 10) + (low - 0xDC00);
                    return Ok(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
                }
            }
        }
        self.at = after;
        Ok(char::REPLACEMENT_CHARACTER)
    }

    fn hex4(&mut self) -> Result<u32, JsonError> {
        let hex = self.at.checked_add(4).and_then(|end| {
            self.text
                .get(self.at..end)
                .filter(|s| s.bytes().all(|b| b.is_ascii_hexdigit()))
        });
        let code = hex.and_then(|s| u32::from_str_radix(s, 16).ok());
        let code = code.ok_or_else(|| self.expected("expected four hexadecimal digits"))?;
        self.at += 4;
        Ok(code)
    }

    /// The byte here.
    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// The next byte that is not white space, which is passed over.
    fn peek(&mut self) -> Option<u8> {
        loop {
            match self.byte() {
                Some(b' ' | b'\n' | b'\r' | b'\t') => self.at += 1,
                other => return other,
            }
        }
    }

    fn accept(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn want(&mut self, byte: u8, expected: &'static str) -> Result<(), JsonError> {
        if self.accept(byte) {
            Ok(())
        } else {
            Err(self.expected(expected))
        }
    }

    fn expected(&self, expected: &'static str) -> JsonError {
        JsonError {
            at: self.at,
            expected,
        }
    }
}

#[cfg(test)]
mod tests;
