//! How fast the outbox empties into a channel that takes everything at once: what our own bookkeeping allows.

use super::house::House;
use crate::report::{figure, heading};
use noc_pipeline::clock::Stopwatch;
use noc_storage::relational::entity::notification_delivery::{Column, Entity};
use noc_tests::parts::Servers;
use sea_orm::{ColumnTrait, ConnectionTrait, Database, EntityTrait, PaginatorTrait, QueryFilter};
use std::error::Error;
use std::time::Duration;
use uuid::Uuid;

const MESSAGES: usize = 5_000;
/// No round may take longer.
const PATIENCE: Duration = Duration::from_secs(120);

pub async fn run(rounds: usize) -> Result<(), Box<dyn Error>> {
    heading("outbox: 5,000 messages into one channel that takes them at once");
    let mut per_s = Vec::new();
    for _ in 0..rounds {
        per_s.push(drain(None).await?);
    }
    figure(
        "delivered and written down, embedded",
        "/s",
        &per_s,
        "goal >= 500",
    );
    let server = Servers::known().mariadb;
    let database = match Database::connect(&server).await {
        Ok(database) => database,
        Err(error) => {
            println!("MariaDB left out, `make stack` starts one: {error}");
            return Ok(());
        }
    };
    let mut per_s = Vec::new();
    for _ in 0..rounds {
        let name = format!("noc_bench_{}", Uuid::new_v4().simple());
        database
            .execute_unprepared(&format!("CREATE DATABASE {name}"))
            .await?;
        let drained = drain(Some(&format!("{}/{name}", server.trim_end_matches('/')))).await;
        database
            .execute_unprepared(&format!("DROP DATABASE {name}"))
            .await?;
        per_s.push(drained?);
    }
    figure("delivered and written down, MariaDB", "/s", &per_s, "");
    Ok(())
}

/// Messages a second, from the start of the role until the last of them is written down as sent.
async fn drain(url: Option<&str>) -> Result<f64, Box<dyn Error>> {
    let house = House::open(url).await?;
    house.open_incidents(0..MESSAGES, |_| None).await?;
    house.queue_all().await?;
    let watch = Stopwatch::start();
    let running = house.start()?;
    let unsent = || {
        Entity::find()
            .filter(Column::Status.ne("sent"))
            .count(house.parts.db.read())
    };
    // Counting costs the measured: only once nearly all of them have left.
    while house.sink.taken() < MESSAGES as u64 || unsent().await? > 0 {
        if watch.elapsed() > PATIENCE {
            return Err(format!("{} of {MESSAGES} in 2 min", house.sink.taken()).into());
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let elapsed = watch.elapsed().as_secs_f64();
    running.stop().await;
    if house.sink.taken() != MESSAGES as u64 {
        return Err(format!("{} messages of {MESSAGES}", house.sink.taken()).into());
    }
    #[expect(clippy::cast_precision_loss, reason = "a few thousand")]
    Ok(MESSAGES as f64 / elapsed)
}
