//! `mail_queue_spike`: the mail queue holds far more frozen or deferred messages than on the day before.
//!
//! Usual is the mean of the last 24 h ([`crate::baseline::ring`]); the newest report has no part in it, and it is frozen
//! from the first report over a limit until the incident is over. One incident a server, whichever of the two it is.

use super::series::{Judged, Of, Side};
use super::wording::{about, grouped};
use super::{
    Also, Context, Detector, Finding, Info, Judgement, Number, Observation, Title, Verdict,
    page_hold,
};
use crate::baseline::AHEAD;
use crate::baseline::ring::{Mean, Ring};
use noc_pipeline::clock::UnixMs;
use noc_pipeline::control::{Severity, Word};
use noc_pipeline::payload::{Kind, MailQueue, Payload, Report, Unit};
use noc_pipeline::record::PayloadRecord;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Reports further apart than this are not in a row: three intervals.
pub const IN_A_ROW: Duration = Duration::from_secs(900);
/// After so long an incident asks whether this is how it is now.
pub const LONG: Duration = Duration::from_secs(72 * 3_600);
/// Senders that are named.
const SENDERS: usize = 3;

/// The detector.
#[derive(Debug, Clone, Copy)]
pub struct MailQueueSpike;

/// What is remembered of a server's queue.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Queue {
    frozen: Ring,
    deferred: Ring,
    /// The newest report.
    at: Option<UnixMs>,
    /// Reports in a row with too many deferred messages.
    over: u8,
    /// Reports in a row under the clearing line.
    under: u8,
    /// When it last froze.
    since: Option<UnixMs>,
    /// It was said that this is normal: not frozen again while the incident is open.
    normal: bool,
}

/// One of the two counts beside what is usual for it.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Level {
    /// Never told by this server.
    Untold,
    /// Not told this time.
    Missing,
    /// Over the limit.
    Over,
    /// In between.
    Between,
    /// Under the clearing line.
    Under,
}

/// One of the two counts.
#[derive(Debug, Clone, Copy)]
struct Seen {
    count: Option<u64>,
    usual: Option<Mean>,
    /// A breach from here on; `None` while that is not known.
    limit: Option<f64>,
    level: Level,
}

impl Detector for MailQueueSpike {
    type State = Queue;

    const INFO: Info = Info {
        key: "mail_queue_spike",
        code: 8,
        version: 1,
        kinds: &[Kind::MailQueue],
        also: &[Also::Words],
        compares_reports: true,
        judges: Some(Judged {
            metrics: &["mail-queue.frozen", "mail-queue.deferred"],
            of: Of::Host,
            fine: Some(Side::Below),
        }),
        name: "Mail queue",
        about: "The mail queue holds more than 50 frozen messages and three times as many as on the day before (while \
                that is not known, more than 500), or for three reports 300 deferred messages and five times as many.",
        severities: &[Severity::High],
        numbers: &[
            Number {
                key: "frozen_floor",
                unit: Unit::Count,
                default: 50.0,
                min: 1.0,
                max: 1e6,
                about: "So many frozen messages are never an incident.",
            },
            Number {
                key: "frozen_factor",
                unit: Unit::Count,
                default: 3.0,
                min: 1.2,
                max: 100.0,
                about: "Frozen messages, as a multiple of the mean of the last 24 h.",
            },
            Number {
                key: "learning_floor",
                unit: Unit::Count,
                default: 500.0,
                min: 1.0,
                max: 1e6,
                about: "More frozen messages than this are an incident while the mean is not known.",
            },
            Number {
                key: "deferred_floor",
                unit: Unit::Count,
                default: 300.0,
                min: 1.0,
                max: 1e6,
                about: "Fewer deferred messages than this are never an incident.",
            },
            Number {
                key: "deferred_factor",
                unit: Unit::Count,
                default: 5.0,
                min: 1.2,
                max: 100.0,
                about: "Deferred messages, as a multiple of the mean of the last 24 h.",
            },
            Number {
                key: "clear_factor",
                unit: Unit::Count,
                default: 2.0,
                min: 1.0,
                max: 100.0,
                about: "Under this multiple of the mean, or under the floor, it clears.",
            },
            Number {
                key: "reports",
                unit: Unit::Count,
                default: 3.0,
                min: 1.0,
                max: 50.0,
                about: "Reports in a row that decide about deferred messages, and about clearing.",
            },
        ],
        docs: include_str!("docs/mail_queue_spike.md"),
    };

    fn judge<'a>(&self, state: &Queue, at: &Context<'a>) -> Judgement<'a, Queue> {
        let silent = Judgement {
            patch: None,
            verdicts: Vec::new(),
        };
        match at.seen {
            Observation::Report(record) => match &*record.report {
                Report::Data(Payload::MailQueue(queue)) => state.report(queue, record, at),
                _ => unknown("the mail queue is unreadable"),
            },
            Observation::Told {
                word: Word::NewNormal,
                ..
            } => {
                let mut next = state.clone();
                next.frozen.new_normal();
                next.deferred.new_normal();
                next.normal = true;
                Judgement {
                    patch: Some(next),
                    verdicts: Vec::new(),
                }
            }
            _ => silent,
        }
    }
}

fn unknown<'a>(reason: &'static str) -> Judgement<'a, Queue> {
    Judgement {
        patch: None,
        verdicts: vec![Verdict::unknown("", reason)],
    }
}

impl Queue {
    fn report<'a>(
        &self,
        queue: &MailQueue,
        record: &PayloadRecord,
        at: &Context<'a>,
    ) -> Judgement<'a, Self> {
        let now = record.event_at;
        let ahead = now > record.received_at.plus(AHEAD);
        if ahead || self.at.is_some_and(|newest| now <= newest) {
            // Of the future, or the same report again, which must not count twice in a row.
            return Judgement {
                patch: None,
                verdicts: Vec::new(),
            };
        }
        if queue.frozen.is_none() && queue.deferred.is_none() {
            return unknown("the report counts neither frozen nor deferred messages");
        }
        let open = at.open(&MailQueueSpike::INFO, "").is_some();
        let number = |key: &str| at.number(&MailQueueSpike::INFO, key);
        let reports = whole(number("reports"));
        let frozen = frozen(&self.frozen, queue.frozen, now, &number);
        let deferred = deferred(&self.deferred, queue.deferred, now, &number);

        let mut next = self.clone();
        next.at = Some(now);
        next.normal &= open;
        if self.at.is_none_or(|last| now.since(last) > IN_A_ROW) {
            (next.over, next.under) = (0, 0);
        }
        next.over = counted(next.over, deferred.level == Level::Over);
        let calm = [frozen.level, deferred.level];
        let calm = calm
            .iter()
            .all(|l| matches!(l, Level::Under | Level::Untold));
        next.under = counted(next.under, calm);
        let hot = frozen.level == Level::Over || deferred.level == Level::Over;
        next.learn(queue, record, hot, open);

        let breach = if frozen.level == Level::Over {
            Some(finding(queue, "frozen", frozen, &next, now))
        } else {
            let dead = deferred.level == Level::Over && next.over >= reports;
            dead.then(|| finding(queue, "deferred", deferred, &next, now))
        };
        let verdict = match breach {
            Some(finding) => Verdict::breach("", finding),
            None if open && next.under < reports => {
                Verdict::learning("", next.under.into(), reports.into())
            }
            None if !open && hot => Verdict::learning("", next.over.into(), reports.into()),
            None if !calm && [frozen.level, deferred.level].contains(&Level::Missing) => {
                Verdict::unknown("", "one of the counts is missing")
            }
            None => Verdict::clear(""),
        };
        Judgement {
            patch: Some(next),
            verdicts: vec![verdict],
        }
    }

    /// Takes the counts; freezes before them when they are over a limit, and thaws when all is well.
    fn learn(&mut self, queue: &MailQueue, record: &PayloadRecord, hot: bool, open: bool) {
        let (at, now) = (record.event_at, record.received_at);
        let freeze = (hot || open) && !self.normal;
        if freeze && self.since.is_none() {
            self.since = Some(at);
        }
        if !freeze {
            self.since = None;
        }
        for (ring, count) in [
            (&mut self.frozen, queue.frozen),
            (&mut self.deferred, queue.deferred),
        ] {
            if freeze {
                ring.freeze(at);
            } else if !open {
                ring.thaw();
            }
            if let Some(count) = count {
                ring.push(at, count, now);
            }
        }
    }
}

fn frozen(ring: &Ring, count: Option<u64>, at: UnixMs, number: &dyn Fn(&str) -> f64) -> Seen {
    let usual = ring.mean(at);
    let (floor, learning) = (number("frozen_floor"), number("learning_floor"));
    let limit = match usual {
        Some(mean) => floor.max(number("frozen_factor") * mean.value),
        None => learning,
    };
    let over = |count: f64| match usual {
        Some(mean) => count > floor && count >= number("frozen_factor") * mean.value,
        None => count > learning,
    };
    let under = |count: f64| match usual {
        Some(mean) => count <= floor || count < number("clear_factor") * mean.value,
        None => count <= learning,
    };
    Seen {
        count,
        usual,
        limit: Some(limit),
        level: level(ring, count, over, under),
    }
}

fn deferred(ring: &Ring, count: Option<u64>, at: UnixMs, number: &dyn Fn(&str) -> f64) -> Seen {
    let usual = ring.mean(at);
    let floor = number("deferred_floor");
    let limit = usual.map(|mean| floor.max(number("deferred_factor") * mean.value));
    let over = |count: f64| limit.is_some_and(|limit| count >= limit);
    let under = |count: f64| {
        count < floor || usual.is_none_or(|mean| count < number("clear_factor") * mean.value)
    };
    Seen {
        count,
        usual,
        limit,
        level: level(ring, count, over, under),
    }
}

#[expect(clippy::cast_precision_loss, reason = "messages of a queue")]
fn level(
    ring: &Ring,
    count: Option<u64>,
    over: impl Fn(f64) -> bool,
    under: impl Fn(f64) -> bool,
) -> Level {
    match count.map(|count| count as f64) {
        None if ring.has_data() => Level::Missing,
        None => Level::Untold,
        Some(count) if over(count) => Level::Over,
        Some(count) if under(count) => Level::Under,
        Some(_) => Level::Between,
    }
}

fn counted(so_far: u8, again: bool) -> u8 {
    if again { so_far.saturating_add(1) } else { 0 }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "1 to 50"
)]
fn whole(number: f64) -> u8 {
    number.clamp(1.0, 255.0) as u8
}

fn finding(queue: &MailQueue, what: &str, seen: Seen, state: &Queue, now: UnixMs) -> Finding {
    let count = grouped(seen.count.unwrap_or_default());
    let senders: Vec<String> = queue.top_senders.iter().take(SENDERS).map(sender).collect();
    let mut observed = format!("{count} {what} messages in the queue of {}", queue.mta);
    if !senders.is_empty() {
        observed.push_str(&format!(", most from {}", senders.join(", ")));
    }
    let mut expected = match seen.usual {
        Some(mean) => format!(
            "about {}, the mean of {} reports of 24 h before",
            about(mean.value),
            mean.samples
        ),
        None => format!(
            "no more than {} while the mean is not known",
            about(seen.limit.unwrap_or_default())
        ),
    };
    let lasted = state.since.map_or(Duration::ZERO, |since| now.since(since));
    if lasted >= LONG {
        expected.push_str(&format!(
            "; it has been so for {} h: if this is how it is now, call it the new normal",
            lasted.as_secs() / 3_600
        ));
    }
    Finding {
        severity: Severity::High,
        hold: page_hold(Severity::High),
        title: Title {
            before: "Mail queue of ".to_owned(),
            after: format!(" holds {count} {what} messages"),
        },
        observed,
        expected,
        samples: seen.usual.map_or(1, |mean| mean.samples),
        threshold: seen.limit,
        command: command(&queue.mta, what),
        rule: None,
        evidence: None,
    }
}

fn sender(sender: &noc_pipeline::payload::QueueSender) -> String {
    let count = grouped(sender.count.unwrap_or_default());
    if sender.domain.is_empty() {
        // Answers to mail that was not wanted: often the echo of what was sent in a customer's name.
        return format!("bounces ({count})");
    }
    format!("{} ({count})", sender.domain)
}

/// Shows what waits, the oldest first.
fn command(mta: &str, what: &str) -> Option<String> {
    let command = match (mta, what) {
        ("exim", "frozen") => "sudo exiqgrep -z -b | head -n 50",
        ("exim", _) => "sudo exim -bp | exiqsumm -c | head -n 30",
        ("postfix", _) => "sudo postqueue -p | head -n 60",
        _ => return None,
    };
    Some(command.to_owned())
}

#[cfg(test)]
mod tests;
