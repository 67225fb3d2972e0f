//! Who a step reaches: a set of addresses, decided from the step and the directory as they are when it fires.

use super::policy::{ON_CALL_ROLE, Step};
use crate::notify::channel::{Channel, Reach};
use crate::notify::personal::address::is_secret;
use crate::notify::personal::people::{People, Place};
use crate::oncall::OnDuty;
use std::collections::BTreeSet;
use std::sync::Arc;

mod personal;

pub use personal::resolve_flat;

/// An account that may be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Row of `users`.
    pub id: i64,
    /// Shown in warnings.
    pub name: String,
    /// Its own address; an account's e-mail counts as verified.
    pub email: String,
    /// Its role.
    pub role: String,
    /// Whether it may be used.
    pub active: bool,
}

/// A channel that is switched on.
#[derive(Clone)]
pub struct OpenChannel {
    /// What it is.
    pub channel: Arc<dyn Channel>,
    /// The recipients its settings name.
    pub own: Vec<String>,
}

/// Whom and how the organisation can tell anything.
#[derive(Clone, Default)]
pub struct Directory {
    /// All accounts, also those not in use: a step that names one says why it was left out.
    pub accounts: Vec<Account>,
    /// Who is on duty now, by each schedule.
    pub on_duty: Vec<OnDuty>,
    /// The channels that are switched on.
    pub channels: Vec<OpenChannel>,
    /// What people chose for themselves, and the addresses they proved to be theirs.
    pub people: People,
}

/// One address on one channel.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Recipient {
    /// Key of the channel.
    pub channel: String,
    /// The one form of the address that counts; no two recipients of a step share it on a channel.
    pub key: String,
    /// As it was given, and as it is shown.
    pub address: String,
    /// Whose it is, where it is an account's.
    pub user: Option<i64>,
}

/// What a step comes to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Resolution {
    /// Empty: the step reaches nobody, sends nothing, and the next follows at once.
    pub recipients: Vec<Recipient>,
    /// What an operator must see: targets that lead nowhere.
    pub warnings: Vec<String>,
}

/// Resolves a step.
///
/// With targets: each person at the step's channels where they have a place of their own, an external address on the
/// channel of its kind, group channels and the e-mail channel's own recipients in copy. If no target can be reached,
/// nobody is told at all. Without targets: the channels' own recipients. A mailbox of somebody who switched e-mail off is
/// no recipient of the e-mail channel's own either.
#[must_use]
pub fn resolve(step: &Step, directory: &Directory) -> Resolution {
    let mut found = Found::default();
    let channels = found.channels_of(step, directory);
    let people = !step.targets.is_empty();
    if people {
        for account in found.accounts_of(step, directory) {
            found.add_person(&channels, account, &directory.people);
        }
        for address in &step.targets.external {
            found.add_external(address, directory);
        }
        if found.recipients.is_empty() {
            found.warnings.push("nobody was reached".to_owned());
            return found.finish();
        }
    }
    found.add_own(&channels, directory, None);
    if found.recipients.is_empty() {
        found
            .warnings
            .push("nobody was reached: the channels name no recipients of their own".to_owned());
    }
    found.finish()
}

#[derive(Default)]
struct Found {
    recipients: Vec<Recipient>,
    taken: BTreeSet<(String, String)>,
    /// The accounts' own mailboxes, which are nobody else's.
    mailboxes: BTreeSet<String>,
    warnings: Vec<String>,
}

impl Found {
    fn channels_of<'d>(&mut self, step: &Step, directory: &'d Directory) -> Vec<&'d OpenChannel> {
        let by_mail = |open: &&OpenChannel| open.channel.reach() == Reach::Email;
        for open in directory.channels.iter().filter(by_mail) {
            let own = directory.accounts.iter();
            let own = own.filter_map(|account| open.channel.normalise(&account.email));
            self.mailboxes.extend(own);
        }
        if step.channels.is_empty() {
            if directory.channels.is_empty() {
                self.warnings.push("no channel is switched on".to_owned());
            }
            return directory.channels.iter().collect();
        }
        let mut open = Vec::new();
        for key in &step.channels {
            match directory.channels.iter().find(|c| c.channel.key() == key) {
                Some(channel) => open.push(channel),
                None => self
                    .warnings
                    .push(format!("channel {key} is not switched on")),
            }
        }
        open
    }

    fn accounts_of<'d>(&mut self, step: &Step, directory: &'d Directory) -> Vec<&'d Account> {
        let mut accounts: Vec<&Account> = Vec::new();
        for id in &step.targets.users {
            match directory.accounts.iter().find(|account| account.id == *id) {
                Some(account) if account.active => accounts.push(account),
                Some(account) => self
                    .warnings
                    .push(format!("account {} is switched off", account.name)),
                None => self.warnings.push(format!("account {id} does not exist")),
            }
        }
        for role in &step.targets.roles {
            let before = accounts.len();
            if role == ON_CALL_ROLE {
                self.add_on_duty(&mut accounts, directory);
            } else {
                let holders = directory.accounts.iter();
                accounts.extend(holders.filter(|a| a.active && a.role == *role));
            }
            if accounts.len() == before {
                self.warnings.push(if role == ON_CALL_ROLE {
                    "nobody is on call".to_owned()
                } else {
                    format!("nobody has the role {role}")
                });
            }
        }
        accounts
    }

    /// Whoever is on duty by any schedule. The account role of that name only grants permissions.
    fn add_on_duty<'d>(&mut self, accounts: &mut Vec<&'d Account>, directory: &'d Directory) {
        for duty in &directory.on_duty {
            let schedule = &duty.schedule;
            let account = duty
                .user
                .and_then(|id| directory.accounts.iter().find(|account| account.id == id));
            match account {
                Some(account) if account.active => accounts.push(account),
                Some(account) => self.warnings.push(format!(
                    "account {}, on call in {schedule}, is switched off",
                    account.name
                )),
                None => self
                    .warnings
                    .push(format!("nobody is on call in {schedule}")),
            }
        }
    }

    fn add_external(&mut self, address: &str, directory: &Directory) {
        let reach = if address.contains('@') {
            Reach::Email
        } else {
            Reach::Phone
        };
        let mut channels = directory.channels.iter();
        match channels.find(|open| open.channel.reach() == reach) {
            Some(open) => self.add(open, address, None),
            None => self
                .warnings
                .push(format!("no channel that is switched on reaches {address}")),
        }
    }

    fn add(&mut self, open: &OpenChannel, address: &str, user: Option<i64>) {
        let channel = open.channel.key();
        let Some(key) = open.channel.normalise(address) else {
            self.warnings
                .push(format!("{address} is not an address for {channel}"));
            return;
        };
        let address = address.trim().to_owned();
        self.put(open, Place { address, key }, user);
    }

    /// A place of several people, or of one and of the organisation, is nobody's own: whoever shares it must not be left
    /// without a page by what another of them chose. A webhook is a person's own all the same: its address is their secret.
    fn put(&mut self, open: &OpenChannel, place: Place, user: Option<i64>) {
        let channel = open.channel.key().to_owned();
        if !self.taken.insert((channel.clone(), place.key.clone())) {
            let mut known = self.recipients.iter_mut();
            let shared = known.find(|r| r.channel == channel && r.key == place.key);
            let is_own = user.is_none() && self.mailboxes.contains(&place.key);
            if let Some(known) = shared.filter(|r| r.user != user && !is_own && !is_secret(&r.key))
            {
                known.user = None;
            }
        } else {
            self.recipients.push(Recipient {
                channel,
                key: place.key,
                address: place.address,
                user,
            });
        }
    }

    fn finish(self) -> Resolution {
        Resolution {
            recipients: self.recipients,
            warnings: self.warnings,
        }
    }
}

#[cfg(test)]
mod tests {
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
        };
        let directory = Directory {
            on_duty: vec![
                duty("Night", Some(2)),
                duty("Backup", Some(2)),
                duty("Mail", Some(3)),
                duty("Weekend", None),
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
}
