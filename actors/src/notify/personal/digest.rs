//! The daily digest: everything that began, ended or got worse since the last one, also what resolved within its page hold
//! and what is too mild to page anybody. One that has nothing to tell is not sent.
//!
//! A chore looks twice a minute whose time has come ([`super::digest_time`]). The row of the digest, its message and the
//! watermark are one transaction under the lock of its person's preferences: of two nodes one makes it, and a crash
//! leaves it due. Each digest keeps the state in which it told each incident, and the next tells what differs
//! ([`changes`]): whatever was written down late, whenever it happened, is in one of them.
//!
//! A message that is put off to the digest is noted as owed before its row says so: then one is made at its hour, and at
//! once when its person switches the digest off before.

mod changes;

use super::letter::{Letter, View, lines};
use super::preferences::{Preferences, digest_time};
use super::scene::Known;
use super::{EMAIL, KEPT};
use crate::Parts;
use crate::crash_point;
use crate::notify::message::Kind;
use crate::notify::template::DigestView;
use changes::{Carried, Line, Seen, changes};
use noc_pipeline::clock::UnixMs;
use noc_pipeline::control::Severity;
use noc_pipeline::live::LiveEvent;
use noc_storage::relational::deliveries::{self, NewDelivery};
use noc_storage::relational::entity::notification_delivery::Model;
use noc_storage::relational::entity::{digest, incident, user_notification_preference};
use noc_storage::relational::{Db, StoreError, digests, notification_preferences};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::cmp::Reverse;
use std::time::Duration;

/// Incidents that a digest reads whole; what else there is it counts.
const MOST: usize = 500;

/// What is written down so long after it happened is still told: the log keeps it that long.
const LATE: Duration = Duration::from_secs(3 * 24 * 3_600);

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

/// One look at everybody who wants one, or is owed one. Preferences that cannot be read stop nobody else's.
pub(crate) async fn look(db: &Db, now: UnixMs) -> Result<u64, StoreError> {
    let mut made = 0;
    for row in notification_preferences::with_digest(db.read()).await? {
        let user_id = row.user_id;
        let due = match Preferences::read(&row) {
            Ok(read) => due(&row, &read, now),
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
            Ok(queued) => {
                crash_point::reached("digest_made");
                made += u64::from(queued);
            }
            // Another node was quicker.
            Err(StoreError::Conflict { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(made)
}

/// The time that the digest covers that is to be made now; `None`: none is.
fn due(
    row: &user_notification_preference::Model,
    preferences: &Preferences,
    now: UnixMs,
) -> Option<(UnixMs, UnixMs)> {
    if let Some(time) = digest_time(row, preferences) {
        return Some((time.since, time.due(now)?));
    }
    // Switched off, and something was put off to it.
    let owed = UnixMs::from(row.digest_owed_at?);
    let since = row.digest_since.map_or(owed, UnixMs::from);
    (since < now).then_some((since, now))
}

/// Whether there was something to tell.
async fn make_in(tx: &impl ConnectionTrait, user_id: i64, now: UnixMs) -> Result<bool, StoreError> {
    let Some(row) = notification_preferences::lock(tx, user_id).await? else {
        return Ok(false);
    };
    let Some((since, until)) = due(&row, &Preferences::read(&row)?, now) else {
        return Ok(false);
    };
    let before = digests::that_ends(tx, user_id, since).await?;
    let carried = before.as_ref().and_then(read_lines).map(Carried::of);
    let seen = seen(tx, since, until).await?;
    let lines = changes(seen, carried.as_ref(), since, until);
    let owed = row.digest_owed_at.is_some();
    let tells = |line: &Line| line.is_news() || (owed && line.is_open());
    let known = Known::read(tx, user_id, now).await?;
    let own = known.user.as_ref().map_or("", |user| user.email.as_str());
    let place = known.person.place_on(own, EMAIL).ok();
    let delivery = match place.filter(|_| lines.iter().any(tells) && known.is_active()) {
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
    let lines = serde_json::to_value(&lines)
        .map_err(|error| StoreError::damaged("digests", user_id, error))?;
    digests::note(tx, user_id, since, until, delivery, lines, now).await?;
    notification_preferences::digest_made(tx, user_id, until).await?;
    crash_point::reached("making_digest");
    Ok(delivery.is_some())
}

/// Whatever is open, and what ended from `since` on or so shortly before that it may have been written down since.
async fn seen(
    tx: &impl ConnectionTrait,
    since: UnixMs,
    until: UnixMs,
) -> Result<Vec<Seen>, StoreError> {
    use incident::Column;
    type Row = (
        i64,
        String,
        chrono::DateTime<chrono::Utc>,
        Option<chrono::DateTime<chrono::Utc>>,
    );
    let may_be_news = Condition::any()
        .add(Column::Status.ne("resolved"))
        .add(Column::ResolvedAt.gte(since.minus(LATE).to_datetime()));
    let rows: Vec<Row> = incident::Entity::find()
        .select_only()
        .columns([
            Column::Id,
            Column::Severity,
            Column::OpenedAt,
            Column::ResolvedAt,
        ])
        .filter(may_be_news)
        .filter(Column::OpenedAt.lt(until.to_datetime()))
        .into_tuple()
        .all(tx)
        .await
        .map_err(StoreError::during("read what a digest tells of"))?;
    let seen = rows
        .into_iter()
        .map(|(id, severity, opened, resolved)| Seen {
            id,
            severity: Severity::from_name(&severity).unwrap_or(Severity::Info),
            opened_at: opened.into(),
            resolved_at: resolved.map(UnixMs::from),
        });
    Ok(seen.collect())
}

/// What a digest covers; `None`: nobody wrote it down.
fn read_lines(row: &digest::Model) -> Option<Vec<Line>> {
    let lines = row.lines.as_ref()?;
    Vec::<Line>::deserialize(lines)
        .inspect_err(|error| {
            tracing::error!(digest.id = row.id, %error, "what a digest covers cannot be read");
        })
        .ok()
}

/// What a digest is about, right before it is sent.
pub(super) async fn letter(
    conn: &impl ConnectionTrait,
    row: &Model,
    user_id: i64,
    now: UnixMs,
) -> Result<Letter, StoreError> {
    let known = Known::read(conn, user_id, now).await?;
    let digest = digests::of_delivery(conn, row.id).await?;
    let covered = digest
        .as_ref()
        .and_then(|row| Some((row, read_lines(row)?)));
    let view = match covered {
        Some((digest, lines)) => View::Digest(view(conn, &known, digest, lines).await?),
        None => View::Forgotten,
    };
    Ok(Letter {
        known,
        put_off: false,
        view,
        names: Vec::new(),
    })
}

async fn view(
    conn: &impl ConnectionTrait,
    known: &Known,
    digest: &digest::Model,
    mut covered: Vec<Line>,
) -> Result<DigestView, StoreError> {
    covered.retain(|line| line.is_news() || line.is_open());
    covered.sort_by_key(|line| (!line.is_open(), Reverse(line.severity), line.id));
    let count = |which: fn(&Line) -> bool| covered.iter().filter(|line| which(line)).count();
    let ids = covered.iter().take(MOST).map(|line| line.id);
    let rows = incident::Entity::find()
        .filter(incident::Column::Id.is_in(ids))
        .all(conn)
        .await
        .map_err(StoreError::during("read what a digest tells of"))?;
    Ok(DigestView {
        zone: known.zone(),
        since: digest.since.into(),
        until: digest.until.into(),
        began: count(|line| line.began),
        ended: count(|line| line.ended),
        worse: count(|line| line.rose),
        open: count(Line::is_open),
        more: covered.len().saturating_sub(MOST),
        lines: lines(conn, known, rows).await?,
    })
}
