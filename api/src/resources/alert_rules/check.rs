//! What is wrong with a rule, as far as a rule can tell by itself.

use crate::error::Problems;
use crate::resources::alert_rules::view::{Comparator, NewAlertRule, RuleCondition, RuleScope};
use crate::resources::detectors;
use noc_actors::notify::channel::Registry;
use noc_pipeline::payload::{Unit, find_metric};
use noc_storage::relational::alert_rules::ANY_DETECTOR;

const LONGEST_NAME: usize = 120;
const LONGEST_URL: usize = 2_000;
const MOST_IN_SCOPE: usize = 1_000;
const LONGEST_HOLD_S: u32 = 86_400;
const MOST_FACTOR: f64 = 1_000.0;
const MOST_DEVIATIONS: f64 = 100.0;

/// Notes everything that is wrong with the rule.
pub fn check(problems: &mut Problems, rule: &NewAlertRule, channels: &Registry) {
    check_unrouted(problems, rule);
    route(problems, rule, channels);
}

/// As [`check`], but a rule that does not say yet whom to tell is fine: for trying it.
pub fn check_draft(problems: &mut Problems, rule: &NewAlertRule, channels: &Registry) {
    check_unrouted(problems, rule);
    if rule.channels.is_some() || rule.escalation_policy_id.is_some() {
        route(problems, rule, channels);
    }
}

fn check_unrouted(problems: &mut Problems, rule: &NewAlertRule) {
    let name = rule.name.trim();
    problems.require(
        (1..=LONGEST_NAME).contains(&name.chars().count()) && !name.chars().any(char::is_control),
        "name",
        "must have 1 to 120 characters, none of them control characters",
    );
    check_scope(problems, &rule.scope);
    condition(problems, &rule.condition);
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

/// Notes what is wrong with a scope.
pub fn check_scope(problems: &mut Problems, scope: &RuleScope) {
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
            value(problems, name, "condition.threshold", *threshold);
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
        RuleCondition::Baseline {
            metric: name,
            factor,
            min_value,
            for_seconds,
            deviations,
            ..
        } => {
            metric(problems, name);
            hold(problems, *for_seconds);
            problems.require(
                (1.0..=MOST_FACTOR).contains(factor),
                "condition.factor",
                "must be 1 to 1000",
            );
            problems.require(
                (0.0..=MOST_DEVIATIONS).contains(deviations),
                "condition.deviations",
                "must be 0 to 100",
            );
            problems.require(
                *factor > 1.0 || *deviations > 0.0,
                "condition.factor",
                "must be over 1 where deviations are 0",
            );
            value(problems, name, "condition.min_value", *min_value);
        }
        RuleCondition::Detector {
            detector,
            numbers,
            off,
        } => {
            problems.require(
                detector == ANY_DETECTOR || detectors::is_detector(detector),
                "condition.detector",
                "is no detector: see GET /api/detectors",
            );
            problems.require(
                !(*off && detector == ANY_DETECTOR),
                "condition.off",
                "name the detector that is to be off",
            );
            for (key, value) in numbers {
                number(problems, detector, key, *value);
            }
        }
    }
}

/// A value of a metric must be one that the metric can have: others would never fire, or always.
fn value(problems: &mut Problems, metric: &str, field: &str, value: f64) {
    let unit = find_metric(metric).map(|spec| spec.unit);
    let (fine, problem) = match unit {
        Some(Unit::Percent) => (
            (0.0..=100.0).contains(&value),
            "must be 0 to 100, in percent",
        ),
        Some(Unit::YesNo) => (
            (0.0..=1.0).contains(&value),
            "must be 0 to 1: 1 is yes, 0 is no",
        ),
        _ => (
            value.is_finite() && value >= 0.0,
            "must be a number, 0 or more",
        ),
    };
    problems.require(fine, field, problem);
}

fn number(problems: &mut Problems, detector: &str, key: &str, value: f64) {
    let field = format!("condition.numbers.{key}");
    match detectors::number(detector, key) {
        Some(known) if (known.min..=known.max).contains(&value) => {}
        Some(known) => problems.add(field, format!("must be {} to {}", known.min, known.max)),
        None => problems.add(
            field,
            "is no number of this detector: see GET /api/detectors",
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
    fn values_are_such_as_the_metric_can_have() {
        let of = |metric: &str, threshold: f64| {
            wrong(|rule| {
                rule["condition"] = json!({"type": "threshold", "metric": metric, "comparator": "<",
                    "threshold": threshold, "for_seconds": 0});
            })
        };
        assert!(of("metrics.cpu_pct", 100.0).is_empty());
        assert_eq!(of("metrics.cpu_pct", 100.1), ["condition.threshold"]);
        assert_eq!(of("metrics.cpu_pct", -1.0), ["condition.threshold"]);
        assert!(of("processes.running", 1.0).is_empty());
        assert_eq!(of("processes.running", 2.0), ["condition.threshold"]);
        assert!(of("metrics.ram_used_bytes", 1e12).is_empty());
        assert_eq!(of("metrics.load1", -0.5), ["condition.threshold"]);
    }

    fn wrong_baseline(change: impl Fn(&mut Value)) -> Vec<String> {
        wrong(|rule| {
            rule["condition"] = json!({"type": "baseline", "metric": "metrics.cpu_pct", "factor": 3.0,
                "min_value": 20.0, "for_seconds": 300});
            change(&mut rule["condition"]);
        })
    }

    #[test]
    fn baselines_have_a_factor_or_deviations_and_a_floor() {
        assert!(wrong_baseline(|_| {}).is_empty());
        assert!(wrong_baseline(|c| c["direction"] = json!("both")).is_empty());
        assert!(wrong_baseline(|c| c["factor"] = json!(1.0)).is_empty());
        let neither = |c: &mut Value| {
            c["factor"] = json!(1.0);
            c["deviations"] = json!(0);
        };
        assert_eq!(wrong_baseline(neither), ["condition.factor"]);
        for (field, value) in [
            ("metric", json!("metrics.nope")),
            ("factor", json!(0.5)),
            ("factor", json!(1001)),
            ("deviations", json!(-1)),
            ("deviations", json!(101)),
            ("min_value", json!(-0.1)),
            ("min_value", json!(101)),
            ("for_seconds", json!(86_401)),
        ] {
            let named = wrong_baseline(|c| c[field] = value.clone());
            assert_eq!(named, [format!("condition.{field}")], "{value}");
        }
    }

    #[test]
    fn numbers_are_the_detectors_own_and_off_names_one() {
        let detector = |condition: Value| {
            wrong(|rule| {
                rule["condition"] = condition.clone();
                rule["condition"]["type"] = json!("detector");
            })
        };
        assert!(detector(json!({"detector": "disk_bytes", "off": true})).is_empty());
        assert_eq!(
            detector(json!({"detector": "*", "off": true})),
            ["condition.off"]
        );
        assert_eq!(
            detector(json!({"detector": "disk_bytes", "numbers": {"luck": 1}})),
            ["condition.numbers.luck"]
        );
        assert_eq!(
            detector(json!({"detector": "*", "numbers": {"floor": 1}})),
            ["condition.numbers.floor"]
        );
        let known = noc_actors::detect::registry().iter().map(|d| d.info());
        for (info, number) in known.flat_map(|info| info.numbers.iter().map(move |n| (info, n))) {
            let of = |value: f64| {
                detector(json!({"detector": info.key, "numbers": {number.key: value}}))
            };
            let field = format!("condition.numbers.{}", number.key);
            assert!(
                of(number.min).is_empty() && of(number.max).is_empty(),
                "{number:?}"
            );
            assert_eq!(
                of(number.max + 1.0),
                std::slice::from_ref(&field),
                "{number:?}"
            );
            assert_eq!(of(number.min - 1.0), [field], "{number:?}");
        }
    }

    #[test]
    fn a_draft_need_not_say_yet_whom_to_tell() {
        let body = json!({"name": "CPU", "scope": {"all": true},
            "condition": {"type": "detector", "detector": "disk_bytes"}});
        let rule: NewAlertRule = serde_json::from_value(body).unwrap();
        let registry = registry(Outbound::default());
        let (mut draft, mut whole) = (Problems::new(), Problems::new());
        check_draft(&mut draft, &rule, &registry);
        check(&mut whole, &rule, &registry);
        assert!(draft.into_result().is_ok() && whole.into_result().is_err());
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
