//! The final schedule: turns, with whoever stands in.
//!
//! A stand-in is applied once, to whose turn it is, and never to another stand-in: A for B and B for C, at the same
//! time, put A on B's turns and B on C's. Where several apply, the one made last counts.

use super::rotation::Rotation;
use noc_pipeline::clock::UnixMs;
use std::time::Duration;

/// How far back the beginning of somebody's duty is looked for.
const BACK: Duration = Duration::from_secs(60 * 24 * 3_600);

/// Somebody takes over for a while.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StandIn {
    /// Of two that apply, the larger one counts.
    pub id: i64,
    /// Who is on duty.
    pub user: i64,
    /// Whose turns it takes; `None`: whoever's, and times that are nobody's.
    pub replaces: Option<i64>,
    /// From then on.
    pub from: UnixMs,
    /// Until just before.
    pub until: UnixMs,
}

/// A schedule as it is written down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    /// Row of `on_call_schedules`.
    pub id: i64,
    /// Shown.
    pub name: String,
    /// Whose turn it is.
    pub rotation: Rotation,
    /// Who stands in, in any order.
    pub stand_ins: Vec<StandIn>,
}

/// A piece of the final schedule during which the same person is on duty for the same reason: one turn, or what is left
/// of it, or one stand-in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shift {
    /// From then on.
    pub from: UnixMs,
    /// Until just before.
    pub until: UnixMs,
    /// Who; `None`: nobody.
    pub user: Option<i64>,
    /// The stand-in that put them there.
    pub stand_in: Option<i64>,
}

/// Somebody's duty at a moment, or that it is nobody's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Duty {
    /// Who; `None`: nobody.
    pub user: Option<i64>,
    /// The stand-in that put them there.
    pub stand_in: Option<i64>,
    /// Since when it is theirs, or nobody's; 60 days before the moment at the earliest.
    pub since: UnixMs,
    /// Until when; `None`: longer than was looked ahead.
    pub until: Option<UnixMs>,
    /// Who is next, from `until` on; `None`: nobody, or not known.
    pub next: Option<i64>,
}

/// A time at which nobody can be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gap {
    /// From then on.
    pub from: UnixMs,
    /// Until just before.
    pub until: UnixMs,
    /// Whose duty it would be, where their account is switched off.
    pub user: Option<i64>,
}

impl Schedule {
    /// The final schedule of `from..until`: shifts that follow each other without a gap or an overlap, times at which
    /// nobody is on duty included.
    #[must_use]
    pub fn shifts(&self, from: UnixMs, until: UnixMs) -> Vec<Shift> {
        let turns: Vec<_> = self.rotation.turns(from, until).collect();
        let of_turns = turns.iter().flat_map(|turn| [turn.from, turn.until]);
        let of_stand_ins = self.stand_ins.iter().flat_map(|one| [one.from, one.until]);
        let mut cuts: Vec<UnixMs> = of_turns
            .chain(of_stand_ins)
            .filter(|cut| *cut > from && *cut < until)
            .collect();
        cuts.push(until);
        cuts.sort_unstable();
        cuts.dedup();
        let mut shifts: Vec<Shift> = Vec::new();
        let mut last_turn = None;
        let mut turns = turns.iter().peekable();
        let mut begin = from;
        for end in cuts.into_iter().filter(|cut| *cut > from) {
            while turns.next_if(|turn| turn.until <= begin).is_some() {}
            let turn = turns.peek().filter(|turn| turn.from <= begin);
            let planned = turn.map(|turn| turn.member);
            let turn = turn.map(|turn| turn.from);
            let stand_in = self.stand_in(planned, begin);
            let piece = Shift {
                from: begin,
                until: end,
                user: stand_in.map(|one| one.user).or(planned),
                stand_in: stand_in.map(|one| one.id),
            };
            let same_turn = piece.stand_in.is_some() || turn == last_turn;
            match shifts.last_mut() {
                Some(last)
                    if same_turn && (last.user, last.stand_in) == (piece.user, piece.stand_in) =>
                {
                    last.until = end;
                }
                _ => shifts.push(piece),
            }
            (begin, last_turn) = (end, turn);
        }
        shifts
    }

    /// Who is on duty at `at`.
    #[must_use]
    pub fn user_at(&self, at: UnixMs) -> Option<i64> {
        let now = self.shifts(at, UnixMs(at.0.saturating_add(1)));
        now.first().and_then(|shift| shift.user)
    }

    /// Whose duty it is at `at`, since when, and until when, looking as far ahead as told.
    #[must_use]
    pub fn duty(&self, at: UnixMs, ahead: Duration) -> Duty {
        // A span is half-open: without the millisecond, a turn that begins at `at` would lie behind it.
        let end = UnixMs(at.plus(ahead).0.saturating_add(1));
        let mut duty = Duty {
            user: None,
            stand_in: None,
            since: at.minus(BACK),
            until: None,
            next: None,
        };
        for shift in self.shifts(duty.since, end) {
            if shift.from > at {
                if shift.user != duty.user {
                    duty.until = Some(shift.from);
                    duty.next = shift.user;
                    break;
                }
                continue;
            }
            if shift.user != duty.user {
                duty.since = shift.from;
            }
            duty.user = shift.user;
            duty.stand_in = shift.stand_in;
        }
        duty
    }

    /// When nobody can be told within `from..until`: nobody is on duty, or somebody who is not `reachable`.
    pub fn gaps(&self, from: UnixMs, until: UnixMs, reachable: impl Fn(i64) -> bool) -> Vec<Gap> {
        let mut gaps: Vec<Gap> = Vec::new();
        for shift in self.shifts(from, until) {
            if shift.user.is_some_and(&reachable) {
                continue;
            }
            match gaps.last_mut() {
                Some(gap) if gap.until == shift.from && gap.user == shift.user => {
                    gap.until = shift.until;
                }
                _ => gaps.push(Gap {
                    from: shift.from,
                    until: shift.until,
                    user: shift.user,
                }),
            }
        }
        gaps
    }

    fn stand_in(&self, planned: Option<i64>, at: UnixMs) -> Option<&StandIn> {
        self.stand_ins
            .iter()
            .filter(|one| one.from <= at && at < one.until)
            .filter(|one| one.replaces.is_none() || one.replaces == planned)
            .max_by_key(|one| one.id)
    }
}
