//! `inventory`: what a host is made of, every 3,600 s and when it changes. Daily checks look up what it names.
//!
//! `agent_version`, `agent_uptime_s` and `spool_*` tell of the agent itself and may be absent.

use super::catalogue::{Body, columns, float};
use super::validate::Fields;
use super::wire_time;
use crate::clock::UnixMs;
use serde::{Deserialize, Serialize};
use std::net::IpAddr;

/// A host.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Inventory {
    /// Its own name.
    pub hostname: String,
    /// Its zone, such as `Asia/Dhaka`.
    pub timezone: String,
    /// When it was started, by our clock once ingest took it.
    #[serde(with = "wire_time")]
    pub boot_at: UnixMs,
    /// The kernel that runs.
    pub kernel_running: String,
    /// The newest kernel that is installed.
    #[serde(default)]
    pub kernel_installed: Option<String>,
    /// Control panel and version.
    #[serde(default)]
    pub panel: Option<String>,
    /// Mail server and version.
    #[serde(default)]
    pub mta: Option<String>,
    /// Web server and version.
    #[serde(default)]
    pub web_server: Option<String>,
    /// Its own addresses.
    pub addresses: Vec<IpAddr>,
    /// Those it sends from.
    pub outbound_addresses: Vec<IpAddr>,
    /// Domains it sends mail for.
    pub mail_domains: Vec<MailDomain>,
    /// A hash of its machine id, 16 to 128 hex digits in lower case.
    pub machine_id_hash: String,
    /// Version of the agent.
    #[serde(default)]
    pub agent_version: Option<String>,
    /// Seconds since the agent's start.
    #[serde(default)]
    pub agent_uptime_s: Option<u64>,
    /// Files that wait to be sent.
    #[serde(default)]
    pub spool_files: Option<u64>,
    /// Their size.
    #[serde(default)]
    pub spool_bytes: Option<u64>,
    /// Payloads given up because the spool was full, since it was installed.
    #[serde(default)]
    pub spool_lost_total: Option<u64>,
}

/// A domain that mail is sent for.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct MailDomain {
    /// Its name, lower case.
    pub domain: String,
    /// Under which name its DKIM key is published.
    #[serde(default)]
    pub dkim_selector: Option<String>,
}

/// A network of 256 addresses, and as many of IPv6, several times.
const MAX_ADDRESSES: usize = 2_000;

/// As many as fit a payload.
const MAX_DOMAINS: usize = 20_000;

/// Longest name of a host.
const MAX_NAME_CHARS: usize = 255;

/// 300 years, seconds.
const MAX_SECONDS: u64 = 10_000_000_000;

impl Inventory {
    /// Whether the host runs another kernel than it would after a restart; `None` when that is not known.
    #[must_use]
    pub fn reboot_pending(&self) -> Option<bool> {
        let installed = self.kernel_installed.as_ref()?;
        Some(*installed != self.kernel_running)
    }
}

impl Body for Inventory {
    type Row = Self;

    columns! { Inventory, "inventory", None;
        reboot_pending: YesNo, "A newer kernel waits for a restart",
            |i| i.reboot_pending().map(|yes| f64::from(u8::from(yes)));
        agent_uptime_s: Seconds, "Time since the agent's start", |i| float(i.agent_uptime_s);
        spool_files: Count, "Files in the agent's spool", |i| float(i.spool_files);
        spool_bytes: Bytes, "Size of the agent's spool", |i| float(i.spool_bytes);
        spool_lost_total: Count, "Payloads lost because the spool was full", |i| float(i.spool_lost_total);
    }

    fn read(fields: &mut Fields<'_, '_>) -> Option<Self> {
        let hostname = fields.required_text("hostname", 1..=MAX_NAME_CHARS);
        let timezone = fields.required_text("timezone", 1..=64);
        let boot_at = fields.required_time("boot_at");
        let kernel_running = fields.required_text("kernel_running", 1..=190);
        let kernel_installed = fields.text("kernel_installed", 190);
        let panel = fields.text("panel", 190);
        let mta = fields.text("mta", 190);
        let web_server = fields.text("web_server", 190);
        let addresses = fields.required_values("addresses", MAX_ADDRESSES, address);
        let outbound_addresses =
            fields.required_values("outbound_addresses", MAX_ADDRESSES, address);
        let mail_domains = fields.required_list("mail_domains", MAX_DOMAINS, |fields| {
            let domain = fields.required_text("domain", 1..=MAX_NAME_CHARS);
            let dkim_selector = fields.text("dkim_selector", MAX_NAME_CHARS);
            Some(MailDomain {
                domain: domain?.to_lowercase(),
                dkim_selector,
            })
        });
        let machine_id_hash = fields.required_parsed("machine_id_hash", HASH, hash);
        let agent_version = fields.text("agent_version", 64);
        let agent_uptime_s = fields.whole("agent_uptime_s", 0..=MAX_SECONDS);
        let spool_files = fields.count("spool_files");
        let spool_bytes = fields.count("spool_bytes");
        let spool_lost_total = fields.count("spool_lost_total");
        Some(Self {
            hostname: hostname?,
            timezone: timezone?,
            boot_at: boot_at?,
            kernel_running: kernel_running?,
            kernel_installed,
            panel,
            mta,
            web_server,
            addresses: addresses?,
            outbound_addresses: outbound_addresses?,
            mail_domains: mail_domains?,
            machine_id_hash: machine_id_hash?,
            agent_version,
            agent_uptime_s,
            spool_files,
            spool_bytes,
            spool_lost_total,
        })
    }

    fn rows(&self) -> &[Self] {
        std::slice::from_ref(self)
    }

    fn correct_times(&mut self, correct: &dyn Fn(UnixMs) -> UnixMs) {
        self.boot_at = correct(self.boot_at);
    }

    fn subject(_: &Self) -> Option<&str> {
        None
    }
}

fn address(text: &str) -> Option<IpAddr> {
    text.parse().ok()
}

const HASH: &str = "16 to 128 hexadecimal digits";

fn hash(text: &str) -> Option<String> {
    let good = (16..=128).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_hexdigit());
    good.then(|| text.to_ascii_lowercase())
}
