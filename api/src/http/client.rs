//! Who is calling, as far as addresses go.

use crate::config::Cidr;
use actix_web::HttpMessage;
use actix_web::dev::{Payload, ServiceRequest};
use actix_web::http::header::HeaderMap;
use actix_web::{FromRequest, HttpRequest};
use std::convert::Infallible;
use std::future::{Ready, ready};
use std::net::{IpAddr, Ipv4Addr};

/// The client's address: the peer's, or what a trusted proxy says of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientAddress(pub IpAddr);

impl ClientAddress {
    /// Works out the address and keeps it with the request.
    pub fn attach(request: &ServiceRequest, trusted: &[Cidr]) -> Self {
        let peer = request
            .peer_addr()
            .map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |addr| addr.ip());
        let address = Self(resolve(peer, request.headers(), trusted));
        request.extensions_mut().insert(address);
        address
    }
}

impl ClientAddress {
    /// The same for a request that no gate stands before.
    #[must_use]
    pub fn of(request: &HttpRequest, trusted: &[Cidr]) -> Self {
        let peer = request
            .peer_addr()
            .map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |addr| addr.ip());
        Self(resolve(peer, request.headers(), trusted))
    }
}

impl FromRequest for ClientAddress {
    type Error = Infallible;
    type Future = Ready<Result<Self, Infallible>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let kept = request.extensions().get::<Self>().copied();
        ready(Ok(kept.unwrap_or_else(|| {
            Self(
                request
                    .peer_addr()
                    .map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |addr| addr.ip()),
            )
        })))
    }
}

/// The right-most address of `X-Forwarded-For` that no trusted proxy has, when the peer is one; else the peer.
///
/// Entries to the left of it were written by the client and prove nothing. An entry that is no address ends the walk.
fn resolve(peer: IpAddr, headers: &HeaderMap, trusted: &[Cidr]) -> IpAddr {
    let is_trusted = |address: IpAddr| trusted.iter().any(|range| range.contains(address));
    let mut client = peer.to_canonical();
    let mut hops: Vec<&str> = headers
        .get_all("x-forwarded-for")
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .collect();
    while is_trusted(client) {
        let Some(hop) = hops.pop() else { break };
        let Ok(address) = hop.trim().parse::<IpAddr>() else {
            break;
        };
        client = address.to_canonical();
    }
    client
}

/// Whether the request says that it came through a proxy, believed or not.
#[must_use]
pub fn has_forwarding_headers(headers: &HeaderMap) -> bool {
    [
        "forwarded",
        "x-forwarded-for",
        "x-forwarded-host",
        "x-forwarded-proto",
        "x-real-ip",
        "via",
    ]
    .iter()
    .any(|name| headers.contains_key(*name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::http::header::{HeaderName, HeaderValue};

    fn address(peer: &str, forwarded: &[&str], trusted: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append(
                HeaderName::from_static("x-forwarded-for"),
                HeaderValue::from_str(value).unwrap(),
            );
        }
        let trusted: Vec<Cidr> = trusted.iter().map(|range| range.parse().unwrap()).collect();
        resolve(peer.parse().unwrap(), &headers, &trusted).to_string()
    }

    #[test]
    fn a_stranger_cannot_choose_its_address() {
        assert_eq!(
            address("203.0.113.9", &["10.0.0.1"], &["127.0.0.1"]),
            "203.0.113.9"
        );
        assert_eq!(address("203.0.113.9", &["10.0.0.1"], &[]), "203.0.113.9");
    }

    #[test]
    fn only_what_a_trusted_proxy_added_counts() {
        let trusted = ["127.0.0.1", "10.0.0.0/8"];
        // The client wrote the left one, our proxy the right one.
        assert_eq!(
            address("127.0.0.1", &["198.51.100.1, 203.0.113.9"], &trusted),
            "203.0.113.9"
        );
        // Two proxies of ours, and two headers instead of one.
        assert_eq!(
            address(
                "127.0.0.1",
                &["198.51.100.1, 203.0.113.9", "10.1.2.3"],
                &trusted
            ),
            "203.0.113.9"
        );
        assert_eq!(address("127.0.0.1", &[], &trusted), "127.0.0.1");
    }

    #[test]
    fn nonsense_ends_the_walk() {
        assert_eq!(
            address("127.0.0.1", &["203.0.113.9, <script>"], &["127.0.0.1"]),
            "127.0.0.1"
        );
    }

    #[test]
    fn mapped_addresses_are_the_ipv4_they_mean() {
        assert_eq!(
            address("::ffff:127.0.0.1", &["::ffff:203.0.113.9"], &["127.0.0.1"]),
            "203.0.113.9"
        );
    }
}
