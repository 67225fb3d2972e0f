//! What the tests run on: the service with a clock that stands still, and a page that calls it.

use crate::agent_files::AgentFiles;
use crate::auth::password;
use crate::auth::permission::Role;
use crate::config::{Config, Secret};
use crate::router;
use crate::state::{AppState, LiveKeys};
use actix_web::cookie::Cookie;
use actix_web::http::header::HeaderMap;
use actix_web::http::{Method, StatusCode};
use actix_web::{App, test, web};
use noc_actors::Parts;
use noc_pipeline::clock::{Clock, ManualClock, UnixMs};
use noc_pipeline::embedded::{Embedded, EmbeddedOptions};
use noc_pipeline::id::ServerId;
use noc_storage::relational::users::NewUser;
use noc_storage::relational::{Db, entity, escalation_policies, servers, users};
use noc_storage::secrets::{FieldKey, SecretKey};
use noc_storage::series::EmbeddedSeries;
use serde_json::Value;
use std::sync::{Arc, OnceLock};

/// When every test begins: 2026-05-07T12:00:00Z.
pub const T0: UnixMs = UnixMs(1_778_155_200_000);
/// Everybody's password.
pub const PASSWORD: &str = "correct horse battery";

/// The service with a clock that stands still.
pub struct House {
    pub state: web::Data<AppState>,
    pub clock: ManualClock,
    _dir: tempfile::TempDir,
}

/// An answer.
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
    pub cookies: Vec<Cookie<'static>>,
}

impl Answer {
    /// Its body.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("not json: {}", self.text))
    }

    /// Its body, which must be a success.
    pub fn ok(&self) -> Value {
        assert!(self.status.is_success(), "{} {}", self.status, self.text);
        if self.text.is_empty() {
            Value::Null
        } else {
            self.json()
        }
    }

    /// Checks that it is an error of this status and code, in the one envelope.
    pub fn refused(&self, status: u16, code: &str) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        let body = self.json();
        assert_eq!(body["error"], code, "{body}");
        assert!(
            body["message"]
                .as_str()
                .is_some_and(|text| !text.is_empty()),
            "{body}"
        );
        body
    }

    /// Checks that it names exactly these wrong fields.
    pub fn wrong(&self, fields: &[&str]) {
        let body = self.refused(422, "validation_failed");
        let named: Vec<&str> = body["errors"]
            .as_object()
            .unwrap()
            .keys()
            .map(String::as_str)
            .collect();
        assert_eq!(named, fields, "{body}");
    }
}

impl House {
    /// An empty one.
    pub async fn open() -> Self {
        Self::open_with(|_| {}).await
    }

    /// An empty one with settings changed.
    pub async fn open_with(change: impl FnOnce(&mut Config)) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let options = EmbeddedOptions {
            partitions: 2,
            min_free_bytes: 0,
            tail_bytes: 0,
            ..EmbeddedOptions::default()
        };
        let embedded = Embedded::open(dir.path(), options).unwrap();
        let clock = ManualClock::at(T0);
        let parts = Parts {
            node: embedded.node,
            clock: Arc::new(clock.clone()),
            log: embedded.log,
            snapshots: embedded.snapshots,
            bus: embedded.bus,
            dead_letters: embedded.dead_letters,
            series: Arc::new(EmbeddedSeries::open(dir.path()).unwrap()),
            db: Db::open_temporary().await.unwrap(),
            registry: prometheus::Registry::new(),
        };
        parts
            .db
            .transaction("seed", |tx| {
                Box::pin(escalation_policies::seed_defaults(tx, T0))
            })
            .await
            .unwrap();
        let mut config = Config::default();
        change(&mut config);
        let keys = LiveKeys {
            key: "live-key".to_owned(),
            secret: Secret::new("live-secret".to_owned()),
        };
        let field_key = Arc::new(FieldKey::new(SecretKey::from_bytes([7; 32])));
        let secret = SecretKey::from_bytes([3; 32]);
        let agent_files = AgentFiles::new(config.public_url(), &secret).unwrap();
        let state = AppState::new(parts, field_key, Arc::new(config), keys, agent_files);
        Self {
            state: web::Data::new(state),
            clock,
            _dir: dir,
        }
    }

    /// Adds an account with [`PASSWORD`], named after its role.
    pub async fn user(&self, role: Role) -> entity::user::Model {
        self.user_named(role.name(), role, false).await
    }

    /// Adds an account.
    pub async fn user_named(&self, name: &str, role: Role, first: bool) -> entity::user::Model {
        static HASH: OnceLock<String> = OnceLock::new();
        let hash = HASH.get_or_init(|| password::hash(PASSWORD).unwrap());
        let new = NewUser {
            email: format!("{name}@example.com"),
            name: name.to_owned(),
            password_hash: hash.clone(),
            role: role.name().to_owned(),
            must_change_password: first,
        };
        users::create(self.state.db().write(), new, self.clock.now())
            .await
            .unwrap()
    }

    /// Adds a server.
    pub async fn server(&self, name: &str) -> ServerId {
        let row = servers::create(self.state.db().write(), name, &[], self.clock.now()).await;
        row.unwrap().server_id()
    }

    /// A page that is not signed in.
    pub fn stranger(&self) -> Browser<'_> {
        Browser {
            house: self,
            cookies: Vec::new(),
            headers: vec![("accept".to_owned(), "application/json".to_owned())],
            csrf: true,
        }
    }

    /// A page that is signed in as a new account of that role.
    pub async fn browser(&self, role: Role) -> Browser<'_> {
        let user = self.user(role).await;
        let mut browser = self.stranger();
        browser.sign_in(&user.email, PASSWORD).await.ok();
        browser
    }

    /// Actions in the security log, oldest first.
    pub async fn security_log(&self) -> Vec<String> {
        use sea_orm::{EntityTrait, QueryOrder};
        let rows = entity::security_event_log::Entity::find()
            .order_by_asc(entity::security_event_log::Column::Seq)
            .all(self.state.db().read())
            .await
            .unwrap();
        rows.into_iter().map(|row| row.action).collect()
    }

    /// Decisions that reached the log, in its order within each partition.
    pub async fn controls(&self) -> Vec<noc_pipeline::control::Control> {
        use noc_pipeline::id::{Offset, PartitionId};
        use noc_pipeline::record::Record;
        let log = &self.state.parts.log;
        let mut found = Vec::new();
        for partition in 0..log.partitions() {
            let wait = std::time::Duration::ZERO;
            let entries = log
                .read(PartitionId(partition), Offset(0), 1_000, wait)
                .await
                .unwrap();
            for entry in entries {
                if let Ok(Record::Control { control, .. }) = Record::decode(&entry.bytes) {
                    found.push(control);
                }
            }
        }
        found
    }
}

/// A page: keeps cookies, sends the CSRF token.
#[derive(Clone)]
pub struct Browser<'h> {
    house: &'h House,
    pub cookies: Vec<Cookie<'static>>,
    pub headers: Vec<(String, String)>,
    /// Whether it sends the CSRF token.
    pub csrf: bool,
}

impl Browser<'_> {
    pub async fn sign_in(&mut self, email: &str, password: &str) -> Answer {
        self.get("/api/auth/csrf-cookie").await.ok();
        let body = serde_json::json!({ "email": email, "password": password });
        self.post("/api/auth/login", body).await
    }

    pub async fn get(&mut self, path: &str) -> Answer {
        self.call(Method::GET, path, None).await
    }

    pub async fn post(&mut self, path: &str, body: Value) -> Answer {
        self.call(Method::POST, path, Some(body)).await
    }

    pub async fn patch(&mut self, path: &str, body: Value) -> Answer {
        self.call(Method::PATCH, path, Some(body)).await
    }

    pub async fn put(&mut self, path: &str, body: Value) -> Answer {
        self.call(Method::PUT, path, Some(body)).await
    }

    pub async fn delete(&mut self, path: &str) -> Answer {
        self.call(Method::DELETE, path, None).await
    }

    pub async fn call(&mut self, method: Method, path: &str, body: Option<Value>) -> Answer {
        let text = body.map(|body| ("application/json", body.to_string().into_bytes()));
        self.send(method, path, text).await
    }

    /// Sends a body as it is.
    pub async fn send(
        &mut self,
        method: Method,
        path: &str,
        body: Option<(&str, Vec<u8>)>,
    ) -> Answer {
        let app = App::new()
            .app_data(self.house.state.clone())
            .configure(router::configure);
        let app = test::init_service(app).await;
        let mut request = test::TestRequest::default()
            .method(method.clone())
            .uri(path)
            .peer_addr("192.0.2.7:40000".parse().unwrap());
        for cookie in &self.cookies {
            request = request.cookie(cookie.clone());
        }
        for (name, value) in &self.headers {
            request = request.insert_header((name.as_str(), value.as_str()));
        }
        if self.csrf
            && method != Method::GET
            && let Some(token) = self
                .cookies
                .iter()
                .find(|cookie| cookie.name() == "XSRF-TOKEN")
        {
            request = request.insert_header(("X-XSRF-TOKEN", token.value()));
        }
        if let Some((content_type, bytes)) = body {
            request = request
                .insert_header(("content-type", content_type))
                .set_payload(bytes);
        }
        let response = test::call_service(&app, request.to_request()).await;
        let cookies: Vec<Cookie<'static>> = response
            .response()
            .cookies()
            .map(Cookie::into_owned)
            .collect();
        for cookie in &cookies {
            self.cookies.retain(|known| known.name() != cookie.name());
            if cookie.max_age() != Some(actix_web::cookie::time::Duration::ZERO) {
                self.cookies.push(cookie.clone());
            }
        }
        let (status, headers) = (response.status(), response.headers().clone());
        let bytes = test::read_body(response).await;
        Answer {
            status,
            headers,
            text: String::from_utf8_lossy(&bytes).into_owned(),
            cookies,
        }
    }
}
