//! The link in a message that takes its incident on, with one tap and without signing in.
//!
//! A link names one delivery, the round of the escalation that it belongs to, and whose address it went to; a mark of the
//! installation's key ([`FieldKey::mark`]) shows that we wrote it. It is nowhere stored: what it is worth is asked when it
//! is opened ([`crate::incident::link`]).

use super::NotifyContext;
use super::message::Kind;
use crate::escalation::is_acknowledged;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use noc_storage::relational::entity::{execution, incident, notification_delivery};
use noc_storage::secrets::{FieldKey, MARK_BYTES, SecretError};
use uuid::Uuid;

const PURPOSE: &str = "acknowledge link v1";

/// Longer texts are no token of ours: five numbers, a UUID and a mark.
const LONGEST: usize = 128;

/// What the body of a token holds, as postcard packs it.
type Body = (i64, i64, i64, Option<i64>, [u8; 16]);

/// What a token stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Link {
    /// Row of `notification_deliveries`: the message that it stood in.
    pub delivery: i64,
    /// Row of `incidents`.
    pub incident: i64,
    /// Row of `executions`.
    pub execution: i64,
    /// Whose address the message went to; `None`: nobody's with an account.
    pub user: Option<i64>,
    /// The execution's round: once the policy has started again the link is of no use.
    pub generation: Uuid,
}

impl Link {
    /// The token: letters, digits, `-` and `_`, about 60 of them.
    ///
    /// # Errors
    /// [`SecretError`] when it cannot be marked, which does not happen.
    pub fn token(&self, key: &FieldKey) -> Result<String, SecretError> {
        let body: Body = (
            self.delivery,
            self.incident,
            self.execution,
            self.user,
            *self.generation.as_bytes(),
        );
        let mut bytes = postcard::to_stdvec(&body).map_err(|_| SecretError::Seal)?;
        let mark = key.mark(PURPOSE, &bytes)?;
        bytes.extend_from_slice(&mark);
        Ok(URL_SAFE_NO_PAD.encode(bytes))
    }

    /// Reads a token; `None` for everything that we did not write.
    #[must_use]
    pub fn read(key: &FieldKey, token: &str) -> Option<Self> {
        if token.len() > LONGEST {
            return None;
        }
        let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
        let (body, mark) = bytes.split_last_chunk::<MARK_BYTES>()?;
        if !key.is_marked(PURPOSE, body, mark) {
            return None;
        }
        let (delivery, incident, execution, user, generation): Body =
            postcard::from_bytes(body).ok()?;
        Some(Self {
            delivery,
            incident,
            execution,
            user,
            generation: Uuid::from_bytes(generation),
        })
    }
}

/// The address that stands in a message, where there is something to take on: a problem that nobody has, or one whose
/// owner is asked whether they are still on it.
pub(crate) fn url(
    context: &NotifyContext,
    kind: Kind,
    row: &notification_delivery::Model,
    incident: &incident::Model,
    execution: Option<&execution::Model>,
) -> Option<String> {
    let execution = execution?;
    let offers = match kind {
        Kind::Problem | Kind::Reminder => !is_acknowledged(incident),
        Kind::StillOnIt => true,
        _ => false,
    };
    if !offers {
        return None;
    }
    let link = Link {
        delivery: row.id,
        incident: incident.id,
        execution: execution.id,
        user: row.user_id,
        generation: Uuid::parse_str(&execution.generation).ok()?,
    };
    match link.token(&context.field_key) {
        Ok(token) => Some(context.templates.acknowledge_url(&token)),
        Err(error) => {
            // A page without its link is better than none.
            tracing::error!(delivery.id = row.id, %error, "message has no link to acknowledge");
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use noc_storage::secrets::SecretKey;
    use proptest::prelude::*;

    fn key(byte: u8) -> FieldKey {
        FieldKey::new(SecretKey::from_bytes([byte; 32]))
    }

    fn link() -> Link {
        Link {
            delivery: 70_001,
            incident: 512,
            execution: 513,
            user: Some(3),
            generation: Uuid::from_u128(7),
        }
    }

    #[test]
    fn a_token_is_short_plain_and_comes_back() {
        let token = link().token(&key(7)).unwrap();
        assert!(token.len() < 70, "{} {token}", token.len());
        assert!(
            token
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "-_".contains(c))
        );
        assert_eq!(Link::read(&key(7), &token), Some(link()));
        assert_eq!(Link::read(&key(8), &token), None);
        let rotated = key(8).with_older([SecretKey::from_bytes([7; 32])]);
        assert_eq!(Link::read(&rotated, &token), Some(link()));
    }

    proptest! {
        #[test]
        fn every_link_comes_back(delivery: i64, incident: i64, execution: i64, user: Option<i64>, round: u128) {
            let link = Link { delivery, incident, execution, user, generation: Uuid::from_u128(round) };
            let token = link.token(&key(7)).unwrap();
            prop_assert!(token.len() <= LONGEST);
            prop_assert_eq!(Link::read(&key(7), &token), Some(link));
        }

        #[test]
        fn what_we_did_not_write_is_nothing(text in "\\PC{0,140}", at in 0_usize..50, to in "[A-Za-z0-9_-]") {
            prop_assert_eq!(Link::read(&key(7), &text), None);
            let token = link().token(&key(7)).unwrap();
            let mut changed = token.clone();
            changed.replace_range(at..=at, &to);
            if changed != token {
                prop_assert_eq!(Link::read(&key(7), &changed), None);
            }
            prop_assert_eq!(Link::read(&key(7), &token[..at]), None);
        }
    }
}
