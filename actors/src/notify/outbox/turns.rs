//! What leaves now, what leaves together, what waits: a plain function of all that is due to one recipient over one
//! channel.
//!
//! * **Alarms of one group** keep a distance ([`Bundling::group_wait`]): the first leaves at once, what is due within that
//!   time waits and leaves as one message. What is worse than all that was told of the group does not wait.
//! * **A storm** ([`StormLimit`]) holds back alarms of whatever group, and what it held back leaves as one message. It never
//!   holds back the first critical.
//! * **Recoveries**, and questions whether somebody is still on it, wait for nothing: those of one group that are due at
//!   the same moment leave together.
//! * What left once, or was about to, leaves again as the same message, alone or together: it may have arrived.
//! * Where a provider wants messages to a recipient further apart ([`Apart`]), one leaves at a time, whatever it is, the worst
//!   first; alarms that were not sent yet leave as one.

use crate::notify::message::Kind;
use crate::notify::storm::StormLimit;
use noc_pipeline::clock::UnixMs;
use noc_pipeline::control::Severity;
use noc_storage::relational::deliveries::bundles::{Apart, Due, Queue, Turn, Turns};
use noc_storage::relational::deliveries::{HELD_AND_KEPT_APART, HELD_BACK, KEPT_APART, Status};
use noc_storage::relational::entity::notification_delivery::Model;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::time::Duration;

/// Kinds that tell of trouble: what a storm is made of.
pub(super) const ALARMS: [&str; 2] = [Kind::Problem.name(), Kind::Reminder.name()];

/// The most that one message tells of.
const MOST_TOGETHER: usize = 200;

/// Why an alarm waits for others, in the delivery log.
const WAITS_FOR_GROUP: &str = "waits for others of its group, to leave in one message with them";

/// How messages are put together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bundling {
    /// Between two messages about one group to one recipient over one channel; zero: each incident is a message of its
    /// own.
    pub group_wait: Duration,
    /// `None`: any number of messages.
    pub storm: Option<StormLimit>,
}

impl Default for Bundling {
    /// 30 s; 10 messages in 10 min.
    fn default() -> Self {
        Self {
            group_wait: Duration::from_secs(30),
            storm: Some(StormLimit {
                messages: 10,
                window: Duration::from_secs(600),
            }),
        }
    }
}

/// With whom a row leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Company {
    /// With nobody.
    Alone(i64),
    /// With those it left with before; the carrier.
    Again(i64),
    /// With alarms of the same group; where it has none it is of its own, by its row.
    Alarms { group: Option<i64>, own: i64 },
    /// With others of the kind of the same group that are due as well.
    Others { group: i64, recovery: bool },
}

/// Rows that leave in one message.
struct Set<'a> {
    company: Company,
    rows: Vec<&'a Due>,
}

impl Set<'_> {
    fn worst(&self) -> Option<Severity> {
        self.rows.iter().filter_map(|due| due.severity).max()
    }

    /// For what is about no incident somebody waits: a code, a hand-off, a notice.
    fn urgency(&self) -> Severity {
        self.worst().unwrap_or(Severity::High)
    }

    fn ids(&self) -> Vec<i64> {
        self.rows.iter().map(|due| due.row.id).collect()
    }

    fn was_begun(&self) -> bool {
        let sending = Status::Sending.name();
        self.rows.iter().any(|due| due.row.status == sending)
    }

    fn send(&self) -> Turn {
        let mut ids = self.ids();
        // A message that left before stays whole.
        if !matches!(self.company, Company::Again(_)) {
            ids.truncate(MOST_TOGETHER);
        }
        Turn::Send(ids)
    }
}

/// Decides about all that is due to one recipient over one channel.
pub(crate) fn decide(queue: &Queue, bundling: &Bundling, now: UnixMs) -> Turns {
    let mut alarms = Vec::new();
    let mut others = Vec::new();
    for set in sets(queue, bundling) {
        match set.company {
            Company::Alarms { .. } => alarms.push(set),
            _ => others.push(set),
        }
    }
    let mut out = Turns {
        turns: Vec::new(),
        counted: Vec::new(),
        gate: queue.gate,
    };
    let mut ready = Vec::new();
    for set in alarms {
        match waits_until(&set, queue, bundling, now) {
            Some(until) => out.turns.push(Turn::Hold {
                ids: set.ids(),
                until,
                reason: WAITS_FOR_GROUP.to_owned(),
                provider: false,
            }),
            None => ready.push(set),
        }
    }
    // The worst first: room may be scarce.
    ready.sort_by_key(|set| Reverse(set.worst()));
    let apart = queue.gate.apart.filter(|apart| apart.lasts(now));
    let mut room = queue.room;
    if let Some(apart) = apart {
        room = room.min(usize::from(apart.free_at <= now));
        ready = merged(ready).into_iter().collect();
    }
    // Of one that leaves the limit of a storm is charged only if it is an alarm.
    let best = ready.iter().map(Set::urgency).max();
    let outdone = apart.is_some() && others.iter().any(|set| Some(set.urgency()) > best);
    let for_alarms = if outdone { 0 } else { room };
    let mut leaving = match bundling.storm {
        Some(limit) => within_limit(ready, limit, &mut out, for_alarms, now),
        None => ready,
    };
    leaving.extend(others);
    if apart.is_some() {
        leaving.sort_by_key(|set| Reverse(set.urgency()));
    }
    let later = leaving.split_off(room.min(leaving.len()));
    out.turns.extend(leaving.iter().map(Set::send));
    if let Some(mut apart) = apart {
        if !leaving.is_empty() {
            apart.free_at = now.plus(apart.gap);
            out.gate.apart = Some(apart);
        }
        keep_apart(&later, apart, &mut out);
    }
    out
}

/// All of them wait for the next turn, and whose that is is decided then. Those that somebody else began stay as they are:
/// their claims are over, and that shall be known as long as they are.
fn keep_apart(later: &[Set<'_>], apart: Apart, out: &mut Turns) {
    let until = apart.free_at;
    let (begun, later): (Vec<_>, Vec<_>) = later.iter().partition(|set| set.was_begun());
    let ids: Vec<i64> = begun.into_iter().flat_map(Set::ids).collect();
    if !ids.is_empty() {
        out.turns.push(Turn::Leave { ids, until });
    }
    let rows = later.into_iter().flat_map(|set| set.rows.iter());
    let mut waiting: BTreeMap<&str, Vec<i64>> = BTreeMap::new();
    for due in rows {
        let same = waiting.entry(why_kept_apart(&due.row)).or_default();
        same.push(due.row.id);
    }
    for (reason, ids) in waiting {
        out.turns.push(Turn::Hold {
            ids,
            until,
            reason: reason.to_owned(),
            provider: true,
        });
    }
}

/// Why a row waits for its recipient; it still says so where a storm held it back.
pub(super) fn why_kept_apart(row: &Model) -> &'static str {
    if was_held_back(row) {
        HELD_AND_KEPT_APART
    } else {
        KEPT_APART
    }
}

/// Rows by the company they leave in, in the order in which the first of each is due.
fn sets<'a>(queue: &'a Queue, bundling: &Bundling) -> Vec<Set<'a>> {
    let mut sets: Vec<Set<'a>> = Vec::new();
    for due in &queue.due {
        let company = company(due, bundling);
        match sets.iter_mut().find(|set| set.company == company) {
            Some(set) => set.rows.push(due),
            None => sets.push(Set {
                company,
                rows: vec![due],
            }),
        }
    }
    sets
}

fn company(due: &Due, bundling: &Bundling) -> Company {
    let alone = Company::Alone(due.row.id);
    if let Some(carrier) = due.carrier {
        return Company::Again(carrier);
    }
    let tried = due.row.attempts > 0 || due.row.status != Status::Queued.name();
    if tried {
        return alone;
    }
    let group = due.group.filter(|_| !bundling.group_wait.is_zero());
    // An alarm about nothing that is known is for the judge.
    match Kind::from_name(&due.row.kind) {
        Some(Kind::Problem | Kind::Reminder) if due.severity.is_some() => {
            let own = if group.is_some() { 0 } else { due.row.id };
            Company::Alarms { group, own }
        }
        Some(kind @ (Kind::Recovery | Kind::StillOnIt)) => {
            let recovery = kind == Kind::Recovery;
            group.map_or(alone, |group| Company::Others { group, recovery })
        }
        _ => alone,
    }
}

/// Until when alarms of a group wait; `None`: they need not.
fn waits_until(set: &Set<'_>, queue: &Queue, bundling: &Bundling, now: UnixMs) -> Option<UnixMs> {
    let Company::Alarms { group, .. } = set.company else {
        return None;
    };
    let last = queue.spoken.get(&group?)?;
    let until = last.at.plus(bundling.group_wait);
    (until > now && set.worst() <= last.worst).then_some(until)
}

/// Whether a storm held a row back before.
pub(super) fn was_held_back(row: &Model) -> bool {
    let reason = row.reason.as_deref();
    reason.is_some_and(|reason| reason.starts_with(HELD_BACK))
}

/// All of these in one message.
fn merged<'a>(sets: Vec<Set<'a>>) -> Option<Set<'a>> {
    let company = sets.first()?.company;
    let rows = sets.into_iter().flat_map(|set| set.rows).collect();
    Some(Set { company, rows })
}

/// What of `ready` leaves as the limit has it: each by itself, all in one, or nothing; the rest is held. What was held
/// back before is one message in any case.
fn within_limit<'a>(
    ready: Vec<Set<'a>>,
    limit: StormLimit,
    out: &mut Turns,
    room: usize,
    now: UnixMs,
) -> Vec<Set<'a>> {
    let free = limit.room(out.gate, now);
    let worst = ready.iter().filter_map(Set::worst).max();
    let (held, mut ready): (Vec<_>, Vec<_>) = ready
        .into_iter()
        .partition(|set| set.rows.iter().any(|due| was_held_back(&due.row)));
    if let Some(held) = merged(held) {
        ready.insert(0, held);
    }
    let leaving = if ready.len() <= free {
        ready
    } else if free > 0
        || (worst == Some(Severity::Critical) && limit.no_critical_yet(out.gate, now))
    {
        // Too many for what is left: all of it in one message.
        merged(ready).into_iter().collect()
    } else {
        let until = limit.opens_at(out.gate, now);
        for set in &ready {
            out.turns.push(Turn::Hold {
                ids: set.ids(),
                until,
                reason: format!(
                    "{HELD_BACK}{} messages in {} s are the most for one recipient, so this leaves in one message \
                     with whatever else is held back",
                    limit.messages,
                    limit.window.as_secs()
                ),
                provider: false,
            });
        }
        Vec::new()
    };
    for set in leaving.iter().take(room) {
        out.gate = limit.after(out.gate, now, set.worst());
        out.counted.extend(set.rows.first().map(|due| due.row.id));
    }
    leaving
}

#[cfg(test)]
mod tests;
