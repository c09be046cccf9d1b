//! The native histograms of a column: one a step, or none.

use std::sync::Arc;

use emberdb_histogram::FloatHistogram;

use super::column::{Bits, WORD_STEPS};

/// One slot a step, and one bit that says whether the histogram in it is there.
///
/// Where the bit is 0, what is in the slot is nobody's histogram: its memory is for the next one that is computed
/// there. A column that is filled series after series so allocates for the first of them alone, unless somebody kept
/// what came out.
#[derive(Debug, Default)]
pub(super) struct Histograms {
    /// Empty if there never was one, else as many as steps, or more.
    slots: Vec<Option<Arc<FloatHistogram>>>,
    /// As many words as the slots need.
    presence: Vec<u64>,
}

impl Histograms {
    /// No steps.
    pub(super) const fn new() -> Self {
        Self { slots: Vec::new(), presence: Vec::new() }
    }

    /// Takes all histograms away, but for their memory.
    pub(super) fn clear(&mut self) {
        self.presence.fill(0);
    }

    /// Takes the histogram of a step away, but for its memory.
    #[inline]
    pub(super) fn remove(&mut self, step: usize) {
        if let Some(word) = self.presence.get_mut(step / WORD_STEPS) {
            *word &= !(1 << (step % WORD_STEPS));
        }
    }

    /// The histogram of a step.
    #[inline]
    pub(super) fn get(&self, step: usize) -> Option<&Arc<FloatHistogram>> {
        if self.presence.get(step / WORD_STEPS)? >> (step % WORD_STEPS) & 1 == 0 {
            return None;
        }
        self.slots.get(step)?.as_ref()
    }

    /// Whether there is one at any step.
    pub(super) fn any(&self) -> bool {
        self.presence.iter().any(|&word| word != 0)
    }

    /// The steps that have one, in order, with it.
    pub(super) fn iter(&self) -> impl Iterator<Item = (usize, &Arc<FloatHistogram>)> + '_ {
        self.presence.iter().enumerate().flat_map(move |(word_index, &word)| {
            Bits(word).filter_map(move |bit| {
                let step = word_index * WORD_STEPS + bit;
                Some((step, self.slots.get(step)?.as_ref()?))
            })
        })
    }

    /// Gives a step of `steps` a histogram.
    pub(super) fn set(&mut self, step: usize, steps: usize, histogram: Arc<FloatHistogram>) {
        self.reach(steps);
        self.slots[step] = Some(histogram);
        self.presence[step / WORD_STEPS] |= 1 << (step % WORD_STEPS);
    }

    /// Gives a step of `steps` the histogram that `compute` makes of one with any content, unless it answers `false`.
    pub(super) fn set_with(
        &mut self,
        step: usize,
        steps: usize,
        compute: impl FnOnce(&mut FloatHistogram) -> bool,
    ) {
        self.reach(steps);
        let slot = self.slots[step].get_or_insert_default();
        let histogram = match Arc::get_mut(slot) {
            Some(idle) => idle,
            // Somebody else has it too.
            None => {
                *slot = Arc::default();
                Arc::make_mut(slot)
            }
        };
        let bit = 1 << (step % WORD_STEPS);
        match compute(histogram) {
            true => self.presence[step / WORD_STEPS] |= bit,
            false => self.presence[step / WORD_STEPS] &= !bit,
        }
    }

    /// Gives each of `steps` the same histogram.
    pub(super) fn fill(&mut self, steps: usize, histogram: &Arc<FloatHistogram>) {
        self.slots.clear();
        self.slots.resize(steps, Some(Arc::clone(histogram)));
        self.presence.clear();
        self.presence.resize(steps.div_ceil(WORD_STEPS), u64::MAX);
        let rest = steps % WORD_STEPS;
        if let Some(last) = self.presence.last_mut().filter(|_| rest != 0) {
            *last = (1 << rest) - 1;
        }
    }

    /// Keeps only those at whose steps the bit of `mask` is `kept`; steps behind the mask have bit 0.
    pub(super) fn mask(&mut self, mask: &[u64], kept: bool) {
        let mask = mask.iter().copied().chain(std::iter::repeat(0));
        for (word, mask) in self.presence.iter_mut().zip(mask) {
            *word &= if kept { mask } else { !mask };
        }
    }

    /// Sets the bits of `mask` at the steps that have one.
    pub(super) fn add_to(&self, mask: &mut [u64]) {
        mask.iter_mut().zip(&self.presence).for_each(|(word, present)| *word |= present);
    }

    /// Makes room for so many steps.
    fn reach(&mut self, steps: usize) {
        if self.slots.len() < steps {
            self.slots.resize(steps, None);
            self.presence.resize(steps.div_ceil(WORD_STEPS), 0);
        }
    }
}

impl Clone for Histograms {
    fn clone(&self) -> Self {
        let mut clone = Self::new();
        clone.clone_from(self);
        clone
    }

    /// Shares the histograms, and keeps its own memory of others.
    fn clone_from(&mut self, source: &Self) {
        self.clear();
        for (step, histogram) in source.iter() {
            self.set(step, source.slots.len(), Arc::clone(histogram));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counting(count: f64) -> Arc<FloatHistogram> {
        Arc::new(FloatHistogram { count, ..FloatHistogram::default() })
    }

    fn counts(histograms: &Histograms) -> Vec<(usize, f64)> {
        histograms.iter().map(|(step, histogram)| (step, histogram.count)).collect()
    }

    #[test]
    fn memory_is_used_again_unless_somebody_kept_it() {
        let mut histograms = Histograms::new();
        let fill = |histograms: &mut Histograms, count: f64| {
            histograms.clear();
            for step in [1, 70] {
                histograms.set_with(step, 100, |histogram| {
                    histogram.count = count;
                    true
                });
            }
            [1, 70].map(|step| Arc::as_ptr(histograms.get(step).unwrap()))
        };
        let first = fill(&mut histograms, 1.0);
        let kept = Arc::clone(histograms.get(70).unwrap());
        let second = fill(&mut histograms, 2.0);
        assert_eq!(first[0], second[0]);
        assert_ne!(first[1], second[1]);
        assert_eq!((kept.count, counts(&histograms)), (1.0, vec![(1, 2.0), (70, 2.0)]));
    }

    #[test]
    fn what_is_not_there_is_not_seen() {
        let mut histograms = Histograms::new();
        assert!(histograms.get(3).is_none() && !histograms.any());
        histograms.set(3, 80, counting(3.0));
        histograms.set(79, 80, counting(79.0));
        histograms.set_with(4, 80, |_| false);
        histograms.remove(3);
        assert_eq!(counts(&histograms), [(79, 79.0)]);
        assert_eq!(counts(&histograms.clone()), [(79, 79.0)]);
        let mut mask = [0; 2];
        histograms.add_to(&mut mask);
        assert_eq!(mask, [0, 1 << 15]);
        histograms.mask(&mask, false);
        assert!(!histograms.any() && histograms.get(79).is_none());
    }

    #[test]
    fn a_copy_has_what_is_there_and_no_more() {
        let mut long = Histograms::new();
        long.fill(130, &counting(1.0));
        assert_eq!(counts(&long).len(), 130);
        let mut short = Histograms::new();
        short.set(0, 2, counting(2.0));
        long.clone_from(&short);
        assert_eq!(counts(&long), [(0, 2.0)]);
        long.mask(&[], true);
        assert!(!long.any());
    }
}
