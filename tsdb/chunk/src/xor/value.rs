//! One value as the XOR with the one before it.

use super::window::{LEADING_BITS, SIGNIFICANT_BITS, Window};
use crate::ChunkError;
use crate::bits::{BitReader, BitWriter};

/// Reads a XOR, every field checked. The window is that of the newest XOR that brought one; it changes with one that
/// brings another.
pub(crate) fn read_xor(bits: &mut BitReader<'_>, window: &mut Window) -> Result<u64, ChunkError> {
    const PREFIX: &str = "a value's prefix";
    if bits.read(1, PREFIX)? == 0 {
        return Ok(0);
    }
    if bits.read(1, PREFIX)? == 0 {
        *window = window.or_full();
    } else {
        let at_bit = bits.at_bit();
        let fields = bits.read(LEADING_BITS + SIGNIFICANT_BITS, "a value window's place")?;
        let found = Window::from_fields(fields);
        if found.is_too_wide() {
            let (leading_bits, significant_bits) = (found.leading_bits(), found.significant_bits());
            return Err(ChunkError::WindowTooWide { at_bit, leading_bits, significant_bits });
        }
        *window = found;
    }
    Ok(bits.read(window.significant_bits(), "a value window's contents")? << window.trailing_bits())
}

/// Writes a XOR, in the window in use if it holds it.
#[inline]
pub(crate) fn write_xor(bits: &mut BitWriter<'_>, xor: u64, window: &mut Window) {
    if xor == 0 {
        return bits.write(0, 1);
    }
    if window.holds(xor) {
        bits.write(0b10, 2);
    } else {
        const FIELDS_BITS: u32 = LEADING_BITS + SIGNIFICANT_BITS;
        *window = Window::around(xor);
        bits.write(0b11 << FIELDS_BITS | window.to_fields(), 2 + FIELDS_BITS);
    }
    bits.write(xor >> window.trailing_bits(), window.significant_bits());
}
