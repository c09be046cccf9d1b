//! An exemplar's labels in one piece of memory.
//!
//! ```text
//! per name and value, sorted by name:  length │ bytes
//! length   1 byte, or from 255 on the byte 255 and 3 bytes, the lowest first
//! ```
//!
//! Upstream keeps labels in these bytes, too, and the hash of them decides which of two exemplars comes first that have one time
//! and one value.

use emberdb_model::storage::AppendError;
use emberdb_model::{EXEMPLAR_CHARACTERS_MAX, Labels};
use xxhash_rust::xxh64::xxh64;

/// The length that says that another one follows.
const LONG: u8 = u8::MAX;

/// Labels that are read seldom: they are compared as bytes, and unpacked when somebody asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PackedLabels(Box<[u8]>);

impl PackedLabels {
    /// Packs labels, unless they are longer than an exemplar's may be.
    pub(super) fn pack(labels: &Labels) -> Result<Self, AppendError> {
        let texts = || labels.iter().flat_map(|(name, value)| [name, value]);
        let characters: usize = texts().map(|text| text.chars().count()).sum();
        if characters > EXEMPLAR_CHARACTERS_MAX {
            let characters_max = EXEMPLAR_CHARACTERS_MAX;
            return Err(AppendError::ExemplarLabelsTooLong { characters, characters_max });
        }
        let mut bytes = Vec::with_capacity(texts().map(|text| text.len() + 1).sum());
        for text in texts() {
            match u8::try_from(text.len()) {
                Ok(length) if length < LONG => bytes.push(length),
                _ => {
                    bytes.push(LONG);
                    // A text has fewer bytes: its characters are limited.
                    bytes.extend_from_slice(&(text.len() as u32).to_le_bytes()[..3]);
                }
            }
            bytes.extend_from_slice(text.as_bytes());
        }
        Ok(Self(bytes.into_boxed_slice()))
    }

    /// Names and values, sorted by name.
    pub(super) fn iter(&self) -> Unpacking<'_> {
        Unpacking { rest: &self.0 }
    }

    pub(super) fn unpack(&self) -> Labels {
        Labels::new(self.iter()).expect("they were packed from a valid label set")
    }

    /// The hash that upstream's labels have.
    pub(super) fn hash(&self) -> u64 {
        xxh64(&self.0, 0)
    }

    /// Bytes on the heap.
    pub(super) fn heap_bytes(&self) -> usize {
        self.0.len()
    }
}

/// Reads packed labels, pair by pair.
#[derive(Clone, Debug)]
pub(in crate::head) struct Unpacking<'a> {
    rest: &'a [u8],
}

impl<'a> Unpacking<'a> {
    fn text(&mut self) -> Option<&'a str> {
        let (&first, rest) = self.rest.split_first()?;
        let (length, rest) = match first {
            LONG => {
                let (&[low, middle, high], rest) = rest.split_first_chunk()?;
                (u32::from_le_bytes([low, middle, high, 0]) as usize, rest)
            }
            short => (usize::from(short), rest),
        };
        let (text, rest) = rest.split_at_checked(length)?;
        self.rest = rest;
        std::str::from_utf8(text).ok()
    }
}

impl<'a> Iterator for Unpacking<'a> {
    type Item = (&'a str, &'a str);

    fn next(&mut self) -> Option<Self::Item> {
        Some((self.text()?, self.text()?))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn labels_come_out_as_they_went_in(pairs in prop::collection::btree_map(".{1,8}", ".{1,20}", 0..5)) {
            let labels = Labels::new(&pairs).unwrap();
            match PackedLabels::pack(&labels) {
                Ok(packed) => prop_assert_eq!(packed.unpack(), labels),
                Err(error) => {
                    let is_too_long =
                        matches!(error, AppendError::ExemplarLabelsTooLong { characters: 129.., .. });
                    prop_assert!(is_too_long);
                }
            }
        }
    }

    /// Characters count, not bytes: 128 of them may be 512 bytes.
    #[test]
    fn the_longest_labels_there_may_be() {
        let long = Labels::new([("t", "\u{1f525}".repeat(127))]).unwrap();
        let packed = PackedLabels::pack(&long).unwrap();
        assert_eq!(packed.0[2..6], [255, 252, 1, 0], "508 bytes");
        assert_eq!(packed.unpack(), long);
        assert!(PackedLabels::pack(&Labels::new([("t", "a".repeat(128))]).unwrap()).is_err());
        assert_eq!(PackedLabels::pack(&Labels::default()).unwrap().unpack(), Labels::default());
    }
}
