//! A further breach: of what is open, and of what was over a moment ago.

use super::{Graded, Stored, Writer, clip};
use crate::crash_point;
use crate::detect::Finding;
use crate::detect::server_down::NOT_PAGED;
use crate::escalation::{self, is_acknowledged, severity_of};
use crate::incident::group;
use noc_pipeline::live::LiveEvent;
use noc_storage::relational::StoreError;
use noc_storage::relational::entity::incident;
use noc_storage::relational::incidents::{self, Breach};
use serde_json::json;

impl Writer<'_> {
    /// Opens what had resolved by itself; who has it still does, unless it is worse.
    pub(super) async fn reopen(
        &self,
        before: &incident::Model,
        graded: &Graded<'_>,
        occurrences: u32,
        flapping: bool,
        out: &mut Stored,
    ) -> Result<(), StoreError> {
        let breach = self.anew(before, graded, occurrences);
        let row = incidents::reopen(self.tx, before, &breach).await?;
        self.case_opened(&row, graded.finding, out).await?;
        self.note(&row, "reopened", graded.explain(flapping))
            .await?;
        let worse = severity_of(&row) > severity_of(before);
        if worse {
            self.note_rise(before, graded).await?;
        }
        let (hold, at) = (graded.grade.hold, self.record.at);
        if is_acknowledged(&row) {
            escalation::reopened(self.tx, &row, worse, hold, at).await?;
        } else {
            group::arm(self.tx, &row, hold, at).await?;
        }
        out.opened += 1;
        out.events.extend([
            LiveEvent::IncidentUpdated { incident: row.id },
            LiveEvent::ExecutionChanged { execution: 0 },
            LiveEvent::DeliveriesQueued,
        ]);
        Ok(())
    }

    /// Counts a breach of what is open; the row as it is then. Our state may have been lost meanwhile: what is worse than all
    /// that is stored is news, whatever was decided from that state.
    pub(super) async fn again(
        &self,
        row: &incident::Model,
        finding: &Finding,
        occurrences: u32,
        out: &mut Stored,
    ) -> Result<incident::Model, StoreError> {
        let mut graded = Graded::found(finding);
        if finding.severity > severity_of(row) {
            graded = self.graded(finding).await?;
        }
        if graded.grade.severity > severity_of(row) {
            return self.rise(row, &graded, occurrences, out).await;
        }
        let breach = self.breach(row, &graded, occurrences);
        let row = incidents::breached(self.tx, row.id, &breach).await?;
        out.events
            .push(LiveEvent::IncidentUpdated { incident: row.id });
        Ok(row)
    }

    /// Takes what is worse than what was found since it opened, or may be; the row as it is then. Where the incident itself
    /// gets no worse, a page that was held for the milder finding still comes forward.
    pub(super) async fn worse(
        &self,
        row: &incident::Model,
        finding: &Finding,
        occurrences: u32,
        out: &mut Stored,
    ) -> Result<incident::Model, StoreError> {
        let graded = self.graded(finding).await?;
        if graded.grade.severity > severity_of(row) {
            return self.rise(row, &graded, occurrences, out).await;
        }
        let breach = self.anew(row, &graded, occurrences);
        let row = incidents::breached(self.tx, row.id, &breach).await?;
        let (hold, at) = (graded.grade.hold, self.record.at);
        if hold < NOT_PAGED {
            escalation::page_within(self.tx, &row, hold, at).await?;
        }
        out.events.extend([
            LiveEvent::IncidentUpdated { incident: row.id },
            LiveEvent::ExecutionChanged { execution: 0 },
        ]);
        Ok(row)
    }

    async fn rise(
        &self,
        before: &incident::Model,
        graded: &Graded<'_>,
        occurrences: u32,
        out: &mut Stored,
    ) -> Result<incident::Model, StoreError> {
        let breach = self.anew(before, graded, occurrences);
        let row = incidents::breached(self.tx, before.id, &breach).await?;
        self.note_rise(before, graded).await?;
        escalation::severity_rose(self.tx, &row, graded.grade.hold, self.record.at).await?;
        crash_point::reached("raising_severity");
        out.rose += 1;
        out.events.extend([
            LiveEvent::IncidentUpdated { incident: row.id },
            LiveEvent::ExecutionChanged { execution: 0 },
            LiveEvent::DeliveriesQueued,
        ]);
        Ok(row)
    }

    /// A breach that is another sight than the one before: its title, too.
    fn anew(&self, row: &incident::Model, graded: &Graded<'_>, occurrences: u32) -> Breach {
        Breach {
            title: Some(clip(&graded.finding.title.of(self.server_name))),
            ..self.breach(row, graded, occurrences)
        }
    }

    async fn note_rise(
        &self,
        before: &incident::Model,
        graded: &Graded<'_>,
    ) -> Result<(), StoreError> {
        let mut detail = graded.explain(false);
        if let Some(detail) = detail.as_object_mut() {
            detail.insert("from".to_owned(), json!(before.severity));
        }
        self.note(before, "severity_rose", detail).await
    }
}
