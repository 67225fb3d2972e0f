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

/// Whether an account of this role (`viewer`, `oncall`, `operator`, `admin`) may see log-ins and whole addresses.
#[must_use]
pub fn may_be_seen_by(role: &str) -> bool {
    matches!(role, "operator" | "admin")
}

/// [`login`] on whatever looks like an address within a text. Where it cannot be told what belongs to the address, more is
/// masked rather than less.
#[must_use]
pub fn addresses(text: &str) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut parts = text.split('@').peekable();
    let mut first = true;
    while let Some(part) = parts.next() {
        let Some(next) = parts.peek() else {
            masked.push_str(part);
            break;
        };
        let name = name_at_end(part, first);
        let name = part.get(name..).unwrap_or_default();
        if !name.is_empty()
            && next.starts_with(|c: char| c.is_alphanumeric() || c == '[' || c == '"')
        {
            let before = part.len() - name.len();
            masked.push_str(part.get(..before).unwrap_or_default());
            masked.extend(name.chars().find(|c| *c != '"'));
            masked.push_str("***");
        } else {
            masked.push_str(part);
        }
        masked.push('@');
        first = false;
    }
    masked
}

/// Where the part of an address before its `@` begins, which ends with `text`. A quoted one may hold anything, an `@`
/// included: then it begins in what stands before that.
fn name_at_end(text: &str, is_first: bool) -> usize {
    if let Some(quoted) = text.strip_suffix('"').filter(|quoted| !quoted.is_empty()) {
        let mut quotes = quoted.rmatch_indices('"').map(|(at, _)| at);
        let opening = quotes.find(|at| !quoted.get(..*at).is_some_and(|t| t.ends_with('\\')));
        return match opening {
            Some(at) => at,
            // No quoted name: a word and a stray sign.
            None if is_first => name_at_end(quoted, true),
            None => 0,
        };
    }
    let begin = text
        .char_indices()
        .rev()
        .take_while(|(_, c)| is_in_name(*c))
        .last()
        .map_or(text.len(), |(at, _)| at);
    // Quotes, paths and `key=` begin with what may also stand within a name.
    let name = text.get(begin..).unwrap_or_default();
    begin + name.len() - name.trim_start_matches(['\'', '/', '=']).len()
}

/// A name within a text, masked wherever it stands as a word of its own: a log-in without a domain looks like any word.
#[must_use]
pub fn name_within(text: &str, name: &str) -> String {
    if name.is_empty() {
        return text.to_owned();
    }
    let is_word = |c: char| c.is_alphanumeric() || "_-".contains(c);
    let mut masked = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(name) {
        masked.push_str(before);
        let begins = !masked.ends_with(is_word);
        if begins && !after.starts_with(is_word) {
            masked.push_str(&login(name));
        } else {
            masked.push_str(name);
        }
        rest = after;
    }
    masked.push_str(rest);
    masked
}

/// What the part of an address before the `@` is made of, in practice.
fn is_in_name(c: char) -> bool {
    c.is_alphanumeric() || "._%+-!#$&*?^`{|}~/='".contains(c)
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
    fn a_name_is_masked_where_it_is_a_word() {
        for (text, expected) in [
            ("Mailbox shop mails far more", "Mailbox s*** mails far more"),
            (
                "/home/shop/public_html/shop.php",
                "/home/s***/public_html/s***.php",
            ),
            (
                "workshop, shopping, my-shop, shop_1",
                "workshop, shopping, my-shop, shop_1",
            ),
            ("shop", "s***"),
            ("", ""),
        ] {
            assert_eq!(name_within(text, "shop"), expected, "{text}");
        }
        assert_eq!(name_within("as it is", ""), "as it is");
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
            ("user=x@[192.0.2.1]", "u***@[192.0.2.1]"),
            ("o'brien@x.test", "o***@x.test"),
            ("a/b=c@x.test", "a***@x.test"),
            ("/info@x.test =d@y.test", "/i***@x.test =d***@y.test"),
            ("to \"john doe\"@x.test now", "to j***@x.test now"),
            ("\"a\\\"b\"@x.test", "a***@x.test"),
            ("\"a@b c\"@x.test", "\"a***@b***@x.test"),
            ("says \"info@x.test\"", "says \"i***@x.test\""),
            ("info@\"x\"", "i***@\"x\""),
            ("is 3\"@x.test", "is 3***@x.test"),
        ] {
            assert_eq!(addresses(text), expected, "{text}");
        }
    }
}
