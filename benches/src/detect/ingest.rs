//! What ingest makes of a request: corrected times, no refused payload. Reports of sound agents take no way through
//! JSON; those of a broken one do, because refusing is what is to be seen.

use noc_api::simulate::{Numbered, Outgoing, Said, write_batch};
use noc_pipeline::clock::UnixMs;
use noc_pipeline::id::ServerId;
use noc_pipeline::payload::{Envelope, Posted, parse_batch};
use noc_pipeline::record::PayloadRecord;

/// The records of a request, in its order.
pub fn records(server: ServerId, request: Outgoing) -> Vec<PayloadRecord> {
    let (at, sent_at) = (request.at, request.sent_at);
    let broken = |payload: &Numbered| matches!(payload.said, Said::Broken(..));
    if request.payloads.iter().any(broken) {
        return parsed(server, &request.payloads, at, sent_at);
    }
    let mut out = Vec::with_capacity(request.payloads.len());
    for Numbered {
        id,
        observed_at,
        said,
    } in request.payloads
    {
        if let Said::Report(report) = said {
            let envelope = Envelope {
                boot_id: id.boot_id,
                seq: id.seq,
                observed_at,
                sent_at,
            };
            out.push(Posted::of(envelope, report, at).record(server));
        }
    }
    out
}

fn parsed(
    server: ServerId,
    payloads: &[Numbered],
    at: UnixMs,
    sent_at: UnixMs,
) -> Vec<PayloadRecord> {
    let mut body = Vec::new();
    write_batch(&mut body, payloads, sent_at);
    let posted = parse_batch(&body, at).unwrap_or_default();
    let taken = posted.into_iter().filter_map(Result::ok);
    taken.map(|posted| posted.record(server)).collect()
}
