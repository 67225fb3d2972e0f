//! A line through points that a few odd ones do not bend: Theil and Sen's, the median of the slopes between each two.

/// `y` falls or rises by `slope` for each `x`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Line {
    /// For each step of x.
    pub slope: f64,
    /// At x = 0.
    pub at_zero: f64,
}

impl Line {
    /// The line through points of different x; `None` for fewer than two of those.
    pub fn through(points: &[(f64, f64)]) -> Option<Self> {
        let mut slopes = Vec::with_capacity(points.len() * points.len() / 2);
        for (n, (x, y)) in points.iter().enumerate() {
            let later = points.get(n + 1..).unwrap_or_default().iter();
            slopes.extend(
                later
                    .filter(|(other, _)| (other - x).abs() > f64::EPSILON)
                    .map(|(other, value)| (value - y) / (other - x)),
            );
        }
        let slope = median(&mut slopes)?;
        let mut zeros: Vec<f64> = points.iter().map(|(x, y)| y - slope * x).collect();
        Some(Self {
            slope,
            at_zero: median(&mut zeros)?,
        })
    }

    /// How far the points lie off the line, the median.
    pub fn scatter(&self, points: &[(f64, f64)]) -> f64 {
        let off = |(x, y): &(f64, f64)| (y - self.at_zero - self.slope * x).abs();
        let mut all: Vec<f64> = points.iter().map(off).collect();
        median(&mut all).unwrap_or(0.0)
    }
}

fn median(values: &mut [f64]) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    let upper = *values.get(middle)?;
    if values.len() % 2 == 1 {
        return Some(upper);
    }
    let lower = *values.get(middle.checked_sub(1)?)?;
    Some(f64::midpoint(lower, upper))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn one_odd_point_does_not_bend_it() {
        let mut points: Vec<_> = (0..8)
            .map(|x| (f64::from(x), 100.0 - 3.0 * f64::from(x)))
            .collect();
        points[4].1 = 900.0;
        let line = Line::through(&points).unwrap();
        assert!((line.slope + 3.0).abs() < 1e-9, "{line:?}");
        assert!(line.scatter(&points) < 1e-9);
    }

    #[test]
    fn one_point_or_one_x_is_no_line() {
        assert_eq!(Line::through(&[]), None);
        assert_eq!(Line::through(&[(1.0, 2.0)]), None);
        assert_eq!(Line::through(&[(1.0, 2.0), (1.0, 3.0)]), None);
    }

    proptest! {
        #[test]
        fn points_of_a_line_give_that_line(slope in -1e6_f64..1e6, at_zero in -1e6_f64..1e6, xs in prop::collection::btree_set(-1_000_i32..1_000, 2..12)) {
            let points: Vec<_> = xs.into_iter().map(|x| (f64::from(x), at_zero + slope * f64::from(x))).collect();
            let line = Line::through(&points).unwrap();
            prop_assert!((line.slope - slope).abs() < 1e-3, "{line:?}");
            prop_assert!((line.at_zero - at_zero).abs() < 1.0, "{line:?}");
        }
    }
}
