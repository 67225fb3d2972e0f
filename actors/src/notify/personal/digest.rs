//! The daily digest: everything that began or ended since the last one, also what resolved within its page hold and what
//! is too mild to page anybody. One that has nothing to tell is not sent.
//!
//! A chore looks twice a minute whose time has come ([`super::digest_time`]). The row of the digest, its message and the
//! watermark are one transaction under the lock of its person's preferences: of two nodes one makes it, and a crash
//! leaves it due. What happened before its time but became known after is in the next one, since by then it is open or
//! has ended.

use super::preferences::{Preferences, digest_time};
use super::scene::Known;
use super::summary::lines;
use super::{EMAIL, KEPT};
use crate::Parts;
use crate::notify::NotifyContext;
use crate::notify::channel::{Channel, Email};
use crate::notify::judge::Judgement;
use crate::notify::message::{Kind, Message};
use crate::notify::template::{DigestView, TemplateError};
use noc_pipeline::clock::UnixMs;
use noc_pipeline::live::LiveEvent;
use noc_storage::relational::deliveries::{self, NewDelivery};
use noc_storage::relational::entity::incident;
use noc_storage::relational::entity::notification_delivery::Model;
use noc_storage::relational::{Db, StoreError, digests, notification_preferences};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect,
};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// Incidents that a digest reads; more than that is more than anybody reads.
const MOST: u64 = 500;

/// Makes every digest whose time has come; how many.
///
/// # Errors
/// [`StoreError`]; those not made have their turn at the next look.
pub(crate) async fn make(parts: &Parts) -> Result<u64, StoreError> {
    let now = parts.clock.now();
    let made = look(&parts.db, now).await?;
    if made > 0 {
        parts.bus.publish(LiveEvent::DeliveriesQueued).await;
    }
    digests::retain(parts.db.write(), now.minus(KEPT)).await?;
    Ok(made)
}

/// One look at everybody who wants one. Preferences that cannot be read stop nobody else's.
pub(crate) async fn look(db: &Db, now: UnixMs) -> Result<u64, StoreError> {
    let mut made = 0;
    for row in notification_preferences::with_digest(db.read()).await? {
        let user_id = row.user_id;
        let due = match Preferences::read(&row) {
            Ok(read) => digest_time(&row, &read).and_then(|time| time.due(now)),
            Err(error) => {
                tracing::error!(user.id = user_id, %error, "preferences cannot be read");
                None
            }
        };
        if due.is_none() {
            continue;
        }
        let done = db.transaction("make a digest", move |tx| {
            Box::pin(async move { make_in(tx, user_id, now).await })
        });
        match done.await {
            Ok(queued) => made += u64::from(queued),
            // Another node was quicker.
            Err(StoreError::Conflict { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(made)
}

/// Whether there was something to tell.
async fn make_in(tx: &impl ConnectionTrait, user_id: i64, now: UnixMs) -> Result<bool, StoreError> {
    let Some(row) = notification_preferences::lock(tx, user_id).await? else {
        return Ok(false);
    };
    let preferences = Preferences::read(&row)?;
    let Some(time) = digest_time(&row, &preferences) else {
        return Ok(false);
    };
    let Some(until) = time.due(now) else {
        return Ok(false);
    };
    let known = Known::read(tx, user_id, now).await?;
    let channel = Email::default();
    let own = known.user.as_ref().map_or("", |user| user.email.as_str());
    let place = known.person.place(own, &channel).ok();
    let happened = happened(time.since, until);
    let count = incident::Entity::find().filter(happened).count(tx).await;
    let count = count.map_err(StoreError::during("count what a digest tells of"))?;
    let delivery = match place.filter(|_| count > 0 && known.is_active()) {
        Some(place) => {
            let unique = format!("digest\n{user_id}\n{}", until.0);
            let new = NewDelivery {
                incident_id: None,
                execution_id: None,
                position: None,
                kind: Kind::Digest.name(),
                channel: EMAIL.to_owned(),
                recipient: place.address,
                recipient_key: place.key,
                user_id: Some(user_id),
                idempotency_key: hex::encode(Sha256::digest(unique.as_bytes())),
            };
            deliveries::queue(tx, new, now).await?
        }
        None => None,
    };
    digests::note(tx, user_id, time.since, until, delivery, now).await?;
    notification_preferences::digest_made(tx, user_id, until).await?;
    Ok(delivery.is_some())
}

/// What began or ended from `since` until before `until`.
fn happened(since: UnixMs, until: UnixMs) -> Condition {
    use incident::Column;
    let (from, to) = (since.to_datetime(), until.to_datetime());
    let began = Condition::all()
        .add(Column::OpenedAt.gte(from))
        .add(Column::OpenedAt.lt(to));
    let ended = Condition::all()
        .add(Column::ResolvedAt.gte(from))
        .add(Column::ResolvedAt.lt(to));
    Condition::any().add(began).add(ended)
}

/// What a digest is about, right before it is sent.
pub(crate) struct Scene {
    known: Known,
    forgotten: bool,
    view: DigestView,
}

pub(super) async fn scene(
    conn: &impl ConnectionTrait,
    row: &Model,
    user_id: i64,
    now: UnixMs,
) -> Result<Scene, StoreError> {
    let known = Known::read(conn, user_id, now).await?;
    let preferences = known.person.preferences.as_ref();
    let zone = preferences.map_or(chrono_tz::UTC, |preferences| preferences.quiet.zone);
    let Some(digest) = digests::of_delivery(conn, row.id).await? else {
        let view = DigestView {
            zone,
            since: now,
            until: now,
            began: 0,
            ended: 0,
            lines: Vec::new(),
        };
        return Ok(Scene {
            known,
            forgotten: true,
            view,
        });
    };
    let (since, until) = (UnixMs::from(digest.since), UnixMs::from(digest.until));
    let open_before = Condition::all()
        .add(incident::Column::Status.ne("resolved"))
        .add(incident::Column::OpenedAt.lt(digest.until));
    let told = Condition::any()
        .add(happened(since, until))
        .add(open_before);
    let rows = incident::Entity::find()
        .filter(told)
        .order_by_desc(incident::Column::OpenedAt)
        .order_by_desc(incident::Column::Id)
        .limit(MOST)
        .all(conn)
        .await
        .map_err(StoreError::during("read what a digest tells of"))?;
    let within = |at: UnixMs| since <= at && at < until;
    let began = rows
        .iter()
        .filter(|row| within(row.opened_at.into()))
        .count();
    let resolved = |row: &&incident::Model| row.resolved_at.is_some_and(|at| within(at.into()));
    let ended = rows.iter().filter(resolved).count();
    let view = DigestView {
        zone,
        since,
        until,
        began,
        ended,
        lines: lines(conn, rows).await?,
    };
    Ok(Scene {
        known,
        forgotten: false,
        view,
    })
}

impl Scene {
    pub(super) fn judge(&self, channel: &dyn Channel, row: &Model) -> Judgement {
        let preferences = self.known.person.preferences.as_ref();
        if !self.known.is_active() {
            Judgement::Suppress("the account is switched off or gone")
        } else if preferences.is_none_or(|preferences| !preferences.digest) {
            Judgement::Suppress("they switched the digest off")
        } else if self.known.address(channel, &row.recipient_key).is_err() {
            Judgement::Suppress("the address is no longer theirs, or they switched it off")
        } else if self.forgotten {
            Judgement::Expire("what it was to cover is forgotten")
        } else {
            Judgement::Send
        }
    }

    pub(super) fn message(
        &self,
        context: &NotifyContext,
        row: &Model,
        now: UnixMs,
    ) -> Result<Message, TemplateError> {
        let delivery = Uuid::parse_str(&row.delivery_uuid).unwrap_or_default();
        let templates = &context.templates;
        templates.digest(delivery, &row.recipient, &self.view, now)
    }
}
