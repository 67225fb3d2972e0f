//! A message that tells one person of several incidents at once: what their quiet hours held back, or their day.
//!
//! What it says is read right before it leaves, and whether it is still wanted is asked then; both sorts go the same way.

use super::scene::{Known, login_of};
use crate::escalation::{is_resolved, severity_of};
use crate::notify::NotifyContext;
use crate::notify::channel::{Channel, Outcome};
use crate::notify::judge::Judgement;
use crate::notify::message::Message;
use crate::notify::template::{DigestView, LineOfIncident, SummaryView, TemplateError};
use noc_pipeline::clock::UnixMs;
use noc_pipeline::mask;
use noc_storage::relational::entity::notification_delivery::Model;
use noc_storage::relational::entity::{incident, user};
use noc_storage::relational::{StoreError, quiet_holds};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};
use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap};
use uuid::Uuid;

/// What there is to say.
pub(super) enum View {
    /// At the end of quiet hours.
    Summary(SummaryView),
    /// Once a day.
    Digest(DigestView),
    /// Nobody knows any more what it was to cover.
    Forgotten,
}

/// The message, right before it is sent.
pub(crate) struct Letter {
    /// Whom it is for.
    pub(super) known: Known,
    /// Whether it waits because they want to be left alone again.
    pub(super) put_off: bool,
    /// What there is to say.
    pub(super) view: View,
    /// The incidents that it names as open.
    pub(super) names: Vec<i64>,
}

impl Letter {
    pub(super) fn judge(&self, channel: &dyn Channel, row: &Model) -> Judgement {
        let nothing = match &self.view {
            View::Summary(view) if view.open.is_empty() => {
                Some("nothing of what was held back is still to be told")
            }
            View::Forgotten => Some("what it was to cover is forgotten"),
            View::Summary(_) | View::Digest(_) => None,
        };
        if !self.known.is_active() {
            Judgement::Suppress("the account is switched off or gone")
        } else if self.known.address(channel, &row.recipient_key).is_err() {
            Judgement::Suppress("the address is no longer theirs, or they switched it off")
        } else if let Some(why) = nothing {
            Judgement::Expire(why)
        } else if self.put_off {
            Judgement::PutOff("their quiet hours have begun again")
        } else {
            Judgement::Send
        }
    }

    /// The message, once it is noted what it tells.
    ///
    /// # Errors
    /// What comes of a message whose contents could not be noted: it is sent later.
    pub(super) async fn issue(
        &self,
        context: &NotifyContext,
        row: &Model,
        now: UnixMs,
    ) -> Result<Result<Message, TemplateError>, Outcome> {
        let delivery = Uuid::parse_str(&row.delivery_uuid).unwrap_or_default();
        let templates = &context.templates;
        match &self.view {
            View::Summary(view) => {
                let named = quiet_holds::name(context.db.write(), row.id, &self.names, now);
                named.await.map_err(|error| {
                    tracing::warn!(delivery.id = row.id, %error, "summary not noted yet");
                    Outcome::Retry {
                        reason: "what it tells could not be noted".to_owned(),
                        // The provider has no part in it.
                        after: None,
                    }
                })?;
                Ok(templates.summary(delivery, &row.recipient, view, now))
            }
            View::Digest(view) => Ok(templates.digest(delivery, &row.recipient, view, now)),
            View::Forgotten => Err(Outcome::Permanent {
                reason: "what it was to cover is forgotten".to_owned(),
            }),
        }
    }
}

/// Incidents as messages to this person name them: what nobody has taken on first, the worst of it first.
pub(super) async fn lines(
    conn: &impl ConnectionTrait,
    known: &Known,
    mut rows: Vec<incident::Model>,
) -> Result<Vec<LineOfIncident>, StoreError> {
    rows.sort_by_key(|row| {
        let severity = Reverse(severity_of(row));
        let taken = row.acknowledged_at.is_some();
        (is_resolved(row), taken, severity, row.id)
    });
    let ids: BTreeSet<i64> = rows.iter().filter_map(|row| row.acknowledged_by).collect();
    let mut owners = HashMap::new();
    if !ids.is_empty() {
        let found = user::Entity::find()
            .filter(user::Column::Id.is_in(ids))
            .all(conn)
            .await
            .map_err(StoreError::during("read owners of incidents"))?;
        owners.extend(found.into_iter().map(|row| (row.id, row.name)));
    }
    let whole = known.sees_logins();
    let title = |row: &incident::Model| match login_of(row) {
        Some(login) if !whole => mask::name_within(&row.title, login),
        _ => row.title.clone(),
    };
    let line = |row: incident::Model| LineOfIncident {
        severity: severity_of(&row),
        opened_at: row.opened_at.into(),
        resolved_at: row.resolved_at.map(UnixMs::from),
        acknowledged: row.acknowledged_at.is_some(),
        owner: row.acknowledged_by.and_then(|id| owners.get(&id).cloned()),
        title: title(&row),
    };
    Ok(rows.into_iter().map(line).collect())
}
