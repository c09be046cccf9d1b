//! Binary search over what must be read to be compared.

use std::cmp::Ordering;

use crate::error::IndexError;

/// As `slice::binary_search_by` over `0..len`: the index of the one that compares equal, or where it would stand.
pub(super) fn search(
    len: usize,
    compare: impl Fn(usize) -> Result<Ordering, IndexError>,
) -> Result<Result<usize, usize>, IndexError> {
    let (mut low, mut high) = (0, len);
    while low < high {
        let middle = low + (high - low) / 2;
        match compare(middle)? {
            Ordering::Less => low = middle + 1,
            Ordering::Greater => high = middle,
            Ordering::Equal => return Ok(Ok(middle)),
        }
    }
    Ok(Err(low))
}
