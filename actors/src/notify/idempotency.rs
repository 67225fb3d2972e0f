//! The key under which one message to one person exists once, whatever is repeated.

use crate::escalation::Position;
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// Everything that makes a message a different message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MessageIdentity<'a> {
    /// Row of `incidents`.
    pub incident: i64,
    /// The execution's round: renewed when the policy starts again.
    pub generation: Uuid,
    /// `None` for recoveries, which belong to no step.
    pub position: Option<Position>,
    /// Key of the channel.
    pub channel: &'a str,
    /// Normalised address.
    pub recipient_key: &'a str,
    /// Name of the kind.
    pub kind: &'a str,
}

impl MessageIdentity<'_> {
    /// SHA-256, hex, over the length-prefixed parts.
    #[must_use]
    pub fn key(&self) -> String {
        let mut hash = Sha256::new();
        let mut part = |bytes: &[u8]| {
            hash.update((bytes.len() as u64).to_be_bytes());
            hash.update(bytes);
        };
        part(&self.incident.to_be_bytes());
        part(self.generation.as_bytes());
        match self.position {
            Some(Position { step, pass }) => {
                part(&step.to_be_bytes());
                part(&pass.to_be_bytes());
            }
            None => {
                part(b"");
                part(b"");
            }
        }
        part(self.channel.as_bytes());
        part(self.recipient_key.as_bytes());
        part(self.kind.as_bytes());
        hex::encode(hash.finalize())
    }
}

/// The key of the message that tells of a schedule's hand-off of this number.
#[must_use]
pub fn handoff_key(schedule: i64, number: i32) -> String {
    let mut hash = Sha256::new();
    hash.update(b"on-call hand-off");
    hash.update(schedule.to_be_bytes());
    hash.update(number.to_be_bytes());
    hex::encode(hash.finalize())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_part_counts() {
        let base = MessageIdentity {
            incident: 1,
            generation: Uuid::from_u128(1),
            position: Some(Position::START),
            channel: "email",
            recipient_key: "a@b.c",
            kind: "problem",
        };
        let variants = [
            base,
            MessageIdentity {
                incident: 2,
                ..base
            },
            MessageIdentity {
                generation: Uuid::from_u128(2),
                ..base
            },
            MessageIdentity {
                position: None,
                ..base
            },
            MessageIdentity {
                position: Some(Position { step: 1, pass: 0 }),
                ..base
            },
            MessageIdentity {
                position: Some(Position { step: 0, pass: 1 }),
                ..base
            },
            MessageIdentity {
                channel: "emaila",
                recipient_key: "@b.c",
                ..base
            },
            MessageIdentity {
                recipient_key: "b@b.c",
                ..base
            },
            MessageIdentity {
                kind: "recovery",
                ..base
            },
        ];
        let keys: HashSet<_> = variants.iter().map(MessageIdentity::key).collect();
        assert_eq!(keys.len(), variants.len());
        assert_eq!(base.key().len(), 64);
        let handoffs: HashSet<_> = [(1, 1), (1, 2), (2, 1)]
            .map(|(schedule, number)| handoff_key(schedule, number))
            .into();
        assert_eq!(handoffs.len(), 3);
    }
}
