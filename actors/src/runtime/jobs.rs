//! Chores: retention, roll-ups, the outbox of control records, gauges.
//!
//! Each chore is a row of `jobs` and done by one node with the scheduler role at a time, under a lease that is
//! prolonged while it works. A chore of a node that died is taken over once its lease is over. All of them give the
//! same result however often they run, so one that runs twice because a node was stopped for long does no harm.

use super::StopSignal;
use super::metrics::Metrics;
use super::time_off;
use crate::fleet::{campaign, prior};
use crate::incident::cases;
use crate::notify::canary;
use crate::notify::personal::{digest, summary};
use crate::oncall::handoff;
use crate::{Parts, control};
use noc_pipeline::clock::{Stopwatch, UnixMs, sleep};
use noc_storage::relational::entity::job;
use noc_storage::relational::partitions::database_now;
use noc_storage::relational::{StoreError, backup_runs, incidents, jobs, nodes};
use noc_storage::series::Retention;
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

/// Between two looks at the outbox and the open incidents, and at what is due.
const LOOK_EVERY: Duration = Duration::from_secs(10);
/// How long a claim holds that is not prolonged.
const LEASE: Duration = Duration::from_secs(60);
/// Between two prolongations.
const PROLONG_EVERY: Duration = Duration::from_secs(15);
/// After a failure nobody tries before this is over.
const REST: Duration = Duration::from_secs(60);
/// So long a stop waits for a chore; afterwards another node does it.
const GRACE: Duration = Duration::from_secs(2);
/// Hourly rows are made anew from here on, back from now: late payloads still come.
const ROLL_UP: Duration = Duration::from_secs(3 * 3600);
/// Data directories that were not used for so long are forgotten.
const NODES_KEPT: Duration = Duration::from_secs(30 * 24 * 3600);

const DAY: Duration = Duration::from_secs(24 * 3600);
const HOUR: Duration = Duration::from_secs(3600);
const MINUTE: Duration = Duration::from_secs(60);
const HALF_A_MINUTE: Duration = Duration::from_secs(30);
const TEN_MINUTES: Duration = Duration::from_secs(600);

/// How long what is kept.
#[derive(Debug, Clone, Copy)]
pub struct Kept {
    /// Records of the payload log: 72 h.
    pub log: Duration,
    /// Dead letters: 7 days.
    pub dead_letters: Duration,
    /// Measurements as they came: 30 days.
    pub raw: Duration,
    /// Hourly rows: 13 months.
    pub hourly: Duration,
    /// Backup runs: 13 months.
    pub backup_runs: Duration,
}

impl Default for Kept {
    fn default() -> Self {
        Self {
            log: DAY * 3,
            dead_letters: DAY * 7,
            raw: DAY * 30,
            hourly: DAY * 396,
            backup_runs: DAY * 396,
        }
    }
}

/// What recurs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Chore {
    SeriesRollUp,
    SeriesRollUpLate,
    SeriesRetain,
    LogTrim,
    DeadLettersRetain,
    NodesForget,
    BackupRunsRetain,
    ServersTimeOff,
    MailAllowancesRenew,
    AttackCampaigns,
    FleetPriors,
    OnCallHandoffs,
    ChannelCanaries,
    QuietHoursEnd,
    DailyDigests,
}

impl Chore {
    const ALL: [Self; 15] = [
        Self::SeriesRollUp,
        Self::SeriesRollUpLate,
        Self::SeriesRetain,
        Self::LogTrim,
        Self::DeadLettersRetain,
        Self::NodesForget,
        Self::BackupRunsRetain,
        Self::ServersTimeOff,
        Self::MailAllowancesRenew,
        Self::AttackCampaigns,
        Self::FleetPriors,
        Self::OnCallHandoffs,
        Self::ChannelCanaries,
        Self::QuietHoursEnd,
        Self::DailyDigests,
    ];

    /// Its name in `jobs` and in our own metrics.
    const fn name(self) -> &'static str {
        match self {
            Self::SeriesRollUp => "series_roll_up",
            Self::SeriesRollUpLate => "series_roll_up_late",
            Self::SeriesRetain => "series_retain",
            Self::LogTrim => "log_trim",
            Self::DeadLettersRetain => "dead_letters_retain",
            Self::NodesForget => "nodes_forget",
            Self::BackupRunsRetain => "backup_runs_retain",
            Self::ServersTimeOff => "servers_time_off",
            Self::MailAllowancesRenew => "mail_allowances_renew",
            Self::AttackCampaigns => "attack_campaigns",
            Self::FleetPriors => "fleet_priors",
            Self::OnCallHandoffs => "on_call_handoffs",
            Self::ChannelCanaries => "channel_canaries",
            Self::QuietHoursEnd => "quiet_hours_end",
            Self::DailyDigests => "daily_digests",
        }
    }

    const fn every(self) -> Duration {
        match self {
            Self::NodesForget | Self::BackupRunsRetain | Self::MailAllowancesRenew => DAY,
            Self::ServersTimeOff
            | Self::OnCallHandoffs
            | Self::QuietHoursEnd
            | Self::DailyDigests => HALF_A_MINUTE,
            Self::AttackCampaigns | Self::ChannelCanaries => MINUTE,
            // Each is looked at once a day; an hour after there was nothing to look at.
            Self::FleetPriors => HOUR,
            _ => TEN_MINUTES,
        }
    }

    async fn work(self, parts: &Parts, kept: Kept) -> Result<u64, Box<dyn Error>> {
        let now = parts.clock.now();
        let series = &parts.series;
        Ok(match self {
            Self::SeriesRollUp => series.roll_up(now.minus(ROLL_UP).hour(), now).await?,
            Self::SeriesRollUpLate => series.roll_up_late().await?,
            Self::SeriesRetain => {
                let retention = Retention {
                    raw: kept.raw,
                    hourly: kept.hourly,
                };
                series.retain(now, retention).await?
            }
            Self::LogTrim => parts.log.trim(now.minus(kept.log)).await?,
            Self::DeadLettersRetain => {
                let before = now.minus(kept.dead_letters);
                parts.dead_letters.retain(before).await?
            }
            Self::ServersTimeOff => time_off::end(parts).await?,
            Self::MailAllowancesRenew => cases::renew(parts).await?,
            Self::AttackCampaigns => campaign::look(parts).await?,
            Self::FleetPriors => prior::look(parts).await?,
            Self::OnCallHandoffs => handoff::announce(parts).await?,
            Self::ChannelCanaries => canary::send_due(parts).await?,
            Self::QuietHoursEnd => summary::tell(parts).await?,
            Self::DailyDigests => digest::make(parts).await?,
            Self::NodesForget => {
                let now = database_now(parts.db.write()).await?;
                nodes::forget(parts.db.write(), now.minus(NODES_KEPT)).await?
            }
            Self::BackupRunsRetain => {
                let before = now.minus(kept.backup_runs);
                backup_runs::retain(parts.db.write(), before).await?
            }
        })
    }
}

/// On every node: brings staged decisions into the log, and counts open incidents.
pub(super) async fn look_around(parts: Parts, metrics: Arc<Metrics>, stop: StopSignal) {
    loop {
        if let Err(error) = control::publish(&parts).await {
            metrics.store_error("relational", "control outbox");
            tracing::warn!(%error, "staged control records are not in the log yet");
        }
        match incidents::open_by_severity(parts.db.reports().await).await {
            Ok(counts) => metrics.open(&counts),
            Err(error) => {
                metrics.store_error("relational", "count incidents");
                tracing::warn!(%error, "open incidents are not counted");
            }
        }
        if stop.sleep(LOOK_EVERY).await {
            return;
        }
    }
}

/// On nodes with the scheduler role.
pub(super) async fn run(parts: Parts, kept: Kept, metrics: Arc<Metrics>, stop: StopSignal) {
    let worker = Worker {
        parts,
        kept,
        metrics,
        stop,
    };
    loop {
        if let Err(error) = worker.look().await {
            worker.metrics.store_error("relational", "jobs");
            tracing::warn!(%error, "chores are not looked at, trying again");
        }
        if worker.stop.sleep(LOOK_EVERY).await {
            return;
        }
    }
}

struct Worker {
    parts: Parts,
    kept: Kept,
    metrics: Arc<Metrics>,
    stop: StopSignal,
}

impl Worker {
    /// Does what is due and nobody else does.
    async fn look(&self) -> Result<(), StoreError> {
        let (db, node) = (self.parts.db.write(), self.parts.node);
        let mut rows = jobs::list(db).await?;
        let known = |chore: &Chore| rows.iter().any(|row| row.name == chore.name());
        if !Chore::ALL.iter().all(known) {
            jobs::prepare(db, &Chore::ALL.map(Chore::name)).await?;
            rows = jobs::list(db).await?;
        }
        let now = database_now(db).await?;
        for chore in Chore::ALL {
            let Some(row) = rows.iter().find(|row| row.name == chore.name()) else {
                continue;
            };
            self.show(row);
            if self.stop.get() != super::Stop::No || !row.may_begin(chore.every(), now) {
                continue;
            }
            if jobs::claim(db, chore.name(), node, LEASE, chore.every()).await? {
                self.work(chore).await?;
            }
        }
        Ok(())
    }

    /// Shows when this node did a job last, also after it restarted.
    fn show(&self, row: &job::Model) {
        if row.node.as_deref() == Some(&self.parts.node.to_string())
            && let Some(at) = row.last_success
        {
            self.metrics.job_succeeded(&row.name, UnixMs::from(at));
        }
    }

    /// Does a chore that is ours, prolonging its lease; one that fails leaves the others alone.
    async fn work(&self, chore: Chore) -> Result<(), StoreError> {
        let (db, node, name) = (self.parts.db.write(), self.parts.node, chore.name());
        let took = Stopwatch::start();
        let done = tokio::select! {
            done = chore.work(&self.parts, self.kept) => done.map_err(|error| error.to_string()),
            late = self.prolong(name) => Err(late),
            () = self.stopped() => {
                jobs::release(db, name, node).await?;
                return Ok(());
            }
        };
        match done {
            Ok(touched) => {
                if jobs::succeeded(db, name, node).await? {
                    self.metrics.job_succeeded(name, self.parts.clock.now());
                }
                let duration_ms = took.elapsed().as_secs_f64() * 1000.0;
                tracing::debug!(job = name, touched, duration_ms, "chore done");
            }
            Err(error) => {
                self.metrics.store_error("jobs", name);
                tracing::warn!(error, job = name, "chore failed, it runs again in 1 min");
                jobs::failed(db, name, node, REST).await?;
            }
        }
        Ok(())
    }

    /// Prolongs a lease until it is lost; says so then.
    async fn prolong(&self, name: &'static str) -> String {
        loop {
            sleep(PROLONG_EVERY).await;
            let node = self.parts.node;
            match jobs::prolong(self.parts.db.write(), name, node, LEASE).await {
                Ok(true) => {}
                Ok(false) => return "another node took it over".to_owned(),
                Err(error) => tracing::warn!(%error, job = name, "lease not prolonged"),
            }
        }
    }

    async fn stopped(&self) {
        self.stop.stopped().await;
        sleep(GRACE).await;
    }
}
