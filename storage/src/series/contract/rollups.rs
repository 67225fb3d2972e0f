#![expect(missing_docs, reason = "the names say it")]

use super::*;

async fn roll_up(store: &dyn SeriesStore, from: i64, to: i64) -> u64 {
    store
        .roll_up(UnixMs(from), UnixMs(to))
        .await
        .expect("roll up")
}

/// Count, sum and extremes of the only column, however it is cut into points.
fn totals(series: &Series) -> (u64, f64, f64, f64) {
    let column = &series.columns[0];
    #[expect(clippy::cast_precision_loss, reason = "small numbers")]
    let weighted = |(avg, count): (&Option<f64>, &u64)| avg.unwrap_or(0.0) * *count as f64;
    (
        column.count.iter().sum(),
        column.avg.iter().zip(&column.count).map(weighted).sum(),
        column
            .min
            .iter()
            .flatten()
            .copied()
            .fold(f64::INFINITY, f64::min),
        column
            .max
            .iter()
            .flatten()
            .copied()
            .fold(f64::NEG_INFINITY, f64::max),
    )
}

fn assert_same_totals(a: &Series, b: &Series) {
    let (a, b) = (totals(a), totals(b));
    assert_eq!((a.0, a.2, a.3), (b.0, b.2, b.3));
    assert_close(a.1, b.1);
}

pub async fn hours_never_rolled_up_are_read_from_raw_rows(store: &dyn SeriesStore) {
    write(store, minutes(ONE, T0, T0 + 6 * HOUR)).await;
    let series = range(store, &cpu_of(ONE, T0, T0 + 6 * HOUR)).await;
    assert_eq!(
        series.at.len(),
        360,
        "no chart is empty for want of an aggregate"
    );
    assert_eq!(totals(&series).0, 360);
}

pub async fn long_ranges_read_hourly_rows_and_end_raw(store: &dyn SeriesStore) {
    write(store, minutes(ONE, T0, T0 + 6 * HOUR)).await;
    let raw = range(store, &cpu_of(ONE, T0, T0 + 6 * HOUR)).await;
    assert_eq!(roll_up(store, T0, T0 + 6 * HOUR).await, 6);
    let series = range(store, &cpu_of(ONE, T0, T0 + 6 * HOUR)).await;
    assert!(series.hourly);
    assert_eq!(series.at.len(), 4 + 120);
    let hours: Vec<_> = (0..4).map(|h| UnixMs(T0 + h * HOUR)).collect();
    assert_eq!(series.at[..4], hours);
    let column = &series.columns[0];
    assert_eq!(column.count[..5], [60, 60, 60, 60, 1]);
    assert_eq!(column.min[..4], [0.0, 60.0, 120.0, 180.0].map(Some));
    assert_eq!(column.max[..4], [59.0, 119.0, 179.0, 239.0].map(Some));
    assert_eq!(column.avg[..4], [29.5, 89.5, 149.5, 209.5].map(Some));
    assert_same_totals(&series, &raw);
    let few = RangeQuery {
        points: 3,
        ..cpu_of(ONE, T0, T0 + 6 * HOUR)
    };
    let buckets = range(store, &few).await;
    assert_eq!(buckets.bucket_ms, 2 * HOUR, "buckets do not cut hours");
    assert_same_totals(&buckets, &raw);
    let short = range(store, &cpu_of(ONE, T0, T0 + HOUR)).await;
    assert_eq!(
        (short.hourly, short.at.len()),
        (false, 60),
        "an hour is drawn from raw rows"
    );
}

pub async fn rolling_up_again_changes_nothing(store: &dyn SeriesStore) {
    write(store, minutes(ONE, T0, T0 + 6 * HOUR)).await;
    write(
        store,
        vec![disks(TWO, T0 + 90 * MINUTE, &[("/", 10), ("/var", 20)])],
    )
    .await;
    assert_eq!(roll_up(store, T0, T0 + 6 * HOUR).await, 7);
    let once = range(store, &cpu_of(ONE, T0, T0 + 6 * HOUR)).await;
    assert_eq!(roll_up(store, T0 - DAY, T0 + DAY).await, 7);
    assert_eq!(store.roll_up_late().await.expect("roll up"), 0);
    assert_eq!(range(store, &cpu_of(ONE, T0, T0 + 6 * HOUR)).await, once);
}

pub async fn only_whole_hours_are_rolled_up(store: &dyn SeriesStore) {
    write(store, minutes(ONE, T0, T0 + 6 * HOUR)).await;
    assert_eq!(roll_up(store, T0 + 1, T0 + 3 * HOUR - 1).await, 1);
    let series = range(store, &cpu_of(ONE, T0, T0 + 6 * HOUR)).await;
    assert_eq!(totals(&series).0, 360);
    assert_eq!(series.at.len(), 360 - 59);
}

pub async fn a_late_row_is_seen_at_once_and_rolled_up_again(store: &dyn SeriesStore) {
    write(store, minutes(ONE, T0, T0 + 6 * HOUR)).await;
    write(store, minutes(TWO, T0, T0 + HOUR)).await;
    roll_up(store, T0, T0 + 6 * HOUR).await;
    write(store, vec![cpu(ONE, T0 + HOUR + 30 * SECOND, 10_000.0)]).await;
    let before = range(store, &cpu_of(ONE, T0, T0 + 6 * HOUR)).await;
    let (count, _, _, max) = totals(&before);
    assert_eq!((count, max), (361, 10_000.0));
    assert_eq!(
        store.roll_up_late().await.expect("roll up"),
        1,
        "that hour of that server only"
    );
    let after = range(store, &cpu_of(ONE, T0, T0 + 6 * HOUR)).await;
    assert_eq!(after.at.len(), 4 + 120);
    assert_eq!(after.columns[0].count[1], 61);
    assert_same_totals(&before, &after);
    assert_eq!(store.roll_up_late().await.expect("roll up"), 0);
}

pub async fn hours_cut_by_the_range_are_read_raw(store: &dyn SeriesStore) {
    write(store, minutes(ONE, T0, T0 + 8 * HOUR)).await;
    roll_up(store, T0, T0 + 8 * HOUR).await;
    let cut = cpu_of(ONE, T0 + 30 * MINUTE, T0 + 7 * HOUR + 15 * MINUTE);
    let series = range(store, &cut).await;
    let (count, _, min, max) = totals(&series);
    assert_eq!((count, min, max), (405, 30.0, 434.0));
    assert_eq!(series.at.len(), 30 + 5 + 75);
}

pub async fn top_lists_are_the_same_before_and_after_rolling_up(store: &dyn SeriesStore) {
    write(store, minutes(ONE, T0, T0 + 6 * HOUR)).await;
    write(store, minutes(TWO, T0 + 7 * MINUTE, T0 + 5 * HOUR)).await;
    let (from, to) = (T0 + 20 * MINUTE, T0 + 6 * HOUR);
    for by in [Aggregate::Avg, Aggregate::Max, Aggregate::Sum] {
        let query = top_of(Kind::Metrics, "cpu_pct", by, from, to);
        let before = store.top(&query).await.expect("top");
        assert_eq!(before.len(), 2);
        roll_up(store, T0, T0 + 5 * HOUR).await;
        let after = store.top(&query).await.expect("top");
        for (before, after) in before.iter().zip(&after) {
            assert_eq!(before.server, after.server);
            assert_close(before.value, after.value);
        }
        write(store, vec![cpu(ONE, T0 + 2 * HOUR, 120.0)]).await;
    }
}
