//! `mysql_replication`: a replica lags behind its primary, or no longer replicates.
//!
//! More than 300 s behind for 10 min; or a thread stands still, or the lag is NULL (which means broken, not 0), in two
//! reports in a row, so that a restart of the primary between two looks is none. Over after three good reports in a
//! row. A server that is no replica, or no longer one, has nothing to replicate; one whose role the agent may not ask
//! for is unknown.

use super::series::{Judged, Of, Side};
use super::{
    Context, Detector, Finding, Info, Judgement, Number, Observation, Title, Verdict, page_hold,
    span,
};
use noc_pipeline::clock::UnixMs;
use noc_pipeline::control::Severity;
use noc_pipeline::payload::{Kind, Payload, Replication, ReplicationRole, Unit};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Reports further apart do not belong together.
const GAP: Duration = Duration::from_secs(180);

/// The detector.
#[derive(Debug, Clone, Copy)]
pub struct MysqlReplication;

/// What is remembered; nothing while all is well.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Replica {
    /// Since when it lags.
    lags_since: Option<UnixMs>,
    /// The last report that was bad.
    bad_at: UnixMs,
    /// Reports in a row in which it stands still.
    stopped: u32,
    /// Good reports in a row.
    good: u32,
    firing: bool,
}

/// What is wrong, in words.
enum Trouble {
    Stopped(String),
    Lags(Duration),
}

impl Detector for MysqlReplication {
    type State = Replica;

    const INFO: Info = Info {
        key: "mysql_replication",
        code: 16,
        version: 1,
        kinds: &[Kind::Mysql],
        also: &[],
        compares_reports: true,
        judges: Some(Judged {
            metrics: &["mysql.replication_lag_s"],
            of: Of::Host,
            fine: Some(Side::Below),
        }),
        name: "Database replication",
        about: "A replica is more than 300 s behind for 10 min, or one of its threads stopped.",
        severities: &[Severity::High],
        numbers: &[
            Number {
                key: "lag_s",
                unit: Unit::Seconds,
                default: 300.0,
                min: 1.0,
                max: 86_400.0,
                about: "How far behind is too far",
            },
            Number {
                key: "lasting_s",
                unit: Unit::Seconds,
                default: 600.0,
                min: 0.0,
                max: 86_400.0,
                about: "For how long",
            },
            Number {
                key: "stopped_reports",
                unit: Unit::Count,
                default: 2.0,
                min: 1.0,
                max: 60.0,
                about: "In how many reports in a row it may stand still",
            },
            Number {
                key: "clear_reports",
                unit: Unit::Count,
                default: 3.0,
                min: 1.0,
                max: 100.0,
                about: "Good reports in a row that end it",
            },
        ],
        docs: include_str!("docs/mysql_replication.md"),
    };

    fn judge<'a>(&self, state: &Replica, at: &Context<'a>) -> Judgement<'a, Replica> {
        let say = |patch, verdict: Option<Verdict<'a>>| Judgement {
            patch,
            verdicts: verdict.into_iter().collect(),
        };
        let Observation::Report(record) = at.seen else {
            return say(None, None);
        };
        let unknown = |why| state.firing.then(|| Verdict::unknown("", why));
        let Some(Payload::Mysql(mysql)) = record.report.data() else {
            return say(None, unknown("the database server cannot be read"));
        };
        match mysql.replication.role {
            ReplicationRole::Unknown => say(None, unknown("its role is not known")),
            ReplicationRole::None | ReplicationRole::Primary => {
                // Promoted, or taken out of the replication: what was open is over.
                let known = *state != Replica::default() || at.open(&Self::INFO, "").is_some();
                let over = known.then(|| Verdict::clear(""));
                say(Some(Replica::default()), over)
            }
            ReplicationRole::Replica => {
                let mut next = *state;
                let verdict = next.judge(&mysql.replication, record.event_at, at);
                say(Some(next), Some(verdict))
            }
        }
    }
}

impl Replica {
    fn judge<'a>(&mut self, told: &Replication, now: UnixMs, at: &Context<'a>) -> Verdict<'a> {
        let info = &MysqlReplication::INFO;
        let limit = at.seconds(info, "lag_s");
        if now.since(self.bad_at) > GAP && !self.firing {
            (self.lags_since, self.stopped) = (None, 0);
        }
        let Some(trouble) = trouble(told, limit) else {
            return self.fine(at.count(info, "clear_reports"));
        };
        self.good = 0;
        self.bad_at = now;
        let (due, have, need) = match &trouble {
            Trouble::Stopped(_) => {
                self.stopped = self.stopped.saturating_add(1);
                // A replica that stands still falls behind, too.
                self.lags_since.get_or_insert(now);
                let need = at.count(info, "stopped_reports");
                (self.stopped >= need, self.stopped, need)
            }
            Trouble::Lags(_) => {
                self.stopped = 0;
                let since = *self.lags_since.get_or_insert(now);
                let lasting = at.seconds(info, "lasting_s");
                let whole = |span: Duration| u32::try_from(span.as_secs()).unwrap_or(u32::MAX);
                let has = now.since(since);
                (has >= lasting, whole(has), whole(lasting))
            }
        };
        self.firing |= due;
        if self.firing {
            Verdict::breach("", finding(&trouble, limit))
        } else {
            Verdict::learning("", have, need)
        }
    }

    fn fine<'a>(&mut self, clear: u32) -> Verdict<'a> {
        if self.firing {
            self.good = self.good.saturating_add(1);
            if self.good < clear {
                return Verdict::learning("", self.good, clear);
            }
        }
        *self = Self::default();
        Verdict::clear("")
    }
}

fn trouble(told: &Replication, limit: Duration) -> Option<Trouble> {
    let mut still = Vec::new();
    if told.io_running == Some(false) {
        still.push("the thread that fetches from the primary does not run");
    }
    if told.sql_running == Some(false) {
        still.push("the thread that applies what was fetched does not run");
    }
    if still.is_empty() && told.lag_s.is_none() {
        still.push("it does not know how far behind it is");
    }
    if !still.is_empty() {
        return Some(Trouble::Stopped(still.join(", and ")));
    }
    let lag = Duration::from_secs(told.lag_s?);
    (lag > limit).then_some(Trouble::Lags(lag))
}

fn finding(trouble: &Trouble, limit: Duration) -> Finding {
    let (title, observed) = match trouble {
        Trouble::Stopped(words) => ("Replication stands still on ", words.clone()),
        Trouble::Lags(lag) => (
            "Replication lags on ",
            format!("{} behind its primary", span::in_words(*lag)),
        ),
    };
    Finding {
        severity: Severity::High,
        hold: page_hold(Severity::High),
        title: Title {
            before: title.to_owned(),
            after: String::new(),
        },
        observed,
        expected: format!("both threads run, at most {} behind", span::in_words(limit)),
        samples: 1,
        threshold: Some(limit.as_secs_f64()),
        command: Some(
            "sudo mysql -e 'SHOW REPLICA STATUS\\G' || sudo mysql -e 'SHOW SLAVE STATUS\\G'"
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

    const FINE: Replication = Replication {
        role: ReplicationRole::Replica,
        io_running: Some(true),
        sql_running: Some(true),
        lag_s: Some(0),
    };

    struct Story(Bench<MysqlReplication>);

    impl Story {
        fn new() -> Self {
            Self(Bench::new(MysqlReplication))
        }

        fn told(&mut self, minute: i64, replication: Replication) -> Vec<(String, Outcome)> {
            let mysql = Mysql {
                replication,
                ..Mysql::default()
            };
            let told = record(minute * 60_000, mysql);
            self.0.look(Observation::Report(&told))
        }

        fn lag(&mut self, minute: i64, lag_s: u64) -> Outcome {
            let lag_s = Some(lag_s);
            outcome(self.told(minute, Replication { lag_s, ..FINE }), "")
        }

        fn stopped(&mut self, minute: i64) -> Outcome {
            let told = Replication {
                sql_running: Some(false),
                lag_s: None,
                ..FINE
            };
            outcome(self.told(minute, told), "")
        }
    }

    fn words(outcome: Outcome) -> String {
        match outcome {
            Outcome::Breach(finding) => finding.observed,
            other => panic!("no breach: {other:?}"),
        }
    }

    #[test]
    fn fires_after_ten_minutes_of_lag_and_is_over_after_three_good_reports() {
        let mut story = Story::new();
        assert_eq!(story.lag(0, 300), Outcome::Clear);
        for minute in 1..11 {
            let have = 60 * u32::try_from(minute - 1).unwrap();
            let learning = Outcome::Learning { have, need: 600 };
            assert_eq!(story.lag(minute, 301), learning);
        }
        let got = words(story.lag(11, 420));
        assert_eq!(got, "7 min behind its primary");
        assert_eq!(story.lag(12, 0), Outcome::Learning { have: 1, need: 3 });
        assert_eq!(story.lag(13, 0), Outcome::Learning { have: 2, need: 3 });
        words(story.lag(14, 500));
        for minute in 15..17 {
            assert!(matches!(story.lag(minute, 0), Outcome::Learning { .. }));
        }
        assert_eq!(story.lag(17, 0), Outcome::Clear);
        assert_eq!(story.0.state, Replica::default());
    }

    #[test]
    fn quiet_for_a_lag_that_is_caught_up() {
        let mut story = Story::new();
        for minute in 0..120 {
            let lag = if minute % 10 == 9 { 200 } else { 5_000 };
            let got = story.lag(minute, lag);
            assert!(!matches!(got, Outcome::Breach(_)), "minute {minute}");
        }
    }

    #[test]
    fn a_thread_that_stands_still_fires_at_the_second_report_and_null_is_not_zero() {
        let mut story = Story::new();
        story.lag(0, 0);
        assert_eq!(story.stopped(1), Outcome::Learning { have: 1, need: 2 });
        assert_eq!(story.lag(2, 0), Outcome::Clear, "stopped for a moment");
        assert_eq!(story.stopped(3), Outcome::Learning { have: 1, need: 2 });
        let got = words(story.stopped(4));
        assert_eq!(got, "the thread that applies what was fetched does not run");
        let mut story = Story::new();
        let null = Replication {
            lag_s: None,
            ..FINE
        };
        story.told(0, null);
        let got = words(outcome(story.told(1, null), ""));
        assert_eq!(got, "it does not know how far behind it is");
    }

    #[test]
    fn nothing_is_said_of_servers_that_are_no_replicas() {
        let mut story = Story::new();
        for (minute, role) in [(0, ReplicationRole::None), (1, ReplicationRole::Primary)] {
            let told = Replication {
                role,
                ..Replication::default()
            };
            assert!(story.told(minute, told).is_empty());
        }
        assert_eq!(story.0.state, Replica::default());
    }

    #[test]
    fn a_replica_that_is_promoted_is_over_and_one_whose_role_is_hidden_is_unknown() {
        let mut story = Story::new();
        story.stopped(0);
        words(story.stopped(1));
        let hidden = outcome(story.told(2, Replication::default()), "");
        assert!(matches!(hidden, Outcome::Unknown { .. }));
        let broken = unreadable(180_000, Kind::Mysql);
        let got = outcome(story.0.look(Observation::Report(&broken)), "");
        assert!(matches!(got, Outcome::Unknown { .. }));
        words(story.stopped(4));
        let promoted = Replication {
            role: ReplicationRole::Primary,
            ..Replication::default()
        };
        assert_eq!(outcome(story.told(5, promoted), ""), Outcome::Clear);
        assert!(story.told(6, promoted).is_empty());
    }

    #[test]
    fn a_gap_starts_the_waiting_anew() {
        let mut story = Story::new();
        story.lag(0, 900);
        story.lag(3, 900);
        let anew = Outcome::Learning { have: 0, need: 600 };
        assert_eq!(story.lag(14, 900), anew);
        assert_eq!(story.stopped(30), Outcome::Learning { have: 1, need: 2 });
        assert_eq!(story.stopped(40), Outcome::Learning { have: 1, need: 2 });
    }

    #[test]
    fn a_rule_sets_its_numbers() {
        let mut story = Story::new();
        let numbers = [
            ("lag_s", 10.0),
            ("lasting_s", 0.0),
            ("stopped_reports", 1.0),
            ("clear_reports", 1.0),
        ];
        story.0.rules = tuned("mysql_replication", &numbers);
        words(story.lag(0, 11));
        assert_eq!(story.lag(1, 10), Outcome::Clear);
        words(story.stopped(2));
    }
}
