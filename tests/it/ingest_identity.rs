//! Enrolment, and what an agent's secret is good for.

use noc_pipeline::control::Control;
use noc_pipeline::record::Record;
use noc_storage::relational::servers;
use noc_tests::{Harness, eventually, metrics};
use sea_orm::{ConnectionTrait, EntityTrait};
use serde_json::{Value, json};
use std::time::Duration;

async fn refused(answer: reqwest::Response) -> (u16, String) {
    let status = answer.status().as_u16();
    let body: Value = answer.json().await.unwrap();
    (
        status,
        body["error"].as_str().unwrap_or_default().to_owned(),
    )
}

fn invalid() -> (u16, String) {
    (401, "registration_token_invalid".to_owned())
}

#[actix_rt::test]
async fn a_token_for_one_server_names_it_and_works_once() {
    let harness = Harness::start().await;
    let token = harness
        .mint_with("web-1", |new| new.tags = vec!["dc:dhaka".into()])
        .await;
    let answer = harness.register(&token, "host-7.example.com").await;
    assert_eq!(answer.status(), 201);
    let body: Value = answer.json().await.unwrap();
    assert_eq!(
        body.as_object().unwrap().len(),
        2,
        "id and secret, nothing else"
    );
    assert!(body["agent_secret"].as_str().unwrap().len() >= 43);
    let parts = harness.parts();
    let server = servers::by_name(parts.db.read(), "web-1")
        .await
        .unwrap()
        .unwrap();
    assert_eq!(server.hostname.as_deref(), Some("host-7.example.com"));
    assert_eq!(server.tag_list(), ["dc:dhaka"]);
    assert_eq!(
        (server.status.as_str(), server.is_active),
        ("registering", true)
    );
    let kept = server.agent_secret_hash.unwrap();
    assert!(!body.to_string().contains(&kept), "only the hash is kept");
    for _ in 0..2 {
        assert_eq!(
            refused(harness.register(&token, "host-8").await).await,
            invalid()
        );
    }
}

#[actix_rt::test]
async fn the_actor_learns_its_servers_settings_through_the_log() {
    let harness = Harness::start().await;
    let agent = harness.enrol("web-1").await;
    let log = &harness.parts().log;
    let partition = agent.server().partition(log.partitions());
    eventually("a control record", async || {
        let bounds = log.bounds(partition).await.unwrap();
        let entries = log
            .read(partition, bounds.first, 1_000, Duration::ZERO)
            .await
            .unwrap();
        entries
            .iter()
            .find_map(|entry| match entry.record().unwrap().as_ref() {
                Record::Control {
                    control: Control::ServerSettings(settings),
                    ..
                } if settings.server == agent.server() && settings.active => Some(()),
                _ => None,
            })
    })
    .await;
}

#[actix_rt::test]
async fn wrong_expired_and_revoked_tokens_are_told_alike() {
    let harness = Harness::start().await;
    let expired = harness
        .mint_with("web-1", |new| {
            new.expires_at = new.expires_at.minus(Duration::from_secs(7200));
        })
        .await;
    for token in [
        "noc_00000000000000000000000000000000",
        "nonsense",
        expired.as_str(),
    ] {
        assert_eq!(
            refused(harness.register(token, "host").await).await,
            invalid(),
            "{token}"
        );
    }
}

#[actix_rt::test]
async fn fifty_at_once_with_one_token_enrol_exactly_one() {
    let harness = Harness::start_with(|config| config.ingest.failed_auth_burst = 100).await;
    let token = harness.mint("web-1").await;
    let answers =
        futures::future::join_all((0..50).map(|_| harness.register(&token, "host"))).await;
    let mut enrolled = 0;
    for answer in answers {
        match answer.status().as_u16() {
            201 => enrolled += 1,
            _ => assert_eq!(refused(answer).await, invalid()),
        }
    }
    assert_eq!(enrolled, 1);
    use noc_storage::relational::entity::server::Entity;
    assert_eq!(
        Entity::find()
            .all(harness.parts().db.read())
            .await
            .unwrap()
            .len(),
        1
    );
}

#[actix_rt::test]
async fn a_name_that_is_taken_is_409_with_both_ways_out_and_the_token_stays_good() {
    let harness = Harness::start().await;
    let mut first = harness.enrol("web-1").await;
    let token = harness.mint("web-1").await;
    let answer = harness.register(&token, "host").await;
    assert_eq!(answer.status(), 409);
    let body: Value = answer.json().await.unwrap();
    assert_eq!(body["error"], "already_registered");
    let message = body["message"].as_str().unwrap();
    assert!(
        message.contains("re-enrolment") && message.contains("deletes the server"),
        "{message}"
    );
    let body = first.payload(metrics());
    assert_eq!(
        harness.post(&first, "metrics", &body).await.0,
        202,
        "nothing happened to it"
    );

    // First way out: an administrator approves.
    let parts = harness.parts();
    let now = parts.clock.now();
    let until = Some(now.plus(Duration::from_secs(600)));
    servers::allow_re_enrolment(parts.db.write(), first.server(), until, now)
        .await
        .unwrap();
    let answer = harness.register(&token, "host").await;
    assert_eq!(
        answer.status(),
        201,
        "the token was not consumed by the 409"
    );
    let body: Value = answer.json().await.unwrap();
    assert_eq!(body["server_id"], first.server().0, "the same server");
    let old = first.payload(metrics());
    assert_eq!(
        harness.post(&first, "metrics", &old).await.0,
        401,
        "the old secret died at once"
    );

    // Second way out: the server is deleted.
    servers::delete(parts.db.write(), first.server())
        .await
        .unwrap();
    let again = harness.enrol("web-1").await;
    assert_ne!(again.server(), first.server());
}

#[actix_rt::test]
async fn a_deleted_server_is_turned_away_within_seconds() {
    let harness = Harness::start().await;
    let mut agent = harness.enrol("web-1").await;
    let body = agent.payload(metrics());
    assert_eq!(harness.post(&agent, "metrics", &body).await.0, 202);
    let parts = harness.parts();
    servers::delete(parts.db.write(), agent.server())
        .await
        .unwrap();
    let watch = noc_pipeline::clock::Stopwatch::start();
    eventually("its secret is dead", async || {
        let body = agent.payload(metrics());
        (harness.post(&agent, "metrics", &body).await.0 == 401).then_some(())
    })
    .await;
    assert!(
        watch.elapsed() < Duration::from_secs(5),
        "{:?}",
        watch.elapsed()
    );
}

#[actix_rt::test]
async fn a_secret_set_by_another_node_works_at_once() {
    // Another node is another writer of the same table: this node's memory knows nothing of it yet.
    let harness = Harness::start().await;
    let parts = harness.parts();
    let now = parts.clock.now();
    let server = servers::create(parts.db.write(), "web-9", &[], now)
        .await
        .unwrap()
        .server_id();
    let hash = noc_storage::secrets::sha256_hex(b"the-secret");
    servers::set_secret(parts.db.write(), server, Some(&hash), now)
        .await
        .unwrap();
    let mut agent = harness.enrol("helper").await;
    agent.identity.server = server;
    agent.identity.secret = "the-secret".into();
    let body = agent.payload(metrics());
    assert_eq!(harness.post(&agent, "metrics", &body).await.0, 202);
}

#[actix_rt::test]
async fn without_a_database_known_agents_go_on_and_unknown_ones_wait() {
    let harness = Harness::start().await;
    let mut agent = harness.enrol("web-1").await;
    let db = harness.parts().db.write();
    db.execute_unprepared("ALTER TABLE servers RENAME TO servers_gone")
        .await
        .unwrap();
    let body = agent.payload(metrics());
    assert_eq!(harness.post(&agent, "metrics", &body).await.0, 202);
    let answer = harness
        .post_raw("Bearer 999.x", "metrics", b"{}".to_vec(), &[])
        .await;
    assert_eq!(answer.status(), 503);
    assert!(answer.headers().contains_key("retry-after"));
    db.execute_unprepared("ALTER TABLE servers_gone RENAME TO servers")
        .await
        .unwrap();
}

#[actix_rt::test]
async fn a_roll_out_names_hosts_by_themselves_and_strangers_wait_for_approval() {
    let harness = Harness::start().await;
    let near = harness
        .mint_with("rack 7", |new| {
            new.max_uses = 2;
            new.allowed_cidrs = vec!["127.0.0.0/8".into()];
        })
        .await;
    let far = harness
        .mint_with("rack 8", |new| {
            new.max_uses = 2;
            new.allowed_cidrs = vec!["192.0.2.0/24".into()];
        })
        .await;
    let unbound = harness.mint_with("rack 9", |new| new.max_uses = 2).await;
    for (token, host, is_active) in [
        (&near, "a1", true),
        (&near, "a2", true),
        (&far, "b1", false),
        (&unbound, "c1", false),
    ] {
        assert_eq!(harness.register(token, host).await.status(), 201);
        let found = servers::by_name(harness.parts().db.read(), host)
            .await
            .unwrap()
            .unwrap();
        assert_eq!(found.is_active, is_active, "{host}");
        assert_eq!(found.status == "disabled", !is_active, "{host}");
    }
    assert_eq!(
        refused(harness.register(&near, "a3").await).await,
        invalid(),
        "used up"
    );
}

#[actix_rt::test]
async fn what_a_host_says_of_itself_is_checked() {
    let harness = Harness::start().await;
    let token = harness.mint("web-1").await;
    let url = harness.url("/api/agent/register");
    for (field, value) in [
        ("hostname", json!("web\n1")),
        ("hostname", json!("<script>")),
        ("hostname", json!("x".repeat(191))),
        ("hostname", json!(["web"])),
        ("os", json!(null)),
        ("arch", json!(5)),
        ("agent_version", json!("")),
        ("token", json!({})),
    ] {
        let mut body =
            json!({"token": token, "hostname": "h", "os": "o", "arch": "a", "agent_version": "1"});
        body[field] = value.clone();
        let answer = harness.http().post(&url).json(&body).send().await.unwrap();
        assert_eq!(answer.status(), 422, "{field} {value}");
        let body: Value = answer.json().await.unwrap();
        assert!(body["errors"][field].is_array(), "{body}");
    }
    assert_eq!(
        harness.register(&token, "h").await.status(),
        201,
        "none of them used the token"
    );
}

#[actix_rt::test]
async fn an_address_that_tries_tokens_waits_and_leaves_no_more_events() {
    let harness = Harness::start_with(|config| config.ingest.failed_auth_burst = 3).await;
    let token = harness.mint("web-1").await;
    let mut statuses = Vec::new();
    for token in ["noc_a", "noc_b", "noc_c", "noc_d", &token] {
        let answer = harness.register(token, "h").await;
        statuses.push(answer.status().as_u16());
        assert_eq!(
            answer.status() == 429,
            answer.headers().contains_key("retry-after")
        );
    }
    assert_eq!(statuses, [401, 401, 401, 429, 429]);
    use noc_storage::relational::entity::security_event_log::Entity;
    let events = Entity::find().all(harness.parts().db.read()).await.unwrap();
    let refused = |event: &&noc_storage::relational::entity::security_event_log::Model| {
        event.action == "registration_token_refused"
    };
    assert_eq!(events.iter().filter(refused).count(), 3);
}

#[actix_rt::test]
async fn enrolments_and_refusals_stand_in_the_security_log() {
    let harness = Harness::start().await;
    harness.enrol("web-1").await;
    harness.register("noc_wrong", "h").await;
    let token = harness.mint("web-1").await;
    harness.register(&token, "h").await;
    use noc_storage::relational::entity::security_event_log::Entity;
    let events = Entity::find().all(harness.parts().db.read()).await.unwrap();
    for action in [
        "agent_enrolled",
        "registration_token_refused",
        "agent_already_registered",
    ] {
        let found = events.iter().find(|event| event.action == action);
        assert_eq!(
            found
                .unwrap_or_else(|| panic!("no {action}"))
                .actor_ip
                .as_deref(),
            Some("127.0.0.1")
        );
    }
    assert!(!format!("{events:?}").contains(&token));
}
