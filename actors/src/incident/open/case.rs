//! Incidents with evidence are cases of mail abuse, too.

use super::{Stored, Writer, clip};
use crate::detect::Finding;
use crate::escalation::severity_of;
use noc_pipeline::live::LiveEvent;
use noc_storage::relational::StoreError;
use noc_storage::relational::entity::incident;
use noc_storage::relational::mail_abuse::{self, Seen};

impl Writer<'_> {
    /// Makes an incident with evidence a case for review.
    pub(super) async fn case_opened(
        &self,
        row: &incident::Model,
        finding: &Finding,
        out: &mut Stored,
    ) -> Result<(), StoreError> {
        if let Some(seen) = self.seen(row, finding)? {
            let case = mail_abuse::opened(self.tx, row.id, &seen).await?;
            out.events.push(LiveEvent::AbuseDetected { case: case.id });
        }
        Ok(())
    }

    pub(super) async fn case_breached(
        &self,
        row: &incident::Model,
        finding: &Finding,
        out: &mut Stored,
    ) -> Result<(), StoreError> {
        if let Some(seen) = self.seen(row, finding)?
            && let Some(case) = mail_abuse::breached(self.tx, row.id, &seen).await?
        {
            out.events.push(LiveEvent::AbuseUpdated { case: case.id });
        }
        Ok(())
    }

    fn seen(&self, row: &incident::Model, finding: &Finding) -> Result<Option<Seen>, StoreError> {
        let Some(evidence) = &finding.evidence else {
            return Ok(None);
        };
        let json = serde_json::to_value(evidence)
            .map_err(|e| StoreError::damaged("mail_abuse_cases", &self.subject, e.to_string()))?;
        let account = evidence.account.as_ref();
        Ok(Some(Seen {
            server: self.record.server,
            subject: self.subject.clone(),
            sender: evidence.sender.name(),
            name: clip(&evidence.name),
            account: account.map(|name| name.chars().take(190).collect()),
            severity: severity_of(row),
            hour: evidence.hour,
            recipients: evidence.recipients,
            expected: evidence.expected,
            evidence: json,
            at: self.record.event_at,
        }))
    }
}
