//! Rows in, at most so many points out: pure, and the same for every back end.

use super::aggregate::{Summary, merge_into};
use super::{Column, Series, SeriesError};
use noc_pipeline::clock::UnixMs;
use noc_pipeline::payload::Kind;

const HOUR_MS: i64 = 3_600_000;

/// Most cells (columns x points) an answer may hold; keeps one query below 200 MiB whatever was stored.
pub const MAX_CELLS: usize = 4_000_000;

/// Most columns an answer may have.
pub const MAX_COLUMNS: usize = 10_000;

/// Collects rows in ascending order of time. As long as they are no more than `points`, each is a point of its own;
/// from then on they are merged into equal buckets.
#[derive(Debug)]
pub struct Sampler {
    kind: Kind,
    fields: Vec<usize>,
    points: usize,
    hourly: bool,
    /// Start and width of the buckets, once there are more rows than points.
    base: i64,
    width: i64,
    bucketed: bool,
    /// Times of the rows; unused once bucketed.
    at: Vec<UnixMs>,
    subjects: Vec<Option<String>>,
    /// Subject by subject, field by field; each as long as its last cell that holds something.
    cells: Vec<Vec<Option<Summary>>>,
    row: usize,
    /// The subject that most likely comes next: rows name theirs in the same order.
    next: usize,
}

impl Sampler {
    /// For rows of `from..to`. `fields` are positions in [`Kind::metrics`]; `hourly` says whether rows of whole
    /// hours will come, which buckets must not cut.
    #[must_use]
    pub fn new(
        kind: Kind,
        fields: Vec<usize>,
        (from, to): (UnixMs, UnixMs),
        points: usize,
        hourly: bool,
    ) -> Self {
        let base = if hourly { from.hour().0 } else { from.0 };
        let points = points.max(1);
        let span = to.0.saturating_sub(base).max(1);
        let mut width = span
            .div_euclid(i64::try_from(points).unwrap_or(i64::MAX))
            .max(1);
        if width.saturating_mul(i64::try_from(points).unwrap_or(i64::MAX)) < span {
            width += 1;
        }
        if hourly {
            width = (width + HOUR_MS - 1) / HOUR_MS * HOUR_MS;
        }
        Self {
            kind,
            fields,
            points,
            hourly,
            base,
            width,
            bucketed: false,
            at: Vec::new(),
            subjects: Vec::new(),
            cells: Vec::new(),
            row: 0,
            next: 0,
        }
    }

    /// The fields asked for, as positions in [`Kind::metrics`].
    #[must_use]
    pub fn fields(&self) -> &[usize] {
        &self.fields
    }

    /// Begins the row of `at`, which is not before the last one.
    pub fn start_row(&mut self, at: UnixMs) {
        self.next = 0;
        if !self.bucketed {
            if self.at.last() != Some(&at) {
                self.at.push(at);
            }
            if self.at.len() <= self.points {
                self.row = self.at.len().saturating_sub(1);
                return;
            }
            self.merge_into_buckets();
        }
        self.row = self.bucket(at);
    }

    /// Adds to the row what was measured of one subject: `values` in the order of [`Sampler::fields`].
    ///
    /// # Errors
    /// [`SeriesError::AnswerTooLarge`] once there are too many subjects for so many points.
    pub fn add(
        &mut self,
        subject: Option<&str>,
        values: impl IntoIterator<Item = Option<Summary>>,
    ) -> Result<(), SeriesError> {
        let first = self.subject(subject)? * self.fields.len();
        for (column, value) in self.cells.iter_mut().skip(first).zip(values) {
            let Some(value) = value else { continue };
            if column.len() <= self.row {
                column.resize(self.row + 1, None);
            }
            if let Some(cell) = column.get_mut(self.row) {
                merge_into(cell, &value);
            }
        }
        Ok(())
    }

    /// The answer.
    #[must_use]
    pub fn finish(self) -> Series {
        let (first, at) = self.axis();
        let mut order: Vec<usize> = (0..self.subjects.len()).collect();
        order.sort_by(|a, b| self.subjects.get(*a).cmp(&self.subjects.get(*b)));
        let mut columns = Vec::with_capacity(self.cells.len());
        for (nth, field) in self.fields.iter().enumerate() {
            let Some(spec) = self.kind.metrics().get(*field) else {
                continue;
            };
            for subject in &order {
                let cells = self.cells.get(subject * self.fields.len() + nth);
                let cells = cells.map_or(&[][..], Vec::as_slice);
                let cell = |i: usize| cells.get(first + i).copied().flatten();
                let mut column = Column {
                    field: spec.field.to_owned(),
                    subject: self.subjects.get(*subject).cloned().flatten(),
                    avg: Vec::with_capacity(at.len()),
                    min: Vec::with_capacity(at.len()),
                    max: Vec::with_capacity(at.len()),
                    count: Vec::with_capacity(at.len()),
                };
                for i in 0..at.len() {
                    let cell = cell(i);
                    column.avg.push(cell.map(|c| c.avg()));
                    column.min.push(cell.map(|c| c.min));
                    column.max.push(cell.map(|c| c.max));
                    column.count.push(cell.map_or(0, |c| c.count));
                }
                columns.push(column);
            }
        }
        Series {
            at,
            bucket_ms: if self.bucketed { self.width } else { 0 },
            hourly: self.hourly,
            columns,
        }
    }

    /// First position of the axis that is shown, and the axis.
    fn axis(&self) -> (usize, Vec<UnixMs>) {
        if !self.bucketed {
            return (0, self.at.clone());
        }
        let holds = |cells: &Vec<Option<Summary>>| cells.iter().position(Option::is_some);
        let first = self.cells.iter().filter_map(holds).min().unwrap_or(0);
        let end = self.cells.iter().map(Vec::len).max().unwrap_or(0);
        let at = (first..end).map(|i| UnixMs(self.base + self.width * offset(i)));
        (first, at.collect())
    }

    fn bucket(&self, at: UnixMs) -> usize {
        usize::try_from((at.0 - self.base).div_euclid(self.width)).unwrap_or(0)
    }

    fn merge_into_buckets(&mut self) {
        self.bucketed = true;
        let buckets: Vec<usize> = self.at.iter().map(|at| self.bucket(*at)).collect();
        self.at = Vec::new();
        for column in &mut self.cells {
            let mut merged: Vec<Option<Summary>> = Vec::new();
            for (cell, bucket) in column.iter().zip(&buckets) {
                let Some(cell) = cell else { continue };
                if merged.len() <= *bucket {
                    merged.resize(*bucket + 1, None);
                }
                if let Some(into) = merged.get_mut(*bucket) {
                    merge_into(into, cell);
                }
            }
            *column = merged;
        }
    }

    fn subject(&mut self, subject: Option<&str>) -> Result<usize, SeriesError> {
        let is_it = |s: &Option<String>| s.as_deref() == subject;
        let expected = self.subjects.get(self.next).is_some_and(is_it);
        let known = match expected {
            true => Some(self.next),
            false => self.subjects.iter().position(is_it),
        };
        if let Some(known) = known {
            self.next = known + 1;
            return Ok(known);
        }
        let columns = self.cells.len() + self.fields.len();
        if columns > MAX_COLUMNS || columns.saturating_mul(self.points) > MAX_CELLS {
            return Err(SeriesError::AnswerTooLarge {
                columns,
                points: self.points,
            });
        }
        self.subjects.push(subject.map(str::to_owned));
        self.cells.resize(columns, Vec::new());
        Ok(self.subjects.len() - 1)
    }
}

fn offset(i: usize) -> i64 {
    i64::try_from(i).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sampler(points: usize, to: i64, hourly: bool) -> Sampler {
        Sampler::new(
            Kind::Metrics,
            vec![0],
            (UnixMs(0), UnixMs(to)),
            points,
            hourly,
        )
    }

    fn add(sampler: &mut Sampler, at: i64, value: f64) {
        sampler.start_row(UnixMs(at));
        sampler.add(None, [Some(Summary::of(value))]).unwrap();
    }

    #[test]
    fn rows_keep_their_own_times_up_to_the_number_of_points() {
        let mut s = sampler(3, 100, false);
        for (at, value) in [(1, 1.0), (50, 2.0), (99, 3.0)] {
            add(&mut s, at, value);
        }
        let series = s.finish();
        assert_eq!(series.at, [UnixMs(1), UnixMs(50), UnixMs(99)]);
        assert_eq!(series.bucket_ms, 0);
        assert_eq!(
            series.columns[0].avg,
            [Some(1.0), Some(2.0), Some(3.0)],
            "every row is a point"
        );
    }

    #[test]
    fn one_row_too_many_makes_buckets_and_a_gap_stays_one() {
        let mut s = sampler(4, 100, false);
        for at in [0, 10, 20, 80, 90] {
            add(&mut s, at, f64::from(i32::try_from(at).unwrap()));
        }
        let series = s.finish();
        assert_eq!(series.bucket_ms, 25);
        assert_eq!(
            series.at,
            [UnixMs(0), UnixMs(25), UnixMs(50), UnixMs(75)],
            "empty buckets are listed"
        );
        assert_eq!(series.columns[0].avg, [Some(10.0), None, None, Some(85.0)]);
        assert_eq!(series.columns[0].min[0], Some(0.0));
        assert_eq!(series.columns[0].max[0], Some(20.0));
        assert_eq!(series.columns[0].count, [3, 0, 0, 2]);
    }

    #[test]
    fn buckets_never_cut_an_hour() {
        let mut s = sampler(2, 5 * HOUR_MS, true);
        for hour in 0..5 {
            add(&mut s, hour * HOUR_MS, 1.0);
        }
        let series = s.finish();
        assert_eq!(series.bucket_ms, 3 * HOUR_MS);
        assert_eq!(series.columns[0].count, [3, 2]);
    }

    #[test]
    fn too_many_subjects_are_refused_not_held() {
        let mut s = sampler(10_000, 100, false);
        s.start_row(UnixMs(0));
        let refused = (0..1_000).find_map(|i| {
            let subject = format!("/mnt/{i}");
            s.add(Some(&subject), [Some(Summary::of(1.0))]).err()
        });
        assert!(matches!(
            refused,
            Some(SeriesError::AnswerTooLarge { columns: 401, .. })
        ));
    }
}
