//! What is said to one person: a code, what their quiet hours held back, their day.

use super::{Draft, TemplateError, Templates, clean, fact, lasted};
use crate::notify::message::{Fact, Kind, Message};
use chrono_tz::Tz;
use noc_pipeline::clock::UnixMs;
use noc_pipeline::control::Severity;
use uuid::Uuid;

/// Incidents named in a message; the others are counted.
const NAMED: usize = 30;

/// One incident among several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineOfIncident {
    /// One line.
    pub title: String,
    /// As it is now.
    pub severity: Severity,
    /// When it began.
    pub opened_at: UnixMs,
    /// When it ended.
    pub resolved_at: Option<UnixMs>,
    /// Whether somebody has taken it on.
    pub acknowledged: bool,
    /// Who, where that account is still there.
    pub owner: Option<String>,
}

/// What quiet hours held back and is still open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SummaryView {
    /// Of its reader.
    pub zone: Tz,
    /// When the first of it was held back.
    pub since: UnixMs,
    /// Incidents that were held back.
    pub held: usize,
    /// Those of them that are open.
    pub open: Vec<LineOfIncident>,
}

/// What happened between two digests, and what is open from before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DigestView {
    /// Of its reader.
    pub zone: Tz,
    /// From here on.
    pub since: UnixMs,
    /// Until before this.
    pub until: UnixMs,
    /// Incidents that began.
    pub began: usize,
    /// Incidents that ended.
    pub ended: usize,
    /// Incidents that got worse.
    pub worse: usize,
    /// Incidents that were open at its end.
    pub open: usize,
    /// All of them, and those open from before; open ones first.
    pub lines: Vec<LineOfIncident>,
    /// Those that are not among the lines.
    pub more: usize,
}

impl Templates {
    /// The message with the code that proves an address.
    ///
    /// # Errors
    /// When a template fails.
    pub fn verification(
        &self,
        delivery: Uuid,
        recipient: &str,
        channel_label: &str,
        name: &str,
        code: &str,
        now: UnixMs,
    ) -> Result<Message, TemplateError> {
        let title = format!("{code} is your code for HostSeba NOC");
        let lead = format!(
            "{} asked to be told of alerts here, over {channel_label}. Enter the code under My alerts within 10 minutes. \
             If that was not you, do nothing: without it nothing more is sent here.",
            clean(name),
        );
        self.render(Draft {
            delivery,
            kind: Kind::Verification,
            recipient,
            now,
            subject: format!("🔑 {title}"),
            title: &title,
            lead: &lead,
            facts: vec![fact("Code", code.to_owned())],
            command: None,
            runbook: None,
            link: format!("{}/settings/my-alerts", self.public_url),
            link_label: "Enter the code",
            acknowledge_url: None,
            colour: "#1864ab",
        })
    }

    /// The message at the end of quiet hours.
    ///
    /// # Errors
    /// When a template fails.
    pub fn summary(
        &self,
        delivery: Uuid,
        recipient: &str,
        view: &SummaryView,
        now: UnixMs,
    ) -> Result<Message, TemplateError> {
        let count = view.open.len();
        let title = format!("While it was quiet: {}", counted(count, "is", "are"));
        let over = view.held.saturating_sub(count);
        let meanwhile = match over {
            0 => String::new(),
            1 => " One more ended meanwhile.".to_owned(),
            n => format!(" {n} more ended meanwhile."),
        };
        let since = local(view.since, view.zone);
        let lead = format!("Held back since {since} for your quiet hours.{meanwhile}");
        let worst = view.open.iter().map(|line| line.severity).max();
        self.render(Draft {
            delivery,
            kind: Kind::Summary,
            recipient,
            now,
            subject: format!("🌅 [quiet hours over] {title}"),
            title: &title,
            lead: &lead,
            facts: facts(&view.open, 0, now),
            command: None,
            runbook: None,
            link: format!("{}/incidents", self.public_url),
            link_label: "Open incidents",
            acknowledge_url: None,
            colour: super::colour(worst.unwrap_or(Severity::Info)),
        })
    }

    /// The daily digest.
    ///
    /// # Errors
    /// When a template fails.
    pub fn digest(
        &self,
        delivery: Uuid,
        recipient: &str,
        view: &DigestView,
        now: UnixMs,
    ) -> Result<Message, TemplateError> {
        let worse = match view.worse {
            0 => String::new(),
            n => format!(" {n} got worse,"),
        };
        let title = format!(
            "{} began, {} ended,{worse} {} open",
            view.began, view.ended, view.open
        );
        let lead = format!(
            "From {} to {}, also what paged nobody.",
            local(view.since, view.zone),
            local(view.until, view.zone)
        );
        self.render(Draft {
            delivery,
            kind: Kind::Digest,
            recipient,
            now,
            subject: format!("📋 [daily digest] {title}"),
            title: &title,
            lead: &lead,
            facts: facts(&view.lines, view.more, now),
            command: None,
            runbook: None,
            link: format!("{}/incidents?status=all", self.public_url),
            link_label: "Open incidents",
            acknowledge_url: None,
            colour: "#1864ab",
        })
    }
}

fn counted(count: usize, one: &str, many: &str) -> String {
    match count {
        1 => format!("one incident {one} open"),
        n => format!("{n} incidents {many} open"),
    }
}

fn facts(lines: &[LineOfIncident], more: usize, now: UnixMs) -> Vec<Fact> {
    let mut facts: Vec<Fact> = lines
        .iter()
        .take(NAMED)
        .map(|line| fact(line.severity.name(), said(line, now)))
        .collect();
    let unnamed = lines.len().saturating_sub(facts.len()) + more;
    if unnamed > 0 {
        facts.push(fact("and", format!("{unnamed} more")));
    }
    facts
}

fn said(line: &LineOfIncident, now: UnixMs) -> String {
    let title = clean(&line.title);
    if let Some(over) = line.resolved_at {
        return format!(
            "{title} (over, lasted {})",
            lasted(over.since(line.opened_at))
        );
    }
    let age = lasted(now.since(line.opened_at));
    let taken = match (&line.owner, line.acknowledged) {
        (Some(owner), true) => format!("acknowledged by {}", clean(owner)),
        (None, true) => "acknowledged".to_owned(),
        _ => "not acknowledged".to_owned(),
    };
    format!("{title} (open for {age}, {taken})")
}

/// `Mon 2026-11-23 09:00 +06`, in the reader's own time.
fn local(at: UnixMs, zone: Tz) -> String {
    let shown = at.to_datetime().with_timezone(&zone);
    shown.format("%a %Y-%m-%d %H:%M %Z").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono_tz::Tz::Asia__Dhaka as DHAKA;

    /// Some morning.
    const NOW: UnixMs = UnixMs(1_795_310_800_000);

    fn templates() -> Templates {
        Templates::new("https://noc.test/", chrono_tz::UTC).unwrap()
    }

    fn line(title: &str, severity: Severity, ago_min: i64) -> LineOfIncident {
        LineOfIncident {
            title: title.into(),
            severity,
            opened_at: UnixMs(NOW.0 - ago_min * 60_000),
            resolved_at: None,
            acknowledged: false,
            owner: None,
        }
    }

    fn delivery() -> Uuid {
        Uuid::from_u128(7)
    }

    #[test]
    fn a_code_says_who_asked_and_what_to_do() {
        let message = templates()
            .verification(
                delivery(),
                "+8801712345678",
                "WhatsApp",
                "Ann\u{202e}",
                "012345",
                NOW,
            )
            .unwrap();
        assert_eq!(message.subject, "🔑 012345 is your code for HostSeba NOC");
        assert!(
            message
                .lead
                .starts_with("Ann asked to be told of alerts here, over WhatsApp.")
        );
        assert_eq!(message.link, "https://noc.test/settings/my-alerts");
        assert!(message.text.contains("012345") && message.html.contains("012345"));
    }

    #[test]
    fn a_summary_names_what_is_open_and_counts_what_is_over() {
        let mut taken = line("Disk full on db-1", Severity::High, 125);
        taken.acknowledged = true;
        taken.owner = Some("Bob".into());
        let view = SummaryView {
            zone: DHAKA,
            since: UnixMs(NOW.0 - 200 * 60_000),
            held: 4,
            open: vec![line("exim is down on web-1", Severity::Medium, 30), taken],
        };
        let message = templates()
            .summary(delivery(), "a@noc.test", &view, NOW)
            .unwrap();
        assert_eq!(message.title, "While it was quiet: 2 incidents are open");
        assert!(
            message
                .lead
                .ends_with("for your quiet hours. 2 more ended meanwhile.")
        );
        assert!(message.lead.contains("+06"), "{}", message.lead);
        let said: Vec<_> = message
            .fields
            .iter()
            .map(|f| format!("{}: {}", f.name, f.value))
            .collect();
        assert_eq!(
            said,
            [
                "medium: exim is down on web-1 (open for 30 min 0 s, not acknowledged)",
                "high: Disk full on db-1 (open for 2 h 5 min, acknowledged by Bob)",
            ]
        );
    }

    #[test]
    fn a_digest_names_thirty_and_counts_the_rest() {
        let mut over = line("Blip on web-2", Severity::Low, 60);
        over.resolved_at = Some(over.opened_at.plus(std::time::Duration::from_secs(40)));
        let mut lines: Vec<_> = (0..40).map(|_| line("Load", Severity::Low, 5)).collect();
        lines.insert(0, over);
        let view = DigestView {
            zone: DHAKA,
            since: UnixMs(NOW.0 - 86_400_000),
            until: NOW,
            began: 41,
            ended: 1,
            worse: 0,
            open: 40,
            lines,
            more: 0,
        };
        let message = templates()
            .digest(delivery(), "a@noc.test", &view, NOW)
            .unwrap();
        assert_eq!(message.title, "41 began, 1 ended, 40 open");
        assert_eq!(message.fields.len(), 31);
        assert_eq!(message.fields[0].value, "Blip on web-2 (over, lasted 40 s)");
        assert_eq!(message.fields[30].value, "11 more");
        let storm = DigestView {
            worse: 2,
            open: 1_240,
            more: 1_200,
            ..view
        };
        let message = templates()
            .digest(delivery(), "a@noc.test", &storm, NOW)
            .unwrap();
        assert_eq!(message.title, "41 began, 1 ended, 2 got worse, 1240 open");
        assert_eq!(message.fields[30].value, "1211 more");
    }
}
