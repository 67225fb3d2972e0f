//! One payload, one request.

use super::*;

#[test]
fn a_full_metrics_payload_is_taken_as_it_is() {
    let posted = post(
        Kind::Metrics,
        json!({
            "cpu_pct": 12.5, "iowait_pct": 0, "steal_pct": 100, "load1": 0.25, "cores": 4,
            "ram_total_bytes": 8_000_000_000_u64, "ram_used_bytes": 2_000_000_000_u64,
            "net_rx_bytes_per_s": 1.5e6, "processes": 1.2e2, "unknown": {"a": [1]},
        }),
    )
    .unwrap();
    let m = metrics(&posted);
    assert_eq!(
        (m.cpu_pct, m.iowait_pct, m.steal_pct),
        (Some(12.5), Some(0.0), Some(100.0))
    );
    assert_eq!(
        (m.cores, m.processes, m.uptime_s),
        (Some(4), Some(120), None)
    );
    assert!(posted.refused_fields.is_empty());
    assert_eq!(posted.skew_ms, 3_000);
    assert_eq!(posted.event_at.to_string(), "2026-05-07T12:34:56.000Z");
    assert_eq!(posted.envelope.seq, 1042);
}

#[test]
fn optional_numbers_that_make_no_sense_are_stored_as_null_and_named() {
    for bad in [
        json!(-0.1),
        json!(100.1),
        json!("12"),
        json!(true),
        json!([1]),
        json!({}),
    ] {
        let posted = post(Kind::Metrics, json!({"cpu_pct": bad, "load1": 1})).unwrap();
        assert_eq!(metrics(&posted).cpu_pct, None, "{bad}");
        assert_eq!(metrics(&posted).load1, Some(1.0));
        assert_eq!(posted.refused_fields, ["cpu_pct"], "{bad}");
    }
    let posted = post(
        Kind::Metrics,
        json!({"cores": 0, "processes": -1, "tcp_established": 1.5, "uptime_s": 1e19,
               "ram_total_bytes": 10, "ram_used_bytes": 11, "swap_used_bytes": 5}),
    )
    .unwrap();
    let refused = [
        "cores",
        "ram_used_bytes",
        "processes",
        "tcp_established",
        "uptime_s",
    ];
    assert_eq!(posted.refused_fields, refused);
    assert_eq!(metrics(&posted).ram_total_bytes, Some(10));
    assert_eq!(
        metrics(&posted).swap_used_bytes,
        Some(5),
        "a used amount without a total is kept"
    );
}

#[test]
fn nan_and_numbers_beyond_f64_cost_their_field_only() {
    let text = with_envelope(json!({"load1": 2})).to_string();
    for bad in [
        "NaN",
        "-nan",
        "Infinity",
        "1e400",
        "-1e400",
        "18446744073709551616e9",
    ] {
        let text = text.replace("\"load1\":2", &format!("\"cpu_pct\":{bad},\"load1\":2"));
        let posted = parse_post(Kind::Metrics, text.as_bytes(), NOW).unwrap();
        assert_eq!(posted.refused_fields, ["cpu_pct"], "{bad}");
        assert_eq!(metrics(&posted).load1, Some(2.0));
    }
    let text = text.replace("\"load1\":2", "\"load1\":-0.0");
    let posted = parse_post(Kind::Metrics, text.as_bytes(), NOW).unwrap();
    assert!(metrics(&posted).load1.unwrap().is_sign_positive());
}

#[test]
fn what_is_no_object_is_told_so() {
    for body in [
        &b""[..],
        b" ",
        b"{",
        b"[1,2",
        b"{\"v\":1}x",
        b"\xff\xfe{\0}\0",
        b"\xef\xbb\xbf{}",
        b"'{}'",
    ] {
        let error = parse_post(Kind::Metrics, body, NOW).unwrap_err();
        assert!(
            matches!(error, PostError::NotJson(_)),
            "{body:?}: {error:?}"
        );
        assert!(
            matches!(parse_batch(body, NOW), Err(PostError::NotJson(_))),
            "{body:?}"
        );
    }
    for body in [&b"null"[..], b"[]", b"1", b"\"text\"", b" [{}] "] {
        assert_eq!(
            parse_post(Kind::Metrics, body, NOW),
            Err(PostError::NotAnObject)
        );
        assert_eq!(parse_batch(body, NOW), Err(PostError::NotAnObject));
    }
}

#[test]
fn every_bad_field_is_named() {
    let all = parse_post(Kind::Processes, b"{}", NOW).unwrap_err();
    let PostError::Invalid(all) = all else {
        panic!("{all:?}")
    };
    let names: Vec<_> = all
        .iter()
        .map(|(name, messages)| (name, messages.join("; ")))
        .collect();
    let required = |name| (name, "is required".to_owned());
    assert_eq!(
        names,
        ["boot_id", "observed_at", "sent_at", "seq", "services", "v"].map(required)
    );

    let mut broken = service("exim");
    broken["running"] = json!("yes");
    broken.as_object_mut().unwrap().remove("installed");
    assert_eq!(
        errors(
            Kind::Processes,
            json!({"v": 2, "seq": -1, "boot_id": 7, "sent_at": 1_778_157_297,
            "observed_at": "yesterday", "services": [service("nginx"), broken, 5, {"name": "a b"}]})
        ),
        json!({
            "v": ["must be a whole number from 1 to 1"],
            "seq": ["must be a whole number from 0 to 9007199254740992"],
            "boot_id": ["must be a UUID"],
            "sent_at": ["must be a time such as 2026-05-07T12:34:56Z"],
            "observed_at": ["must be a time such as 2026-05-07T12:34:56Z"],
            "services[1].installed": ["is required"],
            "services[1].running": ["must be true or false"],
            "services[2]": ["must be an object"],
            "services[3].name": ["must be 1 to 64 of A-Z a-z 0-9 . _ @ + -"],
            "services[3].installed": ["is required"],
            "services[3].enabled": ["is required"],
            "services[3].running": ["is required"],
        })
    );
    assert_eq!(
        errors(Kind::Processes, json!({"services": {}})),
        json!({"services": ["must be a list"]})
    );
    assert_eq!(
        errors(Kind::Processes, json!({"services": null})),
        json!({"services": ["is required"]})
    );
}

#[test]
fn a_payload_of_nothing_but_errors_is_answered_in_a_bounded_way() {
    let services = vec![json!({}); 200];
    let all = errors(Kind::Processes, json!({ "services": services }));
    assert_eq!(all.as_object().unwrap().len(), MAX_NAMED_FIELDS);
    let partitions = vec![json!({"mount": "/", "device": "", "fstype": ""}); 10_000];
    assert_eq!(
        errors(Kind::Disks, json!({ "partitions": partitions })),
        json!({"partitions": ["holds 10000 entries, at most 1000"]})
    );
    let million = format!("{{\"services\":[{}]}}", "0,".repeat(200_000) + "0");
    assert!(matches!(
        parse_post(Kind::Processes, million.as_bytes(), NOW),
        Err(PostError::Invalid(_))
    ));
}

#[test]
fn a_known_field_may_appear_once() {
    let text = with_envelope(json!({"load1": 2})).to_string();
    let twice = text.replace("\"load1\":2", "\"load1\":2,\"load1\":2,\"x\":1,\"x\":2");
    let Err(PostError::Invalid(errors)) = parse_post(Kind::Metrics, twice.as_bytes(), NOW) else {
        panic!("taken")
    };
    assert_eq!(
        serde_json::to_value(errors).unwrap(),
        json!({"load1": ["appears more than once"]})
    );
}

#[test]
fn a_subject_may_appear_once() {
    assert_eq!(
        errors(
            Kind::Processes,
            json!({"services": [service("exim"), service("exim")]})
        ),
        json!({"services": ["name \"exim\" appears more than once"]})
    );
}

#[test]
fn disks_know_shares_and_file_systems_without_inodes() {
    let posted = post(Kind::Disks, json!({"partitions": [
        {"mount": "/", "device": "/dev/sda1", "fstype": "ext4", "bytes_total": 1000, "bytes_used": 250,
         "inodes_total": 100, "inodes_used": 101},
        {"mount": "/mnt/a b", "device": "/dev/sdb", "fstype": "btrfs", "bytes_total": 0, "bytes_used": 0,
         "inodes_total": 0, "inodes_used": 0},
    ]})).unwrap();
    assert_eq!(posted.refused_fields, ["partitions[0].inodes_used"]);
    let payload = posted.report.data().unwrap();
    let used: Vec<_> = payload.metric_values("used_pct").collect();
    assert_eq!(used, [(Some("/"), Some(25.0)), (Some("/mnt/a b"), None)]);
    let inodes: Vec<_> = payload.metric_values("inodes_total").collect();
    assert_eq!(inodes, [(Some("/"), Some(100.0)), (Some("/mnt/a b"), None)]);
}

#[test]
fn text_is_stripped_of_what_deceives_a_reader() {
    let posted = post(Kind::Disks, json!({"partitions": [{
        "mount": "/ho\u{0}me\u{202e}\r\n\u{1b}[31m\u{feff}\u{2066}é", "device": "\u{200f}", "fstype": "x\u{85}fs",
    }]})).unwrap();
    let Some(Payload::Disks(disks)) = posted.report.data() else {
        panic!("no disks")
    };
    assert_eq!(disks.partitions[0].mount, "/home[31mé");
    assert_eq!(disks.partitions[0].device, "");
    assert_eq!(disks.partitions[0].fstype, "xfs");
    let empty = json!({"partitions": [{"mount": "\u{202e}\n", "device": "", "fstype": ""}]});
    assert_eq!(
        errors(Kind::Disks, empty),
        json!({"partitions[0].mount": ["must not be empty"]})
    );
    let long = json!({"partitions": [{"mount": "é".repeat(4_097), "device": "", "fstype": ""}]});
    assert_eq!(
        errors(Kind::Disks, long),
        json!({"partitions[0].mount": ["must have at most 4096 characters"]})
    );
}

#[test]
fn a_probe_that_cannot_read_says_why_instead_of_zeros() {
    let posted = post(
        Kind::Processes,
        json!({"kind_error": "no_permission", "hint": "join group\n ".repeat(99)}),
    )
    .unwrap();
    let Report::Unreadable { kind, error, hint } = &*posted.report else {
        panic!("not unreadable")
    };
    assert_eq!((*kind, *error), (Kind::Processes, KindError::NoPermission));
    assert_eq!(hint.as_ref().unwrap().chars().count(), 500);
    assert_eq!(
        errors(Kind::Processes, json!({"kind_error": "lost"})),
        json!({"kind_error": ["must be one of no_permission, not_installed, collector_error, timeout"]})
    );
    assert_eq!(
        errors(Kind::Processes, json!({"kind_error": null})),
        json!({"services": ["is required"]}),
        "null counts as absent"
    );
}

#[test]
fn a_hint_beside_measurements_is_kept() {
    let server = json!({"flavour": "mariadb", "version": "10.11", "replication": {"role": "unknown"},
        "hint": "GRANT SLAVE MONITOR\n"});
    let posted = post(Kind::Mysql, server.clone()).unwrap();
    assert_eq!(posted.report.hint(), Some("GRANT SLAVE MONITOR"));
    assert_eq!(posted.report.error(), None);
    let mut long = server;
    long["hint"] = json!("é".repeat(501));
    let posted = post(Kind::Mysql, long).unwrap();
    assert_eq!(
        posted.report.hint().map(|hint| hint.chars().count()),
        Some(500)
    );
}

#[test]
fn lifecycle_words_are_checked() {
    let posted = post(
        Kind::Lifecycle,
        json!({"event": "stop", "reason": "upgrade"}),
    )
    .unwrap();
    assert_eq!(
        posted.report.data(),
        Some(&Payload::Lifecycle(Lifecycle {
            event: LifecycleEvent::Stop,
            reason: LifecycleReason::Upgrade
        }))
    );
    assert_eq!(
        errors(Kind::Lifecycle, json!({"event": "Stop"})),
        json!({"event": ["must be one of start, stop"], "reason": ["is required"]})
    );
}

#[test]
fn a_payload_has_512_kib_at_most() {
    let body = vec![b' '; MAX_PAYLOAD_BYTES + 1];
    let error = parse_post(Kind::Metrics, &body, NOW).unwrap_err();
    assert!(matches!(
        error,
        PostError::TooLarge {
            bytes: 524_289,
            limit: 524_288
        }
    ));
}

#[test]
fn the_same_measurement_has_the_same_hash_however_it_is_sent() {
    let hash = |fields: Value| post(Kind::Metrics, fields).unwrap().body_hash;
    let base = hash(json!({"cpu_pct": 1, "load1": 2}));
    assert_eq!(
        base,
        hash(
            json!({"load1": 2.0, "cpu_pct": 1.0, "sent_at": "2026-05-07T12:35:57Z", "new_field": 1})
        )
    );
    assert_ne!(base, hash(json!({"cpu_pct": 1, "load1": 3})));
    assert_ne!(
        base,
        hash(json!({"cpu_pct": 1, "load1": 2, "observed_at": "2026-05-07T12:34:55Z"}))
    );
}
