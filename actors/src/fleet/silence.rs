//! Whether so many servers are silent that it is one trouble. Pure.
//!
//! | a group | opens | is over |
//! |---|---|---|
//! | tag `dc:`, `rack:`, `hypervisor:`, a /24 | 5 and half of it went silent within 3 min | under half of that |
//! | the fleet | 20 and 2 % | under half of that |
//!
//! Servers that were silent before count neither way. Among groups that explain about the same, the narrowest is named.
//! Nothing opens while more and more go silent: a data centre that is lost goes silent over a minute, and would be named
//! by its first rack otherwise.

use noc_pipeline::id::ServerId;
use noc_storage::relational::fleet::{Group, Member};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// The whole fleet.
pub const FLEET: &str = "fleet";

/// Tags that make groups.
const TAGS: [&str; 3] = ["dc:", "rack:", "hypervisor:"];

/// Whoever is silent for longer was silent before: seconds, [`super::SILENT_AFTER`] and 3 min.
const WINDOW_S: u32 = 300;
/// Nobody went silent for so long: what is lost is lost.
const SETTLED_S: u32 = 135;
/// Somebody is silent for so long that waiting any longer would page for each.
const FORCED_S: u32 = 210;
/// Groups that explain at least this share of what the best one explains are as good.
const AS_GOOD: f64 = 0.8;

/// When a group is silent.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limits {
    /// Servers of a group.
    pub least: f64,
    /// Per cent of a group.
    pub share_pct: f64,
    /// Servers of the fleet.
    pub fleet_least: f64,
    /// Per cent of the fleet.
    pub fleet_pct: f64,
}

impl Limits {
    fn needed(&self, group: &str, size: usize) -> f64 {
        let size = size as f64;
        if group == FLEET {
            self.fleet_least.max(size * self.fleet_pct / 100.0)
        } else {
            self.least.max(size * self.share_pct / 100.0)
        }
    }
}

/// What is known.
#[derive(Debug, Clone, Copy)]
pub struct Seen<'a> {
    /// Everybody who is watched.
    pub fleet: &'a [Member],
    /// Who is silent, and for how many seconds.
    pub silent: &'a HashMap<ServerId, u32>,
    /// Of whom nothing can be said now: their partition's owner tells nothing.
    pub unknown: &'a HashSet<ServerId>,
    /// What is open.
    pub open: &'a [Group],
}

/// What happens to a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// It is silent.
    Open {
        /// Its name.
        group: String,
        /// Who is silent.
        members: Vec<ServerId>,
        /// How many there are.
        of: usize,
    },
    /// It is still silent; these are its silent members now, whether or not they changed.
    Stays {
        /// Its name.
        group: String,
        /// Who is silent.
        members: Vec<ServerId>,
        /// How many there are.
        of: usize,
    },
    /// It is over.
    Close {
        /// Its name.
        group: String,
        /// Who is silent nevertheless.
        members: Vec<ServerId>,
    },
}

/// The groups a server is of.
#[must_use]
pub fn groups_of(member: &Member) -> Vec<String> {
    let tags = member.tags.iter().filter(|tag| {
        let mut kinds = TAGS.iter();
        kinds.any(|kind| tag.strip_prefix(kind).is_some_and(|of| !of.is_empty()))
    });
    let mut out: Vec<String> = tags.cloned().collect();
    if let Some(address) = member.address {
        let [a, b, c, _] = address.octets();
        out.push(format!("{a}.{b}.{c}.0/24"));
    }
    out.push(FLEET.to_owned());
    out.sort();
    out.dedup();
    out
}

/// Decides.
#[must_use]
pub fn decide(seen: Seen<'_>, limits: &Limits) -> Vec<Change> {
    let open_members: HashSet<ServerId> =
        seen.open.iter().flat_map(|g| g.members.clone()).collect();
    let mut groups: BTreeMap<String, BTreeSet<ServerId>> = BTreeMap::new();
    for member in seen.fleet {
        let silent_s = seen.silent.get(&member.server).copied().unwrap_or(0);
        // Long silent, and not with its group: it is no part of what could go silent now.
        if silent_s > WINDOW_S && !open_members.contains(&member.server) {
            continue;
        }
        for group in groups_of(member) {
            groups.entry(group).or_default().insert(member.server);
        }
    }
    let mut out = Vec::new();
    let mut taken = open_members;
    let recent: BTreeSet<ServerId> = recent(seen);
    for group in seen.open {
        let all = groups.get(&group.name).cloned().unwrap_or_default();
        let stays = |id: &&ServerId| {
            all.contains(id) && (seen.silent.contains_key(id) || seen.unknown.contains(id))
        };
        let mut members: BTreeSet<ServerId> = group.members.iter().filter(stays).copied().collect();
        let joins = recent
            .iter()
            .filter(|id| all.contains(id) && !taken.contains(id));
        let joins: Vec<ServerId> = joins.copied().collect();
        taken.extend(&joins);
        members.extend(joins);
        let over = members.len() as f64 * 2.0 < limits.needed(&group.name, all.len());
        let (name, of) = (group.name.clone(), all.len());
        let members = members.into_iter().collect();
        out.push(if over {
            Change::Close {
                group: name,
                members,
            }
        } else {
            Change::Stays {
                group: name,
                members,
                of,
            }
        });
    }
    let left: BTreeSet<ServerId> = recent
        .difference(&taken.into_iter().collect())
        .copied()
        .collect();
    if is_settled(seen, &left) {
        let open: HashSet<&str> = seen.open.iter().map(|g| g.name.as_str()).collect();
        groups.retain(|name, _| !open.contains(name.as_str()));
        out.extend(openings(&groups, left, limits));
    }
    out
}

/// Who went silent within the last minutes.
fn recent(seen: Seen<'_>) -> BTreeSet<ServerId> {
    let watched = seen.fleet.iter().map(|member| member.server);
    let silent = |id: &ServerId| seen.silent.get(id).is_some_and(|s| *s <= WINDOW_S);
    watched.filter(silent).collect()
}

fn is_settled(seen: Seen<'_>, left: &BTreeSet<ServerId>) -> bool {
    let silent = || left.iter().filter_map(|id| seen.silent.get(id).copied());
    let (youngest, oldest) = (silent().min(), silent().max());
    // Of whom nothing can be said now may be silent as well.
    let settled = seen.unknown.is_empty() && youngest.is_some_and(|s| s >= SETTLED_S);
    settled || oldest.is_some_and(|s| s >= FORCED_S)
}

/// The groups that explain what is left, the best one first.
fn openings(
    groups: &BTreeMap<String, BTreeSet<ServerId>>,
    mut left: BTreeSet<ServerId>,
    limits: &Limits,
) -> Vec<Change> {
    let mut out = Vec::new();
    loop {
        let explained = groups.iter().filter_map(|(name, all)| {
            let members: Vec<ServerId> = all.intersection(&left).copied().collect();
            let enough = members.len() as f64 >= limits.needed(name, all.len());
            (enough && !members.is_empty()).then_some((all.len(), name, members))
        });
        let explained: Vec<_> = explained.collect();
        let most = explained.iter().map(|(.., members)| members.len()).max();
        let Some(most) = most else {
            return out;
        };
        let as_good = explained
            .into_iter()
            .filter(|(.., members)| members.len() as f64 >= most as f64 * AS_GOOD);
        let Some((of, name, members)) =
            as_good.min_by_key(|(size, name, _)| (*size, name.ends_with("/24"), *name))
        else {
            return out;
        };
        left.retain(|id| !members.contains(id));
        out.push(Change::Open {
            group: name.clone(),
            members,
            of,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use noc_pipeline::clock::UnixMs;

    const LIMITS: Limits = Limits {
        least: 5.0,
        share_pct: 50.0,
        fleet_least: 20.0,
        fleet_pct: 2.0,
    };

    fn member(id: u32, tags: &[&str], address: &str) -> Member {
        Member {
            server: ServerId(id),
            name: format!("web-{id}"),
            tags: tags.iter().map(|tag| (*tag).to_owned()).collect(),
            address: address.parse().ok(),
        }
    }

    /// Two data centres of three racks with ten servers each, a /24 a rack and a half.
    fn fleet() -> Vec<Member> {
        (0..60)
            .map(|id| {
                let rack = id / 10;
                let (dc, rack) = (format!("dc:{}", rack / 3), format!("rack:{rack}"));
                member(id, &[&dc, &rack, "web"], &format!("192.0.{}.{id}", id / 15))
            })
            .collect()
    }

    fn silent(ids: impl IntoIterator<Item = u32>, s: u32) -> HashMap<ServerId, u32> {
        ids.into_iter().map(|id| (ServerId(id), s)).collect()
    }

    fn look(silent: &HashMap<ServerId, u32>, open: &[Group]) -> Vec<Change> {
        let fleet = fleet();
        let seen = Seen {
            fleet: &fleet,
            silent,
            unknown: &HashSet::new(),
            open,
        };
        decide(seen, &LIMITS)
    }

    fn opened(changes: &[Change]) -> Vec<(&str, usize, usize)> {
        let opened = changes.iter().filter_map(|change| match change {
            Change::Open { group, members, of } => Some((group.as_str(), members.len(), *of)),
            _ => None,
        });
        opened.collect()
    }

    fn group(name: &str, members: impl IntoIterator<Item = u32>) -> Group {
        Group {
            name: name.to_owned(),
            incident_id: 1,
            members: members.into_iter().map(ServerId).collect(),
            opened_at: UnixMs(0),
            changed_at: UnixMs(0),
        }
    }

    #[test]
    fn the_narrowest_group_that_explains_the_silence_is_named() {
        let of = |ids: std::ops::Range<u32>| look(&silent(ids, 150), &[]);
        assert_eq!(opened(&of(10..20)), [("rack:1", 10, 10)]);
        assert_eq!(opened(&of(0..30)), [("dc:0", 30, 30)]);
        assert_eq!(opened(&of(0..60)), [("fleet", 60, 60)]);
        // One more elsewhere does not make it the fleet.
        let mut some = silent(30..40, 150);
        some.insert(ServerId(3), 150);
        assert_eq!(opened(&look(&some, &[])), [("rack:3", 10, 10)]);
        // Two racks of different data centres are two troubles.
        let mut two = silent(0..10, 150);
        two.extend(silent(50..60, 150));
        two.remove(&ServerId(9));
        let two = look(&two, &[]);
        assert_eq!(opened(&two), [("rack:0", 9, 10), ("rack:5", 10, 10)]);
    }

    #[test]
    fn quiet_for_a_few_and_for_less_than_half() {
        assert_eq!(look(&silent(0..4, 150), &[]), []);
        // Every fourth server: no rack has five, no data centre half of it, the fleet no 20.
        let some = silent((0..60).step_by(4), 150);
        assert_eq!(look(&some, &[]), []);
        let third = silent((0..60).step_by(3), 150);
        assert_eq!(opened(&look(&third, &[])), [("fleet", 20, 60)]);
    }

    #[test]
    fn nothing_is_named_while_more_go_silent_until_it_would_be_too_late() {
        let mut some = silent(10..18, 160);
        some.extend(silent(18..20, 121));
        assert_eq!(look(&some, &[]), [], "two went silent a moment ago");
        some.extend(silent(18..20, 136));
        assert_eq!(opened(&look(&some, &[])), [("rack:1", 10, 10)]);
        let mut late = silent(10..18, 210);
        late.extend(silent(18..20, 121));
        assert_eq!(opened(&look(&late, &[])), [("rack:1", 10, 10)]);
    }

    /// A cabinet that was switched off last week, and one more server today.
    #[test]
    fn servers_that_were_silent_before_count_neither_way() {
        let mut old = silent(10..18, 900);
        assert_eq!(look(&old, &[]), []);
        old.extend(silent(18..19, 150));
        assert_eq!(look(&old, &[]), []);
        // Of the twenty others in the data centre that are left, half is ten.
        old.extend(silent(0..10, 150));
        assert_eq!(opened(&look(&old, &[])), [("rack:0", 10, 10)]);
    }

    #[test]
    fn members_come_and_go_until_few_are_left() {
        let open = [group("rack:1", 10..18)];
        let mut some = silent(12..18, 400);
        some.extend(silent(18..20, 125));
        let stays = |ids: std::ops::Range<u32>| Change::Stays {
            group: "rack:1".to_owned(),
            members: ids.map(ServerId).collect(),
            of: 10,
        };
        assert_eq!(look(&some, &open), [stays(12..20)], "two left, two joined");
        assert_eq!(look(&silent(15..18, 900), &open), [stays(15..18)]);
        let close = Change::Close {
            group: "rack:1".to_owned(),
            members: [16, 17].map(ServerId).into(),
        };
        assert_eq!(look(&silent(16..18, 900), &open), [close]);
    }

    #[test]
    fn whose_partition_tells_nothing_stays_a_member() {
        let (fleet, open) = (fleet(), [group("rack:1", 10..18)]);
        let unknown = (10..18).map(ServerId).collect();
        let seen = Seen {
            fleet: &fleet,
            silent: &HashMap::new(),
            unknown: &unknown,
            open: &open,
        };
        let changes = decide(seen, &LIMITS);
        assert!(matches!(&*changes, [Change::Stays { members, .. }] if members.len() == 8));
    }

    #[test]
    fn members_of_an_open_group_open_no_other_one() {
        let open = [group("rack:1", 10..20)];
        let mut some = silent(10..20, 280);
        some.extend(silent(20..30, 150));
        let changes = look(&some, &open);
        assert_eq!(opened(&changes), [("rack:2", 10, 10)]);
        assert_eq!(changes.len(), 2);
    }

    #[test]
    fn a_server_is_of_the_groups_its_tags_and_address_name() {
        let groups = groups_of(&member(
            1,
            &["rack:a", "dc:", "mail", "hypervisor:kvm-3"],
            "198.51.100.9",
        ));
        assert_eq!(
            groups,
            ["198.51.100.0/24", "fleet", "hypervisor:kvm-3", "rack:a"]
        );
        assert_eq!(groups_of(&member(1, &[], "")), ["fleet"]);
    }
}
