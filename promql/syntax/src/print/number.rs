//! Floats as Go's `%v` writes them.

/// Appends the shortest digits that read back as `value`; with an exponent from 1e21 on and below 1e-4.
pub(super) fn push_float(out: &mut String, value: f64) {
    if value.is_nan() {
        out.push_str("NaN");
    } else if value.is_infinite() {
        out.push_str(if value > 0.0 { "+Inf" } else { "-Inf" });
    } else if value != 0.0 && !(1e-4..1e21).contains(&value.abs()) {
        // Rust writes `1e21` and `1e-5` where Go writes `1e+21` and `1e-05`.
        let text = format!("{value:e}");
        let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let (sign, exponent) = exponent.strip_prefix('-').map_or(('+', exponent), |exponent| ('-', exponent));
        out.push_str(&format!("{digits}e{sign}{exponent:0>2}"));
    } else {
        out.push_str(&value.to_string());
    }
}

/// Appends a number as a literal is printed: without an exponent, however long that gets.
pub(super) fn push_literal(out: &mut String, value: f64) {
    if value.is_finite() {
        out.push_str(&value.to_string());
    } else {
        push_float(out, value);
    }
}

#[cfg(test)]
mod tests {
    use super::{push_float, push_literal};

    #[test]
    fn literals_have_no_exponent() {
        for (value, text) in
            [(1e21, "1000000000000000000000"), (-2.5e-7, "-0.00000025"), (f64::INFINITY, "+Inf")]
        {
            let mut out = String::new();
            push_literal(&mut out, value);
            assert_eq!(out, text);
        }
    }

    #[test]
    fn floats_are_written_as_go_writes_them() {
        for (value, text) in [
            (0.0, "0"),
            (-0.0, "-0"),
            (1.0, "1"),
            (-123.4567, "-123.4567"),
            (1e20, "100000000000000000000"),
            (1e21, "1e+21"),
            (1.5e300, "1.5e+300"),
            (0.0001, "0.0001"),
            (0.00001, "1e-05"),
            (-2.5e-7, "-2.5e-07"),
            (f64::INFINITY, "+Inf"),
            (f64::NEG_INFINITY, "-Inf"),
            (f64::NAN, "NaN"),
        ] {
            let mut out = String::new();
            push_float(&mut out, value);
            assert_eq!(out, text);
        }
    }
}
