//! Numbers and names in sentences and commands.

use std::fmt::Display;

/// `12,345`.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (n, digit) in digits.chars().enumerate() {
        if n > 0 && (digits.len() - n).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A number that is rarely large, with one digit behind the point where that tells something.
pub(crate) fn about(number: f64) -> String {
    if number >= 1_000.0 {
        let whole = number.min(1e15).round();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "0 to 1e15, whole"
        )]
        return grouped(whole as u64);
    }
    let text = format!("{number:.1}");
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}

/// `1 day`, `2 days`.
pub(crate) fn plural(count: impl Display + PartialEq<u64>, noun: &str) -> String {
    let s = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{s}")
}

/// A word for a POSIX shell, whatever it is made of; `None` for what no command line should carry.
pub(crate) fn shell_word(text: &str) -> Option<String> {
    if text.is_empty() || text.chars().any(char::is_control) {
        return None;
    }
    Some(format!("'{}'", text.replace('\'', r"'\''")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(1_000), "1,000");
        assert_eq!(grouped(12_345_678), "12,345,678");
        assert_eq!(about(0.0), "0");
        assert_eq!(about(4.25), "4.2");
        assert_eq!(about(1_234.5), "1,235");
        assert_eq!(plural(1_u64, "day"), "1 day");
        assert_eq!(plural(2_u64, "day"), "2 days");
    }

    #[test]
    fn a_name_cannot_leave_its_quotes() {
        assert_eq!(
            shell_word("info@example.com").unwrap(),
            "'info@example.com'"
        );
        assert_eq!(
            shell_word("a'; rm -rf / #").unwrap(),
            r"'a'\''; rm -rf / #'"
        );
        assert_eq!(shell_word("$(id)`id`\\").unwrap(), r"'$(id)`id`\'");
        assert_eq!(shell_word("two\nlines"), None);
        assert_eq!(shell_word("\u{9b}31m"), None);
        assert_eq!(shell_word(""), None);
    }
}
