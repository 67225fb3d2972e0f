//! What a digest tells: a plain function of what is known now and of what the one before told.
//!
//! It goes by states and not by the times at which things happened: an incident that was written down hours late, one that
//! only got worse, and one that ended and began again are each told once, in the first digest made after it was known.

use noc_pipeline::clock::UnixMs;
use noc_pipeline::control::Severity;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// An incident as it is now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Seen {
    /// Which.
    pub id: i64,
    /// How bad.
    pub severity: Severity,
    /// When it began.
    pub opened_at: UnixMs,
    /// When it ended.
    pub resolved_at: Option<UnixMs>,
}

/// An incident as a digest tells it, kept with the digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Line {
    /// Which.
    pub id: i64,
    /// How bad it was then.
    pub severity: Severity,
    /// When it had ended, Unix ms.
    pub resolved_at: Option<i64>,
    /// It began, or began again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub began: bool,
    /// It ended.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub ended: bool,
    /// It got worse.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub rose: bool,
}

impl Line {
    /// Whether something happened to it; the others are open from before, or only remembered.
    pub const fn is_news(&self) -> bool {
        self.began || self.ended || self.rose
    }

    /// Whether it had not ended.
    pub const fn is_open(&self) -> bool {
        self.resolved_at.is_none()
    }
}

/// What the digest before covered, by incident.
pub(super) struct Carried(BTreeMap<i64, Line>);

impl Carried {
    /// These.
    pub fn of(lines: Vec<Line>) -> Self {
        Self(lines.into_iter().map(|line| (line.id, line)).collect())
    }
}

/// What happened until before `until`, and what is open. With nothing carried (the first digest, or one after a time
/// without any) it is what began or ended from `since` on.
pub(super) fn changes(
    seen: Vec<Seen>,
    carried: Option<&Carried>,
    since: UnixMs,
    until: UnixMs,
) -> Vec<Line> {
    let within = |at: UnixMs| since <= at && at < until;
    let line = |now: Seen| {
        // What ends after its time is in the next one.
        let resolved_at = now.resolved_at.filter(|at| *at < until);
        let is_over = resolved_at.is_some();
        let resolved = resolved_at.map(|at| at.0);
        let before = carried.map(|carried| carried.0.get(&now.id));
        let (began, ended, rose) = match before {
            None => (
                within(now.opened_at),
                resolved_at.is_some_and(within),
                false,
            ),
            Some(None) => (true, is_over, false),
            Some(Some(told)) => (
                !told.is_open() && !is_over,
                is_over && resolved != told.resolved_at,
                now.severity > told.severity,
            ),
        };
        Line {
            id: now.id,
            severity: now.severity,
            resolved_at: resolved,
            began,
            ended,
            rose,
        }
    };
    seen.into_iter()
        .filter(|now| now.opened_at < until)
        .map(line)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SINCE: UnixMs = UnixMs(1_000);
    const UNTIL: UnixMs = UnixMs(2_000);

    fn seen(opened: i64, resolved: Option<i64>, severity: Severity) -> Seen {
        Seen {
            id: 7,
            severity,
            opened_at: UnixMs(opened),
            resolved_at: resolved.map(UnixMs),
        }
    }

    /// `began`, `ended`, `rose`, and whether it is open, of the one incident.
    fn of(now: Seen, before: Option<&[Line]>) -> Option<(bool, bool, bool, bool)> {
        let carried = before.map(|lines| Carried::of(lines.to_vec()));
        let all = changes(vec![now], carried.as_ref(), SINCE, UNTIL);
        let line = all.first()?;
        Some((line.began, line.ended, line.rose, line.is_open()))
    }

    fn told(resolved_at: Option<i64>) -> Line {
        Line {
            id: 7,
            severity: Severity::Medium,
            resolved_at,
            began: true,
            ended: false,
            rose: false,
        }
    }

    #[test]
    fn the_first_goes_by_time() {
        let first = |opened, resolved| of(seen(opened, resolved, Severity::Low), None);
        assert_eq!(first(1_000, None), Some((true, false, false, true)));
        assert_eq!(first(1_999, Some(1_999)), Some((true, true, false, false)));
        assert_eq!(first(999, None), Some((false, false, false, true)));
        assert_eq!(first(999, Some(1_000)), Some((false, true, false, false)));
        assert_eq!(first(1, Some(999)), Some((false, false, false, false)));
        assert_eq!(first(2_000, None), None, "in the next one");
        assert_eq!(first(1_500, Some(2_000)), Some((true, false, false, true)));
    }

    #[test]
    fn what_was_written_down_after_the_one_before_is_told_whenever_it_happened() {
        let late = |resolved| of(seen(1, resolved, Severity::Low), Some(&[]));
        assert_eq!(late(None), Some((true, false, false, true)));
        assert_eq!(late(Some(500)), Some((true, true, false, false)));
        let ended = of(seen(1, Some(500), Severity::Medium), Some(&[told(None)]));
        assert_eq!(ended, Some((false, true, false, false)));
    }

    #[test]
    fn what_differs_from_what_was_told_is_told() {
        let open = [told(None)];
        let same = of(seen(1, None, Severity::Medium), Some(&open));
        assert_eq!(same, Some((false, false, false, true)));
        let worse = of(seen(1, None, Severity::High), Some(&open));
        assert_eq!(worse, Some((false, false, true, true)));
        let milder = of(seen(1, None, Severity::Low), Some(&open));
        assert_eq!(milder, Some((false, false, false, true)));
        let over = [told(Some(900))];
        let again = of(seen(1, None, Severity::Medium), Some(&over));
        assert_eq!(again, Some((true, false, false, true)));
        let twice = of(seen(1, Some(1_500), Severity::Medium), Some(&over));
        assert_eq!(twice, Some((false, true, false, false)));
        let known = of(seen(1, Some(900), Severity::Medium), Some(&over));
        assert_eq!(known, Some((false, false, false, false)));
    }

    #[test]
    fn a_line_is_kept_as_it_was() {
        for line in [told(None), told(Some(5))] {
            let text = serde_json::to_string(&line).unwrap();
            assert!(!text.contains("rose"), "{text}");
            assert_eq!(serde_json::from_str::<Line>(&text).unwrap(), line);
        }
    }

    proptest! {
        /// Whenever each incident becomes known, the digests made together tell its beginning once and its end once.
        #[test]
        fn late_or_not_each_beginning_and_each_end_is_told_once(
            incidents in prop::collection::vec((0_i64..5_000, 1_i64..3_000, 0_i64..2_000), 1..20),
        ) {
            let mut carried: Option<Carried> = Some(Carried::of(Vec::new()));
            let mut told = vec![(0, 0); incidents.len()];
            for day in 1_i64..=12 {
                let (since, until) = (UnixMs((day - 1) * 1_000), UnixMs(day * 1_000));
                let known = incidents.iter().enumerate().filter_map(|(n, (opened, lasted, late))| {
                    let end = opened + lasted;
                    (opened + late <= until.0).then(|| Seen {
                        id: i64::try_from(n).unwrap_or_default(),
                        severity: Severity::Low,
                        opened_at: UnixMs(*opened),
                        resolved_at: (end + late <= until.0).then_some(UnixMs(end)),
                    })
                });
                let lines = changes(known.collect(), carried.as_ref(), since, until);
                for line in &lines {
                    let (began, ended) = &mut told[usize::try_from(line.id).unwrap_or_default()];
                    *began += i32::from(line.began);
                    *ended += i32::from(line.ended);
                }
                carried = Some(Carried::of(lines));
            }
            prop_assert!(told.iter().all(|counts| *counts == (1, 1)), "{told:?}");
        }
    }
}
