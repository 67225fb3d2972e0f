#![expect(missing_docs, reason = "the names say it")]

use super::*;
use noc_pipeline::payload::EmailStats;
use noc_pipeline::payload::email_stats::DomainStats;

/// What was counted of the hour from `T0`, and when, in minutes after its start.
pub(super) fn mail(
    server: ServerId,
    minute: i64,
    complete: bool,
    recipients: &[(&str, u64)],
) -> SeriesRow {
    let stats = |(domain, recipients): &(&str, u64)| DomainStats {
        domain: (*domain).to_owned(),
        recipients: Some(*recipients),
        ..DomainStats::default()
    };
    let body = EmailStats {
        hour: UnixMs(T0),
        complete,
        domains: recipients.iter().map(stats).collect(),
        logins: Vec::new(),
        scripts: Vec::new(),
        addresses: Vec::new(),
    };
    let report = Report::Data(Payload::from(body));
    row(server, T0 + minute * MINUTE, report)
}

/// Domains and recipients of the hour.
async fn counted(store: &dyn SeriesStore) -> Vec<(String, f64)> {
    let query = query(ONE, Kind::EmailStats, "recipients", T0 - DAY, T0 + DAY);
    let series = range(store, &query).await;
    let columns = series.columns.iter();
    let known = columns.filter(|c| c.count.iter().sum::<u64>() > 0);
    known
        .map(|column| {
            assert_eq!(
                series.at,
                [UnixMs(T0)],
                "it stands at the start of its hour"
            );
            let name = column.subject.clone().expect("a domain");
            (name, column.avg[0].expect("a number"))
        })
        .collect()
}

fn one(domain: &str, recipients: f64) -> Vec<(String, f64)> {
    vec![(domain.to_owned(), recipients)]
}

pub async fn an_hour_counted_again_is_replaced(store: &dyn SeriesStore) {
    for (minute, complete, recipients) in [(5, false, 60), (10, false, 90), (61, true, 400)] {
        let row = mail(ONE, minute, complete, &[("a.example", recipients)]);
        write(store, vec![row.clone()]).await;
        write(store, vec![row]).await;
        #[expect(clippy::cast_precision_loss, reason = "small numbers")]
        let expected = one("a.example", recipients as f64);
        assert_eq!(counted(store).await, expected);
    }
    let top = top_of(
        Kind::EmailStats,
        "recipients",
        Aggregate::Sum,
        T0 - DAY,
        T0 + DAY,
    );
    let top = store.top(&top).await.expect("top");
    assert_eq!((top.len(), top[0].value), (1, 400.0), "it never adds");
    store
        .roll_up(UnixMs(T0), UnixMs(T0 + HOUR))
        .await
        .expect("roll up");
    assert_eq!(counted(store).await, one("a.example", 400.0));
    let latest = store
        .latest(Kind::EmailStats, &[ONE])
        .await
        .expect("latest");
    assert_eq!(latest[&ONE].event_at, UnixMs(T0 + 61 * MINUTE));
}

pub async fn a_running_count_after_its_hour_changes_nothing(store: &dyn SeriesStore) {
    let complete = mail(ONE, 61, true, &[("a.example", 400)]);
    write(store, vec![complete]).await;
    let mut spooled = mail(ONE, 55, false, &[("a.example", 300)]);
    spooled.received_at = UnixMs(T0 + 62 * MINUTE);
    write(store, vec![spooled]).await;
    assert_eq!(counted(store).await, one("a.example", 400.0));
    let latest = store
        .latest(Kind::EmailStats, &[ONE])
        .await
        .expect("latest");
    assert_eq!(latest[&ONE].event_at, UnixMs(T0 + 61 * MINUTE));
}

/// An agent measures the finished hour and the running one at the same moment.
pub async fn two_hours_counted_at_once_both_stand(store: &dyn SeriesStore) {
    let finished = mail(ONE, 60, true, &[("a.example", 400)]);
    let mut running = mail(ONE, 60, false, &[("a.example", 7)]);
    if let Report::Data(Payload::EmailStats(stats)) = Arc::make_mut(&mut running.report) {
        stats.hour = UnixMs(T0 + HOUR);
    }
    write(store, vec![finished, running]).await;
    let query = query(ONE, Kind::EmailStats, "recipients", T0, T0 + DAY);
    let series = range(store, &query).await;
    let expected = [(T0, Some(400.0)), (T0 + HOUR, Some(7.0))];
    assert_eq!(points(&series), expected);
}

pub async fn the_newest_count_of_a_batch_wins(store: &dyn SeriesStore) {
    let rows = vec![
        mail(ONE, 10, false, &[("a.example", 90), ("gone.example", 50)]),
        mail(ONE, 15, false, &[("a.example", 120)]),
        mail(ONE, 5, false, &[("a.example", 60)]),
        mail(TWO, 5, false, &[("b.example", 70)]),
    ];
    write(store, rows).await;
    assert_eq!(counted(store).await, one("a.example", 120.0));
}
