//! Rules that say how bad it is: what is shown, and who is told when.

use super::silence::Host;
use super::{DOWN, OVER, Watched, at, heard, story};
use crate::detect::server_down::NOT_PAGED;
use crate::incident::actions::Action;
use crate::notify::story::{BEGIN, Story};
use noc_pipeline::control::Severity::{self, Critical, High, Low, Medium};
use noc_pipeline::control::{Condition, Scope};
use noc_storage::relational::alert_rules::{self, Route, RuleDraft};
use noc_storage::relational::entity::incident_timeline;
use noc_storage::relational::timeline;

/// A rule for what one detector finds, routed as everything else is.
async fn rule(story: &Story, detector: &str, severity: Option<Severity>) -> i64 {
    let draft = RuleDraft {
        name: "ours".into(),
        enabled: true,
        severity,
        scope: Scope::Tags(Vec::from(["web".to_owned()])),
        condition: Condition::routing(detector),
        route: Route::Policy(story.policy_id()),
        runbook_url: None,
    };
    let made = alert_rules::create(story.db().write(), draft, BEGIN).await;
    made.unwrap().id
}

async fn entries(story: &Story, id: i64) -> Vec<incident_timeline::Model> {
    timeline::of_incident(story.db().read(), id).await.unwrap()
}

/// A host that is silent for good after its first report, under a rule on `server_down`.
async fn silent_under(severity: Severity) -> (Vec<String>, String) {
    let story = story().await;
    rule(&story, "server_down", Some(severity)).await;
    let mut host = Host::by(&story).await;
    host.reports().await;
    host.is_silent_until(800).await;
    let row = host.watched.incidents().await.remove(0);
    (heard(&story), row.severity)
}

#[tokio::test]
async fn a_silent_host_is_paged_when_its_silence_is_whatever_a_rule_calls_it() {
    // Shown after 200 s, found to be critical after 320 s.
    for severity in [Critical, High] {
        let (heard, shown) = silent_under(severity).await;
        assert_eq!(heard, at(&[(320, DOWN)]), "{severity:?}");
        assert_eq!(shown, severity.name());
    }
    let (heard, shown) = silent_under(Medium).await;
    assert_eq!(heard, at(&[(500, DOWN)]), "300 s after it was shown");
    assert_eq!(shown, "medium");
    assert_eq!(silent_under(Low).await, (Vec::new(), "low".to_owned()));
}

#[tokio::test]
async fn a_host_that_came_back_for_a_moment_is_paged_again_whatever_a_rule_calls_it() {
    for (severity, first) in [(Critical, 320), (High, 320), (Medium, 500)] {
        let story = story().await;
        rule(&story, "server_down", Some(severity)).await;
        let mut host = Host::by(&story).await;
        host.reports().await;
        let back = first + 80;
        host.is_silent_until(back).await;
        host.reports().await;
        host.is_silent_until(back + 500).await;
        let expected = [(first, DOWN), (back, OVER), (back + 320, DOWN)];
        assert_eq!(heard(&story), at(&expected), "{severity:?}");
    }
}

#[tokio::test]
async fn what_a_rule_calls_critical_pages_at_once_and_once() {
    let story = story().await;
    rule(&story, "service_down", Some(Critical)).await;
    let mut web = Watched::by(&story).await;
    web.is_down(Medium).await;
    story.after(60).await;
    web.is_down(High).await;
    story.after(60).await;
    let row = web.incidents().await.remove(0);
    assert_eq!(row.severity, "critical");
    let all = entries(&story, row.id).await;
    let kinds: Vec<_> = all.iter().map(|entry| entry.kind.as_str()).collect();
    assert_eq!(kinds, ["opened", "step_fired"], "it got no worse");
    assert_eq!(all[0].detail["severity"], "critical");
    assert_eq!(all[0].detail["severity_found"], "medium");
    assert_eq!(all[0].detail["severity_by_rule"], "ours");
    assert_eq!(heard(&story), at(&[(0, DOWN)]));
}

#[tokio::test]
async fn what_a_rule_calls_mild_stays_mild_until_the_rule_is_gone() {
    let story = story().await;
    let id = rule(&story, "service_down", Some(Low)).await;
    let mut web = Watched::by(&story).await;
    for severity in [High, Critical, Critical] {
        web.is_down(severity).await;
        story.after(600).await;
    }
    assert_eq!(heard(&story), Vec::<String>::new());
    assert_eq!(web.incidents().await[0].severity, "low");
    alert_rules::delete(story.db().write(), id).await.unwrap();
    web.is_down(Critical).await;
    story.after(60).await;
    assert_eq!(heard(&story), at(&[(1_800, DOWN)]));
    assert_eq!(web.incidents().await[0].severity, "critical");
}

#[tokio::test]
async fn a_rule_without_a_severity_and_one_for_others_leave_it_to_the_detector() {
    let story = story().await;
    rule(&story, "service_down", None).await;
    rule(&story, "disk_bytes", Some(Critical)).await;
    let mut web = Watched::by(&story).await;
    web.is_down(High).await;
    story.after(130).await;
    assert_eq!(heard(&story), at(&[(120, DOWN)]));
    let row = web.incidents().await.remove(0);
    assert_eq!(row.severity, "high");
    assert_eq!(
        entries(&story, row.id).await[0]
            .detail
            .get("severity_by_rule"),
        None
    );
}

#[tokio::test]
async fn what_its_detector_pages_nobody_of_yet_stays_so_when_a_milder_rule_is_gone() {
    for (severity, taken) in [(Low, false), (Medium, false), (Medium, true)] {
        let story = story().await;
        let id = rule(&story, "service_down", Some(severity)).await;
        let mut web = Watched::by(&story).await;
        web.is_down_for(High, NOT_PAGED).await;
        if taken {
            let id = web.incidents().await[0].id;
            story.acts(id, Action::Acknowledge).await.unwrap();
        }
        story.after(60).await;
        alert_rules::delete(story.db().write(), id).await.unwrap();
        web.is_down_for(High, NOT_PAGED).await;
        story.after(3_600).await;
        assert_eq!(heard(&story), Vec::<String>::new(), "{severity:?}");
        let row = web.incidents().await.remove(0);
        assert_eq!(
            (row.status.as_str(), row.severity.as_str()),
            (if taken { "acknowledged" } else { "open" }, "high")
        );
        web.is_down(Critical).await;
        story.after(60).await;
        assert_eq!(heard(&story), at(&[(3_660, DOWN)]), "{severity:?}");
    }
}

#[tokio::test]
async fn who_was_told_of_it_as_milder_is_not_told_again_of_what_its_detector_pages_nobody_of() {
    let story = story().await;
    let id = rule(&story, "service_down", Some(Medium)).await;
    let mut web = Watched::by(&story).await;
    web.is_down(High).await;
    story.after(400).await;
    alert_rules::delete(story.db().write(), id).await.unwrap();
    web.is_down_for(High, NOT_PAGED).await;
    story.after(400).await;
    web.is_up().await;
    story.after(60).await;
    assert_eq!(heard(&story), at(&[(300, DOWN), (800, OVER)]));
}
