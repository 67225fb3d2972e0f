//! Words of a command that an operator may paste into a shell.
//!
//! Hosts' users write file names, logins and cron jobs. What stands in single quotes is one word to every shell, and
//! a control character, which a terminal might take for a key, stands in none.

/// The text as one word of a shell's command; `None` when no quoting makes it safe to paste.
#[must_use]
pub(crate) fn word(text: &str) -> Option<String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._@/:=+,%-".contains(c);
    if text.is_empty() || text.chars().any(char::is_control) {
        return None;
    }
    if !text.starts_with('-') && text.chars().all(plain) {
        return Some(text.to_owned());
    }
    Some(format!("'{}'", text.replace('\'', r"'\''")))
}

/// The first so many characters; with `...` where more were there.
#[must_use]
pub(crate) fn clipped(text: &str, most: usize) -> String {
    let mut out: String = text.chars().take(most).collect();
    if out.len() < text.len() {
        out.push_str("...");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_a_user_writes_is_one_word() {
        let cases = [
            ("/usr/bin/php", Some("/usr/bin/php")),
            ("a b", Some("'a b'")),
            ("x; reboot", Some("'x; reboot'")),
            ("$(id)", Some("'$(id)'")),
            ("it's", Some(r"'it'\''s'")),
            ("-rf", Some("'-rf'")),
            ("a\nb", None),
            ("\u{1b}[2J", None),
            ("", None),
        ];
        for (text, expected) in cases {
            assert_eq!(word(text).as_deref(), expected, "{text:?}");
        }
        assert_eq!(clipped("abcdef", 3), "abc...");
        assert_eq!(clipped("abc", 3), "abc");
    }
}
