//! Measurements with a rule's limits, few enough to be drawn.

use super::lane::Lane;
use crate::detect::Measured;
use noc_pipeline::clock::UnixMs;
use noc_pipeline::control::{Condition, Direction};
use noc_pipeline::id::ServerId;
use noc_pipeline::payload::rates::{Reading, per_second};
use noc_pipeline::payload::{Comparator, find_metric};
use std::collections::HashMap;

/// So many are drawn at most.
pub const MOST_SERIES: usize = 3;
/// So many points each at most: of more than that, the most conspicuous of each stretch.
pub const MOST_POINTS: usize = 2_000;

/// The measurements of one subject.
#[derive(Debug, Clone, PartialEq)]
pub struct Drawn {
    /// Whose.
    pub server: ServerId,
    /// Mount ...; empty for the host itself.
    pub subject: String,
    /// The rule's fixed limit, in the metric's unit.
    pub threshold: Option<f64>,
    /// In order of time.
    pub points: Vec<Point>,
}

/// One of them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// When.
    pub at: UnixMs,
    /// What was measured. A rule on a baseline sees a counter's steps a second, and so do people.
    pub value: f64,
    /// What the rule expected; `None` for fixed limits, and while it learned.
    pub expected: Option<f64>,
    /// In breach above this.
    pub upper: Option<f64>,
    /// In breach below this.
    pub lower: Option<f64>,
}

/// Draws as a lane goes.
pub(super) struct Pen {
    from: UnixMs,
    to: UnixMs,
    /// What is wanted first; others take the places left.
    wanted: Vec<String>,
    server: ServerId,
    most: usize,
    downwards: bool,
    threshold: Option<f64>,
    /// Of counters: the last readings by subject.
    readings: Option<HashMap<Box<str>, Reading>>,
    drawn: Vec<Drawn>,
}

impl Pen {
    /// For one server: the subjects that are `wanted`, and others as long as there are fewer than `most`.
    pub fn new(
        (from, to): (UnixMs, UnixMs),
        server: ServerId,
        wanted: Vec<String>,
        most: usize,
        condition: &Condition,
    ) -> Self {
        let mut readings = None;
        let (downwards, threshold) = match condition {
            Condition::Threshold {
                comparator,
                threshold,
                ..
            } => (
                matches!(comparator, Comparator::Below | Comparator::AtMost),
                Some(*threshold),
            ),
            Condition::Baseline {
                metric, direction, ..
            } => {
                let counter = find_metric(metric).is_some_and(|spec| spec.is_counter());
                readings = counter.then(HashMap::new);
                (*direction == Direction::Below, None)
            }
            Condition::Detector { .. } => (false, None),
        };
        Self {
            from,
            to,
            wanted,
            server,
            most,
            downwards,
            threshold,
            readings,
            drawn: Vec::new(),
        }
    }

    /// Draws values that the lane has not seen yet.
    pub fn draw(&mut self, lane: &Lane, measured: &Measured) {
        let at = measured.event_at;
        if at < self.from || at >= self.to {
            return;
        }
        for (of, value) in &measured.values {
            let mut value = *value;
            if let Some(readings) = &mut self.readings {
                let now = Reading { at, value };
                let earlier = readings.insert(of.clone(), now);
                let Some(rate) = earlier.and_then(|earlier| per_second(earlier, now)) else {
                    continue;
                };
                value = rate;
            }
            let Some(place) = self.place(of) else {
                continue;
            };
            let outlook = lane.outlook(self.server, of, at);
            let point = Point {
                at,
                value,
                expected: outlook.map(|o| o.expected),
                upper: outlook.and_then(|o| o.upper),
                lower: outlook.and_then(|o| o.lower),
            };
            let stretch = self.stretch(at);
            let last = self
                .drawn
                .get(place)
                .and_then(|drawn| drawn.points.last().copied());
            let same = last.is_some_and(|last| self.stretch(last.at) == stretch);
            let more = last.is_none_or(|last| (value > last.value) != self.downwards);
            if let Some(drawn) = self.drawn.get_mut(place) {
                match drawn.points.last_mut().filter(|_| same) {
                    Some(last) if more => *last = point,
                    Some(_) => {}
                    None => drawn.points.push(point),
                }
            }
        }
    }

    fn place(&mut self, of: &str) -> Option<usize> {
        if let Some(known) = self.drawn.iter().position(|drawn| drawn.subject == of) {
            return Some(known);
        }
        let known = |wanted: &&String| self.drawn.iter().any(|d| d.subject == **wanted);
        let reserved = self.wanted.iter().filter(|wanted| !known(wanted)).count();
        let wanted = self.wanted.iter().any(|wanted| wanted == of);
        let free = self.most.saturating_sub(self.drawn.len());
        if free == 0 || (!wanted && free <= reserved) {
            return None;
        }
        self.drawn.push(Drawn {
            server: self.server,
            subject: of.to_owned(),
            threshold: self.threshold,
            points: Vec::new(),
        });
        Some(self.drawn.len() - 1)
    }

    /// Which of [`MOST_POINTS`] equal stretches of the span a time is in.
    fn stretch(&self, at: UnixMs) -> u128 {
        let span = self.to.since(self.from).as_millis().max(1);
        at.since(self.from).as_millis() * (MOST_POINTS as u128) / span
    }

    pub fn finish(self) -> Vec<Drawn> {
        self.drawn
    }
}
