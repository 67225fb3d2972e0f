//! The firewalls' logs, and who stands in them most often.

use super::{
    ACTIONS, ActionCount, Attacker, AttackerQuery, FirewallEvent, FirewallQuery, SOURCES,
    ServerFirewall,
};
use crate::auth::caller::Caller;
use crate::error::{ApiError, ErrorBody};
use crate::http::{Id, List, Meta, Query, Shown, names};
use crate::resources::hosting::events::{Scope, cursor_of, read_cursor, text_is};
use crate::resources::hosting::{PartialList, server_refs};
use crate::resources::probe::Probe;
use crate::resources::servers::measurements::latest;
use crate::resources::servers::{find, server_id};
use crate::state::AppState;
use actix_web::{get, web};
use noc_pipeline::clock::UnixMs;
use noc_pipeline::payload::Kind;
use noc_pipeline::payload::address::covering;
use noc_pipeline::payload::events::{EventTable, EventValue};
use noc_storage::series::events::{
    CountOrder, EventCondition, EventCount, EventQuery, EventTest, MAX_GROUPS,
};
use std::collections::HashMap;
use std::time::Duration;

const DAY: Duration = Duration::from_secs(86_400);
const DEFAULT_ROWS: u64 = 50;
const MOST_ROWS: u64 = 200;

/// The firewall of a server: what it did in the last 24 h, and its log, newest first.
#[utoipa::path(tag = "servers", params(("id" = i64, Path, description = "Server"), FirewallQuery),
    responses((status = 200, body = ServerFirewall), (status = 404, body = ErrorBody)))]
#[get("/api/servers/{id}/firewall")]
pub async fn server_firewall(
    state: web::Data<AppState>,
    caller: Caller,
    id: Id,
    query: Query<FirewallQuery>,
) -> Result<Shown<ServerFirewall>, ApiError> {
    let server = server_id(id)?;
    find(state.db().read(), server).await?;
    let series = state.parts.series.as_ref();
    let now = state.now_ms();
    let report = latest(series, Kind::Firewall, server).await?;
    let groups = series
        .count_events(&EventCount {
            by: vec!["action".to_owned()],
            ..counting(Scope::server(server), now.minus(DAY), now)
        })
        .await?;
    let actions = groups.into_iter().filter_map(|group| {
        let action = group.by.first()?.as_ref()?.as_text()?.to_owned();
        let count = group.count;
        Some(ActionCount { action, count })
    });
    let body = ServerFirewall {
        probe: Probe::of(Kind::Firewall, report.as_ref(), now),
        actions_24h: actions.collect(),
        events: log(&state, &query.0, Scope::server(server)).await?,
    };
    Ok(Shown::to(&caller, body))
}

/// The firewalls' logs of the fleet, newest first.
#[utoipa::path(tag = "hosting", params(FirewallQuery), responses((status = 200, body = PartialList<FirewallEvent>)))]
#[get("/api/hosting/firewall-events")]
pub async fn hosting_firewall_events(
    state: web::Data<AppState>,
    caller: Caller,
    query: Query<FirewallQuery>,
) -> Result<Shown<PartialList<FirewallEvent>>, ApiError> {
    let (server, tag) = (query.0.server, query.0.tag.as_deref());
    let scope = Scope::of(&state, server, tag).await?;
    let list = log(&state, &query.0, scope).await?;
    let list = PartialList::of(&state, list, Kind::Firewall, server, tag).await?;
    Ok(Shown::to(&caller, list))
}

/// The addresses that firewalls had most to do with in the last 24 h; the 1,000 worst are counted.
#[utoipa::path(tag = "hosting", params(AttackerQuery), responses((status = 200, body = PartialList<Attacker>)))]
#[get("/api/hosting/top-attackers")]
pub async fn hosting_top_attackers(
    state: web::Data<AppState>,
    query: Query<AttackerQuery>,
) -> Result<web::Json<PartialList<Attacker>>, ApiError> {
    let Query(query) = query;
    let scope = Scope::of(&state, query.server, query.tag.as_deref()).await?;
    let (order, ascending) = order(query.sort.as_deref())?;
    let first = offset(query.cursor.as_deref())?;
    let rows = usize::try_from(rows(query.limit)?).unwrap_or_default();
    let now = state.now_ms();
    // Whoever is let in again attacked before; being let in is no attack.
    let attacks = ACTIONS.into_iter().filter(|action| *action != "unblock");
    let mut conditions = vec![text_is("action", attacks)];
    if let Some(country) = query.country.filter(|code| !code.is_empty()) {
        conditions.push(text_is("country", [country.to_uppercase().as_str()]));
    }
    let series = state.parts.series.as_ref();
    let groups = series
        .count_events(&EventCount {
            by: vec!["ip".to_owned()],
            newest: vec!["country".to_owned()],
            conditions: conditions.clone(),
            order,
            ascending,
            ..counting(scope.clone(), now.minus(DAY), now)
        })
        .await?;
    let total = groups.len();
    let mut data: Vec<Attacker> = groups
        .into_iter()
        .skip(first)
        .take(rows)
        .filter_map(|group| {
            let text =
                |cell: Option<&Option<EventValue>>| cell?.as_ref()?.as_text().map(str::to_owned);
            Some(Attacker {
                ip: text(group.by.first())?,
                country: text(group.newest.first()),
                events: group.count,
                servers: group.servers,
                actions: Vec::new(),
                last_at: group.last_at.to_datetime(),
            })
        })
        .collect();
    // A condition's text is limited: some addresses at a time.
    for some in data.chunks_mut(50) {
        let mut conditions = conditions.clone();
        conditions.push(text_is(
            "ip",
            some.iter().map(|attacker| attacker.ip.as_str()),
        ));
        let counts = series
            .count_events(&EventCount {
                by: vec!["ip".to_owned(), "action".to_owned()],
                conditions,
                ..counting(scope.clone(), now.minus(DAY), now)
            })
            .await?;
        for group in counts {
            let mut cells = group.by.iter().map(|cell| cell.as_ref()?.as_text());
            let (Some(Some(ip)), Some(Some(action))) = (cells.next(), cells.next()) else {
                continue;
            };
            if let Some(attacker) = some.iter_mut().find(|attacker| attacker.ip == ip) {
                let (action, count) = (action.to_owned(), group.count);
                attacker.actions.push(ActionCount { action, count });
            }
        }
    }
    let next = first + data.len();
    let list = List {
        data,
        meta: Meta {
            next_cursor: (next < total).then(|| next.to_string()),
            total: total as u64,
        },
    };
    let tag = query.tag.as_deref();
    PartialList::of(&state, list, Kind::Firewall, query.server, tag)
        .await
        .map(web::Json)
}

/// Rows of a log that a query asks for.
async fn log(
    state: &AppState,
    query: &FirewallQuery,
    scope: Scope,
) -> Result<List<FirewallEvent>, ApiError> {
    let to = query.to.map_or_else(|| state.now_ms(), UnixMs::from);
    let from = query.from.map_or_else(|| to.minus(DAY), UnixMs::from);
    let mut conditions = Vec::new();
    if let Some(part) = query.q.as_deref().filter(|text| !text.trim().is_empty()) {
        conditions.push(EventCondition {
            columns: vec!["reason".to_owned(), "user".to_owned()],
            test: EventTest::Contains(part.to_owned()),
        });
    }
    if let Some(ip) = query.ip.as_deref().filter(|text| !text.trim().is_empty()) {
        let all = covering(ip.trim());
        if all.is_empty() {
            return Err(ApiError::field("ip", "must be an address or a range"));
        }
        conditions.push(text_is("ip", all.iter().map(String::as_str)));
    }
    for (field, given, known) in [
        ("action", &query.action, &ACTIONS[..]),
        ("source", &query.source, &SOURCES[..]),
    ] {
        let chosen = names(field, given.as_deref(), |name| {
            known.iter().copied().find(|one| *one == name)
        })?;
        if !chosen.is_empty() {
            conditions.push(text_is(field, chosen));
        }
    }
    let series = state.parts.series.as_ref();
    let page = series
        .events(&EventQuery {
            table: EventTable::FirewallEvents,
            servers: scope.0.clone(),
            from,
            to,
            conditions: conditions.clone(),
            limit: usize::try_from(rows(query.limit)?).unwrap_or_default(),
            after: query.cursor.as_deref().map(read_cursor).transpose()?,
        })
        .await?;
    let counted = series
        .count_events(&EventCount {
            conditions,
            ..counting(scope, from, to)
        })
        .await?;
    let ids = page.events.iter().map(|event| i64::from(event.server.0));
    let servers = server_refs(state.db().read(), ids).await?;
    let name = |id: i64| servers.get(&id).map(|server| server.name.clone());
    let data = page.events.iter();
    Ok(List {
        data: data
            .map(|event| FirewallEvent::new(event, name(i64::from(event.server.0))))
            .collect(),
        meta: Meta {
            next_cursor: page.next.map(cursor_of),
            total: counted.iter().map(|group| group.count).sum(),
        },
    })
}

/// A count of events, all in one group.
fn counting(scope: Scope, from: UnixMs, to: UnixMs) -> EventCount {
    EventCount {
        table: EventTable::FirewallEvents,
        servers: scope.0,
        from,
        to,
        conditions: Vec::new(),
        by: Vec::new(),
        by_server: false,
        sums: Vec::new(),
        newest: Vec::new(),
        order: CountOrder::Count,
        ascending: false,
        limit: MAX_GROUPS,
    }
}

fn rows(limit: Option<u64>) -> Result<u64, ApiError> {
    let limit = limit.unwrap_or(DEFAULT_ROWS);
    if (1..=MOST_ROWS).contains(&limit) {
        return Ok(limit);
    }
    Err(ApiError::field("limit", "must be 1 to 200"))
}

fn offset(cursor: Option<&str>) -> Result<usize, ApiError> {
    let Some(cursor) = cursor.filter(|text| !text.is_empty()) else {
        return Ok(0);
    };
    let place = cursor.parse().ok().filter(|at| *at <= MAX_GROUPS);
    place.ok_or_else(|| ApiError::field("cursor", "is not one of ours"))
}

fn order(sort: Option<&str>) -> Result<(CountOrder, bool), ApiError> {
    let sort = sort.filter(|text| !text.is_empty()).unwrap_or("-events");
    let (name, descending) = sort
        .strip_prefix('-')
        .map_or((sort, false), |name| (name, true));
    let orders = HashMap::from([
        ("events", CountOrder::Count),
        ("servers", CountOrder::Servers),
        ("last_at", CountOrder::Last),
    ]);
    let order = orders.get(name).copied();
    let order =
        order.ok_or_else(|| ApiError::field("sort", "must be events, servers or last_at"))?;
    Ok((order, !descending))
}
