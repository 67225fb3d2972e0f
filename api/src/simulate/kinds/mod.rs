//! What a host would measure at an instant, a file a kind.

pub(super) mod backups;
mod counter;
mod cpanel;
mod crons;
pub(super) mod disks;
pub(super) mod email_stats;
mod firewall;
mod inventory;
mod litespeed;
mod mail_queue;
mod metrics;
mod mysql;
mod processes;

use super::calendar::MINUTE_MS;
use super::fault::{Fault, FaultKind};
use super::host::Host;
use noc_pipeline::clock::UnixMs;
use noc_pipeline::payload::{Kind, KindError, Payload, Report};

/// A host at an instant.
#[derive(Debug, Clone, Copy)]
pub(super) struct View<'a> {
    pub(super) host: &'a Host,
    /// All of its trouble, past and to come.
    pub(super) faults: &'a [Fault],
    pub(super) at: UnixMs,
    /// How far the agent's clock is ahead.
    pub(super) ahead_ms: i64,
}

impl<'a> View<'a> {
    pub(super) fn of(host: &'a Host, faults: &'a [Fault], at: UnixMs) -> Self {
        let mut view = Self {
            host,
            faults,
            at,
            ahead_ms: 0,
        };
        let ahead_ms = view.lasting().find_map(skew);
        view.ahead_ms = ahead_ms.unwrap_or(0);
        view
    }

    /// What is wrong now.
    pub(super) fn lasting(&self) -> impl Iterator<Item = &'a FaultKind> {
        let at = self.at;
        self.faults
            .iter()
            .filter(move |fault| fault.lasts(at))
            .map(|fault| &fault.kind)
    }

    pub(super) fn suffers(&self, from: &FaultKind) -> bool {
        self.lasting().any(|kind| kind == from)
    }

    /// What the agent's clock shows.
    pub(super) const fn clock(&self, at: UnixMs) -> UnixMs {
        UnixMs(at.0 + self.ahead_ms)
    }

    /// Minutes since 1970: the step of noise that changes each minute.
    pub(super) const fn minute(&self) -> u64 {
        self.at.0.div_euclid(MINUTE_MS).cast_unsigned()
    }

    /// Everything of a kind that is one report at any instant; `None` for kinds of other hosts and of events.
    pub(super) fn report(&self, kind: Kind) -> Option<Report> {
        if self.host.unreadable == Some(kind) && self.has(kind) {
            return Some(unreadable(
                kind,
                KindError::NoPermission,
                "run: agent.sh doctor",
            ));
        }
        let payload: Payload = match kind {
            Kind::Metrics => metrics::measure(self).into(),
            Kind::Processes => processes::measure(self).into(),
            Kind::Disks => disks::measure(self).into(),
            Kind::Mysql => return mysql::measure(self),
            Kind::Litespeed => litespeed::measure(self)?.into(),
            Kind::MailQueue => mail_queue::measure(self)?.into(),
            Kind::Crons => crons::measure(self).into(),
            Kind::Cpanel => cpanel::measure(self)?.into(),
            Kind::Inventory => inventory::measure(self).into(),
            Kind::EmailStats => email_stats::running(self)?.into(),
            Kind::Firewall => firewall::measure(self, UnixMs(self.at.0 - 2 * MINUTE_MS)).into(),
            _ => return None,
        };
        Some(Report::Data(payload))
    }

    /// Whether hosts of this stack report a kind at all.
    pub(super) fn has(&self, kind: Kind) -> bool {
        let stack = &self.host.stack;
        match kind {
            Kind::Mysql => stack.database.is_some(),
            Kind::Litespeed => self.host.has_service("lsws"),
            Kind::MailQueue | Kind::EmailStats => stack.mail_server.is_some(),
            Kind::Cpanel => stack.panel.is_some(),
            _ => true,
        }
    }

    /// Events of the firewall's logs after `since`.
    pub(super) fn firewall(&self, since: UnixMs) -> Report {
        Report::Data(firewall::measure(self, since).into())
    }

    /// The hour that ended last.
    pub(super) fn finished_hour(&self) -> Option<Report> {
        Some(Report::Data(email_stats::finished(self)?.into()))
    }
}

fn skew(kind: &FaultKind) -> Option<i64> {
    match kind {
        FaultKind::ClockSkew { by_ms } => Some(*by_ms),
        _ => None,
    }
}

fn unreadable(kind: Kind, error: KindError, hint: &str) -> Report {
    Report::Unreadable {
        kind,
        error,
        hint: Some(hint.to_owned()),
    }
}
