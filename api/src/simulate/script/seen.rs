//! From when on the reports of a host show what a rule of mail asks for: the rules' own arithmetic, on what the host
//! reports.
//!
//! What else is wrong with the host at the time is left out, and so is what a detector may not have seen.

use super::mail::{FLOOR, TIMES};
use crate::simulate::calendar::{DAY_MS, HOUR_MS, MINUTE_MS};
use crate::simulate::fault::Fault;
use crate::simulate::host::Host;
use crate::simulate::kinds::View;
use crate::simulate::noise::real;
use noc_pipeline::clock::UnixMs;
use noc_pipeline::payload::{EmailStats, Kind, MailQueue, Payload, Report};

/// Recipients in an hour of what was never seen before.
const NEW_FLOOR: f64 = 500.0;
/// Days whose same hour is what to expect.
const DAYS: i64 = 7;
/// Messages in a queue that count, and times the mean of a day.
const FROZEN: (f64, f64) = (50.0, 3.0);
const DEFERRED: (f64, f64) = (300.0, 5.0);
/// So many reports in a row of a queue that waits.
const DEFERRED_REPORTS: usize = 3;
const FIVE_MIN_MS: i64 = 5 * MINUTE_MS;

/// Who sends.
#[derive(Debug, Clone, Copy)]
pub(super) enum Who<'a> {
    Login(&'a str),
    Script(&'a str),
    Domain(&'a str),
}

impl Who<'_> {
    fn recipients(self, mail: &EmailStats) -> f64 {
        let found = match self {
            Self::Login(name) => {
                let mut all = mail.logins.iter();
                all.find(|l| l.login == name).and_then(|l| l.recipients)
            }
            Self::Script(name) => {
                let mut all = mail.scripts.iter();
                all.find(|s| s.path == name).and_then(|s| s.recipients)
            }
            Self::Domain(name) => {
                let mut all = mail.domains.iter();
                all.find(|d| d.domain == name).and_then(|d| d.recipients)
            }
        };
        real(found.unwrap_or(0))
    }
}

/// A host with one trouble.
pub(super) struct Alone<'a> {
    pub(super) host: &'a Host,
    pub(super) fault: &'a [Fault],
}

impl Alone<'_> {
    fn mail(&self, at: UnixMs) -> Option<EmailStats> {
        match View::of(self.host, self.fault, at).report(Kind::EmailStats)? {
            Report::Data(Payload::EmailStats(mail)) => Some(mail),
            _ => None,
        }
    }

    fn hour(&self, hour: i64) -> Option<EmailStats> {
        let at = UnixMs((hour + 1) * HOUR_MS);
        match View::of(self.host, self.fault, at).finished_hour()? {
            Report::Data(Payload::EmailStats(mail)) => Some(mail),
            _ => None,
        }
    }

    fn queue(&self, at: UnixMs) -> Option<MailQueue> {
        match View::of(self.host, self.fault, at).report(Kind::MailQueue)? {
            Report::Data(Payload::MailQueue(queue)) => Some(queue),
            _ => None,
        }
    }

    /// When one of these first has more in a running hour than [`FLOOR`] and [`TIMES`] what it had at that hour, looked
    /// at each minute.
    pub(super) fn mail_breaks(
        &self,
        who: &[Who<'_>],
        from: UnixMs,
        until: UnixMs,
    ) -> Option<UnixMs> {
        let mut known: Option<(i64, Vec<f64>)> = None;
        let mut at = from;
        while at < until {
            let hour = at.0.div_euclid(HOUR_MS);
            let limits = match &known {
                Some((of, limits)) if *of == hour => limits,
                _ => &known.insert((hour, self.limits(who, hour))).1,
            };
            let mail = self.mail(at)?;
            let mut all = who.iter().zip(limits);
            if all.any(|(who, limit)| who.recipients(&mail) > *limit) {
                return Some(at);
            }
            at = UnixMs(at.0 + MINUTE_MS);
        }
        None
    }

    fn limits(&self, who: &[Who<'_>], hour: i64) -> Vec<f64> {
        let days = (1..=DAYS).filter_map(|day| self.hour(hour - day * 24));
        let days: Vec<EmailStats> = days.collect();
        let limit = |who: &Who<'_>| {
            let mut had: Vec<f64> = days.iter().map(|mail| who.recipients(mail)).collect();
            had.sort_by(f64::total_cmp);
            let median = had.get(had.len() / 2).copied().unwrap_or(0.0);
            // A mailbox of the house is known though it was silent at this hour; a planted script is not.
            match who {
                Who::Script(_) if had.iter().all(|count| *count < 1.0) => NEW_FLOOR,
                _ => FLOOR.max(TIMES * median),
            }
        };
        who.iter().map(limit).collect()
    }

    /// When the day's sum of a sender was over three times the median of the days before for the third day running.
    pub(super) fn mail_ramps(&self, who: Who<'_>, from: UnixMs, until: UnixMs) -> Option<UnixMs> {
        const MEDIAN_OF: i64 = 28;
        let first = from.0.div_euclid(DAY_MS);
        let mut sums: Vec<f64> = (first - MEDIAN_OF..first)
            .map(|day| self.day(who, day))
            .collect();
        let mut running = 0;
        for day in first..until.0.div_euclid(DAY_MS) {
            let mut before = sums.clone();
            before.sort_by(f64::total_cmp);
            let median = before.get(before.len() / 2).copied().unwrap_or(0.0);
            let sum = self.day(who, day);
            running = if sum > 3.0 * median.max(1.0) {
                running + 1
            } else {
                0
            };
            if running == 3 {
                return Some(UnixMs((day + 1) * DAY_MS));
            }
            sums.remove(0);
            sums.push(sum);
        }
        None
    }

    fn day(&self, who: Who<'_>, day: i64) -> f64 {
        let hours = (day * 24..(day + 1) * 24).filter_map(|hour| self.hour(hour));
        hours.map(|mail| who.recipients(&mail)).sum()
    }

    /// When so many are frozen, or have waited for so many reports, looked at each minute.
    pub(super) fn queue_breaks(&self, from: UnixMs, until: UnixMs) -> Option<UnixMs> {
        let before: Vec<MailQueue> = (1..=DAY_MS / FIVE_MIN_MS)
            .filter_map(|n| self.queue(UnixMs(from.0 - n * FIVE_MIN_MS)))
            .collect();
        let mean = |of: fn(&MailQueue) -> Option<u64>| {
            let sum: f64 = before.iter().filter_map(of).map(real).sum();
            sum / real(before.len() as u64).max(1.0)
        };
        let frozen = FROZEN.0.max(FROZEN.1 * mean(|q| q.frozen));
        let deferred = DEFERRED.0.max(DEFERRED.1 * mean(|q| q.deferred));
        let waits_ms = FIVE_MIN_MS * (DEFERRED_REPORTS as i64 - 1);
        let mut waiting_since: Option<UnixMs> = None;
        let mut at = from;
        while at < until {
            let queue = self.queue(at)?;
            if queue.frozen.map(real) > Some(frozen) {
                return Some(at);
            }
            if queue.deferred.map(real) >= Some(deferred) {
                let since = *waiting_since.get_or_insert(at);
                if at.0 - since.0 >= waits_ms {
                    return Some(at);
                }
            } else {
                waiting_since = None;
            }
            at = UnixMs(at.0 + MINUTE_MS);
        }
        None
    }

    /// From how many addresses and countries a mailbox sent in an hour, and whether too much of it failed.
    pub(super) fn evident(&self, login: &str, at: UnixMs) -> bool {
        let Some(mail) = self.mail(at) else {
            return false;
        };
        let mut logins = mail.logins.into_iter();
        let Some(login) = logins.find(|known| known.login == login) else {
            return false;
        };
        let named =
            |of: &Option<noc_pipeline::payload::Distinct>| of.as_ref().map_or(0, |d| d.count());
        let failed = real(login.failures.unwrap_or(0));
        let share = failed / real(login.recipients.unwrap_or(0)).max(1.0);
        named(&login.ips) >= 5 || named(&login.countries) >= 3 || (failed >= 30.0 && share >= 0.15)
    }
}
