//! Ticks are on disk before they are posted; what is not taken is sent again, in order, within bounds.

use super::{agent_of, assert_no_gap, numbers, patiently};
use noc_pipeline::clock::{Stopwatch, sleep};
use noc_tests::linux_agent::LinuxAgent;
use noc_tests::proxy::{Fault, FaultProxy};
use noc_tests::stand_in::{Reply, Sent, StandIn};
use noc_tests::{Harness, eventually};
use parking_lot::Mutex;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs;
use std::sync::Arc;
use std::time::Duration;

#[actix_web::test]
async fn a_tick_is_on_disk_before_it_is_posted() {
    let stand_in = StandIn::start(Reply::taken);
    let mut agent = agent_of(&stand_in);
    let spool = agent.state().join("spool");
    let seen: Arc<Mutex<Vec<(usize, usize)>>> = Arc::default();
    let note = Arc::clone(&seen);
    stand_in.decide(move |sent| {
        // While the request is under way: what of it lies in the spool?
        let files = fs::read_dir(&spool).expect("a spool");
        let text: String = files
            .map(|file| fs::read_to_string(file.expect("a file").path()).expect("text"))
            .collect();
        let on_disk = sent.payloads.iter().filter(|payload| {
            let number = format!(
                r#""boot_id":{},"seq":{},"#,
                payload["boot_id"], payload["seq"]
            );
            text.contains(&number)
        });
        note.lock().push((on_disk.count(), sent.payloads.len()));
        Reply::taken(sent)
    });
    agent.start();
    eventually("three requests", async || {
        (seen.lock().len() >= 3).then_some(())
    })
    .await;
    agent.stop().await;
    for (on_disk, all) in seen.lock().iter() {
        assert_eq!(on_disk, all, "posted, and not on disk");
    }
    assert_eq!(agent.spool(), Vec::new(), "and gone once they were taken");
}

/// Kills at every stage of a post: before anything passed, in the request, and with the answer lost.
#[actix_web::test]
async fn killed_in_the_middle_of_a_post_it_loses_nothing_and_doubles_nothing() {
    let noc = Harness::start().await;
    let server = noc.enrol("web-01").await;
    let proxy = FaultProxy::to(noc.addr()).await;
    let mut agent = super::agent(&format!("http://{}", proxy.addr()), &server.identity);
    let faults = [
        Fault::Refuse,
        Fault::Silence,
        Fault::CutRequest(300),
        Fault::CutReply(0),
    ];
    for fault in faults {
        proxy.set(Fault::None);
        let before = noc.logged(server.server()).await.len();
        agent.start();
        eventually("it reports", async || {
            (noc.logged(server.server()).await.len() > before + 2).then_some(())
        })
        .await;
        proxy.set(fault);
        let connections = proxy.accepted();
        eventually("a post that fails", async || {
            (proxy.accepted() > connections && !agent.spool().is_empty()).then_some(())
        })
        .await;
        agent.kill().await;
        proxy.disconnect();
    }
    proxy.set(Fault::None);
    let spooled: Vec<Value> = lines(&agent);
    assert!(!spooled.is_empty());
    agent.start();
    // Ticks of a run that was killed wait until no one can take them for a second agent's: over two minutes, unless
    // they leave before the new run says anything.
    patiently("an empty spool", || agent.spool().is_empty()).await;
    agent.stop().await;
    let logged = noc.logged(server.server()).await;
    let ids: Vec<(String, u64)> = logged
        .iter()
        .map(|record| (record.boot_id.to_string(), record.seq))
        .collect();
    let once: BTreeSet<&(String, u64)> = ids.iter().collect();
    assert_eq!(once.len(), ids.len(), "a number stands twice in the log");
    let as_json = ids
        .iter()
        .map(|(run, seq)| json!({"boot_id": run, "seq": seq}));
    let runs = numbers(&as_json.collect::<Vec<_>>());
    assert_eq!(runs.len(), faults.len() + 1);
    assert_no_gap(&runs);
    for spooled in spooled {
        let id = (
            spooled["boot_id"].as_str().unwrap().to_owned(),
            spooled["seq"].as_u64().unwrap(),
        );
        assert!(ids.contains(&id), "{id:?} was lost");
    }
    let session = noc.login().await;
    let incidents = noc.get_json(&session, "/api/incidents").await;
    let found = incidents["data"].as_array().expect("a list").iter();
    let false_alarm = found.filter(|incident| incident["detector"] == "duplicate_agent");
    assert_eq!(false_alarm.count(), 0, "{incidents}");
}

/// Everything in the spool.
fn lines(agent: &LinuxAgent) -> Vec<Value> {
    let spool = agent.spool();
    let lines = spool.iter().flat_map(|(_, lines)| lines);
    lines
        .map(|line| serde_json::from_str(line).expect("json"))
        .collect()
}

#[actix_web::test]
async fn after_an_outage_the_newest_tick_goes_first_and_everything_arrives_once() {
    let stand_in = StandIn::start(|_| Reply::refused(503));
    let mut agent = agent_of(&stand_in);
    agent.start();
    eventually("five ticks in the spool", async || {
        (agent.spool().len() >= 5).then_some(())
    })
    .await;
    let refused = stand_in.sent().len();
    stand_in.decide(Reply::taken);
    patiently("an empty spool", || {
        agent.spool().is_empty() && stand_in.sent().len() > refused
    })
    .await;
    agent.stop().await;
    let taken = &stand_in.sent()[refused..];
    let runs = numbers(taken.iter().flat_map(|sent| &sent.payloads));
    assert_no_gap(&runs);
    let all: usize = taken.iter().map(|sent| sent.payloads.len()).sum();
    assert_eq!(
        runs.values().map(BTreeSet::len).sum::<usize>(),
        all,
        "something came twice"
    );
    let first = taken[0].payloads.last().unwrap()["seq"].as_u64().unwrap();
    let backlog = taken.iter().find(|sent| sent.payloads[0]["seq"] == 1);
    let backlog = backlog.expect("the oldest came").payloads.last().unwrap()["seq"]
        .as_u64()
        .unwrap();
    assert!(
        first > backlog,
        "the backlog went before the newest tick: {first} {backlog}"
    );
    assert!(
        agent.log().contains("accepted again after"),
        "{}",
        agent.log()
    );
}

#[actix_web::test]
async fn the_spool_is_bounded_and_what_was_dropped_is_counted() {
    let stand_in = StandIn::start(|_| Reply::refused(503));
    let mut agent = agent_of(&stand_in);
    agent.settings(&[("SPOOL_MAX_BYTES", "65536")]);
    let spool = agent.state().join("spool");
    let (ok, text) = agent.run("agent.sh", &["doctor"]).await;
    assert!(!ok, "it answers 503: {text}");
    // An hour of an outage: files as an earlier run left them, with ten payloads each.
    for n in 0..20_u32 {
        let line = format!(
            r#"{{"kind":"metrics","v":1,"boot_id":"00000000-0000-0000-0000-000000000001","seq":{n},"observed_at":"2026-01-01T00:00:00Z","sent_at":"@SENT_AT@","hint":"{}"}}"#,
            "x".repeat(400)
        );
        let path = spool.join(format!("0017000000{n:02}-00000000-{n:08}.jsonl"));
        fs::write(&path, format!("{line}\n").repeat(10)).unwrap();
        std::os::unix::fs::chown(&path, Some(65_534), Some(65_534)).unwrap();
    }
    agent.start();
    eventually("the oldest were dropped", async || {
        let lost = fs::read_to_string(agent.state().join("offsets/.lost")).ok()?;
        (!lost.trim().is_empty()).then_some(())
    })
    .await;
    agent.stop().await;
    let left = agent.spool();
    let bytes: u64 = left
        .iter()
        .map(|(path, _)| fs::metadata(path).unwrap().len())
        .sum();
    assert!(bytes <= 65_536, "{bytes}");
    let old: Vec<String> = left
        .iter()
        .map(|(path, _)| path.file_name().unwrap().to_str().unwrap().to_owned())
        .filter(|name| name.contains("-00000000-"))
        .collect();
    let newest: Vec<String> = (20 - old.len()..20)
        .map(|n| format!("0017000000{n:02}-00000000-{n:08}.jsonl"))
        .collect();
    assert_eq!(old, newest, "not the oldest were dropped");
    let lost: usize = fs::read_to_string(agent.state().join("offsets/.lost"))
        .unwrap()
        .trim()
        .parse()
        .unwrap();
    assert_eq!(lost, (20 - old.len()) * 10);
    let (_, text) = agent.run("agent.sh", &["doctor"]).await;
    assert!(
        text.contains(&format!("lost since installed: {lost} payloads")),
        "{text}"
    );
}

/// 413 above a number of payloads; the rest is taken.
fn at_most(most: usize) -> impl FnMut(&Sent) -> Reply + Send {
    move |sent| {
        if sent.payloads.len() > most {
            Reply::refused(413)
        } else {
            Reply::taken(sent)
        }
    }
}

#[actix_web::test]
async fn a_batch_that_is_too_large_goes_in_halves() {
    let stand_in = StandIn::start(|_| Reply::refused(503));
    let mut agent = agent_of(&stand_in);
    agent.settings(&[("INTERVAL_S", "2")]);
    agent.start();
    eventually("five ticks in the spool", async || {
        (agent.spool().len() >= 5).then_some(())
    })
    .await;
    let refused = stand_in.sent().len();
    // Less than one tick has.
    stand_in.decide(at_most(1));
    patiently("an empty spool", || {
        agent.spool().is_empty() && stand_in.sent().len() > refused + 5
    })
    .await;
    agent.stop().await;
    let sent = stand_in.sent();
    let taken: Vec<&Value> = sent[refused..]
        .iter()
        .filter(|sent| sent.payloads.len() == 1)
        .flat_map(|sent| &sent.payloads)
        .collect();
    let left = lines(&agent);
    let runs = numbers(taken.iter().copied().chain(&left));
    assert_no_gap(&runs);
    let all = taken.len() + left.len();
    assert_eq!(runs.values().map(BTreeSet::len).sum::<usize>(), all);
    assert!(!agent.log().contains("lost"), "{}", agent.log());
}

/// As the product answers: nothing of a batch that is no JSON.
fn strict(sent: &Sent) -> Reply {
    if sent.payloads.is_empty() {
        Reply::refused(400)
    } else {
        Reply::taken(sent)
    }
}

#[actix_web::test]
async fn one_payload_that_is_no_json_costs_no_other() {
    let stand_in = StandIn::start(strict);
    let mut agent = agent_of(&stand_in);
    agent
        .hosting("hosting_probe mysql 1 probe_broken\nprobe_broken() { BODY='\"uptime_s\":,'; }\n");
    agent.start();
    eventually("three heartbeats", async || {
        (stand_in.payloads("metrics").len() >= 3).then_some(())
    })
    .await;
    eventually("the bad ones are dropped", async || {
        agent
            .log()
            .contains("lost 1 payloads: refused (400)")
            .then_some(())
    })
    .await;
    agent.stop().await;
    assert_eq!(stand_in.payloads("mysql"), Vec::<Value>::new());
    // On a busy machine it comes more seldom than the heartbeat.
    assert!(!stand_in.payloads("processes").is_empty());
}

#[actix_web::test]
async fn it_comes_back_when_the_server_says_so() {
    let stand_in = StandIn::start(Reply::taken);
    let mut agent = agent_of(&stand_in);
    agent.start();
    eventually("a heartbeat", async || {
        (!stand_in.payloads("metrics").is_empty()).then_some(())
    })
    .await;
    for (reply, quiet) in [
        (
            Reply {
                retry_after: Some(6),
                ..Reply::refused(429)
            },
            Duration::from_secs(5),
        ),
        // Nothing to hope for until somebody acts: a minute.
        (Reply::refused(401), Duration::from_secs(8)),
    ] {
        stand_in.decide(move |_| reply.clone());
        let before = stand_in.sent().len();
        eventually("a refusal", async || {
            (stand_in.sent().len() > before).then_some(())
        })
        .await;
        let (refused, watch) = (stand_in.sent().len(), Stopwatch::start());
        while watch.elapsed() < quiet {
            assert_eq!(
                stand_in.sent().len(),
                refused,
                "after {:?}",
                watch.elapsed()
            );
            sleep(Duration::from_millis(100)).await;
        }
        assert!(agent.spool().len() >= 3, "and it measures on");
        stand_in.decide(Reply::taken);
        if quiet < Duration::from_secs(8) {
            patiently("an empty spool", || agent.spool().is_empty()).await;
        }
    }
    agent.stop().await;
}

#[actix_web::test]
async fn a_page_in_between_that_says_202_is_no_acknowledgement() {
    let stand_in = StandIn::start(|_| Reply::with(202, &json!("Welcome to our hotel's network")));
    let mut agent = agent_of(&stand_in);
    agent.start();
    eventually("three ticks in the spool", async || {
        (agent.spool().len() >= 3).then_some(())
    })
    .await;
    agent.stop().await;
}

#[actix_web::test]
async fn a_half_written_tick_spoils_nothing() {
    let stand_in = StandIn::start(strict);
    let mut agent = agent_of(&stand_in);
    agent.start();
    eventually("a heartbeat", async || {
        (!stand_in.payloads("metrics").is_empty()).then_some(())
    })
    .await;
    agent.stop().await;
    // As a power cut leaves it: one whole line, half a line, and a file of nothing.
    let spool = agent.state().join("spool");
    let line = |seq: u32| {
        format!(
            r#"{{"kind":"metrics","v":1,"boot_id":"00000000-0000-0000-0000-000000000001","seq":{seq},"observed_at":"2026-01-01T00:00:00Z","sent_at":"@SENT_AT@","load1":1}}"#
        )
    };
    for (name, text) in [
        ("001", format!("{}\n{}", line(1), &line(2)[..90])),
        ("002", String::new()),
        ("003", format!("{}\n", line(3))),
    ] {
        let path = spool.join(format!("000000000{name}-00000000-00000001.jsonl"));
        fs::write(&path, text).unwrap();
        std::os::unix::fs::chown(&path, Some(65_534), Some(65_534)).unwrap();
    }
    // Clock of a run that is long over: nothing makes them wait but the two minutes of this run.
    let before = stand_in.sent().len();
    let (ok, text) = agent.run("agent.sh", &["doctor"]).await;
    assert!(!ok || text.contains("spool: 3 ticks"), "{text}");
    agent.environment("NOC_AGENT_OTHER_RUN_AGE_S", "1");
    agent.start();
    patiently("an empty spool", || agent.spool().is_empty()).await;
    agent.stop().await;
    let late = &stand_in.sent()[before..];
    let old: Vec<u64> = late
        .iter()
        .flat_map(|sent| &sent.payloads)
        .filter(|payload| payload["boot_id"] == "00000000-0000-0000-0000-000000000001")
        .filter_map(|payload| payload["seq"].as_u64())
        .collect();
    assert_eq!(old, [1, 3]);
}
