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
            if duty.unreadable {
                self.warnings.push(format!(
                    "nobody is on call in {schedule}, which cannot be read"
                ));
                continue;
            }
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
mod tests;
