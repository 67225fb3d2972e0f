//! Cases of mail abuse; and [`allowances`], which come of those that were none.
//!
//! A case is the incident of a sender that mailed far more than it does, with what was seen and what people decided. It
//! stays until a person closes it; at most one of a sender is not closed, because its incident is open at most once.

use super::StoreError;
use super::entity::{mail_abuse_case, mail_abuse_transition};
use super::page::{Page, PageRequest, SortBy, page};
use noc_pipeline::clock::UnixMs;
use noc_pipeline::control::Severity;
use noc_pipeline::id::ServerId;
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel,
    PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
};

pub mod allowances;

/// Where a case is in its review.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CaseStatus {
    /// Nobody has looked at it.
    Detected,
    /// Somebody looks at it.
    Acknowledged,
    /// An operator suspended the sender, at the server itself.
    SuspendedByOp,
    /// It was abuse and is over, or needs nothing done.
    Cleared,
    /// It was no abuse: the sender may do as much from now on.
    FalsePositive,
}

impl CaseStatus {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Detected,
        Self::Acknowledged,
        Self::SuspendedByOp,
        Self::Cleared,
        Self::FalsePositive,
    ];

    /// The name on the wire and in the database.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Detected => "detected",
            Self::Acknowledged => "acknowledged",
            Self::SuspendedByOp => "suspended_by_op",
            Self::Cleared => "cleared",
            Self::FalsePositive => "false_positive",
        }
    }

    /// Reads [`CaseStatus::name`].
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.name() == name)
    }

    /// Whether the case is closed: it stays so, and a new breach is a new case.
    #[must_use]
    pub const fn is_terminal(self) -> bool {
        matches!(
            self,
            Self::SuspendedByOp | Self::Cleared | Self::FalsePositive
        )
    }

    /// Whether a person may move it there: forward only.
    #[must_use]
    pub const fn may_become(self, next: Self) -> bool {
        match self {
            Self::Detected => !matches!(next, Self::Detected),
            Self::Acknowledged => next.is_terminal(),
            Self::SuspendedByOp | Self::Cleared | Self::FalsePositive => false,
        }
    }
}

impl mail_abuse_case::Model {
    /// On which server.
    #[must_use]
    pub fn server(&self) -> ServerId {
        ServerId(u32::try_from(self.server_id).unwrap_or(u32::MAX))
    }

    /// Where it is in its review.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] when it is none that we write.
    pub fn review(&self) -> Result<CaseStatus, StoreError> {
        CaseStatus::from_name(&self.status).ok_or_else(|| {
            StoreError::damaged("mail_abuse_cases", self.id, "its status is not known")
        })
    }
}

/// What was seen of a sender.
#[derive(Debug, Clone, PartialEq)]
pub struct Seen {
    /// On which server.
    pub server: ServerId,
    /// The incident's subject, at most 512 characters.
    pub subject: String,
    /// `login`, `script` or `domain`.
    pub sender: &'static str,
    /// The login, path or domain, at most 512 characters.
    pub name: String,
    /// The hosting account, at most 190 characters.
    pub account: Option<String>,
    /// How bad.
    pub severity: Severity,
    /// The hour counted.
    pub hour: UnixMs,
    /// Recipients mailed in it.
    pub recipients: u64,
    /// Recipients expected in such an hour.
    pub expected: f64,
    /// All of it.
    pub evidence: serde_json::Value,
    /// When it was true.
    pub at: UnixMs,
}

/// Opens the case of an incident that opened, or goes on with the one that incident has: an incident that opens again
/// is the same case, unless a person closed that one.
///
/// # Errors
/// When the database does not answer.
pub async fn opened(
    tx: &impl ConnectionTrait,
    incident: i64,
    seen: &Seen,
) -> Result<mail_abuse_case::Model, StoreError> {
    if let Some(row) = of_incident(tx, incident).await?
        && !row.review()?.is_terminal()
    {
        return grew(tx, row, seen).await;
    }
    let at = seen.at.to_datetime();
    let row = mail_abuse_case::ActiveModel {
        server_id: Set(i64::from(seen.server.0)),
        incident_id: Set(incident),
        subject: Set(seen.subject.clone()),
        sender: Set(seen.sender.to_owned()),
        name: Set(seen.name.clone()),
        account: Set(seen.account.clone()),
        status: Set(CaseStatus::Detected.name().to_owned()),
        severity: Set(seen.severity.name().to_owned()),
        hour: Set(seen.hour.to_datetime()),
        recipients: Set(whole(seen.recipients)),
        expected: Set(seen.expected),
        evidence: Set(seen.evidence.clone()),
        detected_at: Set(at),
        changed_at: Set(at),
        ..Default::default()
    };
    mail_abuse_case::Entity::insert(row)
        .exec_with_returning(tx)
        .await
        .map_err(StoreError::during("open a mail abuse case"))
}

/// Notes a further breach: the evidence is that of the worst hour so far.
///
/// # Errors
/// When the database does not answer.
pub async fn breached(
    tx: &impl ConnectionTrait,
    incident: i64,
    seen: &Seen,
) -> Result<Option<mail_abuse_case::Model>, StoreError> {
    match of_incident(tx, incident).await? {
        Some(row) if !row.review()?.is_terminal() => grew(tx, row, seen).await.map(Some),
        _ => Ok(None),
    }
}

async fn grew(
    tx: &impl ConnectionTrait,
    row: mail_abuse_case::Model,
    seen: &Seen,
) -> Result<mail_abuse_case::Model, StoreError> {
    let worse = whole(seen.recipients) >= row.recipients;
    let severity = Severity::from_name(&row.severity)
        .map_or(seen.severity, |so_far| so_far.max(seen.severity));
    let mut change = row.into_active_model();
    change.severity = Set(severity.name().to_owned());
    change.changed_at = Set(seen.at.to_datetime());
    if worse {
        change.hour = Set(seen.hour.to_datetime());
        change.recipients = Set(whole(seen.recipients));
        change.expected = Set(seen.expected);
        change.account = Set(seen.account.clone());
        change.evidence = Set(seen.evidence.clone());
    }
    change
        .update(tx)
        .await
        .map_err(StoreError::during("change a mail abuse case"))
}

/// The newest case of an incident.
///
/// # Errors
/// When the database does not answer.
pub async fn of_incident(
    conn: &impl ConnectionTrait,
    incident: i64,
) -> Result<Option<mail_abuse_case::Model>, StoreError> {
    mail_abuse_case::Entity::find()
        .filter(mail_abuse_case::Column::IncidentId.eq(incident))
        .order_by_desc(mail_abuse_case::Column::Id)
        .one(conn)
        .await
        .map_err(StoreError::during("read the case of an incident"))
}

/// One case; inside a transaction it is locked until the commit.
///
/// # Errors
/// [`StoreError::NotFound`]; or the database does not answer.
pub async fn lock(
    tx: &impl ConnectionTrait,
    id: i64,
) -> Result<mail_abuse_case::Model, StoreError> {
    mail_abuse_case::Entity::find_by_id(id)
        .lock_exclusive()
        .one(tx)
        .await
        .map_err(StoreError::during("lock a mail abuse case"))?
        .ok_or_else(|| StoreError::not_found("mail abuse case", id))
}

/// One case.
///
/// # Errors
/// When the database does not answer.
pub async fn get(
    conn: &impl ConnectionTrait,
    id: i64,
) -> Result<Option<mail_abuse_case::Model>, StoreError> {
    mail_abuse_case::Entity::find_by_id(id)
        .one(conn)
        .await
        .map_err(StoreError::during("read a mail abuse case"))
}

/// Moves a case on and notes who did it. The caller holds its lock and checked that it may.
///
/// # Errors
/// When the database does not answer.
pub async fn transition(
    tx: &impl ConnectionTrait,
    row: mail_abuse_case::Model,
    next: CaseStatus,
    user: Option<i64>,
    note: &str,
    at: UnixMs,
) -> Result<mail_abuse_case::Model, StoreError> {
    let moved = mail_abuse_transition::ActiveModel {
        case_id: Set(row.id),
        from_status: Set(row.status.clone()),
        to_status: Set(next.name().to_owned()),
        at: Set(at.to_datetime()),
        user_id: Set(user),
        note: Set(note.to_owned()),
        ..Default::default()
    };
    mail_abuse_transition::Entity::insert(moved)
        .exec_without_returning(tx)
        .await
        .map_err(StoreError::during("note a transition of a mail abuse case"))?;
    let mut change = row.into_active_model();
    change.status = Set(next.name().to_owned());
    change.changed_at = Set(at.to_datetime());
    change.reviewed_at = Set(Some(at.to_datetime()));
    change.reviewed_by = Set(user);
    change
        .update(tx)
        .await
        .map_err(StoreError::during("move a mail abuse case"))
}

/// What was decided about cases, oldest first.
///
/// # Errors
/// When the database does not answer.
pub async fn transitions(
    conn: &impl ConnectionTrait,
    cases: &[i64],
) -> Result<Vec<mail_abuse_transition::Model>, StoreError> {
    mail_abuse_transition::Entity::find()
        .filter(mail_abuse_transition::Column::CaseId.is_in(cases.iter().copied()))
        .order_by_asc(mail_abuse_transition::Column::Id)
        .all(conn)
        .await
        .map_err(StoreError::during("read transitions of mail abuse cases"))
}

/// Which cases are wanted.
#[derive(Debug, Clone, Default)]
pub struct CaseFilter {
    /// Of these statuses; empty: of any.
    pub statuses: Vec<CaseStatus>,
    /// Of one server.
    pub server: Option<i64>,
    /// Part of the account, script or domain, and of logins where the caller may see them.
    pub text: Option<String>,
    /// Whether logins are searched.
    pub sees_logins: bool,
}

/// Orders of the list: `urgency` (the default: unreviewed first, oldest first), `detected_at`, `recipients`.
fn orders() -> [SortBy<mail_abuse_case::Model>; 3] {
    [
        SortBy {
            name: "urgency",
            by: || {
                Expr::cust(
                    "CASE status WHEN 'detected' THEN 0 WHEN 'acknowledged' THEN 1 ELSE 2 END",
                )
            },
            value: |row| {
                i64::from(match CaseStatus::from_name(&row.status) {
                    Some(CaseStatus::Detected) => 0_u8,
                    Some(CaseStatus::Acknowledged) => 1,
                    _ => 2,
                })
                .into()
            },
        },
        SortBy {
            name: "detected_at",
            by: || Expr::col(mail_abuse_case::Column::DetectedAt),
            value: |row| row.detected_at.into(),
        },
        SortBy {
            name: "recipients",
            by: || Expr::col(mail_abuse_case::Column::Recipients),
            value: |row| row.recipients.into(),
        },
    ]
}

/// A page of cases; by urgency equal ones are in the order of their ids, so the oldest unreviewed one is the first.
///
/// # Errors
/// As [`page`].
pub async fn list(
    conn: &impl ConnectionTrait,
    filter: &CaseFilter,
    request: &PageRequest,
) -> Result<Page<mail_abuse_case::Model>, StoreError> {
    let mut select = mail_abuse_case::Entity::find();
    if !filter.statuses.is_empty() {
        let names = filter.statuses.iter().map(|status| status.name());
        select = select.filter(mail_abuse_case::Column::Status.is_in(names));
    }
    if let Some(server) = filter.server {
        select = select.filter(mail_abuse_case::Column::ServerId.eq(server));
    }
    if let Some(text) = &filter.text {
        let named = mail_abuse_case::Column::Name.contains(text);
        let name = if filter.sees_logins {
            named
        } else {
            named.and(mail_abuse_case::Column::Sender.ne("login"))
        };
        select = select.filter(name.or(mail_abuse_case::Column::Account.contains(text)));
    }
    let id = mail_abuse_case::Column::Id;
    page(conn, select, request, &orders(), "urgency", id).await
}

/// How many cases nobody has closed: unseen ones, and those somebody looks at.
///
/// # Errors
/// When the database does not answer.
pub async fn open_counts(conn: &impl ConnectionTrait) -> Result<(u64, u64), StoreError> {
    let of = async |status: CaseStatus| {
        mail_abuse_case::Entity::find()
            .filter(mail_abuse_case::Column::Status.eq(status.name()))
            .count(conn)
            .await
            .map_err(StoreError::during("count mail abuse cases"))
    };
    Ok((
        of(CaseStatus::Detected).await?,
        of(CaseStatus::Acknowledged).await?,
    ))
}

fn whole(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::CaseStatus::{Acknowledged, Cleared, Detected, FalsePositive, SuspendedByOp};
    use super::*;

    #[test]
    fn cases_move_forward_and_closed_ones_stay() {
        for status in CaseStatus::ALL {
            assert_eq!(CaseStatus::from_name(status.name()), Some(status));
            let next: Vec<_> = CaseStatus::ALL
                .into_iter()
                .filter(|next| status.may_become(*next))
                .collect();
            match status {
                Detected => {
                    assert_eq!(next, [Acknowledged, SuspendedByOp, Cleared, FalsePositive]);
                }
                Acknowledged => assert_eq!(next, [SuspendedByOp, Cleared, FalsePositive]),
                _ => assert!(status.is_terminal() && next.is_empty()),
            }
        }
    }
}
