//! Numbers that look random and are the same for the same seed, on every platform.

/// SplitMix64 (Steele, Lea and Flood 2014): a counter, and a mixer of 64 bits.
#[derive(Clone, Debug)]
pub(crate) struct Random {
    state: u64,
}

impl Random {
    pub(crate) const fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    pub(crate) const fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// From 0 to `end`, which is left out; 0 if that is 0.
    pub(crate) const fn below(&mut self, end: u64) -> u64 {
        // The upper half of a product of 128 bits.
        ((self.next() as u128 * end as u128) >> 64) as u64
    }

    /// From `first` to `last`, both included.
    pub(crate) const fn between(&mut self, first: i64, last: i64) -> i64 {
        first + self.below((last - first + 1).cast_unsigned()).cast_signed()
    }

    /// True in so many of 100 cases.
    pub(crate) const fn percent(&mut self, share: u64) -> bool {
        self.below(100) < share
    }

    /// One of `items`, if there are any.
    pub(crate) fn choose<'a, T>(&mut self, items: &'a [T]) -> Option<&'a T> {
        items.get(self.below(items.len() as u64) as usize)
    }

    /// One of `items`: for lists in the code, which are not empty.
    pub(crate) fn pick<T: Copy, const N: usize>(&mut self, items: [T; N]) -> T {
        const { assert!(N > 0, "there is something to pick") };
        items[self.below(N as u64) as usize]
    }

    /// Which of the weighted cases: their place in the list.
    pub(crate) fn weighted(&mut self, weights: &[u64]) -> usize {
        let mut left = self.below(weights.iter().sum());
        weights
            .iter()
            .position(|&weight| {
                let is_it = left < weight;
                left = left.saturating_sub(weight);
                is_it
            })
            .unwrap_or_default()
    }

    /// Some of `items`, in their order: each with the same chance.
    pub(crate) fn some_of<T: Clone>(&mut self, items: &[T], share: u64) -> Vec<T> {
        items.iter().filter(|_| self.percent(share)).cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::Random;

    #[test]
    fn the_same_seed_gives_the_same_numbers_forever() {
        let mut random = Random::new(0);
        assert_eq!(random.next(), 0xe220_a839_7b1d_cdaf, "the first number of the algorithm's reference");
        assert_eq!(random.next(), 0x6e78_9e6a_a1b9_65f4);
    }

    #[test]
    fn bounds_are_kept_and_weights_are_shares() {
        let mut random = Random::new(1);
        assert!((0..1000).all(|_| (-3..=3).contains(&random.between(-3, 3))));
        let mut counts = [0; 3];
        for _ in 0..10_000 {
            counts[random.weighted(&[1, 0, 9])] += 1;
        }
        assert!((800..1200).contains(&counts[0]) && counts[1] == 0, "{counts:?}");
    }
}
