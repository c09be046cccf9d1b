//! Writing a histogram in the notation of test scripts.

use std::fmt::Write as _;

use crate::decimal::General;
use crate::{CounterResetHint, FloatHistogram, Side};

impl FloatHistogram {
    /// The histogram in the notation of test scripts. What is 0 or empty is left out.
    ///
    /// The notation knows only buckets in a row, so that gaps are filled: a histogram with buckets near zero and far
    /// from it makes a long text.
    ///
    /// ```
    /// use emberdb_histogram::FloatHistogram;
    ///
    /// let text = "{{schema:1 count:3 sum:2.5 offset:-2 buckets:[1 0 2]}}";
    /// assert_eq!(text.parse::<FloatHistogram>()?.to_notation(), text);
    /// # Ok::<(), emberdb_histogram::NotationError>(())
    /// ```
    #[must_use]
    pub fn to_notation(&self) -> String {
        let mut histogram = self.clone();
        histogram.compact(usize::MAX);
        let mut items = Vec::new();
        if histogram.schema.number() != 0 {
            items.push(format!("schema:{}", histogram.schema.number()));
        }
        for (key, value) in [
            ("count", histogram.count),
            ("sum", histogram.sum),
            ("z_bucket", histogram.zero_count),
            ("z_bucket_w", histogram.zero_threshold),
        ] {
            if value != 0.0 {
                items.push(format!("{key}:{}", General(value)));
            }
        }
        if histogram.has_custom_bounds() {
            items.push(format!("custom_values:{}", list(histogram.custom_bounds())));
        }
        if histogram.counter_reset_hint != CounterResetHint::Unknown {
            items.push(format!("counter_reset_hint:{}", histogram.counter_reset_hint.name()));
        }
        push_side(&mut items, &histogram.positive, "");
        push_side(&mut items, &histogram.negative, "n_");
        format!("{{{{{}}}}}", items.join(" "))
    }
}

fn push_side(items: &mut Vec<String>, side: &Side<f64>, prefix: &str) {
    if let Some(span) = side.spans.first().filter(|span| span.offset != 0) {
        items.push(format!("{prefix}offset:{}", span.offset));
    }
    if !side.buckets.is_empty() {
        items.push(format!("{prefix}buckets:{}", list(&side.buckets)));
    }
}

fn list(numbers: &[f64]) -> String {
    let mut text = String::from("[");
    for (place, &number) in numbers.iter().enumerate() {
        let space = if place > 0 { " " } else { "" };
        // Writing to a string cannot fail.
        let _ = write!(text, "{space}{}", General(number));
    }
    text.push(']');
    text
}
