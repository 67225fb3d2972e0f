//! `/api/servers/{id}/firewall`, `/api/hosting/{firewall-events,top-attackers,address}`: who was turned away, where
//! and why.

mod address;
mod log;

pub use address::hosting_address;
pub use log::{hosting_firewall_events, hosting_top_attackers, server_firewall};

use super::ServerRef;
use crate::http::List;
use crate::resources::probe::Probe;
use chrono::{DateTime, Utc};
use noc_storage::series::events::Event;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// One line of a firewall's log.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct FirewallEvent {
    /// Whose firewall.
    pub server_id: i64,
    /// Its server's name; null of a server that is gone.
    pub server_name: Option<String>,
    /// When.
    pub at: DateTime<Utc>,
    /// `lfd`, `csf`, `modsecurity`, `fail2ban`.
    pub source: String,
    /// `block`, `temp_block`, `unblock`, `brute_force`, `scanner`, `port_scan`, `mod_security`, `login_failure`.
    pub action: String,
    /// The address it is about.
    pub ip: String,
    /// Ports, as the log writes them.
    pub ports: Option<String>,
    /// Two letters; null where nobody knows.
    pub country: Option<String>,
    /// Account or login it is about.
    pub user: Option<String>,
    /// The log's words.
    pub reason: String,
}

/// How often something happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ActionCount {
    /// What.
    pub action: String,
    /// How often.
    pub count: u64,
}

/// The firewall of a server.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ServerFirewall {
    /// Where the report stands.
    pub probe: Probe,
    /// What happened in the last 24 h, most often first; empty when nothing is known, see the probe.
    pub actions_24h: Vec<ActionCount>,
    /// Newest first, page by page.
    pub events: List<FirewallEvent>,
}

/// An address that firewalls had to do with.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Attacker {
    /// The address.
    pub ip: String,
    /// Two letters; null where nobody knows.
    pub country: Option<String>,
    /// How often it was turned away or seen to attack in the last 24 h.
    pub events: u64,
    /// On how many servers.
    pub servers: u64,
    /// What happened, most often first.
    pub actions: Vec<ActionCount>,
    /// When it was last seen.
    pub last_at: DateTime<Utc>,
}

/// Whether a server turns an address away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum BlockState {
    /// It does, by its newest word on the address.
    Blocked,
    /// It did for a time that is over, or was told to stop.
    Unblocked,
    /// Its log names the address, but no block.
    Seen,
    /// Nobody can tell: its firewall's log is not read.
    Unknown,
}

/// What one server has to say about an address.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct AddressOnServer {
    /// Which server.
    pub server: ServerRef,
    /// Whether it turns the address away.
    pub state: BlockState,
    /// Where the report stands that says so.
    pub probe: Probe,
    /// The event that decides: the newest block or unblock, otherwise the newest of any kind.
    pub event: Option<FirewallEvent>,
    /// When a block for a time ends or ended.
    pub until: Option<DateTime<Utc>>,
    /// How often the address stands in the log, within the time looked at.
    pub events: u64,
}

/// Whether an address is blocked, where and why.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct AddressReport {
    /// The address, in its usual spelling.
    pub ip: String,
    /// Two letters; null where nobody knows.
    pub country: Option<String>,
    /// How far the log was looked back, hours.
    pub looked_back_h: u64,
    /// On how many servers it is blocked.
    pub blocked_on: u64,
    /// Servers that know the address: those that block it first.
    pub servers: Vec<AddressOnServer>,
    /// Servers whose firewall log is not read, so that they may block it all the same.
    pub unknown_servers: u64,
    /// The first of those, with what would help.
    pub unknown: Vec<AddressOnServer>,
}

/// Which address.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AddressQuery {
    /// An IPv4 or IPv6 address.
    pub ip: String,
}

/// Which lines of the firewalls' logs, newest first.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct FirewallQuery {
    /// Part of the reason, or of the account or login.
    pub q: Option<String>,
    /// Id of one server.
    pub server: Option<i64>,
    /// A tag the server must carry.
    pub tag: Option<String>,
    /// One address.
    pub ip: Option<String>,
    /// Actions, separated by commas.
    pub action: Option<String>,
    /// Sources, separated by commas.
    pub source: Option<String>,
    /// First instant, inclusive; 24 h before `to` when absent.
    pub from: Option<DateTime<Utc>>,
    /// Last instant, exclusive; now when absent.
    pub to: Option<DateTime<Utc>>,
    /// Rows on the page, 1 to 200; 50 when absent.
    pub limit: Option<u64>,
    /// Where the page begins.
    pub cursor: Option<String>,
}

/// Which attackers, worst first.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct AttackerQuery {
    /// Id of one server.
    pub server: Option<i64>,
    /// A tag the server must carry.
    pub tag: Option<String>,
    /// Two letters.
    pub country: Option<String>,
    /// `-events` (the default), `-servers`, `-last_at`; without `-` the other way around.
    pub sort: Option<String>,
    /// Rows on the page, 1 to 200; 50 when absent.
    pub limit: Option<u64>,
    /// Where the page begins.
    pub cursor: Option<String>,
}

/// What a firewall can have done or seen.
const ACTIONS: [&str; 8] = [
    "block",
    "temp_block",
    "unblock",
    "brute_force",
    "scanner",
    "port_scan",
    "mod_security",
    "login_failure",
];

/// Whose log an event can stand in.
const SOURCES: [&str; 4] = ["lfd", "csf", "modsecurity", "fail2ban"];

impl FirewallEvent {
    /// Of a row, with its server's name.
    fn new(event: &Event, server_name: Option<String>) -> Self {
        let text = |column: &str| event.row.text(column).map(str::to_owned);
        Self {
            server_id: i64::from(event.server.0),
            server_name,
            at: event.row.at.to_datetime(),
            source: text("source").unwrap_or_default(),
            action: text("action").unwrap_or_default(),
            ip: text("ip").unwrap_or_default(),
            ports: text("ports"),
            country: text("country"),
            user: text("user"),
            reason: text("reason").unwrap_or_default(),
        }
    }
}
