//! What every server of the fleet measures at any instant.

use super::calendar::{HOUR_MS, MINUTE_MS};
use super::fault::{Fault, FaultKind};
use super::host::{Boot, Host, Role};
use super::kinds::{View, backups, disks};
use super::rhythm::Warp;
use noc_pipeline::clock::UnixMs;
use noc_pipeline::payload::{
    Backups, Kind, Lifecycle, LifecycleEvent, LifecycleReason, Payload, Report,
};

/// Servers `0..len()`, each with its own role, hardware, customers and rhythm of the week.
///
/// Whatever is asked depends on the seed, the server and the instant alone, in whatever order it is asked.
#[derive(Debug, Clone)]
pub struct Fleet {
    hosts: Vec<Host>,
    /// Trouble of each.
    faults: Vec<Vec<Fault>>,
}

/// Up to when events have been told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Since {
    firewall: UnixMs,
    backups: UnixMs,
}

impl Since {
    /// Nothing before `at` is told any more.
    #[must_use]
    pub const fn started(at: UnixMs) -> Self {
        Self {
            firewall: at,
            backups: at,
        }
    }
}

/// Kinds that are measured at every minute that divides, and the minutes.
const CADENCE: &[(Kind, i64)] = &[
    (Kind::Metrics, 1),
    (Kind::Processes, 1),
    (Kind::Mysql, 1),
    (Kind::Litespeed, 1),
    (Kind::Disks, 5),
    (Kind::MailQueue, 5),
    (Kind::EmailStats, 5),
    (Kind::Crons, 15),
    (Kind::Cpanel, 60),
    (Kind::Inventory, 60),
];

impl Fleet {
    /// `servers` servers of all roles, drawn from `seed`. Now and then one is restarted at night, with a goodbye.
    #[must_use]
    pub fn new(seed: u64, servers: u32) -> Self {
        Self::draw(servers, |n| Host::draw(seed, n, Role::of(n), false))
    }

    /// `servers` web servers that are never restarted by themselves and whose agents may read everything: what breaks
    /// is what was ordered. For tests and benches.
    #[must_use]
    pub fn steady(seed: u64, servers: u32) -> Self {
        Self::draw(servers, |n| Host::draw(seed, n, Role::Web, true))
    }

    fn draw(servers: u32, draw: impl Fn(u32) -> Host) -> Self {
        Self {
            hosts: (0..servers).map(draw).collect(),
            faults: (0..servers).map(|_| Vec::new()).collect(),
        }
    }

    /// The same fleet with trouble on top. What a server of that number does not have cannot go wrong there.
    #[must_use]
    pub fn with_faults(mut self, faults: impl IntoIterator<Item = Fault>) -> Self {
        for fault in faults {
            let place = usize::try_from(fault.server).unwrap_or(usize::MAX);
            if let (FaultKind::Zone(tz), Some(host)) = (&fault.kind, self.hosts.get_mut(place)) {
                host.set_zone(*tz);
            }
            if let Some(list) = self.faults.get_mut(place) {
                list.push(fault);
                list.sort_by_key(|fault| fault.from);
            }
        }
        self
    }

    /// The same fleet, whose people live `speed` times as fast from `begin` on. Everything else, the hours of mail and
    /// the nights of backups among it, goes by the times asked for.
    #[must_use]
    pub fn with_speed(mut self, begin: UnixMs, speed: f64) -> Self {
        for host in &mut self.hosts {
            host.set_warp(Warp { begin, speed });
        }
        self
    }

    /// How many servers there are.
    #[must_use]
    pub fn len(&self) -> u32 {
        u32::try_from(self.hosts.len()).unwrap_or(u32::MAX)
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.hosts.is_empty()
    }

    /// What a server is there for.
    #[must_use]
    pub fn role(&self, server: u32) -> Option<Role> {
        self.host(server).map(|host| host.role)
    }

    /// What a server is grouped by: its role, `dc:..` and `rack:..`.
    #[must_use]
    pub fn tags(&self, server: u32) -> Vec<String> {
        self.host(server).map(Host::tags).unwrap_or_default()
    }

    /// The services of a server, by their names on the fixed list.
    #[must_use]
    pub fn services(&self, server: u32) -> Vec<&'static str> {
        let services = self
            .host(server)
            .map_or(&[][..], |host| host.stack.services);
        services.iter().map(|(name, _)| *name).collect()
    }

    /// Where the file systems of a server are mounted.
    #[must_use]
    pub fn mounts(&self, server: u32) -> Vec<&'static str> {
        let disks = self
            .host(server)
            .map_or(&[][..], |host| host.disks.as_slice());
        disks.iter().map(|disk| disk.mount).collect()
    }

    /// When in a minute a server reports: the first such instant at or after the start of that minute.
    #[must_use]
    pub fn tick_at(&self, server: u32, minute: i64) -> UnixMs {
        let offset = self.host(server).map_or(0, |host| host.tick_offset_ms);
        UnixMs(minute * MINUTE_MS + offset)
    }

    /// One kind at any instant, whether it is due or not; `None` for kinds that the server does not report, or that
    /// are sent on events. `email-stats` is the running hour.
    #[must_use]
    pub fn report(&self, server: u32, kind: Kind, at: UnixMs) -> Option<Report> {
        let view = self.view(server, at)?;
        view.has(kind).then(|| view.report(kind)).flatten()
    }

    /// The mail of the hour before the one of `at`, complete.
    #[must_use]
    pub fn finished_hour(&self, server: u32, at: UnixMs) -> Option<Report> {
        self.view(server, at)?.finished_hour()
    }

    /// What the firewall's logs say after `since` and up to `at`.
    #[must_use]
    pub fn firewall(&self, server: u32, since: UnixMs, at: UnixMs) -> Option<Report> {
        Some(self.view(server, at)?.firewall(since))
    }

    /// Backups that ended after `since` and up to `at`, of at most a week.
    #[must_use]
    pub fn backups(&self, server: u32, since: UnixMs, at: UnixMs) -> Vec<Backups> {
        let found = self
            .view(server, at)
            .map(|view| backups::finished(&view, since));
        found.unwrap_or_default()
    }

    /// `metrics`, `processes` and `disks`, whatever the minute and whatever is wrong with the host's connection: the
    /// load of a bench.
    #[must_use]
    pub fn basics_at(&self, server: u32, at: UnixMs) -> Vec<Payload> {
        [Kind::Metrics, Kind::Processes, Kind::Disks]
            .into_iter()
            .filter_map(|kind| match self.report(server, kind, at)? {
                Report::Data(payload) => Some(payload),
                Report::Unreadable { .. } => None,
            })
            .collect()
    }

    /// All that is due in the minute of `at`, the hour's complete mail and events since then included. It does not look
    /// at whether the host is up or the agent runs: [`Reporter`](super::Reporter) does.
    #[must_use]
    pub fn due(&self, server: u32, since: &mut Since, at: UnixMs) -> Vec<Report> {
        let Some(view) = self.view(server, at) else {
            return Vec::new();
        };
        let minute = at.0.div_euclid(MINUTE_MS) + view.host.phase;
        let due = |every: i64| minute.rem_euclid(every) == 0;
        let kinds = CADENCE
            .iter()
            .filter(|(kind, every)| due(*every) && view.has(*kind));
        let mut reports: Vec<Report> = kinds.filter_map(|(kind, _)| view.report(*kind)).collect();
        if due(2) {
            reports.push(view.firewall(since.firewall));
            since.firewall = at;
        }
        // At the first look at the mail log after the hour.
        let of_hour = view.clock(at).0.rem_euclid(HOUR_MS);
        if due(5) && of_hour < 5 * MINUTE_MS && view.has(Kind::EmailStats) {
            reports.extend(view.finished_hour());
        }
        let runs = backups::finished(&view, since.backups);
        since.backups = at;
        reports.extend(runs.into_iter().map(|run| Report::Data(run.into())));
        reports
    }

    /// What an agent sends when it starts or, on purpose, stops.
    #[must_use]
    pub fn lifecycle(event: LifecycleEvent, reason: LifecycleReason) -> Payload {
        Lifecycle { event, reason }.into()
    }

    /// The share of a file system that is in use when nothing is wrong, 0 to 1, and of its inodes.
    pub(super) fn usual_share(&self, server: u32, mount: &str, at: UnixMs) -> Option<(f64, f64)> {
        disks::usual(&self.view(server, at)?, mount)
    }

    pub(super) fn faults(&self, server: u32) -> &[Fault] {
        let place = usize::try_from(server).unwrap_or(usize::MAX);
        self.faults.get(place).map_or(&[], Vec::as_slice)
    }

    pub(super) fn boot(&self, server: u32, at: UnixMs) -> Option<Boot> {
        Some(self.host(server)?.boot(self.faults(server), at))
    }

    pub(super) fn host(&self, server: u32) -> Option<&Host> {
        self.hosts.get(usize::try_from(server).ok()?)
    }

    pub(super) fn view(&self, server: u32, at: UnixMs) -> Option<View<'_>> {
        Some(View::of(self.host(server)?, self.faults(server), at))
    }
}
