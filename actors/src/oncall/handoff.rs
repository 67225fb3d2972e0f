//! Telling whoever comes on duty.
//!
//! A chore looks twice a minute at who is on duty by each schedule. Where that is another person than the last hand-off
//! names, it notes the next hand-off and queues its message in one transaction: a crash leaves both undone, and of two
//! nodes one gets the number. What the message says is put together when it is sent, so a late one says what is true
//! then; one whose hand-off is no longer the last is not sent at all. A change of the schedule that puts somebody else
//! on duty is a hand-off like any other. What whoever goes off duty has taken on passes to whoever comes ([`ownership`]);
//! with nobody coming it stays.

mod ownership;

use super::load::load;
use super::roster::Schedule;
use super::{AHEAD, Duty};
use crate::Parts;
use crate::crash_point;
use crate::detect::evidence::Sender;
use crate::escalation::severity_of;
use crate::maintenance;
use crate::notify::channel::{Channel, Email};
use crate::notify::idempotency::handoff_key;
use crate::notify::message::Kind;
use crate::notify::personal::people::{self, Place};
use crate::notify::personal::{CHANNELS, EMAIL};
use crate::notify::template::{HandoffView, MaintenanceAhead, OpenIncident};
use noc_pipeline::clock::UnixMs;
use noc_pipeline::live::LiveEvent;
use noc_pipeline::mask;
use noc_storage::relational::deliveries::{self, NewDelivery};
use noc_storage::relational::entity::{incident, on_call_handoff, user};
use noc_storage::relational::on_call_handoffs::{self, NewHandoff};
use noc_storage::relational::{
    Db, StoreError, maintenance_windows, notification_channels, on_call_overrides, users,
};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};
use std::cmp::Reverse;
use std::collections::HashMap;
use std::time::Duration;

/// How far back the beginning of a duty may lie.
const BACK: Duration = Duration::from_secs(60 * 24 * 3_600);
/// Hand-offs and overrides are kept so long: 13 months.
const KEPT: Duration = Duration::from_secs(396 * 24 * 3_600);
/// So far maintenance is looked ahead where a duty has no end.
const WEEK: Duration = Duration::from_secs(7 * 24 * 3_600);
/// Incidents and windows named in a message; the others are counted.
const NAMED: usize = 20;

/// Tells everybody who has come on duty since the last look; how many hand-offs that were.
///
/// # Errors
/// [`StoreError`]; what was told until then stays told, the rest has its turn at the next look.
pub(crate) async fn announce(parts: &Parts) -> Result<u64, StoreError> {
    let now = parts.clock.now();
    let HandedOver { told, passed } = look(&parts.db, now).await?;
    if told > 0 {
        parts.bus.publish(LiveEvent::DeliveriesQueued).await;
    }
    for incident in passed {
        parts
            .bus
            .publish(LiveEvent::IncidentUpdated { incident })
            .await;
    }
    on_call_overrides::retain(parts.db.write(), now.minus(KEPT)).await?;
    Ok(told)
}

/// What a look changed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct HandedOver {
    /// Hand-offs.
    pub told: u64,
    /// Incidents that have another owner.
    pub passed: Vec<i64>,
}

/// One look at all schedules.
pub(crate) async fn look(db: &Db, now: UnixMs) -> Result<HandedOver, StoreError> {
    let mut all = HandedOver::default();
    // By one that cannot be read nobody is known to come or to go: what was handed over last stays.
    let schedules = load(db.read(), now.minus(BACK), now.plus(AHEAD)).await?;
    for schedule in schedules.readable {
        if let Some(passed) = hand_over(db, &schedule, now).await? {
            crash_point::reached("handed_over");
            all.told += 1;
            all.passed.extend(passed);
        }
    }
    Ok(all)
}

/// The incidents that it passed on; `None`: there was nothing to tell.
async fn hand_over(
    db: &Db,
    schedule: &Schedule,
    now: UnixMs,
) -> Result<Option<Vec<i64>>, StoreError> {
    let duty = schedule.duty(now, Duration::ZERO);
    let coming = Coming {
        schedule_id: schedule.id,
        schedule: schedule.name.clone(),
        on_duty: duty.user,
        since: duty.since,
    };
    let done = db
        .transaction("hand over", |tx| {
            let coming = coming.clone();
            Box::pin(async move { note(tx, &coming, now).await })
        })
        .await;
    match done {
        Ok(passed) => Ok(passed),
        // Another node was quicker.
        Err(StoreError::Conflict { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Who is on duty by a schedule now.
#[derive(Clone)]
struct Coming {
    schedule_id: i64,
    schedule: String,
    on_duty: Option<i64>,
    since: UnixMs,
}

async fn note(
    tx: &impl ConnectionTrait,
    coming: &Coming,
    now: UnixMs,
) -> Result<Option<Vec<i64>>, StoreError> {
    let schedule_id = coming.schedule_id;
    let last = on_call_handoffs::last(tx, schedule_id).await?;
    let account = match coming.on_duty {
        Some(id) => users::by_id(tx, id).await?.filter(|user| user.is_active),
        None => None,
    };
    let user_id = account.as_ref().map(|user| user.id);
    match &last {
        Some(last) if last.user_id == user_id => {
            on_call_handoffs::retain(tx, last, now.minus(KEPT)).await?;
            return Ok(None);
        }
        None if user_id.is_none() => return Ok(None),
        _ => {}
    }
    let off_duty = last.as_ref().and_then(|last| last.user_id);
    let number = last.map_or(1, |last| last.number.saturating_add(1));
    let delivery_id = match &account {
        Some(user) => {
            let place = place(tx, user).await?;
            deliveries::queue(tx, message(schedule_id, number, user, place), now).await?
        }
        None => None,
    };
    let new = NewHandoff {
        schedule_id,
        number,
        user_id,
        since: coming.since,
        delivery_id,
    };
    on_call_handoffs::note(tx, new, now).await?;
    let passed = match (off_duty, &account) {
        (Some(from), Some(to)) => ownership::pass_on(tx, &coming.schedule, from, to, now).await?,
        _ => Vec::new(),
    };
    crash_point::reached("handing_over");
    Ok(Some(passed))
}

/// Where a hand-off's message goes: by e-mail to the account's own address; where e-mail is switched off, over the first
/// channel that is on and reaches them at an address of theirs. Where there is none it stays e-mail, and the delivery log
/// says why nothing was sent.
async fn place(
    tx: &impl ConnectionTrait,
    user: &user::Model,
) -> Result<(&'static str, Place), StoreError> {
    let by_mail = || {
        let key = Email::default().normalise(&user.email);
        let address = user.email.clone();
        let key = key.unwrap_or_else(|| address.clone());
        (EMAIL, Place { address, key })
    };
    let known = notification_channels::all(tx).await?;
    let is_on = |name: &str| known.iter().any(|row| row.channel == name && row.enabled);
    if is_on(EMAIL) {
        return Ok(by_mail());
    }
    let people = people::load(tx).await?;
    let others = CHANNELS.into_iter().filter(|name| is_on(name));
    let mut places = others.filter_map(|name| {
        let place = people.place_on(user.id, &user.email, name).ok()?;
        Some((name, place))
    });
    Ok(places.next().unwrap_or_else(by_mail))
}

fn message(
    schedule_id: i64,
    number: i32,
    user: &user::Model,
    (channel, place): (&'static str, Place),
) -> NewDelivery {
    NewDelivery {
        incident_id: None,
        execution_id: None,
        position: None,
        kind: Kind::Handoff.name(),
        channel: channel.to_owned(),
        recipient: place.address,
        recipient_key: place.key,
        user_id: Some(user.id),
        idempotency_key: handoff_key(schedule_id, number),
    }
}

/// What a hand-off's message is about, right before it is sent.
pub(crate) struct Scene {
    /// Somebody else has come on duty since, or nobody is.
    pub over: bool,
    /// What there is to say.
    pub view: HandoffView,
}

/// Reads what the message `delivery_id` is about; `None`: its schedule is gone, or cannot be read.
///
/// # Errors
/// [`StoreError`].
pub(crate) async fn scene(
    conn: &impl ConnectionTrait,
    delivery_id: i64,
    now: UnixMs,
) -> Result<Option<Scene>, StoreError> {
    let Some(handoff) = on_call_handoffs::of_delivery(conn, delivery_id).await? else {
        return Ok(None);
    };
    let last = on_call_handoffs::last(conn, handoff.schedule_id).await?;
    let schedules = load(conn, now, now.plus(AHEAD)).await?;
    let mut own = schedules.readable.into_iter();
    let Some(schedule) = own.find(|schedule| schedule.id == handoff.schedule_id) else {
        return Ok(None);
    };
    let duty = schedule.duty(now, AHEAD);
    let next = match duty.next {
        Some(id) => users::by_id(conn, id).await?.map(|user| user.name),
        None => None,
    };
    let person = match handoff.user_id {
        Some(id) => users::by_id(conn, id).await?,
        None => None,
    };
    let reachable = person.as_ref().is_some_and(|user| user.is_active);
    let sees_logins = person.is_some_and(|user| mask::may_be_seen_by(&user.role));
    let moved_on = last.is_some_and(|last| last.number != handoff.number);
    Ok(Some(Scene {
        over: moved_on || !reachable || duty.user != handoff.user_id,
        view: view(conn, schedule, &handoff, (duty, next), sees_logins, now).await?,
    }))
}

async fn view(
    conn: &impl ConnectionTrait,
    schedule: Schedule,
    handoff: &on_call_handoff::Model,
    (duty, next): (Duty, Option<String>),
    sees_logins: bool,
    now: UnixMs,
) -> Result<HandoffView, StoreError> {
    let maintenance = ahead(conn, now, duty.until.unwrap_or(now.plus(WEEK))).await?;
    let mut open = incident::Entity::find()
        .filter(incident::Column::Status.ne("resolved"))
        .order_by_asc(incident::Column::OpenedAt)
        .order_by_asc(incident::Column::Id)
        .all(conn)
        .await
        .map_err(StoreError::during("read open incidents"))?;
    // Those that nobody has taken on first, then what is their reader's from now on; the worst of them first.
    let is_passed = |row: &incident::Model| ownership::is_passed(row, handoff);
    open.sort_by_key(|row| {
        let taken = row.acknowledged_at.is_some();
        (taken, taken && !is_passed(row), Reverse(severity_of(row)))
    });
    let (total, passed) = (open.len(), open.iter().filter(|row| is_passed(row)).count());
    let giver = match passed {
        0 => None,
        _ => ownership::giver(conn, handoff).await?,
    };
    open.truncate(NAMED);
    let owners = owners(conn, &open).await?;
    let incidents = open.into_iter().map(|row| OpenIncident {
        severity: severity_of(&row),
        opened_at: row.opened_at.into(),
        owner: row.acknowledged_by.and_then(|id| owners.get(&id).cloned()),
        acknowledged: row.acknowledged_at.is_some(),
        passed: is_passed(&row),
        snoozed_until: row
            .snoozed_until
            .map(UnixMs::from)
            .filter(|until| *until > now),
        title: match Sender::bare_login(&row.subject) {
            Some(login) if !sees_logins => mask::name_within(&row.title, login),
            _ => row.title,
        },
    });
    Ok(HandoffView {
        schedule: schedule.name,
        zone: schedule.rotation.zone,
        since: handoff.since.into(),
        until: duty.until,
        next,
        total,
        passed,
        giver,
        incidents: incidents.collect(),
        maintenance,
    })
}

/// Maintenance that is under way at `now` or begins before `until`, in the order in which it begins.
async fn ahead(
    conn: &impl ConnectionTrait,
    now: UnixMs,
    until: UnixMs,
) -> Result<Vec<MaintenanceAhead>, StoreError> {
    let mut ahead = Vec::new();
    for window in maintenance::readable(&maintenance_windows::all(conn).await?) {
        let span = window.under_way(now).or_else(|| window.next(now));
        if let Some(span) = span.filter(|span| span.from < until) {
            ahead.push(MaintenanceAhead {
                name: window.name,
                from: span.from,
                until: span.until,
            });
        }
    }
    ahead.sort_by_key(|window| window.from);
    ahead.truncate(NAMED);
    Ok(ahead)
}

/// Names of those who have taken incidents on.
async fn owners(
    conn: &impl ConnectionTrait,
    incidents: &[incident::Model],
) -> Result<HashMap<i64, String>, StoreError> {
    let ids: Vec<i64> = incidents
        .iter()
        .filter_map(|row| row.acknowledged_by)
        .collect();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = user::Entity::find()
        .filter(user::Column::Id.is_in(ids))
        .all(conn)
        .await
        .map_err(StoreError::during("read owners of incidents"))?;
    Ok(rows.into_iter().map(|row| (row.id, row.name)).collect())
}

#[cfg(test)]
mod tests;
