//! What a send needs beside its message, and how it ends where that cannot be had.

use super::deliver::Scene;
use crate::notify::NotifyContext;
use crate::notify::channel::{Channel, Outcome, Settings, store};
use crate::notify::personal;
use crate::notify::template::TemplateError;
use noc_storage::relational::entity::notification_delivery::Model;

/// How a message ends that could not be written.
pub(super) fn not_written(channel: &dyn Channel, error: &TemplateError) -> Outcome {
    tracing::error!(
        channel = channel.key(),
        error = error as &dyn std::error::Error,
        "message not written"
    );
    Outcome::Permanent {
        reason: error.to_string(),
    }
}

/// The channel's settings with its secrets, and with the address of whom it is for.
pub(super) fn open_settings(
    context: &NotifyContext,
    channel: &dyn Channel,
    row: &Model,
    scene: &Scene,
) -> Result<Settings, Outcome> {
    let settings = match &scene.channel {
        Some(stored) => store::open(stored, &context.field_key),
        None => Ok(Settings::default()),
    };
    let settings = settings.map_err(|error| {
        tracing::error!(
            channel = channel.key(),
            error = &error as &dyn std::error::Error,
            "channel settings cannot be opened"
        );
        Outcome::Permanent {
            reason: "the channel's stored secrets cannot be opened: enter them again".to_owned(),
        }
    })?;
    personal::with_address(&scene.personal, row, &context.field_key, settings)
        .map_err(|reason| Outcome::Permanent { reason })
}
