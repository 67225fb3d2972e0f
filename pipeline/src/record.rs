//! What stands in the log.
//!
//! A record is a binary header followed by a body: normalised JSON for a payload, JSON for a control record,
//! nothing for a heartbeat. `event_at` is computed once, at ingest; nobody recomputes it.

use crate::clock::UnixMs;
use crate::control::Control;
use crate::id::{NodeId, Offset, PartitionId, ServerId};
use crate::payload::Report;
use bytes::Bytes;
use std::sync::{Arc, OnceLock};
use uuid::Uuid;

/// One record of the log, decoded.
#[derive(Debug, Clone, PartialEq)]
pub enum Record {
    /// What an agent measured.
    Payload(PayloadRecord),
    /// An ingest node was alive at `at`; drives the partition clock.
    Heartbeat {
        /// The ingest node's time, within 2 s of the database clock.
        at: UnixMs,
        /// Who wrote it.
        node: NodeId,
    },
    /// An operator's decision that changes actor state.
    Control {
        /// When it was decided.
        at: UnixMs,
        /// What was decided.
        control: Control,
    },
}

/// One payload of one server.
#[derive(Debug, Clone, PartialEq)]
pub struct PayloadRecord {
    /// Whose.
    pub server: ServerId,
    /// When ingest took it.
    pub received_at: UnixMs,
    /// When it was true, by our clock: see wire contract, "Envelope".
    pub event_at: UnixMs,
    /// `received_at - sent_at` in milliseconds: how far the agent's clock lags ours.
    pub skew_ms: i64,
    /// The agent's run that made it; with `seq` it identifies the payload.
    pub boot_id: Uuid,
    /// Number within the run.
    pub seq: u64,
    /// SHA-256, first 8 bytes, of the normalised body without `sent_at`: tells a repeat from a second sender.
    pub body_hash: u64,
    /// What was measured.
    pub report: Arc<Report>,
}

/// A record with its place in the log. Decoding is done once and shared by all readers.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Its partition.
    pub partition: PartitionId,
    /// Its position.
    pub offset: Offset,
    /// The bytes as they stand in the log.
    pub bytes: Bytes,
    decoded: OnceLock<Result<Arc<Record>, RecordError>>,
}

/// A record as the log takes it: encoded once, by the caller's thread, and kept decoded beside.
#[derive(Debug, Clone)]
pub struct Encoded {
    /// Header and body.
    pub bytes: Bytes,
    /// The same, decoded.
    pub record: Arc<Record>,
}

/// Bytes that are no record of ours.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// Shorter than its header says.
    #[error("record is cut short at byte {0}")]
    Short(usize),
    /// Written by a version this one does not know.
    #[error("record version {0} is not known")]
    Version(u8),
    /// The header names a record or payload kind that is not known.
    #[error("record tag {0} is not known")]
    Tag(u8),
    /// The body is not what its header says.
    #[error("record body of {kind}: {reason}")]
    Body {
        /// Kind of the payload, or `control`.
        kind: &'static str,
        /// What the decoder said.
        reason: String,
    },
}

impl Entry {
    /// An entry whose record is not decoded yet.
    #[must_use]
    pub fn from_bytes(partition: PartitionId, offset: Offset, bytes: Bytes) -> Self {
        Self {
            partition,
            offset,
            bytes,
            decoded: OnceLock::new(),
        }
    }

    /// An entry whose record is at hand.
    #[must_use]
    pub fn from_encoded(partition: PartitionId, offset: Offset, encoded: Encoded) -> Self {
        Self {
            partition,
            offset,
            bytes: encoded.bytes,
            decoded: OnceLock::from(Ok(encoded.record)),
        }
    }

    /// The record, decoded at the first call.
    ///
    /// # Errors
    /// When the bytes are no record: set them aside, go on with the next.
    pub fn record(&self) -> Result<&Arc<Record>, &RecordError> {
        self.decoded
            .get_or_init(|| Record::decode(&self.bytes).map(Arc::new))
            .as_ref()
    }
}

const VERSION: u8 = 1;
const TAG_PAYLOAD: u8 = 1;
const TAG_HEARTBEAT: u8 = 2;
const TAG_CONTROL: u8 = 3;

impl Record {
    /// Header and body, ready for the log.
    #[must_use]
    pub fn encode(self) -> Encoded {
        let mut out = Vec::with_capacity(768);
        out.push(VERSION);
        match &self {
            Self::Payload(p) => {
                out.push(TAG_PAYLOAD);
                out.push(p.report.kind().code());
                out.extend_from_slice(&p.server.0.to_be_bytes());
                out.extend_from_slice(&p.received_at.0.to_be_bytes());
                out.extend_from_slice(&p.event_at.0.to_be_bytes());
                out.extend_from_slice(&p.skew_ms.to_be_bytes());
                out.extend_from_slice(p.boot_id.as_bytes());
                out.extend_from_slice(&p.seq.to_be_bytes());
                out.extend_from_slice(&p.body_hash.to_be_bytes());
                p.report.write_json(&mut out);
            }
            Self::Heartbeat { at, node } => {
                out.push(TAG_HEARTBEAT);
                out.extend_from_slice(&at.0.to_be_bytes());
                out.extend_from_slice(node.0.as_bytes());
            }
            Self::Control { at, control } => {
                out.push(TAG_CONTROL);
                out.extend_from_slice(&at.0.to_be_bytes());
                control.write_json(&mut out);
            }
        }
        Encoded {
            bytes: out.into(),
            record: Arc::new(self),
        }
    }

    /// Reads what [`Record::encode`] wrote.
    ///
    /// # Errors
    /// See [`RecordError`].
    pub fn decode(bytes: &[u8]) -> Result<Self, RecordError> {
        let mut r = Reader { bytes, at: 0 };
        let version = r.u8()?;
        if version != VERSION {
            return Err(RecordError::Version(version));
        }
        match r.u8()? {
            TAG_PAYLOAD => {
                let code = r.u8()?;
                let kind = crate::payload::Kind::from_code(code).ok_or(RecordError::Tag(code))?;
                Ok(Self::Payload(PayloadRecord {
                    server: ServerId(u32::from_be_bytes(r.array()?)),
                    received_at: UnixMs(i64::from_be_bytes(r.array()?)),
                    event_at: UnixMs(i64::from_be_bytes(r.array()?)),
                    skew_ms: i64::from_be_bytes(r.array()?),
                    boot_id: Uuid::from_bytes(r.array()?),
                    seq: u64::from_be_bytes(r.array()?),
                    body_hash: u64::from_be_bytes(r.array()?),
                    report: Arc::new(Report::from_json(kind, r.rest()).map_err(|e| {
                        RecordError::Body {
                            kind: kind.name(),
                            reason: e.to_string(),
                        }
                    })?),
                }))
            }
            TAG_HEARTBEAT => Ok(Self::Heartbeat {
                at: UnixMs(i64::from_be_bytes(r.array()?)),
                node: NodeId(Uuid::from_bytes(r.array()?)),
            }),
            TAG_CONTROL => Ok(Self::Control {
                at: UnixMs(i64::from_be_bytes(r.array()?)),
                control: Control::from_json(r.rest()).map_err(|e| RecordError::Body {
                    kind: "control",
                    reason: e.to_string(),
                })?,
            }),
            tag => Err(RecordError::Tag(tag)),
        }
    }
}

/// Walks over a record's bytes.
struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn array<const N: usize>(&mut self) -> Result<[u8; N], RecordError> {
        let end = self.at.saturating_add(N);
        let slice = self
            .bytes
            .get(self.at..end)
            .ok_or(RecordError::Short(self.bytes.len()))?;
        self.at = end;
        slice.try_into().map_err(|_| RecordError::Short(self.at))
    }

    fn u8(&mut self) -> Result<u8, RecordError> {
        self.array::<1>().map(|[b]| b)
    }

    fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }
}
