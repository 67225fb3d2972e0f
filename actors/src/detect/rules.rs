//! Users' rules as one partition knows them: from the log alone.

use noc_pipeline::control::{Condition, Control, Rule};
use noc_pipeline::payload::{Kind, find_metric};
use std::collections::BTreeMap;

/// The rules in force, by id.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Rules(BTreeMap<i64, Known>);

#[derive(Debug, Clone, PartialEq)]
struct Known {
    rule: Rule,
    /// Kind and field of its metric, where it looks at one that exists.
    metric: Option<(Kind, &'static str)>,
}

impl Rules {
    /// Takes a created or changed rule.
    pub fn set(&mut self, rule: Rule) {
        let metric = match &rule.condition {
            Condition::Threshold { metric, .. } | Condition::Baseline { metric, .. } => {
                find_metric(metric).map(|spec| (spec.kind, spec.field))
            }
            Condition::Detector { .. } => None,
        };
        self.0.insert(rule.id, Known { rule, metric });
    }

    /// Forgets a deleted rule.
    pub fn remove(&mut self, id: i64) {
        self.0.remove(&id);
    }

    /// One rule, enabled or not.
    #[must_use]
    pub fn get(&self, id: i64) -> Option<&Rule> {
        self.0.get(&id).map(|known| &known.rule)
    }

    /// Enabled rules that look at metrics of this kind, with the field they look at.
    pub fn of_kind(&self, kind: Kind) -> impl Iterator<Item = (&Rule, &'static str)> {
        self.0.values().filter_map(move |known| match known.metric {
            Some((of, field)) if of == kind && known.rule.enabled => Some((&known.rule, field)),
            _ => None,
        })
    }

    /// Packs them for a snapshot, as they stand in the log (their tags need a format that describes itself).
    #[must_use]
    pub fn encode(&self) -> Vec<Vec<u8>> {
        let rules = self.0.values().map(|known| {
            let mut out = Vec::new();
            Control::RuleSet(known.rule.clone()).write_json(&mut out);
            out
        });
        rules.collect()
    }

    /// Reads what [`Rules::encode`] wrote; what cannot be read is reported and left out.
    #[must_use]
    pub fn decode(packed: &[Vec<u8>]) -> Self {
        let mut rules = Self::default();
        for bytes in packed {
            match Control::from_json(bytes) {
                Ok(Control::RuleSet(rule)) => rules.set(rule),
                Ok(_) => tracing::error!("a snapshot holds something else than a rule"),
                Err(error) => tracing::error!(%error, "a rule in a snapshot cannot be read"),
            }
        }
        rules
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::bench::rule;

    #[test]
    fn they_come_back_from_a_snapshot_and_are_found_by_kind() {
        let mut rules = Rules::default();
        rules.set(rule(1, "metrics.cpu_pct", 90.0));
        rules.set(rule(2, "disks.used_pct", 80.0));
        rules.set(Rule {
            enabled: false,
            ..rule(3, "metrics.load1", 8.0)
        });
        rules.set(rule(4, "no.such_metric", 1.0));
        assert_eq!(Rules::decode(&rules.encode()), rules);
        let found: Vec<_> = rules
            .of_kind(Kind::Metrics)
            .map(|(rule, field)| (rule.id, field))
            .collect();
        assert_eq!(found, [(1, "cpu_pct")]);
        rules.remove(1);
        assert_eq!(rules.of_kind(Kind::Metrics).count(), 0);
    }
}
