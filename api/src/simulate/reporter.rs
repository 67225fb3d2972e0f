//! An agent over time: ticks, a spool while it cannot reach us, a goodbye and a new run when its host is restarted.

use super::calendar::MINUTE_MS;
use super::fault::FaultKind;
use super::fleet::{Fleet, Since};
use super::host::{Boot, What};
use super::kinds::View;
use super::wire::{Agent, Numbered, Said};
use noc_pipeline::clock::UnixMs;
use noc_pipeline::payload::{Kind, LifecycleEvent, LifecycleReason, MAX_BATCH, Payload, Report};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;
use uuid::{Builder, Uuid};

/// Requests of the spool that follow a live one.
const DRAINED_A_TICK: usize = 4;
/// What a spool holds: about 64 MiB.
const SPOOLED: usize = 90_000;
/// A second host with the same secret reports so long after the first, in the same minute.
const TWIN_LATER: Duration = Duration::from_secs(20);
/// The fields of `metrics` as broken programs write them.
const BAD_NUMBERS: &str = r#""cpu_pct":NaN,"iowait_pct":-3.5,"load1":1e400,"cores":8,"ram_total_bytes":8589934592,"ram_used_bytes":99999999999999,"net_rx_bytes_per_s":Infinity,"processes":-1,"uptime_s":100"#;

/// One request that an agent makes.
#[derive(Debug, Clone, PartialEq)]
pub struct Outgoing {
    /// When, by the right clock.
    pub at: UnixMs,
    /// When, by the agent's clock.
    pub sent_at: UnixMs,
    /// What it carries: at most [`MAX_BATCH`].
    pub payloads: Vec<Numbered>,
    /// It comes out of the spool.
    pub drained: bool,
}

/// One server's agent. The same fleet, server, salt and minutes give the same requests.
#[derive(Debug)]
pub struct Reporter {
    fleet: Arc<Fleet>,
    server: u32,
    /// Makes the runs of one simulation other ones than those of the next.
    salt: u64,
    agent: Option<Agent>,
    /// The host with the same secret.
    twin: Option<Agent>,
    since: Since,
    /// The last minute that was looked at.
    last: UnixMs,
    spool: VecDeque<Numbered>,
    lost: u64,
}

impl Reporter {
    /// The agent of a server, which starts in the first minute that is asked for.
    #[must_use]
    pub fn new(fleet: Arc<Fleet>, server: u32, salt: u64) -> Self {
        Self {
            fleet,
            server,
            salt,
            agent: None,
            twin: None,
            since: Since::started(UnixMs(0)),
            last: UnixMs(0),
            spool: VecDeque::new(),
            lost: 0,
        }
    }

    /// Its number in the fleet.
    #[must_use]
    pub const fn server(&self) -> u32 {
        self.server
    }

    /// Payloads that wait.
    #[must_use]
    pub fn spooled(&self) -> usize {
        self.spool.len()
    }

    /// Payloads given up because the spool was full.
    #[must_use]
    pub const fn lost(&self) -> u64 {
        self.lost
    }

    /// Keeps for later what could not be sent.
    pub fn keep(&mut self, payloads: Vec<Numbered>) {
        self.spool.extend(payloads);
        while self.spool.len() > SPOOLED {
            self.spool.pop_front();
            self.lost += 1;
        }
    }

    /// Takes the oldest of the spool, at most a request's worth.
    pub fn drain(&mut self) -> Option<Vec<Numbered>> {
        let count = self.spool.len().min(MAX_BATCH);
        (count > 0).then(|| self.spool.drain(..count).collect())
    }

    /// The requests of one minute, in the order they are made. Minutes must be asked for in order.
    pub fn minute(&mut self, minute: i64) -> Vec<Outgoing> {
        let fleet = Arc::clone(&self.fleet);
        let at = fleet.tick_at(self.server, minute);
        let Some(boot) = fleet.boot(self.server, at) else {
            return Vec::new();
        };
        let mut out = Vec::new();
        if boot.down_from > self.last {
            out.extend(self.end_run(&fleet, boot, minute));
        }
        let Some(view) = fleet.view(self.server, at).filter(|_| at >= boot.up_at) else {
            return out;
        };
        if view.suffers(&FaultKind::Silence) {
            return out;
        }
        let payloads = self.measure(&fleet, &view, boot);
        self.last = at;
        if view.suffers(&FaultKind::NetworkCut) {
            self.keep(payloads);
            return out;
        }
        let sent_at = view.clock(at);
        let request = |payloads, drained| Outgoing {
            at,
            sent_at,
            payloads,
            drained,
        };
        out.push(request(payloads, false));
        for _ in 0..DRAINED_A_TICK {
            out.extend(self.drain().map(|payloads| request(payloads, true)));
        }
        out.extend(self.twin_of(&fleet, &view));
        out
    }

    /// The host went down: a goodbye where there was time for one.
    fn end_run(&mut self, fleet: &Fleet, boot: Boot, minute: i64) -> Option<Outgoing> {
        let mut agent = self.agent.take()?;
        let view = fleet.view(self.server, boot.down_from)?;
        if !boot.goodbye || view.suffers(&FaultKind::Silence) {
            return None;
        }
        let goodbye = Fleet::lifecycle(LifecycleEvent::Stop, LifecycleReason::Shutdown);
        let sent_at = view.clock(boot.down_from);
        let payload = agent.number(sent_at, goodbye);
        if view.suffers(&FaultKind::NetworkCut) {
            self.keep(vec![payload]);
            return None;
        }
        Some(Outgoing {
            // Never before what the minute before held.
            at: boot.down_from.max(UnixMs(minute * MINUTE_MS)),
            sent_at,
            payloads: vec![payload],
            drained: false,
        })
    }

    fn measure(&mut self, fleet: &Fleet, view: &View<'_>, boot: Boot) -> Vec<Numbered> {
        let observed_at = view.clock(view.at);
        let mut reports: Vec<Said> = Vec::new();
        if self.agent.is_none() {
            let reason = if boot.goodbye {
                LifecycleReason::Restart
            } else {
                LifecycleReason::Unknown
            };
            reports.push(Fleet::lifecycle(LifecycleEvent::Start, reason).into());
            reports.extend(view.report(Kind::Inventory).map(Said::from));
            // What the logs hold from before the first start was told by nobody and is not told now.
            if self.last == UnixMs(0) {
                self.since = Since::started(view.at);
            }
        }
        let first = self.agent.is_none();
        let due = fleet.due(self.server, &mut self.since, view.at);
        let due = due
            .into_iter()
            .filter(|report| !first || report.kind() != Kind::Inventory);
        reports.extend(due.map(Said::from));
        let run = self.run_id(
            view,
            boot.up_at.max(UnixMs(0)).0.cast_unsigned() ^ self.salt,
        );
        let (files, bytes, lost) = (
            self.spool.len() as u64 / 8,
            self.spool.len() as u64 * 700,
            self.lost,
        );
        let agent = self.agent.get_or_insert_with(|| Agent::started(run));
        let broken = view.suffers(&FaultKind::BadNumbers);
        let numbered = reports.into_iter().map(|mut said| {
            if broken && said.kind() == Kind::Metrics {
                said = Said::Broken(Kind::Metrics, BAD_NUMBERS.to_owned());
            }
            if let Said::Report(Report::Data(Payload::Inventory(inventory))) = &mut said {
                inventory.spool_files = Some(files);
                inventory.spool_bytes = Some(bytes);
                inventory.spool_lost_total = Some(lost);
            }
            agent.number(observed_at, said)
        });
        numbered.collect()
    }

    /// The other host with the same secret: it measures itself, in a run of its own.
    fn twin_of(&mut self, fleet: &Fleet, view: &View<'_>) -> Option<Outgoing> {
        if !view.suffers(&FaultKind::DuplicateAgent) {
            self.twin = None;
            return None;
        }
        let run = self.run_id(view, self.salt ^ 0x7717);
        let twin = self.twin.get_or_insert_with(|| Agent::started(run));
        let minute_ends = UnixMs((view.at.0.div_euclid(MINUTE_MS) + 1) * MINUTE_MS - 1);
        let at = view.at.plus(TWIN_LATER).min(minute_ends);
        let other = (self.server + 1) % fleet.len().max(1);
        let kinds = [Kind::Metrics, Kind::Processes];
        let reports = kinds
            .into_iter()
            .filter_map(|kind| fleet.report(other, kind, at));
        let payloads: Vec<Numbered> = reports.map(|report| twin.number(at, report)).collect();
        Some(Outgoing {
            at,
            sent_at: at,
            payloads,
            drained: false,
        })
    }

    fn run_id(&self, view: &View<'_>, step: u64) -> Uuid {
        let noise = view.host.noise;
        let [a, b] = [0, 1].map(|half| noise.bits(What::Boot.nth(half), step));
        Builder::from_u128(u128::from(a) << 64 | u128::from(b))
            .with_variant(uuid::Variant::RFC4122)
            .with_version(uuid::Version::Random)
            .into_uuid()
    }
}
