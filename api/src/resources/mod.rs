//! What the API is about: one resource, one module, under the name it has in the URL.
//!
//! A module holds the bodies (what goes over the wire, with its documentation) and the handlers. A handler reads the
//! request, asks a store or an action of `noc-actors`, and answers a body; rules of the domain live there, not here.

pub mod acknowledge;
pub mod agents;
pub mod alert_rules;
pub mod decisions;
pub mod detectors;
pub mod escalation_policies;
pub mod hooks;
pub mod hosting;
pub mod incidents;
pub mod maintenance_windows;
pub mod me;
pub mod message_templates;
pub mod notification_channels;
pub mod notification_deliveries;
pub mod on_call;
pub mod probe;
pub mod registration_tokens;
pub mod servers;
pub mod users;
pub mod wall;
