//! What a baseline rule says to people.

use super::{Limits, SEVERITY, Watch};
use crate::baseline::generic::Expected;
use crate::detect::amount::{judged, judged_name};
use crate::detect::{Finding, Title, page_hold};
use noc_pipeline::control::Rule;

pub(super) fn finding(
    rule: &Rule,
    limits: &Limits,
    watch: &Watch,
    expected: &Expected,
    value: f64,
) -> Finding {
    let severity = rule.severity.unwrap_or(SEVERITY);
    let on = if watch.of.is_empty() {
        " on ".to_owned()
    } else {
        format!(" ({}) on ", watch.of)
    };
    let number = |value: f64| judged(value, limits.metric);
    let (mut observed, mut usual) = (
        format!("{} {}", judged_name(limits.metric), number(value)),
        String::new(),
    );
    let (mut samples, mut threshold) = (0, None);
    if let Expected::Known(band) = expected {
        let outlook = limits.outlook(band);
        let above = outlook.upper.is_some_and(|upper| value > upper);
        threshold = if above { outlook.upper } else { outlook.lower };
        samples = band.hours;
        if band.mid > 0.0 && above {
            observed.push_str(&format!(", {:.1} times the usual", value / band.mid));
        }
        let bounds = match (outlook.lower, outlook.upper) {
            (Some(lower), Some(upper)) => format!("{} to {}", number(lower), number(upper)),
            (None, Some(upper)) => format!("at most {}", number(upper)),
            (Some(lower), None) => format!("at least {}", number(lower)),
            (None, None) => "anything".to_owned(),
        };
        let source = if band.same_hour {
            "this hour of the day on"
        } else {
            "all of the last"
        };
        let unit = if band.same_hour { "days" } else { "hours" };
        usual = format!(
            "{bounds}: usual is {} ({source} {} {unit}), for {} s",
            number(band.mid),
            band.hours,
            limits.lasting.as_secs()
        );
    }
    Finding {
        severity,
        hold: page_hold(severity),
        title: Title {
            before: format!("{}{on}", rule.name),
            after: String::new(),
        },
        observed,
        expected: usual,
        samples,
        threshold,
        command: None,
        rule: Some((rule.id, rule.version)),
        evidence: None,
    }
}
