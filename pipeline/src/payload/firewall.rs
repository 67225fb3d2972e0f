//! `firewall`: what lfd, csf, ModSecurity and fail2ban did, every 120 s. It has no numbers: its events are rows of
//! their own, and counting those counts each once, however often a log was read.
//!
//! Attackers write most of what stands here. An entry whose address is none costs that entry.

use super::address::{address_or_range, country};
use super::catalogue::{Body, columns};
use super::events::{EventRow, EventTable, EventVisitor, listed};
use super::validate::Fields;
use super::wire_time;
use crate::clock::UnixMs;
use serde::Serialize;
use std::collections::HashMap;

/// Events since the last report, in the order of the logs.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Firewall {
    /// At most 2,000, the newest; no two of the same time, address, action and reason.
    pub events: Vec<FirewallEvent>,
    /// How many more there were.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub omitted: Option<u64>,
}

/// One line of a firewall's log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FirewallEvent {
    /// When, by our clock.
    #[serde(serialize_with = "wire_time::serialize")]
    pub at: UnixMs,
    /// Who says so.
    pub source: FirewallSource,
    /// What was done or seen.
    pub action: FirewallAction,
    /// Address or range, in its shortest form.
    pub ip: String,
    /// Ports it is about, ascending; none named means all.
    pub ports: Vec<u16>,
    /// Two capital letters.
    pub country: Option<String>,
    /// Account or login it is about.
    pub user: Option<String>,
    /// The firewall's words, at most 500 characters.
    pub reason: String,
}

/// Whose log it stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum FirewallSource {
    /// The login failure daemon of csf.
    Lfd,
    /// csf itself.
    Csf,
    /// ModSecurity, in a web server.
    ModSecurity,
    /// fail2ban.
    Fail2ban,
}

/// What was done or seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FirewallAction {
    /// Blocked for good.
    Block,
    /// Blocked for a while.
    TempBlock,
    /// No longer blocked.
    Unblock,
    /// Passwords were tried.
    BruteForce,
    /// Known holes were looked for.
    Scanner,
    /// Ports were tried.
    PortScan,
    /// A request was refused.
    ModSecurity,
    /// One login failed.
    LoginFailure,
}

const SOURCES: &[(&str, FirewallSource)] = &[
    ("lfd", FirewallSource::Lfd),
    ("csf", FirewallSource::Csf),
    ("modsecurity", FirewallSource::ModSecurity),
    ("fail2ban", FirewallSource::Fail2ban),
];

const ACTIONS: &[(&str, FirewallAction)] = &[
    ("block", FirewallAction::Block),
    ("temp_block", FirewallAction::TempBlock),
    ("unblock", FirewallAction::Unblock),
    ("brute_force", FirewallAction::BruteForce),
    ("scanner", FirewallAction::Scanner),
    ("port_scan", FirewallAction::PortScan),
    ("mod_security", FirewallAction::ModSecurity),
    ("login_failure", FirewallAction::LoginFailure),
];

/// Events kept of one report.
pub const MAX_FIREWALL_EVENTS: usize = 2_000;

/// A report of more than this is refused: 512 KiB cannot hold so many that say anything.
const MAX_SENT: usize = 10_000;

const MAX_PORTS: usize = 100;
const MAX_USER_CHARS: usize = 255;
const MAX_REASON_CHARS: usize = 500;

impl FirewallSource {
    /// As it is written.
    #[must_use]
    pub fn name(self) -> &'static str {
        word(SOURCES, self)
    }
}

impl FirewallAction {
    /// As it is written.
    #[must_use]
    pub fn name(self) -> &'static str {
        word(ACTIONS, self)
    }
}

fn word<T: Copy + PartialEq>(words: &[(&'static str, T)], of: T) -> &'static str {
    let found = words.iter().find(|(_, value)| *value == of);
    found.map_or("", |(word, _)| word)
}

impl Body for Firewall {
    type Row = Self;

    columns! { Firewall, "firewall", None; }

    fn read(fields: &mut Fields<'_, '_>) -> Option<Self> {
        let sent = fields.required_list("events", MAX_SENT, read_event)?;
        let agents = fields.count("omitted");
        let (events, ours) = newest(merged(sent));
        if ours > 0 {
            fields.refuse("events");
        }
        let omitted = agents.unwrap_or(0).saturating_add(ours);
        Some(Self {
            events,
            omitted: (omitted > 0).then_some(omitted),
        })
    }

    fn rows(&self) -> &[Self] {
        &[]
    }

    fn subject(_: &Self) -> Option<&str> {
        None
    }

    fn correct_times(&mut self, correct: &dyn Fn(UnixMs) -> UnixMs) {
        let events = std::mem::take(&mut self.events);
        let corrected = events.into_iter().map(|event| FirewallEvent {
            at: correct(event.at),
            ..event
        });
        // Times put at arrival may have become the same.
        self.events = merged(corrected.collect());
    }

    fn events(&self, _: UnixMs, each: &mut EventVisitor<'_>) {
        for event in &self.events {
            let ports: Vec<String> = event.ports.iter().map(u16::to_string).collect();
            each(EventRow {
                table: EventTable::FirewallEvents,
                at: event.at,
                values: vec![
                    Some(event.source.name().into()),
                    Some(event.action.name().into()),
                    Some(event.ip.as_str().into()),
                    listed(ports.iter().map(String::as_str)),
                    event.country.as_deref().map(Into::into),
                    event.user.as_deref().map(Into::into),
                    Some(event.reason.as_str().into()),
                ],
            });
        }
    }
}

fn read_event(fields: &mut Fields<'_, '_>) -> Option<FirewallEvent> {
    let at = fields.required_time("at");
    let source = fields.required_choice("source", SOURCES);
    let action = fields.required_choice("action", ACTIONS);
    let ip = fields.required_usable("ip", address_or_range);
    let mut ports = fields.loose_list("ports", MAX_PORTS, |port| {
        port.parse().ok().filter(|port: &u16| *port > 0)
    });
    ports.sort_unstable();
    ports.dedup();
    let country = fields.optional_usable("country", country);
    let user = fields.clipped_text("user", MAX_USER_CHARS);
    let reason = fields.required_clipped_text("reason", MAX_REASON_CHARS);
    Some(FirewallEvent {
        at: at?,
        source: source?,
        action: action?,
        ip: ip?,
        ports,
        country,
        user,
        reason: reason?,
    })
}

/// Lines about the same thing, one a port, as one.
fn merged(sent: Vec<FirewallEvent>) -> Vec<FirewallEvent> {
    let mut places: HashMap<(UnixMs, FirewallAction, String, String), usize> = HashMap::new();
    let mut events: Vec<FirewallEvent> = Vec::with_capacity(sent.len());
    for event in sent {
        let key = (
            event.at,
            event.action,
            event.ip.clone(),
            event.reason.clone(),
        );
        let place = *places.entry(key).or_insert(events.len());
        let Some(known) = events.get_mut(place) else {
            events.push(event);
            continue;
        };
        // One line that names no port is about all of them.
        if known.ports.is_empty() || event.ports.is_empty() {
            known.ports.clear();
        } else {
            known.ports.extend(event.ports);
            known.ports.sort_unstable();
            known.ports.dedup();
            known.ports.truncate(MAX_PORTS);
        }
        known.country = known.country.take().or(event.country);
        known.user = known.user.take().or(event.user);
    }
    events
}

/// The newest ones in their order, and how many were left out.
fn newest(mut events: Vec<FirewallEvent>) -> (Vec<FirewallEvent>, u64) {
    let over = events.len().saturating_sub(MAX_FIREWALL_EVENTS);
    if over > 0 {
        let mut times: Vec<(UnixMs, usize)> =
            events.iter().enumerate().map(|(i, e)| (e.at, i)).collect();
        times.sort_unstable();
        let first = times.get(over).copied().unwrap_or_default();
        let mut place = 0;
        events.retain(|event| {
            let keep = (event.at, place) >= first;
            place += 1;
            keep
        });
    }
    (events, over as u64)
}
