//! One value as the XOR with the one before it.

use super::window::{LEADING_BITS, SIGNIFICANT_BITS, Window};
use crate::ChunkError;
use crate::bits::{BitReader, BitWriter};

/// Bits of a window's description.
const FIELDS_BITS: u32 = LEADING_BITS + SIGNIFICANT_BITS;

/// How a XOR begins that is not 0, each as bits and their number.
#[derive(Debug, Clone, Copy)]
pub(crate) struct WindowPrefixes {
    /// The window in use follows.
    pub(crate) in_use: (u64, u32),
    /// A new window and its description follow.
    pub(crate) new: (u64, u32),
}

/// How a changed value begins.
const CHANGED: WindowPrefixes = WindowPrefixes { in_use: (0b10, 2), new: (0b11, 2) };

/// Reads a XOR, every field checked. The window is that of the newest XOR that brought one; it changes with one that
/// brings another.
pub(crate) fn read_xor(bits: &mut BitReader<'_>, window: &mut Window) -> Result<u64, ChunkError> {
    const PREFIX: &str = "a value's prefix";
    if bits.read(1, PREFIX)? == 0 {
        return Ok(0);
    }
    if bits.read(1, PREFIX)? == 0 { read_in_window(bits, window) } else { read_new_window(bits, window) }
}

/// Reads a XOR that is not 0, in the window in use.
#[inline]
pub(crate) fn read_in_window(bits: &mut BitReader<'_>, window: &mut Window) -> Result<u64, ChunkError> {
    *window = window.or_full();
    Ok(bits.read(window.significant_bits(), "a value window's contents")? << window.trailing_bits())
}

/// Reads a XOR that is not 0, in a window that it brings.
#[inline]
pub(crate) fn read_new_window(bits: &mut BitReader<'_>, window: &mut Window) -> Result<u64, ChunkError> {
    let at_bit = bits.at_bit();
    let fields = bits.read(FIELDS_BITS, "a value window's place")?;
    let found = Window::from_fields(fields);
    if found.is_too_wide() {
        let (leading_bits, significant_bits) = (found.leading_bits(), found.significant_bits());
        return Err(ChunkError::WindowTooWide { at_bit, leading_bits, significant_bits });
    }
    *window = found;
    read_in_window(bits, window)
}

/// Writes a XOR, in the window in use if it holds it.
#[inline]
pub(crate) fn write_xor(bits: &mut BitWriter<'_>, xor: u64, window: &mut Window) {
    if xor == 0 {
        return bits.write(0, 1);
    }
    write_changed(bits, xor, window, CHANGED);
}

/// Writes a XOR that is not 0 behind the prefix that fits.
#[inline]
pub(crate) fn write_changed(
    bits: &mut BitWriter<'_>,
    xor: u64,
    window: &mut Window,
    prefixes: WindowPrefixes,
) {
    let WindowPrefixes { in_use: (prefix, count), new: (new_prefix, new_count) } = prefixes;
    if window.holds(xor) {
        bits.write(prefix, count);
    } else {
        *window = Window::around(xor);
        bits.write(new_prefix << FIELDS_BITS | window.to_fields(), new_count + FIELDS_BITS);
    }
    bits.write(xor >> window.trailing_bits(), window.significant_bits());
}
