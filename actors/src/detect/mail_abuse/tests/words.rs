//! What people say, and what follows from it.

use super::*;

const TEN: i64 = 10 * 24 + 10;

fn hacked() -> Story {
    let mut story = Story::known(10, 12);
    story.case(hour(TEN).mailbox(1_500).running());
    story
}

fn at(hours: i64) -> i64 {
    START + hours * HOUR
}

#[test]
fn after_a_case_is_closed_only_what_came_since_is_judged() {
    let mut story = hacked();
    story.tell(INFO, Word::CaseClosed, at(TEN));
    assert_eq!(story.breaches(hour(TEN).mailbox(1_500).running()), [""; 0]);
    assert_eq!(story.breaches(hour(TEN).mailbox(1_590).running()), [""; 0]);
    assert_eq!(
        story.breaches(hour(TEN).mailbox(1_600)),
        [""; 0],
        "the complete count, too"
    );
    let mut story = hacked();
    story.tell(INFO, Word::CaseClosed, at(TEN));
    let case = story.case(hour(TEN).mailbox(1_700).running());
    assert_eq!(case.0, INFO);
    assert!(
        case.1
            .observed
            .contains("200 of them since its last case was closed")
    );
    let mut story = hacked();
    story.tell(INFO, Word::CaseClosed, at(TEN));
    assert_eq!(
        story.breaches(hour(TEN + 1).mailbox(300)),
        [INFO],
        "a new hour"
    );
}

#[test]
fn an_allowance_holds_and_twice_as_much_is_a_case_all_the_same() {
    let mut story = hacked();
    story.tell(INFO, Word::CaseClosed, at(TEN));
    let allowance = Word::Allowance {
        limit: 1_800.0,
        until: UnixMs(at(TEN + 45 * 24)),
    };
    story.tell(INFO, allowance, at(TEN));
    for (n, mail) in [(1, 1_800), (2, 3_000), (20, 3_599)] {
        assert_eq!(
            story.breaches(hour(TEN + n).mailbox(mail)),
            [""; 0],
            "{mail}"
        );
    }
    assert_eq!(story.breaches(hour(TEN + 21).mailbox(3_600)), [INFO]);
    story.tell(INFO, Word::CaseClosed, at(TEN + 22));
    story.tell(INFO, Word::AllowanceRevoked, at(TEN + 22));
    assert_eq!(story.breaches(hour(TEN + 27).mailbox(1_700)), [INFO]);
}

#[test]
fn a_small_allowance_still_needs_five_times_what_is_expected() {
    let mut story = Story::known(10, 12);
    let allowance = Word::Allowance {
        limit: 150.0,
        until: UnixMs(at(TEN + 1)),
    };
    story.tell(INFO, allowance.clone(), at(TEN));
    let alone = |n, mail| hour(n).login("info@customer.example", mail, |_| {});
    assert_eq!(story.breaches(alone(TEN, 299).running()), [""; 0]);
    assert_eq!(story.breaches(alone(TEN, 300).running()), [INFO]);
    story.bench.tracks = Default::default();
    assert_eq!(story.breaches(alone(TEN + 1, 140)), [INFO], "it has ended");
}

#[test]
fn the_new_normal_lets_the_hours_of_an_open_case_be_learned() {
    let mut story = Story::known(10, 12);
    story.case(hour(TEN).mailbox(150));
    story.tell(INFO, Word::NewNormal, at(TEN));
    for day in 1..8 {
        story.see(hour(TEN + day * 24).mailbox(150));
    }
    let learned = Story::known(10, 12);
    assert_ne!(learned.state().hours, story.state().hours);
    assert_eq!(story.breaches(hour(TEN + 8 * 24).mailbox(600)), [""; 0]);
    let mut other = Story::known(10, 12);
    for day in 0..8 {
        other.see(hour(TEN + day * 24).mailbox(150));
    }
    let later = hour(TEN + 8 * 24).mailbox(600);
    assert_eq!(
        other.breaches(later),
        [INFO],
        "hours of a case teach nothing"
    );
}

#[test]
fn words_that_say_nothing_change_nothing() {
    let mut story = Story::known(10, 12);
    let before = story.state().clone();
    story.tell(INFO, Word::AllowanceRevoked, at(TEN));
    story.tell(INFO, Word::CaseClosed, at(TEN));
    let nonsense = Word::Allowance {
        limit: f64::NAN,
        until: UnixMs(0),
    };
    story.tell(INFO, nonsense, at(TEN));
    assert!(*story.state() == before);
}

#[test]
fn allowances_are_bounded() {
    let mut story = Story::new();
    for n in 0..400 {
        let allowance = Word::Allowance {
            limit: 100.0,
            until: UnixMs(at(1_000 + n)),
        };
        story.tell(&format!("login:user{n}@customer.example"), allowance, at(0));
    }
    assert!(postcard::to_stdvec(story.state()).unwrap().len() < 6_000);
}
