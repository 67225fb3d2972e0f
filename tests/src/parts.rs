//! The parts that a test runs on: embedded ones, or topics, tables and a database of its own on the servers that
//! `make stack` started.

use noc_api::config::{Config, Sources};
use noc_pipeline::kafka::{KafkaOptions, KafkaSecurity, delete_topics};
use sea_orm::{ConnectionTrait, Database, DbBackend, Statement};
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

const HINT: &str = "is the stack started? make stack";
const SOON: Duration = Duration::from_secs(10);

/// Addresses of the servers, from `NOC_TEST_KAFKA_BROKERS`, `NOC_TEST_QUESTDB_URL` and `NOC_TEST_DATABASE_URL`, where
/// `make stack` puts them by default.
#[derive(Debug, Clone)]
pub struct Servers {
    /// Kafka.
    pub brokers: String,
    /// What the product must be told besides, so that Kafka lets it in: settings and their values.
    pub kafka_access: Vec<(&'static str, String)>,
    /// QuestDB.
    pub questdb: String,
    /// MariaDB, without a database; its user may create databases whose names begin with `noc`.
    pub mariadb: String,
}

#[expect(
    clippy::disallowed_methods,
    reason = "what the tests run on is the test runner's setting, not the product's"
)]
fn setting(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// How Kafka lets somebody in; of tests the same with `NOC_TEST_` in place of `NOC_`, as `make kafka-tls` sets them.
const KAFKA_ACCESS: [&str; 5] = [
    "NOC_KAFKA_TLS",
    "NOC_KAFKA_TLS_CA_FILE",
    "NOC_KAFKA_SASL_MECHANISM",
    "NOC_KAFKA_SASL_USERNAME",
    "NOC_KAFKA_SASL_PASSWORD",
];

/// How the product, told this, uses Kafka.
fn kafka_options(environment: Vec<(&'static str, String)>) -> KafkaOptions {
    let environment = environment.into_iter();
    let sources = Sources {
        file: None,
        environment: environment.map(|(k, v)| (k.to_owned(), v)).collect(),
    };
    match Config::load(&sources) {
        Ok((config, _)) => config.kafka_options().expect("Kafka's address"),
        Err(errors) => panic!("{errors:?}"),
    }
}

impl Servers {
    /// Where they are.
    #[must_use]
    pub fn known() -> Self {
        let access = KAFKA_ACCESS.into_iter().filter_map(|name| {
            let value = setting(&name.replacen("NOC_", "NOC_TEST_", 1))?;
            Some((name, value))
        });
        let given = |name: &str, default: &str| setting(name).unwrap_or_else(|| default.into());
        Self {
            brokers: given("NOC_TEST_KAFKA_BROKERS", "127.0.0.1:29091"),
            kafka_access: access.collect(),
            questdb: given("NOC_TEST_QUESTDB_URL", "http://127.0.0.1:29000"),
            mariadb: given("NOC_TEST_DATABASE_URL", "mysql://noc:noc@127.0.0.1:29306/"),
        }
    }
}

impl Servers {
    /// How Kafka is to be spoken to, as the product makes it of its settings.
    ///
    /// # Panics
    /// When the product refuses them.
    #[must_use]
    pub fn kafka_security(&self) -> KafkaSecurity {
        let mut environment = self.kafka_access.clone();
        environment.push(("NOC_KAFKA_BROKERS", self.brokers.clone()));
        kafka_options(environment).security
    }

    /// The address of MariaDB for somebody else, `user:password` or a name alone; without a database.
    #[must_use]
    pub fn mariadb_as(&self, user: &str) -> String {
        let (_, place) = self.mariadb.rsplit_once('@').unwrap_or_default();
        format!("mysql://{user}@{}/", place.trim_end_matches('/'))
    }

    /// Runs statements on MariaDB as its administrator, whom no read-only mode holds back.
    ///
    /// # Panics
    /// When one fails.
    pub async fn as_root(&self, statements: &[&str]) {
        let root = Database::connect(self.mariadb_as("root")).await;
        let root = root.unwrap_or_else(|error| panic!("root of MariaDB: {error}; {HINT}"));
        for statement in statements {
            let done = root.execute_unprepared(statement).await;
            done.unwrap_or_else(|error| panic!("{statement}: {error}"));
        }
    }
}

/// Topics, tables and a database under a name of their own; dropped with this value.
#[derive(Debug)]
pub struct RealParts(Names);

#[derive(Debug, Clone)]
struct Names {
    name: String,
    servers: Servers,
}

impl RealParts {
    /// Parts for this test if `NOC_TEST_PARTS` is `real`; `None` where it is unset or `embedded`.
    ///
    /// # Panics
    /// On any other value, and when a server is not there.
    pub async fn chosen() -> Option<Self> {
        match setting("NOC_TEST_PARTS").as_deref() {
            Some("real") => Some(Self::new().await),
            Some("embedded") | None => None,
            Some(other) => panic!("NOC_TEST_PARTS is embedded or real, not {other}"),
        }
    }

    /// New ones, whatever `NOC_TEST_PARTS` says.
    ///
    /// # Panics
    /// When a server is not there.
    pub async fn new() -> Self {
        // Already installed by another test of this binary: the same one.
        drop(rustls::crypto::ring::default_provider().install_default());
        let names = Names {
            name: format!("noc_it_{}", Uuid::new_v4().simple()),
            servers: Servers::known(),
        };
        names.sql(&format!("CREATE DATABASE {}", names.name)).await;
        names.query("select 1").await;
        Self(names)
    }

    /// The settings that make the product use them.
    #[must_use]
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        self.0.environment()
    }

    /// Runs a statement on MariaDB, outside the product.
    ///
    /// # Panics
    /// When it fails.
    pub async fn sql(&self, statement: &str) {
        self.0.sql(statement).await;
    }

    /// Runs a statement on QuestDB, outside the product: its first column, as text.
    ///
    /// # Panics
    /// When it fails.
    pub async fn query(&self, statement: &str) -> Vec<String> {
        self.0.query(statement).await
    }

    /// What its topics and tables begin with, and the database is named.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0.name
    }
}

impl Names {
    fn environment(&self) -> Vec<(&'static str, String)> {
        let Self { name, servers } = self;
        let mut settings = vec![
            ("NOC_KAFKA_BROKERS", servers.brokers.clone()),
            ("NOC_KAFKA_PARTITIONS", "4".into()),
            ("NOC_KAFKA_TOPIC_PREFIX", format!("{name}.")),
            ("NOC_QUESTDB_URL", servers.questdb.clone()),
            ("NOC_QUESTDB_TABLE_PREFIX", format!("{name}_")),
            (
                "NOC_DATABASE_URL",
                format!("{}/{name}", servers.mariadb.trim_end_matches('/')),
            ),
            // Keys of no use to anybody: they protect what a test makes.
            ("COREPANEL_FIELD_KEY", "11".repeat(32)),
            ("COREPANEL_LOG_CHAIN_KEY", "22".repeat(32)),
            ("NOC_LIVE_KEY", "live-key-of-tests".into()),
            ("NOC_LIVE_SECRET", "33".repeat(32)),
        ];
        settings.extend(servers.kafka_access.iter().cloned());
        settings
    }

    async fn sql(&self, statement: &str) {
        let server = Database::connect(&self.servers.mariadb).await;
        let server = server.unwrap_or_else(|error| panic!("MariaDB: {error}; {HINT}"));
        let done = server.execute_unprepared(statement).await;
        done.unwrap_or_else(|error| panic!("{statement}: {error}"));
    }

    async fn query(&self, statement: &str) -> Vec<String> {
        let answer = reqwest::Client::new()
            .get(format!("{}/exec", self.servers.questdb))
            .query(&[("query", statement)])
            .timeout(SOON)
            .send()
            .await
            .unwrap_or_else(|error| panic!("QuestDB: {error}; {HINT}"));
        let answer: Value = answer.json().await.expect("JSON of QuestDB");
        assert!(answer.get("error").is_none(), "{statement}: {answer}");
        let rows = answer["dataset"].as_array().cloned().unwrap_or_default();
        rows.iter()
            .map(|row| {
                row[0]
                    .as_str()
                    .map_or_else(|| row[0].to_string(), Into::into)
            })
            .collect()
    }

    async fn forget(&self) {
        self.forget_database().await;
        self.forget_tables().await;
        self.forget_topics().await;
    }

    /// Whoever still holds a transaction there may be waiting for this very thread: it is cut off first.
    async fn forget_database(&self) {
        let server = Database::connect(&self.servers.mariadb).await;
        let server = server.unwrap_or_else(|error| panic!("MariaDB: {error}; {HINT}"));
        let held = format!(
            "SELECT CAST(id AS SIGNED) AS id FROM information_schema.processlist WHERE db = '{}'",
            self.name
        );
        let held = Statement::from_string(DbBackend::MySql, held);
        for row in server.query_all_raw(held).await.expect("who is connected") {
            let id: i64 = row.try_get("", "id").expect("a number");
            // Gone by itself meanwhile: all the better.
            drop(server.execute_unprepared(&format!("KILL {id}")).await);
        }
        let drop_it = format!("DROP DATABASE IF EXISTS {}", self.name);
        let done = server.execute_unprepared(&drop_it).await;
        done.unwrap_or_else(|error| panic!("{drop_it}: {error}"));
    }

    async fn forget_tables(&self) {
        let like = format!("like '{}%'", self.name);
        let views = format!("select view_name from materialized_views() where view_name {like}");
        for view in self.query(&views).await {
            self.query(&format!("drop materialized view if exists '{view}'"))
                .await;
        }
        let tables = format!("select table_name from tables() where table_name {like}");
        for table in self.query(&tables).await {
            self.query(&format!("drop table if exists '{table}'")).await;
        }
    }

    async fn forget_topics(&self) {
        let options = Arc::new(kafka_options(self.environment()));
        let done = delete_topics(options).await;
        done.unwrap_or_else(|error| panic!("Kafka: {error}; {HINT}"));
    }
}

impl Drop for RealParts {
    fn drop(&mut self) {
        let names = self.0.clone();
        // On a thread of its own: whoever drops this is within a runtime already.
        let done = std::thread::spawn(move || {
            let mut runtime = tokio::runtime::Builder::new_current_thread();
            let runtime = runtime.enable_all().build().expect("a runtime");
            runtime.block_on(names.forget());
        });
        if done.join().is_err() {
            eprintln!("parts of a test could not be dropped");
        }
    }
}
