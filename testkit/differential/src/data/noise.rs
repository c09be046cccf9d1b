//! Chance that can be repeated.

/// Numbers without a pattern, the same for the same seed and name: splitmix64.
#[derive(Clone, Debug)]
pub(super) struct Noise(u64);

impl Noise {
    /// The numbers of whatever has this name.
    pub(super) fn new(seed: u64, name: &str) -> Self {
        // FNV-1a: names that differ in a letter are far apart, and the next step scatters them.
        let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        Self(hash ^ seed.wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    /// A whole number from 0 up to, and without, `end`.
    pub(super) fn below(&mut self, end: i64) -> i64 {
        let end = u64::try_from(end).unwrap_or(0).max(1);
        i64::try_from(self.next() % end).expect("a remainder is below what it is a remainder of")
    }

    /// A number from 0 up to, and without, 1.
    pub(super) fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// True so often.
    pub(super) fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// One of these; none if there are none.
    pub(super) fn pick<T: Copy>(&mut self, from: &[T]) -> Option<T> {
        let place = self.below(i64::try_from(from.len()).unwrap_or(i64::MAX));
        from.get(usize::try_from(place).unwrap_or_default()).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::Noise;

    #[test]
    fn the_same_seed_and_name_have_the_same_numbers() {
        let numbers = |seed, name| {
            let mut noise = Noise::new(seed, name);
            (0..100).map(|_| noise.below(1000)).collect::<Vec<_>>()
        };
        assert_eq!(numbers(1, "a"), numbers(1, "a"));
        assert_ne!(numbers(1, "a"), numbers(1, "b"));
        assert_ne!(numbers(1, "a"), numbers(2, "a"));
        let mean = numbers(3, "c").iter().sum::<i64>() / 100;
        assert!((400..600).contains(&mean), "{mean}");
    }
}
