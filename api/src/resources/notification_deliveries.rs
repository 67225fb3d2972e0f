//! `/api/notification-deliveries`: who was told what, over what, and what came of it.

use crate::auth::caller::Caller;
use crate::error::{ApiError, ErrorBody};
use crate::http::{Id, List, Query, Shown, names};
use crate::state::AppState;
use crate::transaction::in_transaction;
use actix_web::{get, post, web};
use chrono::{DateTime, Utc};
use noc_pipeline::live::LiveEvent;
use noc_storage::relational::deliveries::{self, Status};
use noc_storage::relational::entity::notification_delivery::{Column, Entity, Model};
use noc_storage::relational::page::{PageRequest, SortBy, page};
use noc_storage::relational::{Db, StoreError};
use sea_orm::sea_query::{CaseStatement, Expr, ExprTrait as _};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryTrait as _};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};

/// How a delivery stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryStatus {
    /// Waits for its turn.
    Queued,
    /// Is being handed over.
    Sending,
    /// The provider took it.
    Sent,
    /// The provider says it arrived.
    Delivered,
    /// Failed, and will be tried again.
    Retrying,
    /// Failed for good.
    Failed,
    /// Held back by a rule.
    Suppressed,
    /// No longer needed.
    Cancelled,
    /// Too old to be of use.
    Expired,
}

/// A message to one recipient over one channel; the body of `delivery.updated`.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Delivery {
    /// Id.
    pub id: i64,
    /// Incident it is about.
    pub incident_id: Option<i64>,
    /// `problem`, `recovery`, `reminder`, `digest`, `test` ...
    pub kind: String,
    /// Channel.
    pub channel: String,
    /// Address, as shown.
    pub recipient: String,
    /// Account it was meant for.
    pub user_id: Option<i64>,
    /// How it stands.
    pub status: DeliveryStatus,
    /// How often it was tried.
    pub attempts: i32,
    /// When it is tried again.
    pub next_retry_at: Option<DateTime<Utc>>,
    /// What the provider calls it.
    pub provider_id: Option<String>,
    /// Why it was not sent, or what the provider said.
    pub reason: Option<String>,
    /// When it was queued.
    pub created_at: DateTime<Utc>,
    /// When the provider took it.
    pub sent_at: Option<DateTime<Utc>>,
}

/// Which deliveries, in which order.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct DeliveryQuery {
    /// Statuses, separated by commas.
    pub status: Option<String>,
    /// Channel.
    pub channel: Option<String>,
    /// Incident.
    pub incident_id: Option<i64>,
    /// Account.
    pub user_id: Option<i64>,
    /// Queued at this time or later.
    pub from: Option<DateTime<Utc>>,
    /// Queued before this time.
    pub to: Option<DateTime<Utc>>,
    /// `-created_at` (the default), or `trouble`: failed ones first, then those under way; `-` before it turns around.
    pub sort: Option<String>,
    /// Rows on the page, 1 to 200; 50 when absent.
    pub limit: Option<u64>,
    /// Where the page begins.
    pub cursor: Option<String>,
}

impl From<Model> for Delivery {
    fn from(row: Model) -> Self {
        Self {
            id: row.id,
            incident_id: row.incident_id,
            kind: row.kind,
            channel: row.channel,
            recipient: row.recipient,
            user_id: row.user_id,
            status: DeliveryStatus::read(&row.status),
            attempts: row.attempts,
            // Of a delivery that is not waiting the column only says when it last was due.
            next_retry_at: row
                .next_attempt_at
                .filter(|_| matches!(row.status.as_str(), "queued" | "retrying")),
            provider_id: row.provider_id,
            reason: row.reason,
            created_at: row.created_at,
            sent_at: row.sent_at,
        }
    }
}

impl DeliveryStatus {
    /// As the database spells it.
    fn read(name: &str) -> Self {
        match Status::from_name(name) {
            Some(Status::Queued) => Self::Queued,
            Some(Status::Sending) => Self::Sending,
            Some(Status::Sent) => Self::Sent,
            Some(Status::Delivered) => Self::Delivered,
            Some(Status::Retrying) => Self::Retrying,
            Some(Status::Suppressed) => Self::Suppressed,
            Some(Status::Cancelled) => Self::Cancelled,
            Some(Status::Expired) => Self::Expired,
            Some(Status::Failed) | None => Self::Failed,
        }
    }
}

/// The orders of the delivery log.
const SORTS: &[SortBy<Model>] = &[
    SortBy {
        name: "created_at",
        by: || Expr::col((Entity, Column::CreatedAt)),
        value: |row| row.created_at.into(),
    },
    SortBy {
        name: "trouble",
        by: || {
            TROUBLE
                .iter()
                .fold(CaseStatement::new(), |case, status| {
                    let is = Expr::col((Entity, Column::Status)).eq(status.name());
                    case.case(is, trouble(status.name()))
                })
                .finally(trouble(""))
                .into()
        },
        value: |row| trouble(&row.status).into(),
    },
];

const TROUBLE: [Status; 6] = [
    Status::Failed,
    Status::Retrying,
    Status::Suppressed,
    Status::Expired,
    Status::Queued,
    Status::Sending,
];

fn trouble(status: &str) -> i64 {
    let place = TROUBLE.iter().position(|known| known.name() == status);
    i64::try_from(place.unwrap_or(TROUBLE.len())).unwrap_or(i64::MAX)
}

/// Deliveries, newest first.
#[utoipa::path(tag = "notifications", params(DeliveryQuery),
    responses((status = 200, body = List<Delivery>)))]
#[get("/api/notification-deliveries")]
pub async fn list_notification_deliveries(
    state: web::Data<AppState>,
    caller: Caller,
    query: Query<DeliveryQuery>,
) -> Result<Shown<List<Delivery>>, ApiError> {
    let Query(query) = query;
    let statuses = names("status", query.status.as_deref(), Status::from_name)?;
    let mut matching = Entity::find()
        .apply_if(query.channel, |select, channel| {
            select.filter(Column::Channel.eq(channel))
        })
        .apply_if(query.incident_id, |select, incident| {
            select.filter(Column::IncidentId.eq(incident))
        })
        .apply_if(query.user_id, |select, user| {
            select.filter(Column::UserId.eq(user))
        })
        .apply_if(query.from, |select, from| {
            select.filter(Column::CreatedAt.gte(from))
        })
        .apply_if(query.to, |select, to| {
            select.filter(Column::CreatedAt.lt(to))
        });
    if !statuses.is_empty() {
        matching = matching.filter(Column::Status.is_in(statuses.iter().map(|s| s.name())));
    }
    let request = PageRequest {
        limit: query.limit,
        cursor: query.cursor,
        sort: query.sort,
    };
    // Who turns to a later page did not come to see what they just did.
    let read = match &request.cursor {
        Some(_) => state.db().reports().await,
        None => state.db().read(),
    };
    let page = page(read, matching, &request, SORTS, "-created_at", Column::Id).await?;
    let list: List<Delivery> = page.map(Delivery::from).into();
    Ok(Shown::to(&caller, list))
}

/// One step on a delivery's way: a try to send it, or what was told or done about it afterwards.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct DeliveryAttempt {
    /// When.
    pub at: DateTime<Utc>,
    /// Of a try: `sent`, `retry`, `permanent`. Told by the provider: `delivered`, `read`, `failed`. Done because it was not
    /// taken: `failed_over` (it also went elsewhere), `instead` (it stands for another one).
    pub outcome: String,
    /// The provider's words, or what was done.
    pub detail: String,
    /// How long the provider took to answer; 0 for what is no try.
    pub duration_ms: i64,
}

/// What was tried, told and done about one delivery, oldest first.
#[utoipa::path(tag = "notifications", params(("id" = i64, Path, description = "Delivery")),
    responses((status = 200, body = List<DeliveryAttempt>), (status = 404, body = ErrorBody)))]
#[get("/api/notification-deliveries/{id}/attempts")]
pub async fn list_delivery_attempts(
    state: web::Data<AppState>,
    caller: Caller,
    id: Id,
) -> Result<Shown<List<DeliveryAttempt>>, ApiError> {
    let db = state.db().read();
    if deliveries::get(db, id.0).await?.is_none() {
        return Err(ApiError::NotFound("delivery"));
    }
    let rows = deliveries::attempts_of(db, id.0).await?.into_iter();
    let attempts = rows.map(|row| DeliveryAttempt {
        at: row.at,
        outcome: row.outcome,
        detail: row.detail,
        duration_ms: row.duration_ms,
    });
    Ok(Shown::to(&caller, List::whole(attempts.collect())))
}

/// Tries a delivery that failed, expired, was suppressed or cancelled once more, now.
#[utoipa::path(tag = "notifications", params(("id" = i64, Path, description = "Delivery")),
    responses((status = 200, body = Delivery), (status = 404, body = ErrorBody),
        (status = 409, description = "`invalid_transition`: it is on its way or has arrived", body = ErrorBody)))]
#[post("/api/notification-deliveries/{id}/retry")]
pub async fn retry_notification_delivery(
    state: web::Data<AppState>,
    caller: Caller,
    id: Id,
) -> Result<Shown<Delivery>, ApiError> {
    let now = state.now_ms();
    let row = in_transaction!(state, "retry a delivery", [caller], |tx| {
        let requeued = deliveries::requeue(tx, id.0, now).await?;
        let row = deliveries::get(tx, id.0)
            .await?
            .ok_or(ApiError::NotFound("delivery"))?;
        if !requeued {
            return Err(ApiError::invalid_transition(
                "this delivery is on its way or has arrived",
            ));
        }
        let event = caller.event(
            now,
            "retry_delivery",
            format!("delivery:{}", id.0),
            json!({}),
        );
        state.db().security().append(tx, event).await?;
        Ok(row)
    })?;
    let bus = &state.parts.bus;
    bus.publish(LiveEvent::DeliveriesQueued).await;
    bus.publish(LiveEvent::DeliveryUpdated { delivery: row.id })
        .await;
    Ok(Shown::to(&caller, row.into()))
}

/// The body of one delivery, for live events.
///
/// # Errors
/// When the database cannot be reached.
pub async fn load(db: &Db, id: i64) -> Result<Option<Delivery>, StoreError> {
    Ok(deliveries::get(db.read(), id).await?.map(Delivery::from))
}
