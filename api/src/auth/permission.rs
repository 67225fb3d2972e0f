//! What people may do: four roles, named permissions, and what each route asks for.

use serde::{Deserialize, Serialize};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

/// A person's role.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Sees the fleet and its incidents.
    Viewer,
    /// Also acts on incidents and sees what was sent to whom.
    Oncall,
    /// Also enrols and configures servers, rules and policies.
    Operator,
    /// Everything, accounts and channels included.
    Admin,
}

impl Role {
    /// All of them, the least first.
    pub const ALL: [Self; 4] = [Self::Viewer, Self::Oncall, Self::Operator, Self::Admin];

    /// The name on the wire and in the database.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Oncall => "oncall",
            Self::Operator => "operator",
            Self::Admin => "admin",
        }
    }

    /// Reads [`Role::name`].
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }

    /// Whether this role grants the permission. Each role has what the lesser ones have.
    #[must_use]
    pub fn grants(self, permission: Permission) -> bool {
        self >= permission.least_role()
    }

    /// What this role grants, by name.
    #[must_use]
    pub fn permissions(self) -> Vec<Permission> {
        Permission::ALL
            .into_iter()
            .filter(|permission| self.grants(*permission))
            .collect()
    }
}

macro_rules! permissions {
    ($($(#[$doc:meta])* $variant:ident = $name:literal from $role:ident;)+) => {
        /// A named permission.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
        pub enum Permission {
            $($(#[$doc])* #[serde(rename = $name)] $variant,)+
        }

        // By hand: utoipa's derive does not see a name that a macro hands to serde.
        impl PartialSchema for Permission {
            fn schema() -> RefOr<Schema> {
                ObjectBuilder::new()
                    .schema_type(Type::String)
                    .description(Some("A named permission."))
                    .enum_values(Some([$($name),+]))
                    .into()
            }
        }

        impl ToSchema for Permission {}

        impl Permission {
            /// All of them.
            pub const ALL: [Self; [$($name),+].len()] = [$(Self::$variant),+];

            /// The name on the wire.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// The least role that has it.
            #[must_use]
            pub const fn least_role(self) -> Role {
                match self { $(Self::$variant => Role::$role,)+ }
            }
        }
    };
}

permissions! {
    /// See servers and their measurements.
    ServersView = "servers.view" from Viewer;
    /// See incidents, their timeline and who was told.
    IncidentsView = "incidents.view" from Viewer;
    /// See alert rules, escalation policies and detectors.
    RulesView = "rules.view" from Viewer;
    /// See who is on call, and the schedules.
    OnCallView = "on_call.view" from Viewer;
    /// Acknowledge, resolve, annotate.
    IncidentsAct = "incidents.act" from Oncall;
    /// See the delivery log.
    DeliveriesView = "deliveries.view" from Oncall;
    /// Take over somebody's duty oneself.
    OnCallCover = "on_call.cover" from Oncall;
    /// Enrol, rename, tag, disable and delete servers.
    ServersManage = "servers.manage" from Operator;
    /// Change alert rules and escalation policies.
    RulesManage = "rules.manage" from Operator;
    /// Change on-call schedules, and put anybody on duty.
    OnCallManage = "on_call.manage" from Operator;
    /// Send a delivery again.
    DeliveriesManage = "deliveries.manage" from Operator;
    /// See which channels there are and whether they work.
    ChannelsView = "channels.view" from Operator;
    /// See accounts, to choose whom to tell.
    UsersView = "users.view" from Operator;
    /// Take reports out.
    ReportsExport = "reports.export" from Operator;
    /// See log-ins and full mail addresses of customers.
    MailPii = "mail.pii" from Operator;
    /// Configure and test channels.
    ChannelsManage = "channels.manage" from Admin;
    /// Create, change and delete accounts.
    UsersManage = "users.manage" from Admin;
    /// Hang up screens on walls: make and revoke their tokens.
    WallManage = "wall.manage" from Admin;
    /// See the health page.
    DashboardAdminView = "dashboard.admin.view" from Admin;
    /// See and manage the security log and lockouts.
    SecurityManage = "security.manage" from Admin;
}

/// Who may call a route. There is no route without one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Access {
    /// Anybody.
    Public,
    /// Whoever holds the secret in the path. No session counts for it, so there is none that a foreign page could use.
    Link,
    /// Anybody signed in, even while the first password stands.
    SessionAny,
    /// Anybody signed in whose password is their own.
    Session,
    /// A screen on a wall that shows its token, or anybody signed in who may see servers and incidents. Such a route only
    /// reads, and tells nothing of persons.
    Wall,
    /// Whose role grants it.
    With(Permission),
}

impl Access {
    /// Whether a session is needed, or a wall token where that will do.
    #[must_use]
    pub const fn needs_session(self) -> bool {
        !matches!(self, Self::Public | Self::Link)
    }

    /// Whether whoever still has the first password is refused.
    #[must_use]
    pub const fn needs_own_password(self) -> bool {
        matches!(self, Self::Session | Self::Wall | Self::With(_))
    }

    /// Whether a role opens it.
    #[must_use]
    pub fn is_granted_to(self, role: Role) -> bool {
        match self {
            Self::Public | Self::Link | Self::SessionAny | Self::Session => true,
            Self::Wall => {
                role.grants(Permission::ServersView) && role.grants(Permission::IncidentsView)
            }
            Self::With(permission) => role.grants(permission),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_role_has_what_the_lesser_ones_have() {
        for pair in Role::ALL.windows(2) {
            for permission in pair[0].permissions() {
                assert!(pair[1].grants(permission), "{permission:?}");
            }
        }
        assert_eq!(Role::Admin.permissions().len(), Permission::ALL.len());
    }

    #[test]
    fn viewers_change_nothing() {
        for permission in Role::Viewer.permissions() {
            assert!(permission.name().ends_with(".view"), "{permission:?}");
        }
    }

    #[test]
    fn roles_are_read_as_they_are_written() {
        for role in Role::ALL {
            assert_eq!(Role::from_name(role.name()), Some(role));
        }
        assert_eq!(Role::from_name("root"), None);
    }
}
