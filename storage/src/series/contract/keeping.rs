#![expect(missing_docs, reason = "the names say it")]

use super::*;
use crate::series::Retention;

fn days(n: u64) -> Duration {
    Duration::from_secs(n * 86_400)
}

async fn retain(store: &dyn SeriesStore, now: i64, raw: u64, hourly: u64) -> u64 {
    let retention = Retention {
        raw: days(raw),
        hourly: days(hourly),
    };
    store.retain(UnixMs(now), retention).await.expect("retain")
}

pub async fn old_raw_rows_go_and_their_hours_stay(store: &dyn SeriesStore) {
    write(store, minutes(ONE, T0, T0 + 2 * DAY)).await;
    let now = T0 + 4 * DAY + HOUR;
    assert_eq!(retain(store, now, 5, 400).await, 0, "nothing is that old");
    assert!(retain(store, now, 3, 400).await >= 1_440);
    let series = range(store, &cpu_of(ONE, T0, T0 + DAY)).await;
    assert_eq!(
        series.at.len(),
        24,
        "the hourly job never ran, and still nothing is lost"
    );
    assert_eq!(series.columns[0].count, [60; 24]);
    let kept = range(store, &cpu_of(ONE, T0 + DAY, T0 + DAY + HOUR)).await;
    assert_eq!(kept.at.len(), 60, "the next day's raw rows are kept");
}

pub async fn old_hourly_rows_go_and_the_newest_payload_stays(store: &dyn SeriesStore) {
    write(store, minutes(ONE, T0, T0 + DAY + HOUR)).await;
    store
        .roll_up(UnixMs(T0), UnixMs(T0 + 2 * DAY))
        .await
        .expect("roll up");
    retain(store, T0 + 40 * DAY, 30, 39).await;
    assert!(range(store, &cpu_of(ONE, T0, T0 + DAY)).await.at.is_empty());
    let kept = range(store, &cpu_of(ONE, T0, T0 + 2 * DAY)).await;
    assert_eq!(kept.at, [UnixMs(T0 + DAY)]);
    let latest = store.latest(Kind::Metrics, &[ONE]).await.expect("latest");
    assert_eq!(latest[&ONE].event_at, UnixMs(T0 + DAY + HOUR - MINUTE));
}

pub async fn what_was_dropped_is_not_taken_again(store: &dyn SeriesStore) {
    write(store, minutes(ONE, T0, T0 + 2 * HOUR)).await;
    retain(store, T0 + 40 * DAY, 30, 400).await;
    write(store, vec![cpu(ONE, T0 + 30 * SECOND, 500.0)]).await;
    store
        .roll_up(UnixMs(T0), UnixMs(T0 + DAY))
        .await
        .expect("roll up");
    store.roll_up_late().await.expect("roll up");
    let series = range(store, &cpu_of(ONE, T0, T0 + DAY)).await;
    assert_eq!(
        series.columns[0].count,
        [60, 60],
        "a row that comes too late spoils no hour"
    );
    assert_eq!(series.columns[0].max, [Some(59.0), Some(119.0)]);
}

pub async fn a_forgotten_server_leaves_nothing_behind(store: &dyn SeriesStore) {
    for server in [ONE, TWO] {
        write(store, minutes(server, T0, T0 + 4 * HOUR)).await;
        write(store, vec![disks(server, T0 + DAY, &[("/", 10)])]).await;
    }
    store
        .roll_up(UnixMs(T0), UnixMs(T0 + 2 * DAY))
        .await
        .expect("roll up");
    write(store, vec![cpu(ONE, T0 + SECOND, 5.0)]).await;
    let untouched = range(store, &cpu_of(TWO, T0, T0 + 4 * HOUR)).await;
    store.forget(ONE).await.expect("forget");
    assert!(
        range(store, &cpu_of(ONE, T0, T0 + 4 * HOUR))
            .await
            .at
            .is_empty()
    );
    assert_eq!(store.roll_up_late().await.expect("roll up"), 0);
    let top = store
        .top(&top_of(
            Kind::Disks,
            "bytes_used",
            Aggregate::Max,
            T0,
            T0 + 2 * DAY,
        ))
        .await;
    let top = top.expect("top");
    assert_eq!((top.len(), top[0].server), (1, TWO));
    let latest = store
        .latest(Kind::Metrics, &[ONE, TWO])
        .await
        .expect("latest");
    assert_eq!(latest.into_keys().collect::<Vec<_>>(), [TWO]);
    assert_eq!(
        range(store, &cpu_of(TWO, T0, T0 + 4 * HOUR)).await,
        untouched
    );
    write(store, vec![cpu(ONE, T0 - HOUR, 5.0)]).await;
    let latest = store.latest(Kind::Metrics, &[ONE]).await.expect("latest");
    assert_eq!(
        latest[&ONE].event_at,
        UnixMs(T0 - HOUR),
        "it may come back with an older clock"
    );
}
