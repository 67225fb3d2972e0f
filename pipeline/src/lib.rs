#![doc = include_str!("../README.md")]

pub mod clock;
pub mod control;
pub mod dead_letter;
pub mod embedded;
pub mod id;
pub mod kafka;
pub mod live;
pub mod log;
pub mod mask;
pub mod payload;
pub mod record;
pub mod snapshot;

#[cfg(any(test, feature = "contract"))]
pub mod contract;
