//! What one server is: hardware, services, habits. Drawn once from the seed.

use super::noise::Noise;

/// What is drawn, so that no two draws share their noise.
#[derive(Debug, Clone, Copy)]
pub(super) enum What {
    Cores,
    Ram,
    Busy,
    PeakHour,
    Uptime,
    Stack,
    DiskSize,
    DiskUsed,
    Cpu,
    Iowait,
    Load,
    RamUsed,
    Swap,
    NetIn,
    NetOut,
    DiskRead,
    DiskWrite,
    Processes,
    Tcp,
    Pids,
    MainPid,
    BatchPhase,
}

impl What {
    pub(super) const fn id(self) -> u64 {
        self as u64
    }

    /// The same draw for the n-th of several.
    pub(super) const fn nth(self, n: usize) -> u64 {
        self as u64 | (n as u64 + 1) << 8
    }
}

/// A service of a host: its name on the fixed list and its unit.
pub(super) type ServiceName = (&'static str, &'static str);

const CPANEL_LITESPEED: &[ServiceName] = &[
    ("lsws", "lsws.service"),
    ("mysqld", "mariadb.service"),
    ("exim", "exim.service"),
    ("dovecot", "dovecot.service"),
    ("named", "named.service"),
];
const CPANEL_APACHE: &[ServiceName] = &[
    ("httpd", "httpd.service"),
    ("mysqld", "mysqld.service"),
    ("exim", "exim.service"),
    ("dovecot", "dovecot.service"),
    ("named", "named.service"),
];
const DEBIAN_NGINX: &[ServiceName] = &[
    ("nginx", "nginx.service"),
    ("mariadbd", "mariadb.service"),
    ("postfix", "postfix.service"),
    ("dovecot", "dovecot.service"),
    ("exim", "exim4.service"),
];
const STACKS: &[&[ServiceName]] = &[CPANEL_LITESPEED, CPANEL_APACHE, DEBIAN_NGINX];
const CORES: &[u64] = &[4, 8, 16, 24, 32];
const GIB: u64 = 1 << 30;

/// One server of the fleet.
#[derive(Debug, Clone)]
pub(super) struct Host {
    pub(super) noise: Noise,
    pub(super) cores: u64,
    pub(super) ram_bytes: u64,
    /// Share of the cores in use at the quietest and at the busiest time of day, 0 to 1.
    pub(super) quiet: f64,
    pub(super) busy: f64,
    /// Busiest hour of the day, UTC.
    pub(super) peak_hour: f64,
    /// Seconds it had been up at the epoch of the simulation's minute 0.
    pub(super) uptime_s: u64,
    pub(super) services: &'static [ServiceName],
    pub(super) disks: Vec<Disk>,
    /// Which minute of five it reports its disks.
    pub(super) disk_minute: u64,
}

/// One file system of a host.
#[derive(Debug, Clone)]
pub(super) struct Disk {
    pub(super) mount: &'static str,
    pub(super) device: &'static str,
    pub(super) fstype: &'static str,
    pub(super) bytes: u64,
    /// Share in use, 0 to 1.
    pub(super) used: f64,
}

impl Host {
    pub(super) fn draw(seed: u64, server: u32) -> Self {
        let noise = Noise::of(seed, server);
        let pick = |what: What, of: &[u64]| of.get(noise.choose(what.id(), of.len())).copied();
        let cores = pick(What::Cores, CORES).unwrap_or(8);
        let ram_bytes = cores * pick(What::Ram, &[2, 4, 4, 8]).unwrap_or(4) * GIB;
        let quiet = noise.between(What::Busy.nth(0), 0, 0.02, 0.15);
        Self {
            noise,
            cores,
            ram_bytes,
            quiet,
            busy: quiet + noise.between(What::Busy.nth(1), 0, 0.1, 0.45),
            // Customers of one region share their evening.
            peak_hour: noise.between(What::PeakHour.id(), 0, 13.0, 17.0),
            uptime_s: noise.bits(What::Uptime.id(), 0) % (200 * 86_400),
            services: STACKS
                .get(noise.choose(What::Stack.id(), STACKS.len()))
                .copied()
                .unwrap_or(CPANEL_LITESPEED),
            disks: disks(noise),
            disk_minute: noise.bits(What::BatchPhase.id(), 0) % 5,
        }
    }
}

fn disks(noise: Noise) -> Vec<Disk> {
    [
        ("/", "/dev/nvme0n1p2", "ext4", 60),
        ("/home", "/dev/nvme1n1p1", "xfs", 1_600),
        ("/var/lib/mysql", "/dev/nvme2n1", "xfs", 400),
    ]
    .into_iter()
    .enumerate()
    .map(|(n, (mount, device, fstype, gib))| Disk {
        mount,
        device,
        fstype,
        bytes: gib * GIB + noise.bits(What::DiskSize.nth(n), 0) % (gib * GIB),
        used: noise.between(What::DiskUsed.nth(n), 0, 0.2, 0.75),
    })
    .collect()
}
