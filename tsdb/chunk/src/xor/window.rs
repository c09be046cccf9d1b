//! Which bits of a value's XOR are stored: a window between zeros skipped at the top and at the bottom.

/// Bits of the field that says how many zeros are skipped at the top.
pub(super) const LEADING_BITS: u32 = 5;

/// Bits of the field that says how long a window is.
pub(super) const SIGNIFICANT_BITS: u32 = 6;

/// A window, or none yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Window {
    /// Zeros skipped at the top: 0 to 31.
    leading_bits: u8,
    /// Length: 1 to 64, 0 for none yet.
    significant_bits: u8,
}

impl Window {
    /// No value has changed yet.
    pub(crate) const NONE: Self = Self { leading_bits: 0, significant_bits: 0 };

    /// The closest window around the ones of a XOR that is not 0.
    #[inline(always)]
    pub(super) fn around(xor: u64) -> Self {
        debug_assert!(xor != 0);
        let leading_bits = xor.leading_zeros().min((1 << LEADING_BITS) - 1);
        Self {
            leading_bits: leading_bits as u8,
            significant_bits: (64 - leading_bits - xor.trailing_zeros()) as u8,
        }
    }

    /// From the two fields in one number, [`LEADING_BITS`] and [`SIGNIFICANT_BITS`] long. It may be too wide.
    #[inline(always)]
    pub(super) const fn from_fields(fields: u64) -> Self {
        let significant_less_one = (fields as u8).wrapping_sub(1) & ((1 << SIGNIFICANT_BITS) - 1);
        Self { leading_bits: (fields >> SIGNIFICANT_BITS) as u8, significant_bits: significant_less_one + 1 }
    }

    /// Whether it reaches beyond 64 bits: nothing may then be read through it.
    #[inline(always)]
    pub(super) const fn is_too_wide(self) -> bool {
        self.leading_bits + self.significant_bits > 64
    }

    /// The two fields in one number, [`LEADING_BITS`] and [`SIGNIFICANT_BITS`] long.
    #[inline(always)]
    pub(super) const fn to_fields(self) -> u64 {
        (self.leading_bits as u64) << SIGNIFICANT_BITS | (self.significant_bits as u64 & 63)
    }

    /// This window; all 64 bits when there is none yet.
    #[inline(always)]
    pub(crate) const fn or_full(self) -> Self {
        if self.significant_bits == 0 { Self { leading_bits: 0, significant_bits: 64 } } else { self }
    }

    /// Whether a XOR has ones inside the window only; never when there is no window yet.
    #[inline(always)]
    pub(super) const fn holds(self, xor: u64) -> bool {
        self.significant_bits > 0
            && xor.leading_zeros() >= self.leading_bits as u32
            && xor.trailing_zeros() >= self.trailing_bits()
    }

    /// Zeros skipped at the top.
    pub(super) const fn leading_bits(self) -> u32 {
        self.leading_bits as u32
    }

    /// Its length in bits.
    #[inline(always)]
    pub(super) const fn significant_bits(self) -> u32 {
        self.significant_bits as u32
    }

    /// Zeros skipped at the bottom.
    #[inline(always)]
    pub(super) const fn trailing_bits(self) -> u32 {
        64 - self.leading_bits as u32 - self.significant_bits as u32
    }
}

#[cfg(test)]
mod tests {
    use super::Window;

    #[test]
    fn the_closest_window_holds_its_xor_and_survives_its_fields() {
        for leading in 0..64 {
            for trailing in 0..64 - leading {
                let xor = u64::MAX >> leading & u64::MAX << trailing;
                let window = Window::around(xor);
                assert!(window.holds(xor));
                assert_eq!(window.trailing_bits(), trailing);
                // The top is a field of 5 bits: beyond 31 zeros the window is longer than it has to be.
                assert_eq!(window.significant_bits(), 64 - leading.min(31) - trailing);
                // One place further down, or further up, a bit falls out of the window.
                assert_eq!(window.holds(xor >> 1), trailing == 0);
                assert_eq!(window.holds(xor << 1), leading == 0 || leading > 31);
                assert_eq!((Window::from_fields(window.to_fields()), window.is_too_wide()), (window, false));
            }
        }
        assert!(!Window::NONE.holds(1));
        assert_eq!(Window::NONE.or_full(), Window::around(u64::MAX));
        for fields in 0..1 << 11 {
            let window = Window::from_fields(fields);
            let significant = if fields % 64 == 0 { 64 } else { fields % 64 };
            assert_eq!(
                (window.leading_bits(), window.significant_bits()),
                ((fields / 64) as u32, significant as u32)
            );
            assert_eq!(window.is_too_wide(), fields / 64 + significant > 64);
        }
    }
}
