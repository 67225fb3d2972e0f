//! One claimed row: is it still true, send it, write down what came of it.

use super::Done;
use super::claimed::{claim_is_over, put_aside, read_later, see, settle};
use super::conclude::conclude;
use super::line::Slot;
use super::notice::failing;
use super::prepare::{not_written, open_settings};
use super::record::{Conclusion, News};
use crate::crash_point;
use crate::escalation::{
    PolicySnapshot, Position, is_acknowledged, is_resolved, is_to_owner, severity_of, step,
};
use crate::maintenance;
use crate::notify::NotifyContext;
use crate::notify::channel::{Channel, Outcome, Reach, send_following};
use crate::notify::idempotency::MessageIdentity;
use crate::notify::judge::{Facts, HandoffFacts, IncidentFacts, Judgement, judge};
use crate::notify::link;
use crate::notify::message::{Kind, Message};
use crate::notify::personal;
use crate::notify::template::{IncidentView, TemplateError, in_own_words};
use crate::oncall::handoff;
use noc_pipeline::clock::{Stopwatch, UnixMs};
use noc_pipeline::control::Severity;
use noc_storage::relational::deliveries::{Ending, GiveBack, Status};
use noc_storage::relational::entity::notification_delivery::Model;
use noc_storage::relational::entity::{alert_rule, execution, incident, notification_channel};
use noc_storage::relational::{StoreError, executions, notification_channels};
use sea_orm::{ConnectionTrait, EntityTrait};
use serde::Deserialize;
use std::time::Duration;
use uuid::Uuid;

/// Between two looks at a message that is held back.
pub(super) const LOOK_AGAIN: Duration = Duration::from_secs(60);

/// Everything that is known about a row right before it is sent.
pub(super) struct Scene {
    pub(super) incident: Option<incident::Model>,
    execution: Option<execution::Model>,
    runbook: Option<String>,
    handoff: Option<handoff::Scene>,
    pub(super) channel: Option<notification_channel::Model>,
    maintenance: bool,
    /// What a notice is about: the other channels that do not work.
    failing: Vec<notification_channel::Model>,
    /// Whom it is for.
    pub(super) personal: personal::Scene,
}

impl Scene {
    /// How bad its incident is.
    pub(super) fn severity(&self) -> Option<Severity> {
        self.incident.as_ref().map(severity_of)
    }
}

/// Sends a claimed row, if it is still true, and records the result. Never fails: what cannot be recorded returns
/// when its lease ends.
pub(crate) async fn deliver(
    context: &NotifyContext,
    channel: &dyn Channel,
    row: Model,
    slot: Slot,
) -> Done {
    let scene = match see(context, &row).await {
        Ok(scene) => scene,
        Err(error) if error.is_retryable() => return Done::Back(vec![row], read_later(context)),
        Err(_) => {
            put_aside(context, &row).await;
            return Done::Nothing;
        }
    };
    let conclusion = if claim_is_over(context, &row) {
        None
    } else {
        attempt(context, channel, &row, &scene).await
    };
    let Some(conclusion) = conclusion else {
        return Done::Back(vec![row], GiveBack::AsTheyWere);
    };
    let left = conclusion.attempt.is_some();
    let ended = context.clock.now();
    let slot = slot.answered(conclusion.news, &row.recipient_key, ended);
    settle(context, channel, vec![(row, conclusion)]).await;
    if let Some(slot) = slot {
        slot.leave_alone();
    }
    if left { Done::Left } else { Done::Nothing }
}

pub(super) async fn read_scene(
    conn: &impl ConnectionTrait,
    row: &Model,
    now: UnixMs,
) -> Result<Scene, StoreError> {
    let reading = || StoreError::during("read what a delivery is about");
    let incident = match row.incident_id {
        Some(id) => incident::Entity::find_by_id(id)
            .one(conn)
            .await
            .map_err(reading())?,
        None => None,
    };
    let execution = match row.execution_id {
        Some(id) => executions::get(conn, id).await?,
        None => None,
    };
    let rule = execution
        .as_ref()
        .and_then(policy_of)
        .and_then(|policy| policy.rule_id);
    let runbook = match rule {
        Some(id) => alert_rule::Entity::find_by_id(id)
            .one(conn)
            .await
            .map_err(reading())?
            .and_then(|rule| rule.runbook_url),
        None => None,
    };
    let handoff = if row.kind == Kind::Handoff.name() {
        handoff::scene(conn, row.id, now).await?
    } else {
        None
    };
    let maintenance = match &incident {
        Some(incident) if row.kind == Kind::Recovery.name() => {
            let window = maintenance::covering(conn, incident, now).await?;
            window.is_some()
        }
        _ => false,
    };
    let failing = if row.kind == Kind::Notice.name() {
        let all = notification_channels::all(conn).await?.into_iter();
        all.filter(|known| known.enabled && !known.healthy && known.channel != row.channel)
            .collect()
    } else {
        Vec::new()
    };
    Ok(Scene {
        handoff,
        maintenance,
        failing,
        incident,
        execution,
        runbook,
        personal: personal::read(conn, row, now).await?,
        channel: notification_channels::by_key(conn, &row.channel).await?,
    })
}

/// What came of it; `None`: our claim was over before it was handed over.
async fn attempt(
    context: &NotifyContext,
    channel: &dyn Channel,
    row: &Model,
    scene: &Scene,
) -> Option<Conclusion> {
    if let Some(unsent) = unsent(context, channel, row, scene).await {
        return Some(unsent);
    }
    let kind = kind_of(row);
    let at = context.clock.now();
    let watch = Stopwatch::start();
    let (outcome, why_not_own) = send_one(context, channel, kind, row, scene, at).await?;
    crash_point::reached("provider_answered");
    let took = watch.elapsed();
    context.metrics.attempted(channel.key(), took);
    let ended = context.clock.now();
    let news = news(channel.reach(), &outcome, scene, ended);
    let mut conclusion = conclude(row, outcome, at, ended, took);
    // What shows whether a channel works shows it, however it failed.
    let shown = kind == Kind::Canary && conclusion.ending.status == Status::Failed;
    conclusion.news = if shown { News::Refuses } else { news };
    let said = [conclusion.ending.reason.take(), why_not_own];
    let said: Vec<String> = said.into_iter().flatten().collect();
    conclusion.ending.reason = (!said.is_empty()).then(|| said.join("; "));
    Some(conclusion)
}

/// What came of it; and why it was not said in the organisation's words, where it should have been. `None` as in
/// [`attempt`]: whatever was read and written took its time, so the claim is looked at again.
async fn send_one(
    context: &NotifyContext,
    channel: &dyn Channel,
    kind: Kind,
    row: &Model,
    scene: &Scene,
    now: UnixMs,
) -> Option<(Outcome, Option<String>)> {
    let settings = match open_settings(context, channel, row, scene) {
        Ok(settings) => settings,
        Err(outcome) => return Some((outcome, None)),
    };
    if claim_is_over(context, row) {
        return None;
    }
    let own = personal::write_own(context, channel, row, &scene.personal, now);
    let written = match own.await {
        Some(written) => written,
        None => message(context, channel, kind, row, scene, now)
            .map_err(|error| not_written(channel, &error)),
    };
    let message = match written {
        Ok(message) => message,
        Err(outcome) => return Some((outcome, None)),
    };
    let (db, templates) = (&context.db, &context.templates);
    let (message, why) = in_own_words(db, templates, channel.key(), message, now).await;
    let about = scene.incident.as_ref();
    let message = scene.personal.as_seen(channel, message, about);
    if claim_is_over(context, row) {
        return None;
    }
    let outcome = send_following(db, channel, &settings, &message, now).await;
    Some((outcome, why))
}

/// What a row says, as far as it is known.
pub(super) fn kind_of(row: &Model) -> Kind {
    Kind::from_name(&row.kind).unwrap_or(Kind::Problem)
}

/// How a row ends that is not to be sent, for now or for good; `None`: send it.
pub(super) async fn unsent(
    context: &NotifyContext,
    channel: &dyn Channel,
    row: &Model,
    scene: &Scene,
) -> Option<Conclusion> {
    let unsent = |status, reason: &str| Conclusion {
        ending: Ending {
            status,
            attempts: row.attempts,
            next_attempt_at: None,
            provider_id: None,
            reason: Some(reason.to_owned()),
        },
        attempt: None,
        news: if is_away(scene) {
            News::NotTried
        } else {
            News::Nothing
        },
    };
    let facts = facts(kind_of(row), row, scene);
    let own = scene.personal.judge(channel, facts.channel_enabled, row);
    match own.unwrap_or_else(|| judge(&facts)) {
        Judgement::Send => {}
        Judgement::Cancel(reason) => return Some(unsent(Status::Cancelled, reason)),
        Judgement::Expire(reason) => return Some(unsent(Status::Expired, reason)),
        Judgement::Suppress(reason) => return Some(unsent(Status::Suppressed, reason)),
        Judgement::PutOff(reason) => {
            let mut put_off = unsent(Status::Queued, reason);
            put_off.ending.next_attempt_at = Some(context.clock.now().plus(LOOK_AGAIN));
            return Some(put_off);
        }
    }
    let incident = scene.incident.as_ref();
    let kept = personal::keep_back(context, channel, row, &scene.personal, incident).await?;
    let mut ending = unsent(kept.status, &kept.reason);
    ending.ending.next_attempt_at = kept.again;
    Some(ending)
}

fn is_away(scene: &Scene) -> bool {
    let channel = scene.channel.as_ref();
    channel.is_some_and(|channel| channel.probe_at.is_some())
}

/// What the channel's row does not say yet.
pub(super) fn news(reach: Reach, outcome: &Outcome, scene: &Scene, ended: UnixMs) -> News {
    let failing = scene.channel.as_ref().is_some_and(|row| row.failures > 0);
    let unhealthy = scene.channel.as_ref().is_some_and(|row| !row.healthy);
    let doubted = scene.channel.as_ref().is_some_and(|row| row.doubted);
    match outcome {
        Outcome::Accepted { .. } if !doubted && (failing || unhealthy) => News::Works,
        Outcome::Retry {
            after: Some(after), ..
        } if !scene.personal.is_elsewhere() => News::Limited(ended.plus(*after)),
        Outcome::Crowded { after, .. } => News::Crowded(*after),
        Outcome::Accepted { .. } | Outcome::Retry { .. } if failing => News::Answered,
        Outcome::Accepted { .. } | Outcome::Retry { .. } | Outcome::Migrated { .. } => {
            News::Nothing
        }
        refused if scene.personal.is_blameless(refused, reach) => News::Nothing,
        Outcome::Permanent { .. } | Outcome::Refused { .. } => News::Refuses,
        Outcome::Unavailable { .. } => News::Away,
    }
}

/// Hands a message about several rows over, if it could be written; `about`: the one incident that all of them are of. It
/// is said in the product's words: those of the organisation are about one incident.
pub(super) async fn send(
    context: &NotifyContext,
    channel: &dyn Channel,
    (row, scene): (&Model, &Scene),
    about: Option<&incident::Model>,
    message: Result<Message, TemplateError>,
    now: UnixMs,
) -> Outcome {
    let settings = match open_settings(context, channel, row, scene) {
        Ok(settings) => settings,
        Err(outcome) => return outcome,
    };
    match message {
        Ok(message) => {
            let message = scene.personal.as_seen(channel, message, about);
            send_following(&context.db, channel, &settings, &message, now).await
        }
        Err(error) => not_written(channel, &error),
    }
}

pub(super) fn message(
    context: &NotifyContext,
    channel: &dyn Channel,
    kind: Kind,
    row: &Model,
    scene: &Scene,
    now: UnixMs,
) -> Result<Message, TemplateError> {
    let delivery = Uuid::parse_str(&row.delivery_uuid).unwrap_or_default();
    let templates = &context.templates;
    if let Some(handoff) = &scene.handoff {
        return templates.handoff(delivery, &row.recipient, &handoff.view, now);
    }
    if kind == Kind::Notice {
        let failing: Vec<_> = scene
            .failing
            .iter()
            .map(|row| failing(&context.registry, row))
            .collect();
        return templates.notice(delivery, &row.recipient, &failing, now);
    }
    if kind == Kind::Canary {
        return templates.canary(delivery, channel.label(), &row.recipient, now);
    }
    let Some(incident) = &scene.incident else {
        return templates.test(delivery, channel.label(), &row.recipient, now);
    };
    let view = IncidentView {
        acknowledge_url: link_of(context, row, scene),
        back: is_to_owner(row, incident),
        ..view_of(incident, scene)
    };
    templates.incident(delivery, kind, &row.recipient, &view, now)
}

/// Where a message about one incident is answered with one tap.
pub(super) fn link_of(context: &NotifyContext, row: &Model, scene: &Scene) -> Option<String> {
    let (incident, execution) = (scene.incident.as_ref()?, scene.execution.as_ref());
    link::url(context, kind_of(row), row, incident, execution)
}

/// An incident as messages tell of it, without the link of one message.
pub(super) fn view_of(incident: &incident::Model, scene: &Scene) -> IncidentView {
    IncidentView {
        id: incident.id,
        title: scene.personal.title_of(incident),
        severity: severity_of(incident),
        server_name: incident.server_name.clone(),
        detector: incident.detector.clone(),
        observed: incident.observed.clone(),
        expected: incident.expected.clone(),
        command: incident.command.clone(),
        runbook: scene.runbook.clone(),
        acknowledged: is_acknowledged(incident),
        back: false,
        opened_at: incident.opened_at.into(),
        resolved_at: incident.resolved_at.map(UnixMs::from),
        withdrawn: scene
            .execution
            .as_ref()
            .is_some_and(|row| row.state == executions::State::Withdrawn.name()),
        acknowledge_url: None,
    }
}

fn facts(kind: Kind, row: &Model, scene: &Scene) -> Facts {
    let incident = scene.incident.as_ref().map(|incident| IncidentFacts {
        resolved: is_resolved(incident),
        acknowledged: is_acknowledged(incident),
        superseded: is_superseded(kind, row, scene),
        only_if_unacknowledged: !is_to_owner(row, incident)
            && position_of(row)
                .zip(scene.execution.as_ref().and_then(policy_of))
                .is_none_or(|(at, policy)| step::step_at(&policy, at).only_if_unacknowledged),
        held: scene.execution.as_ref().and_then(held),
        maintenance: scene.maintenance,
    });
    Facts {
        kind,
        channel_enabled: scene
            .channel
            .as_ref()
            .is_some_and(|channel| channel.enabled),
        // Only what was queued, be it by hand, has a time at which the outbox sends it.
        abandoned: row.next_attempt_at.is_none(),
        handoff: scene
            .handoff
            .as_ref()
            .map(|handoff| HandoffFacts { over: handoff.over }),
        others_fail: !scene.failing.is_empty(),
        incident,
    }
}

/// Why an escalation stands still, in the delivery log.
fn held(execution: &execution::Model) -> Option<&'static str> {
    execution.held_at?;
    Some(match execution.held_for.as_deref() {
        Some("snoozed") => "held back while it is snoozed",
        Some("maintenance") => "held back during maintenance",
        _ => "held back while the server is down",
    })
}

/// A row of an older generation has another key than the same message would have today.
fn is_superseded(kind: Kind, row: &Model, scene: &Scene) -> bool {
    let (Some(incident), Some(execution)) = (row.incident_id, &scene.execution) else {
        return false;
    };
    let Ok(generation) = Uuid::parse_str(&execution.generation) else {
        return false;
    };
    let today = MessageIdentity {
        incident,
        generation,
        position: position_of(row),
        channel: &row.channel,
        recipient_key: &row.recipient_key,
        kind: kind.name(),
    };
    today.key() != row.idempotency_key
}

fn position_of(row: &Model) -> Option<Position> {
    let (step, pass) = row.step.zip(row.pass)?;
    Some(Position {
        step: u32::try_from(step).ok()?,
        pass: u32::try_from(pass).ok()?,
    })
}

fn policy_of(execution: &execution::Model) -> Option<PolicySnapshot> {
    PolicySnapshot::deserialize(&execution.policy).ok()
}
