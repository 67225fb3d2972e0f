//! A hundred thousand escalations wait on one node: how late their steps are, and what waiting costs.

use super::house::House;
use crate::report::{figure, heading, quantile};
use noc_pipeline::clock::{Clock, SystemClock, UnixMs};
use noc_storage::relational::entity::{delivery_attempt, execution, notification_delivery};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect};
use std::collections::HashMap;
use std::error::Error;
use std::time::Duration;

const ARMED: usize = 100_000;
/// Their steps are due evenly over so long; those after the first two minutes never come up here.
const SPAN: Duration = Duration::from_secs(3_600);
const SOON: usize = ARMED / 30;
/// To write those that come up soon, and for the role to start.
const AHEAD: Duration = Duration::from_secs(15);
/// So long it is looked at.
const MEASURED: Duration = Duration::from_secs(40);

type Time = chrono::DateTime<chrono::Utc>;

pub async fn run() -> Result<(), Box<dyn Error>> {
    heading("100,000 escalations armed on one node, their steps due over an hour");
    let house = House::open(None).await?;
    let before_rows = resident_mib()?;
    // Writing them takes a while: the times of those that come up are fixed last.
    let far = SystemClock.now().plus(SPAN);
    house.open_incidents(SOON..ARMED, |_| Some(far)).await?;
    let first = SystemClock.now().plus(AHEAD);
    let pause = SPAN / u32::try_from(ARMED)?;
    let due = |n| Some(first.plus(pause * u32::try_from(n).unwrap_or(0)));
    house.open_incidents(0..SOON, due).await?;
    let due = due_before(&house, far).await?;
    let idle = resident_mib()?;
    let running = house.start()?;
    let end = first.plus(MEASURED);
    tokio::time::sleep(end.since(SystemClock.now())).await;
    let armed = resident_mib()?;
    let seen = running.observe().await;
    running.stop().await;

    let mut handed_over = Vec::new();
    let at = attempts(&house).await?;
    let mut untold = 0_u32;
    for (incident, due) in due.iter().filter(|(_, due)| **due <= end) {
        let at = at.get(incident).copied();
        untold += u32::from(at.is_none());
        // What was not handed over yet is as late as that by then.
        let late = at.unwrap_or(end).0 - due.0;
        #[expect(clippy::cast_precision_loss, reason = "milliseconds")]
        handed_over.push(late as f64);
    }
    println!(
        "{} steps due in {} s, {untold} of them not handed over by then, {} actors at work",
        handed_over.len(),
        MEASURED.as_secs(),
        seen.runner.waiting
    );
    let mut late = |q| [quantile(&mut handed_over, q)];
    figure(
        "step due to message handed over, p50",
        "ms",
        &late(0.50),
        "",
    );
    figure(
        "step due to message handed over, p99",
        "ms",
        &late(0.99),
        "goal <= 100",
    );
    figure(
        "step due to message handed over, worst",
        "ms",
        &late(1.0),
        "",
    );
    figure("resident memory of the waiting", "MiB", &[armed - idle], "");
    figure("resident memory of the process", "MiB", &[armed], "");
    println!(
        "(the process had {before_rows:.0} MiB before the rows were written, which it did itself)"
    );
    Ok(())
}

/// When the step of each incident is due, of those before `far`.
async fn due_before(house: &House, far: UnixMs) -> Result<HashMap<i64, UnixMs>, Box<dyn Error>> {
    let rows: Vec<(i64, Time)> = execution::Entity::find()
        .select_only()
        .column(execution::Column::IncidentId)
        .column(execution::Column::DueAt)
        .filter(execution::Column::DueAt.lt(far.to_datetime()))
        .into_tuple()
        .all(house.parts.db.write())
        .await?;
    let due = rows.into_iter().map(|(incident, at)| (incident, at.into()));
    Ok(due.collect())
}

/// When each incident's message was handed over.
async fn attempts(house: &House) -> Result<HashMap<i64, UnixMs>, Box<dyn Error>> {
    let db = house.parts.db.write();
    let of: Vec<(i64, Option<i64>)> = notification_delivery::Entity::find()
        .select_only()
        .column(notification_delivery::Column::Id)
        .column(notification_delivery::Column::IncidentId)
        .into_tuple()
        .all(db)
        .await?;
    let of: HashMap<i64, Option<i64>> = of.into_iter().collect();
    let tries: Vec<(i64, Time)> = delivery_attempt::Entity::find()
        .select_only()
        .column(delivery_attempt::Column::DeliveryId)
        .column(delivery_attempt::Column::At)
        .into_tuple()
        .all(db)
        .await?;
    let known = tries.into_iter().filter_map(|(delivery, at)| {
        let incident = of.get(&delivery).copied().flatten()?;
        Some((incident, UnixMs::from(at)))
    });
    Ok(known.collect())
}

/// Resident memory of this process, MiB.
fn resident_mib() -> Result<f64, Box<dyn Error>> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find(|l| l.starts_with("VmRSS:"));
    let kib: u32 = line
        .and_then(|line| line.split_whitespace().nth(1))
        .ok_or("VmRSS")?
        .parse()?;
    Ok(f64::from(kib) / 1024.0)
}
