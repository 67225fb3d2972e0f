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

    /// Whether it is about the one mailbox that the message is for, and others are reached as before.
    pub fn is_about_the_recipient(&self) -> bool {
        match self {
            Self::Smtp {
                stage: Stage::Message,
                source,
            } => source.is_permanent() && names_the_mailbox(&words(source)),
            _ => false,
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

/// Whether a refusal is of the recipient's mailbox. A server that gives enhanced codes says so (RFC 3463: 5.1.x is the
/// address, but 5.1.7 and 5.1.8 that of the sender; 5.2.x is the mailbox). Of one that gives none only words that leave no
/// doubt count: it refuses a sender, or to relay, with the same 550.
fn names_the_mailbox(words: &str) -> bool {
    let enhanced = words.split_whitespace().find_map(|word| {
        let mut numbers = word.splitn(3, '.').map(str::parse::<u16>);
        match (numbers.next()?, numbers.next()?, numbers.next()?) {
            (Ok(5), Ok(subject), Ok(detail)) => Some((subject, detail)),
            _ => None,
        }
    });
    if let Some((subject, detail)) = enhanced {
        return subject == 2 || (subject == 1 && !matches!(detail, 7 | 8));
    }
    let words = words.to_lowercase();
    [
        "no such user",
        "user unknown",
        "unknown user",
        "mailbox unavailable",
        "mailbox not found",
        "no such recipient",
        "recipient unknown",
    ]
    .iter()
    .any(|sure| words.contains(sure))
}

#[cfg(test)]
mod mailbox_tests {
    use super::names_the_mailbox;

    #[test]
    fn a_dead_mailbox_is_told_from_a_refused_sender() {
        for mailbox in [
            "5.1.1 no such user",
            "5.1.1 <bob@x.test>: Recipient address rejected: User unknown in virtual mailbox table",
            "5.1.10 RESOLVER.ADR.RecipientNotFound",
            "5.2.1 The email account that you tried to reach is disabled",
            "5.2.2 mailbox full",
            "No Such User Here",
        ] {
            assert!(names_the_mailbox(mailbox), "{mailbox}");
        }
        for other in [
            "5.7.1 Relaying denied",
            "5.1.8 <noc@y.test>: Sender address rejected: Domain not found",
            "5.1.7 bad sender",
            "Sender verify failed",
            "relay not permitted",
            "policy rejection, filter 3.2.1",
            "5.7.60 client does not have permissions to send as this sender",
            "",
        ] {
            assert!(!names_the_mailbox(other), "{other}");
        }
    }
}
