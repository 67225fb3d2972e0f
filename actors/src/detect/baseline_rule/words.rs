//! What a baseline rule says to people.

use super::{Limits, SEVERITY, Watch};
use crate::baseline::generic::Expected;
use crate::detect::{Finding, Title, page_hold};
use noc_pipeline::control::Rule;
use noc_pipeline::payload::{MetricSpec, Unit};

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
    let number = |value: f64| with_unit(value, limits.metric);
    let (mut observed, mut usual) = (
        format!("{} = {}", limits.metric.name, number(value)),
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

/// A number as people read it.
fn with_unit(value: f64, metric: &MetricSpec) -> String {
    if metric.is_counter() {
        return format!("{value:.2} a second");
    }
    match metric.unit {
        Unit::Percent => format!("{value:.1} %"),
        Unit::Bytes => bytes(value),
        Unit::BytesPerSecond => format!("{}/s", bytes(value)),
        Unit::Seconds => format!("{value:.0} s"),
        Unit::PerSecond => format!("{value:.2} a second"),
        Unit::Count | Unit::YesNo => format!("{value:.0}"),
        Unit::Load => format!("{value:.2}"),
    }
}

fn bytes(value: f64) -> String {
    let units = ["bytes", "KiB", "MiB", "GiB", "TiB", "PiB"];
    let mut value = value;
    let mut unit = "bytes";
    for next in units {
        unit = next;
        if value.abs() < 1_024.0 || next == "PiB" {
            break;
        }
        value /= 1_024.0;
    }
    let digits = usize::from(unit != "bytes");
    format!("{value:.digits$} {unit}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use noc_pipeline::payload::find_metric;

    #[test]
    fn numbers_have_their_units() {
        for (metric, value, said) in [
            ("metrics.cpu_pct", 12.34, "12.3 %"),
            ("metrics.ram_used_bytes", 512.0, "512 bytes"),
            ("metrics.ram_used_bytes", 1.5 * 1_073_741_824.0, "1.5 GiB"),
            ("metrics.net_rx_bytes_per_s", 2_048.0, "2.0 KiB/s"),
            ("mysql.slow_queries_total", 0.5, "0.50 a second"),
            ("mail-queue.frozen", 51.0, "51"),
            ("metrics.load1", 3.0, "3.00"),
        ] {
            let metric = find_metric(metric).unwrap();
            assert_eq!(with_unit(value, metric), said);
        }
    }
}
