//! `/api/hosting/disks`.

use super::*;
use crate::auth::permission::Role;
use noc_pipeline::payload::{Disks, Partition};

const GIB: u64 = 1 << 30;

fn disk(mount: &str, used_gib: u64, inodes_used: Option<u64>) -> Partition {
    Partition {
        mount: mount.to_owned(),
        device: "/dev/vda1".to_owned(),
        fstype: "ext4".to_owned(),
        bytes_total: Some(100 * GIB),
        bytes_used: Some(used_gib * GIB),
        inodes_total: Some(1_000_000),
        inodes_used,
    }
}

#[actix_web::test]
async fn disks_are_shown_with_the_hours_until_they_are_full() {
    let house = House::open().await;
    let mut browser = house.browser(Role::Viewer).await;
    let id = house.server("web-01").await;
    // An hour of reports: `/` stands still, `/home` takes a GiB in 5 min, `/var` 6,000 inodes an hour.
    for n in 0..=12_u64 {
        let partitions = vec![
            disk("/", 97, Some(10_000)),
            disk("/home", 40 + n, None),
            disk("/var", 30, Some(934_000 + n * 500)),
        ];
        data(&house, id, ago((12 - n) * 300), Disks { partitions }).await;
    }
    let list = browser.get("/api/hosting/disks").await.ok();
    insta::assert_json_snapshot!("hosting_disks", list);
}

#[actix_web::test]
async fn whose_disk_is_full_soonest_comes_first_and_what_does_not_fill_last() {
    let house = House::open().await;
    let mut browser = house.browser(Role::Viewer).await;
    for (name, hours) in [
        ("a", None),
        ("b", Some(40.0)),
        ("c", Some(0.5)),
        ("e", Some(9.0)),
    ] {
        let server = house.server(name).await;
        let row = ProbeRow {
            server,
            kind: Kind::Disks,
            error: None,
            hint: None,
            observed_at: T0,
            received_at: T0,
            values: [Some(50.0), None, None, hours],
        };
        let db = house.state.parts.db.write();
        server_probes::upsert(db, &[row]).await.unwrap();
    }
    house.server("d").await;
    let mut get = async |query: &str| {
        let path = format!("/api/hosting/disks?{query}");
        browser.get(&path).await.ok()
    };
    let list = get("sort=hours_to_full").await;
    assert_eq!(servers(&list)[..3], ["c", "e", "b"]);
    let mut unknown = servers(&list)[3..].to_vec();
    unknown.sort_unstable();
    assert_eq!(unknown, ["a", "d"]);
    let first = get("sort=hours_to_full&limit=4").await;
    assert_eq!(servers(&first), servers(&list)[..4]);
    let cursor = first["meta"]["next_cursor"].as_str().unwrap();
    let rest = get(&format!("sort=hours_to_full&limit=4&cursor={cursor}")).await;
    assert_eq!(servers(&rest), servers(&list)[4..]);
    let mut turned = servers(&list);
    turned.reverse();
    assert_eq!(servers(&get("sort=-hours_to_full").await), turned);
}

#[actix_web::test]
async fn the_fullest_come_first_by_bytes_or_by_inodes() {
    let house = House::open().await;
    let mut browser = house.browser(Role::Viewer).await;
    for (name, used, inodes) in [
        ("a", 50, Some(960_000)),
        ("b", 91, None),
        ("c", 10, Some(5)),
    ] {
        let id = house.server(name).await;
        let partitions = vec![disk("/", used, inodes)];
        data(&house, id, T0, Disks { partitions }).await;
    }
    let mut get = async |query: &str| {
        let path = format!("/api/hosting/disks{query}");
        browser.get(&path).await.ok()
    };
    let list = get("").await;
    assert_eq!(servers(&list), ["a", "b", "c"]);
    assert_eq!(list["data"][0]["worst_pct"], 96.0);
    assert_eq!(
        list["data"][0]["hours_to_full"],
        Value::Null,
        "one report is no trend"
    );
    assert_eq!(servers(&get("?sort=-used_pct").await), ["b", "a", "c"]);
    assert_eq!(
        servers(&get("?sort=-inodes_used_pct").await),
        ["a", "c", "b"]
    );
}
