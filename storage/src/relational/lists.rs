//! Lists in statements, in few lengths. A connection keeps a limited number of prepared statements, by their text: one that
//! is not among them costs a round trip, and on MariaDB some 40 ms more for the one that it displaces (the client closes
//! that without an answer, and then waits for the server's delayed acknowledgement).

/// Values for an `IN` list, the last one repeated until their number is a power of two.
pub(crate) fn padded<T: Clone>(values: impl IntoIterator<Item = T>) -> Vec<T> {
    let mut all: Vec<T> = values.into_iter().collect();
    if let Some(last) = all.last().cloned() {
        let length = all.len().next_power_of_two();
        all.resize(length, last);
    }
    all
}

/// Rows of an insert in parts whose lengths are powers of two, the longest first.
pub(crate) fn in_parts<T>(rows: Vec<T>) -> Vec<Vec<T>> {
    let mut rows = rows.into_iter();
    let mut parts = Vec::new();
    loop {
        let left = rows.len();
        let Some(power) = left.checked_ilog2() else {
            return parts;
        };
        parts.push(rows.by_ref().take(1 << power).collect());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_have_lengths_that_are_powers_of_two() {
        assert!(padded(Vec::<u8>::new()).is_empty());
        assert_eq!(padded([1, 2]), [1, 2]);
        assert_eq!(padded([1, 2, 3]), [1, 2, 3, 3]);
        assert_eq!(padded(0..5).len(), 8);
    }

    #[test]
    fn parts_hold_every_row_once_and_in_order() {
        let parts = in_parts((0..13).collect());
        let lengths: Vec<_> = parts.iter().map(Vec::len).collect();
        assert_eq!(lengths, [8, 4, 1]);
        assert!(parts.into_iter().flatten().eq(0..13));
        assert!(in_parts(Vec::<u8>::new()).is_empty());
    }
}
