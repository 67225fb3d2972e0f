//! What is wrong with a rule, as far as a rule can tell by itself.

use crate::error::Problems;
use crate::resources::alert_rules::view::{Comparator, NewAlertRule, RuleCondition, RuleScope};
use crate::resources::detectors;
use noc_actors::notify::channel::Registry;
use noc_pipeline::payload::find_metric;
use noc_storage::relational::alert_rules::ANY_DETECTOR;

const LONGEST_NAME: usize = 120;
const LONGEST_URL: usize = 2_000;
const MOST_IN_SCOPE: usize = 1_000;
const LONGEST_HOLD_S: u32 = 86_400;

/// Notes everything that is wrong with the rule.
pub fn check(problems: &mut Problems, rule: &NewAlertRule, channels: &Registry) {
    let name = rule.name.trim();
    problems.require(
        (1..=LONGEST_NAME).contains(&name.chars().count()) && !name.chars().any(char::is_control),
        "name",
        "must have 1 to 120 characters, none of them control characters",
    );
    scope(problems, &rule.scope);
    condition(problems, &rule.condition);
    route(problems, rule, channels);
    if let Some(url) = &rule.runbook_url {
        let fine = reqwest::Url::parse(url)
            .is_ok_and(|url| matches!(url.scheme(), "http" | "https"))
            && url.len() <= LONGEST_URL;
        problems.require(
            fine,
            "runbook_url",
            "must be an http:// or https:// address",
        );
    }
}

fn scope(problems: &mut Problems, scope: &RuleScope) {
    match scope {
        RuleScope::All(all) => problems.require(*all, "scope.all", "can only be true"),
        RuleScope::Tags(tags) => problems.require(
            (1..=MOST_IN_SCOPE).contains(&tags.len()) && tags.iter().all(|tag| !tag.is_empty()),
            "scope.tags",
            "must name 1 to 1000 tags",
        ),
        RuleScope::ServerIds(ids) => problems.require(
            (1..=MOST_IN_SCOPE).contains(&ids.len())
                && ids
                    .iter()
                    .all(|id| u32::try_from(*id).is_ok_and(|id| id > 0)),
            "scope.server_ids",
            "must name 1 to 1000 servers",
        ),
    }
}

fn condition(problems: &mut Problems, condition: &RuleCondition) {
    let hold = |problems: &mut Problems, seconds: u32| {
        problems.require(
            seconds <= LONGEST_HOLD_S,
            "condition.for_seconds",
            "must be 0 to 86400",
        );
    };
    let metric = |problems: &mut Problems, name: &str| {
        problems.require(
            find_metric(name).is_some(),
            "condition.metric",
            "is no metric: see GET /api/detectors",
        );
    };
    match condition {
        RuleCondition::Threshold {
            metric: name,
            comparator,
            threshold,
            for_seconds,
            clear_threshold,
        } => {
            metric(problems, name);
            hold(problems, *for_seconds);
            problems.require(
                threshold.is_finite(),
                "condition.threshold",
                "must be a number",
            );
            if let Some(clear) = clear_threshold {
                let behind = match comparator {
                    Comparator::Above | Comparator::AtLeast => clear <= threshold,
                    Comparator::Below | Comparator::AtMost => clear >= threshold,
                };
                problems.require(
                    clear.is_finite() && behind,
                    "condition.clear_threshold",
                    "must lie on the good side of the threshold",
                );
            }
        }
        // Its form is settled, so that clients can be written; a rule that would never fire is not stored.
        RuleCondition::Baseline { .. } => problems.require(
            false,
            "condition.type",
            "baseline conditions are not judged by this version",
        ),
        RuleCondition::Detector { detector } => problems.require(
            detector == ANY_DETECTOR || detectors::is_detector(detector),
            "condition.detector",
            "is no detector: see GET /api/detectors",
        ),
    }
}

fn route(problems: &mut Problems, rule: &NewAlertRule, channels: &Registry) {
    match (&rule.channels, rule.escalation_policy_id) {
        (Some(_), Some(_)) => {
            problems.add("channels", "cannot be combined with escalation_policy_id");
            problems.add("escalation_policy_id", "cannot be combined with channels");
        }
        (None, None) => {
            problems.add("channels", "name channels or an escalation_policy_id");
        }
        (Some(named), None) => {
            problems.require(!named.is_empty(), "channels", "must name at least one");
            check_channels(problems, "channels", named, channels);
        }
        (None, Some(_)) => {}
    }
}

/// Notes channels that do not exist.
pub fn check_channels(problems: &mut Problems, field: &str, named: &[String], known: &Registry) {
    for (place, channel) in named.iter().enumerate() {
        if known.get(channel).is_none() {
            problems.add(
                format!("{field}[{place}]"),
                format!("{channel:?} is no channel"),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ApiError;
    use noc_actors::notify::channel::registry;
    use noc_actors::notify::outbound::Outbound;
    use serde_json::{Value, json};

    fn wrong(change: impl Fn(&mut Value)) -> Vec<String> {
        let mut body = json!({
            "name": "CPU", "scope": {"all": true}, "channels": ["email"],
            "condition": {"type": "threshold", "metric": "metrics.cpu_pct", "comparator": ">",
                "threshold": 90.0, "for_seconds": 300, "clear_threshold": 80.0},
        });
        change(&mut body);
        let rule: NewAlertRule = serde_json::from_value(body).unwrap();
        let mut problems = Problems::new();
        check(&mut problems, &rule, &registry(Outbound::default()));
        match problems.into_result() {
            Ok(()) => Vec::new(),
            Err(ApiError::Invalid(errors)) => errors.into_keys().collect(),
            Err(other) => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_good_rule_passes() {
        assert!(wrong(|_| {}).is_empty());
        assert!(
            wrong(|rule| {
                rule["channels"] = Value::Null;
                rule["escalation_policy_id"] = json!(1);
                rule["condition"] = json!({"type": "detector", "detector": "*"});
            })
            .is_empty()
        );
    }

    #[test]
    fn channels_or_a_policy_never_both_never_neither() {
        assert_eq!(
            wrong(|rule| rule["escalation_policy_id"] = json!(1)),
            ["channels", "escalation_policy_id"]
        );
        assert_eq!(wrong(|rule| rule["channels"] = Value::Null), ["channels"]);
        assert_eq!(wrong(|rule| rule["channels"] = json!([])), ["channels"]);
        assert_eq!(
            wrong(|rule| rule["channels"] = json!(["email", "pigeon"])),
            ["channels[1]"]
        );
    }

    #[test]
    fn conditions_name_what_exists() {
        assert_eq!(
            wrong(|rule| rule["condition"]["metric"] = json!("metrics.nope")),
            ["condition.metric"]
        );
        assert_eq!(
            wrong(|rule| rule["condition"] = json!({"type": "detector", "detector": "nope"})),
            ["condition.detector"]
        );
        assert_eq!(
            wrong(|rule| rule["condition"]["clear_threshold"] = json!(95.0)),
            ["condition.clear_threshold"]
        );
        assert_eq!(
            wrong(|rule| rule["condition"]["for_seconds"] = json!(86_401)),
            ["condition.for_seconds"]
        );
    }

    #[test]
    fn scopes_are_never_empty_and_runbooks_never_scripts() {
        assert_eq!(
            wrong(|rule| rule["scope"] = json!({"tags": []})),
            ["scope.tags"]
        );
        assert_eq!(
            wrong(|rule| rule["scope"] = json!({"server_ids": [0]})),
            ["scope.server_ids"]
        );
        assert_eq!(
            wrong(|rule| rule["scope"] = json!({"all": false})),
            ["scope.all"]
        );
        assert_eq!(
            wrong(|rule| rule["runbook_url"] = json!("javascript:alert(1)")),
            ["runbook_url"]
        );
    }
}
