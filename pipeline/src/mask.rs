//! Customers' log-ins and mail addresses, for those who may not see them.

/// `i***@shop.example`: enough to tell mailboxes of one customer apart, no address to write to. A log-in without a
/// domain is masked as well.
#[must_use]
pub fn login(login: &str) -> String {
    let (name, domain) = login
        .split_once('@')
        .map_or((login, None), |(name, domain)| (name, Some(domain)));
    let first: String = name.chars().take(1).collect();
    domain.map_or_else(
        || format!("{first}***"),
        |domain| format!("{first}***@{domain}"),
    )
}

/// [`login`] on whatever looks like an address within a text.
#[must_use]
pub fn addresses(text: &str) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut parts = text.split('@').peekable();
    while let Some(part) = parts.next() {
        let Some(next) = parts.peek() else {
            masked.push_str(part);
            break;
        };
        let name = part.rfind(|c: char| !is_in_name(c)).map_or(part, |end| {
            let after = part.get(end..).unwrap_or_default();
            let width = after.chars().next().map_or(0, char::len_utf8);
            after.get(width..).unwrap_or_default()
        });
        if !name.is_empty() && next.starts_with(|c: char| c.is_alphanumeric() || c == '[') {
            let before = part.len() - name.len();
            masked.push_str(part.get(..before).unwrap_or_default());
            masked.extend(name.chars().take(1));
            masked.push_str("***");
        } else {
            masked.push_str(part);
        }
        masked.push('@');
    }
    masked
}

/// What the part of an address before the `@` is made of, in practice.
fn is_in_name(c: char) -> bool {
    c.is_alphanumeric() || "._%+-!#$&*?^`{|}~".contains(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn log_ins_are_masked() {
        assert_eq!(login("info@shop.example"), "i***@shop.example");
        assert_eq!(login("é@x"), "é***@x");
        assert_eq!(login("root"), "r***");
        assert_eq!(login(""), "***");
    }

    #[test]
    fn addresses_are_found_wherever_they_stand() {
        for (text, expected) in [
            ("", ""),
            ("no address", "no address"),
            ("info@shop.example", "i***@shop.example"),
            (
                "Mail abuse: info@shop.example (84 domains)",
                "Mail abuse: i***@shop.example (84 domains)",
            ),
            ("<a.b+c@x.test>, d@y.test.", "<a***@x.test>, d***@y.test."),
            ("exiqgrep -f 'élan@x.test'", "exiqgrep -f 'é***@x.test'"),
            ("@everyone, 5 @ 3, a@", "@everyone, 5 @ 3, a@"),
            ("a@b@c.test", "a***@b***@c.test"),
            ("user=x@[192.0.2.1]", "user=x***@[192.0.2.1]"),
        ] {
            assert_eq!(addresses(text), expected, "{text}");
        }
    }
}
