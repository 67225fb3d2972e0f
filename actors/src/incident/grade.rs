//! How bad what was found is by the rules, and how long it is shown before anybody is paged.

use super::routing::{RuleBook, Subject};
use crate::detect::page_hold;
use crate::detect::server_down::NOT_PAGED;
use noc_pipeline::control::Severity;
use std::time::Duration;

/// What an incident gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grade {
    /// How bad.
    pub severity: Severity,
    /// How long it is shown before anybody is paged.
    pub hold: Duration,
    /// The name of the rule that says so; `None`: it is as found.
    pub rule: Option<String>,
}

impl Grade {
    /// As it was found.
    #[must_use]
    pub const fn found(severity: Severity, hold: Duration) -> Self {
        Self {
            severity,
            hold,
            rule: None,
        }
    }

    /// As the rules have it. Another severity is paged when incidents of that one are, but for what its detector pages nobody
    /// of yet: what it finds later brings that page forward.
    #[must_use]
    pub fn by(rules: &RuleBook, subject: &Subject<'_>, severity: Severity, hold: Duration) -> Self {
        let Some((set, rule)) = rules.severity(subject) else {
            return Self::found(severity, hold);
        };
        let stays = set == severity || hold >= NOT_PAGED;
        Self {
            severity: set,
            hold: if stays { hold } else { page_hold(set) },
            rule: Some(rule.name.clone()),
        }
    }
}
