//! Many label sets in the order of their texts.

use std::cmp::Ordering;
use std::ops::Range;

use emberdb_model::{Label, SymbolTable};

/// The places of label sets in the order of their labels: name, value, name, value, as upstream compares them. Equal sets stay in their order.
///
/// As a rule all sets have the same names and begin alike, and what tells them apart is one value. So the sets are sorted label by label, those
/// that were equal so far among themselves, and texts by the eight bytes behind what all of them begin with: few texts are ever compared.
pub(super) fn label_order(sets: &[&[Label]], symbols: &SymbolTable) -> Vec<usize> {
    let mut sorter = Sorter { sets, symbols, order: (0..sets.len()).collect(), keys: Vec::new() };
    let mut unsorted = vec![(0..sets.len(), 0)];
    while let Some((range, depth)) = unsorted.pop() {
        sorter.sort(range, depth, &mut unsorted);
    }
    sorter.order
}

/// Compares label sets by their texts.
pub(super) fn compare_labels(a: &[Label], b: &[Label], symbols: &SymbolTable) -> Ordering {
    let text = |symbol| symbols.resolve(symbol);
    // Most labels are equal, and symbols tell that at once.
    match a.iter().zip(b).find(|(a, b)| a != b) {
        Some((a, b)) if a.name == b.name => text(a.value).cmp(text(b.value)),
        Some((a, b)) => text(a.name).cmp(text(b.name)),
        None => a.len().cmp(&b.len()),
    }
}

struct Sorter<'a> {
    sets: &'a [&'a [Label]],
    symbols: &'a SymbolTable,
    order: Vec<usize>,
    /// Memory to work in.
    keys: Vec<Key>,
}

/// A value to sort by.
struct Key {
    /// Eight bytes of its text, as a number that sorts as they do.
    bytes: u64,
    label: Label,
    set: usize,
}

impl Sorter<'_> {
    /// Sorts a range of sets whose first `depth` labels are the same by the next one, and tells what is still to be sorted.
    fn sort(&mut self, range: Range<usize>, mut depth: usize, unsorted: &mut Vec<(Range<usize>, usize)>) {
        let Some(&first) = self.order.get(range.start).filter(|_| range.len() > 1) else { return };
        let first = self.sets[first];
        let in_range = || self.order[range.clone()].iter().map(|&set| self.sets[set]);
        while let Some(label) = first.get(depth)
            && in_range().all(|set| set.get(depth) == Some(label))
        {
            depth += 1;
        }
        let name = first.get(depth).map(|label| label.name);
        let is_one_name =
            name.is_some() && in_range().all(|set| set.get(depth).map(|label| label.name) == name);
        if is_one_name {
            self.sort_by_value(&range, depth);
            self.find_equal(range, depth, unsorted);
        } else {
            let (sets, symbols) = (self.sets, self.symbols);
            self.order[range].sort_by(|&a, &b| compare_labels(&sets[a][depth..], &sets[b][depth..], symbols));
        }
    }

    /// Sorts sets by their values at `depth`, where all of them have the same name.
    fn sort_by_value(&mut self, range: &Range<usize>, depth: usize) {
        let Self { sets, symbols, order, keys } = self;
        let order = &mut order[range.clone()];
        let text = |label: Label| symbols.resolve(label.value).as_bytes();
        let values = || order.iter().map(|&set| sets[set][depth]);
        let mut common = values().next().map_or(&[][..], text);
        for label in values() {
            let same = common.iter().zip(text(label)).take_while(|(a, b)| a == b).count();
            common = &common[..same];
        }
        keys.clear();
        keys.extend(values().zip(order.iter()).map(|(label, &set)| {
            let bytes = leading_bytes(&text(label)[common.len()..]);
            Key { bytes, label, set }
        }));
        // The sets' places rise, so that equal ones stay in their order.
        keys.sort_unstable_by(|a, b| {
            let by_text =
                || if a.label == b.label { a.set.cmp(&b.set) } else { text(a.label).cmp(text(b.label)) };
            a.bytes.cmp(&b.bytes).then_with(by_text)
        });
        order.iter_mut().zip(keys.iter()).for_each(|(place, key)| *place = key.set);
    }

    /// Adds the sets that are the same up to the label at `depth`, this one included.
    fn find_equal(&self, range: Range<usize>, depth: usize, unsorted: &mut Vec<(Range<usize>, usize)>) {
        let mut start = range.start;
        let is_same = |a: &usize, b: &usize| self.sets[*a][depth] == self.sets[*b][depth];
        for run in self.order[range].chunk_by(is_same) {
            if run.len() > 1 {
                unsorted.push((start..start + run.len(), depth + 1));
            }
            start += run.len();
        }
    }
}

/// The first eight bytes as a number; what is missing is 0.
fn leading_bytes(text: &[u8]) -> u64 {
    match text.first_chunk() {
        Some(bytes) => u64::from_be_bytes(*bytes),
        None => text.iter().rev().fold(0, |number, &byte| number >> 8 | u64::from(byte) << 56),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_is_the_order_of_comparisons(
            sets in prop::collection::vec(prop::collection::btree_map("[ab]{1,2}", "(x\u{0})?[a-c\u{0}]{0,10}", 0..4), 0..60),
        ) {
            let mut symbols = SymbolTable::new();
            // Symbols are numbered in another order than that of the texts.
            for text in ["bb", "b", "c", "a", ""] {
                symbols.intern(text);
            }
            let sets: Vec<Vec<Label>> = sets
                .iter()
                .map(|set| {
                    let labels = set.iter().map(|(name, value)| (symbols.intern(name), symbols.intern(value)));
                    labels.map(|(name, value)| Label { name, value }).collect()
                })
                .collect();
            let sets: Vec<&[Label]> = sets.iter().map(Vec::as_slice).collect();
            let mut expected: Vec<usize> = (0..sets.len()).collect();
            expected.sort_by(|&a, &b| compare_labels(sets[a], sets[b], &symbols));
            prop_assert_eq!(label_order(&sets, &symbols), expected);
        }

        #[test]
        fn leading_bytes_sort_as_texts_do(a in "[a-c\u{0}]{0,12}", b in "[a-c\u{0}]{0,12}") {
            let (by_bytes, by_text) = (leading_bytes(a.as_bytes()).cmp(&leading_bytes(b.as_bytes())), a.cmp(&b));
            prop_assert!(by_bytes.is_eq() || by_bytes == by_text);
        }
    }

    #[test]
    fn labels_are_in_the_order_of_their_texts() {
        let mut symbols = SymbolTable::new();
        let [b, a, name, job] = ["b", "a", "__name__", "job"].map(|text| symbols.intern(text));
        let label = |name, value| Label { name, value };
        let ordered = [
            vec![label(name, a)],
            vec![label(name, a), label(job, a)],
            vec![label(name, a), label(job, b)],
            vec![label(name, b)],
            vec![label(b, a)],
            vec![label(job, a)],
        ];
        for (place, one) in ordered.iter().enumerate() {
            for (other_place, other) in ordered.iter().enumerate() {
                assert_eq!(
                    compare_labels(one, other, &symbols),
                    place.cmp(&other_place),
                    "{place} {other_place}"
                );
            }
        }
    }
}
