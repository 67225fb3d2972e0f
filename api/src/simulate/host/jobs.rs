//! What a host does by itself: backups at night, and cron.

use super::super::calendar::{Every, MINUTE_MS, Zone};
use super::super::noise::Noise;
use super::{Role, What};
use noc_pipeline::clock::UnixMs;

/// A backup job.
#[derive(Debug, Clone)]
pub(in crate::simulate) struct BackupJob {
    pub(in crate::simulate) tool: &'static str,
    pub(in crate::simulate) job: &'static str,
    pub(in crate::simulate) every: Every,
    /// When it begins by the host's clock.
    pub(in crate::simulate) minute_of_day: i64,
    /// How long it takes as a rule, minutes.
    pub(in crate::simulate) minutes: f64,
    /// What it writes.
    pub(in crate::simulate) bytes: f64,
    pub(in crate::simulate) accounts: Option<u64>,
}

impl BackupJob {
    pub(super) fn draw(noise: Noise, role: Role, panel: bool, accounts: u64) -> Vec<Self> {
        let minute = |n: usize, from: i64, more: usize| {
            from + noise.choose(What::Job.nth(n), 0, more) as i64
        };
        let job = |n: usize, tool, job, every, from, more, minutes, gib: f64, accounts| Self {
            tool,
            job,
            every,
            minute_of_day: minute(n, from, more),
            minutes: minutes * noise.between(What::Job.nth(n), 1, 0.6, 1.5),
            bytes: gib * noise.between(What::Job.nth(n), 2, 0.4, 1.6) * f64::from(1 << 30),
            accounts,
        };
        let daily = Every::Days(1, 0);
        match role {
            Role::Web if panel => vec![
                job(
                    0,
                    "jetbackup",
                    "Daily-Accounts",
                    daily,
                    60,
                    120,
                    95.0,
                    180.0,
                    Some(accounts),
                ),
                job(
                    1,
                    "jetbackup",
                    "Databases",
                    daily,
                    240,
                    40,
                    12.0,
                    22.0,
                    Some(accounts),
                ),
            ],
            Role::Web => vec![job(0, "restic", "sites", daily, 60, 120, 50.0, 90.0, None)],
            Role::Mail => vec![job(
                0,
                "restic",
                "mailboxes",
                daily,
                90,
                90,
                130.0,
                400.0,
                None,
            )],
            Role::Db => vec![
                job(
                    0,
                    "mariabackup",
                    "full",
                    Every::Weekday(5),
                    60,
                    60,
                    70.0,
                    240.0,
                    None,
                ),
                job(
                    1,
                    "mariabackup",
                    "incremental",
                    daily,
                    180,
                    60,
                    9.0,
                    9.0,
                    None,
                ),
            ],
            Role::Dns => vec![job(0, "rsync", "zones", daily, 30, 60, 1.5, 0.2, None)],
            Role::Backup => vec![job(
                0, "rclone", "offsite", daily, 360, 60, 200.0, 900.0, None,
            )],
        }
    }
}

/// When a cron job is due.
#[derive(Debug, Clone, Copy)]
pub(in crate::simulate) enum Due {
    /// Each so many minutes of an hour.
    Minutes(i64),
    /// At this minute of each hour.
    Hourly(i64),
    /// On some days, at this minute of the day.
    On(Every, i64),
}

impl Due {
    /// As a crontab has it.
    pub(in crate::simulate) fn schedule(self) -> String {
        match self {
            Self::Minutes(n) => format!("*/{n} * * * *"),
            Self::Hourly(minute) => format!("{minute} * * * *"),
            Self::On(every, minute) => {
                let (hour, minute) = (minute / 60, minute % 60);
                match every {
                    Every::Days(..) => format!("{minute} {hour} * * *"),
                    Every::Weekday(day) => format!("{minute} {hour} * * {}", (day + 1) % 7),
                    Every::MonthDay(day) => format!("{minute} {hour} {day} * *"),
                }
            }
        }
    }

    /// When it last was due, up to `at`.
    pub(in crate::simulate) fn last(self, zone: &Zone, at: UnixMs) -> UnixMs {
        let in_step = |minutes: i64, phase: i64| {
            // Zones are off by whole and half hours: minutes of the hour are those of the zone.
            let local = zone.local(at).0 - phase * MINUTE_MS;
            UnixMs(at.0 - local.rem_euclid(minutes * MINUTE_MS))
        };
        match self {
            Self::Minutes(n) => in_step(n, 0),
            Self::Hourly(minute) => in_step(60, minute),
            Self::On(every, minute) => zone.last_on(at, every, minute),
        }
    }
}

/// A line of a crontab.
#[derive(Debug, Clone)]
pub(in crate::simulate) struct CronJob {
    pub(in crate::simulate) user: String,
    pub(in crate::simulate) due: Due,
    pub(in crate::simulate) command: String,
}

impl CronJob {
    pub(super) fn draw(noise: Noise, role: Role, panel: bool, accounts: &[String]) -> Vec<Self> {
        let minute = |n: usize, of: usize| noise.choose(What::Cron.nth(n), 0, of) as i64;
        let root = |due, command: &str| Self {
            user: "root".to_owned(),
            due,
            command: command.to_owned(),
        };
        let daily = |minute| Due::On(Every::Days(1, 0), minute);
        let mut jobs = vec![
            root(Due::Hourly(minute(0, 60)), "/etc/cron.hourly/0anacron"),
            root(
                daily(180 + minute(1, 60)),
                "/usr/sbin/logrotate /etc/logrotate.conf",
            ),
            root(
                Due::On(Every::Weekday(6), 240 + minute(2, 60)),
                "/usr/local/sbin/trim-filesystems",
            ),
        ];
        if panel {
            jobs.push(root(
                Due::Minutes(5),
                "/usr/local/cpanel/scripts/dcpumon-wrapper >/dev/null 2>&1",
            ));
            jobs.push(root(
                daily(60 + minute(3, 240)),
                "/usr/local/cpanel/scripts/upcp --cron",
            ));
        }
        if role == Role::Backup {
            jobs.push(root(
                Due::On(Every::MonthDay(1), 300),
                "/usr/local/sbin/verify-archives --sample=5",
            ));
        }
        for (n, account) in accounts.iter().take(6).enumerate() {
            let due = match noise.choose(What::Cron.nth(n), 1, 3) {
                0 => Due::Minutes(15),
                1 => Due::Hourly(minute(10 + n, 60)),
                _ => daily(minute(20 + n, 1_440)),
            };
            jobs.push(Self {
                user: account.clone(),
                due,
                command: format!(
                    "/usr/local/bin/php /home/{account}/public_html/wp-cron.php --key=***"
                ),
            });
        }
        jobs
    }
}
