//! The values of each kind that fleet-wide lists sort by: one registry, for who writes them and who sorts by them.

use chrono::{Datelike, NaiveDate};
use noc_pipeline::clock::UnixMs;
use noc_pipeline::payload::{
    Cpanel, Crons, Disks, Inventory, Kind, Litespeed, MailQueue, Metrics, Mysql, Partition,
    Payload, Processes, ReplicationRole, Report,
};

/// What a row of `server_probes` holds, in the order of [`sort_names`].
pub type Values = [Option<f64>; 4];

/// Place of the hours until the first file system of a host is full, in the values of [`Kind::Disks`]. One report does
/// not tell: whoever stores the row looks at those before it and fills it in.
pub const HOURS_TO_FULL: usize = 3;

/// What one report tells; the place behind is for what it does not.
type Told = [Option<f64>; 3];

/// The `lag_s` of a replica that stands still: more than any lag.
const BROKEN: f64 = 1e12;
/// The `connections_pct` of a web server that stopped: more than all of them.
const STOPPED: f64 = 1e3;
/// The `license` of a host whose customers cannot get in: more than any that ends soon.
const INVALID: f64 = 1e7;

/// The names of a kind's values, as `?sort=` takes them; a kind without any is only sorted by its servers.
#[must_use]
pub const fn sort_names(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Metrics => &["load_per_core", "iowait_pct", "cores"],
        Kind::Processes => &["stopped"],
        Kind::Disks => &["worst_pct", "used_pct", "inodes_used_pct", "hours_to_full"],
        Kind::Mysql => &["connections_pct", "lag_s", "slow_queries_per_min"],
        Kind::Litespeed => &["connections_pct", "requests_per_s", "hit_ratio_pct"],
        Kind::MailQueue => &["frozen", "deferred", "oldest_age_s"],
        Kind::Crons => &["jobs", "failed"],
        Kind::Cpanel => &["license", "accounts", "email_accounts"],
        Kind::Inventory => &["spool_bytes", "spool_lost_total", "agent_uptime_s"],
        Kind::Lifecycle | Kind::Backups | Kind::Firewall | Kind::EmailStats => &[],
    }
}

/// Whether a value of the kind is a rate, for which the report before is needed.
#[must_use]
pub const fn needs_before(kind: Kind) -> bool {
    matches!(kind, Kind::Mysql | Kind::Litespeed)
}

/// The values of a report measured at a time; `before` is the report before it, where [`needs_before`] says so and
/// there was one.
#[must_use]
pub fn values_of(at: UnixMs, report: &Report, before: Option<(UnixMs, &Report)>) -> Values {
    let [first, second, third] = told_by(at, report, before);
    [first, second, third, None]
}

fn told_by(at: UnixMs, report: &Report, before: Option<(UnixMs, &Report)>) -> Told {
    let before = before.and_then(|(at, report)| Some((at, report.data()?)));
    match report.data() {
        Some(Payload::Metrics(metrics)) => of_metrics(metrics),
        Some(Payload::Processes(processes)) => [stopped(processes), None, None],
        Some(Payload::Disks(disks)) => of_disks(disks),
        Some(Payload::Mysql(mysql)) => {
            let before = match before {
                Some((at, Payload::Mysql(before))) => Some((at, before)),
                _ => None,
            };
            of_mysql(at, mysql, before)
        }
        Some(Payload::Litespeed(litespeed)) => {
            let before = match before {
                Some((_, Payload::Litespeed(before))) => Some(before),
                _ => None,
            };
            of_litespeed(litespeed, before)
        }
        Some(Payload::MailQueue(queue)) => of_mail_queue(queue),
        Some(Payload::Crons(crons)) => of_crons(crons),
        Some(Payload::Cpanel(cpanel)) => of_cpanel(cpanel),
        Some(Payload::Inventory(inventory)) => of_inventory(inventory),
        Some(
            Payload::Lifecycle(_)
            | Payload::Backups(_)
            | Payload::Firewall(_)
            | Payload::EmailStats(_),
        )
        | None => Told::default(),
    }
}

/// A count as it is sorted by.
#[expect(clippy::cast_precision_loss, reason = "an order needs no 53 bits")]
fn float(count: u64) -> f64 {
    count as f64
}

fn of_mysql(at: UnixMs, mysql: &Mysql, before: Option<(UnixMs, &Mysql)>) -> Told {
    let replication = mysql.replication;
    let runs = replication.io_running == Some(true) && replication.sql_running == Some(true);
    let lag = match replication.role {
        ReplicationRole::Replica => replication
            .lag_s
            .filter(|_| runs)
            .map_or(Some(BROKEN), |lag| Some(float(lag))),
        _ => None,
    };
    let rates = before.map(|(before_at, before)| mysql.rates_since(at, before, before_at));
    let slow = rates.and_then(|rates| rates.slow_queries_per_s);
    [mysql.connections_pct(), lag, slow.map(|slow| slow * 60.0)]
}

fn of_litespeed(litespeed: &Litespeed, before: Option<&Litespeed>) -> Told {
    if litespeed.is_running() == Some(false) {
        return [Some(STOPPED), None, None];
    }
    let hits = before.and_then(|before| litespeed.cache_hit_pct_since(before));
    [litespeed.connections_pct(), litespeed.requests_per_s, hits]
}

fn of_mail_queue(queue: &MailQueue) -> Told {
    [queue.frozen, queue.deferred, queue.oldest_age_s].map(|count| count.map(float))
}

fn of_crons(crons: &Crons) -> Told {
    let failed = crons.entries.iter();
    let failed = failed.filter(|entry| entry.last_exit.is_some_and(|exit| exit > 0));
    let counts = [crons.entries.len(), failed.count()];
    let [jobs, failed] = counts.map(|count| u64::try_from(count).ok().map(float));
    [jobs, failed, None]
}

/// Licences that do not hold first, then those that end soonest, then those that do not say when.
fn of_cpanel(cpanel: &Cpanel) -> Told {
    let ends = |day: NaiveDate| INVALID / 10.0 - f64::from(day.num_days_from_ce());
    let license = match cpanel.license_status.is_valid() {
        Some(false) => Some(INVALID),
        Some(true) => Some(cpanel.license_expires_on.map_or(0.0, ends)),
        None => cpanel.license_expires_on.map(ends),
    };
    let accounts = [cpanel.accounts_active, cpanel.accounts_suspended];
    let known = accounts.iter().flatten().copied();
    let accounts = cpanel.accounts_active.map(|_| known.sum::<u64>());
    [
        license,
        accounts.map(float),
        cpanel.email_accounts.map(float),
    ]
}

fn of_inventory(inventory: &Inventory) -> Told {
    [
        inventory.spool_bytes,
        inventory.spool_lost_total,
        inventory.agent_uptime_s,
    ]
    .map(|count| count.map(float))
}

fn of_metrics(metrics: &Metrics) -> Told {
    let cores = metrics.cores.filter(|cores| *cores > 0).map(float);
    let per_core = metrics.load1.zip(cores);
    [
        per_core.map(|(load, cores)| load / cores),
        metrics.iowait_pct,
        cores,
    ]
}

/// Services that are meant to run and do not.
#[expect(clippy::cast_precision_loss, reason = "there are 200 services at most")]
fn stopped(processes: &Processes) -> Option<f64> {
    let stopped = processes
        .services
        .iter()
        .filter(|service| service.installed && service.enabled && !service.running);
    Some(stopped.count() as f64)
}

/// The fullest file system, by bytes and by inodes.
fn of_disks(disks: &Disks) -> Told {
    let worst = |of: fn(&Partition) -> Option<f64>| {
        let all = disks.partitions.iter().filter_map(of);
        all.max_by(f64::total_cmp)
    };
    let (used, inodes) = (
        worst(Partition::used_pct),
        worst(Partition::inodes_used_pct),
    );
    let both = [used, inodes].into_iter().flatten().max_by(f64::total_cmp);
    [both, used, inodes]
}

#[cfg(test)]
mod tests {
    use super::*;
    use noc_pipeline::payload::{CronEntry, KindError, LicenseStatus, Replication, Service};

    fn of(report: impl Into<Payload>) -> Told {
        told_by(UnixMs(0), &Report::Data(report.into()), None)
    }

    #[test]
    fn every_kind_has_as_many_values_as_a_row_takes() {
        for kind in Kind::ALL {
            let names = sort_names(*kind);
            assert!(names.len() <= Values::default().len(), "{kind:?}");
            assert!(!names.contains(&"name") && !names.contains(&"observed_at"));
            let fourth = names.get(HOURS_TO_FULL);
            assert_eq!(
                fourth.copied(),
                (*kind == Kind::Disks).then_some("hours_to_full")
            );
        }
    }

    #[test]
    fn load_is_compared_with_the_cores_there_are() {
        let metrics = |load1, cores| Metrics {
            load1,
            cores,
            ..Metrics::default()
        };
        assert_eq!(of(metrics(Some(6.0), Some(4)))[0], Some(1.5));
        assert_eq!(of(metrics(Some(6.0), Some(0)))[0], None);
        assert_eq!(of(metrics(Some(6.0), None))[0], None);
    }

    #[test]
    fn the_fullest_disk_counts_whether_by_bytes_or_by_inodes() {
        let disk = |used, inodes| Partition {
            bytes_total: Some(100),
            bytes_used: Some(used),
            inodes_total: Some(100),
            inodes_used: inodes,
            ..Partition::default()
        };
        let partitions = vec![disk(70, None), disk(20, Some(90))];
        assert_eq!(
            of(Disks { partitions }),
            [Some(90.0), Some(70.0), Some(90.0)]
        );
        assert_eq!(of(Disks::default()), Told::default());
    }

    #[test]
    fn a_service_that_is_not_to_run_is_not_stopped() {
        let service = |installed, enabled, running| Service {
            installed,
            enabled,
            running,
            ..Service::default()
        };
        let services = vec![
            service(true, true, false),
            service(true, true, true),
            service(true, false, false),
            service(false, false, false),
        ];
        assert_eq!(of(Processes { services })[0], Some(1.0));
    }

    fn mysql(role: ReplicationRole, lag_s: Option<u64>, slow: u64) -> Mysql {
        Mysql {
            threads_connected: Some(30),
            max_connections: Some(120),
            slow_queries_total: Some(slow),
            uptime_s: Some(10_000),
            replication: Replication {
                role,
                io_running: Some(true),
                sql_running: Some(true),
                lag_s,
            },
            ..Mysql::default()
        }
    }

    #[test]
    fn a_broken_replica_is_further_behind_than_any_lag() {
        let lag = |role, lag_s| of(mysql(role, lag_s, 0))[1];
        assert_eq!(lag(ReplicationRole::Replica, Some(90)), Some(90.0));
        assert_eq!(lag(ReplicationRole::Replica, None), Some(BROKEN));
        assert_eq!(lag(ReplicationRole::None, None), None);
        assert_eq!(lag(ReplicationRole::Unknown, None), None);
        let mut stopped = mysql(ReplicationRole::Replica, Some(0), 0);
        stopped.replication.sql_running = Some(false);
        assert_eq!(of(stopped)[1], Some(BROKEN));
    }

    #[test]
    fn slow_statements_are_counted_between_two_reports() {
        let report = |slow| Report::Data(mysql(ReplicationRole::None, None, slow).into());
        let (before, later, reset) = (report(100), report(112), report(3));
        let at = UnixMs(120_000);
        let slow = |report, before| values_of(at, report, before)[2];
        assert_eq!(slow(&later, Some((UnixMs(0), &before))), Some(6.0));
        assert_eq!(slow(&reset, Some((UnixMs(0), &before))), None);
        assert_eq!(slow(&later, None), None, "a first report has no rate");
        assert_eq!(values_of(at, &later, None)[0], Some(25.0));
    }

    #[test]
    fn a_stopped_web_server_is_worse_than_a_full_one() {
        let web = |report_age_s| Litespeed {
            connections: Some(100),
            max_connections: Some(100),
            requests_per_s: Some(5.0),
            report_age_s: Some(report_age_s),
            ..Litespeed::default()
        };
        assert_eq!(of(web(3))[..2], [Some(100.0), Some(5.0)]);
        assert_eq!(of(web(61)), [Some(STOPPED), None, None]);
    }

    #[test]
    fn licences_in_trouble_come_before_those_that_end_soon() {
        let license = |status, day: Option<&str>| {
            of(Cpanel {
                license_status: status,
                license_expires_on: day.map(|day| day.parse().unwrap()),
                ..Cpanel::default()
            })[0]
        };
        let mut worst_first = [
            license(LicenseStatus::Expired, Some("2020-01-01")),
            license(LicenseStatus::Active, Some("2026-05-08")),
            license(LicenseStatus::Unknown, Some("2027-01-01")),
            license(LicenseStatus::Trial, None),
            license(LicenseStatus::Unknown, None),
        ];
        let expected = worst_first;
        worst_first.sort_by(|a, b| b.partial_cmp(a).unwrap());
        assert_eq!(worst_first, expected);
    }

    #[test]
    fn jobs_that_failed_are_counted() {
        let entry = |last_exit| CronEntry {
            last_exit,
            ..CronEntry::default()
        };
        let entries = vec![entry(None), entry(Some(0)), entry(Some(2))];
        let crons = Crons {
            timezone: "UTC".to_owned(),
            entries,
        };
        assert_eq!(of(crons), [Some(3.0), Some(1.0), None]);
    }

    #[test]
    fn what_cannot_be_read_has_no_values() {
        let report = Report::Unreadable {
            kind: Kind::Disks,
            error: KindError::NoPermission,
            hint: None,
        };
        assert_eq!(values_of(UnixMs(0), &report, None), Values::default());
    }
}
