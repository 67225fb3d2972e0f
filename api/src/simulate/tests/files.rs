//! Files: the same bytes each time, in order, and what ingest takes.

use super::*;
use crate::simulate::run::offline::{Order, Written, write};
use noc_pipeline::payload::parse_batch;
use serde::Deserialize;
use serde_json::value::RawValue;

#[derive(Deserialize)]
struct Line<'a> {
    server: u32,
    host: String,
    at: chrono::DateTime<chrono::Utc>,
    #[serde(borrow)]
    body: &'a RawValue,
}

fn order(threads: usize, kinds: &[Kind]) -> Order {
    Order {
        from: later(0),
        until: later(150 * MINUTE),
        kinds: kinds.to_vec(),
        prefix: "sim".to_owned(),
        salt: 0,
        threads,
    }
}

fn written(fleet: &Arc<Fleet>, order: &Order) -> (Vec<u8>, Written) {
    let mut out = Vec::new();
    let written = write(fleet, order, &mut out).unwrap();
    (out, written)
}

#[test]
fn the_same_run_is_the_same_bytes_whatever_the_threads() {
    let fleet = || {
        let cut = fault(3, 30 * MINUTE, HOUR, FaultKind::NetworkCut);
        Arc::new(Fleet::new(9, 7).with_faults([cut]))
    };
    let (first, count) = written(&fleet(), &order(1, &[]));
    for threads in [1, 2, 5, 64] {
        let (again, counted) = written(&fleet(), &order(threads, &[]));
        assert!(first == again, "{threads} threads");
        assert_eq!(count, counted);
    }
    assert_eq!(count.bytes, first.len() as u64);
    let other = written(&Arc::new(Fleet::new(10, 7)), &order(2, &[])).0;
    assert!(other != first);
}

#[test]
fn a_line_is_a_request_and_lines_are_in_order() {
    let fleet = Arc::new(Fleet::new(9, 7));
    let (text, count) = written(&fleet, &order(3, &[]));
    let text = String::from_utf8(text).unwrap();
    let (mut last, mut payloads) = (UnixMs(0), 0);
    for line in text.lines() {
        let line: Line<'_> = serde_json::from_str(line).unwrap();
        let at = UnixMs(line.at.timestamp_millis());
        assert!(at >= last);
        last = at;
        assert_eq!(line.host, format!("sim-{:03}", line.server + 1));
        let parsed = parse_batch(line.body.get().as_bytes(), at).unwrap();
        payloads += parsed.len() as u64;
        assert!(parsed.iter().all(Result::is_ok));
    }
    assert_eq!(
        (count.requests, count.payloads),
        (text.lines().count() as u64, payloads)
    );
    let only = written(&fleet, &order(3, &[Kind::Disks])).1;
    assert_eq!(only.payloads, 7 * 30);
}

#[test]
fn a_full_disk_is_told() {
    struct Full;
    impl std::io::Write for Full {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::StorageFull.into())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let failed = write(&Arc::new(Fleet::new(9, 2)), &order(1, &[]), &mut Full);
    assert_eq!(failed.unwrap_err().kind(), std::io::ErrorKind::StorageFull);
}
