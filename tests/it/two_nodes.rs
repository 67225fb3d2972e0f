//! Several nodes on real parts: who owns what, what one of them learns and the others must know, and who may join.

use futures::future::join_all;
use noc_api::config::{Config, Secret, Sources};
use noc_api::serve::{self, Role, Roles, Running, StartError};
use noc_pipeline::clock::Stopwatch;
use noc_pipeline::id::PartitionId;
use noc_pipeline::live::LiveEvent;
use noc_tests::parts::RealParts;
use noc_tests::{Harness, Session, TestAgent, eventually, metrics, processes};
use reqwest::{Method, Response};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

/// What one node learns every other knows within this.
const KNOWN_WITHIN: Duration = Duration::from_secs(5);

async fn first() -> Harness {
    Harness::on(RealParts::new().await, |_| {}).await
}

/// The settings of a node on these parts, with a data directory of its own.
fn settings(parts: &RealParts, dir: &Path) -> Config {
    drop(rustls::crypto::ring::default_provider().install_default());
    let environment = parts.environment().into_iter();
    let sources = Sources {
        file: None,
        environment: environment.map(|(n, v)| (n.to_owned(), v)).collect(),
    };
    let (mut config, _) = Config::load(&sources).expect("settings of tests");
    config.http.bind = SocketAddr::from(([127, 0, 0, 1], 0));
    config.http.metrics_bind = config.http.bind;
    config.http.workers = 1;
    config.http.drain_s = 0;
    config.storage.data_dir = dir.to_owned();
    config.storage.min_free_mib = 1;
    config
}

fn owned(node: &Running) -> Vec<PartitionId> {
    let seen = node.observe().partitions.into_iter();
    seen.map(|seen| seen.partition).collect()
}

async fn wait_for(node: &Running, count: usize) {
    eventually(&format!("{count} partitions"), async || {
        (owned(node).len() == count).then_some(())
    })
    .await;
}

/// Posts at this node: the status, and the answer.
async fn post_at(node: &Running, agent: &mut TestAgent, path: &str, body: Value) -> (u16, Value) {
    let body = agent.payload(body);
    let answer = reqwest::Client::new()
        .post(format!("http://{}/api/agent/{path}", node.addr))
        .header("authorization", agent.bearer())
        .json(&body)
        .send()
        .await
        .expect("an answer");
    let status = answer.status().as_u16();
    (status, answer.json().await.unwrap_or(Value::Null))
}

/// GET at this node of somebody who is signed in.
async fn get_at(node: &Running, session: &Session, path: &str) -> Response {
    let request = reqwest::Client::new()
        .get(format!("http://{}{path}", node.addr))
        .header("cookie", session.cookies());
    request.send().await.expect("an answer")
}

/// Waits until `check` holds at the other node, no longer than it may take.
async fn known(what: &str, check: impl AsyncFnMut() -> Option<()>) {
    let watch = Stopwatch::start();
    eventually(what, check).await;
    assert!(watch.elapsed() < KNOWN_WITHIN, "{what}: {watch:?}");
}

#[actix_rt::test]
async fn partitions_are_shared_and_handed_over() {
    let noc = first().await;
    wait_for(noc.running(), 4).await;
    let second = noc.another_node(Roles::all()).await;
    wait_for(&second.running, 2).await;
    wait_for(noc.running(), 2).await;
    let watch = Stopwatch::start();
    second.running.stop().await;
    wait_for(noc.running(), 4).await;
    println!("handed over in {:?}", watch.elapsed());
    assert!(watch.elapsed() < Duration::from_secs(5), "{watch:?}");
}

#[actix_rt::test]
async fn nodes_that_start_together_read_the_same_log() {
    let parts = RealParts::new().await;
    let dirs = [(); 2].map(|()| tempfile::tempdir().unwrap());
    let configs = dirs.each_ref().map(|dir| settings(&parts, dir.path()));
    let starts = configs.map(|config| serve::start(config, Roles::all()));
    let mut nodes = Vec::new();
    for node in join_all(starts).await {
        nodes.push(node.unwrap_or_else(|error| panic!("{error}: {error:?}")));
    }
    let ids: Vec<_> = nodes.iter().map(|node| node.parts.log.log_id()).collect();
    assert_eq!(ids[0], ids[1]);
    for node in &nodes {
        wait_for(node, 2).await;
    }
    for node in nodes {
        node.stop().await;
    }
}

#[actix_rt::test]
async fn what_one_node_changes_the_others_know_within_seconds() {
    let noc = first().await;
    let second = noc.another_node(Roles::all()).await.running;
    let admin = noc.login().await;
    assert_eq!(get_at(&second, &admin, "/api/servers").await.status(), 200);

    // Enrolled here, taken there, at the first try.
    let mut agent = noc.enrol("web-01").await;
    let posted = post_at(&second, &mut agent, "metrics", metrics()).await;
    assert_eq!(posted.0, 202, "{posted:?}");

    // Nobody knows this one, anywhere.
    let mut stranger = agent.clone();
    stranger.identity.server = noc_pipeline::id::ServerId(9_999);
    let refused = post_at(&second, &mut stranger, "metrics", metrics()).await;
    assert_eq!(refused.0, 401);

    // Shown here, heard there.
    let mut heard = second.parts.bus.subscribe();
    let server = agent.server();
    let event = LiveEvent::ServerUpdated { server };
    noc.parts().bus.publish(event).await;
    known("an event", async || {
        std::iter::from_fn(|| heard.try_recv().ok())
            .any(|e| e == event)
            .then_some(())
    })
    .await;

    // Switched off and on here, there too.
    for (button, ignored) in [("disable-agent", true), ("enable-agent", false)] {
        let path = format!("/api/servers/{server}/{button}");
        let answer = noc.call(&admin, Method::POST, &path, None).await;
        assert_eq!(answer.status(), 200);
        known(button, async || {
            let (status, answer) = post_at(&second, &mut agent, "metrics", metrics()).await;
            assert_eq!(status, 202);
            (answer["ignored"].is_string() == ignored).then_some(())
        })
        .await;
    }

    // Signed out here, there too.
    let other = noc.login().await;
    assert_eq!(get_at(&second, &other, "/api/servers").await.status(), 200);
    let answer = noc
        .call(&other, Method::POST, "/api/auth/logout", None)
        .await;
    assert!(answer.status().is_success());
    assert_eq!(get_at(&second, &other, "/api/servers").await.status(), 401);

    // Deleted here, refused there.
    let path = format!("/api/servers/{server}");
    let answer = noc.call(&admin, Method::DELETE, &path, None).await;
    assert_eq!(answer.status(), 204);
    known("a deleted server", async || {
        let (status, _) = post_at(&second, &mut agent, "metrics", metrics()).await;
        (status == 401).then_some(())
    })
    .await;
    second.stop().await;
}

#[actix_rt::test]
async fn a_rule_made_at_one_node_judges_at_all() {
    let noc = first().await;
    let second = noc.another_node(Roles::all()).await.running;
    wait_for(&second, 2).await;
    let admin = noc.login().await;
    let rule = json!({
        "name": "Load", "severity": "high", "channels": ["email"], "scope": {"all": true},
        "condition": {"type": "threshold", "metric": "metrics.load1", "comparator": ">",
            "threshold": 1.0, "for_seconds": 0},
    });
    let answer = noc
        .call(&admin, Method::POST, "/api/alert-rules", Some(rule))
        .await;
    let status = answer.status();
    assert_eq!(status, 201, "{}", answer.text().await.unwrap());
    // One server in each partition, whoever owns it.
    let mut agents = Vec::new();
    for n in 0..4 {
        agents.push(noc.enrol(&format!("web-0{n}")).await);
    }
    for (n, agent) in agents.iter_mut().enumerate() {
        for _ in 0..3 {
            let posted = match n % 2 {
                0 => post_at(&second, agent, "metrics", metrics()).await,
                _ => post_at(noc.running(), agent, "metrics", metrics()).await,
            };
            assert_eq!(posted.0, 202, "{posted:?}");
        }
    }
    eventually("an incident for each of them", async || {
        let list = noc.get_json(&admin, "/api/incidents").await;
        let open = list["data"].as_array().map(Vec::len);
        (open == Some(4)).then_some(())
    })
    .await;
    second.stop().await;
}

#[actix_rt::test]
async fn roles_may_live_on_nodes_of_their_own() {
    let parts = RealParts::new().await;
    let mut dirs = Vec::new();
    let mut nodes = Vec::new();
    for role in [
        Role::Api,
        Role::Ingest,
        Role::Actors,
        Role::Notify,
        Role::Scheduler,
    ] {
        let dir = tempfile::tempdir().unwrap();
        let config = settings(&parts, dir.path());
        let node = serve::start(config, Roles::of(role)).await;
        nodes.push(node.unwrap_or_else(|error| panic!("{error}: {error:?}")));
        dirs.push(dir);
    }
    let [api, ingest, actors, ..] = nodes.as_slice() else {
        panic!("five nodes");
    };
    wait_for(actors, 4).await;
    for node in [api, ingest] {
        assert!(owned(node).is_empty());
    }
    let status = async |node: &Running, path: &str| {
        let url = format!("http://{}{path}", node.addr);
        reqwest::get(url).await.unwrap().status().as_u16()
    };
    for node in &nodes {
        assert_eq!(status(node, "/readyz").await, 200);
    }
    assert_eq!(status(api, "/api/auth/csrf-cookie").await, 204);
    assert_eq!(status(ingest, "/api/auth/csrf-cookie").await, 404);
    for node in nodes {
        node.stop().await;
    }
}

#[actix_rt::test]
async fn a_second_node_needs_all_three_addresses() {
    let noc = first().await;
    let parts = noc.real_parts().unwrap();
    for without in ["kafka", "questdb"] {
        let dir = tempfile::tempdir().unwrap();
        let mut config = settings(parts, dir.path());
        match without {
            "kafka" => config.kafka.brokers = None,
            _ => config.questdb.url = None,
        }
        let Err(error) = serve::start(config, Roles::all()).await else {
            panic!("it would judge on its own, without {without}");
        };
        let said = error.to_string();
        assert!(matches!(error, StartError::NotShared { .. }), "{error:?}");
        assert!(said.contains("NOC_KAFKA_BROKERS"), "{said}");
    }
}

#[actix_rt::test]
async fn each_part_may_be_embedded_on_a_single_node() {
    for embedded in ["kafka", "questdb", "database", "kafka and questdb"] {
        let parts = RealParts::new().await;
        let mut noc = Harness::on(parts, |config| {
            if embedded.contains("kafka") {
                config.kafka.brokers = None;
            }
            if embedded.contains("questdb") {
                config.questdb.url = None;
            }
            if embedded == "database" {
                config.database.url = None;
            }
        })
        .await;
        let admin = noc.login().await;
        let mut agent = noc.enrol("mail-02").await;
        for _ in 0..2 {
            let body = agent.payload(processes("exim", false));
            assert_eq!(noc.post(&agent, "processes", &body).await.0, 202);
        }
        eventually(
            &format!("an incident with {embedded} embedded"),
            async || {
                let list = noc.get_json(&admin, "/api/incidents").await;
                (list["data"].as_array()?.len() == 1).then_some(())
            },
        )
        .await;
        noc.stop().await;
    }
}

#[actix_rt::test]
async fn a_replica_that_is_away_is_not_waited_for() {
    let noc = Harness::on(RealParts::new().await, |config| {
        // Nobody listens there.
        let url = "mysql://noc:noc@127.0.0.1:1/noc".to_owned();
        config.database.read_url = Some(Secret::new(url));
    })
    .await;
    let admin = noc.login().await;
    let watch = Stopwatch::start();
    let list = noc
        .get_json(&admin, "/api/notification-deliveries?limit=1")
        .await;
    assert_eq!(list["data"], json!([]));
    noc_storage::relational::incidents::open_by_severity(noc.parts().db.reports().await)
        .await
        .expect("the primary answers");
    assert!(watch.elapsed() < Duration::from_secs(5), "{watch:?}");
}
