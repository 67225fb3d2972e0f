//! Where messages may be sent: people configure hosts, and a host inside the operator's own network is not theirs
//! to reach.
//!
//! A name is looked up once, each address is judged, and the connection is made to those that passed, so that the
//! name cannot mean something else a moment later. TLS still checks the name.
//!
//! A channel also names the ports of its protocol: through a host of one's choice on a port of one's choice, a mail
//! client could be made to talk to any service there is. What the operator lists may be reached on every port.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

/// The setting that lets an address through.
const SETTING: &str = "NOC_OUTBOUND_ALLOW";

/// Which addresses outgoing channels may connect to: public ones, and those that the operator lists.
#[derive(Clone, Default)]
pub struct Outbound {
    /// `None`: nothing is.
    listed: Option<Listed>,
}

type Listed = Arc<dyn Fn(IpAddr) -> bool + Send + Sync>;

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
    /// Its address is fine, the port is not one of the channel's.
    #[error(
        "{host}: port {port} is refused unless {SETTING} lists its address; others are reached on {} only",
        list(ports)
    )]
    Port {
        /// As configured.
        host: String,
        /// As configured.
        port: u16,
        /// The channel's.
        ports: &'static [u16],
    },
}

/// `port 25, 465 or 587`.
fn list(ports: &[u16]) -> String {
    let names: Vec<_> = ports.iter().map(u16::to_string).collect();
    match names.split_last() {
        Some((last, [])) => format!("port {last}"),
        Some((last, rest)) => format!("port {} or {last}", rest.join(", ")),
        None => "no port".to_owned(),
    }
}

impl OutboundError {
    /// Whether the same host may be reachable later with nothing changed.
    #[must_use]
    pub const fn is_retryable(&self) -> bool {
        matches!(self, Self::Lookup { .. })
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
            listed: Some(Arc::new(listed)),
        }
    }

    /// What is sure before any name is looked up, for a form: an address, or a port where no name helps.
    ///
    /// # Errors
    /// [`OutboundError::Refused`], [`OutboundError::Port`].
    pub fn foresee(
        &self,
        host: &str,
        port: u16,
        ports: &'static [u16],
    ) -> Result<(), OutboundError> {
        match host.parse() {
            Ok(address) => self.judge(host, SocketAddr::new(address, port), ports),
            Err(_) if self.listed.is_none() && !ports.contains(&port) => {
                Err(port_refused(host, port, ports))
            }
            Err(_) => Ok(()),
        }
    }

    /// The addresses of `host` that may be connected to on `port`, which is to be one of the channel's `ports` where the
    /// operator does not list the address; never empty.
    ///
    /// # Errors
    /// [`OutboundError`].
    pub async fn resolve(
        &self,
        host: &str,
        port: u16,
        ports: &'static [u16],
    ) -> Result<Vec<SocketAddr>, OutboundError> {
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
            match self.judge(host, address, ports) {
                Ok(()) => allowed.push(address),
                Err(error) => refused = refused.or(Some(error)),
            }
        }
        match refused {
            _ if !allowed.is_empty() => Ok(allowed),
            Some(error) => Err(error),
            None => Err(lookup(std::io::ErrorKind::NotFound.into())),
        }
    }

    fn judge(
        &self,
        host: &str,
        at: SocketAddr,
        ports: &'static [u16],
    ) -> Result<(), OutboundError> {
        let address = at.ip().to_canonical();
        if self.listed.as_ref().is_some_and(|listed| listed(address)) {
            return Ok(());
        }
        match kind(address) {
            Some(kind) => Err(OutboundError::Refused {
                host: host.to_owned(),
                address: at.ip(),
                kind,
            }),
            None if !ports.contains(&at.port()) => Err(port_refused(host, at.port(), ports)),
            None => Ok(()),
        }
    }
}

fn port_refused(host: &str, port: u16, ports: &'static [u16]) -> OutboundError {
    OutboundError::Port {
        host: host.to_owned(),
        port,
        ports,
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

    const MAIL: &[u16] = &[25, 465];

    fn judged(outbound: &Outbound, address: &str, port: u16) -> Result<(), OutboundError> {
        let at = SocketAddr::new(address.parse().unwrap(), port);
        outbound.judge("mail.test", at, MAIL)
    }

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
            let refused = judged(&Outbound::default(), text, 25);
            assert!(
                matches!(refused, Err(OutboundError::Refused { .. })),
                "{text}"
            );
        }
        for text in [
            "1.1.1.1",
            "172.32.0.1",
            "100.128.0.1",
            "198.20.0.1",
            "::ffff:8.8.8.8",
            "2606:4700::1111",
        ] {
            assert!(judged(&Outbound::default(), text, 25).is_ok(), "{text}");
        }
    }

    #[tokio::test]
    async fn a_refusal_names_the_address_and_the_setting_and_listing_it_lets_it_through() {
        let refused = Outbound::default().resolve("127.0.0.1", 25, MAIL).await;
        let error = refused.unwrap_err();
        assert!(!error.is_retryable());
        let text = error.to_string();
        assert!(text.contains("127.0.0.1"), "{text}");
        assert!(text.contains("NOC_OUTBOUND_ALLOW"), "{text}");
        let home = Outbound::allowing(|address| address.is_loopback());
        let addresses = home.resolve("127.0.0.1", 25, MAIL).await.unwrap();
        assert_eq!(addresses, ["127.0.0.1:25".parse().unwrap()]);
        assert!(judged(&home, "::ffff:127.0.0.1", 25).is_ok());
        assert!(judged(&home, "10.0.0.1", 25).is_err());
    }

    /// A mail channel could once be pointed at any service of any public host.
    #[test]
    fn other_ports_than_the_channels_are_for_listed_addresses_only() {
        let refused = judged(&Outbound::default(), "1.1.1.1", 6379).unwrap_err();
        let text = refused.to_string();
        assert!(text.contains("port 6379"), "{text}");
        assert!(text.contains("port 25 or 465"), "{text}");
        assert!(text.contains("NOC_OUTBOUND_ALLOW"), "{text}");
        assert!(!refused.is_retryable());
        let home = Outbound::allowing(|address| address.is_loopback());
        assert!(judged(&home, "127.0.0.1", 6379).is_ok());
        assert!(judged(&home, "1.1.1.1", 6379).is_err());
    }

    #[test]
    fn a_form_hears_at_once_what_no_lookup_can_change() {
        let (none, home) = (
            Outbound::default(),
            Outbound::allowing(|address| address.is_loopback()),
        );
        assert!(none.foresee("mail.test", 25, MAIL).is_ok());
        assert!(none.foresee("mail.test", 6379, MAIL).is_err());
        assert!(none.foresee("10.0.0.1", 25, MAIL).is_err());
        assert!(none.foresee("1.1.1.1", 6379, MAIL).is_err());
        // What the name stands for is known once it is looked up.
        assert!(home.foresee("mail.test", 6379, MAIL).is_ok());
        assert!(home.foresee("127.0.0.1", 6379, MAIL).is_ok());
    }
}
