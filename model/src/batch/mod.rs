//! Columns of samples, as decoders fill them and query operators read them.

mod histograms;
mod merge;
mod samples;

pub use histograms::HistogramColumns;
pub use samples::SampleColumns;
