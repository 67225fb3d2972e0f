//! Incidents of the whole fleet: opened, moved and ended outside the partitions' actors, by whoever holds the lease for it.
//!
//! They have no server, and their key is detector and subject. Each call runs inside the caller's transaction, together
//! with timeline, escalation and whatever else the caller stores; doing one twice is doing it once, but for the count of
//! sightings. What was resolved by itself less than 10 min ago opens again; what a person resolved stays quiet for 30 min.

use super::grade::Grade;
use super::lifecycle::{QUIET_BY_HAND, REOPEN};
use super::open::clip;
use super::routing::{RuleBook, Subject};
use crate::crash_point;
use crate::escalation::{self, is_acknowledged, severity_of};
use noc_pipeline::clock::UnixMs;
use noc_pipeline::control::Severity;
use noc_pipeline::live::LiveEvent;
use noc_storage::relational::StoreError;
use noc_storage::relational::entity::incident;
use noc_storage::relational::incidents::{self, Breach, NewIncident};
use noc_storage::relational::timeline::{self, Actor};
use sea_orm::{ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, QueryFilter};
use serde_json::{Value, json};
use std::time::Duration;

/// What stands in the place of a server's name.
pub const FLEET: &str = "fleet";

/// What is wrong with the fleet.
#[derive(Debug, Clone, PartialEq)]
pub struct FleetFinding {
    /// Key of the detector.
    pub detector: &'static str,
    /// Group or network.
    pub subject: String,
    /// How bad.
    pub severity: Severity,
    /// How long it is shown before anybody is paged.
    pub hold: Duration,
    /// One line.
    pub title: String,
    /// What was seen.
    pub observed: String,
    /// What would be fine.
    pub expected: String,
    /// What an operator may want to paste.
    pub command: Option<String>,
    /// More for the timeline: an object.
    pub detail: Value,
}

/// What became of it.
#[derive(Debug, Default)]
pub struct Told {
    /// The open incident; `None`: a person resolved it lately, and it stays quiet.
    pub incident: Option<incident::Model>,
    /// To be told once the transaction is through.
    pub events: Vec<LiveEvent>,
}

/// Opens the incident of a finding, or moves the one that is open.
///
/// # Errors
/// [`StoreError`]; the caller's transaction must then not be committed.
pub async fn breach(
    tx: &DatabaseTransaction,
    finding: &FleetFinding,
    at: UnixMs,
) -> Result<Told, StoreError> {
    let subject = clip(&finding.subject);
    let key = incidents::key(finding.detector, None, &subject);
    if let Some(row) = incidents::find_open(tx, &key).await? {
        return again(tx, &row, finding, at).await;
    }
    let finding = &graded(tx, finding).await?;
    let newest = incidents::find_newest(tx, &key).await?;
    let ended = newest.filter(|row| row.resolved_at.is_some());
    if let Some(row) = ended {
        let age = at.since(row.resolved_at.map_or(at, UnixMs::from));
        match row.resolved_by {
            Some(_) if age < QUIET_BY_HAND => return Ok(Told::default()),
            None if age < REOPEN => return reopen(tx, &row, finding, at).await,
            _ => {}
        }
    }
    let new = NewIncident {
        detector: finding.detector.to_owned(),
        server: None,
        server_name: FLEET.to_owned(),
        subject,
        severity: finding.severity,
        title: clip(&finding.title),
        observed: Some(finding.observed.clone()),
        expected: Some(finding.expected.clone()),
        command: finding.command.clone(),
        rule_id: None,
        opened_at: at,
    };
    let row = incidents::insert(tx, new).await?;
    note(tx, &row, finding, "opened", at).await?;
    escalation::arm(tx, &row, finding.hold, at).await?;
    Ok(Told {
        events: vec![
            LiveEvent::IncidentOpened { incident: row.id },
            LiveEvent::ExecutionChanged { execution: 0 },
        ],
        incident: Some(row),
    })
}

async fn again(
    tx: &DatabaseTransaction,
    row: &incident::Model,
    finding: &FleetFinding,
    at: UnixMs,
) -> Result<Told, StoreError> {
    let before = Severity::from_name(&row.severity).unwrap_or(finding.severity);
    let finding = &if finding.severity > before {
        graded(tx, finding).await?
    } else {
        finding.clone()
    };
    let moved = incidents::breached(tx, row.id, &moved(row, finding, at)).await?;
    let mut events = vec![LiveEvent::IncidentUpdated { incident: row.id }];
    if finding.severity > before {
        note(tx, &moved, finding, "severity_rose", at).await?;
        escalation::severity_rose(tx, &moved, finding.hold, at).await?;
        crash_point::reached("raising_severity");
        events.extend([
            LiveEvent::ExecutionChanged { execution: 0 },
            LiveEvent::DeliveriesQueued,
        ]);
    }
    Ok(Told {
        incident: Some(moved),
        events,
    })
}

/// Opens an incident again that had resolved by itself.
pub(crate) async fn reopen(
    tx: &DatabaseTransaction,
    row: &incident::Model,
    finding: &FleetFinding,
    at: UnixMs,
) -> Result<Told, StoreError> {
    let before = severity_of(row);
    let row = incidents::reopen(tx, row, &moved(row, finding, at)).await?;
    note(tx, &row, finding, "reopened", at).await?;
    let worse = severity_of(&row) > before;
    if worse {
        note(tx, &row, finding, "severity_rose", at).await?;
    }
    if is_acknowledged(&row) {
        escalation::reopened(tx, &row, worse, finding.hold, at).await?;
    } else {
        escalation::arm(tx, &row, finding.hold, at).await?;
    }
    Ok(Told {
        events: vec![
            LiveEvent::IncidentUpdated { incident: row.id },
            LiveEvent::ExecutionChanged { execution: 0 },
            LiveEvent::DeliveriesQueued,
        ],
        incident: Some(row),
    })
}

/// As the rules have it now.
async fn graded(
    conn: &impl ConnectionTrait,
    finding: &FleetFinding,
) -> Result<FleetFinding, StoreError> {
    let rules = RuleBook::load(conn).await?;
    let subject = Subject {
        detector: finding.detector,
        rule_id: None,
        server: None,
        tags: &[],
    };
    let grade = Grade::by(&rules, &subject, finding.severity, finding.hold);
    let mut graded = finding.clone();
    if let (Some(rule), Some(detail)) = (grade.rule, graded.detail.as_object_mut()) {
        detail.insert("severity_by_rule".to_owned(), json!(rule));
        detail.insert("severity_found".to_owned(), json!(finding.severity));
    }
    (graded.severity, graded.hold) = (grade.severity, grade.hold);
    Ok(graded)
}

fn moved(row: &incident::Model, finding: &FleetFinding, at: UnixMs) -> Breach {
    let so_far = Severity::from_name(&row.severity);
    Breach {
        severity: so_far.map_or(finding.severity, |s| s.max(finding.severity)),
        title: Some(clip(&finding.title)),
        observed: Some(finding.observed.clone()),
        expected: Some(finding.expected.clone()),
        occurrences: u32::try_from(row.occurrences)
            .unwrap_or_default()
            .saturating_add(1),
        at,
    }
}

async fn note(
    tx: &DatabaseTransaction,
    row: &incident::Model,
    finding: &FleetFinding,
    kind: &str,
    at: UnixMs,
) -> Result<(), StoreError> {
    let mut detail = json!({
        "severity": finding.severity,
        "observed": finding.observed,
        "expected": finding.expected,
    });
    if let (Some(detail), Some(more)) = (detail.as_object_mut(), finding.detail.as_object()) {
        detail.extend(more.iter().map(|(k, v)| (k.clone(), v.clone())));
    }
    let actor = Actor::Detector(finding.detector);
    timeline::append(tx, row.id, at, kind, actor, detail).await
}

/// Adds to the timeline of an open incident.
///
/// # Errors
/// As [`breach`].
pub async fn changed(
    tx: &DatabaseTransaction,
    incident: i64,
    detector: &'static str,
    detail: Value,
    at: UnixMs,
) -> Result<(), StoreError> {
    let actor = Actor::Detector(detector);
    timeline::append(tx, incident, at, "members_changed", actor, detail).await
}

/// Ends the incident, if it is open.
///
/// # Errors
/// As [`breach`].
pub async fn resolve(
    tx: &DatabaseTransaction,
    detector: &'static str,
    subject: &str,
    reason: &str,
    at: UnixMs,
) -> Result<Vec<LiveEvent>, StoreError> {
    let key = incidents::key(detector, None, &clip(subject));
    let Some(row) = incidents::find_open(tx, &key).await? else {
        return Ok(Vec::new());
    };
    let row = incidents::resolve(tx, row.id, None, at).await?;
    let actor = Actor::Detector(detector);
    timeline::append(
        tx,
        row.id,
        at,
        "resolved",
        actor,
        json!({ "reason": reason }),
    )
    .await?;
    escalation::resolved(tx, &row, at).await?;
    Ok(vec![
        LiveEvent::IncidentUpdated { incident: row.id },
        LiveEvent::ExecutionChanged { execution: 0 },
        LiveEvent::DeliveriesQueued,
    ])
}

/// The fleet's open incidents of a detector.
///
/// # Errors
/// When the database does not answer.
pub async fn open_of(
    conn: &impl ConnectionTrait,
    detector: &str,
) -> Result<Vec<incident::Model>, StoreError> {
    incident::Entity::find()
        .filter(incident::Column::Detector.eq(detector))
        .filter(incident::Column::ServerId.is_null())
        .filter(incident::Column::OpenKey.is_not_null())
        .all(conn)
        .await
        .map_err(StoreError::during("list the fleet's open incidents"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use noc_pipeline::control::{Condition, Scope};
    use noc_storage::relational::Db;
    use noc_storage::relational::alert_rules::{self, Route, RuleDraft};
    use noc_storage::relational::entity::execution;
    use sea_orm::EntityTrait;
    use std::sync::Arc;

    const T: UnixMs = UnixMs(1_767_225_600_000);

    fn finding(severity: Severity) -> FleetFinding {
        FleetFinding {
            detector: "fleet_silent",
            subject: "dc:fra1".to_owned(),
            severity,
            hold: Duration::ZERO,
            title: "12 servers are silent".to_owned(),
            observed: "12 of 14".to_owned(),
            expected: "reports".to_owned(),
            command: None,
            detail: json!({"members": ["web-1"]}),
        }
    }

    async fn breach_at(db: &Db, severity: Severity, s: u64) -> Option<incident::Model> {
        let at = T.plus(Duration::from_secs(s));
        let told = db.transaction("test", move |tx| {
            Box::pin(async move { breach(tx, &finding(severity), at).await.map(Arc::new) })
        });
        let told: Result<_, StoreError> = told.await;
        told.unwrap().incident.clone()
    }

    async fn resolve_at(db: &Db, s: u64) -> usize {
        let at = T.plus(Duration::from_secs(s));
        let events = db.transaction("test", move |tx| {
            Box::pin(async move { resolve(tx, "fleet_silent", "dc:fra1", "they report", at).await })
        });
        let events: Result<Vec<LiveEvent>, StoreError> = events.await;
        events.unwrap().len()
    }

    #[tokio::test]
    async fn it_opens_once_moves_ends_and_opens_again() {
        let db = Db::open_temporary().await.unwrap();
        let row = breach_at(&db, Severity::High, 0).await.unwrap();
        assert_eq!((row.server_id, row.server_name.as_str()), (None, "fleet"));
        let again = breach_at(&db, Severity::High, 60).await.unwrap();
        assert_eq!((again.id, again.occurrences), (row.id, 2));
        let worse = breach_at(&db, Severity::Critical, 70).await.unwrap();
        assert_eq!(worse.severity, "critical");
        assert_eq!(open_of(db.read(), "fleet_silent").await.unwrap().len(), 1);
        assert_eq!(open_of(db.read(), "attack_campaign").await.unwrap(), []);
        assert!(resolve_at(&db, 100).await > 0);
        assert_eq!(resolve_at(&db, 101).await, 0, "it is over");
        let back = breach_at(&db, Severity::Critical, 200).await.unwrap();
        assert_eq!((back.id, back.resolved_at), (row.id, None), "within 10 min");
        resolve_at(&db, 300).await;
        let other = breach_at(&db, Severity::Critical, 900).await.unwrap();
        assert_ne!(other.id, row.id);
        let executions = execution::Entity::find().all(db.read()).await.unwrap();
        assert_eq!(executions.len(), 2, "one an incident");
        let entries = timeline::of_incident(db.read(), row.id).await.unwrap();
        let kinds: Vec<_> = entries.iter().map(|entry| entry.kind.as_str()).collect();
        let expected = [
            "opened",
            "severity_rose",
            "resolved",
            "reopened",
            "resolved",
        ];
        assert_eq!(kinds, expected);
        assert_eq!(entries[0].detail["members"], json!(["web-1"]));
    }

    #[tokio::test]
    async fn what_a_person_resolved_stays_quiet_for_30_min() {
        let db = Db::open_temporary().await.unwrap();
        let row = breach_at(&db, Severity::High, 0).await.unwrap();
        incidents::resolve(db.write(), row.id, Some(1), T)
            .await
            .unwrap();
        assert_eq!(breach_at(&db, Severity::High, 1_799).await, None);
        assert!(breach_at(&db, Severity::High, 1_800).await.is_some());
    }

    #[tokio::test]
    async fn it_has_the_severity_that_a_rule_for_all_names_and_rises_to_no_other() {
        let db = Db::open_temporary().await.unwrap();
        let draft = RuleDraft {
            name: "the fleet is not that bad".to_owned(),
            enabled: true,
            severity: Some(Severity::Medium),
            scope: Scope::All,
            condition: Condition::routing("fleet_silent"),
            route: Route::Channels(vec!["email".to_owned()]),
            runbook_url: None,
        };
        alert_rules::create(db.write(), draft, T).await.unwrap();
        let row = breach_at(&db, Severity::High, 0).await.unwrap();
        assert_eq!(row.severity, "medium");
        let worse = breach_at(&db, Severity::Critical, 60).await.unwrap();
        assert_eq!((worse.id, worse.severity.as_str()), (row.id, "medium"));
        let armed = execution::Entity::find().one(db.read()).await.unwrap();
        let due = armed.unwrap().due_at.unwrap();
        assert_eq!(UnixMs::from(due).since(T), Duration::from_secs(300));
        let entries = timeline::of_incident(db.read(), row.id).await.unwrap();
        assert_eq!(entries[0].detail["severity_found"], "high");
        assert_eq!(entries.len(), 1, "it never rose");
    }
}
