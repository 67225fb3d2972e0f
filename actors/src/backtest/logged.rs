//! Over the payload log: record by record, as a partition takes them.

use super::lane::Lane;
use super::{Answer, BacktestError, Meter, Plan, is_taken_over};
use crate::detect::code_of;
use crate::server_actor::evaluate::{Item, What};
use crate::state::{ClockMs, PartitionClock};
use noc_pipeline::clock::UnixMs;
use noc_pipeline::control::{Control, ServerSettings};
use noc_pipeline::id::{Offset, PartitionId, ServerId};
use noc_pipeline::log::{LogError, PayloadLog};
use noc_pipeline::record::{Entry, Record, server_of};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

/// Records that are read at once.
const CHUNK: usize = 4_096;
/// A log that is there answers within this.
const WAIT: Duration = Duration::from_secs(5);

pub(super) async fn replay(log: &dyn PayloadLog, plan: &Plan) -> Result<Answer, BacktestError> {
    let mut lanes = plan.lanes()?;
    let mut meter = Meter::start(plan.budget);
    let scope = plan.in_scope();
    let mut by_partition: BTreeMap<PartitionId, Vec<&ServerSettings>> = BTreeMap::new();
    for server in &scope {
        let partition = server.server.partition(log.partitions());
        by_partition.entry(partition).or_default().push(server);
    }
    let (mut done, mut reached) = (0, plan.to);
    let (mut from, mut learned_since) = (plan.from, plan.learn_from());
    // When the log begins where nothing of the span is kept, and whether anything of it is kept anywhere.
    let (mut empty_until, mut any) = (None, false);
    for (partition, servers) in by_partition {
        let mut one = Partition {
            log,
            partition,
            servers: servers.iter().map(|s| (s.server, *s)).collect(),
            clock: PartitionClock::default(),
            wakes: vec![HashMap::new(); lanes.len()],
        };
        let first = one.begins().await?;
        let Some(first) = first.filter(|first| *first < plan.to) else {
            // Nothing was recorded of these, and so nothing would have been done.
            empty_until = empty_until.max(Some(first.unwrap_or(plan.to)));
            done += servers.len();
            continue;
        };
        any = true;
        from = from.max(first);
        learned_since = learned_since.max(first);
        let got = one.through(plan, &mut lanes, &mut meter).await?;
        reached = reached.min(got);
        if got >= plan.to {
            done += servers.len();
        }
        for server in servers {
            for lane in &mut lanes {
                lane.leave(server.server, plan.from);
            }
        }
    }
    if let Some(first) = empty_until.filter(|_| !any) {
        return Err(BacktestError::LogBegins { first });
    }
    let mut found = lanes.into_iter().map(|lane| lane.finish(plan.from));
    Ok(Answer {
        servers: u64::try_from(done).unwrap_or(u64::MAX),
        servers_in_scope: u64::try_from(scope.len()).unwrap_or(u64::MAX),
        samples: meter.samples,
        truncated: done < scope.len(),
        from,
        reached,
        learned_since,
        incidents: found.next().unwrap_or_default(),
        in_force: found.next(),
        drawn: Vec::new(),
        learning: Vec::new(),
    })
}

struct Partition<'p> {
    log: &'p dyn PayloadLog,
    partition: PartitionId,
    servers: HashMap<ServerId, &'p ServerSettings>,
    clock: PartitionClock,
    /// By lane: who wants to be woken when.
    wakes: Vec<HashMap<ServerId, ClockMs>>,
}

impl Partition<'_> {
    /// The time of the record at a position; `None` where nothing can be read.
    async fn time_at(&self, offset: Offset) -> Result<Option<UnixMs>, LogError> {
        let read = self.log.read(self.partition, offset, 1, WAIT).await?;
        let record = read.first().and_then(|entry| entry.record().ok().cloned());
        Ok(record.map(|record| record.received_at()))
    }

    /// When what is kept of the log begins; `None` while there is nothing in it.
    async fn begins(&self) -> Result<Option<UnixMs>, LogError> {
        let bounds = self.log.bounds(self.partition).await?;
        if bounds.first < bounds.end {
            self.time_at(bounds.first).await
        } else {
            Ok(None)
        }
    }

    /// The first position whose record is not older than `at`, or a little before.
    async fn position_of(&self, at: UnixMs) -> Result<(Offset, Offset), LogError> {
        let bounds = self.log.bounds(self.partition).await?;
        let (mut low, mut high) = (bounds.first.0, bounds.end.0);
        while low < high {
            let middle = low.midpoint(high);
            match self.time_at(Offset(middle)).await? {
                Some(time) if time < at => low = middle.saturating_add(1),
                _ => high = middle,
            }
        }
        Ok((Offset(low), bounds.end))
    }

    /// Feeds everything to the lanes; how far it got.
    async fn through(
        &mut self,
        plan: &Plan,
        lanes: &mut [Lane],
        meter: &mut Meter,
    ) -> Result<UnixMs, BacktestError> {
        let (mut next, end) = self.position_of(plan.learn_from()).await?;
        let mut reached = plan.learn_from();
        while next < end {
            let entries = match self.log.read(self.partition, next, CHUNK, WAIT).await {
                // It is trimmed while we read.
                Err(LogError::Trimmed { first, .. }) if first > next => {
                    next = first;
                    continue;
                }
                other => other?,
            };
            if entries.is_empty() {
                break;
            }
            for entry in entries {
                if meter.is_used_up() || lanes.iter().any(Lane::is_full) {
                    return Ok(reached.min(plan.to));
                }
                next = entry.offset.next();
                if let Some(server) = server_of(&entry.bytes)
                    && !self.servers.contains_key(&server)
                {
                    continue;
                }
                let Ok(record) = entry.record().cloned() else {
                    continue; // Set aside in life, too.
                };
                reached = reached.max(record.received_at());
                if record.received_at() >= plan.to {
                    return Ok(plan.to);
                }
                self.take(&entry, &record, lanes, meter);
            }
        }
        Ok(plan.to)
    }

    fn take(&mut self, entry: &Entry, record: &Arc<Record>, lanes: &mut [Lane], meter: &mut Meter) {
        match &**record {
            Record::Payload(payload) => {
                meter.samples += 1;
                let what = What::Payload(Arc::clone(record));
                let item = self.item(entry, payload.received_at, what);
                self.give(lanes, payload.server, &item);
            }
            Record::Heartbeat { at, .. } => {
                self.clock.beat(*at);
                if !self.clock.in_grace() {
                    self.wake(entry, *at, lanes);
                }
            }
            Record::Control { at, control } if is_taken_over(control) => {
                self.control(entry, *at, control, lanes);
            }
            Record::Control { .. } => {}
        }
    }

    fn item(&self, entry: &Entry, at: UnixMs, what: What) -> Item {
        Item {
            offset: entry.offset,
            clock: self.clock.now(),
            at,
            what,
        }
    }

    fn control(&mut self, entry: &Entry, at: UnixMs, control: &Control, lanes: &mut [Lane]) {
        match control {
            Control::Told {
                server,
                detector,
                subject,
                word,
            } => {
                if let Some(detector) = code_of(detector) {
                    let what = What::Told {
                        detector,
                        subject: subject.as_str().into(),
                        word: Arc::new(word.clone()),
                    };
                    let item = self.item(entry, at, what);
                    self.give(lanes, *server, &item);
                }
            }
            Control::Fleet(word) => {
                for lane in lanes {
                    lane.fleet().take(word.clone());
                }
            }
            _ => {}
        }
    }

    fn wake(&mut self, entry: &Entry, at: UnixMs, lanes: &mut [Lane]) {
        let now = self.clock.now();
        let item = self.item(entry, at, What::Wake);
        for (lane, wakes) in lanes.iter_mut().zip(&mut self.wakes) {
            let due = wakes.iter().filter(|(_, wake)| **wake <= now);
            let mut due: Vec<_> = due.map(|(server, _)| *server).collect();
            due.sort_unstable();
            for server in due {
                if let Some(settings) = self.servers.get(&server) {
                    note(wakes, server, lane.take(settings, &item, at));
                }
            }
        }
    }

    fn give(&mut self, lanes: &mut [Lane], server: ServerId, item: &Item) {
        let Some(settings) = self.servers.get(&server) else {
            return;
        };
        for (lane, wakes) in lanes.iter_mut().zip(&mut self.wakes) {
            if lane.covers(settings) {
                note(wakes, server, lane.take(settings, item, item.at));
            }
        }
    }
}

fn note(wakes: &mut HashMap<ServerId, ClockMs>, server: ServerId, wake: Option<ClockMs>) {
    match wake {
        Some(wake) => drop(wakes.insert(server, wake)),
        None => drop(wakes.remove(&server)),
    }
}
