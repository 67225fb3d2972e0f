//! `/api/servers/{id}/decisions`: what the detectors decided about a server, and why: "why did it not page?".

use crate::auth::caller::Caller;
use crate::error::{ApiError, ErrorBody};
use crate::http::{Id, List, Meta, Query, Shown};
use crate::resources::detectors;
use crate::resources::hosting::events::{cursor_of, read_cursor, text_is};
use crate::resources::incidents::Severity;
use crate::resources::servers::{find, server_id};
use crate::state::AppState;
use actix_web::{get, web};
use chrono::{DateTime, Utc};
use noc_actors::incident::lifecycle::Reason;
use noc_pipeline::clock::UnixMs;
use noc_pipeline::control;
use noc_pipeline::payload::events::{EVENTS_KEPT, EventTable, EventValue};
use noc_storage::series::{Event, EventQuery};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

const DEFAULT_ROWS: u64 = 50;
const MOST_ROWS: u64 = 200;

/// What a detector decided about one subject, and why.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Decision {
    /// When the report came that led to it.
    pub at: DateTime<Utc>,
    /// Key of the detector.
    pub detector: String,
    /// Its name, for people.
    pub detector_name: String,
    /// Mount, service, mailbox ...; empty where it is about the server itself.
    pub subject: String,
    /// What the detector said: `breach`, `clear`, `learning`, `unknown`.
    pub verdict: String,
    /// What came of it: `opened`, `reopened`, `rose`, `cleared`, or why nothing did: `learning`, `unknown`,
    /// `held_by_server_down`, `quiet_after_manual_resolve`, `held_open_flapping` ...
    pub reason: String,
    /// The same in words.
    pub explanation: String,
    /// Whether it opened, changed or ended an incident.
    pub moved: bool,
    /// How bad it is; null unless it was a breach.
    pub severity: Option<Severity>,
    /// What was seen, or why nothing can be said.
    pub observed: Option<String>,
    /// What would be fine.
    pub expected: Option<String>,
    /// Samples the judgement rests on.
    pub samples: Option<u32>,
    /// The limit that applied, in the metric's unit.
    pub threshold: Option<f64>,
    /// The user's rule that judged.
    pub rule_id: Option<i64>,
    /// Its version then.
    pub rule_version: Option<i64>,
}

/// Which decisions.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct DecisionQuery {
    /// Keys of detectors, separated by commas; all when absent.
    pub detector: Option<String>,
    /// One subject, exactly.
    pub subject: Option<String>,
    /// Only what opened, changed or ended an incident (`true`), or only why nothing happened (`false`).
    pub moved: Option<bool>,
    /// First instant; 30 days back when absent.
    pub from: Option<DateTime<Utc>>,
    /// Last instant, exclusive; now when absent.
    pub to: Option<DateTime<Utc>>,
    /// Rows on the page, 1 to 200; 50 when absent.
    pub limit: Option<u64>,
    /// Where the page begins.
    pub cursor: Option<String>,
}

/// What was decided about a server, newest first. Reasons for doing nothing are recorded when they change, and once in 6 h.
#[utoipa::path(tag = "servers", params(("id" = i64, Path, description = "Server"), DecisionQuery),
    responses((status = 200, body = List<Decision>), (status = 404, body = ErrorBody)))]
#[get("/api/servers/{id}/decisions")]
pub async fn server_decisions(
    state: web::Data<AppState>,
    caller: Caller,
    id: Id,
    query: Query<DecisionQuery>,
) -> Result<Shown<List<Decision>>, ApiError> {
    let Query(query) = query;
    let server = server_id(id)?;
    find(state.db().read(), server).await?;
    let rows = query.limit.unwrap_or(DEFAULT_ROWS);
    if !(1..=MOST_ROWS).contains(&rows) {
        return Err(ApiError::field("limit", "must be 1 to 200"));
    }
    let mut conditions = Vec::new();
    if let Some(keys) = query.detector.as_deref().filter(|keys| !keys.is_empty()) {
        let keys: Vec<&str> = keys.split(',').map(str::trim).collect();
        if let Some(unknown) = keys.iter().find(|key| !detectors::is_detector(key)) {
            return Err(ApiError::field(
                "detector",
                format!("{unknown:?} is no detector: see GET /api/detectors"),
            ));
        }
        conditions.push(text_is("detector", keys));
    }
    if let Some(subject) = query.subject.as_deref() {
        conditions.push(text_is("subject", [subject]));
    }
    if let Some(moved) = query.moved {
        let reasons = Reason::ALL.into_iter().filter(|r| r.moved() == moved);
        conditions.push(text_is("reason", reasons.map(Reason::name)));
    }
    let now = state.now_ms();
    let page = state
        .parts
        .series
        .events(&EventQuery {
            table: EventTable::Decisions,
            servers: Some(vec![server]),
            from: query.from.map_or(now.minus(EVENTS_KEPT), UnixMs::from),
            to: query
                .to
                .map_or(UnixMs(now.0.saturating_add(1)), UnixMs::from),
            conditions,
            limit: usize::try_from(rows).unwrap_or_default(),
            after: query.cursor.as_deref().map(read_cursor).transpose()?,
        })
        .await?;
    let data: Vec<Decision> = page.events.iter().map(Decision::of).collect();
    let list = List {
        meta: Meta {
            next_cursor: page.next.map(cursor_of),
            total: data.len() as u64,
        },
        data,
    };
    Ok(Shown::to(&caller, list))
}

impl Decision {
    fn of(event: &Event) -> Self {
        let cell = |column: &str| {
            let place = EventTable::Decisions.place(column)?;
            event.row.values.get(place)?.as_ref()
        };
        let text = |column: &str| {
            cell(column)
                .and_then(EventValue::as_text)
                .map(str::to_owned)
        };
        let number = |column: &str| match cell(column) {
            Some(EventValue::Number(number)) => Some(*number),
            _ => None,
        };
        let detector = text("detector").unwrap_or_default();
        let reason = text("reason").unwrap_or_default();
        let known = Reason::from_name(&reason);
        let severity = text("severity");
        Self {
            at: event.row.at.to_datetime(),
            detector_name: detectors::name(&detector).to_owned(),
            subject: text("subject").unwrap_or_default(),
            verdict: text("verdict").unwrap_or_default(),
            explanation: known.map_or_else(|| reason.clone(), |known| words(known).to_owned()),
            moved: known.is_some_and(Reason::moved),
            severity: severity
                .and_then(|name| control::Severity::from_name(&name))
                .map(Severity::from),
            observed: text("observed"),
            expected: text("expected"),
            samples: number("samples").map(whole),
            threshold: number("threshold"),
            rule_id: number("rule_id").map(|id| i64::from(whole(id))),
            rule_version: number("rule_version").map(|version| i64::from(whole(version))),
            detector,
            reason,
        }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "counts and ids written as whole numbers; a cast saturates"
)]
const fn whole(number: f64) -> u32 {
    number as u32
}

fn words(reason: Reason) -> &'static str {
    match reason {
        Reason::Opened => "An incident opened.",
        Reason::Reopened => "The incident that had just ended opened again.",
        Reason::Rose => "The incident got worse.",
        Reason::Cleared => "The condition is over: the incident ended.",
        Reason::HeldByServerDown => "Held back: the server itself is down.",
        Reason::QuietAfterManualResolve => {
            "Held back: somebody resolved it by hand less than 30 min before."
        }
        Reason::HeldByFleetSilent => {
            "Held back: its whole group is silent, which has an incident of its own."
        }
        Reason::HeldByDuplicateAgent => {
            "Held back: two agents report as this server, and this compares reports of two hosts."
        }
        Reason::HeldOpenFlapping => "Kept open: it comes and goes.",
        Reason::Learning => "Not judged: too few samples yet.",
        Reason::Unknown => "Not judged: nothing can be said.",
    }
}
