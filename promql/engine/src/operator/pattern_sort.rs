//! A pattern-defeating quicksort (Peters, 2021) with every step as the sort of Go's library takes it.
//!
//! Which of two equal elements comes first, and what becomes of an order that contradicts itself, depends on the steps. Upstream's answers
//! show both: ties in `sort` and `topk`, and `sort_by_label` with labels whose natural order is none.

/// So few elements are inserted one by one; the order of equal ones stays then.
const INSERTION_MAX: usize = 12;

/// From so many on the pivot is a median of medians, and elements that stand wrong are shifted.
const LONG: usize = 50;

/// So many pairs in the wrong order may be mended in a range that looks sorted.
const MENDED_MAX: usize = 5;

/// The comparisons of a choice of pivot that may find a wrong order: if all do, the range is descending.
const SWAPS_MAX: usize = 12;

/// Sorts by `is_less`, which need not be an order: it always ends, with all elements somewhere.
pub(super) fn pattern_sort<T>(elements: &mut [T], is_less: impl FnMut(&T, &T) -> bool) {
    let end = elements.len();
    let bad_choices_max = usize::BITS - end.leading_zeros();
    Sorter { elements, is_less }.sort(0, end, bad_choices_max);
}

struct Sorter<'a, T, F> {
    elements: &'a mut [T],
    is_less: F,
}

/// What the choice of a pivot shows of the order that is there.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Looks {
    Ascending,
    Descending,
    Mixed,
}

impl<T, F: FnMut(&T, &T) -> bool> Sorter<'_, T, F> {
    fn less(&mut self, a: usize, b: usize) -> bool {
        (self.is_less)(&self.elements[a], &self.elements[b])
    }

    fn swap(&mut self, a: usize, b: usize) {
        self.elements.swap(a, b);
    }

    /// Sorts the elements from `start` up to `end`. After so many bad choices of a pivot a heap does the rest.
    fn sort(&mut self, mut start: usize, mut end: usize, mut bad_choices_max: u32) {
        let (mut was_balanced, mut was_partitioned) = (true, true);
        while end - start > INSERTION_MAX {
            if bad_choices_max == 0 {
                return self.sort_by_heap(start, end);
            }
            if !was_balanced {
                self.break_patterns(start, end);
                bad_choices_max -= 1;
            }
            let (mut pivot, mut looks) = self.choose_pivot(start, end);
            if looks == Looks::Descending {
                self.elements[start..end].reverse();
                pivot = end - 1 - (pivot - start);
                looks = Looks::Ascending;
            }
            let seems_sorted = was_balanced && was_partitioned && looks == Looks::Ascending;
            if seems_sorted && self.mend(start, end) {
                return;
            }
            // What is left of the range is not greater than anything in it: then all that equals the pivot is in place.
            if start > 0 && !self.less(start - 1, pivot) {
                start = self.part_equal(start, end, pivot);
                continue;
            }
            let (middle, was_parted) = self.part(start, end, pivot);
            was_partitioned = was_parted;
            let (left, right) = (middle - start, end - middle);
            was_balanced = left.min(right) >= (end - start) / 8;
            if left < right {
                self.sort(start, middle, bad_choices_max);
                start = middle + 1;
            } else {
                self.sort(middle + 1, end, bad_choices_max);
                end = middle;
            }
        }
        self.insert_all(start, end);
    }

    fn insert_all(&mut self, start: usize, end: usize) {
        for next in start + 1..end {
            let mut at = next;
            while at > start && self.less(at, at - 1) {
                self.swap(at, at - 1);
                at -= 1;
            }
        }
    }

    /// Puts the lesser elements left of the pivot and the others right of it; where it is then, and whether all were there before.
    fn part(&mut self, start: usize, end: usize, pivot: usize) -> (usize, bool) {
        self.swap(start, pivot);
        let (mut left, mut right) = (start + 1, end - 1);
        let mut was_parted = true;
        loop {
            while left <= right && self.less(left, start) {
                left += 1;
            }
            while left <= right && !self.less(right, start) {
                right -= 1;
            }
            if left > right {
                break;
            }
            was_parted = false;
            self.swap(left, right);
            left += 1;
            right -= 1;
        }
        self.swap(right, start);
        (right, was_parted)
    }

    /// Puts what equals the pivot before what is greater; where that begins.
    fn part_equal(&mut self, start: usize, end: usize, pivot: usize) -> usize {
        self.swap(start, pivot);
        let (mut left, mut right) = (start + 1, end - 1);
        loop {
            while left <= right && !self.less(start, left) {
                left += 1;
            }
            while left <= right && self.less(start, right) {
                right -= 1;
            }
            if left > right {
                return left;
            }
            self.swap(left, right);
            left += 1;
            right -= 1;
        }
    }

    /// Mends a few neighbours that stand wrong; whether the range is sorted now.
    fn mend(&mut self, start: usize, end: usize) -> bool {
        let mut at = start + 1;
        for _ in 0..MENDED_MAX {
            while at < end && !self.less(at, at - 1) {
                at += 1;
            }
            if at == end {
                return true;
            }
            if end - start < LONG {
                return false;
            }
            self.swap(at, at - 1);
            if at - start >= 2 {
                let mut lesser = at - 1;
                while lesser >= 1 && self.less(lesser, lesser - 1) {
                    self.swap(lesser, lesser - 1);
                    lesser -= 1;
                }
            }
            if end - at >= 2 {
                let mut greater = at + 1;
                while greater < end && self.less(greater, greater - 1) {
                    self.swap(greater, greater - 1);
                    greater += 1;
                }
            }
        }
        false
    }

    /// Swaps three elements in the middle for others, by numbers that are the same for each length.
    fn break_patterns(&mut self, start: usize, end: usize) {
        let length = end - start;
        let mask = (1_u64 << (u64::BITS - (length as u64).leading_zeros())) - 1;
        let middle = start + length / 4 * 2;
        let mut random = length as u64;
        for place in middle - 1..=middle + 1 {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            let other = (random & mask) as usize;
            self.swap(place, start + if other >= length { other - length } else { other });
        }
    }

    fn choose_pivot(&mut self, start: usize, end: usize) -> (usize, Looks) {
        let length = end - start;
        let mut swaps = 0;
        let mut candidates = [1, 2, 3].map(|quarter| start + length / 4 * quarter);
        if length >= LONG {
            candidates = candidates.map(|at| self.median([at - 1, at, at + 1], &mut swaps));
        }
        let pivot = self.median(candidates, &mut swaps);
        let looks = match swaps {
            0 => Looks::Ascending,
            SWAPS_MAX => Looks::Descending,
            _ => Looks::Mixed,
        };
        (pivot, looks)
    }

    /// The place of the median of three elements; counts the comparisons that found a wrong order.
    fn median(&mut self, [mut a, mut b, mut c]: [usize; 3], swaps: &mut usize) -> usize {
        let mut order = |sorter: &mut Self, a: &mut usize, b: &mut usize| {
            if sorter.less(*b, *a) {
                *swaps += 1;
                std::mem::swap(a, b);
            }
        };
        order(self, &mut a, &mut b);
        order(self, &mut b, &mut c);
        order(self, &mut a, &mut b);
        b
    }

    fn sort_by_heap(&mut self, start: usize, end: usize) {
        let length = end - start;
        for root in (0..=(length - 1) / 2).rev() {
            self.sift_down(start, root, length);
        }
        for last in (0..length).rev() {
            self.swap(start, start + last);
            self.sift_down(start, 0, last);
        }
    }

    fn sift_down(&mut self, start: usize, mut root: usize, length: usize) {
        loop {
            let mut child = 2 * root + 1;
            if child >= length {
                return;
            }
            if child + 1 < length && self.less(start + child, start + child + 1) {
                child += 1;
            }
            if !self.less(start + root, start + child) {
                return;
            }
            self.swap(start + root, start + child);
            root = child;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Lists as they come: short and long, of few values and of many, in order, in reverse, and with some out of place.
    fn list() -> impl Strategy<Value = Vec<u16>> {
        let values = (0_usize..700, 1_u16..600)
            .prop_flat_map(|(length, below)| prop::collection::vec(0..below, length));
        let swaps = prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>()), 0..8);
        (values, 0..4, swaps).prop_map(|(mut values, order, swaps)| {
            match order {
                0 => values.sort_unstable(),
                1 => values.sort_unstable_by(|a, b| b.cmp(a)),
                _ => {}
            }
            let length = values.len();
            for (a, b) in swaps.iter().filter(|_| length > 0) {
                values.swap(a.index(length), b.index(length));
            }
            values
        })
    }

    proptest! {
        #[test]
        fn an_order_is_sorted_by(mut values in list()) {
            let mut sorted = values.clone();
            sorted.sort_unstable();
            pattern_sort(&mut values, |a, b| a < b);
            prop_assert_eq!(values, sorted);
        }

        #[test]
        fn the_heap_sorts(mut values in list()) {
            let mut sorted = values.clone();
            sorted.sort_unstable();
            let end = values.len();
            if end > 0 {
                Sorter { elements: &mut values[..], is_less: |a: &u16, b: &u16| a < b }.sort(0, end, 0);
            }
            prop_assert_eq!(values, sorted);
        }

        #[test]
        fn nothing_is_lost_without_an_order(mut values in list(), seed: u64) {
            let mut before = values.clone();
            let mut state = seed | 1;
            pattern_sort(&mut values, |_, _| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                state >> 63 == 1
            });
            before.sort_unstable();
            values.sort_unstable();
            prop_assert_eq!(values, before);
        }
    }

    #[test]
    fn few_equal_elements_keep_their_order() {
        let mut pairs: Vec<(u32, usize)> = (0..12).map(|place| ([2, 1, 2, 0][place % 4], place)).collect();
        let mut stable = pairs.clone();
        stable.sort_by_key(|pair| pair.0);
        pattern_sort(&mut pairs, |a, b| a.0 < b.0);
        assert_eq!(pairs, stable);
    }

    /// What Prometheus 3.5.3 answers `sort` and `sort_desc` with, of 24 series of which the sixth is 1 and all others are 0.
    #[test]
    fn equal_elements_move_as_upstream_moves_them() {
        let sorted = |is_less: fn(bool, bool) -> bool| {
            let mut series: Vec<usize> = (0..24).collect();
            pattern_sort(&mut series, |&a, &b| is_less(a == 5, b == 5));
            series
        };
        let ascending =
            [12, 6, 2, 3, 4, 23, 11, 7, 8, 9, 1, 10, 16, 13, 14, 15, 0, 17, 18, 19, 20, 21, 22, 5];
        assert_eq!(sorted(|a, b| !a & b), ascending);
        let descending =
            [5, 12, 9, 3, 4, 1, 6, 7, 13, 0, 10, 2, 11, 8, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23];
        assert_eq!(sorted(|a, b| a & !b), descending);
    }
}
