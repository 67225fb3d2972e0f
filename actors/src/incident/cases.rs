//! What people decide about cases of mail abuse. The platform itself never suspends anybody: it notes what an operator did
//! at the server, closes the incident, and learns from it.
//!
//! A decision is one transaction: the case, its incident with timeline and escalation, the allowance, what the server's
//! actor is told, and the security log.

use super::actions::{Action, ActionError, Actor, CASES, change};
use crate::control;
use crate::detect::evidence::Sender;
use crate::parts::Parts;
use noc_pipeline::clock::UnixMs;
use noc_pipeline::control::{Control, Word};
use noc_pipeline::live::LiveEvent;
use noc_pipeline::payload::Kind;
use noc_pipeline::payload::events::{EventTable, EventValue};
use noc_storage::relational::entity::{mail_abuse_case, mail_allowance};
use noc_storage::relational::mail_abuse::allowances::{self, Grant};
use noc_storage::relational::mail_abuse::{self, CaseStatus};
use noc_storage::relational::{
    NewSecurityEvent, SecurityLevel, SecurityLog, StoreError, incidents,
};
use noc_storage::series::{EventCondition, EventQuery, EventTest, RangeQuery, SeriesError};
use sea_orm::DatabaseTransaction;
use serde_json::json;
use std::time::Duration;

/// A false positive may be repeated, and a fifth more.
const ALLOWED_ABOVE: f64 = 1.2;
/// Allowances that end within so long are looked at.
const RENEW_WITHIN: Duration = Duration::from_secs(15 * 86_400);
/// Use that is younger than this counts.
const USED_WITHIN: Duration = Duration::from_secs(29 * 86_400);
/// So many are looked at in one go.
const MOST_RENEWED: u64 = 1_000;

/// Why allowances are not renewed now.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RenewError {
    /// The database does not answer.
    #[error("mail allowances")]
    Store(#[from] StoreError),
    /// The series store does not answer.
    #[error("mail of those who have an allowance")]
    Series(#[from] SeriesError),
}

/// Moves a case on. Closing it ends its incident; `false_positive` also grants the sender what it did and a fifth more.
///
/// # Errors
/// [`ActionError::InvalidTransition`] when the case is closed already or would go back; then nothing changed.
pub async fn transition(
    parts: &Parts,
    id: i64,
    next: CaseStatus,
    actor: &Actor,
    note: &str,
) -> Result<mail_abuse_case::Model, ActionError> {
    let (now, partitions) = (parts.clock.now(), parts.log.partitions());
    let db = &parts.db;
    let (row, deliveries) = db
        .transaction("decide about a mail abuse case", |tx| {
            let (security, actor) = (db.security().clone(), actor.clone());
            let note = note.to_owned();
            Box::pin(async move {
                let decision = Decision {
                    next,
                    actor: &actor,
                    note: &note,
                    partitions,
                    now,
                };
                decision.take(tx, &security, id).await
            })
        })
        .await?;
    publish(parts).await;
    let bus = &parts.bus;
    for event in [
        LiveEvent::ExecutionChanged { execution: 0 },
        LiveEvent::DeliveriesQueued,
        LiveEvent::AbuseUpdated { case: id },
        LiveEvent::IncidentUpdated {
            incident: row.incident_id,
        },
    ] {
        bus.publish(event).await;
    }
    for delivery in deliveries {
        bus.publish(LiveEvent::DeliveryUpdated { delivery }).await;
    }
    Ok(row)
}

async fn publish(parts: &Parts) {
    if let Err(error) = control::publish(parts).await {
        tracing::warn!(%error, "a decision about mail abuse is not yet in the log, it follows from the outbox");
    }
}

struct Decision<'a> {
    next: CaseStatus,
    actor: &'a Actor,
    note: &'a str,
    partitions: u32,
    now: UnixMs,
}

impl Decision<'_> {
    async fn take(
        &self,
        tx: &DatabaseTransaction,
        security: &SecurityLog,
        id: i64,
    ) -> Result<(mail_abuse_case::Model, Vec<i64>), ActionError> {
        // The incident first: whoever stores a breach locks it before the case.
        let known = mail_abuse::get(tx, id).await?;
        let known = known.ok_or_else(|| StoreError::not_found("mail abuse case", id))?;
        let incident = incidents::lock(tx, known.incident_id).await?;
        let row = mail_abuse::lock(tx, id).await?;
        if !row.review()?.may_become(self.next) {
            return Err(ActionError::InvalidCase {
                id,
                status: row.status,
                next: self.next.name(),
            });
        }
        let from = row.status.clone();
        let user = self.actor.user_id;
        let row = mail_abuse::transition(tx, row, self.next, user, self.note, self.now).await?;
        let deliveries = match incident.status.as_str() {
            incidents::OPEN if self.next == CaseStatus::Acknowledged => {
                self.act(tx, row.incident_id, &Action::Acknowledge).await?
            }
            incidents::OPEN | incidents::ACKNOWLEDGED if self.next.is_terminal() => {
                self.act(tx, row.incident_id, &Action::Close).await?
            }
            _ => Vec::new(),
        };
        if self.next.is_terminal() {
            self.tell(tx, &row, Word::CaseClosed).await?;
        }
        if self.next == CaseStatus::FalsePositive {
            let grant = Grant {
                server: row.server(),
                subject: row.subject.clone(),
                ceiling: ceiling(row.recipients),
                by: user,
                at: self.now,
            };
            let allowance = allowances::grant(tx, &grant).await?;
            self.tell(tx, &row, allowed(&allowance)).await?;
        }
        let event = NewSecurityEvent {
            at: self.now,
            level: SecurityLevel::Info,
            event_type: "mail_abuse",
            action: "mail_abuse_transition",
            actor_id: user,
            actor_ip: self.actor.ip.clone(),
            subject: Some(format!("mail_abuse_case:{id}")),
            payload: json!({"from": from, "to": self.next.name(), "note": self.note}),
        };
        security.append(tx, event).await?;
        Ok((row, deliveries))
    }

    async fn act(
        &self,
        tx: &DatabaseTransaction,
        incident: i64,
        action: &Action,
    ) -> Result<Vec<i64>, ActionError> {
        let done = change(tx, incident, self.actor, action, self.now).await?;
        Ok(done.1)
    }

    async fn tell(
        &self,
        tx: &DatabaseTransaction,
        row: &mail_abuse_case::Model,
        word: Word,
    ) -> Result<(), StoreError> {
        let told = Control::Told {
            server: row.server(),
            detector: CASES.to_owned(),
            subject: row.subject.clone(),
            word,
        };
        control::stage(tx, &told, self.partitions, self.now).await
    }
}

/// What people do to the incident of a case is done to the case.
pub(super) async fn follow(
    tx: &DatabaseTransaction,
    incident: i64,
    actor: &Actor,
    action: &Action,
    now: UnixMs,
) -> Result<(), StoreError> {
    let (next, note) = match action {
        Action::Acknowledge | Action::AcknowledgeTogether { .. } | Action::Covered { .. } => {
            (CaseStatus::Acknowledged, "with its incident")
        }
        Action::Resolve { .. } => (CaseStatus::Cleared, "its incident was resolved by hand"),
        // Given back, the case is still known to somebody; `Close` comes from the case itself.
        Action::Unacknowledge
        | Action::TakeOver { .. }
        | Action::Note(_)
        | Action::Close
        | Action::Snooze { .. }
        | Action::Wake
        | Action::Escalate { .. } => return Ok(()),
    };
    let Some(known) = mail_abuse::of_incident(tx, incident).await? else {
        return Ok(());
    };
    let row = mail_abuse::lock(tx, known.id).await?;
    if row.review()?.may_become(next) {
        mail_abuse::transition(tx, row, next, actor.user_id, note, now).await?;
    }
    Ok(())
}

/// Takes an allowance back: from now on the sender is judged as any other.
///
/// # Errors
/// [`ActionError::Store`]; then nothing changed.
pub async fn revoke(
    parts: &Parts,
    id: i64,
    actor: &Actor,
) -> Result<mail_allowance::Model, ActionError> {
    let (now, partitions, db) = (parts.clock.now(), parts.log.partitions(), &parts.db);
    let row = db
        .transaction("revoke a mail allowance", |tx| {
            let (security, actor) = (db.security().clone(), actor.clone());
            Box::pin(async move { revoke_in(tx, &security, id, &actor, partitions, now).await })
        })
        .await?;
    publish(parts).await;
    Ok(row)
}

async fn revoke_in(
    tx: &DatabaseTransaction,
    security: &SecurityLog,
    id: i64,
    actor: &Actor,
    partitions: u32,
    now: UnixMs,
) -> Result<mail_allowance::Model, ActionError> {
    let row = allowances::revoke(tx, id).await?;
    let told = Control::Told {
        server: row.server(),
        detector: CASES.to_owned(),
        subject: row.subject.clone(),
        word: Word::AllowanceRevoked,
    };
    control::stage(tx, &told, partitions, now).await?;
    let event = NewSecurityEvent {
        at: now,
        level: SecurityLevel::Info,
        event_type: "mail_abuse",
        action: "mail_allowance_revoked",
        actor_id: actor.user_id,
        actor_ip: actor.ip.clone(),
        subject: Some(format!("server:{}", row.server_id)),
        payload: json!({"subject": row.subject, "ceiling": row.ceiling}),
    };
    security.append(tx, event).await?;
    Ok(row)
}

/// Prolongs allowances that end within [`RENEW_WITHIN`] and whose sender used them without a new case, and drops those that
/// ended; answers how many were touched. Gives the same result however often it runs.
///
/// # Errors
/// When the database does not answer; what was not done is done the next time.
pub(crate) async fn renew(parts: &Parts) -> Result<u64, RenewError> {
    let (db, now) = (&parts.db, parts.clock.now());
    let mut touched = 0;
    for row in allowances::ending(db.write(), now.plus(RENEW_WITHIN), MOST_RENEWED).await? {
        let until = UnixMs::from(row.until);
        if until <= now
            || !allowances::is_clean(db.write(), &row).await?
            || !was_used(parts, &row, now).await?
        {
            continue;
        }
        let until = now.plus(allowances::ALLOWANCE);
        let word = Word::Allowance {
            limit: row.ceiling,
            until,
        };
        let partitions = parts.log.partitions();
        db.transaction("renew a mail allowance", |tx| {
            let (row, word) = (row.clone(), word.clone());
            Box::pin(async move {
                allowances::renew(tx, row.id, until).await?;
                let told = Control::Told {
                    server: row.server(),
                    detector: CASES.to_owned(),
                    subject: row.subject,
                    word,
                };
                control::stage(tx, &told, partitions, now).await
            })
        })
        .await?;
        touched += 1;
    }
    Ok(touched + allowances::drop_ended(db.write(), now).await?)
}

/// Whether the sender mailed anything lately.
async fn was_used(
    parts: &Parts,
    row: &mail_allowance::Model,
    now: UnixMs,
) -> Result<bool, SeriesError> {
    let Some((sender, name)) = Sender::of_subject(&row.subject) else {
        return Ok(false);
    };
    let (table, column) = match sender {
        Sender::Login => (EventTable::EmailLogins, "login"),
        Sender::Script => (EventTable::EmailScripts, "path"),
        Sender::Domain => {
            let query = RangeQuery {
                server: row.server(),
                kind: Kind::EmailStats,
                fields: vec!["recipients".to_owned()],
                from: now.minus(USED_WITHIN),
                to: now,
                points: 1,
            };
            let mut columns = parts.series.range(&query).await?.columns.into_iter();
            return Ok(columns.any(|column| column.subject.as_deref() == Some(name)));
        }
    };
    let query = EventQuery {
        table,
        servers: Some(vec![row.server()]),
        from: now.minus(USED_WITHIN),
        to: now,
        conditions: vec![EventCondition {
            columns: vec![column.to_owned()],
            test: EventTest::OneOf(vec![EventValue::Text(name.to_owned())]),
        }],
        limit: 1,
        after: None,
    };
    Ok(!parts.series.events(&query).await?.events.is_empty())
}

fn allowed(row: &mail_allowance::Model) -> Word {
    Word::Allowance {
        limit: row.ceiling,
        until: UnixMs::from(row.until),
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "recipients of an hour are far below 2^52"
)]
fn ceiling(recipients: i64) -> f64 {
    (recipients as f64 * ALLOWED_ABOVE).ceil()
}
