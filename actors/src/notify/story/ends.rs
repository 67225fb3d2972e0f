//! Stories of incidents that end, and come back.

use super::Story;
use crate::escalation::{self, severity_of};
use crate::incident::fleet::{self, FleetFinding};
use noc_pipeline::clock::Clock;
use noc_pipeline::control::Severity;
use noc_storage::relational::{StoreError, incidents};
use serde_json::json;
use std::time::Duration;

impl Story {
    /// The incident ends by itself.
    pub async fn resolves(&self, id: i64) {
        self.ends(id, true).await;
    }

    /// Its server is no longer watched.
    pub async fn is_withdrawn(&self, id: i64) {
        self.ends(id, false).await;
    }

    async fn ends(&self, id: i64, told: bool) {
        let now = self.clock.now();
        let over = self.context.db.transaction("test", |tx| {
            Box::pin(async move {
                let row = incidents::resolve(tx, id, None, now).await?;
                if told {
                    escalation::resolved(tx, &row, now).await
                } else {
                    escalation::withdrawn(tx, &row, now).await
                }
            })
        });
        over.await.map_err(|e: StoreError| e).unwrap();
    }

    /// The same incident of the fleet opens again, as bad as it was, and without a page hold.
    pub async fn reopens(&self, id: i64) {
        let severity = severity_of(&self.incident(id).await);
        self.comes_back(id, severity).await;
    }

    /// [`Story::reopens`], as bad as this.
    pub async fn comes_back(&self, id: i64, severity: Severity) {
        let now = self.clock.now();
        let row = self.incident(id).await;
        let finding = FleetFinding {
            detector: "service_down",
            subject: row.subject.clone(),
            severity,
            hold: Duration::ZERO,
            title: row.title.clone(),
            observed: "no process".to_owned(),
            expected: "running".to_owned(),
            command: None,
            detail: json!({}),
        };
        let again = self.context.db.transaction("test", |tx| {
            let (row, finding) = (row.clone(), finding.clone());
            Box::pin(async move { fleet::reopen(tx, &row, &finding, now).await.map(drop) })
        });
        again.await.map_err(|e: StoreError| e).unwrap();
    }
}
