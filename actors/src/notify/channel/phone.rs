//! Telephone numbers in the one form that counts: E.164, with Bangladesh where no country is given.
//!
//! Bangladesh's mobile numbers are known exactly (`01`, an operator's digit from 3 to 9, eight digits; ITU-T E.164
//! national numbering plan of +880); of other countries only what the plan says of all: a country code that does not
//! begin with 0, and 8 to 15 digits altogether, for North America ten after the 1. Whether such a number exists is
//! for the provider to say.

/// Of an international number, country code included.
const DIGITS: std::ops::RangeInclusive<usize> = 8..=15;

/// `+` and digits, or `None` for what is not a telephone number.
///
/// `017XXXXXXXX`, `17XXXXXXXX`, `88017...`, `0088017...`, `+88017...` and `+880 (0)17...` are one, whatever stands
/// between the digits, which may be Bengali.
#[must_use]
pub fn e164(text: &str) -> Option<String> {
    let (plus, digits) = digits(text)?;
    let (international, digits) = match digits.strip_prefix("00") {
        Some(rest) if !plus => (true, rest),
        _ => (plus, digits.as_str()),
    };
    if let Some(national) = digits.strip_prefix("880") {
        return bangladeshi(national.strip_prefix('0').unwrap_or(national));
    }
    if international {
        return foreign(digits);
    }
    bangladeshi(digits.strip_prefix('0').unwrap_or(digits))
}

/// The digits, and whether a plus stands before them; `None` where anything else does.
fn digits(text: &str) -> Option<(bool, String)> {
    let mut plus = false;
    let mut digits = String::new();
    for c in text.trim().chars() {
        match c {
            '0'..='9' => digits.push(c),
            '\u{9e6}'..='\u{9ef}' => {
                digits.push(char::from_digit(u32::from(c) - 0x9e6, 10)?);
            }
            '+' if digits.is_empty() && !plus => plus = true,
            ' ' | '\u{a0}' | '-' | '\u{2010}'..='\u{2013}' | '(' | ')' | '.' => {}
            _ => return None,
        }
    }
    Some((plus, digits))
}

/// A mobile number without its leading zero.
fn bangladeshi(national: &str) -> Option<String> {
    let mobile = national.len() == 10
        && national.starts_with('1')
        && matches!(national.chars().nth(1), Some('3'..='9'));
    mobile.then(|| format!("+880{national}"))
}

fn foreign(digits: &str) -> Option<String> {
    let first = digits.chars().next()?;
    let fits = match first {
        '0' => false,
        '1' => digits.len() == 11 && matches!(digits.chars().nth(1), Some('2'..='9')),
        _ => DIGITS.contains(&digits.len()),
    };
    fits.then(|| format!("+{digits}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// What people enter, and what it means.
    const TABLE: &str = include_str!("fixtures/bd_phones.tsv");

    #[test]
    fn every_way_to_write_a_number_is_one_number() {
        let rows = TABLE.lines().filter(|line| !line.starts_with('#'));
        let mut seen = 0;
        for row in rows {
            let (input, expected) = row.split_once('\t').unwrap();
            let expected = Some(expected.to_owned()).filter(|e| e != "REJECT");
            assert_eq!(e164(input), expected, "{input}");
            seen += 1;
        }
        assert_eq!(seen, 17, "the whole table");
    }

    #[test]
    fn what_is_no_number_is_none() {
        for text in [
            "",
            "+",
            "  ",
            "++8801712345678",
            "0+8801712345678",
            "+0171234567",
            "+15",
            "+1415523888",
            "+10155238886",
            "+1234567890123456",
            "17-12 34 56 7",
            "01712345678;ext=5",
            "0018801712345678",
        ] {
            assert_eq!(e164(text), None, "{text}");
        }
        assert_eq!(e164("00 44 20 7946 0958").as_deref(), Some("+442079460958"));
    }

    proptest! {
        #[test]
        fn what_was_normalised_stays_as_it_is(text in "[+0-9০-৯ ().-]{0,20}") {
            if let Some(number) = e164(&text) {
                prop_assert!(number.len() <= 16);
                prop_assert_eq!(e164(&number), Some(number.clone()));
            }
        }

        #[test]
        fn anything_may_be_asked(text in "\\PC{0,40}") {
            drop(e164(&text));
        }
    }
}
