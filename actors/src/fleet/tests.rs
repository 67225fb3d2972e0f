//! Many servers at once, on the actors' harness: who is silent, who says so, and who is held back.

use crate::Parts;
use crate::runtime::tests::house::{House, metrics};
use crate::runtime::{Roles, Runtime, start};
use noc_pipeline::id::{NodeId, ServerId};
use noc_storage::relational::entity::{incident, server};
use noc_storage::relational::{control_outbox, fleet, servers};
use noc_storage::series::{EmbeddedSeries, SeriesStore};
use sea_orm::EntityTrait;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

pub(crate) fn embedded_series(dir: &Path) -> Arc<dyn SeriesStore> {
    Arc::new(EmbeddedSeries::open(dir).unwrap())
}

/// A rack of eight and four other servers, all of them up.
struct Fleet {
    house: House,
    rack: Vec<ServerId>,
    others: Vec<ServerId>,
    second: Option<Runtime>,
}

fn roles(scheduler: bool) -> Roles {
    Roles {
        actors: true,
        scheduler,
        ..Roles::default()
    }
}

impl Fleet {
    async fn new(scheduler: bool) -> Self {
        let mut house = House::build(4).await;
        house.settings.lease = Duration::from_secs(3600);
        house.settings.roles = roles(scheduler);
        house.start().await;
        let mut all = Vec::new();
        for n in 0..12 {
            let rack = if n < 8 { "rack:r1" } else { "rack:r2" };
            let tags = [rack.to_owned(), "dc:d1".to_owned()];
            let now = house.parts.clock.now();
            let name = format!("web-{n}");
            let row = servers::create(house.parts.db.write(), &name, &tags, now);
            all.push(row.await.unwrap().server_id());
        }
        let others = all.split_off(8);
        let mut fleet = Self {
            house,
            rack: all,
            others,
            second: None,
        };
        fleet.house.beat().await;
        let (rack, others) = (fleet.rack.clone(), fleet.others.clone());
        fleet.report(&rack).await;
        fleet.report(&others).await;
        fleet
            .house
            .wait_until("all of them are up", async || {
                let rows = server::Entity::find()
                    .all(fleet.house.parts.db.read())
                    .await;
                rows.unwrap().iter().all(|row| row.status == "up")
            })
            .await;
        fleet
    }

    async fn report(&mut self, who: &[ServerId]) {
        for id in who {
            self.house.send(*id, metrics(10.0)).await;
        }
    }

    /// Lets time pass while the others report.
    async fn pass(&mut self, seconds: u64) {
        let others = self.others.clone();
        for _ in 0..seconds / 15 {
            self.house.pass(15).await;
            self.report(&others).await;
        }
        self.settle().await;
    }

    /// Nothing comes from the rack any more, until that is one incident.
    async fn go_silent(&mut self) {
        self.pass(120).await;
        let since = noc_pipeline::clock::UnixMs(0);
        self.house
            .wait_until("all of them are told to be silent", async || {
                let all = fleet::pulses(self.house.parts.db.read(), since).await;
                let silent = all
                    .unwrap()
                    .iter()
                    .map(|pulse| pulse.silent.len())
                    .sum::<usize>();
                silent == 8
            })
            .await;
        assert_eq!(self.story().await, Vec::<String>::new(), "more may follow");
        self.pass(15).await;
        self.wait_for_silence(8).await;
    }

    fn nodes(&self) -> Vec<&Runtime> {
        self.house.runtime.iter().chain(&self.second).collect()
    }

    /// Everything in the log is taken, whoever owns what.
    async fn settle(&self) {
        self.house
            .wait_until("everything is taken", async || {
                let nodes = self.nodes();
                let seen: Vec<_> = nodes.iter().flat_map(|n| n.observe().partitions).collect();
                let mut caught_up = 0;
                for one in &seen {
                    let bounds = self.house.parts.log.bounds(one.partition).await.unwrap();
                    caught_up += usize::from(one.position == bounds.end);
                }
                (seen.len(), caught_up) == (4, 4)
            })
            .await;
    }

    async fn incidents(&self) -> Vec<incident::Model> {
        self.house.incidents().await
    }

    /// "title: severity, status" of every incident, oldest first.
    async fn story(&self) -> Vec<String> {
        self.settle().await;
        let all = self.incidents().await.into_iter();
        all.map(|i| format!("{}: {}, {}", i.title, i.severity, i.status))
            .collect()
    }

    async fn silent_members(&self) -> Vec<ServerId> {
        let groups = fleet::groups(self.house.parts.db.read()).await.unwrap();
        groups.into_iter().flat_map(|group| group.members).collect()
    }

    /// The group is silent, and the partitions know.
    async fn wait_for_silence(&self, members: usize) {
        self.house
            .wait_until("the group is silent", async || {
                // In this order: what is told is written with the members.
                let known = self.silent_members().await.len() == members;
                let pending = control_outbox::pending(self.house.parts.db.read(), 1).await;
                known && pending.unwrap().is_empty()
            })
            .await;
        self.settle().await;
    }

    async fn status(&self, id: ServerId) -> String {
        self.house.status(id).await
    }

    /// Whoever tells the opener has told it of now.
    async fn wait_for_pulses(&self, is: impl Fn(&fleet::Pulse) -> bool) {
        let since = noc_pipeline::clock::UnixMs(0);
        self.house
            .wait_until("all partitions told", async || {
                let all = fleet::pulses(self.house.parts.db.read(), since).await;
                let all = all.unwrap();
                all.len() == 4 && all.iter().all(&is)
            })
            .await;
    }
}

const SILENT: &str = "8 servers of rack:r1 are silent: critical, open";
/// Behind the number of members, which is of the last look before the end.
const OVER: &str = " servers of rack:r1 are silent: critical, resolved";

#[actix::test]
async fn a_rack_that_is_lost_is_one_incident_and_who_stays_silent_speaks_for_itself_after() {
    let mut fleet = Fleet::new(true).await;
    fleet.go_silent().await;
    assert_eq!(fleet.story().await, [SILENT]);
    let rack = fleet.rack.clone();
    for id in &rack {
        assert_eq!(fleet.status(*id).await, "unknown");
    }
    let [one] = &*fleet.incidents().await else {
        panic!("one incident");
    };
    assert_eq!(
        (one.server_id, &*one.server_name, &*one.subject),
        (None, "fleet", "rack:r1")
    );
    assert!(
        one.observed
            .as_ref()
            .unwrap()
            .ends_with("web-5, web-6, web-7")
    );
    // Each of them would be critical by now.
    fleet.pass(300).await;
    assert_eq!(fleet.story().await, [SILENT]);
    fleet.report(&rack[..6]).await;
    fleet.pass(15).await;
    fleet.wait_for_silence(0).await;
    fleet.pass(15).await;
    let down = |n: usize| format!("Server down: web-{n}: critical, open");
    let mut story = fleet.story().await;
    assert!(story.remove(0).ends_with(OVER));
    story.sort();
    assert_eq!(story, [down(6), down(7)]);
    assert_eq!(fleet.status(rack[7]).await, "down");
}

#[actix::test]
async fn two_nodes_add_up_what_each_sees_and_one_that_stops_changes_nothing() {
    let mut fleet = Fleet::new(true).await;
    let mut parts: Parts = fleet.house.parts.clone();
    parts.node = NodeId(Uuid::from_u128(2));
    parts.registry = prometheus::Registry::new();
    let second = start(parts, fleet.house.settings.clone()).await.unwrap();
    fleet.second = Some(second);
    fleet
        .house
        .wait_until("each has half", async || {
            let nodes = fleet.nodes();
            nodes
                .iter()
                .all(|node| node.observe().partitions.len() == 2)
        })
        .await;
    fleet.go_silent().await;
    assert_eq!(fleet.story().await, [SILENT]);
    // The first node, which opened it perhaps, goes; the other one has everything.
    fleet.house.stop().await;
    fleet.pass(300).await;
    assert_eq!(fleet.story().await, [SILENT]);
    let rack = fleet.rack.clone();
    fleet.report(&rack).await;
    fleet.pass(15).await;
    fleet.wait_for_silence(0).await;
    let [over] = &*fleet.story().await else {
        panic!("one incident");
    };
    assert!(over.ends_with(OVER), "{over}");
    fleet.second.take().unwrap().stop().await;
}

#[actix::test]
async fn a_crash_in_the_middle_forgets_nothing() {
    let mut fleet = Fleet::new(true).await;
    fleet.go_silent().await;
    fleet.house.kill();
    fleet.house.parts.registry = prometheus::Registry::new();
    fleet.house.start().await;
    fleet.pass(300).await;
    assert_eq!(fleet.story().await, [SILENT]);
    let rack = fleet.rack.clone();
    fleet.report(&rack).await;
    fleet.pass(15).await;
    fleet.wait_for_silence(0).await;
    let [over] = &*fleet.story().await else {
        panic!("one incident");
    };
    assert!(over.ends_with(OVER), "{over}");
}

/// Nobody looked for a while: each server is shown, and none of them pages once the group is known.
#[actix::test]
async fn what_is_shown_already_gets_no_worse() {
    let mut fleet = Fleet::new(false).await;
    fleet.pass(195).await;
    fleet.house.pass(5).await;
    let shown = fleet.story().await;
    assert_eq!(shown.len(), 8);
    assert!(
        shown.iter().all(|one| one.ends_with(": high, open")),
        "{shown:?}"
    );
    fleet.house.stop().await;
    fleet.house.parts.registry = prometheus::Registry::new();
    fleet.house.settings.roles = roles(true);
    fleet.house.start().await;
    // Not yet at 210 s, when it opens whatever is not known of others.
    fleet.house.pass(5).await;
    fleet.wait_for_silence(8).await;
    fleet.pass(300).await;
    let story = fleet.story().await;
    assert_eq!(
        story.iter().filter(|one| one.contains("critical")).count(),
        1,
        "{story:?}"
    );
    let rack = fleet.rack.clone();
    assert_eq!(fleet.status(rack[0]).await, "unknown");
    fleet.report(&rack[1..]).await;
    fleet.pass(15).await;
    fleet.wait_for_silence(0).await;
    fleet.pass(15).await;
    let story = fleet.story().await;
    let open: Vec<_> = story.iter().filter(|one| one.ends_with("open")).collect();
    assert_eq!(open, ["Server down: web-0: critical, open"]);
}

#[actix::test]
async fn an_outage_of_our_own_is_nobodys_silence() {
    let fleet = Fleet::new(true).await;
    fleet.house.clock.advance(Duration::from_secs(1_200));
    fleet.house.pass(135).await;
    fleet.settle().await;
    fleet.wait_for_pulses(|pulse| pulse.in_grace).await;
    assert_eq!(fleet.story().await, Vec::<String>::new());
    assert_eq!(fleet.silent_members().await, []);
}
