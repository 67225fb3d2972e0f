//! Users' rules as one partition knows them: from the log alone.

use noc_pipeline::control::{Condition, Control, Rule, Scope};
use noc_pipeline::id::ServerId;
use noc_pipeline::payload::{Kind, find_metric};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// The rules in force.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Rules {
    by_id: BTreeMap<i64, Known>,
    /// Those that change a detector's numbers, the narrowest scope first, then the lowest id.
    tuning: Vec<Tuning>,
}

#[derive(Debug, Clone, PartialEq)]
struct Tuning {
    rule: i64,
    scope: Scope,
    detector: String,
    numbers: BTreeMap<String, f64>,
    off: bool,
}

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
        self.tune(&rule);
        self.by_id.insert(rule.id, Known { rule, metric });
    }

    fn tune(&mut self, rule: &Rule) {
        self.tuning.retain(|tuning| tuning.rule != rule.id);
        let Condition::Detector {
            detector,
            numbers,
            off,
        } = &rule.condition
        else {
            return;
        };
        if rule.enabled && (*off || !numbers.is_empty()) {
            self.tuning.push(Tuning {
                rule: rule.id,
                scope: rule.scope.clone(),
                detector: detector.clone(),
                numbers: numbers.clone(),
                off: *off,
            });
            self.tuning
                .sort_by_key(|t| (Reverse(t.scope.specificity()), t.rule));
        }
    }

    fn tuning(
        &self,
        detector: &str,
        server: ServerId,
        tags: &[String],
    ) -> impl Iterator<Item = &Tuning> {
        let of = move |t: &&Tuning| t.detector == detector && t.scope.covers(server, tags);
        self.tuning.iter().filter(of)
    }

    /// What the most specific rule for this server sets a detector's number to.
    #[must_use]
    pub fn number(
        &self,
        detector: &str,
        key: &str,
        server: ServerId,
        tags: &[String],
    ) -> Option<f64> {
        let mut all = self.tuning(detector, server, tags);
        all.find_map(|tuning| tuning.numbers.get(key).copied())
    }

    /// Whether the most specific of the rules that tune a detector for this server switches it off.
    #[must_use]
    pub fn is_off(&self, detector: &str, server: ServerId, tags: &[String]) -> bool {
        let first = self.tuning(detector, server, tags).next();
        first.is_some_and(|tuning| tuning.off)
    }

    /// Forgets a deleted rule.
    pub fn remove(&mut self, id: i64) {
        self.by_id.remove(&id);
        self.tuning.retain(|tuning| tuning.rule != id);
    }

    /// One rule, enabled or not.
    #[must_use]
    pub fn get(&self, id: i64) -> Option<&Rule> {
        self.by_id.get(&id).map(|known| &known.rule)
    }

    /// Enabled rules that look at metrics of this kind, with the field they look at.
    pub fn of_kind(&self, kind: Kind) -> impl Iterator<Item = (&Rule, &'static str)> {
        self.by_id
            .values()
            .filter_map(move |known| match known.metric {
                Some((of, field)) if of == kind && known.rule.enabled => Some((&known.rule, field)),
                _ => None,
            })
    }

    /// Packs them for a snapshot, as they stand in the log (their tags need a format that describes itself).
    #[must_use]
    pub fn encode(&self) -> Vec<Vec<u8>> {
        let rules = self.by_id.values().map(|known| {
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
    fn the_narrowest_rule_sets_a_number_and_the_others_fill_in() {
        let tuned = |id, scope, numbers: &[(&str, f64)], off| Rule {
            scope,
            condition: Condition::Detector {
                detector: "mail_queue_spike".to_owned(),
                numbers: numbers
                    .iter()
                    .map(|(key, value)| ((*key).to_owned(), *value))
                    .collect(),
                off,
            },
            ..rule(id, "metrics.cpu_pct", 1.0)
        };
        let mail = ["mail".to_owned()];
        let mut rules = Rules::default();
        rules.set(tuned(
            1,
            Scope::All,
            &[("factor", 2.0), ("floor", 9.0)],
            false,
        ));
        rules.set(tuned(
            2,
            Scope::Tags(mail.to_vec()),
            &[("factor", 4.0)],
            false,
        ));
        let number = |rules: &Rules, key: &str, tags: &[String]| {
            rules.number("mail_queue_spike", key, ServerId(7), tags)
        };
        assert_eq!(number(&rules, "factor", &mail), Some(4.0));
        assert_eq!(number(&rules, "floor", &mail), Some(9.0));
        assert_eq!(number(&rules, "factor", &[]), Some(2.0));
        assert_eq!(rules.number("mail_ramp", "factor", ServerId(7), &[]), None);
        rules.set(tuned(3, Scope::ServerIds(vec![ServerId(7)]), &[], true));
        assert!(rules.is_off("mail_queue_spike", ServerId(7), &mail));
        assert!(!rules.is_off("mail_queue_spike", ServerId(8), &mail));
        assert_eq!(Rules::decode(&rules.encode()), rules);
        rules.remove(3);
        assert!(!rules.is_off("mail_queue_spike", ServerId(7), &mail));
    }

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
