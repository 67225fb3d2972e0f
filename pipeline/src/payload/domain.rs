//! Mail domains as senders claim them: strangers write these, so they get one form that deceives nobody.

use super::address::address;

/// Stands for every domain that cannot be one. Nobody can register it (RFC 2606), and its mail counts as any other.
pub const INVALID_DOMAIN: &str = "invalid";

/// Stands for all domains beyond the number that one report may name.
pub const OTHER_DOMAINS: &str = "*";

/// Longest name, and longest label of one.
const MAX_NAME: usize = 253;
const MAX_LABEL: usize = 63;

/// A domain in lower case without its last dot, other scripts as A-labels (`xn--`): so a name that only looks like
/// another one does not. What cannot be a domain is [`INVALID_DOMAIN`].
#[must_use]
pub fn mail_domain(text: &str) -> String {
    usable(text.trim()).unwrap_or_else(|| INVALID_DOMAIN.to_owned())
}

fn usable(text: &str) -> Option<String> {
    if text == OTHER_DOMAINS {
        return Some(text.to_owned());
    }
    if let Some(literal) = text.strip_prefix('[').and_then(|t| t.strip_suffix(']')) {
        let tag = literal.get(..5).filter(|t| t.eq_ignore_ascii_case("ipv6:"));
        let ip = address(literal.get(tag.map_or(0, str::len)..)?)?;
        return Some(format!("[{ip}]"));
    }
    // Longer than any name can be in its own script: not worth converting.
    if text.len() > 4 * MAX_NAME {
        return None;
    }
    let text = text.strip_suffix('.').unwrap_or(text);
    let ascii = idna::domain_to_ascii(text).ok()?;
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_';
    let label = |l: &str| (1..=MAX_LABEL).contains(&l.len()) && l.bytes().all(plain);
    (ascii.len() <= MAX_NAME && ascii.split('.').all(label)).then_some(ascii)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_domain_has_one_form() {
        for (given, form) in [
            ("customer1.example", "customer1.example"),
            ("Customer1.EXAMPLE.", "customer1.example"),
            (" spaced.example ", "spaced.example"),
            ("bücher.example", "xn--bcher-kva.example"),
            ("BÜCHER.example", "xn--bcher-kva.example"),
            ("xn--bcher-kva.example", "xn--bcher-kva.example"),
            ("host_name.example", "host_name.example"),
            ("localhost", "localhost"),
            ("[192.0.2.7]", "[192.0.2.7]"),
            ("[IPv6:2001:DB8::1]", "[2001:db8::1]"),
            ("*", "*"),
        ] {
            assert_eq!(mail_domain(given), form, "{given}");
            assert_eq!(mail_domain(form), form, "once is enough");
        }
    }

    #[test]
    fn a_name_that_only_looks_like_another_is_another() {
        let cyrillic = mail_domain("p\u{430}ypal.example");
        assert!(cyrillic.starts_with("xn--"), "{cyrillic}");
        assert_ne!(cyrillic, mail_domain("paypal.example"));
    }

    #[test]
    fn what_cannot_be_a_domain_is_counted_as_that() {
        let long = format!("{}.example", "a".repeat(250));
        let endless = "ä".repeat(100_000);
        for bad in [
            "",
            ".",
            "'; DROP TABLE email_send_stats; --",
            "<script>alert(1)</script>",
            "a..b",
            "a b.example",
            "user@customer1.example",
            "xn--\u{fffd}.example",
            "[not an address]",
            "[ipv6:]",
            "[\u{e9}\u{e9}\u{e9}]",
            &"a".repeat(64),
            &long,
            &endless,
        ] {
            assert_eq!(mail_domain(bad), INVALID_DOMAIN, "{bad}");
        }
    }
}
