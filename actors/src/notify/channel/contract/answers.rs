//! Each provider's own answers, served as they come, and what each means.

use super::cases::{meet, met};
use super::server::{Behaviour, answers};
use super::subjects::{self, Subject};
use crate::notify::channel::Outcome;
use std::time::Duration;

/// `provider status headers body`, one answer a line.
const TABLE: &str = include_str!("../fixtures/provider_answers.txt");

/// What is expected, in few words.
#[derive(Debug, PartialEq)]
enum Means {
    Accepted(Option<&'static str>),
    /// Waits so many milliseconds, and costs no attempt.
    After(u64),
    /// The same, and others are sent to meanwhile.
    AfterForThem(u64),
    Again,
    Away,
    /// As things are set, for nobody.
    Never,
    /// Not to this recipient; others are reached.
    NotThem,
    Moved(&'static str),
}
use Means::{Accepted, After, AfterForThem, Again, Away, Moved, Never, NotThem};

fn assert_means(outcome: &Outcome, expected: &Means, line: &str) {
    let fits = match (outcome, expected) {
        (Outcome::Accepted { provider_id }, Accepted(id)) => provider_id.as_deref() == *id,
        (Outcome::Retry { after: Some(d), .. }, After(ms))
        | (Outcome::Crowded { after: d, .. }, AfterForThem(ms)) => d.as_millis() == u128::from(*ms),
        (Outcome::Retry { after: None, .. }, Again)
        | (Outcome::Unavailable { .. }, Away)
        | (Outcome::Permanent { .. }, Never)
        | (Outcome::Refused { .. }, NotThem) => true,
        (Outcome::Migrated { to, .. }, Moved(expected)) => to == expected,
        _ => false,
    };
    assert!(fits, "{line}: expected {expected:?}, got {outcome:?}");
}

/// The provider's answers in the table, in its order.
fn table(provider: &str) -> Vec<(String, Behaviour)> {
    let lines = TABLE.lines().filter(|line| !line.starts_with('#'));
    let rows = lines.filter_map(|line| {
        let mut parts = line.splitn(4, ' ');
        let mut next = || parts.next().unwrap();
        if next() != provider {
            return None;
        }
        let (status, headers, body) = (next().parse().unwrap(), next(), next());
        if body == "(endless chunked body)" {
            return Some((line.to_owned(), Behaviour::EndlessBody));
        }
        let mut answer = answers(status, if body == "-" { "" } else { body });
        for header in headers.split(',').filter(|header| *header != "-") {
            // A date holds a comma; it is the last header of its line.
            if let Some((name, value)) = header.split_once(':') {
                let rest = headers.split_once(header).unwrap().1;
                let date = value == "Sat";
                let value = if date {
                    format!("{value}{rest}")
                } else {
                    value.to_owned()
                };
                answer = answer.with(name, &value.replace('_', " "));
            }
        }
        Some((line.to_owned(), answer))
    });
    rows.collect()
}

async fn the_table_means(subject: Subject, expected: &[Means]) {
    let rows = table(subject.provider);
    assert_eq!(rows.len(), expected.len(), "{}", subject.provider);
    for ((line, behaviour), expected) in rows.into_iter().zip(expected) {
        assert_means(&met(&subject, behaviour).await, expected, &line);
    }
}

async fn means(subject: Subject, rows: &[(u16, &str, Means)]) {
    for (status, body, expected) in rows {
        let outcome = met(&subject, answers(*status, body)).await;
        assert_means(&outcome, expected, body);
    }
}

#[tokio::test]
async fn telegrams() {
    let moved = Moved("-1001999999999");
    let expected = [
        Accepted(Some("7")),
        After(34_000),
        moved,
        NotThem,
        Never,
        Never,
        Never,
        NotThem,
        Away,
    ];
    the_table_means(subjects::telegram(), &expected).await;
}

#[tokio::test]
async fn what_telegram_cannot_parse_is_sent_once_more_as_plain_text() {
    let refusal = answers(
        400,
        r#"{"ok":false,"error_code":400,"description":"Bad Request: can't parse entities"}"#,
    );
    let subject = subjects::telegram();
    let (outcome, heard) = meet(
        &subject,
        vec![refusal, (subject.success)()],
        Duration::from_secs(10),
    )
    .await;
    assert_means(&outcome, &Accepted(Some("7")), "plain");
    assert_eq!(heard.len(), 2);
    assert!(heard[0].body.contains("parse_mode"));
    assert!(!heard[1].body.contains("parse_mode") && !heard[1].body.contains("<b>"));
}

#[tokio::test]
async fn discords() {
    let expected = [
        Accepted(None),
        Accepted(Some("1")),
        After(1_336),
        After(64_570),
        Never,
        Never,
        Never,
        Never,
    ];
    the_table_means(subjects::discord(), &expected).await;
}

#[tokio::test]
async fn nobody_is_mentioned_on_discord() {
    let subject = subjects::discord();
    let (_, heard) = meet(&subject, vec![(subject.success)()], Duration::from_secs(10)).await;
    assert!(
        heard[0].body.contains(r#""allowed_mentions":{"parse":[]}"#),
        "{}",
        heard[0].body
    );
    let line = heard[0].head.lines().next().unwrap();
    assert!(line.contains("?thread_id=5566778&wait=true "), "{line}");
}

#[tokio::test]
async fn slacks() {
    let expected = [
        Accepted(None),
        Never,
        Never,
        Never,
        Never,
        Never,
        Never,
        Never,
        After(30_000),
        Again,
    ];
    the_table_means(subjects::slack(), &expected).await;
}

#[tokio::test]
async fn webhooks() {
    the_table_means(subjects::webhook(), &[Never, Accepted(None), After(60_000)]).await;
}

#[tokio::test]
async fn the_cloud_apis() {
    let expected = [
        Accepted(Some("wamid.HBgN")),
        Never,
        After(1_000),
        AfterForThem(6_000),
        NotThem,
        Again,
    ];
    the_table_means(subjects::cloud_api(), &expected).await;
    // The code counts, whatever the status.
    let rows = [
        (
            400,
            r#"{"error":{"code":131047,"message":"Re-engagement message"}}"#,
            Never,
        ),
        (
            400,
            r#"{"error":{"code":131016,"message":"Service unavailable"}}"#,
            Again,
        ),
        (
            403,
            r#"{"error":{"code":80007,"message":"Rate limit issues"}}"#,
            After(60_000),
        ),
        (
            400,
            r#"{"error":{"code":4,"message":"Too many calls"}}"#,
            After(60_000),
        ),
        (
            400,
            r#"{"error":{"code":2,"message":"Service temporarily down"}}"#,
            Again,
        ),
        (
            404,
            r#"{"error":{"code":132001,"message":"Template does not exist"}}"#,
            Never,
        ),
        (
            400,
            r#"{"error":{"code":100,"message":"Invalid parameter"}}"#,
            Never,
        ),
        (
            400,
            r#"{"error":{"code":131026,"message":"Message undeliverable"}}"#,
            NotThem,
        ),
        (
            400,
            r#"{"error":{"code":130472,"message":"Part of an experiment"}}"#,
            NotThem,
        ),
        (
            400,
            r#"{"error":{"code":131051,"message":"Unsupported message type"}}"#,
            Never,
        ),
        (
            400,
            r#"{"error":{"code":132005,"message":"Translated text too long"}}"#,
            NotThem,
        ),
        (503, r#"{"error":{"code":190,"message":"?"}}"#, Away),
    ];
    means(subjects::cloud_api(), &rows).await;
}

#[tokio::test]
async fn twilios() {
    let expected = [Accepted(Some("SM1")), After(30_000), NotThem, Never];
    the_table_means(subjects::twilio(), &expected).await;
    // Messages of the tests leave a minute past 23:29 UTC: it is 31 min to the next day.
    let rows = [
        (
            400,
            r#"{"code":63016,"message":"outside the window"}"#,
            Never,
        ),
        (
            429,
            r#"{"code":63018,"message":"rate limit"}"#,
            After(30_000),
        ),
        (
            429,
            r#"{"code":63038,"message":"daily limit"}"#,
            After(31 * 60_000),
        ),
        (400, r#"{"code":21610,"message":"unsubscribed"}"#, NotThem),
        (400, r#"{"code":63003,"message":"no WhatsApp"}"#, NotThem),
        (
            400,
            r#"{"code":63021,"message":"invalid content"}"#,
            NotThem,
        ),
        (401, r#"{"code":63007,"message":"no such sender"}"#, Never),
        (500, r#"{"code":20500,"message":"internal"}"#, Again),
    ];
    means(subjects::twilio(), &rows).await;
}

#[tokio::test]
async fn wahas() {
    let expected = [Accepted(Some("true_8801712345678@c.us_AAA")), Never, Never];
    the_table_means(subjects::waha(), &expected).await;
    let rows = [
        (
            422,
            r#"{"status":"STARTING","expected":["WORKING"]}"#,
            Again,
        ),
        (422, r#"{"status":"FAILED"}"#, Never),
        (422, r#"{"status":"STOPPED"}"#, Never),
        (
            201,
            r#"{"id":{"_serialized":"true_1@c.us_B"}}"#,
            Accepted(Some("true_1@c.us_B")),
        ),
    ];
    means(subjects::waha(), &rows).await;
}

#[tokio::test]
async fn with_a_template_named_whatsapp_gets_a_template() {
    for (mut subject, template) in [
        (subjects::cloud_api(), "noc_alert"),
        (subjects::twilio(), "HX0123456789abcdef"),
    ] {
        subject.settings = if template == "noc_alert" {
            |base| {
                let mut settings = (subjects::cloud_api().settings)(base);
                settings.set("template_name", "noc_alert".into());
                settings
            }
        } else {
            |base| {
                let mut settings = (subjects::twilio().settings)(base);
                settings.set("template_name", "HX0123456789abcdef".into());
                settings
            }
        };
        let (outcome, heard) =
            meet(&subject, vec![(subject.success)()], Duration::from_secs(10)).await;
        assert!(matches!(outcome, Outcome::Accepted { .. }), "{outcome:?}");
        let body = &heard[0].body;
        assert!(body.contains(template), "{body}");
        assert!(
            !body.contains("\"type\":\"text\",\"text\":{\"preview") && !body.contains("Body="),
            "{body}"
        );
        assert!(
            !body.contains("\\n") && !body.contains("%0A"),
            "no line breaks in a variable: {body}"
        );
    }
}
