//! One report: who is in breach, whose case it is, and what is learned.

use super::census::{Entry, entries};
use super::limit::Limit;
use super::memory::{Mail, Sent};
use super::{Numbers, OutgoingMailAbuse, PRIOR, blame, finding, float, limit, signs};
use crate::baseline::hour_of_day::Counted;
use crate::baseline::id::SubjectId;
use crate::baseline::{AHEAD, hour_number};
use crate::detect::evidence::{Learned, Sender};
use crate::detect::mail_ramp::MailRamp;
use crate::detect::{Context, Detector, Judgement, Verdict};
use crate::incident::lifecycle::Phase;
use noc_pipeline::clock::UnixMs;
use noc_pipeline::payload::EmailStats;

/// So many peaks of a day are remembered: a mailing is over by then, a hack is not.
const PEAKS_A_DAY: usize = 3;

/// A sender with more recipients than are never a case.
#[derive(Debug)]
pub(super) struct Judged<'a> {
    pub entry: Entry<'a>,
    pub id: SubjectId,
    pub limit: Limit,
    /// What was judged of this hour before its last case was closed.
    pub settled: Sent,
    /// Recipients since.
    pub since: u64,
    pub is_broken: bool,
    /// It is within its limit only because people allowed it or because it recurs.
    pub by_leave: bool,
    /// It has a case.
    pub is_open: bool,
}

/// One look at one report.
struct Look<'s, 'a, 'c> {
    state: &'s Mail,
    next: Option<Mail>,
    stats: &'a EmailStats,
    hour: u32,
    now: UnixMs,
    numbers: Numbers,
    prior: Option<f64>,
    at: &'s Context<'c>,
    entries: Vec<Entry<'a>>,
    judged: Vec<Judged<'a>>,
    /// Subjects with an incident of this detector, open or lately over.
    cases: Vec<(SubjectId, bool, &'c str)>,
    /// Subjects with an open ramp.
    ramps: Vec<SubjectId>,
}

pub(super) fn judge<'c>(
    state: &Mail,
    stats: &EmailStats,
    now: UnixMs,
    at: &Context<'c>,
) -> Judgement<'c, Mail> {
    let hour = hour_number(stats.hour).filter(|_| stats.hour <= now.plus(AHEAD));
    let Some(hour) = hour else {
        return Judgement {
            patch: None,
            verdicts: Vec::new(),
        };
    };
    let of = |code| at.tracks.of(code);
    let cases = of(OutgoingMailAbuse::INFO.code);
    let ramps = of(MailRamp::INFO.code).filter(|track| track.phase == Phase::Open);
    let mut look = Look {
        state,
        next: None,
        stats,
        hour,
        now,
        numbers: Numbers::of(at),
        prior: at.fleet.prior(PRIOR),
        at,
        entries: entries(stats),
        judged: Vec::new(),
        cases: cases
            .map(|t| {
                (
                    SubjectId::of(&t.subject),
                    t.phase == Phase::Open,
                    &*t.subject,
                )
            })
            .collect(),
        ramps: ramps.map(|t| SubjectId::of(&t.subject)).collect(),
    };
    look.judge_entries();
    let verdicts = look.verdicts();
    Judgement {
        patch: look.next,
        verdicts,
    }
}

impl<'c> Look<'_, '_, 'c> {
    fn judge_entries(&mut self) {
        let floor = self.numbers.floor;
        let large = self.entries.iter().filter(|e| float(e.recipients) > floor);
        self.judged = large.map(|entry| self.judge_one(*entry)).collect();
    }

    fn judge_one<'e>(&self, entry: Entry<'e>) -> Judged<'e> {
        let id = entry.id();
        let limit = self.limit(id);
        let settled = self.state.settled(id, self.hour);
        let since = entry.recipients.saturating_sub(settled.recipients);
        Judged {
            entry,
            id,
            limit,
            settled,
            since,
            is_broken: limit.is_broken_by(since),
            by_leave: limit.is_leave_for(entry.recipients),
            is_open: self.is_open(id),
        }
    }

    fn limit(&self, id: SubjectId) -> Limit {
        let (state, numbers) = (self.state, &self.numbers);
        limit::of(state, id, self.hour, self.now, self.prior, numbers)
    }

    fn is_open(&self, id: SubjectId) -> bool {
        self.cases
            .iter()
            .any(|(case, open, _)| *open && *case == id)
    }

    fn edit(&mut self) -> &mut Mail {
        self.next.get_or_insert_with(|| self.state.clone())
    }

    fn verdicts(&mut self) -> Vec<Verdict<'c>> {
        let cases = blame::cases(&self.judged);
        let mut verdicts = Vec::new();
        let mut signed = Vec::new();
        let mut hot = Vec::new();
        for (place, one) in self.judged.iter().enumerate() {
            match cases.get(place).copied().flatten() {
                Some(case) if case == place => {
                    let signs = self.signs(place, &cases);
                    if !signs.is_empty() {
                        signed.push(place);
                    }
                    let parts = parts(&self.judged, &cases, place);
                    let scene = finding::Scene {
                        entries: &self.entries,
                        hour: self.stats.hour,
                        complete: self.stats.complete,
                        numbers: &self.numbers,
                    };
                    let finding = scene.finding(one, &parts, signs);
                    verdicts.push(Verdict::breach(one.entry.subject(), finding));
                }
                // Part of another one's case.
                Some(_) => {}
                None if one.is_open => {}
                None => verdicts.push(Verdict::clear(one.entry.subject())),
            }
            if let Some(case) = cases.get(place).copied().flatten()
                && let Some(case) = self.judged.get(case)
            {
                hot.push((one.id, case.id, self.sent(one)));
            }
        }
        // An incident that people resolved by hand is forgotten once its sender is quiet.
        let judged = |id: SubjectId| self.judged.iter().any(|one| one.id == id);
        for (id, open, subject) in &self.cases {
            if !open && !judged(*id) {
                verdicts.push(Verdict::clear(*subject));
            }
        }
        for (id, case, sent) in hot {
            self.edit().note_hot(id, case, sent);
        }
        if self.stats.complete {
            let signed = |place: usize| {
                let case = cases.get(place).copied().flatten();
                case.is_some_and(|case| signed.contains(&case))
            };
            let learned = self.learned(&cases, signed);
            let peaks = self.peaks(signed);
            self.learn(learned, peaks);
        }
        verdicts
    }

    fn sent(&self, one: &Judged<'_>) -> Sent {
        Sent {
            hour: self.hour,
            recipients: one.entry.recipients,
            failures: one.entry.failures.unwrap_or_default(),
        }
    }

    /// The signs of a case: its sender's, and what its parts show that the sender cannot.
    fn signs(&self, place: usize, cases: &[Option<usize>]) -> Vec<String> {
        let Some(one) = self.judged.get(place) else {
            return Vec::new();
        };
        let of = |one: &Judged<'_>| {
            let (state, hour) = (self.state, self.hour);
            signs::of(state, &one.entry, hour, one.settled, &self.numbers)
        };
        let mut signs = of(one);
        if one.entry.sender == Sender::Domain {
            let of_domain = |s: &&Judged<'_>| {
                s.entry.sender != Sender::Domain
                    && s.entry.may_send_for(one.entry.name)
                    && s.since.saturating_mul(2) >= one.since
            };
            signs.extend(self.judged.iter().filter(of_domain).flat_map(of));
        }
        for part in parts(&self.judged, cases, place) {
            if one.entry.failures.is_none()
                && let Some(failures) = part.entry.failures
            {
                let failures = failures.saturating_sub(part.settled.failures);
                signs.extend(signs::failing(failures, part.since, &self.numbers));
            }
            if one.entry.sender == Sender::Script {
                signs.extend(signs::foreign(self.state, &part.entry));
            }
        }
        let mut seen = std::collections::HashSet::new();
        signs.retain(|sign| seen.insert(sign.clone()));
        signs
    }

    /// What a complete hour teaches: everybody's count, set aside where it belongs to a trouble. Too much of a sender of
    /// whom little is known is a trouble only where it has a sign: else what is usual for it would never be learned.
    fn learned(&self, cases: &[Option<usize>], signed: impl Fn(usize) -> bool) -> Vec<Counted> {
        let case = |place: usize| cases.get(place).copied().flatten();
        let mut judged = self.judged.iter().enumerate().peekable();
        let each = self.entries.iter().map(|entry| {
            let same = |(_, one): &(usize, &Judged<'_>)| {
                (one.entry.sender, one.entry.name) == (entry.sender, entry.name)
            };
            // Both lists are in the same order.
            let known = judged.next_if(same);
            let id = known.map_or_else(|| entry.id(), |(_, one)| one.id);
            let is_trouble = match known {
                Some((place, one)) => {
                    let by_leave = one.is_broken && case(place).is_none();
                    let broken = one.limit.is_broken_by(entry.recipients) && !by_leave;
                    let is_trouble = one.limit.is_certain() || signed(place);
                    (broken && is_trouble) || self.is_far(id, &one.limit, entry)
                }
                None => {
                    let watched = self.is_open(id) || self.ramps.contains(&id);
                    watched && self.is_far(id, &self.limit(id), entry)
                }
            };
            // What is normal for a sender is so for the domains in whose name it sends.
            let of_case = known.and_then(|(place, _)| self.judged.get(case(place)?));
            let is_normal =
                of_case.is_some_and(|one| self.state.is_normal(one.id)) || self.state.is_normal(id);
            Counted {
                id,
                count: entry.recipients,
                set_aside: is_trouble && !is_normal,
            }
        });
        each.collect()
    }

    /// While a sender has a case or ramps up, what is far above the usual is not learned, however small it is.
    fn is_far(&self, id: SubjectId, limit: &Limit, entry: &Entry<'_>) -> bool {
        let watched = self.is_open(id) || self.ramps.contains(&id);
        watched
            && !limit.is_leave_for(entry.recipients)
            && limit.expected.learned == Learned::HourOfDay
            && float(entry.recipients) > self.numbers.factor * limit.expected.value
    }

    /// Hours that stand out of the usual, without a sign of anything worse.
    fn peaks(&self, signed: impl Fn(usize) -> bool) -> Vec<(SubjectId, u64)> {
        let low = self.numbers.floor / 2.0;
        let large = self.entries.iter().filter(|e| float(e.recipients) > low);
        let standing_out = large.filter_map(|entry| {
            let mut judged = self.judged.iter();
            let place = judged
                .position(|one| (one.entry.sender, one.entry.name) == (entry.sender, entry.name));
            let known = place.and_then(|place| self.judged.get(place));
            let id = known.map_or_else(|| entry.id(), |one| one.id);
            let limit = known.map_or_else(|| self.limit(id), |one| one.limit);
            let signs = || {
                let none = Sent::default();
                signs::of(self.state, entry, self.hour, none, &self.numbers)
            };
            let stands_out = float(entry.recipients) > limit.without_leave / 2.0
                && self.state.peaks.of_day_before(id, self.hour) < PEAKS_A_DAY
                && !place.is_some_and(&signed)
                && signs().is_empty();
            stands_out.then_some((id, entry.recipients))
        });
        standing_out.collect()
    }

    fn learn(&mut self, counted: Vec<Counted>, peaks: Vec<(SubjectId, u64)>) {
        let (hour, now) = (self.hour, self.now);
        let open: Vec<SubjectId> = {
            let open = self.cases.iter().filter(|(_, open, _)| *open);
            open.map(|(id, ..)| *id).collect()
        };
        let next = self.edit();
        if !next.hours.take(hour, now, counted) {
            return;
        }
        for (id, count) in peaks {
            next.peaks.note(id, hour, count);
        }
        let newest = next.hours.told().map_or(hour, |(_, newest)| newest);
        next.peaks.forget(newest);
        next.forget(newest, now, |id| open.contains(&id));
        tracing::trace!(
            server.id = self.at.server.0,
            hour,
            complete = true,
            "an hour of mail was learned"
        );
    }
}

/// The others of a case.
fn parts<'j, 'a>(
    judged: &'j [Judged<'a>],
    cases: &[Option<usize>],
    case: usize,
) -> Vec<&'j Judged<'a>> {
    let of_case = cases
        .iter()
        .enumerate()
        .filter(|(place, of)| *place != case && **of == Some(case));
    of_case.filter_map(|(place, _)| judged.get(place)).collect()
}
