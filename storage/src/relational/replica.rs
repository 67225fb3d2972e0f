//! The read replica: used only while it answers and is less than 30 s behind.
//!
//! Every node gives a sign of life every 3 s, so the newest of them on the replica, compared with the primary's clock,
//! tells how far it is behind; that needs no privilege on the replica, and sees a link that broke as well as one that
//! is slow. It is looked at when somebody wants to read, at most every 5 s, and never holds anybody up for long. Who
//! reads from it between its end and the next look is answered by the primary, after 1.5 s at most.

use super::StoreError;
use super::connection::Connection;
use super::entity::node;
use super::partitions::database_now;
use noc_pipeline::clock::{Stopwatch, UnixMs};
use parking_lot::Mutex;
use sea_orm::{EntityTrait, QueryOrder, QuerySelect};
use std::time::Duration;

/// Further behind it is not read from.
const MAX_LAG: Duration = Duration::from_secs(30);
/// A look is good for so long.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// A look may take so long; a replica that needs longer is not worth reading from.
pub(super) const LOOK_LIMIT: Duration = Duration::from_millis(1_500);

/// A replica of the primary, and what is known of it.
#[derive(Debug)]
pub(super) struct Replica {
    /// The replica alone: what it knows itself.
    alone: Connection,
    /// For readers, with the primary behind it.
    connection: Connection,
    looked: Mutex<Option<(Stopwatch, bool)>>,
    looking: tokio::sync::Mutex<()>,
}

impl Replica {
    pub fn new(alone: Connection, primary: &Connection) -> Self {
        Self {
            connection: alone.clone().backed_by(primary),
            alone,
            looked: Mutex::new(None),
            looking: tokio::sync::Mutex::new(()),
        }
    }

    pub const fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Whether it answers and is close enough behind `primary`.
    pub async fn keeps_up(&self, primary: &Connection) -> bool {
        let known = *self.looked.lock();
        if let Some((watch, good)) = known
            && watch.elapsed() < LOOK_EVERY
        {
            return good && !self.connection.is_replaced();
        }
        // Whoever finds somebody else looking goes by what is known.
        let Ok(_looking) = self.looking.try_lock() else {
            return known.is_some_and(|(_, good)| good);
        };
        let before = known.is_none_or(|(_, good)| good);
        let good = match tokio::time::timeout(LOOK_LIMIT, self.lag(primary)).await {
            Ok(Ok(lag)) if lag <= MAX_LAG => true,
            Ok(Ok(lag)) => {
                if before {
                    tracing::warn!(
                        lag_s = lag.as_secs(),
                        "the read replica is too far behind and is not used"
                    );
                }
                false
            }
            Ok(Err(error)) => {
                if before {
                    tracing::warn!(
                        error = &error as &dyn std::error::Error,
                        "the read replica cannot be used"
                    );
                }
                false
            }
            Err(_) => {
                if before {
                    tracing::warn!("the read replica does not answer and is not used");
                }
                false
            }
        };
        if good {
            self.connection.answers_again();
        }
        if good && !before {
            tracing::info!("the read replica is used again");
        }
        *self.looked.lock() = Some((Stopwatch::start(), good));
        good
    }

    async fn lag(&self, primary: &Connection) -> Result<Duration, StoreError> {
        let newest = newest_sign(&self.alone).await?;
        let there = newest_sign(primary).await?;
        let now = database_now(primary).await?;
        Ok(match (newest, there) {
            // Nobody has given a sign of life for long: a replica that has the last one is not behind.
            (here, there) if here == there => Duration::ZERO,
            (Some(here), _) => now.since(here),
            (None, _) => Duration::MAX,
        })
    }
}

async fn newest_sign(connection: &Connection) -> Result<Option<UnixMs>, StoreError> {
    let at = node::Entity::find()
        .select_only()
        .column(node::Column::LastSeenAt)
        .order_by_desc(node::Column::LastSeenAt)
        .limit(1)
        .into_tuple::<chrono::DateTime<chrono::Utc>>()
        .one(connection)
        .await
        .map_err(StoreError::during("ask for the newest sign of life"))?;
    Ok(at.map(UnixMs::from))
}
