//! The last payloads a server was told are kept.

use parking_lot::Mutex;
use uuid::Uuid;

/// How many are remembered a server.
const REMEMBERED: usize = 16;

/// What the node acknowledged to one server last: up to 16, the oldest is forgotten first.
#[derive(Debug, Default)]
pub(super) struct Recent(Mutex<Ring>);

#[derive(Debug, Default)]
struct Ring {
    ids: Vec<Id>,
    next: usize,
}

/// A payload, and what it said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Id {
    pub(super) boot_id: Uuid,
    pub(super) seq: u64,
    pub(super) body_hash: u64,
}

/// What is known of a payload at its arrival.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Seen {
    /// Nothing.
    New,
    /// It was acknowledged before.
    Repeat,
    /// Its number was acknowledged before, with other content: somebody else speaks with the same secret.
    OtherBody,
}

impl Recent {
    /// Judges payloads in the order they stand in a request; a number may repeat within it.
    pub(super) fn judge(&self, ids: &[Id]) -> Vec<Seen> {
        let ring = self.0.lock();
        ids.iter()
            .enumerate()
            .map(|(n, id)| {
                let before = ids.get(n.saturating_sub(REMEMBERED)..n).unwrap_or_default();
                let known = ring.ids.iter().chain(before);
                let same_number = known.filter(|k| k.seq == id.seq && k.boot_id == id.boot_id);
                same_number.fold(Seen::New, |seen, known| {
                    if known.body_hash == id.body_hash {
                        Seen::Repeat
                    } else if seen == Seen::New {
                        Seen::OtherBody
                    } else {
                        seen
                    }
                })
            })
            .collect()
    }

    /// Remembers what is durable now.
    pub(super) fn remember(&self, ids: impl IntoIterator<Item = Id>) {
        let mut ring = self.0.lock();
        for id in ids {
            let next = ring.next;
            match ring.ids.get_mut(next) {
                Some(oldest) => *oldest = id,
                None => ring.ids.push(id),
            }
            ring.next = (next + 1) % REMEMBERED;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(seq: u64, body_hash: u64) -> Id {
        Id {
            boot_id: Uuid::nil(),
            seq,
            body_hash,
        }
    }

    #[test]
    fn the_last_sixteen_are_known_and_no_more() {
        let recent = Recent::default();
        recent.remember((0..40).map(|seq| id(seq, 1)));
        for seq in 0..40 {
            let expected = if seq < 24 { Seen::New } else { Seen::Repeat };
            assert_eq!(recent.judge(&[id(seq, 1)]), [expected], "{seq}");
        }
    }

    #[test]
    fn another_body_or_run_is_not_a_repeat() {
        let recent = Recent::default();
        recent.remember([id(1, 1)]);
        let other_run = Id {
            boot_id: Uuid::max(),
            ..id(1, 1)
        };
        assert_eq!(
            recent.judge(&[id(1, 2), other_run, id(2, 1)]),
            [Seen::OtherBody, Seen::New, Seen::New]
        );
        recent.remember([id(1, 2)]);
        assert_eq!(
            recent.judge(&[id(1, 1)]),
            [Seen::Repeat],
            "both are known now"
        );
    }

    #[test]
    fn a_request_may_repeat_itself() {
        assert_eq!(
            Recent::default().judge(&[id(1, 1), id(1, 1), id(1, 2)]),
            [Seen::New, Seen::Repeat, Seen::OtherBody]
        );
    }

    #[test]
    fn judging_remembers_nothing() {
        let recent = Recent::default();
        recent.judge(&[id(1, 1)]);
        assert_eq!(recent.judge(&[id(1, 1)]), [Seen::New]);
    }
}
