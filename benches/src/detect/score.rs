//! Incidents against what is true.
//!
//! * A truth that expects an incident is *met* by one of its detector (or of one that may open for the same reason) on
//!   its server and subject that opened between the truth's first instant and its deadline; *late* when it opened later;
//!   *missed* when none did. What concerns several servers at once is met by its own detector only.
//! * An incident that no truth explains is a false one. So is a page that no truth allows.

use super::book::Incident;
use noc_actors::detect::infos;
use noc_api::simulate::{Expect, Truth};
use noc_pipeline::clock::UnixMs;
use noc_pipeline::control::Severity;
use serde::Serialize;
use std::time::Duration;

/// How a truth fared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    /// An incident in time.
    Met,
    /// An incident, too late.
    Late,
    /// No incident.
    Missed,
    /// Nothing is expected, or it is forgiven.
    Nothing,
    /// Its detector looks at the whole fleet and is not played here.
    NotJudged,
}

/// A truth and what was made of it.
#[derive(Debug, Clone)]
pub struct Scored {
    /// Place in the list of truths.
    pub truth: usize,
    pub fate: Fate,
    /// The incident that met it, or came late: place in the list of incidents.
    pub by: Option<usize>,
    /// From the onset to the incident, in reporting intervals; 0 where it opened sooner.
    pub delay: f64,
    /// Incidents of one detector and subject beyond the first.
    pub duplicates: usize,
    /// The worst severity of what it explains, of its own detector.
    pub severity: Option<Severity>,
    /// Somebody was paged because of it.
    pub paged: bool,
}

/// What is wrong about an incident.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum False {
    /// No truth explains it.
    Incident,
    /// It is forgiven, but paged somebody.
    Page,
}

/// Everything.
#[derive(Debug)]
pub struct Scores {
    pub truths: Vec<Scored>,
    /// Incidents that should not be, by their places.
    pub wrong: Vec<(usize, False)>,
    /// Pages of wrong incidents.
    pub false_pages: usize,
}

/// After the end of a thing its detector may still see it for so long: the running hour of mail, a queue that drains, a
/// day's sum.
fn after_effect(detector: &str) -> Duration {
    const HOUR: u64 = 3_600;
    Duration::from_secs(match detector {
        "outgoing_mail_abuse" => 2 * HOUR,
        "mail_queue_spike" => 6 * HOUR,
        "mail_ramp" | "backup_stale" | "backup_failed" | "backup_partial" => 26 * HOUR,
        "cron_overdue" | "litespeed_cache" | "cpanel_license" => 2 * HOUR,
        _ => HOUR / 4,
    })
}

/// Whether a truth can be the reason for an incident.
pub fn explains(truth: &Truth, incident: &Incident) -> bool {
    let own = truth.detector == incident.detector;
    (own || truth.also.contains(&incident.detector))
        && concerns(truth, incident.server)
        && (!own || same_subject(truth, &incident.subject))
        && incident.opened_at >= truth.from
        && last_instant(truth, incident.detector).is_none_or(|last| incident.opened_at <= last)
}

fn last_instant(truth: &Truth, detector: &str) -> Option<UnixMs> {
    let until = truth.until?.plus(after_effect(detector));
    Some(until.max(truth.deadline))
}

fn concerns(truth: &Truth, server: Option<u32>) -> bool {
    match server {
        None => truth.server.is_none(),
        Some(server) => match truth.server {
            Some(its) => its == server,
            None => truth.members.is_empty() || truth.members.contains(&server),
        },
    }
}

fn same_subject(truth: &Truth, subject: &str) -> bool {
    let name = subject.split_once(':').map_or(subject, |(_, name)| name);
    truth.subjects.is_empty()
        || subject.is_empty()
        || truth.subjects.iter().any(|s| s == subject || s == name)
}

/// Between two reports of what a detector judges, milliseconds.
fn interval_ms(detector: &str) -> f64 {
    let mut all = infos();
    let kinds = all.find(|info| info.key == detector).map(|info| info.kinds);
    let mut intervals = kinds.unwrap_or_default().iter().map(|kind| kind.interval());
    let interval = intervals.find_map(|interval| interval);
    interval.unwrap_or(Duration::from_secs(60)).as_secs_f64() * 1_000.0
}

/// Holds incidents against truths; `played` tells whether a detector took part.
pub fn score(truths: &[Truth], incidents: &[Incident], played: &dyn Fn(&str) -> bool) -> Scores {
    let mut reasons: Vec<Vec<usize>> = vec![Vec::new(); incidents.len()];
    let mut scored = Vec::with_capacity(truths.len());
    for (place, truth) in truths.iter().enumerate() {
        let explained: Vec<usize> = incidents
            .iter()
            .enumerate()
            .filter(|(_, incident)| explains(truth, incident))
            .map(|(n, _)| n)
            .collect();
        for n in &explained {
            if let Some(reasons) = reasons.get_mut(*n) {
                reasons.push(place);
            }
        }
        let explained: Vec<(usize, &Incident)> = explained
            .into_iter()
            .filter_map(|n| Some((n, incidents.get(n)?)))
            .collect();
        scored.push(one(place, truth, incidents, &explained, played));
    }
    let mut wrong = Vec::new();
    let mut false_pages = 0;
    for (n, (incident, reasons)) in incidents.iter().zip(reasons).enumerate() {
        let mut reasons = reasons.iter().filter_map(|place| truths.get(*place));
        let all: Vec<&Truth> = reasons.by_ref().collect();
        let allowed = all.iter().any(|truth| truth.expect != Expect::Quiet);
        // Forgiven is what has no severity of its own: it may be listed, but nobody is to be woken.
        let may_page = all.iter().any(|truth| match truth.expect {
            Expect::Incident => true,
            Expect::Either => truth.severity.is_some(),
            Expect::Quiet => false,
        });
        if !allowed {
            wrong.push((n, False::Incident));
            false_pages += incident.pages.len();
        } else if !may_page && !incident.pages.is_empty() {
            wrong.push((n, False::Page));
            false_pages += incident.pages.len();
        }
    }
    Scores {
        truths: scored,
        wrong,
        false_pages,
    }
}

fn one(
    place: usize,
    truth: &Truth,
    incidents: &[Incident],
    explained: &[(usize, &Incident)],
    played: &dyn Fn(&str) -> bool,
) -> Scored {
    let group = truth.server.is_none();
    let counts = |incident: &Incident| !group || incident.detector == truth.detector;
    // One that is open since before stands for the trouble, too: nothing can open beside it.
    let standing = || {
        let mut all = incidents.iter().enumerate();
        all.find(|(_, incident)| {
            incident.detector == truth.detector
                && concerns(truth, incident.server)
                && same_subject(truth, &incident.subject)
                && incident.opened_at < truth.from
                && incident.resolved_at.is_none_or(|at| at > truth.onset)
        })
    };
    let own = explained
        .iter()
        .find(|(_, i)| i.detector == truth.detector && i.opened_at <= truth.deadline);
    let mut all = explained.iter().filter(|(_, i)| counts(i));
    let by = own.or_else(|| all.next()).copied().or_else(standing);
    let fate = match (truth.expect, by) {
        (Expect::Quiet | Expect::Either, _) => Fate::Nothing,
        (Expect::Incident, _) if group && !played(truth.detector) => Fate::NotJudged,
        (Expect::Incident, Some((_, incident))) if incident.opened_at <= truth.deadline => {
            Fate::Met
        }
        (Expect::Incident, Some(_)) => Fate::Late,
        (Expect::Incident, None) => Fate::Missed,
    };
    let delay = by.map_or(0.0, |(_, incident)| {
        let waited = incident.opened_at.since(truth.onset).as_secs_f64() * 1_000.0;
        waited / interval_ms(truth.detector)
    });
    let mut seen: Vec<(&str, &str, Option<u32>)> = Vec::new();
    let mut duplicates = 0;
    for (_, incident) in explained {
        let key = (incident.detector, &*incident.subject, incident.server);
        if seen.contains(&key) {
            duplicates += 1;
        } else {
            seen.push(key);
        }
    }
    let of_own = explained
        .iter()
        .filter(|(_, i)| i.detector == truth.detector);
    Scored {
        truth: place,
        fate,
        by: by.map(|(n, _)| n),
        delay,
        duplicates: if truth.expect == Expect::Incident {
            duplicates
        } else {
            0
        },
        severity: of_own.map(|(_, i)| i.severity).max(),
        paged: explained.iter().any(|(_, i)| !i.pages.is_empty()),
    }
}
