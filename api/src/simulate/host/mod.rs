//! What one server is: role, hardware, services, customers, habits. Drawn once from the seed.

mod jobs;
mod life;
mod mail;
pub(super) mod names;
mod role;
mod what;

pub(super) use jobs::{BackupJob, CronJob};
pub(super) use life::{Boot, Nights};
pub(super) use mail::{Mail, Sender};
pub use role::Role;
pub(super) use role::Stack;
pub(super) use what::What;

use super::calendar::Zone;
use super::noise::Noise;
use super::rhythm::{Crowd, Rhythm, Warp};
use chrono_tz::Tz;
use noc_pipeline::payload::Kind;
use role::{disks, stacks};
use std::net::IpAddr;
use std::sync::Arc;

/// Where hosts live; most are where the customers are.
const ZONES: &[Tz] = &[
    Tz::Asia__Dhaka,
    Tz::Asia__Dhaka,
    Tz::Asia__Dhaka,
    Tz::Asia__Dhaka,
    Tz::Asia__Dhaka,
    Tz::Asia__Singapore,
    Tz::Europe__Berlin,
    Tz::Europe__Berlin,
    Tz::America__New_York,
    Tz::UTC,
];

const CORES: &[u64] = &[4, 8, 16, 24, 32];
const GIB: u64 = 1 << 30;
/// Servers in a rack, one after the other.
pub(super) const RACK: u32 = 12;

/// One server of the fleet.
#[derive(Debug, Clone)]
pub(super) struct Host {
    pub(super) n: u32,
    pub(super) noise: Noise,
    pub(super) role: Role,
    pub(super) zone: Arc<Zone>,
    /// Who makes it busy, and who sends mail.
    pub(super) crowd: Rhythm,
    pub(super) offices: Rhythm,
    pub(super) cores: u64,
    pub(super) ram_bytes: u64,
    /// Share of the cores in use at the quietest and at the busiest time of a week, 0 to 1.
    pub(super) quiet: f64,
    pub(super) busy: f64,
    pub(super) nights: Nights,
    pub(super) stack: Stack,
    pub(super) disks: Vec<Disk>,
    pub(super) mail: Mail,
    pub(super) backups: Vec<BackupJob>,
    pub(super) crons: Vec<CronJob>,
    pub(super) accounts: u64,
    /// What the agent's user may not read.
    pub(super) unreadable: Option<Kind>,
    /// Which second of a minute it reports in, milliseconds.
    pub(super) tick_offset_ms: i64,
    /// Which minute of several it sends what is not due each minute.
    pub(super) phase: i64,
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
    pub(super) inodes_used: f64,
}

impl Host {
    /// `plain` hosts are never restarted by themselves, and may read everything.
    pub(super) fn draw(seed: u64, n: u32, role: Role, plain: bool) -> Self {
        let noise = Noise::of(seed, n);
        let pick = |what: What, of: &[u64]| noise.pick(what.id(), 0, of).copied();
        let cores = pick(What::Cores, CORES).unwrap_or(8);
        let quiet = noise.between(What::Busy.id(), 0, 0.02, 0.12);
        let zone = Zone::of(
            noise
                .pick(What::Zone.id(), 0, ZONES)
                .copied()
                .unwrap_or(Tz::UTC),
        );
        let mut stack = noise
            .pick(What::Stack.id(), 0, stacks(role))
            .copied()
            .unwrap_or(Stack {
                services: &[],
                absent: &[],
                database: None,
                mail_server: None,
                web_server: None,
                panel: None,
            });
        if plain {
            stack.absent = &[];
        }
        let mail = Mail::draw(noise, n, role);
        let accounts = mail.domains.len() as u64 * 4 + 30;
        let users: Vec<String> = mail
            .domains
            .iter()
            .map(|domain| domain.account.clone())
            .collect();
        let panel = stack.panel.is_some();
        let unreadable = [Kind::Crons, Kind::MailQueue, Kind::Mysql];
        let denied = !plain && noise.fraction(What::Unreadable.id(), 0) < 0.05;
        let weeks = 6 + noise.choose(What::Reboot.id(), 0, 14) as i64;
        Self {
            n,
            noise,
            role,
            crowd: Rhythm::draw(role.crowd(), &zone, noise, What::Crowd.nth(0)),
            offices: Rhythm::draw(Crowd::Offices, &zone, noise, What::Crowd.nth(1)),
            zone,
            cores,
            ram_bytes: cores * pick(What::Ram, &[2, 4, 4, 8]).unwrap_or(4) * GIB,
            quiet,
            busy: quiet + noise.between(What::Busy.id(), 1, 0.12, 0.45),
            nights: Nights {
                reboot_days: (!plain).then_some(weeks * 7),
            },
            stack,
            disks: draw_disks(noise, role),
            backups: BackupJob::draw(noise, role, panel, accounts),
            crons: CronJob::draw(noise, role, panel, &users),
            mail,
            accounts,
            unreadable: noise
                .pick(What::Unreadable.id(), 1, &unreadable)
                .copied()
                .filter(|_| denied),
            tick_offset_ms: noise.choose(What::Phase.id(), 0, 60_000) as i64,
            phase: noise.choose(What::Phase.id(), 1, 60) as i64,
        }
    }

    pub(super) fn set_zone(&mut self, tz: Tz) {
        let warp = self.crowd.warp();
        self.zone = Zone::of(tz);
        self.crowd = Rhythm::draw(
            self.role.crowd(),
            &self.zone,
            self.noise,
            What::Crowd.nth(0),
        );
        self.offices = Rhythm::draw(Crowd::Offices, &self.zone, self.noise, What::Crowd.nth(1));
        self.set_warp(warp);
    }

    pub(super) fn set_warp(&mut self, warp: Warp) {
        self.crowd.set_warp(warp);
        self.offices.set_warp(warp);
    }

    pub(super) fn has_service(&self, name: &str) -> bool {
        self.stack.services.iter().any(|(known, _)| *known == name)
    }

    /// The database's service by its name on the list.
    pub(super) fn database_service(&self) -> Option<&'static str> {
        let mut names = self.stack.services.iter().map(|(name, _)| *name);
        names.find(|name| matches!(*name, "mysqld" | "mariadbd"))
    }

    /// Databases come in pairs: the second replicates the first.
    pub(super) fn is_replica(&self) -> bool {
        self.role == Role::Db && Role::of(self.n.wrapping_sub(1)) == Role::Db
    }

    /// `role`, `dc`, `rack`: what it is grouped by.
    pub(super) fn tags(&self) -> Vec<String> {
        let rack = self.n / RACK;
        let dc = format!("dc{}", rack / 6 + 1);
        vec![
            self.role.name().to_owned(),
            format!("dc:{dc}"),
            format!("rack:{dc}-r{:02}", rack + 1),
        ]
    }

    pub(super) fn addresses(&self) -> [IpAddr; 2] {
        [
            names::own_address(self.n).into(),
            names::own_address_v6(self.n).into(),
        ]
    }
}

fn draw_disks(noise: Noise, role: Role) -> Vec<Disk> {
    let (low, high) = if role == Role::Backup {
        (0.5, 0.7)
    } else {
        (0.2, 0.72)
    };
    disks(role)
        .iter()
        .enumerate()
        .map(|(n, (mount, device, fstype, least))| {
            let used = noise.between(What::DiskUsed.nth(n), 0, low, high);
            Disk {
                mount,
                device,
                fstype,
                bytes: least + noise.bits(What::DiskSize.nth(n), 0) % least,
                used,
                inodes_used: used * noise.between(What::DiskUsed.nth(n), 1, 0.2, 0.7),
            }
        })
        .collect()
}
