//! Noise that depends on its coordinates alone, so that any instant can be asked for in any order.

/// Spreads a 64-bit number over all bits (splitmix64's finaliser).
const fn mix(mut x: u64) -> u64 {
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

/// A source of noise for one server.
#[derive(Debug, Clone, Copy)]
pub(super) struct Noise(u64);

impl Noise {
    pub(super) const fn of(seed: u64, server: u32) -> Self {
        Self(mix(seed ^ mix(server as u64 ^ 0x9e37_79b9_7f4a_7c15)))
    }

    /// A number that belongs to (`what`, `step`).
    pub(super) const fn bits(self, what: u64, step: u64) -> u64 {
        mix(self.0 ^ mix(what.wrapping_mul(0x2545_f491_4f6c_dd1d) ^ mix(step)))
    }

    /// The same as a fraction, 0 to below 1.
    #[expect(clippy::cast_precision_loss, reason = "53 bits are taken on purpose")]
    pub(super) const fn fraction(self, what: u64, step: u64) -> f64 {
        (self.bits(what, step) >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// A value from `low` to below `high`.
    pub(super) const fn between(self, what: u64, step: u64, low: f64, high: f64) -> f64 {
        low + (high - low) * self.fraction(what, step)
    }

    /// One of `choices`, never out of range; 0 for none.
    #[expect(clippy::cast_possible_truncation, reason = "the remainder is small")]
    pub(super) const fn choose(self, what: u64, choices: usize) -> usize {
        if choices == 0 {
            return 0;
        }
        (self.bits(what, 0) % choices as u64) as usize
    }
}
