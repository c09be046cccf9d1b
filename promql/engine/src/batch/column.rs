//! One value per step, or none: mostly a float, sometimes a native histogram.

use std::sync::Arc;

use emberdb_histogram::FloatHistogram;

use super::histograms::Histograms;

/// The values of one series over the steps of a query: `len` floats, and one bit a step that says whether the
/// float is there; and beside them the native histograms, which most columns have none of.
///
/// Where the bit is 0 the float is unspecified: kernels compute over it and nobody looks. Bits past `len` are 0,
/// so that words can be counted and combined without a special case for the last one. A step has a float, a histogram
/// or nothing, never both; what is said of presence is about floats, of [occupied](Self::add_occupied_to) steps about
/// both.
#[derive(Debug, Clone, Default)]
pub struct Column {
    values: Vec<f64>,
    presence: Vec<u64>,
    histograms: Histograms,
}

/// Steps in one word of presence bits.
pub const WORD_STEPS: usize = u64::BITS as usize;

impl Column {
    /// A column of no steps; [`reset`](Self::reset) gives it its length.
    #[must_use]
    pub const fn new() -> Self {
        Self { values: Vec::new(), presence: Vec::new(), histograms: Histograms::new() }
    }

    /// A column of `len` steps without a value.
    #[must_use]
    pub fn absent(len: usize) -> Self {
        let mut column = Self::new();
        column.reset(len);
        column
    }

    /// Makes the column `len` steps long and all of them absent. Memory is kept.
    pub fn reset(&mut self, len: usize) {
        self.values.resize(len, 0.0);
        self.presence.clear();
        self.presence.resize(len.div_ceil(WORD_STEPS), 0);
        self.histograms.clear();
    }

    /// The number of steps.
    #[inline]
    #[must_use]
    pub const fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether there are no steps.
    #[inline]
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Makes every step present with the same value.
    pub fn fill(&mut self, value: f64) {
        self.histograms.clear();
        self.values.fill(value);
        self.set_all_present();
    }

    /// Gives every step the same histogram.
    pub fn fill_histogram(&mut self, histogram: &Arc<FloatHistogram>) {
        self.presence.fill(0);
        self.histograms.fill(self.values.len(), histogram);
    }

    /// Gives step `index` a value.
    #[inline]
    pub fn set(&mut self, index: usize, value: f64) {
        self.values[index] = value;
        self.presence[index / WORD_STEPS] |= 1 << (index % WORD_STEPS);
        self.histograms.remove(index);
    }

    /// Takes the value of step `index` away.
    #[inline]
    pub fn clear(&mut self, index: usize) {
        self.presence[index / WORD_STEPS] &= !(1 << (index % WORD_STEPS));
        self.histograms.remove(index);
    }

    /// Gives step `index` a histogram.
    pub fn set_histogram(&mut self, index: usize, histogram: Arc<FloatHistogram>) {
        self.clear(index);
        self.histograms.set(index, self.values.len(), histogram);
    }

    /// Gives step `index` the histogram that `compute` makes of one with any content, in memory of earlier ones; or
    /// nothing, if it answers `false`.
    pub fn set_histogram_with(&mut self, index: usize, compute: impl FnOnce(&mut FloatHistogram) -> bool) {
        self.clear(index);
        self.histograms.set_with(index, self.values.len(), compute);
    }

    /// The histogram of step `index`, if it has one.
    #[inline]
    #[must_use]
    pub fn histogram(&self, index: usize) -> Option<&Arc<FloatHistogram>> {
        self.histograms.get(index)
    }

    /// Whether any step has a histogram.
    #[must_use]
    pub fn has_histograms(&self) -> bool {
        self.histograms.any()
    }

    /// The steps that have a histogram, in order, with it.
    pub fn iter_histograms(&self) -> impl Iterator<Item = (usize, &Arc<FloatHistogram>)> + '_ {
        self.histograms.iter()
    }

    /// Makes step `index` what it is in `other`, which must have something there.
    pub fn copy_step(&mut self, index: usize, other: &Self) {
        match other.histogram(index) {
            Some(histogram) => self.set_histogram(index, Arc::clone(histogram)),
            None => self.set(index, other.values[index]),
        }
    }

    /// The steps that have a float or a histogram, in order.
    pub fn iter_occupied(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.len()).filter(|&index| self.is_occupied(index))
    }

    /// The first step that has a float or a histogram.
    #[must_use]
    pub fn first_occupied(&self) -> Option<usize> {
        self.iter_occupied().next()
    }

    /// The last step that has a float or a histogram.
    #[must_use]
    pub fn last_occupied(&self) -> Option<usize> {
        (0..self.len()).rfind(|&index| self.is_occupied(index))
    }

    /// Takes all histograms away.
    pub fn clear_histograms(&mut self) {
        self.histograms.clear();
    }

    /// Takes all floats away.
    pub fn clear_floats(&mut self) {
        self.presence.fill(0);
    }

    /// Whether step `index` has a float or a histogram.
    #[must_use]
    pub fn is_occupied(&self, index: usize) -> bool {
        self.is_present(index) || self.histogram(index).is_some()
    }

    /// Sets the bits of `mask` at the steps that have a float or a histogram.
    pub fn add_occupied_to(&self, mask: &mut [u64]) {
        debug_assert_eq!(mask.len(), self.presence.len());
        mask.iter_mut().zip(&self.presence).for_each(|(word, present)| *word |= present);
        self.histograms.add_to(mask);
    }

    /// Sets every step to what `value` gives for it, in order; the presence bits are written a word at a time.
    #[inline]
    pub fn compute(&mut self, len: usize, mut value: impl FnMut(usize) -> Option<f64>) {
        self.reset(len);
        let blocks = self.values.chunks_mut(WORD_STEPS).zip(&mut self.presence);
        for (block, (values, word)) in blocks.enumerate() {
            let mut bits = 0;
            for (bit, slot) in values.iter_mut().enumerate() {
                if let Some(present) = value(block * WORD_STEPS + bit) {
                    *slot = present;
                    bits |= 1 << bit;
                }
            }
            *word = bits;
        }
    }

    /// Whether step `index` has a value.
    #[inline]
    #[must_use]
    pub fn is_present(&self, index: usize) -> bool {
        self.presence[index / WORD_STEPS] >> (index % WORD_STEPS) & 1 == 1
    }

    /// The value of step `index`, if it has one.
    #[inline]
    #[must_use]
    pub fn get(&self, index: usize) -> Option<f64> {
        self.is_present(index).then(|| self.values[index])
    }

    /// All values, those of absent steps too.
    #[inline]
    #[must_use]
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// All values for writing; presence stays as it is.
    #[inline]
    pub fn values_mut(&mut self) -> &mut [f64] {
        &mut self.values
    }

    /// The presence bits: step `i` is bit `i % 64` of word `i / 64`.
    #[inline]
    #[must_use]
    pub fn presence(&self) -> &[u64] {
        &self.presence
    }

    /// Values and presence words for writing, both at once. Bits past the last step must stay 0.
    #[inline]
    pub fn parts_mut(&mut self) -> (&mut [f64], &mut [u64]) {
        (&mut self.values, &mut self.presence)
    }

    /// Makes every step present, with whatever its value is.
    pub fn set_all_present(&mut self) {
        self.presence.fill(u64::MAX);
        let rest = self.values.len() % WORD_STEPS;
        if let Some(last) = self.presence.last_mut().filter(|_| rest != 0) {
            *last = (1 << rest) - 1;
        }
    }

    /// Whether every step has a value.
    #[must_use]
    pub fn all_present(&self) -> bool {
        self.count_present() == self.len()
    }

    /// Whether no step has a value.
    #[must_use]
    pub fn none_present(&self) -> bool {
        self.presence.iter().all(|&word| word == 0)
    }

    /// Whether no step has a value or a histogram.
    #[must_use]
    pub fn is_vacant(&self) -> bool {
        self.none_present() && !self.has_histograms()
    }

    /// How many samples the column counts as: a histogram as many as fit into its bytes.
    #[must_use]
    pub fn weight(&self) -> usize {
        self.count_present()
            + self.iter_histograms().map(|(_, histogram)| histogram_weight(histogram)).sum::<usize>()
    }

    /// The number of steps with a value.
    #[must_use]
    pub fn count_present(&self) -> usize {
        self.presence.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// Keeps only the steps that are in `mask` too (same layout as [`presence`](Self::presence)).
    pub fn and_presence(&mut self, mask: &[u64]) {
        debug_assert_eq!(mask.len(), self.presence.len());
        for (word, mask) in self.presence.iter_mut().zip(mask) {
            *word &= mask;
        }
        self.histograms.mask(mask, true);
    }

    /// Makes the steps of `mask` present too; the caller has put values there.
    pub fn or_presence(&mut self, mask: &[u64]) {
        debug_assert_eq!(mask.len(), self.presence.len());
        for (word, mask) in self.presence.iter_mut().zip(mask) {
            *word |= mask;
        }
    }

    /// Takes the steps of `mask` away.
    pub fn and_not_presence(&mut self, mask: &[u64]) {
        debug_assert_eq!(mask.len(), self.presence.len());
        for (word, mask) in self.presence.iter_mut().zip(mask) {
            *word &= !mask;
        }
        self.histograms.mask(mask, false);
    }

    /// Takes over length, values and presence of `other`, keeping this column's memory.
    pub fn copy_from(&mut self, other: &Self) {
        self.values.clone_from(&other.values);
        self.presence.clone_from(&other.presence);
        self.histograms.clone_from(&other.histograms);
    }

    /// The steps that have a value, in order, with it.
    pub fn iter_present(&self) -> impl Iterator<Item = (usize, f64)> + '_ {
        self.presence.iter().enumerate().flat_map(move |(word_index, &word)| {
            Bits(word).map(move |bit| {
                let index = word_index * WORD_STEPS + bit;
                (index, self.values[index])
            })
        })
    }
}

/// How many samples a histogram counts as for limits: one for 16 bytes, as upstream has it.
#[must_use]
pub fn histogram_weight(histogram: &FloatHistogram) -> usize {
    (histogram.size_bytes() + 8) / 16
}

/// Equal are columns of the same length with the same steps present and the same bits there: a NaN equals the
/// NaN of the same bits, and `-0` does not equal `0`.
impl PartialEq for Column {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len()
            && self.presence == other.presence
            && self
                .iter_present()
                .zip(other.iter_present())
                .all(|((_, left), (_, right))| left.to_bits() == right.to_bits())
            && self.iter_histograms().count() == other.iter_histograms().count()
            && self
                .iter_histograms()
                .zip(other.iter_histograms())
                .all(|((a, left), (b, right))| a == b && left.has_same_data(right))
    }
}

impl FromIterator<Option<f64>> for Column {
    fn from_iter<I: IntoIterator<Item = Option<f64>>>(iter: I) -> Self {
        let given: Vec<_> = iter.into_iter().collect();
        let mut column = Self::new();
        column.compute(given.len(), |index| given[index]);
        column
    }
}

/// The positions of the bits that are 1, lowest first.
pub(super) struct Bits(pub(super) u64);

impl Iterator for Bits {
    type Item = usize;

    #[inline]
    fn next(&mut self) -> Option<usize> {
        if self.0 == 0 {
            return None;
        }
        let bit = self.0.trailing_zeros() as usize;
        self.0 &= self.0 - 1;
        Some(bit)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Column;

    proptest! {
        #[test]
        fn a_column_is_a_vector_of_options(
            given in prop::collection::vec(prop::option::of(-9.0..9.0f64), 0..200),
            mask in prop::collection::vec(any::<bool>(), 200),
        ) {
            let mut column: Column = given.iter().copied().collect();
            prop_assert_eq!(column.len(), given.len());
            prop_assert_eq!(column.count_present(), given.iter().flatten().count());
            prop_assert_eq!(column.all_present(), given.iter().all(Option::is_some));
            prop_assert_eq!(column.none_present(), given.iter().all(Option::is_none));
            for (index, &value) in given.iter().enumerate() {
                prop_assert_eq!(column.get(index), value);
            }
            let listed: Vec<_> = given.iter().enumerate().filter_map(|(i, v)| v.map(|v| (i, v))).collect();
            prop_assert_eq!(column.iter_present().collect::<Vec<_>>(), listed);

            let mask: Column = given.iter().zip(mask).map(|(_, keep)| keep.then_some(1.0)).collect();
            let mut rest = column.clone();
            rest.and_not_presence(mask.presence());
            column.and_presence(mask.presence());
            for (index, &value) in given.iter().enumerate() {
                prop_assert_eq!(column.get(index), value.filter(|_| mask.is_present(index)));
                prop_assert_eq!(rest.get(index), value.filter(|_| !mask.is_present(index)));
            }
            column.or_presence(rest.presence());
            prop_assert_eq!(column.count_present(), given.iter().flatten().count());
        }

        #[test]
        fn filling_leaves_no_bit_past_the_end(len in 0usize..200) {
            let mut column = Column::absent(len);
            prop_assert!(column.none_present());
            column.fill(2.5);
            prop_assert!(column.all_present());
            prop_assert_eq!(column.presence().iter().map(|word| word.count_ones()).sum::<u32>() as usize, len);
            prop_assert!(column.values().iter().all(|&value| value == 2.5));
        }
    }

    #[test]
    fn equality_is_of_bits_and_ignores_absent_values() {
        let nan: Column = [Some(f64::NAN), None, Some(0.0)].into_iter().collect();
        let mut same = nan.clone();
        same.values_mut()[1] = 7.0;
        assert_eq!(nan, same);
        same.set(2, -0.0);
        assert_ne!(nan, same);
        same.clear(2);
        assert_eq!(same.get(2), None);
    }
}
