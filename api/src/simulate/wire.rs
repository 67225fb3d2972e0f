//! One simulated agent's run: numbers its payloads and writes request bodies.

use noc_pipeline::clock::UnixMs;
use noc_pipeline::payload::{Payload, Report};
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

    /// Writes the body of one `batch` request, and tells what stands in it. Each payload with its own time.
    #[must_use]
    pub fn batch(
        &mut self,
        payloads: impl IntoIterator<Item = (UnixMs, Payload)>,
        sent_at: UnixMs,
    ) -> (Vec<u8>, Vec<PayloadId>) {
        let mut body = br#"{"payloads":["#.to_vec();
        let mut ids = Vec::new();
        for (observed_at, payload) in payloads {
            if !ids.is_empty() {
                body.push(b',');
            }
            let kind = payload.kind().name();
            let id = self.write(
                &mut body,
                &format!("\"kind\":\"{kind}\","),
                observed_at,
                sent_at,
                payload,
            );
            ids.push(id);
        }
        body.extend_from_slice(b"]}");
        (body, ids)
    }

    /// Writes the body of one `POST /api/agent/<kind>`.
    #[must_use]
    pub fn single(
        &mut self,
        payload: Payload,
        observed_at: UnixMs,
        sent_at: UnixMs,
    ) -> (Vec<u8>, PayloadId) {
        let mut body = Vec::with_capacity(1024);
        let id = self.write(&mut body, "", observed_at, sent_at, payload);
        (body, id)
    }

    fn write(
        &mut self,
        body: &mut Vec<u8>,
        first: &str,
        observed_at: UnixMs,
        sent_at: UnixMs,
        payload: Payload,
    ) -> PayloadId {
        let id = PayloadId {
            boot_id: self.boot_id,
            seq: self.next_seq,
        };
        self.next_seq += 1;
        let head = write!(
            body,
            r#"{{{first}"v":1,"boot_id":"{}","seq":{},"observed_at":"{observed_at}","sent_at":"{sent_at}","#,
            id.boot_id, id.seq
        );
        debug_assert!(head.is_ok(), "a vector takes everything");
        // The fields of the kind, without the brace that opens their object.
        let opened = body.len();
        Report::Data(payload).write_json(body);
        body.remove(opened);
        id
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulate::Fleet;
    use noc_pipeline::payload::{Kind, parse_batch, parse_post};

    const NOON: UnixMs = UnixMs(1_778_155_200_000);

    #[test]
    fn bodies_are_what_ingest_accepts() {
        let fleet = Fleet::new(1, 3);
        let mut agent = Agent::started(Uuid::from_u128(5));
        let payloads = fleet.everything_at(2, NOON);
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
            assert!(
                posted.refused_fields.is_empty(),
                "{:?}",
                posted.refused_fields
            );
        }
        let (body, id) = agent.single(fleet.everything_at(0, NOON).remove(0), NOON, NOON);
        assert_eq!(id.seq, 4);
        assert!(parse_post(Kind::Metrics, &body, NOON).is_ok());
    }

    #[test]
    fn a_batch_of_three_is_about_the_size_an_agent_sends() {
        let fleet = Fleet::new(1, 50);
        let mut agent = Agent::started(Uuid::from_u128(5));
        for server in 0..50 {
            let (body, _) = agent.batch(
                fleet
                    .everything_at(server, NOON)
                    .into_iter()
                    .map(|p| (NOON, p)),
                NOON,
            );
            assert!((1_700..2_400).contains(&body.len()), "{}", body.len());
        }
    }
}
