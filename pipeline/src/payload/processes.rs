//! `processes`: the services a hosting server is there for, every 60 s.

use serde::{Deserialize, Serialize};

/// The services of the fixed list: httpd nginx mysqld mariadbd lsws exim postfix dovecot named.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Processes {
    /// One entry a service; `mysqld` and `mariadbd` are one service.
    pub services: Vec<Service>,
}

/// One service.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Service {
    /// Name on the fixed list.
    pub name: String,
    /// Real unit name, such as `exim4`, for the command to copy; `None` without systemd.
    pub unit: Option<String>,
    /// A service never installed is not down.
    pub installed: bool,
    /// Started at boot.
    pub enabled: bool,
    /// At least one process of it lives.
    pub running: bool,
    /// How many processes.
    #[serde(default)]
    pub pids: Option<u64>,
    /// The main process; another one in the next report means it was restarted.
    #[serde(default)]
    pub main_pid: Option<u64>,
}
