//! `/api/hosting/*`, and the tabs of `/api/servers/{id}` that show the same of one server.

mod backups;
mod cpanel;
mod crons;
mod disks;
mod firewall;
mod fleet;
mod litespeed;
mod mail_abuse;
mod mail_queue;
mod mysql;
mod top_senders;
mod unreadable;

use super::{House, T0};
use noc_pipeline::clock::UnixMs;
use noc_pipeline::id::ServerId;
use noc_pipeline::payload::{Kind, KindError, Payload, Report};
use noc_storage::relational::server_probes::{self, ProbeRow, values_of};
use noc_storage::series::SeriesRow;
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;

/// A report, as the readers of the log store it: in the series, and where lists sort.
pub(super) async fn told(house: &House, server: ServerId, at: UnixMs, report: Report) {
    let probe = ProbeRow {
        server,
        kind: report.kind(),
        error: report.error(),
        hint: report.hint().map(str::to_owned),
        observed_at: at,
        received_at: at,
        values: values_of(at, &report, None),
    };
    let row = SeriesRow {
        server,
        event_at: at,
        received_at: at,
        report: Arc::new(report),
    };
    let parts = &house.state.parts;
    parts.series.write(vec![row]).await.unwrap();
    server_probes::upsert(parts.db.write(), &[probe])
        .await
        .unwrap();
}

pub(super) async fn data(house: &House, server: ServerId, at: UnixMs, payload: impl Into<Payload>) {
    told(house, server, at, Report::Data(payload.into())).await;
}

pub(super) fn unreadable(kind: Kind, error: KindError) -> Report {
    Report::Unreadable {
        kind,
        error,
        hint: Some("run doctor".to_owned()),
    }
}

pub(super) fn ago(seconds: u64) -> UnixMs {
    T0.minus(Duration::from_secs(seconds))
}

/// Names of the servers of a list's rows.
pub(super) fn servers(list: &Value) -> Vec<&str> {
    let rows = list["data"].as_array().unwrap().iter();
    rows.map(|row| row["server"]["name"].as_str().unwrap())
        .collect()
}
