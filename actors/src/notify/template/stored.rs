//! The organisation's words as they are stored, put into a message right before it is sent.
//!
//! They are read with each message: two rows at most, by their key. So a change is in force with the next message, on
//! every node, and nothing has to be told to anybody.

use super::{Fault, OwnWords, Part, Templates};
use crate::causes::with_causes;
use crate::notify::message::Message;
use noc_pipeline::clock::UnixMs;
use noc_storage::relational::entity::message_template::Model;
use noc_storage::relational::{Db, message_templates};

/// The message in the organisation's words, as far as there are any, and why it is not where it should be. Never fails:
/// what goes wrong leaves the product's words.
pub(crate) async fn in_own_words(
    db: &Db,
    templates: &Templates,
    channel: &str,
    message: Message,
    now: UnixMs,
) -> (Message, Option<String>) {
    let rows = match message_templates::of(db.read(), message.kind.name(), channel).await {
        Ok(rows) => rows,
        Err(error) => {
            tracing::warn!(
                channel,
                error = with_causes(&error),
                "own words not read, a message goes out in the product's"
            );
            let why = "sent in the built-in words: the organisation's own could not be read";
            return (message, Some(why.to_owned()));
        }
    };
    if rows.is_empty() {
        return (message, None);
    }
    let (subject, text) = (
        found(&rows, |row| row.subject.as_ref()),
        found(&rows, |row| row.body.as_ref()),
    );
    let words = OwnWords {
        subject: subject.map(|(_, words)| words.clone()),
        text: text.map(|(_, words)| words.clone()),
    };
    let (message, faults) = templates.reword(message, &words);
    for fault in &faults {
        let at_fault = match fault.part {
            Part::Subject => subject,
            Part::Text => text,
        };
        if let Some((row, _)) = at_fault {
            note(db, row, fault, now).await;
        }
    }
    let why = faults.iter().map(Fault::to_string).collect::<Vec<_>>();
    let why = (!why.is_empty()).then(|| format!("sent in the built-in words: {}", why.join("; ")));
    (message, why)
}

/// The first row that says something, a channel's own before those for all, and what it says.
fn found(rows: &[Model], said: fn(&Model) -> Option<&String>) -> Option<(&Model, &String)> {
    rows.iter().find_map(|row| Some((row, said(row)?)))
}

async fn note(db: &Db, row: &Model, fault: &Fault, now: UnixMs) {
    let failure = fault.to_string();
    tracing::warn!(
        message.kind = row.kind,
        message.channel = row.channel,
        failure,
        "own words failed, a message goes out in the product's"
    );
    if let Err(error) = message_templates::note_failure(db.write(), row, &failure, now).await {
        tracing::warn!(
            message.kind = row.kind,
            error = with_causes(&error),
            "that own words failed is not noted"
        );
    }
}

#[cfg(test)]
mod tests {
    use crate::notify::message::{Kind, Message};
    use crate::notify::story::{BEGIN, Story, step};
    use noc_pipeline::control::Severity::Critical;
    use noc_storage::relational::message_templates::{self, WordsDraft};

    async fn put(story: &Story, channel: &str, subject: Option<&str>, body: Option<&str>) {
        let words = WordsDraft {
            subject: subject.map(str::to_owned),
            body: body.map(str::to_owned),
        };
        let db = story.db().write();
        let put = message_templates::put(db, "problem", channel, words, None, BEGIN);
        put.await.unwrap();
    }

    fn problem(story: &Story) -> Message {
        let sent = story.email.messages.lock();
        let mut problems = sent.iter().filter(|m| m.kind == Kind::Problem);
        problems.next_back().unwrap().clone()
    }

    /// An incident opens, is told of, and is over.
    async fn page(story: &Story) -> String {
        let id = story.opens(Critical).await;
        story.after(60).await;
        story.resolves(id).await;
        story.after(600).await;
        let told = story.deliveries().await.into_iter();
        let told = told.filter(|row| row.incident_id == Some(id) && row.kind == "problem");
        let told: Vec<_> = told.map(|row| (row.status, row.reason)).collect();
        format!("{told:?}")
    }

    #[tokio::test]
    async fn own_words_are_sent_and_a_page_is_not_lost_to_a_typing_error() {
        let story = Story::with(0, vec![step(0, &["operator"])]).await;
        story.channel("email", true, &[]).await;
        put(&story, "", Some("Ours: {{ title }}"), None).await;
        assert_eq!(page(&story).await, r#"[("sent", None)]"#);
        assert_eq!(problem(&story).subject, "Ours: Server down: web-09");

        // As one might be stored that an older version took; the channel's own come before those for all.
        put(
            &story,
            "email",
            Some("{{ tite }}"),
            Some("It is {{ severity }}."),
        )
        .await;
        let told = page(&story).await;
        let why = "sent in the built-in words: subject, line 1: `tite` is undefined";
        assert_eq!(told, format!(r#"[("sent", Some("{why}"))]"#));
        let sent = problem(&story);
        assert_eq!(sent.subject, "🔴 [critical] Server down: web-09");
        assert_eq!(sent.body.as_deref(), Some("It is critical."));
        let rows = message_templates::all(story.db().read()).await.unwrap();
        assert_eq!(rows[0].failure, None, "the words for all did nothing");
        let failure = rows[1].failure.as_deref();
        assert_eq!(failure, Some("subject, line 1: `tite` is undefined"));

        put(&story, "email", None, Some("Fine.")).await;
        assert_eq!(page(&story).await, r#"[("sent", None)]"#);
        assert_eq!(problem(&story).subject, "Ours: Server down: web-09");
        assert_eq!(problem(&story).text.lines().next(), Some("Fine."));
    }
}
