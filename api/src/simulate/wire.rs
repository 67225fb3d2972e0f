//! One simulated agent's run: numbers its payloads and writes request bodies.

use chrono::{Datelike, Timelike};
use noc_pipeline::clock::UnixMs;
use noc_pipeline::payload::{Kind, Payload, Report};
use std::io::Write as _;
use uuid::Uuid;

/// What identifies a payload of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PayloadId {
    /// The agent's run.
    pub boot_id: Uuid,
    /// Number within the run.
    pub seq: u64,
}

/// What a payload says.
#[derive(Debug, Clone, PartialEq)]
#[expect(
    clippy::large_enum_variant,
    reason = "nearly all are reports, and one more allocation each costs more than it saves"
)]
pub enum Said {
    /// What a sound agent says.
    Report(Report),
    /// The fields of a kind as a broken agent writes them, without braces.
    Broken(Kind, String),
}

impl Said {
    /// Its kind.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Report(report) => report.kind(),
            Self::Broken(kind, _) => *kind,
        }
    }
}

impl From<Report> for Said {
    fn from(report: Report) -> Self {
        Self::Report(report)
    }
}

impl From<Payload> for Said {
    fn from(payload: Payload) -> Self {
        Self::Report(Report::Data(payload))
    }
}

/// A payload that was given its number.
#[derive(Debug, Clone, PartialEq)]
pub struct Numbered {
    /// Its number.
    pub id: PayloadId,
    /// When it was measured, by the agent's clock.
    pub observed_at: UnixMs,
    /// What it says.
    pub said: Said,
}

/// An agent between start and stop.
#[derive(Debug, Clone)]
pub struct Agent {
    boot_id: Uuid,
    next_seq: u64,
}

impl Agent {
    /// An agent that just started; its first payload has number 1.
    #[must_use]
    pub const fn started(boot_id: Uuid) -> Self {
        Self {
            boot_id,
            next_seq: 1,
        }
    }

    /// The run's id.
    #[must_use]
    pub const fn boot_id(&self) -> Uuid {
        self.boot_id
    }

    /// Gives a payload the next number.
    pub fn number(&mut self, observed_at: UnixMs, said: impl Into<Said>) -> Numbered {
        let id = PayloadId {
            boot_id: self.boot_id,
            seq: self.next_seq,
        };
        self.next_seq += 1;
        Numbered {
            id,
            observed_at,
            said: said.into(),
        }
    }

    /// Numbers payloads and writes the body of one `batch` request; tells what stands in it. Each payload with its own
    /// time.
    #[must_use]
    pub fn batch<S: Into<Said>>(
        &mut self,
        payloads: impl IntoIterator<Item = (UnixMs, S)>,
        sent_at: UnixMs,
    ) -> (Vec<u8>, Vec<PayloadId>) {
        let numbered: Vec<Numbered> = payloads
            .into_iter()
            .map(|(at, said)| self.number(at, said))
            .collect();
        let mut body = Vec::with_capacity(numbered.len() * 700);
        write_batch(&mut body, &numbered, sent_at);
        (
            body,
            numbered.into_iter().map(|payload| payload.id).collect(),
        )
    }

    /// Writes the body of one `POST /api/agent/<kind>`.
    #[must_use]
    pub fn single(
        &mut self,
        said: impl Into<Said>,
        observed_at: UnixMs,
        sent_at: UnixMs,
    ) -> (Vec<u8>, PayloadId) {
        let payload = self.number(observed_at, said);
        let mut body = Vec::with_capacity(1024);
        write_payload(
            &mut body,
            None,
            &payload,
            &stamp(sent_at),
            &stamp(observed_at),
        );
        (body, payload.id)
    }
}

/// Appends the body of one `batch` request.
pub fn write_batch(body: &mut Vec<u8>, payloads: &[Numbered], sent_at: UnixMs) {
    body.extend_from_slice(br#"{"payloads":["#);
    let sent = stamp(sent_at);
    let mut observed = (UnixMs(i64::MIN), String::new());
    for (n, payload) in payloads.iter().enumerate() {
        if n > 0 {
            body.push(b',');
        }
        if observed.0 != payload.observed_at {
            observed = (payload.observed_at, stamp(payload.observed_at));
        }
        write_payload(body, Some(payload.said.kind()), payload, &sent, &observed.1);
    }
    body.extend_from_slice(b"]}");
}

fn write_payload(
    body: &mut Vec<u8>,
    kind: Option<Kind>,
    payload: &Numbered,
    sent: &str,
    observed: &str,
) {
    body.push(b'{');
    let mut head = Ok(());
    if let Some(kind) = kind {
        head = write!(body, r#""kind":"{}","#, kind.name());
    }
    let id = payload.id;
    let head = head.and_then(|()| {
        write!(
            body,
            r#""v":1,"boot_id":"{}","seq":{},"observed_at":"{observed}","sent_at":"{sent}","#,
            id.boot_id, id.seq
        )
    });
    debug_assert!(head.is_ok(), "a vector takes everything");
    match &payload.said {
        Said::Report(report) => {
            // The fields of the kind, without the brace that opens their object.
            let opened = body.len();
            report.write_json(body);
            body.remove(opened);
        }
        Said::Broken(_, fields) => {
            body.extend_from_slice(fields.as_bytes());
            body.push(b'}');
        }
    }
}

/// A time as agents write it. Millions are written, so not by a format that is read anew each time.
fn stamp(at: UnixMs) -> String {
    let at = at.to_datetime().naive_utc();
    let (date, time) = (at.date(), at.time());
    let mut out = String::with_capacity(24);
    let mut digits = |number: u32, count: u32, after: char| {
        for place in (0..count).rev() {
            let digit = number / 10_u32.pow(place) % 10;
            out.push(char::from_digit(digit, 10).unwrap_or('0'));
        }
        out.push(after);
    };
    digits(date.year().unsigned_abs(), 4, '-');
    digits(date.month(), 2, '-');
    digits(date.day(), 2, 'T');
    digits(time.hour(), 2, ':');
    digits(time.minute(), 2, ':');
    digits(time.second(), 2, '.');
    digits(time.nanosecond() / 1_000_000 % 1_000, 3, 'Z');
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulate::Fleet;
    use noc_pipeline::payload::{parse_batch, parse_post};

    const NOON: UnixMs = UnixMs(1_778_155_200_000);

    #[test]
    fn bodies_are_what_ingest_accepts() {
        let fleet = Fleet::steady(1, 3);
        let mut agent = Agent::started(Uuid::from_u128(5));
        let payloads = fleet.basics_at(2, NOON);
        let (body, ids) = agent.batch(payloads.iter().cloned().map(|p| (NOON, p)), NOON);
        let posted: Vec<_> = parse_batch(&body, NOON)
            .unwrap()
            .into_iter()
            .map(Result::unwrap)
            .collect();
        assert_eq!(ids.iter().map(|id| id.seq).collect::<Vec<_>>(), [1, 2, 3]);
        for ((posted, payload), id) in posted.iter().zip(payloads).zip(ids) {
            assert_eq!(posted.report.data(), Some(&payload));
            assert_eq!(posted.envelope.seq, id.seq);
            assert_eq!(posted.envelope.observed_at, NOON);
            assert!(
                posted.refused_fields.is_empty(),
                "{:?}",
                posted.refused_fields
            );
        }
        let (body, id) = agent.single(fleet.basics_at(0, NOON).remove(0), NOON, NOON);
        assert_eq!(id.seq, 4);
        assert!(parse_post(Kind::Metrics, &body, NOON).is_ok());
    }

    #[test]
    fn times_are_written_as_everywhere_else() {
        for at in [
            0,
            1,
            999,
            59_999,
            1_778_155_200_000,
            1_709_210_096_789,
            4_102_444_799_999,
        ] {
            assert_eq!(stamp(UnixMs(at)), UnixMs(at).to_string());
        }
    }

    #[test]
    fn a_batch_of_three_is_about_the_size_an_agent_sends() {
        let fleet = Fleet::steady(1, 50);
        let mut agent = Agent::started(Uuid::from_u128(5));
        for server in 0..50 {
            let payloads = fleet.basics_at(server, NOON).into_iter().map(|p| (NOON, p));
            let (body, _) = agent.batch(payloads, NOON);
            assert!((1_700..2_400).contains(&body.len()), "{}", body.len());
        }
    }
}
