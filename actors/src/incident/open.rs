//! Stores what one log record decided, in one transaction, once.
//!
//! The transaction checks the partition's epoch, moves the server's cursor, and then writes the effects together
//! with the timeline and the execution that will page. A stale owner fails at the epoch; a repeat of the record
//! fails at the cursor; a crash before the commit leaves nothing of it. What is written are absolute values. Which group
//! an incident joins is decided in it as well ([`group`]).

use super::group;
use super::lifecycle::{Change, Effect};
use crate::crash_point;
use crate::detect::{Detector, key_of, server_down::ServerDown};
use crate::escalation;
use crate::facts::{self, Fact};
use futures::FutureExt;
use noc_pipeline::clock::UnixMs;
use noc_pipeline::control::Severity;
use noc_pipeline::id::{Epoch, LogId, Offset, PartitionId, ServerId};
use noc_pipeline::live::LiveEvent;
use noc_storage::relational::entity::{incident, server};
use noc_storage::relational::incidents::{self, Breach, NewIncident};
use noc_storage::relational::timeline::{self, Actor};
use noc_storage::relational::{Db, StoreError, partitions, server_cursors};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter};
use serde_json::json;
use std::sync::Arc;

mod again;
mod case;
mod graded;

use graded::Graded;

/// Whose word counts: the owner of a partition, under one claim, reading one log.
#[derive(Debug, Clone, Copy)]
pub struct Fence {
    /// The partition.
    pub partition: PartitionId,
    /// The claim.
    pub epoch: Epoch,
    /// The log that offsets count in.
    pub log: LogId,
}

/// What one record decided about one server.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordEffects {
    /// The record.
    pub offset: Offset,
    /// The server.
    pub server: ServerId,
    /// When the record was taken: the time of rows and deadlines.
    pub at: UnixMs,
    /// When what it says was true: the time of the incident.
    pub event_at: UnixMs,
    /// In order.
    pub effects: Vec<Effect>,
    /// Told by the host.
    pub fact: Option<Fact>,
    /// Why the server is no longer watched: everything that is open of it ends, whoever opened it.
    pub unwatched: Option<&'static str>,
}

/// What came of storing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stored {
    /// False: it was stored before.
    pub fresh: bool,
    /// Incidents opened or reopened.
    pub opened: u64,
    /// Open ones that got worse.
    pub rose: u64,
    /// To be told once the transaction is through.
    pub events: Vec<LiveEvent>,
}

impl Stored {
    /// An incident ended: its page, its execution and its messages changed.
    fn over(&mut self, incident: i64) {
        self.events.extend([
            LiveEvent::IncidentUpdated { incident },
            LiveEvent::ExecutionChanged { execution: 0 },
            LiveEvent::DeliveriesQueued,
        ]);
    }

    /// All of it is stored, and nobody has been told.
    fn crash_point(&self) {
        if self.opened > 0 {
            crash_point::reached("incident_opened");
        } else if self.rose > 0 {
            crash_point::reached("severity_raised");
        } else if self.events.contains(&LiveEvent::DeliveriesQueued) {
            crash_point::reached("incident_ended");
        }
    }
}

/// Why it was not stored.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Somebody else owns the partition by now: stop.
    #[error("partition {partition} is no longer owned under epoch {epoch}")]
    Fenced {
        /// The partition.
        partition: PartitionId,
        /// Our claim.
        epoch: Epoch,
    },
    /// The database refused or did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl OpenError {
    /// Whether no repetition can help: the record is set aside then, and the partition goes on.
    #[must_use]
    pub fn is_poison(&self) -> bool {
        match self {
            Self::Fenced { .. } => false,
            Self::Store(error) => match error {
                StoreError::Query { .. } => error.is_unique_violation() || error.is_bad_value(),
                StoreError::Timeout { .. }
                | StoreError::TooManyConnections { .. }
                | StoreError::Unusable { .. } => false,
                StoreError::NotFound { .. }
                | StoreError::Conflict { .. }
                | StoreError::Damaged { .. }
                | StoreError::Refused { .. }
                | StoreError::InUse { .. }
                | StoreError::Secret { .. } => true,
            },
        }
    }
}

/// Stores a record's effects.
///
/// # Errors
/// See [`OpenError`]; nothing is stored then, or, after a time-out, everything: repeat it.
pub async fn store(
    db: &Db,
    fence: Fence,
    record: &Arc<RecordEffects>,
) -> Result<Stored, OpenError> {
    db.transaction("store a record's effects", |tx| {
        let record = Arc::clone(record);
        async move {
            if !partitions::holds(tx, fence.partition, fence.epoch).await? {
                return Err(OpenError::Fenced {
                    partition: fence.partition,
                    epoch: fence.epoch,
                });
            }
            let mut out = Stored::default();
            if !server_cursors::advance(tx, record.server, fence.log, record.offset).await? {
                return Ok(out);
            }
            out.fresh = true;
            if let Some(reason) = record.unwatched {
                withdraw_all(tx, &record, reason, &mut out).await?;
            }
            if record.effects.is_empty() && record.fact.is_none() {
                return Ok(out);
            }
            // Deleted while its last words were on their way: nothing of it is worth storing.
            if let Some(server) = server_row(tx, record.server).await? {
                for effect in &record.effects {
                    apply(tx, &record, &server.name, effect, &mut out).await?;
                }
                if let Some(fact) = &record.fact {
                    facts::store(tx, record.server, fact, record.event_at, record.at).await?;
                }
            }
            Ok(out)
        }
        .boxed()
    })
    .await
    .inspect(Stored::crash_point)
}

async fn server_row(
    tx: &DatabaseTransaction,
    id: ServerId,
) -> Result<Option<server::Model>, StoreError> {
    server::Entity::find_by_id(i64::from(id.0))
        .one(tx)
        .await
        .map_err(StoreError::during("read a server's name"))
}

/// Ends what the database has open of the server, which may be more than its actor remembers.
async fn withdraw_all(
    tx: &DatabaseTransaction,
    record: &RecordEffects,
    reason: &str,
    out: &mut Stored,
) -> Result<(), StoreError> {
    for row in incidents::lock_open_of(tx, record.server).await? {
        let row = incidents::resolve(tx, row.id, None, record.event_at).await?;
        let detail = json!({ "reason": reason });
        timeline::append(tx, row.id, record.at, "resolved", Actor::System, detail).await?;
        escalation::withdrawn(tx, &row, record.at).await?;
        out.over(row.id);
    }
    Ok(())
}

async fn apply(
    tx: &DatabaseTransaction,
    record: &RecordEffects,
    server_name: &str,
    effect: &Effect,
    out: &mut Stored,
) -> Result<(), StoreError> {
    let Some(detector) = key_of(effect.detector) else {
        return Ok(());
    };
    let subject = clip(&effect.subject);
    let key = incidents::key(detector, Some(record.server), &subject);
    let writer = Writer {
        tx,
        record,
        detector,
        server_name,
        subject,
    };
    let open = incidents::find_open(tx, &key).await?;
    let went_down = effect.detector == ServerDown::INFO.code;
    match (&effect.change, open) {
        (Change::Open { finding, flapping }, None) => {
            let graded = writer.graded(finding).await?;
            writer.open(&graded, *flapping, out).await?;
        }
        (
            Change::Reopen {
                finding,
                occurrences,
                flapping,
            },
            None,
        ) => {
            let graded = writer.graded(finding).await?;
            let newest = incidents::find_newest(tx, &key).await?;
            match newest.filter(|row| row.resolved_at.is_some() && row.resolved_by.is_none()) {
                Some(row) => {
                    writer
                        .reopen(&row, &graded, *occurrences, *flapping, out)
                        .await?;
                }
                None => writer.open(&graded, *flapping, out).await?,
            }
        }
        // It is open although we thought it was not: after the loss of our state. It goes on.
        (Change::Open { finding, .. }, Some(row)) => {
            let row = writer.worse(&row, finding, 1, out).await?;
            writer.case_opened(&row, finding, out).await?;
        }
        (
            Change::Touch {
                finding,
                occurrences,
            },
            Some(row),
        ) => {
            let row = writer.again(&row, finding, *occurrences, out).await?;
            writer.case_breached(&row, finding, out).await?;
        }
        (
            Change::Rise {
                finding,
                occurrences,
            }
            | Change::Reopen {
                finding,
                occurrences,
                ..
            },
            Some(row),
        ) => {
            let row = writer.worse(&row, finding, *occurrences, out).await?;
            writer.case_breached(&row, finding, out).await?;
        }
        (Change::Resolve { reason }, Some(row)) => {
            let row = writer.resolve(&row, reason, out).await?;
            escalation::resolved(tx, &row, record.at).await?;
            crash_point::reached("ending_incident");
        }
        // A person resolved it meanwhile; our state hears of it by a control record on its way.
        (Change::Touch { .. } | Change::Rise { .. } | Change::Resolve { .. }, None) => {}
    }
    if went_down {
        writer.server_status(&effect.change, out).await?;
        writer.hold_others(&effect.change, out).await?;
    }
    Ok(())
}

/// Writes the rows of one effect.
struct Writer<'a> {
    tx: &'a DatabaseTransaction,
    record: &'a RecordEffects,
    detector: &'static str,
    server_name: &'a str,
    subject: String,
}

impl Writer<'_> {
    async fn open(
        &self,
        graded: &Graded<'_>,
        flapping: bool,
        out: &mut Stored,
    ) -> Result<(), StoreError> {
        let (finding, grade) = (graded.finding, &graded.grade);
        let new = NewIncident {
            detector: self.detector.to_owned(),
            server: Some(self.record.server),
            server_name: self.server_name.to_owned(),
            subject: self.subject.clone(),
            severity: grade.severity,
            title: clip(&finding.title.of(self.server_name)),
            observed: Some(finding.observed.clone()),
            expected: Some(finding.expected.clone()),
            command: finding.command.clone(),
            rule_id: finding.rule.map(|(id, _)| id),
            opened_at: self.record.event_at,
        };
        let row = incidents::insert(self.tx, new).await?;
        self.note(&row, "opened", graded.explain(flapping)).await?;
        self.case_opened(&row, finding, out).await?;
        group::arm(self.tx, &row, grade.hold, self.record.at).await?;
        crash_point::reached("opening_incident");
        out.opened += 1;
        out.events.extend([
            LiveEvent::IncidentOpened { incident: row.id },
            LiveEvent::ExecutionChanged { execution: 0 },
        ]);
        Ok(())
    }

    async fn resolve(
        &self,
        row: &incident::Model,
        reason: &str,
        out: &mut Stored,
    ) -> Result<incident::Model, StoreError> {
        let row = incidents::resolve(self.tx, row.id, None, self.record.event_at).await?;
        self.note(&row, "resolved", json!({ "reason": reason }))
            .await?;
        out.over(row.id);
        Ok(row)
    }

    /// `servers.status` follows `server_down` at once; the rest of the row is brought up to date every 10 s.
    async fn server_status(&self, change: &Change, out: &mut Stored) -> Result<(), StoreError> {
        let status = match change {
            Change::Open { .. } | Change::Reopen { .. } => "down",
            Change::Resolve { .. } => "up",
            Change::Touch { .. } | Change::Rise { .. } => return Ok(()),
        };
        server::Entity::update_many()
            .col_expr(server::Column::Status, Expr::value(status))
            .filter(server::Column::Id.eq(i64::from(self.record.server.0)))
            .filter(server::Column::IsActive.eq(true))
            .exec(self.tx)
            .await
            .map_err(StoreError::during("set a server's status"))?;
        out.events.push(LiveEvent::ServerUpdated {
            server: self.record.server,
        });
        Ok(())
    }

    /// While the server is down nobody is told of its other incidents.
    async fn hold_others(&self, change: &Change, out: &mut Stored) -> Result<(), StoreError> {
        if matches!(change, Change::Touch { .. } | Change::Rise { .. }) {
            return Ok(());
        }
        let (server, at) = (self.record.server, self.record.at);
        let moved = escalation::settle_server(self.tx, server, at).await?;
        let incidents = moved.ids();
        out.events
            .extend(incidents.map(|incident| LiveEvent::IncidentUpdated { incident }));
        Ok(())
    }

    fn breach(&self, row: &incident::Model, graded: &Graded<'_>, occurrences: u32) -> Breach {
        let (finding, severity) = (graded.finding, graded.grade.severity);
        let so_far = Severity::from_name(&row.severity);
        Breach {
            severity: so_far.map_or(severity, |s| s.max(severity)),
            title: None,
            observed: Some(finding.observed.clone()),
            expected: Some(finding.expected.clone()),
            occurrences,
            at: self.record.event_at,
        }
    }

    async fn note(
        &self,
        row: &incident::Model,
        kind: &str,
        detail: serde_json::Value,
    ) -> Result<(), StoreError> {
        let actor = Actor::Detector(self.detector);
        timeline::append(self.tx, row.id, self.record.at, kind, actor, detail).await
    }
}

/// As long as the columns for titles and subjects are.
pub(super) fn clip(text: &str) -> String {
    text.chars().take(512).collect()
}

#[cfg(test)]
mod tests;
