//! What a list of incidents can be narrowed to.

use crate::error::ApiError;
use noc_storage::relational::entity::execution;
use noc_storage::relational::entity::incident::{Column, Entity};
use noc_storage::relational::executions::State;
use noc_storage::relational::incidents::RESOLVED;
use sea_orm::sea_query::{Expr, ExprTrait as _, Func, LikeExpr, Query};
use sea_orm::{ColumnTrait, Condition};

/// Why escalations stand still, as `executions.held_for` spells it.
const CAUSES_OF_HOLD: [&str; 3] = ["maintenance", "snoozed", "server_down"];

/// Reads one of them.
pub(super) fn cause_of_hold(name: &str) -> Option<&'static str> {
    CAUSES_OF_HOLD.into_iter().find(|known| *known == name)
}

/// Incidents that are not over and whose escalation stands still for one of these causes.
pub(super) fn held_for(causes: &[&'static str]) -> Condition {
    use execution::Column as Execution;
    let held = Query::select()
        .column(Execution::IncidentId)
        .from(execution::Entity)
        .and_where(Execution::HeldFor.is_in(causes.iter().copied()))
        .and_where(Execution::State.is_in([State::Armed.name(), State::Paused.name()]))
        .take();
    Condition::all()
        .add(Column::Status.ne(RESOLVED))
        .add(Column::Id.in_subquery(held))
}

/// Incidents that somebody took on: `me`, an account by its id, or that `nobody` did.
///
/// # Errors
/// 422 for anything else.
pub(super) fn owned_by(owner: &str, me: i64) -> Result<Condition, ApiError> {
    let by = Condition::all();
    Ok(match owner.trim() {
        "me" => by.add(Column::AcknowledgedBy.eq(me)),
        "nobody" => by.add(Column::AcknowledgedAt.is_null()),
        id => {
            let id: i64 = id
                .parse()
                .map_err(|_| ApiError::field("owner", "must be me, nobody or an account's id"))?;
            by.add(Column::AcknowledgedBy.eq(id))
        }
    })
}

/// Title, server or subject hold the text, upper or lower case. For those who may not see addresses, titles and subjects
/// that name one, or a log-in, are not looked through: what is found would spell it out.
pub(super) fn contains(text: &str, sees_addresses: bool) -> Condition {
    let mut pattern = String::from("%");
    for c in text.to_lowercase().chars() {
        if matches!(c, '%' | '_' | '!') {
            pattern.push('!');
        }
        pattern.push(c);
    }
    pattern.push('%');
    [Column::Title, Column::ServerName, Column::Subject]
        .into_iter()
        .fold(Condition::any(), |any, place| {
            let lower = Expr::from(Func::lower(Expr::col((Entity, place))));
            let holds =
                Condition::all().add(lower.like(LikeExpr::new(pattern.clone()).escape('!')));
            any.add(match sees_addresses {
                true => holds,
                false => {
                    let server = matches!(place, Column::ServerName);
                    let unnamed = (!server).then(|| Column::Subject.not_like("login:%"));
                    holds.add(place.not_like("%@%")).add_option(unnamed)
                }
            })
        })
}
