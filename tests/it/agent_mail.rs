//! What the Linux agent makes of mail servers' queues and logs and of firewalls' logs: from written samples under every
//! awk there is, and from the real programs.

mod exim;
mod fail2ban;
mod firewall;
mod logins;
mod postfix;
mod queue;
mod reader;
mod stats;
mod world;
