//! Facts: what a host tells that is kept as rows and not as numbers over time. Backup runs, cron jobs, inventory.
//!
//! [`Marks::take`] is pure: from what is remembered of a server and a report to a [`Fact`], which is absolute, and only
//! where it differs from what was stored last. It is stored with the record's other effects, in the record's
//! transaction, by [`store`]: once, and by the partition's owner alone. Everything is stored again once a day, so rows
//! that were lost in the database come back.

mod backups;
mod crons;
mod due;
mod inventory;
mod schedule;

pub use backups::Shrink;

use noc_pipeline::clock::UnixMs;
use noc_pipeline::id::ServerId;
use noc_pipeline::payload::{Inventory, Payload};
use noc_pipeline::record::PayloadRecord;
use noc_storage::relational::backup_runs::{self, Run};
use noc_storage::relational::cron_checks::{self, Job};
use noc_storage::relational::{StoreError, inventory as inventories};
use sea_orm::DatabaseTransaction;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::time::Duration;

/// What did not change is stored again after so long.
const AGAIN: Duration = Duration::from_secs(24 * 3600);

/// 2000-01-01 and 2038-01-01: what agents date before and after cannot be meant, and cannot be stored.
const EARLIEST: UnixMs = UnixMs(946_684_800_000);
const LATEST: UnixMs = UnixMs(2_145_916_800_000);

/// What is remembered of a server's facts.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Marks {
    inventory: Option<inventory::InventoryMark>,
    crons: crons::CronMarks,
    backups: Vec<backups::JobMark>,
}

/// The form before sizes of backups were remembered.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct MarksV2 {
    inventory: Option<inventory::InventoryMark>,
    crons: crons::CronMarks,
    backups: Vec<(Box<str>, u64)>,
}

impl From<MarksV2> for Marks {
    fn from(old: MarksV2) -> Self {
        let backups = old.backups.into_iter();
        Self {
            inventory: old.inventory,
            crons: old.crons,
            backups: backups
                .map(|(job, accounts)| backups::JobMark::of_accounts(job, accounts))
                .collect(),
        }
    }
}

/// What a report comes to.
#[derive(Debug, Clone, PartialEq)]
pub struct Taken {
    /// As judged: detectors look at the same judgement that is stored.
    pub fact: Fact,
    /// Whether it differs from what was stored last.
    pub is_news: bool,
}

impl Taken {
    const fn news(fact: Fact) -> Self {
        Self {
            fact,
            is_news: true,
        }
    }
}

/// To be stored; storing it twice is storing it once.
#[derive(Debug, Clone, PartialEq)]
pub enum Fact {
    /// A backup ended.
    Backup(Box<Run>),
    /// These are the server's cron jobs, and no others.
    Crons {
        /// The zone of their schedules.
        timezone: String,
        /// Each once.
        jobs: Vec<Job>,
    },
    /// This is what the server is made of.
    Inventory {
        /// As told.
        told: Box<Inventory>,
        /// When it was started, by our clock.
        boot_at: UnixMs,
    },
}

/// Where a report stands among those of its kind, or of its [`noc_pipeline::payload::Occasion`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place<'a> {
    /// None that was taken before is newer; with the occasion's subject, where it has one.
    Newest(Option<&'a str>),
    /// A newer one was taken before.
    Overtaken,
}

impl Marks {
    /// Takes a report; answers what it comes to, and whether that is to be stored.
    pub fn take(
        &mut self,
        record: &PayloadRecord,
        place: Place<'_>,
        shrink: Shrink,
    ) -> Option<Taken> {
        match (record.report.data()?, place) {
            (Payload::Backups(told), Place::Newest(job)) => {
                let run = backups::take(&mut self.backups, record, told, job, shrink);
                Some(Taken::news(Fact::Backup(Box::new(run))))
            }
            (Payload::Backups(told), Place::Overtaken) => {
                let run = backups::take(&mut self.backups, record, told, None, shrink);
                Some(Taken::news(Fact::Backup(Box::new(run))))
            }
            (Payload::Crons(told), Place::Newest(_)) => {
                Some(crons::take(&mut self.crons, record, told))
            }
            (Payload::Inventory(told), Place::Newest(_)) => {
                inventory::take(&mut self.inventory, record, told).map(Taken::news)
            }
            _ => None,
        }
    }
}

/// Stores a fact inside the transaction of its record; the server must be there.
///
/// # Errors
/// [`StoreError`] of the table's store.
pub async fn store(
    tx: &DatabaseTransaction,
    server: ServerId,
    fact: &Fact,
    event_at: UnixMs,
    now: UnixMs,
) -> Result<(), StoreError> {
    match fact {
        Fact::Backup(run) => backup_runs::record(tx, run).await,
        Fact::Crons { timezone, jobs } => {
            cron_checks::replace(tx, server, timezone, jobs, now).await
        }
        Fact::Inventory { told, boot_at } => {
            inventories::put(tx, server, told, *boot_at, event_at, now).await
        }
    }
}

/// A time that can be meant and stored.
fn storable(at: UnixMs) -> Option<UnixMs> {
    (EARLIEST..=LATEST).contains(&at).then_some(at)
}

/// A number that differs where two values do, for all practical purposes, and stays the same from version to version.
fn digest(value: &impl Serialize) -> u64 {
    let packed = postcard::to_stdvec(value).unwrap_or_default();
    let hash: [u8; 32] = Sha256::digest(packed).into();
    let [a, b, c, d, e, f, g, h, ..] = hash;
    u64::from_be_bytes([a, b, c, d, e, f, g, h])
}
