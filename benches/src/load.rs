//! A load generator that costs little: requests are made beforehand, answers are only looked at.

use crate::noc::Enrolled;
use noc_api::simulate::{Agent, Fleet};
use noc_pipeline::clock::{Clock, Stopwatch, SystemClock, UnixMs};
use std::collections::VecDeque;
use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use uuid::Uuid;

/// One HTTP request, ready to be written.
pub type Request = Vec<u8>;

/// How requests are sent.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Connections {
    /// Each connection carries many requests.
    Kept,
    /// Each request has a connection of its own.
    New,
}

/// What came back.
pub struct Outcome {
    /// Requests answered `202`.
    pub accepted: usize,
    /// Requests answered otherwise, with one of the answers.
    pub refused: usize,
    /// The first other answer.
    pub example: String,
    /// From the first byte written to the whole answer read, milliseconds, each request.
    pub latencies_ms: Vec<f64>,
    /// All of it, seconds.
    pub elapsed_s: f64,
}

/// `rounds` batches of metrics, processes and disks for each server, a millisecond apart in event time.
pub fn batches(servers: &[Enrolled], rounds: usize, connections: Connections) -> Vec<Request> {
    let fleet = Fleet::steady(7, u32::try_from(servers.len()).unwrap_or(u32::MAX));
    let now = SystemClock.now();
    let mut agents: Vec<Agent> = servers
        .iter()
        .map(|_| Agent::started(Uuid::new_v4()))
        .collect();
    let mut out = Vec::with_capacity(servers.len() * rounds);
    for round in 0..rounds {
        for (i, (server, agent)) in servers.iter().zip(&mut agents).enumerate() {
            let at = UnixMs(now.0 - i64::try_from(rounds - round).unwrap_or(0));
            let payloads = fleet.basics_at(u32::try_from(i).unwrap_or(0), at);
            let (body, _) = agent.batch(payloads.into_iter().map(|p| (at, p)), at);
            out.push(post(&server.bearer, &body, connections));
        }
    }
    out
}

/// One `POST /api/agent/batch`.
pub fn post(bearer: &str, body: &[u8], connections: Connections) -> Request {
    let end = if connections == Connections::New {
        "Connection: close\r\n"
    } else {
        ""
    };
    let mut request = format!(
        "POST /api/agent/batch HTTP/1.1\r\nHost: noc\r\nAuthorization: Bearer {bearer}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n{end}\r\n",
        body.len()
    )
    .into_bytes();
    request.extend_from_slice(body);
    request
}

/// Sends all requests over `width` connections at a time.
pub async fn send(
    address: &str,
    requests: Vec<Request>,
    width: usize,
    connections: Connections,
) -> Result<Outcome, Box<dyn Error>> {
    let requests = Arc::new(requests);
    let next = Arc::new(AtomicUsize::new(0));
    let watch = Stopwatch::start();
    let mut tasks = VecDeque::new();
    for _ in 0..width {
        let (requests, next, address) = (requests.clone(), next.clone(), address.to_owned());
        tasks.push_back(tokio::spawn(async move {
            let mut outcome = Outcome {
                accepted: 0,
                refused: 0,
                example: String::new(),
                latencies_ms: Vec::new(),
                elapsed_s: 0.0,
            };
            let mut kept = None;
            while let Some(request) = requests.get(next.fetch_add(1, Ordering::Relaxed)) {
                let watch = Stopwatch::start();
                let mut stream = match kept.take() {
                    Some(stream) => stream,
                    None => {
                        let stream = TcpStream::connect(&address).await?;
                        stream.set_nodelay(true)?;
                        stream
                    }
                };
                stream.write_all(request).await?;
                let answer = read_answer(&mut stream).await?;
                outcome
                    .latencies_ms
                    .push(watch.elapsed().as_secs_f64() * 1_000.0);
                if answer.starts_with("HTTP/1.1 202") {
                    outcome.accepted += 1;
                } else {
                    outcome.refused += 1;
                    if outcome.example.is_empty() {
                        outcome.example = answer;
                    }
                }
                if connections == Connections::Kept {
                    kept = Some(stream);
                }
            }
            Ok::<_, std::io::Error>(outcome)
        }));
    }
    let mut all = Outcome {
        accepted: 0,
        refused: 0,
        example: String::new(),
        latencies_ms: Vec::new(),
        elapsed_s: 0.0,
    };
    for task in tasks {
        let one = task.await??;
        all.accepted += one.accepted;
        all.refused += one.refused;
        all.latencies_ms.extend(one.latencies_ms);
        if all.example.is_empty() {
            all.example = one.example;
        }
    }
    all.elapsed_s = watch.elapsed().as_secs_f64();
    Ok(all)
}

/// Reads one answer: its head, and as much body as `Content-Length` says.
async fn read_answer(stream: &mut TcpStream) -> std::io::Result<String> {
    let mut buffer = Vec::with_capacity(512);
    loop {
        if stream.read_buf(&mut buffer).await? == 0 {
            return Err(std::io::Error::new(
                std::io::ErrorKind::UnexpectedEof,
                "connection closed before the answer",
            ));
        }
        let text = String::from_utf8_lossy(&buffer);
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length: usize = head
                .lines()
                .find_map(|l| {
                    l.to_ascii_lowercase()
                        .strip_prefix("content-length:")
                        .map(|n| n.trim().parse().unwrap_or(0))
                })
                .unwrap_or(0);
            if body.len() >= length {
                return Ok(text.into_owned());
            }
        }
    }
}
