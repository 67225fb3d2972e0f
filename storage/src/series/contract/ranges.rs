#![expect(missing_docs, reason = "the names say it")]

use super::*;
use crate::series::{MAX_POINTS, SeriesError};

pub async fn queries_beyond_the_limits_are_refused(store: &dyn SeriesStore) {
    write(store, vec![cpu(ONE, T0, 5.0)]).await;
    let good = cpu_of(ONE, T0, T0 + HOUR);
    let refused = |query: RangeQuery| async move {
        let error = store.range(&query).await.expect_err("must be refused");
        assert!(error.is_invalid_query() && !error.is_retryable(), "{error}");
        error
    };
    let error = refused(RangeQuery {
        fields: vec!["nonsense".into()],
        ..good.clone()
    })
    .await;
    assert!(matches!(error, SeriesError::NoSuchField { field, .. } if field == "nonsense"));
    let error = refused(RangeQuery {
        to: UnixMs(T0 - 1),
        ..good.clone()
    })
    .await;
    assert!(matches!(error, SeriesError::InvalidRange { .. }));
    for points in [0, MAX_POINTS + 1] {
        let error = refused(RangeQuery {
            points,
            ..good.clone()
        })
        .await;
        assert!(matches!(error, SeriesError::InvalidPoints { .. }));
    }
    let ten_years = UnixMs(T0 + 3_652 * DAY);
    let error = refused(RangeQuery {
        to: ten_years,
        ..good.clone()
    })
    .await;
    assert!(matches!(
        error,
        SeriesError::RangeTooLong {
            days: 3_652,
            max_days: 400
        }
    ));
    refused(RangeQuery {
        from: UnixMs(i64::MIN),
        to: UnixMs(i64::MAX),
        ..good.clone()
    })
    .await;

    let good = top_of(Kind::Metrics, "cpu_pct", Aggregate::Avg, T0, T0 + HOUR);
    let refused = |query: TopQuery| async move {
        let error = store.top(&query).await.expect_err("must be refused");
        assert!(error.is_invalid_query(), "{error}");
    };
    refused(TopQuery {
        field: "nonsense".into(),
        ..good.clone()
    })
    .await;
    refused(TopQuery {
        to: UnixMs(T0 - 1),
        ..good.clone()
    })
    .await;
    refused(TopQuery {
        to: ten_years,
        ..good.clone()
    })
    .await;
    let backwards = store.roll_up(UnixMs(T0), UnixMs(T0 - 1)).await;
    assert!(matches!(backwards, Err(SeriesError::InvalidRange { .. })));
}

pub async fn the_end_of_a_range_is_exclusive(store: &dyn SeriesStore) {
    let rows = [T0 - 1, T0, T0 + MINUTE - 1, T0 + MINUTE].map(|at| cpu(ONE, at, 1.0));
    write(store, rows.to_vec()).await;
    let series = range(store, &cpu_of(ONE, T0, T0 + MINUTE)).await;
    assert_eq!(series.at, [UnixMs(T0), UnixMs(T0 + MINUTE - 1)]);
    assert!(range(store, &cpu_of(ONE, T0, T0)).await.at.is_empty());
    assert!(
        range(store, &cpu_of(TWO, T0, T0 + MINUTE))
            .await
            .at
            .is_empty(),
        "another server's"
    );
}

pub async fn more_rows_than_points_become_equal_buckets(store: &dyn SeriesStore) {
    let mut rows = minutes(ONE, T0, T0 + HOUR);
    rows.retain(|row| !(T0 + 20 * MINUTE..T0 + 30 * MINUTE).contains(&row.event_at.0));
    write(store, rows).await;
    let few = RangeQuery {
        points: 6,
        ..cpu_of(ONE, T0, T0 + HOUR)
    };
    let series = range(store, &few).await;
    assert_eq!(series.bucket_ms, 10 * MINUTE);
    let at: Vec<_> = (0..6).map(|i| UnixMs(T0 + i * 10 * MINUTE)).collect();
    assert_eq!(
        series.at, at,
        "the empty bucket is listed, so that the gap is seen"
    );
    let column = &series.columns[0];
    assert_eq!(
        column.min,
        [
            Some(0.0),
            Some(10.0),
            None,
            Some(30.0),
            Some(40.0),
            Some(50.0)
        ]
    );
    assert_eq!(
        column.max,
        [
            Some(9.0),
            Some(19.0),
            None,
            Some(39.0),
            Some(49.0),
            Some(59.0)
        ]
    );
    assert_eq!(
        column.avg,
        [
            Some(4.5),
            Some(14.5),
            None,
            Some(34.5),
            Some(44.5),
            Some(54.5)
        ]
    );
    assert_eq!(column.count, [10, 10, 0, 10, 10, 10]);
}

pub async fn answers_too_large_are_refused(store: &dyn SeriesStore) {
    let names: Vec<_> = (0..200).map(|i| format!("/mnt/{i}")).collect();
    let mounts: Vec<_> = names.iter().map(|name| (name.as_str(), 1)).collect();
    write(store, vec![disks(ONE, T0, &mounts)]).await;
    let every = RangeQuery {
        fields: Vec::new(),
        points: MAX_POINTS,
        ..query(ONE, Kind::Disks, "bytes_used", T0, T0 + HOUR)
    };
    let error = store.range(&every).await.expect_err("must be refused");
    assert!(matches!(error, SeriesError::AnswerTooLarge { .. }) && error.is_invalid_query());
    let fewer = RangeQuery {
        points: 500,
        ..every
    };
    let series = range(store, &fewer).await;
    assert_eq!(series.columns.len(), 200 * Kind::Disks.metrics().len());
}

pub async fn top_lists_rank_subjects_of_all_servers(store: &dyn SeriesStore) {
    write(
        store,
        vec![
            disks(ONE, T0, &[("/", 10), ("/home", 50)]),
            disks(ONE, T0 + MINUTE, &[("/", 90), ("/home", 50)]),
            disks(TWO, T0, &[("/", 50)]),
            disks(TWO, T0 + HOUR, &[("/", 1_000)]),
        ],
    )
    .await;
    let top = |by, limit| async move {
        let query = TopQuery {
            limit,
            ..top_of(Kind::Disks, "bytes_used", by, T0, T0 + HOUR)
        };
        let top = store.top(&query).await.expect("top");
        top.into_iter()
            .map(|t| (t.server, t.subject.unwrap_or_default(), t.value))
            .collect::<Vec<_>>()
    };
    let line = |server, subject: &str, value| (server, subject.to_owned(), value);
    assert_eq!(
        top(Aggregate::Max, 10).await,
        [
            line(ONE, "/", 90.0),
            line(ONE, "/home", 50.0),
            line(TWO, "/", 50.0)
        ]
    );
    assert_eq!(
        top(Aggregate::Sum, 2).await,
        [line(ONE, "/", 100.0), line(ONE, "/home", 100.0)],
        "equal values by server and subject"
    );
    assert_eq!(top(Aggregate::Avg, 1).await, [line(ONE, "/", 50.0)]);
    assert!(top(Aggregate::Avg, 0).await.is_empty());
}
