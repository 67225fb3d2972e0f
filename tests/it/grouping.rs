//! One trouble of many servers is few messages, one escalation to look at, and one acknowledgement. On real parts two
//! nodes open its incidents at the same time.

use futures::future::join_all;
use noc_api::serve::Roles;
use noc_pipeline::clock::{Clock, SystemClock};
use noc_storage::relational::entity::notification_delivery::{Column, Entity, Model};
use noc_storage::relational::entity::{execution, incident, incident_group, incident_group_member};
use noc_tests::smtp::{SmtpServer, Tls};
use noc_tests::{Harness, Node, Session, TestAgent, eventually, processes};
use reqwest::Method;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::time::Duration;

const DEAD: usize = 40;
const DUTY: [&str; 2] = ["one@noc.test", "two@noc.test"];
const BOSS: &str = "boss@noc.test";

/// An organisation whose messages about a group leave together once [`House::wait_is_over`] says so.
struct House {
    noc: Harness,
    other: Option<Node>,
    smtp: SmtpServer,
    admin: Session,
}

impl House {
    async fn open() -> Self {
        let smtp = SmtpServer::start(Tls::None, None).await;
        let noc = Harness::start_with(|config| config.alerting.group_wait_s = 300).await;
        let other = match noc.real_parts() {
            Some(_) => Some(noc.another_node(Roles::all()).await),
            None => None,
        };
        let admin = noc.login().await;
        let house = Self {
            noc,
            other,
            smtp,
            admin,
        };
        let email = json!({"enabled": true, "settings": {
            "host": "localhost", "port": house.smtp.port, "encryption": "none",
            "from_address": "noc@hostseba.test", "recipients": []}});
        let put = house.call(Method::PUT, "/api/notification-channels/email", email);
        assert_eq!(put.await.0, 200);
        let told = |delay: u32, who: &[&str]| {
            json!({"delay_seconds": delay, "channels": ["email"],
                "targets": {"users": [], "roles": [], "external": who}})
        };
        let policy = json!({"name": "Duty, then the boss", "repeat": 0,
            "steps": [told(0, &DUTY), told(36_000, &[BOSS])]});
        let (status, policy) = house.post("/api/escalation-policies", policy).await;
        assert_eq!(status, 201, "{policy}");
        let rule = json!({"name": "Services", "scope": {"all": true}, "escalation_policy_id": policy["id"],
            "condition": {"type": "detector", "detector": "service_down"}});
        let (status, rule) = house.post("/api/alert-rules", rule).await;
        assert_eq!(status, 201, "{rule}");
        house
    }

    async fn call(&self, method: Method, path: &str, body: Value) -> (u16, Value) {
        let answer = self.noc.call(&self.admin, method, path, Some(body)).await;
        let status = answer.status().as_u16();
        (status, answer.json().await.unwrap_or(Value::Null))
    }

    async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        self.call(Method::POST, path, body).await
    }

    async fn rack(&self, rack: &str, servers: usize) -> Vec<TestAgent> {
        let tag = format!("rack:{rack}");
        let mut agents = Vec::new();
        for n in 0..servers {
            let name = format!("{rack}-{n:02}");
            agents.push(self.noc.enrol_with(&name, &[&tag]).await);
        }
        agents
    }

    /// All of them see at the same moment what runs and what does not, twice; on real parts half of them tell the other
    /// node.
    async fn all_see(&self, agents: &mut [TestAgent], services: &[(&str, bool)]) {
        let seen: Vec<Value> = services
            .iter()
            .map(|(service, running)| processes(service, *running)["services"][0].clone())
            .collect();
        let nodes: Vec<SocketAddr> = [
            Some(self.noc.addr()),
            self.other.as_ref().map(|node| node.running.addr),
        ]
        .into_iter()
        .flatten()
        .collect();
        for _ in 0..2 {
            let posts = agents.iter_mut().enumerate().map(|(n, agent)| {
                let url = format!("http://{}/api/agent/processes", nodes[n % nodes.len()]);
                let body = agent.payload(json!({ "services": seen }));
                let post = self.noc.http().post(url).json(&body);
                post.header("authorization", agent.bearer()).send()
            });
            for answer in join_all(posts).await {
                assert_eq!(answer.expect("an answer").status(), 202);
            }
        }
    }

    async fn deliveries(&self) -> Vec<Model> {
        let all = Entity::find().order_by_asc(Column::Id);
        all.all(self.noc.parts().db.read()).await.unwrap()
    }

    /// Messages of a kind to somebody, whatever became of them.
    async fn rows(&self, kind: &str, who: &str) -> Vec<Model> {
        let mut rows = self.deliveries().await;
        rows.retain(|row| row.kind == kind && row.recipient == who);
        rows
    }

    /// Waits until every one of so many messages has left, or waits for others of its group.
    async fn at_rest(&self, count: usize) {
        eventually("an outbox at rest", async || {
            let all = self.deliveries().await;
            let rest = |row: &Model| match row.status.as_str() {
                "sending" | "retrying" => false,
                "queued" => row.reason.is_some(),
                _ => true,
            };
            (all.len() == count && all.iter().all(rest)).then_some(())
        })
        .await;
    }

    /// The time goes by for which messages about a group wait for each other, and they have left.
    async fn wait_is_over(&self) {
        let db = self.noc.parts().db.write();
        let now = SystemClock.now();
        let long_ago = now.minus(Duration::from_secs(3_600)).to_datetime();
        Entity::update_many()
            .col_expr(Column::SentAt, Expr::value(long_ago))
            .filter(Column::Status.eq("sent"))
            .exec(db)
            .await
            .unwrap();
        Entity::update_many()
            .col_expr(Column::NextAttemptAt, Expr::value(now.to_datetime()))
            .filter(Column::Status.eq("queued"))
            .exec(db)
            .await
            .unwrap();
        eventually("all messages sent", async || {
            let all = self.deliveries().await;
            let gone = |row: &Model| !["queued", "sending", "retrying"].contains(&&*row.status);
            all.iter().all(gone).then_some(())
        })
        .await;
    }

    /// How many mails somebody got so far.
    fn mails(&self, who: &str) -> usize {
        let mails = self.smtp.mails();
        let to = |mail: &&noc_tests::smtp::Mail| mail.recipients.iter().any(|to| to == who);
        mails.iter().filter(to).count()
    }

    async fn incidents(&self) -> Vec<incident::Model> {
        let all = incident::Entity::find().order_by_asc(incident::Column::Id);
        all.all(self.noc.parts().db.read()).await.unwrap()
    }

    async fn incidents_when(&self, what: &str, holds: impl Fn(&[incident::Model]) -> bool) {
        eventually(what, async || {
            let all = self.incidents().await;
            holds(&all).then_some(())
        })
        .await;
    }

    /// States of escalations, each once.
    async fn escalations(&self) -> BTreeSet<String> {
        let all = execution::Entity::find();
        let all = all.all(self.noc.parts().db.read()).await.unwrap();
        all.into_iter().map(|row| row.state).collect()
    }

    async fn ends(mut self) {
        if let Some(other) = self.other.take() {
            other.running.stop().await;
        }
        self.noc.stop().await;
    }
}

fn about(rows: &[Model]) -> BTreeSet<i64> {
    rows.iter().filter_map(|row| row.incident_id).collect()
}

#[actix_rt::test]
async fn forty_servers_are_two_messages_to_each_and_one_acknowledgement() {
    let house = House::open().await;
    let mut rack = house.rack("r7", DEAD + 1).await;
    let (lost, joins) = rack.split_at_mut(DEAD);
    house.all_see(lost, &[("exim", true)]).await;
    house.all_see(joins, &[("exim", true)]).await;
    house.all_see(lost, &[("exim", false)]).await;
    house
        .incidents_when("forty incidents", |all| all.len() == DEAD)
        .await;

    // Whoever opened them, they are one group.
    let db = house.noc.parts().db.write();
    let members = incident_group_member::Entity::find().all(db).await.unwrap();
    let groups: BTreeSet<i64> = members.iter().map(|row| row.group_id).collect();
    assert_eq!((members.len(), groups.len()), (DEAD, 1));
    let group = incident_group::Entity::find_by_id(*groups.first().unwrap());
    let group = group.one(db).await.unwrap().unwrap();
    assert_eq!(group.group_key, "service_down@rack:r7");

    // The first leave at once, all the others in one more.
    house.at_rest(DEAD * DUTY.len()).await;
    for who in DUTY {
        assert_eq!(house.mails(who), 1, "{who}");
    }
    house.wait_is_over().await;
    for who in DUTY {
        assert!(house.mails(who) <= 2, "{who}");
        let rows = house.rows("problem", who).await;
        assert_eq!(about(&rows).len(), DEAD);
        assert!(rows.iter().all(|row| row.status == "sent"), "{rows:?}");
    }
    let mails = house.smtp.mails();
    assert!(
        mails
            .iter()
            .any(|mail| mail.subject.contains("incidents: Service down in rack r7")),
        "{mails:?}"
    );

    // Acknowledging one is acknowledging that one.
    let all = house.incidents().await;
    let path = |n: usize| format!("/api/incidents/{}/acknowledge", all[n].id);
    let (status, one) = house.post(&path(0), json!({})).await;
    assert_eq!((status, &one["status"]), (200, &json!("acknowledged")));
    assert_eq!(
        (&one["group"]["open"], &one["group"]["acknowledged"]),
        (&json!(DEAD - 1), &json!(1))
    );
    assert_eq!(
        house.escalations().await,
        ["armed", "paused"].map(String::from).into()
    );

    // The next step tells of the others, in at most two messages again.
    let due = SystemClock.now().to_datetime();
    execution::Entity::update_many()
        .col_expr(execution::Column::DueAt, Expr::value(due))
        .filter(execution::Column::State.eq("armed"))
        .exec(db)
        .await
        .unwrap();
    house.at_rest(DEAD * DUTY.len() + DEAD - 1).await;
    house.wait_is_over().await;
    let told = about(&house.rows("problem", BOSS).await);
    assert_eq!(told.len(), DEAD - 1);
    assert!(!told.contains(&all[0].id));
    assert!((1..=2).contains(&house.mails(BOSS)));

    // All of it at once: nothing of it escalates any more, and who joins is acknowledged as it opens.
    let (status, whole) = house.post(&path(1), json!({"group": true})).await;
    assert_eq!(status, 200, "{whole}");
    assert_eq!(whole["group"]["acknowledged"], json!(DEAD));
    assert_eq!(
        house.escalations().await,
        ["paused"].map(String::from).into()
    );
    house.all_see(joins, &[("exim", false)]).await;
    house
        .incidents_when("one that joins", |all| all.len() == DEAD + 1)
        .await;
    let joined = house.incidents().await.pop().unwrap();
    assert_eq!(joined.status, "acknowledged");

    // The recoveries wait for nothing, and go to exactly those who were told.
    let problems = house.deliveries().await;
    house.all_see(&mut rack, &[("exim", true)]).await;
    house
        .incidents_when("the end of all", |all| {
            all.iter().all(|one| one.status == "resolved")
        })
        .await;
    house.at_rest(2 * problems.len()).await;
    let recoveries = house.deliveries().await;
    let of = |kind: &str| -> BTreeSet<(Option<i64>, String)> {
        let rows = recoveries.iter();
        rows.filter(|row| row.kind == kind && row.status == "sent")
            .map(|row| (row.incident_id, row.recipient.clone()))
            .collect()
    };
    assert_eq!(of("problem").len(), problems.len());
    assert_eq!(of("recovery"), of("problem"));
    house.ends().await;
}

#[actix_rt::test]
async fn who_joins_a_group_that_somebody_has_is_told_of_once_it_is_worse_or_doubled() {
    let house = House::open().await;
    let mut rack = house.rack("r8", 6).await;
    let well = [("exim", true), ("nginx", true)];
    let nginx_down = [("exim", true), ("nginx", false)];
    let exim_down = [("exim", false), ("nginx", true)];
    house.all_see(&mut rack, &well).await;
    let (known, rest) = rack.split_at_mut(2);
    house.all_see(known, &nginx_down).await;
    house
        .incidents_when("two incidents", |all| all.len() == 2)
        .await;
    let first = house.incidents().await.remove(0);
    let path = format!("/api/incidents/{}/acknowledge", first.id);
    let (status, whole) = house.post(&path, json!({"group": true})).await;
    assert_eq!(
        (status, &whole["group"]["acknowledged"]),
        (200, &json!(2)),
        "{whole}"
    );
    assert_eq!(
        whole["group"]["covered_by"]["name"],
        whole["acknowledged_by"]["name"]
    );

    // The third is as bad as the two.
    let opens = async |n: usize, agents: &mut [TestAgent], services: &[(&str, bool)]| {
        house.all_see(agents, services).await;
        house
            .incidents_when("one more incident", |all| all.len() == n)
            .await;
        house.incidents().await.pop().unwrap()
    };
    let third = opens(3, &mut rest[..1], &nginx_down).await;
    assert_eq!((&*third.severity, &*third.status), ("high", "acknowledged"));
    // The fourth is twice as many.
    let fourth = opens(4, &mut rest[1..2], &nginx_down).await;
    assert_eq!((&*fourth.severity, &*fourth.status), ("high", "open"));
    // Taken on again, the next one is critical: somebody is told at once.
    let (status, _) = house.post(&path, json!({"group": true})).await;
    assert_eq!(status, 200);
    let fifth = opens(5, &mut rest[2..3], &exim_down).await;
    assert_eq!((&*fifth.severity, &*fifth.status), ("critical", "open"));
    house.at_rest(DUTY.len()).await;
    for who in DUTY {
        assert_eq!(about(&house.rows("problem", who).await), [fifth.id].into());
        assert_eq!(house.mails(who), 1, "{who}");
    }
    house.ends().await;
}
