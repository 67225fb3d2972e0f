//! What of a stored schedule this version cannot read: a newer one wrote it, or its zone left the database of zones.
//! It is shown as it is stored, and stays so until somebody chooses another; by such a schedule nobody is on duty.

use super::view::OnCallField;
use chrono_tz::Tz;
use noc_storage::relational::entity::on_call_schedule::Model;

const MINUTES_OF_A_DAY: i32 = 24 * 60;

/// The fields that cannot be read, in the order of the form.
pub(super) fn fields(row: &Model) -> Vec<OnCallField> {
    let all = [
        (OnCallField::Rotation, row.turns().is_ok()),
        (
            OnCallField::HandoffTime,
            (0..MINUTES_OF_A_DAY).contains(&row.handoff_minute),
        ),
        (OnCallField::Timezone, row.timezone.parse::<Tz>().is_ok()),
    ];
    let unread = all.into_iter().filter(|(_, is_read)| !is_read);
    unread.map(|(field, _)| field).collect()
}

/// A sentence for people; `None`: all of it can be read.
pub(super) fn sentence(row: &Model) -> Option<String> {
    let fields = fields(row).into_iter();
    let mut named: Vec<String> = fields.map(|field| named(field, row)).collect();
    let last = named.pop()?;
    let all = if named.is_empty() {
        last
    } else {
        format!("{} and {last}", named.join(", "))
    };
    Some(format!(
        "This version cannot read {all}. Nobody is on call by this schedule until that is chosen anew."
    ))
}

fn named(field: OnCallField, row: &Model) -> String {
    match field {
        OnCallField::Timezone => format!("the time zone {}", row.timezone),
        OnCallField::HandoffTime => {
            format!("the hand-off time, {} minutes", row.handoff_minute)
        }
        OnCallField::Rotation => match row.handoff_weekday {
            Some(day) => format!("the rotation {} on day {day}", row.rotation),
            None => format!("the rotation {}", row.rotation),
        },
    }
}
