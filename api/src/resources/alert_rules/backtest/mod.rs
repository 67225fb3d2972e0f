//! `POST /api/alert-rules/backtest`: what a rule would have done, and whom it would have told.
//!
//! One runs at a time on a node, on a thread of its own; who comes meanwhile is told when to come back. `noc backtest`
//! does the same without the server.

mod view;

pub use view::*;

use super::check::check_draft;
use super::{NewAlertRule, find};
use crate::error::{ApiError, ErrorBody, Problems};
use crate::http::{Id, Json};
use crate::state::AppState;
use actix_web::{post, web};
use chrono::{DateTime, Utc};
use noc_actors::backtest::{self, BacktestError, Budget, Plan, Source};
use noc_actors::incident::tell::Tellers;
use noc_actors::notify::channel::Registry;
use noc_pipeline::clock::UnixMs;
use noc_pipeline::id::ServerId;
use noc_pipeline::log::PayloadLog;
use noc_pipeline::payload::find_metric;
use noc_storage::relational::entity::{alert_rule, server};
use noc_storage::relational::{Db, alert_rules, escalation_policies, servers};
use noc_storage::series::SeriesStore;
use serde_json::json;
use std::collections::HashMap;
use std::time::Duration;

/// The id of a rule that is not stored yet: behind all that are.
const DRAFT_ID: i64 = i64::MAX;
/// When to come back while another one runs: they take 30 s at most.
const COME_BACK: Duration = Duration::from_secs(10);

/// Tries a rule on what was recorded. Nothing is stored, nobody is told.
#[utoipa::path(tag = "rules", request_body = NewBacktest,
    responses((status = 200, body = Backtest),
        (status = 429, description = "`too_many_requests`: another one runs on this node; see `Retry-After`", body = ErrorBody)))]
#[post("/api/alert-rules/backtest")]
pub async fn backtest_alert_rule(
    state: web::Data<AppState>,
    body: Json<NewBacktest>,
) -> Result<web::Json<Backtest>, ApiError> {
    let Json(new) = body;
    let prepared = prepare(state.db(), &state.channels, new, state.now_ms()).await?;
    let Ok(alone) = state.backtests.clone().try_acquire_owned() else {
        return Err(ApiError::TooManyRequests {
            retry_after: COME_BACK,
        });
    };
    let (series, log) = (state.parts.series.clone(), state.parts.log.clone());
    let runtime = tokio::runtime::Handle::current();
    // Judging keeps a CPU busy: on a thread that no request waits for, to its end even if nobody waits any more.
    let work = move || {
        let _alone = alone;
        runtime.block_on(prepared.run(Some(&*series), Some(&*log)))
    };
    let done = tokio::task::spawn_blocking(work).await;
    Ok(web::Json(done.map_err(ApiError::internal)??))
}

/// A backtest that can be run.
pub struct Prepared {
    plan: Plan,
    source: Source,
    names: HashMap<ServerId, (String, Vec<String>)>,
    new: Tellers,
    in_force: Option<(i64, i64, Tellers)>,
}

/// Checks what is asked for, and reads the rules and servers that it is about.
///
/// # Errors
/// [`ApiError::Invalid`] names what is wrong.
pub async fn prepare(
    db: &Db,
    channels: &Registry,
    new: NewBacktest,
    now: UnixMs,
) -> Result<Prepared, ApiError> {
    let rule = NewAlertRule::from(new.rule);
    let (from, to) = (UnixMs::from(new.from), UnixMs::from(new.to).min(now));
    let mut problems = Problems::new();
    check_draft(&mut problems, &rule, channels);
    if let Some(id) = rule.escalation_policy_id {
        let known = escalation_policies::by_id(db.read(), id).await?;
        problems.require(known.is_some(), "escalation_policy_id", "is no policy");
    }
    let mut problems = problems.within("rule");
    problems.require(from < to, "from", "must lie before `to` and before now");
    problems.require(
        to.since(from) <= backtest::MAX_SPAN,
        "from",
        "must lie at most 31 days before `to`",
    );
    let monitored = servers::monitored(db.read()).await?;
    let draw = new.server.map(|id| known_server(&monitored, id));
    problems.require(draw != Some(None), "server", "is no monitored server");
    let replaced = match new.compare_with {
        Some(id) => find(db.read(), Id(id))
            .await
            .map(Some)
            .or_else(|error| match error {
                ApiError::NotFound(_) => {
                    problems.add("compare_with", "is no rule");
                    Ok(None)
                }
                other => Err(other),
            })?,
        None => None,
    };
    problems.into_result()?;

    let stored = alert_rules::all(db.read()).await?;
    let others = stored
        .iter()
        .filter(|row| row.enabled && Some(row.id) != new.compare_with);
    let draft = draft_row(rule, new.compare_with.unwrap_or(DRAFT_ID), now);
    let plan = Plan {
        rule: draft.as_control()?,
        in_force: replaced
            .as_ref()
            .map(alert_rule::Model::as_control)
            .transpose()?,
        others: others
            .map(alert_rule::Model::as_control)
            .collect::<Result<_, _>>()?,
        servers: monitored.iter().map(server::Model::settings).collect(),
        from,
        to,
        draw: draw.flatten(),
        budget: Budget::default(),
    };
    let source = plan.source().map_err(refused)?;
    let in_force = match replaced {
        Some(row) => Some((row.id, row.version, Tellers::load(db.read(), None).await?)),
        None => None,
    };
    let new = Tellers::load(db.read(), Some(draft)).await?;
    let names = monitored.iter();
    let names = names.map(|row| (row.server_id(), (row.name.clone(), row.tag_list())));
    Ok(Prepared {
        plan,
        source,
        names: names.collect(),
        new,
        in_force,
    })
}

fn known_server(monitored: &[server::Model], id: i64) -> Option<ServerId> {
    let row = monitored.iter().find(|row| row.id == id)?;
    Some(row.server_id())
}

/// The rule as it would be stored; one that is off would do nothing, and so is tried as if it were on.
fn draft_row(rule: NewAlertRule, id: i64, now: UnixMs) -> alert_rule::Model {
    let (channels, policy) = (rule.channels.clone(), rule.escalation_policy_id);
    let now: DateTime<Utc> = now.to_datetime();
    // Nobody to tell yet: no channels.
    let channels = channels.or_else(|| policy.is_none().then(Vec::new));
    alert_rule::Model {
        id,
        name: rule.name.trim().to_owned(),
        enabled: true,
        severity: rule.severity.map(|severity| {
            noc_pipeline::control::Severity::from(severity)
                .name()
                .to_owned()
        }),
        scope: json!(noc_pipeline::control::Scope::from(rule.scope)),
        condition: json!(noc_pipeline::control::Condition::from(rule.condition)),
        channels: channels.map(|channels| json!(channels)),
        escalation_policy_id: policy,
        runbook_url: rule.runbook_url,
        is_default: false,
        version: 0,
        created_at: now,
        updated_at: now,
    }
}

impl Prepared {
    /// Where it reads from.
    #[must_use]
    pub const fn source(&self) -> Source {
        self.source
    }

    /// Runs it, on the store that [`Prepared::source`] names.
    ///
    /// # Errors
    /// [`ApiError::Invalid`] where the log holds nothing of the span; what the store says.
    pub async fn run(
        &self,
        series: Option<&dyn SeriesStore>,
        log: Option<&dyn PayloadLog>,
    ) -> Result<Backtest, ApiError> {
        let missing = || ApiError::internal("a backtest needs a store that is not open");
        let answer = match self.source {
            Source::Series { .. } => {
                backtest::over_series(series.ok_or_else(missing)?, &self.plan).await
            }
            Source::Log => backtest::over_log(log.ok_or_else(missing)?, &self.plan).await,
        };
        Ok(self.view(answer.map_err(refused)?))
    }

    /// Notes for people on what the answer does not cover.
    fn notes(&self, answer: &backtest::Answer) -> Vec<String> {
        let mut notes = Vec::new();
        let what = match self.source {
            Source::Series { .. } => {
                "Measured values as they are stored, those included that came too late to be judged then"
            }
            Source::Log => "The payload log, which is kept for 72 h",
        };
        notes.push(format!(
            "{what}. Acknowledgements, resolves by hand and time off are not replayed."
        ));
        let span = answer.learned_since;
        if answer.from > self.plan.from {
            notes.push(format!(
                "What was recorded begins at {span}: nothing before that was tried."
            ));
        }
        match self.source {
            Source::Log
                if answer.learned_since > self.plan.from.minus(backtest::LEARN_DETECTOR) =>
            {
                notes.push(format!("The log begins at {span}: baselines that take longer to learn than from there are not known."));
            }
            Source::Log => {
                notes.push(format!(
                    "Baselines are learned from {span} on; what takes longer to learn is not known."
                ));
            }
            Source::Series { .. } => {}
        }
        if answer.truncated {
            notes.push(format!(
                "Not finished: {} of {} servers were replayed, {} values. Ask for fewer servers or a shorter time.",
                answer.servers, answer.servers_in_scope, answer.samples
            ));
        }
        if let Source::Series { kind, field } = self.source
            && find_metric(&format!("{}.{field}", kind.name())).is_some_and(|m| m.is_counter())
        {
            notes.push(
                "A counter: a rule on its baseline judges what it grows by a second.".to_owned(),
            );
        }
        notes
    }
}

fn refused(error: BacktestError) -> ApiError {
    match error {
        BacktestError::NoMetric => ApiError::field("rule.condition.metric", error.to_string()),
        BacktestError::NotComparable => ApiError::field("compare_with", error.to_string()),
        BacktestError::LogBegins { .. } => ApiError::field("from", error.to_string()),
        BacktestError::Series(error) => error.into(),
        BacktestError::Log(error) => error.into(),
    }
}
