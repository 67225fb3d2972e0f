//! Content lines of an iCalendar object (RFC 5545, 3.1): ended by CR LF, folded at 75 octets, text escaped.

/// Most octets of a line, its end not counted.
const LONGEST: usize = 75;

/// Lines, as they are added.
#[derive(Debug, Default)]
pub(super) struct Lines(String);

impl Lines {
    /// A line whose value is of our own making and needs no escapes.
    pub fn line(&mut self, name: &str, value: &str) {
        let mut room = LONGEST;
        for c in name.chars().chain([':']).chain(value.chars()) {
            // A line is never folded within a character.
            if c.len_utf8() > room {
                self.0.push_str("\r\n ");
                room = LONGEST - 1;
            }
            self.0.push(c);
            room -= c.len_utf8();
        }
        self.0.push_str("\r\n");
    }

    /// A line whose value somebody wrote (RFC 5545, 3.3.11). Control characters become spaces, but for line feeds.
    pub fn text(&mut self, name: &str, value: &str) {
        let mut escaped = String::with_capacity(value.len());
        for c in value.chars() {
            match c {
                '\\' | ';' | ',' => escaped.extend(['\\', c]),
                '\n' => escaped.push_str("\\n"),
                c if c.is_control() => escaped.push(' '),
                c => escaped.push(c),
            }
        }
        self.line(name, &escaped);
    }

    /// All of them.
    pub fn finish(self) -> String {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Undoes what was done to a text.
    fn read(lines: &str) -> String {
        let unfolded = lines.replace("\r\n ", "");
        let line = unfolded.strip_suffix("\r\n").unwrap();
        let value = line.strip_prefix("SUMMARY:").unwrap();
        let mut chars = value.chars();
        let mut text = String::new();
        while let Some(c) = chars.next() {
            match c {
                '\\' => match chars.next().unwrap() {
                    'n' => text.push('\n'),
                    c @ ('\\' | ';' | ',') => text.push(c),
                    other => panic!("no escape: {other}"),
                },
                ';' | ',' => panic!("not escaped: {value}"),
                c => text.push(c),
            }
        }
        text
    }

    #[test]
    fn text_is_escaped_and_cannot_make_lines() {
        let mut lines = Lines::default();
        lines.text("SUMMARY", "a;b,c\\d\ne\r\nEND:VCALENDAR\u{7}");
        assert_eq!(
            lines.finish(),
            "SUMMARY:a\\;b\\,c\\\\d\\ne \\nEND:VCALENDAR \r\n"
        );
    }

    proptest! {
        #[test]
        fn lines_are_at_most_75_octets_and_come_back_as_written(text in "[\\PC\n]{0,300}") {
            let mut lines = Lines::default();
            lines.text("SUMMARY", &text);
            let written = lines.finish();
            let (rows, rest) = written.split_at(written.len() - 2);
            prop_assert_eq!(rest, "\r\n");
            prop_assert!(rows.split("\r\n").all(|row| row.len() <= 75));
            prop_assert!(rows.split("\r\n").skip(1).all(|row| row.starts_with(' ')));
            prop_assert!(!rows.replace("\r\n", "").contains(['\r', '\n']));
            prop_assert_eq!(read(&written), text);
        }
    }
}
