//! Kinds and their metrics.

use super::*;

#[test]
fn the_catalogue_is_complete_and_consistent() {
    let names: Vec<_> = metrics_catalogue().iter().map(|spec| spec.name).collect();
    for derived in [
        "disks.used_pct",
        "disks.inodes_used_pct",
        "metrics.ram_used_pct",
        "metrics.swap_used_pct",
        "metrics.load1_per_core",
        "metrics.cpu_pct",
    ] {
        assert!(names.contains(&derived), "{derived}");
    }
    let mut unique = names.clone();
    unique.sort_unstable();
    unique.dedup();
    assert_eq!(unique.len(), names.len());
    for spec in metrics_catalogue() {
        assert_eq!(spec.name, format!("{}.{}", spec.kind.name(), spec.field));
        assert_eq!(find_metric(spec.name), Some(spec));
    }
    for kind in Kind::ALL {
        assert_eq!(Kind::from_code(kind.code()), Some(*kind));
        assert_eq!(Kind::from_name(kind.name()), Some(*kind));
    }
}

#[test]
fn every_number_of_a_kind_is_in_the_catalogue_and_every_getter_reads_its_own() {
    // Each field gets its own value, so a getter that reads its neighbour is found.
    let fields = json!({
        "cpu_pct": 1, "iowait_pct": 2, "steal_pct": 3, "load1": 4, "load5": 5, "load15": 6, "cores": 8,
        "ram_total_bytes": 1000, "ram_used_bytes": 90, "swap_total_bytes": 1001, "swap_used_bytes": 11,
        "net_rx_bytes_per_s": 12, "net_tx_bytes_per_s": 13, "disk_read_bytes_per_s": 14,
        "disk_write_bytes_per_s": 15, "processes": 16, "tcp_established": 17, "uptime_s": 18,
    });
    let posted = post(Kind::Metrics, fields.clone()).unwrap();
    let payload = posted.report.data().unwrap();
    for (field, value) in fields.as_object().unwrap() {
        let values: Vec<_> = payload.metric_values(field).collect();
        assert_eq!(values, [(None, value.as_f64())], "{field}");
    }
    let value = |field: &str| payload.metric_values(field).next().unwrap().1.unwrap();
    assert!((value("ram_used_pct") - 9.0).abs() < 1e-12);
    assert!((value("load1_per_core") - 0.5).abs() < 1e-12);
    assert!(payload.metric_values("nonsense").next().is_none());

    let mut rows = Vec::new();
    payload.for_each_row(&mut |subject, values| {
        rows.push((subject.map(str::to_owned), values.to_vec()))
    });
    assert_eq!(rows.len(), 1);
    for (spec, in_row) in Kind::Metrics.metrics().iter().zip(&rows[0].1) {
        assert_eq!(
            payload.metric_values(spec.field).next().unwrap().1,
            *in_row,
            "{}",
            spec.name
        );
    }
}
