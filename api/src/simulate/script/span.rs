//! Lengths of time as scripts write them: `2d 4h 30m`.

use serde::de::{Deserialize, Deserializer, Error};
use std::time::Duration;

/// A length of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Span(pub(super) Duration);

impl Span {
    pub(super) const fn minutes(count: u64) -> Self {
        Self(Duration::from_secs(count * 60))
    }

    /// Numbers with `d`, `h`, `m` or `s`, blanks between them or not.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut seconds = 0_u64;
        let mut number: Option<u64> = None;
        for c in text.trim().chars() {
            if let Some(digit) = c.to_digit(10) {
                number = Some(
                    number
                        .unwrap_or(0)
                        .checked_mul(10)?
                        .checked_add(digit.into())?,
                );
                continue;
            }
            let unit = match c {
                'd' => 86_400,
                'h' => 3_600,
                'm' => 60,
                's' => 1,
                ' ' if number.is_none() => continue,
                _ => return None,
            };
            seconds = seconds.checked_add(number.take()?.checked_mul(unit)?)?;
        }
        (number.is_none() && !text.trim().is_empty()).then_some(Self(Duration::from_secs(seconds)))
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        Self::parse(&text).ok_or_else(|| {
            D::Error::custom(format!("{text:?} is no length of time such as 2d 4h 30m"))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_read() {
        let seconds = |text: &str| Span::parse(text).map(|span| span.0.as_secs());
        assert_eq!(seconds("2d 4h 30m"), Some(2 * 86_400 + 4 * 3_600 + 1_800));
        assert_eq!(seconds("90s"), Some(90));
        assert_eq!(seconds("1h30m"), Some(5_400));
        assert_eq!(seconds("0s"), Some(0));
        for bad in ["", "5", "h", "5 m", "-5m", "5w", "99999999999999999999d"] {
            assert_eq!(seconds(bad), None, "{bad}");
        }
    }
}
