//! The incidents of one server as rows, and who would have been paged: what the relational store and the escalations
//! make of a record's effects, with nobody answering and the rules that come with the program.

use noc_actors::detect::{Detector, Finding, key_of, server_down::ServerDown};
use noc_actors::escalation::{FRESH_RESULT, page_hold};
use noc_actors::incident::lifecycle::{Change, Effect};
use noc_pipeline::clock::UnixMs;
use noc_pipeline::control::Severity;
use serde::Serialize;

/// One incident.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Incident {
    /// Key of the detector.
    pub detector: &'static str,
    /// The server's number in the fleet; `None`: the fleet's.
    pub server: Option<u32>,
    /// Mount, service, sender ...
    pub subject: String,
    /// The worst so far.
    pub severity: Severity,
    /// When the record was taken that opened it.
    pub opened_at: UnixMs,
    /// When it was over; `None`: still open.
    pub resolved_at: Option<UnixMs>,
    /// How often it opened again.
    pub reopened: u32,
    /// When somebody was paged first, each time it was armed.
    pub pages: Vec<UnixMs>,
    /// What was seen when it opened.
    pub observed: String,
    /// What would have been fine.
    pub expected: String,
    #[serde(skip)]
    page: Page,
}

impl Incident {
    /// One of the whole fleet's, which pages at once.
    pub fn of_fleet(
        detector: &'static str,
        subject: String,
        severity: Severity,
        at: UnixMs,
        observed: String,
    ) -> Self {
        Self {
            detector,
            server: None,
            subject,
            severity,
            opened_at: at,
            resolved_at: None,
            reopened: 0,
            pages: if severity >= Severity::High {
                vec![at]
            } else {
                Vec::new()
            },
            observed,
            expected: String::new(),
            page: Page::default(),
        }
    }
}

/// The first step of an escalation.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
struct Page {
    due: Option<UnixMs>,
    /// Its time stands still since then: the server is down.
    held_at: Option<UnixMs>,
}

/// All of a server's incidents.
#[derive(Debug, Default)]
pub struct Book {
    server: u32,
    rows: Vec<Incident>,
    /// Places in `rows` of what is open.
    open: Vec<usize>,
    down: bool,
    /// The next page that may be due.
    next_due: Option<UnixMs>,
}

impl Book {
    pub fn new(server: u32) -> Self {
        Self {
            server,
            ..Self::default()
        }
    }

    /// Everything that opened, in order.
    pub fn close(mut self, end: UnixMs) -> Vec<Incident> {
        self.settle(end);
        self.rows
    }

    /// Pages what has been due up to now.
    pub fn settle(&mut self, now: UnixMs) {
        if self.next_due.is_none_or(|due| due > now) {
            return;
        }
        for place in &self.open {
            if let Some(row) = self.rows.get_mut(*place)
                && row.page.held_at.is_none()
                && let Some(due) = row.page.due.filter(|due| *due <= now)
            {
                row.pages.push(due);
                row.page.due = None;
            }
        }
        self.look_ahead();
    }

    /// Takes what a record decided.
    pub fn apply(&mut self, effect: &Effect, now: UnixMs) {
        self.settle(now);
        let Some(detector) = key_of(effect.detector) else {
            return;
        };
        let open = self.find(detector, &effect.subject);
        match (&effect.change, open) {
            (Change::Open { finding, .. }, None) => {
                self.insert(detector, &effect.subject, finding, now);
            }
            (Change::Reopen { finding, .. }, None) => {
                self.reopen(detector, &effect.subject, finding, now);
            }
            (Change::Rise { finding, .. }, Some(place)) => self.rise(place, finding, now),
            (Change::Resolve { .. }, Some(place)) => self.resolve(place, now),
            (Change::Open { finding, .. } | Change::Touch { finding, .. }, Some(place))
            | (Change::Reopen { finding, .. }, Some(place)) => {
                if let Some(row) = self.rows.get_mut(place) {
                    row.severity = row.severity.max(finding.severity);
                }
            }
            (Change::Touch { .. } | Change::Rise { .. } | Change::Resolve { .. }, None) => {}
        }
        if effect.detector == ServerDown::INFO.code {
            match effect.change {
                Change::Open { .. } | Change::Reopen { .. } => self.hold_others(now),
                Change::Resolve { .. } => self.resume_others(now),
                Change::Touch { .. } | Change::Rise { .. } => {}
            }
        }
        self.look_ahead();
    }

    fn find(&self, detector: &str, subject: &str) -> Option<usize> {
        let mut open = self.open.iter().copied();
        open.find(|place| {
            let row = self.rows.get(*place);
            row.is_some_and(|row| row.detector == detector && row.subject == subject)
        })
    }

    fn insert(&mut self, detector: &'static str, subject: &str, finding: &Finding, now: UnixMs) {
        self.open.push(self.rows.len());
        self.rows.push(Incident {
            detector,
            server: Some(self.server),
            subject: subject.to_owned(),
            severity: finding.severity,
            opened_at: now,
            resolved_at: None,
            reopened: 0,
            pages: Vec::new(),
            observed: finding.observed.clone(),
            expected: finding.expected.clone(),
            page: self.armed(finding, now),
        });
    }

    fn reopen(&mut self, detector: &'static str, subject: &str, finding: &Finding, now: UnixMs) {
        let page = self.armed(finding, now);
        let known = self
            .rows
            .iter_mut()
            .enumerate()
            .rfind(|(_, row)| row.detector == detector && row.subject == subject);
        match known {
            Some((place, row)) => {
                row.resolved_at = None;
                row.reopened += 1;
                row.severity = row.severity.max(finding.severity);
                row.page = page;
                self.open.push(place);
            }
            None => self.insert(detector, subject, finding, now),
        }
    }

    /// The rule that comes with the program pages critical and high; the rest is for lists and digests.
    fn armed(&self, finding: &Finding, now: UnixMs) -> Page {
        let pages = finding.severity >= Severity::High;
        Page {
            due: pages.then(|| now.plus(finding.hold)),
            held_at: None,
        }
    }

    fn rise(&mut self, place: usize, finding: &Finding, now: UnixMs) {
        let Some(row) = self.rows.get_mut(place) else {
            return;
        };
        row.severity = row.severity.max(finding.severity);
        if row.severity < Severity::High {
            return;
        }
        let Some(hold) = page_hold(row.severity) else {
            return;
        };
        let first_at = row.opened_at.plus(hold).max(now);
        row.page.due = Some(row.page.due.map_or(first_at, |due| due.min(first_at)));
    }

    fn resolve(&mut self, place: usize, now: UnixMs) {
        self.open.retain(|open| *open != place);
        if let Some(row) = self.rows.get_mut(place) {
            row.resolved_at = Some(now);
            row.page = Page::default();
        }
    }

    fn hold_others(&mut self, now: UnixMs) {
        self.down = true;
        self.others(|row| {
            row.page.held_at.get_or_insert(now);
        });
    }

    fn resume_others(&mut self, now: UnixMs) {
        if !std::mem::take(&mut self.down) {
            return;
        }
        self.others(|row| {
            if let Some(held_at) = row.page.held_at.take() {
                let remaining = |due: UnixMs| due.since(held_at).max(FRESH_RESULT);
                row.page.due = row.page.due.map(|due| now.plus(remaining(due)));
            }
        });
    }

    fn others(&mut self, mut each: impl FnMut(&mut Incident)) {
        for place in &self.open {
            if let Some(row) = self.rows.get_mut(*place)
                && row.detector != ServerDown::INFO.key
            {
                each(row);
            }
        }
    }

    fn look_ahead(&mut self) {
        let open = self.open.iter().filter_map(|place| self.rows.get(*place));
        let running = open.filter(|row| row.page.held_at.is_none());
        self.next_due = running.filter_map(|row| row.page.due).min();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use noc_actors::detect::{Title, service_down::ServiceDown};
    use std::time::Duration;

    fn finding(severity: Severity, hold_s: u64) -> Box<Finding> {
        Box::new(Finding {
            severity,
            hold: Duration::from_secs(hold_s),
            title: Title::default(),
            observed: String::new(),
            expected: String::new(),
            samples: 1,
            threshold: None,
            command: None,
            rule: None,
            evidence: None,
        })
    }

    fn service(change: Change) -> Effect {
        Effect {
            detector: ServiceDown::INFO.code,
            subject: "exim".into(),
            change,
        }
    }

    fn open(severity: Severity, hold_s: u64) -> Change {
        Change::Open {
            finding: finding(severity, hold_s),
            flapping: false,
        }
    }

    const OVER: Change = Change::Resolve { reason: "over" };

    fn s(seconds: i64) -> UnixMs {
        UnixMs(seconds * 1_000)
    }

    #[test]
    fn what_is_over_within_its_hold_pages_nobody_and_what_is_not_does() {
        let mut book = Book::new(0);
        book.apply(&service(open(Severity::High, 120)), s(0));
        book.apply(&service(OVER), s(119));
        book.apply(&service(open(Severity::High, 120)), s(1_000));
        book.apply(&service(OVER), s(1_200));
        book.apply(&service(open(Severity::Medium, 0)), s(2_000));
        let pages: Vec<_> = book.close(s(9_000)).into_iter().map(|i| i.pages).collect();
        assert_eq!(pages, [vec![], vec![s(1_120)], vec![]]);
    }

    #[test]
    fn while_the_server_is_down_its_other_pages_wait() {
        let down = |change| Effect {
            detector: ServerDown::INFO.code,
            subject: "".into(),
            change,
        };
        let mut book = Book::new(0);
        book.apply(&service(open(Severity::High, 120)), s(0));
        book.apply(&down(open(Severity::Critical, 0)), s(60));
        book.apply(&down(OVER), s(1_000));
        let rows = book.close(s(9_000));
        assert_eq!(rows[0].pages, [s(1_120)]);
        assert_eq!(rows[1].pages, [s(60)]);
    }

    #[test]
    fn what_gets_worse_pages_by_its_new_severity_from_when_it_opened() {
        let mut book = Book::new(0);
        book.apply(&service(open(Severity::Medium, 300)), s(0));
        let rise = Change::Rise {
            finding: finding(Severity::High, 120),
            occurrences: 2,
        };
        book.apply(&service(rise), s(60));
        assert_eq!(book.close(s(9_000))[0].pages, [s(120)]);
    }
}
