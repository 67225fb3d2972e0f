//! What one partition knows of the whole fleet: from the log alone.

use noc_pipeline::control::FleetWord;
use noc_pipeline::id::ServerId;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What is known of the fleet.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Fleet {
    /// Medians over all subjects, by metric.
    priors: BTreeMap<String, f64>,
    /// Silent servers, by the group that makes one trouble of it.
    silent: BTreeMap<String, BTreeSet<ServerId>>,
}

impl Fleet {
    /// Takes a word.
    pub fn take(&mut self, word: FleetWord) {
        match word {
            FleetWord::Prior { metric, value } => {
                self.priors.insert(metric, value);
            }
            FleetWord::Silent { group, members } if members.is_empty() => {
                self.silent.remove(&group);
            }
            FleetWord::Silent { group, members } => {
                self.silent.insert(group, members.into_iter().collect());
            }
        }
    }

    /// The median over all subjects of the fleet, once it was told.
    #[must_use]
    pub fn prior(&self, metric: &str) -> Option<f64> {
        self.priors.get(metric).copied()
    }

    /// The group whose silence this server's is a part of.
    #[must_use]
    pub fn silent_group(&self, server: ServerId) -> Option<&str> {
        let mut groups = self.silent.iter();
        groups
            .find(|(_, members)| members.contains(&server))
            .map(|(group, _)| group.as_str())
    }

    /// The members of a group that is silent.
    #[must_use]
    pub fn members(&self, group: &str) -> Vec<ServerId> {
        let members = self.silent.get(group);
        members.map_or_else(Vec::new, |members| members.iter().copied().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_replaces_the_one_before_and_no_members_end_it() {
        let mut fleet = Fleet::default();
        let silent = |members: &[u32]| FleetWord::Silent {
            group: "dc:fra1".to_owned(),
            members: members.iter().copied().map(ServerId).collect(),
        };
        fleet.take(silent(&[1, 2]));
        fleet.take(silent(&[2, 3]));
        assert_eq!(fleet.silent_group(ServerId(1)), None);
        assert_eq!(fleet.silent_group(ServerId(3)), Some("dc:fra1"));
        fleet.take(silent(&[]));
        assert_eq!(fleet.silent_group(ServerId(3)), None);
        assert_eq!(fleet.prior("email-stats.recipients"), None);
        fleet.take(FleetWord::Prior {
            metric: "email-stats.recipients".to_owned(),
            value: 4.0,
        });
        assert_eq!(fleet.prior("email-stats.recipients"), Some(4.0));
    }
}
