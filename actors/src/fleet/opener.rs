//! Adds up what the partitions tell of silence, and opens one incident for a group that is silent as a whole.
//!
//! One node at a time does it, under a lease of its own that is part of each transaction. What it knows from look to look
//! stands in the database, so another node, or the same one restarted, goes on where it was.

use super::silence::{Change, Limits, Seen, decide};
use super::{FLEET_SILENT, is_off, number, rules};
use crate::Parts;
use crate::control;
use crate::detect::server_down::ServerDown;
use crate::detect::{Detector, page_hold};
use crate::incident::fleet::{FleetFinding, breach, changed, resolve};
use crate::runtime::StopSignal;
use crate::runtime::metrics::Metrics;
use noc_pipeline::clock::{Stopwatch, UnixMs};
use noc_pipeline::control::{Control, FleetWord, Severity};
use noc_pipeline::id::ServerId;
use noc_pipeline::live::LiveEvent;
use noc_storage::relational::entity::{incident, server};
use noc_storage::relational::fleet::{self, Group, Member};
use noc_storage::relational::partitions::database_now;
use noc_storage::relational::servers::Status;
use noc_storage::relational::{StoreError, jobs};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter, QuerySelect};
use serde_json::json;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

/// Older words say nothing.
const FRESH: Duration = Duration::from_secs(20);
/// The lease, in `jobs`.
const LEASE: &str = "fleet_silent";
/// How long a node that died keeps the others waiting.
const LEASE_LENGTH: Duration = Duration::from_secs(15);
/// Members that come and go are told this often: those that come back end their own troubles themselves.
const MEMBERS_EVERY: Duration = Duration::from_secs(15);
/// An open incident's row moves at most this often.
const TOUCH: Duration = Duration::from_secs(60);
/// The list of servers is read again after this.
const KNOWN_FOR: Duration = Duration::from_secs(30);
/// Members named in an incident, and in its timeline.
const NAMED: usize = 20;
const LISTED: usize = 500;
/// Rows a statement.
const ROWS: usize = 500;

/// On nodes with the scheduler role.
pub(crate) async fn run(parts: Parts, every: Duration, metrics: Arc<Metrics>, stop: StopSignal) {
    let mut opener = Opener {
        parts: parts.clone(),
        held: false,
        prepared: false,
        known: None,
    };
    loop {
        if let Err(error) = opener.look().await {
            opener.held = false;
            metrics.store_error("relational", "fleet silence");
            tracing::warn!(%error, "nobody looks whether the fleet is silent, trying again");
        }
        if stop.sleep(every).await {
            break;
        }
    }
    if opener.held
        && let Err(error) = jobs::release(parts.db.write(), LEASE, parts.node).await
    {
        tracing::warn!(%error, "the lease for the fleet's silence runs out by itself");
    }
}

struct Opener {
    parts: Parts,
    held: bool,
    /// The lease has its row.
    prepared: bool,
    known: Option<(Stopwatch, Arc<Vec<Member>>)>,
}

/// One change with everything that is written of it.
#[derive(Debug, Clone)]
struct Write {
    change: Change,
    /// The group as it was.
    before: Option<Group>,
    finding: FleetFinding,
    /// Whether partitions are told, and the row is written.
    tell: bool,
    at: UnixMs,
}

impl Opener {
    async fn look(&mut self) -> Result<(), StoreError> {
        if !self.hold().await? {
            return Ok(());
        }
        let db = &self.parts.db;
        let now = database_now(db.write()).await?;
        let pulses = fleet::pulses(db.write(), now.minus(FRESH)).await?;
        let open = fleet::groups(db.write()).await?;
        let silent: HashMap<ServerId, u32> = pulses.iter().flat_map(|p| p.silent.clone()).collect();
        // Most looks end here.
        if open.is_empty() && silent.len() < 2 {
            return Ok(());
        }
        let rules = rules(db.write()).await?;
        if is_off(&rules, &FLEET_SILENT) && open.is_empty() {
            return Ok(());
        }
        let limits = Limits {
            least: number(&rules, &FLEET_SILENT, "least"),
            share_pct: number(&rules, &FLEET_SILENT, "share_pct"),
            fleet_least: number(&rules, &FLEET_SILENT, "fleet_least"),
            fleet_pct: number(&rules, &FLEET_SILENT, "fleet_pct"),
        };
        let members = self.members(&silent).await?;
        let count = self.parts.log.partitions();
        let told: HashSet<_> = pulses
            .iter()
            .filter(|pulse| !pulse.in_grace)
            .map(|pulse| pulse.partition)
            .collect();
        let ids = members.iter().map(|member| member.server);
        let unknown = ids
            .filter(|id| !told.contains(&id.partition(count)))
            .collect();
        let seen = Seen {
            fleet: &members,
            silent: &silent,
            unknown: &unknown,
            open: &open,
        };
        let mut changes = decide(seen, &limits);
        if is_off(&rules, &FLEET_SILENT) {
            changes = switched_off(&open);
        }
        for change in changes {
            self.apply(change, &open, &members).await?;
        }
        Ok(())
    }

    /// Whether it is ours to do.
    async fn hold(&mut self) -> Result<bool, StoreError> {
        let (db, node) = (self.parts.db.write(), self.parts.node);
        if self.held {
            self.held = jobs::prolong(db, LEASE, node, LEASE_LENGTH).await?;
        }
        if !self.held {
            self.held = jobs::claim(db, LEASE, node, LEASE_LENGTH, Duration::ZERO).await?;
        }
        if !self.held && !std::mem::replace(&mut self.prepared, true) {
            jobs::prepare(db, &[LEASE]).await?;
        }
        Ok(self.held)
    }

    /// Everybody who is watched, as of lately; as of now where somebody is silent who was not known.
    async fn members(
        &mut self,
        silent: &HashMap<ServerId, u32>,
    ) -> Result<Arc<Vec<Member>>, StoreError> {
        let holds = |known: &[Member]| {
            let by_id = |id: &ServerId| known.binary_search_by_key(id, |m| m.server).is_ok();
            silent.keys().all(by_id)
        };
        if let Some((read, known)) = &self.known
            && read.elapsed() < KNOWN_FOR
            && holds(known)
        {
            return Ok(Arc::clone(known));
        }
        let members = Arc::new(fleet::members(self.parts.db.write()).await?);
        self.known = Some((Stopwatch::start(), Arc::clone(&members)));
        Ok(members)
    }

    async fn apply(
        &self,
        change: Change,
        open: &[Group],
        all: &[Member],
    ) -> Result<(), StoreError> {
        let now = self.parts.clock.now();
        let (name, members, of) = match &change {
            Change::Open { group, members, of } | Change::Stays { group, members, of } => {
                (group, members, *of)
            }
            Change::Close { group, members } => (group, members, 0),
        };
        let before = open.iter().find(|group| group.name == *name).cloned();
        let tell = match (&change, &before) {
            (Change::Stays { .. }, Some(before)) => {
                before.members != *members && now.since(before.changed_at) >= MEMBERS_EVERY
            }
            _ => true,
        };
        let write = Write {
            finding: finding(name, members, of, all),
            before,
            tell,
            at: now,
            change,
        };
        let (node, partitions) = (self.parts.node, self.parts.log.partitions());
        let events = self
            .parts
            .db
            .transaction("store a silent group", move |tx| {
                let write = write.clone();
                Box::pin(async move {
                    if !jobs::holds(tx, LEASE, node).await? {
                        return Ok(Vec::new());
                    }
                    write.store(tx, partitions).await
                })
            });
        let events: Vec<LiveEvent> = events.await?;
        if tell && let Err(error) = control::publish(&self.parts).await {
            tracing::warn!(%error, "a silent group is not in the log yet, it follows from the outbox");
        }
        for event in events {
            self.parts.bus.publish(event).await;
        }
        Ok(())
    }
}

/// A rule switched it off: whatever is open is over.
fn switched_off(open: &[Group]) -> Vec<Change> {
    let all = open.iter().map(|group| Change::Close {
        group: group.name.clone(),
        members: group.members.clone(),
    });
    all.collect()
}

fn finding(group: &str, members: &[ServerId], of: usize, all: &[Member]) -> FleetFinding {
    let names: HashMap<ServerId, &str> = all.iter().map(|m| (m.server, m.name.as_str())).collect();
    let named = |most: usize| -> Vec<&str> {
        let ids = members.iter().take(most);
        ids.filter_map(|id| names.get(id).copied()).collect()
    };
    let mut list = named(NAMED).join(", ");
    if members.len() > NAMED {
        list.push_str(&format!(" and {} more", members.len() - NAMED));
    }
    let title = if group == super::silence::FLEET {
        format!("{} servers of the fleet are silent", members.len())
    } else {
        format!("{} servers of {group} are silent", members.len())
    };
    FleetFinding {
        detector: FLEET_SILENT.key,
        subject: group.to_owned(),
        severity: Severity::Critical,
        hold: page_hold(Severity::Critical),
        title,
        observed: format!("{} of {of} servers are silent: {list}", members.len()),
        expected: "a report of each server every 60 s".to_owned(),
        command: None,
        detail: json!({ "members": named(LISTED), "silent": members.len(), "of": of }),
    }
}

impl Write {
    async fn store(
        &self,
        tx: &DatabaseTransaction,
        partitions: u32,
    ) -> Result<Vec<LiveEvent>, StoreError> {
        let (group, members) = match &self.change {
            Change::Open { group, members, .. } => {
                let told = breach(tx, &self.finding, self.at).await?;
                let mut events = told.events;
                let Some(row) = told.incident else {
                    return Ok(events); // A person resolved it: each server speaks for itself.
                };
                let opened = Group {
                    name: group.clone(),
                    incident_id: row.id,
                    members: members.clone(),
                    opened_at: self.at,
                    changed_at: self.at,
                };
                fleet::put_group(tx, &opened).await?;
                events.extend(stands(tx, members, Status::Unknown).await?);
                self.tell(tx, partitions, group, members).await?;
                return Ok(events);
            }
            Change::Stays { group, members, .. } => (group, members),
            Change::Close { group, members } => {
                let reason = "its servers report again";
                let mut events = resolve(tx, FLEET_SILENT.key, group, reason, self.at).await?;
                fleet::remove_group(tx, group).await?;
                events.extend(released(tx, members).await?);
                self.tell(tx, partitions, group, &[]).await?;
                return Ok(events);
            }
        };
        let Some(before) = &self.before else {
            return Ok(Vec::new());
        };
        let row = noc_storage::relational::incidents::lock(tx, before.incident_id).await?;
        let is_open = row.open_key.is_some();
        let due = self.at.since(row.last_seen_at.into()) >= TOUCH;
        let mut events = Vec::new();
        // A person may have resolved it: its members stay held until they return.
        if is_open && (due || self.tell) {
            events = breach(tx, &self.finding, self.at).await?.events;
        }
        if self.tell {
            let joined: Vec<ServerId> = only(members, &before.members);
            let left = only(&before.members, members);
            if is_open {
                let detail = json!({
                    "observed": self.finding.observed,
                    "joined": joined.len(),
                    "left": left.len(),
                });
                changed(tx, row.id, FLEET_SILENT.key, detail, self.at).await?;
            }
            let now = Group {
                members: members.clone(),
                changed_at: self.at,
                ..before.clone()
            };
            fleet::put_group(tx, &now).await?;
            events.extend(stands(tx, &joined, Status::Unknown).await?);
            self.tell(tx, partitions, group, members).await?;
        }
        Ok(events)
    }

    async fn tell(
        &self,
        tx: &DatabaseTransaction,
        partitions: u32,
        group: &str,
        members: &[ServerId],
    ) -> Result<(), StoreError> {
        let word = Control::Fleet(FleetWord::Silent {
            group: group.to_owned(),
            members: members.to_vec(),
        });
        control::stage(tx, &word, partitions, self.at).await
    }
}

fn only(of: &[ServerId], without: &[ServerId]) -> Vec<ServerId> {
    let without: HashSet<_> = without.iter().collect();
    of.iter()
        .filter(|id| !without.contains(id))
        .copied()
        .collect()
}

/// Shows servers as this, unless they are switched off.
async fn stands(
    tx: &DatabaseTransaction,
    servers: &[ServerId],
    status: Status,
) -> Result<Vec<LiveEvent>, StoreError> {
    for chunk in servers.chunks(ROWS) {
        server::Entity::update_many()
            .col_expr(server::Column::Status, Expr::value(status.name()))
            .filter(server::Column::Id.is_in(chunk.iter().map(|id| i64::from(id.0))))
            .filter(server::Column::IsActive.eq(true))
            .exec(tx)
            .await
            .map_err(StoreError::during("show a group as silent"))?;
    }
    let events = servers
        .iter()
        .map(|id| LiveEvent::ServerUpdated { server: *id });
    Ok(events.collect())
}

/// Whoever is silent although its group is not speaks for itself: down where that was said before, else stale.
async fn released(
    tx: &DatabaseTransaction,
    servers: &[ServerId],
) -> Result<Vec<LiveEvent>, StoreError> {
    let mut down: HashSet<ServerId> = HashSet::new();
    for chunk in servers.chunks(ROWS) {
        let ids: Vec<Option<i64>> = incident::Entity::find()
            .select_only()
            .column(incident::Column::ServerId)
            .filter(incident::Column::Detector.eq(ServerDown::INFO.key))
            .filter(incident::Column::OpenKey.is_not_null())
            .filter(incident::Column::ServerId.is_in(chunk.iter().map(|id| i64::from(id.0))))
            .into_tuple()
            .all(tx)
            .await
            .map_err(StoreError::during("find servers that are down"))?;
        let ids = ids.into_iter().flatten();
        down.extend(ids.filter_map(|id| u32::try_from(id).ok()).map(ServerId));
    }
    let (down, stale): (Vec<ServerId>, _) = servers.iter().partition(|id| down.contains(id));
    let mut events = stands(tx, &down, Status::Down).await?;
    events.extend(stands(tx, &stale, Status::Stale).await?);
    Ok(events)
}
