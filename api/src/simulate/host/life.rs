//! When a host, and each service on it, was last started: by itself, by its nights, or by trouble.

use super::super::calendar::{Every, MINUTE_MS};
use super::super::fault::{Fault, FaultKind};
use super::{Host, What};
use noc_pipeline::clock::UnixMs;
use std::time::Duration;

/// A start of the host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::simulate) struct Boot {
    /// When it went down before.
    pub(in crate::simulate) down_from: UnixMs,
    /// When it was up again.
    pub(in crate::simulate) up_at: UnixMs,
    /// Whether the agent could say goodbye.
    pub(in crate::simulate) goodbye: bool,
}

/// From power on until the agent reports.
const STARTING: Duration = Duration::from_secs(150);

/// How often a host is restarted for its kernel, and its services for their updates.
#[derive(Debug, Clone, Copy)]
pub(in crate::simulate) struct Nights {
    /// Days between two restarts of the host; `None`: it and its services are never restarted by themselves.
    pub(in crate::simulate) reboot_days: Option<i64>,
}

impl Host {
    /// The last start of which the down time began up to `at`.
    pub(in crate::simulate) fn boot(&self, faults: &[Fault], at: UnixMs) -> Boot {
        let mut last = self.own_boot(at);
        for fault in faults {
            if let FaultKind::Reboot { goodbye } = fault.kind
                && (last.down_from..=at).contains(&fault.from)
            {
                last = Boot {
                    down_from: fault.from,
                    up_at: fault.until.unwrap_or_else(|| fault.from.plus(STARTING)),
                    goodbye,
                };
            }
        }
        last
    }

    /// Sunday nights, each so many weeks; for a host without such nights long ago.
    fn own_boot(&self, at: UnixMs) -> Boot {
        let noise = self.noise;
        let Some(days) = self.nights.reboot_days else {
            let up_at = UnixMs(
                1_577_836_800_000 + noise.choose(What::Reboot.id(), 1, 20_000_000) as i64 * 1_000,
            );
            return Boot {
                down_from: UnixMs(up_at.0 - 200_000),
                up_at,
                goodbye: true,
            };
        };
        let weeks =
            noise.choose(What::Reboot.id(), 2, usize::try_from(days / 7).unwrap_or(1)) as i64;
        // 1970-01-04 was the first Sunday.
        let every = Every::Days(days, 3 + weeks * 7);
        let minute = 200 + noise.choose(What::Reboot.id(), 3, 50) as i64;
        let down_from = self.zone.last_on(at, every, minute);
        let took = 150_000
            + noise.choose(What::Reboot.id(), down_from.0.cast_unsigned(), 200) as i64 * 1_000;
        Boot {
            down_from,
            up_at: UnixMs(down_from.0 + took),
            goodbye: true,
        }
    }

    /// The last start of a service up to `at`; in the time of a fault that keeps it down, the start before.
    pub(in crate::simulate) fn service_start(
        &self,
        service: &str,
        faults: &[Fault],
        at: UnixMs,
    ) -> UnixMs {
        let place = self
            .stack
            .services
            .iter()
            .position(|(name, _)| *name == service);
        let n = place.unwrap_or(0);
        let mut start = self
            .boot(faults, at)
            .up_at
            .plus(Duration::from_secs(5 + n as u64));
        if self.nights.reboot_days.is_some() {
            let days = 6 + self.noise.choose(What::Restart.nth(n), 0, 20) as i64;
            let phase = self.noise.choose(What::Restart.nth(n), 1, 30) as i64;
            let minute = 215 + self.noise.choose(What::Restart.nth(n), 2, 30) as i64;
            start = start.max(self.zone.last_on(at, Every::Days(days, phase), minute));
        }
        for fault in faults.iter().filter(|fault| fault.from <= at) {
            start = start.max(match &fault.kind {
                FaultKind::ServiceDown { service: down } if down == service => {
                    fault.until.filter(|until| *until <= at).unwrap_or(start)
                }
                FaultKind::CrashLoop {
                    service: down,
                    every_s,
                } if down == service => {
                    let last = fault.until.map_or(at, |until| until.min(at));
                    let every_ms = i64::from((*every_s).max(1)) * 1_000;
                    let passed = last.since(fault.from).as_millis() as i64;
                    UnixMs(fault.from.0 + passed / every_ms * every_ms)
                }
                _ => start,
            });
        }
        start
    }

    /// Whether a service has a process. A crash takes it away for a part of a minute.
    pub(in crate::simulate) fn is_running(
        &self,
        service: &str,
        faults: &[Fault],
        at: UnixMs,
    ) -> bool {
        !faults
            .iter()
            .filter(|fault| fault.lasts(at))
            .any(|fault| match &fault.kind {
                FaultKind::ServiceDown { service: down } => down == service,
                FaultKind::CrashLoop { service: down, .. } if down == service => {
                    let start = self.service_start(service, faults, at);
                    at.since(start) < Duration::from_millis(MINUTE_MS.unsigned_abs() / 3)
                }
                _ => false,
            })
    }
}
