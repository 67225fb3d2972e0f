//! What messages say. Every value that came from a host is stripped of control and bidirectional characters, and
//! escaped in the HTML part.
//!
//! * A function a sort of message ([`Templates::incident`] ...) puts the product's words together.
//! * [`own`]: the organisation's words in their place, [`wordings`] what may be said otherwise and with which variables,
//!   [`preview`] how it looks on each channel. Own words are plain text that a small template language makes; mark-up is
//!   put on by the layout and by the channels alone, so what a host said stays text whatever is written there.

mod bundle;
mod canary;
mod handoff;
mod links;
pub mod own;
mod personal;
pub mod preview;
mod samples;
mod scan;
mod stored;
pub mod wordings;

pub use bundle::{BundleView, GroupView};
pub use handoff::{HandoffView, MaintenanceAhead, OpenIncident};
pub use own::{Fault, OwnWords, Part};
pub use personal::{DigestView, LineOfIncident, SummaryView};
pub(crate) use stored::in_own_words;

use super::message::{Detail, Fact, Kind, Look, Message};
use crate::detect;
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
    /// It was said to be over, and is told to whoever has it alone.
    pub back: bool,
    /// When it began.
    pub opened_at: UnixMs,
    /// When it ended.
    pub resolved_at: Option<UnixMs>,
    /// It ended because nobody watches its server any more, not because it got well.
    pub withdrawn: bool,
    /// Where the recipient may take it on with one tap.
    pub acknowledge_url: Option<String>,
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
    /// For what the organisation wrote.
    language: Environment<'static>,
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
        environment.set_syntax(syntax.clone());
        environment.add_template("message.txt", TEXT)?;
        environment.add_template("message.html", HTML)?;
        Ok(Self {
            environment,
            language: own::language(syntax),
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
            Kind::Problem
            | Kind::Test
            | Kind::Handoff
            | Kind::Notice
            | Kind::Verification
            | Kind::Summary
            | Kind::Digest
            | Kind::Canary => (
                format!("{mark} [{severity}] {title}"),
                if incident.acknowledged && incident.back {
                    "It is back. You have acknowledged it; nobody else is told.".to_owned()
                } else if incident.acknowledged {
                    "Acknowledged, and still open.".to_owned()
                } else {
                    "Nobody has acknowledged this yet.".to_owned()
                },
            ),
        };
        let facts = self.facts(incident, &lasted);
        let colour = match kind {
            Kind::Recovery if incident.withdrawn => colour(Severity::Info),
            Kind::Recovery => "#237032",
            Kind::Problem
            | Kind::Reminder
            | Kind::StillOnIt
            | Kind::Test
            | Kind::Handoff
            | Kind::Notice
            | Kind::Verification
            | Kind::Summary
            | Kind::Digest
            | Kind::Canary => colour(incident.severity),
        };
        let over = incident.resolved_at.map(|at| self.time(at));
        let details = vec![
            ("severity", severity.into()),
            ("mark", mark.into()),
            ("server", clean(&incident.server_name).into()),
            ("check", check_name(&incident.detector).into()),
            ("detector", clean(&incident.detector).into()),
            ("observed", incident.observed.as_deref().map(clean).into()),
            ("expected", incident.expected.as_deref().map(clean).into()),
            ("since", self.time(incident.opened_at).into()),
            ("resolved_at", over.into()),
            ("lasted", lasted.into()),
            ("acknowledged", incident.acknowledged.into()),
            ("withdrawn", incident.withdrawn.into()),
            ("incident_id", incident.id.to_string().into()),
        ];
        let draft = Draft {
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
            acknowledge_url: incident.acknowledge_url.clone(),
            colour,
        };
        self.render_with(draft, details)
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
        let labels = labels.join(", ");
        let title = format!("Messages do not get through: {labels}");
        let facts = failing.iter().map(|channel| {
            let since = channel
                .since
                .map(|at| format!(" (since {})", self.time(at)));
            let value = format!("{}{}", clean(&channel.error), since.unwrap_or_default());
            fact(&channel.label, value)
        });
        let draft = Draft {
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
            acknowledge_url: None,
            colour: colour(Severity::High),
        };
        self.render_with(draft, vec![("channels", labels.into())])
    }

    fn facts(&self, incident: &IncidentView, lasted: &str) -> Vec<Fact> {
        let mut facts = Vec::new();
        let mut add = |name: &str, value: Option<String>| {
            if let Some(value) = value.filter(|v| !v.is_empty()) {
                facts.push(fact(name, value));
            }
        };
        add("Server", Some(clean(&incident.server_name)));
        add("Check", Some(check_name(&incident.detector)));
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
        self.render_with(draft, Vec::new())
    }

    /// [`Templates::render`], with more that the organisation's templates may name.
    fn render_with(
        &self,
        draft: Draft<'_>,
        details: Vec<(&'static str, Detail)>,
    ) -> Result<Message, TemplateError> {
        let mut message = Message {
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
            text: String::new(),
            html: String::new(),
            subject: draft.subject,
            fields: draft.facts,
            command: draft.command,
            runbook: draft.runbook,
            link: draft.link,
            acknowledge_url: draft.acknowledge_url,
            body: None,
            details,
            look: Look {
                colour: draft.colour,
                link_label: draft.link_label,
            },
        };
        self.lay_out(&mut message)?;
        Ok(message)
    }

    /// Writes the message's two e-mail parts from the rest of it.
    fn lay_out(&self, message: &mut Message) -> Result<(), TemplateError> {
        let facts = message.fields.iter();
        let rows: Vec<_> = facts
            .map(|fact| vec![fact.name.clone(), fact.value.clone()])
            .collect();
        let body = message.body.as_deref();
        let lines = body.unwrap_or_default().lines();
        let lines: Vec<_> = lines.map(str::to_owned).collect();
        let values = context! {
            subject => message.subject.as_str(),
            title => message.title.as_str(),
            lead => message.lead.as_str(),
            facts => rows,
            command => message.command.as_deref(),
            runbook => message.runbook.as_deref(),
            link => message.link.as_str(),
            link_label => message.look.link_label,
            acknowledge_url => message.acknowledge_url.as_deref(),
            colour => message.look.colour,
            body => body,
            lines => lines,
            delivery => message.delivery.to_string(),
        };
        let write = |name| self.environment.get_template(name)?.render(&values);
        message.text = write("message.txt")?;
        message.html = write("message.html")?;
        Ok(())
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
    acknowledge_url: Option<String>,
    colour: &'static str,
}

fn fact(name: &str, value: String) -> Fact {
    Fact {
        name: name.to_owned(),
        value,
    }
}

/// What people call a check; a key that nothing answers to any more is made readable.
fn check_name(detector: &str) -> String {
    match detect::infos().find(|info| info.key == detector) {
        Some(info) => info.name.to_owned(),
        None => clean(&detector.replace('_', " ")),
    }
}

/// Control and bidirectional characters become spaces: a host's text must not fake lines or reverse a title.
fn clean(text: &str) -> String {
    let plain: String = text
        .chars()
        .map(|c| if c.is_control() || is_bidi(c) { ' ' } else { c })
        .collect();
    plain.trim().to_owned()
}

/// Characters that turn the direction of what follows.
const fn is_bidi(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
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

/// White letters on each of them have a contrast of 4.5 at least.
const fn colour(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "#c92a2a",
        Severity::High => "#b84300",
        Severity::Medium => "#8a5a00",
        Severity::Low => "#1864ab",
        Severity::Info => "#495057",
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
