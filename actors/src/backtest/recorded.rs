//! Over the series store: raw rows, a few servers at a time, a day at a time.

use super::drawn::Pen;
use super::lane::Lane;
use super::{Answer, BacktestError, Drawn, MOST_SERIES, Meter, Plan, Source};
use crate::detect::Measured;
use crate::server_actor::evaluate::{Item, What};
use crate::state::ClockMs;
use noc_pipeline::clock::UnixMs;
use noc_pipeline::control::ServerSettings;
use noc_pipeline::id::{Offset, ServerId};
use noc_storage::series::{Recent, RecentQuery, SeriesError, SeriesStore};
use std::collections::HashMap;
use std::time::Duration;

/// Servers that are read at once.
const CHUNK: usize = 16;
/// How much of them is read at once.
const PAGE: Duration = Duration::from_secs(86_400);

pub(super) async fn replay(series: &dyn SeriesStore, plan: &Plan) -> Result<Answer, BacktestError> {
    let mut lanes = plan.lanes()?;
    let mut meter = Meter::start(plan.budget);
    let scope = plan.in_scope();
    let (mut done, mut learning, mut truncated) = (0, Vec::new(), false);
    for chunk in scope.chunks(CHUNK) {
        let whole = through(series, plan, chunk, &mut lanes, &mut meter, None).await?;
        for server in chunk {
            for (place, lane) in lanes.iter_mut().enumerate() {
                let late = lane.leave(server.server, plan.from);
                if place == 0 && whole {
                    learning.extend(late);
                }
            }
        }
        if !whole || lanes.iter().any(Lane::is_full) {
            truncated = true;
            break;
        }
        done += chunk.len();
    }
    truncated &= done < scope.len();
    let drawn = draw(series, plan, &lanes, &scope).await?;
    let replayed: Vec<ServerId> = scope.iter().take(done).map(|s| s.server).collect();
    let mut found = lanes.into_iter().map(|lane| {
        let mut incidents = lane.finish(plan.from);
        // Servers that were not replayed to the end would be compared by halves.
        incidents.retain(|incident| replayed.contains(&incident.server));
        incidents
    });
    Ok(Answer {
        servers: count(done),
        servers_in_scope: count(scope.len()),
        samples: meter.samples,
        truncated,
        from: plan.from,
        reached: plan.to,
        learned_since: plan.learn_from(),
        incidents: found.next().unwrap_or_default(),
        in_force: found.next(),
        drawn,
        learning,
    })
}

fn count(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}

/// Feeds everything of some servers to the lanes that are for them; false when the budget was used up on the way.
async fn through(
    series: &dyn SeriesStore,
    plan: &Plan,
    chunk: &[&ServerSettings],
    lanes: &mut [Lane],
    meter: &mut Meter,
    mut pen: Option<&mut Pen>,
) -> Result<bool, BacktestError> {
    let begin = plan.learn_from();
    let mut sources: Vec<Source> = Vec::new();
    for lane in lanes.iter() {
        if !sources.contains(&lane.source) {
            sources.push(lane.source);
        }
    }
    let mut from = begin;
    while from < plan.to {
        let to = from.plus(PAGE).min(plan.to);
        for source in &sources {
            let Source::Series { kind, field } = *source else {
                continue;
            };
            let servers: Vec<_> = chunk.iter().map(|s| s.server).collect();
            let query = RecentQuery {
                kind,
                servers,
                fields: vec![field.to_owned()],
                from,
                to,
            };
            let mut rows = read(series, query).await?;
            for server in chunk {
                let rows = rows.remove(&server.server).unwrap_or_default();
                for measured in moments(&rows, kind, field) {
                    meter.samples += count(measured.values.len());
                    if let (Some(pen), Some(lane)) = (pen.as_deref_mut(), lanes.first()) {
                        pen.draw(lane, &measured);
                    }
                    feed(lanes, *source, server, measured, begin);
                }
            }
        }
        from = to;
        if from < plan.to && meter.is_used_up() {
            return Ok(false);
        }
    }
    Ok(true)
}

fn feed(
    lanes: &mut [Lane],
    source: Source,
    server: &ServerSettings,
    measured: Measured,
    begin: UnixMs,
) {
    let at = measured.event_at;
    let clock = u64::try_from(at.since(begin).as_millis()).unwrap_or(u64::MAX);
    let item = Item {
        offset: Offset(0),
        clock: ClockMs(clock),
        at,
        what: What::Measured(Box::new(measured)),
    };
    for lane in lanes {
        if lane.source == source && lane.covers(server) {
            lane.take(server, &item, at);
        }
    }
}

/// Reads rows; those of servers with very many subjects one by one.
async fn read(
    series: &dyn SeriesStore,
    query: RecentQuery,
) -> Result<HashMap<ServerId, Vec<Recent>>, SeriesError> {
    match series.recent(&query).await {
        Err(SeriesError::AnswerTooLarge { .. }) if query.servers.len() > 1 => {
            let mut found = HashMap::new();
            for server in &query.servers {
                let one = RecentQuery {
                    servers: vec![*server],
                    ..query.clone()
                };
                found.extend(series.recent(&one).await?);
            }
            Ok(found)
        }
        other => other,
    }
}

/// The values of all subjects by the time they were measured.
fn moments(
    rows: &[Recent],
    kind: noc_pipeline::payload::Kind,
    field: &'static str,
) -> Vec<Measured> {
    let mut all: Vec<(UnixMs, usize, f64)> = Vec::new();
    for (place, recent) in rows.iter().enumerate() {
        all.extend(recent.points(0).map(|(at, value)| (at, place, value)));
    }
    if rows.len() > 1 {
        all.sort_by_key(|(at, place, _)| (*at, *place));
    }
    let by_time = all.chunk_by(|(a, ..), (b, ..)| a == b);
    let moments = by_time.filter_map(|moment| {
        let (event_at, ..) = *moment.first()?;
        let subject = |place: usize| rows.get(place).and_then(|r| r.subject.as_deref());
        let values = moment.iter();
        let values =
            values.map(|(_, place, value)| (subject(*place).unwrap_or_default().into(), *value));
        Some(Measured {
            kind,
            field,
            event_at,
            values: values.collect(),
        })
    });
    moments.collect()
}

/// Replays the few servers once more that are to be drawn.
async fn draw(
    series: &dyn SeriesStore,
    plan: &Plan,
    lanes: &[Lane],
    scope: &[&ServerSettings],
) -> Result<Vec<Drawn>, BacktestError> {
    let Some(tried) = lanes.first() else {
        return Ok(Vec::new());
    };
    let mut servers: Vec<ServerId> = Vec::new();
    match plan.draw {
        Some(server) => servers.push(server),
        None => {
            let first = scope.iter().filter(|s| tried.covers(s)).map(|s| s.server);
            for server in tried.troubled().map(|(server, _)| server).chain(first) {
                if !servers.contains(&server) {
                    servers.push(server);
                }
                if servers.len() >= MOST_SERIES {
                    break;
                }
            }
        }
    }
    let mut drawn = Vec::new();
    for server in servers {
        let most = MOST_SERIES.saturating_sub(drawn.len());
        let settings = scope.iter().find(|s| s.server == server && tried.covers(s));
        let Some(settings) = settings.filter(|_| most > 0) else {
            continue;
        };
        let wanted = tried.of(server).map(|incident| incident.subject.clone());
        let mut pen = Pen::new(
            (plan.from, plan.to),
            server,
            wanted.collect(),
            if plan.draw.is_some() { most } else { 1 },
            &plan.rule.condition,
        );
        let mut lane = [plan.lane(&plan.rule)?];
        let mut meter = Meter::start(plan.budget);
        through(
            series,
            plan,
            &[*settings],
            &mut lane,
            &mut meter,
            Some(&mut pen),
        )
        .await?;
        drawn.extend(pen.finish());
    }
    Ok(drawn)
}
