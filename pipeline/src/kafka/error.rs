//! Why Kafka cannot be used.

use super::options::REQUEST_TIMEOUT;
use rdkafka::error::{KafkaError as ClientError, RDKafkaErrorCode};
use std::time::Duration;

/// Why Kafka cannot be opened or asked.
#[derive(Debug, thiserror::Error)]
pub enum KafkaError {
    /// The options cannot be right.
    #[error("Kafka options: {0}")]
    Options(String),
    /// Built without what the options ask for.
    #[error(
        "TLS and SASL towards Kafka need a build with the cargo feature kafka-tls (and OpenSSL's headers)"
    )]
    NotBuilt,
    /// A client could not be made, or brokers did not answer.
    #[error("cannot {operation} at {brokers}")]
    Client {
        /// What was tried.
        operation: &'static str,
        /// The brokers as configured.
        brokers: String,
        /// What the client library said.
        source: ClientError,
    },
    /// A topic could not be created.
    #[error("cannot create topic {topic}: {code}")]
    Create {
        /// Which.
        topic: String,
        /// What the broker said.
        code: RDKafkaErrorCode,
    },
    /// A topic is not there, or not whole yet.
    #[error("topic {topic} is not there: {reason}")]
    NoTopic {
        /// Which.
        topic: String,
        /// What is missing.
        reason: String,
    },
    /// A topic exists and cannot be used as it is.
    #[error("topic {topic} has {setting} {found}, {wanted} is needed: {remedy}")]
    Unfit {
        /// Which.
        topic: String,
        /// What differs.
        setting: &'static str,
        /// What it has.
        found: String,
        /// What it must have.
        wanted: String,
        /// What to do.
        remedy: &'static str,
    },
    /// Our own part failed.
    #[error("cannot {operation}: {reason}")]
    Internal {
        /// What was tried.
        operation: &'static str,
        /// What the system said.
        reason: String,
    },
}

impl KafkaError {
    /// Whether the same call may succeed later, with nothing changed by hand.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Client { .. } | Self::NoTopic { .. })
    }
}

/// The topic is gone, or was made anew: not something that passes by itself.
pub(super) fn is_topic_gone(code: RDKafkaErrorCode) -> bool {
    matches!(
        code,
        RDKafkaErrorCode::UnknownTopicOrPartition
            | RDKafkaErrorCode::UnknownTopic
            | RDKafkaErrorCode::UnknownPartition
            | RDKafkaErrorCode::UnknownTopicId
    )
}

/// The position asked for is not in the partition.
pub(super) fn is_out_of_range(code: RDKafkaErrorCode) -> bool {
    matches!(
        code,
        RDKafkaErrorCode::AutoOffsetReset
            | RDKafkaErrorCode::OffsetOutOfRange
            | RDKafkaErrorCode::LogTruncation
    )
}

/// What came is not what was written.
pub(super) fn is_damage(code: RDKafkaErrorCode) -> bool {
    matches!(
        code,
        RDKafkaErrorCode::BadMessage
            | RDKafkaErrorCode::BadCompression
            | RDKafkaErrorCode::InvalidMessage
    )
}

/// For how long it is worth asking for offsets again: brokers do not hear of topics and leaders all at once.
pub(super) fn passes_within(code: RDKafkaErrorCode) -> Option<Duration> {
    match code {
        RDKafkaErrorCode::NotLeaderForPartition
        | RDKafkaErrorCode::LeaderNotAvailable
        | RDKafkaErrorCode::FencedLeaderEpoch
        | RDKafkaErrorCode::UnknownLeaderEpoch
        | RDKafkaErrorCode::OffsetNotAvailable => Some(REQUEST_TIMEOUT),
        code if is_topic_gone(code) => Some(Duration::from_secs(1)),
        _ => None,
    }
}
