//! What holds for every payload and for any bytes.

use super::*;
use crate::id::ServerId;
use crate::record::Record;
use proptest::prelude::*;

prop_compose! {
    fn any_metrics()(
        pct in prop::option::of(0.0..=100.0), load in prop::option::of(0.0..1e6), cores in prop::option::of(1..65_536u64),
        total in prop::option::of(0..1u64 << 53), part in 0.0..=1.0f64, rate in prop::option::of(0.0..1e15),
        count in prop::option::of(0..1u64 << 53), uptime in prop::option::of(0..10_000_000_000u64),
    ) -> Metrics {
        #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "test data")]
        let used = total.map(|t| (t as f64 * part).floor() as u64).zip(total).map(|(u, t)| u.min(t));
        Metrics {
            cpu_pct: pct, steal_pct: pct, load1: load, load15: load, cores, ram_total_bytes: total,
            ram_used_bytes: used, net_tx_bytes_per_s: rate, processes: count, uptime_s: uptime,
            ..Metrics::default()
        }
    }
}

prop_compose! {
    fn any_service()(
        unit in prop::option::of("[ -~]{1,40}"), installed: bool, enabled: bool, running: bool,
        pids in prop::option::of(0..1u64 << 53), main_pid in prop::option::of(1..1u64 << 53),
    ) -> Service {
        Service { name: String::new(), unit, installed, enabled, running, pids, main_pid }
    }
}

/// Posts whose text and times are anything, in the form in which an agent sends them.
fn any_listed() -> impl Strategy<Value = (Kind, Value)> {
    let at = (0..4_000_000_000_000_i64).prop_map(|at| UnixMs(at).to_string());
    let event = (at, any::<String>(), any::<String>(), prop::option::of(any::<String>()), any::<u32>()).prop_map(
        |(at, ip, reason, user, bits)| {
            let ip = if bits % 3 == 0 { ip } else { std::net::Ipv4Addr::from(bits).to_string() };
            json!({"at": at, "source": "csf", "action": "temp_block", "ip": ip, "ports": [bits % 70_000],
                   "country": user, "user": user, "reason": reason})
        },
    );
    let stats = (any::<String>(), "[a-c]", prop::collection::vec("[a-z0-9.:]{1,12}", 0..4), any::<u32>()).prop_map(
        |(any, few, names, n)| {
            json!({"domain": any, "login": few, "path": any, "account": few, "messages": n, "recipients": n % 7,
                   "ips": names, "countries": names, "domains": names})
        },
    );
    prop_oneof![
        prop::collection::vec(event, 0..20).prop_map(|events| (Kind::Firewall, json!({"events": events}))),
        prop::collection::vec(stats, 0..20).prop_map(|all| (Kind::EmailStats, json!({
            "hour": "2026-05-07T12:00:00Z", "complete": false, "domains": all, "logins": all, "scripts": all,
        }))),
    ]
}

fn any_payload() -> impl Strategy<Value = Payload> {
    let services = prop::collection::vec(any_service(), 0..5).prop_map(|mut services| {
        for (i, service) in services.iter_mut().enumerate() {
            service.name = format!("s{i}");
        }
        Payload::Processes(Processes { services })
    });
    prop_oneof![
        any_metrics().prop_map(Payload::Metrics),
        services,
        any_crons().prop_map(Payload::Crons),
        any_backup().prop_map(Payload::Backups),
        any_mysql().prop_map(Payload::Mysql),
    ]
}

/// From 1970 to now: what lies ahead is put at arrival.
fn any_time() -> impl Strategy<Value = UnixMs> {
    (0..=NOW.0).prop_map(UnixMs)
}

prop_compose! {
    fn any_job()(
        user in "[!-~]{1,9}", schedule in "[ -~]{0,9}", command in "[ -~é]{0,40}",
        last_run_at in prop::option::of(any_time()), last_exit in prop::option::of(0..256u64),
    ) -> CronEntry {
        CronEntry { user, schedule, command, last_run_at, last_exit }
    }
}

fn any_crons() -> impl Strategy<Value = Crons> {
    let entries = prop::collection::vec(any_job(), 0..5);
    ("[A-Z][a-z/]{1,9}", entries).prop_map(|(timezone, entries)| Crons { timezone, entries })
}

prop_compose! {
    fn any_backup()(
        job in "[ -~é]{0,40}", status in prop::sample::select(BackupStatus::ALL.to_vec()), finished_at in any_time(),
        took in prop::option::of(0..86_400_000i64), bytes in prop::option::of(0..1u64 << 53),
        accounts in prop::option::of(0..9_999u64), message in prop::option::of("[ -~]{1,40}"),
    ) -> Backups {
        Backups {
            tool: "t".to_owned(), job, status, started_at: took.map(|took| UnixMs(finished_at.0 - took)), finished_at,
            bytes, accounts_total: accounts, accounts_failed: accounts.map(|n| n / 2), message,
        }
    }
}

prop_compose! {
    fn any_mysql()(
        version in "[ -~]{1,40}", count in prop::option::of(0..1u64 << 53), uptime_s in prop::option::of(0..1u64 << 33),
        role in prop::sample::select(vec![ReplicationRole::None, ReplicationRole::Replica, ReplicationRole::Unknown]),
        io: bool, lag_s in prop::option::of(0..1u64 << 33), hint in prop::option::of("[!-~]{1,40}"),
    ) -> Mysql {
        let replication = Replication { role, io_running: Some(io), sql_running: Some(!io), lag_s };
        Mysql {
            flavour: "mariadb".to_owned(), version, threads_connected: count, questions_total: count, uptime_s, replication, hint,
            ..Mysql::default()
        }
    }
}

proptest! {
    /// The validator and the structs' own serde agree on what a field is called and what it holds.
    #[test]
    fn what_serde_writes_the_validator_reads(payload in any_payload(), server in any::<u32>()) {
        let kind = payload.kind();
        let mut body = Vec::new();
        Report::Data(payload.clone()).write_json(&mut body);
        // Spliced as text: serde_json's own reading of floats is not exact.
        let envelope = with_envelope(json!({})).to_string();
        let fields = std::str::from_utf8(&body).unwrap().strip_prefix('{').unwrap();
        let between = if fields == "}" { "" } else { "," };
        let text = [envelope.strip_suffix('}').unwrap(), between, fields].concat();
        let posted = parse_post(kind, text.as_bytes(), NOW).unwrap();
        prop_assert!(posted.refused_fields.is_empty(), "{:?}", posted.refused_fields);
        prop_assert_eq!(posted.report.data(), Some(&payload));

        // And what ingest appends is what a reader decodes.
        let encoded = posted.encode(ServerId(server));
        let decoded = Record::decode(&encoded.bytes).unwrap();
        prop_assert_eq!(&decoded, &*encoded.record);
        prop_assert_eq!(decoded.encode().bytes, encoded.bytes);
    }

    /// Names and addresses are put into their form once: who reads the log sees what the live reader saw.
    #[test]
    fn what_was_normalised_stays_as_it_is((kind, fields) in any_listed(), skew in -7_200_000..7_200_000_i64) {
        let body = with_envelope(fields).to_string();
        let posted = parse_post(kind, body.as_bytes(), UnixMs(NOW.0 + skew)).unwrap();
        let encoded = posted.encode(ServerId(1));
        let decoded = Record::decode(&encoded.bytes).unwrap();
        prop_assert_eq!(&decoded, &*encoded.record);
        prop_assert_eq!(decoded.encode().bytes, encoded.bytes);
    }

    /// Whatever bytes come: an answer, no panic.
    #[test]
    fn any_bytes_are_answered(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        drop(parse_post(Kind::Disks, &bytes, NOW));
        drop(parse_batch(&bytes, NOW));
    }

    /// Whatever is cut out of a good batch: an answer, no panic, never more payloads than were sent.
    #[test]
    fn damaged_batches_are_answered(at in 0usize..2_000, len in 0usize..50, with in "[\\[\\]{},:\"0-9a-z\\\\]{0,5}") {
        let one = with_envelope(json!({"kind": "processes", "services": [service("exim"), service("nginx")]}));
        let text = json!({"payloads": [one.clone(), with_envelope(json!({"kind": "metrics", "cpu_pct": 5})), one]}).to_string();
        let at = at.min(text.len());
        let end = (at + len).min(text.len());
        let damaged = format!("{}{with}{}", &text[..at], &text[end..]);
        if let Ok(list) = parse_batch(damaged.as_bytes(), NOW) {
            prop_assert!(list.len() <= 4);
        }
    }
}
