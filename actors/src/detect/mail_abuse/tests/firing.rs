//! What makes a case, and how bad it is.

use super::*;
use crate::detect::evidence::{Learned, Sender};

const TEN: i64 = 10 * 24 + 10;

#[test]
fn a_hacked_mailbox_is_found_within_the_running_hour() {
    let mut story = Story::known(10, 12);
    story.inventory(&["customer.example"]);
    assert_eq!(story.breaches(hour(TEN).mailbox(90).running()), [""; 0]);
    let hacked = |recipients: u64| {
        hour(TEN)
            .login("info@customer.example", recipients, |login| {
                login.failures = Some(recipients / 3);
                login.ips = Some(Distinct::count_of(14));
                login.countries = Some(Distinct::named(["BR".into(), "VN".into(), "RU".into()]));
            })
            .domain("customer.example", recipients + 12, recipients / 3)
            .running()
    };
    let case = story.case(hacked(600));
    assert_eq!((case.0.as_str(), severity(&case)), (INFO, Severity::High));
    let case = story.case(hacked(2_400));
    assert_eq!(severity(&case), Severity::Critical);
    let (_, finding) = &case;
    assert_eq!(
        finding.title.of("web-01"),
        "Mailbox info@customer.example on web-01 mailed 2,400 recipients in an hour"
    );
    assert_eq!(
        finding.observed,
        "2,400 recipients in 240 messages in the hour from 10:00 UTC so far, from 14 addresses, in the name of \
         customer.example; 800 of 2,400 recipients failed or were deferred; logged in from 14 addresses in the \
         hour; logged in from 3 countries in the hour"
    );
    assert_eq!(
        finding.expected,
        "about 12 recipients, the median of this hour on 7 days before"
    );
    assert_eq!((finding.threshold, finding.samples), (Some(100.0), 7));
    assert_eq!(
        finding.command.as_deref(),
        Some("sudo exigrep -l 'info@customer.example' /var/log/exim_mainlog | tail -n 200")
    );
    let evidence = evidence(finding);
    assert_eq!(
        (evidence.sender, evidence.learned),
        (Sender::Login, Learned::HourOfDay)
    );
    assert_eq!(evidence.account.as_deref(), Some("customer"));
    assert_eq!((evidence.recipients, evidence.failures), (2_400, Some(800)));
    assert_eq!(evidence.countries, ["BR", "VN", "RU"]);
    assert_eq!(evidence.domains[0].name, "customer.example");
    assert_eq!(story.open(), [INFO]);
}

#[test]
fn a_planted_script_is_new_and_so_it_is_worse() {
    let mut story = Story::known(10, 12);
    story
        .bench
        .fleet
        .take(noc_pipeline::control::FleetWord::Prior {
            metric: super::super::PRIOR.to_owned(),
            value: 4.0,
        });
    let path = "/home/customer/public_html/wp-content/x.php";
    let spam = |n, recipients: u64| {
        hour(n)
            .script(path, recipients)
            .domain("customer.example", recipients, recipients / 4)
    };
    let case = story.case(spam(TEN, 400).running());
    assert_eq!(case.0, format!("script:{path}"));
    assert_eq!(severity(&case), Severity::High);
    let shown = evidence(&case.1);
    assert_eq!(shown.learned, Learned::Fleet);
    assert_eq!(shown.signs.len(), 2, "{:?}", shown.signs);
    assert!(shown.signs[0].starts_with("the script sent nothing in 10 days"));
    assert!(shown.signs[1].starts_with("100 of 400 recipients failed"));
    assert_eq!(shown.domains[0].name, "customer.example");
    assert_eq!(
        case.1.command.as_deref(),
        Some(
            "sudo grep -F -- 'cwd=/home/customer/public_html/wp-content' /var/log/exim_mainlog | tail -n 200"
        )
    );
    story.case(spam(TEN, 400));
    let case = story.case(spam(TEN + 1, 1_500).running());
    assert_eq!(
        severity(&case),
        Severity::Critical,
        "an hour later it is still new"
    );
}

#[test]
fn many_forged_domains_under_one_login_are_one_case() {
    let mut story = Story::known(10, 12);
    story.inventory(&["customer.example"]);
    let names: Vec<String> = (0..10).map(|n| format!("forged{n}.example")).collect();
    let mut spam = hour(TEN).login("info@customer.example", 2_400, |login| {
        login.domains = Some(Distinct::named(names.clone()));
    });
    for name in &names {
        spam = spam.domain(name, 240, 0);
    }
    let case = story.case(spam);
    assert_eq!(
        (case.0.as_str(), severity(&case)),
        (INFO, Severity::Critical)
    );
    let shown = evidence(&case.1);
    assert_eq!(shown.domains.len(), 10);
    assert_eq!(shown.domains[0].recipients, 240);
    assert_eq!(
        shown.signs,
        [
            "it sent in the name of forged0.example, forged1.example, forged2.example and 7 more: no domain of \
          this server"
        ]
    );
    let mut unnamed = hour(TEN + 1).login("info@customer.example", 2_400, |login| {
        login.domains = Some(Distinct::count_of(200));
    });
    unnamed = unnamed.domain("forged7.example", 600, 0);
    let case = story.case(unnamed);
    assert_eq!(
        evidence(&case.1).signs,
        ["it sent in the name of 200 domains"]
    );
}

#[test]
fn a_domain_whose_senders_are_not_known_is_a_case_of_its_own() {
    let mut story = Story::known(10, 12);
    let case = story.case(
        hour(TEN)
            .login("a@customer.example", 90, |_| {})
            .login("b@customer.example", 90, |_| {})
            .domain("customer.example", 400, 100),
    );
    assert_eq!(case.0, "domain:customer.example");
    assert_eq!(severity(&case), Severity::High);
    let shown = evidence(&case.1);
    assert_eq!(shown.logins.len(), 2);
    assert_eq!(shown.account.as_deref(), Some("customer"));
    assert_eq!(shown.failures, Some(100));
}

#[test]
fn a_login_joins_the_case_its_domain_has() {
    let mut story = Story::known(10, 12);
    story.case(hour(TEN).domain("customer.example", 400, 0));
    let case = story.case(hour(TEN + 1).mailbox(700));
    assert_eq!(case.0, "domain:customer.example");
    assert_eq!(story.open(), ["domain:customer.example"]);
}

#[test]
fn two_hacked_mailboxes_are_two_cases() {
    let mut story = Story::known(10, 12);
    let both = hour(TEN)
        .login("info@customer.example", 700, |_| {})
        .login("sales@customer.example", 600, |_| {})
        .domain("customer.example", 1_300, 0);
    let mut cases = story.breaches(both);
    cases.sort();
    assert_eq!(cases, [INFO, "login:sales@customer.example"]);
}

#[test]
fn nothing_known_takes_more_than_500() {
    let mut story = Story::new();
    assert_eq!(story.breaches(hour(0).mailbox(500)), [""; 0]);
    let case = story.case(hour(1).mailbox(501));
    assert_eq!(severity(&case), Severity::Medium);
    assert_eq!(evidence(&case.1).learned, Learned::Nothing);
    assert_eq!(case.1.expected, "nothing is known of it yet");
}

#[test]
fn names_of_strangers_stay_in_their_quotes_and_long_ones_are_cut() {
    let mut story = Story::known(10, 12);
    let path = format!("/home/x/{}/a'; id #.php", "d".repeat(900));
    let case = story.case(hour(TEN).script(&path, 900));
    assert!(case.0.chars().count() <= 512);
    assert!(case.1.title.before.len() < 130);
    let command = case.1.command.unwrap();
    assert!(command.contains("'cwd=/home/x/ddd"), "{command}");
    assert!(!command.contains("id #"), "only the folder is looked for");
}
