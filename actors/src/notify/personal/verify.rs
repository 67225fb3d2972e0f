//! Proving that an address is its person's: a code of six digits goes there, by the outbox like every message, and is
//! entered on the page.
//!
//! The code is made when the message leaves, so that nothing but its hash is ever stored; a message that is sent again
//! carries a new one, and only the last counts. It counts for 10 minutes and 5 tries; a message that could not leave
//! within 10 minutes is given up.

use crate::notify::NotifyContext;
use crate::notify::channel::{Channel, Outcome};
use crate::notify::judge::Judgement;
use crate::notify::message::{Kind, Message};
use crate::notify::template::TemplateError;
use noc_pipeline::clock::UnixMs;
use noc_storage::relational::deliveries::{self, NewDelivery};
use noc_storage::relational::entity::contact;
use noc_storage::relational::entity::notification_delivery::Model;
use noc_storage::relational::{StoreError, contacts, users};
use noc_storage::secrets::{random_digits, sha256_hex};
use sea_orm::ConnectionTrait;
use sha2::{Digest, Sha256};
use std::time::Duration;
use uuid::Uuid;

/// How long a code counts, and how long its message may wait.
pub const CODE_LASTS: Duration = Duration::from_secs(10 * 60);
/// How often a code may be entered wrongly.
pub const MOST_TRIES: i32 = 5;
/// Digits of a code.
pub const DIGITS: usize = 6;

/// What is kept of a code.
#[must_use]
pub fn code_hash(contact_id: i64, code: &str) -> String {
    sha256_hex(format!("code of contact {contact_id}\n{code}").as_bytes())
}

/// Queues the message with a new code, and voids the last one.
///
/// # Errors
/// [`StoreError`]; the caller's transaction must then not be committed.
pub async fn ask(
    tx: &impl ConnectionTrait,
    contact: &contact::Model,
    now: UnixMs,
) -> Result<contact::Model, StoreError> {
    let unique = format!("verification\n{}\n{}", contact.id, Uuid::now_v7());
    let new = NewDelivery {
        incident_id: None,
        execution_id: None,
        position: None,
        kind: Kind::Verification.name(),
        channel: contact.channel.clone(),
        recipient: contact.address.clone(),
        recipient_key: contact.address_key.clone(),
        user_id: Some(contact.user_id),
        idempotency_key: hex::encode(Sha256::digest(unique.as_bytes())),
    };
    let queued = deliveries::queue(tx, new, now).await?;
    let delivery = queued.ok_or_else(|| StoreError::damaged("contact", contact.id, "its code"))?;
    contacts::code_asked(tx, contact.id, delivery, now).await
}

/// What a code that was entered comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entered {
    /// The address is theirs.
    Right,
    /// Another one; so many tries are left.
    Wrong(i32),
    /// It was entered wrongly too often.
    Spent,
    /// Its time is over.
    Late,
    /// None has left yet.
    None,
}

/// Judges a code.
#[must_use]
pub fn check(contact: &contact::Model, code: &str, now: UnixMs) -> Entered {
    let Some((hash, until)) = contact.code_hash.as_ref().zip(contact.code_expires_at) else {
        return Entered::None;
    };
    if contact.code_tries >= MOST_TRIES {
        return Entered::Spent;
    }
    if UnixMs::from(until) <= now {
        return Entered::Late;
    }
    if *hash == code_hash(contact.id, code) {
        Entered::Right
    } else {
        Entered::Wrong(MOST_TRIES - contact.code_tries - 1)
    }
}

/// What the message of a code is about.
pub(crate) struct Scene {
    contact: Option<contact::Model>,
    name: Option<String>,
    too_late: bool,
}

pub(super) async fn scene(
    conn: &impl ConnectionTrait,
    row: &Model,
    now: UnixMs,
) -> Result<Scene, StoreError> {
    let contact = contacts::of_code(conn, row.id).await?;
    let user = match &contact {
        Some(contact) => users::by_id(conn, contact.user_id).await?,
        None => None,
    };
    Ok(Scene {
        contact,
        name: user.filter(|user| user.is_active).map(|user| user.name),
        too_late: now.since(row.created_at.into()) >= CODE_LASTS,
    })
}

impl Scene {
    pub(super) fn judge(&self) -> Judgement {
        match &self.contact {
            None => Judgement::Cancel("another code was asked for, or the contact was deleted"),
            Some(contact) if contact.verified_at.is_some() => {
                Judgement::Cancel("the address is verified already")
            }
            Some(_) if self.name.is_none() => {
                Judgement::Suppress("the account is switched off or gone")
            }
            Some(_) if self.too_late => {
                Judgement::Expire("not sent within 10 minutes: ask for another code")
            }
            Some(_) => Judgement::Send,
        }
    }

    /// Makes the code that leaves now.
    pub(super) async fn issue(
        &self,
        context: &NotifyContext,
        row: &Model,
        now: UnixMs,
    ) -> Result<String, Outcome> {
        let again = |reason: &str| Outcome::Retry {
            reason: reason.to_owned(),
            after: None,
        };
        let contact = self.contact.as_ref();
        let contact = contact.ok_or_else(|| again("the contact was deleted"))?;
        let code = random_digits(DIGITS);
        let hash = code_hash(contact.id, &code);
        let until = now.plus(CODE_LASTS);
        match contacts::code_issued(context.db.write(), contact.id, row.id, &hash, until).await {
            Ok(true) => Ok(code),
            // Judged again, it says why.
            Ok(false) => Err(again("another code was asked for")),
            Err(error) => {
                tracing::warn!(delivery.id = row.id, %error, "code not noted, so not sent");
                Err(again("the database did not take the code"))
            }
        }
    }

    pub(super) fn message(
        &self,
        context: &NotifyContext,
        channel: &dyn Channel,
        row: &Model,
        code: &str,
        now: UnixMs,
    ) -> Result<Message, TemplateError> {
        let delivery = Uuid::parse_str(&row.delivery_uuid).unwrap_or_default();
        let name = self.name.as_deref().unwrap_or_default();
        let (templates, label) = (&context.templates, channel.label());
        templates.verification(delivery, &row.recipient, label, name, code, now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixMs = UnixMs(1_795_300_000_000);

    fn contact(code: Option<&str>, tries: i32) -> contact::Model {
        contact::Model {
            id: 7,
            user_id: 1,
            channel: "whatsapp".into(),
            address: "+8801712345678".into(),
            address_key: "+8801712345678".into(),
            secret: None,
            verified_at: None,
            code_hash: code.map(|code| code_hash(7, code)),
            code_expires_at: code.map(|_| NOW.plus(CODE_LASTS).to_datetime()),
            code_tries: tries,
            code_asked_at: None,
            code_delivery_id: None,
            created_at: NOW.to_datetime(),
        }
    }

    #[test]
    fn a_code_counts_for_ten_minutes_and_five_tries() {
        let fresh = contact(Some("012345"), 0);
        assert_eq!(check(&fresh, "012345", NOW), Entered::Right);
        assert_eq!(check(&fresh, "12345", NOW), Entered::Wrong(4));
        let last = NOW.plus(CODE_LASTS).minus(Duration::from_millis(1));
        assert_eq!(check(&fresh, "012345", last), Entered::Right);
        assert_eq!(check(&fresh, "012345", NOW.plus(CODE_LASTS)), Entered::Late);
        assert_eq!(
            check(&contact(Some("012345"), 4), "1", NOW),
            Entered::Wrong(0)
        );
        let spent = contact(Some("012345"), MOST_TRIES);
        assert_eq!(
            check(&spent, "012345", NOW),
            Entered::Spent,
            "right, too late"
        );
        assert_eq!(check(&contact(None, 0), "012345", NOW), Entered::None);
    }

    #[test]
    fn the_same_code_of_another_contact_is_kept_as_something_else() {
        assert_ne!(code_hash(1, "012345"), code_hash(2, "012345"));
        assert!(!code_hash(1, "012345").contains("012345"));
    }
}
