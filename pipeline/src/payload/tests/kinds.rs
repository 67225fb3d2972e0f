//! Numbers of every kind: each under its name, each within its bounds.

use super::*;

pub(super) fn body(kind: Kind, fields: Value) -> (Payload, Vec<String>) {
    let posted = post(kind, fields).unwrap();
    let data = posted.report.data().unwrap().clone();
    (data, posted.refused_fields)
}

/// The value of a metric of a kind about the host.
pub(super) fn value(payload: &Payload, field: &str) -> Option<f64> {
    let values: Vec<_> = payload.metric_values(field).collect();
    let [(_, value)] = values[..] else {
        panic!("{field}: {values:?}")
    };
    value
}

pub(super) fn mysql(replication: Value) -> Value {
    json!({"flavour": "mariadb", "version": "11.4", "replication": replication})
}

#[test]
fn every_getter_of_every_kind_reads_its_own_field() {
    // Numbers under the name of their metric; each field has its own value.
    let cases = [
        (
            Kind::Mysql,
            json!({"flavour": "mysql", "version": "8", "threads_connected": 5, "max_connections": 20,
                "questions_total": 3, "slow_queries_total": 4, "deadlocks_total": 6, "uptime_s": 7,
                "replication": {"role": "replica", "io_running": true, "sql_running": false, "lag_s": 8}}),
            json!({"threads_connected": 5, "max_connections": 20, "connections_pct": 25, "questions_total": 3,
                "slow_queries_total": 4, "deadlocks_total": 6, "uptime_s": 7, "replication_lag_s": 8,
                "replication_io_running": 1, "replication_sql_running": 0}),
        ),
        (
            Kind::Litespeed,
            json!({"version": "x", "connections": 5, "max_connections": 50, "requests_per_s": 1.5,
                "bytes_in_per_s": 2.5, "bytes_out_per_s": 3.5, "requests_total": 4, "static_hits_total": 6,
                "public_hits_total": 7, "private_hits_total": 8, "vhosts": 9, "report_age_s": 11}),
            json!({"running": 1, "connections": 5, "max_connections": 50, "connections_pct": 10,
                "requests_per_s": 1.5, "bytes_in_per_s": 2.5, "bytes_out_per_s": 3.5, "requests_total": 4,
                "static_hits_total": 6, "public_hits_total": 7, "private_hits_total": 8, "vhosts": 9,
                "report_age_s": 11}),
        ),
        (
            Kind::MailQueue,
            json!({"mta": "exim", "total": 9, "frozen": 2, "deferred": 3, "oldest_age_s": 4, "bounces_1h": 5,
                "top_senders": []}),
            json!({"total": 9, "frozen": 2, "deferred": 3, "oldest_age_s": 4, "bounces_1h": 5}),
        ),
        (
            Kind::Crons,
            json!({"timezone": "UTC", "entries": [
                {"user": "a", "schedule": "@daily", "command": "x", "last_exit": 0},
                {"user": "a", "schedule": "@daily", "command": "x", "last_run_at": "2026-05-07T00:00:00Z", "last_exit": 2},
                {"user": "b", "schedule": "@daily", "command": "y", "last_run_at": "2026-05-07T00:00:00Z"}]}),
            json!({"jobs": 3, "jobs_with_runs": 2, "jobs_failed": 1}),
        ),
        (
            Kind::Cpanel,
            json!({"version": "11", "accounts_active": 1, "accounts_suspended": 2, "email_accounts": 3,
                "databases": 4, "domains": 5, "license_status": "trial"}),
            json!({"accounts_active": 1, "accounts_suspended": 2, "email_accounts": 3, "databases": 4,
                "domains": 5, "license_valid": 1}),
        ),
        (
            Kind::Backups,
            json!({"tool": "t", "job": "j", "status": "success", "started_at": "2026-05-07T00:00:00Z",
                "finished_at": "2026-05-07T00:10:00Z", "bytes": 3, "accounts_total": 4, "accounts_failed": 0}),
            json!({"success": 1, "bytes": 3, "duration_s": 600, "accounts_total": 4, "accounts_failed": 0}),
        ),
        (
            Kind::Inventory,
            json!({"hostname": "h", "timezone": "UTC", "boot_at": "2026-05-07T00:00:00Z", "kernel_running": "6.1",
                "kernel_installed": "6.2", "addresses": [], "outbound_addresses": [], "mail_domains": [],
                "machine_id_hash": "0123456789abcdef", "agent_uptime_s": 2, "spool_files": 3, "spool_bytes": 4,
                "spool_lost_total": 5}),
            json!({"reboot_pending": 1, "agent_uptime_s": 2, "spool_files": 3, "spool_bytes": 4,
                "spool_lost_total": 5}),
        ),
    ];
    for (kind, fields, expected) in cases {
        let (payload, refused) = body(kind, fields);
        assert_eq!(refused, [""; 0], "{}", kind.name());
        let expected = expected.as_object().unwrap();
        let names: Vec<_> = kind.metrics().iter().map(|spec| spec.field).collect();
        assert_eq!(names.len(), expected.len(), "{}", kind.name());
        for name in names {
            assert_eq!(
                value(&payload, name),
                expected[name].as_f64(),
                "{}.{name}",
                kind.name()
            );
        }
    }
}

#[test]
fn optional_numbers_of_every_kind_have_their_bounds() {
    let whole = json!(1u64 << 53);
    let cases = [
        (
            Kind::Mysql,
            mysql(json!({"role": "none"})),
            vec![
                ("threads_connected", json!(-1)),
                ("max_connections", json!(1.5)),
                ("questions_total", json!("7")),
                ("slow_queries_total", json!(1e300)),
                ("deadlocks_total", json!(true)),
                ("uptime_s", json!(10_000_000_001u64)),
            ],
        ),
        (
            Kind::Litespeed,
            json!({"version": "x"}),
            vec![
                ("connections", json!(-1)),
                ("max_connections", json!([])),
                ("requests_per_s", json!(1.1e9)),
                ("bytes_in_per_s", json!(-0.5)),
                ("bytes_out_per_s", json!(1.1e15)),
                ("requests_total", json!("")),
                ("static_hits_total", json!(-1)),
                ("public_hits_total", json!(-1)),
                ("private_hits_total", json!(-1)),
                ("vhosts", json!(0.5)),
                ("report_age_s", json!(-1)),
            ],
        ),
        (
            Kind::MailQueue,
            json!({"mta": "exim", "top_senders": []}),
            vec![
                ("total", json!(-1)),
                ("frozen", json!("3")),
                ("deferred", json!(2.5)),
                ("oldest_age_s", whole.clone()),
                ("bounces_1h", json!({})),
            ],
        ),
        (
            Kind::Cpanel,
            json!({"version": "11", "license_status": "active"}),
            vec![
                ("accounts_active", json!(-1)),
                ("accounts_suspended", json!("1")),
                ("email_accounts", json!(0.1)),
                ("databases", json!(true)),
                ("domains", json!(-7)),
                ("license_expires_on", json!("2026-5-7")),
            ],
        ),
        (
            Kind::Backups,
            json!({"tool": "t", "job": "j", "status": "failed", "finished_at": "2026-05-07T00:00:00Z"}),
            vec![
                ("started_at", json!("2026-05-07T00:00:01Z")),
                ("bytes", json!(-1)),
                ("accounts_total", json!("many")),
                ("accounts_failed", json!(-1)),
            ],
        ),
        (
            Kind::Inventory,
            json!({"hostname": "h", "timezone": "UTC", "boot_at": "2026-05-07T00:00:00Z",
            "kernel_running": "6.1", "addresses": [], "outbound_addresses": [], "mail_domains": [],
            "machine_id_hash": "0123456789abcdef"}),
            vec![
                ("kernel_installed", json!(6.1)),
                ("panel", json!("")),
                ("mta", json!("x".repeat(191))),
                ("web_server", json!([])),
                ("agent_version", json!("v".repeat(65))),
                ("agent_uptime_s", whole),
                ("spool_files", json!(-1)),
                ("spool_bytes", json!(-1)),
                ("spool_lost_total", json!(-1)),
            ],
        ),
    ];
    for (kind, good, bad) in cases {
        let mut fields = good.clone();
        for (name, value) in &bad {
            fields[*name] = value.clone();
        }
        let (payload, refused) = body(kind, fields);
        let named: Vec<_> = bad.iter().map(|(name, _)| (*name).to_owned()).collect();
        assert_eq!(sorted(refused), sorted(named), "{}", kind.name());
        assert_eq!(
            payload,
            body(kind, good).0,
            "{}: stored as null",
            kind.name()
        );
    }
}

fn sorted(mut names: Vec<String>) -> Vec<String> {
    names.sort();
    names
}

#[test]
fn kinds_have_the_intervals_of_the_wire_contract() {
    let seconds = |kind: Kind| kind.interval().map(|d| d.as_secs());
    let expected = [
        (Kind::Metrics, Some(60)),
        (Kind::Processes, Some(60)),
        (Kind::Disks, Some(300)),
        (Kind::Lifecycle, None),
        (Kind::Mysql, Some(60)),
        (Kind::Litespeed, Some(60)),
        (Kind::MailQueue, Some(300)),
        (Kind::Crons, Some(900)),
        (Kind::Cpanel, Some(3_600)),
        (Kind::Backups, None),
        (Kind::Inventory, Some(3_600)),
    ];
    for (kind, every) in expected {
        assert_eq!(seconds(kind), every, "{}", kind.name());
    }
    assert_eq!(Kind::Mysql.late_after().as_secs(), 600);
    assert_eq!(Kind::Crons.late_after().as_secs(), 1_800);
}
