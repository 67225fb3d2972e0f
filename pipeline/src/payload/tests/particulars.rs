//! What is particular to a kind.

use super::kinds::{body, mysql, value};
use super::*;

#[test]
fn replication_is_told_of_replicas_only_and_a_broken_one_has_no_lag() {
    let metric =
        |replication: Value, field: &str| value(&body(Kind::Mysql, mysql(replication)).0, field);
    let broken =
        json!({"role": "replica", "io_running": false, "sql_running": true, "lag_s": null});
    assert_eq!(metric(broken.clone(), "replication_lag_s"), None);
    assert_eq!(metric(broken, "replication_io_running"), Some(0.0));
    for role in ["none", "primary", "unknown"] {
        let other = json!({"role": role, "io_running": false, "sql_running": false, "lag_s": 0});
        for field in [
            "replication_lag_s",
            "replication_io_running",
            "replication_sql_running",
        ] {
            assert_eq!(metric(other.clone(), field), None, "{role}.{field}");
        }
    }
    let (payload, refused) = body(
        Kind::Mysql,
        mysql(json!({"role": "primary", "io_running": "No", "lag_s": -1})),
    );
    assert_eq!(refused, ["replication.io_running", "replication.lag_s"]);
    let Payload::Mysql(mysql) = payload else {
        panic!()
    };
    assert_eq!(mysql.replication.io_running, None);
    assert_eq!(
        errors(
            Kind::Mysql,
            json!({"flavour": "mysql", "version": "8", "replication": []})
        ),
        json!({"replication": ["must be an object"]})
    );
}

#[test]
fn a_replications_known_field_may_appear_once() {
    let text = with_envelope(mysql(json!({"role": "none"}))).to_string();
    let twice = text.replace("\"role\":\"none\"", "\"role\":\"none\",\"role\":\"none\"");
    let Err(PostError::Invalid(errors)) = parse_post(Kind::Mysql, twice.as_bytes(), NOW) else {
        panic!("taken")
    };
    assert_eq!(
        serde_json::to_value(errors).unwrap(),
        json!({"replication.role": ["appears more than once"]})
    );
}

#[test]
fn a_connection_beyond_the_limit_is_no_more_than_all() {
    let mut fields = mysql(json!({"role": "none"}));
    fields["threads_connected"] = json!(152);
    fields["max_connections"] = json!(151);
    assert_eq!(
        value(&body(Kind::Mysql, fields).0, "connections_pct"),
        Some(100.0)
    );
}

#[test]
fn a_stopped_litespeed_has_no_numbers_instead_of_old_ones() {
    let at_age = |age: Value| {
        let fields = json!({"version": "x", "connections": 5, "max_connections": 10, "requests_per_s": 7,
                            "requests_total": 9, "report_age_s": age});
        body(Kind::Litespeed, fields).0
    };
    assert_eq!(value(&at_age(json!(60)), "requests_per_s"), Some(7.0));
    assert_eq!(value(&at_age(json!(60)), "running"), Some(1.0));
    let stopped = at_age(json!(61));
    assert_eq!(value(&stopped, "running"), Some(0.0));
    assert_eq!(value(&stopped, "report_age_s"), Some(61.0));
    for field in [
        "requests_per_s",
        "connections",
        "connections_pct",
        "requests_total",
    ] {
        assert_eq!(value(&stopped, field), None, "{field}");
    }
    let unknown = at_age(json!(null));
    assert_eq!(
        (value(&unknown, "running"), value(&unknown, "connections")),
        (None, Some(5.0))
    );
}

#[test]
fn a_senders_name_never_costs_the_queue() {
    let names = [
        "'; DROP TABLE servers;--",
        "<script>alert(1)</script>",
        "bücher.example",
        "a\u{202e}b\r\n.example",
        "",
    ];
    let mut senders: Vec<_> = names
        .iter()
        .map(|name| json!({"domain": name, "count": 1}))
        .collect();
    senders.push(json!({"domain": "x".repeat(70_000), "count": -1}));
    let fields = json!({"mta": "exim", "total": 9, "top_senders": senders});
    let (Payload::MailQueue(queue), refused) = body(Kind::MailQueue, fields) else {
        panic!()
    };
    let kept: Vec<_> = queue
        .top_senders
        .iter()
        .map(|s| s.domain.as_str())
        .collect();
    assert_eq!(kept[..5], [names[0], names[1], names[2], "ab.example", ""]);
    assert_eq!((kept[5].len(), queue.top_senders[5].count), (255, None));
    assert_eq!(refused, ["top_senders[5].count"]);
    let many = vec![json!({"domain": "a"}); 101];
    assert_eq!(
        errors(Kind::MailQueue, json!({"mta": "exim", "top_senders": many})),
        json!({"top_senders": ["holds 101 entries, at most 100"]})
    );
}

#[test]
fn a_jobs_text_is_stripped_and_cut_and_its_times_are_checked() {
    let job = json!({"user": "root\u{0}", "schedule": "\t@daily\u{feff}", "command": "é".repeat(5_000),
                     "last_run_at": "yesterday", "last_exit": 256});
    let fields = json!({"timezone": "Asia/Dhaka\n", "entries": [job]});
    let (Payload::Crons(crons), refused) = body(Kind::Crons, fields) else {
        panic!()
    };
    assert_eq!(refused, ["entries[0].last_run_at", "entries[0].last_exit"]);
    let job = &crons.entries[0];
    assert_eq!(
        (
            crons.timezone.as_str(),
            job.user.as_str(),
            job.schedule.as_str()
        ),
        ("Asia/Dhaka", "root", "@daily")
    );
    assert_eq!(
        (job.command.chars().count(), job.last_run_at, job.last_exit),
        (4_096, None, None)
    );
    let many = vec![json!({}); 5_001];
    assert_eq!(
        errors(Kind::Crons, json!({"timezone": "UTC", "entries": many})),
        json!({"entries": ["holds 5001 entries, at most 5000"]})
    );
}

#[test]
fn a_licence_is_valid_invalid_or_unknown() {
    let valid = |status: &str| {
        value(
            &body(
                Kind::Cpanel,
                json!({"version": "11", "license_status": status}),
            )
            .0,
            "license_valid",
        )
    };
    for status in ["active", "trial"] {
        assert_eq!(valid(status), Some(1.0), "{status}");
    }
    for status in ["inactive", "expired", "missing"] {
        assert_eq!(valid(status), Some(0.0), "{status}");
    }
    assert_eq!(valid("unknown"), None);
    for bad in [
        "0000-00-00",
        "2026-02-30",
        "+12026-01-01",
        "07.05.2026",
        "2026-05-07T00:00:00Z",
    ] {
        let fields =
            json!({"version": "11", "license_status": "active", "license_expires_on": bad});
        assert_eq!(
            body(Kind::Cpanel, fields).1,
            ["license_expires_on"],
            "{bad}"
        );
    }
}

fn backup(fields: Value) -> (Backups, Vec<String>) {
    let mut all = json!({"tool": "jetbackup", "job": "Daily", "status": "success",
                         "finished_at": "2026-05-07T00:00:00Z"});
    all.as_object_mut()
        .unwrap()
        .extend(fields.as_object().unwrap().clone());
    let (Payload::Backups(backup), refused) = body(Kind::Backups, all) else {
        panic!()
    };
    (backup, refused)
}

#[test]
fn a_success_with_nothing_in_it_is_a_partial_backup() {
    let outcome = |fields: Value| backup(fields).0.outcome();
    assert_eq!(outcome(json!({})), (BackupStatus::Success, None));
    assert_eq!(
        outcome(json!({"bytes": 1, "accounts_total": 5, "accounts_failed": 0})).0,
        BackupStatus::Success
    );
    for doubtful in [
        json!({"bytes": 0}),
        json!({"accounts_total": 5, "accounts_failed": 1}),
        json!({"accounts_total": 0}),
    ] {
        let (status, why) = outcome(doubtful.clone());
        assert_eq!(status, BackupStatus::Partial, "{doubtful}");
        assert!(why.is_some());
    }
    assert_eq!(
        outcome(json!({"status": "failed", "bytes": 0})),
        (BackupStatus::Failed, None)
    );
    assert_eq!(
        outcome(json!({"status": "partial", "bytes": 0})),
        (BackupStatus::Partial, None)
    );
    let refused = backup(json!({"accounts_total": 5, "accounts_failed": 6}));
    assert_eq!(
        (refused.1, refused.0.accounts_failed),
        (vec!["accounts_failed".to_owned()], None)
    );
}

#[test]
fn a_run_that_ends_before_it_begins_has_no_beginning() {
    let (run, refused) = backup(json!({"started_at": "2026-05-07T00:00:00.001Z"}));
    assert_eq!(
        (run.started_at, run.duration_s(), run.status),
        (None, None, BackupStatus::Success)
    );
    assert_eq!(refused, ["started_at"]);
    let (run, _) = backup(json!({"started_at": "2026-05-06T22:00:00Z"}));
    assert_eq!(run.duration_s(), Some(7_200.0));
}

#[test]
fn the_words_of_a_tool_are_stripped_and_cut() {
    let (run, refused) = backup(
        json!({"tool": "t".repeat(65), "job": format!("\u{1b}[31m{}", "é".repeat(200)),
                                       "message": "disk\u{202e} full\n".repeat(500)}),
    );
    assert_eq!(
        (run.tool.chars().count(), run.job.chars().count()),
        (64, 190)
    );
    assert!(run.job.starts_with("[31mé"));
    let message = run.message.unwrap();
    assert!(message.starts_with("disk fulldisk") && message.chars().count() == 2_000);
    assert_eq!(refused, [""; 0]);
}

#[test]
fn a_backup_is_judged_by_when_it_ended_job_by_job() {
    let (run, _) = backup(json!({}));
    let occasion = Payload::from(run.clone()).occasion().unwrap();
    assert_eq!(
        (occasion.subject.as_str(), occasion.at),
        ("jetbackup/Daily", run.finished_at)
    );
    assert_eq!(Payload::from(Metrics::default()).occasion(), None);
}

#[test]
fn an_address_that_is_none_costs_itself_only() {
    let fields = json!({"hostname": "h", "timezone": "UTC", "boot_at": "2026-05-07T00:00:00Z", "kernel_running": "6.1",
        "addresses": ["192.0.2.1", "fe80::1%eth0", 7, "2001:DB8::1", "192.0.2.256"], "outbound_addresses": [null],
        "mail_domains": [{"domain": "Customer1.Example", "dkim_selector": ""}], "machine_id_hash": "0123456789ABCDEF"});
    let (Payload::Inventory(host), refused) = body(Kind::Inventory, fields) else {
        panic!()
    };
    let addresses: Vec<_> = host.addresses.iter().map(ToString::to_string).collect();
    assert_eq!(addresses, ["192.0.2.1", "2001:db8::1"]);
    assert_eq!(
        refused,
        [
            "addresses[1]",
            "addresses[2]",
            "addresses[4]",
            "outbound_addresses[0]",
            "mail_domains[0].dkim_selector"
        ]
    );
    assert_eq!(
        (
            host.mail_domains[0].domain.as_str(),
            host.machine_id_hash.as_str()
        ),
        ("customer1.example", "0123456789abcdef")
    );
    assert_eq!(
        host.reboot_pending(),
        None,
        "which kernel is installed is not known"
    );
}

/// A host whose clock is an hour behind tells its times by that clock; readers see ours, live and from the log.
#[test]
fn times_of_a_wrong_clock_are_corrected_at_ingest() {
    let sent = json!({"sent_at": "2026-05-07T11:35:00Z", "observed_at": "2026-05-07T11:35:00Z"});
    let corrected = |kind: Kind, mut fields: Value| {
        let own = sent.as_object().unwrap().clone();
        fields.as_object_mut().unwrap().extend(own);
        let posted = post(kind, fields).unwrap();
        assert_eq!(posted.skew_ms, 3_600_000);
        let report = std::sync::Arc::clone(&posted.report);
        let encoded = posted.encode(crate::id::ServerId(1));
        let decoded = crate::record::Record::decode(&encoded.bytes).unwrap();
        assert_eq!(decoded, *encoded.record);
        report.data().unwrap().clone()
    };
    let Payload::Backups(run) = corrected(
        Kind::Backups,
        json!({"tool": "t", "job": "j", "status": "success", "started_at": "2026-05-07T10:00:00Z",
               "finished_at": "2026-05-07T11:00:00Z"}),
    ) else {
        panic!()
    };
    let times = [run.started_at.unwrap(), run.finished_at].map(|at| at.to_string());
    assert_eq!(
        times,
        ["2026-05-07T11:00:00.000Z", "2026-05-07T12:00:00.000Z"]
    );
    let Payload::Crons(crons) = corrected(
        Kind::Crons,
        json!({"timezone": "UTC", "entries": [{"user": "a", "schedule": "@daily", "command": "x",
               "last_run_at": "2026-05-07T11:34:59Z"}]}),
    ) else {
        panic!()
    };
    let ran = crons.entries[0].last_run_at.unwrap().to_string();
    assert_eq!(ran, "2026-05-07T12:34:59.000Z");
}

/// An end that lies ahead is put at arrival, and takes a beginning that lies behind it along.
#[test]
fn a_run_that_ends_in_the_future_is_read_from_the_log_as_it_was_taken() {
    let fields = json!({"tool": "t", "job": "j", "status": "success", "started_at": "2026-05-07T12:39:00Z",
                        "finished_at": "2026-05-07T13:39:00Z"});
    let posted = post(Kind::Backups, fields).unwrap();
    let encoded = posted.encode(crate::id::ServerId(1));
    let decoded = crate::record::Record::decode(&encoded.bytes).unwrap();
    assert_eq!(decoded, *encoded.record);
    let crate::record::Record::Payload(record) = decoded else {
        panic!()
    };
    let Some(Payload::Backups(run)) = record.report.data() else {
        panic!()
    };
    assert_eq!((run.started_at, run.finished_at), (None, NOW));
}
