//! `/api/detectors`: what can be detected, and by which metrics.

use crate::resources::incidents::Severity;
use actix_web::{get, web};
use noc_actors::detect::{self, Info};
use noc_pipeline::payload::{MetricSpec, Unit, metrics_catalogue};
use serde::Serialize;
use utoipa::ToSchema;

/// What rules can be made of.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct DetectorCatalogue {
    /// Built-in detectors.
    pub detectors: Vec<Detector>,
    /// Metrics for threshold and baseline rules.
    pub metrics: Vec<Metric>,
}

/// A built-in detector.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Detector {
    /// Key, as it stands in incidents and rules.
    pub key: String,
    /// Name, for people.
    pub name: String,
    /// What it looks for, one or two sentences.
    pub about: String,
    /// Severities it may give, mildest first.
    pub severities: Vec<Severity>,
}

/// A metric.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Metric {
    /// `<kind>.<field>`.
    pub name: String,
    /// What it measures.
    pub title: String,
    /// `percent`, `bytes`, `bytes_per_s`, `s`, `count`, `per_s`, `load`, `yes_no` (1 or 0).
    pub unit: String,
    /// What one value belongs to within a server (`mount`); null for the host itself.
    pub subject: Option<String>,
    /// Seconds between two values.
    pub interval_s: u64,
}

fn unit(unit: Unit) -> &'static str {
    match unit {
        Unit::Percent => "percent",
        Unit::Bytes => "bytes",
        Unit::BytesPerSecond => "bytes_per_s",
        Unit::Seconds => "s",
        Unit::Count => "count",
        Unit::PerSecond => "per_s",
        Unit::Load => "load",
        Unit::YesNo => "yes_no",
    }
}

impl From<&MetricSpec> for Metric {
    fn from(spec: &MetricSpec) -> Self {
        Self {
            name: spec.name.to_owned(),
            title: spec.description.to_owned(),
            unit: unit(spec.unit).to_owned(),
            subject: spec.subject.map(str::to_owned),
            interval_s: spec.kind.interval().unwrap_or_default().as_secs(),
        }
    }
}

impl From<&Info> for Detector {
    fn from(info: &Info) -> Self {
        Self {
            key: info.key.to_owned(),
            name: info.name.to_owned(),
            about: info.about.to_owned(),
            severities: info
                .severities
                .iter()
                .copied()
                .map(Severity::from)
                .collect(),
        }
    }
}

/// Whether there is a built-in detector of this key.
#[must_use]
pub fn is_detector(key: &str) -> bool {
    detect::registry()
        .iter()
        .any(|detector| detector.info().key == key)
}

/// Detectors and metrics, with units.
#[utoipa::path(tag = "rules", responses((status = 200, body = DetectorCatalogue)))]
#[get("/api/detectors")]
pub async fn list_detectors() -> web::Json<DetectorCatalogue> {
    web::Json(DetectorCatalogue {
        detectors: detect::registry()
            .iter()
            .map(|detector| Detector::from(detector.info()))
            .collect(),
        metrics: metrics_catalogue().iter().map(Metric::from).collect(),
    })
}
