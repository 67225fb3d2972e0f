//! `noc migrate`, `noc seed`.

use super::{Outcome, say};
use crate::config::Config;
use crate::serve::{FIRST_ADMIN, FirstPassword, Keys, first_admin, open_database};
use noc_pipeline::clock::{Clock, SystemClock};

pub(super) async fn migrate(config: &Config) -> Outcome {
    open(config).await?;
    say("the schema is up to date");
    Ok(())
}

pub(super) async fn seed(config: &Config) -> Outcome {
    let db = open(config).await?;
    match first_admin::seed(&db, config, SystemClock.now()).await? {
        FirstPassword::NotNeeded => say("there are accounts already: nothing to do"),
        FirstPassword::Documented => say(format_args!(
            "{FIRST_ADMIN} may sign in with the documented password"
        )),
        FirstPassword::Given => say(format_args!(
            "{FIRST_ADMIN} may sign in with NOC_ADMIN_PASSWORD"
        )),
        FirstPassword::Generated(password) => say(format_args!("{FIRST_ADMIN} / {password}")),
    }
    Ok(())
}

async fn open(config: &Config) -> Result<noc_storage::relational::Db, Box<dyn std::error::Error>> {
    std::fs::create_dir_all(&config.storage.data_dir)?;
    let keys = Keys::load(config)?;
    Ok(open_database(config, &keys).await?)
}
