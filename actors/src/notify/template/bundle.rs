//! What one message says of several incidents.

use super::{Draft, IncidentView, TemplateError, Templates, clean, colour, fact, lasted, mark};
use crate::notify::message::{Fact, Kind, Message};
use noc_pipeline::clock::UnixMs;
use noc_pipeline::control::Severity;
use std::collections::BTreeSet;
use uuid::Uuid;

/// Incidents that are named; the link leads to all of them.
const NAMED: usize = 25;
/// Servers that are named in the sentence under the title.
const SERVERS: usize = 5;
/// Characters of a title in the list.
const LONGEST_TITLE: usize = 160;

/// What is known of several incidents when a message about them is put together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BundleView {
    /// What they have in common, if it is one group.
    pub group: Option<GroupView>,
    /// Each incident once.
    pub incidents: Vec<IncidentView>,
    /// How many messages a storm held back that are told of here.
    pub held_back: usize,
    /// Where the recipient may take the group on with one tap.
    pub acknowledge_url: Option<String>,
}

/// A group, as far as a message goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupView {
    /// `server`, `hypervisor`, `rack`, `dc` or `fleet`.
    pub kind: String,
    /// What found all of its members, in words: a detector's name, or a rule's.
    pub found_by: Option<String>,
    /// The server's name, the tag, or `fleet`.
    pub label: String,
}

impl GroupView {
    /// Such as `Service down in rack r1`.
    fn said(&self) -> String {
        let label = clean(&self.label);
        let name = label
            .strip_prefix(self.kind.as_str())
            .and_then(|rest| rest.strip_prefix(':'))
            .unwrap_or(&label);
        match (self.kind.as_str(), self.found_by.as_deref().map(clean)) {
            ("server", _) | (_, None) => format!("on {label}"),
            ("fleet", Some(found_by)) => format!("{found_by} across the fleet"),
            ("dc", Some(found_by)) => format!("{found_by} in data centre {name}"),
            (kind, Some(found_by)) => format!("{found_by} in {kind} {name}"),
        }
    }
}

impl Templates {
    /// A message about several incidents: a problem, a recovery, a reminder, or a question.
    ///
    /// # Errors
    /// When a template fails.
    pub fn bundle(
        &self,
        delivery: Uuid,
        kind: Kind,
        recipient: &str,
        view: &BundleView,
        now: UnixMs,
    ) -> Result<Message, TemplateError> {
        let mut incidents: Vec<&IncidentView> = view.incidents.iter().collect();
        incidents.sort_by_key(|one| (std::cmp::Reverse(one.severity), one.opened_at, one.id));
        let worst = incidents.first().map_or(Severity::Info, |one| one.severity);
        let what = match &view.group {
            Some(group) if group.kind == "server" => {
                format!("{} incidents {}", incidents.len(), group.said())
            }
            Some(group) => format!("{} incidents: {}", incidents.len(), group.said()),
            None => format!("{} incidents", incidents.len()),
        };
        let severity = worst.name();
        let mark = mark(worst);
        let over = kind == Kind::Recovery;
        let unwatched = over && incidents.iter().all(|one| one.withdrawn);
        let subject = match kind {
            Kind::Recovery if unwatched => format!("⚪ [monitoring ended] {what}"),
            Kind::Recovery => format!("🟢 [resolved] {what}"),
            Kind::Reminder => format!("{mark} [{severity}] Still open: {what}"),
            Kind::StillOnIt => format!("{mark} [{severity}] Still on it? {what}"),
            _ => {
                format!("{mark} [{severity}] {what}")
            }
        };
        let lead = format!("{} {}", lead(kind, &incidents, view), servers(&incidents));
        let mut facts: Vec<Fact> = incidents
            .iter()
            .take(NAMED)
            .map(|one| self.line(kind, one, now))
            .collect();
        let unnamed = incidents.len().saturating_sub(NAMED);
        if unnamed > 0 {
            facts.push(fact("and", format!("{unnamed} more")));
        }
        let link = match (&view.group, view.incidents.first()) {
            (Some(_), Some(first)) => format!("{}/incidents/{}", self.public_url, first.id),
            _ => format!("{}/incidents", self.public_url),
        };
        self.render(Draft {
            delivery,
            kind,
            recipient,
            now,
            subject,
            title: &what,
            lead: lead.trim_end(),
            facts,
            command: None,
            runbook: None,
            link,
            link_label: if view.group.is_some() {
                "Open group"
            } else {
                "Open incidents"
            },
            acknowledge_url: view.acknowledge_url.clone(),
            colour: match kind {
                Kind::Recovery if unwatched => colour(Severity::Info),
                Kind::Recovery => "#237032",
                _ => colour(worst),
            },
        })
    }

    fn line(&self, kind: Kind, one: &IncidentView, now: UnixMs) -> Fact {
        let title = clean(&one.title);
        let cut: String = title.chars().take(LONGEST_TITLE).collect();
        let server = clean(&one.server_name);
        let whose = if server.is_empty() || title.contains(&server) {
            String::new()
        } else {
            format!(", {server}")
        };
        let age = lasted(one.resolved_at.unwrap_or(now).since(one.opened_at));
        let state = match (kind, one.withdrawn, one.acknowledged) {
            (Kind::Recovery, true, _) => "no longer monitored".to_owned(),
            (Kind::Recovery, false, _) => format!("after {age}"),
            (_, _, true) => format!("for {age}, acknowledged"),
            (_, _, false) => format!("for {age}"),
        };
        let name = if kind == Kind::Recovery {
            "resolved"
        } else {
            one.severity.name()
        };
        fact(name, format!("{cut}{whose} ({state})"))
    }
}

fn lead(kind: Kind, incidents: &[&IncidentView], view: &BundleView) -> String {
    let taken = incidents.iter().filter(|one| one.acknowledged).count();
    let mut said = match kind {
        Kind::Recovery => "They are over.".to_owned(),
        Kind::StillOnIt => {
            "You acknowledged these. Acknowledge them again, or in 15 minutes they go back to \
                            everybody."
                .to_owned()
        }
        _ if taken == 0 => "Nobody has acknowledged any of them yet.".to_owned(),
        _ if incidents.iter().all(|one| one.acknowledged && one.back) => {
            "They are back. You have acknowledged them; nobody else is told.".to_owned()
        }
        _ if taken == incidents.len() => "Acknowledged, and still open.".to_owned(),
        _ => format!("{taken} of them are acknowledged."),
    };
    if view.held_back > 0 {
        said.push_str(&format!(
            " {} messages were held back and are told of here, so that you are not flooded.",
            view.held_back
        ));
    }
    said
}

/// `Servers: web-01, web-02 and 3 more.`
fn servers(incidents: &[&IncidentView]) -> String {
    let names: BTreeSet<String> = incidents
        .iter()
        .map(|one| clean(&one.server_name))
        .filter(|name| !name.is_empty())
        .collect();
    if names.len() < 2 {
        return String::new();
    }
    let more = names.len().saturating_sub(SERVERS);
    let named: Vec<String> = names.into_iter().take(SERVERS).collect();
    match more {
        0 => format!("Servers: {}.", named.join(", ")),
        more => format!("Servers: {} and {more} more.", named.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notify::channel::as_plain_chat;

    const NOW: UnixMs = UnixMs(1_795_300_090_000);

    fn incident(n: i64) -> IncidentView {
        IncidentView {
            id: n,
            title: format!("exim is down on web-{n:02}"),
            severity: if n == 3 {
                Severity::Critical
            } else {
                Severity::High
            },
            server_name: format!("web-{n:02}"),
            detector: "service_down".into(),
            observed: None,
            expected: None,
            command: None,
            runbook: None,
            acknowledged: n == 2,
            back: false,
            opened_at: UnixMs(NOW.0 - 30_000 * n),
            resolved_at: None,
            withdrawn: false,
            acknowledge_url: None,
        }
    }

    fn view(n: i64) -> BundleView {
        BundleView {
            group: Some(GroupView {
                kind: "rack".into(),
                found_by: Some("Service down".into()),
                label: "rack:r1".into(),
            }),
            incidents: (1..=n).map(incident).collect(),
            held_back: 0,
            acknowledge_url: Some("https://noc.hostseba.com/ack/AbC-09_x".into()),
        }
    }

    fn message(kind: Kind, view: &BundleView) -> Message {
        Templates::new("https://noc.hostseba.com/", chrono_tz::Asia::Dhaka)
            .unwrap()
            .bundle(Uuid::from_u128(7), kind, "ops@noc.test", view, NOW)
            .unwrap()
    }

    #[test]
    fn a_group() {
        let message = message(Kind::Problem, &view(6));
        assert_eq!(
            message.subject,
            "🔴 [critical] 6 incidents: Service down in rack r1"
        );
        assert_eq!(
            message.lead,
            "1 of them are acknowledged. Servers: web-01, web-02, web-03, web-04, web-05 and 1 more."
        );
        assert_eq!(message.link, "https://noc.hostseba.com/incidents/1");
        let lines: Vec<_> = message
            .fields
            .iter()
            .map(|fact| format!("{}: {}", fact.name, fact.value))
            .collect();
        assert_eq!(
            lines[0],
            "critical: exim is down on web-03 (for 1 min 30 s)"
        );
        assert!(lines[5].contains("web-01 (for 30 s)"), "{lines:?}");
        assert!(
            lines
                .iter()
                .any(|line| line.ends_with("(for 1 min 0 s, acknowledged)"))
        );
        assert!(message.text.contains("exim is down on web-06"));
        assert!(message.html.contains("Open group"));
        assert!(message.html.contains("AbC-09_x"));
        let one_tap = "\nAcknowledge: https://noc.hostseba.com/ack/AbC-09_x\n";
        assert!(message.text.contains(one_tap), "{}", message.text);
    }

    #[test]
    fn every_kind_says_what_it_is() {
        let mut over = view(2);
        for one in &mut over.incidents {
            one.resolved_at = Some(NOW);
        }
        over.group = Some(GroupView {
            kind: "server".into(),
            found_by: None,
            label: "web-01".into(),
        });
        let recovery = message(Kind::Recovery, &over);
        assert_eq!(recovery.subject, "🟢 [resolved] 2 incidents on web-01");
        assert_eq!(recovery.fields[0].name, "resolved");
        assert!(recovery.lead.starts_with("They are over."));
        let mut storm = view(3);
        (storm.group, storm.held_back) = (None, 2);
        let storm = message(Kind::Reminder, &storm);
        assert_eq!(storm.subject, "🔴 [critical] Still open: 3 incidents");
        assert!(
            storm.lead.contains("2 messages were held back"),
            "{}",
            storm.lead
        );
        assert_eq!(storm.link, "https://noc.hostseba.com/incidents");
        let asked = message(Kind::StillOnIt, &view(2));
        assert!(asked.subject.contains("Still on it? 2 incidents"));
    }

    #[test]
    fn however_many_there_are_the_message_is_bounded_and_keeps_its_link_everywhere() {
        let mut many = view(200);
        for one in &mut many.incidents {
            one.title = format!(
                "<b>{}</b> *_~` {}",
                "@everyone ".repeat(30),
                one.server_name
            );
        }
        let message = message(Kind::Problem, &many);
        assert_eq!(message.fields.len(), NAMED + 1);
        assert_eq!(message.fields[NAMED].value, "175 more");
        assert!(!message.html.contains("<b>"));
        for limit in [1_600, 2_000, 4_096] {
            let text = as_plain_chat(&message, limit);
            let units: usize = text.chars().map(char::len_utf16).sum();
            assert!(units <= limit, "{units} > {limit}");
            assert!(
                text.contains("https://noc.hostseba.com/incidents/1\n"),
                "{text}"
            );
            assert!(text.contains(&message.delivery.to_string()), "{text}");
        }
    }
}
