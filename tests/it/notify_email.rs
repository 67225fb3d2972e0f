//! The e-mail channel against a real mail server: every kind of encryption, every kind of answer.

use noc_actors::notify::channel::{Channel, Email, Outcome, Settings, check};
use noc_actors::notify::message::{Kind, Look, Message};
use noc_actors::notify::outbound::Outbound;
use noc_pipeline::clock::{Stopwatch, UnixMs};
use noc_tests::smtp::{SmtpServer, Tls};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::net::TcpListener;
use uuid::Uuid;

fn email() -> Email {
    Email::new(Outbound::allowing(|address| address.is_loopback()))
}

fn settings(port: u16, encryption: &str, more: Value) -> Settings {
    let mut values = json!({
        "host": "localhost", "port": port, "encryption": encryption,
        "from_address": "noc@hostseba.test", "from_name": "HostSeba NOC",
    });
    let (all, more) = (values.as_object_mut().unwrap(), more);
    all.extend(more.as_object().unwrap().clone());
    let settings = Settings::new(all.clone());
    let errors = check(&email(), &settings);
    assert!(errors.is_empty(), "{errors:?}");
    settings
}

fn message(to: &str) -> Message {
    Message {
        delivery: Uuid::now_v7(),
        kind: Kind::Problem,
        recipient: to.into(),
        at: UnixMs(1_795_300_000_000),
        sent_at: "2026-11-22T04:26:40+06:00".into(),
        title: "Server down: web-09.hostseba".into(),
        lead: "Nobody has acknowledged this yet.".into(),
        subject: "🔴 [critical] Server down: web-09.hostseba".into(),
        text: "Server down\nগুরুত্বপূর্ণ\n.\nlone dots stay".into(),
        html: "<p>Server <b>down</b></p>".into(),
        fields: vec![],
        command: None,
        runbook: None,
        acknowledge_url: None,
        link: "https://noc.test/incidents/1".into(),
        body: None,
        details: Vec::new(),
        look: Look::default(),
    }
}

fn accepted(outcome: &Outcome) {
    assert!(matches!(outcome, Outcome::Accepted { .. }), "{outcome:?}");
}

fn retried(outcome: Outcome) -> String {
    match outcome {
        Outcome::Retry {
            reason,
            after: None,
        }
        | Outcome::Unavailable { reason } => reason,
        other => panic!("to be retried, not {other:?}"),
    }
}

fn refused(outcome: Outcome) -> String {
    match outcome {
        Outcome::Permanent { reason } => reason,
        other => panic!("to be refused, not {other:?}"),
    }
}

#[tokio::test]
async fn a_message_arrives_as_it_was_written() {
    let server = SmtpServer::start(Tls::None, None).await;
    let sent = message("Ops@Example.test");
    let outcome = email()
        .send(&settings(server.port, "none", json!({})), &sent)
        .await;
    let Outcome::Accepted {
        provider_id: Some(id),
    } = outcome
    else {
        panic!("{outcome:?}");
    };
    assert!(id.starts_with("2.0.0 Ok: queued as "), "{id}");
    let mail = server.wait_for(1).await.remove(0);
    assert_eq!(mail.recipients, ["Ops@Example.test"]);
    assert_eq!(mail.from, "noc@hostseba.test");
    assert_eq!(mail.subject, sent.subject);
    assert_eq!(mail.text.replace("\r\n", "\n").trim_end(), sent.text);
    assert_eq!(mail.html.trim_end(), sent.html);
    assert_eq!(mail.headers["x-noc-delivery"], sent.delivery.to_string());
    assert_eq!(
        mail.headers["message-id"],
        format!("<{}@hostseba.test>", sent.delivery)
    );
    assert_eq!(mail.headers["from"], "HostSeba NOC <noc@hostseba.test>");
    assert_eq!((mail.tls, mail.login), (false, None));
}

#[tokio::test]
async fn starttls_with_login_and_a_private_ca() {
    let server = SmtpServer::start(Tls::StartTls, Some(("noc", "hunter2"))).await;
    let right = json!({"username": "noc", "password": "hunter2", "tls_ca_pem": server.ca_pem()});
    let email = email();
    accepted(
        &email
            .send(&settings(server.port, "tls", right), &message("a@x.test"))
            .await,
    );
    let mail = server.wait_for(1).await.remove(0);
    assert_eq!((mail.tls, mail.login.as_deref()), (true, Some("noc")));

    let wrong = json!({"username": "noc", "password": "hunter3", "tls_ca_pem": server.ca_pem()});
    let outcome = email
        .send(&settings(server.port, "tls", wrong), &message("a@x.test"))
        .await;
    let reason = refused(outcome);
    assert!(reason.contains("refused the login (535)"), "{reason}");
    assert!(!reason.contains("hunter3"), "{reason}");
}

#[tokio::test]
async fn implicit_tls_with_login_and_a_private_ca() {
    let server = SmtpServer::start(Tls::Implicit, Some(("noc", "hunter2"))).await;
    let right = json!({"username": "noc", "password": "hunter2", "tls_ca_pem": server.ca_pem()});
    let outcome = email()
        .send(&settings(server.port, "ssl", right), &message("a@x.test"))
        .await;
    accepted(&outcome);
    let mail = server.wait_for(1).await.remove(0);
    assert_eq!((mail.tls, mail.login.as_deref()), (true, Some("noc")));
}

#[tokio::test]
async fn a_certificate_nobody_vouches_for_is_refused_for_good() {
    for (tls, encryption) in [(Tls::StartTls, "tls"), (Tls::Implicit, "ssl")] {
        let server = SmtpServer::start(tls, None).await;
        let plain = settings(server.port, encryption, json!({}));
        let reason = refused(email().send(&plain, &message("a@x.test")).await);
        assert!(reason.contains("could not be trusted"), "{reason}");
        assert_eq!(server.mails(), []);
    }
}

#[tokio::test]
async fn nothing_is_sent_in_the_clear_where_starttls_is_required() {
    let server = SmtpServer::start(Tls::None, None).await;
    let strict = settings(
        server.port,
        "tls",
        json!({"username": "noc", "password": "hunter2"}),
    );
    let reason = refused(email().send(&strict, &message("a@x.test")).await);
    assert!(reason.contains("does not offer STARTTLS"), "{reason}");
    assert_eq!(server.mails(), []);
}

#[tokio::test]
async fn temporary_answers_are_retried_and_permanent_ones_are_not() {
    let mut server = SmtpServer::start(Tls::None, None).await;
    let email = email();
    let settings = settings(server.port, "none", json!({}));
    for stage in ["mail", "rcpt", "data"] {
        server
            .behave(&format!("reply {stage} 451 4.3.0 try again later"))
            .await;
        let reason = retried(email.send(&settings, &message("a@x.test")).await);
        assert!(
            reason.ends_with("answered 451: 4.3.0 try again later"),
            "{reason}"
        );
        server
            .behave(&format!("reply {stage} 550 5.1.1 no such user"))
            .await;
        // Of the mailbox: the channel is as good as before.
        let outcome = email.send(&settings, &message("a@x.test")).await;
        assert!(
            matches!(&outcome, Outcome::Refused { reason } if reason.ends_with("answered 550: 5.1.1 no such user")),
            "{outcome:?}"
        );
        server
            .behave(&format!("reply {stage} 550 5.7.1 relaying denied"))
            .await;
        let reason = refused(email.send(&settings, &message("a@x.test")).await);
        assert!(
            reason.ends_with("answered 550: 5.7.1 relaying denied"),
            "{reason}"
        );
        server.behave("ok").await;
    }
    assert_eq!(server.mails(), []);
    accepted(&email.send(&settings, &message("a@x.test")).await);
    assert_eq!(server.wait_for(1).await.len(), 1);
}

#[tokio::test]
async fn a_server_that_hangs_is_given_up_after_10_s_and_its_connection_is_not_used_again() {
    let mut server = SmtpServer::start(Tls::None, None).await;
    let email = email();
    let settings = settings(server.port, "none", json!({}));
    accepted(&email.send(&settings, &message("a@x.test")).await);
    server.behave("hang data").await;
    let watch = Stopwatch::start();
    let reason = retried(email.send(&settings, &message("b@x.test")).await);
    let took = watch.elapsed();
    assert!(reason.contains("did not finish within 10 s"), "{reason}");
    assert!(
        took >= Duration::from_secs(9) && took < Duration::from_secs(20),
        "{took:?}"
    );
    server.behave("ok").await;
    accepted(&email.send(&settings, &message("c@x.test")).await);
    let mails = server.wait_for(2).await;
    assert_eq!(mails[1].recipients, ["c@x.test"]);
    assert_ne!(mails[0].connection, mails[1].connection);
}

#[tokio::test]
async fn an_unreachable_server_is_retried_and_hints_at_the_firewall() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let closed = listener.local_addr().unwrap().port();
    drop(listener);
    let reason = retried(
        email()
            .send(&settings(closed, "none", json!({})), &message("a@x.test"))
            .await,
    );
    assert!(reason.contains("could not be established"), "{reason}");
    assert!(reason.contains("587 and 465"), "{reason}");
}

#[tokio::test]
async fn connections_are_kept_between_messages_and_not_between_settings() {
    let server = SmtpServer::start(Tls::None, None).await;
    let email = email();
    let first = settings(server.port, "none", json!({}));
    for _ in 0..3 {
        accepted(&email.send(&first, &message("a@x.test")).await);
    }
    let other = settings(server.port, "none", json!({"from_name": "Other"}));
    accepted(&email.send(&other, &message("a@x.test")).await);
    let mails = server.wait_for(4).await;
    let connections: Vec<_> = mails.iter().map(|mail| mail.connection).collect();
    assert_eq!(connections, [1, 1, 1, 2]);
}

#[tokio::test]
async fn a_kept_connection_that_died_is_not_used_again() {
    let email = email();
    let first = SmtpServer::start(Tls::None, None).await;
    let settings = settings(first.port, "none", json!({}));
    accepted(&email.send(&settings, &message("a@x.test")).await);
    first.stop().await;
    // Nobody listens there now: the kept connection is found dead, and a new one is refused.
    let reason = retried(email.send(&settings, &message("a@x.test")).await);
    assert!(reason.contains("could not be established"), "{reason}");
}

#[tokio::test]
async fn a_server_inside_is_refused_for_good_unless_it_is_listed() {
    for (tls, encryption) in [
        (Tls::None, "none"),
        (Tls::StartTls, "tls"),
        (Tls::Implicit, "ssl"),
    ] {
        let server = SmtpServer::start(tls, None).await;
        let inside = settings(server.port, encryption, json!({}));
        let reason = refused(Email::default().send(&inside, &message("a@x.test")).await);
        assert!(reason.contains("NOC_OUTBOUND_ALLOW"), "{reason}");
        assert!(
            reason.contains("127.0.0.1") || reason.contains("::1"),
            "{reason}"
        );
        assert_eq!(server.mails(), []);
    }
}
