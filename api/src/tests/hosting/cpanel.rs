//! `/api/hosting/cpanel`, `/api/servers/{id}/cpanel`.

use super::*;
use crate::auth::permission::Role;
use noc_pipeline::payload::{Cpanel, LicenseStatus};

fn cpanel(license_status: LicenseStatus, ends: Option<&str>) -> Cpanel {
    Cpanel {
        version: "11.118.0.12".to_owned(),
        accounts_active: Some(210),
        accounts_suspended: Some(4),
        email_accounts: Some(1_900),
        databases: None,
        domains: Some(640),
        license_status,
        license_expires_on: ends.map(|day| day.parse().unwrap()),
        hint: None,
    }
}

#[actix_web::test]
async fn a_cpanel_host_is_shown_with_what_is_left_of_its_licence() {
    let house = House::open().await;
    let mut browser = house.browser(Role::Viewer).await;
    let id = house.server("web-01").await;
    data(
        &house,
        id,
        T0,
        cpanel(LicenseStatus::Active, Some("2026-05-30")),
    )
    .await;
    let body = browser.get(&format!("/api/servers/{id}/cpanel")).await.ok();
    insta::assert_json_snapshot!("cpanel", body);
    let list = browser.get("/api/hosting/cpanel").await.ok();
    insta::assert_json_snapshot!("hosting_cpanel", list);
}

#[actix_web::test]
async fn licences_that_do_not_hold_come_first_then_those_that_end_soonest() {
    let house = House::open().await;
    let mut browser = house.browser(Role::Viewer).await;
    for (name, status, ends) in [
        ("a", LicenseStatus::Active, None),
        ("b", LicenseStatus::Trial, Some("2026-05-09")),
        ("c", LicenseStatus::Expired, Some("2026-05-01")),
        ("d", LicenseStatus::Active, Some("2027-01-01")),
        ("e", LicenseStatus::Unknown, None),
    ] {
        let id = house.server(name).await;
        data(&house, id, T0, cpanel(status, ends)).await;
    }
    let list = browser.get("/api/hosting/cpanel").await.ok();
    assert_eq!(servers(&list), ["c", "b", "d", "a", "e"]);
    let of = |n: usize, field: &str| list["data"][n][field].clone();
    assert_eq!(
        (of(0, "license_days_left"), of(0, "license_valid")),
        ((-6).into(), false.into())
    );
    assert_eq!(
        (of(1, "license_days_left"), of(1, "license_valid")),
        (2.into(), true.into())
    );
    assert_eq!(
        (of(4, "license_days_left"), of(4, "license_valid")),
        (Value::Null, Value::Null)
    );
}
