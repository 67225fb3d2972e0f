//! Who is calling and what they may do.
//!
//! [`gate`] stands before every route: it finds the route's [`permission::Access`] in the table, loads the session,
//! checks the CSRF token of calls that change something, the forced change of a first password, and the role. A
//! handler that runs was allowed to.
//!
//! Passwords are argon2id, checked a few at a time so that a flood cannot starve the rest ([`password`]); attempts
//! are counted per address, account and pair before the check, so that parallel tries cannot pass the limit together
//! ([`attempts`]). A session is a random secret in a cookie; the database knows its hash alone ([`session`]).

pub mod account;
pub mod attempts;
pub mod caller;
pub mod csrf;
pub mod gate;
pub mod login;
pub mod password;
pub mod permission;
pub mod session;
pub mod sessions;
mod wall;
