//! The bounds of a classic histogram.

use super::ClassicQuantile;
use super::interpolate;

/// The bounds of a classic histogram, in order and without repetition, for many steps that share them.
///
/// ```
/// use emberdb_histogram::ClassicLayout;
///
/// // `le="1"` and `le="1.0"` are one bound.
/// let layout = ClassicLayout::new(&[f64::INFINITY, 1.0, 2.0, 1.0]);
/// assert_eq!(layout.upper_bounds(), [1.0, 2.0, f64::INFINITY]);
///
/// let mut counts = Vec::new();
/// layout.merge(&[10.0, 2.0, 9.0, 3.0], &mut counts);
/// assert_eq!(counts, [5.0, 9.0, 10.0]);
/// assert_eq!(layout.quantile(0.7, &mut counts).value, 1.5);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct ClassicLayout {
    upper_bounds: Vec<f64>,
    slots: Vec<usize>,
}

impl ClassicLayout {
    /// The layout of buckets with these upper bounds, in any order. A NaN sorts last.
    #[must_use]
    pub fn new(upper_bounds: &[f64]) -> Self {
        let mut order: Vec<usize> = (0..upper_bounds.len()).collect();
        order.sort_by(|&left, &right| compare(upper_bounds[left], upper_bounds[right]));
        let mut layout = Self { upper_bounds: Vec::new(), slots: vec![0; upper_bounds.len()] };
        for position in order {
            let bound = upper_bounds[position];
            if layout.upper_bounds.last() != Some(&bound) {
                layout.upper_bounds.push(bound);
            }
            layout.slots[position] = layout.upper_bounds.len() - 1;
        }
        layout
    }

    /// The bounds in ascending order, each once.
    #[must_use]
    pub fn upper_bounds(&self) -> &[f64] {
        &self.upper_bounds
    }

    /// For each bound as given to [`new`](Self::new), its place among [`upper_bounds`](Self::upper_bounds).
    #[must_use]
    pub fn slots(&self) -> &[usize] {
        &self.slots
    }

    /// Whether the highest bound is `+Inf`, without which nothing can be said.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.upper_bounds.last() == Some(&f64::INFINITY)
    }

    /// Puts counts that are in the order of the bounds as given into the order of the layout; counts of equal
    /// bounds are added up.
    pub fn merge(&self, given: &[f64], counts: &mut Vec<f64>) {
        self.merge_each(given.iter().copied(), counts);
    }

    /// As [`merge`](Self::merge), of counts that are not in one place. There must be one for each bound.
    #[inline]
    pub fn merge_each(&self, given: impl IntoIterator<Item = f64>, counts: &mut Vec<f64>) {
        let given = self.slots.iter().zip(given);
        if self.slots.len() == self.upper_bounds.len() {
            counts.resize(self.upper_bounds.len(), 0.0);
            given.for_each(|(&slot, count)| counts[slot] = count);
            return;
        }
        counts.clear();
        // What is added to -0 stays what it is, to the sign of a zero.
        counts.resize(self.upper_bounds.len(), -0.0);
        given.for_each(|(&slot, count)| counts[slot] += count);
    }

    /// The φ-quantile of cumulative counts, one for each of [`upper_bounds`](Self::upper_bounds); counts that are
    /// not in order are put in order in place.
    #[must_use]
    pub fn quantile(&self, phi: f64, counts: &mut [f64]) -> ClassicQuantile {
        interpolate::quantile(phi, &self.upper_bounds, counts)
    }

    /// The share of observations between `lower` and `upper`, from counts like those of
    /// [`quantile`](Self::quantile), which are taken as they are.
    #[must_use]
    pub fn fraction(&self, lower: f64, upper: f64, counts: &[f64]) -> f64 {
        interpolate::fraction(lower, upper, &self.upper_bounds, counts)
    }
}

/// Bounds in order, NaN last; zeros are equal.
pub(super) fn compare(left: f64, right: f64) -> std::cmp::Ordering {
    left.partial_cmp(&right).unwrap_or_else(|| left.is_nan().cmp(&right.is_nan()))
}
