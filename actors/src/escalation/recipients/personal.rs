//! People among a step's recipients: each at the places that are theirs, as they chose, and none of them twice.

use super::{Account, Directory, Found, OpenChannel, Resolution, resolve};
use crate::escalation::policy::Step;
use crate::notify::channel::Reach;
use crate::notify::personal::people::{People, Person, Unreachable};
use noc_pipeline::control::Severity;

/// Resolves a rule's flat channel list: the channels' own recipients, and everybody who saved that they want to be told
/// over one of them and of this severity. A mailbox of the e-mail channel's own recipients that is such a person's follows
/// what they chose.
#[must_use]
pub fn resolve_flat(step: &Step, directory: &Directory, severity: Severity) -> Resolution {
    if !step.targets.is_empty() {
        return resolve(step, directory);
    }
    let mut found = Found::default();
    let channels = found.channels_of(step, directory);
    for account in directory.accounts.iter().filter(|account| account.active) {
        let person = directory.people.get(account.id);
        let Some(preferences) = person.and_then(|person| person.preferences.as_ref()) else {
            continue;
        };
        if preferences.severities.contains(&severity) {
            for open in &channels {
                let place = directory
                    .people
                    .place(account.id, &account.email, &*open.channel);
                if let Ok(place) = place {
                    found.put(open, place, Some(account.id));
                }
            }
        }
    }
    found.add_own(&channels, directory, Some(severity));
    if found.recipients.is_empty() {
        found.warnings.push(
            "nobody was reached: the channels name no recipients of their own, and nobody asked for this"
                .to_owned(),
        );
    }
    found.finish()
}

impl Found {
    /// A person at each channel where they have a place; a warning where they have none at all.
    pub(super) fn add_person(
        &mut self,
        channels: &[&OpenChannel],
        account: &Account,
        people: &People,
    ) {
        let (mut reached, mut why) = (false, Vec::new());
        for open in channels {
            let channel = open.channel.key();
            match people.place(account.id, &account.email, &*open.channel) {
                Ok(place) => {
                    self.put(open, place, Some(account.id));
                    reached = true;
                }
                Err(Unreachable::Off) => why.push(format!("{channel} is switched off by them")),
                Err(Unreachable::NoAddress) => {
                    why.push(format!("no verified address for {channel}"))
                }
                Err(Unreachable::NotPersonal) => {}
            }
        }
        if reached {
            return;
        }
        if why.is_empty() {
            why.push("none of the step's channels reaches a person".to_owned());
        }
        let warning = format!("{} cannot be reached: {}", account.name, why.join(", "));
        if !self.warnings.contains(&warning) {
            self.warnings.push(warning);
        }
    }

    /// The channels' own recipients, but for mailboxes of people who want nothing there: who switched e-mail off, and, of
    /// a flat list, who did not ask for this severity.
    pub(super) fn add_own(
        &mut self,
        channels: &[&OpenChannel],
        directory: &Directory,
        flat: Option<Severity>,
    ) {
        for open in channels {
            for address in &open.own {
                let Some((account, person)) = owner_of(open, address, directory) else {
                    self.add(open, address, None);
                    continue;
                };
                let preferences = person.preferences.as_ref();
                let off = preferences.is_some_and(|p| !p.choice(open.channel.key()).enabled);
                let unwanted = flat
                    .zip(preferences)
                    .is_some_and(|(severity, p)| !p.severities.contains(&severity));
                if off || unwanted {
                    continue;
                }
                // Where it is the mailbox that they are told at, their quiet hours and their digest hold for it.
                let place = person.place(&account.email, &*open.channel).ok();
                let key = open.channel.normalise(address);
                let told_there = place.is_some_and(|place| Some(place.key) == key);
                self.add(open, address, told_there.then_some(account.id));
            }
        }
    }
}

/// Whose mailbox an own recipient of the e-mail channel is, among those who saved preferences.
fn owner_of<'d>(
    open: &OpenChannel,
    address: &str,
    directory: &'d Directory,
) -> Option<(&'d Account, &'d Person)> {
    if open.channel.reach() != Reach::Email {
        return None;
    }
    let key = open.channel.normalise(address)?;
    directory.accounts.iter().find_map(|account| {
        let person = directory.people.get(account.id)?;
        let own = open.channel.normalise(&account.email);
        // A mailbox that they merely can read may be a team's: its copies are not one person's to switch off.
        let theirs = person.preferences.is_some() && own.as_deref() == Some(&*key);
        (account.active && theirs).then_some((account, person))
    })
}

#[cfg(test)]
mod tests;
