//! `outgoing_mail_abuse`: a mailbox, a script or a domain mails far more recipients in an hour than is usual for it.
//! Subjects: `login:<name>`, `script:<path>`, `domain:<name>`.
//!
//! * [`census`] reads a report: who sent, as far as that can be abuse.
//! * [`limit`] says how much each may: what is usual, what recurs, what people allowed.
//! * [`signs`] look for what a large mailing does not show and a hacked account does.
//! * [`blame`] makes one case of one hack: a domain is part of the case of whoever sends for it.
//! * [`finding`] puts it into words and evidence.
//! * [`memory`] is what is remembered of a server, and how words of people change it.
//!
//! The running hour counts: its count only grows, so it is compared with the limit of a whole one. Only complete hours
//! teach, and not those of a trouble. A case is closed by people: a quiet hour leaves it open.

mod blame;
pub(crate) mod census;
pub(crate) mod finding;
mod limit;
mod memory;
mod report;
mod signs;

pub use memory::Mail;

use super::series::{Judged, Of, Side};
use super::{Also, Context, Detector, Info, Judgement, Number, Observation};
use noc_pipeline::control::Severity;
use noc_pipeline::payload::{Kind, Payload, Report, Unit};

/// The detector.
#[derive(Debug, Clone, Copy)]
pub struct OutgoingMailAbuse;

/// The name under which the fleet's median of recipients an hour is told.
pub const PRIOR: &str = "email-stats.recipients";

/// The detector's numbers, as they are for one server.
#[derive(Debug, Clone, Copy)]
struct Numbers {
    floor: f64,
    factor: f64,
    unknown_floor: f64,
    pattern_factor: f64,
    failure_pct: f64,
    failure_floor: f64,
    addresses: f64,
    countries: f64,
    critical: f64,
}

impl Numbers {
    fn of(at: &Context<'_>) -> Self {
        let number = |key| at.number(&OutgoingMailAbuse::INFO, key);
        Self {
            floor: number("floor"),
            factor: number("factor"),
            unknown_floor: number("unknown_floor"),
            pattern_factor: number("pattern_factor"),
            failure_pct: number("failure_pct"),
            failure_floor: number("failure_floor"),
            addresses: number("addresses"),
            countries: number("countries"),
            critical: number("critical"),
        }
    }
}

const fn count(
    key: &'static str,
    default: f64,
    [min, max]: [f64; 2],
    about: &'static str,
) -> Number {
    Number {
        key,
        unit: Unit::Count,
        default,
        min,
        max,
        about,
    }
}

impl Detector for OutgoingMailAbuse {
    type State = Mail;

    const INFO: Info = Info {
        key: "outgoing_mail_abuse",
        code: 9,
        version: 1,
        kinds: &[Kind::EmailStats, Kind::Inventory],
        also: &[Also::Late, Also::Words],
        compares_reports: false,
        judges: Some(Judged {
            metrics: &["email-stats.recipients"],
            of: Of::Domain,
            fine: Some(Side::Below),
        }),
        name: "Outgoing mail abuse",
        about: "A mailbox, script or domain mails more than 100 recipients in an hour and five times what is usual for \
                it at that hour. Medium alone, high with a sign of a hacked account, critical with a sign and 1,000 \
                recipients. A person decides about each case.",
        severities: &[Severity::Medium, Severity::High, Severity::Critical],
        numbers: &[
            count(
                "floor",
                100.0,
                [1.0, 1e6],
                "So many recipients in an hour are never a case.",
            ),
            count(
                "factor",
                5.0,
                [1.2, 100.0],
                "Recipients, as a multiple of what is expected.",
            ),
            count(
                "unknown_floor",
                500.0,
                [1.0, 1e6],
                "More recipients than this are a case while nothing is known of the sender.",
            ),
            count(
                "pattern_factor",
                1.5,
                [1.0, 20.0],
                "A mailing that recurs may be so many times as large as before.",
            ),
            Number {
                key: "failure_pct",
                unit: Unit::Percent,
                default: 15.0,
                min: 1.0,
                max: 100.0,
                about: "Failed and deferred recipients from here on are a sign.",
            },
            count(
                "failure_floor",
                30.0,
                [1.0, 1e6],
                "Fewer failed and deferred recipients than this are no sign.",
            ),
            count(
                "addresses",
                5.0,
                [2.0, 1e4],
                "A login from so many addresses in the hour is a sign.",
            ),
            count(
                "countries",
                3.0,
                [2.0, 200.0],
                "A login from so many countries in the hour is a sign.",
            ),
            count(
                "critical",
                1_000.0,
                [1.0, 1e7],
                "With a sign, so many recipients are critical.",
            ),
        ],
        docs: include_str!("../docs/outgoing_mail_abuse.md"),
    };

    fn judge<'a>(&self, state: &Mail, at: &Context<'a>) -> Judgement<'a, Mail> {
        let patch = |patch| Judgement {
            patch,
            verdicts: Vec::new(),
        };
        match at.seen {
            Observation::Report(record) | Observation::Late(record) => match &*record.report {
                Report::Data(Payload::EmailStats(stats)) => {
                    report::judge(state, stats, record.received_at, at)
                }
                Report::Data(Payload::Inventory(inventory)) => patch(state.domains_of(inventory)),
                // Unreadable: nothing is learned, and nothing is said; its probe shows why.
                _ => patch(None),
            },
            Observation::Told {
                subject,
                word,
                at: told_at,
            } => patch(state.told(subject, word, told_at)),
            _ => patch(None),
        }
    }
}

/// A number of recipients, for comparing.
#[expect(
    clippy::cast_precision_loss,
    reason = "recipients of an hour are far below 2^52"
)]
const fn float(recipients: u64) -> f64 {
    recipients as f64
}

#[cfg(test)]
mod tests;
