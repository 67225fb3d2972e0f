//! What is usual in the fleet, for those without a history of their own.
//!
//! `email-stats.recipients`: for each sender domain of each server the median over its hours with mail of the last 7
//! days; the prior is the median over those. Hours without mail are left out: what an hour with mail is compared with is
//! other hours with mail. Of a large fleet some servers are looked at, always the same ones while the fleet is the same.

use crate::{Parts, control};
use noc_pipeline::clock::UnixMs;
use noc_pipeline::control::{Control, FleetWord};
use noc_pipeline::id::ServerId;
use noc_pipeline::payload::Kind;
use noc_storage::relational::entity::fleet_prior;
use noc_storage::relational::{StoreError, fleet};
use noc_storage::series::{RecentQuery, SeriesError, SeriesStore};
use std::collections::HashMap;
use std::time::Duration;

/// The metric that it is for.
pub const RECIPIENTS: &str = "email-stats.recipients";

const DAY: Duration = Duration::from_secs(86_400);
const DAYS: u32 = 7;
/// Looked at again after this, a little less than a day: a chore that runs each hour is never on the dot.
const EVERY: Duration = Duration::from_secs(23 * 3600 + 1800);
/// Servers that are looked at.
const SAMPLE: usize = 200;
/// Servers of one question: a row an hour for each of their domains.
const SERVERS: usize = 10;
/// Subjects that make a median worth telling.
const LEAST: usize = 20;
/// Told when it moved by more than this share.
const MOVED: f64 = 0.05;

/// Why nobody looks.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PriorError {
    /// The database does not answer.
    #[error("what is usual in the fleet")]
    Store(#[from] StoreError),
    /// The series store does not answer.
    #[error("mail of the fleet")]
    Series(#[from] SeriesError),
}

/// Looks, if it is time; answers over how many subjects.
pub(crate) async fn look(parts: &Parts) -> Result<u64, PriorError> {
    let now = parts.clock.now();
    let known = fleet::priors(parts.db.write()).await?;
    let known = known.into_iter().find(|row| row.metric == RECIPIENTS);
    let is_due = |row: &fleet_prior::Model| now.since(row.checked_at.into()) >= EVERY;
    if !known.as_ref().is_none_or(is_due) {
        return Ok(0);
    }
    let members = fleet::members(parts.db.write()).await?;
    let servers: Vec<ServerId> = members.iter().map(|member| member.server).collect();
    let usual = usual(&*parts.series, &sample(&servers), now).await?;
    let subjects = usual.len();
    let Some(value) = median(usual).filter(|_| subjects >= LEAST) else {
        return Ok(0); // Too little mail yet: looked at again in an hour.
    };
    tell(parts, known, value, now).await?;
    Ok(subjects as u64)
}

async fn tell(
    parts: &Parts,
    known: Option<fleet_prior::Model>,
    value: f64,
    now: UnixMs,
) -> Result<(), StoreError> {
    let moved = known
        .as_ref()
        .is_none_or(|row| (value - row.value).abs() > row.value.abs() * MOVED);
    let row = match known {
        Some(row) if !moved => fleet_prior::Model {
            checked_at: now.to_datetime(),
            ..row
        },
        _ => fleet_prior::Model {
            metric: RECIPIENTS.to_owned(),
            value,
            told_at: now.to_datetime(),
            checked_at: now.to_datetime(),
        },
    };
    let partitions = parts.log.partitions();
    let stored = parts
        .db
        .transaction("tell what is usual in the fleet", move |tx| {
            let row = row.clone();
            Box::pin(async move {
                fleet::put_prior(tx, &row).await?;
                if moved {
                    let word = Control::Fleet(FleetWord::Prior {
                        metric: row.metric,
                        value,
                    });
                    control::stage(tx, &word, partitions, now).await?;
                }
                Ok::<_, StoreError>(())
            })
        });
    stored.await?;
    if moved && let Err(error) = control::publish(parts).await {
        tracing::warn!(%error, "what is usual is not in the log yet, it follows from the outbox");
    }
    Ok(())
}

/// Some of them, evenly.
fn sample(servers: &[ServerId]) -> Vec<ServerId> {
    let step = servers.len().div_ceil(SAMPLE).max(1);
    servers.iter().step_by(step).copied().collect()
}

/// What each subject sends in an hour in which it sends.
async fn usual(
    series: &dyn SeriesStore,
    servers: &[ServerId],
    now: UnixMs,
) -> Result<Vec<f64>, SeriesError> {
    let mut out = Vec::new();
    for chunk in servers.chunks(SERVERS) {
        let mut hours: HashMap<(ServerId, String), Vec<f64>> = HashMap::new();
        // The running hour is not over, so it says less than it will.
        let end = now.hour();
        for day in 0..DAYS {
            let to = end.minus(DAY * day);
            let query = RecentQuery {
                kind: Kind::EmailStats,
                servers: chunk.to_vec(),
                fields: vec!["recipients".to_owned()],
                from: to.minus(DAY),
                to,
            };
            for (server, all) in series.recent(&query).await? {
                for recent in all {
                    let subject = recent.subject.unwrap_or_default();
                    // Of all that are not named, and of what is no domain, nothing is usual.
                    if matches!(&*subject, "" | "*" | "invalid") {
                        continue;
                    }
                    let values = recent.fields.into_iter().flatten().flatten();
                    let sent = values.filter(|value| value.is_finite() && *value > 0.0);
                    hours.entry((server, subject)).or_default().extend(sent);
                }
            }
        }
        out.extend(hours.into_values().filter_map(median));
    }
    Ok(out)
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_unstable_by(f64::total_cmp);
    let middle = values.len() / 2;
    let upper = values.get(middle).copied()?;
    if values.len() % 2 == 1 {
        return Some(upper);
    }
    let lower = middle.checked_sub(1).and_then(|place| values.get(place))?;
    Some(f64::midpoint(*lower, upper))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runtime::tests::house::{House, T0};
    use noc_pipeline::payload::EmailStats;
    use noc_pipeline::payload::email_stats::DomainStats;
    use noc_storage::relational::control_outbox;
    use noc_storage::relational::entity::server;
    use noc_storage::series::SeriesRow;
    use sea_orm::EntityTrait;
    use sea_orm::sea_query::Expr;

    const HOUR: Duration = Duration::from_secs(3600);

    async fn mail(house: &mut House, id: ServerId, hours_ago: u32, recipients: &[u64]) {
        let hour = house.parts.clock.now().hour().minus(HOUR * hours_ago);
        let domains = recipients.iter().enumerate().map(|(n, count)| DomainStats {
            domain: format!("domain-{n}.example"),
            recipients: Some(*count),
            ..DomainStats::default()
        });
        let told = EmailStats {
            hour,
            complete: true,
            domains: domains.collect(),
            logins: Vec::new(),
            scripts: Vec::new(),
            addresses: Vec::new(),
        };
        let record = house.payload(id, told);
        let row = SeriesRow {
            server: id,
            event_at: hour,
            received_at: record.received_at,
            report: record.report,
        };
        house.parts.series.write(vec![row]).await.unwrap();
    }

    #[test]
    fn a_large_fleet_is_sampled_evenly() {
        let all: Vec<ServerId> = (0..1_000).map(ServerId).collect();
        let some = sample(&all);
        assert_eq!(
            (some.len(), some.first(), some.get(1)),
            (200, all.first(), all.get(5))
        );
        assert_eq!(sample(&all[..200]), all[..200]);
        assert_eq!(sample(&[]), []);
        assert_eq!(median(vec![3.0, 1.0]), Some(2.0));
        assert_eq!(median(vec![3.0, 1.0, 9.0]), Some(3.0));
        assert_eq!(median(vec![]), None);
    }

    #[actix::test]
    async fn it_is_the_median_over_subjects_told_when_it_moves_and_looked_at_once_a_day() {
        let mut house = House::build(1).await;
        let dir = tempfile::tempdir().unwrap();
        house.parts.series = crate::fleet::tests::embedded_series(dir.path());
        let id = house.server("web-1").await;
        server::Entity::update_many()
            .col_expr(server::Column::LastSeenAt, Expr::value(T0.to_datetime()))
            .exec(house.parts.db.write())
            .await
            .unwrap();
        assert_eq!(look(&house.parts).await.unwrap(), 0, "there is no mail yet");
        assert!(
            fleet::priors(house.parts.db.read())
                .await
                .unwrap()
                .is_empty()
        );
        // 21 domains, with medians of 1 to 21 in hours with mail; hours without any count nothing.
        let usual: Vec<u64> = (1..=21).collect();
        let double: Vec<u64> = usual.iter().map(|n| n * 2).collect();
        let none = vec![0; 21];
        mail(&mut house, id, 1, &usual).await;
        mail(&mut house, id, 30, &usual).await;
        mail(&mut house, id, 100, &double).await;
        mail(&mut house, id, 101, &none).await;
        mail(&mut house, id, 0, &[9_000; 21]).await;
        assert_eq!(look(&house.parts).await.unwrap(), 21);
        let told = async |house: &House| {
            let rows = fleet::priors(house.parts.db.read()).await.unwrap();
            rows.into_iter().map(|row| row.value).collect::<Vec<_>>()
        };
        assert_eq!(told(&house).await, [11.0]);
        let pending = control_outbox::pending(house.parts.db.read(), 10)
            .await
            .unwrap();
        assert!(pending.is_empty(), "it is in the log");
        assert_eq!(look(&house.parts).await.unwrap(), 0, "once a day");
        house.clock.advance(Duration::from_secs(24 * 3600));
        assert_eq!(look(&house.parts).await.unwrap(), 21);
        // The hour that was running then is over, and one more: (n + 2n) / 2.
        assert_eq!(told(&house).await, [16.5]);
        house.clock.advance(Duration::from_secs(24 * 3600));
        assert_eq!(look(&house.parts).await.unwrap(), 21);
        assert_eq!(told(&house).await, [16.5], "nothing moved");
    }
}
