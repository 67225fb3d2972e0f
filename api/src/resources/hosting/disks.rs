//! `/api/hosting/disks`: the fullest file systems, and when they will be full.

use super::view::{Seen, View, of_fleet};
use super::{FleetQuery, ServerRef};
use crate::error::ApiError;
use crate::http::{List, Query};
use crate::resources::probe::Probe;
use crate::resources::servers::measurements::disks;
use crate::resources::servers::{DiskPartition, ServerDisks};
use crate::state::AppState;
use actix_web::{get, web};
use noc_pipeline::payload::{Kind, Payload};
use noc_storage::series::fill::{self, Fill, soonest};
use serde::Serialize;
use std::time::Duration;
use utoipa::ToSchema;

/// One file system, and where it is going.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct DiskTrend {
    /// As last reported.
    #[serde(flatten)]
    pub partition: DiskPartition,
    /// By how many bytes it grows in an hour, by the trend of the last six hours; negative while it is emptied, null before there is a trend.
    pub bytes_per_h: Option<f64>,
    /// Hours until it is full at that pace, by bytes or by inodes, whichever comes first; null while it does not fill.
    pub hours_to_full: Option<f64>,
}

/// A row of the fleet's disks.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct HostDisks {
    /// Whose.
    pub server: ServerRef,
    /// Where the report stands.
    pub probe: Probe,
    /// Share in use of its fullest file system, by bytes or by inodes, percent.
    pub worst_pct: Option<f64>,
    /// Hours until its first file system is full; null while none fills.
    pub hours_to_full: Option<f64>,
    /// Its file systems, fullest first.
    pub partitions: Vec<DiskTrend>,
}

/// What is shown of a server's disks.
#[derive(Debug)]
struct Disks {
    probe: Probe,
    partitions: Vec<DiskTrend>,
}

impl View for Disks {
    const KIND: Kind = Kind::Disks;
    const FIELDS: &'static [&'static str] = &fill::FIELDS;
    const SPAN: Duration = fill::SPAN;

    fn of(seen: Seen<'_>) -> Self {
        let ServerDisks { probe, partitions } = disks(seen.latest, seen.now);
        let told = match seen.latest.and_then(|latest| latest.report.data()) {
            Some(Payload::Disks(disks)) => &disks.partitions[..],
            _ => &[],
        };
        let partitions = partitions.into_iter().map(|partition| {
            let told = told.iter().find(|told| told.mount == partition.mount);
            let fill = told.map(|told| Fill::of(told, seen.recent));
            let Fill {
                bytes_per_h,
                hours_to_full,
            } = fill.unwrap_or_default();
            DiskTrend {
                partition,
                bytes_per_h,
                hours_to_full,
            }
        });
        Self {
            probe,
            partitions: partitions.collect(),
        }
    }
}

/// File systems of the fleet, a row each server.
///
/// Orders: `-worst_pct` (the default, the fullest first, by bytes or by inodes), `used_pct`, `inodes_used_pct`,
/// `hours_to_full` (whose first file system is full soonest, by its last report; those that do not fill, or of which
/// nothing is known, come last), `name`, `observed_at`.
#[utoipa::path(tag = "hosting", params(FleetQuery), responses((status = 200, body = List<HostDisks>)))]
#[get("/api/hosting/disks")]
pub async fn hosting_disks(
    state: web::Data<AppState>,
    query: Query<FleetQuery>,
) -> Result<web::Json<List<HostDisks>>, ApiError> {
    of_fleet(&state, &query.0, "-worst_pct", |server, disks: Disks| {
        let shares = disks.partitions.iter().map(|p| &p.partition);
        let shares = shares.flat_map(|p| [p.used_pct, p.inodes_used_pct]);
        HostDisks {
            server,
            worst_pct: shares.flatten().max_by(f64::total_cmp),
            hours_to_full: soonest(disks.partitions.iter().map(|p| p.hours_to_full)),
            probe: disks.probe,
            partitions: disks.partitions,
        }
    })
    .await
}
