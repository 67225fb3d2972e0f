//! `mysql_saturation`: a database server runs out of connections.
//!
//! 90 % of them in use in three of five reports. A server that refuses the agent with "too many connections" has all of
//! them in use. Over after three reports in a row under the limit. What cannot be read is no sample.

use super::series::{Judged, Of, Side};
use super::{
    Context, Detector, Finding, Info, Judgement, Number, Observation, Title, Verdict, page_hold,
};
use noc_pipeline::clock::UnixMs;
use noc_pipeline::control::Severity;
use noc_pipeline::payload::{Kind, KindError, Payload, Report, Unit};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Samples further apart do not belong together.
const GAP: Duration = Duration::from_secs(600);

/// The detector.
#[derive(Debug, Clone, Copy)]
pub struct MysqlSaturation;

/// What is remembered; nothing while all is well.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Samples {
    /// The last samples, the latest in the lowest bit: 1 is over the limit.
    over: u32,
    /// When the latest was taken.
    at: UnixMs,
    /// Samples in a row under the limit.
    under: u32,
    firing: bool,
}

/// What a report says of the connections.
struct Sample {
    pct: f64,
    words: String,
}

impl Detector for MysqlSaturation {
    type State = Samples;

    const INFO: Info = Info {
        key: "mysql_saturation",
        code: 15,
        version: 1,
        kinds: &[Kind::Mysql],
        also: &[],
        compares_reports: true,
        judges: Some(Judged {
            metrics: &["mysql.connections_pct"],
            of: Of::Host,
            fine: Some(Side::Below),
        }),
        name: "Database connections",
        about: "90 % of the database server's connections are in use in three of five reports, or it refuses new ones.",
        severities: &[Severity::High],
        numbers: &[
            Number {
                key: "used_pct",
                unit: Unit::Percent,
                default: 90.0,
                min: 1.0,
                max: 100.0,
                about: "Share of the connections in use",
            },
            Number {
                key: "over_reports",
                unit: Unit::Count,
                default: 3.0,
                min: 1.0,
                max: 32.0,
                about: "In so many of the last of_reports",
            },
            Number {
                key: "of_reports",
                unit: Unit::Count,
                default: 5.0,
                min: 1.0,
                max: 32.0,
                about: "See over_reports",
            },
            Number {
                key: "clear_reports",
                unit: Unit::Count,
                default: 3.0,
                min: 1.0,
                max: 100.0,
                about: "Reports in a row under the limit that end it",
            },
        ],
        docs: include_str!("docs/mysql_saturation.md"),
    };

    fn judge<'a>(&self, state: &Samples, at: &Context<'a>) -> Judgement<'a, Samples> {
        let Observation::Report(record) = at.seen else {
            return Judgement {
                patch: None,
                verdicts: Vec::new(),
            };
        };
        let Some(sample) = sample(&record.report) else {
            let unknown = Verdict::unknown("", "connections are not reported");
            return Judgement {
                patch: None,
                verdicts: state.firing.then_some(unknown).into_iter().collect(),
            };
        };
        let limit = at.number(&Self::INFO, "used_pct");
        let count = |key| at.count(&Self::INFO, key);
        let of = count("of_reports").clamp(1, 32);
        let need = count("over_reports").min(of);
        let over = sample.pct >= limit;
        let mut next = *state;
        if record.event_at.since(next.at) > GAP {
            next.over = 0;
        }
        next.at = record.event_at;
        next.over = ((next.over << 1) | u32::from(over)) & (u32::MAX >> (32 - of));
        next.under = if over {
            0
        } else {
            next.under.saturating_add(1)
        };
        let have = next.over.count_ones();
        let verdict = if have >= need && over {
            next.firing = true;
            Verdict::breach("", finding(&sample, limit, (have, of)))
        } else if next.firing {
            let clear = count("clear_reports");
            if next.under < clear {
                Verdict::learning("", next.under, clear)
            } else {
                next.firing = false;
                next.over = 0;
                Verdict::clear("")
            }
        } else if over {
            Verdict::learning("", have, need)
        } else {
            Verdict::clear("")
        };
        if next.over == 0 && !next.firing {
            next = Samples::default();
        }
        Judgement {
            patch: Some(next),
            verdicts: vec![verdict],
        }
    }
}

/// `None` where the report does not tell.
fn sample(report: &Report) -> Option<Sample> {
    match report {
        Report::Data(Payload::Mysql(mysql)) => {
            let pct = mysql.connections_pct()?;
            let (used, most) = (mysql.threads_connected?, mysql.max_connections?);
            Some(Sample {
                pct,
                words: format!("{used} of {most} connections in use ({pct:.0} %)"),
            })
        }
        // All are taken, and the agent never met the server before: how many there are is not known.
        Report::Unreadable {
            error: KindError::CollectorError,
            hint: Some(hint),
            ..
        } if refuses(hint) => Some(Sample {
            pct: 100.0,
            words: "the server refuses clients: too many connections".to_owned(),
        }),
        _ => None,
    }
}

/// Whether an agent's hint tells of the server's error 1040.
fn refuses(hint: &str) -> bool {
    let hint = hint.to_ascii_lowercase();
    hint.contains("too many connections") || hint.contains("error 1040")
}

fn finding(sample: &Sample, limit: f64, (have, of): (u32, u32)) -> Finding {
    Finding {
        severity: Severity::High,
        hold: page_hold(Severity::High),
        title: Title {
            before: "Database runs out of connections on ".to_owned(),
            after: String::new(),
        },
        observed: format!(
            "{}; over the limit in {have} of the last {of} reports",
            sample.words
        ),
        expected: format!("under {limit:.0} % of the connections in use"),
        samples: have,
        threshold: Some(limit),
        command: Some(
            "sudo mysql -e \"SELECT user, db, command, COUNT(*), MAX(time) FROM information_schema.PROCESSLIST \
             GROUP BY user, db, command ORDER BY 4 DESC LIMIT 20\""
                .to_owned(),
        ),
        rule: None,
        evidence: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::Outcome;
    use crate::detect::bench::{Bench, outcome, record, tuned, unreadable};
    use noc_pipeline::payload::Mysql;
    use std::sync::Arc;

    fn told(minute: i64, used: impl Into<Option<u64>>) -> noc_pipeline::record::PayloadRecord {
        let mysql = Mysql {
            threads_connected: used.into(),
            max_connections: Some(150),
            ..Mysql::default()
        };
        record(minute * 60_000, mysql)
    }

    fn refused(minute: i64, hint: &str) -> noc_pipeline::record::PayloadRecord {
        let mut out = unreadable(minute * 60_000, Kind::Mysql);
        out.report = Arc::new(Report::Unreadable {
            kind: Kind::Mysql,
            error: KindError::CollectorError,
            hint: Some(hint.to_owned()),
        });
        out
    }

    struct Story(Bench<MysqlSaturation>);

    impl Story {
        fn new() -> Self {
            Self(Bench::new(MysqlSaturation))
        }

        fn used(&mut self, minute: i64, used: u64) -> Outcome {
            outcome(self.0.look(Observation::Report(&told(minute, used))), "")
        }
    }

    fn is_breach(outcome: &Outcome) -> bool {
        matches!(outcome, Outcome::Breach(_))
    }

    #[test]
    fn fires_at_three_of_five_and_is_over_after_three_under() {
        let mut story = Story::new();
        assert_eq!(story.used(0, 134), Outcome::Clear);
        assert_eq!(story.used(1, 135), Outcome::Learning { have: 1, need: 3 });
        assert_eq!(story.used(2, 20), Outcome::Clear);
        assert_eq!(story.used(3, 151), Outcome::Learning { have: 2, need: 3 });
        let Outcome::Breach(finding) = story.used(4, 150) else {
            panic!("three of five");
        };
        assert_eq!(
            finding.observed,
            "150 of 150 connections in use (100 %); over the limit in 3 of the last 5 reports"
        );
        assert_eq!(story.used(5, 10), Outcome::Learning { have: 1, need: 3 });
        assert_eq!(story.used(6, 10), Outcome::Learning { have: 2, need: 3 });
        assert!(
            is_breach(&story.used(7, 150)),
            "three of the last five again"
        );
        for minute in 8..10 {
            assert!(matches!(story.used(minute, 10), Outcome::Learning { .. }));
        }
        assert_eq!(story.used(10, 10), Outcome::Clear);
        assert_eq!(story.0.state, Samples::default());
    }

    #[test]
    fn quiet_for_peaks_now_and_then() {
        let mut story = Story::new();
        for minute in 0..300 {
            let used = if minute % 5 < 2 { 150 } else { 90 };
            assert!(!is_breach(&story.used(minute, used)), "minute {minute}");
        }
    }

    #[test]
    fn a_server_that_refuses_its_clients_is_full() {
        let mut story = Story::new();
        let hint = "too many connections (error 1040): all are taken";
        for minute in 0..3 {
            let got = story.0.look(Observation::Report(&refused(minute, hint)));
            assert_eq!(is_breach(&outcome(got, "")), minute == 2);
        }
        for _ in 0..9 {
            let other = refused(3, "the server takes connections and does not answer");
            let got = outcome(story.0.look(Observation::Report(&other)), "");
            assert!(matches!(got, Outcome::Unknown { .. }));
        }
    }

    #[test]
    fn what_is_not_told_is_no_sample() {
        let mut story = Story::new();
        story.used(0, 150);
        story.used(1, 150);
        for record in [told(2, None), unreadable(120_000, Kind::Mysql)] {
            assert!(story.0.look(Observation::Report(&record)).is_empty());
        }
        assert!(is_breach(&story.used(3, 150)));
    }

    #[test]
    fn samples_before_a_gap_do_not_count() {
        let mut story = Story::new();
        story.used(0, 150);
        story.used(1, 150);
        assert_eq!(story.used(12, 150), Outcome::Learning { have: 1, need: 3 });
    }

    #[test]
    fn a_rule_sets_its_numbers() {
        let mut story = Story::new();
        let numbers = [
            ("used_pct", 50.0),
            ("over_reports", 1.0),
            ("of_reports", 32.0),
            ("clear_reports", 1.0),
        ];
        story.0.rules = tuned("mysql_saturation", &numbers);
        assert!(is_breach(&story.used(0, 75)));
        assert_eq!(story.used(1, 74), Outcome::Clear);
    }
}
