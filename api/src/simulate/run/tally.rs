//! What happened to the requests so far.

use super::Histogram;
use crate::simulate::client::Outcome;
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

/// Counts of answers.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    /// Requests answered 202.
    pub requests: u64,
    /// Payloads that were new to the server.
    pub accepted: u64,
    /// Payloads that it knew.
    pub duplicates: u64,
    /// Bytes of the bodies that were taken, before packing.
    pub bytes: u64,
    /// Other answers, by status.
    pub refused: BTreeMap<u16, u64>,
    /// Requests without an answer.
    pub no_answer: u64,
    /// How long the answers took that were 202.
    pub latency: Histogram,
}

impl Tally {
    /// Counts the answer to a request of so many bytes.
    pub fn note(&mut self, outcome: &Outcome, bytes: usize) {
        match outcome {
            Outcome::Accepted {
                accepted,
                duplicates,
                took,
            } => {
                self.requests += 1;
                self.accepted += *accepted as u64;
                self.duplicates += *duplicates as u64;
                self.bytes += bytes as u64;
                self.latency.note(*took);
            }
            Outcome::Refused { status, .. } => *self.refused.entry(*status).or_default() += 1,
            Outcome::NoAnswer => self.no_answer += 1,
        }
    }

    /// Adds what another one counted.
    pub fn add(&mut self, other: &Self) {
        self.requests += other.requests;
        self.accepted += other.accepted;
        self.duplicates += other.duplicates;
        self.bytes += other.bytes;
        self.no_answer += other.no_answer;
        for (status, count) in &other.refused {
            *self.refused.entry(*status).or_default() += count;
        }
        self.latency.add(&other.latency);
    }

    /// Rates over a time, for people.
    #[must_use]
    pub fn per_second(&self, elapsed: Duration) -> String {
        let seconds = elapsed.as_secs_f64().max(1e-9);
        format!(
            "{:.0} requests/s, {:.0} payloads/s, {:.1} MB/s",
            self.requests as f64 / seconds,
            self.accepted as f64 / seconds,
            self.bytes as f64 / seconds / 1e6
        )
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ms = |share: f64| self.latency.quantile(share).as_secs_f64() * 1e3;
        write!(
            f,
            "{} requests, {} payloads, p50 {:.1} ms, p90 {:.1} ms, p99 {:.1} ms, longest {:.1} ms",
            self.requests,
            self.accepted,
            ms(0.5),
            ms(0.9),
            ms(0.99),
            self.latency.longest().as_secs_f64() * 1e3
        )?;
        if self.duplicates > 0 {
            write!(f, ", {} duplicates", self.duplicates)?;
        }
        for (status, count) in &self.refused {
            write!(f, ", {count} x {status}")?;
        }
        if self.no_answer > 0 {
            write!(f, ", {} without an answer", self.no_answer)?;
        }
        Ok(())
    }
}
