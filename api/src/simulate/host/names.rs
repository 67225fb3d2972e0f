//! Names of what does not exist: domains below `.example`, addresses of networks for tests and documentation.

use super::super::noise::Noise;
use std::net::{Ipv4Addr, Ipv6Addr};

const FIRST: &[&str] = &[
    "amber", "delta", "lotus", "river", "cedar", "north", "bright", "green", "silver", "coral",
    "urban", "prime", "blue", "golden", "rapid", "clear", "maple", "ocean", "summit", "fresh",
    "royal", "star", "swift", "sunny",
];
const SECOND: &[&str] = &[
    "traders",
    "textiles",
    "foods",
    "travel",
    "school",
    "clinic",
    "media",
    "motors",
    "books",
    "fashion",
    "agro",
    "tech",
    "studio",
    "hotel",
    "logistics",
    "pharma",
    "builders",
    "events",
    "press",
    "optics",
];
const MAILBOXES: &[&str] = &[
    "info", "sales", "office", "accounts", "support", "contact", "billing", "orders",
];

/// The n-th domain of a server: no two in a fleet are the same.
pub(super) fn domain(noise: Noise, server: u32, n: u64) -> String {
    let first = noise.pick(0x1001, n, FIRST).copied().unwrap_or("river");
    let second = noise.pick(0x1002, n, SECOND).copied().unwrap_or("foods");
    format!("{first}-{second}-{}{n:02}.example", server + 1)
}

/// The n-th mailbox of a domain.
pub(super) fn mailbox(n: usize, domain: &str) -> String {
    let name = MAILBOXES
        .get(n % MAILBOXES.len())
        .copied()
        .unwrap_or("info");
    format!("{name}@{domain}")
}

/// A hosting account's name.
pub(super) fn account(domain: &str, n: u64) -> String {
    let letters: String = domain
        .chars()
        .filter(char::is_ascii_alphabetic)
        .take(6)
        .collect();
    format!("{letters}{n}")
}

/// A domain that a spammer makes up.
pub(in crate::simulate) fn forged_domain(noise: Noise, n: u64) -> String {
    format!("offer-{:06x}.example", noise.bits(0x1003, n) & 0xff_ffff)
}

/// A folder that no script lay in before.
pub(in crate::simulate) fn planted_script(noise: Noise, account: &str) -> String {
    let hidden = noise.bits(0x1004, 0) & 0xffff;
    format!("/home/{account}/public_html/wp-content/uploads/.cache-{hidden:04x}")
}

/// An address of a network that is given to nobody (240.0.0.0/5): never a host's. It is large, as the internet is: in a small
/// one strangers would be neighbours, and look like one attacker of many servers.
pub(in crate::simulate) fn stranger(bits: u64) -> Ipv4Addr {
    Ipv4Addr::from_bits(0xf000_0000 | (bits & 0x07ff_ffff) as u32)
}

/// The same of the IPv6 network for documentation, each in a /64 of its own.
pub(in crate::simulate) fn stranger_v6(bits: u64) -> Ipv6Addr {
    let network = 0x8000_0000 | u128::from(bits >> 16 & 0x7fff_ffff);
    Ipv6Addr::from_bits(0x2001_0db8_u128 << 96 | network << 64 | u128::from(bits & 0xffff))
}

/// A server's own address: /24s of 10.0.0.0/8 hold up to 200 of them, in racks' order.
pub(super) fn own_address(server: u32) -> Ipv4Addr {
    Ipv4Addr::from_bits(0x0a14_0000 + server / 200 * 256 + server % 200 + 10)
}

/// Its IPv6 address.
pub(super) fn own_address_v6(server: u32) -> Ipv6Addr {
    Ipv6Addr::from_bits(0x2001_0db8_u128 << 96 | u128::from(server) << 64 | 1)
}

/// Where strangers are, by their address.
pub(in crate::simulate) fn country_of(bits: u64) -> &'static str {
    const COUNTRIES: &[&str] = &[
        "CN", "RU", "US", "VN", "BR", "IN", "NL", "DE", "ID", "KR", "FR", "UA", "TR", "PK",
    ];
    let place = usize::try_from(bits >> 8 & 0xffff).unwrap_or(0) % COUNTRIES.len();
    COUNTRIES.get(place).copied().unwrap_or("US")
}
