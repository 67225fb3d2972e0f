//! `mail_auth`: SPF, DKIM or DMARC of a domain that sends mail was fine and is broken.
//!
//! Judged on the platform's own daily checks, one incident a server that names its domains. A domain that was never
//! fine is listed on its page and is no incident: nothing turned. No answer moves nothing.

use super::shell::word;
use super::{
    Also, Context, Detector, Finding, Info, Judgement, Number, Observation, Title, Verdict,
    page_hold,
};
use noc_pipeline::control::{AuthState, MailAuth, Severity, Word};
use noc_pipeline::payload::Unit;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

const SENT: &str = "sent_7d";
/// So many domains are remembered, those that send most.
const MAX_DOMAINS: usize = 1_000;
/// Domains named in an incident.
const NAMED: usize = 20;

/// The detector.
#[derive(Debug, Clone, Copy)]
pub struct MailAuthBroken;

/// What is remembered of a server's domains, by the head of their hash, in order.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Domains(Vec<(u32, Marks)>);

/// Bits 0 to 2: SPF, DKIM, DMARC was fine. Bits 3 to 5: it turned from fine to broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
struct Marks(u8);

const KINDS: [&str; 3] = ["SPF", "DKIM", "DMARC"];

impl Detector for MailAuthBroken {
    type State = Domains;

    const INFO: Info = Info {
        key: "mail_auth",
        code: 26,
        version: 1,
        kinds: &[],
        also: &[Also::Words],
        compares_reports: false,
        judges: None,
        name: "Mail authentication broken",
        about: "SPF, DKIM or DMARC of a domain that sends mail was fine and is broken. One incident a server.",
        severities: &[Severity::Medium],
        numbers: &[Number {
            key: SENT,
            unit: Unit::Count,
            default: 20.0,
            min: 1.0,
            max: 1_000_000.0,
            about: "Domains that sent fewer mails in 7 days are left alone",
        }],
        docs: include_str!("docs/mail_auth.md"),
    };

    fn judge<'a>(&self, state: &Domains, at: &Context<'a>) -> Judgement<'a, Domains> {
        let nothing = Judgement {
            patch: None,
            verdicts: Vec::new(),
        };
        let Observation::Told { word, .. } = at.seen else {
            return nothing;
        };
        let Word::MailAuth { domains } = word else {
            return nothing;
        };
        if domains.is_empty() {
            let reason = "the check named no domain";
            return Judgement {
                verdicts: vec![Verdict::unknown("", reason)],
                ..nothing
            };
        }
        let least = at.number(&Self::INFO, SENT);
        let open = at.open(&Self::INFO, "").is_some();
        let (next, verdict) = state.check(domains, least, open);
        Judgement {
            patch: Some(next),
            verdicts: vec![verdict],
        }
    }
}

/// A domain with what turned, and whether this check saw it broken.
type Broken<'w> = (&'w MailAuth, Vec<&'static str>, bool);

impl Domains {
    fn check<'a>(&self, domains: &[MailAuth], least: f64, open: bool) -> (Self, Verdict<'a>) {
        let mut most: Vec<&MailAuth> = domains.iter().filter(|d| d.sent_7d > 0).collect();
        most.sort_by(|a, b| (b.sent_7d, &a.domain).cmp(&(a.sent_7d, &b.domain)));
        most.truncate(MAX_DOMAINS);
        let mut next = BTreeMap::new();
        let mut broken: Vec<Broken<'_>> = Vec::new();
        for domain in most {
            let head = head(&domain.domain);
            let at = self.0.binary_search_by_key(&head, |(known, _)| *known);
            let known = at.ok().and_then(|place| self.0.get(place));
            let before = known.map_or(Marks::default(), |(_, marks)| *marks);
            // What has turned stays until it is fine, also when the domain sends less for it.
            let counts = domain.sent_7d as f64 >= least || before.turned().next().is_some();
            let marks = before.after(domain, counts);
            next.insert(head, marks);
            let kinds: Vec<_> = marks
                .turned()
                .filter_map(|bit| KINDS.get(bit).copied())
                .collect();
            if !kinds.is_empty() {
                broken.push((domain, kinds, marks.is_seen(domain)));
            }
        }
        let verdict = match broken.iter().any(|(.., seen)| *seen) {
            true => Verdict::breach("", finding(&broken)),
            false if broken.is_empty() => Verdict::clear(""),
            false if open => {
                Verdict::unknown("", "name servers of the broken domains did not answer")
            }
            false => Verdict::unknown("", "name servers did not answer"),
        };
        (Self(next.into_iter().collect()), verdict)
    }
}

impl Marks {
    /// What is known after a check; where the domain does not count nothing turns.
    fn after(self, told: &MailAuth, counts: bool) -> Self {
        let mut bits = self.0;
        for (bit, state) in states(told).into_iter().enumerate() {
            let (fine, turned) = (1u8 << bit, 8u8 << bit);
            match state {
                AuthState::Fine => bits = (bits | fine) & !turned,
                AuthState::Broken if counts && bits & fine != 0 => {
                    bits = (bits | turned) & !fine;
                }
                AuthState::Broken | AuthState::Unknown => {}
            }
        }
        Self(bits)
    }

    /// Places in [`KINDS`] of what turned.
    fn turned(self) -> impl Iterator<Item = usize> {
        (0..KINDS.len()).filter(move |bit| self.0 & (8 << bit) != 0)
    }

    /// Whether the check saw any of what turned broken, and did not just get no answer.
    fn is_seen(self, told: &MailAuth) -> bool {
        let states = states(told);
        let mut turned = self.turned().filter_map(|bit| states.get(bit));
        turned.any(|state| *state == AuthState::Broken)
    }
}

const fn states(told: &MailAuth) -> [AuthState; 3] {
    [told.spf, told.dkim, told.dmarc]
}

/// Two domains of a server with the same head share their past, which does no harm.
fn head(domain: &str) -> u32 {
    let hash: [u8; 32] = Sha256::digest(domain).into();
    let [a, b, c, d, ..] = hash;
    u32::from_be_bytes([a, b, c, d])
}

fn finding(broken: &[Broken<'_>]) -> Finding {
    let named = broken.iter().take(NAMED);
    let mut list: Vec<String> = named
        .map(|(d, kinds, _)| {
            format!(
                "{} ({}, {} mails in 7 days)",
                d.domain,
                kinds.join(", "),
                d.sent_7d
            )
        })
        .collect();
    if broken.len() > NAMED {
        list.push(format!("and {} more", broken.len() - NAMED));
    }
    let first = broken.first();
    let command = first.and_then(|(domain, ..)| {
        let (name, dmarc) = (
            word(&domain.domain)?,
            word(&format!("_dmarc.{}", domain.domain))?,
        );
        let dkim = word(&format!("default._domainkey.{}", domain.domain))?;
        Some(format!(
            "dig +short TXT {name}; dig +short TXT {dkim}; dig +short TXT {dmarc}"
        ))
    });
    let domains = if broken.len() == 1 {
        "domain"
    } else {
        "domains"
    };
    Finding {
        severity: Severity::Medium,
        hold: page_hold(Severity::Medium),
        title: Title {
            before: format!(
                "Mail authentication of {} {domains} broke on ",
                broken.len()
            ),
            after: String::new(),
        },
        observed: list.join("; "),
        expected: "SPF, DKIM and DMARC as they were".to_owned(),
        samples: u32::try_from(broken.len()).unwrap_or(u32::MAX),
        threshold: None,
        command,
        rule: None,
        evidence: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::Outcome;
    use crate::detect::bench::{Bench, outcome};
    use noc_pipeline::clock::UnixMs;

    const OK: AuthState = AuthState::Fine;
    const BAD: AuthState = AuthState::Broken;
    const NONE: AuthState = AuthState::Unknown;

    fn domain(name: &str, sent_7d: u64, states: [AuthState; 3]) -> MailAuth {
        let [spf, dkim, dmarc] = states;
        MailAuth {
            domain: name.to_owned(),
            sent_7d,
            spf,
            dkim,
            dmarc,
        }
    }

    fn check(bench: &mut Bench<MailAuthBroken>, domains: &[MailAuth]) -> Outcome {
        let word = Word::MailAuth {
            domains: domains.to_vec(),
        };
        let said = bench.look(Observation::Told {
            subject: "",
            word: &word,
            at: UnixMs(0),
        });
        outcome(said, "")
    }

    #[test]
    fn fires_when_fine_turns_to_broken_and_ends_when_it_is_fine() {
        let mut bench = Bench::new(MailAuthBroken);
        let fine = [
            domain("a.example", 500, [OK; 3]),
            domain("b.example", 50, [OK; 3]),
        ];
        assert_eq!(check(&mut bench, &fine), Outcome::Clear);
        let broken = [
            domain("a.example", 500, [BAD, OK, BAD]),
            domain("b.example", 50, [OK, BAD, OK]),
        ];
        let Outcome::Breach(finding) = check(&mut bench, &broken) else {
            panic!("broken");
        };
        assert_eq!(
            finding.title.of("web-1"),
            "Mail authentication of 2 domains broke on web-1"
        );
        assert_eq!(
            finding.observed,
            "a.example (SPF, DMARC, 500 mails in 7 days); b.example (DKIM, 50 mails in 7 days)"
        );
        assert!(
            finding
                .command
                .unwrap()
                .starts_with("dig +short TXT a.example; ")
        );
        let half = [fine[0].clone(), broken[1].clone()];
        assert!(matches!(check(&mut bench, &half), Outcome::Breach(_)));
        assert_eq!(check(&mut bench, &fine), Outcome::Clear);
    }

    #[test]
    fn quiet_for_what_was_never_fine_and_for_domains_that_send_little() {
        let mut bench = Bench::new(MailAuthBroken);
        let never = [
            domain("a.example", 500, [BAD; 3]),
            domain("b.example", 19, [OK; 3]),
        ];
        assert_eq!(check(&mut bench, &never), Outcome::Clear);
        let still = [
            domain("a.example", 500, [BAD; 3]),
            domain("b.example", 19, [BAD; 3]),
        ];
        for _ in 0..2 {
            assert_eq!(check(&mut bench, &still), Outcome::Clear);
        }
    }

    /// A name server that does not answer must not look like a record that is gone, nor like one that is back.
    #[test]
    fn no_answer_moves_nothing() {
        let mut bench = Bench::new(MailAuthBroken);
        check(&mut bench, &[domain("a.example", 500, [OK; 3])]);
        assert_eq!(
            check(&mut bench, &[domain("a.example", 500, [NONE; 3])]),
            Outcome::Clear
        );
        let broken = domain("a.example", 500, [BAD, OK, OK]);
        assert!(matches!(check(&mut bench, &[broken]), Outcome::Breach(_)));
        let silent = [domain("a.example", 500, [NONE; 3])];
        assert!(matches!(
            check(&mut bench, &silent),
            Outcome::Unknown { .. }
        ));
        let before = bench.state.clone();
        assert!(matches!(check(&mut bench, &[]), Outcome::Unknown { .. }));
        assert_eq!(bench.state, before);
    }

    #[test]
    fn a_broken_domain_stays_named_when_it_sends_less_and_goes_with_its_mail() {
        let mut bench = Bench::new(MailAuthBroken);
        check(&mut bench, &[domain("a.example", 500, [OK; 3])]);
        check(&mut bench, &[domain("a.example", 500, [BAD; 3])]);
        let less = [domain("a.example", 3, [BAD; 3])];
        assert!(matches!(check(&mut bench, &less), Outcome::Breach(_)));
        let gone = [domain("b.example", 3, [OK; 3])];
        assert_eq!(check(&mut bench, &gone), Outcome::Clear);
    }

    #[test]
    fn it_stays_small_with_thousands_of_domains() {
        let mut bench = Bench::new(MailAuthBroken);
        let all = |state| -> Vec<MailAuth> {
            (0..3_000)
                .map(|n| domain(&format!("domain-{n}.example"), 20 + n, [state; 3]))
                .collect()
        };
        check(&mut bench, &all(OK));
        let Outcome::Breach(finding) = check(&mut bench, &all(BAD)) else {
            panic!("broken");
        };
        assert!(
            finding.observed.ends_with("and 980 more"),
            "{}",
            finding.observed
        );
        let packed = postcard::to_stdvec(&bench.state).unwrap().len();
        assert!(packed < 7_000, "{packed} bytes");
    }
}
