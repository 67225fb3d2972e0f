//! What messages say. Every value that came from a host is stripped of control and bidirectional characters, and
//! escaped in the HTML part.

mod handoff;

pub use handoff::{HandoffView, MaintenanceAhead, OpenIncident};

use super::message::{Fact, Kind, Message};
use chrono_tz::Tz;
use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, context};
use noc_pipeline::clock::UnixMs;
use noc_pipeline::control::Severity;
use uuid::Uuid;

const TEXT: &str = include_str!("message.txt");
const HTML: &str = include_str!("message.html");

/// What is known of an incident when a message about it is put together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IncidentView {
    /// Row of `incidents`.
    pub id: i64,
    /// One line: what and where.
    pub title: String,
    /// As it is now.
    pub severity: Severity,
    /// The host it is about; empty for the fleet.
    pub server_name: String,
    /// Which detector found it.
    pub detector: String,
    /// What was seen.
    pub observed: Option<String>,
    /// What would be right.
    pub expected: Option<String>,
    /// What an operator may paste.
    pub command: Option<String>,
    /// Where it is written what to do.
    pub runbook: Option<String>,
    /// Whether somebody has taken it on.
    pub acknowledged: bool,
    /// When it began.
    pub opened_at: UnixMs,
    /// When it ended.
    pub resolved_at: Option<UnixMs>,
    /// It ended because nobody watches its server any more, not because it got well.
    pub withdrawn: bool,
}

/// A channel that does not work, for the message that says so over another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailingChannel {
    /// As people know it.
    pub label: String,
    /// Since when.
    pub since: Option<UnixMs>,
    /// The last failure.
    pub error: String,
}

/// Puts messages together.
pub struct Templates {
    environment: Environment<'static>,
    public_url: String,
    zone: Tz,
}

/// A template that cannot be filled: a defect of ours.
#[derive(Debug, thiserror::Error)]
#[error("message template failed")]
pub struct TemplateError(#[from] minijinja::Error);

impl Templates {
    /// Reads the templates. `public_url` is where the dashboard lives, `zone` the one times are shown in.
    ///
    /// # Errors
    /// When a template of ours does not parse.
    pub fn new(public_url: &str, zone: Tz) -> Result<Self, TemplateError> {
        let mut environment = Environment::new();
        let syntax = SyntaxConfig::builder()
            .trim_blocks(true)
            .lstrip_blocks(true)
            .build()?;
        environment.set_syntax(syntax);
        environment.add_template("message.txt", TEXT)?;
        environment.add_template("message.html", HTML)?;
        Ok(Self {
            environment,
            public_url: public_url.trim_end_matches('/').to_owned(),
            zone,
        })
    }

    /// A message about an incident.
    ///
    /// # Errors
    /// When a template fails.
    pub fn incident(
        &self,
        delivery: Uuid,
        kind: Kind,
        recipient: &str,
        incident: &IncidentView,
        now: UnixMs,
    ) -> Result<Message, TemplateError> {
        let title = clean(&incident.title);
        let lasted = lasted(
            incident
                .resolved_at
                .unwrap_or(now)
                .since(incident.opened_at),
        );
        let severity = incident.severity.name();
        let mark = mark(incident.severity);
        let (subject, lead) = match kind {
            Kind::Recovery if incident.withdrawn => (
                format!("⚪ [monitoring ended] {title}"),
                "The server was disabled or deleted: it is no longer monitored. Whether this is over is not known, \
                 and no more will be said about it."
                    .to_owned(),
            ),
            Kind::Recovery => (
                format!("🟢 [resolved] {title}"),
                format!("Resolved after {lasted}."),
            ),
            Kind::Reminder => (
                format!("{mark} [{severity}] Still open: {title}"),
                if incident.acknowledged {
                    format!("Open for {lasted}, acknowledged.")
                } else {
                    format!("Open for {lasted}, and nobody has acknowledged it.")
                },
            ),
            Kind::StillOnIt => (
                format!("{mark} [{severity}] Still on it? {title}"),
                format!(
                    "You acknowledged this, and it is open for {lasted}. Acknowledge it again, or in 15 minutes it \
                     goes back to everybody."
                ),
            ),
            Kind::Problem | Kind::Test | Kind::Handoff | Kind::Notice => (
                format!("{mark} [{severity}] {title}"),
                if incident.acknowledged {
                    "Acknowledged, and still open.".to_owned()
                } else {
                    "Nobody has acknowledged this yet.".to_owned()
                },
            ),
        };
        let facts = self.facts(incident, &lasted);
        let colour = match kind {
            Kind::Recovery if incident.withdrawn => colour(Severity::Info),
            Kind::Recovery => "#2b8a3e",
            Kind::Problem
            | Kind::Reminder
            | Kind::StillOnIt
            | Kind::Test
            | Kind::Handoff
            | Kind::Notice => colour(incident.severity),
        };
        self.render(Draft {
            delivery,
            kind,
            recipient,
            now,
            subject,
            title: &title,
            lead: &lead,
            facts,
            command: incident
                .command
                .as_deref()
                .map(clean)
                .filter(|_| kind != Kind::Recovery),
            runbook: incident
                .runbook
                .as_deref()
                .map(clean)
                .filter(|url| is_web(url)),
            link: format!("{}/incidents/{}", self.public_url, incident.id),
            link_label: "Open incident",
            colour,
        })
    }

    /// The message that an administrator sends to try a channel.
    ///
    /// # Errors
    /// When a template fails.
    pub fn test(
        &self,
        delivery: Uuid,
        channel_label: &str,
        recipient: &str,
        now: UnixMs,
    ) -> Result<Message, TemplateError> {
        let title = format!("Test message: {channel_label} works");
        self.render(Draft {
            delivery,
            kind: Kind::Test,
            recipient,
            now,
            subject: format!("🔔 [test] {title}"),
            title: &title,
            lead: "Sent by an administrator to try this channel. Nothing is wrong.",
            facts: vec![fact("Sent", self.time(now))],
            command: None,
            runbook: None,
            link: format!("{}/settings/channels", self.public_url),
            link_label: "Open settings",
            colour: "#1c7ed6",
        })
    }

    /// The message that says over one channel that others do not work.
    ///
    /// # Errors
    /// When a template fails.
    pub fn notice(
        &self,
        delivery: Uuid,
        recipient: &str,
        failing: &[FailingChannel],
        now: UnixMs,
    ) -> Result<Message, TemplateError> {
        let labels: Vec<_> = failing
            .iter()
            .map(|channel| channel.label.as_str())
            .collect();
        let title = format!("Messages do not get through: {}", labels.join(", "));
        let facts = failing.iter().map(|channel| {
            let since = channel
                .since
                .map(|at| format!(" (since {})", self.time(at)));
            let value = format!("{}{}", clean(&channel.error), since.unwrap_or_default());
            fact(&channel.label, value)
        });
        self.render(Draft {
            delivery,
            kind: Kind::Notice,
            recipient,
            now,
            subject: format!("🟠 [channel failing] {title}"),
            title: &title,
            lead: "Whoever is told there only hears nothing until this is put right.",
            facts: facts.collect(),
            command: None,
            runbook: None,
            link: format!("{}/settings/channels", self.public_url),
            link_label: "Open settings",
            colour: colour(Severity::High),
        })
    }

    fn facts(&self, incident: &IncidentView, lasted: &str) -> Vec<Fact> {
        let mut facts = Vec::new();
        let mut add = |name: &str, value: Option<String>| {
            if let Some(value) = value.filter(|v| !v.is_empty()) {
                facts.push(fact(name, value));
            }
        };
        add("Server", Some(clean(&incident.server_name)));
        add("Check", Some(clean(&incident.detector)));
        add("Severity", Some(incident.severity.name().to_owned()));
        add("Observed", incident.observed.as_deref().map(clean));
        add("Expected", incident.expected.as_deref().map(clean));
        add("Since", Some(self.time(incident.opened_at)));
        let over = incident.resolved_at.map(|at| self.time(at));
        if incident.withdrawn {
            add("Unwatched", over);
        } else {
            add("Resolved", over);
            add("Lasted", incident.resolved_at.map(|_| lasted.to_owned()));
        }
        facts
    }

    fn time(&self, at: UnixMs) -> String {
        at.to_datetime()
            .with_timezone(&self.zone)
            .format("%Y-%m-%d %H:%M:%S %Z")
            .to_string()
    }

    fn render(&self, draft: Draft<'_>) -> Result<Message, TemplateError> {
        let rows: Vec<_> = draft
            .facts
            .iter()
            .map(|fact| vec![fact.name.clone(), fact.value.clone()])
            .collect();
        let values = context! {
            subject => draft.subject.as_str(),
            title => draft.title,
            lead => draft.lead,
            facts => rows,
            command => draft.command.as_deref(),
            runbook => draft.runbook.as_deref(),
            link => draft.link.as_str(),
            link_label => draft.link_label,
            colour => draft.colour,
            delivery => draft.delivery.to_string(),
        };
        Ok(Message {
            delivery: draft.delivery,
            kind: draft.kind,
            recipient: draft.recipient.to_owned(),
            at: draft.now,
            sent_at: draft
                .now
                .to_datetime()
                .with_timezone(&self.zone)
                .format("%Y-%m-%dT%H:%M:%S%:z")
                .to_string(),
            title: draft.title.to_owned(),
            lead: draft.lead.to_owned(),
            text: self
                .environment
                .get_template("message.txt")?
                .render(&values)?,
            html: self
                .environment
                .get_template("message.html")?
                .render(&values)?,
            subject: draft.subject,
            fields: draft.facts,
            command: draft.command,
            runbook: draft.runbook,
            link: draft.link,
        })
    }
}

struct Draft<'a> {
    delivery: Uuid,
    kind: Kind,
    recipient: &'a str,
    now: UnixMs,
    subject: String,
    title: &'a str,
    lead: &'a str,
    facts: Vec<Fact>,
    command: Option<String>,
    runbook: Option<String>,
    link: String,
    link_label: &'static str,
    colour: &'static str,
}

fn fact(name: &str, value: String) -> Fact {
    Fact {
        name: name.to_owned(),
        value,
    }
}

/// Control and bidirectional characters become spaces: a host's text must not fake lines or reverse a title.
fn clean(text: &str) -> String {
    let plain: String = text
        .chars()
        .map(|c| {
            let bidi = matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
            if c.is_control() || bidi { ' ' } else { c }
        })
        .collect();
    plain.trim().to_owned()
}

/// Only web addresses become links.
fn is_web(url: &str) -> bool {
    url.starts_with("https://") || url.starts_with("http://")
}

const fn mark(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "🔴",
        Severity::High => "🟠",
        Severity::Medium => "🟡",
        Severity::Low => "🔵",
        Severity::Info => "⚪",
    }
}

const fn colour(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "#e03131",
        Severity::High => "#e8590c",
        Severity::Medium => "#f08c00",
        Severity::Low => "#1c7ed6",
        Severity::Info => "#868e96",
    }
}

/// `3 d 4 h`, `2 h 5 min`, `40 s`: two units, the larger ones.
fn lasted(duration: std::time::Duration) -> String {
    let s = duration.as_secs();
    match s {
        0..60 => format!("{s} s"),
        60..3_600 => format!("{} min {} s", s / 60, s % 60),
        3_600..86_400 => format!("{} h {} min", s / 3_600, s % 3_600 / 60),
        _ => format!("{} d {} h", s / 86_400, s % 86_400 / 3_600),
    }
}

#[cfg(test)]
mod tests;
