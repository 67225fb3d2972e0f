//! Several claimed rows that leave as one message: each is judged by itself right before the send, and each keeps its own
//! row in the log.
//!
//! What is no longer true falls out with its reason, as it would by itself; if one row remains it is an ordinary message,
//! if none remains nothing is sent. What the provider says is written for all of them in one transaction. A crash before
//! that leaves them `sending` and marked as one message (`delivery_bundles`): they are sent again as that message, under
//! the same delivery id.

use super::Done;
use super::claimed::{claim_is_over, put_aside, read_later, see, settle};
use super::conclude::conclude;
use super::deliver::{self, Scene};
use super::line::Slot;
use super::record::{Conclusion, News};
use super::turns::was_held_back;
use crate::crash_point;
use crate::detect;
use crate::escalation::is_to_owner;
use crate::notify::NotifyContext;
use crate::notify::channel::Channel;
use crate::notify::message::{Kind, Message};
use crate::notify::template::{BundleView, GroupView, TemplateError};
use noc_pipeline::clock::{Stopwatch, UnixMs};
use noc_storage::relational::deliveries::bundles::Bundle;
use noc_storage::relational::deliveries::{GiveBack, Status};
use noc_storage::relational::entity::alert_rule;
use noc_storage::relational::entity::notification_delivery::Model;
use noc_storage::relational::{StoreError, incident_groups};
use sea_orm::{ConnectionTrait, EntityTrait};
use std::collections::BTreeSet;
use uuid::Uuid;

/// Sends what is still true of claimed rows as one message, and records each. Never fails: what cannot be recorded
/// returns when its lease ends.
pub(super) async fn deliver(
    context: &NotifyContext,
    channel: &dyn Channel,
    bundle: Bundle,
    slot: Slot,
) -> Done {
    let (mut still, mut fallen) = (Vec::new(), Vec::new());
    for row in &bundle.rows {
        let scene = match see(context, row).await {
            Ok(scene) => scene,
            Err(error) if error.is_retryable() => {
                return Done::Back(bundle.rows, read_later(context));
            }
            Err(_) => {
                put_aside(context, row).await;
                continue;
            }
        };
        match deliver::unsent(context, channel, row, &scene).await {
            Some(conclusion) => fallen.push((row.clone(), conclusion)),
            None => still.push((row.clone(), scene)),
        }
    }
    if still.iter().any(|(row, _)| claim_is_over(context, row)) {
        return Done::Back(bundle.rows, GiveBack::AsTheyWere);
    }
    if !still.is_empty() {
        // Something is sent: a channel that was to be tried is tried.
        for (_, conclusion) in &mut fallen {
            conclusion.news = News::Nothing;
        }
    }
    let thinned = !fallen.is_empty();
    let worst = still.iter().filter_map(|(_, scene)| scene.severity()).max();
    if thinned {
        settle(context, channel, fallen).await;
        crash_point::reached("bundle_thinned");
    }
    let about: BTreeSet<_> = still.iter().map(|(row, _)| row.incident_id).collect();
    let done = match (still.len(), about.len()) {
        (0, _) => Done::Nothing,
        (1, _) => match still.pop() {
            Some((mut row, _)) => {
                row.delivery_uuid = bundle.delivery_uuid;
                deliver::deliver(context, channel, row, slot).await
            }
            None => Done::Nothing,
        },
        (_, incidents) => {
            let id = (bundle.carrier, bundle.delivery_uuid);
            together(context, channel, id, (still, incidents == 1), slot).await
        }
    };
    match done {
        Done::Left if thinned => Done::Without(worst),
        done => done,
    }
}

/// Sends rows as one message; about one incident (`one`) it is the message that one of them would be.
async fn together(
    context: &NotifyContext,
    channel: &dyn Channel,
    (carrier, delivery_uuid): (i64, String),
    (mut rows, one): (Vec<(Model, Scene)>, bool),
    slot: Slot,
) -> Done {
    // The order in which everybody locks.
    rows.sort_by_key(|(row, _)| (row.incident_id, row.id));
    let at = context.clock.now();
    let watch = Stopwatch::start();
    let Some((first, scene)) = rows.first() else {
        return Done::Nothing;
    };
    let all = || rows.iter().map(|(row, _)| row.clone()).collect();
    let message = if one {
        let row = Model {
            delivery_uuid,
            ..first.clone()
        };
        let kind = kind_of_all(&rows);
        deliver::message(context, channel, kind, &row, scene, at)
    } else {
        let group = match common_group(context, &rows).await {
            Ok(group) => group,
            Err(error) if error.is_retryable() => return Done::Back(all(), read_later(context)),
            Err(error) => {
                tracing::warn!(channel = channel.key(), %error, "deliveries told without their group");
                None
            }
        };
        message(context, channel, &delivery_uuid, &rows, group, at)
    };
    if rows.iter().any(|(row, _)| claim_is_over(context, row)) {
        return Done::Back(all(), GiveBack::AsTheyWere);
    }
    // Of several, each has its log-in masked in its own line.
    let about = scene.incident.as_ref().filter(|_| one);
    let outcome = deliver::send(context, channel, (first, scene), about, message, at).await;
    crash_point::reached("provider_answered");
    let took = watch.elapsed();
    context.metrics.attempted(channel.key(), took);
    let ended = context.clock.now();
    let said = deliver::news(channel.reach(), &outcome, scene, ended);
    let slot = slot.answered(said, &first.recipient_key, ended);
    let mut news = Some(said);
    let others = rows.len().saturating_sub(1);
    // Whose id the message bears may have fallen out: then the log names one that left.
    let left = rows.iter().any(|(row, _)| row.id == carrier);
    let carrier = if left { carrier } else { first.id };
    let settled = rows
        .iter()
        .map(|(row, _)| {
            let mut conclusion = Conclusion {
                // Of the channel it is one send.
                news: news.take().unwrap_or(News::Nothing),
                ..conclude(row, outcome.clone(), at, ended, took)
            };
            if conclusion.ending.status == Status::Sent {
                conclusion.ending.reason = Some(if row.id == carrier {
                    let s = if others == 1 { "" } else { "s" };
                    format!("sent as one message with {others} other{s}")
                } else {
                    format!("sent together with #{carrier}")
                });
            }
            (row.clone(), conclusion)
        })
        .collect();
    settle(context, channel, settled).await;
    if let Some(slot) = slot {
        slot.leave_alone();
    }
    Done::Left
}

/// The group of all of these, if it is one.
async fn common_group(
    context: &NotifyContext,
    rows: &[(Model, Scene)],
) -> Result<Option<GroupView>, StoreError> {
    let conn = context.db.read();
    let incidents: Vec<i64> = rows.iter().filter_map(|(row, _)| row.incident_id).collect();
    let groups = incident_groups::of_incidents(conn, &incidents).await?;
    let known: BTreeSet<Option<i64>> = incidents.iter().map(|id| groups.get(id).copied()).collect();
    let mut known = known.into_iter();
    let (Some(Some(group)), None) = (known.next(), known.next()) else {
        return Ok(None);
    };
    let Some(group) = incident_groups::get(conn, group).await? else {
        return Ok(None);
    };
    let rule = rows
        .first()
        .and_then(|(_, scene)| scene.incident.as_ref()?.rule_id);
    Ok(Some(GroupView {
        found_by: match group.detector {
            Some(detector) => Some(found_by(conn, &detector, rule).await?),
            None => None,
        },
        kind: group.kind,
        label: group.label,
    }))
}

/// The name of what found something: of the rule, where one did.
async fn found_by(
    conn: &impl ConnectionTrait,
    detector: &str,
    rule: Option<i64>,
) -> Result<String, StoreError> {
    if let Some(rule) = rule {
        let row = alert_rule::Entity::find_by_id(rule).one(conn).await;
        let row = row.map_err(StoreError::during("read a rule"))?;
        if let Some(row) = row {
            return Ok(row.name);
        }
    }
    let known = detect::infos().find(|info| info.key == detector);
    Ok(known.map_or(detector, |info| info.name).to_owned())
}

fn message(
    context: &NotifyContext,
    channel: &dyn Channel,
    delivery_uuid: &str,
    rows: &[(Model, Scene)],
    group: Option<GroupView>,
    at: UnixMs,
) -> Result<Message, TemplateError> {
    let mut told = BTreeSet::new();
    let incidents = rows
        .iter()
        .filter_map(|(row, scene)| Some((scene.incident.as_ref()?, row, scene)))
        .filter(|(incident, ..)| told.insert(incident.id))
        .map(|(incident, row, scene)| {
            let mut line = deliver::view_of(incident, scene);
            line.back = is_to_owner(row, incident);
            scene.personal.line_as_seen(channel, line, incident)
        })
        .collect();
    let held_back = rows.iter().filter(|(row, _)| was_held_back(row)).count();
    // One link is for one trouble.
    let acknowledge_url = group.as_ref().and_then(|_| {
        let mut all = rows.iter();
        all.find_map(|(row, scene)| deliver::link_of(context, row, scene))
    });
    let view = BundleView {
        group,
        acknowledge_url,
        incidents,
        held_back,
    };
    let recipient = rows.first().map_or("", |(row, _)| row.recipient.as_str());
    let delivery = Uuid::parse_str(delivery_uuid).unwrap_or_default();
    let kind = kind_of_all(rows);
    context
        .templates
        .bundle(delivery, kind, recipient, &view, at)
}

/// Something new makes the whole of it news.
fn kind_of_all(rows: &[(Model, Scene)]) -> Kind {
    let mut kinds = rows.iter().map(|(row, _)| deliver::kind_of(row));
    let first = kinds.next().unwrap_or(Kind::Problem);
    if kinds.any(|kind| kind == Kind::Problem) {
        Kind::Problem
    } else {
        first
    }
}

#[cfg(test)]
mod tests;
