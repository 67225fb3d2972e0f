//! The one HTTP client of all channels: what it refuses, how long it waits and how much it reads.
//!
//! * Every address is judged by [`Outbound`] at the moment of connecting, so a name cannot mean something else a moment
//!   later. No redirect is followed and no proxy of the environment is used: both would go round that.
//! * A call ends within [`Limits::total`], and no more than [`Limits::body_bytes`] of an answer are read.
//! * Whatever a provider says is stripped of the channel's secrets before anybody else sees it; errors never hold the
//!   address, which for some channels is a secret.
//! * Every call carries the delivery's id in two headers, the same at every attempt.

mod answer;
mod endpoint;
mod secrets;

pub(super) use answer::{Answer, DEFAULT_PAUSE, crowded, limited, one_line};
pub(super) use endpoint::{check_base, check_url, join, over, parse};
pub(super) use secrets::Secrets;

use super::Outcome;
use crate::causes::with_causes;
use crate::notify::outbound::{Outbound, OutboundError};
use crate::notify::within::within;
use noc_pipeline::clock::{Stopwatch, UnixMs};
use parking_lot::Mutex;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use reqwest::{Client, Response, Url};
use std::collections::HashMap;
use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;
use uuid::Uuid;

/// Where web services listen. Anything else is for addresses that the operator lists.
pub(super) const PORTS: &[u16] = &[80, 443, 8080, 8443];

/// The delivery's id, for receivers that know us.
pub(super) const DELIVERY_HEADER: &str = "x-noc-delivery";

/// The delivery's id, for receivers that drop repeats by the header that became usual for it.
const IDEMPOTENCY_HEADER: &str = "idempotency-key";

const AGENT: &str = concat!("HostSeba-NOC/", env!("CARGO_PKG_VERSION"));

/// Said where a provider cannot be reached.
const FIREWALL_HINT: &str =
    "If this persists, check that the firewall lets outbound port 443 through.";

/// Destinations whose connections are kept.
const KEPT: usize = 32;

/// What a call may cost.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// From the look-up of the name to the last byte of the answer.
    pub total: Duration,
    /// Bytes of an answer that are read.
    pub body_bytes: usize,
}

impl Default for Limits {
    /// 10 s and 64 KiB.
    fn default() -> Self {
        Self {
            total: Duration::from_secs(10),
            body_bytes: 64 * 1024,
        }
    }
}

/// Calls providers. Channels share one, and with it its connections.
pub struct Http {
    outbound: Outbound,
    limits: Limits,
    clients: Mutex<HashMap<(String, u16), Client>>,
}

/// One message on its way.
pub(super) struct Call {
    /// May hold secrets.
    pub url: Url,
    /// Besides the content type and the delivery's id; values may be secrets.
    pub headers: Vec<(&'static str, String)>,
    /// Of the body.
    pub content_type: &'static str,
    /// As it is signed, byte for byte.
    pub body: Vec<u8>,
    /// Which message this is.
    pub delivery: Uuid,
    /// When it is sent.
    pub at: UnixMs,
    /// What must not be said.
    pub secrets: Secrets,
}

impl Call {
    /// A call with a JSON body.
    pub fn json(
        url: Url,
        body: &serde_json::Value,
        message: &super::Message,
        secrets: Secrets,
    ) -> Self {
        Self {
            url,
            headers: Vec::new(),
            content_type: "application/json",
            body: body.to_string().into_bytes(),
            delivery: message.delivery,
            at: message.at,
            secrets,
        }
    }

    /// This call with a header more.
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    fn header_map(&self) -> Result<HeaderMap, String> {
        let mut map = HeaderMap::new();
        let id = self.delivery.to_string();
        let own = [(DELIVERY_HEADER, &id), (IDEMPOTENCY_HEADER, &id)];
        let given = self.headers.iter().map(|(name, value)| (*name, value));
        for (name, value) in own.into_iter().chain(given) {
            // The error of a value would not repeat it, and the name is ours.
            let value = HeaderValue::from_str(value)
                .map_err(|_| format!("a stored secret cannot be sent in the header {name}"))?;
            map.insert(HeaderName::from_static(name), value);
        }
        map.insert(CONTENT_TYPE, HeaderValue::from_static(self.content_type));
        Ok(map)
    }
}

impl fmt::Debug for Http {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Http").finish_non_exhaustive()
    }
}

impl Http {
    /// Connects to what `outbound` allows.
    #[must_use]
    pub fn new(outbound: Outbound) -> Self {
        Self::within(outbound, Limits::default())
    }

    /// [`Http::new`] with limits of one's own.
    #[must_use]
    pub fn within(outbound: Outbound, limits: Limits) -> Self {
        Self {
            outbound,
            limits,
            clients: Mutex::default(),
        }
    }

    /// For checks of settings.
    pub(super) const fn outbound(&self) -> &Outbound {
        &self.outbound
    }

    /// Posts, and answers with what was said; where nothing was, with what that means.
    pub(super) async fn post(&self, call: Call) -> Result<Answer, Outcome> {
        let place = place(&call.url);
        let (secrets, at) = (call.secrets.clone(), call.at);
        let watch = Stopwatch::start();
        let response = match within(self.limits.total, self.head(call)).await {
            Some(Ok(response)) => response,
            Some(Err(fault)) => return Err(fault.into_outcome(&place, &secrets)),
            None => {
                return Err(Outcome::Unavailable {
                    reason: format!(
                        "{place} did not answer within {:?}. {FIREWALL_HINT}",
                        self.limits.total
                    ),
                });
            }
        };
        let status = response.status().as_u16();
        let header = response.headers().get(RETRY_AFTER);
        let retry_after = header
            .and_then(|value| value.to_str().ok())
            .and_then(|text| answer::retry_after(text, at));
        let left = self.limits.total.saturating_sub(watch.elapsed());
        // A status is an answer even where the rest of it never comes.
        let body = read(response, self.limits.body_bytes);
        let body = tokio::time::timeout(left, body).await.unwrap_or_default();
        Ok(Answer {
            status,
            retry_after,
            body: secrets.scrub(&String::from_utf8_lossy(&body)),
            at,
        })
    }

    /// Sends the call, and waits for the head of the answer.
    async fn head(&self, call: Call) -> Result<Response, Fault> {
        let host = call.url.host_str().unwrap_or_default().to_owned();
        let port = call.url.port_or_known_default().unwrap_or(0);
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        if bare.parse::<std::net::IpAddr>().is_ok() {
            // An address is connected to without asking the resolver.
            let judged = self.outbound.resolve(bare, port, PORTS).await;
            judged.map_err(Fault::Outbound)?;
        }
        let headers = call.header_map().map_err(Fault::Unsendable)?;
        let client = self.client(&host, port).map_err(Fault::Client)?;
        let request = client.post(call.url).headers(headers).body(call.body);
        request.send().await.map_err(Fault::Client)
    }

    /// One client for each destination, because a resolver is told the name and not the port.
    fn client(&self, host: &str, port: u16) -> Result<Client, reqwest::Error> {
        let mut clients = self.clients.lock();
        if let Some(client) = clients.get(&(host.to_owned(), port)) {
            return Ok(client.clone());
        }
        if rustls::crypto::CryptoProvider::get_default().is_none() {
            drop(rustls::crypto::ring::default_provider().install_default());
        }
        let resolver = Judging {
            outbound: self.outbound.clone(),
            port,
        };
        let client = Client::builder()
            .user_agent(AGENT)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .referer(false)
            .retry(reqwest::retry::never())
            .pool_max_idle_per_host(4)
            .pool_idle_timeout(Duration::from_secs(50))
            .dns_resolver(resolver)
            .build()?;
        if clients.len() >= KEPT {
            clients.clear();
        }
        clients.insert((host.to_owned(), port), client.clone());
        Ok(client)
    }
}

/// `host:port`, which is no secret.
fn place(url: &Url) -> String {
    let host = url.host_str().unwrap_or("the configured address");
    url.port_or_known_default()
        .map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

/// As much of the body as may be read and as came.
async fn read(mut response: Response, most: usize) -> Vec<u8> {
    let mut body = Vec::new();
    while let Ok(Some(chunk)) = response.chunk().await {
        let room = most.saturating_sub(body.len());
        body.extend(chunk.iter().take(room));
        if body.len() >= most {
            break;
        }
    }
    body
}

/// Looks names up, and gives out only what may be connected to.
struct Judging {
    outbound: Outbound,
    port: u16,
}

impl Resolve for Judging {
    fn resolve(&self, name: Name) -> Resolving {
        let (outbound, port) = (self.outbound.clone(), self.port);
        Box::pin(async move {
            let found = outbound.resolve(name.as_str(), port, PORTS).await?;
            Ok::<Addrs, _>(Box::new(found.into_iter()))
        })
    }
}

/// Why there is no answer.
enum Fault {
    Outbound(OutboundError),
    Client(reqwest::Error),
    Unsendable(String),
}

impl Fault {
    fn into_outcome(self, place: &str, secrets: &Secrets) -> Outcome {
        let permanent = |reason: String| Outcome::Permanent {
            reason: secrets.scrub(&reason),
        };
        let unavailable = |reason: String| Outcome::Unavailable {
            reason: secrets.scrub(&reason),
        };
        let outbound = |error: &OutboundError| {
            if error.is_retryable() {
                unavailable(format!("{}. {FIREWALL_HINT}", with_causes(error)))
            } else {
                permanent(error.to_string())
            }
        };
        match self {
            Self::Unsendable(reason) => permanent(reason),
            Self::Outbound(error) => outbound(&error),
            Self::Client(error) => {
                let error = error.without_url();
                if let Some(refused) = cause::<OutboundError>(&error) {
                    return outbound(refused);
                }
                let words = innermost(&error);
                if is_certificate_refusal(&error) {
                    permanent(format!("{place} could not be trusted: {words}"))
                } else if error.is_builder() {
                    permanent(format!("the request cannot be made: {words}"))
                } else if error.is_connect() {
                    unavailable(format!(
                        "connection to {place} could not be established: {words}. {FIREWALL_HINT}"
                    ))
                } else {
                    unavailable(format!("connection to {place} was lost: {words}"))
                }
            }
        }
    }
}

/// The causes of an error, also those that an `io::Error` wraps and does not name as its source.
fn causes<'e>(
    error: &'e (dyn StdError + 'static),
) -> impl Iterator<Item = &'e (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |cause| {
        let cause: &'e (dyn StdError + 'static) = *cause;
        let wrapped = cause
            .downcast_ref::<std::io::Error>()
            .and_then(std::io::Error::get_ref)
            .map(|inner| -> &'e (dyn StdError + 'static) { inner });
        wrapped.or_else(|| cause.source())
    })
}

fn cause<'e, E: StdError + 'static>(error: &'e (dyn StdError + 'static)) -> Option<&'e E> {
    causes(error).find_map(|cause| cause.downcast_ref::<E>())
}

/// Time does not heal that.
fn is_certificate_refusal(error: &(dyn StdError + 'static)) -> bool {
    let tls = cause::<rustls::Error>(error);
    tls.is_some_and(|tls| matches!(tls, rustls::Error::InvalidCertificate(_)))
}

fn innermost(error: &(dyn StdError + 'static)) -> String {
    causes(error)
        .last()
        .map_or_else(String::new, ToString::to_string)
}
