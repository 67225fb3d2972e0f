//! From a request body to payloads: one by one, or several in a `batch`.

use super::envelope::Envelope;
use super::errors::{FieldErrors, Findings};
use super::json::{JsonError, Node, Parser};
use super::validate::Fields;
use super::{Kind, KindError, Payload, Report};
use crate::clock::UnixMs;
use crate::id::ServerId;
use crate::record::{Encoded, PayloadRecord};
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// One payload may have this many bytes, decoded.
pub const MAX_PAYLOAD_BYTES: usize = 512 * 1024;

/// One batch may hold this many payloads.
pub const MAX_BATCH: usize = 500;

/// A hint is cut off after this many characters.
pub(super) const MAX_HINT_CHARS: usize = 500;

/// One payload, validated.
#[derive(Debug, Clone, PartialEq)]
pub struct Posted {
    /// What stood around it.
    pub envelope: Envelope,
    /// When ingest took it.
    pub received_at: UnixMs,
    /// `received_at - sent_at`, milliseconds.
    pub skew_ms: i64,
    /// When it was true, by our clock.
    pub event_at: UnixMs,
    /// Optional fields that could not be used and are stored as null.
    pub refused_fields: Vec<String>,
    /// First 8 bytes of the SHA-256 of what it says in the agent's times, `observed_at` included and `sent_at` not.
    pub body_hash: u64,
    /// What it says.
    pub report: Arc<Report>,
    /// The normalised JSON of `report`.
    body: Vec<u8>,
}

impl Posted {
    /// Its kind.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.report.kind()
    }

    /// What [`parse_post`] makes of the JSON of a sound report, without writing and reading it: for replays of what
    /// was never sent.
    #[must_use]
    pub fn of(envelope: Envelope, mut report: Report, received_at: UnixMs) -> Self {
        let mut body = Vec::with_capacity(1024);
        report.write_json(&mut body);
        // Of what was sent: a repeat is as skewed as it happens to be.
        let body_hash = body_hash(&envelope, &body);
        if report.correct_times(&|agents| envelope.correct(agents, received_at)) {
            body.clear();
            report.write_json(&mut body);
        }
        Self {
            envelope,
            received_at,
            skew_ms: envelope.skew_ms(received_at),
            event_at: envelope.event_at(received_at),
            refused_fields: Vec::new(),
            body_hash,
            report: Arc::new(report),
            body,
        }
    }

    /// This payload of `server` as it is judged.
    #[must_use]
    pub fn record(&self, server: ServerId) -> PayloadRecord {
        PayloadRecord {
            server,
            received_at: self.received_at,
            event_at: self.event_at,
            skew_ms: self.skew_ms,
            boot_id: self.envelope.boot_id,
            seq: self.envelope.seq,
            body_hash: self.body_hash,
            report: Arc::clone(&self.report),
        }
    }

    /// The log record of this payload of `server`.
    #[must_use]
    pub fn encode(self, server: ServerId) -> Encoded {
        self.record(server).encode_with_body(&self.body)
    }
}

/// Why a request holds no payload that can be taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PostError {
    /// Not JSON: status 400.
    #[error(transparent)]
    NotJson(#[from] JsonError),
    /// JSON, but not an object: status 400.
    #[error("expected a JSON object")]
    NotAnObject,
    /// More bytes than a payload may have: status 413.
    #[error("payload has {bytes} bytes, at most {limit} are taken")]
    TooLarge {
        /// What came.
        bytes: usize,
        /// What is taken.
        limit: usize,
    },
    /// Fields are missing or wrong: status 422.
    #[error("invalid fields: {0}")]
    Invalid(FieldErrors),
}

/// Reads the body of `POST /api/agent/<kind>`.
///
/// # Errors
/// See [`PostError`].
pub fn parse_post(kind: Kind, body: &[u8], received_at: UnixMs) -> Result<Posted, PostError> {
    if body.len() > MAX_PAYLOAD_BYTES {
        return Err(PostError::TooLarge {
            bytes: body.len(),
            limit: MAX_PAYLOAD_BYTES,
        });
    }
    let Node::Object(entries) = Parser::new(body)?.document()? else {
        return Err(PostError::NotAnObject);
    };
    let mut findings = Findings::default();
    let mut fields = Fields::new(entries, &mut findings);
    let read = read_payload(kind, &mut fields);
    fields.finish();
    conclude(read, findings, received_at).map_err(PostError::Invalid)
}

/// Reads the body of `POST /api/agent/batch`: one result for each payload, in the order sent. Payloads are read one
/// at a time, so memory is bounded by one payload's tree whatever the batch holds.
///
/// # Errors
/// When the batch as a whole cannot be read; a bad payload in it is an `Err` in the list.
pub fn parse_batch(
    body: &[u8],
    received_at: UnixMs,
) -> Result<Vec<Result<Posted, FieldErrors>>, PostError> {
    let mut parser = Parser::new(body)?;
    if !parser.at_object() {
        parser.document()?;
        return Err(PostError::NotAnObject);
    }
    let mut payloads = None;
    parser.object(|parser, name| {
        if name != "payloads" {
            return Ok(parser.skip()?);
        }
        if payloads.is_some() {
            return Err(invalid("payloads", "appears more than once"));
        }
        if !parser.at_array() {
            return Err(invalid("payloads", "must be a list"));
        }
        let list = payloads.insert(Vec::new());
        parser.array(|parser| {
            if list.len() == MAX_BATCH {
                return Err(invalid(
                    "payloads",
                    format!("must hold at most {MAX_BATCH} entries"),
                ));
            }
            let (node, bytes) = parser.value_within(MAX_PAYLOAD_BYTES)?;
            list.push(batched(node, bytes, received_at));
            Ok(())
        })
    })?;
    parser.end()?;
    match payloads {
        None => Err(invalid("payloads", "is required")),
        Some(list) if list.is_empty() => Err(invalid("payloads", "must not be empty")),
        Some(list) => Ok(list),
    }
}

fn invalid(field: &str, message: impl Into<String>) -> PostError {
    PostError::Invalid(FieldErrors::one(field, message))
}

/// One payload of a batch, which names its own kind.
fn batched(node: Node<'_>, bytes: usize, received_at: UnixMs) -> Result<Posted, FieldErrors> {
    if bytes > MAX_PAYLOAD_BYTES {
        let message = format!("has {bytes} bytes, at most {MAX_PAYLOAD_BYTES} are taken");
        return Err(FieldErrors::one("payload", message));
    }
    let Node::Object(entries) = node else {
        return Err(FieldErrors::one("payload", "must be an object"));
    };
    let mut findings = Findings::default();
    let mut fields = Fields::new(entries, &mut findings);
    let kind = fields.required_parsed("kind", "a known kind other than batch", Kind::from_name);
    let read = match kind {
        Some(kind) => read_payload(kind, &mut fields),
        None => Envelope::read(&mut fields).and(None),
    };
    fields.finish();
    conclude(read, findings, received_at)
}

/// Reads a body from the log, which has no envelope.
pub(super) fn parse_body(kind: Kind, body: &[u8]) -> Result<Report, PostError> {
    let Node::Object(entries) = Parser::new(body)?.document()? else {
        return Err(PostError::NotAnObject);
    };
    let mut findings = Findings::default();
    let mut fields = Fields::new(entries, &mut findings);
    let report = read_report(kind, &mut fields);
    fields.finish();
    report
        .filter(|_| findings.errors.is_empty())
        .ok_or(PostError::Invalid(findings.errors))
}

/// Envelope and fields; `None` when an error was noted.
fn read_payload(kind: Kind, fields: &mut Fields<'_, '_>) -> Option<(Envelope, Report)> {
    let envelope = Envelope::read(fields);
    let report = read_report(kind, fields);
    Some((envelope?, report?))
}

fn read_report(kind: Kind, fields: &mut Fields<'_, '_>) -> Option<Report> {
    if fields.has("kind_error") {
        let error = fields.required_choice("kind_error", KindError::NAMES);
        let hint = fields.clipped_text("hint", MAX_HINT_CHARS);
        error.map(|error| Report::Unreadable { kind, error, hint })
    } else {
        Payload::read(kind, fields).map(Report::Data)
    }
}

fn conclude(
    read: Option<(Envelope, Report)>,
    findings: Findings,
    received_at: UnixMs,
) -> Result<Posted, FieldErrors> {
    let (Some((envelope, report)), true) = (read, findings.errors.is_empty()) else {
        return Err(findings.errors);
    };
    Ok(Posted {
        refused_fields: findings.refused,
        ..Posted::of(envelope, report, received_at)
    })
}

fn body_hash(envelope: &Envelope, body: &[u8]) -> u64 {
    let mut hash = Sha256::new();
    hash.update(envelope.observed_at.0.to_be_bytes());
    hash.update(body);
    let digest: [u8; 32] = hash.finalize().into();
    let [a, b, c, d, e, f, g, h, ..] = digest;
    u64::from_be_bytes([a, b, c, d, e, f, g, h])
}
