//! Metrics and their values as people read them: the catalogue's name, and the number with its unit.

use noc_pipeline::payload::{Kind, MetricSpec, Unit};

/// `Load (1 min)`, `MySQL: Clients connected`: of the host itself where no kind is named.
pub(crate) fn metric_name(metric: &MetricSpec) -> String {
    let kind = match metric.kind {
        Kind::Metrics => return metric.description.to_owned(),
        Kind::Processes => "Services",
        Kind::Disks => "Disks",
        Kind::Mysql => "MySQL",
        Kind::Litespeed => "LiteSpeed",
        Kind::Cpanel => "cPanel",
        Kind::MailQueue => "Mail queue",
        Kind::EmailStats => "Senders",
        Kind::Firewall => "Firewall",
        Kind::Crons => "Cron jobs",
        Kind::Backups => "Backups",
        Kind::Inventory => "Inventory",
        Kind::Lifecycle => "Lifecycle",
    };
    format!("{kind}: {}", metric.description)
}

/// [`metric_name`] of what a baseline judges: how fast a counter counts has nothing to do with when it began.
pub(crate) fn judged_name(metric: &MetricSpec) -> String {
    metric_name(metric).replace(" since the server's start", "")
}

/// A value itself, with its unit.
pub(crate) fn amount(value: f64, metric: &MetricSpec) -> String {
    match metric.unit {
        Unit::Percent => format!("{} %", rounded(value, 1)),
        Unit::Bytes => bytes(value),
        Unit::BytesPerSecond => format!("{}/s", bytes(value)),
        Unit::Seconds => format!("{value:.0} s"),
        Unit::PerSecond => per_second(value),
        Unit::Count => rounded(value, 1),
        Unit::YesNo => if value > 0.0 { "yes" } else { "no" }.to_owned(),
        Unit::Load => rounded(value, 2),
    }
}

/// What a baseline judges: the steps of a counter, the value of anything else.
pub(crate) fn judged(value: f64, metric: &MetricSpec) -> String {
    if metric.is_counter() {
        per_second(value)
    } else {
        amount(value, metric)
    }
}

fn per_second(value: f64) -> String {
    format!("{} a second", rounded(value, 2))
}

/// So many digits behind the point at most, none that say nothing.
fn rounded(value: f64, digits: usize) -> String {
    let text = format!("{value:.digits$}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    // What rounds to nothing has no sign.
    if text == "-0" { "0" } else { text }.to_owned()
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
    use noc_pipeline::payload::{find_metric, metrics_catalogue};

    #[test]
    fn numbers_have_their_units() {
        for (metric, value, said) in [
            ("metrics.cpu_pct", 12.34, "12.3 %"),
            ("metrics.cpu_pct", 90.0, "90 %"),
            ("metrics.ram_used_bytes", 512.0, "512 bytes"),
            ("metrics.ram_used_bytes", 1.5 * 1_073_741_824.0, "1.5 GiB"),
            ("metrics.net_rx_bytes_per_s", 2_048.0, "2.0 KiB/s"),
            ("mail-queue.frozen", 51.0, "51"),
            ("mail-queue.frozen", 100.0, "100"),
            ("metrics.load1", 66.0, "66"),
            ("metrics.load1", 3.456, "3.46"),
            ("metrics.load1", -0.001, "0"),
            ("processes.running", 0.0, "no"),
            ("mysql.slow_queries_total", 5_000.0, "5000"),
        ] {
            let metric = find_metric(metric).unwrap();
            assert_eq!(amount(value, metric), said);
        }
        let counter = find_metric("mysql.slow_queries_total").unwrap();
        assert_eq!(judged(0.5, counter), "0.5 a second");
    }

    #[test]
    fn no_metric_goes_by_its_key() {
        let load = find_metric("metrics.load1").unwrap();
        assert_eq!(metric_name(load), "Load (1 min)");
        let clients = find_metric("mysql.connections_pct").unwrap();
        assert!(metric_name(clients).starts_with("MySQL: "));
        for metric in metrics_catalogue() {
            let name = metric_name(metric);
            assert!(!name.contains('_') && !name.contains(metric.name), "{name}");
        }
    }
}
