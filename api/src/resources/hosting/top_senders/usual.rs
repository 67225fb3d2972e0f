//! What is usual for a sender: what it mailed in this hour of the day on the last days.

use super::{HOUR, Hourly, Sender, SenderKind, table};
use crate::error::ApiError;
use crate::resources::hosting::events::text_is;
use crate::state::AppState;
use noc_pipeline::clock::UnixMs;
use noc_pipeline::id::ServerId;
use noc_storage::series::events::{CountOrder, EventCount, MAX_GROUPS};
use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

const DAY: Duration = Duration::from_secs(86_400);
/// Days that say what is usual ...
const DAYS: usize = 7;
/// ... of which so many must be known.
const LEAST_DAYS: usize = 4;

/// What each of the senders mails in this hour of the day.
pub(super) async fn expect(
    state: &AppState,
    page: &[Sender],
    hours: &mut [Hourly],
    hour: UnixMs,
) -> Result<(), ApiError> {
    let mut samples = vec![Vec::with_capacity(DAYS); page.len()];
    for kind in [SenderKind::Login, SenderKind::Script] {
        let of_kind = page.iter().enumerate().filter(|(_, s)| s.kind == kind);
        let of_kind: Vec<(usize, &Sender)> = of_kind.collect();
        for some in of_kind.chunks(50) {
            for day in 1..=DAYS {
                let ago = u32::try_from(day).unwrap_or(u32::MAX);
                let from = hour.minus(DAY.saturating_mul(ago));
                let seen = of_hour(state, kind, some, from).await?;
                for (place, sender) in some {
                    // The agent was there, and the sender mailed nothing: that is a zero.
                    if let Some(named) = seen.get(&sender.server) {
                        let recipients = named.get(&sender.name).copied().unwrap_or_default();
                        if let Some(samples) = samples.get_mut(*place) {
                            samples.push(recipients);
                        }
                    }
                }
            }
        }
    }
    for (hourly, samples) in hours.iter_mut().zip(samples) {
        hourly.expected = usual(samples);
    }
    Ok(())
}

/// The median of days, once enough are known.
fn usual(mut samples: Vec<f64>) -> Option<f64> {
    if samples.len() < LEAST_DAYS {
        return None;
    }
    samples.sort_by(f64::total_cmp);
    let upper = samples.get(samples.len() / 2)?;
    let lower = samples.get((samples.len() - 1) / 2)?;
    Some(f64::midpoint(*lower, *upper))
}

/// Recipients of some senders in one hour, by server; servers that reported nobody in that hour are left out.
async fn of_hour(
    state: &AppState,
    kind: SenderKind,
    senders: &[(usize, &Sender)],
    from: UnixMs,
) -> Result<HashMap<ServerId, HashMap<String, f64>>, ApiError> {
    let (table, name) = table(kind);
    let series = state.parts.series.as_ref();
    let mut out = HashMap::<ServerId, HashMap<String, f64>>::new();
    let servers = senders.iter().map(|(_, sender)| sender.server);
    let servers: Vec<ServerId> = servers.collect::<BTreeSet<_>>().into_iter().collect();
    let counting = EventCount {
        table,
        servers: Some(servers),
        from,
        to: from.plus(HOUR),
        conditions: Vec::new(),
        by: Vec::new(),
        by_server: true,
        sums: Vec::new(),
        newest: Vec::new(),
        order: CountOrder::Count,
        ascending: false,
        limit: MAX_GROUPS,
    };
    for reported in series.count_events(&counting).await? {
        out.extend(reported.server.map(|server| (server, HashMap::new())));
    }
    let names = senders.iter().map(|(_, sender)| sender.name.as_str());
    let groups = series
        .count_events(&EventCount {
            conditions: vec![text_is(name, names)],
            by: vec![name.to_owned()],
            sums: vec!["recipients".to_owned()],
            ..counting
        })
        .await?;
    for group in groups {
        let named = group.by.first().and_then(|cell| cell.as_ref()?.as_text());
        if let (Some(server), Some(named)) = (group.server, named) {
            let recipients = group.sums.first().copied().unwrap_or_default();
            let of_server = out.entry(server).or_default();
            of_server.insert(named.to_owned(), recipients);
        }
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::usual;

    #[test]
    fn what_is_usual_is_the_median_of_four_days_at_least() {
        assert_eq!(usual(vec![1.0, 2.0, 3.0]), None);
        assert_eq!(usual(vec![9.0, 0.0, 1.0, 2.0]), Some(1.5));
        assert_eq!(usual(vec![0.0, 0.0, 0.0, 0.0, 900.0]), Some(0.0));
    }
}
