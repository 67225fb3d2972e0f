//! Bodies about cases of mail abuse.

use super::super::ServerRef;
use crate::resources::incidents::{Person, Severity};
use chrono::{DateTime, Utc};
use noc_actors::detect::evidence::{Learned, MailEvidence};
use noc_pipeline::mask;
use noc_storage::relational::StoreError;
use noc_storage::relational::entity::{mail_abuse_case, mail_abuse_transition};
use noc_storage::relational::mail_abuse::CaseStatus;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use utoipa::{IntoParams, ToSchema};

/// Where a case is in its review.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AbuseStatus {
    /// Nobody has looked at it.
    Detected,
    /// Somebody looks at it.
    Acknowledged,
    /// An operator suspended the sender, at the server itself.
    SuspendedByOp,
    /// It is over, or needs nothing done.
    Cleared,
    /// It was no abuse; the sender may do as much from now on.
    FalsePositive,
}

impl From<CaseStatus> for AbuseStatus {
    fn from(status: CaseStatus) -> Self {
        match status {
            CaseStatus::Detected => Self::Detected,
            CaseStatus::Acknowledged => Self::Acknowledged,
            CaseStatus::SuspendedByOp => Self::SuspendedByOp,
            CaseStatus::Cleared => Self::Cleared,
            CaseStatus::FalsePositive => Self::FalsePositive,
        }
    }
}

impl From<AbuseStatus> for CaseStatus {
    fn from(status: AbuseStatus) -> Self {
        match status {
            AbuseStatus::Detected => Self::Detected,
            AbuseStatus::Acknowledged => Self::Acknowledged,
            AbuseStatus::SuspendedByOp => Self::SuspendedByOp,
            AbuseStatus::Cleared => Self::Cleared,
            AbuseStatus::FalsePositive => Self::FalsePositive,
        }
    }
}

/// What sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AbuseSender {
    /// A mailbox: whoever has its password.
    Login,
    /// A script of a site.
    Script,
    /// A sender domain, where neither is known.
    Domain,
}

/// Where an expectation comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LearnedFrom {
    /// This hour of the day on the last 7 days.
    HourOfDay,
    /// All hours of the sender.
    Subject,
    /// The peak that recurs at this time of the week or month.
    Pattern,
    /// The rest of the fleet: the sender is new.
    Fleet,
    /// Nothing: there is no history at all.
    Nothing,
}

/// One thing counted.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CountedName {
    /// What.
    pub name: String,
    /// How many recipients.
    pub recipients: u64,
}

/// What was decided about a case.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct AbuseTransition {
    /// What it was.
    pub from: AbuseStatus,
    /// What it became.
    pub to: AbuseStatus,
    /// When.
    pub at: DateTime<Utc>,
    /// Who; null once the account is gone.
    pub by: Option<Person>,
    /// Why, in the operator's words; may be empty.
    pub note: String,
}

/// A case of mail abuse: a sender that mailed far more than it does. Logins are masked for those who may not see
/// customers' addresses, in notes, scripts and signs as well.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct MailAbuseCase {
    /// Id.
    pub id: i64,
    /// On which server.
    pub server: ServerRef,
    /// Its incident.
    pub incident_id: i64,
    /// What sends.
    pub sender: AbuseSender,
    /// The login, path or domain.
    pub name: String,
    /// The hosting account, where it is known.
    pub account: Option<String>,
    /// Where it is in its review.
    pub status: AbuseStatus,
    /// What it may become.
    pub may_become: Vec<AbuseStatus>,
    /// How bad.
    pub severity: Severity,
    /// When it was detected.
    pub detected_at: DateTime<Utc>,
    /// Last change.
    pub changed_at: DateTime<Utc>,
    /// The worst hour so far, its start.
    pub hour: DateTime<Utc>,
    /// Recipients mailed in it.
    pub recipients: u64,
    /// Messages those were in.
    pub messages: Option<u64>,
    /// Recipients that failed or were deferred.
    pub failures: Option<u64>,
    /// Recipients expected in such an hour.
    pub expected: f64,
    /// Where that comes from.
    pub learned_from: LearnedFrom,
    /// Samples it rests on.
    pub samples: u32,
    /// Addresses it came from, as far as they are named.
    pub addresses: Vec<String>,
    /// How many addresses there were.
    pub address_count: Option<u64>,
    /// Countries it came from, two letters each.
    pub countries: Vec<String>,
    /// Sender domains it used.
    pub domains: Vec<CountedName>,
    /// Logins that sent for it.
    pub logins: Vec<CountedName>,
    /// Scripts that sent for it.
    pub scripts: Vec<CountedName>,
    /// What makes it worse than a large mailing.
    pub signs: Vec<String>,
    /// When a person decided last.
    pub reviewed_at: Option<DateTime<Utc>>,
    /// Who.
    pub reviewed_by: Option<Person>,
    /// All decisions, oldest first.
    pub history: Vec<AbuseTransition>,
}

/// Cases, with how many wait.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct MailAbuseList {
    /// The page.
    pub data: Vec<MailAbuseCase>,
    /// Where it ends.
    pub meta: MailAbuseMeta,
}

/// Where a page of cases ends, and what waits.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct MailAbuseMeta {
    /// For the next page; null on the last one.
    pub next_cursor: Option<String>,
    /// Cases on all pages.
    pub total: u64,
    /// Cases of the fleet that nobody has looked at.
    pub detected: u64,
    /// Cases of the fleet that somebody looks at.
    pub acknowledged: u64,
}

/// Which cases.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct CaseQuery {
    /// `detected`, `acknowledged`, `suspended_by_op`, `cleared`, `false_positive`, separated by commas; all when absent.
    pub status: Option<String>,
    /// Id of one server.
    pub server: Option<i64>,
    /// Part of the account, script or domain; of the login for those who may see it.
    pub q: Option<String>,
    /// `urgency` (the default: oldest unreviewed first), `detected_at`, `recipients`; `-` turns it around.
    pub sort: Option<String>,
    /// Rows on the page, 1 to 200; 50 when absent.
    pub limit: Option<u64>,
    /// Where the page begins.
    pub cursor: Option<String>,
}

/// A decision about a case.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewTransition {
    /// What it becomes.
    pub status: AbuseStatus,
    /// Why, at most 4,000 characters.
    #[serde(default)]
    pub note: String,
}

/// What a sender may do because a person said that it was no abuse.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct MailAllowance {
    /// Id.
    pub id: i64,
    /// On which server.
    pub server: ServerRef,
    /// What sends.
    pub sender: AbuseSender,
    /// The login, path or domain.
    pub name: String,
    /// Recipients an hour that open no case.
    pub ceiling: f64,
    /// When it was granted.
    pub granted_at: DateTime<Utc>,
    /// By whom.
    pub granted_by: Option<Person>,
    /// When it ends; clean use renews it.
    pub until: DateTime<Utc>,
}

/// Which allowances.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct AllowanceQuery {
    /// Id of one server.
    pub server: Option<i64>,
    /// Rows on the page, 1 to 200; 50 when absent.
    pub limit: Option<u64>,
    /// Where the page begins.
    pub cursor: Option<String>,
}

impl MailAbuseCase {
    pub(super) fn new(
        row: mail_abuse_case::Model,
        server: ServerRef,
        history: Vec<mail_abuse_transition::Model>,
        people: &HashMap<i64, String>,
        sees_logins: bool,
    ) -> Result<Self, StoreError> {
        let damaged = |reason: String| StoreError::damaged("mail_abuse_cases", row.id, reason);
        let evidence: MailEvidence = serde_json::from_value(row.evidence.clone())
            .map_err(|error| damaged(error.to_string()))?;
        let status = row.review()?;
        let severity = noc_pipeline::control::Severity::from_name(&row.severity)
            .ok_or_else(|| damaged("its severity is none".to_owned()))?;
        let person = |id: Option<i64>| {
            let id = id?;
            let name = people.get(&id)?.clone();
            Some(Person { id, name })
        };
        let status_of = |name: &str| {
            let status = CaseStatus::from_name(name);
            status
                .map(AbuseStatus::from)
                .ok_or_else(|| damaged(format!("{name:?} is no status")))
        };
        let masked = |text: &str| {
            let names = evidence.logins.iter().map(|login| login.name.as_str());
            let own =
                (AbuseSender::from(evidence.sender) == AbuseSender::Login).then_some(&*row.name);
            let alone = names.chain(own).filter(|name| !name.contains('@'));
            alone.fold(mask::addresses(text), |text, name| {
                mask::name_within(&text, name)
            })
        };
        let text = |text: String| if sees_logins { text } else { masked(&text) };
        let scripts = evidence.scripts.iter().map(|script| CountedName {
            name: text(script.name.clone()),
            recipients: script.recipients,
        });
        let scripts = scripts.collect();
        let signs = evidence
            .signs
            .iter()
            .map(|sign| text(sign.clone()))
            .collect();
        let history = history
            .into_iter()
            .map(|step| {
                Ok(AbuseTransition {
                    from: status_of(&step.from_status)?,
                    to: status_of(&step.to_status)?,
                    at: step.at,
                    by: person(step.user_id),
                    note: text(step.note),
                })
            })
            .collect::<Result<_, StoreError>>()?;
        let counted = |all: Vec<noc_actors::detect::evidence::Counted>, login: bool| {
            let all = all.into_iter().map(|one| CountedName {
                name: if login && !sees_logins {
                    mask::login(&one.name)
                } else {
                    one.name
                },
                recipients: one.recipients,
            });
            all.collect()
        };
        let sender = AbuseSender::from(evidence.sender);
        let next = CaseStatus::ALL.into_iter();
        Ok(Self {
            id: row.id,
            server,
            incident_id: row.incident_id,
            sender,
            name: visible(sender, &row.name, sees_logins),
            account: row.account,
            status: status.into(),
            may_become: next
                .filter(|next| status.may_become(*next))
                .map(AbuseStatus::from)
                .collect(),
            severity: severity.into(),
            detected_at: row.detected_at,
            changed_at: row.changed_at,
            hour: row.hour,
            recipients: evidence.recipients,
            messages: evidence.messages,
            failures: evidence.failures,
            expected: row.expected,
            learned_from: evidence.learned.into(),
            samples: evidence.samples,
            addresses: evidence.addresses,
            address_count: evidence.address_count,
            countries: evidence.countries,
            domains: counted(evidence.domains, false),
            logins: counted(evidence.logins, true),
            scripts,
            signs,
            reviewed_at: row.reviewed_at,
            reviewed_by: person(row.reviewed_by),
            history,
        })
    }
}

pub(super) fn visible(sender: AbuseSender, name: &str, sees_logins: bool) -> String {
    if sender == AbuseSender::Login && !sees_logins {
        mask::login(name)
    } else {
        name.to_owned()
    }
}

impl From<noc_actors::detect::evidence::Sender> for AbuseSender {
    fn from(sender: noc_actors::detect::evidence::Sender) -> Self {
        use noc_actors::detect::evidence::Sender;
        match sender {
            Sender::Login => Self::Login,
            Sender::Script => Self::Script,
            Sender::Domain => Self::Domain,
        }
    }
}

impl From<Learned> for LearnedFrom {
    fn from(learned: Learned) -> Self {
        match learned {
            Learned::HourOfDay => Self::HourOfDay,
            Learned::Subject => Self::Subject,
            Learned::Pattern => Self::Pattern,
            Learned::Fleet => Self::Fleet,
            Learned::Nothing => Self::Nothing,
        }
    }
}
