//! Table `cron_checks`: jobs of crontabs, and whether they run when they should.

use sea_orm::entity::prelude::*;

/// One row of `cron_checks`.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "cron_checks")]
pub struct Model {
    /// Row id.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Whose.
    pub server_id: i64,
    /// SHA-256 hex of user, schedule and command; unique with the server.
    pub job_key: String,
    /// Whom it runs as.
    pub user: String,
    /// As written.
    pub schedule: String,
    /// What is run, secrets taken out.
    #[sea_orm(column_type = "Text")]
    pub command: String,
    /// The zone that the schedule is in.
    pub timezone: String,
    /// `on_time`, `overdue`, `at_boot` or `unknown`.
    pub state: String,
    /// The state is `overdue`.
    pub is_overdue: bool,
    /// When it last began, the host's clock corrected, brought up to date once an hour; `None` without evidence.
    pub last_run_at: Option<ChronoDateTimeUtc>,
    /// How it last ended.
    pub last_exit: Option<i32>,
    /// When it should have run, or is to run, after its last run.
    pub expected_at: Option<ChronoDateTimeUtc>,
    /// What lists are sorted by: the longest overdue lowest, then those that failed, those on time, the rest.
    pub urgency: i64,
    /// When it was first reported.
    pub first_seen_at: ChronoDateTimeUtc,
    /// Last change of anything above.
    pub changed_at: ChronoDateTimeUtc,
}

/// Not used: queries name their joins.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
