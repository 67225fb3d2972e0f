//! What looks like abuse and is none.

use super::*;

#[test]
fn a_weekly_newsletter_is_known_from_the_third_on() {
    let mut story = Story::new();
    let mut opened = Vec::new();
    for number in 0..24 * 7 * 6 {
        let busy = (8..18).contains(&(number % 24));
        // Tuesdays; late now and then, and an hour earlier since clocks changed.
        let week = number / 168;
        let at = 24 + if week >= 4 { 9 } else { 10 };
        let letter = if number % 168 == at {
            2_000 + week as u64 * 150
        } else {
            0
        };
        let mail = letter + if busy { 15 } else { 0 };
        if !story.breaches(hour(number).mailbox(mail)).is_empty() {
            opened.push(week);
            let case = story.open()[0].to_owned();
            story.tell(&case, Word::CaseClosed, START + number * HOUR);
        }
    }
    assert_eq!(opened, [0, 1]);
}

#[test]
fn a_newsletter_does_not_excuse_a_hack_at_another_time_or_a_larger_one() {
    let mut story = Story::new();
    for number in 0..24 * 7 * 3 {
        let letter = if number % 168 == 34 { 2_000 } else { 10 };
        story.see(hour(number).mailbox(letter));
        story.bench.tracks = Default::default();
    }
    let tuesday = 24 * 7 * 3 + 34;
    assert_eq!(story.breaches(hour(tuesday).mailbox(2_999)), [""; 0]);
    assert_eq!(story.breaches(hour(tuesday).mailbox(3_001)), [INFO]);
    assert_eq!(story.breaches(hour(tuesday + 3).mailbox(600)), [INFO]);
}

#[test]
fn a_hack_that_shows_signs_is_never_a_pattern() {
    let mut story = Story::new();
    let mut found = 0;
    for number in 0..24 * 7 * 5 {
        let spam = number % 168 == 34;
        let mail = hour(number).login("info@customer.example", if spam { 900 } else { 10 }, |l| {
            l.failures = Some(if spam { 300 } else { 0 });
        });
        found += story.breaches(mail).len();
        story.bench.tracks = Default::default();
    }
    assert_eq!(found, 5);
}

#[test]
fn month_end_invoices_are_known_the_second_time() {
    let mut story = Story::new();
    // 31 March and 30 April.
    let ends = [29 * 24 + 7, 59 * 24 + 7];
    for number in 0..60 * 24 {
        let mail = if ends.contains(&number) { 800 } else { 10 };
        let found = story.breaches(hour(number).script("user:billing", mail));
        assert_eq!(found.is_empty(), number != ends[0], "hour {number}");
        story.bench.tracks = Default::default();
    }
}

#[test]
fn a_busy_mailbox_is_quiet_at_its_usual_and_at_four_times_that() {
    let mut story = Story::known(10, 400);
    for (n, mail) in [(8, 450), (10, 1_900), (14, 700)] {
        assert_eq!(story.breaches(hour(240 + n).mailbox(mail)), [""; 0]);
    }
    // Clocks changed: the day begins an hour earlier.
    assert_eq!(story.breaches(hour(240 + 24 + 7).mailbox(400)), [""; 0]);
    assert_eq!(story.breaches(hour(240 + 24 + 3).mailbox(400)), [INFO]);
}

#[test]
fn a_busy_server_that_is_new_is_learned_with_its_days_and_nights() {
    for (day_mail, opened) in [(450, 0), (1_200, 1)] {
        let mut story = Story::new();
        let mut last = None;
        for number in 0..14 * 24 {
            let busy = (8..18).contains(&(number % 24));
            let found = story.breaches(hour(number).mailbox(if busy { day_mail } else { 15 }));
            if !found.is_empty() {
                last = Some(number);
            }
        }
        assert_eq!(story.open().len(), opened);
        assert!(last.is_none_or(|hour| hour < 5 * 24), "{last:?}");
    }
}

#[test]
fn what_is_no_sender_is_not_judged() {
    let mut story = Story::known(10, 12);
    let passed_over = hour(250)
        .login("*", 9_000, |_| {})
        .login(
            "SRS0=abc=TT=elsewhere.example=bob@customer.example",
            9_000,
            |_| {},
        )
        .login("news-bounces@customer.example", 9_000, |_| {})
        .script("*", 9_000)
        .script("user:mailman", 9_000)
        .script("/usr/local/cpanel/3rdparty/mailman/cron", 9_000)
        .domain("*", 9_000, 9_000);
    assert_eq!(story.see(passed_over), []);
}

#[test]
fn what_is_not_known_is_no_sign() {
    let mut story = Story::known(10, 12);
    let foreign = |hours| {
        hour(hours).login("info@customer.example", 800, |login| {
            login.domains = Some(Distinct::named(["elsewhere.example".to_owned()]));
            login.failures = None;
            login.ips = None;
        })
    };
    let case = story.case(foreign(250));
    assert_eq!(severity(&case), Severity::Medium);
    story.inventory(&["customer.example"]);
    assert_eq!(severity(&story.case(foreign(251))), Severity::High);
    let mut own = Story::known(10, 12);
    own.inventory(&["elsewhere.example"]);
    assert_eq!(severity(&own.case(foreign(250))), Severity::Medium);
    // A script that is new on a server that is new itself.
    let mut story = Story::known(2, 12);
    let case = story.case(hour(50).script("/home/customer/a.php", 900));
    assert_eq!(severity(&case), Severity::Medium);
}

#[test]
fn few_failures_are_no_sign_however_large_their_share() {
    let mut story = Story::known(10, 12);
    let failing = |n, recipients, failures| {
        hour(n).login("info@customer.example", recipients, |login| {
            login.failures = Some(failures);
        })
    };
    assert_eq!(
        severity(&story.case(failing(250, 110, 29))),
        Severity::Medium
    );
    assert_eq!(
        severity(&story.case(failing(251, 900, 134))),
        Severity::Medium
    );
    assert_eq!(
        severity(&story.case(failing(252, 900, 135))),
        Severity::High
    );
}

#[test]
fn without_an_incident_quiet_is_clear_and_with_one_it_says_nothing() {
    let mut story = Story::known(10, 60);
    let said = story.see(hour(250).mailbox(120));
    assert_eq!(
        said,
        [
            (INFO.to_owned(), Outcome::Clear),
            ("domain:customer.example".to_owned(), Outcome::Clear)
        ]
    );
    story.case(hour(251).mailbox(900));
    let said = story.see(hour(252).mailbox(120));
    assert_eq!(
        said,
        [("domain:customer.example".to_owned(), Outcome::Clear)]
    );
    assert_eq!(story.see(hour(253)), []);
    assert_eq!(story.open(), [INFO], "people close it");
    let clock = story.bench.clock;
    story.bench.tracks.resolved_by_hand(9, INFO, clock);
    assert_eq!(story.see(hour(254)), [(INFO.to_owned(), Outcome::Clear)]);
}
