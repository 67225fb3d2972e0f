use super::*;
use crate::escalation::policy::Targets;
use crate::notify::channel::{Email, Settings};
use crate::notify::outbound::Outbound;
use serde_json::json;

fn account(id: i64, email: &str, role: &str, active: bool) -> Account {
    Account {
        id,
        name: format!("user {id}"),
        email: email.into(),
        role: role.into(),
        active,
    }
}

fn directory(own: &[&str]) -> Directory {
    Directory {
        accounts: vec![
            account(1, "Ada@noc.test", "admin", true),
            account(2, "bob@noc.test", "operator", true),
            account(3, "gone@noc.test", "admin", false),
            account(4, "cyn@noc.test", "oncall", true),
        ],
        on_duty: Vec::new(),
        people: People::default(),
        channels: vec![OpenChannel {
            channel: Arc::new(Email::default()),
            own: own.iter().map(ToString::to_string).collect(),
        }],
    }
}

fn step(targets: Targets) -> Step {
    Step {
        delay_seconds: 0,
        channels: vec!["email".into()],
        targets,
        only_if_unacknowledged: true,
    }
}

fn addresses(resolution: &Resolution) -> Vec<&str> {
    resolution
        .recipients
        .iter()
        .map(|r| r.address.as_str())
        .collect()
}

#[test]
fn people_and_the_organisation_are_told_once_each() {
    let targets = Targets {
        users: vec![1, 2],
        roles: vec!["admin".into()],
        external: vec!["BOB@noc.test".into(), "ext@else.test".into()],
    };
    let got = resolve(
        &step(targets),
        &directory(&["ada@NOC.test", "team@noc.test"]),
    );
    assert_eq!(
        addresses(&got),
        [
            "Ada@noc.test",
            "bob@noc.test",
            "ext@else.test",
            "team@noc.test"
        ]
    );
    assert_eq!(got.recipients[0].user, Some(1));
    assert_eq!(got.warnings, Vec::<String>::new());
}

#[test]
fn targets_that_lead_nowhere_send_nothing_not_even_copies() {
    let targets = Targets {
        users: vec![3, 9],
        roles: vec!["oncall".into(), "viewer".into()],
        external: vec!["+8801712345678".into()],
    };
    let got = resolve(&step(targets), &directory(&["team@noc.test"]));
    assert!(got.recipients.is_empty());
    assert_eq!(
        got.warnings,
        [
            "account user 3 is switched off",
            "account 9 does not exist",
            "nobody is on call",
            "nobody has the role viewer",
            "no channel that is switched on reaches +8801712345678",
            "nobody was reached",
        ]
    );
}

#[test]
fn the_account_role_oncall_only_grants_permissions() {
    let targets = Targets {
        roles: vec!["oncall".into()],
        ..Targets::default()
    };
    assert!(
        resolve(&step(targets), &directory(&[]))
            .recipients
            .is_empty()
    );
}

#[test]
fn on_call_is_whoever_is_on_duty_by_any_schedule_once() {
    let duty = |schedule: &str, user| OnDuty {
        schedule: schedule.into(),
        user,
        unreadable: false,
    };
    let orbit = OnDuty {
        unreadable: true,
        ..duty("Orbit", None)
    };
    let directory = Directory {
        on_duty: vec![
            duty("Night", Some(2)),
            duty("Backup", Some(2)),
            duty("Mail", Some(3)),
            duty("Weekend", None),
            orbit,
        ],
        ..directory(&[])
    };
    let targets = Targets {
        users: vec![2],
        roles: vec!["oncall".into()],
        ..Targets::default()
    };
    let got = resolve(&step(targets), &directory);
    assert_eq!(addresses(&got), ["bob@noc.test"]);
    assert_eq!(
        got.warnings,
        [
            "account user 3, on call in Mail, is switched off",
            "nobody is on call in Weekend",
            "nobody is on call in Orbit, which cannot be read",
        ]
    );
}

#[test]
fn an_address_that_several_share_is_nobodys_own() {
    let mut directory = directory(&[]);
    directory.accounts[1].email = "ada@noc.test".into();
    let targets = |external: &[&str]| Targets {
        users: vec![1, 2],
        external: external.iter().map(ToString::to_string).collect(),
        ..Targets::default()
    };
    let got = resolve(&step(targets(&[])), &directory);
    assert_eq!(addresses(&got), ["Ada@noc.test"]);
    assert_eq!(
        got.recipients[0].user, None,
        "neither's quiet hours hold there"
    );

    directory.accounts[1].email = "bob@noc.test".into();
    let got = resolve(&step(targets(&["BOB@noc.test"])), &directory);
    let users: Vec<_> = got.recipients.iter().map(|r| r.user).collect();
    assert_eq!(
        users,
        [Some(1), Some(2)],
        "the same mailbox named once more"
    );
}

#[test]
fn without_targets_the_channels_own_recipients_are_told() {
    let got = resolve(
        &step(Targets::default()),
        &directory(&["a@x.test", "A@x.test"]),
    );
    assert_eq!(addresses(&got), ["a@x.test"]);
    assert!(
        resolve(&step(Targets::default()), &directory(&[]))
            .recipients
            .is_empty()
    );
}

#[test]
fn a_channel_that_is_off_is_named() {
    let mut step = step(Targets::default());
    step.channels.push("telegram".into());
    let got = resolve(&step, &directory(&["a@x.test"]));
    assert_eq!(got.warnings, ["channel telegram is not switched on"]);
    assert_eq!(got.recipients.len(), 1);
    step.channels.clear();
    assert_eq!(
        resolve(&step, &directory(&["a@x.test"])).recipients.len(),
        1
    );
    assert_eq!(
        resolve(&step, &Directory::default()).warnings[0],
        "no channel is switched on"
    );
}

/// The product's channels, with one recipient of its own each, as settings without secrets name them.
fn every_channel() -> Directory {
    let registry = crate::notify::channel::registry(Outbound::default());
    let settings = json!({"recipients": ["+8801712345678"], "chat_id": "-100123"});
    let settings = Settings::new(settings.as_object().unwrap().clone());
    let open = |channel: &Arc<dyn Channel>| OpenChannel {
        own: match channel.key() {
            "email" => vec!["team@noc.test".into()],
            _ => channel.own_recipients(&settings),
        },
        channel: Arc::clone(channel),
    };
    Directory {
        channels: registry.iter().map(open).collect(),
        ..directory(&[])
    }
}

fn told(resolution: &Resolution) -> Vec<String> {
    let all = resolution.recipients.iter();
    all.map(|r| format!("{} {}", r.channel, r.key)).collect()
}

#[test]
fn rooms_and_the_organisations_phones_are_told_once_a_step_beside_people() {
    let mut step = step(Targets {
        users: vec![1],
        external: vec!["01712-345678".into(), "01812345678".into()],
        ..Targets::default()
    });
    step.channels = [
        "email", "whatsapp", "telegram", "discord", "slack", "webhook",
    ]
    .map(str::to_owned)
    .to_vec();
    let got = resolve(&step, &every_channel());
    assert_eq!(
        told(&got),
        [
            "email ada@noc.test",
            "whatsapp +8801712345678",
            "whatsapp +8801812345678",
            "email team@noc.test",
            "telegram -100123",
            "discord webhook",
            "slack webhook",
            "webhook webhook",
        ]
    );
    assert_eq!(got.warnings, Vec::<String>::new());
    // Rooms are not told alone of what was to reach a person.
    step.targets = Targets {
        roles: vec!["viewer".into()],
        ..Targets::default()
    };
    assert!(resolve(&step, &every_channel()).recipients.is_empty());
    step.targets = Targets::default();
    step.channels = vec!["slack".into(), "whatsapp".into()];
    let got = resolve(&step, &every_channel());
    assert_eq!(told(&got), ["slack webhook", "whatsapp +8801712345678"]);
}
