//! Whether so many servers are silent that it is one trouble: what the service's leased job decides from what partitions
//! tell, with the same pure function. Its incidents page at once, and the partitions hear of its members.

use super::book::Incident;
use noc_actors::detect::Fleet as FleetWords;
use noc_actors::fleet::silence::{Change, Limits, Seen, decide};
use noc_actors::fleet::{FLEET_SILENT, SILENT_AFTER};
use noc_actors::state::ClockMs;
use noc_api::simulate::Fleet;
use noc_pipeline::clock::UnixMs;
use noc_pipeline::control::{FleetWord, Severity};
use noc_pipeline::id::ServerId;
use noc_storage::relational::fleet::{Group, Member};
use std::collections::{HashMap, HashSet};

/// Fewer than this are no group, whatever the limits are.
const LEAST: usize = 2;

/// Looks after the fleet's silence.
#[derive(Debug)]
pub struct Watch {
    members: Vec<Member>,
    limits: Limits,
    open: Vec<Group>,
    /// Who is silent, and since when by the clock.
    silent: HashMap<ServerId, u32>,
    incidents: Vec<Incident>,
}

impl Watch {
    /// Over these servers.
    pub fn new(fleet: &Fleet) -> Self {
        let number = |key: &str| {
            let mut all = FLEET_SILENT.numbers.iter();
            all.find(|number| number.key == key)
                .map_or(f64::NAN, |number| number.default)
        };
        let member = |server: u32| Member {
            server: ServerId(server + 1),
            name: noc_api::simulate::host_name("sim", server),
            tags: fleet.tags(server),
            address: None,
        };
        Self {
            members: (0..fleet.len()).map(member).collect(),
            limits: Limits {
                least: number("least"),
                share_pct: number("share_pct"),
                fleet_least: number("fleet_least"),
                fleet_pct: number("fleet_pct"),
            },
            open: Vec::new(),
            silent: HashMap::new(),
            incidents: Vec::new(),
        }
    }

    /// Whether groups are silent.
    pub fn is_busy(&self) -> bool {
        !self.open.is_empty()
    }

    /// What a partition tells of a server: seconds of silence, `None` while it is heard of or excused.
    pub fn tell(&mut self, server: ServerId, clock: ClockMs, last_seen: Option<ClockMs>) {
        let silent = last_seen.map(|seen| clock.since(seen));
        match silent.filter(|silent| *silent >= SILENT_AFTER) {
            Some(silent) => {
                let seconds = u32::try_from(silent.as_secs()).unwrap_or(u32::MAX);
                self.silent.insert(server, seconds);
            }
            None => drop(self.silent.remove(&server)),
        }
    }

    /// Decides; `in_grace`: nothing can be said of anybody now.
    pub fn look(&mut self, at: UnixMs, in_grace: bool, words: &mut FleetWords) {
        if self.open.is_empty() && (in_grace || self.silent.len() < LEAST) {
            return;
        }
        let unknown: HashSet<ServerId> = match in_grace {
            true => self.members.iter().map(|member| member.server).collect(),
            false => HashSet::new(),
        };
        let nobody = HashMap::new();
        let changes = decide(
            Seen {
                fleet: &self.members,
                silent: if in_grace { &nobody } else { &self.silent },
                unknown: &unknown,
                open: &self.open,
            },
            &self.limits,
        );
        for change in changes {
            self.apply(change, at, words);
        }
    }

    fn apply(&mut self, change: Change, at: UnixMs, words: &mut FleetWords) {
        let word = |group: &str, members: &[ServerId]| FleetWord::Silent {
            group: group.to_owned(),
            members: members.to_vec(),
        };
        match change {
            Change::Open { group, members, of } => {
                words.take(word(&group, &members));
                self.incidents.push(Incident::of_fleet(
                    FLEET_SILENT.key,
                    group.clone(),
                    Severity::Critical,
                    at,
                    format!("{} of {of} silent", members.len()),
                ));
                self.open.push(Group {
                    name: group,
                    incident_id: i64::try_from(self.incidents.len()).unwrap_or(i64::MAX),
                    members,
                    opened_at: at,
                    changed_at: at,
                });
            }
            Change::Stays { group, members, .. } => {
                words.take(word(&group, &members));
                let mut open = self.open.iter_mut();
                if let Some(open) = open.find(|open| open.name == group) {
                    open.members = members;
                    open.changed_at = at;
                }
            }
            Change::Close { group, .. } => {
                words.take(word(&group, &[]));
                self.open.retain(|open| open.name != group);
                let mut incidents = self.incidents.iter_mut();
                let standing = |i: &&mut Incident| i.subject == group && i.resolved_at.is_none();
                if let Some(incident) = incidents.rfind(standing) {
                    incident.resolved_at = Some(at);
                }
            }
        }
    }

    /// Everything that opened.
    pub fn close(self) -> Vec<Incident> {
        self.incidents
    }
}
