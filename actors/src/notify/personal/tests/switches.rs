//! What a person may be told, and what their refusal says.

use super::*;
use noc_storage::relational::entity::incident;
use noc_storage::relational::escalation_policies::{StepDraft, StepTargets};
use noc_storage::relational::notification_channels;
use noc_storage::relational::users::UserPatch;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ActiveValue::Unchanged};
use std::time::Duration;

const ADA: i64 = 1;

/// The question whether somebody is still on it looked at nobody's switches.
#[tokio::test]
async fn whoever_switched_the_channel_off_is_not_asked_over_it() {
    let story = to_bob().await;
    let id = story.opens(Critical).await;
    story.after(1).await;
    story.acts(id, Action::Acknowledge).await.unwrap();
    let busy = Outcome::Retry {
        reason: "451 later".into(),
        after: None,
    };
    story.email.answers.lock().push_back(busy);
    story.after(1_805).await;
    story.expect(&[
        "+0 email bob@noc.test problem",
        "+1801 email ada@noc.test still_on_it",
    ]);
    let off = PreferencesDraft {
        channels: BTreeMap::new(),
        quiet_end: 22 * 60,
        ..quiet()
    };
    prefers(&story, ADA, off).await;
    story.after(300).await;
    story.expect(&[]);
    let last = story.states().await.pop().unwrap();
    assert_eq!(last, "suppressed: they switched this channel off");
}

#[tokio::test]
async fn whoever_sleeps_is_not_asked_and_loses_it_as_without_an_answer() {
    let story = to_bob().await;
    prefers(&story, ADA, quiet()).await;
    let id = story.opens(High).await;
    story.after(130).await;
    story.acts(id, Action::Acknowledge).await.unwrap();
    story.after(7_200 + 60).await;
    story.expect(&["+120 email bob@noc.test problem"]);
    assert_eq!(story.states().await, ["sent", HELD]);
    story.after(900).await;
    story.expect(&["+8230 email bob@noc.test problem"]);
}

/// Whoever blocked the bot made the channel unhealthy for everybody.
#[tokio::test]
async fn a_persons_refusal_says_nothing_of_the_channel_and_the_organisations_does() {
    let story = to_bob().await;
    let blocked = || Outcome::Refused {
        reason: "blocked by the user".into(),
    };
    let healthy = async |channel| {
        let row = notification_channels::by_key(story.db().read(), channel).await;
        row.unwrap().unwrap().healthy
    };
    story.email.answers.lock().push_back(blocked());
    story.opens(Critical).await;
    story.after(1).await;
    story.expect(&["+0 email bob@noc.test problem"]);
    assert_eq!(story.states().await, ["failed: blocked by the user"]);
    assert!(healthy("email").await);

    // Nor does that of an address without an account; a room is the channel's own.
    story.channel("email", true, &["team@noc.test"]).await;
    story.channel("pager", true, &["p-1"]).await;
    story.route_to_channels(&["email", "pager"]).await;
    story.email.answers.lock().push_back(blocked());
    story.pager.answers.lock().push_back(blocked());
    story.opens(Critical).await;
    story.after(1).await;
    story.expect_in_any_order(&[
        "+1 email team@noc.test notice",
        "+1 email team@noc.test problem",
        "+1 pager p-1 problem",
    ]);
    assert!(healthy("email").await);
    assert!(!healthy("pager").await);
}

/// Mail to their own address told viewers what their pages do not.
#[tokio::test]
async fn who_may_not_see_log_ins_does_not_see_them_by_mail() {
    for (role, expected) in [
        ("viewer", "Mailbox w*** for i***@shop.example"),
        ("oncall", "Mailbox w*** for i***@shop.example"),
        ("operator", "Mailbox webmaster for info@shop.example"),
    ] {
        let to_bob = StepDraft {
            targets: StepTargets {
                users: vec![BOB],
                ..StepTargets::default()
            },
            ..step(0, &[])
        };
        let story = Story::with(0, vec![to_bob]).await;
        story.channel("email", true, &[]).await;
        let patch = UserPatch {
            role: Some(role.to_owned()),
            ..UserPatch::default()
        };
        users::update(story.db().write(), BOB, patch, BEGIN)
            .await
            .unwrap();
        let id = story.opens(High).await;
        let about = incident::ActiveModel {
            id: Unchanged(id),
            subject: Set("login:webmaster".into()),
            title: Set("Mailbox webmaster for info@shop.example".into()),
            ..Default::default()
        };
        about.update(story.db().write()).await.unwrap();
        story.after(130).await;
        story.expect(&["+120 email bob@noc.test problem"]);
        let message = story.email.messages.lock().last().unwrap().clone();
        assert_eq!(message.title, expected, "{role}");
        let whole = role == "operator";
        for text in [&message.text, &message.html, &message.subject] {
            let names = text.contains("webmaster") || text.contains("info@");
            assert_eq!(names, whole, "{role}: {text}");
        }
    }
}

/// A person who keeps a webhook of their own at its limit held up everybody else.
#[tokio::test]
async fn the_limit_of_a_persons_own_webhook_and_of_one_recipient_pause_nobody_else() {
    let wait = Duration::from_secs(600);
    let limited = || Outcome::Retry {
        reason: "429".into(),
        after: Some(wait),
    };
    let crowded = Outcome::Crowded {
        reason: "too often to this number".into(),
        after: wait,
    };
    for (secret, answer, paused) in [
        (Some("https://noc.test/own"), limited(), false),
        (None, limited(), true),
        (None, crowded, false),
    ] {
        let story = to_bob().await;
        let new = NewContact {
            user_id: BOB,
            channel: "email".into(),
            address: "own@noc.test".into(),
            address_key: "own@noc.test".into(),
            secret: secret.map(str::to_owned),
        };
        let (db, key) = (story.db().write(), &story.context.field_key);
        let own = contacts::create(db, key, new, BEGIN).await.unwrap();
        let proven = contact::ActiveModel {
            id: Unchanged(own.id),
            verified_at: Set(Some(BEGIN.to_datetime())),
            ..Default::default()
        };
        proven.update(db).await.unwrap();
        let mut draft = PreferencesDraft {
            quiet_end: 22 * 60,
            ..quiet()
        };
        let chosen = ChannelChoice {
            enabled: true,
            contact_id: Some(own.id),
        };
        draft.channels.insert("email".to_owned(), chosen);
        prefers(&story, BOB, draft).await;
        story.email.answers.lock().push_back(answer);
        let first = story.opens(Critical).await;
        story.after(1).await;
        story.expect(&["+0 email own@noc.test problem"]);
        let row = notification_channels::by_key(db, "email")
            .await
            .unwrap()
            .unwrap();
        assert_eq!(row.paused_until.is_some(), paused, "{secret:?}");
        assert!(row.healthy);
        // It waits itself, and that costs no attempt.
        let waiting = &story.deliveries().await[0];
        assert_eq!((waiting.status.as_str(), waiting.attempts), ("retrying", 0));
        assert_eq!(waiting.incident_id, Some(first));
        story.after(600).await;
        story.expect(&["+600 email own@noc.test problem"]);
    }
}
