//! `mail_ramp`: a mailbox, script or domain mails far more recipients a day than it did for four weeks, three days
//! running. Subjects as of [`super::mail_abuse`].
//!
//! It is for what grows so slowly that every hour is close to the same hour of the week before. Days are UTC days that are
//! over and of which nearly every hour was told ([`crate::baseline::daily`]); the days that are judged have no part in
//! the median. While an incident is open the median stays what it was, and `outgoing_mail_abuse` learns nothing from hours
//! far above the usual.

use super::evidence::Sender;
use super::mail_abuse::OutgoingMailAbuse;
use super::mail_abuse::census::{Entry, entries};
use super::mail_abuse::finding::command;
use super::wording::{about, grouped, plural};
use super::{
    Also, Context, Detector, Finding, Info, Judgement, Number, Observation, Title, Verdict,
    page_hold,
};
use crate::baseline::daily::DailyCounts;
use crate::baseline::id::SubjectId;
use crate::baseline::{hour_number, median};
use noc_pipeline::clock::UnixMs;
use noc_pipeline::control::{Severity, Word};
use noc_pipeline::payload::{EmailStats, Kind, Payload, Report, Unit};
use serde::{Deserialize, Serialize};

/// Days that are compared with.
const BASE_DAYS: usize = 28;
/// Fewer than these are no median.
const LEARNED_DAYS: usize = 7;
/// Days in a row may have so many unknown ones between them.
const UNKNOWN_DAYS: u32 = 2;

/// The detector.
#[derive(Debug, Clone, Copy)]
pub struct MailRamp;

/// What is remembered of a server's days of mail.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Ramp {
    days: DailyCounts,
    held: Vec<Held>,
    /// Domains that are part of a sender's incident, and whose it is.
    parts: Vec<(SubjectId, SubjectId)>,
}

/// The median of a subject as it was when its incident opened.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Held {
    id: SubjectId,
    usual: Usual,
    /// The first day of the ramp.
    since: u32,
}

/// What is usual for a subject.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Usual {
    /// Recipients a day; `None` for a sender that is new on a server that is not.
    median: Option<f64>,
    /// Days it rests on.
    days: u32,
}

/// A subject's last days.
#[derive(Debug, Clone, PartialEq)]
struct Seen {
    /// The last days, oldest first, with their counts.
    last: Vec<(u32, u32)>,
    usual: Usual,
    limit: f64,
    is_up: bool,
    is_calm: bool,
}

#[derive(Debug, Clone, Copy)]
struct Numbers {
    factor: f64,
    clear_factor: f64,
    run: usize,
    floor: f64,
    new_floor: f64,
}

impl Numbers {
    fn of(at: &Context<'_>) -> Self {
        let number = |key| at.number(&MailRamp::INFO, key);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "1 to 7"
        )]
        let run = number("days").clamp(1.0, 7.0) as usize;
        Self {
            factor: number("factor"),
            clear_factor: number("clear_factor"),
            run,
            floor: number("floor"),
            new_floor: number("new_floor"),
        }
    }
}

const fn count(key: &'static str, default: f64, range: [f64; 2], about: &'static str) -> Number {
    let [min, max] = range;
    Number {
        key,
        unit: Unit::Count,
        default,
        min,
        max,
        about,
    }
}

impl Detector for MailRamp {
    type State = Ramp;

    const INFO: Info = Info {
        key: "mail_ramp",
        code: 10,
        version: 1,
        kinds: &[Kind::EmailStats],
        also: &[Also::Late, Also::Words],
        compares_reports: true,
        judges: None,
        name: "Mail ramp",
        about: "A mailbox, script or domain mails more than three times the recipients a day that it did in the four \
                weeks before, three days running, and more than 300.",
        severities: &[Severity::Medium],
        numbers: &[
            count(
                "factor",
                3.0,
                [1.2, 100.0],
                "Recipients a day, as a multiple of the median of 28 days.",
            ),
            count(
                "clear_factor",
                2.0,
                [1.0, 100.0],
                "A day under this multiple clears.",
            ),
            count("days", 3.0, [1.0, 7.0], "Days running."),
            count(
                "floor",
                300.0,
                [1.0, 1e7],
                "So many recipients a day are never an incident.",
            ),
            count(
                "new_floor",
                1_000.0,
                [1.0, 1e7],
                "More recipients a day than this are an incident for a sender known for less than a week.",
            ),
        ],
        docs: include_str!("docs/mail_ramp.md"),
    };

    fn judge<'a>(&self, state: &Ramp, at: &Context<'a>) -> Judgement<'a, Ramp> {
        let nothing = Judgement {
            patch: None,
            verdicts: Vec::new(),
        };
        match at.seen {
            Observation::Report(record) | Observation::Late(record) => match &*record.report {
                Report::Data(Payload::EmailStats(stats)) if stats.complete => {
                    state.clone().hour(stats, record.received_at, at)
                }
                _ => nothing,
            },
            Observation::Told {
                subject,
                word: Word::NewNormal,
                ..
            } => Judgement {
                patch: state.new_normal(SubjectId::of(subject)),
                ..nothing
            },
            _ => nothing,
        }
    }
}

impl Ramp {
    fn hour<'a>(
        mut self,
        stats: &EmailStats,
        now: UnixMs,
        at: &Context<'a>,
    ) -> Judgement<'a, Self> {
        let entries = entries(stats);
        let ids: Vec<SubjectId> = entries.iter().map(Entry::id).collect();
        let counted = ids.iter().copied();
        let counted = counted.zip(entries.iter().map(|entry| entry.recipients));
        let taken = hour_number(stats.hour).is_some_and(|hour| self.days.take(hour, now, counted));
        if !taken {
            return Judgement {
                patch: None,
                verdicts: Vec::new(),
            };
        }
        let numbers = Numbers::of(at);
        let is_open = |code, subject: &str| {
            let mut open = at.tracks.open();
            open.any(|track| track.detector == code && *track.subject == *subject)
        };
        let up: Vec<(&Entry<'_>, SubjectId, Seen)> = entries
            .iter()
            .zip(&ids)
            .filter_map(|(entry, id)| Some((entry, *id, self.seen(*id, &numbers)?)))
            .filter(|(.., seen)| seen.is_up)
            .collect();
        let mut verdicts = Vec::new();
        let (mut held, mut parts) = (Vec::new(), Vec::new());
        for (entry, id, seen) in &up {
            let subject = entry.subject();
            let open = is_open(Self::CODE, &subject);
            let other_case = is_open(OutgoingMailAbuse::INFO.code, &subject);
            let blamed = self.is_part_of_another(entry, seen, &up, &numbers, at);
            // Called the new normal, and not yet known for long enough to say what that is.
            let learns = open && seen.usual.median.is_none() && !self.is_held(*id);
            if let Some(case) = blamed.filter(|_| !open) {
                parts.push((*id, case));
                continue;
            }
            if learns || (!open && other_case) {
                continue;
            }
            held.push((*id, seen.clone()));
            verdicts.push(Verdict::breach(subject, finding(entry, seen)));
        }
        for track in at.tracks.of(Self::CODE) {
            let id = SubjectId::of(&track.subject);
            let is_up = up.iter().any(|(_, up, _)| *up == id);
            if !is_up && self.seen(id, &numbers).is_none_or(|seen| seen.is_calm) {
                verdicts.push(Verdict::clear(&*track.subject));
            }
        }
        for (id, seen) in held {
            self.hold(id, &seen);
        }
        for (part, case) in parts {
            if self.is_held(case) && !self.parts.contains(&(part, case)) {
                self.parts.push((part, case));
            }
        }
        let open: Vec<SubjectId> = {
            let open = at.tracks.open().filter(|t| t.detector == Self::CODE);
            open.map(|t| SubjectId::of(&t.subject)).collect()
        };
        self.thaw(&open, &numbers);
        Judgement {
            patch: Some(self),
            verdicts,
        }
    }

    const CODE: u8 = MailRamp::INFO.code;

    /// A subject's last days; `None` for one that is not known, or not for long enough.
    fn seen(&self, id: SubjectId, numbers: &Numbers) -> Option<Seen> {
        let mut last = self.days.days_of(id)?;
        let before = last.len().checked_sub(numbers.run)?;
        let earlier: Vec<(u32, u32)> = last.drain(..before).collect();
        let held = self.held.iter().find(|held| held.id == id);
        let from = earlier.len().saturating_sub(BASE_DAYS);
        let mut base: Vec<u32> = earlier.iter().skip(from).map(|(_, count)| *count).collect();
        let is_new = base.len() < LEARNED_DAYS;
        let usual = held.map_or_else(
            || Usual {
                median: if is_new { None } else { median(&mut base) },
                days: u32::try_from(base.len()).unwrap_or(u32::MAX),
            },
            |held| held.usual,
        );
        let limit = match usual.median {
            Some(median) => numbers.floor.max(numbers.factor * median),
            None => numbers.new_floor.max(numbers.floor),
        };
        let calm = match usual.median {
            Some(median) => numbers.floor.max(numbers.clear_factor * median),
            None => limit,
        };
        let (first, newest) = (*last.first()?, *last.last()?);
        let length = u32::try_from(numbers.run).unwrap_or(u32::MAX);
        let running = newest.0.saturating_sub(first.0) < length.saturating_add(UNKNOWN_DAYS);
        // On a server that is new itself everybody is.
        let knows = usual.median.is_some()
            || self.days.known_days().count() >= LEARNED_DAYS.saturating_add(numbers.run);
        let is_up = knows && running && last.iter().all(|(_, count)| f64::from(*count) > limit);
        let is_calm = f64::from(newest.1) <= calm;
        Some(Seen {
            last,
            usual,
            limit,
            is_up,
            is_calm,
        })
    }

    /// Whose incident it is part of: that of a login or script that is up as well and has half or more of a domain's last
    /// day; or that of a domain which had one before its login.
    fn is_part_of_another(
        &self,
        entry: &Entry<'_>,
        seen: &Seen,
        up: &[(&Entry<'_>, SubjectId, Seen)],
        numbers: &Numbers,
        at: &Context<'_>,
    ) -> Option<SubjectId> {
        let own = seen.newest();
        let half_of = |other: u32, of: u32| u64::from(other) * 2 >= u64::from(of);
        let open = at.tracks.open().filter(|t| t.detector == Self::CODE);
        let mut open = open.filter_map(|track| {
            let (sender, name) = Sender::of_subject(&track.subject)?;
            let id = SubjectId::of(&track.subject);
            Some((sender, name, id, self.seen(id, numbers)?.newest()))
        });
        if entry.sender != Sender::Domain {
            let domain = open.find(|(sender, name, _, n)| {
                let is_its = *sender == Sender::Domain && entry.may_send_for(name);
                is_its && half_of(own, *n) && half_of(*n, own)
            });
            return domain.map(|(_, _, id, _)| id);
        }
        let of_domain = |sender: Sender, name: &str| match sender {
            Sender::Login => name.rsplit_once('@').is_none_or(|(_, d)| d == entry.name),
            Sender::Script => true,
            Sender::Domain => false,
        };
        let sender = up
            .iter()
            .find(|(s, _, seen)| s.may_send_for(entry.name) && half_of(seen.newest(), own));
        let open = open.find(|(sender, name, _, n)| of_domain(*sender, name) && half_of(*n, own));
        sender
            .map(|(_, id, _)| *id)
            .or(open.map(|(_, _, id, _)| id))
    }

    fn is_held(&self, id: SubjectId) -> bool {
        self.held.iter().any(|held| held.id == id)
    }

    fn hold(&mut self, id: SubjectId, seen: &Seen) {
        if !self.is_held(id) {
            self.held.push(Held {
                id,
                usual: seen.usual,
                since: seen.last.first().map_or(0, |(day, _)| *day),
            });
        }
    }

    /// Where an incident is over and the subject not up, the days of the ramp are set aside.
    fn thaw(&mut self, open: &[SubjectId], numbers: &Numbers) {
        let over = |held: &Held| {
            let is_up = self.seen(held.id, numbers).is_some_and(|seen| seen.is_up);
            !is_up && !open.contains(&held.id)
        };
        let (over, held): (Vec<Held>, Vec<Held>) = self.held.iter().copied().partition(over);
        self.held = held;
        for held in over {
            let above = held.usual.median.unwrap_or(numbers.new_floor) * numbers.factor;
            let of_parts = self.parts_of(held.id).filter_map(|part| {
                let usual = self.seen(part, numbers)?.usual;
                Some((part, usual.median? * numbers.factor))
            });
            let all: Vec<_> = of_parts.chain([(held.id, above)]).collect();
            for (id, above) in all {
                self.days
                    .set_aside(id, held.since, above.max(numbers.floor));
            }
            self.parts.retain(|(_, case)| *case != held.id);
        }
    }

    fn parts_of(&self, case: SubjectId) -> impl Iterator<Item = SubjectId> {
        let of_case = self.parts.iter().filter(move |(_, of)| *of == case);
        of_case.map(|(part, _)| *part)
    }

    /// What is normal for a sender is so for the domains in whose name it sends.
    fn new_normal(&self, id: SubjectId) -> Option<Self> {
        let since = self.held.iter().find(|held| held.id == id)?.since;
        let mut next = self.clone();
        next.held.retain(|held| held.id != id);
        next.parts.retain(|(_, case)| *case != id);
        for id in self.parts_of(id).chain([id]) {
            next.days.begin_anew(id, since);
        }
        Some(next)
    }
}

impl Seen {
    fn newest(&self) -> u32 {
        self.last.last().map_or(0, |(_, count)| *count)
    }
}

fn finding(entry: &Entry<'_>, seen: &Seen) -> Finding {
    let kind = match entry.sender {
        Sender::Login => "mailbox",
        Sender::Script => "script",
        Sender::Domain => "domain",
    };
    let counts: Vec<String> = seen
        .last
        .iter()
        .map(|(_, n)| grouped((*n).into()))
        .collect();
    let days = plural(u64::try_from(counts.len()).unwrap_or(u64::MAX), "day");
    let expected = match seen.usual.median {
        Some(median) => format!(
            "about {} recipients a day, the median of {} before",
            about(median),
            plural(u64::from(seen.usual.days), "day")
        ),
        None => "nothing is known of it yet: it is new on this server".to_owned(),
    };
    Finding {
        severity: Severity::Medium,
        hold: page_hold(Severity::Medium),
        title: Title {
            before: format!("Mail of {kind} {} on ", entry.name),
            after: format!(
                " grew to {} recipients a day",
                grouped(seen.newest().into())
            ),
        },
        observed: format!("{} recipients on the last {days}", counts.join(", ")),
        expected,
        samples: seen.usual.days,
        threshold: Some(seen.limit),
        command: command(entry),
        rule: None,
        evidence: None,
    }
}

#[cfg(test)]
mod tests;
