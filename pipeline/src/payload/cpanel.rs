//! `cpanel`: accounts of a cPanel host and its licence, every 3,600 s.

use super::batch::MAX_HINT_CHARS;
use super::catalogue::{Body, columns, float};
use super::validate::Fields;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// A cPanel & WHM installation.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Cpanel {
    /// As installed.
    pub version: String,
    /// Accounts that are not suspended.
    #[serde(default)]
    pub accounts_active: Option<u64>,
    /// Suspended accounts.
    #[serde(default)]
    pub accounts_suspended: Option<u64>,
    /// Mailboxes.
    #[serde(default)]
    pub email_accounts: Option<u64>,
    /// Databases.
    #[serde(default)]
    pub databases: Option<u64>,
    /// Domains of all accounts.
    #[serde(default)]
    pub domains: Option<u64>,
    /// How its licence stands.
    pub license_status: LicenseStatus,
    /// The last day of the licence, where it is told.
    #[serde(default)]
    pub license_expires_on: Option<NaiveDate>,
    /// What would let the agent see the rest, in its words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

/// How a licence stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LicenseStatus {
    /// Paid for, or a developer's.
    Active,
    /// A trial that goes on.
    Trial,
    /// Switched off by who gave it.
    Inactive,
    /// Over.
    Expired,
    /// There is none.
    Missing,
    /// The agent cannot tell.
    #[default]
    Unknown,
}

const STATUSES: &[(&str, LicenseStatus)] = &[
    ("active", LicenseStatus::Active),
    ("trial", LicenseStatus::Trial),
    ("inactive", LicenseStatus::Inactive),
    ("expired", LicenseStatus::Expired),
    ("missing", LicenseStatus::Missing),
    ("unknown", LicenseStatus::Unknown),
];

impl LicenseStatus {
    /// Whether customers can get in; `None` when the agent cannot tell.
    #[must_use]
    pub const fn is_valid(self) -> Option<bool> {
        match self {
            Self::Active | Self::Trial => Some(true),
            Self::Inactive | Self::Expired | Self::Missing => Some(false),
            Self::Unknown => None,
        }
    }
}

impl Body for Cpanel {
    type Row = Self;

    columns! { Cpanel, "cpanel", None;
        accounts_active: Count, "Active accounts", |c| float(c.accounts_active);
        accounts_suspended: Count, "Suspended accounts", |c| float(c.accounts_suspended);
        email_accounts: Count, "Mailboxes", |c| float(c.email_accounts);
        databases: Count, "Databases", |c| float(c.databases);
        domains: Count, "Domains", |c| float(c.domains);
        license_valid: YesNo, "Licence is valid",
            |c| c.license_status.is_valid().map(|yes| f64::from(u8::from(yes)));
    }

    fn read(fields: &mut Fields<'_, '_>) -> Option<Self> {
        let version = fields.required_text("version", 1..=190);
        let accounts_active = fields.count("accounts_active");
        let accounts_suspended = fields.count("accounts_suspended");
        let email_accounts = fields.count("email_accounts");
        let databases = fields.count("databases");
        let domains = fields.count("domains");
        let license_status = fields.required_choice("license_status", STATUSES);
        let license_expires_on = fields.parsed("license_expires_on", date);
        let hint = fields.clipped_text("hint", MAX_HINT_CHARS);
        Some(Self {
            version: version?,
            accounts_active,
            accounts_suspended,
            email_accounts,
            databases,
            domains,
            license_status: license_status?,
            license_expires_on,
            hint,
        })
    }

    fn hint(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    fn rows(&self) -> &[Self] {
        std::slice::from_ref(self)
    }

    fn subject(_: &Self) -> Option<&str> {
        None
    }
}

/// `2026-05-07`, and nothing looser.
fn date(text: &str) -> Option<NaiveDate> {
    let day: NaiveDate = text.parse().ok()?;
    (day.to_string() == text && text.len() == 10).then_some(day)
}
