//! A mailbox that does not exist is its owner's trouble, a sender that is refused is everybody's: told by what a real mail
//! server answers, up to what people are told of the channel.

use noc_storage::relational::entity::notification_delivery::{Entity, Model};
use noc_tests::smtp::{SmtpServer, Tls};
use noc_tests::stand_in::{Reply, StandIn};
use noc_tests::{Harness, Session, eventually, processes};
use reqwest::Method;
use sea_orm::EntityTrait;
use serde_json::{Value, json};

struct House {
    noc: Harness,
    smtp: SmtpServer,
    admin: Session,
    webhook: StandIn,
}

impl House {
    /// Critical services are told by mail to one who has an account and to one who has none; notices go over the webhook.
    async fn open() -> Self {
        let smtp = SmtpServer::start(Tls::None, None).await;
        let noc = Harness::start().await;
        let admin = noc.login().await;
        let webhook = StandIn::start(|_| Reply::with(202, &json!({})));
        let house = Self {
            noc,
            smtp,
            admin,
            webhook,
        };
        let email = json!({"enabled": true, "settings": {
            "host": "localhost", "port": house.smtp.port, "encryption": "none",
            "from_address": "noc@hostseba.test", "recipients": ["gone@noc.test"]}});
        house.put("/api/notification-channels/email", email).await;
        let url = format!("{}/notices", house.webhook.url());
        let webhook = json!({"enabled": true, "settings": {"url": url}});
        house
            .put("/api/notification-channels/webhook", webhook)
            .await;
        let steps = json!([{"delay_seconds": 0, "channels": ["email"],
            "targets": {"users": [], "roles": ["admin"], "external": ["left@noc.test"]}}]);
        let policy = json!({"name": "Told by mail", "repeat": 0, "steps": steps});
        let policy = house.post("/api/escalation-policies", policy).await;
        let rule = json!({"name": "Services", "scope": {"all": true}, "escalation_policy_id": policy["id"],
            "condition": {"type": "detector", "detector": "service_down"}});
        house.post("/api/alert-rules", rule).await;
        house
    }

    async fn put(&self, path: &str, body: Value) {
        let answer = self.noc.call(&self.admin, Method::PUT, path, Some(body));
        let answer = answer.await;
        let (status, text) = (answer.status(), answer.text().await.unwrap());
        assert_eq!(status, 200, "{path}: {text}");
    }

    async fn post(&self, path: &str, body: Value) -> Value {
        let answer = self.noc.call(&self.admin, Method::POST, path, Some(body));
        let answer = answer.await;
        assert_eq!(answer.status(), 201, "{path}");
        answer.json().await.unwrap()
    }

    /// A server's exim is dead, and what came of telling it.
    async fn told_of(&self, server: &str) -> Vec<Model> {
        let before = self.deliveries().await.len();
        let mut agent = self.noc.enrol(server).await;
        for _ in 0..2 {
            let body = agent.payload(processes("exim", false));
            let (status, _) = self.noc.post(&agent, "processes", &body).await;
            assert_eq!(status, 202);
        }
        eventually("mail that failed", async || {
            let mut rows = self.deliveries().await.split_off(before);
            // What goes over another channel instead is another matter.
            rows.retain(|row| row.kind == "problem" && row.channel == "email");
            let failed = rows.iter().all(|row| row.status == "failed");
            (rows.len() == 3 && failed).then_some(rows)
        })
        .await
    }

    async fn deliveries(&self) -> Vec<Model> {
        let db = self.noc.parts().db.read();
        let mut rows = Entity::find().all(db).await.unwrap();
        rows.sort_by_key(|row| row.id);
        rows
    }

    /// What came over the webhook of channels that do not work: a path and a body each.
    fn noticed(&self) -> Vec<(String, Value)> {
        let all = self.webhook.sent().into_iter().map(|sent| {
            let body: Value = serde_json::from_str(&sent.body).unwrap();
            (sent.path, body)
        });
        let of_a_channel = |body: &Value| {
            let subject = body["subject"].as_str().unwrap();
            subject.contains("[channel failing]")
        };
        all.filter(|(_, body)| of_a_channel(body)).collect()
    }

    async fn email(&self) -> Value {
        let path = "/api/notification-channels";
        let all = self.noc.get_json(&self.admin, path).await;
        let mut all = all["data"].as_array().unwrap().clone().into_iter();
        all.find(|one| one["channel"] == "email").unwrap()
    }
}

#[actix_rt::test]
async fn a_dead_mailbox_is_its_owners_and_a_refused_sender_everybodys() {
    let mut house = House::open().await;
    house.smtp.behave("reply rcpt 550 5.1.1 no such user").await;
    for row in house.told_of("web-01").await {
        let reason = row.reason.unwrap();
        assert!(reason.contains("550: 5.1.1 no such user"), "{reason}");
    }
    assert_eq!(house.email().await["healthy"], true);
    let notices = async |house: &House| {
        let rows = house.deliveries().await.into_iter();
        rows.filter(|row| row.kind == "notice").count()
    };
    assert_eq!(notices(&house).await, 0);
    assert_eq!(house.noticed(), []);

    house
        .smtp
        .behave("reply rcpt 550 5.7.1 sender refused by policy")
        .await;
    house.told_of("web-02").await;
    let email = house.email().await;
    assert_eq!(email["healthy"], false, "{email}");
    assert_eq!(notices(&house).await, 1, "over the webhook, once");
    let noticed = eventually("the notice arrives", async || {
        Some(house.noticed()).filter(|noticed| !noticed.is_empty())
    });
    let noticed = noticed.await;
    assert_eq!(noticed.len(), 1, "{noticed:?}");
    let (path, body) = &noticed[0];
    assert_eq!(path, "/notices");
    assert_eq!(
        body["structured"]["title"],
        "Messages do not get through: Email"
    );
    let why = body["structured"]["fields"][0]["value"].as_str().unwrap();
    assert!(why.contains("5.7.1 sender refused by policy"), "{body}");
    house.noc.stop().await;
}
