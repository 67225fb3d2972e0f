use super::*;
use noc_pipeline::control::Severity::{Critical, High, Medium};
use noc_storage::relational::deliveries::bundles::{Apart, Gate, Spoken};
use proptest::prelude::*;
use std::collections::HashSet;

const NOW: UnixMs = UnixMs(1_795_300_000_000);
const BY_GROUP: Bundling = Bundling {
    group_wait: Duration::from_secs(30),
    storm: None,
};

fn seconds(n: u64) -> Duration {
    Duration::from_secs(n)
}

fn row(id: i64, kind: Kind) -> Model {
    Model {
        id,
        incident_id: Some(id),
        execution_id: None,
        step: None,
        pass: None,
        kind: kind.name().to_owned(),
        channel: "email".to_owned(),
        recipient: "ops@noc.test".to_owned(),
        recipient_key: "ops@noc.test".to_owned(),
        user_id: None,
        idempotency_key: format!("{id:064}"),
        status: "queued".to_owned(),
        attempts: 0,
        next_attempt_at: Some(NOW.to_datetime()),
        wanted_at: None,
        lease_until: None,
        provider_id: None,
        reason: None,
        delivery_uuid: String::new(),
        created_at: NOW.to_datetime(),
        updated_at: NOW.to_datetime(),
        sent_at: None,
    }
}

fn of(id: i64, group: i64, severity: Severity) -> Due {
    Due {
        row: row(id, Kind::Problem),
        group: Some(group),
        severity: Some(severity),
        carrier: None,
    }
}

fn recovery(id: i64, group: i64) -> Due {
    Due {
        row: row(id, Kind::Recovery),
        ..of(id, group, High)
    }
}

fn queue(due: Vec<Due>) -> Queue {
    Queue {
        due,
        spoken: Default::default(),
        gate: Gate::default(),
        room: 10,
    }
}

fn sent(turns: &Turns) -> Vec<Vec<i64>> {
    let of = |turn: &Turn| match turn {
        Turn::Send(ids) => Some(ids.clone()),
        Turn::Hold { .. } | Turn::Leave { .. } => None,
    };
    turns.turns.iter().filter_map(of).collect()
}

fn held(turns: &Turns) -> Vec<(Vec<i64>, u64)> {
    let of = |turn: &Turn| match turn {
        Turn::Hold { ids, until, .. } => Some((ids.clone(), until.since(NOW).as_secs())),
        Turn::Send(_) | Turn::Leave { .. } => None,
    };
    turns.turns.iter().filter_map(of).collect()
}

#[test]
fn what_is_due_of_one_group_leaves_in_one_message_and_of_another_in_another() {
    let mut alone = of(5, 0, High);
    alone.group = None;
    let due = vec![of(1, 7, High), of(2, 8, High), of(3, 7, High), alone];
    let turns = decide(&queue(due), &BY_GROUP, NOW);
    assert_eq!(sent(&turns), [vec![1, 3], vec![2], vec![5]]);
}

#[test]
fn what_follows_a_message_of_its_group_waits_unless_it_is_worse() {
    let spoken = |ago: u64, worst| Spoken {
        at: NOW.minus(seconds(ago)),
        worst: Some(worst),
    };
    let ask = |severity, ago, worst| {
        let mut queue = queue(vec![of(1, 7, severity), of(2, 7, Medium)]);
        queue.spoken.insert(7, spoken(ago, worst));
        decide(&queue, &BY_GROUP, NOW)
    };
    assert_eq!(held(&ask(High, 10, High)), [(vec![1, 2], 20)]);
    assert_eq!(sent(&ask(High, 30, High)), [[1, 2]]);
    assert_eq!(sent(&ask(Critical, 1, High)), [[1, 2]]);
    assert_eq!(held(&ask(Critical, 1, Critical)).len(), 1);
}

#[test]
fn recoveries_never_wait_and_leave_together_where_they_are_due_together() {
    let mut queue = queue(vec![
        recovery(1, 7),
        of(2, 7, High),
        recovery(3, 7),
        recovery(4, 8),
    ]);
    let spoken = Spoken {
        at: NOW,
        worst: Some(High),
    };
    queue.spoken.insert(7, spoken);
    queue.gate.worked_off_at = Some(NOW.plus(seconds(9_999)));
    let turns = decide(&queue, &Bundling::default(), NOW);
    assert_eq!(sent(&turns), [vec![1, 3], vec![4]]);
    assert_eq!(held(&turns), [(vec![2], 30)]);
}

#[test]
fn what_left_before_leaves_as_it_did() {
    let mut due: Vec<_> = (1..=4).map(|id| of(id, 7, High)).collect();
    due[0].carrier = Some(1);
    due[2].carrier = Some(1);
    due[1].row.attempts = 1;
    due[1].row.status = "retrying".to_owned();
    let turns = decide(&queue(due), &BY_GROUP, NOW);
    let mut sent = sent(&turns);
    sent.sort();
    assert_eq!(sent, [vec![1, 3], vec![2], vec![4]]);
}

#[test]
fn without_a_wait_each_incident_is_a_message() {
    let off = Bundling {
        group_wait: Duration::ZERO,
        storm: None,
    };
    let due = vec![
        of(1, 7, High),
        of(2, 7, High),
        recovery(3, 7),
        recovery(4, 7),
    ];
    assert_eq!(decide(&queue(due), &off, NOW).turns.len(), 4);
}

#[test]
fn a_storm_is_held_back_and_leaves_as_one() {
    let limit = StormLimit {
        messages: 3,
        window: seconds(300),
    };
    let bundling = Bundling {
        storm: Some(limit),
        ..BY_GROUP
    };
    // Five groups at once, and three messages: all in one.
    let many: Vec<_> = (1..=5).map(|id| of(id, id, High)).collect();
    let first = decide(&queue(many), &bundling, NOW);
    assert_eq!(sent(&first), [[1, 2, 3, 4, 5]]);
    // Two more may leave by themselves; after that everything waits for the same moment.
    let mut next = queue(vec![of(6, 6, High), of(7, 7, High)]);
    next.gate = first.gate;
    let second = decide(&next, &bundling, NOW);
    assert_eq!(sent(&second), [[6], [7]]);
    let mut next = queue(vec![of(8, 8, High), of(9, 9, Medium)]);
    next.gate = second.gate;
    let third = decide(&next, &bundling, NOW);
    assert_eq!(held(&third), [(vec![8], 100), (vec![9], 100)]);
    assert_eq!(third.gate, second.gate, "what is held costs nothing");
    // The first critical does not wait, and takes the others along; the second does.
    next.due.push(of(10, 10, Critical));
    let urgent = decide(&next, &bundling, NOW);
    assert_eq!(sent(&urgent), [[10, 8, 9]]);
    let mut next = queue(vec![of(11, 11, Critical)]);
    next.gate = urgent.gate;
    assert_eq!(held(&decide(&next, &bundling, NOW)), [(vec![11], 200)]);
    // What was held back is one message, also when there is room for each of them by then.
    let mut late = queue(vec![of(8, 8, High), of(9, 9, Medium), of(12, 12, High)]);
    for due in &mut late.due[..2] {
        due.row.reason = Some(format!("{HELD_BACK}too much"));
    }
    assert_eq!(sent(&decide(&late, &bundling, NOW)), [vec![8, 9], vec![12]]);
    // Also what has waited for its recipient since then.
    late.gate.apart = apart(5);
    let mut reasons = Vec::new();
    for turn in decide(&late, &bundling, NOW).turns {
        let Turn::Hold {
            ids,
            reason,
            provider: true,
            ..
        } = turn
        else {
            panic!("{turn:?}");
        };
        reasons.push((ids, reason.starts_with(HELD_BACK)));
    }
    reasons.sort();
    assert_eq!(reasons, [(vec![8, 9], true), (vec![12], false)]);
}

#[test]
fn of_scarce_room_the_worst_gets_it_and_the_limit_is_not_charged_for_the_rest() {
    let mut queue = queue(vec![of(1, 1, High), of(2, 2, Critical), of(3, 3, High)]);
    queue.room = 1;
    let turns = decide(&queue, &Bundling::default(), NOW);
    assert_eq!(sent(&turns), [[2]]);
    assert!(held(&turns).is_empty(), "they stay due");
    assert_eq!(turns.gate.worked_off_at, Some(NOW.plus(seconds(60))));
}

#[test]
fn one_message_does_not_tell_of_everything() {
    let due: Vec<_> = (1..=300).map(|id| of(id, 7, High)).collect();
    let turns = decide(&queue(due), &BY_GROUP, NOW);
    assert_eq!(sent(&turns)[0].len(), 200);
}

fn tried(id: i64, severity: Severity) -> Due {
    let mut due = of(id, 7, severity);
    due.row.status = "retrying".to_owned();
    due
}

fn alone_about_nothing(id: i64) -> Due {
    Due {
        group: None,
        severity: None,
        ..of(id, 0, High)
    }
}

/// Free so long from now, 6 s apart, for a minute.
fn apart(free_in: u64) -> Option<Apart> {
    Some(Apart {
        free_at: NOW.plus(seconds(free_in)),
        gap: seconds(6),
        until: NOW.plus(seconds(60)),
    })
}

#[test]
fn where_messages_are_kept_apart_one_leaves_at_a_time_the_worst_first() {
    let mut alone = of(5, 0, High);
    alone.group = None;
    let due = vec![
        recovery(1, 8),
        tried(2, Medium),
        of(3, 7, High),
        tried(4, Critical),
        alone,
        tried(6, Medium),
    ];
    let mut queue = queue(due);
    queue.gate.apart = apart(4);
    let waits = decide(&queue, &Bundling::default(), NOW);
    assert!(sent(&waits).is_empty());
    assert_eq!(held(&waits), [(vec![4, 3, 5, 1, 2, 6], 4)]);
    assert_eq!(waits.gate, queue.gate, "what waits costs nothing");

    queue.gate.apart = apart(0);
    let leaves = decide(&queue, &Bundling::default(), NOW);
    assert_eq!(sent(&leaves), [[4]]);
    assert_eq!(held(&leaves), [(vec![3, 5, 1, 2, 6], 6)]);
    assert_eq!(leaves.gate.apart, apart(6));
    assert_eq!(leaves.gate.worked_off_at, None, "no new alarm left");

    // A code that somebody waits for is as urgent as what is high.
    let mut code = alone_about_nothing(7);
    code.row.kind = Kind::Verification.name().to_owned();
    queue.due.insert(5, code);
    let leaves = decide(&queue, &Bundling::default(), NOW);
    assert_eq!(held(&leaves), [(vec![3, 5, 1, 7, 2, 6], 6)]);
    queue.due.remove(5);

    // Once it has worn off all of it leaves.
    queue.gate.apart = apart(0).map(|apart| Apart {
        until: NOW,
        ..apart
    });
    assert_eq!(sent(&decide(&queue, &Bundling::default(), NOW)).len(), 6);
}

#[test]
fn what_somebody_else_began_is_not_held_but_looked_at_again() {
    let mut begun = tried(1, Critical);
    begun.row.status = "sending".to_owned();
    let mut queue = queue(vec![begun, tried(2, High)]);
    queue.gate.apart = apart(5);
    let turns = decide(&queue, &BY_GROUP, NOW);
    assert!(sent(&turns).is_empty());
    assert_eq!(held(&turns), [(vec![2], 5)]);
    let until = NOW.plus(seconds(5));
    let left = Turn::Leave {
        ids: vec![1],
        until,
    };
    assert!(turns.turns.contains(&left));
    queue.gate.apart = apart(0);
    assert_eq!(sent(&decide(&queue, &BY_GROUP, NOW)), [[1]]);
}

proptest! {
    /// Whatever is due: no row twice, no message of two kinds of company, never more messages than there is room for.
    #[test]
    fn every_row_has_at_most_one_turn(
        rows in prop::collection::vec((0_i64..4, 0_usize..3, 0_u64..60, any::<bool>()), 0..40),
        room in 1_usize..6,
        owed in 0_u64..900,
    ) {
        let due = rows.iter().enumerate().map(|(n, (group, severity, _, over))| {
            let id = i64::try_from(n).unwrap() + 1;
            let severity = [Medium, High, Critical][*severity];
            if *over { recovery(id, *group) } else { of(id, *group, severity) }
        });
        let mut queue = queue(due.collect());
        queue.room = room;
        queue.gate.worked_off_at = Some(NOW.plus(seconds(owed)));
        queue.gate.worst = Some(Critical);
        for (group, _, ago, _) in &rows {
            queue.spoken.insert(*group, Spoken { at: NOW.minus(seconds(*ago)), worst: Some(High) });
        }
        let turns = decide(&queue, &Bundling::default(), NOW);
        let mut seen = HashSet::new();
        for id in sent(&turns).into_iter().flatten().chain(held(&turns).into_iter().flat_map(|(ids, _)| ids)) {
            prop_assert!(seen.insert(id));
        }
        prop_assert!(sent(&turns).len() <= room);
        for ids in sent(&turns) {
            let kinds: HashSet<_> = ids.iter().map(|id| queue.due[usize::try_from(*id).unwrap() - 1].row.kind.as_str()).collect();
            prop_assert_eq!(kinds.len(), 1);
        }
        let recoveries_held = held(&turns).into_iter().flat_map(|(ids, _)| ids)
            .any(|id| queue.due[usize::try_from(id).unwrap() - 1].row.kind == "recovery");
        prop_assert!(!recoveries_held);
    }
}
