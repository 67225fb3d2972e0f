#![expect(missing_docs, reason = "the names say it")]

use super::*;
use noc_pipeline::id::{LogId, Offset, PartitionId};
use noc_pipeline::payload::{Processes, Service};
use uuid::Uuid;

pub async fn an_empty_store_answers_with_nothing(store: &dyn SeriesStore) {
    let series = range(store, &cpu_of(ONE, T0, T0 + DAY)).await;
    assert_eq!((series.at.len(), series.columns.len()), (0, 0));
    assert!(
        store
            .latest(Kind::Metrics, &[ONE])
            .await
            .expect("latest")
            .is_empty()
    );
    let top = top_of(Kind::Metrics, "cpu_pct", Aggregate::Max, T0, T0 + DAY);
    assert!(store.top(&top).await.expect("top").is_empty());
    assert_eq!(
        store
            .roll_up(UnixMs(T0), UnixMs(T0 + DAY))
            .await
            .expect("roll up"),
        0
    );
    assert_eq!(store.roll_up_late().await.expect("roll up"), 0);
    store.forget(ONE).await.expect("forget");
    assert!(
        store
            .position(PartitionId(0))
            .await
            .expect("position")
            .is_none()
    );
}

pub async fn rows_are_read_back_to_the_bit(store: &dyn SeriesStore) {
    let values = [
        0.0,
        0.01,
        37.42,
        100.0,
        1.0 / 3.0,
        1e300,
        281_474_976_710_656.5,
    ];
    let at = |i: usize| T0 + i64::try_from(i).expect("small") * MINUTE;
    let rows = values.iter().enumerate().map(|(i, v)| cpu(ONE, at(i), *v));
    write(store, rows.collect()).await;
    let series = range(store, &cpu_of(ONE, T0, T0 + HOUR)).await;
    let expected: Vec<_> = values
        .iter()
        .enumerate()
        .map(|(i, v)| (at(i), Some(*v)))
        .collect();
    assert_eq!(points(&series), expected);
    assert_eq!((series.bucket_ms, series.hourly), (0, false));
    let column = &series.columns[0];
    assert_eq!((&column.min, &column.max), (&column.avg, &column.avg));
    assert_eq!(column.count, [1; 7]);
    assert_eq!(
        (column.field.as_str(), column.subject.as_deref()),
        ("cpu_pct", None)
    );
}

pub async fn writing_again_changes_nothing(store: &dyn SeriesStore) {
    let rows = minutes(ONE, T0, T0 + HOUR);
    write(store, rows.clone()).await;
    let once = range(store, &cpu_of(ONE, T0, T0 + HOUR)).await;
    write(store, rows.clone()).await;
    write(store, [rows.clone(), rows].concat()).await;
    assert_eq!(range(store, &cpu_of(ONE, T0, T0 + HOUR)).await, once);
    assert_eq!(once.at.len(), 60);
}

pub async fn the_last_row_of_a_time_wins(store: &dyn SeriesStore) {
    write(store, vec![cpu(ONE, T0, 1.0), cpu(ONE, T0, 2.0)]).await;
    let series = range(store, &cpu_of(ONE, T0, T0 + 1)).await;
    assert_eq!(points(&series), [(T0, Some(2.0))]);
    write(store, vec![cpu(ONE, T0, 3.0)]).await;
    let series = range(store, &cpu_of(ONE, T0, T0 + 1)).await;
    assert_eq!(points(&series), [(T0, Some(3.0))]);
}

pub async fn what_was_not_measured_is_none(store: &dyn SeriesStore) {
    let nothing = row(ONE, T0, Report::Data(Payload::from(Metrics::default())));
    write(store, vec![nothing, cpu(ONE, T0 + MINUTE, 5.0)]).await;
    let series = range(store, &cpu_of(ONE, T0, T0 + HOUR)).await;
    let known: Vec<_> = points(&series)
        .into_iter()
        .filter(|p| p.1.is_some())
        .collect();
    assert_eq!(known, [(T0 + MINUTE, Some(5.0))]);
    assert_eq!(series.columns[0].count.iter().sum::<u64>(), 1);
}

pub async fn every_subject_has_columns_of_its_own(store: &dyn SeriesStore) {
    write(
        store,
        vec![
            disks(ONE, T0, &[("/var", 20), ("/", 10)]),
            disks(ONE, T0 + MINUTE, &[("/", 11)]),
            disks(ONE, T0 + 2 * MINUTE, &[("/mnt/with space", 30), ("/", 12)]),
        ],
    )
    .await;
    let series = range(store, &query(ONE, Kind::Disks, "bytes_used", T0, T0 + HOUR)).await;
    let columns: Vec<_> = series
        .columns
        .iter()
        .map(|c| (c.subject.as_deref(), c.avg.clone()))
        .collect();
    let expected = [
        (Some("/"), vec![Some(10.0), Some(11.0), Some(12.0)]),
        (Some("/mnt/with space"), vec![None, None, Some(30.0)]),
        (Some("/var"), vec![Some(20.0), None, None]),
    ];
    assert_eq!(columns, expected);
}

pub async fn no_fields_named_means_every_field(store: &dyn SeriesStore) {
    write(store, vec![cpu(ONE, T0, 5.0)]).await;
    let every = RangeQuery {
        fields: Vec::new(),
        ..cpu_of(ONE, T0, T0 + HOUR)
    };
    let series = range(store, &every).await;
    let names: Vec<_> = series.columns.iter().map(|c| c.field.as_str()).collect();
    let expected: Vec<_> = Kind::Metrics
        .metrics()
        .iter()
        .map(|spec| spec.field)
        .collect();
    assert_eq!(names, expected);
    let cores = series
        .columns
        .iter()
        .find(|c| c.field == "cores")
        .expect("cores");
    assert_eq!(cores.avg, [Some(8.0)]);
}

pub async fn an_unreadable_report_draws_nothing(store: &dyn SeriesStore) {
    write(store, vec![cpu(ONE, T0, 5.0), unreadable(ONE, T0 + MINUTE)]).await;
    let series = range(store, &cpu_of(ONE, T0, T0 + HOUR)).await;
    assert_eq!(series.columns[0].count.iter().sum::<u64>(), 1);
    let latest = store.latest(Kind::Metrics, &[ONE]).await.expect("latest");
    assert_eq!(latest[&ONE].report, unreadable(ONE, T0).report);
}

pub async fn the_newest_payload_is_never_replaced_by_an_older_one(store: &dyn SeriesStore) {
    write(store, vec![cpu(ONE, T0 + MINUTE, 2.0), cpu(ONE, T0, 1.0)]).await;
    write(store, vec![cpu(ONE, T0 - HOUR, 0.0), cpu(TWO, T0, 9.0)]).await;
    let latest = store
        .latest(Kind::Metrics, &[TWO, ONE, ServerId(3)])
        .await
        .expect("latest");
    assert_eq!(latest.len(), 2, "a server that never sent one is left out");
    assert_eq!(latest[&ONE].event_at, UnixMs(T0 + MINUTE));
    assert_eq!(latest[&ONE].received_at, UnixMs(T0 + MINUTE + 250));
    assert_eq!(latest[&TWO].report, cpu(TWO, T0, 9.0).report);
    write(store, vec![cpu(ONE, T0 + HOUR, 3.0)]).await;
    let latest = store.latest(Kind::Metrics, &[ONE]).await.expect("latest");
    assert_eq!(latest[&ONE].report, cpu(ONE, T0, 3.0).report);
}

pub async fn latest_gives_back_the_whole_report(store: &dyn SeriesStore) {
    let body = Processes {
        services: vec![Service {
            name: "exim".to_owned(),
            unit: Some("exim4".to_owned()),
            installed: true,
            enabled: false,
            running: true,
            pids: Some(2),
            main_pid: None,
        }],
    };
    let report = Report::Data(Payload::from(body));
    write(
        store,
        vec![row(ONE, T0, report.clone()), disks(ONE, T0, &[("/", 10)])],
    )
    .await;
    let latest = store.latest(Kind::Processes, &[ONE]).await.expect("latest");
    assert_eq!(*latest[&ONE].report, report);
    let latest = store.latest(Kind::Disks, &[ONE]).await.expect("latest");
    assert_eq!(latest[&ONE].report, disks(ONE, T0, &[("/", 10)]).report);
}

pub async fn positions_are_kept_by_partition(store: &dyn SeriesStore) {
    let (old, new) = (LogId(Uuid::from_u128(1)), LogId(Uuid::from_u128(2)));
    let (zero, seven) = (PartitionId(0), PartitionId(7));
    let rows = minutes(ONE, T0, T0 + HOUR);
    store
        .write_at(rows, zero, old, Offset(59))
        .await
        .expect("write");
    awaited(store, &cpu_of(ONE, T0, T0 + HOUR), 60).await;
    let row = vec![cpu(TWO, T0, 1.0)];
    store
        .write_at(row, seven, old, Offset(u64::MAX))
        .await
        .expect("write");
    assert_eq!(
        store.position(zero).await.expect("position"),
        Some((old, Offset(59)))
    );
    assert_eq!(
        store.position(seven).await.expect("position"),
        Some((old, Offset(u64::MAX)))
    );
    assert_eq!(
        store.position(PartitionId(1)).await.expect("position"),
        None
    );
    store
        .write_at(Vec::new(), zero, new, Offset(0))
        .await
        .expect("write");
    assert_eq!(
        store.position(zero).await.expect("position"),
        Some((new, Offset(0)))
    );
}

pub async fn a_position_moves_without_rows(store: &dyn SeriesStore) {
    let log = LogId(Uuid::from_u128(1));
    for offset in [4, 9] {
        store
            .write_at(Vec::new(), PartitionId(3), log, Offset(offset))
            .await
            .expect("write");
    }
    assert_eq!(
        store.position(PartitionId(3)).await.expect("position"),
        Some((log, Offset(9)))
    );
}
