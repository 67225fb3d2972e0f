//! Who has it: the least troubled among those who can.

use super::entry::{Anomaly, Targets};
use crate::simulate::calendar::Every;
use crate::simulate::fleet::Fleet;
use crate::simulate::host::{Disk, Host, RACK};
use crate::simulate::noise::Noise;
use noc_pipeline::payload::Kind;

/// Share of a file system that a night may reach and be nothing: what else moves comes on top of it, 90 % is trouble.
const MOST_AT_NIGHT: f64 = 0.84;

/// Whether it can happen to a host, so that its agent would show it.
pub(super) fn suits(host: &Host, what: &Anomaly) -> bool {
    let reads = |kind: Kind| host.unreadable != Some(kind);
    let has_mount = |mount: &Option<String>| match mount {
        Some(mount) => host.disks.iter().any(|disk| disk.mount == mount),
        None => true,
    };
    match what {
        Anomaly::ServiceDown { service } | Anomaly::CrashLoop { service, .. } => match service {
            Some(service) => host.has_service(service),
            None => !host.stack.services.is_empty(),
        },
        Anomaly::DiskFill { mount, .. } => has_mount(mount),
        // Where a night's rise comes near full, it is no look-alike but the thing itself.
        Anomaly::NightlySawtooth { mount, rise } => {
            let used = last_disk(host, mount).map(|disk| disk.used);
            used.is_some_and(|used| used + rise <= MOST_AT_NIGHT)
        }
        Anomaly::InodeFill { mount, .. } => {
            has_mount(mount) && last_mount(host, mount).is_some_and(|(_, fstype)| fstype != "btrfs")
        }
        Anomaly::HackedMailbox { .. } | Anomaly::ScriptSpam { .. } | Anomaly::Newsletter { .. } => {
            host.mail.login(0).is_some()
        }
        Anomaly::QueueFreeze { .. } => {
            host.stack
                .mail_server
                .is_some_and(|(name, _)| name == "exim")
                && reads(Kind::MailQueue)
        }
        Anomaly::DeadSmarthost { .. } => host.stack.mail_server.is_some() && reads(Kind::MailQueue),
        Anomaly::MysqlSaturated {} => host.stack.database.is_some() && reads(Kind::Mysql),
        Anomaly::ReplicationBroken {} | Anomaly::ReplicationLag {} => {
            host.is_replica() && reads(Kind::Mysql)
        }
        Anomaly::CacheCold {} => host.has_service("lsws"),
        Anomaly::BackupStops {} | Anomaly::BackupFails {} | Anomaly::BackupEmpty {} => host
            .backups
            .iter()
            .all(|job| job.every == Every::Days(1, 0)),
        Anomaly::BackupPartial {} => host.backups.iter().all(|job| job.accounts.is_some()),
        Anomaly::CronStops {} => reads(Kind::Crons),
        Anomaly::LicenseEnds {} => host.stack.panel.is_some(),
        _ => true,
    }
}

/// The mount that was asked for, or the one that holds the customers' data, with its type.
pub(super) fn last_mount<'a>(
    host: &'a Host,
    wanted: &Option<String>,
) -> Option<(&'a str, &'a str)> {
    last_disk(host, wanted).map(|disk| (disk.mount, disk.fstype))
}

fn last_disk<'a>(host: &'a Host, wanted: &Option<String>) -> Option<&'a Disk> {
    let mut disks = host.disks.iter();
    match wanted {
        Some(mount) => disks.find(|disk| disk.mount == mount),
        None => disks.nth(1).or_else(|| host.disks.first()),
    }
}

/// Draws servers.
#[derive(Debug)]
pub(super) struct Chooser {
    noise: Noise,
    /// Troubles that each server has already.
    troubles: Vec<u32>,
    drawn: u64,
}

impl Chooser {
    pub(super) fn new(seed: u64, servers: u32) -> Self {
        Self {
            // A number that no server has.
            noise: Noise::of(seed, u32::MAX),
            troubles: vec![0; usize::try_from(servers).unwrap_or(0)],
            drawn: 0,
        }
    }

    /// Numbers that only this draw has.
    pub(super) fn bits(&mut self) -> u64 {
        self.drawn += 1;
        self.noise.bits(1, self.drawn)
    }

    /// The servers that an entry is for. Fewer than asked for where the fleet has no more.
    pub(super) fn servers(
        &mut self,
        fleet: &Fleet,
        on: &Targets,
        what: &Anomaly,
    ) -> Result<Vec<u32>, String> {
        let count = match on {
            Targets::Servers(named) => {
                for server in named {
                    let host = fleet
                        .host(*server)
                        .ok_or(format!("the fleet has no server {server}"))?;
                    if !suits(host, what) {
                        return Err(format!("server {server} cannot have {}", what.name()));
                    }
                    self.trouble(*server);
                }
                return Ok(named.clone());
            }
            Targets::Count(count) => *count,
            Targets::PerHundred(share) => ((f64::from(fleet.len()) * share / 100.0) as u32).max(1),
        };
        let draw = self.bits();
        let mut able: Vec<(u32, u64, u32)> = (0..fleet.len())
            .filter(|server| fleet.host(*server).is_some_and(|host| suits(host, what)))
            .map(|server| {
                (
                    self.troubles_of(server),
                    self.noise.bits(draw, server.into()),
                    server,
                )
            })
            .collect();
        able.sort_unstable();
        let mut chosen: Vec<u32> = able.into_iter().map(|(_, _, server)| server).collect();
        chosen.truncate(usize::try_from(count).unwrap_or(usize::MAX));
        chosen.sort_unstable();
        for server in &chosen {
            self.trouble(*server);
        }
        Ok(chosen)
    }

    /// All servers of a full rack, the least troubled one.
    pub(super) fn rack(&mut self, fleet: &Fleet) -> Option<Vec<u32>> {
        let draw = self.bits();
        let racks = 0..fleet.len() / RACK;
        let troubles = |rack: u32| {
            (0..RACK)
                .map(|n| self.troubles_of(rack * RACK + n))
                .sum::<u32>()
        };
        let rack =
            racks.min_by_key(|rack| (troubles(*rack), self.noise.bits(draw, (*rack).into())))?;
        let members: Vec<u32> = (rack * RACK..(rack + 1) * RACK).collect();
        for server in &members {
            self.trouble(*server);
        }
        Some(members)
    }

    fn troubles_of(&self, server: u32) -> u32 {
        let place = usize::try_from(server).unwrap_or(usize::MAX);
        self.troubles.get(place).copied().unwrap_or(0)
    }

    fn trouble(&mut self, server: u32) {
        let place = usize::try_from(server).unwrap_or(usize::MAX);
        if let Some(count) = self.troubles.get_mut(place) {
            *count += 1;
        }
    }
}
