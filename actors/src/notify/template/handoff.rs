//! What is said to whoever comes on duty.

use super::{Draft, TemplateError, Templates, clean, fact, lasted};
use crate::notify::message::{Kind, Message};
use chrono_tz::Tz;
use noc_pipeline::clock::UnixMs;
use noc_pipeline::control::Severity;
use uuid::Uuid;

/// What is known when a hand-off's message is put together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandoffView {
    /// Name of the schedule.
    pub schedule: String,
    /// Its zone: hand-offs are told in the time they are kept in.
    pub zone: Tz,
    /// When the duty began.
    pub since: UnixMs,
    /// When it ends; `None`: not within the weeks that were looked at.
    pub until: Option<UnixMs>,
    /// Who is next.
    pub next: Option<String>,
    /// Open incidents.
    pub total: usize,
    /// Those of them that whoever went off duty had taken on, and that are their reader's from now on.
    pub passed: usize,
    /// Who that was, where the account is still there.
    pub giver: Option<String>,
    /// The first of them.
    pub incidents: Vec<OpenIncident>,
    /// Maintenance that is under way or begins during the duty.
    pub maintenance: Vec<MaintenanceAhead>,
}

/// A maintenance window that falls into a duty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MaintenanceAhead {
    /// Its name.
    pub name: String,
    /// When it begins, or began.
    pub from: UnixMs,
    /// When it ends; `None`: when somebody ends it.
    pub until: Option<UnixMs>,
}

/// An incident that is handed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenIncident {
    /// One line.
    pub title: String,
    /// As it is now.
    pub severity: Severity,
    /// When it began.
    pub opened_at: UnixMs,
    /// Whether somebody has taken it on.
    pub acknowledged: bool,
    /// Who, where that account is still there.
    pub owner: Option<String>,
    /// Whether it is their reader's from now on.
    pub passed: bool,
    /// Until when it is snoozed.
    pub snoozed_until: Option<UnixMs>,
}

impl Templates {
    /// The message to whoever comes on duty.
    ///
    /// # Errors
    /// When a template fails.
    pub fn handoff(
        &self,
        delivery: Uuid,
        recipient: &str,
        view: &HandoffView,
        now: UnixMs,
    ) -> Result<Message, TemplateError> {
        let title = format!("You are on call: {}", clean(&view.schedule));
        let open = match view.total {
            0 => "Nothing is open.".to_owned(),
            1 => "One incident is open.".to_owned(),
            n => format!("{n} incidents are open."),
        };
        let giver = view.giver.as_deref().map(clean);
        let giver = giver.unwrap_or_else(|| "whoever had it".to_owned());
        let open = match (view.passed, view.total) {
            (0, _) => open,
            (1, 1) => format!("{open} It is yours now, passed on from {giver}."),
            (1, _) => format!("{open} One of them is yours now, passed on from {giver}."),
            (n, _) => format!("{open} {n} of them are yours now, passed on from {giver}."),
        };
        let lead = match view.until {
            Some(until) => format!("Until {}. {open}", local(until, view.zone)),
            None => format!("Nobody is to take over from you in the next weeks. {open}"),
        };
        let mut facts = vec![fact("Since", local(view.since, view.zone))];
        if let Some(until) = view.until {
            facts.push(fact("Until", local(until, view.zone)));
            let next = view.next.as_deref().map_or("nobody".to_owned(), clean);
            facts.push(fact("Then", next));
        }
        for incident in &view.incidents {
            let age = lasted(now.since(incident.opened_at));
            let taken = match (&incident.owner, incident.acknowledged) {
                _ if incident.passed => format!("yours now, passed on from {giver}"),
                (Some(owner), true) => format!("acknowledged by {}", clean(owner)),
                (None, true) => "acknowledged".to_owned(),
                _ => "not acknowledged".to_owned(),
            };
            let snoozed = match incident.snoozed_until {
                Some(until) => format!(", snoozed until {}", local(until, view.zone)),
                None => String::new(),
            };
            let said = format!("{} (for {age}, {taken}{snoozed})", clean(&incident.title));
            facts.push(fact(incident.severity.name(), said));
        }
        let unnamed = view.total.saturating_sub(view.incidents.len());
        if unnamed > 0 {
            facts.push(fact("and", format!("{unnamed} more")));
        }
        for window in &view.maintenance {
            let from = local(window.from, view.zone);
            let until = window.until.map(|until| local(until, view.zone));
            let until = until.unwrap_or_else(|| "somebody ends it".to_owned());
            let said = format!("{} ({from} until {until})", clean(&window.name));
            facts.push(fact("Planned", said));
        }
        let details = vec![
            ("schedule", clean(&view.schedule).into()),
            ("since", local(view.since, view.zone).into()),
            ("until", view.until.map(|at| local(at, view.zone)).into()),
            ("next", view.next.as_deref().map(clean).into()),
            ("open_incidents", view.total.to_string().into()),
        ];
        let draft = Draft {
            delivery,
            kind: Kind::Handoff,
            recipient,
            now,
            subject: format!("📟 [on call] {title}"),
            title: &title,
            lead: &lead,
            facts,
            command: None,
            runbook: None,
            link: format!("{}/on-call", self.public_url),
            link_label: "Open calendar",
            acknowledge_url: None,
            colour: "#1864ab",
        };
        self.render_with(draft, details)
    }
}

/// `Mon 2026-11-23 09:00 +06`: with its weekday, since hand-offs are known by it.
fn local(at: UnixMs, zone: Tz) -> String {
    let shown = at.to_datetime().with_timezone(&zone);
    shown.format("%a %Y-%m-%d %H:%M %Z").to_string()
}
