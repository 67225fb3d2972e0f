//! `blacklisted`: a blocklist names one of the server's addresses.
//!
//! Judged on the platform's own daily checks. Each address at each list is one subject with three states: a list that
//! did not answer, or refuses our resolver, moves nothing. Two clean checks end it.

use super::shell::word;
use super::{
    Also, Context, Detector, Finding, Info, Judgement, Number, Observation, Title, Verdict,
    page_hold,
};
use noc_pipeline::control::{Listing, ListingState, Severity, Word};
use noc_pipeline::payload::Unit;
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use std::net::IpAddr;

const CLEAN: &str = "clean_checks";
/// So many listings are remembered; a server with more of them has one trouble.
const MAX_LISTED: usize = 256;

/// The detector.
#[derive(Debug, Clone, Copy)]
pub struct Blacklisted;

/// What is listed: subject, and clean checks in a row since.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Listed(Vec<(Box<str>, u8)>);

impl Detector for Blacklisted {
    type State = Listed;

    const INFO: Info = Info {
        key: "blacklisted",
        code: 25,
        version: 1,
        kinds: &[],
        also: &[Also::Words],
        compares_reports: false,
        judges: None,
        name: "Address on a blocklist",
        about: "A blocklist names an address of the server. Lists of policy, such as those of end users' networks, are \
                only noted.",
        severities: &[Severity::Info, Severity::High],
        numbers: &[Number {
            key: CLEAN,
            unit: Unit::Count,
            default: 2.0,
            min: 1.0,
            max: 14.0,
            about: "So many clean checks in a row end it",
        }],
        docs: include_str!("docs/blacklisted.md"),
    };

    fn judge<'a>(&self, state: &Listed, at: &Context<'a>) -> Judgement<'a, Listed> {
        let mut next = state.clone();
        let mut verdicts = Vec::new();
        if let Observation::Told { word, .. } = at.seen
            && let Word::Blocklists { listings } = word
        {
            let need = at.number(&Self::INFO, CLEAN).max(1.0);
            let mut seen = HashSet::new();
            let first = listings
                .iter()
                .filter(|l| seen.insert((&l.address, &l.list)));
            verdicts = first.filter_map(|l| next.judge(l, need)).collect();
        }
        Judgement {
            patch: Some(next),
            verdicts,
        }
    }
}

impl Listed {
    fn judge<'a>(&mut self, listing: &Listing, need: f64) -> Option<Verdict<'a>> {
        let subject = format!("{} {}", listing.address, listing.list);
        let known = self.0.iter().position(|(known, _)| **known == *subject);
        match (listing.state, known) {
            (ListingState::Listed, _) => {
                let room = self.0.len() < MAX_LISTED;
                match known.and_then(|place| self.0.get_mut(place)) {
                    Some((_, clean)) => *clean = 0,
                    None if room => self.0.push((subject.as_str().into(), 0)),
                    None => return None,
                }
                Some(Verdict::breach(subject, finding(listing)))
            }
            (ListingState::Clean, Some(place)) => {
                let (_, clean) = self.0.get_mut(place)?;
                *clean = clean.saturating_add(1);
                let have = *clean;
                if f64::from(have) < need {
                    return Some(Verdict::learning(subject, u32::from(have), need as u32));
                }
                self.0.remove(place);
                Some(Verdict::clear(subject))
            }
            (ListingState::Unknown, Some(_)) => {
                let reason = "the list did not answer, or refuses our resolver";
                Some(Verdict::unknown(subject, reason))
            }
            // It was not listed before.
            (ListingState::Clean | ListingState::Unknown, None) => None,
        }
    }
}

fn finding(listing: &Listing) -> Finding {
    let severity = if listing.is_policy {
        Severity::Info
    } else {
        Severity::High
    };
    let words = listing.detail.as_deref();
    let words = words.map_or_else(String::new, |w| {
        format!(": {}", super::shell::clipped(w, 300))
    });
    Finding {
        severity,
        hold: page_hold(severity),
        title: Title {
            before: format!("{} of ", listing.address),
            after: format!(" is on {}", listing.list),
        },
        observed: format!("{} names {}{words}", listing.list, listing.address),
        expected: if listing.is_policy {
            "a policy list names end users' addresses; mail leaves by another one".to_owned()
        } else {
            "on no blocklist".to_owned()
        },
        samples: 1,
        threshold: None,
        command: question(&listing.address, &listing.list),
        rule: None,
        evidence: None,
    }
}

/// Asks the list about the address: its labels, or nibbles, in reverse before the list's zone.
fn question(address: &str, list: &str) -> Option<String> {
    let reversed = match address.parse().ok()? {
        IpAddr::V4(ip) => {
            let [a, b, c, d] = ip.octets();
            format!("{d}.{c}.{b}.{a}")
        }
        IpAddr::V6(ip) => {
            let digits = ip.octets().into_iter().rev();
            let nibbles = digits.map(|byte| format!("{:x}.{:x}", byte & 15, byte >> 4));
            nibbles.collect::<Vec<_>>().join(".")
        }
    };
    let name = word(&format!("{reversed}.{list}"))?;
    Some(format!("dig +short {name} A; dig +short {name} TXT"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::Outcome;
    use crate::detect::bench::{Bench, outcome};
    use noc_pipeline::clock::UnixMs;

    fn listing(list: &str, state: ListingState) -> Listing {
        Listing {
            address: "192.0.2.10".to_owned(),
            list: list.to_owned(),
            is_policy: list.starts_with("pbl"),
            state,
            detail: Some("https://check.example/192.0.2.10".to_owned()),
        }
    }

    fn check(bench: &mut Bench<Blacklisted>, listings: &[Listing]) -> Vec<(String, Outcome)> {
        let word = Word::Blocklists {
            listings: listings.to_vec(),
        };
        bench.look(Observation::Told {
            subject: "",
            word: &word,
            at: UnixMs(0),
        })
    }

    const ZEN: &str = "192.0.2.10 zen.example";

    #[test]
    fn fires_when_listed_and_ends_after_two_clean_checks_in_a_row() {
        let mut bench = Bench::new(Blacklisted);
        let mut one = |state| check(&mut bench, &[listing("zen.example", state)]);
        assert_eq!(one(ListingState::Clean), vec![]);
        let Outcome::Breach(finding) = outcome(one(ListingState::Listed), ZEN) else {
            panic!("listed");
        };
        assert_eq!(finding.severity, Severity::High);
        assert_eq!(
            finding.title.of("web-1"),
            "192.0.2.10 of web-1 is on zen.example"
        );
        assert_eq!(
            finding.command.as_deref(),
            Some("dig +short 10.2.0.192.zen.example A; dig +short 10.2.0.192.zen.example TXT")
        );
        let learning = Outcome::Learning { have: 1, need: 2 };
        assert_eq!(outcome(one(ListingState::Clean), ZEN), learning);
        assert!(matches!(
            outcome(one(ListingState::Listed), ZEN),
            Outcome::Breach(_)
        ));
        assert_eq!(outcome(one(ListingState::Clean), ZEN), learning);
        assert_eq!(outcome(one(ListingState::Clean), ZEN), Outcome::Clear);
        assert_eq!(one(ListingState::Clean), vec![]);
    }

    /// Whoever is refused by a list must not read that as "clean" or as "listed".
    #[test]
    fn a_list_that_does_not_answer_moves_nothing() {
        let mut bench = Bench::new(Blacklisted);
        let mut one = |state| check(&mut bench, &[listing("zen.example", state)]);
        assert_eq!(one(ListingState::Unknown), vec![]);
        one(ListingState::Listed);
        one(ListingState::Clean);
        for _ in 0..5 {
            let said = outcome(one(ListingState::Unknown), ZEN);
            assert!(matches!(said, Outcome::Unknown { .. }));
        }
        assert_eq!(outcome(one(ListingState::Clean), ZEN), Outcome::Clear);
    }

    #[test]
    fn each_list_is_its_own_and_policy_is_only_noted() {
        let mut bench = Bench::new(Blacklisted);
        let said = check(
            &mut bench,
            &[
                listing("pbl.example", ListingState::Listed),
                listing("zen.example", ListingState::Clean),
                listing("pbl.example", ListingState::Clean),
            ],
        );
        assert_eq!(said.len(), 1, "{said:?}");
        let Outcome::Breach(finding) = outcome(said, "192.0.2.10 pbl.example") else {
            panic!("listed");
        };
        assert_eq!(finding.severity, Severity::Info);
    }

    #[test]
    fn another_word_or_none_changes_nothing() {
        let mut bench = Bench::new(Blacklisted);
        check(&mut bench, &[listing("zen.example", ListingState::Listed)]);
        let before = bench.state.clone();
        let word = Word::NewNormal;
        let said = bench.look(Observation::Told {
            subject: ZEN,
            word: &word,
            at: UnixMs(0),
        });
        assert_eq!((said, check(&mut bench, &[])), (vec![], vec![]));
        assert_eq!(bench.state, before);
        let many: Vec<_> = (0..1_000)
            .map(|n| listing(&format!("list-{n}.example"), ListingState::Listed))
            .collect();
        assert_eq!(check(&mut bench, &many).len(), MAX_LISTED - 1);
    }

    #[test]
    fn addresses_are_asked_for_in_reverse() {
        let v6 = question("2001:db8::1", "zen.example").unwrap();
        let name = "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.zen.example";
        assert_eq!(v6, format!("dig +short {name} A; dig +short {name} TXT"));
        assert_eq!(question("not an address", "zen.example"), None);
        assert!(
            question("192.0.2.1", "x; reboot")
                .unwrap()
                .contains("'1.2.0.192.x; reboot'")
        );
    }
}
