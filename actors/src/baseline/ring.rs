//! A count that is told every few minutes: its mean over the last 24 h, in buckets of 5 min by the time of the points.
//!
//! While it is frozen the mean stays what it was, and what is seen is noted apart: thawed, it is forgotten, because it
//! belonged to the trouble; called the new normal, it is what counts from then on. Nothing else ends a freeze, however
//! long it lasts. After a thaw the old mean holds until there are enough new points.

use super::AHEAD;
use super::counts::{CountLog, Entry};
use noc_pipeline::clock::UnixMs;
use serde::{Deserialize, Serialize};

/// Length of a bucket, milliseconds.
pub const BUCKET_MS: i64 = 300_000;
/// Buckets that count.
pub const BUCKETS: u32 = 288;
/// Fewer buckets with data than this are no baseline.
pub const LEARNED: u32 = 12;
/// So many that no longer count are kept until they are cleared away together.
const STALE: u32 = 12;

/// What is usual for one count. 0.3 to 0.6 KB after a day.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Ring {
    /// By bucket, one more than was counted: a bucket with 0 is one with data.
    buckets: CountLog,
    held: Option<Mean>,
    /// The bucket in which it froze.
    frozen: Option<u32>,
}

/// A mean, and what it rests on.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Mean {
    /// The mean.
    pub value: f64,
    /// Buckets with data.
    pub samples: u32,
}

fn bucket_of(at: UnixMs) -> Option<u32> {
    u32::try_from(at.0.div_euclid(BUCKET_MS)).ok()
}

impl Ring {
    /// Takes a point of `at` that came at `now`; the last of a bucket is the one that counts. False for points of the
    /// future, from before 1970, or older than all that is kept: they change nothing.
    pub fn push(&mut self, at: UnixMs, value: u64, now: UnixMs) -> bool {
        let Some(bucket) = bucket_of(at).filter(|_| at <= now.plus(AHEAD)) else {
            return false;
        };
        if bucket < self.oldest() {
            return false;
        }
        let value = u32::try_from(value).unwrap_or(u32::MAX).min(MOST);
        self.buckets
            .set(bucket, Entry::Count(value.saturating_add(1)));
        let oldest = self.oldest();
        if self.buckets.first() < Some(oldest.saturating_sub(STALE)) {
            self.buckets.drop_before(oldest);
        }
        if self.frozen.is_none() && self.held.is_some() && self.own(bucket).is_some() {
            self.held = None;
        }
        true
    }

    /// The oldest bucket that is kept.
    fn oldest(&self) -> u32 {
        let newest = self.buckets.last().unwrap_or_default();
        newest.saturating_sub(BUCKETS)
    }

    /// What is usual before `at`: its own bucket has no part in it. `None` while it learns.
    #[must_use]
    pub fn mean(&self, at: UnixMs) -> Option<Mean> {
        let bucket = bucket_of(at)?;
        if self.frozen.is_some() {
            return self.held;
        }
        self.own(bucket).or(self.held)
    }

    fn own(&self, bucket: u32) -> Option<Mean> {
        let (samples, sum) = self.sum(bucket);
        (samples >= LEARNED).then(|| Mean {
            value: mean_of(sum, samples),
            samples,
        })
    }

    fn sum(&self, bucket: u32) -> (u32, u64) {
        let from = self.oldest().max(bucket.saturating_sub(BUCKETS));
        let (mut samples, mut sum) = (0_u32, 0_u64);
        for (at, entry) in self.buckets.iter() {
            if let Entry::Count(above) = entry
                && (from..bucket).contains(&at)
            {
                samples = samples.saturating_add(1);
                sum = sum.saturating_add(u64::from(above.saturating_sub(1)));
            }
        }
        (samples, sum)
    }

    /// How many buckets there are to learn from, frozen or not.
    #[must_use]
    pub fn samples(&self, at: UnixMs) -> u32 {
        bucket_of(at).map_or(0, |bucket| self.sum(bucket).0)
    }

    /// Whether any point is kept.
    #[must_use]
    pub const fn has_data(&self) -> bool {
        !self.buckets.is_empty()
    }

    /// Whether it is frozen.
    #[must_use]
    pub const fn is_frozen(&self) -> bool {
        self.frozen.is_some()
    }

    /// From `at` on nothing is learned, this bucket included. Freezing what is frozen changes nothing.
    pub fn freeze(&mut self, at: UnixMs) {
        if self.frozen.is_none() {
            self.held = self.mean(at);
            self.frozen = bucket_of(at);
        }
    }

    /// It learns again; what was seen since it froze is forgotten.
    pub fn thaw(&mut self) {
        if let Some(since) = self.frozen.take() {
            // What is too old beside what was seen meanwhile stays away, also where that goes.
            self.buckets.drop_before(self.oldest());
            self.buckets.drop_from(since);
        }
    }

    /// It learns again, and what was seen since it froze is all that counts.
    pub fn new_normal(&mut self) {
        if let Some(since) = self.frozen.take() {
            self.buckets.drop_before(since);
            self.held = None;
        }
    }
}

/// The largest count: one more still fits.
const MOST: u32 = u32::MAX - 1;

#[expect(
    clippy::cast_precision_loss,
    reason = "288 counts of 32 bits are below 2^41"
)]
fn mean_of(sum: u64, samples: u32) -> f64 {
    sum as f64 / f64::from(samples)
}
