//! How Kafka is reached and used, and what that means in librdkafka's settings.

use super::KafkaError;
use rdkafka::ClientConfig;
use rdkafka::config::RDKafkaLogLevel;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

/// A record, or a batch of them, may have this many bytes: a payload of 512 KiB, its header, and what normalising
/// adds.
pub(super) const MAX_MESSAGE_BYTES: usize = 2 << 20;
/// Requests other than produce are given this long.
pub(super) const REQUEST_TIMEOUT: Duration = Duration::from_secs(5);

/// How the Kafka back ends behave. The defaults suit 1,000 to 100,000 servers.
#[derive(Debug, Clone)]
pub struct KafkaOptions {
    /// `host:port`, several separated by commas; one that answers is enough to find the others.
    pub brokers: String,
    /// Partitions of the log; existing topics must have as many.
    pub partitions: u32,
    /// Topics are named `<prefix>payloads`, `<prefix>snapshots`, `<prefix>live` and `<prefix>dead-letters`.
    pub topic_prefix: String,
    /// A record that is not acknowledged for this long is answered with an error.
    pub produce_timeout: Duration,
    /// Records of a partition wait this long for company before they are sent.
    pub linger: Duration,
    /// How long Kafka keeps payloads.
    pub retention: Duration,
    /// Records that wait for their acknowledgement may hold this much; more are refused.
    pub queue_bytes: usize,
    /// How brokers are spoken to.
    pub security: KafkaSecurity,
}

impl Default for KafkaOptions {
    fn default() -> Self {
        Self {
            brokers: "127.0.0.1:9092".to_owned(),
            partitions: 64,
            topic_prefix: "noc.".to_owned(),
            produce_timeout: Duration::from_secs(8),
            linger: Duration::from_millis(2),
            retention: Duration::from_secs(72 * 3_600),
            queue_bytes: 64 << 20,
            security: KafkaSecurity::Plaintext,
        }
    }
}

/// How brokers are spoken to. Everything but [`KafkaSecurity::Plaintext`] needs a build with the cargo feature
/// `kafka-tls`; without it opening fails with [`KafkaError::NotBuilt`].
#[derive(Debug, Clone, Default)]
pub enum KafkaSecurity {
    /// Neither encrypted nor authenticated.
    #[default]
    Plaintext,
    /// Encrypted.
    Tls(KafkaTls),
    /// Authenticated, not encrypted.
    SaslPlaintext(KafkaLogin),
    /// Authenticated and encrypted.
    SaslTls(KafkaLogin, KafkaTls),
}

/// How a broker's certificate is checked; its name always is.
#[derive(Debug, Clone, Default)]
pub struct KafkaTls {
    /// PEM file of the authorities to trust; unset: the system's.
    pub ca_location: Option<PathBuf>,
}

/// Who we are.
#[derive(Debug, Clone)]
pub struct KafkaLogin {
    /// How the password is shown to the broker.
    pub mechanism: SaslMechanism,
    /// User name.
    pub username: String,
    /// Password.
    pub password: KafkaPassword,
}

/// SASL mechanisms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SaslMechanism {
    /// RFC 4616: the password itself; only with TLS.
    Plain,
    /// RFC 5802 with SHA-256.
    ScramSha256,
    /// RFC 5802 with SHA-512.
    ScramSha512,
}

impl SaslMechanism {
    /// As brokers and librdkafka call it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Plain => "PLAIN",
            Self::ScramSha256 => "SCRAM-SHA-256",
            Self::ScramSha512 => "SCRAM-SHA-512",
        }
    }
}

/// A password that is never printed.
#[derive(Clone)]
pub struct KafkaPassword(pub String);

impl fmt::Debug for KafkaPassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KafkaPassword(..)")
    }
}

impl KafkaOptions {
    /// The topic that is called this, behind the prefix.
    #[must_use]
    pub fn topic(&self, name: &str) -> String {
        format!("{}{name}", self.topic_prefix)
    }

    pub(super) fn check(&self) -> Result<(), KafkaError> {
        let wrong = |what: String| Err(KafkaError::Options(what));
        if self.brokers.trim().is_empty() {
            return wrong("no broker is named".to_owned());
        }
        if !(1..=1_024).contains(&self.partitions) {
            return wrong(format!(
                "{} partitions, 1 to 1024 are possible",
                self.partitions
            ));
        }
        let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
        if self.topic_prefix.len() > 200 || !self.topic_prefix.chars().all(legal) {
            return wrong(format!(
                "topic prefix {:?}: at most 200 of A-Z a-z 0-9 . _ - are possible",
                self.topic_prefix
            ));
        }
        if !(Duration::from_millis(100)..=Duration::from_secs(300)).contains(&self.produce_timeout)
        {
            return wrong(format!(
                "produce timeout {:?}: 100 ms to 300 s are possible",
                self.produce_timeout
            ));
        }
        if self.linger >= self.produce_timeout {
            return wrong(format!(
                "linger {:?} is not below the produce timeout {:?}",
                self.linger, self.produce_timeout
            ));
        }
        match &self.security {
            KafkaSecurity::Plaintext => Ok(()),
            _ if !cfg!(feature = "kafka-tls") => Err(KafkaError::NotBuilt),
            KafkaSecurity::SaslPlaintext(login) if login.mechanism == SaslMechanism::Plain => {
                wrong("mechanism PLAIN sends the password itself: use it with TLS only".to_owned())
            }
            _ => Ok(()),
        }
    }

    /// What producers, consumers and the admin client share.
    pub(super) fn client(&self) -> ClientConfig {
        let mut config = ClientConfig::new();
        config
            .set("bootstrap.servers", &self.brokers)
            .set("client.id", "noc")
            .set("allow.auto.create.topics", "false")
            .set("enable.metrics.push", "false")
            .set("socket.keepalive.enable", "true")
            .set("socket.connection.setup.timeout.ms", "5000")
            // A restarted broker is found again within a second, not ten.
            .set("reconnect.backoff.ms", "50")
            .set("reconnect.backoff.max.ms", "1000")
            .set("message.max.bytes", MAX_MESSAGE_BYTES.to_string())
            .set_log_level(RDKafkaLogLevel::Warning);
        let (protocol, login, tls) = match &self.security {
            KafkaSecurity::Plaintext => ("plaintext", None, None),
            KafkaSecurity::Tls(tls) => ("ssl", None, Some(tls)),
            KafkaSecurity::SaslPlaintext(login) => ("sasl_plaintext", Some(login), None),
            KafkaSecurity::SaslTls(login, tls) => ("sasl_ssl", Some(login), Some(tls)),
        };
        config.set("security.protocol", protocol);
        if let Some(login) = login {
            config
                .set("sasl.mechanisms", login.mechanism.name())
                .set("sasl.username", &login.username)
                .set("sasl.password", &login.password.0);
        }
        if let Some(ca) = tls.and_then(|tls| tls.ca_location.as_ref()) {
            config.set("ssl.ca.location", ca.to_string_lossy());
        }
        config
    }

    pub(super) fn producer(&self) -> ClientConfig {
        let mut config = self.client();
        config
            // Implies acks=all and keeps order over retries with up to 5 requests in flight.
            .set("enable.idempotence", "true")
            .set("linger.ms", millis(self.linger))
            .set("compression.type", "lz4")
            .set("message.timeout.ms", millis(self.produce_timeout))
            // Our own limit, `queue_bytes`, is reached first.
            .set("queue.buffering.max.messages", "0")
            .set("queue.buffering.max.kbytes", "1048576");
        config
    }

    /// A consumer that is told what to read: it joins no group and commits nothing, though librdkafka wants a group's
    /// name.
    pub(super) fn consumer(&self, fetch_wait: Duration, fetch_bytes: usize) -> ClientConfig {
        let mut config = self.client();
        config
            .set("group.id", self.topic("readers"))
            .set("enable.auto.commit", "false")
            .set("enable.auto.offset.store", "false")
            .set("auto.offset.reset", "error")
            // Topics are waited for when they are made: one that is unknown later is gone, and readers are to know soon.
            .set("topic.metadata.propagation.max.ms", "1000")
            .set("isolation.level", "read_uncommitted")
            .set("check.crcs", "true")
            // A broker answers one fetch at a time: this is how long a newly assigned partition may have to wait for
            // its first one. Records do not wait: a fetch is answered as soon as there is one.
            .set("fetch.wait.max.ms", millis(fetch_wait))
            .set("fetch.message.max.bytes", fetch_bytes.to_string())
            .set("fetch.max.bytes", (16 << 20).to_string())
            // What is fetched ahead of readers, for each partition; once they took some, go on soon.
            .set("queued.max.messages.kbytes", "1024")
            .set("fetch.queue.backoff.ms", "5")
            .set("fetch.error.backoff.ms", "100");
        config
    }
}

fn millis(duration: Duration) -> String {
    duration.as_millis().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn login(mechanism: SaslMechanism) -> KafkaLogin {
        KafkaLogin {
            mechanism,
            username: "noc".to_owned(),
            password: KafkaPassword("geheim".to_owned()),
        }
    }

    #[test]
    fn what_cannot_work_is_refused_before_anything_is_tried() {
        let refused = |change: fn(&mut KafkaOptions)| {
            let mut options = KafkaOptions::default();
            change(&mut options);
            options.check().unwrap_err().to_string()
        };
        assert!(refused(|o| o.brokers = " ".to_owned()).contains("no broker"));
        assert!(refused(|o| o.partitions = 0).contains("0 partitions"));
        assert!(refused(|o| o.topic_prefix = "a b".to_owned()).contains("\"a b\""));
        assert!(refused(|o| o.produce_timeout = Duration::ZERO).contains("timeout"));
        assert!(refused(|o| o.linger = o.produce_timeout).contains("linger"));
        assert!(KafkaOptions::default().check().is_ok());
    }

    #[test]
    fn security_needs_the_feature() {
        let options = KafkaOptions {
            security: KafkaSecurity::SaslTls(
                login(SaslMechanism::ScramSha512),
                KafkaTls::default(),
            ),
            ..KafkaOptions::default()
        };
        let refused = options.check().err().map(|error| error.to_string());
        assert_eq!(refused.is_none(), cfg!(feature = "kafka-tls"));
        assert!(refused.is_none_or(|text| text.contains("kafka-tls")));
    }

    #[cfg(feature = "kafka-tls")]
    #[test]
    fn a_password_is_not_sent_in_the_clear() {
        let options = KafkaOptions {
            security: KafkaSecurity::SaslPlaintext(login(SaslMechanism::Plain)),
            ..KafkaOptions::default()
        };
        assert!(options.check().unwrap_err().to_string().contains("TLS"));
    }

    #[test]
    fn a_password_is_not_printed() {
        let options = KafkaOptions {
            security: KafkaSecurity::SaslPlaintext(login(SaslMechanism::Plain)),
            ..KafkaOptions::default()
        };
        assert!(!format!("{options:?}").contains("geheim"));
        assert_eq!(options.client().get("sasl.password"), Some("geheim"));
    }

    /// librdkafka knows every setting we make.
    #[test]
    fn every_setting_is_known() {
        let options = KafkaOptions::default();
        options.producer().create_native_config().unwrap();
        let consumer = options.consumer(Duration::from_millis(50), 1 << 20);
        consumer.create_native_config().unwrap();
    }
}
