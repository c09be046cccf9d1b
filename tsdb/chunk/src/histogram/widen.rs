//! Buckets among others that are empty.

use std::borrow::Cow;

use super::follow::Fit;
use super::number::Coded;
use super::union::Union;

/// What the buckets hold once they are at their places in a union; what they hold now where nothing changes.
pub(super) fn widened<'a, N: Coded>(
    fit: &Fit,
    places: impl Fn(&Union) -> &[u32],
    held: &'a [N],
) -> Cow<'a, [N]> {
    match fit {
        Fit::Other(union) if places(union).len() < union.len => {
            Cow::Owned(placed(held, places(union), union.len))
        }
        Fit::Same | Fit::Other(_) => Cow::Borrowed(held),
    }
}

/// Counts at their places, and zero at others; then again what is held, as that can depend on the bucket before.
fn placed<N: Coded>(held: &[N], places: &[u32], len: usize) -> Vec<N> {
    let mut buckets = vec![N::default(); len];
    let mut count = N::default();
    for (&held, &place) in held.iter().zip(places) {
        count = held.to_count_after(count);
        buckets[place as usize] = count;
    }
    let mut previous = N::default();
    for bucket in &mut buckets {
        let count = *bucket;
        *bucket = count.to_held_after(previous);
        previous = count;
    }
    buckets
}

#[cfg(test)]
mod tests {
    use super::placed;

    #[test]
    fn differences_lead_to_the_same_counts() {
        // Counts 2 5 4.
        assert_eq!(placed(&[2, 3, -1], &[1, 2, 5], 7), [0, 2, 3, -5, 0, 4, -4]);
        assert_eq!(placed(&[2.0, 5.0, 4.0], &[1, 2, 5], 7), [0.0, 2.0, 5.0, 0.0, 0.0, 4.0, 0.0]);
    }
}
