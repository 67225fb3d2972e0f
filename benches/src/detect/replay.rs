//! Plays a simulated fleet through the judging code, all servers side by side.
//!
//! Servers meet in the fleet's clock and in what is told of the whole fleet only, so threads take a share of them each
//! for a block of minutes; where many may be silent at once they are played together, heartbeat by heartbeat. Which thread took which server does not show, and memory is what the states take.

use super::beats::Heart;
use super::book::Incident;
use super::campaigns::Campaigns;
pub use super::lane::{Around, Lane};
use super::watch::Watch;
use noc_actors::detect::{Detectors, Fleet as FleetWords, Rules};
use noc_api::simulate::{FaultKind, Fleet, Plan, Script, ScriptError, Stage, Truth};
use noc_pipeline::clock::UnixMs;
use std::sync::Arc;

/// 2025-10-06T00:00:00Z, a Monday: four weeks with the end of a month (days 24 to 26), and with clocks that are put back
/// in Berlin (day 20) and in New York (day 27).
pub const BEGIN: UnixMs = UnixMs(1_759_708_800_000);
/// A day, milliseconds.
pub const DAY_MS: i64 = 86_400_000;
const MINUTE_MS: i64 = 60_000;
/// What hosts' names begin with.
const PREFIX: &str = "sim";

/// What to play.
#[derive(Debug, Clone)]
pub struct Order {
    pub servers: u32,
    pub days: u32,
    pub seed: u64,
    pub script: Script,
    pub threads: usize,
    /// Minutes between two meetings of the threads.
    pub block: i64,
    /// Draws moments at which states are packed and read back.
    pub restarts: Option<u64>,
    pub detectors: Detectors,
}

/// What came of it.
#[derive(Debug)]
pub struct Played {
    pub truth: Vec<Truth>,
    /// What the script asked for and the fleet could not have.
    pub left_out: Vec<String>,
    /// By their first instant.
    pub incidents: Vec<Incident>,
    pub payloads: u64,
    /// Detectors that panicked.
    pub failures: Vec<String>,
    /// Each server's state at the end, packed.
    pub states: Vec<Vec<u8>>,
}

/// A fleet, its trouble, and how far it was played.
pub struct Stageplay {
    pub fleet: Arc<Fleet>,
    pub plan: Plan,
    heart: Heart,
    minute: i64,
    end: i64,
    around: Around,
    /// Minutes from and until which servers are played together.
    watched: Vec<(i64, i64)>,
}

impl Order {
    /// When it ends.
    pub fn end(&self) -> UnixMs {
        UnixMs(BEGIN.0 + i64::from(self.days) * DAY_MS)
    }

    /// Draws the fleet and its trouble.
    ///
    /// # Errors
    /// When the script names what the fleet does not have.
    pub fn stage(&self) -> Result<Stageplay, ScriptError> {
        let fleet = Fleet::new(self.seed, self.servers);
        let plan = self.script.plan(Stage {
            fleet: &fleet,
            seed: self.seed,
            prefix: PREFIX,
            begin: BEGIN,
            end: Some(self.end()),
            speed: 1.0,
        })?;
        let away = plan.truth.iter().filter(|t| t.kind == "our_outage");
        let away = away.map(|t| (t.from, t.until.unwrap_or(self.end())));
        Ok(Stageplay {
            fleet: Arc::new(fleet.with_faults(plan.faults.clone())),
            heart: Heart::new(away.collect()),
            minute: BEGIN.0 / MINUTE_MS,
            end: self.end().0 / MINUTE_MS,
            watched: watched(&plan, self.end()),
            around: Around {
                detectors: self.detectors,
                rules: Rules::default(),
                words: FleetWords::default(),
            },
            plan,
        })
    }

    /// Plays all of it.
    ///
    /// # Errors
    /// As [`Order::stage`].
    pub fn play(&self) -> Result<Played, ScriptError> {
        let mut stage = self.stage()?;
        let mut lanes: Vec<Lane> = (0..self.servers)
            .map(|n| stage.lane(n, self.seed).with_restarts(self.restarts))
            .collect();
        let share = lanes.len().div_ceil(self.threads.max(1)).max(1);
        let mut watch = Watch::new(&stage.fleet);
        let mut campaigns = Campaigns::new(lanes.len());
        loop {
            let together = watch.is_busy() || stage.needs_watching();
            let minutes = match together {
                true => 1,
                false => stage.until_watching().min(self.block),
            };
            let Some(block) = stage.block(minutes) else {
                break;
            };
            if together {
                block.play_together(&mut lanes, &mut watch, &mut stage.around);
            } else {
                std::thread::scope(|scope| {
                    for lanes in lanes.chunks_mut(share) {
                        let (block, around) = (&block, &stage.around);
                        let play = move |lane: &mut Lane| block.play(lane, around);
                        scope.spawn(move || lanes.iter_mut().for_each(play));
                    }
                });
            }
            block.look_for_campaigns(&mut lanes, &mut campaigns);
        }
        let mut of_fleet = watch.close();
        of_fleet.append(&mut campaigns.close());
        let mut played = Played {
            truth: stage.plan.truth,
            left_out: stage.plan.left_out,
            incidents: of_fleet,
            payloads: 0,
            failures: Vec::new(),
            states: Vec::new(),
        };
        for mut lane in lanes {
            played.payloads += lane.payloads;
            played.failures.append(&mut lane.failures);
            played.states.push(lane.state().encode());
            played.incidents.extend(lane.close(self.end()));
        }
        played.incidents.sort_by(|a, b| {
            (a.opened_at, a.server, a.detector, &a.subject).cmp(&(
                b.opened_at,
                b.server,
                b.detector,
                &b.subject,
            ))
        });
        Ok(played)
    }
}

/// Some minutes with their heartbeats.
pub struct Block {
    minutes: Vec<(i64, Vec<super::beats::Beat>)>,
}

impl Block {
    /// Plays them for one server.
    pub fn play(&self, lane: &mut Lane, around: &Around) {
        for (minute, beats) in &self.minutes {
            lane.minute(*minute, beats, around);
        }
    }

    /// Plays them for all servers, heartbeat by heartbeat, with a look at the fleet after each.
    fn play_together(&self, lanes: &mut [Lane], watch: &mut Watch, around: &mut Around) {
        for (minute, beats) in &self.minutes {
            lanes.iter_mut().for_each(|lane| lane.load(*minute));
            let ends = UnixMs((minute + 1) * MINUTE_MS);
            let first = beats.first().map_or(ends, |beat| beat.at);
            for lane in &mut *lanes {
                lane.advance(&[], first, around);
            }
            let next = beats.iter().skip(1).map(|beat| beat.at);
            for (beat, until) in beats.iter().zip(next.chain([ends])) {
                for lane in &mut *lanes {
                    lane.advance(std::slice::from_ref(beat), until, around);
                    let (server, clock, seen) = lane.heard();
                    watch.tell(server, clock, seen);
                }
                watch.look(beat.at, beat.in_grace, &mut around.words);
            }
            lanes.iter_mut().for_each(Lane::restart);
        }
    }

    /// A look at the end of each minute; none while we are away.
    fn look_for_campaigns(&self, lanes: &mut [Lane], campaigns: &mut Campaigns) {
        for lane in lanes {
            campaigns.tell(&mut lane.sightings);
        }
        for (minute, beats) in &self.minutes {
            if !beats.is_empty() {
                campaigns.look(UnixMs((minute + 1) * MINUTE_MS));
            }
        }
    }

    /// The first instant of the first minute.
    pub fn from(&self) -> UnixMs {
        let first = self.minutes.first().map_or(0, |(minute, _)| *minute);
        UnixMs(first * MINUTE_MS)
    }
}

/// So many servers with the same trouble may be silent together.
const TOGETHER: usize = 4;
/// Minutes before and after in which the fleet is watched: until everybody was heard of again, and our grace is over.
const WATCHED: (i64, i64) = (2, 20);

/// Minutes in which so many may be silent at once that somebody has to look at all of them together. Whatever else falls
/// silent does so alone, and servers need not wait for each other.
fn watched(plan: &Plan, end: UnixMs) -> Vec<(i64, i64)> {
    let silences = |kind: &FaultKind| {
        matches!(
            kind,
            FaultKind::Silence | FaultKind::NetworkCut | FaultKind::Reboot { goodbye: false }
        )
    };
    let mut spans: Vec<(UnixMs, UnixMs, usize)> = Vec::new();
    for fault in plan.faults.iter().filter(|fault| silences(&fault.kind)) {
        let span = (fault.from, fault.until.unwrap_or(end));
        match spans.iter_mut().find(|known| (known.0, known.1) == span) {
            Some(known) => known.2 += 1,
            None => spans.push((span.0, span.1, 1)),
        }
    }
    let minute = |at: UnixMs| at.0.div_euclid(MINUTE_MS);
    let mut out: Vec<(i64, i64)> = spans
        .into_iter()
        .filter(|(.., count)| *count >= TOGETHER)
        .map(|(from, until, _)| (minute(from) - WATCHED.0, minute(until) + WATCHED.1))
        .collect();
    out.sort_unstable();
    out
}

impl Stageplay {
    fn needs_watching(&self) -> bool {
        let mut all = self.watched.iter();
        all.any(|(from, until)| (*from..*until).contains(&self.minute))
    }

    /// Minutes until the fleet must be watched.
    fn until_watching(&self) -> i64 {
        let starts = self.watched.iter().map(|(from, _)| from - self.minute);
        starts.filter(|left| *left > 0).min().unwrap_or(i64::MAX)
    }

    /// A server at the start.
    pub fn lane(&self, server: u32, seed: u64) -> Lane {
        Lane::new(&self.fleet, server, seed, BEGIN, &self.around)
    }

    /// The next minute to be played, from 1970 on.
    pub const fn minute(&self) -> i64 {
        self.minute
    }

    /// What detectors look at beside the server.
    pub const fn around(&self) -> &Around {
        &self.around
    }

    /// The next minutes; `None` at the end.
    pub fn block(&mut self, minutes: i64) -> Option<Block> {
        let until = self.end.min(self.minute + minutes.max(1));
        let of = |minute: i64| UnixMs(minute * MINUTE_MS);
        let mut out = Vec::new();
        for minute in self.minute..until {
            out.push((minute, self.heart.beats(of(minute), of(minute + 1))));
        }
        self.minute = until;
        (!out.is_empty()).then_some(Block { minutes: out })
    }
}
