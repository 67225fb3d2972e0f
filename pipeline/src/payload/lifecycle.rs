//! `lifecycle`: the agent starts, or says goodbye. A goodbye gives `server_down` 15 min of grace.

use serde::{Deserialize, Serialize};

/// A start or a stop of the agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lifecycle {
    /// Which of the two.
    pub event: LifecycleEvent,
    /// Why.
    pub reason: LifecycleReason,
}

/// What the agent does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LifecycleEvent {
    /// It begins to report.
    Start,
    /// It is about to stop.
    Stop,
}

/// Why the agent starts or stops.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LifecycleReason {
    /// The host goes down.
    Shutdown,
    /// The agent or the host restarts.
    Restart,
    /// A new version of the agent.
    Upgrade,
    /// It cannot tell.
    Unknown,
}
