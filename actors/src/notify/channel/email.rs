//! E-mail over SMTP. Each recipient gets a message of their own; `Message-ID` and `X-NOC-Delivery` carry the
//! delivery's id, so a repeat after an unknown outcome can be told (and many mailboxes drop it by themselves).

mod connection;
mod reply;

use super::{Channel, Field, FieldErrors, FieldType, Outcome, Reach, Settings};
use crate::notify::message::Message;
use crate::notify::outbound::{Outbound, OutboundError};
use crate::notify::within::within;
use async_trait::async_trait;
use connection::{Connections, Encryption, Server};
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};
use lettre::{Address, Message as Mail};
use noc_pipeline::clock::UnixMs;
use reply::{FIREWALL_HINT, SendError};
use std::time::{Duration, SystemTime};

/// The header that carries the delivery's id.
pub const DELIVERY_HEADER: &str = "X-NOC-Delivery";

/// Longest a send may take, from the first packet to the server's answer.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Where mail servers listen: relay, implicit TLS, submission, and what hosters use where 25 is closed.
const PORTS: &[u16] = &[25, 465, 587, 2525];

const FIELDS: &[Field] = &[
    Field {
        name: "host",
        label: "SMTP host",
        required: true,
        help: "For example mail.hostseba.com.",
        ..Field::TEXT
    },
    Field {
        name: "port",
        label: "SMTP port",
        kind: FieldType::Number,
        required: true,
        default: Some("587"),
        help: "587 for STARTTLS, 465 for implicit TLS; also 25 and 2525.",
        ..Field::TEXT
    },
    Field {
        name: "encryption",
        label: "Encryption",
        kind: FieldType::Select,
        options: &["tls", "ssl", "none"],
        required: true,
        default: Some("tls"),
        help: "tls: STARTTLS, required. ssl: TLS from the first byte. none: only inside your own network.",
        ..Field::TEXT
    },
    Field {
        name: "username",
        label: "SMTP username",
        help: "Leave empty for a server that asks for none.",
        ..Field::TEXT
    },
    Field {
        name: "password",
        label: "SMTP password",
        kind: FieldType::Password,
        help: "The mailbox password.",
        secret: true,
        ..Field::TEXT
    },
    Field {
        name: "from_address",
        label: "From address",
        required: true,
        help: "For example noc@hostseba.com.",
        ..Field::TEXT
    },
    Field {
        name: "from_name",
        label: "From name",
        default: Some("HostSeba NOC"),
        help: "Shown beside the address.",
        ..Field::TEXT
    },
    Field {
        name: "recipients",
        label: "Org recipients",
        kind: FieldType::List,
        help: "Always in copy whenever e-mail is used.",
        ..Field::TEXT
    },
    Field {
        name: "tls_ca_pem",
        label: "Private CA",
        kind: FieldType::Multiline,
        help: "Certificates (PEM) to trust besides the public ones, for a mail server with a private CA.",
        ..Field::TEXT
    },
];

/// The e-mail channel; keeps connections to the servers it has used.
#[derive(Default)]
pub struct Email {
    connections: Connections,
    outbound: Outbound,
}

impl Email {
    /// Connects to servers that `outbound` allows; the default to public ones.
    #[must_use]
    pub fn new(outbound: Outbound) -> Self {
        Self {
            connections: Connections::default(),
            outbound,
        }
    }
}

#[async_trait]
impl Channel for Email {
    fn key(&self) -> &'static str {
        "email"
    }

    fn label(&self) -> &'static str {
        "Email"
    }

    fn masks_addresses(&self) -> bool {
        false
    }

    fn fields(&self) -> &'static [Field] {
        FIELDS
    }

    fn reach(&self) -> Reach {
        Reach::Email
    }

    fn validate(&self, settings: &Settings) -> FieldErrors {
        let mut errors = FieldErrors::default();
        if settings
            .number("port")
            .is_some_and(|port| port == 0 || port > u64::from(u16::MAX))
        {
            errors.add("port", "must lie between 1 and 65535");
        }
        if settings
            .text("host")
            .is_some_and(|host| host.contains(|c: char| c.is_whitespace() || c == '/' || c == '@'))
        {
            errors.add(
                "host",
                "must be a host name or an address, without scheme or port",
            );
        }
        if errors.is_empty()
            && let Some(host) = settings.text("host")
            && let Some(port) = settings.number("port").and_then(|n| u16::try_from(n).ok())
            && let Err(error) = self.outbound.foresee(host, port, PORTS)
        {
            let field = match error {
                OutboundError::Port { .. } => "port",
                OutboundError::Refused { .. } | OutboundError::Lookup { .. } => "host",
            };
            errors.add(field, error.to_string());
        }
        if let Some(from) = settings.text("from_address")
            && parse(from).is_none()
        {
            errors.add("from_address", "is not an e-mail address");
        }
        for recipient in settings.list("recipients") {
            if parse(&recipient).is_none() {
                errors.add(
                    "recipients",
                    format!("{recipient} is not an e-mail address"),
                );
            }
        }
        match (settings.text("username"), settings.text("password")) {
            (None, Some(_)) => errors.add("username", "is required with a password"),
            (Some(_), None) => errors.add("password", "is required with a username"),
            _ => {}
        }
        if let Some(pem) = settings.text("tls_ca_pem")
            && let Err(reason) = connection::parse_ca(pem)
        {
            errors.add("tls_ca_pem", reason);
        }
        errors
    }

    fn destination_fields(&self) -> &'static [&'static str] {
        // Not the host alone: another port, no encryption or another CA is another party that reads the password.
        &["host", "port", "encryption", "tls_ca_pem"]
    }

    fn own_recipients(&self, settings: &Settings) -> Vec<String> {
        settings.list("recipients")
    }

    fn normalise(&self, address: &str) -> Option<String> {
        parse(address).map(|address| address.to_string().to_lowercase())
    }

    async fn send(&self, settings: &Settings, message: &Message) -> Outcome {
        let mail = match compose(settings, message) {
            Ok(mail) => mail,
            Err(reason) => return Outcome::Permanent { reason },
        };
        let server = match server(settings) {
            Ok(server) => server,
            Err(reason) => return Outcome::Permanent { reason },
        };
        let bytes = mail.formatted();
        let sent = self.connections.send(
            &self.outbound,
            &server,
            settings.version(),
            mail.envelope(),
            &bytes,
        );
        match within(TIMEOUT, sent).await {
            Some(Ok(provider_id)) => Outcome::Accepted { provider_id },
            Some(Err(error)) => error.into_outcome(&server),
            None => Outcome::Unavailable {
                reason: format!(
                    "{server} did not finish within {} s. {FIREWALL_HINT}",
                    TIMEOUT.as_secs()
                ),
            },
        }
    }
}

fn parse(address: &str) -> Option<Address> {
    address.trim().parse().ok()
}

fn server(settings: &Settings) -> Result<Server, String> {
    let encryption = match settings.text("encryption").unwrap_or("tls") {
        "none" => Encryption::None,
        "ssl" => Encryption::Implicit,
        _ => Encryption::StartTls,
    };
    let default_port = if encryption == Encryption::Implicit {
        465
    } else {
        587
    };
    Ok(Server {
        host: settings
            .text("host")
            .ok_or("the SMTP host is not set")?
            .to_owned(),
        port: u16::try_from(settings.number("port").unwrap_or(default_port))
            .map_err(|_| "the SMTP port is not a port")?,
        encryption,
        credentials: settings
            .text("username")
            .zip(settings.text("password"))
            .map(|(name, password)| (name.to_owned(), password.to_owned())),
        ca_pem: settings.text("tls_ca_pem").map(str::to_owned),
        timeout: TIMEOUT,
    })
}

fn compose(settings: &Settings, message: &Message) -> Result<Mail, String> {
    let from = settings
        .text("from_address")
        .and_then(parse)
        .ok_or("the from address is not an e-mail address")?;
    let to = parse(&message.recipient)
        .ok_or_else(|| format!("{} is not an e-mail address", message.recipient))?;
    let name = settings.text("from_name").unwrap_or("HostSeba NOC");
    let message_id = format!("<{}@{}>", message.delivery, from.domain());
    Mail::builder()
        .from(Mailbox::new(Some(name.to_owned()), from))
        .to(Mailbox::new(None, to))
        .subject(message.subject.as_str())
        .date(system_time(message.at))
        .message_id(Some(message_id))
        .raw_header(HeaderValue::new(
            HeaderName::new_from_ascii_str(DELIVERY_HEADER),
            message.delivery.to_string(),
        ))
        .raw_header(HeaderValue::new(
            HeaderName::new_from_ascii_str("Auto-Submitted"),
            "auto-generated".to_owned(),
        ))
        .multipart(MultiPart::alternative_plain_html(
            message.text.clone(),
            message.html.clone(),
        ))
        .map_err(|error| format!("the message cannot be written: {error}"))
}

fn system_time(at: UnixMs) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_millis(u64::try_from(at.0).unwrap_or(0))
}

impl SendError {
    fn into_outcome(self, server: &Server) -> Outcome {
        let reason = self.describe(server);
        if self.is_about_the_recipient() {
            Outcome::Refused { reason }
        } else if self.is_permanent() {
            Outcome::Permanent { reason }
        } else if self.is_about_the_server() {
            Outcome::Unavailable { reason }
        } else {
            Outcome::Retry {
                reason,
                after: None,
            }
        }
    }
}

#[cfg(test)]
mod tests;
