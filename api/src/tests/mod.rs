//! The API under test: the real service on embedded parts, called without a network. One file a group of paths.
//!
//! [`House`] is the product without agents and actors; a [`Browser`] keeps cookies and sends the CSRF token like a
//! page does. What needs the whole product running lives in `noc-tests`.

mod account;
mod acknowledge;
mod agents;
mod alert_rules;
mod backtest;
mod charts;
mod contact_test;
mod dashboard;
mod decisions;
mod escalation_policies;
mod gate;
mod hooks;
mod hosting;
mod house;
mod incident_groups;
mod incidents;
mod live;
mod login;
mod maintenance_windows;
mod me;
mod message_templates;
mod notifications;
mod on_call;
mod servers;
mod users;
mod wall;

pub(crate) use house::House;
use house::{Answer, Browser, PASSWORD, T0};
