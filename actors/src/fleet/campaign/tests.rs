use super::*;
use crate::runtime::tests::house::{House, T0};
use noc_pipeline::payload::Firewall;
use noc_pipeline::payload::firewall::{FirewallEvent, FirewallSource};
use noc_storage::relational::entity::{incident, server};
use noc_storage::series::SeriesRow;
use sea_orm::sea_query::Expr;
use sea_orm::{EntityTrait, QueryOrder};

/// A house whose series store is a real one, and ten servers that were heard of.
async fn house() -> (House, Vec<ServerId>, tempfile::TempDir) {
    let mut house = House::build(1).await;
    let dir = tempfile::tempdir().unwrap();
    house.parts.series = crate::fleet::tests::embedded_series(dir.path());
    let mut servers = Vec::new();
    for n in 0..10 {
        servers.push(house.server(&format!("web-{n}")).await);
    }
    server::Entity::update_many()
        .col_expr(server::Column::LastSeenAt, Expr::value(T0.to_datetime()))
        .exec(house.parts.db.write())
        .await
        .unwrap();
    (house, servers, dir)
}

async fn attack(house: &mut House, servers: &[ServerId], action: FirewallAction, ips: &[&str]) {
    for id in servers {
        let event = |ip: &&str| FirewallEvent {
            at: house.parts.clock.now(),
            source: FirewallSource::Lfd,
            action,
            ip: (*ip).to_owned(),
            ports: Vec::new(),
            country: None,
            user: None,
            reason: format!("tries passwords at {id}"),
        };
        let events = ips.iter().map(event).collect();
        let told = Firewall {
            events,
            omitted: None,
        };
        let record = house.payload(*id, told);
        let row = SeriesRow {
            server: record.server,
            event_at: record.event_at,
            received_at: record.received_at,
            report: record.report,
        };
        house.parts.series.write(vec![row]).await.unwrap();
    }
}

async fn story(house: &House) -> Vec<String> {
    let all = incident::Entity::find().order_by_asc(incident::Column::Id);
    let all = all.all(house.parts.db.read()).await.unwrap();
    all.into_iter()
        .map(|row| format!("{}: {}, {}", row.title, row.severity, row.status))
        .collect()
}

#[actix::test]
async fn one_network_on_many_servers_is_one_incident_that_rolls_on_and_ends() {
    let (mut house, servers, _dir) = house().await;
    let brute = FirewallAction::BruteForce;
    attack(&mut house, &servers[..4], brute, &["192.0.2.10"]).await;
    assert_eq!(look(&house.parts).await.unwrap(), 0);
    attack(&mut house, &servers[4..6], brute, &["192.0.2.77"]).await;
    for _ in 0..2 {
        assert_eq!(look(&house.parts).await.unwrap(), 1);
    }
    let open = "192.0.2.0/24 attacks 6 servers: medium, open";
    assert_eq!(story(&house).await, [open]);
    house.clock.advance(Duration::from_secs(300));
    attack(&mut house, &servers[6..9], brute, &["192.0.2.78"]).await;
    look(&house.parts).await.unwrap();
    assert_eq!(
        story(&house).await,
        ["192.0.2.0/24 attacks 9 servers: medium, open"]
    );
    let [row] = &*incident::Entity::find()
        .all(house.parts.db.read())
        .await
        .unwrap()
    else {
        panic!("one incident");
    };
    assert_eq!(
        (row.server_id, row.subject.as_str()),
        (None, "192.0.2.0/24")
    );
    assert!(
        row.observed
            .as_ref()
            .unwrap()
            .starts_with("9 events in 10 min from 3 addresses")
    );
    // The last sign is of now; it is over 30 min later.
    house.clock.advance(Duration::from_secs(1_799));
    look(&house.parts).await.unwrap();
    assert!(story(&house).await[0].ends_with("open"));
    house.clock.advance(Duration::from_secs(1));
    look(&house.parts).await.unwrap();
    assert!(story(&house).await[0].ends_with("resolved"));
}

/// A cluster of firewalls blocks everywhere what attacked one server, and a few servers are no campaign.
#[actix::test]
async fn quiet_for_blocks_that_spread_and_for_a_few_servers() {
    let (mut house, servers, _dir) = house().await;
    attack(
        &mut house,
        &servers[..1],
        FirewallAction::BruteForce,
        &["192.0.2.10"],
    )
    .await;
    attack(&mut house, &servers, FirewallAction::Block, &["192.0.2.10"]).await;
    attack(
        &mut house,
        &servers[..4],
        FirewallAction::PortScan,
        &["2001:db8::1"],
    )
    .await;
    // Four addresses on the same three servers: twelve by address, three in truth.
    let many = [
        "198.51.100.1",
        "198.51.100.2",
        "198.51.100.3",
        "198.51.100.4",
    ];
    attack(&mut house, &servers[..3], FirewallAction::Scanner, &many).await;
    assert_eq!(look(&house.parts).await.unwrap(), 0);
    assert_eq!(story(&house).await, Vec::<String>::new());
    attack(
        &mut house,
        &servers[4..6],
        FirewallAction::PortScan,
        &["2001:db8::ffff:1"],
    )
    .await;
    assert_eq!(look(&house.parts).await.unwrap(), 1);
    assert_eq!(
        story(&house).await,
        ["2001:db8::/64 attacks 6 servers: medium, open"]
    );
}

#[test]
fn addresses_and_ranges_have_a_network() {
    let of = |text| network(text);
    assert_eq!(of("192.0.2.9").as_deref(), Some("192.0.2.0/24"));
    assert_eq!(of("192.0.2.0/25").as_deref(), Some("192.0.2.0/24"));
    assert_eq!(
        of("2001:db8:1:2:3::4").as_deref(),
        Some("2001:db8:1:2::/64")
    );
    assert_eq!(
        (of("127.0.0.1"), of("::1"), of("nobody")),
        (None, None, None)
    );
}
