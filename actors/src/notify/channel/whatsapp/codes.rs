//! What the error codes of Meta and Twilio say, in an answer and afterwards alike: the code counts, neither the words nor
//! the status.

use super::WINDOW_CLOSED;
use crate::notify::channel::Outcome;
use crate::notify::channel::http::{Answer, DEFAULT_PAUSE, crowded, limited};
use crate::notify::channel::receipt::Fate;
use crate::notify::retry::until_tomorrow;
use std::time::Duration;

/// What an error code says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reading {
    /// Too much altogether: not for so long, where the provider does not say how long.
    Limited(Option<Duration>),
    /// Too much to this one recipient: not for so long.
    Crowded(Duration),
    /// The day's messages are used up.
    UsedUp,
    /// The provider's own trouble, for now.
    Trouble,
    /// The recipient last wrote too long ago for free text.
    WindowClosed,
    /// This recipient is not reached; others are.
    Recipient,
    /// This message is not taken as it is; others are.
    Message,
    /// The account, its number or its template is refused, so nobody is reached.
    Account,
}
use Reading::{Account, Crowded, Limited, Message, Recipient, Trouble, UsedUp, WindowClosed};

/// Of the Cloud API; `None`: not known here.
pub(super) const fn meta(code: i64) -> Option<Reading> {
    const fn seconds(count: u64) -> Option<Duration> {
        Some(Duration::from_secs(count))
    }
    Some(match code {
        130_429 => Limited(seconds(1)),
        131_056 => Crowded(Duration::from_secs(6)),
        // Of this app, of this account: within the hour.
        4 | 80_007 => Limited(seconds(60)),
        1 | 2 | 131_000 | 131_016 | 131_048 | 131_057 | 133_004 => Trouble,
        131_047 => WindowClosed,
        // No WhatsApp at that number, not a number of the test account, or its owner wants nothing from us; left out of
        // an experiment, or told too much by others.
        131_026 | 131_030 | 131_050 | 130_472 | 131_049 | 131_021 => Recipient,
        // Its text is too long for its template.
        132_005 => Message,
        // Token and permissions; policy, lock, name, payment, registration; a template that is not there or off.
        0
        | 3
        | 10
        | 33
        | 190
        | 200..=299
        | 368
        | 131_005
        | 131_031
        | 131_037
        | 131_042
        | 131_045
        | 131_051
        | 132_000
        | 132_001
        | 132_015
        | 132_016
        | 133_000..=133_999 => Account,
        _ => return None,
    })
}

/// Of Twilio; `None`: not known here.
pub(super) const fn twilio(code: i64) -> Option<Reading> {
    Some(match code {
        20_429 | 63_018 => Limited(None),
        // Between two numbers.
        14_107 => Crowded(Duration::from_secs(30)),
        63_038 => UsedUp,
        30_001 | 20_500 | 20_503 | 63_010 | 63_012 => Trouble,
        63_016 => WindowClosed,
        // No number, none that messages may go to, no WhatsApp there, or its owner wants nothing from us; left out of an
        // experiment, or told too much by others.
        21_211 | 21_408 | 21_610 | 21_612 | 63_003 | 63_014 | 63_024 | 63_032 | 63_049 => Recipient,
        63_021 => Message,
        // Credentials; sender, policy, lock, template.
        20_003 | 20_404 | 63_001 | 63_007 | 63_008 | 63_013 | 63_020 | 63_022 | 63_027 | 63_028
        | 63_040 | 63_041 | 63_042 | 63_051 => Account,
        _ => return None,
    })
}

impl Reading {
    /// Said in the answer to a send; `reason` in the provider's words.
    pub(super) fn outcome(self, answer: &Answer, reason: String) -> Outcome {
        let asked = answer.retry_after;
        match self {
            Limited(pause) => limited(reason, asked.or(pause)),
            Crowded(pause) => crowded(reason, asked.unwrap_or(pause)),
            UsedUp => limited(reason, Some(until_tomorrow(answer.at))),
            Trouble => Outcome::Retry {
                reason,
                after: None,
            },
            WindowClosed => Outcome::Permanent {
                reason: format!("{reason}: {WINDOW_CLOSED}"),
            },
            Recipient | Message => Outcome::Refused { reason },
            Account => Outcome::Permanent { reason },
        }
    }

    /// Said of a message that was taken before.
    pub(super) const fn fate(self) -> Fate {
        match self {
            Limited(Some(pause)) => Fate::Limited(pause),
            Limited(None) => Fate::Limited(DEFAULT_PAUSE),
            Crowded(pause) => Fate::Crowded(pause),
            Trouble => Fate::Later,
            UsedUp => Fate::Tomorrow,
            Recipient | Message => Fate::Failed,
            WindowClosed | Account => Fate::Barred,
        }
    }

    /// What people are told beside the provider's words.
    pub(super) const fn hint(self) -> Option<&'static str> {
        match self {
            WindowClosed => Some(WINDOW_CLOSED),
            _ => None,
        }
    }
}
