//! Where messages may be sent: people configure hosts, and a host inside the operator's own network is not theirs
//! to reach.
//!
//! A name is looked up once, each address is judged, and the connection is made to those that passed, so that the
//! name cannot mean something else a moment later. TLS still checks the name.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

/// The setting that lets an address through.
const SETTING: &str = "NOC_OUTBOUND_ALLOW";

/// Which addresses outgoing channels may connect to: public ones, and those that the operator lists.
#[derive(Clone)]
pub struct Outbound {
    listed: Arc<dyn Fn(IpAddr) -> bool + Send + Sync>,
}

/// Why there is nothing to connect to.
#[derive(Debug, thiserror::Error)]
pub enum OutboundError {
    /// The name has no address just now.
    #[error("{host} could not be looked up")]
    Lookup {
        /// As configured.
        host: String,
        /// The resolver's word.
        #[source]
        source: std::io::Error,
    },
    /// No address of it may be reached.
    #[error("{host} is at {address}, {kind}: refused unless {SETTING} lists it")]
    Refused {
        /// As configured.
        host: String,
        /// The first that was refused.
        address: IpAddr,
        /// What sort of address that is.
        kind: &'static str,
    },
}

impl OutboundError {
    /// Whether the same host may be reachable later with nothing changed.
    #[must_use]
    pub const fn is_retryable(&self) -> bool {
        matches!(self, Self::Lookup { .. })
    }
}

impl Default for Outbound {
    /// Public addresses only.
    fn default() -> Self {
        Self::allowing(|_| false)
    }
}

impl fmt::Debug for Outbound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outbound").finish_non_exhaustive()
    }
}

impl Outbound {
    /// Public addresses, and those for which `listed` holds. It is asked about IPv4 addresses as such, also where
    /// they come mapped into IPv6.
    #[must_use]
    pub fn allowing(listed: impl Fn(IpAddr) -> bool + Send + Sync + 'static) -> Self {
        Self {
            listed: Arc::new(listed),
        }
    }

    /// The addresses of `host` that may be connected to; never empty.
    ///
    /// # Errors
    /// [`OutboundError`].
    pub async fn resolve(&self, host: &str, port: u16) -> Result<Vec<SocketAddr>, OutboundError> {
        let lookup = |source| OutboundError::Lookup {
            host: host.to_owned(),
            source,
        };
        let found = tokio::net::lookup_host((host, port))
            .await
            .map_err(lookup)?;
        let mut refused = None;
        let mut allowed = Vec::new();
        for address in found {
            match self.judge(address.ip()) {
                Ok(()) => allowed.push(address),
                Err(kind) => refused = refused.or(Some((address.ip(), kind))),
            }
        }
        match refused {
            _ if !allowed.is_empty() => Ok(allowed),
            Some((address, kind)) => Err(OutboundError::Refused {
                host: host.to_owned(),
                address,
                kind,
            }),
            None => Err(lookup(std::io::ErrorKind::NotFound.into())),
        }
    }

    fn judge(&self, address: IpAddr) -> Result<(), &'static str> {
        let address = address.to_canonical();
        match kind(address) {
            Some(kind) if !(self.listed)(address) => Err(kind),
            _ => Ok(()),
        }
    }
}

/// What makes an address one that is not on the public Internet; `None` for one that is.
fn kind(address: IpAddr) -> Option<&'static str> {
    match address {
        IpAddr::V4(address) => kind_v4(address),
        IpAddr::V6(address) => kind_v6(address),
    }
}

fn kind_v4(address: Ipv4Addr) -> Option<&'static str> {
    let [a, b, c, _] = address.octets();
    Some(match (a, b, c) {
        (169, 254, _) => "a link-local or metadata address",
        (127, ..) => "a loopback address",
        (0, ..) => "an unspecified address",
        (100, 64..=127, _) => "an address of a carrier's own network",
        (192, 0, 0) | (198, 18 | 19, _) | (240..=255, ..) => "a reserved address",
        (224..=239, ..) => "a multicast address",
        _ if address.is_private() => "a private address",
        _ => return None,
    })
}

fn kind_v6(address: Ipv6Addr) -> Option<&'static str> {
    let segments = address.segments();
    Some(match segments {
        [0, 0, 0, 0, 0, 0, 0, 0] => "an unspecified address",
        [0, 0, 0, 0, 0, 0, 0, 1] => "a loopback address",
        [0xfc00..=0xfdff, ..] => "a private address",
        [0xfe80..=0xfeff, ..] => "a link-local address",
        [0xff00..=0xffff, ..] => "a multicast address",
        // IPv4 in other clothes: compatible, translated (NAT64), tunnelled (6to4).
        [0, 0, 0, 0, 0, 0, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => {
            return kind_v4(v4(high, low));
        }
        [0x64, 0xff9b, 1, ..] => "a private address",
        [0x2002, high, low, ..] => return kind_v4(v4(high, low)),
        _ => return None,
    })
}

fn v4(high: u16, low: u16) -> Ipv4Addr {
    Ipv4Addr::from_bits((u32::from(high) << 16) | u32::from(low))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_are_not_public_are_refused_in_every_disguise() {
        for text in [
            "127.0.0.1",
            "127.9.9.9",
            "0.0.0.0",
            "10.1.2.3",
            "172.31.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::127.0.0.1",
            "64:ff9b::10.0.0.1",
            "2002:7f00:1::",
            "fd00:ec2::254",
            "fe80::1",
            "ff02::1",
        ] {
            let refused = Outbound::default().judge(text.parse().unwrap());
            assert!(refused.is_err(), "{text}");
        }
        for text in [
            "1.1.1.1",
            "172.32.0.1",
            "100.128.0.1",
            "198.20.0.1",
            "::ffff:8.8.8.8",
            "2606:4700::1111",
        ] {
            let public = Outbound::default().judge(text.parse().unwrap());
            assert_eq!(public, Ok(()), "{text}");
        }
    }

    #[tokio::test]
    async fn a_refusal_names_the_address_and_the_setting_and_listing_it_lets_it_through() {
        let refused = Outbound::default().resolve("127.0.0.1", 25).await;
        let error = refused.unwrap_err();
        assert!(!error.is_retryable());
        let text = error.to_string();
        assert!(text.contains("127.0.0.1"), "{text}");
        assert!(text.contains("NOC_OUTBOUND_ALLOW"), "{text}");
        let home = Outbound::allowing(|address| address.is_loopback());
        let addresses = home.resolve("127.0.0.1", 25).await.unwrap();
        assert_eq!(addresses, ["127.0.0.1:25".parse().unwrap()]);
        assert!(home.judge("::ffff:127.0.0.1".parse().unwrap()).is_ok());
        assert!(home.judge("10.0.0.1".parse().unwrap()).is_err());
    }
}
