//! What `noc simulate` can be told.

use chrono::DateTime;
use clap::Args;
use noc_pipeline::clock::UnixMs;
use noc_pipeline::payload::Kind;
use std::path::PathBuf;

#[derive(Debug, Args)]
pub(in crate::cli) struct Arguments {
    /// How many servers.
    #[arg(long, default_value_t = 25)]
    pub(super) servers: u32,
    /// Hosts are named `<prefix>-001` and so on.
    #[arg(long, default_value = "sim")]
    pub(super) prefix: String,
    /// Draws the fleet: the same seed, the same fleet.
    #[arg(long, default_value_t = 1)]
    pub(super) seed: u64,
    /// What happens: a file, or `default` (four weeks) or `demo` (minutes), which come with the program.
    #[arg(long, value_name = "FILE")]
    pub(super) script: Option<String>,
    /// With --from in the past: the script's times count from now, so that baselines are there before it begins.
    #[arg(long, requires_all = ["from", "script"])]
    pub(super) script_now: bool,
    /// Write what happens, and who should notice it, as lines of JSON.
    #[arg(long, value_name = "FILE")]
    pub(super) truth: Option<PathBuf>,
    /// First instant that is simulated, such as 2026-03-02T00:00:00Z. In the past: what lies between is sent late, as
    /// fast as --speed has it, and from there on it is now.
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub(super) from: Option<UnixMs>,
    /// With --from: how fast the past goes by, 0 for as fast as the service takes it (which is what it is without).
    /// Without: how fast the fleet's people and the script live, while what is posted carries the real time.
    #[arg(long)]
    pub(super) speed: Option<f64>,
    /// Stop after so many seconds; 0: never.
    #[arg(long, default_value_t = 0.0)]
    pub(super) seconds: f64,

    /// Address of the service.
    #[arg(long, default_value = "http://127.0.0.1:8080")]
    pub(super) url: String,
    /// Roll-out token that enrols the fleet; seen by every account of this machine while it runs.
    #[arg(long, conflicts_with = "token_file")]
    pub(super) token: Option<String>,
    /// File that holds the token. Without a token, tokens are made as `noc registration-token` makes them, one for each
    /// role and rack, by the settings of this machine.
    #[arg(long)]
    pub(super) token_file: Option<PathBuf>,
    /// Keep who is who in this file, so that the same hosts report again the next time.
    #[arg(long, value_name = "FILE")]
    pub(super) identities: Option<PathBuf>,
    /// Requests under way at once.
    #[arg(long, default_value_t = 64)]
    pub(super) connections: usize,

    /// As fast as the service takes it, for --seconds (30 unless told), then say how fast that was.
    #[arg(long, conflicts_with_all = ["from", "speed", "drain"])]
    pub(super) load: bool,
    /// As after an outage of so many minutes: drain every server's spool while all report live, then say how long it
    /// took.
    #[arg(long, value_name = "MINUTES", conflicts_with_all = ["from", "speed", "seconds"])]
    pub(super) drain: Option<u32>,

    /// Write requests as lines of JSON instead of posting them; `-` is standard output.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["url", "token", "token_file", "identities", "load", "drain", "speed", "seconds", "script_now"])]
    pub(super) out: Option<PathBuf>,
    /// With --out: how many days.
    #[arg(long, default_value_t = 28.0, requires = "out")]
    pub(super) days: f64,
    /// With --out: only these kinds.
    #[arg(long, value_delimiter = ',', requires = "out", value_parser = kind)]
    pub(super) kinds: Vec<Kind>,
}

fn time(text: &str) -> Result<UnixMs, String> {
    let at = DateTime::parse_from_rfc3339(text)
        .map_err(|error| format!("{error}, such as 2026-03-02T00:00:00Z"))?;
    Ok(at.to_utc().into())
}

fn kind(text: &str) -> Result<Kind, String> {
    Kind::from_name(text).ok_or_else(|| "no kind of payload".to_owned())
}
