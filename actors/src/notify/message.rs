//! One message to one recipient, ready to be sent.

use noc_pipeline::clock::UnixMs;
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
    /// An administrator tries the channel.
    Test,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Problem, Self::Recovery, Self::Reminder, Self::Test];

    /// The name in the database and on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Problem => "problem",
            Self::Recovery => "recovery",
            Self::Reminder => "reminder",
            Self::Test => "test",
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
    /// One line.
    pub subject: String,
    /// For channels without mark-up.
    pub text: String,
    /// For e-mail.
    pub html: String,
    /// For channels that lay out facts themselves.
    pub fields: Vec<Fact>,
}

/// One line of the facts table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fact {
    /// What it says.
    pub name: String,
    /// The value.
    pub value: String,
}
