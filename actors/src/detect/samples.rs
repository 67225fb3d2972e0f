//! What rules on metrics look at: the values of a metric by subject, out of a report or as they were recorded.

use super::Observation;
use noc_pipeline::clock::UnixMs;
use noc_pipeline::payload::{Kind, Payload, Report};
use std::time::Duration;

/// Values of one metric of one moment, as the series store has them.
#[derive(Debug, Clone, PartialEq)]
pub struct Measured {
    /// Of which kind.
    pub kind: Kind,
    /// Its field.
    pub field: &'static str,
    /// When they were true.
    pub event_at: UnixMs,
    /// Subject (empty for the host itself) and value.
    pub values: Vec<(Box<str>, f64)>,
}

/// The values that one observation brings.
#[derive(Debug, Clone, Copy)]
pub struct Samples<'a> {
    event_at: UnixMs,
    from: From<'a>,
}

#[derive(Debug, Clone, Copy)]
enum From<'a> {
    Payload(&'a Payload),
    Record(&'a Measured),
}

/// Subject (empty for the host itself) and value.
pub type Values<'a> = Box<dyn Iterator<Item = (&'a str, f64)> + 'a>;

impl<'a> Samples<'a> {
    /// Of what is seen; `None` where it brings no values.
    #[must_use]
    pub fn of(seen: &Observation<'a>) -> Option<Self> {
        match *seen {
            Observation::Report(record) | Observation::Late(record) => match &*record.report {
                Report::Data(payload) => Some(Self {
                    event_at: record.event_at,
                    from: From::Payload(payload),
                }),
                Report::Unreadable { .. } => None,
            },
            Observation::Measured(measured) => Some(Self {
                event_at: measured.event_at,
                from: From::Record(measured),
            }),
            _ => None,
        }
    }

    /// Of which kind.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        match self.from {
            From::Payload(payload) => payload.kind(),
            From::Record(measured) => measured.kind,
        }
    }

    /// When they were true.
    #[must_use]
    pub const fn event_at(&self) -> UnixMs {
        self.event_at
    }

    /// So long between two of them is a gap: three intervals. What is told on an event may be told any time later.
    #[must_use]
    pub fn gap(&self) -> Duration {
        let interval = self.kind().interval();
        interval.map_or(Duration::MAX, |interval| interval * 3)
    }

    /// The values of a field that were measured: one that was not is no zero.
    #[must_use]
    pub fn values(&self, field: &str) -> Values<'a> {
        let all: Values<'a> = match self.from {
            From::Payload(payload) => {
                let values = payload.metric_values(field);
                Box::new(values.filter_map(|(of, value)| Some((of.unwrap_or_default(), value?))))
            }
            From::Record(measured) if measured.field == field => {
                Box::new(measured.values.iter().map(|(of, value)| (&**of, *value)))
            }
            From::Record(_) => Box::new(std::iter::empty()),
        };
        Box::new(all.filter(|(_, value)| value.is_finite()))
    }
}
