//! What every payload carries around its fields, and when what it says was true.

use super::validate::{Fields, MAX_WHOLE};
use crate::clock::UnixMs;
use uuid::Uuid;

/// The only version there is.
const VERSION: u64 = 1;

/// An agent's clock may be off by this much before its times are corrected, milliseconds.
const MAX_SKEW_MS: i64 = 5 * 60 * 1_000;

/// The envelope of one payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Envelope {
    /// The agent's run.
    pub boot_id: Uuid,
    /// Number within the run.
    pub seq: u64,
    /// When it was measured, by the agent's clock.
    pub observed_at: UnixMs,
    /// When it was sent, by the agent's clock.
    pub sent_at: UnixMs,
}

impl Envelope {
    pub(crate) fn read(fields: &mut Fields<'_, '_>) -> Option<Self> {
        let version = fields.required_whole("v", VERSION..=VERSION);
        let boot_id = fields.required_parsed("boot_id", "a UUID", |s| Uuid::try_parse(s).ok());
        let seq = fields.required_whole("seq", 0..=MAX_WHOLE);
        let observed_at = fields.required_time("observed_at");
        let sent_at = fields.required_time("sent_at");
        version?;
        Some(Self {
            boot_id: boot_id?,
            seq: seq?,
            observed_at: observed_at?,
            sent_at: sent_at?,
        })
    }

    /// How far the agent's clock lags ours: `received_at - sent_at`, milliseconds.
    #[must_use]
    pub fn skew_ms(&self, received_at: UnixMs) -> i64 {
        received_at.0.saturating_sub(self.sent_at.0)
    }

    /// When it was true, by our clock. This is computed once, at ingest.
    ///
    /// An agent's clock within 5 min of ours is believed; another is corrected by its skew and never runs ahead of
    /// arrival. Whatever an agent claims, the answer lies in `0 ..= received_at + 5 min`.
    #[must_use]
    pub fn event_at(&self, received_at: UnixMs) -> UnixMs {
        self.correct(self.observed_at, received_at)
    }

    /// Any time by the agent's clock, by ours; as [`Envelope::event_at`].
    #[must_use]
    pub fn correct(&self, agents: UnixMs, received_at: UnixMs) -> UnixMs {
        let lag = clock_lag_ms(self.skew_ms(received_at));
        let at = if lag == 0 {
            let ahead = agents.0.saturating_sub(received_at.0);
            // Measured after it was sent: the two clocks agree, so only the claim is wrong.
            if ahead > MAX_SKEW_MS {
                received_at.0
            } else {
                agents.0
            }
        } else {
            received_at.0.min(agents.0.saturating_add(lag))
        };
        UnixMs(at.max(0))
    }
}

/// How far a clock lags ours that is 5 min or more off, milliseconds; 0 for one that is believed.
pub(crate) const fn clock_lag_ms(skew_ms: i64) -> i64 {
    if skew_ms.saturating_abs() < MAX_SKEW_MS {
        0
    } else {
        skew_ms
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NOON: UnixMs = UnixMs(1_778_155_200_000);
    const MINUTE: i64 = 60_000;

    /// An envelope whose times lie so many minutes before noon by the agent's clock.
    fn envelope(observed: i64, sent: i64) -> Envelope {
        Envelope {
            boot_id: Uuid::nil(),
            seq: 1,
            observed_at: UnixMs(NOON.0 - observed * MINUTE),
            sent_at: UnixMs(NOON.0 - sent * MINUTE),
        }
    }

    #[test]
    fn a_clock_within_five_minutes_is_believed() {
        assert_eq!(envelope(4, 4).event_at(NOON).0, NOON.0 - 4 * MINUTE);
        assert_eq!(envelope(-4, -4).event_at(NOON).0, NOON.0 + 4 * MINUTE);
        assert_eq!(
            envelope(600, 0).event_at(NOON).0,
            NOON.0 - 600 * MINUTE,
            "from the spool"
        );
    }

    #[test]
    fn a_clock_five_minutes_off_is_corrected() {
        assert_eq!(envelope(6, 5).event_at(NOON).0, NOON.0 - MINUTE);
        assert_eq!(envelope(-4, -5).event_at(NOON).0, NOON.0 - MINUTE);
        assert_eq!(
            envelope(-6, -5).event_at(NOON),
            NOON,
            "never ahead of arrival"
        );
    }

    #[test]
    fn a_measurement_from_the_future_is_put_at_arrival() {
        assert_eq!(envelope(-600, 0).event_at(NOON), NOON);
    }

    #[test]
    fn a_dead_clock_loses_nothing() {
        let year_1970 = Envelope {
            observed_at: UnixMs(60_000),
            sent_at: UnixMs(90_000),
            ..envelope(0, 0)
        };
        assert_eq!(year_1970.event_at(NOON).0, NOON.0 - 30_000);
    }

    proptest! {
        #[test]
        fn event_at_never_lies_over_five_minutes_ahead(
            observed in any::<i64>(), sent in any::<i64>(), received in 0..4_000_000_000_000_i64,
        ) {
            let envelope = Envelope { observed_at: UnixMs(observed), sent_at: UnixMs(sent), ..envelope(0, 0) };
            let at = envelope.event_at(UnixMs(received)).0;
            prop_assert!((0..=received + MAX_SKEW_MS).contains(&at));
        }

        #[test]
        fn a_skewed_agent_gets_the_times_of_a_right_one(
            age in 0..86_400_000_i64, off in prop_oneof![MAX_SKEW_MS..1i64 << 40, -(1i64 << 40)..=-MAX_SKEW_MS],
        ) {
            // Measured `age` before it was sent, received in the same instant, the clock off by `off`.
            let envelope = Envelope {
                observed_at: UnixMs(NOON.0 - age - off), sent_at: UnixMs(NOON.0 - off), ..envelope(0, 0)
            };
            prop_assert_eq!(envelope.event_at(NOON).0, NOON.0 - age);
        }
    }
}
