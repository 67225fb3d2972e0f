//! What may be said otherwise: every kind of message, with the product's words and what templates may name.
//!
//! To add a kind: a line in [`WORDINGS`]. A test holds each line against real messages: its subject makes what the product
//! says, and its variables are exactly those that a message of the kind has.

use super::samples::{
    canary, digest, handoff, incident, notice, recovery, summary, test, verification,
};
use super::{TemplateError, Templates};
use crate::notify::message::{Kind, Message};

/// A kind of message as whoever words it sees it.
#[derive(Debug, Clone, Copy)]
pub struct Wording {
    /// Which.
    pub kind: Kind,
    /// What it is.
    pub label: &'static str,
    /// When it is sent.
    pub sent: &'static str,
    /// The product's subject, as a template.
    pub subject: &'static str,
    /// What templates may name, beside [`COMMON`].
    pub variables: &'static [Variable],
    /// Messages of the kind as they really look; the first one is shown.
    samples: fn(&Templates, Kind) -> Result<Vec<Message>, TemplateError>,
}

/// Something that templates may name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Variable {
    /// As templates name it.
    pub name: &'static str,
    /// What it holds.
    pub holds: &'static str,
}

const fn variable(name: &'static str, holds: &'static str) -> Variable {
    Variable { name, holds }
}

/// Known in every kind.
pub const COMMON: &[Variable] = &[
    variable("subject", "the product’s own subject"),
    variable("title", "what and where, in one line"),
    variable("lead", "one sentence: how it stands"),
    variable(
        "facts",
        "the lines of the table, each with a name and a value",
    ),
    variable("command", "what may be pasted on the host, or nothing"),
    variable("runbook", "address of the rule’s runbook, or nothing"),
    variable("link", "where it is shown; every channel adds it by itself"),
    variable("sent_at", "when the message was put together, RFC 3339"),
    variable("kind", "the kind of message"),
];

const INCIDENT: &[Variable] = &[
    variable("severity", "info, low, medium, high or critical"),
    variable("mark", "a coloured sign for the severity"),
    variable("server", "the server’s name, or nothing"),
    variable("check", "what found it, as people call it"),
    variable("detector", "what found it, as rules name it"),
    variable("observed", "what was seen, or nothing"),
    variable("expected", "what would be right, or nothing"),
    variable("since", "when it began"),
    variable("resolved_at", "when it ended, or nothing"),
    variable("lasted", "how long it lasted, or has lasted"),
    variable("acknowledged", "whether somebody has taken it on"),
    variable(
        "withdrawn",
        "whether it ended because nobody watches the server any more",
    ),
    variable("incident_id", "its number"),
];

const HANDOFF: &[Variable] = &[
    variable("schedule", "the schedule’s name"),
    variable("since", "when the duty began"),
    variable("until", "when it ends, or nothing"),
    variable("next", "who is next, or nothing"),
    variable("open_incidents", "how many are open"),
];

const NOTICE: &[Variable] = &[variable("channels", "the channels that fail, by name")];

/// The product's text as a template, of every kind: what stands in the editor until there is another. Messages in the
/// product's words are not made of it but laid out by each channel; a test holds the two against each other.
pub const TEXT: &str = "\
{{ lead }}

{% for fact in facts %}
{{ fact.name }}: {{ fact.value }}
{% endfor %}
{% if command %}

To try on the server:
{{ command }}
{% endif %}
{% if runbook %}

Runbook: {{ runbook }}
{% endif %}
";

/// A subject that is put together where the message is.
const AS_IT_IS: &str = "{{ subject }}";

#[rustfmt::skip]
/// Every kind whose words may be changed.
pub const WORDINGS: &[Wording] = &[
    wording(Kind::Problem, "Problem", "when a step of a policy, or a rule’s channels, tell of an incident", "{{ mark }} [{{ severity }}] {{ title }}", INCIDENT, incident),
    wording(Kind::Recovery, "Recovery", "to whoever was told of an incident, once it is over", "{% if withdrawn %}⚪ [monitoring ended]{% else %}🟢 [resolved]{% endif %} {{ title }}", INCIDENT, recovery),
    wording(Kind::Reminder, "Reminder", "by every pass of a policy after the first one", "{{ mark }} [{{ severity }}] Still open: {{ title }}", INCIDENT, incident),
    wording(Kind::StillOnIt, "Still on it?", "to whoever acknowledged an incident long ago", "{{ mark }} [{{ severity }}] Still on it? {{ title }}", INCIDENT, incident),
    wording(Kind::Handoff, "Hand-off", "to whoever comes on duty", "📟 [on call] {{ title }}", HANDOFF, handoff),
    wording(Kind::Notice, "Channel failing", "over another channel, when one stops working", "🟠 [channel failing] {{ title }}", NOTICE, notice),
    wording(Kind::Summary, "Quiet hours over", "to whose quiet hours are over and held something back that is still open", AS_IT_IS, &[], summary),
    wording(Kind::Digest, "Daily digest", "once a day to whoever wants that instead of a mail for each event", AS_IT_IS, &[], digest),
    wording(Kind::Verification, "Code", "to an address that somebody added under My alerts", AS_IT_IS, &[], verification),
    wording(Kind::Test, "Test", "when somebody tries a channel", AS_IT_IS, &[], test),
    wording(Kind::Canary, "Daily check", "once a day over channels that are checked every day", AS_IT_IS, &[], canary),
];

const fn wording(
    kind: Kind,
    label: &'static str,
    sent: &'static str,
    subject: &'static str,
    variables: &'static [Variable],
    samples: fn(&Templates, Kind) -> Result<Vec<Message>, TemplateError>,
) -> Wording {
    Wording {
        kind,
        label,
        sent,
        subject,
        variables,
        samples,
    }
}

impl Wording {
    /// That of a kind; `None`: nobody may word it otherwise.
    #[must_use]
    pub fn of(kind: Kind) -> Option<&'static Self> {
        WORDINGS.iter().find(|wording| wording.kind == kind)
    }

    /// Messages of the kind as they really look, in the product's words; the first one is the one to show.
    ///
    /// # Errors
    /// When a template of ours fails.
    pub fn samples(&self, templates: &Templates) -> Result<Vec<Message>, TemplateError> {
        (self.samples)(templates, self.kind)
    }

    /// Everything that templates of this kind may name.
    pub fn variables(&self) -> impl Iterator<Item = Variable> + use<> {
        COMMON.iter().chain(self.variables).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::super::own::OwnWords;
    use super::*;
    use crate::notify::channel::body_for_tests;
    use std::collections::BTreeSet;

    fn templates() -> Templates {
        Templates::new("https://noc.hostseba.com", chrono_tz::Asia::Dhaka).unwrap()
    }

    #[test]
    fn every_kind_can_be_worded() {
        for kind in Kind::ALL {
            assert!(Wording::of(kind).is_some(), "{kind:?} has no line");
        }
        assert_eq!(WORDINGS.len(), Kind::ALL.len());
    }

    #[test]
    fn what_stands_in_the_editor_says_what_the_product_says() {
        let templates = templates();
        for wording in WORDINGS {
            let words = OwnWords {
                subject: Some(wording.subject.to_owned()),
                text: Some(TEXT.to_owned()),
            };
            for sample in wording.samples(&templates).unwrap() {
                assert_eq!(sample.kind, wording.kind);
                let (worded, faults) = templates.reword(sample.clone(), &words);
                assert_eq!(faults, [], "{}", wording.label);
                assert_eq!(worded.subject, sample.subject);
                let theirs = worded.body.unwrap();
                assert_eq!(theirs, body_for_tests(&sample), "{}", wording.label);
            }
        }
    }

    #[test]
    fn a_kind_names_exactly_what_its_messages_hold() {
        let templates = templates();
        for wording in WORDINGS {
            let told: BTreeSet<_> = wording.variables.iter().map(|v| v.name).collect();
            assert_eq!(told.len(), wording.variables.len(), "{}", wording.label);
            for sample in wording.samples(&templates).unwrap() {
                let held: BTreeSet<_> = sample.details.iter().map(|(name, _)| *name).collect();
                assert_eq!(held, told, "{}", wording.label);
            }
            let all: Vec<String> = wording
                .variables()
                .filter(|v| v.name != "facts")
                .map(|v| format!("{}: {{{{ {} }}}}", v.name, v.name))
                .collect();
            let words = OwnWords {
                subject: None,
                text: Some(all.join("\n")),
            };
            let samples = wording.samples(&templates).unwrap();
            assert_eq!(templates.faults(&words, &samples), []);
        }
    }
}
