//! From the first byte of a payload that breaks a service to the hand-over of the mail, while 2,000 payloads a second
//! arrive from others.

use crate::load::{self, Connections};
use crate::noc::Noc;
use crate::report::{figure, heading, quantile};
use crate::smtp_sink::{self, Mail};
use noc_api::simulate::Agent;
use noc_pipeline::clock::{Clock, Stopwatch, SystemClock};
use noc_pipeline::payload::{Payload, Processes, Service};
use serde_json::json;
use std::error::Error;
use std::path::Path;
use std::time::Duration;
use tokio::sync::mpsc::UnboundedReceiver;
use uuid::Uuid;

const BREAKS: usize = 200;
const BACKGROUND: usize = 1_000;
/// Three payloads a request: 2,000 a second.
const REQUESTS_PER_S: f64 = 2_000.0 / 3.0;

/// What a host says of its mail server.
pub fn exim(running: bool) -> Payload {
    Payload::Processes(Processes {
        services: vec![Service {
            name: "exim".into(),
            unit: Some("exim4".into()),
            installed: true,
            enabled: true,
            running,
            pids: Some(u64::from(running)),
            main_pid: running.then_some(100),
        }],
    })
}

/// The first mail about this host; others, of an earlier host to a second recipient, are passed over.
async fn first_page(mails: &mut UnboundedReceiver<Mail>, host: &str) -> Result<Mail, String> {
    loop {
        let mail = mails.recv().await.ok_or("the sink ended")?;
        if !mail.head.contains("X-NOC-Delivery") {
            return Err(format!("not a page: {}", mail.head));
        }
        if mail.head.contains(host) {
            return Ok(mail);
        }
    }
}

/// E-mail goes to a server of ours: what arrives there.
pub async fn sink(noc: &Noc) -> Result<UnboundedReceiver<Mail>, Box<dyn Error>> {
    let (port, mails) = smtp_sink::listen().await?;
    let settings = json!({"host": "127.0.0.1", "port": port, "encryption": "none", "from_address": "noc@example.test",
        "from_name": "NOC", "recipients": ["ops@example.test"]});
    noc.send(
        "PUT",
        "/api/notification-channels/email",
        &json!({"enabled": true, "settings": settings}),
    )
    .await?;
    Ok(mails)
}

/// Those of the hosts that a mail names.
pub fn named_by<'h>(mail: &Mail, hosts: impl Iterator<Item = &'h String>) -> Vec<String> {
    let named = |host: &&String| mail.head.contains(*host) || mail.body.contains(*host);
    hosts.filter(named).cloned().collect()
}

pub async fn run(binary: &Path) -> Result<(), Box<dyn Error>> {
    heading("latency: bad payload to SMTP hand-over");
    let noc = Noc::start(binary).await?;
    let mut mails = sink(&noc).await?;
    let servers = noc.enrol(BACKGROUND + BREAKS).await?;
    let (background, breaking) = servers.split_at(BACKGROUND);
    let mut agents: Vec<Agent> = breaking
        .iter()
        .map(|_| Agent::started(Uuid::new_v4()))
        .collect();

    // A steady background, paced, for as long as the measurement lasts.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a minute of requests"
    )]
    let total = (REQUESTS_PER_S * 45.0) as usize;
    let requests = load::batches(background, total.div_ceil(BACKGROUND), Connections::Kept);
    let address = noc.address.clone();
    let pacing = tokio::spawn(async move {
        let watch = Stopwatch::start();
        let mut chunks = requests.into_iter();
        let mut sent = 0.0;
        loop {
            let due = watch.elapsed().as_secs_f64() * REQUESTS_PER_S - sent;
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a few requests"
            )]
            let chunk: Vec<_> = chunks.by_ref().take(due.max(0.0) as usize).collect();
            if chunk.is_empty() && chunks.len() == 0 {
                return Ok::<f64, String>(sent / watch.elapsed().as_secs_f64());
            }
            #[expect(clippy::cast_precision_loss, reason = "a few requests")]
            {
                sent += chunk.len() as f64;
            }
            if !chunk.is_empty() {
                load::send(&address, chunk, 16, Connections::Kept)
                    .await
                    .map_err(|e| e.to_string())?;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    });

    // Each host: running, then twice not running. The second of those opens the incident.
    let mut latencies = Vec::new();
    for (n, (server, agent)) in breaking.iter().zip(&mut agents).enumerate() {
        let name = format!("bench-{}", BACKGROUND + n);
        let mut started = SystemClock.now();
        for running in [true, false, false] {
            let at = SystemClock.now();
            let (body, _) = agent.batch([(at, exim(running))], at);
            started = SystemClock.now();
            let outcome = load::send(
                &noc.address,
                vec![load::post(&server.bearer, &body, Connections::New)],
                1,
                Connections::New,
            )
            .await?;
            if outcome.accepted != 1 {
                return Err(outcome.example.into());
            }
        }
        let mail = tokio::time::timeout(Duration::from_secs(20), first_page(&mut mails, &name));
        latencies.push(mail.await??.at.since(started).as_secs_f64() * 1_000.0);
        tokio::time::sleep(Duration::from_millis(
            u64::from(Uuid::new_v4().as_bytes()[0] / 2) + 50,
        ))
        .await;
    }
    let pace = pacing.await??;
    println!(
        "{BREAKS} hosts break one after another, {:.0} payloads/s from {BACKGROUND} others",
        pace * 3.0
    );
    figure(
        "first byte to hand-over, p50",
        "ms",
        &[quantile(&mut latencies, 0.50)],
        "goal <= 25",
    );
    figure(
        "first byte to hand-over, p99",
        "ms",
        &[quantile(&mut latencies, 0.99)],
        "goal <= 150",
    );
    Ok(())
}
