//! For tests that read like a story: given rows, fast-forward, expect exactly these messages; any other fails.
//!
//! Steps and deliveries are run in the order in which they fall due, on a clock that jumps from one to the next, so a
//! day passes in milliseconds and never differently.
//!
//! Where `NOC_TEST_DATABASE_URL` names a MariaDB server, two nodes share the database of a story: both look and fire at the
//! same moments, and of what is to be sent one finds what the other left.

use super::channel::{Reach, Registry};
use super::metrics::Metrics;
use super::outbox::Bundling;
use super::template::Templates;
use super::{NotifyContext, outbox, personal};
use crate::escalation::failover;
use crate::escalation::minder::{self, Minded, TO_ANSWER, patience};
use crate::escalation::{self, fire::fire, page_hold};
use crate::incident::actions::{self, Action, ActionError, Actor};
use crate::maintenance::window::Window;
use futures::future::join_all;
use noc_pipeline::clock::{Clock, ManualClock, UnixMs};
use noc_pipeline::control::{Condition, Scope, Severity};
use noc_pipeline::embedded::InProcessBus;
use noc_pipeline::id::ServerId;
use noc_storage::relational::alert_rules::{self, Route, RuleDraft};
use noc_storage::relational::entity::{incident, notification_delivery as delivery};
use noc_storage::relational::escalation_policies::{self, PolicyDraft, StepDraft, StepTargets};
use noc_storage::relational::notification_channels::{self, ChannelDraft};
use noc_storage::relational::users::{self, NewUser};
use noc_storage::relational::{Db, StoreError, executions, incidents, maintenance_windows};
use noc_storage::secrets::{FieldKey, SecretKey};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ConnectionTrait, DbBackend, EntityTrait, IntoActiveModel,
    QueryOrder,
};
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

mod assured;
mod ends;
mod fleet;
mod recorder;

pub(crate) use recorder::Recorder;

/// When every story begins.
pub(crate) const BEGIN: UnixMs = UnixMs(1_795_300_000_000);

/// An organisation with two admins, an operator, and e-mail with one recipient of its own.
pub(crate) struct Story {
    pub context: Arc<NotifyContext>,
    /// A second node on the same database, where that is one that nodes share.
    other: Option<Arc<NotifyContext>>,
    pub clock: ManualClock,
    pub email: Recorder,
    /// Its provider may tell what became of messages.
    pub pager: Recorder,
    policy: i64,
    rule: i64,
}

pub(crate) fn step(delay_seconds: i32, roles: &[&str]) -> StepDraft {
    StepDraft {
        delay_seconds,
        channels: vec!["email".into()],
        targets: StepTargets {
            roles: roles.iter().map(ToString::to_string).collect(),
            ..StepTargets::default()
        },
        only_if_unacknowledged: true,
    }
}

pub(crate) fn unconditional(step: StepDraft) -> StepDraft {
    StepDraft {
        only_if_unacknowledged: false,
        ..step
    }
}

impl Story {
    /// Everything is routed to one policy of these steps, and nobody is ever told too much.
    pub async fn with(repeat: i32, steps: Vec<StepDraft>) -> Self {
        let bundling = Bundling {
            storm: None,
            ..Bundling::default()
        };
        Self::bundling(repeat, steps, bundling).await
    }

    /// [`Story::with`], messages being put together like this.
    pub async fn bundling(repeat: i32, steps: Vec<StepDraft>, bundling: Bundling) -> Self {
        let db = Db::open_temporary().await.unwrap();
        let clock = ManualClock::at(BEGIN);
        let email = Recorder::new("email", Reach::Email, &clock);
        let mut room = Recorder::new("room", Reach::Group, &clock);
        room.heard = Arc::clone(&email.heard);
        let mut pager = Recorder::new("pager", Reach::Group, &clock);
        pager.heard = Arc::clone(&email.heard);
        pager.hook = Some("pager");
        let mut whatsapp = Recorder::new("whatsapp", Reach::Phone, &clock);
        whatsapp.heard = Arc::clone(&email.heard);
        let field_key = FieldKey::new(SecretKey::generate());
        for (email, role) in [
            ("ada@noc.test", "admin"),
            ("bob@noc.test", "operator"),
            ("cyn@noc.test", "oncall"),
        ] {
            let new = NewUser {
                email: email.into(),
                name: email.into(),
                password_hash: "-".into(),
                role: role.into(),
                must_change_password: false,
            };
            users::create(db.write(), new, BEGIN).await.unwrap();
        }
        let field_key = Arc::new(field_key);
        let registry = Registry::empty()
            .with(Arc::new(email.clone()))
            .with(Arc::new(room))
            .with(Arc::new(pager.clone()))
            .with(Arc::new(whatsapp));
        let node = || {
            Arc::new(NotifyContext {
                registry: registry.clone(),
                templates: Templates::new("https://noc.test", chrono_tz::UTC).unwrap(),
                metrics: Metrics::new(&prometheus::Registry::new()).unwrap(),
                clock: Arc::new(clock.clone()),
                bus: Arc::new(InProcessBus::default()),
                field_key: Arc::clone(&field_key),
                results: outbox::Results::default(),
                bundling,
                db: db.clone(),
            })
        };
        let shared = db.write().get_database_backend() == DbBackend::MySql;
        let story = Self {
            context: node(),
            other: shared.then(node),
            clock: clock.clone(),
            email,
            pager,
            policy: 0,
            rule: 0,
        };
        story.channel("email", true, &["team@noc.test"]).await;
        story.routed(repeat, steps).await
    }

    async fn routed(mut self, repeat: i32, steps: Vec<StepDraft>) -> Self {
        let draft = PolicyDraft {
            name: "story".into(),
            repeat,
            repeat_delay_seconds: 900,
            steps,
        };
        let made = self.context.db.transaction("test", |tx| {
            let draft = draft.clone();
            Box::pin(async move { escalation_policies::create(tx, draft, BEGIN).await })
        });
        self.policy = made.await.map_err(|e: StoreError| e).unwrap().policy.id;
        let rule = Self::rule(Route::Policy(self.policy));
        let rule = alert_rules::create(self.db().write(), rule, BEGIN)
            .await
            .unwrap();
        self.rule = rule.id;
        self
    }

    fn rule(route: Route) -> RuleDraft {
        RuleDraft {
            name: "all of it".into(),
            enabled: true,
            severity: None,
            scope: Scope::All,
            condition: Condition::routing("*"),
            route,
            runbook_url: None,
        }
    }

    pub fn db(&self) -> &Db {
        &self.context.db
    }

    /// The policy that everything is routed to.
    pub const fn policy_id(&self) -> i64 {
        self.policy
    }

    /// Routes to a flat channel list instead.
    pub async fn route_to_channels(&self, channels: &[&str]) {
        let channels = channels.iter().map(ToString::to_string).collect();
        let draft = Self::rule(Route::Channels(channels));
        alert_rules::update(self.db().write(), self.rule, draft, BEGIN)
            .await
            .unwrap();
    }

    /// Changes the policy's steps; what is under way keeps those it began with.
    pub async fn replace_policy(&self, steps: Vec<StepDraft>) {
        let (id, draft) = (
            self.policy,
            PolicyDraft {
                name: "other".into(),
                repeat: 0,
                repeat_delay_seconds: 1,
                steps,
            },
        );
        let done = self.context.db.transaction("test", |tx| {
            let draft = draft.clone();
            Box::pin(async move { escalation_policies::update(tx, id, draft, BEGIN).await })
        });
        done.await.map_err(|e: StoreError| e).unwrap();
    }

    pub async fn channel(&self, key: &str, enabled: bool, recipients: &[&str]) {
        let settings = json!({ "recipients": recipients });
        let draft = ChannelDraft {
            enabled,
            settings: settings.as_object().unwrap().clone(),
            secrets: None,
        };
        let key_of_fields = &self.context.field_key;
        notification_channels::put(self.db().write(), key_of_fields, key, draft, BEGIN)
            .await
            .unwrap();
    }

    /// An incident of the fleet opens, with the page hold of its severity.
    pub async fn opens(&self, severity: Severity) -> i64 {
        self.opens_on(None, severity).await
    }

    /// An incident of a server opens, with the page hold of its severity.
    pub async fn opens_on(&self, server: Option<ServerId>, severity: Severity) -> i64 {
        let now = self.clock.now();
        let at = now.to_datetime();
        // Stories open several at once without saying what is wrong with each.
        let key = Uuid::now_v7().simple().to_string().repeat(2);
        let row = incident::ActiveModel {
            detector: Set("service_down".into()),
            server_id: Set(server.map(|id| i64::from(id.0))),
            server_name: Set("web-09".into()),
            subject: Set("exim".into()),
            dedup_hash: Set("0".repeat(64)),
            open_key: Set(Some(key)),
            severity: Set(severity.name().into()),
            status: Set("open".into()),
            title: Set("Server down: web-09".into()),
            opened_at: Set(at),
            last_seen_at: Set(at),
            occurrences: Set(1),
            changed_at: Set(at),
            ..Default::default()
        };
        let row = row.insert(self.db().write()).await.unwrap();
        let hold = page_hold(severity).unwrap_or_default();
        let id = row.id;
        let armed = self.context.db.transaction("test", |tx| {
            let row = row.clone();
            Box::pin(async move { escalation::arm(tx, &row, hold, now).await })
        });
        armed.await.map_err(|e: StoreError| e).unwrap();
        id
    }

    /// A server goes down (`true`) or comes back: what its `server_down` does to its other incidents.
    pub async fn is_down(&self, server: ServerId, down: bool) {
        let now = self.clock.now();
        let done = self.context.db.transaction("test", |tx| {
            Box::pin(async move {
                let key = incidents::key("server_down", Some(server), "");
                match incidents::find_open(tx, &key).await? {
                    None if down => drop(incidents::insert(tx, server_down(server, now)).await?),
                    Some(row) if !down => {
                        incidents::resolve(tx, row.id, None, now).await?;
                    }
                    _ => {}
                }
                escalation::settle_server(tx, server, now).await
            })
        });
        done.await.map_err(|e: StoreError| e).unwrap();
    }

    /// The incident gets worse.
    pub async fn rises(&self, id: i64, severity: Severity) {
        let mut row = self.incident(id).await.into_active_model();
        row.severity = Set(severity.name().into());
        let (row, now) = (
            row.update(self.db().write()).await.unwrap(),
            self.clock.now(),
        );
        let rose = self.context.db.transaction("test", |tx| {
            let row = row.clone();
            let hold = escalation::page_hold(severity).unwrap_or_default();
            Box::pin(async move { escalation::severity_rose(tx, &row, hold, now).await })
        });
        rose.await.map_err(|e: StoreError| e).unwrap();
    }

    pub async fn acts(&self, id: i64, action: Action) -> Result<incident::Model, ActionError> {
        let actor = Actor {
            user_id: Some(1),
            name: "Ada".into(),
            ip: None,
            link: None,
        };
        let done = actions::store(self.db(), id, &actor, &action, self.clock.now()).await;
        done.map(|(row, _)| row)
    }

    pub async fn incident(&self, id: i64) -> incident::Model {
        let found = incident::Entity::find_by_id(id)
            .one(self.db().write())
            .await;
        found.unwrap().unwrap()
    }

    pub async fn deliveries(&self) -> Vec<delivery::Model> {
        let all = delivery::Entity::find().order_by_asc(delivery::Column::Id);
        all.all(self.db().write()).await.unwrap()
    }

    /// `status: reason` of every delivery, oldest first.
    pub async fn states(&self) -> Vec<String> {
        let all = self.deliveries().await.into_iter();
        all.map(|row| match row.reason {
            Some(reason) => format!("{}: {reason}", row.status),
            None => row.status,
        })
        .collect()
    }

    /// Lets time pass, everything that falls due meanwhile happening at its time.
    pub async fn after(&self, seconds: u64) {
        let end = self.clock.now().plus(Duration::from_secs(seconds));
        loop {
            self.run_what_is_due().await;
            match self.next_due().await {
                Some(next) if next <= end => self.clock.set(next),
                _ => break,
            }
        }
        self.clock.set(end);
    }

    /// Time passes while nothing of ours runs.
    pub fn outage(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    /// What was sent since the last time, exactly.
    pub fn expect(&self, messages: &[&str]) {
        let heard = std::mem::take(&mut *self.email.heard.lock());
        assert_eq!(heard, messages);
    }

    /// [`Story::expect`], where several leave at the same time.
    pub fn expect_in_any_order(&self, messages: &[&str]) {
        self.email.heard.lock().sort();
        self.expect(messages);
    }

    fn nodes(&self) -> impl Iterator<Item = &NotifyContext> {
        let first = std::iter::once(&self.context);
        first.chain(&self.other).map(Arc::as_ref)
    }

    /// What each node does, all of them at once.
    async fn each<'s, T, F>(&'s self, work: impl Fn(&'s NotifyContext) -> F) -> Vec<T>
    where
        F: Future<Output = Result<T, StoreError>>,
    {
        let done = join_all(self.nodes().map(work)).await.into_iter();
        done.map(Result::unwrap).collect()
    }

    async fn run_what_is_due(&self) {
        loop {
            let now = self.clock.now();
            let minded = self.each(|node| minder::look(&node.db, &node.registry, now));
            let mut busy = minded.await.iter().any(|done| *done != Minded::default());
            let told = self.each(|node| personal::summary::look(&node.db, now));
            busy |= told.await.iter().any(|count| *count > 0);
            let told = self.each(|node| personal::digest::look(&node.db, now));
            busy |= told.await.iter().any(|count| *count > 0);
            for (id, _) in executions::due_until(self.db().write(), now).await.unwrap() {
                let fired = self.each(|node| fire(&node.db, &node.registry, id, now));
                let fired = fired.await.into_iter();
                let fired = fired.filter(|fired| fired.late_by.is_some()).count();
                busy |= fired > 0;
            }
            for node in self.nodes() {
                busy |= send_what_is_due(node).await;
            }
            // Whoever was to send it has had their turn.
            let assured =
                self.each(|node| failover::look(&node.db, &node.registry, UnixMs(0), now));
            busy |= assured.await.iter().any(|done| *done != Minded::default());
            if !busy {
                return;
            }
        }
    }

    async fn next_due(&self) -> Option<UnixMs> {
        let executions = executions::due_until(self.db().write(), UnixMs(2_000_000_000_000));
        let executions = executions.await.unwrap().into_iter().map(|(_, at)| at);
        let deliveries = self.deliveries().await;
        let deliveries = deliveries
            .iter()
            .filter_map(|row| match row.status.as_str() {
                "queued" | "retrying" => row.next_attempt_at.map(UnixMs::from),
                "sending" => row.lease_until.map(UnixMs::from),
                _ => None,
            });
        let channels = notification_channels::all(self.db().write()).await.unwrap();
        let probes = channels
            .iter()
            .filter_map(|row| row.probe_at.map(UnixMs::from));
        let pauses = channels
            .iter()
            .filter_map(|row| row.paused_until.map(UnixMs::from));
        let assured = assured::next_looks(self.deliveries().await);
        let incidents = incidents::all_open(self.db().write()).await.unwrap();
        let minded = incidents.iter().filter_map(|row| {
            let asked = row.reminded_at.map(|at| UnixMs::from(at).plus(TO_ANSWER));
            let taken_on = row.acknowledged_at.map(UnixMs::from);
            let limit = Severity::from_name(&row.severity).and_then(patience);
            let ask = taken_on.zip(limit).map(|(at, limit)| at.plus(limit));
            row.snoozed_until.map(UnixMs::from).or(asked).or(ask)
        });
        let now = self.clock.now();
        let windows = maintenance_windows::all(self.db().write()).await.unwrap();
        let windows = windows.iter().filter_map(|row| {
            let window = Window::read(row).ok()?;
            let ends = window.under_way(now).and_then(|span| span.until);
            ends.or_else(|| window.next(now).map(|span| span.from))
        });
        executions
            .chain(deliveries)
            .chain(probes)
            .chain(pauses)
            .chain(assured)
            .chain(minded.filter(|at| *at > now))
            .chain(windows)
            .chain(personal::next_due(self.db(), now).await)
            .filter(|at| *at > self.clock.now())
            .min()
    }
}

/// Whether there was something.
async fn send_what_is_due(node: &NotifyContext) -> bool {
    let mut busy = false;
    for channel in node.registry.iter() {
        let messages = outbox::claim(node, channel.key(), 4).await.unwrap();
        busy |= !messages.is_empty();
        for message in messages {
            outbox::send(node, channel.as_ref(), message, outbox::Slot::free()).await;
        }
    }
    busy
}

fn server_down(server: ServerId, now: UnixMs) -> incidents::NewIncident {
    incidents::NewIncident {
        detector: "server_down".into(),
        server: Some(server),
        server_name: "web-09".into(),
        subject: String::new(),
        severity: Severity::Critical,
        title: "Server down: web-09".into(),
        observed: None,
        expected: None,
        command: None,
        rule_id: None,
        opened_at: now,
    }
}
