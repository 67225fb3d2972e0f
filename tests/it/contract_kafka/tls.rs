//! Brokers that ask for TLS and a password: every way to be let in, and every way to be turned away. Needs `STACK=tls
//! tests/stack/stack.sh up`; `make kafka-tls` runs the whole contract there.

use super::{append, options, read, seqs};
use noc_pipeline::clock::Stopwatch;
use noc_pipeline::contract::soon;
use noc_pipeline::kafka::{
    Kafka, KafkaError, KafkaLogin, KafkaOptions, KafkaPassword, KafkaSecurity, KafkaTls,
    SaslMechanism, temporary,
};
use std::path::PathBuf;
use std::time::Duration;

/// Who is turned away is told within this.
const TOLD_WITHIN: Duration = Duration::from_secs(30);
const PASSWORD: &str = "noc";

/// The stack's certificates of authorities.
fn authority() -> KafkaTls {
    match options().security {
        KafkaSecurity::SaslTls(_, tls) => tls,
        other => panic!("{other:?}: make kafka-tls"),
    }
}

/// Somebody else's, who signed nothing there.
fn stranger() -> KafkaTls {
    let ours: PathBuf = authority().ca_location.expect("a file");
    KafkaTls {
        ca_location: Some(ours.with_file_name("other.pem")),
    }
}

fn login(mechanism: SaslMechanism, password: &str) -> KafkaLogin {
    KafkaLogin {
        mechanism,
        username: "noc".to_owned(),
        password: KafkaPassword(password.to_owned()),
    }
}

/// The brokers' addresses by another of their ports, so far from the one that asks for TLS and a password.
fn at(distance: i32) -> String {
    let moved = options().brokers;
    let moved = moved.split(',').map(|address| {
        let (host, port) = address.rsplit_once(':').expect("a port");
        format!(
            "{host}:{}",
            port.parse::<i32>().expect("a number") + distance
        )
    });
    moved.collect::<Vec<_>>().join(",")
}

async fn works(options: KafkaOptions) {
    let (kafka, _topics) = temporary(options).await;
    for n in 0..3 {
        append(&kafka, n).await;
    }
    let mut found = Vec::new();
    while found.len() < 3 {
        found.extend(read(&kafka, found.len() as u64).await);
    }
    assert_eq!(seqs(&found), [0, 1, 2]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_way_in_works() {
    for mechanism in [
        SaslMechanism::ScramSha512,
        SaslMechanism::ScramSha256,
        SaslMechanism::Plain,
    ] {
        let security = KafkaSecurity::SaslTls(login(mechanism, PASSWORD), authority());
        works(KafkaOptions {
            security,
            ..options()
        })
        .await;
    }
    // Encrypted, and nobody is asked for.
    works(KafkaOptions {
        brokers: at(100),
        security: KafkaSecurity::Tls(authority()),
        ..options()
    })
    .await;
}

async fn refused(security: KafkaSecurity) -> KafkaError {
    let watch = Stopwatch::start();
    let options = KafkaOptions {
        security,
        ..options()
    };
    let connected = soon("an answer", Kafka::connect(options)).await;
    let error = connected.expect_err("nobody is let in so");
    assert!(watch.elapsed() < TOLD_WITHIN, "{watch:?}");
    error
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_not_known_or_not_trusted_gets_nowhere() {
    let scram = |password| login(SaslMechanism::ScramSha512, password);
    let plain = |password| login(SaslMechanism::Plain, password);
    for security in [
        KafkaSecurity::SaslTls(scram("wrong"), authority()),
        KafkaSecurity::SaslTls(plain("wrong"), authority()),
        KafkaSecurity::SaslTls(scram(PASSWORD), stranger()),
        KafkaSecurity::Tls(authority()),
        KafkaSecurity::SaslPlaintext(scram(PASSWORD)),
        KafkaSecurity::Plaintext,
    ] {
        let said = format!("{security:?}");
        let error = refused(security).await;
        println!("{said}: {error}: {error:?}");
    }
    // Not even tried: the password itself would go over the wire in the clear.
    let clear = refused(KafkaSecurity::SaslPlaintext(plain(PASSWORD))).await;
    assert!(
        matches!(&clear, KafkaError::Options(why) if why.contains("TLS")),
        "{clear:?}"
    );
}
