//! Reading settings: order, secrets, and everything wrong at once.

use super::*;
use noc_pipeline::kafka::KafkaSecurity;
use std::collections::BTreeMap;
use std::path::PathBuf;

fn environment(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

fn file(dir: &tempfile::TempDir, text: &str) -> PathBuf {
    let path = dir.path().join("noc.toml");
    std::fs::write(&path, text).unwrap();
    path
}

fn load(sources: &Sources) -> Config {
    Config::load(sources).unwrap().0
}

fn refused(sources: &Sources) -> Vec<String> {
    let ConfigErrors(problems) = Config::load(sources).unwrap_err();
    problems.iter().map(|problem| problem.at.clone()).collect()
}

#[test]
fn environment_wins_over_file_and_file_over_default() {
    let dir = tempfile::tempdir().unwrap();
    let config = load(&Sources {
        file: Some(file(
            &dir,
            "[http]\nbind = \"127.0.0.1:1\"\nmetrics_bind = \"127.0.0.1:2\"\n",
        )),
        environment: environment(&[("NOC_BIND", "127.0.0.1:3")]),
    });
    assert_eq!(config.http.bind.port(), 3);
    assert_eq!(config.http.metrics_bind.port(), 2);
    assert_eq!(config.ingest.server_rate, 10);
}

#[test]
fn variables_are_read_by_the_type_of_their_setting() {
    let config = load(&Sources {
        file: None,
        environment: environment(&[
            ("NOC_TRUSTED_PROXIES", "10.0.0.0/8, ::1"),
            ("NOC_WORKERS", "3"),
            ("NOC_LOG_ACCESS", "false"),
            ("NOC_LOG_FORMAT", "json"),
            ("NOC_TIMEZONE", "Europe/Berlin"),
            ("NOC_LIVE_PORT", "6001"),
            ("NOC_LIVE_HOST", "12345"),
            ("NOC_PUBLIC_URL", ""),
        ]),
    });
    assert_eq!(config.http.trusted_proxies.len(), 2);
    assert_eq!(config.http.workers, 3);
    assert!(!config.logging.access);
    assert_eq!(config.logging.format, LogFormat::Json);
    assert_eq!(config.accounts.timezone.name(), "Europe/Berlin");
    assert_eq!(config.live.port, Some(6001));
    assert_eq!(config.live.host.as_deref(), Some("12345"));
    assert!(config.http.public_url.is_none(), "empty counts as unset");
}

#[test]
fn secrets_may_come_from_files() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("token");
    std::fs::write(&path, "a token\n").unwrap();
    let config = load(&Sources {
        file: None,
        environment: environment(&[("COREPANEL_HEALTH_TOKEN_FILE", path.to_str().unwrap())]),
    });
    assert_eq!(config.health.token.unwrap().expose(), "a token");
    assert_eq!(
        refused(&Sources {
            file: None,
            environment: environment(&[("COREPANEL_HEALTH_TOKEN_FILE", "/nowhere")]),
        }),
        ["COREPANEL_HEALTH_TOKEN_FILE"]
    );
}

#[test]
fn all_problems_are_told_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let found = refused(&Sources {
        file: Some(file(
            &dir,
            "colour = 1\n[http]\nbind = 5\nbnd = \"x\"\n[ingest]\nserver_rate = 0\n[shop]\n",
        )),
        environment: environment(&[
            ("NOC_PUBLIC_URL", "noc.example.com"),
            ("NOC_TRUSTED_PROXIES", "10.0.0.0/99"),
            ("NOC_KAFKA_SASL_USERNAME", "noc"),
            ("NOC_QUESTDB_URL", "ftp://quest"),
            ("NOC_DATABASE_READ_URL", "postgres://x"),
            ("NOC_TIMEZONE", "Mars/Olympus"),
        ]),
    });
    for at in [
        "colour",
        "http.bind",
        "http.bnd",
        "shop",
        "ingest.server_rate",
        "NOC_PUBLIC_URL",
        "NOC_TRUSTED_PROXIES",
        "NOC_KAFKA_SASL_PASSWORD",
        "NOC_QUESTDB_URL",
        "NOC_DATABASE_READ_URL",
        "NOC_TIMEZONE",
    ] {
        assert!(found.iter().any(|f| f == at), "{at} in {found:?}");
    }
    assert_eq!(found.len(), 12, "a replica of nothing: {found:?}");
}

#[test]
fn each_part_may_have_an_address_and_a_database_needs_the_keys() {
    let mut set = vec![
        ("NOC_KAFKA_BROKERS", "kafka-1:9092,kafka-2:9092"),
        ("NOC_QUESTDB_URL", "http://admin:quest@questdb"),
    ];
    let sources = |pairs: &[(&str, &str)]| Sources {
        file: None,
        environment: environment(pairs),
    };
    for alone in &set {
        let config = load(&sources(&[*alone]));
        assert!(!config.is_shared(), "{alone:?}");
    }
    assert!(load(&sources(&[])).kafka_options().is_none());
    set.push(("NOC_DATABASE_URL", "mysql://noc:secret@db/noc"));
    let keys = [
        "COREPANEL_FIELD_KEY",
        "COREPANEL_LOG_CHAIN_KEY",
        "NOC_LIVE_KEY",
        "NOC_LIVE_SECRET",
    ];
    assert_eq!(refused(&sources(&set)), keys);
    set.extend(keys.map(|key| (key, "x")));
    let config = load(&sources(&set));
    assert!(config.is_shared());
    let kafka = config.kafka_options().unwrap();
    assert_eq!(
        (kafka.partitions, kafka.topic_prefix.as_str()),
        (64, "noc.")
    );
    assert!(config.questdb_options().unwrap().is_some());
}

#[test]
fn kafka_is_authenticated_as_told() {
    let config = load(&Sources {
        file: None,
        environment: environment(&[
            ("NOC_KAFKA_BROKERS", "kafka:9093"),
            ("NOC_KAFKA_TOPIC_PREFIX", "hostseba."),
            ("NOC_KAFKA_TLS", "true"),
            ("NOC_KAFKA_SASL_MECHANISM", "scram-sha-256"),
            ("NOC_KAFKA_SASL_USERNAME", "noc"),
            ("NOC_KAFKA_SASL_PASSWORD", "hunter2"),
        ]),
    });
    let options = config.kafka_options().unwrap();
    assert_eq!(options.topic("live"), "hostseba.live");
    let KafkaSecurity::SaslTls(login, _) = &options.security else {
        panic!("{:?}", options.security);
    };
    assert_eq!(login.mechanism.name(), "SCRAM-SHA-256");
    assert!(!format!("{config:?} {options:?}").contains("hunter2"));
    let mut clear = environment(&[
        ("NOC_KAFKA_SASL_MECHANISM", "plain"),
        ("NOC_KAFKA_SASL_USERNAME", "noc"),
        ("NOC_KAFKA_SASL_PASSWORD", "hunter2"),
    ]);
    let plain = |environment| Sources {
        file: None,
        environment,
    };
    assert_eq!(refused(&plain(clear.clone())), ["kafka.sasl_mechanism"]);
    clear.insert("NOC_KAFKA_TLS".into(), "true".into());
    load(&plain(clear));
}

#[test]
fn a_file_that_is_not_toml_or_not_there_is_a_problem() {
    let dir = tempfile::tempdir().unwrap();
    let bad = file(&dir, "[http\n");
    for path in [bad, dir.path().join("absent.toml")] {
        let found = refused(&Sources {
            file: Some(path.clone()),
            environment: BTreeMap::new(),
        });
        assert_eq!(found, [path.display().to_string()]);
    }
}

#[test]
fn unknown_variables_of_ours_are_warned_about() {
    let (_, warnings) = Config::load(&Sources {
        file: None,
        environment: environment(&[
            ("NOC_BNID", "x"),
            ("NOC_ROUNDS", "3"),
            ("NOC_LIVE_SECRET_FILE", ""),
            ("COREPANEL_SHOE_SIZE", "44"),
            ("PATH", "/bin"),
        ]),
    })
    .unwrap();
    let at: Vec<_> = warnings.iter().map(|w| w.at.as_str()).collect();
    assert_eq!(at, ["COREPANEL_SHOE_SIZE", "NOC_BNID"]);
}

#[test]
fn no_secret_is_printed_with_the_settings() {
    let config = load(&Sources {
        file: None,
        environment: environment(&[("NOC_LIVE_SECRET", "hunter2-hunter2")]),
    });
    assert!(!format!("{config:?}").contains("hunter2"));
}
