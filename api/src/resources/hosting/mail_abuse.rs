//! `/api/hosting/mail-abuse`: senders that mail far more than they do, each a case for a person to review.
//!
//! The platform only observes: `suspended_by_op` notes what an operator did at the server. The rules live in
//! `noc_actors::incident::cases`; here they are only called.

use super::server_refs;
use crate::auth::caller::Caller;
use crate::auth::permission::Permission;
use crate::error::{ApiError, ErrorBody};
use crate::http::{Id, Json, List, Meta, Query, Shown, names};
use crate::resources::incidents::{Person, actor_of, names_of};
use crate::state::AppState;
use actix_web::{HttpResponse, delete, get, post, web};
use noc_actors::incident::cases;
use noc_storage::relational::entity::{mail_abuse_case, mail_abuse_transition};
use noc_storage::relational::mail_abuse::{self, CaseFilter, CaseStatus, allowances};
use noc_storage::relational::page::PageRequest;
use noc_storage::relational::{Db, StoreError};
use std::collections::HashMap;

mod view;

pub use view::*;

const LONGEST_NOTE: usize = 4_000;

/// Cases of mail abuse, the oldest that nobody has looked at first.
#[utoipa::path(tag = "hosting", params(CaseQuery), responses((status = 200, body = MailAbuseList)))]
#[get("/api/hosting/mail-abuse")]
pub async fn hosting_mail_abuse(
    state: web::Data<AppState>,
    caller: Caller,
    query: Query<CaseQuery>,
) -> Result<Shown<MailAbuseList>, ApiError> {
    let Query(query) = query;
    let sees_logins = caller.may(Permission::MailPii);
    let filter = CaseFilter {
        statuses: names("status", query.status.as_deref(), CaseStatus::from_name)?,
        server: query.server,
        text: query.q.filter(|text| !text.trim().is_empty()),
        sees_logins,
    };
    let request = PageRequest {
        limit: query.limit,
        cursor: query.cursor,
        sort: query.sort,
    };
    let db = state.db();
    let page = mail_abuse::list(db.read(), &filter, &request).await?;
    let (detected, acknowledged) = mail_abuse::open_counts(db.read()).await?;
    let list = MailAbuseList {
        data: shown(db, page.data, sees_logins).await?,
        meta: MailAbuseMeta {
            next_cursor: page.next_cursor,
            total: page.total,
            detected,
            acknowledged,
        },
    };
    Ok(Shown::to(&caller, list))
}

/// One case.
#[utoipa::path(tag = "hosting", params(("id" = i64, Path, description = "Case")),
    responses((status = 200, body = MailAbuseCase), (status = 404, body = ErrorBody)))]
#[get("/api/hosting/mail-abuse/{id}")]
pub async fn show_mail_abuse(
    state: web::Data<AppState>,
    caller: Caller,
    id: Id,
) -> Result<Shown<MailAbuseCase>, ApiError> {
    let case = one(&state, &caller, id).await?;
    Ok(Shown::to(&caller, case))
}

/// Decides about a case: `detected` becomes anything, `acknowledged` is closed; closed cases stay as they are. Closing ends
/// the incident. `false_positive` lets the sender do as much, and a fifth more, for 45 days, renewed by clean use.
#[utoipa::path(tag = "hosting", params(("id" = i64, Path, description = "Case")), request_body = NewTransition,
    responses((status = 200, body = MailAbuseCase), (status = 404, body = ErrorBody),
        (status = 409, description = "`invalid_transition`: it is closed, or would go back", body = ErrorBody)))]
#[post("/api/hosting/mail-abuse/{id}/transition")]
pub async fn move_mail_abuse(
    state: web::Data<AppState>,
    caller: Caller,
    id: Id,
    body: Json<NewTransition>,
) -> Result<Shown<MailAbuseCase>, ApiError> {
    let Json(new) = body;
    let note = new.note.trim();
    if note.chars().count() > LONGEST_NOTE {
        return Err(ApiError::field("note", "must have at most 4000 characters"));
    }
    let actor = actor_of(&caller);
    cases::transition(&state.parts, id.0, new.status.into(), &actor, note).await?;
    let case = one(&state, &caller, id).await?;
    Ok(Shown::to(&caller, case))
}

/// What senders may do because a person said that it was no abuse, the newest first.
#[utoipa::path(tag = "hosting", params(AllowanceQuery), responses((status = 200, body = List<MailAllowance>)))]
#[get("/api/hosting/mail-allowances")]
pub async fn list_mail_allowances(
    state: web::Data<AppState>,
    caller: Caller,
    query: Query<AllowanceQuery>,
) -> Result<web::Json<List<MailAllowance>>, ApiError> {
    let Query(query) = query;
    let sees_logins = caller.may(Permission::MailPii);
    let request = PageRequest {
        limit: query.limit,
        cursor: query.cursor,
        sort: None,
    };
    let db = state.db();
    let page = allowances::list(db.read(), query.server, state.now_ms(), &request).await?;
    let servers = server_refs(db.read(), page.data.iter().map(|row| row.server_id)).await?;
    let people = names_of(db, page.data.iter().filter_map(|row| row.granted_by)).await?;
    let data = page.data.into_iter().filter_map(|row| {
        let (sender, name) = noc_actors::detect::evidence::Sender::of_subject(&row.subject)?;
        let sender = AbuseSender::from(sender);
        Some(MailAllowance {
            id: row.id,
            server: servers.get(&row.server_id)?.clone(),
            name: visible(sender, name, sees_logins),
            sender,
            ceiling: row.ceiling,
            granted_at: row.granted_at,
            granted_by: row.granted_by.and_then(|id| {
                let name = people.get(&id)?.clone();
                Some(Person { id, name })
            }),
            until: row.until,
        })
    });
    Ok(web::Json(List {
        data: data.collect(),
        meta: Meta {
            next_cursor: page.next_cursor,
            total: page.total,
        },
    }))
}

/// Takes an allowance back.
#[utoipa::path(tag = "hosting", params(("id" = i64, Path, description = "Allowance")),
    responses((status = 204, description = "Revoked"), (status = 404, body = ErrorBody)))]
#[delete("/api/hosting/mail-allowances/{id}")]
pub async fn revoke_mail_allowance(
    state: web::Data<AppState>,
    caller: Caller,
    id: Id,
) -> Result<HttpResponse, ApiError> {
    cases::revoke(&state.parts, id.0, &actor_of(&caller)).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// A case with logins masked, as everybody who listens may see it.
///
/// # Errors
/// What the database says.
pub async fn load(db: &Db, id: i64) -> Result<Option<MailAbuseCase>, StoreError> {
    let row = mail_abuse::get(db.read(), id).await?;
    let mut shown = shown(db, row.into_iter().collect(), false).await?;
    Ok(shown.pop())
}

async fn one(state: &AppState, caller: &Caller, id: Id) -> Result<MailAbuseCase, ApiError> {
    let row = mail_abuse::get(state.db().read(), id.0).await?;
    let row = row.ok_or(ApiError::NotFound("mail abuse case"))?;
    let sees_logins = caller.may(Permission::MailPii);
    let mut shown = shown(state.db(), vec![row], sees_logins).await?;
    shown.pop().ok_or(ApiError::NotFound("mail abuse case"))
}

async fn shown(
    db: &Db,
    rows: Vec<mail_abuse_case::Model>,
    sees_logins: bool,
) -> Result<Vec<MailAbuseCase>, StoreError> {
    let conn = db.read();
    let servers = server_refs(conn, rows.iter().map(|row| row.server_id)).await?;
    let ids: Vec<i64> = rows.iter().map(|row| row.id).collect();
    let mut moves = HashMap::<i64, Vec<mail_abuse_transition::Model>>::new();
    for row in mail_abuse::transitions(conn, &ids).await? {
        moves.entry(row.case_id).or_default().push(row);
    }
    let movers = moves.values().flatten().filter_map(|row| row.user_id);
    let reviewers = rows.iter().filter_map(|row| row.reviewed_by);
    let people = names_of(db, movers.chain(reviewers)).await?;
    let mut out = Vec::with_capacity(rows.len());
    for row in rows {
        // Deleted while we read: its cases go with it.
        let Some(server) = servers.get(&row.server_id).cloned() else {
            continue;
        };
        let history = moves.remove(&row.id).unwrap_or_default();
        out.push(MailAbuseCase::new(
            row,
            server,
            history,
            &people,
            sees_logins,
        )?);
    }
    Ok(out)
}
