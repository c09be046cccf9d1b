//! When a head cuts its chunks: where Prometheus' does, so that the chunks of both are the same. Times are in milliseconds since the Unix
//! epoch.

/// The end of the range of time that the block of a sample covers: blocks begin at multiples of `range_ms`, which is at least 1.
#[must_use]
pub const fn range_end(t_ms: i64, range_ms: i64) -> i64 {
    (t_ms / range_ms).saturating_mul(range_ms).saturating_add(range_ms)
}

/// A part of a chunk, one in `full_of_len`, has the samples from `min_ms` to `max_ms`: how many whole chunks fit before
/// `end_ms`, and when does the first of them end if all are of one length? In floats, as upstream reckons.
#[must_use]
pub fn even_cut(min_ms: i64, max_ms: i64, end_ms: i64, full_of_len: f64) -> i64 {
    let left_ms = end_ms.saturating_sub(min_ms) as f64;
    let chunks = left_ms / (max_ms.saturating_sub(min_ms).saturating_add(1) as f64 * full_of_len);
    if chunks <= 1.0 {
        return end_ms;
    }
    (min_ms as f64 + left_ms / chunks.floor()) as i64
}

#[cfg(test)]
mod tests {
    use super::{even_cut, range_end};

    #[test]
    fn ranges_end_at_multiples() {
        assert_eq!([0, 99, 100, -1, -100].map(|t_ms| range_end(t_ms, 100)), [100, 100, 200, 100, 0]);
    }

    #[test]
    fn cuts_are_even() {
        // A quarter in 9 s of 100 s: 36 s each, two fit.
        assert_eq!(even_cut(0, 8_999, 100_000, 4.0), 50_000);
        assert_eq!(even_cut(20_000, 28_999, 100_000, 4.0), 60_000);
        assert_eq!(even_cut(50_000, 58_999, 100_000, 4.0), 100_000);
        assert_eq!(even_cut(0, 8_999, 100_000, 2.5), 25_000);
    }
}
