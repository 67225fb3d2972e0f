//! The parts that need no server; the rest runs against a real one in the crate of integration tests.

use super::*;
use crate::notify::channel::check;
use crate::notify::message::{Kind, Look};
use serde_json::{Value, json};
use uuid::Uuid;

fn settings(values: Value) -> Settings {
    let Value::Object(values) = values else {
        panic!("an object");
    };
    Settings::new(values)
}

fn good() -> Settings {
    settings(json!({
        "host": "mail.hostseba.com", "port": 587, "encryption": "tls", "username": "noc@hostseba.com",
        "password": "hunter2", "from_address": "noc@hostseba.com", "recipients": ["team@hostseba.com"],
    }))
}

fn message() -> Message {
    Message {
        delivery: Uuid::from_u128(7),
        kind: Kind::Problem,
        recipient: "Ops@Example.com".into(),
        at: UnixMs(1_795_300_000_000),
        sent_at: "2026-11-22T04:26:40+06:00".into(),
        title: "Server down: web-09.hostseba".into(),
        lead: "Nobody has acknowledged this yet.".into(),
        subject: "🔴 [critical] Server down: web-09.hostseba".into(),
        text: "plain".into(),
        html: "<p>html</p>".into(),
        fields: vec![],
        command: None,
        runbook: None,
        link: "https://noc.test/incidents/1".into(),
        acknowledge_url: None,
        body: None,
        details: vec![],
        look: Look::default(),
    }
}

#[test]
fn good_settings_are_accepted() {
    let errors = check(&Email::default(), &good());
    assert!(errors.is_empty(), "{errors:?}");
}

#[test]
fn every_wrong_setting_is_named() {
    let wrong = settings(json!({
        "port": "587", "encryption": "starttls", "recipients": "a@b.c", "hots": "x",
    }));
    let errors = check(&Email::default(), &wrong);
    let names: Vec<_> = errors.0.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "encryption",
            "from_address",
            "host",
            "hots",
            "port",
            "recipients"
        ]
    );
    let mut wrong = good();
    wrong.set("port", json!(70_000));
    wrong.set("host", json!("smtp://mail"));
    wrong.set("recipients", json!(["a@b.c", "nobody"]));
    wrong.remove("password");
    wrong.set("tls_ca_pem", json!("garbage"));
    let errors = check(&Email::default(), &wrong);
    let names: Vec<_> = errors.0.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        ["host", "password", "port", "recipients", "tls_ca_pem"]
    );
}

#[test]
fn a_port_that_is_not_of_mail_is_refused_in_the_form() {
    for (host, port, field) in [
        ("mail.hostseba.com", 6379, "port"),
        ("169.254.169.254", 25, "host"),
    ] {
        let mut wrong = good();
        wrong.set("host", json!(host));
        wrong.set("port", json!(port));
        let errors = check(&Email::default(), &wrong);
        let names: Vec<_> = errors.0.keys().map(String::as_str).collect();
        assert_eq!(names, [field]);
        assert!(
            errors.0[field][0].contains("NOC_OUTBOUND_ALLOW"),
            "{errors:?}"
        );
        let listed = Email::new(Outbound::allowing(|_| true));
        assert!(check(&listed, &wrong).is_empty());
    }
}

#[test]
fn addresses_that_differ_in_case_are_one_recipient() {
    let email = Email::default();
    assert_eq!(
        email.normalise(" Ops@Example.COM "),
        Some("ops@example.com".into())
    );
    assert_eq!(email.normalise("+8801712345678"), None);
    assert_eq!(email.normalise("a@b.c\r\nBcc: x@y.z"), None);
}

#[test]
fn a_mail_carries_its_delivery_twice_and_nothing_of_the_subject_can_break_out() {
    let mut message = message();
    message.subject.push_str("\r\nBcc: victim@example.com");
    let mail = compose(&good(), &message).unwrap();
    let raw = String::from_utf8(mail.formatted()).unwrap();
    let id = Uuid::from_u128(7);
    assert!(
        raw.contains(&format!("Message-ID: <{id}@hostseba.com>")),
        "{raw}"
    );
    assert!(raw.contains(&format!("X-NOC-Delivery: {id}")), "{raw}");
    let (head, _) = raw.split_once("\r\n\r\n").unwrap();
    assert!(!head.lines().any(|line| line.starts_with("Bcc:")), "{head}");
    assert_eq!(mail.envelope().to().len(), 1);
}

#[test]
fn settings_never_print_their_values() {
    let printed = format!("{:?}", good());
    assert!(!printed.contains("hunter2"), "{printed}");
}
