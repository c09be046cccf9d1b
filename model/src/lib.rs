//! The vocabulary that all other crates share: labels, matchers, samples, time, batches, storage traits.
