//! What providers tell of messages that they took: it moves a delivery from `sent` to `delivered` or `failed`, or has it
//! sent again, and never takes an arrival back.
//!
//! A provider may tell it before its answer to the send is written down. Such a word waits in `early_receipts`: whoever
//! keeps it looks for the delivery once more afterwards, and whoever writes a provider's id down looks for waiting words
//! afterwards, so that one of the two sees the other. Where that one died meanwhile, [`left_behind`] finds the word.

use super::StoreError;
use super::deliveries::Status;
use super::entity::{early_receipt, notification_delivery};
use noc_pipeline::clock::UnixMs;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter,
    QueryOrder, QuerySelect,
};
use std::collections::BTreeSet;
use std::time::Duration;

/// So long a word waits for its delivery: well beyond the time that a result may take to be written down.
const KEPT: Duration = Duration::from_secs(3_600);

/// So many wait at most: a provider that tells of other people's messages fills no table.
const MOST: u64 = 10_000;

/// More than ever leave as one message.
const MOST_TOGETHER: u64 = 1_000;

/// What became of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fate {
    /// The provider is still at it.
    OnItsWay,
    /// It arrived.
    Delivered,
    /// It arrived, and was looked at.
    Read,
    /// It never will arrive; others may.
    Failed,
    /// The provider could not do it now.
    Later,
    /// It was too much for the provider altogether, which wants no more of it for so long, in whole seconds.
    Limited(Duration),
    /// It was too much for this recipient, whom the provider leaves alone for so long, in whole seconds.
    Crowded(Duration),
    /// The provider does no more of it today.
    Tomorrow,
    /// It never will arrive, and neither will others: the account, its number or its template is refused.
    Barred,
}

impl Fate {
    /// Those that say no more than their name.
    const PLAIN: [Self; 7] = [
        Self::OnItsWay,
        Self::Delivered,
        Self::Read,
        Self::Failed,
        Self::Later,
        Self::Tomorrow,
        Self::Barred,
    ];

    /// What it is called.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::OnItsWay => "on_its_way",
            Self::Delivered => "delivered",
            Self::Read => "read",
            Self::Failed => "failed",
            Self::Later => "later",
            Self::Limited(_) => "limited",
            Self::Crowded(_) => "crowded",
            Self::Tomorrow => "tomorrow",
            Self::Barred => "barred",
        }
    }

    /// As it stands in the database: its name, and the seconds where it asks for a pause (`limited 60`).
    #[must_use]
    pub fn stored(self) -> String {
        match self {
            Self::Limited(pause) | Self::Crowded(pause) => {
                format!("{} {}", self.name(), pause.as_secs())
            }
            plain => plain.name().to_owned(),
        }
    }

    /// Reads [`Fate::stored`].
    #[must_use]
    pub fn from_stored(text: &str) -> Option<Self> {
        let Some((name, seconds)) = text.split_once(' ') else {
            return Self::PLAIN.into_iter().find(|fate| fate.name() == text);
        };
        let pause = Duration::from_secs(seconds.parse::<u32>().ok()?.into());
        [Self::Limited(pause), Self::Crowded(pause)]
            .into_iter()
            .find(|fate| fate.name() == name)
    }

    /// The same, told so long ago: what is left of the pause that it asks for, 1 s at least.
    #[must_use]
    pub fn after(self, ago: Duration) -> Self {
        let left = |pause: Duration| pause.saturating_sub(ago).max(Duration::from_secs(1));
        match self {
            Self::Limited(pause) => Self::Limited(left(pause)),
            Self::Crowded(pause) => Self::Crowded(left(pause)),
            plain => plain,
        }
    }

    /// Whether a delivery that was sent stands elsewhere because of it.
    #[must_use]
    pub const fn is_news(self) -> bool {
        !matches!(self, Self::OnItsWay)
    }
}

/// Where a delivery that was sent moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Onward {
    /// It arrived.
    Delivered,
    /// It never will, unless somebody asks by hand.
    Failed,
    /// It is sent once more. What else is told of this send moves it no more.
    Again {
        /// Not before.
        at: UnixMs,
        /// Sends that count.
        attempts: i32,
    },
}

/// The deliveries over a channel that its provider knows by one of these ids: several where they left as one message.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn find(
    tx: &impl ConnectionTrait,
    channel: &str,
    provider_ids: &[String],
) -> Result<Vec<notification_delivery::Model>, StoreError> {
    use notification_delivery::{Column, Entity};
    Entity::find()
        .filter(Column::ProviderId.is_in(provider_ids.iter().map(String::as_str)))
        .filter(Column::Channel.eq(channel))
        .order_by_asc(Column::Id)
        .limit(MOST_TOGETHER)
        .all(tx)
        .await
        .map_err(StoreError::during("find the deliveries of a receipt"))
}

/// Moves a delivery that was sent on; false where it stands elsewhere by now. `words`: why it did not arrive.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn move_on(
    tx: &impl ConnectionTrait,
    delivery_id: i64,
    to: Onward,
    words: &str,
    now: UnixMs,
) -> Result<bool, StoreError> {
    use notification_delivery::{ActiveModel, Column, Entity};
    let mut change = ActiveModel {
        updated_at: Set(now.to_datetime()),
        ..Default::default()
    };
    let status = match to {
        Onward::Delivered => Status::Delivered,
        Onward::Failed => Status::Failed,
        Onward::Again { at, attempts } => {
            change.attempts = Set(attempts);
            change.next_attempt_at = Set(Some(at.to_datetime()));
            change.sent_at = Set(None);
            Status::Retrying
        }
    };
    change.status = Set(status.name().to_owned());
    if status != Status::Delivered {
        change.reason = Set(Some(words.to_owned()));
    }
    let moved = Entity::update_many()
        .set(change)
        .filter(Column::Id.eq(delivery_id))
        .filter(Column::Status.eq(Status::Sent.name()))
        .exec(tx)
        .await
        .map_err(StoreError::during("note a receipt"))?;
    Ok(moved.rows_affected == 1)
}

/// Keeps a word about a message that nobody knows yet, if one may be on its way to be written down: a worker has a
/// message of the channel. True: it was kept.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn keep_early(
    tx: &impl ConnectionTrait,
    channel: &str,
    provider_ids: &[String],
    fate: Fate,
    words: &str,
    now: UnixMs,
) -> Result<bool, StoreError> {
    use early_receipt::{ActiveModel, Column, Entity};
    let operation = "keep an early receipt";
    let sending = notification_delivery::Entity::find()
        .filter(notification_delivery::Column::Status.eq(Status::Sending.name()))
        .filter(notification_delivery::Column::Channel.eq(channel))
        .limit(1)
        .one(tx)
        .await
        .map_err(StoreError::during(operation))?;
    if sending.is_none() || !fate.is_news() {
        return Ok(false);
    }
    Entity::delete_many()
        .filter(Column::At.lt(now.minus(KEPT).to_datetime()))
        .exec(tx)
        .await
        .map_err(StoreError::during(operation))?;
    let waiting = Entity::find()
        .count(tx)
        .await
        .map_err(StoreError::during(operation))?;
    if waiting >= MOST {
        return Ok(false);
    }
    let rows = provider_ids.iter().map(|id| ActiveModel {
        channel: Set(channel.to_owned()),
        provider_id: Set(id.chars().take(255).collect()),
        fate: Set(fate.stored()),
        words: Set(words.to_owned()),
        at: Set(now.to_datetime()),
        ..Default::default()
    });
    Entity::insert_many(rows)
        .exec_without_returning(tx)
        .await
        .map_err(StoreError::during(operation))?;
    Ok(true)
}

/// Takes what was told early of a message, in the order in which it was told.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn take_early(
    tx: &impl ConnectionTrait,
    channel: &str,
    provider_id: &str,
) -> Result<Vec<early_receipt::Model>, StoreError> {
    use early_receipt::{Column, Entity};
    let operation = "take early receipts";
    let rows = Entity::find()
        .filter(Column::ProviderId.eq(provider_id))
        .filter(Column::Channel.eq(channel))
        .order_by_asc(Column::Id)
        .all(tx)
        .await
        .map_err(StoreError::during(operation))?;
    if !rows.is_empty() {
        Entity::delete_many()
            .filter(Column::Id.is_in(rows.iter().map(|row| row.id)))
            .exec(tx)
            .await
            .map_err(StoreError::during(operation))?;
    }
    Ok(rows)
}

/// Channel and provider's id of messages that we know by now, and of which a word still waits: whoever was to apply it
/// died before. At most `limit` words are looked at.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn left_behind(
    conn: &impl ConnectionTrait,
    limit: u64,
) -> Result<BTreeSet<(String, String)>, StoreError> {
    use notification_delivery::{Column, Entity};
    let operation = "find early receipts that were left behind";
    let waiting = early_receipt::Entity::find()
        .order_by_asc(early_receipt::Column::Id)
        .limit(limit)
        .all(conn)
        .await
        .map_err(StoreError::during(operation))?;
    if waiting.is_empty() {
        return Ok(BTreeSet::new());
    }
    let ids: BTreeSet<&str> = waiting.iter().map(|row| row.provider_id.as_str()).collect();
    let known: Vec<(String, Option<String>)> = Entity::find()
        .select_only()
        .columns([Column::Channel, Column::ProviderId])
        .filter(Column::ProviderId.is_in(ids))
        .into_tuple()
        .all(conn)
        .await
        .map_err(StoreError::during(operation))?;
    let waits = |channel: &str, id: &str| {
        let mut all = waiting.iter();
        all.any(|row| row.channel == channel && row.provider_id == id)
    };
    let known = known
        .into_iter()
        .filter_map(|(channel, id)| Some((channel, id?)));
    Ok(known.filter(|(channel, id)| waits(channel, id)).collect())
}
