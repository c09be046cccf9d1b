//! The notation of histograms in test scripts: `{{schema:1 count:4 sum:2.5 buckets:[1 3]}}`.
//!
//! | file | what |
//! |---|---|
//! | `parse` | one histogram |
//! | `sequence` | one and what is added to it, again and again |
//! | `number` | numbers as they are written there |
//! | `print` | a histogram in the notation |

mod number;
mod parse;
mod print;
mod sequence;

pub use parse::{HistogramNotation, NotationError};
pub use sequence::parse_sequence;
