//! The contract suites: what every back end of a contract must do, written once.
//!
//! A case is a named async function that takes a fresh, empty back end. A back end runs all cases of a suite, each
//! as a test of its own, with one line in its tests:
//!
//! ```ignore
//! mod log {
//!     noc_pipeline::log_contract!(super::fresh_log().await);
//! }
//! ```
//!
//! where the expression gives `(Arc<back end>, guard)`; the guard lives as long as the case runs. Nothing here knows
//! any back end.

pub mod dead_letters;
pub mod live_bus;
pub mod log;
pub mod snapshots;

use crate::clock::UnixMs;
use crate::embedded::{Embedded, EmbeddedOptions};
use crate::id::{NodeId, ServerId};
use crate::payload::{Metrics, Report};
use crate::record::{Encoded, PayloadRecord, Record};
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use uuid::Uuid;

/// Makes a test of each named case; the suites' own macros call it.
#[macro_export]
macro_rules! contract_cases {
    ($module:ident, $factory:expr; $($case:ident),+ $(,)?) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                let (back_end, _guard) = $factory;
                $crate::contract::$module::$case(back_end).await;
            }
        )+
    };
}

/// Nothing in these suites takes this long, on any back end.
pub const DEADLINE: Duration = Duration::from_secs(30);

/// Awaits with a deadline, so that a case that hangs says which.
///
/// # Panics
/// When the deadline passes.
pub async fn soon<T>(what: &str, future: impl Future<Output = T>) -> T {
    match tokio::time::timeout(DEADLINE, future).await {
        Ok(done) => done,
        Err(_) => panic!("{what}: nothing within {DEADLINE:?}"),
    }
}

/// The embedded pipeline in a folder that goes away with the guard, with 4 partitions and no demand on free space.
///
/// # Panics
/// When it cannot be opened.
#[must_use]
#[expect(clippy::expect_used, reason = "a test without its back end must stop")]
pub fn temporary() -> (Embedded, TempDir) {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let options = EmbeddedOptions {
        min_free_bytes: 0,
        ..EmbeddedOptions::default()
    };
    let embedded = Embedded::open(dir.path(), options).expect("a new data directory opens");
    (embedded, dir)
}

/// A `metrics` record of `server`, received at `at`; `seq` tells it from others.
#[must_use]
pub fn payload(server: u32, seq: u64, at: UnixMs) -> Encoded {
    let metrics = Metrics {
        cpu_pct: Some(12.5),
        ..Metrics::default()
    };
    Record::Payload(PayloadRecord {
        server: ServerId(server),
        received_at: at,
        event_at: at,
        skew_ms: 0,
        boot_id: Uuid::from_u128(7),
        seq,
        body_hash: seq,
        report: Arc::new(Report::Data(metrics.into())),
    })
    .encode()
}

/// A heartbeat received at `at`.
#[must_use]
pub fn heartbeat(at: UnixMs) -> Encoded {
    let node = NodeId(Uuid::from_u128(9));
    Record::Heartbeat { at, node }.encode()
}

#[cfg(test)]
mod tests {
    /// A case that its suite does not list would never run.
    #[test]
    fn every_case_is_listed() {
        let suites = [
            include_str!("log.rs"),
            include_str!("snapshots.rs"),
            include_str!("live_bus.rs"),
            include_str!("dead_letters.rs"),
        ];
        for suite in suites {
            let cases = suite.split("pub async fn ").skip(1);
            for case in cases.map(|rest| rest.split('(').next().unwrap()) {
                assert!(suite.contains(&format!("        {case},")), "{case}");
            }
        }
    }
}
