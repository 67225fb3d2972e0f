//! Connections to mail servers, kept open between messages.
//!
//! One that met an error or was given up half-way is closed, never kept: its replies would be read as answers to
//! the next message.

use super::reply::{SendError, Stage};
use crate::notify::outbound::Outbound;
use lettre::address::Envelope;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, Certificate, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use noc_pipeline::clock::Stopwatch;
use parking_lot::Mutex;
use std::collections::HashMap;
use std::fmt;
use std::time::Duration;
use tokio::net::TcpStream;

/// Connections that are kept per version of the settings.
const KEPT: usize = 4;
/// A connection that idled longer is closed.
const KEPT_FOR: Duration = Duration::from_secs(50);

/// How the connection is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encryption {
    /// Not at all.
    None,
    /// STARTTLS, without which nothing is sent.
    StartTls,
    /// TLS from the first byte.
    Implicit,
}

/// A mail server and how to speak to it.
pub(super) struct Server {
    pub host: String,
    pub port: u16,
    pub encryption: Encryption,
    /// Name and password.
    pub credentials: Option<(String, String)>,
    /// Trusted besides the public certificates.
    pub ca_pem: Option<String>,
    /// Of connecting.
    pub timeout: Duration,
}

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

struct Idle {
    connection: AsyncSmtpConnection,
    since: Stopwatch,
}

/// Idle connections by version of the settings that opened them.
#[derive(Default)]
pub(super) struct Connections {
    idle: Mutex<HashMap<[u8; 32], Vec<Idle>>>,
}

impl Connections {
    /// Hands one message over. Answers with what the server called it, where it says so.
    pub async fn send(
        &self,
        outbound: &Outbound,
        server: &Server,
        version: [u8; 32],
        envelope: &Envelope,
        mail: &[u8],
    ) -> Result<Option<String>, SendError> {
        let mut connection = match self.take(version).await {
            Some(connection) => connection,
            None => open(outbound, server).await?,
        };
        let reply = connection
            .send(envelope, mail)
            .await
            .map_err(|source| SendError::new(Stage::Message, source))?;
        self.put(version, connection);
        let words = reply.message().collect::<Vec<_>>().join(" ");
        Ok(Some(words).filter(|words| !words.is_empty()))
    }

    async fn take(&self, version: [u8; 32]) -> Option<AsyncSmtpConnection> {
        loop {
            let mut idle = self.idle.lock().get_mut(&version)?.pop()?;
            if idle.since.elapsed() < KEPT_FOR && idle.connection.test_connected().await {
                return Some(idle.connection);
            }
        }
    }

    fn put(&self, version: [u8; 32], connection: AsyncSmtpConnection) {
        if connection.has_broken() {
            return;
        }
        let mut idle = self.idle.lock();
        // Settings changed: what older ones opened is not asked for again.
        idle.retain(|kept, _| *kept == version);
        let kept = idle.entry(version).or_default();
        if kept.len() < KEPT {
            kept.push(Idle {
                connection,
                since: Stopwatch::start(),
            });
        }
    }
}

/// Reads certificates in PEM.
pub(super) fn parse_ca(pem: &str) -> Result<Certificate, String> {
    if !pem.contains("-----BEGIN CERTIFICATE-----") {
        return Err("holds no PEM certificate".to_owned());
    }
    Certificate::from_pem(pem.as_bytes()).map_err(|error| format!("cannot be read: {error}"))
}

fn tls(server: &Server) -> Result<TlsParameters, SendError> {
    let mut parameters = TlsParameters::builder(server.host.clone());
    if let Some(pem) = &server.ca_pem {
        let certificate = parse_ca(pem).map_err(SendError::settings)?;
        parameters = parameters.add_root_certificate(certificate);
    }
    parameters
        .build()
        .map_err(|source| SendError::new(Stage::Tls, source))
}

async fn open(outbound: &Outbound, server: &Server) -> Result<AsyncSmtpConnection, SendError> {
    let addresses = outbound
        .resolve(&server.host, server.port, super::PORTS)
        .await
        .map_err(SendError::outbound)?;
    let hello = ClientId::default();
    let connect = |source| SendError::new(Stage::Connect, source);
    let mut connection = if server.encryption == Encryption::Implicit {
        AsyncSmtpConnection::connect_tokio1(
            addresses.as_slice(),
            Some(server.timeout),
            &hello,
            Some(tls(server)?),
            None,
        )
        .await
        .map_err(connect)?
    } else {
        let stream = TcpStream::connect(addresses.as_slice())
            .await
            .map_err(SendError::unreachable)?;
        // Without this the end of each message waits for the other side's delayed acknowledgement (40 ms).
        stream.set_nodelay(true).map_err(SendError::unreachable)?;
        AsyncSmtpConnection::connect_with_transport(Box::new(stream), &hello)
            .await
            .map_err(connect)?
    };
    if server.encryption == Encryption::StartTls {
        if !connection.can_starttls() {
            return Err(SendError::NoStartTls);
        }
        connection
            .starttls(tls(server)?, &hello)
            .await
            .map_err(|source| SendError::new(Stage::Tls, source))?;
    }
    if let Some((name, password)) = &server.credentials {
        connection
            .auth(
                &[Mechanism::Plain, Mechanism::Login],
                &Credentials::new(name.clone(), password.clone()),
            )
            .await
            .map_err(|source| SendError::new(Stage::Login, source))?;
    }
    Ok(connection)
}
