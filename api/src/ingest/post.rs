//! `POST /api/agent/<kind>` and `POST /api/agent/batch`.

use super::Ingest;
use super::agents::{Agent, AgentsError};
use super::answer::{self, Accepted, Rejected};
use super::body::{self, Encoding};
use super::recent::{Id, Seen};
use super::telemetry::{BATCH, UNKNOWN};
use crate::error::{ApiError, Cause};
use actix_web::http::header;
use actix_web::web::{self, Bytes, Data};
use actix_web::{HttpRequest, HttpResponse, ResponseError};
use noc_pipeline::clock::{Stopwatch, UnixMs};
use noc_pipeline::id::PartitionId;
use noc_pipeline::payload::{Kind, Posted, parse_batch, parse_post};
use noc_pipeline::record::Encoded;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// Bodies above this (as sent) are unpacked and read on the blocking pool, so that a spool being drained does not
/// hold up the other agents of a worker.
const INLINE_BYTES: usize = 64 * 1024;
/// The same for packed bodies, which may hold a thousand times as much.
const INLINE_PACKED_BYTES: usize = 4 * 1024;
/// When to come back after the log could not take something.
const RETRY_LATER: Duration = Duration::from_secs(5);

/// What a body holds.
struct Parsed {
    good: Vec<Posted>,
    refused_fields: Vec<String>,
    /// The same with their kinds, such as `metrics.cpu_pct`.
    refused_names: Vec<String>,
    rejected: Vec<Rejected>,
}

fn with_kind(kind: Kind, fields: &[String]) -> impl Iterator<Item = String> {
    let fields = fields.iter();
    fields.map(move |field| format!("{}.{field}", kind.name()))
}

pub(super) async fn single(
    request: HttpRequest,
    kind: web::Path<String>,
    payload: web::Payload,
    ingest: Data<Ingest>,
) -> HttpResponse {
    let Some(kind) = Kind::from_name(&kind) else {
        ingest.metrics.answered(UNKNOWN, 404);
        return ApiError::NotFound("kind of payload").error_response();
    };
    let answer = post(&request, payload, &ingest, move |body, now| {
        let mut posted = parse_post(kind, body, now).map_err(answer::unusable)?;
        let refused_fields = std::mem::take(&mut posted.refused_fields);
        Ok(Parsed {
            refused_names: with_kind(kind, &refused_fields).collect(),
            refused_fields,
            good: vec![posted],
            rejected: Vec::new(),
        })
    });
    conclude(kind.name(), &ingest, answer.await)
}

pub(super) async fn batch(
    request: HttpRequest,
    payload: web::Payload,
    ingest: Data<Ingest>,
) -> HttpResponse {
    let answer = post(&request, payload, &ingest, |body, now| {
        let list = parse_batch(body, now).map_err(answer::unusable)?;
        let mut parsed = Parsed {
            good: Vec::with_capacity(list.len()),
            refused_fields: Vec::new(),
            refused_names: Vec::new(),
            rejected: Vec::new(),
        };
        for (index, posted) in list.into_iter().enumerate() {
            match posted {
                Ok(mut posted) => {
                    let refused = std::mem::take(&mut posted.refused_fields);
                    let names = with_kind(posted.kind(), &refused);
                    parsed.refused_names.extend(names);
                    let named = refused.into_iter().map(|field| format!("{index}.{field}"));
                    parsed.refused_fields.extend(named);
                    parsed.good.push(posted);
                }
                Err(errors) => parsed.rejected.push(answer::rejected(index, errors)),
            }
        }
        if parsed.good.is_empty() {
            return Err(answer::nothing_good(parsed.rejected));
        }
        Ok(parsed)
    });
    conclude(BATCH, &ingest, answer.await)
}

fn conclude(
    kind: &'static str,
    ingest: &Ingest,
    answer: Result<Accepted, ApiError>,
) -> HttpResponse {
    let response = match answer {
        Ok(accepted) => accepted.respond(),
        Err(error) => error.error_response(),
    };
    ingest.metrics.answered(kind, response.status().as_u16());
    response
}

async fn post(
    request: &HttpRequest,
    payload: web::Payload,
    ingest: &Data<Ingest>,
    parse: impl FnOnce(&[u8], UnixMs) -> Result<Parsed, ApiError> + Send + 'static,
) -> Result<Accepted, ApiError> {
    let agent = authenticate(request, ingest).await?;
    agent
        .traffic
        .rate
        .take()
        .map_err(|wait| ApiError::TooManyRequests { retry_after: wait })?;
    let encoding = body::encoding(request.headers())?;
    if content_length(request).is_some_and(|bytes| bytes > ingest.max_wire_bytes) {
        return Err(ApiError::TooLarge {
            limit_bytes: ingest.max_wire_bytes,
        });
    }
    let sent = body::receive(payload, ingest.max_wire_bytes).await?;
    let since = Stopwatch::start();
    if !agent.is_active {
        return Ok(Accepted::server_inactive());
    }
    let parsed = read(sent, encoding, ingest, parse).await?;
    keep(parsed, &agent, ingest, since).await
}

async fn authenticate(request: &HttpRequest, ingest: &Ingest) -> Result<Arc<Agent>, ApiError> {
    let authorization = request.headers().get(header::AUTHORIZATION);
    let address = ingest.client(request);
    let may_fail = || ingest.failed.ask(address);
    match ingest.agents.authenticate(authorization, may_fail).await {
        Ok(agent) => Ok(agent),
        Err(error @ AgentsError::Refused) => {
            ingest.count(address)?;
            Err(ApiError::Refused {
                code: "unauthenticated",
                message: error.to_string(),
            })
        }
        Err(AgentsError::TooMany { retry_after }) => Err(ApiError::TooManyRequests { retry_after }),
        Err(AgentsError::Unavailable(error)) => Err(ApiError::Unavailable {
            part: "database",
            retry_after: RETRY_LATER,
            source: Some(error.into()),
        }),
    }
}

fn content_length(request: &HttpRequest) -> Option<usize> {
    let value = request.headers().get(header::CONTENT_LENGTH)?;
    value.to_str().ok()?.parse().ok()
}

/// Unpacks and validates; off the worker when it is much.
async fn read(
    sent: Bytes,
    encoding: Encoding,
    ingest: &Data<Ingest>,
    parse: impl FnOnce(&[u8], UnixMs) -> Result<Parsed, ApiError> + Send + 'static,
) -> Result<Parsed, ApiError> {
    let now = ingest.parts.clock.now();
    let inline = match encoding {
        Encoding::Plain => sent.len() <= INLINE_BYTES,
        Encoding::Gzip | Encoding::Zstd => sent.len() <= INLINE_PACKED_BYTES,
    };
    let max = ingest.max_decoded_bytes;
    let metrics = ingest.metrics.clone();
    let work = move || {
        let body = body::unpack(sent, encoding, max)?;
        metrics.body(body.len());
        parse(&body, now)
    };
    if inline {
        return work();
    }
    web::block(work).await.map_err(ApiError::internal)?
}

/// Makes durable what is new, and counts.
async fn keep(
    parsed: Parsed,
    agent: &Agent,
    ingest: &Ingest,
    since: Stopwatch,
) -> Result<Accepted, ApiError> {
    let partition = agent.server.partition(ingest.parts.log.partitions());
    let ids: Vec<Id> = parsed.good.iter().map(id_of).collect();
    let seen = agent.traffic.recent.judge(&ids);
    // A repeat of what is durable needs no second record; a number with another body does: its actor must see it.
    let records: Vec<(PartitionId, Encoded)> = parsed
        .good
        .into_iter()
        .zip(&seen)
        .filter(|(_, seen)| **seen != Seen::Repeat)
        .map(|(posted, _)| (partition, posted.encode(agent.server)))
        .collect();
    if !records.is_empty() {
        append(ingest, records).await?;
    }
    let known = ids.into_iter().zip(&seen);
    agent.traffic.recent.remember(
        known
            .filter(|(_, seen)| **seen != Seen::Repeat)
            .map(|(id, _)| id),
    );
    let accepted = seen.iter().filter(|seen| **seen == Seen::New).count();
    let duplicates = seen.len() - accepted;
    let refused = parsed.refused_fields.len();
    if refused > 0 {
        let (names, now) = (&parsed.refused_names, ingest.parts.clock.now());
        ingest.refused.note(agent.server, names, now);
        note_refused(agent, refused, names);
    }
    ingest
        .metrics
        .kept(accepted, duplicates, refused, since.elapsed());
    Ok(Accepted {
        accepted,
        duplicates: Some(duplicates),
        ignored: None,
        refused_fields: parsed.refused_fields,
        rejected: parsed.rejected,
    })
}

fn id_of(posted: &Posted) -> Id {
    Id {
        boot_id: posted.envelope.boot_id,
        seq: posted.envelope.seq,
        body_hash: posted.body_hash,
    }
}

async fn append(ingest: &Ingest, records: Vec<(PartitionId, Encoded)>) -> Result<(), ApiError> {
    let watch = Stopwatch::start();
    let appending = ingest.parts.log.append(records);
    let outcome = tokio::time::timeout(ingest.append_timeout, appending).await;
    ingest.metrics.appended(watch.elapsed());
    let cause: Cause = match outcome {
        Ok(Ok(_)) => return Ok(()),
        Ok(Err(error)) => error.into(),
        Err(late) => late.into(),
    };
    // Whatever the reason, the agent keeps what it has and comes back: nothing is lost by saying so.
    Err(ApiError::Unavailable {
        part: "payload log",
        retry_after: RETRY_LATER,
        source: Some(cause),
    })
}

/// Counts refused fields per server, and says so when their number reaches a power of two.
fn note_refused(agent: &Agent, refused: usize, fields: &[String]) {
    let added = refused as u64;
    let before = agent
        .traffic
        .refused_fields
        .fetch_add(added, Ordering::Relaxed);
    let total = before + added;
    if (before + 1).next_power_of_two() <= total {
        tracing::warn!(
            server = agent.server.0,
            total,
            fields = fields.join(" "),
            "impossible values stored as null"
        );
    }
}
