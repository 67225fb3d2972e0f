//! Network addresses, ranges and countries as attackers' log lines name them, in one form each.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// An address in its shortest form: IPv6 in lower case and compressed, IPv4 that was mapped into IPv6 as IPv4.
/// Brackets around it and a zone behind it are dropped.
#[must_use]
pub fn address(text: &str) -> Option<String> {
    parse(text).map(|ip| ip.to_string())
}

/// An address, or a range such as `203.0.113.0/24` with the bits of its hosts cleared. A range of one address is that
/// address.
#[must_use]
pub fn address_or_range(text: &str) -> Option<String> {
    let text = text.trim();
    let Some((ip, bits)) = text.split_once('/') else {
        return address(text);
    };
    if bits.is_empty() || bits.len() > 3 || !bits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let bits: u32 = bits.parse().ok()?;
    let given: IpAddr = unwrapped(ip).parse().ok()?;
    match (given, given.to_canonical()) {
        // A mapped range counts its bits from the front of the IPv6 address.
        (IpAddr::V6(_), IpAddr::V4(v4)) => range(IpAddr::V4(v4), bits.checked_sub(96)?),
        (_, ip) => range(ip, bits),
    }
}

/// An address or range, and every range that holds it, in the forms of [`address_or_range`], the narrowest first.
/// Empty when it is neither. So "is this address blocked?" also finds the range it was blocked with.
#[must_use]
pub fn covering(text: &str) -> Vec<String> {
    let Some(own) = address_or_range(text) else {
        return Vec::new();
    };
    let (ip, bits) = own
        .split_once('/')
        .map_or((own.as_str(), None), |(ip, bits)| (ip, bits.parse().ok()));
    let Ok(ip) = ip.parse::<IpAddr>() else {
        return Vec::new();
    };
    let bits: u32 = bits.unwrap_or(if ip.is_ipv4() { 32 } else { 128 });
    (0..=bits)
        .rev()
        .filter_map(|bits| range(ip, bits))
        .collect()
}

/// Two capital letters, or `None`: unknown. `XX`, `ZZ` and the like stand for unknown as well.
///
/// # Errors
/// When it is no code at all.
pub(crate) fn country(text: &str) -> Result<Option<String>, ()> {
    let text = text.trim();
    if matches!(text, "" | "-" | "--" | "?") || text.eq_ignore_ascii_case("unknown") {
        return Ok(None);
    }
    if text.len() != 2 || !text.bytes().all(|b| b.is_ascii_alphabetic()) {
        return Err(());
    }
    let code = text.to_ascii_uppercase();
    Ok(Some(code).filter(|code| !matches!(code.as_str(), "XX" | "ZZ")))
}

fn parse(text: &str) -> Option<IpAddr> {
    let ip: IpAddr = unwrapped(text).parse().ok()?;
    Some(ip.to_canonical())
}

fn unwrapped(text: &str) -> &str {
    let text = text.trim();
    let inner = text.strip_prefix('[').and_then(|t| t.strip_suffix(']'));
    let text = inner.unwrap_or(text);
    text.split_once('%').map_or(text, |(ip, _)| ip)
}

fn range(ip: IpAddr, bits: u32) -> Option<String> {
    match ip {
        IpAddr::V4(ip) => {
            let host = u32::MAX.checked_shr(bits).unwrap_or(0);
            let net = Ipv4Addr::from_bits(ip.to_bits() & !host);
            match bits {
                0..=31 => Some(format!("{net}/{bits}")),
                32 => Some(net.to_string()),
                _ => None,
            }
        }
        IpAddr::V6(ip) => {
            let host = u128::MAX.checked_shr(bits).unwrap_or(0);
            let net = Ipv6Addr::from_bits(ip.to_bits() & !host);
            match bits {
                0..=127 => Some(format!("{net}/{bits}")),
                128 => Some(net.to_string()),
                _ => None,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_one_form() {
        for (given, form) in [
            ("192.0.2.7", "192.0.2.7"),
            (" 192.0.2.7 ", "192.0.2.7"),
            ("::ffff:192.0.2.7", "192.0.2.7"),
            ("::FFFF:C000:0207", "192.0.2.7"),
            ("2001:DB8:0:0:0:0:0:BAD", "2001:db8::bad"),
            ("2001:db8:0:1::bad", "2001:db8:0:1::bad"),
            ("[2001:db8::1]", "2001:db8::1"),
            ("fe80::1%eth0", "fe80::1"),
            ("0:0:0:0:0:0:0:1", "::1"),
        ] {
            assert_eq!(address(given).as_deref(), Some(form), "{given}");
            assert_eq!(address_or_range(given).as_deref(), Some(form), "{given}");
        }
        for bad in [
            "",
            "localhost",
            "192.0.2",
            "192.0.2.256",
            "010.0.0.1",
            "3221225991",
            "0xc0000207",
            "192.0.2.7:22",
            "192.0.2.7'; DROP TABLE",
            "2001:db8::1::2",
            "<script>",
            "[192.0.2.7",
        ] {
            assert_eq!(address_or_range(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_range_has_no_host_bits() {
        for (given, form) in [
            ("203.0.113.77/24", "203.0.113.0/24"),
            ("203.0.113.77/32", "203.0.113.77"),
            ("203.0.113.77/0", "0.0.0.0/0"),
            ("::ffff:203.0.113.77/120", "203.0.113.0/24"),
            ("2001:DB8:1:2::7/64", "2001:db8:1:2::/64"),
            ("2001:db8::7/128", "2001:db8::7"),
            ("::/0", "::/0"),
        ] {
            let read = address_or_range(given);
            assert_eq!(read.as_deref(), Some(form), "{given}");
            assert_eq!(
                address_or_range(form).as_deref(),
                Some(form),
                "once is enough"
            );
        }
        for bad in [
            "203.0.113.0/33",
            "2001:db8::/129",
            "203.0.113.0/",
            "203.0.113.0/-1",
            "203.0.113.0/+8",
            "203.0.113.0/24/8",
            "::ffff:203.0.113.0/24",
            "/24",
        ] {
            assert_eq!(address_or_range(bad), None, "{bad}");
        }
    }

    #[test]
    fn an_address_is_found_with_the_ranges_that_hold_it() {
        let all = covering("::ffff:203.0.113.77");
        assert_eq!(all.len(), 33);
        assert_eq!(all[0], "203.0.113.77");
        assert!(all.contains(&"203.0.113.0/24".to_owned()));
        assert_eq!(all[32], "0.0.0.0/0");
        assert_eq!(covering("2001:db8::1").len(), 129);
        assert_eq!(covering("203.0.113.0/24").len(), 25);
        assert!(covering("nowhere").is_empty());
    }

    #[test]
    fn countries_are_two_capital_letters_or_unknown() {
        for (given, code) in [
            ("BD", Some("BD")),
            ("bd", Some("BD")),
            ("XX", None),
            ("zz", None),
            ("-", None),
            ("", None),
            ("Unknown", None),
        ] {
            assert_eq!(country(given), Ok(code.map(str::to_owned)), "{given}");
        }
        for bad in ["BGD", "B", "B1", "<>", "ÄÖ"] {
            assert_eq!(country(bad), Err(()), "{bad}");
        }
    }
}
