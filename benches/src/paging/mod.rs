//! Paging under load: many incidents at once, many escalations that wait, many messages that wait.

mod armed;
mod drain;
mod house;
mod storm;

pub use armed::run as armed;
pub use drain::run as drain;
pub use storm::run as storm;
