//! `noc openapi`.

use super::{Outcome, say};
use crate::openapi;

pub(super) fn run() -> Outcome {
    say(openapi::json()?.trim_end());
    Ok(())
}
