#![doc = include_str!("../README.md")]

pub mod relational;
pub mod secrets;
pub mod series;
