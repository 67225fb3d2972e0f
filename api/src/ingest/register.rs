//! `POST /api/agent/register`: a token for an identity.
//!
//! Token, server row, control record and security event are one transaction: when anything refuses, the token is as
//! it was. The secret leaves this function once, in the answer; the database keeps its hash. An address that failed too
//! often is told to wait before anything is read or written for it.

use super::Ingest;
use super::agents::secret_hash;
use super::body;
use super::telemetry::REGISTER;
use crate::config::Cidr;
use crate::error::{ApiError, Problems};
use actix_web::web::{self, Data};
use actix_web::{HttpRequest, HttpResponse, ResponseError};
use noc_actors::control;
use noc_pipeline::clock::UnixMs;
use noc_pipeline::control::Control;
use noc_pipeline::id::ServerId;
use noc_pipeline::live::LiveEvent;
use noc_pipeline::payload::validate::strip;
use noc_storage::relational::entity::{registration_token, server};
use noc_storage::relational::servers::{self, AgentFacts, ServerPatch};
use noc_storage::relational::{NewSecurityEvent, SecurityLevel, StoreError, registration_tokens};
use noc_storage::secrets::random_base62;
use sea_orm::DatabaseTransaction;
use serde::Serialize;
use serde_json::{Map, Value, json};
use std::net::IpAddr;

/// A registration's body has a handful of short fields.
const MAX_BODY_BYTES: usize = 16 * 1024;
/// Base62 characters of a secret: 256 bits.
const SECRET_CHARACTERS: usize = 43;

/// What an agent says of its host.
#[derive(Debug, Clone, PartialEq)]
struct Application {
    token: String,
    hostname: String,
    os: String,
    arch: String,
    agent_version: String,
}

/// The answer: shown once, never stored.
#[derive(Serialize)]
struct Identity {
    server_id: ServerId,
    agent_secret: String,
}

/// Why an application fails.
#[derive(Debug, thiserror::Error)]
enum RegisterError {
    #[error(
        "this registration token is wrong, used or expired: make a new one under Servers, Add Host"
    )]
    TokenInvalid,
    #[error(
        "a server named {name} is enrolled already: an administrator either approves its re-enrolment on the \
         server's page (the old secret dies), or deletes the server; then run the installer again with this token"
    )]
    AlreadyRegistered { name: String, server: ServerId },
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<RegisterError> for ApiError {
    fn from(error: RegisterError) -> Self {
        let message = error.to_string();
        match error {
            RegisterError::TokenInvalid => Self::Refused {
                code: "registration_token_invalid",
                message,
            },
            RegisterError::AlreadyRegistered { .. } => Self::Conflict {
                code: "already_registered",
                message,
            },
            RegisterError::Store(error) => error.into(),
        }
    }
}

pub(super) async fn register(
    request: HttpRequest,
    payload: web::Payload,
    ingest: Data<Ingest>,
) -> HttpResponse {
    let response = match apply(&request, payload, &ingest).await {
        Ok(identity) => HttpResponse::Created().json(identity),
        Err(error) => error.error_response(),
    };
    ingest
        .metrics
        .answered(REGISTER, response.status().as_u16());
    response
}

async fn apply(
    request: &HttpRequest,
    payload: web::Payload,
    ingest: &Ingest,
) -> Result<Identity, ApiError> {
    let address = ingest.client(request);
    ingest.ask(address)?;
    let encoding = body::encoding(request.headers())?;
    let sent = body::receive(payload, MAX_BODY_BYTES).await?;
    let application = read(&body::unpack(sent, encoding, MAX_BODY_BYTES)?)?;
    let secret = random_base62(SECRET_CHARACTERS);
    match enrol(ingest, &application, &secret, address).await {
        Ok(server) => {
            announce(ingest, &server).await;
            Ok(Identity {
                server_id: server.server_id(),
                agent_secret: secret,
            })
        }
        Err(error @ RegisterError::Store(_)) => Err(error.into()),
        Err(error) => {
            // Only what is within the address' allowance is written down: events are bounded too.
            ingest.count(address)?;
            note_refusal(ingest, &application, address, &error).await;
            Err(error.into())
        }
    }
}

async fn enrol(
    ingest: &Ingest,
    application: &Application,
    secret: &str,
    address: IpAddr,
) -> Result<server::Model, RegisterError> {
    let now = ingest.parts.clock.now();
    let hash = secret_hash(secret);
    ingest
        .parts
        .db
        .transaction("enrol an agent", |tx| {
            let (application, hash) = (application.clone(), hash.clone());
            let (db, partitions) = (ingest.parts.db.clone(), ingest.parts.log.partitions());
            Box::pin(async move {
                let token = registration_tokens::consume(tx, &application.token, now)
                    .await?
                    .ok_or(RegisterError::TokenInvalid)?;
                let server = admit(tx, &token, &application, &hash, address, now).await?;
                let settings = Control::ServerSettings(server.settings());
                control::stage(tx, &settings, partitions, now).await?;
                db.security()
                    .append(tx, enrolled_event(&server, &token, address, now))
                    .await?;
                Ok(server)
            })
        })
        .await
}

/// Makes the server, or gives it a new agent where that is allowed.
async fn admit(
    tx: &DatabaseTransaction,
    token: &registration_token::Model,
    application: &Application,
    secret_hash: &str,
    address: IpAddr,
    now: UnixMs,
) -> Result<server::Model, RegisterError> {
    let roll_out = token.max_uses > 1;
    let name = if roll_out {
        &application.hostname
    } else {
        &token.name
    };
    let server = match servers::by_name(tx, name).await? {
        Some(found) if may_enrol(&found, now) => found,
        Some(found) => {
            return Err(RegisterError::AlreadyRegistered {
                name: name.clone(),
                server: found.server_id(),
            });
        }
        None => {
            let made = servers::create(tx, name, &texts(&token.tags), now).await?;
            if waits_for_approval(token, address) {
                let off = ServerPatch {
                    is_active: Some(false),
                    ..ServerPatch::default()
                };
                servers::update(tx, made.server_id(), off, now).await?
            } else {
                made
            }
        }
    };
    let facts = AgentFacts {
        hostname: Some(application.hostname.clone()),
        os: Some(application.os.clone()),
        arch: Some(application.arch.clone()),
        agent_version: Some(application.agent_version.clone()),
    };
    Ok(servers::enrol(tx, server.server_id(), facts, secret_hash, now).await?)
}

/// A server without an agent, or one whose re-enrolment an administrator approved.
fn may_enrol(server: &server::Model, now: UnixMs) -> bool {
    server.agent_secret_hash.is_none()
        || server
            .re_enrol_until
            .is_some_and(|until| UnixMs::from(until) > now)
}

/// A host that a roll-out token brings from outside the networks named with it enters switched off: it is listed, and
/// enabling it is the approval. A token for one server names that server, which is approval enough, unless networks
/// stand with it.
fn waits_for_approval(token: &registration_token::Model, address: IpAddr) -> bool {
    let networks = texts(&token.allowed_cidrs);
    let inside = networks
        .iter()
        .filter_map(|text| text.parse::<Cidr>().ok())
        .any(|network| network.contains(address));
    !inside && (token.max_uses > 1 || !networks.is_empty())
}

/// The texts of a stored array.
fn texts(array: &Value) -> Vec<String> {
    let items = array.as_array().into_iter().flatten();
    items
        .filter_map(|item| item.as_str().map(str::to_owned))
        .collect()
}

fn enrolled_event(
    server: &server::Model,
    token: &registration_token::Model,
    address: IpAddr,
    at: UnixMs,
) -> NewSecurityEvent {
    NewSecurityEvent {
        at,
        level: SecurityLevel::Info,
        event_type: "agent_registration",
        action: "agent_enrolled",
        actor_id: None,
        actor_ip: Some(address.to_string()),
        subject: Some(format!("server:{}", server.id)),
        payload: json!({
            "name": server.name, "hostname": server.hostname, "registration_token": token.id,
            "is_active": server.is_active,
        }),
    }
}

/// After the commit: memory, actors and pages learn of the server. What fails here is repeated by the refresh and by
/// the outbox.
async fn announce(ingest: &Ingest, enrolled: &server::Model) {
    let server = enrolled.server_id();
    if let Err(error) = ingest.agents.refresh().await {
        tracing::warn!(%error, server = server.0, "new secret not in memory yet");
    }
    if let Err(error) = control::publish(&ingest.parts).await {
        tracing::warn!(%error, server = server.0, "settings not in the log yet");
    }
    ingest
        .parts
        .bus
        .publish(LiveEvent::CredentialsChanged)
        .await;
    ingest
        .parts
        .bus
        .publish(LiveEvent::ServerUpdated { server })
        .await;
    tracing::info!(server = server.0, name = enrolled.name, "agent enrolled");
}

/// Refusals are events too.
async fn note_refusal(
    ingest: &Ingest,
    application: &Application,
    address: IpAddr,
    error: &RegisterError,
) {
    let (action, subject) = match error {
        RegisterError::TokenInvalid => ("registration_token_refused", None),
        RegisterError::AlreadyRegistered { server, .. } => {
            ("agent_already_registered", Some(format!("server:{server}")))
        }
        RegisterError::Store(_) => return,
    };
    let event = NewSecurityEvent {
        at: ingest.parts.clock.now(),
        level: SecurityLevel::Warning,
        event_type: "agent_registration",
        action,
        actor_id: None,
        actor_ip: Some(address.to_string()),
        subject,
        payload: json!({ "hostname": application.hostname }),
    };
    if let Err(error) = ingest
        .parts
        .db
        .security()
        .append_alone(&ingest.parts.db, event)
        .await
    {
        tracing::error!(%error, action, "security event not written");
    }
}

/// Reads the body, and names everything that is wrong with it.
fn read(body: &[u8]) -> Result<Application, ApiError> {
    let not_json =
        |what: &str| ApiError::Malformed(format!("the body is not a JSON object: {what}"));
    let value: Value =
        serde_json::from_slice(body).map_err(|error| not_json(&error.to_string()))?;
    let Value::Object(fields) = value else {
        return Err(not_json("it is something else"));
    };
    let mut problems = Problems::new();
    let token = text(&fields, "token", 100, &mut problems);
    let hostname = text(&fields, "hostname", 190, &mut problems);
    if !hostname
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
    {
        problems.add(
            "hostname",
            "may have letters, digits, dots, dashes and underscores only",
        );
    }
    let application = Application {
        token,
        hostname,
        os: strip(&text(&fields, "os", 190, &mut problems)),
        arch: strip(&text(&fields, "arch", 64, &mut problems)),
        agent_version: strip(&text(&fields, "agent_version", 64, &mut problems)),
    };
    problems.into_result()?;
    Ok(application)
}

fn text(fields: &Map<String, Value>, name: &str, limit: usize, problems: &mut Problems) -> String {
    match fields.get(name) {
        None | Some(Value::Null) => problems.add(name, "is required"),
        Some(Value::String(text)) if text.trim().is_empty() => {
            problems.add(name, "must not be empty")
        }
        Some(Value::String(text)) if text.chars().count() > limit => {
            problems.add(name, format!("may have {limit} characters at most"));
        }
        Some(Value::String(text)) => return text.trim().to_owned(),
        Some(_) => problems.add(name, "must be a text"),
    }
    String::new()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(body: &str) -> Vec<String> {
        match read(body.as_bytes()) {
            Err(ApiError::Invalid(errors)) => errors.into_keys().collect(),
            Err(ApiError::Malformed(_)) => vec!["body".into()],
            other => panic!("{body}: {other:?}"),
        }
    }

    #[test]
    fn everything_wrong_is_named() {
        assert_eq!(
            wrong("{}"),
            ["agent_version", "arch", "hostname", "os", "token"]
        );
        assert_eq!(
            wrong(r#"{"token":"t","hostname":"a\nb","os":5,"arch":"x","agent_version":""}"#),
            ["agent_version", "hostname", "os"]
        );
        for body in ["", "null", "[]", "{", "\"x\"", "\u{feff}{}"] {
            assert_eq!(wrong(body), ["body"], "{body}");
        }
        assert_eq!(wrong(&"[".repeat(10_000)), ["body"]);
    }

    #[test]
    fn control_characters_do_not_reach_the_database() {
        let application = read(
            r#"{"token":"t","hostname":"web-1.example.com","os":"De\u202ebian\u0000 12","arch":"x86_64","agent_version":"1.0"}"#
                .as_bytes(),
        )
        .unwrap();
        assert_eq!(application.os, "Debian 12");
    }
}
