//! Whatever is simulated is what ingest takes, to the last field.

use super::*;
use crate::simulate::{MailBurst, Newsletter, NewsletterDay, Script, Stage, write_batch};
use noc_pipeline::payload::parse_batch;
use proptest::prelude::*;
use std::collections::BTreeSet;
use std::time::Duration;

/// Parses every request of a fleet as it arrives; which kinds came.
fn all_is_taken(
    fleet: &Arc<Fleet>,
    from: UnixMs,
    minutes: i64,
    broken_allowed: bool,
) -> BTreeSet<Kind> {
    let mut kinds = BTreeSet::new();
    let until = UnixMs(from.0 + minutes * MINUTE);
    for (server, request) in Playback::new(fleet, 7, from, until) {
        let mut body = Vec::new();
        write_batch(&mut body, &request.payloads, request.sent_at);
        let parsed = parse_batch(&body, request.at).unwrap();
        assert_eq!(parsed.len(), request.payloads.len());
        for (parsed, sent) in parsed.into_iter().zip(&request.payloads) {
            let kind = sent.said.kind();
            let parsed = parsed.unwrap_or_else(|errors| panic!("{kind:?} of {server}: {errors}"));
            match &sent.said {
                Said::Report(report) => {
                    assert!(
                        parsed.refused_fields.is_empty(),
                        "{kind:?}: {:?}",
                        parsed.refused_fields
                    );
                    if parsed.event_at == sent.observed_at {
                        assert_eq!(
                            parsed.report.as_ref(),
                            report,
                            "{kind:?} is read as it was meant"
                        );
                    }
                }
                Said::Broken(..) => {
                    assert!(broken_allowed && !parsed.refused_fields.is_empty());
                }
            }
            kinds.insert(kind);
        }
    }
    kinds
}

#[test]
fn a_day_of_a_mixed_fleet_is_taken_and_has_every_kind() {
    let fleet = Arc::new(Fleet::new(3, 22));
    let mut kinds = BTreeSet::new();
    for from in [0, 9 * HOUR, 19 * HOUR] {
        kinds.extend(all_is_taken(&fleet, later(DAY + from), 125, false));
    }
    // Backups end at night, wherever that is.
    kinds.extend(all_is_taken(&fleet, later(DAY + 21 * HOUR), 120, false));
    assert_eq!(kinds.into_iter().collect::<Vec<_>>(), Kind::ALL.to_vec());
}

#[test]
fn the_whole_script_is_taken() {
    let fleet = Fleet::new(11, 24);
    let stage = Stage {
        fleet: &fleet,
        seed: 11,
        prefix: "sim",
        begin: MONDAY,
        end: Some(later(28 * DAY)),
        speed: 1.0,
    };
    let plan = Script::shipped("default").unwrap().plan(stage).unwrap();
    let starts: BTreeSet<UnixMs> = plan.truth.iter().map(|truth| truth.onset).collect();
    let fleet = Arc::new(fleet.with_faults(plan.faults));
    for onset in starts.into_iter().filter(|at| *at < later(28 * DAY)) {
        all_is_taken(&fleet, UnixMs(onset.0 - MINUTE), 3, true);
    }
}

fn any_kind() -> impl Strategy<Value = FaultKind> {
    let burst = (
        any::<u64>(),
        any::<bool>(),
        0.0..20_000.0,
        0..400_u32,
        0..400_u32,
        0..40_u32,
        0.0..1.0,
        any::<bool>(),
    );
    prop_oneof![
        Just(FaultKind::NetworkCut),
        any::<bool>().prop_map(|goodbye| FaultKind::Reboot { goodbye }),
        (-400_i64..400).prop_map(|minutes| FaultKind::ClockSkew {
            by_ms: minutes * 57_000
        }),
        Just(FaultKind::DuplicateAgent),
        Just(FaultKind::Overload),
        Just(FaultKind::CpuBusy),
        prop_oneof![Just("lsws"), Just("mysqld"), Just("exim")].prop_map(|service| {
            FaultKind::ServiceDown {
                service: service.to_owned(),
            }
        }),
        (1..1_000_u32).prop_map(|every_s| FaultKind::CrashLoop {
            service: "mysqld".to_owned(),
            every_s
        }),
        (1..100_000_u32).prop_map(|s| FaultKind::DiskFilling {
            mount: "/home".to_owned(),
            full_after_s: s
        }),
        (1..100_000_u32).prop_map(|s| FaultKind::InodesFilling {
            mount: "/".to_owned(),
            full_after_s: s
        }),
        (0.0..2.0).prop_map(|rise| FaultKind::NightlySawtooth {
            mount: "/".to_owned(),
            rise
        }),
        burst.prop_map(
            |(login, by_script, per_hour, domains, addresses, countries, failures, by_day)| {
                FaultKind::MailBurst(MailBurst {
                    login,
                    by_script,
                    per_hour,
                    ramp: Duration::from_secs(addresses.into()),
                    domains,
                    addresses,
                    countries,
                    failures,
                    by_day,
                })
            }
        ),
        (
            any::<u64>(),
            0..7_u8,
            0..1_440_u32,
            0..3_000_u32,
            0..1_000_000_u32
        )
            .prop_map(|(login, day, minute_of_day, minutes, recipients)| {
                FaultKind::Newsletter(Newsletter {
                    login,
                    on: NewsletterDay::Weekly(day),
                    minute_of_day,
                    minutes,
                    recipients,
                })
            }),
        any::<u32>().prop_map(|frozen| FaultKind::QueueFreeze { frozen }),
        any::<u32>().prop_map(|per_hour| FaultKind::DeadSmarthost { per_hour }),
        Just(FaultKind::MysqlSaturated),
        Just(FaultKind::ReplicationBroken),
        Just(FaultKind::ReplicationLag),
        Just(FaultKind::CacheCold),
        Just(FaultKind::BackupsFail),
        Just(FaultKind::BackupsPartial),
        Just(FaultKind::BackupsEmpty),
        (0..300_u32, any::<u64>()).prop_map(|(per_minute, attacker)| FaultKind::BruteForce {
            per_minute,
            attacker
        }),
        Just(FaultKind::CronStops),
        Just(FaultKind::LicenseEnds),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn any_fleet_at_any_time_with_any_trouble_is_taken(
        seed in any::<u64>(), start in 1_500_000_000_i64..2_200_000_000, first in 0..200_u32,
        troubles in prop::collection::vec((0..4_u32, -90..20_i64, 1..120_i64, any_kind()), 0..5),
    ) {
        let from = UnixMs(start * 1_000);
        // Four servers out of the middle of a larger fleet would cost its making: the first four, of another seed.
        let fleet = Fleet::new(seed ^ u64::from(first), 9);
        let faults = troubles.into_iter().map(|(server, minute, lasts, kind)| Fault {
            server: server * 2,
            from: UnixMs(from.0 + minute * MINUTE),
            until: Some(UnixMs(from.0 + (minute + lasts) * MINUTE)),
            kind,
        });
        all_is_taken(&Arc::new(fleet.with_faults(faults)), from, 12, false);
    }
}
