//! The heap of those that rank.

use super::Rank;

/// The best values so far, the worst of them first. Which of equal values goes when a better one comes is decided by
/// the shape of the heap, so that shape is upstream's: a binary heap that sifts as Go's does.
pub(super) struct Heap {
    rank: Rank,
    /// Values, and what each is the value of.
    pub(super) elements: Vec<(f64, usize)>,
}

impl Heap {
    pub(super) const fn new(rank: Rank) -> Self {
        Self { rank, elements: Vec::new() }
    }

    /// Adds a value.
    pub(super) fn push(&mut self, value: f64, index: usize) {
        self.elements.push((value, index));
        self.sift_up(self.elements.len() - 1);
    }

    /// Adds a value if there are fewer than `k`, or in the place of the worst of them if it is better.
    pub(super) fn offer(&mut self, k: usize, value: f64, index: usize) {
        if self.elements.len() < k {
            self.push(value, index);
            return;
        }
        let worst = self.elements[0].0;
        let is_better = match self.rank {
            Rank::Top => worst < value,
            Rank::Bottom => worst > value,
        };
        if is_better || (worst.is_nan() && !value.is_nan()) {
            self.elements[0] = (value, index);
            self.sift_down();
        }
    }

    /// Whether element `a` belongs above element `b`.
    fn is_above(&self, a: usize, b: usize) -> bool {
        self.rank.is_above(self.elements[a].0, self.elements[b].0)
    }

    fn sift_up(&mut self, mut at: usize) {
        while at > 0 {
            let parent = (at - 1) / 2;
            if !self.is_above(at, parent) {
                break;
            }
            self.elements.swap(at, parent);
            at = parent;
        }
    }

    fn sift_down(&mut self) {
        let mut at = 0;
        loop {
            let mut child = 2 * at + 1;
            if child >= self.elements.len() {
                break;
            }
            if child + 1 < self.elements.len() && self.is_above(child + 1, child) {
                child += 1;
            }
            if !self.is_above(child, at) {
                break;
            }
            self.elements.swap(at, child);
            at = child;
        }
    }
}
