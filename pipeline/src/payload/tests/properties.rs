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

fn any_payload() -> impl Strategy<Value = Payload> {
    let services = prop::collection::vec(any_service(), 0..5).prop_map(|mut services| {
        for (i, service) in services.iter_mut().enumerate() {
            service.name = format!("s{i}");
        }
        Payload::Processes(Processes { services })
    });
    prop_oneof![any_metrics().prop_map(Payload::Metrics), services]
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
