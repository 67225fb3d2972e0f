//! Posts what the fleet measures, over connections that are kept, and remembers what was acknowledged.

use super::wire::{Agent, PayloadId};
use noc_pipeline::clock::{Stopwatch, UnixMs};
use noc_pipeline::id::ServerId;
use noc_pipeline::payload::Payload;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER};
use serde::Deserialize;
use serde_json::json;
use std::time::Duration;
use uuid::Uuid;

/// No request may take longer: the server promises an answer within 10 s.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(15);

/// One payload that a server was told is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Acked {
    /// Whose.
    pub server: ServerId,
    /// Which.
    pub id: PayloadId,
    /// When it was measured.
    pub observed_at: UnixMs,
}

/// Who an agent is.
#[derive(Debug, Clone)]
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
        let watch = Stopwatch::start();
        let sent = self
            .http
            .post(format!("{}/api/agent/{path}", self.base))
            .header(
                AUTHORIZATION,
                format!("Bearer {}.{}", identity.server, identity.secret),
            )
            .header(CONTENT_TYPE, "application/json")
            .body(body)
            .send()
            .await;
        let Ok(answer) = sent else {
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

/// One enrolled, simulated server: its identity, its agent's run, and what it was told is kept.
#[derive(Debug)]
pub struct Sender {
    client: Client,
    identity: Identity,
    agent: Agent,
    acked: Vec<Acked>,
}

impl Sender {
    /// Speaks for `identity` as an agent that just started.
    #[must_use]
    pub fn new(client: Client, identity: Identity, boot_id: Uuid) -> Self {
        Self {
            client,
            identity,
            agent: Agent::started(boot_id),
            acked: Vec::new(),
        }
    }

    /// The server it speaks for.
    #[must_use]
    pub const fn server(&self) -> ServerId {
        self.identity.server
    }

    /// Posts payloads as one batch, each with its own time. What is acknowledged is remembered.
    pub async fn send(&mut self, payloads: Vec<(UnixMs, Payload)>, now: UnixMs) -> Outcome {
        let times: Vec<UnixMs> = payloads.iter().map(|(at, _)| *at).collect();
        let (body, ids) = self.agent.batch(payloads, now);
        let outcome = self.client.post(&self.identity, "batch", body).await;
        if matches!(outcome, Outcome::Accepted { .. }) {
            let server = self.identity.server;
            let kept = ids.into_iter().zip(times);
            self.acked.extend(kept.map(|(id, observed_at)| Acked {
                server,
                id,
                observed_at,
            }));
        }
        outcome
    }

    /// Everything acknowledged so far, in the order sent.
    #[must_use]
    pub fn acked(&self) -> &[Acked] {
        &self.acked
    }

    /// Hands over what was acknowledged so far, and forgets it.
    pub fn take_acked(&mut self) -> Vec<Acked> {
        std::mem::take(&mut self.acked)
    }
}
