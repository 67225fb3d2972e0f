//! Pieces of statements. Nothing from outside gets into one but through here: ids and times are numbers, fields come
//! from the catalogue, and texts are quoted.

use noc_pipeline::clock::UnixMs;

/// A text as a literal. QuestDB knows one escape in it, the doubled quote.
pub fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// A time as QuestDB counts, microseconds since 1970. Times before that are 1970.
pub fn micros(at: UnixMs) -> i64 {
    at.0.max(0).saturating_mul(1_000)
}

/// A time out of an answer.
pub fn from_micros(micros: i64) -> UnixMs {
    UnixMs(micros.div_euclid(1_000))
}

/// The condition that `ts` lies in `from..to`.
pub fn within((from, to): (UnixMs, UnixMs)) -> String {
    format!("ts >= {} AND ts < {}", micros(from), micros(to))
}

/// Numbers with commas between.
pub fn list<T: ToString>(items: impl IntoIterator<Item = T>) -> String {
    let items: Vec<_> = items.into_iter().map(|item| item.to_string()).collect();
    items.join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_cannot_leave_their_quotes() {
        for (text, literal) in [
            ("a'b\\'--", "'a''b\\''--'"),
            ("", "''"),
            ("'", "''''"),
            ("''", "''''''"),
            ("\\", "'\\'"),
            ("\"; DROP TABLE x", "'\"; DROP TABLE x'"),
            (
                "p\u{430}ypal\u{202e}\u{1f4be}",
                "'p\u{430}ypal\u{202e}\u{1f4be}'",
            ),
            ("nul\0 and\nline", "'nul\0 and\nline'"),
            ("\u{2019}\u{ff07}", "'\u{2019}\u{ff07}'"),
        ] {
            assert_eq!(quoted(text), literal);
        }
    }

    #[test]
    fn spans_are_half_open_and_never_negative() {
        let span = (UnixMs(i64::MIN), UnixMs(2));
        assert_eq!(within(span), "ts >= 0 AND ts < 2000");
        assert_eq!(from_micros(1_999), UnixMs(1));
        assert_eq!(micros(UnixMs(i64::MAX)), i64::MAX);
    }
}
