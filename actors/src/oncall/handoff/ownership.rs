//! What somebody who goes off duty has taken on passes to whoever comes on duty: an owner who sleeps mends nothing.
//!
//! It happens in the transaction that notes the hand-off, so it is done once and never without it. The new owner has it
//! from then on: they are the ones who are asked whether they are still on it, in their own good time.

use crate::oncall;
use noc_pipeline::clock::UnixMs;
use noc_storage::relational::entity::{incident, on_call_handoff, user};
use noc_storage::relational::timeline::{self, Actor};
use noc_storage::relational::{StoreError, incidents, on_call_handoffs, users};
use sea_orm::ConnectionTrait;
use serde_json::json;

/// Passes on what `from` has taken on, whose duty by `schedule` is over; the incidents. Nothing, where another schedule
/// keeps them on duty.
pub(super) async fn pass_on(
    tx: &impl ConnectionTrait,
    schedule: &str,
    from: i64,
    to: &user::Model,
    now: UnixMs,
) -> Result<Vec<i64>, StoreError> {
    let owned = incidents::owned_by(tx, from).await?;
    if owned.is_empty() {
        return Ok(owned);
    }
    let duties = oncall::on_duty(tx, now).await?;
    if duties.iter().any(|duty| duty.user == Some(from)) {
        return Ok(Vec::new());
    }
    let before = users::by_id(tx, from).await?.map(|user| user.name);
    let name = before.as_deref().unwrap_or("a deleted account");
    let mut passed = Vec::new();
    for id in owned {
        let row = incidents::lock(tx, id).await?;
        // Given back or taken by somebody else between the two questions.
        if row.acknowledged_by != Some(from) || row.status != incidents::ACKNOWLEDGED {
            continue;
        }
        incidents::give(tx, id, to.id, now).await?;
        let text = format!(
            "Passed from {name} to {}, who came on call in {schedule}.",
            to.name
        );
        let detail = json!({"text": text, "from": name, "to": to.name, "schedule": schedule});
        timeline::append(tx, id, now, "ownership_passed", Actor::System, detail).await?;
        passed.push(id);
    }
    Ok(passed)
}

/// Whether an incident was passed on by a hand-off.
pub(super) fn is_passed(row: &incident::Model, handoff: &on_call_handoff::Model) -> bool {
    handoff.user_id.is_some()
        && row.acknowledged_by == handoff.user_id
        && row.acknowledged_at == Some(handoff.told_at)
}

/// Who had what a hand-off passed on.
pub(super) async fn giver(
    conn: &impl ConnectionTrait,
    handoff: &on_call_handoff::Model,
) -> Result<Option<String>, StoreError> {
    let before = on_call_handoffs::before(conn, handoff).await?;
    Ok(match before.and_then(|before| before.user_id) {
        Some(id) => users::by_id(conn, id).await?.map(|user| user.name),
        None => None,
    })
}
