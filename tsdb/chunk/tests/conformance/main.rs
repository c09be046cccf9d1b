//! Chunks that Prometheus wrote: reading gives its samples, appending gives its bytes.
//!
//! The data is not part of the repository. It is looked for in the folder that EMBERDB_CONFORMANCE names, else
//! beside the workspace; without it the tests say so and pass.

mod data;
mod floats;
mod histograms;
