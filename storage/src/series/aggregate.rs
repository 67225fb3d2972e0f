//! Summaries of measurements, weighted by count.

use super::Aggregate;

/// What is kept of any number of measurements of one field.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Summary {
    sum: f64,
    /// Smallest.
    pub min: f64,
    /// Largest.
    pub max: f64,
    /// How many.
    pub count: u64,
}

impl Summary {
    /// Of one measurement.
    #[must_use]
    pub const fn of(value: f64) -> Self {
        Self {
            sum: value,
            min: value,
            max: value,
            count: 1,
        }
    }

    /// Of `count` measurements with this mean.
    #[must_use]
    pub fn of_mean(avg: f64, min: f64, max: f64, count: u64) -> Self {
        Self {
            sum: avg * float(count),
            min,
            max,
            count,
        }
    }

    /// Of `count` measurements with this sum.
    #[must_use]
    pub const fn of_sum(sum: f64, min: f64, max: f64, count: u64) -> Self {
        Self {
            sum,
            min,
            max,
            count,
        }
    }

    /// Takes the other's measurements in.
    pub fn merge(&mut self, other: &Self) {
        self.sum += other.sum;
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
        self.count += other.count;
    }

    /// The mean, never outside of min and max for want of digits.
    #[must_use]
    pub fn avg(&self) -> f64 {
        (self.sum / float(self.count)).clamp(self.min, self.max)
    }

    /// As one number.
    #[must_use]
    pub fn by(&self, aggregate: Aggregate) -> f64 {
        match aggregate {
            Aggregate::Avg => self.avg(),
            Aggregate::Max => self.max,
            Aggregate::Sum => self.sum,
        }
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "no store holds 2^53 rows of a field"
)]
const fn float(count: u64) -> f64 {
    count as f64
}

/// Merges `value` into a cell that may be empty.
pub fn merge_into(cell: &mut Option<Summary>, value: &Summary) {
    match cell {
        Some(cell) => cell.merge(value),
        None => *cell = Some(*value),
    }
}

/// Something for each subject of a kind; rows name theirs in the same order, so finding one is mostly one comparison.
#[derive(Debug)]
pub struct BySubject<T> {
    entries: Vec<(Option<String>, T)>,
    next: usize,
}

impl<T> Default for BySubject<T> {
    fn default() -> Self {
        Self {
            entries: Vec::new(),
            next: 0,
        }
    }
}

impl<T: Default> BySubject<T> {
    /// What is kept for a subject; made when it is not known yet.
    #[expect(clippy::indexing_slicing, reason = "the index was just found or made")]
    pub fn entry(&mut self, subject: Option<&str>) -> &mut T {
        let is_it = |(name, _): &(Option<String>, T)| name.as_deref() == subject;
        let index = if self.entries.get(self.next).is_some_and(is_it) {
            self.next
        } else if let Some(index) = self.entries.iter().position(is_it) {
            index
        } else {
            let name = subject.map(str::to_owned);
            self.entries.push((name, T::default()));
            self.entries.len() - 1
        };
        self.next = (index + 1) % self.entries.len();
        &mut self.entries[index].1
    }

    /// All of them, by subject.
    pub fn into_sorted(mut self) -> Vec<(Option<String>, T)> {
        self.entries.sort_by(|a, b| a.0.cmp(&b.0));
        self.entries
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn means_are_weighted_by_count() {
        let mut all = Summary::of_mean(10.0, 5.0, 15.0, 3);
        all.merge(&Summary::of(50.0));
        assert!((all.avg() - 20.0).abs() < 1e-12);
        assert_eq!((all.min, all.max, all.count), (5.0, 50.0, 4));
        assert!((all.by(Aggregate::Sum) - 80.0).abs() < 1e-12);
    }

    #[test]
    fn a_constant_stays_what_it_is() {
        let mut all = Summary::of(0.1);
        for _ in 0..9 {
            all.merge(&Summary::of(0.1));
        }
        assert_eq!(all.avg().to_bits(), 0.1_f64.to_bits());
    }
}
