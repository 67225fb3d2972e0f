use noc_pipeline::clock::UnixMs;
use noc_pipeline::payload::Kind;

/// What can go wrong with series.
#[derive(Debug, Clone, thiserror::Error)]
pub enum SeriesError {
    /// The kind has no such field.
    #[error("{kind} has no field {field:?}", kind = kind.name())]
    NoSuchField {
        /// The kind asked.
        kind: Kind,
        /// The field asked for.
        field: String,
    },
    /// The range ends before it begins.
    #[error("range from {from} to {to} ends before it begins")]
    InvalidRange {
        /// Its first instant.
        from: UnixMs,
        /// Its end.
        to: UnixMs,
    },
    /// The range spans more than may be asked for at once.
    #[error("range of {days} days is longer than {max_days}")]
    RangeTooLong {
        /// Whole days it spans.
        days: u64,
        /// Most days it may span.
        max_days: u64,
    },
    /// No points, or too many.
    #[error("{points} points asked for, 1 to {max} can be had")]
    InvalidPoints {
        /// How many were asked for.
        points: usize,
        /// The most there are.
        max: usize,
    },
    /// The rows found have so many subjects that the answer would be too large.
    #[error(
        "answer of {columns} columns and {points} points is too large: ask for fewer fields or points"
    )]
    AnswerTooLarge {
        /// Columns so far.
        columns: usize,
        /// Points asked for.
        points: usize,
    },
    /// The event table has no such column.
    #[error("{table} has no column {column:?}")]
    NoSuchColumn {
        /// The table asked.
        table: &'static str,
        /// The column asked for.
        column: String,
    },
    /// A condition, or another part of a question about events, that cannot be.
    #[error("{column} {reason}")]
    InvalidCondition {
        /// The column, or the part.
        column: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// No rows or groups, or too many.
    #[error("{limit} asked for, 1 to {max} can be had at once")]
    InvalidLimit {
        /// How many were asked for.
        limit: usize,
        /// The most there are.
        max: usize,
    },
    /// There are so many rows, or so many different ones, that counting them would take too long.
    #[error("over {most} {what} to be counted: ask for a shorter time or fewer servers")]
    TooManyToCount {
        /// Rows or groups.
        what: &'static str,
        /// Most of them.
        most: usize,
    },
    /// The store cannot answer now; try again.
    #[error("series store unavailable during {operation}: {reason}")]
    Unavailable {
        /// What was tried.
        operation: &'static str,
        /// What the back end said.
        reason: String,
    },
    /// The store will not take this, however often it is tried: a row beyond what it can hold, or a table that is
    /// not as it must be.
    #[error("series store refused {operation}: {reason}")]
    Refused {
        /// What was tried.
        operation: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// A stored row cannot be read; the others can.
    #[error("damaged series row of {kind} at {key}: {reason}")]
    Damaged {
        /// Name or code of its kind.
        kind: String,
        /// Its key, hexadecimal.
        key: String,
        /// What is wrong with it.
        reason: &'static str,
    },
}

impl SeriesError {
    /// Whether the same call may succeed later.
    #[must_use]
    pub const fn is_retryable(&self) -> bool {
        matches!(self, Self::Unavailable { .. })
    }

    /// Whether the caller asked for something that cannot be had, so that the answer is theirs to change.
    #[must_use]
    pub const fn is_invalid_query(&self) -> bool {
        matches!(
            self,
            Self::NoSuchField { .. }
                | Self::InvalidRange { .. }
                | Self::RangeTooLong { .. }
                | Self::InvalidPoints { .. }
                | Self::AnswerTooLarge { .. }
                | Self::NoSuchColumn { .. }
                | Self::InvalidCondition { .. }
                | Self::InvalidLimit { .. }
                | Self::TooManyToCount { .. }
        )
    }
}
