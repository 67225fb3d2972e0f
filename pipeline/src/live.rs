//! The live bus: tells every API node, at most once, that something changed. It carries ids; whoever shows the
//! change reads it. Losing an event costs a moment's staleness, never truth.

use crate::clock::UnixMs;
use crate::id::ServerId;
use crate::payload::Kind;
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use tokio::sync::broadcast;

/// Something changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum LiveEvent {
    /// A server's row: name, tags, status, latest values.
    ServerUpdated {
        /// Which.
        server: ServerId,
    },
    /// A payload of a server is queryable.
    MetricsReceived {
        /// Whose.
        server: ServerId,
        /// What kind.
        kind: Kind,
        /// When it was true.
        event_at: UnixMs,
    },
    /// An incident opened.
    IncidentOpened {
        /// Row of `incidents`.
        incident: i64,
    },
    /// An incident changed: state, severity, timeline.
    IncidentUpdated {
        /// Row of `incidents`.
        incident: i64,
    },
    /// A sender mails far more than it does: a case to review.
    AbuseDetected {
        /// Row of `mail_abuse_cases`.
        case: i64,
    },
    /// A case of mail abuse changed: what was seen, or what was decided.
    AbuseUpdated {
        /// Row of `mail_abuse_cases`.
        case: i64,
    },
    /// A delivery changed.
    DeliveryUpdated {
        /// Row of `notification_deliveries`.
        delivery: i64,
    },
    /// An execution was written or moved: the notify role looks at once. Not shown to clients.
    ExecutionChanged {
        /// Row of `executions`.
        execution: i64,
    },
    /// Deliveries were queued: the workers look at once. Not shown to clients.
    DeliveriesQueued,
    /// Agents' secrets, sessions or settings changed: caches refresh at once. Not shown to clients.
    CredentialsChanged,
    /// A node came, leaves, or gave partitions back: the others look at once. Not shown to clients.
    OwnershipChanged,
}

/// Fan-out to every node. Every back end passes [`crate::contract::live_bus`].
#[async_trait]
pub trait LiveBus: Send + Sync {
    /// Tells everybody, this node included. Never waits for a slow reader.
    async fn publish(&self, event: LiveEvent);

    /// Everything published from now on. A reader that falls behind loses the oldest events and is told how many.
    fn subscribe(&self) -> broadcast::Receiver<LiveEvent>;
}
