//! Where servers stand together, and how many of a place make one trouble of it.

use noc_storage::relational::incident_groups::Placed;
use std::collections::{BTreeSet, HashMap};

/// Tags that say where a server stands, the narrowest first, and how many servers of such a place show the same until it
/// counts as one trouble. A hypervisor or a rack is a small place: two are a sign. In a data centre, and more so in the
/// fleet, two are a coincidence.
const TAGS: [(&str, &str, usize); 3] = [
    ("hypervisor", "hypervisor:", 2),
    ("rack", "rack:", 2),
    ("dc", "dc:", 3),
];
const FLEET: &str = "fleet";
const OF_THE_FLEET: usize = 5;

/// As long as keys and labels of groups are.
const LONGEST: usize = 190;

/// A place that servers share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    kind: &'static str,
    /// The tag; `fleet`.
    label: String,
    /// Servers that make it one trouble.
    enough: usize,
}

impl Place {
    /// `hypervisor`, `rack`, `dc` or `fleet`.
    pub fn kind(&self) -> &'static str {
        self.kind
    }

    /// The tag; `fleet`.
    pub fn label(&self) -> &str {
        &self.label
    }

    /// What makes an incident one of the group of this place: what found it, and where.
    pub fn key(&self, finder: &str) -> String {
        let key = format!("{finder}@{}", self.label);
        key.chars().take(LONGEST).collect()
    }

    fn holds(&self, tags: &[String]) -> bool {
        self.kind == FLEET || tags.contains(&self.label)
    }
}

/// The places of a server with these tags, the narrowest first; the last is the fleet.
pub(super) fn places_of(tags: &[String]) -> Vec<Place> {
    let mut places = Vec::new();
    for (kind, prefix, enough) in TAGS {
        let of_kind = tags
            .iter()
            .filter(|tag| tag.len() > prefix.len() && tag.starts_with(prefix));
        places.extend(of_kind.map(|tag| Place {
            kind,
            label: tag.clone(),
            enough,
        }));
    }
    places.push(Place {
        kind: FLEET,
        label: FLEET.to_owned(),
        enough: OF_THE_FLEET,
    });
    places
}

/// The narrowest place where one more server makes enough, with the incidents of the others there. `others` are of other
/// servers, `tags` theirs.
pub(super) fn forms<'p>(
    places: &'p [Place],
    others: &[Placed],
    tags: &HashMap<i64, Vec<String>>,
) -> Option<(&'p Place, Vec<i64>)> {
    places.iter().find_map(|place| {
        let there: Vec<&Placed> = others
            .iter()
            .filter(|other| {
                let tags = tags.get(&other.server).map(Vec::as_slice);
                place.holds(tags.unwrap_or_default())
            })
            .collect();
        let servers: BTreeSet<i64> = there.iter().map(|other| other.server).collect();
        let enough = servers.len().saturating_add(1) >= place.enough;
        enough.then(|| (place, there.iter().map(|other| other.incident).collect()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tags(all: &[&str]) -> Vec<String> {
        all.iter().map(|tag| (*tag).to_owned()).collect()
    }

    /// Incident 100 + n of server n.
    fn others(servers: &[i64]) -> Vec<Placed> {
        let of = |&server: &i64| Placed {
            incident: 100 + server,
            server,
            group: server,
            rule: None,
        };
        servers.iter().map(of).collect()
    }

    /// Three racks of ten servers in two data centres: rack n/10, data centre n/20.
    fn fleet() -> HashMap<i64, Vec<String>> {
        let of = |n: i64| {
            let (rack, dc) = (format!("rack:{}", n / 10), format!("dc:{}", n / 20));
            (n, vec!["web".to_owned(), dc, rack])
        };
        (0..60).map(of).collect()
    }

    fn found(server: i64, known: &[i64]) -> Option<(String, Vec<i64>)> {
        let fleet = fleet();
        let places = places_of(&fleet[&server]);
        let (place, members) = forms(&places, &others(known), &fleet)?;
        Some((place.key("x"), members))
    }

    #[test]
    fn places_are_the_tags_that_name_one_narrowest_first() {
        let places = places_of(&tags(&["dc:a", "rack:", "web", "hypervisor:h1", "rack:r1"]));
        let labels: Vec<_> = places.iter().map(Place::label).collect();
        assert_eq!(labels, ["hypervisor:h1", "rack:r1", "dc:a", "fleet"]);
        assert_eq!(places[0].key("service_down"), "service_down@hypervisor:h1");
        let long = places_of(&[format!("rack:{}", "x".repeat(400))]);
        assert_eq!(long[0].key("d").chars().count(), 190);
    }

    #[test]
    fn two_of_a_rack_three_of_a_data_centre_five_of_the_fleet() {
        assert_eq!(found(0, &[]), None);
        assert_eq!(found(0, &[1]), Some(("x@rack:0".into(), vec![101])));
        assert_eq!(found(0, &[11]), None, "another rack");
        assert_eq!(found(0, &[11, 12]), Some(("x@dc:0".into(), vec![111, 112])));
        assert_eq!(found(0, &[21, 31, 41]), None);
        assert_eq!(
            found(0, &[21, 31, 41, 51]),
            Some(("x@fleet".into(), vec![121, 131, 141, 151]))
        );
        // The rack is narrower than all that shows it elsewhere, and takes only its own.
        assert_eq!(
            found(0, &[3, 11, 12, 41]),
            Some(("x@rack:0".into(), vec![103]))
        );
    }

    #[test]
    fn one_server_is_one_however_many_incidents_it_has() {
        let twice = [others(&[11]), others(&[11])].concat();
        let fleet = fleet();
        assert_eq!(forms(&places_of(&fleet[&0]), &twice, &fleet), None);
    }
}
