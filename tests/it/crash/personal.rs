//! Quiet hours and the daily digest over deaths: what is held back is told once they are over, in one message, and what a
//! digest covers is in one digest.

use super::world::World;
use super::{exim, told};
use noc_pipeline::clock::{Clock, SystemClock};
use noc_tests::eventually;
use serde_json::{Value, json};

/// From its decision to its record, whatever is sent.
const SENDING: [&str; 3] = [
    "delivery_claimed",
    "provider_answered",
    "recording_delivery",
];

/// A time of day in UTC, so many minutes from now.
fn clock_time(minutes: i64) -> String {
    let at = SystemClock.now().to_datetime() + chrono::Duration::minutes(minutes);
    at.format("%H:%M").to_string()
}

/// By mail alone.
fn preferences(quiet: [String; 2], digest: Option<String>) -> Value {
    let off = json!({"enabled": false, "address": null});
    let [start, end] = quiet;
    json!({
        "channels": {"email": {"enabled": true, "address": null}, "whatsapp": off, "telegram": off, "discord": off},
        "severities": ["critical", "high"],
        "quiet_hours": {"start": start, "end": end, "timezone": "UTC", "block_critical": true},
        "digest": {"enabled": digest.is_some(), "at": digest.unwrap_or_else(|| "09:00".to_owned())},
    })
}

const PREFERENCES: &str = "/api/me/notification-preferences";

#[actix_rt::test]
async fn what_is_held_back_and_what_a_digest_covers_survive_a_death_between_every_two_steps() {
    let to_admins = json!({"users": [], "roles": ["admin"], "external": []});
    let steps = json!([{"delay_seconds": 0, "channels": ["email"], "targets": to_admins}]);
    let mut world = World::with(steps).await;
    let admin = world.admin().await;
    // Quiet for two hours around now.
    let night = [clock_time(-60), clock_time(60)];
    world.put(PREFERENCES, preferences(night, None)).await;
    world.post(exim(true)).await;
    world
        .dying_at(&["message_held"], async |world| {
            world.post(exim(false)).await;
            world.post(exim(false)).await;
        })
        .await;
    eventually("a message that is held back", async || {
        let all = world.deliveries().await;
        all.first()
            .filter(|row| row.status == "suppressed")
            .map(|_| ())
    })
    .await;
    assert_eq!(world.deliveries().await.len(), 1);

    let places = [&["ending_quiet_hours", "quiet_hours_over"], &SENDING[..]].concat();
    world
        .dying_at(&places, async |world| {
            let never = ["00:00".to_owned(), "00:00".to_owned()];
            world.put(PREFERENCES, preferences(never, None)).await;
            world.is_due("quiet_hours_end").await;
        })
        .await;
    world.all_sent().await;
    let deliveries = world.deliveries().await;
    let to = |kind: &str| format!("{kind} to {}: sent", admin.email);
    assert_eq!(told(&deliveries), [to("problem"), to("summary")]);
    assert_eq!(world.copies(&deliveries[0]), 0, "only in the summary");
    assert_eq!(world.copies(&deliveries[1]), 3, "under one id");
    world.post(exim(true)).await;
    world.post(exim(true)).await;
    world.resolved().await;
    eventually("the recovery", async || {
        let all = world.deliveries().await;
        (all.len() == 3 && all.iter().all(|row| row.sent_at.is_some())).then_some(())
    })
    .await;

    let places = [&["making_digest", "digest_made"], &SENDING[..]].concat();
    world
        .dying_at(&places, async |world| {
            let never = ["00:00".to_owned(), "00:00".to_owned()];
            let at = Some(clock_time(-2));
            world.put(PREFERENCES, preferences(never, at)).await;
            world.a_day_passes_for_digests().await;
            world.is_due("daily_digests").await;
        })
        .await;
    world.all_sent().await;
    let deliveries = world.deliveries().await;
    assert_eq!(
        told(&deliveries),
        [to("problem"), to("summary"), to("recovery"), to("digest")]
    );
    let copies: Vec<usize> = deliveries.iter().map(|row| world.copies(row)).collect();
    assert_eq!(copies, [0, 3, 1, 3]);
    world.ends().await;
}
