//! Random numbers for names, jitter and sampling. Not for secrets.

use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};

/// A source of random numbers.
pub trait Random: Send + Sync + fmt::Debug {
    /// 64 random bits.
    fn u64(&self) -> u64;
}

/// The SplitMix64 generator (Steele, Lea, Flood 2014): the same seed gives the same numbers on every machine.
///
/// Threads that share one generator get different numbers without a lock; which thread gets which is up to the
/// scheduler.
#[derive(Debug)]
pub struct SeededRandom {
    state: AtomicU64,
}

/// 2^64 divided by the golden ratio, made odd: successive states are far apart.
const SPLIT_MIX_STEP: u64 = 0x9e37_79b9_7f4a_7c15;

impl SeededRandom {
    /// A generator whose numbers are determined by `seed`.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { state: AtomicU64::new(seed) }
    }

    /// A generator seeded by the operating system.
    #[must_use]
    pub fn from_system() -> Self {
        // The standard library's hasher keys are the system's randomness, without a dependency of ours.
        Self::new(RandomState::new().hash_one(0_u64))
    }
}

impl Random for SeededRandom {
    fn u64(&self) -> u64 {
        let state = self.state.fetch_add(SPLIT_MIX_STEP, Ordering::Relaxed).wrapping_add(SPLIT_MIX_STEP);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first numbers for the seed 1234567, as the generator's reference implementation prints them.
    #[test]
    fn seed_1234567_gives_the_published_numbers() {
        let random = SeededRandom::new(1_234_567);
        let numbers: Vec<u64> = (0..3).map(|_| random.u64()).collect();
        assert_eq!(
            numbers,
            [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]
        );
    }

    #[test]
    fn the_system_seeds_differ() {
        assert_ne!(SeededRandom::from_system().u64(), SeededRandom::from_system().u64());
    }
}
