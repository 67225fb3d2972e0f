//! A finding with the grade that the rules give it.

use super::Writer;
use crate::detect::Finding;
use crate::incident::grade::Grade;
use crate::incident::routing::{RuleBook, Subject, tags_of};
use noc_storage::relational::StoreError;
use serde_json::{Value, json};

/// What was found, and how bad that is.
#[derive(Debug, Clone)]
pub(super) struct Graded<'f> {
    pub finding: &'f Finding,
    pub grade: Grade,
}

impl<'f> Graded<'f> {
    /// As its detector has it.
    pub const fn found(finding: &'f Finding) -> Self {
        Self {
            grade: Grade::found(finding.severity, finding.hold),
            finding,
        }
    }

    /// What the timeline says of it.
    pub fn explain(&self, flapping: bool) -> Value {
        let finding = self.finding;
        let mut detail = json!({
            "severity": self.grade.severity,
            "observed": finding.observed,
            "expected": finding.expected,
            "samples": finding.samples,
            "threshold": finding.threshold,
            "rule_id": finding.rule.map(|(id, _)| id),
            "rule_version": finding.rule.map(|(_, version)| version),
            "flapping": flapping,
        });
        if let (Some(rule), Some(detail)) = (&self.grade.rule, detail.as_object_mut()) {
            detail.insert("severity_by_rule".to_owned(), json!(rule));
            detail.insert("severity_found".to_owned(), json!(finding.severity));
        }
        detail
    }
}

impl Writer<'_> {
    /// As the rules have it now.
    pub(super) async fn graded<'f>(&self, finding: &'f Finding) -> Result<Graded<'f>, StoreError> {
        let rules = RuleBook::load(self.tx).await?;
        if !rules.name_severities() {
            return Ok(Graded::found(finding));
        }
        let server = self.record.server;
        let tags = tags_of(self.tx, Some(i64::from(server.0))).await?;
        let subject = Subject {
            detector: self.detector,
            rule_id: finding.rule.map(|(id, _)| id),
            server: Some(server),
            tags: &tags,
        };
        let grade = Grade::by(&rules, &subject, finding.severity, finding.hold);
        Ok(Graded { finding, grade })
    }
}
