//! `.../simulate`: whom a policy would tell, where and when. Nothing is stored, nothing is sent.

use super::{EscalationPolicyPatch, NewEscalationPolicy, draft, find, merge, problems_of};
use crate::error::{ApiError, ErrorBody, Problems};
use crate::http::{Id, Json};
use crate::resources::detectors;
use crate::resources::incidents::{Person, Severity};
use crate::state::AppState;
use actix_web::{post, web};
use chrono::{DateTime, Utc};
use noc_actors::escalation::PolicySnapshot;
use noc_actors::escalation::simulate::{
    Ending, Event, Fires, Imagined, Simulation, Told, What, load, simulate,
};
use noc_pipeline::clock::UnixMs;
use noc_pipeline::id::ServerId;
use noc_storage::relational::servers;
use serde::{Deserialize, Serialize};
use std::time::Duration;
use utoipa::ToSchema;

/// How far from now an incident may be imagined.
const FURTHEST: Duration = Duration::from_secs(366 * 24 * 3_600);

/// The incident that is imagined: it opens, nobody acknowledges it, and it lasts.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ImaginedIncident {
    /// When it opens; now when absent. Within a year.
    #[serde(default)]
    pub at: Option<DateTime<Utc>>,
    /// How bad it is.
    pub severity: Severity,
    /// On which server; null: the fleet's. Maintenance windows ask for it.
    #[serde(default)]
    pub server_id: Option<i64>,
    /// Key of the detector that finds it; null: one that no maintenance window names.
    #[serde(default)]
    pub detector: Option<String>,
}

/// A policy that need not be stored, and an incident.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PolicyTrial {
    /// As it would be saved; its name may be empty.
    pub policy: NewEscalationPolicy,
    /// When it opens; now when absent. Within a year.
    #[serde(default)]
    pub at: Option<DateTime<Utc>>,
    /// How bad it is.
    pub severity: Severity,
    /// On which server; null: the fleet's.
    #[serde(default)]
    pub server_id: Option<i64>,
    /// Key of the detector that finds it; null: one that no maintenance window names.
    #[serde(default)]
    pub detector: Option<String>,
}

/// What would happen within 24 h.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PolicySimulation {
    /// When the incident opens.
    pub opened_at: DateTime<Utc>,
    /// IANA name of the organisation's zone.
    pub timezone: String,
    /// Seconds that the incident must last before anybody is told; null: this severity pages nobody.
    pub hold_seconds: Option<u64>,
    /// In the order of time; 300 steps at most.
    pub events: Vec<SimulatedEvent>,
    /// How it ends.
    pub ending: SimulatedEnding,
    /// What is about no single step.
    pub warnings: Vec<String>,
}

/// How a simulation ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SimulatedEnding {
    /// The severity pages nobody.
    PagesNobody,
    /// All passes are done.
    Done,
    /// It goes on beyond what is shown.
    GoesOn,
}

/// What happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SimulatedType {
    /// A step fires.
    Step,
    /// Every admin is called, because all passes are done and it is critical.
    EveryAdmin,
    /// Maintenance begins to hold the escalation back.
    Held,
    /// It no longer does.
    GoesOn,
}

/// One thing that would happen.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SimulatedEvent {
    /// When.
    pub at: DateTime<Utc>,
    /// The same, in seconds after the incident opened.
    pub at_seconds: u64,
    /// What.
    #[serde(rename = "type")]
    pub kind: SimulatedType,
    /// Of a step its number, from 1.
    pub step: Option<u32>,
    /// Of a step and of a call its pass, from 1.
    pub pass: Option<u32>,
    /// What is said: `problem` or `reminder`.
    pub message: Option<String>,
    /// To whom; none although a step fires: nobody is reached, and the next step follows at once.
    pub told: Vec<SimulatedRecipient>,
    /// What leads nowhere, or may not arrive.
    pub warnings: Vec<String>,
    /// The maintenance window that holds back.
    pub window: Option<String>,
    /// When the next step is due, once it goes on.
    pub next_at: Option<DateTime<Utc>>,
}

/// Somebody who would be told.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SimulatedRecipient {
    /// Channel.
    pub channel: String,
    /// Its shown name.
    pub label: String,
    /// Address.
    pub recipient: String,
    /// Whose it is, where it is an account's.
    pub user: Option<Person>,
    /// Why it does not arrive at once: their quiet hours, or their digest; null: it does.
    pub kept_back: Option<String>,
}

/// Runs a stored policy dry.
#[utoipa::path(tag = "escalation", params(("id" = i64, Path, description = "Policy")), request_body = ImaginedIncident,
    responses((status = 200, body = PolicySimulation), (status = 404, body = ErrorBody)))]
#[post("/api/escalation-policies/{id}/simulate")]
pub async fn simulate_escalation_policy(
    state: web::Data<AppState>,
    id: Id,
    body: Json<ImaginedIncident>,
) -> Result<web::Json<PolicySimulation>, ApiError> {
    let stored = find(state.db().read(), id).await?;
    let policy = super::EscalationPolicy::new(stored, 0)?;
    let policy = merge(policy, EscalationPolicyPatch::default());
    run(&state, policy, body.0, Problems::new()).await
}

/// Runs a policy dry that need not be stored.
#[utoipa::path(tag = "escalation", request_body = PolicyTrial,
    responses((status = 200, body = PolicySimulation), (status = 422, body = ErrorBody)))]
#[post("/api/escalation-policies/simulate")]
pub async fn simulate_draft_policy(
    state: web::Data<AppState>,
    body: Json<PolicyTrial>,
) -> Result<web::Json<PolicySimulation>, ApiError> {
    let Json(trial) = body;
    let mut policy = trial.policy;
    if policy.name.trim().is_empty() {
        "unnamed".clone_into(&mut policy.name);
    }
    let problems = problems_of(&state, &policy).await?.within("policy");
    let imagined = ImaginedIncident {
        at: trial.at,
        severity: trial.severity,
        server_id: trial.server_id,
        detector: trial.detector,
    };
    run(&state, policy, imagined, problems).await
}

async fn run(
    state: &AppState,
    policy: NewEscalationPolicy,
    imagined: ImaginedIncident,
    problems: Problems,
) -> Result<web::Json<PolicySimulation>, ApiError> {
    let imagined = read(state, imagined, problems).await?;
    let world = load(state.db().read(), &state.channels, imagined.at).await?;
    let policy = PolicySnapshot::draft(&draft(policy));
    let simulation = simulate(&policy, &imagined, &world);
    Ok(web::Json(shown(state, imagined.at, simulation)))
}

/// The incident, if nothing is wrong with it.
async fn read(
    state: &AppState,
    ask: ImaginedIncident,
    mut problems: Problems,
) -> Result<Imagined, ApiError> {
    let now = state.now_ms();
    let at = ask.at.map_or(now, UnixMs::from);
    problems.require(
        at >= now.minus(FURTHEST) && at <= now.plus(FURTHEST),
        "at",
        "must be within a year of now",
    );
    let id = ask
        .server_id
        .map(|id| u32::try_from(id).unwrap_or_default());
    let server = match id {
        Some(id) => servers::by_id(state.db().read(), ServerId(id)).await?,
        None => None,
    };
    problems.require(
        ask.server_id.is_none() || server.is_some(),
        "server_id",
        "is no server",
    );
    if let Some(detector) = &ask.detector {
        problems.require(
            detectors::is_detector(detector),
            "detector",
            "is no detector: see GET /api/detectors",
        );
    }
    problems.into_result()?;
    Ok(Imagined {
        at,
        severity: ask.severity.into(),
        tags: server
            .as_ref()
            .map(|row| row.tag_list())
            .unwrap_or_default(),
        server: server.map(|row| row.server_id()),
        detector: ask.detector,
    })
}

fn shown(state: &AppState, opened_at: UnixMs, simulation: Simulation) -> PolicySimulation {
    let events = simulation.events.into_iter();
    PolicySimulation {
        opened_at: opened_at.to_datetime(),
        timezone: state.config.accounts.timezone.name().to_owned(),
        hold_seconds: simulation.hold.map(|hold| hold.as_secs()),
        events: events
            .map(|event| event_of(state, opened_at, event))
            .collect(),
        ending: match simulation.ending {
            Ending::PagesNobody => SimulatedEnding::PagesNobody,
            Ending::Done => SimulatedEnding::Done,
            Ending::GoesOn => SimulatedEnding::GoesOn,
        },
        warnings: simulation.warnings,
    }
}

fn event_of(state: &AppState, opened_at: UnixMs, event: Event) -> SimulatedEvent {
    let bare = |kind| SimulatedEvent {
        at: event.at.to_datetime(),
        at_seconds: event.at.since(opened_at).as_secs(),
        kind,
        step: None,
        pass: None,
        message: None,
        told: Vec::new(),
        warnings: Vec::new(),
        window: None,
        next_at: None,
    };
    match event.what {
        What::Held { window } => SimulatedEvent {
            window: Some(window),
            ..bare(SimulatedType::Held)
        },
        What::GoesOn { next_at } => SimulatedEvent {
            next_at: Some(next_at.to_datetime()),
            ..bare(SimulatedType::GoesOn)
        },
        What::Fires(fires) => {
            let Fires {
                position,
                last_resort,
                kind,
                told,
                warnings,
            } = fires;
            let sort = if last_resort {
                SimulatedType::EveryAdmin
            } else {
                SimulatedType::Step
            };
            SimulatedEvent {
                step: (!last_resort).then(|| position.step.saturating_add(1)),
                pass: Some(position.pass.saturating_add(1)),
                message: Some(kind.name().to_owned()),
                told: told.into_iter().map(|told| told_of(state, told)).collect(),
                warnings,
                ..bare(sort)
            }
        }
    }
}

fn told_of(state: &AppState, told: Told) -> SimulatedRecipient {
    let Told {
        recipient,
        name,
        kept_back,
    } = told;
    let known = state.channels.get(&recipient.channel);
    let label = known.map_or(recipient.channel.as_str(), |channel| channel.label());
    SimulatedRecipient {
        label: label.to_owned(),
        user: recipient
            .user
            .zip(name)
            .map(|(id, name)| Person { id, name }),
        kept_back,
        channel: recipient.channel,
        recipient: recipient.address,
    }
}
