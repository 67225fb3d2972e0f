#![expect(missing_docs, reason = "the names say it")]

use super::*;
use crate::series::recent::MAX_RECENT_SERVERS;
use crate::series::{Recent, RecentQuery, SeriesError};

fn recent_of(kind: Kind, fields: &[&str], from: i64, to: i64) -> RecentQuery {
    RecentQuery {
        kind,
        servers: vec![ONE, TWO, ServerId(3)],
        fields: fields.iter().map(ToString::to_string).collect(),
        from: UnixMs(from),
        to: UnixMs(to),
    }
}

pub async fn recent_rows_of_several_servers_come_together(store: &dyn SeriesStore) {
    let mut rows = vec![
        cpu(ONE, T0 - 1, 1.0),
        cpu(ONE, T0 + MINUTE, 3.5),
        cpu(ONE, T0, 2.0),
        cpu(TWO, T0 + 7, 4.0),
        cpu(ServerId(4), T0, 5.0),
        unreadable(TWO, T0 + MINUTE),
        cpu(TWO, T0 + HOUR, 6.0),
    ];
    rows.extend([
        disks(ONE, T0, &[("/", 10), ("/home", 20)]),
        disks(ONE, T0 + MINUTE, &[("/home", 21)]),
    ]);
    write(store, rows).await;
    // Hourly rows are there, and not read.
    store
        .roll_up(UnixMs(T0), UnixMs(T0 + HOUR))
        .await
        .expect("roll up");
    let query = recent_of(Kind::Metrics, &["cpu_pct", "load1"], T0, T0 + HOUR);
    let found = store.recent(&query).await.expect("recent");
    assert_eq!(found.len(), 2, "{found:?}");
    assert_eq!(
        found[&ONE],
        [Recent {
            subject: None,
            at: vec![UnixMs(T0), UnixMs(T0 + MINUTE)],
            fields: vec![vec![Some(2.0), Some(3.5)], vec![None, None]],
        }]
    );
    let of_two: Vec<_> = found[&TWO][0].points(0).collect();
    assert_eq!(of_two, [(UnixMs(T0 + 7), 4.0)]);

    let query = recent_of(Kind::Disks, &["bytes_used"], T0, T0 + HOUR);
    let found = store.recent(&query).await.expect("recent");
    let subjects: Vec<_> = found[&ONE]
        .iter()
        .map(|recent| (recent.subject.as_deref(), recent.points(0).collect()))
        .collect::<Vec<(_, Vec<_>)>>();
    assert_eq!(
        subjects,
        [
            (Some("/"), vec![(UnixMs(T0), 10.0)]),
            (
                Some("/home"),
                vec![(UnixMs(T0), 20.0), (UnixMs(T0 + MINUTE), 21.0)]
            ),
        ]
    );
    let nobody = RecentQuery {
        servers: Vec::new(),
        ..query
    };
    assert!(store.recent(&nobody).await.expect("recent").is_empty());
}

pub async fn recent_rows_beyond_the_limits_are_refused(store: &dyn SeriesStore) {
    let good = recent_of(Kind::Metrics, &["cpu_pct"], T0, T0 + HOUR);
    let refused = |query: RecentQuery| async move {
        let error = store.recent(&query).await.expect_err("must be refused");
        assert!(error.is_invalid_query(), "{error}");
        error
    };
    let error = refused(RecentQuery {
        fields: vec!["nonsense".into()],
        ..good.clone()
    })
    .await;
    assert!(matches!(error, SeriesError::NoSuchField { .. }));
    refused(RecentQuery {
        to: UnixMs(T0 - 1),
        ..good.clone()
    })
    .await;
    let error = refused(RecentQuery {
        to: UnixMs(T0 + 26 * HOUR),
        ..good.clone()
    })
    .await;
    assert!(matches!(error, SeriesError::RangeTooLong { .. }));
    let many = u32::try_from(MAX_RECENT_SERVERS + 1).unwrap_or(0);
    refused(RecentQuery {
        servers: (1..=many).map(ServerId).collect(),
        ..good
    })
    .await;
}
