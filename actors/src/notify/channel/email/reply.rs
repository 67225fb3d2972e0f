//! What a mail server's answer means: 4xx and a lost connection pass, 5xx does not.

use super::connection::Server;
use crate::notify::outbound::OutboundError;
use lettre::transport::smtp::Error;
use std::error::Error as _;

/// Said where a server cannot be reached: the most common cause on hosting machines.
pub(super) const FIREWALL_HINT: &str =
    "If this persists, check that the firewall lets outbound ports 587 and 465 through.";

/// "Service not available, closing transmission channel", RFC 5321 section 4.2.3.
const CLOSING: u16 = 421;

/// How far a send had got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    Connect,
    Tls,
    Login,
    Message,
}

/// Why a message was not taken.
#[derive(Debug)]
pub(super) enum SendError {
    Unreachable(std::io::Error),
    Refused(String),
    NoStartTls,
    Settings(String),
    Smtp { stage: Stage, source: Error },
}

impl SendError {
    pub const fn new(stage: Stage, source: Error) -> Self {
        Self::Smtp { stage, source }
    }

    pub const fn unreachable(source: std::io::Error) -> Self {
        Self::Unreachable(source)
    }

    pub fn outbound(error: OutboundError) -> Self {
        match error {
            OutboundError::Lookup { source, .. } => Self::Unreachable(source),
            OutboundError::Refused { .. } | OutboundError::Port { .. } => {
                Self::Refused(error.to_string())
            }
        }
    }

    pub const fn settings(reason: String) -> Self {
        Self::Settings(reason)
    }

    /// Whether the same message will be refused again as long as nobody changes anything.
    pub fn is_permanent(&self) -> bool {
        match self {
            Self::Unreachable(_) => false,
            Self::Refused(_) | Self::NoStartTls | Self::Settings(_) => true,
            Self::Smtp { source, .. } => {
                source.is_permanent() || source.is_client() || is_certificate_refusal(source)
            }
        }
    }

    /// Whether any message would have met it: the server was not reached, closed the connection or let nobody in. An
    /// answer to the message itself (a full or greylisted mailbox) is not.
    pub fn is_about_the_server(&self) -> bool {
        match self {
            Self::Unreachable(_) => true,
            Self::Refused(_) | Self::NoStartTls | Self::Settings(_) => false,
            Self::Smtp { stage, source } => {
                let code = source.status().map(u16::from);
                *stage != Stage::Message || code.is_none_or(|code| code == CLOSING)
            }
        }
    }

    /// For people. Replies are the server's words; credentials are never part of them.
    pub fn describe(&self, server: &Server) -> String {
        match self {
            Self::Unreachable(source) => {
                format!(
                    "connection to {server} could not be established: {source}. {FIREWALL_HINT}"
                )
            }
            Self::NoStartTls => format!(
                "{server} does not offer STARTTLS, and encryption tls requires it: nothing was sent"
            ),
            Self::Refused(reason) | Self::Settings(reason) => reason.clone(),
            Self::Smtp { stage, source } => match (stage, source.status()) {
                (Stage::Login, Some(code)) => {
                    format!("{server} refused the login ({code}): {}", words(source))
                }
                (_, Some(code)) => format!("{server} answered {code}: {}", words(source)),
                (Stage::Connect, None) if !is_certificate_refusal(source) => {
                    format!(
                        "connection to {server} could not be established: {source}. {FIREWALL_HINT}"
                    )
                }
                (Stage::Connect | Stage::Tls, None) => {
                    format!("{server} could not be trusted: {source}")
                }
                (Stage::Login | Stage::Message, None) => {
                    format!("connection to {server} was lost: {source}")
                }
            },
        }
    }
}

/// The server's own words, on one line.
fn words(error: &Error) -> String {
    let text = error
        .source()
        .map_or_else(|| error.to_string(), ToString::to_string);
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Whether TLS failed over the certificate: time does not heal that.
fn is_certificate_refusal(error: &Error) -> bool {
    let mut source = error.source();
    while let Some(cause) = source {
        if let Some(tls) = cause.downcast_ref::<rustls::Error>() {
            return matches!(tls, rustls::Error::InvalidCertificate(_));
        }
        // io::Error hides what it wraps from `source()`, one level down.
        if let Some(io) = cause.downcast_ref::<std::io::Error>()
            && let Some(inner) = io.get_ref()
        {
            source = Some(inner);
            continue;
        }
        source = cause.source();
    }
    false
}
