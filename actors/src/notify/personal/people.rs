//! Where each account can be told, as a step asks it.

use super::preferences::Preferences;
use super::{CHANNELS, EMAIL};
use crate::notify::channel::{Channel, Email};
use noc_storage::relational::entity::contact;
use noc_storage::relational::{StoreError, contacts, notification_preferences};
use sea_orm::ConnectionTrait;
use std::collections::BTreeMap;

/// An address of a person that counts: their account's own, or one whose code they entered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// As shown.
    pub address: String,
    /// The one form that counts.
    pub key: String,
}

/// Why a person has no place on a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unreachable {
    /// They switched it off.
    Off,
    /// They have no address there that was verified.
    NoAddress,
    /// It reaches no person, whoever they are.
    NotPersonal,
}

/// What is known of one person.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Person {
    /// `None`: they never saved any.
    pub preferences: Option<Preferences>,
    /// Verified ones, oldest first.
    pub contacts: Vec<contact::Model>,
}

impl Person {
    /// Where a message of this channel reaches them. `own` is their account's e-mail address.
    ///
    /// # Errors
    /// Why it does not.
    pub fn place(&self, own: &str, channel: &dyn Channel) -> Result<Place, Unreachable> {
        self.find(own, channel.key(), |own| channel.normalise(own))
    }

    /// [`Person::place`], for whoever has no more than the channel's key.
    ///
    /// # Errors
    /// Why it does not.
    pub(super) fn place_on(&self, own: &str, name: &str) -> Result<Place, Unreachable> {
        self.find(own, name, |own| Email::default().normalise(own))
    }

    fn find(
        &self,
        own: &str,
        name: &str,
        normalise: impl Fn(&str) -> Option<String>,
    ) -> Result<Place, Unreachable> {
        if !CHANNELS.contains(&name) {
            return Err(Unreachable::NotPersonal);
        }
        let of_channel = || self.contacts.iter().filter(|c| c.channel == name);
        let contact = match &self.preferences {
            // What was verified is meant to be used; their e-mail stays the account's own until they choose another.
            None if name == EMAIL => None,
            None => of_channel().next_back(),
            Some(preferences) => {
                let choice = preferences.choice(name);
                if !choice.enabled {
                    return Err(Unreachable::Off);
                }
                of_channel().find(|contact| Some(contact.id) == choice.contact_id)
            }
        };
        match contact {
            Some(contact) => Ok(Place {
                address: contact.address.clone(),
                key: contact.address_key.clone(),
            }),
            None if name == EMAIL => {
                let key = normalise(own).ok_or(Unreachable::NoAddress)?;
                Ok(Place {
                    address: own.trim().to_owned(),
                    key,
                })
            }
            None => Err(Unreachable::NoAddress),
        }
    }

    /// Whether an address is theirs, whichever of theirs they use now.
    #[must_use]
    pub fn has(&self, own: &str, channel: &dyn Channel, key: &str) -> bool {
        let name = channel.key();
        let mut verified = self.contacts.iter().filter(|c| c.channel == name);
        let is_own = name == EMAIL && channel.normalise(own).as_deref() == Some(key);
        is_own || verified.any(|contact| contact.address_key == key)
    }
}

/// Everybody who saved preferences or verified an address.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct People(BTreeMap<i64, Person>);

impl People {
    /// These people, by account.
    #[must_use]
    pub const fn of(people: BTreeMap<i64, Person>) -> Self {
        Self(people)
    }

    /// One person.
    #[must_use]
    pub fn get(&self, user: i64) -> Option<&Person> {
        self.0.get(&user)
    }

    /// Where a message of a channel reaches an account.
    ///
    /// # Errors
    /// Why it does not.
    pub fn place(&self, user: i64, own: &str, channel: &dyn Channel) -> Result<Place, Unreachable> {
        match self.get(user) {
            Some(person) => person.place(own, channel),
            None => Person::default().place(own, channel),
        }
    }

    /// [`People::place`], for whoever has no more than the channel's key.
    ///
    /// # Errors
    /// Why it does not.
    pub(crate) fn place_on(&self, user: i64, own: &str, name: &str) -> Result<Place, Unreachable> {
        match self.get(user) {
            Some(person) => person.place_on(own, name),
            None => Person::default().place_on(own, name),
        }
    }
}

/// Reads all of them. Preferences that cannot be read count as never saved: a page must not be lost over them.
///
/// # Errors
/// [`StoreError::Query`].
pub async fn load(conn: &impl ConnectionTrait) -> Result<People, StoreError> {
    let mut people: BTreeMap<i64, Person> = BTreeMap::new();
    for row in notification_preferences::all(conn).await? {
        match Preferences::read(&row) {
            Ok(read) => people.entry(row.user_id).or_default().preferences = Some(read),
            Err(error) => {
                tracing::error!(user.id = row.user_id, %error, "preferences cannot be read");
            }
        }
    }
    for row in contacts::verified(conn).await? {
        people.entry(row.user_id).or_default().contacts.push(row);
    }
    Ok(People(people))
}
