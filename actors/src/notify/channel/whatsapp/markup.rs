//! WhatsApp's mark-up, made harmless: it knows no escape.
//!
//! A sign formats what follows it at the border of a word, so there another one that looks the same takes its place. A line
//! that begins with `>`, `-` or a number, then a space, is a quotation or an item: something unseen comes between.

use crate::notify::channel::chat::{self, JOINER, Markup};

pub(super) const MARKUP: Markup = Markup {
    escape: harmless,
    copied: Some(chat::as_it_is),
    ..chat::PLAIN
};

fn harmless(c: char, out: &mut String) -> usize {
    if c == ' ' && begins_an_item(out) {
        out.push(JOINER);
        return JOINER.len_utf16() + chat::as_it_is(c, out);
    }
    let border = chat::at_a_border(out);
    let c = match c {
        '*' if border => '\u{2217}',
        '_' if border => '\u{2cd}',
        '~' if border => '\u{223c}',
        // Code needs no border.
        '`' => '\u{2cb}',
        c => c,
    };
    chat::as_it_is(c, out)
}

/// Whether the line so far is what a quotation or an item begins with.
fn begins_an_item(out: &str) -> bool {
    let line = out.rsplit('\n').next().unwrap_or_default().trim_start();
    match line.strip_suffix('.') {
        Some(number) => !number.is_empty() && number.chars().all(|c| c.is_ascii_digit()),
        None => matches!(line, ">" | "-" | "*"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: &str) -> String {
        let (out, units) = chat::written(text, &MARKUP, usize::MAX);
        assert_eq!(units, chat::units(&out));
        out
    }

    #[test]
    fn no_sign_at_the_border_of_a_word_is_left() {
        for sign in ['*', '_', '~', '`'] {
            for text in [
                format!("{sign}word{sign}"),
                format!("a {sign}two words{sign} b"),
                format!("({sign}word{sign})"),
                format!("{sign}{sign}{sign}word{sign}{sign}{sign}"),
                format!("x\n{sign}word{sign}"),
            ] {
                let out = written(&text);
                let mut before = ' ';
                for c in out.chars() {
                    assert!(c != sign || before.is_alphanumeric(), "{text}: {out}");
                    before = c;
                }
            }
        }
    }

    #[test]
    fn what_is_within_a_word_is_as_it_was() {
        for text in [
            "shop_1@x.test",
            "a*b",
            "/home/shop_1/mail",
            "2*3*4",
            "10.0.0.1 a - b",
        ] {
            assert_eq!(written(text), text);
        }
    }

    #[test]
    fn no_line_begins_a_quotation_or_a_list() {
        assert_eq!(written("> a"), ">\u{2060} a");
        assert_eq!(written("x\n- a\n12. b"), "x\n-\u{2060} a\n12.\u{2060} b");
        assert_eq!(written("* a"), "\u{2217} a");
        assert_eq!(written("a > b. c"), "a > b. c");
    }

    #[test]
    fn the_command_to_copy_is_what_it_is() {
        let mut told = chat::tests::message("*no* `answer`");
        told.command = Some("exiqgrep -i -f '*@x' | xargs _ ~/`a`".into());
        let text = chat::render(&told, &MARKUP, 4_096);
        assert!(
            text.contains("\nexiqgrep -i -f '*@x' | xargs _ ~/`a`\n"),
            "{text}"
        );
        assert!(text.contains("\u{2217}no* \u{2cb}answer\u{2cb}"), "{text}");
        assert!(text.contains("https://noc.test/ack/AbC-09_x"), "{text}");
        let line = chat::one_line(&told, &MARKUP, 1_024);
        assert!(line.contains("Observed: \u{2217}no* "), "{line}");
        // Cut, it is measured as it leaves.
        let long = chat::tests::message(&"*a* ".repeat(3_000));
        for limit in [500, 1_600, 4_096] {
            assert!(chat::units(&chat::render(&long, &MARKUP, limit)) <= limit);
        }
    }
}
