//! `/api/me/contacts/{id}/test`: whether a page would reach one. The test goes to that very contact, and to no other place;
//! it waits in the outbox among the rest, and the contact shows what came of it.

use crate::auth::caller::Caller;
use crate::error::{ApiError, ErrorBody};
use crate::http::{Id, JsonOrNothing};
use crate::resources::me::contacts::{Contact, PAUSE, charge, find, is_on, subject, view};
use crate::resources::notification_deliveries::{Delivery, DeliveryStatus};
use crate::state::AppState;
use crate::transaction::in_transaction;
use actix_web::{post, web};
use chrono::{DateTime, Utc};
use noc_actors::notify::personal::trial;
use noc_pipeline::clock::UnixMs;
use noc_pipeline::live::LiveEvent;
use noc_storage::relational::entity::{contact, notification_delivery};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

/// A test that was asked for.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ContactTest {
    /// When.
    pub asked_at: DateTime<Utc>,
    /// How its message stands.
    pub status: DeliveryStatus,
    /// What the provider calls it.
    pub provider_id: Option<String>,
    /// Why it has not arrived, where that is known.
    pub reason: Option<String>,
    /// From when on another one may be asked for.
    pub again_at: DateTime<Utc>,
}

impl ContactTest {
    /// The newest to a contact, of the tests of its owner.
    pub(super) fn of(
        contact: &contact::Model,
        tests: &[notification_delivery::Model],
    ) -> Option<Self> {
        let test = tests.iter().find(|test| trial::is_to(test, contact))?;
        let test = Delivery::from(test.clone());
        Some(Self {
            asked_at: test.created_at,
            status: test.status,
            provider_id: test.provider_id,
            reason: test.reason,
            again_at: UnixMs::from(test.created_at).plus(PAUSE).to_datetime(),
        })
    }
}

/// Nothing to say.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AskedTest {}

/// Sends a test to one of one's own contacts, by the way that pages take; what comes of it stands in `test`.
#[utoipa::path(tag = "me", params(("id" = i64, Path, description = "Contact")), request_body = AskedTest,
    responses((status = 200, body = Contact), (status = 404, body = ErrorBody),
        (status = 409, description = "`not_verified`, `channel_off`", body = ErrorBody),
        (status = 429, description = "`too_many_requests`: one a minute, five an hour", body = ErrorBody)))]
#[post("/api/me/contacts/{id}/test")]
pub async fn test_my_contact(
    state: web::Data<AppState>,
    caller: Caller,
    id: Id,
    _body: JsonOrNothing<AskedTest>,
) -> Result<web::Json<Contact>, ApiError> {
    let now = state.now_ms();
    let view = in_transaction!(state, "send a test to a contact", [caller], |tx| {
        let row = find(tx, &caller, id).await?;
        if row.verified_at.is_none() {
            return Err(ApiError::Conflict {
                code: "not_verified",
                message: "nothing but its code is sent to a contact that is not verified"
                    .to_owned(),
            });
        }
        is_on(tx, &row.channel).await?;
        let user = caller.user.id;
        let before = trial::recent(tx, user, now).await?;
        let last = before.iter().find(|test| trial::is_to(test, &row));
        let wait = last.map(|test| UnixMs::from(test.created_at).plus(PAUSE).since(now));
        if let Some(retry_after) = wait.filter(|wait| !wait.is_zero()) {
            return Err(ApiError::TooManyRequests { retry_after });
        }
        charge(tx, "contact_test", user, now).await?;
        let test = trial::ask(tx, &row, now).await?;
        let view = view(tx, row, &[test]).await?;
        let payload = json!({ "channel": view.channel });
        let event = caller.event(now, "test_contact", subject(view.id), payload);
        state.db().security().append(tx, event).await?;
        Ok(view)
    })?;
    state.parts.bus.publish(LiveEvent::DeliveriesQueued).await;
    Ok(web::Json(view))
}
