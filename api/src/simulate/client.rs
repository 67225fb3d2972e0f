//! Enrols hosts and posts what they measure, over connections that are kept.

use flate2::Compression;
use flate2::write::GzEncoder;
use noc_pipeline::clock::Stopwatch;
use noc_pipeline::id::ServerId;
use reqwest::header::{AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, RETRY_AFTER};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::io::Write as _;
use std::time::Duration;

/// No request may take longer: the server promises an answer within 10 s.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(15);

/// Agents pack bodies of more bytes than this.
const PACKED_ABOVE: usize = 8_192;

/// Who an agent is.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Identity {
    /// The server it speaks for.
    pub server: ServerId,
    /// What it proves that with.
    pub secret: String,
}

/// Why a host could not be enrolled.
#[derive(Debug, thiserror::Error)]
pub enum EnrolError {
    /// No answer.
    #[error("no answer to a registration")]
    Transport(#[from] reqwest::Error),
    /// Refused.
    #[error("registration of {hostname} refused with {status}: {body}")]
    Refused {
        /// Which host.
        hostname: String,
        /// HTTP status.
        status: u16,
        /// What the server said.
        body: String,
    },
}

/// How one request ended.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// 202.
    Accepted {
        /// New payloads.
        accepted: usize,
        /// Known ones.
        duplicates: usize,
        /// From the first byte sent to the answer read.
        took: Duration,
    },
    /// Another status.
    Refused {
        /// Which.
        status: u16,
        /// What `Retry-After` asks for.
        retry_after: Option<Duration>,
    },
    /// No answer: connection refused, cut, or too slow. The payloads may be kept or not.
    NoAnswer,
}

/// A connection pool to one address. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Client {
    http: reqwest::Client,
    base: String,
}

#[derive(Deserialize)]
struct Registered {
    server_id: ServerId,
    agent_secret: String,
}

#[derive(Deserialize)]
struct Answer {
    accepted: usize,
    #[serde(default)]
    duplicates: usize,
}

impl Client {
    /// To `base`, such as `http://127.0.0.1:8080`. With `keep_alive` off every request opens a connection of its own.
    ///
    /// # Errors
    /// When the client cannot be built.
    pub fn new(base: &str, keep_alive: bool) -> Result<Self, reqwest::Error> {
        let builder = reqwest::Client::builder()
            .timeout(REQUEST_TIMEOUT)
            .tcp_nodelay(true)
            .no_proxy();
        let builder = if keep_alive {
            builder
        } else {
            builder.pool_max_idle_per_host(0)
        };
        Ok(Self {
            http: builder.build()?,
            base: base.trim_end_matches('/').to_owned(),
        })
    }

    /// Enrols a host.
    ///
    /// # Errors
    /// See [`EnrolError`].
    pub async fn enrol(&self, token: &str, hostname: &str) -> Result<Identity, EnrolError> {
        let body = json!({
            "token": token, "hostname": hostname, "os": "Simulated 1", "arch": "x86_64",
            "agent_version": env!("CARGO_PKG_VERSION"),
        });
        let answer = self
            .http
            .post(format!("{}/api/agent/register", self.base))
            .json(&body)
            .send()
            .await?;
        let status = answer.status().as_u16();
        if status != 201 {
            return Err(EnrolError::Refused {
                hostname: hostname.to_owned(),
                status,
                body: answer.text().await.unwrap_or_default(),
            });
        }
        let registered: Registered = answer.json().await?;
        Ok(Identity {
            server: registered.server_id,
            secret: registered.agent_secret,
        })
    }

    /// Posts a body to `/api/agent/<path>` as `identity`.
    pub async fn post(&self, identity: &Identity, path: &str, body: Vec<u8>) -> Outcome {
        self.send(identity, path, body, false).await
    }

    /// The same, packed with gzip where an agent would pack it.
    pub async fn post_as_agent(&self, identity: &Identity, path: &str, body: Vec<u8>) -> Outcome {
        match packed(&body) {
            Some(small) => self.send(identity, path, small, true).await,
            None => self.send(identity, path, body, false).await,
        }
    }

    async fn send(&self, identity: &Identity, path: &str, body: Vec<u8>, packed: bool) -> Outcome {
        let watch = Stopwatch::start();
        let mut request = self
            .http
            .post(format!("{}/api/agent/{path}", self.base))
            .header(
                AUTHORIZATION,
                format!("Bearer {}.{}", identity.server, identity.secret),
            )
            .header(CONTENT_TYPE, "application/json");
        if packed {
            request = request.header(CONTENT_ENCODING, "gzip");
        }
        let Ok(answer) = request.body(body).send().await else {
            return Outcome::NoAnswer;
        };
        let status = answer.status().as_u16();
        let retry_after = answer
            .headers()
            .get(RETRY_AFTER)
            .and_then(|value| value.to_str().ok()?.parse().ok())
            .map(Duration::from_secs);
        match answer.bytes().await {
            Err(_) => Outcome::NoAnswer,
            Ok(body) if status == 202 => match serde_json::from_slice::<Answer>(&body) {
                Ok(answer) => Outcome::Accepted {
                    accepted: answer.accepted,
                    duplicates: answer.duplicates,
                    took: watch.elapsed(),
                },
                Err(_) => Outcome::NoAnswer,
            },
            Ok(_) => Outcome::Refused {
                status,
                retry_after,
            },
        }
    }
}

/// A large body, packed.
fn packed(body: &[u8]) -> Option<Vec<u8>> {
    if body.len() <= PACKED_ABOVE {
        return None;
    }
    let mut encoder = GzEncoder::new(Vec::with_capacity(body.len() / 6), Compression::default());
    encoder.write_all(body).ok()?;
    encoder.finish().ok()
}
