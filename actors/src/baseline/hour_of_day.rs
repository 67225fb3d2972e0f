//! Counts of complete hours by subject, compared with the same hour (UTC) of the last 7 days.
//!
//! * The agent told the hour and named the subject not: 0, once the subject was seen at all. The hour was never told:
//!   no sample. The hour was set aside, because it belonged to a trouble: no sample.
//! * What is expected is the median of up to 7 samples: one odd day does not move it. With fewer than [`SAMPLES`] it is
//!   the median of the hours in which the subject had any, with fewer than [`SAMPLES`] of those the median of the fleet,
//!   and on a server that is itself too new to know its subjects nothing.
//! * The same hour again replaces what was told of it.

use super::counts::{CountLog, Entry};
use super::id::SubjectId;
use super::{DAY_HOURS, is_over, median};
use crate::detect::evidence::Learned;
use noc_pipeline::clock::UnixMs;
use serde::{Deserialize, Serialize};

/// Fewer samples than this say nothing.
pub const SAMPLES: usize = 4;
/// Days that are compared.
pub const DAYS: u32 = 7;
/// A subject is known for so long after it was last seen, hours.
pub const KNOWN_HOURS: u32 = 30 * DAY_HOURS;
/// So many subjects are known of one server. Beyond, those seen in one hour only are forgotten first.
pub const MAX_SUBJECTS: usize = 1_024;
/// Hours before the newest that are kept: the newest itself has 7 days to be compared with.
const WINDOW: u32 = DAYS * DAY_HOURS;

/// What is usual for the subjects of one server. About 16 bytes a subject, and one to two for each hour it had any.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct HourOfDay {
    /// The first hour that was told, and the newest.
    since: u32,
    newest: u32,
    /// Bit n of these: the hour n before the newest was told. All 0: none was.
    told: [u64; 3],
    /// By id.
    subjects: Vec<Subject>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Subject {
    id: SubjectId,
    /// The first hour it was seen in, and the last one.
    first: u32,
    last: u32,
    hours: CountLog,
}

/// What a complete hour says of one subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counted {
    /// Which.
    pub id: SubjectId,
    /// How many.
    pub count: u64,
    /// It belongs to a trouble: known, not learned.
    pub set_aside: bool,
}

/// What is expected of a subject in an hour.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Expected {
    /// So many.
    pub value: f64,
    /// Where that comes from.
    pub learned: Learned,
    /// Samples it rests on.
    pub samples: u32,
}

impl HourOfDay {
    /// Takes a complete hour that was told at `now`. False for an hour that cannot be over or is older than all that is
    /// kept: it changes nothing.
    pub fn take(&mut self, hour: u32, now: UnixMs, mut counted: Vec<Counted>) -> bool {
        if !is_over(hour, now) || (self.any_told() && hour.saturating_add(WINDOW) < self.newest) {
            return false;
        }
        counted.retain(|c| c.count > 0);
        if self.is_told(hour) {
            self.take_back(hour, &counted);
        }
        self.tell(hour);
        counted.sort_unstable_by_key(|c| c.id);
        counted.dedup_by(|more, kept| {
            let same = more.id == kept.id;
            if same {
                kept.count = kept.count.saturating_add(more.count);
                kept.set_aside |= more.set_aside;
            }
            same
        });
        let known = self.subjects.len();
        for one in counted {
            self.put(hour, one, known);
        }
        self.subjects.sort_unstable_by_key(|subject| subject.id);
        self.forget();
        true
    }

    fn put(&mut self, hour: u32, one: Counted, known: usize) {
        let count = u32::try_from(one.count).unwrap_or(u32::MAX);
        let entry = if one.set_aside {
            Entry::SetAside
        } else {
            Entry::Count(count)
        };
        let oldest = self.oldest();
        // Those that were new in this hour stand behind the others until all are in.
        let sorted = self.subjects.get(..known).unwrap_or_default();
        let at = sorted.binary_search_by_key(&one.id, |subject| subject.id);
        let subject = match at {
            Ok(at) => self.subjects.get_mut(at),
            Err(_) => {
                self.subjects.push(Subject {
                    id: one.id,
                    first: hour,
                    last: hour,
                    hours: CountLog::default(),
                });
                self.subjects.last_mut()
            }
        };
        let Some(subject) = subject else { return };
        subject.first = subject.first.min(hour);
        subject.last = subject.last.max(hour);
        subject.hours.set(hour, entry);
        subject.hours.drop_before(oldest);
    }

    /// The hour was told before: who is not named now had none.
    fn take_back(&mut self, hour: u32, counted: &[Counted]) {
        for subject in &mut self.subjects {
            if !counted.iter().any(|c| c.id == subject.id) {
                subject.hours.set(hour, Entry::Count(0));
            }
        }
    }

    fn tell(&mut self, hour: u32) {
        if !self.any_told() {
            (self.since, self.newest) = (hour, hour);
        }
        self.since = self.since.min(hour);
        if hour > self.newest {
            self.told = shifted(self.told, hour.saturating_sub(self.newest));
            self.newest = hour;
        }
        let back = self.newest.saturating_sub(hour);
        if let Some(word) = self.told.get_mut(word_of(back)) {
            *word |= 1 << (back % 64);
        }
    }

    fn forget(&mut self) {
        let (newest, oldest) = (self.newest, self.oldest());
        self.subjects.retain_mut(|subject| {
            if subject.hours.last() < Some(oldest) && !subject.hours.is_empty() {
                subject.hours = CountLog::default();
            }
            subject.last.saturating_add(KNOWN_HOURS) >= newest
        });
        let Some(over) = self
            .subjects
            .len()
            .checked_sub(MAX_SUBJECTS)
            .filter(|n| *n > 0)
        else {
            return;
        };
        // Names that are made up come once each: they push out one another, not those that are known for long.
        let weight = |s: &Subject| (s.first != s.last, s.last, s.id);
        let mut weights: Vec<_> = self.subjects.iter().map(weight).collect();
        let (_, kept_from, _) = weights.select_nth_unstable(over);
        let kept_from = *kept_from;
        self.subjects.retain(|subject| weight(subject) >= kept_from);
    }

    /// What is expected of a subject in an hour; the hour itself has no part in it. `prior` is the median of the fleet.
    #[must_use]
    pub fn expected(&self, id: SubjectId, hour: u32, prior: Option<f64>) -> Expected {
        let (mut same, mut any) = (Vec::new(), Vec::new());
        if let Some(subject) = self.subject(id) {
            subject.samples(self, hour, &mut same, &mut any);
        }
        for (samples, learned) in [
            (&mut same, Learned::HourOfDay),
            (&mut any, Learned::Subject),
        ] {
            if samples.len() >= SAMPLES
                && let Some(value) = median(samples)
            {
                return Expected {
                    value,
                    learned,
                    samples: u32::try_from(samples.len()).unwrap_or(u32::MAX),
                };
            }
        }
        let prior = prior.filter(|prior| self.knows(hour) && prior.is_finite());
        let (value, learned) = match prior {
            Some(prior) => (prior, Learned::Fleet),
            None => (0.0, Learned::Nothing),
        };
        Expected {
            value,
            learned,
            samples: 0,
        }
    }

    /// Whether enough hours of this hour of the day were told to know the subjects that have any in it.
    #[must_use]
    pub fn knows(&self, hour: u32) -> bool {
        self.told_like(hour).count() >= SAMPLES
    }

    /// The first hour a subject was seen in since it was last away for [`KNOWN_HOURS`]; `None` when it is not known.
    #[must_use]
    pub fn first_seen(&self, id: SubjectId) -> Option<u32> {
        self.subject(id).map(|subject| subject.first)
    }

    /// The first hour that was told of the server, and the newest.
    #[must_use]
    pub fn told(&self) -> Option<(u32, u32)> {
        self.any_told().then_some((self.since, self.newest))
    }

    /// Subjects known.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.subjects.len()
    }

    /// Whether no subject is known.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.subjects.is_empty()
    }

    fn subject(&self, id: SubjectId) -> Option<&Subject> {
        let at = self.subjects.binary_search_by_key(&id, |s| s.id).ok()?;
        self.subjects.get(at)
    }

    fn any_told(&self) -> bool {
        self.told != [0; 3]
    }

    fn oldest(&self) -> u32 {
        self.newest.saturating_sub(WINDOW)
    }

    fn is_told(&self, hour: u32) -> bool {
        let back = self.newest.checked_sub(hour).filter(|n| *n <= WINDOW);
        back.is_some_and(|back| {
            let word = self.told.get(word_of(back)).copied().unwrap_or_default();
            word >> (back % 64) & 1 == 1
        })
    }

    /// The other hours of the same hour of the day that were told.
    fn told_like(&self, hour: u32) -> impl Iterator<Item = u32> {
        let (now, like) = (self.newest % DAY_HOURS, hour % DAY_HOURS);
        let back = now.saturating_add(DAY_HOURS).saturating_sub(like) % DAY_HOURS;
        let nearest = self.newest.saturating_sub(back);
        (0..=DAYS)
            .filter_map(move |day| nearest.checked_sub(day.saturating_mul(DAY_HOURS)))
            .filter(move |like| *like != hour && self.is_told(*like))
    }
}

impl Subject {
    /// Samples of the same hour of the day, and of all hours in which it had any.
    fn samples(&self, of: &HourOfDay, hour: u32, same: &mut Vec<u32>, any: &mut Vec<u32>) {
        let mut set_aside = 0;
        let like = hour % DAY_HOURS;
        let oldest = of.oldest();
        for (at, entry) in self.hours.iter() {
            if at < oldest || at == hour {
                continue;
            }
            match entry {
                Entry::Count(count) => {
                    any.push(count);
                    if at % DAY_HOURS == like {
                        same.push(count);
                    }
                }
                Entry::SetAside if at % DAY_HOURS == like => set_aside += 1,
                Entry::SetAside => {}
            }
        }
        let told = of.told_like(hour).filter(|at| *at >= self.first).count();
        let silent = told.saturating_sub(same.len()).saturating_sub(set_aside);
        same.extend(std::iter::repeat_n(0, silent));
    }
}

fn word_of(back: u32) -> usize {
    usize::try_from(back / 64).unwrap_or(usize::MAX)
}

/// Bits moved to older places; what falls off the end is forgotten.
fn shifted([low, middle, high]: [u64; 3], by: u32) -> [u64; 3] {
    match by {
        0 => [low, middle, high],
        1..64 => [
            low << by,
            middle << by | low >> (64 - by),
            high << by | middle >> (64 - by),
        ],
        64..192 => shifted([0, low, middle], by - 64),
        _ => [0; 3],
    }
}
