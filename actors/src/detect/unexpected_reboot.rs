//! `unexpected_reboot`: the host was restarted and its agent had not said goodbye.
//!
//! The host's uptime fell, and another run of its agent tells so: no agent outlives a reboot, so a number that wobbles
//! is none. Where the uptime is never told, the start in the inventory decides. High; three within an hour are
//! critical. Over after 24 h. Where `server_down` has just paged for the same outage this one is shown only.

use super::duplicate_agent::DuplicateAgent;
use super::series::{Judged, Of};
use super::server_down::{NOT_PAGED, ServerDown};
use super::{
    Context, Detector, Finding, Info, Judgement, Number, Observation, Title, Verdict, page_hold,
    span,
};
use crate::incident::lifecycle::Phase;
use crate::state::ClockMs;
use noc_pipeline::clock::UnixMs;
use noc_pipeline::control::Severity;
use noc_pipeline::payload::{Kind, LifecycleEvent, Payload, Unit};
use noc_pipeline::record::PayloadRecord;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Uptimes are rounded.
const WOBBLE_S: u64 = 2;
/// Hosts work out their start from a clock that is set now and then.
const SAME_BOOT: Duration = Duration::from_secs(120);
/// So many reboots are remembered.
const MOST: usize = 16;
/// A page of `server_down` this long ago was about the same outage.
const SAME_OUTAGE: Duration = Duration::from_secs(600);

/// The detector.
#[derive(Debug, Clone, Copy)]
pub struct UnexpectedReboot;

/// What is remembered of a host's starts.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Boots {
    last: Option<Last>,
    /// The start by the inventory, and the run of the agent that told it.
    boot_at: Option<(UnixMs, u32)>,
    /// The last goodbye, until something newer is heard.
    goodbye: Option<UnixMs>,
    /// Those without a goodbye, oldest first.
    reboots: Vec<Reboot>,
}

/// The last report of the uptime.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Last {
    run: u32,
    at: UnixMs,
    uptime_s: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Reboot {
    /// When it was seen.
    seen: ClockMs,
    /// The first run of the agent after it.
    run: u32,
    /// The last word of the run before it.
    after: UnixMs,
}

/// A reboot as it was noticed.
struct Noticed {
    boot_at: UnixMs,
    was_up: Option<Duration>,
    expected: bool,
}

impl Detector for UnexpectedReboot {
    type State = Boots;

    const INFO: Info = Info {
        key: "unexpected_reboot",
        code: 11,
        version: 1,
        kinds: &[Kind::Metrics, Kind::Lifecycle, Kind::Inventory],
        also: &[],
        // It does, and forgets by itself what it compares with.
        compares_reports: false,
        judges: Some(Judged {
            metrics: &["metrics.uptime_s"],
            of: Of::Host,
            fine: None,
        }),
        name: "Unexpected reboot",
        about: "The host was restarted although its agent had not said goodbye. Three times in an hour is critical.",
        severities: &[Severity::High, Severity::Critical],
        numbers: &[
            Number {
                key: "critical_count",
                unit: Unit::Count,
                default: 3.0,
                min: 2.0,
                max: 16.0,
                about: "So many reboots within critical_window_s are critical",
            },
            Number {
                key: "critical_window_s",
                unit: Unit::Seconds,
                default: 3_600.0,
                min: 300.0,
                max: 86_400.0,
                about: "See critical_count",
            },
            Number {
                key: "clear_after_s",
                unit: Unit::Seconds,
                default: 86_400.0,
                min: 300.0,
                max: 2_592_000.0,
                about: "How long without another one ends it",
            },
        ],
        docs: include_str!("docs/unexpected_reboot.md"),
    };

    fn judge<'a>(&self, state: &Boots, at: &Context<'a>) -> Judgement<'a, Boots> {
        let mut next = state.clone();
        let verdict = next.judge(at);
        Judgement {
            patch: Some(next),
            verdicts: verdict.into_iter().collect(),
        }
    }
}

impl Boots {
    fn judge<'a>(&mut self, at: &Context<'a>) -> Option<Verdict<'a>> {
        let Observation::Report(record) = at.seen else {
            return None;
        };
        if at.tracks.is_open(DuplicateAgent::INFO.code) {
            // The uptimes of two hosts in turns.
            (self.last, self.boot_at) = (None, None);
            return Some(Verdict::unknown("", "two agents report as this server"));
        }
        let noticed = match record.report.data()? {
            Payload::Metrics(metrics) => self.metrics(record, metrics.uptime_s),
            Payload::Lifecycle(lifecycle) => {
                if lifecycle.event == LifecycleEvent::Stop {
                    self.goodbye = Some(record.event_at);
                }
                None
            }
            Payload::Inventory(told) => self.inventory(record, told.boot_at),
            _ => None,
        };
        let clear_after = at.seconds(&UnexpectedReboot::INFO, "clear_after_s");
        self.reboots
            .retain(|reboot| at.clock.since(reboot.seen) < clear_after);
        match noticed.filter(|noticed| !noticed.expected) {
            Some(noticed) => {
                if self.reboots.len() >= MOST {
                    self.reboots.remove(0);
                }
                self.reboots.push(Reboot {
                    seen: at.clock,
                    run: run(record),
                    after: self.last.map_or(noticed.boot_at, |last| last.at),
                });
                self.keep(record);
                Some(Verdict::breach("", self.finding(&noticed, at)))
            }
            None => {
                self.keep(record);
                self.reboots.is_empty().then(|| Verdict::clear(""))
            }
        }
    }

    /// A report of the uptime.
    fn metrics(&mut self, record: &PayloadRecord, uptime_s: Option<u64>) -> Option<Noticed> {
        let uptime_s = uptime_s?;
        let goodbye = self.goodbye.filter(|said| *said < record.event_at);
        if goodbye.is_some() {
            self.goodbye = None;
        }
        let last = self.last?;
        let fell = uptime_s.saturating_add(WOBBLE_S) < last.uptime_s;
        (fell && last.run != run(record)).then(|| Noticed {
            boot_at: record.event_at.minus(Duration::from_secs(uptime_s)),
            was_up: Some(Duration::from_secs(last.uptime_s)),
            expected: goodbye.is_some_and(|said| said >= last.at),
        })
    }

    /// What the inventory says of the start: it decides alone where no uptime is told, and takes back a reboot that it
    /// knows nothing of.
    fn inventory(&mut self, record: &PayloadRecord, boot_at: UnixMs) -> Option<Noticed> {
        let run = run(record);
        self.reboots
            .retain(|reboot| reboot.run != run || boot_at.plus(SAME_BOOT) >= reboot.after);
        let (before, told_by) = self.boot_at.replace((boot_at, run))?;
        let moved = boot_at > before.plus(SAME_BOOT) && told_by != run;
        if self.last.is_some() || !moved {
            return None;
        }
        let goodbye = self.goodbye.take_if(|said| *said < record.event_at);
        Some(Noticed {
            boot_at,
            was_up: None,
            expected: goodbye.is_some(),
        })
    }

    fn keep(&mut self, record: &PayloadRecord) {
        if let Some(Payload::Metrics(metrics)) = record.report.data()
            && let Some(uptime_s) = metrics.uptime_s
        {
            self.last = Some(Last {
                run: run(record),
                at: record.event_at,
                uptime_s,
            });
        }
    }

    fn finding(&self, noticed: &Noticed, at: &Context<'_>) -> Finding {
        let number = |key| at.count(&UnexpectedReboot::INFO, key);
        let window = at.seconds(&UnexpectedReboot::INFO, "critical_window_s");
        let lately = self.reboots.iter().rev();
        let lately = lately.take_while(|reboot| at.clock.since(reboot.seen) < window);
        let count = u32::try_from(lately.count()).unwrap_or(u32::MAX);
        let critical = count >= number("critical_count");
        let severity = if critical {
            Severity::Critical
        } else {
            Severity::High
        };
        let told_already = !critical && was_paged(at);
        let again = match count {
            0 | 1 => String::new(),
            _ => format!(", {count} times in {}", span::in_words(window)),
        };
        let confirmed = self.boot_at.is_some_and(|(told, _)| {
            told.since(noticed.boot_at) <= SAME_BOOT && noticed.boot_at.since(told) <= SAME_BOOT
        });
        let mut observed = format!("restarted at {}", minute(noticed.boot_at));
        if let Some(was_up) = noticed.was_up {
            observed += &format!(" after {}", span::in_words(was_up));
        }
        if confirmed {
            observed += ", by its inventory too";
        }
        observed += &again;
        if told_already {
            observed += "; its silence was paged as server down";
        }
        Finding {
            severity,
            hold: if told_already {
                NOT_PAGED
            } else {
                page_hold(severity)
            },
            title: Title {
                before: String::new(),
                after: format!(" was restarted without notice{again}"),
            },
            observed,
            expected: "its agent says goodbye before the host is restarted".to_owned(),
            samples: count,
            threshold: None,
            command: Some(
                "last -x -n 10 reboot shutdown; sudo journalctl -b -1 -n 100 --no-pager".to_owned(),
            ),
            rule: None,
            evidence: None,
        }
    }
}

/// Whether people were told of the outage already: `server_down` was critical, and ended with the host's return.
fn was_paged(at: &Context<'_>) -> bool {
    let down = at.tracks.get(ServerDown::INFO.code, "");
    down.is_some_and(|track| match track.phase {
        Phase::Resolved(over) => {
            track.severity == Severity::Critical && at.clock.since(over) < SAME_OUTAGE
        }
        Phase::Open | Phase::Quiet(_) => false,
    })
}

/// Runs of the agent are told apart by the first 32 of their 122 random bits.
fn run(record: &PayloadRecord) -> u32 {
    record.boot_id.as_fields().0
}

fn minute(at: UnixMs) -> impl std::fmt::Display {
    at.to_datetime().format("%Y-%m-%d %H:%M UTC")
}

#[cfg(test)]
mod tests;
