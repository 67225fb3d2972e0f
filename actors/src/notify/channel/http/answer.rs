//! What a provider said, and what that means where nothing better is known about its own dialect.

use crate::notify::channel::Outcome;
use crate::notify::retry::LEAST;
use noc_pipeline::clock::UnixMs;
use serde_json::Value;
use std::time::Duration;

/// How long is waited where a provider says that it is too much and not for how long.
pub(in crate::notify::channel) const DEFAULT_PAUSE: Duration = Duration::from_secs(30);

/// A message that may not be sent for longer is as good as lost; a provider that asks for more is asked again then.
const LONGEST_PAUSE: Duration = Duration::from_secs(24 * 60 * 60);

/// Of a provider's words, in characters.
const MOST_WORDS: usize = 200;

/// An answer, without the channel's secrets.
#[derive(Debug, Clone)]
pub(in crate::notify::channel) struct Answer {
    /// HTTP status.
    pub status: u16,
    /// From the header.
    pub retry_after: Option<Duration>,
    /// As much as was read; may be cut off.
    pub body: String,
    /// When the message was sent.
    pub at: UnixMs,
}

/// An answer's body, read by JSON pointers: what is not there, or of another type, is not said.
pub(in crate::notify::channel) struct Said(Value);

impl Said {
    /// A string.
    pub fn text(&self, pointer: &str) -> Option<&str> {
        self.0.pointer(pointer)?.as_str()
    }

    /// A whole number.
    pub fn number(&self, pointer: &str) -> Option<u64> {
        self.0.pointer(pointer)?.as_u64()
    }

    /// A whole number that may be negative.
    pub fn integer(&self, pointer: &str) -> Option<i64> {
        self.0.pointer(pointer)?.as_i64()
    }

    /// Seconds, with a fraction.
    pub fn seconds(&self, pointer: &str) -> Option<Duration> {
        let seconds = self.0.pointer(pointer)?.as_f64()?;
        Duration::try_from_secs_f64(seconds).ok()
    }

    /// Yes or no.
    pub fn flag(&self, pointer: &str) -> Option<bool> {
        self.0.pointer(pointer)?.as_bool()
    }
}

impl Answer {
    /// The body as JSON; empty where it is none.
    pub fn said(&self) -> Said {
        Said(serde_json::from_str(&self.body).unwrap_or_default())
    }

    /// Whether the provider says that all is well.
    pub const fn is_success(&self) -> bool {
        matches!(self.status, 200..=299)
    }

    /// What is said about it to people, in the provider's words: `words`, or the body where those say nothing.
    pub fn reason(&self, who: &str, words: Option<&str>) -> String {
        let words = one_line(words.filter(|w| !w.is_empty()).unwrap_or(&self.body));
        if words.is_empty() {
            format!("{who} answered {}", self.status)
        } else {
            format!("{who} answered {}: {words}", self.status)
        }
    }

    /// A success that is not in the provider's own words: some box on the way may have answered, so the message is sent
    /// again.
    pub fn garbled(&self, who: &str) -> Outcome {
        Outcome::Retry {
            reason: format!(
                "{who} answered {} with something that is not its answer",
                self.status
            ),
            after: None,
        }
    }

    /// What the status alone says of a message that was not taken.
    pub fn by_status(&self, who: &str, words: Option<&str>) -> Outcome {
        let reason = self.reason(who, words);
        match self.status {
            429 => limited(reason, self.retry_after),
            408 | 425 => Outcome::Retry {
                reason,
                after: self.retry_after,
            },
            500..=599 if self.retry_after.is_some() => limited(reason, self.retry_after),
            // A gateway that says its service is not there.
            502..=504 | 520..=530 => Outcome::Unavailable { reason },
            500..=599 => Outcome::Retry {
                reason,
                after: None,
            },
            300..=399 => Outcome::Permanent {
                reason: format!(
                    "{who} answered with a redirect ({}), which is not followed: enter the final address",
                    self.status
                ),
            },
            _ => Outcome::Permanent { reason },
        }
    }
}

/// Too much for now: the message is sent again after `asked`, which costs no attempt.
pub(in crate::notify::channel) fn limited(reason: String, asked: Option<Duration>) -> Outcome {
    Outcome::Retry {
        reason,
        after: Some(pause(asked.unwrap_or(DEFAULT_PAUSE))),
    }
}

/// Too much to this one recipient for now: as [`limited`], and others are sent to meanwhile.
pub(in crate::notify::channel) fn crowded(reason: String, after: Duration) -> Outcome {
    let after = pause(after);
    Outcome::Crowded { reason, after }
}

/// What is obeyed of the pause that a provider asks for: a date that is over asks for none.
fn pause(asked: Duration) -> Duration {
    asked.clamp(LEAST, LONGEST_PAUSE)
}

/// Reads `Retry-After`: seconds, with a fraction where a provider has one, or a date.
pub(super) fn retry_after(text: &str, now: UnixMs) -> Option<Duration> {
    let text = text.trim();
    if let Ok(seconds) = text.parse::<f64>() {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    let at = chrono::DateTime::parse_from_rfc2822(text).ok()?;
    Some(UnixMs(at.timestamp_millis()).since(now))
}

/// On one line, without control characters, at most [`MOST_WORDS`] long.
pub(in crate::notify::channel) fn one_line(text: &str) -> String {
    let plain: String = text
        .chars()
        .take(4 * MOST_WORDS)
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    let line = plain.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(MOST_WORDS) {
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default()),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixMs = UnixMs(1_795_303_740_000); // 2026-11-21 23:29:00 UTC

    fn answer(status: u16, retry_after: Option<&str>) -> Answer {
        Answer {
            status,
            retry_after: retry_after.and_then(|text| super::retry_after(text, NOW)),
            body: "no\r\n  more\u{7} words".into(),
            at: NOW,
        }
    }

    #[test]
    fn retry_after_is_seconds_a_fraction_or_a_date() {
        let s = |text| retry_after(text, NOW).map(|d| d.as_millis());
        assert_eq!(s("30"), Some(30_000));
        assert_eq!(s(" 1.336 "), Some(1_336));
        assert_eq!(s("Sat, 21 Nov 2026 23:30:00 GMT"), Some(60_000));
        assert_eq!(s("Sat, 21 Nov 2026 23:20:00 GMT"), Some(0), "it is past");
        for nonsense in ["-1", "soon", "", "inf", "NaN", "1e400"] {
            assert_eq!(s(nonsense), None, "{nonsense}");
        }
    }

    #[test]
    fn each_class_of_status_has_its_meaning() {
        use Outcome::{Permanent, Retry, Unavailable};
        let of = |status, header| answer(status, header).by_status("it", None);
        for status in [400, 401, 403, 404, 410, 413, 422] {
            assert!(matches!(of(status, Some("5")), Permanent { .. }));
        }
        for status in [502, 503, 504, 521] {
            assert!(matches!(of(status, None), Unavailable { .. }), "{status}");
            assert!(matches!(
                of(status, Some("5")),
                Retry { after: Some(d), .. } if d.as_secs() == 5
            ));
        }
        for status in [408, 425, 500, 501] {
            assert!(matches!(of(status, None), Retry { after: None, .. }));
        }
        assert!(matches!(of(429, None), Retry { after: Some(d), .. } if d == DEFAULT_PAUSE));
        let year = of(429, Some("31536000"));
        assert!(matches!(year, Retry { after: Some(d), .. } if d == LONGEST_PAUSE));
        assert!(matches!(of(302, None), Permanent { reason } if reason.contains("redirect")));
    }

    #[test]
    fn words_are_one_short_line() {
        let mut long = answer(400, None);
        assert_eq!(long.reason("it", None), "it answered 400: no more words");
        assert_eq!(
            long.reason("it", Some("because")),
            "it answered 400: because"
        );
        long.body = "ক ".repeat(3_000);
        assert!(long.reason("it", None).chars().count() < 230);
        long.body = String::new();
        assert_eq!(long.reason("it", None), "it answered 400");
    }
}
