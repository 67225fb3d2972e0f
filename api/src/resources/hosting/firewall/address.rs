//! Is this address blocked, where, and why?
//!
//! Answered from the logs of the last 30 days: what each firewall said last of the address, or of a range that holds
//! it. A firewall whose log nobody reads may block it all the same, so those are counted apart.

use super::{AddressOnServer, AddressQuery, AddressReport, BlockState, FirewallEvent};
use crate::auth::caller::Caller;
use crate::error::ApiError;
use crate::http::{Query, Shown};
use crate::resources::hosting::events::text_is;
use crate::resources::hosting::{FleetQuery, fleet, server_refs};
use crate::resources::probe::{Probe, ProbeState};
use crate::state::AppState;
use actix_web::{get, web};
use noc_pipeline::clock::UnixMs;
use noc_pipeline::payload::Kind;
use noc_pipeline::payload::address::covering;
use noc_pipeline::payload::events::EventTable;
use noc_storage::relational::server_probes;
use noc_storage::series::events::{Event, EventQuery, MAX_EVENT_PAGE};
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

const LOOKED_BACK: Duration = Duration::from_secs(30 * 86_400);
/// A block for a time whose length the log does not tell counts for so long.
const UNTOLD: Duration = Duration::from_secs(86_400);
/// Servers that nobody can speak for are listed up to here.
const MOST_UNKNOWN: u64 = 20;

/// Whether an address is blocked, where and why, by the logs of the last 30 days.
#[utoipa::path(tag = "hosting", params(AddressQuery), responses((status = 200, body = AddressReport)))]
#[get("/api/hosting/address")]
pub async fn hosting_address(
    state: web::Data<AppState>,
    caller: Caller,
    query: Query<AddressQuery>,
) -> Result<Shown<AddressReport>, ApiError> {
    let ip: IpAddr = query
        .0
        .ip
        .trim()
        .parse()
        .map_err(|_| ApiError::field("ip", "must be an IPv4 or IPv6 address"))?;
    let ip = ip.to_canonical().to_string();
    let now = state.now_ms();
    let ranges = covering(&ip);
    let page = state
        .parts
        .series
        .events(&EventQuery {
            table: EventTable::FirewallEvents,
            servers: None,
            from: now.minus(LOOKED_BACK),
            to: now.plus(Duration::from_secs(300)),
            conditions: vec![text_is("ip", ranges.iter().map(String::as_str))],
            limit: MAX_EVENT_PAGE,
            after: None,
        })
        .await?;
    let country = page
        .events
        .iter()
        .find_map(|event| event.row.text("country"));
    let mut by_server = BTreeMap::<i64, Vec<&Event>>::new();
    for event in &page.events {
        by_server
            .entry(i64::from(event.server.0))
            .or_default()
            .push(event);
    }
    let servers = servers(&state, &by_server, now).await?;
    let (unknown, unknown_servers) = unknown(&state).await?;
    let blocked = servers.iter().filter(|s| s.state == BlockState::Blocked);
    let body = AddressReport {
        country: country.map(str::to_owned),
        looked_back_h: LOOKED_BACK.as_secs() / 3_600,
        blocked_on: blocked.count() as u64,
        servers,
        unknown_servers,
        unknown,
        ip,
    };
    Ok(Shown::to(&caller, body))
}

/// What each server says, those that block first. Servers that are gone block nobody.
async fn servers(
    state: &AppState,
    by_server: &BTreeMap<i64, Vec<&Event>>,
    now: UnixMs,
) -> Result<Vec<AddressOnServer>, ApiError> {
    let db = state.db().read();
    let mut refs = server_refs(db, by_server.keys().copied()).await?;
    let ids: Vec<_> = by_server
        .values()
        .filter_map(|events| events.first())
        .map(|event| event.server)
        .collect();
    let mut probes: BTreeMap<i64, Probe> = server_probes::of_servers(db, &ids)
        .await?
        .into_iter()
        .filter(|row| row.kind == Kind::Firewall)
        .map(|row| (i64::from(row.server.0), Probe::of_row(&row, now)))
        .collect();
    let mut all: Vec<AddressOnServer> = by_server
        .iter()
        .filter_map(|(id, events)| {
            let server = refs.remove(id)?;
            let decisive = events
                .iter()
                .find(|event| is_decisive(event))
                .or(events.first())?;
            let (state, until) = stands(decisive, now);
            Some(AddressOnServer {
                event: Some(FirewallEvent::new(decisive, Some(server.name.clone()))),
                server,
                state,
                probe: probes.remove(id).unwrap_or_else(Probe::no_data),
                until: until.map(UnixMs::to_datetime),
                events: events.len() as u64,
            })
        })
        .collect();
    all.sort_by_key(|one| (one.state != BlockState::Blocked, one.server.name.clone()));
    Ok(all)
}

/// Servers whose firewall may block whom it likes: nobody reads its log.
async fn unknown(state: &AppState) -> Result<(Vec<AddressOnServer>, u64), ApiError> {
    let query = FleetQuery {
        state: Some("no_permission,collector_error,timeout,stale".to_owned()),
        limit: Some(MOST_UNKNOWN),
        ..FleetQuery::default()
    };
    let page = fleet(state, Kind::Firewall, &query, "name").await?;
    let total = page.total;
    let now = state.now_ms();
    let rows = page.data.into_iter().map(|row| AddressOnServer {
        probe: Probe::of_probed(Kind::Firewall, &row, now),
        server: row.server.into(),
        state: BlockState::Unknown,
        event: None,
        until: None,
        events: 0,
    });
    Ok((rows.collect(), total))
}

fn is_decisive(event: &Event) -> bool {
    let action = event.row.text("action").unwrap_or_default();
    ["block", "temp_block", "unblock"].contains(&action)
}

/// What an event makes of the address, and when a block for a time ends or ended.
fn stands(event: &Event, now: UnixMs) -> (BlockState, Option<UnixMs>) {
    match event.row.text("action") {
        Some("block") => (BlockState::Blocked, None),
        Some("unblock") => (BlockState::Unblocked, None),
        Some("temp_block") => {
            let told = event.row.text("reason").and_then(length_of);
            let until = event.row.at.plus(told.unwrap_or(UNTOLD));
            let state = if until > now {
                BlockState::Blocked
            } else {
                BlockState::Unblocked
            };
            (state, told.map(|_| until))
        }
        _ => (BlockState::Seen, None),
    }
}

/// The length of a block in lfd's words: `... for 3600 secs [LF_SSHD]`.
fn length_of(reason: &str) -> Option<Duration> {
    let before = reason.rsplit_once(" secs")?.0;
    let (_, number) = before.rsplit_once("for ")?;
    number.parse().ok().map(Duration::from_secs)
}

impl AddressOnServer {
    /// Whether its log is read at all.
    #[must_use]
    pub fn is_known(&self) -> bool {
        self.probe.state == ProbeState::Ok
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use noc_pipeline::id::ServerId;
    use noc_pipeline::payload::events::EventRow;

    fn event(action: &str, reason: &str) -> Event {
        let text = |text: &str| Some(text.into());
        Event {
            server: ServerId(1),
            row: EventRow {
                table: EventTable::FirewallEvents,
                at: UnixMs(1_000_000),
                values: vec![
                    text("lfd"),
                    text(action),
                    text("203.0.113.7"),
                    None,
                    None,
                    None,
                    text(reason),
                ],
            },
        }
    }

    #[test]
    fn a_block_for_a_time_ends() {
        let for_an_hour = event(
            "temp_block",
            "(sshd) Failed SSH login: 5 in the last 300 secs - *Blocked in csf* for 3600 secs [LF_SSHD]",
        );
        let until = UnixMs(1_000_000 + 3_600_000);
        let at = |now: i64| stands(&for_an_hour, UnixMs(now));
        assert_eq!(at(1_000_001), (BlockState::Blocked, Some(until)));
        assert_eq!(at(until.0), (BlockState::Unblocked, Some(until)));
        let untold = event("temp_block", "no length");
        assert_eq!(
            stands(&untold, UnixMs(2_000_000)),
            (BlockState::Blocked, None)
        );
        let day_later = UnixMs(1_000_000 + 86_400_000);
        assert_eq!(stands(&untold, day_later), (BlockState::Unblocked, None));
    }

    #[test]
    fn the_newest_word_decides() {
        let forever = event("block", "manual");
        assert_eq!(
            stands(&forever, UnixMs(i64::MAX)),
            (BlockState::Blocked, None)
        );
        let free = event("unblock", "removed");
        assert_eq!(
            stands(&free, UnixMs(2_000_000)),
            (BlockState::Unblocked, None)
        );
        let seen = event("port_scan", "11 hits");
        assert_eq!(stands(&seen, UnixMs(2_000_000)), (BlockState::Seen, None));
        assert!(!is_decisive(&seen) && is_decisive(&free));
    }
}
