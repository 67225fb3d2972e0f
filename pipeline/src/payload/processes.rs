//! `processes`: the services a hosting server is there for, every 60 s.

use super::catalogue::{Body, columns, float};
use super::validate::{Fields, MAX_WHOLE};
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
    /// Name on the agent's list; letters, digits and `._@+-` only.
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

/// The list is fixed and short; this leaves room.
const MAX_SERVICES: usize = 200;

impl Body for Processes {
    type Row = Service;

    columns! { Processes, "processes", Some("service");
        running: YesNo, "Service runs", |s| Some(f64::from(u8::from(s.running)));
        pids: Count, "Processes of a service", |s| float(s.pids);
    }

    fn read(fields: &mut Fields<'_, '_>) -> Option<Self> {
        let services = fields.required_list("services", MAX_SERVICES, read_service)?;
        fields.require_unique("services", "name", &services, |s| &s.name);
        Some(Self { services })
    }

    fn rows(&self) -> &[Service] {
        &self.services
    }

    fn subject(row: &Service) -> Option<&str> {
        Some(&row.name)
    }
}

fn read_service(fields: &mut Fields<'_, '_>) -> Option<Service> {
    let name = fields.required_parsed("name", "1 to 64 of A-Z a-z 0-9 . _ @ + -", service_name);
    let unit = fields.text("unit", 255);
    let installed = fields.required_bool("installed");
    let enabled = fields.required_bool("enabled");
    let running = fields.required_bool("running");
    Some(Service {
        name: name?,
        unit,
        installed: installed?,
        enabled: enabled?,
        running: running?,
        pids: fields.count("pids"),
        main_pid: fields.whole("main_pid", 1..=MAX_WHOLE),
    })
}

/// Names reach incident titles and commands to copy, so they hold nothing that needs quoting.
fn service_name(text: &str) -> Option<String> {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"._@+-".contains(&b);
    ((1..=64).contains(&text.len()) && text.bytes().all(plain)).then(|| text.to_owned())
}
