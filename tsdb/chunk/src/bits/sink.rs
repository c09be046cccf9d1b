//! What takes bits.

/// Bits are laid end to end, most significant first.
pub(crate) trait BitSink {
    /// Appends the low `count` bits (1 to 64) of a number that has no others.
    fn write(&mut self, number: u64, count: u32);
}
