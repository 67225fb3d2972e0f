//! What holds for every channel, one function a case.

use super::server::{Behaviour, Heard, Server, answers, closed_port};
use super::subjects::Subject;
use crate::notify::channel::chat::{tests::message, units};
use crate::notify::channel::{Http, Limits, Outcome, check};
use crate::notify::message::Message;
use crate::notify::outbound::Outbound;
use noc_pipeline::clock::Stopwatch;
use std::sync::Arc;
use std::time::Duration;

/// Long enough for a machine that is busy with other things.
pub(super) const AMPLE: Duration = Duration::from_secs(10);
/// For what takes as long as it may.
const SHORT: Duration = Duration::from_millis(1_500);

pub(super) fn loopback() -> Outbound {
    Outbound::allowing(|address| address.is_loopback())
}

pub(super) fn http(outbound: Outbound, total: Duration) -> Arc<Http> {
    let limits = Limits {
        total,
        body_bytes: 4 * 1024,
    };
    Arc::new(Http::within(outbound, limits))
}

pub(super) fn to(subject: &Subject, observed: &str) -> Message {
    Message {
        recipient: subject.recipient.to_owned(),
        ..message(observed)
    }
}

/// Sends over `http` to `base`, and looks for secrets in what comes of it.
async fn send_over(http: Arc<Http>, subject: &Subject, base: &str) -> Outcome {
    let channel = (subject.channel)(http);
    let settings = (subject.settings)(base);
    let outcome = channel
        .send(&settings, &to(subject, "no answer for 3 min"))
        .await;
    let said = format!("{outcome:?} {settings:?}");
    for secret in subject.secrets {
        assert!(!said.contains(secret), "{secret} in {said}");
    }
    outcome
}

/// One send to a server that behaves so, and what it heard.
pub(super) async fn meet(
    subject: &Subject,
    script: Vec<Behaviour>,
    total: Duration,
) -> (Outcome, Vec<Heard>) {
    let server = Server::start(script).await;
    let watch = Stopwatch::start();
    let outcome = send_over(http(loopback(), total), subject, &server.base()).await;
    let took = watch.elapsed();
    assert!(took < total + AMPLE, "ends in time: {took:?}");
    (outcome, server.heard())
}

pub(super) async fn met(subject: &Subject, behaviour: Behaviour) -> Outcome {
    meet(subject, vec![behaviour], AMPLE).await.0
}

fn is_unavailable(outcome: &Outcome) {
    assert!(
        matches!(outcome, Outcome::Unavailable { .. }),
        "{outcome:?}"
    );
}

fn is_permanent(outcome: &Outcome) {
    assert!(matches!(outcome, Outcome::Permanent { .. }), "{outcome:?}");
}

pub(super) fn is_accepted(outcome: &Outcome) {
    assert!(matches!(outcome, Outcome::Accepted { .. }), "{outcome:?}");
}

fn is_retried(outcome: &Outcome) {
    assert!(
        matches!(outcome, Outcome::Retry { after: None, .. }),
        "{outcome:?}"
    );
}

fn is_limited(outcome: &Outcome, seconds: u64) {
    let asked = Some(Duration::from_secs(seconds));
    assert!(
        matches!(outcome, Outcome::Retry { after, .. } if *after == asked),
        "{outcome:?}"
    );
}

/// A success of which only the status is sure.
fn is_success_without_words(subject: &Subject, outcome: &Outcome) {
    if subject.reads_success {
        is_retried(outcome);
    } else {
        is_accepted(outcome);
    }
}

pub(super) async fn good_settings_are_accepted_and_a_message_is_taken(subject: &Subject) {
    let (outcome, heard) = meet(subject, vec![(subject.success)()], AMPLE).await;
    is_accepted(&outcome);
    assert_eq!(heard.len(), 1);
    assert!(heard[0].head.starts_with("POST /"), "{}", heard[0].head);
    let channel = (subject.channel)(http(loopback(), AMPLE));
    let errors = check(channel.as_ref(), &(subject.settings)("http://127.0.0.1:9"));
    assert!(errors.is_empty(), "{errors:?}");
    assert!(channel.normalise(subject.recipient).is_some());
}

pub(super) async fn a_repeat_carries_the_same_delivery_id(subject: &Subject) {
    let server = Server::start(vec![answers(500, ""), (subject.success)()]).await;
    let http = http(loopback(), AMPLE);
    for _ in 0..2 {
        send_over(Arc::clone(&http), subject, &server.base()).await;
    }
    let id = message("").delivery.to_string();
    let heard = server.heard();
    assert_eq!(heard.len(), 2);
    for request in &heard {
        assert_eq!(request.header("x-noc-delivery"), Some(id.as_str()));
        assert_eq!(request.header("idempotency-key"), Some(id.as_str()));
    }
    assert_eq!(heard[0].body, heard[1].body);
}

pub(super) async fn a_long_message_is_cut_and_keeps_its_link(subject: &Subject) {
    let server = Server::start(vec![(subject.success)()]).await;
    let channel = (subject.channel)(http(loopback(), AMPLE));
    let settings = (subject.settings)(&server.base());
    let long = to(subject, &"@everyone <!channel> *_`😀&".repeat(1_000));
    is_accepted(&channel.send(&settings, &long).await);
    let heard = server.heard();
    let text = (subject.text)(&heard[0]);
    assert!(units(&text) <= subject.limit, "{}", units(&text));
    // Our webhook's own text is a template's, which this message does not use.
    assert!(
        text.contains(&long.link) || subject.limit == usize::MAX,
        "{text}"
    );
    let acknowledge = long.acknowledge_url.unwrap();
    // The token alone: each channel writes addresses in its own way.
    let (_, token) = acknowledge.rsplit_once('/').unwrap();
    assert!(heard[0].body.contains(token), "{}", heard[0].body);
}

pub(super) async fn statuses_mean_the_same_everywhere(subject: &Subject) {
    for status in [400, 401, 403, 404, 410, 413] {
        let outcome = met(subject, answers(status, "<html>no</html>")).await;
        if subject.believes_bare_refusals {
            is_permanent(&outcome);
        } else {
            is_retried(&outcome);
        }
    }
    for status in [502, 503, 504] {
        is_unavailable(&met(subject, answers(status, "<html>Bad Gateway</html>")).await);
    }
    is_retried(&met(subject, answers(500, "")).await);
}

pub(super) async fn too_much_is_waited_for_as_long_as_was_asked(subject: &Subject) {
    is_limited(&met(subject, answers(429, "")).await, 30);
    let asked = answers(429, "slow down").with("Retry-After", "7");
    is_limited(&met(subject, asked).await, 7);
    let date = answers(429, "").with("Retry-After", "Sat, 21 Nov 2026 23:30:00 GMT");
    is_limited(&met(subject, date).await, 60);
    let over = answers(429, "").with("Retry-After", "Sat, 21 Nov 2015 23:30:00 GMT");
    is_limited(&met(subject, over).await, 1);
    let none = answers(429, "").with("Retry-After", "0");
    is_limited(&met(subject, none).await, 1);
    let busy = answers(503, "").with("Retry-After", "9");
    is_limited(&met(subject, busy).await, 9);
    let year = answers(429, "").with("Retry-After", "31536000");
    is_limited(&met(subject, year).await, 86_400);
}

pub(super) async fn a_success_in_strange_words_is_no_success_where_words_are_read(
    subject: &Subject,
) {
    for body in [
        "<html>Sign in to the hotel's network</html>",
        "",
        "null",
        "[]",
        "{\"id\":",
    ] {
        is_success_without_words(subject, &met(subject, answers(200, body)).await);
    }
}

pub(super) async fn a_redirect_is_not_followed(subject: &Subject) {
    let elsewhere = Server::start(vec![(subject.success)()]).await;
    let target = elsewhere.base();
    for (status, location) in [
        (301, "http://169.254.169.254/latest/meta-data/"),
        (302, "http://169.254.169.254/latest/meta-data/"),
        (307, target.as_str()),
        (308, target.as_str()),
    ] {
        let outcome = met(subject, answers(status, "").with("Location", location)).await;
        is_permanent(&outcome);
        assert!(format!("{outcome:?}").contains("redirect"), "{outcome:?}");
    }
    assert!(elsewhere.heard().is_empty());
}

pub(super) async fn who_says_nothing_is_given_up_in_time(subject: &Subject) {
    for behaviour in [Behaviour::Hangs, Behaviour::DripsHead] {
        let (outcome, heard) = meet(subject, vec![behaviour], SHORT).await;
        is_unavailable(&outcome);
        assert_eq!(heard.len(), 1, "and is asked once");
    }
}

pub(super) async fn a_body_that_never_ends_is_not_waited_for(subject: &Subject) {
    is_success_without_words(subject, &met(subject, Behaviour::EndlessBody).await);
    let (outcome, _) = meet(subject, vec![Behaviour::DripsBody], SHORT).await;
    is_success_without_words(subject, &outcome);
}

pub(super) async fn a_head_that_never_ends_is_not_read(subject: &Subject) {
    is_unavailable(&met(subject, Behaviour::EndlessHead).await);
}

pub(super) async fn a_lost_connection_says_nothing_about_the_message(subject: &Subject) {
    let (outcome, heard) = meet(subject, vec![Behaviour::Resets], AMPLE).await;
    is_unavailable(&outcome);
    assert_eq!(
        heard.len(),
        1,
        "never sent twice by itself: it may have arrived"
    );
    let outcome = met(subject, Behaviour::ResetsInTheBody).await;
    is_success_without_words(subject, &outcome);
}

pub(super) async fn nonsense_is_no_answer(subject: &Subject) {
    is_unavailable(&met(subject, Behaviour::TalksNonsense).await);
    let server = Server::start(vec![Behaviour::TalksNonsense]).await;
    let base = format!("https://127.0.0.1:{}", server.port);
    let outcome = send_over(http(loopback(), AMPLE), subject, &base).await;
    is_unavailable(&outcome);
    assert!(server.heard().is_empty(), "nothing was said in the clear");
}

pub(super) async fn nobody_there_is_unavailable(subject: &Subject) {
    let base = format!("http://127.0.0.1:{}", closed_port().await);
    let outcome = send_over(http(loopback(), AMPLE), subject, &base).await;
    is_unavailable(&outcome);
    assert!(format!("{outcome:?}").contains("firewall"), "{outcome:?}");
    let outcome = send_over(
        http(loopback(), AMPLE),
        subject,
        "http://no-such-host.invalid",
    )
    .await;
    is_unavailable(&outcome);
}

pub(super) async fn addresses_inside_are_refused_by_number_and_by_name(subject: &Subject) {
    let server = Server::start(vec![(subject.success)()]).await;
    for host in ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "2130706433"] {
        let base = format!("http://{host}:{}", server.port);
        let outcome = send_over(http(Outbound::default(), AMPLE), subject, &base).await;
        is_permanent(&outcome);
        assert!(
            format!("{outcome:?}").contains("NOC_OUTBOUND_ALLOW"),
            "{outcome:?}"
        );
    }
    // A public host on a port of another protocol.
    let outcome = send_over(
        http(Outbound::default(), AMPLE),
        subject,
        "http://1.1.1.1:6379",
    )
    .await;
    is_permanent(&outcome);
    assert!(server.heard().is_empty());
}

pub(super) async fn what_is_echoed_holds_no_secret(subject: &Subject) {
    for status in [200, 400, 401, 422, 429, 500, 503] {
        met(subject, Behaviour::Echoes(status)).await;
    }
}

pub(super) async fn after_a_bad_day_comes_a_good_one(subject: &Subject) {
    let script = vec![
        Behaviour::Resets,
        Behaviour::TalksNonsense,
        Behaviour::ResetsInTheBody,
        answers(503, ""),
        (subject.success)(),
    ];
    let server = Server::start(script).await;
    let http = http(loopback(), AMPLE);
    for _ in 0..4 {
        send_over(Arc::clone(&http), subject, &server.base()).await;
    }
    is_accepted(&send_over(http, subject, &server.base()).await);
}
