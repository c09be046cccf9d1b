//! Floats as Go prints them, since histograms are printed into results and messages.
//!
//! `emberdb_model::number` can do the same and more, but it is a layer above: this crate prints its histograms without
//! any other.

use std::fmt;

/// The shortest digits that read back to the same number, with an exponent below 1e-4 and from 1e6 on (`%g`).
pub(crate) struct General(pub(crate) f64);

impl fmt::Display for General {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = self.0;
        if !value.is_finite() {
            return f.write_str(special(value));
        }
        let magnitude = value.abs();
        // Rust's `{}` never has an exponent, its `{:e}` always.
        if magnitude == 0.0 || (1e-4..1e6).contains(&magnitude) {
            return write!(f, "{value}");
        }
        let scientific = format!("{value:e}");
        let Some((mantissa, exponent)) = scientific.split_once('e') else { return f.write_str(&scientific) };
        match exponent.strip_prefix('-') {
            Some(exponent) => write!(f, "{mantissa}e-{exponent:0>2}"),
            None => write!(f, "{mantissa}e+{exponent:0>2}"),
        }
    }
}

/// Six digits behind the point (`%f`).
pub(crate) struct Fixed(pub(crate) f64);

impl fmt::Display for Fixed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_finite() { write!(f, "{:.6}", self.0) } else { f.write_str(special(self.0)) }
    }
}

const fn special(value: f64) -> &'static str {
    if value.is_nan() {
        "NaN"
    } else if value > 0.0 {
        "+Inf"
    } else {
        "-Inf"
    }
}

#[cfg(test)]
mod tests {
    use super::{Fixed, General};

    #[test]
    fn numbers_as_go_prints_them() {
        for (value, text) in [
            (0.0, "0"),
            (-0.0, "-0"),
            (100_000.0, "100000"),
            (1e6, "1e+06"),
            (2_349_209.324, "2.349209324e+06"),
            (0.0001, "0.0001"),
            (0.000_099, "9.9e-05"),
            (-1.5e-300, "-1.5e-300"),
            (f64::INFINITY, "+Inf"),
            (f64::NEG_INFINITY, "-Inf"),
            (f64::NAN, "NaN"),
            (f64::MAX, "1.7976931348623157e+308"),
        ] {
            assert_eq!(General(value).to_string(), text);
        }
        assert_eq!(Fixed(1.0).to_string(), "1.000000");
        assert_eq!(Fixed(f64::NEG_INFINITY).to_string(), "-Inf");
    }
}
