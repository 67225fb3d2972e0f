//! What is read of a message's person right before it leaves, and what follows from it.

use super::address::is_secret;
use super::decide::{Facts, Verdict, decide};
use super::letter::Letter;
use super::people::{Person, Unreachable};
use super::preferences::Preferences;
use super::{digest, summary, trial, verify};
use crate::crash_point;
use crate::detect::evidence::Sender;
use crate::escalation::severity_of;
use crate::notify::NotifyContext;
use crate::notify::channel::{Channel, Outcome, Reach, Settings};
use crate::notify::judge::Judgement;
use crate::notify::message::{Kind, Message};
use crate::notify::template::IncidentView;
use crate::oncall;
use noc_pipeline::clock::UnixMs;
use noc_pipeline::mask;
use noc_storage::relational::deliveries::Status;
use noc_storage::relational::entity::notification_delivery::Model;
use noc_storage::relational::entity::{contact, incident, user};
use noc_storage::relational::quiet_holds::{self, Held, NewHold};
use noc_storage::relational::{StoreError, contacts, notification_preferences, users};
use noc_storage::secrets::FieldKey;
use sea_orm::ConnectionTrait;
use serde_json::Value;
use std::time::Duration;

/// After the database did not take a hold.
const AGAIN_SOON: Duration = Duration::from_secs(15);

/// What a message of a kind of ours is about.
pub(crate) enum Own {
    /// A code that proves an address.
    Verification(Box<verify::Scene>),
    /// What quiet hours held back, or a day.
    Letter(Box<Letter>),
}

/// What is known of a message's person.
#[derive(Default)]
pub(crate) struct Scene {
    /// For messages of a kind of ours.
    pub own: Option<Own>,
    /// For a test that somebody sends to themselves.
    trial: Option<Judgement>,
    /// For messages about an incident to a person.
    known: Option<Known>,
    /// The person's contact at the message's address; `None`: the account's own, or none of theirs.
    contact: Option<contact::Model>,
    /// Whether it is a person's, and not the organisation's own.
    of_a_person: bool,
    /// Whether its reader may not see customers' addresses.
    masked: bool,
}

/// The person that a message about an incident is for.
pub(super) struct Known {
    pub(super) user: Option<user::Model>,
    pub(super) person: Person,
    pub(super) on_duty: bool,
    held: Held,
}

impl Known {
    /// Reads an account with its preferences and verified addresses.
    pub(super) async fn read(
        conn: &impl ConnectionTrait,
        user_id: i64,
        now: UnixMs,
    ) -> Result<Self, StoreError> {
        let row = notification_preferences::get(conn, user_id).await?;
        // As where recipients are found: what cannot be read counts as never saved, and costs nobody a page.
        let preferences = row.as_ref().and_then(|row| {
            Preferences::read(row)
                .inspect_err(|error| {
                    tracing::error!(user.id = user_id, %error, "notification preferences cannot be read");
                })
                .ok()
        });
        let contacts = contacts::of_user(conn, user_id).await?;
        let verified = contacts.into_iter().filter(|c| c.verified_at.is_some());
        // Duty matters to those alone who want to be left alone at times.
        let asks = |p: &Preferences| p.digest || p.quiet.is_set();
        let on_duty = preferences.as_ref().is_some_and(asks) && {
            let duties = oncall::on_duty(conn, now).await?;
            duties.iter().any(|duty| duty.user == Some(user_id))
        };
        Ok(Self {
            user: users::by_id(conn, user_id).await?,
            person: Person {
                preferences,
                contacts: verified.collect(),
            },
            on_duty,
            held: Held::No,
        })
    }

    /// Whether the account may be used.
    pub(super) fn is_active(&self) -> bool {
        self.user.as_ref().is_some_and(|user| user.is_active)
    }

    /// Whether they may be told at `key`. What was on its way to an address of theirs still goes there when they chose
    /// another meanwhile: nothing was queued for that one.
    pub(super) fn address(&self, channel: &dyn Channel, key: &str) -> Result<(), Unreachable> {
        let own = self.user.as_ref().map_or("", |user| user.email.as_str());
        let off = matches!(self.person.place(own, channel), Err(Unreachable::Off));
        match () {
            () if off => Err(Unreachable::Off),
            () if self.person.has(own, channel, key) => Ok(()),
            () => Err(Unreachable::NoAddress),
        }
    }

    /// Whether they may see customers' log-ins and whole addresses.
    pub(super) fn sees_logins(&self) -> bool {
        self.user
            .as_ref()
            .is_some_and(|user| mask::may_be_seen_by(&user.role))
    }

    /// The zone that they are told times in.
    pub(super) fn zone(&self) -> chrono_tz::Tz {
        let preferences = self.person.preferences.as_ref();
        preferences.map_or(chrono_tz::UTC, |preferences| preferences.quiet.zone)
    }

    /// When the quiet hours end that they are in; nobody on duty has any.
    pub(super) fn quiet_until(&self, now: UnixMs) -> Option<UnixMs> {
        let preferences = self.person.preferences.as_ref()?;
        preferences.quiet.until(now).filter(|_| !self.on_duty)
    }
}

/// The log-in without a domain that an incident is about: its sentences name it as they would any word.
pub(super) fn login_of(incident: &incident::Model) -> Option<&str> {
    Sender::bare_login(&incident.subject)
}

/// Reads what is to be known of a message's person.
///
/// # Errors
/// [`StoreError`].
pub(crate) async fn read(
    conn: &impl ConnectionTrait,
    row: &Model,
    now: UnixMs,
) -> Result<Scene, StoreError> {
    let Some(user_id) = row.user_id else {
        return Ok(Scene::default());
    };
    let mut scene = Scene {
        contact: contacts::find(conn, user_id, &row.channel, &row.recipient_key).await?,
        of_a_person: true,
        ..Scene::default()
    };
    let account = users::by_id(conn, user_id).await?;
    let role = account.as_ref().map(|user| user.role.as_str());
    scene.masked = !role.is_some_and(mask::may_be_seen_by);
    match Kind::from_name(&row.kind) {
        Some(Kind::Verification) => {
            let about = verify::scene(conn, row, now).await?;
            scene.own = Some(Own::Verification(Box::new(about)));
        }
        Some(Kind::Summary) => {
            let about = summary::letter(conn, row, user_id, now).await?;
            scene.own = Some(Own::Letter(Box::new(about)));
        }
        Some(Kind::Digest) => {
            let about = digest::letter(conn, row, user_id, now).await?;
            scene.own = Some(Own::Letter(Box::new(about)));
        }
        Some(Kind::Test) => {
            let contact = scene.contact.as_ref();
            scene.trial = Some(trial::judge(row, contact, account.as_ref(), now));
        }
        Some(Kind::Problem | Kind::Reminder | Kind::Recovery | Kind::StillOnIt) => {
            let mut known = Known::read(conn, user_id, now).await?;
            known.held = quiet_holds::state_of(conn, row.id).await?;
            scene.known = Some(known);
        }
        _ => {}
    }
    Ok(scene)
}

impl Scene {
    /// Whether a message of a kind of ours is still wanted; `None`: it is of another kind.
    pub(crate) fn judge(
        &self,
        channel: &dyn Channel,
        channel_enabled: bool,
        row: &Model,
    ) -> Option<Judgement> {
        let judgement = match (self.trial, self.own.as_ref()) {
            (Some(judgement), _) => judgement,
            (None, Some(Own::Verification(about))) => about.judge(),
            (None, Some(Own::Letter(about))) => about.judge(channel, row),
            (None, None) => return None,
        };
        Some(match judgement {
            Judgement::Send if !channel_enabled => {
                Judgement::Suppress("the channel is switched off")
            }
            other => other,
        })
    }

    /// Whether the channel is as good as before, whatever came of this: the refusal of a person, or of an address of one,
    /// is about them alone. A room that refuses is the channel's own.
    pub(crate) fn is_blameless(&self, outcome: &Outcome, reach: Reach) -> bool {
        match outcome {
            Outcome::Permanent { .. } => self.is_private(),
            Outcome::Refused { .. } => self.of_a_person || reach != Reach::Group,
            _ => false,
        }
    }

    /// An incident's title as this message's person may see it.
    pub(crate) fn title_of(&self, incident: &incident::Model) -> String {
        match login_of(incident) {
            Some(login) if self.masked => mask::name_within(&incident.title, login),
            _ => incident.title.clone(),
        }
    }

    /// What a message about several incidents says of one of them, as its readers may see it: each names its own log-in.
    pub(crate) fn line_as_seen(
        &self,
        channel: &dyn Channel,
        line: IncidentView,
        incident: &incident::Model,
    ) -> IncidentView {
        if !self.masked && !channel.masks_addresses() {
            return line;
        }
        let Some(login) = login_of(incident) else {
            return line;
        };
        let hide = |text: String| mask::name_within(&text, login);
        IncidentView {
            title: hide(line.title),
            observed: line.observed.map(hide),
            expected: line.expected.map(hide),
            // With another name in it, it would do something else.
            command: line.command.filter(|text| hide(text.clone()) == *text),
            ..line
        }
    }

    /// The message as whoever it is for may see it: the same account may not see more by mail than on its pages, and a room
    /// no more than the least of those in it.
    pub(crate) fn as_seen(
        &self,
        channel: &dyn Channel,
        message: Message,
        incident: Option<&incident::Model>,
    ) -> Message {
        if !self.masked && !channel.masks_addresses() {
            return message;
        }
        let message = message.masked();
        match incident.and_then(login_of) {
            Some(login) => message.masked_within(login),
            None => message,
        }
    }

    /// Whether it goes to a webhook of the person's own: what its provider allows there is not what it allows the
    /// organisation.
    pub(crate) fn is_elsewhere(&self) -> bool {
        self.contact.as_ref().is_some_and(|c| c.secret.is_some())
    }

    /// Whether a refusal says something of this person's address alone and not of the channel: a webhook of their own,
    /// or an address that nobody has verified.
    fn is_private(&self) -> bool {
        self.is_elsewhere() || matches!(self.own, Some(Own::Verification(_)))
    }
}

/// The settings to send with: where the person's address is a secret, it takes the place of the organisation's.
///
/// # Errors
/// Why the address cannot be used, for the delivery log.
pub(crate) fn with_address(
    scene: &Scene,
    row: &Model,
    field_key: &FieldKey,
    mut settings: Settings,
) -> Result<Settings, String> {
    let Some(contact) = scene.contact.as_ref().filter(|c| c.secret.is_some()) else {
        // Without its owner's address it would go to the organisation's own.
        return match is_secret(&row.recipient_key) && row.user_id.is_some() {
            true => Err("the address was deleted by its owner".to_owned()),
            false => Ok(settings),
        };
    };
    match contacts::open_secret(field_key, contact) {
        Ok(Some(url)) => {
            settings.set("webhook_url", Value::from(url));
            Ok(settings)
        }
        Ok(None) => Ok(settings),
        Err(error) => {
            tracing::error!(
                contact.id = contact.id,
                error = &error as &dyn std::error::Error,
                "address of a contact cannot be opened"
            );
            Err("the stored address cannot be opened: its owner must add it again".to_owned())
        }
    }
}

/// Writes a message of a kind of ours, in the product's words, once what it tells is noted; or what comes of one that could not
/// be. `None`: it is of another kind.
pub(crate) async fn write_own(
    context: &NotifyContext,
    channel: &dyn Channel,
    row: &Model,
    scene: &Scene,
    now: UnixMs,
) -> Option<Result<Message, Outcome>> {
    let message = match scene.own.as_ref()? {
        Own::Verification(about) => match about.issue(context, row, now).await {
            Ok(code) => about.message(context, channel, row, &code, now),
            Err(outcome) => return Some(Err(outcome)),
        },
        Own::Letter(about) => match about.issue(context, row, now).await {
            Ok(message) => message,
            Err(outcome) => return Some(Err(outcome)),
        },
    };
    Some(message.map_err(|error| {
        tracing::error!(
            delivery.id = row.id,
            error = &error as &dyn std::error::Error,
            "message not written"
        );
        let reason = error.to_string();
        Outcome::Permanent { reason }
    }))
}

/// A message that does not leave now because of its person.
pub(crate) struct KeptBack {
    /// Where it stands then.
    pub status: Status,
    /// Why.
    pub reason: String,
    /// When it is looked at again; `None`: never by itself.
    pub again: Option<UnixMs>,
}

/// Whether a message about an incident is kept back because of whom it is for. What quiet hours hold back is noted here,
/// before its row says so: a crash in between leaves a row that is judged again, and stays held back, also where its quiet
/// hours ended meanwhile: then it is in their summary.
pub(crate) async fn keep_back(
    context: &NotifyContext,
    channel: &dyn Channel,
    row: &Model,
    scene: &Scene,
    incident: Option<&incident::Model>,
) -> Option<KeptBack> {
    let (known, incident) = (scene.known.as_ref()?, incident?);
    let now = context.clock.now();
    let facts = Facts {
        kind: Kind::from_name(&row.kind)?,
        channel: channel.key(),
        severity: severity_of(incident),
        active: known.is_active(),
        address: known.address(channel, &row.recipient_key),
        preferences: known.person.preferences.as_ref(),
        on_duty: known.on_duty,
        held: known.held,
    };
    let never = |reason: String| KeptBack {
        status: Status::Suppressed,
        reason,
        again: None,
    };
    let waits = |until: UnixMs, reason: String| KeptBack {
        status: Status::Queued,
        reason,
        again: Some(until),
    };
    let owner = incident.acknowledged_by;
    if facts.kind == Kind::StillOnIt && row.user_id != owner {
        return Some(never("somebody else has it by now".to_owned()));
    }
    match decide(&facts, now) {
        Verdict::Send => None,
        Verdict::Never(reason) => Some(never(reason.to_owned())),
        Verdict::Digest(reason) => {
            let owed = notification_preferences::owe_digest(context.db.write(), row.user_id?, now);
            Some(match owed.await {
                Ok(()) => never(reason),
                Err(error) => {
                    tracing::warn!(delivery.id = row.id, %error, "message not put off to a digest yet");
                    waits(now.plus(AGAIN_SOON), reason)
                }
            })
        }
        Verdict::Later(until, reason) => Some(waits(until, reason)),
        Verdict::Hold(reason) => {
            let new = NewHold {
                delivery_id: row.id,
                incident_id: incident.id,
                user_id: row.user_id?,
                channel: row.channel.clone(),
                recipient: row.recipient.clone(),
                recipient_key: row.recipient_key.clone(),
            };
            Some(
                match quiet_holds::hold(context.db.write(), new, now).await {
                    Ok(()) => {
                        crash_point::reached("message_held");
                        never(format!(
                            "{reason}: in the summary at their end, if it is still open"
                        ))
                    }
                    Err(error) => {
                        tracing::warn!(delivery.id = row.id, %error, "message not held back yet");
                        waits(now.plus(AGAIN_SOON), reason)
                    }
                },
            )
        }
    }
}
