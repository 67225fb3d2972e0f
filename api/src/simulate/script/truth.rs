//! What is known to have happened: one line of JSON for each thing, to hold verdicts against.

use noc_pipeline::clock::UnixMs;
use serde::{Serialize, Serializer};

/// What a right detector makes of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Expect {
    /// An incident.
    Incident,
    /// Nothing: an incident is a false one.
    Quiet,
    /// An incident is forgiven, and so is none.
    Either,
}

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Truth {
    /// Kind and number, such as `hacked_mailbox-2`; the same script and seed give the same.
    pub id: String,
    /// Kind of anomaly, as scripts name it.
    pub kind: &'static str,
    /// What it should lead to.
    pub expect: Expect,
    /// The detector that should open, or stay quiet.
    pub detector: &'static str,
    /// Detectors that may open because of the same thing.
    pub also: Vec<&'static str>,
    /// Severity that it reaches, in incidents' words; `None` where nothing should open.
    pub severity: Option<&'static str>,
    /// Whether somebody should be paged.
    pub page: bool,
    /// The server by its number in the fleet; `None` for a group.
    pub server: Option<u32>,
    /// Its name.
    pub host: Option<String>,
    /// Its id where it is enrolled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server_id: Option<u64>,
    /// Servers of a group, by number.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub members: Vec<u32>,
    /// What of the server: service, mount, login, domains, job. The main one first.
    pub subjects: Vec<String>,
    /// Its first instant.
    #[serde(serialize_with = "as_time")]
    pub from: UnixMs,
    /// The first instant after it; `None`: it stays.
    #[serde(serialize_with = "as_optional_time")]
    pub until: Option<UnixMs>,
    /// From when on the measurements show what the detector's rule asks for.
    #[serde(serialize_with = "as_time")]
    pub onset: UnixMs,
    /// Opening later than this is late: two reports after the onset, or three days for what grows slowly.
    #[serde(serialize_with = "as_time")]
    pub deadline: UnixMs,
}

fn as_time<S: Serializer>(at: &UnixMs, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(at)
}

fn as_optional_time<S: Serializer>(at: &Option<UnixMs>, to: S) -> Result<S::Ok, S::Error> {
    match at {
        Some(at) => to.collect_str(at),
        None => to.serialize_none(),
    }
}

impl Truth {
    /// As one line of JSON, without its end.
    #[must_use]
    pub fn to_line(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}
