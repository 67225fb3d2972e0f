//! Taking messages to send, recipient by recipient: several about one trouble may leave as one.
//!
//! Whoever takes a recipient's messages on a channel holds its row of `delivery_gates` until the commit. So of two
//! nodes one decides about all that is due there, and the other passes on to the next recipient; nobody waits. What is
//! decided, the caller says ([`Queue`] in, [`Turns`] out): a plain function that sees everything and stores nothing.
//!
//! What is to wait gets a later time in its own row, and rows that leave in one message are marked (`delivery_bundles`)
//! in the transaction that takes them: both outlive a crash, and what is sent again is sent as the same message.

pub(super) mod gate;
mod part;
mod read;

pub use part::part;

use super::claim::{due, stuck};
use super::{Column, Entity, Model, Status, lapsed};
use crate::relational::StoreError;
use crate::relational::entity::delivery_bundle as mark;
use crate::relational::entity::notification_delivery::ActiveModel;
use crate::relational::lists::padded;
use noc_pipeline::clock::UnixMs;
use noc_pipeline::control::Severity;
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect,
};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::Duration;

/// Due rows whose recipients are looked at in one claim, at least.
const RECIPIENTS: u64 = 64;
/// Due rows of the recipients of one claim that are looked at at once.
const ROWS: u64 = 500;

/// A row that is due.
#[derive(Debug, Clone, PartialEq)]
pub struct Due {
    /// The row.
    pub row: Model,
    /// The group of its incident.
    pub group: Option<i64>,
    /// How bad its incident is now.
    pub severity: Option<Severity>,
    /// The delivery under whose id it left, or was about to; its own id for that one itself.
    pub carrier: Option<i64>,
}

/// What a recipient was told of a group lately.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spoken {
    /// When the last message left, or was taken to be sent.
    pub at: UnixMs,
    /// The worst that was told of.
    pub worst: Option<Severity>,
}

/// How much a recipient was told over a channel.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Gate {
    /// When the messages that left are worked off, at the rate that the limit allows.
    pub worked_off_at: Option<UnixMs>,
    /// The worst that was told of since all was worked off.
    pub worst: Option<Severity>,
    /// Where its provider wants messages to it further apart.
    pub apart: Option<Apart>,
}

/// How far apart messages to a recipient leave, because their provider asked for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Apart {
    /// When the next one may leave.
    pub free_at: UnixMs,
    /// From one to the next.
    pub gap: Duration,
    /// How long that holds.
    pub until: UnixMs,
}

impl Apart {
    /// Whether it still holds.
    #[must_use]
    pub fn lasts(&self, now: UnixMs) -> bool {
        now < self.until
    }
}

/// All that is due to one recipient over one channel.
#[derive(Debug, Clone, PartialEq)]
pub struct Queue {
    /// Oldest first.
    pub due: Vec<Due>,
    /// By group, of the groups that `due` names.
    pub spoken: HashMap<i64, Spoken>,
    /// Before this turn.
    pub gate: Gate,
    /// Messages that may leave now.
    pub room: usize,
}

/// What is to become of rows. Rows that no turn names stay due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Turn {
    /// They leave now, several as one message.
    Send(Vec<i64>),
    /// They wait.
    Hold {
        /// Which.
        ids: Vec<i64>,
        /// At least until then.
        until: UnixMs,
        /// For the delivery log.
        reason: String,
        /// Whether it is their provider's doing, and not a rule of ours: then the provider may be late with them.
        provider: bool,
    },
    /// They stay as they are, and nobody looks at them before then: somebody else began to send them and did not say what came
    /// of it.
    Leave {
        /// Which.
        ids: Vec<i64>,
        /// Until then.
        until: UnixMs,
    },
}

/// What is decided about a [`Queue`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Turns {
    /// At most [`Queue::room`] of them send.
    pub turns: Vec<Turn>,
    /// The first row of each message that was counted in the gate.
    pub counted: Vec<i64>,
    /// From now on.
    pub gate: Gate,
}

/// One message to be sent.
#[derive(Debug, Clone, PartialEq)]
pub struct Bundle {
    /// The id that the message carries: that of its carrier.
    pub delivery_uuid: String,
    /// The delivery whose id that is; may be one that no longer leaves itself.
    pub carrier: i64,
    /// What leaves in it, never empty.
    pub rows: Vec<Model>,
    /// Where messages to its recipient are kept apart: when the next one may leave, because this one has its turn.
    pub next_at: Option<UnixMs>,
    /// The recipient's gate before this message was counted in it, where it was.
    pub before: Option<Gate>,
}

/// What a claim came to.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Claimed {
    /// To be sent.
    pub bundles: Vec<Bundle>,
    /// To wait: id and why; those whose row said so already are left out.
    pub held: Vec<(i64, String)>,
}

/// What may be asked of `lately`: messages of these kinds, this long ago at most.
#[derive(Debug, Clone, Copy)]
pub struct Lately<'a> {
    /// Names of kinds.
    pub kinds: &'a [&'a str],
    /// How far back.
    pub within: Duration,
}

/// Takes at most `limit` messages of a channel, and holds their rows until `lease_until`. In a transaction.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn claim(
    tx: &impl ConnectionTrait,
    channel: &str,
    (now, lease_until): (UnixMs, UnixMs),
    limit: u64,
    lately: Lately<'_>,
    decide: &(dyn Fn(&Queue) -> Turns + Sync),
) -> Result<Claimed, StoreError> {
    let mut claimed = Claimed::default();
    let most = usize::try_from(limit).unwrap_or(usize::MAX);
    let recipients = read::due_recipients(tx, channel, now, limit.clamp(RECIPIENTS, ROWS)).await?;
    let mut recipients = recipients.into_iter();
    loop {
        let mut room = most.saturating_sub(claimed.bundles.len());
        let next: Vec<String> = recipients.by_ref().take(room).collect();
        if next.is_empty() {
            break;
        }
        let entered = gate::enter(tx, channel, &next, now).await?;
        if entered.is_empty() {
            continue;
        }
        let mut all = read::rows(tx, channel, &entered, now).await?;
        let mut decided = Vec::new();
        for (recipient, gate) in entered {
            if room == 0 {
                break;
            }
            if all.cut {
                // So much is due to one that the others may not have been seen.
                let alone = [(recipient.clone(), gate)];
                all.due = read::rows(tx, channel, &alone, now).await?.due;
            }
            let due = all.due.remove(&recipient).unwrap_or_default();
            if due.is_empty() {
                continue;
            }
            let queue = Queue {
                spoken: read::spoken(tx, channel, &recipient, &due, now, lately).await?,
                due,
                gate,
                room,
            };
            let turns = decide(&queue);
            room = room.saturating_sub(turns.messages());
            decided.push(Decided {
                key: gate::key(channel, &recipient),
                queue,
                turns,
            });
        }
        let times = (now, lease_until);
        carry_out(tx, channel, decided, times, &mut claimed).await?;
    }
    Ok(claimed)
}

/// What is to become of one recipient's messages.
struct Decided {
    /// Of their gate.
    key: String,
    queue: Queue,
    turns: Turns,
}

impl Turns {
    /// Messages that leave.
    fn messages(&self) -> usize {
        let leave = |turn: &&Turn| matches!(turn, Turn::Send(_));
        self.turns.iter().filter(leave).count()
    }
}

/// What is to leave as one message.
struct Leaving {
    due: Vec<Due>,
    next_at: Option<UnixMs>,
    before: Option<Gate>,
}

/// Does what was decided about recipients whose gates are held, all of it in a few statements.
async fn carry_out(
    tx: &impl ConnectionTrait,
    channel: &str,
    decided: Vec<Decided>,
    (now, lease_until): (UnixMs, UnixMs),
    claimed: &mut Claimed,
) -> Result<(), StoreError> {
    let mut passed = Vec::new();
    let mut waiting: BTreeMap<(UnixMs, String, bool), Vec<i64>> = BTreeMap::new();
    let mut leaving: Vec<Leaving> = Vec::new();
    for Decided { key, queue, turns } in decided {
        let apart = turns
            .gate
            .apart
            .filter(|_| turns.gate.apart != queue.gate.apart);
        let next_at = apart.map(|apart| apart.free_at);
        let sends = turns.messages() > 0;
        if turns.gate != queue.gate {
            passed.push((key, turns.gate, sends));
        }
        let named = |ids: &[i64]| -> Vec<Due> {
            let due = queue.due.iter();
            due.filter(|due| ids.contains(&due.row.id))
                .cloned()
                .collect()
        };
        for turn in turns.turns {
            match turn {
                Turn::Leave { ids, until } => leave(tx, &ids, until, now).await?,
                Turn::Hold {
                    ids,
                    until,
                    reason,
                    provider,
                } => {
                    let fresh = named(&ids).into_iter();
                    let fresh = fresh.filter(|due| due.row.reason.as_ref() != Some(&reason));
                    let fresh = fresh.map(|due| (due.row.id, reason.clone()));
                    claimed.held.extend(fresh);
                    let same = waiting.entry((until, reason, provider)).or_default();
                    same.extend(ids);
                }
                Turn::Send(ids) => leaving.push(Leaving {
                    due: named(&ids),
                    next_at,
                    before: ids
                        .iter()
                        .any(|id| turns.counted.contains(id))
                        .then_some(queue.gate.at(now)),
                }),
            }
        }
    }
    for ((until, reason, provider), ids) in waiting {
        let wanted_at = (!provider).then_some(until);
        hold(tx, &ids, until, wanted_at, &reason, now).await?;
    }
    let bundles = take(tx, channel, leaving, lease_until, now).await?;
    // A recipient all of whose messages were taken back meanwhile is told nothing.
    let first_of = |message: &Bundle| Some(message.rows.first()?.recipient_key.clone());
    let told: HashSet<String> = bundles
        .iter()
        .filter_map(first_of)
        .map(|recipient| gate::key(channel, &recipient))
        .collect();
    passed.retain(|(key, _, sends)| !sends || told.contains(key));
    let passed = passed.into_iter().map(|(key, gate, _)| (key, gate));
    gate::leave(tx, passed.collect(), now).await?;
    claimed.bundles.extend(bundles);
    Ok(())
}

async fn hold(
    tx: &impl ConnectionTrait,
    ids: &[i64],
    until: UnixMs,
    wanted_at: Option<UnixMs>,
    reason: &str,
    now: UnixMs,
) -> Result<(), StoreError> {
    Entity::update_many()
        .set(ActiveModel {
            wanted_at: wanted_at.map_or(NotSet, |at| Set(Some(at.to_datetime()))),
            next_attempt_at: Set(Some(until.to_datetime())),
            reason: Set(Some(reason.to_owned())),
            updated_at: Set(now.to_datetime()),
            ..Default::default()
        })
        .filter(Column::Id.is_in(padded(ids.iter().copied())))
        .filter(Column::Status.is_in([Status::Queued.name(), Status::Retrying.name()]))
        .exec(tx)
        .await
        .map_err(StoreError::during("let deliveries wait"))?;
    Ok(())
}

/// Lets rows be whose claims are over; when they were taken stays with them.
async fn leave(
    tx: &impl ConnectionTrait,
    ids: &[i64],
    until: UnixMs,
    now: UnixMs,
) -> Result<(), StoreError> {
    Entity::update_many()
        .set(ActiveModel {
            lease_until: Set(Some(until.to_datetime())),
            ..Default::default()
        })
        .filter(Column::Id.is_in(padded(ids.iter().copied())))
        .filter(stuck(now))
        .exec(tx)
        .await
        .map_err(StoreError::during("let deliveries be"))?;
    Ok(())
}

/// Takes rows, each of `leaving` to leave as one message: what became of them. What was taken back since it was read
/// is left out.
async fn take(
    tx: &impl ConnectionTrait,
    channel: &str,
    leaving: Vec<Leaving>,
    lease_until: UnixMs,
    now: UnixMs,
) -> Result<Vec<Bundle>, StoreError> {
    let operation = "claim deliveries";
    let wanted: Vec<i64> = leaving
        .iter()
        .flat_map(|message| &message.due)
        .map(|due| due.row.id)
        .collect();
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    let update = Entity::update_many()
        .set(ActiveModel {
            status: Set(Status::Sending.name().to_owned()),
            lease_until: Set(Some(lease_until.to_datetime())),
            updated_at: Set(now.to_datetime()),
            ..Default::default()
        })
        .filter(Column::Id.is_in(padded(wanted.iter().copied())))
        .filter(due(channel, now));
    let updated = update
        .exec(tx)
        .await
        .map_err(StoreError::during(operation))?;
    let mut ours: HashSet<i64> = wanted.iter().copied().collect();
    if updated.rows_affected != wanted.len() as u64 {
        // Some were taken back since they were read.
        ours = Entity::find()
            .select_only()
            .column(Column::Id)
            .filter(Column::Id.is_in(padded(wanted)))
            .filter(Column::Status.eq(Status::Sending.name()))
            .filter(Column::LeaseUntil.eq(lease_until.to_datetime()))
            .into_tuple()
            .all(tx)
            .await
            .map_err(StoreError::during(operation))?
            .into_iter()
            .collect();
    }
    let all = leaving.iter().flat_map(|message| &message.due);
    let left_behind = all.filter(|due| ours.contains(&due.row.id) && lapsed::is_lapsed(due));
    lapsed::note(tx, left_behind).await?;
    let (mut bundles, mut marks) = (Vec::new(), Vec::new());
    for message in leaving {
        let mut together = message.due;
        together.retain(|due| ours.contains(&due.row.id));
        let Some(first) = together.first().map(|due| &due.row) else {
            continue;
        };
        let left_before = together.iter().find_map(|due| due.carrier);
        let carrier = left_before.unwrap_or(first.id);
        let delivery_uuid = match together.iter().find(|due| due.row.id == carrier) {
            Some(due) => due.row.delivery_uuid.clone(),
            None => super::get(tx, carrier)
                .await?
                .map_or_else(|| first.delivery_uuid.clone(), |row| row.delivery_uuid),
        };
        if left_before.is_none() && together.len() > 1 {
            marks.extend(together.iter().map(|due| mark::ActiveModel {
                delivery_id: Set(due.row.id),
                carrier_id: Set(carrier),
            }));
        }
        let rows = together.into_iter().map(|due| Model {
            status: Status::Sending.name().to_owned(),
            lease_until: Some(lease_until.to_datetime()),
            ..due.row
        });
        bundles.push(Bundle {
            delivery_uuid,
            carrier,
            rows: rows.collect(),
            next_at: message.next_at,
            before: message.before,
        });
    }
    if !marks.is_empty() {
        let replace = OnConflict::column(mark::Column::DeliveryId)
            .update_column(mark::Column::CarrierId)
            .to_owned();
        mark::Entity::insert_many(marks)
            .on_conflict(replace)
            .exec_without_returning(tx)
            .await
            .map_err(StoreError::during("mark deliveries of one message"))?;
    }
    Ok(bundles)
}

/// A decision for those who bundle nothing: whatever is due leaves as a message of its own.
#[must_use]
pub fn each_alone(queue: &Queue) -> Turns {
    // What left together leaves together again: it may have arrived.
    let mut together: BTreeMap<(usize, i64), Vec<i64>> = BTreeMap::new();
    for (n, due) in queue.due.iter().enumerate() {
        let key = match due.carrier {
            Some(carrier) => (0, carrier),
            None => (n.saturating_add(1), due.row.id),
        };
        together.entry(key).or_default().push(due.row.id);
    }
    Turns {
        turns: together
            .into_values()
            .take(queue.room)
            .map(Turn::Send)
            .collect(),
        counted: Vec::new(),
        gate: queue.gate,
    }
}
