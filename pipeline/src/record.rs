//! What stands in the log.
//!
//! A record is a binary header followed by a body: normalised JSON for a payload, JSON for a control record,
//! nothing for a heartbeat. `event_at` is computed once, at ingest; nobody recomputes it.

use crate::clock::UnixMs;
use crate::control::Control;
use crate::id::{NodeId, Offset, PartitionId, ServerId};
use crate::payload::{Report, envelope};
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
    /// SHA-256, first 8 bytes, of `observed_at` and the normalised body, `sent_at` left out: tells a repeat from a second sender.
    pub body_hash: u64,
    /// What was measured.
    pub report: Arc<Report>,
}

impl PayloadRecord {
    /// How far the host's clock lags ours, milliseconds: what was added to its times at ingest. 0 for a clock that is
    /// believed, within 5 min.
    #[must_use]
    pub const fn clock_lag_ms(&self) -> i64 {
        envelope::clock_lag_ms(self.skew_ms)
    }
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

/// Bytes before a payload's body.
const PAYLOAD_HEADER: usize = 63;

impl PayloadRecord {
    /// The record, when the normalised JSON of its report is at hand already.
    pub(crate) fn encode_with_body(self, body: &[u8]) -> Encoded {
        let mut out = Vec::with_capacity(PAYLOAD_HEADER.saturating_add(body.len()));
        self.write_header(&mut out);
        out.extend_from_slice(body);
        Encoded {
            bytes: out.into(),
            record: Arc::new(Record::Payload(self)),
        }
    }

    fn write_header(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&[VERSION, TAG_PAYLOAD, self.report.kind().code()]);
        out.extend_from_slice(&self.server.0.to_be_bytes());
        out.extend_from_slice(&self.received_at.0.to_be_bytes());
        out.extend_from_slice(&self.event_at.0.to_be_bytes());
        out.extend_from_slice(&self.skew_ms.to_be_bytes());
        out.extend_from_slice(self.boot_id.as_bytes());
        out.extend_from_slice(&self.seq.to_be_bytes());
        out.extend_from_slice(&self.body_hash.to_be_bytes());
    }
}

impl Record {
    /// When it was taken into the log, or decided.
    #[must_use]
    pub fn received_at(&self) -> UnixMs {
        match self {
            Self::Payload(payload) => payload.received_at,
            Self::Heartbeat { at, .. } | Self::Control { at, .. } => *at,
        }
    }

    /// Header and body, ready for the log.
    #[must_use]
    pub fn encode(self) -> Encoded {
        let mut out = Vec::with_capacity(768);
        match &self {
            Self::Payload(payload) => {
                payload.write_header(&mut out);
                payload.report.write_json(&mut out);
            }
            Self::Heartbeat { at, node } => {
                out.extend_from_slice(&[VERSION, TAG_HEARTBEAT]);
                out.extend_from_slice(&at.0.to_be_bytes());
                out.extend_from_slice(node.0.as_bytes());
            }
            Self::Control { at, control } => {
                out.extend_from_slice(&[VERSION, TAG_CONTROL]);
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

/// Whose payload encoded bytes are, read from the header alone; `None` for other records, and for what is none.
#[must_use]
pub fn server_of(bytes: &[u8]) -> Option<ServerId> {
    let (header, rest) = bytes.split_first_chunk::<3>()?;
    let (server, _) = rest.split_first_chunk::<4>()?;
    let is_payload = header.first() == Some(&VERSION) && header.get(1) == Some(&TAG_PAYLOAD);
    is_payload.then(|| ServerId(u32::from_be_bytes(*server)))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::{Condition, Rule, Scope, ServerSettings, Severity};
    use crate::payload::{
        Comparator, Disks, Kind, KindError, Lifecycle, LifecycleEvent, LifecycleReason, Partition,
        Payload,
    };
    use proptest::prelude::*;

    fn any_report() -> impl Strategy<Value = Report> {
        let kinds = proptest::sample::select(Kind::ALL.to_vec());
        // Text as ingest leaves it.
        let unreadable =
            (kinds, prop::option::of("[ -~é]{1,40}")).prop_map(|(kind, hint)| Report::Unreadable {
                kind,
                error: KindError::Timeout,
                hint,
            });
        let partition =
            ("/[a-zé ]{0,9}", prop::option::of(1..1u64 << 53)).prop_map(|(mount, total)| {
                Partition {
                    mount,
                    device: "/dev/sda1".to_owned(),
                    fstype: String::new(),
                    bytes_total: total,
                    bytes_used: total.map(|t| t / 3),
                    inodes_total: None,
                    inodes_used: None,
                }
            });
        let disks = prop::collection::vec(partition, 0..4).prop_map(|mut partitions| {
            for (index, partition) in partitions.iter_mut().enumerate() {
                partition.mount.push_str(&index.to_string());
            }
            Report::Data(Payload::Disks(Disks { partitions }))
        });
        let lifecycle = Just(Report::Data(Payload::Lifecycle(Lifecycle {
            event: LifecycleEvent::Stop,
            reason: LifecycleReason::Shutdown,
        })));
        prop_oneof![unreadable, disks, lifecycle]
    }

    prop_compose! {
        fn any_payload()(
            server: u32, received_at: i64, event_at: i64, skew_ms: i64, boot_id: u128, seq: u64, body_hash: u64,
            report in any_report(),
        ) -> Record {
            Record::Payload(PayloadRecord {
                server: ServerId(server),
                received_at: UnixMs(received_at),
                event_at: UnixMs(event_at),
                skew_ms,
                boot_id: Uuid::from_u128(boot_id),
                seq,
                body_hash,
                report: Arc::new(report),
            })
        }
    }

    fn any_control() -> impl Strategy<Value = Control> {
        let threshold = (any::<i32>(), any::<u32>(), prop::option::of(any::<i16>()));
        prop_oneof![
            (
                any::<u32>(),
                prop::collection::vec(".{0,8}", 0..3),
                any::<bool>()
            )
                .prop_map(|(server, tags, active)| {
                    Control::ServerSettings(ServerSettings {
                        server: ServerId(server),
                        tags,
                        active,
                    })
                }),
            any::<u32>().prop_map(|server| Control::ServerRemoved {
                server: ServerId(server)
            }),
            (any::<u32>(), ".{0,8}", ".{0,8}").prop_map(|(server, detector, subject)| {
                Control::IncidentResolved {
                    server: ServerId(server),
                    detector,
                    subject,
                }
            }),
            any::<i64>().prop_map(|rule_id| Control::RuleRemoved { rule_id }),
            (any::<i64>(), ".{0,8}", threshold).prop_map(
                |(id, name, (threshold, for_seconds, clear))| {
                    Control::RuleSet(Rule {
                        id,
                        version: id,
                        name,
                        enabled: true,
                        severity: Some(Severity::High),
                        scope: Scope::Tags(vec!["a".to_owned()]),
                        condition: Condition::Threshold {
                            metric: "metrics.cpu_pct".to_owned(),
                            comparator: Comparator::AtLeast,
                            threshold: f64::from(threshold) / 8.0,
                            for_seconds,
                            clear_threshold: clear.map(f64::from),
                        },
                    })
                }
            ),
        ]
    }

    fn any_record() -> impl Strategy<Value = Record> {
        prop_oneof![
            any_payload(),
            (any::<i64>(), any::<u128>()).prop_map(|(at, node)| Record::Heartbeat {
                at: UnixMs(at),
                node: NodeId(Uuid::from_u128(node)),
            }),
            (any::<i64>(), any_control()).prop_map(|(at, control)| Record::Control {
                at: UnixMs(at),
                control
            }),
        ]
    }

    proptest! {
        #[test]
        fn a_record_is_read_as_it_was_written(record in any_record()) {
            let encoded = record.clone().encode();
            prop_assert_eq!(&*encoded.record, &record);
            prop_assert_eq!(Record::decode(&encoded.bytes), Ok(record));
        }

        #[test]
        fn a_cut_record_is_refused(record in any_payload(), keep in 0.0..1.0f64) {
            let bytes = record.encode().bytes;
            #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a place to cut")]
            let cut = (bytes.len() as f64 * keep) as usize;
            prop_assert!(Record::decode(&bytes[..cut]).is_err());
        }

        #[test]
        fn any_bytes_are_answered(bytes in prop::collection::vec(any::<u8>(), 0..120), tag in 0u8..5) {
            drop(Record::decode(&bytes));
            drop(Record::decode(&[&[VERSION, tag, tag], &bytes[..]].concat()));
        }
    }

    #[test]
    fn what_is_not_ours_is_named() {
        assert_eq!(Record::decode(&[]), Err(RecordError::Short(0)));
        assert_eq!(Record::decode(&[9, 1]), Err(RecordError::Version(9)));
        assert_eq!(Record::decode(&[1, 77]), Err(RecordError::Tag(77)));
        assert_eq!(Record::decode(&[1, 1, 250, 0]), Err(RecordError::Tag(250)));
        assert_eq!(Record::decode(&[1, 2, 0, 0]), Err(RecordError::Short(4)));
    }

    #[test]
    fn the_header_is_as_long_as_it_says() {
        let Encoded { bytes, .. } = crate::contract::payload(1, 1, UnixMs(1));
        assert_eq!(bytes.get(PAYLOAD_HEADER), Some(&b'{'));
    }
}
