//! Hosts, their services, file systems, queues and databases: what is wrong with them and who should notice.

use super::choose::last_mount;
use super::entry::Anomaly;
use super::plan::Planner;
use super::seen::Alone;
use super::span::Span;
use super::verdict::{Case, FIVES, HOURS, MINUTES, Verdict, secs};
use super::{Expect, Truth};
use crate::simulate::calendar::DAY_MS;
use crate::simulate::fault::{Fault, FaultKind};
use crate::simulate::host::Host;
use noc_pipeline::clock::UnixMs;
use std::time::Duration;

impl Planner<'_> {
    pub(super) fn service(&mut self, case: &Case<'_>, service: String, every_s: Option<u32>) {
        let critical = matches!(service.as_str(), "mysqld" | "mariadbd" | "lsws" | "exim");
        // Both names of the database are one service.
        let subject = if service == "mariadbd" {
            "mysqld".to_owned()
        } else {
            service.clone()
        };
        let (fault, verdict) = match every_s {
            Some(every_s) => (
                FaultKind::CrashLoop { service, every_s },
                Verdict::incident("service_flapping", "high", MINUTES)
                    .after(secs(u64::from(every_s) * 3))
                    .or(&["service_down"]),
            ),
            None => (
                FaultKind::ServiceDown { service },
                Verdict::incident(
                    "service_down",
                    if critical { "critical" } else { "high" },
                    secs(180),
                )
                .or(&["probe_silent", "mail_queue_spike"]),
            ),
        };
        self.fault(case, fault);
        self.truth(case, verdict.about(subject));
    }

    pub(super) fn disk(
        &mut self,
        case: &Case<'_>,
        mount: &Option<String>,
        full_after: Span,
        inodes: bool,
    ) {
        let Some((mount, _)) = last_mount(case.host, mount) else {
            return;
        };
        let full_after = self.scaled(full_after);
        let full_after_s = u32::try_from(full_after.as_secs())
            .unwrap_or(u32::MAX)
            .max(1);
        let usual = self.stage.fleet.usual_share(case.host.n, mount, case.from);
        let (bytes, nodes) = usual.unwrap_or((0.5, 0.3));
        let (share, detector, kind) = if inodes {
            (
                nodes,
                "disk_inodes",
                FaultKind::InodesFilling {
                    mount: mount.to_owned(),
                    full_after_s,
                },
            )
        } else {
            (
                bytes,
                "disk_bytes",
                FaultKind::DiskFilling {
                    mount: mount.to_owned(),
                    full_after_s,
                },
            )
        };
        // From then on nine tenths are in use.
        let onset = full_after.mul_f64(((0.9 - share) / (1.0 - share)).clamp(0.0, 1.0));
        let severity = if case
            .until
            .is_none_or(|until| until > case.from.plus(full_after))
        {
            "critical"
        } else {
            "medium"
        };
        self.fault(case, kind);
        let verdict = Verdict::incident(detector, severity, FIVES).after(onset);
        self.truth(case, verdict.about(mount).or(&["disk_full_soon"]));
    }
}

impl Planner<'_> {
    /// A service that goes down while its host is restarted is down, in truth, from when the host is up: before that it has
    /// no agent that could tell.
    pub(super) fn services_of_hosts_that_start(&mut self) {
        // With the zones that `dst_change` gives its hosts: they say when a host's nights are.
        let fleet = self.stage.fleet.clone();
        let fleet = fleet.with_faults(self.plan.faults.clone());
        let of_a_service = |truth: &&mut Truth| matches!(truth.kind, "service_down" | "crash_loop");
        for truth in self.plan.truth.iter_mut().filter(of_a_service) {
            let Some(host) = truth.server.and_then(|server| fleet.host(server)) else {
                continue;
            };
            let own = self.plan.faults.iter().filter(|f| f.server == host.n);
            let own: Vec<Fault> = own.cloned().collect();
            let up_at = host.boot(&own, truth.from).up_at;
            if up_at <= truth.from {
                continue;
            }
            let later = up_at.since(truth.from);
            if truth.until.is_some_and(|until| until <= up_at) {
                // Over before anybody could see it.
                (truth.expect, truth.page) = (Expect::Either, false);
                continue;
            }
            truth.from = up_at;
            truth.onset = truth.onset.plus(later);
            truth.deadline = truth.deadline.plus(later);
        }
    }
}

/// A queue that grows: as soon as it is long enough for its host.
fn queue(case: &Case<'_>, kind: &FaultKind) -> Verdict {
    let fault = [Fault {
        server: case.host.n,
        from: case.from,
        until: case.until,
        kind: kind.clone(),
    }];
    let alone = Alone {
        host: case.host,
        fault: &fault,
    };
    let until = case.until.unwrap_or(UnixMs(case.from.0 + DAY_MS));
    match alone.queue_breaks(case.from, until) {
        Some(onset) => {
            Verdict::incident("mail_queue_spike", "high", FIVES).after(onset.since(case.from))
        }
        // Too few to be told from what is usual there.
        None => Verdict::quiet("mail_queue_spike").either(),
    }
}

/// Those that are one fault and one verdict.
pub(super) fn simple(case: &Case<'_>, what: &Anomaly, bits: u64) -> Option<(FaultKind, Verdict)> {
    let lasted = case
        .until
        .map_or(Duration::MAX, |until| until.since(case.from));
    Some(match what {
        Anomaly::ServerSilent {} => {
            // What would have begun meanwhile is told by nobody.
            let verdict = Verdict::incident("server_down", "critical", MINUTES).after(secs(300));
            (FaultKind::Silence, verdict.or(&["backup_stale"]))
        }
        Anomaly::Reboot { goodbye } => {
            let verdict = if *goodbye {
                Verdict::quiet("server_down").or(&["unexpected_reboot"])
            } else {
                let up = Verdict::incident("unexpected_reboot", "high", MINUTES)
                    .after(lasted.min(secs(86_400)));
                up.or(&["server_down", "cron_overdue", "backup_stale"])
            };
            (FaultKind::Reboot { goodbye: *goodbye }, verdict)
        }
        Anomaly::NetworkGap {} => {
            let down = Verdict::incident("server_down", "critical", MINUTES).after(secs(300));
            // Two lost reports leave three intervals between those that came: that is shown, and pages nobody.
            let verdict = match lasted.as_secs() {
                0..=60 => Verdict::quiet("server_down"),
                61..=150 => Verdict::quiet("server_down").either(),
                151..=420 => down.either(),
                _ => down,
            };
            (FaultKind::NetworkCut, verdict)
        }
        Anomaly::ClockSkew { ahead, behind } => {
            let ms = |span: &Option<Span>| span.map_or(0, |span| span.0.as_millis() as i64);
            let by_ms = ms(ahead) - ms(behind);
            let verdict = if by_ms.abs() < 300_000 {
                Verdict::quiet("clock_skew")
            } else {
                Verdict::incident("clock_skew", "low", MINUTES)
            };
            (FaultKind::ClockSkew { by_ms }, verdict)
        }
        Anomaly::DuplicateAgent {} => (
            FaultKind::DuplicateAgent,
            // The other host was started at another time, which its first report shows before anybody knows of two.
            Verdict::incident("duplicate_agent", "high", secs(180)).or(&["unexpected_reboot"]),
        ),
        Anomaly::BadNumbers {} => (FaultKind::BadNumbers, Verdict::quiet("server_down")),
        Anomaly::Overload {} => (
            FaultKind::Overload,
            Verdict::incident("overload", "medium", MINUTES).after(secs(600)),
        ),
        Anomaly::CpuBusy {} => (
            FaultKind::CpuBusy,
            Verdict::incident("rule", "medium", MINUTES).either(),
        ),
        Anomaly::NightlySawtooth { mount, rise } => {
            let (mount, _) = last_mount(case.host, mount)?;
            let kind = FaultKind::NightlySawtooth {
                mount: mount.to_owned(),
                rise: *rise,
            };
            (
                kind,
                Verdict::quiet("disk_full_soon")
                    .about(mount)
                    .or(&["disk_bytes"]),
            )
        }
        Anomaly::QueueFreeze { frozen } => {
            let kind = FaultKind::QueueFreeze { frozen: *frozen };
            let verdict = queue(case, &kind);
            (kind, verdict.about("frozen"))
        }
        Anomaly::DeadSmarthost { per_hour } => {
            let kind = FaultKind::DeadSmarthost {
                per_hour: *per_hour,
            };
            let verdict = queue(case, &kind);
            (kind, verdict.about("deferred"))
        }
        Anomaly::MysqlSaturated {} => {
            let verdict = Verdict::incident("mysql_saturation", "high", MINUTES).after(secs(180));
            (FaultKind::MysqlSaturated, verdict)
        }
        Anomaly::ReplicationBroken {} => (
            FaultKind::ReplicationBroken,
            Verdict::incident("mysql_replication", "high", secs(180)),
        ),
        Anomaly::ReplicationLag {} => {
            let verdict = Verdict::incident("mysql_replication", "high", MINUTES).after(secs(900));
            (FaultKind::ReplicationLag, verdict)
        }
        Anomaly::CacheCold {} => {
            let verdict =
                Verdict::incident("litespeed_cache", "low", secs(3_600)).after(secs(3_600));
            (FaultKind::CacheCold, verdict)
        }
        Anomaly::BruteForce { per_minute } => {
            let verdict = Verdict::incident("firewall_attack", "medium", secs(240));
            let verdict = verdict
                .after(secs(60 * 50 / u64::from((*per_minute).max(1))))
                .about(network_of(bits));
            (
                FaultKind::BruteForce {
                    per_minute: *per_minute,
                    attacker: bits,
                },
                verdict,
            )
        }
        Anomaly::CronStops {} => {
            let verdict = Verdict::incident("cron_overdue", "medium", HOURS).after(secs(3_600));
            (FaultKind::CronStops, verdict)
        }
        Anomaly::LicenseEnds {} => (
            FaultKind::LicenseEnds,
            Verdict::incident("cpanel_license", "critical", HOURS),
        ),
        _ => return None,
    })
}

/// The /24 that an attacker's addresses are of.
pub(super) fn network_of(attacker: u64) -> String {
    let first = crate::simulate::host::names::stranger(attacker & !0xff);
    format!("{first}/24")
}

pub(super) fn service_of(host: &Host, wanted: &Option<String>) -> Option<String> {
    let first = host
        .stack
        .services
        .first()
        .map(|(name, _)| (*name).to_owned());
    wanted.clone().or(first)
}
