//! From entries to faults and truths.

use super::choose::Chooser;
use super::entry::{Anomaly, Entry};
use super::hosts::{network_of, service_of, simple};
use super::span::Span;
use super::verdict::{Case, MINUTES, Verdict, secs};
use super::{Expect, Plan, Stage, Truth};
use crate::simulate::fault::{Fault, FaultKind};
use noc_pipeline::clock::UnixMs;
use std::collections::BTreeMap;
use std::time::Duration;

/// Makes a plan, entry by entry.
pub(super) struct Planner<'a> {
    pub(super) stage: Stage<'a>,
    pub(super) chooser: Chooser,
    pub(super) plan: Plan,
    numbers: BTreeMap<&'static str, u32>,
}

impl<'a> Planner<'a> {
    pub(super) fn new(stage: Stage<'a>) -> Self {
        Self {
            chooser: Chooser::new(stage.seed, stage.fleet.len()),
            stage,
            plan: Plan::default(),
            numbers: BTreeMap::new(),
        }
    }

    pub(super) fn finish(mut self) -> Plan {
        self.interrupted_backups();
        self.services_of_hosts_that_start();
        self.plan
            .truth
            .sort_by(|a, b| (a.from, &a.id).cmp(&(b.from, &b.id)));
        self.plan
    }

    /// So long in the time of the simulation.
    pub(super) fn scaled(&self, span: Span) -> Duration {
        span.0.div_f64(self.stage.speed.max(1e-6))
    }

    pub(super) fn add(&mut self, entry: &Entry) -> Result<(), String> {
        let from = self.stage.begin.plus(self.scaled(entry.at));
        if self.stage.end.is_some_and(|end| from >= end) {
            return Ok(());
        }
        let until = entry.lasts.map(|lasts| from.plus(self.scaled(lasts)));
        let kind = entry.what.name();
        match &entry.what {
            Anomaly::OurOutage {} => self.our_outage(from, until),
            Anomaly::RackOutage {} => match self.chooser.rack(self.stage.fleet) {
                Some(members) => self.rack_outage(&members, from, until),
                None => self.left_out(kind, "the fleet fills no rack"),
            },
            Anomaly::Campaign { per_minute } => {
                let members = self
                    .chooser
                    .servers(self.stage.fleet, &entry.on, &entry.what)?;
                self.campaign(&members, *per_minute, from, until);
            }
            what => {
                let servers = self.chooser.servers(self.stage.fleet, &entry.on, what)?;
                if servers.is_empty() {
                    self.left_out(kind, "no server of the fleet can have it");
                }
                for server in servers {
                    let fleet = self.stage.fleet;
                    let Some(host) = fleet.host(server) else {
                        continue;
                    };
                    self.one(
                        &Case {
                            kind,
                            host,
                            from,
                            until,
                        },
                        what,
                    );
                }
            }
        }
        Ok(())
    }

    pub(super) fn left_out(&mut self, kind: &str, why: &str) {
        self.plan.left_out.push(format!("{kind}: {why}"));
    }

    pub(super) fn fault(&mut self, case: &Case<'_>, kind: FaultKind) {
        self.plan.faults.push(Fault {
            server: case.host.n,
            from: case.from,
            until: case.until,
            kind,
        });
    }

    pub(super) fn truth(&mut self, case: &Case<'_>, verdict: Verdict) {
        let truth = self.truth_of(case.kind, case.from, case.until, verdict);
        let server = case.host.n;
        self.plan.truth.push(Truth {
            server: Some(server),
            host: Some(crate::simulate::host_name(self.stage.prefix, server)),
            ..truth
        });
    }

    fn truth_of(
        &mut self,
        kind: &'static str,
        from: UnixMs,
        until: Option<UnixMs>,
        verdict: Verdict,
    ) -> Truth {
        let number = self.numbers.entry(kind).or_default();
        *number += 1;
        let onset = from.plus(verdict.onset);
        Truth {
            id: format!("{kind}-{number}"),
            kind,
            expect: verdict.expect,
            detector: verdict.detector,
            also: verdict.also.to_vec(),
            severity: verdict.severity,
            page: verdict.expect == Expect::Incident
                && matches!(verdict.severity, Some("high" | "critical")),
            server: None,
            host: None,
            server_id: None,
            members: Vec::new(),
            subjects: verdict.subjects,
            from,
            until,
            onset,
            deadline: onset.plus(verdict.within),
        }
    }

    fn our_outage(&mut self, from: UnixMs, until: Option<UnixMs>) {
        let servers = 0..self.stage.fleet.len();
        self.plan.faults.extend(servers.map(|server| Fault {
            server,
            from,
            until,
            kind: FaultKind::NetworkCut,
        }));
        let quiet = Verdict::quiet("server_down").or(&["fleet_silent"]);
        let truth = self.truth_of("our_outage", from, until, quiet);
        self.plan.truth.push(truth);
    }

    fn rack_outage(&mut self, members: &[u32], from: UnixMs, until: Option<UnixMs>) {
        self.plan.faults.extend(members.iter().map(|server| Fault {
            server: *server,
            from,
            until,
            kind: FaultKind::Reboot { goodbye: false },
        }));
        let verdict = Verdict::incident("fleet_silent", "critical", MINUTES).after(secs(180));
        let also = &[
            "server_down",
            "unexpected_reboot",
            "probe_silent",
            "cron_overdue",
            "backup_stale",
        ];
        let truth = self.truth_of("rack_outage", from, until, verdict.or(also));
        self.plan.truth.push(Truth {
            members: members.to_vec(),
            ..truth
        });
    }

    fn campaign(&mut self, members: &[u32], per_minute: u32, from: UnixMs, until: Option<UnixMs>) {
        let attacker = self.chooser.bits();
        self.plan.faults.extend(members.iter().map(|server| Fault {
            server: *server,
            from,
            until,
            kind: FaultKind::BruteForce {
                per_minute,
                attacker,
            },
        }));
        let verdict =
            Verdict::incident("attack_campaign", "medium", secs(600)).or(&["firewall_attack"]);
        let truth = self.truth_of("campaign", from, until, verdict.about(network_of(attacker)));
        self.plan.truth.push(Truth {
            members: members.to_vec(),
            ..truth
        });
    }

    fn one(&mut self, case: &Case<'_>, what: &Anomaly) {
        match what {
            Anomaly::HackedMailbox { .. }
            | Anomaly::ScriptSpam { .. }
            | Anomaly::Newsletter { .. } => {
                self.mail(case, what);
            }
            Anomaly::BackupStops {}
            | Anomaly::BackupFails {}
            | Anomaly::BackupPartial {}
            | Anomaly::BackupEmpty {}
            | Anomaly::DstChange { .. } => self.night(case, what),
            Anomaly::DiskFill { mount, full_after } => self.disk(case, mount, *full_after, false),
            Anomaly::InodeFill { mount, full_after } => self.disk(case, mount, *full_after, true),
            Anomaly::ServiceDown { service } | Anomaly::CrashLoop { service, .. } => {
                let Some(service) = service_of(case.host, service) else {
                    return;
                };
                let every_s = match what {
                    Anomaly::CrashLoop { every, .. } => {
                        Some(u32::try_from(every.0.as_secs()).unwrap_or(150))
                    }
                    _ => None,
                };
                self.service(case, service, every_s);
            }
            what => {
                let bits = self.chooser.bits();
                if let Some((fault, verdict)) = simple(case, what, bits) {
                    self.fault(case, fault);
                    self.truth(case, verdict);
                }
            }
        }
    }
}
