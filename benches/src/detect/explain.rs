//! What the detectors said of one server around a moment: each verdict where it differs from the one before.

use super::replay::{BEGIN, Order};
use noc_actors::detect::{
    Context, Detectors, Info, Judgement, Outcome, Registered, Waking, event_at,
};
use noc_actors::state::ClockMs;
use noc_api::simulate::{ScriptError, Truth};
use noc_pipeline::clock::UnixMs;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::time::Duration;

/// Before and after what is asked for.
const AROUND: Duration = Duration::from_secs(2 * 3_600);

/// What to look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moment {
    pub server: u32,
    pub from: UnixMs,
    pub until: UnixMs,
    /// Only these detectors; empty: all.
    pub detectors: Vec<String>,
}

impl Moment {
    /// Around a truth, as its detectors see it; for a group as its first server does.
    pub fn of_truth(truth: &Truth) -> Option<Self> {
        let server = truth.server.or(truth.members.first().copied())?;
        let also = truth.also.iter().copied();
        let detectors = std::iter::once(truth.detector).chain(also);
        Some(Self {
            server,
            from: truth.from.minus(AROUND),
            until: truth.deadline.max(truth.onset).plus(AROUND),
            detectors: detectors.map(str::to_owned).collect(),
        })
    }

    /// `SERVER@TIME`, such as `17@2025-10-24T09:40:00Z`, or `17@18d 9h 40m` from the start; all detectors, or with
    /// `@DETECTOR` behind it that one.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('@');
        let (server, at, detector) = (parts.next()?, parts.next()?, parts.next());
        let at = match chrono::DateTime::parse_from_rfc3339(at) {
            Ok(at) => UnixMs(at.timestamp_millis()),
            Err(_) => BEGIN.plus(since_begin(at)?),
        };
        Some(Self {
            server: server.parse().ok()?,
            from: at.minus(AROUND),
            until: at.plus(AROUND),
            detectors: detector.map(str::to_owned).into_iter().collect(),
        })
    }
}

/// `2d 3h 5m`.
fn since_begin(text: &str) -> Option<Duration> {
    let mut seconds = 0;
    for word in text.split_whitespace() {
        let (number, unit) = word.split_at_checked(word.len().checked_sub(1)?)?;
        let unit = match unit {
            "d" => 86_400,
            "h" => 3_600,
            "m" => 60,
            _ => return None,
        };
        seconds += number.parse::<u64>().ok()? * unit;
    }
    Some(Duration::from_secs(seconds))
}

thread_local! {
    /// What was said at the moment, by detector and subject.
    static SAID: RefCell<Vec<Line>> = const { RefCell::new(Vec::new()) };
}

struct Line {
    detector: &'static str,
    subject: String,
    event_at: Option<UnixMs>,
    outcome: String,
}

/// A detector that is overheard.
struct Overheard(&'static dyn Registered);

impl Registered for Overheard {
    fn info(&self) -> &'static Info {
        self.0.info()
    }

    fn judge_packed<'a>(&self, part: Option<&[u8]>, at: &Context<'a>) -> Judgement<'a, Box<[u8]>> {
        let judged = self.0.judge_packed(part, at);
        let lines = judged.verdicts.iter().map(|verdict| Line {
            detector: self.info().key,
            subject: verdict.subject.clone().into_owned(),
            event_at: event_at(&at.seen),
            outcome: told(&verdict.outcome),
        });
        SAID.with_borrow_mut(|said| said.extend(lines));
        judged
    }

    fn wake_at(&self, at: &Waking<'_>) -> Option<ClockMs> {
        self.0.wake_at(at)
    }

    fn alone_again_packed(&self, part: &[u8]) -> Option<Box<[u8]>> {
        self.0.alone_again_packed(part)
    }
}

fn told(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Breach(finding) => format!(
            "BREACH {}: {} (expected {}; {} samples, threshold {:?}, hold {} s)",
            finding.severity.name(),
            finding.observed,
            finding.expected,
            finding.samples,
            finding.threshold,
            finding.hold.as_secs(),
        ),
        Outcome::Clear => "clear".to_owned(),
        Outcome::Learning { have, need } => format!("learning {have} of {need}"),
        Outcome::Unknown { reason } => format!("unknown: {reason}"),
    }
}

/// Every detector, overheard. They live as long as the program, as detectors do.
fn overheard(detectors: Detectors) -> Detectors {
    let all = detectors
        .iter()
        .map(|detector| -> &'static dyn Registered { Box::leak(Box::new(Overheard(*detector))) });
    Box::leak(all.collect())
}

/// Plays one server and prints what was said around the moment.
///
/// # Errors
/// As [`Order::stage`].
pub fn explain(order: &Order, moment: &Moment) -> Result<(), ScriptError> {
    let order = Order {
        detectors: overheard(order.detectors),
        ..order.clone()
    };
    let mut stage = order.stage()?;
    for truth in &stage.plan.truth {
        let here = truth.server == Some(moment.server) || truth.members.contains(&moment.server);
        if here {
            println!("true: {}", truth.to_line());
        }
    }
    let mut lane = stage.lane(moment.server, order.seed);
    let mut before: BTreeMap<(&'static str, String), String> = BTreeMap::new();
    while let Some(block) = stage.block(1) {
        if block.from() >= moment.until {
            break;
        }
        block.play(&mut lane, stage.around());
        let said = SAID.take();
        if block.from() < moment.from {
            continue;
        }
        for line in said {
            let wanted = &moment.detectors;
            if !wanted.is_empty() && !wanted.iter().any(|d| d == line.detector) {
                continue;
            }
            let key = (line.detector, line.subject.clone());
            if before.get(&key) == Some(&line.outcome) {
                continue;
            }
            let at = line.event_at.unwrap_or(block.from());
            println!("{at} {} {:?} {}", line.detector, line.subject, line.outcome);
            before.insert(key, line.outcome);
        }
    }
    for incident in lane.close(moment.until) {
        if incident.resolved_at.is_none_or(|at| at >= moment.from) {
            println!(
                "incident {} {:?} {} opened {} resolved {:?} reopened {} pages {:?}: {}",
                incident.detector,
                incident.subject,
                incident.severity.name(),
                incident.opened_at,
                incident.resolved_at.map(|at| at.to_string()),
                incident.reopened,
                incident
                    .pages
                    .iter()
                    .map(ToString::to_string)
                    .collect::<Vec<_>>(),
                incident.observed,
            );
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_read_by_the_clock_and_from_the_start() {
        let by_clock = Moment::parse("17@2025-10-24T09:40:00Z").unwrap();
        assert_eq!(Moment::parse("17@18d 9h 40m"), Some(by_clock.clone()));
        assert_eq!(by_clock.server, 17);
        let one = Moment::parse("3@1h@server_down").unwrap();
        assert_eq!(one.detectors, ["server_down"]);
        assert_eq!(Moment::parse("3"), None);
        assert_eq!(Moment::parse("3@5x"), None);
    }
}
