//! Columns of samples, as decoders fill them and query operators read them.

mod samples;

pub use samples::SampleColumns;
