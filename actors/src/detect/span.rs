//! Spans of time in words for people.

use std::time::Duration;

/// The two largest units, such as `12 d 3 h`, `4 min 10 s` or `42 s`.
pub(super) fn in_words(span: Duration) -> String {
    let s = span.as_secs();
    let two = |large: u64, a: &str, small: u64, b: &str| match small {
        0 => format!("{large} {a}"),
        _ => format!("{large} {a} {small} {b}"),
    };
    match s {
        0..60 => format!("{s} s"),
        60..3_600 => two(s / 60, "min", s % 60, "s"),
        3_600..86_400 => two(s / 3_600, "h", s % 3_600 / 60, "min"),
        _ => two(s / 86_400, "d", s % 86_400 / 3_600, "h"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_told_in_its_two_largest_units() {
        let told = |s| in_words(Duration::from_secs(s));
        assert_eq!(told(42), "42 s");
        assert_eq!(told(60), "1 min");
        assert_eq!(told(250), "4 min 10 s");
        assert_eq!(told(3_659), "1 h");
        assert_eq!(told(3_600 * 5 + 60 * 7), "5 h 7 min");
        assert_eq!(told(86_400 * 12 + 3_600 * 3 + 59), "12 d 3 h");
    }
}
