//! Table `backup_runs`: how backups ended, 13 months.

use sea_orm::entity::prelude::*;

/// One row of `backup_runs`.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "backup_runs")]
pub struct Model {
    /// Row id.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Whose.
    pub server_id: i64,
    /// `jetbackup` ...
    pub tool: String,
    /// The tool's name of the job.
    pub job: String,
    /// How it counts: `success`, `partial` or `failed`.
    pub status: String,
    /// What the tool says.
    pub reported_status: String,
    /// Why the two differ.
    pub doubt: Option<String>,
    /// When it began, the host's clock corrected.
    pub started_at: Option<ChronoDateTimeUtc>,
    /// When it ended, the host's clock corrected; unique with server, tool and job.
    pub finished_at: ChronoDateTimeUtc,
    /// What was written.
    pub bytes: Option<i64>,
    /// Accounts it was there for.
    pub accounts_total: Option<i64>,
    /// Accounts it did not back up.
    pub accounts_failed: Option<i64>,
    /// The tool's own words.
    pub message: Option<String>,
    /// No run of this job ended later.
    pub is_newest: bool,
    /// On the newest run: when the job's latest success ended; nowhere else.
    pub last_good_at: Option<ChronoDateTimeUtc>,
    /// On the newest run: what the job's latest success wrote.
    pub last_good_bytes: Option<i64>,
    /// When its report first came, by our clock.
    pub first_received_at: ChronoDateTimeUtc,
    /// When its report last came.
    pub last_received_at: ChronoDateTimeUtc,
}

/// Not used: queries name their joins.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
