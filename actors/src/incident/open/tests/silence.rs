//! A host that falls silent, judged by `server_down` itself and told of.

use super::{DOWN, OVER, at, heard, story};
use crate::detect::bench::metrics;
use crate::detect::server_down::ServerDown;
use crate::detect::{Fleet, Rules};
use crate::incident::actions::Action;
use crate::incident::open::tests::Watched;
use crate::notify::story::{BEGIN, Story};
use crate::server_actor::evaluate::{Item, Surroundings, What, evaluate, wake_at};
use crate::state::{ClockMs, ServerState};
use noc_pipeline::clock::Clock;
use noc_pipeline::id::{Offset, ServerId};
use noc_pipeline::record::Record;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

static RULES: LazyLock<Rules> = LazyLock::new(Rules::default);
static FLEET: LazyLock<Fleet> = LazyLock::new(Fleet::default);

fn around(server: ServerId) -> Surroundings<'static> {
    Surroundings {
        server,
        settings: None,
        rules: &RULES,
        fleet: &FLEET,
        detectors: &[&ServerDown],
    }
}

/// A server with what its actor remembers of it.
pub(super) struct Host<'s> {
    pub watched: Watched<'s>,
    state: ServerState,
    seq: u64,
}

impl<'s> Host<'s> {
    pub async fn by(story: &'s Story) -> Self {
        Self {
            watched: Watched::by(story).await,
            state: ServerState::default(),
            seq: 0,
        }
    }

    fn clock(&self) -> ClockMs {
        ClockMs(u64::try_from(self.watched.story.clock.now().0).unwrap())
    }

    async fn takes(&mut self, what: What) {
        self.seq += 1;
        let item = Item {
            offset: Offset(self.seq),
            clock: self.clock(),
            at: self.watched.story.clock.now(),
            what,
        };
        let out = evaluate(
            &mut self.state,
            &item,
            around(self.watched.server),
            &mut |_, _| {},
        );
        assert_eq!(out.failures, []);
        self.watched.stores(out.effects).await;
    }

    /// Reports now, as it does every minute.
    pub async fn reports(&mut self) {
        let now = self.watched.story.clock.now();
        let mut record = metrics(now.0, |_| {});
        record.seq = self.seq;
        record.received_at = now;
        self.takes(What::Payload(Arc::new(Record::Payload(record))))
            .await;
    }

    /// Says nothing until so many seconds after the beginning, and is looked at whenever it wants to be.
    pub async fn is_silent_until(&mut self, second: u64) {
        let end = BEGIN.plus(Duration::from_secs(second));
        loop {
            let now = self.watched.story.clock.now();
            let wake = wake_at(&self.state, around(self.watched.server));
            let wake = wake.map(|at| at.0.saturating_sub(self.clock().0).div_ceil(1_000));
            let left = end.since(now).as_secs();
            match wake.filter(|seconds| *seconds <= left) {
                Some(seconds) => {
                    self.watched.story.after(seconds).await;
                    self.takes(What::Wake).await;
                }
                None => return self.watched.story.after(left).await,
            }
        }
    }
}

#[tokio::test]
async fn a_host_that_came_back_for_a_moment_and_is_gone_for_good_is_paged_again() {
    let story = story().await;
    let mut host = Host::by(&story).await;
    host.reports().await;
    host.is_silent_until(400).await;
    host.reports().await;
    host.is_silent_until(900).await;
    // 320 s after its last report, both times.
    assert_eq!(heard(&story), at(&[(320, DOWN), (400, OVER), (720, DOWN)]));
}

#[tokio::test]
async fn who_has_a_host_that_came_back_for_a_moment_still_has_it_when_it_is_as_bad_as_before() {
    let story = story().await;
    let mut host = Host::by(&story).await;
    host.reports().await;
    host.is_silent_until(350).await;
    let id = host.watched.incidents().await[0].id;
    story.acts(id, Action::Acknowledge).await.unwrap();
    host.is_silent_until(400).await;
    host.reports().await;
    host.is_silent_until(1_000).await;
    let row = host.watched.incidents().await.remove(0);
    assert_eq!(
        (row.status.as_str(), row.severity.as_str()),
        ("acknowledged", "critical")
    );
    let back = (600, super::TO_ADA);
    assert_eq!(heard(&story), at(&[(320, DOWN), (400, OVER), back]));
}
