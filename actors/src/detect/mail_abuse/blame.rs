//! One hack is one case.
//!
//! A domain whose recipients are half or more those of one login or script in breach is part of that one's case; many
//! domains that one login goes through are all part of its case. A login that breaks its limit after the domain it sends
//! for got a case of its own is part of the domain's. What a sender may do by leave is nothing its domain is blamed for.

use super::report::Judged;
use crate::detect::evidence::Sender;

/// Whose case each is part of: the place of the one that has the case, its own where it has one, `None` for those that
/// are in no breach.
pub(super) fn cases(judged: &[Judged<'_>]) -> Vec<Option<usize>> {
    let mut cases: Vec<Option<usize>> = judged
        .iter()
        .enumerate()
        .map(|(place, one)| one.is_broken.then_some(place))
        .collect();
    let mut left: Vec<u64> = judged.iter().map(|one| one.since).collect();

    let mut domains: Vec<usize> = (0..judged.len())
        .filter(|place| of(judged, *place).is_some_and(|d| d.is_broken && is_domain(d)))
        .collect();
    domains.sort_by_key(|place| {
        let domain = of(judged, *place);
        std::cmp::Reverse(domain.map_or(0, |d| d.since))
    });
    for place in domains {
        let Some(domain) = of(judged, place) else {
            continue;
        };
        if is_excused(judged, domain, &mut left) {
            set(&mut cases, place, None);
            continue;
        }
        let explains = |sender: &usize| {
            let rest = left.get(*sender).copied().unwrap_or_default();
            rest.saturating_mul(2) >= domain.since
        };
        let sender = senders(judged, domain, |s| s.is_broken)
            .filter(explains)
            .max_by_key(|sender| left.get(*sender).copied());
        let Some(sender) = sender else { continue };
        take(&mut left, sender, domain.since);
        let sender_open = of(judged, sender).is_some_and(|s| s.is_open);
        match (domain.is_open, sender_open) {
            (true, false) => {
                let to_domain = cases.get(sender).copied() == Some(Some(sender));
                if to_domain && is_most_of(judged, sender, domain) {
                    set(&mut cases, sender, Some(place));
                }
            }
            _ => set(&mut cases, place, Some(sender)),
        }
    }
    cases
}

/// Whether a domain is within its limit without what its senders mailed by leave.
fn is_excused(judged: &[Judged<'_>], domain: &Judged<'_>, left: &mut [u64]) -> bool {
    let with_leave: Vec<usize> = senders(judged, domain, |s| s.by_leave).collect();
    let mut rest = domain.since;
    for sender in with_leave {
        let of_sender = left.get(sender).copied().unwrap_or_default().min(rest);
        rest = rest.saturating_sub(of_sender);
        take(left, sender, of_sender);
    }
    !domain.limit.is_broken_by(rest)
}

/// Whether a domain has half of what a sender mailed, or more.
fn is_most_of(judged: &[Judged<'_>], sender: usize, domain: &Judged<'_>) -> bool {
    let sent = of(judged, sender).map_or(0, |s| s.since);
    domain.since.saturating_mul(2) >= sent
}

fn senders(
    judged: &[Judged<'_>],
    domain: &Judged<'_>,
    wanted: impl Fn(&Judged<'_>) -> bool,
) -> impl Iterator<Item = usize> {
    let name = domain.entry.name;
    let all = judged.iter().enumerate();
    all.filter(move |(_, s)| !is_domain(s) && wanted(s) && s.entry.may_send_for(name))
        .map(|(place, _)| place)
        .collect::<Vec<_>>()
        .into_iter()
}

fn of<'j, 'a>(judged: &'j [Judged<'a>], place: usize) -> Option<&'j Judged<'a>> {
    judged.get(place)
}

fn is_domain(of: &Judged<'_>) -> bool {
    of.entry.sender == Sender::Domain
}

fn set(cases: &mut [Option<usize>], place: usize, case: Option<usize>) {
    if let Some(slot) = cases.get_mut(place) {
        *slot = case;
    }
}

fn take(left: &mut [u64], sender: usize, recipients: u64) {
    if let Some(slot) = left.get_mut(sender) {
        *slot = slot.saturating_sub(recipients);
    }
}
