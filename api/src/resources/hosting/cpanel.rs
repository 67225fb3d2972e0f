//! `/api/servers/{id}/cpanel`, `/api/hosting/cpanel`: cPanel hosts, their accounts and licences.

use super::view::{Seen, View, of_fleet, of_server};
use super::{FleetQuery, ServerRef};
use crate::error::{ApiError, ErrorBody};
use crate::http::{Id, List, Query};
use crate::resources::probe::Probe;
use crate::state::AppState;
use actix_web::{get, web};
use chrono::NaiveDate;
use noc_pipeline::payload::{Kind, LicenseStatus, Payload};
use serde::Serialize;
use utoipa::ToSchema;

/// The cPanel installation of a host as last reported.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ServerCpanel {
    /// Where the report stands.
    pub probe: Probe,
    /// As installed.
    pub version: Option<String>,
    /// Accounts that are not suspended.
    pub accounts_active: Option<u64>,
    /// Suspended accounts.
    pub accounts_suspended: Option<u64>,
    /// Mailboxes.
    pub email_accounts: Option<u64>,
    /// Databases.
    pub databases: Option<u64>,
    /// Domains of all accounts.
    pub domains: Option<u64>,
    /// `active`, `trial`, `inactive`, `expired`, `missing` or `unknown`.
    pub license_status: Option<String>,
    /// Whether customers can get in; null when it is not known.
    pub license_valid: Option<bool>,
    /// The last day of the licence, where it is told.
    pub license_expires_on: Option<NaiveDate>,
    /// Days until then, negative once it is over.
    pub license_days_left: Option<i64>,
}

/// A row of the fleet's cPanel hosts.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct HostCpanel {
    /// Whose.
    pub server: ServerRef,
    /// Its cPanel.
    #[serde(flatten)]
    pub cpanel: ServerCpanel,
}

impl View for ServerCpanel {
    const KIND: Kind = Kind::Cpanel;

    fn of(seen: Seen<'_>) -> Self {
        let cpanel = match seen.latest.and_then(|latest| latest.report.data()) {
            Some(Payload::Cpanel(cpanel)) => Some(cpanel),
            _ => None,
        };
        let status = cpanel.map(|c| c.license_status);
        let ends = cpanel.and_then(|c| c.license_expires_on);
        let today = seen.now.to_datetime().date_naive();
        Self {
            probe: Probe::of(Self::KIND, seen.latest, seen.now),
            version: cpanel.map(|c| c.version.clone()),
            accounts_active: cpanel.and_then(|c| c.accounts_active),
            accounts_suspended: cpanel.and_then(|c| c.accounts_suspended),
            email_accounts: cpanel.and_then(|c| c.email_accounts),
            databases: cpanel.and_then(|c| c.databases),
            domains: cpanel.and_then(|c| c.domains),
            license_status: status.map(|status| name_of(status).to_owned()),
            license_valid: status.and_then(LicenseStatus::is_valid),
            license_expires_on: ends,
            license_days_left: ends.map(|ends| ends.signed_duration_since(today).num_days()),
        }
    }
}

const fn name_of(status: LicenseStatus) -> &'static str {
    match status {
        LicenseStatus::Active => "active",
        LicenseStatus::Trial => "trial",
        LicenseStatus::Inactive => "inactive",
        LicenseStatus::Expired => "expired",
        LicenseStatus::Missing => "missing",
        LicenseStatus::Unknown => "unknown",
    }
}

/// The cPanel installation of a host as last reported.
#[utoipa::path(tag = "servers", params(("id" = i64, Path, description = "Server")),
    responses((status = 200, body = ServerCpanel), (status = 404, body = ErrorBody)))]
#[get("/api/servers/{id}/cpanel")]
pub async fn server_cpanel(
    state: web::Data<AppState>,
    id: Id,
) -> Result<web::Json<ServerCpanel>, ApiError> {
    of_server(&state, id).await
}

/// cPanel hosts of the fleet.
///
/// Orders: `-license` (the default; licences that do not hold first, then those that end soonest), `accounts`,
/// `email_accounts`, `name`, `observed_at`.
#[utoipa::path(tag = "hosting", params(FleetQuery), responses((status = 200, body = List<HostCpanel>)))]
#[get("/api/hosting/cpanel")]
pub async fn hosting_cpanel(
    state: web::Data<AppState>,
    query: Query<FleetQuery>,
) -> Result<web::Json<List<HostCpanel>>, ApiError> {
    of_fleet(&state, &query.0, "-license", |server, cpanel| HostCpanel {
        server,
        cpanel,
    })
    .await
}
