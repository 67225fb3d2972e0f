//! What a page can listen to.

use crate::auth::permission::Permission;
use noc_pipeline::id::ServerId;
use std::fmt;

/// A channel. All of them are private: hearing one takes a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Channel {
    /// `private-fleet`: every server's row.
    Fleet,
    /// `private-server.{id}`: one server's row, measurements and incidents.
    Server(ServerId),
    /// `private-incidents`: every incident, and every delivery about one. A delivery is part of its incident to whoever sees
    /// that; messages that are about none, such as tests, are not shown live.
    Incidents,
}

impl Channel {
    /// Reads a name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "private-fleet" => Some(Self::Fleet),
            "private-incidents" => Some(Self::Incidents),
            name => {
                let id = name.strip_prefix("private-server.")?;
                let id: u32 = id.parse().ok().filter(|id| *id > 0)?;
                // One name per channel: no "+5", no "005".
                (name == format!("private-server.{id}")).then_some(Self::Server(ServerId(id)))
            }
        }
    }

    /// What hearing it takes.
    #[must_use]
    pub const fn permission(self) -> Permission {
        match self {
            Self::Fleet | Self::Server(_) => Permission::ServersView,
            Self::Incidents => Permission::IncidentsView,
        }
    }
}

impl fmt::Display for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fleet => f.write_str("private-fleet"),
            Self::Incidents => f.write_str("private-incidents"),
            Self::Server(id) => write!(f, "private-server.{id}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_channel_has_one_name() {
        for name in ["private-fleet", "private-incidents", "private-server.7"] {
            assert_eq!(Channel::from_name(name).unwrap().to_string(), name);
        }
        for name in [
            "fleet",
            "private-server.0",
            "private-server.07",
            "private-server.+7",
            "private-server.-1",
            "private-server.4294967296",
            "private-server.",
            "presence-fleet",
            "",
        ] {
            assert_eq!(Channel::from_name(name), None, "{name}");
        }
    }
}
