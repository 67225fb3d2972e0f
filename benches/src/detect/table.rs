//! Scores as figures: by kind of trouble, what is false, and whether the goals are met.

use super::book::Incident;
use super::replay::Played;
use super::score::{False, Fate, Scored, Scores};
use noc_api::simulate::{Expect, Truth};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// At most so many false incidents in 1,000 server-days.
pub const FALSE_INCIDENTS: f64 = 1.0;
/// At most so many false pages in 20,000 server-days.
pub const FALSE_PAGES: f64 = 1.0;

/// How trouble of one kind fared.
#[derive(Debug, Default, Serialize)]
pub struct KindFigures {
    /// Detectors that should find it.
    pub detectors: Vec<&'static str>,
    /// How often an incident is expected.
    pub expected: usize,
    pub met: usize,
    /// Of those, by another detector that may open for the same reason.
    pub by_others: usize,
    pub late: usize,
    pub missed: usize,
    pub not_judged: usize,
    /// The middle and the longest delay of those that were found, in reporting intervals.
    pub delay_p50: f64,
    pub delay_max: f64,
    /// Found as grave as it is, or graver.
    pub grave_enough: usize,
    /// Should page, and did.
    pub to_page: usize,
    pub paged: usize,
    pub duplicates: usize,
    #[serde(skip)]
    delays: Vec<f64>,
}

/// A truth that was not met in time.
#[derive(Debug, Serialize)]
pub struct Unmet {
    pub id: String,
    pub detector: &'static str,
    pub fate: Fate,
    pub server: Option<u32>,
    pub subjects: Vec<String>,
    pub onset: String,
    pub deadline: String,
    pub delay: Option<f64>,
}

/// An incident that should not be.
#[derive(Debug, Serialize)]
pub struct Wrong {
    pub label: String,
    pub why: False,
    #[serde(flatten)]
    pub incident: Incident,
}

/// Everything.
#[derive(Debug, Serialize)]
pub struct Figures {
    pub seed: u64,
    pub servers: u32,
    pub days: u32,
    pub payloads: u64,
    pub seconds: f64,
    pub kinds: BTreeMap<&'static str, KindFigures>,
    pub quiet: usize,
    /// Those that an incident opened for.
    pub quiet_broken: usize,
    pub recall: f64,
    /// By the detectors that the service has.
    pub recall_of_present: f64,
    pub false_incidents: usize,
    pub false_incidents_per_1000_server_days: f64,
    pub false_pages: usize,
    pub false_pages_per_20000_server_days: f64,
    pub duplicates: usize,
    /// Detectors that truths name and the service does not have.
    pub missing_detectors: Vec<&'static str>,
    pub not_judged: Vec<&'static str>,
    pub unmet: Vec<Unmet>,
    pub wrong: Vec<Wrong>,
    pub failures: Vec<String>,
    pub left_out: Vec<String>,
    pub goals_met: bool,
}

fn ratio(part: usize, whole: usize) -> f64 {
    let as_f64 = |count: usize| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
    if whole == 0 {
        1.0
    } else {
        as_f64(part) / as_f64(whole)
    }
}

impl Figures {
    /// Sums scores up.
    pub fn of(
        played: &Played,
        scores: &Scores,
        (seed, servers, days): (u64, u32, u32),
        seconds: f64,
    ) -> Self {
        let present = |key: &str| super::takes_part(key);
        let mut kinds: BTreeMap<&'static str, KindFigures> = BTreeMap::new();
        let (mut unmet, mut quiet, mut quiet_broken) = (Vec::new(), 0, 0);
        let (mut of_present, mut met_of_present) = (0, 0);
        let mut missing = Vec::new();
        for scored in &scores.truths {
            let Some(truth) = played.truth.get(scored.truth) else {
                continue;
            };
            match truth.expect {
                Expect::Either => {}
                Expect::Quiet => {
                    quiet += 1;
                    quiet_broken += usize::from(scored.severity.is_some());
                }
                Expect::Incident => {
                    let figures = kinds.entry(truth.kind).or_default();
                    figures.add(truth, scored, played);
                    if matches!(scored.fate, Fate::Late | Fate::Missed) {
                        unmet.push(Unmet::of(truth, scored));
                    }
                    let known = present(truth.detector);
                    if known && scored.fate != Fate::NotJudged {
                        of_present += 1;
                        met_of_present += usize::from(scored.fate == Fate::Met);
                    }
                    if !known && !missing.contains(&truth.detector) {
                        missing.push(truth.detector);
                    }
                }
            }
        }
        for figures in kinds.values_mut() {
            figures.settle();
        }
        let sum = |of: fn(&KindFigures) -> usize| kinds.values().map(of).sum::<usize>();
        let judged = sum(|k| k.expected) - sum(|k| k.not_judged);
        let met = sum(|k| k.met);
        let mut not_judged: Vec<&'static str> = scores
            .truths
            .iter()
            .filter(|s| s.fate == Fate::NotJudged)
            .filter_map(|s| played.truth.get(s.truth).map(|t| t.detector))
            .collect();
        not_judged.sort_unstable();
        not_judged.dedup();
        let server_days = f64::from(servers) * f64::from(days);
        let false_incidents = scores.wrong.len();
        let per = |count: usize, of: f64| ratio(count, 1) / server_days * of;
        let mut out = Self {
            seed,
            servers,
            days,
            payloads: played.payloads,
            seconds,
            quiet,
            quiet_broken,
            recall: ratio(met, judged),
            recall_of_present: ratio(met_of_present, of_present),
            false_incidents,
            false_incidents_per_1000_server_days: per(false_incidents, 1_000.0),
            false_pages: scores.false_pages,
            false_pages_per_20000_server_days: per(scores.false_pages, 20_000.0),
            duplicates: sum(|k| k.duplicates),
            missing_detectors: missing,
            not_judged,
            unmet,
            wrong: wrong(played, scores),
            failures: played.failures.clone(),
            left_out: played.left_out.clone(),
            goals_met: false,
            kinds,
        };
        out.goals_met = met == judged
            && out.false_incidents_per_1000_server_days <= FALSE_INCIDENTS
            && out.false_pages_per_20000_server_days <= FALSE_PAGES
            && out.failures.is_empty();
        out
    }

    /// As a table, for people.
    pub fn table(&self) -> String {
        let mut out = String::new();
        let lines = self.write(&mut out);
        debug_assert!(lines.is_ok(), "a string takes everything");
        out
    }

    fn write(&self, out: &mut String) -> std::fmt::Result {
        writeln!(
            out,
            "seed {}: {} servers, {} days, {} payloads in {:.0} s\n",
            self.seed, self.servers, self.days, self.payloads, self.seconds
        )?;
        writeln!(
            out,
            "{:<20} {:>8} {:>5} {:>6} {:>5} {:>6} {:>10} {:>10} {:>6} {:>9} {:>5}  expected of",
            "kind",
            "expected",
            "met",
            "others",
            "late",
            "missed",
            "delay p50",
            "delay max",
            "grave",
            "paged",
            "twice",
        )?;
        for (kind, k) in &self.kinds {
            let paged = format!("{}/{}", k.paged, k.to_page);
            let note = if k.not_judged > 0 {
                " (not judged)"
            } else {
                ""
            };
            writeln!(
                out,
                "{kind:<20} {:>8} {:>5} {:>6} {:>5} {:>6} {:>10.1} {:>10.1} {:>6} {paged:>9} {:>5}  {}{note}",
                k.expected,
                k.met,
                k.by_others,
                k.late,
                k.missed,
                k.delay_p50,
                k.delay_max,
                k.grave_enough,
                k.duplicates,
                k.detectors.join(", "),
            )?;
        }
        for unmet in &self.unmet {
            writeln!(
                out,
                "{:?}: {} ({}) server {:?} {:?} onset {} deadline {}{}",
                unmet.fate,
                unmet.id,
                unmet.detector,
                unmet.server,
                unmet.subjects.first(),
                unmet.onset,
                unmet.deadline,
                unmet
                    .delay
                    .map_or(String::new(), |d| format!(", {d:.1} intervals")),
            )?;
        }
        writeln!(out)?;
        for wrong in &self.wrong {
            let incident = &wrong.incident;
            writeln!(
                out,
                "{} false {:?}: {} {:?} on {:?} at {}, {}, {} pages: {} (expected {})",
                wrong.label,
                wrong.why,
                incident.detector,
                incident.subject,
                incident.server,
                incident.opened_at,
                incident.severity.name(),
                incident.pages.len(),
                incident.observed,
                incident.expected,
            )?;
        }
        for text in self.failures.iter().take(20) {
            writeln!(out, "panic: {text}")?;
        }
        for text in &self.left_out {
            writeln!(out, "left out: {text}")?;
        }
        writeln!(
            out,
            "\nrecall in time {:.1} % (of detectors that are there {:.1} %), goal 100 %",
            self.recall * 100.0,
            self.recall_of_present * 100.0
        )?;
        writeln!(
            out,
            "false incidents {} = {:.2} in 1,000 server-days, goal <= {FALSE_INCIDENTS}",
            self.false_incidents, self.false_incidents_per_1000_server_days
        )?;
        writeln!(
            out,
            "false pages {} = {:.2} in 20,000 server-days, goal <= {FALSE_PAGES}",
            self.false_pages, self.false_pages_per_20000_server_days
        )?;
        writeln!(
            out,
            "quiet things disturbed {} of {}; duplicates {}; missing {:?}; not judged {:?}",
            self.quiet_broken, self.quiet, self.duplicates, self.missing_detectors, self.not_judged
        )?;
        writeln!(
            out,
            "goals {}",
            if self.goals_met { "met" } else { "MISSED" }
        )
    }
}

impl KindFigures {
    fn add(&mut self, truth: &Truth, scored: &Scored, played: &Played) {
        if !self.detectors.contains(&truth.detector) {
            self.detectors.push(truth.detector);
        }
        self.expected += 1;
        self.duplicates += scored.duplicates;
        let by = scored.by.and_then(|n| played.incidents.get(n));
        match scored.fate {
            Fate::Met => {
                self.met += 1;
                let other = by.is_some_and(|i| i.detector != truth.detector);
                self.by_others += usize::from(other);
            }
            Fate::Late => self.late += 1,
            Fate::Missed => self.missed += 1,
            Fate::NotJudged => self.not_judged += 1,
            Fate::Nothing => {}
        }
        if matches!(scored.fate, Fate::Met | Fate::Late) {
            self.delays.push(scored.delay);
            let reached = scored.severity.map(|severity| severity.name());
            let least = truth
                .severity
                .and_then(noc_pipeline::control::Severity::from_name);
            let enough = least.is_none_or(|least| scored.severity.is_some_and(|s| s >= least));
            self.grave_enough += usize::from(enough && reached.is_some());
        }
        if truth.page && scored.fate != Fate::NotJudged {
            self.to_page += 1;
            self.paged += usize::from(scored.paged);
        }
    }

    fn settle(&mut self) {
        self.delay_p50 = crate::report::quantile(&mut self.delays, 0.5);
        self.delay_max = crate::report::quantile(&mut self.delays, 1.0);
    }
}

impl Unmet {
    fn of(truth: &Truth, scored: &Scored) -> Self {
        Self {
            id: truth.id.clone(),
            detector: truth.detector,
            fate: scored.fate,
            server: truth.server,
            subjects: truth.subjects.clone(),
            onset: truth.onset.to_string(),
            deadline: truth.deadline.to_string(),
            delay: scored.by.map(|_| scored.delay),
        }
    }
}

fn wrong(played: &Played, scores: &Scores) -> Vec<Wrong> {
    let list = scores.wrong.iter().enumerate();
    list.filter_map(|(n, (place, why))| {
        Some(Wrong {
            label: format!("F{}", n + 1),
            why: *why,
            incident: played.incidents.get(*place)?.clone(),
        })
    })
    .collect()
}
