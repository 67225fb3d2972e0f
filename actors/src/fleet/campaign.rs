//! `attack_campaign`: one attacker is met on many servers.
//!
//! Once a minute the firewalls' events of the last 10 minutes are counted by address, then by network: a /24, of IPv6 a
//! /64. What was *seen* counts, and not what was blocked: a cluster of firewalls blocks everywhere what attacked once.
//! One incident a network rolls on while it is seen.
//!
//! What counts, and how, are [`WINDOW`], [`AHEAD`], [`SEEN`], [`network`] and [`candidates`]: plain functions, so that a
//! measurement without a series store comes to the same.

use super::{ATTACK_CAMPAIGN, is_off, number, rules};
use crate::Parts;
use crate::detect::page_hold;
use crate::incident::fleet::{FleetFinding, breach, open_of, resolve};
use noc_pipeline::clock::UnixMs;
use noc_pipeline::control::Severity;
use noc_pipeline::id::ServerId;
use noc_pipeline::live::LiveEvent;
use noc_pipeline::payload::EventTable;
use noc_pipeline::payload::firewall::FirewallAction;
use noc_storage::relational::{StoreError, fleet};
use noc_storage::series::{
    CountOrder, EventCondition, EventCount, EventGroup, EventTest, SeriesError, SeriesStore,
};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::IpAddr;
use std::time::Duration;

/// What is looked at.
pub const WINDOW: Duration = Duration::from_secs(600);
/// Events dated ahead of us by clocks that are a little off.
pub const AHEAD: Duration = Duration::from_secs(60);
/// What was seen of an attacker. What was done about it is another event, on servers that were not attacked as well.
pub const SEEN: [FirewallAction; 5] = [
    FirewallAction::BruteForce,
    FirewallAction::LoginFailure,
    FirewallAction::Scanner,
    FirewallAction::PortScan,
    FirewallAction::ModSecurity,
];
/// Addresses that are looked at, those on most servers.
pub const GROUPS: usize = 1_000;
/// Addresses of one network in one question, so that their text fits.
const ADDRESSES: usize = 100;
/// Networks that are opened or moved in one look, those on most servers.
pub const NETWORKS: usize = 20;
/// Servers named in an incident.
const NAMED: usize = 20;

/// Why nobody looks.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LookError {
    /// The database does not answer.
    #[error("attack campaigns")]
    Store(#[from] StoreError),
    /// The series store does not answer.
    #[error("the firewalls' events")]
    Series(#[from] SeriesError),
}

/// Looks once; answers how many campaigns are under way.
pub(crate) async fn look(parts: &Parts) -> Result<u64, LookError> {
    let now = parts.clock.now();
    let rules = rules(parts.db.write()).await?;
    let off = is_off(&rules, &ATTACK_CAMPAIGN);
    let members = fleet::members(parts.db.write()).await?;
    let of = |key: &str| number(&rules, &ATTACK_CAMPAIGN, key);
    let needed = needed(members.len(), of("least"), of("fleet_pct"));
    let quiet = number(&rules, &ATTACK_CAMPAIGN, "quiet_s").max(0.0);
    let quiet = Duration::from_secs_f64(quiet);
    let found = if off {
        Vec::new()
    } else {
        attackers(&*parts.series, now, needed).await?
    };
    let names: HashMap<ServerId, &str> = members
        .iter()
        .map(|m| (m.server, m.name.as_str()))
        .collect();
    for one in &found {
        let finding = finding(one, needed, &names);
        store(parts, Some(finding), one.network.clone(), now).await?;
    }
    for row in open_of(parts.db.write(), ATTACK_CAMPAIGN.key).await? {
        let seen = found.iter().any(|one| one.network == row.subject);
        if off || (!seen && now.since(row.last_seen_at.into()) >= quiet) {
            store(parts, None, row.subject, now).await?;
        }
    }
    Ok(found.len() as u64)
}

/// On so many servers it is a campaign: `least`, and `fleet_pct` of the fleet.
#[must_use]
pub fn needed(servers: usize, least: f64, fleet_pct: f64) -> f64 {
    (servers as f64 * fleet_pct / 100.0).max(least)
}

async fn store(
    parts: &Parts,
    finding: Option<FleetFinding>,
    network: String,
    at: UnixMs,
) -> Result<(), StoreError> {
    let events = parts.db.transaction("store an attack campaign", move |tx| {
        let (finding, network) = (finding.clone(), network.clone());
        Box::pin(async move {
            match finding {
                Some(finding) => Ok(breach(tx, &finding, at).await?.events),
                None => {
                    let reason = "it was not seen for long enough";
                    resolve(tx, ATTACK_CAMPAIGN.key, &network, reason, at).await
                }
            }
        })
    });
    let events: Vec<LiveEvent> = events.await?;
    for event in events {
        parts.bus.publish(event).await;
    }
    Ok(())
}

/// Somebody who attacks many servers.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Attacker {
    network: String,
    /// Addresses that were seen, ascending.
    addresses: BTreeSet<String>,
    /// How many events, by server; the server with most of them first.
    servers: Vec<(ServerId, u64)>,
}

/// The network of an address, or of a range: a /24, of IPv6 a /64. `None` for what is no stranger's.
#[must_use]
pub fn network(text: &str) -> Option<String> {
    let ip = text.split('/').next().unwrap_or_default();
    match ip.parse().ok()? {
        IpAddr::V4(ip) if ip.is_loopback() || ip.is_unspecified() => None,
        IpAddr::V4(ip) => {
            let [a, b, c, _] = ip.octets();
            Some(format!("{a}.{b}.{c}.0/24"))
        }
        IpAddr::V6(ip) if ip.is_loopback() || ip.is_unspecified() => None,
        IpAddr::V6(ip) => {
            let front = ip.to_bits() & !u128::from(u64::MAX);
            Some(format!("{}/64", std::net::Ipv6Addr::from(front)))
        }
    }
}

fn question(now: UnixMs, by: &[&str], by_server: bool, ips: Option<EventTest>) -> EventCount {
    let mut conditions = vec![EventCondition {
        columns: vec!["action".to_owned()],
        test: EventTest::OneOf(SEEN.iter().map(|action| action.name().into()).collect()),
    }];
    conditions.extend(ips.map(|test| EventCondition {
        columns: vec!["ip".to_owned()],
        test,
    }));
    EventCount {
        table: EventTable::FirewallEvents,
        servers: None,
        from: now.minus(WINDOW),
        to: now.plus(AHEAD),
        conditions,
        by: by.iter().map(|column| (*column).to_owned()).collect(),
        by_server,
        sums: Vec::new(),
        newest: Vec::new(),
        order: CountOrder::Servers,
        ascending: false,
        limit: GROUPS,
    }
}

/// Who is met on so many servers, those on most first.
async fn attackers(
    series: &dyn SeriesStore,
    now: UnixMs,
    needed: f64,
) -> Result<Vec<Attacker>, SeriesError> {
    let by_address = series
        .count_events(&question(now, &["ip"], false, None))
        .await?;
    let mut out = Vec::new();
    for (network, addresses) in candidates(by_address.iter().filter_map(on_servers), needed) {
        let servers = servers_of(series, now, &addresses).await?;
        if servers.len() as f64 >= needed {
            out.push(Attacker {
                network,
                addresses,
                servers,
            });
        }
    }
    out.sort_by(|a, b| (b.servers.len(), &a.network).cmp(&(a.servers.len(), &b.network)));
    out.truncate(NETWORKS);
    Ok(out)
}

/// Networks that may be on so many servers, with their addresses: the servers of those, counted twice where they share
/// some.
///
/// `by_address`: an address, and how many servers it was seen on; those on most first.
#[must_use]
pub fn candidates<'a>(
    by_address: impl IntoIterator<Item = (&'a str, u64)>,
    needed: f64,
) -> BTreeMap<String, BTreeSet<String>> {
    let mut networks: BTreeMap<String, (u64, BTreeSet<String>)> = BTreeMap::new();
    for (address, on_servers) in by_address {
        if let Some(network) = network(address) {
            let (servers, addresses) = networks.entry(network).or_default();
            *servers = servers.saturating_add(on_servers);
            if addresses.len() < ADDRESSES {
                addresses.insert(address.to_owned());
            }
        }
    }
    let many = networks
        .into_iter()
        .filter(|(_, (servers, _))| *servers as f64 >= needed);
    many.map(|(network, (_, addresses))| (network, addresses))
        .collect()
}

/// An address and its servers.
fn on_servers(group: &EventGroup) -> Option<(&str, u64)> {
    let address = group.by.first()?.as_ref()?;
    Some((address.as_text()?, group.servers))
}

async fn servers_of(
    series: &dyn SeriesStore,
    now: UnixMs,
    addresses: &BTreeSet<String>,
) -> Result<Vec<(ServerId, u64)>, SeriesError> {
    let test = EventTest::OneOf(addresses.iter().map(|ip| ip.as_str().into()).collect());
    let mut count = question(now, &[], true, Some(test));
    count.order = CountOrder::Count;
    let groups = series.count_events(&count).await?;
    let servers = groups.into_iter();
    Ok(servers.filter_map(|g| Some((g.server?, g.count))).collect())
}

fn finding(of: &Attacker, needed: f64, names: &HashMap<ServerId, &str>) -> FleetFinding {
    let events: u64 = of.servers.iter().map(|(_, count)| count).sum();
    let named: Vec<&str> = of
        .servers
        .iter()
        .take(NAMED)
        .filter_map(|(id, _)| names.get(id).copied())
        .collect();
    let from = match of.addresses.first() {
        Some(only) if of.addresses.len() == 1 => only.clone(),
        _ => format!("{} addresses of {}", of.addresses.len(), of.network),
    };
    let more = of.servers.len().saturating_sub(named.len());
    let more = if more > 0 {
        format!(" and {more} more")
    } else {
        String::new()
    };
    FleetFinding {
        detector: ATTACK_CAMPAIGN.key,
        subject: of.network.clone(),
        severity: Severity::Medium,
        hold: page_hold(Severity::Medium),
        title: format!("{} attacks {} servers", of.network, of.servers.len()),
        observed: format!(
            "{events} events in 10 min from {from}, on {}{more}",
            named.join(", ")
        ),
        expected: format!(
            "fewer than {} servers attacked by one network",
            needed.ceil()
        ),
        command: Some(format!(
            "sudo csf -td {} 1d 'attacks many servers'",
            of.network
        )),
        detail: json!({
            "addresses": of.addresses,
            "servers": named,
            "server_count": of.servers.len(),
            "events": events,
        }),
    }
}

#[cfg(test)]
mod tests;
