//! `noc registration-token`: works beside a running server.

use super::{Outcome, say};
use crate::config::{Cidr, Config};
use crate::serve::{Keys, open_database};
use clap::Args;
use noc_pipeline::clock::{Clock, SystemClock, UnixMs};
use noc_storage::relational::registration_tokens::{self, NewToken};
use noc_storage::relational::{Db, NewSecurityEvent, SecurityLevel, StoreError};
use serde_json::json;
use std::time::Duration;

/// A token for many hosts lives at most a day.
const LONGEST_ROLL_OUT_MIN: u64 = 24 * 60;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Name of the server, or of the roll-out.
    #[arg(long)]
    name: String,
    /// Minutes until it expires.
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=43_200))]
    expires_in_minutes: u64,
    /// How many hosts may use it; more than one makes it a roll-out, in which hosts are named by themselves.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(i32).range(1..=100_000))]
    max_uses: i32,
    /// Tag for the servers it enrols; may be given more than once.
    #[arg(long = "tag", value_name = "TAG")]
    tags: Vec<String>,
    /// Network whose hosts need no approval; may be given more than once. A roll-out without any: this machine.
    #[arg(long = "allow", value_name = "CIDR")]
    allowed: Vec<Cidr>,
}

pub(super) async fn run(arguments: Arguments, config: &Config) -> Outcome {
    let roll_out = arguments.max_uses > 1;
    if roll_out && arguments.expires_in_minutes > LONGEST_ROLL_OUT_MIN {
        return Err("a token for many hosts may live 1440 minutes at most".into());
    }
    let mut allowed: Vec<String> = arguments.allowed.iter().map(Cidr::to_string).collect();
    if roll_out && allowed.is_empty() {
        allowed = vec!["127.0.0.0/8".to_owned(), "::1/128".to_owned()];
    }
    let keys = Keys::load(config)?;
    let db = open_database(config, &keys).await?;
    let now = SystemClock.now();
    let new = NewToken {
        name: arguments.name,
        tags: arguments.tags,
        expires_at: now.plus(Duration::from_secs(arguments.expires_in_minutes * 60)),
        max_uses: arguments.max_uses,
        allowed_cidrs: allowed,
        created_by: None,
    };
    let token = mint(&db, new, now).await?;
    say(token);
    Ok(())
}

/// Makes a token and puts that into the security log, in one transaction.
pub(super) async fn mint(db: &Db, new: NewToken, now: UnixMs) -> Result<String, StoreError> {
    db.transaction("mint a registration token", |tx| {
        let (new, db) = (new.clone(), db.clone());
        Box::pin(async move {
            let (token, row) = registration_tokens::mint(tx, new, now).await?;
            let event = NewSecurityEvent {
                at: now,
                level: SecurityLevel::Info,
                event_type: "admin_activity",
                action: "registration_token_created",
                actor_id: None,
                actor_ip: None,
                subject: Some(format!("registration_token:{}", row.id)),
                payload: json!({"name": row.name, "max_uses": row.max_uses, "by": "command line"}),
            };
            db.security().append(tx, event).await?;
            Ok::<_, StoreError>(token)
        })
    })
    .await
}
