//! What must be true of every simulated fleet.

mod anomalies;
mod contract;
mod counters;
mod files;
mod mail;
mod reporting;
mod rhythm;
mod truth;

use super::{Fault, FaultKind, Fleet, Numbered, Playback, Role, Said};
use noc_pipeline::clock::UnixMs;
use noc_pipeline::payload::{Kind, Payload, Report};
use std::sync::Arc;

/// A Monday, 0:00 UTC.
const MONDAY: UnixMs = UnixMs(1_772_409_600_000);
const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

fn later(ms: i64) -> UnixMs {
    UnixMs(MONDAY.0 + ms)
}

/// Trouble of a server from an instant after Monday, for so long.
fn fault(server: u32, from: i64, lasts: i64, kind: FaultKind) -> Fault {
    Fault {
        server,
        from: later(from),
        until: Some(later(from + lasts)),
        kind,
    }
}

/// The first server that reports a kind.
fn first_with(fleet: &Fleet, kind: Kind) -> u32 {
    (0..fleet.len())
        .find(|server| matches!(fleet.report(*server, kind, MONDAY), Some(Report::Data(_))))
        .unwrap()
}

/// One kind of one server at an instant.
fn payload(fleet: &Fleet, server: u32, kind: Kind, at: UnixMs) -> Payload {
    match fleet.report(server, kind, at) {
        Some(Report::Data(payload)) => payload,
        other => panic!("{kind:?} of {server}: {other:?}"),
    }
}

macro_rules! reader {
    ($name:ident, $variant:ident) => {
        fn $name(fleet: &Fleet, server: u32, at: UnixMs) -> noc_pipeline::payload::$variant {
            match payload(fleet, server, Kind::$variant, at) {
                Payload::$variant(body) => body,
                other => panic!("{other:?}"),
            }
        }
    };
}

reader!(metrics, Metrics);
reader!(processes, Processes);
reader!(mysql, Mysql);
reader!(litespeed, Litespeed);
reader!(mail_queue, MailQueue);
reader!(disks, Disks);
reader!(crons, Crons);
reader!(email_stats, EmailStats);
reader!(cpanel, Cpanel);
reader!(inventory, Inventory);

fn finished_hour(fleet: &Fleet, server: u32, at: UnixMs) -> noc_pipeline::payload::EmailStats {
    match fleet.finished_hour(server, at) {
        Some(Report::Data(Payload::EmailStats(body))) => body,
        other => panic!("{other:?}"),
    }
}

fn firewall(
    fleet: &Fleet,
    server: u32,
    since: UnixMs,
    at: UnixMs,
) -> noc_pipeline::payload::Firewall {
    match fleet.firewall(server, since, at) {
        Some(Report::Data(Payload::Firewall(body))) => body,
        other => panic!("{other:?}"),
    }
}

/// Everything of a server between two instants after Monday: when it arrives, and what.
fn sent_by(fleet: &Arc<Fleet>, server: u32, from: i64, until: i64) -> Vec<(UnixMs, Numbered)> {
    Playback::new(fleet, 0, later(from), later(until))
        .filter(|(of, _)| *of == server)
        .flat_map(|(_, request)| {
            request
                .payloads
                .into_iter()
                .map(move |payload| (request.at, payload))
        })
        .collect()
}

fn data(numbered: &Numbered) -> Option<&Payload> {
    match &numbered.said {
        Said::Report(report) => report.data(),
        Said::Broken(..) => None,
    }
}
