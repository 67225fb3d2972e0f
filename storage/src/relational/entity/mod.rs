//! Rows as Rust sees them, one module a table.
//!
//! Names, types and nullability mirror `relational/migration`; the contract case `every_entity_matches_its_table`
//! reads each column back. Enumerations are their snake_case names, JSON columns `serde_json::Value`, times whole
//! milliseconds in UTC, hashes lower-case hex.

pub mod agent_health;
pub mod alert_rule;
pub mod backup_run;
pub mod contact;
pub mod control_outbox;
pub mod cron_check;
pub mod delivery_assurance;
pub mod delivery_attempt;
pub mod delivery_bundle;
pub mod delivery_gate;
pub mod digest;
pub mod early_receipt;
pub mod escalation_policy;
pub mod escalation_step;
pub mod execution;
pub mod fleet_group;
pub mod fleet_prior;
pub mod fleet_pulse;
pub mod incident;
pub mod incident_group;
pub mod incident_group_member;
pub mod incident_group_turn;
pub mod incident_timeline;
pub mod inventory;
pub mod job;
pub mod log;
pub mod log_mark;
pub mod mail_abuse_case;
pub mod mail_abuse_transition;
pub mod mail_allowance;
pub mod maintenance_window;
pub mod message_template;
pub mod node;
pub mod notification_channel;
pub mod notification_delivery;
pub mod on_call_calendar_token;
pub mod on_call_handoff;
pub mod on_call_member;
pub mod on_call_override;
pub mod on_call_schedule;
pub mod partition;
pub mod quiet_hold;
pub mod rate_limit;
pub mod registration_token;
pub mod security_chain;
pub mod security_event_log;
pub mod server;
pub mod server_cursor;
pub mod server_probe;
pub mod session;
pub mod user;
pub mod user_notification_preference;
pub mod wall_token;
