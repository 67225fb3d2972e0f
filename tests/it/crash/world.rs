//! An organisation with one server and one policy, and a program that dies where it is told to.

use crate::kill::{environment, start};
use noc_pipeline::clock::{Clock, Stopwatch, SystemClock, UnixMs, sleep};
use noc_storage::relational::entity::notification_delivery::{Column, Entity, Model};
use noc_storage::relational::entity::{execution, incident, incident_timeline};
use noc_tests::parts::RealParts;
use noc_tests::program::{Launch, Program};
use noc_tests::smtp::{Mail, SmtpServer, Tls};
use noc_tests::{Harness, Session, TestAgent, eventually};
use reqwest::Method;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, Database, DatabaseConnection, EntityTrait, QueryFilter, QueryOrder};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::time::Duration;
use tempfile::TempDir;

/// How long a planned death may take to come.
const PATIENCE: Duration = Duration::from_secs(120);
/// `SIGABRT`, by which whoever comes to a planned place dies.
const ABORTED: i32 = 6;
/// Places where whoever dies has claimed a message: it comes back when the claim is over, which takes a minute.
const WITH_A_MESSAGE: [&str; 5] = [
    "message_held",
    "delivery_claimed",
    "bundle_thinned",
    "provider_answered",
    "recording_delivery",
];

/// One node, alive or not.
struct Node {
    // Ends before its directory goes.
    program: Option<Program>,
    launch: Launch,
    _dir: TempDir,
}

pub struct World {
    nodes: Vec<Node>,
    pub smtp: SmtpServer,
    agents: Vec<TestAgent>,
    admin: Session,
    /// The policy that everything goes to.
    policy: Value,
    pub db: DatabaseConnection,
    /// Where the program reads where to die.
    plan: TempDir,
    deaths: usize,
    watch: Stopwatch,
    // Last: whoever uses them goes first.
    _parts: Option<RealParts>,
}

/// Somebody without an account.
pub fn external(address: &str) -> Value {
    json!({"users": [], "roles": [], "external": [address]})
}

async fn made(harness: &Harness, admin: &Session, path: &str, body: Value) -> Value {
    let answer = harness.call(admin, Method::POST, path, Some(body)).await;
    let (status, text) = (answer.status(), answer.text().await.unwrap());
    assert_eq!(status, 201, "{path}: {text}");
    serde_json::from_str(&text).unwrap()
}

mod chores;
mod others;

impl World {
    /// One server; whatever is wrong with a service goes to a policy of these steps.
    pub async fn with(steps: Value) -> Self {
        Self::with_channels(steps, &[]).await
    }

    /// [`World::with`] more channels than e-mail: key and settings of each.
    pub async fn with_channels(steps: Value, channels: &[(&str, Value)]) -> Self {
        Self::of(steps, channels, &["mail-01"], &[], &[]).await
    }

    /// So many servers of one rack, whose incidents leave together only once [`World::wait_is_over`] says so.
    pub async fn rack(steps: Value, servers: usize) -> Self {
        let names: Vec<String> = (0..servers).map(|n| format!("mail-{n:02}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        Self::of(
            steps,
            &[],
            &names,
            &["rack:r1"],
            &[("NOC_GROUP_WAIT_S", "300")],
        )
        .await
    }

    async fn of(
        steps: Value,
        channels: &[(&str, Value)],
        names: &[&str],
        tags: &[&str],
        more: &[(&str, &str)],
    ) -> Self {
        let smtp = SmtpServer::start(Tls::None, None).await;
        let parts = RealParts::chosen().await;
        let (is_real, settings) = (parts.is_some(), environment(parts.as_ref()));
        let dirs = [(); 2].map(|()| TempDir::new().unwrap());
        let mut harness = start(dirs[0].path(), parts).await;
        let admin = harness.login().await;
        let email = json!({
            "host": "localhost", "port": smtp.port, "encryption": "none",
            "from_address": "noc@hostseba.test", "recipients": []});
        for (channel, settings) in [("email", email)].iter().chain(channels) {
            let body = json!({"enabled": true, "settings": settings});
            let path = format!("/api/notification-channels/{channel}");
            let answer = harness.call(&admin, Method::PUT, &path, Some(body)).await;
            assert_eq!(answer.status(), 200, "{}", answer.text().await.unwrap());
        }
        let policy = json!({"name": "Told one by one", "repeat": 0, "steps": steps});
        let policy = made(&harness, &admin, "/api/escalation-policies", policy).await;
        let rule = json!({"name": "Services", "scope": {"all": true}, "escalation_policy_id": policy["id"],
            "condition": {"type": "detector", "detector": "service_down"}});
        made(&harness, &admin, "/api/alert-rules", rule).await;
        let mut agents = Vec::new();
        for name in names {
            agents.push(harness.enrol_with(name, tags).await);
        }
        harness.stop().await;
        let parts = is_real.then(|| harness.into_parts());

        let url = settings
            .iter()
            .find(|(name, _)| *name == "NOC_DATABASE_URL");
        let embedded = format!("sqlite://{}/noc.sqlite", dirs[0].path().display());
        let url = url.map_or(embedded, |(_, url)| url.clone());
        let plan = TempDir::new().unwrap();
        let mut nodes = Vec::new();
        for dir in dirs.into_iter().take(1 + usize::from(is_real)) {
            let launch = Launch::on(dir.path())
                .with_all(settings.iter().cloned())
                .with_all(more.iter().copied())
                .with("NOC_CRASH_POINTS", plan.path().to_str().unwrap());
            nodes.push(Node {
                program: Some(Program::start(&launch).await),
                launch,
                _dir: dir,
            });
        }
        Self {
            nodes,
            smtp,
            agents,
            admin,
            policy: policy["id"].clone(),
            db: Database::connect(url).await.unwrap(),
            plan,
            deaths: 0,
            watch: Stopwatch::start(),
            _parts: parts,
        }
    }

    fn url(&self) -> &str {
        &self.nodes[0].program.as_ref().expect("it lives").url
    }

    /// Posts what the first agent sees, once: an answer may not come, because of what the post leads to.
    pub async fn post(&mut self, body: Value) {
        self.post_as(0, body).await;
    }

    /// The same of another agent.
    pub async fn post_as(&mut self, agent: usize, body: Value) {
        self.post_of(agent, "processes", body).await;
    }

    async fn post_of(&mut self, agent: usize, kind: &str, body: Value) {
        let body = self.agents[agent].payload(body);
        let sent = reqwest::Client::new()
            .post(format!("{}/api/agent/{kind}", self.url()))
            .header("authorization", self.agents[agent].bearer())
            .json(&body)
            .timeout(Duration::from_secs(15))
            .send()
            .await;
        if let Ok(answer) = sent {
            assert_eq!(answer.status(), 202);
        }
    }

    /// Posts as the administrator: the status; `None` where nobody answered.
    pub async fn call(&self, path: &str, body: Value) -> Option<u16> {
        self.ask(Method::POST, path, body).await
    }

    /// Puts as the administrator, who must be answered.
    pub async fn put(&self, path: &str, body: Value) {
        assert_eq!(self.ask(Method::PUT, path, body).await, Some(200), "{path}");
    }

    async fn ask(&self, method: Method, path: &str, body: Value) -> Option<u16> {
        let sent = reqwest::Client::new()
            .request(method, format!("{}{path}", self.url()))
            .header("cookie", self.admin.cookies())
            .header("x-xsrf-token", self.admin.csrf())
            .json(&body)
            .timeout(Duration::from_secs(15))
            .send();
        Some(sent.await.ok()?.status().as_u16())
    }

    /// The body of a snooze.
    pub fn in_seconds(&self, seconds: u64) -> Value {
        let until = SystemClock.now().plus(Duration::from_secs(seconds));
        json!({"until": until.to_datetime()})
    }

    /// Plans a death at each of these places, one after another, does the deed, and starts whoever died again until
    /// every place was come to and everybody lives.
    pub async fn dying_at(&mut self, places: &[&str], deed: impl AsyncFnOnce(&mut Self)) {
        self.plan_deaths(places);
        deed(&mut *self).await;
        let watch = Stopwatch::start();
        let (before, mut shown) = (self.deaths, 0);
        loop {
            let dead = self.bury();
            let left = self.left();
            let reached = places.len() - left.len();
            for place in &places[shown..reached] {
                println!("{:?}: died at {place}", self.watch.elapsed());
            }
            shown = reached;
            if dead {
                let last = reached.checked_sub(1).expect("a planned death");
                if WITH_A_MESSAGE.contains(&places[last]) {
                    self.claims_are_over().await;
                }
                self.raise().await;
            }
            // Whoever dies has removed its place from the plan a moment before.
            if self.deaths - before == places.len() && self.all_live() {
                return;
            }
            assert!(
                watch.elapsed() < PATIENCE,
                "nobody comes to {left:?}; was the program built with the tests, `cargo build --profile ci --workspace \
                 --all-targets`?"
            );
            sleep(Duration::from_millis(10)).await;
        }
    }

    fn plan_deaths(&self, places: &[&str]) {
        for (n, place) in places.iter().enumerate() {
            std::fs::write(self.plan.path().join(format!("{n:02}.{place}")), "").unwrap();
        }
    }

    /// The same, and whoever dies last has a message in hand, whose claim is not over before
    /// [`World::claims_are_over`].
    pub async fn dying_with_a_message(
        &mut self,
        places: &[&str],
        deed: impl AsyncFnOnce(&mut Self),
    ) {
        self.plan_deaths(places);
        deed(&mut *self).await;
        let (watch, before) = (Stopwatch::start(), self.deaths);
        loop {
            let dead = self.bury();
            // Whoever dies has removed its place from the plan a moment before, and two may die at once.
            if self.deaths - before == places.len() {
                break;
            }
            if dead {
                self.raise().await;
            }
            let late = watch.elapsed() > PATIENCE;
            assert!(!late, "nobody comes to {:?}", self.left());
            sleep(Duration::from_millis(10)).await;
        }
        println!("{:?}: died at {places:?}", self.watch.elapsed());
        self.claims_end(SystemClock.now().plus(Duration::from_secs(3_600)))
            .await;
        self.raise().await;
    }

    /// The planned places that nobody has come to.
    fn left(&self) -> Vec<PathBuf> {
        let files = std::fs::read_dir(self.plan.path()).unwrap();
        files.map(|file| file.unwrap().path()).collect()
    }

    fn all_live(&mut self) -> bool {
        let mut programs = self.nodes.iter_mut().map(|node| node.program.as_mut());
        programs.all(|program| program.is_some_and(|program| program.ended().is_none()))
    }

    /// Notes who has died: whether there is anybody to be started again.
    fn bury(&mut self) -> bool {
        for node in &mut self.nodes {
            let Some(program) = &mut node.program else {
                continue;
            };
            if let Some(status) = program.ended() {
                assert_eq!(status.signal(), Some(ABORTED), "{status}");
                node.program = None;
                self.deaths += 1;
            }
        }
        self.nodes.iter().any(|node| node.program.is_none())
    }

    /// Starts whoever is dead.
    async fn raise(&mut self) {
        for node in &mut self.nodes {
            if node.program.is_none() {
                node.program = Program::start_or_end(&node.launch).await;
                self.deaths += usize::from(node.program.is_none());
            }
        }
    }

    /// The time of every claim goes by.
    pub async fn claims_are_over(&self) {
        self.claims_end(SystemClock.now()).await;
    }

    async fn claims_end(&self, at: UnixMs) {
        Entity::update_many()
            .col_expr(Column::LeaseUntil, Expr::value(at.to_datetime()))
            .filter(Column::Status.eq("sending"))
            .exec(&self.db)
            .await
            .unwrap();
    }

    /// The time goes by for which messages about a group wait for each other.
    pub async fn wait_is_over(&self) {
        let now = SystemClock.now();
        let long_ago = now.minus(Duration::from_secs(3_600)).to_datetime();
        Entity::update_many()
            .col_expr(Column::SentAt, Expr::value(long_ago))
            .filter(Column::Status.eq("sent"))
            .exec(&self.db)
            .await
            .unwrap();
        Entity::update_many()
            .col_expr(Column::NextAttemptAt, Expr::value(now.to_datetime()))
            .filter(Column::Status.eq("queued"))
            .exec(&self.db)
            .await
            .unwrap();
    }

    /// Waits until so many messages wait for others of their group.
    pub async fn waiting(&self, count: usize) {
        let waits = |row: &&Model| {
            let reason = row.reason.as_deref().unwrap_or_default();
            row.status == "queued" && reason.starts_with("waits for others of its group")
        };
        eventually("messages that wait for each other", async || {
            let all = self.deliveries().await;
            (all.iter().filter(waits).count() == count).then_some(())
        })
        .await;
    }

    /// All but the last moment of the time that remains while it is held goes by.
    pub async fn nothing_remains_until_the_next_step(&self) {
        let held = execution::Entity::find()
            .filter(execution::Column::HeldAt.is_not_null())
            .one(&self.db)
            .await
            .unwrap()
            .expect("it is held");
        execution::Entity::update_many()
            .col_expr(execution::Column::DueAt, Expr::value(held.held_at))
            .filter(execution::Column::Id.eq(held.id))
            .exec(&self.db)
            .await
            .unwrap();
    }

    pub async fn deliveries(&self) -> Vec<Model> {
        let all = Entity::find().order_by_asc(Column::Id);
        all.all(&self.db).await.unwrap()
    }

    pub async fn incidents(&self) -> Vec<incident::Model> {
        let all = incident::Entity::find().order_by_asc(incident::Column::Id);
        all.all(&self.db).await.unwrap()
    }

    /// How each incident stands, in the order in which they opened.
    pub async fn standing(&self) -> Vec<String> {
        let all = self.incidents().await.into_iter();
        all.map(|incident| incident.status).collect()
    }

    /// The one incident there is.
    pub async fn incident(&self) -> incident::Model {
        let mut all = self.incidents().await;
        assert_eq!(all.len(), 1, "{all:?}");
        all.remove(0)
    }

    /// What happened to it, in order.
    pub async fn timeline(&self) -> Vec<String> {
        let all = incident_timeline::Entity::find().order_by_asc(incident_timeline::Column::Id);
        let all = all.all(&self.db).await.unwrap();
        // That nobody took a message within 30 s depends on how fast the machine is, which is no part of a story.
        let slow = |entry: &incident_timeline::Model| {
            let text = entry.detail["text"].as_str().unwrap_or_default();
            entry.kind == "failed_over" && text.contains("was not accepted by")
        };
        let told = all.into_iter().filter(|entry| !slow(entry));
        told.map(|entry| entry.kind).collect()
    }

    pub async fn first_sent(&self) {
        eventually("the first message", async || {
            let all = self.deliveries().await;
            all.first().filter(|row| row.sent_at.is_some()).map(|_| ())
        })
        .await;
    }

    /// Waits until there is nothing to send.
    pub async fn all_sent(&self) {
        eventually("an empty outbox", async || {
            let all = self.deliveries().await;
            let done = |row: &Model| row.sent_at.is_some() || row.status == "failed";
            all.iter().all(done).then_some(())
        })
        .await;
    }

    /// Waits until every incident is over.
    pub async fn resolved(&self) {
        eventually("the end of the incidents", async || {
            let standing = self.standing().await;
            standing
                .iter()
                .all(|status| status == "resolved")
                .then_some(())
        })
        .await;
    }

    /// How often the mail server took a message; each time under the same id.
    pub fn copies(&self, delivery: &Model) -> usize {
        let mails = self.smtp.mails();
        let of = |mail: &&Mail| mail.headers["x-noc-delivery"] == delivery.delivery_uuid;
        let copies: Vec<&Mail> = mails.iter().filter(of).collect();
        let ids: BTreeSet<_> = copies
            .iter()
            .map(|mail| &mail.headers["message-id"])
            .collect();
        assert!(ids.len() <= 1, "{ids:?}");
        for mail in &copies {
            assert_eq!(mail.recipients, std::slice::from_ref(&delivery.recipient));
        }
        copies.len()
    }

    /// Stops everybody in order: what was sent is what is written down, and every incident has its one escalation.
    pub async fn ends(mut self) {
        for node in &mut self.nodes {
            let (status, _) = node.program.take().expect("it lives").terminate().await;
            assert!(status.success(), "{status}");
        }
        let deliveries = self.deliveries().await;
        let known: BTreeSet<_> = deliveries.iter().map(|d| d.delivery_uuid.clone()).collect();
        for mail in self.smtp.mails() {
            assert!(known.contains(&mail.headers["x-noc-delivery"]), "{mail:?}");
        }
        let executions = execution::Entity::find().all(&self.db).await.unwrap();
        let mut of: Vec<i64> = executions.iter().map(|row| row.incident_id).collect();
        of.sort_unstable();
        let incidents = self.incidents().await.into_iter();
        assert_eq!(of, incidents.map(|row| row.id).collect::<Vec<_>>());
        println!(
            "{} deaths, {} mails, {:?}",
            self.deaths,
            self.smtp.mails().len(),
            self.watch.elapsed()
        );
    }
}
