//! Settings of the parts that are reached over a network: what about them can be wrong, and in the parts' own words.

use super::{Config, Database, KafkaMechanism, Secret};
use noc_pipeline::kafka::{
    KafkaLogin, KafkaOptions, KafkaPassword, KafkaSecurity, KafkaTls, SaslMechanism,
};
use noc_storage::relational::DbOptions;
use noc_storage::secrets::SecretKey;
use noc_storage::series::SeriesError;
use noc_storage::series::questdb::QuestDbOptions;
use std::time::Duration;

/// Connections that one pool of a node may have.
const MOST_CONNECTIONS: u32 = 1_000;

impl Config {
    /// Whether every part can be shared with other nodes.
    #[must_use]
    pub const fn is_shared(&self) -> bool {
        self.kafka.brokers.is_some() && self.questdb.url.is_some() && self.database.url.is_some()
    }

    /// How Kafka is to be used; `None`: it is not.
    #[must_use]
    pub fn kafka_options(&self) -> Option<KafkaOptions> {
        let kafka = &self.kafka;
        let tls = || KafkaTls {
            ca_location: kafka.tls_ca_file.clone(),
        };
        let login = kafka.sasl_username.as_ref().map(|username| KafkaLogin {
            mechanism: match kafka.sasl_mechanism {
                KafkaMechanism::Plain => SaslMechanism::Plain,
                KafkaMechanism::ScramSha256 => SaslMechanism::ScramSha256,
                KafkaMechanism::ScramSha512 => SaslMechanism::ScramSha512,
            },
            username: username.clone(),
            password: KafkaPassword(exposed(kafka.sasl_password.as_ref())),
        });
        Some(KafkaOptions {
            brokers: kafka.brokers.clone()?,
            partitions: kafka.partitions,
            topic_prefix: kafka.topic_prefix.clone(),
            produce_timeout: Duration::from_millis(self.ingest.append_timeout_ms),
            retention: Duration::from_secs(self.retention.log_h.saturating_mul(3_600)),
            security: match (login, kafka.tls) {
                (None, false) => KafkaSecurity::Plaintext,
                (None, true) => KafkaSecurity::Tls(tls()),
                (Some(login), false) => KafkaSecurity::SaslPlaintext(login),
                (Some(login), true) => KafkaSecurity::SaslTls(login, tls()),
            },
            ..KafkaOptions::default()
        })
    }

    /// How QuestDB is to be used; `None`: it is not.
    ///
    /// # Errors
    /// When its address is none.
    pub fn questdb_options(&self) -> Result<Option<QuestDbOptions>, SeriesError> {
        let questdb = &self.questdb;
        let Some(url) = &questdb.url else {
            return Ok(None);
        };
        let options = QuestDbOptions::new(url.expose())?.with_prefix(&questdb.table_prefix);
        Ok(Some(match &questdb.token {
            Some(token) => options.with_token(token.expose()),
            None => options,
        }))
    }

    /// How the relational store is to be opened; where, if it is not the embedded one, says `database.url`.
    #[must_use]
    pub fn database_options(&self, chain_key: SecretKey) -> DbOptions {
        DbOptions {
            read_connections: self.database.read_connections,
            write_connections: self.database.connections,
            ..DbOptions::new(chain_key)
        }
    }

    /// What is wrong with the parts, each on its own and together.
    pub(super) fn check_parts(&self, refuse: &mut impl FnMut(&str, &str)) {
        self.check_kafka(refuse);
        if let Err(error) = self.questdb_options() {
            refuse("NOC_QUESTDB_URL", &error.to_string());
        }
        if !self
            .questdb
            .table_prefix
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'_')
        {
            refuse("questdb.table_prefix", "may have letters, digits and _");
        }
        self.database.check(refuse);
        if self.database.url.is_none() {
            return;
        }
        let (keys, live) = (&self.keys, &self.live);
        for (at, key) in [
            ("COREPANEL_FIELD_KEY", &keys.field_key),
            ("COREPANEL_LOG_CHAIN_KEY", &keys.log_chain_key),
            ("NOC_LIVE_KEY", &live.key),
            ("NOC_LIVE_SECRET", &live.secret),
        ] {
            if key.is_none() {
                refuse(
                    at,
                    "must be set once NOC_DATABASE_URL is: all nodes share it",
                );
            }
        }
    }

    fn check_kafka(&self, refuse: &mut impl FnMut(&str, &str)) {
        let kafka = &self.kafka;
        if !(1..=1024).contains(&kafka.partitions) {
            refuse("kafka.partitions", "must be 1 to 1024");
        }
        let legal = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
        if kafka.topic_prefix.len() > 150 || !kafka.topic_prefix.bytes().all(legal) {
            refuse(
                "kafka.topic_prefix",
                "may have letters, digits, `.`, `_` and `-`, at most 150 of them",
            );
        }
        if kafka.sasl_username.is_some() != kafka.sasl_password.is_some() {
            refuse(
                "NOC_KAFKA_SASL_PASSWORD",
                "goes with NOC_KAFKA_SASL_USERNAME: set both or none",
            );
        }
        let plain = kafka.sasl_mechanism == KafkaMechanism::Plain && !kafka.tls;
        if plain && kafka.sasl_username.is_some() {
            refuse(
                "kafka.sasl_mechanism",
                "plain sends the password itself: set kafka.tls too",
            );
        }
        if kafka.tls_ca_file.is_some() && !kafka.tls {
            refuse("kafka.tls_ca_file", "has no effect without kafka.tls");
        }
        if kafka
            .brokers
            .as_deref()
            .is_some_and(|b| b.trim().is_empty())
        {
            refuse("NOC_KAFKA_BROKERS", "names no broker");
        }
    }
}

impl Database {
    fn check(&self, refuse: &mut impl FnMut(&str, &str)) {
        for (at, url) in [
            ("NOC_DATABASE_URL", &self.url),
            ("NOC_DATABASE_READ_URL", &self.read_url),
        ] {
            let is_mariadb = |url: &Secret| {
                let url = url.expose();
                url.starts_with("mysql://") || url.starts_with("mariadb://")
            };
            if url.as_ref().is_some_and(|url| !is_mariadb(url)) {
                refuse(at, "must be mysql://user:password@host/database");
            }
        }
        if self.read_url.is_some() && self.url.is_none() {
            refuse(
                "NOC_DATABASE_READ_URL",
                "has no effect without NOC_DATABASE_URL",
            );
        }
        for (at, connections) in [
            ("database.connections", self.connections),
            ("database.read_connections", self.read_connections),
        ] {
            if !(2..=MOST_CONNECTIONS).contains(&connections) {
                refuse(at, "must be 2 to 1000");
            }
        }
    }
}

fn exposed(secret: Option<&Secret>) -> String {
    secret
        .map(|secret| secret.expose().to_owned())
        .unwrap_or_default()
}
