//! The whole system under test. One binary, so that it links once.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test fails by panicking, its helpers too"
)]

mod agent_core;
mod agent_mail;
mod agent_outage;
mod agent_probes;
mod architecture;
mod contract_kafka;
mod contract_mariadb;
mod contract_questdb;
mod crash;
mod dead_mailbox;
mod faults;
mod fleet;
mod grouping;
mod health;
mod ingest_answers;
mod ingest_bad_input;
mod ingest_bad_kinds;
mod ingest_faults;
mod ingest_identity;
mod ingest_network;
mod kill;
mod notify_email;
mod paging;
mod server_switch;
mod simulate;
mod spike;
mod two_nodes;
