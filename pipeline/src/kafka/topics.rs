//! The four topics: made where they are missing, checked where they exist.
//!
//! | topic | partitions | kept | |
//! |---|---|---|---|
//! | `payloads` | as many as the log | 72 h | the record's `received_at` is the message's time |
//! | `snapshots` | as many as the log | newest of each key | compacted |
//! | `live` | 1 | 10 min | |
//! | `dead-letters` | 1 | 7 days | |
//!
//! What a topic must have is refused when it differs; the rest is a matter of taste or of the cluster, and a warning.

use super::KafkaError;
use super::client::{Quiet, blocking, client};
use super::error::is_topic_gone;
use super::options::{KafkaOptions, MAX_MESSAGE_BYTES, REQUEST_TIMEOUT};
use crate::clock::{Stopwatch, sleep};
use rdkafka::admin::{
    AdminClient, AdminOptions, NewTopic, OwnedResourceSpecifier, ResourceSpecifier,
    TopicReplication,
};
use rdkafka::error::{KafkaError as ClientError, RDKafkaErrorCode};
use rdkafka::{Offset as KafkaOffset, TopicPartitionList};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

pub(super) const PAYLOADS: &str = "payloads";
pub(super) const SNAPSHOTS: &str = "snapshots";
pub(super) const LIVE: &str = "live";
pub(super) const DEAD_LETTERS: &str = "dead-letters";

/// Until a new topic is known to the brokers, with a leader for every partition.
const CREATION: Duration = Duration::from_secs(30);
/// Copies of a partition, where there are as many brokers.
const REPLICATION: usize = 3;

/// What was found on the cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KafkaFacts {
    /// Brokers that the cluster knows.
    pub brokers: usize,
    /// The topics of ours that exist.
    pub topics: Vec<TopicFacts>,
    /// What differs from what we would have made, in words; nothing that keeps us from working.
    pub warnings: Vec<String>,
}

/// One topic as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicFacts {
    /// Its name.
    pub name: String,
    /// Its partitions.
    pub partitions: u32,
    /// Copies of the partition that has the fewest.
    pub replication: usize,
    /// Copies that must have a record before it is acknowledged.
    pub min_insync_replicas: usize,
}

impl KafkaFacts {
    /// Whether what is acknowledged survives the loss of any one broker, its disk included: three copies, of which
    /// two have every acknowledged record.
    #[must_use]
    pub fn survives_a_broker(&self) -> bool {
        let kept = |topic: &&TopicFacts| !topic.name.ends_with(LIVE);
        self.topics
            .iter()
            .filter(kept)
            .all(|topic| topic.replication >= 3 && topic.min_insync_replicas >= 2)
    }
}

/// A topic as we want it.
struct Wanted {
    name: String,
    partitions: u32,
    /// (setting, value, whether another value is refused)
    settings: Vec<(&'static str, String, bool)>,
}

fn wanted(options: &KafkaOptions) -> [Wanted; 4] {
    let topic = |name: &str, partitions, settings: &[(&'static str, String, bool)]| Wanted {
        name: options.topic(name),
        partitions,
        settings: settings.to_vec(),
    };
    let size = ("max.message.bytes", MAX_MESSAGE_BYTES.to_string(), false);
    let delete = ("cleanup.policy", "delete".to_owned(), true);
    let kept = |time: Duration| ("retention.ms", time.as_millis().to_string(), false);
    // Retention drops whole segments: one is closed when it is this old.
    let segment = |time: Duration| ("segment.ms", time.as_millis().to_string(), false);
    let hours = |hours: u64| Duration::from_secs(hours * 3_600);
    [
        topic(
            PAYLOADS,
            options.partitions,
            &[
                delete.clone(),
                kept(options.retention),
                segment(hours(6)),
                size.clone(),
                // Ours is the time of receipt; the broker must not replace it, or refuse it as too far ahead.
                ("message.timestamp.type", "CreateTime".to_owned(), true),
                (
                    "message.timestamp.after.max.ms",
                    i64::MAX.to_string(),
                    false,
                ),
                ("unclean.leader.election.enable", "false".to_owned(), false),
            ],
        ),
        topic(
            SNAPSHOTS,
            options.partitions,
            &[
                ("cleanup.policy", "compact".to_owned(), true),
                size.clone(),
                // States are rewritten every minute: compaction must keep up, or restarts read hours of them.
                ("segment.bytes", (64 << 20).to_string(), false),
                segment(hours(1)),
                ("min.cleanable.dirty.ratio", "0.3".to_owned(), false),
                ("unclean.leader.election.enable", "false".to_owned(), false),
            ],
        ),
        topic(
            LIVE,
            1,
            &[
                delete.clone(),
                kept(Duration::from_secs(600)),
                segment(Duration::from_secs(600)),
            ],
        ),
        topic(
            DEAD_LETTERS,
            1,
            &[delete, kept(hours(7 * 24)), segment(hours(24)), size],
        ),
    ]
}

/// Talks to the cluster about topics.
pub(super) struct Admin {
    options: Arc<KafkaOptions>,
    client: AdminClient<Quiet>,
}

/// Makes an admin client for one piece of work, on a thread that may block: the client has threads of its own, which
/// are not kept for work that comes once an hour.
pub(super) async fn with_admin<T: Send + 'static>(
    options: Arc<KafkaOptions>,
    work: impl AsyncFnOnce(&Admin) -> Result<T, KafkaError> + Send + 'static,
) -> Result<T, KafkaError> {
    let done = blocking(move || {
        let made = options.client().create_with_context(Quiet);
        let client = made.map_err(client("make an admin client", &options))?;
        let admin = Admin { options, client };
        tokio::runtime::Handle::current().block_on(work(&admin))
    });
    done.await.map_err(|reason| KafkaError::Internal {
        operation: "ask Kafka about topics",
        reason,
    })?
}

impl Admin {
    fn ask() -> AdminOptions {
        AdminOptions::new()
            .request_timeout(Some(REQUEST_TIMEOUT * 2))
            .operation_timeout(Some(REQUEST_TIMEOUT))
    }

    /// Makes what is missing, waits until every broker knows it, and checks everything.
    pub(super) async fn prepare(&self) -> Result<KafkaFacts, KafkaError> {
        let wanted = wanted(&self.options);
        let cluster = self.cluster()?;
        let missing: Vec<&Wanted> = wanted
            .iter()
            .filter(|topic| !cluster.topics.contains_key(&topic.name))
            .collect();
        if !missing.is_empty() {
            self.create(&missing, cluster.brokers.len()).await?;
        }
        let since = Stopwatch::start();
        loop {
            // Another node may have made them a moment ago.
            let known = match self.unknown(&wanted).await {
                Ok(None) => self.inspect().await,
                Ok(Some(topic)) => Err(KafkaError::NoTopic {
                    topic,
                    reason: "not every broker knows it with a leader for each partition".to_owned(),
                }),
                Err(error) => Err(error),
            };
            match known {
                Err(error) if error.is_retryable() && since.elapsed() < CREATION => {
                    sleep(Duration::from_millis(20)).await;
                }
                outcome => return outcome,
            }
        }
    }

    /// A topic that has no leaders yet, or that some broker has not heard of.
    async fn unknown(&self, wanted: &[Wanted]) -> Result<Option<String>, KafkaError> {
        let cluster = self.cluster()?;
        let led = |topic: &&Wanted| {
            cluster
                .topics
                .get(&topic.name)
                .is_some_and(|found| found.led)
        };
        if let Some(topic) = wanted.iter().find(|topic| !led(topic)) {
            return Ok(Some(topic.name.clone()));
        }
        let topics: Vec<&Wanted> = wanted.iter().collect();
        for broker in cluster.brokers {
            let settings = self.settings(&topics, Some(broker)).await?;
            let unknown = wanted
                .iter()
                .find(|topic| !settings.contains_key(&topic.name));
            if let Some(topic) = unknown {
                return Ok(Some(topic.name.clone()));
            }
        }
        Ok(None)
    }

    /// Checks what exists and changes nothing.
    pub(super) async fn inspect(&self) -> Result<KafkaFacts, KafkaError> {
        let wanted = wanted(&self.options);
        let cluster = self.cluster()?;
        let mut facts = KafkaFacts {
            brokers: cluster.brokers.len(),
            topics: Vec::new(),
            warnings: Vec::new(),
        };
        let existing = wanted.iter().filter_map(|topic| {
            let found = cluster.topics.get(&topic.name)?;
            Some((topic, found))
        });
        let existing: Vec<(&Wanted, &Found)> = existing.collect();
        let topics: Vec<&Wanted> = existing.iter().map(|(topic, _)| *topic).collect();
        let mut settings = self.settings(&topics, None).await?;
        for (topic, found) in existing {
            if found.partitions != topic.partitions {
                return Err(KafkaError::Unfit {
                    topic: topic.name.clone(),
                    setting: "partitions:",
                    found: found.partitions.to_string(),
                    wanted: topic.partitions.to_string(),
                    remedy: "set NOC_KAFKA_PARTITIONS to what it has, or choose another topic prefix; servers would change their partition",
                });
            }
            let settings = settings.remove(&topic.name);
            let settings = settings.ok_or_else(|| KafkaError::NoTopic {
                topic: topic.name.clone(),
                reason: "the broker asked does not know its settings".to_owned(),
            })?;
            check(topic, &settings, &mut facts.warnings)?;
            let min_insync = settings.get("min.insync.replicas");
            facts.topics.push(TopicFacts {
                name: topic.name.clone(),
                partitions: found.partitions,
                replication: found.replication,
                min_insync_replicas: min_insync.and_then(|n| n.parse().ok()).unwrap_or(1),
            });
        }
        Ok(facts)
    }

    async fn create(&self, missing: &[&Wanted], brokers: usize) -> Result<(), KafkaError> {
        let replication = brokers.clamp(1, REPLICATION);
        let insync = if replication >= 3 { "2" } else { "1" };
        let topics: Vec<NewTopic<'_>> = missing
            .iter()
            .map(|topic| {
                let partitions = i32::try_from(topic.partitions).unwrap_or(i32::MAX);
                let copies = TopicReplication::Fixed(i32::try_from(replication).unwrap_or(1));
                let new = NewTopic::new(&topic.name, partitions, copies);
                let settings = topic.settings.iter();
                settings
                    .fold(new, |new, (setting, value, _)| new.set(setting, value))
                    .set("min.insync.replicas", insync)
            })
            .collect();
        let created = self.client.create_topics(&topics, &Self::ask()).await;
        for result in created.map_err(client("create topics", &self.options))? {
            match result {
                // Another node was faster; what it made is checked like any other.
                Ok(_) | Err((_, RDKafkaErrorCode::TopicAlreadyExists)) => {}
                Err((topic, code)) => return Err(KafkaError::Create { topic, code }),
            }
        }
        Ok(())
    }

    /// Asks one broker, in the calling thread.
    fn cluster(&self) -> Result<Cluster, KafkaError> {
        let asked = self.client.inner().fetch_metadata(None, REQUEST_TIMEOUT);
        let metadata = asked.map_err(client("ask for topics", &self.options))?;
        let topics = metadata
            .topics()
            .iter()
            .filter(|topic| topic.error().is_none())
            .map(|topic| {
                let partitions = topic.partitions();
                let copies = partitions.iter().map(|p| p.replicas().len()).min();
                let found = Found {
                    partitions: u32::try_from(partitions.len()).unwrap_or(u32::MAX),
                    replication: copies.unwrap_or(0),
                    led: !partitions.is_empty() && partitions.iter().all(|p| p.leader() >= 0),
                };
                (topic.name().to_owned(), found)
            })
            .collect();
        Ok(Cluster {
            brokers: metadata
                .brokers()
                .iter()
                .map(|broker| broker.id())
                .collect(),
            topics,
        })
    }

    /// The settings of topics, by their names; without those that the broker asked has not heard of.
    async fn settings(
        &self,
        topics: &[&Wanted],
        broker: Option<i32>,
    ) -> Result<BTreeMap<String, BTreeMap<String, String>>, KafkaError> {
        if topics.is_empty() {
            return Ok(BTreeMap::new());
        }
        let which: Vec<ResourceSpecifier<'_>> = topics
            .iter()
            .map(|topic| ResourceSpecifier::Topic(&topic.name))
            .collect();
        let ask = Self::ask().broker_id(broker);
        let asked = self.client.describe_configs(&which, &ask);
        let failed = || client("ask for topics' settings", &self.options);
        let mut settings = BTreeMap::new();
        for resource in asked.await.map_err(failed())? {
            let resource = match resource {
                Err(code) if is_topic_gone(code) => continue,
                resource => resource.map_err(ClientError::AdminOp).map_err(failed())?,
            };
            if let OwnedResourceSpecifier::Topic(name) = resource.specifier
                && !resource.entries.is_empty()
            {
                let entries = resource.entries.into_iter();
                let values = entries.filter_map(|entry| Some((entry.name, entry.value?)));
                settings.insert(name, values.collect());
            }
        }
        Ok(settings)
    }

    /// Drops records before the given offsets of `topic`; returns the first offset of each partition named.
    pub(super) async fn delete_before(
        &self,
        topic: &str,
        offsets: &[(i32, i64)],
    ) -> Result<Vec<(i32, i64)>, KafkaError> {
        let failed = || client("drop old records", &self.options);
        let mut list = TopicPartitionList::with_capacity(offsets.len());
        for (partition, offset) in offsets {
            list.add_partition_offset(topic, *partition, KafkaOffset::Offset(*offset))
                .map_err(failed())?;
        }
        let asked = self.client.delete_records(&list, &Self::ask()).await;
        let deleted = asked.map_err(failed())?;
        let mut firsts = Vec::with_capacity(offsets.len());
        for (partition, offset) in offsets {
            let found = deleted.find_partition(topic, *partition);
            let first = match found {
                Some(element) => {
                    element.error().map_err(failed())?;
                    element.offset().to_raw().unwrap_or(*offset)
                }
                None => *offset,
            };
            firsts.push((*partition, first));
        }
        Ok(firsts)
    }

    /// Deletes all four topics, as far as they exist.
    #[cfg(any(test, feature = "contract"))]
    pub(super) async fn delete_all(&self) -> Result<(), KafkaError> {
        let names = wanted(&self.options).map(|topic| topic.name);
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let deleted = self.client.delete_topics(&names, &Self::ask()).await;
        deleted.map_err(client("delete topics", &self.options))?;
        Ok(())
    }
}

struct Cluster {
    /// Their ids.
    brokers: Vec<i32>,
    topics: BTreeMap<String, Found>,
}

struct Found {
    partitions: u32,
    replication: usize,
    led: bool,
}

/// Refuses what must not differ, notes what does.
fn check(
    topic: &Wanted,
    settings: &BTreeMap<String, String>,
    warnings: &mut Vec<String>,
) -> Result<(), KafkaError> {
    for (setting, wanted, must) in &topic.settings {
        let found = settings.get(*setting).map_or("", String::as_str);
        if found == wanted {
            continue;
        }
        if *must {
            return Err(KafkaError::Unfit {
                topic: topic.name.clone(),
                setting,
                found: found.to_owned(),
                wanted: wanted.clone(),
                remedy: "alter the topic, or choose another topic prefix",
            });
        }
        warnings.push(format!(
            "topic {} has {setting} {found}, recommended is {wanted}",
            topic.name
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(topic: &Wanted) -> BTreeMap<String, String> {
        let settings = topic.settings.iter();
        settings
            .map(|(setting, value, _)| ((*setting).to_owned(), value.clone()))
            .collect()
    }

    #[test]
    fn a_topic_of_ours_is_fit() {
        for topic in wanted(&KafkaOptions::default()) {
            let mut warnings = Vec::new();
            check(&topic, &settings(&topic), &mut warnings).unwrap();
            assert!(warnings.is_empty(), "{warnings:?}");
        }
    }

    #[test]
    fn a_wrong_cleanup_policy_is_refused_and_a_short_retention_noted() {
        let [payloads, ..] = wanted(&KafkaOptions::default());
        let mut found = settings(&payloads);
        found.insert("retention.ms".to_owned(), "1000".to_owned());
        let mut warnings = Vec::new();
        check(&payloads, &found, &mut warnings).unwrap();
        assert_eq!(
            warnings,
            ["topic noc.payloads has retention.ms 1000, recommended is 259200000"]
        );
        found.insert("cleanup.policy".to_owned(), "compact".to_owned());
        let error = check(&payloads, &found, &mut warnings).unwrap_err();
        assert_eq!(
            error.to_string(),
            "topic noc.payloads has cleanup.policy compact, delete is needed: alter the topic, or choose another topic prefix"
        );
    }

    #[test]
    fn three_copies_of_which_two_are_current_survive_a_broker() {
        let facts = |replication, min_insync_replicas| KafkaFacts {
            brokers: 3,
            topics: vec![TopicFacts {
                name: "noc.payloads".to_owned(),
                partitions: 64,
                replication,
                min_insync_replicas,
            }],
            warnings: Vec::new(),
        };
        assert!(facts(3, 2).survives_a_broker());
        assert!(!facts(3, 1).survives_a_broker());
        assert!(!facts(2, 2).survives_a_broker());
    }
}
