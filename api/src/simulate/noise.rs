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
    pub(super) const fn fraction(self, what: u64, step: u64) -> f64 {
        (self.bits(what, step) >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// A value from `low` to below `high`.
    pub(super) const fn between(self, what: u64, step: u64, low: f64, high: f64) -> f64 {
        low + (high - low) * self.fraction(what, step)
    }

    /// A whole number from 0 to below `choices`; 0 for none.
    pub(super) const fn choose(self, what: u64, step: u64, choices: usize) -> usize {
        if choices == 0 {
            return 0;
        }
        (self.bits(what, step) % choices as u64) as usize
    }

    /// One of a list; `None` of an empty one.
    pub(super) fn pick<T>(self, what: u64, step: u64, of: &[T]) -> Option<&T> {
        of.get(self.choose(what, step, of.len()))
    }

    /// Drifts between 0 and 1, by about its whole range within `period_ms`, without a jump.
    pub(super) fn drift(self, what: u64, at_ms: i64, period_ms: i64) -> f64 {
        let (step, passed) = (at_ms.div_euclid(period_ms), at_ms.rem_euclid(period_ms));
        let part = passed as f64 / period_ms as f64;
        let part = part * part * (3.0 - 2.0 * part);
        let from = self.fraction(what, step.cast_unsigned());
        let to = self.fraction(what, (step + 1).cast_unsigned());
        from + (to - from) * part
    }

    /// About normal: mean 0, variance 1, never beyond 3.5.
    pub(super) fn normal(self, what: u64, step: u64) -> f64 {
        let bits = self.bits(what, step);
        let parts = [
            bits & 0xffff,
            bits >> 16 & 0xffff,
            bits >> 32 & 0xffff,
            bits >> 48,
        ];
        let sum: f64 = parts.iter().map(|part| *part as f64 / 65_536.0).sum();
        // Four uniform variables: mean 2, variance 1/3.
        (sum - 2.0) * 3.0_f64.sqrt()
    }

    /// How often something happens that happens `mean` times as a rule (Poisson).
    pub(super) fn events(self, what: u64, step: u64, mean: f64) -> u64 {
        if mean <= 0.0 {
            return 0;
        }
        if mean > 30.0 {
            return whole(mean + mean.sqrt() * self.normal(what, step));
        }
        let mut left = self.fraction(what, step);
        let mut chance = (-mean).exp();
        let mut count = 0_u32;
        while left >= chance && count < 200 {
            left -= chance;
            count += 1;
            chance *= mean / f64::from(count);
        }
        count.into()
    }
}

/// The nearest whole number; 0 for what is below.
pub(super) fn whole(value: f64) -> u64 {
    value.round().max(0.0) as u64
}

/// A count as a number to calculate with; exact below 2^53.
pub(super) const fn real(count: u64) -> f64 {
    count as f64
}

/// Two decimals, as agents round.
pub(super) fn round2(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOISE: Noise = Noise::of(7, 3);

    #[test]
    fn events_have_their_mean() {
        for mean in [0.05, 0.8, 6.0, 29.0, 31.0, 400.0] {
            let sum: u64 = (0..4_000).map(|step| NOISE.events(1, step, mean)).sum();
            let found = real(sum) / 4_000.0;
            let error = (mean / 4_000.0_f64).sqrt() * 5.0;
            assert!((found - mean).abs() < error, "{mean}: {found}");
        }
        assert_eq!(NOISE.events(1, 1, 0.0), 0);
        assert_eq!(NOISE.events(1, 1, -1.0), 0);
    }

    #[test]
    fn normal_is_centred_and_bounded() {
        let values: Vec<f64> = (0..10_000).map(|step| NOISE.normal(2, step)).collect();
        let mean = values.iter().sum::<f64>() / 10_000.0;
        let variance = values.iter().map(|v| v * v).sum::<f64>() / 10_000.0;
        assert!(
            mean.abs() < 0.05 && (0.9..1.1).contains(&variance),
            "{mean} {variance}"
        );
        assert!(values.iter().all(|v| v.abs() < 3.5));
    }

    #[test]
    fn drift_has_no_jumps() {
        let values: Vec<f64> = (-500..500)
            .map(|s| NOISE.drift(4, s * 1_000, 60_000))
            .collect();
        let steepest = values
            .windows(2)
            .map(|w| (w[1] - w[0]).abs())
            .fold(0.0, f64::max);
        assert!(steepest < 0.03, "{steepest}");
        assert!(values.iter().all(|v| (0.0..1.0).contains(v)));
    }
}
