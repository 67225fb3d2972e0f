//! An address is told of nothing until its code was entered.

use super::*;

#[tokio::test]
async fn an_address_counts_once_its_code_was_entered() {
    let story = to_bob().await;
    story.channel("whatsapp", true, &[]).await;
    let contact = add(&story, "whatsapp", "+8801712345678").await;
    let replaced = vec![noc_storage::relational::escalation_policies::StepDraft {
        channels: vec!["email".into(), "whatsapp".into()],
        ..step(0, &["operator"])
    }];
    story.replace_policy(replaced).await;
    let id = story.opens(High).await;
    story.after(150).await;
    story.expect(&["+120 email bob@noc.test problem"]);
    story.resolves(id).await;
    story.after(10).await;
    story.expect(&["+150 email bob@noc.test recovery"]);

    let asked = verify::ask(story.db().write(), &contact, story.clock.now()).await;
    assert_eq!(asked.unwrap().code_hash, None, "made when it leaves");
    story.after(1).await;
    story.expect(&["+160 whatsapp +8801712345678 verification"]);
    let row = bobs_contact(&story).await;
    let now = story.clock.now();
    assert_eq!(verify::check(&row, "x", now), verify::Entered::Wrong(4));
    contacts::prove(story.db().write(), &row, now)
        .await
        .unwrap();
    story.opens(High).await;
    story.after(150).await;
    story.expect_in_any_order(&[
        "+281 email bob@noc.test problem",
        "+281 whatsapp +8801712345678 problem",
    ]);
}

#[tokio::test]
async fn the_code_that_left_last_is_the_one_that_counts() {
    let story = to_bob().await;
    let contact = add(&story, "email", "bob@home.test").await;
    let code = || {
        let messages = story.email.messages.lock();
        messages.last().unwrap().fields[0].value.clone()
    };
    verify::ask(story.db().write(), &contact, story.clock.now())
        .await
        .unwrap();
    story.after(1).await;
    let first = code();
    let entered = verify::check(&bobs_contact(&story).await, &first, story.clock.now());
    assert_eq!(entered, verify::Entered::Right);
    // The provider says "later": the message that is sent again has a code of its own.
    let busy = Outcome::Retry {
        reason: "451 later".into(),
        after: None,
    };
    story.email.answers.lock().push_back(busy);
    verify::ask(story.db().write(), &contact, story.clock.now())
        .await
        .unwrap();
    story.after(60).await;
    story.expect(&[
        "+0 email bob@home.test verification",
        "+1 email bob@home.test verification",
        "+31 email bob@home.test verification",
    ]);
    let row = bobs_contact(&story).await;
    let now = story.clock.now();
    assert_eq!(verify::check(&row, &code(), now), verify::Entered::Right);
    let until = UnixMs::from(row.code_expires_at.unwrap());
    assert_eq!(until.since(BEGIN).as_secs(), 31 + 600);
}

#[tokio::test]
async fn a_code_that_cannot_leave_for_ten_minutes_or_is_asked_for_again_is_given_up() {
    let story = to_bob().await;
    let contact = add(&story, "email", "bob@home.test").await;
    let busy = || Outcome::Retry {
        reason: "451 later".into(),
        after: None,
    };
    story
        .email
        .answers
        .lock()
        .extend([busy(), busy(), busy(), busy()]);
    verify::ask(story.db().write(), &contact, BEGIN)
        .await
        .unwrap();
    story.after(3_600).await;
    assert_eq!(
        story.states().await,
        ["expired: not sent within 10 minutes: ask for another code"]
    );
    let now = story.clock.now();
    for _ in 0..2 {
        verify::ask(story.db().write(), &contact, now)
            .await
            .unwrap();
    }
    story.email.answers.lock().clear();
    story.after(10).await;
    let states = story.states().await;
    assert_eq!(
        states[1],
        "cancelled: another code was asked for, or the contact was deleted"
    );
    assert_eq!(states[2], "sent");
    // An address that its provider refuses says nothing about the channel.
    let refused = Outcome::Permanent {
        reason: "550 no such user".into(),
    };
    story.email.answers.lock().push_back(refused);
    verify::ask(story.db().write(), &contact, now)
        .await
        .unwrap();
    story.after(10).await;
    let channels = noc_storage::relational::notification_channels::all(story.db().write()).await;
    assert!(channels.unwrap().iter().all(|channel| channel.healthy));
}
