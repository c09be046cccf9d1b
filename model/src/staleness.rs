//! The staleness marker: a NaN with bits of its own that says "this series ended here".

/// The staleness marker. It is told from other NaNs by its bits alone: use [`is_stale`], never `is_nan`.
pub const STALE_NAN: f64 = f64::from_bits(0x7ff0_0000_0000_0002);

/// The one ordinary NaN that parsers write, whatever NaN they read.
pub const NORMAL_NAN: f64 = f64::from_bits(0x7ff8_0000_0000_0001);

/// Whether `value` is the staleness marker.
///
/// ```
/// assert!(emberdb_model::is_stale(emberdb_model::STALE_NAN));
/// assert!(!emberdb_model::is_stale(f64::NAN));
/// ```
#[must_use]
pub fn is_stale(value: f64) -> bool {
    value.to_bits() == STALE_NAN.to_bits()
}
