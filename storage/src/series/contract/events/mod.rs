//! Events: written, found, counted and dropped.

mod counting;
mod keeping;
mod reading;

pub use counting::*;
pub use keeping::*;
pub use reading::*;

use super::*;
use crate::series::{
    CountOrder, Event, EventCondition, EventCount, EventPage, EventQuery, Retention, SeriesError,
};
use noc_pipeline::payload::email_stats::{AddressStats, LoginStats, ScriptStats};
use noc_pipeline::payload::firewall::{FirewallAction, FirewallEvent, FirewallSource};
use noc_pipeline::payload::{
    Distinct, EmailStats, EventRow, EventTable, EventValue, Firewall, address,
};

const FIREWALL: EventTable = EventTable::FirewallEvents;

/// An address was blocked.
fn blocked(at: i64, ip: &str) -> FirewallEvent {
    FirewallEvent {
        at: UnixMs(at),
        source: FirewallSource::Lfd,
        action: FirewallAction::Block,
        ip: ip.to_owned(),
        ports: Vec::new(),
        country: None,
        user: None,
        reason: "(sshd) Failed SSH login".to_owned(),
    }
}

fn seen(at: i64, ip: &str, action: FirewallAction, country: Option<&str>) -> FirewallEvent {
    FirewallEvent {
        action,
        country: country.map(str::to_owned),
        ..blocked(at, ip)
    }
}

fn firewall(server: ServerId, at: i64, events: Vec<FirewallEvent>) -> SeriesRow {
    let body = Firewall {
        events,
        omitted: None,
    };
    row(server, at, Report::Data(Payload::from(body)))
}

fn all(table: EventTable) -> EventQuery {
    EventQuery::newest(table, UnixMs(T0 - DAY), UnixMs(T0 + 2 * DAY))
}

fn counted(table: EventTable) -> EventCount {
    EventCount::all(table, UnixMs(T0 - DAY), UnixMs(T0 + 2 * DAY))
}

fn by(count: EventCount, columns: &[&str]) -> EventCount {
    let by = columns.iter().map(|column| (*column).to_owned()).collect();
    EventCount { by, ..count }
}

async fn read(store: &dyn SeriesStore, query: &EventQuery) -> EventPage {
    store.events(query).await.expect("events")
}

/// Servers, times since `T0` and addresses.
fn told(page: &EventPage) -> Vec<(u32, i64, &str)> {
    let one = |event: &'_ Event| (event.server.0, event.row.at.0 - T0);
    let events = page.events.iter();
    events
        .map(|event| {
            let (server, at) = one(event);
            (server, at, event.row.text("ip").expect("an address"))
        })
        .collect()
}

/// Cells by which is grouped, and how many of each.
async fn groups(store: &dyn SeriesStore, count: &EventCount) -> Vec<(Vec<String>, u64)> {
    let groups = store.count_events(count).await.expect("count");
    let text = |cell: &Option<EventValue>| match cell {
        Some(EventValue::Text(text)) => text.clone(),
        other => format!("{other:?}"),
    };
    let groups = groups.iter();
    groups
        .map(|group| (group.by.iter().map(text).collect(), group.count))
        .collect()
}

fn group(cells: &[&str], count: u64) -> (Vec<String>, u64) {
    (cells.iter().map(|cell| (*cell).to_owned()).collect(), count)
}
