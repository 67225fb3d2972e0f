//! `mysql`: statements follow the crowd, counters begin anew with each start.

use super::View;
use super::counter::count;
use super::unreadable;
use crate::simulate::fault::{Fault, FaultKind};
use crate::simulate::host::What;
use crate::simulate::noise::{real, whole};
use noc_pipeline::payload::{Kind, KindError, Mysql, Replication, ReplicationRole, Report};

pub(super) fn measure(view: &View<'_>) -> Option<Report> {
    let host = view.host;
    let (flavour, version) = host.stack.database?;
    let service = host.database_service()?;
    if !host.is_running(service, view.faults, view.at) {
        let hint = "ERROR 2002 (HY000): Can't connect to local server through socket (111)";
        return Some(unreadable(Kind::Mysql, KindError::CollectorError, hint));
    }
    let start = host.service_start(service, view.faults, view.at);
    let noise = host.noise;
    let draw = |n: u64, low: f64, high: f64| noise.between(What::Database.id(), n, low, high);
    let max_connections = 150 + 50 * noise.choose(What::Database.id(), 0, 8) as u64;
    let drift = noise.drift(What::Database.nth(1), view.at.0, 7 * 60_000);
    let mut share =
        draw(1, 0.04, 0.10) + draw(2, 0.05, 0.28) * host.crowd.share(view.at) * (0.7 + 0.6 * drift);
    if view.suffers(&FaultKind::MysqlSaturated) {
        share = noise.between(What::Database.nth(2), view.minute(), 0.96, 1.0);
    }
    let per_hour = 3_600.0 * draw(3, 20.0, 900.0);
    Some(Report::Data(
        Mysql {
            flavour: flavour.to_owned(),
            version: version.to_owned(),
            threads_connected: Some(whole(real(max_connections) * share).max(1)),
            max_connections: Some(max_connections),
            questions_total: Some(count(view, What::Database.nth(3), per_hour, start)),
            slow_queries_total: Some(count(
                view,
                What::Database.nth(4),
                per_hour * draw(4, 1e-6, 4e-5),
                start,
            )),
            deadlocks_total: (flavour == "mariadb")
                .then(|| count(view, What::Database.nth(5), draw(5, 0.0, 0.3), start)),
            uptime_s: Some(view.at.since(start).as_secs()),
            replication: replication(view),
            hint: None,
        }
        .into(),
    ))
}

fn replication(view: &View<'_>) -> Replication {
    if !view.host.is_replica() {
        // Whoever comes next may replicate from this one.
        let role = if view.host.role == crate::simulate::Role::Db {
            ReplicationRole::Primary
        } else {
            ReplicationRole::None
        };
        return Replication {
            role,
            io_running: None,
            sql_running: None,
            lag_s: None,
        };
    }
    let broken = view.suffers(&FaultKind::ReplicationBroken);
    let own = view
        .host
        .noise
        .events(What::Database.nth(6), view.minute(), 0.4);
    Replication {
        role: ReplicationRole::Replica,
        io_running: Some(true),
        sql_running: Some(!broken),
        lag_s: (!broken).then(|| {
            own + view
                .faults
                .iter()
                .map(|fault| lag(view, fault))
                .sum::<u64>()
        }),
    }
}

/// A second each second while it lasts; made up for four times as fast afterwards.
fn lag(view: &View<'_>, fault: &Fault) -> u64 {
    if !matches!(
        fault.kind,
        FaultKind::ReplicationLag | FaultKind::ReplicationBroken
    ) || fault.from > view.at
    {
        return 0;
    }
    let grown = fault.overlap(fault.from, view.at).as_secs();
    let since_end = fault
        .until
        .map_or(0, |until| view.at.since(until).as_secs());
    grown.saturating_sub(since_end * 4)
}
