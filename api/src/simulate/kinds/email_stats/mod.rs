//! `email-stats`: everybody's mail of an hour by offices' hours, and what trouble adds.
//!
//! A count of the running hour is the part of the hour's own count that has passed, rounded down: it only grows, and
//! ends as the complete one. Domains are sums over those who send for them, so all three lists tell of the same mail.

mod extra;
mod lists;

pub(in crate::simulate) use extra::{burst_height, newsletter_start};

use super::View;
use crate::simulate::calendar::{DAY_MS, HOUR_MS};
use crate::simulate::fault::FaultKind;
use crate::simulate::host::{Sender, What};
use crate::simulate::noise::{real, whole};
use chrono::Datelike;
use extra::Extra;
use noc_pipeline::clock::UnixMs;
use noc_pipeline::payload::EmailStats;

/// The running hour names nobody with less.
const LEAST_RECIPIENTS: u64 = 50;

/// Mail of one name.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Count {
    messages: u64,
    recipients: u64,
    deferred: u64,
    bounced: u64,
}

impl Count {
    fn add(&mut self, more: Self) {
        self.messages += more.messages;
        self.recipients += more.recipients;
        self.deferred += more.deferred;
        self.bounced += more.bounced;
    }
}

/// An hour by the agent's clock, as far as it has passed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Span {
    /// Its start as the agent tells it.
    hour: UnixMs,
    /// Its start, and the end of what has passed, by the right clock.
    from: UnixMs,
    to: UnixMs,
    /// How much of it that is, 0 to 1.
    part: f64,
}

impl Span {
    fn middle(&self) -> UnixMs {
        UnixMs(self.from.0 + HOUR_MS / 2)
    }
}

/// The running hour up to now.
pub(super) fn running(view: &View<'_>) -> Option<EmailStats> {
    let shown = view.clock(view.at);
    let passed = shown.0.rem_euclid(HOUR_MS);
    let span = Span {
        hour: UnixMs(shown.0 - passed),
        from: UnixMs(view.at.0 - passed),
        to: view.at,
        part: passed as f64 / HOUR_MS as f64,
    };
    read(view, span, false)
}

/// The hour that ended last.
pub(super) fn finished(view: &View<'_>) -> Option<EmailStats> {
    let shown = view.clock(view.at);
    let passed = shown.0.rem_euclid(HOUR_MS);
    let to = UnixMs(view.at.0 - passed);
    let span = Span {
        hour: UnixMs(shown.0 - passed - HOUR_MS),
        from: UnixMs(to.0 - HOUR_MS),
        to,
        part: 1.0,
    };
    read(view, span, true)
}

fn read(view: &View<'_>, span: Span, complete: bool) -> Option<EmailStats> {
    view.host.stack.mail_server?;
    let mail = &view.host.mail;
    let usual = Usual::of(view, span);
    let counts: Vec<Count> = mail
        .senders
        .iter()
        .enumerate()
        .map(|(n, sender)| usual.count(view, span, n, sender))
        .collect();
    let extras: Vec<Extra> = view
        .faults
        .iter()
        .filter_map(|fault| extra::of(view, span, fault))
        .collect();
    let least = if complete { 1 } else { LEAST_RECIPIENTS };
    Some(lists::build(view, span, complete, least, &counts, &extras))
}

/// What holds for every sender in an hour.
struct Usual {
    rate: f64,
    month_end: bool,
    step: u64,
    day: u64,
}

impl Usual {
    fn of(view: &View<'_>, span: Span) -> Self {
        let middle = span.middle();
        let date = view.host.zone.local(middle).date();
        let tomorrow = date.succ_opt().unwrap_or(date);
        Self {
            rate: view.host.offices.rate(middle),
            month_end: date.day() == 1 || tomorrow.day() == 1,
            step: span.hour.0.div_euclid(HOUR_MS).cast_unsigned(),
            day: middle.0.div_euclid(DAY_MS).cast_unsigned(),
        }
    }

    fn count(&self, view: &View<'_>, span: Span, n: usize, sender: &Sender) -> Count {
        let noise = view.host.noise;
        let month_end = view
            .host
            .mail
            .domain_of(sender)
            .map_or(1.0, |domain| domain.month_end);
        let mean = sender.per_hour * self.rate * if self.month_end { month_end } else { 1.0 };
        // Most of a long tail sends nothing in most hours: one draw settles it.
        if mean < 0.02 && noise.fraction(What::MailHour.nth(n), self.step) > mean {
            return Count::default();
        }
        let day = 1.0 + 0.22 * noise.normal(What::MailDay.nth(n), self.day).max(-3.0);
        let hour = 1.0 + 0.18 * noise.normal(What::MailDay.nth(n), self.step + (1 << 40));
        let all = noise.events(What::MailHour.nth(n), self.step, mean * day * hour.max(0.3));
        let deferred = noise
            .events(
                What::MailFailed.nth(n),
                self.step,
                real(all) * sender.deferred,
            )
            .min(all);
        let bounced = noise
            .events(
                What::MailFailed.nth(n),
                self.step + (1 << 40),
                real(all) * sender.bounced,
            )
            .min(all - deferred);
        let recipients = part_of(all, span.part);
        Count {
            messages: messages(recipients, sender.per_message),
            recipients,
            deferred: part_of(deferred, span.part),
            bounced: part_of(bounced, span.part),
        }
    }
}

fn part_of(count: u64, part: f64) -> u64 {
    whole((real(count) * part).floor())
}

/// Never more than recipients, and none only for none.
fn messages(recipients: u64, per_message: f64) -> u64 {
    whole((real(recipients) / per_message.max(1.0)).ceil())
}

/// Whether a fault is one that adds mail.
pub(super) const fn adds_mail(kind: &FaultKind) -> bool {
    matches!(kind, FaultKind::MailBurst(_) | FaultKind::Newsletter(_))
}
