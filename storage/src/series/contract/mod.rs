//! What every series store must do, written once: one function a case, each on an empty store of its own.
//!
//! `series_contract!(make())` makes a test of each case, where `make()` is a future of `(store, guard)`; the guard is
//! held until the case is done. Times lie in the past of any clock, on 2026-05-07.

mod events;
mod hours;
mod keeping;
mod ranges;
mod recent;
mod rollups;
mod writing;

pub use events::*;
pub use hours::*;
pub use keeping::*;
pub use ranges::*;
pub use recent::*;
pub use rollups::*;
pub use writing::*;

use super::{Aggregate, RangeQuery, Series, SeriesRow, SeriesStore, TopQuery};
use noc_pipeline::clock::{Stopwatch, UnixMs, sleep};
use noc_pipeline::id::ServerId;
use noc_pipeline::payload::{Disks, Kind, KindError, Metrics, Partition, Payload, Report};
use std::sync::Arc;
use std::time::Duration;

/// By when rows of `write_at` are readable, on any back end.
const DEADLINE: Duration = Duration::from_secs(30);

/// Makes a test of every case.
#[macro_export]
macro_rules! series_contract {
    ($make:expr) => {
        $crate::series_contract! { @each $make;
            an_empty_store_answers_with_nothing
            rows_are_read_back_to_the_bit
            writing_again_changes_nothing
            the_last_row_of_a_time_wins
            what_was_not_measured_is_none
            every_subject_has_columns_of_its_own
            no_fields_named_means_every_field
            an_unreadable_report_draws_nothing
            the_newest_payload_is_never_replaced_by_an_older_one
            latest_gives_back_the_whole_report
            positions_are_kept_by_partition
            a_position_moves_without_rows
            queries_beyond_the_limits_are_refused
            the_end_of_a_range_is_exclusive
            more_rows_than_points_become_equal_buckets
            answers_too_large_are_refused
            hours_never_rolled_up_are_read_from_raw_rows
            long_ranges_read_hourly_rows_and_end_raw
            rolling_up_again_changes_nothing
            only_whole_hours_are_rolled_up
            a_late_row_is_seen_at_once_and_rolled_up_again
            hours_cut_by_the_range_are_read_raw
            top_lists_rank_subjects_of_all_servers
            top_lists_are_the_same_before_and_after_rolling_up
            old_raw_rows_go_and_their_hours_stay
            old_hourly_rows_go_and_the_newest_payload_stays
            what_was_dropped_is_not_taken_again
            recent_rows_of_several_servers_come_together
            recent_rows_beyond_the_limits_are_refused
            a_forgotten_server_leaves_nothing_behind
            an_hour_counted_again_is_replaced
            a_running_count_after_its_hour_changes_nothing
            the_newest_count_of_a_batch_wins
            two_hours_counted_at_once_both_stand
            a_store_without_events_answers_with_nothing
            events_of_a_report_are_read_newest_first
            the_same_event_again_is_one
            an_address_is_found_across_the_fleet
            conditions_hold_together
            pages_follow_each_other
            only_named_servers_are_read
            attackers_are_ranked_with_their_country
            groups_may_be_of_one_server_each
            an_hours_logins_are_replaced_and_summed_up
            hostile_text_is_only_text
            decisions_are_events_of_the_platform
            questions_about_events_that_cannot_be_are_refused
            the_largest_question_is_answered
            old_events_go_with_raw_rows
            a_forgotten_servers_events_are_gone
        }
    };
    (@each $make:expr; $($case:ident)+) => {
        $(
            #[tokio::test]
            async fn $case() {
                let (store, _guard) = $make.await;
                $crate::series::contract::$case(&store).await;
            }
        )+
    };
}

const SECOND: i64 = 1_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// 2026-05-07T00:00:00Z.
const T0: i64 = 1_778_112_000_000;

const ONE: ServerId = ServerId(1);
const TWO: ServerId = ServerId(70_000);

fn row(server: ServerId, at: i64, report: Report) -> SeriesRow {
    SeriesRow {
        server,
        event_at: UnixMs(at),
        received_at: UnixMs(at + 250),
        report: Arc::new(report),
    }
}

fn cpu(server: ServerId, at: i64, cpu_pct: f64) -> SeriesRow {
    let body = Metrics {
        cpu_pct: Some(cpu_pct),
        cores: Some(8),
        ..Metrics::default()
    };
    row(server, at, Report::Data(Payload::from(body)))
}

fn unreadable(server: ServerId, at: i64) -> SeriesRow {
    let report = Report::Unreadable {
        kind: Kind::Metrics,
        error: KindError::NoPermission,
        hint: Some("add the user to a group".to_owned()),
    };
    row(server, at, report)
}

fn disks(server: ServerId, at: i64, used: &[(&str, u64)]) -> SeriesRow {
    let partition = |(mount, used): &(&str, u64)| Partition {
        mount: (*mount).to_owned(),
        device: "/dev/vda1".to_owned(),
        fstype: "ext4".to_owned(),
        bytes_total: Some(1_000),
        bytes_used: Some(*used),
        inodes_total: None,
        inodes_used: None,
    };
    let body = Disks {
        partitions: used.iter().map(partition).collect(),
    };
    row(server, at, Report::Data(Payload::from(body)))
}

/// One row a minute; the value is the minute's number.
fn minutes(server: ServerId, from: i64, to: i64) -> Vec<SeriesRow> {
    let at = (from..to).step_by(usize::try_from(MINUTE).unwrap_or(1));
    #[expect(clippy::cast_precision_loss, reason = "small numbers")]
    at.map(|at| cpu(server, at, ((at - from) / MINUTE) as f64))
        .collect()
}

fn query(server: ServerId, kind: Kind, field: &str, from: i64, to: i64) -> RangeQuery {
    RangeQuery {
        server,
        kind,
        fields: vec![field.to_owned()],
        from: UnixMs(from),
        to: UnixMs(to),
        points: 1_000,
    }
}

fn cpu_of(server: ServerId, from: i64, to: i64) -> RangeQuery {
    query(server, Kind::Metrics, "cpu_pct", from, to)
}

fn top_of(kind: Kind, field: &str, by: Aggregate, from: i64, to: i64) -> TopQuery {
    TopQuery {
        kind,
        field: field.to_owned(),
        from: UnixMs(from),
        to: UnixMs(to),
        by,
        limit: 10,
    }
}

async fn write(store: &dyn SeriesStore, rows: Vec<SeriesRow>) {
    store.write(rows).await.expect("write");
}

async fn range(store: &dyn SeriesStore, query: &RangeQuery) -> Series {
    store.range(query).await.expect("range")
}

/// What a range says as soon as it has so many points: rows of `write_at` are readable shortly after.
async fn awaited(store: &dyn SeriesStore, query: &RangeQuery, points: usize) -> Series {
    let since = Stopwatch::start();
    loop {
        let series = range(store, query).await;
        if series.at.len() == points {
            return series;
        }
        let (seen, waited) = (series.at.len(), since.elapsed());
        assert!(
            waited < DEADLINE,
            "{seen} points of {points} after {waited:?}"
        );
        sleep(Duration::from_millis(10)).await;
    }
}

/// Times and means of the only column.
fn points(series: &Series) -> Vec<(i64, Option<f64>)> {
    assert_eq!(
        series.columns.len(),
        1,
        "one field of the host itself is one column"
    );
    let at = series.at.iter().map(|at| at.0);
    at.zip(series.columns[0].avg.iter().copied()).collect()
}

fn assert_close(a: f64, b: f64) {
    assert!((a - b).abs() <= 1e-6 * b.abs().max(1.0), "{a} is not {b}");
}
