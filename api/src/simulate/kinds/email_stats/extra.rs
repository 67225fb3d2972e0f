//! Mail that trouble adds, and newsletters.

use super::{Count, Span, adds_mail, messages};
use crate::simulate::calendar::{Every, HOUR_MS, MINUTE_MS};
use crate::simulate::fault::{Fault, FaultKind, MailBurst, Newsletter, NewsletterDay};
use crate::simulate::host::{Host, What, names};
use crate::simulate::kinds::View;
use crate::simulate::noise::{real, whole};
use noc_pipeline::clock::UnixMs;

/// More than one login rotates in a lifetime.
const MOST_DOMAINS: u32 = 300;

/// What one fault adds in an hour.
#[derive(Debug)]
pub(super) struct Extra {
    /// The mailbox that sends, or whose account's site does.
    pub(super) sender: usize,
    /// The script that sends, if one does.
    pub(super) script: Option<String>,
    pub(super) count: Count,
    /// Made-up domains it is sent as; empty: its own.
    pub(super) forged: Vec<String>,
    pub(super) addresses: Vec<String>,
    pub(super) countries: Vec<String>,
}

pub(super) fn of(view: &View<'_>, span: Span, fault: &Fault) -> Option<Extra> {
    if !adds_mail(&fault.kind)
        || fault.from >= span.to
        || fault.until.is_some_and(|until| until <= span.from)
    {
        return None;
    }
    let extra = match &fault.kind {
        FaultKind::MailBurst(burst) => of_burst(view, span, fault, burst)?,
        FaultKind::Newsletter(letter) => of_newsletter(view, span, fault, letter)?,
        _ => return None,
    };
    (extra.count.recipients > 0).then_some(extra)
}

fn of_burst(view: &View<'_>, span: Span, fault: &Fault, burst: &MailBurst) -> Option<Extra> {
    let host = view.host;
    let (sender, login) = host.mail.login(burst.login)?;
    let noise = host.noise;
    let step = span.hour.0.div_euclid(HOUR_MS).cast_unsigned();
    let amount = if burst.by_day {
        // By the hour: a share of what the whole hour will have.
        let middle = span.middle();
        let height = if fault.lasts(middle) {
            burst_height(fault, burst, middle)
        } else {
            0.0
        };
        burst.per_hour * height * host.offices.rate(middle) * span.part
    } else {
        let until = fault.until.map_or(span.to, |until| until.min(span.to));
        burst.per_hour * (full_hours(fault, burst, until) - full_hours(fault, burst, span.from))
    };
    let recipients =
        whole((amount * noise.between(What::Burst.nth(sender), step, 0.9, 1.1)).floor());
    let failed = whole((real(recipients) * burst.failures).floor()).min(recipients);
    let account = host
        .mail
        .domain_of(login)
        .map_or("", |domain| domain.account.as_str());
    let place = |n: u32| noise.bits(What::Burst.nth(sender), u64::from(n) + (1 << 40));
    let strangers = (0..burst.addresses.min(200)).map(place);
    let mut countries: Vec<String> = (0..)
        .map(|n| names::country_of(noise.bits(What::Burst.nth(sender), n + (1 << 41))).to_owned())
        .take(200)
        .collect();
    countries.sort_unstable();
    countries.dedup();
    countries.truncate(usize::try_from(burst.countries).unwrap_or(0));
    Some(Extra {
        sender,
        script: burst
            .by_script
            .then(|| names::planted_script(noise, account)),
        count: Count {
            messages: messages(recipients, 1.2),
            recipients,
            deferred: failed / 2,
            bounced: failed - failed / 2,
        },
        forged: (0..burst.domains.min(MOST_DOMAINS))
            .map(|n| names::forged_domain(noise, n.into()))
            .collect(),
        addresses: strangers
            .map(|bits| names::stranger(bits).to_string())
            .collect(),
        countries,
    })
}

/// How high a burst stands at an instant, 0 to 1.
pub(in crate::simulate) fn burst_height(fault: &Fault, burst: &MailBurst, at: UnixMs) -> f64 {
    let passed = at.since(fault.from).as_secs_f64();
    (passed / burst.ramp.as_secs_f64().max(1.0)).min(1.0)
}

/// Hours of full height that came together up to an instant.
fn full_hours(fault: &Fault, burst: &MailBurst, at: UnixMs) -> f64 {
    let passed = at.since(fault.from).as_secs_f64() / 3_600.0;
    let ramp = (burst.ramp.as_secs_f64() / 3_600.0).max(1e-6);
    if passed < ramp {
        passed * passed / (2.0 * ramp)
    } else {
        passed - ramp / 2.0
    }
}

/// When the last newsletter began up to `at`.
pub(in crate::simulate) fn newsletter_start(
    host: &Host,
    letter: &Newsletter,
    at: UnixMs,
) -> UnixMs {
    let every = match letter.on {
        NewsletterDay::Weekly(day) => Every::Weekday(day.into()),
        NewsletterDay::Monthly(day) => Every::MonthDay(day.into()),
    };
    host.zone.last_on(at, every, letter.minute_of_day.into())
}

fn of_newsletter(view: &View<'_>, span: Span, fault: &Fault, letter: &Newsletter) -> Option<Extra> {
    let (sender, _) = view.host.mail.login(letter.login)?;
    let begins = newsletter_start(view.host, letter, UnixMs(span.to.0 - 1));
    if !fault.lasts(begins) {
        return None;
    }
    let length = i64::from(letter.minutes.max(1)) * MINUTE_MS;
    let sent_by = |at: UnixMs| {
        let passed = (at.0 - begins.0).clamp(0, length);
        u64::from(letter.recipients) * passed.cast_unsigned() / length.cast_unsigned()
    };
    let recipients = sent_by(span.to) - sent_by(span.from);
    Some(Extra {
        sender,
        script: None,
        count: Count {
            messages: messages(recipients, 40.0),
            recipients,
            deferred: recipients / 100,
            bounced: recipients / 150,
        },
        forged: Vec::new(),
        addresses: Vec::new(),
        countries: Vec::new(),
    })
}
