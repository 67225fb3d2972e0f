//! `inventory`: what a host is made of. A newer kernel waits in the fortnight before a restart.

use super::View;
use crate::simulate::calendar::DAY_MS;
use crate::simulate::host::What;
use noc_pipeline::payload::{Inventory, MailDomain};

/// Name of the simulated agent's program.
const AGENT_VERSION: &str = env!("CARGO_PKG_VERSION");

pub(super) fn measure(view: &View<'_>) -> Inventory {
    let host = view.host;
    let stack = &host.stack;
    let boot = host.boot(view.faults, view.at);
    let release = |at_ms: i64| {
        format!(
            "5.14.0-{}.el9_4.x86_64",
            427 + at_ms.div_euclid(14 * DAY_MS) % 100
        )
    };
    let addresses = host.addresses();
    let joined = |(name, version): (&str, &str)| format!("{name} {version}");
    let hash = (0..4).map(|n| format!("{:016x}", host.noise.bits(What::Facts.id(), n)));
    Inventory {
        hostname: format!("{}-{:03}.hosting.example", host.role.name(), host.n + 1),
        timezone: host.zone.tz.name().to_owned(),
        boot_at: view.clock(boot.up_at),
        kernel_running: release(boot.up_at.0),
        kernel_installed: Some(release(view.at.0.min(boot.up_at.0 + 90 * DAY_MS))),
        panel: stack.panel.map(|version| format!("cPanel {version}")),
        mta: stack.mail_server.map(joined),
        web_server: stack.web_server.map(str::to_owned),
        outbound_addresses: addresses.to_vec(),
        addresses: addresses.to_vec(),
        mail_domains: host
            .mail
            .domains
            .iter()
            .map(|domain| MailDomain {
                domain: domain.name.clone(),
                dkim_selector: stack.panel.map(|_| "default".to_owned()),
            })
            .collect(),
        machine_id_hash: hash.collect(),
        agent_version: Some(AGENT_VERSION.to_owned()),
        agent_uptime_s: Some(view.at.since(boot.up_at).as_secs()),
        spool_files: Some(0),
        spool_bytes: Some(0),
        spool_lost_total: Some(0),
    }
}
