//! What a server is there for, and what runs on it.

use super::super::rhythm::Crowd;

/// What a server is there for. Its name is one of the server's tags.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Deserialize, serde::Serialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Shared hosting: sites, their databases, their mail.
    Web,
    /// Mailboxes and outgoing mail.
    Mail,
    /// A database, half of them replicas of the one before.
    Db,
    /// Name service.
    Dns,
    /// Where backups go.
    Backup,
}

/// The roles of any twenty servers in a row; those of a small fleet stand first.
const OF_TWENTY: [Role; 20] = {
    use Role::{Backup, Db, Dns, Mail, Web};
    [
        Web, Web, Mail, Web, Db, Db, Web, Web, Backup, Web, Web, Mail, Web, Web, Dns, Web, Web,
        Web, Web, Web,
    ]
};

impl Role {
    /// Of the server with this number in a mixed fleet.
    pub(in crate::simulate) fn of(server: u32) -> Self {
        let place = usize::try_from(server % 20).unwrap_or(0);
        OF_TWENTY.get(place).copied().unwrap_or(Self::Web)
    }

    /// The tag.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Web => "web",
            Self::Mail => "mail",
            Self::Db => "db",
            Self::Dns => "dns",
            Self::Backup => "backup",
        }
    }

    pub(in crate::simulate) const fn crowd(self) -> Crowd {
        match self {
            Self::Web => Crowd::Visitors,
            Self::Mail => Crowd::Offices,
            Self::Db | Self::Dns => Crowd::Programs,
            Self::Backup => Crowd::Nights,
        }
    }
}

/// A service of a host: its name on the fixed list and its unit.
pub(in crate::simulate) type ServiceName = (&'static str, &'static str);

/// What is installed on a host.
#[derive(Debug, Clone, Copy)]
pub(in crate::simulate) struct Stack {
    pub(in crate::simulate) services: &'static [ServiceName],
    /// On the agent's list and not installed here.
    pub(in crate::simulate) absent: &'static [&'static str],
    /// Flavour and version.
    pub(in crate::simulate) database: Option<(&'static str, &'static str)>,
    pub(in crate::simulate) mail_server: Option<(&'static str, &'static str)>,
    pub(in crate::simulate) web_server: Option<&'static str>,
    pub(in crate::simulate) panel: Option<&'static str>,
}

const CPANEL_LITESPEED: Stack = Stack {
    services: &[
        ("lsws", "lsws.service"),
        ("mysqld", "mariadb.service"),
        ("exim", "exim.service"),
        ("dovecot", "dovecot.service"),
        ("named", "named.service"),
    ],
    absent: &["httpd", "nginx", "postfix"],
    database: Some(("mariadb", "10.11.9-MariaDB-log")),
    mail_server: Some(("exim", "4.98.1")),
    web_server: Some("LiteSpeed/Enterprise/6.3.2"),
    panel: Some("11.126.0.14"),
};

const CPANEL_APACHE: Stack = Stack {
    services: &[
        ("httpd", "httpd.service"),
        ("mysqld", "mysqld.service"),
        ("exim", "exim.service"),
        ("dovecot", "dovecot.service"),
        ("named", "named.service"),
    ],
    absent: &["nginx", "lsws", "postfix"],
    database: Some(("mysql", "8.0.40")),
    mail_server: Some(("exim", "4.97.1")),
    web_server: Some("Apache/2.4.62"),
    panel: Some("11.124.0.28"),
};

const DEBIAN_NGINX: Stack = Stack {
    services: &[
        ("nginx", "nginx.service"),
        ("mariadbd", "mariadb.service"),
        ("postfix", "postfix.service"),
        ("dovecot", "dovecot.service"),
        ("named", "named.service"),
    ],
    absent: &["httpd", "lsws", "exim"],
    database: Some(("mariadb", "10.11.11-MariaDB")),
    mail_server: Some(("postfix", "3.7.11")),
    web_server: Some("nginx/1.22.1"),
    panel: None,
};

const WEB: &[Stack] = &[
    CPANEL_LITESPEED,
    CPANEL_LITESPEED,
    CPANEL_APACHE,
    DEBIAN_NGINX,
];

const MAIL: &[Stack] = &[
    Stack {
        services: &[("exim", "exim4.service"), ("dovecot", "dovecot.service")],
        absent: &["httpd", "nginx", "mysqld", "lsws", "postfix", "named"],
        database: None,
        mail_server: Some(("exim", "4.96")),
        web_server: None,
        panel: None,
    },
    Stack {
        services: &[
            ("postfix", "postfix.service"),
            ("dovecot", "dovecot.service"),
        ],
        absent: &["httpd", "nginx", "mysqld", "lsws", "exim", "named"],
        database: None,
        mail_server: Some(("postfix", "3.7.11")),
        web_server: None,
        panel: None,
    },
];

const DB: &[Stack] = &[Stack {
    services: &[("mysqld", "mariadb.service")],
    absent: &[
        "httpd", "nginx", "lsws", "exim", "postfix", "dovecot", "named",
    ],
    database: Some(("mariadb", "10.11.9-MariaDB-log")),
    mail_server: None,
    web_server: None,
    panel: None,
}];

const DNS: &[Stack] = &[Stack {
    services: &[("named", "named.service")],
    absent: &[
        "httpd", "nginx", "mysqld", "lsws", "exim", "postfix", "dovecot",
    ],
    database: None,
    mail_server: None,
    web_server: None,
    panel: None,
}];

const BACKUP: &[Stack] = &[Stack {
    services: &[],
    absent: &[
        "httpd", "nginx", "mysqld", "lsws", "exim", "postfix", "dovecot", "named",
    ],
    database: None,
    mail_server: None,
    web_server: None,
    panel: None,
}];

/// What servers of a role may have installed.
pub(in crate::simulate) const fn stacks(role: Role) -> &'static [Stack] {
    match role {
        Role::Web => WEB,
        Role::Mail => MAIL,
        Role::Db => DB,
        Role::Dns => DNS,
        Role::Backup => BACKUP,
    }
}

const GIB: u64 = 1 << 30;

/// A file system: mount, device, type, least bytes.
pub(in crate::simulate) type DiskName = (&'static str, &'static str, &'static str, u64);

/// The file systems of a role; each is between its least size and twice that.
pub(in crate::simulate) const fn disks(role: Role) -> &'static [DiskName] {
    match role {
        Role::Web => &[
            ("/", "/dev/nvme0n1p2", "ext4", 60 * GIB),
            ("/home", "/dev/nvme1n1p1", "xfs", 1_600 * GIB),
            ("/var/lib/mysql", "/dev/nvme2n1", "xfs", 400 * GIB),
        ],
        Role::Mail => &[
            ("/", "/dev/nvme0n1p2", "ext4", 60 * GIB),
            ("/var/vmail", "/dev/nvme1n1", "xfs", 3_000 * GIB),
        ],
        Role::Db => &[
            ("/", "/dev/vda1", "ext4", 40 * GIB),
            ("/var/lib/mysql", "/dev/nvme1n1", "xfs", 800 * GIB),
        ],
        Role::Dns => &[("/", "/dev/vda1", "ext4", 30 * GIB)],
        Role::Backup => &[
            ("/", "/dev/sda2", "ext4", 60 * GIB),
            ("/backup", "/dev/md127", "btrfs", 24_000 * GIB),
        ],
    }
}
