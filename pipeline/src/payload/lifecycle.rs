//! `lifecycle`: the agent starts, or says goodbye. A goodbye gives `server_down` 15 min of grace.

use super::catalogue::{Body, columns};
use super::validate::Fields;
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

const EVENTS: &[(&str, LifecycleEvent)] = &[
    ("start", LifecycleEvent::Start),
    ("stop", LifecycleEvent::Stop),
];

const REASONS: &[(&str, LifecycleReason)] = &[
    ("shutdown", LifecycleReason::Shutdown),
    ("restart", LifecycleReason::Restart),
    ("upgrade", LifecycleReason::Upgrade),
    ("unknown", LifecycleReason::Unknown),
];

impl Body for Lifecycle {
    type Row = Self;

    columns! { Lifecycle, "lifecycle", None; }

    fn read(fields: &mut Fields<'_, '_>) -> Option<Self> {
        let event = fields.required_choice("event", EVENTS);
        let reason = fields.required_choice("reason", REASONS);
        Some(Self {
            event: event?,
            reason: reason?,
        })
    }

    fn rows(&self) -> &[Self] {
        &[]
    }

    fn subject(_: &Self) -> Option<&str> {
        None
    }
}
