//! One server: its agent, its state, its incidents.

use super::beats::Beat;
use super::book::{Book, Incident};
use super::campaigns::{Sighting, sightings};
use super::ingest::records;
use noc_actors::detect::{Detectors, Fleet as FleetWords, Rules};
use noc_actors::server_actor::evaluate::{Item, Surroundings, What, evaluate, wake_at};
use noc_actors::state::{ClockMs, ServerState};
use noc_api::simulate::{Fleet, Outgoing, Reporter};
use noc_pipeline::clock::UnixMs;
use noc_pipeline::control::ServerSettings;
use noc_pipeline::id::{Offset, ServerId};
use noc_pipeline::record::{PayloadRecord, Record};
use std::collections::VecDeque;
use std::sync::Arc;

/// What is the same for all servers.
#[derive(Debug)]
pub struct Around {
    pub detectors: Detectors,
    pub rules: Rules,
    pub words: FleetWords,
}

/// One server.
#[derive(Debug)]
pub struct Lane {
    server: ServerId,
    settings: ServerSettings,
    reporter: Reporter,
    state: ServerState,
    book: Book,
    clock: ClockMs,
    wake: Option<ClockMs>,
    offset: u64,
    /// Requests of this minute that did not come yet.
    pending: VecDeque<Outgoing>,
    /// Draws the moments at which the state goes through its packed form.
    restarts: Option<u64>,
    /// Attackers that its firewall saw since somebody asked.
    pub sightings: Vec<Sighting>,
    pub payloads: u64,
    pub failures: Vec<String>,
}

impl Lane {
    /// A server that was just enrolled. Its agent's runs are drawn by `salt`.
    pub fn new(fleet: &Arc<Fleet>, server: u32, salt: u64, at: UnixMs, around: &Around) -> Self {
        let id = ServerId(server + 1);
        let mut lane = Self {
            server: id,
            settings: ServerSettings {
                server: id,
                tags: fleet.tags(server),
                active: true,
            },
            reporter: Reporter::new(Arc::clone(fleet), server, salt),
            state: ServerState::default(),
            book: Book::new(server),
            clock: ClockMs(0),
            wake: None,
            offset: 0,
            pending: VecDeque::new(),
            restarts: None,
            sightings: Vec::new(),
            payloads: 0,
            failures: Vec::new(),
        };
        lane.take(at, What::Changed, around);
        lane
    }

    /// The state is packed and read back now and then, as at restarts and moves to other nodes.
    #[must_use]
    pub fn with_restarts(mut self, seed: Option<u64>) -> Self {
        self.restarts = seed.map(|seed| mix(seed ^ u64::from(self.server.0)));
        self
    }

    /// What is remembered.
    pub const fn state(&self) -> &ServerState {
        &self.state
    }

    /// All of its incidents.
    pub fn close(self, end: UnixMs) -> Vec<Incident> {
        self.book.close(end)
    }

    /// The server's settings.
    pub const fn settings(&self) -> &ServerSettings {
        &self.settings
    }

    /// The records of a minute, which nobody judges.
    pub fn records(&mut self, minute: i64) -> Vec<PayloadRecord> {
        let requests = self.reporter.minute(minute).into_iter();
        requests
            .flat_map(|request| records(self.server, request))
            .collect()
    }

    /// One minute; minutes must come in order, with their heartbeats.
    pub fn minute(&mut self, minute: i64, beats: &[Beat], around: &Around) {
        self.load(minute);
        self.advance(beats, UnixMs(i64::MAX), around);
        self.restart();
    }

    /// Makes the requests of a minute.
    pub fn load(&mut self, minute: i64) {
        self.pending.extend(self.reporter.minute(minute));
    }

    /// Takes heartbeats and the requests between them that come before `until`.
    pub fn advance(&mut self, beats: &[Beat], until: UnixMs, around: &Around) {
        let mut beats = beats.iter().peekable();
        while let Some(request) = self.pending.pop_front() {
            if request.at >= until {
                self.pending.push_front(request);
                break;
            }
            while let Some(beat) = beats.next_if(|beat| beat.at <= request.at) {
                self.beat(*beat, around);
            }
            let at = request.at;
            for record in records(self.server, request) {
                self.payloads += 1;
                sightings(&record, at, &mut self.sightings);
                let record = Arc::new(Record::Payload(record));
                self.take(at, What::Payload(record), around);
            }
        }
        for beat in beats {
            self.beat(*beat, around);
        }
    }

    /// Who it is, the clock, and when it was heard of; `None` where its silence does not count yet: a goodbye.
    pub fn heard(&self) -> (ServerId, ClockMs, Option<ClockMs>) {
        let presence = self.state.presence;
        let excused = presence.goodbye_at.is_some() && self.wake.is_some_and(|at| at > self.clock);
        let seen = presence.last_seen.filter(|_| !excused);
        (self.server, self.clock, seen)
    }

    fn beat(&mut self, beat: Beat, around: &Around) {
        self.clock = beat.clock;
        self.book.settle(beat.at);
        // Partitions keep these times in whole seconds.
        let due = |wake: ClockMs| wake.0.div_ceil(1_000) <= beat.clock.0 / 1_000;
        if !beat.in_grace && self.wake.is_some_and(due) {
            self.take(beat.at, What::Wake, around);
        }
    }

    fn take(&mut self, at: UnixMs, what: What, around: &Around) {
        self.offset += 1;
        let item = Item {
            offset: Offset(self.offset),
            clock: self.clock,
            at,
            what,
        };
        let surroundings = Surroundings {
            server: self.server,
            settings: Some(&self.settings),
            rules: &around.rules,
            fleet: &around.words,
            detectors: around.detectors,
        };
        let out = evaluate(&mut self.state, &item, surroundings, &mut |_, _| {});
        for effect in &out.effects {
            self.book.apply(effect, at);
        }
        for failure in out.failures {
            let (server, detector) = (self.server.0, failure.detector);
            let reason = failure.reason;
            self.failures
                .push(format!("{detector} on server {server} at {at}: {reason}"));
        }
        self.wake = wake_at(&self.state, surroundings);
    }

    /// Packs the state and reads it back, where its time has come.
    pub fn restart(&mut self) {
        let Some(seed) = self.restarts.as_mut() else {
            return;
        };
        *seed = mix(*seed);
        if seed.is_multiple_of(97) {
            match ServerState::decode(&self.state.encode()) {
                Ok(state) => self.state = state,
                Err(error) => self.failures.push(format!("state is lost: {error}")),
            }
        }
    }
}

/// The next of a row of numbers that look drawn (SplitMix64's output function).
const fn mix(seed: u64) -> u64 {
    let a = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let b = (a ^ (a >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let c = (b ^ (b >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    c ^ (c >> 31)
}
