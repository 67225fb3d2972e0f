//! What the timeline and the security log say of what people do.

use super::{Action, Actor};
use serde_json::{Value, json};

/// Who has an incident by a link, or has no account any more.
const NOBODY_NAMED: &str = "somebody without an account";

impl Action {
    /// In the timeline, and with `incident_` before it in the security log.
    pub(super) const fn name(&self) -> &'static str {
        match self {
            Self::Acknowledge | Self::AcknowledgeTogether { .. } | Self::Covered { .. } => {
                "acknowledged"
            }
            Self::TakeOver { .. } => "taken_over",
            Self::Unacknowledge => "unacknowledged",
            Self::Resolve { .. } | Self::Close => "resolved",
            Self::Note(_) => "note",
            Self::Snooze { .. } => "snoozed",
            Self::Wake => "snooze_ended",
            Self::Escalate { .. } => "escalated",
        }
    }

    pub(super) const fn security_action(&self) -> &'static str {
        match self {
            Self::Acknowledge | Self::AcknowledgeTogether { .. } | Self::Covered { .. } => {
                "incident_acknowledged"
            }
            Self::TakeOver { .. } => "incident_taken_over",
            Self::Unacknowledge => "incident_unacknowledged",
            Self::Resolve { .. } | Self::Close => "incident_resolved",
            Self::Note(_) => "incident_note_added",
            Self::Snooze { .. } => "incident_snoozed",
            Self::Wake => "incident_snooze_ended",
            Self::Escalate { .. } => "incident_escalated",
        }
    }

    pub(super) fn detail(&self, actor: &Actor) -> Value {
        let by = &actor.name;
        match self {
            Self::Acknowledge => {
                json!({"text": format!("Acknowledged {}.", actor.spoken()), "by": by})
            }
            Self::AcknowledgeTogether { group, others } => {
                let spoken = actor.spoken();
                let text = match others {
                    // Nobody stands for who joins.
                    0 if actor.user_id.is_none() => format!("Acknowledged {spoken}."),
                    0 => format!("Acknowledged {spoken}, with who joins its group."),
                    1 => format!("Acknowledged {spoken}, with one other of its group."),
                    n => format!("Acknowledged {spoken}, with {n} others of its group."),
                };
                json!({"text": text, "by": by, "group_id": group})
            }
            Self::Covered { group, since, ago } => {
                let min = ago.as_secs() / 60;
                let text = format!(
                    "Acknowledged as it opened: {by} acknowledged its group {min} min before, and with it who joins."
                );
                json!({"text": text, "by": by, "group_id": group, "since": since.to_datetime()})
            }
            Self::TakeOver { name, .. } => {
                let from = name.as_deref().unwrap_or(NOBODY_NAMED);
                json!({"text": format!("Taken over by {by} from {from}."), "by": by, "from": from})
            }
            Self::Unacknowledge => json!({"text": format!("Given back by {by}."), "by": by}),
            Self::Resolve { .. } => json!({"text": format!("Resolved by {by}."), "by": by}),
            Self::Close => json!({"text": format!("Its case was closed by {by}."), "by": by}),
            Self::Note(text) => json!({"text": text, "by": by}),
            Self::Snooze { until } => {
                let until = until.to_datetime();
                json!({"text": format!("Snoozed by {by}."), "by": by, "until": until})
            }
            Self::Wake => json!({"text": format!("Snooze ended by {by}."), "by": by}),
            Self::Escalate { .. } => json!({"text": format!("Escalated by {by}."), "by": by}),
        }
    }
}
