//! `cpanel`: accounts come and go slowly; the licence is renewed long before it ends.

use super::View;
use crate::simulate::calendar::DAY_MS;
use crate::simulate::fault::FaultKind;
use crate::simulate::host::What;
use chrono::Days;
use noc_pipeline::payload::{Cpanel, LicenseStatus};

pub(super) fn measure(view: &View<'_>) -> Option<Cpanel> {
    let host = view.host;
    let version = host.stack.panel?;
    let noise = host.noise;
    let week = view.at.0.div_euclid(7 * DAY_MS).cast_unsigned();
    let suspended = 2 + noise.events(What::Panel.nth(0), week, 3.0);
    let come = noise.events(What::Panel.nth(1), week, 4.0);
    let accounts = host.accounts + come;
    let over = view.suffers(&FaultKind::LicenseEnds);
    let today = host.zone.local(view.clock(view.at)).date();
    // Paid by the month, 20 days ahead.
    let day =
        view.at.0.div_euclid(DAY_MS).cast_unsigned() + noise.choose(What::Panel.id(), 2, 30) as u64;
    let left = 20 + (30 - day % 30);
    let expires = if over {
        today.checked_sub_days(Days::new(1))
    } else {
        today.checked_add_days(Days::new(left))
    };
    Some(Cpanel {
        version: version.to_owned(),
        accounts_active: Some(accounts - suspended.min(accounts)),
        accounts_suspended: Some(suspended),
        email_accounts: Some(accounts * 6 + noise.events(What::Panel.nth(3), week, 20.0)),
        databases: Some(accounts * 2),
        domains: Some(accounts + accounts / 5),
        license_status: if over {
            LicenseStatus::Expired
        } else {
            LicenseStatus::Active
        },
        license_expires_on: expires,
        hint: None,
    })
}
