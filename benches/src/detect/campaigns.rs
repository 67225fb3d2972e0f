//! Attackers who are met on many servers: what the service's leased job finds in the series store once a minute, by the same
//! plain functions, out of the events as they came.

use super::book::Incident;
use noc_actors::fleet::ATTACK_CAMPAIGN;
use noc_actors::fleet::campaign::{AHEAD, GROUPS, NETWORKS, SEEN, WINDOW, candidates, needed};
use noc_pipeline::clock::UnixMs;
use noc_pipeline::control::Severity;
use noc_pipeline::id::ServerId;
use noc_pipeline::payload::{Payload, Report};
use noc_pipeline::record::PayloadRecord;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// An attacker, seen by the firewall of one server.
#[derive(Debug, Clone)]
pub struct Sighting {
    /// When the report came.
    told_at: UnixMs,
    /// When it happened.
    at: UnixMs,
    server: ServerId,
    ip: String,
}

/// What a record tells of attackers.
pub fn sightings(record: &PayloadRecord, told_at: UnixMs, into: &mut Vec<Sighting>) {
    let Report::Data(Payload::Firewall(told)) = &*record.report else {
        return;
    };
    let seen = told
        .events
        .iter()
        .filter(|event| SEEN.contains(&event.action));
    // What was read late is of no look that is still to come.
    let fresh = seen.filter(|event| event.at.plus(WINDOW) > told_at);
    into.extend(fresh.map(|event| Sighting {
        told_at,
        at: event.at,
        server: record.server,
        ip: event.ip.clone(),
    }));
}

/// Looks for campaigns.
#[derive(Debug)]
pub struct Campaigns {
    needed: f64,
    quiet: Duration,
    sightings: Vec<Sighting>,
    /// By network: the place of its incident, and the last look that saw it.
    open: BTreeMap<String, (usize, UnixMs)>,
    incidents: Vec<Incident>,
}

impl Campaigns {
    /// In a fleet of so many servers.
    pub fn new(servers: usize) -> Self {
        let number = |key: &str| {
            let mut all = ATTACK_CAMPAIGN.numbers.iter();
            all.find(|number| number.key == key)
                .map_or(f64::NAN, |number| number.default)
        };
        Self {
            needed: needed(servers, number("least"), number("fleet_pct")),
            quiet: Duration::from_secs_f64(number("quiet_s")),
            sightings: Vec::new(),
            open: BTreeMap::new(),
            incidents: Vec::new(),
        }
    }

    /// Takes what the servers told; it is seen by looks from then on.
    pub fn tell(&mut self, sightings: &mut Vec<Sighting>) {
        self.sightings.append(sightings);
    }

    /// One look.
    pub fn look(&mut self, now: UnixMs) {
        let oldest = now.minus(WINDOW);
        self.sightings.retain(|one| one.at >= oldest);
        let found = self.found(now);
        for (network, servers) in &found {
            match self.open.get_mut(network) {
                Some((_, seen)) => *seen = now,
                None => {
                    self.open
                        .insert(network.clone(), (self.incidents.len(), now));
                    self.incidents.push(Incident::of_fleet(
                        ATTACK_CAMPAIGN.key,
                        network.clone(),
                        Severity::Medium,
                        now,
                        format!("{servers} servers attacked"),
                    ));
                }
            }
        }
        let (quiet, incidents) = (self.quiet, &mut self.incidents);
        self.open.retain(|_, (place, seen)| {
            let over = now.since(*seen) >= quiet;
            if over && let Some(incident) = incidents.get_mut(*place) {
                incident.resolved_at = Some(now);
            }
            !over
        });
    }

    /// Networks that were met on enough servers, with how many.
    fn found(&self, now: UnixMs) -> Vec<(String, usize)> {
        let shown = || {
            let all = self.sightings.iter();
            all.filter(|one| one.told_at <= now && one.at < now.plus(AHEAD))
        };
        let mut by_address: BTreeMap<&str, BTreeSet<ServerId>> = BTreeMap::new();
        for one in shown() {
            by_address.entry(&one.ip).or_default().insert(one.server);
        }
        let mut counted: Vec<(&str, u64)> = by_address
            .iter()
            .map(|(ip, servers)| (*ip, servers.len() as u64))
            .collect();
        counted.sort_by_key(|(ip, servers)| (std::cmp::Reverse(*servers), *ip));
        counted.truncate(GROUPS);
        let mut out: Vec<(String, usize)> = candidates(counted, self.needed)
            .into_iter()
            .map(|(network, addresses)| {
                let of = addresses.iter().filter_map(|ip| by_address.get(&**ip));
                let servers: BTreeSet<ServerId> = of.flatten().copied().collect();
                (network, servers.len())
            })
            .filter(|(_, servers)| *servers as f64 >= self.needed)
            .collect();
        out.sort_by(|a, b| (b.1, &a.0).cmp(&(a.1, &b.0)));
        out.truncate(NETWORKS);
        out
    }

    /// Everything that opened.
    pub fn close(self) -> Vec<Incident> {
        self.incidents
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use noc_actors::fleet::campaign::network;

    const MINUTE: i64 = 60_000;

    fn seen(minute: i64, server: u32, ip: &str) -> Sighting {
        Sighting {
            told_at: UnixMs(minute * MINUTE),
            at: UnixMs(minute * MINUTE),
            server: ServerId(server),
            ip: ip.to_owned(),
        }
    }

    #[test]
    fn one_network_on_five_servers_is_one_incident_until_it_is_quiet() {
        let mut campaigns = Campaigns::new(40);
        // Four servers, and one of them by two addresses: four.
        let mut told: Vec<_> = (0..4).map(|n| seen(100, n, "192.0.2.1")).collect();
        told.push(seen(100, 0, "192.0.2.2"));
        // A stranger on every server is another one each time.
        told.extend((0..40).map(|n| seen(100, n, &format!("198.51.{n}.7"))));
        campaigns.tell(&mut told);
        campaigns.look(UnixMs(101 * MINUTE));
        assert!(campaigns.incidents.is_empty());
        campaigns.tell(&mut vec![seen(105, 9, "192.0.2.3")]);
        for minute in 104..=145 {
            campaigns.look(UnixMs(minute * MINUTE));
        }
        let [one] = &*campaigns.close() else {
            panic!("one campaign");
        };
        assert_eq!(Some(&*one.subject), network("192.0.2.9").as_deref());
        assert_eq!(
            one.opened_at,
            UnixMs(105 * MINUTE),
            "not before it was told"
        );
        // The last look that saw five of them was at 110 min.
        assert_eq!(one.resolved_at, Some(UnixMs(140 * MINUTE)));
        assert!(one.pages.is_empty());
    }
}
