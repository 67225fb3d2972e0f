//! What a template of the organisation may hold beside text: variables, filters, `if` and `for`.
//!
//! The engine knows far more, and some of it could grow a text to gigabytes in thirty steps (`a ~ a`), which neither
//! counting its steps nor its output would stop in time. So a tag is looked through before the engine sees it, by the same
//! rules for where a tag and its strings end, and whatever is not needed to write a message is refused by name.

/// Words that may open a block.
const STATEMENTS: [&str; 6] = ["if", "elif", "else", "endif", "for", "endfor"];

/// The engine goes down a level for each sign of an expression, and costs the square of them.
const LONGEST_TAG: usize = 300;

/// What stands where.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    /// Counted from 1.
    pub line: usize,
    /// For people.
    pub reason: String,
}

/// Looks through a template. What it does not understand it leaves to the engine, which refuses it.
pub(super) fn scan(source: &str) -> Result<(), Refusal> {
    let mut at = Cursor {
        rest: source,
        line: 1,
    };
    while let Some(c) = at.next() {
        if c != '{' {
            continue;
        }
        match at.peek() {
            Some('#') => {
                at.next();
                at.skip_past("#}");
            }
            Some('{') => {
                at.next();
                tag(&mut at, None)?;
            }
            Some('%') => {
                at.next();
                let statement = at.statement();
                tag(&mut at, Some(statement))?;
            }
            _ => {}
        }
    }
    Ok(())
}

/// The inside of one tag, up to its end. `statement`: its first word, if it is a block.
fn tag(at: &mut Cursor<'_>, statement: Option<&str>) -> Result<(), Refusal> {
    let end = if statement.is_some() { "%}" } else { "}}" };
    if let Some(word) = statement
        && !word.is_empty()
        && !STATEMENTS.contains(&word)
    {
        return at.refuse(format!("`{word}` is not known here: there are if and for"));
    }
    // Within brackets the engine sees no end.
    let mut depth = 0_i64;
    let began = at.rest.len();
    loop {
        if began - at.rest.len() > LONGEST_TAG {
            return at.refuse(format!("a tag may have {LONGEST_TAG} bytes at most"));
        }
        if depth == 0 && at.rest.starts_with(end) {
            return Ok(());
        }
        let Some(c) = at.next() else { return Ok(()) };
        match c {
            '"' | '\'' => at.skip_string(c),
            '(' | '[' => depth += 1,
            ')' | ']' => depth -= 1,
            '~' | '*' | '+' => {
                return at.refuse(format!(
                    "`{c}` is not known here: write texts beside each other"
                ));
            }
            '{' | '}' => return at.refuse(format!("`{c}` does not belong into a tag")),
            c if is_word(c) => {
                let word = at.word(c);
                if word == "recursive" {
                    return at.refuse("`recursive` is not known here".to_owned());
                }
            }
            _ => {}
        }
    }
}

const fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

struct Cursor<'s> {
    rest: &'s str,
    line: usize,
}

impl<'s> Cursor<'s> {
    fn next(&mut self) -> Option<char> {
        let mut chars = self.rest.chars();
        let c = chars.next()?;
        self.rest = chars.as_str();
        self.line += usize::from(c == '\n');
        Some(c)
    }

    fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    fn skip_past(&mut self, end: &str) {
        while !self.rest.starts_with(end) && self.next().is_some() {}
        self.rest = self.rest.strip_prefix(end).unwrap_or(self.rest);
    }

    /// Past the end of a string that `quote` began.
    fn skip_string(&mut self, quote: char) {
        while let Some(c) = self.next() {
            if c == '\\' {
                self.next();
            } else if c == quote {
                return;
            }
        }
    }

    /// The whole of a word that `first` began.
    fn word(&mut self, first: char) -> String {
        let mut word = String::from(first);
        while let Some(c) = self.peek().filter(|c| is_word(*c)) {
            self.next();
            word.push(c);
        }
        word
    }

    /// The first word of a block, which is not taken; empty where there is none.
    fn statement(&self) -> &'s str {
        let inside = self
            .rest
            .strip_prefix('-')
            .unwrap_or(self.rest)
            .trim_start();
        let end = inside.find(|c| !is_word(c)).unwrap_or(inside.len());
        inside.get(..end).unwrap_or_default()
    }

    fn refuse(&self, reason: String) -> Result<(), Refusal> {
        Err(Refusal {
            line: self.line,
            reason,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(source: &str) -> Option<(usize, String)> {
        scan(source).err().map(|no| (no.line, no.reason))
    }

    #[test]
    fn what_a_message_needs_is_let_through() {
        for source in [
            "plain ~ text * with + signs and {single} braces",
            "{{ mark }} [{{ severity }}] {{ title|upper }}",
            "{%- if command and not withdrawn -%}\n{{ command }}\n{% elif runbook %}x{% else %}y{% endif %}",
            "{% for fact in facts if fact.name != \"a ~ }} %} b\" %}{{ fact.name }}{% endfor %}",
            "{# a comment ~ with {{ signs }} #}{{ title|default('it\\'s ~ nothing') }}",
            "{{ facts[0].name }} {{ (severity == 'critical') and 1 - 2 }}",
        ] {
            assert_eq!(refused(source), None, "{source}");
        }
    }

    #[test]
    fn what_grows_or_reaches_beyond_is_refused_with_its_line() {
        for (source, line) in [
            ("\n{{ title ~ title }}", 2),
            ("{{ title * 1000000 }}", 1),
            ("{{ [1] + [2] }}", 1),
            ("{% set a = title %}", 1),
            ("a\nb\n{%- set a = title %}", 3),
            ("{%with a = 1%}{%endwith%}", 1),
            ("{% autoescape false %}{% endautoescape %}", 1),
            ("{% include 'message.html' %}", 1),
            ("{% macro a() %}{% endmacro %}", 1),
            ("{% raw %}{% endraw %}", 1),
            ("{% filter upper %}{% endfilter %}", 1),
            ("{% for a in facts recursive %}{% endfor %}", 1),
            ("{{ {'a': 1} }}", 1),
        ] {
            assert_eq!(refused(source).map(|no| no.0), Some(line), "{source}");
        }
    }

    #[test]
    fn an_expression_cannot_go_down_thousands_of_levels() {
        for deep in [
            format!("{{{{ {}a }}}}", "-".repeat(8_000)),
            format!("{{{{ a{} }}}}", ".a".repeat(4_000)),
            format!("{{{{ a{} }}}}", "|trim".repeat(1_500)),
            format!("{{% if {}a %}}x{{% endif %}}", "not ".repeat(2_000)),
        ] {
            let (_, reason) = refused(&deep).unwrap();
            assert!(reason.contains("300 bytes"), "{reason}");
        }
        assert_eq!(refused(&format!("{{{{ a{} }}}}", ".a".repeat(140))), None);
    }

    #[test]
    fn nothing_hides_from_it_what_the_engine_sees() {
        for source in [
            // Within brackets the end of a tag is not one.
            "{{ (1 }} ~ 2) }}",
            // A string that only looks closed, and one that only looks open.
            r#"{{ "\" }}" ~ title }}"#,
            r#"{# " #}{{ title ~ title }}"#,
            "{{ title }}\" {{ title ~ title }}",
            "{{{ title ~ title }}",
            "{ {% if a ~ b %}",
        ] {
            assert!(refused(source).is_some(), "{source}");
        }
    }
}
