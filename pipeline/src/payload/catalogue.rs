//! The metric catalogue: every number of every kind that is stored, drawn and compared with thresholds.
//!
//! A kind lists its metrics beside its struct, with [`columns!`]; nobody else does.

use super::events::EventVisitor;
use super::{Kind, Payload};
use crate::clock::UnixMs;
use serde::Serialize;
use std::sync::OnceLock;

/// What a metric counts in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// 0 to 100.
    Percent,
    /// Bytes.
    Bytes,
    /// Bytes per second.
    BytesPerSecond,
    /// Seconds.
    Seconds,
    /// How many.
    Count,
    /// How many each second.
    PerSecond,
    /// Runnable tasks.
    Load,
    /// 1 for yes, 0 for no.
    YesNo,
}

/// One metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct MetricSpec {
    /// `<kind>.<field>`, as rules name it.
    pub name: &'static str,
    /// Of which kind.
    pub kind: Kind,
    /// Its field.
    pub field: &'static str,
    /// What it counts in.
    pub unit: Unit,
    /// What there are several of in one payload, such as `mount`; `None` when it is about the host itself.
    pub subject: Option<&'static str>,
    /// One line for a person.
    pub description: &'static str,
}

impl MetricSpec {
    /// Whether it only ever grows until what counts is restarted: its steps tell something, its height does not.
    #[must_use]
    pub fn is_counter(&self) -> bool {
        const COUNTERS: [&str; 8] = [
            "inventory.spool_lost_total",
            "litespeed.private_hits_total",
            "litespeed.public_hits_total",
            "litespeed.requests_total",
            "litespeed.static_hits_total",
            "mysql.deadlocks_total",
            "mysql.questions_total",
            "mysql.slow_queries_total",
        ];
        COUNTERS.contains(&self.name)
    }
}

/// Every metric of every kind, in the order of kinds and fields.
#[must_use]
pub fn metrics_catalogue() -> &'static [MetricSpec] {
    static ALL: OnceLock<Vec<MetricSpec>> = OnceLock::new();
    ALL.get_or_init(|| {
        let kinds = Kind::ALL.iter();
        kinds.flat_map(|kind| kind.metrics()).copied().collect()
    })
}

/// Finds a metric by its name, such as `disks.used_pct`.
#[must_use]
pub fn find_metric(name: &str) -> Option<&'static MetricSpec> {
    metrics_catalogue().iter().find(|spec| spec.name == name)
}

/// Reads one metric out of a row.
pub(crate) type Getter<Row> = fn(&Row) -> Option<f64>;

/// What a kind's struct must know. `Row` is what one subject's values are read from: the struct itself for kinds
/// about the host, an entry of its list for others.
pub(crate) trait Body: Sized {
    type Row: 'static;
    const METRICS: &'static [MetricSpec];
    /// One for each of `METRICS`, in that order.
    const GETTERS: &'static [Getter<Self::Row>];

    /// Reads and checks the kind's fields; `None` once an error was noted.
    fn read(fields: &mut super::validate::Fields<'_, '_>) -> Option<Self>;

    fn rows(&self) -> &[Self::Row];

    fn subject(row: &Self::Row) -> Option<&str>;

    /// The time at which its numbers are stored, where that is not when it was true: what stands there is replaced.
    /// `None` when something better is stored there, or will be. A function of nothing but the record, so that every
    /// reader of the log comes to the same.
    fn row_at(&self, event_at: UnixMs, _received_at: UnixMs) -> Option<UnixMs> {
        Some(event_at)
    }

    /// Puts the times in it, which are the agent's clock's, through `correct`. Called once, at ingest.
    fn correct_times(&mut self, _correct: &dyn Fn(UnixMs) -> UnixMs) {}

    /// Calls `each` with the events in it; `row_at` is the time of its numbers.
    fn events(&self, _row_at: UnixMs, _each: &mut EventVisitor<'_>) {}

    /// What would let the agent see what is missing in it, in the agent's words.
    fn hint(&self) -> Option<&str> {
        None
    }

    /// See [`Occasion`]; most kinds tell how things stand, and only the newest such report counts.
    fn occasion(&self) -> Option<Occasion> {
        None
    }
}

/// Something that happened at a time of its own, such as a backup run: its report is judged however late it comes, as
/// long as it is the newest of its subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Occasion {
    /// What there are several of, such as jobs.
    pub subject: String,
    /// When it happened, by our clock.
    pub at: UnixMs,
}

/// Lists a kind's metrics: `field: Unit, "description", |row| value;`.
macro_rules! columns {
    ($kind:ident, $prefix:literal, $subject:expr; $($field:ident: $unit:ident, $description:literal, $get:expr;)*) => {
        const METRICS: &'static [$crate::payload::MetricSpec] = &[$($crate::payload::MetricSpec {
            name: concat!($prefix, ".", stringify!($field)),
            kind: $crate::payload::Kind::$kind,
            field: stringify!($field),
            unit: $crate::payload::Unit::$unit,
            subject: $subject,
            description: $description,
        }),*];
        const GETTERS: &'static [$crate::payload::catalogue::Getter<Self::Row>] = &[$($get),*];
    };
}
pub(crate) use columns;

/// Takes a subject and its values, in the order of [`Kind::metrics`].
pub type RowVisitor<'v> = dyn FnMut(Option<&str>, &[Option<f64>]) + 'v;

/// Values of one field by subject.
pub type MetricValues<'a> = Box<dyn Iterator<Item = (Option<&'a str>, Option<f64>)> + 'a>;

pub(crate) fn values_of<'a, B: Body>(body: &'a B, field: &str) -> MetricValues<'a> {
    let index = B::METRICS.iter().position(|spec| spec.field == field);
    match index.and_then(|index| B::GETTERS.get(index)) {
        Some(get) => Box::new(body.rows().iter().map(|row| (B::subject(row), get(row)))),
        None => Box::new(std::iter::empty()),
    }
}

pub(crate) fn rows_of<B: Body>(body: &B, each: &mut RowVisitor<'_>) {
    let mut values = Vec::with_capacity(B::GETTERS.len());
    for row in body.rows() {
        values.clear();
        values.extend(B::GETTERS.iter().map(|get| get(row)));
        each(B::subject(row), &values);
    }
}

/// A whole number as charts and thresholds take it.
#[expect(
    clippy::cast_precision_loss,
    reason = "whole numbers above 2^53 are refused at ingest"
)]
pub(crate) fn float(value: Option<u64>) -> Option<f64> {
    value.map(|v| v as f64)
}

/// `used` of `total` in percent; `None` when unknown or nothing is there at all.
pub(crate) fn share_pct(used: Option<u64>, total: Option<u64>) -> Option<f64> {
    let (used, total) = (float(used)?, float(total)?);
    (total > 0.0).then(|| used * 100.0 / total)
}

impl Payload {
    /// Values of one field of the catalogue, by subject. Empty when the kind has no such field; a value that was
    /// not measured is `None`.
    #[must_use]
    pub fn metric_values(&self, field: &str) -> MetricValues<'_> {
        self.values(field)
    }

    /// Calls `each` with every subject and its values, in the order of [`Kind::metrics`].
    pub fn for_each_row(&self, each: &mut RowVisitor<'_>) {
        self.visit_rows(each);
    }
}
