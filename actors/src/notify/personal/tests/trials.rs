//! A test to an address of one's own takes the way of a page, and goes nowhere else.

use super::*;

async fn verified(story: &Story, channel: &str, address: &str) -> contact::Model {
    let contact = add(story, channel, address).await;
    let now = story.clock.now();
    contacts::prove(story.db().write(), &contact, now)
        .await
        .unwrap()
}

async fn ask(story: &Story, contact: &contact::Model) {
    let now = story.clock.now();
    trial::ask(story.db().write(), contact, now).await.unwrap();
}

/// How the last one stands.
async fn stands(story: &Story) -> (String, Option<String>) {
    let tests = trial::recent(story.db().read(), BOB, story.clock.now()).await;
    let last = tests.unwrap().remove(0);
    (last.status, last.reason)
}

#[tokio::test]
async fn it_goes_to_that_contact_alone_also_in_quiet_hours() {
    let story = to_bob().await;
    prefers(&story, BOB, quiet()).await;
    let home = verified(&story, "email", "bob@home.test").await;
    ask(&story, &home).await;
    story.after(1).await;
    story.expect(&["+0 email bob@home.test test"]);
    assert_eq!(stands(&story).await, ("sent".to_owned(), None));
    let tests = trial::recent(story.db().read(), BOB, story.clock.now()).await;
    let test = tests.unwrap().remove(0);
    assert!(trial::is_to(&test, &home));
    let away = contact::Model {
        address_key: "bob@away.test".into(),
        ..home.clone()
    };
    assert!(!trial::is_to(&test, &away));
    let later = contact::Model {
        created_at: story.clock.now().to_datetime(),
        ..home
    };
    assert!(!trial::is_to(&test, &later), "added again since");
}

#[tokio::test]
async fn it_is_not_sent_to_an_address_that_is_not_verified_or_gone() {
    let story = to_bob().await;
    let home = add(&story, "email", "bob@home.test").await;
    ask(&story, &home).await;
    story.after(1).await;
    story.expect(&[]);
    let why = "the address is no verified contact any more".to_owned();
    assert_eq!(
        stands(&story).await,
        ("cancelled".to_owned(), Some(why.clone()))
    );
    let now = story.clock.now();
    let home = contacts::prove(story.db().write(), &home, now)
        .await
        .unwrap();
    ask(&story, &home).await;
    contacts::delete(story.db().write(), BOB, home.id)
        .await
        .unwrap();
    story.after(1).await;
    story.expect(&[]);
    assert_eq!(stands(&story).await, ("cancelled".to_owned(), Some(why)));
}

#[tokio::test]
async fn what_could_not_leave_within_ten_minutes_is_given_up() {
    let story = to_bob().await;
    let home = verified(&story, "email", "bob@home.test").await;
    let busy = Outcome::Retry {
        reason: "451 later".into(),
        after: None,
    };
    story.email.answers.lock().extend(vec![busy; 6]);
    ask(&story, &home).await;
    story.after(3_000).await;
    story.expect(&[
        "+0 email bob@home.test test",
        "+30 email bob@home.test test",
        "+150 email bob@home.test test",
    ]);
    let why = "not sent within 10 minutes: ask for another test".to_owned();
    assert_eq!(stands(&story).await, ("expired".to_owned(), Some(why)));
}
