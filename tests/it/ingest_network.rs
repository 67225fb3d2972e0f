//! Agents behind a network that misbehaves: slow, cut in the middle, answers lost or doubled. What was not
//! acknowledged is sent again, and stands in the log once.

use futures::future::join_all;
use noc_pipeline::clock::{Stopwatch, UnixMs};
use noc_pipeline::payload::Kind;
use noc_storage::series::RangeQuery;
use noc_tests::proxy::{Fault, FaultProxy};
use noc_tests::{Harness, TestAgent, eventually, metrics};
use reqwest::Client;
use serde_json::Value;
use std::time::Duration;

/// An agent's client: a new connection for each request, through the proxy.
struct Wire {
    http: Client,
    url: String,
}

impl Wire {
    fn through(proxy: &FaultProxy) -> Self {
        let http = Client::builder()
            .no_proxy()
            .pool_max_idle_per_host(0)
            .timeout(Duration::from_secs(10));
        Self {
            http: http.build().unwrap(),
            url: format!("http://{}/api/agent/metrics", proxy.addr()),
        }
    }

    /// Status and body; `None` when no whole answer came.
    async fn post(&self, agent: &TestAgent, body: &Value) -> Option<(u16, Value)> {
        let answer = self
            .http
            .post(&self.url)
            .header("authorization", agent.bearer())
            .json(body);
        let answer = answer.send().await.ok()?;
        Some((answer.status().as_u16(), answer.json().await.ok()?))
    }
}

/// The sums of `accepted` and `duplicates`; everything must have been answered 202.
fn sums(answers: &[Option<(u16, Value)>]) -> (u64, u64) {
    let mut sums = (0, 0);
    for answer in answers {
        let (status, body) = answer.as_ref().expect("an answer");
        assert_eq!(*status, 202, "{body}");
        sums.0 += body["accepted"].as_u64().unwrap();
        sums.1 += body["duplicates"].as_u64().unwrap();
    }
    sums
}

#[actix_rt::test]
async fn a_slow_network_only_takes_longer() {
    let harness = Harness::start().await;
    let mut agent = harness.enrol("web-1").await;
    let proxy = FaultProxy::to(harness.addr()).await;
    let wire = Wire::through(&proxy);
    let lag = Duration::from_millis(300);
    proxy.set(Fault::Delay(lag));
    let body = agent.payload(metrics());
    let watch = Stopwatch::start();
    assert_eq!(sums(&[wire.post(&agent, &body).await]), (1, 0));
    assert!(watch.elapsed() >= lag * 2, "the proxy was not in the way");
}

#[actix_rt::test]
async fn a_request_cut_in_its_body_is_nothing_and_its_repeat_is_taken() {
    let harness = Harness::start().await;
    let mut agent = harness.enrol("web-1").await;
    let proxy = FaultProxy::to(harness.addr()).await;
    let wire = Wire::through(&proxy);
    let body = agent.payload(metrics());
    let length = body.to_string().len();
    // In the head, which is over 120 bytes long, and in the body.
    for bytes in [20, length, length + 120] {
        proxy.set(Fault::CutRequest(bytes));
        assert_eq!(wire.post(&agent, &body).await, None, "cut at {bytes}");
    }
    assert!(harness.logged(agent.server()).await.is_empty());
    proxy.set(Fault::None);
    assert_eq!(sums(&[wire.post(&agent, &body).await]), (1, 0));
    assert_eq!(harness.logged(agent.server()).await.len(), 1);
}

#[actix_rt::test]
async fn a_lost_answer_makes_a_repeat_that_is_known() {
    let harness = Harness::start().await;
    let mut agent = harness.enrol("web-1").await;
    let proxy = FaultProxy::to(harness.addr()).await;
    let wire = Wire::through(&proxy);
    let body = agent.payload(metrics());
    for most in [0, 20] {
        proxy.set(Fault::CutReply(most));
        assert_eq!(wire.post(&agent, &body).await, None);
    }
    proxy.set(Fault::None);
    assert_eq!(sums(&[wire.post(&agent, &body).await]), (0, 1));
    assert_eq!(harness.logged(agent.server()).await.len(), 1);
}

#[actix_rt::test]
async fn a_request_that_drips_in_holds_up_nobody_else() {
    let harness = Harness::start().await;
    let mut slow = harness.enrol("web-1").await;
    let mut other = harness.enrol("web-2").await;
    let proxy = FaultProxy::to(harness.addr()).await;
    let wire = Wire::through(&proxy);
    let every = Duration::from_millis(2);
    proxy.set(Fault::Drip { bytes: 1, every });
    let body = slow.payload(metrics());
    let others = async {
        let mut answered = 0;
        for _ in 0..20 {
            let body = other.payload(metrics());
            let answer = harness.post(&other, "metrics", &body).await;
            assert_eq!(answer.0, 202);
            answered += 1;
        }
        answered
    };
    let watch = Stopwatch::start();
    let (answer, answered) = futures::join!(wire.post(&slow, &body), others);
    assert_eq!((sums(&[answer]), answered), ((1, 0), 20));
    let least = every * u32::try_from(body.to_string().len()).unwrap();
    assert!(watch.elapsed() >= least, "it did not drip");
}

#[actix_rt::test]
async fn a_doubled_answer_misleads_nobody() {
    let harness = Harness::start().await;
    let mut agent = harness.enrol("web-1").await;
    let proxy = FaultProxy::to(harness.addr()).await;
    let wire = Wire::through(&proxy);
    proxy.set(Fault::DuplicateReply);
    let mut answers = Vec::new();
    for _ in 0..5 {
        let body = agent.payload(metrics());
        answers.push(wire.post(&agent, &body).await);
    }
    assert_eq!(sums(&answers), (5, 0));
    assert_eq!(harness.logged(agent.server()).await.len(), 5);
}

#[actix_rt::test]
async fn copies_that_race_are_one_row() {
    let harness = Harness::start().await;
    let mut agent = harness.enrol("web-1").await;
    let proxy = FaultProxy::to(harness.addr()).await;
    let wire = Wire::through(&proxy);
    let body = agent.payload(metrics());
    let answers = join_all((0..16).map(|_| wire.post(&agent, &body))).await;
    // None is acknowledged before it is durable, so copies under way at once may all be in the log; readers know
    // them by their number.
    let (accepted, duplicates) = sums(&answers);
    assert_eq!(accepted + duplicates, 16);
    let logged = harness.logged(agent.server()).await;
    assert_eq!(logged.len() as u64, accepted);
    assert!(
        logged
            .iter()
            .all(|p| (p.boot_id, p.seq) == (agent.boot_id, 1))
    );
    let at = logged[0].event_at;
    let query = RangeQuery {
        server: agent.server(),
        kind: Kind::Metrics,
        fields: vec!["cpu_pct".into()],
        from: UnixMs(at.0 - 60_000),
        to: UnixMs(at.0 + 60_000),
        points: 100,
    };
    eventually("one row in the series store", async || {
        let series = harness.parts().series.range(&query).await.unwrap();
        assert!(series.at.len() < 2, "{series:?}");
        (series.at.len() == 1).then_some(())
    })
    .await;
}

#[actix_rt::test]
async fn a_network_that_says_nothing_or_refuses_leaves_the_next_try_alone() {
    let harness = Harness::start().await;
    let mut agent = harness.enrol("web-1").await;
    let proxy = FaultProxy::to(harness.addr()).await;
    let mut wire = Wire::through(&proxy);
    wire.http = Client::builder()
        .no_proxy()
        .timeout(Duration::from_millis(500))
        .build()
        .unwrap();
    let body = agent.payload(metrics());
    for fault in [Fault::Silence, Fault::Refuse] {
        proxy.set(fault);
        assert_eq!(wire.post(&agent, &body).await, None);
    }
    proxy.disconnect();
    proxy.set(Fault::None);
    let (accepted, duplicates) = sums(&[wire.post(&agent, &body).await]);
    assert_eq!(accepted + duplicates, 1);
    // What was held back may have come through late, beside its repeat: two copies under one number.
    let logged = harness.logged(agent.server()).await;
    let numbers: Vec<_> = logged.iter().map(|p| (p.boot_id, p.seq)).collect();
    assert!((1..=2).contains(&numbers.len()), "{numbers:?}");
    assert!(numbers.iter().all(|number| *number == (agent.boot_id, 1)));
}
