//! What the relational store promises on every database, one named case a promise.
//!
//! [`relational_contract!`](crate::relational_contract) makes a test of each case. `Db::open_temporary` decides the
//! database: SQLite, or the MariaDB server that `NOC_TEST_DATABASE_URL` names.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a case fails by panicking"
)]

mod accounts;
mod agents;
mod assurance;
mod backup_runs;
mod bundles;
mod cluster;
mod distance;
mod fleet;
mod groups;
mod host_facts;
mod lapsed;
mod lists;
mod maintenance;
mod message_templates;
mod on_call;
mod personal;
mod probes;
mod routing;
mod schema;
mod security;
mod servers;
mod transactions;
mod wall;

pub use accounts::*;
pub use agents::*;
pub use assurance::*;
pub use backup_runs::*;
pub use bundles::*;
pub use cluster::*;
pub use distance::*;
pub use fleet::*;
pub use groups::*;
pub use host_facts::*;
pub use lapsed::*;
pub use lists::*;
pub use maintenance::*;
pub use message_templates::*;
pub use on_call::*;
pub use personal::*;
pub use probes::*;
pub use routing::*;
pub use schema::*;
pub use security::*;
pub use servers::*;
pub use transactions::*;
pub use wall::*;

use super::Db;
use noc_pipeline::clock::UnixMs;

/// A time with milliseconds, so that a column which drops them is found out.
pub const T0: UnixMs = UnixMs(1_767_225_600_123);

/// Makes a `#[tokio::test]` of every case, each on a new database from `$open()`, an async function that answers
/// `Result<Db, _>`.
#[macro_export]
macro_rules! relational_contract {
    ($open:path) => {
        $crate::relational_contract! { @cases $open;
            every_entity_matches_its_table,
            opening_twice_migrates_once,
            times_json_and_text_come_back_exactly,
            times_compare_as_times,
            a_value_that_does_not_fit_is_no_trouble_of_the_database,
            a_failed_transaction_leaves_nothing,
            a_committed_transaction_is_seen_by_readers,
            concurrent_increments_lose_nothing,
            racing_to_open_one_key_opens_it_once,
            crossing_locks_all_succeed,
            every_order_walks_each_row_once,
            impossible_pages_are_refused,
            the_servers_page_shows_the_worst_first,
            servers_are_found_by_text_status_and_tag,
            a_server_name_is_taken_once,
            latest_values_reach_every_server,
            latest_values_touch_only_what_they_know,
            switching_a_server_off_and_on_moves_its_status,
            a_time_off_ends,
            secret_changes_are_followed,
            server_ids_are_never_used_again,
            a_backup_run_told_twice_is_one,
            the_newest_run_speaks_for_its_job,
            the_fleet_is_listed_by_its_last_good_backup,
            old_backup_runs_are_removed,
            cron_jobs_are_replaced_as_a_whole,
            overdue_cron_jobs_come_first,
            an_inventory_is_read_as_told,
            host_facts_go_with_their_server,
            names_fit_their_columns,
            a_token_enrols_no_more_than_it_may,
            a_failed_enrolment_leaves_the_token,
            tokens_that_are_over_are_refused,
            an_address_is_one_account_in_any_case,
            the_first_admin_is_seeded_once,
            accounts_change_as_told,
            a_session_ends_in_every_way_it_may,
            a_session_is_touched_once_a_minute,
            failures_of_all_nodes_count,
            a_locked_bucket_stays_locked_until_its_end,
            nodes_count_while_they_live,
            a_log_is_noted_once,
            nodes_that_start_together_agree_on_the_log,
            a_replaced_log_voids_every_claim,
            a_claim_waits_for_no_partition_that_somebody_holds,
            the_newest_mark_of_a_partition_stays,
            a_job_is_done_by_one_and_taken_over_from_the_dead,
            a_job_is_not_done_before_its_time,
            defaults_are_seeded_once,
            a_rule_is_read_as_written,
            a_policys_steps_are_replaced_as_a_whole,
            a_policy_in_use_cannot_be_deleted,
            a_schedule_is_read_as_written,
            a_member_of_a_schedule_is_not_deleted,
            overrides_are_found_by_when_they_apply,
            a_hand_off_is_told_once,
            a_calendar_link_works_until_it_is_revoked,
            a_contact_counts_once_its_code_was_entered,
            a_contact_that_is_a_secret_is_sealed_and_goes_with_its_account,
            preferences_are_replaced_as_a_whole_and_lose_a_contact_that_goes,
            what_is_held_back_is_released_to_one_summary,
            a_digest_of_a_time_is_made_once,
            channel_secrets_are_sealed_in_the_database,
            a_channels_health_and_test_are_noted,
            a_provider_that_is_away_is_tried_by_one,
            many_writers_make_one_chain,
            an_event_goes_with_its_transaction,
            tampering_is_found_where_it_was_done,
            an_oversized_event_is_cut_not_refused,
            the_newest_reports_of_many_servers_are_stored,
            an_older_report_replaces_nothing,
            what_is_known_of_a_server_goes_with_it,
            a_fleet_is_listed_by_one_kind_of_report,
            every_order_of_a_fleet_walks_each_server_once,
            the_pulse_of_a_partition_is_its_owners,
            the_fleet_is_who_is_watched_and_was_heard_of,
            silent_groups_and_priors_are_absolute,
            clocks_and_refused_fields_of_agents_are_remembered,
            agents_stand_as_they_are,
            agents_are_found_and_sorted,
            windows_are_found_while_they_may_be_under_way,
            snoozes_are_over_at_their_time,
            acknowledgements_that_grew_old_are_found,
            a_receipt_moves_a_delivery_on_and_never_back,
            an_early_receipt_waits_for_its_delivery,
            what_nobody_took_is_found_until_something_was_done,
            what_nobody_told_to_have_arrived_is_found,
            messages_to_a_recipient_keep_their_distance,
            words_about_a_recipient_at_once_see_each_other,
            what_waits_for_its_recipient_is_late_all_the_same,
            what_was_held_back_says_so_while_its_channel_is_away,
            what_nobody_wrote_down_may_have_arrived,
            only_what_was_sent_was_tried,
            whoever_is_being_told_again_is_not_told_of_the_end_before,
            what_was_taken_and_then_refused_was_tried,
            a_channel_is_left_alone_as_long_as_was_asked,
            the_address_that_a_provider_calls_is_sealed,
            the_message_of_the_day_is_claimed_by_one,
            a_group_is_joined_while_it_runs,
            an_incident_is_in_one_group,
            the_cover_of_a_group_is_read_as_written,
            who_opens_at_once_finds_one_group,
            what_is_due_together_leaves_together_again_after_a_crash,
            an_id_stays_with_those_who_leave_under_it,
            what_was_taken_back_leaves_under_an_id_of_its_own,
            one_node_decides_about_a_recipient,
            what_is_given_back_is_due_as_before,
            what_waits_waits_in_its_row,
            many_left_behind_by_one_recipient_hide_nobody_elses,
            what_a_recipient_was_told_is_known,
            own_words_are_kept_by_kind_and_channel,
            words_that_failed_say_so_until_they_are_written_anew,
            a_wall_token_works_until_it_is_revoked,
            what_channels_accepted_is_counted_by_incident,
        }
    };
    (@cases $open:path; $($case:ident,)+) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                let db = $open().await.expect("a database to test on");
                $crate::relational::contract::$case(&db).await;
            }
        )+
    };
}

async fn count<E: sea_orm::EntityTrait>(db: &Db) -> u64
where
    E::Model: Send + Sync,
{
    use sea_orm::PaginatorTrait;
    E::find().count(db.read()).await.unwrap()
}

#[cfg(test)]
mod tests {
    crate::relational_contract!(crate::relational::Db::open_temporary);
}
