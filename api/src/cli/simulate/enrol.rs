//! Identities for a fleet: kept from the last time, or enrolled with a token, or with tokens made here.

use super::Arguments;
use crate::cli::registration_token::mint;
use crate::config::Config;
use crate::serve::{Keys, open_database};
use crate::simulate::client::{Client, EnrolError, Identity};
use crate::simulate::{Fleet, host_name};
use futures::StreamExt;
use noc_pipeline::clock::{Clock, SystemClock};
use noc_storage::relational::registration_tokens::NewToken;
use std::collections::BTreeMap;
use std::error::Error;
use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::path::Path;
use std::time::Duration;

/// Hosts enrolled at once.
const AT_ONCE: usize = 8;
/// What a token made here is good for.
const TOKEN_LIVES: Duration = Duration::from_secs(3_600);

/// By host name.
type Known = BTreeMap<String, Identity>;

/// An identity for each server of the fleet, in its order.
pub(super) async fn all(
    client: &Client,
    fleet: &Fleet,
    arguments: &Arguments,
    config: &Config,
) -> Result<Vec<Identity>, Box<dyn Error>> {
    let mut known = match &arguments.identities {
        Some(path) => read(path)?,
        None => Known::new(),
    };
    let names: Vec<String> = (0..fleet.len())
        .map(|server| host_name(&arguments.prefix, server))
        .collect();
    let missing: Vec<u32> = (0..)
        .zip(&names)
        .filter(|(_, name)| !known.contains_key(*name))
        .map(|(n, _)| n)
        .collect();
    let before = known.len();
    let mut refused = None;
    if !missing.is_empty() {
        let tokens = tokens(fleet, &missing, arguments, config).await?;
        let hosts = missing.iter().filter_map(|server| {
            let name = host_name(&arguments.prefix, *server);
            Some((name, tokens.get(server)?.clone()))
        });
        let mut enrolled = futures::stream::iter(hosts)
            .map(|(name, token)| async move {
                let identity = client.enrol(&token, &name).await;
                (name, identity)
            })
            .buffered(AT_ONCE);
        while let Some((name, identity)) = enrolled.next().await {
            match identity {
                Ok(identity) => {
                    known.insert(name, identity);
                }
                Err(error) => {
                    refused = Some(error);
                    break;
                }
            }
        }
    }
    // Those that were enrolled are kept even where a later one was refused: a secret is shown once.
    if let (Some(path), true) = (&arguments.identities, known.len() > before) {
        write(path, &known)?;
    }
    if let Some(error) = refused {
        return Err(advised(error, arguments));
    }
    Ok(names
        .iter()
        .filter_map(|name| known.get(name).cloned())
        .collect())
}

fn advised(error: EnrolError, arguments: &Arguments) -> Box<dyn Error> {
    match error {
        EnrolError::Refused { status: 409, .. } if arguments.identities.is_none() => format!(
            "{error}; another --prefix makes other hosts, --identities keeps them for the next time"
        )
        .into(),
        error => error.into(),
    }
}

/// A token for each of these servers: the one that was given, or one for each set of tags.
async fn tokens(
    fleet: &Fleet,
    servers: &[u32],
    arguments: &Arguments,
    config: &Config,
) -> Result<BTreeMap<u32, String>, Box<dyn Error>> {
    let given = match (&arguments.token, &arguments.token_file) {
        (Some(token), _) => Some(token.trim().to_owned()),
        (None, Some(path)) => Some(std::fs::read_to_string(path)?.trim().to_owned()),
        (None, None) => None,
    };
    if let Some(token) = given {
        return Ok(servers
            .iter()
            .map(|server| (*server, token.clone()))
            .collect());
    }
    let mut groups: BTreeMap<Vec<String>, Vec<u32>> = BTreeMap::new();
    for server in servers {
        groups.entry(fleet.tags(*server)).or_default().push(*server);
    }
    let keys = Keys::load(config)?;
    let db = open_database(config, &keys).await?;
    let now = SystemClock.now();
    let mut tokens = BTreeMap::new();
    for (tags, members) in groups {
        // A token for one host names that host.
        let name = match members.as_slice() {
            [only] => host_name(&arguments.prefix, *only),
            _ => format!("{} {}", arguments.prefix, tags.join(" ")),
        };
        let new = NewToken {
            name,
            tags,
            expires_at: now.plus(TOKEN_LIVES),
            max_uses: i32::try_from(members.len())?,
            allowed_cidrs: vec!["127.0.0.0/8".to_owned(), "::1/128".to_owned()],
            created_by: None,
        };
        let token = mint(&db, new, now).await?;
        tokens.extend(members.into_iter().map(|server| (server, token.clone())));
    }
    Ok(tokens)
}

fn read(path: &Path) -> Result<Known, Box<dyn Error>> {
    match std::fs::read_to_string(path) {
        Ok(text) => serde_json::from_str(&text)
            .map_err(|error| format!("{}: {error}", path.display()).into()),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Known::new()),
        Err(error) => Err(format!("{}: {error}", path.display()).into()),
    }
}

/// Readable by its owner alone, and whole or not at all.
fn write(path: &Path, known: &Known) -> Result<(), Box<dyn Error>> {
    let beside = path.with_extension("new");
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options
        .open(&beside)
        .map_err(|error| format!("{}: {error}", beside.display()))?;
    file.write_all(&serde_json::to_vec(known)?)?;
    file.sync_all()?;
    Ok(std::fs::rename(&beside, path)?)
}
