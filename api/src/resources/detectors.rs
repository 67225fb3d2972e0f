//! `/api/detectors`: what can be detected, and by which metrics.

use crate::resources::incidents::Severity;
use actix_web::{get, web};
use noc_actors::detect::{self, Info, Number};
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
    /// Its numbers that a rule of type `detector` may set.
    pub numbers: Vec<DetectorNumber>,
    /// A page about it, Markdown: what it looks for, why, how it decides, how to tune.
    pub docs: String,
}

/// A number of a detector.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct DetectorNumber {
    /// Its name in `condition.numbers`.
    pub key: String,
    /// As units of metrics.
    pub unit: String,
    /// Where no rule sets it.
    pub default: f64,
    /// The smallest that is taken.
    pub min: f64,
    /// The largest that is taken.
    pub max: f64,
    /// What it does, in one line.
    pub about: String,
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
    /// It only grows until what counts is restarted: rules on baselines judge its steps a second.
    pub counter: bool,
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
            counter: spec.is_counter(),
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
            numbers: info.numbers.iter().map(DetectorNumber::from).collect(),
            docs: info.docs.to_owned(),
        }
    }
}

impl From<&Number> for DetectorNumber {
    fn from(number: &Number) -> Self {
        Self {
            key: number.key.to_owned(),
            unit: unit(number.unit).to_owned(),
            default: number.default,
            min: number.min,
            max: number.max,
            about: number.about.to_owned(),
        }
    }
}

/// What people call a detector; its key where it is none.
#[must_use]
pub fn name(detector: &str) -> &str {
    let info = detect::infos().find(|info| info.key == detector);
    info.map_or(detector, |info| info.name)
}

/// A number of a built-in detector that rules may set.
#[must_use]
pub fn number(detector: &str, key: &str) -> Option<&'static Number> {
    let info = detect::infos().find(|info| info.key == detector)?;
    info.numbers.iter().find(|number| number.key == key)
}

/// Whether there is a built-in detector of this key.
#[must_use]
pub fn is_detector(key: &str) -> bool {
    detect::infos().any(|info| info.key == key)
}

/// Detectors and metrics, with units.
#[utoipa::path(tag = "rules", responses((status = 200, body = DetectorCatalogue)))]
#[get("/api/detectors")]
pub async fn list_detectors() -> web::Json<DetectorCatalogue> {
    web::Json(DetectorCatalogue {
        detectors: detect::infos().map(Detector::from).collect(),
        metrics: metrics_catalogue().iter().map(Metric::from).collect(),
    })
}
