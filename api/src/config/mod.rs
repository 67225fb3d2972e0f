//! Settings: read once at start, from defaults, then `noc.toml`, then the environment; the later one wins.
//!
//! Each concern is one struct, declared with [`section!`]: a field's documentation, its environment variable and its
//! default stand together, and the shipped `deploy/noc.toml.example` is generated from them. Every value is read on
//! its own, so all problems are reported at once. A key that no struct has is an error; an unknown `NOC_*` or
//! `COREPANEL_*` variable is a warning, since the environment is shared with others.
//!
//! Secrets may come from a file: `<NAME>_FILE` names it. An empty variable counts as unset.

mod cidr;
mod example;
mod parts;
mod sections;
mod source;
mod types;

pub use cidr::Cidr;
pub use example::example;
pub use sections::{
    Accounts, Alerting, Config, Database, Health, Http, Ingest, Kafka, KafkaMechanism, Keys, Live,
    LogFormat, Logging, Questdb, QueueMode, Retention, Storage,
};
pub use source::{ConfigErrors, Problem, Sources, Warning};
pub use types::{PublicUrl, Secret};

#[cfg(test)]
mod tests;
