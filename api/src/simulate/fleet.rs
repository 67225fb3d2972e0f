//! What every server of the fleet measures at any instant.

use super::fault::{Fault, FaultKind};
use super::host::{Disk, Host, What};
use noc_pipeline::clock::UnixMs;
use noc_pipeline::payload::{
    Disks, Kind, Lifecycle, LifecycleEvent, LifecycleReason, Metrics, Partition, Payload,
    Processes, Service,
};

/// Servers `0..len()`, each with its own hardware, services and rhythm of the day.
#[derive(Debug, Clone)]
pub struct Fleet {
    hosts: Vec<Host>,
    faults: Vec<Fault>,
}

impl Fleet {
    /// `servers` servers, drawn from `seed`.
    #[must_use]
    pub fn new(seed: u64, servers: u32) -> Self {
        Self {
            hosts: (0..servers)
                .map(|server| Host::draw(seed, server))
                .collect(),
            faults: Vec::new(),
        }
    }

    /// The same fleet with trouble on top.
    #[must_use]
    pub fn with_faults(mut self, faults: impl IntoIterator<Item = Fault>) -> Self {
        self.faults.extend(faults);
        self
    }

    /// How many servers there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.hosts.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.hosts.is_empty()
    }

    /// The services of a server, by their names on the fixed list.
    #[must_use]
    pub fn services(&self, server: u32) -> Vec<&'static str> {
        self.host(server)
            .map(|host| host.services.iter().map(|(name, _)| *name).collect())
            .unwrap_or_default()
    }

    /// What a server posts in the minute of `at`: `metrics` and `processes` each minute, `disks` in one of five.
    /// Empty while it is silent, and for servers the fleet does not have.
    #[must_use]
    pub fn payloads_at(&self, server: u32, at: UnixMs) -> Vec<Payload> {
        let Some(host) = self.host(server) else {
            return Vec::new();
        };
        let mut due = self.everything_at(server, at);
        if minute(at) % 5 != host.disk_minute {
            due.retain(|payload| payload.kind() != Kind::Disks);
        }
        due
    }

    /// `metrics`, `processes` and `disks`, whatever the minute: the load of a bench. Empty while silent.
    #[must_use]
    pub fn everything_at(&self, server: u32, at: UnixMs) -> Vec<Payload> {
        let Some(host) = self.host(server) else {
            return Vec::new();
        };
        let faults: Vec<&Fault> = self
            .faults
            .iter()
            .filter(|fault| fault.server == server && fault.lasts(at))
            .collect();
        if faults.iter().any(|fault| fault.kind == FaultKind::Silence) {
            return Vec::new();
        }
        vec![
            metrics(host, at, &faults).into(),
            processes(host, at, &faults).into(),
            disks(host, at, &faults).into(),
        ]
    }

    /// What an agent sends when it starts or, on purpose, stops.
    #[must_use]
    pub fn lifecycle(event: LifecycleEvent, reason: LifecycleReason) -> Payload {
        Lifecycle { event, reason }.into()
    }

    fn host(&self, server: u32) -> Option<&Host> {
        self.hosts.get(usize::try_from(server).ok()?)
    }
}

fn minute(at: UnixMs) -> u64 {
    u64::try_from(at.0.max(0) / 60_000).unwrap_or(0)
}

/// How busy the time of day is, 0 to 1: a cosine around the host's peak hour.
#[expect(clippy::cast_precision_loss, reason = "minutes of a day")]
fn rhythm(host: &Host, at: UnixMs) -> f64 {
    let hour = (minute(at) % 1_440) as f64 / 60.0;
    let turn = (hour - host.peak_hour) / 24.0 * std::f64::consts::TAU;
    0.5 + 0.5 * turn.cos()
}

fn round2(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "made-up values need no exactness; all are positive"
)]
fn metrics(host: &Host, at: UnixMs, faults: &[&Fault]) -> Metrics {
    let step = minute(at);
    let noise = |what: What, low: f64, high: f64| host.noise.between(what.id(), step, low, high);
    let cores = host.cores as f64;
    let ram = host.ram_bytes as f64;
    let traffic = rhythm(host, at);
    let mut busy = host.quiet + (host.busy - host.quiet) * traffic + noise(What::Cpu, -0.03, 0.03);
    // A backup in the small hours: reads, waits, and some CPU.
    let backup = (step % 1_440) / 60 == 20 && step % 60 < 25;
    if backup {
        busy += 0.12;
    }
    if faults.iter().any(|fault| fault.kind == FaultKind::CpuBusy) {
        busy = noise(What::Cpu, 0.97, 1.0);
    }
    let busy = busy.clamp(0.005, 1.0);
    let load = (cores * busy * noise(What::Load, 0.9, 1.2)).max(0.01);
    let requests = cores * (5.0 + 60.0 * traffic) * noise(What::NetOut, 0.8, 1.25);
    let waiting = if backup { 8.0 } else { 0.4 };
    Metrics {
        cpu_pct: Some(round2(busy * 100.0)),
        iowait_pct: Some(round2(waiting * noise(What::Iowait, 0.3, 1.7))),
        steal_pct: Some(0.0),
        load1: Some(round2(load)),
        load5: Some(round2(load * noise(What::Load, 0.92, 1.05))),
        load15: Some(round2(load * noise(What::Load, 0.88, 1.02))),
        cores: Some(host.cores),
        ram_total_bytes: Some(host.ram_bytes),
        ram_used_bytes: Some(
            (ram * (0.35 + 0.3 * traffic + noise(What::RamUsed, 0.0, 0.05))) as u64,
        ),
        swap_total_bytes: Some(4 << 30),
        swap_used_bytes: Some((noise(What::Swap, 0.0, 0.05) * (4u64 << 30) as f64) as u64),
        net_rx_bytes_per_s: Some(round2(requests * noise(What::NetIn, 900.0, 1_400.0))),
        net_tx_bytes_per_s: Some(round2(requests * 18_000.0)),
        disk_read_bytes_per_s: Some(round2(
            noise(What::DiskRead, 50_000.0, 900_000.0) * if backup { 120.0 } else { 1.0 },
        )),
        disk_write_bytes_per_s: Some(round2(noise(What::DiskWrite, 200_000.0, 2_500_000.0))),
        processes: Some((180.0 + 12.0 * cores * busy + noise(What::Processes, 0.0, 15.0)) as u64),
        tcp_established: Some((requests * noise(What::Tcp, 1.5, 2.5)) as u64),
        uptime_s: Some(host.uptime_s + step % (400 * 1_440) * 60),
    }
}

fn processes(host: &Host, at: UnixMs, faults: &[&Fault]) -> Processes {
    let services = host.services.iter().enumerate().map(|(n, (name, unit))| {
        let down = faults.iter().any(
            |fault| matches!(&fault.kind, FaultKind::ServiceDown { service } if service == name),
        );
        let pids = 1 + host.noise.bits(What::Pids.nth(n), minute(at) / 7) % 24;
        Service {
            name: (*name).to_owned(),
            unit: Some((*unit).to_owned()),
            installed: true,
            enabled: true,
            running: !down,
            pids: Some(if down { 0 } else { pids }),
            main_pid: (!down).then(|| 700 + host.noise.bits(What::MainPid.nth(n), 0) % 30_000),
        }
    });
    Processes {
        services: services.collect(),
    }
}

fn disks(host: &Host, at: UnixMs, faults: &[&Fault]) -> Disks {
    Disks {
        partitions: host
            .disks
            .iter()
            .enumerate()
            .map(|(n, disk)| partition(host, disk, n, at, faults))
            .collect(),
    }
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "made-up values need no exactness; all are positive"
)]
fn partition(host: &Host, disk: &Disk, n: usize, at: UnixMs, faults: &[&Fault]) -> Partition {
    // Grows over the day by what the night's rotation gives back.
    let day = (minute(at) % 1_440) as f64 / 1_440.0;
    let mut used = disk.used
        + 0.01 * day
        + host
            .noise
            .between(What::DiskUsed.nth(n), minute(at), 0.0, 0.001);
    for fault in faults {
        if let FaultKind::DiskFilling {
            mount,
            full_after_s,
        } = &fault.kind
            && mount == disk.mount
        {
            let passed = at.since(fault.from).as_secs_f64() / f64::from((*full_after_s).max(1));
            used += (1.0 - used) * passed.min(1.0);
        }
    }
    let inodes = disk.bytes / 16_384;
    Partition {
        mount: disk.mount.to_owned(),
        device: disk.device.to_owned(),
        fstype: disk.fstype.to_owned(),
        bytes_total: Some(disk.bytes),
        bytes_used: Some((disk.bytes as f64 * used) as u64),
        inodes_total: Some(inodes),
        inodes_used: Some((inodes as f64 * disk.used * 0.4) as u64),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: UnixMs = UnixMs(1_778_155_200_000);

    fn after(minutes: i64) -> UnixMs {
        UnixMs(NOON.0 + minutes * 60_000)
    }

    fn metrics_of(fleet: &Fleet, server: u32, at: UnixMs) -> Metrics {
        match fleet.everything_at(server, at).remove(0) {
            Payload::Metrics(metrics) => metrics,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn one_seed_is_one_fleet() {
        let (a, b) = (Fleet::new(7, 20), Fleet::new(7, 20));
        // The second one is asked in another order.
        for server in (0..20).rev() {
            assert_eq!(b.everything_at(server, after(3)).len(), 3);
        }
        for server in 0..20 {
            assert_eq!(a.everything_at(server, NOON), b.everything_at(server, NOON));
        }
        assert_ne!(
            Fleet::new(8, 20).everything_at(3, NOON),
            a.everything_at(3, NOON)
        );
        assert_ne!(a.everything_at(3, NOON), a.everything_at(4, NOON));
    }

    #[test]
    fn days_have_a_rhythm_and_values_stay_possible() {
        let fleet = Fleet::new(1, 30);
        for server in 0..30 {
            let day: Vec<Metrics> = (0..1_440)
                .map(|m| metrics_of(&fleet, server, after(m)))
                .collect();
            let cpu: Vec<f64> = day.iter().map(|m| m.cpu_pct.unwrap()).collect();
            let (low, high) = cpu.iter().fold((100.0_f64, 0.0_f64), |(low, high), v| {
                (low.min(*v), high.max(*v))
            });
            assert!(high - low > 8.0, "server {server}: {low} to {high}");
            for metrics in day {
                assert!((0.0..=100.0).contains(&metrics.cpu_pct.unwrap()));
                assert!((0.0..=100.0).contains(&metrics.iowait_pct.unwrap()));
                assert!(metrics.ram_used_bytes <= metrics.ram_total_bytes);
                assert!(metrics.swap_used_bytes <= metrics.swap_total_bytes);
                assert!(metrics.load1.unwrap() > 0.0);
            }
        }
    }

    #[test]
    fn disks_come_once_in_five_minutes() {
        let fleet = Fleet::new(1, 1);
        let kinds: Vec<Kind> = (0..5)
            .flat_map(|m| fleet.payloads_at(0, after(m)))
            .map(|payload| payload.kind())
            .collect();
        assert_eq!(kinds.iter().filter(|kind| **kind == Kind::Disks).count(), 1);
        assert_eq!(
            kinds.iter().filter(|kind| **kind == Kind::Metrics).count(),
            5
        );
    }

    #[test]
    fn a_service_goes_down_and_comes_back_where_it_was_told_to() {
        let fleet = Fleet::new(1, 2);
        let service = fleet.services(1)[0].to_owned();
        let fleet = fleet.with_faults([Fault {
            server: 1,
            from: after(2),
            until: Some(after(4)),
            kind: FaultKind::ServiceDown {
                service: service.clone(),
            },
        }]);
        let running = |server: u32, m: i64| match &fleet.everything_at(server, after(m))[1] {
            Payload::Processes(processes) => processes
                .services
                .iter()
                .filter(|s| s.name == service)
                .all(|s| s.running && s.pids > Some(0) && s.main_pid.is_some()),
            other => panic!("{other:?}"),
        };
        assert_eq!(
            (0..5).map(|m| running(1, m)).collect::<Vec<_>>(),
            [true, true, false, false, true]
        );
        assert!((0..5).all(|m| running(0, m)));
    }

    #[test]
    fn a_disk_fills_in_the_time_given() {
        let fleet = Fleet::new(1, 1).with_faults([Fault {
            server: 0,
            from: NOON,
            until: None,
            kind: FaultKind::DiskFilling {
                mount: "/home".into(),
                full_after_s: 600,
            },
        }]);
        let used = |m: i64| match &fleet.everything_at(0, after(m))[2] {
            Payload::Disks(disks) => disks.partitions[1].used_pct().unwrap(),
            other => panic!("{other:?}"),
        };
        assert!(used(0) < 80.0 && used(5) > used(0) + 5.0);
        assert!((99.9..=100.0).contains(&used(10)), "{}", used(10));
        assert!((99.9..=100.0).contains(&used(60)));
    }

    #[test]
    fn a_silent_server_sends_nothing() {
        let fleet = Fleet::new(1, 1).with_faults([Fault {
            server: 0,
            from: after(1),
            until: None,
            kind: FaultKind::Silence,
        }]);
        assert!(!fleet.payloads_at(0, NOON).is_empty());
        assert!(fleet.payloads_at(0, after(1)).is_empty());
        assert!(fleet.payloads_at(9, NOON).is_empty(), "no such server");
    }
}
