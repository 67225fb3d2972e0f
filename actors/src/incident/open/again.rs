//! A further breach: of what is open, and of what was over a moment ago.

use super::{Stored, Writer, clip, explain};
use crate::crash_point;
use crate::detect::Finding;
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
        finding: &Finding,
        occurrences: u32,
        flapping: bool,
        out: &mut Stored,
    ) -> Result<(), StoreError> {
        let breach = Breach {
            title: Some(clip(&finding.title.of(self.server_name))),
            ..self.breach(before, finding, occurrences)
        };
        let row = incidents::reopen(self.tx, before, &breach).await?;
        self.case_opened(&row, finding, out).await?;
        self.note(&row, "reopened", explain(finding, flapping))
            .await?;
        let worse = severity_of(&row) > severity_of(before);
        if worse {
            self.note_rise(before, finding).await?;
        }
        let (hold, at) = (finding.hold, self.record.at);
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

    /// Counts a breach of what is open. Our state may have been lost meanwhile: what is worse than all that is stored
    /// is news, whatever was decided from that state.
    pub(super) async fn again(
        &self,
        row: &incident::Model,
        finding: &Finding,
        occurrences: u32,
        out: &mut Stored,
    ) -> Result<(), StoreError> {
        if finding.severity > severity_of(row) {
            return self.rise(row, finding, occurrences, out).await;
        }
        let breach = self.breach(row, finding, occurrences);
        incidents::breached(self.tx, row.id, &breach).await?;
        out.events
            .push(LiveEvent::IncidentUpdated { incident: row.id });
        Ok(())
    }

    pub(super) async fn rise(
        &self,
        before: &incident::Model,
        finding: &Finding,
        occurrences: u32,
        out: &mut Stored,
    ) -> Result<(), StoreError> {
        let breach = Breach {
            title: Some(clip(&finding.title.of(self.server_name))),
            ..self.breach(before, finding, occurrences)
        };
        let row = incidents::breached(self.tx, before.id, &breach).await?;
        self.note_rise(before, finding).await?;
        escalation::severity_rose(self.tx, &row, self.record.at).await?;
        crash_point::reached("raising_severity");
        out.rose += 1;
        out.events.extend([
            LiveEvent::IncidentUpdated { incident: row.id },
            LiveEvent::ExecutionChanged { execution: 0 },
            LiveEvent::DeliveriesQueued,
        ]);
        Ok(())
    }

    async fn note_rise(
        &self,
        before: &incident::Model,
        finding: &Finding,
    ) -> Result<(), StoreError> {
        let mut detail = explain(finding, false);
        if let Some(detail) = detail.as_object_mut() {
            detail.insert("from".to_owned(), json!(before.severity));
        }
        self.note(before, "severity_rose", detail).await
    }
}
