//! One message to one recipient, ready to be sent.

use noc_pipeline::clock::UnixMs;
use noc_pipeline::mask;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Why a message is sent; stands in deliveries and in the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Something is wrong.
    Problem,
    /// It is over.
    Recovery,
    /// It is still wrong: a later pass, or the call to every admin.
    Reminder,
    /// Whoever took it on long ago is asked whether they still are.
    StillOnIt,
    /// An administrator tries the channel.
    Test,
    /// To whoever comes on duty: what is open.
    Handoff,
    /// Another channel does not work.
    Notice,
    /// The message of every day that shows that a channel works.
    Canary,
    /// A code that proves whose an address is.
    Verification,
    /// What somebody's quiet hours held back and is still open.
    Summary,
    /// Somebody's day.
    Digest,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::Problem,
        Self::Recovery,
        Self::Reminder,
        Self::StillOnIt,
        Self::Test,
        Self::Handoff,
        Self::Notice,
        Self::Canary,
        Self::Verification,
        Self::Summary,
        Self::Digest,
    ];

    /// The name in the database and on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Problem => "problem",
            Self::Recovery => "recovery",
            Self::Reminder => "reminder",
            Self::StillOnIt => "still_on_it",
            Self::Test => "test",
            Self::Handoff => "handoff",
            Self::Notice => "notice",
            Self::Canary => "canary",
            Self::Verification => "verification",
            Self::Summary => "summary",
            Self::Digest => "digest",
        }
    }

    /// Reads [`Kind::name`].
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// What leaves. Channels take the form that suits them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Stays the same over every attempt; stands in the message, so that a duplicate can be told.
    pub delivery: Uuid,
    /// Why.
    pub kind: Kind,
    /// To whom, as the channel understands it.
    pub recipient: String,
    /// When it was put together.
    pub at: UnixMs,
    /// [`Message::at`] with the offset of the organisation's zone, RFC 3339.
    pub sent_at: String,
    /// One line, with a mark for its severity.
    pub subject: String,
    /// One line: what and where.
    pub title: String,
    /// One sentence under the title.
    pub lead: String,
    /// For channels without mark-up.
    pub text: String,
    /// For e-mail.
    pub html: String,
    /// For channels that lay out facts themselves.
    pub fields: Vec<Fact>,
    /// What an operator may paste on the host.
    pub command: Option<String>,
    /// Where it is written what to do.
    pub runbook: Option<String>,
    /// Where the whole of it can be read.
    pub link: String,
    /// Where it can be taken on with one tap; `None` where there is nothing to take on.
    pub acknowledge_url: Option<String>,
    /// The organisation's own text, in the place of lead, facts, command and runbook.
    pub body: Option<String>,
    /// What templates of the organisation may name beside the fields above.
    pub details: Vec<(&'static str, Detail)>,
    /// What e-mail shows beside words.
    pub look: Look,
}

/// One value for templates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Detail {
    /// Text, empty where there is none.
    Text(String),
    /// Yes or no.
    Flag(bool),
}

impl From<String> for Detail {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&str> for Detail {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<Option<String>> for Detail {
    fn from(text: Option<String>) -> Self {
        Self::Text(text.unwrap_or_default())
    }
}

impl From<bool> for Detail {
    fn from(flag: bool) -> Self {
        Self::Flag(flag)
    }
}

/// What e-mail shows beside words.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Look {
    /// Of the bar and the button, `#rrggbb`; white text on it can be read.
    pub colour: &'static str,
    /// On the button that opens [`Message::link`].
    pub link_label: &'static str,
}

impl Message {
    /// The same with customers' addresses masked, for who reads a room's messages is nobody's decision here. A command
    /// that names one would do something else then, and is left out.
    #[must_use]
    pub fn masked(&self) -> Self {
        self.with_texts(|text| mask::addresses(text))
    }

    /// The same with a log-in masked that has no domain to tell it by.
    #[must_use]
    pub fn masked_within(&self, login: &str) -> Self {
        self.with_texts(|text| mask::name_within(text, login))
    }

    fn with_texts(&self, all: impl Fn(&String) -> String) -> Self {
        Self {
            subject: all(&self.subject),
            title: all(&self.title),
            lead: all(&self.lead),
            text: all(&self.text),
            html: all(&self.html),
            body: self.body.as_ref().map(&all),
            fields: self
                .fields
                .iter()
                .map(|fact| Fact {
                    name: fact.name.clone(),
                    value: all(&fact.value),
                })
                .collect(),
            command: self.command.clone().filter(|text| all(text) == *text),
            ..self.clone()
        }
    }
}

/// One line of the facts table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fact {
    /// What it says.
    pub name: String,
    /// The value.
    pub value: String,
}
