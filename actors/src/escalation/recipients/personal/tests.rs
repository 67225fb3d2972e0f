use super::*;
use crate::escalation::policy::Targets;
use crate::notify::channel::registry;
use crate::notify::outbound::Outbound;
use crate::notify::personal::preferences::Preferences;
use chrono_tz::Tz::Asia__Dhaka as DHAKA;
use noc_pipeline::clock::UnixMs;
use noc_storage::relational::entity::contact;
use noc_storage::relational::notification_preferences::ChannelChoice;
use std::collections::BTreeMap;
use std::sync::Arc;

fn contact(id: i64, user_id: i64, channel: &str, address: &str) -> contact::Model {
    contact::Model {
        id,
        user_id,
        channel: channel.into(),
        address: address.into(),
        address_key: address.into(),
        secret: None,
        verified_at: Some(UnixMs(1).to_datetime()),
        code_hash: None,
        code_expires_at: None,
        code_tries: 0,
        code_asked_at: None,
        code_delivery_id: None,
        created_at: UnixMs(1).to_datetime(),
    }
}

fn person(preferences: Option<Preferences>, contacts: Vec<contact::Model>) -> Person {
    Person {
        preferences,
        contacts,
    }
}

fn saved(choices: &[(&str, bool, Option<i64>)]) -> Preferences {
    let choice = |&(channel, enabled, contact_id): &(&str, bool, Option<i64>)| {
        let choice = ChannelChoice {
            enabled,
            contact_id,
        };
        (channel.to_owned(), choice)
    };
    Preferences {
        channels: choices.iter().map(choice).collect(),
        ..Preferences::unsaved(DHAKA)
    }
}

/// Ada and Bob, the product's channels, and what the e-mail channel names itself.
fn directory(people: Vec<(i64, Person)>, own_mail: &[&str]) -> Directory {
    let account = |id, name: &str| Account {
        id,
        name: name.to_owned(),
        email: format!("{name}@noc.test"),
        role: "operator".into(),
        active: true,
    };
    let registry = registry(Outbound::default());
    let open = |key: &str, own: &[&str]| OpenChannel {
        channel: Arc::clone(registry.get(key).unwrap()),
        own: own.iter().map(ToString::to_string).collect(),
    };
    Directory {
        accounts: vec![account(1, "ada"), account(2, "bob")],
        on_duty: Vec::new(),
        channels: vec![
            open("email", own_mail),
            open("whatsapp", &[]),
            open("telegram", &["-100123"]),
            open("discord", &["webhook"]),
        ],
        people: People::of(people.into_iter().collect::<BTreeMap<_, _>>()),
    }
}

fn step(channels: &[&str], users: &[i64]) -> Step {
    Step {
        delay_seconds: 0,
        channels: channels.iter().map(ToString::to_string).collect(),
        targets: Targets {
            users: users.to_vec(),
            ..Targets::default()
        },
        only_if_unacknowledged: true,
    }
}

fn told(resolution: &Resolution) -> Vec<String> {
    let all = resolution.recipients.iter();
    all.map(|r| match r.user {
        Some(user) => format!("{} {} of {user}", r.channel, r.key),
        None => format!("{} {}", r.channel, r.key),
    })
    .collect()
}

#[test]
fn a_person_is_told_at_each_verified_address_they_use() {
    let contacts = vec![
        contact(5, 1, "whatsapp", "+8801712345678"),
        contact(6, 1, "whatsapp", "+8801812345678"),
        contact(7, 1, "discord", "webhook:abc"),
    ];
    let preferences = saved(&[
        ("email", true, None),
        ("whatsapp", true, Some(5)),
        ("discord", false, Some(7)),
    ]);
    let ada = person(Some(preferences), contacts.clone());
    let all = ["email", "whatsapp", "telegram", "discord"];
    let got = resolve(&step(&all, &[1]), &directory(vec![(1, ada)], &[]));
    assert_eq!(
        told(&got),
        [
            "email ada@noc.test of 1",
            "whatsapp +8801712345678 of 1",
            "telegram -100123",
            "discord webhook",
        ]
    );
    assert_eq!(got.warnings, Vec::<String>::new());
    // Who never saved anything is told at the last address they verified on a channel.
    let unsaved = directory(vec![(1, person(None, contacts))], &[]);
    let got = resolve(&step(&all, &[1]), &unsaved);
    assert_eq!(
        told(&got)[..3],
        [
            "email ada@noc.test of 1",
            "whatsapp +8801812345678 of 1",
            "discord webhook:abc of 1",
        ]
    );
}

#[test]
fn whoever_is_named_and_cannot_be_reached_is_a_warning_and_nobody_else_is_told() {
    let preferences = saved(&[("email", false, None)]);
    let people = vec![(1, person(Some(preferences), Vec::new()))];
    let directory = directory(people, &["team@noc.test"]);
    let got = resolve(&step(&["email", "whatsapp"], &[1]), &directory);
    assert!(got.recipients.is_empty());
    assert_eq!(
        got.warnings,
        [
            "ada cannot be reached: email is switched off by them, whatsapp is switched off by them",
            "nobody was reached",
        ]
    );
    let got = resolve(&step(&["discord"], &[2]), &directory);
    assert_eq!(
        got.warnings[0],
        "bob cannot be reached: no verified address for discord"
    );
    assert!(got.recipients.is_empty(), "rooms are not told alone");
}

#[test]
fn a_flat_list_tells_the_channels_and_whoever_asked_for_it() {
    let contacts = vec![contact(5, 1, "whatsapp", "+8801712345678")];
    let ada = saved(&[("email", true, None), ("whatsapp", true, Some(5))]);
    let directory = directory(vec![(1, person(Some(ada), contacts))], &["team@noc.test"]);
    let flat = |severity| resolve_flat(&step(&["email", "whatsapp"], &[]), &directory, severity);
    assert_eq!(
        told(&flat(Severity::High)),
        [
            "email ada@noc.test of 1",
            "whatsapp +8801712345678 of 1",
            "email team@noc.test",
        ],
        "bob never asked"
    );
    assert_eq!(told(&flat(Severity::Medium)), ["email team@noc.test"]);
}

#[test]
fn a_mailbox_among_the_channels_own_follows_its_person() {
    let own = ["Ada@noc.test", "bob@noc.test", "team@noc.test"];
    let flat = |choices, severity| {
        let people = vec![(1, person(Some(saved(choices)), Vec::new()))];
        let directory = directory(people, &own);
        told(&resolve_flat(&step(&["email"], &[]), &directory, severity))
    };
    let on: &[(&str, bool, Option<i64>)] = &[("email", true, None)];
    assert_eq!(
        flat(on, Severity::High),
        [
            "email ada@noc.test of 1",
            "email bob@noc.test",
            "email team@noc.test"
        ]
    );
    assert_eq!(
        flat(on, Severity::Low),
        ["email bob@noc.test", "email team@noc.test"]
    );
    let off: &[(&str, bool, Option<i64>)] = &[("email", false, None)];
    assert_eq!(
        flat(off, Severity::Critical),
        ["email bob@noc.test", "email team@noc.test"]
    );
    // The copies of a step leave out who switched e-mail off as well, and nobody for a severity.
    let people = vec![(1, person(Some(saved(off)), Vec::new()))];
    let got = resolve(&step(&["email"], &[2]), &directory(people, &own));
    assert_eq!(
        told(&got),
        ["email bob@noc.test of 2", "email team@noc.test"]
    );
}

#[test]
fn two_people_with_one_phone_are_one_recipient() {
    let phone = |id, user| contact(id, user, "whatsapp", "+8801712345678");
    let people = vec![
        (1, person(None, vec![phone(5, 1)])),
        (2, person(None, vec![phone(6, 2)])),
    ];
    let got = resolve(&step(&["whatsapp"], &[1, 2]), &directory(people, &[]));
    // And what neither of them chose for themselves holds for the other.
    assert_eq!(told(&got), ["whatsapp +8801712345678"]);
    assert_eq!(got.warnings, Vec::<String>::new());
}
