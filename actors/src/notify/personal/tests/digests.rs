//! What a digest owes, and that nothing falls between two of them.

use super::*;
use noc_storage::relational::entity::incident;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ActiveValue::Unchanged, EntityTrait};
use std::time::Duration;

fn title(story: &Story) -> String {
    story.email.messages.lock().last().unwrap().title.clone()
}

/// Its rows said that they were in the daily digest, and none was made.
#[tokio::test]
async fn whoever_switches_it_off_gets_what_was_put_off_to_it_at_once() {
    let story = to_bob().await;
    prefers(&story, BOB, daily()).await;
    story.opens(High).await;
    story.after(300).await;
    story.expect(&[]);
    let off = PreferencesDraft {
        digest_enabled: false,
        ..daily()
    };
    prefers(&story, BOB, off.clone()).await;
    story.after(60).await;
    story.expect(&["+300 email bob@noc.test digest"]);
    assert_eq!(title(&story), "1 began, 0 ended, 1 open");
    story.after(2 * DAY).await;
    story.expect(&[]);

    // Nothing was put off to it since it is on again: nothing is owed.
    prefers(&story, BOB, daily()).await;
    story.opens(Low).await;
    story.after(60).await;
    prefers(&story, BOB, off).await;
    story.after(2 * DAY).await;
    story.expect(&[]);
}

#[tokio::test]
async fn one_that_waits_for_its_mail_server_is_sent_although_it_was_switched_off() {
    let story = to_bob().await;
    prefers(&story, BOB, daily()).await;
    story.opens(Low).await;
    let busy = Outcome::Retry {
        reason: "451 later".into(),
        after: None,
    };
    story.email.answers.lock().push_back(busy);
    story.after(NINE).await;
    let off = PreferencesDraft {
        digest_enabled: false,
        ..daily()
    };
    prefers(&story, BOB, off).await;
    story.after(60).await;
    story.expect(&[
        "+38000 email bob@noc.test digest",
        "+38030 email bob@noc.test digest",
    ]);
}

#[tokio::test]
async fn an_older_incident_that_only_got_worse_is_news() {
    let story = to_bob().await;
    prefers(&story, BOB, daily()).await;
    let id = story.opens(Low).await;
    story.after(NINE).await;
    assert_eq!(title(&story), "1 began, 0 ended, 1 open");
    story.rises(id, High).await;
    story.after(DAY).await;
    assert_eq!(title(&story), "0 began, 0 ended, 1 got worse, 1 open");
    story.after(DAY).await;
    story.expect(&[
        "+38000 email bob@noc.test digest",
        &format!("+{} email bob@noc.test digest", NINE + DAY),
    ]);
}

/// It went by the time at which things had happened: what was written down after the digest of that time was in none.
#[tokio::test]
async fn what_is_written_down_after_the_digest_of_its_time_is_in_the_next_one() {
    let story = to_bob().await;
    prefers(&story, BOB, daily()).await;
    story.opens(Low).await;
    story.after(NINE).await;
    assert_eq!(title(&story), "1 began, 0 ended, 1 open");
    let late = story.opens(Low).await;
    let hour = |n: u64| Some(BEGIN.plus(Duration::from_secs(n * 3_600)).to_datetime());
    let happened = incident::ActiveModel {
        id: Unchanged(late),
        opened_at: Set(hour(1).unwrap()),
        resolved_at: Set(hour(2)),
        status: Set("resolved".into()),
        open_key: Set(None),
        ..Default::default()
    };
    happened.update(story.db().write()).await.unwrap();
    story.after(DAY).await;
    assert_eq!(title(&story), "1 began, 1 ended, 1 open");
    story.after(DAY).await;
    story.expect(&[
        "+38000 email bob@noc.test digest",
        &format!("+{} email bob@noc.test digest", NINE + DAY),
    ]);
}

/// The 501st was left out without a word.
#[tokio::test]
async fn what_is_too_much_to_name_is_counted() {
    let story = to_bob().await;
    prefers(&story, BOB, daily()).await;
    let first = story.opens(Low).await;
    let row = story.incident(first).await;
    let more = (0..509).map(|n| incident::ActiveModel {
        id: sea_orm::ActiveValue::NotSet,
        open_key: Set(Some(format!("{n:064}"))),
        ..incident::ActiveModel::from(row.clone())
    });
    incident::Entity::insert_many(more)
        .exec_without_returning(story.db().write())
        .await
        .unwrap();
    story.after(NINE).await;
    story.expect(&["+38000 email bob@noc.test digest"]);
    let message = story.email.messages.lock().last().unwrap().clone();
    assert_eq!(message.title, "510 began, 0 ended, 510 open");
    let last = message.fields.last().unwrap();
    assert_eq!(
        (last.name.as_str(), last.value.as_str()),
        ("and", "480 more")
    );
}
